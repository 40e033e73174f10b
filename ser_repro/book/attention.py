"""What the attention of the CNN-BiGRU gave the test clips of a run, told in numbers and laid over the clips.

Records of the newer runs hold it: of each test clip the weights of its steps, which sum to 1. In reading `paper` a step
is a time of `STEP` frames, in reading `code` it is a block of channels.
"""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ser_repro import datasets
from ser_repro.book import exploration, palette, plots
from ser_repro.book.page import Page
from ser_repro.documents.cnn_bigru import FRAMES, HOP
from ser_repro.results import scores
from ser_repro.runs import execution

STEP = 32
"""Frames that five pools of 2 make one."""


def record(page: Page, reading: str) -> dict | None:
    """A record of a reading that holds what the attention gave: the page's own, or else another of its corpus and
    protocol; None where there is none."""
    own, p = page.record(), page.parameters
    rest = [one for run, one in page.found.status if one and not run.changed
            and (run.corpus, run.reading, run.protocol) == (p["corpus"], reading, p["protocol"])]
    return next((one for one in (own, *rest)
                 if one["config"]["reading"] == reading and "attention" in one["test"]), None)


@dataclass(frozen=True)
class Lies:
    """Where the weight lies in reading `paper`: means over test clips.

    Attributes
    ----------
    sounding, even : float
        Share between the first and the last sound of a clip: of the weight, and of the clip's steps.
    late : float
        Share of clips whose largest weight falls into the last third of what sounds, or after it.
    clips : int
    """

    sounding: float
    even: float
    late: float
    clips: int


def lies(one: dict, measures: pd.DataFrame) -> Lies:
    """See `Lies`; of a record in reading `paper`.

    Parameters
    ----------
    measures : DataFrame
        Of `exploration.load`, its index the clips.
    """
    rows = []
    for clip, weights in zip(scores.table(one)["clip"], one["test"]["attention"], strict=True):
        of, top = measures.loc[clip], int(np.argmax(weights))
        begin, end = of["silence_start_s"], of["duration_s"] - of["silence_end_s"]
        edges = _edges(weights, of["sample_rate"])
        inside = np.diff(np.clip(edges, begin, end)) / np.diff(edges)
        late = edges[top:top + 2].mean() > begin + (end - begin) * 2 / 3
        rows.append((np.dot(weights, inside), inside.mean(), late))
    return Lies(*map(float, np.mean(rows, axis=0)), len(rows))


def _edges(weights, sample_rate: float) -> np.ndarray:
    """Where the steps begin and end, in s, shape (step + 1,)."""
    return np.arange(len(weights) + 1) * STEP * HOP / sample_rate


def outlines(page: Page, one: dict) -> dict[str, np.ndarray]:
    """Outlines of the waveforms of a record's test clips, shape (2, time), of those that can be had: made up where the
    record is, else stored, else read where the corpus lies here."""
    corpus, clips = one["config"]["corpus"], first_of_each(one)["clip"]
    if one["config"]["synthetic"]:
        return {clip: exploration.outline(datasets.synthesise(corpus, clip)[0]) for clip in clips}
    stored = exploration.load_outlines(corpus)
    data = page.parameters["data"] or None
    if set(clips) <= set(stored) or corpus not in execution.real(data):
        return stored
    paths = datasets.clips(corpus, data).set_index("clip")["path"]
    return {clip: exploration.outline(datasets.read(paths[clip])[0]) for clip in clips}


def first_of_each(one: dict) -> pd.DataFrame:
    """Of each emotion the first test clip of a record; the index tells its place among them."""
    return scores.table(one).reset_index(drop=True).drop_duplicates("emotion").sort_values("emotion")


