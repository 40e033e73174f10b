"""How often intervals hold the truth, over made-up studies."""

import itertools

import numpy as np
import pytest
from made_up_studies import (
    KNOWN,
    NO_START,
    RECALL,
    SPEAKERS,
    STARTS,
    crossed,
    folded,
    held,
    matrices,
    measure,
    side,
    values,
)

from ser_repro.results import uncertainty

STUDIES = 1000


@pytest.mark.parametrize("kind", ["accuracy", "uar", "difference"])
@pytest.mark.parametrize("speakers", [4, 6, 10, 24, 91])
def test_an_interval_holds_the_truth_as_often_as_it_says(kind, speakers):
    rng = np.random.default_rng(speakers)
    for starts, known in KNOWN:
        _, found = crossed(rng, STUDIES, speakers, starts, known, kind)
        assert 0.92 <= found <= 0.98, (starts, known, found)


@pytest.mark.parametrize("kind", ["accuracy", "uar", "difference"])
@pytest.mark.parametrize("speakers", [4, 6, 10, 24, 91])
def test_of_a_model_without_starts_an_interval_over_speakers_holds_the_truth_95_times_in_100(kind, speakers):
    _, found = crossed(np.random.default_rng(speakers), 5 * STUDIES, speakers, *NO_START, kind)
    assert 0.93 <= found <= 0.97


@pytest.mark.parametrize(("folds", "heard"), [(4, 1), (6, 1), (6, 4), (6, 15), (10, 1)])
def test_an_interval_over_folds_holds_the_truth_as_often_as_it_says(folds, heard):
    rng = np.random.default_rng(folds)
    for kind, starts in itertools.product(("accuracy", "uar"), (1, 3)):
        _, found = folded(rng, STUDIES, folds, heard, starts, kind)
        assert 0.92 <= found <= 0.98, (kind, starts, found)


def test_an_interval_over_draws_of_the_split_holds_the_truth_as_often_as_it_says():
    """Of one draw, its spread known from ten others, and of their mean; they differ by 5 points and in their start."""
    rng = np.random.default_rng(0)
    speakers = rng.normal(0, SPEAKERS, (STUDIES, 24))
    draw = rng.normal(0, np.hypot(STARTS, 0.05), (STUDIES, 11, 1, 1))
    counts = matrices(rng, RECALL + speakers[:, None, :, None] + draw)
    found, value = values(counts, "accuracy"), measure("accuracy")(counts.sum(2))
    spread = uncertainty.between(found[:, 1:])
    for part, networks in ((slice(0, 1), 1), (slice(1, 11), 10)):
        half = uncertainty.margin([uncertainty.over_units(found[:, part].mean(1), "speakers"),
                                   uncertainty.over_networks(spread, "draws", networks)])
        assert 0.92 <= held(value[:, part].mean(1), half, "accuracy") <= 0.98, networks


@pytest.mark.parametrize("speakers", [4, 24])
def test_the_larger_part_of_speakers_and_clips_holds_the_truth_where_speakers_do_not_differ(speakers):
    """Clips are then independent: the worst case for taking the larger of two estimates of one variance."""
    rng = np.random.default_rng(speakers)
    counts = matrices(rng, np.broadcast_to(RECALL, (STUDIES, speakers, len(RECALL))))
    value, found, clips = measure("accuracy")(counts.sum(1)), values(counts, "accuracy"), int(counts[0].sum())
    halves = []
    for share, units in zip(value, found, strict=True):
        by_clips = uncertainty.Part("clips", share * (1 - share) / (clips - 1), clips - 1)
        halves.append(uncertainty.margin([uncertainty.wider(uncertainty.over_units(units, "speakers"), by_clips)]))
        assert halves[-1] >= uncertainty.margin([by_clips])
    assert 0.95 <= held(value, np.array(halves), "accuracy") <= 0.99


@pytest.mark.parametrize("speakers", [6, 24, 91])
def test_three_starts_of_its_own_hold_the_truth_where_those_of_calmer_networks_do_not(speakers):
    """Of a network whose starts lie 6 points apart, beside five whose starts lie 1 point apart."""
    rng = np.random.default_rng(speakers)
    heard = rng.normal(0, SPEAKERS, (STUDIES, speakers))
    apart = np.array([0.06, *[0.01] * 5])
    starts = rng.normal(size=(STUDIES, 6, 3, 1, 1)) * apart[:, None, None, None]
    counts = matrices(rng, RECALL + heard[:, None, None, :, None] + starts)
    found, value = values(counts, "accuracy"), measure("accuracy")(counts[:, 0].sum(2)).mean(1)
    units = uncertainty.over_units(found[:, 0].mean(1), "speakers")
    spreads = [uncertainty.between(found[:, one]) for one in range(6)]

    def holds(spread):
        return held(value, uncertainty.margin([units, uncertainty.over_networks(spread, "starts", 3)]), "accuracy")

    assert 0.92 <= holds(spreads[0]) <= 0.98
    assert holds(uncertainty.pool(spreads)) < (0.85 if speakers > 10 else 0.94)


def test_clips_or_speakers_taken_alone_do_not_hold_the_truth():
    rng = np.random.default_rng(0)
    counts = side(rng, rng.normal(0, SPEAKERS, (STUDIES, 24)), 1)
    value = measure("accuracy")(counts.sum(2))[:, 0]
    assert held(value, 1.96 * np.sqrt(value * (1 - value) / counts[0, 0].sum()), "accuracy") < 0.6  # clips
    alone = uncertainty.margin([uncertainty.over_units(values(counts, "accuracy")[:, 0], "speakers")])
    assert held(value, alone, "accuracy") < 0.85  # no start


@pytest.mark.parametrize(("spread", "difference"), [(0.1, 0.1), (0.1, 0.05), (0.05, 0.1)])
def test_speakers_needed_find_the_difference_in_four_of_five_studies(spread, difference):
    from scipy.stats import ttest_1samp

    units = uncertainty.units_needed(spread, difference)
    rng = np.random.default_rng(1)
    made = rng.normal(difference, spread, (4000, units))
    assert 0.78 <= (ttest_1samp(made, 0, axis=1).pvalue < 0.05).mean() <= 0.97  # few speakers jump over 0.8
    fewer = rng.normal(difference, spread, (4000, units - 1))
    assert (ttest_1samp(fewer, 0, axis=1).pvalue < 0.05).mean() < 0.82
