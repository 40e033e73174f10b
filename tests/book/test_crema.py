"""What the chapter on the CREMA-D study's ten CNNs says: of no records, and of made-up ones."""

import functools
from types import SimpleNamespace

import numpy as np
import pytest

from ser_repro import datasets, documents
from ser_repro.book import crema, crema_selection
from ser_repro.book.page import Page
from ser_repro.documents import crema_1d
from ser_repro.documents.crema_study import CLASSES
from ser_repro.runs import plans, records
from ser_repro.runs.found import NOT_RUN
from ser_repro.runs.run import Run

pytestmark = pytest.mark.usefixtures("made_up_records")
EPOCHS = 120


@functools.cache
def clips_tested(protocol, fold):
    """The test clips of a split, which the documents share."""
    clips = datasets.published("CREMA-D")
    return clips.set_index("clip").loc[list(documents.get("crema_1d").parts(clips, protocol, fold).test)]


def write(folder, run, right):
    """A record of a network that is right in this share of its test clips, whichever these are."""
    of, classes = clips_tested(run.protocol, run.fold), sorted(CLASSES)
    rng = np.random.default_rng(run.seed + 10 * run.fold + 100 * (run.n or 0))
    hit, wrong = rng.random(len(of)) < right, rng.integers(1, 6, len(of))
    rows = []
    for clip, speaker, emotion, told, away in zip(of.index, of["speaker"], of["emotion"], hit, wrong, strict=True):
        named = emotion if told else classes[(classes.index(emotion) + away) % len(classes)]
        rows.append([clip, speaker, emotion, *(0.95 if one == named else 0.01 for one in classes)])
    watched = (right + 0.02 * rng.normal(size=EPOCHS)).round(5)
    history = {f"{part}_{score}": list(watched if score == "accuracy" else 2 - watched)
               for part in ("train", "validation") for score in ("accuracy", "loss")}
    records.write({"format": records.FORMAT, "run": run.name, "config": run.config, "history": history,
                   "clips": {"train": 4948, "validation": 261, "test": len(rows)}, "train_seconds": 60.0,
                   "split_hash": "0" * 16, "corpus_hash": "0" * 64, "device": "made up", "parameters": 1,
                   "finished": "2026-01-01T00:00:00", "features_hash": "",
                   "test": {"classes": classes, "order": "as split", "rows": rows, "conditions": {},
                            "columns": ["clip", "speaker", "emotion", *(f"p({c})" for c in classes)]}},
                  run.path(folder))


def right(run):
    """What the made-up networks reach: the document's claims, with effects that tests know."""
    base = {"crema_1d": 0.47, "crema_2d": 0.55, "crema_lda": 0.47}[run.document]
    base -= 0.05 * (run.document == "crema_2d" and run.n != 2)
    base -= 0.06 * (run.protocol == "speaker") + 0.1 * (run.values.get("features") == "crema_step1")
    base += 0.2 * (run.values.get("augmentation") == crema_1d.BEFORE)
    return base + 0.004 * run.seed


def runs(document, **only):
    of = documents.get(document)
    named = [run for kind in (*of.core, *of.more) for run in plans.runs_of(of, kind)]
    return [run for run in named if all(getattr(run, name) in values for name, values in only.items())]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    features = ("crema258", "crema_step1", "crema_step2")
    vectors = [run for run in runs("crema_1d", n=(1, 2), protocol=("published",), reading=("code",))
               if run.values["features"] in features and run.values["reduction"] in ("LDA", "none")
               and run.values["early_stopping"] == "restored"]
    for run in [*vectors, *runs("crema_2d", n=(1, 2), protocol=("published",)), *runs("crema_lda")]:
        write(folder, run, right(run))
    return Page("crema_1d", {"results": folder})


