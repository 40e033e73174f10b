"""The dial: one model, one corpus, and a test that is turned from easy to hard.

    shared speakers > new sentences > new speakers > both new > trained elsewhere

UAR at each setting, beside what guessing gives there.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ser_repro import datasets
from ser_repro.book.across import Across, emotions_of, way
from ser_repro.book.palette import BLUE, ORANGE, ROLES, Look
from ser_repro.book.plots import handles, lines
from ser_repro.book.words import against_guessing, listed, number, percent, signed
from ser_repro.results.scores import Score
from ser_repro.runs.found import NOT_RUN

STEPS = {"shared": "shared speakers", "sentence": "new sentences", "speaker": "new speakers",
         "speaker_sentence": "both new", "elsewhere": "trained elsewhere"}
"""Settings of the dial, from easy to hard, and as a reader calls them."""
LOOKS = {"svm193": Look(BLUE, "o"), "mfcc_cnn": Look(ORANGE, "s", (5, 2))}


@dataclass(frozen=True)
class Step:
    """One setting of the dial.

    Attributes
    ----------
    score : Score or None
        UAR; None of another corpus, where several networks are tested on the corpus, one of each other corpus.
    value, guess : float
        UAR, and that of guessing; of another corpus the means over those that trained.
    each : tuple of float
        Of another corpus: what a network of each gives.
    """

    name: str
    score: Score | None
    value: float
    guess: float
    each: tuple[float, ...] = ()

    def __str__(self) -> str:
        return str(self.score or f"{percent(self.value, 1)}, mean of {len(self.each)} corpora that trained")


def sentences(corpora: Iterable[str]) -> str:
    """How many sentences each corpus has, in words."""
    told = []
    for corpus in corpora:
        said = datasets.studied(datasets.published(corpus))["sentence"]
        told.append(f"{corpus} {said[said != ''].nunique()}")
    return listed(told)


def steps(one: Across, corpus: str) -> list[Step]:
    """The settings that have been run with every fold, in the dial's order."""
    guess, told = 1 / len(emotions_of(corpus)), []
    for name in ("shared", "sentence", "speaker", "speaker_sentence"):
        score = one.within(corpus, "published" if name == "shared" else name)
        if score:
            told.append(Step(name, score, score.value, guess))
    if pairs := [pair for pair in one.pairs if pair.tested == corpus]:
        each = tuple(pair.uar.value for pair in pairs)
        told.append(Step("elsewhere", None, float(np.mean(each)), float(np.mean([pair.guess for pair in pairs])), each))
    return told


def picture(several: list[Across], corpora: tuple[str, ...]) -> Figure:
    """A panel a corpus: the dial from left to right, a line a model."""
    figure, axes = plt.subplots(-(-len(corpora) // 2), 2, figsize=(7.4, 2.7 * -(-len(corpora) // 2) + 0.7), sharey=True,
                                squeeze=False, layout="constrained")
    names, chance = list(STEPS), ROLES["chance"]
    for axis, corpus in zip(axes.flat, corpora, strict=False):
        for shift, one in zip((-0.08, 0.08), several, strict=False):
            look, made = LOOKS[one.found.name], steps(one, corpus)
            at = [names.index(step.name) + shift for step in made]
            values = {step.name: step.value for step in made}
            # A line would bridge a setting that has not been run, were it not drawn as missing.
            axis.plot([x + shift for x in range(len(names))], [values.get(name, np.nan) for name in names],
                      color=look.colour, marker=look.marker, ms=6, lw=1.2, ls=look.line)
            for x, step in zip(at, made, strict=True):
                if step.score and step.score.has_interval:
                    axis.vlines(x, step.score.low, step.score.high, color=look.colour, lw=3, alpha=0.4)
                axis.plot([x] * len(step.each), step.each, look.marker, color=look.colour, ms=3, alpha=0.5)
                axis.hlines(step.guess, x - 0.28, x + 0.28, color=chance.colour, lw=1.4, ls=chance.line)
        axis.set(title=corpus, xlim=(-0.5, len(names) - 0.5), ylim=(0, 1.04))
        axis.set_xticks(range(len(names)), [name.replace(" ", "\n") for name in STEPS.values()], fontsize=8)
        axis.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
        axis.grid(axis="y", alpha=0.25)
    for axis in axes[:, 0]:
        axis.set_ylabel("UAR")
    for axis in list(axes.flat)[len(corpora):]:
        axis.set_visible(False)
    titles = {one.title: LOOKS[one.found.name] for one in several}
    figure.legend(handles=[*handles(titles), *lines({"guessing": chance})], loc="outside upper center", ncols=3)
    return figure


def words(several: list[Across], corpora: tuple[str, ...]) -> str:
    """The picture for those who do not see it."""
    return " ".join(f"{one.title}, {corpus}: " + (", ".join(f"{STEPS[step.name]} {percent(step.value)}"
                                                            for step in steps(one, corpus)) or NOT_RUN) + "."
                    for corpus in corpora for one in several)


def rows(several: list[Across], corpora: tuple[str, ...]) -> list[dict]:
    """A row a model, corpus and setting."""
    return [{"corpus": corpus, "model": one.title, "tested on": STEPS[step.name], "UAR": str(step),
             "guessing": percent(step.guess, 1),
             "against guessing": against_guessing(step.score, step.guess) if step.score else "—",
             "clips": number(step.score.clips) if step.score else "—",
             "of the way": percent(round(_way(step), 2) + 0.0)}  # 0 has no sign
            for corpus in corpora for one in several for step in steps(one, corpus)]


def _way(step: Step) -> float:
    return way(step.value, 1 / step.guess)


def turned(several: list[Across], corpora: tuple[str, ...]) -> str:
    """What each turn of the dial costs of the way from guessing to perfect, in points, medians over the corpora."""
    lines_ = []
    for one in several:
        each = {corpus: {step.name: _way(step) for step in steps(one, corpus)} for corpus in corpora}
        told = []
        for name in list(STEPS)[1:]:
            lost = [100 * (made[name] - made["shared"]) for made in each.values() if {"shared", name} <= set(made)]
            if lost:
                told.append(f"{STEPS[name]} {signed(np.median(lost), 0)} ({signed(min(lost), 0)} to "
                            f"{signed(max(lost), 0)}, {len(lost)} {'corpus' if len(lost) == 1 else 'corpora'})")
        lines_.append(f"**{one.title[0].upper()}{one.title[1:]}**: {'; '.join(told) or NOT_RUN}.")
    return "\n".join(f"- {line}" for line in lines_)


def spans(several: list[Across], corpora: tuple[str, ...]) -> str:
    """Between which UARs the corpora lie at each setting, in a sentence a model."""
    told = []
    for one in several:
        each = [{step.name: step.value for step in steps(one, corpus)} for corpus in corpora]
        ends = {name: [made[name] for made in each if name in made] for name in STEPS}
        known = [f"{STEPS[name]} {100 * min(values):.0f} to {percent(max(values))}"
                 + f" ({len(values)} of {len(corpora)} corpora)" * (len(values) < len(corpora))
                 for name, values in ends.items() if values]
        told.append(f"{one.title[0].upper()}{one.title[1:]}, UAR over the corpora: {', '.join(known) or NOT_RUN}.")
    return " ".join(told)
