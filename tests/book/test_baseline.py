"""What the baseline's chapter says of the networks: counts and verdict follow from the intervals."""

from types import SimpleNamespace

import pytest
from making import make_difference

from ser_repro import documents
from ser_repro.book import baseline, words
from ser_repro.runs.found import Found


def row(network, low, high, *, corpus="RAVDESS", split="new speakers", clips=1440, folds=""):
    difference = make_difference(low, high, family=7)
    return {"network": network, "reading": "code", "corpus": corpus, "split": split, "folds": folds, "clips": clips,
            "difference": difference}


@pytest.fixture
def versus(monkeypatch):
    """Differences that the chapter is to speak of."""
    rows = []
    monkeypatch.setattr(baseline, "versus", lambda page, *other, **changed: rows[:1] if changed else rows)
    return rows


def test_the_verdict_names_those_that_are_told_apart(versus):
    assert baseline.verdict(None).endswith("not yet run.")
    versus += [row("one", -0.08, -0.02), row("two", -0.02, 0.05, corpus="SAVEE"),
               row("three", 0.1, 0.2, split="shared speakers")]
    told = baseline.verdict(None)
    assert "of 2 comparisons, none shows the network ahead; 1 behind (one, code, RAVDESS: −5.0 points" in told
    assert told.endswith("p is corrected for the 7 differences that are shown together and have an interval (Holm).")
    versus += [row("four", 0.01, 0.03, corpus="SAVEE")]
    told = baseline.verdict(None)
    assert "1 shows the network ahead (four, code, SAVEE: +2.0 points [+1.0, +3.0; speakers]); 1 behind" in told


def test_a_row_of_some_folds_says_so(versus):
    versus += [row("one", -0.1, 0.1, clips=240, folds="1 of 6 folds"), row("two", -0.1, 0.1)]
    assert [told["clips"] for told in baseline.rows(None)] == ["240 (1 of 6 folds)", words.number(1440)]


def test_headlines_count_who_leads_and_range_over_whole_tests(versus, monkeypatch):
    page = SimpleNamespace(found=SimpleNamespace(told=lambda *a, **k: "", effects=list, drawn=lambda *a: None),
                           chance={"RAVDESS": 0.13},
                           document=documents.get("svm193"))
    monkeypatch.setattr(baseline, "_lead_of_draws", lambda page: "")
    monkeypatch.setattr(baseline, "_best", lambda page: "")
    versus += [row("one", -0.08, -0.02), row("two", 0.02, 0.04), row("few", 0.2, 0.4, clips=240, folds="1 of 6 folds")]
    told = baseline.headlines(page)
    assert told["above_speaker_penalty"] == "0 of 1" and told["penalty"] == "10 instead of 1"
    assert told["sentence_published"] == told["draws"] + "." == "not yet run."
    all_ = words.number(1440)
    assert told["sentence_speaker"] == (
        "1 of 2 readings of networks lead the SVM and 1 trails it by more than luck would make in so many "
        f"comparisons. The differences go from −5.0 points [−8.0, −2.0; speakers] (one, reading code, {all_} clips) to "
        "+3.0 points "
        f"[+2.0, +4.0; speakers] (two, reading code, {all_} clips). Their intervals reach 1 to 3 points either "
        "way. Not finished: few, reading code (1 of 6 folds, so far +30.0 "
        "points [+20.0, +40.0; speakers]).")


def test_the_sentence_says_how_wide_intervals_are():
    told = baseline.sentence([row("one", -0.01, 0.31), row("two", 0.02, 0.04), row("three", -0.2, -0.1)])
    assert "Their intervals reach 1 to 16 points either way" in told


def test_what_has_no_interval_or_not_every_fold_is_no_verdict(versus):
    versus += [row("one", -0.08, -0.02), row("two", 0.1, 0.2, folds="1 of 6 folds")]
    assert "of 1 comparisons, none shows the network ahead; 1 behind (one" in baseline.verdict(None)
    assert "; 1 more without every fold or without an interval is not counted; " in baseline.verdict(None)


def test_the_best_baseline_and_the_best_network_are_those_of_the_records():
    page = SimpleNamespace(found=Found("svm193", "results"))
    plain, _, network = baseline._best(page).partition("; of the networks ")
    for names, told in ((baseline.BASELINES, plain), (baseline.NETWORKS, network)):
        scores = [score for of in (Found(name, "results") for name in names) for reading in of.document.readings
                  if (score := of.score("RAVDESS", reading, "speaker"))]
        assert told.endswith(f"({max(scores, key=lambda one: one.value)})") and len(scores) > 1
    assert plain.startswith("of the plain baselines ")
    assert baseline._best(SimpleNamespace(found=Found("svm193", "nothing here"))) == "not yet run"


@pytest.mark.parametrize(("epochs", "seconds", "says"), [(0, 0.4, "fitted in 1 s"), (3, 600, "3 epochs in 10 min")])
def test_a_stamp_tells_how_long_it_took(epochs, seconds, says):
    record = {"run": "r", "config": {"seed": 2}, "history": {"train_loss": [1.0] * epochs}, "train_seconds": seconds,
              "split_hash": "s", "corpus_hash": "c" * 20, "device": "d", "finished": "2026-11-25T12:00"}
    assert f"seed 2, {says}, split s, corpus {'c' * 12}, d, 2026-11-25" in words.stamp(record)
