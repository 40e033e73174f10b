"""Documents: each one's method as data, in its two readings, one named setting a decision, and what it claims.

`code` is what the public code does, bugs included; `paper` is what the text says. A setting that a document never
gives (for CNN-n-GRU: learning rate, weight decay, batch, hidden size) stands as None: the study finds it on validation
data (`ser_repro.runs.search`) before a run.

A document is a module here that makes a `Document`, and its name in the list below; or one from outside the package
that calls `register`. Baselines are documents of our own, with one reading. Nothing here imports torch: the functions
that build models do, when they are called.
"""

from ser_repro import SerReproError, plugins
from ser_repro.documents import (
    baselines,
    cnn_bigru,
    cnn_n_gru,
    crema_1d,
    crema_2d,
    crema_lda,
    issa,
    mfcc_cnn,
    qayyum,
    qayyum_baselines,
    svm193,
)
from ser_repro.documents.base import READINGS, CoreRuns, Document, Setting
from ser_repro.files import one_of

__all__ = ["DOCUMENTS", "READINGS", "CoreRuns", "Document", "Setting", "build", "get", "register", "settings",
           "switches", "understood"]

DOCUMENTS: dict[str, Document] = plugins.Registry("document")
register, get = DOCUMENTS.register, DOCUMENTS.named


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
    one_of(reading, of.readings, f"reading of {of.title}" if of.readings != READINGS else "reading")
    if of.sizes and n not in of.sizes:
        raise SerReproError(f"n = {n} is not defined: {of.title} has n = {', '.join(map(str, of.sizes))}.")
    if n is not None and not of.sizes:
        raise SerReproError(f"n = {n} is not defined: {of.title} has one size; leave n out.")
    values = of.adjust({name: getattr(setting, reading) for name, setting in of.settings.items()}, corpus, n)
    unknown = set(changes) - set(values)
    if unknown:
        raise SerReproError(f"{document} has no setting {', '.join(sorted(unknown))}: it has {', '.join(values)}.")
    return values | changes


def understood(document: str, reading: str, corpus: str, n: int | None = None) -> dict:
    """Settings that a run's configuration leaves out where they have these values (see `Setting.added`)."""
    of = get(document)
    added = [name for name, setting in of.settings.items() if setting.added]
    values = settings(document, reading, corpus, n) if added else {}
    return {name: values[name] for name in added}


def switches(document: str, corpus: str, n: int | None = None) -> dict[str, Setting]:
    """The settings in which the two readings differ on this corpus and this n, and whose effect is measured."""
    of = get(document)
    code, paper = (settings(document, reading, corpus, n) for reading in (of.readings[0], of.readings[-1]))
    return {name: s for name, s in of.settings.items() if s.switch and code[name] != paper[name]}


def build(document: str, values: dict, n_classes: int):
    """The untrained model of a recipe."""
    return get(document).build(values, n_classes)


for one in (cnn_n_gru, mfcc_cnn, cnn_bigru, issa, crema_1d, crema_2d, crema_lda, qayyum, qayyum_baselines, svm193):
    register(one.DOCUMENT)
for baseline in baselines.DOCUMENTS:
    register(baseline)
plugins.load()
