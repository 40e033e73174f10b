"""The search and the study as they are used: killed, started twice, off line."""

import os
import subprocess
import sys
import sysconfig
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from making import registered

from ser_repro import SerReproError, documents
from ser_repro.book import searches
from ser_repro.datasets.demo import write_demo
from ser_repro.features import arrays
from ser_repro.runs import execution, plans, records, search, study
from ser_repro.runs.engines import Setup
from ser_repro.runs.run import Run, settings_of

DOCUMENT = "cnn_n_gru"
OF = documents.get(DOCUMENT)


@pytest.fixture
def short(monkeypatch):
    """The study's machinery with two trials and two epochs, on demo speech."""
    monkeypatch.setattr(execution, "refuse_demo", lambda *_, **__: None)
    monkeypatch.setattr(search, "TRIALS", 2)
    monkeypatch.setattr(search, "RUNGS", (1, 2))
    setting = OF.settings["epochs"]
    monkeypatch.setitem(OF.settings, "epochs", documents.Setting(2, 2, setting.meaning))


def one_run():
    return [Run.of(DOCUMENT, "RAVDESS", n=3)]


def searched(run, waves, results, **options):
    """The settings that a search finds, stored as the study does."""
    work = search.work_folder(options.pop("cache", None), run)
    found = search.search(run, waves, work=work, device="cpu", **options)
    search.store(results, run, found, work)
    return found["chosen"]


def alone(wanted, results, **options):
    """The study, one run at a time: in this process."""
    return study.run_study(wanted, results=results, device="cpu", setup=Setup(jobs=1, cpus=1), **options)


def test_study_searches_on_validation_alone_trains_and_stores(short, demo, tmp_path, monkeypatch, made_up_records):
    waves = arrays.prepare("RAVDESS", 16000, data=demo)
    split = OF.parts(waves.clips, "published")
    test_rows = {i for i, clip in enumerate(waves.clips["clip"]) if clip in split.test}
    seen = set()
    batch = arrays.Arrays.batch
    monkeypatch.setattr(arrays.Arrays, "batch", lambda self, rows: (seen.update(rows.tolist()),
                                                                        batch(self, rows))[1])
    run, = one_run()
    best = searched(run, waves, tmp_path)
    assert seen and not seen & test_rows
    assert best in search.draw(DOCUMENT, "RAVDESS", 2 * search.ROUNDS)
    assert search.outcome(tmp_path, run)["chosen"] == best
    assert alone([run], tmp_path, data=demo) == 0
    assert seen & test_rows
    assert settings_of(plans.status([run], tmp_path)[0][1]["config"]) == run.values | best


@pytest.mark.parametrize(("learns_in_round", "rounds"), [(1, 1), (2, 2), (None, search.ROUNDS)])
def test_a_search_that_found_nothing_draws_again(demo, tmp_path, monkeypatch, learns_in_round, rounds):
    made = []

    def halve(trials, *_):
        made.append(trials)
        for i, trial in enumerate(trials):
            learned = len(made) == learns_in_round and i == 5
            trial["validation_loss"] = [2.0] * 7 + [1.5 if learned else 2.0 + i / 100]
        return 2.01, "a device"

    monkeypatch.setattr(search, "_halve", halve)
    waves = arrays.prepare("RAVDESS", 16000, data=demo)
    run, = one_run()
    best = searched(run, waves, tmp_path)
    assert len(made) == rounds
    assert best == (made[-1][5] if learns_in_round else made[0][0])["settings"]
    assert len({str(trial["settings"]) for round_ in made for trial in round_}) == rounds * search.TRIALS
    assert search.outcome(tmp_path, run)["chosen"] == best
    assert search.decided(tmp_path, run) == run.with_values(**best)


