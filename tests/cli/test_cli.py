"""The command as people type it: what is wrong is said in one line, the status is not 0, nothing is left."""

import json
import os
import shutil
import subprocess
import sys

import pandas as pd
import pytest
from filelock import FileLock

from ser_repro import datasets
from ser_repro.cli import terminal
from ser_repro.datasets import finding
from ser_repro.features import arrays
from ser_repro.features.sets import FeatureSet
from ser_repro.runs import plans, search, study


@pytest.mark.parametrize(("words", "says"), [
    ("study --n 8", "--n 8 is not in the study: choose from 1, 2, 3, 4, 5, 6, 7, 11, 18"),
    ("study --seed 7", "--seed 7 is not in the study: choose from 0, 1, 2, 3, 4"),
    ("study --corpus XYZ", "no corpus 'XYZ': choose one of CREMA-D, EMO-DB, EMOVO, IEMOCAP, RAVDESS, SAVEE"),
    ("study --corpus ShEMO", "--corpus ShEMO is not in the study: choose from CREMA-D, EMO-DB, EMOVO, RAVDESS, SAVEE"),
    ("study --document cnn", "--document cnn is not in the study: choose from cnn_bigru, cnn_n_gru, crema_1d, "
     "crema_2d, crema_lda, issa, logistic193, logistic_egemaps, mfcc_cnn, qayyum, qayyum_baselines, svm193, "
     "svm_egemaps"),
    ("study --document qayyum --corpus TESS", "no run of the study is all of these: leave an option out"),
    ("prepare RAVDESS --document cnn", "no document 'cnn': choose one of cnn_n_gru, mfcc_cnn, cnn_bigru, "
     "issa, crema_1d, crema_2d, crema_lda, qayyum, qayyum_baselines, svm193"),
    ("prepare RAVDESS --features mfcc", "no feature set 'mfcc': choose one of crema258"),
    ("prepare RAVDESS --features issa193 --rate 8000", "--rate and --features ask for different arrays"),
    ("prepare RAVDESS --rate 8000 --path fast", "--path is what computes feature sets, and --rate asks for waveforms"),
    ("claims --document cnn", "no document 'cnn': choose one of cnn_n_gru"),
    ("claims --csv notes.txt", "notes.txt is no name of a table"),
    ("claims --document mfcc_cnn", "mfcc_cnn claims no number: leave --document out"),
    ("claims --results gone/x.json --document issa --complete", "2 claims lack the runs of their verdict, first Issa"),
    ("study --reading text", "--reading text is not in the study: choose from code, paper"),
    ("study --protocol mine", "--protocol mine is not in the study: choose from cross_corpus, emobox, "
     "published, redrawn, sentence, speaker, speaker_sentence"),
    ("study --jobs 0", "--jobs 0 makes no run: give 1 or more"),
    ("study --address auto", "--address auto is that of a Ray cluster: give --engine ray with it"),
    ("study --engine dask", "no --engine 'dask': choose one of joblib, ray"),
    ("search cnn_n_gru TESS --n 18 --gpus 3", "--gpus 3 is no share of a GPU: give more than 0 and at most 1"),
    ("search cnn_n_gru TESS --n 18 --gpus 0.5 --jobs 2", "--jobs 2 and --gpus 0.5 both say how many runs are made at"),
    ("study --first 0", "--first 0 leaves no run: give 1 or more"),
    ("study --first -1 --list", "--first -1 leaves no run"),
    ("study --device tpu", "no --device 'tpu': choose one of auto, cpu, gpu"),
    ("prepare RAVDESS --rate abc", "--rate abc is no sample rate for speech: give Hz (2000 to 192000"),
    ("prepare RAVDESS --rate " + "1" * 5000, "no sample rate"), ("prepare RAVDESS --rate " + "0" * 5000, "no sample"),
    ("prepare RAVDESS --rate ²", "no sample rate"), ("prepare RAVDESS --rate 1", "no sample rate"),
    ("prepare RAVDESS --rate 99999999999", "no sample rate"), ("prepare RAVDESS --rate 1e4", "no sample rate"),
    ("prepare XYZ", "no corpus 'XYZ'"),
    ("prepare RAVDESS", "set SER_REPRO_DATA"),
    ("corpora check RAVDESS", "set SER_REPRO_DATA"),
    ("corpora check XYZ", "no corpus 'XYZ'"), ("corpora check", "no folder of corpora is named"),
    ("corpora show XYZ", "no corpus 'XYZ'"), ("corpora show gone.csv", "gone.csv can't be read"),
    ("corpora table XYZ", "no corpus 'XYZ'"), ("corpora table TESS", "set SER_REPRO_DATA"),
    ("corpora table gone --pattern {emotion}", "gone is not a folder"),
    ("corpora table . --pattern {speaker}", "makes no table"), ("corpora table . --emotion W=anger", "or --pattern."),
    ("corpora table . --pattern {emotion} --csv notes.txt", "notes.txt is no name of a table: give one that ends in"),
    ("corpora check mine.csv --csv ./mine.csv", "would be written over the table that is read: give another file"),
    ("corpora table mine.csv --csv mine.csv", "would be written over the table"),
    ("corpora index SAVEE --csv savee.txt", "is no name of a table"),
    ("corpora index SAVEE --csv s.csv", "set SER_REPRO"),
    ("corpora check SAVEE --data ~no-such-user", "~no-such-user is not a folder"),
    ("corpora table ~no-such-user --pattern {emotion}", "~no-such-user is not a folder"),
    ("corpora download SAVEE --data x --archive ~no-such-user/x.zip", "x.zip is not there"),
    ("corpora download SAVEE --data x --archive .", "is a folder: give the path of a zip or tar file"),
    ("corpora table . --pattern {emotion} --emotion anger", "--emotion takes LABEL=EMOTION"),
    ("corpora download XYZ", "no corpus 'XYZ'"), ("corpora download EMO-DB", "no folder to download to"),
    ("corpora download IEMOCAP --data .", "IEMOCAP has no public address: ask for the release at https://sail.usc.edu"),
    ("corpora download SAVEE --data .", "`ser-repro corpora download SAVEE --archive FILE` unpacks what they send"),
    ("demo XYZ there", "no corpus 'XYZ'")])
