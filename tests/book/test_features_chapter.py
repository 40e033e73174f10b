"""The chapter on features: sets in words, what they make of two clips, and what was measured of them."""

import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from ser_repro import SerReproError, datasets
from ser_repro.book import exploration, palette, separation
from ser_repro.book.features import facts, plots, sound, timings, two_clips, words
from ser_repro.features.sets import SETS

RESULTS = Path(__file__).parents[2] / "results"
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture(autouse=True)
def theme():
    palette.use_theme()
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def apart():
    return facts.gather(facts.TOLD, results=RESULTS)


@pytest.fixture(scope="module")
def given():
    return plots.compute(plots.pair("RAVDESS", 0, results=RESULTS, demo=True))


# ---- in words ----------------------------------------------------------------------------------------------------


def test_a_set_reads_as_its_definition_says():
    line = words.in_a_line(SETS["mel_image_code"].definition)
    assert line == ("30 mel bands, 44\N{NARROW NO-BREAK SPACE}100 Hz, FFT 2048, hop 512, from 0.5 s on, "
                    "110\N{NARROW NO-BREAK SPACE}250 samples, filterbank for 22\N{NARROW NO-BREAK SPACE}050 Hz, "
                    "decibels of power as amplitude, padding at random")
    assert words.in_a_line(SETS["issa193"].definition).startswith("means over time of 40 MFCCs, 12 chroma, 128 mel ban")
    assert "gammatone bands" in words.in_a_line(SETS["msf"].definition)
    assert words.in_a_line(SETS["raw_16k"].definition) == (
        "16\N{NARROW NO-BREAK SPACE}000 Hz, the whole clip, as loud as recorded")  # of which nothing is padded
    assert words.field_in_words("new_field", 3) == "new field 3"  # of a set from outside
    assert words.in_a_line(SETS["mfcc_msf"].definition).startswith("means over time of 12 MFCCs")
    noise = words.in_a_line(SETS["crema258_noise"].definition)
    assert noise.endswith("of a copy with white noise of up to 0.035 times its peak") and "semitones" not in noise


def test_every_set_is_told_once():
    page = words.definitions()
    assert all(page.count(f">{name}</code>") == 1 for name in SETS)
    assert [row["set"] for row in words.keeps()] == [words.title(name) for name in words.shown()]
    assert not any("{}" in cell for row in words.keeps() for cell in row.values())


def test_text_and_code_part_where_the_definitions_do():
    rows = words.parted()
    assert {"document": "CNN-BiGRU", "text, or as meant": "all frames", "code": "first 100 frames"} in rows
    assert all(row["text, or as meant"] != row["code"] for row in rows)
    issa = [row for row in rows if row["document"] == "Issa et al."]
    assert issa[0]["text, or as meant"] == "order: MFCCs, chroma, mel bands, contrast, tonnetz (figure)"
    assert issa[0]["code"] == "order: MFCCs, mel bands, chroma, contrast, tonnetz"


def test_facts_of_the_sets():
    told = words.facts()
    assert told["ft_crop"] == f"1.07{NBSP}s" and told["ft_keep"] == "100"  # 100 frames of 512 samples at 48 kHz
    assert (told["ft_smallest"], told["ft_report_values"]) == ("50", "258")
    # A filterbank for half the rate, stretched: fewer bands below 1 kHz, and the lowest about twice as high.
    assert int(told["ft_bands_1k_code"]) < int(told["ft_bands_1k_right"])
    assert float(told["ft_first_code"].split(NBSP)[0]) > float(told["ft_first_right"].split(NBSP)[0])


def test_speech_after_the_cut():
    table = pd.DataFrame({"silence_start_s": [1.0, 0.0, 1.0], "silence_end_s": [0.0, 1.0, 0.0],
                          "duration_s": [2.0, 3.0, 2.0]})
    assert words.speech_lost(table, pd.Series([1.5, 3.0, 0.2])).tolist() == [0.5, 0, 1]
    rows, told = words.cut(RESULTS)
    ravdess = next(row for row in rows if row["corpus"] == "RAVDESS")
    assert ravdess["speech lost"] == told["ft_lost"] and {row["corpus"] for row in rows} >= set(facts.TOLD)
    lost = [int(row["speech lost"].split(NBSP)[0]) for row in rows]
    assert lost == sorted(lost, reverse=True)


# ---- what was measured -------------------------------------------------------------------------------------------


