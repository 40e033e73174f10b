"""Modulation spectral features: each step against something that is not this module, and both paths against each other.

Signals are noise and tones, and a made-up clip that has the pauses and the pitch of speech.
"""

import itertools
import math

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_repro import SerReproError, datasets
from ser_repro.features import modulation, msf
from ser_repro.features.fast import modulation as fast_modulation

RATE = 8000


def noise(length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=length)


def same(found: np.ndarray, expected: np.ndarray) -> None:
    """What the docstring of `fast` promises."""
    assert found.shape == expected.shape
    difference = np.abs(found - expected)
    allowed = np.where(np.abs(expected) < 1e-9, 1e-15, 1e-6 * np.abs(expected))
    assert (difference <= allowed).all(), (difference / allowed).max()


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    clip = datasets.published("RAVDESS")["clip"].iloc[100]
    return datasets.synthesise("RAVDESS", clip, sample_rate=RATE, duration_s=2.0)[0][:, 0] / 32768


def energies(features: np.ndarray) -> np.ndarray:
    return features[:, :95].reshape(-1, 19, 5)


# The filters


def test_centres_lie_at_equal_steps_of_erb_number():
    centres = modulation.centres()
    assert len(centres) == 19
    assert centres[[0, -1]] == pytest.approx([125, 3500])
    # ERB number is the integral of 1 / ERB: between two centres it must be the same.
    steps = []
    for low, high in itertools.pairwise(centres):
        f = np.linspace(low, high, 2001)
        steps.append(np.trapezoid(1 / (f / 9.26449 + 24.7), f))
    assert steps == pytest.approx([steps[0]] * 18, rel=1e-6)


@pytest.mark.parametrize("band", [0, 9, 18])
def test_gammatones_are_those_of_scipy(band):
    centre = modulation.centres()[band]
    f = centre + np.linspace(-1, 1, 41) * (centre / 9.26449 + 24.7)
    _, ours = scipy.signal.sosfreqz(modulation.gammatone(centre), f, fs=RATE)
    _, theirs = scipy.signal.freqz(*scipy.signal.gammatone(centre, "iir", fs=RATE), f, fs=RATE)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)


def test_a_gammatone_has_died_away_within_the_padding():
    click = np.zeros(4096)
    click[0] = 1
    for centre in modulation.centres():
        response = np.abs(scipy.signal.sosfilt(modulation.gammatone(centre), click))
        assert response[1024:].max() < 1e-9 * response.max()


@pytest.mark.parametrize("centre", [4, 8, 16, 32, 64])
def test_modulation_filters_pass_their_centre_and_an_octave_holds_two_of_their_bandwidths(centre):
    b, a = modulation.modulation_filter(centre)
    f = centre * np.linspace(0.5, 2, 30001)
    gain = np.abs(scipy.signal.freqz(b, a, np.r_[0, centre, f], fs=RATE)[1])
    assert gain[0] == pytest.approx(0, abs=1e-9)
    assert gain[1] == pytest.approx(1, abs=1e-9)
    passed = f[gain[2:] > math.sqrt(0.5)]
    assert centre / (passed[-1] - passed[0]) == pytest.approx(2, rel=1e-3)


# The features


@pytest.mark.parametrize("j, rate_hz", enumerate([4, 8, 16, 32, 64]))
@pytest.mark.parametrize("band", [6, 12, 18])
def test_a_modulated_tone_lands_in_its_acoustic_and_its_modulation_band(band, j, rate_hz):
    t = np.arange(4 * RATE) / RATE
    tone = (1 + 0.9 * np.cos(2 * np.pi * rate_hz * t)) * np.sin(2 * np.pi * modulation.centres()[band] * t)
    share = energies(modulation.reference(tone))[25:].mean(axis=0)  # the tone's onset has rung off
    assert share.sum(axis=1).argmax() == band and share[band].sum() > 0.5
    assert share[band].argmax() == j and share[band, j] > 0.5 * share[band].sum()
    assert share[band, j] > 0.4


def test_a_frame_tells_of_its_own_quarter_second(monkeypatch):
    """A burst at 1 s is in the frames that hold it (0.744 s to 1.1 s) and in no earlier one."""
    burst = 1e-4 * noise(2 * RATE)
    burst[8000:8800] += noise(800, seed=1)
    kept = []
    original = modulation.features
    monkeypatch.setattr(modulation, "features", lambda energies: (kept.append(energies), original(energies))[1])
    assert len(modulation.reference(burst)) == 1 + (16000 - 2048) // 512
    loud = np.flatnonzero(kept[0].sum(axis=1) > 1e-3 * kept[0].sum(axis=1).max())
    assert loud[0] in (12, 13) and loud[0] * 512 + 2048 > 8000  # the window is weak at its ends
    assert 8800 // 512 - 2 <= loud[-1] <= 8800 // 512 + 10  # the slow filters ring


