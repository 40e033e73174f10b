"""A corpus of the user's own, without touching the package: a table of clips in a CSV file.

The table has a row a clip and at least the columns path and emotion; speaker makes protocol `speaker` possible. Where
a corpus is asked for by name, the path of such a file does as well:

    table = datasets.clips("mine.csv")

`from_names` makes the table from a folder whose file names tell what is in them.
"""

from __future__ import annotations

import difflib
import fnmatch
import logging
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ser_repro import SerReproError
from ser_repro.datasets.base import COLUMNS, CORPORA, EMOTIONS, UNSPECIFIED, Corpus, Speaker, key
from ser_repro.datasets.folders import AUDIO, is_audio, walk

NEEDED = ("path", "emotion")
OPTIONAL = ("clip", "label", "speaker", "sex", "age", "language", "sentence", "intensity", "session", "scenario")

_LOG = logging.getLogger(__name__)
_ADDED = ("corpus", "part")  # columns of a table that was written from a corpus

_FIELD = re.compile(r"\{(\w*|#)(?::([1-9][0-9]?))?\}")
_ENDING = re.compile(rf"({'|'.join(map(re.escape, sorted(AUDIO)))})$", re.IGNORECASE)
_LOOSE = re.compile(r"\{\w*\}\{\w*\}")  # two fields of any length, side by side


def read_table(path: str | Path) -> Corpus:
    """The corpus that a CSV file of clips describes; its name is that of the file.

    Parameters
    ----------
    path : path
        UTF-8, comma-separated, a header with path (absolute, or relative to the file's folder) and emotion (one of
        `EMOTIONS`), and any of `OPTIONAL`. Clips are named by clip, or else by their path without the ending. Columns
        without a name, rows without a cell, and what `ser-repro corpora table` adds (corpus, part) do not count.

    Raises
    ------
    SerReproError
        If the file can't be read, lacks a column or has one too many, lists a file that is not there, or one twice,
        a clip twice, an unknown emotion, a speaker for some clips only, or a speaker of two sexes, or is named like
        a corpus of the study.
    """
    path = Path(os.path.abspath(os.path.expanduser(path)))
    table = read_text(path)
    return of_table(path, table[[c for c in table if c not in _ADDED]])


def read_text(path: str | Path) -> pd.DataFrame:
    """What a CSV file holds, every cell as text; columns without a name and rows without a cell do not count.

    Raises
    ------
    SerReproError
        If the file can't be read, or a row has more cells than the header.
    """
    path = Path(os.path.abspath(os.path.expanduser(path)))
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True)
    except OSError as error:
        raise SerReproError(f"{path} can't be read ({error.strerror}): give the CSV file of your clips") from error
    except ValueError as error:  # pandas's own parsing errors, and what is not UTF-8
        reason = " ".join(str(error).split())
        raise SerReproError(f"{path} is no table of clips ({reason}): give a comma-separated UTF-8 file") from error
    if not isinstance(table.index, pd.RangeIndex):  # pandas takes cells beyond the header's for an index
        raise SerReproError(f"{path} has rows with more cells than its header has columns: write a name that holds a "
                            'comma in quotes, "so, then.wav"')
    named = [c for c in table if not c.startswith("Unnamed: ")]
    return table.loc[(table != "").any(axis=1), named].reset_index(drop=True)


