"""Records, cards and searches whose checksum is right and whose content is not: one line, and never taken."""

import copy
import json
import math
import shutil
from pathlib import Path

import pytest
from making import make_run

from ser_repro import SerReproError
from ser_repro.runs import execution, records, schema, search
from ser_repro.runs.run import Run, config_hash
from ser_repro.saved import model as saved

RESULTS = Path(__file__).parents[2] / "results"
STORED = records.files(RESULTS)


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """Records that are written are not packed."""
    monkeypatch.setattr(records, "LARGE", 10**9)


@pytest.fixture(scope="module")
def made(demo, tmp_path_factory):
    """A record of demo speech, whose split and clips nobody knows."""
    return execution.obtain(make_run("mfcc_cnn"), results=tmp_path_factory.mktemp("results"), data=demo, device="cpu",
                            cache=tmp_path_factory.mktemp("cache")).record


@pytest.fixture(scope="module")
def real():
    """A stored record of a published corpus."""
    return records.read(Run.of("svm193", "SAVEE").path(RESULTS))


def change(record, change):
    """A copy of a record that was changed."""
    record = copy.deepcopy(record)
    change(record)
    return record


def row(number, place, value):
    def edit(record):
        record["test"]["rows"][number][place] = value
    return edit


def both(number, one, other):
    def edit(record):
        record["test"]["rows"][number][3:5] = one, other
    return edit


