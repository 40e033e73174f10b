"""Reading audio files, and refusing those that a library would read short or full of holes without a word.

soundfile is imported where it is used: a machine that only trains, from arrays prepared elsewhere, lacks it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ser_repro import SerReproError
from ser_repro.files import digest

# Encodings whose samples fit 16 bits unchanged; all others are read as floating point.
_SHORT = {"PCM_16", "PCM_S8", "PCM_U8"}

# Header size that programs writing to a pipe leave behind: the length was not known, so nothing was promised.
_UNKNOWN_SIZE = 0xFFFFFFFF

RATES = range(1000, 768_001)
"""Sample rates in Hz of audio; a file that states another is damaged, and resampling it could take for ever."""

_NOTHING = 1  # of 16 bits, the greatest sample of what is silent but for rounding

_AGAIN = "copy it again from the corpus"


def _promised_and_present(path: Path) -> tuple[int, int] | None:
    """Bytes of samples that the header of a RIFF or AIFF file promises, and bytes that are there.

    Read from the chunks themselves, as libsndfile quietly trusts the shorter of the two. None for other
    formats, and where the header leaves the length open.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        head = file.read(12)
        order = {b"RIFF": "little", b"RIFX": "big", b"FORM": "big"}.get(head[:4])
        if order is None or len(head) < 12:
            return None
        wanted = b"SSND" if head[:4] == b"FORM" else b"data"
        place = 12
        while place + 8 <= size:
            file.seek(place)
            kind, length = file.read(4), int.from_bytes(file.read(4), order)
            if kind == wanted:
                return None if length == _UNKNOWN_SIZE else (length, size - place - 8)
            place += 8 + length + length % 2
    return None


@contextlib.contextmanager
def opened(path: str | Path, remedy: str = _AGAIN) -> Iterator[tuple]:
    """An audio file to read from, and the type of its samples: (soundfile.SoundFile, "int16" or "float32").

    Faults that show while it is read are said in the same way as those that show when it is opened.

    Parameters
    ----------
    remedy : str
        What to do about a file that will not do, the end of each message.

    Raises
    ------
    SerReproError
        If the file is not there or is not audio, holds fewer samples than its header promises, or none at all.
    """
    import soundfile

    path = Path(path)
    if not path.is_file():
        raise SerReproError(f"{path} is not there: give the path of an audio file")
    try:
        sizes = _promised_and_present(path)
        if sizes and sizes[0] > sizes[1]:
            raise SerReproError(
                f"{path} is truncated: its header promises {sizes[0]} bytes of samples and {sizes[1]} "
                f"are there; {remedy}"
            )
        # As bytes: the name of a file need not be text.
        with soundfile.SoundFile(str(path) if os.name == "nt" else os.fsencode(path)) as file:
            if file.frames == 0:
                raise SerReproError(f"{path} holds no samples: {remedy}")
            yield file, "int16" if file.subtype in _SHORT else "float32"
    except (OSError, soundfile.SoundFileError) as error:
        reason = getattr(error, "error_string", str(error)).replace("\n", " ").strip().rstrip(".")
        raise SerReproError(f"{path} cannot be read as audio ({reason}): {remedy}") from error


def refuse_broken(path: str | Path, samples: np.ndarray, remedy: str = _AGAIN) -> None:
    """Raise a SerReproError if some sample is not a number."""
    if samples.dtype != np.int16 and not np.isfinite(samples).all():
        broken = int((~np.isfinite(samples)).sum())
        raise SerReproError(f"{path} holds {broken} values that are not numbers: {remedy}")


def refuse_short(path: str | Path, promised: int, frames: int, remedy: str = _AGAIN) -> None:
    """Raise a SerReproError if fewer frames could be read than a file promises."""
    if frames != promised:
        raise SerReproError(f"{path} is truncated: it promises {promised} frames and {frames} can be read; {remedy}")


def read(path: str | Path) -> tuple[np.ndarray, int]:
    """Samples of an audio file, as they are stored: not mixed down, not resampled, not scaled.

    Parameters
    ----------
    path : path
        WAV, FLAC or another format that libsndfile reads; the content decides, not the ending.

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
    with opened(path) as (file, dtype):
        samples = file.read(dtype=dtype, always_2d=True)
        refuse_short(path, file.frames, len(samples))
        refuse_broken(path, samples)
        return samples, file.samplerate


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
        silent (bool, every sample is zero) and silent_parts (tuple of "first" and "mean": of several channels, whether
        the first is silent, which waveforms are made of, and whether the mean is, which features are computed of).
    """
    short = np.ascontiguousarray(to_int16(samples), dtype="<i2")
    frames, channels = short.shape
    return {
        "duration_s": frames / sample_rate,
        "sample_rate": sample_rate,
        "channels": channels,
        "frames": frames,
        "sha256": digest(short.tobytes()),
        "silent": not short.any(),
        "silent_parts": _silent_parts(short),
    }


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
