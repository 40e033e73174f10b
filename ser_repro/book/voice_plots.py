"""Pictures of what the corpora hold: who speaks, how long, how loud and how high. Each returns a matplotlib figure.

Emotions stand in the order of `voices.Voices.order`. Call `palette.use_theme` first.
"""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from ser_repro import datasets
from ser_repro.book import palette
from ser_repro.book.voices import OTHER, SIGNS, Voices, every
from ser_repro.book.words import number, percent, signed
from ser_repro.documents.uses import USES

WIDTH = 5.8  # in: narrow enough for its text to be read on a phone
PRESENT, ABSENT, BACKGROUND = palette.BLUE, "#cfcdc6", palette.GREY
SEXES = {"female": (palette.ORANGE, "o", "women"), "male": (palette.PURPLE, "^", "men")}
RELATIVE = {"pitch_st": "pitch, semitones from own neutral", "gain_db": "level, dB from own neutral"}
_LEGEND = {"loc": "upper left", "handlelength": 1, "columnspacing": 1, "handletextpad": 0.4}


def uses() -> Figure:
    """A disc for every corpus that a document used, its area the number of clips."""
    named = {corpus: 0 for corpus in every()}
    for _, by_corpus in USES.values():
        named |= {corpus: named[corpus] + 1 for corpus in by_corpus}
    sizes = {corpus: datasets.get(corpus).n_clips for corpus, times in named.items() if times}
    names = sorted(sizes, key=lambda corpus: (-named[corpus], -sizes[corpus]))
    figure, axis = plt.subplots(figsize=(WIDTH, 0.6 * len(names) + 0.9))
    for y, corpus in enumerate(names):
        for x, (_, by_corpus) in enumerate(USES.values()):
            clips, _ = by_corpus.get(corpus, (0, ""))
            _disc(axis, 1.35 * x, y, clips, sizes[corpus], max(sizes.values()))
    axis.set_yticks(range(len(names)), [f"{corpus}\n{number(sizes[corpus])}" for corpus in names])
    axis.set_xticks(1.35 * np.arange(len(USES)), [textwrap.fill(title, 10) for title, _ in USES.values()],
                    fontsize=8)
    axis.xaxis.tick_top()
    axis.set(xlim=(-0.55, 1.35 * (len(USES) - 1) + 0.95), ylim=(len(names) - 0.5, -0.5), aspect="equal")
    _bare(axis)
    figure.tight_layout()
    return figure


def _disc(axis, x: float, y: float, clips: int | None, size: int, largest: int) -> None:
    """Clips used of a corpus; a dashed ring where it is not known how many."""
    radius = {n: 0.46 * np.sqrt(n / largest) for n in (clips or 0, size)}
    if clips == 0:
        axis.plot(x, y, ".", color=ABSENT, ms=3)
    elif clips is None:
        axis.add_patch(plt.Circle((x, y), radius[size], facecolor="white", edgecolor=PRESENT, lw=1.5, ls=(0, (3, 2))))
        axis.text(x, y, "?", ha="center", va="center", color=PRESENT, fontsize=11)
    else:
        axis.add_patch(plt.Circle((x, y), radius[size], color=ABSENT, lw=0))
        axis.add_patch(plt.Circle((x, y), radius[clips], color=PRESENT, lw=0))
        inside = clips > largest / 3
        axis.text(x if inside else x + 0.06 + radius[size], y, number(clips), va="center", fontsize=9.5,
                  ha="center" if inside else "left", color="white" if inside else "black")


def classes(heard: Voices) -> Figure:
    """A bar a corpus, cut by the share of each emotion; at its right the share of the largest."""
    shares = pd.DataFrame({corpus: heard.counts(corpus) / heard.counts(corpus).sum() for corpus in every()}).fillna(0)
    known = shares.drop(index=OTHER, errors="ignore")
    largest = (known.max() / known.sum()).sort_values(ascending=False)
    figure, axis = plt.subplots(figsize=(WIDTH, 0.42 * len(largest) + 0.8))
    left = pd.Series(0.0, index=largest.index)
    for emotion in [e for e in [*heard.order, OTHER] if e in shares.index]:
        width, look = shares.loc[emotion, largest.index], palette.EMOTIONS.get(emotion)
        style = ({"facecolor": look.colour, "hatch": look.hatch, "edgecolor": "white"} if look else
                 {"facecolor": "white", "hatch": "////", "edgecolor": ABSENT})
        axis.barh(range(len(largest)), width, left=left, height=0.74, label=emotion, lw=0, **style)
        left += width
    for y, share in enumerate(largest):
        axis.text(1.015, y, percent(share), va="center", weight="bold")
    axis.text(1.015, len(largest) - 0.35, "largest", fontsize=9, va="bottom")
    axis.set_yticks(range(len(largest)), largest.index)
    axis.set(xlim=(0, 1), ylim=(-0.5, len(largest) - 0.35), xticks=[])
    _bare(axis)
    figure.legend(ncols=5, fontsize=9.5, **_LEGEND)
    figure.tight_layout(rect=(0, 0, 1, 0.93))
    return figure


