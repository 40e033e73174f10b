"""Which document has which leaks, reading by reading: read off its split and settings, or declared with its place.

    leaks.report("crema_1d")    # a row a reading and leak, with the reason and what it rests on
    leaks.matrix()              # yes, no, can't be told or does not apply: rows readings, columns leaks

What a table of a corpus's clips, a `Document` and its settings tell is computed. What they can't tell is declared here:
what was chosen by test scores before there was any code to read, and what a text leaves open.
"""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from ser_repro import datasets, documents, protocols
from ser_repro.documents import baselines, crema_lda, svm193
from ser_repro.documents.base import Document
from ser_repro.protocols import Split
from ser_repro.results.leaks import (
    IN_SPLIT,
    LEAKS,
    NO,
    NOT_APPLICABLE,
    UNKNOWN,
    YES,
    Finding,
    in_split,
    together,
)


@dataclass(frozen=True)
class Row:
    """A method that is judged.

    Attributes
    ----------
    document : str
        "" for one that is not rebuilt here: all that is known of it is declared.
    reading, title : str
    changes : Mapping
        Settings that differ from the reading's.
    protocol : str
    """

    document: str
    reading: str
    title: str
    changes: Mapping = field(default_factory=dict)
    protocol: str = "published"


@dataclass(frozen=True)
class Declared:
    """A fact that no code here shows.

    Attributes
    ----------
    row : str
        Title of the row it is of.
    leaks : tuple of str
    state, detail : str
    place : str
        Where it was read; "inferred" where it was deduced from that.
    """

    row: str
    leaks: tuple[str, ...]
    state: str
    detail: str
    place: str


EARLIER_STOP = "Issa et al., code of re-implementation A as it stands"
NEW_SPEAKERS = "the six corpora, tested on new speakers"
NEW_SENTENCES = "the six corpora, tested on new speakers and sentences"
_MORE = (
    Row("issa", "code", EARLIER_STOP, {"early_stopping": "restored", "shuffle": False}),
    Row("svm193", "code", NEW_SPEAKERS, protocol="speaker"),
    Row("svm193", "code", NEW_SENTENCES, protocol="speaker_sentence"),
)

_REPORT = "report \"Paper Implementation\""
_OPEN = "abstract; the full text was not found"
DECLARED = (
    Declared("Issa et al., paper", ("speakers", "sentences", "identical", "recordings"), UNKNOWN,
             "\"speaker-independent\" by its abstract; who was tested is not told", _OPEN),
    Declared("Issa et al., paper", ("epoch",), UNKNOWN, "how long it trained, and what ended it, is not told", _OPEN),
    *(Declared(f"the CREMA-D study's 1-D CNNs, {reading}", ("settings",), UNKNOWN,
               "it seems: features were added one at a time, and its README speaks of some that this eliminated; each "
               "step has test scores alone, and the text argues from them, also of numbers of components and learning "
               "rates. That they chose by them is not told, and LDA stayed although accuracy fell",
               "README; report \"Our Approach\", pages 2 to 14")
      for reading in ("code", "paper")),
    *(Declared(f"{of.title}, code", ("settings",), NO, "scikit-learn's defaults; nothing was tuned",
               "a baseline of this study") for of in (svm193.DOCUMENT, *baselines.DOCUMENTS, crema_lda.DOCUMENT)),
    *(Declared(row, ("copies", *(name for name in LEAKS if name not in IN_SPLIT)), NOT_APPLICABLE,
               "a way of splitting, not a method", "`ser_repro/protocols.py`")
      for row in (NEW_SPEAKERS, NEW_SENTENCES)),
    Declared("Qayyum et al., rebuilt", ("settings",), UNKNOWN,
             "attempts are told with validation and test scores, not by which of them they were chosen", _REPORT),
)


def rows() -> list[Row]:
    """Every reading of every document, then what is judged beside them."""
    return [Row(of.name, reading, f"{of.title}, {of.called(reading)}") for of in documents.DOCUMENTS.values()
            for reading in of.readings] + list(_MORE)


def findings(row: Row) -> list[Finding]:
    """What is known of each of `LEAKS`, in their order; of all corpora, sizes and folds of the row together."""
    if row.title not in _found:
        _found[row.title] = _look(row)
    return _found[row.title]


_found: dict[str, list[Finding]] = {}


