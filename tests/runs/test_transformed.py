"""A transformer that belongs to a network: whom it is fitted on, and that it is stored and used with the weights."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ser_repro import SerReproError, documents
from ser_repro.runs import methods

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
