"""Runs and saved models that several tests start from."""

import base64
import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from ser_repro import documents
from ser_repro.results.scores import Score
from ser_repro.runs import execution, records
from ser_repro.runs.run import Run
from ser_repro.saved import model as saved

OPEN = {"hidden_size": 16, "learning_rate": 3e-3, "weight_decay": 1e-5, "batch_size": 16}  # of the smallest CNN-n-GRU


def make_difference(low, high, *, clips=10, family=1, name="accuracy"):
    """A difference with this interval over speakers, significant where that leaves out zero."""
    value = (low + high) / 2
    return Score(name, value, low, high, clips, ("speakers",), (value,), p=0.5 if low <= 0 <= high else 0.01,
                 family=family)


def make_run(document="cnn_n_gru", reading="code", *, protocol="published", fold=0, seed=0, epochs=2, tested=(),
             **changes):
    """A short run on demo speech in the layout of RAVDESS, every setting decided, at the smallest of the sizes."""
    of = documents.get(document)
    short = {"epochs": epochs} if "epochs" in of.settings else {}
    open_ = OPEN if document == "cnn_n_gru" else of.fallback
    return Run.of(document, "RAVDESS", reading, protocol, fold, seed, n=min(of.sizes, default=None), tested=tested,
                  synthetic=True, **short | open_ | changes)


def make_model(run, demo, folder):
    """The folder of a saved model of a run."""
    here = {"data": demo, "cache": folder / "cache"}
    made = execution.obtain(run, results=folder / "results", device="cpu", weights=True, **here)
    saved.save(made.record, made.weights, execution.inputs(run, **here), folder / run.document,
               results=folder / "results")
    return folder / run.document


def records_in(results):
    """Name -> record of all records in a folder, without what differs from one making to the next."""
    varies = ("finished", "train_seconds", "device", "checksum")
    return {records.name_of(path): {name: value for name, value in records.read(path).items() if name not in varies}
            for path in records.files(results)}


def interrupt_study(epochs, places, setup):
    """Make a study of short runs and one of 10 000 epochs in a process of its own, and stop it by Ctrl-C when two
    are made and the long one has a checkpoint. That checkpoint.

    Parameters
    ----------
    epochs : tuple of int
        Of each run.
    places : dict
        results, data and cache, as text.
    setup : str
        The engine, as code.
    """
    code = textwrap.dedent(f"""
        import signal, sys
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from making import make_run
        from ser_repro.runs import study
        from ser_repro.runs.engines import Setup
        wanted = [make_run("mfcc_cnn", epochs=epochs) for epochs in {epochs}]
        study.run_study(wanted, **{places!r}, device="cpu", setup={setup}, report=lambda line: print(line, flush=True))
    """)
    driver = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              start_new_session=True)
    lines = [driver.stdout.readline() for _ in range(3)]
    assert f"[2/{len(epochs)}]" in lines[-1], driver.communicate()[1]
    long = make_run("mfcc_cnn", epochs=10000)
    checkpoint, deadline = execution.work_folder(places["cache"], long) / "last.safetensors", time.monotonic() + 300
    while not checkpoint.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.killpg(driver.pid, signal.SIGINT)
    assert "KeyboardInterrupt" in driver.communicate(timeout=60)[1]
    return checkpoint


def registered(monkeypatch, registry, one):
    """One registered, until the test ends."""
    monkeypatch.setitem(registry, one.name, one)  # what is set is taken away afterwards, whoever set it in between
    del registry[one.name]
    return registry.register(one)


def train_both_ways(run, demo, cache, plain):
    """Losses and accuracies after every epoch, and test probabilities after the last: by the package's kernels, and by
    plain layers with an optimiser that `plain(training)` makes plain."""
    import torch

    from ser_repro.runs import training

    source, values = execution.inputs(run, data=demo, cache=cache), run.values
    _, classes, parts = execution.parts_of(run, source)
    parts = {name: part for name, part in parts.items() if len(part[0])}
    curves, probabilities = [], []
    for optimised in (True, False):
        torch.manual_seed(0)
        model = documents.build(run.document, values, len(classes))
        model.optimised = optimised
        trained = training.Training(run.recipe, model, values, source, parts, seed=0)
        trained.start(torch.device("cpu"))
        if not optimised:
            plain(trained)
        for _ in range(values["epochs"]):
            trained.epoch()
        curves.append([list(row.values()) for row in trained.history])
        probabilities.append(training.predict(model, source, parts["test"][0], batch_size=32))
    return curves, probabilities


def is_cut(figure) -> bool:
    """Whether anything is drawn at an edge of the picture that a page would show of a figure."""
    import matplotlib.pyplot as plt

    from ser_repro.book import show

    shown = plt.imread(io.BytesIO(base64.b64decode(show._saved(figure)[0])))[..., :3]
    return any(edge.min() < 0.98 for edge in (shown[:2], shown[-2:], shown[:, :2], shown[:, -2:]))
