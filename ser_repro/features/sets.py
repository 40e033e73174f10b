"""Feature sets: what a document computes of a clip, as data, and the clip they are computed of.

A set is a `FeatureSet` in a module of its own that registers it; `names()` lists them. Its `compute` is written once,
against a `Clip`; whether librosa or the fast path answers is the clip's affair, so both compute the same thing by
construction.
"""

import functools
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from ser_repro import SerReproError
from ser_repro.datasets import audio

PATHS = ("fast", "torch", "reference")
VERSION = 4  # of the computing: a change of values that no definition shows makes what is stored void
AGREE = 1e-4  # that the two may differ by at most, see `differences`


def one_channel(samples: np.ndarray) -> np.ndarray:
    """Samples as float32, shape (time,).

    Raises
    ------
    SerReproError
        If there is no sample, more than one channel, or a value that is no number.
    """
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1 or not len(samples):
        raise SerReproError(f"samples of shape {samples.shape} are no clip of one channel: give shape (time,).")
    if not np.isfinite(samples).all():
        raise SerReproError("samples hold values that are not numbers: read the clip again, all are numbers there.")
    return np.ascontiguousarray(samples)


class _Sound:
    """Samples of one channel, and what they are at other rates."""

    def __init__(self, samples: np.ndarray, sample_rate: int, resampled: Callable):
        self.samples, self.sample_rate, self.resampled = samples, sample_rate, resampled
        self._known: dict = {}

    def at(self, rate: int | None, start_s: float = 0, duration_s: float | None = None,
           near: bool = False) -> np.ndarray:
        wanted = (rate, start_s, duration_s, near)
        if wanted not in self._known:
            start = int(start_s * self.sample_rate)
            end = None if duration_s is None else start + int(duration_s * self.sample_rate)
            part = self.samples[start:end]
            if rate not in (None, self.sample_rate) and len(part):
                part = self.resampled(part, self.sample_rate, rate, near)
            self._known[wanted] = part
        return self._known[wanted]


class Clip:
    """One clip and what has been computed of it so far, shared by all sets that ask.

    Parameters
    ----------
    samples : array, shape (time, channel) or (time,)
        int16, or floating point in -1..1. Channels are averaged, as librosa does.
    sample_rate : int
        In Hz.
    path : "fast", "torch" or "reference"
        librosa; the same numbers faster; or those in batches on torch, on a GPU where there is one.
    key : str
        Hash of the samples; from it comes whatever a set draws by lot.

    Raises
    ------
    SerReproError
        If there is no sample, or a value that is no number.
    """

    def __init__(self, samples: np.ndarray, sample_rate: int, *, path: str = "fast", key: str = ""):
        from ser_repro.features import batched, descriptors

        if path not in PATHS:
            raise SerReproError(f"no path {path!r}: choose one of {', '.join(PATHS)}.")
        samples = np.asarray(samples)
        if samples.ndim not in (1, 2) or not samples.size:
            raise SerReproError(f"samples of shape {samples.shape} are no clip: give shape (time, channel).")
        scaled = audio.as_float(samples)
        self.samples = one_channel(scaled.reshape(-1) if scaled.size == len(scaled) else np.mean(scaled, axis=1))
        self.sample_rate, self.path, self.key = sample_rate, path, key
        # What is computed of a clip must not hold the clip: memory then is free as soon as the clip is let go of.
        self._kind = {"fast": descriptors.Fast, "torch": batched.Batched, "reference": descriptors.Reference}[path]
        self._sound = _Sound(self.samples, sample_rate, self._kind.resampled)
        self._mates: list[Clip] = []
        self._described: dict = {}
        self._else: dict = {}

    def at(self, rate: int | None, start_s: float = 0, duration_s: float | None = None,
           near: bool = False) -> np.ndarray:
        """Samples at a rate in Hz (None: the clip's own), cut before they are resampled, as `librosa.load` does.

        Parameters
        ----------
        near : bool
            To rounding will do; see `resampling`.
        """
        return self._sound.at(rate, start_s, duration_s, near)

    def described(self, rate: int | None = None, n_fft: int = 2048, hop: int = 512, samples: np.ndarray | None = None):
        """Descriptors of the clip at a rate, or of other samples at that rate."""
        if samples is not None:
            return self._kind(samples, rate, n_fft, hop)
        wanted = (rate, n_fft, hop)
        if wanted not in self._described:
            own = rate or self.sample_rate
            mates = [mate for mate in self._mates or [self] if (rate or mate.sample_rate) == own]
            found = self._kind.of([functools.partial(mate._sound.at, rate) for mate in mates], own, n_fft, hop)
            for mate, descriptors in zip(mates, found, strict=True):
                mate._described[wanted] = descriptors
        return self._described[wanted]

    def once(self, name: str, compute: Callable[[list["Clip"]], list[np.ndarray]]) -> np.ndarray:
        """What `compute` gives of the clip, computed for the first of the sets that ask for it by that name.

        `compute` takes clips that are computed together.
        """
        if name not in self._else:
            mates = self._mates or [self]
            for mate, value in zip(mates, compute(mates), strict=True):
                mate._else[name] = value
        return self._else[name]

    def join(self, clips: list["Clip"]) -> None:
        """Be computed together with others, which this clip is among; until that list is cleared."""
        self._mates = clips


