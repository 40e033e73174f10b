"""The CREMA-D study (Amgad, Dusuki, Elwazane 2023): what its 1-D and its 2-D networks have in common.

A course assignment on CREMA-D with two reports and three notebooks, of which we could get the one on the 2-D networks
alone; of the others the reports show code and results. Reading `code` is what notebook and report run; reading `paper`
is what their text says that was meant. The two halves are documents of their own, `crema_1d` and `crema_2d`: they have
other inputs, and other slips.
"""

from math import ceil

import pandas as pd

from ser_repro import SerReproError
from ser_repro.documents.base import Setting
from ser_repro.protocols import PUBLISHED_SEED, Split
from ser_repro.results.ledger import Claim

NOTEBOOK = "notebook of the 2-D networks; of others inferred"
REPORT = "report \"Our Approach\""
CLASSES = ("anger", "disgust", "fear", "happiness", "neutral", "sadness")  # as its tables have them
EPOCHS_RUN = 150  # about: of 700 possible ones, until early stopping; the notebook's log has 102 to 215

TRAINING = {
    "early_stopping": Setting("restored", "restored", "early stopping: \"restored\" tests the weights of the epoch "
                              "with the best watched score, \"last\" those of the last", NOTEBOOK,
                              others={"last": "weights of the last epoch tested"}),
    "watched": Setting("accuracy", "accuracy", "score of the validation clips by which epochs are compared", NOTEBOOK,
                       others={"loss": "epochs compared by validation loss"}),
    "patience": Setting(100, 100, "epochs without a better watched score before training stops", NOTEBOOK),
    "plateau_factor": Setting(0.9, 0.9, "factor of each drop of the learning rate", NOTEBOOK),
    "plateau_patience": Setting(20, 20, "epochs without a lower validation loss before the learning rate drops",
                                NOTEBOOK),
    "batch_size": Setting(16, 16, "clips in a batch", NOTEBOOK),
    "epochs": Setting(700, 700, "passes over the training clips at most", NOTEBOOK),
}
"""Settings of the training: those of the notebook of the 2-D networks. That the 1-D ones were trained alike is inferred
from the report, whose split is the same."""


def claims(models: dict[int, str], table: dict[int, tuple], recalls: dict[int, tuple],
           untestable: dict[int, str] | None = None, trained_as: dict[int, int] | None = None) -> tuple[Claim, ...]:
    """What the README's tables claim of each model, and the report's figures of each emotion.

    Parameters
    ----------
    models : dict
        Number of a model -> what the document calls it.
    table : dict
        Number -> validation accuracy, test accuracy, macro F1.
    recalls : dict
        Number -> recall on the test clips of each of `CLASSES`.
    untestable : dict, optional
        Number -> why no run of ours can test it.
    trained_as : dict, optional
        Number -> that of the network whose runs test it, where they differ.
    """
    why, run = untestable or {}, {n: n for n in models} | (trained_as or {})
    names = ("validation_accuracy", "accuracy", "macro_f1")
    return tuple(
        [Claim("CREMA-D", run[n], name, value, f"README: {told}", untestable=why.get(n, ""))
         for n, told in models.items()
         for name, value in zip(names, table[n], strict=True)]
        + [Claim("CREMA-D", run[n], f"recall of {emotion}", value, f"report, figure: {told}",
                 untestable=why.get(n, ""))
           for n, told in models.items()
           for emotion, value in zip(CLASSES, recalls[n], strict=True)])


def stratified(clips: pd.DataFrame, random_state: int = PUBLISHED_SEED, tested: float = 0.3,
               validating: float = 0.05) -> Split:
    """The split of the public code: 30 % tested, then 5 % of the rest validating, of every emotion as many; speakers
    shared. On CREMA-D 4948, 261 and 2233 clips; of a small corpus at least one of each emotion.

    Parameters
    ----------
    tested, validating : float
        Other shares than the code's: of all clips, and of the rest.

    Raises
    ------
    SerReproError
        If an emotion has too few clips to stand in all three parts.
    """
    from sklearn.model_selection import train_test_split

    emotion = clips.set_index("clip")["emotion"]

    def parted(ids, share: float):
        count = max(ceil(share * len(ids)), emotion.nunique())
        return train_test_split(ids, test_size=count, random_state=random_state, stratify=emotion[ids])

    try:
        rest, test = parted(emotion.index.to_numpy(object), tested)
        train, validation = parted(rest, validating)
    except ValueError as error:
        raise SerReproError(f"{len(clips)} clips can't be parted into training, validation and test with every emotion "
                            "in each: give more clips of the rarest.") from error
    return Split("published", 0, tuple(train), tuple(validation), tuple(test))


def schedule(optimiser, values: dict):
    """Keras's ReduceLROnPlateau: PyTorch's waits an epoch longer, and counts a fall in percent."""
    from torch.optim.lr_scheduler import ReduceLROnPlateau

    return ReduceLROnPlateau(optimiser, factor=values["plateau_factor"], patience=values["plateau_patience"] - 1,
                             threshold=1e-4, threshold_mode="abs", min_lr=1e-6, eps=0.0)
