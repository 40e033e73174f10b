"""The ledger's rule, case by case, and the matrices that documents print."""

import math
from dataclasses import replace

import pytest

from ser_repro.documents import cnn_n_gru
from ser_repro.results import ledger, scores
from ser_repro.results.ledger import NEW, SHARED, Claim, Evidence, verdict

CLAIM = Claim("TESS", None, "accuracy", 0.80, "its text")


def score(value, half=0.02, clips=500, **more):
    bounds = (value - half, value + half) if half else (math.nan, math.nan)
    return scores.Score("accuracy", value, *bounds, clips, ("speakers",) if half else (), (value,), **more)


def kind(*evidence, claim=CLAIM, clips=500, missing=""):
    return verdict(claim, list(evidence), clips, missing).kind


def test_published_matrices_give_the_figures_known_of_them():
    iemocap, tess = cnn_n_gru.MATRICES
    assert [round(100 * iemocap.score(s), 2) for s in scores.SCORES] == [79.75, 81.19, 79.14]
    assert [round(100 * tess.score(s), 2) for s in scores.SCORES] == [98.90, 98.84, 98.80]


def test_every_verdict_can_be_given():
    shared = [Evidence("code", SHARED, score(value)) for value in (0.60, 0.74, 0.79, 0.90)]
    far, near, reached, above = shared
    assert kind() == ledger.NOT_RUN
    assert kind(missing="no copy") == kind(reached, claim=replace(CLAIM, untestable="which?")) == ledger.UNTESTABLE
    assert kind(far) == ledger.NOT_REPRODUCED and kind(above) == ledger.EXCEEDED  # by 10 points, more than 5
    assert kind(above, clips=80) == ledger.REPRODUCED == kind(replace(above, score=score(0.80)))
    assert kind(above, reached) == ledger.SAMPLING == kind(reached, above)  # the nearest to it
    assert kind(reached) == ledger.SAMPLING  # one point below; of two test sets of 500 clips the sampling error is 5
    assert kind(near) == ledger.NOT_REPRODUCED and kind(near, clips=80) == ledger.SAMPLING  # by 9 points
    assert kind(replace(far, score=score(0.62, half=0.19))) == ledger.NOT_EXCLUDED
    assert kind(replace(far, score=score(0.60, half=0.25))) == ledger.UNSETTLED  # it holds half of all scores
    assert kind(replace(far, score=score(0.60, half=0.19))) == ledger.NOT_REPRODUCED
    assert kind(replace(far, score=replace(score(0.60, half=0), units=(0.35, 0.85)))) == ledger.NOT_EXCLUDED
    assert kind(replace(above, score=score(0.90, half=0.11))) == ledger.NOT_EXCLUDED  # its interval holds the claim
    assert kind(replace(above, score=replace(score(0.90, half=0), units=(0.78, 0.99)))) == ledger.NOT_EXCLUDED
    assert kind(replace(above, failed="no network learned")) == ledger.NOT_REPRODUCED  # whatever its score
    assert kind(reached, replace(far, failed="no network learned")) == ledger.SAMPLING  # by the other reading
    new = replace(CLAIM, speakers=NEW)
    assert kind(reached, claim=new) == ledger.NOT_RUN  # nothing on the split that it names
    fallen = Evidence("code", NEW, score(0.4))
    assert kind(reached, fallen, claim=new) == ledger.SHARED_ONLY
    assert kind(far, fallen, claim=new) == ledger.NOT_REPRODUCED
    assert kind(far, replace(fallen, score=score(0.81)), claim=new) == ledger.REPRODUCED
    assert kind(replace(reached, says_nothing="no setting")) == ledger.UNSETTLED
    short = [kind(replace(one, one_sided="ours stop at 40 epochs")) for one in shared]
    assert short == [ledger.UNSETTLED, ledger.UNSETTLED, ledger.SAMPLING, ledger.EXCEEDED]
    assert set(ledger.RULE) == {getattr(ledger, name) for name in (
        "REPRODUCED", "SAMPLING", "EXCEEDED", "SHARED_ONLY", "NOT_EXCLUDED", "NOT_REPRODUCED", "UNSETTLED",
        "UNTESTABLE", "NOT_RUN")}


