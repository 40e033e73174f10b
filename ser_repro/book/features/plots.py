"""What feature sets make of two clips, as pictures. Every function returns a matplotlib figure.

    sentence = plots.pair("RAVDESS", 0)
    given = plots.compute(sentence)
    plots.images(given)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ser_repro import datasets
from ser_repro.book import exploration, one_sentence, palette
from ser_repro.book.features.facts import Apart
from ser_repro.book.features.words import FILTER_RATE, keep, shown, title
from ser_repro.book.plots import mark
from ser_repro.features import mel_image
from ser_repro.features.clip import Clip, key_of
from ser_repro.features.fast.banks import mel_bank
from ser_repro.features.sets import SETS

WIDTH = 5.2  # in: narrow enough for its text to be read on a phone
PAIR = ("neutral", "anger")
_NOT_GIVEN = "#e9e7e1"


def pair(corpus: str, seed: int, *, data=None, results="results", demo: bool = False) -> one_sentence.Sentence:
    """A sentence in `PAIR`; demo speech gets as much silence around it as the corpus's clips have in the median."""
    silence = exploration.load(corpus, results)[["silence_start_s", "silence_end_s"]].median()
    return one_sentence.find(corpus, seed, data=data, sample_rate=datasets.get(corpus).sample_rate, duration_s=1.6,
                             emotions=PAIR, silence_s=tuple(silence), demo=demo)


@dataclass(frozen=True)
class Given:
    """What the sets give a model of two clips.

    Attributes
    ----------
    clips : dict
        Emotion -> Clip.
    values : dict
        (set, emotion) -> array.
    """

    clips: dict[str, Clip]
    values: dict[tuple[str, str], np.ndarray]
    synthetic: bool

    @property
    def rate(self) -> int:
        """Of the clips, in Hz."""
        return next(iter(self.clips.values())).sample_rate

    @property
    def end_s(self) -> float:
        """Length of the longer clip."""
        return max(len(clip.samples) for clip in self.clips.values()) / self.rate

    def sets(self, dimensions: int) -> list[str]:
        """Sets with a time axis (2), or of means over time (1)."""
        return [name for name in shown() if self.values[name, PAIR[0]].ndim == dimensions]


def compute(sentence: one_sentence.Sentence) -> Given:
    """Every set of the chapter, of each clip."""
    clips = clips_of(sentence)
    values = {(name, emotion): SETS[name].compute(clip) for name in shown() for emotion, clip in clips.items()}
    return Given(clips, values, sentence.synthetic)


def clips_of(sentence: one_sentence.Sentence) -> dict[str, Clip]:
    """The clips, as feature sets take them."""
    return {emotion: Clip(samples, rate, key=key_of(samples, rate))
            for emotion, (samples, rate) in sentence.sounds.items()}


# ---- the two clips in each set -----------------------------------------------------------------------------------


def images(given: Given) -> Figure:
    """The two waveforms, and what each set with a time axis makes of them, on one time axis."""
    names = given.sets(2)
    figure, axes = plt.subplots(len(names) + 1, 2, figsize=(WIDTH, 1.28 * (len(names) + 1)), sharex=True,
                                sharey="row", height_ratios=[0.7] + [1] * len(names))
    for axis, (emotion, clip) in zip(axes[0], given.clips.items(), strict=True):
        axis.plot(np.arange(len(clip.samples)) / given.rate, clip.samples, lw=0.5,
                  color=palette.EMOTIONS[emotion].colour)
        axis.set_title(emotion, weight="bold", loc="center")
    for line, name in zip(axes[1:], names, strict=True):
        for axis, emotion in zip(line, given.clips, strict=True):
            value = given.values[name, emotion]
            # The two sets of coefficients are scaled alike, and few of them fill the range.
            low, high = (-1, 1) if name.startswith("mfcc") else (value.min(), value.max())
            axis.imshow(value, aspect="auto", origin="lower", cmap="magma", vmin=low, vmax=high,
                        extent=(*_seconds(name, value.shape[1], given.rate), 0, len(value)), interpolation="nearest")
            axis.set_facecolor(_NOT_GIVEN)
        line[0].set_title(title(name), fontsize=10, pad=3)
    for axis in axes.flat:
        axis.set(xlim=(0, given.end_s), yticks=[])
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0)
    for axis in axes[-1]:
        axis.set_xlabel("s since the clip began")
    figure.tight_layout(h_pad=0.4, w_pad=0.6)
    return mark(figure, given.synthetic)


