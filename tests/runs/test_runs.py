"""Runs and records on the demo corpus: resume, atomic writing, refusal of damaged or foreign records."""

import json
import multiprocessing
import os
import signal
import time

import numpy as np
import pytest
import torch

from ser_repro import SerReproError, documents
from ser_repro.features import arrays
from ser_repro.results import scores as evaluation
from ser_repro.runs import run as runs
from ser_repro.runs import training

OPEN = {"hidden_size": 16, "learning_rate": 3e-3, "weight_decay": 1e-5, "batch_size": 16}


def make_run(reading="code", epochs=2, n=3, protocol="published", fold=0, seed=0, **changes):
    values = documents.settings("cnn_n_gru", reading, "RAVDESS", n, epochs=epochs, **OPEN, **changes)
    return runs.Run("cnn_n_gru", reading, "RAVDESS", protocol, fold, seed, values, synthetic=True)


@pytest.fixture
def waves(demo):
    return arrays.prepare("RAVDESS", 16000, data=demo)


@pytest.fixture(scope="module")
def record(demo, tmp_path_factory):
    cache = tmp_path_factory.mktemp("module-cache")
    return runs.obtain(make_run(), results=tmp_path_factory.mktemp("results"), data=demo, cache=cache)


def test_record_holds_what_a_reader_needs(record):
    test = record["test"]
    assert len(test["rows"]) == record["clips"]["test"]
    probabilities = np.array([row[3:] for row in test["rows"]])
    assert probabilities.sum(1) == pytest.approx(1, abs=1e-3)
    assert set(test["conditions"]) == {"state_reset", "shuffled", "alone"}
    assert all(len(predicted) == len(test["rows"]) for predicted in test["conditions"].values())
    assert {len(series) for series in record["history"].values()} == {2}
    assert {"torch", "lightning", "python"} <= set(record["versions"])
    assert record["config"]["synthetic"]
    assert [row[2] for row in test["rows"]] == sorted(row[2] for row in test["rows"])  # class-sorted
    assert 0 <= evaluation.score([evaluation.table(record)]).value <= 1


def test_reading_paper_needs_no_conditions(demo, tmp_path):
    record = runs.obtain(make_run("paper", epochs=1), results=tmp_path, data=demo)
    assert record["test"]["conditions"] == {}
    assert record["test"]["order"] == "shuffled"


