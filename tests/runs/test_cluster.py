"""Ray: a cluster of three nodes on this machine, nodes and workers killed on the way; and Ray Tune's own scheduler.

    make cluster
"""

import json
import time

import numpy as np
import pytest
from making import interrupt_study, make_run, records_in
from safetensors import safe_open

from ser_repro import SerReproError, documents
from ser_repro.documents.base import LogUniform, Search
from ser_repro.runs import asha, execution, study
from ser_repro.runs.engines import Setup, Task
from ser_repro.runs.run import Run

ray = pytest.importorskip("ray", reason="Ray is not installed: `make cluster` installs it and runs these tests")
pytestmark = pytest.mark.cluster
NODE = {"num_cpus": 1, "object_store_memory": 10**8}
SIXTEEN = Search(grid={"batch_size": (8, 16, 32, 64), "hidden_size": (16,)},
                 drawn={"learning_rate": LogUniform(1e-4, 1e-1), "weight_decay": LogUniform(1e-6, 1e-2)},
                 samples=4, max_epochs=4)


def patiently(start):
    """Start a node: Ray gives one half a minute, which a busy machine can need more than."""
    for _ in range(4):
        try:
            return start()
        except Exception as error:
            late = error
    raise late


@pytest.fixture(scope="module")
def cluster():
    """Three nodes of one CPU each, the first of which is the driver's."""
    from ray.cluster_utils import Cluster

    made = patiently(lambda: Cluster(initialize_head=True, head_node_args=NODE | {"include_dashboard": False}))
    for _ in range(2):
        patiently(lambda: made.add_node(**NODE))
    yield made
    made.shutdown()


@pytest.fixture
def starts(monkeypatch):
    """Keys of the tasks that are handed to workers, each time they are."""
    from ser_repro.runs.engines import with_ray

    seen = []
    start = with_ray.Ray._start
    monkeypatch.setattr(with_ray.Ray, "_start", lambda self, task: (seen.append(task.key), start(self, task))[1])
    return seen


def replace_node(cluster, node_id):
    """Kill a node, with all that is at work on it, and put another in its place."""
    victim = next(node for node in cluster.list_all_nodes() if node.node_id == node_id)
    cluster.remove_node(victim, allow_graceful=False)
    patiently(lambda: cluster.add_node(**NODE))


def spared(cluster):
    """Nodes that must live: the first, and the driver's."""
    return cluster.head_node.node_id, ray.get_runtime_context().get_node_id()


def killing(cluster, at, lines):
    """Takes down lines, and at one of them, or the next at which another node is at work, kills that node."""
    killed = []

    def report(line):
        lines.append(line)
        if len(lines) >= at and not killed:
            free = ray._private.state.available_resources_per_node()
            killed.extend([node for node, left in free.items() if not left.get("CPU")
                           and node not in spared(cluster)][:1])
            for node in killed:
                replace_node(cluster, node)

    return report


def on(cluster):
    return Setup("ray", address=cluster.address)


# ---- a node dies -----------------------------------------------------------------------------------------------------


def test_twenty_runs_of_which_a_node_dies(cluster, starts, demo, tmp_path, monkeypatch):
    wanted = [make_run("mfcc_cnn", protocol="speaker", fold=fold, seed=seed, epochs=8)
              for seed in range(4) for fold in range(4)]
    wanted += [make_run("svm193", protocol="speaker", fold=fold) for fold in range(4)]
    written, lines = [], []
    store = execution.store
    monkeypatch.setattr(execution, "store", lambda record, *rest: (written.append(record["run"]), store(record, *rest)))
    places = {"data": demo, "device": "cpu"}
    assert study.run_study(wanted, results=tmp_path / "ray", cache=tmp_path, setup=on(cluster), **places,
                           report=killing(cluster, 5, lines)) == 0
    assert sorted(written) == sorted(run.name for run in wanted)  # nothing lost, nothing written twice
    assert len(set(starts)) == 20 < len(starts)  # what the node was at was made again
    weights = sorted((tmp_path / "runs").glob("*/*.safetensors"))
    assert len(weights) == 20 and {path.name for path in weights} == {execution.WEIGHTS}
    assert study.run_study(wanted, results=tmp_path / "joblib", cache=tmp_path / "other", setup=Setup(jobs=1, cpus=1),
                           **places, report=lambda line: None) == 0
    assert records_in(tmp_path / "ray") == records_in(tmp_path / "joblib")
    for path in weights:
        assert path.read_bytes() == (tmp_path / "other" / path.relative_to(tmp_path)).read_bytes()


def test_a_search_of_sixteen_trials_of_which_a_node_dies(cluster, starts, demo, tmp_path, monkeypatch):
    monkeypatch.setitem(documents.get("cnn_n_gru").__dict__, "own_search", lambda corpus: SIXTEEN)
    run, found = Run.of("cnn_n_gru", "RAVDESS", n=3, synthetic=True), {}
    for name, setup in (("ray", on(cluster)), ("joblib", Setup(jobs=1, cpus=1))):
        lines = []
        report = killing(cluster, 6, lines) if name == "ray" else lines.append
        found[name] = asha.search(run, results=tmp_path / name, data=demo, cache=tmp_path / f"{name}-cache",
                                  device="cpu", setup=setup, report=report)
        assert len(lines) == len(set(lines))  # a line a trial and rung: none was done twice
        for trial in found[name]["trials"]:
            del trial["seconds"]
    assert found["ray"] == found["joblib"] and len(found["ray"]["trials"]) == 16
    assert records_in(tmp_path / "ray") == records_in(tmp_path / "joblib") != {}
    assert stopped_by_tune(found["ray"]) == [trial["stopped"] for trial in found["ray"]["trials"]]
    assert len(starts) > len(lines) + 1  # what the node was at was made again


