"""Audio files as sources of samples: opened by what they hold, not by their names, and read to where they truly end.

libsndfile reads what it knows, helped where a header misleads it (see `containers`). What it does not know (AAC in MP4,
WebM, AMR, WMA) is read by FFmpeg, where the package av is installed; else the message says what the file is.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import itertools
import os
import re
import shlex
import struct
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ser_repro import SerReproError
from ser_repro.datasets import containers
from ser_repro.files import printable, refuse_pointer

RATES = range(1000, 768_001)
"""Sample rates in Hz of audio; a file that states another is damaged, and resampling it could take for ever."""

AGAIN = "copy it again from the corpus"

# Encodings whose samples fit 16 bits unchanged; all others are read as floating point.
_SHORT = {"PCM_16", "PCM_S8", "PCM_U8"}
_BLOCK = 1 << 20  # frames that are read at a time
_TAIL = 128  # bytes at the end in which a decoder of MP3 looks for a title
_SLACK_S = 0.1  # by which a compressed file may fall short of its header: an encoder's padding

# Containers whose headers don't tell how long they are, or that are not looked into.
_UNTOLD = {"IRCAM", "PAF", "PVF", "VOC", "MAT5", "AVR", "MPC2K", "XI", "SD2", "RAW"}

_LOOKED_INTO = {"WAV", "WAVEX", "RF64", "AIFF", "W64", "CAF", "AU", "NIST", "FLAC", "OGG", "MPEG", "MP3", "SVX"}

_FOREIGN = [(rb"....ftyp", "MP4 or 3GP (AAC, AMR)"), (rb"\x1a\x45\xdf\xa3", "WebM or Matroska"), (rb"#!AMR", "AMR"),
            (rb"\xff[\xf0\xf1\xf8\xf9]", "AAC"), (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA"), (rb"FLV\x01", "FLV"),
            (rb"RIFF....AVI ", "AVI"), (rb"MAC ", "Monkey's Audio"), (rb"wvpk", "WavPack"), (rb"TTA1", "True Audio"),
            (rb"\x0b\x77", "AC-3"), (rb"DSD |FRM8", "DSD"), (rb"\.RMF|\.ra\xfd", "RealAudio"), (rb"ADIF", "AAC"),
            (rb"OggS.{24}\x7fFLAC", "FLAC in Ogg"), (rb"OggS.{24}Speex", "Speex")]
_MARKS = re.compile(b"|".join(b"(%s)" % mark for mark, _ in _FOREIGN), re.DOTALL)


def foreign(path: Path) -> str:
    """The name of a format that libsndfile does not know, by how the file begins; "" of any other file."""
    with open(path, "rb") as file:
        head = file.read(64)
    found = _MARKS.match(head)
    return _FOREIGN[found.lastindex - 1][1] if found else ""


class Source(ABC):
    """Samples of an audio file, one part after the other.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    dtype : "int16" or "float32"
    notes : list of str
        What a listener should know of the file.
    """

    def __init__(self, path: Path, remedy: str):
        self.path, self.remedy, self.notes = path, remedy, []

    @property
    @abstractmethod
    def frames(self) -> int:
        """That the file holds; where its header can't be relied on, it is decoded once to count them."""

    @abstractmethod
    def read(self, frames: int) -> np.ndarray:
        """The next frames, shape (frames, channel); fewer only at the end, and none after it."""

    @abstractmethod
    def refuse_short(self, frames: int) -> None:
        """Raise a SerReproError if fewer frames could be read than the file promises."""

    def whole(self) -> np.ndarray:
        """All samples, shape (frames, channel).

        Raises
        ------
        SerReproError
            Where there are fewer than promised.
        """
        parts, left = [], self.frames
        while left and len(new := self.read(min(left, _BLOCK))):
            parts.append(new)
            left -= len(new)
        samples = parts[0] if len(parts) == 1 else np.concatenate([self.read(0), *parts])
        self.refuse_short(len(samples))
        return samples

    def _short(self, what: str) -> SerReproError:
        return SerReproError(f"{printable(self.path)} is truncated: {what}; {self.remedy}")


# ---- libsndfile --------------------------------------------------------------------------------------------------


