import base64
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import same_color
from PIL import Image

from ser_repro import datasets
from ser_repro.book import diagrams, networks, palette, plots, show
from ser_repro.results.scores import Score
from ser_repro.saved import pictures


@pytest.fixture(autouse=True)
def closed():
    with plt.rc_context():
        palette.use_theme()
        yield
    plt.close("all")


def score(value, low=None, high=None):
    return Score("accuracy", value, value - 0.05 if low is None else low, value + 0.05 if high is None else high, 100,
                 ("speakers",), (value,), p=0.01)


def record(*, seed=0, epochs=6, watched="test", synthetic=False):
    rng = np.random.default_rng(seed)
    history = {f"{part}_{quantity}": rng.random(epochs).tolist() for part in ("train", watched)
               for quantity in ("accuracy", "loss")}
    return {"history": history, "config": {"synthetic": synthetic}}


def legend(axis):
    return [text.get_text() for text in axis.get_legend().get_texts()]


def bars(axis):
    """The lines that are intervals."""
    return [line for line in axis.get_lines()
            if len(line.get_xdata()) == 2 and np.isfinite(line.get_xdata()).all() and np.ptp(line.get_xdata())]


def said(figure):
    return [text.get_text() for text in figure.texts]


def whole(figure):
    """Whether a figure is no wider than a page, and none of its text is cut off."""
    figure.canvas.draw()
    box, edge = figure.get_tightbbox(), figure.get_figwidth()
    return edge <= 8 and box.x0 > -0.05 and box.x1 < edge + 0.05


def test_claims_show_what_is_claimed_measured_and_guessed():
    rows = [("a", 0.7, score(0.68), score(0.41), 0.13), ("b", 0.9, None, None, 0.14),
            ("c", None, score(0.5, 0.52, 0.6), None, 0.2)]
    figure = plots.claims(rows)
    axis = figure.axes[0]
    assert legend(axis) == ["claimed", "shared speakers", "new speakers", "chance"]
    assert [text.get_text() for text in axis.texts] == ["c", "50", "b", "not yet run", "a", "68", "41"]  # from below
    ends = {tuple(np.round(line.get_xdata(), 2)) for line in bars(axis)}
    assert ends == {(0.63, 0.73), (0.36, 0.46), (0.52, 0.6)}  # also where the score lies outside its interval
    assert whole(figure)
    few = Score("accuracy", 0.5, np.nan, np.nan, 100, (), (0.5,), units=(0.45, 0.55))  # of two speakers: a thin line
    thin, = bars(plots.claims([("a", None, few, None, 0.1)]).axes[0])
    assert tuple(thin.get_xdata()) == (0.45, 0.55)
    assert thin.get_linewidth() < min(one.get_linewidth() for one in bars(axis))
    assert "claimed" not in legend(plots.claims([("a", None, score(0.5), None, 0.1)]).axes[0])
    assert legend(plots.claims([("a", 0.5, None, None, 0.1)]).axes[0])[0] == "claimed"


@pytest.mark.parametrize("n", [8, 4])
def test_a_confusion_matrix_has_the_per_cent_of_each_row_and_nothing_where_no_clip_is(n):
    classes = sorted(datasets.EMOTIONS)[:n]
    counts = np.eye(n, dtype=int) * 3
    counts[0, 1], counts[n - 1] = 1, 0
    figure = plots.confusion("one", counts, classes, synthetic=True)
    axis, = figure.axes
    assert axis.get_title(loc="left") == "one" and axis.get_xlabel() == "predicted"
    assert [tick.get_text() for tick in axis.get_yticklabels()] == classes
    digits = {text.get_position(): text for text in axis.texts}
    assert {at: text.get_text() for at, text in digits.items()} == {(0.5, 0.5): "75", (1.5, 0.5): "25"} | {
        (i + 0.5, i + 0.5): "100" for i in range(1, n - 1)}
    assert same_color(digits[1.5, 1.5].get_color(), "white") and same_color(digits[1.5, 0.5].get_color(), "black")
    assert axis.yaxis_inverted() and axis.get_aspect() == 1
    assert said(figure) == ["synthetic: not a result"] and whole(figure)
    assert said(plots.confusion("one", counts, classes)) == []


@pytest.mark.parametrize("quantity", ["accuracy", "loss"])
def test_learning_curves_draw_a_line_a_run_and_part(quantity):
    runs = [record(seed=0), record(seed=1, watched="validation")]
    figure = plots.learning_curves([("one", runs), ("two", [record(seed=2)])], {"one": 0.1, "two": 0.3},
                                   quantity=quantity)
    one, two = figure.axes
    assert legend(one) == ["training", "validation", "test", *["chance"] * (quantity == "accuracy")]
    drawn = [line.get_ydata() for line in one.get_lines()]
    for run, part in ((0, "train"), (1, "train"), (0, "test"), (1, "validation")):
        assert any(np.array_equal(y, runs[run]["history"][f"{part}_{quantity}"]) for y in drawn), (run, part)
    guessed = [line.get_ydata()[0] for line in two.get_lines() if len(set(line.get_ydata())) == 1]
    assert guessed == ([0.3] if quantity == "accuracy" else [])
    assert (one.get_title(loc="left"), two.get_title(loc="left"), one.get_ylabel()) == ("one", "two", quantity)
    assert whole(figure)
    high = record(seed=3)
    high["history"]["test_loss"][2] = 9.0
    axis = plots.learning_curves([("low", runs), ("high", [high])], quantity="loss").axes[1]
    assert axis.get_ylim()[0] == 0 and axis.get_ylim()[1] > 9  # the later panel is not cut off


