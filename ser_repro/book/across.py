"""The chapter on other corpora: what a model trained on one corpus makes of another.

UAR is taken over the emotions that both corpora have, k of them; guessing then reaches 1/k. As k differs from pair to
pair, pairs are compared by how far they come on the way from guessing to perfect: (UAR - 1/k) / (1 - 1/k).
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn
from matplotlib.figure import Figure

from ser_repro import datasets
from ser_repro.book.words import against_guessing, listed, number, percent, versus_chance
from ser_repro.documents.svm193 import CORPORA
from ser_repro.results import scores
from ser_repro.results.scores import Score
from ser_repro.runs.found import NOT_RUN, Found

METHODS = ("svm193", "logistic193", "svm_egemaps", "logistic_egemaps", "mfcc_cnn", "cnn_bigru", "issa", "cnn_n_gru",
           "crema_1d")
SIZES = {"cnn_n_gru": 3, "crema_1d": 2}  # of documents with several networks, the one that is trained elsewhere
# Sides of Russell's circumplex (1980) on which the emotions are agreed to lie; what lies between the two is left out.
SIDES = {"arousal": {"high": ("anger", "fear", "happiness", "surprise"),
                     "low": ("boredom", "calm", "neutral", "sadness")},
         "valence": {"positive": ("happiness",), "negative": ("anger", "boredom", "disgust", "fear", "sadness")}}


@dataclass(frozen=True)
class Pair:
    """What a method that was trained on one corpus makes of another.

    Attributes
    ----------
    table : DataFrame
        Test clips, see `scores.table`.
    adapted : Score or None
        UAR once the values are adapted to those that were trained on (`features.arrays.adapted`); None of a method
        that is not given one vector a clip.
    emotions : tuple of str
        That both corpora have.
    """

    trained: str
    tested: str
    accuracy: Score
    uar: Score
    table: pd.DataFrame
    emotions: tuple[str, ...]
    adapted: Score | None = None

    @property
    def guess(self) -> float:
        """UAR of guessing."""
        return 1 / len(self.emotions)

    @property
    def way(self) -> float:
        return way(self.uar.value, len(self.emotions))


def way(uar: float, emotions: int) -> float:
    """How far a UAR has come from guessing (0) to perfect (1)."""
    guess = 1 / emotions
    return (uar - guess) / (1 - guess)


class Across:
    """One method, trained on each corpus and tested on every other.

    Parameters
    ----------
    name : str
        Of its document.
    results : path
        Folder of the records.
    """

    def __init__(self, name: str, results: str | Path):
        self.found = Found(name, results)
        self.n = SIZES.get(name)
        of = self.found.document
        self.title = f"{of.title}, {of.size(self.n)}" if self.n else of.title

    def tables(self, trained, tested: str) -> list[pd.DataFrame]:
        """As `Found.tables_elsewhere`."""
        return self.found.tables_elsewhere(trained, tested, n=self.n)

    def score(self, trained, tested: str, name: str, condition: str = "") -> Score | None:
        """As `Found.elsewhere`."""
        return self.found.elsewhere(trained, tested, name, n=self.n, condition=condition)

    @functools.cached_property
    def pairs(self) -> list[Pair]:
        """Those that have been run."""
        made = []
        for trained in CORPORA:
            for tested in CORPORA:
                tables = self.tables(trained, tested) if trained != tested else []
                if tables:
                    emotions = tuple(sorted(name[2:-1] for name in tables[0] if name.startswith("p(")))
                    made.append(Pair(trained, tested, *(self.score(trained, tested, name) for name in (
                        "accuracy", "uar")), pd.concat(tables), emotions,
                        self.score(trained, tested, "uar", scores.ADAPTED)))
        return made

    def within(self, corpus: str, protocol: str) -> Score | None:
        """UAR on the corpus that was trained on, over all of its emotions, of every fold; with shared speakers the mean
        over all draws of the split, where they have been made: one draw may be a lucky one."""
        drawn = self.found.drawn(corpus, name="uar", n=self.n) if protocol == "published" else None
        return drawn or self.found.score(corpus, protocol=protocol, name="uar", n=self.n)

    def way_within(self, corpus: str, protocol: str) -> float | None:
        score = self.within(corpus, protocol)
        return score and way(score.value, len(emotions_of(corpus)))


def emotions_of(corpus: str) -> set[str]:
    """The emotions of a corpus that the study uses."""
    of = datasets.get(corpus)
    return {emotion for emotion in of.emotion_counts if emotion in (of.studied or datasets.EMOTIONS)}


def above(pairs: list[Pair], score: str = "uar") -> str:
    """In how many pairs an interval lies above guessing, of those whose test has more than two speakers. One answer to
    every clip has no interval, and is not above guessing."""
    tested = [(found, pair.guess) for pair in pairs if (found := getattr(pair, score)) and found.units == ()]
    return f"{sum(versus_chance(*one) == 'above chance' for one in tested)} of {len(tested)}"


def run_so_far(several: list[Across]) -> str:
    """How many of the plain baselines and of the networks have been run, and how many pairs of corpora, in words."""
    told = []
    for kind, of in (("plain baselines", [one for one in several if one.found.document.is_estimator]),
                     ("networks", [one for one in several if not one.found.document.is_estimator])):
        told.append(f"{sum(bool(one.pairs) for one in of)} of {len(of)} {kind}")
    pairs, most = sum(len(one.pairs) for one in several), len(several) * len(CORPORA) * (len(CORPORA) - 1)
    return f"{listed(told)}, {pairs} of {most} pairs of a training and a test corpus"


def shared(several: list[Across]) -> str:
    """How many emotions pairs share, in words."""
    counts = sorted({len(pair.emotions) for one in several for pair in one.pairs})
    return NOT_RUN if not counts else f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else str(counts[0])


def one_answer(one: Across, most: float = 0.95) -> str:
    """In how many pairs nearly all clips get one name, in words."""
    alike = sum(pair.table["predicted"].value_counts(normalize=True).iloc[0] >= most for pair in one.pairs)
    return f"{alike} of {len(one.pairs)}" if one.pairs else NOT_RUN


def adapting(one: Across) -> dict:
    """What adapting the values of the tested corpus is worth, as a row."""
    pairs = [pair for pair in one.pairs if pair.adapted]
    row = {"method": titled(one)}
    if not pairs:
        # Arrays alone could tell what is one vector a clip; that its records hold none adapted tells it too.
        why = "not fed one vector a clip" if one.pairs else NOT_RUN
        return row | {"pairs that gain": why} | dict.fromkeys(
            ("above guessing", "median pair", "lowest and highest"), "")
    ways, before = [way(pair.adapted.value, len(pair.emotions)) for pair in pairs], [pair.way for pair in pairs]
    return row | {
        "pairs that gain": f"{sum(pair.adapted.value > pair.uar.value for pair in pairs)} of {len(pairs)}",
        "above guessing": f"{above(pairs, 'adapted')}, before {above(pairs)}",
        "median pair": f"{percent(np.median(ways))}, before {percent(np.median(before))}",
        "lowest and highest": ends(ways)}


def rows(one: Across) -> list[dict]:
    """A row a pair."""
    told = []
    for pair in one.pairs:
        named = pair.table["predicted"].value_counts(normalize=True)
        told.append({"trained on": pair.trained, "tested on": pair.tested, "emotions": len(pair.emotions),
                     "clips": number(pair.accuracy.clips), "UAR": str(pair.uar), "guessing": percent(pair.guess, 1),
                     "against guessing": against_guessing(pair.uar, pair.guess),
                     "UAR, adapted": str(pair.adapted or "—"), "accuracy": str(pair.accuracy),
                     "most frequent": percent(pair.table["emotion"].value_counts(normalize=True).iloc[0], 1),
                     "calls most clips": f"{named.index[0]} ({percent(named.iloc[0])})"})
    return told


def matrix(several: list[Across]) -> Figure:
    """A heat map a method: trained on (rows), tested on (columns); on the diagonal, new speakers of the same corpus."""
    figure, axes = plt.subplots(len(several), 1, figsize=(7.2, 4.3 * len(several)), squeeze=False,
                                layout="constrained")
    for axis, one in zip(axes.flat, several, strict=True):
        values = np.full((len(CORPORA), len(CORPORA)), np.nan)
        told = np.full(values.shape, "", dtype=object)
        for pair in one.pairs:
            place = CORPORA.index(pair.trained), CORPORA.index(pair.tested)
            values[place] = 100 * pair.way
            star = "" if versus_chance(pair.uar, pair.guess) == "above chance" else "\n(no better)"
            told[place] = f"{100 * pair.uar.value:.1f} ({100 * pair.guess:.1f}){star}"
        for i, corpus in enumerate(CORPORA):
            score = one.within(corpus, "speaker")
            if score:
                values[i, i] = 100 * way(score.value, len(emotions_of(corpus)))
                told[i, i] = f"{100 * score.value:.1f} ({100 / len(emotions_of(corpus)):.1f})"
        seaborn.heatmap(values, vmin=-60, vmax=60, cmap="RdBu", annot=told, fmt="", annot_kws={"fontsize": 9},
                        linewidths=1, linecolor="white", xticklabels=CORPORA, yticklabels=CORPORA, ax=axis,
                        cbar_kws={"label": "of the way from guessing, %"})
        for i in range(len(CORPORA)):
            axis.add_patch(plt.Rectangle((i, i), 1, 1, fill=False, edgecolor="black", lw=1.4))
        axis.set_title(titled(one))
        axis.set_xlabel("tested on")
        axis.set_ylabel("trained on")
        axis.tick_params(axis="y", rotation=0)
        axis.tick_params(length=0)
    return figure


def languages(one: Across) -> list[dict]:
    """How far the way goes within a language and from one to another."""
    of = {corpus: datasets.get(corpus).language for corpus in CORPORA}
    groups: dict[str, list[float]] = {}
    for pair in one.pairs:
        groups.setdefault(f"{of[pair.trained]} to {of[pair.tested]}", []).append(pair.way)
    return [{"method": titled(one), "languages": name, "pairs": len(ways), "of the way, median":
             percent(np.median(ways)), "lowest and highest": ends(ways)} for name, ways in groups.items()]


def emotions(one: Across) -> pd.DataFrame:
    """Which emotions are still heard, over all pairs in which they occur: how often where it is meant, how often where
    another is, and the difference, which is 0 for guessing."""
    told = []
    for emotion in datasets.EMOTIONS:
        meant, others = [], []
        for pair in one.pairs:
            if emotion in pair.emotions:
                is_it, called = pair.table["emotion"] == emotion, pair.table["predicted"] == emotion
                meant.append(called[is_it].mean())
                others.append(called[~is_it].mean())
        if meant:
            told.append({"emotion": emotion, "pairs": len(meant), "where it is meant": np.mean(meant),
                         "where another is": np.mean(others), "difference": np.mean(meant) - np.mean(others)})
    return pd.DataFrame(told).sort_values("difference", ascending=False) if told else pd.DataFrame()


def side_rates(one: Across, name: str) -> list[float]:
    """Balanced accuracy of choosing the right side of arousal or valence, a number a pair that has both sides."""
    first, second = SIDES[name].values()
    return [value for pair in one.pairs if (value := _side(pair, first, second)) is not None]


def sides(one: Across) -> list[dict]:
    """Whether arousal or valence carries over: the balanced accuracy of choosing the right side of each."""
    told = []
    for name in SIDES:
        found = side_rates(one, name)
        if found:
            told.append({"method": titled(one), "side": f"{name} ({' or '.join(SIDES[name])})", "pairs": len(found),
                         "right, median": percent(np.median(found)),
                         "lowest and highest": ends(found), "guessing": percent(0.5)})
    return told


def _side(pair: Pair, first: tuple[str, ...], second: tuple[str, ...]) -> float | None:
    """Balanced accuracy of telling two groups of emotions apart by the means of their probabilities, as sums would
    favour the larger group; None where the pair has but one of them. A clip of which neither group has more is a guess,
    and half right."""
    both = [[emotion for emotion in pair.emotions if emotion in side] for side in (first, second)]
    if not all(both):
        return None
    one, other = (pair.table[[f"p({emotion})" for emotion in side]].mean(axis=1) for side in both)
    right = (one > other) + 0.5 * (one == other)
    rates = [right[pair.table["emotion"].isin(both[0])].mean(), 1 - right[pair.table["emotion"].isin(both[1])].mean()]
    return float(np.mean(rates))


def titled(one: Across) -> str:
    """A method's title at the start of a line."""
    return one.title[0].upper() + one.title[1:]


def ends(of: list[float]) -> str:
    """The lowest and the highest of some fractions, in words."""
    return " to ".join(percent(round(end, 2) + 0.0) for end in (min(of), max(of)))  # 0 has no sign
