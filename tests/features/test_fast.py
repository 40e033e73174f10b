"""What librosa builds and the fast path builds again: windows, filterbanks, and steps from spectra to descriptors."""

import subprocess
import sys

import librosa
import numpy as np
import pytest
import scipy.signal

from ser_repro import datasets
from ser_repro.features import modulation
from ser_repro.features.fast import banks, constant_q, spectral

RATES = [(22050, 2048), (22050, 512), (48000, 2048), (16000, 512), (44100, 2048)]


def magnitudes(seed=0):
    """Of speech, of noise, of a click (flat) and of silence; shape (1025, time)."""
    rng = np.random.default_rng(seed)
    samples = datasets.synthesise("RAVDESS", "03-01-05-02-01-01-12", sample_rate=22050)[0][:, 0] / 2**15
    for one in (samples, rng.normal(size=9000), np.eye(1, 9000, 4000)[0], np.zeros(4000)):
        yield np.abs(librosa.stft(one.astype(np.float32)))


@pytest.mark.parametrize("length", [1, 2, 7, 511, 512, 2048, 2049])
def test_windows_are_those_of_scipy(length):
    np.testing.assert_array_equal(banks.hann(length), scipy.signal.get_window("hann", length))
    np.testing.assert_array_equal(modulation.window(), scipy.signal.get_window("hamming", 2048))


@pytest.mark.filterwarnings("ignore:Empty filters")
@pytest.mark.parametrize(("rate", "n_fft"), RATES)
def test_filterbanks_are_those_of_librosa(rate, n_fft):
    for bands in (30, 64, 128):
        np.testing.assert_array_equal(banks.mel_bank(rate, n_fft, bands),
                                      librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=bands))
    for tuning in (-0.5, 0.0, 0.13):
        np.testing.assert_array_equal(banks.chroma_bank(rate, n_fft, tuning),
                                      librosa.filters.chroma(sr=rate, n_fft=n_fft, tuning=tuning))