def people(heard: Voices) -> Figure:
    """A column a speaker, by emotion: the large corpora on a line of their own."""
    figure = plt.figure(figsize=(WIDTH, 8.2))
    speakers = {corpus: len(datasets.get(corpus).speakers) for corpus in every()}
    large = [corpus for corpus in speakers if speakers[corpus] > 40]
    rest = sorted((corpus for corpus in speakers if corpus not in large), key=lambda corpus: -speakers[corpus])
    lines = [[corpus] for corpus in large] + [rest[:2], rest[2:]]
    outer = figure.add_gridspec(len(lines), 1, hspace=0.5, left=0.09, right=0.995, top=0.915, bottom=0.03)
    for line, place in zip(lines, outer, strict=True):
        widths = [max(6, speakers[corpus]) for corpus in line] if len(line) < 3 else [1.6, 1, 1, 1][:len(line)]
        inner = place.subgridspec(1, len(line), wspace=0.3 if len(line) < 3 else 0.65, width_ratios=widths)
        for corpus, cell in zip(line, inner, strict=True):
            _columns(figure.add_subplot(cell), corpus, heard)
    shown = [e for e in heard.order if any(e in heard.counts(corpus) for corpus in every())]
    handles = [Patch(color=palette.EMOTIONS[e].colour, label=e) for e in shown]
    figure.legend(handles=[*handles, Patch(color=ABSENT, label="other or not told")], ncols=5, fontsize=9.5, **_LEGEND)
    return figure


def _columns(axis, corpus: str, heard: Voices) -> None:
    """The speakers of a corpus, women first, each sex from the most clips to the fewest."""
    of = datasets.get(corpus)
    if corpus in heard.tables:
        count = pd.crosstab(heard.tables[corpus]["speaker"], heard.tables[corpus]["emotion"])
        count = count[[e for e in [*heard.order, ""] if e in count]]
    else:
        count = pd.DataFrame({"": pd.Series(of.speaker_counts)})
    sex = pd.Series(of.sexes)[count.index]
    count = count.loc[pd.DataFrame({"sex": sex, "n": -count.sum(axis=1)}).sort_values(["sex", "n"]).index]
    bottom = np.zeros(len(count))
    for emotion in count:
        axis.bar(range(len(count)), count[emotion], bottom=bottom, width=0.92 if len(count) < 40 else 0.88, lw=0,
                 color=palette.EMOTIONS[emotion].colour if emotion else ABSENT, snap=False)
        bottom += count[emotion].to_numpy()
    axis.set_title(corpus, weight="bold", pad=4)
    axis.set(xlim=(-0.6, len(count) - 0.4), yticks=[0, bottom.max()])
    middles = {SIGNS[s]: np.flatnonzero(sex[count.index] == s).mean() for s in sorted(set(sex))}
    axis.set_xticks(list(middles.values()), [f"{(sex == s).sum()} {SIGNS[s]}" for s in sorted(set(sex))])
    if 0 < (women := (sex == "female").sum()) < len(count):
        axis.axvline(women - 0.5, color="black", lw=0.8, ymin=-0.12, clip_on=False)
    axis.tick_params(length=0, pad=2)
    axis.spines[["left", "bottom"]].set_visible(False)


