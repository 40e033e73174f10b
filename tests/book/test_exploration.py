"""Exploration: measures of signals whose pitch, level and silence are known, and summaries that fit their index."""

import json
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_repro import SerReproError, datasets
from ser_repro.book import exploration
from ser_repro.results import scores as evaluation
from ser_repro.runs import records as stored

CORPORA = ["RAVDESS", "TESS", "EMO-DB", "CREMA-D", "EMOVO", "SAVEE"]
SILENT = {"CREMA-D": ["1076_MTI_SAD_XX"]}
PITCHED = {"CREMA-D": 0.87, "EMOVO": 0.92}  # share of clips; noise and creak leave the others of these without pitch
RESULTS = Path(__file__).parents[2] / "results"
RATE = exploration.SAMPLE_RATE


def tone(frequency, duration_s=1.0, peak=0.5, sample_rate=RATE):
    """A voice-like tone: five harmonics, the fundamental not the strongest."""
    time = np.arange(round(duration_s * sample_rate)) / sample_rate
    wave = sum(a * np.sin(2 * np.pi * k * frequency * time) for k, a in enumerate((0.5, 1.0, 0.6, 0.3, 0.2), 1))
    return (peak * wave / np.abs(wave).max()).astype(np.float32)


@pytest.mark.parametrize("frequency", [80, 110, 220, 440, 700])
def test_pitch_of_a_tone(frequency):
    f0 = exploration.pitch(tone(frequency))
    assert np.isfinite(f0).mean() > 0.9
    assert np.nanmedian(f0) == pytest.approx(frequency, rel=0.01)


def test_noise_and_hiss_after_a_tone_have_no_pitch():
    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    assert np.isnan(exploration.pitch(noise)).mean() > 0.95
    f0 = exploration.pitch(np.concatenate([tone(200), noise]))
    assert np.isfinite(f0[:48]).mean() > 0.9
    assert np.isnan(f0[53:]).mean() > 0.95


def test_silence_at_the_edges_is_found_to_a_frame():
    wave = np.concatenate([np.zeros(8000), tone(220, 0.6), np.zeros(4000)]).astype(np.float32)
    wave += np.random.default_rng(0).normal(0, 1e-4, len(wave)).astype(np.float32)
    found = exploration.loudness(wave)
    assert found["silence_start_s"] == pytest.approx(0.5, abs=0.0101)
    assert found["silence_end_s"] == pytest.approx(0.25, abs=0.0101)


def test_level_is_that_of_the_voice_whatever_silence_surrounds_it():
    sine = (0.1 * np.sqrt(2) * np.sin(2 * np.pi * 200 * np.arange(RATE) / RATE)).astype(np.float32)  # RMS 0.1
    padded = np.concatenate([np.zeros(RATE), sine, np.zeros(2 * RATE)]).astype(np.float32)
    for wave in (sine, padded):
        assert exploration.loudness(wave)["level_db"] == pytest.approx(-20, abs=0.01)
    assert exploration.loudness(padded / 2)["level_db"] == pytest.approx(-26.02, abs=0.01)


def test_the_floor_is_the_noise_between_words():
    wave = np.concatenate([np.zeros(4000), tone(220, 0.6), np.zeros(4000)]).astype(np.float32)
    wave += np.random.default_rng(0).normal(0, 1e-3, len(wave)).astype(np.float32)
    assert exploration.loudness(wave)["floor_db"] == pytest.approx(-60, abs=1)
    assert exploration.loudness(np.zeros(RATE, np.float32)) == {
        "level_db": -140.0, "floor_db": -140.0, "silence_start_s": 1.0, "silence_end_s": 0.0}


def test_recording_counts_what_is_at_full_scale():
    samples = np.zeros((1000, 1), np.int16)
    samples[:6, 0] = [32767, -32768, 32766, -32767, 16384, 0]
    found = exploration.recording(samples)
    assert found["full_scale"] == 3
    assert found["peak_db"] == 0
    assert exploration.recording(samples[4:])["peak_db"] == pytest.approx(-6.02, abs=0.01)
    assert exploration.recording(samples / np.float32(32768))["full_scale"] == 3
    assert exploration.recording(samples[6:])["peak_db"] == -140


def test_recording_tells_whether_two_channels_are_one():
    first, second = np.random.default_rng(0).normal(0, 0.1, (2, RATE)).astype(np.float32)

    def correlation(*channels):
        return exploration.recording(np.stack(channels, axis=1))["channel_correlation"]

    assert np.isnan(correlation(first))
    assert correlation(first, 0.5 * first + 0.1) == pytest.approx(1)
    assert correlation(first, -first) == pytest.approx(-1)
    assert correlation(first, second) == pytest.approx(0, abs=0.03)
    assert correlation(first, 0 * first) == 0


