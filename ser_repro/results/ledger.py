"""The ledger: what a document claims, where, and what our records say to it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser_repro.results import scores as evaluation


@dataclass(frozen=True)
class Claim:
    """One number of one document.

    Attributes
    ----------
    value : float
        As a fraction.
    place : str
        Where it stands.
    n : int or None
        Size of the network, of a document that has several.
    """

    document: str
    corpus: str
    n: int | None
    score: str
    value: float
    place: str


CLAIMS = (
    Claim("cnn_n_gru", "TESS", 18, "accuracy", 0.992, "README, 2022"),
    Claim("cnn_n_gru", "TESS", 18, "macro_f1", 0.99, "README, 2022"),
    Claim("cnn_n_gru", "IEMOCAP", 18, "accuracy", 0.813, "README, 2022"),
    Claim("cnn_n_gru", "IEMOCAP", 18, "macro_f1", 0.809, "README, 2022"),
    Claim("cnn_n_gru", "RAVDESS", 18, "accuracy", 0.866, "README, 2025"),
    Claim("cnn_n_gru", "RAVDESS", 18, "macro_f1", 0.867, "README, 2025"),
    Claim("issa", "RAVDESS", None, "accuracy", 0.7161, "abstract: 8 classes"),
    Claim("issa", "EMO-DB", None, "accuracy", 0.861, "abstract: 535 clips, 7 classes"),
    Claim("issa", "EMO-DB", None, "accuracy", 0.9571, "abstract: 520 clips, 7 classes; which 520 is not known"),
    Claim("issa", "IEMOCAP", None, "accuracy", 0.643, "abstract: 4 classes"),
)


@dataclass(frozen=True)
class PublishedMatrix:
    """Counts read off a published figure, rows true, columns predicted, in the order of `classes`."""

    corpus: str
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    place: str

    def score(self, name: str) -> float:
        return float(evaluation.from_confusion(np.array(self.counts, float), name))


def _tess() -> tuple[tuple[int, ...], ...]:
    classes = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
    counts = np.diag([39, 40, 40, 39, 40, 40, 31])
    for true, predicted in (("anger", "surprise"), ("happiness", "surprise"), ("surprise", "disgust")):
        counts[classes.index(true), classes.index(predicted)] = 1
    return tuple(map(tuple, counts.tolist()))


MATRICES = (
    PublishedMatrix("IEMOCAP", ("anger", "happiness", "neutral", "sadness"),
                    ((85, 0, 0, 25), (57, 98, 0, 9), (0, 21, 150, 0), (0, 0, 0, 108)),
                    "figure of the test set in the README, read by eye"),
    PublishedMatrix("TESS", ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"), _tess(),
                    "figure of the test set in the README, read by eye"),
)


def of(document: str, corpus: str | None = None) -> list[Claim]:
    return [c for c in CLAIMS if c.document == document and corpus in (None, c.corpus)]


def verdict(claim: Claim, score: evaluation.Score | None) -> str:
    """One phrase: whether our interval reaches the claim."""
    if score is None:
        return "not yet run"
    points = 100 * (score.value - claim.value)
    if score.high < claim.value:
        return f"not reached: {-points:.1f} points below"
    if score.low > claim.value:
        return f"exceeded by {points:.1f} points"
    return "reached within the interval"


def ledger(document: str, scores: dict) -> pd.DataFrame:
    """A row a claim: ours under protocol `published` and `speaker`, and the verdict.

    Parameters
    ----------
    scores : dict
        (corpus, n, protocol, score name) -> evaluation.Score, for what has been run.
    """
    rows = []
    for claim in of(document):
        published, speaker = (scores.get((claim.corpus, claim.n, protocol, claim.score))
                              for protocol in ("published", "speaker"))
        size = {} if claim.n is None else {"n": claim.n}
        rows.append({"corpus": claim.corpus, "score": claim.score.replace("_", " ")} | size | {
                     "claimed": f"{100 * claim.value:.1f} %", "where": claim.place,
                     "measured": str(published or "not yet run"),
                     "new speakers": str(speaker or "not yet run"),
                     "verdict": verdict(claim, published)})
    return pd.DataFrame(rows)
