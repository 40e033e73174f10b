"""The baseline that is fitted at once: its record, its stored form, and what no file can make it do."""

import json
import pickle

import numpy as np
import pytest
from making import make_model, make_run
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from ser_repro import SerReproError, datasets, documents
from ser_repro.results import scores
from ser_repro.runs import execution, fitting, methods
from ser_repro.saved import model as saved
from ser_repro.saved import predict

RUN = make_run("svm193")


@pytest.fixture(scope="module")
def place(demo, tmp_path_factory):
    """The saved model of the baseline, and beside it the cache with its arrays."""
    folder = tmp_path_factory.mktemp("svm")
    make_model(RUN, demo, folder)
    return folder


@pytest.fixture
def waves(place):
    return execution.inputs(RUN, cache=place / "cache")


@pytest.fixture
def fitted(place):
    return methods.loaded("svm193", RUN.values, 8, (place / "svm193" / saved.WEIGHTS).read_bytes(), "")


@pytest.fixture
def no_pickle(monkeypatch):
    """No pickle is made or read."""
    import joblib

    def refuse(*_, **__):
        raise AssertionError("a pickle")

    for module in (pickle, joblib):
        for name in ("load", "loads", "dump", "dumps"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, refuse)


def test_a_clip_gets_the_probabilities_of_the_record(place, demo):
    model = saved.load(place / "svm193")
    record = json.loads((place / "svm193" / saved.RECORD).read_text())
    path = datasets.clips("RAVDESS", demo).set_index("clip")["path"]
    for clip, _, _, *told in record["test"]["rows"][::5]:
        found = predict.recording(model, path[clip]).probabilities
        assert [found[emotion] for emotion in model.classes] == pytest.approx(told, abs=2e-5)
    assert record["history"] == {} and {"scikit-learn", "numpy"} <= set(record["versions"])
    assert "torch" not in record["versions"] and record["parameters"] > 193


