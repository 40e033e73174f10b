"""The page of leaks: who has which, as a picture; what each is worth, where records have it priced.

A price is accuracy without the leak minus accuracy with it, on the same test clips: below zero where the leak helps.
"""

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from ser_repro import documents, protocols
from ser_repro.book import show, sortable
from ser_repro.book.palette import GREY, RED
from ser_repro.book.words import NBSP, interval, listed, p_text, signed, significant, unit
from ser_repro.documents import leaks
from ser_repro.documents.cnn_n_gru import fed_otherwise
from ser_repro.documents.crema_1d import BEFORE
from ser_repro.results import audit, scores
from ser_repro.results.leaks import LEAKS, NO, NOT_APPLICABLE, PLACES, STATES, UNKNOWN, YES
from ser_repro.results.scores import Score
from ser_repro.runs.found import NOT_RUN, Found, missing, on_same_clips

_WORDS = {YES: "yes", UNKNOWN: "?", NO: "no", NOT_APPLICABLE: "–"}
_FILL = {YES: RED, UNKNOWN: "#f3d9a4", NO: "white", NOT_APPLICABLE: "#e4e3de"}
_HATCH = {UNKNOWN: "///"}


@dataclass(frozen=True)
class Price:
    """What mending a leak does to a score.

    Attributes
    ----------
    leak : str
    method, corpus : str
    mended : str
        What stands against the leak: "new speakers".
    difference : Score or None
        Without the leak minus with it, paired; None where only a value is known.
    value : float
        The same as a fraction.
    """

    leak: str
    method: str
    corpus: str
    mended: str
    difference: Score | None
    value: float


# ---- who has which -----------------------------------------------------------------------------------------------


def picture(matrix: pd.DataFrame) -> Figure:
    """A word a cell, rows methods, columns leaks; shades and hatches only repeat the words."""
    rows, columns = matrix.shape
    figure, axis = plt.subplots(figsize=(8, 1.3 + 0.4 * rows))
    for y, (_, row) in enumerate(matrix.iterrows()):
        for x, state in enumerate(row):
            axis.add_patch(Rectangle((x, y), 1, 1, fc=_FILL[state], ec=GREY, lw=0.6, hatch=_HATCH.get(state)))
            axis.text(x + 0.5, y + 0.5, _WORDS[state], ha="center", va="center", fontsize=8.5,
                      color="white" if state == YES else "black", weight="bold" if state == YES else "normal",
                      bbox={"fc": _FILL[state], "ec": "none", "pad": 1} if state in _HATCH else None)
    axis.set(xlim=(-0.02, columns + 0.02), ylim=(rows + 0.02, -0.02))
    axis.set_xticks([x + 0.5 for x in range(columns)], list(matrix), rotation=45, ha="left", fontsize=8.5,
                    rotation_mode="anchor")
    axis.xaxis.tick_top()
    axis.set_yticks([y + 0.5 for y in range(rows)], [textwrap.fill(name, 32) for name in matrix.index], fontsize=8)
    axis.tick_params(length=0)
    for side in axis.spines.values():
        side.set_visible(False)
    figure.legend(handles=[Patch(fc=_FILL[state], ec=GREY, hatch=_HATCH.get(state), label=f"{_WORDS[state]}: {state}"
                                 if _WORDS[state] != state else state) for state in STATES],
                  loc="lower center", ncols=4, fontsize=8.5)
    figure.tight_layout(rect=(0, 0.035, 1, 1))
    return figure


STUDIED = {"CNN-n-GRU": ("cnn_n_gru",), "the CREMA-D study": ("crema_1d", "crema_2d"),
           "Qayyum et al.": ("qayyum", "qayyum_baselines"), "the CNN on 50 MFCCs": ("mfcc_cnn",),
           "CNN-BiGRU with attention": ("cnn_bigru",), "Issa et al.": ("issa",)}
