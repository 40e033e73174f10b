"""How far chance can have moved a score: over speakers, over starts of the training, over draws of the split.

A score is an average over speakers and over networks, each drawn from many that could have been. Its *pseudo-values*
(Tukey's jackknife) say what each speaker adds to it, for accuracy, UAR and macro F1 alike. Their spread over speakers
and over networks gives a variance for each source, which add up. The 95 % interval takes each variance with Student's
t of its own degrees of freedom (Howe's approximation, as in Burdick and Graybill 1992, chapter 3): half its width is

    sqrt(t(speakers - 1)² variance_speakers + t(df of starts)² variance_starts + ...)

Where few speakers agree better than chance in their clips allows, the variance of single clips takes the place of
theirs (`wider`).

tests/results/test_coverage.py simulates how often such intervals hold what they should.

Shapes: all functions work over leading axes, and so on many made-up studies at once. Variances are of fractions.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

LEVEL = 0.95
NORMAL = 1.96  # standard deviations that half a 95 % interval has, of a normal distribution


class Spread(NamedTuple):
    """Variance of single networks around the mean of all that could have been, and its degrees of freedom.

    As an estimate free of bias it may fall below zero; what is made of it does not.
    """

    variance: np.ndarray
    df: int


class Part(NamedTuple):
    """What one source adds to the variance of a score, and its degrees of freedom."""

    source: str
    variance: np.ndarray
    df: int | np.ndarray


def pseudo_values(matrices: np.ndarray, measure: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """What each speaker (or fold) adds to a score, shape (..., unit, class, class) -> (..., unit).

    Parameters
    ----------
    matrices : ndarray
        A confusion matrix a unit.
    measure : callable
        (..., class, class) -> (...), the score of a confusion matrix.
    """
    units, whole = matrices.shape[-3], matrices.sum(-3, keepdims=True)
    return units * measure(whole) - (units - 1) * measure(whole - matrices)


def between(values: np.ndarray) -> Spread:
    """Spread between networks that were tested on the same speakers, shape (..., network, unit) of pseudo-values.

    The variance of the networks' means, less what chance in the clips alone would make of it (two-way layout, one value
    a cell).
    """
    networks, units = values.shape[-2:]
    means = values.mean(-1, keepdims=True)
    rest = values - means - values.mean(-2, keepdims=True) + values.mean((-1, -2), keepdims=True)
    chance = (rest**2).sum((-1, -2)) / ((networks - 1) * (units - 1)) / units
    return Spread(means[..., 0].var(-1, ddof=1) - chance, networks - 1)


def pool(spreads: list[Spread], *, shared: bool = False) -> Spread | None:
    """One spread of several, which count by their degrees of freedom; None of none.

    Parameters
    ----------
    shared : bool
        They are of the same draws of a split, so that all of them tell no more than the one with the most.
    """
    df = sum(one.df for one in spreads)
    if not df:
        return None
    return Spread(sum(one.variance * one.df for one in spreads) / df, max(one.df for one in spreads) if shared else df)


def over_units(values: np.ndarray, source: str) -> Part:
    """The part of the units, from what each adds to the score, shape (..., unit)."""
    units = values.shape[-1]
    return Part(source, values.var(-1, ddof=1) / units, units - 1)


def wider(units: Part, clips: Part) -> Part:
    """The part of the units, or that of single clips where it is the larger: speakers are made of clips, so where few
    of them agree to less than chance in their clips allows, they agree by chance."""
    return clips if margin([clips]) > margin([units]) else units


def over_networks(spread: Spread, source: str, networks: int = 1, known: np.ndarray | float = 0.0) -> Part:
    """The part of a mean over networks, less a variance that is counted already."""
    return Part(source, np.maximum(spread.variance - known, 0.0) / networks, spread.df)


def together(parts: list[Part]) -> Part:
    """One part of what two sides of a difference add, each known from networks of its own (Welch 1947, Satterthwaite
    1946): its degrees of freedom lie between those of the one and of both."""
    variance = sum(part.variance for part in parts)
    rest = sum(part.variance**2 / part.df for part in parts)
    least = min(part.df for part in parts)
    df = np.where(rest > 0, variance**2 / np.where(rest > 0, rest, 1.0), least)
    return Part(parts[0].source, variance, df)


def margin(parts: list[Part], level: float = LEVEL) -> np.ndarray:
    """Half the width of the interval."""
    from scipy.special import stdtrit  # half a second, which prediction does not need

    return np.sqrt(sum(stdtrit(part.df, (1 + level) / 2) ** 2 * part.variance for part in parts))


def p_value(value: float, parts: list[Part]) -> float:
    """One minus the level at which the interval of a difference would just reach zero."""
    from scipy.optimize import brentq

    def above(p):
        return margin(parts, 1 - p) - abs(value)

    smallest = 1e-9
    return float(brentq(above, smallest, 1)) if above(smallest) > 0 else smallest


def by_lot(share: float, clips: int) -> float:
    """Half of the 95 % interval of an accuracy by the number of test clips alone, as if these were independent."""
    return NORMAL * float(np.sqrt(share * (1 - share) / clips))


def units_needed(spread: float, difference: float, level: float = LEVEL, power: float = 0.8) -> int:
    """How many speakers a paired test of two models needs, to tell a difference apart from none in `power` of cases.

    Parameters
    ----------
    spread : float
        Standard deviation over speakers of the difference in one speaker.
    difference : float
        To be found, in the same unit.
    """
    from scipy.stats import nct, t

    def found(units: int) -> float:
        df, away = units - 1, difference / spread * np.sqrt(units)
        limit = t.ppf((1 + level) / 2, df)
        return nct.sf(limit, df, away)

    low, high = 1, 2
    while found(high) < power:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if found(middle) >= power else (middle, high)
    return high


def holm(ps: list[float]) -> list[float]:
    """P-values corrected for their number (Holm 1979), in the order given."""
    order = np.argsort(ps)
    steps = np.maximum.accumulate(np.asarray(ps, float)[order] * np.arange(len(ps), 0, -1))
    corrected = np.empty(len(ps))
    corrected[order] = np.minimum(steps, 1)
    return corrected.tolist()
