"""The study: a list of runs in the order of what they teach, and the command that makes those without a record."""

import contextlib
import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import joblib
import torch
from filelock import FileLock, Timeout

from ser_repro import SerReproError, datasets, documents, protocols
from ser_repro.files import cache_folder
from ser_repro.runs import run as runs
from ser_repro.runs import search, training

SEEDS = range(5)
MORE = (1, 2)  # starts of an ablation beside seed 0, on the corpus where every core has three
LOCK = ".study.lock"  # in the results folder, while a study is at work there


@dataclass(frozen=True)
class Plan:
    """A run that the study wants; its searched settings may not be known yet."""

    document: str
    corpus: str
    reading: str
    protocol: str = "published"
    fold: int = 0
    seed: int = 0
    n: int | None = None
    changes: tuple[tuple[str, object], ...] = ()

    @property
    def label(self) -> str:
        changed = "".join(f" {name}={value}" for name, value in self.changes)
        size = "" if self.n is None else f" n={self.n}"
        return (f"{self.document} {self.corpus}{size} {self.reading}{changed} {self.protocol} fold {self.fold} "
                f"seed {self.seed}")

    @property
    def base(self) -> dict:
        return {name: getattr(self, name) for name in ("document", "reading", "corpus", "protocol", "fold")}

    @property
    def values(self) -> dict:
        """Settings, the searched ones None."""
        return documents.settings(self.document, self.reading, self.corpus, self.n, **dict(self.changes))

    def run(self, results: str | Path) -> runs.Run | None:
        """The run with every setting decided; None before the search of its split."""
        searched = documents.get(self.document).searched
        found = search.chosen(results, n=self.n, **self.base) if searched else {}
        return None if found is None else runs.Run(**self.base, seed=self.seed, values=self.values | found)

    def record(self, results: str | Path) -> dict | None:
        """The stored record, or None."""
        run = self.run(results)
        return runs.read(run.path(results)) if run and run.path(results).exists() else None


def plans() -> list[Plan]:
    """Every run of the study: of all documents the core, then the ablations, then the rest of the grid."""
    every = documents.DOCUMENTS.values()
    wanted = [plan for of in every for kind in of.core for plan in _kind(of, **kind)]
    wanted += [plan for of in every for plan in ablations(of)]
    wanted += [replace(plan, seed=seed) for of in every for seed in MORE for plan in ablations(of)
               if plan.corpus == "RAVDESS"]
    for of in every:
        for seed in SEEDS:
            for n in of.sizes or (None,):
                for reading in documents.READINGS:
                    for protocol in protocols.PROTOCOLS:
                        wanted += _kind(of, reading, protocol, n=n, seeds=(seed,))
    return list(dict.fromkeys(wanted))


def _kind(of: documents.Document, reading: str, protocol: str, *, corpora=None, seeds=(0,), folds=None, n=None,
          changes=()) -> Iterator[Plan]:
    """Runs of one kind: every corpus and fold of the document where nothing is said."""
    for seed in seeds:
        for corpus in corpora or of.corpora:
            for fold in folds or range(protocols.folds(corpus, protocol)):
                yield Plan(of.name, corpus, reading, protocol, fold, seed, n, tuple(changes))


def ablations(of: documents.Document) -> Iterator[Plan]:
    """Reading `code` with one training-time slip mended at a time, at the smallest size that has it.

    What acts at test time alone (order, dropped batch) needs no run: a record holds the predictions under each.
    """
    for corpus in of.corpora:
        seen = set()
        for n in sorted(of.sizes) or (None,):
            for name, setting in documents.switches(of.name, corpus, n).items():
                if name not in seen and not setting.at_test:
                    seen.add(name)
                    yield Plan(of.name, corpus, "code", n=n, changes=((name, setting.paper),))


def select(wanted: list[Plan], **only) -> list[Plan]:
    """The plans whose attributes are among the given values, e.g. `select(plans(), corpus=["TESS"], n=[3])`."""
    return [p for p in wanted if all(not values or getattr(p, name) in values for name, values in only.items())]


def status(wanted: list[Plan], results: str | Path) -> list[tuple[Plan, dict | None]]:
    """Each plan with its record, or None where it has not been run."""
    return [(plan, plan.record(results)) for plan in wanted]


def complete(have: list[tuple[Plan, dict | None]], *, whole: bool = True) -> dict[tuple, list[list[dict]]]:
    """Records of one document to score together: (corpus, n, reading, changes, protocol) -> a list a seed, of a record
    a fold.

    Parameters
    ----------
    have : list of (plan, record or None)
        See `status`.
    whole : bool
        Leave out a seed of which a fold is missing: its score would rest on some speakers only.
    """
    found: dict[tuple, dict[int, list]] = {}
    for plan, record in have:
        key = (plan.corpus, plan.n, plan.reading, plan.changes, plan.protocol)
        found.setdefault(key, {}).setdefault(plan.seed, []).append(record)
    kept = {key: [[record for record in seeds[seed] if record] for seed in sorted(seeds)
                  if (all if whole else any)(seeds[seed])] for key, seeds in found.items()}
    return {key: seeds for key, seeds in kept.items() if seeds}


# ---- running ---------------------------------------------------------------------------------------------------


def cost(plan: Plan) -> float:
    """Relative time of a run, for the estimate of the time left."""
    return datasets.get(plan.corpus).n_clips * plan.values["epochs"] * documents.get(plan.document).cost(plan.values)


