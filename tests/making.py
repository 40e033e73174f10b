"""Runs and saved models that several tests start from."""

from ser_repro import documents
from ser_repro.features import arrays
from ser_repro.runs import run as runs
from ser_repro.saved import model as saved


def make_run(document, reading="code", seed=0, **changes):
    of = documents.get(document)
    n = min(of.sizes, default=None)
    values = documents.settings(document, reading, "RAVDESS", n, epochs=2, **of.unsearched) | changes
    return runs.Run(document, reading, "RAVDESS", "published", 0, seed, values, synthetic=True)


def make_model(run, demo, folder):
    waves = arrays.prepare("RAVDESS", documents.get(run.document).inputs(run.values), data=demo, cache=folder / "cache")
    record, weights, _ = saved.obtain(run, waves, results=folder / "results", cache=folder / "cache", device="cpu")
    saved.save(record, weights, waves, folder / run.document, results=folder / "results")
    return folder / run.document
