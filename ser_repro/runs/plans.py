"""The list of all runs of the study, in the order of what they teach. `study.py` makes them.

Its *core* is what the book counts itself against: every document, reading, protocol and corpus that a CPU can do, from
one to three starts. The rest, the *extended study*, has five starts of everything and is for a GPU.
"""

import functools
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from ser_repro import documents, protocols
from ser_repro.documents import CoreRuns, Document
from ser_repro.runs import records, search
from ser_repro.runs.run import Run

SEEDS = tuple(range(5))
STARTS = (0, 1, 2)  # of a change whose price the core wants
GRID = ("published", "speaker")  # protocols that the study wants of every document, corpus, fold and seed


def core(document: str = "") -> list[Run]:
    """Every run of the core, or those of one document: what is fitted at once, then what each document names, then its
    changes one at a time."""
    return list(_core(_these(document)))


@functools.cache
def _core(these: tuple[Document, ...]) -> tuple[Run, ...]:
    every = sorted(these, key=lambda of: not of.is_estimator)
    wanted = [run for of in every for kind in of.core for run in runs_of(of, kind)]
    for of in every:
        for seed in (0,) if of.is_estimator else STARTS:
            wanted += [run for run in ablations(of, seed) if run.corpus == of.priced_on
                       and run.n == min(of.sizes, default=None)]
    return tuple(dict.fromkeys(wanted))


def plans(document: str = "") -> list[Run]:
    """Every run of the study, or those of one document: the core, then what else documents name, changes on other
    corpora and from more starts, then the rest of the grid."""
    return list(_plans(_these(document)))


@functools.cache
def _plans(every: tuple[Document, ...]) -> tuple[Run, ...]:
    wanted = list(_core(every))
    wanted += [run for of in every for kind in of.more for run in runs_of(of, kind)]
    wanted += [run for of in every for run in ablations(of)]
    wanted += [run for of in every for seed in STARTS[1:] for run in ablations(of, seed) if run.corpus == "RAVDESS"]
    for of in every:
        # A start makes no difference to an estimator that is fitted at once.
        for seed in (0,) if of.is_estimator else SEEDS:
            for n in of.sizes or (None,):
                for reading in of.readings:
                    for protocol in GRID:
                        wanted += filter(_says_more, runs_of(of, CoreRuns(reading, protocol, n=n, seeds=(seed,))))
    return tuple(dict.fromkeys(wanted))


def _these(document: str) -> tuple[Document, ...]:
    return (documents.get(document),) if document else tuple(documents.DOCUMENTS.values())


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
                             joined=kind.joined, **kind.changes)


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
    """Each run with its record, or None where it has not been made; records as `records.stored`, not to be changed."""
    there = {name: records.names(results, name) for name in {run.document for run in wanted}}
    known = [(run, search.decided(results, run)) for run in wanted]
    return [(run, records.stored(decided.path(results)) if decided and decided.name in there[run.document] else None)
            for run, decided in known]


def seconds(have: list[tuple[Run, dict | None]]) -> dict[Run, float | None]:
    """How long each run without a record would train, by the records of those that are most like it, scaled by
    `Run.cost`: of its document, size, reading, corpus and changes, or of as many of these, from the first on, as have
    a record. None where its document has none: `cost` is too rough to go from one document to another by.

    Searches are not counted, nor are records that a GPU made.
    """
    def like(run):
        return run.document, run.n, run.reading, run.corpus, str(run.changed)

    paces: dict[tuple, list[float]] = {}
    for run, record in have:
        if record and record["device"].endswith(("thread", "threads")):  # see `execution.device_name`
            for count in range(1, 6):
                paces.setdefault(like(run)[:count], []).append(record["train_seconds"] / run.cost)
    return {run: next((run.cost * median(paces[like(run)[:count]]) for count in range(5, 0, -1)
                       if like(run)[:count] in paces), None)
            for run, record in have if record is None}


def told(have: list[tuple[Run, dict | None]]) -> str:
    """Whether the core is complete, and what is missing of it, in a sentence without its end.

    Parameters
    ----------
    have : list of (run, record or None)
        Of every run of the study: those beside the core say how long the missing ones take.
    """
    wanted, took = set(core()), seconds(have)
    missing = [run for run, record in have if record is None and run in wanted]
    if not missing:
        return f"the core of the study is complete: all of its {len(wanted)} runs have a record"
    known = [took[run] / 3600 for run in missing if took[run] is not None]
    others = f", and {len(missing) - len(known)} that no record is like" if len(known) < len(missing) else ""
    return (f"the core of the study is not complete: {len(missing)} of its {len(wanted)} runs are missing, about "
            f"{sum(known):.1f} hours on one core of a CPU, searches not counted{others}")


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
