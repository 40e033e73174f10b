"""What comes before a network: a transformer that is fitted, stored and used with its weights, and altered copies."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from ser_repro import SerReproError, documents
from ser_repro.features import arrays, crema258
from ser_repro.runs import execution, methods
from ser_repro.runs.run import Run

PARTS = {"train": np.arange(60), "validation": np.arange(60, 75), "test": np.arange(75, 90)}


@pytest.fixture
def source():
    """Clips of 258 values, of sizes that differ by orders of magnitude, in six classes."""
    rng = np.random.default_rng(0)
    classes = np.arange(90) % 6
    values = (rng.normal(size=(90, 258)) + rng.normal(size=(6, 258))[classes]) * np.logspace(-3, 3, 258)
    return SimpleNamespace(values=values.astype(np.float32), classes=classes, batch=lambda rows: (
        torch.from_numpy(values.astype(np.float32)[rows])[..., None], torch.ones(len(rows), dtype=torch.int64)))


def network(n=1, seed=0, **changes):
    values = documents.settings("crema_1d", "code", "CREMA-D", n, epochs=2, **changes)
    return methods.Network(documents.get("crema_1d"), values, 6, seed)


def parts_of(source):
    return {part: (rows, source.classes[rows]) for part, rows in PARTS.items()}


def test_a_transformer_is_fitted_on_the_training_clips_or_on_all(source, tmp_path):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    for told, rows in (("training", PARTS["train"]), ("all", np.arange(90))):
        model = network(fitted_on=told)
        model.fit(source, parts_of(source), work=tmp_path / told, device="cpu")
        lda = LinearDiscriminantAnalysis(n_components=5).fit(source.values[rows].astype(float), source.classes[rows])
        found = methods.Transformed(source, model.transform).batch(np.arange(90))[0][..., 0]
        np.testing.assert_allclose(found, lda.transform(source.values.astype(float)), rtol=1e-4, atol=1e-4)
    with pytest.raises(SerReproError, match="no fitted_on 'test': choose one of training, all"):
        network(fitted_on="test").fit(source, parts_of(source), work=tmp_path, device="cpu")


def test_tested_clips_choose_no_epoch_where_none_are_left_to_validate(source, tmp_path):
    parts = parts_of(source) | {"validation": (np.arange(0), np.arange(0))}
    with pytest.raises(SerReproError, match="crema_1d chooses its epoch by validation clips, and of so few clips none"):
        network().fit(source, parts, work=tmp_path, device="cpu")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("changes", [{}, {"reduction": "PCA 20", "standardised": True}, {"reduction": "none"}],
                         ids=["LDA", "PCA of standardised values", "none"])
def test_a_stored_network_answers_as_it_did(source, tmp_path, changes):
    model = network(**changes)
    model.fit(source, parts_of(source), work=tmp_path, device="cpu")
    again = network(seed=1, **changes).load(model.dump())
    for rows in (PARTS["test"], PARTS["test"][:1]):
        np.testing.assert_allclose(again.probabilities(source, rows), model.probabilities(source, rows), rtol=1e-5)
    assert again.parameters == model.parameters


def test_weights_of_another_transformer_are_refused(source, tmp_path):
    model = network(reduction="PCA 20")
    model.fit(source, parts_of(source), work=tmp_path, device="cpu")
    for changes in ({"reduction": "PCA 20", "standardised": True}, {"reduction": "LDA"}):
        with pytest.raises(SerReproError, match="the weights do not fit this version's model"):
            methods.loaded("crema_1d", network(**changes).values, 6, model.dump(), "train again")


# ---- altered copies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["training", "before the split"])
def test_altered_copies_are_of_training_clips_unless_they_are_made_before_the_split(when):
    def made(of):
        clips = pd.DataFrame({"clip": [f"c{i}" for i in range(90)], "start": range(90), "length": 1})
        return arrays.Arrays("CREMA-D", clips, of + np.arange(90, dtype=np.float32)[:, None], "", False)

    run = Run.of("crema_1d", "CREMA-D", n=1, augmentation=when)
    assert run.recipe.copies(run.values).sets == crema258.COPIES
    parts = {part: (rows, rows % 6) for part, rows in PARTS.items()}
    source, told = execution._with_copies(run, made(0), parts, [made(1000), made(2000)])
    rows, targets = told["train"]
    copied = PARTS["train"] if when == "training" else np.arange(90)
    values = source.batch(rows)[0].flatten().numpy()
    assert sorted(values) == sorted([*PARTS["train"], *(1000 + copied), *(2000 + copied)])
    np.testing.assert_array_equal(targets, values % 1000 % 6)
    assert told["test"] is parts["test"] and (source.batch(told["test"][0])[0].flatten() == torch.arange(75, 90)).all()


def test_altered_copies_are_refused_where_they_are_of_other_clips_or_values():
    def made(n):
        clips = pd.DataFrame({"clip": [f"c{i}" for i in range(n)], "start": range(n), "length": 1})
        return arrays.Arrays("CREMA-D", clips, np.zeros((n, 1), np.float32), "", False)

    run = Run.of("crema_1d", "CREMA-D", n=1, augmentation="training")
    with pytest.raises(SerReproError, match="altered copies of CREMA-D are not of the clips at hand"):
        execution._with_copies(run, made(90), {}, [made(89)])
    with pytest.raises(SerReproError, match="altered copies have the values of crema258 alone, not of crema_step1"):
        run.recipe.copies(run.values | {"features": "crema_step1"})
    assert run.recipe.copies(Run.of("crema_1d", "CREMA-D", n=1).values).sets == ()


# ---- normalised by speaker ---------------------------------------------------------------------------------------


@pytest.fixture
def spoken():
    """Clips of frames of 130 values by four speakers, of 3 to 6 frames."""
    rng = np.random.default_rng(0)
    lengths, speakers = rng.integers(3, 7, 90), np.array(["a", "b", "c", "d"])[np.arange(90) % 4]
    values = [rng.normal(size=(130, length)).astype(np.float32) + place % 4 for place, length in enumerate(lengths)]

    def batch(rows):
        out = np.zeros((len(rows), 130, lengths[rows].max()), np.float32)
        for place, row in enumerate(rows):
            out[place, :, :lengths[row]] = values[row]
        return torch.from_numpy(out), torch.from_numpy(lengths[rows].astype(np.int64))

    return SimpleNamespace(batch=batch, clips=pd.DataFrame({"speaker": speakers}), values=values, lengths=lengths,
                           classes=np.arange(90) % 6)


@pytest.mark.parametrize("fitted_on", ["all", "training"])
def test_frames_are_normalised_by_their_speaker(spoken, fitted_on):
    values = documents.settings("qayyum", "code", "SAVEE", 7, fitted_on=fitted_on)
    model = methods.Network(documents.get("qayyum"), values, 6, 0)
    model.fit_transform(spoken, parts_of(spoken))
    inputs, lengths = methods.Transformed(spoken, model.transform).batch(np.arange(90))
    assert inputs.shape == (90, 130, 6) and lengths.tolist() == spoken.lengths.tolist()
    rows = np.arange(90) if fitted_on == "all" else PARTS["train"]
    own = rows[spoken.clips["speaker"][rows] == "b"]
    frames = np.concatenate([spoken.values[row] for row in own], axis=1).astype(float)
    expected = (spoken.values[own[0]] - frames.mean(1, keepdims=True)) / frames.std(1, keepdims=True)
    np.testing.assert_allclose(inputs[own[0], :, :spoken.lengths[own[0]]], expected, rtol=1e-4, atol=1e-4)
    assert not inputs[own[0], :, spoken.lengths[own[0]]:].any()


@pytest.mark.parametrize(("reduction", "leaks"), [("LDA", False), ("LDA on all", True)])
def test_lda_behind_a_normaliser_of_all_clips_learns_no_emotion_of_a_tested_one(source, reduction, leaks):
    source.clips = pd.DataFrame({"speaker": np.array(["a", "b"])[np.arange(90) % 2]})
    values = documents.settings("qayyum", "code", "CREMA-D", 1, reduction=reduction)
    assert values["fitted_on"] == "all"
    parts, told = parts_of(source), []
    for tested in (parts["test"][1], parts["test"][1][::-1].copy()):
        model = methods.Network(documents.get("qayyum"), values, 6, 0)
        model.fit_transform(source, parts | {"test": (parts["test"][0], tested)})
        told.append(methods.Transformed(source, model.transform).batch(np.arange(90))[0])
    assert torch.equal(*told) != leaks


def test_an_estimator_is_stored_with_what_normalises_its_clips(source, tmp_path):
    source.clips = pd.DataFrame({"speaker": np.array(["a", "b"])[np.arange(90) % 2]})
    for n in (3, 6):
        values = documents.settings("qayyum_baselines", "code", "SAVEE", n)
        made = [methods.Estimator(documents.get("qayyum_baselines"), values, 6, 0) for _ in range(2)]
        made[0].fit(source, parts_of(source), work=tmp_path)
        again = made[1].load(made[0].dump())
        np.testing.assert_allclose(again.probabilities(source, PARTS["test"]),
                                   made[0].probabilities(source, PARTS["test"]), rtol=1e-6)
        # A recording by itself names no speaker: it is normalised as all are together.
        alone = SimpleNamespace(batch=source.batch)
        assert not np.allclose(again.probabilities(alone, PARTS["test"]), again.probabilities(source, PARTS["test"]))
