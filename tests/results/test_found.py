"""What chapters say of records: made-up records whose scores are known."""

import matplotlib.pyplot as plt
import pytest

from ser_repro import SerReproError
from ser_repro.book import plots
from ser_repro.results import found as chapter
from ser_repro.results import ledger as claims
from ser_repro.results import scores as evaluation
from ser_repro.results.found import Results
from ser_repro.runs import run as runs
from ser_repro.runs import study

EMOTIONS = ("anger", "sadness")


def write(results, right: int, *where, of: int = 10, **which):
    """A record of a planned run in which the first `right` of `of` test clips are told right."""
    plan = study.Plan("mfcc_cnn", *where, **which)
    run = plan.run(results)
    rows = []
    for i in range(of):
        true = i % 2
        named = true if i < right else 1 - true
        rows.append([f"clip {plan.fold} {i}", f"{plan.fold}{i % 5}", EMOTIONS[true], 1.0 - named, float(named)])
    history = {"train_loss": [2.0, 1.0, 0.5, 0.4, 0.3], "train_accuracy": [0.1, 0.2, 0.3, 0.4, 0.5],
               "test_loss": [2.0, 1.5, 1.6, 1.7, 1.2], "test_accuracy": [0.2, 0.6, 0.5, 0.4, 0.3]}
    runs.write({"format": runs.FORMAT, "run": run.name, "config": run.config, "history": history, "test": {
        "classes": list(EMOTIONS), "columns": ["clip", "speaker", "emotion", "p(anger)", "p(sadness)"], "rows": rows,
        "conditions": {}}}, run.path(results))
    return plan


def test_a_score_is_that_of_its_records_and_nothing_else(tmp_path):
    write(tmp_path, 8, "RAVDESS", "code")
    write(tmp_path, 6, "RAVDESS", "code", seed=1)
    write(tmp_path, 2, "EMO-DB", "code")
    found = Results("mfcc_cnn", tmp_path)
    assert found.score("RAVDESS").value == pytest.approx(0.7) and found.score("RAVDESS").seeds == (0.8, 0.6)
    assert found.score("EMO-DB").value == pytest.approx(0.2)
    assert found.score("RAVDESS", "paper") is None and found.text("RAVDESS", "paper") == "not yet run"
    assert found.text("EMO-DB").startswith("20.0 % [")
    done, planned = found.count
    assert done == 3 < planned


def test_a_seed_that_lacks_a_fold_is_told_apart(tmp_path):
    for fold in range(5):
        write(tmp_path, 5, "RAVDESS", "code", "speaker", fold)
    part = Results("mfcc_cnn", tmp_path)
    assert part.score("RAVDESS", protocol="speaker") is None
    assert part.score("RAVDESS", protocol="speaker", whole=False).clips == 50
    assert part.table()["split"].tolist() == ["new speakers, 5 of 6 folds"]
    assert part.told("RAVDESS", protocol="speaker").endswith("] (5 of 6 folds)")
    assert part.told("RAVDESS", protocol="speaker").startswith("50.0 % [")
    assert chapter.missing(part.seeds("RAVDESS", protocol="speaker")) == "5 of 6 folds"
    assert part.told("RAVDESS") == "not yet run" and part.seeds("RAVDESS") == []
    write(tmp_path, 10, "RAVDESS", "code", "speaker", 5)
    whole = Results("mfcc_cnn", tmp_path)
    assert whole.score("RAVDESS", protocol="speaker").value == pytest.approx(35 / 60)
    assert whole.table()["split"].tolist() == ["new speakers"]
    assert whole.told("RAVDESS", protocol="speaker") == whole.text("RAVDESS", protocol="speaker")
    assert chapter.missing(whole.seeds("RAVDESS", protocol="speaker")) == ""


def test_an_effect_is_mended_minus_code_on_the_same_seeds(tmp_path):
    write(tmp_path, 4, "RAVDESS", "code")
    write(tmp_path, 10, "RAVDESS", "code", seed=1)  # the ablation has one seed: it is compared with that seed alone
    write(tmp_path, 7, "RAVDESS", "code", changes=(("dropout", 0.2),))
    write(tmp_path, 9, "RAVDESS", "paper")
    (slip, corpus, change), (all_, _, together) = Results("mfcc_cnn", tmp_path).effects()
    assert (slip, corpus) == ("no dropout", "RAVDESS") and change.value == pytest.approx(0.3)
    assert all_ == "all of them: paper instead of code" and together.value == pytest.approx(0.5)


def test_readings_are_compared_on_the_folds_with_new_speakers_that_both_have(tmp_path):
    write(tmp_path, 4, "RAVDESS", "code", "speaker", 0)
    write(tmp_path, 10, "RAVDESS", "code", "speaker", 1)
    write(tmp_path, 7, "RAVDESS", "paper", "speaker", 0)
    write(tmp_path, 0, "RAVDESS", "paper", "speaker", 2)
    write(tmp_path, 0, "RAVDESS", "paper", "speaker", 0, seed=1)
    (slip, corpus, change), = Results("mfcc_cnn", tmp_path).effects()
    assert slip == "all of them: paper instead of code,\nnew speakers, 1 of 6 folds"
    assert corpus == "RAVDESS" and change.value == pytest.approx(0.3) and change.clips == 10


