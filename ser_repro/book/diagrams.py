"""Diagrams of networks, and pictures that one document's chapter has alone. At most 8 in wide."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from ser_repro.book.palette import BLUE, GREY, ORANGE, PURPLE, RED, SKY

INPUT, LAYER, REDUCE = GREY, "#3D3D3D", SKY
"""Colours of boxes: what comes in, what has weights, and what only makes it shorter."""

CODE, PAPER = RED, BLUE
"""Colours of boxes that differ between the readings. Those of the code have a dashed edge, those of the text a thick
one."""

_EDGES = {CODE: {"ls": (0, (4, 2)), "lw": 1.6}, PAPER: {"lw": 2.4}}


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
        left = 9 if any(label for label, _ in rows) else 0
        axis.text(0, 8, label, fontsize=10, style="italic", va="center")
        step = (100 - left) / len(boxes)
        for i, (title, text, colour) in enumerate(boxes):
            x = left + i * step
            _box(axis, x + 0.4, 1, step - 2.2, 14, title, text, colour)
            if i:
                _arrow(axis, (x - 1.8, 8), (x + 0.4, 8))
    figure.tight_layout()
    return figure


def architecture(n: int, network: dict) -> Figure:
    """CNN-n-GRU in both readings.

    Parameters
    ----------
    network : dict
        As `networks.cnn_n_gru` tells it.
    """
    stack, (kernel, stride) = network["stack"], network["first"]
    boxes = [("waveform", "1 channel", INPUT)]
    start = 0
    for i, (width, pool) in enumerate(stack):
        if pool or i == len(stack) - 1:
            count = i - start + 1
            spans = f"{kernel}\nstride {stride}" if start == 0 else "3"
            boxes.append((f"{count} conv" if count > 1 else "conv", f"{width} ch.\nkernel {spans}"
                          + ("\npool 4" if pool else ""), LAYER))
            start = i + 1
    figure, axis = plt.subplots(figsize=(8, 3.9))
    axis.set(xlim=(0, 100), ylim=(0, 46))
    axis.axis("off")
    step = 100 / len(boxes)
    for i, (title, text, colour) in enumerate(boxes):
        _box(axis, i * step + 0.4, 29, step - 2.4, 15, title, text, colour)
        if i:
            _arrow(axis, (i * step - 2.0, 36.5), (i * step + 0.4, 36.5))
    reduced = stack[-1][0]
    tails = (("code", 16, [("mean over time", "1 vector", CODE), (f"linear {reduced}→{reduced // 2}", "", LAYER),
                           (f"{n}-layer GRU", "sequence of length 1", CODE), ("linear", "log-softmax", LAYER)]),
             ("paper", 1, [(f"linear {reduced}→{reduced // 2}", "every frame", LAYER),
                           (f"{n}-layer GRU", "over all frames", PAPER), ("last frame", "padding masked", PAPER),
                           ("linear", "log-softmax", LAYER)]))
    for reading, y, parts in tails:
        axis.text(0.5, y + 5, f"reading\n{reading}", fontsize=10, style="italic", va="center")
        for i, (title, text, colour) in enumerate(parts):
            x = 14 + i * 22
            _box(axis, x, y, 19, 10, title, text, colour)
            if i:
                _arrow(axis, (x - 3, y + 5), (x, y + 5))
    figure.tight_layout()
    return figure


def spread(by_size: dict[int, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """What is left of the differences between clips after each GRU layer, and of the gradient on its way back.

    Parameters
    ----------
    by_size : dict
        n -> (spread of each layer's state, mean size of the gradient of each layer's input weights), shape (n,) both.
    """
    figure, axes = plt.subplots(2, 1, figsize=(6.2, 5.2), sharex=True)
    looks = zip((PURPLE, SKY, ORANGE, RED), "osD^", strict=True)
    for (n, pair), (colour, marker) in zip(by_size.items(), looks, strict=False):
        for axis, values in zip(axes, pair, strict=True):
            axis.semilogy(np.arange(1, n + 1), values, marker=marker, ms=4.5, color=colour, label=f"n = {n}")
    axes[1].axhline(1e-8, color=GREY, ls=":", lw=1)
    axes[1].text(18.5, 1.4e-8, "Adam's constant", ha="right", fontsize=9, color=GREY)
    axes[0].set(title="differences between clips left")
    axes[1].set(title="gradient of the layer's weights", xlabel="GRU layer")
    for axis in axes:
        axis.set_xticks(range(1, 19, 3))
        axis.minorticks_off()
        axis.grid(alpha=0.2)
    axes[0].legend()
    figure.tight_layout()
    return figure


def cnn_bigru(network: dict) -> Figure:
    """CNN-BiGRU with attention in both readings.

    Parameters
    ----------
    network : dict
        See `ser_repro.documents.cnn_bigru.network`.
    """
    channels, steps = network["blocks"][-1][0], network["steps"]
    _, coefficients, frames = network["blocks"][0]
    gru = f"{channels}→2 × {network['hidden']}\nboth directions"
    linears = "→".join(map(str, network["linears"]))
    return flow([
        ("image", [(f"{network['coefficients']} MFCCs", f"{2 * coefficients} × {2 * frames}", INPUT)]
         + [(f"conv {width}", f"{high} × {wide}", LAYER) for width, high, wide in network["blocks"]]),
        ("code", [("axes relabelled", f"{steps} blocks of\n~{channels / steps:.0f} channels", CODE),
                  ("BiGRU", gru, LAYER), ("attention", f"{steps} weights,\nsum 1", CODE),
                  ("3 linear layers", f"{linears}\nnothing between", CODE)]),
        ("paper", [("axes exchanged", f"a step: {channels} channels\nof {network['step']} frames", PAPER),
                   ("BiGRU", gru, LAYER), ("attention", "a step's weights,\nsum 1", PAPER),
                   ("3 linear layers", f"{linears}\nReLU between", PAPER)])])


def views(channels: int, moved: dict[str, np.ndarray]) -> Figure:
    """What each step of the CNN-BiGRU's GRU is made of.

    Above, the values of the last block, coloured by the step that they go to; below, how much of a change in a third of
    the input each step shows.

    Parameters
    ----------
    channels : int
        Of the last block.
    moved : dict
        "code" and "paper" -> shares of the change, shape (third, step).
    """
    steps = len(moved["code"])
    last = np.arange(channels * steps)  # of the last block, channel after channel with the frames of each in a row
    step_of = {"code": last // channels, "paper": last % steps}
    figure, axes = plt.subplots(2, 2, figsize=(5.6, 6.2), height_ratios=(1.15, 1))
    for (reading, title), top, bottom in zip((("code", "code: relabelled"), ("paper", "paper: exchanged")), *axes,
                                             strict=True):
        order = step_of[reading].reshape(channels, steps)
        top.imshow(order, aspect="auto", cmap=ListedColormap([BLUE, ORANGE, GREY]), vmin=0, vmax=steps - 1,
                   interpolation="nearest", alpha=0.75)
        for step in range(steps):
            channel, frame = np.argwhere(order == step).mean(0)
            top.text(frame, channel, f"step {step + 1}", ha="center", va="center", fontsize=11, weight="bold",
                     bbox={"fc": "white", "ec": "none", "alpha": 0.8, "pad": 2})
        top.set(title=title, xlabel="frame after the blocks", xticks=range(steps), xticklabels=range(1, steps + 1))
        bottom.imshow(moved[reading], cmap="Blues", vmin=0, vmax=1)
        for (third, step), share in np.ndenumerate(moved[reading]):
            bottom.text(step, third, f"{100 * share:.0f}" if share > 0 else "none", ha="center", va="center",
                        fontsize=12, color="white" if share > 0.55 else "black")
        bottom.set(xticks=range(steps), xticklabels=range(1, steps + 1), yticks=range(steps),
                   yticklabels=["first", "middle", "last"], xlabel="step that the GRU is given")
        bottom.tick_params(length=0)
        bottom.spines[:].set_visible(False)
    axes[0, 0].set_ylabel("channel")
    axes[0, 1].set_yticks([])
    axes[1, 0].set_ylabel("third of the input replaced")
    axes[1, 1].set_yticklabels([])
    figure.tight_layout()
    return figure


def _box(axis, x, y, width, height, title, text, colour) -> None:
    axis.add_patch(FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0,rounding_size=1",
                                  **{"fc": (colour, 0.13), "ec": colour, "lw": 1.2} | _EDGES.get(colour, {})))
    axis.text(x + width / 2, y + height - 1.2, title, ha="center", va="top", fontsize=9, weight="bold")
    axis.text(x + width / 2, y + 1.2, text, ha="center", va="bottom", fontsize=8)


def _arrow(axis, start, end) -> None:
    axis.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 1})
