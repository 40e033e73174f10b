"""What the searches of a document's open settings have found, and what networks score that no setting taught."""

from dataclasses import dataclass, replace

import pandas as pd

from ser_repro.book.words import percent
from ser_repro.results import scores
from ser_repro.results.scores import Score
from ser_repro.runs import search
from ser_repro.runs.found import Found, frames, split_name
from ser_repro.runs.run import Run

MARGIN = percent(1 - search.LEARNED)
"""How far at least below chance level the validation loss of a setting must be that has learned something."""


def outcomes(found: Found) -> dict[Run, dict]:
    """The search of every split that has one: the split's run of seed 0 -> `search.outcome`."""
    splits = dict.fromkeys(replace(run.unchanged, seed=0) for run, _ in found.status if run.open)
    tried = {run: search.outcome(found.folder, run) for run in splits}
    return {run: one for run, one in tried.items() if one}


def ended(tried: dict) -> str:
    """Of a search that found no setting that has learned anything, how it ended: "our search of 24 settings, ..."."""
    return (f"our search of {len(tried['trials'])} settings, at most {tried['rungs'][-1]} epochs each, ended with none "
            f"that beats chance-level loss by {MARGIN}")


def table(searched: dict[Run, dict]) -> list[dict]:
    """A row a search: how many settings were tried, the chosen one, its validation loss, and that of guessing."""
    return [{"corpus": run.corpus, "n": run.n, "reading": run.reading,
             "split": f"{split_name(run.protocol)}, fold {run.fold}", "tried": len(one["trials"]),
             "learning rate": f"{one['chosen']['learning_rate']:.2g}", "batch": one["chosen"]["batch_size"],
             "loss": "—" if one["lowest_loss"] is None else f"{one['lowest_loss']:.3f}",
             "chance level": f"{one['guess_loss']:.3f}"}
            for run, one in searched.items()]


@dataclass(frozen=True)
class Untaught:
    """Folds in which no searched setting has learned anything, of runs that are scored together.

    Attributes
    ----------
    folds : tuple of int
    score : scores.Score
        Accuracy in them, of the best setting trained to the end all the same.
    rest : scores.Score or None
        Accuracy in the other folds; None where there are none.
    favourite, share : str, float
        The emotion that those networks name most often, and how often.
    """

    folds: tuple[int, ...]
    score: Score
    rest: Score | None
    favourite: str
    share: float


def untaught(found: Found, searched: dict[Run, dict]) -> dict[Run, Untaught]:
    """`Run.kind` -> what it has in folds whose search found nothing, of kinds that have such folds."""
    told = {}
    for kind, seeds in found.done.items():
        tried = [searched.get(replace(kind, fold=fold)) for fold in range(len(seeds[0]))]
        dead = tuple(fold for fold, one in enumerate(tried) if one and not one["learned"])
        if kind.changed or not dead:
            continue
        without, rest = ([[record for fold, record in enumerate(folds) if (fold in dead) == wanted] for folds in seeds]
                         for wanted in (True, False))
        named = pd.concat(frames(without))["predicted"].value_counts(normalize=True)
        told[kind] = Untaught(dead, scores.score(frames(without)), scores.score(frames(rest)) if rest[0] else None,
                              named.index[0], float(named.iloc[0]))
    return told


def lines(failed: dict[Run, Untaught]) -> list[str]:
    """The same for readers, a line a kind."""
    told = []
    for kind, one in failed.items():
        size = f", n = {kind.n}" if kind.n else ""
        where = f"{kind.corpus}{size}, reading `{kind.reading}`, {split_name(kind.protocol)}"
        told.append(f"{where}: the network names {one.favourite} for {percent(one.share, 1)} of the test clips."
                    if one.rest is None else
                    f"{where}: this concerns fold {', '.join(map(str, one.folds))}, where accuracy is {one.score}; "
                    f"without it accuracy is {one.rest}.")
    return told
