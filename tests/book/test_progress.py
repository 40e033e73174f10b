"""The page of every run: what is counted, and records of every kind."""

from pathlib import Path

import pytest

from ser_repro import documents
from ser_repro.book import progress
from ser_repro.runs import plans, records

pytestmark = pytest.mark.usefixtures("made_up_records")
RESULTS = Path(__file__).parents[2] / "results"
COLUMNS = ["clip", "speaker", "emotion", "p(anger)", "p(sadness)"]


def put(run, results, **found):
    """A record of a run, as small as one can be."""
    record = {"format": records.FORMAT, "run": run.name, "config": run.config, "split_hash": "5" * 16,
              "corpus_hash": "6f1842107b2d" + "0" * 52, "features_hash": "", "clips": {"train": 2, "test": 2},
              "parameters": 7, "versions": {"python": "3.12", "scikit-learn": "1.6"}, "device": "a CPU, 1 thread",
              "finished": "2026-01-02T03:04:05+00:00", "train_seconds": 3600.0, "history": {}} | found
    records.write(record, run.path(results))


def part(*rows):
    return {"classes": ["anger", "sadness"], "columns": COLUMNS, "rows": list(rows)}


@pytest.fixture
def baseline(tmp_path):
    """A folder with two records of a method without epochs: of its own corpus, and of others."""
    planned = plans.select(plans.plans(), document=["svm193"], corpus=["RAVDESS"])
    own = next(run for run in planned if run.protocol == "published")
    other = next(run for run in planned if run.tested)
    put(own, tmp_path, test=part(["a", "01", "anger", 0.9, 0.1], ["b", "02", "sadness", 0.8, 0.2]))
    put(other, tmp_path, tested={
        corpus: part(["c", "03", "anger", 0.9, 0.1], ["d", "04", "sadness", 0.8, 0.2], ["e", "05", "anger", 0.6, 0.4],
                     ["f", "03", "anger", 0.6, 0.4]) | {"corpus_hash": "d" * 64} for corpus in other.tested})
    return tmp_path


def with_column(seen, name):
    return next(one for one in seen if not isinstance(one, str) and name in one)


def shown(monkeypatch):
    """Everything that is shown from here on."""
    seen = []
    monkeypatch.setattr(progress.show, "table", lambda rows, **_: seen.append(progress.pd.DataFrame(rows)))
    monkeypatch.setattr(progress.show, "text", seen.append)
    monkeypatch.setattr(progress.sortable, "table", lambda name, caption, rows, ids, **_: seen.append(
        progress.pd.DataFrame(rows)))
    return seen


def test_runs_are_counted_as_the_plan_has_them():
    for name in documents.DOCUMENTS:
        study = progress.Progress(RESULTS, name)
        of = [run for run in plans.plans() if run.document == name]
        assert study.count[1] == sum(run.document == name for run in plans.core())
        assert [run for run, _ in study.status] == of
        assert len(progress.planned(study.found[name])) == sum(
            not run.changed and run.protocol in plans.GRID for run in of)


def test_the_counts_are_those_of_the_picture(tmp_path):
    found = progress.Progress(tmp_path, "cnn_n_gru").found["cnn_n_gru"]
    table = progress.counts(found)
    assert list(table["n"]) == [3, 5, 11, 18] * 2 and set(table["code, shared speakers"]) == {"0 of 5"}
    assert list(table["paper, new speakers"]) == ["0 of 10"] * 4 + ["0 of 30"] * 4
    (mesh,) = progress.grid(found).axes[0].collections
    cells = mesh.get_array()
    assert cells.count() == len(progress.planned(found)) and not cells.sum()


def test_a_baseline_has_one_reading_and_records_without_epochs(baseline, monkeypatch):
    study, seen = progress.Progress(baseline, "svm193"), shown(monkeypatch)
    assert study.count[0] == 2
    table = progress.counts(study.found["svm193"])
    assert list(table)[1:] == ["code, shared speakers", "code, new speakers"]
    assert progress.grid(study.found["svm193"]).axes[0].collections[0].get_array().sum() == 1
    study.document("svm193")
    study.listed()
    listed = with_column(seen, "record")
    assert list(listed["epochs"]) == ["—", "—"]
    others = ["EMO-DB", "EMOVO", "TESS", "CREMA-D", "SAVEE"]
    assert sorted(listed["accuracy"]) == ["50.0\N{NO-BREAK SPACE}%",
                                          ", ".join(f"{name} 75.0\N{NO-BREAK SPACE}%" for name in others)]
    elsewhere = with_column(seen, "tested on")
    elsewhere = elsewhere[elsewhere["trained on"] == "RAVDESS"]
    assert list(elsewhere["tested on"]) == others and list(elsewhere["clips"]) == [4] * 5
    assert elsewhere["accuracy"][0].startswith("75.0 %") and elsewhere["UAR"][0].startswith("50.0 %")
    # Of EMO-DB's emotions RAVDESS lacks boredom; anger is the most frequent of the others.
    assert elsewhere["chance"][0].startswith(f"{100 * 127 / (535 - 81):.1f}")


