"""The CNN-BiGRU with attention on frames of 40 MFCCs. See `ser_repro.models.cnn_bigru`."""

import torch

from ser_repro import protocols
from ser_repro.documents.base import SILENT, Document, Setting
from ser_repro.models.cnn_bigru import CNNBiGRU

SETTINGS = {
    "features": Setting("mfcc40_frames_code", "mfcc40_frames_whole", "frames of 40 MFCCs: the first 100 (at 48 kHz "
                        "1.07 s), or all of the clip", "README: padded or cut to a fixed length, of which only the "
                        "printed code says how long; all of the clip is our choice", "first 100 frames only"),
    "view_as_time": Setting(True, False, "blocks of channels handed to the GRU as if they were steps in time",
                            "README: the GRU models time", "channels viewed as time"),
    "activations": Setting(False, True, "ReLU between the last three linear layers", SILENT,
                           "three linear layers in a row"),
    "learning_rate": Setting(4e-4, 4e-4, "of Adam", SILENT),
    "weight_decay": Setting(8e-5, 8e-5, "of Adam", SILENT),
    "batch_size": Setting(32, 32, "clips", SILENT),
    "epochs": Setting(45, 45, "passes over the training clips; the last one's weights are tested", SILENT),
}


def _build(values: dict, n_classes: int) -> CNNBiGRU:
    return CNNBiGRU(n_classes=n_classes, view_as_time=values["view_as_time"], activations=values["activations"])


def _optimiser(parameters, values: dict) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=values["learning_rate"], weight_decay=values["weight_decay"])


DOCUMENT = Document(
    name="cnn_bigru", title="CNN-BiGRU with attention", settings=SETTINGS, corpora=("RAVDESS", "CREMA-D"),
    build=_build, inputs=lambda values: values["features"], optimiser=_optimiser, split=protocols.holdout(123),
    demo={"epochs": 2, "batch_size": 16},
    cost=lambda values: 0.5 if values["features"].endswith("code") else 2.0,
    core=({"reading": "code", "protocol": "published", "corpora": ("RAVDESS",)},
          {"reading": "code", "protocol": "speaker", "corpora": ("RAVDESS",)},
          {"reading": "paper", "protocol": "published", "corpora": ("RAVDESS",)},
          {"reading": "paper", "protocol": "speaker", "corpora": ("RAVDESS",), "folds": (0,)},
          {"reading": "code", "protocol": "published", "corpora": ("RAVDESS",), "seeds": (1, 2)},
          {"reading": "code", "protocol": "published", "corpora": ("CREMA-D",)}))
