"""The demo corpus: same arguments, same bytes; marked; with voices and emotions that can be told apart."""

import numpy as np
import pytest

from ser_repro import SerReproError, datasets
from ser_repro.datasets import demo
from ser_repro.datasets.finding import MARKER
from ser_repro.datasets.voice import MANNERS


def _content(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _pitch_hz(samples, rate):
    """Median pitch of the louder half of the frames, by autocorrelation."""
    hop = rate // 25
    frames = samples[: len(samples) // hop * hop, 0].reshape(-1, hop).astype(float)
    frames = frames[np.argsort((frames**2).sum(1))[len(frames) // 2 :]]
    spectrum = np.fft.rfft(frames - frames.mean(1, keepdims=True), 2 * hop)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)
    lags = np.arange(rate // 500, rate // 70)
    return np.median(rate / lags[np.argmax(correlation[:, lags], axis=1)])


@pytest.fixture(scope="module")
def ravdess(tmp_path_factory):
    """Facts of 24 voices in three emotions: pitch in Hz, level in dB and length in s."""
    table = demo.choose("RAVDESS", per_emotion=1)
    table = table[table.emotion.isin(["anger", "neutral", "sadness"])].reset_index(drop=True)
    for n, row in enumerate(table.to_dict("records")):
        samples, rate = datasets.synthesise("RAVDESS", row, sample_rate=16000)
        level = 10 * np.log10(np.mean((samples / 32768.0) ** 2))
        table.loc[n, ["pitch_hz", "level_db", "length_s"]] = (
            _pitch_hz(samples, rate),
            level,
            len(samples) / rate,
        )
    return table


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    settings = {"speakers": ["01", "02"], "per_emotion": 1, "sample_rate": 16000, "duration_s": 0.3}
    first = datasets.write_demo("RAVDESS", tmp_path / "a", **settings)
    second = datasets.write_demo("RAVDESS", tmp_path / "b", **settings)
    other = datasets.write_demo("RAVDESS", tmp_path / "c", seed=1, **settings)
    assert _content(first) == _content(second) != _content(other)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


def test_a_clip_sounds_the_same_whatever_is_written_with_it(tmp_path):
    folder = datasets.write_demo("EMO-DB", tmp_path / "demo", speakers=["03"], per_emotion=1, duration_s=0.3)
    for row in datasets.find("EMO-DB", folder).to_dict("records"):
        alone, rate = datasets.synthesise("emodb", row["clip"], duration_s=0.3)
        written, written_rate = datasets.read(row["path"])
        assert rate == written_rate == 16000 and alone.dtype == np.int16
        np.testing.assert_array_equal(alone, written)


@pytest.mark.parametrize(
    ("corpus", "folders"),
    [
        ("RAVDESS", {f"Actor_{n:02d}" for n in range(1, 25)} | {"Audio_Speech_Actors_01-24"}),
        ("SAVEE", {"AudioData", "DC", "KL"}),
        ("CREMA-D", {"AudioWAV"}),
        ("EMOVO", {"f1", "m3"}),
        ("ShEMO", {"female", "male"}),
        ("IEMOCAP", {"Session1", "Session5", "dialog", "EmoEvaluation", "sentences", "wav", "Ses05M_script01_1"}),
        (
            "TESS",
            {
                "OAF_Fear",
                "OAF_Sad",
                "OAF_Pleasant_surprise",
                "YAF_pleasant_surprised",
                "YAF_sad",
                "OAF_angry",
            },
        ),
        ("EMO-DB", {"wav"}),
    ],
)
def test_a_demo_has_official_names_and_folders(tmp_path, corpus, folders):
    folder = datasets.write_demo(corpus, tmp_path / "demo", per_emotion=1, duration_s=0.1, sample_rate=8000)
    assert folders <= {path.name for path in folder.rglob("*") if path.is_dir()}
    assert (folder / MARKER).read_text().startswith("synthetic: not a result")
    assert datasets.is_synthetic(folder)
    table, whole = datasets.clips(corpus, folder), datasets.get(corpus)
    assert set(table.speaker) == set(whole.sexes)
    assert set(table.emotion) == set(whole.emotion_counts)
    assert set(table["clip"]) <= set(demo.official(corpus)["clip"])
    if whole.index.is_file():
        assert set(table["clip"]) <= set(datasets.published(corpus)["clip"])


@pytest.mark.parametrize("corpus", datasets.CORPORA)
def test_a_demo_has_about_240_clips_unless_told(corpus):
    """Or one of each speaker and emotion, where that is more."""
    chosen = demo.choose(corpus)
    assert 190 <= len(chosen) <= 260 or not chosen.duplicated(["speaker", "label"]).any()


def test_voices_and_emotions_can_be_told_apart(ravdess):
    """By means over the speakers, in the directions that people show; single clips overlap."""
    pitch = ravdess.groupby(["sex", "emotion"]).pitch_hz.median()
    mean = ravdess.groupby("emotion")[["level_db", "length_s"]].mean()
    for sex in ("female", "male"):
        assert pitch[sex, "anger"] > 1.15 * pitch[sex, "neutral"]
    assert pitch["female", "neutral"] > 1.4 * pitch["male", "neutral"]
    assert mean.level_db["anger"] > mean.level_db["neutral"] + 3 > mean.level_db["sadness"] + 6
    assert mean.length_s["sadness"] > 1.1 * mean.length_s["neutral"]


def test_the_task_is_not_trivial(ravdess):
    """The quietest angry clips are no louder than the loudest neutral ones."""
    level = ravdess.groupby("emotion").level_db
    assert level.min()["anger"] < level.max()["neutral"]


def test_every_emotion_of_the_study_has_a_manner():
    assert set(MANNERS) == set(datasets.EMOTIONS)
    assert len(set(MANNERS.values())) == len(MANNERS)


def test_samples_are_sound_at_any_rate():
    for rate in (8000, 16000, 24414, 48000):
        samples, got = datasets.synthesise("TESS", "OAF_back_angry", sample_rate=rate)
        assert got == rate and samples.shape[1] == 1
        assert 0.5 < len(samples) / rate < 2
        assert 1000 < np.abs(samples.astype(int)).max() < 32767


def test_writing_again_changes_nothing_and_another_demo_replaces_it(tmp_path):
    settings = {"speakers": ["03"], "per_emotion": 1, "duration_s": 0.2}
    folder = datasets.write_demo("EMO-DB", tmp_path / "demo", **settings)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    datasets.write_demo("EMO-DB", folder, **settings)
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    datasets.write_demo("EMO-DB", folder, **{**settings, "speakers": ["08"]})
    assert set(datasets.find("EMO-DB", folder).speaker) == {"08"}


def test_a_part_of_a_demo_is_not_taken_for_the_whole(tmp_path):
    settings = {"speakers": ["03", "08"], "per_emotion": 1, "duration_s": 0.2}
    folder = datasets.write_demo("EMO-DB", tmp_path / "demo", **settings)
    whole = _content(folder)
    next(folder.rglob("03*.wav")).unlink()
    datasets.write_demo("EMO-DB", folder, **settings)
    assert _content(folder) == whole
    (tmp_path / "marker").mkdir()
    (tmp_path / "marker" / MARKER).write_bytes((folder / MARKER).read_bytes())  # and nothing else
    datasets.write_demo("EMO-DB", tmp_path / "marker", **settings)
    assert _content(tmp_path / "marker") == whole
    next(folder.rglob("03*.wav")).write_bytes(b"other sound")
    with pytest.raises(SerReproError, match="which is not as a demo wrote it"):
        datasets.write_demo("EMO-DB", folder, **settings)


def test_a_demo_never_overwrites_other_files(tmp_path):
    (tmp_path / "03a01Fa.wav").write_text("precious")
    with pytest.raises(SerReproError, match="is no demo corpus: give a folder"):
        datasets.write_demo("EMO-DB", tmp_path)
    assert (tmp_path / "03a01Fa.wav").read_text() == "precious"


@pytest.mark.parametrize("change", [
    lambda folder: (folder / "notes.txt").write_text("precious"),
    lambda folder: (folder / "wav" / "03a01Fa.wav").write_text("a clip of the real corpus"),
    lambda folder: (folder / ".hidden").mkdir() or (folder / ".hidden" / "b").touch(),
    lambda folder: next(folder.rglob("*.wav")).write_text("changed"),
    lambda folder: (folder / "link").symlink_to(folder.parent)])
@pytest.mark.parametrize("listed", [True, False])
def test_what_lies_beside_a_demo_is_never_removed(tmp_path, change, listed):
    settings = {"per_emotion": 1, "duration_s": 0.2}
    folder = datasets.write_demo("EMO-DB", tmp_path / "demo", speakers=["08"], **settings)
    if not listed:  # as versions before left it
        marker = (folder / MARKER).read_text().splitlines(keepends=True)
        (folder / MARKER).write_text("".join(marker[:2]))
    change(folder)
    before = _content(folder)
    try:
        datasets.write_demo("EMO-DB", folder, speakers=["03"], **settings)
    except SerReproError as error:
        assert "which is not as a demo wrote it, and would be removed: move it away" in str(error)
        assert _content(folder) == before
    else:  # without a list, a clip of an official name is taken for the demo's
        assert not listed and ".wav" in str(before)
    assert datasets.write_demo("EMO-DB", tmp_path / "other", speakers=["03"], **settings)
    (tmp_path / "other" / ".DS_Store").touch()
    datasets.write_demo("EMO-DB", tmp_path / "other", speakers=["08"], **settings)
    assert set(datasets.find("EMO-DB", tmp_path / "other").speaker) == {"08"}


def test_a_demo_stays_where_a_link_leads(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    for speaker in ("03", "08"):
        datasets.write_demo("EMO-DB", tmp_path / "link", speakers=[speaker], per_emotion=1, duration_s=0.2)
        assert (tmp_path / "link").is_symlink() and set(datasets.find("EMO-DB", tmp_path / "disk").speaker) == {speaker}


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(demo, "_write_wav", full)
    with pytest.raises(OSError, match="disk full"):
        datasets.write_demo("EMO-DB", tmp_path / "demo", speakers=["03"], per_emotion=1, duration_s=0.2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"speakers": ["99"]}, "no speaker of EMO-DB '99': choose one of 03, 08"),
        ({"speakers": []}, "no speaker of EMO-DB is given"),
        ({"per_emotion": 0}, "give 1 or more"),
        ({"sample_rate": 10}, "too low"),
        ({"duration_s": 0}, "give one above 0"),
    ],
)
def test_settings_without_sense_are_refused(tmp_path, settings, message):
    with pytest.raises(SerReproError, match=message):
        datasets.write_demo("EMO-DB", tmp_path / "demo", **settings)
    assert not (tmp_path / "demo").exists()


def test_a_stranger_cannot_be_synthesised():
    with pytest.raises(SerReproError, match="'OAF_back_angry' is no clip of RAVDESS"):
        datasets.synthesise("RAVDESS", "OAF_back_angry")
