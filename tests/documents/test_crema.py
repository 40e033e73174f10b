"""The CREMA-D study: its split, its schedule, what its readings say, and its runs."""

import numpy as np
import pandas as pd
import pytest
import torch

from ser_repro import SerReproError, datasets, documents
from ser_repro.documents import crema_1d, crema_2d, crema_study
from ser_repro.features import sets
from ser_repro.results import ledger
from ser_repro.runs import claimed, plans
from ser_repro.runs.found import Found


def rates(losses, epochs):
    """Learning rate after each epoch, of validation losses."""
    optimiser = torch.optim.SGD([torch.zeros(1)], lr=1e-3)
    schedule = crema_study.schedule(optimiser, documents.settings("crema_2d", "code", "CREMA-D", 1))
    found = []
    for epoch in range(epochs):
        schedule.step(losses[epoch])
        found.append(optimiser.param_groups[0]["lr"])
    return found


@pytest.mark.parametrize(("epochs", "lowest", "logged"), [(139, 8, 5.3144e-4), (163, 6, 4.7830e-4), (102, 7, 6.5610e-4),
                                                          (175, 36, 5.3144e-4)])
def test_the_learning_rate_ends_where_the_notebooks_log_ends(epochs, lowest, logged):
    """Epochs run, the epoch of the lowest validation loss, and the last rate, as the log has them."""
    losses = np.abs(np.arange(1, epochs + 1) - lowest) + 1.0
    assert rates(losses, epochs)[-2] == pytest.approx(logged, rel=1e-4)  # the log tells the rate that an epoch had


def test_the_learning_rate_falls_as_in_keras():
    losses = np.random.default_rng(0).normal(1.5, 0.05, 400) + np.linspace(0.3, 0, 400)
    best, wait, rate, expected = np.inf, 0, 1e-3, []
    for loss in losses:  # keras.callbacks.ReduceLROnPlateau.on_epoch_end
        if loss < best - 1e-4:
            best, wait = loss, 0
        else:
            wait += 1
            if wait >= 20:
                rate, wait = max(0.9 * rate, 1e-6), 0
        expected.append(rate)
    assert len(set(expected)) > 3
    np.testing.assert_allclose(rates(losses, 400), expected)


def test_the_split_is_that_of_the_notebook():
    clips = datasets.studied(datasets.published("CREMA-D"))
    split = documents.get("crema_2d").parts(clips, "published")
    assert (len(split.train), len(split.validation), len(split.test)) == (4948, 261, 2233)
    counts = clips.set_index("clip")["emotion"][list(split.test)].value_counts()
    assert tuple(counts[list(crema_study.CLASSES)]) == (382, 381, 381, 382, 326, 381)
    assert documents.get("crema_2d").parts(clips, "redrawn", 0).test != split.test


def test_the_readings_of_the_2d_networks_differ_in_images_and_stride():
    assert {n: set(documents.switches("crema_2d", "CREMA-D", n)) for n in (1, 2, 3)} == {
        1: {"features"}, 2: {"features"}, 3: {"features", "stride"}}
    for name in documents.get("crema_2d").settings["features"].others:
        assert name in sets.SETS


def test_the_table_follows_from_the_recalls():
    for of in (crema_1d, crema_2d):
        for n, (_, accuracy, _) in of.TABLE.items():
            found = np.average(of.RECALLS[n], weights=(382, 381, 381, 382, 326, 381))
            assert found == pytest.approx(accuracy, abs=0.011)


def test_each_model_has_the_inputs_and_the_optimiser_of_its_listing():
    of = (1, 2, 4, 5, 6, 7)  # 4 is Model 3 too
    values = {n: documents.settings("crema_1d", "code", "CREMA-D", n) for n in of}
    assert [crema_1d.reduced(values[n], 6) for n in of] == [5, 5, 5, 5, 258, 258]
    assert [values[n]["optimiser"] for n in of] == ["Adam", "SGD"] + 4 * ["Adam"]
    assert {n: set(documents.switches("crema_1d", "CREMA-D", n)) for n in of} == {
        n: {"optimiser"} if n == 5 else set() for n in of}


