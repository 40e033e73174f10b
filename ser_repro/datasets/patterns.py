"""The table of clips of a folder whose file names tell what is in them: `from_names`."""

from __future__ import annotations

import fnmatch
import logging
import os
import re
import shlex
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ser_repro import SerReproError
from ser_repro.datasets import naming
from ser_repro.datasets.folders import AUDIO, as_on_disk, is_audio, walk
from ser_repro.datasets.own import OPTIONAL

_LOG = logging.getLogger(__name__)

_FIELD = re.compile(r"\{(\w*|#)(?::([1-9][0-9]?))?\}")
_ENDING = re.compile(rf"({'|'.join(map(re.escape, sorted(AUDIO)))})$", re.IGNORECASE)
_LOOSE = re.compile(r"\{\w*\}\{\w*\}")  # two fields of any length, side by side


class _Part(NamedTuple):
    """A piece of a pattern: a text, or a field of characters (`#`: of digits), so many or as many as it takes."""

    text: str = ""
    name: str | None = None
    width: int | None = None

    def takes(self, name: str, start: int) -> range:
        """Where the piece can end in a name, in the order of preference."""
        if self.name is None:
            return range(start + len(self.text), start + len(self.text) + name.startswith(self.text, start))
        end = start
        while end < len(name) and (name[end] in "0123456789" if self.name == "#" else name[end] != "/"):
            end += 1
        if self.width:
            return range(start + self.width, start + self.width + (start + self.width <= end))
        least = start + (self.name != "")
        return range(end, least - 1, -1) if self.name == "#" else range(least, end + 1)


def _parts(pattern: str) -> list[_Part]:
    """A pattern with fields in braces, piece by piece."""
    parts, end = [], 0
    for field in _FIELD.finditer(pattern):
        name, width = field.groups()
        parts += [_Part(pattern[end:field.start()]), _Part(name=name, width=int(width) if width else None)]
        end = field.end()
    return [*parts, _Part(pattern[end:])]


def _told(parts: list[_Part], name: str) -> dict[str, str] | None:
    """What the fields of a pattern are in a name, or None where it is not named so.

    As a regular expression would find it, but that no part is tried twice at one place: those can take for ever.
    """
    places, ends = {0}, []  # where each part can start, and for each of these where it can end
    for part in parts:
        ends.append({place: part.takes(name, place) for place in places})
        places = {end for takes in ends[-1].values() for end in takes}
    if len(name) not in places:
        return None
    good = [{len(name)}]  # where each part may end so that the rest fits, from the last
    for takes in reversed(ends):
        good.append({place for place, found in takes.items() if not good[-1].isdisjoint(found)})
    told, place = {}, 0
    for part, takes, rest in zip(parts, ends, good[-2::-1], strict=True):
        end = next(end for end in takes[place] if end in rest)
        if part.name not in (None, "", "#"):
            told[part.name] = name[place:end]
        place = end
    return told


def from_names(folder: str | Path, pattern: str, emotions: Mapping[str, str] | None = None,
               without: Iterable[str] = (), skip: Iterable[str] = ()) -> pd.DataFrame:
    """The table of clips of a folder whose file names tell what is in them.

    Audio files that are not named like the pattern are left out, and the log names them.

    Parameters
    ----------
    folder : path
        Looked through at any depth.
    pattern : str
        The path of a clip below `folder` without its ending, or the last parts of it, with fields in braces:
        `{speaker}_{emotion}_{}`, `{speaker}/{emotion}{#}`, `{speaker:2}{sentence:3}{emotion:1}{}`. `{}` is anything,
        `{#}` digits, `:2` says how many characters; a field holds no `/`. Names are those of the table's columns.
    emotions : mapping of str to str, optional
        From what stands in the names to the study's emotions, where it is no common name of one.
    without : iterable of str
        What to leave out without a word: paths below `folder` or names, with `*` and `?` as a shell has them.
    skip : iterable of str
        Labels whose clips are left out.

    Returns
    -------
    pandas.DataFrame
        path (relative to `folder`) and a column a field: what `read_table` reads, once written by
        `.to_csv(folder / "mine.csv", index=False)`.

    Raises
    ------
    SerReproError
        If the pattern makes no sense, no file is like it, or an emotion is not known.
    """
    found = named(folder, pattern, emotions, without, skip)
    for line in found.lines(pattern):
        _LOG.warning("%s", line)
    return found.table


