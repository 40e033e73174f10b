"""Window, frames and filterbanks: what librosa 0.11 builds with its defaults, and how bands are summed."""

import functools

import numpy as np

from ser_repro.features.fast.spectral import normalised

_TOGETHER = 16  # mel bands: their triangles overlap, so that a product of matrices has few zeros in it
_MEL_HZ, _KNEE_HZ = 200 / 3, 1000  # a mel, up to where the scale is linear (Slaney's)
_MEL_STEP = np.log(6.4) / 27  # above


@functools.lru_cache(512)
def hann(length: int) -> np.ndarray:
    """Periodic Hann window, float64, bit for bit as `scipy.signal.get_window` gives it (which takes 2 s to import)."""
    if length == 1:
        return np.ones(1)
    return 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, length + 1)[:-1])


def frames(samples: np.ndarray, window: np.ndarray, hop: int) -> np.ndarray:
    """Windowed frames around every `hop`-th sample, zeros beyond the ends.

    Parameters
    ----------
    samples : array of float32, shape (time,)
    window : array of float32 or float64, shape (n_fft,)
    hop : int

    Returns
    -------
    array, shape (1 + time // hop, n_fft), in the window's precision
    """
    padded = np.pad(samples, len(window) // 2)
    return np.lib.stride_tricks.sliding_window_view(padded, len(window))[::hop] * window


# ---- mel ---------------------------------------------------------------------------------------------------------


def mel_edges(count: int, highest_hz: float) -> np.ndarray:
    """Frequencies in Hz, shape (count,), evenly spaced on Slaney's mel scale from 0 on."""
    knee = _KNEE_HZ / _MEL_HZ
    highest = highest_hz / _MEL_HZ if highest_hz < _KNEE_HZ else knee + np.log(highest_hz / _KNEE_HZ) / _MEL_STEP
    mels = np.linspace(0, highest, count)
    hz = _MEL_HZ * mels
    above = mels >= knee
    hz[above] = _KNEE_HZ * np.exp(_MEL_STEP * (mels[above] - knee))
    return hz


@functools.lru_cache(16)
def mel_bank(rate: int, n_fft: int, n_mels: int) -> np.ndarray:
    """Triangles of equal area, float32, shape (n_mels, n_fft / 2 + 1), as `librosa.filters.mel`."""
    edges = mel_edges(n_mels + 2, rate / 2)
    width = np.diff(edges)[:, None]
    slope = np.subtract.outer(edges, np.fft.rfftfreq(n_fft, 1 / rate))
    bank = np.maximum(0, np.minimum(-slope[:-2] / width[:-1], slope[2:] / width[1:])).astype(np.float32)
    bank *= (2 / (edges[2:] - edges[:-2]))[:, None]
    return bank


@functools.lru_cache(16)
def _mel_blocks(rate: int, n_fft: int, n_mels: int) -> list[tuple[slice, slice, np.ndarray]]:
    """Bands, the bins that count in any of them, and their weights."""
    bank, blocks = mel_bank(rate, n_fft, n_mels), []
    for first in range(0, n_mels, _TOGETHER):
        bands = slice(first, min(first + _TOGETHER, n_mels))
        used = np.flatnonzero(bank[bands].any(axis=0))
        bins = slice(used[0], used[-1] + 1) if len(used) else slice(0, 0)
        blocks.append((bands, bins, np.ascontiguousarray(bank[bands, bins])))
    return blocks


def mel_powers(spectrum: np.ndarray, rate: int, n_fft: int, n_mels: int) -> np.ndarray:
    """Power in mel bands, float32, shape (n_mels, time), of a complex spectrum of shape (time, n_fft / 2 + 1)."""
    power = (spectrum.real**2 + spectrum.imag**2).T
    out = np.empty((n_mels, power.shape[1]), np.float32)
    for bands, bins, weights in _mel_blocks(rate, n_fft, n_mels):
        np.matmul(weights, power[bins], out=out[bands])
    return out


# ---- chroma ------------------------------------------------------------------------------------------------------


def octaves(hz: np.ndarray, tuning: float = 0.0) -> np.ndarray:
    """Octaves above 27.5 Hz, of a scale that is tuned by so many twelfths of an octave."""
    return np.log2(hz / (440 * 2.0 ** (tuning / 12) / 16))


# Tuning is told in hundredths of a bin, so there are no more than a hundred of each.
@functools.lru_cache(128)
def chroma_bank(rate: int, n_fft: int, tuning: float) -> np.ndarray:
    """Bumps around the 12 pitch classes, from C on, float32, shape (12, n_fft / 2 + 1), as `librosa.filters.chroma`."""
    semitones = 12 * octaves(np.linspace(0, rate, n_fft, endpoint=False)[1:], tuning)
    semitones = np.concatenate([[semitones[0] - 18], semitones])  # the bin at 0 Hz has none of its own
    width = np.concatenate([np.maximum(np.diff(semitones), 1), [1]])
    apart = np.remainder(np.subtract.outer(semitones, np.arange(12.0)).T + 6 + 120, 12) - 6
    weights = normalised(np.exp(-0.5 * (2 * apart / width)**2), 2)
    weights *= np.exp(-0.5 * ((semitones / 12 - 5) / 2)**2)  # what is far from the fifth octave counts less
    return np.ascontiguousarray(np.roll(weights, -3, axis=0)[:, :n_fft // 2 + 1], np.float32)
