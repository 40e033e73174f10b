"""Tasks on this machine: worker processes of joblib's loky, or this process where one task is made at a time.

A task's folder is the one in the cache itself, and a worker maps arrays from the cache into its memory: nothing
travels.
"""

import contextlib
import json
import os
import signal
import tempfile
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from filelock import FileLock, Timeout
from joblib.externals.loky import ProcessPoolExecutor

from ser_repro import SerReproError
from ser_repro.files import scratch, write_atomic
from ser_repro.runs.engines.base import LOCK, Engine, LostWorker, Place, Task, attempt
from ser_repro.workers import end_with

_LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS",
              "VECLIB_MAXIMUM_THREADS")
_PATIENCE_S = 5  # for a worker that is being ended to let go of its folder


class Here(Place):
    """A worker on the driver's machine."""

    def __init__(self, task: Task, threads: int, notes: Path):
        self.folder, self.threads, self.label = task.folder, threads, task.label
        self.file = notes / f"{os.getpid()}.json"

    def note(self, text: str) -> None:
        with contextlib.suppress(SerReproError):  # a full disk: the task itself may still find room
            write_atomic(self.file, json.dumps([self.label, text]), sync=False)

    def keep(self) -> None:
        """The checkpoint is where it should be."""


class Joblib(Engine):
    """Worker processes on this machine.

    Parameters
    ----------
    jobs : int
        Tasks at a time.
    threads : int
        Of each.
    """

    def __init__(self, jobs: int, threads: int):
        self.jobs, self.threads = jobs, threads
        self.told = f"{jobs} at a time"
        self.workers = None

    def __enter__(self) -> "Joblib":
        with contextlib.ExitStack() as stack:
            self.told_in = stack.enter_context(scratch(Path(tempfile.gettempdir()), "ser_repro-notes"))
            self.held = stack.pop_all()
        return self

    def __exit__(self, *raised) -> None:
        if self.workers:
            self.workers.shutdown(wait=True, kill_workers=True)
        self.held.close()

    def share(self, load):
        return load

    def notes(self) -> list[str]:
        found = []
        for file in sorted(self.told_in.glob("*.json")):
            with contextlib.suppress(OSError, ValueError):
                found.append(": ".join(json.loads(file.read_text())))
        return found

    @property
    def room(self) -> int:
        return self.jobs

    def _start(self, task: Task) -> Future:
        words = task, self.threads, self.told_in
        if self.jobs == 1:
            done: Future = Future()
            done.set_result(_make(*words))
            return done
        try:
            return self._pool().submit(_make, *words)
        except BrokenProcessPool:  # it broke while results were being taken
            self.workers = None
            return self._pool().submit(_make, *words)

    def _pool(self) -> ProcessPoolExecutor:
        if self.workers is None:
            self.workers = ProcessPoolExecutor(self.jobs, initializer=_begin, initargs=(os.getpid(),),
                                               env=dict.fromkeys(_LIBRARIES, str(self.threads)))
        return self.workers

    def _finished(self, out: dict) -> list[Future]:
        return list(wait(out, timeout=0.5, return_when=FIRST_COMPLETED).done)

    def _result(self, handle: Future, task: Task) -> tuple:
        try:
            return handle.result()
        except BrokenProcessPool as error:  # all of its tasks are lost
            raise LostWorker(" ".join(str(error).split())[:200]) from None


def _begin(driver: int) -> None:
    """Let the driver alone end this worker: by its own end, or where it is told of Ctrl-C, which reaches all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(driver)


def _make(task: Task, threads: int, notes: Path) -> tuple:
    """Value and error of a task, in the process that makes it."""
    place = Here(task, threads, notes)
    try:
        task.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(task.folder / LOCK, timeout=_PATIENCE_S):
            return attempt(task, place)
    except Timeout:
        return None, f"{task.label} is being made by another process: wait for it."
    except OSError as error:
        return None, f"{error}: free some room or give another --cache, and start again."
    finally:
        place.file.unlink(missing_ok=True)
