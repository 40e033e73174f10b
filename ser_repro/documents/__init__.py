"""Recipes: each document's method as data, in its two readings, one named setting a decision.

`code` is what the public code does, slips included; `paper` is what the text says. A setting that a document never
gives (for CNN-n-GRU: learning rate, weight decay, batch, hidden size) stands as None: the study finds it on validation
data (`ser_repro.runs.search`) before a run.

A document is a module here that makes a `Document`, and its name in the list below.
"""

from torch import nn

from ser_repro import SerReproError
from ser_repro.documents import cnn_bigru, cnn_n_gru, issa, mfcc_cnn
from ser_repro.documents.base import READINGS, Document, Setting

__all__ = ["DOCUMENTS", "READINGS", "Document", "Setting", "build", "get", "settings", "switches"]

DOCUMENTS: dict[str, Document] = {one.name: one for one in (
    cnn_n_gru.DOCUMENT, mfcc_cnn.DOCUMENT, cnn_bigru.DOCUMENT, issa.DOCUMENT)}


def get(document: str) -> Document:
    """The document of that name.

    Raises
    ------
    SerReproError
        If there is none.
    """
    if document not in DOCUMENTS:
        raise SerReproError(f"no document {document!r}: choose one of {', '.join(DOCUMENTS)}.")
    return DOCUMENTS[document]


def settings(document: str, reading: str, corpus: str, n: int | None = None, **changes) -> dict:
    """All settings of a recipe on a corpus.

    Parameters
    ----------
    document : str
        One of `DOCUMENTS`.
    reading : "code" or "paper"
    corpus : str
    n : int, optional
        Size of the network, for a document that has several.
    **changes
        Settings that differ from the reading's.

    Raises
    ------
    SerReproError
        For an unknown document, reading, n or setting.
    """
    of = get(document)
    if reading not in READINGS:
        raise SerReproError(f"no reading {reading!r}: choose one of {', '.join(READINGS)}.")
    if of.sizes and n not in of.sizes:
        raise SerReproError(f"n = {n} is not defined: {of.title} has n = {', '.join(map(str, of.sizes))}.")
    if n is not None and not of.sizes:
        raise SerReproError(f"n = {n} is not defined: {of.title} has one size; leave n out.")
    values = of.adjust({name: getattr(setting, reading) for name, setting in of.settings.items()}, corpus, n)
    unknown = set(changes) - set(values)
    if unknown:
        raise SerReproError(f"{document} has no setting {', '.join(sorted(unknown))}: it has {', '.join(values)}.")
    return values | changes


def switches(document: str, corpus: str, n: int | None = None) -> dict[str, Setting]:
    """The slips in which the two readings differ on this corpus and this n."""
    code, paper = (settings(document, reading, corpus, n) for reading in READINGS)
    return {name: s for name, s in get(document).settings.items() if s.switch and code[name] != paper[name]}


def build(document: str, values: dict, n_classes: int) -> nn.Module:
    """The untrained model of a recipe."""
    return get(document).build(values, n_classes)
