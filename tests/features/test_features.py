"""Feature sets: the fast path is librosa's, whatever the signal; the cache gives back what it was given."""

import dataclasses
import gc
import json
import os
import sqlite3
import subprocess
import sys
import warnings

import librosa
import numpy as np
import pytest
import scipy.ndimage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ser_repro import SerReproError, datasets
from ser_repro.features import crema258, extract, issa193, mel_image, mfcc, noise, raw, sets
from ser_repro.features.clip import PATHS, Clip
from ser_repro.features.fast import kernels, modulation, resampling
from ser_repro.features.fast.batched import Batched
from ser_repro.features.fast.descriptors import Fast
from ser_repro.features.reference import Reference
from ser_repro.features.store import Store

NAMES = sorted(name for name, of in sets.SETS.items() if not of.extra)  # those of extras have tests of their own
DESCRIPTORS = {
    "mel": lambda d: d.mel(), "mel30": lambda d: d.mel(30, filter_rate=22050), "mfcc": lambda d: d.mfcc(40),
    "chroma": lambda d: d.chroma(), "contrast": lambda d: d.contrast(), "tonnetz": lambda d: d.tonnetz(),
    "tonnetz, harmonic": lambda d: d.tonnetz(harmonic=True), "zero crossings": lambda d: d.zero_crossings(),
    "rms": lambda d: d.rms(), "roll-off": lambda d: d.rolloff(), "flatness": lambda d: d.flatness(),
    "bandwidth": lambda d: d.bandwidth(),
}


def error(fast, reference):
    """Greatest difference, relative to the greatest value of the same descriptor or set: near zero it is absolute."""
    assert fast.shape == reference.shape
    return np.abs(fast - reference).max() / max(np.abs(reference).max(), 1e-6)


def speech(clip="03-01-05-02-01-01-12", rate=22050):
    return datasets.synthesise("RAVDESS", clip, sample_rate=rate)[0][:, 0].astype(np.float32) / 2**15


SIGNALS = {
    "speech": speech(), "silence": np.zeros(9000, np.float32), "constant": np.full(9000, 0.25, np.float32),
    "clipped": np.clip(20 * speech(), -1, 1), "a click": np.eye(1, 9000, 4000, dtype=np.float32)[0],
    "noise": np.random.default_rng(0).normal(0, 0.1, 9000).astype(np.float32), "very soft": speech() * np.float32(1e-5),
    "digital silence, then speech": np.concatenate([np.zeros(12000, np.float32), speech()]),
    "1536 samples": speech()[5000:6536], "2500 samples": speech()[5000:7500],
}


@pytest.mark.parametrize("signal", SIGNALS)
def test_fast_descriptors_are_those_of_librosa(signal):
    reference, *others = (kind(SIGNALS[signal], 22050) for kind in (Reference, Fast, Batched))
    for name, compute in DESCRIPTORS.items():
        for other in others:
            assert error(compute(other), compute(reference)) < 1e-4, name


@pytest.mark.parametrize(("rate", "n_fft", "hop"), [(22050, 512, 256), (22050, 2048, 552), (16000, 512, 160),
                                                    (48000, 2048, 512), (44100, 2048, 512), (96000, 2048, 512)])
def test_at_other_rates_and_frames_too(rate, n_fft, hop):
    reference, *others = (kind(speech(rate=rate), rate, n_fft, hop) for kind in (Reference, Fast, Batched))
    for name, compute in DESCRIPTORS.items():
        for other in others:
            assert error(compute(other), compute(reference)) < 1e-4, name


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32 - 1), st.integers(1536, 6000), st.floats(0, 1.2), st.floats(-1, 1))
def test_whatever_the_signal(seed, length, loudness, offset):
    rng = np.random.default_rng(seed)
    signal = np.cumsum(rng.normal(size=length)) / 50 if seed % 2 else rng.normal(size=length)
    signal = np.clip(loudness * signal + offset, -1, 1)
    # In steps of 24 bits, as files hold it: of what lies below the smallest normal float the spectrum is rounding.
    signal = (np.round(signal * 2**23) / 2**23).astype(np.float32)
    reference, *others = (kind(signal, 22050) for kind in (Reference, Fast, Batched))
    for name, compute in DESCRIPTORS.items():
        for other in others:
            assert error(compute(other), compute(reference)) < 1e-4, name


