"""Features on disk: one SQLite file a feature set, a row a clip, named by the hash of the clip's samples.

SQLite writes whole rows or none and lets several processes in; every row carries a checksum. A row that was damaged is
dropped and computed again; a file that is no database any more is put aside and begun anew.
"""

import contextlib
import json
import os
import sqlite3
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ser_repro import SerReproError
from ser_repro.features.sets import VERSION, FeatureSet

_PATIENCE_S = 60  # for another process that is writing
_AT_ONCE = 500  # SQLite takes only so many names in a question


def _checksum(key: str, shape: str, data: bytes) -> int:
    """Of a whole row: values of another clip, or in another shape, are damage too."""
    return zlib.crc32(data, zlib.crc32(f"{key} {shape}".encode()))


class Store:
    """Values of one feature set, by the hash of a clip's samples.

    Parameters
    ----------
    feature_set : FeatureSet
    path : "fast", "torch" or "reference"
        Values of different paths are never mixed.
    folder : path
    """

    def __init__(self, feature_set: FeatureSet, path: str, folder: str | Path):
        self.set = feature_set
        self.file = Path(folder) / f"{feature_set.name}-{path}-{feature_set.hash}-v{VERSION}.sqlite"

    def put(self, values: Iterable[tuple[str, np.ndarray]]) -> None:
        """Store values by hash, all of them or none: of int16, or else as float32.

        Raises
        ------
        SerReproError
            If there is no room or no right to write.
        """
        rows = []
        for key, value in values:
            kind = ["<i2"] if value.dtype == np.int16 else []
            data = np.ascontiguousarray(value, *(kind or ["<f4"])).tobytes()
            shape = json.dumps([*kind, *value.shape])
            rows.append((key, shape, data, _checksum(key, shape, data)))

        def write(database):
            database.executemany("INSERT OR REPLACE INTO value VALUES (?, ?, ?, ?)", rows)

        self._try(write)

    def get(self, keys: Iterable[str]) -> dict[str, np.ndarray]:
        """Values by hash; damaged rows are dropped and not among them."""

        def value(row):
            key, shape, data, checksum = row
            with contextlib.suppress(ValueError, TypeError, KeyError):  # SQLite keeps whatever type it was given
                if _checksum(key, shape, data) == checksum:
                    shape = json.loads(shape)
                    kind = "<i2" if shape[:1] == ["<i2"] else "<f4"
                    return key, np.frombuffer(data, kind).reshape(shape[kind == "<i2":])
            return key, None

        keys = list(keys)

        def read(database):
            found = {}
            for i in range(0, len(keys), _AT_ONCE):
                some = keys[i:i + _AT_ONCE]
                marks = ", ".join("?" * len(some))
                found |= dict(map(value, database.execute(
                    f"SELECT key, shape, data, checksum FROM value WHERE key IN ({marks})", some)))
            bad = [(key,) for key, stored in found.items() if stored is None]
            database.executemany("DELETE FROM value WHERE key = ?", bad)
            return {key: stored for key, stored in found.items() if stored is not None}

        return self._try(read)

    def discard(self) -> None:
        """Delete the file, and what was put aside of it."""
        for file in (self.file, Path(f"{self.file}.damaged"), Path(f"{self.file}-journal.damaged")):
            file.unlink(missing_ok=True)

    def _try(self, work):
        """Work on the database; where the file is none, put it aside and work on a new one."""
        try:
            return self._open(work)
        except sqlite3.OperationalError as error:  # locked, full, or not allowed: the file itself is sound
            raise SerReproError(f"features not read or written in {self.file.parent} ({error}): free some room, or "
                                "give another --cache.") from error
        except sqlite3.DatabaseError:
            for file in (self.file, Path(f"{self.file}-journal")):
                with contextlib.suppress(FileNotFoundError):
                    os.replace(file, f"{file}.damaged")
            return self._open(work)

    def _open(self, work):
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SerReproError(f"features not written to {self.file.parent} ({error.strerror}): give another --cache."
                                ) from error
        with contextlib.closing(sqlite3.connect(self.file, timeout=_PATIENCE_S)) as database, database:
            # Waiting for the disk takes as long as computing a small set. A program that is killed leaves whole rows
            # all the same; what a power cut may spoil is noticed like any other damage.
            database.execute("PRAGMA synchronous = OFF")
            database.execute("PRAGMA trusted_schema = OFF")  # a file from elsewhere may bring views and triggers
            database.execute("PRAGMA page_size = 65536")  # of a new file: a spectrogram then spans few pages
            database.execute("CREATE TABLE IF NOT EXISTS value (key TEXT PRIMARY KEY, shape TEXT, data BLOB, "
                             "checksum INTEGER)")
            return work(database)
