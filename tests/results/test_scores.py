"""Scores against scikit-learn, and their intervals."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, recall_score

from ser_repro import SerReproError
from ser_repro.documents import cnn_n_gru
from ser_repro.results import scores


def frame(clips=300, speakers=10, right=0.6, seed=0):
    rng = np.random.default_rng(seed)
    emotion = rng.choice(list("abcd"), clips, p=[0.4, 0.3, 0.2, 0.1])
    predicted = np.where(rng.random(clips) < right, emotion, rng.choice(list("abcd"), clips))
    return pd.DataFrame({"clip": [f"c{i:03}" for i in range(clips)],
                         "speaker": [f"s{i % speakers}" for i in range(clips)], "emotion": emotion,
                         "predicted": predicted})


@pytest.mark.parametrize(("name", "reference"), [
    ("accuracy", accuracy_score), ("uar", balanced_accuracy_score),
    ("macro_f1", lambda a, b: f1_score(a, b, average="macro"))])
def test_scores_equal_scikit_learn(name, reference):
    for seed in range(5):
        table = frame(seed=seed)
        value = scores.score([table], name).value
        assert value == pytest.approx(reference(table["emotion"], table["predicted"]), abs=1e-12)


def test_a_class_that_is_only_predicted_counts_in_f1_but_not_in_uar():
    table = frame(20)
    table["emotion"], table["predicted"] = "a", ["a"] * 15 + ["b"] * 5
    assert scores.score([table], "uar").value == 0.75
    assert scores.score([table], "macro_f1").value == pytest.approx(
        f1_score(table["emotion"], table["predicted"], average="macro"))


def test_interval_resamples_speakers_where_there_are_more_than_two():
    few, many = frame(400, speakers=2), frame(400, speakers=10)
    assert (scores.score([few]).by, scores.score([many]).by) == ("clips", "speakers")


def test_clips_of_one_speaker_are_not_taken_as_independent():
    table = frame(400, speakers=8)
    good = table["speaker"].isin([f"s{i}" for i in range(4)])
    table["predicted"] = np.where(good, table["emotion"], "x")  # half of the speakers always right, half never
    score = scores.score([table])
    assert score.high - score.low > 0.4
    by_clip = scores.score([table.assign(speaker=np.where(good, "s0", "s1"))])
    assert by_clip.high - by_clip.low < 0.15


def test_clip_interval_covers_the_truth_about_as_often_as_it_says():
    covered = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        table = frame(200, speakers=2)
        table["predicted"] = np.where(rng.random(200) < 0.7, table["emotion"], "x")
        score = scores.score([table], resamples=400)
        covered += score.low <= 0.7 <= score.high
    assert 52 <= covered <= 60


@pytest.mark.parametrize("speakers", [4, 6])
def test_speaker_interval_covers_the_truth_about_as_often_as_it_says(speakers):
    covered, rng = 0, np.random.default_rng(1)
    for _ in range(200):
        rights = np.clip(rng.normal(0.6, 0.1, speakers), 0, 1)
        table = pd.DataFrame({"speaker": np.repeat([f"s{i:02}" for i in range(speakers)], 40), "emotion": "a"})
        table["clip"] = table.index.astype(str)
        table["predicted"] = np.where(rng.random(len(table)) < np.repeat(rights, 40), "a", "b")
        score = scores.score([table], resamples=400)
        covered += score.low <= 0.6 <= score.high
    assert 180 <= covered <= 199  # the percentiles alone: 165 and 174


def test_an_interval_ends_where_scores_end():
    table = frame(40, speakers=4, right=0.99)
    table["predicted"] = table["emotion"].where(table.index != 0, "d")
    score = scores.score([table])
    assert 0.8 < score.low < score.value < score.high <= 1
    worst = table.assign(predicted=np.where(table["emotion"] == "a", "b", "a"))
    assert -1 <= scores.difference([table], [worst]).low < -0.9


def test_score_over_seeds_is_their_mean_and_its_interval_holds_their_spread():
    tables = [frame(right=r, seed=1) for r in (0.3, 0.9)]
    score = scores.score(tables)
    assert score.value == pytest.approx(np.mean(score.seeds))
    assert score.low < min(score.seeds) + 0.1
    assert score.high > max(score.seeds) - 0.1


def test_paired_difference_is_narrower_than_two_intervals():
    a = frame(seed=3)
    b = a.assign(predicted=a["predicted"].where(a.index >= 15, a["emotion"]))
    difference = scores.difference([a], [b])
    assert difference.value == pytest.approx(scores.score([b]).value - scores.score([a]).value)
    assert difference.high - difference.low < 0.1
    with pytest.raises(SerReproError, match="same test clips"):
        scores.difference([a], [b.iloc[1:]])


def record(n=10, batch=4):
    rows = [[f"c{i}", "s0", "ab"[i % 2], 0.9 - 0.8 * (i % 2 if i < 8 else 1 - i % 2), 0.0] for i in range(n)]
    rows = [[*r[:3], r[3], round(1 - r[3], 5)] for r in rows]
    return {"run": "r", "config": {"settings": {"batch_size": batch}},
            "test": {"classes": ["a", "b"], "columns": ["clip", "speaker", "emotion", "p(a)", "p(b)"], "rows": rows,
                     "conditions": {"alone": [0] * n}}}


def test_the_documents_accuracy_drops_the_last_batch_above_the_line_only():
    assert scores.score([scores.table(record())]).value == 0.8  # the last two are wrong
    assert cnn_n_gru.printed_accuracy(record()) == 0.8
    assert cnn_n_gru.printed_accuracy(record(batch=3)) == 0.8
    assert cnn_n_gru.printed_accuracy(record(batch=7)) == 0.7


def test_a_condition_swaps_the_predictions_only():
    table = scores.condition(record(), "alone")
    assert set(table["predicted"]) == {"a"}
    with pytest.raises(SerReproError, match="no condition 'shuffled': it has alone"):
        scores.condition(record(), "shuffled")


def test_another_corpus_is_scored_on_what_both_have():
    rows = [["B/1", "B/x", "b", 0.5, 0.3, 0.2], ["B/2", "B/x", "c", 0.8, 0.05, 0.15],
            ["B/3", "B/y", "d", 0.1, 0.1, 0.8], ["B/4", "B/y", "c", 1.0, 0.0, 0.0]]
    one = record() | {"tested": {"B": {"classes": list("abc"), "rows": rows, "columns": [
        "clip", "speaker", "emotion", "p(a)", "p(b)", "p(c)"]}}}
    table = scores.table(one, "B")
    assert list(table) == ["clip", "speaker", "emotion", "p(b)", "p(c)", "predicted"]
    assert table["clip"].tolist() == ["B/1", "B/2", "B/4"]  # d is none of the model's
    assert table["p(b)"].tolist() == pytest.approx([0.6, 0.25, 0.0]) and table["predicted"].tolist() == ["b", "c", "b"]
    assert table["p(c)"].tolist() == pytest.approx([0.4, 0.75, 0.0])
    assert list(scores.table(one)["clip"]) == [f"c{i}" for i in range(10)]
    with pytest.raises(SerReproError, match="no tested corpus 'C': choose one of B"):
        scores.table(one, "C")


def test_nothing_to_score_and_unknown_score():
    with pytest.raises(SerReproError, match="no test clips"):
        scores.score([])
    with pytest.raises(SerReproError, match="no score 'f1'"):
        scores.score([frame()], "f1")




def test_the_recall_of_an_emotion_is_scikit_learns():
    tables = [frame(seed=seed) for seed in range(2)]
    for emotion in "abcd":
        found = scores.score(tables, f"recall of {emotion}")
        each = [recall_score(one["emotion"], one["predicted"], labels=[emotion], average="macro") for one in tables]
        assert found.seeds == pytest.approx(each) and found.low <= found.value <= found.high
        assert found.name == f"recall of {emotion}" and found.clips == (tables[0]["emotion"] == emotion).sum()
    with pytest.raises(SerReproError, match="no test clips to score"):
        scores.score(tables, "recall of e")


def test_validation_accuracy_is_the_best_of_any_epoch_with_wilsons_interval():
    def record(clips, *accuracy):
        return {"history": {"validation_accuracy": list(accuracy)}, "clips": {"validation": clips}}

    found = scores.validation([[record(200, 0.2, 0.5, 0.4)], [record(200, 0.3, 0.2, 0.1)]])
    assert found.seeds == (0.5, 0.3) and found.value == pytest.approx(0.4) and found.clips == 200
    expected = binomtest(80, 200).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-4)
    assert scores.validation([[record(100, 0.5), record(300, 0.1)]]).value == pytest.approx(0.2)
    with pytest.raises(SerReproError, match="a run that validates on nothing"):
        scores.validation([[{"history": {"train_accuracy": [1.0]}, "clips": {"validation": 0}}]])
