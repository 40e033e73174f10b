"""Tasks made by joblib's workers: what comes back, what outlives a worker that dies, and Ctrl-C. Ray: test_cluster."""

import json
import os
import signal
import sys
import time
from types import SimpleNamespace

import joblib
import pytest
from filelock import FileLock
from making import interrupt_study, make_run, records_in

from ser_repro import SerReproError
from ser_repro.runs import study, training
from ser_repro.runs.engines import Setup, Task, base


def toys(tmp_path, *works):
    """Tasks, a folder each."""
    return [Task(i, work, (), tmp_path / str(i), f"task {i}") for i, work in enumerate(works)]


def made(setup, tasks):
    """(Key, value, error) of tasks, in the order of finishing."""
    waiting = iter(tasks)
    with setup.start() as engine:
        return [(task.key, value, error) for task, value, error in engine.each(lambda: next(waiting, None))]


# Functions within functions are sent to workers as they are: those of a test's module are nowhere to be imported from.
def sleeping(seconds):
    return lambda place: __import__("time").sleep(seconds)


def dying(lives):
    """Dies `lives` times, after an epoch each time, and tells how many epochs it made itself."""
    def work(place):

        own = 0
        while (epochs := len(list(place.folder.glob("epoch*")))) < 4:
            (place.folder / f"epoch{epochs}").touch()
            own += 1
            place.keep()
            if epochs < lives:
                os.kill(os.getpid(), signal.SIGKILL)
        return own

    return work


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_finishing_and_failures_are_lines(tmp_path, jobs):
    flag = tmp_path / "flag"
    if jobs == 1:
        flag.touch()

    def waits(place):
        import time
        while not flag.exists():
            time.sleep(0.05)
        time.sleep(1)

    def fails(place):
        from ser_repro import SerReproError
        raise SerReproError("no such voice: choose another.")

    def full(place):
        raise OSError(28, "No space left on device")

    def answers(place):
        flag.touch()
        return place.threads, place.folder.is_dir()

    found = made(Setup(jobs=jobs, cpus=1), toys(tmp_path, waits, fails, full, answers))
    order = [key for key, _, _ in found]
    assert order == ([0, 1, 2, 3] if jobs == 1 else [1, 2, 3, 0])
    told = {key: (value, error) for key, value, error in found}
    assert told[1] == (None, "no such voice: choose another.")
    assert told[2][1].startswith("[Errno 28] No space left on device: free some room or give another --cache")
    assert told[3] == ((1, True), None)


def test_what_torch_and_numpy_raise_is_a_tasks_failure_in_a_line(tmp_path):
    def unfit(place):
        raise RuntimeError("mat1 and mat2\nshapes cannot be multiplied")

    def strange(place):
        raise ValueError("Input X contains NaN.")

    def hungry(place):
        raise MemoryError

    told = [error for _, _, error in made(Setup(jobs=1, cpus=1), toys(tmp_path, unfit, strange, hungry))]
    assert told[0].startswith("these settings can't be trained on these clips (mat1 and mat2 shapes cannot be multipli")
    assert told[1].startswith("these settings can't be trained on these clips (Input X contains NaN.): choose other")
    assert told[2].startswith("out of memory (MemoryError): train fewer at a time")


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_came_back_makes_room_for_others(tmp_path, jobs):
    first, second = toys(tmp_path, sleeping(0), sleeping(0))
    waiting = [first]
    order = []
    with Setup(jobs=jobs).start() as engine:
        for task, _, _ in engine.each(lambda: waiting.pop() if waiting else None):
            order.append(task.key)
            if task is first:
                waiting.append(second)
    assert order == [0, 1]


def test_a_worker_that_dies_costs_an_epoch_at_most(tmp_path, monkeypatch):
    monkeypatch.setattr(base, "LIVES", 2)  # in a row
    (key, value, error), = made(Setup(jobs=2), toys(tmp_path, dying(3)))
    assert (key, error) == (0, None)
    assert value == 1  # of four epochs: the others made one each, and died


def test_a_task_that_kills_its_workers_is_given_up(tmp_path, monkeypatch):
    def dies(place):
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(base, "LIVES", 3)
    (_, value, error), = made(Setup(jobs=2), toys(tmp_path, dies))
    assert value is None and error.startswith("3 workers died of it, one after the other, the last with no other")
    assert "make it where there is more memory" in error
    assert "\n" not in error


