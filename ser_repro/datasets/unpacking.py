"""Unpacking archives without trusting them.

What an archive says of itself is not believed: names must stay inside the folder, only plain files and folders are
made, and no more is written than is allowed.
"""

from __future__ import annotations

import errno
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from ser_repro import SerReproError

_PADDING = 1 << 20  # bytes after the last member, many times what programs write
_BLOCK = 512  # bytes that even an empty file counts for: a million of them fill a disk too
_ENDING = re.compile(r"\.(zip|tar|tgz|tbz2|txz|tar\.(gz|bz2|xz))$", re.IGNORECASE)
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, struct.error, EOFError, RuntimeError,
           ValueError)


def extract(archive: Path, folder: Path, limit: int, *, advice: str = "get it anew from its publisher",
            deep: bool = True) -> int:
    """Unpack an archive that is not trusted, and, with `deep`, those in it into folders of their names.

    Parameters
    ----------
    archive : path
        A zip file, or a tar file, plain or packed with gzip, bzip2 or xz; the content decides, not the ending.
    folder : path
        What was unpacked before an error is left in it.
    limit : int
        The most bytes that are written, archives in the archive included.
    advice : str
        What to do about an archive that is refused, the end of the message.

    Returns
    -------
    int
        What is left of `limit`.

    Raises
    ------
    SerReproError
        If the archive is damaged or encrypted, brings a file twice, holds a link, a device or a path that leads
        outside, or unpacks to more than the limit.
    OSError
        If it can't be read, or the disk is full.
    """
    inner = []

    def admit(name: str, size: int, is_folder: bool) -> str:
        nonlocal limit
        name = name.replace("\\", "/")  # archives made on Windows, and those made to harm there
        path = PurePosixPath(name)
        limit -= max(size, _BLOCK)
        if limit < 0:
            raise ValueError("it unpacks to far more than expected")
        if path.is_absolute() or ".." in path.parts or ":" in name:
            raise ValueError(f"{name!r} would leave its folder")
        # Hidden files (.DS_Store) may come twice, as none is read; another name that does would lose a clip.
        if path.name[:1] != "." and (folder / path).exists() and not (is_folder and (folder / path).is_dir()):
            raise ValueError(f"{path.name!r} comes a second time")
        if deep and not is_folder and _ENDING.search(name) and not path.name.startswith("."):
            inner.append(folder / path)
        return name

    def admit_member(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo:
        if not (member.isreg() or member.isdir()):
            raise ValueError(f"{member.name!r} is a link or device")
        name = admit(member.name, member.size, member.isdir())
        return tarfile.data_filter(member.replace(name=name, deep=False), path)

    try:
        with open(archive, "rb") as file:
            # At its start: zipfile itself looks at the end, where a tar file may hold a zip file.
            is_zip = file.read(3) in (b"PK\3", b"PK\5")
        if is_zip:
            with zipfile.ZipFile(archive) as file:
                for info in file.infolist():
                    info.filename = admit(info.filename, info.file_size, info.filename.endswith(("/", "\\")))
                    file.extract(info, folder)
        else:
            with _opened_tar(archive) as file:
                file.extractall(folder, filter=admit_member)
                # tarfile ends at a damaged header as it does at the true end, from which on all is zero.
                file.fileobj.seek(file.offset)
                rest = file.fileobj.read(_PADDING)  # where this ends, gzip and xz check all that was read
                if not rest or rest.strip(b"\0"):
                    raise tarfile.ReadError("it ends early")
    except (*_BROKEN, OSError) as error:
        # Modules that unpack raise an OSError too: bz2 one without a number, zipfile one of seeking before the start.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL, errno.EEXIST, errno.ENOTDIR):
            raise
        raise SerReproError(f"{archive.name} was not unpacked ({line(error)}): {advice}") from error
    for path in inner:
        limit = extract(path, path.with_name(_ENDING.sub("", path.name)), limit, advice=advice, deep=False)
        path.unlink()
    return limit


def _opened_tar(archive: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(archive)
    except tarfile.ReadError:
        raise ValueError("it is damaged, or no zip or tar archive: one of another kind has to be unpacked by hand, "
                         "below the folder of corpora") from None


def line(error: Exception) -> str:
    """An error of a library in one line; of a failed connection only the cause, the innermost part."""
    text = " ".join(str(error).split()) or type(error).__name__
    cause = re.search(r"\[Errno -?\d+\] ([^'\")]+)", text)
    return cause[1] if cause else text[:200]
