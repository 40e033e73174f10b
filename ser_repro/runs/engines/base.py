"""The interface that engines share: tasks, the place a worker has, and the loop that hands out and takes back."""

import contextlib
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ser_repro import SerReproError

LIVES = 5  # workers that a task may lose in a row, without an epoch between them, the last with no task beside it
LOCK = "lock"  # in a task's folder, while it is at work there


class LostWorker(Exception):
    """The worker of a task died before it had returned anything."""


@dataclass(frozen=True)
class Task:
    """What a worker is to do.

    Attributes
    ----------
    key : hashable
        What the result is told by.
    work : callable(place, *arguments)
        Importable by a worker. What it returns is the result; a SerReproError or OSError is the task's failure, and so
        is what torch, NumPy and scikit-learn raise (see `training.failure`).
    folder : Path
        In the driver's cache: what the task goes on from, and leaves.
    label : str
        For people.
    """

    key: Hashable
    work: Callable
    arguments: tuple = field(repr=False)
    folder: Path
    label: str = ""


class Place(ABC):
    """What a worker has of the driver's machine.

    Attributes
    ----------
    folder : Path
        The task's own; what is in it when the task ends, is in the driver's when the result is.
    threads : int
        That the task may use.
    """

    folder: Path
    threads: int

    @abstractmethod
    def note(self, text: str) -> None:
        """Tell the driver what the task is at."""

    @abstractmethod
    def keep(self) -> None:
        """To be called after an epoch: from now on its checkpoint outlives this worker."""

    def use_threads(self) -> None:
        """Let torch use the task's threads."""
        import torch

        torch.set_num_threads(self.threads)


class Engine(ABC):
    """Workers for tasks, as long as the block lasts that it is entered in.

    Attributes
    ----------
    told : str
        How many tasks at a time, for people.
    """

    told: str

    @abstractmethod
    def __enter__(self) -> "Engine":
        """Start the workers."""

    @abstractmethod
    def __exit__(self, *raised) -> None:
        """End them, at once where tasks are at work."""

    @abstractmethod
    def share(self, load: Callable):
        """What a worker calls, without arguments, to get what `load()` gives. With Ray that reaches each machine once;
        with joblib each task loads it for itself."""

    @abstractmethod
    def notes(self) -> list[str]:
        """What the tasks are at, a line each."""

    @property
    @abstractmethod
    def room(self) -> int:
        """How many tasks may be out."""

    @abstractmethod
    def _start(self, task: Task):
        """Hand a task to a worker; its handle."""

    @abstractmethod
    def _finished(self, out: dict) -> list:
        """Wait, half a second at most, for some of the handles to be done."""

    @abstractmethod
    def _result(self, handle, task: Task) -> tuple:
        """Value and None, or None and what went wrong.

        Raises
        ------
        LostWorker
        """

    def each(self, take: Callable[[], Task | None]) -> Iterator[tuple]:
        """Make tasks until there are none.

        Parameters
        ----------
        take : callable() -> Task or None
            Asked whenever there is room. None where there is no task now; the end, where none is out either.

        Yields
        ------
        task : Task
        value : object
            What its work returned, None where it failed.
        error : str or None
            In one line.
        """
        out: dict = {}
        lost: dict = {}  # key -> (deaths in a row, what was in the folder after the last)
        # Where a pool breaks all of its tasks are lost with the one that broke it: which one that is shows when each is
        # alone, once there is nothing else to do.
        last_tries: deque[Task] = deque()
        alone = False
        while True:
            alone = alone and bool(out)
            while not alone and len(out) < self.room and (task := take()) is not None:
                out[self._start(task)] = task
            if last_tries and not out:
                task, alone = last_tries.popleft(), True
                out[self._start(task)] = task
            if not out:
                return
            for handle in self._finished(out):
                task = out.pop(handle)
                try:
                    value, error = self._result(handle, task)
                except LostWorker as death:
                    deaths, left = lost.get(task.key, (0, None))
                    now = _left(task.folder)
                    lost[task.key] = (deaths + 1 if now == left else 1, now)
                    if lost[task.key][0] < LIVES - 1:
                        out[self._start(task)] = task
                        continue
                    if lost[task.key][0] < LIVES:
                        last_tries.append(task)
                        continue
                    value, error = None, (f"{LIVES} workers died of it, one after the other, the last with no other "
                                          f"beside it ({death}): make it where there is more memory.")
                yield task, value, error


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """(Name, path) of the files of a task, in folders of its folder too."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != LOCK and not path.name.startswith("."):
            yield path.relative_to(folder).as_posix(), path


def _left(folder: Path) -> list:
    return [(name, path.stat().st_mtime_ns) for name, path in files_of(folder)]


def attempt(task: Task, place: Place) -> tuple:
    """Value and error of a task, in the worker."""
    try:
        return task.work(place, *task.arguments), None
    except SerReproError as error:
        return None, str(error)
    except OSError as error:
        return None, f"{error}: free some room or give another --cache, and start again."
    except (RuntimeError, ValueError, MemoryError) as error:
        from ser_repro.runs.training import failure

        return None, str(failure(error))


@contextlib.contextmanager
def watched(engine: Engine, tell: Callable[[str], None] | None):
    """Tell twice a second what the tasks of an engine are at."""
    over = threading.Event()

    def watch():
        while not over.wait(0.5):
            tell(" | ".join(engine.notes()) or "starting")

    if tell:
        threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()