def test_the_command_trains_it_and_another_hears_with_it(type_in, demo, tmp_path):
    code, out, lines = type_in("train", "svm193", "RAVDESS", "--data", demo, "--model", "m", "--set", "C=3")
    assert code == 0 and len(lines) == 1 and "SVM on 193 values on RAVDESS" in out
    assert saved.load("m").card["config"]["settings"]["C"] == 3.0 and saved.load("m").card["epochs"] == 0
    assert {path.name for path in (tmp_path / "m").iterdir()} == set(saved.FILES) - {saved.CURVES}
    assert saved.CURVES not in (tmp_path / "m" / saved.README).read_text()
    code, out, _ = type_in("predict", next(demo.rglob("*.wav")), "--model", "m", "--format", "json")
    assert code == 0 and sum(json.loads(out)[0]["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    code, _, lines = type_in("train", "svm193", "RAVDESS", "--data", demo, "--epochs", 3, "--model", "n")
    assert code == 1 and "--epochs 3 is not possible: SVM on 193 values is fitted at once" in lines[-1]


def test_what_is_dumped_and_loaded_is_the_same(fitted, waves, no_pickle):
    rows = np.arange(len(waves.clips))
    content = fitted.dump()
    again = methods.loaded("svm193", RUN.values, 8, content, "")
    assert (again.probabilities(waves, rows) == fitted.probabilities(waves, rows)).all()
    assert again.dump() == content and again.parameters == fitted.parameters
    assert b"sklearn" not in content[:8] and content[8:9] == b"{"
    inputs = fitting.values_of(waves, rows)
    assert (again.module.predict(inputs) == fitted.probabilities(waves, rows).argmax(1)).all()


def test_training_twice_gives_the_same(waves, tmp_path, fitted):
    _, classes, parts = execution.parts_of(RUN, waves)
    model = execution.untrained(RUN, len(classes))
    model.fit(waves, parts, work=tmp_path)
    assert model.dump() == fitted.dump()


def test_the_scaler_saw_the_training_clips_only(fitted, waves):
    _, _, parts = execution.parts_of(RUN, waves)
    rows = parts["train"][0]
    values = fitting.values_of(waves, rows)
    scaler, machine = (part for _, part in fitted.module.steps)
    assert scaler.n_samples_seen_ == len(rows) < len(waves.clips)
    assert scaler.mean_ == pytest.approx(values.mean(0, dtype=np.float64), rel=1e-4, abs=1e-6)
    every = fitting.values_of(waves, np.arange(len(waves.clips)))
    assert not np.allclose(scaler.mean_, every.mean(0, dtype=np.float64), rtol=1e-4, atol=1e-6)
    assert machine.shape_fit_[0] == len(rows)


def other_estimators():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(80, 193)), np.arange(80) % 8
    of = documents.get("svm193")
    yield "another machine", make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    yield "another scaler", make_pipeline(MinMaxScaler(), SVC(break_ties=True, class_weight="balanced")).fit(x, y)
    yield "no pipeline", SVC().fit(x, y)
    yield "three steps", make_pipeline(StandardScaler(), StandardScaler(), SVC()).fit(x, y)
    yield "another setting", of.build(RUN.values | {"C": 2.0}, 8).fit(x, y)
    yield "more emotions", of.build(RUN.values, 9).fit(x, np.arange(80) % 9)
    yield "not fitted", of.build(RUN.values, 8)


@pytest.mark.parametrize(("name", "estimator"), other_estimators(), ids=lambda one: one if isinstance(one, str) else "")
def test_a_file_of_another_estimator_is_refused(name, estimator):
    says = r"the weights do not fit this version's model \(\w+\); train again"
    with pytest.raises(SerReproError, match=says) as error:
        methods.loaded("svm193", RUN.values, 8, fitting.dump(estimator), "train again")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("damage", [
    lambda content: content[:-1], lambda content: content[:100], lambda content: b"", lambda content: b"\x80\x04" * 50,
    lambda content: pickle.dumps({"C": 1}), lambda content: content.replace(b"estimator", b"estimatos", 1)])
def test_what_is_no_such_file_is_refused(fitted, damage):
    with pytest.raises(SerReproError, match="the weights do not fit this version's model"):
        methods.loaded("svm193", RUN.values, 8, damage(fitted.dump()), "train again")


def forged(content, change):
    """A file of an estimator with other contents: `change(arrays, values)`."""
    from safetensors.numpy import load, save

    arrays, told = dict(load(content)), json.loads(fitting.header(content)["estimator"])
    change(arrays, told["values"])
    return save(arrays, {"estimator": json.dumps(told)})


@pytest.mark.parametrize("change", [
    lambda arrays, values: arrays.update({"1.dual_coef_": arrays["1.dual_coef_"][:, :1].copy()}),
    lambda arrays, values: arrays.update({"1._dual_coef_": arrays["1._dual_coef_"][:1].copy()}),
    lambda arrays, values: arrays.update({"1.support_vectors_": arrays["1.support_vectors_"][:, :5].copy()}),
    lambda arrays, values: arrays.update({"1._n_support": arrays["1._n_support"] + 100}),
    lambda arrays, values: arrays.update({"1._intercept_": arrays["1._intercept_"][:1].copy()}),
    lambda arrays, values: arrays.pop("1._n_support"),
    lambda arrays, values: values.update({"1._sparse": True}),
    lambda arrays, values: values.update({"1.predict": "x"}),
    lambda arrays, values: values.update({"1.__class__": "x"}),
    lambda arrays, values: values.update({"7.x": 1})])
def test_what_would_make_compiled_code_read_beyond_its_arrays_is_refused(fitted, change):
    content = fitted.dump()
    methods.loaded("svm193", RUN.values, 8, forged(content, lambda *_: None), "train again")
    with pytest.raises(SerReproError, match="the weights do not fit this version's model"):
        methods.loaded("svm193", RUN.values, 8, forged(content, change), "train again")


def test_the_weights_of_a_network_are_refused(small):
    with pytest.raises(SerReproError, match="the weights do not fit this version's model"):
        methods.loaded("svm193", RUN.values, 8, (small / saved.WEIGHTS).read_bytes(), "train again")


def test_what_holds_more_than_arrays_numbers_and_texts_is_not_stored():
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(n_estimators=2).fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(SerReproError, match=r"RandomForestClassifier\.\w+ is a \w+, which can't be stored"):
        fitting.dump(forest)


def test_two_classes_and_a_class_that_nothing_trained(waves, tmp_path):
    """A decision function of two classes is one number; a class without training clips has no column."""
    _, _, parts = execution.parts_of(RUN, waves)
    rows, targets = parts["train"]
    for kept in ([1, 4], [0, 2, 3, 5, 6, 7]):
        some = np.isin(targets, kept)
        model = execution.untrained(RUN, 8)
        model.fit(waves, {"train": (rows[some], targets[some])}, work=tmp_path)
        found = model.probabilities(waves, rows)
        assert found.shape == (len(rows), 8) and found.sum(1) == pytest.approx(1)
        assert set(found.argmax(1)) <= set(kept) and not found[:, [c for c in range(8) if c not in kept]].any()
        assert (found.argmax(1) == model.module.predict(fitting.values_of(waves, rows))).mean() > 0.99
        again = methods.loaded("svm193", RUN.values, 8, model.dump(), "")
        assert (again.probabilities(waves, rows) == found).all()


def test_its_record_is_scored_as_any_other(place):
    record = json.loads((place / "svm193" / saved.RECORD).read_text())
    assert len(scores.table(record)) == record["clips"]["test"] == scores.score([scores.table(record)]).clips
