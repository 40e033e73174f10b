"""What the chapter on intervals shows: how often they hold, how far draws of the split and starts lie apart."""

from itertools import combinations
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ser_repro import documents
from ser_repro.book.palette import BLUE, GREY, ORANGE
from ser_repro.book.plots import PHONE, named
from ser_repro.book.words import percent, unit
from ser_repro.files import read_json
from ser_repro.results import uncertainty
from ser_repro.results.ledger import NEW
from ser_repro.results.scores import Score
from ser_repro.runs import claimed, plans
from ser_repro.runs.found import NOT_RUN, OWN, Found, frames

KINDS = {"accuracy": "accuracy", "uar": "UAR", "difference": "difference"}
AIM = (0.92, 0.98)


def coverage(results: str | Path = "results") -> pd.DataFrame:
    """How often intervals hold the truth of made-up studies, as benchmarks/coverage.py found: a row a kind of study.

    Raises
    ------
    SerReproError
        If the file is missing or damaged.
    """
    path, command = Path(results) / "statistics" / "coverage.json", "`python benchmarks/coverage.py`"
    return pd.DataFrame(read_json(path, "table", f"make it again with {command}",
                                  missing=f"no table {path}: make it with {command}."))


def coverage_picture(rows: pd.DataFrame) -> Figure:
    """Coverage before and after, a panel a kind of score, a line a study."""
    starts = rows["starts"].astype(str).replace("0", "no") + np.where(rows["starts"] > 1, " starts", " start")
    names = rows["units"] + ", " + starts
    lent = ", spread of " + rows["borrowed"].astype(str) + " others"
    elsewhere = rows["apart"].map({0.5: ", others half as far", 1.0: "", 2.0: ", others twice as far"})
    names += np.where(rows["apart"] != 1, elsewhere, np.where(rows["borrowed"] > 0, lent, ""))
    order = list(dict.fromkeys(names))
    figure, axes = plt.subplots(1, len(KINDS), figsize=(8, 0.9 + 0.19 * len(order)), sharey=True, sharex=True)
    for axis, (kind, title) in zip(axes, KINDS.items(), strict=True):
        own = rows[rows["of"] == kind]
        at = [order.index(name) for name in names[rows["of"] == kind]]
        axis.axvspan(*AIM, color=GREY, alpha=0.2, lw=0)
        axis.plot(own["before"], at, "o", color=ORANGE, ms=4.5, mfc="white", label="resampled")
        axis.plot(own["after"], at, "o", color=BLUE, ms=4.5, label="variances added")
        axis.set_title(title, fontsize=9.5)
        axis.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %", decimals=0))
        axis.grid(axis="x", alpha=0.25)
    axes[0].set_yticks(range(len(order)), order, fontsize=8)
    axes[0].set_ylim(len(order) - 0.4, -0.6)
    axes[1].legend(loc="lower center", bbox_to_anchor=(0.3, 1.05), ncols=2)
    figure.subplots_adjust(left=0.31, right=0.98, bottom=0.06, top=0.9, wspace=0.12)  # tight_layout leaves gaps
    return figure


def within(rows: pd.DataFrame, which: str) -> str:
    """In how many studies an interval holds as often as it should, in words."""
    return f"{int(rows[which].between(*AIM).sum())} of {len(rows)}"


def ends(rows: pd.DataFrame, which: str) -> str:
    """The lowest and highest coverage, in words."""
    return f"{100 * rows[which].min():.0f} to {percent(rows[which].max())}"


# ---- draws -------------------------------------------------------------------------------------------------------


def drawn(results: str | Path) -> list[tuple[str, Score, Score | None]]:
    """A row a document, size and corpus whose random split has been drawn again: its name, the mean over the draws, and
    the printed score of the first draw: the document's own where its code has one, ours where not."""
    rows = []
    for of in documents.DOCUMENTS.values():
        found = Found(of.name, results)
        for n in of.sizes or (None,):
            for corpus in of.corpora:
                score = found.drawn(corpus, n=n)
                if score and len(score.seeds) > 1:
                    size = f", {of.size(n)}" if n else ""
                    rows.append((f"{corpus}, {of.title}{size}", score, found.score(corpus, n=n)))
    return rows