@pytest.mark.parametrize("path", ["reference", "fast"])
@pytest.mark.parametrize("gain", [1e-3, -7.0, 32768, 1e200, 1e-200])
def test_a_louder_copy_has_the_same_features(speech, path, gain):
    compute = modulation.reference if path == "reference" else lambda x: fast_modulation.fast([x])[0]
    np.testing.assert_allclose(compute(gain * speech), compute(speech), rtol=1e-9, atol=1e-15)


def test_level_counts_both_signs(speech):
    """What never rises above zero is levelled too: unlevelled, a faint copy would sink to the floor."""
    below = np.minimum(speech, 0)
    np.testing.assert_allclose(modulation.reference(1e-6 * below), modulation.reference(below), rtol=1e-9)


def test_energies_sum_to_one_in_every_frame(speech):
    for features in (modulation.reference(speech), fast_modulation.fast([speech])[0]):
        assert (features[:, :95] > 0).all()
        assert features[:, :95].sum(axis=1) == pytest.approx(1, abs=1e-12)


def slow_statistics(e) -> list[float]:
    """phi1 to phi6 of one frame, e[i][j] counted from 1, one sum at a time."""
    bands, modulations = range(1, 20), range(1, 6)
    out = []
    for j in modulations:
        out.append(sum(e[i][j] for i in bands) / 19)
    for j in (1, 3, 5):
        product = math.prod(e[i][j] for i in bands)
        out.append(product ** (1 / 19) / (sum(e[i][j] for i in bands) / 19))
    for j in (1, 3, 5):
        out.append(sum(i * e[i][j] for i in bands) / sum(e[i][j] for i in bands))
    groups = [range(1, 5), range(5, 11), range(11, 16), range(16, 20)]
    lines = []
    for group in groups:
        of = [sum(e[i][j] for i in group) for j in modulations]
        out.append(sum(j * of[j - 1] for j in modulations) / sum(of))
        slope, start = np.polyfit([1, 2, 3, 4, 5], of, 1)
        left = [of[j - 1] - (start + slope * j) for j in modulations]
        lines.append((slope, math.sqrt(sum(x * x for x in left) / 5)))
    return out + [slope for slope, _ in lines] + [error for _, error in lines]


def test_statistics_are_those_of_a_slow_literal_computation(speech):
    features = modulation.reference(speech)[::5]
    for frame in np.vstack([features, np.random.default_rng(0).dirichlet(np.full(95, 0.3), 5) @ np.eye(95, 118)]):
        e = {i: {j: frame[5 * (i - 1) + j - 1] for j in range(1, 6)} for i in range(1, 20)}
        found = modulation.statistics(frame[:95].reshape(1, 19, 5))[0]
        np.testing.assert_allclose(found, slow_statistics(e), rtol=1e-9, atol=1e-15)
    np.testing.assert_array_equal(features[:, 95:], modulation.statistics(energies(features)))


def test_names_are_in_the_order_of_the_values():
    """Each statistic is moved by the energies it is of, and found under its name."""
    names = msf.names()
    assert len(names) == len(set(names)) == 118
    assert names[:6] == ["E(1,1)", "E(1,2)", "E(1,3)", "E(1,4)", "E(1,5)", "E(2,1)"] and names[94] == "E(19,5)"
    assert [name[:4] for name in names[95:]] == (["phi1"] * 5 + ["phi2"] * 3 + ["phi3"] * 3 + ["phi4"] * 4
                                                 + ["phi5"] * 4 + ["phi6"] * 4)
    even = np.full((1, 19, 5), 1 / 95)
    for i, j, moved in [(1, 2, {"phi1(2)", "phi4(1)", "phi5(1)", "phi6(1)"}),
                        (5, 1, {"phi1(1)", "phi2(1)", "phi3(1)", "phi4(2)", "phi5(2)", "phi6(2)"}),
                        (15, 5, {"phi1(5)", "phi2(5)", "phi3(5)", "phi4(3)", "phi5(3)", "phi6(3)"}),
                        (16, 4, {"phi1(4)", "phi4(4)", "phi5(4)", "phi6(4)"})]:
        other = even.copy()
        other[0, i - 1, j - 1] *= 2
        change = np.abs(modulation.statistics(other) - modulation.statistics(even))[0] > 1e-12
        assert {name for name, is_moved in zip(names[95:], change, strict=True) if is_moved} == moved


