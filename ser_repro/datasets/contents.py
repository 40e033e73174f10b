"""Hashes of what files hold, taken again only where a file can have changed since.

As git's index does, the hash of a file is remembered with its size, both its times and its number on the disk: writing
into a file, setting its time back and moving another in its place change one of them.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ser_repro import SerReproError
from ser_repro.files import file_checksum, read_json, write_atomic

_SETTLED_NS = 2_000_000_000  # the coarsest clock of a file system: a file may change twice within it and show one time


def hashes(files: Iterable[str], memory: Path, *, again: bool = False) -> list[str]:
    """Hash of the content of each file.

    Parameters
    ----------
    files : iterable of path
    memory : path
        JSON file of what was hashed before; it need not be there, and is written where it can be.
    again : bool
        Read every file, whatever is remembered of it.

    Returns
    -------
    list of str
        In the order of the files.

    Raises
    ------
    SerReproError
        Naming a file that can't be read.
    """
    files, known = [os.path.abspath(file) for file in files], {}
    if not again:
        with contextlib.suppress(SerReproError):  # none yet, or damaged
            known = read_json(memory, "memory of files", "remove it", check=_remembered)

    def one(file: str) -> list:
        try:
            about = os.stat(file)
            state = [about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino]
            if known.get(file, [])[:-1] == state:
                return known[file]
            return [*state, file_checksum(file)]
        except OSError as error:
            raise SerReproError(f"{file} can't be read ({error.strerror}): copy it again from the corpus's "
                                "publisher.") from error

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        found = dict(zip(files, pool.map(one, files), strict=True))
    settled = time.time_ns() - _SETTLED_NS
    lasting = {file: row for file, row in found.items() if max(row[1:3]) < settled}
    if lasting != known:
        with contextlib.suppress(SerReproError):  # a cache that can only be read: they are hashed again next time
            write_atomic(memory, json.dumps(lasting), sync=False)
    return [found[file][-1] for file in files]


def _remembered(content: dict) -> None:
    """Raise an error where this is no memory of files: of each its state, and the hash of what it holds."""
    if not all(list(map(type, row)) == [int] * 4 + [str] for row in content.values()):
        raise ValueError
