"""The list of runs, the search, and the study as it is used: killed, started twice, off line."""

import os
import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path

import pytest
from filelock import FileLock

from ser_repro import SerReproError, documents, protocols
from ser_repro.features import arrays
from ser_repro.runs import run as runs
from ser_repro.runs import search, study

DOCUMENT = "cnn_n_gru"
OF = documents.get(DOCUMENT)


@pytest.mark.parametrize("of", documents.DOCUMENTS.values(), ids=documents.DOCUMENTS)
def test_the_list_holds_the_whole_grid_once(of):
    plans = study.plans()
    assert len(plans) == len(set(plans))
    grid = {(p.corpus, p.n, p.reading, p.protocol, p.fold, p.seed) for p in plans
            if p.document == of.name and not p.changes}
    assert grid == {(c, n, r, p, f, s) for c in of.corpora for n in of.sizes or (None,) for r in documents.READINGS
                    for p in protocols.PROTOCOLS for f in range(protocols.folds(c, p)) for s in range(5)}


def test_sizes_of_the_grids():
    counts = {name: sum(p.document == name and not p.changes for p in study.plans()) for name in documents.DOCUMENTS}
    assert counts == {"cnn_n_gru": 2 * 4 * 5 * (2 * 1 + 6 + 2), "mfcc_cnn": 2 * 5 * (6 * 1 + 6 + 10 + 6 + 2 + 6 + 4),
                      "cnn_bigru": 2 * 5 * (2 + 6 + 6), "issa": 2 * 5 * (2 + 6 + 10)}


def test_the_core_comes_first():
    first = study.plans()[:4]
    assert [(p.corpus, p.n, p.protocol) for p in first] == [
        ("TESS", 3, "published"), ("RAVDESS", 3, "published"), ("TESS", 18, "published"),
        ("RAVDESS", 18, "published")]
    core = {name: [p for p in study.plans() if p.document == name] for name in ("mfcc_cnn", "cnn_bigru", "issa")}
    for name, plans in core.items():
        ravdess = [p for p in plans[:60] if p.corpus == "RAVDESS" and not p.changes]
        assert {p.seed for p in ravdess if (p.reading, p.protocol) == ("code", "published")} >= {0, 1, 2}, name
        assert {p.fold for p in ravdess if (p.reading, p.protocol) == ("code", "speaker")} == set(range(6)), name
        assert {p.protocol for p in ravdess if p.reading == "paper"} == {"published", "speaker"}, name


def test_every_training_time_slip_has_a_run_that_mends_it_alone():
    changed = {(p.document, p.corpus, p.changes[0][0]) for p in study.plans() if p.changes}
    slips = {
        "cnn_n_gru": ("pool_before_gru", "mask_padding", "carry_state", "bn1_used_twice"),
        "mfcc_cnn": ("features", "same_pooling", "dropout", "loss", "shuffle"),
        "cnn_bigru": ("features", "view_as_time", "activations"),
        "issa": ("features", "same_padding", "decay", "batch_size")}
    assert changed == {(d, c, name) for d, names in slips.items() for c in documents.get(d).corpora
                       for name in names} | {
        (DOCUMENT, "TESS", "sample_rate")}
    for plan in study.plans():
        if plan.changes and plan.changes != (("loss", "binary on softmax"),):  # what an older Keras makes of it
            name, value = plan.changes[0]
            assert plan.reading == "code" and value == documents.get(plan.document).settings[name].paper


def test_on_ravdess_every_slip_is_priced_from_three_starts():
    seeds = {}
    for plan in study.plans():
        if plan.changes:
            seeds.setdefault((plan.document, plan.corpus, plan.changes), set()).add(plan.seed)
    assert all(found == ({0, 1, 2} if corpus == "RAVDESS" or changes == (("loss", "binary on softmax"),) else {0})
               for (_, corpus, changes), found in seeds.items())


