"""Splits as people and public toolkits keep them, read to one table.

A split is one CSV file with a column part or fold; or several files, or a folder of them, whose names say which part
and fold they are, as EmoBox (`fold_1/emodb_train_fold_1.jsonl`), s3prl (`Session1/train_meta_data.json`) and
SpeechBrain (`train.json`, `valid.json`, `test.json`) have them.
"""

import json
import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from ser_repro import SerReproError
from ser_repro.datasets import tables
from ser_repro.datasets.folders import AUDIO, walk

PARTS = ("train", "validation", "test")
COLUMNS = {
    "path": ("path", "wav", "audio", "file", "filename", "file_name", "filepath", "file_path", "audio_path"),
    "clip": ("clip", "key", "id", "utt", "utt_id", "utterance", "utterance_id", "name"),
    "part": ("part", "split", "subset", "set", "partition"),
    "fold": ("fold",),
    "speaker": ("speaker", "spk", "spk_id", "speaker_id", "actor", "actor_id", "subject"),
    "sentence": ("sentence", "text", "transcript", "transcription", "sentence_id"),
    "emotion": ("emotion", "emo", "label", "labels"),
    "recording": ("recording", "session", "dialogue", "dialog", "conversation", "recording_id"),
    "source": ("source", "original", "source_clip"),
}
"""Column of the table -> names that it may have in a file, the first of them that is there; letter case does not count.
"""

_LOG = logging.getLogger(__name__)
_PART_NAMES = {name: part for part, names in {
    "train": ("train", "training", "trn"), "validation": ("validation", "valid", "val", "dev", "development"),
    "test": ("test", "testing", "eval", "evaluation")}.items() for name in names}
_PART = re.compile(rf"(?<![a-z])({'|'.join(sorted(_PART_NAMES, key=len, reverse=True))})(?![a-z])")
_FOLD = re.compile(r"(?:fold|session|ses|split)[_ -]?0*([0-9]+)")
_NUMBERED = re.compile(r"(?:fold|session|split)?[_ -]?0*([0-9]+)", re.IGNORECASE)
_KINDS = (".csv", ".json", ".jsonl")
_NEEDED = "give a column clip or path, and a column part (train, validation, test) or fold"


def read(paths: Iterable[str | Path]) -> pd.DataFrame:
    """The table of a split.

    Parameters
    ----------
    paths : iterable of path
        One CSV file that holds the whole split; or files of one part each (CSV, JSON or JSON Lines), or folders of
        them.

    Returns
    -------
    DataFrame
        A row a clip of a part, all of it text: `COLUMNS`, "" where a file does not tell. A clip is named by its own
        name, or else by its path without the ending. `part` is one of `PARTS`, or "" where a split has only folds.

    Raises
    ------
    SerReproError
        If there is no such file, it is no table, or a column or part is missing or not known.
    """
    files = [file for path in paths for file in _files(Path(os.path.abspath(os.path.expanduser(path))))]
    if len(files) == 1:
        return _whole(files[0], _table(files[0]))
    tables, seen = [], {}
    for file in files:
        part, fold = _of_name(file)
        if not part:
            raise SerReproError(f"{file}: its name does not say which part it is: give files named after train, "
                                "validation (or dev) and test, or one CSV file with a column part")
        table = _table(file)
        if (part, fold) in seen:  # some toolkits keep a part twice, under two names
            other, clips = seen[part, fold]
            if clips == set(table["clip"]):
                continue
            of = f" of fold {fold}" if fold else ""
            raise SerReproError(f"{other} and {file} are both the {part} part{of}, of other clips: give one of them")
        seen[part, fold] = file, set(table["clip"])
        tables.append(table.assign(part=part, fold=fold))
    return pd.concat(tables, ignore_index=True)


def _files(path: Path) -> list[Path]:
    """The file, or those in a folder that are parts of a split."""
    if not path.is_dir():
        return [path]
    found = [place / name for place, names in walk(path) for name in names
             if Path(name).suffix.lower() in _KINDS and _of_name(place / name)[0]]
    if not found:
        raise SerReproError(f"{path} holds no file of a split: give a folder with files such as train.jsonl and "
                            "test.jsonl, or a CSV file")
    return sorted(found)


