"""Bringing a corpus here from its publisher.

A corpus appears whole or not at all, except one that is published clip by clip, which is completed from one attempt to
the next. What broke off goes on where it was.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
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
from ser_repro.datasets.indexes import HASH_LENGTH, measure_all, published
from ser_repro.datasets.lookup import get
from ser_repro.datasets.unpacking import extract, line
from ser_repro.files import scratch, whole_folder

_CHUNK = 1 << 16
_TIMEOUT = (15, 60)  # s to connect, and to wait for the next bytes
_AT_ONCE = 8  # clips
_GENEROUS = 4  # an archive holds more than audio, but not several times as much
_UNKNOWN_SIZE = 20_000_000_000  # bytes, for a corpus that does not state its own
_FAULTS = 16  # clips that fail before the publisher is left alone

pooch.get_logger().setLevel("WARNING")  # what is fetched, the caller tells


def _session() -> requests.Session:
    session = requests.Session()
    retries = urllib3.Retry(3, backoff_factor=0.2, status_forcelist=(429, 502, 503), raise_on_status=False,
                            respect_retry_after_header=False)
    for scheme in ("http://", "https://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=_AT_ONCE, max_retries=retries))
    session.headers.update({"User-Agent": f"ser-repro/{__version__}", "Accept-Encoding": "identity"})
    return session


def _fetch(session: requests.Session, archive: Archive, keep: Path, name: str, tell: Callable, advice: str) -> Path:
    """An archive in the folder of downloads, with the checksum that is published."""
    part = keep / f"{name}.part"

    def resume(url, output, _):
        """Go on after what is there; if that was of another file, the checksum or the unpacking tells."""
        start = part.stat().st_size if part.exists() else 0
        with session.get(url, headers={"Range": f"bytes={start}-"} if start else {}, stream=True,
                         timeout=_TIMEOUT) as answer:
            if answer.status_code == requests.codes.range_not_satisfiable:
                part.unlink()
                return resume(url, output, _)
            answer.raise_for_status()
            done = start if answer.status_code == requests.codes.partial_content else 0
            size = answer.headers.get("Content-Length")
            total = done + int(size) if size else None
            with open(part, "ab" if done else "wb") as file:
                for chunk in answer.iter_content(_CHUNK):
                    done += file.write(chunk)
                    tell(done, total)
        part.replace(output)

    try:
        return Path(pooch.retrieve(archive.url, archive.checksum or None, name, keep, downloader=resume))
    except requests.RequestException as error:
        raise SerReproError(f"{archive.url} could not be fetched ({line(error)}): check the connection and start again "
                            f"to go on from there, or {advice}") from error
    except ValueError as error:  # the checksum
        raise SerReproError(f"{archive.url} is not the file that was published ({str(error).partition('. ')[0]}): "
                            f"start again, or {advice}") from error


def _fetch_clips(session: requests.Session, corpus: Corpus, target: Path, tell: Callable, advice: str) -> None:
    """Every clip that is not in `target` as published, several at once."""
    target.mkdir(exist_ok=True)
    table, there = published(corpus), find(corpus, target)
    wanted = table.set_index("clip")["sha256"].to_dict()
    right = {clip for clip, facts in zip(there["clip"], measure_all(there["path"]), strict=True)
             if not isinstance(facts, SerReproError) and facts["sha256"][:HASH_LENGTH] == wanted.get(clip)}
    sizes = 44 + 2 * table["frames"] * table["channels"]
    lacking = ~table["clip"].isin(right)
    done, total, faults = int(sizes[~lacking].sum()), int(sizes.sum()), []

    with scratch(target.parent, "clips") as parts, ThreadPoolExecutor(_AT_ONCE) as pool:
        def bring(row):
            """Fetch one clip; what went wrong, or nothing."""
            place = corpus.place(row)
            url = corpus.source.clip_url.format(place=quote(place))
            path = target / f"{place}{PurePosixPath(urlsplit(url).path).suffix}"
            part = parts / path.name
            try:
                answer = session.get(url, timeout=_TIMEOUT)
                answer.raise_for_status()
                part.write_bytes(answer.content)
                if measure(part)["sha256"][:HASH_LENGTH] != row["sha256"]:
                    return f"{row['clip']}: its samples are not the published ones"
            except (requests.RequestException, SerReproError) as error:
                return f"{row['clip']}: {line(error)}"
            path.parent.mkdir(parents=True, exist_ok=True)
            part.replace(path)

        for fault, size in zip(pool.map(bring, table[lacking].to_dict("records")), sizes[lacking], strict=True):
            done += size
            tell(done, total)
            faults += [fault] if fault else []
            if len(faults) == _FAULTS:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    if faults:
        raise SerReproError(f"{len(faults)} of {len(table)} clips of {corpus} could not be had ({faults[0]}): check "
                            f"the connection and start again to fetch those that are missing, or {advice}")


def _bring_archives(session: requests.Session, corpus: Corpus, target: Path, given: list[Path], keep: Path,
                    tell: Callable, advice: str) -> None:
    """The archives, fetched where none is given, unpacked into `target`."""
    if _holds(corpus, target):
        raise SerReproError(f"{target} holds clips of {corpus} already, so nothing is fetched: "
                            f"`ser-repro corpora check {corpus}` compares them with the published ones")
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise SerReproError(f"{target} exists and holds other files: move it away, or give another folder")
    archives = list(given)
    for number, archive in enumerate(() if given else corpus.source.archives):
        name = PurePosixPath(urlsplit(archive.url).path).name
        name = re.sub(r"[^\w.-]", "_", name if "." in name else f"{corpus}.zip")
        archives.append(_fetch(session, archive, keep, f"{number}-{name}", partial(tell, name), advice))
    limit = _GENEROUS * corpus.source.unpacked_bytes if corpus.source else _UNKNOWN_SIZE
    try:
        with whole_folder(target) as folder:
            for archive in archives:
                limit = extract(archive, folder, limit, advice=advice)
            if not _holds(corpus, folder):
                names = ", ".join(archive.name for archive in archives)
                raise SerReproError(f"{names} holds no clip of {corpus}, named like {corpus.example}: {advice}")
    except SerReproError:
        shutil.rmtree(keep)  # what was refused would be refused again: the next attempt fetches anew
        raise


def _holds(corpus: Corpus, folder: Path) -> bool:
    return any(parse_path(corpus, place / name) for place, names in walk(folder) for name in names)


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
        cannot be reached, or what comes is not what was published; as `extract`, or if no clip is in the archives.
    """
    corpus, dest = get(corpus), Path(os.path.abspath(os.path.expanduser(dest)))
    source, target = corpus.source, dest / corpus.name
    given = [Path(one) for one in dict.fromkeys(os.path.abspath(os.path.expanduser(one)) for one in archives)]
    if corpus.table is not None:
        raise SerReproError(f"{corpus} is the table {corpus.origin} of your own clips: nothing is downloaded; "
                            f"`ser-repro corpora check {corpus.origin}` checks them")
    for archive in given:
        if not archive.is_file():
            raise SerReproError(f"archive {archive} is {'a folder' if archive.is_dir() else 'not there'}: give the "
                                "path of a zip or tar file")
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
    tell = progress or (lambda name, done, total: None)
    try:
        keep.mkdir(parents=True, exist_ok=True)
        with FileLock(keep.with_name(f"{corpus.name}.lock"), timeout=0), _session() as session:
            if not given and source.clip_url:
                _fetch_clips(session, corpus, target, partial(tell, corpus.name), advice)
            else:
                _bring_archives(session, corpus, target, given, keep, tell, advice)
            shutil.rmtree(keep, ignore_errors=True)
    except Timeout:
        raise SerReproError(f"{corpus} is being fetched into {dest} by another process: wait for it") from None
    except OSError as error:
        raise SerReproError(f"{error.filename or dest} cannot be written or read ({error.strerror or line(error)}): "
                            "free space there or give another folder, and start again") from error
    return target
