"""Networks drawn from the models: every box, and what differs between the readings."""

import matplotlib.pyplot as plt
import pytest

from ser_repro.book import networks


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def words(figure) -> list[list[str]]:
    """Texts of a figure, a list a row of boxes."""
    return [[text.get_text() for text in axis.texts] for axis in figure.axes]


def test_the_cnn_on_50_mfccs_shows_where_its_readings_differ():
    code, paper = words(networks.mfcc_cnn())
    assert "window 2048\nhop 552\n50 means" in code and "window 512\nhop 256\n50 means" in paper
    assert "then pool 2\n12 long" in code and "dropout 0.2\nthen pool 2\n13 long" in paper
    assert "from 384" in code and "from 416" in paper and "linear 8" in code
