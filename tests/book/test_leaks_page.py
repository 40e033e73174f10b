"""The page of leaks: its picture says all in words, prices are those of the records, and nothing is said of none."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from making import make_difference

from ser_repro import documents
from ser_repro.book import leaks as page
from ser_repro.documents import leaks
from ser_repro.results.leaks import LEAKS, NO, NOT_APPLICABLE, STATES, UNKNOWN, YES
from ser_repro.runs.found import Found


@pytest.fixture
def matrix():
    titles = [leak.title for leak in LEAKS.values()]
    rows = {"one": [YES] * len(titles), "two": [UNKNOWN] * len(titles), leaks.NEW_SPEAKERS: [NO] * len(titles),
            leaks.NEW_SENTENCES: [NOT_APPLICABLE] * len(titles)}
    return pd.DataFrame(rows, index=titles).T


def test_every_cell_is_a_word_and_words_tell_states_apart(matrix):
    figure = page.picture(matrix)
    assert [text.get_text() for text in figure.axes[0].texts] == [
        word for word in ("yes", "?", "no", "–") for _ in LEAKS]
    assert len(set(page._WORDS.values())) == len(STATES)
    plt.close(figure)


def test_readings_of_one_document_count_once_and_baselines_of_ours_not_at_all():
    titles = {f"{of.title}, {of.called(reading)}": [NO] for of in documents.DOCUMENTS.values()
              for reading in of.readings}
    told = {"CNN-n-GRU, code": YES, "CNN-n-GRU, paper": NO, "the CREMA-D study's 1-D CNNs, code": NO,
            "the CREMA-D study's 2-D CNNs, code": YES, "SVM on 193 values, code": YES, "Issa et al., code": YES,
            "Issa et al., paper": UNKNOWN}  # the public code after it is of others
    matrix = pd.DataFrame(titles | {name: [state] for name, state in told.items()}, index=["speakers"]).T
    assert page.counted(matrix, "speakers") == "2 of 6 (1 can't be told)"
    names = [name for names in page.STUDIED.values() for name in names]
    assert {of.name for of in documents.DOCUMENTS.values() if of.claims} <= set(names)


def test_prices_are_those_of_the_records():
    rows = page.prices("results")
    (row,) = (row for row in rows if (row.leak, row.method, row.corpus) == ("speakers", "the CNN on 50 MFCCs", "EMOVO"))
    assert row.value == pytest.approx(Found("mfcc_cnn", "results").lost("EMOVO").value) and row.value < -0.2
    measured = [row.difference for row in rows if row.difference]
    for leak in {row.leak for row in rows if row.difference}:  # p is corrected among the prices of one leak
        of = [row.difference for row in rows if row.leak == leak and row.difference and row.difference.has_interval]
        assert {one.family for one in of} <= {len(of)}
    assert sum(one.has_interval for one in measured) > max(one.family for one in measured)
    assert all(row.value <= 0 for row in rows if row.leak == "epoch")
    assert {"speakers", "epoch", "state", "order"} <= {row.leak for row in rows}


def test_without_records_nothing_is_priced(tmp_path, matrix, monkeypatch):
    assert page.prices(tmp_path) == []
    assert page.priced([], "speakers") == "not yet run" and page.table([], "speakers") == []
    said = []
    monkeypatch.setattr(page.show, "text", said.append)
    page.sections(matrix, [])
    assert len(said) == len(LEAKS) and sum("**Price**: not yet run." in text for text in said) == len(LEAKS) - 4
    assert sum("**Price**: not measured" in text for text in said) == 4  # leaks that no pair of runs can show
    assert all("It is in: one." in text and "It can't be told of: two." in text for text in said)


def test_a_price_in_words():
    rows = [page.Price("speakers", "a", "X", "new", make_difference(-0.3, -0.1), -0.2),
            page.Price("speakers", "b", "X", "new", make_difference(-0.1, 0.2), 0.05)]
    assert page.priced(rows, "speakers") == (
        "−20.0 to +5.0\N{NO-BREAK SPACE}points; of the 2 with an interval, 1 is below zero, 1 with the whole interval, "
        "and 1 significantly, p corrected for their number")
    one = page.Price("speakers", "c", "X", "new", None, -0.8)
    assert page.priced([rows[0], one], "speakers") == (
        "−80.0 to −20.0\N{NO-BREAK SPACE}points; the one with an interval, −20.0, significant")
    assert page.priced(rows[:1], "speakers") == "−20.0\N{NO-BREAK SPACE}points, significant"
    assert page.priced(rows[1:], "speakers") == "+5.0\N{NO-BREAK SPACE}points, not significant"
    assert page.table(rows, "speakers")[0]["without − with"].startswith("−20.0 [−30.0, −10.0")
    assert page.priced([page.Price("epoch", "a", "X", "last", None, -0.062)], "epoch").endswith("(no interval)")


def test_what_few_clips_make_up():
    assert "1 of 288 test clips" in page.at_most("identical") and "0.35" in page.at_most("identical")


def test_emobox_folds_that_share_speakers_are_named_for_what_they_are():
    rows = {row["corpus"]: row for row in page.emobox()}
    assert rows["RAVDESS"]["folds"] == 6 and rows["RAVDESS"]["of them heard in training"] == "none"
    assert rows["CREMA-D"]["of them heard in training"] == "all" and rows["CREMA-D"]["in this package"] == "refused"
    assert len(rows) == 8
