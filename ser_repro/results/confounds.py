"""How far the emotions of a corpus can be told without listening: by who speaks, what is said, or how it was recorded.

    from ser_repro.results import confounds

    for line in confounds.measure(clips).lines():
        print(line)

Where the speaker alone tells the emotion, a model can name it by the voice, and a score on voices that it knows says
nothing of emotion. The measure needs a table of clips and no audio. Loudness and length belong to how emotions are
spoken, too: what they tell is no fault of a corpus, but what a model should go beyond.
"""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pandas as pd

from ser_repro.protocols import Split
from ser_repro.results import audit

NAMED = ("speaker", "sentence", "session", "scenario", "language")
"""Columns that can tell the emotion by what they name."""

RECORDED = {"duration_s": "length", "level_db": "level", "sample_rate": "sample rate"}
"""Columns that can tell it by how a clip was recorded, and what they are called."""

SEED = 0
_FOLDS = 5
_ERRORS = 3  # standard errors above chance, from which on a factor is said to tell something
_MOST = 0.5  # of the way from chance to certainty, from which on it nearly tells the emotion
_SHOWN = 5  # names in a line


@dataclass(frozen=True)
class Factor:
    """What one thing that is known of a clip, without listening, tells of its emotion.

    Attributes
    ----------
    name : str
        "speaker", "length and level".
    uar : float
        Unweighted average recall of naming the emotion by it alone, cross-validated in five folds of clips.
    chance : float
        The same of guessing.
    margin : float
        Three standard errors of guessing: a `uar` less than this above chance is none. 1 where there are fewer than
        five clips an emotion: too few to tell, and `uar` is 0.
    each : dict of str to float
        Of a factor of several columns, `uar` of each alone.
    """

    name: str
    uar: float
    chance: float
    margin: float
    each: dict[str, float] = field(default_factory=dict)

    @property
    def tells(self) -> bool:
        """Whether it tells more than guessing does."""
        return self.uar > self.chance + self.margin

    @property
    def nearly_all(self) -> bool:
        """Whether it tells more than half of what there is to tell."""
        return self.tells and self.uar - self.chance > _MOST * (1 - self.chance)

    def __str__(self) -> str:
        if self.chance + self.margin >= 1:
            return "too few clips to tell"
        if not self.tells:
            return "no more than chance"
        each = ", ".join(f"{name} {100 * uar:.1f} %" for name, uar in self.each.items())
        return f"{100 * self.uar:.1f} %" + f" ({each})" * bool(each)


@dataclass(frozen=True)
class Confounds:
    """What a corpus, and a split of it, give away.

    Attributes
    ----------
    factors : tuple of Factor
    chance : float
        UAR of guessing.
    speakers, of_one_emotion : int
        Speakers that are named, and how many of them have clips of one emotion only.
    lone : dict of str to str
        Emotion -> the only speaker who has it (of the training clips, where there is a split).
    absent : dict of str to int
        Emotion of test clips that no training clip has -> how many test clips.
    identical : tuple of str
        Test clips whose samples are those of a training or validation clip.
    tested : int
        Number of test clips; 0 without a split.
    """

    factors: tuple[Factor, ...]
    chance: float
    speakers: int
    of_one_emotion: int
    lone: dict[str, str]
    absent: dict[str, int]
    identical: tuple[str, ...]
    tested: int

    def table(self) -> list[str]:
        """How far each factor alone tells the emotion, a line each."""
        return [f"{factor.name} alone: {factor}" for factor in self.factors]

    def cautions(self) -> list[str]:
        """What makes scores mean less than they seem to, a line each; none where nothing does."""
        told = []
        for factor in self.factors:
            if factor.nearly_all:
                why = (f": {self.of_one_emotion} of {self.speakers} speakers have one emotion each"
                       if factor.name == "speaker" and self.of_one_emotion else "")
                told.append(f"the {factor.name} alone nearly tell{'s' * (' and ' not in factor.name)} the emotion (UAR "
                            f"{100 * factor.uar:.1f} %, chance {100 * factor.chance:.1f} %){why}")
        if self.absent:
            told.append(f"no training clip has {_listed(self.absent)}: all {sum(self.absent.values())} of {self.tested}"
                        " test clips that do can only be named wrong")
        if self.lone:
            told.append(f"only one speaker has {_listed(f'{emotion} ({who})' for emotion, who in self.lone.items())}: "
                        "that emotion and that voice can't be told apart")
        if self.identical:
            told.append(f"{len(self.identical)} of {self.tested} test clips have the samples of a clip that is trained "
                        f"or validated on: {_listed(self.identical)}")
        return told

    def lines(self) -> list[str]:
        """All that there is to say."""
        heading = [f"how far the emotion is told without listening (UAR, cross-validated; chance "
                   f"{100 * self.chance:.1f} %):"] if self.factors else []
        return [*heading, *(f"  {line}" for line in self.table()), *self.cautions()]

    def content(self) -> dict:
        """As a value that JSON holds; `from_content` makes it back."""
        return asdict(self)


