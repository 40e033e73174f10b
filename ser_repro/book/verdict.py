"""The answer to the book's question in one screen: what each document claims, and what is left of it.

A row a document, at what it is best known for: claimed, measured with shared speakers, with new ones and on other
corpora, each beside what guessing gives.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ser_repro import datasets
from ser_repro.book.palette import GREY, ROLES, Look
from ser_repro.book.plots import PHONE, handles, lines
from ser_repro.book.words import NBSP, fates, listed, percent
from ser_repro.documents import cnn_n_gru
from ser_repro.escaping import html
from ser_repro.results.ledger import Claim
from ser_repro.results.scores import ADAPTED, SCORES, Score
from ser_repro.runs import claimed
from ser_repro.runs.found import NOT_RUN, Found, chance, missing

_BASELINE = "svm193"
_COMMON = "RAVDESS"  # on which most methods can be compared
_READINGS = {"code": "rebuilt after public code", "paper": "rebuilt from what is known of the text"}


@dataclass(frozen=True)
class Headline:
    """What a document is best known for.

    Attributes
    ----------
    n : int or None
        Size of the network, or None of a document with one.
    title : str
        As a reader knows it.
    chapter : str
        Name of its chapter.
    known : str
        What its text or code has that bears on the number: a fact about it, not a finding of ours.
    changes : tuple of (setting, value)
        How it differs from the document's reading, of a number that was claimed with other code.
    """

    document: str
    corpus: str
    n: int | None
    title: str
    chapter: str
    known: str
    changes: tuple[tuple[str, object], ...] = ()

    @property
    def which(self) -> dict:
        """The size and the changed settings of its runs."""
        return {"n": self.n} | dict(self.changes)


HEADLINES = (
    Headline("cnn_n_gru", "TESS", 18, "CNN-n-GRU, n = 18", "cnn_n_gru",
             "TESS has two speakers, and both train. The recurrent layers meet one vector a clip, so they follow no "
             "time. The settings behind the number are not told."),
    Headline("cnn_n_gru", "TESS", 3, "CNN-n-GRU, n = 3", "cnn_n_gru",
             "The same method with three recurrent layers; the document gives no number for it."),
    Headline("cnn_n_gru", "RAVDESS", 18, "CNN-n-GRU of 2025, n = 18", "cnn_n_gru",
             "Claimed with other code than that of 2022: one recurrent layer, which meets one vector a clip. The rows "
             "of its matrix fit 441 clips, which are no tenth of RAVDESS.",
             tuple(cnn_n_gru.in_2025("RAVDESS").items())),
    Headline("crema_2d", "CREMA-D", 2, "CREMA-D study, MODEL2", "crema",
             "Speakers are shared. The epoch tested was the best of 100 or more, chosen on 261 clips. Two of six "
             "groups of new speakers are planned here, so these have no mark above."),
    Headline("qayyum", "SAVEE", 3, "Qayyum et al., raw audio", "qayyum",
             "80 test clips, it seems, of four speakers, who all train. The report, which is all we have seen of the "
             "paper, does not tell which."),
    Headline("mfcc_cnn", "RAVDESS", None, "CNN on 50 MFCCs", "mfcc_cnn",
             "It publishes no score. It draws test clips at random, so speakers are shared."),
    Headline("cnn_bigru", "RAVDESS", None, "CNN-BiGRU with attention", "cnn_bigru",
             "Its number stands in a picture that we could not get. Its code hears about the first second of a clip, "
             "and attends to blocks of channels instead of time."),
    Headline("issa", "RAVDESS", None, "Issa et al.", "issa",
             "The abstract says \"speaker-independent\"; the public programs of the same network share speakers. Where "
             "the text is silent, reading paper follows them. We did not find the full text."),
    Headline("svm193", "RAVDESS", None, "our baseline: an SVM", "svm193",
             "It is here to compare with: 193 values a clip, nearly scikit-learn's defaults, fitted in seconds."),
)


@dataclass(frozen=True)
class Row:
    """A headline with what was measured of it.

    Attributes
    ----------
    claim : Claim or None
    verdict : str
        Of the ledger; "" without a claim.
    shared, new : dict
        Reading -> Score, of what has been run; `new` of whole sets of folds and of those begun alike.
    parts : dict
        Reading -> which folds `new` has, where some are missing or learned nothing.
    elsewhere : tuple of (str, Score, float)
        Corpus, UAR and what guessing gives there, of a network trained on the headline's corpus. Accuracy would not do:
        corpora differ in how often their commonest emotion occurs.
    adapted : tuple of float
        The same UARs once each value is shifted and stretched to the tested corpus; empty where that was not tried.
    guess : float
        What guessing gives on the headline's corpus.
    draws : tuple of float
        Accuracy of reading code on other draws of the test clips, with shared speakers.
    travels : bool
        Whether tests on other corpora are planned.
    on_common : Row, optional
        The same method on the corpus on which methods are compared, where the headline is of another one.
    """

    headline: Headline
    claim: Claim | None
    verdict: str
    shared: dict[str, Score]
    new: dict[str, Score]
    parts: dict[str, str]
    elsewhere: tuple[tuple[str, Score, float], ...]
    adapted: tuple[float, ...]
    guess: float
    draws: tuple[float, ...] = ()
    travels: bool = True
    on_common: Row | None = None

    @property
    def common(self) -> Row | None:
        """The row of the corpus on which methods are compared; None of a method that is not run there."""
        return self if self.headline.corpus == _COMMON else self.on_common

    @property
    def score(self) -> str:
        """Name of the score in which the claim is made."""
        return self.claim.score if self.claim else "accuracy"

    @property
    def whole(self) -> dict[str, Score]:
        """Of `new`, what every speaker was tested for, by a network that learned something."""
        return {reading: score for reading, score in self.new.items() if reading not in self.parts}

    def both(self, reading: str) -> tuple[float, float] | None:
        """Scores of a reading with shared and with new speakers, so two tests of one program; None where one of them is
        missing or no network of it tells clips apart."""
        if reading not in self.shared or reading not in self.whole:
            return None
        shared = self.shared[reading]
        return (shared.value, self.whole[reading].value) if shared.alike[0] < shared.alike[1] else None

    @property
    def average(self) -> tuple[float, float] | None:
        """Mean UAR on other corpora, and what guessing gives there; None where none has been tested."""
        return _average(self.elsewhere)


def rows(results: str | Path) -> list[Row]:
    """Every headline with what the records say of it."""
    found = {name: Found(name, results) for name in dict.fromkeys(one.document for one in HEADLINES)}
    made = []
    for one in HEADLINES:
        of = found[one.document]
        there = _COMMON in of.document.corpora and one.corpus != _COMMON
        made.append(replace(_row(one, of), on_common=_row(replace(one, corpus=_COMMON), of) if there else None))
    return made


def _row(one: Headline, of: Found) -> Row:
    claim = next((claim for claim in of.document.claims if claim.score in SCORES
                  and (claim.corpus, claim.n, claim.changes) == (one.corpus, one.n, one.changes)), None)
    name = claim.score if claim else "accuracy"
    shared, new, parts = {}, {}, {}
    for reading in of.document.readings:
        for protocol, told in (("published", shared), ("speaker", new)):
            if seeds := of.seeds(one.corpus, reading, protocol, **one.which):
                told[of.document.called(reading)] = of.score_of(seeds, name)
                if protocol == "speaker" and (part := missing(seeds) or of.untaught(seeds)):
                    parts[of.document.called(reading)] = part
    guess = 1 / len(datasets.get(one.corpus).emotion_counts) if name == "uar" else chance(one.corpus)
    drawn = of.drawn(one.corpus, **one.which)
    return Row(one, claim, claimed.judged(of, claim).kind if claim else "", shared, new, parts,
               *(((), ()) if one.changes else _elsewhere(of, one.corpus, one.n)), guess, drawn.seeds if drawn else (),
               not one.changes and any(run.tested and (run.corpus, run.n) == (one.corpus, one.n)
                                       for run, _ in of.status))


def _elsewhere(of: Found, trained: str, n: int | None) -> tuple[tuple, tuple]:
    """`elsewhere` and `adapted` of a row."""
    found, adapted = [], []
    for corpus in datasets.CORPORA:
        if corpus != trained and (tables := of.tables_elsewhere(trained, corpus, n=n)):
            found.append((corpus, of.elsewhere(trained, corpus, "uar", n=n), 1 / tables[0]["emotion"].nunique()))
            if score := of.elsewhere(trained, corpus, "uar", n=n, condition=ADAPTED):
                adapted.append(score.value)
    return tuple(found), tuple(adapted)


def away(name: str, n: int | None, results: str | Path) -> str:
    """What a document's method reaches on other corpora, trained on that on which most can be compared, in words."""
    found, _ = _elsewhere(Found(name, results), _COMMON, n)
    return _away(_average(found))