@pytest.mark.parametrize(("samples", "says"), [
    (np.zeros(0, np.float32), "no clip|without a sample"), (np.zeros((2, 3, 4), np.float32), "no clip|not one channel"),
    (np.array([0.1, np.nan], np.float32), "not numbers"), (np.array([np.inf], np.float32), "not numbers"),
])
def test_bad_samples_are_refused_alike(samples, says):
    for path in PATHS:
        with pytest.raises(SerReproError, match=says) as raised:
            Clip(samples, 22050, path=path)
        assert "\n" not in str(raised.value)
    for kind in (Reference, Fast, Batched):
        with pytest.raises(SerReproError, match=says):
            kind(samples, 22050)


@pytest.mark.parametrize("length", [1, 63, 64, 100, 700, 1535])
def test_very_short_signals_too(length):
    reference, fast = (kind(SIGNALS["speech"][5000:5000 + length], 22050) for kind in (Reference, Fast))
    for name, compute in DESCRIPTORS.items():
        if "tonnetz" in name and length < (1536 if "harmonic" in name else 64):
            said = set()
            for one in (reference, fast):
                with pytest.raises(SerReproError, match=f"{length} samples is too short for tonnetz") as raised:
                    compute(one)
                said.add(str(raised.value))
            assert len(said) == 1
        else:
            assert error(compute(fast), compute(reference)) < 1e-4, name


@pytest.mark.parametrize(("rate", "to"), [(48000, 22050), (48000, 44100), (48000, 16000), (44100, 22050),
                                          (24414, 22050), (96000, 22050), (16000, 22050), (8000, 44100),
                                          (22050, 22049)])
def test_near_resampling_is_soxr_s_from_the_first_sample_to_the_last(rate, to):
    rng = np.random.default_rng(0)
    for length in (1, 2, 3, 100, 160, 480, 777, 5000, 20000):  # some end half way between two samples
        for samples in (rng.normal(size=length), rng.normal(size=length).cumsum() / 50, np.ones(length),
                        np.eye(1, length, length - 1)[0]):
            samples = samples.astype(np.float32)
            exact, near = (way(samples, rate, to) for way in (resampling.exact, resampling.near))
            np.testing.assert_array_equal(exact, librosa.resample(samples, orig_sr=rate, target_sr=to,
                                                                  res_type="soxr_hq"))
            np.testing.assert_allclose(near, exact, rtol=0, atol=2e-6 * np.abs(samples).max())


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (14, 3), (31, 200), (177, 130), (400, 1)])
@pytest.mark.parametrize("size", [3, 5, 31])
def test_running_median_is_that_of_scipy(shape, size):
    rng = np.random.default_rng(0)
    for values in (rng.normal(size=shape), rng.integers(0, 3, shape)):
        values = values.astype(np.float32)
        expected = scipy.ndimage.median_filter(values, size=(size, 1), mode="reflect")
        np.testing.assert_array_equal(kernels.running_median(values, size), expected)


def test_harmonic_part_is_that_of_librosa():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = librosa.effects.harmonic(speech())
    np.testing.assert_allclose(Fast(speech(), 22050)._harmonic.samples, expected, atol=1e-7 * np.abs(expected).max())


