"""Scores, from the probabilities that records hold.

Conventions: a table of test clips has columns clip, speaker, emotion and one `p(class)` column a class; a prediction
is the class of the largest probability. Scores are fractions in 0..1: accuracy; UAR, the unweighted mean of the
classes' recalls (balanced accuracy); macro F1. All three are functions of the confusion matrix, as scikit-learn
defines them, so resampling works on stacks of confusion matrices.

Clips of one speaker are not independent: an interval resamples speakers, all clips of one at once. Where the test clips
are of one or two speakers (TESS, or a single fold of EMO-DB) that would mean nothing, and clips are resampled; such an
interval is too narrow for a new speaker. The
percentiles of so few speakers lie too close together (tests/results/test_scores.py simulates it): they are moved out
as far as Student's t lies beyond the normal distribution (Hesterberg 2015, "expanded percentile", which moves the level
instead: four speakers have too few resamples for that).
"""

import functools
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ser_repro import SerReproError
from ser_repro.files import one_of

SCORES = {"accuracy": "accuracy", "uar": "UAR", "macro_f1": "macro F1"}  # and what readers know them as
RECALL = "recall of "  # and an emotion: a score of one class
VALIDATION = "validation_accuracy"  # the best of any epoch, of the clips by which that epoch was chosen
RESAMPLES = 2000
_FEW_SPEAKERS = 2


@dataclass(frozen=True)
class Score:
    """A score with its 95 % interval, as fractions.

    Attributes
    ----------
    by : str
        What was resampled: "speakers" or "clips"; with more than one seed, seeds as well.
    seeds : tuple of float
        The score of each seed alone.
    """

    name: str
    value: float
    low: float
    high: float
    clips: int
    by: str
    seeds: tuple[float, ...]

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} % [{100 * self.low:.1f}, {100 * self.high:.1f}]"


def table(record: dict, corpus: str | None = None) -> pd.DataFrame:
    """Test clips of a record: clip, speaker, emotion, `p(class)`, and `predicted`, in the order they were fed.

    Parameters
    ----------
    corpus : str, optional
        One of the other corpora that the run is tested on; by default the test part of its own. Another corpus is
        scored on the emotions that both have: its clips with others are left out, and so are the probabilities of
        emotions that it lacks, the rest of each clip made to sum to 1. Calm and boredom are emotions of their own,
        not kinds of neutral.

    Raises
    ------
    SerReproError
        If the run is not tested there.
    """
    tested = record.get("tested", {}) | ({"": record["test"]} if "test" in record else {})
    test = tested[one_of(corpus or "", tested, "tested corpus")]
    frame = pd.DataFrame(test["rows"], columns=test["columns"])
    classes = test["classes"]
    if corpus:
        classes = [c for c in classes if c in set(frame["emotion"])]
        frame = frame[frame["emotion"].isin(classes)].reset_index(drop=True)
        frame = frame[["clip", "speaker", "emotion", *(f"p({c})" for c in classes)]]
    columns = [f"p({c})" for c in classes]
    probabilities = frame[columns].to_numpy()
    if corpus:
        probabilities = probabilities / np.maximum(probabilities.sum(1, keepdims=True), 1e-12)
        frame[columns] = probabilities
    return frame.assign(predicted=[classes[i] for i in probabilities.argmax(1)])


def condition(record: dict, name: str) -> pd.DataFrame:
    """The table of a record with the predictions made under another condition (see `Document.feedings`).

    Raises
    ------
    SerReproError
        If the record holds no such condition.
    """
    conditions = record["test"]["conditions"]
    if name not in conditions:
        known = ", ".join(conditions) or "none"
        raise SerReproError(f"record {record['run']} has no condition {name!r}: it has {known}.")
    return table(record).assign(predicted=[record["test"]["classes"][i] for i in conditions[name]])


def confusion(frame: pd.DataFrame, classes: list[str]) -> np.ndarray:
    """Counts, shape (class, class): rows are true, columns predicted."""
    return pd.crosstab(frame["emotion"], frame["predicted"]).reindex(index=classes, columns=classes,
                                                                     fill_value=0).to_numpy()


def from_confusion(matrices: np.ndarray, name: str) -> np.ndarray:
    """A score of confusion matrices, shape (..., class, class) -> (...).

    UAR is taken over the classes that occur; F1 over those that occur or are predicted, 0 where neither is right.
    """
    right = np.diagonal(matrices, axis1=-2, axis2=-1)
    true, predicted = matrices.sum(-1), matrices.sum(-2)
    if name == "accuracy":
        return right.sum(-1) / true.sum(-1)
    if name == "uar":
        occurs = true > 0
        return np.divide(right, true, out=np.zeros(right.shape), where=occurs).sum(-1) / occurs.sum(-1)
    if name == "macro_f1":
        either = true + predicted > 0
        return np.divide(2 * right, true + predicted, out=np.zeros(right.shape), where=either).sum(-1) / either.sum(-1)
    return one_of(name, SCORES, "score")  # raises: it is none of them


def _matrices(frame: pd.DataFrame, unit: str, classes: list[str], groups: list[str]) -> np.ndarray:
    """A confusion matrix a group, shape (group, class, class); `unit` is the column that tells the groups."""
    shape = (len(groups), len(classes), len(classes))
    places = (pd.Index(groups).get_indexer(frame[unit]), *(pd.Index(classes).get_indexer(frame[column])
                                                          for column in ("emotion", "predicted")))
    return np.bincount(np.ravel_multi_index(places, shape), minlength=np.prod(shape)).reshape(shape).astype(float)


