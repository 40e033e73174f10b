"""Training by gradient: resuming after a kill, checkpoints cut short or foreign, divergence, state between batches."""

import json
import os
import pickle
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from making import make_run
from safetensors import safe_open
from safetensors.torch import load, save

from ser_repro import SerReproError, documents
from ser_repro.runs import execution, methods, training

RESUMED = {
    "schedule of epochs, state carried": make_run("cnn_n_gru", "code", epochs=3, step_epochs=1, step_factor=0.3),
    "schedule of epochs, no state": make_run("cnn_n_gru", "paper", epochs=3, step_epochs=1, step_factor=0.3),
    "schedule of steps, RMSprop, dropout": make_run("issa", "paper", epochs=3, decay=0.05, learning_rate=1e-3),
    "dropout, shuffled": make_run("mfcc_cnn", "paper", epochs=3),
    "never shuffled": make_run("mfcc_cnn", "code", epochs=3),
    "attention": make_run("cnn_bigru", "code", epochs=3)}


class Killed(BaseException):
    """As a kill: nothing in the package catches it."""


def fit(run, waves, work, *, kill_in=None, during="progress", monkeypatch=None):
    """Train a run; killed in an epoch, after its checkpoint ("progress") or in the middle of its training ("epoch")."""
    _, classes, parts = execution.parts_of(run, waves)
    model = execution.untrained(run, len(classes))

    def progress(epoch, _row):
        if epoch == kill_in and during == "progress":
            raise Killed

    if during == "epoch":
        batches, whole = 0, len(parts["train"][0]) // run.values["batch_size"]
        batch = type(waves).batch

        def counted(self, rows):
            nonlocal batches
            batches += 1
            if batches == (kill_in - 1) * whole + 3:  # an epoch has a few more batches, of the clips watched
                raise Killed
            return batch(self, rows)

        monkeypatch.setattr(type(waves), "batch", counted)
    try:
        model.fit(waves, parts, work=work, device="cpu", progress=progress)
    except Killed:
        assert kill_in
    else:
        assert not kill_in
    finally:
        if monkeypatch:
            monkeypatch.undo()
    return model


def weights(model):
    return {name: value.clone() for name, value in model.module.state_dict().items()}


