"""From a folder of audio to the table of clips, whatever folders the user's copy has.

Files are known by their names alone, so a flat copy, a nested one and a FLAC one give the same table. Demo
data is never mixed with a real corpus: folders that the synthesiser marked count only where no real clip is
found.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from ser_repro import SerReproError
from ser_repro.datasets.base import COLUMNS, CORPORA, EMOTIONS, Corpus
from ser_repro.datasets.folders import DATA_VARIABLE, MARKER, SUFFIXES, data_folder, marked_above, walk
from ser_repro.datasets.lookup import get

# Texts as Python has them, whether or not pyarrow is installed, which openSMILE brings: scikit-learn can't take indexes
# of its kind apart, and no split may depend on it.
pd.set_option("mode.string_storage", "python")


def folder_of(corpus: Corpus, data: str | Path | None = None) -> Path:
    """As `data_folder`; for a corpus of the user's own, the folder of its table."""
    return data_folder(data) if corpus.table is None else corpus.origin.parent


def parse_path(corpus: Corpus, path: Path) -> dict | None:
    """Attributes of the clip at `path`, or None where the path is not that of a clip of the corpus."""
    if path.suffix.lower() not in SUFFIXES:
        return None
    return corpus.parse("/".join([*path.parts[-corpus.parts : -1], path.stem]))


def candidates(corpus: Corpus, folder: Path) -> pd.DataFrame:
    """Every file that is a clip of the corpus, doubles included, the preferred one of each clip first.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, sorted by clip, then by depth and path: the file that lies less deep is preferred.

    Raises
    ------
    SerReproError
        If the corpus keeps its labels in files of their own, and some clip has none there.
    """
    if corpus.table is not None:
        return corpus.table
    found, labels = _files(corpus, folder)
    if corpus.labels:
        found = _labelled(corpus, found, labels, folder)
    table = pd.DataFrame([{"corpus": corpus.name, **row, "path": str(path), "depth": len(path.parts)}
                          for path, row in found], columns=[*COLUMNS, "depth"])
    table["age"] = table["age"].astype("Int64")
    table = table.sort_values(["clip", "depth", "path"], ignore_index=True)
    return table[COLUMNS]


def _files(corpus: Corpus, folder: Path) -> tuple[list[tuple[Path, dict]], list[Path]]:
    """The files that are clips, with what their names tell, and those that hold labels; of demo data only where no
    real clip is."""
    found = {False: [], True: []}  # (path, attributes), real and made
    labels = {False: [], True: []}
    marked = {folder.parent: marked_above(folder.parent)}
    for place, files in walk(folder):
        marked[place] = marked[place.parent] or MARKER in files
        for name in files:
            path = place / name
            row = parse_path(corpus, path)
            if row:
                found[marked[place]].append((path, row))
            elif corpus.labels and corpus.labels.files.fullmatch(name) and path.is_file():
                labels[marked[place]].append(path)
    made = not found[False]
    return found[made], labels[made]


def _labelled(corpus: Corpus, found: list[tuple[Path, dict]], files: list[Path],
              folder: Path) -> list[tuple[Path, dict]]:
    """The clips with the labels that were found in files of their own."""
    labels = {}
    for file in files:
        mine = corpus.labels.read(file.read_text(encoding="utf-8", errors="replace"))
        other = [clip for clip in mine if labels.get(clip, mine[clip]) != mine[clip]]
        if other:
            raise SerReproError(f"{corpus} in {folder}: {other[0]} is {mine[other[0]]} in {file} and "
                                f"{labels[other[0]]} in another file of labels: remove the one that is not published")
        labels |= mine
    bare = sorted({row["clip"] for _, row in found} - set(labels))
    if bare:
        raise SerReproError(
            f"{corpus} in {folder}: {len(bare)} of {len(found)} clips have no label ({bare[0]} is the first): labels "
            f"stand in files such as {corpus.labels.place(found[0][1])}; unpack the corpus again, those files too"
        )
    unknown = sorted({labels[row["clip"]] for _, row in found} - set(corpus.emotions))
    if unknown:
        raise SerReproError(f"{corpus} in {folder}: label {', '.join(unknown)} is not one of the corpus's "
                            f"({', '.join(corpus.emotions)}): unpack it again from {corpus.home}")
    return [(path, corpus.parse(row["clip"], labels[row["clip"]])) for path, row in found]


def find(corpus: str | Corpus, data: str | Path | None = None) -> pd.DataFrame:
    """The clips of a corpus in a folder, however few.

    Parameters
    ----------
    corpus : str or Corpus
        A corpus, or its name.
    data : path, optional
        Folder of the corpus, or one that holds it at any depth; by default that of SER_REPRO_DATA.

    Returns
    -------
    pandas.DataFrame
        A row a clip, sorted by clip: corpus, clip (official name without ending), path (absolute), emotion (one of the
        study's, "" where it has none for the label), label (the corpus's own), speaker, sex, age (years, NA where it
        is not published), language, sentence, intensity, session and scenario ("" where the corpus has none). Of a
        clip that lies there twice, the file less deep is kept. Speaker codes are the corpus's own: only with `corpus`
        are they unique. (`table.clip` is a method of pandas: write `table["clip"]`.)

    Raises
    ------
    SerReproError
        If the corpus is unknown, or the folder does not exist.
    """
    corpus = get(corpus)
    table = candidates(corpus, folder_of(corpus, data))
    return table.drop_duplicates("clip", ignore_index=True)


