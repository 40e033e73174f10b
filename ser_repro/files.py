"""Files and folders written whole or not at all, JSON that is checked when it is read, digests, and the cache folder.

Everything that this package leaves on a disk goes through here, so that a kill, a full disk or a second process never
leaves half of anything, and so that what is damaged is told in the same words everywhere.
"""

import contextlib
import ctypes
import errno
import hashlib
import json
import lzma
import os
import platform
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ser_repro import SerReproError, escaping

_UNPACKED = 200_000_000  # bytes at most that a compressed file may hold
_BLANKS = str.maketrans({"\n": "\\n", "\t": "\\t"})


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
    """A name of a file as text in a line: bytes in it that are not UTF-8 as \\xe9, what is not to be seen as \\n."""
    return escaping.terminal(os.fsencode(name).decode("utf-8", "backslashreplace")).translate(_BLANKS)


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
    path, beside = Path(os.path.realpath(path)), None  # what a link leads to, not the link
    try:
        content = content.encode() if isinstance(content, str) else content
    except UnicodeEncodeError as error:  # bytes of a name that are not UTF-8, as Python holds them
        near = re.split(r"[,\n\"]", content[:error.start])[-1] + re.split(r"[,\n\"]", content[error.start:])[0]
        raise SerReproError(f"{path} not written: the name {printable(near)} is not UTF-8; rename that file or folder, "
                            "and start again.") from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file() and not path.is_dir():  # a pipe
            path.write_bytes(content)
            return
        beside = _beside(path)
        with open(beside, "xb") as file:
            file.write(content)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(beside, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(beside, path)
    except OSError as error:
        if beside:
            beside.unlink(missing_ok=True)
        raise SerReproError(f"{path} not written: {error.strerror or error}; {remedy}.") from error


def refuse_unwritable(path: str | Path, option: str) -> None:
    """Find out now, not after hours of work, that a file can't be written; nothing is left of the trial.

    Raises
    ------
    SerReproError
        Naming the option that gives another file.
    """
    path = Path(os.path.realpath(path))
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        folder = next(parent for parent in path.parents if parent.exists())
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"room")
    except OSError as error:
        raise SerReproError(f"{printable(path)} not written ({error.strerror}): give another file with {option}."
                            ) from error


@contextlib.contextmanager
def whole_folder(folder: str | Path) -> Iterator[Path]:
    """A new folder beside `folder`, to be filled; it takes that one's place when the block ends without an error.

    A folder that is there already is replaced in one step; until then it stays as it is. Errors are the block's own,
    OSError among them: who calls knows what to advise.
    """
    folder = Path(os.path.realpath(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    recover(folder)
    with scratch(folder.parent, folder.name) as beside:
        yield beside
        if not folder.exists():
            beside.rename(folder)
        elif not _exchange(beside, folder):
            # No way to change the two at once: a kill in between leaves the old one, which `recover` brings back.
            old = Path(f"{beside}{_OLD}")
            folder.rename(old)
            try:
                beside.rename(folder)
            except BaseException:
                old.rename(folder)
                raise
            shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def scratch(folder: Path, name: str) -> Iterator[Path]:
    """A new hidden folder in `folder`, which is removed when the block ends; what killed processes left is as well."""
    beside = _beside(folder / name)
    beside.mkdir()
    try:
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def recover(folder: str | Path) -> None:
    """Bring back a folder that a process was about to replace when it was killed."""
    folder = Path(os.path.realpath(folder))
    if folder.parent.is_dir() and not folder.exists():
        for name in os.listdir(folder.parent):
            found = _LEFT.fullmatch(name)
            if found and found["name"] == folder.name and found["old"] and _left_alone(folder.parent / name, found):
                (folder.parent / name).rename(folder)
                return


_OLD = ".old"
_LEFT = re.compile(r"\.(?P<name>.+)\.(?P<host>[0-9a-f]{6})-(?P<pid>\d+)-[0-9a-f]{8}(?P<old>\.old)?")
_DAY_S = 86_400
_swept: set[str] = set()  # folders in which this process has looked for what others left


def _beside(path: Path) -> Path:
    """A name for what is to become `path`: it tells who writes, so that what a killed process leaves can be told."""
    folder = os.path.realpath(path.parent)
    if folder not in _swept:
        _swept.add(folder)
        for name in os.listdir(folder):
            found = _LEFT.fullmatch(name)
            if found and _left_alone(left := Path(folder, name), found):
                if found["old"] and not (whole := Path(folder, found["name"])).exists():
                    left.rename(whole)
                elif left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)
    return path.with_name(f".{path.name}.{_host()}-{os.getpid()}-{secrets.token_hex(4)}")


def _host() -> str:
    return digest(platform.node(), 6)


def _left_alone(path: Path, found: re.Match) -> bool:
    """Whether the process that wrote this has ended; of one on another machine, whether it must have."""
    if found["host"] != _host() or os.name == "nt":  # where asking after a process ends it
        with contextlib.suppress(OSError):
            return time.time() - path.stat().st_mtime > _DAY_S
        return False
    try:
        os.kill(int(found["pid"]), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    with contextlib.suppress(OSError, IndexError):  # of Linux: one that was killed, and that nobody has asked after yet
        return Path("/proc", found["pid"], "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    return False


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step, so that there is always one of them; False where that can't be."""
    at, swap = -100, 2  # of Linux: AT_FDCWD, RENAME_EXCHANGE
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            return library.renamex_np(os.fsencode(one), os.fsencode(other), swap) == 0
        return library.renameat2(at, os.fsencode(one), at, os.fsencode(other), swap) == 0
    except (OSError, AttributeError, TypeError):
        return False


# ---- reading -----------------------------------------------------------------------------------------------------

_POINTER = b"version https://git-lfs.github.com/spec/"


def refuse_pointer(path: str | Path, content: bytes) -> None:
    """Raise a SerReproError where a file's content, or its beginning, only says where Git LFS keeps the file."""
    if content.startswith(_POINTER):
        raise SerReproError(f"{printable(path)} is a Git LFS pointer, which stands in for the file: install git-lfs, "
                            "and run `git lfs install` and `git lfs pull` in its repository.")


def read_json(path: str | Path, what: str, remedy: str, *, missing: str = "", check: Callable[[object], None] | None
              = None):
    """What a JSON file, compressed where its name ends in .xz, holds, checked.

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
        raw = _unpacked(path) if path.suffix == ".xz" else path.read_bytes()
        refuse_pointer(path, raw)
        content = json.loads(raw.decode("utf-8"))
        if check:
            check(content)
        return content
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, EOFError,
            lzma.LZMAError) as error:
        if missing and isinstance(error, FileNotFoundError):
            raise SerReproError(missing) from None
        raise SerReproError(f"{what} {path} is damaged ({type(error).__name__}): {remedy}.") from None


def _unpacked(path: Path) -> bytes:
    """What a compressed file holds; a ValueError where that is more than any file of ours."""
    with lzma.open(path) as file:
        content = file.read(_UNPACKED + 1)
    if len(content) > _UNPACKED:
        raise ValueError
    return content


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
