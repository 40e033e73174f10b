"""What the attention looks at: where its weight lies, and the pictures of it, of records made up."""

import numpy as np
import pandas as pd
import pytest

from ser_repro.book import attention
from ser_repro.documents.cnn_bigru import HOP

RATE = 16384  # so that a step of 32 frames of 512 samples lasts a second
assert attention.STEP * HOP / RATE == 1


def record(weights, reading="paper", synthetic=False):
    rows = [["a", "voice", "anger", 1.0, 0.0], ["b", "voice", "sadness", 1.0, 0.0]]
    return {"run": "made up", "config": {"reading": reading, "synthetic": synthetic, "corpus": "RAVDESS"}, "test": {
        "columns": ["clip", "speaker", "emotion", "p(anger)", "p(sadness)"], "rows": rows,
        "classes": ["anger", "sadness"], "attention": weights}}


MEASURES = pd.DataFrame({"sample_rate": RATE, "duration_s": 4.0, "silence_start_s": [1.0, 0.0],
                         "silence_end_s": [1.0, 2.0]}, index=["a", "b"])


def test_where_the_weight_lies():
    told = attention.lies(record([[0.1, 0.2, 0.6, 0.1], [0.7, 0.1, 0.1, 0.1]]), MEASURES)
    assert told.sounding == pytest.approx((0.8 + 0.8) / 2)
    assert told.even == pytest.approx(0.5)
    # Of "a" the top is at 2.5 s, in the last third of 1 to 3 s; of "b" at 0.5 s, in the first of 0 to 2 s.
    assert told.late == 0.5
    assert told.clips == 2


def test_the_first_clip_of_each_emotion_is_drawn_with_its_waveform_or_a_bar():
    one = record([[0.25] * 4] * 2)
    figure = attention.over_clips(one, MEASURES, {"a": np.array([[-50] * 8, [50] * 8])})
    titles = [axis.get_title() or axis.get_title("left") for axis in figure.axes]
    assert titles == ["anger (named right)", "sadness (named anger)"]
    assert len(figure.axes[0].patches) == 2 and len(figure.axes[1].patches) == 3  # steps, first frames; and a bar
    assert not figure.texts
    assert attention.over_clips(record([[0.25] * 4] * 2, synthetic=True), MEASURES, {}).texts


def test_all_clips_are_drawn_in_the_readings_that_there_are():
    paper, code = record([[0.25] * 4] * 2), record([[0.2, 0.3, 0.5]] * 2, "code")
    both = attention.over_all(paper, code)
    assert [axis.get_title() for axis in both.axes] == ["paper: all test clips", "code: all test clips"]
    assert both.axes[0].lines[0].get_ydata() == pytest.approx([1] * 10)
    (alone,) = attention.over_all(None, code).axes
    assert alone.get_title() == "code: all test clips"