def test_curves_of_one_epoch_are_points():
    figure = plots.learning_curves([("one", [record(epochs=1)])])
    assert [line.get_marker() for line in figure.axes[0].get_lines()] == ["o", "o"]
    assert plots.learning_curves([("one", [record()])], synthetic=True).texts[0].get_text() == "synthetic: not a result"


def test_effects_draw_nine_corpora_each_in_its_own_look():
    names = [*datasets.CORPORA, "mine"]
    figure = plots.effects([(slip, name, score(i / 100)) for slip in ("dropout", "order\nof values")
                            for i, name in enumerate(names)])
    axis = figure.axes[0]
    assert legend(axis) == names
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["dropout", "order\nof values"]
    handles = axis.get_legend().legend_handles
    assert len({(handle.get_color(), handle.get_marker()) for handle in handles}) == 9
    tess = palette.CORPORA["TESS"]
    assert (handles[names.index("TESS")].get_color(), handles[names.index("TESS")].get_marker()) == tess[:2]
    ends = bars(axis)
    assert len(ends) == 18 and len({line.get_ydata()[0] for line in ends}) == 18
    of_tess = [line for line in ends if same_color(line.get_color(), tess.colour)]
    assert {tuple(np.round(line.get_xdata(), 2)) for line in of_tess} == {(0.02, 0.12)} and whole(figure)


def test_a_saved_model_has_curves_of_accuracy_and_loss():
    figure = pictures.curves(record(watched="validation", synthetic=True), chance=0.2)
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["accuracy", "loss"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["training", "validation", "chance"]
    assert said(figure) == ["synthetic: not a result"] and whole(figure)


def test_emotions_over_time_are_told_by_colour_and_hatch():
    classes = list(datasets.EMOTIONS)
    windows = [{"start_s": i, "end_s": i + 1, "silent": False, "probabilities": dict.fromkeys(classes, 1 / 9)}
               for i in range(3)]
    figure = pictures.over_time(windows, classes, "a")
    areas = {area.get_label(): area for area in figure.axes[0].collections}
    for emotion, look in palette.EMOTIONS.items():
        assert same_color(areas[emotion].get_facecolor()[0], look.colour)
        assert (areas[emotion].get_hatch() or "") == look.hatch
    assert legend(figure.axes[0]) == classes[::-1] and whole(figure)


def test_boxes_of_the_two_readings_differ_in_their_edges():
    figure = diagrams.flow([("code", [("a", "x", diagrams.INPUT), ("b", "y", diagrams.CODE)]),
                            ("paper", [("c", "z", diagrams.PAPER), ("d", "", diagrams.LAYER)])])
    a, b, c, d = [box for axis in figure.axes for box in axis.patches]
    assert b.get_linestyle() not in ("solid", "-") and a.get_linestyle() == "solid"
    assert c.get_linewidth() > a.get_linewidth() == d.get_linewidth()
    assert [text.get_text() for text in figure.axes[0].texts[:5]] == ["code", "a", "x", "b", "y"]
    assert whole(figure)


def test_the_architecture_is_drawn_from_the_model():
    texts = [text.get_text() for text in diagrams.architecture(18, networks.cnn_n_gru(18)).axes[0].texts]
    assert "18-layer GRU" in texts and "linear 144→72" in texts and {"reading\ncode", "reading\npaper"} <= set(texts)


def test_spread_has_a_line_a_size():
    figure = diagrams.spread({n: (np.ones(n), np.full(n, 1e-6)) for n in (3, 5, 11, 18)})
    assert legend(figure.axes[0]) == ["n = 3", "n = 5", "n = 11", "n = 18"]
    assert [len(line.get_xdata()) for line in figure.axes[0].get_lines()] == [3, 5, 11, 18] and whole(figure)


def test_the_views_of_the_bigru_put_bands_of_channels_and_single_frames_into_steps():
    moved = {"code": np.full((3, 3), 1 / 3), "paper": np.eye(3)}
    figure = diagrams.views(4, moved)
    assert figure.axes[0].images[0].get_array().tolist() == [[0, 0, 0], [0, 1, 1], [1, 1, 2], [2, 2, 2]]
    assert figure.axes[1].images[0].get_array().tolist() == [[0, 1, 2]] * 4
    assert [text.get_text() for text in figure.axes[3].texts][:3] == ["100", "none", "none"]


def test_a_figure_is_laid_out_before_it_is_measured():
    def drawn():
        figure, axis = plt.subplots(figsize=(3, 2), layout="constrained")
        axis.set(ylabel="a label\nof three\nlines", yticks=(0, 1), yticklabels=("a name", "a name that is much longer"))
        return figure

    saved = Image.open(BytesIO(base64.b64decode(show._saved(drawn())[0])))
    right = drawn()
    right.draw_without_rendering()
    box = right.get_tightbbox().padded(0.1)
    assert saved.size == pytest.approx((box.width * right.dpi, box.height * right.dpi), abs=1.5)
