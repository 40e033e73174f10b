"""The CNN-BiGRU's own things: what its first frames hold, and stored experiments that are those of today's network."""

import numpy as np
import pandas as pd
import pytest

from ser_repro.book import experiments
from ser_repro.documents import cnn_bigru


def test_the_first_frames_of_clips_that_are_longer_shorter_and_silent():
    given = 100 * 512 / 48000
    clips = pd.DataFrame({"sample_rate": 48000, "duration_s": [4 * given, given / 2, given],
                          "silence_start_s": [given / 2, 0, given], "silence_end_s": [0.5 * given, 0, 0]})
    held = cnn_bigru.first_frames(clips)
    assert held["given_s"].tolist() == pytest.approx([given] * 3)
    assert held["kept"].tolist() == pytest.approx([0.25, 1, 1])
    assert held["silent"].tolist() == pytest.approx([0.5, 0, 1])
    assert held["heard"].tolist() == pytest.approx([1 / 6, 1, np.nan], nan_ok=True)
    assert held["padding"].tolist() == pytest.approx([0, 0.5, 0])


def test_the_stored_network_is_the_one_of_today():
    assert experiments.read("cnn_bigru", "network") == cnn_bigru.network()


def test_the_view_mixes_the_thirds_and_the_exchange_keeps_them_apart():
    found = experiments.read("cnn_bigru", "view")
    code, paper = np.array(found["code"]), np.array(found["paper"])
    assert code.sum(1) == pytest.approx(1) and paper.sum(1) == pytest.approx(1)
    assert np.ptp(code) < 0.02
    assert paper[0, 2] == paper[2, 0] == 0 and (paper.argmax(1) == [0, 1, 2]).all()


def test_the_stored_view_is_that_of_todays_network(monkeypatch):
    monkeypatch.setattr(cnn_bigru, "EXPERIMENT_STARTS", 1)
    stored, again = experiments.read("cnn_bigru", "view"), cnn_bigru.view()
    assert np.array(again["paper"]) == pytest.approx(np.array(stored["paper"]), abs=0.1)
    assert np.array(again["code"]) == pytest.approx(np.array(stored["code"]), abs=0.02)


def test_padding_is_far_from_sound_and_live_bands_lie_lower():
    stored, again = experiments.read("cnn_bigru", "features"), cnn_bigru.features()
    assert stored["clips"] == again["clips"]
    assert stored["loudness"] == pytest.approx(again["loudness"], rel=1e-3)
    assert stored["live_lower"] == pytest.approx(again["live_lower"])