def execute(plan: Plan, *, results, data, cache, device: str, threads: int) -> str:
    """Search if need be, train, store the record. Returns the run's name."""
    torch.set_num_threads(threads)
    quiet()
    note = _Note(cache_folder(cache) / "study", plan)
    try:
        run = plan.run(results)
        if run is None:
            _search(plan, results=results, data=data, cache=cache, device=device, note=note)
            run = plan.run(results)

        def progress(epoch, row):
            seen = f", validation {row['validation_accuracy']:.3f}" if "validation_accuracy" in row else ""
            note(f"epoch {epoch}/{run.values['epochs']}, loss {row['train_loss']:.3f}{seen}")

        runs.obtain(run, results=results, data=data, cache=cache, device=device, progress=progress)
        return run.name
    finally:
        note.close()


def _search(plan: Plan, *, results, data, cache, device, note) -> None:
    """Search the open settings of the plan's reading; an ablation shares what its reading's search found."""
    values = documents.settings(plan.document, plan.reading, plan.corpus, plan.n)
    any_settings = search.draw(plan.corpus, 1)[0]
    waves = runs.inputs(runs.Run(**plan.base, seed=0, values=values | any_settings), data=data, cache=cache)
    search.search(plan.base, values, waves, results=results, cache=cache, device=device,
                  progress=lambda done, total: note(f"search, epoch {done}/{total}"))


class _Note:
    """A file that says what a worker is doing, read by the study's display."""

    def __init__(self, folder: Path, plan: Plan):
        self.file, self.plan = folder / f"{os.getpid()}.json", plan

    def __call__(self, text: str):
        with contextlib.suppress(OSError):  # a full disk: the run itself may still find room
            self.file.parent.mkdir(parents=True, exist_ok=True)
            beside = self.file.with_suffix(".new")
            beside.write_text(json.dumps([self.plan.label, text]))
            beside.replace(self.file)

    def close(self):
        for file in (self.file, self.file.with_suffix(".new")):
            file.unlink(missing_ok=True)


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


def quiet():
    """Lightning's banners and advice would drown the study's own progress."""
    import logging
    import warnings

    warnings.filterwarnings("ignore", module="lightning")
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)


def writable(folder: Path, option: str) -> None:
    """Make a folder, and find out now, not after the first training, that nothing can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"room")
    except OSError as error:
        reason = "a file stands in its way" if isinstance(error, FileExistsError | NotADirectoryError) else (
            error.strerror)
        raise SerReproError(f"nothing can be written to {folder} ({reason}): give another folder with "
                            f"{option}.") from error


def require(todo: list[Plan], *, data=None, cache=None) -> None:
    """Make the arrays that the plans need, where they are not there yet.

    Raises
    ------
    SerReproError
        If a corpus can't be used or is demo speech: once, instead of for each of its runs.
    """
    if todo and (data is not None or os.environ.get(datasets.finding.DATA_VARIABLE)):
        datasets.data_folder(data)
    kinds = {}
    for plan in todo:
        values = documents.get(plan.document).unsearched | {k: v for k, v in plan.values.items() if v is not None}
        run = runs.Run(**plan.base, seed=0, values=values)
        kinds[plan.corpus, documents.get(plan.document).inputs(values)] = run
    for run in kinds.values():
        runs.refuse_demo(runs.inputs(run, data=data, cache=cache), synthetic=False)


def run_study(wanted: list[Plan] | None = None, *, results: str | Path = "results", data=None, cache=None,
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
    training.check_device(device)
    on_gpu = device != "cpu" and torch.cuda.is_available()
    jobs = jobs or (1 if on_gpu else os.cpu_count() or 1)
    threads = max((os.cpu_count() or 1) // jobs, 1)
    writable(cache_folder(cache), "--cache")
    lock = FileLock(results / LOCK)
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        raise SerReproError(f"another study is at work in {results.resolve()}: wait for it, or give another "
                            "--results.") from None
    with held:
        todo = [plan for plan, record in status(plans() if wanted is None else wanted, results) if record is None]
        require(todo, data=data, cache=cache)
        total, done_cost, began, failed = sum(map(cost, todo)), 0.0, time.monotonic(), 0
        for left in (cache_folder(cache) / "study").glob("*.json"):
            left.unlink()  # by workers that were killed
        report(f"{len(todo)} runs to make, {jobs} at a time")

        me = os.getpid()

        def attempt(plan):
            if os.getpid() != me:
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all: this process ends the workers
            try:
                return plan, execute(plan, results=results, data=data, cache=cache, device=device,
                                     threads=threads), None
            except SerReproError as error:
                return plan, None, str(error)
            except OSError as error:
                return plan, None, f"{error}: free some room or give another --cache, and start again."

        work = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch=jobs, batch_size=1)(
            joblib.delayed(attempt)(plan) for plan in todo)
        watcher = _Watcher(cache_folder(cache) / "study", watch) if watch else contextlib.nullcontext()
        with watcher:
            for count, (plan, _name, error) in enumerate(work, 1):
                done_cost += cost(plan)
                spent = time.monotonic() - began
                left = spent / done_cost * (total - done_cost)
                failed += error is not None
                report(f"[{count}/{len(todo)}] {plan.label}: {error or 'done'} ({spent / 60:.0f} min spent, about "
                       f"{left / 60:.0f} min left)")
    return failed
