"""Workers end with their parent, whatever they are at: real processes, of which one is killed."""

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from ser_repro.runs.engines import Setup, Task

STUDY = """
    from ser_repro.runs.engines import Setup, Task
    tasks = iter([Task(i, slow, (), Path(sys.argv[1], str(i)), f"task {i}") for i in range(2)])
    with Setup(jobs=2, cpus=1).start() as engine:
        list(engine.each(lambda: next(tasks, None)))
"""
FEATURES = """
    from ser_repro.features import extract, sets
    files = sorted(map(str, Path(sys.argv[2]).rglob("*.wav")))[:20]
    list(extract.reading(files, [sets.FeatureSet("slow", {}, slow, "(1,)", "")], path="fast",
                         folder=Path(sys.argv[1]), workers=2))
"""


def alive(pid):
    """Whether a process is there and no zombie, which nobody of its family may be left to collect."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="what a process is at is read from /proc")
@pytest.mark.parametrize("work", [STUDY, FEATURES], ids=["study", "features"])
def test_workers_end_with_a_parent_that_is_killed(demo, tmp_path, work):
    code = textwrap.dedent("""
        import os, sys, time
        from pathlib import Path

        def slow(_):
            os.write(1, f"{os.getpid()}\\n".encode())
            time.sleep(600)  # no epoch of it ends
    """) + textwrap.dedent(work)
    parent = subprocess.Popen([sys.executable, "-c", code, tmp_path, demo], stdout=subprocess.PIPE, text=True)
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    assert all(map(alive, workers))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    if work is STUDY:  # a new one need not wait for the old one's workers to see it
        tasks = iter([Task(i, lambda place: place.threads, (), tmp_path / str(i), f"task {i}") for i in range(2)])
        with Setup(jobs=1, cpus=1).start() as engine:
            assert [made[1:] for made in engine.each(lambda: next(tasks, None))] == [(1, None)] * 2
    deadline = time.monotonic() + 5
    while any(map(alive, workers)):
        assert time.monotonic() < deadline, "workers outlive the process that they work for"
        time.sleep(0.05)
