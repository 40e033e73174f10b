"""Files and folders written whole or not at all, JSON that is checked when it is read, digests, and the cache folder.

Everything that this package leaves on a disk goes through here, so that a kill, a full disk or a second process never
leaves half of anything, and so that what is damaged is told in the same words everywhere.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ser_repro import SerReproError


def one_of(value, allowed: Iterable, what: str):
    """The value, where it is among those allowed.

    Parameters
    ----------
    what : str
        What it is, as the user calls it: "protocol", "--device".

    Raises
    ------
    SerReproError
        Naming the value and all that are allowed.
    """
    allowed = list(allowed)
    if value not in allowed:
        raise SerReproError(f"no {what} {value!r}: choose one of {', '.join(map(str, allowed))}.")
    return value


def cache_folder(cache: str | Path | None = None) -> Path:
    """The folder given, or SER_REPRO_CACHE, or `~/.cache/ser_repro`."""
    return Path(os.path.expanduser(cache or os.environ.get("SER_REPRO_CACHE") or "~/.cache/ser_repro"))


def writable(folder: Path, option: str) -> None:
    """Make a folder, and find out now, not after hours of work, that nothing can be written to it.

    Raises
    ------
    SerReproError
        Naming the option that gives another folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"room")
    except OSError as error:
        reason = "a file stands in its way" if isinstance(error, FileExistsError | NotADirectoryError) else (
            error.strerror)
        raise SerReproError(f"nothing can be written to {folder} ({reason}): give another folder with "
                            f"{option}.") from error


def printable(name: str | Path) -> str:
    """A name of a file as text: bytes in it that are not UTF-8 as \\xe9."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


# ---- writing -----------------------------------------------------------------------------------------------------


def write_atomic(path: str | Path, content: str | bytes, *, remedy: str = "free some room or give another file",
                 sync: bool = True) -> None:
    """The whole file or none of it: written beside, then moved into place.

    Parameters
    ----------
    sync : bool
        Wait until the disk has it, so that even a power cut leaves it whole.

    Raises
    ------
    SerReproError
        If there is no room or no right to write, ending in `remedy`; or if the content holds a name of a file that is
        no text.
    """
    path, beside = Path(path), None
    try:
        content = content.encode() if isinstance(content, str) else content
    except UnicodeEncodeError as error:  # bytes of a name that are not UTF-8, as Python holds them
        near = re.split(r"[,\n\"]", content[:error.start])[-1] + re.split(r"[,\n\"]", content[error.start:])[0]
        raise SerReproError(f"{path} not written: the name {printable(near)} is not UTF-8; rename that file or folder, "
                            "and start again.") from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            beside = file.name
            file.write(content)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except OSError as error:
        if beside:
            Path(beside).unlink(missing_ok=True)
        raise SerReproError(f"{path} not written: {error.strerror or error}; {remedy}.") from error


@contextlib.contextmanager
def whole_folder(folder: str | Path) -> Iterator[Path]:
    """A new folder beside `folder`, to be filled; it takes that one's place when the block ends without an error.

    A folder that is there already is replaced; until then it stays as it is. Errors are the block's own, OSError
    among them: who calls knows what to advise.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    old = folder.parent / f"{beside.name}.old"
    try:
        beside.chmod(0o755)  # mkdtemp makes it for its owner alone
        yield beside
        if folder.exists():
            folder.rename(old)
        beside.rename(folder)
    finally:
        if old.exists() and not folder.exists():  # stopped between the two
            old.rename(folder)
        for left in (beside, old):
            shutil.rmtree(left, ignore_errors=True)


# ---- reading -----------------------------------------------------------------------------------------------------


def read_json(path: str | Path, what: str, remedy: str, *, missing: str = "", check: Callable[[object], None] | None
              = None):
    """What a JSON file holds, checked.

    Parameters
    ----------
    what : str
        What the file is, before its name in messages: "record", "search".
    remedy : str
        What to do where it is damaged.
    missing : str
        Message where there is no such file; by default as for a damaged one.
    check : callable(content), optional
        Raises KeyError, TypeError, ValueError, AttributeError or IndexError where the content is not what it should be.

    Raises
    ------
    SerReproError
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if check:
            check(content)
        return content
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        if missing and isinstance(error, FileNotFoundError):
            raise SerReproError(missing) from None
        raise SerReproError(f"{what} {path} is damaged ({type(error).__name__}): {remedy}.") from None


def digest(content: bytes | str | dict | list, length: int = 64) -> str:
    """SHA-256 in hexadecimal, its first digits: of bytes, of text, or of a value as JSON with sorted keys."""
    if not isinstance(content, bytes | str):
        content = json.dumps(content, sort_keys=True)
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:length]


def file_checksum(path: str | Path) -> str:
    """XXH3 of what a file holds, 128 bits in hexadecimal: several times as fast as SHA-256, and proof against damage,
    not against forgery."""
    import xxhash

    found, block = xxhash.xxh3_128(), memoryview(bytearray(1 << 20))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(block):
            found.update(block[:count])
    return found.hexdigest()