def over_clips(one: dict, measures: pd.DataFrame, waves: dict[str, np.ndarray]) -> Figure:
    """The attention over time of the first test clip of each emotion; of a record in reading `paper`.

    Parameters
    ----------
    measures : DataFrame
        Of `exploration.load`, its index the clips.
    waves : dict
        Of `outlines`; the sounding part of a clip without one is a bar.
    """
    synthetic, shown = one["config"]["synthetic"], first_of_each(one)
    down = -(-len(shown) // 2)
    figure, axes = plt.subplots(down, 2, figsize=(6.6, 1.5 * down + 0.4), squeeze=False)
    for axis in axes.flat[len(shown):]:
        axis.axis("off")
    for axis, (i, row) in zip(axes.flat, shown.iterrows(), strict=False):
        weights, of = np.array(one["test"]["attention"][i]), measures.loc[row["clip"]]
        edges, top = _edges(weights, of["sample_rate"]), 1.25 * weights.max()
        end = edges[-1] if synthetic else of["duration_s"]
        if row["clip"] in waves:
            wave = waves[row["clip"]]
            axis.fill_between(np.linspace(0, end, wave.shape[1]), *(top / 2 * (1 + wave / 100)), color=palette.GREY,
                              alpha=0.45, lw=0)
        else:
            axis.axvspan(of["silence_start_s"], end - of["silence_end_s"], 0.3, 0.7, color=palette.GREY, alpha=0.45,
                         lw=0)
        axis.stairs(weights, edges, baseline=None, color=palette.BLUE, lw=2)
        axis.axhline(1 / len(weights), color="black", ls=":", lw=1)
        axis.axvspan(0, min(FRAMES * HOP / of["sample_rate"], end), color=palette.RED, alpha=0.1, lw=0)
        named = "right" if row["predicted"] == row["emotion"] else row["predicted"]
        axis.set(ylim=(0, top), xlim=(0, end), yticks=[])
        axis.set_title(f"{row['emotion']} (named {named})", fontsize=10, pad=3)
    for axis in axes[-1]:
        axis.set_xlabel("s")
    figure.tight_layout()
    return plots.mark(figure, synthetic)


def over_all(paper: dict | None, code: dict | None) -> Figure:
    """The attention of all test clips: over the tenths of a clip in reading `paper`, and of each block of channels in
    reading `code`; of one record each, or of the one that there is."""
    drawn = [(draw, one, width) for draw, one, width in ((_tenths, paper, 1.6), (_blocks, code, 1)) if one]
    figure, axes = plt.subplots(1, len(drawn), figsize=(5.6 if len(drawn) > 1 else 3, 2.9), squeeze=False,
                                width_ratios=[width for *_, width in drawn])
    for axis, (draw, one, _) in zip(axes[0], drawn, strict=True):
        draw(axis, [np.array(weights) for weights in one["test"]["attention"]])
    figure.tight_layout()
    return plots.mark(figure, any(one["config"]["synthetic"] for _, one, _ in drawn))


def _tenths(axis, given: list[np.ndarray]) -> None:
    tenths = (np.arange(10) + 0.5) / 10
    density = np.stack([len(w) * w[(tenths * len(w)).astype(int)] for w in given])
    low, high = np.percentile(density, [10, 90], axis=0)
    axis.fill_between(100 * tenths, low, high, color=palette.BLUE, alpha=0.25, lw=0)
    axis.plot(100 * tenths, density.mean(0), color=palette.BLUE, lw=2)
    axis.axhline(1, color="black", ls=":", lw=1)
    axis.set(title="paper: all test clips", xlabel="% of the clip", ylabel="weight (even: 1)",
             ylim=(0, 1.15 * high.max()), xlim=(0, 100))


def _blocks(axis, given: list[np.ndarray]) -> None:
    steps = len(given[0])
    axis.boxplot(np.array(given), whis=(10, 90), showfliers=False, tick_labels=range(1, steps + 1),
                 medianprops={"color": palette.RED})
    axis.axhline(1 / steps, color="black", ls=":", lw=1)
    axis.set(title="code: all test clips", xlabel="block of channels", ylabel="weight", ylim=(0, 1))
