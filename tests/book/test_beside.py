"""What a method makes of a corpus by what it was trained on: one other corpus, five together, the corpus itself."""

import pytest
from crossing import clips, made

from ser_repro.book import beside

PERFECT = clips(*[("anger", {"anger": 1.0, "sadness": 0.0}), ("sadness", {"anger": 0.0, "sadness": 1.0})] * 12)
GUESSED = clips(*[("anger", {"anger": 1.0, "sadness": 0.0}), ("sadness", {"anger": 1.0, "sadness": 0.0})] * 12)
FIVE = beside.others_of("SAVEE")


@pytest.fixture
def method():
    """One other corpus gives a guess, another half of the way, five together all of it."""
    half = clips(*[("anger", {"anger": 1.0, "sadness": 0.0})] * 12, *[("sadness", {"anger": 1.0, "sadness": 0.0})] * 6,
                 *[("sadness", {"anger": 0.0, "sadness": 1.0})] * 6)
    return made({("RAVDESS", "SAVEE"): GUESSED, ("TESS", "SAVEE"): half, (FIVE, "SAVEE"): PERFECT})


def test_the_other_five_are_all_but_the_tested_one():
    assert len(FIVE) == 5 and "SAVEE" not in FIVE


def test_five_corpora_are_set_against_one(method):
    assert beside.five_way(method, "SAVEE") == 1 and beside.five_way(method, "TESS") is None
    assert list(beside.against_one(method).values())[1:] == ["1 of 1"] * 3
    assert beside.against_one(made({}))["further than the best single one"] == "not yet run"
    worse = made({("TESS", "SAVEE"): PERFECT, (FIVE, "SAVEE"): GUESSED})
    assert list(beside.against_one(worse).values())[1:] == ["0 of 1"] * 3


def test_a_row_names_the_best_other_corpus_and_leaves_a_dash_for_what_is_not_run(method):
    row = next(row for row in beside.rows(method) if row["tested on"] == "SAVEE")
    assert row["best other"].startswith("TESS: 50") and row["one other, median"].startswith("25")
    assert row["five others"] == "100\N{NO-BREAK SPACE}% (100, guessing 50)"
    assert row["new speakers"] == row["shared speakers"] == beside.NOTHING
    assert row["five others"] != beside.NOTHING and [row["tested on"] for row in beside.rows(method)] == ["SAVEE"]


def test_the_overview_counts_what_its_medians_rest_on(method):
    (row,) = beside.overview([method])
    assert row["one other corpus"] == "25\N{NO-BREAK SPACE}% (2)" and row["five others"].endswith("(1)")
    assert (row["pairs above guessing"], row["lowest and highest pair"]) == (
        "1 of 2", "0\N{NO-BREAK SPACE}% to 50\N{NO-BREAK SPACE}%")
    nothing = beside.overview([made({})])[0]
    assert {nothing["one other corpus"], nothing["pairs above guessing"]} == {beside.NOTHING}


def test_findings_follow_from_the_tables(method):
    assert "SVM on 193 values comes 25\N{NO-BREAK SPACE}% of the way" in beside.finding([method])
    assert beside.finding([made({})]) == beside.arousal([made({})]) == "not yet run"
    anger, sad = {"anger": 0.6, "happiness": 0.3, "sadness": 0.1}, {"anger": 0.1, "happiness": 0.2, "sadness": 0.7}
    heard = made({("RAVDESS", "EMO-DB"): clips(*[("anger", anger)] * 6, *[("happiness", anger)] * 6,
                                               *[("sadness", sad)] * 6)})
    assert beside.arousal([heard]).startswith(
        "Right, in the median pair of 1 methods: arousal 100\N{NO-BREAK SPACE}% to 100")
