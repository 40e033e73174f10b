"""Bringing a corpus here from its publisher, and unpacking archives without trusting them.

What an archive says of itself is not believed: names must stay inside the folder, only plain files and folders are
made, and bytes are counted as they are written. A corpus appears whole or not at all, except one that is published
clip by clip, which is completed from one attempt to the next.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import logging
import lzma
import os
import re
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

import pooch
import requests
import urllib3
from filelock import FileLock, Timeout

from ser_repro import SerReproError, __version__
from ser_repro.datasets.audio import measure
from ser_repro.datasets.base import Archive, Corpus
from ser_repro.datasets.finding import find, parse_path
from ser_repro.datasets.folders import marked_above, walk
from ser_repro.datasets.indexes import HASH_LENGTH, published
from ser_repro.datasets.lookup import get

_CHUNK = 1 << 16
_TIMEOUT = (15, 60)  # s to connect, and to wait for the next bytes
_AT_ONCE = 8  # clips
_MEMBERS = 200_000  # the largest corpora have some ten thousand files
_HEADER = 1 << 20  # bytes, hundreds of times what the header of a tar member takes
_GENEROUS = 4  # an archive holds more than audio, but not several times as much
_UNKNOWN_SIZE = 20_000_000_000  # bytes, for a corpus that does not state its own
_FAULTS = 16  # clips that fail before the publisher is left alone

_ARCHIVES = re.compile(r"[^.].*?(?=\.(zip|tar|tgz|tbz2|txz|tar\.(gz|bz2|xz))$)", re.IGNORECASE)
_PACKED = {b"\x1f\x8b\x08": gzip.open, b"BZh": bz2.open, b"\xfd7z": lzma.open}
_FOREIGN = {b"Rar": "RAR", b"7z\xbc": "7z"}
_NETWORK = (requests.RequestException, urllib3.exceptions.HTTPError)
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, lzma.LZMAError, zlib.error, struct.error, EOFError,
           RuntimeError, ValueError)


class _Refused(Exception):
    """What an archive holds that is not unpacked."""


@dataclass
class _Budget:
    """What may still be written, however many archives it comes from, and what to do when it is refused."""

    bytes: int
    advice: str = "get it anew from its publisher"
    members: int = _MEMBERS

    def take(self, bytes: int = 0, members: int = 0) -> None:
        self.bytes -= bytes
        self.members -= members
        if self.bytes < 0 or self.members < 0:
            raise _Refused(f"unpacks to far more {'bytes' if self.bytes < 0 else 'files'} than expected")


class _TarStream:
    """A tar file, unpacked, that reads little at once: a header that claims to be huge would fill the memory."""

    def __init__(self, file):
        self.seek, self.tell, self._read, self.last = file.seek, file.tell, file.read, b""

    def read(self, size):
        if size > _HEADER:
            raise tarfile.ReadError(f"a header of {size} bytes")
        self.last = self._read(size)
        return self.last


def _zip_members(archive: Path) -> Iterator[tuple[str, Callable | None]]:
    with zipfile.ZipFile(archive) as file:
        for info in file.infolist():
            if info.flag_bits & 1:
                raise _Refused("is encrypted (unpack it by hand, with its password)")
            if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _Refused(f"holds a link or device, {info.filename!r}")
            yield info.filename, None if info.filename.endswith(("/", "\\")) else partial(file.open, info)


def _tar_members(archive: Path, opened: Callable) -> Iterator[tuple[str, Callable | None]]:
    with opened(archive, "rb") as file, tarfile.open(fileobj=(stream := _TarStream(file)), mode="r:") as tar:
        for member in tar:
            if not (member.isreg() or member.isdir()):
                raise _Refused(f"holds a link or device, {member.name!r}")
            yield member.name, None if member.isdir() else partial(tar.extractfile, member)
        # tarfile ends at a damaged header as it does at the true end, which is a block of zeros.
        if not stream.last or stream.last.strip(b"\0"):
            raise tarfile.ReadError("it ends early")
        file.read(_HEADER)  # to the end, where gzip and xz check what was read


def _inside(name: str) -> PurePosixPath:
    """The path of a member, `\\` read as Windows does: an archive made there, and one made to harm there."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name:
        raise _Refused(f"holds a file that would leave its folder, {name!r}")
    return path


