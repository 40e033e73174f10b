"""One model, five tests: what is drawn and told of each setting of the dial."""

import matplotlib.pyplot as plt
import pytest
from making import is_cut

from ser_repro.book import dial
from ser_repro.book.across import CORPORA, Across


@pytest.fixture(scope="module")
def svm():
    return Across("svm193", "results")


def test_settings_stand_in_order_and_each_beside_its_own_guess(svm):
    made = dial.steps(svm, "RAVDESS")
    assert [step.name for step in made] == [name for name in dial.STEPS if name in ("shared", "elsewhere")
                                            or svm.found.records("RAVDESS", protocol=name)]
    assert all(step.guess == pytest.approx(1 / 8) for step in made[:-1])
    other = made[-1]
    assert len(other.each) == 5 and other.score is None and other.guess > 1 / 8
    assert min(other.each) < other.value < max(other.each)
    assert str(other).endswith("mean of 5 corpora that trained")


def test_shared_speakers_are_the_mean_of_all_draws(svm):
    shared = dial.steps(svm, "SAVEE")[0]
    assert shared.score.of == "draw" and len(shared.score.seeds) == 10


def test_what_a_turn_costs_is_counted_from_shared_speakers(svm):
    lines = dial.turned([svm], ("TESS",))
    made = {step.name: dial._way(step) for step in dial.steps(svm, "TESS")}
    lost = 100 * (made["speaker"] - made["shared"])
    assert f"new speakers \N{MINUS SIGN}{abs(lost):.0f} (" in lines and "1 corpus)" in lines


def test_without_records_nothing_is_claimed(tmp_path):
    none = Across("mfcc_cnn", tmp_path)
    assert dial.turned([none], CORPORA).endswith("not yet run.")
    assert "not yet run" in dial.spans([none], CORPORA) and not dial.rows([none], CORPORA)
    dial.picture([none], CORPORA)
    plt.close("all")


def test_every_corpus_has_a_panel_and_all_of_it_is_saved(svm):
    figure = dial.picture([svm], CORPORA)
    figure.get_layout_engine().execute(figure)  # as a page does before it measures
    measured = figure.get_tightbbox().bounds
    figure.draw_without_rendering()
    assert measured == pytest.approx(figure.get_tightbbox().bounds, abs=0.02)
    assert [axis.get_title(loc="left") or axis.get_title() for axis in figure.axes] == list(CORPORA)
    assert not is_cut(figure)


def test_the_sentences_of_a_corpus_are_counted():
    assert dial.sentences(["RAVDESS", "EMO-DB"]) == "RAVDESS 2 and EMO-DB 10"