# ---- the sentence ------------------------------------------------------------------------------------------------


def answer(of: list[Row]) -> str:
    """What the numbers are worth, in two sentences, as a phone has room for no more above the picture: what became of
    the claims, and what methods keep with new speakers, on one corpus, each compared with itself."""
    told = [_claims([row for row in of if row.claim]), _speakers(of)]
    return " ".join(filter(None, told))


def _claims(of: list[Row]) -> str:
    if not of:
        return ""
    verdicts = [row.verdict for row in of]
    one = len(of) == 1
    return (f"Of {len(of)} published score{'s' * (not one)} of {_span(row.claim.value for row in of)}, all for speech "
            f"by actors, {listed(fates(verdicts))}.")


def _speakers(of: list[Row]) -> str:
    told = [(f"{len(pairs)} method{'s' * (len(pairs) > 1)} {how}", len(pairs), *map(_span, zip(*pairs, strict=True)))
            for reading, how in _READINGS.items() if (pairs := _pairs(_compared(of), reading))]
    if not told:
        return ""
    (first, several, shared, new), *rest = told
    more = "".join(f"; {who}, {known} and {unknown}" for who, _, known, unknown in rest)
    for row in _compared(of, of_baseline=True):
        if pair := row.both("code"):
            by_draw = ", depending on the draw," if row.draws else ""
            more += f"; a plain SVM, fitted in seconds, {_span([*pair[:1], *row.draws])}{by_draw} and {_span(pair[1:])}"
    return (f"On {_COMMON}, where guessing gives {percent(chance(_COMMON))}, {first} "
            f"{'are' if several > 1 else 'is'} right on {shared} of the clips of speakers who also trained, "
            f"and on {new} of those of new speakers{more}.")