# ---- sets ------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:n_fft")
def test_the_193_values_stand_in_the_paper_s_order():
    clip = Clip(speech(), 22050)
    value = sets.SETS["issa193"].compute(clip)
    described = Reference(speech(), 22050)
    harmonic = librosa.effects.harmonic(speech())
    expected = np.concatenate([librosa.feature.mfcc(y=speech(), sr=22050, n_mfcc=40).mean(1),
                               described.chroma().mean(1), described.mel().mean(1), described.contrast().mean(1),
                               librosa.feature.tonnetz(y=harmonic, sr=22050).mean(1)])
    assert value.shape == (193,) and error(value, expected) < 1e-6
    np.testing.assert_allclose(value[-6:], expected[-6:], atol=1e-6)
    code = sets.SETS["issa193_code"].compute(clip)
    np.testing.assert_allclose(code[40:168], value[52:180], rtol=1e-6)  # mel, before chroma
    np.testing.assert_allclose(code[168:180], value[40:52], rtol=1e-6)
    assert sets.SETS["issa193"].values[39:42] == ("mfcc 40", "chroma 1", "chroma 2")


def test_sizes_are_those_of_the_documents():
    clip = Clip(datasets.synthesise("RAVDESS", "03-01-05-02-01-01-12", duration_s=2)[0], 48000, key="a")
    shapes = {name: sets.SETS[name].compute(clip).shape for name in NAMES}
    assert shapes["issa193"] == shapes["issa193_code"] == shapes["issa193_full"] == (193,)
    assert shapes["crema258"] == (258,) and shapes["mfcc50_mean_code"] == shapes["mfcc50_mean_paper"] == (50,)
    assert shapes["mel_image"] == shapes["mel_image_code"] == (30, 216)
    assert shapes["msf"] == (236,) and shapes["mfcc_msf"] == (248,) and shapes["msf_frames"][0] == 118
    assert shapes["mfcc40_frames_code"] == (40, 100) and shapes["mfcc40_frames_whole"][0] == 40
    for name, one in sets.SETS.items():
        assert not one.values or name not in shapes or shapes[name] == (len(one.values),)
        assert one.source and one.shape.startswith("(")
    assert len({one.hash for one in sets.SETS.values()}) == len(sets.SETS)


CLIPS = {
    "silence": (np.zeros((9000, 1), np.int16), 22050), "clipping": (np.clip(20 * speech(), -1, 1)[:9000], 22050),
    "one sample": (np.full((1, 1), 3000, np.int16), 48000), "a constant": (np.full((9000, 1), 8000, np.int16), 16000),
    "very short": (speech()[5000:5300], 22050), "96 kHz": (speech(rate=96000)[:60000], 96000),
    "stereo, 48 kHz": datasets.synthesise("EMOVO", "rab-m1-b2", duration_s=0.6),
}


def by_path(name, samples, rate):
    """A set's values by each path, or the error's text."""
    found = {}
    for path in PATHS:
        try:
            found[path] = sets.get(name).compute(Clip(samples, rate, path=path, key="k"))
        except SerReproError as refused:
            found[path] = str(refused)
    return found


def agree(name, samples, rate):
    found = by_path(name, samples, rate)
    reference = found.pop("reference")
    for path, values in found.items():
        if isinstance(values, str) or isinstance(reference, str):
            assert values == reference and "too short" in values
            continue
        assert values.dtype == reference.dtype == np.float32
        assert max(sets.differences(sets.get(name), values, reference).values()) < sets.AGREE, path


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("clip", CLIPS)
def test_all_paths_agree_on_every_set(name, clip):
    agree(name, *CLIPS[clip])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(NAMES), st.integers(0, 2**32 - 1), st.integers(1, 12000), st.sampled_from([1, 2]),
       st.sampled_from([8000, 16000, 24414, 44100, 48000, 96000]), st.floats(0, 2), st.floats(-0.5, 0.5))
def test_on_every_set_whatever_the_signal(name, seed, length, channels, rate, loudness, offset):
    """From silence to clipping, with an offset, however short, of one channel or two."""
    samples = np.random.default_rng(seed).normal(size=(length, channels)).cumsum(axis=0) / 30
    agree(name, (np.clip(loudness * samples + offset, -1, 1) * 32767).astype(np.int16), rate)