WRONG = {
    "a probability of 2": (row(0, 3, 2.0), "test.rows: a probability is not within 0 and 1"),
    "a probability below 0": (both(0, -1.0, 2.0), "test.rows: a probability is not within 0 and 1"),
    "no number": (row(1, 4, math.nan), "test.rows: a probability is not within 0 and 1"),
    "infinite": (row(1, 4, math.inf), "test.rows: a probability is not within 0 and 1"),
    "a text": (row(1, 4, "0.5"), "test.rows: a probability is not a number"),
    "true": (row(1, 4, True), "test.rows: a probability is not a number"),
    "a sum of 2": (lambda r: r["test"]["rows"][0].__setitem__(slice(3, 5), [1.0, 1.0]), "do not sum to 1"),
    "a short row": (lambda r: r["test"]["rows"][0].pop(), "a row has not one value a column"),
    "no rows": (lambda r: r["test"].update(rows=[]), "test.rows: List should have at least 1 item"),
    "rows of another kind": (lambda r: r["test"].update(rows={}), "test.rows: Input should be a valid list"),
    "a clip twice": (lambda r: r["test"]["rows"][1].__setitem__(0, r["test"]["rows"][0][0]), "a clip stands there tw"),
    "a clip missing": (lambda r: r["test"]["rows"].pop(), "clips: .* were tested, and test has others"),
    "an emotion of none": (row(0, 2, "bliss"), "test.rows: bliss is none of its classes"),
    "a class of none": (lambda r: r["test"]["classes"].__setitem__(0, "<script>"), "test.classes.0: Input should"),
    "classes in another order": (lambda r: r["test"]["classes"].reverse(), "test.classes: not in order"),
    "columns of others": (lambda r: r["test"]["columns"].reverse(), "test.columns: not those of its classes"),
    "no test": (lambda r: r.pop("test"), "clips: "),
    "a test on another corpus": (lambda r: r.update(tested={"TESS": r["test"]}), "tested: other corpora than"),
    "no split": (lambda r: r.pop("split_hash"), "split_hash: Field required"),
    "a split of no hash": (lambda r: r.update(split_hash="../../x"), "split_hash: String should match"),
    "a corpus of no hash": (lambda r: r.update(corpus_hash=7), "corpus_hash: Input should be a valid string"),
    "a device that commands": (lambda r: r.update(device="\x1b[2J"), "device: String should match"),
    "a device that lies": (lambda r: r.update(device="\u202egpj"), "device: String should match"),
    "a device of lines": (lambda r: r.update(device="a\nb"), "device: String should match"),
    "a device without end": (lambda r: r.update(device="a" * 5000), "device: String should have at most 500"),
    "versions of another kind": (lambda r: r.update(versions=[]), "versions: Input should be a valid dict"),
    "a history of another kind": (lambda r: r.update(history=[]), "history: Input should be a valid dict"),
    "a loss of none": (lambda r: r["history"].update(train_loss=[math.nan] * 2), "history.train_loss.0: Input"),
    "a series cut short": (lambda r: r["history"]["train_loss"].pop(), "history: its series differ in length"),
    "an accuracy of 7": (lambda r: r["history"].update(train_accuracy=[7.0, 7.0]), "history: an accuracy is not"),
    "seconds without end": (lambda r: r.update(train_seconds=math.inf), "train_seconds: "),
    "time before it began": (lambda r: r.update(train_seconds=-5), "train_seconds: Input should be greater"),
    "another run's name": (lambda r: r.update(run="<b>x</b>"), "run: not the name of its configuration"),
    "a negative seed": (lambda r: r["config"].update(seed=-1), "config.seed: Input should be greater"),
    "a document of none": (lambda r: r["config"].update(document="../x"), "document"),
    "a fold of text": (lambda r: r["config"].update(fold="0"), "config.fold: Input should be a valid integer"),
    "more in the configuration": (lambda r: r["config"].update(extra=1), "config.extra: Extra inputs"),
    "a setting of none": (lambda r: r["config"]["settings"].update(x=1), "config: .* has no setting x"),
    "a setting that lacks": (lambda r: r["config"]["settings"].pop("epochs"), "config: "),
    "a setting of another kind": (lambda r: r["config"]["settings"].update(epochs=[1]), "config.settings.epochs"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_record_that_can_not_be_is_refused(made, tmp_path, what):
    edit, says = WRONG[what]
    wrong = change(made, edit)
    path = tmp_path / f"x-{config_hash(wrong['config'])}.json"
    records.write(wrong, path)
    with pytest.raises(SerReproError, match=says) as error:
        records.read(path)
    assert "\n" not in str(error.value) and "can't be right" in str(error.value)


def swap(record):
    """A foreign clip in place of one."""
    record["test"]["rows"][0][0] = "DC_x99"


@pytest.mark.parametrize(("edit", "says"), [
    (lambda r: r.update(split_hash="0" * 16), "split_hash: 0000000000000000, and the split of svm193 SAVEE .* is "),
    (swap, "test.rows: not the clips that its split tests"),
    (lambda r: r["test"]["rows"][0].__setitem__(1, "XX"), "is no clip of SAVEE with this speaker and emotion"),
    (lambda r: r["test"]["rows"][0].__setitem__(2, next(c for c in r["test"]["classes"]
                                                        if c != r["test"]["rows"][0][2])), "is no clip of SAVEE with"),
    (lambda r: (r["test"]["rows"].pop(), r["clips"].update(test=r["clips"]["test"] - 1)), "not the clips that its"),
])
def test_a_record_of_a_published_corpus_has_its_split_and_clips(real, tmp_path, edit, says):
    wrong = change(real, edit)
    path = tmp_path / f"{wrong['run']}.json"
    records.write(wrong, path)
    with pytest.raises(SerReproError, match=says):
        records.read(path)


def test_every_stored_record_and_search_is_read():
    assert len(STORED) > 200 and all(records.read(path)["run"] == records.name_of(path) for path in STORED)
    for path in RESULTS.glob("*/search/*.json"):
        schema.shaped(json.loads(path.read_text()), schema.Search)
    for path in RESULTS.glob("*/asha/*.json"):
        schema.check_asha(json.loads(path.read_text()))


@pytest.mark.parametrize("edit", [
    lambda found: found.pop("record"), lambda found: found.pop("winner"), lambda found: found.update(winner=60),
    lambda found: found["trials"][0].update(stopped=len(found["trials"][0]["history"]["validation_loss"]) + 1),
    lambda found: next(one for one in found["trials"] if isinstance(one["stopped"], int))["history"][
        "validation_loss"].append(1.0)])
def test_a_search_whose_parts_do_not_belong_together_is_refused(edit):
    found = json.loads(next(RESULTS.glob("*/asha/*.json")).read_text())
    edit(found)
    with pytest.raises(ValueError, match=r"winner: |trials: "):
        schema.check_asha(found)


@pytest.mark.parametrize(("edit", "says"), [
    (lambda c: c.update(classes=["x"]), "classes.0"), (lambda c: c["classes"].reverse(), "classes: not in order"),
    (lambda c: c["scores"]["as tested"]["accuracy"].update(value=2.0), "scores.as tested.accuracy.value: "),
    (lambda c: c["scores"]["as tested"]["accuracy"].update(value=math.nan), "scores.as tested.accuracy.value: "),
    (lambda c: c.update(scores={}), "scores: none of the clips"), (lambda c: c.update(chance=-1), "chance: "),
    (lambda c: c.update(caution=["x"]), "caution: "), (lambda c: c.update(caution="\x1b[2J"), "caution: "),
    (lambda c: c.update(config=[]), "config: "), (lambda c: c["config"].update(document="x"), "config: no document"),
    (lambda c: c["config"]["settings"].update(epochs=7), "run: not that of its configuration"),
    (lambda c: c.pop("weights"), "weights: Field required"), (lambda c: c.update(corpus=None), "corpus: "),
    (lambda c: c["input"].update(sample_rate=10**9), "input.sample_rate: "),
    (lambda c: c["input"].update(what=8000), "run: not that of"),
    (lambda c: c.update(synthetic=False), "run: not that of"),
    (lambda c: c["trained_on"]["seconds"].update(median=1e12), "trained_on.seconds.median: "),
    (lambda c: c.update(parameters=7), "tells of 7 parameters, and its model has"),
    (lambda c: c.update(new_speakers=[]), "new_speakers: "), (lambda c: c.update(versions="x"), "versions: ")])
def test_a_card_that_can_not_be_is_refused(small, tmp_path, edit, says):
    shutil.copytree(small, tmp_path / "copy")
    path = tmp_path / "copy" / saved.CARD
    card = json.loads(path.read_text())
    edit(card)
    path.write_text(json.dumps(card | {"checksum": records.checksum(card)}))
    with pytest.raises(SerReproError, match=says) as error:
        saved.load(tmp_path / "copy")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("edit", [
    lambda s: s.update(trials=[{}]), lambda s: s.update(trials={}), lambda s: s.update(lowest_loss="0"),
    lambda s: s["trials"][0].update(validation_loss=[]), lambda s: s["trials"][0].update(validation_loss="abc"),
    lambda s: s.update(guess_loss=math.nan), lambda s: s.update(chosen=[]), lambda s: s.update(n=[3])])
def test_a_search_that_can_not_be_is_refused(tmp_path, edit):
    run = Run.of("cnn_n_gru", "TESS", n=3)
    found = json.loads(search.path(RESULTS, run).read_text())
    edit(found)
    path = search.path(tmp_path, run)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(found))
    with pytest.raises(SerReproError, match="is damaged"):
        search.outcome(tmp_path, run)