def _archive(path: str | Path) -> Path:
    path = Path(path)
    if not path.is_file():
        raise SerReproError(f"archive {path} is {'a folder' if path.is_dir() else 'not there'}: give the path of a zip "
                            "or tar file")
    return path


def _extract(archive: Path, folder: Path, budget: _Budget, deep: bool = True) -> None:
    """Unpack an archive into a folder, and, with `deep`, those in it into folders of their names."""
    inner = []
    try:
        with open(archive, "rb") as file:
            magic = file.read(3)
        if magic in _FOREIGN:
            raise _Refused(f"is a {_FOREIGN[magic]} archive, whatever it is called (unpack it by hand below your "
                           "folder of corpora: that is all it takes)")
        is_zip = magic in (b"PK\3", b"PK\5")
        members = _zip_members(archive) if is_zip else _tar_members(archive, _PACKED.get(magic, open))
        for name, opened in members:
            budget.take(members=1)
            path = folder / _inside(name)
            if opened is None:
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            # Hidden files (.DS_Store) may come twice, as none is read; another name that does would lose a clip.
            with opened() as source, open(path, "wb" if path.name.startswith(".") else "xb") as file:
                while chunk := source.read(_CHUNK):
                    budget.take(len(chunk))
                    file.write(chunk)
            if deep and (stem := _ARCHIVES.match(path.name)):
                inner.append((path, path.with_name(stem[0])))
    except _Refused as error:
        reason = str(error)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        reason = f"brings {Path(error.filename).name!r} a second time"
    except (*_BROKEN, OSError) as error:
        # Modules that unpack raise an OSError too: bz2 one without a number, zipfile one of seeking before the start.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        reason = f"is broken, or no zip or tar archive ({_line(error)})"
    else:
        reason = ""
    if reason:
        raise SerReproError(f"{archive.name} {reason}: nothing was unpacked; {budget.advice}")
    for path, place in inner:
        _extract(path, place, budget, deep=False)
        path.unlink()


@contextmanager
def _staged(dest: Path) -> Iterator[Path]:
    """A folder that takes the place of `dest` if all goes well, and is gone otherwise."""
    if dest.exists() and not (dest.is_dir() and not any(dest.iterdir())):
        raise SerReproError(f"{dest} exists and holds other files: move it away, or give another folder")
    temporary = dest.with_name(f".{dest.name}.unpacking")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if dest.exists():
            dest.rmdir()
        temporary.rename(dest)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SerReproError(f"{error.filename or folder} cannot be written or read ({error.strerror or _line(error)}): "
                            "free space there or give another folder, and start again") from error


def _line(error: object) -> str:
    """An error of a library in one line; of a failed connection only the cause, the innermost part."""
    text = " ".join(str(error).split()) or type(error).__name__
    cause = re.search(r"\[Errno -?\d+\] ([^'\")]+)", text)
    return cause[1] if cause else text[:200]


def unpack(archive: Path, dest: Path, limit_bytes: int) -> Path:
    """Unpack a zip or tar archive that is not trusted, and the archives in it, one level deep.

    Parameters
    ----------
    archive : path
        A zip file, or a tar file, plain or packed with gzip, bzip2 or xz; the content decides, not the ending.
    dest : path
        The folder to make. It appears whole or not at all.
    limit_bytes : int
        The most that is written, archives in the archive included.

    Returns
    -------
    pathlib.Path
        `dest`.

    Raises
    ------
    SerReproError
        If `dest` holds something, the archive is broken or encrypted, brings a file twice, holds a link, a device or
        a path that leads outside, or unpacks to more than the limit; or if the disk is full.
    """
    archive, dest = _archive(archive), Path(dest)
    with _writing(dest), _staged(dest) as folder:
        _extract(archive, folder, _Budget(limit_bytes))
    return dest