def test_a_wrong_value_is_one_line(refused, words, says):
    assert says in refused(*words.split())


@pytest.mark.parametrize(("words", "says"), [
    ("study --n x", "'--n'"), ("study --frobnicate", "No such option: --frobnicate"),
    ("study --data", "--data"), ("frobnicate", "No such command 'frobnicate'"),
    ("corpora frobnicate", "No such command 'frobnicate'"), ("prepare", "Missing argument"),
    ("demo RAVDESS there --seed x", "'--seed'"), ("prepare RAVDESS TESS", "TESS")])
def test_a_mistyped_command_is_one_line_that_names_the_help(refused, words, says):
    line = refused(*words.split(), status=2)
    assert says in line and "--help` tells what there is." in line


@pytest.mark.parametrize("words", [[], ["corpora"]])
def test_a_command_without_words_shows_the_help(type_in, words):
    code, out, lines = type_in(*words)
    assert code == 2
    assert "Usage: ser-repro" in out + "\n".join(lines)


def test_help_is_no_error(type_in):
    code, out, lines = type_in("study", "--help")
    assert code == 0 and "--jobs" in out and not lines


@pytest.mark.parametrize("command", ["prepare RAVDESS", "corpora check RAVDESS", "corpora list"])
def test_a_folder_of_corpora_that_is_not_there(refused, tmp_path, monkeypatch, command):
    assert f"{tmp_path / 'no where'} is not a folder" in refused(*command.split(), "--data", "no where")
    monkeypatch.setenv("SER_REPRO_DATA", str(tmp_path / "gone"))
    assert "gone (from SER_REPRO_DATA) is not a folder" in refused(*command.split())


@pytest.mark.parametrize("how", ["--data", "SER_REPRO_DATA"])
def test_a_study_says_once_that_its_corpora_are_not_there(type_in, tmp_path, monkeypatch, how):
    monkeypatch.setenv("SER_REPRO_DATA", str(tmp_path / "gone") if how == "SER_REPRO_DATA" else "")
    code, out, lines = type_in("study", *(["--data", tmp_path / "gone"] if how == "--data" else []))
    assert code == 1 and len(lines) == 1 and "gone" in lines[0] and "is not a folder" in lines[0]
    assert "runs to make" not in out
    assert not list(tmp_path.rglob("*.json*"))


