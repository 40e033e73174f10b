"""The settings that a document never gives, chosen on validation data alone.

The document searched learning rate (log-uniform, 1e-4 to 1e-1), weight decay (log-uniform, 1e-6 to 1e-2), batch size
(2 to 64) and hidden size (16, 32, 64; 16 on TESS) by ASHA with grace 1 and reduction 2, and never published what it
found. This is the same space and the same halving, small: eight settings train for one epoch, the better four (lowest
loss on the validation part) for a second, two for four, one for eight epochs. Batches below 16 are left out for time.

Every split has a search of its own, on its own training and validation clips: no test clip has a say. A search whose
best setting does no better than stating how often each class occurs has found nothing: eight more are drawn, and
another eight, before it is taken as it is.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
from filelock import FileLock

from ser_repro import SerReproError, documents
from ser_repro.files import cache_folder, write_atomic
from ser_repro.runs import run as runs
from ser_repro.runs import training

TRIALS = 8
RUNGS = (1, 2, 4, 8)  # epochs; after each, the better half goes on
BATCH_SIZES = (16, 32, 64)
HIDDEN_SIZES = (16, 32, 64)
ROUNDS = 3  # of TRIALS draws each, until one has learned something
LEARNED = 0.99  # of the loss of stating how often each class occurs: below this, a setting has learned something
_SEED = 2022


def draw(corpus: str, trials: int) -> list[dict]:
    """Settings to try: the same for every network and split of a corpus."""
    rng = np.random.default_rng(_SEED)
    drawn = []
    for _ in range(trials):
        lr, decay = 10 ** rng.uniform(-4, -1), 10 ** rng.uniform(-6, -2)
        batch, hidden = int(rng.choice(BATCH_SIZES)), int(rng.choice(HIDDEN_SIZES))
        drawn.append({"learning_rate": float(f"{lr:.2e}"), "weight_decay": float(f"{decay:.2e}"), "batch_size": batch,
                      "hidden_size": 16 if corpus == "TESS" else hidden})
    return drawn


def path(results: str | Path, document: str, corpus: str, n: int, reading: str, protocol: str, fold: int) -> Path:
    return Path(results) / document / "search" / f"{corpus.lower()}-n{n}-{reading}-{protocol}-fold{fold}.json"


def chosen(results: str | Path, document: str, corpus: str, n: int, reading: str, protocol: str, fold: int,
           ) -> dict | None:
    """The searched settings of a split, or None where no search has been made.

    Raises
    ------
    SerReproError
        If the search's file is damaged or is that of another split.
    """
    file = path(results, document, corpus, n, reading, protocol, fold)
    if not file.exists():
        return None
    wanted = {"document": document, "corpus": corpus, "n": n, "reading": reading, "protocol": protocol, "fold": fold}
    try:
        found = json.loads(file.read_text())
        of, best = {name: found[name] for name in wanted}, found["chosen"]
        over = _learned(found) or len(found["trials"]) >= ROUNDS * TRIALS
        if set(best) != set(documents.get(document).searched) or not all(value > 0 for value in best.values()):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise SerReproError(f"search {file} is damaged ({type(error).__name__}): remove it and run `ser-repro study` "
                            "again.") from None
    if of != wanted:
        raise SerReproError(f"search {file} is that of another split ({', '.join(map(str, of.values()))}): remove it "
                            "and run `ser-repro study` again.")
    return best if over else None


def outcome(results: str | Path, document: str, corpus: str, n: int, reading: str, protocol: str, fold: int) -> dict:
    """What a search, finished or not, has found: trials, lowest_loss of the chosen setting, guess_loss, learned.

    Empty where none has been begun.
    """
    file = path(results, document, corpus, n, reading, protocol, fold)
    if not file.exists():
        return {}
    chosen(results, document, corpus, n, reading, protocol, fold)  # refuses a damaged file
    found = json.loads(file.read_text())
    return found | {"learned": _learned(found)}


def _learned(found: dict) -> bool:
    """Whether the chosen setting's last validation loss is below that of stating how often each class occurs."""
    return found["lowest_loss"] < LEARNED * found["guess_loss"]


def search(base: dict, values: dict, waves, *, results: str | Path, cache=None, device: str = "auto",
           progress=None) -> dict:
    """Search the open settings of a recipe on one split, and store what was tried.

    Parameters
    ----------
    base : dict
        document, reading, corpus, protocol, fold.
    values : dict
        The recipe's settings, open ones None.
    progress : callable(done, total), optional
        In epochs of a round.
    """
    file = path(results, n=values["n"], **base)
    work = cache_folder(cache) / "searches" / file.stem
    work.mkdir(parents=True, exist_ok=True)
    with FileLock(work / "lock"):
        best = chosen(results, n=values["n"], **base)
        if best:
            return best
        begun = json.loads(file.read_text()) if file.exists() else {"trials": []}
        tried, guess = begun["trials"], None
        while len(tried) < ROUNDS * TRIALS:
            drawn = draw(base["corpus"], len(tried) + TRIALS)[len(tried):]
            trials = [{"settings": one, "validation_loss": []} for one in drawn]
            guess = _halve(trials, base, values, waves, work / f"round{len(tried) // TRIALS}", device, progress)
            tried += trials
            ends = [t for t in tried if len(t["validation_loss"]) == RUNGS[-1]] or tried  # those that went all the way
            best = min(ends, key=_last)
            found = base | {
                "n": values["n"], "chosen": best["settings"], "lowest_loss": _last(best),
                "guess_loss": guess, "rungs": RUNGS, "trials": tried, "corpus_hash": waves.corpus_hash,
                "device": runs.device_name(device), "versions": runs.versions()}
            write_atomic(file, json.dumps(found, indent=1) + "\n", remedy=runs.RESULTS_REMEDY)
            if _learned(found):
                break
        shutil.rmtree(work, ignore_errors=True)
        return best["settings"]


def _halve(trials: list[dict], base: dict, values: dict, waves, work: Path, device: str, progress) -> float:
    """One round of successive halving; fills in the validation losses. Returns the loss of guessing by frequency."""
    alive, done = trials, 0
    steps = [rung - before for before, rung in zip((0, *RUNGS), RUNGS, strict=False)]
    total = sum(max(len(trials) >> i, 1) * step for i, step in enumerate(steps))
    for rung, step in zip(RUNGS, steps, strict=True):
        for trial in alive:
            run = runs.Run(**base, seed=0, values=values | trial["settings"] | {"epochs": rung})
            module = runs.trainer_for(replace(run, synthetic=waves.synthetic), waves)
            try:
                training.fit(module, work / f"trial{trials.index(trial)}", epochs=rung, device=device)
                trial["validation_loss"] = [round(row["validation_loss"], 5) for row in module.history]
            except training.Diverged:
                trial["validation_loss"] = [*trial["validation_loss"], None]
            done += step
            if progress:
                progress(done, total)
        alive = sorted(alive, key=lambda t: _last(t))[:max(len(alive) // 2, 1)]
    share = np.bincount(module.parts["validation"][1]) / len(module.parts["validation"][1])
    share = share[share > 0]
    return round(float(-(share * np.log(share)).sum()), 5)


def _last(trial: dict) -> float:
    """The last validation loss; infinite where the training diverged."""
    last = trial["validation_loss"][-1]
    return np.inf if last is None else last
