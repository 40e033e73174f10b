"""A document's own search: what it draws, which trials it stops, and that it can be broken off."""

import json

import numpy as np
import pytest

from ser_repro import SerReproError, documents
from ser_repro.documents.base import LogUniform, Search
from ser_repro.runs import asha, execution
from ser_repro.runs.run import Run

SMALL = Search(grid={"batch_size": (16, 32), "hidden_size": (16,)},
               drawn={"learning_rate": LogUniform(1e-4, 1e-1), "weight_decay": LogUniform(1e-6, 1e-2)},
               samples=3, max_epochs=5)


@pytest.fixture
def run(monkeypatch):
    """A run on demo speech whose document made a search of six trials."""
    of = documents.get("cnn_n_gru")
    monkeypatch.setitem(of.__dict__, "own_search", lambda corpus: SMALL)
    return Run.of("cnn_n_gru", "RAVDESS", n=3, synthetic=True)


@pytest.fixture
def losses(monkeypatch):
    """Trials that are not trained: trial i has the losses that are listed, epoch by epoch."""
    told = [[2.0, 1.9, 1.8, 1.7, 1.6], [1.9, 1.8, 1.9, 1.9, 1.9], [2.1, 1.0, 1.0, 1.0, 1.0], [1.8, 1.7, 1.6, 1.5, 1.1],
            [1.7, 1.9, 1.0, 1.0, 1.0], [1.95, 0.1, 0.1, 0.1, 0.1]]
    trained = []

    def train(one, trial, waves, work, device):
        number = asha.draw(SMALL).index(trial["settings"])
        trained.append((number, one.values["epochs"]))
        some = told[number][:one.values["epochs"]]
        trial["history"] = dict.fromkeys(asha._QUANTITIES, some)

    monkeypatch.setattr(asha, "_train", train)
    monkeypatch.setattr(execution, "inputs", lambda *_, **__: Waves)
    monkeypatch.setattr(execution, "execute", lambda run, *_, **__: {"config": run.config, "format": 1})
    return told, trained


class Waves:
    synthetic, corpus_hash, corpus = True, "", "RAVDESS"


def test_the_documents_space():
    of = documents.get("cnn_n_gru").own_search
    assert len(asha.draw(of("TESS"))) == 60 and len(asha.draw(of("IEMOCAP"))) == 180
    trials = asha.draw(of("TESS"))
    assert asha.rungs(of("TESS")) == [1, 2, 4, 8, 16, 32, 64, 100]
    assert [trial["batch_size"] for trial in trials[:6]] == [2, 4, 8, 16, 32, 64]
    assert {trial["hidden_size"] for trial in trials} == {16}
    rates, decays = (np.log10([trial[name] for trial in trials]) for name in ("learning_rate", "weight_decay"))
    assert rates.min() >= -4 and rates.max() <= -1 and decays.min() >= -6 and decays.max() <= -2
    assert abs(rates.mean() + 2.5) < 0.4 and abs(decays.mean() + 4) < 0.5  # even over the logarithm


def test_a_trial_stops_above_the_median_of_those_before_it(run, losses, tmp_path):
    _told, trained = losses
    found = asha.search(run, results=tmp_path)
    # Epoch 1: 2.0 is first and goes on; 1.9 is below the median 2.0; 2.1 above 1.95: stops; 1.8, 1.7 go on; 1.95 stops.
    # Epoch 2: 1.9 first; 1.8 on; 1.7 on; 1.9 above the median 1.8: stops. Epoch 4: 1.7 first; 1.9 stops; 1.5 on.
    assert [trial["stopped"] for trial in found["trials"]] == [5, 4, 1, 5, 2, 1]
    assert trained == [*((i, 1) for i in range(6)), (0, 2), (1, 2), (3, 2), (4, 2), (0, 4), (1, 4), (3, 4), (0, 5),
                       (3, 5)]
    assert found["winner"] == 3 and "seed0" in found["record"]  # the lowest last loss, not the lowest on the way
    assert (tmp_path / "cnn_n_gru" / f"{found['record']}.json").is_file()


def test_broken_off_it_goes_on_where_it_was(run, losses, tmp_path, monkeypatch):
    _told, trained = losses
    whole = asha.search(run, results=tmp_path / "whole")
    train, left = asha._train, [4]

    def tired(*words):
        left[0] -= 1
        if left[0] < 0:
            left[0] = 4
            raise KeyboardInterrupt
        train(*words)

    monkeypatch.setattr(asha, "_train", tired)
    trained.clear()
    for _ in range(9):
        try:
            found = asha.search(run, results=tmp_path / "broken")
            break
        except KeyboardInterrupt:
            continue
    assert found == whole and len(trained) == len(set(trained)) == 15  # nothing done twice


def test_trials_that_diverge_are_told(run, losses, tmp_path, monkeypatch):
    train = asha._train

    def diverging(one, trial, *rest):
        train(one, trial, *rest)
        if trial["settings"] == asha.draw(SMALL)[3]:
            trial["stopped"] = asha.DIVERGED

    monkeypatch.setattr(asha, "_train", diverging)
    found = asha.search(run, results=tmp_path)
    assert found["trials"][3]["stopped"] == asha.DIVERGED and found["winner"] != 3


def test_a_search_of_other_settings_is_refused(run, losses, tmp_path):
    asha.search(run, results=tmp_path)
    path = asha.path(tmp_path, run)
    content = json.loads(path.read_text())
    content["trials"][0]["settings"]["learning_rate"] = 0.5
    path.write_text(json.dumps(content))
    with pytest.raises(SerReproError, match="is of other settings than cnn_n_gru searches on RAVDESS"):
        asha.search(run, results=tmp_path)
    path.write_text("{")
    with pytest.raises(SerReproError, match="is damaged"):
        asha.search(run, results=tmp_path)


def test_a_document_without_a_search_says_so(tmp_path):
    with pytest.raises(SerReproError, match=r"Issa et al\. made no search of its own"):
        asha.search(Run.of("issa", "RAVDESS"), results=tmp_path)