@pytest.mark.parametrize("command", ["prepare RAVDESS", "corpora check RAVDESS", "study --corpus RAVDESS"])
def test_an_empty_folder_of_corpora(type_in, tmp_path, command):
    (tmp_path / "empty").mkdir()
    code, _, lines = type_in(*command.split(), "--data", "empty")
    assert code == 1 and len(lines) == 1
    assert "no clip of RAVDESS in" in lines[0] or "no arrays of RAVDESS" in lines[0]


@pytest.mark.parametrize(("keep", "says"), [
    (lambda path: not path.stem.endswith("-24"), "lacks speaker 24"),
    (lambda path: path.stem.startswith("03-01-01"), "is not whole")])
@pytest.mark.parametrize("command", ["prepare RAVDESS", "study --corpus RAVDESS --n 3"])
def test_a_corpus_that_is_not_whole(type_in, demo, tmp_path, command, keep, says):
    for path in filter(keep, demo.rglob("*.wav")):  # without the demo's marker: a poor copy of the real one
        (tmp_path / path.name).symlink_to(path)
    code, _, lines = type_in(*command.split(), "--data", tmp_path)
    assert code == 1 and len(lines) == 1
    assert says in lines[0] and "`ser-repro corpora check RAVDESS` names what differs" in lines[0]


def test_a_check_lists_what_differs_and_fails(type_in, demo, tmp_path):
    path = next(demo.rglob("*.wav"))
    (tmp_path / path.name).symlink_to(path)
    code, out, lines = type_in("corpora", "check", "RAVDESS", "--data", tmp_path)
    assert code == 1 and not lines
    assert "NOT in order" in out and "missing: and" in out


