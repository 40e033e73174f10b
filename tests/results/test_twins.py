"""Twins of test clips among training clips, and accuracy after an epoch."""

import pandas as pd
import pytest

from ser_repro import datasets, documents
from ser_repro.results import audit


def test_a_twin_is_another_take_of_the_same_in_training():
    clips = pd.DataFrame([(f"{speaker}{sentence}{intensity}{take}", speaker, sentence, "anger", intensity)
                          for speaker in "ab" for sentence in "xy" for intensity in ("normal", "strong")
                          for take in (1, 2)], columns=["clip", "speaker", "sentence", "emotion", "intensity"])
    test = ("axnormal1", "axstrong1", "axstrong2", "bynormal2")
    split = type("Split", (), {"test": test, "train": tuple(set(clips["clip"]) - set(test))})
    assert audit.twins(clips, split) == ["axnormal1", "bynormal2"] and audit.shared(clips, split) == 0.5
    without = audit.twins(clips, split, ("speaker", "sentence", "emotion"))
    assert without == list(test)  # other intensities count then


def test_the_shares_of_a_published_split():
    clips = datasets.studied(datasets.published("RAVDESS"))
    split = documents.get("issa").split(clips)
    assert audit.shared(clips, split, ["speaker"]) == 1 and 0.7 < audit.shared(clips, split) < 0.9


def test_a_run_of_many_clips_weighs_more_after_an_epoch():
    runs = [{"history": {"test_accuracy": [0.0, accuracy]}, "clips": {"test": n}} for accuracy, n in ((1, 3), (0, 1))]
    assert audit.after(runs, 2) == pytest.approx(0.75) and audit.after(runs, 1) == 0
