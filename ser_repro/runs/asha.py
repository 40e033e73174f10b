"""A document's own search, whole: every trial of its grid, stopped early by ASHA, and the winner's last weights tested.

ASHA (Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020) as Ray Tune has it: at each rung a
trial stops where its validation loss is above the median (for reduction 2) of the losses that have reached that rung
before it; the first to arrive goes on. What stops therefore depends on the order of arrival, and in Tune that is the
order in which workers happen to finish: it can't give the same search twice, nor go on with one that was broken off.
So Tune is not the engine here. Trials are compared at each rung in their order in the list, as if each had a worker of
its own and all were of one speed, whoever trained them and whenever they came back. That makes the search the same
wherever it is made, by however many workers, however often it is broken off; and Tune's own scheduler, told the losses
in this order, stops the same trials at the same rungs (`tests/runs/test_cluster.py`).

Trials train on any engine (`ser_repro.runs.engines`), as many at a time as it has workers. One is compared as soon as
those before it in the list have reached its rung; those behind need not wait for it.

All trials are kept, each with its settings, its curves and where it stopped, in one file a search. The winner is the
trial with the lowest last validation loss, wherever it stopped; its own last weights are tested, as the document does.
"""

import contextlib
import functools
import json
import math
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from ser_repro import SerReproError, datasets
from ser_repro.documents.base import Search
from ser_repro.files import cache_folder, read_json, write_atomic
from ser_repro.runs import execution, records, schema
from ser_repro.runs.engines import Engine, Place, Setup, Task
from ser_repro.runs.engines.base import watched
from ser_repro.runs.run import Run, record_path
from ser_repro.runs.search import LEARNED
from ser_repro.runs.search import path as split_path

SEED = 2022
DIVERGED = "diverged"
path = functools.partial(split_path, folder="asha")
"""Where the search of a run's split stands, or would: of (results, run)."""
_QUANTITIES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")


def rungs(search: Search) -> list[int]:
    """Epochs after which trials are compared, the last one being the end."""
    found, rung = [], search.grace
    while rung < search.max_epochs:
        found.append(rung)
        rung *= search.reduction
    return [*found, search.max_epochs]


def draw(search: Search) -> list[dict]:
    """The settings of all trials: for each sample every combination of the grid, the rest drawn, to four digits."""
    rng, trials = np.random.default_rng(SEED), []
    for _ in range(search.samples):
        for values in product(*search.grid.values()):
            drawn = {name: float(f"{10 ** rng.uniform(np.log10(of.low), np.log10(of.high)):.3e}")
                     for name, of in search.drawn.items()}
            trials.append(dict(zip(search.grid, values, strict=True)) | drawn)
    return trials


def read(results: str | Path, run: Run) -> dict | None:
    """The search as far as it has gone, or None: trials (settings, history, stopped, seconds), winner and more.

    `stopped` is the number of epochs after which a trial ended, "diverged", or None of one that may go on; `winner` is
    there when all have ended, with the name of its record.
    """
    file = path(results, run)
    if not file.exists():
        return None
    found = read_json(file, "search", "remove it and start the search again",
                      check=schema.check_asha)
    if [trial["settings"] for trial in found["trials"]] != draw(_search(run)):
        raise SerReproError(f"search {file} is of other settings than {run.document} searches on {run.corpus}: remove "
                            "it and start the search again.")
    return found


def guessing(corpus: str) -> float:
    """The loss of stating how often each emotion of a published corpus occurs."""
    share = datasets.published(corpus)["emotion"].value_counts(normalize=True)
    return float(-(share * np.log(share)).sum())


def learned(trial: dict, guess: float) -> bool:
    """Whether at some epoch both losses, of training and of validation clips, were below that of stating class
    frequencies, by the margin that the study asks of every search."""
    return bool(np.any(below(trial, "train", guess) & below(trial, "validation", guess)))


def below(trial: dict, part: str, guess: float) -> np.ndarray:
    """At which epochs the loss of one part was."""
    return np.array(trial["history"].get(f"{part}_loss", ())) < LEARNED * guess


def won(results: str | Path, made: dict | None) -> dict | None:
    """The record of a search's chosen trial, tested with its own last weights; None of a search that is not over."""
    if not made or "winner" not in made:
        return None
    return records.kept(record_path(results, made["document"], made["record"]))


