"""The ledger: what a document claims, where, and what our records say to it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser_repro.results import scores


@dataclass(frozen=True)
class Claim:
    """One number of one document.

    Attributes
    ----------
    n : int or None
        Size of the network, of a document that has several.
    score : str
        One of `scores.SCORES`, `scores.VALIDATION`, or `scores.RECALL` and an emotion.
    value : float
        As a fraction.
    place : str
        Where it stands.
    """

    corpus: str
    n: int | None
    score: str
    value: float
    place: str


@dataclass(frozen=True)
class PublishedMatrix:
    """Counts read off a published figure, rows true, columns predicted, in the order of `classes`."""

    corpus: str
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    place: str

    def score(self, name: str) -> float:
        return float(scores.from_confusion(np.array(self.counts, float), name))


def verdict(claim: Claim, score: scores.Score | None) -> str:
    """One phrase: whether our interval reaches the claim, or, without one, whether all that was measured does.

    What was measured are then the starts and the speakers (or folds), one by one.
    """
    if score is None:
        return "not yet run"
    points = 100 * (score.value - claim.value)
    low, high = (score.low, score.high) if score.has_interval else score.measured
    beside = "" if score.has_interval else " (no interval)"
    if high < claim.value:
        return f"not reached: {-points:.1f} points below{beside}"
    if low > claim.value:
        return f"exceeded by {points:.1f} points{beside}"
    return "reached within the interval" if score.has_interval else "within what was measured (no interval)"


def ledger(claims: tuple[Claim, ...], measured: dict) -> pd.DataFrame:
    """A row a claim: ours under protocol `published` and `speaker`, and the verdict.

    Parameters
    ----------
    measured : dict
        (claim, protocol) -> scores.Score, for what has been run.
    """
    rows = []
    for claim in claims:
        published, speaker = (measured.get((claim, protocol)) for protocol in ("published", "speaker"))
        size = {} if claim.n is None else {"n": claim.n}
        rows.append({"corpus": claim.corpus, "score": claim.score.replace("_", " ")} | size | {
                     "claimed": f"{100 * claim.value:.1f} %", "where": claim.place,
                     "measured": str(published or "not yet run"),
                     "new speakers": str(speaker or "not yet run"),
                     "verdict": verdict(claim, published)})
    return pd.DataFrame(rows)
