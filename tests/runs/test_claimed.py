"""Claims beside records: the ledger of one document, and of all."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from ser_repro import SerReproError, documents
from ser_repro.documents import cnn_n_gru
from ser_repro.results import ledger as rule
from ser_repro.runs import claimed
from ser_repro.runs.found import Found


def test_nothing_run_is_said_of_every_claim_that_can_be_tested(tmp_path):
    for name in ("issa", "cnn_n_gru"):
        table = claimed.ledger(Found(name, tmp_path))
        can = [claim.corpus != "IEMOCAP" and not claim.untestable for claim in documents.get(name).claims]
        assert (table["verdict"] == rule.NOT_RUN).tolist() == can
        assert (table["verdict"] == rule.UNTESTABLE).tolist() == [not one for one in can]
        assert ("n" in table) == ("own matrix gives" in table) == (name == "cnn_n_gru")
    assert claimed.ledger(Found("mfcc_cnn", tmp_path)).empty


def test_a_claim_whose_network_learned_nothing_is_not_settled_and_is_judged_once_one_has(deep, tmp_path):
    table = claimed.ledger(Found("cnn_n_gru", deep)).set_index(["corpus", "score"])
    assert set(table.loc["TESS", "verdict"]) == {rule.UNSETTLED}
    assert table.loc[("TESS", "accuracy"), "records"] == "tess-n18-code-published-fold0-seed0-e6b536a8f8fe"
    assert set(table.loc["RAVDESS", "verdict"]) == {rule.UNTESTABLE}  # which clips and settings it is of is not told
    shutil.copytree(deep, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "cnn_n_gru/search/tess-n18-code-published-fold0.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"lowest_loss": 0.5}))
    learned = claimed.ledger(Found("cnn_n_gru", tmp_path)).set_index(["corpus", "score"])
    assert learned.loc[("TESS", "accuracy"), "because"] == claimed.ONE_ANSWER  # still: it answers all clips alike


def test_a_claim_is_not_reproduced_where_the_documents_own_search_made_whole_taught_nothing(deep, tmp_path):
    shutil.copytree(deep, tmp_path, dirs_exist_ok=True)
    name = "tess-n18-code-published-fold0.json"
    made = json.loads(Path("results/cnn_n_gru/asha", name).read_text())
    for one in made["trials"]:
        losses = one["history"]["validation_loss"]
        one |= {"stopped": len(losses), "history": one["history"] | {"train_loss": [1.95] * len(losses)}}
    (tmp_path / "cnn_n_gru/asha").mkdir()
    path = tmp_path / "cnn_n_gru/asha" / name

    def judged(**more):
        path.write_text(json.dumps({k: v for k, v in made.items() if k not in ("winner", "record")} | more))
        table = claimed.ledger(Found("cnn_n_gru", tmp_path)).set_index(["corpus", "score"])
        return table.loc[[("TESS", score) for score in ("accuracy", "recall of anger", "recall of fear")]]

    assert set(judged()["verdict"]) == {rule.UNSETTLED}  # not whole
    whole = {"winner": 0, "record": "tess-n18-code-published-fold0-seed0-e6b536a8f8fe"}
    told = judged(**whole)
    assert set(told["verdict"]) == {rule.NOT_REPRODUCED}  # also of the emotion that it names for every clip
    assert set(told["because"]) == {
        "reading code: the document's own search, made whole, taught none of its 60 networks anything"}
    made["trials"][3]["history"] |= {"train_loss": [1.0], "validation_loss": [1.0]}  # one has learned
    made["trials"][3]["stopped"] = 1
    made["trials"][3]["history"] |= {name: one[:1] for name, one in made["trials"][3]["history"].items()}
    assert set(judged(**whole)["because"]) == {claimed.NO_SETTING}  # of the record that stands here for its own


def test_a_claim_of_new_speakers_that_shared_ones_reach_is_reached_with_those_only():
    table = claimed.ledger(Found("issa", "results")).set_index(["corpus", "claimed"])
    told = table.loc[("RAVDESS", "71.6 %")]
    assert told["verdict"] == rule.SHARED_ONLY
    assert told["because"].startswith("with shared speakers reading") and "; with new ones reading" in told["because"]


def test_a_network_is_judged_by_one_value_of_a_setting_that_the_document_does_not_tell():
    found = Found("crema_1d", "results")
    claims = {claim.score: claim for claim in found.document.claims if claim.n == 6}
    told = {name: one for name, claim in claims.items() for one in claimed.evidence(found, claim)
            if one.speakers == rule.SHARED}
    # By its accuracy, 45 %, the nearest: of all that is claimed of it, also of happiness, where the other is nearer.
    assert {one.version for one in told.values()} == {"values standardised"} and len(told) == len(claims) == 9
    with_scale, without = (found.score("CREMA-D", n=6, **which) for which in ({"standardised": True}, {}))
    assert told["accuracy"].score == with_scale and abs(with_scale.value - 0.45) < abs(without.value - 0.45)
    assert "reading code (values standardised)" in claimed.judged(found, claims["accuracy"]).because
    row = claimed.ledger(found).set_index(["n", "score"]).loc[(6, "accuracy")]
    assert row["code, shared speakers"] == f"{with_scale} (values standardised)"
    assert {record["run"] for which in ({}, {"standardised": True}) for folds in found.records("CREMA-D", n=6, **which)
            for record in folds} <= set(row["records"].split(", "))


def test_draws_are_averaged_whatever_the_document_does_not_tell():
    found = Found("qayyum_baselines", "results")
    for n, version in ((3, "penalty of 100"), (6, "linear kernel"), (1, "")):
        claim = next(one for one in found.document.claims if one.n == n)
        (shared,) = (one for one in claimed.evidence(found, claim) if one.speakers == rule.SHARED)
        assert (shared.version, shared.draws) == (version, 10)


def test_what_the_document_does_not_tell_is_no_evidence_before_our_own_choice_has_been_run(tmp_path):
    folder = tmp_path / "crema_1d"
    folder.mkdir()
    for path in Path("results/crema_1d").glob("*n6-code-changed-published*"):
        shutil.copy(path, folder)
    of = Found("crema_1d", tmp_path)
    claim = next(one for one in of.document.claims if (one.n, one.score) == (6, "accuracy"))
    assert len(of.records("CREMA-D", n=6, standardised=True)) == 3 and claimed.evidence(of, claim) == []
    assert claimed.judged(of, claim).kind == rule.NOT_RUN


def test_the_whole_ledger_has_every_claim_and_only_known_verdicts():
    table = claimed.whole("results")
    assert len(table) == sum(len(of.claims) for of in documents.DOCUMENTS.values())
    assert set(table["verdict"]) <= set(rule.RULE) and not table.isna().any().any()
    assert len(claimed.unmade(table)) == (table["verdict"] == rule.NOT_RUN).sum()
    assert claimed.whole("results", ["mfcc_cnn"]).empty


def test_clips_of_a_claim_are_those_that_its_split_tests():
    tess, recall, validation = cnn_n_gru_claims()
    assert claimed.clips("cnn_n_gru", tess) == 280
    shown = {claim.score: claimed.clips("cnn_n_gru", claim) for claim in documents.get("cnn_n_gru").claims
             if claim.corpus == "TESS" and claim.kind == rule.OF_EMOTION}
    assert shown["recall of surprise"] == 32 and sum(shown.values()) == 272  # of its figure, not of its split
    assert claimed.clips("crema_1d", recall) == 382 and claimed.clips("crema_1d", validation) == 261


def cnn_n_gru_claims():
    first = documents.get("cnn_n_gru").claims[0]
    every = documents.get("crema_1d").claims
    return first, next(one for one in every if one.score == "recall of anger"), every[0]


def test_no_search_speaks_of_settings_that_are_given():
    found = Found("cnn_n_gru", "results")
    assert not found.taught(found.seeds("RAVDESS", n=18))
    assert found.taught(found.seeds("RAVDESS", n=18, **cnn_n_gru.in_2025("RAVDESS")))
    assert not found.taught(found.records("RAVDESS", "paper", n=3))
    one_fold = found.seeds("RAVDESS", protocol="speaker", n=3)  # of which the search of one found nothing
    assert not found.taught(one_fold) and sum(found.taught([[record]]) for record in one_fold[0]) == 5


def test_a_record_behind_the_stored_ledger_may_not_be_missing(tmp_path):
    claimed.require(tmp_path)  # nothing is stored
    ledger, record = tmp_path / claimed.STORED, tmp_path / "issa" / "one.json"
    ledger.write_text('document,records\nIssa et al.,"one, other"\nIssa et al.,\n')
    record.parent.mkdir()
    record.write_text("{}")
    with pytest.raises(SerReproError, match=r"1 of the records behind the verdicts in .* missing, first other: bring"):
        claimed.require(tmp_path)
    record.with_name("other.json.xz").write_bytes(b"")
    claimed.require(tmp_path)
    for spoilt in (b"document\nIssa et al.\n", b"\xff\xfe\x00", b""):
        ledger.write_bytes(spoilt)
        with pytest.raises(SerReproError, match=r"can't be read .* write it again with `ser-repro claims --csv"):
            claimed.require(tmp_path)


def test_the_stored_ledger_is_that_of_the_records():
    stored = pd.read_csv(Path("results", claimed.STORED), dtype=str, keep_default_na=False)
    now = claimed.whole("results").astype(str)
    for name in ("document", "corpus", "score", "verdict", "because", "records"):
        assert stored[name].tolist() == now[name].tolist(), f"{name}: run `ser-repro claims --csv results/ledger.csv`"
