"""A small voice: pulses and noise through formants, steered by who speaks, what is said and in what manner.

The source-filter model in its plainest form (Fant 1960; the cascade of resonances and its use for synthesis
follow Klatt 1980): glottal pulses with jitter and shimmer, breath and consonant noise, five formants that
glide from vowel to vowel. Nothing here is meant to be understood; what matters is that pitch, loudness,
tempo and timbre carry speaker and emotion as they do in speech, so that a model has something to learn and
something to mistake.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

CONTROL_RATE = 200
"""Steps per second at which pitch, loudness and formants are steered."""

_BAND = 9_000.0
"""Upper limit in Hz of what is synthesised: there is next to nothing above, and no need to compute it."""

# First three formants in Hz of nine vowels, averages of men (Peterson and Barney 1952).
_VOWELS = np.array(
    [
        (270, 2290, 3010),
        (390, 1990, 2550),
        (530, 1840, 2480),
        (660, 1720, 2410),
        (730, 1090, 2440),
        (570, 840, 2410),
        (440, 1020, 2240),
        (300, 870, 2240),
        (640, 1190, 2390),
    ],
    dtype=float,
)
_UPPER_FORMANTS = (3500.0, 4500.0)
_BANDWIDTHS = np.array([70.0, 90.0, 130.0, 220.0, 300.0])


@dataclass(frozen=True)
class Manner:
    """How something is said, as a departure from plain speech.

    pitch: mean, in semitones. span: size of the accents, in semitones. slope: rise from start to end, in
    semitones. loudness: in dB. tempo: factor on the syllable rate. tilt: steeper (positive) spectrum, in dB
    per octave. breath: factor on the breath noise. roughness: factor on jitter and shimmer.
    """

    pitch: float = 0.0
    span: float = 2.0
    slope: float = -1.5
    loudness: float = 0.0
    tempo: float = 1.0
    tilt: float = 0.0
    breath: float = 1.0
    roughness: float = 1.0


# Directions as reviews of vocal expression report them (Scherer 2003; Juslin and Laukka 2003), sizes chosen
# so that neighbours overlap once the spreads below are added.
MANNERS = {
    "anger": Manner(3.5, 4.5, -2.0, 7.0, 1.10, -3.0, 0.7, 1.8),
    "boredom": Manner(-2.0, 1.0, -2.5, -3.5, 0.78, 1.0, 1.2, 1.0),
    "calm": Manner(-1.0, 1.4, -1.5, -3.0, 0.88, 1.5, 1.4, 0.8),
    "disgust": Manner(-0.5, 2.8, -3.5, 0.5, 0.82, -0.5, 1.3, 2.2),
    "fear": Manner(6.0, 2.4, 0.5, 1.0, 1.25, 0.5, 2.2, 2.4),
    "happiness": Manner(4.5, 5.0, 0.5, 4.0, 1.10, -1.5, 0.9, 0.9),
    "neutral": Manner(),
    "sadness": Manner(-1.0, 1.4, -3.5, -6.0, 0.76, 2.5, 2.4, 1.3),
    "surprise": Manner(6.0, 5.0, 6.5, 3.0, 1.05, -1.0, 1.2, 0.9),
}

# Spread from speaker to speaker (habits of one person in one emotion) and from clip to clip. Factors spread
# in their logarithm.
_SPREAD = Manner(1.6, 0.7, 1.3, 1.8, 0.08, 0.9, 0.25, 0.25)
_FACTORS = {"tempo", "breath", "roughness"}


@dataclass(frozen=True)
class Voice:
    """A speaker: base pitch in Hz, tract (factor on formants), loudness in dB, timbre, expressiveness."""

    pitch_hz: float
    tract: float
    loudness: float
    tilt: float
    breath: float
    roughness: float
    expressiveness: float
    bandwidth: float

    @classmethod
    def draw(cls, sex: str, rng: np.random.Generator) -> Voice:
        """A voice of that sex; women's lie about ten semitones higher, with formants 16 % up."""
        pitch_hz, tract = (205.0, 1.16) if sex == "female" else (116.0, 1.0)
        return cls(
            pitch_hz=pitch_hz * np.exp(rng.normal(0, 0.12)),
            tract=tract * np.exp(rng.normal(0, 0.04)),
            loudness=rng.normal(0, 1.5),
            tilt=6.0 + rng.normal(0, 1.0),
            breath=0.06 * np.exp(rng.normal(0, 0.4)),
            roughness=np.exp(rng.normal(0, 0.3)),
            expressiveness=rng.uniform(0.7, 1.25),
            bandwidth=np.exp(rng.normal(0, 0.15)),
        )


