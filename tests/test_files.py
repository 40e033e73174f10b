"""Files and folders whole or not at all: killed at any moment, through links, and where nothing can be written."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from ser_repro import SerReproError, files

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes that it forks")


def killed(work, step):
    """Do the work in a process of its own, which is killed at its `step`th call of the system; whether it was."""
    child = os.fork()
    if not child:
        left = step

        def count(event, _):
            nonlocal left
            if event.startswith(("os.", "open", "shutil.", "ctypes.call")) and event != "os.kill":
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            files._swept.clear()
            sys.addaudithook(count)
            work()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def replace_folder(folder, text):
    with files.whole_folder(folder) as beside:
        for name in ("a", "b"):
            (beside / name).write_text(text)


@pytest.mark.parametrize("swap", [True, False])
def test_a_folder_is_there_whenever_its_writer_is_killed(tmp_path, monkeypatch, swap):
    if not swap:  # a file system that can't let two folders change places
        monkeypatch.setattr(files, "_exchange", lambda *_: False)
    folder = tmp_path / "in" / "m"
    replace_folder(folder, "0")
    step = 0
    while killed(lambda: replace_folder(folder, str(step + 1)), step):  # noqa: B023
        if not swap:
            files.recover(folder)
        found = {path.read_text() for path in folder.iterdir()}
        assert len(found) == 1 and len(list(folder.iterdir())) == 2
        step += 1
    assert step > 8
    files._swept.clear()
    replace_folder(folder, "last")
    assert [path.name for path in folder.parent.iterdir()] == ["m"] and (folder / "a").read_text() == "last"


def test_a_file_is_there_whenever_its_writer_is_killed(tmp_path):
    path = tmp_path / "r.json"
    files.write_atomic(path, "0")
    step = 0
    while killed(lambda: files.write_atomic(path, str(step + 1) * 100), step):  # noqa: B023
        assert path.read_text() in ("0", *(str(i + 1) * 100 for i in range(step + 1)))
        step += 1
    assert step > 3
    files._swept.clear()
    files.write_atomic(tmp_path / "another.json", "")  # whatever is written next
    assert sorted(one.name for one in tmp_path.iterdir()) == ["another.json", "r.json"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="states of processes are read from /proc")
def test_what_was_left_by_one_that_nobody_has_asked_after_is_removed(tmp_path):
    dead = os.fork()
    if not dead:
        os._exit(0)
    while Path("/proc", str(dead), "stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    try:
        (tmp_path / f".a.{files._host()}-{dead}-0123abcd").write_text("half")
        files.write_atomic(tmp_path / "b", "")
        assert [one.name for one in tmp_path.iterdir()] == ["b"]
    finally:
        os.waitpid(dead, 0)


def test_only_what_dead_processes_left_is_removed(tmp_path):
    mine = files._beside(tmp_path / "a")  # this process is alive
    dead = os.fork()
    if not dead:
        os._exit(0)
    os.waitpid(dead, 0)
    left = tmp_path / f".b.{files._host()}-{dead}-00000000"
    elsewhere, long_ago = (tmp_path / f".{name}.{'f' * 6}-{dead}-00000000" for name in "cd")
    others = [tmp_path / ".b.backup", tmp_path / ".b.abcdefgh", tmp_path / "b.old"]
    for path in (mine, left, elsewhere, long_ago, *others):
        path.mkdir()
    os.utime(long_ago, (1e9, 1e9))
    files._swept.clear()
    files.write_atomic(tmp_path / "x", "")
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in (mine, elsewhere, *others)} | {"x"}


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "t.csv").write_text("old")
    os.chmod(tmp_path / "disk" / "t.csv", 0o600)
    (tmp_path / "t.csv").symlink_to(tmp_path / "disk" / "t.csv")
    files.write_atomic(tmp_path / "t.csv", "new")
    assert (tmp_path / "t.csv").is_symlink() and (tmp_path / "disk" / "t.csv").read_text() == "new"
    assert (tmp_path / "disk" / "t.csv").stat().st_mode & 0o777 == 0o600
    (tmp_path / "f").symlink_to(tmp_path / "disk")
    replace_folder(tmp_path / "f", "new")
    assert (tmp_path / "f").is_symlink() and {path.name for path in (tmp_path / "disk").iterdir()} == {"a", "b"}
    (tmp_path / "nowhere").symlink_to(tmp_path / "disk" / "later")
    files.write_atomic(tmp_path / "nowhere", "new")
    assert (tmp_path / "disk" / "later").read_text() == "new"


def test_a_pipe_is_written_to(tmp_path):
    os.mkfifo(tmp_path / "p.csv")
    got = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "p.csv").read_text()))
    reader.start()
    files.write_atomic(tmp_path / "p.csv", "a,b\n")
    reader.join(10)
    assert got == ["a,b\n"] and (tmp_path / "p.csv").is_fifo()


def test_what_can_not_be_written_is_told_before_and_leaves_nothing(tmp_path):
    (tmp_path / "file").touch()
    for path in ("file/x.csv", "."):
        with pytest.raises(SerReproError, match=r"not written .*: give another file with --csv"):
            files.refuse_unwritable(tmp_path / path, "--csv")
    files.refuse_unwritable(tmp_path / "new" / "deep" / "x.csv", "--csv")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
