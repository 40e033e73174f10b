"""Protocols: who trains, who validates, who is tested. A split is a value with a hash."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser_repro import SerReproError

PROTOCOLS = ("published", "speaker")
PUBLISHED_SEED = 42  # the documents' random_state
_VALIDATION_SHARE = 0.1

# Folds of protocol `speaker`, where speakers are tested in groups; elsewhere one speaker a fold.
_GROUPS = {"RAVDESS": 6, "CREMA-D": 6}


@dataclass(frozen=True)
class Split:
    """Clip ids of the three parts; the order within a part is the order in which it is fed unshuffled.

    Raises
    ------
    SerReproError
        If a clip stands in two parts, or nothing is left to train or to test.
    """

    protocol: str
    fold: int
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self):
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        for name, part in parts.items():
            if not part and name != "validation":  # most documents validate on nothing
                raise SerReproError(f"protocol {self.protocol}, fold {self.fold}: nothing is left to {name}; "
                                    "use a corpus with more clips.")
        if len(set().union(*parts.values())) != sum(map(len, parts.values())):
            raise SerReproError(f"protocol {self.protocol}, fold {self.fold}: a clip stands in two parts of the split.")

    @property
    def hash(self) -> str:
        text = "\n".join([self.protocol, str(self.fold), *(" ".join(p) for p in (self.train, self.validation,
                                                                                self.test))])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def refuse_shared_speakers(self, clips: pd.DataFrame) -> "Split":
        """Itself, if no speaker of the test part is heard in training or validation.

        Raises
        ------
        SerReproError
            Naming the speakers on both sides.
        """
        speaker = clips.set_index("clip")["speaker"]
        shared = set(speaker[list(self.test)]) & set(speaker[list(self.train + self.validation)])
        if shared:
            raise SerReproError(f"protocol {self.protocol} keeps speakers apart, but {', '.join(sorted(shared))} "
                                "would be heard in training and in test.")
        return self


def folds(corpus: str, protocol: str, clips: pd.DataFrame | None = None) -> int:
    """How many folds a protocol has on a corpus."""
    if protocol not in PROTOCOLS:
        raise SerReproError(f"no protocol {protocol!r}: choose one of {', '.join(PROTOCOLS)}.")
    if protocol == "published":
        return 1
    if clips is None:
        from ser_repro import datasets
        speakers = len(datasets.get(corpus).speakers)
    else:
        speakers = len(set(clips["speaker"]) - {""})
    return min(speakers, _GROUPS.get(corpus, speakers))


def make(clips: pd.DataFrame, protocol: str, fold: int = 0, *, published=None, validation: bool = True) -> Split:
    """The split of a clips table under a protocol.

    Parameters
    ----------
    clips : DataFrame
        Of one corpus, in the order of clip ids.
    protocol : "published" or "speaker"
    fold : int
    published : callable(clips) -> Split, optional
        The document's own rule, under protocol `published`; by default that of CNN-n-GRU.
    validation : bool
        Under protocol `speaker`: keep some clips out of training to choose settings by.

    Raises
    ------
    SerReproError
        For an unknown protocol or fold, or where a corpus has too few clips or speakers.
    """
    corpus = clips["corpus"].iloc[0]
    count = folds(corpus, protocol, clips)
    if count < 1:
        return by_speaker(clips, fold, validation)  # which says what is lacking
    if not 0 <= fold < count:
        raise SerReproError(f"{corpus} has folds 0 to {count - 1} under protocol {protocol}, not {fold}.")
    return (published or eighty_ten_ten)(clips) if protocol == "published" else by_speaker(clips, fold, validation)


def eighty_ten_ten(clips: pd.DataFrame) -> Split:
    """The split of CNN-n-GRU's public code: 80/10/10 of every class, speakers shared, parts sorted by class.

    All clips are shuffled once (random_state 42) and cut at int(.8 n) and int(.9 n) within each class. The names are
    swapped there: the ninth tenth is tested and the last tenth validates.
    """
    train, validation, test = [], [], []
    shuffled = clips.sample(frac=1, random_state=PUBLISHED_SEED)
    for _, group in shuffled.groupby("emotion", sort=True):
        ids = group["clip"].tolist()
        a, b = int(0.8 * len(ids)), int(0.9 * len(ids))
        train += ids[:a]
        test += ids[a:b]
        validation += ids[b:]
    return Split("published", 0, tuple(train), tuple(validation), tuple(test))


def holdout(seed: int):
    """The split of most public code: a fifth of all clips, drawn at random, tested; nothing validates.

    It is scikit-learn's `train_test_split(test_size=0.2, random_state=seed)`, without regard to class or speaker, over
    clips in the order of their ids: the code takes them as the file system lists them, which differs by machine.

    Returns
    -------
    callable(clips) -> Split
    """
    def rule(clips: pd.DataFrame) -> Split:
        from sklearn.model_selection import train_test_split

        if len(clips) < 2:
            raise SerReproError(f"{len(clips)} clips can't be parted into training and test: give more.")
        train, test = train_test_split(clips["clip"].tolist(), test_size=0.2, random_state=seed)
        return Split("published", 0, tuple(train), (), tuple(test))
    return rule


def by_speaker(clips: pd.DataFrame, fold: int, validation: bool = True) -> Split:
    """Test speakers that nothing else has heard; parts sorted by class.

    RAVDESS and CREMA-D: six folds of speakers (RAVDESS: two of each sex); other corpora: one speaker a fold. Validation
    is two speakers of the next fold, so that about as many clips train as under `published`; where only one speaker is
    left to train on (TESS), a tenth of that speaker's clips of every class. Without validation all others train, in
    an order drawn once: a document that does not shuffle must not meet one class after the other.
    """
    corpus = clips["corpus"].iloc[0]
    speakers = sorted(set(clips["speaker"]) - {""})
    count = min(len(speakers), _GROUPS.get(corpus, len(speakers))) or 1
    groups = [list(group) for group in np.array_split(speakers, count)]
    if len(groups) < 2:
        has = f"has {len(speakers)} speaker(s) here" if speakers else "names no speakers"
        raise SerReproError(f"{corpus} {has}: protocol speaker needs more, protocol published does not.")
    tested = clips["speaker"].isin(groups[fold])
    rest = clips[~tested]
    if not validation:
        drawn = rest.sample(frac=1, random_state=PUBLISHED_SEED)
        split = Split("speaker", fold, tuple(drawn["clip"]), (), tuple(clips[tested]["clip"]))
        return split.refuse_shared_speakers(clips)
    others = [s for group in groups[fold + 1:] + groups[:fold] for s in group]
    if len(others) > 2:
        validating = rest["speaker"].isin(others[:2])
    else:
        drawn = rest.groupby("emotion").sample(frac=_VALIDATION_SHARE, random_state=PUBLISHED_SEED)
        validating = rest["clip"].isin(drawn["clip"])

    def ids(part):
        return tuple(part.sort_values(["emotion", "clip"])["clip"])

    split = Split("speaker", fold, ids(rest[~validating]), ids(rest[validating]), ids(clips[tested]))
    return split.refuse_shared_speakers(clips)