"""A document as a reader counts it, and the names under which its methods are rebuilt."""
_OTHERS_CODE = ("issa",)  # whose public code is of others, so that the text alone is the document's


def words(matrix: pd.DataFrame) -> str:
    """The picture for those who do not see it."""
    return "; ".join(f"{leak}: {listed([f'{state} {count}' for state, count in matrix[leak].value_counts().items()])}"
                     for leak in matrix) + f", of {len(matrix)} rows"


def methods(matrix: pd.DataFrame) -> pd.DataFrame:
    """The rows that are a document's; without ways of splitting."""
    return matrix.drop(index=[row.title for row in leaks.rows() if row.protocol != "published"], errors="ignore")


def counted(matrix: pd.DataFrame, leak: str) -> str:
    """How many documents have a leak in one of their methods as it was published, and of how many that can't be told:
    readings of one document count once, and baselines of ours are none."""
    column, states = matrix[LEAKS[leak].title], []
    for names in STUDIED.values():
        each = [documents.get(name) for name in names]
        found = [column[f"{of.title}, {of.called('paper' if of.name in _OTHERS_CODE else 'code')}"] for of in each]
        states.append(min(found, key=STATES.index))
    unknown = states.count(UNKNOWN)
    return f"{states.count(YES)} of {len(states)}" + (f" ({unknown} can't be told)" if unknown else "")


# ---- what they are worth -----------------------------------------------------------------------------------------


def prices(results: str | Path) -> list[Price]:
    """Every price that records tell; p-values of paired differences are corrected for the number of prices of the same
    leak (Holm): whether that leak is worth anything is one question."""
    each = [Found(name, results) for name in documents.DOCUMENTS]
    rows = [price for of in each for by in _PRICED for price in by(of)]
    corrected = {leak: iter(scores.corrected([row.difference for row in rows if row.leak == leak and row.difference]))
                 for leak in LEAKS}
    return [replace(row, difference=next(corrected[row.leak])) if row.difference else row for row in rows]


def _title(of: Found, n: int | None) -> str:
    return of.document.title + (f", {of.document.size(n)}" if n else "")


def _measured(leak: str, of: Found, corpus: str, n: int | None, mended: str, difference: Score | None,
              *sides: list[list[dict]]) -> Iterator[Price]:
    if difference is not None and difference.alike[0] != difference.alike[1] and all(map(of.taught, sides)):
        yield Price(leak, _title(of, n), corpus, mended, difference, difference.value)


def _places(of: Found) -> Iterator[tuple[str, int | None]]:
    return ((corpus, n) for corpus in of.document.corpora for n in of.document.sizes or (None,))


def _split(leak: str, protocol: str, mended: str) -> Callable[[Found], Iterator[Price]]:
    """Of another way of splitting, on the test clips that both have."""
    def priced(of: Found) -> Iterator[Price]:
        for corpus, n in _places(of):
            known, new = (of.seeds(corpus, protocol=name, n=n) for name in ("published", protocol))
            untaught = of.untaught(new) if new else ""
            new = list(filter(None, ([record for record in folds if of.taught([[record]])] for folds in new)))
            part = f" ({missing(new)}{f': {untaught}' * bool(untaught)})" if new and missing(new) else ""
            yield from _measured(leak, of, corpus, n, mended + part, on_same_clips((of, known), (of, new)), known)
    return priced


def _against(leak: str, mended: str, leaking: dict, clean: dict) -> Callable[[Found], Iterator[Price]]:
    """Of two values of a setting, with shared speakers."""
    def priced(of: Found) -> Iterator[Price]:
        if set(leaking | clean) <= set(of.document.settings):
            for corpus, n in _places(of):
                sides = [of.records(corpus, n=n, **changes) for changes in (leaking, clean)]
                change = on_same_clips(*((of, side) for side in sides))
                yield from _measured(leak, of, corpus, n, mended, change, *sides)
    return priced


