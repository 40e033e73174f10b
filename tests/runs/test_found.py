"""What is said of a document's records: made-up records whose scores are known."""


import pytest

from ser_repro import documents
from ser_repro.results import scores, uncertainty
from ser_repro.runs import found as of_records
from ser_repro.runs import plans, records
from ser_repro.runs.found import Found
from ser_repro.runs.run import Run

pytestmark = pytest.mark.usefixtures("made_up_records")
EMOTIONS = ("anger", "sadness")


def write(results, right: int, *where, document="mfcc_cnn", of: int = 10, tested=(), voices=None, **which):
    """A record of a planned run in which the first `right` of `of` test clips are told right.

    Its speakers are those of its fold, or `voices`.
    """
    run = Run.of(document, *where, tested=tested, **which)

    def table(prefix=""):
        rows = []
        for i in range(of):
            true = i % 2
            named = true if i < right else 1 - true
            voice = voices[i % len(voices)] if voices else i % 5
            speaker = f"{prefix}{0 if voices else run.fold}{voice}"
            rows.append([f"{prefix}clip {run.fold} {i}", speaker, EMOTIONS[true], 1.0 - named, float(named)])
        return {"classes": list(EMOTIONS), "columns": ["clip", "speaker", "emotion", "p(anger)", "p(sadness)"],
                "rows": rows, "conditions": {}}

    history = {"train_loss": [2.0, 1.0, 0.5, 0.4, 0.3], "train_accuracy": [0.1, 0.2, 0.3, 0.4, 0.5],
               "test_loss": [2.0, 1.5, 1.6, 1.7, 1.2], "test_accuracy": [0.2, 0.6, 0.5, 0.4, 0.3]}
    measured = {"tested": {corpus: table(f"{corpus}/") for corpus in tested}} if tested else {"test": table()}
    records.write({"format": records.FORMAT, "run": run.name, "config": run.config, "history": history} | measured,
                  run.path(results))
    return run


def test_a_score_is_that_of_its_records_and_nothing_else(tmp_path):
    write(tmp_path, 8, "RAVDESS", "code")
    write(tmp_path, 6, "RAVDESS", "code", seed=1)
    write(tmp_path, 2, "EMO-DB", "code")
    found = Found("mfcc_cnn", tmp_path)
    assert found.score("RAVDESS").value == pytest.approx(0.7) and found.score("RAVDESS").seeds == (0.8, 0.6)
    assert found.score("EMO-DB").value == pytest.approx(0.2)
    assert found.score("RAVDESS", "paper") is None and found.text("RAVDESS", "paper") == "not yet run"
    assert found.text("EMO-DB").startswith("20.0 % [")
    done, planned = found.count
    assert done == 3 < planned


def test_what_a_fold_is_told_to_reach_is_what_its_row_of_the_table_says(tmp_path):
    write(tmp_path, 5, "RAVDESS", "code", "speaker")  # each of its speakers has half of the clips right
    found = Found("mfcc_cnn", tmp_path)
    told = found.told("RAVDESS", protocol="speaker")
    assert told.startswith("50.0 % [") and told.endswith("; clips] (1 of 6 folds)")
    assert found.table()["accuracy"].tolist() == [told.removesuffix(" (1 of 6 folds)")]


def test_a_seed_that_lacks_a_fold_is_told_apart(tmp_path):
    for fold in range(5):
        write(tmp_path, 3 + fold, "RAVDESS", "code", "speaker", fold)
    part = Found("mfcc_cnn", tmp_path)
    assert part.score("RAVDESS", protocol="speaker") is None
    assert len(part.records("RAVDESS", protocol="speaker", whole=False)[0]) == 5
    assert part.table()["split"].tolist() == ["new speakers, 5 of 6 folds"]
    assert part.told("RAVDESS", protocol="speaker").endswith("; folds] (5 of 6 folds)")
    assert part.told("RAVDESS", protocol="speaker").startswith("50.0 % [")
    assert of_records.missing(part.seeds("RAVDESS", protocol="speaker")) == "5 of 6 folds"
    assert part.told("RAVDESS") == "not yet run" and part.seeds("RAVDESS") == []
    write(tmp_path, 10, "RAVDESS", "code", "speaker", 5)
    whole = Found("mfcc_cnn", tmp_path)
    assert whole.score("RAVDESS", protocol="speaker").value == pytest.approx(35 / 60)
    assert whole.table()["split"].tolist() == ["new speakers"]
    assert whole.told("RAVDESS", protocol="speaker") == whole.text("RAVDESS", protocol="speaker")
    assert of_records.missing(whole.seeds("RAVDESS", protocol="speaker")) == ""