@dataclass(frozen=True)
class FeatureSet:
    """A feature set of a document, in one reading.

    Attributes
    ----------
    name : str
    definition : dict
        Everything that a value depends on: rates in Hz, lengths in samples, order. Its hash names cached values.
    compute : callable(clip) -> array
    values : tuple of str
        Names of the values in order, of a set of one value a clip each; empty for sets with a time axis.
    shape : str
        Shape of what comes out, in words.
    source : str
        Where the definition is from, and what it leaves open.
    """

    name: str
    definition: dict
    compute: Callable[[Clip], np.ndarray]
    shape: str
    source: str
    values: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """Of the name and the definition."""
        return hashlib.sha256(json.dumps([self.name, self.definition], sort_keys=True).encode()).hexdigest()[:16]


SETS: dict[str, FeatureSet] = {}


def register(feature_set: FeatureSet) -> FeatureSet:
    """Make a set known by its name.

    Raises
    ------
    SerReproError
        If the name is taken.
    """
    if feature_set.name in SETS:
        raise SerReproError(f"a feature set named {feature_set.name} is registered already: give it another name.")
    SETS[feature_set.name] = feature_set
    return feature_set


def get(name: str | FeatureSet) -> FeatureSet:
    """The set of that name.

    Raises
    ------
    SerReproError
        If there is none.
    """
    if isinstance(name, FeatureSet):
        return name
    if name not in SETS:
        raise SerReproError(f"no feature set {name!r}: choose one of {', '.join(sorted(SETS))}.")
    return SETS[name]


def differences(one: FeatureSet, value: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    """How far a clip's values are from the reference's, of each descriptor that a set strings together.

    The greatest absolute difference among the descriptor's values (all MFCCs, all mel bands, ..., over time), divided
    by the greatest absolute value that the reference has among them in this clip: so it is relative to the whole
    descriptor, and a value near zero need not agree to as many digits. Below 1e-6 that divisor stays 1e-6.

    Returns
    -------
    dict
        By descriptor; of a set that is one of them, by the set's name.

    Raises
    ------
    SerReproError
        If the two differ in shape.
    """
    if value.shape != reference.shape:
        raise SerReproError(f"values of {one.name} are of shape {value.shape}, the reference's of {reference.shape}: "
                            "they cannot be compared.")
    parts: dict[str, list[int]] = {}
    for i, name in enumerate(one.values):
        parts.setdefault(re.sub(r"[ (][\d,]+\)?$", "", name), []).append(i)
    return {name: float(np.abs(value[rows] - reference[rows]).max(initial=0)
                        / max(np.abs(reference[rows]).max(initial=0), 1e-6))
            for name, rows in (parts or {one.name: slice(None)}).items()}


def spread(parts: dict[str, int]) -> tuple[str, ...]:
    """Names of values: {"mfcc": 2, "rms": 1} gives mfcc 1, mfcc 2, rms."""
    return tuple(f"{name} {i + 1}" if count > 1 else name for name, count in parts.items() for i in range(count))


@dataclass(frozen=True)
class Means:
    """Time means of some descriptors, one after the other.

    Parameters
    ----------
    sample_rate, n_fft, hop : int
        In Hz and samples.
    parts : tuple of (name, count)
        Descriptors in order, of `MEANS`, with the number of values of each.
    """

    sample_rate: int
    n_fft: int
    hop: int
    parts: tuple[tuple[str, int], ...]

    @property
    def definition(self) -> dict:
        return asdict(self) | {"kind": "means"}

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        return spread(dict(self.parts))

    def __call__(self, clip: Clip) -> np.ndarray:
        described = clip.described(self.sample_rate, self.n_fft, self.hop)
        return np.concatenate([MEANS[name](described, count).mean(axis=1) for name, count in self.parts]).astype(
            np.float32)


MEANS: dict[str, Callable] = {
    "mfcc": lambda d, n: d.mfcc(n),
    "mel": lambda d, n: d.mel(n),
    "chroma": lambda d, n: d.chroma(),
    "contrast": lambda d, n: d.contrast(),
    "tonnetz": lambda d, n: d.tonnetz(),
    "tonnetz, harmonic": lambda d, n: d.tonnetz(harmonic=True),
    "zero crossings": lambda d, n: d.zero_crossings(),
    "rms": lambda d, n: d.rms(),
    "roll-off": lambda d, n: d.rolloff(),
    "flatness": lambda d, n: d.flatness(),
    "bandwidth": lambda d, n: d.bandwidth(),
}
"""Descriptors that a set can take the time mean of: of (descriptors, number of values), shape (values, time)."""
