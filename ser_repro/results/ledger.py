"""The ledger: what a document claims, where, and the verdict on it by one rule.

The rule, from the first that applies (`RULE` says it in words that a reader sees):

1. No run can test it: its corpus can't be had, or the document doesn't say what was done.
2. Nothing has been run on the split that it names, or not every fold of it.
3. What was run says nothing of it: no setting that we searched taught the network anything, or an interval of more than
   `WIDEST` holds it. Where nothing else speaks, and the document's own search, made whole, taught it nothing: not
   reproduced.
4. A score of ours, in either reading, is the claim, to the digits in which it is told, or lies above it by no more than
   the sampling error of two test sets of the claim's size: reproduced.
5. A score of ours lies below it, but within that sampling error.
6. A score of ours lies farther above it, and so does its whole interval: exceeded. Where one of these three is so on
   shared speakers only, and the claim names new ones, it is reached with shared speakers only.
7. An interval of ours holds it: a score this uncertain can't exclude it.
8. A reading that says nothing of it by rule 3 holds it in its interval; or below it lies what was trained shorter than
   the document trained, or one start of which nobody knows how far others lie from it: not settled.
9. Otherwise it is not reproduced.

Where the document doesn't tell a setting, a reading is judged by the value with which it comes nearest to what is
claimed of the network as a whole, and where it trains shorter than the document did, by a run that trained as long,
once there is one (`ser_repro.runs.claimed`).
"""

from dataclasses import dataclass, field, replace
from math import hypot

import numpy as np

from ser_repro.results import scores
from ser_repro.results.scores import Score
from ser_repro.results.uncertainty import by_lot

SHARED, NEW = "shared", "new"
WHOLE, OF_EMOTION, STEP = "score of all clips", "recall of one emotion", "step on the way"
WIDEST = 0.4  # of an interval that holds the claim: a wider one holds most claims that anybody might make
REBUILT = "rebuilt"  # what a reader calls a reading of a document whose code we could not get

REPRODUCED, SAMPLING, EXCEEDED, SHARED_ONLY = (
    "reproduced", "within sampling error", "exceeded", "reached with shared speakers only")
NOT_EXCLUDED, NOT_REPRODUCED, UNSETTLED, UNTESTABLE, NOT_RUN = (
    "not excluded", "not reproduced", "not settled", "can't be tested here", "not yet run")
