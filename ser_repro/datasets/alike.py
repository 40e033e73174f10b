"""Recordings that are one another's copies, though their samples differ: louder, shifted, with noise, coded anew.

Waveforms of two takes never run alike for long; those of a clip and its copy do. Clips are compared at a low rate by
their largest correlation, each with the few whose spectra are most like its own. A copy whose pitch or speed was
changed runs otherwise, and is not found.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from ser_repro import SerReproError
from ser_repro.datasets import audio

RATE = 4000  # Hz: what noise and coders leave of speech, and little to compute with
ALIKE = 0.7  # takes of one sentence by one speaker reach 0.5 at most (RAVDESS, EMO-DB, SAVEE); copies in noise 0.95
_NEIGHBOURS = 4
_LOWEST = 100  # Hz: hum runs alike in all clips of a room
_WINDOW, _HOP = 256, 128
_BLOCK = 512  # clips compared with all others at a time


class Heard(NamedTuple):
    """What is kept of a clip: a hash of its samples, and its waveform at `RATE`, above hum."""

    content: str
    wave: np.ndarray


def hear_all(paths: Iterable[str], progress: Callable[[int, int], None] | None = None
             ) -> list[Heard | SerReproError]:
    """Each file as it is compared; one that can't be read gives its error instead.

    Parameters
    ----------
    paths : iterable of path
    progress : callable, optional
        Called with (files done, files in all) after each file.
    """
    paths, found = list(paths), []

    def one(path):
        try:
            return hear(path)
        except SerReproError as error:
            return error

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for heard in pool.map(one, paths):
            found.append(heard)
            if progress:
                progress(len(found), len(paths))
    return found


def hear(path: str) -> Heard:
    """One file as it is compared; errors as those of `audio.read`."""
    import soxr
    from scipy import signal

    samples, rate = audio.read(path)
    wave = audio.as_float(samples).mean(1)
    wave = wave if rate == RATE else soxr.resample(wave, rate, RATE)
    high = signal.butter(4, _LOWEST, "highpass", fs=RATE, output="sos")
    wave = signal.sosfilt(high, wave).astype(np.float32)
    peak = np.abs(wave).max(initial=0)
    return Heard(audio.facts(samples, rate)["sha256"], (wave / peak if peak else wave).astype(np.float16))


def pairs(waves: list[np.ndarray], sides: list) -> list[tuple[int, int]]:
    """Clips of different sides that are copies of one recording.

    Parameters
    ----------
    waves : list of array, shape (samples,)
        At `RATE`.
    sides : list
        Of each clip; clips of the same side are not compared.

    Returns
    -------
    list of (int, int)
        Places of both clips, the lower first.
    """
    if not waves:
        return []
    spectra, sides = np.array([_spectrum(wave) for wave in waves]), np.asarray(sides)
    candidates = set()
    for start in range(0, len(waves), _BLOCK):
        like = spectra[start:start + _BLOCK] @ spectra.T
        like[sides[start:start + _BLOCK, None] == sides] = -1
        nearest = np.argsort(-like, axis=1)[:, :_NEIGHBOURS]
        candidates |= {(min(start + i, j), max(start + i, j)) for i, row in enumerate(nearest.tolist()) for j in row
                       if like[i, j] >= 0}
    return sorted(pair for pair in candidates if correlation(*(waves[i] for i in pair)) >= ALIKE)


def _spectrum(wave: np.ndarray) -> np.ndarray:
    """Root mean square of each frequency over time, of length 1: the same wherever in a clip a sound stands."""
    wave = np.pad(wave.astype(np.float32), (0, max(0, _WINDOW - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(wave, _WINDOW)[::_HOP] * np.hanning(_WINDOW)
    found = np.sqrt((np.abs(np.fft.rfft(frames, axis=1)) ** 2).mean(0)).astype(np.float32)
    length = np.linalg.norm(found)
    return found / length if length else found


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """The largest correlation of two waveforms over all shifts, 0 to 1; 0 where one is silent."""
    from scipy import fft

    one, other = one.astype(np.float32), other.astype(np.float32)
    size = fft.next_fast_len(len(one) + len(other), real=True)
    product = fft.irfft(fft.rfft(one, size) * np.conj(fft.rfft(other, size)), size)
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return float(np.abs(product).max() / lengths) if lengths else 0.0
