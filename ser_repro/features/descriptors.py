"""What can be measured of a clip in every frame: mel, MFCC, chroma, contrast, tonnetz and the rest.

`Descriptors` says what there is. librosa defines it: `reference.Reference` asks librosa for each, and the classes under
`fast` give the same numbers in less time. All take the defaults of librosa 0.11 where a method's arguments say nothing:
a periodic Hann window as long as the FFT, frames centred, zeros beyond the ends.
"""

import abc
import functools
from collections.abc import Callable, Sequence
from typing import Self

import numpy as np

from ser_repro import SerReproError

N_FFT, HOP = 2048, 512
SHORTEST_TONNETZ = 64  # samples: below, nothing is left to halve for the lowest octave
SHORTEST_HARMONIC = 3 * HOP  # samples: of two or three frames SciPy's median filter gives what memory holds by chance


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


class Descriptors(abc.ABC):
    """Descriptors of one clip.

    Parameters
    ----------
    samples : array of float32, shape (time,), or callable(near=...) -> array
        One channel, full scale is 1; or what gives them when they are asked for, for the first time, exact or near
        (see `fast.resampling`).
    sample_rate : int
        In Hz.
    n_fft, hop : int
        In samples.

    Raises
    ------
    SerReproError
        If there is no sample, more than one channel, or a value that is no number.
    """

    def __init__(self, samples: np.ndarray | Callable[[bool], np.ndarray], sample_rate: int, n_fft: int = N_FFT,
                 hop: int = HOP):
        if not callable(samples):
            samples = self.samples = one_channel(samples)
        self._given = samples
        self.sample_rate, self.n_fft, self.hop = sample_rate, n_fft, hop

    @classmethod
    def of(cls, samples: Sequence, sample_rate: int, n_fft: int, hop: int) -> list[Self]:
        """Descriptors of several clips of one rate."""
        return [cls(one, sample_rate, n_fft, hop) for one in samples]

    def _ask(self, near: bool) -> np.ndarray:
        return self._given(near=near) if callable(self._given) else self._given

    @functools.cached_property
    def samples(self) -> np.ndarray:
        return self._ask(near=False)

    @staticmethod
    @abc.abstractmethod
    def resampled(samples: np.ndarray, sample_rate: int, rate: int, near: bool = False) -> np.ndarray:
        """Samples at another rate, in Hz, by soxr's high quality, librosa's default."""

    @abc.abstractmethod
    def mel(self, n_mels: int = 128, filter_rate: int | None = None) -> np.ndarray:
        """Power in mel bands, shape (n_mels, time).

        Parameters
        ----------
        filter_rate : int, optional
            Rate in Hz that the filterbank is made for; by default the clip's, as it should be.
        """

    @abc.abstractmethod
    def mfcc(self, n: int) -> np.ndarray:
        """First n mel-frequency cepstral coefficients of 128 bands, shape (n, time)."""

    @abc.abstractmethod
    def chroma(self) -> np.ndarray:
        """Energy in 12 pitch classes, each frame's greatest 1, shape (12, time)."""

    @abc.abstractmethod
    def contrast(self) -> np.ndarray:
        """Peaks over valleys in 7 bands, dB, shape (7, time)."""

    @abc.abstractmethod
    def tonnetz(self, harmonic: bool = False) -> np.ndarray:
        """Tonal centroids of the constant-Q chroma, shape (6, time).

        Parameters
        ----------
        harmonic : bool
            Of the harmonic part alone.

        Raises
        ------
        SerReproError
            If the clip has less than `SHORTEST_TONNETZ` samples, or `SHORTEST_HARMONIC`.
        """

    def _long_enough(self, harmonic: bool) -> None:
        shortest = SHORTEST_HARMONIC if harmonic else SHORTEST_TONNETZ
        if len(self.samples) < shortest:
            raise SerReproError(f"a clip of {len(self.samples)} samples is too short for tonnetz"
                                f"{' of its harmonic part' if harmonic else ''}: give at least {shortest}.")

    @abc.abstractmethod
    def zero_crossings(self) -> np.ndarray:
        """Share of samples at which the sign changes, shape (1, time)."""

    @abc.abstractmethod
    def rms(self) -> np.ndarray:
        """Root mean square, shape (1, time)."""

    @abc.abstractmethod
    def rolloff(self) -> np.ndarray:
        """Frequency below which 85 % of the magnitude lies, Hz, shape (1, time)."""

    @abc.abstractmethod
    def flatness(self) -> np.ndarray:
        """Geometric over arithmetic mean of the power, shape (1, time)."""

    @abc.abstractmethod
    def bandwidth(self) -> np.ndarray:
        """Spread of the spectrum around its centroid, Hz, shape (1, time)."""