def _transfer(session: requests.Session, url: str, part: Path, tell: Callable, advice: str) -> None:
    """Bring the file at `url` to `part`, going on after what is there if it is of the same file."""
    notes = part.with_name(f"{part.name}.mark")
    known = notes.read_text(encoding="utf-8") if notes.is_file() and part.is_file() else None
    start = part.stat().st_size if known else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    done = total = None
    try:
        with session.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as answer:
            size = answer.headers.get("Content-Length", "")
            if start and answer.status_code in (206, 416):
                rest = re.fullmatch(rf"bytes {start}-\d+/(\d+)", answer.headers.get("Content-Range", ""))
                size = rest[1] if rest else "another part"
            elif answer.status_code == 200:
                start = 0
            else:
                raise SerReproError(f"{url} answers {answer.status_code} {answer.reason}: try again later, or {advice}")
            mark = f"{answer.headers.get('ETag') or answer.headers.get('Last-Modified')} {size}"
            if start and mark != known:
                notes.unlink()
                return _transfer(session, url, part, tell, advice)
            done, total = start, int(size) if size.isdigit() else None
            with open(part, "ab" if start else "wb") as file:
                # Not before the file is emptied: what is left of another one must not pass for a part of this.
                notes.write_text(mark, encoding="utf-8")
                for chunk in answer.raw.stream(_CHUNK, decode_content=False):
                    file.write(chunk)
                    done += len(chunk)
                    tell(done, total)
    except _NETWORK as error:
        if done is None:
            raise SerReproError(f"{url} cannot be reached ({_line(error)}): check the connection and start again, or "
                                f"{advice}") from error
        raise SerReproError(f"{url} broke off after {done} of {total or 'an unknown number of'} bytes: start again to "
                            f"go on from there, or {advice}") from error
    notes.unlink()


def _fetch(session: requests.Session, archive: Archive, keep: Path, name: str, tell: Callable, advice: str) -> Path:
    """An archive in the folder of downloads, with the checksum that is published."""

    def resume(url, output, _):
        part = keep / f"{name}.part"
        _transfer(session, url, part, tell, advice)
        part.replace(output)

    log = pooch.get_logger()
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        return Path(pooch.retrieve(archive.url, archive.checksum or None, name, keep, downloader=resume))
    except ValueError as error:
        found = re.search(r"expected \S+ but got \w+", str(error))
        raise SerReproError(f"{archive.url} is not the file that was published, by its checksum "
                            f"({found[0] if found else _line(error)}): it was removed; start again, or "
                            f"{advice}") from None
    finally:
        log.setLevel(level)


def _fetch_clips(session: requests.Session, corpus: Corpus, target: Path, tell: Callable, advice: str) -> None:
    """Every clip that is not in `target` as published, several at once."""
    table, before, after = published(corpus), *corpus.source.clip_url.split("{place}")
    sizes = (44 + 2 * table.frames * table.channels).tolist()
    target.mkdir(exist_ok=True)
    there = find(corpus, target).set_index("clip").path.to_dict()

    def right(path, row):
        try:
            return measure(path)["sha256"][:HASH_LENGTH] == row["sha256"]
        except SerReproError:
            return False

    def bring(row):
        if row["clip"] in there and right(there[row["clip"]], row):
            return None
        place = corpus.place(row)
        try:
            answer = session.get(f"{before}{quote(place)}{after}", timeout=_TIMEOUT)
            content = answer.content
        except _NETWORK as error:
            return f"{row['clip']}: {_line(error)}"
        if answer.status_code != 200:
            return f"{row['clip']}: {answer.status_code} {answer.reason}"
        path = target / f"{place}{after.partition('?')[0]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        try:
            part.write_bytes(content)
            if not right(part, row):
                return f"{row['clip']}: its samples are not the published ones"
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    rows, total, faults, done = table.to_dict("records"), sum(sizes), [], 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for fault, size in zip(pool.map(bring, rows), sizes, strict=True):
            done += size
            tell(done, total)
            if fault:
                faults.append(fault)
            if len(faults) == _FAULTS:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    if faults:
        raise SerReproError(f"{len(faults)} of {len(rows)} clips of {corpus} could not be had ({faults[0]}): check "
                            f"the connection and start again to fetch those that are missing, or {advice}")


