"""Tasks on Ray Core: this machine, or the nodes of a cluster, which need no corpora, no records and no shared disk.

What travels: this package, once a node; arrays, once a node, through Ray's object store, where the workers of a node
read the same memory; and a task's folder, to the worker and back. While a task is at work its checkpoints go through a
letterbox, an actor beside the driver, into the folder in the driver's cache: after each epoch, but no more often than
every two seconds. A task whose worker or node dies is started again from there. So a death costs an epoch at most, and
where epochs are shorter two seconds; and so does Ctrl-C, as the folder is where joblib too would look for it.
"""

import contextlib
import os
import socket
import tempfile
import time
from pathlib import Path

from filelock import FileLock, Timeout

import ser_repro
from ser_repro import SerReproError, plugins
from ser_repro.files import scratch, write_atomic
from ser_repro.runs.engines.base import LOCK, Engine, LostWorker, Place, Task, attempt, files_of

try:
    import ray
except ImportError:
    raise SerReproError("--engine ray needs Ray, which is not installed: `pip install -e '.[cluster]'`, or leave "
                        "--engine out.") from None

_EVERY_S = 2.0  # between two checkpoints of a task that travel
_REACH_S = 10  # for an address to answer
_REMEDY = "free some room or set --cache to another folder, and start again: nothing is lost"
_LOST = (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError,
         ray.exceptions.ObjectLostError, ray.exceptions.LocalRayletDiedError, ray.exceptions.RaySystemError)


class Letterbox:
    """What the workers send to the driver: of each task the last note, and the last version of each file."""

    def __init__(self):
        self.told: dict = {}
        self.files: dict = {}

    def note(self, key, line: str) -> None:
        self.told[key] = line

    def post(self, key, files: dict[str, bytes]) -> None:
        self.files.setdefault(key, {}).update(files)

    def collect(self) -> tuple[dict, dict]:
        """All notes, and the files since the last time."""
        files, self.files = self.files, {}
        return self.told, files

    def forget(self, key) -> None:
        self.told.pop(key, None)
        self.files.pop(key, None)


class Away(Place):
    """A worker on a node: its folder is a temporary one."""

    def __init__(self, task: Task, name: str, threads: int, letterbox):
        self.task, self.name, self.threads, self.letterbox = task, name, threads, letterbox
        self.folder, self.sent, self.seen = task.folder, time.monotonic(), {}
        self.receipt = None

    def note(self, text: str) -> None:
        self.letterbox.note.remote(self.name, f"{self.task.label}: {text}")

    def keep(self) -> None:
        if time.monotonic() - self.sent < _EVERY_S:
            return
        if self.receipt is not None:  # a slow network must not pile them up
            with contextlib.suppress(ray.exceptions.RayError):
                ray.get(self.receipt)
        self.receipt = self.letterbox.post.remote(self.name, self.changed())
        self.sent = time.monotonic()

    def changed(self) -> dict[str, bytes]:
        """Files that are new since the last time."""
        now = {name: path.stat().st_mtime_ns for name, path in files_of(self.folder)}
        new = {name: (self.folder / name).read_bytes() for name, when in now.items() if self.seen.get(name) != when}
        self.seen = now
        return new