def from_content(content: dict) -> Confounds:
    """What `Confounds.content` gave."""
    return Confounds(**content | {"factors": tuple(Factor(**factor) for factor in content["factors"]),
                                  "identical": tuple(content["identical"])})


def _listed(names) -> str:
    names = list(names)
    return ", ".join(names[:_SHOWN]) + f" and {len(names) - _SHOWN} more" * (len(names) > _SHOWN)


def measure(clips: pd.DataFrame, split: Split | None = None) -> Confounds:
    """What the table of a corpus's clips gives away of their emotions.

    Parameters
    ----------
    clips : DataFrame
        With clip and emotion, and any of `NAMED`, `RECORDED` and sha256 (of the samples). Columns with one value, or
        none ("") for every clip, tell nothing and are left out.
    split : Split, optional
        What is trained and tested.
    """
    factors = [_factor([name], clips) for name in NAMED if _varies(clips, name)]
    recorded = [name for name in RECORDED if _varies(clips, name)]
    if recorded:
        factors.append(_factor(recorded, clips))
    named = clips[clips["speaker"] != ""] if "speaker" in clips else clips[:0].assign(speaker="")
    emotions = named.groupby("speaker")["emotion"].nunique()
    ids, heard = clips.set_index("clip"), named
    absent, identical = {}, []
    if split is not None:
        heard = named[named["clip"].isin(split.train)]
        tested = ids["emotion"].loc[list(split.test)]
        absent = tested[~tested.isin(ids["emotion"].loc[list(split.train)])].value_counts().sort_index().to_dict()
        if "sha256" in clips and split.test:
            known = replace(split, train=split.train + split.validation, validation=())
            identical = audit.twins(clips, known, ("sha256",))
    by = heard.groupby("emotion")["speaker"]
    lone = by.first()[by.nunique() == 1].to_dict() if heard["speaker"].nunique() > 1 else {}
    kinds = clips["emotion"].nunique()
    return Confounds(tuple(filter(None, factors)), 1 / max(kinds, 1), len(emotions), int((emotions == 1).sum()), lone,
                     absent, tuple(identical), 0 if split is None else len(split.test))


def _varies(clips: pd.DataFrame, name: str) -> bool:
    return name in clips and clips[name].nunique() > 1


def _factor(columns: list[str], clips: pd.DataFrame) -> Factor | None:
    """What columns tell together, and each alone; None where there is nothing to tell."""
    emotion = clips["emotion"].factorize()[0]
    counts = np.bincount(emotion)
    if len(counts) < 2:
        return None
    name = " and ".join(filter(None, (", ".join(RECORDED.get(c, c) for c in columns[:-1]),
                                      RECORDED.get(columns[-1], columns[-1]))))
    chance = 1 / len(counts)
    if len(clips) < _FOLDS * len(counts):
        return Factor(name, 0.0, round(chance, 5), 1.0)
    error = np.sqrt((chance * (1 - chance) / counts).sum()) / len(counts)
    each = {RECORDED[column]: _uar([column], clips, emotion) for column in columns} if len(columns) > 1 else {}
    return Factor(name, _uar(columns, clips, emotion), round(chance, 5), round(_ERRORS * float(error), 5), each)


def _uar(columns: list[str], clips: pd.DataFrame, emotion: np.ndarray) -> float:
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.naive_bayes import CategoricalNB
    from sklearn.tree import DecisionTreeClassifier

    if columns[0] in RECORDED:
        given = clips[columns].to_numpy(float)
        model = DecisionTreeClassifier(min_samples_leaf=max(2, len(clips) // 100), class_weight="balanced",
                                       random_state=SEED)
    else:  # with next to no smoothing: the emotion of which the largest share has this name
        given = clips[columns[0]].factorize()[0][:, None]
        model = CategoricalNB(alpha=1e-3, fit_prior=False, min_categories=int(given.max()) + 1)
    folds = StratifiedKFold(min(_FOLDS, int(np.bincount(emotion).max())), shuffle=True, random_state=SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of emotions with fewer clips than folds
        return round(float(balanced_accuracy_score(emotion, cross_val_predict(model, given, emotion, cv=folds))), 5)