def test_facts_are_those_of_what_is_stored(apart):
    told, stored = facts.facts(apart), separation.load("RAVDESS", RESULTS).set_index("set")
    change = 100 * (stored.at["mfcc40_frames_code", "emotion_uar"] - stored.at["mfcc40_frames_whole", "emotion_uar"])
    assert change < 0 and told["ft_ravdess_emotion_cut"] == f"\N{MINUS SIGN}{-change:.0f}"
    assert told["ft_floor_code"] == f"{100 * stored.at['mel_image_code', 'at_floor']:.0f}{NBSP}%"
    ahead, of = map(int, told["ft_ahead"].split(" of "))
    assert of == len(apart.table) == 3 * len(words.shown()) and ahead == (
        apart.table["speaker_uar"].sub(apart.table["speaker_guess"]).div(1 - apart.table["speaker_guess"])
        > apart.table["emotion_uar"].sub(apart.table["emotion_guess"]).div(1 - apart.table["emotion_guess"])).sum()
    assert facts.lacking(apart) == [] and "not yet measured" not in "".join(told.values())


def test_a_set_that_is_defined_otherwise_now_is_left_out(tmp_path):
    rows = [{"set": "mel_image", "definition": hash_, "emotion_uar": 0.5, "speaker_uar": 0.9, "emotion_guess": 0.1,
             "speaker_guess": 0.25, "emotion_silhouette": 0, "speaker_silhouette": 0}
            for hash_ in (SETS["mel_image"].hash, "of another definition")]
    separation.store("SAVEE", rows, datasets.content_hash(datasets.published("SAVEE")), tmp_path)
    found = facts.gather(["SAVEE", "TESS"], results=tmp_path)
    assert found.pictured == ("SAVEE",) and len(found.table) == 1
    assert found.worth("SAVEE", "mel_image", "emotion_uar") == f"50{NBSP}%"
    assert found.worth("SAVEE", "msf", "emotion_uar") == "(not yet measured)"
    assert "193 means" in facts.lacking(found)
    with pytest.raises(SerReproError, match="TESS: nothing is stored of it"):
        facts.gather(["TESS"], results=tmp_path)


def test_nothing_can_be_measured_anew_without_a_corpus(no_corpora):
    with pytest.raises(SerReproError, match="none of the corpora is here"):
        facts.gather(["SAVEE"], results=RESULTS, recompute=True)


def test_the_table_says_once_what_guessing_gives(apart):
    rows = facts.rows(apart)
    assert [row["corpus"] for row in rows if row["corpus"]] == list(facts.TOLD)
    assert rows[0]["emotion"] == f"12.5{NBSP}%" and len(rows) == 3 * (1 + len(words.shown()))


def test_marks_stand_where_the_measures_are(apart):
    axis = plots.apart(apart).axes[0]
    emotion, speaker, *_ = (line for line in axis.lines if line.get_marker() in "os")
    assert list(emotion.get_xdata()) == list(apart.of("RAVDESS")["emotion"])
    assert list(speaker.get_xdata()) == list(apart.of("RAVDESS")["speaker"])


def test_share_at_the_floor():
    assert facts.at_floor([np.array([[0.0, 0.0], [1.0, 2.0]]), np.array([[3.0, 4.0, 5.0, 6.0]])]) == 0.375


# ---- two clips ---------------------------------------------------------------------------------------------------


def test_demo_speech_has_the_silence_of_the_corpus(given):
    silence = exploration.load("RAVDESS", RESULTS)["silence_start_s"].median()
    samples = given.clips["anger"].samples
    before = round(silence * given.rate)
    assert not samples[:before].any() and samples[before:before + given.rate].any()
    assert list(given.clips) == list(plots.PAIR)


def test_what_is_stored_is_what_would_be_computed(given):
    stored = two_clips.given(plots.pair("RAVDESS", 0, results=RESULTS, demo=True), "RAVDESS", 0, RESULTS)
    assert stored.values.keys() == given.values.keys() and stored.synthetic
    for key, value in given.values.items():
        step = np.ptp(value) / 255 if value.ndim == 2 else 1e-5 * np.abs(value).max()
        assert stored.values[key].shape == value.shape
        np.testing.assert_allclose(stored.values[key], value, atol=max(1.01 * step, 1e-3 * np.abs(value).max()))


def test_another_example_or_definition_is_not_taken_from_the_store(monkeypatch):
    assert set(two_clips._stored("RAVDESS", 0, RESULTS)["sounds"]) == set(plots.PAIR)
    assert not two_clips._stored("RAVDESS", 1, RESULTS) and not two_clips._stored("SAVEE", 0, RESULTS)
    monkeypatch.setattr(two_clips, "_definitions", lambda: {"mel_image": "of another definition"})
    assert not two_clips._stored("RAVDESS", 0, RESULTS)


