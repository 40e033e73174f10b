"""Pictures of a saved model and of what it says: its training, and emotions over the time of a recording.

What draws them is imported when a picture is drawn: a table of answers needs `clock` and no more.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from ser_repro.book.palette import EMOTIONS, GREY
from ser_repro.files import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def content(figure: Figure, kind: str = "png") -> bytes:
    """The file that a figure makes; closes the figure."""
    import matplotlib.pyplot as plt

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
    import matplotlib.pyplot as plt

    from ser_repro.book import plots

    figure, axes = plt.subplots(1, 2, figsize=(8, 3.4))
    for axis, quantity in zip(axes, ("accuracy", "loss"), strict=True):
        looks = plots.curves(axis, [record], quantity)
        axis.set(title=quantity)
    axes[1].set_ylim(bottom=0)
    looks["chance"] = plots.guessing(axes[0], chance)
    figure.tight_layout(rect=(0, 0, 1, 0.92))
    figure.legend(handles=plots.lines(looks), loc="upper right", ncols=len(looks))
    return plots.mark(figure, record["config"]["synthetic"])


def over_time(windows: list[dict], classes: list[str], title: str, synthetic: bool = False) -> Figure:
    """Probabilities of emotions over the time of a recording, stacked; silent windows are left blank.

    Parameters
    ----------
    windows : list of dict
        start_s, end_s, probabilities (emotion -> value), silent.
    classes : list of str
    """
    import matplotlib.pyplot as plt

    from ser_repro.book import plots

    figure, axis = plt.subplots(figsize=(8, 3.6))
    # A window is drawn up to the next one's start, where they overlap.
    edges = np.array([*(window["start_s"] for window in windows), windows[-1]["end_s"]])
    heard = np.array([not window["silent"] for window in (*windows, windows[-1])])
    below = np.zeros(len(edges))
    for emotion in classes:
        values = [window["probabilities"][emotion] for window in windows]
        above = below + np.array([*values, values[-1]])
        look = EMOTIONS[emotion]
        axis.fill_between(edges, below, above, where=heard, step="post", facecolor=look.colour, hatch=look.hatch,
                          edgecolor="white", label=emotion, lw=0)
        below = above
    axis.set(xlim=(0, windows[-1]["end_s"]), ylim=(0, 1), xlabel="time (min:s)", ylabel="probability")
    axis.xaxis.set_major_locator(_whole_seconds(windows[-1]["end_s"]))
    axis.xaxis.set_major_formatter(lambda value, _: clock(value))
    axis.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    title = printable(title)
    axis.set_title(title if len(title) < 80 else f"…{title[-78:]}", parse_math=False)
    handles, labels = axis.get_legend_handles_labels()
    if not heard.all():
        handles.insert(0, plt.Rectangle((0, 0), 1, 1, fc="white", ec=GREY, lw=1))
        labels.insert(0, "silence")
    axis.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5), handleheight=1.2)
    figure.tight_layout()
    return plots.mark(figure, synthetic)


def clock(seconds: float, digits: int = 0) -> str:
    """Seconds as min:s."""
    whole = round(seconds, digits)
    return f"{int(whole // 60)}:{whole % 60:0{3 + digits if digits else 2}.{digits}f}"


def _whole_seconds(length: float):
    """A locator of ticks at times that people read easily, at most ten."""
    from matplotlib.ticker import MultipleLocator

    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    return MultipleLocator(next((step for step in steps if length / step <= 10), length / 10))
