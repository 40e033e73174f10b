"""The pictures of the chapter on Issa et al."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from ser_repro.book import issa, palette
from ser_repro.results import audit
from ser_repro.results.scores import Score


@pytest.fixture(autouse=True)
def closed():
    with plt.rc_context():
        palette.use_theme()
        yield
    plt.close("all")


def test_features_are_measured_or_not(tmp_path):
    assert issa.measured(tmp_path) is None
    assert issa.measured("results")["clips"] == 1440


def test_a_descriptors_values_stand_together():
    mean, deviation = -np.ones(193), np.full(193, 2.0)
    deviation[40:52] = 5.0  # chroma, second in the figure's order
    rows = {row["descriptor"]: row for row in issa.size_rows(mean, deviation)}
    assert [row["values"] for row in rows.values()] == [40, 12, 128, 7, 6]
    assert rows["chroma"]["deviation, least and most"] == "5 to 5"
    assert rows["MFCC"]["mean, median of its values"] == "1" and rows["mel"]["deviation, median"] == "2"
    assert rows["chroma"]["share of all variance"].startswith(f"{100 * 300 / (300 + 4 * 181):.2f}")
    assert issa.sizes(mean, deviation).axes[0].get_yscale() == "log"


def test_the_epochs_a_run_could_have_ended_at_are_marked():
    history = {"train_accuracy": [0.1, 0.5, 0.9, 0.9], "test_accuracy": [0.1, 0.4, 0.3, 0.2],
               "train_loss": [9.0, 1.0, 0.5, 0.4], "test_loss": [9.0, 1.0, 1.5, 1.6]}
    record = {"run": "one", "config": {"corpus": "RAVDESS", "reading": "code"}, "history": history}
    above, below = issa.endings(record, audit.picked(record), 0.7).axes
    points = {line.get_label(): line.get_xydata().tolist() for line in above.lines if len(line.get_xdata()) == 1}
    assert points == {"stopped early": [[4, 0.2]], "last": [[4, 0.2]], "best on the test clips": [[2, 0.4]]}
    assert {"training", "test", "best on the test clips", "claimed"} <= {
        text.get_text() for text in below.get_legend().get_texts()}


def test_the_question_says_what_has_not_been_run():
    score = Score("accuracy", 0.5, 0.4, 0.6, 100, ("speakers",), (0.45, 0.55))
    measured = {("code", "shared speakers"): (score, ""), ("code", "new speakers"): (score, "2 of 6 folds"),
                ("paper", "new speakers"): (None, "")}
    (axis,) = issa.question(measured, 0.13).axes
    said = [text.get_text().replace("\N{NO-BREAK SPACE}", " ") for text in axis.texts]
    assert "ours, reading code, shared speakers: 50.0 %" in said
    assert "ours, reading code, new speakers: 50.0 %, 2 of 6 folds" in said
    assert "ours, reading paper, new speakers: not yet run" in said
    heights = [text.get_position()[1] for text in axis.texts[:6]]
    assert heights == sorted(heights, reverse=True)
