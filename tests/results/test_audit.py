"""What the test part shares with the training part, and what choosing by it would have gained."""

import pytest

from ser_repro import SerReproError, datasets, documents
from ser_repro.results import audit

HISTORY = {"train_loss": [2.0, 1.0, 0.5, 0.4, 0.3], "train_accuracy": [0.1, 0.2, 0.3, 0.4, 0.5],
           "test_loss": [2.0, 1.5, 1.6, 1.7, 1.2], "test_accuracy": [0.2, 0.6, 0.5, 0.4, 0.3]}


def test_what_choosing_by_the_test_part_would_have_gained():
    record = {"run": "r", "history": HISTORY}
    assert audit.picked(record) == audit.Picked(last=(5, 0.3), best=(2, 0.6), stopped=(4, 0.4))
    assert audit.picked(record, patience=3).stopped == (5, 0.3)
    record["history"] = {"train_loss": [1.0], "validation_loss": [1.0]}
    with pytest.raises(SerReproError, match="was not watched on its test part"):
        audit.picked(record)


def test_over_several_runs_each_counts_by_its_test_clips():
    short = {"test_loss": [1.0, 0.9, 0.8], "test_accuracy": [0.5, 0.7, 0.9]}
    found = audit.mean_picked([{"run": "a", "history": HISTORY, "clips": {"test": 30}},
                               {"run": "b", "history": short, "clips": {"test": 10}}])
    assert found.last == ((3, 5), pytest.approx(0.45)) and found.best == ((2, 3), pytest.approx(0.675))
    assert found.stopped == ((3, 4), pytest.approx((3 * 0.4 + 0.9) / 4))


def test_with_new_speakers_no_test_clip_has_a_twin():
    clips = datasets.published("RAVDESS")
    assert audit.shared(clips, documents.get("mfcc_cnn").parts(clips, "speaker")) == 0
