"""What the chapter "60 or 83.61?" says: of no records, of made-up ones, and of the paper's rates."""

import sys

import numpy as np
import pytest

from ser_repro import datasets
from ser_repro.book import suspicion
from ser_repro.book.page import Page
from ser_repro.documents import qayyum, qayyum_baselines
from ser_repro.results import ledger as rule
from ser_repro.runs import claimed, records
from ser_repro.runs.found import NOT_RUN
from ser_repro.runs.run import Run

pytestmark = pytest.mark.usefixtures("made_up_records")

RIGHT = {("qayyum", 2): 0.5, ("qayyum", 7): 0.7, ("qayyum_baselines", 6): 0.6}


def page_of(folder):
    return Page("qayyum", {"results": folder})


def write(folder, document, n, right, protocol="published", fold=0, seed=0, lasted=0, **changes):
    """A record of a network that is right in this share of its test clips, whichever these are."""
    run = Run.of(document, "SAVEE", protocol=protocol, fold=fold, seed=seed, n=n, **changes)
    clips = datasets.studied(datasets.published("SAVEE"))
    of = clips.set_index("clip").loc[list(run.recipe.parts(clips, protocol, fold).test)]
    classes = sorted(set(clips["emotion"]))
    rng = np.random.default_rng(seed + 10 * fold + 100 * n)
    rows = []
    for clip, speaker, emotion in zip(of.index, of["speaker"], of["emotion"], strict=True):
        named = emotion if rng.random() < right else classes[(classes.index(emotion) + 1) % len(classes)]
        rows.append([clip, speaker, emotion, *(0.94 if one == named else 0.01 for one in classes)])
    records.write({"format": records.FORMAT, "run": run.name, "config": run.config,
                   "history": {"train_loss": [1.0] * lasted},
                   "clips": {"train": 300, "validation": 100, "test": len(rows)}, "train_seconds": 1.0,
                   "test": {"classes": classes, "rows": rows, "conditions": {},
                            "columns": ["clip", "speaker", "emotion", *(f"p({c})" for c in classes)]}},
                  run.path(folder))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    for (document, n), right in RIGHT.items():
        for seed in (0, 1, 2) if document == "qayyum" else (0,):
            write(folder, document, n, right, seed=seed)
    for seed in (0, 1, 2):
        write(folder, "qayyum", 2, 0.45, seed=seed, part="MFCC")
    for fold in range(10):
        write(folder, "qayyum_baselines", 6, 0.9 if fold == 3 else 0.5, "redrawn", fold)
    write(folder, "qayyum_baselines", 6, 0.55, fitted_on="training")
    return page_of(folder)


def test_a_page_without_records_says_so(tmp_path):
    page = page_of(tmp_path)
    told = suspicion.headlines(page)
    for key in ("parts", "normalised", "normalised_brief", "draws", "reached", "full_published", "svm_redrawn",
                "crema"):
        assert told[key] == NOT_RUN, key
    assert told["impossible"] == "7 of 7" and told["eighths"] == "7 of 7"
    assert suspicion.between_rows(page) == []
    table = suspicion.protocols_table(page)
    assert len(table) == 13 and {row["our first draw"] for row in table} == {NOT_RUN}
    assert any("open" in line for line in suspicion.verdict(page))
    assert suspicion.picture(page).axes[0].get_yticklabels()


def test_the_suspicion_is_answered_by_what_was_measured(made):
    page = made
    told = suspicion.headlines(page)["parts"]
    effect, = page.found.effects()
    assert told.startswith(f"MFCC alone {100 * effect.difference.value:+.1f}".replace("-", "\N{MINUS SIGN}"))
    largest, gap = abs(100 * effect.difference.value), 100 * suspicion.GAP
    assert f"largest is {largest:.1f}\N{NO-BREAK SPACE}points, and their intervals reach 9.7" in told
    assert f"where the gap is {gap:.1f}" in told
    assert pytest.approx(0.8361 - np.mean(qayyum.RECALLS), abs=1e-4) == suspicion.GAP  # both means of class rates


def test_what_msf_add_is_told_beside_what_the_paper_has(made, tmp_path):
    rows = {row["system"]: row for row in suspicion.added(made)}
    assert {name: row["paper"] and round(100 * row["paper"], 2) for name, row in rows.items()} == {
        "regression": 11.43, "SVM": 9.73, "RNN": 10.92, "CNN, small": None}
    effect = next(one for one in made.found.effects() if one.name.startswith("MFCC alone"))
    assert rows["CNN, small"]["published"].value == pytest.approx(-effect.difference.value)
    told = suspicion.added_say(made)
    assert told["added_paper"] == "+9.7 to +11.4 points" and " points [" in told["added_cnn"]
    assert told["added_ours"] == NOT_RUN  # of MFCC alone nothing was drawn
    for fold in range(3):
        write(tmp_path, "qayyum_baselines", 4, 0.3, "redrawn", fold)
        write(tmp_path, "qayyum_baselines", 6, 0.6, "redrawn", fold)
    row = next(row for row in suspicion.added_rows(page_of(tmp_path)) if row["system"] == "SVM")
    assert row["ours, other draws"].startswith("+") and "(mean of 3, +" in row["ours, other draws"]


