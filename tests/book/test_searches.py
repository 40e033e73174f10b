"""What is said of searches: which networks no setting taught anything, and that their claims stay open."""

from ser_repro.book import searches
from ser_repro.runs.found import Found


def test_a_network_that_no_setting_taught_is_named_with_what_it_says(deep):
    found = Found("cnn_n_gru", deep)
    searched = searches.outcomes(found)
    (kind, one), = searches.untaught(found, searched).items()
    assert (kind.corpus, kind.n, one.folds, one.rest) == ("TESS", 18, (0,), None)
    assert one.favourite == "anger" and one.share == 1
    assert "names anger for 100.0\N{NO-BREAK SPACE}% of the test clips" in searches.lines({kind: one})[0]
    (row,) = searches.table(searched)
    assert row["tried"] == 24 and row["loss"] == row["chance level"] == "1.946"
    assert searches.ended(searched[kind]) == ("our search of 24 settings, at most 8 epochs each, ended with none that "
                                              "beats chance-level loss by 1\N{NO-BREAK SPACE}%")