class _View:
    """A part of a file as libsndfile should see it: with other bytes in its header, or as if it were longer."""

    def __init__(self, file: BinaryIO, start: int, end: int, about: containers.Length):
        self._file, self._start, self._end, self._edits = file, start, end, about.edits
        self._size, self._place = (end - start) * about.longer, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._place = max(0, offset + (0, self._place, self._size)[whence])
        return self._place

    def tell(self) -> int:
        return self._place

    def read(self, count: int) -> bytes:
        place = self._start + self._place
        self._file.seek(place)
        found = bytearray(self._file.read(max(0, min(count, self._end - place))))
        if self._place >= self._size - _TAIL > self._end - self._start:
            found = bytearray(min(count, self._size - self._place))
        for at, new in self._edits.items():
            for i, byte in enumerate(new, at - place):
                if 0 <= i < len(found):
                    found[i] = byte
        self._place += len(found)
        return bytes(found)


@functools.cache
def _sequential() -> type:
    """A soundfile.SoundFile that is read from its start to its end.

    soundfile seeks after each read, which fails at the end of a file of unknown length.
    """
    import soundfile

    class Sequential(soundfile.SoundFile):
        def seekable(self) -> bool:
            return False

    return Sequential


class _Sndfile(Source):
    """Of what libsndfile reads."""

    def __init__(self, path: Path, remedy: str, held: contextlib.ExitStack):
        super().__init__(path, remedy)
        file = held.enter_context(path.open("rb", buffering=0))
        self._about = about = containers.length_of(file)
        if about.fault:
            raise self._short(about.fault)
        if about.promised is not None and about.promised > about.present:
            raise self._short(f"its header promises {about.promised} {about.unit} and {about.present} are there")
        self.notes += about.notes
        self._files, size = [], path.stat().st_size

        def opened() -> list:
            if about.pieces or about.edits:
                views = [_View(file, start, end, about) for start, end in about.pieces or [(0, size)]]
            else:
                file.seek(0)
                views = [file.fileno()]
            return [held.enter_context(_sequential()(view, closefd=False)) for view in views]

        self._again, self._files = opened, opened()
        first = self._files[0]
        self.sample_rate, self._at = first.samplerate, 0
        self.dtype = "int16" if first.subtype in _SHORT else "float32"
        if len({(one.samplerate, one.channels) for one in self._files}) > 1:
            raise SerReproError(f"{printable(path)} is several recordings of different rates or channels, one after "
                                f"the other: {remedy}")
        if len(self._files) > 1:
            self.notes.append(f"it is {len(self._files)} recordings, one after the other: all are read")
        if first.format in _UNTOLD:
            self.notes.append(f"files of its format ({first.format_info}) don't tell whether they are whole")
        elif first.format not in _LOOKED_INTO and re.search(r"should be|truncated", first.extra_info):
            raise self._short("its header promises more than is there")

    @functools.cached_property
    def frames(self) -> int:
        if self._about.counted:
            return sum(one.frames for one in self._files)
        count = 0
        for one in self._files:
            while found := len(one.read(_BLOCK, dtype="int16")):
                count += found
        self._files = self._again()
        return count

    def read(self, frames: int) -> np.ndarray:
        parts, left = [], frames
        while True:
            parts.append(self._files[self._at].read(left, dtype=self.dtype, always_2d=True))
            left -= len(parts[-1])
            if not left or self._at + 1 == len(self._files):
                return parts[0] if len(parts) == 1 else np.concatenate(parts)
            self._at += 1

    def refuse_short(self, frames: int) -> None:
        if self._about.counted and frames != self.frames:
            raise self._short(f"it promises {self.frames} frames and {frames} can be read")


# ---- FFmpeg ------------------------------------------------------------------------------------------------------


