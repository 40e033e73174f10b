"""Small steps between a spectrum and a descriptor, as librosa 0.11 takes them with its defaults.

Spectra are magnitudes, shape (frequency, time), unless a function says otherwise.
"""

import numpy as np

_LEAST_POWER = 1e-10
_RANGE_DB = 80  # below the greatest value of a clip, decibels end
_ROLLED = 0.85  # share of the magnitude below the roll-off
_CONTRAST_HZ, _CONTRAST_BANDS = 200, 6  # first edge, and octaves above it
_CONTRAST_SHARE = 0.02  # of a band's bins that are its peaks, and its valleys


def normalised(values: np.ndarray, norm: float) -> np.ndarray:
    """Columns divided by their norm, in double precision; those whose norm is next to nothing stay as they are."""
    size = np.abs(values).astype(float)
    if norm == np.inf:
        length = size.max(axis=0, keepdims=True)
    else:
        length = np.sum(size**norm, axis=0, keepdims=True)**(1 / norm)
    length[length < np.finfo(values.dtype).tiny] = 1
    return (values / length).astype(values.dtype)


def decibels(power: np.ndarray) -> np.ndarray:
    """10 log10 of powers, at most 80 dB below the greatest; as `librosa.power_to_db`."""
    found = 10 * np.log10(np.maximum(_LEAST_POWER, power))
    return np.maximum(found, found.max() - _RANGE_DB)


def frequencies(rate: float, n_fft: int) -> np.ndarray:
    """Of the bins, Hz."""
    return np.fft.rfftfreq(n_fft, 1 / rate)


def contrast(magnitude: np.ndarray, rate: int, n_fft: int) -> np.ndarray:
    """Peaks over valleys in 7 bands, dB, as `librosa.feature.spectral_contrast`."""
    hz = frequencies(rate, n_fft)
    edges = np.concatenate([[0], _CONTRAST_HZ * 2.0 ** np.arange(_CONTRAST_BANDS + 1)])
    valley, peak = (np.zeros((_CONTRAST_BANDS + 1, magnitude.shape[1])) for _ in range(2))
    for band in range(_CONTRAST_BANDS + 1):
        inside = np.flatnonzero((hz >= edges[band]) & (hz <= edges[band + 1]))
        # A band begins one bin early and, but for the last, ends one early; the last reaches to the end.
        first = inside[0] - (band > 0)
        end = inside[-1] + 1 if band < _CONTRAST_BANDS else len(hz)
        few = max(int(np.rint(_CONTRAST_SHARE * (end - first))), 1)
        rows = np.arange(first, end - (band < _CONTRAST_BANDS))  # an index, not a slice: sums keep librosa's order
        ranked = np.sort(magnitude[..., rows, :], axis=0)
        valley[band], peak[band] = ranked[:few].mean(axis=0), ranked[-few:].mean(axis=0)
    return decibels(peak) - decibels(valley)


def rolloff(magnitude: np.ndarray, rate: int, n_fft: int) -> np.ndarray:
    """Frequency below which 85 % of the magnitude lies, Hz, shape (1, time)."""
    total = np.cumsum(magnitude, axis=0)
    reached = total >= _ROLLED * total[-1]
    return frequencies(rate, n_fft)[reached.argmax(axis=0)][None]


def flatness(magnitude: np.ndarray) -> np.ndarray:
    """Geometric over arithmetic mean of the power, shape (1, time)."""
    power = np.maximum(_LEAST_POWER, magnitude**2.0)
    return np.exp(np.mean(np.log(power), axis=0, keepdims=True)) / np.mean(power, axis=0, keepdims=True)


def bandwidth(magnitude: np.ndarray, rate: int, n_fft: int) -> np.ndarray:
    """Root mean square distance of the spectrum from its centroid, Hz, shape (1, time)."""
    hz, share = frequencies(rate, n_fft)[:, None], normalised(magnitude, 1)
    centroid = np.sum(hz * share, axis=0, keepdims=True)
    return np.sum(share * np.abs(hz - centroid)**2, axis=0, keepdims=True)**0.5


def rms(samples: np.ndarray, n_fft: int, hop: int) -> np.ndarray:
    """Root mean square of centred frames, zeros beyond the ends, shape (1, time)."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, n_fft // 2), n_fft)[::hop]
    return np.sqrt(np.mean(np.square(frames), axis=1))[None]


def zero_crossings(samples: np.ndarray, n_fft: int, hop: int) -> np.ndarray:
    """Share of the samples of centred frames, the first and last sample beyond the ends, at which the sign changes."""
    padded = np.pad(samples, n_fft // 2, mode="edge")
    negative = padded < -np.float32(_LEAST_POWER)
    changes = np.concatenate([[0], np.cumsum(negative[1:] != negative[:-1])])  # up to each sample
    first = np.arange(0, len(padded) - n_fft + 1, hop)
    return ((changes[first + n_fft - 1] - changes[first]) / n_fft)[None]


# ---- tuning ------------------------------------------------------------------------------------------------------

_LOWEST_HZ, _HIGHEST_HZ, _LOUD = 150.0, 4000.0, np.float32(0.1)  # of peaks; the last a share of the frame's greatest


def tuning(spectrum: np.ndarray, rate: int, n_fft: int, bins_per_octave: int) -> float:
    """Deviation from A = 440 Hz in bins, in hundredths, as `librosa.estimate_tuning` finds it."""
    low, high = np.searchsorted(frequencies(rate, n_fft), [_LOWEST_HZ, min(_HIGHEST_HZ, rate / 2)])
    pitch, size = peaks(spectrum, max(low, 1), min(high, len(spectrum) - 1), (float(rate), float(n_fft)))
    pitch = pitch[size >= np.median(size)] if len(size) else pitch
    pitch = pitch[pitch > 0]
    if not len(pitch):
        return 0.0
    off = np.mod(bins_per_octave * np.log2(pitch / (440.0 / 16)), 1.0)
    off[off >= 0.5] -= 1
    counts, edges = np.histogram(off, np.linspace(-0.5, 0.5, 101))
    return float(edges[counts.argmax()])


def peaks(spectrum: np.ndarray, low: int, high: int, scale: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Interpolated peaks of all frames, as `librosa.piptrack` finds them, in its order and precision.

    Parameters
    ----------
    spectrum : array of float32, shape (frequency, time)
    low, high : int
        Bins to look at: `low` to `high - 1`.
    scale : float, float
        Sample rate and length of the FFT.

    Returns
    -------
    pitch : array of float32, shape (peaks,), Hz
    size : array of float32, shape (peaks,)
    """
    here, before, after = spectrum[low:high], spectrum[low - 1:high - 1], spectrum[low + 1:high + 1]
    floor = _LOUD * spectrum.max(axis=0)
    # What does not rise above the floor counts as nothing; a peak may equal what follows, not what went before.
    top = (here > floor) & ((here > before) | (before <= floor)) & ((here >= after) | (after <= floor))
    place, _ = np.nonzero(top)
    here, before, after = here[top], before[top], after[top]
    # Sums in single, the rest in double precision: that is how librosa's loop comes out compiled.
    bend = (after + before).astype(float) - 2 * here.astype(float)
    slope = (after - before).astype(float) / 2
    flat = np.abs(slope) >= np.abs(bend)
    shift = np.where(flat, 0, -slope / np.where(flat, 1, bend)).astype(np.float32)
    pitch = ((place + low + shift.astype(float)) * scale[0] / scale[1]).astype(np.float32)
    return pitch, here + np.float32(0.5) * ((after - before) / np.float32(2)) * shift
