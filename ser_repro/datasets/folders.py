"""Folders of audio: where they are, how they are gone through, and whether what they hold is demo speech."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ser_repro import SerReproError

DATA_VARIABLE = "SER_REPRO_DATA"
"""Environment variable that names the folder of corpora where no folder is given."""

MARKER = "SYNTHETIC.txt"
"""File that marks a folder written by the synthesiser."""

SUFFIXES = (".wav", ".flac")


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
    folder = Path(os.path.abspath(os.path.expanduser(named)))  # "~nobody" stays as it is
    if not folder.is_dir():
        origin = "" if data is not None else f" (from {DATA_VARIABLE})"
        raise SerReproError(f"{folder}{origin} is not a folder: give the folder that holds the corpus")
    return folder


def walk(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Every folder at and below `folder` with its file names, in an order that no file system decides.

    Links to folders are followed, as corpora often lie on another disk; a folder met twice is entered once.
    """
    seen = set()
    for place, folders, files in os.walk(folder, followlinks=True):
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