class _Ffmpeg(Source):
    """Of what FFmpeg reads, by the package av."""

    dtype = "float32"

    def __init__(self, path: Path, remedy: str, held: contextlib.ExitStack):
        super().__init__(path, remedy)
        self._held = held
        with path.open("rb") as file:
            fault = containers.length_of(file).fault
        if fault:
            raise self._short(fault)
        self._start()
        # What has no header of its own is timed by a guess, which is no promise.
        timed = self._container.format.name not in ("aac", "amr", "mp3", "ac3", "amrnb", "amrwb")
        length = self._stream.duration and float(self._stream.duration * self._stream.time_base)
        self._promised_s = (length or (self._container.duration or 0) / 1e6) if timed else 0
        if not self._promised_s:
            self.notes.append(containers.OPEN)

    def _start(self) -> None:
        import av

        self._container = self._held.enter_context(av.open(
            os.path.abspath(self.path), metadata_errors="replace"))  # "12:30.m4a" alone would be read as an address
        if not self._container.streams.audio:
            raise SerReproError(f"{printable(self.path)} holds no sound: {self.remedy}")
        self._stream = self._container.streams.audio[0]
        if self._stream.codec_context is None:  # as where the part of the file is missing that says how it is coded
            raise SerReproError(f"{printable(self.path)} cannot be read as audio (it does not say how its sound is "
                                f"coded): {self.remedy}")
        self.sample_rate = self._stream.rate
        to = av.AudioResampler(format="flt", layout=self._stream.layout, rate=self._stream.rate)

        def parts() -> Iterator[np.ndarray]:
            channels = self._stream.channels
            with _read_as_audio(self.path, self.remedy):
                for frame in itertools.chain(self._decoded(), [None]):
                    for one in to.resample(frame):
                        yield one.to_ndarray().reshape(-1, channels)

        self._parts, self._left = parts(), np.zeros((0, self._stream.channels), np.float32)

    def _decoded(self) -> Iterator:
        """The frames, of which the very last may be broken, as where a file was cut; one before it is damage."""
        import av

        broken, whole = None, False
        for packet in self._container.demux(self._stream):
            if broken and packet.size:
                raise broken
            try:
                for frame in packet.decode():
                    whole = True
                    yield frame
            except av.InvalidDataError as error:
                broken = error
        if broken and not whole:
            raise broken
        if broken:
            self.notes = [note for note in self.notes if note not in (containers.OPEN, containers.CUT)]
            self.notes.append(containers.CUT)

    @functools.cached_property
    def frames(self) -> int:
        count = sum(map(len, self._parts))
        self.refuse_short(count)
        self._start()
        return count

    def read(self, frames: int) -> np.ndarray:
        parts, count = [self._left], len(self._left)
        while count < frames and (new := next(self._parts, None)) is not None:
            parts.append(new)
            count += len(new)
        found = np.concatenate(parts)
        self._left = found[frames:]
        return found[:frames]

    def refuse_short(self, frames: int) -> None:
        if frames < (self._promised_s - _SLACK_S) * self.sample_rate:
            raise self._short(f"its header promises {self._promised_s:.2f} s and {frames / self.sample_rate:.2f} s can "
                              "be read")


# ---- either ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def opened(path: str | Path, remedy: str = AGAIN) -> Iterator[Source]:
    """An audio file to read from. Faults that show while it is read are said as those that show when it is opened.

    Parameters
    ----------
    remedy : str
        What to do about a file that will not do, the end of each message.

    Raises
    ------
    SerReproError
        If the file is not there or is not audio, holds less than its header promises, nothing at all, or states a rate
        that is none of audio.
    """
    path = Path(path)
    if not path.is_file():
        raise SerReproError(f"{printable(path)} is not there: give the path of an audio file")
    with contextlib.ExitStack() as held:
        with _read_as_audio(path, remedy, ValueError, TypeError, IndexError, MemoryError, OverflowError, struct.error):
            with path.open("rb") as file:
                refuse_pointer(path, file.read(64))
            other = foreign(path)
            if other and importlib.util.find_spec("av") is None:
                to = shlex.quote(printable(path.with_suffix(".wav")))
                raise SerReproError(f"{printable(path)} is {other}, which is read where the package av is installed: "
                                    f"`pip install av`, or convert it: `ffmpeg -i {shlex.quote(printable(path))} {to}`")
            source = (_Ffmpeg if other else _Sndfile)(path, remedy, held)
            if source.sample_rate not in RATES:
                raise SerReproError(f"{printable(path)} states a rate of {source.sample_rate} Hz, which is none of "
                                    f"audio ({RATES[0]} to {RATES[-1]}): {remedy}")
            if not source.frames:
                raise SerReproError(f"{printable(path)} holds no samples: {remedy}")
        with _read_as_audio(path, remedy):
            yield source


@contextlib.contextmanager
def _read_as_audio(path: Path, remedy: str, *faults: type[Exception]) -> Iterator[None]:
    """Say what the libraries raise of a file that can't be read, and `faults` besides, in one line."""
    import soundfile

    if sys.modules.get("av"):
        faults += (sys.modules["av"].FFmpegError,)
    try:
        yield
    except (OSError, soundfile.SoundFileError, *faults) as error:
        reason = " ".join((getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
                           or type(error).__name__).split()).rstrip(".")
        raise SerReproError(f"{printable(path)} cannot be read as audio ({reason}): {remedy}") from error
