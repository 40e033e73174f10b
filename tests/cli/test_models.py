"""The commands train and predict as people type them, and the table of a corpus with its split."""

import json
import multiprocessing
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import trainings

from ser_repro import SerReproError, datasets, documents
from ser_repro.cli import models
from ser_repro.features import arrays
from ser_repro.runs import records
from ser_repro.saved import model as saved
from ser_repro.saved import predict

TRAIN = ("train", "mfcc_cnn", "RAVDESS", "--epochs", 2)


@pytest.fixture
def model(small, tmp_path):
    """A saved model as `model` in the folder where commands are typed."""
    shutil.copytree(small, tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def listen(type_in, model):
    """Type `predict --model model ...`: exit status, standard output, and what is said beside it but the caution."""
    def typed(*words):
        code, out, lines = type_in("predict", *words, "--model", "model")
        assert "synthetic: not a result" in lines[0]
        return code, out, lines[1:]

    return typed


@pytest.fixture
def clip(demo, tmp_path):
    shutil.copy(sorted(demo.rglob("*.wav"))[0], tmp_path / "clip.wav")
    return tmp_path / "clip.wav"


# ---- train -------------------------------------------------------------------------------------------------------


def test_a_model_is_trained_saved_and_used(type_in, demo, tmp_path):
    code, out, lines = type_in(*TRAIN, "--data", demo, "--model", "my model [1]")
    assert code == 0 and len(lines) == 1 and "synthetic: not a result: the RAVDESS at hand is demo speech" in lines[0]
    assert "my model [1]: the CNN on 50 MFCCs on RAVDESS, trained in" in out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my model [1]"]  # no record among the results
    clip = sorted(demo.rglob("*.wav"))[0]
    code, out, lines = type_in("predict", clip, "--model", "my model [1]")
    assert code == 0 and len(lines) == 1 and "synthetic: not a result" in lines[0]
    assert len(out.splitlines()) == 8 and "%" in out
    assert "trained before" in type_in(*TRAIN, "--data", demo, "--model", "other")[1]


def test_a_model_of_ones_own_corpus(type_in, demo, tmp_path, monkeypatch):
    shutil.copytree(demo, tmp_path / "own")
    (tmp_path / "own" / "SYNTHETIC.txt").unlink()  # as if they were real
    clips = datasets.clips("RAVDESS", demo)
    clips["path"] = [os.path.relpath(path, demo) for path in clips["path"]]
    clips[["path", "emotion", "speaker"]].to_csv(tmp_path / "own" / "mine.csv", index=False)
    code, out, lines = type_in("train", "issa", "own/mine.csv", "--protocol", "speaker", "--fold", 3, "--epochs", 1,
                               "--set", "learning_rate=1e-3", "--set", "batch_size=16")
    assert (code, lines) == (0, [])
    assert "measured on speech of 24 speakers (mine): right on" in out and "with new speakers" in out
    folder, = (tmp_path / "models").iterdir()
    assert folder.name.startswith("issa-mine-code-changed-speaker-fold3-seed0-")
    assert len(list((tmp_path / "results" / "issa").iterdir())) == 1
    found = saved.load(folder).card
    assert not found["synthetic"] and found["corpus"]["licence"] == "that of your clips"
    assert found["config"]["settings"]["batch_size"] == 16


def test_sizes_and_open_settings(type_in, refused, demo):
    words = ("train", "cnn_n_gru", "RAVDESS", "--data", demo, "--epochs", 1, "--model", "m")
    assert "which network? CNN-n-GRU has several: give --n 3, 5, 11, 18" in refused(*words)
    code, _, lines = type_in(*words, "--n", 3, "--reading", "paper")
    assert code == 0 and "hidden_size, learning_rate, weight_decay, batch_size were not searched" in lines[1]


@pytest.mark.parametrize(("words", "says"), [
    ("train cnn RAVDESS", "no document 'cnn': choose one of"), ("train issa Mozart", "no corpus 'Mozart'"),
    ("train issa gone.csv", "gone.csv can't be read"),
    ("train issa RAVDESS --reading text", "no --reading 'text': choose one of code, paper"),
    ("train issa RAVDESS --protocol mine", "no --protocol 'mine': choose one of published, redrawn, speaker"),
    ("train issa RAVDESS --device tpu", "no --device 'tpu': choose one of auto, cpu, gpu"),
    ("train issa RAVDESS --seed -1", "--seed -1 is not possible: give 0 to 9223372036854775807."),
    (f"train issa RAVDESS --seed {2**63}", "is not possible: give 0 to 9223372036854775807."),
    ("train issa RAVDESS --epochs 0", "1 or more"),
    ("train svm193 RAVDESS --reading paper", "no --reading 'paper': choose one of code."),
    ("train svm193 RAVDESS --epochs 3", "--epochs 3 is not possible: SVM on 193 values is fitted at once"),
    ("train issa RAVDESS --protocol cross_corpus", "choose one of published, redrawn, speaker"),
    ("train issa RAVDESS --n 3", "Issa et al. has one size; leave n out"),
    ("train cnn_n_gru RAVDESS --n 4", "n = 4 is not defined"),
    ("train issa RAVDESS --set lr=1", "--set lr=1 names no setting of Issa et al.: write NAME=VALUE with one of"),
    ("train issa RAVDESS --set decay", "write NAME=VALUE"), ("train cnn_n_gru TESS --n 3 --set n=5", "is written --n"),
    ("train issa RAVDESS --set batch_size=many", "batch_size is a value like 32 or 16"),
    ("train issa RAVDESS --set batch_size=1.5", "is not possible"),
    ("train issa RAVDESS --set batch_size=0", "1 or more"),
    ("train issa RAVDESS --set same_padding=1", "a value like False or True"),
    ("train issa RAVDESS --set decay=-1", "give 0 or more"),
    *((f"train issa RAVDESS --set decay={value}", "is not possible: give a finite number")
      for value in ("NaN", "Infinity", "1e999", "9" * 400)),
    ("train mfcc_cnn RAVDESS --set features=mel", "no feature set 'mel'"),
    ("train mfcc_cnn RAVDESS", "no arrays of RAVDESS of mfcc50_mean_code"),
    ("train mfcc_cnn RAVDESS --data gone", "gone is not a folder"),
    ("predict", "give files and folders, or --microphone SECONDS"),
    ("predict a.wav", "no model is named: give --model FOLDER; `ser-repro train mfcc_cnn RAVDESS --model"),
    ("predict a.wav --model best", "--model best is not there: give the folder of a saved model; `ser-repro train"),
    ("predict a.wav --model .", "holds no saved model (no card.json)"),
    ("predict a.wav --format xml", "--format xml is not known: choose from table, json, csv"),
    ("predict a.wav --microphone 3", "not both"), ("predict --microphone 0", "up to 600"),
    ("predict --microphone nan", "up to 600"), ("predict a.wav --window -1", "give 0.05 s or more, or 0 for none"),
    ("predict a.wav --window inf", "--window inf is not possible"), ("predict a.wav --window nan", "is not possible"),
    ("predict a.wav --window 1 --hop 2", "no more than --window"), ("predict a.wav --hop 0", "0.05 s or more"),
    ("predict a.wav --output a.wav", "give a name that ends in .json, .csv, .txt"),
    ("predict a.csv --output ./a.csv", "would be written over what is read"),
    ("predict a.wav --plot a.gif", "give a name that ends in .png, .svg, .pdf"),
    ("corpora table RAVDESS --document cnn", "no document 'cnn'"),
    ("corpora table RAVDESS --fold 1", "give --document as well"),
    ("corpora table . --pattern {emotion} --document issa", "write the table first")])
def test_what_cannot_be_done_is_one_line(refused, words, says):
    assert says in refused(*words.split())


def test_the_help_names_every_document(type_in):
    assert set(documents.DOCUMENTS) <= set(re.findall(r"\w+", type_in("train", "--help")[1]))


def test_settings_that_do_not_go_together(type_in, demo, tmp_path):
    for change, says in (("features=mfcc13_mean", "these settings can't be trained on these clips"),
                         ("loss=squared", "no loss 'squared': choose one of categorical, binary on logits")):
        code, _, lines = type_in(*TRAIN, "--data", demo, "--set", change, "--model", "m")
        assert code == 1 and len(lines) == 2 and says in lines[1]
    code, _, lines = type_in(*TRAIN, "--data", demo, "--protocol", "speaker", "--fold", 9, "--model", "m")
    assert code == 1 and len(lines) == 1 and "RAVDESS has folds 0 to 5 under protocol speaker, not 9" in lines[0]
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_no_model_is_left_alone(refused, demo, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.md").write_text("precious")
    (tmp_path / "file").touch()
    assert "mine holds 'README.md', so it is not (only) a saved model" in refused(*TRAIN, "--data", demo, "--model",
                                                                                   "mine")
    assert "--model file is a file" in refused(*TRAIN, "--data", demo, "--model", "file")
    assert (tmp_path / "mine" / "README.md").read_text() == "precious"


def test_where_no_model_can_be_written(type_in, demo, tmp_path):
    (tmp_path / "file").touch()
    code, _, lines = type_in(*TRAIN, "--data", demo, "--model", "file/m")
    assert code == 1 and len(lines) == 1 and "nothing can be written to" in lines[0] and "--model" in lines[0]


def test_a_killed_training_goes_on(demo, tmp_path):
    for folder in ("broken", "whole"):  # with features: processes that compute them outlive the command's by minutes
        arrays.prepare("RAVDESS", "mfcc50_mean_code", data=demo, cache=tmp_path / folder / "cache")
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=trainings.command, args=(tmp_path / "broken", demo, True))
    process.start()
    deadline = time.monotonic() + 600
    reached = tmp_path / "broken" / "epochs"
    while not reached.exists() or "3" not in reached.read_text():
        assert process.is_alive() and time.monotonic() < deadline
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not (tmp_path / "broken" / "m").exists()
    for folder in ("broken", "whole"):
        process = spawn.Process(target=trainings.command, args=(tmp_path / folder, demo, False))
        process.start()
        process.join(600)
        assert process.exitcode == 0
    epochs = (tmp_path / "broken" / "epochs").read_text().split()
    assert epochs in (["1", "2", "3", "3", "4", "5"], ["1", "2", "3", "4", "5"])  # not from the start
    one, other = (json.loads((tmp_path / folder / "m" / "card.json").read_text()) for folder in ("broken", "whole"))
    assert one["weights"] == other["weights"]


# ---- predict -----------------------------------------------------------------------------------------------------


def odd(folder):
    """Recordings that are none, and some that are strange."""
    tone = 0.1 * np.sin(np.arange(44100) / 10)
    soundfile.write(folder / "stereo.wav", np.stack([tone, tone], 1), 44100)
    soundfile.write(folder / "high.wav", tone, 96000, subtype="PCM_24")
    soundfile.write(folder / "tone.mp3", tone, 44100, format="MP3")
    soundfile.write(folder / "nothing.wav", np.zeros(0), 16000)
    soundfile.write(folder / "silence.wav", np.zeros(16000), 16000)
    (folder / "text.wav").write_text("this is a text")
    (folder / "empty.wav").touch()
    content = (folder / "stereo.wav").read_bytes()
    (folder / "cut.wav").write_bytes(content[:len(content) // 2])


def test_odd_files_are_named_and_the_others_done(listen, tmp_path):
    (tmp_path / "some [odd] öues").mkdir()
    odd(tmp_path / "some [odd] öues")
    code, out, lines = listen("some [odd] öues", "gone.wav", "--format", "json")
    assert code == 1
    answers = json.loads(out)
    assert [os.path.basename(one["file"]) for one in answers] == ["high.wav", "silence.wav", "stereo.wav", "tone.mp3"]
    for name, says in (("text.wav", "cannot be read as audio"), ("empty.wav", "cannot be read as audio"),
                       ("nothing.wav", "holds no samples"), ("cut.wav", "is truncated"), ("gone.wav", "is not there"),
                       ("silence.wav", "it is silent")):
        line, = (line for line in lines if f"{name}" in line.split(" ", 1)[1][:40])
        assert line.startswith("ser-repro: ") and says in line
    assert len(lines) == 6
    assert all(sum(one["probabilities"].values()) == pytest.approx(1, abs=1e-4) for one in answers)
    assert answers[1]["notes"] and not answers[2]["notes"]
    assert [one["silent"] for one in answers] == [False, True, False, False]
    assert "(silence)" in listen(os.path.join("some [odd] öues", "silence.wav"))[1]
    assert "(silence)" not in listen(os.path.join("some [odd] öues", "stereo.wav"))[1]


def test_json_csv_and_table_agree(listen, clip, tmp_path):
    shutil.copy(clip, tmp_path / "other.wav")
    code, out, lines = listen("clip.wav", "other.wav", "--format", "json")
    assert (code, lines) == (0, [])
    one, other = json.loads(out)
    assert one["file"] == "clip.wav" and one["probabilities"] == other["probabilities"]
    assert list(one["probabilities"].values()) == sorted(one["probabilities"].values(), reverse=True)
    code, out, _ = listen("clip.wav", "other.wav", "--output", "out/table.csv")
    assert (code, out) == (0, "")
    table = pd.read_csv(tmp_path / "out" / "table.csv")
    assert list(table)[:4] == ["file", "start_s", "end_s", "emotion"] and len(table) == 2
    assert table.loc[0, list(one["probabilities"])].to_dict() == pytest.approx(one["probabilities"])
    out = listen("clip.wav", "other.wav")[1]
    assert "clip.wav" in out and f"{100 * max(one['probabilities'].values()):.1f}" in out
    assert next(iter(one["probabilities"])) in listen("clip.wav")[1].splitlines()[0]


def test_a_long_recording_over_time(listen, tmp_path):
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "long one.wav", 0.1 * rng.standard_normal(16000 * 20), 16000)
    code, out, lines = listen("long one.wav", "--window", 5, "--plot", "p.png", "--format", "csv")
    assert code == 0 and lines == ["ser-repro: p.png: drawn."] and len(out.splitlines()) == 5
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    out = listen("long one.wav", "--window", 5)[1]
    assert "0:15.0–0:20.0" in out and "mean" in out
    answer, = json.loads(listen("long one.wav", "--window", 5, "--hop", 2.5, "--format", "json")[1])
    assert len(answer["windows"]) == 7
    code, _, lines = listen("long one.wav", "--window", 0, "--plot", "q.png")
    assert code == 1 and "q.png not drawn: long one.wav is one window; give --window" in lines[-1]
    code, _, lines = listen("long one.wav", "long one.wav", "--plot", "q.png")
    assert code == 1 and "--plot draws one recording, and here are 2" in lines[-1]
    assert not (tmp_path / "q.png").exists()


def test_a_folder_without_audio(listen, tmp_path):
    (tmp_path / "none").mkdir()
    code, out, lines = listen("none", "--format", "json")
    assert code == 1 and json.loads(out) == [] and len(lines) == 1
    assert "none holds no audio file" in lines[0]


def test_what_can_not_be_read_beside_what_can_is_named(listen, clip, tmp_path, monkeypatch):
    from ser_repro.datasets import opening

    monkeypatch.setattr(opening.importlib.util, "find_spec", lambda _: None)
    (tmp_path / "in").mkdir()
    shutil.copy(clip, tmp_path / "in" / "a.wav")
    for name, head in (("b.m4a", b"\0\0\0\x20ftypM4A "), ("c.amr", b"#!AMR\n"), ("d.mpga", b"no sound"),
                       ("recording", b"\x1a\x45\xdf\xa3")):
        (tmp_path / "in" / name).write_bytes(head)
    code, out, lines = listen("in", "--format", "json")
    assert code == 1 and [one["file"] for one in json.loads(out)] == ["in/a.wav"] and len(lines) == 4
    for line, says in zip(lines, ("in/b.m4a is MP4 or 3GP (AAC, AMR)", "in/c.amr is AMR", "in/d.mpga cannot be read",
                                  "in/recording is WebM or Matroska"), strict=True):
        assert says in line


def test_what_is_odd_in_a_recording_stands_in_the_answer(listen, clip):
    content = bytearray(clip.read_bytes())
    content[40:44] = b"\0" * 4  # a recorder that was stopped
    clip.write_bytes(content)
    code, out, lines = listen("clip.wav", "--format", "json")
    answer, = json.loads(out)
    assert code == 0 and "its header leaves the length open" in answer["notes"][0] and answer["duration_s"] > 0.3
    assert lines == [f"ser-repro: clip.wav: {answer['notes'][0]}."]


def test_a_table_by_a_pattern_says_what_it_leaves_out(type_in, demo, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("p1_anger_1.wav", "p2_fear_1.wav", "p1-odd.wav", "p2_fear_2.m4a", "song.mp3"):
        shutil.copy(next(demo.rglob("*.wav")), tmp_path / "in" / name)
    words = ("corpora", "table", "in", "--pattern", "{speaker}_{emotion}_{}", "--csv", "t.csv")
    code, out, lines = type_in(*words)
    assert code == 1 and "t.csv: 3 clips" in out and (tmp_path / "t.csv").exists()
    assert len(lines) == 1 and "2 of 5 audio files are left out" in lines[0] and "'p1-odd', 'song'" in lines[0]
    code, out, lines = type_in(*words, "--without", "*odd*", "--without", "song.mp3")
    assert (code, lines) == (0, []) and "t.csv: 3 clips" in out


def test_nothing_that_is_there_is_written_over_in_vain(listen, type_in, clip, tmp_path):
    (tmp_path / "kept.json").write_text("earlier")
    assert listen("gone.wav", "--output", "kept.json")[0] == 1
    assert (tmp_path / "kept.json").read_text() == "earlier"
    for option, name in (("--output", "card.json"), ("--plot", "curves.png")):
        code, _, lines = type_in("predict", "clip.wav", option, f"model/{name}", "--model", "model")
        assert code == 1 and "lies in the model's folder" in lines[-1]


def test_a_recording_far_beyond_full_scale_has_no_answer(listen, tmp_path):
    soundfile.write(tmp_path / "huge.wav", np.full(16000, 1e30) * np.sin(np.arange(16000)), 16000, subtype="FLOAT")
    code, out, lines = listen("huge.wav")
    assert code == 1 and "nan" not in out and "times full scale" in lines[-1]


def test_where_no_answer_can_be_written(listen, clip, tmp_path):
    (tmp_path / "file").touch()
    for option in ("--output", "--plot"):
        words = ("--window", 0.1, option, "file/x.csv" if option == "--output" else "file/x.png")
        code, _, lines = listen("clip.wav", *words)
        assert code == 1 and "file/x" in lines[-1] and f"give another file with {option}" in lines[-1]


def test_an_answer_that_cannot_be_written_is_told_before_it_listens(listen, clip, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    heard = []
    monkeypatch.setattr(predict, "recording", lambda *_, **__: heard.append(1))
    for option, name in (("--output", "file/x.csv"), ("--plot", "file/x.png")):
        assert listen("clip.wav", option, name)[0] == 1 and not heard


def test_an_answer_is_not_lost_where_the_disk_fills_up_meanwhile(listen, clip, monkeypatch):
    def full(path, *_, **__):
        raise SerReproError(f"{path} not written: No space left on device")

    monkeypatch.setattr(models, "write_atomic", full)
    code, out, lines = listen("clip.wav", "--output", "x.json")
    assert code == 1 and json.loads(out)[0]["file"] == "clip.wav" and "No space left" in lines[-1]


def test_a_model_that_finds_no_room_says_what_to_do_about_models(type_in, demo, monkeypatch):
    real = Path.write_bytes

    def full(path, content):
        if path.name in ("record.json", "README.md"):
            raise OSError(28, "No space left on device", str(path))
        return real(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    code, _, lines = type_in(*TRAIN, "--data", demo, "--model", "m")
    assert code == 1 and "no model written to" in lines[-1] and "free some room or give another --model" in lines[-1]
    assert "--results" not in lines[-1] and not os.path.exists("m")


def test_a_name_that_is_no_text(listen, clip, tmp_path):
    name = os.fsdecode(b"caf\xe9.wav")
    shutil.copy(clip, tmp_path / name)
    for kind in ("json", "csv", "table"):
        assert listen(name, "--format", kind, "--output", "out.txt")[0] == 0
        assert (tmp_path / "out.txt").read_text(encoding="utf-8")


def test_a_name_that_is_no_text_is_drawn(listen, tmp_path):
    name = os.fsdecode(b"caf\xe9.wav")
    with open(tmp_path / name, "wb") as file:
        soundfile.write(file, 0.1 * np.sin(np.arange(48000) / 10), 16000, format="WAV")
    for ending in ("svg", "png"):
        code, _, lines = listen(name, "--window", 1, "--plot", f"p.{ending}")
        assert code == 0 and lines == [f"ser-repro: p.{ending}: drawn."]
    assert r"caf\xe9.wav" in (tmp_path / "p.svg").read_text()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(("part", "key", "value"), [
    ("input", "sample_rate", 10**9), ("input", "sample_rate", 1), ("input", "sample_rate", "16000"),
    ("input", "what", 10**9), ("input", "what", 0), ("trained_on", "median", 1e9), ("trained_on", "longest", -1),
    ("trained_on", "shortest", "short")])
def test_a_card_beyond_all_bounds_is_refused(type_in, model, clip, part, key, value):
    card = json.loads((model / "card.json").read_text())
    (card["trained_on"]["seconds"] if part == "trained_on" else card[part])[key] = value
    (model / "card.json").write_text(json.dumps(card | {"checksum": records.checksum(card)}))
    code, _, lines = type_in("predict", clip, "--model", "model")
    assert code == 1 and len(lines) == 1 and "can't be right (" in lines[0]


def test_ctrl_c_while_it_listens(listen, clip, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(predict, "recording", stop)
    code, out, lines = listen("clip.wav", "--output", "out.csv")
    assert (code, out) == (130, "") and len(lines) == 1 and "stopped" in lines[0]
    assert not os.path.exists("out.csv")


def test_a_microphone_is_said_to_be_missing(listen, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    code, _, lines = listen("--microphone", 2)
    assert code == 1 and len(lines) == 1 and "`pip install sounddevice`" in lines[0]


# ---- the table of a corpus with its split ------------------------------------------------------------------------


def test_a_table_with_its_split(type_in, demo, tmp_path):
    words = ("corpora", "table", "RAVDESS", "--data", demo, "--csv", "t.csv", "--document")
    code, out, lines = type_in(*words, "mfcc_cnn")
    assert (code, lines) == (0, []) and "153 train, 39 test: split" in out
    table = pd.read_csv(tmp_path / "t.csv", dtype=str)
    assert table["part"].value_counts().to_dict() == {"train": 153, "test": 39}
    type_in(*words, "cnn_n_gru", "--protocol", "speaker", "--fold", 2)
    table = pd.read_csv(tmp_path / "t.csv", dtype=str)
    assert set(table["part"]) == {"train", "validation", "test"}
    heard = table.groupby("part")["speaker"].agg(set)
    assert not heard["train"] & heard["test"]
    # as a corpus of one's own it still does
    assert len(datasets.clips(tmp_path / "t.csv")) == len(table)


# ---- export ------------------------------------------------------------------------------------------------------


def test_export_writes_a_graph_and_a_smaller_model(type_in, model, clip):
    pytest.importorskip("onnx")
    code, out, lines = type_in("export", "model", "--onnx", "mine.onnx", "--rounded", "small", "--bits", 16)
    assert code == 0 and not out
    assert "samples of one channel at 16000 Hz" in lines[1] and Path("mine.onnx").exists()
    assert type_in("predict", clip, "--model", "small")[0] == 0


@pytest.mark.parametrize(("words", "says"), [
    ((), "nothing to write is named"), (("--rounded", "small", "--bits", 4), "--bits"),
    (("--onnx", "model/mine.onnx"), "lies in the model's folder"), (("--rounded", "model"), "lies in the model's")])
def test_export_refuses_what_makes_no_sense(type_in, model, words, says):
    code, _, lines = type_in("export", "model", *words)
    assert code == 1 and says in lines[-1]