def draws_picture(rows: list[tuple[str, Score, Score | None]]) -> Figure:
    """Accuracy of each draw as a dot, and the printed score of the first draw with its interval below."""
    figure, axis = plt.subplots(figsize=(PHONE, 0.9 + 0.5 * len(rows)))
    for y, (name, score, printed) in enumerate(rows):
        named(axis, y - 0.44, name)
        axis.plot(score.seeds, [y - 0.14] * len(score.seeds), "o", color=BLUE, ms=5, alpha=0.55, mew=0,
                  label="" if y else "one draw")
        axis.plot([score.value] * 2, [y - 0.28, y], color=BLUE, lw=2, label="" if y else "mean of the draws")
        if printed:
            if printed.has_interval:
                axis.plot([printed.low, printed.high], [y + 0.18] * 2, color=ORANGE, lw=3, alpha=0.45)
            axis.plot(printed.value, y + 0.18, "s", color=ORANGE, ms=5, label="" if y else "the first draw, printed")
    axis.set(ylim=(len(rows) - 0.6, -0.7), yticks=[])
    axis.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axis.grid(axis="x", alpha=0.25)
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, columnspacing=1, handletextpad=0.3)
    figure.tight_layout()
    return figure


def draws_table(rows: list[tuple[str, Score, Score | None]]) -> list[dict]:
    """The same as a table."""
    return [{"corpus and method": name, "draws": len(score.seeds), "mean of the draws": str(score),
             "lowest and highest": f"{100 * min(score.seeds):.1f} to {percent(max(score.seeds), 1)}",
             "the first draw": str(printed or NOT_RUN)} for name, score, printed in rows]


def widest(rows: list[tuple[str, Score, Score | None]]) -> str:
    """The method and corpus whose draws lie furthest apart, the printed one among them, in words."""
    if not rows:
        return NOT_RUN
    every = [(name, [*score.seeds, *([printed.value] if printed else [])]) for name, score, printed in rows]
    name, draws = max(every, key=lambda row: np.ptp(row[1]))
    return f"{unit(100 * np.ptp(draws), 'points', 1)} ({name}, {len(draws)} draws)"


# ---- starts ------------------------------------------------------------------------------------------------------


def starts(results: str | Path) -> list[dict]:
    """A row a document, size, corpus and reading that has several starts with shared speakers.

    `name`; `seeds`, the accuracy of each; `spread`, how far starts lie apart (standard deviation) or None, and `df`,
    its degrees of freedom; `own`, whether these starts themselves tell it, or others too.
    """
    rows = []
    for of in documents.DOCUMENTS.values():
        found = Found(of.name, results)
        for kind, seeds in found.done.items():
            if kind.protocol == plans.GRID[0] and not kind.changed and not kind.tested and len(seeds) > 1:
                spread = found.starts_of(kind)
                size = f", {of.size(kind.n)}" if kind.n else ""
                rows.append({"name": f"{of.title}{size}, {kind.corpus}, {of.called(kind.reading)}",
                             "seeds": [(frame["emotion"] == frame["predicted"]).mean() for frame in frames(seeds)],
                             "spread": None if spread is None else float(np.sqrt(max(spread.variance, 0))),
                             "df": None if spread is None else spread.df, "own": len(seeds) >= OWN})
    return rows


def widest_starts(rows: list[dict]) -> str:
    """The network whose starts lie furthest apart, in words."""
    if not rows:
        return NOT_RUN
    row = max(rows, key=lambda row: np.ptp(row["seeds"]))
    return f"{unit(100 * np.ptp(row['seeds']), 'points', 1)} ({row['name']}, {len(row['seeds'])} starts)"