def of_table(path: Path, table: pd.DataFrame) -> Corpus:
    """The corpus that a table of text describes, as it is, or would be, in the CSV file `path`; as `read_table`."""
    wanted = f"give {', '.join(NEEDED)}, and speaker where you know it; also possible: {', '.join(OPTIONAL)}"
    lacking, strange = [c for c in NEEDED if c not in table], [c for c in table if c not in NEEDED + OPTIONAL]
    if lacking:
        has = ", ".join(repr(c[:80]) for c in table) or "none"
        raise SerReproError(f"{path} lacks {', '.join(lacking)} (its columns, by its commas: {has}): {wanted}")
    if strange:
        raise SerReproError(f"{path} has a column {', '.join(map(repr, strange))}: {wanted}")
    if table.empty:
        raise SerReproError(f"{path} lists no clip: {wanted}")
    table = table.apply(lambda column: column.str.strip())
    table["emotion"] = table["emotion"].str.lower()
    nameless = (table["emotion"] == "").sum()
    if nameless:
        raise SerReproError(f"{path} names no emotion for {nameless} of {len(table)} clips: name one for each, or "
                            "leave those clips out")
    _refuse_unknown_emotions(path, table["emotion"])

    named = [_named(path.parent, name) for name in table["path"]]
    files = [os.path.abspath(path.parent / p) for p in named]
    absent = [name for name, file in zip(table["path"], files, strict=True) if not os.path.isfile(file)]
    if absent:
        raise SerReproError(f"{path}: {len(absent)} of {len(files)} files are not there, {absent[0]!r} the first: "
                            f"paths are taken relative to {path.parent}")
    if len(set(files)) < len(files):
        twice = next(file for file in files if files.count(file) > 1)
        raise SerReproError(f"{path} lists {twice} twice: give each file one row")
    if "clip" not in table:
        table["clip"] = [p.with_suffix("").as_posix() for p in named]
    twice = table["clip"][table["clip"].duplicated()]
    if len(twice) or (table["clip"] == "").any():
        what = f"names clip {twice.iloc[0]!r} twice" if len(twice) else "leaves a clip without a name"
        raise SerReproError(f"{path} {what}: give each clip a name of its own in the column clip")
    for column in OPTIONAL:
        if column not in table:
            table[column] = UNSPECIFIED if column == "intensity" else ""
    table["label"] = table["label"].where(table["label"] != "", table["emotion"])
    corpus = _corpus(path, table.assign(path=files))
    for known in CORPORA.values():  # however it is spelt: `get` takes TESS for tess
        if key(known.name) == key(corpus.name) and known.origin != corpus.origin:
            raise SerReproError(f"a corpus named {known.name} is known already: give {path} another name")
    return corpus


def _named(folder: Path, name: str) -> Path:
    """The path that a table names; `\\` parts folders, as in tables made on Windows, unless a file is so named."""
    path = os.path.expanduser(name)
    return Path(path if os.path.isfile(folder / path) else path.replace("\\", "/"))


def _near(word: str) -> str:
    return "".join(difflib.get_close_matches(word, EMOTIONS, 1, 0.5))


def _refuse_unknown_emotions(path: Path, emotions: pd.Series) -> None:
    strange = sorted(set(emotions) - set(EMOTIONS))
    if strange:
        near = _near(strange[0])
        hint = f", did you mean {near}" if near else ""
        raise SerReproError(f"{path}: unknown emotion {strange[0]!r}{hint}? The study's are {', '.join(EMOTIONS)}")


def _corpus(path: Path, table: pd.DataFrame) -> Corpus:
    speakers = table["speaker"]
    if (speakers == "").any() and (speakers != "").any():
        raise SerReproError(f"{path} names no speaker for {(speakers == '').sum()} of {len(table)} clips: name one for "
                            "each, or for none")
    age = pd.to_numeric(table["age"].replace("", None), errors="coerce").astype(float)
    strange = table["age"][(table["age"] != "") & ~((age % 1 == 0) & age.between(0, 150))]
    if len(strange):
        raise SerReproError(f"{path}: age {strange.iloc[0]!r} is no whole number of years, 0 to 150: give one, or "
                            "nothing where it is not known")
    table = table.assign(age=age.astype("Int64"), corpus=path.stem)
    people = []
    for speaker, mine in table.groupby("speaker"):
        sex = set(mine["sex"])
        if len(sex) > 1 or not sex <= {"female", "male", ""}:
            raise SerReproError(f"{path}: speaker {speaker or '(not named)'} has sex {', '.join(sorted(sex))}: give "
                                "female, male or nothing, the same for all clips of a speaker")
        first = mine["age"].dropna()
        people.append(Speaker(speaker, sex.pop(), int(first.iloc[0]) if len(first) else None))
    languages = sorted(set(table["language"]) - {""})
    emotions = table.drop_duplicates("label").set_index("label")["emotion"].to_dict()
    return Corpus(
        name=path.stem, title=f"clips listed in {path.name}", citation="", licence="that of your clips", home="",
        language=", ".join(languages), sample_rate=0, channels=0, emotions=emotions,
        speakers=tuple(p for p in people if p.name), n_clips=len(table),
        emotion_counts=table["emotion"].value_counts().sort_index().to_dict(),
        speaker_counts=speakers[speakers != ""].value_counts().sort_index().to_dict(),
        pattern=re.compile(r"(?!)"), describe=lambda match: None, place=lambda clip: clip["clip"],
        example=table["path"].iloc[0], table=table.sort_values("clip", ignore_index=True)[COLUMNS], origin=path,
    )


