"""Augmentation: each kind does what it says, by lots that can be drawn again, and to training clips alone."""

import librosa
import numpy as np
import pytest

from ser_repro import SerReproError
from ser_repro.features import augmentation
from ser_repro.features.augmentation import Amounts, augment

RATE = 16000
TONE = (0.5 * np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE)).astype(np.float32)


@pytest.mark.parametrize("kind", augmentation.KINDS)
def test_the_same_clip_gets_the_same_copy(kind):
    one = augment(TONE, RATE, kind, seed=1, key="a")
    assert one.dtype == np.float32 and one.ndim == 1 and np.isfinite(one).all()
    np.testing.assert_array_equal(one, augment(TONE, RATE, kind, seed=1, key="a"))
    assert len(one) != len(TONE) or np.abs(one - TONE).max() > 1e-4
    if kind in ("noise", "shift"):
        assert np.abs(one - augment(TONE, RATE, kind, seed=1, key="b")).max() > 1e-4
        assert np.abs(one - augment(TONE, RATE, kind, seed=2, key="a")).max() > 1e-4


def test_noise_is_no_louder_than_said():
    loudest = max(np.std(augment(TONE, RATE, "noise", key=str(k)) - TONE) for k in range(50))
    assert 0.5 * 0.035 * 0.9 < loudest <= 0.5 * 0.035 * 1.05


def test_shift_loses_nothing():
    moved = augment(TONE, RATE, "shift", amounts=Amounts(shift_s=0.05))
    np.testing.assert_array_equal(np.sort(moved), np.sort(TONE))


def test_stretch_changes_length_and_pitch_does_not():
    assert len(augment(TONE, RATE, "stretch")) == pytest.approx(RATE / 0.8, rel=0.01)
    raised = augment(TONE, RATE, "pitch")
    assert len(raised) == len(TONE)
    heard = [np.median(librosa.yin(x, fmin=60, fmax=800, sr=RATE)) for x in (TONE, raised)]
    assert 12 * np.log2(heard[1] / heard[0]) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(("samples", "kind", "says"), [
    (TONE, "echo", "no augmentation 'echo': choose one of noise, shift"), (TONE[:, None], "noise", "one channel"),
    (TONE[:0], "shift", "one channel"), (TONE * np.nan, "pitch", "are numbers"),
])
def test_bad_input_is_refused(samples, kind, says):
    with pytest.raises(SerReproError, match=says):
        augment(samples, RATE, kind)
