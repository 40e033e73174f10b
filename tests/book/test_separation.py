"""How far groups lie apart: known answers, and what is stored."""

import numpy as np
import pandas as pd
import pytest

from ser_repro import SerReproError, datasets
from ser_repro.book import separation


@pytest.fixture
def clips():
    rows = [(e, s, w) for e in ("anger", "fear", "neutral") for s in "abcdef" for w in "uvwxyz"]
    return pd.DataFrame(rows, columns=["emotion", "speaker", "sentence"])


def _codes(column):
    return np.eye(column.nunique())[column.astype("category").cat.codes]


def test_what_the_features_hold_is_found_and_what_they_lack_is_not(clips):
    rng = np.random.default_rng(0)
    noise = 0.1 * rng.normal(size=(len(clips), 8))
    emotion = separation.measure(np.hstack([_codes(clips["emotion"]), noise]), clips)
    assert emotion["emotion_uar"] > 0.99 and emotion["speaker_uar"] < 0.4
    assert emotion["emotion_silhouette"] > 0.1 > emotion["speaker_silhouette"]
    speaker = separation.measure(np.hstack([_codes(clips["speaker"]), noise]), clips)
    assert speaker["speaker_uar"] > 0.99 and speaker["emotion_uar"] < 0.55
    assert (speaker["emotion_guess"], speaker["speaker_guess"]) == (1 / 3, 1 / 6)


def test_emotions_are_tested_on_new_speakers(clips):
    """Features that tell each speaker's own emotions apart, but alike for no two speakers, tell nothing."""
    emotions = []
    pairs = list(zip(clips["emotion"], clips["speaker"], strict=True))
    for seed in range(10):  # the 18 pairs of one draw alone may lie well by chance
        rng = np.random.default_rng(seed)
        own = {pair: rng.normal(size=20) for pair in sorted(set(pairs))}
        features = np.stack([own[pair] for pair in pairs]) + 0.01 * rng.normal(size=(len(pairs), 20))
        found = separation.measure(features, clips)
        assert found["speaker_uar"] > 0.99
        emotions.append(found["emotion_uar"])
    assert np.mean(emotions) < 0.45


def test_a_corpus_too_small_is_refused(clips):
    with pytest.raises(SerReproError, match="separation of emotions needs two of them, and two speakers"):
        separation.measure(np.ones((36, 2)), clips[clips["speaker"] == "a"].iloc[:36])


def test_sets_with_a_time_axis_become_means_and_deviations():
    rows = separation.flatten([np.array([[1.0, 3.0], [5.0, 5.0]]), np.array([[2.0], [0.0]])])
    np.testing.assert_array_equal(rows, [[2, 5, 1, 0], [2, 0, 0, 0]])
    np.testing.assert_array_equal(separation.flatten([np.arange(3.0)]), [[0, 1, 2]])


def test_sizes_are_those_of_each_value():
    found = separation.sizes(np.array([[1.0, 1e-5], [3.0, 3e-5]], np.float32))
    assert found == {"mean": [2.0, 2e-5], "deviation": [1.0, 1e-5]}


def test_what_is_stored_is_of_the_published_clips(tmp_path):
    rows = [{"set": "issa193", "emotion_uar": 0.5, "speaker_uar": 0.9}]
    good = datasets.content_hash(datasets.published("EMO-DB"))
    separation.store("EMO-DB", rows, good, tmp_path)
    assert separation.load("EMO-DB", tmp_path).to_dict("records") == rows
    with pytest.raises(SerReproError, match="not the published ones"):
        separation.store("EMO-DB", rows, "0" * 64, tmp_path)
    with pytest.raises(SerReproError, match="no measures of the features of TESS"):
        separation.load("TESS", tmp_path)
    path = tmp_path / "features" / "separation-emo-db.json"
    whole = path.read_text()
    for damage, says in ((whole[:50], "is damaged"), (whole.replace(good, "1" * 64), "of other clips"),
                         (whole.replace("speaker_uar", "x"), "is damaged")):
        path.write_text(damage)
        with pytest.raises(SerReproError, match=says) as error:
            separation.load("EMO-DB", tmp_path)
        assert "\n" not in str(error.value)
