"""The settings that a document never gives, chosen on validation data alone.

Such a search is part of `ser-repro study`. A document's own search, whole, is in `asha`; the command `ser-repro search`
makes that one.

A document's `space` says what is searched and what values are drawn from. The search is successive halving, small:
eight settings train for one epoch, the better four (lowest loss on the validation part) for a second, two for four, one
for eight epochs.

Every split has a search of its own, on its own training and validation clips: no test clip has a say. A search whose
best setting does no better than stating how often each class occurs has found nothing: eight more are drawn, and
another eight, before it is taken as it is.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from ser_repro import SerReproError, documents
from ser_repro.files import cache_folder, read_json, write_atomic
from ser_repro.runs import execution, records, schema
from ser_repro.runs.run import Run

TRIALS = 8
RUNGS = (1, 2, 4, 8)  # epochs; after each, the better half goes on
ROUNDS = 3  # of TRIALS draws each, until one has learned something
LEARNED = 0.99  # of the loss of stating how often each class occurs: below this, a setting has learned something
_SEED = 2022
_REMEDY = "remove it and run `ser-repro study` again"


def draw(document: str, corpus: str, trials: int) -> list[dict]:
    """Settings to try: the same for every network and split of a corpus."""
    rng, space = np.random.default_rng(_SEED), documents.get(document).space(corpus)
    return [{name: of.draw(rng) for name, of in space.items()} for _ in range(trials)]


def path(results: str | Path, run: Run, folder: str = "search") -> Path:
    """Where the search of a run's split stands, or would; an ablation shares what its reading's search found.

    Parameters
    ----------
    folder : str
        "asha" for a document's own search.
    """
    size = "" if run.n is None else f"-n{run.n}"
    name = f"{run.corpus.lower()}{size}-{run.reading}-{run.protocol}-fold{run.fold}.json"
    return Path(results) / run.document / folder / name


def outcome(results: str | Path, run: Run) -> dict:
    """What the search of a run's split has found: trials, chosen, lowest_loss of the chosen setting (None where every
    trial diverged), guess_loss, learned, over. Empty where there is none.

    Raises
    ------
    SerReproError
        If the search's file is damaged or is that of another split.
    """
    file = path(results, run)
    if not file.exists():
        return {}

    def check(content):
        best = content["chosen"]
        schema.shaped(content, schema.Search)
        known = run.recipe.fallback
        if set(best) != set(known) or not all(
                isinstance(value, str) if isinstance(known[name], str) else value > 0 for name, value in best.items()):
            raise ValueError

    found = read_json(file, "search", _REMEDY, check=check)
    of = {name: found[name] for name in _of(run)}
    if of != _of(run):
        raise SerReproError(f"search {file} is that of another split ({', '.join(map(str, of.values()))}): {_REMEDY}.")
    learned = _learned(found)
    return found | {"learned": learned, "over": learned or len(found["trials"]) >= ROUNDS * TRIALS}


def decided(results: str | Path, run: Run) -> Run | None:
    """The run with every setting decided; None before the search of its split has been made."""
    if not run.open:
        return run
    found = outcome(results, run)
    return run.with_values(**found["chosen"]) if found.get("over") else None


def _of(run: Run) -> dict:
    return {name: getattr(run, name) for name in ("document", "reading", "corpus", "protocol", "fold", "n")}


def _learned(found: dict) -> bool:
    """Whether the chosen setting's last validation loss is below that of stating how often each class occurs."""
    lowest = found["lowest_loss"]
    return lowest is not None and lowest < LEARNED * found["guess_loss"]


def work_folder(cache, run: Run) -> Path:
    """Where the search of a run's split keeps its checkpoints."""
    return cache_folder(cache) / "searches" / run.document / path("", run).stem


def search(run: Run, waves, *, work: Path, device: str = "auto", progress=None) -> dict:
    """Search the open settings of a run's reading on its split, from the checkpoints in `work` where there are any.

    Parameters
    ----------
    progress : callable(done, total), optional
        In epochs of a round.

    Returns
    -------
    dict
        What `store` writes; its "chosen" are the settings found.
    """
    if run.joined:
        raise SerReproError(f"{run.label}: settings are searched on one corpus; give {', '.join(run.open)}.")
    run = replace(run, seed=0, values=documents.settings(run.document, run.reading, run.corpus, run.n))
    tried: list[dict] = []
    while len(tried) < ROUNDS * TRIALS:
        drawn = draw(run.document, run.corpus, len(tried) + TRIALS)[len(tried):]
        trials = [{"settings": one, "validation_loss": []} for one in drawn]
        guess, where = _halve(trials, run, waves, work / f"round{len(tried) // TRIALS}", device, progress)
        tried += trials
        ends = [t for t in tried if len(t["validation_loss"]) == RUNGS[-1]] or tried  # those that went all the way
        best = min(ends, key=_last)
        found = _of(run) | {
            "chosen": best["settings"], "lowest_loss": best["validation_loss"][-1], "guess_loss": guess, "rungs": RUNGS,
            "trials": tried, "corpus_hash": waves.corpus_hash, "device": where,
            "versions": execution.versions(("torch", "numpy", "pandas"))}
        if _learned(found):
            break
    return found


def store(results: str | Path, run: Run, found: dict, work: Path) -> None:
    """Write a search that was made, and drop its checkpoints."""
    write_atomic(path(results, run), json.dumps(found, indent=1) + "\n", remedy=records.REMEDY)
    shutil.rmtree(work, ignore_errors=True)


def _halve(trials: list[dict], run: Run, waves, work: Path, device: str, progress) -> tuple[float, str]:
    """One round of successive halving; fills in the validation losses.

    Returns the loss of guessing by frequency, and the device's name.
    """
    from ser_repro.runs.training import Diverged

    alive, done = trials, 0
    steps = [rung - before for before, rung in zip((0, *RUNGS), RUNGS, strict=False)]
    total = sum(max(len(trials) >> i, 1) * step for i, step in enumerate(steps))
    for rung, step in zip(RUNGS, steps, strict=True):
        for trial in alive:
            one = replace(run.with_values(**trial["settings"], epochs=rung), synthetic=waves.synthetic)
            _, classes, parts = execution.parts_of(one, waves)
            model = execution.untrained(one, len(classes))
            before = done + step - rung  # epochs, less those of the trial itself
            each = (lambda epoch, _, before=before: progress(before + epoch, total)) if progress else None
            try:
                model.fit(waves, parts, work=work / f"trial{trials.index(trial)}", device=device, progress=each)
                # Of a search that was killed a checkpoint can be of a later rung.
                trial["validation_loss"] = [round(row["validation_loss"], 5) for row in model.history[:rung]]
            except Diverged:
                trial["validation_loss"] = [*trial["validation_loss"], None]
            done += step
            if progress:
                progress(done, total)
        alive = sorted(alive, key=lambda t: _last(t))[:max(len(alive) // 2, 1)]
    share = np.bincount(parts["validation"][1]) / len(parts["validation"][1])
    share = share[share > 0]
    return round(float(-(share * np.log(share)).sum()), 5), execution.device_name(model.device)


def _last(trial: dict) -> float:
    """The last validation loss; infinite where the training diverged."""
    last = trial["validation_loss"][-1]
    return np.inf if last is None else last