def test_draws_of_the_svm_that_came_to_what_the_paper_has_of_it_are_counted(made):
    told = suspicion.draws_say(made)
    uars = suspicion.baselines(made).found.score("SAVEE", protocol="redrawn", name="uar", n=6).seeds
    assert sum(uar >= qayyum_baselines.RATES[6] for uar in uars) == 1 and told["reached"] == "1 of 10"


def test_what_might_part_the_numbers_stands_in_one_table(made, tmp_path):
    rows = suspicion.causes(made)
    told = {row["what might part them"] or row["measured in"]: row["points of accuracy, or as told"] for row in rows}
    assert told["which 80 clips are tested"] == suspicion.headlines(made)["draws"]
    assert told["small CNN, first draw"].startswith("+5") and told["size of the network"] == NOT_RUN
    assert told["normalisation on training clips alone"].startswith("SVM on MFCC and MSF, shared speakers: ")
    assert {row["points of accuracy, or as told"] for row in suspicion.causes(page_of(tmp_path))} == {
        NOT_RUN, "—"}


def test_shortfalls_and_other_choices_are_counted(made, tmp_path):
    told = suspicion.headlines(made)
    assert told["short"] == "2 of 2" and told["short_by"].endswith("points")  # SVM and RNN on both
    assert told["choices_hold"] == "0 of 1" and " to " not in told["choices"]
    write(tmp_path, "qayyum_baselines", 4, 0.3)
    write(tmp_path, "qayyum_baselines", 6, 0.9)
    assert suspicion.headlines(page_of(tmp_path))["short"] == "1 of 2"
    assert suspicion.on_crema(made) == NOT_RUN


def test_systems_are_compared_on_the_clips_that_both_test(made):
    rows = suspicion.between_systems(made)
    assert [(row["change"], row["split"]) for row in rows] == [
        ("RNN instead of the CNN, MFCC+MSF", "shared speakers"),
        ("SVM instead of the CNN, MFCC+MSF", "shared speakers")]
    assert all(row["difference"].clips == 80 and row["difference"].family == 2 for row in rows)
    assert rows[0]["difference"].value > rows[1]["difference"].value > 0


def test_longer_training_is_told_with_its_length_and_its_worth(tmp_path):
    assert suspicion.longer(page_of(tmp_path)).count(NOT_RUN) == 3
    assert suspicion.as_long(page_of(tmp_path).found, 2) == {}
    for seed, lasted in ((0, 20), (1, 33)):
        write(tmp_path, "qayyum", 2, 0.5, seed=seed, lasted=lasted)
        write(tmp_path, "qayyum", 2, 0.7, seed=seed, lasted=100 + lasted, **qayyum.LONGER)
    told = suspicion.longer(page_of(tmp_path))
    assert told.startswith("With a patience of 100 and up to 700 epochs, as the study has them: n = 2 on SAVEE, ends "
                           "after 120 to 133 epochs instead of 20 to 33: +")
    assert told.count(NOT_RUN) == 2  # the CNN at full size, on both corpora
    assert suspicion.as_long(page_of(tmp_path).found, 2) == qayyum.LONGER


def test_the_studys_own_cnn_is_told_and_judged_by_its_longer_training_once_that_is_made(tmp_path):
    for right, changes in ((0.3, {}), (0.68, qayyum.LONGER)):
        for seed in (0, 1, 2):
            write(tmp_path, "qayyum", 1, right, seed=seed, **changes)
        of = page_of(tmp_path)
        claim = next(one for one in of.found.document.claims if (one.n, one.score) == (1, "accuracy"))
        told = claimed.judged(of.found, claim)
        told_of = suspicion.headlines(of)["copy"]
        if not changes:
            assert told.kind == rule.UNSETTLED and "ours stop where 10 epochs bring nothing better" in told.because
        else:
            assert told.kind == rule.REPRODUCED and "(a patience of 100 epochs, at most 700 epochs)" in told.because
        assert told_of == of.found.text("SAVEE", n=1, **changes)


def test_normalisation_is_told_of_each_system_that_has_both(made):
    told = suspicion.normalisation_say(made)
    assert told.startswith("SVM on MFCC and MSF, shared speakers: ") and ";" not in told.partition("[")[0]
    assert suspicion.normalisation_brief(made).endswith("points, of which none of 1 is significant")


def test_half_an_interval_is_that_of_a_share_of_80():
    assert 100 * suspicion.margin(0.60) == pytest.approx(10.7, abs=0.05)
    assert suspicion.margin(0.60, 320) == pytest.approx(suspicion.margin(0.60) / 2)


def test_the_rates_of_the_paper_need_more_clips_than_savee_has():
    for row, rate in zip(suspicion.rates(), qayyum.RATES, strict=True):
        assert row["test clips"] < row["clips in SAVEE"] < row["fewest clips"]
        assert not any(round(100 * hit / row["clips in SAVEE"], 2) == rate for hit in range(row["clips in SAVEE"] + 1))


def test_torch_is_not_needed(tmp_path):
    import subprocess

    code = ("import sys; from ser_repro.book import suspicion; from ser_repro.book.page import Page; "
            f"suspicion.headlines(Page('qayyum', {{'results': {str(tmp_path)!r}}})); assert 'torch' not in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True)