def test_waveform_takes_the_first_channel_at_16_khz_without_its_mean():
    left = tone(220, sample_rate=48000)
    samples = np.stack([left + 0.1, np.zeros_like(left)], axis=1)
    wave = exploration.waveform(np.round(samples * 32767).astype(np.int16), 48000)
    assert len(wave) == RATE
    assert abs(wave.mean()) < 1e-4
    assert np.abs(wave[100:-100] - tone(220)[100:-100]).max() < 0.01


def test_describe_measures_files_as_they_lie_there(tmp_path):
    folder = datasets.write_demo("EMO-DB", tmp_path / "demo", speakers=["03", "08"], per_emotion=1)
    table = exploration.describe("EMO-DB", folder)
    real = datasets.find("EMO-DB", folder)
    assert list(table["clip"]) == list(real["clip"])
    assert list(table["duration_s"]) == pytest.approx([soundfile.info(p).duration for p in real["path"]])
    assert set(table["container"]) == {"WAV"}
    assert table["f0_median_hz"].between(*exploration.PITCH_RANGE_HZ).all()
    by_sex = table.groupby("sex")["f0_median_hz"].median()
    assert by_sex["female"] > by_sex["male"]
    with pytest.raises(SerReproError, match="not the published ones"):
        exploration.store(table, tmp_path)


@pytest.mark.parametrize("corpus", ["ShEMO", "IEMOCAP"])
def test_a_corpus_without_an_index_is_measured_but_not_stored(corpus, tmp_path):
    folder = datasets.write_demo(corpus, tmp_path / "demo", speakers=[datasets.get(corpus).speakers[0].name],
                                 per_emotion=1)
    table = exploration.relative_to_neutral(exploration.describe(corpus, folder))
    assert set(table["emotion"]) <= {"", *datasets.get(corpus).emotions.values()}
    assert set(exploration.MEASURES) <= set(table)
    with pytest.raises(SerReproError, match="no index"):
        exploration.store(table, tmp_path)
    with pytest.raises(SerReproError, match="no index"):
        exploration.load(corpus, RESULTS)


@pytest.mark.parametrize("corpus", CORPORA)
def test_stored_measures_agree_with_the_index(corpus):
    stored, published = exploration.load(corpus, RESULTS), datasets.published(corpus)
    assert list(stored["clip"]) == list(published["clip"])
    assert np.abs(stored["duration_s"] - published["duration_s"]).max() <= 0.0006
    assert list(stored.loc[stored["level_db"] == -140, "clip"]) == SILENT.get(corpus, [])
    heard = stored[stored["level_db"] > -140]
    assert (heard["silence_start_s"] + heard["silence_end_s"] < heard["duration_s"]).all()
    assert (heard["floor_db"] < heard["level_db"]).all()
    assert (heard["level_db"] < heard["peak_db"]).all()
    assert stored["peak_db"].max() <= 0
    assert list(stored["channel_correlation"].isna()) == list(stored["channels"] == 1)
    assert stored["f0_median_hz"].notna().mean() > PITCHED.get(corpus, 0.99)


@pytest.mark.parametrize("corpus", CORPORA)
def test_what_is_stored_comes_back(corpus, tmp_path):
    table = exploration.load(corpus, RESULTS)
    path = exploration.store(table, tmp_path)
    assert path.read_bytes() == (RESULTS / "exploration" / f"{corpus}.csv").read_bytes()
    assert path.stat().st_size < 70 * len(table)


@pytest.mark.parametrize(("damage", "complaint"), [
    (lambda text: text[:2000], "damaged"),
    (lambda text: text.partition("\n")[2], "damaged"),
    (lambda text: text.replace(",1.898,", ",long,"), "damaged"),
    (lambda text: text.replace(",1.898,", ",,"), "damaged"),
    (lambda text: text.replace("03a01Fa", "03a01Fb"), "damaged"),
    (lambda text: text.replace("measures 2", "measures 1"), "taken otherwise"),
    (lambda text: "", "damaged"),
])
def test_a_damaged_summary_is_refused_in_one_line(tmp_path, damage, complaint):
    path = exploration.store(exploration.load("EMO-DB", RESULTS), tmp_path)
    whole = path.read_text()
    path.write_text(damage(whole))
    assert path.read_text() != whole
    with pytest.raises(SerReproError, match=complaint) as error:
        exploration.load("EMO-DB", tmp_path)
    assert "\n" not in str(error.value) and "measure it again" in str(error.value)


def test_a_summary_of_other_samples_or_of_none_is_refused(tmp_path):
    path = exploration.store(exploration.load("EMO-DB", RESULTS), tmp_path)
    text = path.read_text()
    kept = text.partition("content ")[2][:64]
    path.write_text(text.replace(kept, "0" * 64))
    with pytest.raises(SerReproError, match="other samples"):
        exploration.load("EMO-DB", tmp_path)
    with pytest.raises(SerReproError, match="no measures of TESS"):
        exploration.load("TESS", tmp_path)