def _unpack(files: dict[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        write_atomic(folder / name, content, remedy=_REMEDY, sync=False)


def _make(task: Task, name: str, files: dict[str, bytes], threads: int, letterbox) -> tuple:
    """Value, error and files of a task, in a worker."""
    with scratch(Path(tempfile.gettempdir()), "ser_repro") as folder:
        place = Away(Task(task.key, task.work, task.arguments, folder, task.label), name, threads, letterbox)
        _unpack(files, place.folder)
        place.changed()
        value, error = attempt(place.task, place)
        with contextlib.suppress(ray.exceptions.RayError):  # after this nothing more of it is on its way
            ray.get(letterbox.forget.remote(name))
        return value, error, {name: path.read_bytes() for name, path in files_of(place.folder)}


class Ray(Engine):
    """Workers of a Ray cluster.

    Parameters
    ----------
    address : str or None
        None starts Ray on this machine, and ends it.
    jobs : int or None
        Tasks at a time; None: as many as there is room for, however the cluster grows.
    cpus, gpus : int, float
        Of a task.
    """

    def __init__(self, address: str | None, jobs: int | None, cpus: int, gpus: float):
        self.address, self.jobs, self.cpus, self.gpus = address, jobs, cpus, gpus
        self.locks: dict = {}
        self.lines: dict = {}
        if address not in (None, "auto"):
            _reach(address)

    # ---- lifetime ------------------------------------------------------------------------------------------------

    def __enter__(self) -> "Ray":
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        told = {name: os.environ[name] for name in (plugins.VARIABLE,) if name in os.environ}
        package = str(Path(ser_repro.__file__).parent)
        where = {"address": self.address}
        if self.address is None:
            where = {"address": "local", "include_dashboard": False,
                     "num_cpus": max((self.jobs or 1) * self.cpus, os.cpu_count() or 1)}
        try:
            ray.init(**where, runtime_env={"py_modules": [package], "env_vars": told}, log_to_driver=False,
                     logging_level="ERROR")
        except Exception as error:  # Ray raises this very class where a node does not start in time
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise SerReproError(f"no Ray cluster to be had at {self.address or 'this machine'} ({reason}): give the "
                                "--address of a running one, and its RAY_AUTH_TOKEN if it has one, or leave --address "
                                "out.") from None
        try:
            self._found()
        except BaseException:
            ray.shutdown()
            raise
        return self

    def _found(self) -> None:
        """See what the cluster has, and put the letterbox beside the driver."""
        there = ray.cluster_resources()
        if self.address is None and self._capacity(there) < 1:
            raise SerReproError(f"this machine has {there.get('CPU', 0):g} CPUs and {there.get('GPU', 0):g} GPUs for "
                                f"Ray, and a run wants {self.cpus} and {self.gpus:g}: ask for less with --cpus and "
                                "--gpus, or give the --address of a cluster.")
        nodes = sum(node["Alive"] for node in ray.nodes())
        many = self.jobs or "as many as there is room for"
        self.told = f"{many} at a time, on {nodes} node{'s' * (nodes > 1)} with room for {self._capacity(there)} now"
        beside = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=True)
        self.letterbox = ray.remote(Letterbox).options(num_cpus=0, max_restarts=-1, scheduling_strategy=beside).remote()
        self.remote = ray.remote(_make).options(num_cpus=self.cpus, num_gpus=self.gpus, max_retries=0,
                                                scheduling_strategy="SPREAD")

    def __exit__(self, *raised) -> None:
        try:
            self._collect()
        finally:
            for lock in self.locks.values():
                lock.release()
            ray.shutdown()  # ends the tasks of this driver, and Ray where it was started here

    # ---- the interface -------------------------------------------------------------------------------------------

    def share(self, load):
        return Shared(ray.put(load()))

    def notes(self) -> list[str]:
        return list(self.lines.values())

    def _capacity(self, there: dict) -> int:
        rooms = [there.get("CPU", 0) / self.cpus] + ([there.get("GPU", 0) / self.gpus] if self.gpus else [])
        return int(min(rooms) + 1e-6)

    @property
    def room(self) -> int:
        """Twice what runs now: no worker waits for the driver, and a cluster that can grow sees what is wanted."""
        return self.jobs or 2 * max(self._capacity(ray.cluster_resources()), 1)

    def _start(self, task: Task):
        name = str(task.folder)
        if name not in self.locks:
            task.folder.mkdir(parents=True, exist_ok=True)
            self.locks[name] = FileLock(task.folder / LOCK, timeout=0)
            try:
                self.locks[name].acquire()
            except Timeout:
                del self.locks[name]
                return ray.put((None, f"{task.label} is being made by another process: wait for it.", {}))
        files = {name: path.read_bytes() for name, path in files_of(task.folder)}
        return self.remote.remote(task, name, files, self.cpus, self.letterbox)

    def _finished(self, out: dict) -> list:
        done, _ = ray.wait(list(out), timeout=0.5)
        self._collect()
        return done

    def _collect(self) -> None:
        """Empty the letterbox into the cache."""
        try:
            self.lines, files = ray.get(self.letterbox.collect.remote(), timeout=30)
        except ray.exceptions.RayError:  # its node died: it is started again, empty
            return
        for name, content in files.items():
            _unpack(content, Path(name))

    def _result(self, handle, task: Task) -> tuple:
        try:
            value, error, files = ray.get(handle)
        except _LOST as lost:
            raise LostWorker(" ".join(f"{type(lost).__name__}: {lost}".split())[:200]) from None
        _unpack(files, task.folder)
        if lock := self.locks.pop(str(task.folder), None):
            lock.release()
        return value, error


class Shared:
    """A value in Ray's object store."""

    def __init__(self, reference):
        self.reference = reference

    def __call__(self):
        return ray.get(self.reference)


def _reach(address: str) -> None:
    """Find out in seconds, not minutes, that nobody answers at an address."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=_REACH_S).close()
    except (OSError, ValueError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise SerReproError(f"nothing answers at --address {address} ({reason}): give auto, HOST:PORT or "
                            "ray://HOST:PORT of a running Ray cluster.") from None
