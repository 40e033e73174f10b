"""Corpora: what names mean, what the index promises, and that the layout of a copy does not matter."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser_repro import SerReproError, datasets
from ser_repro.datasets import audio, base, finding

PUBLISHED = {
    "RAVDESS": (1440, 24, 48000, {"neutral": 96, "calm": 192, "surprise": 192}),
    "EMO-DB": (
        535,
        10,
        16000,
        {
            "anger": 127,
            "boredom": 81,
            "disgust": 46,
            "fear": 69,
            "happiness": 71,
            "neutral": 79,
            "sadness": 62,
        },
    ),
    "TESS": (2800, 2, 24414, {"surprise": 400, "neutral": 400}),
    "SAVEE": (480, 4, 44100, {"neutral": 120, "anger": 60, "surprise": 60}),
    "CREMA-D": (7442, 91, 16000, {"neutral": 1087, "anger": 1271, "sadness": 1271}),
    "EMOVO": (588, 6, 48000, {"neutral": 84, "fear": 84, "surprise": 84}),
    "ShEMO": (
        3000,
        87,
        44100,
        {"anger": 1059, "fear": 38, "happiness": 201, "neutral": 1028, "sadness": 449, "surprise": 225},
    ),
    "IEMOCAP": (10039, 10, 16000, {"anger": 1103, "happiness": 1636, "neutral": 1708, "sadness": 1084}),
}
INDEXED = [name for name in datasets.CORPORA if name not in ("ShEMO", "IEMOCAP")]
# Least, median, mean and greatest length in s, of an independent list of the same corpora.
LENGTHS = {
    "RAVDESS": (2.94, 3.67, 3.70, 5.27),
    "EMO-DB": (1.23, 2.59, 2.78, 8.98),
    "TESS": (1.25, 2.05, 2.06, 2.98),
    "SAVEE": (1.63, 3.67, 3.84, 7.14),
    "CREMA-D": (1.27, 2.50, 2.54, 5.00),
    "EMOVO": (1.29, 2.77, 3.12, 13.99),
}
NAMES = [
    ("RAVDESS", "03-01-06-01-02-01-12", "fear", "fearful", "12", "female", "02", "normal"),
    ("RAVDESS", "03-01-05-02-01-02-07", "anger", "angry", "07", "male", "01", "strong"),
    ("RAVDESS", "03-01-02-01-01-01-24", "calm", "calm", "24", "female", "01", "normal"),
    ("TESS", "OAF_back_angry", "anger", "angry", "OAF", "female", "back", "unspecified"),
    ("TESS", "YAF_youth_ps", "surprise", "ps", "YAF", "female", "youth", "unspecified"),
    ("TESS", "OA_bite_neutral", "neutral", "neutral", "OAF", "female", "bite", "unspecified"),
    ("EMO-DB", "03a01Fa", "happiness", "F", "03", "male", "a01", "unspecified"),
    ("EMO-DB", "13b10Wc", "anger", "W", "13", "female", "b10", "unspecified"),
    ("EMO-DB", "16a05Ab", "fear", "A", "16", "female", "a05", "unspecified"),
    ("EMO-DB", "11b03Lb", "boredom", "L", "11", "male", "b03", "unspecified"),
    ("SAVEE", "DC_a01", "anger", "a", "DC", "male", "01", "unspecified"),
    ("SAVEE", "KL_su15", "surprise", "su", "KL", "male", "su15", "unspecified"),
    ("SAVEE", "JE_n30", "neutral", "n", "JE", "male", "h05", "unspecified"),
    ("CREMA-D", "1001_DFA_ANG_XX", "anger", "ANG", "1001", "male", "DFA", "unspecified"),
    ("CREMA-D", "1002_IEO_HAP_LO", "happiness", "HAP", "1002", "female", "IEO", "low"),
    ("EMOVO", "pau-f1-b1", "fear", "pau", "f1", "female", "b1", "unspecified"),
    ("EMOVO", "rab-m3-n5", "anger", "rab", "m3", "male", "n5", "unspecified"),
    ("ShEMO", "F01A01", "anger", "A", "F01", "female", "F01A01", "unspecified"),
    ("ShEMO", "M56W03", "surprise", "W", "M56", "male", "M56W03", "unspecified"),
]
STRANGERS = [
    ("RAVDESS", "03-02-06-01-02-01-12"),  # song
    ("RAVDESS", "01-01-06-01-02-01-12"),  # video with sound
    ("RAVDESS", "03-01-01-02-02-01-12"),  # a strong neutral does not exist
    ("RAVDESS", "03-01-06-01-02-01-25"),
    ("RAVDESS", "03-01-06-01-02-01-12 (1)"),
    ("TESS", "OA_back_angry"),
    ("TESS", "OAF_back_surprise"),
    ("EMO-DB", "04a01Fa"),
    ("EMO-DB", "03a03Fa"),
    ("EMO-DB", "03a01Xa"),
    ("SAVEE", "DC_a16"),  # fifteen sentences an emotion
    ("SAVEE", "DC_sa00"),
    ("SAVEE", "XX/a01"),
    ("SAVEE", "a01"),  # whose?
    ("CREMA-D", "1092_DFA_ANG_XX"),
    ("CREMA-D", "1001_DFA_SUR_XX"),
    ("EMOVO", "dis-f4-b1"),
    ("EMOVO", "dis-f1-b4"),
    ("ShEMO", "F32A01"),
    ("ShEMO", "M57A01"),
    ("ShEMO", "F01D01"),
    ("IEMOCAP", "Ses01F_impro01"),  # a whole dialogue
    ("IEMOCAP", "Ses06F_impro01_F000"),
    ("IEMOCAP", "Ses01F_impro01_X000"),
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Two speakers of EMO-DB, a clip an emotion; treat it as read-only."""
    folder = tmp_path_factory.mktemp("demo") / "EMO-DB"
    return datasets.write_demo("EMO-DB", folder, speakers=["03", "08"], per_emotion=1, duration_s=0.3)


