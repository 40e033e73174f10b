"""The documents' networks in numbers and as boxes of `diagrams.flow`, drawn from the models themselves.

Building the models takes torch, whose import would be half of a chapter's time: what they come to is kept in
results/networks/experiments/facts.json (`python -m ser_repro.book.experiments networks facts` makes it anew), and a
test compares it with the models. Where it is not there the models are asked.
"""

import functools
import json

from matplotlib.figure import Figure

from ser_repro import SerReproError, datasets, documents
from ser_repro.book import diagrams, experiments
from ser_repro.book.words import number

ISSA_OUTPUTS = {"figure": 7, "ravdess": 8, "emodb": 7, "iemocap": 4}
"""Emotions that each network of Issa et al. tells apart."""


def parameters(document: str, reading: str, corpus: str) -> int:
    """Parameters of a document's network with an output for each emotion of a corpus."""
    return _told(_parameters, document, reading, corpus)


def _parameters(document: str, reading: str, corpus: str) -> int:
    return sum(weights.numel() for weights in _model(document, reading, corpus).parameters())


def crema_parameters(document: str, n: int) -> int:
    """Parameters of one of the CREMA-D study's networks, `crema_1d` or `crema_2d`."""
    return _told(_crema_parameters, document, n)


def _crema_parameters(document: str, n: int) -> int:
    values = documents.settings(document, "code", "CREMA-D", n)
    return sum(weights.numel() for weights in documents.build(document, values, 6).parameters())


def mfcc_means(reading: str):
    """How a reading of the CNN on 50 MFCCs takes its means (`features.sets.Means`): rate, window, hop."""
    from ser_repro.features import sets

    return sets.get(documents.settings("mfcc_cnn", reading, "RAVDESS")["features"]).compute


def mfcc_cnn(corpus: str = "RAVDESS") -> Figure:
    """The CNN on 50 MFCCs in both readings, a row each."""
    return _flow(_told(_mfcc_cnn, corpus))


def _mfcc_cnn(corpus: str) -> list:
    from ser_repro.models.mfcc_cnn import CHANNELS, COEFFICIENTS, HIDDEN

    rows = []
    for reading, differs in zip(documents.READINGS, ("CODE", "PAPER"), strict=True):
        values, model = documents.settings("mfcc_cnn", reading, corpus), _model("mfcc_cnn", reading, corpus)
        means, flat = mfcc_means(reading), model.hidden.in_features
        dropout = f"dropout {values['dropout']:g}\n" if values["dropout"] else ""
        rows.append((f"reading\n{reading}", [
            ("clip", f"one channel\n{number(means.sample_rate)} Hz", "INPUT"),
            ("MFCCs", f"window {means.n_fft}\nhop {means.hop}\n{COEFFICIENTS} means", differs),
            (f"conv {CHANNELS[0]}", f"kernel {model.convs[0].kernel_size[0]}\n{COEFFICIENTS} long", "LAYER"),
            (f"conv {CHANNELS[1]}", f"then pool 2\n{COEFFICIENTS // 2} long", "LAYER"),
            (f"conv {CHANNELS[2]}", f"{dropout}then pool 2\n{flat // CHANNELS[2]} long", differs),
            (f"linear {HIDDEN}", f"from {flat}", "LAYER"),
            (f"linear {model.out.out_features}", "softmax", "LAYER")]))
    return rows


def issa() -> Figure:
    """The baseline of Issa et al.'s figure, and their network for RAVDESS in both readings, two rows each."""
    return _flow(_told(_issa))


def _issa() -> list:
    from ser_repro.models.issa import Issa

    baseline = Issa(n_classes=ISSA_OUTPUTS["figure"], variant="figure")
    padded, bare = (_model("issa", reading, "RAVDESS") for reading in ("paper", "code"))
    return [*_halves("figure", baseline), *_halves("RAVDESS,\npaper", padded), *_halves("RAVDESS,\ncode", bare)]


def issa_lengths(reading: str) -> tuple[list[int], int]:
    """Lengths along the features after each convolution or pool of Issa et al.'s network for RAVDESS, and the channels
    that it ends with."""
    return tuple(_told(_issa_lengths, reading))


