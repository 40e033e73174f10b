"""From a run to its record on demo speech: stored or trained now, killed and gone on with, tested on other corpora."""

import multiprocessing
import os
import shutil
import signal
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import trainings
from filelock import FileLock
from making import make_run

from ser_repro import SerReproError, datasets, documents
from ser_repro.datasets.demo import write_demo
from ser_repro.features import arrays
from ser_repro.results import scores
from ser_repro.runs import execution, methods, records
from ser_repro.runs.execution import obtain
from ser_repro.runs.run import Run

# ---- one record --------------------------------------------------------------------------------------------------


def test_reading_paper_needs_no_conditions(demo, tmp_path):
    record = obtain(make_run("cnn_n_gru", "paper", epochs=1), results=tmp_path, data=demo).record
    assert record["test"]["conditions"] == {}
    assert record["test"]["order"] == "shuffled"


@pytest.mark.parametrize("reading", documents.READINGS)
def test_a_record_says_what_the_attention_gave_each_clip(demo, tmp_path, reading):
    run = make_run("cnn_bigru", reading, epochs=1)
    record = obtain(run, results=tmp_path, data=demo).record
    clips = arrays.load("RAVDESS", run.inputs).clips.set_index("clip")
    steps = {"code": [3] * len(clips), "paper": (clips["length"] // 32).clip(lower=1)}[reading]
    steps = dict(zip(clips.index, steps, strict=True))
    given = record["test"]["attention"]
    assert [len(weights) for weights in given] == [steps[row[0]] for row in record["test"]["rows"]]
    assert [sum(weights) for weights in given] == pytest.approx([1] * len(given), abs=2e-3)


def test_a_record_says_what_arrays_it_was_made_of(demo, tmp_path):
    run = make_run("mfcc_cnn", epochs=1)
    record = obtain(run, results=tmp_path, data=demo).record
    assert record["arrays_checksum"] == arrays.load("RAVDESS", run.inputs).checksum != ""


def test_arrays_follow_the_audio_that_is_named(demo, tmp_path, caplog):
    """Of a corpus by name as of a table, and from demo speech to real speech."""
    run, data = make_run("mfcc_cnn"), shutil.copytree(demo, tmp_path / "data")
    first = execution.inputs(run, data=data)
    one, other = sorted(data.rglob("*.wav"))[:2]
    shutil.copy2(other, one)
    second = execution.inputs(run, data=data)
    assert second.corpus_hash != first.corpus_hash and "is made anew: the audio" in caplog.text
    assert execution.inputs(run).corpus_hash == second.corpus_hash  # where no audio is named, what is there
    (data / "SYNTHETIC.txt").unlink()
    with pytest.raises(SerReproError, match="is at 16000 Hz, published at 48000 Hz"):  # not the demo's arrays
        execution.inputs(run, data=_whole(data, tmp_path))


def _whole(data, folder):
    """A folder with every name of RAVDESS, as if real speech lay there."""
    clip = next(data.rglob("*.wav"))
    (folder / "real").mkdir()
    for name in datasets.read_index("RAVDESS")["clip"]:
        (folder / "real" / f"{name}.wav").symlink_to(clip)
    return folder / "real"


def test_a_device_is_named_by_what_trains():
    assert execution.device_name(SimpleNamespace(type="mps")) == "Apple GPU (MPS)"
    assert execution.device_name("cpu").endswith(", 1 thread")


# ---- stored, or made now -----------------------------------------------------------------------------------------


def test_stored_mode_wants_a_record(tmp_path):
    with pytest.raises(SerReproError, match=r"no record .* run `ser-repro study`"):
        obtain(make_run(), mode="stored", results=tmp_path)
    with pytest.raises(SerReproError, match="no mode 'quick'"):
        obtain(make_run(), mode="quick", results=tmp_path)


def test_auto_takes_the_stored_record_and_train_makes_it_anew(demo, tmp_path):
    run = make_run(epochs=1)
    first = obtain(run, results=tmp_path, data=demo)
    assert first.fresh and first.weights.exists()
    stored = obtain(run, results=tmp_path, data=demo)
    assert stored == execution.Obtained(records.read(run.path(tmp_path))) and not stored.fresh
    assert obtain(run, mode="stored", results=tmp_path) == stored
    again = obtain(run, mode="train", results=tmp_path, data=demo)
    assert again.fresh and again.record["test"]["rows"] == first.record["test"]["rows"]
    assert not (again.weights.parent / methods.CHECKPOINT).exists()  # three times as large as the weights


def test_a_record_is_taken_only_with_the_weights_that_give_it(demo, tmp_path):
    run = make_run("mfcc_cnn")
    here = dict(results=tmp_path / "results", data=demo, cache=tmp_path / "cache", device="cpu", weights=True)
    first = obtain(run, **here)
    assert first.fresh and not obtain(run, **here).fresh
    assert obtain(run, **here).record["test"] == first.record["test"]
    assert not (tmp_path / "results").exists()  # demo speech leaves nothing among the results

    foreign = obtain(make_run("mfcc_cnn", seed=5), **here).weights
    shutil.copy(foreign, first.weights)
    again = obtain(run, **here)
    assert again.fresh and again.record["test"]["rows"] == first.record["test"]["rows"]


def test_a_stored_record_without_its_weights_stays_as_it_is(demo, tmp_path, monkeypatch, made_up_records):
    monkeypatch.setattr(execution, "refuse_demo", lambda *_: None)
    run = Run.of("mfcc_cnn", "RAVDESS", epochs=2)  # as if the speech were real
    here = dict(results=tmp_path / "results", data=demo, cache=tmp_path / "cache", device="cpu")
    first = obtain(run, **here)
    before = run.path(here["results"]).read_bytes()
    first.weights.unlink()
    made = obtain(run, weights=True, **here)
    assert made.fresh and made.weights.exists() and run.path(here["results"]).read_bytes() == before
    assert records.read(run.path(made.weights.parent)) == made.record | {
        "checksum": records.checksum(made.record)}
    assert not obtain(run, weights=True, **here).fresh
    assert obtain(run, **here).record == records.read(run.path(here["results"]))


def test_clips_that_were_mended_are_not_gone_on_with(demo, tmp_path):
    run = make_run("mfcc_cnn")
    here = dict(results=tmp_path, cache=tmp_path, device="cpu", weights=True)
    waves = arrays.prepare("RAVDESS", "mfcc50_mean_code", data=demo, cache=tmp_path)
    first = obtain(run, waves=waves, **here)
    assert execution._belong(first.record, first.weights, run, waves)
    clip = first.record["test"]["rows"][0][0]
    for column in ("emotion", "speaker"):
        clips = waves.clips.copy()
        clips.loc[clips["clip"] == clip, column] = "other"
        assert not execution._belong(first.record, first.weights, run, replace(waves, clips=clips))
    # What trains may be labelled anew, in the same split, with the same audio: the arrays tell.
    assert not execution._belong(first.record, first.weights, run, replace(waves, checksum="another"))
    older = {name: value for name, value in first.record.items() if name != "arrays_checksum"}
    assert execution._belong(older, first.weights, run, waves)


def test_a_record_that_can_not_be_right_is_not_written(demo, tmp_path, monkeypatch):
    run = make_run("mfcc_cnn", epochs=1)
    monkeypatch.setattr(methods.Network, "parameters", -1)
    with pytest.raises(SerReproError, match=f"record {run.name} can't be right, and is not written .parameters: Input"):
        obtain(run, results=tmp_path, data=demo)
    assert not list(tmp_path.rglob("*.json*"))


def test_a_run_that_finds_no_memory_is_one_line(demo, tmp_path, monkeypatch):
    def full(*_, **__):
        raise MemoryError("Unable to allocate 3 TiB")

    monkeypatch.setattr(methods.Network, "fit", full)
    with pytest.raises(SerReproError, match=r"out of memory .Unable to allocate 3 TiB.: train fewer at a time"):
        obtain(make_run("mfcc_cnn"), results=tmp_path, data=demo)


def test_a_run_that_another_process_trains_is_refused(demo, tmp_path):
    run = make_run("mfcc_cnn")
    work = tmp_path / "runs" / run.hash
    work.mkdir(parents=True)
    with FileLock(work / "lock"), pytest.raises(SerReproError, match="is being trained by another process: wait"):
        obtain(run, results=tmp_path, data=demo, cache=tmp_path)
    assert not run.path(tmp_path).exists()


def test_settings_that_do_not_go_together_are_one_line(demo, tmp_path):
    run = make_run("mfcc_cnn", features="mfcc13_mean")
    for weights in (True, False):
        with pytest.raises(SerReproError, match="these settings can't be trained on these clips") as error:
            obtain(run, results=tmp_path, data=demo, weights=weights)
        assert "\n" not in str(error.value) and not run.path(tmp_path).exists()
    with pytest.raises(SerReproError, match="an estimator takes one vector a clip"):
        obtain(make_run("svm193", features="mfcc40_frames_code"), results=tmp_path, data=demo)


# ---- stopped -----------------------------------------------------------------------------------------------------


def test_a_killed_run_goes_on_where_it_was(demo, tmp_path):
    cache = tmp_path / "cache"
    arrays.prepare("RAVDESS", 16000, data=demo, cache=cache)
    process = multiprocessing.get_context("spawn").Process(target=trainings.run, args=(demo, cache, tmp_path, True))
    process.start()
    deadline = time.monotonic() + 600
    while not (tmp_path / "reached").exists():
        assert process.is_alive() and time.monotonic() < deadline
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not make_run(epochs=3).path(tmp_path).exists()
    epochs = []
    broken = obtain(make_run(epochs=3), results=tmp_path, data=demo, cache=cache, device="cpu",
                    progress=lambda epoch, row: epochs.append(epoch)).record
    assert epochs == [3]
    unbroken = obtain(make_run(epochs=3), results=tmp_path / "other", data=demo, cache=tmp_path / "cache2",
                      device="cpu").record
    assert broken["test"]["rows"] == unbroken["test"]["rows"]
    assert broken["history"] == unbroken["history"]


def test_ctrl_c_stops_a_training_that_then_goes_on(demo, tmp_path):
    def stop(epoch, _):
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        obtain(make_run(), results=tmp_path, data=demo, device="cpu", progress=stop)
    assert signal.getsignal(signal.SIGINT) is before  # the next Ctrl-C is heard
    epochs = []
    obtain(make_run(), results=tmp_path, data=demo, device="cpu", progress=lambda epoch, _: epochs.append(epoch))
    assert epochs == [2]


# ---- other corpora -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """A folder with demo speech of three corpora."""
    folder = tmp_path_factory.mktemp("corpora")
    for name in ("RAVDESS", "EMO-DB", "SAVEE"):
        write_demo(name, folder / name, per_emotion=2, sample_rate=16000, duration_s=0.4)
    return folder


@pytest.fixture(scope="module")
def elsewhere(corpora, tmp_path_factory):
    """Trained on RAVDESS, tested on EMO-DB and SAVEE."""
    run = make_run("mfcc_cnn", protocol="cross_corpus", tested=("EMO-DB", "SAVEE"), epochs=4, learning_rate=3e-3)
    place = tmp_path_factory.mktemp("elsewhere")
    return run, obtain(run, results=place, cache=place, data=corpora, device="cpu"), place


def test_a_run_across_corpora_leaves_one_record_with_a_table_each(elsewhere, corpora):
    run, _, place = elsewhere
    assert [records.name_of(path) for path in records.files(place, "mfcc_cnn")] == [run.name]
    record = records.read(run.path(place))
    assert list(record["tested"]) == ["EMO-DB", "SAVEE"] and "test" not in record
    assert record["clips"]["test"] == 0 and record["clips"]["train"] > 100
    assert set(record["history"]) == {"train_loss", "train_accuracy"}  # nothing is watched
    for corpus, told in record["tested"].items():
        clips = arrays.load(corpus, run.inputs, cache=place).clips
        known = clips[clips["emotion"] != "boredom"]  # which RAVDESS lacks
        assert [row[:3] for row in told["rows"]] == [
            [f"{corpus}/{clip}", f"{corpus}/{speaker}", emotion]
            for clip, speaker, emotion in zip(known["clip"], known["speaker"], known["emotion"], strict=True)]
        assert told["corpus_hash"] == arrays.load(corpus, run.inputs, cache=place).corpus_hash
        assert np.array([row[3:] for row in told["rows"]]).sum(1) == pytest.approx(1, abs=5e-3)  # three digits each
    assert "boredom" in set(arrays.load("EMO-DB", run.inputs, cache=place).clips["emotion"])


def test_another_corpus_is_scored_on_the_emotions_that_both_have(elsewhere):
    _, made, _ = elsewhere
    shared = {"EMO-DB": ["anger", "disgust", "fear", "happiness", "neutral", "sadness"],
              "SAVEE": ["anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"]}
    for corpus, emotions in shared.items():
        table = scores.table(made.record, corpus)
        columns = [f"p({emotion})" for emotion in emotions]
        assert list(table) == ["clip", "speaker", "emotion", *columns, "predicted"]
        assert set(table["emotion"]) == set(emotions) and table["clip"].str.startswith(f"{corpus}/").all()
        assert table[columns].sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-9)
        assert (table["predicted"] == np.array(emotions)[table[columns].to_numpy().argmax(1)]).all()
        told = made.record["tested"][corpus]
        raw = np.array([row[3:] for row in told["rows"]])[:, [told["classes"].index(e) for e in emotions]]
        assert table[columns].to_numpy() == pytest.approx(raw / raw.sum(1, keepdims=True))
        assert 0 <= scores.score([table]).value <= 1
        adapted = scores.condition(made.record, scores.ADAPTED, corpus)
        assert set(adapted["predicted"]) <= set(emotions) and (adapted["clip"] == table["clip"]).all()
        assert (adapted["predicted"] != table["predicted"]).any()
    with pytest.raises(SerReproError, match="no tested corpus 'TESS': choose one of EMO-DB, SAVEE"):
        scores.table(made.record, "TESS")
    with pytest.raises(SerReproError, match="has no condition 'reset'"):
        scores.condition(made.record, "reset", "SAVEE")
    with pytest.raises(SerReproError, match="no tested corpus"):
        scores.table(made.record)


def test_the_same_weights_say_the_same_of_another_corpus(elsewhere):
    run, made, place = elsewhere
    model = methods.loaded(run.document, run.values, 8, made.weights.read_bytes(), "")
    waves = arrays.load("SAVEE", run.inputs, cache=place)
    found = model.probabilities(waves, np.arange(len(waves.clips)))
    assert found == pytest.approx(np.array([row[3:] for row in made.record["tested"]["SAVEE"]["rows"]]), abs=6e-4)


def test_a_speaker_of_another_corpus_is_nobody_of_that_name_who_trained(elsewhere, monkeypatch):
    run, made, place = elsewhere
    model = methods.loaded(run.document, run.values, 8, made.weights.read_bytes(), "")
    waves, heard = arrays.load("SAVEE", run.inputs, cache=place), []
    answer = model.probabilities
    monkeypatch.setattr(model, "probabilities", lambda source, rows: (
        heard.append(set(source.clips["speaker"].iloc[rows])), answer(source, rows))[1])
    execution._elsewhere(run, "SAVEE", waves, made.record["tested"]["SAVEE"]["classes"], model,
                         arrays.load("RAVDESS", run.inputs, cache=place), np.arange(10))
    assert heard == [{f"SAVEE/{name}" for name in waves.clips["speaker"]}] * 2  # as they are, and adapted


def test_a_run_may_test_its_own_corpus_and_others(corpora, tmp_path):
    run = make_run("svm193", protocol="speaker", fold=1, tested=("SAVEE",))
    record = obtain(run, results=tmp_path, data=corpora, device="cpu").record
    assert len(record["test"]["rows"]) == record["clips"]["test"] > 0 and list(record["tested"]) == ["SAVEE"]
    assert not scores.table(record)["clip"].str.contains("/").any()
    assert scores.table(record, "SAVEE")["clip"].str.startswith("SAVEE/").all()


def test_demo_speech_of_another_corpus_makes_no_result_either(corpora, tmp_path):
    run = Run.of("mfcc_cnn", "RAVDESS", protocol="cross_corpus", tested=("SAVEE",))
    waves = arrays.prepare("RAVDESS", run.inputs, data=corpora)
    real = arrays.Arrays(waves.corpus, waves.clips, waves.values, waves.corpus_hash, False)
    with pytest.raises(SerReproError, match="the SAVEE at hand is demo speech"):
        obtain(run, results=tmp_path, data=corpora, waves=real)
    assert not list(tmp_path.rglob("*.json*"))


def test_a_corpus_with_no_emotion_in_common_is_refused(corpora, tmp_path):
    run = make_run("mfcc_cnn", protocol="cross_corpus", tested=("SAVEE",), epochs=1)
    waves = arrays.prepare("RAVDESS", run.inputs, data=corpora)
    calm = waves.clips["emotion"] == "calm"
    waves.clips.loc[~calm, "emotion"] = "boredom"
    with pytest.raises(SerReproError, match="SAVEE has no emotion in common with RAVDESS: test on another corpus"):
        obtain(run, results=tmp_path, data=corpora, waves=waves)


def test_a_run_on_the_demo_corpus_is_short_and_apart(tmp_path):
    run = Run.of("mfcc_cnn", "RAVDESS", protocol="cross_corpus", tested=("SAVEE",))
    other, places = execution.on_demo(run, cache=tmp_path)
    assert other.synthetic and other.values["epochs"] == 60 and not run.synthetic
    assert other.tested == run.tested and all(tmp_path / "demo" in (path, *path.parents) for path in places.values())
    assert {path.name for path in places["data"].iterdir()} == {"RAVDESS", "SAVEE"}
