"""How often 95 % intervals hold the truth: those of the book, and the percentile bootstrap that they replaced.

    python benchmarks/coverage.py

makes 1000 studies a row, whose truth is known (tests/made_up_studies.py), prints a table, and writes it to
results/statistics/coverage.json, which the chapter on intervals draws. It takes a minute or two.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from ser_repro.files import write_atomic

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import made_up_studies as made  # noqa: E402

STUDIES, RESAMPLES = 1000, 400
OUT = ROOT / "results" / "statistics" / "coverage.json"


def bootstrap(rng, sides, kind):
    """How often the percentile interval holds the truth that resamples speakers and starts, of sides (study, start,
    unit, class, class)."""
    studies, starts, units = sides[0].shape[:3]
    drawn = rng.multinomial(units, np.full(units, 1 / units), size=RESAMPLES).astype(float)
    picked = rng.integers(starts, size=(starts, RESAMPLES))
    wider = stdtrit(units - 1, 0.975) / ndtri(0.975) * np.sqrt(units / (units - 1))
    hits = 0
    for first in range(0, studies, 50):
        some = [one[first:first + 50] for one in sides]

        def resampled(one):
            flat = one.reshape(*one.shape[:3], -1)
            scored = made.measure(kind)((drawn @ flat).reshape(*one.shape[:2], RESAMPLES, *one.shape[-2:]))
            return np.take_along_axis(scored, picked[None], 1).mean(1)

        value = made.minus(some, lambda one: made.measure(kind)(one.sum(2)).mean(1))
        low, high = value + wider * (np.percentile(made.minus(some, resampled), [2.5, 97.5], axis=1) - value)
        hits += np.sum((low <= made.TRUTH[kind]) & (made.TRUTH[kind] <= high))
    return float(hits / studies)


def clips(sides):
    """The same of accuracy, where clips are taken as independent."""
    counts = sides[0][:, 0].sum(1)
    value = made.measure("accuracy")(counts)
    return made.held(value, 1.96 * np.sqrt(value * (1 - value) / counts.sum((-2, -1))), "accuracy")


def rows():
    rng = np.random.default_rng(0)
    for kind in ("accuracy", "uar", "difference"):
        for speakers in (4, 6, 10, 24, 91):
            for starts, known in (made.NO_START, *made.KNOWN):
                sides, after = made.crossed(rng, STUDIES, speakers, starts, known, kind)
                yield {"of": kind, "units": f"{speakers} speakers", "starts": starts, "borrowed": known, "apart": 1,
                       "clips": clips(sides) if kind == "accuracy" else None, "before": bootstrap(rng, sides, kind),
                       "after": after}
    for kind in ("accuracy", "uar"):
        for folds, heard in ((4, 1), (6, 4), (10, 1), (6, 15)):
            for starts in (1, 3):
                counts, after = made.folded(rng, STUDIES, folds, heard, starts, kind)
                yield {"of": kind, "units": f"{folds} folds of {heard} speaker{'s' * (heard > 1)}", "starts": starts,
                       "borrowed": 0, "apart": 1, "clips": None, "before": bootstrap(rng, [counts], kind),
                       "after": after}
    for speakers in (4, 6, 10, 24, 91):  # where the others lie nearer to each other, or farther apart
        for apart in (0.5, 2):
            sides, after = made.crossed(rng, STUDIES, speakers, 1, 5, "accuracy", apart)
            yield {"of": "accuracy", "units": f"{speakers} speakers", "starts": 1, "borrowed": 5, "apart": apart,
                   "clips": clips(sides), "before": bootstrap(rng, sides, "accuracy"), "after": after}


if __name__ == "__main__":
    found = list(rows())
    write_atomic(OUT, "[\n" + ",\n".join(json.dumps(row) for row in found) + "\n]\n")
    print(pd.DataFrame(found).to_string(index=False))