def _seconds(name: str, frames: int, rate: int) -> tuple[float, float]:
    """When the image of a set begins and ends, in s of the clip."""
    definition = SETS[name].definition
    own = definition.get("sample_rate", "own")
    start = definition.get("start_s", 0)
    return start, start + frames * definition.get("hop", 512) / (rate if own == "own" else own)


def means(given: Given) -> Figure:
    """The time means of each descriptor, in its longest version: a line a clip."""
    lines = {block: at for block, at in _longest(given).items() if len(at[1]) > 1 and block != "tonnetz, harmonic"}
    down = -(-len(lines) // 2)
    figure, axes = plt.subplots(down, 2, figsize=(WIDTH, 1.5 * down + 0.5), squeeze=False)
    for axis in axes.flat[len(lines):]:
        axis.remove()
    for axis, (block, (name, places)) in zip(axes.flat, lines.items(), strict=False):
        skip = int(block == "mfcc")  # the first is the level, and would flatten the others
        for emotion in PAIR:
            axis.plot(np.arange(1 + skip, len(places) + 1), given.values[name, emotion][places][skip:], lw=1.3,
                      color=palette.EMOTIONS[emotion].colour, marker="." if len(places) < 20 else None)
        axis.set_title(f"{block}, {1 + skip} to {len(places)}" + " (power)" * (block == "mel"), fontsize=10)
        axis.set_yticks([])
        axis.tick_params(length=2)
        axis.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
    figure.legend(handles=[Line2D([], [], color=palette.EMOTIONS[e].colour, lw=2, label=e) for e in PAIR],
                  loc="upper right", ncols=2, borderaxespad=0.1)
    figure.tight_layout(rect=(0, 0, 1, 0.96))
    return mark(figure, given.synthetic)


def blocks(name: str) -> dict[str, list[int]]:
    """Places of a set's values, by descriptor."""
    found: dict[str, list[int]] = {}
    for place, value in enumerate(SETS[name].values):
        found.setdefault(re.sub(r" \d+$", "", value), []).append(place)
    return found


def _longest(given: Given) -> dict[str, tuple[str, list[int]]]:
    """Descriptor -> the set that has most of its values, and their places; modulation has its own picture."""
    longest: dict[str, tuple[str, list[int]]] = {}
    for name in (name for name in given.sets(1) if "msf" not in name):
        for block, places in blocks(name).items():
            if len(places) > len(longest.get(block, ("", []))[1]):
                longest[block] = (name, places)
    return longest


def modulation(given: Given) -> Figure:
    """Energy by acoustic band and modulation band, mean over frames."""
    numbers = SETS["msf"].definition
    places = [i for i, value in enumerate(SETS["msf"].values) if value.startswith("mean E(")]
    energy = {e: given.values["msf", e][places].reshape(numbers["bands"], -1) for e in PAIR}
    highest = max(image.max() for image in energy.values())
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 2.9), sharey=True)
    for axis, (emotion, image) in zip(axes, energy.items(), strict=True):
        axis.imshow(np.sqrt(image), aspect="auto", origin="lower", cmap="magma", vmin=0, vmax=np.sqrt(highest))
        axis.set_title(emotion, weight="bold", loc="center")
        axis.set_xticks(range(image.shape[1]), [f"{hz:g}" for hz in numbers["modulation_centres"]])
        axis.set_yticks([0, numbers["bands"] - 1], [f"{numbers[end] / 1000:.3g}" for end in
                                                    ("lowest_centre", "highest_centre")])
        axis.set_xlabel("modulation, Hz")
        axis.tick_params(length=0)
    axes[0].set_ylabel("sound, kHz")
    figure.tight_layout()
    return mark(figure, given.synthetic)