def test_all_corpora_that_are_here_are_checked(type_in, demo, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ravdess").symlink_to(demo)
    assert type_in("demo", "SHEMO", tmp_path / "data" / "shemo")[0] == 0
    code, out, lines = type_in("corpora", "check", "--data", tmp_path / "data", "--csv", tmp_path / "faults.csv")
    assert (code, lines) == (1, []) and "RAVDESS, 192 clips" in out and "ShEMO, 522 clips" in out
    faults = pd.read_csv(tmp_path / "faults.csv")  # the demo of RAVDESS is at 16 kHz, the other at its corpus's rate
    assert set(faults["corpus"]) == {"RAVDESS"} and set(faults["kind"]) == {"rate"} and len(faults) == 192
    (tmp_path / "empty").mkdir()
    code, _, lines = type_in("corpora", "check", "--data", tmp_path / "empty")
    assert code == 1 and "no corpus in" in lines[0] and len(lines) == 1


def test_a_corpus_is_shown_with_all_that_a_user_asks(type_in):
    code, out, lines = type_in("corpora", "show", "iemocap")
    assert (code, lines) == (0, [])
    for fact in ("10039", "exc = happiness", "EmoEvaluation", "iemocap_release", "5531 clips",
                 "@article{busso2008iemocap", "5 women, 5 men", "signed licence"):
        assert fact in out
    assert all(type_in("corpora", "show", name)[0] == 0 for name in datasets.CORPORA)


def test_a_table_is_written_whole_or_printed(type_in, demo, tmp_path):
    code, out, lines = type_in("corpora", "table", "RAVDESS", "--data", demo, "--csv", tmp_path / "t" / "ravdess.csv")
    assert (code, lines) == (0, []) and "192 clips, 8 emotions, 24 speakers" in out
    table = pd.read_csv(tmp_path / "t" / "ravdess.csv", dtype=str)
    assert list(table) == finding.COLUMNS and len(table) == 192
    assert type_in("corpora", "table", "RAVDESS", "--data", demo)[1] == (tmp_path / "t" / "ravdess.csv").read_text()
    (tmp_path / "file").touch()
    code, _, lines = type_in("corpora", "table", "RAVDESS", "--data", demo, "--csv", tmp_path / "file" / "t.csv")
    assert code == 1 and len(lines) == 1 and "not written" in lines[0] and "--csv" in lines[0]


def test_a_table_that_would_not_do_is_not_written(refused, type_in, demo, tmp_path):
    (tmp_path / "own").mkdir()
    shutil.copy(next(demo.rglob("*.wav")), tmp_path / "own" / "anger_1.wav")
    shutil.copy(next(demo.rglob("*.wav")), tmp_path / "own" / "fear_1.wav")
    (tmp_path / "mine.csv").write_text("older")
    for pattern, name, says in (("{emotion}_{clip}", "mine.csv", "names clip '1' twice"),
                                ("{emotion}_{#}", "tess.csv", "a corpus named TESS is known already")):
        assert says in refused("corpora", "table", "own", "--pattern", pattern, "--csv", name)
    assert (tmp_path / "mine.csv").read_text() == "older"
    code, _, lines = type_in("corpora", "table", "own", "--pattern", "{emotion}_{#}", "--csv", "mine.csv")
    assert (code, lines) == (0, [])
    assert "of which no demo is made" in refused("demo", "mine.csv", "there")
    assert "nothing is downloaded" in refused("corpora", "download", "mine.csv", "--data", "there")


def test_an_index_is_written_of_a_whole_copy_only(refused, demo, tmp_path):
    line = refused("corpora", "index", "RAVDESS", "--data", demo, "--csv", "r.csv")
    assert "is demo speech, of which no index is made" in line
    path = next(demo.rglob("*.wav"))
    (tmp_path / path.name).symlink_to(path)
    assert "lacks speakers" in refused("corpora", "index", "RAVDESS", "--data", tmp_path, "--csv", "r.csv")


@pytest.mark.parametrize("name", ["EMOVO", "RAVDESS", "SAVEE"])
def test_the_index_of_a_published_corpus_is_made_by_the_command(type_in, tmp_path, name, real_corpus):
    data = real_corpus(name)
    assert type_in("corpora", "index", name, "--data", data, "--csv", "index.csv")[0] == 0
    assert (tmp_path / "index.csv").read_bytes() == datasets.get(name).index.read_bytes()


def test_a_narrow_screen_loses_nothing(type_in, monkeypatch):
    monkeypatch.setattr(terminal.console, "_width", 40)
    assert "…" not in type_in("corpora", "list")[1] + type_in("corpora", "show", "RAVDESS")[1]


def test_labels_that_lack_do_not_hide_the_other_corpora(type_in, tmp_path):
    datasets.write_demo("IEMOCAP", tmp_path / "made", duration_s=0.1)
    next(tmp_path.rglob("EmoEvaluation/*.txt")).unlink()
    code, out, lines = type_in("corpora", "list", "--data", tmp_path)
    assert (code, lines) == (0, []) and "demo" in out


def test_a_closed_output_is_no_error():
    command = [sys.executable, "-c", "import sys; sys.argv[1:] = ['corpora', 'list']; sys.stdout = None\n"
               "from ser_repro import cli; cli.main()"]
    assert subprocess.run(command, capture_output=True).returncode == 0


def test_a_command_is_stopped_while_it_starts():
    code = ("import builtins, sys; real = builtins.__import__\n"
            "def stop(name, *rest, **more):\n"
            "    if name == 'typer': raise KeyboardInterrupt\n"
            "    return real(name, *rest, **more)\n"
            "builtins.__import__ = stop; import ser_repro.cli")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert done.returncode == 130 and not done.stderr


def test_own_clips_go_from_names_to_arrays(type_in, tmp_path):
    datasets.write_demo("SAVEE", tmp_path / "own", per_emotion=1, duration_s=0.2, sample_rate=16000)
    (tmp_path / "own" / finding.MARKER).unlink()  # as if somebody had recorded them
    codes = {"a": "anger", "d": "disgust", "f": "fear", "h": "happiness", "n": "neutral", "sa": "sadness",
             "su": "surprise"}
    meant = [word for code, emotion in codes.items() for word in ("--emotion", f"{code}={emotion}")]
    code, out, lines = type_in("corpora", "table", "own", "--pattern", "{speaker}/{emotion}{#}", *meant,
                               "--csv", tmp_path / "tables" / "friends.csv")
    assert (code, lines) == (0, []) and "28 clips, 7 emotions, 4 speakers" in out
    table = tmp_path / "tables" / "friends.csv"
    assert pd.read_csv(table)["path"].str.startswith("../own/AudioData/").all()
    code, out, lines = type_in("corpora", "check", table)
    assert (code, lines) == (0, []) and "friends, 28 clips" in out and "no index" in out
    assert "4 speakers" in type_in("corpora", "show", table)[1]
    code, out, lines = type_in("prepare", table, "--cache", tmp_path / "cache", "--rate", "16000")
    assert (code, lines) == (0, [])
    waves = arrays.load("friends", 16000, cache=tmp_path / "cache")
    assert len(waves.clips) == 28 and not waves.synthetic


def test_an_archive_that_was_sent_is_unpacked_and_checked(type_in, tmp_path):
    datasets.write_demo("SAVEE", tmp_path / "made", per_emotion=1, duration_s=0.2)
    (tmp_path / "made" / finding.MARKER).unlink()
    shutil.make_archive(tmp_path / "AudioData", "zip", tmp_path / "made")
    code, out, lines = type_in("corpora", "download", "SAVEE", "--data", tmp_path / "corpora",
                               "--archive", tmp_path / "AudioData.zip")
    assert (code, lines) == (1, [])  # the check says that these are not the published samples
    assert "not to be passed on" in out and "SAVEE: unpacked" in out and "NOT in order" in out
    assert len(list((tmp_path / "corpora" / "SAVEE").rglob("*.wav"))) == 28


def test_demo_prepare_and_check_go_through_under_any_path(type_in, demo, tmp_path):
    odd = tmp_path / "mit Leer, Ümlaut, 日本 und [" / "bold]"
    odd.mkdir(parents=True)
    (odd / "data").symlink_to(demo)
    code, out, lines = type_in("prepare", "ravdess", "--data", odd / "data", "--cache", odd / "cache")
    assert (code, lines) == (0, []) and str(odd) in out
    assert len(arrays.load("RAVDESS", 16000, cache=odd / "cache").clips) == len(list(demo.rglob("*.wav")))
    assert "synthetic: not a result" in type_in("corpora", "check", "RAVDESS", "--data", odd / "data")[1]
    code, out, _ = type_in("corpora", "list", "--data", odd / "data")
    assert code == 0 and "demo" in out


@pytest.fixture
def prepared(type_in, monkeypatch):
    """Type `prepare ...`: the arrays that it would make."""
    def typed(*words):
        asked = []
        monkeypatch.setattr(arrays, "prepare_all", lambda corpus, wanted, **_: asked.extend(wanted) or {})
        assert type_in("prepare", *words)[0] == 0
        return asked

    return typed


def test_what_is_prepared_is_what_the_runs_take(prepared, monkeypatch):
    monkeypatch.setattr(FeatureSet, "require", lambda self: None)
    for words, runs in (((), plans.core()), (("--document", "crema_2d"), plans.plans("crema_2d"))):
        asked = prepared("CREMA-D", *words)
        assert len(asked) == len(set(asked))
        assert set(asked) == {what for of, what in study.needs(runs) if of == "CREMA-D"}
    assert {"crema258_pitch", "crema_step3"} <= set(prepared("CREMA-D"))  # altered copies; of another size
    assert "raw_16k_8s" not in prepared("CREMA-D")  # of the extended study: gigabytes
    assert "native" in prepared("RAVDESS")  # of a run across corpora, or one that is changed
    assert "mel_image_bank" in prepared("CREMA-D", "--document", "crema_2d", "--document", "issa")


def test_of_a_corpus_that_is_not_in_the_study_is_prepared_what_each_reading_takes(prepared):
    assert prepared("IEMOCAP", "--document", "mfcc_cnn") == ["mfcc50_mean_code", "mfcc50_mean_paper"]


def test_a_demo_does_not_overwrite(refused, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").touch()
    assert "exists and is no demo corpus" in refused("demo", "RAVDESS", "mine")
    assert "exists and is no demo corpus" in refused("demo", "RAVDESS", "mine/letter")


def test_where_nothing_can_be_written(refused, type_in, demo, tmp_path):
    (tmp_path / "file").touch()
    assert "file: " in refused("demo", "RAVDESS", "file/demo")
    assert "--cache" in refused("prepare", "RAVDESS", "--data", demo, "--cache", "file")
    for words in ([], ["--list"]):
        assert "--results file is a file: give the folder" in refused("study", "--results", "file", *words)
    assert "nothing can be written to file/deep (a file stands in its way)" in refused("study", "--results",
                                                                                          "file/deep")
    code, _, lines = type_in("study", "--cache", "file")
    assert code == 1 and len(lines) == 1 and "give another folder with --cache" in lines[0]


def test_a_full_disk_is_one_line_anywhere(refused, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "somewhere")

    monkeypatch.setattr(plans, "status", full)
    assert "somewhere: No space left on device: free some room" in refused("study", "--list")


def test_demo_speech_makes_no_results(type_in, demo, tmp_path):
    code, _, lines = type_in("study", "--corpus", "RAVDESS", "--data", demo)
    assert code == 1 and len(lines) == 1 and "demo speech, whose runs are no results" in lines[0]
    assert not list(tmp_path.rglob("*.json*"))


def test_no_gpu_is_said_before_anything_is_trained(type_in, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    code, _, lines = type_in("study", "--device", "gpu")
    assert code == 1 and len(lines) == 1 and "no GPU is to be seen here: choose cpu or auto" in lines[0]


def test_a_second_study_in_the_same_folder(type_in, tmp_path):
    (tmp_path / "results").mkdir()
    with FileLock(tmp_path / "results" / study.LOCK):
        code, _, lines = type_in("study", "--corpus", "RAVDESS")
    assert code == 1 and len(lines) == 1 and "another study is at work in" in lines[0]


PLAN = next(run for run in plans.plans() if run.open)
FOUND = search.draw(PLAN.document, PLAN.corpus, 1)[0]


def write_search(**changes):
    file = search.path("results", PLAN)
    file.parent.mkdir(parents=True, exist_ok=True)
    split = {name: getattr(PLAN, name) for name in ("document", "reading", "corpus", "protocol", "fold", "n")}
    file.write_text(json.dumps(split | {"chosen": FOUND, "trials": [], "lowest_loss": 1.0,
                                             "guess_loss": 2.0} | changes))
    return file


@pytest.mark.parametrize(("damage", "says"), [
    (lambda file: file.write_text(file.read_text()[:50]), "is damaged"),
    (lambda file: file.write_text("[]"), "is damaged"),
    (lambda file: write_search(chosen=None), "is damaged"),
    (lambda file: write_search(chosen=FOUND | {"batch_size": "many"}), "is damaged"),
    (lambda file: write_search(chosen=FOUND | {"batch_size": -1}), "is damaged"),
    (lambda file: write_search(chosen={"batch_size": 16}), "is damaged"),
    (lambda file: write_search(fold=1), "is that of another split")])
@pytest.mark.parametrize("words", [["--list"], []])
def test_a_damaged_search_is_refused(type_in, damage, says, words):
    file = write_search()
    assert search.outcome("results", PLAN)["chosen"] == FOUND
    damage(file)
    text = file.read_text()
    code, _, lines = type_in("study", *words)
    assert code == 1 and len(lines) == 1
    assert str(file) in lines[0] and says in lines[0] and "remove it and run `ser-repro study` again" in lines[0]
    assert file.read_text() == text


@pytest.mark.parametrize(("text", "says"), [
    ("{", "is damaged"), ("", "is damaged"), ("[]", "is damaged"),
    ('{"format": 1, "config": {}, "checksum": "0"}', "was changed after it was written")])
@pytest.mark.parametrize("words", [["--list"], []])
def test_a_damaged_record_is_refused(type_in, tmp_path, text, says, words):
    write_search()
    path = search.decided("results", PLAN).path("results")
    path.write_text(text)
    code, _, lines = type_in("study", *words)
    assert code == 1 and len(lines) == 1
    assert str(path) in lines[0] and says in lines[0] and "remove it" in lines[0]
    assert path.read_text() == text


def test_the_core_alone_is_listed_and_said_to_be_complete_or_not(type_in):
    code, out, lines = type_in("study", "--core", "--list", "--document", "svm193")
    assert code == 0 and not lines
    core = plans.core()
    assert f"0 of {sum(run.document == 'svm193' for run in core)} runs have a record" in out
    assert f"the core of the study is not complete: {len(core)} of its {len(core)} runs are missing" in out
    code, _, lines = type_in("study", "--core", "--seed", "4")
    assert code == 1 and "no run of the study is all of these" in lines[0]
    assert "the core of the study" not in type_in("study", "--list", "--document", "svm193")[1]


def test_the_first_are_those_that_are_left_to_make(type_in, monkeypatch):
    """Of a list, the first of all that are listed."""
    runs, asked = plans.select(plans.plans(), document=["mfcc_cnn"], corpus=["SAVEE"]), []
    made = {runs[0], runs[2]}
    monkeypatch.setattr(plans, "status", lambda wanted, _: [(run, {"a": "record"} if run in made else None)
                                                            for run in wanted])
    monkeypatch.setattr(study, "run_study", lambda wanted, **_: asked.append(wanted) or 0)
    words = ("study", "--document", "mfcc_cnn", "--corpus", "SAVEE", "--first", 2)
    assert "1 of 2 runs have a record" in type_in(*words, "--list")[1] and not asked
    assert type_in(*words)[0] == 0 and asked == [[runs[1], runs[3]]]
    made.update(runs)  # nothing is left
    assert f"{len(runs)} of {len(runs)} runs have a record" in type_in(*words)[1]


def test_a_failed_run_is_counted_and_the_status_says_so(type_in, monkeypatch):
    monkeypatch.setattr(study, "run_study", lambda *_, **__: 2)
    code, out, lines = type_in("study")
    assert code == 1 and lines == ["ser-repro: 2 runs failed, each for the reason on its line: mend that and start "
                                   "again."]
    assert f"not yet run: {len(plans.plans())}" in out


def test_ctrl_c_is_one_line(type_in, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "run_study", stop)
    code, _, lines = type_in("study")
    assert code == 130 and len(lines) == 1 and "stopped; start again and it goes on" in lines[0]


def test_the_command_itself_exits_as_it_should(tmp_path):
    environment = os.environ | {"SER_REPRO_CACHE": str(tmp_path)}
    done = subprocess.run([sys.executable, "-m", "ser_repro.cli", "corpora", "check", "Mozart"], capture_output=True,
                          text=True, env=environment, cwd=tmp_path, timeout=600)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == ("ser-repro: no corpus 'Mozart': choose one of CREMA-D, EMO-DB, EMOVO, IEMOCAP, "
                           "RAVDESS, SAVEE, ShEMO, TESS, a table of your own clips.\n")


# ---- what a command costs before it does anything ----------------------------------------------------------------

HEAVY = {"torch", "librosa", "pandas", "numpy", "scipy", "sklearn", "matplotlib", "soundfile", "joblib"}


@pytest.mark.parametrize(("does", "spared"), [
    ("import ser_repro", HEAVY | {"typer", "rich"}),
    ("ser-repro --help", HEAVY), ("ser-repro study --help", HEAVY), ("ser-repro corpora --help", HEAVY),
    ("ser-repro predict --help", HEAVY), ("ser-repro frobnicate", HEAVY), ("ser-repro corpora list", {"torch"}),
    ("ser-repro study --list", {"torch", "librosa", "sklearn", "matplotlib"})])
def test_nothing_is_imported_before_it_is_needed(tmp_path, does, spared):
    words = does.split()
    code = does if words[0] == "import" else (
        f"import sys; sys.argv = {words!r}\nfrom ser_repro import cli\ntry: cli.main()\nexcept SystemExit: pass")
    code += "\nimport sys; print('imported', *sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=600)
    imported = set(done.stdout.splitlines()[-1].split()[1:])
    assert "ser_repro" in imported, done.stderr
    assert not imported & spared


def test_names_that_are_no_text_leave_no_half_of_a_table(type_in, demo, tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    shutil.copy(next(demo.rglob("*.wav")), os.fsencode(folder) + b"/p1_anger_caf\xe9.wav")
    words = ("corpora", "table", "own", "--pattern", "{speaker}_{emotion}_{}")
    code, out, _ = type_in(*words)
    assert code == 0 and r"caf\xe9" in out.encode("utf-8", "backslashreplace").decode().replace(r"\udce9", r"\xe9")
    code, out, lines = type_in(*words, "--csv", "t.csv")
    assert code == 1 and len(lines) == 1 and r"caf\xe9.wav is not UTF-8; rename that file" in lines[0]
    (tmp_path / os.fsdecode(b"caf\xe9")).mkdir()
    (tmp_path / os.fsdecode(b"caf\xe9") / "r").symlink_to(demo)
    code, out, lines = type_in("corpora", "table", "RAVDESS", "--data", os.fsdecode(b"caf\xe9"), "--csv", "t.csv")
    assert code == 1 and len(lines) == 1 and r"caf\xe9" in lines[0] and "is not UTF-8; rename that file" in lines[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == [os.fsdecode(b"caf\xe9"), "own"]
