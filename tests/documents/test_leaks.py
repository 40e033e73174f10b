"""Which document has which leaks: what its own data tell, and that what is declared fits a row."""

import pytest

from ser_repro import SerReproError, datasets, documents
from ser_repro.documents import leaks
from ser_repro.results.leaks import IN_SPLIT, LEAKS, PLACES, STATES


@pytest.fixture(scope="module")
def matrix():
    return leaks.matrix()


def test_every_method_has_one_answer_to_every_leak(matrix):
    assert matrix.shape == (len(leaks.rows()), len(LEAKS))
    assert set(matrix.stack()) <= set(STATES)
    assert {leak.place for leak in LEAKS.values()} <= set(PLACES)
    readings = {f"{of.title}, {of.called(reading)}" for of in documents.DOCUMENTS.values() for reading in of.readings}
    assert readings <= set(matrix.index)


def test_what_is_declared_is_of_a_row_and_has_a_place():
    titles = {row.title for row in leaks.rows()}
    for one in leaks.DECLARED:
        assert one.row in titles and set(one.leaks) <= set(LEAKS) and one.place and one.state in STATES


def test_splits_by_lot_share_speakers_and_those_by_speaker_do_not(matrix):
    for of in documents.DOCUMENTS.values():
        assert matrix.loc[f"{of.title}, {of.called('code')}", "speakers"] == "yes"
    new = matrix.loc[leaks.NEW_SPEAKERS]
    assert new["speakers"] == "no" and new["sentences"] == "yes" and new["two labels"] == "yes"
    assert matrix.loc[leaks.NEW_SENTENCES, ["speakers", "sentences"]].tolist() == ["no", "no"]


def test_what_sets_one_reading_apart_from_the_other(matrix):
    n_gru = matrix.loc[["CNN-n-GRU, code", "CNN-n-GRU, paper"]]
    assert n_gru["state carried"].tolist() == n_gru["test order"].tolist() == ["yes", "no"]
    assert n_gru["settings by test"].tolist() == ["no", "no"]
    assert matrix.loc["Issa et al., paper", ["speakers", "epoch by test"]].tolist() == ["can't be told"] * 2
    assert matrix["epoch by test"].eq("yes").sum() == 1 and matrix.loc[leaks.EARLIER_STOP, "epoch by test"] == "yes"
    assert matrix.loc["the CREMA-D study's 1-D CNNs, code", "fitted on all"] == "can't be told"
    assert matrix.loc["SVM on 193 values, code", "fitted on all"] == "no"


@pytest.mark.parametrize(("document", "n", "leak", "changes", "state"), [
    ("crema_1d", 1, "fitted", {"fitted_on": "all"}, "yes"),
    ("crema_1d", 1, "fitted", {"fitted_on": "training"}, "no"), ("crema_1d", 1, "statistics", {}, "no"),
    *((name, 2, leak, {}, "can't be told") for name in ("qayyum", "qayyum_baselines")
      for leak in ("fitted", "statistics")),
    *((name, 2, leak, {"fitted_on": "training"}, "no") for name in ("qayyum", "qayyum_baselines")
      for leak in ("fitted", "statistics")),
    ("qayyum", 2, "statistics", {"normalised": "together"}, "no"), ("qayyum", 3, "fitted", {}, "does not apply"),
    ("svm193", None, "fitted", {}, "no"),
    ("crema_1d", 7, "copies", {"augmentation": "before the split"}, "yes"),
    ("crema_1d", 7, "copies", {}, "no"), ("crema_1d", 1, "copies", {}, "does not apply"),
    ("crema_1d", 1, "epoch", {}, "no"), ("issa", None, "epoch", {"early_stopping": "last"}, "yes"),
    ("cnn_n_gru", 3, "state", {"carry_state": False}, "no"),
    ("cnn_n_gru", 3, "order", {"class_sorted_test": False}, "no")])
def test_a_changed_setting_plants_or_mends_a_leak(document, n, leak, changes, state):
    of = documents.get(document)
    row = leaks.Row(document, "code", "changed", changes)
    found = {one.leak: one for one in leaks._of_method(of, row, of.corpora[0], n)}
    assert found[leak].state == state


def test_counts_are_those_of_the_split():
    table = leaks.report("issa").set_index(["method", "leak"])
    clips = datasets.studied(datasets.published("RAVDESS"))
    tested = sum(len(documents.get("issa").parts(datasets.published(name), "published").test)
                 for name in ("RAVDESS", "EMO-DB"))
    row = table.loc[("Issa et al., code", "speakers")]
    assert row["clips"] == f"{tested} of {tested}" and "RAVDESS: 24 of 24" in row["why"]
    twin = table.loc[("Issa et al., code", "identical samples")]
    same = clips[clips.duplicated("sha256", keep=False)]["clip"].tolist()
    assert len(same) == 2 and all(clip in twin["example"] for clip in same)
    assert set(table.xs("Issa et al., paper").loc[["speakers"], "rests on"]) != {"computed"}
    with pytest.raises(SerReproError, match="no document 'nobody'"):
        leaks.report("nobody")


def test_no_leak_of_a_method_is_looked_for_in_a_split():
    assert set(IN_SPLIT) == {"speakers", "sentences", "identical", "recordings", "copies", "labels"}
