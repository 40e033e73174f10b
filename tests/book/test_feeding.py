"""What is said of test clips fed otherwise: the rows, and where the sorted order has raised the score."""

import math
from dataclasses import replace

import pytest
from making import make_difference

from ser_repro.book import feeding
from ser_repro.book.words import points
from ser_repro.documents.cnn_n_gru import fed_otherwise
from ser_repro.runs.found import Found
from ser_repro.runs.run import Run


def fed(n, low, high, runs=1):
    changes = dict.fromkeys(feeding.TITLES, make_difference(low, high))
    return feeding.Fed(Run.of("cnn_n_gru", "TESS", n=n).kind, runs, make_difference(0.6, 0.8), changes, 0.65)


def two_speakers(n, *units):
    change = replace(make_difference(*units), low=math.nan, high=math.nan, counts=(), units=units)
    return replace(fed(n, 0, 0), changes=dict.fromkeys(feeding.TITLES, change))


NO_GAIN = [fed(3, -0.01, 0.02), fed(11, 0.01, 0.03), fed(18, 0.0, 0.0)]


@pytest.mark.parametrize(("rows", "says"), [
    (NO_GAIN, "In 3 rows with an interval no loss by shuffling is significant."),
    ([NO_GAIN[0], two_speakers(5, -0.08, -0.02), two_speakers(3, -0.08, 0.02)],
     "In 1 row with an interval no loss by shuffling is significant. Without an interval, but lower for every "
     "speaker: TESS, n = 5, shared speakers (−5.0 points (−8.0 and −2.0 by speaker; no interval), 1 run)."),
    ([*NO_GAIN, fed(5, -0.1, -0.02)], "for TESS, n = 5, shared speakers (−6.0 points [−10.0, −2.0; speakers], 1 "
     "run): there the sorted order seems to help, through the carried state or through padding. In 3 other rows with "
     "an interval no loss by shuffling is significant."),
    ([fed(5, -0.1, -0.02, 2), NO_GAIN[0]], "2 runs): there the sorted order seems to help, through the carried state "
     "or through padding. In 1 other row with an interval no loss by shuffling is significant."),
    ([fed(5, -0.1, -0.02)], "through the carried state or through padding.")])
def test_the_rows_where_the_sorted_order_helps_are_named(rows, says):
    assert feeding.gains(rows).endswith(says)


def test_the_stored_runs_in_reading_code_are_told_a_row_each():
    found = Found("cnn_n_gru", "results")
    rows = feeding.table(told := feeding.measured(found))
    assert len(rows) == len(told) >= 8 and all(one.kind.reading == "code" for one in told)
    row = next(row for row in rows if (row["corpus"], row["n"]) == ("TESS", 5))
    change = fed_otherwise(found.records("TESS", n=5))["shuffled"]
    assert row["shuffled"] == points(change).replace(" points", "")
    assert row["as the code tests"] == found.text("TESS", n=5)
