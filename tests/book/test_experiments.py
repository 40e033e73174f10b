"""Experiments kept as JSON: made by name, read back, and a line where one is unknown or damaged."""

import pytest

from ser_repro import SerReproError
from ser_repro.book import experiments
from ser_repro.documents import cnn_n_gru


def test_what_was_made_is_read_back_with_how(tmp_path, monkeypatch):
    monkeypatch.setitem(cnn_n_gru.EXPERIMENTS, "spread", cnn_n_gru._tess_counts)
    with pytest.raises(SerReproError, match=r"make it with `python -m ser_repro\.book\.experiments cnn_n_gru spread`"):
        experiments.read("cnn_n_gru", "spread", tmp_path)
    path = experiments.make("cnn_n_gru", "spread", tmp_path)
    assert path == tmp_path / "cnn_n_gru" / "experiments" / "spread.json"
    assert experiments.read("cnn_n_gru", "spread", tmp_path) == [list(row) for row in cnn_n_gru._tess_counts()]
    assert '"made_by": "ser_repro.documents.cnn_n_gru._tess_counts"' in path.read_text()


def test_an_unknown_experiment_is_one_line(tmp_path):
    with pytest.raises(SerReproError, match="no experiment of cnn_n_gru 'x': choose one of spread"):
        experiments.make("cnn_n_gru", "x", tmp_path)


def test_a_damaged_one_says_how_to_make_it_again(tmp_path):
    path = experiments.path("cnn_n_gru", "spread", tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(SerReproError, match=r"python -m ser_repro\.book\.experiments cnn_n_gru spread"):
        experiments.read("cnn_n_gru", "spread", tmp_path)
