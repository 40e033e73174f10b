"""Pictures of a saved model and of what it says: its training, and emotions over the time of a recording."""

from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ser_repro.book.plots import BLUE, GREEN, GREY, ORANGE, RED, SKY, mark

# Okabe-Ito; an emotion has the same colour in every picture.
COLOURS = {"anger": RED, "boredom": "black", "calm": SKY, "disgust": GREEN, "fear": "#CC79A7", "happiness": "#F0E442",
           "neutral": "#D0D0D0", "sadness": BLUE, "surprise": ORANGE}


def content(figure: Figure, kind: str = "png") -> bytes:
    """The file that a figure makes; closes the figure."""
    out = BytesIO()
    figure.savefig(out, format=kind)
    plt.close(figure)
    return out.getvalue()


def curves(record: dict, chance: float) -> Figure:
    """Accuracy and loss over the epochs of one training.

    Parameters
    ----------
    chance : float
        Accuracy of always naming the most frequent emotion.
    """
    history = record["history"]
    part = "validation" if "validation_loss" in history else "test"
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2))
    for axis, quantity in zip(axes, ("accuracy", "loss"), strict=True):
        for name, label, colour in (("train", "training", SKY), (part, part, ORANGE if part == "validation" else RED)):
            values = history[f"{name}_{quantity}"]
            axis.plot(np.arange(1, len(values) + 1), values, "." * (len(values) == 1) or "-", color=colour, lw=1.2,
                      label=label)
        axis.set(title=quantity, xlabel="epoch")
        axis.grid(alpha=0.2)
    axes[0].axhline(chance, color=GREY, ls=":", lw=1, label="chance")
    axes[0].set_ylim(0, 1)
    axes[0].yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes[1].set_ylim(bottom=0)
    axes[0].legend(fontsize=9)
    figure.tight_layout()
    return mark(figure, record["config"]["synthetic"])


def over_time(windows: list[dict], classes: list[str], title: str, synthetic: bool = False) -> Figure:
    """Probabilities of emotions over the time of a recording, stacked; silent windows are left blank.

    Parameters
    ----------
    windows : list of dict
        start_s, end_s, probabilities (emotion -> value), silent.
    classes : list of str
    """
    figure, axis = plt.subplots(figsize=(8, 3.6))
    # A window is drawn up to the next one's start, where they overlap.
    edges = np.array([*(window["start_s"] for window in windows), windows[-1]["end_s"]])
    heard = np.array([not window["silent"] for window in (*windows, windows[-1])])
    below = np.zeros(len(edges))
    for emotion in classes:
        values = [window["probabilities"][emotion] for window in windows]
        above = below + np.array([*values, values[-1]])
        axis.fill_between(edges, below, above, where=heard, step="post", color=COLOURS[emotion], label=emotion, lw=0)
        below = above
    axis.set(xlim=(0, windows[-1]["end_s"]), ylim=(0, 1), xlabel="time (min:s)", ylabel="probability")
    axis.xaxis.set_major_locator(_whole_seconds(windows[-1]["end_s"]))
    axis.xaxis.set_major_formatter(lambda value, _: clock(value))
    axis.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axis.set_title(title if len(title) < 80 else f"…{title[-78:]}", parse_math=False)
    handles, labels = axis.get_legend_handles_labels()
    if not heard.all():
        handles.insert(0, plt.Rectangle((0, 0), 1, 1, fc="white", ec=GREY))
        labels.insert(0, "silence")
    axis.legend(handles[::-1], labels[::-1], fontsize=9, loc="center left", bbox_to_anchor=(1.0, 0.5))
    figure.tight_layout()
    return mark(figure, synthetic)


def clock(seconds: float, digits: int = 0) -> str:
    """Seconds as min:s."""
    whole = round(seconds, digits)
    return f"{int(whole // 60)}:{whole % 60:0{3 + digits if digits else 2}.{digits}f}"


def _whole_seconds(length: float) -> plt.MultipleLocator:
    """Ticks at times that people read easily, at most ten."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    return plt.MultipleLocator(next((step for step in steps if length / step <= 10), length / 10))
