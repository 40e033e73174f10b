"""What a reader can hear, and of whom nothing may be published."""

import base64
import io
import re

import numpy as np
import pytest
import soundfile

from ser_repro import datasets
from ser_repro.book import listening, one_sentence, show


@pytest.fixture
def shown(monkeypatch):
    page = []
    monkeypatch.setattr(show, "html_block", lambda code, key="": page.append(code))
    monkeypatch.setattr(show, "text", page.append)
    return page


def heard(code):
    return [soundfile.read(io.BytesIO(base64.b64decode(sound)))
            for sound in re.findall(r"data:audio/mpeg;base64,([^\"]+)", code)]


@pytest.mark.parametrize("kind", [np.int16, np.float32])
def test_a_player_plays_what_it_was_given_and_is_called_by_its_name(shown, kind):
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(32000) / 16000)
    samples = (tone * 32767).astype(kind) if kind is np.int16 else tone.astype(kind)
    listening.players({"<anger>": (samples[:, None], 16000)})
    (decoded, rate), = heard(shown[0])
    assert rate == 16000 and abs(len(decoded) - 32000) < 3000  # MP3 has whole frames only
    assert np.abs(np.fft.rfft(decoded)).argmax() / len(decoded) * rate == pytest.approx(440, abs=2)
    assert np.abs(decoded).max() == pytest.approx(0.3, abs=0.05)
    assert 'aria-label="synthetic &lt;anger&gt;"' in shown[0] and "Recordings" not in shown[0]


def test_recordings_are_credited(shown):
    listening.players({"calm": (np.zeros((16000, 1), np.int16), 16000)}, "RAVDESS")
    assert "CC BY-NC-SA 4.0" in shown[0] and "not for commercial use" in shown[0] and "synthetic" not in shown[0]


@pytest.mark.parametrize("corpus", sorted(datasets.CORPORA.keys() - listening.CREDITS.keys()))
def test_of_other_corpora_nothing_is_published_even_where_they_are(corpus, shown, monkeypatch):
    monkeypatch.setattr(listening.execution, "real", lambda data: [corpus])
    listening.beginnings(corpus, 1)
    one_sentence.players(one_sentence.Sentence({"anger": (np.zeros((9, 1), np.int16), 9)}, corpus, False, corpus))
    assert len(shown) == 2 and all("are not published here" in line for line in shown)


def test_without_the_corpus_a_line_says_so(shown, monkeypatch):
    monkeypatch.setattr(listening.execution, "real", lambda data: [])
    listening.quirks()
    listening.beginnings("RAVDESS", 1.07)
    assert len(shown) == len(listening.QUIRKS) + 1 and all("built where the corpus is" in line for line in shown)


def test_the_first_second_is_cut_from_the_whole(shown, real_corpus):
    data = real_corpus("RAVDESS")
    listening.beginnings("RAVDESS", 1.07, data=data)
    first, whole = (len(sound) / rate for sound, rate in heard(shown[0])[:2])
    assert first == pytest.approx(1.07, abs=0.1) and whole > 2.5
    assert len(shown[0]) < 1e6