def _search(run: Run) -> Search:
    if run.recipe.own_search is None:
        raise SerReproError(f"{run.recipe.title} made no search of its own: choose a document that did.")
    return run.recipe.own_search(run.corpus)


def search(run: Run, *, results: str | Path, data=None, cache=None, device: str = "auto", setup: Setup | None = None,
           report=lambda line: None, watch=None) -> dict:
    """Make the document's own search on the split of a run. Can be stopped and started again at any time.

    Parameters
    ----------
    run : Run
        Its searched settings open.
    setup : Setup, optional
        The engine, and how many trials at a time; by default joblib, one a core.
    report : callable(line), optional
        Gets a line a trial and rung.
    watch : callable(line), optional
        Gets twice a second what the trials are at.

    Returns
    -------
    dict
        As `read`.

    Raises
    ------
    SerReproError
        If another process makes it, what is stored of it is damaged or of other settings or clips, or a trial fails.
    """
    of, setup = _search(run), setup or Setup()
    device = setup.device(device)
    started = setup.start(device)
    load = functools.partial(execution.plain_inputs, _trial(run, draw(of)[0], 1), data=data, cache=cache)
    waves = load()
    execution.refuse_demo(waves, run.synthetic)
    file = path(results, run)
    work = cache_folder(cache) / "asha" / file.stem
    with contextlib.ExitStack() as held:
        try:  # two processes may share the one folder, or the other
            for lock in (work / "lock", file.parents[1] / f".{file.stem}.lock"):
                lock.parent.mkdir(parents=True, exist_ok=True)
                held.enter_context(FileLock(lock, timeout=0))
        except Timeout:
            raise SerReproError(f"another process makes the search of {run.label}: wait for it.") from None
        found = read(results, run) or _new(run, of, waves)
        if found["corpus_hash"] != waves.corpus_hash:
            raise SerReproError(f"search {file} is of other clips than the {run.corpus} at hand: remove it and start "
                                "the search again, or give --results another folder.")
        if "winner" not in found or not record_path(results, run.document, found["record"]).exists():
            with started as engine, watched(engine, watch):
                _Trials(run, found, engine, engine.share(load), work, results, device, report).make()
    return found


def _trial(run: Run, settings: dict, epochs: int) -> Run:
    return replace(run.with_values(**settings, epochs=epochs), seed=0)


def _new(run: Run, of: Search, waves) -> dict:
    return {name: getattr(run, name) for name in ("document", "reading", "corpus", "protocol", "fold", "n")} | {
        "rungs": rungs(of), "reduction": of.reduction, "seed": SEED, "corpus_hash": waves.corpus_hash,
        "versions": execution.versions(("torch", "numpy", "pandas")),
        "trials": [{"settings": settings, "history": {}, "stopped": None, "seconds": 0.0} for settings in draw(of)]}


def _reached(trial: dict) -> int:
    """Epochs after which it had a loss."""
    return len(trial["history"].get("validation_loss", ())) - (trial["stopped"] == DIVERGED)


def _advance(found: dict) -> list[tuple[int, int]]:
    """Stop the trials that what is known by now stops; those to train: (number in the list, rung), first things first.

    At a rung the comparison goes down the list as far as all have reached it, so what it decides does not depend on who
    came back first.
    """
    trials, todo = found["trials"], []
    here = list(range(len(trials)))  # who comes to a rung, as far as it is known; who is added later stands behind them
    for rung in found["rungs"]:
        losses: list[float] = []
        on, compared = [], True
        for i in here:
            trial = trials[i]
            if _reached(trial) < rung:
                if trial["stopped"] is None:
                    todo.append((i, rung))
                    compared = False
                continue  # who diverged on the way never comes to it
            if not compared:
                continue
            loss = trial["history"]["validation_loss"][rung - 1]
            worse = bool(losses) and loss > np.percentile(losses, 100 / found["reduction"])
            losses.append(loss)
            if not worse and rung != found["rungs"][-1]:
                on.append(i)
            elif trial["stopped"] is None:
                trial["stopped"] = rung
        here = on
    return todo