def test_tasks_that_die_with_another_are_not_given_up(tmp_path, monkeypatch):
    """A pool that breaks takes all of its tasks with it."""
    def dies(place):
        while not (place.folder.parent / "2" / "begun").exists():  # not before the others are at work
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGKILL)

    def answers(place):
        (place.folder / "begun").touch()
        time.sleep(1.5)
        return "made"

    monkeypatch.setattr(base, "LIVES", 3)
    found = made(Setup(jobs=3, cpus=1), toys(tmp_path, dies, answers, answers))
    assert {key: value for key, value, _ in found} == {0: None, 1: "made", 2: "made"}
    assert next(error for key, _, error in found if key == 0).startswith("3 workers died of it")


class Pool(base.Engine):
    """Three at a time; the tasks that are named kill their worker, and with it all that are out."""

    told, room = "", 3

    def __init__(self, deadly):
        self.deadly, self.rounds = deadly, []

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        pass

    def share(self, load):
        return load

    def notes(self):
        return []

    def _start(self, task):
        return object()

    def _finished(self, out):
        self.rounds.append("".join(task.key for task in out.values()))
        self.broken = any(task.key in self.deadly for task in out.values())
        return list(out)

    def _result(self, handle, task):
        if self.broken:
            raise base.LostWorker("killed")
        return task.key, None


def test_the_last_try_of_a_task_is_alone_after_all_others(tmp_path):
    waiting, came = list("abcde"), []

    def take():
        if not waiting or (waiting[0] == "e" and "b" not in came):  # which needs what b finds
            return None
        key = waiting.pop(0)
        return Task(key, None, (), tmp_path / key)

    pool = Pool("ac")
    for task, _, error in pool.each(take):
        came.append(task.key)
        assert (error is not None) == (task.key in "ac")
    # Four times together, then others; one by one what has lost four workers; and what waited for one of them.
    assert pool.rounds == ["abc"] * 4 + ["d", "a", "b", "e", "c"] and came == list("dabec")


def test_a_folder_that_another_process_is_at_work_in_is_refused(tmp_path, monkeypatch):
    from ser_repro.runs.engines import with_joblib

    monkeypatch.setattr(with_joblib, "_PATIENCE_S", 0)
    (tmp_path / "0").mkdir()
    with FileLock(tmp_path / "0" / "lock"):
        found = made(Setup(jobs=1), toys(tmp_path, sleeping(0)))
    assert found == [(0, None, "task 0 is being made by another process: wait for it.")]


def test_notes_say_what_the_workers_are_at(tmp_path):
    lines = []

    def noting(place):
        import time
        place.note("epoch 1/3")
        time.sleep(2)

    waiting = toys(tmp_path, noting)
    with Setup(jobs=2).start() as engine, base.watched(engine, lines.append):
        list(engine.each(lambda: waiting.pop() if waiting else None))
        time.sleep(0.6)
        assert engine.notes() == []
    assert "task 0: epoch 1/3" in lines


@pytest.mark.parametrize(("words", "says"), [
    ({"engine": "dask"}, "no --engine 'dask': choose one of joblib, ray"),
    ({"address": "auto"}, "--address auto is that of a Ray cluster: give --engine ray with it"),
    ({"jobs": 0}, "--jobs 0 makes no run"), ({"cpus": 0}, "--cpus 0 is no CPU for a run: give 1 or more"),
    ({"gpus": 0.0}, "--gpus 0 is no share of a GPU: give more than 0 and at most 1"),
    ({"gpus": float("nan")}, "--gpus nan is no share"), ({"gpus": 2.0}, "--gpus 2 is no share of a GPU"),
    ({"gpus": 0.5, "jobs": 2}, "--jobs 2 and --gpus 0.5 both say how many runs are made at a time: give one of them"),
    ({"gpus": 1.5, "engine": "ray"}, "give more than 0 and at most 1 or a whole number of GPUs")])
def test_setups_that_can_not_be(words, says):
    with pytest.raises(SerReproError, match=says):
        Setup(**words)


def test_tasks_of_ray_have_a_gpu_only_where_they_take_a_share():
    assert Setup("ray").device("auto") == "cpu" and Setup("ray", gpus=0.25).device("auto") == "auto"
    assert Setup().device("gpu") == "gpu"
    with pytest.raises(SerReproError, match="--device gpu takes a share of a GPU from Ray: give --gpus"):
        Setup("ray").device("gpu")
    assert Setup("ray", gpus=0.25, jobs=2).device("gpu") == "gpu"