def _fed(of: Found) -> Iterator[Price]:
    """How test clips are fed: the same networks, asked again."""
    if "carry_state" in of.document.settings:
        for corpus, n in _places(of):
            if seeds := of.records(corpus, n=n):
                found = fed_otherwise(seeds)
                yield from _measured("state", of, corpus, n, "state reset at every batch", found["state_reset"], seeds)
                yield from _measured("order", of, corpus, n, "test clips shuffled", found["shuffled"], seeds)


def _epoch(of: Found) -> Iterator[Price]:
    """The last epoch's weights instead of those that were best on the test part."""
    for corpus, n in _places(of):
        runs = [record for folds in of.records(corpus, n=n) for record in folds]
        if runs and "test_accuracy" in runs[0]["history"]:
            one = audit.mean_picked(runs)
            yield Price("epoch", _title(of, n), corpus, "last epoch, not the best on test", None,
                        one.last[1] - one.best[1])


_PRICED: tuple[Callable[[Found], Iterator[Price]], ...] = (
    _split("speakers", "speaker", "new speakers"),
    _split("sentences", "sentence", "new sentences"),
    _against("copies", "copies of training clips alone", {"augmentation": BEFORE}, {"augmentation": "training"}),
    _against("fitted", "fitted on training clips", {"fitted_on": "all"}, {"fitted_on": "training"}),
    _against("statistics", "all speakers normalised together", {"normalised": "by speaker"},
             {"normalised": "together"}),
    _epoch,
    _fed,
)


_UNPRICED = {
    "identical": "not measured, as it concerns so few clips",
    "recordings": "not measured: of no corpus here is it known which clips were cut from one recording",
    "settings": "not measured: no document tells enough of its choice to make it again with and without the test clips",
    "labels": "not measured, as it concerns so few clips",
}
"""Why no run prices a leak, in words."""


def priced(rows: list[Price], leak: str) -> str:
    """What a leak is worth, in words: the range of what was measured, how many lie below none, and of how many that is
    more than chance."""
    mine = [row for row in rows if row.leak == leak]
    if not mine:
        return _UNPRICED.get(leak, NOT_RUN)
    values = sorted(100 * row.value for row in mine)
    told = f"{signed(values[0])} to {signed(values[-1])}{NBSP}points" if len(mine) > 1 else (
        f"{signed(values[0])}{NBSP}points")
    measured = [row for row in mine if row.difference and row.difference.has_interval]
    ends = ""
    if measured and len(measured) < len(mine):
        ends = " to ".join(dict.fromkeys(signed(100 * of(row.value for row in measured)) for of in (min, max)))
    if not measured:
        return f"{told} (no interval)"
    below = sum(row.value < 0 for row in measured)
    wholly = sum(row.difference.high < 0 for row in measured)
    apart = sum(significant(row.difference) for row in measured)
    helped = sum(significant(row.difference) and row.value < 0 for row in measured)
    above = f"; {apart - helped} significantly above" * (apart > helped)
    if len(measured) == 1:
        return f"{told}{f'; the one with an interval, {ends},' if ends else ','} {'' if apart else 'not '}significant"
    return (f"{told}; of the {len(measured)} with an interval{f' ({ends})' if ends else ''}, {below} "
            f"{'is' if below == 1 else 'are'} below zero, {wholly} with the whole interval, and {helped} significantly"
            f"{above}, p corrected for their number")


def table(rows: list[Price], leak: str) -> list[dict]:
    """The prices of a leak, a row a method and corpus."""
    return [{"method": row.method, "corpus": row.corpus, "mended": row.mended,
             "without − with": signed(100 * row.value) + (f" {interval(row.difference)}" if row.difference else ""),
             "test clips": row.difference.clips if row.difference else "—",
             "p": p_text(row.difference) if row.difference else "—"} for row in rows if row.leak == leak]


