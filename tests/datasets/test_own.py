"""A corpus of the user's own: from a table or from file names, through the package as any other."""

import os
import shutil
import time

import pandas as pd
import pytest

from ser_repro import SerReproError, datasets, documents, protocols
from ser_repro.datasets import own
from ser_repro.features import arrays
from ser_repro.runs import execution, plans
from ser_repro.runs.run import Run

CODES = {"W": "anger", "L": "boredom", "E": "disgust", "A": "fear", "F": "happiness", "T": "sadness", "N": "neutral"}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Clips under names of no corpus: WHO/EMOTION_NN.wav. Read-only."""
    demo = datasets.write_demo("EMO-DB", tmp_path_factory.mktemp("demo") / "EMO-DB", per_emotion=2, duration_s=0.2,
                               speakers=["03", "08", "09", "15"])
    folder = tmp_path_factory.mktemp("own")
    for number, row in enumerate(datasets.find("EMO-DB", demo).to_dict("records")):
        (folder / "sound" / f"p{row['speaker']}").mkdir(parents=True, exist_ok=True)
        shutil.copy(row["path"], folder / "sound" / f"p{row['speaker']}" / f"{row['emotion']}_{number:02d}.wav")
    return folder


@pytest.fixture
def table(recordings, tmp_path):
    """The good table, and a function that writes it, changed, to mine.csv beside nothing else."""
    good = datasets.from_names(recordings, "{speaker}/{emotion}_{}")
    good["path"] = [str(recordings / path) for path in good["path"]]

    def write(change=lambda t: t, text=None):
        path = tmp_path / "mine.csv"
        path.write_text(text if text is not None else change(good.copy()).to_csv(index=False))
        return path

    return good, write


def test_a_table_is_a_corpus(table):
    good, write = table
    path = write(lambda t: t.assign(sex="female", age="30", language="Greek"))
    clips = datasets.clips(path)
    assert list(clips) == own.COLUMNS
    assert len(clips) == len(good) and set(clips["corpus"]) == {"mine"} and list(clips["clip"]) == sorted(clips["clip"])
    assert set(clips["speaker"]) == {"p03", "p08", "p09", "p15"} and set(clips["age"]) == {30}
    assert set(clips["emotion"]) <= set(datasets.EMOTIONS) and clips["emotion"].nunique() == 7
    corpus = datasets.get("mine")  # known by its name from then on
    assert corpus.sexes["p03"] == "female" and corpus.language == "Greek"
    assert corpus.emotion_counts == clips["emotion"].value_counts().sort_index().to_dict()
    report = datasets.check("mine")
    assert report.ok and report.n_clips == len(good) and not report.indexed


def test_paths_are_relative_to_the_table(recordings):
    names = datasets.from_names(recordings, "sound/{speaker}/{emotion}_{#}")
    names.to_csv(recordings / "beside.csv", index=False)
    try:
        clips = datasets.clips(recordings / "beside.csv")
    finally:
        (recordings / "beside.csv").unlink()
    assert len(clips) == len(names) and clips["clip"].str.fullmatch(r"sound/p\d\d/[a-z]+_\d\d").all()


def test_it_trains_as_any_other(table, tmp_path):
    """From the arrays to a record, under both protocols."""
    _, write = table
    corpus = datasets.get(write()).name
    of = documents.get("cnn_n_gru")
    waves = arrays.prepare(corpus, 16000, cache=tmp_path / "cache")
    for protocol in plans.GRID:
        run = Run.of(of.name, corpus, protocol=protocol, n=3, **of.fallback | {"epochs": 1, "batch_size": 4})
        split = of.parts(waves.clips, protocol)
        record = execution.execute(run, waves, work=tmp_path / protocol)
        assert record["config"]["corpus"] == "mine" and len(record["test"]["rows"]) == len(split.test)
        if protocol == "speaker":
            assert {row[1] for row in record["test"]["rows"]} == {"p03"}


def test_a_mended_label_reaches_the_training(table, tmp_path):
    """Also where neither names nor sizes of the files have changed."""
    _, write = table
    for emotion in ("fear", "calm"):
        corpus = datasets.get(write(lambda t, emotion=emotion: t.assign(
            emotion=t["emotion"].replace("anger", emotion), session="01", intensity="02"))).name
        run = Run.of("cnn_n_gru", corpus, n=3, **documents.get("cnn_n_gru").fallback)
        waves = execution.inputs(run, cache=tmp_path / "cache")
        assert ("calm" in set(waves.clips["emotion"])) == (emotion == "calm")
        assert set(waves.clips["session"]) == {"01"} and set(waves.clips["intensity"]) == {"02"}


def test_without_speakers_there_is_no_protocol_speaker(table):
    _, write = table
    clips = datasets.clips(write(lambda t: t.drop(columns="speaker")))
    assert set(clips["speaker"]) == {""} and datasets.get("mine").speakers == ()
    with pytest.raises(SerReproError, match="mine names no speakers: protocol speaker needs more, protocol published"):
        protocols.make(clips, "speaker")


@pytest.mark.parametrize(("change", "says"), [
    (lambda t: t.drop(columns="emotion"), "(its columns: 'path', 'speaker'): give path, emotion, and"),
    (lambda t: t.assign(**{"Speaker": "a"}), "has two columns named 'speaker'"),
    (lambda t: t.iloc[:0], "lists no clip"),
    (lambda t: t.assign(emotion=t["emotion"].replace("anger", "angr")), "(8 clips, did you mean anger?); the study's"),
    (lambda t: t.assign(emotion="zzz"), "unknown emotion 'zzz' (52 clips); the study's are anger, boredom"),
    (lambda t: t.assign(path="gone/" + t["emotion"]), "files are not there, "),
    (lambda t: pd.concat([t, t.iloc[:1]]), "twice: give each file one row"),
    (lambda t: t.assign(clip="a"), "names clip 'a' twice"),
    (lambda t: t.assign(speaker=["", *t["speaker"][1:]]), "names no speaker for 1 of"),
    (lambda t: t.assign(age="old"), "age 'old' is no whole number of years"),
    *((lambda t, age=age: t.assign(age=age), f"age '{age}' is no whole number of years, 0 to 150")
      for age in ("99999999999999999999999", "-5", "5000", "1e400", "30.5")),
    (lambda t: t.assign(emotion=["", *t["emotion"][1:]]), "names no emotion for 1 of"),
    (lambda t: t.assign(path="~no-such-user/" + t["path"]), "files are not there, '~no-such-user"),
    (lambda t: t.assign(path="x" * 300), "files are not there"),
    (lambda t: t.assign(path=[t["path"][1].replace("sound", "./sound"), *t["path"][1:]],
                        clip=t.index.astype(str)), "twice: give each file one row"),
    (lambda t: t.assign(sex=["female", *["male"] * (len(t) - 1)]), "has sex female, male"),
    (lambda t: t.assign(sex="x"), "speaker p03 has sex x: give female, male or nothing"),
])
def test_a_table_that_will_not_do_is_refused_in_one_line(table, change, says):
    path = table[1](change)
    with pytest.raises(SerReproError) as error:
        datasets.clips(path)
    assert says in str(error.value) and "\n" not in str(error.value) and str(path) in str(error.value)
    assert "mine" not in datasets.CORPORA


@pytest.mark.parametrize(("text", "says"), [
    ("", "is no table of clips"), ("path,emotion\n\"a.wav,anger\n", "is no table of clips"),
    ("path:emotion\na.wav:anger\n", "lacks path, emotion .its columns: 'path:emotion'"),
    ("path;emotion\na.wav;anger\n", "1 of 1 files are not there"),
    ("path,emotion\na, b.wav,anger\n", "more cells in row 2 than its header has columns: write a name that holds a "
     "comma in"),
    ("path,emotion\na.wav\n", "names no emotion for 1 of 1 clips"),
])
def test_what_is_no_table_is_refused(table, text, says):
    with pytest.raises(SerReproError, match=says) as error:
        datasets.clips(table[1](text=text))
    assert "\n" not in str(error.value)


def test_a_table_may_not_take_the_name_of_a_corpus(table, tmp_path):
    shutil.copy(table[1](), tmp_path / "TESS.csv")
    with pytest.raises(SerReproError, match="a corpus named TESS is known already"):
        datasets.get(tmp_path / "TESS.csv")
    (tmp_path / "TESS.csv").rename(tmp_path / "emo_db.csv")  # `get` would take that for EMO-DB
    with pytest.raises(SerReproError, match="a corpus named EMO-DB is known already"):
        datasets.get(tmp_path / "emo_db.csv")
    with pytest.raises(SerReproError, match=r"none\.csv can't be read .*: give the table of your clips"):
        datasets.get(tmp_path / "none.csv")


@pytest.mark.parametrize(("pattern", "names", "first"), [
    ("{speaker}_{emotion}_{}", ["DC_anger_take 1.wav"], ("DC", "anger")),
    ("{speaker}/{emotion}{#}", ["x/DC/fear07.flac"], ("DC", "fear")),
    ("{speaker:2}{sentence:3}{emotion:1}{:1}", ["deep/er/03a01Fa.wav"], ("03", "happiness")),
    ("{emotion}-{speaker}", ["boredom-a-b.WAV"], ("a-b", "boredom")),
    (r"{speaker}\{emotion}_{}.wav", ["01/ANGER_1.wav"], ("01", "anger")),
])
def test_names_tell_what_is_in_clips(tmp_path, pattern, names, first):
    for name in [*names, "notes.txt", "._" + names[0].rpartition("/")[2]]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = datasets.from_names(tmp_path, pattern, CODES if "{emotion:1}" in pattern else None)
    assert found["path"].tolist() == names
    assert (found["speaker"][0], found["emotion"][0]) == first


@pytest.mark.parametrize(("pattern", "emotions", "says"), [
    ("{speaker}", None, "makes no table"), ("{emotion}_{colour}", None, "makes no table"),
    ("{emotion}_{emotion}", None, "makes no table"), ("{emotion", None, "makes no table"),
    ("{speaker}{emotion}_{}", None, r"does not tell where \{speaker\}\{emotion\} part"),
    ("{emotion}+{}", None, "no audio file below .*: 'W_1' is one of the names there"),
    ("{emotion:99999999999}_{}", None, "makes no table"), ("{emotion:0}_{}", None, "makes no table"),
    ("{emotion}_{}", {"x": "anger"}, "unknown emotion 'W'"),
    ("{emotion}_{}", {"W": "rage"}, "unknown emotion 'rage'"),
    ("{emotion}_{}", None,
     r"'W' \(1 clip\); .*: say what each means \(`ser-repro .*--emotion W=\.\.\.`\), or .* \(--skip W\)"),
])
def test_names_that_tell_nothing_are_refused(tmp_path, pattern, emotions, says):
    (tmp_path / "W_1.wav").touch()
    with pytest.raises(SerReproError, match=says) as error:
        datasets.from_names(tmp_path, pattern, emotions)
    assert "\n" not in str(error.value)


def test_audio_files_that_are_not_used_are_named(tmp_path, caplog):
    for name in ("W_1.wav", "F_2.m4a", "deep/T_3.MP3", "odd.flac", "other one.amr", "notes.txt", ".hidden.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "N_4").write_bytes(b"RIFF....WAVE")  # by what it holds
    (tmp_path / "stray").write_bytes(b"OggS")
    found = datasets.from_names(tmp_path, "{emotion}_{}", CODES)
    assert found["path"].tolist() == ["F_2.m4a", "N_4", "W_1.wav", "deep/T_3.MP3"]
    told = "3 of 7 audio files are left out, as they are not named like '{emotion}_{}': 'odd', 'other one'"
    assert told in caplog.text
    caplog.clear()
    found = datasets.from_names(tmp_path, "{emotion}_{}", CODES, without=["o*", "stray", "deep/*"])
    assert len(found) == 3 and not caplog.text
    (tmp_path / "W_1.mp3").touch()
    with pytest.raises(SerReproError, match=r"recording in two formats: leave one kind out with --without '\*.wav'"):
        datasets.from_names(tmp_path, "{emotion}_{}", CODES)


def test_a_folder_that_cannot_be_looked_into_is_told(tmp_path, caplog, monkeypatch):
    (tmp_path / "shut").mkdir()
    (tmp_path / "W_1.wav").touch()
    scan = os.scandir

    def refuse(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert len(datasets.from_names(tmp_path, "{emotion}_{}", CODES)) == 1
    assert f"{tmp_path / 'shut'} can't be looked into (Permission denied): what is in it is left out" in caplog.text


def test_emotions_in_names_may_be_partly_codes(tmp_path):
    for name in ("W_1.wav", "fear_2.wav"):
        (tmp_path / name).touch()
    found = datasets.from_names(tmp_path, "{emotion}_{}", {"W": "anger"})
    assert found["emotion"].tolist() == ["anger", "fear"] and found["label"].tolist() == ["W", "fear"]


@pytest.mark.parametrize("pattern", ["{}a" * 30 + "{emotion}b", "{emotion}" + "a{}" * 2000 + "b",
                                     "{#}1" * 40 + "{emotion}x", "{speaker}_" + "{}_" * 100 + "{emotion}!"])
def test_no_pattern_takes_for_ever(tmp_path, pattern):
    for name in ("a" * 240, "1" * 240, "_" * 240, "_a1" * 80):
        (tmp_path / f"{name}.wav").touch()
    start = time.process_time()
    with pytest.raises(SerReproError, match="is named like"):
        datasets.from_names(tmp_path, pattern)
    assert time.process_time() - start < 10


def test_a_table_from_a_spreadsheet_is_read(table):
    """Empty rows and columns, a mark at its beginning, `\\` between folders, numbers of rows; speakers stay text."""
    good, write = table
    good["path"] = [path.replace("/", "\\") for path in good["path"]]
    good["speaker"] = good["speaker"].str[1:]
    lines = good.reset_index().to_csv(index=False).replace("index,", ",", 1).splitlines()
    text = "\ufeff" + "\r\n".join(f"{line}," for line in [*lines, ",,,"])
    clips = datasets.clips(write(text=text))
    assert len(clips) == len(good) and set(clips["speaker"]) == {"03", "08", "09", "15"}


def test_the_table_of_a_corpus_is_a_table_of_clips(table, tmp_path):
    clips = datasets.clips(table[1]())
    clips.to_csv(tmp_path / "again.csv", index=False)
    again = datasets.read_table(tmp_path / "again.csv").table
    assert again.drop(columns="corpus").equals(clips.drop(columns="corpus"))


def test_every_optional_column_is_one_of_the_clips_table():
    assert set(own.NEEDED + own.OPTIONAL) | {"corpus"} == set(own.COLUMNS)
