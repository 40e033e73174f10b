"""Records: what one holds, and the refusal of damaged, changed or foreign ones."""

import json
import lzma
import os

import numpy as np
import pytest
from making import make_run

from ser_repro import SerReproError, files
from ser_repro.results import scores
from ser_repro.runs import execution, records, schema


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """Records that are not packed, so that a test can spoil their text."""
    monkeypatch.setattr(records, "LARGE", 10**9)


@pytest.fixture(scope="module")
def record(demo, tmp_path_factory):
    cache = tmp_path_factory.mktemp("module-cache")
    return execution.obtain(make_run(), results=tmp_path_factory.mktemp("results"), data=demo, cache=cache).record


def test_record_holds_what_a_reader_needs(record):
    test = record["test"]
    assert len(test["rows"]) == record["clips"]["test"]
    probabilities = np.array([row[3:] for row in test["rows"]])
    assert probabilities.sum(1) == pytest.approx(1, abs=1e-3)
    assert set(test["conditions"]) == {"state_reset", "shuffled", "alone"}
    assert all(len(predicted) == len(test["rows"]) for predicted in test["conditions"].values())
    assert {len(series) for series in record["history"].values()} == {2}
    assert set(record["history"]) == {"train_loss", "train_accuracy", "validation_loss", "validation_accuracy"}
    assert {"torch", "numpy", "pandas", "python", "ser_repro"} == set(record["versions"])
    assert record["config"]["synthetic"] and "tested" not in record
    assert [row[2] for row in test["rows"]] == sorted(row[2] for row in test["rows"])  # class-sorted
    assert 0 <= scores.score([scores.table(record)]).value <= 1
    assert records.epochs(record) == 2


def test_write_and_read_back(record, tmp_path):
    path = make_run().path(tmp_path)
    records.write(record, path)
    assert records.read(path)["test"] == record["test"]
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert records.files(tmp_path, "cnn_n_gru") == [path]


@pytest.mark.parametrize(("damage", "message"), [
    (lambda text: text[:200], "is damaged"),
    (lambda text: text.replace('"seed": 0', '"seed": 1', 1), "changed after it was written"),
    (lambda text: text.replace('"format": 1', '"format": 9', 1), "format 9"),
    (lambda text: "[]", "is damaged"),
    (lambda text: "", "is damaged")])
def test_damaged_records_are_refused(record, tmp_path, damage, message):
    path = make_run().path(tmp_path)
    records.write(record, path)
    path.write_text(damage(path.read_text()))
    with pytest.raises(SerReproError, match=message) as error:
        records.read(path)
    assert "\n" not in str(error.value)


def test_a_record_under_another_runs_name_is_refused(record, tmp_path):
    path = make_run(seed=5).path(tmp_path)
    records.write(record, path)
    with pytest.raises(SerReproError, match="belongs to another configuration"):
        records.read(path)


def test_a_changed_score_is_noticed_even_where_json_stays_whole(record, tmp_path):
    path = make_run().path(tmp_path)
    records.write(record, path)
    content = json.loads(path.read_text())
    content["test"]["rows"][0][3] = 1.0
    path.write_text(json.dumps(content))
    with pytest.raises(SerReproError, match="checksum differs"):
        records.read(path)


def test_full_disk_leaves_no_record_and_says_so(record, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    path = make_run().path(tmp_path)
    with pytest.raises(SerReproError, match="not written: No space left on device; free some room"):
        records.write(record, path)
    assert list(path.parent.iterdir()) == []


def test_a_large_record_is_compressed_and_is_the_only_one(record, tmp_path, monkeypatch):
    run = make_run()
    plain = run.path(tmp_path)
    records.write(record, plain)
    monkeypatch.setattr(records, "LARGE", 1000)
    records.write(record, plain)
    packed = run.path(tmp_path)
    assert packed.name == f"{plain.name}.xz" and [one.name for one in plain.parent.iterdir()] == [packed.name]
    before = packed.read_bytes()
    assert records.files(tmp_path, "cnn_n_gru") == [packed] and records.name_of(packed) == run.name
    assert records.read(packed)["test"] == record["test"]
    records.write(record, packed)
    assert packed.read_bytes() == before  # no time of writing in it
    packed.write_bytes(before[:-20])
    with pytest.raises(SerReproError, match="is damaged"):
        records.read(packed)
    monkeypatch.setattr(records, "LARGE", 10**9)
    records.write(record, packed)
    assert run.path(tmp_path) == plain and not packed.exists()


def test_a_compressed_record_lies_by_column_and_is_read_by_row(record, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "LARGE", 0)
    elsewhere = {"EMO-DB": record["test"], "SAVEE": record["test"]}
    whole = {key: value for key, value in record.items() if key != "checksum"} | {"tested": elsewhere}
    path = tmp_path / f"{make_run().path(tmp_path).name}.xz"
    records.write(whole, path)
    stored = json.loads(lzma.decompress(path.read_bytes()))
    for table in (stored["test"], *stored["tested"].values()):
        clips, _, _, *numbers = table["rows, by column"]
        assert "rows" not in table and clips == [row[0] for row in record["test"]["rows"]]
        assert all(isinstance(number, int) for column in numbers for number in column)
    monkeypatch.setattr(schema, "check_record", lambda record: None)  # it was not tested elsewhere
    again = records.read(path)
    assert json.dumps({key: again[key] for key in whole}) == json.dumps(whole)
    path.write_bytes(lzma.compress(json.dumps(whole | {"checksum": stored["checksum"]}).encode()))
    assert records.read(path) == again  # as older versions wrote it


@pytest.mark.parametrize("columns", [[["a"], ["b", "c"], ["d"], [1]], 3, [["a"], ["b"], ["d"], ["one"]],
                                     [["a"], ["b"], ["d"], [10**400]]])
def test_columns_that_are_none_are_refused(record, tmp_path, monkeypatch, columns):
    monkeypatch.setattr(records, "LARGE", 0)
    path = make_run().path(tmp_path)
    records.write(record, path)
    path = make_run().path(tmp_path)
    stored = json.loads(lzma.decompress(path.read_bytes()))
    stored["test"]["rows, by column"] = columns
    path.write_bytes(lzma.compress(json.dumps(stored).encode()))
    with pytest.raises(SerReproError, match=r"is damaged .*: remove it"):
        records.read(path)


def test_a_compressed_file_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_UNPACKED", 1000)
    path = tmp_path / "x.json.xz"
    path.write_bytes(lzma.compress(b" " * 10**6 + b"{}"))
    with pytest.raises(SerReproError, match="is damaged"):
        files.read_json(path, "record", "remove it")


def test_a_kept_record_is_read_again_only_where_its_file_has_changed(tmp_path, monkeypatch):
    read, asked = records.read, []
    monkeypatch.setattr(records, "read", lambda path: asked.append(path) or read(path))
    path = tmp_path / "record.json"
    with pytest.raises(SerReproError, match="no record"):
        records.kept(path)
    asked.clear()
    monkeypatch.setattr(records, "read", lambda path: asked.append(path) or {"text": path.read_text()})
    path.write_text("one")
    assert records.kept(path) is records.kept(path) and len(asked) == 1
    path.write_text("other")
    assert records.kept(path) == {"text": "other"} and len(asked) == 2