def starts_picture(rows: list[dict]) -> Figure:
    """Accuracy of each start, less the mean of the starts, in points."""
    figure, axis = plt.subplots(figsize=(PHONE, 0.8 + 0.5 * len(rows)))
    axis.axvline(0, color=GREY, lw=1)
    for y, row in enumerate(rows):
        named(axis, y - 0.46, row["name"])
        apart = 100 * (np.array(row["seeds"]) - np.mean(row["seeds"]))
        axis.plot(apart, [y] * len(apart), "o", color=BLUE, ms=6, alpha=0.6, mew=0)
    axis.set(ylim=(len(rows) - 0.6, -0.8), yticks=[])
    axis.set_xlabel("points from the mean of the starts")
    axis.grid(axis="x", alpha=0.25)
    figure.tight_layout()
    return figure


def starts_table(rows: list[dict]) -> list[dict]:
    """The same as a table, with the spread that chance in clips and speakers does not explain."""
    def told(row: dict) -> str:
        if row["spread"] is None:
            return "not known"
        size = unit(100 * row["spread"], "points", 1) if row["spread"] else "none beyond chance"
        return f"{size} ({'own' if row['own'] else 'borrowed'}, {row['df']} degree{'s' * (row['df'] > 1)} of freedom)"

    return [{"network": row["name"], "starts": len(row["seeds"]),
             "accuracy": ", ".join(percent(value, 1) for value in row["seeds"]), "spread of starts": told(row)}
            for row in rows]


# ---- how much a test can show ------------------------------------------------------------------------------------

DIFFERENCES = (0.02, 0.05, 0.1)
POWER_CORPORA = ("RAVDESS", "EMO-DB", "CREMA-D")  # with ten speakers or more


def tests_of_documents() -> list[dict]:
    """How wide the interval of each document's own accuracy is by its number of test clips alone, a row a claim of
    which that number is known: not of one of new speakers, as no document tells how it held them out."""
    rows = []
    for of in documents.DOCUMENTS.values():
        for claim in of.claims:
            if claim.score != "accuracy" or claim.step or claim.untestable or claim.speakers == NEW or claimed.missing(
                    of, claim.corpus):
                continue
            clips = claimed.clips(of.name, claim)
            if not clips:
                continue
            half = uncertainty.by_lot(claim.value, clips)
            rows.append({"document": of.title + (f", {of.size(claim.n)}" if claim.n else ""), "corpus": claim.corpus,
                         "claimed": percent(claim.value, 1), "test clips": clips,
                         "clips alone": f"±{unit(100 * half, 'points', 1)}"})
    return rows


def powers(results: str | Path) -> list[dict]:
    """How far two methods' difference varies over new speakers, in the median pair of all that were run, and how many
    speakers it therefore takes to tell a difference of so many points: a row a corpus."""
    rows = []
    every = [Found(name, results) for name in documents.DOCUMENTS]
    for corpus in POWER_CORPORA:
        rates = {}
        for found in every:
            of = found.document
            for reading in of.readings if corpus in of.corpora else ():
                seeds = found.records(corpus, reading, "speaker")
                if seeds:
                    frame = frames(seeds[:1])[0]
                    right = (frame["emotion"] == frame["predicted"]).groupby(frame["speaker"]).mean()
                    rates[of.title, reading] = right
        spreads = [float((a - b).std(ddof=1)) for a, b in combinations(rates.values(), 2)]
        if spreads:
            spread = float(np.median(spreads))
            speakers = len(next(iter(rates.values())))
            rows.append({"corpus": corpus, "speakers": speakers, "pairs of methods": len(spreads),
                         "spread over speakers": unit(100 * spread, "points", 1)} | {
                         f"speakers for {100 * one:.0f} points": uncertainty.units_needed(spread, one)
                         for one in DIFFERENCES})
    return rows