def clips(corpus: str | Corpus, data: str | Path | None = None, complete: bool = True) -> pd.DataFrame:
    """The clips of a corpus in a folder, all of them or an error.

    As `find`, and where `complete` is true the published number of clips and every speaker must be there;
    demo data is exempt from that.

    Raises
    ------
    SerReproError
        If the folder does not exist, holds no clip, or, with `complete`, lacks a speaker or holds another
        number of clips than the corpus has.
    """
    corpus = get(corpus)
    folder = folder_of(corpus, data)
    table = find(corpus, folder)
    if table.empty:
        raise SerReproError(
            f"no clip of {corpus} in {folder} or below, where names like {corpus.example} were looked for: "
            f"get the corpus at {corpus.home} and give the folder it is unpacked in"
        )
    if not complete or marked_above(table.path[0]):
        return table
    count = f"{len(table)} of {corpus.n_clips} clips"
    mend = f"`ser-repro corpora check {corpus}` names what differs; unpack it again from {corpus.home}"
    lacking = [name for name in corpus.sexes if name not in set(table.speaker)]
    if lacking:
        who = f"speaker{'s' * (len(lacking) > 1)} {', '.join(lacking)}"
        raise SerReproError(f"{corpus} in {folder} lacks {who} ({count}): {mend}")
    if len(table) != corpus.n_clips:
        raise SerReproError(f"{corpus} in {folder} is not whole ({count}): {mend}")
    return table


def studied(table: pd.DataFrame) -> pd.DataFrame:
    """The clips of one corpus that the study's documents use: all, or those of a subset of emotions.

    Of IEMOCAP these are the four classes of all work on it (anger, happiness with excitement, neutral, sadness). Clips
    whose label is none of the study's emotions are never among them.

    Parameters
    ----------
    table : pandas.DataFrame
        As `find` gives it.
    """
    corpus = get(table["corpus"].iloc[0])
    return table[table["emotion"].isin(corpus.studied or EMOTIONS)].reset_index(drop=True)


def shared_emotions(several: Iterable[pd.DataFrame]) -> tuple[str, ...]:
    """The emotions that every one of some clips tables has, in alphabetical order."""
    return tuple(sorted(set.intersection(*(set(table["emotion"]) for table in several))))


def renamed(table: pd.DataFrame, emotions: Iterable[str] = EMOTIONS) -> pd.DataFrame:
    """The clips of a corpus that are of some emotions, their ids and speakers with the corpus's name before them: so
    clips of several corpora can stand in one table."""
    table = table[table["emotion"].isin(emotions)].reset_index(drop=True)
    return table.assign(**{name: table["corpus"].astype(str) + "/" + table[name].astype(str)
                           for name in ("clip", "speaker")})


def available(data: str | Path | None = None) -> list[str]:
    """Names of the corpora with at least one clip in a folder.

    Without `data` and with SER_REPRO_DATA unset there is nothing to look in and the list is empty; a folder
    that is named but does not exist is an error, as it is most likely misspelt.

    Raises
    ------
    SerReproError
        If the folder does not exist.
    """
    if data is None and not os.environ.get(DATA_VARIABLE):
        return []
    found: set[str] = set()
    for place, files in walk(data_folder(data)):
        for name in sorted(set(CORPORA) - found):
            if any(parse_path(CORPORA[name], place / file) for file in files):
                found.add(name)
    return sorted(found)


def is_synthetic(data: str | Path | None = None, corpus: str | Corpus | None = None) -> bool:
    """Whether a folder holds demo data, whose numbers are no results.

    Parameters
    ----------
    data : path, optional
        A folder, or the path of one clip; by default the folder of SER_REPRO_DATA.
    corpus : str or Corpus, optional
        Ask of this corpus alone: whether its clips, as `find` gives them, are synthetic. Without it, a
        marker at, above or anywhere below the folder counts.

    Raises
    ------
    SerReproError
        If the folder does not exist, or the corpus is unknown.
    """
    if data is not None and Path(data).is_file():
        return marked_above(Path(data).parent)
    folder = data_folder(data)
    if corpus is not None:
        corpus = get(corpus)
        paths = [path for path, _ in _files(corpus, folder)[0]] if corpus.table is None else corpus.table["path"]
        return len(paths) > 0 and marked_above(Path(paths[0]).parent)
    return marked_above(folder) or any(MARKER in files for _, files in walk(folder))