def manner(emotion: str, strength: float, habit: np.random.Generator, take: np.random.Generator) -> Manner:
    """The manner of one clip: that of the emotion, a speaker's habit in it, and chance.

    Parameters
    ----------
    emotion : str
    strength : float
        How far from plain speech: 0 is neutral, 1 as in `MANNERS`.
    habit, take : numpy.random.Generator
        The first alike for every clip of a speaker in an emotion, the second new for every clip.
    """
    plain, goal, values = MANNERS["neutral"], MANNERS[emotion], {}
    for name in (f.name for f in fields(Manner)):
        start, end, spread = (getattr(m, name) for m in (plain, goal, _SPREAD))
        noise = spread * (0.6 * habit.normal() + 0.8 * take.normal())
        if name in _FACTORS:
            values[name] = start * (end / start) ** strength * np.exp(noise)
        else:
            values[name] = start + (end - start) * strength + noise
    return Manner(**values)


def _smooth(values: np.ndarray, width: int) -> np.ndarray:
    """Moving average over `width` steps, ends held."""
    kernel = np.hanning(width + 2)[1:-1]
    padded = np.pad(values, (width, width), mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="same")[width:-width]


def speak(
    voice: Voice,
    how: Manner,
    words: np.random.Generator,
    take: np.random.Generator,
    sample_rate: int,
    duration_s: float,
) -> np.ndarray:
    """Speech-like sound.

    Parameters
    ----------
    voice : Voice
    how : Manner
    words : numpy.random.Generator
        Decides syllables and vowels: alike for one sentence whoever speaks it.
    take : numpy.random.Generator
        Decides what differs from clip to clip.
    sample_rate : int
        In Hz.
    duration_s : float
        Length in s at a tempo of 1; faster speech is shorter.

    Returns
    -------
    numpy.ndarray [shape=(frames,)]
        float64 in -1..1.
    """
    n_syllables = max(2, round(4.5 * duration_s) + int(words.integers(-1, 2)))
    vowels = words.integers(len(_VOWELS), size=n_syllables)
    hiss = np.where(words.random(n_syllables) < 0.5, words.uniform(0.3, 1.0, n_syllables), 0.0)
    weight = words.uniform(0.6, 1.0, n_syllables)
    lengths = words.uniform(0.7, 1.3, n_syllables) * np.exp(take.normal(0, 0.1, n_syllables))

    pause = 0.06
    length_s = duration_s / how.tempo * np.exp(take.normal(0, 0.05))
    length_s = max(length_s, 4 * pause)
    n_frames = round(length_s * sample_rate)
    time = np.arange(int(np.ceil(length_s * CONTROL_RATE)) + 1) / CONTROL_RATE
    bounds = pause + np.concatenate([[0.0], np.cumsum(lengths) / lengths.sum()]) * (length_s - 2 * pause)
    middles = (bounds[:-1] + bounds[1:]) / 2

    # Where in which syllable each control step lies; steps in the pauses at both ends are silent.
    inside = (time > bounds[0]) & (time < bounds[-1])
    syllable = np.clip(np.searchsorted(bounds, time) - 1, 0, n_syllables - 1)
    part = np.clip((time - bounds[syllable]) / np.diff(bounds)[syllable], 0, 1)
    onset = 0.28
    vowel_part = np.clip((part - onset) / (1 - onset), 0, 1)
    loud = weight[syllable] * np.exp(take.normal(0, 0.12, n_syllables))[syllable]
    voiced = _smooth(inside * loud * (0.12 + np.sin(np.pi * vowel_part) ** 0.7), 5)
    voiced *= np.linspace(1.1, 0.8, len(time))
    hissing = _smooth(inside * hiss[syllable] * np.sin(np.pi * np.clip(part / onset, 0, 1)) ** 2, 3)

    accent = take.normal(0, 1, n_syllables)
    accent[take.integers(n_syllables)] += 1.5
    accent -= accent.mean()
    place = np.clip((time - bounds[0]) / (bounds[-1] - bounds[0]), 0, 1)
    semitones = how.pitch + how.slope * (place - 0.5)
    semitones += 0.6 * max(how.span, 0.2) * _smooth(np.interp(time, middles, accent), 15)
    semitones += _smooth(take.normal(0, 0.5, len(time)), 21)
    pitch_hz = np.clip(voice.pitch_hz * 2 ** (semitones / 12), 55, 700)

    roughness = voice.roughness * how.roughness
    source = _pulses(pitch_hz, voiced, time, n_frames, sample_rate, roughness, take)
    noise = take.normal(size=(2, n_frames)).astype(np.float32)
    at = np.arange(n_frames) / sample_rate
    breath = noise[0] * np.interp(at, time, voiced) * voice.breath * how.breath
    scale = np.sqrt(np.mean(source**2) / max(np.mean(voiced**2), 1e-9))
    source = source + breath * scale
    consonants = noise[1] * np.interp(at, time, hissing)

    formants = _smooth_formants(vowels, middles, time, voice.tract)
    sound = _filter(source, consonants, formants, voice, voice.tilt + how.tilt, pitch_hz.mean(), sample_rate)
    sound *= 10 ** ((-27.0 + voice.loudness + how.loudness) / 20) / max(np.sqrt(np.mean(sound**2)), 1e-9)
    sound += 10 ** (-66 / 20) * take.normal(size=n_frames)
    # A loud clip saturates softly instead of clipping.
    return 0.98 * np.tanh(sound / 0.98)


