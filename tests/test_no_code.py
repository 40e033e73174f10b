"""What one person hands to another runs no code: a pickle at every place that a command reads."""

import io
import pickle
import shutil

import numpy as np
import pytest
import torch
from making import make_run

from ser_repro.datasets import contents
from ser_repro.datasets.demo import write_demo
from ser_repro.features import arrays, sets
from ser_repro.features.store import Store
from ser_repro.runs import execution, methods

TRAIN = ("train", "mfcc_cnn", "RAVDESS", "--epochs", "2", "--device", "cpu")


class Trap:
    """What a pickle does when it is loaded."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return open, (str(self.marker), "w")


def planted(marker, name):
    """A content that runs code where it is loaded: by torch, by numpy or as a pickle, as the file's name suggests."""
    content = io.BytesIO()
    if name.endswith(("safetensors", "ckpt")):
        torch.save({"model": Trap(marker)}, content)
    elif name.endswith("npy"):
        np.save(content, np.array([Trap(marker)], object), allow_pickle=True)
    else:
        pickle.dump(Trap(marker), content)
    return content.getvalue()


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The smallest demo corpus: it is trained on for each place."""
    return write_demo("RAVDESS", tmp_path_factory.mktemp("demo") / "RAVDESS", speakers=["01", "02"], per_emotion=1,
                      sample_rate=16000, duration_s=0.4)


@pytest.fixture(scope="module")
def used(demo, tmp_path_factory):
    """A cache and a saved model as they are after some use, a training broken off among it; and what is in them."""
    from ser_repro.saved import model as saved

    folder = tmp_path_factory.mktemp("handed")
    run = make_run("mfcc_cnn", epochs=2)
    here = {"data": demo, "cache": folder / "cache"}
    with pytest.MonkeyPatch.context() as at_once:  # what files hold is remembered, though they are new
        at_once.setattr(contents, "_SETTLED_NS", -10**15)
        made = execution.obtain(run, results=folder / "results", device="cpu", weights=True, **here)
    waves = execution.inputs(run, **here)
    saved.save(made.record, made.weights, waves, folder / "model", results=folder / "results")
    work = execution.work_folder(folder / "cache", run)
    shutil.copy(made.weights, work / methods.CHECKPOINT)
    (work / "last.ckpt").touch()
    what = run.inputs
    for of in ([] if arrays.is_waveform(what) else [sets.get(what)]):
        store = Store(of, "fast", folder / "cache" / "unfinished" / "RAVDESS")
        store.put([("x", np.zeros(3, np.float32))])
    return folder, [path.relative_to(folder) for path in sorted(folder.rglob("*"))
                    if path.is_file() and path.suffix not in (".lock", ".png", ".md") and path.name != "lock"]


def test_nothing_that_is_handed_on_runs_code(used, demo, tmp_path, type_in):
    whole, places = used
    assert {"values.npy", "clips.csv", "meta.json", "weights.safetensors", methods.CHECKPOINT, "card.json",
            "RAVDESS.json"} <= {place.name for place in places}
    marker, copy = tmp_path / "code ran", tmp_path / "copy"
    for place in places:
        shutil.copytree(whole, copy)
        (copy / place).write_bytes(planted(marker, place.name))
        if place.parts[0] == "model":
            type_in("predict", next(demo.rglob("*.wav")), "--model", copy / "model")
        else:
            code, _, lines = type_in(*TRAIN, "--data", demo, "--cache", copy / "cache", "--results", copy / "results",
                                     "--model", copy / "model")
            assert code == 0 or "is damaged" in lines[-1], (place, lines)
        assert not marker.exists(), place
        shutil.rmtree(copy)


def test_the_traps_would_be_seen(tmp_path):
    marker = tmp_path / "code ran"
    for name, load in (("x.json", pickle.load), ("x.ckpt", lambda file: torch.load(file, weights_only=False)),
                       ("x.npy", lambda file: np.load(file, allow_pickle=True))):
        load(io.BytesIO(planted(marker, name)))
        assert marker.exists()
        marker.unlink()


def test_no_module_loads_what_could_be_code():
    """Neither these calls nor these modules stand anywhere in the package."""
    import ast
    from pathlib import Path

    import ser_repro

    found = []
    for path in Path(ser_repro.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [one.name for one in node.names] + [getattr(node, "module", None) or ""]
                found += [(path.name, name) for name in names
                          if name.split(".")[0] in ("pickle", "cloudpickle", "dill", "marshal", "shelve", "yaml")]
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                told = {word.arg: ast.unparse(word.value) for word in node.keywords}
                if called in ("eval", "exec", "torch.load", "joblib.load", "pd.read_pickle", "pandas.read_pickle") or (
                        told.get("allow_pickle", "False") != "False") or (
                        called in ("np.load", "numpy.load") and "allow_pickle" not in told):
                    found.append((path.name, called))
    assert found == []