def test_audio_and_machines_tell_tested_corpora_and_what_trained(baseline, monkeypatch):
    study, seen = progress.Progress(baseline, "svm193"), shown(monkeypatch)
    study.audio()
    study.machines()
    audio, machines = seen
    assert dict(zip(audio["corpus"], audio["audio"], strict=True)) == {
        name: "differs" for name in documents.get("svm193").corpora}
    assert list(machines["library"]) == ["scikit-learn 1.6"] and list(machines["hours"]) == [2.0]


def test_with_no_record_the_page_says_so(tmp_path, monkeypatch):
    study, seen = progress.Progress(tmp_path, "svm193"), shown(monkeypatch)
    study.overview()
    study.lacking()
    study.document("svm193")
    study.audio()
    study.machines()
    count = len(plans.select(plans.core(), document=["svm193"]))
    assert seen[0].startswith(f"**The core of the study is not complete: 0 of its {count} runs are done.**")
    missing = with_column(seen, "min")
    assert missing["runs"].sum() == count > 108 and set(missing["min"]) == {"?"}
    assert with_column(seen, "core")["missing of the core"][0] == f"{count} runs, ?"
    assert any("No record yet" in one for one in seen if isinstance(one, str))
    assert seen[-1].empty and seen[-2].empty


def test_what_is_missing_of_the_core_is_listed_with_the_time_that_it_takes(baseline, monkeypatch):
    study, seen = progress.Progress(baseline, "svm193"), shown(monkeypatch)
    study.overview()
    study.lacking()
    missing = with_column(seen, "min")
    assert missing["runs"].sum() == len(plans.select(plans.core(), document=["svm193"])) - 2
    assert set(missing[missing["corpus"] == "RAVDESS"]["min"]) == {"60.0"}  # as the records
    assert "penalty of 10" in set(missing["changed"])
    hours = with_column(seen, "core")["missing of the core"][0]
    assert hours.startswith(f"{missing['runs'].sum()} runs, ") and hours.endswith("h")


def test_a_core_without_gaps_is_called_complete_first(tmp_path, monkeypatch):
    for run in plans.select(plans.core(), document=["svm193"]):
        tested = {corpus: part(["c", "03", "anger", 0.9, 0.1]) | {"corpus_hash": "d" * 64} for corpus in run.tested}
        put(run, tmp_path, **({"tested": tested} if tested else {"test": part(["a", "01", "anger", 0.9, 0.1])}))
    study, seen = progress.Progress(tmp_path, "svm193"), shown(monkeypatch)
    study.overview()
    count = len(plans.select(plans.core(), document=["svm193"]))
    assert seen[0].startswith(f"**The core of the study is complete: all of its {count} runs are done.**")
    assert with_column(seen, "core")["missing of the core"][0] == "—" and not study.missing()


def test_draws_have_a_table_of_their_own_beside_the_published_split(baseline, monkeypatch):
    for run in plans.select(plans.core(), document=["svm193"], corpus=["RAVDESS"], protocol=["redrawn"])[:2]:
        put(run, baseline, test=part(["a", "01", "anger", 0.9, 0.1]))
    found = progress.Progress(baseline, "svm193").found["svm193"]
    ravdess, *others = progress.draws(found)
    assert (ravdess["draws"], ravdess["accuracy"]) == ("2 of 10", "100.0\N{NO-BREAK SPACE}%, 100.0\N{NO-BREAK SPACE}%")
    assert ravdess["the document's own draw"] == "50.0\N{NO-BREAK SPACE}%"
    assert len(others) == 5 and {row["accuracy"] for row in others} == {"not yet run"}
    assert "redrawn" not in {run.protocol for run, _ in progress.planned(found)}


def test_a_record_that_the_study_does_not_ask_for_is_marked(baseline, monkeypatch):
    planned = next(run for run in plans.plans() if run.document == "svm193" and run.protocol == "published")
    put(planned.with_values(C=3.0), baseline, test=part(["a", "01", "anger", 0.9, 0.1]))
    study, seen = progress.Progress(baseline, "svm193"), shown(monkeypatch)
    study.listed()
    listed = with_column(seen, "record")
    marked = {changed: str(name).endswith("(extra)") for changed, name in zip(listed["changed"], listed["record"],
                                                                              strict=True)}
    assert marked == {"—": False, "C = 3.0": True} and len(listed) == 3
