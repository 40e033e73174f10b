"""The ledger: what a document claims, where, and the verdict on it by one rule.

The rule, from the first that applies (`RULE` says it in words that a reader sees):

1. No run can test it: its corpus can't be had, or the document doesn't say what was done.
2. Nothing has been run on the split that it names, or not every fold of it.
3. What was run says nothing of it: no setting taught the network anything, or the search for one isn't over.
4. An interval of ours, in either reading, holds the claim or lies above it: reproduced. How far the score itself is
   below the claim is said with it. Where only another split than the one that the claim names does so (shared speakers
   for new ones), it is reached with shared speakers only.
5. The nearest of our scores differs from it by less than chance may: two test sets of the claim's size.
6. Otherwise it is not reproduced.
"""

from dataclasses import dataclass, field
from math import hypot

import numpy as np

from ser_repro.results import scores
from ser_repro.results.scores import Score
from ser_repro.results.uncertainty import by_lot

SHARED, NEW = "shared", "new"
REBUILT = "rebuilt"  # what a reader calls a reading of a document whose code is not public

REPRODUCED, SHARED_ONLY, CHANCE = "reproduced", "reached with shared speakers only", "within chance"
NOT_REPRODUCED, UNSETTLED, UNTESTABLE, NOT_RUN = "not reproduced", "not settled", "can't be tested here", "not yet run"
RULE = {
    REPRODUCED: "a 95 % interval of ours, in one of the readings and on the split that the claim names, holds the "
                "claim or lies above it. The score itself may lie below; each row says how far",
    SHARED_ONLY: "that is so on shared speakers only, while the document speaks of new ones",
    CHANCE: "our nearest score lies off the claim, but by less than two test sets of that size may differ by chance",
    NOT_REPRODUCED: "our nearest score differs from the claim by more than that",
    UNSETTLED: "what was run can't speak for or against it: no setting taught the network anything, or the search for "
               "one isn't over",
    UNTESTABLE: "its corpus can't be had, or the document doesn't say what was done",
    NOT_RUN: "its runs are planned, and have not been made, or not for every group of speakers",
}
"""Every verdict that there is, and when it is given."""


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
    speakers : str
        What the document says of the speakers that were tested: SHARED with training (also where it says nothing, as
        its code has it), or NEW.
    untestable : str
        Why no run can test it, whatever corpora are at hand.
    """

    corpus: str
    n: int | None
    score: str
    value: float
    place: str
    speakers: str = SHARED
    untestable: str = ""


@dataclass(frozen=True)
class PublishedMatrix:
    """Counts read off a published figure, rows true, columns predicted, in the order of `classes`."""

    corpus: str
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    place: str

    def score(self, name: str) -> float:
        return float(scores.from_confusion(np.array(self.counts, float), name))


@dataclass(frozen=True)
class Evidence:
    """What was measured of a claim in one reading and on one split.

    Attributes
    ----------
    speakers : str
        SHARED or NEW.
    part : str
        Which folds it has, where some are missing: "6 of 10 folds".
    draws : int
        Of how many draws of the split it is the mean; 0 of the one draw that the document's code or ours makes.
    says_nothing : str
        Why it can speak neither for nor against the claim; "" where it can.
    """

    reading: str
    speakers: str
    score: Score
    part: str = ""
    draws: int = 0
    says_nothing: str = ""


@dataclass(frozen=True)
class Verdict:
    """One of `RULE`, and what makes it so; `by` is the evidence that it rests on."""

    kind: str
    because: str = ""
    by: tuple[Evidence, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.kind}: {self.because}" if self.because else self.kind


def distance(claim: Claim, score: Score) -> str:
    """One phrase: whether our interval reaches the claim, or, without one, whether all that was measured does.

    What was measured are then the starts and the speakers (or folds), one by one. Either way it says how far the score
    lies below the claim.
    """
    points = 100 * (score.value - claim.value)
    low, high = _reach(score)
    beside = "" if score.has_interval else " (no interval)"
    if high < claim.value:
        return f"{-points:.1f} points below{beside}"
    if low > claim.value:
        return f"exceeded by {points:.1f} points{beside}"
    within = "within the interval" if score.has_interval else "within what was measured (no interval)"
    return f"{-points:.1f} points below, {within}" if points < 0 else f"reached {within}"


def verdict(claim: Claim, evidence: list[Evidence], clips: int, missing: str = "") -> Verdict:
    """What our runs say to a claim, by the rule above.

    Parameters
    ----------
    evidence : list of Evidence
        Of runs in either reading and on either split. What has not every fold is told, and not judged.
    clips : int
        On how many clips the claim was counted; 0 where that is not known: then on as many as our score.
    missing : str
        Why the corpus can't be had; "" where it can.
    """
    if claim.untestable or missing:
        return Verdict(UNTESTABLE, claim.untestable or missing)
    begun = [one for one in evidence if one.speakers == claim.speakers]
    named = [one for one in begun if not one.part]
    if not named:
        return Verdict(NOT_RUN, _listed([f"{_where(one)} so far {distance(claim, one.score)}" for one in begun]))
    heard = [one for one in named if not one.says_nothing]
    if not heard:
        return Verdict(UNSETTLED, _listed([one.says_nothing for one in named]), tuple(named))
    if reaching := _reaching(claim, heard):
        return Verdict(REPRODUCED, _each(claim, reaching), reaching)
    nearest = max(heard, key=lambda one: one.score.value)
    below = f"{_where(nearest)} {distance(claim, nearest.score)}"
    if claim.speakers == NEW and (other := _reaching(claim, [
            one for one in evidence if one.speakers == SHARED and not one.says_nothing])):
        return Verdict(SHARED_ONLY, f"with shared speakers {_each(claim, other)}; with new ones {below}",
                       (*other, nearest))
    away, chance = claim.value - nearest.score.value, by_chance(claim, nearest.score, clips)
    if away <= chance:
        return Verdict(CHANCE, f"{below}, where chance is worth {100 * chance:.1f} either way", (nearest,))
    return Verdict(NOT_REPRODUCED, below, (nearest,))


def by_chance(claim: Claim, score: Score, clips: int) -> float:
    """How far a claim and a score of ours may lie apart by chance (95 %), as a fraction.

    The claim is taken for a share of `clips` independent clips, which flatters it: clips of one speaker aren't. Of a
    score without an interval the clips count in the same way.
    """
    ours = (score.high - score.low) / 2 if score.has_interval else by_lot(score.value, score.clips)
    return hypot(by_lot(claim.value, clips or score.clips), ours)


def _reach(score: Score) -> tuple[float, float]:
    return (score.low, score.high) if score.has_interval else score.measured


def _reaching(claim: Claim, evidence: list[Evidence]) -> tuple[Evidence, ...]:
    return tuple(one for one in evidence if _reach(one.score)[1] >= claim.value)


def _where(one: Evidence) -> str:
    beside = one.part or (f"mean of {one.draws} draws" if one.draws else "")
    return (one.reading if one.reading == REBUILT else f"reading {one.reading}") + (f" ({beside})" if beside else "")


def _each(claim: Claim, evidence: tuple[Evidence, ...]) -> str:
    return _listed([f"{_where(one)} {distance(claim, one.score)}" for one in evidence])


def _listed(told: list[str]) -> str:
    return "; ".join(dict.fromkeys(told))