def test_readings_differ_where_the_document_does():
    assert set(documents.switches(DOCUMENT, "TESS", 11)) == {
        "pool_before_gru", "bn1_used_twice", "mask_padding", "carry_state", "class_sorted_test", "drop_last_test",
        "sample_rate"}
    assert "bn1_used_twice" not in documents.switches(DOCUMENT, "TESS", 3)
    assert "sample_rate" not in documents.switches(DOCUMENT, "RAVDESS", 3)


@pytest.mark.parametrize(("arguments", "message"), [
    (("cnn", "code", "TESS", 3), "no document 'cnn'"), ((DOCUMENT, "text", "TESS", 3), "no reading 'text'"),
    ((DOCUMENT, "code", "TESS", 4), "n = 4 is not defined: CNN-n-GRU has n = 3, 5, 11, 18"),
    (("issa", "code", "RAVDESS", 3), "n = 3 is not defined: Issa et al. has one size")])
def test_unknown_recipe(arguments, message):
    with pytest.raises(SerReproError, match=message):
        documents.settings(*arguments)
    with pytest.raises(SerReproError, match="has no setting depth"):
        documents.settings(DOCUMENT, "code", "TESS", 3, depth=2)


def test_search_draws_from_the_documents_space():
    for corpus in OF.corpora:
        for drawn in search.draw(corpus, 50):
            assert 1e-4 <= drawn["learning_rate"] <= 1e-1
            assert 1e-6 <= drawn["weight_decay"] <= 1e-2
            assert drawn["batch_size"] in (16, 32, 64)
            assert drawn["hidden_size"] in ((16,) if corpus == "TESS" else (16, 32, 64))
    assert search.draw("TESS", 8) == search.draw("TESS", 9)[:8]


@pytest.fixture
def short(monkeypatch):
    """The study's machinery with two trials and two epochs, on demo speech."""
    monkeypatch.setattr(runs, "refuse_demo", lambda *_, **__: None)
    monkeypatch.setattr(search, "TRIALS", 2)
    monkeypatch.setattr(search, "RUNGS", (1, 2))
    setting = OF.settings["epochs"]
    monkeypatch.setitem(OF.settings, "epochs", documents.Setting(2, 2, setting.meaning))


def one_run():
    return [study.Plan(DOCUMENT, "RAVDESS", "code", n=3)]


def test_study_searches_on_validation_alone_trains_and_stores(short, demo, tmp_path, monkeypatch):
    waves = arrays.prepare("RAVDESS", 16000, data=demo)
    split = protocols.make(waves.clips, "published")
    test_rows = {i for i, clip in enumerate(waves.clips["clip"]) if clip in split.test}
    seen = set()
    batch = arrays.Arrays.batch
    monkeypatch.setattr(arrays.Arrays, "batch", lambda self, rows: (seen.update(rows.tolist()),
                                                                        batch(self, rows))[1])
    plan, = one_run()
    values = documents.settings(DOCUMENT, "code", "RAVDESS", 3)
    best = search.search(plan.base, values, waves, results=tmp_path, device="cpu")
    assert seen and not seen & test_rows
    assert best in search.draw("RAVDESS", 2 * search.ROUNDS)
    assert search.chosen(tmp_path, n=3, **plan.base) == best
    assert study.execute(plan, results=tmp_path, data=demo, cache=None, device="cpu", threads=1)
    assert seen & test_rows
    assert plan.record(tmp_path)["config"]["settings"]["learning_rate"] == best["learning_rate"]


