"""What the chapter on Issa et al. computes: steps, what runs say to the claim, and when a curve settles."""

import pytest

from ser_repro import datasets, documents
from ser_repro.documents import issa
from ser_repro.results.scores import Score
from ser_repro.runs.found import Found
from ser_repro.runs.run import Run

CLAIM = issa.CLAIMS[0]


def score(low, high):
    return Score("accuracy", (low + high) / 2, low, high, 100, ("speakers",), ())


def test_what_a_does_and_neither_reading_has_is_a_change_with_a_name():
    for reading in ("code", "paper"):
        values = documents.settings("issa", reading, "RAVDESS")
        assert (values["shuffle"], values["early_stopping"], values["patience"]) == (True, "none", 2)
        told = Run.of("issa", "RAVDESS", reading).config["settings"]
        assert not {"shuffle", "early_stopping", "patience"} & set(told)
    found = Found("issa", "results")
    assert found.difference("shuffle", False) == "clips never shuffled, as in A"
    assert found.difference("early_stopping", "restored") == "stopped early, best weights restored, as in A"


def test_half_the_batch_takes_twice_the_steps():
    assert issa.steps("paper") == 700 * 72 and issa.steps("code") == 700 * 36


@pytest.mark.parametrize(("shared", "new", "says"), [
    ((0.5, 0.6), (0.3, 0.4), "above both intervals, with shared and with new speakers (their accuracy is "
                             "16.6 points below it); accuracy with new speakers is 37 points below the claim"),
    ((0.6, 0.8), (0.3, 0.4), "above the interval with new speakers and within that with shared speakers"),
    ((0.8, 0.9), (0.3, 0.4), "above the interval with new speakers and below that with shared speakers"),
    ((0.8, 0.9), (0.7, 0.8), "within the interval with new speakers, so nothing measured here contradicts it"),
    ((0.8, 0.9), (0.8, 0.9), "below the interval with new speakers, so nothing measured here contradicts it; accuracy "
                             "with new speakers is 13 points above the claim")])
def test_what_runs_say_to_a_claim_of_new_speakers(shared, new, says):
    assert issa.independence(CLAIM, score(*shared), score(*new)).startswith(f"the claim is {says}")


def test_missing_runs_and_folds_are_said():
    assert issa.independence(CLAIM, score(0.5, 0.6), None) == (
        "with shared speakers 16.6 points below; with new speakers not yet run")
    assert issa.independence(CLAIM, None, score(0.7, 0.8), "2 of 6 folds") == (
        "with shared speakers not yet run; with new speakers 3.4 points above, within the interval (2 of 6 folds)")
    assert issa.independence(CLAIM, score(0.5, 0.6), score(0.3, 0.4), "2 of 6 folds").endswith(", on 2 of 6 folds only")


def test_a_curve_settles_where_its_running_mean_stays_close_to_its_end():
    epoch, end = issa.settles([0.0] * 10 + [0.5] * 90, window=5)
    assert (epoch, end) == (15, pytest.approx(0.5))
    assert issa.settles([0.5] * 30, window=5) == (5, pytest.approx(0.5))
    assert issa.settles([i / 100 for i in range(100)], window=5)[0] > 95


def test_other_corpora_are_trained_on_for_as_many_steps_as_ravdess():
    assert all(issa.as_long_as_ravdess(corpus) == {} for corpus in ("RAVDESS", "EMO-DB"))
    wanted = 700 * 45  # batches of 32 of 1440 clips
    for corpus in ("SAVEE", "EMOVO", "TESS", "CREMA-D"):
        batches = -(-datasets.get(corpus).n_clips // 32)
        epochs = issa.as_long_as_ravdess(corpus)["epochs"]
        assert epochs == pytest.approx(wanted / batches, abs=0.5)
    assert issa.as_long_as_ravdess("SAVEE") == {"epochs": 2100}
