"""The two loops in which librosa spends its time, compiled: running medians, and the peaks that tell the tuning.

Both give what librosa gives, bit for bit: medians select, they do not compute; and peaks are taken in the precision and
order of `librosa.piptrack`.
"""

import functools

import numba
import numpy as np
import scipy.ndimage

_LANES = 128  # columns at a time: a buffer of them stays in the innermost cache


@functools.cache
def _median_program(size: int) -> tuple[np.ndarray, int, int]:
    """Steps that find the two middle values of `size - 1` rows, by forgetting (Paeth 1990).

    Of the first `size // 2 + 2` values the least and the greatest cannot be in the middle, whatever follows: they are
    dropped and the next value is let in, until two are left. A step is (0, slot, row): load; or (1, i, j): put the
    lesser of two slots into i, the greater into j.

    Returns
    -------
    steps : array of int32, shape (steps, 3)
    low, high : int
        Slots of the two that are left.
    """
    rows, held = size - 1, size // 2 + 2
    steps = [(0, row, row) for row in range(held)]
    active = list(range(held))
    while True:
        lows, highs = active[:len(active) // 2], active[len(active) - len(active) // 2:]
        steps += [(1, low, high) for low, high in zip(lows, highs, strict=True)]
        if len(active) % 2:
            middle = active[len(active) // 2]
            steps += [(1, lows[0], middle), (1, middle, highs[0])]
        steps += [(1, lows[0], low) for low in lows[1:]] + [(1, high, highs[0]) for high in highs[1:]]
        least, greatest = lows[0], highs[0]
        active = [slot for slot in active if slot not in (least, greatest)]
        if held == rows:
            return np.array(steps, np.int32), active[0], active[1]
        steps.append((0, least, held))
        active.append(least)
        held += 1


@numba.njit(cache=True, nogil=True)
def _running_median(values, steps, low, high, size, out):
    rows, columns = values.shape
    half = size // 2
    buffer = np.empty((half + 2, _LANES), values.dtype)
    mirrored = np.empty(rows + 2 * half, np.int64)  # the edges are mirrored, each end twice
    for i in range(rows + 2 * half):
        place = (i - half) % (2 * rows)
        mirrored[i] = place if place < rows else 2 * rows - 1 - place
    for first in range(0, columns, _LANES):
        width = min(_LANES, columns - first)
        for row in range(0, rows, 2):  # this window and the next share all but one value each
            for step in range(len(steps)):
                a, b = steps[step, 1], steps[step, 2]
                if steps[step, 0] == 0:
                    source = mirrored[row + 1 + b]
                    for lane in range(width):
                        buffer[a, lane] = values[source, first + lane]
                else:
                    below, above = buffer[a], buffer[b]
                    for lane in range(_LANES):
                        x, y = below[lane], above[lane]
                        below[lane] = x if x < y else y
                        above[lane] = y if x < y else x
            for own in range(min(2, rows - row)):
                source = mirrored[row] if own == 0 else mirrored[row + size]
                for lane in range(width):
                    x, y, z = buffer[low, lane], buffer[high, lane], values[source, first + lane]
                    below, above = (x, y) if x < y else (y, x)
                    out[row + own, first + lane] = below if z < below else (above if z > above else z)
    return out


def running_median(values: np.ndarray, size: int) -> np.ndarray:
    """Median of the `size` (odd) values around each, down the columns, edges mirrored.

    What `scipy.ndimage.median_filter(values, (size, 1), mode="reflect")` gives.

    Parameters
    ----------
    values : array, shape (rows, columns)
        Fast where columns lie next to each other in memory.
    """
    if size < 5:
        return scipy.ndimage.median_filter(values, size=(size, 1), mode="reflect")
    steps, low, high = _median_program(size)
    return _running_median(np.ascontiguousarray(values), steps, low, high, size, np.empty(values.shape, values.dtype))


@numba.njit(cache=True, nogil=True)
def harmonic_mask(harmonic, percussive, magnitude):
    """Magnitudes times the soft mask of the harmonic part, power 2, as `librosa.util.softmask` computes it.

    Parameters
    ----------
    harmonic, percussive, magnitude : arrays of float32, shape (time, frequency)
        Medians along time, medians along frequency, and what was filtered.
    """
    out = np.empty_like(magnitude)
    tiny, half = np.finfo(np.float32).tiny, np.float32(0.5)
    for f in range(magnitude.shape[0]):
        for t in range(magnitude.shape[1]):
            x, y = harmonic[f, t], percussive[f, t]
            z = x if x > y else y
            if z < tiny:
                out[f, t] = magnitude[f, t] * half
            else:
                a, b = x / z, y / z
                a, b = a * a, b * b
                out[f, t] = magnitude[f, t] * (a / (a + b))
    return out


@numba.njit(cache=True, nogil=True)
def peaks(spectrum, low, high, threshold, scale):
    """Interpolated peaks of every frame, as `librosa.piptrack` finds them.

    Parameters
    ----------
    spectrum : array of float32, shape (time, frequency)
    low, high : int
        Bins to look at: `low` to `high - 1`.
    threshold : float32
        Share of a frame's greatest value that a peak must exceed.
    scale : float64, float64
        Sample rate and length of the FFT.

    Returns
    -------
    pitch : array of float32, shape (peaks,), Hz
    size : array of float32, shape (peaks,)
    """
    frames = spectrum.shape[0]
    pitch = np.empty((high - low) * frames, np.float32)
    size = np.empty((high - low) * frames, np.float32)
    found = 0
    zero, two, half = np.float32(0), np.float32(2), np.float32(0.5)
    for t in range(frames):
        frame = spectrum[t]
        floor = threshold * frame.max()
        for f in range(low, high):
            here, before, after = frame[f], frame[f - 1], frame[f + 1]
            if not here > floor:
                continue
            if here <= (before if before > floor else zero) or here < (after if after > floor else zero):
                continue
            # Sums in single, the rest in double precision: that is how librosa's loop comes out compiled.
            bend = np.float64(after + before) - 2 * np.float64(here)
            slope = np.float64(after - before) / 2
            shift = zero if abs(slope) >= abs(bend) else np.float32(-slope / bend)
            pitch[found] = np.float32((f + np.float64(shift)) * scale[0] / scale[1])
            size[found] = here + half * ((after - before) / two) * shift
            found += 1
    return pitch[:found], size[:found]