@pytest.mark.parametrize(("rate", "n_fft"), RATES)
def test_mel_powers_are_those_of_the_whole_bank(rate, n_fft):
    rng = np.random.default_rng(0)
    spectrum = (rng.normal(size=(9, n_fft // 2 + 1, 2)) @ [1, 1j]).astype(np.complex64)
    expected = banks.mel_bank(rate, n_fft, 128).astype(float) @ (np.abs(spectrum.astype(complex))**2).T
    np.testing.assert_allclose(banks.mel_powers(spectrum, rate, n_fft, 128), expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_frames_are_windowed_and_zero_beyond_the_ends(dtype):
    samples, window = np.random.default_rng(0).normal(size=700).astype(np.float32), banks.hann(512).astype(dtype)
    found = banks.frames(samples, window, 160)
    padded = np.concatenate([np.zeros(256, np.float32), samples, np.zeros(256, np.float32)])
    expected = np.stack([padded[start:start + 512] * window for start in range(0, 701, 160)])
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected)


def test_steps_from_a_spectrum_are_those_of_librosa():
    for magnitude in magnitudes():
        power = magnitude**2
        np.testing.assert_array_equal(spectral.decibels(power), librosa.power_to_db(power))
        np.testing.assert_array_equal(spectral.decibels(power**2), librosa.amplitude_to_db(power))
        for norm in (1, 2, np.inf):
            np.testing.assert_array_equal(spectral.normalised(magnitude, norm), librosa.util.normalize(
                magnitude, norm=norm))
        np.testing.assert_array_equal(spectral.contrast(magnitude, 22050, 2048),
                                      librosa.feature.spectral_contrast(S=magnitude, sr=22050))
        np.testing.assert_array_equal(spectral.rolloff(magnitude, 22050, 2048),
                                      librosa.feature.spectral_rolloff(S=magnitude, sr=22050))
        np.testing.assert_array_equal(spectral.flatness(magnitude), librosa.feature.spectral_flatness(S=magnitude))
        np.testing.assert_allclose(spectral.bandwidth(magnitude, 22050, 2048),
                                   librosa.feature.spectral_bandwidth(S=magnitude, sr=22050), rtol=1e-6)


@pytest.mark.filterwarnings("ignore:Trying to estimate tuning")
@pytest.mark.parametrize("bins", [12, 36])
def test_tuning_and_peaks_are_those_of_librosa(bins):
    for magnitude in magnitudes():
        pitches, sizes = librosa.piptrack(S=magnitude, sr=22050)
        pitch, size = spectral.peaks(magnitude, 14, 372, (22050.0, 2048.0))
        np.testing.assert_array_equal(pitch, pitches[pitches > 0])
        np.testing.assert_array_equal(size, sizes[pitches > 0])
        assert spectral.tuning(magnitude, 22050, 2048, bins) == librosa.estimate_tuning(
            S=magnitude, sr=22050, bins_per_octave=bins)


@pytest.mark.parametrize(("length", "n_fft", "hop"), [(1, 2048, 512), (700, 2048, 512), (9001, 2048, 512),
                                                      (5000, 512, 160)])
def test_root_mean_square_and_zero_crossings_are_those_of_librosa(length, n_fft, hop):
    samples = np.random.default_rng(length).normal(size=length).astype(np.float32)
    samples[::3], samples[1::7] = -0.0, -1e-11  # too small to have a sign
    for one in (samples, np.abs(samples)):
        np.testing.assert_array_equal(spectral.rms(one, n_fft, hop), librosa.feature.rms(
            y=one, frame_length=n_fft, hop_length=hop))
        np.testing.assert_array_equal(spectral.zero_crossings(one, n_fft, hop), librosa.feature.zero_crossing_rate(
            one, frame_length=n_fft, hop_length=hop))


@pytest.mark.filterwarnings("ignore:n_fft=1024 is too large")
@pytest.mark.parametrize("tuning", [-0.5, 0.0, 0.31])
def test_the_constant_q_transform_is_that_of_librosa(tuning):
    assert librosa.filters.window_bandwidth("hann") == constant_q._HANN_BINS
    np.testing.assert_allclose(constant_q.frequencies(tuning), librosa.cqt_frequencies(
        252, fmin=librosa.note_to_hz("C1"), bins_per_octave=36, tuning=tuning), rtol=1e-12)
    samples = np.random.default_rng(0).normal(size=30000).astype(np.float32)
    expected = librosa.cqt(samples, sr=22050, n_bins=252, bins_per_octave=36, tuning=tuning)
    found = constant_q.transform(samples, 22050, tuning)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * np.abs(expected).max())
    chroma = librosa.feature.chroma_cqt(C=np.abs(expected), sr=22050)
    np.testing.assert_allclose(constant_q.chroma(np.abs(expected)), chroma, rtol=1e-6)
    np.testing.assert_allclose(constant_q.tonnetz(chroma), librosa.feature.tonnetz(chroma=chroma), rtol=0, atol=1e-6)


START = """
import sys

HEAVY = ("librosa", "numba", "torch", "soundfile", "soxr", "sklearn", "scipy.signal", "scipy.stats", "scipy.linalg")


def loaded():
    return {one for one in HEAVY if one in sys.modules}


from ser_repro.features import sets

assert len(sets.SETS) > 20 and not loaded(), loaded()
import numpy as np

from ser_repro.features.clip import Clip

samples = np.random.default_rng(0).normal(0, 1000, (48000, 1)).astype(np.int16)
for name in ("mfcc50_mean_code", "mfcc50_mean_paper", "mfcc40_frames_code", "mfcc40_frames_whole", "issa193_code",
             "log_mel", "msf"):
    sets.get(name).compute(Clip(samples, 48000))
    assert loaded() <= {"torch", "soxr", "scipy.linalg"}, (name, loaded())
for name in ("issa193", "crema258"):
    sets.get(name).compute(Clip(samples, 48000))
    assert loaded() <= {"torch", "soxr", "scipy.linalg", "numba"}, (name, loaded())
"""


def test_sets_are_known_at_once_and_computed_without_librosa():
    subprocess.run([sys.executable, "-c", START], check=True, timeout=600)
