"""The value that a run is: its settings, its identity, what it is scored with, and the records that bear its name."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from making import make_run

from ser_repro import SerReproError, documents
from ser_repro.documents import Setting
from ser_repro.runs import records
from ser_repro.runs.run import Run, settings_of

STORED = records.files(Path(__file__).parents[2] / "results")


def test_name_ends_in_the_hash_of_the_configuration():
    run = make_run()
    assert run.name.endswith(run.hash)
    assert run.hash != make_run(seed=1).hash != make_run(epochs=3).hash
    assert make_run(carry_state=False).changed == {"carry_state": False}
    assert "-changed-" in make_run(carry_state=False).name
    assert "-changed-" not in run.name


def test_undecided_settings_are_refused():
    run = Run.of("cnn_n_gru", "TESS", n=3)
    assert run.open == ("hidden_size", "learning_rate", "weight_decay", "batch_size")
    with pytest.raises(SerReproError, match="hidden_size, learning_rate, weight_decay, batch_size not decided"):
        run.hash  # noqa: B018
    decided = run.with_values(hidden_size=16, learning_rate=1e-3, weight_decay=1e-5, batch_size=16)
    assert decided.open == () and decided.hash and run.open  # the first is what it was


def test_every_stored_record_keeps_its_name():
    assert len(STORED) > 150
    for path in STORED:
        config = records.read(path)["config"]
        run = Run.from_config(config)
        assert run.path(path.parents[1]) == path
        assert run.config == config


@pytest.mark.parametrize("run", [
    make_run(), make_run("mfcc_cnn", "paper", seed=3, dropout=0.5), make_run("svm193"),
    make_run("issa", protocol="speaker", fold=4), make_run("mfcc_cnn", protocol="cross_corpus", tested=("EMO-DB",))],
    ids=lambda run: run.label)
def test_a_configuration_gives_its_run_back(run):
    again = Run.from_config(json.loads(json.dumps(run.config)))
    assert again == run and again.hash == run.hash and again.name == run.name and hash(again) == hash(run)


@pytest.fixture
def one_more(monkeypatch):
    """CNN-n-GRU with a setting that no run so far has named: layers, which are as many as n says."""
    of = documents.get("cnn_n_gru")
    layers = Setting(None, None, "layers of the GRU", others={1: "one GRU layer"}, added=True)
    monkeypatch.setitem(documents.DOCUMENTS, "cnn_n_gru", replace(
        of, settings=of.settings | {"layers": layers},
        adjust=lambda values, corpus, n: of.adjust(values, corpus, n) | {"layers": n}))


def test_a_setting_added_later_leaves_earlier_runs_what_they_were(request):
    before = make_run()
    name, config = before.name, json.loads(json.dumps(before.config))
    request.getfixturevalue("one_more")
    run = make_run()
    assert run.values == before.values | {"layers": 3} and run.changed == {}
    assert (run.config, run.name) == (config, name) and Run.from_config(config) == run
    test_every_stored_record_keeps_its_name()


def test_a_run_with_another_value_of_a_setting_added_later_is_another_run(one_more):
    run, other = make_run(), make_run(layers=1)
    assert other.hash != run.hash and other.changed == {"layers": 1} and other.unchanged == run
    assert other.config["settings"] == run.config["settings"] | {"layers": 1}
    assert Run.from_config(json.loads(json.dumps(other.config))) == other
    assert settings_of(run.config) == run.values and settings_of(other.config) == other.values


def test_a_configuration_names_other_corpora_only_where_there_are_any():
    assert "tested" not in make_run().config
    run = make_run("mfcc_cnn", protocol="cross_corpus", tested=("EMO-DB", "SAVEE"))
    assert run.config["tested"] == ["EMO-DB", "SAVEE"]
    assert run.hash != make_run("mfcc_cnn", protocol="cross_corpus", tested=("EMO-DB",)).hash
    assert run.label.endswith(" tested on EMO-DB, SAVEE")


def test_a_run_that_tests_elsewhere_says_where():
    with pytest.raises(SerReproError, match="protocol cross_corpus tests other corpora: name at least one"):
        make_run("mfcc_cnn", protocol="cross_corpus")
    for protocol in ("cross_corpus", "published"):
        with pytest.raises(SerReproError, match="RAVDESS is trained on and can't be another corpus"):
            make_run("mfcc_cnn", protocol=protocol, tested=("EMO-DB", "RAVDESS"))


def test_changed_is_what_departs_from_the_reading_but_for_searched_settings_and_epochs():
    assert make_run().changed == {}
    assert make_run(epochs=50).changed == {}
    assert make_run("svm193", C=2.0).changed == {"C": 2.0}
    run = make_run("mfcc_cnn", dropout=0.2, loss="categorical")
    assert run.changed == {"dropout": 0.2, "loss": "categorical"}
    assert run.unchanged == make_run("mfcc_cnn") and run.unchanged.changed == {}
    assert make_run().unchanged == make_run()
    assert make_run("mfcc_cnn", epochs=7, dropout=0.2).unchanged.values["epochs"] == 7


def test_a_kind_is_a_run_of_any_fold_and_seed_and_of_any_settings_found_by_search():
    one = make_run(protocol="speaker", fold=1, seed=2, learning_rate=1e-2)
    assert one.kind == make_run(protocol="speaker", fold=3, batch_size=32).kind
    assert (one.kind.fold, one.kind.seed, one.kind.open) == (0, 0, one.recipe.searched)
    assert one.kind.kind == one.kind
    for other in (make_run(), make_run("cnn_n_gru", "paper", protocol="speaker"),
                  make_run(protocol="speaker", mask_padding=True), make_run(protocol="speaker", epochs=9),
                  replace(one, synthetic=False), replace(one, corpus="TESS"), replace(one, tested=("TESS",))):
        assert other.kind != one.kind


def test_other_settings_make_another_run_and_leave_the_first():
    run = make_run("mfcc_cnn")
    other = run.with_values(dropout=0.1, epochs=3)
    assert (other.values["dropout"], other.values["epochs"]) == (0.1, 3)
    assert run.values["dropout"] == 0.0 and run.hash != other.hash
    assert other.changed == {"dropout": 0.1} and run.changed == {}


@pytest.mark.parametrize("wrong", [{"depth": 2}, {"n": 4}, {"n": None}, {"reading": "text"}, {"protocol": "random"}])
def test_a_run_of_what_there_is_not_is_refused(wrong):
    with pytest.raises(SerReproError, match=r"has no setting depth|n = 4|n = None|no reading 'text'|no protocol"):
        Run.of("cnn_n_gru", "TESS", **{"n": 3} | wrong)
    with pytest.raises(SerReproError, match="no document 'cnn'"):
        Run.of("cnn", "TESS")


def test_a_run_knows_what_it_takes():
    assert make_run().inputs == 16000 and Run.of("cnn_n_gru", "TESS", n=3).inputs == "native"
    assert make_run("svm193").inputs == "issa193_code"
    assert (make_run().n, make_run("issa").n) == (3, None)
    assert (make_run().folds, make_run(protocol="speaker").folds) == (1, 6)
    assert make_run(epochs=4).cost == 2 * make_run(epochs=2).cost > 0 < make_run("svm193").cost
