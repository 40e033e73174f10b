"""The documents' networks as boxes of `diagrams.flow`, drawn from the models themselves."""

from matplotlib.figure import Figure

from ser_repro import datasets, documents
from ser_repro.book import diagrams
from ser_repro.book.words import number

ISSA_OUTPUTS = {"figure": 7, "ravdess": 8, "emodb": 7, "iemocap": 4}
"""Emotions that each network of Issa et al. tells apart."""


def parameters(document: str, reading: str, corpus: str) -> int:
    """Parameters of a document's network with an output for each emotion of a corpus."""
    return sum(weights.numel() for weights in _model(document, reading, corpus).parameters())


def mfcc_means(reading: str):
    """How a reading of the CNN on 50 MFCCs takes its means (`features.sets.Means`): rate, window, hop."""
    from ser_repro.features import sets

    return sets.get(documents.settings("mfcc_cnn", reading, "RAVDESS")["features"]).compute


def mfcc_cnn(corpus: str = "RAVDESS") -> Figure:
    """The CNN on 50 MFCCs in both readings, a row each."""
    from ser_repro.models.mfcc_cnn import CHANNELS, COEFFICIENTS, HIDDEN

    rows = []
    for reading, differs in zip(documents.READINGS, (diagrams.CODE, diagrams.PAPER), strict=True):
        values, model = documents.settings("mfcc_cnn", reading, corpus), _model("mfcc_cnn", reading, corpus)
        means, flat = mfcc_means(reading), model.hidden.in_features
        dropout = f"dropout {values['dropout']:g}\n" if values["dropout"] else ""
        rows.append((f"reading\n{reading}", [
            ("clip", f"one channel\n{number(means.sample_rate)} Hz", diagrams.INPUT),
            ("MFCCs", f"window {means.n_fft}\nhop {means.hop}\n{COEFFICIENTS} means", differs),
            (f"conv {CHANNELS[0]}", f"kernel {model.convs[0].kernel_size[0]}\n{COEFFICIENTS} long", diagrams.LAYER),
            (f"conv {CHANNELS[1]}", f"then pool 2\n{COEFFICIENTS // 2} long", diagrams.LAYER),
            (f"conv {CHANNELS[2]}", f"{dropout}then pool 2\n{flat // CHANNELS[2]} long", differs),
            (f"linear {HIDDEN}", f"from {flat}", diagrams.LAYER),
            (f"linear {model.out.out_features}", "softmax", diagrams.LAYER)]))
    return diagrams.flow(rows)


def issa() -> Figure:
    """The baseline of Issa et al.'s figure, and their network for RAVDESS in both readings, two rows each."""
    from ser_repro.models.issa import Issa

    baseline = Issa(n_classes=ISSA_OUTPUTS["figure"], variant="figure")
    padded, bare = (_model("issa", reading, "RAVDESS") for reading in ("paper", "code"))
    return diagrams.flow([*_halves("figure", baseline), *_halves("RAVDESS,\npaper", padded),
                          *_halves("RAVDESS,\ncode", bare)])


def issa_lengths(reading: str) -> tuple[list[int], int]:
    """Lengths along the features after each convolution or pool of Issa et al.'s network for RAVDESS, and the channels
    that it ends with."""
    layers = _traced(_model("issa", reading, "RAVDESS"))
    shapes = [shape for name, _, shape in layers if name in ("Conv2d", "MaxPool2d")]
    return [shape[-1] for shape in shapes], shapes[-1][1]


def issa_sizes(variant: str, same_padding: bool) -> tuple[int, int]:
    """Values that reach the last layer of a network of Issa et al., and its parameters."""
    from ser_repro.models.issa import Issa

    model = Issa(n_classes=ISSA_OUTPUTS[variant], variant=variant, same_padding=same_padding)
    flat = next(shape[1] for name, _, shape in _traced(model) if name == "Flatten")
    return flat, sum(weights.numel() for weights in model.parameters())


def _traced(model):
    """Class name, layer and output shape of every layer of a network of Issa et al., in order."""
    import torch

    from ser_repro.models.issa import VALUES

    x, traced = torch.zeros(1, 1, 1, VALUES), []
    with torch.no_grad():
        for layer in model.eval().layers:
            x = layer(x)
            traced.append((type(layer).__name__, layer, tuple(x.shape)))
    return traced


def _halves(label: str, model) -> list[tuple]:
    """Two rows of boxes, cut after the pool: eight boxes in one would be too small to read.

    What follows a convolution stands in its box.
    """
    from ser_repro.models.issa import POOL, VALUES

    boxes = [[f"{VALUES} values", ["one channel"], diagrams.INPUT]]
    for name, layer, shape in _traced(model):
        if name == "Conv2d":
            boxes.append([f"conv {layer.out_channels}", [f"{shape[-1]} long"], diagrams.LAYER])
        elif name == "MaxPool2d":
            boxes.append([f"pool {POOL}", [f"{shape[-1]} long"], diagrams.REDUCE])
            cut = len(boxes)
        elif name == "Flatten":
            boxes.append(["flatten", [f"{shape[1]} values"], diagrams.REDUCE])
        elif name == "Linear":
            boxes.append([f"linear {layer.out_features}", [], diagrams.LAYER])
        else:
            boxes[-1][1].append(f"dropout {layer.p:g}" if name == "Dropout" else
                                "ReLU" if name == "ReLU" else "batch norm")
    boxes[-1][1].append("softmax")
    whole = [(title, "\n".join(lines), colour) for title, lines, colour in boxes]
    return [(label, whole[:cut]), ("", whole[cut:])]


def _model(document: str, reading: str, corpus: str):
    emotions = datasets.studied(datasets.published(corpus))["emotion"].nunique()
    return documents.build(document, documents.settings(document, reading, corpus), emotions)