def ages() -> Figure:
    """A mark a speaker, in the corpora that publish ages person by person."""
    told = {corpus: pd.Series(datasets.get(corpus).ages).dropna().astype(int) for corpus in every()}
    names = sorted((corpus for corpus, age in told.items() if len(age)), key=lambda corpus: -len(told[corpus]))
    heights = [max(2, told[corpus].value_counts().max()) for corpus in names]
    figure, axes = plt.subplots(len(names), 1, figsize=(WIDTH, 0.7 + 0.155 * sum(heights) + 0.2 * len(names)),
                                height_ratios=heights, sharex=True, squeeze=False)
    for axis, corpus, height in zip(axes[:, 0], names, heights, strict=True):
        marks = pd.DataFrame({"age": told[corpus], "sex": pd.Series(datasets.get(corpus).sexes)}).dropna()
        marks = marks.sort_values(["age", "sex"]).assign(y=lambda table: table.groupby("age").cumcount() + 0.5)
        for sex, (colour, marker, _) in SEXES.items():
            mine = marks[marks["sex"] == sex]
            axis.scatter(mine["age"], mine["y"], marker=marker, color=colour, s=34, lw=0)
        axis.set(ylim=(0, height + 0.2), yticks=[])
        axis.set_ylabel(corpus, rotation=0, ha="right", va="center", weight="bold")
        axis.spines["left"].set_visible(False)
        axis.tick_params(length=0 if axis is not axes[-1, 0] else 3)
    axes[-1, 0].set_xlabel("age in years")
    axes[0, 0].legend(handles=_sex_handles(), loc="upper right", ncols=2)
    figure.tight_layout(h_pad=0.3)
    return figure


def moments(heard: Voices, last_s: int = 6) -> Figure:
    """The share of clips that speak, are silent or are over, at each moment since they began."""
    figure, axes, across = _panels(heard.pictured, 1.5)
    at = np.linspace(0, last_s, 601)[:, None]
    for place, (axis, corpus) in enumerate(zip(axes, heard.pictured, strict=True)):
        table = heard.tables[corpus]
        begin, over = table["silence_start_s"].to_numpy(), table["duration_s"].to_numpy()
        speech = ((at >= begin) & (at < over - table["silence_end_s"].to_numpy())).mean(axis=1)
        present = (at < over).mean(axis=1)
        axis.fill_between(at[:, 0], 0, speech, color=PRESENT, lw=0)
        axis.fill_between(at[:, 0], speech, present, color=ABSENT, lw=0)
        axis.set(ylim=(0, 1), xlim=(0, last_s), yticks=(0, 0.5, 1), xticks=range(last_s + 1))
        axis.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        _foot(axis, place >= len(axes) - across, "s since the clip began")
    figure.legend(handles=[Patch(color=PRESENT, label="speech"), Patch(color=ABSENT, label="silence"),
                           Patch(facecolor="white", edgecolor=BACKGROUND, label="clip is over")],
                  loc="upper left", ncols=3)
    figure.tight_layout(rect=(0, 0, 1, 0.95))
    return figure


def rooms(heard: Voices) -> Figure:
    """How loud background and voice are, and a mark a speaker for the median level of neutral clips."""
    names = heard.pictured
    figure, axes = plt.subplots(len(names), 1, figsize=(WIDTH, 0.9 + 0.78 * len(names)), sharex=True, squeeze=False)
    edges = np.arange(-140, 3, 2)
    for axis, corpus in zip(axes[:, 0], names, strict=True):
        table = heard.tables[corpus]
        for measure, colour in (("floor_db", BACKGROUND), ("level_db", PRESENT)):
            count, _ = np.histogram(table[measure], edges)
            axis.fill_between(edges[:-1], count / count.max(), step="post", color=colour, alpha=0.75, lw=0)
        own = table[table["emotion"] == "neutral"].groupby(["sex", "speaker"])["level_db"].median()
        for sex in own.index.unique("sex"):
            colour, marker, _ = SEXES[sex]
            axis.scatter(own[sex], np.full(len(own[sex]), -0.28), marker=marker, color=colour, s=22, lw=0, alpha=0.6,
                         clip_on=False)
        axis.set(ylim=(-0.5, 1.05), xlim=(-140, 2), yticks=[])
        axis.set_ylabel(corpus, rotation=0, ha="right", va="center", weight="bold")
        axis.axhline(0, color="black", lw=0.6)
        axis.spines[["left", "bottom"]].set_visible(False)
        axis.tick_params(length=0)
        axis.grid(axis="x", alpha=0.25)
    axes[-1, 0].set_xlabel("dB, full scale is 0")
    axes[-1, 0].xaxis.set_major_formatter(lambda value, _: f"{value:.0f}".replace("-", "\N{MINUS SIGN}"))
    handles = [Patch(color=BACKGROUND, label="background"), Patch(color=PRESENT, label="voice"),
               *_sex_handles("neutral of ")]
    figure.legend(handles=handles, ncols=4, fontsize=9, **_LEGEND)
    figure.tight_layout(rect=(0, 0, 1, 0.95), h_pad=0.2)
    return figure