def test_what_new_speakers_cost_is_told_on_the_clips_and_seeds_that_both_splits_test(tmp_path):
    assert Results("mfcc_cnn", tmp_path).lost("RAVDESS") is None
    write(tmp_path, 9, "RAVDESS", "code")
    write(tmp_path, 0, "RAVDESS", "code", seed=1)  # not tested with new speakers
    assert Results("mfcc_cnn", tmp_path).lost("RAVDESS") is None
    write(tmp_path, 3, "RAVDESS", "code", "speaker", 1)  # clips that the published split does not test
    assert Results("mfcc_cnn", tmp_path).lost("RAVDESS") is None
    write(tmp_path, 4, "RAVDESS", "code", "speaker", 0, of=20)
    lost = Results("mfcc_cnn", tmp_path).lost("RAVDESS")
    assert lost.value == pytest.approx(0.5) and lost.clips == 10 and lost.low <= 0.5 <= lost.high
    assert Results("mfcc_cnn", tmp_path).lost("RAVDESS", "paper") is None


def test_a_changed_setting_is_called_by_its_slip_and_by_its_value_where_that_is_not_the_texts(tmp_path):
    found = Results("mfcc_cnn", tmp_path)
    assert found.slip("loss", found.document.settings["loss"].paper) == "binary cross-entropy"
    assert found.slip("loss", "binary on softmax") == "binary cross-entropy: binary on softmax"
    assert Results("cnn_n_gru", tmp_path).slip("mask_padding", True, 3).endswith(" (n = 3)")


def test_a_verdict_says_what_is_not_yet_run_and_nothing_once_all_is(tmp_path, monkeypatch):
    monkeypatch.setattr(study, "plans", lambda: [study.Plan("mfcc_cnn", "RAVDESS", "code", seed=s) for s in (0, 1)])
    write(tmp_path, 4, "RAVDESS", "code")
    assert [line[:14] for line in Results("mfcc_cnn", tmp_path).unmade()] == ["- 1 of the 2 r"]
    write(tmp_path, 4, "RAVDESS", "code", seed=1)
    assert Results("mfcc_cnn", tmp_path).unmade() == []


def test_starts_are_told_where_there_are_several(tmp_path):
    write(tmp_path, 4, "RAVDESS", "code")
    assert Results("mfcc_cnn", tmp_path).starts() == "not known, with one seed"
    write(tmp_path, 10, "RAVDESS", "code", seed=1)
    assert Results("mfcc_cnn", tmp_path).starts() == "RAVDESS 40.0 to 100.0 % (mean 70.0, seed 0 40.0)"


def test_runs_of_fewer_epochs_stand_apart_and_are_compared_among_themselves(tmp_path, monkeypatch):
    few = (("epochs", 5),)
    wanted = [study.Plan("mfcc_cnn", "RAVDESS", "code", changes=changes)
              for changes in ((), few, (("dropout", 0.2),), (("dropout", 0.2), *few))]
    wanted.append(study.Plan("mfcc_cnn", "RAVDESS", "paper", changes=few))
    monkeypatch.setattr(study, "plans", lambda: wanted)
    for right, plan in zip((9, 4, 10, 7, 6), wanted, strict=True):
        write(tmp_path, right, plan.corpus, plan.reading, changes=plan.changes)
    found = Results("mfcc_cnn", tmp_path)
    assert found.score("RAVDESS").value == pytest.approx(0.9)
    assert found.score("RAVDESS", changes=few).value == pytest.approx(0.4)
    table = found.table()
    assert len(table) == 3 and "epochs" in table
    gains = {(slip, round(score.value, 2)) for slip, _, score in found.effects()}
    assert gains == {("no dropout", 0.1), ("no dropout", 0.3), ("all of them: paper instead of code", 0.2)}


def test_every_document_has_a_ledger_that_says_what_is_not_run(tmp_path):
    for name in ("issa", "cnn_n_gru"):
        ledger = Results(name, tmp_path).ledger()
        assert len(ledger) == len(claims.of(name)) and set(ledger["verdict"]) == {"not yet run"}
        assert ("n" in ledger) == (name == "cnn_n_gru")
    assert not len(Results("mfcc_cnn", tmp_path).ledger())
    assert Results("mfcc_cnn", tmp_path).table().empty


def test_chance_is_that_of_the_most_frequent_emotion():
    assert chapter.chance("TESS") == pytest.approx(1 / 7)
    assert chapter.chance("EMO-DB") == pytest.approx(127 / 535)


def test_readings_hold_every_setting_and_dash_what_nobody_says():
    told = chapter.readings("cnn_n_gru", "TESS", 11).set_index("setting")
    assert told.loc["<code>learning_rate</code>", "code"] == "—"
    assert "<code>n</code>" not in told.index
    issa = chapter.readings("issa", "EMO-DB").set_index("setting")
    assert tuple(issa.loc["<code>variant</code>", ["code", "paper"]]) == ("emodb", "emodb")


def test_what_choosing_by_the_test_part_would_have_gained(tmp_path):
    record = write(tmp_path, 5, "RAVDESS", "code").record(tmp_path)
    assert evaluation.picked(record) == evaluation.Picked(last=(5, 0.3), best=(2, 0.6), stopped=(4, 0.4))
    assert evaluation.picked(record, patience=3).stopped == (5, 0.3)
    record["history"] = {"train_loss": [1.0], "validation_loss": [1.0]}
    with pytest.raises(SerReproError, match="was not watched on its test part"):
        evaluation.picked(record)


def test_curves_name_the_part_that_was_watched(tmp_path):
    record = write(tmp_path, 5, "RAVDESS", "code").record(tmp_path)
    for quantity in ("accuracy", "loss"):
        figure = plots.learning_curves([("one", [record])], {"one": 0.1}, quantity=quantity)
        labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
        assert labels == ["training", "test", *(["chance"] if quantity == "accuracy" else [])]
        assert figure.axes[0].get_lines()[1].get_ydata().tolist() == record["history"][f"test_{quantity}"]
        plt.close(figure)
