"""Altered copies of clips for training: noise, shift, stretch and pitch, as the CREMA-D study names them.

The report says which kinds it used, not how much of each: the amounts here are customary ones, named so. Which clips
are copied is decided elsewhere (`Copies` in `ser_repro.documents.base`): a copy of a test clip among the training clips
is the quickest way to 99 %.
"""

from dataclasses import dataclass

import numpy as np

from ser_repro.features.descriptors import one_channel
from ser_repro.files import one_of


@dataclass(frozen=True)
class Amounts:
    """How much is altered; customary values, as the document gives none.

    Attributes
    ----------
    noise : float
        Deviation of the white noise, at most this share of the clip's greatest amplitude (drawn evenly from 0 to it).
    shift_s : float
        The clip is turned round by up to this many s, either way: what leaves at one end comes in at the other.
    stretch : float
        Tempo; below 1 is slower.
    semitones : float
        Pitch is raised by so much.
    """

    noise: float = 0.035
    shift_s: float = 0.1
    stretch: float = 0.8
    semitones: float = 2.0


def noise(samples: np.ndarray, sample_rate: int, amounts: Amounts, rng: np.random.Generator) -> np.ndarray:
    deviation = amounts.noise * rng.uniform() * np.abs(samples).max(initial=0)
    return samples + deviation * rng.normal(size=len(samples))


def shift(samples: np.ndarray, sample_rate: int, amounts: Amounts, rng: np.random.Generator) -> np.ndarray:
    return np.roll(samples, int(rng.uniform(-amounts.shift_s, amounts.shift_s) * sample_rate))


def stretch(samples: np.ndarray, sample_rate: int, amounts: Amounts, rng: np.random.Generator) -> np.ndarray:
    from ser_repro.features.compiled import librosa

    return librosa.effects.time_stretch(samples, rate=amounts.stretch)


def pitch(samples: np.ndarray, sample_rate: int, amounts: Amounts, rng: np.random.Generator) -> np.ndarray:
    from ser_repro.features.compiled import librosa

    return librosa.effects.pitch_shift(samples, sr=sample_rate, n_steps=amounts.semitones)


KINDS = {"noise": noise, "shift": shift, "stretch": stretch, "pitch": pitch}


def augment(samples: np.ndarray, sample_rate: int, kind: str, *, seed: int = 0, key: str = "",
            amounts: Amounts | None = None) -> np.ndarray:
    """An altered copy of a clip.

    Parameters
    ----------
    samples : array of float32, shape (time,)
        One channel, full scale is 1.
    sample_rate : int
        In Hz.
    kind : str
        One of `KINDS`.
    seed, key
        What is drawn by lot depends on these and the kind alone: the same clip (`key`) gets the same copy, whatever
        else is copied.

    Returns
    -------
    array of float32, shape (time,); longer or shorter under stretch.

    Raises
    ------
    SerReproError
        For an unknown kind, or samples that are not one channel of numbers.
    """
    one_of(kind, KINDS, "augmentation")
    samples = one_channel(samples)
    rng = np.random.default_rng([seed, *f"{kind}/{key}".encode()])
    return KINDS[kind](samples, sample_rate, amounts or Amounts(), rng).astype(np.float32)
