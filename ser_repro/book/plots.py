"""Pictures of the chapters. Every function returns a matplotlib figure, at most 8 in wide."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from ser_repro.results.scores import Score

# Okabe-Ito: told apart by readers with any colour vision.
BLUE, ORANGE, GREEN, RED, GREY, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#7f7f7f", "#56B4E9"
CLAIM, MEASURED, SPEAKER = GREY, BLUE, RED
WIDTH = 6.2  # in: words of 9 or 10 points can still be read where a phone shrinks the picture

STYLE = {"figure.dpi": 110, "savefig.dpi": 150, "font.size": 10, "axes.spines.top": False,
         "axes.spines.right": False, "axes.titlesize": 11, "axes.titlelocation": "left", "figure.facecolor": "white",
         "savefig.facecolor": "white", "legend.frameon": False}


def use_style() -> None:
    plt.rcParams.update(STYLE)


def mark(figure: Figure, synthetic: bool = True) -> Figure:
    """Say across a picture that it rests on synthetic speech."""
    if synthetic:
        figure.text(0.5, 0.5, "synthetic: not a result", color=RED, alpha=0.25, fontsize=26, rotation=20,
                    ha="center", va="center", zorder=10)
    return figure


def _percent(axis) -> None:
    axis.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")


def claims(rows: list[tuple[str, float | None, Score | None, Score | None, float]]) -> Figure:
    """Claimed, measured and new-speaker accuracy, a line a claim.

    Parameters
    ----------
    rows : list of (label, claimed, published split, new speakers, chance)
        Fractions; None where there is none.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 1.1 + 0.75 * len(rows)))
    for y, (_label, claimed, published, speaker, chance) in enumerate(reversed(rows)):
        axis.plot([chance] * 2, [y - 0.3, y + 0.3], color=GREY, lw=1.2, ls=":")
        if not (published or speaker):
            axis.annotate("not yet run", (chance, y), (8, 0), textcoords="offset points", va="center", color=GREY)
        for score, colour, offset in ((published, MEASURED, 0.1), (speaker, SPEAKER, -0.14)):
            if score:
                axis.plot([score.low, score.high], [y + offset] * 2, color=colour, lw=3, alpha=0.45,
                          solid_capstyle="round")
                axis.plot(score.value, y + offset, "o", color=colour, ms=8)
                axis.annotate(f"{100 * score.value:.0f}", (score.value, y + offset), (0, 7 if offset > 0 else -15),
                              textcoords="offset points", ha="center", color=colour, fontsize=9)
        if claimed is not None:
            axis.plot(claimed, y + 0.1, "D", color="black", ms=7, mfc="white", mew=1.6, zorder=4)
    axis.set_yticks(range(len(rows)), [row[0] for row in reversed(rows)])
    axis.set_xlim(0, 1.03)
    axis.set_ylim(-0.6, len(rows) - 0.4)
    _percent(axis)
    axis.grid(axis="x", alpha=0.25)
    shown = [("black", "D", "claimed")] if any(row[1] is not None for row in rows) else []
    for colour, marker, label in (*shown, (MEASURED, "o", "measured, the document's own split"),
                                  (SPEAKER, "o", "measured, new speakers")):
        axis.plot([], [], marker, color=colour, mfc="white" if marker == "D" else colour, label=label)
    axis.plot([], [], ":", color=GREY, label="chance")
    axis.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=2, fontsize=9)
    figure.tight_layout()
    return figure


