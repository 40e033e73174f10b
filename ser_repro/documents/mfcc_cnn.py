"""The 1-D CNN on the mean of 50 MFCCs (2021). See `ser_repro.models.mfcc_cnn`."""

import torch

from ser_repro import protocols
from ser_repro.documents.base import SILENT, Document, Setting
from ser_repro.models.mfcc_cnn import MFCCCNN

SETTINGS = {
    "features": Setting("mfcc50_mean_code", "mfcc50_mean_paper", "window and hop of the MFCCs: 2048 and 552 samples in "
                        "the code, 512 and 256 in the text", "README", "window and hop"),
    "same_pooling": Setting(False, True, "the pools keep an incomplete window at the end", "README: 'same' padding",
                            "pools without padding"),
    "dropout": Setting(0.0, 0.2, "share of values dropped after the third convolution", "README, which gives no rate: "
                       "0.2 is our choice", "no dropout"),
    # Keras 2.6, which stored the weights, computes it on logits; older versions, on the softmax (see training.LOSSES).
    "loss": Setting("binary on logits", "categorical", "cross-entropy of every class by itself, or of the classes "
                    "together", "README: cross-entropy", "binary cross-entropy"),
    "shuffle": Setting(False, True, "training clips in a new order every epoch", SILENT, "clips never shuffled"),
    "learning_rate": Setting(1e-4, 1e-4, "of Adam", "README"),
    "batch_size": Setting(32, 32, "clips", SILENT),
    "epochs": Setting(500, 500, "passes over the training clips; the last one's weights are tested", "README"),
}


def _build(values: dict, n_classes: int) -> MFCCCNN:
    return MFCCCNN(n_classes=n_classes, same_pooling=values["same_pooling"], dropout=values["dropout"])


def _optimiser(parameters, values: dict) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=values["learning_rate"], eps=1e-7)  # Keras's epsilon


DOCUMENT = Document(
    name="mfcc_cnn", title="the CNN on 50 MFCCs", settings=SETTINGS,
    corpora=("RAVDESS", "EMO-DB", "EMOVO", "TESS", "CREMA-D", "SAVEE"), build=_build,
    inputs=lambda values: values["features"], optimiser=_optimiser, split=protocols.holdout(42), demo={"epochs": 60},
    cost=lambda values: 0.01,
    core=({"reading": "code", "protocol": "published", "corpora": ("RAVDESS",), "seeds": (0, 1, 2)},
          {"reading": "code", "protocol": "speaker", "corpora": ("RAVDESS",)},
          {"reading": "paper", "protocol": "published", "corpora": ("RAVDESS",)},
          {"reading": "paper", "protocol": "speaker", "corpora": ("RAVDESS",)},
          {"reading": "code", "protocol": "published", "corpora": ("RAVDESS",), "seeds": (0, 1, 2),
           "changes": (("loss", "binary on softmax"),)},
          {"reading": "code", "protocol": "published"},
          {"reading": "code", "protocol": "speaker"}))
