"""The CREMA-D study's incremental selection of features, step by step: what the document has, and what we measure."""

import functools
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator, PercentFormatter

from ser_repro.book import crema, plots
from ser_repro.book.page import Page
from ser_repro.book.palette import GREY, ORANGE, PURPLE, ROLES, Look
from ser_repro.book.words import family, listed, p_text, percent, points, signed, significant
from ser_repro.documents import crema_1d
from ser_repro.runs.found import NOT_RUN, frames, on_same_clips

_SAID = dict(zip((*crema_1d.STEPS, "crema258"), (
    "ZCR, energy, 20 MFCC", "+ chroma, mel", "+ roll-off", "+ tonnetz", "100 MFCC", "+ contrast", "+ flatness",
    "+ bandwidth (all 258)"), strict=True))
PCA = ("PCA 10", "PCA 20")
NEVER_BY_PCA = ("disgust", "fear")  # by the recalls in the report
_LOOKS = {"all values": Look(PURPLE, "s"), "LDA to 5": ROLES["shared speakers"], "PCA": Look(ORANGE, "^"),
          "LDA alone": Look(GREY, "D")}


def _told(features: str, reduction: str) -> str:
    return f"{_SAID[features]}{'' if reduction == 'none' else f', {reduction}'}"


def selection(page: Page) -> list[dict]:
    """A row a step of the document's selection: `features`, `reduction`, its test accuracy, ours and that of LDA alone
    on these features (None where not run)."""
    return [{"features": features, "reduction": reduction, "claimed": claimed,
             "ours": page.found.score(crema.CORPUS, n=1, features=features, reduction=reduction),
             "LDA alone": None if reduction.startswith("PCA") else crema.lda(page).score(crema.CORPUS,
                                                                                         features=features)}
            for features, reduction, claimed, _ in crema_1d.SELECTION]


@functools.cache
def steps(page: Page) -> list[dict]:
    """A row two steps of the selection that follow each other: what the document gains, and `difference`, ours on the
    same clips; those that have been run."""
    rows = []
    for one, other in pairwise(crema_1d.SELECTION):
        sides = [(page.found, page.found.records(crema.CORPUS, n=1, features=step[0], reduction=step[1]))
                 for step in (one, other)]
        if change := on_same_clips(*sides):
            rows.append({"step": f"{_told(*other[:2])}, after {_told(*one[:2])}", "claimed": other[2] - one[2],
                         "difference": change})
    return crema.corrected(rows)


def step_rows(page: Page) -> list[dict]:
    """The same for a reader."""
    return [{"step": row["step"], "the document's": signed(100 * row["claimed"], 0), "ours": points(row["difference"]),
             "p": p_text(row["difference"])} for row in steps(page)]


def say(page: Page) -> dict[str, str]:
    """How many steps of the selection are more than noise, by our runs."""
    rows = steps(page)
    planned = len(crema_1d.SELECTION) - 1
    told = {"pca_named": _named(page)}
    if not rows:
        return told | {"steps": NOT_RUN, "steps_family": NOT_RUN, "whole": NOT_RUN, "alike": ""}
    apart = [f"{row['step']} ({points(row['difference'])})" for row in rows if significant(row["difference"])]
    tested = sum(row["difference"].has_interval for row in rows)
    missing = f"; {planned - len(rows)} not yet run" if len(rows) < planned else ""
    return told | {"steps": f"{len(apart) or 'none'} of {tested} that can be tested"
            + (f" ({'; '.join(apart)})" if apart else "") + missing,
            "steps_family": family(row["difference"] for row in rows), "whole": _whole(page), "alike": _alike(page)}


def _whole(page: Page) -> str:
    """Steps whose features, reduced by LDA, are significantly worse than all 258 values, in words."""
    names = {page.found.difference("features", features, 1): place for place, features in enumerate(crema_1d.STEPS, 1)}
    effects = page.found.effects()
    known = {names[one.name]: one.difference for one in effects if one.name in names and not one.where}
    if not known:
        return NOT_RUN
    worse = {place: one for place, one in known.items() if significant(one) and one.value < 0}
    ends = [signed(100 * of(one.value for one in worse.values())) for of in (min, max)] if worse else []
    return f"{len(worse) or 'none'} of {len(known)}" + (
        f" (step {listed([str(place) for place in worse])}: {' to '.join(dict.fromkeys(ends))} points; "
        f"{family(one.difference for one in effects)})" if worse else "")


def _alike(page: Page) -> str:
    """Steps at which our network gives one answer to every clip, in words; "" where there are none."""
    others = crema_1d.SETTINGS["reduction"].others
    dead = [others.get(row["reduction"]) or _told(row["features"], row["reduction"]) for row in selection(page)
            if row["ours"] and row["ours"].alike[0] == row["ours"].alike[1]]
    if not dead:
        return ""
    return (f" With {listed(dead)} our network, whose values are not scaled, gives one answer to every clip."
            f"{_scaled(page)}")


def _scaled(page: Page) -> str:
    """What PCA comes to where values are standardised first, beside what the document has, in words."""
    told = []
    for features, reduction, claimed, _ in crema_1d.SELECTION:
        if reduction.startswith("PCA") and (score := page.found.score(
                crema.CORPUS, n=1, features=features, reduction=reduction, standardised=True)):
            told.append(f"{crema_1d.SETTINGS['reduction'].others[reduction]} {score} (claimed: {percent(claimed)})")
    return f" With the values standardised first: {listed(told)}." if told else ""


def _named(page: Page) -> str:
    """How often our networks on PCA of standardised values name an emotion that the document's never do, in words."""
    told = []
    for reduction in PCA:
        tables = frames(page.found.records(crema.CORPUS, n=1, reduction=reduction, standardised=True))
        if tables:
            told.append(percent(np.mean([table["predicted"].isin(NEVER_BY_PCA).mean() for table in tables]), 1))
    return f"{listed(told)} of the test clips" if told else NOT_RUN


def picture(page: Page) -> Figure:
    """Accuracy of model 1 step by step of the selection, the document's and ours."""
    rows = selection(page)
    figure, axis = plt.subplots(figsize=(plots.WIDTH, 1.2 + 0.5 * len(rows)))
    marks = []
    for y, row in enumerate(rows):
        axis.plot(row["claimed"], y, ROLES["claimed"].marker, color="black", mfc="white", mew=1.6, ms=7, zorder=4)
        if row["ours"]:
            kind = {"none": "all values", "LDA": "LDA to 5"}.get(row["reduction"], "PCA")
            marks.append((y + 0.2, kind, row["ours"]))
            axis.plot(row["ours"].seeds, [y + 0.36] * len(row["ours"].seeds), "|", color=_LOOKS[kind].colour, ms=6)
        if row["LDA alone"]:
            marks.append((y - 0.22, "LDA alone", row["LDA alone"]))
    plots.intervals(axis, marks, _LOOKS)
    axis.set_yticks(range(len(rows)), [_told(row["features"], row["reduction"]) for row in rows])
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlim(0.15, 0.65)
    axis.xaxis.set_major_locator(MultipleLocator(0.1))
    axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axis.grid(axis="x", alpha=0.25)
    axis.legend(handles=[*plots.handles({"the document's": ROLES["claimed"]}, mfc="white", mew=1.6),
                         *plots.handles(_LOOKS)], loc="lower center", ncols=2, bbox_to_anchor=(0.3, 1.0))
    figure.tight_layout()
    return figure