class _Trials:
    """Trials that are being trained, and the file that is written after each."""

    def __init__(self, run: Run, found: dict, engine: Engine, share, work: Path, results, device: str, report):
        self.run, self.found, self.engine, self.share = run, found, engine, share
        self.work, self.results, self.device, self.report = work, results, device, report
        self.out: set[int] = set()

    def make(self) -> None:
        """Train what is left to train, and test the winner."""
        for task, value, error in self.engine.each(self._next):
            if error is not None:
                raise SerReproError(f"trial {task.key + 1} failed: {error}")
            self.out.discard(task.key)
            self._take(task.key, value)
        trials = self.found["trials"]
        ended = [i for i, trial in enumerate(trials) if trial["stopped"] != DIVERGED]
        if not ended:
            raise SerReproError(f"every trial of the search of {self.run.label} diverged: there is none to test.")
        winner = min(ended, key=lambda i: trials[i]["history"]["validation_loss"][-1])
        tested = _trial(self.run, trials[winner]["settings"], trials[winner]["stopped"])
        tasks = iter([self._task(winner, _tested, tested)])
        for _, record, error in self.engine.each(lambda: next(tasks, None)):
            if error is not None:
                raise SerReproError(f"trial {winner + 1}, which won, is not tested: {error}")
            records.write(record, tested.path(self.results))
        self.found |= {"winner": winner, "record": tested.name}
        _write(path(self.results, self.run), self.found)

    def _next(self) -> Task | None:
        for i, rung in _advance(self.found):
            if i not in self.out:
                self.out.add(i)
                return self._task(i, _train, _trial(self.run, self.found["trials"][i]["settings"], rung))
        return None

    def _task(self, i: int, what, run: Run) -> Task:
        return Task(i, what, (run, self.share, self.device), self.work / f"trial{i}",
                    f"trial {i + 1}, to epoch {run.values['epochs']}")

    def _take(self, i: int, value: dict) -> None:
        """A trial that has come to a rung, or diverged. What is stored of it stays, even where it was trained again
        from its start and went another way: by that others were stopped."""
        trial, end = self.found["trials"][i], [math.nan] * (value["stopped"] == DIVERGED)
        self.found["device"] = value.pop("device")
        value["history"] = {name: (old := trial["history"].get(name, [])) + (new[len(old):] or end)
                            for name, new in value["history"].items()}
        trial |= value
        _advance(self.found)
        _write(path(self.results, self.run), self.found)
        losses, right = (trial["history"][name] for name in ("validation_loss", "validation_accuracy"))
        self.report(f"trial {i + 1} of {len(self.found['trials'])}, epoch {len(losses)}: validation loss {losses[-1]}, "
                    f"accuracy {100 * right[-1]:.1f} %")


# ---- what workers do ---------------------------------------------------------------------------------------------


def _train(place: Place, run: Run, share, device: str) -> dict:
    """A trial trained to the run's epochs, from its checkpoint where that is here: its curves; whether it diverged."""
    from ser_repro.runs.training import Diverged, device_of

    place.use_threads()
    waves = share()
    _, classes, parts = execution.parts_of(run, waves)
    model = execution.untrained(run, len(classes))
    stopped = None

    def progress(epoch, row):
        place.note(f"epoch {epoch}/{run.values['epochs']}, validation loss {row['validation_loss']:.5f}")
        place.keep()

    try:
        model.fit(waves, parts, work=place.folder, device=device, progress=progress)
    except Diverged:
        stopped = DIVERGED
    rows = model.history[:run.values["epochs"]]  # of a search whose file is gone a checkpoint can be of a later rung
    return {"history": {name: [round(row[name], 5) for row in rows] for name in _QUANTITIES},
            "stopped": stopped, "seconds": round(model.seconds, 1), "device": execution.device_name(device_of(device))}


def _tested(place: Place, run: Run, share, device: str) -> dict:
    """The record of a trial that has been trained."""
    place.use_threads()
    return execution.make(run, share(), others={}, work=place.folder, device=device)


# ---- its file ----------------------------------------------------------------------------------------------------


def _write(file: Path, found: dict) -> None:
    """JSON with a line a trial."""
    trials = ",\n  ".join(json.dumps(trial) for trial in found["trials"])
    rest = json.dumps({name: value for name, value in found.items() if name != "trials"})
    write_atomic(file, f'{rest[:-1]}, "trials": [\n  {trials}\n]}}\n', remedy=records.REMEDY)