def test_a_page_without_records_says_so(tmp_path):
    page = Page("crema_1d", {"results": tmp_path})
    told = crema.headlines(page) | crema_selection.say(page)
    for key in ("best_1d", "best_2d", "stride", "leaks", "starts_validation", "optimism", "pairs_1d", "steps", "lda",
                "lda_speaker", "lda_five", "lda_others", "starts_1d", "starts_most"):
        assert told[key] == NOT_RUN, key
    assert told["near_best"] == "4 of the other 6"  # all but .38 and .45, by 1.96 * sqrt(2 * .48 * .52 / 2233)
    assert len(crema.table(page)) == len(crema.recalls(page)) + 1 == 12  # Model 6 twice, and LDA alone
    assert crema.pair_rows(page) == crema.optimism_rows(page) == crema.leak_rows(page) == []
    assert crema_selection.step_rows(page) == []
    assert len(crema.starts_rows(page)) == 3  # the document's own
    assert sum(NOT_RUN in line for line in crema.verdict(page, told["steps"])) == 6
    assert crema.picture(page).axes and crema_selection.picture(page).axes


def test_the_tables_have_the_documents_numbers_beside_ours(made):
    first, ninth = (crema.table(made)[place] for place in (0, 9))
    assert (first["validation, claimed"], first["test, claimed"], first["macro F1, claimed"]) == (
        "54\N{NO-BREAK SPACE}%", "48\N{NO-BREAK SPACE}%", "47\N{NO-BREAK SPACE}%")
    assert "speakers, starts" in first["test, ours"] and first["new speakers"] == NOT_RUN
    assert [row["model"] for row in crema.table(made)[5:7]] == ["Model 6", "Model 6, values standardised"]
    assert ninth["model"] == "2-D MODEL2" and ninth["test, ours"] != NOT_RUN
    told = crema.recalls(made)[0]["anger"]
    assert told.startswith("60\N{NO-BREAK SPACE}% / 4") and crema.recalls(made)[2]["anger"].endswith(NOT_RUN)


def test_pairs_of_models_are_compared_on_the_same_clips(made):
    rows = {row["pair"]: row for row in crema.pairs(made)}
    assert len(rows) == 6 and all(row["difference"].clips == 2233 for row in rows.values())
    row = rows["2-D MODEL2 instead of Model 1"]
    assert row["claimed"] == pytest.approx(0.07) and row["difference"].value > 0.05
    assert row["difference"].family == 6 and crema.headlines(made)["pairs_1d"] == "none of 1"
    assert crema.headlines(made)["pairs_others"].endswith("in the same order")


def test_models_are_set_against_lda_alone(made):
    rows = {(row["model"], row["protocol"]): row["difference"] for row in crema.against_lda(made)}
    assert {name for name, _ in rows} == {"Model 1", "Model 2", "2-D initial", "2-D MODEL2"}
    assert abs(rows["Model 1", "published"].value) < 0.03 < 0.04 < rows["2-D MODEL2", "published"].value
    told = crema.headlines(made)
    assert told["lda_five"].startswith("shared speakers ")
    assert told["lda_five"].endswith("(2 networks, 0 significantly better, 0 significantly worse)")
    assert told["lda_others"].startswith("2-D initial, shared speakers, +")
    last = crema.table(made)[-1]
    assert last["test, ours"].startswith("4") and last["test, claimed"] == "" and last["new speakers"] != NOT_RUN
    alone = [row["LDA alone"] for row in crema_selection.selection(made)]
    assert alone[0].value < alone[1].value - 0.05 and alone[-1] is None  # step 1, and PCA


def test_networks_on_ldas_values_are_told_beside_lda(made, tmp_path, monkeypatch):
    page = Page("crema_1d", {"results": tmp_path})
    assert crema.five_values(page) == "not yet run, where the analysis by itself is right on not yet run"
    monkeypatch.setattr(crema, "_score", lambda found, n, *_: None if n > 2 else SimpleNamespace(value=0.4 + 0.02 * n))
    monkeypatch.setattr(crema.Found, "told", lambda self, corpus, **_: "47 %" if self.name == "crema_lda" else "")
    assert crema.five_values(page).replace("\N{NO-BREAK SPACE}", " ") == (
        "42.0 % to 44.0 %, where the analysis by itself is right on 47 %")


