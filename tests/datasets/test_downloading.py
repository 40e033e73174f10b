"""Downloading: what is published arrives whole, what breaks off goes on, and what is refused leaves nothing behind."""

import dataclasses
import hashlib
import io
import re
import shutil
import stat
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pooch
import pytest
import soundfile
from filelock import FileLock

from ser_repro import SerReproError, datasets
from ser_repro.datasets import base, downloading, finding, indexes, unpacking
from ser_repro.files import whole_folder

EMODB = datasets.get("EMO-DB")
CLIPS = [f"{speaker}a01{letter}a" for speaker in ("03", "08", "09", "10") for letter in "WLEAFTN"]


class Site:
    """What a publisher's server holds, how it behaves, and what it was asked for."""

    def __init__(self):
        self.files, self.asked = {}, []
        self.ranges, self.lengths, self.etag, self.cut, self.status = True, True, '"1"', None, 200
        self.gate = None

    def range_of(self, name):
        return [span for asked, span in self.asked if asked == name]


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        site, name, span = self.server.site, self.path.lstrip("/"), self.headers.get("Range")
        site.asked.append((name, span))
        if site.gate:
            site.gate.wait(20)
        if name not in site.files or site.status != 200:
            self.send_error(404 if site.status == 200 else site.status)
            return
        body, start = site.files[name], 0
        if span and site.ranges:
            start = int(re.fullmatch(r"bytes=(\d+)-", span)[1])
            if start >= len(body):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        if site.lengths:
            self.send_header("Content-Length", str(len(body) - start))
        if site.etag:
            self.send_header("ETag", site.etag)
        self.end_headers()
        self.wfile.write(body[start : site.cut])


@pytest.fixture
def site(monkeypatch):
    """A server on this machine; `site.url` is its address."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.site = site = Site()
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Some clips in the published layout of EMO-DB, unmarked as a real copy is, and the index of them."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "data" / "wav").mkdir(parents=True)
    for clip in CLIPS:
        samples, rate = datasets.synthesise(EMODB, clip, duration_s=0.3)
        soundfile.write(folder / "data" / "wav" / f"{clip}.wav", samples, rate)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(indexes, "clips", datasets.find)
        return folder / "data", datasets.write_index(EMODB, folder / "data", folder / "index.csv")


@pytest.fixture(scope="module")
def packed(original, tmp_path_factory):
    """The published archive: those clips, and a text beside them."""
    path = tmp_path_factory.mktemp("packed") / "download.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.writestr("erklaerung.txt", "what the letters mean")
        for wav in sorted((original[0] / "wav").iterdir()):
            file.write(wav, f"wav/{wav.name}")
    return path.read_bytes()


def emodb(*archives, unpacked_bytes=1_000_000, **changes):
    """EMO-DB, published at these addresses."""
    archives = tuple(base.Archive(*archive) for archive in archives)
    return dataclasses.replace(EMODB, source=base.Source(archives=archives, unpacked_bytes=unpacked_bytes), **changes)


@pytest.fixture
def corpus(site, packed):
    site.files["download.zip"] = packed
    return emodb((f"{site.url}/download.zip", f"md5:{hashlib.md5(packed).hexdigest()}"))


def left(folder):
    """Every file below a folder, hidden ones too, and every empty folder; but for the lock, which holds nothing."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*")
                  if path.parent.name != ".downloads"
                  and (path.is_symlink() or not path.is_dir() or not any(path.iterdir())))


def same(folder, original):
    """Whether a folder holds the clips, byte for byte, and nothing but the text beside."""
    wavs = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    wavs.pop(Path("erklaerung.txt"), None)
    return wavs == {path.relative_to(original[0]): path.read_bytes() for path in original[0].rglob("*.wav")}


def refused(match, function, *args, **kwargs):
    """The function must raise one line that matches."""
    with pytest.raises(SerReproError, match=match) as caught:
        function(*args, **kwargs)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def unpack(archive, folder, limit):
    with whole_folder(folder) as new:
        unpacking.extract(archive, new, limit)


class Special(bytes):
    """A type of member that tarfile knows, in place of a content."""


