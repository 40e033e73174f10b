"""Recipes: each document's method as data, in its two readings, one named setting a decision.

`code` is what the public code does, slips included; `paper` is what the text says. A setting that the document never
gives (learning rate, weight decay, batch, hidden size) stands as None: the study finds it on validation data
(`ser_repro.search`) before a run.
"""

from dataclasses import dataclass

from ser_repro import SerReproError
from ser_repro.models.cnn_n_gru import BLOCKS, CNNnGRU

READINGS = ("code", "paper")


@dataclass(frozen=True)
class Setting:
    """One decision: its value in each reading, what it means, and whether a run can change it alone."""

    code: object
    paper: object
    meaning: str
    source: str = ""  # where the value of reading `paper` comes from
    switch: str = ""  # a slip of the code that the chapter prices: its name there


SILENT = "silent: customary practice, our choice"

CNN_N_GRU = {
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
    "class_sorted_test": Setting(True, False, "test clips sorted by class", SILENT, "class-sorted evaluation"),
    "drop_last_test": Setting(True, False, "last incomplete batch dropped from the score, not from its denominator",
                              SILENT, "last batch dropped in the test score"),
    "sample_rate": Setting("native", 16000, "Hz; native = samples fed at whatever rate", "later README: 16 kHz",
                           "TESS never resampled"),
    "learning_rate": Setting(None, None, "of Adam; the code's search: log-uniform, 1e-4 to 1e-1"),
    "weight_decay": Setting(None, None, "of Adam; the code's search: log-uniform, 1e-6 to 1e-2"),
    "batch_size": Setting(None, None, "the code's grid: 2, 4, 8, 16, 32, 64; here 16, 32, 64"),
    "epochs": Setting(100, 100, "passes over the training clips; the last one's weights are tested"),
    "step_epochs": Setting(20, 20, "epochs between drops of the learning rate"),
    "step_factor": Setting(0.1, 0.1, "factor of each drop"),
}

DOCUMENTS = {"cnn_n_gru": CNN_N_GRU}
# Where no search has been made: the defaults of the document's later public code (2025).
UNSEARCHED = {"hidden_size": 64, "learning_rate": 1e-3, "weight_decay": 1e-5, "batch_size": 32}
DEMO_EPOCHS = 6
SEARCHED = ("hidden_size", "learning_rate", "weight_decay", "batch_size")


def settings(document: str, reading: str, corpus: str, n: int, **changes) -> dict:
    """All settings of a recipe on a corpus.

    Parameters
    ----------
    document : "cnn_n_gru"
    reading : "code" or "paper"
    corpus : str
    n : int
    **changes
        Settings that differ from the reading's.

    Raises
    ------
    SerReproError
        For an unknown document, reading, n or setting.
    """
    if document not in DOCUMENTS:
        raise SerReproError(f"no document {document!r}: choose one of {', '.join(DOCUMENTS)}.")
    if reading not in READINGS:
        raise SerReproError(f"no reading {reading!r}: choose one of {', '.join(READINGS)}.")
    if n not in BLOCKS:
        raise SerReproError(f"n = {n} is not defined: CNN-n-GRU has n = {', '.join(map(str, BLOCKS))}.")
    values = {name: getattr(setting, reading) for name, setting in DOCUMENTS[document].items()}
    values["n"] = n
    if n != 11:
        values["bn1_used_twice"] = False
    if corpus != "TESS":
        # The public code of the time read TESS and IEMOCAP only, and IEMOCAP is at 16 kHz, the rate that the README
        # names: on any other corpus both readings get 16 kHz, so that a difference is not one of rates.
        values["sample_rate"] = 16000
    unknown = set(changes) - set(values)
    if unknown:
        raise SerReproError(f"{document} has no setting {', '.join(sorted(unknown))}: it has {', '.join(values)}.")
    return values | changes


def switches(document: str, corpus: str, n: int) -> dict[str, Setting]:
    """The slips in which the two readings differ on this corpus and this n."""
    code, paper = (settings(document, reading, corpus, n) for reading in READINGS)
    return {name: s for name, s in DOCUMENTS[document].items() if s.switch and code[name] != paper[name]}


def build(document: str, values: dict, n_classes: int) -> CNNnGRU:
    """The untrained model of a recipe."""
    names = ("n", "hidden_size", "pool_before_gru", "mask_padding", "bn1_used_twice")
    return CNNnGRU(n_classes=n_classes, **{name: values[name] for name in names})
