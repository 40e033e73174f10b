"""Pictures of scores and trainings. Every function returns a matplotlib figure, at most 8 in wide.

Colours and markers are those of `palette`; call `palette.use_theme` first.
"""

from collections.abc import Callable, Iterable
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import patheffects
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from ser_repro.book.palette import GREY, RED, ROLES, Look, corpora
from ser_repro.book.words import NBSP, significant
from ser_repro.results.scores import Score

WIDTH = 6.2  # in: words of 9 or 10 points can still be read where a phone shrinks the picture
PHONE = 4.8  # in: nearly as wide as a phone


def mark(figure: Figure, synthetic: bool = True) -> Figure:
    """Say across a picture that it rests on synthetic speech."""
    if synthetic:
        figure.text(0.5, 0.5, "synthetic: not a result", color=RED, alpha=0.35, fontsize=26, rotation=20,
                    ha="center", va="center", zorder=10,
                    path_effects=[patheffects.withStroke(linewidth=2, foreground="white", alpha=0.5)])
    return figure


def intervals(axis, rows: Iterable[tuple[float, str, Score]], looks: dict[str, Look], *,
              hollow: Callable[[Score], bool] = lambda score: False) -> None:
    """Draw scores as points with their intervals, at a height each; without an interval, what was measured as a thin
    line.

    Parameters
    ----------
    rows : iterable of (height, name, score)
    looks : dict
        Name -> look.
    hollow : callable(Score) -> bool
        Which points are left empty.
    """
    for y, name, score in rows:
        look, (low, high) = looks[name], (score.low, score.high) if score.has_interval else score.measured
        axis.plot([low, high], [y, y], color=look.colour, alpha=0.45 if score.has_interval else 1,
                  lw=3 if score.has_interval else 1, solid_capstyle="round", zorder=2)
        axis.plot(score.value, y, look.marker, color=look.colour, ms=8, mew=1.4 if hollow(score) else 0,
                  mfc="white" if hollow(score) else look.colour, zorder=3)


def handles(looks: dict[str, Look], **style) -> list[Line2D]:
    """What stands in a legend for points of these looks."""
    return [Line2D([], [], color=look.colour, marker=look.marker, label=name, **{"ls": "", "ms": 7, "mew": 0} | style)
            for name, look in looks.items()]


def lines(looks: dict[str, Look]) -> list[Line2D]:
    """What stands in a legend for lines of these looks."""
    return [Line2D([], [], color=look.colour, ls=look.line, label=name)
            for name, look in looks.items()]


def named(axis, y: float, name: str) -> None:
    """Write the name of a row at the left, above its points and not beside them: a phone has no room there."""
    axis.text(0.0, y, fill(name, 60), transform=axis.get_yaxis_transform(), va="center", fontsize=9.5)


def claims(rows: list[tuple[str, float | None, Score | None, Score | None, float]]) -> Figure:
    """Claimed, measured and new-speaker accuracy, a line a claim.

    Parameters
    ----------
    rows : list of (label, claimed, shared speakers, new speakers, chance)
        Fractions; None where there is none.
    """
    looks = {name: ROLES[name] for name in ("shared speakers", "new speakers")}
    claim, chance_look = ROLES["claimed"], ROLES["chance"]
    figure, axis = plt.subplots(figsize=(PHONE, 1.1 + 0.62 * len(rows)))
    points = []
    for y, (label, claimed, published, speaker, chance) in enumerate(reversed(rows)):
        named(axis, y + 0.46, label)
        axis.vlines(chance, y - 0.35, y + 0.3, color=chance_look.colour, lw=1.4, ls=chance_look.line)
        if not (published or speaker):
            axis.annotate("not yet run", (chance, y), (8, 0), textcoords="offset points", va="center", color=GREY)
        for score, name, offset in zip((published, speaker), looks, (0.1, -0.2), strict=True):
            if score:
                points.append((y + offset, name, score))
                low = score.low if score.has_interval else score.measured[0]
                axis.annotate(f"{100 * score.value:.0f}", (low, y + offset), (-6, 0), textcoords="offset points",
                              ha="right", va="center", color=looks[name].colour, fontsize=9.5)
        if claimed is not None:
            axis.plot(claimed, y + 0.1, claim.marker, color=claim.colour, ms=7, mfc="none", mew=1.6, zorder=4)
    intervals(axis, points, looks)
    axis.set(xlim=(0, 1.03), ylim=(-0.5, len(rows) - 0.35), yticks=[])
    axis.spines[["left"]].set_visible(False)
    axis.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axis.grid(axis="x", alpha=0.25)
    shown = handles({"claimed": claim}, mfc="white", mew=1.6) if any(row[1] is not None for row in rows) else []
    axis.legend(handles=[*shown, *handles(looks), *lines({"chance": chance_look})], loc="lower center",
                bbox_to_anchor=(0.45, 1.0), ncols=2)
    figure.tight_layout()
    return figure


