"""Trained on one corpus, tested on another: what is said of pairs, emotions, sides and languages."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from crossing import clips, made

from ser_repro.book import across


@pytest.fixture
def heard():
    """Anger is always heard, sadness too; happiness is called anger: right in arousal, wrong in valence."""
    anger, sad = {"anger": 0.6, "happiness": 0.3, "sadness": 0.1}, {"anger": 0.1, "happiness": 0.2, "sadness": 0.7}
    table = clips(*[("anger", anger)] * 12, *[("happiness", anger)] * 12, *[("sadness", sad)] * 12)
    return made({("RAVDESS", "EMO-DB"): table, ("RAVDESS", "SAVEE"): table})


def test_the_way_goes_from_guessing_to_no_fault():
    assert across.way(0.25, 4) == 0 and across.way(1, 4) == 1 and across.way(0.625, 4) == 0.5
    assert across.way(0.1, 4) < 0  # worse than guessing


def test_a_pair_is_judged_on_the_emotions_that_both_have(heard):
    first = heard.pairs[0]
    assert (first.trained, first.tested, first.emotions) == ("RAVDESS", "EMO-DB", ("anger", "happiness", "sadness"))
    assert first.guess == pytest.approx(1 / 3) and first.uar.value == pytest.approx(2 / 3)
    assert first.way == pytest.approx(0.5)
    row = across.rows(heard)[0]
    assert (row["tested on"], row["emotions"], row["against guessing"]) == ("EMO-DB", 3, "above chance")
    assert row["calls most clips"] == "anger (67\N{NO-BREAK SPACE}%)"


def test_adapting_is_told_beside_what_it_adapts(heard):
    row = across.adapting(heard)
    assert (row["pairs that gain"], row["above guessing"]) == ("2 of 2", "2 of 2, before 2 of 2")
    assert row["median pair"] == "100\N{NO-BREAK SPACE}%, before 50\N{NO-BREAK SPACE}%"
    assert across.rows(heard)[0]["UAR, adapted"].startswith("100.0 %")
    assert across.adapting(made({}))["pairs that gain"] == "not yet run"


def test_emotions_are_counted_against_calling_all_clips_so(heard):
    table = across.emotions(heard).set_index("emotion")
    assert table.loc["sadness", "difference"] == 1 and table.loc["anger", "difference"] == 0.5
    assert table.loc["happiness", ["where it is meant", "where another is"]].tolist() == [0, 0]
    assert across.emotions(made({})).empty
    assert across.run_so_far([heard, made({})]) == (
        "1 of 2 plain baselines and 0 of 0 networks, 2 of 60 pairs of a training and a test corpus")


def test_sides_are_told_by_summed_probabilities(heard):
    arousal, valence = across.sides(heard)
    assert arousal["right, median"] == "100\N{NO-BREAK SPACE}%"  # anger and happiness together against sadness
    # Of the negative all are right (anger 0.6 + 0.1, sadness 0.8), of the positive none.
    assert valence["right, median"] == "50\N{NO-BREAK SPACE}%"


def test_a_clip_of_which_neither_side_has_more_counts_half():
    neither = {"anger": 0.0, "sadness": 0.0, "fear": 0.0, "disgust": 1.0}
    one = made({("RAVDESS", "EMO-DB"): clips(*[(emotion, neither) for emotion in ("anger", "sadness", "fear")] * 6)})
    assert across.side_rates(one, "arousal") == [0.5]


def test_a_pair_without_one_side_says_nothing_of_it():
    one = {"anger": 0.6, "sadness": 0.4}
    (row,) = across.sides(made({("RAVDESS", "EMO-DB"): clips(*[("anger", one), ("sadness", one)] * 6)}))
    assert row["side"].startswith("arousal")


def test_languages_stand_apart(heard):
    assert [(row["languages"], row["pairs"]) for row in across.languages(heard)] == [
        ("English to German", 1), ("English to English", 1)]


def test_the_picture_has_a_square_a_pair(heard):
    figure = across.matrix([heard])
    values = figure.axes[0].collections[0].get_array().filled(np.nan)
    assert np.isfinite(values).sum() == 2 and np.nanmax(values) == pytest.approx(50)
    assert [text.get_text() for text in figure.axes[0].texts if text.get_text()] == ["66.7 (33.3)"] * 2
    plt.close(figure)