def test_two_models_of_one_listing_are_one_network(made):
    names = [name for *_, name, _ in crema.trained(made)]
    assert len(names) == 9 and "Models 3 and 4" in names and not {"Model 3", "Model 4"} & set(names)
    assert crema_1d.TABLE[3][1] == crema_1d.TABLE[4][1]  # so that a pair has one claimed difference


def test_leaks_and_prices_are_told_with_their_size(made):
    rows = crema.leaks(made)
    assert [(row["model"], row["starts"]) for row in rows] == [("Model 1", "3 and 3"), ("Model 2", "3 and 3"),
                                                              ("Model 1", "3 and 3")]
    assert abs(rows[0]["difference"].value) < 0.02 and rows[2]["difference"].value == pytest.approx(-0.2, abs=0.03)
    told = crema.headlines(made)
    bank = crema.price(crema.images(made).found, "features", "mel_image_bank", 2)
    assert bank.endswith("(starts: 1 and 1)") and told["slow"].endswith("(starts: 3 and 1)")
    assert told["bank"] == told["stride"] == told["sigmoid"] == NOT_RUN  # of models that have not been run


def test_the_best_epoch_is_set_against_the_test_clips(made):
    row = crema.optimism(made)[0]
    assert row["epochs"] == str(EPOCHS) and row["starts"] == 3
    assert np.mean(row["more than on test clips"]) == pytest.approx(0.05, abs=0.02)  # the maximum of a normal noise
    assert len(crema.starts_rows(made)) == 3 + 3 + 2
    told = crema.headlines(made)
    assert told["starts_test"].endswith("(3 starts)") and told["starts_1d"].startswith("Model 1 4")
    assert told["starts_most"].startswith("up to ") and told["starts_most"].endswith(", 3 starts)")


def test_steps_of_the_selection_are_told_apart_from_noise(made):
    rows = crema_selection.steps(made)
    assert rows[0]["step"] == "+ chroma, mel, after ZCR, energy, 20 MFCC"
    assert rows[0]["claimed"] == pytest.approx(0.08) and rows[0]["difference"].value == pytest.approx(0.1, abs=0.03)
    assert all(row["difference"].clips == 2233 for row in rows)
    told = crema_selection.say(made)["steps"]
    assert told.startswith("1 of ") and "not yet run" in told and "+ chroma, mel" in told
    ours = [row["ours"] for row in crema_selection.selection(made)]
    assert ours[0].value < ours[1].value and None in ours
    assert len(crema_selection.picture(made).axes[0].get_yticklabels()) == len(crema_1d.SELECTION)


def test_the_verdict_counts_what_has_been_run(made):
    lines = crema.verdict(made, crema_selection.say(made)["steps"])
    assert lines[0].startswith("**MODEL2**: **CREMA-D, 2-D MODEL2**") and "Pairs of 1-D models" in lines[1]
    assert NOT_RUN in lines[-1]


def test_changes_run_of_the_core_are_those_that_the_page_asks_for():
    """Every price that the page names has runs in the core."""
    changed = {(run.document, run.n, *sorted(map(str, run.changed.items()))) for name in ("crema_1d", "crema_2d")
               for run in runs(name)}
    wanted = [Run.of("crema_2d", "CREMA-D", n=3, stride=1), Run.of("crema_1d", "CREMA-D", n=5, optimiser="RMSprop"),
              Run.of("crema_1d", "CREMA-D", n=6, loss="categorical on sigmoid"),
              Run.of("crema_1d", "CREMA-D", n=1, early_stopping="last"),
              *(Run.of("crema_2d", "CREMA-D", n=2, features=f"mel_image{what}")
                for what in ("", "_bank", "_decibels", "_pad")),
              *(Run.of("crema_2d", "CREMA-D", n=1, learning_rate=rate) for rate in (1e-4, 5e-4))]
    for run in wanted:
        assert (run.document, run.n, *sorted(map(str, run.changed.items()))) in changed, run
