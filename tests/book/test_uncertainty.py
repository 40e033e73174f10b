"""What the chapter on intervals shows, of made-up rows and of the stored ones."""

import pandas as pd
from making import make_difference

from ser_repro.book import uncertainty


def test_the_stored_coverage_is_what_the_intervals_aim_at():
    rows = uncertainty.coverage()
    assert set(rows["of"]) == set(uncertainty.KINDS) and len(rows) >= 70
    assert uncertainty.within(rows, "after") == f"{len(rows)} of {len(rows)}"
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
    assert len(row["seeds"]) >= 3 and row["spread"] > 0 and row["df"] >= 2
    assert len(uncertainty.starts_table(rows)) == len(rows)
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