def _of_name(file: Path) -> tuple[str, str]:
    """Part and fold by the names of a file and its folder, "" where they do not say."""
    name = file.stem.lower()
    part = _PART.search(name)
    fold = _FOLD.search(name) or _FOLD.search(file.parent.name.lower())
    return _PART_NAMES[part[1]] if part else "", fold[1] if fold else ""


def _table(file: Path) -> pd.DataFrame:
    """What a file holds, in `COLUMNS`."""
    if file.suffix.lower() in (".json", ".jsonl"):
        rows = _json_rows(file)
        raw = pd.DataFrame(rows).map(lambda cell: "" if cell is None or cell != cell else str(cell).strip())
    else:
        known = [name for names in COLUMNS.values() for name in names]
        raw, guessed = tables.read(file, known)
        for note in guessed:
            _LOG.warning("%s: %s", file, note)
    here = {str(name).strip().lower(): name for name in reversed(list(raw))}
    table = pd.DataFrame(index=raw.index)
    for column, names in COLUMNS.items():
        given = next((here[name] for name in names if name in here), None)
        table[column] = "" if given is None else raw[given]
    if table.empty:
        raise SerReproError(f"{file} lists no clip: {_NEEDED}")
    bare = table["clip"].eq("") & table["path"].eq("")
    if bare.any():
        has = ", ".join(repr(str(c)[:80]) for c in raw) or "none"
        raise SerReproError(f"{file} names no clip in {int(bare.sum())} of {len(table)} rows (its columns: {has}): "
                            f"{_NEEDED}")
    is_path = table["path"].eq("") & table["clip"].map(lambda clip: Path(clip).suffix.lower() in AUDIO)
    table["path"] = table["path"].where(~is_path, table["clip"])
    table["clip"] = table["clip"].where(~(is_path | table["clip"].eq("")), table["path"].map(_without_ending))
    table["path"] = [str(file.parent / os.path.expanduser(path.replace("\\", "/"))) if path else ""
                     for path in table["path"]]
    return table


def _without_ending(path: str) -> str:
    found = Path(path.replace("\\", "/"))
    return (found.with_suffix("") if found.suffix.lower() in AUDIO else found).as_posix()


def _json_rows(file: Path) -> list[dict]:
    """Objects of a JSON or JSON Lines file: a list of them, one a line, by their names, or in `meta_data`."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        if file.suffix.lower() == ".jsonl":
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            found = json.loads(text)
            found = found.get("meta_data", found) if isinstance(found, dict) else found
            if isinstance(found, dict):
                found = [{"id": name, **row} for name, row in found.items()]
        if not all(isinstance(row, dict) for row in found):
            raise ValueError("a row is no object")
    except OSError as error:
        raise SerReproError(f"{file} can't be read ({error.strerror}): give the file of a split") from error
    except (ValueError, TypeError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise SerReproError(f"{file} is no table of clips ({reason}): give JSON objects, one a clip, or a CSV file"
                            ) from error
    return found


def _whole(file: Path, table: pd.DataFrame) -> pd.DataFrame:
    """A table that holds all parts, or all folds."""
    part, fold = table["part"].str.lower(), table["fold"]
    if not (fold != "").any() and part[part != ""].map(_NUMBERED.fullmatch).notna().all() and (part != "").any():
        part, fold = pd.Series("", table.index), part  # folds under the name of parts
    strange = sorted(set(part) - {""} - set(_PART_NAMES))
    if strange:
        raise SerReproError(f"{file}: unknown part {strange[0]!r}: give {', '.join(PARTS)}, or folds by their numbers")
    if not (part != "").any() and not (fold != "").any():
        raise SerReproError(f"{file} has neither a part nor a fold for any clip: {_NEEDED}")
    numbered = fold.map(lambda name: found[1] if (found := _NUMBERED.fullmatch(name)) else name)
    return table.assign(part=part.map(lambda name: _PART_NAMES.get(name, "")), fold=numbered)