RULE = {
    REPRODUCED: "our score, in one of the readings and on the split that the claim names, is the claim, rounded as it "
                "is, or lies above it by no more than the sampling error of two test sets of that size",
    SAMPLING: "our score lies below the claim, but by no more than that sampling error",
    EXCEEDED: "our score lies farther above the claim, and so does its whole interval, or, where it has none, every "
              "start and speaker",
    SHARED_ONLY: "one of these three is so on shared speakers only, while the document speaks of new ones",
    NOT_EXCLUDED: "our score lies farther away, but its 95 % interval is so wide that it holds the claim, or, where "
                  "it has none, starts or speakers lie on both sides of the claim",
    NOT_REPRODUCED: "our score lies farther below, and so does its whole interval, or, where it has none, every start "
                    "and speaker; or the document's own search for its settings, made whole, taught the network "
                    "nothing, and no other reading speaks",
    UNSETTLED: "what was run can't speak for or against it: no setting that we chose taught the network anything, its "
               f"95 % interval holds the claim and more than {100 * WIDEST:.0f} points, or what lies farther below was "
               "trained shorter than the document trained, or is one start of which nobody knows how far others lie "
               "from it",
    UNTESTABLE: "its corpus can't be had, or the document doesn't say what was done",
    NOT_RUN: "its runs have not been made, or not for every group of speakers",
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
    step : bool
        It is told of a training on the way to what the document presents.
    changes : tuple of (setting, value)
        How that training differs from the document's own.
    called : str
        What a reader calls such a training, where the list of changes would not tell.
    clips : int
        On how many clips it was counted, where the document shows it; 0 where it doesn't.
    """

    corpus: str
    n: int | None
    score: str
    value: float
    place: str
    speakers: str = SHARED
    untestable: str = ""
    step: bool = False
    changes: tuple[tuple[str, object], ...] = ()
    called: str = ""
    clips: int = 0

    @property
    def least(self) -> float:
        """The least score that is the claim when it is rounded as the claim is: 0.455 for 46 %, 0.9915 for 99.2 %."""
        told = f"{100 * self.value:.6f}".rstrip("0").partition(".")[2]
        return self.value - 0.5 * 10.0 ** -(2 + len(told))

    @property
    def which(self) -> dict:
        """The size and the changed settings of the runs that can test it."""
        return {"n": self.n} | dict(self.changes)

    @property
    def kind(self) -> str:
        """What the ledger counts it as."""
        return STEP if self.step else OF_EMOTION if self.score.startswith(scores.RECALL) else WHOLE


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
    version : str
        What was changed of settings that the document doesn't tell; "" where it is the reading as it stands.
    part : str
        Which folds it has, where some are missing: "6 of 10 folds".
    draws : int
        Of how many draws of the split it is the mean; 0 of the one draw that the document's code or ours makes.
    says_nothing : str
        Why it can speak neither for nor against the claim; "" where it can.
    one_sided : str
        Why it can speak for the claim alone: as it was trained shorter than the document trained, or started once; "".
    failed : str
        Why it does not reach the claim, whatever its score: what was done is what the document did, and no network
        learned anything by it; "".
    """

    reading: str
    speakers: str
    score: Score
    version: str = ""
    part: str = ""
    draws: int = 0
    says_nothing: str = ""
    one_sided: str = ""
    failed: str = ""


@dataclass(frozen=True)
class Verdict:
    """One of `RULE`, and what makes it so; `by` is the evidence that it rests on."""

    kind: str
    because: str = ""
    by: tuple[Evidence, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.kind}: {self.because}" if self.because else self.kind


def distance(claim: Claim, score: Score) -> str:
    """One phrase: how far our score is from the claim, and whether our interval holds the claim; without an interval,
    whether it lies among all that was measured, the starts and the speakers (or folds) one by one."""
    points = 100 * (score.value - claim.value)
    low, high = _reach(score)
    away = f"{abs(points):.1f} points {'below' if points < 0 else 'above'}"
    if low <= claim.value <= high:
        return away + (", within the interval" if score.has_interval else ", within what was measured (no interval)")
    return away + ("" if score.has_interval else " (no interval)")


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
    evidence = [replace(one, says_nothing=one.says_nothing or _too_wide(claim, one)) for one in evidence]
    begun = [one for one in evidence if one.speakers == claim.speakers]
    named = [one for one in begun if not one.part]
    if not named:
        return Verdict(NOT_RUN, _listed([f"{_where(one)} so far {distance(claim, one.score)}" for one in begun]))
    heard = [one for one in named if not one.says_nothing and not one.failed]
    if not heard:
        if failed := tuple(one for one in named if one.failed):
            return Verdict(NOT_REPRODUCED, _listed([f"{_where(one)}: {one.failed}" for one in failed]), failed)
        return Verdict(UNSETTLED, _listed([one.says_nothing for one in named]), tuple(named))
    if met := _met(claim, heard, clips):
        return met
    nearest = max(heard, key=lambda one: one.score.value)
    below = f"{_where(nearest)} {distance(claim, nearest.score)}"
    if claim.speakers == NEW and (other := _met(claim, [
            one for one in evidence if one.speakers == SHARED and not one.says_nothing], clips)):
        return Verdict(SHARED_ONLY, f"with shared speakers {other.because}; with new ones {below}",
                       (*other.by, nearest))
    if wide := tuple(one for one in heard if _reach(one.score)[1] >= claim.value):
        return Verdict(NOT_EXCLUDED, _each(claim, wide), wide)
    if wide := tuple(one for one in named if one not in heard and _too_wide(claim, one)):
        return Verdict(UNSETTLED, _listed([one.says_nothing for one in wide]), wide)
    if nearest.one_sided:
        return Verdict(UNSETTLED, f"{below}, but {nearest.one_sided}", (nearest,))
    return Verdict(NOT_REPRODUCED, below, (nearest,))


def _met(claim: Claim, evidence: list[Evidence], clips: int) -> Verdict | None:
    """That a score of ours is as high as the claim, or would be but for sampling error, or is higher with its whole
    interval; None where none is."""
    above = tuple(one for one in evidence if one.score.value >= claim.least)
    if reached := tuple(one for one in above
                        if one.score.value - claim.value <= sampling_error(claim, one.score, clips)):
        return Verdict(REPRODUCED, _each(claim, reached), reached)
    below = [one for one in evidence if one not in above]
    if below:
        nearest = max(below, key=lambda one: one.score.value)
        error = sampling_error(claim, nearest.score, clips)
        if claim.value - nearest.score.value <= error:
            return Verdict(SAMPLING, f"{_where(nearest)} {distance(claim, nearest.score)}, where the sampling error is "
                           f"{100 * error:.1f} either way", (nearest,))
    over = tuple(one for one in above if _reach(one.score)[0] > claim.value)
    return Verdict(EXCEEDED, _each(claim, over), over) if over else None


def sampling_error(claim: Claim, score: Score, clips: int) -> float:
    """How far a claim and a score of ours may lie apart by which clips were drawn (95 %), as a fraction.

    Both are taken for shares of as many independent clips, those that the claim was counted on. Clips of one speaker
    aren't independent, so that it may be larger.
    """
    return hypot(*(by_lot(value, clips or score.clips) for value in (claim.value, score.value)))


def _too_wide(claim: Claim, one: Evidence) -> str:
    """That an interval holds so much that its holding the claim says nothing; "" where it says something."""
    low, high = _reach(one.score)
    if not one.score.has_interval or not low <= claim.value <= high or high - low <= WIDEST:
        return ""
    return f"{_where(one)} {distance(claim, one.score)} of {100 * (high - low):.0f} points"


def _reach(score: Score) -> tuple[float, float]:
    return (score.low, score.high) if score.has_interval else score.measured


def _where(one: Evidence) -> str:
    beside = ", ".join(filter(None, (one.version, one.part or (f"mean of {one.draws} draws" if one.draws else ""))))
    return (one.reading if one.reading == REBUILT else f"reading {one.reading}") + (f" ({beside})" if beside else "")


def _each(claim: Claim, evidence: tuple[Evidence, ...]) -> str:
    return _listed([f"{_where(one)} {distance(claim, one.score)}" for one in evidence])


def _listed(told: list[str]) -> str:
    return "; ".join(dict.fromkeys(told))