def assert_same(one, other):
    assert set(one) == set(other) and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def waves_of(demo, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    return lambda run: execution.inputs(run, data=demo, cache=cache)


@pytest.mark.parametrize("what", RESUMED)
def test_a_killed_training_ends_with_the_weights_and_history_of_an_unbroken_one(waves_of, tmp_path, what):
    run = RESUMED[what]
    waves = waves_of(run)
    whole = fit(run, waves, tmp_path / "whole")
    assert len(whole.history) == 3
    fit(run, waves, tmp_path / "broken", kill_in=1)
    fit(run, waves, tmp_path / "broken", kill_in=2)
    checkpoint = tmp_path / "broken" / methods.CHECKPOINT
    with safe_open(checkpoint, "pt") as file:
        assert len(json.loads(file.metadata()["training"])["history"]) == 2
    broken = fit(run, waves, tmp_path / "broken")
    assert_same(weights(whole), weights(broken))
    assert whole.history == broken.history
    again = fit(run, waves, tmp_path / "broken")  # nothing is left to do
    assert_same(weights(whole), weights(again))
    assert again.history == whole.history and again.seconds == broken.seconds > 0


# ---- early stopping ----------------------------------------------------------------------------------------------


def stopping(how, **changes):
    """A run whose watched loss is jumpy: it falls and rises within a few epochs."""
    return make_run("issa", epochs=40, learning_rate=3e-3, early_stopping=how, **changes)


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_training_stops_once_the_watched_loss_has_not_fallen_for_as_many_epochs_as_patience_says(
        waves_of, tmp_path, patience):
    run = stopping("last", patience=patience)
    waves = waves_of(run)
    loss = [row["test_loss"] for row in fit(stopping("none"), waves, tmp_path / "whole").history]
    ends = next(k for k in range(patience, 40) if min(loss[:k - patience + 1]) <= min(loss[k - patience + 1:k + 1]))
    assert patience <= ends < 39, "the loss of this run falls too evenly to test with"
    assert [row["test_loss"] for row in fit(run, waves, tmp_path / "stopped").history] == loss[:ends + 1]


def test_the_weights_are_the_last_or_those_of_the_lowest_watched_loss(waves_of, tmp_path):
    waves = waves_of(stopping("none"))
    last, restored = (fit(stopping(how), waves, tmp_path / how) for how in ("last", "restored"))
    assert last.history == restored.history
    epochs = len(last.history)
    assert_same(weights(last), weights(fit(stopping("none").with_values(epochs=epochs), waves, tmp_path / "a")))
    assert_same(weights(restored), weights(fit(stopping("none").with_values(epochs=epochs - 2), waves, tmp_path / "b")))
    assert any(not torch.equal(weights(last)[name], weights(restored)[name]) for name in weights(last))


@pytest.mark.parametrize("after", ["best", "stop"])
def test_the_best_weights_outlive_a_kill(waves_of, tmp_path, after):
    run = stopping("restored")
    waves = waves_of(run)
    whole = fit(run, waves, tmp_path / "whole")
    epochs = len(whole.history)
    fit(run, waves, tmp_path / "broken", kill_in=epochs - 1 if after == "best" else epochs)  # the best is epochs - 2
    broken = fit(run, waves, tmp_path / "broken")
    assert whole.history == broken.history
    assert_same(weights(whole), weights(broken))


def test_early_stopping_needs_something_to_watch_and_a_way_that_is_known(waves_of, tmp_path):
    waves = waves_of(stopping("none"))
    with pytest.raises(SerReproError, match="no early_stopping 'best': choose one of none, last, restored"):
        fit(stopping("best"), waves, tmp_path)
    run = stopping("last", protocol="cross_corpus", tested=("EMO-DB",))
    with pytest.raises(SerReproError, match="early stopping needs clips to watch, and this split has none"):
        fit(run, waves, tmp_path)


@pytest.mark.parametrize("what", ["schedule of epochs, state carried", "schedule of steps, RMSprop, dropout"])
def test_a_training_killed_within_an_epoch_does_that_epoch_again(waves_of, tmp_path, what, monkeypatch):
    run = RESUMED[what]
    waves = waves_of(run)
    whole = fit(run, waves, tmp_path / "whole")
    fit(run, waves, tmp_path / "broken", kill_in=3, during="epoch", monkeypatch=monkeypatch)
    broken = fit(run, waves, tmp_path / "broken")
    assert_same(weights(whole), weights(broken))
    assert whole.history == broken.history


def test_a_schedule_and_the_optimisers_memory_are_resumed_too(waves_of, tmp_path):
    """What the test above would not notice: that rates and moments come from the checkpoint, not from the start."""
    run = RESUMED["schedule of steps, RMSprop, dropout"]
    waves = waves_of(run)
    _, classes, parts = execution.parts_of(run, waves)
    parts = {part: parts[part] for part in ("train", "test")}

    def trained():
        model = execution.untrained(run, len(classes))
        return training.Training(run.recipe, model.module, run.values, waves, parts, run.seed)

    one, other = trained(), trained()
    training.fit(one, tmp_path / methods.CHECKPOINT, epochs=2, device="cpu")
    other.start(training.device_of("cpu"))
    other.resume(tmp_path / methods.CHECKPOINT)
    steps = 2 * len(one._training_batches(0))
    assert other.schedule.last_epoch == one.schedule.last_epoch == steps
    rate, = (group["lr"] for group in other.optimiser.param_groups)
    assert rate == pytest.approx(1e-3 / (1 + 0.05 * steps))
    mine, theirs = (each.optimiser.state_dict()["state"] for each in (one, other))
    assert mine.keys() == theirs.keys() and mine
    for index in mine:
        assert_same({key: torch.as_tensor(value) for key, value in mine[index].items()},
                    {key: torch.as_tensor(value) for key, value in theirs[index].items()})


def test_moments_lie_in_memory_as_their_weights_do_after_a_resume(tmp_path):
    """A fused step reads the two side by side, whatever their strides; a checkpoint keeps none."""
    vectors, rows = torch.randn(40, 5, 1), np.arange(40)
    source = SimpleNamespace(batch=lambda rows: (vectors[rows], torch.ones(len(rows), dtype=torch.int64)))
    values = documents.settings("crema_1d", "code", "CREMA-D", 1)

    def trained():
        torch.manual_seed(0)
        return training.Training(documents.get("crema_1d"), documents.build("crema_1d", values, 6), values, source,
                                 {"train": (rows[:30], rows[:30] % 6), "validation": (rows[30:], rows[30:] % 6)}, 0)

    whole, broken = trained(), trained()
    training.fit(whole, tmp_path / "whole", epochs=4, device="cpu")
    training.fit(broken, tmp_path / "broken", epochs=2, device="cpu")
    again = trained()
    training.fit(again, tmp_path / "broken", epochs=4, device="cpu")
    assert any(not weight.is_contiguous() for weight in again.model.parameters())
    assert again.history == whole.history
    assert_same(whole.model.state_dict(), again.model.state_dict())


def test_a_checkpoint_of_the_optimisers_default_form_goes_on_in_its_faster_form(waves_of, tmp_path):
    """Whether a step is fused is the machine's affair: a checkpoint made without goes on with it, to the same end."""
    vectors, rows = torch.randn(40, 5, 1), np.arange(40)
    source = SimpleNamespace(batch=lambda rows: (vectors[rows], torch.ones(len(rows), dtype=torch.int64)))
    values = documents.settings("crema_1d", "code", "CREMA-D", 1)

    def trained(**form):
        torch.manual_seed(0)
        one = training.Training(documents.get("crema_1d"), documents.build("crema_1d", values, 6), values, source,
                                {"train": (rows[:30], rows[:30] % 6), "validation": (rows[30:], rows[30:] % 6)}, 0)
        one.start(training.device_of("cpu"))
        one.optimiser.param_groups[0].update(form)
        return one

    plain, fused = trained(fused=False), trained()
    plain.epoch()
    (tmp_path / methods.CHECKPOINT).write_bytes(plain.checkpoint())
    fused.resume(tmp_path / methods.CHECKPOINT)
    assert fused.history == plain.history and fused.optimiser.param_groups[0]["fused"] is True
    for one in (plain, fused):
        one.epoch()
    assert fused.history[-1]["train_loss"] == pytest.approx(plain.history[-1]["train_loss"], abs=1e-5)


@pytest.mark.parametrize("damage", [
    lambda content: content[:1000], lambda content: content[:-1], lambda content: b"", lambda content: content[:4],
    lambda content: b"\xff" * 100, lambda content: content.replace(b'"training"', b'"draining"', 1)])
def test_a_checkpoint_cut_short_is_thrown_away_and_training_starts_again(waves_of, tmp_path, damage):
    run = make_run(epochs=2)
    waves = waves_of(run)
    whole = fit(run, waves, tmp_path)
    checkpoint = tmp_path / methods.CHECKPOINT
    checkpoint.write_bytes(damage(checkpoint.read_bytes()))
    epochs = []
    _, classes, parts = execution.parts_of(run, waves)
    again = execution.untrained(run, len(classes))
    again.fit(waves, parts, work=tmp_path, device="cpu", progress=lambda epoch, _: epochs.append(epoch))
    assert epochs == [1, 2]
    assert_same(weights(whole), weights(again))


def foreign(**changes):
    return lambda run, waves: (run.with_values(**changes), waves)


def relabelled(run, waves):
    clips = waves.clips.copy()
    clips.loc[0, "speaker"] = "99"  # who is in no part of the split by it
    return run, replace(waves, clips=clips)


@pytest.mark.parametrize(("other", "epochs"), [
    (foreign(), [3]), (foreign(learning_rate=0.002), [1, 2, 3]),
    (lambda run, waves: (replace(run, seed=1), waves), [1, 2, 3]), (relabelled, [1, 2, 3]),
    (lambda run, waves: (run, replace(waves, checksum="another")), [1, 2, 3])],
    ids=["the same", "settings", "seed", "clips", "arrays"])
def test_a_training_goes_on_from_its_own_checkpoint_alone(waves_of, tmp_path, other, epochs):
    run = make_run("mfcc_cnn", epochs=2)
    waves = waves_of(run)
    fit(run, waves, tmp_path)
    run, waves = other(run.with_values(epochs=3), waves)
    _, classes, parts = execution.parts_of(run, waves)
    model, seen = execution.untrained(run, len(classes)), []
    model.fit(waves, parts, work=tmp_path, device="cpu", progress=lambda epoch, _: seen.append(epoch))
    assert seen == epochs
    assert_same(weights(model), weights(fit(run, waves, tmp_path / "alone")))


def test_a_checkpoint_that_does_not_say_what_it_is_of_is_not_gone_on_with(waves_of, tmp_path):
    run = make_run("mfcc_cnn", epochs=1)
    waves = waves_of(run)
    fit(run, waves, tmp_path)
    checkpoint = tmp_path / methods.CHECKPOINT
    with safe_open(checkpoint, "pt") as file:
        told = json.loads(file.metadata()["training"])
    del told["identity"]
    checkpoint.write_bytes(save(load(checkpoint.read_bytes()), {"training": json.dumps(told | {"seconds": 1e6})}))
    assert fit(run, waves, tmp_path).seconds < 1e6


def test_a_sound_checkpoint_outlives_what_passes(waves_of, tmp_path, monkeypatch):
    run = make_run("mfcc_cnn", epochs=2)
    waves = waves_of(run)
    fit(run, waves, tmp_path, kill_in=1)
    checkpoint = tmp_path / methods.CHECKPOINT
    kept = checkpoint.read_bytes()

    def broken(_):
        raise OSError(5, "Input/output error")

    def full(_):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    with monkeypatch.context() as patch:
        patch.setattr(type(checkpoint), "read_bytes", broken)
        with pytest.raises(SerReproError, match=r"last\.safetensors can't be read \(Input/output error\): mend that"):
            fit(run, waves, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(training, "parse", full)
        with pytest.raises(torch.OutOfMemoryError):
            fit(run, waves, tmp_path)
    assert checkpoint.read_bytes() == kept


@pytest.mark.parametrize(("error", "says"), [
    (MemoryError(), "out of memory (MemoryError): train fewer at a time, or with --device cpu."),
    (torch.OutOfMemoryError("CUDA out of memory.\nTried"), "out of memory (CUDA out of memory. Tried): train fewer"),
    (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 bytes"), "out of memory ("),
    (ValueError("a\nb"), "these settings can't be trained on these clips (a b): choose other settings or another")])
def test_what_ends_a_training_is_one_line(error, says):
    assert str(training.failure(error)).startswith(says)


class Trap:
    """What a pickle does when it is loaded."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return open, (str(self.marker), "w")


def test_loading_a_checkpoint_runs_no_code(waves_of, tmp_path):
    run = make_run("mfcc_cnn", epochs=2)
    waves = waves_of(run)
    whole = fit(run, waves, tmp_path / "whole")
    checkpoint, marker = tmp_path / "work" / methods.CHECKPOINT, tmp_path / "code ran"
    for write in (lambda: checkpoint.write_bytes(pickle.dumps(Trap(marker))),
                  lambda: torch.save({"state_dict": Trap(marker)}, checkpoint)):
        checkpoint.parent.mkdir(exist_ok=True)
        write()
        again = fit(run, waves, checkpoint.parent)
        assert not marker.exists()
        assert_same(weights(whole), weights(again))
        assert checkpoint.read_bytes()[8:9] == b"{"  # a safetensors file has taken its place
    with pytest.raises(SerReproError, match="the weights do not fit"):
        methods.loaded("mfcc_cnn", run.values, 8, pickle.dumps(Trap(marker)), "train again")
    assert not marker.exists()
    pickle.loads(pickle.dumps(Trap(marker)))  # the trap would have been seen
    assert marker.exists()


def test_a_checkpoint_that_finds_no_room_leaves_the_last_one(waves_of, tmp_path, monkeypatch):
    run = make_run(epochs=2)
    waves = waves_of(run)
    fit(run, waves, tmp_path, kill_in=1)
    kept = (tmp_path / methods.CHECKPOINT).read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(SerReproError, match=r"last\.safetensors not written: No space left on device; free some room"):
        fit(run, waves, tmp_path)
    assert (tmp_path / methods.CHECKPOINT).read_bytes() == kept
    assert [path.name for path in tmp_path.iterdir()] == [methods.CHECKPOINT]


def test_divergence_is_said(waves_of, tmp_path):
    run = make_run(epochs=1)
    waves = waves_of(run)
    _, classes, parts = execution.parts_of(run, waves)
    model = execution.untrained(run, len(classes))
    with torch.no_grad():
        model.module.fc2.weight.fill_(float("nan"))
    with pytest.raises(training.Diverged, match="diverged in epoch 1"):
        model.fit(waves, parts, work=tmp_path, device="cpu")
    assert len(model.history) == 1 and not list(tmp_path.iterdir())
    assert model.device == torch.device("cpu")  # not the name that it has before it is trained


def test_state_is_carried_only_where_the_recipe_says(waves_of):
    rows, waves = np.arange(40), waves_of(make_run())
    code, paper = (execution.untrained(make_run("cnn_n_gru", reading), 8).module for reading in ("code", "paper"))
    carried = training.predict(code, waves, rows, batch_size=16, carry_state=True)
    reset = training.predict(code, waves, rows, batch_size=16, carry_state=False)
    assert (carried[:16] == reset[:16]).all()
    assert (carried[16:32] != reset[16:32]).any()
    forward = training.predict(paper, waves, rows, batch_size=16, carry_state=False)
    backward = training.predict(paper, waves, rows[::-1].copy(), batch_size=7, carry_state=False)[::-1]
    assert np.abs(forward - backward).max() < 1e-5


@pytest.mark.parametrize(("device", "says"), [("tpu", "no --device 'tpu': choose one of auto, cpu, gpu"),
                                              ("gpu", "no GPU is to be seen here: choose cpu or auto")])
def test_a_device_that_is_not_there(monkeypatch, device, says):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(SerReproError, match=says):
        training.device_of(device)
    assert training.device_of("auto") == torch.device("cpu")


def test_a_probe_is_taken_every_epoch_and_changes_nothing(waves_of, tmp_path, monkeypatch):
    run = make_run("cnn_n_gru", "code", epochs=2)
    probed = fit(run, waves_of(run), tmp_path / "probed")
    monkeypatch.setitem(vars(run.recipe), "probe", None)
    plain = fit(run, waves_of(run), tmp_path / "plain")
    assert plain.probes == [] and probed.history == plain.history
    assert_same(weights(probed), weights(plain))
    assert [{name: len(values) for name, values in row.items()} for row in probed.probes] == 2 * [
        {"answer_spread": 1, "spread": 3, "gradient": 3, "weight": 3}]
    assert all(value > 0 for row in probed.probes for values in row.values() for value in values)