def _compared(of: list[Row], of_baseline: bool = False) -> list[Row]:
    """The rows of the methods, or of the baseline, on the corpus on which they are compared."""
    return [row.common for row in of if row.common and (row.headline.document == _BASELINE) == of_baseline]


def _pairs(of: list[Row], reading: str) -> list[tuple[float, float]]:
    """With shared and with new speakers, of those rows that have both."""
    return [both for row in of if (both := row.both(reading))]


def other_corpora(of: list[Row]) -> str:
    """What methods keep on other corpora than the one on which they are compared, in a sentence."""
    away = [row for row in _compared(of) if row.average]
    if not away:
        return f"Tests on other corpora: {NOT_RUN}."

    def reach(some: list) -> str:
        return f"{len(some)} method{'s' * (len(some) > 1)} {'reach' if len(some) > 1 else 'reaches'}"

    told = (f"Trained on {_COMMON} and tested on other corpora, {reach(away)} a mean recall (UAR) of "
            f"{_span(row.average[0] for row in away)}, where guessing gives {_span(row.average[1] for row in away)}.")
    rescaled = [row for row in away if row.adapted]
    svm = [row for row in _compared(of, of_baseline=True) if row.average and row.adapted]
    parts = [_rescaled(who, some) for who, some in ((f"{len(rescaled)} of them", rescaled), ("the plain SVM", svm))
             if some]
    if parts:
        told += f" With the values of each corpus rescaled by its own clips, {listed(parts)}."
    return told


