"""The documents' networks as boxes of `diagrams.flow`, drawn from the models themselves."""

from matplotlib.figure import Figure

from ser_repro import datasets, documents
from ser_repro.book import diagrams
from ser_repro.book.words import number


def parameters(document: str, reading: str, corpus: str) -> int:
    """Parameters of a document's network with an output for each emotion of a corpus."""
    return sum(weights.numel() for weights in _model(document, reading, corpus).parameters())


def mfcc_means(reading: str):
    """How a reading of the CNN on 50 MFCCs takes its means (`features.sets.Means`): rate, window, hop."""
    from ser_repro.features import mfcc, sets  # noqa: F401  (mfcc registers the sets)

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


def _model(document: str, reading: str, corpus: str):
    emotions = datasets.studied(datasets.published(corpus))["emotion"].nunique()
    return documents.build(document, documents.settings(document, reading, corpus), emotions)
