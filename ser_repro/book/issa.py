"""Pictures that the chapter on Issa et al. has alone, and the table of its features' sizes."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ser_repro.book import plots, separation
from ser_repro.book.palette import BLUE, GREY, ORANGE, PURPLE, RED, ROLES, SKY
from ser_repro.book.words import percent
from ser_repro.documents import issa
from ser_repro.results.audit import Picked

_COLOURS = (BLUE, SKY, ORANGE, RED, PURPLE)


def _blocks() -> list[tuple[str, slice]]:
    """The five descriptors and where their values stand, in the figure's order."""
    from ser_repro.features import issa193

    ends = np.cumsum([count for _, count in issa193.PAPER_FULL])
    return [(name.replace("mfcc", "MFCC"), slice(int(end) - count, int(end)))
            for (name, count), end in zip(issa193.PAPER_FULL, ends, strict=True)]


def measured(results: str | Path) -> pd.Series | None:
    """What is stored of the 193 values over RAVDESS: clips, and mean and deviation of each value in the figure's order.

    None where the folder of results holds no measures of features.
    """
    if not (Path(results) / "features").is_dir():
        return None
    return separation.load("RAVDESS", results).set_index("set").loc["issa193"]


def sizes(mean: np.ndarray, deviation: np.ndarray) -> Figure:
    """Mean (without its sign) and standard deviation of the 193 values, shape (193,) both, in the figure's order."""
    figure, axis = plt.subplots(figsize=(5.6, 4))
    at = np.arange(len(mean))
    for (name, of), colour in zip(_blocks(), _COLOURS, strict=True):
        axis.semilogy(at[of], np.abs(mean[of]), "o", ms=3, mfc="none", mew=0.8, color=colour)
        axis.semilogy(at[of], deviation[of], "o", ms=3, color=colour)
        axis.axvspan(of.start - 0.5, of.stop - 0.5, color=colour, alpha=0.07, lw=0)
        wide = of.stop - of.start > 20
        axis.text((of.start + of.stop) / 2 - 0.5, 1.02, name, color=colour, transform=axis.get_xaxis_transform(),
                  fontsize=9, rotation=0 if wide else 60, ha="center" if wide else "left")
    axis.set(xlabel="value, in the figure's order", xlim=(-1.5, len(mean) + 0.5))
    axis.grid(axis="y", alpha=0.25)
    for fill, label in (("none", "mean, without its sign"), ("black", "standard deviation")):
        axis.plot([], [], "o", ms=4, color="black", mfc=fill, label=label)
    axis.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    figure.tight_layout()
    return figure


def size_rows(mean: np.ndarray, deviation: np.ndarray) -> list[dict]:
    """The same as a table, a row a descriptor, with its share of the sum of all variances."""
    variance = deviation**2 / (deviation**2).sum()
    return [{"descriptor": name, "values": of.stop - of.start,
             "mean, median of its values": _significant(np.median(np.abs(mean[of]))),
             "deviation, median": _significant(np.median(deviation[of])),
             "deviation, least and most": f"{_significant(deviation[of].min())} to {_significant(deviation[of].max())}",
             "share of all variance": percent(variance[of].sum(), 2)} for name, of in _blocks()]


def _significant(value: float) -> str:
    """Two significant digits, never in powers of ten."""
    return f"{float(f'{value:.2g}'):g}"


def endings(record: dict, picked: Picked, claim: float) -> Figure:
    """Accuracy and loss of a run over its epochs, and three epochs at which it could have ended."""
    history = record["history"]
    figure, (above, below) = plt.subplots(2, 1, figsize=(plots.WIDTH, 5), sharex=True)
    for axis, quantity in ((above, "accuracy"), (below, "loss")):
        looks = plots.curves(axis, [record], quantity)
        for name, label, marker, colour in (("stopped", "stopped early", "s", PURPLE), ("last", "last", "o", BLUE),
                                            ("best", "best on the test clips", "^", ORANGE)):
            epoch = getattr(picked, name)[0]
            axis.plot(epoch, history[f"test_{quantity}"][epoch - 1], marker, color=colour, ms=8, mec="white", zorder=5,
                      clip_on=False, label=label)
        axis.set_ylabel(quantity)
    above.axhline(claim, color="black", lw=1, ls=ROLES["claimed"].line, label="claimed")
    later = history["test_loss"][5:] + history["train_loss"][5:] or history["test_loss"] + history["train_loss"]
    below.set_ylim(0, 1.1 * max(later))  # the first losses are far above all others
    below.set_xlabel("epoch")
    marked = above.get_legend_handles_labels()[0]
    below.legend(handles=[*plots.lines(looks), *marked], ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.22))
    above.set_title(f"{record['config']['corpus']}, reading {record['config']['reading']}, shared speakers")
    figure.tight_layout()
    return figure


def question(measured: dict, chance: float) -> Figure:
    """The claim on RAVDESS beside what others and we measure, on one axis of accuracy.

    Parameters
    ----------
    measured : dict
        (reading, split name) -> (scores.Score or None, what the label says of missing folds).
    """
    claim, folds = issa.CLAIMS[0].value, np.array(issa.OTHER_FOLDS)
    figure, axis = plt.subplots(figsize=(5.6, 1 + 0.62 * (3 + len(measured))))
    lines = [(f'claimed: "speaker-independent", {percent(claim, 2)}', "black"),
             (f"re-implementation B: five random folds, mean {percent(folds.mean(), 1)}", PURPLE)]
    top = 3 + len(measured)
    axis.plot(claim, top, "D", color="black", mfc="white", ms=8, mew=1.6, zorder=4)
    axis.plot(folds, [top - 1] * len(folds), "o", color=PURPLE, ms=6, alpha=0.7)
    axis.plot([folds.mean()] * 2, [top - 1.16, top - 0.84], color=PURPLE, lw=2.5)
    for ((reading, split), (score, missing)), y in zip(measured.items(), range(top - 2, 1, -1), strict=True):
        colour = ROLES[split].colour
        if score:
            if score.has_interval:
                axis.plot([score.low, score.high], [y] * 2, color=colour, lw=5, alpha=0.35, solid_capstyle="round")
            axis.plot(score.seeds, [y] * len(score.seeds), ROLES[split].marker, color=colour, ms=6, alpha=0.8)
        told = ", ".join(filter(None, (percent(score.value, 1), missing))) if score else "not yet run"
        lines.append((f"ours, reading {reading}, {split}: {told}", colour))
    axis.plot(list(issa.PRETRAINED.values()), [1] * len(issa.PRETRAINED), "o", color=GREY, ms=6, alpha=0.8)
    lines.append(("EmoBox: six pretrained networks, new speakers (UAR)", GREY))
    for y, (text, colour) in zip(range(top, 0, -1), lines, strict=True):
        axis.text(0.01, y + 0.34, text, color=colour, fontsize=9, va="center",
                  bbox={"fc": "white", "ec": "none", "pad": 1})
    axis.axvline(claim, color="black", lw=1, ls=ROLES["claimed"].line, zorder=0)
    axis.axvline(chance, color=GREY, lw=1, ls=ROLES["chance"].line, zorder=0)
    axis.text(chance, 0.35, " chance", color=GREY, fontsize=9, va="center")
    axis.set(xlim=(0, 1), ylim=(0.2, top + 0.7), yticks=[])
    axis.spines["left"].set_visible(False)
    axis.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axis.grid(axis="x", alpha=0.25)
    figure.tight_layout()
    return figure