@pytest.mark.parametrize("reading", documents.READINGS)
def test_a_record_says_what_the_attention_gave_each_clip(demo, tmp_path, reading):
    values = documents.settings("cnn_bigru", reading, "RAVDESS", epochs=1)
    run = runs.Run("cnn_bigru", reading, "RAVDESS", "published", 0, 0, values, synthetic=True)
    record = runs.obtain(run, results=tmp_path, data=demo)
    clips = arrays.load("RAVDESS", values["features"]).clips.set_index("clip")
    steps = {"code": [3] * len(clips), "paper": (clips["length"] // 32).clip(lower=1)}[reading]
    steps = dict(zip(clips.index, steps, strict=True))
    given = record["test"]["attention"]
    assert [len(weights) for weights in given] == [steps[row[0]] for row in record["test"]["rows"]]
    assert [sum(weights) for weights in given] == pytest.approx([1] * len(given), abs=2e-3)


def test_write_and_read_back(record, tmp_path):
    path = make_run().path(tmp_path)
    runs.write(record, path)
    assert runs.read(path)["test"] == record["test"]
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(("damage", "message"), [
    (lambda text: text[:200], "is damaged"),
    (lambda text: text.replace('"seed": 0', '"seed": 1', 1), "changed after it was written"),
    (lambda text: text.replace('"format": 1', '"format": 9', 1), "format 9"),
    (lambda text: "[]", "is damaged"),
    (lambda text: "", "is damaged")])
def test_damaged_records_are_refused(record, tmp_path, damage, message):
    path = make_run().path(tmp_path)
    runs.write(record, path)
    path.write_text(damage(path.read_text()))
    with pytest.raises(SerReproError, match=message) as error:
        runs.read(path)
    assert "\n" not in str(error.value)


def test_a_record_under_another_runs_name_is_refused(record, tmp_path):
    path = make_run(seed=5).path(tmp_path)
    runs.write(record, path)
    with pytest.raises(SerReproError, match="belongs to another configuration"):
        runs.read(path)


def test_a_changed_score_is_noticed_even_where_json_stays_whole(record, tmp_path):
    path = make_run().path(tmp_path)
    runs.write(record, path)
    content = json.loads(path.read_text())
    content["test"]["rows"][0][3] = 1.0
    path.write_text(json.dumps(content))
    with pytest.raises(SerReproError, match="checksum differs"):
        runs.read(path)


def test_full_disk_leaves_no_record_and_says_so(record, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    path = make_run().path(tmp_path)
    with pytest.raises(SerReproError, match="not written: No space left on device; free some room"):
        runs.write(record, path)
    assert list(path.parent.iterdir()) == []


def test_stored_mode_wants_a_record(tmp_path):
    with pytest.raises(SerReproError, match=r"no record .* run `ser-repro study`"):
        runs.obtain(make_run(), mode="stored", results=tmp_path)
    with pytest.raises(SerReproError, match="no mode 'quick'"):
        runs.obtain(make_run(), mode="quick", results=tmp_path)


def test_auto_takes_the_stored_record_and_train_makes_it_anew(demo, tmp_path):
    run = make_run(epochs=1)
    first = runs.obtain(run, results=tmp_path, data=demo)
    assert runs.obtain(run, results=tmp_path, data=demo) == runs.read(run.path(tmp_path))
    again = runs.obtain(run, mode="train", results=tmp_path, data=demo)
    assert again["test"]["rows"] == first["test"]["rows"]


def test_name_ends_in_the_hash_of_the_configuration():
    run = make_run()
    assert run.name.endswith(run.hash)
    assert run.hash != make_run(seed=1).hash != make_run(epochs=3).hash
    assert make_run(carry_state=False).changed == {"carry_state": False}
    assert "-changed-" in make_run(carry_state=False).name


def test_undecided_settings_are_refused():
    values = documents.settings("cnn_n_gru", "code", "TESS", 3)
    with pytest.raises(SerReproError, match="hidden_size, learning_rate, weight_decay, batch_size not decided"):
        runs.Run("cnn_n_gru", "code", "TESS", "published", 0, 0, values)


def weights(module):
    return torch.cat([p.detach().flatten() for p in module.model.parameters()])


@pytest.mark.parametrize("reading", ["code", "paper"])
def test_a_resumed_training_ends_with_the_weights_of_an_unbroken_one(waves, tmp_path, reading):
    run = make_run(reading, epochs=4)
    whole = runs.trainer_for(run, waves)
    training.fit(whole, tmp_path / "whole", epochs=4, device="cpu")
    for epochs in (1, 3, 4):  # stopped twice
        broken = runs.trainer_for(run, waves)
        training.fit(broken, tmp_path / "broken", epochs=epochs, device="cpu")
    assert torch.equal(weights(whole), weights(broken))
    assert whole.history == broken.history


def _train(demo, cache, results, slow):
    torch.set_num_threads(1)  # as here: sums over more threads differ in their last digits

    def progress(epoch, _row):
        if slow and epoch == 2:
            (results / "reached").touch()
            time.sleep(60)

    runs.obtain(make_run(epochs=3), results=results, data=demo, cache=cache, device="cpu", progress=progress)


def test_a_killed_run_goes_on_where_it_was(demo, tmp_path):
    cache = tmp_path / "cache"
    arrays.prepare("RAVDESS", 16000, data=demo, cache=cache)
    process = multiprocessing.get_context("spawn").Process(target=_train, args=(demo, cache, tmp_path, True))
    process.start()
    deadline = time.monotonic() + 600
    while not (tmp_path / "reached").exists():
        assert process.is_alive() and time.monotonic() < deadline
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not make_run(epochs=3).path(tmp_path).exists()
    epochs = []
    broken = runs.obtain(make_run(epochs=3), results=tmp_path, data=demo, cache=cache, device="cpu",
                         progress=lambda epoch, row: epochs.append(epoch))
    assert epochs in ([2, 3], [3])  # the kill came before or after the second epoch's checkpoint
    unbroken = runs.obtain(make_run(epochs=3), results=tmp_path / "other", data=demo, cache=tmp_path / "cache2",
                           device="cpu")
    assert broken["test"]["rows"] == unbroken["test"]["rows"]
    assert broken["history"] == unbroken["history"]


def test_half_a_checkpoint_is_thrown_away(waves, tmp_path):
    run = make_run(epochs=1)
    module = runs.trainer_for(run, waves)
    training.fit(module, tmp_path, epochs=1, device="cpu")
    checkpoint = tmp_path / training.CHECKPOINT
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    again = runs.trainer_for(run, waves)
    training.fit(again, tmp_path, epochs=1, device="cpu")
    assert torch.equal(weights(module), weights(again))


def test_divergence_is_said(waves, tmp_path):
    run = make_run(epochs=1)
    module = runs.trainer_for(run, waves)
    with torch.no_grad():
        module.model.fc2.weight.fill_(float("nan"))
    with pytest.raises(training.Diverged, match="diverged in epoch 1"):
        training.fit(module, tmp_path, epochs=1, device="cpu")


def test_state_is_carried_only_where_the_recipe_says(waves):
    rows = np.arange(40)
    code, paper = (runs.trainer_for(make_run(r), waves).model for r in ("code", "paper"))
    carried = training.predict(code, waves, rows, batch_size=16, carry_state=True)
    reset = training.predict(code, waves, rows, batch_size=16, carry_state=False)
    assert (carried[:16] == reset[:16]).all()
    assert (carried[16:32] != reset[16:32]).any()
    forward = training.predict(paper, waves, rows, batch_size=16, carry_state=False)
    backward = training.predict(paper, waves, rows[::-1].copy(), batch_size=7, carry_state=False)[::-1]
    assert np.abs(forward - backward).max() < 1e-5
