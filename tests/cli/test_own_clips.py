"""A person's own recordings, as they are typed in: what is said of them, and of what is trained on them."""

import json

import numpy as np
import pytest
import soundfile

from ser_repro import datasets

EMOTIONS = ("anger", "happiness", "neutral", "sadness")


@pytest.fixture(autouse=True)
def forgotten():
    """No corpus of one test is known to the next."""
    before = dict(datasets.CORPORA)
    yield
    datasets.CORPORA.clear()
    datasets.CORPORA.update(before)


def record(folder, names, rate=16000, seconds=0.3):
    """Noise under these names, all different."""
    rng = np.random.default_rng(0)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, rng.normal(0, 0.1, int(seconds * rate)).astype(np.float32), rate)


# ---- speakers who tell the emotion -------------------------------------------------------------------------------


@pytest.fixture
def each_one_emotion(tmp_path):
    """mine.csv: forty clips, of four speakers with one emotion each."""
    names = [f"{speaker}_{emotion}_{take}.wav" for speaker, emotion in zip("abcd", EMOTIONS, strict=True)
             for take in range(10)]
    record(tmp_path, names)
    rows = [f"{name},{name.split('_')[1]},{name[0]}" for name in names]
    (tmp_path / "mine.csv").write_text("\n".join(["path,emotion,speaker", *rows]))


def test_check_says_that_speakers_tell_the_emotion(type_in, each_one_emotion):
    code, out, lines = type_in("corpora", "check", "mine.csv")
    assert (code, lines) == (0, [])
    assert "told without listening (UAR, cross-validated; chance 25.0 %)" in out
    assert "    speaker alone: 100.0 %\n    level alone: no more than chance\n" in out
    assert ("the speaker alone nearly tells the emotion (UAR 100.0 %, chance 25.0 %): 4 of 4 speakers have one emotion "
            "each") in out
    assert "only one speaker has anger (a), happiness (b), neutral (c), sadness (d)" in out


def test_training_says_so_before_and_after_and_so_does_the_card(type_in, each_one_emotion, tmp_path):
    words = ("train", "mfcc_cnn", "mine.csv", "--epochs", 1, "--model", "m", "--protocol", "speaker")
    code, out, lines = type_in(*words)
    assert code == 0 and len(lines) == 3 and all(line.startswith("ser-repro: mine: ") for line in lines)
    assert "no training clip has anger: all 10 of 10 test clips that do can only be named wrong" in lines[1]
    assert "told without listening (UAR, guessing 25.0 %): speaker alone: 100.0 %" in out
    assert "But no training clip has anger" in out  # beside the score, which is 0
    page, told = (tmp_path / "m" / "README.md").read_text(), json.loads((tmp_path / "m" / "card.json").read_text())
    assert "## What the corpus gives away" in page and "| speaker | 100.0 % |" in page
    assert told["given_away"]["absent"] == {"anger": 10} and "the speaker alone nearly tells" in told["caution"]


def test_training_on_waveforms_knows_how_loud_clips_are(type_in, tmp_path):
    rng, rows = np.random.default_rng(0), ["path,emotion"]
    for take in range(40):
        name, emotion = f"{take}.wav", EMOTIONS[take % 2]
        soundfile.write(tmp_path / name, rng.normal(0, 0.2 if take % 2 else 0.05, 2000), 8000)
        rows.append(f"{name},{emotion}")
    (tmp_path / "mine.csv").write_text("\n".join(rows))
    code, _, lines = type_in("train", "cnn_n_gru", "mine.csv", "--n", 3, "--epochs", 1, "--model", "m", "--set",
                             "hidden_size=4")
    assert code == 0 and "the level alone nearly tells the emotion (UAR 100.0 %, chance 50.0 %)" in lines[0]
