"""Made-up studies whose truth is known: speakers differ by 10 points, starts by 3.6, clips by lot.

The truth is the score over all speakers and all starts that could have been.
"""

import numpy as np

from ser_repro.results import scores, uncertainty

SPEAKERS, STARTS, CLASSES = 0.10, 0.036, 4
RECALL = np.array([0.70, 0.65, 0.55, 0.50])
CLIPS = np.array([32, 16, 8, 8])  # of a speaker
TRUTH = {"accuracy": float(RECALL @ CLIPS / CLIPS.sum()), "uar": float(RECALL.mean()), "difference": 0.0}
NO_START = (0, 0)  # of a model that comes out alike each time it is fitted
KNOWN = ((1, 3), (1, 5), (3, 0), (5, 0))  # starts of a study, and others whose spread it borrows


def matrices(rng, chances):
    """Confusion matrices, of chances to be right of shape (..., class)."""
    clips = np.broadcast_to(CLIPS, chances.shape)
    right = rng.binomial(clips, np.clip(chances, 0, 1))
    found = np.zeros((*chances.shape, CLASSES))
    each = np.arange(CLASSES)
    found[..., each, each], found[..., each, (each + 1) % CLASSES] = right, clips - right
    return found


def side(rng, speakers, starts, apart=1.0):
    """Matrices (study, start, speaker, class, class) of networks that hear the same speakers, (study, speaker), and
    whose starts lie `apart` times as far apart as usual; of a model that has no start, as one start."""
    start = rng.normal(0, apart * STARTS if starts else 0, (len(speakers), starts or 1, 1, 1))
    return matrices(rng, RECALL + speakers[:, None, :, None] + start)


def measure(kind):
    """(..., class, class) -> (...): UAR, or else accuracy, of which differences are taken."""
    return lambda counts: scores.from_confusion(counts, "uar" if kind == "uar" else "accuracy")


def values(counts, kind):
    return uncertainty.pseudo_values(counts, measure(kind))


def speakers(rng, studies, number, kind):
    """What each speaker is to the one side, or to the two of a difference: (study, speaker) each."""
    heard = rng.normal(0, SPEAKERS, (studies, number))
    return [heard + rng.normal(0, SPEAKERS / 2, heard.shape) for _ in range(2)] if kind == "difference" else [heard]


def minus(sides, of):
    """`of` the one side, or of the first minus that of the second."""
    return of(sides[0]) - of(sides[1]) if len(sides) == 2 else of(sides[0])


def crossed(rng, studies, number, starts, known, kind, apart=1.0):
    """Sides of studies, and how often their interval holds the truth.

    Parameters
    ----------
    starts : int
        0: the model has no start.
    known : int
        Other starts whose spread is borrowed; 0: each side has that of its own.
    apart : float
        How many times as far apart those others lie.
    """
    heard = speakers(rng, studies, number, kind)
    tested = [side(rng, one, starts) for one in heard]
    parts = [uncertainty.over_units(minus(tested, lambda one: values(one, kind).mean(1)), "speakers")]
    if starts:
        lent = uncertainty.between(values(side(rng, heard[0], known, apart), kind)) if known else None
        networks = [uncertainty.over_networks(lent or uncertainty.between(values(one, kind)), "starts", starts)
                    for one in tested]
        parts += networks if lent or len(networks) == 1 else [uncertainty.together(networks)]
    value = minus(tested, lambda one: measure(kind)(one.sum(2)).mean(1))
    return tested, held(value, uncertainty.margin(parts), kind)


def folded(rng, studies, folds, heard, starts, kind):
    """Matrices (study, start, speaker, class, class) of folds that have networks of their own, and how often the
    interval over folds holds the truth."""
    voices = rng.normal(0, SPEAKERS, (studies, 1, folds, heard, 1))
    start = rng.normal(0, STARTS, (studies, starts, folds, 1, 1))
    counts = matrices(rng, RECALL + voices + start)
    units = values(counts.sum(3), kind).mean(1)
    value = measure(kind)(counts.sum((2, 3))).mean(1)
    return (counts.reshape(studies, starts, folds * heard, CLASSES, CLASSES),
            held(value, uncertainty.margin([uncertainty.over_units(units, "folds")]), kind))


def held(value, half, kind):
    """How often the truth lies within this far of the value."""
    return float(np.mean(np.abs(value - TRUTH[kind]) <= half))