def test_a_clip_is_means_then_variances(speech):
    frames = modulation.reference(speech)
    clip, names = modulation.summarise(frames), msf.names("clip")
    assert len(clip) == len(names) == 236
    named = dict(zip(names, clip, strict=True))
    assert named["mean phi3(1)"] == pytest.approx(sum(frames[:, 103]) / len(frames))
    assert msf.names()[103] == "phi3(1)"
    assert named["variance E(1,1)"] == pytest.approx(sum((frames[:, 0] - frames[:, 0].mean())**2) / len(frames))


def test_values_stay_what_they_were():
    """A chirp, so that a change of any step shows: numbers of the first version of this module."""
    t = np.arange(2 * RATE) / RATE
    chirp = np.sin(2 * np.pi * (200 + 600 * t) * t) * (1 + 0.5 * np.sin(2 * np.pi * 5 * t))
    clip = dict(zip(msf.names("clip"), modulation.summarise(modulation.reference(chirp)), strict=True))
    found = [clip[name] for name in GOLDEN]
    np.testing.assert_allclose(found, list(GOLDEN.values()), rtol=1e-7)


GOLDEN = {
    "mean E(5,1)": 0.00667541349,
    "mean E(12,5)": 0.000189005998,
    "mean phi1(3)": 0.00191872889,
    "mean phi2(1)": 0.00239683806,
    "mean phi3(5)": 11.9293274,
    "mean phi4(2)": 1.1586619,
    "mean phi5(3)": -0.0808360985,
    "mean phi6(4)": 0.0136188258,
    "variance E(9,2)": 0.00230922415,
    "variance phi3(3)": 12.3808011,
}


# The ends of the world


@pytest.mark.parametrize("length, frames", [(1, 1), (2047, 1), (2048, 1), (2559, 1), (2560, 2), (29600, 54)])
def test_a_frame_every_64_ms_and_at_least_one(length, frames):
    assert len(modulation.reference(noise(length))) == len(fast_modulation.fast([noise(length)])[0]) == frames


def test_a_short_clip_is_filled_with_zeros():
    short = noise(500)
    np.testing.assert_allclose(modulation.reference(short), modulation.reference(np.pad(short, (0, 1548))), rtol=1e-8)


def test_silence_has_equal_energies():
    expected = np.r_[np.full(95 + 5, 1 / 95), np.ones(3), np.full(3, 10), np.full(4, 3), np.zeros(8)]
    for features in (modulation.reference(np.zeros(3000)), fast_modulation.fast([np.zeros(3000)])[0]):
        np.testing.assert_allclose(features, np.tile(expected, (2, 1)), atol=1e-15)


def test_the_floor_is_below_the_rounding_noise_of_16_bits():
    """A second at -20 dBFS, then one of nothing but rounding: its energies must not be those of silence."""
    rng = np.random.default_rng(0)
    samples = np.r_[3277 * rng.normal(size=RATE), np.zeros(2 * RATE)] + rng.uniform(-0.5, 0.5, 3 * RATE)
    quiet = modulation.reference(np.rint(samples))[-5:, :95]
    assert quiet.max() > 10 * quiet.min()