def confusion(title: str, counts: np.ndarray, classes: list[str], synthetic: bool = False) -> Figure:
    """A confusion matrix: of the clips of a class (row), the per cent that are named each class; blank where none is.

    Parameters
    ----------
    counts : array of shape (class, class)
    """
    figure, axis = plt.subplots(figsize=(6.2, 5))
    share = 100 * counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axis.pcolormesh(share, vmin=0, vmax=100, cmap="Blues", linewidth=0.5, edgecolors="#dddddd")
    axis.set(aspect="equal", xlim=(0, len(classes)), ylim=(len(classes), 0))
    axis.spines[:].set_visible(False)
    for row, column in zip(*np.nonzero(counts), strict=True):
        axis.text(column + 0.5, row + 0.5, f"{share[row, column]:.0f}", ha="center", va="center", fontsize=10,
                  color="white" if share[row, column] > 65 else "black")
    middles = np.arange(len(classes)) + 0.5
    axis.set_xticks(middles, classes, rotation=45, ha="right", rotation_mode="anchor")
    axis.set_yticks(middles, classes)
    axis.tick_params(length=0)
    axis.set(title=title, xlabel="predicted", ylabel="true (a row adds to 100 %)")
    return mark(figure, synthetic)


def curves(axis, records: list[dict], quantity: str) -> dict[str, Look]:
    """Draw accuracy or loss over epochs, of training and of the clips that were watched: a line a run and part.

    Returns
    -------
    dict
        Part -> its look, of the parts that were drawn.
    """
    drawn = []
    for record in records:
        watched = "validation" if f"validation_{quantity}" in record["history"] else "test"
        drawn += [(part, record["history"][f"{name}_{quantity}"]) for part, name in
                  (("training", "train"), (watched, watched))]
    looks = {part: ROLES[part] for part, _ in drawn}
    alone = all(len(values) == 1 for _, values in drawn)  # a line through one point is none
    for part, values in sorted(drawn, key=lambda one: list(looks).index(one[0])):
        axis.plot(range(1, len(values) + 1), values, color=looks[part].colour, linewidth=1.2,
                  ls=looks[part].line,
                  **({"marker": "o", "markeredgecolor": "white"} if alone else {}))
    axis.set_xlabel("epoch")
    axis.set_ylabel("")
    axis.grid(alpha=0.2)
    if quantity == "accuracy":
        axis.set_ylim(0, 1)
        axis.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    return looks


def learning_curves(panels: list[tuple[str, list[dict]]], chance: dict[str, float] | None = None,
                    synthetic: bool = False, quantity: str = "accuracy") -> Figure:
    """Accuracy or loss over epochs, of training and of the clips that were watched, a panel a run or set of runs.

    Parameters
    ----------
    panels : list of (title, records)
        Runs of one panel differ in seed or fold; each is a thin line.
    chance : dict, optional
        Title -> accuracy of guessing.
    quantity : "accuracy" or "loss"
    """
    figure, axes = plt.subplots(len(panels), 1, figsize=(PHONE, 0.9 + 1.9 * len(panels)), sharex=True, sharey=True,
                                squeeze=False)
    looks = {}
    for axis, (title, records) in zip(axes[:, 0], panels, strict=True):
        looks |= curves(axis, records, quantity)
        if chance and quantity == "accuracy":
            looks["chance"] = guessing(axis, chance[title])
        axis.set(title=title, ylabel=quantity)
    axes[0, 0].set_ylim(bottom=0)  # of all panels, and only now: it ends the fitting of the axis to the lines
    order = sorted(looks, key=list(ROLES).index)
    axes[0, 0].legend(handles=lines({name: looks[name] for name in order}), loc="lower right", ncols=len(order),
                      bbox_to_anchor=(1.05, 1.0), borderaxespad=2.2)  # above the title, however long that is
    figure.tight_layout()
    return mark(figure, synthetic)


def guessing(axis, share: float) -> Look:
    """Draw the accuracy of guessing across a picture of accuracies; gives its look."""
    look = ROLES["chance"]
    axis.axhline(share, color=look.colour, ls=look.line, lw=1.2)
    return look


def _wrapped(name: str) -> str:
    """A name in lines that leave room for the picture; no line ends within "n = 3"."""
    return "\n".join(fill(line.replace(" = ", f"{NBSP}={NBSP}"), 40) for line in name.split("\n"))


def effects(rows: list[tuple[str, str, Score]]) -> Figure:
    """What each changed setting is worth: difference in accuracy points, with its interval; hollow where it can't be
    told from none.

    Parameters
    ----------
    rows : list of (what is changed, corpus, paired difference)
    """
    named = [_wrapped(slip) if i == 0 or rows[i - 1][0] != slip else "" for i, (slip, _, _) in enumerate(rows)]
    # Of one slip, corpora stand close together, in in; a name of several lines needs more.
    apart = np.cumsum([0.42 + 0.15 * name.count("\n") if name else 0.24 for name in named])
    looks = corpora(corpus for _, corpus, _ in rows)
    lines_of_legend = -(-len(looks) // 3)
    figure, axis = plt.subplots(figsize=(WIDTH, 0.8 + 0.22 * lines_of_legend + apart[-1]))
    axis.axvline(0, color="black", lw=1)
    intervals(axis, [(y, corpus, score) for y, (_, corpus, score) in zip(apart, rows, strict=True)], looks,
              hollow=lambda score: not significant(score))
    at = [(y, name) for y, name in zip(apart, named, strict=True) if name]
    axis.set_yticks(*zip(*at, strict=True))
    axis.set_ylim(apart[-1] + 0.3, apart[0] - 0.3)
    axis.xaxis.set_major_formatter(lambda value, _: f"{100 * value:+.0f}".replace("-", "\N{MINUS SIGN}")
                                   if value else "0")
    axis.set_xlabel("accuracy points gained or lost when it is changed")
    axis.grid(axis="x", alpha=0.25)
    axis.legend(handles=handles(looks), loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    figure.tight_layout()
    return figure
