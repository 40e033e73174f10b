"""Protocols: who trains, who validates, who is tested. A split is a value with a hash.

A protocol is a value that `register` makes known by its name; a new one is one module that does so.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ser_repro import SerReproError, datasets, plugins
from ser_repro.files import digest, one_of

PUBLISHED_SEED = 42  # the documents' random_state
DRAWS = 10  # of protocol `redrawn`, with random states 0 to 9
ORDERS = ("as drawn", "by folder")
"""Of the training clips, where a run does not shuffle them."""
BY_FOLDER = ORDERS[1]
_VALIDATION_SHARE = 0.1

# Folds of protocol `speaker`, where speakers are tested in groups; elsewhere one speaker a fold.
_GROUPS = {"RAVDESS": 6, "CREMA-D": 6}

EMOBOX = {
    "RAVDESS": ("01 11 20 21", "04 10 12 14", "08 09 19 23", "03 05 07 24", "02 15 16 18", "06 13 17 22"),
    "SAVEE": ("JE", "KL", "DC", "JK"),
    "EMOVO": ("f2", "m3", "m2", "f3", "f1", "m1"),
    "IEMOCAP": ("Ses01F Ses01M", "Ses02F Ses02M", "Ses03F Ses03M", "Ses04F Ses04M", "Ses05F Ses05M"),
}
"""Corpus -> speakers whom EmoBox tests, fold by fold, where its folds keep speakers apart
(github.com/emo-box/EmoBox, data/*/fold_*, commit 08280f2)."""
EMOBOX_SHARES = {"EMO-DB": (5, 10, 10), "TESS": (1, 2, 2), "CREMA-D": (1, 91, 91), "ShEMO": (1, 83, 83)}
"""Corpus -> folds, speakers tested in each, and how many of these are heard in training, where they do not."""


@dataclass(frozen=True)
class Split:
    """Clip ids of the three parts; the order within a part is the order in which it is fed unshuffled.

    Raises
    ------
    SerReproError
        If a clip stands in two parts, or nothing is left to train, or to test where the protocol tests here.
    """

    protocol: str
    fold: int
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self):
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        elsewhere = self.protocol in PROTOCOLS and PROTOCOLS[self.protocol].elsewhere
        for name in ("train",) if elsewhere else ("train", "test"):  # most documents validate on nothing
            if not parts[name]:
                raise SerReproError(f"protocol {self.protocol}, fold {self.fold}: nothing is left to {name}; "
                                    "use a corpus with more clips.")
        if len(set().union(*parts.values())) != sum(map(len, parts.values())):
            raise SerReproError(f"protocol {self.protocol}, fold {self.fold}: a clip stands in two parts of the split.")

    @property
    def hash(self) -> str:
        parts = (" ".join(part) for part in (self.train, self.validation, self.test))
        return digest("\n".join([self.protocol, str(self.fold), *parts]), 16)

    def ordered(self, order: str, clips: pd.DataFrame) -> "Split":
        """Itself, or with its training clips folder by folder, as corpora are handed out: a folder a speaker or all of
        them, on TESS one an emotion of a speaker.

        Raises
        ------
        SerReproError
            For an order that is none of `ORDERS`.
        """
        if one_of(order, ORDERS, "order") != BY_FOLDER:
            return self
        train = clips[clips["clip"].isin(self.train)]
        keys = ["speaker", "emotion", "clip"] if clips["corpus"].iloc[0] == "TESS" else ["speaker", "clip"]
        return replace(self, train=tuple(train.sort_values(keys)["clip"]))

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


Rule = Callable[..., Split]
"""A document's own split of a clips table. One that is drawn takes `random_state`, by default the document's."""


@dataclass(frozen=True)
class Protocol:
    """A way of holding clips out.

    Attributes
    ----------
    name, title : str
        As it is typed, and as a reader calls it.
    folds : callable(corpus, speakers) -> int
        How many folds a corpus has, by its name and the number of its speakers; 0 where it can't be used.
    split : callable(clips, fold, rule, validation) -> Split
        Of a clips table in the order of clip ids. `rule` is the document's own split, `validation` whether some
        training clips must be kept out of training to choose settings by.
    apart : bool
        Whether it keeps speakers apart. A split that then shares one is refused.
    elsewhere : bool
        Whether nothing of the training corpus is tested: the run names the corpora that are.
    """

    name: str
    title: str
    folds: Callable[[str, int], int]
    split: Callable[[pd.DataFrame, int, Rule, bool], Split]
    apart: bool
    elsewhere: bool = False


PROTOCOLS: dict[str, Protocol] = plugins.Registry("protocol")
register, get = PROTOCOLS.register, PROTOCOLS.named


def folds(corpus: str, protocol: str, clips: pd.DataFrame | None = None) -> int:
    """How many folds a protocol has on a corpus: of the clips given, or of all that are published."""
    of = get(protocol)
    speakers = len(datasets.get(corpus).speakers) if clips is None else len(set(clips["speaker"]) - {""})
    return of.folds(corpus, speakers)


def make(clips: pd.DataFrame, protocol: str, fold: int = 0, *, published: Rule | None = None,
         validation: bool = True) -> Split:
    """The split of a clips table under a protocol.

    Parameters
    ----------
    clips : DataFrame
        Of one corpus, in the order of clip ids.
    protocol : str
        One of `PROTOCOLS`.
    fold : int
    published : callable(clips) -> Split, optional
        The document's own rule, under protocols `published` and `redrawn`; by default a random fifth is tested.
    validation : bool
        Keep some clips out of training to choose settings by, where the protocol says who they are.

    Raises
    ------
    SerReproError
        For an unknown protocol or fold, where a corpus has too few clips or speakers, where a rule that isn't drawn is
        to be drawn again, or where a speaker is on both sides of a protocol that keeps speakers apart.
    """
    of, corpus = get(protocol), clips["corpus"].iloc[0]
    count = folds(corpus, protocol, clips)
    if count and not 0 <= fold < count:
        raise SerReproError(f"{corpus} has folds 0 to {count - 1} under protocol {protocol}, not {fold}.")
    split = of.split(clips, fold, published or holdout(PUBLISHED_SEED), validation)
    return split.refuse_shared_speakers(clips) if of.apart else split


# ---- the protocols -----------------------------------------------------------------------------------------------


def holdout(seed: int) -> Rule:
    """The split of most public code: a fifth of all clips, drawn at random, tested; nothing validates.

    It is scikit-learn's `train_test_split(test_size=0.2, random_state=seed)`, without regard to class or speaker, over
    clips in the order of their ids: the code takes them as the file system lists them, which differs by machine.
    """
    def rule(clips: pd.DataFrame, random_state: int = seed) -> Split:
        count = len(clips)
        if count < 2:
            raise SerReproError(f"{count} clips can't be parted into training and test: give more.")
        # What scikit-learn does, without the seconds that importing it takes: the first of a permutation are tested.
        order = np.random.RandomState(random_state).permutation(count)
        tested = int(np.ceil(0.2 * count))
        ids = clips["clip"].to_numpy()
        return Split("published", 0, tuple(ids[order[tested:]]), (), tuple(ids[order[:tested]]))
    return rule


def drawn_again(clips: pd.DataFrame, draw: int, rule: Rule) -> Split:
    """A document's own split with another random state: that of draw k is k. What one draw is worth.

    Raises
    ------
    SerReproError
        If the rule takes no random state.
    """
    if "random_state" not in inspect.signature(rule).parameters:
        raise SerReproError("this document's own split is not drawn, so protocol redrawn can't draw it again: let its "
                            "rule take random_state, or choose another protocol.")
    return replace(rule(clips, random_state=draw), protocol="redrawn", fold=draw)


def by_speaker(clips: pd.DataFrame, fold: int, validation: bool = True) -> Split:
    """Test speakers that nothing else has heard; parts sorted by class.

    RAVDESS and CREMA-D: six folds of speakers (RAVDESS: two of each sex); other corpora: one speaker a fold. Validation
    is two speakers of the next fold, so that about as many clips train as under `published`; where only one speaker
    would be left to train on (TESS, SAVEE), a tenth of the other speakers' clips of every class. Without validation all
    others train, in an order drawn once: a document that does not shuffle must not meet one class after the other.
    """
    groups = _speaker_groups(clips)
    tested = clips["speaker"].isin(groups[fold])
    return _parted("speaker", fold, clips[~tested], clips[tested], _others(groups, fold), validation)


def _others(groups: list[list[str]], fold: int) -> list[str]:
    """Speakers who are not tested, from the next fold on: the first of them validate."""
    return [speaker for group in groups[fold + 1:] + groups[:fold] for speaker in group]


def _speaker_groups(clips: pd.DataFrame) -> list[list[str]]:
    """Speakers who are tested together, fold by fold."""
    corpus = clips["corpus"].iloc[0]
    speakers = sorted(set(clips["speaker"]) - {""})
    groups = [list(group) for group in np.array_split(speakers, _speaker_folds(corpus, len(speakers)) or 1)]
    if len(groups) < 2:
        has = f"has {len(speakers)} speaker(s) here" if speakers else "names no speakers"
        raise SerReproError(f"{corpus} {has}: protocol speaker needs more, protocol published does not.")
    return groups


def _validating(rest: pd.DataFrame, speakers: list[str]) -> pd.Series:
    """Which of the clips left validate: two whole speakers, or, where that leaves less than two, a tenth of every
    class, and one of those that have two or more."""
    if len(speakers) > 3:
        return rest["speaker"].isin(speakers[:2])
    drawn = rest.groupby("emotion").sample(frac=_VALIDATION_SHARE, random_state=PUBLISHED_SEED)
    few = rest[~rest["emotion"].isin(drawn["emotion"])].groupby("emotion").filter(lambda of: len(of) > 1)
    one_each = few.groupby("emotion").sample(n=1, random_state=PUBLISHED_SEED)
    return rest["clip"].isin([*drawn["clip"], *one_each["clip"]])


def _ids(part: pd.DataFrame) -> tuple[str, ...]:
    return tuple(part.sort_values(["emotion", "clip"])["clip"])


def _speaker_folds(corpus: str, speakers: int) -> int:
    return min(speakers, _GROUPS.get(corpus, speakers))


def by_sentence(clips: pd.DataFrame, fold: int, validation: bool = True) -> Split:
    """Test sentences that training has not heard, spoken by speakers that it has: half of the sentences each fold.

    Raises
    ------
    SerReproError
        If the corpus does not tell its sentences, or has but one.
    """
    tested = clips["sentence"].isin(_half(clips, fold))
    return _parted("sentence", fold, clips[~tested], clips[tested], [], validation)


def by_speaker_and_sentence(clips: pd.DataFrame, fold: int, validation: bool = True) -> Split:
    """Neither the speakers nor the sentences that are tested occur in training: fold 2 g + h tests half h of the
    sentences, spoken by the speakers of fold g of `by_speaker`, and trains on the other half, spoken by the others.

    Raises
    ------
    SerReproError
        As for the two protocols that it joins.
    """
    groups, (group, half) = _speaker_groups(clips), divmod(fold, 2)
    new = clips["speaker"].isin(groups[group])
    tested = clips["sentence"].isin(_half(clips, half))
    return _parted("speaker_sentence", fold, clips[~new & ~tested], clips[new & tested], _others(groups, group),
                   validation)


def _half(clips: pd.DataFrame, half: int) -> set[str]:
    """Every other sentence, in an order in which those of one emotion, where a corpus has such, stand together."""
    corpus = clips["corpus"].iloc[0]
    said = clips[clips["sentence"] != ""].groupby("sentence")["emotion"].agg(lambda of: " ".join(sorted(set(of))))
    if len(said) < 2:
        raise SerReproError(f"{corpus} has {len(said)} sentence(s) here: protocols that keep sentences apart need two "
                            "or more; name them in a column `sentence`, or choose protocol speaker.")
    in_order = sorted(said.index, key=lambda sentence: (said[sentence], sentence))
    return set(in_order[half::2])


def _parted(protocol: str, fold: int, rest: pd.DataFrame, tested: pd.DataFrame, speakers: list[str],
            validation: bool) -> Split:
    """A split of clips that train or validate and clips that are tested; `speakers` are those who may validate."""
    if not validation:
        drawn = rest.sample(frac=1, random_state=PUBLISHED_SEED)
        return Split(protocol, fold, tuple(drawn["clip"]), (), tuple(tested["clip"]))
    validating = _validating(rest, speakers)
    return Split(protocol, fold, _ids(rest[~validating]), _ids(rest[validating]), _ids(tested))


def by_emobox(clips: pd.DataFrame, fold: int, validation: bool = True) -> Split:
    """EmoBox's fold, where its folds keep speakers apart; it has no validation part, so two speakers of the next fold
    validate where a document needs some.

    Raises
    ------
    SerReproError
        If EmoBox has no folds of the corpus, or none that keep speakers apart.
    """
    corpus = clips["corpus"].iloc[0]
    if corpus not in EMOBOX:
        shares = corpus in EMOBOX_SHARES
        has = "lets the same speakers train and be tested" if shares else "has no folds of it"
        raise SerReproError(f"{corpus}: EmoBox {has}; use protocol {'speaker' if shares else 'speaker or published'}.")
    groups = [group.split() for group in EMOBOX[corpus]]
    tested = clips["speaker"].isin(groups[fold])
    return _parted("emobox", fold, clips[~tested], clips[tested], _others(groups, fold), validation)


def all_train(clips: pd.DataFrame, validation: bool = True) -> Split:
    """Every clip of the corpus trains (or validates, by the rule of `by_speaker`); other corpora are tested."""
    return _parted("cross_corpus", 0, clips, clips.iloc[:0], sorted(set(clips["speaker"]) - {""}), validation)


register(Protocol("published", "the document's own split", lambda corpus, speakers: 1,
                  lambda clips, fold, rule, validation: rule(clips), apart=False))
register(Protocol("redrawn", "the document's own split, drawn again", lambda corpus, speakers: DRAWS,
                  lambda clips, fold, rule, validation: drawn_again(clips, fold, rule), apart=False))
register(Protocol("speaker", "new speakers", _speaker_folds,
                  lambda clips, fold, rule, validation: by_speaker(clips, fold, validation), apart=True))
register(Protocol("sentence", "new sentences", lambda corpus, speakers: 2,
                  lambda clips, fold, rule, validation: by_sentence(clips, fold, validation), apart=False))
register(Protocol("speaker_sentence", "new speakers and sentences",
                  lambda corpus, speakers: 2 * _speaker_folds(corpus, speakers),
                  lambda clips, fold, rule, validation: by_speaker_and_sentence(clips, fold, validation), apart=True))
register(Protocol("emobox", "new speakers, EmoBox's folds", lambda corpus, speakers: len(EMOBOX.get(corpus, ())),
                  lambda clips, fold, rule, validation: by_emobox(clips, fold, validation), apart=True))
register(Protocol("cross_corpus", "another corpus", lambda corpus, speakers: 1,
                  lambda clips, fold, rule, validation: all_train(clips, validation), apart=True, elsewhere=True))