def _look(row: Row) -> list[Finding]:
    told = {leak: Finding(leak, one.state, one.detail, basis=one.place) for one in DECLARED if one.row == row.title
            for leak in one.leaks}
    if row.document:
        computed: dict[str, list] = {}
        of = documents.get(row.document)
        for corpus in _indexed(of):
            for name, one in _of_split(of, corpus, row.protocol).items():
                computed.setdefault(name, []).append((corpus, one))
            for n in of.sizes or (None,):
                for one in _of_method(of, row, corpus, n):
                    computed.setdefault(one.leak, []).append((f"n = {n}" if n else corpus, one))
        for name, found in computed.items():
            told.setdefault(name, together(dict.fromkeys(found)))
    return [told.get(name, Finding(name, UNKNOWN, "no index of its corpora: no clips to look at"))
            for name in LEAKS]


def by_corpus(row: Row, leak: str) -> list[Finding]:
    """The same of a leak that the split alone tells, corpus by corpus."""
    of = documents.get(row.document)
    return [found for corpus in _indexed(of) if (found := _of_split(of, corpus, row.protocol).get(leak))]


def report(document: str = "") -> pd.DataFrame:
    """What is known of a document, or of every method: a row a reading and leak.

    Returns
    -------
    DataFrame
        method, leak, kind (its place in the taxonomy), found (one of `leaks.STATES`), why, clips ("12 of 107", of test
        clips), example, rests on.

    Raises
    ------
    SerReproError
        For an unknown document.
    """
    if document:
        documents.get(document)
    return pd.DataFrame([
        {"method": row.title, "leak": LEAKS[one.leak].title, "kind": LEAKS[one.leak].place, "found": one.state,
         "why": one.detail, "clips": f"{one.clips} of {one.of}" if one.clips else "",
         "example": one.examples[0] if one.examples else "", "rests on": one.basis}
        for row in rows() if row.protocol == "published" and document in ("", row.document) for one in findings(row)])


def matrix() -> pd.DataFrame:
    """One of `leaks.STATES` of every method and leak: rows titles of `rows`, columns titles of leaks."""
    return pd.DataFrame({row.title: {LEAKS[one.leak].title: one.state for one in findings(row)} for row in rows()}).T


# ---- computed ----------------------------------------------------------------------------------------------------


def _indexed(of: Document) -> Iterator[str]:
    """Corpora of a document whose published clips are known here, without those that the study adds."""
    return (name for name in of.corpora if name not in of.added and datasets.get(name).table is None
            and datasets.get(name).index.is_file())


@functools.cache
def _clips(corpus: str) -> pd.DataFrame:
    """The studied clips of a corpus, with what `in_split` asks for; in plain objects, which are quick to go through."""
    clips = datasets.studied(datasets.published(corpus)).astype(object)
    return clips.assign(content=clips["sha256"], recording=clips["session"])


def _of_split(of: Document, corpus: str, protocol: str) -> dict[str, Finding]:
    """What a document's split of a corpus gives away, over all folds; copies apart, which are made after it."""
    folds = [_given_away(corpus, split) for split in _splits(of, corpus, protocol)]
    return {same[0].leak: together(("", one) for one in same) for same in zip(*folds, strict=True)
            if same[0].leak != "copies"}


def _splits(of: Document, corpus: str, protocol: str) -> list[Split]:
    """Every fold."""
    return _made(None if protocols.get(protocol).apart else of.split, of.validates, corpus, protocol)


@functools.cache
def _made(rule: protocols.Rule | None, validates: bool, corpus: str, protocol: str) -> list[Split]:
    """The same of all documents that split alike."""
    clips = _clips(corpus)
    return [protocols.make(clips, protocol, fold, published=rule, validation=validates)
            for fold in range(protocols.folds(corpus, protocol, clips))]


@functools.cache
def _given_away(corpus: str, split: Split) -> list[Finding]:
    """`in_split` of a corpus; several documents have the same split."""
    clips, place = _compared(corpus)
    return in_split(*(clips.iloc[[place[clip] for clip in part]] for part in (split.train, split.validation,
                                                                               split.test)))


@functools.cache
def _compared(corpus: str) -> tuple[pd.DataFrame, dict[str, int]]:
    """What `in_split` looks at of a corpus, and the row of a clip."""
    clips = _clips(corpus)[["clip", "speaker", "sentence", "emotion", "recording", "content"]]
    return clips, {clip: row for row, clip in enumerate(clips["clip"])}