def _issa_lengths(reading: str) -> tuple[list[int], int]:
    layers = _traced(_model("issa", reading, "RAVDESS"))
    shapes = [shape for name, _, shape in layers if name in ("Convolution", "MaxPool2d")]
    return [shape[-1] for shape in shapes], shapes[-1][1]


def issa_sizes(variant: str, same_padding: bool) -> tuple[int, int]:
    """Values that reach the last layer of a network of Issa et al., and its parameters."""
    return tuple(_told(_issa_sizes, variant, same_padding))


def _issa_sizes(variant: str, same_padding: bool) -> tuple[int, int]:
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

    boxes = [[f"{VALUES} values", ["one channel"], "INPUT"]]
    for name, layer, shape in _traced(model):
        if name == "Convolution":
            boxes.append([f"conv {layer.out_channels}", [f"{shape[-1]} long"], "LAYER"])
        elif name == "MaxPool2d":
            boxes.append([f"pool {POOL}", [f"{shape[-1]} long"], "REDUCE"])
            cut = len(boxes)
        elif name == "Flatten":
            boxes.append(["flatten", [f"{shape[1]} values"], "REDUCE"])
        elif name == "Linear":
            boxes.append([f"linear {layer.out_features}", [], "LAYER"])
        else:
            boxes[-1][1].append(f"dropout {layer.p:g}" if name == "Dropout" else
                                "ReLU" if name == "ReLU" else "batch norm")
    boxes[-1][1].append("softmax")
    whole = [(title, "\n".join(lines), colour) for title, lines, colour in boxes]
    return [(label, whole[:cut]), ("", whole[cut:])]


def _model(document: str, reading: str, corpus: str):
    emotions = datasets.studied(datasets.published(corpus))["emotion"].nunique()
    return documents.build(document, documents.settings(document, reading, corpus), emotions)


def cnn_n_gru(n: int) -> dict:
    """CNN-n-GRU of a size, for seven classes and a hidden size of 16.

    Returns
    -------
    dict
        stack: [channels, whether a pool follows] of each convolution in order; first: kernel and stride of the first
        one; gru_layers; parameters.
    """
    return _told(_cnn_n_gru, n)


def _cnn_n_gru(n: int) -> dict:
    from ser_repro.models.cnn_n_gru import FIRST_KERNEL, FIRST_STRIDE, CNNnGRU, layers

    network = CNNnGRU(n=n, n_classes=7, hidden_size=16)
    count = sum(weights.numel() for weights in network.parameters())
    return {"stack": [[layer.out_channels, layer.pool] for layer in layers(n)], "first": [FIRST_KERNEL, FIRST_STRIDE],
            "gru_layers": network.gru.num_layers, "parameters": count}


# ---- what is kept ------------------------------------------------------------------------------------------------


def _flow(rows: list) -> Figure:
    return diagrams.flow([(label, [(title, text, getattr(diagrams, colour)) for title, text, colour in boxes])
                          for label, boxes in rows])


def _told(function, *asked):
    """What is kept of a network, else what its model says."""
    kept, key = _kept(), json.dumps([function.__name__, *asked])
    return kept[key] if key in kept else function(*asked)


@functools.cache
def _kept() -> dict:
    try:
        return experiments.read("networks", "facts")
    except SerReproError:  # not made yet, or not in this folder
        return {}


def facts() -> dict:
    """All that the chapters show of networks, by what is asked."""
    corpora = documents.get("mfcc_cnn").corpora
    asked = [(_mfcc_cnn, "RAVDESS"), (_issa,), *((_cnn_n_gru, n) for n in documents.get("cnn_n_gru").sizes),
             *((_parameters, "mfcc_cnn", reading, corpus) for reading in documents.READINGS for corpus in corpora),
             *((_crema_parameters, name, n) for name in ("crema_1d", "crema_2d")
               for n in documents.get(name).sizes),
             *((_issa_lengths, reading) for reading in documents.READINGS),
             *((_issa_sizes, variant, same) for variant in ISSA_OUTPUTS for same in (True, False))]
    return {json.dumps([function.__name__, *words]): function(*words) for function, *words in asked}


EXPERIMENTS = {"facts": facts}