def pitch(heard: Voices) -> Figure:
    """Pitch by emotion: a line a sex through the medians, a faint mark a speaker."""
    figure, axes, across = _panels(heard.pictured, 2.1)
    height = {emotion: y for y, emotion in enumerate(heard.order)}
    for place, (axis, corpus) in enumerate(zip(axes, heard.pictured, strict=True)):
        table = heard.tables[corpus][heard.tables[corpus]["emotion"] != ""]
        for sex, (colour, marker, _) in SEXES.items():
            mine = table[table["sex"] == sex]
            each = mine.groupby(["emotion", "speaker"])["f0_median_hz"].median().dropna()
            axis.scatter(each, each.index.get_level_values(0).map(height), marker=marker, color=colour, s=14, lw=0,
                         alpha=0.3 if len(each) < 200 else 0.12)
            middle = mine.groupby("emotion")["f0_median_hz"].median()
            middle = middle[sorted(middle.index, key=height.get)]
            axis.plot(middle, middle.index.map(height), marker=marker, color=colour, ms=6, lw=1.4)
        axis.set_xscale("log")
        axis.set(xlim=(75, 560), ylim=(-0.6, len(height) - 0.4))
        axis.set_xticks([100, 200, 400], ["100", "200", "400"])
        axis.set_xticks([], minor=True)
        axis.set_yticks(range(len(height)), heard.order)
        axis.tick_params(length=0)
        axis.grid(alpha=0.25)
        _foot(axis, place >= len(axes) - across, "pitch, Hz")
    figure.legend(handles=_sex_handles(ls="-", lw=1.4), loc="upper right", ncols=2)
    figure.tight_layout(rect=(0, 0, 1, 0.98))
    return figure


def emotions(heard: Voices) -> Figure:
    """Pitch and level by emotion against the speaker's own neutral, a line a corpus."""
    looks = palette.corpora(every())
    height = {emotion: y for y, emotion in enumerate(heard.order)}
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 5.4), sharey=True)
    for axis, (measure, label) in zip(axes, RELATIVE.items(), strict=True):
        axis.axvline(0, color="black", lw=0.8)
        for corpus in heard.pictured:
            middle = heard.tables[corpus].groupby("emotion")[measure].median().reindex(heard.order).dropna()
            axis.plot(middle, middle.index.map(height), marker=looks[corpus].marker, color=looks[corpus].colour, ms=6.5,
                      lw=1, label=corpus, mec="white", mew=0.5)
        axis.set_xlabel(label)
        axis.set_yticks(range(len(height)), heard.order)
        axis.set_ylim(-0.5, len(height) - 0.5)
        axis.tick_params(length=0)
        axis.grid(alpha=0.25)
        axis.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
        axis.xaxis.set_major_formatter(lambda value, _: signed(value, 0) if value else "0")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="upper left", ncols=3)
    figure.tight_layout(rect=(0, 0, 1, 0.99 - 0.04 * -(-len(heard.pictured) // 3)))
    return figure


# ---- shared by these pictures ------------------------------------------------------------------------------------


def _panels(names: tuple[str, ...], height: float) -> tuple[Figure, list, int]:
    """Small pictures of one scale, two a line, those left over taken away; and how many stand on a line."""
    across = min(2, len(names))
    down = -(-len(names) // across)
    figure, axes = plt.subplots(down, across, figsize=(WIDTH, 0.9 + height * down), squeeze=False, sharex=True,
                                sharey=True)
    for axis in axes.flat[len(names):]:
        axis.remove()
    for axis, name in zip(axes.flat, names, strict=False):
        axis.set_title(name, weight="bold")
    return figure, list(axes.flat[:len(names)]), across


def _foot(axis, last: bool, label: str) -> None:
    """Name the axis of the lowest pictures, also where the one below was taken away."""
    axis.tick_params(labelbottom=last)
    if last:
        axis.set_xlabel(label)


def _bare(axis) -> None:
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)


def _sex_handles(before: str = "", **style) -> list:
    look = {"ls": "", "ms": 6, "mew": 0} | style
    return [plt.Line2D([], [], marker=marker, color=colour, label=before + label, **look)
            for colour, marker, label in SEXES.values()]