def _rescaled(who: str, rows: list[Row]) -> str:
    """What rescaling to the tested corpora does to methods, in words."""
    before, after = ([_span([value]) for value in values] for values in (
        [row.average[0] for row in rows], [float(np.mean(row.adapted)) for row in rows]))
    return f"{who} go{'es' * (len(rows) == 1)} from {listed(before)} to {listed(after)}"


def _span(values, name: str = "%") -> str:
    """"31 to 86 %"."""
    ends = sorted({f"{100 * value:.0f}" for value in values}, key=int)
    return f"{ends[0]} to {ends[-1]}{NBSP}{name}" if len(ends) > 1 else f"{ends[0]}{NBSP}{name}"


# ---- the picture -------------------------------------------------------------------------------------------------

_OWN, _AWAY = 0.22, -0.22  # height of the two lines of a row
_DEAD = "x"  # mark of a network that has learned nothing


def picture(of: list[Row]) -> Figure:
    """Two lines a document: its own corpus (claim, shared speakers, new speakers), and below it the other corpora, a
    small mark each and a large one for their mean. Filled marks are of reading code, hollow ones of reading paper;
    what gives one answer to every clip has learned nothing, and is a cross."""
    figure, axis = plt.subplots(figsize=(PHONE, 1.4 + 0.58 * len(of)))
    for i, row in enumerate(of):
        y = len(of) - 1 - i
        if i % 2:
            axis.axhspan(y - 0.5, y + 0.5, color="#f3f3f0", zorder=0)
        axis.text(0.0, y + 0.37, row.headline.title, fontsize=10.5, weight="bold", va="center")
        axis.text(1.0, y + 0.37, f"{row.headline.corpus}{', UAR' * (row.score == 'uar')}", fontsize=9.5, va="center",
                  ha="right", color=GREY)
        _guess(axis, row.guess, y + _OWN)
        for told, role in ((row.shared, "shared speakers"), (row.whole, "new speakers")):
            for reading, score in told.items():
                look = ROLES[role]
                hollow, dead = reading == "paper", score.alike[0] == score.alike[1]
                axis.plot(score.value, y + _OWN - 0.14, _DEAD if dead else look.marker, color=look.colour, ms=8.5,
                          mew=1.6, mfc="white" if hollow else look.colour, zorder=3 + (not hollow))
        if row.claim:
            look = ROLES["claimed"]
            axis.plot(row.claim.value, y + _OWN - 0.14, look.marker, color=look.colour, ms=7.5, mfc="white", mew=1.6,
                      zorder=5)
        if row.average:
            look, (value, guess) = ROLES["new corpus"], row.average
            _guess(axis, guess, y + _AWAY + 0.14)
            for _, score, _ in row.elsewhere:
                axis.plot(score.value, y + _AWAY, look.marker, color=look.colour, ms=4, alpha=0.45, mew=0)
            axis.plot(value, y + _AWAY, look.marker, color=look.colour, ms=8.5, mew=0, zorder=3)
        if not (row.shared or row.whole):
            axis.annotate("not yet run", (row.guess, y + _OWN - 0.14), (8, 0), textcoords="offset points", va="center",
                          color=GREY, fontsize=9.5)
    axis.set(xlim=(-0.01, 1.03), ylim=(-0.55, len(of) - 0.45), yticks=[])
    axis.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axis.set_xlabel("accuracy, or UAR where it says so")
    axis.grid(axis="x", alpha=0.25)
    axis.spines[["left"]].set_visible(False)
    claim, dead = ROLES["claimed"], Look(ROLES["shared speakers"].colour, _DEAD)
    points = {"shared speakers": ROLES["shared speakers"], "new speakers": ROLES["new speakers"],
              "other corpora (UAR), mean": ROLES["new corpus"]}
    axis.legend(handles=[*handles({"claimed": claim}, mfc="white", mew=1.6), *handles(points),
                         *handles({"hollow: from its text": ROLES["shared speakers"]}, mfc="white", mew=1.6),
                         *handles({"learned nothing": dead}, mew=1.6),
                         *lines({"guessing": ROLES["chance"]})],
                loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=2, columnspacing=0.8, handletextpad=0.2,
                fontsize=9.5)
    figure.tight_layout()
    return figure