@pytest.mark.parametrize(
    ("corpus", "stem", "emotion", "label", "speaker", "sex", "sentence", "intensity"), NAMES
)
def test_a_name_tells_what_is_in_the_clip(corpus, stem, emotion, label, speaker, sex, sentence, intensity):
    found = datasets.get(corpus).parse(stem)
    assert {name: value for name, value in found.items() if name not in ("age", "language", "session", "scenario")} == {
        "clip": stem,
        "emotion": emotion,
        "label": label,
        "speaker": speaker,
        "sex": sex,
        "sentence": sentence,
        "intensity": intensity,
    }


def test_what_else_is_known_of_a_clip():
    assert datasets.get("CREMA-D").parse("1034_IEO_ANG_HI")["age"] == 74
    assert datasets.get("EMO-DB").parse("03a01Fa")["age"] == 31
    assert datasets.get("RAVDESS").parse("03-01-06-01-02-01-12")["age"] is None
    turn = datasets.get("IEMOCAP").parse("Ses05M_script01_1b_F012", "exc")
    assert (turn["session"], turn["scenario"], turn["speaker"], turn["sex"]) == ("5", "script01_1b", "Ses05F", "female")
    assert (turn["emotion"], turn["label"], turn["language"]) == ("happiness", "exc", "English")
    assert datasets.get("IEMOCAP").parse("Ses01F_impro01_F000", "fru")["emotion"] == ""


@pytest.mark.parametrize(("corpus", "stem"), STRANGERS)
def test_what_only_resembles_a_clip_is_none(corpus, stem):
    assert datasets.get(corpus).parse(stem) is None


