"""Making the runs of the study that have no record yet, several at a time. It can be stopped and started again."""

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from ser_repro import SerReproError, datasets
from ser_repro.files import cache_folder, writable, write_atomic
from ser_repro.runs import execution, search
from ser_repro.runs.plans import plans, status
from ser_repro.runs.run import Run

LOCK = ".study.lock"  # in the results folder, while a study is at work there


def execute(run: Run, *, results, data, cache, device: str, threads: int) -> str:
    """Search if need be, train, store the record. Returns the run's name."""
    if not run.recipe.is_estimator:
        import torch

        torch.set_num_threads(threads)
    note = _Note(cache_folder(cache) / "study", run)
    try:
        found = search.decided(results, run)
        if found is None:
            any_settings = search.draw(run.document, run.corpus, 1)[0]
            waves = execution.inputs(run.with_values(**any_settings), data=data, cache=cache)
            search.search(run, waves, results=results, cache=cache, device=device,
                          progress=lambda done, total: note(f"search, epoch {done}/{total}"))
            found = search.decided(results, run)

        def progress(epoch, row):
            seen = f", validation {row['validation_accuracy']:.3f}" if "validation_accuracy" in row else ""
            note(f"epoch {epoch}/{found.values['epochs']}, loss {row['train_loss']:.3f}{seen}")

        execution.obtain(found, results=results, data=data, cache=cache, device=device, progress=progress)
        return found.name
    finally:
        note.close()


class _Note:
    """A file that says what a worker is doing, read by the study's display."""

    def __init__(self, folder: Path, run: Run):
        self.file, self.run = folder / f"{os.getpid()}.json", run

    def __call__(self, text: str):
        with contextlib.suppress(SerReproError):  # a full disk: the run itself may still find room
            write_atomic(self.file, json.dumps([self.run.label, text]), sync=False)

    def close(self):
        self.file.unlink(missing_ok=True)


class _Watcher(threading.Thread):
    """Tells what the workers' notes say, until left."""

    def __init__(self, folder: Path, tell: Callable[[str], None]):
        super().__init__(daemon=True)
        self.folder, self.tell, self.over = folder, tell, threading.Event()

    def run(self):
        while not self.over.wait(0.5):
            notes = []
            for file in sorted(self.folder.glob("*.json")):
                with contextlib.suppress(OSError, ValueError):
                    notes.append(": ".join(json.loads(file.read_text())))
            self.tell(" | ".join(notes) or "starting")

    def __enter__(self):
        self.start()

    def __exit__(self, *_):
        self.over.set()


def require(todo: list[Run], *, data=None, cache=None) -> None:
    """Make the arrays that the runs need, where they are not there yet.

    Raises
    ------
    SerReproError
        If a corpus can't be used or is demo speech: once, instead of for each of its runs.
    """
    if todo and (data is not None or os.environ.get(datasets.finding.DATA_VARIABLE)):
        datasets.data_folder(data)
    kinds = {}
    for run in todo:
        decided = run.with_values(**{name: run.recipe.fallback[name] for name in run.open})
        for corpus in (run.corpus, *run.tested):
            kinds.setdefault((corpus, decided.inputs), decided)
        for what in run.recipe.copies(decided.values):
            kinds.setdefault((run.corpus, what), decided)
    for (corpus, what), run in kinds.items():
        execution.refuse_demo(execution.inputs(run, corpus, what=what, data=data, cache=cache), synthetic=False)


def _on_gpu(todo: list[Run], device: str) -> bool:
    """Whether training goes to a GPU; refuses one that is not there."""
    if all(run.recipe.is_estimator for run in todo):
        return False
    from ser_repro.runs.training import device_of

    return device_of(device).type == "cuda"


def run_study(wanted: list[Run] | None = None, *, results: str | Path = "results", data=None, cache=None,
              device: str = "auto", jobs: int | None = None, report: Callable[[str], None] = print,
              watch: Callable[[str], None] | None = None) -> int:
    """Make every wanted run that has no record. Can be killed and started again at any time.

    Parameters
    ----------
    jobs : int, optional
        Runs at a time; by default one on a GPU, else one a core.
    report : callable(line)
        Gets a line a finished run, with the time left.
    watch : callable(line), optional
        Gets, twice a second, a line on what the workers are at.

    Returns
    -------
    int
        How many runs failed.

    Raises
    ------
    SerReproError
        If another study is at work in the same results folder, a folder can't be written, there is no GPU where one
        is asked for, or a corpus can't be used: all before the first run.
    """
    results = Path(results)
    writable(results, "--results")
    writable(cache_folder(cache), "--cache")
    lock = FileLock(results / LOCK)
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        raise SerReproError(f"another study is at work in {results.resolve()}: wait for it, or give another "
                            "--results.") from None
    with held:
        todo = [run for run, record in status(plans() if wanted is None else wanted, results) if record is None]
        on_gpu = _on_gpu(todo, device)
        jobs = jobs or (1 if on_gpu else os.cpu_count() or 1)
        threads = max((os.cpu_count() or 1) // jobs, 1)
        require(todo, data=data, cache=cache)
        total, done_cost, began, failed = sum(run.cost for run in todo), 0.0, time.monotonic(), 0
        for left in (cache_folder(cache) / "study").glob("*.json"):
            left.unlink()  # by workers that were killed
        import joblib

        report(f"{len(todo)} runs to make, {jobs} at a time")

        me = os.getpid()

        def attempt(run):
            if os.getpid() != me:
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all: this process ends the workers
            try:
                return run, execute(run, results=results, data=data, cache=cache, device=device,
                                     threads=threads), None
            except SerReproError as error:
                return run, None, str(error)
            except OSError as error:
                return run, None, f"{error}: free some room or give another --cache, and start again."

        work = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch=jobs, batch_size=1)(
            joblib.delayed(attempt)(run) for run in todo)
        watcher = _Watcher(cache_folder(cache) / "study", watch) if watch else contextlib.nullcontext()
        with watcher:
            for count, (run, _name, error) in enumerate(work, 1):
                done_cost += run.cost
                spent = time.monotonic() - began
                left = spent / done_cost * (total - done_cost)
                failed += error is not None
                report(f"[{count}/{len(todo)}] {run.label}: {error or 'done'} ({spent / 60:.0f} min spent, about "
                       f"{left / 60:.0f} min left)")
    return failed
