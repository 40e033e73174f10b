"""CNN-n-GRU's own things: what its search draws, and its ways of feeding and counting test clips."""

import json
from pathlib import Path

import pytest

from ser_repro.documents import cnn_n_gru
from ser_repro.runs import search
from ser_repro.runs.run import Run

SEARCHES = sorted(Path("results/cnn_n_gru/search").glob("*.json"))


@pytest.mark.parametrize("path", SEARCHES, ids=lambda path: path.stem)
def test_the_stored_searches_tried_what_is_drawn_today(path):
    stored = json.loads(path.read_text())
    tried = [trial["settings"] for trial in stored["trials"]]
    assert search.draw("cnn_n_gru", stored["corpus"], len(tried)) == tried


def record(predicted, alone):
    """Six clips of two speakers and two emotions, batches of four."""
    rows = [[f"clip{i}", f"voice{i % 3}", "anger" if i < 3 else "sadness", *((1, 0) if guess == 0 else (0, 1))]
            for i, guess in enumerate(predicted)]
    conditions = {"state_reset": predicted, "shuffled": predicted, "alone": alone}
    return {"config": {"settings": {"batch_size": 4}}, "run": "made up", "test": {
        "columns": ["clip", "speaker", "emotion", "p(anger)", "p(sadness)"], "rows": rows,
        "classes": ["anger", "sadness"], "conditions": conditions}}


def test_the_last_incomplete_batch_is_left_out_above_the_line_but_not_below():
    one = record([0, 0, 0, 1, 1, 1], [0] * 6)
    assert cnn_n_gru.printed_accuracy(one) == pytest.approx(4 / 6)


def test_feeding_otherwise_is_told_as_changed_minus_unchanged():
    one = record([0, 0, 0, 1, 1, 1], [0] * 6)
    told = cnn_n_gru.fed_otherwise([[one]])
    assert told["shuffled"].value == told["state_reset"].value == 0
    assert told["alone"].value == pytest.approx(-0.5)
    assert list(told) == ["state_reset", "shuffled", "alone"]


def test_the_stored_spread_falls_from_layer_to_layer():
    found = json.loads(Path("results/cnn_n_gru/experiments/spread.json").read_text())["found"]
    assert (found["clips"], found["starts"]) == (cnn_n_gru.SPREAD_CLIPS, cnn_n_gru.SPREAD_STARTS)
    assert sorted(map(int, found["sizes"])) == sorted(cnn_n_gru.SIZES)
    for n, one in found["sizes"].items():
        assert len(one["spread"]) == len(one["gradient"]) == int(n)
        assert one["spread"] == sorted(one["spread"], reverse=True)


def test_what_was_found_on_ravdess_is_what_its_search_says():
    found = json.loads(Path("results/cnn_n_gru/search/ravdess-n3-code-published-fold0.json").read_text())
    assert found["chosen"] == cnn_n_gru.ON_RAVDESS
    told = Run.of("cnn_n_gru", "TESS", protocol="cross_corpus", n=3, tested=("RAVDESS",), **cnn_n_gru.elsewhere("TESS"))
    assert told.changed == {"sample_rate": 16000, "settings_from": "RAVDESS"} and not told.open
