"""The index of a corpus: its published clips, each with a hash of its samples.

The index is what a copy is checked against, and the list of official names: the full table of a corpus can
be had from it where no audio lies.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pandas as pd

from ser_repro import SerReproError
from ser_repro.datasets.audio import measure
from ser_repro.datasets.base import Corpus
from ser_repro.datasets.finding import clips
from ser_repro.datasets.lookup import get
from ser_repro.files import digest, write_atomic

INDEX_COLUMNS = ["clip", "sample_rate", "channels", "frames", "sha256"]

HASH_LENGTH = 32
"""Hexadecimal characters of a SHA-256 that the index keeps: 128 bits tell any two clips apart."""


def measure_all(
    paths: Iterable[str], workers: int | None = None, progress: Callable[[int, int], None] | None = None
) -> list[dict | SerReproError]:
    """`measure` of many files at once, in their order; a file that cannot be read gives its error instead.

    Threads are enough, as decoding and hashing release the interpreter's lock.

    Parameters
    ----------
    paths : iterable of path
    workers : int, optional
        Threads; by default one a core, at most eight.
    progress : callable, optional
        Called with (files done, files in all) after each file.
    """

    def one(path):
        try:
            return measure(path)
        except SerReproError as error:
            return error

    paths, results = list(paths), []
    with ThreadPoolExecutor(workers or min(8, os.cpu_count() or 1)) as pool:
        for result in pool.map(one, paths):
            results.append(result)
            if progress:
                progress(len(results), len(paths))
    return results


def write_index(corpus: str | Corpus, data: str | Path | None = None, path: str | Path | None = None) -> Path:
    """Write the index of a corpus from a copy known to be good.

    Parameters
    ----------
    corpus : str or Corpus
    data : path, optional
        Folder of the corpus; by default that of SER_REPRO_DATA.
    path : path, optional
        Where to; by default the corpus's own index.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    SerReproError
        If the copy is not whole, a file cannot be read, or the index cannot be written.
    """
    corpus = get(corpus)
    if corpus.labels:
        raise SerReproError(f"{corpus} keeps its labels in files of their own, which an index would lose: it has none.")
    table = clips(corpus, data)
    measured = measure_all(table.path)
    for result in measured:
        if isinstance(result, SerReproError):
            raise result
    index = pd.DataFrame(measured).assign(clip=table["clip"])
    index["sha256"] = index.sha256.str[:HASH_LENGTH]
    path = Path(path or corpus.index)
    write_atomic(path, index[INDEX_COLUMNS].to_csv(index=False, lineterminator="\n"))
    return path


def read_index(corpus: str | Corpus, path: str | Path | None = None) -> pd.DataFrame:
    """The index of a corpus: clip, sample_rate (Hz), channels, frames, sha256, sorted by clip.

    Raises
    ------
    SerReproError
        If the corpus has no index.
    """
    corpus = get(corpus)
    path = Path(path or corpus.index)
    if not path.is_file():
        raise SerReproError(f"{corpus} has no index at {path}: make one from a good copy with write_index")
    # A clip may be named by digits alone, or "nan": names and hashes are text whatever they look like.
    return pd.read_csv(path, dtype={"clip": str, "sha256": str}, keep_default_na=False)


def published(corpus: str | Corpus) -> pd.DataFrame:
    """The full table of a corpus from its index, without any audio.

    Returns
    -------
    pandas.DataFrame
        A row a clip: the columns of `find` but for path, and duration_s (s) and those of the index.

    Raises
    ------
    SerReproError
        If the corpus has no index.
    """
    return _published(get(corpus)).copy()


@cache
def _published(corpus: Corpus) -> pd.DataFrame:
    index = read_index(corpus)
    table = pd.DataFrame([{"corpus": corpus.name, **corpus.parse(clip)} for clip in index["clip"]])
    table["age"] = table["age"].astype("Int64")
    table["duration_s"] = index.frames / index.sample_rate
    return table.join(index[INDEX_COLUMNS[1:]])


def content_hash(table: pd.DataFrame) -> str:
    """One hash for the audio of a corpus, or of any set of clips.

    Parameters
    ----------
    table : pandas.DataFrame
        With columns clip and sha256; only the first `HASH_LENGTH` characters of a hash count, so that
        hashes just measured and those of an index agree. The order of rows does not matter.

    Returns
    -------
    str
        SHA-256, hexadecimal, of the sorted lines "clip sha256".
    """
    lines = sorted(
        f"{clip} {sha256[:HASH_LENGTH]}" for clip, sha256 in zip(table["clip"], table.sha256, strict=True)
    )
    return digest("\n".join(lines))