def test_an_effect_is_the_mean_of_all_starts_minus_that_of_the_codes(tmp_path):
    write(tmp_path, 4, "RAVDESS", "code")  # the lowest of three starts
    write(tmp_path, 5, "RAVDESS", "code", seed=1)
    write(tmp_path, 6, "RAVDESS", "code", seed=2)
    write(tmp_path, 7, "RAVDESS", "code", dropout=0.2)
    write(tmp_path, 9, "RAVDESS", "paper")
    found = Found("mfcc_cnn", tmp_path)
    one, together = found.effects()
    assert (one.name, one.where, one.corpus) == ("dropout added", "", "RAVDESS")
    assert one.difference.value == pytest.approx(0.2) and one.seeds == (3, 1)
    assert (together.name, together.where) == ("all of them: paper instead of code", "")
    assert together.difference.value == pytest.approx(0.4)
    assert one.difference.counts == ("speakers", "starts") and one.difference.family == 2
    raw = [scores.difference(*(of_records.frames(found.records("RAVDESS", **which)) for which in sides),
                             starts=(found.starts_of(found.kind("RAVDESS")),) * 2).p
           for sides in (({}, {"dropout": 0.2}), ({}, {"reading": "paper"}))]
    assert [one.difference.p, together.difference.p] == pytest.approx(uncertainty.holm(raw))


def test_a_start_is_told_by_the_spread_of_others_like_it(tmp_path):
    write(tmp_path, 8, "RAVDESS", "paper")
    alone = Found("mfcc_cnn", tmp_path)
    assert alone.starts_of(alone.kind("RAVDESS")) is None and alone.score("RAVDESS", "paper").counts == ("speakers",)
    for seed, right in enumerate((2, 6, 9)):
        write(tmp_path, right, "RAVDESS", "code", dropout=0.2, seed=seed)
    found = Found("mfcc_cnn", tmp_path)
    spread = found.starts_of(found.kind("RAVDESS", "paper"))
    assert spread == scores.between_starts(of_records.frames(found.records("RAVDESS", dropout=0.2))) and spread.df == 2
    wider, narrow = found.score("RAVDESS", "paper"), alone.score("RAVDESS", "paper")
    assert wider.counts == ("speakers", "starts") and wider.high - wider.low > narrow.high - narrow.low
    assert found.starts_of(found.kind("EMO-DB")) is None


def test_three_starts_of_its_own_tell_and_two_borrow(tmp_path):
    for seed, (steady, wild) in enumerate(((6, 2), (6, 6), (7, 9))):
        write(tmp_path, steady, "RAVDESS", dropout=0.2, seed=seed)
        write(tmp_path, wild, "RAVDESS", seed=seed)
    for seed in range(2):
        write(tmp_path, 5, "RAVDESS", same_pooling=True, seed=seed)
    found = Found("mfcc_cnn", tmp_path)
    steady, wild = found.kind("RAVDESS", dropout=0.2), found.kind("RAVDESS")
    two = found.kind("RAVDESS", same_pooling=True)
    own = {kind: scores.between_starts(of_records.frames(found.done[kind])) for kind in (steady, wild, two)}
    assert found.starts_of(steady) == own[steady] and found.starts_of(wild) == own[wild]
    assert own[steady].variance < own[wild].variance and own[steady].df == 2
    assert found.starts_of(two) == uncertainty.pool([*own.values()])  # of all that are like it: 2 + 2 + 1
    assert found.starts_of(two).df == 5
    new_speakers = found.kind("RAVDESS", protocol="speaker")
    assert found.starts_of(new_speakers) == own[wild]  # its own settings, with shared speakers


