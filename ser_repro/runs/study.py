"""Making the runs of the study that have no record yet, several at a time. It can be stopped and started again.

Workers compute (`_train`, `_search`); this process alone writes what they return. Which engine has the workers is said
by `engines.Setup`.
"""

import functools
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from ser_repro import SerReproError, datasets
from ser_repro.features import sets
from ser_repro.files import cache_folder, writable
from ser_repro.runs import execution, search
from ser_repro.runs.engines import Engine, Place, Setup, Task
from ser_repro.runs.engines.base import watched
from ser_repro.runs.plans import plans, status
from ser_repro.runs.run import Run

LOCK = ".study.lock"  # in the results folder, while a study is at work there


# ---- what workers do ---------------------------------------------------------------------------------------------


def _train(place: Place, run: Run, shares: dict, device: str) -> dict:
    """The record of a run, whose weights are left in the place's folder."""
    if not run.recipe.is_estimator:
        place.use_threads()

    def progress(epoch, row):
        seen = f", validation {row['validation_accuracy']:.3f}" if "validation_accuracy" in row else ""
        place.note(f"epoch {epoch}/{run.values['epochs']}, loss {row['train_loss']:.3f}{seen}")
        place.keep()

    others = {corpus: shares[corpus]() for corpus in run.others}
    copies = [shares[what]() for what in run.recipe.copies(run.values).sets]
    waves = execution.to_train_on(run, shares[run.corpus](), others)
    return execution.make(run, waves, others=others, copies=copies, work=place.folder, device=device,
                          progress=progress)


def _search(place: Place, run: Run, share, device: str) -> dict:
    """What the search of a run's split found."""
    place.use_threads()

    def progress(done, total):
        place.note(f"search, epoch {done}/{total}")
        place.keep()

    return search.search(run, share(), work=place.folder, device=device, progress=progress)


# ---- what this process does --------------------------------------------------------------------------------------


class _Agenda:
    """Which run is next, and what to do with what comes back.

    A run whose settings are open waits for the search of its split, which the first such run asks for.
    """

    def __init__(self, todo: list[Run], engine: Engine, results: Path, data, cache, device: str):
        self.waiting, self.engine, self.results, self.data = deque(todo), engine, results, data
        self.cache, self.device = cache, device
        self.searching: set[Path] = set()
        self.shares: dict = {}

    def take(self) -> Task | None:
        """The first run that can be made, or the search that it needs."""
        for place, run in enumerate(self.waiting):
            file = search.path(self.results, run)
            if run.open and file in self.searching:
                continue
            del self.waiting[place]
            decided = search.decided(self.results, run)
            if decided is not None:
                shares = {corpus: self._share(decided, corpus) for corpus in (run.corpus, *run.others)}
                shares |= {what: self._share(decided, run.corpus, what)
                           for what in run.recipe.copies(decided.values).sets}
                return Task(run, _train, (decided, shares, self.device), execution.work_folder(self.cache, decided),
                            run.label)
            self.searching.add(file)
            share = self._share(_any_settings(run), run.corpus)
            return Task((run, file), _search, (run, share, self.device), search.work_folder(self.cache, run),
                        run.label)
        return None

    def settle(self, task: Task, value) -> list[Run]:
        """Write what came back; the runs that are done with: where a search failed, all that wait for it."""
        if isinstance(task.key, Run):
            if value is not None:
                execution.store(value, task.arguments[0].path(self.results), task.folder)
            return [task.key]
        run, file = task.key
        self.searching.discard(file)
        self.waiting.appendleft(run)
        if value is not None:
            search.store(self.results, run, value, task.folder)
            return []
        failed = [one for one in self.waiting if one.open and search.path(self.results, one) == file]
        self.waiting = deque(one for one in self.waiting if one not in failed)
        return failed

    def _share(self, run: Run, corpus: str, what: str | None = None):
        """What gives a worker the arrays: what the run takes, or others of the corpus."""
        key = (corpus, what or run.inputs)
        if key not in self.shares:
            self.shares[key] = self.engine.share(functools.partial(
                execution.plain_inputs, run, corpus, what=what, data=self.data, cache=self.cache))
        return self.shares[key]


def _any_settings(run: Run) -> Run:
    return run.with_values(**{name: run.recipe.fallback[name] for name in run.open})


def needs(runs: list[Run]) -> dict[tuple[str, int | str], list[Run]]:
    """(Corpus, what of it: see `arrays`) -> the runs that take it."""
    kinds: dict[tuple, list[Run]] = {}
    for run in runs:
        values = _any_settings(run)
        for corpus in (run.corpus, *run.others):
            kinds.setdefault((corpus, values.inputs), []).append(run)
        for what in run.recipe.copies(values.values).sets:
            kinds.setdefault((run.corpus, what), []).append(run)
    return kinds


def require(todo: list[Run], *, data=None, cache=None) -> dict[str, list[Run]]:
    """Make the arrays that the runs need, where they are not there yet.

    Returns
    -------
    dict
        What can't be made for want of a package -> runs that need it.

    Raises
    ------
    SerReproError
        If a corpus can't be used or is demo speech: once, instead of for each of its runs.
    """
    if todo and (data is not None or os.environ.get(datasets.finding.DATA_VARIABLE)):
        datasets.data_folder(data)
    lacking: dict[str, list[Run]] = {}
    for (corpus, what), runs in needs(todo).items():
        try:
            waves = execution.inputs(runs[0], corpus, what=what, data=data, cache=cache)
            execution.refuse_demo(waves, runs[0].synthetic)
        except sets.MissingExtra as error:
            lacking[str(error)] = list(dict.fromkeys([*lacking.get(str(error), ()), *runs]))
    return lacking


def run_study(wanted: list[Run] | None = None, *, results: str | Path = "results", data=None, cache=None,
              device: str = "auto", setup: Setup | None = None, report: Callable[[str], None] = print,
              watch: Callable[[str], None] | None = None) -> int:
    """Make every wanted run that has no record. Can be killed and started again at any time.

    Parameters
    ----------
    setup : Setup, optional
        The engine, and how many runs at a time; by default joblib, one a core.
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
        is asked for, or no engine, or a corpus can't be used: all before the first run.
    """
    results, setup = Path(results), setup or Setup()
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
        device = setup.device(device)
        started = setup.start("cpu" if all(run.recipe.is_estimator for run in todo) else device)
        for why, runs in require(todo, data=data, cache=cache).items():
            report(f"{len(runs)} runs left out: {why}")
            todo = [run for run in todo if run not in runs]
        if not todo:
            report("0 runs to make")
            return 0
        with started as engine, watched(engine, watch):
            report(f"{len(todo)} runs to make, {engine.told}")
            return _make(todo, _Agenda(todo, engine, results, data, cache, device), report)


def _make(todo: list[Run], agenda: _Agenda, report: Callable[[str], None]) -> int:
    """Make the runs; how many failed."""
    total, done_cost, began, count, failed = sum(run.cost for run in todo), 0.0, time.monotonic(), 0, 0
    for task, value, error in agenda.engine.each(agenda.take):
        for run in agenda.settle(task, value):
            count += 1
            failed += error is not None
            done_cost += run.cost
            spent = time.monotonic() - began
            left = spent / done_cost * (total - done_cost)
            report(f"[{count}/{len(todo)}] {run.label}: {error or 'done'} ({spent / 60:.0f} min spent, about "
                   f"{left / 60:.0f} min left)")
    return failed