def test_differences_are_relative_to_the_whole_descriptor():
    one = sets.FeatureSet("some", {}, None, "(4,)", "here", ("mfcc 1", "mfcc 2", "rms", "mean E(1,12)"))
    found = sets.differences(one, np.array([100, 0.2, 3, 1e-9]), np.array([100, 0.1, 2, 0]))
    assert found == pytest.approx({"mfcc": 0.001, "rms": 0.5, "mean E": 0.001})
    assert sets.differences(sets.get("raw_16k"), np.array([1.0, 2]), np.array([1.0, 4])) == {"raw_16k": 0.5}
    with pytest.raises(SerReproError, match="cannot be compared"):
        sets.differences(one, np.zeros(3), np.zeros(4))


@pytest.mark.parametrize("name", NAMES)
def test_clips_that_are_computed_together_do_not_change_each_other(name):
    """Of one rate or not, and one too short for a harmonic part."""
    made = [speech(rate=22050)[2000:14000], speech(rate=48000)[9000:30000], speech(rate=22050)[4000:5500],
            speech("03-01-02-01-01-01-03")[:9000]]
    rates = [22050, 48000, 22050, 22050]
    alone = [by_path(name, samples, rate) for samples, rate in zip(made, rates, strict=True)]
    clips = [Clip(samples, rate, path="torch", key="k") for samples, rate in zip(made, rates, strict=True)]
    for clip in clips:
        clip.join(clips)
    for clip, expected in zip(clips, alone, strict=True):
        if isinstance(expected["reference"], str):
            with pytest.raises(SerReproError) as refused:
                sets.get(name).compute(clip)
            assert str(refused.value) == expected["reference"]
        else:
            assert max(sets.differences(sets.get(name), sets.get(name).compute(clip),
                                        expected["reference"]).values()) < sets.AGREE