def test_networks_that_stop_early_have_a_spread_of_their_own(tmp_path):
    write(tmp_path, 8, "RAVDESS", document="issa")
    for seed, right in enumerate((2, 6, 9)):
        write(tmp_path, right, "RAVDESS", document="issa", seed=seed, early_stopping="restored")
    found = Found("issa", tmp_path)
    assert found.starts_of(found.kind("RAVDESS")) is None
    assert found.starts_of(found.kind("RAVDESS", early_stopping="restored")).df == 2


@pytest.fixture
def redrawn(monkeypatch):
    """A plan that has the protocol of several draws, of MFCC CNN on RAVDESS in reading code."""
    planned = plans.plans()
    draws = [Run.of("mfcc_cnn", "RAVDESS", "code", "redrawn", fold) for fold in range(4)]
    monkeypatch.setattr(plans, "plans", lambda document="": list(dict.fromkeys(planned + draws)))


def test_draws_of_the_split_have_a_score_and_widen_that_of_one(tmp_path, redrawn):
    write(tmp_path, 6, "RAVDESS", "code")
    before = Found("mfcc_cnn", tmp_path).score("RAVDESS")
    for fold, right in enumerate((3, 6, 9)):
        write(tmp_path, right, "RAVDESS", "code", "redrawn", fold, voices=range(5))
    found = Found("mfcc_cnn", tmp_path)
    ten = found.drawn("RAVDESS")
    assert ten.value == pytest.approx(0.6) and ten.seeds == (0.3, 0.6, 0.9)
    assert ten.counts == ("speakers", "starts", "draws")
    after = found.score("RAVDESS")
    assert after.value == before.value and after.high - after.low > before.high - before.low
    # Its speakers, six of ten clips right, agree better than chance in so few clips allows.
    assert before.counts == ("clips",) and after.counts == ("clips", "starts", "draws")
    assert found.drawn("EMO-DB") is None and found.effects() == []
    rows = found.table().set_index("split")
    assert rows.loc["shared speakers, other draws", "accuracy"] == str(ten)
    assert rows["seeds"].tolist() == ["1", "3 draws (30.0–90.0)"]


def test_readings_are_compared_on_the_folds_with_new_speakers_that_both_have(tmp_path):
    write(tmp_path, 4, "RAVDESS", "code", "speaker", 0)
    write(tmp_path, 10, "RAVDESS", "code", "speaker", 1)
    write(tmp_path, 7, "RAVDESS", "paper", "speaker", 0)
    write(tmp_path, 0, "RAVDESS", "paper", "speaker", 2)
    write(tmp_path, 0, "RAVDESS", "paper", "speaker", 0, seed=1)
    effect, = Found("mfcc_cnn", tmp_path).effects()
    assert effect.name == "all of them: paper instead of code"
    assert effect.where == "new speakers, 1 of 6 folds" and effect.corpus == "RAVDESS"
    assert effect.difference.value == pytest.approx(0.3) and effect.difference.clips == 10


def test_what_new_speakers_cost_is_told_on_the_clips_that_both_splits_test(tmp_path):
    assert Found("mfcc_cnn", tmp_path).lost("RAVDESS") is None
    write(tmp_path, 9, "RAVDESS", "code")
    write(tmp_path, 0, "RAVDESS", "code", seed=1)  # not tested with new speakers
    assert Found("mfcc_cnn", tmp_path).lost("RAVDESS") is None
    write(tmp_path, 3, "RAVDESS", "code", "speaker", 1)  # clips that the published split does not test
    assert Found("mfcc_cnn", tmp_path).lost("RAVDESS") is None
    write(tmp_path, 4, "RAVDESS", "code", "speaker", 0, of=20)
    lost = Found("mfcc_cnn", tmp_path).lost("RAVDESS")
    assert lost.value == pytest.approx(0.4 - (0.9 + 0.0) / 2) and lost.clips == 10
    assert lost.low <= lost.value <= lost.high
    assert Found("mfcc_cnn", tmp_path).lost("RAVDESS", "paper") is None


