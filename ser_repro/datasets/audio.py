"""Samples of audio files, and what they are: refusing those that a library would read short or full of holes without a
word.

soundfile is imported where it is used: a machine that only trains, from arrays prepared elsewhere, lacks it.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from ser_repro import SerReproError
from ser_repro.datasets.opening import AGAIN, RATES, opened
from ser_repro.files import digest

__all__ = ["PARTS", "RATES", "as_float", "facts", "measure", "opened", "read", "refuse_broken", "to_int16"]

_LOG = logging.getLogger(__name__)
_NOTHING = 1  # of 16 bits, the greatest sample of what is silent but for rounding


def refuse_broken(path: str | Path, samples: np.ndarray, remedy: str = AGAIN) -> None:
    """Raise a SerReproError if some sample is not a number."""
    if samples.dtype != np.int16 and not np.isfinite(samples).all():
        broken = int((~np.isfinite(samples)).sum())
        raise SerReproError(f"{path} holds {broken} values that are not numbers: {remedy}")


def read(path: str | Path) -> tuple[np.ndarray, int]:
    """Samples of an audio file, as they are stored: not mixed down, not resampled, not scaled.

    Parameters
    ----------
    path : path
        WAV, FLAC or another format that `opening.opened` reads; the content decides, not the ending. What is odd in
        it, the log says.

    Returns
    -------
    samples : numpy.ndarray [shape=(frames, channels)]
        int16 where the file holds at most 16 bits a sample, else float32 in -1..1.
    sample_rate : int
        In Hz.

    Raises
    ------
    SerReproError
        If the file is not there or is not audio, holds fewer samples than its header promises, none at all,
        or values that are not numbers.
    """
    with opened(path) as source:
        samples = source.whole()
        refuse_broken(path, samples)
        for note in source.notes:
            _LOG.warning("%s: %s", path, note)
        return samples, source.sample_rate


def as_float(samples: np.ndarray, dtype: type = np.float32, out: np.ndarray | None = None) -> np.ndarray:
    """Samples in floating point, full scale is 1; `to_int16` gives those that came from 16 bits back exactly.

    Parameters
    ----------
    samples : numpy.ndarray [shape=(...)]
        int16, or floating point in -1..1, which is only converted.
    dtype : numpy.float32 or numpy.float64
    out : numpy.ndarray [shape=(...)], optional
        Where to put them.

    Returns
    -------
    numpy.ndarray [shape=(...)]
        Of `dtype`.
    """
    return np.multiply(samples, 2**-15 if samples.dtype == np.int16 else 1, dtype=dtype, out=out)


def to_int16(samples: np.ndarray) -> np.ndarray:
    """Samples as 16-bit integers; those that came from 16 bits by way of floating point come back exactly.

    Parameters
    ----------
    samples : numpy.ndarray [shape=(...)]
        int16, or floating point in -1..1; what lies beyond is clipped.

    Returns
    -------
    numpy.ndarray [shape=(...)]
        int16.
    """
    if samples.dtype == np.int16:
        return samples
    return np.clip(np.rint(samples * 2.0**15), -32768, 32767).astype(np.int16)


def facts(samples: np.ndarray, sample_rate: int) -> dict:
    """What the samples of a clip are, and a hash of them.

    Parameters
    ----------
    samples : numpy.ndarray [shape=(frames, channels)]
        As `read` gives them.

    Returns
    -------
    dict
        duration_s (float, s), sample_rate (int, Hz), channels (int), frames (int), sha256 (str, SHA-256 of
        the decoded samples as interleaved little-endian 16-bit integers, so that WAV and FLAC agree),
        level_db (float, see `level_db`), silent (bool, every sample is zero) and silent_parts (tuple of "first" and
        "mean": of several channels, whether the first is silent, which waveforms are made of, and whether the mean is,
        which features are computed of).
    """
    short = np.ascontiguousarray(to_int16(samples), dtype="<i2")
    frames, channels = short.shape
    return {
        "duration_s": frames / sample_rate,
        "sample_rate": sample_rate,
        "channels": channels,
        "frames": frames,
        "sha256": digest(short.tobytes()),
        "level_db": level_db(short),
        "silent": not short.any(),
        "silent_parts": _silent_parts(short),
    }


def level_db(short: np.ndarray) -> float:
    """Mean power of samples in dB, a full-scale square wave is 0; -120 of silence.

    Parameters
    ----------
    short : numpy.ndarray [shape=(...)]
        int16.
    """
    scaled = short.reshape(-1).astype(np.float32) * np.float32(2**-15)
    return round(float(10 * np.log10(max(np.dot(scaled, scaled) / max(scaled.size, 1), 1e-12))), 2)


def _silent_parts(short: np.ndarray) -> tuple[str, ...]:
    if short.shape[1] == 1 or not short.any():
        return ()
    channels = short.T.astype(np.int32)
    first, mean = np.abs(channels[0]).max(), np.abs(channels.sum(axis=0)).max() / len(channels)
    return tuple(name for name, peak in (("first", first), ("mean", mean)) if peak <= _NOTHING)


PARTS = {"first": "its first channel, which waveforms are made of, is silent",
         "mean": "its channels cancel out when they are mixed, as features are computed of their mean"}
"""What `silent_parts` of `facts` mean."""


def measure(path: str | Path) -> dict:
    """`facts` of an audio file.

    Raises
    ------
    SerReproError
        As `read`.
    """
    return facts(*read(path))