def _guess(axis, value: float, y: float) -> None:
    look = ROLES["chance"]
    axis.vlines(value, y - 0.27, y, color=look.colour, lw=1.4, ls=look.line)


def words(of: list[Row]) -> str:
    """The picture for those who do not see it: a line a document."""
    return " ".join(f"{row.headline.title}, {row.headline.corpus}: claimed {_claimed(row)}, shared speakers "
                    f"{_told(row.shared)}, new speakers {_told(row.whole)}, other corpora "
                    f"{_away(row.average, row.travels)}, guessing {percent(row.guess)}." for row in of)


# ---- the cards ---------------------------------------------------------------------------------------------------


def cards(of: list[Row], folder: str = "") -> str:
    """A card a document, as HTML: claim, what we get in each kind of test, what there is to know; a line each.

    Parameters
    ----------
    folder : str
        Of the chapters, as seen from the page that shows the cards: "chapters/".
    """
    return f'<div class="cards">{"".join(_card(row, folder) for row in of)}</div>'


def _card(row: Row, folder: str) -> str:
    one = row.headline
    verdict = f'<p class="verdict">{html(row.verdict)}</p>' if row.verdict else ""
    told = {"claimed": _claimed(row), "shared speakers": _told(row.shared), "new speakers": _told(row.new, row.parts),
            "tested on other corpora": _away(row.average, row.travels), "to know": one.known}
    listing = "".join(f"<dt>{html(name)}</dt><dd>{html(text)}</dd>" for name, text in told.items())
    return (f'<section class="card-of"><h3><a href="{folder}{one.chapter}.html">{html(one.title)}</a> '
            f'<small>{html(one.corpus)}</small></h3>{verdict}<dl>{listing}</dl></section>')


def _claimed(row: Row) -> str:
    if not row.claim:
        return "no number"
    speakers = "said to be of new speakers" if row.claim.speakers == "new" else ""
    name = "" if row.score == "accuracy" else SCORES[row.score]
    return f"{percent(row.claim.value, 1)}" + (f" ({', '.join(filter(None, (name, speakers)))})"
                                               if name or speakers else "")


def _told(of: dict[str, Score], parts: dict[str, str] | None = None) -> str:
    """Both readings in a phrase: "62.6 % (code) and 72.9 % (paper)"."""
    def each(reading, score):
        alike = "it learned nothing: one answer to every clip" if score.alike[0] == score.alike[1] else ""
        return f"{percent(score.value, 1)} ({', '.join(filter(None, (reading, (parts or {}).get(reading), alike)))})"

    return listed([each(*one) for one in of.items()]) if of else NOT_RUN


def _average(elsewhere: tuple) -> tuple[float, float] | None:
    if not elsewhere:
        return None
    return tuple(float(np.mean(values)) for values in zip(*((score.value, guess) for _, score, guess in elsewhere),
                                                          strict=True))


def _away(average: tuple[float, float] | None, planned: bool = True) -> str:
    if not average:
        return NOT_RUN if planned else "not planned"
    value, guess = average
    return f"UAR {percent(value, 1)} (guessing {percent(guess, 1)})"