@pytest.mark.parametrize(
    ("corpus", "stem", "clip"),
    [
        ("TESS", "oaf_Back_ANGRY", "OAF_back_angry"),
        ("TESS", "OAF_bite_neutral", "OA_bite_neutral"),
        ("EMO-DB", "03A01FA", "03a01Fa"),
        ("SAVEE", "DC/a01", "DC_a01"),
        ("SAVEE", "AudioData/JK_su07", "JK_su07"),
        ("CREMA-D", "1040_ITH_SAD_X", "1040_ITH_SAD_XX"),
        ("CREMA-D", "1001_dfa_ang_xx", "1001_DFA_ANG_XX"),
        ("EMOVO", "DIS-F1-B1", "dis-f1-b1"),
        ("ShEMO", "f01a01", "F01A01"),
    ],
)
def test_a_clip_has_one_official_name(corpus, stem, clip):
    assert datasets.get(corpus).parse(stem)["clip"] == clip


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_corpus_states_what_a_reader_needs(name):
    corpus = datasets.get(name)
    n_clips, n_speakers, rate, emotions = PUBLISHED[name]
    assert (corpus.n_clips, len(corpus.speakers), corpus.sample_rate) == (n_clips, n_speakers, rate)
    assert emotions.items() <= corpus.emotion_counts.items()
    assert sum((corpus.label_counts or corpus.emotion_counts).values()) == n_clips
    assert sum(corpus.emotion_counts.values()) == sum(corpus.speaker_counts.values()) == n_clips
    assert set(corpus.speaker_counts) == set(corpus.sexes) and set(corpus.sexes.values()) <= {"female", "male"}
    assert corpus.citation.startswith("@") and corpus.home.startswith("http")
    assert all((corpus.licence, corpus.language, corpus.layouts, corpus.quirks, corpus.title))
    assert corpus.parse(str(Path(corpus.example).with_suffix("")))
    source = corpus.source
    assert bool(source.ask) != bool(source.archives or source.clip_url) and source.unpacked_bytes > 10_000_000


def test_the_corpora_are_the_eight_of_the_documents():
    assert set(PUBLISHED) == set(datasets.CORPORA)


@pytest.mark.parametrize("name", INDEXED)
def test_the_index_is_the_published_corpus(name):
    corpus, table = datasets.get(name), datasets.published(name)
    assert len(table) == table["clip"].nunique() == corpus.n_clips
    assert table.emotion.value_counts().to_dict() == corpus.emotion_counts
    assert table.speaker.value_counts().to_dict() == corpus.speaker_counts
    assert corpus.sample_rate == table.sample_rate.mode()[0] and corpus.channels == table.channels.mode()[0]
    assert list(table["clip"]) == sorted(table["clip"])
    length = table.duration_s
    measured = (length.min(), length.median(), length.mean(), length.max())
    assert measured == pytest.approx(LENGTHS[name], abs=0.006)
    assert table.sha256.str.fullmatch("[0-9a-f]{32}").all()


def test_the_oddities_of_the_published_corpora_stand_in_their_index():
    tess, ravdess, cremad = (datasets.published(name) for name in ("TESS", "RAVDESS", "CREMA-D"))
    assert dict(zip(tess["clip"], tess.sample_rate, strict=True))["OAF_food_fear"] == 96000
    assert (tess.sample_rate != 24414).sum() == 1
    assert (ravdess.channels == 2).sum() == 5
    assert (datasets.published("EMOVO").channels == 1).sum() == 1
    same = ravdess[ravdess.sha256.duplicated(keep=False)]
    assert list(same["clip"]) == ["03-01-03-01-02-01-07", "03-01-03-01-02-02-07"]
    same = cremad[cremad.sha256.duplicated(keep=False)].groupby("sha256")
    assert len(same) == 3 and (same["emotion"].nunique() == 2).all()
    actors = cremad.drop_duplicates("speaker")
    assert actors.sex.value_counts().to_dict() == {"male": 48, "female": 43}
    assert (actors.age.min(), actors.age.max()) == (20, 74)


@pytest.mark.parametrize("spelling", ["EMO-DB", "emodb", "Emo_DB", "emo db"])
def test_a_corpus_is_found_in_any_spelling(spelling):
    assert datasets.get(spelling).name == "EMO-DB"


