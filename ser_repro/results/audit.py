"""What test clips share with training clips, and what choosing by the test part would have gained."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser_repro import SerReproError
from ser_repro.protocols import Split

TWIN = ("speaker", "sentence", "emotion", "intensity")
"""What two clips share that are takes of one thing: nothing but the take differs."""


def twins(clips: pd.DataFrame, split: Split, keys=TWIN) -> list[str]:
    """The test clips that have a clip with the same `keys` (columns) among the training clips."""
    rows = clips.set_index("clip")[list(keys)]
    train, test = (pd.MultiIndex.from_frame(rows.loc[list(part)]) for part in (split.train, split.test))
    return [clip for clip, has in zip(split.test, test.isin(train), strict=True) if has]


def shared(clips: pd.DataFrame, split: Split, keys=TWIN) -> float:
    """Share of the test clips that have a clip with the same `keys` (columns) among the training clips.

    By default with a twin there: the same speaker, sentence, emotion and intensity.
    """
    return len(twins(clips, split, keys)) / len(split.test)


@dataclass(frozen=True)
class Picked:
    """Test accuracy of a training at three epochs (counted from 1): what choosing by the test part would have gained.

    Attributes
    ----------
    last, best, stopped : tuple of (epoch, accuracy), or of ((first epoch, last epoch), accuracy) over several runs
        At the end, which is what the study scores; at the epoch best on the test part; and where early stopping on
        the loss of the test part would have ended it.
    """

    last: tuple
    best: tuple
    stopped: tuple


def picked(record: dict, patience: int = 2) -> Picked:
    """See `Picked`; for documents that watch their test part, whose public code could have chosen by it.

    Raises
    ------
    SerReproError
        If the record's test part was not watched.
    """
    history = record["history"]
    if "test_accuracy" not in history:
        raise SerReproError(f"record {record['run']} was not watched on its test part.")
    accuracy, loss = history["test_accuracy"], history["test_loss"]
    lowest, stop = 0, len(loss) - 1
    for epoch, value in enumerate(loss):
        if value < loss[lowest]:
            lowest = epoch
        if epoch - lowest >= patience:
            stop = epoch
            break
    best = int(np.argmax(accuracy))
    return Picked(*((epoch + 1, accuracy[epoch]) for epoch in (len(accuracy) - 1, best, stop)))


def mean_picked(records: list[dict], patience: int = 2) -> Picked:
    """The same of several runs: accuracies averaged over all their test clips, epochs given as (first, last).

    A run counts by its test clips, so that a fold of few does not weigh as much as one of many.
    """
    each = [picked(record, patience) for record in records]
    weights = [record["clips"]["test"] for record in records]
    found = []
    for name in ("last", "best", "stopped"):
        at, right = zip(*(getattr(one, name) for one in each), strict=True)
        found.append(((min(at), max(at)), float(np.average(right, weights=weights))))
    return Picked(*found)


def after(records: list[dict], epoch: int) -> float:
    """Test accuracy after an epoch (counted from 1) of several runs, which count by their test clips."""
    return float(np.average([record["history"]["test_accuracy"][epoch - 1] for record in records],
                            weights=[record["clips"]["test"] for record in records]))