def test_what_says_nothing_neither_reaches_nor_refutes():
    dead = Evidence("code", SHARED, score(0.14), says_nothing="no setting beats chance")
    assert str(verdict(CLAIM, [dead], 500)) == "not settled: no setting beats chance"
    alive = Evidence("paper", SHARED, score(0.6))
    told = verdict(CLAIM, [dead, alive], 500)
    assert (told.kind, told.because, told.by) == (ledger.NOT_REPRODUCED, "reading paper 20.0 points below", (alive,))


def test_a_reading_too_uncertain_to_settle_a_claim_that_it_holds_keeps_the_other_from_refuting_it():
    narrow, wide = Evidence("code", SHARED, score(0.5)), Evidence("paper", SHARED, score(0.6, half=0.25))
    told = verdict(CLAIM, [narrow, wide], 500)
    assert str(told) == "not settled: reading paper 20.0 points below, within the interval of 50 points"
    beyond = replace(wide, score=score(0.5, half=0.25))  # as wide, and the claim is beyond it
    assert kind(narrow, beyond) == ledger.NOT_REPRODUCED
    assert kind(replace(narrow, score=score(0.79)), wide) == ledger.SAMPLING


def test_the_nearest_reading_counts_and_one_that_lacks_folds_is_told_but_not_judged():
    low, near = Evidence("code", SHARED, score(0.5)), Evidence("paper", SHARED, score(0.7))
    assert verdict(CLAIM, [low, near], 500).because == "reading paper 10.0 points below"
    part = replace(near, part="2 of 6 folds")
    assert verdict(CLAIM, [low, part], 500).because == "reading code 30.0 points below"
    assert str(verdict(CLAIM, [part], 500)) == "not yet run: reading paper (2 of 6 folds) so far 10.0 points below"


def test_an_interval_that_reaches_a_claim_says_how_far_below_the_score_is():
    one = Evidence(ledger.REBUILT, SHARED, score(0.61, half=0.195), draws=10)
    assert str(verdict(CLAIM, [one], 80)) == (
        "not excluded: rebuilt (mean of 10 draws) 19.0 points below, within the interval")


@pytest.mark.parametrize("value", [0.6, 0.75, 0.85])
def test_an_interval_that_holds_most_claims_settles_none(value):
    told = verdict(CLAIM, [Evidence("code", SHARED, score(value, half=0.3))], 500)
    assert told.kind == ledger.UNSETTLED and told.because.endswith("within the interval of 60 points")
    assert kind(Evidence("code", SHARED, score(0.3, half=0.3))) == ledger.NOT_REPRODUCED  # it does not hold this one


def test_chance_of_a_claim_is_that_of_its_clips_and_ours_together():
    for half in (0, 0.02, 0.3):  # whatever our interval is: a wide one is no chance of the clips
        for clips, counted in ((80, 80), (0, 500)):  # of a recall, of the clips of one emotion alone
            theirs, ours = (1.96 * math.sqrt(p * (1 - p) / counted) for p in (0.8, 0.7))
            assert ledger.sampling_error(CLAIM, score(0.7, half=half), clips) == pytest.approx(math.hypot(theirs, ours))


def test_distance_in_words():
    assert ledger.distance(CLAIM, score(0.5)) == "30.0 points below"
    assert ledger.distance(CLAIM, score(0.81)) == "1.0 points above, within the interval"
    assert ledger.distance(CLAIM, score(0.79)) == "1.0 points below, within the interval"
    assert ledger.distance(CLAIM, score(0.9)) == "10.0 points above"


def test_a_distance_without_an_interval_rests_on_all_that_was_measured():
    def told(value, *units, starts=(0.78,)):
        return ledger.distance(CLAIM, replace(score(value, half=0), seeds=starts, units=units))

    assert told(0.78, 0.77, 0.785) == "2.0 points below (no interval)"
    within = "2.0 points below, within what was measured (no interval)"
    assert told(0.78, 0.76, 0.81) == within  # one of two speakers reaches it
    assert told(0.78, 0.77, 0.785, starts=(0.76, 0.81)) == within
    assert told(0.85, 0.82, 0.88, starts=(0.85,)) == "5.0 points above (no interval)"
