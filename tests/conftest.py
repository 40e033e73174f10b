"""What tests share."""


import os
import shutil
import sys
from pathlib import Path

import matplotlib
import pytest
import torch

DATA = os.environ.get("SER_REPRO_DATA")  # as it was before any test changed it
matplotlib.use("Agg")
torch.set_num_threads(1)  # the tests' tensors are small, and pytest-xdist uses the cores


@pytest.fixture(autouse=True)
def private_folders(tmp_path_factory, monkeypatch):
    """No test reads or writes the caches of the person who runs it."""
    monkeypatch.setenv("SER_REPRO_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def real_corpus():
    """A function that gives the folder of a real corpus; where there is none, it skips the test, naming the corpus."""
    from ser_repro import datasets

    def find(name):
        for place in (DATA, Path(__file__).parents[2] / "shared" / "corpora"):
            there = place and Path(place).is_dir() and name in datasets.available(place)
            if there and not datasets.is_synthetic(place, name):
                return place
        pytest.skip(f"{name} is not on this machine: set SER_REPRO_DATA to the folder that holds it")

    return find


@pytest.fixture
def no_corpora(monkeypatch):
    monkeypatch.delenv("SER_REPRO_DATA", raising=False)


@pytest.fixture
def made_up_records(monkeypatch):
    """Records are read that hold no more than the test needs, and clips that no corpus has."""
    from ser_repro.runs import schema

    monkeypatch.setattr(schema, "check_record", lambda record: None)


@pytest.fixture(scope="session")
def deep(tmp_path_factory):
    """The records of CNN-18-GRU on TESS alone, whose search found nothing."""
    folder = tmp_path_factory.mktemp("results")
    for part in ("", "search"):
        (folder / "cnn_n_gru" / part).mkdir(parents=True, exist_ok=True)
    for path in ("search/tess-n18-code-published-fold0.json",
                 "tess-n18-code-published-fold0-seed0-e6b536a8f8fe.json.xz"):
        shutil.copy(f"results/cnn_n_gru/{path}", folder / "cnn_n_gru" / path)
    return folder


@pytest.fixture(autouse=True)
def forgotten():
    """No corpus that a test makes known is known to the next."""
    from ser_repro import datasets

    before = dict(datasets.CORPORA)
    yield
    datasets.CORPORA.clear()
    datasets.CORPORA.update(before)


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """A folder with a small demo corpus in the layout of RAVDESS."""
    from ser_repro.datasets.demo import write_demo

    return write_demo("RAVDESS", tmp_path_factory.mktemp("demo") / "RAVDESS", sample_rate=16000, duration_s=0.4)


@pytest.fixture(scope="session")
def small(demo, tmp_path_factory):
    """The smallest saved model."""
    from making import make_model, make_run

    return make_model(make_run("mfcc_cnn"), demo, tmp_path_factory.mktemp("small"))


@pytest.fixture
def type_in(monkeypatch, capsys, tmp_path):
    """Type a command: exit status, standard output, and the lines of standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SER_REPRO_DATA", raising=False)

    from ser_repro import cli

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["ser-repro", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capsys.readouterr()
        return stop.value.code, out, err.splitlines()

    return typed


@pytest.fixture
def refused(type_in, tmp_path):
    """Type a command that must be refused without a trace, and get the line."""
    def typed(*words, status=1):
        before = sorted(tmp_path.rglob("*"))
        code, _, lines = type_in(*words)
        assert code == status
        assert len(lines) == 1 and lines[0].startswith("ser-repro: ")
        assert sorted(tmp_path.rglob("*")) == before
        return lines[0]

    return typed
