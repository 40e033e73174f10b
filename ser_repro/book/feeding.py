"""What the CNN-n-GRU's way of feeding its test clips is worth: the same trained network, its clips fed otherwise."""

from dataclasses import dataclass, replace

from ser_repro.book.words import interval, percent, points, signed, significant
from ser_repro.documents import cnn_n_gru
from ser_repro.results import scores
from ser_repro.results.scores import Score
from ser_repro.runs.found import REDRAWN, Found, split_name
from ser_repro.runs.run import Run

TITLES = {"state_reset": "state reset", "shuffled": "shuffled", "alone": "each clip alone"}


@dataclass(frozen=True)
class Fed:
    """Networks that are scored together, in reading `code`, and their test clips fed in several ways.

    Attributes
    ----------
    kind : Run
        See `Run.kind`.
    runs : int
    as_tested : scores.Score
        Accuracy as the public code feeds the clips.
    changes : dict
        Condition of `Document.feedings` -> accuracy fed so minus `as_tested`; p-values are corrected for the number of
        all networks and conditions.
    printed : float
        Accuracy as the public code counts it; mean over runs.
    """

    kind: Run
    runs: int
    as_tested: Score
    changes: dict[str, Score]
    printed: float


def measured(found: Found) -> list[Fed]:
    """All networks in reading `code` that have been run as it says, with every fold."""
    told = []
    for kind, seeds in found.done.items():
        if kind.reading == "code" and not kind.changed and kind.protocol != REDRAWN:
            printed = [cnn_n_gru.printed_accuracy(record) for folds in seeds for record in folds]
            told.append(Fed(kind, len(printed), found.score_of(seeds), cnn_n_gru.fed_otherwise(seeds),
                            sum(printed) / len(printed)))
    family = iter(scores.corrected([change for one in told for change in one.changes.values()]))
    return [replace(one, changes={name: next(family) for name in one.changes}) for one in told]


def table(fed: list[Fed]) -> list[dict]:
    """The same for readers, a row a network."""
    return [{"corpus": one.kind.corpus, "n": one.kind.n, "split": split_name(one.kind.protocol),
             "as the code tests": str(one.as_tested)}
            | {title: f"{signed(100 * one.changes[name].value)} {interval(one.changes[name])}"
               for name, title in TITLES.items()}
            | {"as the code counts": percent(one.printed, 1)} for one in fed]


def gains(fed: list[Fed]) -> str:
    """Where the order of the public code, sorted by class, has raised the score: where shuffling lowers it."""
    def named(rows):
        return "; ".join(f"{one.kind.corpus}, n = {one.kind.n}, {split_name(one.kind.protocol)} "
                         f"({points(one.changes['shuffled'])}, {one.runs} run{'s' * (one.runs > 1)})" for one in rows)

    judged = [one for one in fed if one.changes["shuffled"].has_interval]
    lower = [one for one in judged if significant(one.changes["shuffled"]) and one.changes["shuffled"].value < 0]
    told = []
    if lower:
        told.append(f"Shuffling lowers the score for {named(lower)}: there the sorted order seems to help, through the "
                    "carried state or through padding.")
    if others := len(judged) - len(lower):
        told.append(f"In {others} {'other ' * bool(lower)}row{'s' * (others > 1)} with an interval no loss by "
                    "shuffling is significant.")
    # Without an interval chance can't be ruled out; but all units on one side are a hint, and no proof of no gain.
    hints = [one for one in fed if one not in judged and max(one.changes["shuffled"].units, default=0) < 0]
    if hints:
        told.append(f"Without an interval, but lower for every speaker: {named(hints)}.")
    return " ".join(told)
