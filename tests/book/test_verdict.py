"""The answer on the first screen: its sentence, its picture and its cards, from scores made up."""

from dataclasses import replace

import matplotlib.pyplot as plt
import pytest

from ser_repro import documents
from ser_repro.book import verdict
from ser_repro.results.ledger import Claim
from ser_repro.results.scores import Score


def score(value, alike=(0, 1, "network")):
    return Score("accuracy", value, value - 0.05, value + 0.05, 100, ("speakers",), (value,), alike=alike)


def row(at=0, *, claim=None, kind="", shared=None, new=None, parts=None, elsewhere=(), adapted=()):
    return verdict.Row(verdict.HEADLINES[at], claim, kind, shared or {}, new or {}, parts or {}, elsewhere, adapted,
                       0.14)


CLAIM = Claim("TESS", 18, "accuracy", 0.992, "README")
DEAD = row(0, claim=CLAIM, kind="not settled", shared={"code": score(0.14, (1, 1, "network"))})
HEARD = row(1, shared={"code": score(0.84), "paper": score(0.9)}, new={"code": score(0.31), "paper": score(0.6)},
            parts={"paper": "1 of 6 folds"}, elsewhere=(("RAVDESS", score(0.3), 0.2), ("SAVEE", score(0.2), 0.1)))


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_answer_says_what_became_of_each_claim():
    assert plain(verdict.answer([DEAD, HEARD])) == (
        "Of 1 published score of 99 %, all for speech by actors, 1 is not settled.")
    other = row(5, claim=CLAIM, kind="reproduced")
    assert plain(verdict.answer([DEAD, other])).startswith(
        "Of 2 published scores of 99 %, all for speech by actors, 1 is reproduced and 1 is not settled.")


def test_the_answer_compares_two_tests_of_one_reading_on_one_corpus():
    away = (("TESS", score(0.3), 0.2), ("SAVEE", score(0.2), 0.1))
    better = row(5, shared={"code": score(0.5), "paper": score(0.9)}, new={"code": score(0.3)}, elsewhere=away,
                 adapted=(0.4, 0.3))
    text = row(6, shared={"code": score(0.6), "paper": score(0.7)}, new={"code": score(0.2), "paper": score(0.4)},
               parts={"code": "1 of 6 folds"}, elsewhere=away)
    dead = row(7, shared={"code": score(0.14, (1, 1, "network"))}, new={"code": score(0.9)})
    svm = row(len(verdict.HEADLINES) - 1, shared={"code": score(0.45)}, new={"code": score(0.35)})
    assert better.both("code") == (0.5, 0.3) and text.both("paper") == (0.7, 0.4)
    assert better.both("paper") is None and text.both("code") is None and dead.both("code") is None
    assert plain(verdict.answer([HEARD, better, text, dead, svm])) == (
        "On RAVDESS, where guessing gives 13 %, 1 method rebuilt after public code is right on 50 % of the clips of "
        "speakers who also trained, and on 30 % of those of new speakers; 1 method rebuilt from what is known of the "
        "text, 70 % and 40 %; a plain SVM, fitted in seconds, 45 % and 35 %.")
    both = replace(HEARD, on_common=better)  # of a method whose headline is of another corpus
    assert plain(verdict.answer([both, replace(svm, draws=(0.4, 0.5))])) == (
        "On RAVDESS, where guessing gives 13 %, 1 method rebuilt after public code is right on 50 % of the clips of "
        "speakers who also trained, and on 30 % of those of new speakers; a plain SVM, fitted in seconds, 40 to 50 %, "
        "depending on the draw, and 35 %.")
    assert plain(verdict.other_corpora([HEARD, better, text, dead, svm])) == (
        "Trained on RAVDESS and tested on other corpora, 2 methods reach a mean recall (UAR) of 25 %, where "
        "guessing gives 15 %. With the values of each corpus rescaled by its own clips, 1 of them goes "
        "from 25 % to 35 %.")
    assert verdict.other_corpora([HEARD, dead]) == "Tests on other corpora: not yet run."
    assert verdict.answer([svm]) == verdict.answer([dead]) == ""


def test_a_card_says_what_is_claimed_and_left_and_escapes():
    html = verdict.cards([DEAD, HEARD], folder="chapters/")
    assert html.count("<section") == 2 and 'href="chapters/cnn_n_gru.html"' in html
    assert "99.2\N{NO-BREAK SPACE}%" in html and "one answer to every clip" in html and "not settled" in html
    assert "60.0\N{NO-BREAK SPACE}% (paper, 1 of 6 folds)" in html
    assert ("<dt>tested on other corpora</dt><dd>UAR 25.0\N{NO-BREAK SPACE}% (guessing 15.0\N{NO-BREAK SPACE}%)</dd>"
            in html)


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
    later = rows["CNN-n-GRU of 2025, n = 18"]
    assert later.claim.value == 0.866 and later.elsewhere == () and rows["CNN-n-GRU, n = 18"].common.claim is None
    if folder == "results":
        assert set(issa.shared) == {"code", "paper"} and rows["our baseline: an SVM"].elsewhere
        assert all(guess < 0.5 for _, _, guess in rows["our baseline: an SVM"].elsewhere)
    else:
        assert not any(one.shared or one.new or one.elsewhere for one in rows.values())
        assert issa.verdict == "not yet run"
