"""The answer on the first screen: its sentence, its picture and its cards, from scores made up."""

import matplotlib.pyplot as plt
import pytest

from ser_repro import documents
from ser_repro.book import verdict
from ser_repro.results.ledger import Claim
from ser_repro.results.scores import Score


def score(value, alike=(0, 1, "network")):
    return Score("accuracy", value, value - 0.05, value + 0.05, 100, ("speakers",), (value,), alike=alike)


def row(at=0, *, claim=None, kind="", shared=None, new=None, parts=None, elsewhere=()):
    return verdict.Row(verdict.HEADLINES[at], claim, kind, shared or {}, new or {}, parts or {}, elsewhere, 0.14)


CLAIM = Claim("TESS", 18, "accuracy", 0.992, "README")
DEAD = row(0, claim=CLAIM, kind="not settled", shared={"code": score(0.14, (1, 1, "network"))})
HEARD = row(1, shared={"code": score(0.84), "paper": score(0.9)}, new={"code": score(0.31), "paper": score(0.6)},
            parts={"paper": "1 of 6 folds"}, elsewhere=(("RAVDESS", score(0.3), 0.2), ("SAVEE", score(0.2), 0.1)))


def test_the_sentence_leaves_out_what_learned_nothing_and_folds_that_are_not_whole():
    assert verdict.answer([DEAD, HEARD]) == (
        "The claims looked at here are 99\N{NO-BREAK SPACE}%. Rebuilt from public code, 1 method is right on "
        "84\N{NO-BREAK SPACE}% of clips where training has heard the speaker too, and on 31\N{NO-BREAK SPACE}% where "
        "the speaker is new: a fall of 53\N{NO-BREAK SPACE}points. 1 of them, trained on TESS and tested on other "
        "corpora, reaches a mean recall (UAR) of 25\N{NO-BREAK SPACE}%, where guessing gives 15\N{NO-BREAK SPACE}%. "
        "Of the 1 claims, by the split that each names, 1 is not settled.")
    assert "Rebuilt" not in verdict.answer([DEAD])


def test_the_sentence_compares_two_tests_of_one_reading():
    better = row(4, shared={"code": score(0.5), "paper": score(0.9)}, new={"code": score(0.3)})
    text = row(5, shared={"code": score(0.6), "paper": score(0.7)}, new={"code": score(0.2), "paper": score(0.4)},
               parts={"code": "1 of 6 folds"})
    assert better.both == ("code", 0.5, 0.3) and text.both == ("paper", 0.7, 0.4)
    assert "2 methods are right on 50 to 70\N{NO-BREAK SPACE}%" in verdict.answer([better, text])
    assert "a fall of 20 to 30\N{NO-BREAK SPACE}points" in verdict.answer([better, text])
    assert row(3, claim=CLAIM, shared={"code": score(0.5)}, new={"paper": score(0.3)}).both is None


def test_the_baseline_is_no_document():
    last = row(len(verdict.HEADLINES) - 1, shared={"code": score(0.05)})
    assert last.headline.document == "svm193"
    assert verdict.answer([DEAD, HEARD, last]) == verdict.answer([DEAD, HEARD])


def test_a_card_says_what_is_claimed_and_left_and_escapes():
    html = verdict.cards([DEAD, HEARD], folder="chapters/")
    assert html.count("<section") == 2 and 'href="chapters/cnn_n_gru.html"' in html
    assert "99.2\N{NO-BREAK SPACE}%" in html and "one answer to every clip" in html and "not settled" in html
    assert "60.0\N{NO-BREAK SPACE}% (paper, 1 of 6 folds)" in html
    assert "UAR 25.0\N{NO-BREAK SPACE}% (guessing 15.0\N{NO-BREAK SPACE}%) on other corpora" in html


def test_the_picture_has_a_mark_for_each_score_and_says_what_is_not_run():
    axis = verdict.picture([DEAD, HEARD, row(2, claim=CLAIM)]).axes[0]
    marks = [line for line in axis.lines if line.get_marker() not in ("None", None, "")]
    # DEAD: one score and a claim; HEARD: two shared, one new of all speakers, two corpora and their mean; a claim.
    assert len(marks) == 2 + 2 + 1 + 3 + 1
    assert [text.get_text() for text in axis.texts].count("not yet run") == 1
    plt.close("all")


def test_each_headline_is_of_a_document_that_is_there_and_of_a_corpus_that_it_is_run_on():
    for one in verdict.HEADLINES:
        of = documents.get(one.document)
        assert one.corpus in of.corpora and (one.n in of.sizes if of.sizes else one.n is None)


@pytest.mark.parametrize("folder", ["results", "nowhere"])
def test_rows_are_of_records(folder, tmp_path):
    rows = {one.headline.title: one for one in verdict.rows(folder if folder == "results" else tmp_path)}
    assert len(rows) == len(verdict.HEADLINES)
    issa = rows["Issa et al."]
    assert issa.claim.value == 0.7161
    if folder == "results":
        assert set(issa.shared) == {"code", "paper"} and rows["our baseline: an SVM"].elsewhere
        assert all(guess < 0.5 for _, _, guess in rows["our baseline: an SVM"].elsewhere)
    else:
        assert not any(one.shared or one.new or one.elsewhere for one in rows.values())
        assert issa.verdict == "not yet run"
