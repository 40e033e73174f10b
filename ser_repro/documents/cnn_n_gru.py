"""CNN-n-GRU (2022): n convolutional and n recurrent layers on the raw waveform. See `ser_repro.models.cnn_n_gru`."""

import torch

from ser_repro.documents.base import SILENT, Document, Setting
from ser_repro.models.cnn_n_gru import BLOCKS, CNNnGRU

SETTINGS = {
    "n": Setting(None, None, "size of the network: 3, 5, 11 or 18"),
    "hidden_size": Setting(None, None, "width of the GRU; the code's grid: 16, 32, 64, on TESS 16 alone"),
    "pool_before_gru": Setting(True, False, "average over all time before the GRU",
                               "words of the abstract; the figure averages, as the code does",
                               "pooling before the GRU"),
    "bn1_used_twice": Setting(True, False, "third convolution normalised by bn1 (n = 11 only)",
                              "figure: one normalisation a convolution", "bn1 used twice"),
    "mask_padding": Setting(False, True, "keep padding out of the network", SILENT, "padding without a mask"),
    "carry_state": Setting(True, False, "hand the GRU's state to the next batch", SILENT,
                           "state carried between batches"),
    "class_sorted_test": Setting(True, False, "test clips sorted by class", SILENT, "class-sorted evaluation", True),
    "drop_last_test": Setting(True, False, "last incomplete batch dropped from the score, not from its denominator",
                              SILENT, "last batch dropped in the test score", True),
    "sample_rate": Setting("native", 16000, "Hz; native = samples fed at whatever rate", "later README: 16 kHz",
                           "TESS never resampled"),
    "learning_rate": Setting(None, None, "of Adam; the code's search: log-uniform, 1e-4 to 1e-1"),
    "weight_decay": Setting(None, None, "of Adam; the code's search: log-uniform, 1e-6 to 1e-2"),
    "batch_size": Setting(None, None, "the code's grid: 2, 4, 8, 16, 32, 64; here 16, 32, 64"),
    "epochs": Setting(100, 100, "passes over the training clips; the last one's weights are tested"),
    "step_epochs": Setting(20, 20, "epochs between drops of the learning rate"),
    "step_factor": Setting(0.1, 0.1, "factor of each drop"),
}



def _adjust(values: dict, corpus: str, n: int) -> dict:
    values = values | {"n": n}
    if n != 11:
        values["bn1_used_twice"] = False
    if corpus != "TESS":
        # The public code of the time read TESS and IEMOCAP only, and IEMOCAP is at 16 kHz, the rate that the README
        # names: on any other corpus both readings get 16 kHz, so that a difference is not one of rates.
        values["sample_rate"] = 16000
    return values


def _build(values: dict, n_classes: int) -> CNNnGRU:
    names = ("n", "hidden_size", "pool_before_gru", "mask_padding", "bn1_used_twice")
    return CNNnGRU(n_classes=n_classes, **{name: values[name] for name in names})


def _optimiser(parameters, values: dict) -> dict:
    optimiser = torch.optim.Adam(parameters, lr=values["learning_rate"], weight_decay=values["weight_decay"])
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, values["step_epochs"], values["step_factor"])
    return {"optimizer": optimiser, "lr_scheduler": schedule}


DOCUMENT = Document(
    name="cnn_n_gru", title="CNN-n-GRU", settings=SETTINGS, corpora=("TESS", "RAVDESS"), build=_build,
    inputs=lambda values: values["sample_rate"], optimiser=_optimiser, adjust=_adjust, validates=True, drop_last=True,
    sizes=tuple(BLOCKS), searched=("hidden_size", "learning_rate", "weight_decay", "batch_size"),
    # The defaults of the document's later public code (2025).
    unsearched={"hidden_size": 64, "learning_rate": 1e-3, "weight_decay": 1e-5, "batch_size": 32},
    demo={"epochs": 6, "batch_size": 16, "sample_rate": 16000},
    cost=lambda values: {3: 1.0, 5: 1.0, 11: 2.4, 18: 5.0}[values["n"]] * (1 if values["pool_before_gru"] else 2),
    core=({"reading": "code", "protocol": "published", "n": 3},
          {"reading": "code", "protocol": "published", "n": 18},
          {"reading": "code", "protocol": "speaker", "n": 3},
          {"reading": "paper", "protocol": "published", "n": 3},
          {"reading": "code", "protocol": "published", "n": 3, "seeds": (1,)},
          {"reading": "paper", "protocol": "published", "n": 3, "seeds": (1,)},
          {"reading": "code", "protocol": "published", "n": 5, "corpora": ("TESS",)},
          {"reading": "code", "protocol": "published", "n": 11, "corpora": ("TESS",)},
          {"reading": "paper", "protocol": "speaker", "n": 3, "corpora": ("TESS",)}))
