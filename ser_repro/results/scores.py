"""Scores, from the probabilities that records hold.

Conventions: a table of test clips has columns clip, speaker, emotion and one `p(class)` column a class; a prediction
is the class of the largest probability. Scores are fractions in 0..1: accuracy; UAR, the unweighted mean of the
classes' recalls (balanced accuracy); macro F1. All three are functions of the confusion matrix, as scikit-learn
defines them, so resampling works on stacks of confusion matrices.

A score has a 95 % interval (`uncertainty`), and names what that counts: "speakers" (clips of one speaker are not
independent), "starts" of the training (where several are known, of this network or of others like it), "draws" of a
random split, or "folds" (each fold has a network and speakers of its own). Few speakers who happen to agree would make
it narrower than chance in the clips allows; it then counts "clips" in their place. Of two speakers or folds there is
none, nor of a network that gives one answer to every clip: then a score says what was measured instead.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
import pandas as pd

from ser_repro import SerReproError
from ser_repro.files import one_of
from ser_repro.results import uncertainty
from ser_repro.results.uncertainty import Part, Spread

SCORES = {"accuracy": "accuracy", "uar": "UAR", "macro_f1": "macro F1"}  # and what readers know them as
RECALL = "recall of "  # and an emotion: a score of one class
VALIDATION = "validation_accuracy"  # the best of any epoch, of the clips by which that epoch was chosen
ADAPTED = "adapted"  # condition: another corpus's values shifted and stretched to those that were trained on
FEW = 2  # units, of which no interval is given
_NUMBERS = {1: "one", 2: "two"}
_UNITS = {"speaker": "speakers", "cut": "folds"}  # column of a table -> what it tells apart


@dataclass(frozen=True)
class Score:
    """A score, or a difference of scores, with its 95 % interval, as fractions.

    Attributes
    ----------
    low, high : float
        NaN where there is no interval.
    counts : tuple of str
        What the interval counts, of "speakers", "folds", "clips", "starts" and "draws"; empty where there is none.
    seeds : tuple of float
        The score of each network that was tested on all clips alone (folds of one seed count as one).
    of : str
        What they differ in: "start" or "draw".
    unit : str
        "speaker" or "fold".
    units : tuple of float
        The score of each of them alone, where they are too few for an interval.
    alike : tuple of (int, int, str)
        How many of how many networks, told apart by what, give one answer to every clip.
    p : float
        Of a difference: how likely one as large as this is where there is none. NaN where there is no interval.
    family : int
        For how many differences p has been corrected (`corrected`).
    """

    name: str
    value: float
    low: float
    high: float
    clips: int
    counts: tuple[str, ...]
    seeds: tuple[float, ...]
    of: str = "start"
    unit: str = "speaker"
    units: tuple[float, ...] = ()
    alike: tuple[int, int, str] = (0, 1, "")
    p: float = np.nan
    family: int = 1

    @property
    def has_interval(self) -> bool:
        return bool(self.counts)

    @property
    def measured(self) -> tuple[float, float]:
        """The lowest and highest of what was measured: of starts or draws, and of few units."""
        every = (self.value, *self.seeds, *self.units)
        return min(every), max(every)

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} % {self.beside()}".rstrip()

    def beside(self, number="{:.1f}".format) -> str:
        """What stands beside the value: "[38.2, 50.8; speakers, starts]", or what was measured instead.

        Parameters
        ----------
        number : callable(float) -> str
            How a number of points is written.
        """
        dead, networks, what = self.alike
        if dead == networks:
            return "(one answer to every clip)"
        if not (self.has_interval or self.units):
            return f"(no {self.unit} changes it)"
        alike = f"{dead} of {networks} {what}s answer{'s' * (dead == 1)} every clip alike" if dead else ""
        if self.has_interval:
            told = f"[{number(100 * self.low)}, {number(100 * self.high)}; {', '.join(self.counts)}]"
            return f"{told} ({alike})" if alike else told
        few = f"{_NUMBERS[len(self.units)]} {self.unit}{'s' * (len(self.units) > 1)}, no interval"
        if len(self.seeds) > 1:
            told = [f"{_each(self.seeds, number)} by {self.of}", few]
        elif len(self.units) > 1:
            told = [f"{_each(self.units, number)} by {self.unit}", "no interval"]
        else:
            told = [few]
        return f"({'; '.join([*told, *filter(None, [alike])])})"


def _each(values: tuple[float, ...], number) -> str:
    """A few values in words, or the ends of many."""
    told = [number(100 * value) for value in values]
    if len(told) > 3:
        told = [number(100 * value) for value in (min(values), max(values))]
        return " to ".join(told)
    return ", ".join(told[:-1]) + " and " + told[-1]


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
    clips, speakers, emotions, *numbers = zip(*test["rows"], strict=True)
    there, classes, probabilities = set(emotions), test["classes"], np.array(numbers, dtype=float)
    told = {"clip": clips, "speaker": speakers, "emotion": emotions}
    if corpus:
        shared = [c in there for c in classes]
        classes, probabilities = list(compress(classes, shared)), probabilities[shared]
        of_these = [emotion in classes for emotion in emotions]
        told = {name: tuple(compress(column, of_these)) for name, column in told.items()}
        probabilities = probabilities[:, of_these]
        probabilities /= np.maximum(probabilities.sum(0), 1e-12)
    told["predicted"] = np.array(classes, dtype=object)[probabilities.argmax(0)]
    # As objects: pandas takes many times as long to make texts of its own, and to go through them.
    texts = {name: np.array(column, dtype=object) for name, column in told.items()}
    numbers = {f"p({c})": row for c, row in zip(classes, probabilities, strict=True)}
    return pd.DataFrame(texts | numbers, columns=["clip", "speaker", "emotion", *numbers, "predicted"])


def condition(record: dict, name: str, corpus: str | None = None) -> pd.DataFrame:
    """The table of a record, of its own corpus or of another, with the predictions made under another condition (see
    `Document.feedings`, `ADAPTED`).

    Raises
    ------
    SerReproError
        If the record holds no such condition.
    """
    test = record["tested"][corpus] if corpus else record["test"]
    conditions = test.get("conditions", {})
    if name not in conditions:
        known = ", ".join(conditions) or "none"
        raise SerReproError(f"record {record['run']} has no condition {name!r}: it has {known}.")
    return table(record, corpus).assign(predicted=[test["classes"][i] for i in conditions[name]])


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


def _matrices(frame: pd.DataFrame, unit: str, classes: list[str], groups: list) -> np.ndarray:
    """A confusion matrix a group, shape (group, class, class); `unit` is the column that tells the groups."""
    shape = (len(groups), len(classes), len(classes))
    places = (_places(frame[unit], groups), *(_places(frame[column], classes) for column in ("emotion", "predicted")))
    return np.bincount(np.ravel_multi_index(places, shape), minlength=np.prod(shape)).reshape(shape).astype(float)


def _places(column: pd.Series, known: list) -> np.ndarray:
    """Where among what is known each value of a column stands: a tenth of the time that an index of pandas takes."""
    place = {value: i for i, value in enumerate(known)}
    return np.array([place[value] for value in column.tolist()], dtype=np.intp)


def _classes(frames: list[pd.DataFrame]) -> list[str]:
    return sorted(set().union(*(frame[column].tolist() for frame in frames for column in ("emotion", "predicted"))))


def _measure(name: str, classes: list[str]) -> Callable[[np.ndarray], np.ndarray]:
    """What makes of confusion matrices, shape (..., class, class), the score of that name, shape (...)."""
    if not name.startswith(RECALL):
        return functools.partial(from_confusion, name=name)
    own = classes.index(one_of(name.removeprefix(RECALL), classes, "emotion"))
    return lambda matrices: matrices[..., own, own] / np.maximum(matrices[..., own, :].sum(-1), 1)


def _is_folded(frames: list[pd.DataFrame]) -> bool:
    """Whether parts of the clips were tested by networks of their own."""
    return "fold" in frames[0] and frames[0]["fold"].nunique() > 1


def _groups_of_folds(frame: pd.DataFrame) -> dict:
    """Fold -> the first of those that test speakers in common with it: as one voice is heard in all of these, they are
    one group of speakers, not several (of new speakers and sentences, the two halves of the sentences)."""
    group: dict = {}
    of_speaker: dict = {}
    for fold, speakers in frame.groupby("fold")["speaker"]:
        met = {of_speaker[speaker] for speaker in set(speakers) & of_speaker.keys()}
        group[fold] = min(met, default=fold)
        of_speaker |= dict.fromkeys(speakers, group[fold])
        if len(met) > 1:  # it joins what stood apart
            for known in (group, of_speaker):
                known |= {key: group[fold] for key, one in known.items() if one in met}
    return group


def _unit(frames: list[pd.DataFrame]) -> str:
    """What is drawn anew for an interval: groups of speakers, where folds keep them apart; else speakers, who are then
    tested by one network, or by all folds together, as of new sentences."""
    return "cut" if _is_folded(frames) and len(set(_groups_of_folds(frames[0]).values())) > 1 else "speaker"


def _alike(frames: list[pd.DataFrame], of: str) -> tuple[int, int, str]:
    """How many of how many networks give one answer to clips of several emotions, and what tells them apart."""
    folded = _is_folded(frames)
    networks = [part for frame in frames for _, part in frame.groupby("fold")] if folded else frames
    dead = sum(part["predicted"].nunique() == 1 < part["emotion"].nunique() for part in networks)
    return dead, len(networks), ("network" if len(frames) > 1 else "fold") if folded else of


class _Tested:
    """Tables of one side, as pseudo-values (start, unit), with the score of each start."""

    def __init__(self, frames: list[pd.DataFrame], name: str, classes: list[str], unit: str, groups: list):
        measure = _measure(name, classes)
        self.matrices = np.stack([_matrices(frame, unit, classes, groups) for frame in frames])
        self.own = measure(self.matrices.sum(1))
        self.values = uncertainty.pseudo_values(self.matrices, measure) if len(groups) > 1 else None
        self.units = measure(self.matrices).mean(0) if len(groups) <= FEW else ()
        self.folded = _is_folded(frames)

    def spread(self) -> Spread | None:
        """Between its own starts, where it has several."""
        return uncertainty.between(self.values) if len(self.own) > 1 and self.values is not None else None


def between_starts(frames: list[pd.DataFrame], name: str = "accuracy", *, collapsed: bool = False) -> Spread | None:
    """How far networks that differ in their start (or their draw of the split) alone lie apart, free of what chance in
    the clips would make of it; None where that can't be told: one network, or one speaker, or folds, or one answer to
    every clip.

    Parameters
    ----------
    frames : list of DataFrame
        A table of test clips a network.
    collapsed : bool
        Count networks that give one answer to every clip, too, as long as not all do.
    """
    alike = _alike(frames, "")[0]
    if len(frames) < 2 or _is_folded(frames) or alike > (len(frames) - 1 if collapsed else 0):
        return None
    return _Tested(frames, name, _classes(frames), "speaker", _groups(frames, "speaker")).spread()


def _groups(frames: list[pd.DataFrame], unit: str) -> list:
    return sorted(set().union(*(frame[unit].tolist() for frame in frames)))


def score(frames: list[pd.DataFrame], name: str = "accuracy", *, starts: Spread | None = None,
          draws: Spread | None = None, of: str = "start", by_lot: bool = True) -> Score:
    """A score over one table of test clips a seed (folds of a seed concatenated), with its 95 % interval.

    Parameters
    ----------
    frames : list of DataFrame
        With columns clip, speaker, emotion, predicted, and fold where folds have networks of their own.
    name : "accuracy", "uar", "macro_f1", or "recall of" an emotion
    starts, draws : uncertainty.Spread, optional
        What is known of networks like these (`between_starts`): how far starts lie apart, by default that of the
        tables themselves; and how far draws of the split, which differ in start too.
    of : "start" or "draw"
        What the tables differ in.
    by_lot : bool
        Whether a start makes a difference: not to an estimator that is fitted at once.

    Raises
    ------
    SerReproError
        For an unknown score, or tables without a row (of any emotion that is asked for).
    """
    if not frames or not all(len(frame) for frame in frames):
        raise SerReproError("no test clips to score: give at least one record with test clips.")
    unit = _unit(frames)
    told = frames if unit == "speaker" else [
        frame.assign(cut=frame["fold"].map(_groups_of_folds(frame))) for frame in frames]
    groups = _groups(told, unit)
    tested = _Tested(told, name, _classes(frames), unit, groups)
    alike = _alike(frames, of)
    parts = []
    if len(groups) > FEW and alike[0] < alike[1]:
        units = uncertainty.over_units(tested.values.mean(0), _UNITS[unit])
        by_clip = _by_clip(frames, name, _classes(frames), _clips(frames))
        parts = [uncertainty.wider(units, uncertainty.over_units(by_clip, "clips"))]
        if unit == "speaker":
            parts += _networks(starts or tested.spread(), draws, len(frames), of, by_lot)
    return _summed(name, float(tested.own.mean()), len(frames[0]), tuple(map(float, tested.own)), tested.units, parts,
                   (0.0, 1.0), of=of, unit=_UNITS[unit][:-1], alike=alike)


def _clips(frames: list[pd.DataFrame]) -> list[str]:
    return sorted(set().union(*(frame["clip"].tolist() for frame in frames)))


def _by_clip(frames: list[pd.DataFrame], name: str, classes: list[str], clips: list[str]) -> np.ndarray:
    """Pseudo-values of these clips, mean over the tables, as if each clip were independent of all others: their spread
    is the least that chance does to a score."""
    lists = [frame["clip"].tolist() for frame in frames]
    places = {clip: place for place, clip in enumerate(clips)}
    if any(len(set(one)) < len(one) for one in lists):
        return _Tested(frames, name, classes, "clip", clips).values.mean(0)
    return np.mean([_of_clips(frame, _measure(name, classes), classes, [places[clip] for clip in one], len(clips))
                    for frame, one in zip(frames, lists, strict=True)], axis=0)


def _of_clips(frame: pd.DataFrame, measure: Callable, classes: list[str], places: list[int], count: int) -> np.ndarray:
    """Pseudo-values of clips, shape (count,), as `uncertainty.pseudo_values` has them. Clips of one emotion that are
    given one answer have the same, so that there are no more to compute than cells of the confusion matrix."""
    emotion, predicted = (_places(frame[column], classes) for column in ("emotion", "predicted"))
    known, cell = np.unique(emotion * len(classes) + predicted, return_inverse=True)
    one = np.eye(len(classes)**2)[known].reshape(-1, len(classes), len(classes))  # a clip in each of these cells
    whole = np.tensordot(np.bincount(cell), one, 1)
    own = measure(whole)
    values = np.full(count, own)  # a clip that was not tested changes nothing
    values[places] = (count * own - (count - 1) * measure(whole - one))[cell]
    return values


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
    value, clips, z = float(np.mean(each)), sum(counts[0]), uncertainty.NORMAL
    middle, half = value + z**2 / (2 * clips), z * np.sqrt(value * (1 - value) / clips + z**2 / (4 * clips**2))
    low, high = ((middle + side * half) / (1 + z**2 / clips) for side in (-1, 1))
    return Score(VALIDATION, value, float(low), float(high), clips, ("clips",), tuple(each))


def _networks(starts: Spread | None, draws: Spread | None, networks: int, of: str, by_lot: bool) -> list[Part]:
    """What starts and draws add to the variance of a mean over networks."""
    if of == "draw":  # each with a start of its own
        source = "starts, draws" if by_lot else "draws"
        return [uncertainty.over_networks(starts, source, networks)] if starts else []
    starts = starts if by_lot else None
    parts = [uncertainty.over_networks(starts, "starts", networks)] if starts else []
    if draws:
        source = "draws" if starts or not by_lot else "starts, draws"
        known = max(starts.variance, 0.0) if starts else 0.0
        parts.append(uncertainty.over_networks(draws, source, known=known))
    return parts


def _summed(name: str, value: float, clips: int, seeds: tuple, units, parts: list[Part], ends: tuple[float, float],
            **more) -> Score:
    """The score with the interval that its parts give, none where there are no parts."""
    parts = parts if any(part.variance > 0 for part in parts) else []  # as where every speaker is named right
    half = float(uncertainty.margin(parts)) if parts else np.nan
    low, high = (float(end) for end in np.clip((value - half, value + half), *ends))
    p = uncertainty.p_value(value, parts) if parts and ends[0] < 0 else np.nan
    counts = tuple(dict.fromkeys(source for part in parts for source in part.source.split(", ")))
    return Score(name, value, low, high, clips, counts, seeds, units=tuple(map(float, units)), p=p, **more)


def difference(a: list[pd.DataFrame], b: list[pd.DataFrame], name: str = "accuracy", *,
               starts: tuple[Spread | None, Spread | None] = (None, None), by_lot: tuple[bool, bool] = (True, True),
               same_networks: bool = False) -> Score:
    """b minus a, each a mean over its seeds, paired by speakers, folds or clips, whichever leave it less certain: both
    are tested on the same clips.

    Parameters
    ----------
    a, b : list of DataFrame
        A table a seed, of the same test clips. The two sides may differ in seeds and in their number.
    starts, by_lot : pair
        As in `score`, of a and of b.
    same_networks : bool
        Whether both sides are the same networks, seed by seed, whose test clips were fed in two ways. Only how the
        change differs between starts then counts, not how scores do.

    Raises
    ------
    SerReproError
        If the sides have other test clips, or were cut into other folds.
    """
    clips = set(a[0]["clip"])
    if any(set(frame["clip"]) != clips for frame in (*a, *b)):
        raise SerReproError("a paired difference needs the same test clips on both sides: compare runs of one split.")
    folded = [side for side in (a, b) if _unit(side) == "cut"]
    unit = "cut" if folded else "speaker"
    if folded:
        a, b = (_cut(side, folded[0][0]) for side in (a, b))
    groups, classes = _groups([*a, *b], unit), _classes([*a, *b])
    sides = [_Tested(side, name, classes, unit, groups) for side in (a, b)]
    paired = len(sides[0].own) == len(sides[1].own)
    seeds = tuple(map(float, sides[1].own - sides[0].own)) if paired else ()
    alike = [_alike(side, "start") for side in (a, b)]
    parts = []
    if len(groups) > FEW and not any(dead == networks for dead, networks, _ in alike):
        before, after = (_by_clip(side, name, classes, sorted(clips)) for side in (a, b))
        by_clip = uncertainty.over_units(after - before, "clips")
        if same_networks:
            units, *rest = _same(sides, unit)
            parts = [uncertainty.wider(units, by_clip), *rest]
        else:
            units = uncertainty.over_units(sides[1].values.mean(0) - sides[0].values.mean(0), _UNITS[unit])
            parts = [uncertainty.wider(units, by_clip)]
            known = [one or side.spread() for one, side in zip(starts, sides, strict=True)]
            started = [(one, len(side.own)) for one, side, random in zip(known, sides, by_lot, strict=True)
                       if random and (unit == "speaker" or not side.folded)]
            source = "starts" if all(one for one, _ in started) else "starts of one"
            networks = [uncertainty.over_networks(one, source, count) for one, count in started if one]
            # What both sides borrow is known once; of what each knows by itself, the degrees of freedom add up.
            parts += [uncertainty.together(networks)] if len(networks) == 2 and known[0] != known[1] else networks
    units = sides[1].units - sides[0].units if len(groups) <= FEW else ()
    worst = max(alike, key=lambda one: one[0] == one[1])
    return _summed(name, float(sides[1].own.mean() - sides[0].own.mean()), len(a[0]), seeds, units, parts, (-1.0, 1.0),
                   unit=_UNITS[unit][:-1], alike=worst if worst[0] == worst[1] else (0, 1, ""))


def _same(sides: list[_Tested], unit: str) -> list[Part]:
    """Parts of a change that was made to the same networks, seed by seed."""
    change = sides[1].values - sides[0].values
    parts = [uncertainty.over_units(change.mean(0), _UNITS[unit])]
    if len(change) > 1 and not sides[0].folded:
        spread = uncertainty.between(change)
        parts.append(uncertainty.over_networks(spread, "starts", len(change)))
    return parts


def _cut(side: list[pd.DataFrame], folded: pd.DataFrame) -> list[pd.DataFrame]:
    """Tables with another column, `cut`: the groups of speakers that the folds of a side stand for, for networks that
    were tested on all of them too."""
    fold, group = folded.set_index("clip")["fold"], _groups_of_folds(folded)
    told = [frame.assign(cut=fold.loc[frame["clip"]].to_numpy()) for frame in side]
    if _is_folded(side) and any((frame["cut"] != frame["fold"]).any() for frame in told):
        raise SerReproError("a paired difference needs the same folds on both sides: compare runs of one protocol.")
    return [frame.assign(cut=frame["cut"].map(group)) for frame in told]


def corrected(differences: list[Score]) -> list[Score]:
    """The same, their p-values corrected for their number (Holm); those without an interval are not counted."""
    tested = [one.p for one in differences if one.has_interval]
    ps = iter(uncertainty.holm(tested))
    return [replace(one, p=next(ps), family=len(tested)) if one.has_interval else one for one in differences]
