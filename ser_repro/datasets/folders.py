"""Folders of audio: where they are, how they are gone through, and whether what they hold is demo speech."""

from __future__ import annotations

import functools
import logging
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ser_repro import SerReproError
from ser_repro.files import printable

DATA_VARIABLE = "SER_REPRO_DATA"
"""Environment variable that names the folder of corpora where no folder is given."""

MARKER = "SYNTHETIC.txt"
"""File that marks a folder written by the synthesiser."""

SUFFIXES = (".wav", ".flac")
"""Endings of the clips of a published corpus."""

class Format(NamedTuple):
    """A format of audio: what it is called, the endings of its files, and with what it is read: "libsndfile", "FFmpeg"
    (in the package av), or "" where it is known to be audio only."""

    name: str
    endings: tuple[str, ...]
    reader: str


FORMATS = (
    Format("WAV, also BWF, RF64 and W64", (".wav", ".wave", ".bwf", ".rf64", ".w64"), "libsndfile"),
    Format("FLAC", (".flac",), "libsndfile"),
    Format("MP3, MP2", (".mp3", ".mp2", ".mpga", ".mpeg"), "libsndfile"),
    Format("Ogg Vorbis, Opus", (".ogg", ".oga", ".opus"), "libsndfile"),
    Format("AIFF, 8SVX", (".aif", ".aiff", ".aifc", ".iff", ".8svx"), "libsndfile"),
    Format("AU, CAF, NIST SPHERE, VOC", (".au", ".snd", ".caf", ".sph", ".nist", ".voc"), "libsndfile"),
    Format("MP4, 3GP (AAC, ALAC, AMR)",
           (".m4a", ".m4b", ".m4r", ".mp4", ".m4v", ".f4a", ".mov", ".3gp", ".3g2", ".3gpp"), "FFmpeg"),
    Format("AAC, AC-3, AMR", (".aac", ".adts", ".ac3", ".eac3", ".amr", ".awb"), "FFmpeg"),
    Format("WebM, Matroska", (".webm", ".weba", ".mka", ".mkv"), "FFmpeg"),
    Format("WMA, AVI, FLV", (".wma", ".asf", ".avi", ".flv"), "FFmpeg"),
    Format("WavPack, Monkey's Audio, True Audio, DSD", (".wv", ".ape", ".tta", ".dsf"), "FFmpeg"),
    Format("RealAudio, Speex", (".ra", ".rm", ".spx"), "FFmpeg"),
    Format("raw samples, telephone and dictation formats, Musepack, MPEG video",
           (".raw", ".pcm", ".sln", ".gsm", ".vox", ".qcp", ".dss", ".ds2", ".mpc", ".alac", ".mpg"), ""),
)
"""Formats of audio by the endings of their files. The content decides how a file is read, not the ending."""

AUDIO = frozenset(ending for one in FORMATS for ending in one.endings)
"""Endings of files that hold sound, whether it can be read here or not."""

# How files begin that hold sound, whatever they are called.
_BEGINNINGS = re.compile(
    rb"(RIFF|RIFX|RF64|BW64)....WAVE|FORM....AIF|fLaC|OggS|caff|\.snd|NIST_1A|ID3|#!AMR|riff\x2e\x91\xcf\x11|MAC |wvpk|"
    rb"....ftyp(?!heic|heix|mif1|msf1|avif|crx )|\x1a\x45\xdf\xa3|\x30\x26\xb2\x75\x8e\x66\xcf\x11", re.DOTALL)

_LOG = logging.getLogger(__name__)


def is_audio(path: Path) -> bool:
    """Whether a file looks like audio: by its ending, or else by how it begins."""
    if path.suffix.lower() in AUDIO:
        return True
    try:
        with open(path, "rb") as file:
            return bool(_BEGINNINGS.match(file.read(64)))
    except OSError:
        return False


def data_folder(data: str | Path | None = None) -> Path:
    """The folder to look in: `data`, or else the one that SER_REPRO_DATA names.

    Raises
    ------
    SerReproError
        If neither is given, or the folder does not exist.
    """
    named = data if data is not None else os.environ.get(DATA_VARIABLE)
    if not named:
        raise SerReproError(
            f"no folder of corpora is named: give one, or set {DATA_VARIABLE} to the folder that holds them"
        )
    folder = as_on_disk(Path(os.path.abspath(os.path.expanduser(named))))  # "~nobody" stays as it is
    if not folder.is_dir():
        origin = "" if data is not None else f" (from {DATA_VARIABLE})"
        raise SerReproError(f"{folder}{origin} is not a folder: give the folder that holds the corpus")
    return folder


def as_on_disk(path: Path) -> Path:
    """A path as the disk spells it, where that stores é as one character and the path has two, or the other way round.

    A path that is there as it is, or not at all, stays as it is.
    """
    if os.path.lexists(path):
        return path
    found = Path(path.anchor)
    for part in path.parts[bool(path.anchor):]:
        if not os.path.lexists(found / part):
            try:
                part = _spellings(str(found), os.stat(found).st_mtime_ns)[unicodedata.normalize("NFC", part)]
            except (OSError, KeyError):
                return path
        found /= part
    return found


@functools.lru_cache(maxsize=256)
def _spellings(folder: str, changed: int) -> dict[str, str]:
    """The names in a folder, composed -> as they are; of a folder that has changed since, anew."""
    return {unicodedata.normalize("NFC", name): name for name in sorted(os.listdir(folder), reverse=True)}


def walk(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Every folder at and below `folder` with its file names, in an order that no file system decides.

    Links to folders are followed, as corpora often lie on another disk; a folder met twice is entered once. One that
    can't be looked into is left out, and the log says so.
    """
    def tell(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            _LOG.warning("%s can't be looked into (%s): what is in it is left out", printable(error.filename),
                         error.strerror)

    seen = set()
    for place, folders, files in os.walk(folder, followlinks=True, onerror=tell):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield Path(place), sorted(name for name in files if not name.startswith("."))


def marked_above(path: str | Path) -> bool:
    """Whether a marker of demo data lies in this folder or in one that holds it."""
    path = Path(os.path.abspath(path))
    return any((folder / MARKER).is_file() for folder in (path, *path.parents))