def score(frames: list[pd.DataFrame], name: str = "accuracy", *, resamples: int = RESAMPLES) -> Score:
    """A score over one table of test clips a seed (folds of a seed concatenated), with its 95 % interval.

    Every resample draws speakers (or clips), the same for all seeds, and seeds, with replacement; the interval is the
    2.5th to 97.5th percentile of the resampled means over seeds, expanded for the number of speakers (or clips).

    Parameters
    ----------
    frames : list of DataFrame
        With columns clip, speaker, emotion, predicted.
    name : "accuracy", "uar", "macro_f1", or "recall of" an emotion

    Raises
    ------
    SerReproError
        For an unknown score, or tables without a row (of that emotion).
    """
    if name.startswith(RECALL):
        # The clips of one emotion that are told right, of all of them: accuracy on these.
        own = [frame[frame["emotion"] == name.removeprefix(RECALL)] for frame in frames]
        return replace(score(own, resamples=resamples), name=name)
    if not frames or not all(len(frame) for frame in frames):
        raise SerReproError("no test clips to score: give at least one record with test clips.")
    return _bootstrap([frames], name, resamples)


def validation(seeds: list[list[dict]]) -> Score:
    """Best validation accuracy of any epoch, mean over seeds; of folds together, by their clips.

    The interval is Wilson's for as many clips: records do not hold what was said of each. It knows nothing of the best
    having been picked from many epochs, which raises it.

    Parameters
    ----------
    seeds : list of list of dict
        A list a seed of a record a fold.

    Raises
    ------
    SerReproError
        If a run validated on nothing.
    """
    if any(VALIDATION not in record["history"] for folds in seeds for record in folds):
        raise SerReproError("validation accuracy is asked of a run that validates on nothing: ask for another score.")
    counts = [[record["clips"]["validation"] for record in folds] for folds in seeds]
    each = [float(np.average([max(record["history"][VALIDATION]) for record in folds], weights=count))
            for folds, count in zip(seeds, counts, strict=True)]
    value, clips, z = float(np.mean(each)), sum(counts[0]), 1.96
    middle, half = value + z**2 / (2 * clips), z * np.sqrt(value * (1 - value) / clips + z**2 / (4 * clips**2))
    low, high = ((middle + side * half) / (1 + z**2 / clips) for side in (-1, 1))
    return Score(VALIDATION, value, float(low), float(high), clips, "clips", tuple(each))


@functools.lru_cache(64)
def _draws(groups: int, seeds: int, resamples: int) -> tuple[np.ndarray, np.ndarray]:
    """How often each group is drawn, shape (resample, group), and which seeds, shape (seed, resample); always the
    same, so that a score does not change from one computation to the next."""
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(groups, np.full(groups, 1 / groups), size=resamples)
    return drawn.astype(float), rng.integers(seeds, size=(seeds, resamples))


@functools.lru_cache
def _expansion(groups: int) -> float:
    """How far out the ends of a percentile interval move where so few groups are resampled."""
    from scipy.special import ndtri, stdtrit  # half a second, which prediction does not need

    return stdtrit(groups - 1, 0.975) / ndtri(0.975) * np.sqrt(groups / (groups - 1))


def _bootstrap(sides: list[list[pd.DataFrame]], name: str, resamples: int) -> Score:
    """Score of one side, or of the second minus the first, with clips (or speakers) and seeds resampled together."""
    first = sides[0][0]
    frames = [frame for side in sides for frame in side]
    classes = sorted(set().union(*(set(frame["emotion"]) | set(frame["predicted"]) for frame in frames)))
    unit = "clip" if first["speaker"].nunique() <= _FEW_SPEAKERS else "speaker"
    groups = sorted(first[unit].unique())
    seeds = len(sides[0])
    stacks = np.stack([_matrices(frame, unit, classes, groups) for frame in frames])

    def value(matrices):
        """(side * seed, ..., class, class) -> (seed, ...)"""
        scores = from_confusion(matrices, name)
        return scores if len(sides) == 1 else scores[seeds:] - scores[:seeds]

    drawn, picked = _draws(len(groups), seeds, resamples)
    resampled = (drawn @ stacks.reshape(len(frames), len(groups), -1)).reshape(
        len(frames), resamples, len(classes), len(classes))
    ends = np.percentile(np.take_along_axis(value(resampled), picked, 0).mean(0), [2.5, 97.5])
    own = value(stacks.sum(1))
    n = len(groups)
    wider = _expansion(n) if n > 1 else 1.0
    low, high = np.clip(own.mean() + wider * (ends - own.mean()), 1 - len(sides), 1)
    return Score(name, float(own.mean()), float(low), float(high), len(first), f"{unit}s", tuple(map(float, own)))


def difference(a: list[pd.DataFrame], b: list[pd.DataFrame], name: str = "accuracy",
               resamples: int = RESAMPLES) -> Score:
    """b minus a, paired: the same clips and seeds, resampled together.

    Parameters
    ----------
    a, b : list of DataFrame
        A table a seed, the same seeds in the same order; of the same test clips.
    """
    if any(set(x["clip"]) != set(y["clip"]) for x, y in zip(a, b, strict=True)):
        raise SerReproError("a paired difference needs the same test clips on both sides: compare runs of one split.")
    return _bootstrap([a, b], name, resamples)
