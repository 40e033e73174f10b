"""Feature sets: what a document computes of a clip, as data.

A set is a `FeatureSet` in a module of its own that registers it; `SETS` holds them. Its `compute` is written once,
against a `clip.Clip`; whether librosa or the fast path answers is the clip's affair, so both compute the same thing by
construction. Sets from outside the package are registered in the same way.
"""

import functools
import importlib.util
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from ser_repro import SerReproError
from ser_repro.features.noise import with_floor
from ser_repro.files import digest, one_of
from ser_repro.plugins import Registry

VERSION = 4  # of the computing: a change of values that no definition shows makes what is stored void
AGREE = 1e-4  # that two paths may differ by at most, see `differences`


class MissingExtra(SerReproError):
    """What a feature set is computed with is not installed."""


@dataclass(frozen=True)
class Extra:
    """A package that a feature set is computed with and that is installed only where somebody asks for it.

    Attributes
    ----------
    module : str
        As it is imported.
    name : str
        The extra of this package that installs it.
    told : str
        What it is, with its licence, for a reader.
    """

    module: str
    name: str
    told: str


@dataclass(frozen=True)
class FeatureSet:
    """A feature set of a document, in one reading.

    Attributes
    ----------
    name : str
    definition : dict
        Everything that a value depends on: rates in Hz, lengths in samples, order. Its hash names cached values.
    compute : callable(clip) -> array
        Of a `clip.Clip`.
    values : tuple of str
        Names of the values in order, of a set of one value a clip each; empty for sets with a time axis.
    shape : str
        Shape of what comes out, in words.
    source : str
        Where the definition is from, and what it leaves open.
    extra : Extra, optional
        What computing needs beside what is always installed.
    """

    name: str
    definition: dict
    compute: Callable
    shape: str
    source: str
    values: tuple[str, ...] = ()
    extra: Extra | None = None

    def require(self) -> None:
        """Raise a MissingExtra where its values can't be computed here."""
        if self.extra and importlib.util.find_spec(self.extra.module) is None:
            raise MissingExtra(f"feature set {self.name} is computed with {self.extra.told}, which is not installed: "
                               f"pip install -e '.[{self.extra.name}]'.")

    @property
    def hash(self) -> str:
        """Of the name and the definition."""
        return digest([self.name, self.definition], 16)


SETS: dict[str, FeatureSet] = Registry("feature set")
register = SETS.register


def get(name: str | FeatureSet) -> FeatureSet:
    """The set of that name.

    Raises
    ------
    SerReproError
        If there is none.
    """
    if isinstance(name, FeatureSet):
        return name
    return SETS[one_of(name, sorted(SETS), "feature set")]


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
    noise : float
        Amplitude of the noise that is added first; see `noise`.
    """

    sample_rate: int
    n_fft: int
    hop: int
    parts: tuple[tuple[str, int], ...]
    noise: float = 0

    @property
    def definition(self) -> dict:
        told = asdict(self) | {"kind": "means"}
        if not self.noise:
            del told["noise"]  # sets without it have the name that their stored values have
        return told

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        return spread(dict(self.parts))

    def __call__(self, clip) -> np.ndarray:
        noisy = with_floor(clip.at(self.sample_rate), self.noise) if self.noise else None
        described = clip.described(self.sample_rate, self.n_fft, self.hop, noisy)
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
