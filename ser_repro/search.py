"""The settings that a document never gives, chosen on validation data alone.

The document searched learning rate (log-uniform, 1e-4 to 1e-1), weight decay (log-uniform, 1e-6 to 1e-2), batch size
(2 to 64) and hidden size (16, 32, 64; 16 on TESS) by ASHA with grace 1 and reduction 2, and never published what it
found. This is the same space and the same halving, small: eight settings train for one epoch, the better four (lowest
loss on the validation part) for a second, two for four, one for eight epochs. Batches below 16 are left out for time.

Every split has a search of its own, on its own training and validation clips: no test clip has a say.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
from filelock import FileLock

from ser_repro import SerReproError, runs, training
from ser_repro.features import waveform

TRIALS = 8
RUNGS = (1, 2, 4, 8)  # epochs; after each, the better half goes on
BATCH_SIZES = (16, 32, 64)
HIDDEN_SIZES = (16, 32, 64)
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
        If the search's file is damaged.
    """
    file = path(results, document, corpus, n, reading, protocol, fold)
    if not file.exists():
        return None
    try:
        return json.loads(file.read_text())["chosen"]
    except (ValueError, KeyError) as error:
        raise SerReproError(f"search {file} is damaged ({type(error).__name__}): remove it and run `ser-repro study` "
                            "again.") from None


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
        In epochs.
    """
    file = path(results, n=values["n"], **base)
    work = waveform.cache_folder(cache) / "searches" / file.stem
    work.mkdir(parents=True, exist_ok=True)
    with FileLock(work / "lock"):
        found = chosen(results, n=values["n"], **base)
        if found:
            return found
        trials = [{"settings": drawn, "validation_loss": []} for drawn in draw(base["corpus"], TRIALS)]
        alive, done = trials, 0
        total = sum(max(TRIALS >> i, 1) * (rung - before) for i, (before, rung) in enumerate(
            zip((0, *RUNGS), RUNGS, strict=False)))
        for i, rung in enumerate(RUNGS):
            for trial in alive:
                run = runs.Run(**base, seed=0, values=values | trial["settings"] | {"epochs": rung})
                run = replace(run, synthetic=waves.synthetic)
                module = runs.trainer_for(run, waves)
                try:
                    training.fit(module, work / f"trial{trials.index(trial)}", epochs=rung, device=device)
                    trial["validation_loss"] = [round(row["validation_loss"], 5) for row in module.history]
                except training.Diverged:
                    trial["validation_loss"].append(float("inf"))
                done += rung - (RUNGS[i - 1] if i else 0)
                if progress:
                    progress(done, total)
            alive = sorted(alive, key=lambda t: t["validation_loss"][-1])[:max(len(alive) // 2, 1)]
        best = alive[0]["settings"]
        told = [t | {"validation_loss": [v if np.isfinite(v) else None for v in t["validation_loss"]]} for t in trials]
        runs.write_atomic(file, json.dumps(base | {
            "n": values["n"], "chosen": best, "rungs": RUNGS, "trials": told, "corpus_hash": waves.corpus_hash,
            "device": runs.device_name(device), "versions": runs.versions()}, indent=1) + "\n")
        shutil.rmtree(work, ignore_errors=True)
        return best