@pytest.mark.parametrize(("engine", "device", "found"), [
    ("ray", "cpu", "cuda"), ("joblib", "cpu", "cuda"), ("joblib", "auto", "cpu"), ("joblib", "auto", "mps")])
def test_a_share_of_a_gpu_that_is_not_used_is_refused(monkeypatch, engine, device, found):
    monkeypatch.setattr(training, "device_of", lambda name: SimpleNamespace(type=found))
    with pytest.raises(SerReproError, match=f"--gpus 0.5 .* with --device {device} runs use none here: leave --gpus"):
        Setup(engine, gpus=0.5).device(device)
    monkeypatch.setattr(training, "device_of", lambda name: SimpleNamespace(type="cuda"))
    assert Setup(engine, gpus=0.5).device("auto") == "auto"


@pytest.mark.parametrize(("setup", "on_gpu", "jobs", "threads"), [
    (Setup(), False, 8, 1), (Setup(jobs=2), False, 2, 4), (Setup(cpus=3), False, 2, 3),
    (Setup(jobs=4, cpus=1), False, 4, 1), (Setup(), True, 1, 8),
    (Setup(gpus=0.25), True, 4, 2), (Setup(gpus=0.25, cpus=1), False, 8, 1)])
def test_how_many_at_a_time(monkeypatch, setup, on_gpu, jobs, threads):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(joblib, "cpu_count", lambda: 8)
    monkeypatch.setattr(training, "device_of", lambda name: SimpleNamespace(type="cuda" if on_gpu else "cpu"))
    engine = setup.start("auto")
    assert (engine.jobs, engine.threads) == (jobs, threads)


@pytest.mark.parametrize(("most", "threads"), [("1", 1), ("3", 3), ("16", 8), ("", 8), ("0", 8), ("two", 8)])
def test_a_run_takes_no_more_threads_than_the_user_allows(monkeypatch, most, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", most)
    monkeypatch.setattr(joblib, "cpu_count", lambda: 8)
    assert Setup(jobs=1).start().threads == threads and Setup(jobs=1, cpus=5).start().threads == 5


def test_ray_that_is_not_installed_is_one_line(monkeypatch, type_in):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "ser_repro.runs.engines.with_ray", raising=False)
    with pytest.raises(SerReproError, match=r"--engine ray needs Ray, which is not installed: .*\[cluster\]"):
        Setup("ray").start()
    code, _, lines = type_in("study", "--engine", "ray")
    assert code == 1 and len(lines) == 1 and lines[0].startswith("ser-repro: --engine ray needs Ray")


# ---- the study -----------------------------------------------------------------------------------------------------


def test_two_workers_leave_the_records_of_one(demo, tmp_path):
    wanted = [make_run("mfcc_cnn", seed=seed) for seed in (0, 1)] + [make_run("svm193", protocol="speaker", fold=1)]
    found = {}
    for jobs in (1, 2):
        cache = tmp_path / f"cache{jobs}"
        assert study.run_study(wanted, results=tmp_path / str(jobs), data=demo, cache=cache, device="cpu",
                               setup=Setup(jobs=jobs, cpus=1)) == 0
        found[jobs] = records_in(tmp_path / str(jobs))
        assert sorted(path.name for path in (cache / "runs").glob("*/*.safetensors")) == ["weights.safetensors"] * 3
    assert len(found[1]) == 3 and found[1] == found[2]


def test_ctrl_c_ends_a_study_at_once_and_it_goes_on(demo, tmp_path):
    places = {"results": str(tmp_path / "results"), "data": str(demo), "cache": str(tmp_path / "cache")}
    checkpoint = interrupt_study((1, 2, 10000, 10001), places, "Setup(jobs=2)")
    assert len(list((tmp_path / "results").glob("mfcc_cnn/*.json*"))) == 2
    when = checkpoint.stat().st_mtime_ns
    time.sleep(1)
    assert checkpoint.stat().st_mtime_ns == when  # nobody trains on
    content = checkpoint.read_bytes()
    header = json.loads(content[8:8 + int.from_bytes(content[:8], "little")])["__metadata__"]
    assert len(json.loads(header["training"])["history"]) >= 1
    lines = []
    wanted = [make_run("mfcc_cnn", epochs=epochs) for epochs in (1, 2)]
    assert study.run_study(wanted, **places, device="cpu", report=lines.append) == 0 and lines == ["0 runs to make"]
