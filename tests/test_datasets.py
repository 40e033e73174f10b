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
}
# Least, median, mean and greatest length in s, of an independent list of the same corpora.
LENGTHS = {
    "RAVDESS": (2.94, 3.67, 3.70, 5.27),
    "EMO-DB": (1.23, 2.59, 2.78, 8.98),
    "TESS": (1.25, 2.05, 2.06, 2.98),
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
    assert datasets.get(corpus).parse(stem) == {
        "clip": stem,
        "emotion": emotion,
        "label": label,
        "speaker": speaker,
        "sex": sex,
        "sentence": sentence,
        "intensity": intensity,
    }


@pytest.mark.parametrize(("corpus", "stem"), STRANGERS)
def test_what_only_resembles_a_clip_is_none(corpus, stem):
    assert datasets.get(corpus).parse(stem) is None


@pytest.mark.parametrize(
    ("corpus", "stem", "clip"),
    [
        ("TESS", "oaf_Back_ANGRY", "OAF_back_angry"),
        ("TESS", "OAF_bite_neutral", "OA_bite_neutral"),
        ("EMO-DB", "03A01FA", "03a01Fa"),
    ],
)
def test_a_clip_has_one_official_name(corpus, stem, clip):
    assert datasets.get(corpus).parse(stem)["clip"] == clip


@pytest.mark.parametrize("name", datasets.CORPORA)
def test_the_index_is_the_published_corpus(name):
    corpus, table = datasets.get(name), datasets.published(name)
    n_clips, n_speakers, rate, emotions = PUBLISHED[name]
    assert len(table) == table["clip"].nunique() == corpus.n_clips == n_clips
    assert table.speaker.nunique() == len(corpus.speakers) == n_speakers
    counts = table.emotion.value_counts().to_dict()
    assert counts == corpus.emotion_counts
    assert emotions.items() <= counts.items()
    assert table.speaker.value_counts().to_dict() == corpus.speaker_counts
    assert corpus.sample_rate == rate == table.sample_rate.mode()[0]
    assert list(table["clip"]) == sorted(table["clip"])
    length = table.duration_s
    measured = (length.min(), length.median(), length.mean(), length.max())
    assert measured == pytest.approx(LENGTHS[name], abs=0.006)


def test_the_oddities_of_the_published_corpora_stand_in_their_index():
    tess, ravdess = datasets.published("TESS"), datasets.published("RAVDESS")
    assert dict(zip(tess["clip"], tess.sample_rate, strict=True))["OAF_food_fear"] == 96000
    assert (tess.sample_rate != 24414).sum() == 1
    assert (ravdess.channels == 2).sum() == 5
    same = ravdess[ravdess.sha256.duplicated(keep=False)]
    assert list(same["clip"]) == ["03-01-03-01-02-01-07", "03-01-03-01-02-02-07"]
    for name in datasets.CORPORA:
        assert datasets.published(name).sha256.str.fullmatch("[0-9a-f]{32}").all()


@pytest.mark.parametrize("spelling", ["EMO-DB", "emodb", "Emo_DB", "emo db"])
def test_a_corpus_is_found_in_any_spelling(spelling):
    assert datasets.get(spelling).name == "EMO-DB"


def test_an_unknown_corpus_is_told_the_known_ones():
    with pytest.raises(SerReproError, match=r"'IEMOCUP'.*EMO-DB, RAVDESS, TESS$"):
        datasets.get("IEMOCUP")


def test_a_name_is_registered_once():
    with pytest.raises(SerReproError, match="already registered"):
        base.register(datasets.get("TESS"))


def test_every_corpus_states_what_a_reader_needs():
    for corpus in datasets.CORPORA.values():
        assert corpus.citation.startswith("@") and corpus.home.startswith("http") and corpus.licence
        assert corpus.parse(Path(corpus.example).stem)
        assert set(corpus.sexes.values()) <= {"female", "male"}
        assert sum(corpus.emotion_counts.values()) == sum(corpus.speaker_counts.values()) == corpus.n_clips


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
        folder=lambda clip: clip["speaker"],
        example="DC/a01.wav",
        parts=2,
    )
    for speaker in ("DC", "JK"):
        (tmp_path / speaker).mkdir()
        (tmp_path / speaker / "a01.wav").touch()
    assert list(datasets.clips(corpus, tmp_path)["clip"]) == ["DC_a01", "JK_a01"]


def _flat(source, dest):
    dest.mkdir()
    for path in source.rglob("*.wav"):
        shutil.copy(path, dest / path.name.replace(".wav", ".WAV"))


def _nested(source, dest):
    for number, path in enumerate(sorted(source.rglob("*.wav"), reverse=True)):
        place = dest / "my data" / str(number % 3)
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)


def _flac(source, dest):
    dest.mkdir()
    for path in source.rglob("*.wav"):
        samples, rate = soundfile.read(path, dtype="int16")
        soundfile.write(dest / f"{path.stem}.flac", samples, rate)


def _linked(source, dest):
    dest.mkdir()
    (dest / "corpus").symlink_to(source / "wav")
    (dest / "round").symlink_to(dest)


@pytest.mark.parametrize("layout", [_flat, _nested, _flac, _linked])
def test_the_table_does_not_depend_on_the_layout(demo, tmp_path, layout):
    layout(demo, tmp_path / "copy")
    ours, theirs = datasets.find("EMO-DB", demo), datasets.find("EMO-DB", tmp_path / "copy")
    assert list(ours) == finding.COLUMNS and len(ours) == 13
    pd.testing.assert_frame_equal(ours.drop(columns="path"), theirs.drop(columns="path"))
    assert all(os.path.isabs(path) and os.path.isfile(path) for path in theirs.path)
    # A folder reached twice, by links that go in a circle, is not searched twice.
    assert len(finding.candidates(datasets.get("EMO-DB"), tmp_path / "copy")) == 13
    hashes = [[datasets.measure(path)["sha256"] for path in table.path] for table in (ours, theirs)]
    assert hashes[0] == hashes[1]


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
        "for name in ('soundfile', 'soxr', 'librosa', 'scipy', 'torch'): sys.modules[name] = None\n"
        "from ser_repro import datasets\n"
        "assert len(datasets.published('EMO-DB')) == 535"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)