def test_a_change_has_a_name_or_is_told_by_its_value(tmp_path):
    found = Found("mfcc_cnn", tmp_path)
    assert found.difference("loss", found.document.settings["loss"].paper) == "categorical cross-entropy"
    assert found.difference("loss", "binary on softmax") == "loss of older Keras"
    assert found.difference("batch_size", 64) == "batch size: 64" and found.difference("dropout", 0.5) == "dropout: 0.5"
    assert Found("cnn_n_gru", tmp_path).difference("mask_padding", True, 3).endswith(" (n = 3)")


def test_starts_are_told_where_there_are_several(tmp_path):
    write(tmp_path, 4, "RAVDESS", "code")
    assert Found("mfcc_cnn", tmp_path).starts() == "not known, with one seed"
    write(tmp_path, 10, "RAVDESS", "code", seed=1)
    assert Found("mfcc_cnn", tmp_path).starts() == "RAVDESS 40.0 to 100.0 % (mean 70.0, seed 0 40.0)"


def test_runs_of_fewer_epochs_stand_apart_and_are_compared_among_themselves(tmp_path, monkeypatch):
    wanted = []
    for right, changes in ((9, {}), (4, {"epochs": 5}), (10, {"dropout": 0.2}), (7, {"dropout": 0.2, "epochs": 5})):
        wanted.append(write(tmp_path, right, "RAVDESS", "code", **changes))
    monkeypatch.setattr(plans, "plans", lambda document="": wanted)
    found = Found("mfcc_cnn", tmp_path)
    assert found.score("RAVDESS").value == pytest.approx(0.9)
    assert found.score("RAVDESS", epochs=5).value == pytest.approx(0.4)
    assert len(found.table()) == 2
    gains = {(effect.name, round(effect.difference.value, 2)) for effect in found.effects()}
    assert gains == {("dropout added", 0.1), ("dropout added", 0.3)}


def test_what_was_learned_on_one_corpus_is_scored_on_another(tmp_path):
    write(tmp_path, 8, "RAVDESS", "code", "cross_corpus", tested=("EMO-DB", "EMOVO", "TESS", "CREMA-D", "SAVEE"))
    write(tmp_path, 10, "RAVDESS", "code")
    found = Found("mfcc_cnn", tmp_path)
    score = found.elsewhere("RAVDESS", "SAVEE")
    assert score.value == pytest.approx(0.8) and score.clips == 10
    assert found.elsewhere("RAVDESS", "SAVEE", "uar").value == pytest.approx(0.8)
    assert found.elsewhere("EMO-DB", "SAVEE") is None
    assert found.elsewhere("RAVDESS", "SAVEE", condition="adapted") is None
    assert found.elsewhere("RAVDESS", "SAVEE", reading="paper") is None
    assert found.score("RAVDESS").value == 1.0 and len(found.table()) == 1  # no clip of its own is tested
    assert found.count[0] == 2 and found.effects() == [] and found.lost("RAVDESS") is None


def test_splits_have_names_for_readers():
    assert [of_records.split_name(name) for name in ("published", "speaker", "cross_corpus")] == [
        "shared speakers", "new speakers", "another corpus"]


def test_nothing_run_is_an_empty_table(tmp_path):
    assert Found("mfcc_cnn", tmp_path).table().empty


def test_chance_is_that_of_the_most_frequent_emotion():
    assert of_records.chance("TESS") == pytest.approx(1 / 7)
    assert of_records.chance("EMO-DB") == pytest.approx(127 / 535)


def test_readings_hold_every_setting_and_dash_what_nobody_says():
    gru = of_records.readings("cnn_n_gru", "TESS", 11).set_index("name")
    assert gru.loc["learning_rate", "code"] == "—" and "n" not in gru.index
    assert tuple(gru.loc["mask_padding", ["code", "paper"]]) == ("no", "yes")
    assert gru.loc["step_factor", "code"] == "0.1"
    issa = of_records.readings("issa", "EMO-DB")
    assert tuple(issa.set_index("name").loc["variant", ["code", "paper"]]) == ("emodb", "emodb")
    assert issa.columns[0] == "setting" and issa.columns[-1] == "name"
    assert issa["setting"].tolist() == [setting.meaning for setting in documents.get("issa").settings.values()]