def pack(path, members, kind="zip", compression=zipfile.ZIP_STORED):
    """An archive of (name, content) pairs; a Special, or for a zip a type of stat's, in place of a content."""
    if kind == "zip":
        with zipfile.ZipFile(path, "w", compression) as file:
            for name, content in members:
                info = zipfile.ZipInfo("x")
                info.filename = name  # the constructor would make it harmless on Windows
                info.compress_type = compression
                if isinstance(content, int):
                    info.external_attr, content = (content | 0o777) << 16, b"/etc/passwd"
                file.writestr(info, content)
    else:
        with tarfile.open(path, f"w:{kind}") as file:
            for name, content in members:
                info = tarfile.TarInfo(name)
                if isinstance(content, Special):
                    info.type, info.linkname = bytes(content), "/etc/passwd"
                    file.addfile(info)
                else:
                    info.size = len(content)
                    file.addfile(info, io.BytesIO(content))
    return path


# Downloading


def test_a_corpus_arrives_whole_and_nothing_else_stays(site, corpus, original, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(pooch.get_logger(), "handlers", [caplog.handler])
    told = []
    folder = downloading.download(corpus, tmp_path / "corpora", progress=lambda *step: told.append(step))
    assert folder == tmp_path / "corpora" / "EMO-DB" and same(folder, original)
    assert {path.split("/")[0] for path in left(tmp_path / "corpora")} == {"EMO-DB"}
    size = len(site.files["download.zip"])
    assert told[-1] == ("download.zip", size, size) and len(told) > 1
    assert [step[1] for step in told] == sorted({step[1] for step in told})
    assert site.asked == [("download.zip", None)] and not caplog.records
    assert folder.stat().st_mode == folder.parent.stat().st_mode
    assert len(datasets.find("EMO-DB", folder)) == len(CLIPS)


def test_several_archives_make_one_corpus(site, original, tmp_path):
    for number, clips in enumerate((CLIPS[:5], CLIPS[5:])):
        members = [(f"wav/{clip}.wav", (original[0] / "wav" / f"{clip}.wav").read_bytes()) for clip in clips]
        members.append((".DS_Store", b"a"))
        path = pack(tmp_path / "archive", members, kind="gz" if number else "zip")
        site.files[f"{number}/part.zip"] = path.read_bytes()
    folder = downloading.download(emodb((f"{site.url}/0/part.zip",), (f"{site.url}/1/part.zip",)), tmp_path / "corpora")
    (folder / ".DS_Store").unlink()
    assert same(folder, original)


def test_a_broken_transfer_goes_on(site, corpus, original, packed, tmp_path):
    site.cut = len(packed) // 2
    message = refused("could not be fetched .* start again to go on from there", downloading.download, corpus, tmp_path)
    assert f"{len(packed) - site.cut} more expected" in message
    assert EMODB.home in message and "--archive FILE" in message
    part, = (tmp_path / ".downloads" / "EMO-DB").glob("*.part")
    there = part.stat().st_size
    assert 0 < there <= site.cut and packed.startswith(part.read_bytes())
    assert not (tmp_path / "EMO-DB").exists()
    site.cut, told = None, []
    assert same(downloading.download(corpus, tmp_path, progress=lambda *step: told.append(step)), original)
    assert site.range_of("download.zip") == [None, f"bytes={there}-"]
    assert told[0][1] > there and told[-1][1] == len(packed)
    assert not (tmp_path / ".downloads" / "EMO-DB").exists()


def test_an_early_end_that_no_length_tells_is_caught_by_the_checksum(site, corpus, original, packed, tmp_path):
    site.lengths, site.cut = False, len(packed) // 2
    refused("is not the file that was published", downloading.download, corpus, tmp_path)
    assert left(tmp_path) == []
    site.cut = None
    assert same(downloading.download(corpus, tmp_path), original)


@pytest.mark.parametrize("change", ["no ranges", "other file", "longer file"])
def test_a_part_that_cannot_be_gone_on_from_is_fetched_anew(site, corpus, original, packed, tmp_path, change):
    site.cut = 2 * len(packed) if change == "longer file" else len(packed) // 2
    if change != "no ranges":
        site.files["download.zip"] = bytes(4 * len(packed))
    refused("could not be fetched", downloading.download, corpus, tmp_path)
    site.files["download.zip"], site.cut, site.ranges = packed, None, change != "no ranges"
    if change == "other file":  # what it would make with the rest of the right one does not pass for it
        refused("not the file that was published", downloading.download, corpus, tmp_path)
        assert left(tmp_path) == []
    assert same(downloading.download(corpus, tmp_path), original)
    spans = site.range_of("download.zip")
    assert len(spans) == (2 if change == "no ranges" else 3) and spans[0] is None and spans[1] is not None
    assert (spans[-1] is None) == (change != "no ranges")


def test_a_wrong_checksum_is_told_and_the_file_removed(site, corpus, original, packed, tmp_path):
    good, wrong = hashlib.md5(packed).hexdigest(), packed[:-1] + b"!"
    site.files["download.zip"] = wrong
    message = refused("not the file that was published", downloading.download, corpus, tmp_path)
    assert f"expected md5:{good}" in message and hashlib.md5(wrong).hexdigest() in message and EMODB.home in message
    assert left(tmp_path) == []
    site.files["download.zip"] = packed
    assert same(downloading.download(corpus, tmp_path), original)
    assert site.range_of("download.zip") == [None, None]


def test_an_archive_that_is_there_is_checked_before_it_is_used(site, corpus, original, packed, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    for content, requests in ((packed, 1), (b"damaged", 2)):
        with monkeypatch.context() as patch:
            patch.setattr(downloading, "extract", interrupt)
            with pytest.raises(KeyboardInterrupt):
                downloading.download(corpus, tmp_path)
        archive, = [path for path in (tmp_path / ".downloads" / "EMO-DB").iterdir() if path.is_file()]
        assert archive.read_bytes() == packed and not list(tmp_path.glob(".EMO-DB*"))
        archive.write_bytes(content)
        site.asked.clear()
        assert same(downloading.download(corpus, tmp_path), original)
        assert len(site.asked) == requests - 1
        shutil.rmtree(tmp_path / "EMO-DB")


@pytest.mark.parametrize(("status", "text"), [(404, "404 .*Not Found"), (403, "403 .*Forbidden"), (503, "503")])
def test_a_refusal_of_the_server_is_told(site, corpus, tmp_path, status, text):
    site.status = status
    message = refused(text, downloading.download, corpus, tmp_path)
    assert EMODB.home in message and "ser-repro corpora download EMO-DB --archive FILE" in message
    assert left(tmp_path) == []
    assert len(site.asked) == (4 if status == 503 else 1)


def test_a_server_that_is_not_there_is_told(site, tmp_path):
    message = refused("could not be fetched .Connection refused.*check the connection", downloading.download,
                      emodb(("http://127.0.0.1:1/download.zip",)), tmp_path)
    assert EMODB.home in message and left(tmp_path) == []


def test_a_full_disk_is_told_and_what_came_is_kept(site, corpus, original, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(downloading, "extract", full)
        refused("No space left on device.*free space", downloading.download, corpus, tmp_path)
    assert not list(tmp_path.glob("*EMO-DB*"))
    assert same(downloading.download(corpus, tmp_path), original) and len(site.asked) == 1


def test_a_folder_that_cannot_be_made_is_told(corpus, tmp_path):
    (tmp_path / "file").write_text("")
    refused("file", downloading.download, corpus, tmp_path / "file")


def test_a_broken_archive_without_a_checksum_is_fetched_anew(site, packed, original, tmp_path):
    corpus = emodb((f"{site.url}/download.zip",))
    for broken in (packed[:-200], b"<html>moved</html>", b""):
        site.files["download.zip"] = broken
        assert EMODB.home in refused("was not unpacked", downloading.download, corpus, tmp_path)
        assert left(tmp_path) == []
    site.files["download.zip"] = packed
    assert same(downloading.download(corpus, tmp_path), original)


def test_a_corpus_that_is_there_is_not_touched(site, corpus, tmp_path):
    (tmp_path / "EMO-DB").mkdir()
    mine = tmp_path / "EMO-DB" / "03a01Fa.wav"
    mine.write_text("mine")
    refused("holds clips of EMO-DB already.*corpora check EMO-DB", downloading.download, corpus, tmp_path)
    mine.rename(mine.with_suffix(".txt"))
    refused("holds other files", downloading.download, corpus, tmp_path)
    assert left(tmp_path) == ["EMO-DB/03a01Fa.txt"] and not site.asked


def test_an_empty_folder_is_filled(corpus, original, tmp_path):
    (tmp_path / "EMO-DB").mkdir()
    assert same(downloading.download(corpus, tmp_path), original)


def test_a_real_corpus_does_not_come_into_a_demo(site, corpus, tmp_path):
    (tmp_path / finding.MARKER).write_text("synthetic")
    refused("demo speech", downloading.download, corpus, tmp_path)
    assert left(tmp_path) == [finding.MARKER] and not site.asked


def test_only_one_download_of_a_corpus_at_a_time(site, corpus, original, tmp_path):
    site.gate, results = threading.Event(), []
    thread = threading.Thread(target=lambda: results.append(downloading.download(corpus, tmp_path)))
    thread.start()
    while not site.asked:
        thread.join(0.01)
    refused("being fetched .* by another process: wait", downloading.download, corpus, tmp_path)
    site.gate.set()
    thread.join()
    assert same(results[0], original) and len(site.asked) == 1
    with FileLock(tmp_path / ".downloads" / "EMO-DB.lock", timeout=0):
        pass


# Corpora that are asked for, and archives at hand


def test_a_corpus_that_is_asked_for_says_where(tmp_path):
    source = base.Source(ask="sign the form at https://example.org/form", unpacked_bytes=1)
    message = refused("sign the form at https://example.org/form", downloading.download,
                      dataclasses.replace(EMODB, source=source), tmp_path / "corpora")
    assert "`ser-repro corpora download EMO-DB --archive FILE` unpacks" in message
    refused(re.escape(EMODB.home), downloading.download, dataclasses.replace(EMODB, source=None), tmp_path / "corpora")
    assert left(tmp_path) == []


@pytest.mark.parametrize("source", [base.Source(ask="sign", unpacked_bytes=1_000_000), None, "addresses"])
def test_an_archive_at_hand_is_unpacked_and_stays(site, corpus, packed, original, tmp_path, source):
    archive = tmp_path / "sent.zip"
    archive.write_bytes(packed)
    corpus = corpus if source == "addresses" else dataclasses.replace(EMODB, source=source)
    assert same(downloading.download(corpus, tmp_path / "corpora", archives=[archive]), original)
    assert archive.read_bytes() == packed and not site.asked


def test_an_archive_of_something_else_is_refused(tmp_path):
    archive = pack(tmp_path / "other.zip", [("readme.txt", b"1"), ("OAF_back_angry.wav", b"2")])
    message = refused("holds no clip of EMO-DB", downloading.download, EMODB, tmp_path / "corpora", archives=[archive])
    assert "other.zip" in message and left(tmp_path) == ["other.zip"]
    archive.unlink()
    refused("other.zip is not there", downloading.download, EMODB, tmp_path / "corpora", archives=[archive])
    assert left(tmp_path) == []


def test_an_archive_given_twice_is_unpacked_once(packed, original, tmp_path):
    archive = tmp_path / "sent.zip"
    archive.write_bytes(packed)
    archives = [archive, tmp_path / "." / "sent.zip"]
    assert same(downloading.download(EMODB, tmp_path / "corpora", archives=archives), original)


@pytest.mark.parametrize("content", [b"Rar!\x1a\x07\x01\0", b"7z\xbc\xaf\x27\x1c"])
def test_an_archive_of_another_kind_is_unpacked_by_hand(tmp_path, content):
    (tmp_path / "renamed.zip").write_bytes(content)
    message = refused("was not unpacked", downloading.download, EMODB, tmp_path,
                      archives=[tmp_path / "renamed.zip"])
    assert "has to be unpacked by hand" in message


# Clip by clip


@pytest.fixture
def by_clip(site, original):
    for clip in CLIPS:
        site.files[f"master/wav/{clip}.wav"] = (original[0] / "wav" / f"{clip}.wav").read_bytes()
    source = base.Source(clip_url=f"{site.url}/master/{{place}}.wav", unpacked_bytes=1_000_000)
    return dataclasses.replace(EMODB, source=source, index=original[1])


def test_clips_arrive_and_those_that_are_there_are_not_fetched_again(site, by_clip, original, tmp_path):
    told = []
    folder = downloading.download(by_clip, tmp_path, progress=lambda *step: told.append(step))
    size = sum(path.stat().st_size for path in folder.rglob("*.wav"))
    assert same(folder, original) and told[-1] == ("EMO-DB", size, size) and len(told) == len(CLIPS)
    assert sorted(name for name, _ in site.asked) == sorted(site.files)
    site.asked.clear()
    (folder / "wav" / "03a01Fa.wav").rename(folder / "03a01Fa.wav")  # in another layout it is there all the same
    (folder / "wav" / "08a01Wa.wav").unlink()
    (folder / "wav" / "08a01Na.wav").write_bytes(b"damaged")
    (folder / "notes.txt").write_text("mine")
    downloading.download(by_clip, tmp_path)
    assert sorted(name for name, _ in site.asked) == ["master/wav/08a01Na.wav", "master/wav/08a01Wa.wav"]
    assert (folder / "notes.txt").read_text() == "mine"
    (folder / "notes.txt").unlink()
    (folder / "03a01Fa.wav").rename(folder / "wav" / "03a01Fa.wav")
    assert same(folder, original)


def _other_samples(body):
    samples, rate = soundfile.read(io.BytesIO(body), dtype="int16")
    file = io.BytesIO()
    soundfile.write(file, np.where(np.arange(len(samples)) == 999, samples + 1, samples), rate, format="WAV")
    return file.getvalue()


@pytest.mark.parametrize("damage", [_other_samples, lambda body: body[:-100], lambda body: b"version git-lfs", None],
                         ids=["other samples", "truncated", "no audio", "not found"])
def test_a_clip_that_is_not_as_published_does_not_take_its_place(site, by_clip, original, tmp_path, damage):
    name = "master/wav/08a01Wa.wav"
    good = site.files.pop(name)
    if damage:
        site.files[name] = damage(good)
    message = refused(f"1 of {len(CLIPS)} clips.*08a01Wa.*start again", downloading.download, by_clip, tmp_path)
    assert ("404" in message) == (damage is None) and EMODB.home in message
    assert left(tmp_path / "EMO-DB") == sorted(f"wav/{clip}.wav" for clip in CLIPS if clip != "08a01Wa")
    site.files[name] = good
    site.asked.clear()
    assert same(downloading.download(by_clip, tmp_path), original)
    assert [name for name, _ in site.asked] == [name]


def test_a_publisher_who_has_nothing_is_left_alone(site, by_clip, tmp_path, monkeypatch):
    monkeypatch.setattr(downloading, "_FAULTS", 3)
    monkeypatch.setattr(downloading, "_AT_ONCE", 1)
    site.files.clear()
    refused(f"3 of {len(CLIPS)} clips", downloading.download, by_clip, tmp_path)
    assert 3 <= len(site.asked) < len(CLIPS) and not list((tmp_path / "EMO-DB").rglob("*.wav"))


def test_clips_of_a_server_that_is_not_there(by_clip, tmp_path):
    source = base.Source(clip_url="http://127.0.0.1:1/{place}.wav", unpacked_bytes=1)
    refused("16 of .*Connection refused.*check the connection", downloading.download,
            dataclasses.replace(by_clip, source=source), tmp_path)
    assert not list(tmp_path.rglob("*.wav"))


# Unpacking what is not trusted

CLIP = ("wav/03a01Fa.wav", b"RIFF")
HOSTILE = {
    "parent": ("zip", "../evil.wav", b"x", "leave its folder"),
    "parent inside": ("zip", "wav/../../evil.wav", b"x", "leave its folder"),
    "absolute": ("zip", "{outside}/evil.wav", b"x", "leave its folder"),
    "backslash parent": ("zip", "..\\evil.wav", b"x", "leave its folder"),
    "backslash absolute": ("zip", "\\evil.wav", b"x", "leave its folder"),
    "drive": ("zip", "C:\\evil.wav", b"x", "leave its folder"),
    "drive, relative": ("zip", "wav/C:evil.wav", b"x", "leave its folder"),
        "tar parent": ("gz", "../evil.wav", b"x", "leave its folder"),
    "tar absolute": ("bz2", "{outside}/evil.wav", b"x", "leave its folder"),
    "tar backslash": ("", "..\\evil.wav", b"x", "leave its folder"),
    "tar symlink": ("xz", "evil.wav", Special(tarfile.SYMTYPE), "link or device"),
    "tar hard link": ("gz", "evil.wav", Special(tarfile.LNKTYPE), "link or device"),
    "tar device": ("gz", "evil.wav", Special(tarfile.CHRTYPE), "link or device"),
    "tar pipe": ("gz", "evil.wav", Special(tarfile.FIFOTYPE), "link or device"),
    "twice": ("zip", "wav/03a01Fa.wav", b"other", "a second time"),
    "file as folder": ("zip", "wav/03a01Fa.wav/x.wav", b"x", "exists|Not a directory"),
    "folder as file": ("zip", "wav", b"x", "a second time"),
    "empty name": ("gz", ".", b"x", "a second time"),
}


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_hostile_archive_leaves_nothing(tmp_path, case):
    kind, name, content, match = HOSTILE[case]
    work, outside = tmp_path / "work", tmp_path / "outside"
    work.mkdir(), outside.mkdir()
    archive = pack(work / "a.bin", [CLIP, (name.format(outside=outside), content)], kind)
    refused(f"a.bin was not unpacked .*({match})", unpack, archive, work / "sub" / "dest", 1_000_000)
    assert left(tmp_path) == ["outside", "work/a.bin", "work/sub"]
    assert not list(tmp_path.rglob("*evil*"))
    inner = pack(work / "b.zip", [("c.zip", archive.read_bytes()), ("03a01La.wav", b"RIFF")])
    archive.unlink()
    message = refused(match, downloading.download, EMODB, work / "sub", archives=[inner])
    assert EMODB.home in message
    assert left(tmp_path) == ["outside", "work/b.zip"] and not (work / "sub" / "EMO-DB").exists()


@pytest.mark.parametrize("kind", ["", "gz", "bz2", "xz", "zip"])
def test_every_kind_of_archive_is_unpacked(tmp_path, kind):
    archive = pack(tmp_path / "archive", [("PK/empty.txt", b""), ("./a/b.wav", b"1"), ("c\\d.wav", b"2")], kind)
    unpack(archive, tmp_path / "new" / "dest", 4 * 512)
    assert left(tmp_path) == ["archive", "new/dest/PK/empty.txt", "new/dest/a/b.wav", "new/dest/c/d.wav"]
    assert (tmp_path / "new" / "dest" / "c" / "d.wav").read_bytes() == b"2"


@pytest.mark.parametrize("kind", ["zip", "gz"])
def test_bytes_are_counted_as_they_are_written(tmp_path, kind):
    members = [("a.wav", bytes(600_000)), ("b.wav", bytes(400_001))]
    archive = pack(tmp_path / "a.bin", members, kind, compression=zipfile.ZIP_DEFLATED)
    assert archive.stat().st_size < 10_000
    refused("far more than expected", unpack, archive, tmp_path / "dest", 1_000_000)
    assert left(tmp_path) == ["a.bin"]
    unpack(archive, tmp_path / "dest", 1_000_001)
    shutil.rmtree(tmp_path / "dest")
    # An archive in an archive takes from what is left.
    outer = pack(tmp_path / "outer.zip", [("in.zip" if kind == "zip" else "in.tgz", archive.read_bytes())])
    refused("far more than expected", unpack, outer, tmp_path / "dest", 1_000_001)
    unpack(outer, tmp_path / "dest", 1_000_001 + archive.stat().st_size)
    assert left(tmp_path) == ["a.bin", "dest/in/a.wav", "dest/in/b.wav", "outer.zip"]


def test_a_bomb_whose_header_lies_writes_no_more_than_the_limit(tmp_path, monkeypatch):
    archive = pack(tmp_path / "a.zip", [("a.wav", bytes(5_000_000))], compression=zipfile.ZIP_DEFLATED)
    body = archive.read_bytes()
    true, lie = (5_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert body.count(true) == 2
    archive.write_bytes(body.replace(true, lie))
    refused("a.zip", unpack, archive, tmp_path / "dest", 100_000)
    assert left(tmp_path) == ["a.zip"]
    archive.write_bytes(body)
    refused("far more than expected", unpack, archive, tmp_path / "dest", 100_000)
    assert left(tmp_path) == ["a.zip"]


def test_a_link_in_a_zip_file_is_not_made(tmp_path):
    archive = pack(tmp_path / "a.zip", [CLIP, ("link.wav", stat.S_IFLNK), ("device.wav", stat.S_IFCHR)])
    unpack(archive, tmp_path / "dest", 10_000)
    for name in ("link.wav", "device.wav"):
        assert stat.S_ISREG((tmp_path / "dest" / name).lstat().st_mode)


def test_many_empty_files_are_a_bomb_too(tmp_path):
    archive = pack(tmp_path / "a.tar", [(f"{n}", Special(tarfile.DIRTYPE)) for n in range(30)], "gz")
    refused("far more than expected", unpack, archive, tmp_path / "dest", 29 * 512)
    assert left(tmp_path) == ["a.tar"]
    unpack(archive, tmp_path / "dest", 30 * 512)


@pytest.mark.parametrize("kind", ["zip", "", "gz", "bz2", "xz"])
def test_a_damaged_archive_leaves_nothing(tmp_path, kind):
    noise = np.random.default_rng(0).bytes(200_000)
    archive = pack(tmp_path / "a.bin", [("a.wav", noise), ("b.wav", noise), ("c.wav", noise)], kind)
    body = archive.read_bytes()
    damaged = [body[: len(body) // 2], body[:200_000] + bytes(2000) + body[202_000:], b"", b"PK\x03\x04", bytes(100)]
    if kind == "":
        # Damage to the samples themselves goes unseen in a plain tar; that to the second header must not.
        damaged[1] = body[:200_704] + b"x" * 512 + body[201_216:]
        damaged.append(body[:401_408])
    for content in damaged:
        archive.write_bytes(content)
        refused("a.bin was not unpacked", unpack, archive, tmp_path / "dest", 10**7)
        assert left(tmp_path) == ["a.bin"]


def test_an_encrypted_archive_is_told(tmp_path):
    archive = pack(tmp_path / "a.zip", [CLIP])
    body = bytearray(archive.read_bytes())
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(body)
    refused("a.zip .*is encrypted", unpack, archive, tmp_path / "dest", 10**6)
    assert left(tmp_path) == ["a.zip"]


def test_archives_in_an_archive_are_unpacked_one_level_deep(original, tmp_path):
    clips = [(f"{clip}.wav", (original[0] / "wav" / f"{clip}.wav").read_bytes()) for clip in CLIPS]
    deepest = pack(tmp_path / "deepest.zip", [("x.txt", b"x")]).read_bytes()
    male = pack(tmp_path / "male.zip", [*clips[:3], ("deepest.zip", deepest)]).read_bytes()
    female = pack(tmp_path / "female.tar.xz", clips[3:6], "xz").read_bytes()
    # A plain tar that ends with a zip looks like a zip to a library that searches the end.
    members = [("r/female.tar.xz", female), ("._male.zip", b"mac"), ("r/male.zip", male)]
    archive = pack(tmp_path / "shemo.tar", members, "")
    folder = downloading.download(emodb(), tmp_path / "corpora", archives=[archive])
    expected = [*(f"r/male/{name}" for name, _ in clips[:3]), *(f"r/female/{name}" for name, _ in clips[3:6])]
    assert left(folder) == sorted([*expected, "r/male/deepest.zip", "._male.zip"])
    assert (folder / expected[0]).read_bytes() == clips[0][1]


def test_an_interrupted_unpacking_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    archive = pack(tmp_path / "a.zip", [CLIP])
    monkeypatch.setattr(zipfile.ZipFile, "extract", interrupt)
    with pytest.raises(KeyboardInterrupt):
        downloading.download(EMODB, tmp_path / "corpora", archives=[archive])
    assert left(tmp_path) == ["a.zip"]