def test_an_outline_goes_where_the_waveform_goes():
    samples = np.zeros((240, 2), np.int16)
    samples[120:, 0], samples[::2, 0] = 500, -1000
    samples[:, 1] = 30000  # another channel: not drawn
    low, high = exploration.outline(samples, 4)
    assert low.tolist() == [-100] * 4 and high.tolist() == [0, 0, 50, 50]
    assert not exploration.outline(np.zeros((10, 1), np.int16)).any()  # shorter than the outline, and silent


def test_stored_outlines_come_back_and_those_of_other_samples_do_not(tmp_path):
    assert exploration.load_outlines("SAVEE", tmp_path) == {}
    clips = datasets.published("SAVEE").set_index("clip")
    one, other = clips.index[:2]
    rows = {one: {"sha256": clips.loc[one, "sha256"], "outline": [[-3, 0], [1, 2]]},
            other: {"sha256": "of another file", "outline": [[0], [0]]}}
    path = tmp_path / "exploration" / "SAVEE-outlines.json"
    path.parent.mkdir()
    path.write_text(json.dumps(rows))
    assert {clip: found.tolist() for clip, found in exploration.load_outlines("SAVEE", tmp_path).items()} == {
        one: [[-3, 0], [1, 2]]}
    path.write_text("{")
    with pytest.raises(SerReproError, match=r"damaged.*store_outlines"):
        exploration.load_outlines("SAVEE", tmp_path)


def test_the_outlines_that_the_book_draws_are_stored():
    found = exploration.load_outlines("RAVDESS", RESULTS)
    records = [stored.read(path) for path in stored.files(RESULTS, "cnn_bigru")
               if fnmatch(path.name, "ravdess-paper-*-fold0-seed0-*")]
    drawn = {clip for record in records for clip in evaluation.table(record).drop_duplicates("emotion")["clip"]}
    assert len(drawn) >= 8 and drawn <= set(found)
    assert all(one.shape == (2, 240) and abs(one).max() == 100 for one in found.values())


def test_the_stored_outlines_are_those_of_the_clips(real_corpus, tmp_path):
    data = real_corpus("RAVDESS")
    path = exploration.store_outlines("RAVDESS", list(exploration.load_outlines("RAVDESS", RESULTS)), data, tmp_path)
    assert path.read_bytes() == (RESULTS / "exploration" / "RAVDESS-outlines.json").read_bytes()


def test_relative_to_neutral_compares_a_speaker_with_himself():
    table = exploration.relative_to_neutral(exploration.load("RAVDESS", RESULTS))
    neutral = table[table["emotion"] == "neutral"].groupby("speaker")
    assert neutral["pitch_st"].median().abs().max() < 0.5
    assert neutral["gain_db"].median().abs().max() < 1e-9
    row = table[(table["clip"] == "03-01-05-02-01-01-01")].iloc[0]
    own = table[(table["speaker"] == "01") & (table["emotion"] == "neutral")]["f0_median_hz"].median()
    assert row["pitch_st"] == pytest.approx(12 * np.log2(row["f0_median_hz"] / own))


def test_a_speaker_without_neutral_clips_has_no_relative_measures():
    table = exploration.load("EMO-DB", RESULTS)
    table = table[(table["speaker"] != "03") | (table["emotion"] != "neutral")]
    relative = exploration.relative_to_neutral(table)
    assert relative.loc[relative["speaker"] == "03", ["pitch_st", "gain_db"]].isna().all(axis=None)
    assert relative.loc[relative["speaker"] != "03", "gain_db"].notna().all()


@pytest.mark.parametrize(("corpus", "found"), [
    ("EMO-DB", {}),
    ("RAVDESS", {"same samples twice, one label": 2, "stereo among mono": 5}),
    ("TESS", {"96000 Hz instead of 24414 Hz": 1, "AIFF in a file named .wav": 2, "clipped": 1}),
    ("CREMA-D", {"same samples twice, two labels": 6, "digital silence": 1, "clipped": 390}),
    ("EMOVO", {"mono among stereo": 1, "channels not the same": 574, "clipped": 1}),
    ("SAVEE", {"clipped": 160}),
])
def test_oddities_are_those_the_corpora_are_known_for(corpus, found):
    table = exploration.oddities(exploration.load(corpus, RESULTS))
    assert dict(zip(table["what"], table["clips"], strict=True)) == found


def test_oddities_name_the_clips():
    found = {corpus: exploration.oddities(exploration.load(corpus, RESULTS)).set_index("what")["example"]
             for corpus in ("TESS", "CREMA-D", "EMOVO")}
    assert found["TESS"]["96000 Hz instead of 24414 Hz"] == "OAF_food_fear"
    assert found["CREMA-D"]["digital silence"] == "1076_MTI_SAD_XX"
    assert found["CREMA-D"]["same samples twice, two labels"] == (
        "1006_TIE_HAP_XX = 1006_TIE_NEU_XX, 1013_WSI_DIS_XX = 1013_WSI_SAD_XX, 1017_IWW_ANG_XX = 1017_IWW_FEA_XX")
    assert found["EMOVO"]["mono among stereo"] == "rab-f1-b1"
