"""Recordings of any length and kind: windows, notes, folders, and a microphone that is not there."""

import sys
import types

import numpy as np
import pytest
import soundfile
from making import make_model, make_run

from ser_repro import SerReproError
from ser_repro.saved import model as saved
from ser_repro.saved import pictures, predict


@pytest.fixture
def model(small):
    return saved.load(small)


def tone(seconds, rate=16000):
    return (0.1 * np.sin(2 * np.pi * 200 * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.fixture
def file(tmp_path):
    """A function that writes a recording of so many seconds."""
    def write(seconds, name="a.wav", rate=16000, samples=None):
        soundfile.write(tmp_path / name, tone(seconds, rate) if samples is None else samples, rate)
        return tmp_path / name

    return write


def test_a_long_recording_is_cut_into_windows_and_a_short_one_is_not(model, file):
    assert len(predict.recording(model, file(12)).windows) == 1
    long = predict.recording(model, file(20))
    length = model.card["trained_on"]["seconds"]["median"]
    assert len(long.windows) == np.ceil(20 / length) and long.windows[-1]["end_s"] == long.duration_s == 20
    assert all(one["end_s"] - one["start_s"] == pytest.approx(length, abs=0.002) for one in long.windows)
    assert f"cut into windows of {length:g} s" in long.notes[0]
    assert len(predict.recording(model, file(20), window_s=0).windows) == 1


@pytest.mark.parametrize(("window", "hop", "starts"), [
    (1.0, None, [0, 1, 2, 2.5]), (1.0, 0.5, [0, 0.5, 1, 1.5, 2, 2.5]), (5.0, None, [0]), (3.5, None, [0]),
    (3.0, 0.4, [0, 0.4, 0.5])])
def test_windows_cover_the_whole_recording(model, file, window, hop, starts):
    found = predict.recording(model, file(3.5), window_s=window, hop_s=hop).windows
    assert [one["start_s"] for one in found] == pytest.approx(starts)
    assert found[-1]["end_s"] == 3.5


def test_a_hop_without_windows_is_told_and_one_too_short_refused(model, file):
    assert any("--hop" in note for note in predict.recording(model, file(1.5), hop_s=1.0).notes)
    for hop in (1e-5, -1.0):
        with pytest.raises(SerReproError, match="too short"):
            predict.recording(model, file(3.5), window_s=1.0, hop_s=hop)


def test_a_window_is_heard_as_a_file_of_its_own(model, file):
    rng = np.random.default_rng(0)
    samples = (rng.standard_normal(48000) * np.repeat([0.01, 0.1, 0.3], 16000)).astype(np.float32)
    whole = predict.recording(model, file(0, samples=samples), window_s=1)
    for i, window in enumerate(whole.windows):
        part = predict.recording(model, file(0, "b.wav", samples=samples[i * 16000:(i + 1) * 16000]))
        assert part.probabilities == window["probabilities"]
    mean = {e: np.mean([one["probabilities"][e] for one in whole.windows]) for e in model.classes}
    assert whole.probabilities == pytest.approx(mean, abs=1e-5)
    assert list(whole.probabilities.values()) == sorted(whole.probabilities.values(), reverse=True)


def test_silence_is_told_and_does_not_count(model, file):
    silent = predict.recording(model, file(0, samples=np.zeros(16000, np.int16)))
    assert silent.windows[0]["silent"] and "it is silent: what the model makes of silence" in silent.notes[0]
    half = predict.recording(model, file(0, samples=np.concatenate([np.zeros(32000), tone(2)])), window_s=1)
    assert [one["silent"] for one in half.windows] == [True, True, False, False]
    assert "2 of 4 windows are silent" in half.notes[0]
    assert half.probabilities == half.windows[2]["probabilities"]


def click(seconds, rate=16000):
    samples = np.zeros(round(seconds * rate))
    samples[len(samples) // 2] = 0.9
    return samples


@pytest.mark.parametrize(("samples", "rate"), [
    (np.stack([tone(1), -tone(1)], 1), 16000), (np.stack([tone(1), -tone(1), 0 * tone(1)], 1), 44100),
    (np.full(16000, 0.5), 16000), (click(1), 16000),
    (0.5 * np.sin(2 * np.pi * 30000 * np.arange(96000) / 96000), 96000)],
    ids=["antiphase", "three channels", "a constant", "a click", "above what is heard"])
def test_silence_is_that_of_what_the_network_is_given(model, file, samples, rate):
    answer = predict.recording(model, file(0, samples=samples, rate=rate))
    assert answer.windows[0]["silent"]
    assert "it is silent to the model, which hears the mean of the channels up to 8 kHz" in answer.notes[0]


def test_a_network_on_waveforms_hears_the_first_channel(demo, tmp_path, file):
    waves = saved.load(make_model(make_run(epochs=1), demo, tmp_path))
    for first, silent in ((0 * tone(1), True), (tone(1), False)):
        answer = predict.recording(waves, file(0, samples=np.stack([first, tone(1) - first], 1)))
        assert answer.windows[0]["silent"] == silent
        assert len(answer.notes) == silent and (not silent or "hears the first channel" in answer.notes[0])
    assert not predict.recording(waves, file(0, samples=np.stack([tone(1), -tone(1)], 1))).notes


def test_what_is_too_quiet_to_mean_anything_is_told(model, file):
    answer = predict.recording(model, file(0, samples=0.02 * tone(1)))  # -54 dB
    assert not answer.windows[0]["silent"] and "it is very quiet (at most -54 dB of full scale)" in answer.notes[0]
    assert not predict.recording(model, file(0, samples=0.1 * tone(1))).notes


def test_what_a_recording_lacks_is_told(model, file):
    assert not predict.recording(model, file(0.4)).notes
    low = predict.recording(model, file(1, rate=8000))
    assert "it is at 8000 Hz, and the model listens up to 8 kHz" in low.notes[0]
    assert "far shorter than any clip that trained" in predict.recording(model, file(0.06)).notes[0]
    with pytest.raises(SerReproError, match=r"a\.wav lasts 0\.01 s, too short to hear an emotion in: give 0\.05 s"):
        predict.recording(model, file(0.01))
    with pytest.raises(SerReproError, match="leaves out parts between windows"):
        predict.recording(model, file(1), window_s=0.2, hop_s=0.5)


@pytest.mark.parametrize("ending", ["mp3", "ogg", "flac", "aiff", "au"])
def test_formats(model, file, ending):
    answer = predict.recording(model, file(1.5, f"a.{ending}"))
    assert answer.duration_s == 1.5 and not answer.notes
    windows = predict.recording(model, file(3.5, f"b.{ending}"), window_s=1).windows
    assert windows[-1]["end_s"] == 3.5


def test_files_of_folders_are_sorted_and_folders_without_any_are_told(file, tmp_path):
    for name in ("b.WAV", "a.mp3", "e.m4a", "f.amr", "g.mpga", "h.webm", "c/d [x] ü.flac", ".hidden.wav", "notes.txt",
                 "none/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found, faults = predict.find([tmp_path, tmp_path / "gone.wav", tmp_path / "none"])
    assert [str(path.relative_to(tmp_path)) for path in found] == [
        "a.mp3", "b.WAV", "c/d [x] ü.flac", "e.m4a", "f.amr", "g.mpga", "h.webm", "gone.wav"]
    assert len(faults) == 1 and "none holds no audio file" in faults[0]


def test_memory_does_not_grow_with_the_recording(model):
    largest = 0

    def read(frames):
        nonlocal largest, left
        largest, given = max(largest, frames), min(frames, left)
        left -= given
        return np.full((given, 1), 1000, np.int16)

    left = 16000 * 600
    answer = predict.heard(model, "x", read, left, 16000, window_s=20)
    assert len(answer.windows) == 30 and largest == 320000


def test_a_recording_drawn_over_time(model, file):
    answer = predict.recording(model, file(0, samples=np.concatenate([np.zeros(32000), tone(8)])), window_s=1)
    figure = pictures.over_time(answer.windows, model.classes, "a $x_1$ [y].wav", synthetic=True)
    axis = figure.axes[0]
    assert axis.get_xlabel() == "time (min:s)" and [t.get_text() for t in axis.texts] == []
    assert {text.get_text() for text in axis.get_legend().get_texts()} == {*model.classes, "silence"}
    assert "synthetic: not a result" in [text.get_text() for text in figure.texts]
    assert pictures.content(figure, "svg").startswith(b"<?xml")
    assert [pictures.clock(s) for s in (0, 59.6, 61, 3599)] == ["0:00", "1:00", "1:01", "59:59"]
    assert [pictures.clock(s, 1) for s in (3.67, 59.96, 65)] == ["0:03.7", "1:00.0", "1:05.0"]


# ---- microphone --------------------------------------------------------------------------------------------------


@pytest.fixture
def sounddevice(monkeypatch):
    """A sounddevice that records a tone at 48 kHz and no other rate."""
    fake = types.ModuleType("sounddevice")
    fake.PortAudioError = type("PortAudioError", (Exception,), {})
    fake.calls = []

    def check_input_settings(samplerate, channels):
        if samplerate != 48000:
            raise fake.PortAudioError("Invalid sample rate")

    def rec(frames, samplerate, channels, dtype):
        fake.calls.append((frames, samplerate, channels, dtype))
        return tone(frames / samplerate, samplerate)[:, None]

    fake.query_devices = lambda kind: {"default_samplerate": 48000.0}
    fake.check_input_settings, fake.rec = check_input_settings, rec
    fake.wait = fake.stop = lambda: None
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    return fake


def test_a_microphone_is_heard_at_a_rate_that_it_has(model, sounddevice, file):
    told = []
    samples, rate = predict.microphone(1.5, 16000, ready=lambda: told.append("speak"))
    assert sounddevice.calls == [(72000, 48000, 1, "float32")] and told == ["speak"] and rate == 48000
    answer = predict.spoken(model, samples, rate)
    assert answer.file == "microphone" and answer.duration_s == 1.5 and len(answer.windows) == 1
    path = file(1)
    soundfile.write(path, tone(1.5, 48000), 48000, subtype="FLOAT")
    assert answer.probabilities == predict.recording(model, path).probabilities
    assert predict.microphone(1, 48000)[1] == 48000
    assert len(predict.spoken(model, samples, rate, window_s=0.5).windows) == 3


def test_no_package_no_library_no_device(monkeypatch, sounddevice):
    def nothing(kind):
        raise sounddevice.PortAudioError("Error querying device -1")

    monkeypatch.setattr(sounddevice, "query_devices", nothing)
    with pytest.raises(SerReproError, match=r"no microphone can be used \(Error querying device -1\): connect one"):
        predict.microphone(1, 16000)
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(SerReproError, match="needs the package sounddevice: `pip install sounddevice`"):
        predict.microphone(1, 16000)

    class Finder:
        @staticmethod
        def find_spec(name, *_):
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice")
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])
    with pytest.raises(SerReproError, match=r"needs the library PortAudio \(PortAudio library not found\): install it"):
        predict.microphone(1, 16000)
