"""A corpus of the user's own, without touching the package: a table of clips, as a CSV file or Excel's own.

The table has a row a clip and at least the columns path and emotion; speaker makes protocol `speaker` possible. Where
a corpus is asked for by name, the path of such a file does as well:

    table = datasets.clips("mine.csv")

Where file names tell what is in clips, `patterns.from_names` makes the table.
"""

from __future__ import annotations

import difflib
import logging
import os
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from ser_repro import SerReproError
from ser_repro.datasets import naming, tables
from ser_repro.datasets.base import COLUMNS, CORPORA, UNSPECIFIED, Corpus, Speaker, key
from ser_repro.datasets.folders import as_on_disk

NEEDED = ("path", "emotion")
OPTIONAL = ("clip", "label", "speaker", "sex", "age", "language", "sentence", "intensity", "session", "scenario")

_LOG = logging.getLogger(__name__)
_ADDED = ("corpus", "part")  # columns of a table that was written from a corpus


def read_table(path: str | Path, emotions: Mapping[str, str] | None = None, skip: Iterable[str] = ()) -> Corpus:
    """The corpus that a table of clips describes; its name is that of the file.

    Parameters
    ----------
    path : path
        As `tables.read` takes it: text, or Excel's own file. A header in any case with path (absolute, or relative to
        the file's folder) and emotion (one of `EMOTIONS`, or a common name of one), and any of `OPTIONAL`. Other
        columns are kept. Clips are named by clip, or else by their path without the ending. Columns without a name,
        rows without a cell, and what `ser-repro corpora table` adds (corpus, part) do not count.
    emotions : mapping of str to str, optional
        What labels mean that are no common names.
    skip : iterable of str
        Labels whose clips are left out.

    Raises
    ------
    SerReproError
        If the file can't be read, lacks a column or has one twice, lists a file that is not there, or one twice,
        a clip twice, an unknown emotion, a speaker for some clips only, or a speaker of two sexes, or is named like
        a corpus of the study.
    """
    path = as_on_disk(Path(os.path.abspath(os.path.expanduser(path))))
    table, notes = tables.read(path, NEEDED + OPTIONAL)
    return of_table(path, table.drop(columns=[c for c in _ADDED if c in table]), emotions, skip, notes)


def of_table(path: Path, table: pd.DataFrame, emotions: Mapping[str, str] | None = None, skip: Iterable[str] = (),
             notes: Iterable[str] = ()) -> Corpus:
    """The corpus that a table of text describes, as it is, or would be, in the file `path`; as `read_table`.

    Parameters
    ----------
    notes : iterable of str
        What had to be guessed when the table was read: `quirks` of the corpus begin with it.
    """
    others = [name for name in table if name not in NEEDED + OPTIONAL]
    _refuse_columns(path, table)
    left = naming.skipped(table["emotion"], skip)
    table = table[~table["emotion"].isin(left)].reset_index(drop=True)
    labels = table["emotion"]
    if table.empty:
        raise SerReproError(f"{path}: every clip is left out by --skip: leave out fewer labels")
    command = f"ser-repro corpora table {shlex.quote(str(path))} --csv NEW.csv"
    table["emotion"] = labels.map(naming.emotions_of(labels, str(path), emotions, command))
    notes = [*notes, *_about_others(table, others), *[naming.about_skipped(left)] * bool(left)]
    table = _with_files(path, table, notes)
    for column in OPTIONAL:
        if column not in table:
            table[column] = UNSPECIFIED if column == "intensity" else ""
    table["sex"] = table["sex"].map(naming.sex_of)
    table["label"] = table["label"].where(table["label"] != "", labels)
    corpus = _corpus(path, table, others, "; ".join(notes))
    for known in CORPORA.values():  # however it is spelt: `get` takes TESS for tess
        if key(known.name) == key(corpus.name) and known.origin != corpus.origin:
            raise SerReproError(f"a corpus named {known.name} is known already: give {path} another name")
    return corpus


def _refuse_columns(path: Path, table: pd.DataFrame) -> None:
    """Raise a SerReproError where a table lacks a column, a row, or the emotion of a clip."""
    wanted = f"give {', '.join(NEEDED)}, and speaker where you know it; also possible: {', '.join(OPTIONAL)}"
    lacking = [name for name in NEEDED if name not in table]
    if lacking:
        has = ", ".join(repr(name[:80]) for name in table) or "none"
        raise SerReproError(f"{path} lacks {', '.join(lacking)} (its columns: {has}): {wanted}")
    if table.empty:
        raise SerReproError(f"{path} lists no clip: {wanted}")
    nameless = (table["emotion"] == "").sum()
    if nameless:
        raise SerReproError(f"{path} names no emotion for {nameless} of {len(table)} clips: name one for each, or "
                            "leave those clips out")