def test_an_unknown_corpus_is_told_the_known_ones():
    with pytest.raises(SerReproError, match=r"'IEMOCUP'.*CREMA-D, EMO-DB, .*TESS, a table of your own clips"):
        datasets.get("IEMOCUP")


def test_a_name_is_registered_once():
    with pytest.raises(SerReproError, match="already registered"):
        base.register(datasets.get("TESS"))


def test_a_corpus_whose_speaker_is_the_folder_can_be_described(tmp_path):
    import re

    def describe(match):
        return {"clip": "_".join(match.groups()), "label": "a", "speaker": match[1], "sentence": match[2]}

    corpus = base.Corpus(
        name="toy",
        title="",
        citation="",
        licence="",
        home="",
        language="",
        sample_rate=8000,
        emotions={"a": "anger"},
        speakers=(base.Speaker("DC", "male"), base.Speaker("JK", "male")),
        n_clips=2,
        emotion_counts={},
        speaker_counts={},
        pattern=re.compile(r"(DC|JK)/(a\d\d)"),
        describe=describe,
        place=lambda clip: clip["clip"],
        example="DC/a01.wav",
        parts=2,
    )
    for speaker in ("DC", "JK"):
        (tmp_path / speaker).mkdir()
        (tmp_path / speaker / "a01.wav").touch()
    assert list(datasets.clips(corpus, tmp_path)["clip"]) == ["DC_a01", "JK_a01"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Made copies of all corpora in their published layouts: two speakers, a clip a label; treat them as read-only."""
    copies = {}
    for name, corpus in datasets.CORPORA.items():
        copies[name] = datasets.write_demo(name, tmp_path_factory.mktemp("made") / name, sample_rate=8000,
                                           speakers=list(corpus.sexes)[-2:], per_emotion=1, duration_s=0.15)
    return copies


def _published(corpus, table, dest):
    for row in table.to_dict("records"):
        path = dest / f"{corpus.place(row)}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(row["path"], path)


def _flat(corpus, table, dest):
    dest.mkdir()
    for row in table.to_dict("records"):
        shutil.copy(row["path"], dest / f"{row['clip']}.WAV")


def _nested(corpus, table, dest):
    _published(corpus, table, dest / "my data" / "Archive (1)" / corpus.name)


def _flac(corpus, table, dest):
    for row in table.to_dict("records"):
        path = dest / f"{corpus.place(row)}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        samples, rate = soundfile.read(row["path"], dtype="int16")
        soundfile.write(path, samples, rate)


def _linked(corpus, table, dest):
    dest.mkdir()
    (dest / "corpus").symlink_to(next(p for p in Path(table.path[0]).parents if p.name == corpus.name))
    (dest / "round").symlink_to(dest)


def _doubled(corpus, table, dest):
    """As some copies are: everything a second time, one folder deeper."""
    _published(corpus, table, dest)
    _published(corpus, table, dest / "again")


@pytest.mark.parametrize("layout", [_published, _flat, _nested, _flac, _linked, _doubled])
@pytest.mark.parametrize("name", datasets.CORPORA)
def test_the_table_does_not_depend_on_the_layout(made, tmp_path, name, layout):
    corpus, ours = datasets.get(name), datasets.find(name, made[name])
    layout(corpus, ours, tmp_path / "copy")
    for file in made[name].rglob("*.txt"):  # labels, where a corpus keeps them in files, lie in yet another folder
        shutil.copy(file, tmp_path / "copy") if file.name != finding.MARKER else None
    theirs = datasets.find(name, tmp_path / "copy")
    assert list(ours) == finding.COLUMNS and len(ours) == len(set(ours["clip"])) >= 12
    pd.testing.assert_frame_equal(ours.drop(columns="path"), theirs.drop(columns="path"))
    assert all(os.path.isabs(path) and os.path.isfile(path) for path in theirs.path)
    hashes = [[datasets.measure(path)["sha256"] for path in table.path] for table in (ours, theirs)]
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize("name", datasets.CORPORA)
def test_a_made_copy_holds_what_the_corpus_does(made, name):
    corpus, table = datasets.get(name), datasets.clips(name, made[name])
    assert datasets.available(made[name]) == [name]
    assert set(table.speaker) == set(list(corpus.sexes)[-2:])
    assert table.groupby("speaker")["label"].nunique().max() == len(corpus.emotions)
    assert set(table.emotion) == set(corpus.emotions.values())
    assert set(table.language) == {corpus.language}
    for row in table.to_dict("records"):
        assert Path(row["path"]).relative_to(made[name]).with_suffix("").as_posix() == corpus.place(row)
    report = datasets.check(name, made[name])
    assert {fault.clip for fault in report.rate} == set(table["clip"])  # 8 kHz: to be quick
    assert set(report.faults) <= {"rate", "misnamed"}


def test_a_folder_reached_twice_is_searched_once(made, tmp_path):
    _linked(datasets.get("EMO-DB"), datasets.find("EMO-DB", made["EMO-DB"]), tmp_path / "copy")
    assert len(finding.candidates(datasets.get("EMO-DB"), tmp_path / "copy")) == 14


def test_iemocap_counts_four_classes_with_excitement_as_happiness(made):
    table = datasets.clips("IEMOCAP", made["IEMOCAP"])
    four = datasets.studied(table)
    assert sorted(set(table.label)) == sorted(datasets.get("IEMOCAP").emotions)
    assert four.groupby("emotion")["label"].agg(set).to_dict() == {
        "anger": {"ang"}, "happiness": {"hap", "exc"}, "neutral": {"neu"}, "sadness": {"sad"}}
    assert sum(datasets.get("IEMOCAP").emotion_counts[e] for e in set(four.emotion)) == 5531
    assert set(table.session) == {"5"} and set(table.scenario) == {"impro01", "script01_1"}


def test_of_other_corpora_all_clips_are_studied(made):
    for name in set(datasets.CORPORA) - {"IEMOCAP"}:
        table = datasets.clips(name, made[name])
        pd.testing.assert_frame_equal(datasets.studied(table), table)


def test_labels_that_are_not_there_are_missed(made, tmp_path):
    copy = shutil.copytree(made["IEMOCAP"], tmp_path / "IEMOCAP")
    labels = next(file for file in sorted(copy.rglob("EmoEvaluation/*.txt")) if "\txxx\t" in file.read_text())
    turns = len(list(copy.rglob(f"wav/{labels.stem}/*.wav")))
    labels.write_text(labels.read_text().replace("\txxx\t", "\tbad\t"))
    with pytest.raises(SerReproError, match="label bad is not one of the corpus's"):
        datasets.clips("IEMOCAP", copy)
    labels.unlink()
    says = rf"{turns} of 22 clips have no label .*Session5/dialog/EmoEvaluation/Ses05\w+\.txt"
    with pytest.raises(SerReproError, match=says):
        datasets.clips("IEMOCAP", copy)


def test_labels_are_read_from_the_agreed_lines_alone():
    text = ("% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
            "[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]\n"
            "C-E2:\tAnger;\t()\nA-E3:\tval 3; act 2; dom  2;\t()\n\n"
            "[10.0100 - 11.3925]\tSes01F_impro01_F001\texc\t[2.5000, 2.5000, 2.5000]\n")
    read = datasets.get("IEMOCAP").labels.read
    assert read(text) == {"Ses01F_impro01_F000": "neu", "Ses01F_impro01_F001": "exc"}
    assert read("Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.\n") == {}  # a transcription, of the same name


def test_of_a_doubled_clip_the_file_less_deep_is_kept(demo, tmp_path):
    shutil.copytree(demo / "wav", tmp_path / "b")
    shutil.copytree(demo / "wav", tmp_path / "a" / "again")
    table = datasets.find("EMO-DB", tmp_path)
    assert len(table) == 13
    assert {Path(path).parent for path in table.path} == {tmp_path / "b"}


def test_a_song_or_a_hidden_twin_is_not_a_clip(tmp_path):
    for name in ("03-02-06-01-02-01-12.wav", "._03-01-06-01-02-01-12.wav", "03-01-06-01-02-01-12.mp4"):
        (tmp_path / name).touch()
    assert datasets.find("RAVDESS", tmp_path).empty
    assert datasets.available(tmp_path) == []


def test_the_data_folder_may_come_from_the_environment(demo, monkeypatch):
    monkeypatch.setenv(finding.DATA_VARIABLE, str(demo))
    assert datasets.available() == ["EMO-DB"]
    assert len(datasets.clips("EMO-DB")) == 13
    monkeypatch.delenv(finding.DATA_VARIABLE)
    assert datasets.available() == []
    with pytest.raises(SerReproError, match=finding.DATA_VARIABLE):
        datasets.clips("EMO-DB")


def _whole(tmp_path, leave_out=()):
    for clip in datasets.published("EMO-DB")["clip"]:
        if not clip.startswith(tuple(leave_out)):
            (tmp_path / f"{clip}.wav").touch()
    return tmp_path


def test_a_whole_corpus_is_accepted(tmp_path):
    assert len(datasets.clips("EMO-DB", _whole(tmp_path))) == 535


@pytest.mark.parametrize(
    ("leave_out", "message"),
    [
        (["03", "10"], r"lacks speakers 03, 10 \(448 of 535 clips\)"),
        (["16"], r"lacks speaker 16 \(464 of 535 clips\)"),
        (["03a01F"], r"is not whole \(534 of 535 clips\)"),
    ],
)
def test_a_corpus_that_is_not_whole_is_refused(tmp_path, leave_out, message):
    _whole(tmp_path, leave_out)
    with pytest.raises(SerReproError, match=message) as error:
        datasets.clips("EMO-DB", tmp_path)
    assert "\n" not in str(error.value) and "emodb.bilderbar.info" in str(error.value)
    assert not datasets.clips("EMO-DB", tmp_path, complete=False).empty


def test_errors_say_what_to_do(tmp_path):
    with pytest.raises(SerReproError, match=r"nowhere is not a folder: give"):
        datasets.clips("TESS", tmp_path / "nowhere")
    with pytest.raises(SerReproError, match=r"no clip of TESS .* OAF_back_angry\.wav .*doi\.org"):
        datasets.clips("TESS", tmp_path)


def test_a_real_corpus_is_never_mixed_with_a_demo(demo, tmp_path):
    shutil.copytree(demo, tmp_path / "demo")
    assert datasets.is_synthetic(tmp_path) and datasets.is_synthetic(tmp_path, "EMO-DB")
    real = tmp_path / "real"
    real.mkdir()
    shutil.copy(next(demo.rglob("*.wav")), real)
    table = datasets.find("EMO-DB", tmp_path)
    assert [Path(path).parent for path in table.path] == [real]
    assert not datasets.is_synthetic(tmp_path, "EMO-DB")
    assert not datasets.is_synthetic(real)
    assert not datasets.is_synthetic(tmp_path, "TESS")
    assert datasets.is_synthetic(tmp_path / "demo" / "wav")
    assert datasets.is_synthetic(next((tmp_path / "demo").rglob("*.wav")))


def test_wav_flac_float_and_24_bit_copies_have_the_same_hash(tmp_path):
    samples = np.random.default_rng(0).integers(-32768, 32768, (800, 2)).astype(np.int16)
    made = [
        ("a.wav", "PCM_16"),
        ("b.flac", "PCM_16"),
        ("c.wav", "FLOAT"),
        ("d.wav", "PCM_24"),
        ("e.aiff", "PCM_16"),
    ]
    for name, subtype in made:
        soundfile.write(tmp_path / name, samples / 32768, 8000, subtype=subtype)
    facts = [datasets.measure(tmp_path / name) for name, _ in made]
    assert all(fact == facts[0] for fact in facts)
    assert facts[0]["channels"] == 2 and facts[0]["duration_s"] == 0.1 and not facts[0]["silent"]
    np.testing.assert_array_equal(datasets.read(tmp_path / "b.flac")[0], samples)


def test_the_hash_is_that_of_the_samples_as_little_endian_16_bit(tmp_path):
    import hashlib

    soundfile.write(tmp_path / "a.wav", np.array([1, -2, 256], dtype=np.int16), 8000)
    assert datasets.measure(tmp_path / "a.wav")["sha256"] == hashlib.sha256(b"\1\0\xfe\xff\0\1").hexdigest()


def test_a_header_that_leaves_the_length_open_is_read(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.arange(100, dtype=np.int16), 8000)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[4:8] = content[40:44] = b"\xff" * 4
    (tmp_path / "a.wav").write_bytes(content)
    assert datasets.read(tmp_path / "a.wav")[0].shape == (100, 1)


def _cut(path, keep):
    path.write_bytes(path.read_bytes()[:keep])


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff"])
@pytest.mark.parametrize("part", [0.2, 0.97])
def test_a_truncated_file_is_noticed(tmp_path, name, part):
    path = tmp_path / name
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 8000), 8000)
    _cut(path, int(path.stat().st_size * part))
    with pytest.raises(SerReproError, match=f"{name} (is truncated|cannot be read)") as error:
        datasets.read(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(0), "holds no samples"),
        (np.array([0.1, np.nan, np.inf]), "holds 2 values that are not numbers"),
    ],
)
def test_audio_without_sense_is_refused(tmp_path, samples, message):
    soundfile.write(tmp_path / "a.wav", samples, 8000, subtype="FLOAT")
    with pytest.raises(SerReproError, match=rf"a\.wav {message}"):
        datasets.measure(tmp_path / "a.wav")


def test_what_is_no_audio_is_refused(tmp_path):
    (tmp_path / "page.wav").write_text("<html>not found</html>")
    (tmp_path / "empty.wav").touch()
    for name in ("page.wav", "empty.wav"):
        with pytest.raises(SerReproError, match=rf"{name} cannot be read as audio"):
            datasets.read(tmp_path / name)
    with pytest.raises(SerReproError, match="is not there"):
        datasets.read(tmp_path / "none.wav")


def test_samples_scaled_to_floating_point_come_back_exactly():
    every = np.arange(-32768, 32768).astype(np.int16)
    for dtype in (np.float32, np.float64):
        scaled = audio.as_float(every, dtype)
        assert scaled.dtype == dtype and (scaled.min(), scaled.max()) == (-1, 32767 / 32768)
        np.testing.assert_array_equal(audio.to_int16(scaled), every)
        np.testing.assert_array_equal(audio.as_float(scaled), scaled)  # is in floating point already
    into = np.zeros((2, len(every)), np.float32)
    audio.as_float(every, out=into[1:])
    assert not into[0].any() and (into[1] == every / 32768).all()


def test_out_of_range_samples_are_clipped_not_wrapped():
    got = audio.to_int16(np.array([1.0, -1.0, 1.5, -1.5], dtype=np.float32))
    np.testing.assert_array_equal(got, [32767, -32768, 32767, -32768])


def test_the_content_hash_knows_samples_and_names_not_order_or_length():
    table = pd.DataFrame({"clip": ["b", "a"], "sha256": ["1" * 64, "2" * 64]})
    same = pd.DataFrame({"clip": ["a", "b"], "sha256": ["2" * 32, "1" * 32]})
    other = pd.DataFrame({"clip": ["a", "b"], "sha256": ["1" * 32, "2" * 32]})
    assert datasets.content_hash(table) == datasets.content_hash(same) != datasets.content_hash(other)


def test_the_package_is_imported_without_audio_libraries():
    code = (
        "import sys\n"
        "for name in ('soundfile', 'soxr', 'librosa', 'scipy', 'sklearn', 'torch', 'pooch'): sys.modules[name] = None\n"
        "from ser_repro import datasets\n"
        "assert len(datasets.published('EMO-DB')) == 535"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