def _of_method(of: Document, row: Row, corpus: str, n: int | None) -> Iterator[Finding]:
    """What the settings tell."""
    values = documents.settings(of.name, row.reading, corpus, n, **row.changes)
    validates = any(split.validation for split in _splits(of, corpus, row.protocol))
    yield _copied(of, values)
    yield _fitted(of, row, values, _clips(corpus)["emotion"].nunique())
    yield _own_statistics(of, values)
    yield _stopped(of, values, validates)
    yield _chosen(of, corpus, validates)
    yield from _fed(of, values)


def _copied(of: Document, values: dict) -> Finding:
    copies = of.copies(values)
    if not copies.sets:
        return Finding("copies", NOT_APPLICABLE, "no altered copies are made")
    others = [part for part in copies.parts if part != "train"]
    return Finding("copies", YES if others else NO,
                   f"copies of {' and '.join(others)} clips are trained on" if others else
                   "copies are made after the split, of training clips", basis=_source(of, "augmentation"))


def _source(of: Document, name: str) -> str:
    """Where the value of a setting comes from."""
    setting = of.settings.get(name)
    return f"setting `{name}`: {setting.source}" if setting and setting.source else "computed"


def _known(leak: str, told: str, source: str) -> Finding:
    """A finding, or, where its source is inferred, that it can't be told; ours then has it."""
    if "inferred" in source:
        return Finding(leak, UNKNOWN, f"{told}, it seems, and so in ours", basis=source)
    return Finding(leak, YES, told, basis=source)


def _own_statistics(of: Document, values: dict) -> Finding:
    if values.get("normalised") != "by speaker":
        return Finding("statistics", NO, "no speaker's clips are normalised by that speaker's own mean and spread")
    if values["fitted_on"] == "all":
        source = _source(of, "fitted_on")
        return _known("statistics", "each speaker's clips, the tested ones too, are normalised by their own mean and "
                      "spread", source)
    return Finding("statistics", NO, "speakers are normalised by their training clips")


def _fitted(of: Document, row: Row, values: dict, n_classes: int) -> Finding:
    if of.transform(values, n_classes) is None:
        if of.is_estimator:
            return Finding("fitted", NO, "the estimator alone is fitted, with any scaler in it, on training clips")
        return Finding("fitted", NOT_APPLICABLE, "nothing is fitted before the network")
    source = _source(of, "fitted_on")
    if values["fitted_on"] == "all":
        return _known("fitted", "fitted on all clips", source)
    if "our choice" in source and "fitted_on" not in row.changes:
        return Finding("fitted", UNKNOWN, "on which clips it was fitted is not known; ours is fitted on training clips",
                       basis=source)
    return Finding("fitted", NO, "fitted on training clips", basis=source)


def _stopped(of: Document, values: dict, validates: bool) -> Finding:
    if of.is_estimator:
        return Finding("epoch", NOT_APPLICABLE, "fitted at once")
    if values.get("early_stopping", "none") == "none":
        return Finding("epoch", NO, "the weights of the last epoch are tested, and how many there are is fixed")
    if validates:
        return Finding("epoch", NO, "validation clips decide")
    return Finding("epoch", YES, "the loss of the tested clips ends training and picks the weights")


def _chosen(of: Document, corpus: str, validates: bool) -> Finding:
    if validates and (of.own_search or of.space(corpus)):
        return Finding("settings", NO, "settings are searched on validation clips")
    why = "how they were found is not told" if validates else "nothing validates, and how they were found is not told"
    return Finding("settings", UNKNOWN, why)


def _fed(of: Document, values: dict) -> Iterator[Finding]:
    """How test clips reach the model."""
    ways = of.feedings(values)
    own, alone = ways[""], "alone" not in ways  # a condition of its own, where the answer can depend on other clips
    if of.is_estimator:
        yield Finding("state", NOT_APPLICABLE, "an estimator keeps none")
        yield Finding("order", NOT_APPLICABLE, "an estimator answers each clip by itself")
        return
    yield Finding("state", YES if own.carry_state else NO, "the state of a batch is handed to the next, in the test "
                  "too" if own.carry_state else "no state passes from batch to batch")
    if alone:
        yield Finding("order", NO, "each clip is answered by itself")
    elif own.order == "class-sorted":
        yield Finding("order", YES, "test clips are sorted by class, and an answer depends on others")
    else:
        yield Finding("order", NO, f"an answer depends on others, but test clips are {own.order}")