@pytest.mark.parametrize(("features", "reduction", "classes", "values"), [
    ("crema_step1", "none", 6, 22), ("crema_step3", "none", 6, 163), ("crema258", "PCA 10", 6, 10),
    ("crema258", "LDA", 4, 3), ("crema258", "LDA", 8, 5)])
def test_as_many_values_reach_the_network_as_are_kept(features, reduction, classes, values):
    settings = documents.settings("crema_1d", "code", "CREMA-D", 1, features=features, reduction=reduction)
    assert crema_1d.reduced(settings, classes) == values


def test_the_steps_of_the_selection_are_planned_with_three_starts():
    runs = {(run.values["features"], run.values["reduction"], run.seed) for run in plans.plans()
            if run.document == "crema_1d" and run.n == 1 and run.protocol == "published" and run.reading == "code"}
    for features, reduction, *_ in crema_1d.SELECTION:
        assert {(features, reduction, seed) for seed in (0, 1, 2)} <= runs


def test_every_entry_of_the_tables_is_a_claim():
    claims = [claim for of in (crema_1d, crema_2d) for claim in of.CLAIMS]
    assert len(claims) == len(set(claims))
    own = [claim for claim in claims if not claim.step]
    assert len(own) == 10 * 3 + 10 * 6
    assert [claim for claim in own if claim.untestable] == [
        claim for claim in crema_1d.CLAIMS if claim.n == 1 and not claim.step]
    assert claims[0].value == 0.54 and own[-1] == ledger.Claim(
        "CREMA-D", 3, "recall of sadness", 0.63, "report, figure: 2-D MODEL3")


def test_every_step_on_the_way_is_a_claim():
    steps = [claim for of in (crema_1d, crema_2d) for claim in of.CLAIMS if claim.step]
    told = [value for *which, accuracy, f1 in crema_1d.SELECTION if which != ["crema258", "LDA"]
            for value in (accuracy, f1)]
    assert [claim.value for claim in steps if (claim.n, "features" in dict(claim.changes)) == (1, True)] == told[:-4]
    assert {claim.value for claim in steps} >= {*told, 0.34, 0.45, 0.49425, 0.43678, 0.17241}
    selected = {(claim.which.get("features", "crema258"), claim.which.get("reduction", "LDA")) for claim in steps
                if claim.n == 1 and claim.changes}
    assert selected == {row[:2] for row in crema_1d.SELECTION} - {("crema258", "LDA")}
    assert all(bool(claim.untestable) == (claim.n == 1) for claim in steps if claim.changes)  # 2: before LDA


def test_a_network_that_is_not_rebuilt_has_no_score_in_the_ledger():
    (row,) = [row for _, row in claimed.ledger(Found("crema_2d", "results")).iterrows() if row["claimed"] == "17.2 %"]
    assert row["network"] == "—" and row["verdict"] == ledger.UNTESTABLE and not row["records"]
    assert row["code, shared speakers"] == row["paper, new speakers"] == "—"


@pytest.mark.parametrize("storage", ["python", "pyarrow"])
def test_the_split_does_not_depend_on_how_pandas_keeps_text(storage):
    if storage == "pyarrow":
        pytest.importorskip("pyarrow")
    clips = datasets.published("CREMA-D")
    kept = clips.astype({"clip": pd.StringDtype(storage), "emotion": pd.StringDtype(storage)})
    assert crema_study.stratified(kept) == crema_study.stratified(clips)


def test_a_small_corpus_is_split_with_every_emotion_in_each_part():
    clips = pd.DataFrame({"clip": [f"c{i:02}" for i in range(48)], "emotion": [f"e{i % 8}" for i in range(48)]})
    split = crema_study.stratified(clips)
    emotion = clips.set_index("clip")["emotion"]
    assert all(emotion[list(part)].nunique() == 8 for part in (split.train, split.validation, split.test))
    with pytest.raises(SerReproError, match="10 clips can't be parted into training, validation and test"):
        crema_study.stratified(clips[:10])
