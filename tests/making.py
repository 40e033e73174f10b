"""Runs and saved models that several tests start from."""

from ser_repro import documents
from ser_repro.results.scores import Score
from ser_repro.runs import execution, records
from ser_repro.runs.run import Run
from ser_repro.saved import model as saved

OPEN = {"hidden_size": 16, "learning_rate": 3e-3, "weight_decay": 1e-5, "batch_size": 16}  # of the smallest CNN-n-GRU


def make_difference(low, high, *, clips=10, family=1, name="accuracy"):
    """A difference with this interval over speakers, told apart from none where that leaves out zero."""
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
    return {path.name: {name: value for name, value in records.read(path).items() if name not in varies}
            for path in sorted(results.glob("*/*.json"))}
