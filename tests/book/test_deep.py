"""The document's own search and the single switches, as the chapter on CNN-n-GRU shows them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from ser_repro.book import deep, palette, words
from ser_repro.documents import cnn_n_gru
from ser_repro.runs import asha, plans
from ser_repro.runs.found import Found
from ser_repro.runs.run import Run

GUESS = float(np.log(7))
FOUND = Found("cnn_n_gru", "results")


def trial(*losses, stopped=None, accuracy=0.14, train=None):
    return {"settings": {}, "stopped": stopped, "seconds": 1.0,
            "history": {"train_loss": list(train or losses),
                        "train_accuracy": [0.1] * len(losses),
                        "validation_loss": list(losses), "validation_accuracy": [accuracy] * len(losses)}}


@pytest.fixture
def search():
    return {"rungs": [1, 2, 4], "winner": 1, "trials": [
        trial(1.95, stopped=1), trial(1.95, 1.5, 0.9, 0.4, stopped=4, accuracy=0.9), trial(1.94, 1.96, stopped=2),
        trial(1.93, 1.93, stopped=2), trial()]}


def test_a_search_in_numbers(search):
    told = deep.told(search, GUESS)
    assert told == {"trials": 5, "begun": 4, "learned": 1, "by_order": 0, "epochs": 4, "best": 0.9, "over": True,
                    "stopped": "1 after 1, 2 after 2, 1 after 4"}
    assert not asha.learned(trial(0.99 * GUESS), GUESS) and asha.learned(trial(0.98 * GUESS, 3.0), GUESS)
    one = trial(1.95, 1.8, train=[1.95, 1.95])
    assert deep.by_order(one, GUESS) and not asha.learned(one, GUESS)
    assert not asha.learned(trial(1.95, 1.8, train=[1.8, 1.95]), GUESS)  # never both at once
    search["trials"][0] = trial(9.9, stopped="diverged")
    assert deep.told(search, GUESS)["stopped"] == "2 after 2, 1 after 4, 1 after diverged"


def test_of_a_search_where_nothing_learned_is_told_how_many_validation_clips_were_named_right():
    vain = {"trials": [trial(1.95, 1.95, accuracy=0.3), trial(1.94, stopped=1)], "document": "cnn_n_gru"}
    told = deep.outcome(FOUND, vain, GUESS)
    assert told.startswith("unfinished. Of its 2 trials 1 have ended, the longest so far has 2 epochs, and none has ")
    nbsp = "\N{NO-BREAK SPACE}"
    assert f"named 30.0{nbsp}% of the validation clips right, but 10.0{nbsp}% of its training clips" in told
    learned = vain | {"trials": [trial(1.5), trial(1.95, accuracy=0.3)]}
    assert deep.outcome(FOUND, learned, GUESS).endswith("and one has learned something.")


def test_a_whole_search_in_which_nothing_learned_says_how_much_it_leaves_room_for():
    trials = [trial(1.95, stopped=1)] * 50 + [trial(*[1.95] * 4, stopped=4)] * 10
    assert deep.standing({"trials": trials}, GUESS) == "The claim is open: the search is not whole."
    told = deep.standing({"trials": trials, "winner": 0}, GUESS).replace("\N{NO-BREAK SPACE}", " ")
    assert "none of 60 leaves room for 5 % of such trials to learn (95 %), and 50 of them were stopped" in told
    assert deep.standing({"trials": [*trials, trial(1.5, stopped=1)], "winner": 0}, GUESS) == ""


def test_every_trial_is_a_line_and_the_chosen_one_stands_out(search):
    palette.use_theme()
    figure = deep.trials([("n = 18", search, GUESS), ("n = 3", search, GUESS)])
    top, _ = figure.axes
    curves = [line for line in top.lines if line.get_marker() == "None" and len(line.get_xdata()) < 5
              and line.get_linestyle() == "-"]
    assert [len(line.get_xdata()) for line in curves] == [1, 4, 2, 2]
    assert [to_hex(line.get_color()).upper() for line in curves] == [palette.GREY, palette.RED, palette.GREY,
                                                                     palette.GREY]
    plt.close(figure)


@pytest.mark.parametrize(("value", "told"), [(0.0, "0"), (0.31, "0.31"), (2.6e-9, "3·10⁻⁹"), (0.0012, "0.0012"),
                                              (4.4e-4, "4·10⁻⁴")])
def test_small_numbers_are_written_as_people_write_them(value, told):
    assert words.power(value) == told


def test_the_switches_change_one_thing_each_and_are_planned():
    runs = {name: Run.of("cnn_n_gru", "TESS", n=18, **changes) for name, changes in cnn_n_gru.SWITCHES.items()}
    base = runs.pop("nothing changed")
    for name, run in runs.items():
        other = {key for key, value in run.values.items() if value != base.values[key]} - {"settings_from"}
        assert len(other) == 1, name
    planned = set(plans.plans())
    assert set(runs.values()) <= planned and base in planned
    assert not any(run.open for run in runs.values())


def test_switches_are_shown_with_their_spread_and_their_gradient():
    def record(spread, accuracy):
        layers = 18 if accuracy < 0.5 else 1
        config = Run.of("cnn_n_gru", "TESS", n=18, **cnn_n_gru.SWITCHES["AdamW"]).config
        return {"config": config, "checksum": f"{accuracy}", "probes": {
            "answer_spread": [[0.1], [spread]], "gradient": [[1e-3] * layers, [spread] * layers]},
            "history": {"train_loss": [1, 1], "train_accuracy": [0.1, accuracy], "validation_accuracy": [.1, accuracy]},
            "test": {"classes": ["anger", "fear"], "order": "as split",
                     "columns": ["clip", "speaker", "emotion", "p(anger)", "p(fear)"],
                     "rows": [[f"c{i}", f"s{i % 4}", "fear" if i % 7 else "anger",
                               *([0.6, 0.4] if accuracy < 0.5 or not i % 7 else [0.3, 0.7])] for i in range(42)]}}

    runs = {"nothing changed": record(0.0, 0.14), "one GRU layer": record(0.5, 0.97)}
    assert deep.answer(FOUND, runs, 1 / 7) == (
        "With learning rate, weight decay and batch size of the code of 2025, and all else of 2022, it answers all "
        "clips of a batch alike after 2 epochs and is at chance (14.3\N{NO-BREAK SPACE}%). In one run each, of at "
        "most 2 epochs, with one thing changed, it learned with one GRU layer (100.0\N{NO-BREAK SPACE}%)."
        " Not yet tried: GRU over time, AdamW, no weight decay and batches of 2.")
    assert deep.answer(FOUND, {"AdamW": runs["nothing changed"]}, 0.5).startswith(
        "It did not learn with AdamW. Not yet tried: nothing changed, one GRU layer, ")
    assert deep.answer(FOUND, {name: runs["nothing changed"] for name in ("AdamW", "no weight decay")}, 0.5).startswith(
        "It did not learn with AdamW or with no weight decay (which come to the same training here). Not yet ")
    assert deep.answer(FOUND, {}, 1 / 7) == "Which part keeps it from learning has not been tried yet."
    rows = deep.table(FOUND, runs)
    assert [(row["changed"], row["kinds of answer"], row["gradient, layer 1"], row["training"]) for row in rows] == [
        ("nothing changed", 1, "0", "14.0\N{NO-BREAK SPACE}%"), ("one GRU layer", 2, "0.5", "97.0\N{NO-BREAK SPACE}%")]
    figure = deep.switches(runs, 1 / 7)
    top, _middle, bottom = figure.axes
    assert [text.get_text() for text in top.get_legend().get_texts()] == list(runs)
    assert len(bottom.lines) == 3  # and Adam's epsilon
    plt.close(figure)