class Named(NamedTuple):
    """The table of a folder, the audio files that are not named like the pattern, and how many clips have each of the
    labels to leave out."""

    table: pd.DataFrame
    left: list[str]
    skipped: dict[str, int]

    def lines(self, pattern: str) -> list[str]:
        """What to say of files that are not in the table."""
        told = [naming.about_skipped(self.skipped)] * bool(self.skipped)
        if self.left:
            first = ", ".join(map(repr, self.left[:3])) + ", ..." * (len(self.left) > 3)
            count = len(self.left) + len(self.table) + sum(self.skipped.values())
            told.append(f"{len(self.left)} of {count} audio files are left out, as they are not named like "
                        f"{pattern!r}: {first}; mend the pattern, or leave them out on purpose (--without)")
        return told


def named(folder: str | Path, pattern: str, emotions: Mapping[str, str] | None = None, without: Iterable[str] = (),
          skip: Iterable[str] = ()) -> Named:
    """As `from_names`, with what is left out."""
    folder = as_on_disk(Path(os.path.abspath(os.path.expanduser(folder))))
    pattern = unicodedata.normalize("NFC", _ENDING.sub("", pattern.replace("\\", "/")))
    if not folder.is_dir():
        raise SerReproError(f"{folder} is not a folder: give the one that holds your clips")
    fields = [name for name, _ in _FIELD.findall(pattern) if name not in ("", "#")]
    strange = set(fields) - {"emotion", *OPTIONAL} or re.search("[{}]", _FIELD.sub("", pattern))
    if strange or "emotion" not in fields or len(set(fields)) < len(fields):
        raise SerReproError(f"pattern {pattern!r} makes no table: name {{emotion}} and, where the names hold it, "
                            f"{{speaker}}, each once, and {{}} for the rest; possible are {', '.join(OPTIONAL)}")
    loose = _LOOSE.search(pattern)
    if loose:
        raise SerReproError(f"pattern {pattern!r} does not tell where {loose[0]} part: write {{#}} for digits, or a "
                            "number of characters, as in {speaker:2}")
    parts, depth = _parts(pattern), pattern.count("/") + 1
    rows, left, without = [], [], [unicodedata.normalize("NFC", glob) for glob in without]
    for place, files in walk(folder):
        for name in files:
            path = (place / name).relative_to(folder)
            told = Path(unicodedata.normalize("NFC", path.as_posix()))  # some systems store é as two characters
            if not is_audio(place / name) or any(fnmatch.fnmatch(text, glob) for text in (told.name, told.as_posix())
                                                 for glob in without):
                continue
            end = told.with_suffix("") if path.suffix.lower() in AUDIO else told
            found = _told(parts, "/".join(end.parts[-depth:]))
            if found is not None:
                rows.append({"path": path.as_posix(), **found})
            else:
                left.append(end.as_posix())
    if not rows:
        raise SerReproError(f"no audio file below {folder} is named like {pattern!r}: " +
                            (f"{left[0]!r} is one of the names there" if left else "there is none at all"))
    _refuse_two_endings(folder, [row["path"] for row in rows])
    table = pd.DataFrame(rows)
    skipped = naming.skipped(table["emotion"], skip)
    table = table[~table["emotion"].isin(skipped)].reset_index(drop=True)
    if table.empty:
        raise SerReproError(f"every clip of {folder} is left out by --skip: leave out fewer labels")
    command = f"ser-repro corpora table {shlex.quote(str(folder))} --pattern {shlex.quote(pattern)}"
    meant = naming.emotions_of(table["emotion"], f"names in {folder}", emotions, command)
    told = table["emotion"].map(meant)
    if "label" not in fields and (told != table["emotion"]).any():
        table["label"] = table["emotion"]
    return Named(table.assign(emotion=told).sort_values("path", ignore_index=True), left, skipped)


def _refuse_two_endings(folder: Path, paths: list[str]) -> None:
    """Raise a SerReproError where a recording lies there in two formats."""
    known: dict[Path, str] = {}
    for path in paths:
        other = known.setdefault(Path(path).with_suffix(""), path)
        if other != path:
            raise SerReproError(f"{folder} holds {other!r} and {path!r}, one recording in two formats: leave one kind "
                                f"out with --without '*{Path(path).suffix}'")
