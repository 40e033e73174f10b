"""What the chapter on intervals shows, of made-up rows and of the stored ones."""

import pandas as pd
from making import make_difference

from ser_repro.book import uncertainty


def test_the_stored_coverage_is_what_the_intervals_aim_at():
    rows = uncertainty.coverage()
    assert set(rows["of"]) == set(uncertainty.KINDS) and len(rows) >= 70
    lent, own = rows[rows["apart"] != 1], rows[rows["apart"] == 1]
    assert own["after"].between(*uncertainty.AIM).sum() >= len(own) - 1 and own["after"].max() < 0.985
    by_spread = lent.groupby("apart")["after"].mean()  # borrowed from networks that lie nearer, and farther apart
    assert by_spread[0.5] < 0.92 < 0.97 < by_spread[2] and len(lent) == 10
    assert rows["before"].min() < 0.5 and rows["clips"].max() < 0.75
    assert rows.loc[rows["starts"] == 0, "after"].between(0.93, 0.97).all()
    panels = uncertainty.coverage_picture(rows).axes
    assert [axis.get_title(loc="left") or axis.get_title() for axis in panels] == list(uncertainty.KINDS.values())


def test_coverage_is_told_in_words():
    rows = pd.DataFrame({"after": [0.91, 0.95, 0.981]})
    assert uncertainty.within(rows, "after") == "1 of 3"
    assert uncertainty.ends(rows, "after") == "91 to 98\N{NO-BREAK SPACE}%"


def test_without_records_nothing_is_said_of_draws_and_starts(tmp_path):
    assert uncertainty.drawn(tmp_path) == [] and uncertainty.starts(tmp_path) == []
    assert uncertainty.widest([]) == "not yet run" and uncertainty.draws_table([]) == []


def test_draws_are_drawn_beside_the_printed_score():
    score, printed = make_difference(0.6, 0.8), make_difference(0.5, 0.7)
    several = type(score)("accuracy", 0.7, 0.6, 0.8, 10, ("speakers", "draws"), (0.65, 0.7, 0.75), of="draw")
    rows = [("EMOVO, one", several, printed), ("SAVEE, two", several, None)]
    axis = uncertainty.draws_picture(rows).axes[0]
    assert [text.get_text() for text in axis.texts] == ["EMOVO, one", "SAVEE, two"]
    first, second = uncertainty.draws_table(rows)
    assert (first["draws"], first["the first draw"]) == (3, str(printed))
    assert second["the first draw"] == "not yet run"
    assert uncertainty.widest(rows) == "15.0\N{NO-BREAK SPACE}points (EMOVO, one, 4 draws)"  # with the printed one
    assert uncertainty.widest(rows[1:]) == "10.0\N{NO-BREAK SPACE}points (SAVEE, two, 3 draws)"


def test_starts_are_those_of_the_records():
    rows = uncertainty.starts("results")
    row = next(row for row in rows if row["name"] == "Issa et al., RAVDESS, code")
    assert len(row["seeds"]) >= 3 and row["spread"] > 0 and row["df"] >= 2 and row["own"]
    assert len(uncertainty.starts_table(rows)) == len(rows)
    told = [line["spread of starts"] for line in uncertainty.starts_table([
        row | {"spread": 0.021, "df": 1, "own": False}, row | {"spread": 0.0, "df": 2}, row | {"spread": None}])]
    assert told == ["2.1\N{NO-BREAK SPACE}points (borrowed, 1 degree of freedom)",
                    "none beyond chance (own, 2 degrees of freedom)", "not known"]
    names = uncertainty.starts_picture(rows).axes[0].texts
    assert [name.get_text().replace("\n", " ") for name in names] == [row["name"] for row in rows]


def test_a_test_of_few_clips_shows_little():
    rows = {(row["document"], row["corpus"]): row for row in uncertainty.tests_of_documents()}
    tess = rows["CNN-n-GRU, n = 18", "TESS"]
    assert (tess["test clips"], tess["clips alone"]) == (280, "±1.0\N{NO-BREAK SPACE}points")
    assert not any(corpus == "IEMOCAP" or document.startswith("Issa") for document, corpus in rows)


def test_speakers_that_a_difference_needs_follow_from_the_records(tmp_path):
    assert uncertainty.powers(tmp_path) == []
    ravdess = uncertainty.powers("results")[0]
    assert (ravdess["corpus"], ravdess["speakers"]) == ("RAVDESS", 24) and ravdess["pairs of methods"] >= 10
    few, some, many = (ravdess[f"speakers for {points} points"] for points in (10, 5, 2))
    assert many > some > few > 3