def test_a_search_that_was_killed_finds_what_an_unbroken_one_does(short, demo, tmp_path, monkeypatch):
    waves = arrays.prepare("RAVDESS", 16000, data=demo)
    run, = one_run()

    def found_in(name, progress=None):
        searched(run, waves, tmp_path / name, cache=tmp_path / name, progress=progress)
        return search.outcome(tmp_path / name, run)

    class Killed(BaseException):
        pass

    def kill(done, total):
        if done == total:  # all has been trained, and nothing is stored
            raise Killed

    monkeypatch.setattr(search, "ROUNDS", 1)
    with pytest.raises(Killed):
        found_in("broken", kill)
    assert search.outcome(tmp_path / "broken", run) == {} and search.decided(tmp_path / "broken", run) is None
    whole, broken = found_in("whole"), found_in("broken")
    assert [len(trial["validation_loss"]) for trial in whole["trials"]] in ([1, 2], [2, 1])
    assert broken == whole


def test_a_search_whose_trials_all_diverged_is_stored_and_read(demo, tmp_path, monkeypatch):
    monkeypatch.setattr(search, "_halve", lambda trials, *_: [
        trial.update(validation_loss=[None]) for trial in trials] and (2.0, "a device"))
    run, = one_run()
    searched(run, arrays.prepare("RAVDESS", 16000, data=demo), tmp_path)
    found = search.outcome(tmp_path, run)
    assert (found["lowest_loss"], found["learned"], found["over"]) == (None, False, True)
    assert search.decided(tmp_path, run) == run.with_values(**found["chosen"])
    assert searches.table({run: found | {"chosen": OF.fallback}})[0]["loss"] == "—"


def test_a_search_that_fails_is_made_once_and_fails_all_that_wait_for_it(short, demo, tmp_path, monkeypatch,
                                                                         made_up_records):
    asked, lines = [], []

    def fail(run, *_, **__):
        asked.append(run)
        raise RuntimeError("no such kernel")

    monkeypatch.setattr(search, "search", fail)
    run, = one_run()
    waiting = [replace(run, seed=seed) for seed in range(3)]
    decided = Run.of("svm193", "RAVDESS")
    assert alone([*waiting, decided], tmp_path, data=demo, report=lines.append) == 3
    assert len(asked) == 1 and [line.partition(": ")[0] for line in lines[1:]] == [
        f"[{i}/4] {one.label}" for i, one in enumerate([*waiting, decided], 1)]
    assert all("these settings can't be trained on these clips (no such kernel)" in line for line in lines[1:4])


def test_searches_of_two_documents_do_not_share_checkpoints(demo, tmp_path, monkeypatch):
    places = []
    monkeypatch.setattr(search, "_halve", lambda trials, run, waves, work, *_: places.append(work) or (
        [trial.update(validation_loss=[1.0] * 8) for trial in trials] and (2.0, "a device")))
    registered(monkeypatch, documents.DOCUMENTS, replace(OF, name="other"))
    waves = arrays.prepare("RAVDESS", 16000, data=demo)
    for document in (DOCUMENT, "other"):
        searched(Run.of(document, "RAVDESS", n=3), waves, tmp_path)
    assert len(set(places)) == 2


def test_study_makes_what_is_missing_and_nothing_twice(short, demo, tmp_path, made_up_records):
    lines = []
    assert alone(one_run(), tmp_path, data=demo, report=lines.append) == 0  # in this process, where `short` holds
    assert "done" in lines[-1]
    assert lines[0].startswith("1 runs")
    assert plans.complete(plans.status(one_run(), tmp_path))[one_run()[0].kind]
    lines.clear()
    assert alone(one_run(), tmp_path, data=demo, report=lines.append) == 0
    assert lines == ["0 runs to make"]


def test_demo_speech_makes_no_result(demo, tmp_path):
    with pytest.raises(SerReproError, match="RAVDESS at hand is demo speech, whose runs are no results"):
        study.run_study(one_run(), results=tmp_path, data=demo, device="cpu")
    run = Run.of(DOCUMENT, "RAVDESS", n=3, epochs=1, **OF.fallback)
    with pytest.raises(SerReproError, match="demo speech"):
        execution.obtain(run, results=tmp_path, data=demo, device="cpu")
    assert not list(tmp_path.glob("**/*.json*"))


