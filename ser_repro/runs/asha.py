"""A document's own search, whole: every trial of its grid, stopped early by ASHA, and the winner's last weights tested.

ASHA (Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020) as Ray Tune has it: at each rung a
trial stops where its validation loss is above the median (for reduction 2) of the losses that have reached that rung
before it; the first to arrive goes on. What stops therefore depends on the order of arrival. Here every trial has a
worker of its own, all of one speed: at each rung they arrive in their order in the list. That makes the search the same
wherever it is made, however often it is broken off.

All trials are kept, each with its settings, its curves and where it stopped, in one file a search. The winner is the
trial with the lowest last validation loss, wherever it stopped; its own last weights are tested, as the document does.
"""

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from filelock import FileLock

from ser_repro import SerReproError
from ser_repro.documents.base import Search
from ser_repro.files import cache_folder, read_json, write_atomic
from ser_repro.runs import execution, records
from ser_repro.runs.run import Run

SEED = 2022
DIVERGED = "diverged"
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


def path(results: str | Path, run: Run) -> Path:
    """Where the search of a run's split stands, or would."""
    size = "" if run.n is None else f"-n{run.n}"
    name = f"{run.corpus.lower()}{size}-{run.reading}-{run.protocol}-fold{run.fold}.json"
    return Path(results) / run.document / "asha" / name


def read(results: str | Path, run: Run) -> dict | None:
    """The search as far as it has gone, or None: trials (settings, history, stopped, seconds), winner and more.

    `stopped` is the number of epochs after which a trial ended, "diverged", or None of one that may go on; `winner` is
    there when all have ended, with the name of its record.
    """
    file = path(results, run)
    if not file.exists():
        return None
    found = read_json(file, "search", "remove it and start the search again",
                      check=lambda content: [trial["history"] for trial in content["trials"]] and content["rungs"])
    if [trial["settings"] for trial in found["trials"]] != draw(_search(run)):
        raise SerReproError(f"search {file} is of other settings than {run.document} searches on {run.corpus}: remove "
                            "it and start the search again.")
    return found


def _search(run: Run) -> Search:
    if run.recipe.own_search is None:
        raise SerReproError(f"{run.recipe.title} made no search of its own: choose a document that did.")
    return run.recipe.own_search(run.corpus)


def search(run: Run, *, results: str | Path, data=None, cache=None, device: str = "auto", report=lambda line: None,
           ) -> dict:
    """Make the document's own search on the split of a run. Can be stopped and started again at any time.

    Parameters
    ----------
    run : Run
        Its searched settings open.
    report : callable(line), optional
        Gets a line a trial and rung.

    Returns
    -------
    dict
        As `read`.
    """
    of = _search(run)
    waves = execution.inputs(_trial(run, draw(of)[0], 1), data=data, cache=cache)
    execution.refuse_demo(waves, run.synthetic)
    file, work = path(results, run), cache_folder(cache) / "asha" / path("", run).stem
    work.mkdir(parents=True, exist_ok=True)
    with FileLock(work / "lock"):
        found = read(results, run) or _new(run, of, waves)
        alive = list(range(len(found["trials"])))
        for rung in found["rungs"]:
            alive = _rung(run, found, alive, rung, waves, work, file, device, report)
        ended = [i for i, trial in enumerate(found["trials"]) if trial["stopped"] != DIVERGED]
        winner = min(ended, key=lambda i: found["trials"][i]["history"]["validation_loss"][-1])
        best = found["trials"][winner]
        tested = _trial(run, best["settings"], best["stopped"])
        record = execution.execute(tested, waves, work=work / f"trial{winner}", device=device)
        records.write(record, tested.path(results))
        found |= {"winner": winner, "record": tested.name}
        _write(file, found)
    return found


def _trial(run: Run, settings: dict, epochs: int) -> Run:
    return replace(run.with_values(**settings, epochs=epochs), seed=0)


def _new(run: Run, of: Search, waves) -> dict:
    return {name: getattr(run, name) for name in ("document", "reading", "corpus", "protocol", "fold", "n")} | {
        "rungs": rungs(of), "reduction": of.reduction, "seed": SEED, "corpus_hash": waves.corpus_hash,
        "versions": execution.versions(("torch", "numpy", "pandas")),
        "trials": [{"settings": settings, "history": {}, "stopped": None, "seconds": 0.0} for settings in draw(of)]}


def _rung(run: Run, found: dict, alive: list[int], rung: int, waves, work: Path, file: Path, device: str,
          report) -> list[int]:
    """Bring the trials that are alive to a rung, in their order; those that go on from there."""
    losses: list[float] = []
    on = []
    for i in alive:
        trial = found["trials"][i]
        if len(trial["history"].get("validation_loss", ())) < rung and trial["stopped"] is None:
            _train(_trial(run, trial["settings"], rung), trial, waves, work / f"trial{i}", device)
            found["device"] = execution.device_name(_device(device))
            _write(file, found)
            report(f"trial {i + 1} of {len(found['trials'])}, epoch {len(trial['history']['validation_loss'])}: "
                   f"validation loss {trial['history']['validation_loss'][-1]}, accuracy "
                   f"{100 * trial['history']['validation_accuracy'][-1]:.1f} %")
        if trial["stopped"] == DIVERGED:
            continue
        loss = trial["history"]["validation_loss"][rung - 1]
        worse = bool(losses) and loss > np.percentile(losses, 100 / found["reduction"])
        losses.append(loss)
        if worse or rung == found["rungs"][-1]:
            if trial["stopped"] is None:
                trial["stopped"] = rung
                _write(file, found)
        else:
            on.append(i)
    return on


def _device(device: str):
    from ser_repro.runs.training import device_of

    return device_of(device)


def _train(run: Run, trial: dict, waves, work: Path, device: str) -> None:
    """Train a trial to the run's epochs, from its checkpoint where that is here; fill in its curves."""
    from ser_repro.runs.training import Diverged

    _, classes, parts = execution.parts_of(run, waves)
    model = execution.untrained(run, len(classes))
    try:
        model.fit(waves, parts, work=work, device=device)
    except Diverged:
        trial["stopped"] = DIVERGED
    trial["history"] = {name: [round(row[name], 5) for row in model.history] for name in _QUANTITIES}
    trial["seconds"] = round(model.seconds, 1)


def _write(file: Path, found: dict) -> None:
    """JSON with a line a trial."""
    trials = ",\n  ".join(json.dumps(trial) for trial in found["trials"])
    rest = json.dumps({name: value for name, value in found.items() if name != "trials"})
    write_atomic(file, f'{rest[:-1]}, "trials": [\n  {trials}\n]}}\n', remedy=records.REMEDY)