def download(corpus: str | Corpus, dest: Path, *, archives: Iterable[Path] = (),
             progress: Callable[[str, int, int | None], None] | None = None) -> Path:
    """Bring a corpus from its publisher into a folder of its name.

    Started again after it broke off, it goes on where it was. Nothing of the user's is overwritten or removed, save
    that a damaged clip of a corpus that is published clip by clip is replaced.

    Parameters
    ----------
    corpus : str or Corpus
    dest : path
        Folder of corpora; the corpus comes into `dest`/NAME.
    archives : iterable of path, optional
        Archives that are here already, sent by the publisher or fetched by hand: they are unpacked, and stay.
    progress : callable, optional
        Called with (name of what is fetched, bytes done, bytes in all or None) as bytes arrive.

    Returns
    -------
    pathlib.Path
        `dest`/NAME, absolute.

    Raises
    ------
    SerReproError
        If the corpus has to be asked for, is there already or is being fetched by another process; if the publisher
        cannot be reached, or what comes is not what was published; as `unpack`, or if no clip is in the archives.
    """
    corpus, dest = get(corpus), Path(os.path.abspath(os.path.expanduser(dest)))
    source, target = corpus.source, dest / corpus.name
    given = list(dict.fromkeys(_archive(os.path.abspath(os.path.expanduser(archive))) for archive in archives))
    if corpus.table is not None:
        raise SerReproError(f"{corpus} is the table {corpus.origin} of your own clips: nothing is downloaded; "
                            f"`ser-repro corpora check {corpus.origin}` checks them")
    command = f"`ser-repro corpora download {corpus} --archive FILE`"
    advice = f"fetch it by hand from {corpus.home} and unpack it with {command}"
    if given:
        advice = f"get every archive of the corpus anew ({corpus.home}), and give --archive FILE for each"
    elif not (source and (source.archives or source.clip_url)):
        ask = source.ask if source else f"get it at {corpus.home}"
        raise SerReproError(f"{corpus} has no public address: {ask}; {command} unpacks what they send")
    if marked_above(target):
        raise SerReproError(f"{target} is, or lies in, a folder of demo speech: give another for the real {corpus}")
    keep = dest / ".downloads" / corpus.name
    lock = FileLock(keep.with_name(f"{corpus.name}.lock"))
    with _writing(dest):
        keep.mkdir(parents=True, exist_ok=True)
        try:
            held = lock.acquire(timeout=0)
        except Timeout:
            raise SerReproError(f"{corpus} is being fetched into {dest} by another process: wait for it") from None
        with held, requests.Session() as session:
            retries = urllib3.Retry(3, backoff_factor=0.2, status_forcelist=(429, 502, 503), raise_on_status=False,
                                    respect_retry_after_header=False)
            for scheme in ("http://", "https://"):
                session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=_AT_ONCE, max_retries=retries))
            session.headers["User-Agent"] = f"ser-repro/{__version__}"

            def tell(name, done, total):
                if progress:
                    progress(name, done, total)

            if not given and source.clip_url:
                _fetch_clips(session, corpus, target, partial(tell, corpus.name), advice)
            else:
                _bring_archives(session, corpus, target, given, keep, tell, advice)
            shutil.rmtree(keep, ignore_errors=True)
    return target


def _bring_archives(session: requests.Session, corpus: Corpus, target: Path, given: list[Path], keep: Path,
                    tell: Callable, advice: str) -> None:
    """The archives, fetched where none is given, unpacked into `target`."""
    if _holds(corpus, target):
        raise SerReproError(f"{target} holds clips of {corpus} already, so nothing is fetched: "
                            f"`ser-repro corpora check {corpus}` compares them with the published ones")
    limit = _GENEROUS * corpus.source.unpacked_bytes if corpus.source else _UNKNOWN_SIZE
    budget = _Budget(limit, advice)
    with _staged(target) as folder:
        fetched = []
        for number, archive in enumerate(() if given else corpus.source.archives):
            name = PurePosixPath(urlsplit(archive.url).path).name
            name = re.sub(r"[^\w.-]", "_", name if "." in name else f"{corpus}.zip")
            fetched.append(_fetch(session, archive, keep, f"{number}-{name}", partial(tell, name), advice))
        try:
            for archive in given or fetched:
                _extract(archive, folder, budget)
            if not _holds(corpus, folder):
                names = ", ".join(archive.name for archive in given or fetched)
                raise SerReproError(f"{names} holds no clip of {corpus}, named like {corpus.example}: {advice}")
        except SerReproError:
            # What was refused would be refused again: the next attempt fetches anew.
            for archive in fetched:
                archive.unlink(missing_ok=True)
            raise


def _holds(corpus: Corpus, folder: Path) -> bool:
    return any(parse_path(corpus, place / name) for place, names in walk(folder) for name in names)