def every(rows: list[Price]) -> None:
    """Every price, as a table that sorts."""
    told = [{"leak": LEAKS[row.leak].title} | one for leak in LEAKS for row, one in zip(
        [row for row in rows if row.leak == leak], table(rows, leak), strict=True)]
    csv = pd.DataFrame([one | {"points": round(100 * row.value, 3)} | (
        {} if row.difference is None else {"low": row.difference.low, "high": row.difference.high,
                                           "p, corrected": row.difference.p})
        for one, row in zip(told, [row for leak in LEAKS for row in rows if row.leak == leak], strict=True)])
    sortable.table("prices", "Every price of a leak.", told, [
        sortable.slug("price", *(one[key] for key in ("leak", "method", "corpus", "mended"))) for one in told],
        csv=csv, cites=["kapoor2023leakage"], filters={
            key: [one[key] for one in told] for key in ("leak", "method", "corpus")})


def at_most(leak: str) -> str:
    """What a leak of a few clips can be worth at most: the largest share of test clips that it concerns."""
    found = [one for row in leaks.rows() if row.document for one in leaks.by_corpus(row, leak) if one.state == YES]
    worst = max(found, key=lambda one: one.clips / one.of, default=None)
    return "" if worst is None else (f"On our draws it concerns at most {worst.clips} of {worst.of} test clips "
                                     f"({worst.examples[0]}), so at most "
                                     f"{unit(100 * worst.clips / worst.of, 'points', 2)} of accuracy.")


def emobox() -> list[dict]:
    """EmoBox's folds, a row a corpus: whether they keep speakers apart."""
    apart = [{"corpus": corpus, "folds": len(groups), "speakers tested in a fold": listed(
                  sorted({str(len(group.split())) for group in groups})), "of them heard in training": "none",
              "in this package": f"protocol emobox of {corpus}"} for corpus, groups in protocols.EMOBOX.items()]
    shared = [{"corpus": corpus, "folds": folds, "speakers tested in a fold": str(tested),
               "of them heard in training": "all" if heard == tested else str(heard), "in this package": "refused"}
              for corpus, (folds, tested, heard) in protocols.EMOBOX_SHARES.items()]
    return apart + shared


# ---- the page ----------------------------------------------------------------------------------------------------


def sections(matrix: pd.DataFrame, rows: list[Price]) -> None:
    """A section a leak: what it is, who has it, what it is worth."""
    for leak in LEAKS.values():
        column = methods(matrix)[leak.title]
        who = {state: list(column.index[column == state]) for state in STATES}
        lines = [f"### {leak.title[0].upper()}{leak.title[1:]}", "", f"{leak.meaning} In the taxonomy: {leak.place}, "
                 f"{PLACES[leak.place]}."]
        lines.append(_who(who, len(column)))
        if leak.name in ("identical", "labels"):
            lines.append(at_most(leak.name))
        mine = table(rows, leak.name)
        lines.append(f"**Price**: {priced(rows, leak.name)}.")
        show.text("\n".join([*lines[:2], " ".join(filter(None, lines[2:]))]))
        if mine:
            show.table(mine, long=len(mine) > 12)


def _who(who: dict[str, list[str]], number: int) -> str:
    """Which methods have a leak, in sentences."""
    def named(names):
        return "all" if len(names) == number else "; ".join(names) if len(names) <= 4 else f"{len(names)} of {number}"

    told = [f"{start}: {named(who[state]).rstrip('.')}." for state, start in (
        (YES, "It is in"), (UNKNOWN, "It can't be told of"), (NO, "It is not in")) if who[state]]
    return " ".join(told)


def reasons(matrix: pd.DataFrame) -> pd.DataFrame:
    """Why each cell is as it is, where it is yes or can't be told, but for leaks of which nothing is known of any
    method: a row a method and leak."""
    found = leaks.report()
    known = [leak for leak in matrix if (methods(matrix)[leak] != UNKNOWN).any()]
    rows = found[found["found"].isin([YES, UNKNOWN]) & found["leak"].isin(known)]
    return rows[["method", "leak", "found", "why", "clips", "rests on"]]