def test_the_stored_example_needs_no_librosa():
    code = ("import sys\n"
            "from ser_repro.book.features import plots, sound, two_clips, words\n"
            f"results = {str(RESULTS)!r}\n"
            "sentence = plots.pair('RAVDESS', 0, results=results, demo=True)\n"
            "plots.images(two_clips.given(sentence, 'RAVDESS', 0, results))\n"
            "plots.banks(), words.facts(), two_clips.sounds('RAVDESS', 0, results)\n"
            "sys.exit(', '.join({'librosa', 'torch', 'numba'} & set(sys.modules)) or 0)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("shape, told", [("(193,)", "193 values"), ("(40, time)", "40 values a frame"),
                                         ("(40, 100)", "40 values a frame, 100 frames"),
                                         ("(time,)", "One value a sample")])
def test_shapes_in_words(shape, told):
    assert words._shape(shape) == told


def test_images_stand_where_they_are_taken_from(given):
    figure = plots.images(given)
    at = {axis.get_title(loc="left"): axis for axis in figure.axes if axis.get_title(loc="left")}
    assert set(at) == {words.title(name) for name in given.sets(2)}
    begin, end, *_ = at["40 MFCCs, 100 frames"].images[0].get_extent()
    assert (begin, end) == pytest.approx((0, 100 * 512 / 48000))
    assert at["30 mel bands, code"].images[0].get_extent()[0] == 0.5
    assert any("not a result" in text.get_text() for text in figure.texts)


def test_means_are_drawn_in_their_longest_version(given):
    titles = [axis.get_title(loc="left") for axis in plots.means(given).axes]
    assert "mfcc, 2 to 100" in titles and "mel, 1 to 128 (power)" in titles


def test_modulation_and_first_frames(given):
    numbers = SETS["msf"].definition
    assert plots.modulation(given).axes[0].images[0].get_array().shape == (
        numbers["bands"], len(numbers["modulation_centres"]))
    axis = plots.first_frames(given).axes[0]
    late, early = (line.get_xdata() for line in axis.lines)
    assert early.max() <= 100 * 512 / 48000 < late.min()


def test_the_codes_bands_are_wider_below_a_kilohertz():
    right, code = plots.banks().axes
    assert sum(line.get_xdata()[line.get_ydata().argmax()] < 1 for line in right.lines[:30]) > sum(
        line.get_xdata()[line.get_ydata().argmax()] < 1 for line in code.lines[:30])


def test_what_a_set_keeps_can_be_heard(given):
    heard = sound.through_each_set(given.clips["anger"])
    assert len(heard["first 100 frames"]) == round(100 * 512 / 48000 * sound.HEARD_AT)
    assert all(np.isfinite(wave).all() for wave in heard.values()) and len(heard) == 7
    # The voice is where it was: silent at first, in what keeps the order in time.
    start = round(0.9 * sound.HEARD_AT)
    for name in ("64 mel bands", "40 MFCCs, all frames"):
        assert np.abs(heard[name][:start]).mean() < 0.2 * np.abs(heard[name][start:2 * start]).mean()


# ---- benchmarks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "told"), [
    (0, "0"), (1.67e-6, "2 · 10<sup>−6</sup>"), (1e-4, "1 · 10<sup>−4</sup>"), (2.13e-7, "3 · 10<sup>−7</sup>")])
def test_small_numbers_are_rounded_up(value, told):
    assert timings.tiny(value) == told.replace(" ", NBSP)


def test_benchmarks_are_told_or_asked_for(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(timings.show, "table", lambda rows, **_: seen.append(rows))
    monkeypatch.setattr(timings.show, "text", seen.append)
    timings.agreement(RESULTS)
    timings.speeds(RESULTS)
    assert [row["set"] for row in seen[0]] and any("is allowed" in one for one in seen if isinstance(one, str))
    compared, lacking = (next(one for one in seen if told in one) for told in ("were compared", "Not compared"))
    assert int(compared.split(" of the ")[0]) == len(SETS) - lacking.count(",") - 1 and "<code>" not in str(seen)
    seen.clear()
    timings.agreement(tmp_path)
    timings.speeds(tmp_path)
    assert len(seen) == 3 and all("benchmarks/features.py" in one for one in seen)