@pytest.mark.parametrize(("learns_in_round", "rounds"), [(1, 1), (2, 2), (None, search.ROUNDS)])
def test_a_search_that_found_nothing_draws_again(demo, tmp_path, monkeypatch, learns_in_round, rounds):
    made = []

    def halve(trials, *_):
        made.append(trials)
        for i, trial in enumerate(trials):
            learned = len(made) == learns_in_round and i == 5
            trial["validation_loss"] = [2.0] * 7 + [1.5 if learned else 2.0 + i / 100]
        return 2.01

    monkeypatch.setattr(search, "_halve", halve)
    waves = arrays.prepare("RAVDESS", 16000, data=demo)
    plan, = one_run()
    values = documents.settings(DOCUMENT, "code", "RAVDESS", 3)
    best = search.search(plan.base, values, waves, results=tmp_path)
    assert len(made) == rounds
    assert best == (made[-1][5] if learns_in_round else made[0][0])["settings"]
    assert len({str(trial["settings"]) for round_ in made for trial in round_}) == rounds * search.TRIALS
    assert search.chosen(tmp_path, n=3, **plan.base) == best


def test_study_makes_what_is_missing_and_nothing_twice(short, demo, tmp_path, monkeypatch):
    monkeypatch.setattr(study.joblib, "Parallel", lambda **_: iter)  # in this process, where `short` holds
    monkeypatch.setattr(study.joblib, "delayed", lambda f: f)
    lines = []
    assert study.run_study(one_run(), results=tmp_path, data=demo, device="cpu", report=lines.append) == 0
    assert "done" in lines[-1]
    assert lines[0].startswith("1 runs")
    assert study.complete(study.status(one_run(), tmp_path))[("RAVDESS", 3, "code", (), "published")]
    lines.clear()
    assert study.run_study(one_run(), results=tmp_path, data=demo, device="cpu", report=lines.append) == 0
    assert lines == ["0 runs to make, 2 at a time"] or lines[0].startswith("0 runs")


def test_demo_speech_makes_no_result(demo, tmp_path):
    with pytest.raises(SerReproError, match="RAVDESS at hand is demo speech, whose runs are no results"):
        study.run_study(one_run(), results=tmp_path, data=demo, device="cpu")
    values = documents.settings(DOCUMENT, "code", "RAVDESS", 3, epochs=1, **OF.unsearched)
    run = runs.Run(DOCUMENT, "code", "RAVDESS", "published", 0, 0, values)
    with pytest.raises(SerReproError, match="demo speech"):
        runs.obtain(run, results=tmp_path, data=demo, device="cpu")
    assert not list(tmp_path.glob("**/*.json"))


def test_a_second_study_in_the_same_folder_is_refused(tmp_path):
    with FileLock(tmp_path / study.LOCK), pytest.raises(SerReproError, match="another study is at work"):
        study.run_study(one_run(), results=tmp_path)


def test_a_seed_with_a_missing_fold_is_not_scored(tmp_path, monkeypatch):
    plans = [study.Plan(DOCUMENT, "TESS", "code", "speaker", fold, seed, 3) for seed in (0, 1) for fold in (0, 1)]
    made = {plans[0], plans[1], plans[2]}
    monkeypatch.setattr(study.Plan, "record", lambda self, results: {"plan": self} if self in made else None)
    (seeds,) = study.complete(study.status(plans, tmp_path)).values()
    assert [[r["plan"].fold for r in folds] for folds in seeds] == [[0, 1]]
    (seeds,) = study.complete(study.status(plans, tmp_path), whole=False).values()
    assert [[r["plan"].fold for r in folds] for folds in seeds] == [[0, 1], [0]]


@pytest.mark.parametrize(("document", "what", "more"), [
    (DOCUMENT, 16000, {"n": 3} | OF.unsearched), ("mfcc_cnn", "mfcc50_mean_code", {})])
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
        from ser_repro import documents
        from ser_repro.runs import run as runs, study
        values = documents.settings({document!r}, "code", "RAVDESS", epochs=1, **{more})
        run = runs.Run({document!r}, "code", "RAVDESS", "published", 0, 0, values, synthetic=True)
        print(runs.obtain(run, results={str(tmp_path)!r}, cache={str(cache)!r}, device="cpu")["run"])
    """)
    path = os.pathsep.join([str(node), str(Path(study.__file__).parents[2])])
    done = subprocess.run([sys.executable, "-S", "-W", "ignore", "-c", code], capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
    assert "-code-published" in done.stdout