def _with_files(path: Path, table: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """The table with absolute paths, as the disk spells them, and a name for each clip."""
    named = [_named(path.parent, name) for name in table["path"]]
    files = [str(as_on_disk(Path(os.path.abspath(path.parent / one)))) for one in named]
    absent = [name for name, file in zip(table["path"], files, strict=True) if not os.path.isfile(file)]
    if absent:
        raise SerReproError(f"{path}: {len(absent)} of {len(files)} files are not there, {absent[0]!r} the first: "
                            f"paths are taken relative to {path.parent}" + "".join(f"; {note}" for note in notes))
    if len(set(files)) < len(files):
        twice = next(file for file in files if files.count(file) > 1)
        raise SerReproError(f"{path} lists {twice} twice: give each file one row")
    if "clip" not in table:
        table = table.assign(clip=[one.with_suffix("").as_posix() for one in named])
    twice = table["clip"][table["clip"].duplicated()]
    if len(twice) or (table["clip"] == "").any():
        what = f"names clip {twice.iloc[0]!r} twice" if len(twice) else "leaves a clip without a name"
        raise SerReproError(f"{path} {what}: give each clip a name of its own in the column clip")
    return table.assign(path=files)


def _named(folder: Path, name: str) -> Path:
    """The path that a table names; `\\` parts folders, as in tables made on Windows, unless a file is so named."""
    path = os.path.expanduser(name)
    return Path(path if os.path.isfile(folder / path) else path.replace("\\", "/"))


def _about_others(table: pd.DataFrame, others: list[str]) -> list[str]:
    """What to say of columns that are kept, but mean nothing here."""
    free = [name for name in OPTIONAL if name not in table]
    told = []
    for name in others:
        plain = re.sub(r"[^a-z]", "", name.casefold()).removesuffix("id")
        meant = difflib.get_close_matches(plain, free, 1, 0.8)
        told.append(repr(name) + f" (did you mean {''.join(meant)}?)" * bool(meant))
    return [f"columns that are kept and not used: {', '.join(told)}"] * bool(told)


def _corpus(path: Path, table: pd.DataFrame, others: list[str], quirks: str) -> Corpus:
    speakers = table["speaker"]
    if (speakers == "").any() and (speakers != "").any():
        raise SerReproError(f"{path} names no speaker for {(speakers == '').sum()} of {len(table)} clips: name one for "
                            "each, or for none")
    age = pd.to_numeric(table["age"].replace("", None), errors="coerce").astype(float)
    strange = table["age"][(table["age"] != "") & ~((age % 1 == 0) & age.between(0, 150))]
    if len(strange):
        raise SerReproError(f"{path}: age {strange.iloc[0]!r} is no whole number of years, 0 to 150: give one, or "
                            "nothing where it is not known")
    table = table.assign(age=age.astype("Int64"), corpus=tables.bare(path))
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
        name=tables.bare(path), title=f"clips listed in {path.name}", citation="", licence="that of your clips",
        home="", language=", ".join(languages), sample_rate=0, channels=0, emotions=emotions,
        speakers=tuple(p for p in people if p.name), n_clips=len(table),
        emotion_counts=table["emotion"].value_counts().sort_index().to_dict(),
        speaker_counts=speakers[speakers != ""].value_counts().sort_index().to_dict(),
        pattern=re.compile(r"(?!)"), describe=lambda match: None, place=lambda clip: clip["clip"],
        example=table["path"].iloc[0], table=table.sort_values("clip", ignore_index=True)[[*COLUMNS, *others]],
        origin=path, quirks=quirks,
    )


def load(path: str | Path, emotions: Mapping[str, str] | None = None, skip: Iterable[str] = ()) -> Corpus:
    """The corpus of a table, known by its name from then on. Read anew each time, as the file may have changed.

    Raises
    ------
    SerReproError
        As `read_table`.
    """
    corpus = read_table(path, emotions, skip)
    before = CORPORA.get(corpus.name)
    if corpus.quirks and (before is None or before.quirks != corpus.quirks):  # once a command is enough
        _LOG.warning("%s: %s", corpus.origin, corpus.quirks)
    CORPORA[corpus.name] = corpus
    return corpus
