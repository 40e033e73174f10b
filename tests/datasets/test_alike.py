"""Copies of a recording are told from other takes."""

import numpy as np
import pytest
import soundfile

from ser_repro import SerReproError, datasets
from ser_repro.datasets import alike


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """Four clips, and the first of them with noise, softer, shifted, and at another rate; the place of each."""
    folder = tmp_path_factory.mktemp("alike")
    names = datasets.demo.choose("RAVDESS").drop_duplicates("speaker")["clip"].tolist()[:4]
    made = {name: datasets.synthesise("RAVDESS", name, sample_rate=16000, duration_s=1.0)[0][:, 0] / 2**15
            for name in names}
    first, rng = made[names[0]], np.random.default_rng(0)
    made |= {"noisy": first + 0.1 * first.std() * rng.normal(size=len(first)), "soft": 0.2 * first,
             "shifted": np.concatenate([np.zeros(3000), first])}
    for name, wave in made.items():
        soundfile.write(folder / f"{name}.wav", wave, 16000)
    soundfile.write(folder / "slower header.wav", first[::2], 8000)
    paths = [str(folder / f"{name}.wav") for name in (*made, "slower header")]
    return alike.hear_all(paths), [*made, "slower header"]


def test_copies_are_found_and_other_takes_are_not(spoken):
    heard, names = spoken
    found = alike.pairs([one.wave for one in heard], list(range(len(heard))))
    copies = {0, *range(4, len(names))}
    assert {i for pair in found for i in pair} == copies
    assert all(set(pair) <= copies for pair in found)
    assert len({one.content for one in heard}) == len(heard)


def test_clips_of_one_side_are_not_compared(spoken):
    heard, _ = spoken
    assert alike.pairs([one.wave for one in heard], [0] * len(heard)) == []
    assert alike.pairs([], []) == []


def test_silence_is_like_nothing():
    silent = np.zeros(4000, np.float16)
    assert alike.correlation(silent, silent) == 0.0
    assert alike.pairs([silent, silent], [0, 1]) == []


def test_a_file_that_is_no_audio_gives_its_error(tmp_path):
    (tmp_path / "no.wav").write_text("no audio")
    assert isinstance(alike.hear_all([str(tmp_path / "no.wav")])[0], SerReproError)
