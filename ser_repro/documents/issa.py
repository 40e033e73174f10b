"""Issa, Demirci and Yazici (2020): a 1-D CNN on 193 features. See `ser_repro.models.issa`."""

import torch

from ser_repro import protocols
from ser_repro.documents.base import Document, Setting
from ser_repro.models.issa import Issa

INFERRED = "inferred from an older public program with the same layers"

SETTINGS = {
    "variant": Setting(None, None, "the network of a corpus"),
    "features": Setting("issa193_code", "issa193", "order of the 193 values; tonnetz of the full signal, or of its "
                        "harmonic part", "figure, for the order; whose tonnetz it takes is not known: harmonic, as in "
                        "another re-implementation", "order of the values, and tonnetz"),
    "same_padding": Setting(False, True, "convolutions keep the length", "figure: 3072 values reach the last layer, "
                            "which they do with padding only", "convolutions without padding"),
    "decay": Setting(0.0, 1e-6, "of the learning rate, a step: lr / (1 + decay * steps)", "another re-implementation",
                     "learning rate never decays"),
    "learning_rate": Setting(1e-5, 1e-5, "of RMSprop (Adam for IEMOCAP)", "two re-implementations"),
    "batch_size": Setting(32, 16, "clips", INFERRED, "batch size"),
    "epochs": Setting(700, 700, "passes over the training clips; the last one's weights are tested", INFERRED),
}
_VARIANT = {"EMO-DB": "emodb", "IEMOCAP": "iemocap"}


def _adjust(values: dict, corpus: str, n: None) -> dict:
    return values | {"variant": _VARIANT.get(corpus, "ravdess")}


def _build(values: dict, n_classes: int) -> Issa:
    return Issa(n_classes=n_classes, variant=values["variant"], same_padding=values["same_padding"])


def _optimiser(parameters, values: dict) -> dict:
    # Keras's constants, which are not PyTorch's.
    if values["variant"] == "iemocap":
        optimiser = torch.optim.Adam(parameters, lr=values["learning_rate"], eps=1e-7)
    else:
        optimiser = torch.optim.RMSprop(parameters, lr=values["learning_rate"], alpha=0.9, eps=1e-7)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 / (1 + values["decay"] * step))
    return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


DOCUMENT = Document(
    name="issa", title="Issa et al.", settings=SETTINGS, corpora=("RAVDESS", "EMO-DB"), build=_build,
    inputs=lambda values: values["features"], optimiser=_optimiser, adjust=_adjust, split=protocols.holdout(42),
    demo={"epochs": 8, "batch_size": 16, "learning_rate": 1e-3},
    cost=lambda values: 0.3,
    core=({"reading": "code", "protocol": "published", "corpora": ("RAVDESS",)},
          {"reading": "code", "protocol": "speaker", "corpora": ("RAVDESS",)},
          {"reading": "code", "protocol": "published", "corpora": ("EMO-DB",)},
          {"reading": "code", "protocol": "speaker", "corpora": ("EMO-DB",), "folds": range(6)},
          {"reading": "paper", "protocol": "published", "corpora": ("RAVDESS",)},
          {"reading": "paper", "protocol": "speaker", "corpora": ("RAVDESS",), "folds": (0,)},
          {"reading": "code", "protocol": "published", "corpora": ("RAVDESS",), "seeds": (1, 2)}))
