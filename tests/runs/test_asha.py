"""A document's own search: what it draws, which trials it stops, and that it can be broken off."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from filelock import FileLock

from ser_repro import SerReproError, documents
from ser_repro.documents.base import LogUniform, Search
from ser_repro.files import cache_folder
from ser_repro.runs import asha, execution
from ser_repro.runs.engines import Setup
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

    def train(place, one, share, device):
        number = next(i for i, settings in enumerate(asha.draw(SMALL)) if settings.items() <= one.values.items())
        trained.append((number, one.values["epochs"]))
        some = told[number][:one.values["epochs"]]
        return {"history": dict.fromkeys(asha._QUANTITIES, some), "stopped": None, "seconds": 0.0, "device": "a device"}

    monkeypatch.setattr(asha, "_train", train)
    monkeypatch.setattr(execution, "plain_inputs", lambda *_, **__: Waves)
    monkeypatch.setattr(execution, "make", lambda run, *_, **__: {"config": run.config, "format": 1})
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


def made(run, results):
    """The search, one trial at a time: in this process."""
    return asha.search(run, results=results, setup=Setup(jobs=1, cpus=1))


def test_a_trial_stops_above_the_median_of_those_before_it(run, losses, tmp_path):
    _told, trained = losses
    found = made(run, tmp_path)
    # Epoch 1: 2.0 is first and goes on; 1.9 is below the median 2.0; 2.1 above 1.95: stops; 1.8, 1.7 go on; 1.95 stops.
    # Epoch 2: 1.9 first; 1.8 on; 1.7 on; 1.9 above the median 1.8: stops. Epoch 4: 1.7 first; 1.9 stops; 1.5 on.
    assert [trial["stopped"] for trial in found["trials"]] == [5, 4, 1, 5, 2, 1]
    assert trained == [*((i, 1) for i in range(6)), (0, 2), (1, 2), (3, 2), (4, 2), (0, 4), (1, 4), (3, 4), (0, 5),
                       (3, 5)]
    assert found["winner"] == 3 and "seed0" in found["record"]  # the lowest last loss, not the lowest on the way
    assert (tmp_path / "cnn_n_gru" / f"{found['record']}.json").is_file()


def test_broken_off_it_goes_on_where_it_was(run, losses, tmp_path, monkeypatch):
    _told, trained = losses
    whole = made(run, tmp_path / "whole")
    train, left = asha._train, [4]

    def tired(*words):
        left[0] -= 1
        if left[0] < 0:
            left[0] = 4
            raise KeyboardInterrupt
        return train(*words)

    monkeypatch.setattr(asha, "_train", tired)
    trained.clear()
    for _ in range(9):
        try:
            found = made(run, tmp_path / "broken")
            break
        except KeyboardInterrupt:
            continue
    assert found == whole and len(trained) == len(set(trained)) == 15  # nothing done twice


def test_trials_that_diverge_are_told(run, losses, tmp_path, monkeypatch):
    train = asha._train

    def diverging(place, one, *rest):
        value = train(place, one, *rest)
        if asha.draw(SMALL)[3].items() <= one.values.items() and one.values["epochs"] == 4:
            value["history"] = {name: [1.8, 1.7, float("nan")] for name in value["history"]}
            value["stopped"] = asha.DIVERGED
        return value

    monkeypatch.setattr(asha, "_train", diverging)
    found = made(run, tmp_path)
    assert found["trials"][3]["stopped"] == asha.DIVERGED and found["winner"] != 3
    assert [trial["stopped"] for trial in found["trials"]] == [5, 4, 1, asha.DIVERGED, 2, 1]
    # Gone on with, it is compared at the rungs that it came to: trial 4 is above the median of epoch 2 because of it.
    path = asha.path(tmp_path, run)
    content = json.loads(path.read_text())
    content["trials"][4]["stopped"] = None
    path.write_text(json.dumps({name: value for name, value in content.items() if name not in ("winner", "record")}))
    assert [trial["stopped"] for trial in made(run, tmp_path)["trials"]] == [5, 4, 1, asha.DIVERGED, 2, 1]


def test_a_search_whose_trials_all_diverge_is_told_in_one_line(run, losses, tmp_path, monkeypatch):
    train = asha._train
    monkeypatch.setattr(asha, "_train", lambda *words: train(*words) | {"stopped": asha.DIVERGED})
    with pytest.raises(SerReproError, match=r"every trial of the search of .* diverged: there is none to test"):
        made(run, tmp_path)
    assert {trial["stopped"] for trial in asha.read(tmp_path, run)["trials"]} == {asha.DIVERGED}


@pytest.mark.parametrize(("again", "ends"), [
    ({}, [1.9, 1.8, 1.5]),
    ({"stopped": asha.DIVERGED}, [1.9, 1.8, 1.5]),  # in the third epoch
    ({"stopped": asha.DIVERGED, "history": [9.0]}, [1.9, 1.8, None])])  # in the first, which had a loss
def test_a_trial_that_is_trained_again_elsewhere_changes_nothing_that_was_decided(run, tmp_path, again, ends):
    found = {"rungs": [1, 2, 3], "reduction": 2, "trials": [
        {"settings": {}, "history": dict.fromkeys(asha._QUANTITIES, losses), "stopped": None, "seconds": 0.0}
        for losses in ([1.9, 1.8], [1.85, 1.7])]}
    made = asha._Trials(run, found, None, None, tmp_path, tmp_path, "cpu", lambda line: None)
    assert asha._advance(found) == [(0, 3), (1, 3)]
    value = {"stopped": None, "seconds": 1.0, "device": "a device", "history": [9.0, 9.0, 1.5]} | again
    made._take(0, value | {"history": dict.fromkeys(asha._QUANTITIES, value["history"])})
    trial, ends = found["trials"][0], [np.nan if one is None else one for one in ends]
    assert trial["history"]["train_loss"] == pytest.approx(ends, nan_ok=True)
    assert trial["stopped"] == again.get("stopped", 3) and asha._advance(found) == [(1, 3)]


@pytest.mark.parametrize("seed", range(20))
def test_trials_that_come_back_in_any_order_stop_where_they_would_in_theirs(seed):
    rng = np.random.default_rng(seed)
    losses, ends = rng.normal(size=(16, 8)).cumsum(1), rng.integers(1, 40, 16)  # some diverge

    def searched(workers):
        found = {"rungs": [1, 2, 4, 8], "reduction": 2,
                 "trials": [{"history": {}, "stopped": None} for _ in range(16)]}
        out, order = {}, []
        while True:
            for i, rung in asha._advance(found):
                if i not in out and len(out) < workers:
                    out[i] = rung
            if not out:
                return [trial["stopped"] for trial in found["trials"]], order
            i = list(out)[rng.integers(len(out))]
            rung = out.pop(i)
            order.append((i, rung))
            last = min(rung, ends[i])
            found["trials"][i] |= {"history": {"validation_loss": losses[i, :last].tolist()},
                                   "stopped": asha.DIVERGED if last == ends[i] else None}

    alone, order = searched(1)
    assert [rung for _, rung in order] == sorted(rung for _, rung in order)  # breadth first
    for workers in (2, 5, 16):
        stopped, other = searched(workers)
        assert stopped == alone and sorted(other) == sorted(order)


def test_a_worker_need_not_wait_for_those_behind():
    found = {"rungs": [1, 2], "reduction": 2, "trials": [{"history": {}, "stopped": None} for _ in range(3)]}
    for i, loss in ((0, 2.0), (2, 1.0)):
        found["trials"][i]["history"] = {"validation_loss": [loss]}
    assert asha._advance(found) == [(1, 1), (0, 2)]  # of trial 2 nothing is known before trial 1 is there
    found["trials"][1]["history"] = {"validation_loss": [3.0]}
    assert asha._advance(found) == [(0, 2), (2, 2)] and found["trials"][1]["stopped"] == 1


def test_a_trial_tells_each_of_its_epochs(run, demo, tmp_path):
    """A rung may be hours away."""
    told = []
    place = SimpleNamespace(folder=tmp_path, use_threads=lambda: None, note=told.append,
                            keep=lambda: told.append("kept"))
    one = asha._trial(run, asha.draw(SMALL)[0], 2)
    value = asha._train(place, one, lambda: execution.plain_inputs(one, data=demo), "cpu")
    losses = value["history"]["validation_loss"]
    assert told == [line for epoch, loss in enumerate(losses, 1)
                    for line in (f"epoch {epoch}/2, validation loss {loss:.5f}", "kept")]


def test_a_finished_search_is_not_made_again(run, losses, tmp_path):
    _told, trained = losses
    found = made(run, tmp_path)
    trained.clear()
    assert made(run, tmp_path) == found and not trained


def test_a_search_that_another_process_makes_is_refused(run, losses, tmp_path):
    """In the same cache, or with another cache in the same results."""
    name = asha.path("", run).stem
    for lock in (cache_folder() / "asha" / name / "lock", tmp_path / "cnn_n_gru" / f".{name}.lock"):
        lock.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock), pytest.raises(SerReproError, match="another process makes the search of cnn_n_gru"):
            made(run, tmp_path)


def test_a_search_of_other_clips_is_refused(run, losses, tmp_path, monkeypatch):
    made(run, tmp_path)
    monkeypatch.setattr(Waves, "corpus_hash", "another")
    with pytest.raises(SerReproError, match="is of other clips than the RAVDESS at hand: remove it and start"):
        made(run, tmp_path)


def test_a_search_of_other_settings_is_refused(run, losses, tmp_path):
    made(run, tmp_path)
    path = asha.path(tmp_path, run)
    content = json.loads(path.read_text())
    content["trials"][0]["settings"]["learning_rate"] = 0.5
    path.write_text(json.dumps(content))
    with pytest.raises(SerReproError, match="is of other settings than cnn_n_gru searches on RAVDESS"):
        made(run, tmp_path)
    path.write_text("{")
    with pytest.raises(SerReproError, match="is damaged"):
        made(run, tmp_path)


def test_a_document_without_a_search_says_so(tmp_path):
    with pytest.raises(SerReproError, match=r"Issa et al\. made no search of its own"):
        asha.search(Run.of("issa", "RAVDESS"), results=tmp_path)
