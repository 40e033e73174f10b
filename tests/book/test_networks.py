"""Networks drawn from the models: every box, and what differs between the readings."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from ser_repro.book import experiments, networks


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def words(figure) -> list[list[str]]:
    """Texts of a figure, a list a row of boxes."""
    return [[text.get_text() for text in axis.texts] for axis in figure.axes]


def test_the_cnn_on_50_mfccs_shows_where_its_readings_differ():
    code, paper = words(networks.mfcc_cnn())
    assert "window 2048\nhop 552\n50 means" in code and "window 512\nhop 256\n50 means" in paper
    assert "then pool 2\n12 long" in code and "dropout 0.2\nthen pool 2\n13 long" in paper
    assert "from 384" in code and "from 416" in paper and "linear 8" in code


def test_issas_networks_shrink_in_the_code_and_keep_their_length_in_the_text():
    rows = words(networks.issa())
    assert [row[0] for row in rows] == ["figure", "", "RAVDESS,\npaper", "", "RAVDESS,\ncode", ""]
    assert "3072 values" in rows[1] and "3072 values" in rows[3] and "896 values" in rows[5]
    assert any(text.startswith("189 long\nbatch norm\nReLU") for text in rows[4])
    assert "linear 8" in rows[5] and "batch norm\nsoftmax" in rows[5] and "softmax" in rows[1]


def test_lengths_and_sizes_of_issas_networks():
    assert networks.issa_lengths("paper") == ([193, 193, 24, 24, 24, 24, 24], 128)
    assert networks.issa_lengths("code") == ([189, 185, 23, 19, 15, 11, 7], 128)
    assert networks.issa_sizes("ravdess", True)[0] == 3072 and networks.issa_sizes("ravdess", False)[0] == 896
    assert networks.issa_sizes("figure", True)[0] == 3072


def test_what_is_kept_is_what_the_models_say():
    kept = experiments.read("networks", "facts", Path(__file__).parents[2] / "results")
    assert kept == json.loads(json.dumps(networks.facts()))


def test_nothing_kept_asks_the_models(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(networks, "_kept", dict)
    assert networks.issa_sizes("ravdess", True)[0] == 3072 and networks.cnn_n_gru(3)["gru_layers"] == 3