def test_a_node_that_dies_costs_an_epoch_at_most(cluster, tmp_path):
    def slow(place):

        import ray

        first = int(file.read_text()) if (file := place.folder / "epoch").exists() else 0
        for epoch in range(first + 1, 9):
            time.sleep(2.5)
            file.write_text(str(epoch))
            place.keep()
            place.note(f"{epoch} {ray.get_runtime_context().get_node_id()}")
        return first

    waiting = [Task(i, slow, (), tmp_path / str(i), str(i)) for i in range(3)]
    found, lost = {}, {}
    with on(cluster).start() as engine:
        finished = engine._finished

        def watching(out):
            done = finished(out)
            for note in engine.notes():
                key, (epoch, node) = int(note.split(": ")[0]), note.split(": ")[1].split()
                if not lost and int(epoch) >= 2 and node not in spared(cluster):
                    lost[key] = int(epoch)
                    replace_node(cluster, node)
            return done

        engine._finished = watching
        for task, value, error in engine.each(lambda: waiting.pop() if waiting else None):
            assert error is None
            found[task.key] = value
    (key, epoch), = lost.items()
    assert found.pop(key) >= epoch >= 2 and list(found.values()) == [0, 0]


# ---- the driver is stopped -------------------------------------------------------------------------------------------


def test_ctrl_c_ends_a_study_on_ray_at_once_and_it_goes_on(cluster, demo, tmp_path):
    places = {"results": str(tmp_path / "results"), "data": str(demo), "cache": str(tmp_path / "cache")}
    setup = f"Setup('ray', address={cluster.address!r})"
    checkpoint = interrupt_study((1, 2, 10000), places, setup)
    before = records_in(tmp_path / "results")
    assert len(before) == 2 and checkpoint.exists()
    kept = made_epochs(checkpoint)
    assert kept >= 1
    # Gone on with by joblib: whichever engine made a checkpoint, the other takes it.
    run = make_run("mfcc_cnn", epochs=kept + 3)
    folder = tmp_path / "cache" / "runs" / run.hash
    folder.mkdir()
    checkpoint.rename(folder / checkpoint.name)
    seen = []
    execution.obtain(run, **places, device="cpu", progress=lambda epoch, _: seen.append(epoch))
    assert seen == [kept + 1, kept + 2, kept + 3]
    assert records_in(tmp_path / "results").items() > before.items()


def made_epochs(checkpoint):
    with safe_open(checkpoint, "np") as file:
        return len(json.loads(file.metadata()["training"])["history"])


# ---- ASHA as Ray Tune has it -----------------------------------------------------------------------------------------


def stopped_by_tune(found):
    """Rungs at which Tune's own scheduler stops the trials of a search, told their losses in our order: rung by rung,
    in each down the list."""
    tune = pytest.importorskip("ray.tune", reason="Ray Tune is not installed: `make cluster` installs it")
    from ray.tune.experiment import Trial
    from ray.tune.schedulers import AsyncHyperBandScheduler, TrialScheduler

    assert tune
    scheduler = AsyncHyperBandScheduler(time_attr="epoch", metric="loss", mode="min", grace_period=found["rungs"][0],
                                        reduction_factor=found["reduction"], max_t=found["rungs"][-1])
    trials = [Trial("toy", stub=True) for _ in found["trials"]]
    stopped = [None] * len(trials)
    for trial in trials:
        scheduler.on_trial_add(None, trial)
    before = 0
    for rung in found["rungs"]:
        for i, trial in enumerate(trials):
            losses = found["trials"][i]["history"]["validation_loss"]
            for epoch in range(before + 1, rung + 1):
                if stopped[i] is None:
                    told = {"epoch": epoch, "loss": losses[epoch - 1], "training_iteration": epoch}
                    if scheduler.on_trial_result(None, trial, told) == TrialScheduler.STOP:
                        stopped[i] = epoch
        before = rung
    return stopped


@pytest.mark.parametrize("seed", range(10))
def test_rays_own_scheduler_stops_the_same_trials_at_the_same_rungs(seed):
    rng = np.random.default_rng(seed)
    whole = documents.get("cnn_n_gru").own_search("TESS")
    losses = 2 + rng.normal(scale=0.05, size=(60, 100)).cumsum(1)
    found = {"rungs": asha.rungs(whole), "reduction": whole.reduction,
             "trials": [{"history": {}, "stopped": None} for _ in losses]}
    while todo := asha._advance(found):
        i, rung = todo[rng.integers(len(todo))]  # whoever comes back first
        found["trials"][i]["history"] = {"validation_loss": losses[i, :rung].tolist()}
    stopped = [trial["stopped"] for trial in found["trials"]]
    for i, trial in enumerate(found["trials"]):
        trial["history"] = {"validation_loss": losses[i].tolist()}
    assert stopped_by_tune(found) == stopped and len(set(stopped)) > 4


# ---- no cluster ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("address", "says"), [
    ("127.0.0.1:1", "nothing answers at --address 127.0.0.1:1"), ("ray://127.0.0.1:1", "nothing answers at --address"),
    ("somewhere", "nothing answers at --address somewhere"), ("host:port", "nothing answers at --address host:port")])
def test_an_address_that_nobody_answers_at_is_one_line(address, says):
    with pytest.raises(SerReproError, match=says) as told, Setup("ray", address=address).start():
        pass
    assert "give auto, HOST:PORT or ray://HOST:PORT of a running Ray cluster" in str(told.value)


def test_more_than_this_machine_has_is_one_line():
    with pytest.raises(SerReproError, match="and a run wants 1 and 4: ask for less with --cpus and --gpus"), \
            Setup("ray", gpus=4.0).start():
        pass
    assert not ray.is_initialized()