def confusion(panels: list[tuple[str, np.ndarray, list[str]]], synthetic: bool = False) -> Figure:
    """Confusion matrices side by side: recall in colour and per cent, counts below.

    Parameters
    ----------
    panels : list of (title, counts of shape (class, class), classes)
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(min(8, 4.2 * len(panels) + 0.6), 4.6 if len(panels) > 1
                                                         else 5), squeeze=False)
    small = len(panels) > 1
    for axis, (title, counts, classes) in zip(axes[0], panels, strict=True):
        share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
        axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for i, j in np.ndindex(*share.shape):
            if counts[i, j]:
                axis.text(j, i, f"{100 * share[i, j]:.0f}", ha="center", va="center",
                          fontsize=8 if small else 10, color="white" if share[i, j] > 0.55 else "black")
        names = [c[:5] for c in classes] if small else classes
        axis.set_xticks(range(len(classes)), names, rotation=60, ha="right", rotation_mode="anchor", fontsize=9)
        axis.set_yticks(range(len(classes)), names, fontsize=9)
        axis.set(title=title, xlabel="predicted")
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0)
    axes[0, 0].set_ylabel("true (rows: per cent of the clips of a class)")
    figure.tight_layout()
    return mark(figure, synthetic)


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
    figure, axes = plt.subplots(1, len(panels), figsize=(min(8, 4 * len(panels) + (len(panels) == 1)), 3.2),
                                sharey=True, squeeze=False)
    watched = {"train": ("training", SKY)}
    for axis, (title, records) in zip(axes[0], panels, strict=True):
        for record in records:
            part = "validation" if f"validation_{quantity}" in record["history"] else "test"
            watched[part] = (part, ORANGE if part == "validation" else RED)
            for name in ("train", part):
                values = record["history"][f"{name}_{quantity}"]
                axis.plot(np.arange(1, len(values) + 1), values, color=watched[name][1], lw=1.2)
        if chance and quantity == "accuracy":
            axis.axhline(chance[title], color=GREY, ls=":", lw=1)
        axis.set(title=title, xlabel="epoch")
        axis.grid(alpha=0.2)
        if quantity == "accuracy":
            axis.set_ylim(0, 1)
            axis.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        else:
            axis.set_ylim(bottom=0)
    for label, colour in watched.values():
        axes[0, 0].plot([], [], color=colour, label=label)
    if chance and quantity == "accuracy":
        axes[0, 0].plot([], [], ":", color=GREY, label="chance")
    axes[0, 0].legend(fontsize=9)
    axes[0, 0].set_ylabel(quantity)
    figure.tight_layout()
    return mark(figure, synthetic)


def effects(rows: list[tuple[str, str, Score]]) -> Figure:
    """What each slip is worth: difference in accuracy points when it is mended, with its interval.

    Parameters
    ----------
    rows : list of (slip, corpus, paired difference)
    """
    named = [slip if i == 0 or rows[i - 1][0] != slip else "" for i, (slip, _, _) in enumerate(rows)]
    apart = np.cumsum([0.42 if name else 0.24 for name in named])  # of one slip, corpora stand close together, in in
    figure, axis = plt.subplots(figsize=(WIDTH, 1 + apart[-1]))
    colours = dict(zip(dict.fromkeys(corpus for _, corpus, _ in rows), (BLUE, ORANGE, GREEN, RED, SKY, GREY),
                       strict=False))
    for y, (_, corpus, score) in zip(apart, rows, strict=True):
        axis.plot([100 * score.low, 100 * score.high], [y] * 2, color=colours[corpus], lw=3, alpha=0.45,
                  solid_capstyle="round")
        axis.plot(100 * score.value, y, "o", color=colours[corpus], ms=7)
    axis.axvline(0, color="black", lw=1)
    at = [(y, name) for y, name in zip(apart, named, strict=True) if name]
    axis.set_yticks(*zip(*at, strict=True))
    axis.set_ylim(apart[-1] + 0.3, apart[0] - 0.3)
    axis.set_xlabel("accuracy points gained or lost when it is changed")
    axis.grid(axis="x", alpha=0.25)
    for corpus, colour in colours.items():
        axis.plot([], [], "o", color=colour, label=corpus)
    axis.legend(fontsize=9, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    figure.tight_layout()
    return figure


def spread(by_size: dict[int, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """What is left of the differences between clips after each GRU layer, and of the gradient on its way back.

    Parameters
    ----------
    by_size : dict
        n -> (spread of each layer's state, mean size of the gradient of each layer's input weights), shape (n,) both.
    """
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.4))
    for (n, pair), colour in zip(by_size.items(), (GREEN, SKY, ORANGE, RED), strict=False):
        for axis, values in zip(axes, pair, strict=True):
            axis.semilogy(np.arange(1, n + 1), values, "o-", ms=3.5, color=colour, label=f"n = {n}")
    axes[1].axhline(1e-8, color=GREY, ls=":", lw=1)
    axes[1].text(18.5, 1.4e-8, "Adam's constant", ha="right", fontsize=9, color=GREY)
    axes[0].set(title="differences between clips left", xlabel="GRU layer")
    axes[1].set(title="gradient of the layer's weights", xlabel="GRU layer")
    for axis in axes:
        axis.set_xticks(range(1, 19, 3))
        axis.grid(alpha=0.2)
    axes[0].legend(fontsize=9)
    figure.tight_layout()
    return figure


def flow(rows: list[tuple[str, list[tuple[str, str, str]]]]) -> Figure:
    """Rows of boxes joined by arrows: a network, or what two readings make of one step.

    Parameters
    ----------
    rows : list of (label, boxes)
        A box is (title, text below it, colour); a label may be empty.
    """
    figure, axes = plt.subplots(len(rows), 1, figsize=(8, 1.35 * len(rows) + 0.2), squeeze=False)
    for axis, (label, boxes) in zip(axes[:, 0], rows, strict=True):
        axis.set(xlim=(0, 100), ylim=(0, 16))
        axis.axis("off")
        left = 12 if any(label for label, _ in rows) else 0
        axis.text(0, 8, label, fontsize=10, style="italic", va="center")
        step = (100 - left) / len(boxes)
        for i, (title, text, colour) in enumerate(boxes):
            x = left + i * step
            _box(axis, x + 0.4, 1, step - 2.4, 14, title, text, colour)
            if i:
                _arrow(axis, (x - 2.0, 8), (x + 0.4, 8))
    figure.tight_layout()
    return figure


def architecture(n: int) -> Figure:
    """CNN-n-GRU drawn from the model itself, in both readings."""
    from ser_repro.models.cnn_n_gru import FIRST_KERNEL, FIRST_STRIDE, layers

    boxes = [("waveform", "1 channel", GREY)]
    stack = layers(n)
    start = 0
    for i, layer in enumerate(stack):
        if layer.pool or i == len(stack) - 1:
            count, width = i - start + 1, layer.out_channels
            kernel = f"{FIRST_KERNEL}\nstride {FIRST_STRIDE}" if start == 0 else "3"
            boxes.append((f"{count} conv" if count > 1 else "conv", f"{width} ch.\nkernel {kernel}"
                          + ("\npool 4" if layer.pool else ""), BLUE))
            start = i + 1
    figure, axis = plt.subplots(figsize=(8, 3.9))
    axis.set(xlim=(0, 100), ylim=(0, 46))
    axis.axis("off")
    step = 100 / len(boxes)
    for i, (title, text, colour) in enumerate(boxes):
        _box(axis, i * step + 0.4, 29, step - 2.4, 15, title, text, colour)
        if i:
            _arrow(axis, (i * step - 2.0, 36.5), (i * step + 0.4, 36.5))
    reduced = stack[-1].out_channels
    tails = (("code", 16, [("mean over time", "1 vector", RED), (f"linear {reduced}→{reduced // 2}", "", BLUE),
                           (f"{n}-layer GRU", "sequence of length 1", RED), ("linear", "log-softmax", BLUE)]),
             ("paper", 1, [(f"linear {reduced}→{reduced // 2}", "every frame", BLUE),
                           (f"{n}-layer GRU", "over all frames", GREEN), ("last frame", "padding masked", GREEN),
                           ("linear", "log-softmax", BLUE)]))
    for reading, y, parts in tails:
        axis.text(0.5, y + 5, f"reading\n{reading}", fontsize=10, style="italic", va="center")
        for i, (title, text, colour) in enumerate(parts):
            x = 14 + i * 22
            _box(axis, x, y, 19, 10, title, text, colour)
            if i:
                _arrow(axis, (x - 3, y + 5), (x, y + 5))
    figure.tight_layout()
    return figure


def _box(axis, x, y, width, height, title, text, colour) -> None:
    axis.add_patch(FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0,rounding_size=1", fc=colour, alpha=0.16,
                                  ec=colour, lw=1.4))
    axis.text(x + width / 2, y + height - 1.2, title, ha="center", va="top", fontsize=9, weight="bold")
    axis.text(x + width / 2, y + 1.2, text, ha="center", va="bottom", fontsize=8)


def _arrow(axis, start, end) -> None:
    axis.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 1})