def first_frames(given: Given) -> Figure:
    """What the first hundred frames keep of the two waveforms."""
    figure, axes = plt.subplots(2, 1, figsize=(WIDTH, 2.9), sharex=True, sharey=True)
    until = keep()["keep"] * keep()["hop"] / given.rate
    for axis, (emotion, clip) in zip(axes, given.clips.items(), strict=True):
        axis.axvspan(0, until, color=palette.ORANGE, alpha=0.3, lw=0)
        time = np.arange(len(clip.samples)) / given.rate
        for part, colour in ((time > until, palette.GREY), (time <= until, palette.EMOTIONS[emotion].colour)):
            axis.plot(time[part], clip.samples[part], color=colour, lw=0.5)
        axis.set(xlim=(0, given.end_s), yticks=[])
        axis.set_ylabel(emotion, rotation=0, ha="right", va="center")
        axis.spines["left"].set_visible(False)
    above = {"transform": axes[0].get_xaxis_transform(), "ha": "center"}
    axes[0].text(until / 2, 1.02, "kept", weight="bold", **above)
    axes[0].text((until + given.end_s) / 2, 1.02, "thrown away", color=palette.GREY, **above)
    axes[1].set_xlabel("s since the clip began")
    figure.tight_layout()
    return mark(figure, given.synthetic)


# ---- without a clip ----------------------------------------------------------------------------------------------


def banks() -> Figure:
    """The mel bands of the CREMA-D study's images over true frequency: as they should be, and in its code."""
    frequency = np.linspace(0, mel_image.SAMPLE_RATE / 2, 1025)
    figure, axes = plt.subplots(2, 1, figsize=(WIDTH, 3.3), sharex=True)
    for axis, (rate, label) in zip(axes, ((mel_image.SAMPLE_RATE, "as it should be"), (FILTER_RATE, "in the code")),
                                   strict=True):
        bank = mel_bank(rate, 2048, mel_image.BANDS)
        for band, row in enumerate(bank):
            axis.plot(frequency / 1000, row / row.max(), lw=1, color=palette.BLUE if band % 2 else palette.ORANGE)
        axis.set_title(label, weight="bold")
        axis.set(yticks=[], ylim=(0, 1.05), xlim=(0, mel_image.SAMPLE_RATE / 2000))
        axis.spines["left"].set_visible(False)
        axis.axvline(datasets.get("CREMA-D").sample_rate / 2000, color="black", lw=0.8, ls=":")
    axes[1].set_xlabel("true frequency, kHz")
    figure.tight_layout()
    return figure


def apart(measures: Apart) -> Figure:
    """How well each set tells emotions and speakers, from guessing to always right."""
    counts = [len(measures.of(corpus)) for corpus in measures.pictured]
    figure, axes = plt.subplots(len(counts), 1, figsize=(WIDTH, 1.15 + sum(0.27 * n + 0.42 for n in counts)),
                                height_ratios=counts, sharex=True, squeeze=False)
    looks = {"emotion": (palette.RED, "o", "emotion, new speaker"),
             "speaker": (palette.BLUE, "s", "speaker, new sentence")}
    for axis, corpus in zip(axes[:, 0], measures.pictured, strict=True):
        mine = measures.of(corpus)
        axis.hlines(range(len(mine)), mine["emotion"], mine["speaker"], color="#c9c6bd", lw=2.5, zorder=1)
        for what, (colour, marker, _) in looks.items():
            axis.plot(mine[what], range(len(mine)), marker, color=colour, ms=8, ls="")
        axis.set_yticks(range(len(mine)), [title(name) for name in mine.index])
        axis.set(xlim=(-0.03, 1.03), ylim=(len(mine) - 0.4, -0.6))
        emotions, speakers = (round(1 / mine[f"{what}_guess"].iloc[0]) for what in looks)
        axis.set_title(f"{corpus}: {emotions} emotions, {speakers} speakers", weight="bold")
        axis.axvline(0, color="black", lw=0.8)
        axis.grid(axis="x", alpha=0.25)
        axis.tick_params(length=0)
        axis.spines[["left", "bottom"]].set_visible(False)
    axes[-1, 0].set_xticks([0, 0.25, 0.5, 0.75, 1], ["guessing", "", "half way", "", "always\nright"])
    figure.legend(handles=[Line2D([], [], ls="", marker=marker, color=colour, ms=8, label=label)
                           for colour, marker, label in looks.values()],
                  loc="upper left", ncols=2, borderaxespad=0.2, handletextpad=0.2)
    figure.tight_layout(rect=(0, 0, 1, 0.965))
    return figure