def load(path: str | Path) -> Corpus:
    """The corpus of a CSV file, known by its name from then on. Read anew each time, as the file may have changed.

    Raises
    ------
    SerReproError
        As `read_table`.
    """
    corpus = read_table(path)
    CORPORA[corpus.name] = corpus
    return corpus


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
               without: Iterable[str] = ()) -> pd.DataFrame:
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
        From what stands in the names to the study's emotions, where it is not one of those itself.

    without : iterable of str
        What to leave out without a word: paths below `folder` or names, with `*` and `?` as a shell has them.

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
    table, left = named(folder, pattern, emotions, without)
    if left:
        _LOG.warning("%s", left_out(left, len(table), pattern))
    return table


def left_out(left: list[str], used: int, pattern: str) -> str:
    """What to say of audio files that a pattern leaves out."""
    first = ", ".join(map(repr, left[:3])) + ", ..." * (len(left) > 3)
    return (f"{len(left)} of {len(left) + used} audio files are left out, as they are not named like {pattern!r}: "
            f"{first}; mend the pattern, or leave them out on purpose (--without)")


def named(folder: str | Path, pattern: str, emotions: Mapping[str, str] | None = None, without: Iterable[str] = ()
          ) -> tuple[pd.DataFrame, list[str]]:
    """As `from_names`, and the audio files below the folder that are not named like the pattern."""
    folder = Path(os.path.abspath(os.path.expanduser(folder)))
    pattern = _ENDING.sub("", pattern.replace("\\", "/"))
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
    rows, left, without = [], [], list(without)
    for place, files in walk(folder):
        for name in files:
            path = (place / name).relative_to(folder)
            if not is_audio(place / name) or any(fnmatch.fnmatch(text, glob) for text in (name, path.as_posix())
                                                 for glob in without):
                continue
            end = path.with_suffix("") if path.suffix.lower() in AUDIO else path
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
    meant = {emotion: emotion for emotion in EMOTIONS} | dict(emotions or {})
    strange = sorted(label for label in set(table["emotion"]) if label not in meant and label.lower() not in meant)
    if strange:
        raise SerReproError(f"names in {folder} hold {strange[0]!r} where the emotion stands: say which of "
                            f"{', '.join(EMOTIONS)} that is, as in {strange[0]}={_near(strange[0]) or 'anger'}")
    if emotions and "label" not in fields:
        table["label"] = table["emotion"]
    table["emotion"] = [meant[label if label in meant else label.lower()].lower() for label in table["emotion"]]
    _refuse_unknown_emotions(folder, table["emotion"])
    return table.sort_values("path", ignore_index=True), left


def _refuse_two_endings(folder: Path, paths: list[str]) -> None:
    """Raise a SerReproError where a recording lies there in two formats."""
    known: dict[Path, str] = {}
    for path in paths:
        other = known.setdefault(Path(path).with_suffix(""), path)
        if other != path:
            raise SerReproError(f"{folder} holds {other!r} and {path!r}, one recording in two formats: leave one kind "
                                f"out with --without '*{Path(path).suffix}'")