def _pulses(pitch_hz, strength, time, n_frames, sample_rate, roughness, rng) -> np.ndarray:
    """Glottal pulses at the given pitch [shape=(frames,)], each spread on its two nearest samples."""
    cycles = np.concatenate([[0.0], np.cumsum((pitch_hz[1:] + pitch_hz[:-1]) / 2 / CONTROL_RATE)])
    moments = np.interp(np.arange(1, int(cycles[-1])), cycles, time)
    period = 1 / np.interp(moments, time, pitch_hz)
    moments = moments + period * rng.normal(0, 0.008 * roughness, len(moments))
    height = np.interp(moments, time, strength) * np.exp(rng.normal(0, 0.05 * roughness, len(moments)))
    height *= np.sqrt(period * sample_rate)
    place = np.clip(moments * sample_rate, 0, n_frames - 2)
    low = place.astype(int)
    rest = place - low
    out = np.bincount(low, height * (1 - rest), minlength=n_frames)
    return out + np.bincount(low + 1, height * rest, minlength=n_frames)


def _smooth_formants(vowels, middles, time, tract) -> np.ndarray:
    """Formant frequencies in Hz [shape=(control steps, 5)], gliding between the middles of the syllables."""
    tracks = [_smooth(np.interp(time, middles, _VOWELS[vowels, k]), 9) for k in range(3)]
    tracks += [np.full(len(time), hz) for hz in _UPPER_FORMANTS]
    return np.stack(tracks, axis=1) * tract


def _filter(source, consonants, formants, voice, tilt, pitch_hz, sample_rate) -> np.ndarray:
    """Source through the moving formants, consonants through a fixed band; overlapping windows of 20 ms."""
    hop = round(0.010 * sample_rate)
    window = np.sin(np.pi * (np.arange(2 * hop) + 0.5) / (2 * hop)) ** 2
    n_fft = 1 << (3 * hop - 1).bit_length()
    n_frames = len(source)
    n_windows = n_frames // hop + 2
    take = np.arange(n_windows)[:, None] * hop + np.arange(2 * hop)

    frequency = np.arange(n_fft // 2 + 1) * sample_rate / n_fft
    frequency = frequency[frequency < min(_BAND, sample_rate / 2)]
    steps = np.clip(np.arange(n_windows) * CONTROL_RATE // 100, 0, len(formants) - 1)

    # Resonances as their analogue responses, multiplied: unity at 0 Hz and a peak at each formant.
    response = np.ones((n_windows, len(frequency)), dtype=np.complex64)
    for hz, width in zip(formants[steps].T, _BANDWIDTHS * voice.bandwidth, strict=True):
        square = (hz**2)[:, None]
        response *= (square / (square - frequency**2 + 1j * width * frequency)).astype(np.complex64)
    # The poles above the fifth would lift what a cascade of five lets fall.
    response *= (1 + (frequency / 3500) ** 2) * (1 + (frequency / pitch_hz) ** 2) ** (-tilt / 12.04)
    band = np.exp(-(((frequency - 5200 * voice.tract) / 1800) ** 2)).astype(np.float32)

    def windows(signal):
        padded = np.pad(signal, (hop, (n_windows + 1) * hop - n_frames)).astype(np.float32)
        return np.fft.rfft(padded[take] * window.astype(np.float32), n_fft)[:, : len(frequency)]

    voiced, hissed = windows(source) * response, windows(consonants) * band
    # Consonants carry about a fifth of the amplitude of the vowels, whatever the voice.
    ratio = np.sqrt((np.abs(voiced) ** 2).sum() / max((np.abs(hissed) ** 2).sum(), 1e-12))
    spectrum = np.zeros((n_windows, n_fft // 2 + 1), dtype=np.complex64)
    spectrum[:, : len(frequency)] = voiced + 0.2 * ratio * hissed
    pieces = np.fft.irfft(spectrum, n_fft)

    out = np.zeros((n_windows + n_fft // hop + 2) * hop)
    for start in range(0, n_fft, hop):
        piece = pieces[:, start : start + hop]
        piece = np.pad(piece, ((0, 0), (0, hop - piece.shape[1])))
        out[start : start + n_windows * hop] += piece.ravel()
    return out[hop : hop + n_frames]