ODD = {
    "one sample": np.array([0.3]),
    "one in the middle": np.eye(1, 5000, 2500)[0],
    "constant": np.full(6000, 0.2),
    "clipped": np.clip(3 * noise(6000), -1, 1),
    "square wave": np.sign(np.sin(2 * np.pi * 100.5 * np.arange(6000) / RATE)),
    "two tones that beat": np.sin(np.arange(6000) * 1.9) + np.sin(np.arange(6000) * 2.4),
    "silence, then noise, then silence": np.r_[np.zeros(5000), noise(300), np.zeros(5000)],
    "highest frequency": np.tile([1.0, -1.0], 3000),
    "integers": (1000 * noise(3000)).astype(np.int16),
    "smallest numbers": np.tile([5e-324, 0.0], 2000),
    "largest numbers": 1.7e308 * np.sign(noise(3000)),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_signals_give_finite_features_the_same_from_both_paths(kind):
    expected = modulation.reference(ODD[kind])
    assert np.isfinite(expected).all()
    same(fast_modulation.fast([ODD[kind]])[0], expected)


@settings(max_examples=25, deadline=None)
@given(values=st.lists(st.floats(-1, 1), min_size=1, max_size=30), stretch=st.integers(1, 200),
       hiss=st.sampled_from([0.0, 1e-6, 0.1]), gain=st.sampled_from([1e-100, 1.0, 1e100]))
def test_both_paths_agree_on_whatever_comes(values, stretch, hiss, gain):
    samples = np.repeat(values, stretch)
    samples = gain * (samples + hiss * noise(len(samples)))
    expected = modulation.reference(samples)
    assert np.isfinite(expected).all()
    same(fast_modulation.fast([samples])[0], expected)


def test_both_paths_agree_on_speech(speech):
    same(fast_modulation.fast([speech])[0], modulation.reference(speech))


# Many clips


def test_a_clip_gives_the_same_alone_and_in_company(speech):
    clips = [speech, noise(3000), noise(40000, 1), np.zeros(100), noise(3100, 2), speech[:9000], noise(2900, 3)]
    together = fast_modulation.fast(clips)
    for clip, features in zip(clips, together, strict=True):
        np.testing.assert_allclose(features, fast_modulation.fast([clip])[0], rtol=1e-11, atol=1e-16)
    assert fast_modulation.fast([]) == []


def test_clips_that_share_a_batch_keep_their_own_frames(monkeypatch):
    """All of these have one padded length, so that they are computed at once."""
    clips = [noise(length, length) for length in (3900, 4096, 3600)]
    assert len({len(modulation.padded(clip)) for clip in clips}) == 1
    batches, original = [], fast_modulation._energies
    monkeypatch.setattr(fast_modulation, "_energies", lambda signals, frames: (batches.append(len(signals)),
                                                                   original(signals, frames))[1])
    for clip, features in zip(clips, fast_modulation.fast(clips), strict=True):
        same(features, modulation.reference(clip))
    assert batches == [3]


def test_arrays_and_tensors_of_any_real_kind_are_taken(speech):
    expected = modulation.reference(speech.astype(np.float32))
    tensor = torch.from_numpy(speech.astype(np.float32)).requires_grad_()
    np.testing.assert_array_equal(modulation.reference(tensor), expected)
    for features in fast_modulation.fast([tensor, speech.astype(np.float32)]):
        assert features.dtype == np.float64
        same(features, expected)


@pytest.mark.parametrize("samples, line", [
    (np.zeros(0), "a signal without samples has no features: leave the clip out"),
    (np.zeros((2, 4000)), "a signal of shape (2, 4000) is not mono: give one of shape (time,)"),
    (np.float64(1), "a signal of shape () is not mono: give one of shape (time,)"),
    (np.array([0, 1, np.nan, np.inf]), "sample 2 of a signal is nan: mend the clip, or leave it out"),
    (torch.tensor([0, -np.inf]), "sample 1 of a signal is -inf: mend the clip, or leave it out"),
    (np.ones(5, complex), "a signal of complex128 is not one of real numbers: give float samples"),
])
def test_what_is_no_signal_is_refused_in_one_line_by_both_paths(samples, line):
    for compute in (modulation.reference, lambda x: fast_modulation.fast([noise(3000), x])):
        with pytest.raises(SerReproError) as error:
            compute(samples)
        assert str(error.value) == line


@pytest.mark.parametrize("device", ["meta", "toaster"])
def test_a_device_that_can_not_compute_is_refused_in_one_line(device):
    with pytest.raises(SerReproError, match=f"device '{device}' can't be used .*: give cpu") as error:
        fast_modulation.fast([noise(3000)], device=device)
    assert "\n" not in str(error.value)


# The CREMA-D study's vector and its scaling


def test_the_vector_is_mfcc_means_then_the_clip():
    mfcc, frames = noise(20 * 7).reshape(20, 7), np.abs(noise(4 * 118)).reshape(4, 118)
    found, names = msf.vector(mfcc, frames), msf.names("vector")
    assert len(found) == len(names) == 248 == sum(count for _, count, _ in msf.VECTOR)
    assert found[11] == pytest.approx(sum(mfcc[11]) / 7) and names[11] == "mean mfcc(12)"
    np.testing.assert_array_equal(found[12:], modulation.summarise(frames))
    assert names[12:] == msf.names("clip")
    with pytest.raises(SerReproError, match="give 12 or more"):
        msf.vector(mfcc[:11], frames)
    with pytest.raises(SerReproError, match="'clips': choose one of frame, clip, vector"):
        msf.names("clips")
