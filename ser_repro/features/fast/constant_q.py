"""Tonal centroids by way of a constant-Q transform, as librosa 0.11 computes them under `tonnetz`.

The transform goes down octave by octave: filters of the top one, then the samples at half the rate, and so on.
"""

import functools
from collections.abc import Callable

import numpy as np
import scipy.fft

from ser_repro.features.descriptors import HOP
from ser_repro.features.fast import resampling
from ser_repro.features.fast.banks import frames, hann
from ser_repro.features.fast.spectral import normalised

BINS, OCTAVES = 36, 7  # an octave, and octaves from C1 on
_C1_HZ = 440 * 2 ** ((24 - 69) / 12)
_HANN_BINS = 1.50018310546875  # equivalent noise bandwidth that librosa has for a Hann window


class Bank:
    """Wavelets of one octave in the frequency domain; of each, the least values that sum to 1 % are left out.

    Attributes
    ----------
    weights : sparse matrix of complex64, shape (wavelets, bins)
    bins : slice
        Bins that are not left out of all.
    n_fft : int
    """

    def __init__(self, hz: np.ndarray, rate: float, lengths: np.ndarray):
        import scipy.sparse

        self.n_fft = int(2.0 ** np.ceil(np.log2(max(lengths))))
        basis = np.zeros((len(hz), self.n_fft), np.complex64)
        for row, length, frequency in zip(basis, lengths, hz, strict=True):
            angles = np.arange(-length // 2, length // 2, dtype=float) * 2 * np.pi * frequency / rate
            first = (self.n_fft - len(angles)) // 2
            row[first:first + len(angles)] = normalised((np.cos(angles) + 1j * np.sin(angles)) * hann(len(angles)), 1)
        basis *= lengths[:, None] / float(self.n_fft)
        basis = scipy.fft.fft(basis, axis=1)[:, :self.n_fft // 2 + 1]
        size = np.abs(basis)
        ranked = np.sort(size, axis=1)
        enough = np.argmin(np.cumsum(ranked / size.sum(axis=1, keepdims=True), axis=1) < 0.01, axis=1)
        basis[size < ranked[np.arange(len(ranked)), enough][:, None]] = 0
        kept = np.flatnonzero(basis.any(axis=0))
        self.bins = slice(kept[0], kept[-1] + 1)
        self.weights = scipy.sparse.csr_matrix(basis[:, self.bins].astype(np.complex64))

    def __call__(self, samples: np.ndarray, hop: int) -> np.ndarray:
        """Of samples at the bank's rate, shape (wavelets, time)."""
        spectrum = scipy.fft.rfft(frames(samples, np.ones(self.n_fft), hop))
        return self.weights.dot(spectrum[:, self.bins].astype(np.complex64).T)


def transform(samples: np.ndarray, rate: int, tuning: float, apply: Callable = Bank.__call__) -> np.ndarray:
    """Constant-Q transform, complex, shape (252, time), as `librosa.cqt` computes it under `chroma_cqt`.

    Parameters
    ----------
    tuning : float
        In bins.
    apply : callable(bank, samples, hop) -> array, optional
        Where the filters are applied, if not here.
    """
    times = halvings(rate, tuning)
    hop = HOP >> times
    if times:
        samples = _lowered(samples, 2**times)
    known, scale = banks(rate / 2**times, tuning)
    octaves = []
    for octave, (bank, gain) in enumerate(known):
        octaves.append(apply(bank, samples, hop) * gain)
        if octave < len(known) - 1:
            hop //= 2
            samples = _lowered(samples, 2)
    length = min(octave.shape[1] for octave in octaves)
    stack = np.concatenate([octave[:, :length] for octave in reversed(octaves)])
    stack /= scale
    return stack


def chroma(size: np.ndarray) -> np.ndarray:
    """Of the magnitude of a constant-Q transform, each frame's greatest 1, shape (12, time)."""
    merge = BINS // 12
    classes = np.tile(np.roll(np.repeat(np.eye(12, dtype=np.float32), merge, axis=1), -(merge // 2), axis=1), OCTAVES)
    return normalised(classes @ size, np.inf)


def tonnetz(chroma: np.ndarray) -> np.ndarray:
    """Tonal centroids: fifths, minor and major thirds, two axes each; shape (6, time).

    C. Harte, M. Sandler, M. Gasser, "Detecting harmonic change in musical audio", AMCMM 2006.
    """
    angles = np.multiply.outer([7 / 6, 7 / 6, 3 / 2, 3 / 2, 2 / 3, 2 / 3], np.arange(12.0))
    angles[::2] -= 0.5  # a sine as a cosine
    radius = np.array([1, 1, 1, 1, 0.5, 0.5])[:, None]
    return (radius * np.cos(np.pi * angles)) @ normalised(chroma, 1)


@functools.lru_cache(128)
def frequencies(tuning: float) -> np.ndarray:
    """Centre of each filter, Hz, shape (252,)."""
    ratios = np.multiply.outer(2.0 ** np.arange(OCTAVES), 2.0 ** (np.arange(BINS) / BINS)).ravel()
    return ratios * (_C1_HZ * 2.0 ** (tuning / BINS))


@functools.lru_cache(128)
def relative_bandwidths(tuning: float) -> np.ndarray:
    """1 / Q of each filter."""
    logs = np.log2(frequencies(tuning))
    an_octave = np.concatenate([[1 / (logs[1] - logs[0])], 2 / (logs[2:] - logs[:-2]), [1 / (logs[-1] - logs[-2])]])
    return (2.0 ** (2 / an_octave) - 1) / (2.0 ** (2 / an_octave) + 1)


@functools.lru_cache(128)
def halvings(rate: int, tuning: float) -> int:
    """How often librosa halves the rate before it begins: as long as the highest filter stays well below."""
    cutoff = max(frequencies(tuning) * (1 + 0.5 * _HANN_BINS * relative_bandwidths(tuning)))
    by_rate = max(0, int(np.ceil(np.log2(rate / 2 / cutoff)) - 1) - 1)
    twos = (HOP & -HOP).bit_length() - 1
    return min(by_rate, max(0, twos - OCTAVES + 1))


@functools.lru_cache(128)
def banks(rate: float, tuning: float) -> tuple[list[tuple[Bank, np.float32]], np.ndarray]:
    """Filters and gain of each octave from the top, and what the transform is divided by.

    Halving the rate for each octave makes their filters alike: they are built again only where rounding makes one a
    sample longer.
    """
    hz = frequencies(tuning)
    lengths = 1.0 / relative_bandwidths(tuning) * rate / hz
    q = lengths * hz / rate
    found, known = [], {}
    for octave in range(OCTAVES):
        part = slice(len(hz) - BINS * (octave + 1), len(hz) - BINS * octave)
        own = 1.0 / (1 / q[part]) * (rate / 2**octave) / hz[part]
        edges = (*np.floor(-own // 2), *np.ceil(own // 2))
        if edges not in known:
            known[edges] = Bank(hz[part], rate / 2**octave, own)
        found.append((known[edges], np.float32(np.sqrt(2.0**octave))))
    return found, np.sqrt(lengths)[:, None]


def _lowered(samples: np.ndarray, times: int) -> np.ndarray:
    """Samples at so many times lower a rate, of the same power."""
    found = resampling.exact(samples, times, 1)
    found /= np.sqrt(1 / times)  # in double precision, as librosa: in digital silence little but rounding is left
    return found
