"""Pictures of the chapters, drawn of made-up records."""

import matplotlib.pyplot as plt
import pytest

from ser_repro.book import plots

HISTORY = {"train_loss": [2.0, 1.0, 0.5], "train_accuracy": [0.1, 0.2, 0.3], "test_loss": [2.0, 1.5, 1.6],
           "test_accuracy": [0.2, 0.6, 0.5]}


@pytest.mark.parametrize("quantity", ["accuracy", "loss"])
def test_curves_name_the_part_that_was_watched(quantity):
    figure = plots.learning_curves([("one", [{"history": HISTORY}])], {"one": 0.1}, quantity=quantity)
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["training", "test", *(["chance"] if quantity == "accuracy" else [])]
    assert figure.axes[0].get_lines()[1].get_ydata().tolist() == HISTORY[f"test_{quantity}"]
    plt.close(figure)