def test_a_second_study_in_the_same_folder_is_refused(tmp_path):
    with FileLock(tmp_path / study.LOCK), pytest.raises(SerReproError, match="another study is at work"):
        study.run_study(one_run(), results=tmp_path)


@pytest.mark.parametrize("jobs", [None, 2])
def test_no_gpu_is_said_before_the_first_run(tmp_path, monkeypatch, jobs):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    lines = []
    with pytest.raises(SerReproError, match="no GPU is to be seen here"):
        study.run_study(one_run(), results=tmp_path, device="gpu", setup=Setup(jobs=jobs), report=lines.append)
    assert not lines


def test_every_corpus_of_a_run_across_corpora_is_required(demo, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(execution, "inputs", lambda run, corpus=None, **_: asked.append((corpus, run.inputs)))
    monkeypatch.setattr(execution, "refuse_demo", lambda *_, **__: None)
    study.require([Run.of("svm193", "RAVDESS", protocol="cross_corpus", tested=("EMO-DB", "SAVEE")), *one_run()])
    assert asked == [("RAVDESS", "issa193_code"), ("EMO-DB", "issa193_code"), ("SAVEE", "issa193_code"),
                     ("RAVDESS", 16000)]


def test_runs_of_an_estimator_and_across_corpora_go_through_the_study(tmp_path, monkeypatch, made_up_records):
    monkeypatch.setattr(execution, "refuse_demo", lambda *_, **__: None)
    for name in documents.get("svm193").corpora:
        write_demo(name, tmp_path / "data" / name, per_emotion=1, sample_rate=16000, duration_s=0.4)
    wanted = plans.select(plans.plans(), document=["svm193"], corpus=["RAVDESS"])
    wanted = plans.select(wanted, protocol=["published", "cross_corpus"])
    lines = []
    assert alone(wanted, tmp_path / "results", data=tmp_path / "data", report=lines.append) == 0
    assert {run.protocol for run in wanted} == {"published", "cross_corpus"}
    assert all(record for _, record in plans.status(wanted, tmp_path / "results"))
    assert len(list(records.files(tmp_path / "results", "svm193"))) == len(wanted)


@pytest.mark.parametrize(("document", "what", "more"), [
    (DOCUMENT, 16000, {"n": 3, "epochs": 1} | OF.fallback), ("mfcc_cnn", "mfcc50_mean_code", {"epochs": 1}),
    ("svm193", "issa193_code", {})])
def test_training_needs_neither_audio_libraries_nor_the_audio(demo, tmp_path, document, what, more):
    cache = tmp_path / "cache"
    arrays.prepare("RAVDESS", what, data=demo, cache=cache)
    node = tmp_path / "node"  # a compute node's packages: these, less what it lacks
    node.mkdir()
    lacks = ("librosa", "soundfile", "_soundfile", "soxr", "audioread", "matplotlib", "typer", "rich")
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        if not package.name.lower().startswith(lacks):
            (node / package.name).symlink_to(package)
    code = textwrap.dedent(f"""
        import importlib.util, socket
        assert not any(map(importlib.util.find_spec, {lacks}))
        def refuse(*_, **__):
            raise OSError("no network")
        socket.socket.connect = refuse
        from ser_repro.runs import execution
        from ser_repro.runs.run import Run
        run = Run.of({document!r}, "RAVDESS", synthetic=True, **{more})
        made = execution.obtain(run, results={str(tmp_path)!r}, cache={str(cache)!r}, device="cpu")
        print(made.record["run"])
    """)
    path = os.pathsep.join([str(node), str(Path(study.__file__).parents[2])])
    done = subprocess.run([sys.executable, "-S", "-W", "ignore", "-c", code], capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
    assert "-code-published" in done.stdout
