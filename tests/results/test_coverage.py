"""How often intervals hold the truth, over made-up studies: speakers differ by 10 points, starts by 3.6, clips by lot.

The truth is the score over all speakers and all starts that could have been.
"""

import itertools

import numpy as np
import pytest

from ser_repro.results import scores, uncertainty

STUDIES, SPEAKERS, STARTS, CLASSES = 1000, 0.10, 0.036, 4
RECALL = np.array([0.70, 0.65, 0.55, 0.50])
CLIPS = np.array([32, 16, 8, 8])  # of a speaker
TRUTH = {"accuracy": float(RECALL @ CLIPS / CLIPS.sum()), "uar": float(RECALL.mean())}


def matrices(rng, chances):
    """Confusion matrices, of chances to be right of shape (..., class)."""
    clips = np.broadcast_to(CLIPS, chances.shape)
    right = rng.binomial(clips, np.clip(chances, 0, 1))
    found = np.zeros((*chances.shape, CLASSES))
    each = np.arange(CLASSES)
    found[..., each, each], found[..., each, (each + 1) % CLASSES] = right, clips - right
    return found


def side(rng, speakers, starts):
    """Matrices (study, start, speaker, class, class) of networks that hear the same speakers."""
    start = rng.normal(0, STARTS, (len(speakers), starts, 1, 1))
    return matrices(rng, RECALL + speakers[:, None, :, None] + start)


def measure(name):
    return lambda counts: scores.from_confusion(counts, name)


def made_up(rng, name, speakers, starts, known):
    """Value and interval's half width of many studies, (study,) each; `known`: starts whose spread is borrowed."""
    def values(counts):
        return uncertainty.pseudo_values(counts, measure(name))

    sides = [rng.normal(0, SPEAKERS, (STUDIES, speakers))]
    if name == "difference":
        name, sides = "accuracy", [sides[0] + rng.normal(0, SPEAKERS / 2, sides[0].shape) for _ in range(2)]
    tested = [side(rng, one, starts) for one in sides]
    others = [side(rng, one, known) for one in sides[:1]] if known else tested
    spread = uncertainty.pool([uncertainty.between(values(one)) for one in others])
    value = sum(sign * measure(name)(one.sum(2)).mean(1) for sign, one in zip((1, -1), tested, strict=False))
    units = sum(sign * values(one).mean(1) for sign, one in zip((1, -1), tested, strict=False))
    parts = [uncertainty.over_units(units, "speakers")]
    parts += [uncertainty.over_networks(spread, "starts", starts)] * len(sides)
    return value, uncertainty.margin(parts)


@pytest.mark.parametrize("name", ["accuracy", "uar", "difference"])
@pytest.mark.parametrize("speakers", [4, 6, 10, 24, 91])
def test_an_interval_holds_the_truth_as_often_as_it_says(name, speakers):
    rng = np.random.default_rng(speakers)
    for starts, known in ((1, 3), (1, 5), (3, 0), (5, 0)):
        value, half = made_up(rng, name, speakers, starts, known)
        held = np.mean(np.abs(value - TRUTH.get(name, 0.0)) <= half)
        assert 0.92 <= held <= 0.98, (starts, known, held)


@pytest.mark.parametrize(("folds", "heard"), [(4, 1), (6, 1), (6, 4), (6, 15), (10, 1)])
def test_an_interval_over_folds_holds_the_truth_as_often_as_it_says(folds, heard):
    rng = np.random.default_rng(folds)
    for name, starts in itertools.product(("accuracy", "uar"), (1, 3)):
        speakers = rng.normal(0, SPEAKERS, (STUDIES, folds, 1, heard, 1))
        start = rng.normal(0, STARTS, (STUDIES, folds, starts, 1, 1))  # each fold has a network of its own
        counts = matrices(rng, RECALL + speakers + start).sum(3).swapaxes(1, 2)
        units = uncertainty.pseudo_values(counts, measure(name)).mean(1)
        value = measure(name)(counts.sum(2)).mean(1)
        held = np.mean(np.abs(value - TRUTH[name]) <= uncertainty.margin([uncertainty.over_units(units, "folds")]))
        assert 0.92 <= held <= 0.98, (name, starts, held)


def test_an_interval_over_draws_of_the_split_holds_the_truth_as_often_as_it_says():
    """Of one draw, its spread known from ten others, and of their mean; they differ by 5 points and in their start."""
    rng = np.random.default_rng(0)
    speakers = rng.normal(0, SPEAKERS, (STUDIES, 24))
    draw = rng.normal(0, np.hypot(STARTS, 0.05), (STUDIES, 11, 1, 1))
    counts = matrices(rng, RECALL + speakers[:, None, :, None] + draw)
    values, value = uncertainty.pseudo_values(counts, measure("accuracy")), measure("accuracy")(counts.sum(2))
    spread = uncertainty.between(values[:, 1:])
    for part, networks in ((slice(0, 1), 1), (slice(1, 11), 10)):
        half = uncertainty.margin([uncertainty.over_units(values[:, part].mean(1), "speakers"),
                                   uncertainty.over_networks(spread, "draws", networks)])
        held = np.mean(np.abs(value[:, part].mean(1) - TRUTH["accuracy"]) <= half)
        assert 0.92 <= held <= 0.98, (networks, held)


def test_clips_taken_as_independent_do_not_hold_the_truth():
    rng = np.random.default_rng(0)
    counts = side(rng, rng.normal(0, SPEAKERS, (STUDIES, 10)), 1)
    value = measure("accuracy")(counts.sum(2))[:, 0]
    half = 1.96 * np.sqrt(value * (1 - value) / counts[0, 0].sum())
    assert np.mean(np.abs(value - TRUTH["accuracy"]) <= half) < 0.8
    alone = uncertainty.margin([uncertainty.over_units(uncertainty.pseudo_values(counts, measure("accuracy"))[:, 0],
                                                       "speakers")])
    assert half.mean() < 0.7 * alone.mean()