def test_sets_share_the_modulation_features(monkeypatch):
    done, fast = [], modulation.fast
    monkeypatch.setattr(modulation, "fast", lambda signals, device: done.append(len(signals)) or fast(signals, device))
    clip = Clip(speech(), 22050)
    frames, means, both = (sets.get(name).compute(clip) for name in ("msf_frames", "msf", "mfcc_msf"))
    assert done == [1]
    np.testing.assert_allclose(means[:118], frames.mean(axis=1), rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(both[12:], means)


def test_the_steps_of_the_study_grow():
    sizes = [sum(count for _, count in parts) for parts, *_ in crema258.STEPS.values()]
    assert sizes == sorted(sizes) and sizes[0] == 22 and sizes[-1] == 258
    assert issa193.PAPER[:4] == issa193.PAPER_FULL[:4]


def test_the_hundred_frames_are_the_first_second():
    samples, rate = datasets.synthesise("RAVDESS", "03-01-05-02-01-01-12", duration_s=3)
    whole = sets.SETS["mfcc40_frames_whole"].compute(Clip(samples, rate))
    first = sets.SETS["mfcc40_frames_code"].compute(Clip(samples, rate))
    np.testing.assert_array_equal(first, whole[:, :mfcc.FRAMES])
    assert abs(whole.mean()) < 1e-4 and abs(whole.std() - 1) < 1e-4
    short = sets.SETS["mfcc40_frames_code"].compute(Clip(samples[:rate // 2], rate))
    assert not short[:, 48:].any() and short[:, :47].any()


def test_the_report_s_image_has_its_bands_at_twice_the_frequency():
    """A tone of 2 kHz lights the band that a filterbank of the right rate gives to 1 kHz."""
    tone = (0.3 * np.sin(2 * np.pi * 2000 * np.arange(3 * 44100) / 44100)).astype(np.float32)
    wrong, right = (sets.SETS[name].compute(Clip(tone, 44100, key="k")).mean(1).argmax()
                    for name in ("mel_image_code", "mel_image"))
    centres = librosa.mel_frequencies(mel_image.BANDS + 2, fmax=11025)[1:-1], librosa.mel_frequencies(
        mel_image.BANDS + 2, fmax=22050)[1:-1]
    assert abs(centres[0][wrong] - 1000) < 200 and abs(centres[1][right] - 2000) < 300


def test_the_report_s_image_pads_by_lot_but_always_alike():
    samples = speech(rate=44100)[:60000]
    def image(key, name="mel_image_code"):
        return sets.SETS[name].compute(Clip(samples, 44100, key=key))
    np.testing.assert_array_equal(image("a"), image("a"))
    assert np.abs(image("a") - image("b")).max() > 1
    np.testing.assert_array_equal(image("a", "mel_image"), image("b", "mel_image"))
    assert image("a").max() - image("a").min() == pytest.approx(80, abs=0.01)  # librosa keeps 80 dB


@pytest.mark.parametrize(("length", "where", "expected"), [
    (5, "end", [1, 2, 3, 0, 0]), (5, "start", [0, 0, 1, 2, 3]), (6, "both", [0, 1, 2, 3, 0, 0]), (3, "both", [1, 2, 3]),
    (2, "end", [1, 2]), (2, "start", [2, 3]), (1, "both", [2]),
])
def test_crop_or_pad(length, where, expected):
    np.testing.assert_array_equal(raw.crop_or_pad(np.array([1, 2, 3]), length, where), expected)


def test_raw_samples_are_levelled_and_of_the_length_asked_for():
    clip = Clip(speech(rate=16000), 16000)
    np.testing.assert_array_equal(sets.get("raw_16k").compute(clip), speech(rate=16000))
    eight = sets.get("raw_16k_8s").compute(clip)
    assert eight.shape == (128000,) and not eight[len(clip.samples):].any()
    assert np.abs(raw.raw("peak", 16000, level="peak").compute(clip)).max() == 1
    levelled = raw.raw("rms", 16000, level="rms").compute(clip)
    assert np.sqrt(np.mean(levelled**2)) == pytest.approx(0.1, rel=1e-5)
    silent = Clip(np.zeros(100, np.float32), 16000)
    assert not raw.raw("silent", 16000, level="rms").compute(silent).any()
    for bad in (lambda: raw.raw("x", 16000, level="loud"), lambda: raw.crop_or_pad(np.ones(3), 0),
                lambda: raw.crop_or_pad(np.ones(3), 2, "middle")):
        with pytest.raises(SerReproError, match=r"choose one of None, peak|is not possible"):
            bad()


def test_an_unknown_set_or_path_is_told_the_known_ones():
    with pytest.raises(SerReproError, match=r"no feature set 'mfcc7': choose one of crema258, .*issa193"):
        sets.get("mfcc7")
    with pytest.raises(SerReproError, match="no path 'slow': choose one of fast, torch, reference"):
        extract.extract([], ["issa193"], path="slow")
    with pytest.raises(SerReproError, match="registered already"):
        sets.register(sets.get("issa193"))


# ---- many clips, and the cache -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = datasets.write_demo("EMO-DB", tmp_path_factory.mktemp("demo") / "EMO-DB", per_emotion=2, duration_s=0.3,
                                 speakers=["03", "08"])
    return datasets.find("EMO-DB", folder)


SOME = ["mfcc20_mean", "mfcc40_frames_whole", "issa193"]


def test_the_second_time_comes_from_the_cache_bit_for_bit(clips, tmp_path):
    done = []
    first = extract.extract(clips, SOME, cache=tmp_path, workers=1, progress=lambda *x: done.append(x))
    assert done[-1] == (len(clips), len(clips))
    values = {name: list(first[name]) for name in SOME}
    # Sets of the same definition that cannot compute: what they give was there.
    stored = [dataclasses.replace(sets.get(name), compute=lambda clip: 1 / 0) for name in SOME]
    with pytest.raises(ZeroDivisionError):
        extract.extract(clips, stored, cache=tmp_path / "empty", workers=1)
    order = np.random.default_rng(0).permutation(len(clips))
    for workers in (1, 2):
        for asked, cache in ((stored, tmp_path), (SOME, tmp_path / f"anew {workers}")):
            again = extract.extract(clips.iloc[order], asked, cache=cache, workers=workers)
            for name in SOME:
                for old, new in zip(order, again[name], strict=True):
                    np.testing.assert_array_equal(values[name][old], new)
    assert first["mfcc20_mean"].array().shape == (len(clips), 20)
    lengths = {value.shape[1] for value in values["mfcc40_frames_whole"]}
    assert len(lengths) > 1
    with pytest.raises(SerReproError, match="differ in length"):
        first["mfcc40_frames_whole"].array()


def test_it_is_what_each_clip_gives_alone(clips, tmp_path):
    found = extract.extract(clips, ["mfcc20_mean"], cache=tmp_path, workers=1)["mfcc20_mean"].array()
    reference = extract.extract(clips, ["mfcc20_mean"], cache=tmp_path, workers=1, path="reference")["mfcc20_mean"]
    for row, path in enumerate(clips["path"]):
        alone = sets.get("mfcc20_mean").compute(Clip(*datasets.read(path)))
        np.testing.assert_array_equal(found[row], alone)
    assert error(found, reference.array()) < 1e-6


def _cut(file):
    file.write_bytes(file.read_bytes()[:file.stat().st_size // 2])


def _overwrite(file):
    file.write_bytes(b"not a database, whatever its name says" * 100)


def _flip_values(file):
    with sqlite3.connect(file) as database:
        database.execute("UPDATE value SET data = zeroblob(length(data)) WHERE key IN (SELECT key FROM value LIMIT 5)")


def _spoil_shapes(file):
    with sqlite3.connect(file) as database:
        database.execute("UPDATE value SET shape = '[7]'")


def _swap_clips(file):
    with sqlite3.connect(file) as database:
        (one,), (other,) = database.execute("SELECT key FROM value LIMIT 2").fetchall()
        for old, new in ((one, "between"), (other, one), ("between", other)):
            database.execute("UPDATE value SET key = ? WHERE key = ?", (new, old))


def _turn_shapes(file):
    with sqlite3.connect(file) as database:
        database.execute("UPDATE value SET shape = '[20, 1]'")


@pytest.mark.parametrize("damage", [_cut, _overwrite, _flip_values, _spoil_shapes, _swap_clips, _turn_shapes])
def test_a_damaged_cache_is_noticed_and_mended(clips, tmp_path, damage):
    first = extract.extract(clips, ["mfcc20_mean"], cache=tmp_path, workers=1)["mfcc20_mean"]
    values = first.array()
    damage(first.store.file)
    again = extract.extract(clips, ["mfcc20_mean"], cache=tmp_path, workers=1)["mfcc20_mean"]
    np.testing.assert_array_equal(again.array(), values)


def test_a_definition_or_path_of_its_own_has_a_file_of_its_own(tmp_path):
    files = {Store(sets.get(name), path, tmp_path).file for name in NAMES for path in PATHS}
    assert len(files) == len(PATHS) * len(NAMES)


@pytest.mark.parametrize("path", PATHS)
def test_clips_are_let_go_of_one_after_the_other(clips, tmp_path, path):
    """Not when Python next looks for circles: until then, memory would grow with the corpus."""
    gc.collect()
    gc.disable()
    try:
        some = [sets.get(name) for name in ("issa193", "mel_image", "msf")]
        assert len(extract._lot([str(p) for p in clips["path"]], some, path, tmp_path, False, os.getpid())) > 1
        left = [type(one) for one in gc.get_objects() if type(one) in (Clip, Reference, Fast, Batched)]
    finally:
        gc.enable()
    assert left == []


def test_two_processes_share_a_cache(clips, tmp_path):
    code = ("import sys; from ser_repro import datasets; from ser_repro.features import extract\n"
            "if __name__ == '__main__':\n"
            "    table = datasets.find('EMO-DB', sys.argv[1])\n"
            "    print(extract.extract(table, ['mfcc20_mean'], cache=sys.argv[2], workers=1)['mfcc20_mean'].array()"
            ".tobytes().hex())")
    folder = clips["path"].iloc[0].rpartition("/wav/")[0]
    two = [subprocess.Popen([sys.executable, "-c", code, folder, str(tmp_path)], stdout=subprocess.PIPE)
           for _ in range(2)]
    said = [process.communicate(timeout=600)[0] for process in two]
    assert [process.returncode for process in two] == [0, 0] and said[0] == said[1] and len(said[0]) > 1000


def test_a_clip_that_cannot_be_used_is_named(clips, tmp_path):
    (tmp_path / "text.wav").write_text("no audio")
    with pytest.raises(SerReproError, match=r"text\.wav cannot be read as audio"):
        extract.extract([*clips["path"], tmp_path / "text.wav"], ["mfcc20_mean"], cache=tmp_path / "c", workers=1)
    (tmp_path / "file").touch()
    with pytest.raises(SerReproError, match=r"features not written to .*: give another --cache"):
        extract.extract(clips, ["mfcc20_mean"], cache=tmp_path / "file", workers=1)


FRESH_INSTALL = """
import json, sys
import numpy as np
from numba.core import caching

saved, save = [], caching.IndexDataCacheFile._save_data


def watched(self, name, data):
    lock = getattr(sys.modules.get("ser_repro.features.compiled"), "LOCK", None)
    saved.append((name, bool(lock and lock.is_locked)))
    save(self, name, data)


caching.IndexDataCacheFile._save_data = watched
from ser_repro.book import exploration
from ser_repro.features import augmentation, sets
from ser_repro.features.clip import PATHS, Clip

clip = np.random.default_rng(0).normal(size=9000).astype(np.float32) / 10
for path in PATHS:
    for name in ("issa193", "mfcc50_mean_code"):
        sets.get(name).compute(Clip(clip, 22050, path=path))
exploration.pitch(np.tile(clip, 3))
print(json.dumps(saved))
"""


def test_processes_of_a_fresh_install_do_not_mix_up_compiled_functions(tmp_path):
    ran = subprocess.run([sys.executable, "-c", FRESH_INSTALL], capture_output=True, text=True, check=True,
                         env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)})
    saved = json.loads(ran.stdout.splitlines()[-1])
    alone = {name.split("-")[1] if name.startswith("guf-") else name.split("-")[0] for name, locked in saved if locked}
    together = [name for name, locked in saved if not locked]
    assert {"utils._localmax", "pitch._pi_wrapper"} <= alone
    assert not [name for name in together if name.startswith("guf-")], "a function that is kept in two parts"
    assert [name for name in together if name.startswith("kernels.")]
    assert not [name for name in together if not name.endswith(".1.nbc")], "a function of several types"


def test_noise_is_what_any_language_makes_it():
    state, expected = 0, []
    for _ in range(1000):
        state = (1664525 * state + 1013904223) % 2**32
        expected.append(state / 2**31 - 1)
    found = noise.uniform(1000)
    assert (found == expected).all() and noise.uniform(0).shape == (0,)
    many = noise.uniform(50000)
    assert abs(many.mean()) < 0.01 and abs(many.std() - 3**-0.5) < 0.01
    assert np.abs(np.corrcoef(many[:-1], many[1:])[0, 1]) < 0.02


def test_behind_a_noise_floor_rounding_is_not_heard():
    """In digital silence pitch classes are those of what a resampler rounds to."""
    clip = np.concatenate([np.zeros(22050), speech()[:22050], np.zeros(22050)]).astype(np.float32)
    rounded = (clip + 1e-9 * np.random.default_rng(0).standard_normal(len(clip))).astype(np.float32)
    moved = {}
    for name in ("issa193_code", "issa193_code_noise"):
        one = sets.SETS[name]
        classes = [i for i, value in enumerate(one.values) if value.startswith("chroma")]
        moved[name] = np.abs(one.compute(Clip(clip, 22050)) - one.compute(Clip(rounded, 22050)))[classes].max()
    assert moved["issa193_code"] > 0.1 and moved["issa193_code_noise"] < 1e-4, moved
