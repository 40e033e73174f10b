"""The page of all claims: how many got which verdict, the rule, and the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from ser_repro.book import show, sortable
from ser_repro.book.palette import BLUE, ORANGE, RED, SKY
from ser_repro.book.words import fates, listed, number
from ser_repro.escaping import html
from ser_repro.results import ledger
from ser_repro.runs.found import SPLITS
from ser_repro.runs.plans import GRID

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LINE = "#52514e"
_LOOKS = {  # a colour and a hatch each, so that none needs colours to be told apart
    ledger.REPRODUCED: (BLUE, ""), ledger.SAMPLING: ("#cde2fb", ".."), ledger.EXCEEDED: ("#7f9fc4", "++"),
    ledger.SHARED_ONLY: (SKY, "//"),
    ledger.NOT_EXCLUDED: ("#e9e3f5", "\\\\"), ledger.NOT_REPRODUCED: (RED, "--"), ledger.UNSETTLED: (ORANGE, "xx"),
    ledger.UNTESTABLE: ("#c3c2b7", ""), ledger.NOT_RUN: ("white", "")}


def summary(table: pd.DataFrame) -> str:
    """How many claims got which verdict, in a sentence a kind: recalls are of few clips each, and steps on the way are
    no result that a document stands for."""
    parts = []
    for kind, called in ((ledger.WHOLE, "scores of whole test or validation sets"),
                         (ledger.OF_EMOTION, "recalls of single emotions"),
                         (ledger.STEP, "scores of steps on the way")):
        if len(part := table[table["kind"] == kind]):
            parts.append(f"Of {number(len(part))} {called}, {_counts(part['verdict'])}")
    return f"**{'. '.join(parts)}.**"


def _counts(verdicts: pd.Series) -> str:
    told = fates(verdicts)
    return listed(told if (verdicts == ledger.REPRODUCED).any() else ["none is reproduced", *told])


def rule() -> list[dict]:
    """The verdicts, and when each is given."""
    return [{"verdict": kind, "given where": when} for kind, when in ledger.RULE.items()]


def whole(table: pd.DataFrame, cites: Iterable[str] = ()) -> None:
    """The ledger of all documents, as a table that sorts.

    `cites` are keys of the documents in references.bib.
    """
    names = [f"{name[0].upper()}{name[1:]}" for name in table["document"]]
    rows = [{"document": name} | row for name, row in zip(names, compact(table), strict=True)]
    sizes = table["n"].map(lambda n: "" if n == "—" else f"n{n}") if "n" in table else [""] * len(table)
    ids = [sortable.slug("claim", *parts) for parts in zip(table["document"], table["corpus"], sizes, table["score"],
                                                           strict=True)]
    sortable.table("claims", "Every claim beside what we measured.", rows, ids, csv=table, cites=cites, filters={
        "document": names, "corpus": table["corpus"], "kind": table["kind"], "verdict": table["verdict"]})


def of_document(rows: pd.DataFrame) -> None:
    """The ledger of one document; recalls of single emotions and steps on the way are tables of their own, which
    scroll."""
    if rows.empty:
        return show.table([])
    show.table(compact(rows[rows["kind"] == ledger.WHOLE]))
    for kind, called in ((ledger.OF_EMOTION, "Recalls of single emotions, which it shows in figures"),
                         (ledger.STEP, "Scores of trainings on the way to these")):
        if len(part := rows[rows["kind"] == kind]):
            show.text(f"{called} ({number(len(part))}):")
            show.table(compact(part), long=True)


def compact(rows: pd.DataFrame) -> list[dict]:
    """Rows of a ledger in few columns, the verdict before the numbers that it rests on; cells are HTML."""
    readings = [name.split(",")[0] for name in rows if name.endswith(SPLITS["published"])]
    told = []
    for _, row in rows.iterrows():
        size = f", {row['network']}" if row.get("network", "—") != "—" else ""
        own = row.get("own matrix gives", "—")
        told.append({"claim": f"{row['corpus']}{size}: {row['score']}",
                     "claimed": _lines(row["claimed"], row["where"],
                                       f"its own matrix gives {own}" if own != "—" else ""),
                     "verdict": _lines(row["verdict"], row["because"])} | {
                         split: _measured({reading: row.get(f"{reading}, {split}", "—") for reading in readings})
                         for split in (SPLITS[protocol] for protocol in GRID)})
    return told


def _lines(first: str, *others: str) -> show.Html:
    """A cell of several lines, the first of them bold."""
    return show.Html("<br>".join([f"<b>{html(first)}</b>", *(html(line) for line in others if line)]))


def _measured(of: dict[str, str]) -> show.Html:
    """What each reading reaches, a line each; those that have not been run are named where none has."""
    run = [f"{reading}: {value}" for reading, value in of.items() if value not in ("—", ledger.NOT_RUN)]
    return show.Html("<br>".join(map(html, run or dict.fromkeys(of.values()))))


def picture(table: pd.DataFrame) -> Figure:
    """A bar a document, parted by verdict, each part with the number of its claims."""
    import matplotlib.pyplot as plt  # which not every chapter that shows claims needs
    from matplotlib.patches import Patch

    from ser_repro.book.plots import PHONE

    names = list(dict.fromkeys(table["document"]))
    figure, axis = plt.subplots(figsize=(PHONE, 1.1 + 0.55 * len(names)), layout="constrained")
    for y, name in enumerate(names):
        counts = table.loc[table["document"] == name, "verdict"].value_counts()
        title = f"{name[0].upper()}{name[1:]}: {number(int(counts.sum()))} claims"
        axis.text(0, y - 0.36, title, va="center", fontsize=9.5)
        left = 0.0
        for kind, (colour, hatch) in _LOOKS.items():
            if kind in counts:
                width = counts[kind] / counts.sum()
                axis.barh(y, width, 0.42, left=left, color=colour, hatch=hatch, edgecolor=_LINE, linewidth=0.8)
                axis.text(left + width / 2, y, str(counts[kind]), ha="center", va="center", fontsize=9,
                          bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2, "alpha": 0.85})
                left += width
    axis.set(xlim=(0, 1.005), ylim=(len(names) - 0.7, -0.6), xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    shown = [kind for kind in _LOOKS if kind in set(table["verdict"])]
    figure.legend([Patch(facecolor=_LOOKS[kind][0], hatch=_LOOKS[kind][1], edgecolor=_LINE) for kind in shown],
                  shown, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return figure
