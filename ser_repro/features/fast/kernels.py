"""What parts the harmonic part of a clip from the rest, compiled: running medians, the mask, and frames added up.

All give what librosa gives, bit for bit: medians select, they do not compute; the rest keeps its order and precision.
Importing numba takes half a second, so that this module is imported only where it is called.
"""

import functools

import numba
import numpy as np

_LANES = 128  # columns at a time: a buffer of them stays in the innermost cache
_LOAD, _STORE, _COPY, _ORDER, _LEAST, _GREATEST = range(6)


class _Medians:
    """Steps that find the medians of neighbouring windows together, by sorting what they share (Adams 2021).

    All windows of a group share most rows: those are sorted once, and only the ranks that may still become a median are
    kept. Each half of the group then merges the rows that it alone shares, and so on down to one window. A step is
    (what, slot, row or slot): load, store, copy; or put the lesser of two slots into the first, the greater into the
    second, or only one of these.

    Attributes
    ----------
    group : int
        Windows, a power of two.
    slots : int
        Rows that are held at a time.
    steps : array of int32, shape (steps, 3)
    """

    def __init__(self, size: int):
        self.size, self.group = size, min(8, 2 ** (((size + 1) // 2).bit_length() - 1))
        self.slots, self._free, self._all = 0, [], []
        shared = self._sorted([self._load(row) for row in range(self.group - 1, size)])
        least = size // 2 - self.group + 1
        self._split(0, self.group, shared[least:least + self.group])
        self.steps = np.array(self._needed(), np.int32)

    def _split(self, first: int, count: int, kept: list[int]) -> None:
        """Medians of `count` windows from `first` on, of which `kept` are the sorted ranks that may be one."""
        if count == 1:
            self._all.append((_STORE, kept[0], first))
            return
        half = count // 2
        for start, rows in ((first, first + half - 1), (first + half, first + self.size)):
            own = [self._slot(_COPY, slot) for slot in kept]
            new = self._sorted([self._load(row) for row in range(rows, rows + half)])
            merged = self._merged(own, new)
            self._split(start, half, merged[half:count])
            self._free += merged

    def _slot(self, what: int, source: int) -> int:
        if not self._free:
            self._free.append(self.slots)
            self.slots += 1
        slot = self._free.pop()
        self._all.append((what, slot, source))
        return slot

    def _load(self, row: int) -> int:
        return self._slot(_LOAD, row)

    def _sorted(self, slots: list[int]) -> list[int]:
        if len(slots) < 2:
            return slots
        half = len(slots) // 2
        return self._merged(self._sorted(slots[:half]), self._sorted(slots[half:]))

    def _merged(self, a: list[int], b: list[int]) -> list[int]:
        """Two sorted lists as one (Batcher 1968)."""
        if not a or not b:
            return a + b
        if len(a) == len(b) == 1:
            self._all.append((_ORDER, a[0], b[0]))
            return a + b
        even, odd = self._merged(a[::2], b[::2]), self._merged(a[1::2], b[1::2])
        out = even[:1]
        for low, high in zip(odd, even[1:], strict=False):
            self._all.append((_ORDER, low, high))
            out += [low, high]
        return out + odd[len(even) - 1:] + even[len(odd) + 1:]

    def _needed(self) -> list[tuple[int, int, int]]:
        """The steps that something stored comes of."""
        needed, steps = set(), []
        for what, a, b in reversed(self._all):
            if what == _STORE:
                needed.add(a)
            elif what == _ORDER:
                if not needed & {a, b}:
                    continue
                what = _ORDER if {a, b} <= needed else _LEAST if a in needed else _GREATEST
                needed |= {a, b}
            elif a not in needed:
                continue
            else:
                needed.discard(a)
                if what == _COPY:
                    needed.add(b)
            steps.append((what, a, b))
        return steps[::-1]


_medians = functools.cache(_Medians)


@numba.njit(cache=True, nogil=True)
def _running_median(values, steps, slots, group, size, out):
    rows, columns = values.shape
    half = size // 2
    buffer = np.zeros((slots, _LANES), values.dtype)
    mirrored = np.empty(rows + size + group, np.int64)  # the edges are mirrored, each end twice
    for i in range(len(mirrored)):
        place = (i - half) % (2 * rows)
        mirrored[i] = place if place < rows else 2 * rows - 1 - place
    for first in range(0, columns, _LANES):
        width = min(_LANES, columns - first)
        for row in range(0, rows, group):
            for step in range(len(steps)):
                what, a, b = steps[step]
                if what == _LOAD:
                    source = mirrored[row + b]
                    for lane in range(width):
                        buffer[a, lane] = values[source, first + lane]
                elif what == _STORE:
                    if row + b < rows:
                        for lane in range(width):
                            out[row + b, first + lane] = buffer[a, lane]
                else:
                    below, above = buffer[a], buffer[b]
                    if what == _COPY:
                        for lane in range(_LANES):
                            below[lane] = above[lane]
                    elif what == _ORDER:
                        for lane in range(_LANES):
                            x, y = below[lane], above[lane]
                            below[lane] = x if x < y else y
                            above[lane] = y if x < y else x
                    elif what == _LEAST:
                        for lane in range(_LANES):
                            x, y = below[lane], above[lane]
                            below[lane] = x if x < y else y
                    else:
                        for lane in range(_LANES):
                            x, y = below[lane], above[lane]
                            above[lane] = y if x < y else x
    return out


def running_median(values: np.ndarray, size: int) -> np.ndarray:
    """Median of the `size` (odd) values around each, down the columns, edges mirrored.

    What `scipy.ndimage.median_filter(values, (size, 1), mode="reflect")` gives.

    Parameters
    ----------
    values : array, shape (rows, columns)
        Fast where columns lie next to each other in memory.
    """
    found = _medians(size)
    return _running_median(np.ascontiguousarray(values), found.steps, found.slots, found.group, size,
                           np.empty(values.shape, values.dtype))


# Processes that keep different types of one function at the same time may mix them up: so each function has one.
@numba.njit(cache=True, nogil=True)
def harmonic_part(harmonic, percussive, magnitude, spectrum):
    """Spectrum times the soft mask of the harmonic part, power 2, as `librosa.effects.harmonic` computes it.

    Parameters
    ----------
    harmonic, percussive, magnitude : arrays of float32, shape (time, frequency)
        Medians along time, medians along frequency, and what was filtered.
    spectrum : array of complex64, shape (time, frequency)
    """
    out = np.empty_like(spectrum)
    tiny, half, one, zero = np.finfo(np.float32).tiny, np.float32(0.5), np.float32(1), np.float32(0)
    for t in range(magnitude.shape[0]):
        for f in range(magnitude.shape[1]):
            x, y, size = harmonic[t, f], percussive[t, f], magnitude[t, f]
            z = x if x > y else y
            if z < tiny:
                kept = size * half
            else:
                a, b = x / z, y / z
                a, b = a * a, b * b
                kept = size * (a / (a + b))
            value = spectrum[t, f]
            # Magnitude and phase apart, as librosa has them: rounding then is the same.
            phase = (value.real / size, value.imag / size) if size > zero else (one, zero)
            out[t, f] = complex(kept * phase[0], kept * phase[1])
    return out


@numba.njit(cache=True, nogil=True)
def overlap_add(frames, window, hop, length):
    """Samples from frames around every `hop`-th of them, as `librosa.istft` adds them up: in its order and precision.

    Parameters
    ----------
    frames : array of float32, shape (time, n_fft)
    window : array of float64, shape (n_fft,)
    hop, length : int
    """
    n_fft = len(window)
    out, total = np.zeros(length, np.float32), np.zeros(length, np.float32)
    squared = window**2
    for t in range(len(frames)):
        start = t * hop - n_fft // 2
        first, end = max(0, -start), min(n_fft, length - start)
        for i in range(first, end):
            out[start + i] += frames[t, i] * window[i]
            total[start + i] += squared[i]
    tiny = np.finfo(np.float32).tiny
    for i in range(length):
        if total[i] > tiny:
            out[i] /= total[i]
    return out
