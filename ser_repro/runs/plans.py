"""The list of all runs of the study (`plans`), in the order of what they teach. `study.py` makes them."""

from collections.abc import Iterator
from pathlib import Path

from ser_repro import documents, protocols
from ser_repro.documents import CoreRuns, Document
from ser_repro.runs import search
from ser_repro.runs.run import Run

SEEDS = tuple(range(5))
MORE = (1, 2)  # starts of an ablation beside seed 0, on the corpus where every core has three
GRID = ("published", "speaker")  # protocols that the study wants of every document, corpus, fold and seed


def plans() -> list[Run]:
    """Every run of the study: of all documents the core, then the ablations, then the rest of the grid."""
    every = documents.DOCUMENTS.values()
    wanted = [run for of in every for kind in of.core for run in runs_of(of, kind)]
    wanted += [run for of in every for run in ablations(of)]
    wanted += [run for of in every for seed in MORE for run in ablations(of, seed) if run.corpus == "RAVDESS"]
    for of in every:
        # A start makes no difference to an estimator that is fitted at once.
        for seed in (0,) if of.is_estimator else SEEDS:
            for n in of.sizes or (None,):
                for reading in of.readings:
                    for protocol in GRID:
                        wanted += filter(_says_more, runs_of(of, CoreRuns(reading, protocol, n=n, seeds=(seed,))))
    return list(dict.fromkeys(wanted))


def _says_more(run: Run) -> bool:
    """Whether it differs from the run of its document's first reading: some networks have no slip to mend."""
    first = run.recipe.readings[0]
    return run.reading == first or run.values != documents.settings(run.document, first, run.corpus, run.n)


def runs_of(of: Document, kind: CoreRuns) -> Iterator[Run]:
    """Runs of one kind: every corpus and fold of the document where nothing is said."""
    for seed in kind.seeds:
        for corpus in kind.corpora or of.corpora:
            for fold in kind.folds or range(protocols.folds(corpus, kind.protocol)):
                yield Run.of(of.name, corpus, kind.reading, kind.protocol, fold, seed, n=kind.n, tested=kind.tested,
                             **kind.changes)


def ablations(of: Document, seed: int = 0) -> Iterator[Run]:
    """Reading `code` with one training-time difference mended at a time, at the smallest size that has it.

    What acts at test time alone (order, dropped batch) needs no run: a record holds the predictions under each.
    """
    for corpus in of.corpora:
        seen = set()
        for n in sorted(of.sizes) or (None,):
            for name, setting in documents.switches(of.name, corpus, n).items():
                if name not in seen and not setting.at_test:
                    seen.add(name)
                    yield Run.of(of.name, corpus, "code", seed=seed, n=n, **{name: setting.paper})


def select(wanted: list[Run], **only) -> list[Run]:
    """The runs whose attributes are among the given values, e.g. `select(plans(), corpus=["TESS"], n=[3])`."""
    return [run for run in wanted if all(not values or getattr(run, name) in values for name, values in only.items())]


def status(wanted: list[Run], results: str | Path) -> list[tuple[Run, dict | None]]:
    """Each run with its record, or None where it has not been made."""
    return [(run, search.record(results, run)) for run in wanted]


def complete(have: list[tuple[Run, dict | None]], *, whole: bool = True) -> dict[Run, list[list[dict]]]:
    """Records to score together: `Run.kind` -> a list a seed, of a record a fold.

    Parameters
    ----------
    have : list of (run, record or None)
        See `status`.
    whole : bool
        Leave out a seed of which a fold is missing: its score would rest on some speakers only.
    """
    found: dict[Run, dict[int, list]] = {}
    for run, record in have:
        found.setdefault(run.kind, {}).setdefault(run.seed, []).append(record)
    kept = {kind: [[record for record in seeds[seed] if record] for seed in sorted(seeds)
                   if (all if whole else any)(seeds[seed])] for kind, seeds in found.items()}
    return {kind: seeds for kind, seeds in kept.items() if seeds}
