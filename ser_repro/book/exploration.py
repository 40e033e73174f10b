"""What a corpus sounds like, in numbers: how long, how loud, how high, and how much of it is silence.

    from ser_repro.book import exploration

    table = exploration.load("RAVDESS")           # stored measures, no audio needed
    table = exploration.describe("RAVDESS", data) # the same, measured anew

All measures are taken on the first channel at 16 kHz with its mean removed. They are pictured in
notebooks/data_exploration.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable, Sequence
from itertools import repeat
from pathlib import Path

import joblib
import numpy as np
import pandas as pd

from ser_repro import SerReproError, datasets
from ser_repro.datasets import audio
from ser_repro.files import read_json, write_atomic
from ser_repro.workers import end_with

SAMPLE_RATE = 16_000
"""Rate in Hz at which everything is measured."""

FRAME = 160
"""Samples of a level frame: 10 ms, which is how finely silence is measured."""

SILENCE_DB = 35.0
"""A frame this far below the clip's loudest one is silence.

Nearer (30 dB), the weak first consonant of "Say" counts as silence in the loud clips of TESS; farther (40 dB), breath
and room noise count as speech in the quiet ones of RAVDESS and EMO-DB. Clips whose noise lies less than 35 dB below the
voice have no silence by this measure: half of TESS and three quarters of CREMA-D (`floor_db` tells them).
"""

PITCH_RANGE_HZ = (60.0, 800.0)
"""Where pitch is looked for; the women of RAVDESS reach 600 Hz and more in fear and anger."""

PITCH_FRAME, PITCH_HOP = 1024, 320
"""Samples of a pitch frame (64 ms, so that 60 Hz fits three times) and from one to the next (20 ms)."""

PERIODICITY = 0.8
"""Least correlation of a frame with itself one period later, for the frame to count as voiced."""

VOICED_DB = 25.0
"""A voiced frame is at most this far below the loudest frame."""

LEAST_VOICED = 5
"""Voiced frames (0.1 s) below which a clip's pitch is not given."""

QUIETEST = 5
"""Per cent of a clip's frames that are taken for its background, and give `floor_db`."""

CLIPPED = 10
"""Samples at full scale from which a clip counts as clipped: a few are the peak of a clip that was scaled to it."""

MEASURES = ["duration_s", "level_db", "floor_db", "peak_db", "full_scale", "channel_correlation", "silence_start_s",
            "silence_end_s", "f0_median_hz", "f0_iqr_semitones"]
"""The columns that `describe` measures and `store` keeps."""

_ABOUT = ["corpus", "clip", "emotion", "speaker", "sex", "sentence", "intensity"]
_MAY_LACK = ["channel_correlation", "f0_median_hz", "f0_iqr_semitones"]  # of a mono, of an unvoiced clip
_VERSION = 2  # of the measures: a change here makes stored summaries void
_DECIMALS = {"duration_s": 3, "level_db": 1, "floor_db": 1, "peak_db": 1, "channel_correlation": 2,
             "silence_start_s": 2, "silence_end_s": 2, "f0_median_hz": 0, "f0_iqr_semitones": 1}
_CONTAINERS = {b"RIFF": "WAV", b"RIFX": "WAV", b"FORM": "AIFF", b"fLaC": "FLAC"}
_HEADER = re.compile(r"# (?P<corpus>\S+), measures (?P<version>\d+), content (?P<hash>[0-9a-f]{64})")


def waveform(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """The signal that is measured: first channel, 16 kHz, mean removed.

    Parameters
    ----------
    samples : numpy.ndarray [shape=(frames, channels)]
        int16, or floating point in -1..1, as `datasets.read` gives them.
    sample_rate : int
        In Hz.

    Returns
    -------
    numpy.ndarray [shape=(time,)]
        float32, full scale is 1.
    """
    import soxr

    first = audio.as_float(samples[:, 0])
    if sample_rate != SAMPLE_RATE:
        first = soxr.resample(first, sample_rate, SAMPLE_RATE)
    return first - first.mean()


def _decibels(frames: np.ndarray) -> np.ndarray:
    """RMS level in dBFS along the last axis; digital silence is -140 dB."""
    return 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=-1) + 1e-14)


def loudness(wave: np.ndarray) -> dict[str, float]:
    """Level of what is not silent and of the background, and how long the silence at each end is.

    Parameters
    ----------
    wave : numpy.ndarray [shape=(time,)]
        At 16 kHz.

    Returns
    -------
    dict
        level_db (RMS over the frames that are not silent, dBFS: a full-scale sine is at -3.01), floor_db (level that
        the quietest `QUIETEST` per cent of all frames do not exceed, dBFS), silence_start_s and silence_end_s (s). See
        `SILENCE_DB` for what silence is. A clip of zeros is at -140 dB and silent to its end.
    """
    if not wave.any():
        return {"level_db": -140.0, "floor_db": -140.0, "silence_start_s": len(wave) / SAMPLE_RATE,
                "silence_end_s": 0.0}
    frames = wave[:len(wave) // FRAME * FRAME].reshape(-1, FRAME)
    level = _decibels(frames)
    heard = np.flatnonzero(level > level.max() - SILENCE_DB)
    return {
        "level_db": float(_decibels(frames[heard].reshape(-1))),
        "floor_db": float(np.percentile(level, QUIETEST)),
        "silence_start_s": float(heard[0] * FRAME / SAMPLE_RATE),
        "silence_end_s": float((len(wave) - (heard[-1] + 1) * FRAME) / SAMPLE_RATE),
    }


def recording(samples: np.ndarray) -> dict[str, float]:
    """How a clip was levelled and whether its channels agree, from the samples as they are stored.

    Parameters
    ----------
    samples : numpy.ndarray [shape=(frames, channels)]
        int16, or floating point in -1..1.

    Returns
    -------
    dict
        peak_db (largest sample of the first channel, dB below full scale; -140 for zeros), full_scale (samples of it
        at full scale) and channel_correlation (of the first two channels, -1 to 1; NaN for mono, 0 where one is
        silent).
    """
    scaled = audio.as_float(samples, np.float64)
    first = np.abs(scaled[:, 0])
    correlation = np.nan
    if scaled.shape[1] > 1:
        left, right = (scaled[:, :2] - scaled[:, :2].mean(axis=0)).T
        energy = np.sqrt(np.sum(left * left) * np.sum(right * right))
        correlation = float(np.sum(left * right) / energy) if energy else 0.0
    return {
        "peak_db": float(20 * np.log10(max(first.max(), 1e-7))),
        "full_scale": int(np.sum(first >= audio.as_float(np.int16(32767), np.float64))),
        "channel_correlation": correlation,
    }


def pitch(wave: np.ndarray) -> np.ndarray:
    """Pitch of every frame, by YIN with a gate of its own.

    YIN (de Cheveigné and Kawahara 2002, as librosa has it) names a period for every frame, also for a hiss. A frame
    counts as voiced where it repeats itself after that period (`PERIODICITY`), is loud enough (`VOICED_DB`), and the
    period is not at an end of `PITCH_RANGE_HZ`.

    Creaky voices have no regular period: such frames are left out or come out an octave off. Medians over a clip bear
    that mostly, extremes would not, so none are given. Of 60 clips of each corpus drawn by chance, the median agrees
    with that of the ten times slower pYIN within a semitone for 71 % (CREMA-D), 80 % (RAVDESS, SAVEE), 83 % (EMOVO),
    88 % (EMO-DB) and 90 % (TESS), and within two for 88 % (CREMA-D, RAVDESS) and 95 to 97 % (the others), of clips to
    which both give one. Most of the rest are disgust spoken by men (RAVDESS) and the younger woman's surprise (TESS),
    whose pitch runs through more than an octave within a word. Where the room is loud and the voice low, most of all in
    sad men of CREMA-D, the gate leaves a clip without pitch.

    Parameters
    ----------
    wave : numpy.ndarray [shape=(time,)]
        At 16 kHz.

    Returns
    -------
    numpy.ndarray [shape=(frames,)]
        Hz, a frame every `PITCH_HOP` samples, NaN where unvoiced.
    """
    from ser_repro.features.compiled import librosa

    low, high = PITCH_RANGE_HZ
    padded = np.pad(wave, PITCH_FRAME // 2)
    f0 = librosa.yin(padded, fmin=low, fmax=high, sr=SAMPLE_RATE, frame_length=PITCH_FRAME, hop_length=PITCH_HOP,
                     center=False)
    frames = librosa.util.frame(padded, frame_length=PITCH_FRAME, hop_length=PITCH_HOP, axis=0)
    level = _decibels(frames)
    lag = np.rint(SAMPLE_RATE / f0).astype(int)
    here = np.arange(PITCH_FRAME - lag.max())
    now, later = frames[:, here], np.take_along_axis(frames, here[None, :] + lag[:, None], axis=1)
    energy = np.sum(now * now, axis=1) * np.sum(later * later, axis=1)
    periodicity = np.sum(now * later, axis=1) / np.sqrt(energy + 1e-20)
    voiced = (periodicity > PERIODICITY) & (level > level.max() - VOICED_DB) & (f0 > 1.02 * low) & (f0 < 0.98 * high)
    return np.where(voiced, f0, np.nan)


def _measure(path: str, parent: int) -> dict:
    end_with(parent)
    samples, sample_rate = datasets.read(path)
    wave = waveform(samples, sample_rate)
    found = loudness(wave)
    heard = wave[round(found["silence_start_s"] * SAMPLE_RATE):len(wave) - round(found["silence_end_s"] * SAMPLE_RATE)]
    f0 = pitch(heard) if len(heard) else np.empty(0)
    f0 = f0[~np.isnan(f0)]
    quartiles = np.percentile(f0, [25, 50, 75]) if len(f0) >= LEAST_VOICED else np.full(3, np.nan)
    with open(path, "rb") as file:
        container = _CONTAINERS.get(file.read(4), "other")
    facts = audio.facts(samples, sample_rate)
    return found | recording(samples) | {
        "duration_s": facts["duration_s"],
        "sample_rate": facts["sample_rate"],
        "channels": facts["channels"],
        "sha256": facts["sha256"],
        "f0_median_hz": quartiles[1],
        "f0_iqr_semitones": 12 * np.log2(quartiles[2] / quartiles[0]),
        "container": container,
    }


def describe(corpus: str, data: str | Path | None = None,
             progress: Callable[[int, int], None] | None = None) -> pd.DataFrame:
    """Measure every clip of a corpus.

    About 0.01 s a clip on one core.

    Parameters
    ----------
    corpus : str
    data : path, optional
        Folder that holds the corpus; by default that of SER_REPRO_DATA.
    progress : callable, optional
        Called with (clips done, clips in all) after each clip.

    Returns
    -------
    pandas.DataFrame
        A row a clip: corpus, clip, emotion, speaker, sex, sentence, intensity, sample_rate (Hz), channels, sha256,
        container (what the file is, whatever its ending says) and `MEASURES`: duration_s, those of `loudness` and
        `recording`, f0_median_hz, f0_iqr_semitones (distance of the quartiles). Pitch is NaN where less than 0.1 s is
        voiced. Emotion is "" where the study has none for the clip's label.

    Raises
    ------
    SerReproError
        Where the corpus is not there or not whole, or a clip can't be read.
    """
    clips = datasets.clips(corpus, data)
    rows = []
    work = joblib.Parallel(n_jobs=-1, return_as="generator", batch_size=16)
    for row in work(map(joblib.delayed(_measure), clips["path"], repeat(os.getpid()))):
        rows.append(row)
        if progress:
            progress(len(rows), len(clips))
    return clips[_ABOUT].join(pd.DataFrame(rows))


def _path(corpus: str, results: str | Path) -> Path:
    return Path(results) / "exploration" / f"{datasets.get(corpus).name}.csv"


def store(table: pd.DataFrame, results: str | Path = "results") -> Path:
    """Keep the measures of a corpus, rounded, one short line a clip.

    Raises
    ------
    SerReproError
        If the table is not of the published clips: of a demo corpus, or of a copy that differs from the index; or if
        the corpus has no index (ShEMO, IEMOCAP), so that nothing tells whether the copy is the published one.
    """
    corpus = table["corpus"].iloc[0]
    found, published = (datasets.content_hash(t) for t in (table, datasets.published(corpus)))
    if found != published:
        raise SerReproError(f"these clips of {corpus} are not the published ones, so their measures are not stored: "
                            f"see what differs with datasets.check({corpus!r})")
    lines = table[["clip", *MEASURES]].round(_DECIMALS)
    lines[["f0_median_hz", "full_scale"]] = lines[["f0_median_hz", "full_scale"]].astype("Int64")
    # Blank where the file is what its ending says: the column then costs a byte a clip.
    lines["container"] = table["container"].replace({"WAV": "", "FLAC": ""})
    path = _path(corpus, results)
    write_atomic(path, f"# {corpus}, measures {_VERSION}, content {published}\n"
                       + lines.to_csv(index=False, lineterminator="\n"))
    return path


def load(corpus: str, results: str | Path = "results") -> pd.DataFrame:
    """The stored measures of a corpus, joined with its index: what `describe` gives, without any audio.

    Raises
    ------
    SerReproError
        If nothing is stored, it is damaged, or it was measured on other samples or by another version of the
        measures.
    """
    path, clips = _path(corpus, results), datasets.published(corpus)
    corpus = clips["corpus"].iloc[0]
    again = f"measure it again with exploration.store(exploration.describe({corpus!r}))"
    if not path.is_file():
        raise SerReproError(f"no measures of {corpus} at {path}: {again}")
    try:
        header, _, lines = path.read_text(encoding="utf-8").partition("\n")
        head = _HEADER.fullmatch(header)
        if not head:
            raise ValueError("its first line does not say what was measured")
        stored = pd.read_csv(io.StringIO(lines), dtype={"clip": str, "container": str} | dict.fromkeys(MEASURES, float),
                             na_values={name: [""] for name in MEASURES}, keep_default_na=False)
        if list(stored) != ["clip", *MEASURES, "container"] or list(stored["clip"]) != list(clips["clip"]):
            raise ValueError("its columns or clips are not those of the corpus")
        if stored[[name for name in MEASURES if name not in _MAY_LACK]].isna().any(axis=None):
            raise ValueError("values are missing")
    except (ValueError, OSError) as error:
        raise SerReproError(f"the measures of {corpus} at {path} are damaged ({error}): {again}") from error
    if (head["hash"], int(head["version"])) != (datasets.content_hash(clips), _VERSION):
        raise SerReproError(f"the measures of {corpus} at {path} are of other samples, or were taken otherwise: "
                            f"{again}")
    stored["container"] = stored["container"].replace({"": "WAV"})
    facts = clips[[*_ABOUT, "sample_rate", "channels", "sha256"]]
    return facts.merge(stored, on="clip", validate="one_to_one")


def outline(samples: np.ndarray, points: int = 240) -> np.ndarray:
    """How a waveform goes up and down, for a picture: of each of `points` equal parts its lowest and highest value.

    Parameters
    ----------
    samples : numpy.ndarray [shape=(frames, channels)]
        The first channel is taken.

    Returns
    -------
    numpy.ndarray [shape=(2, points)]
        int, in per cent of the largest value; zeros of a silent clip.
    """
    parts = np.array_split(samples[:, 0].astype(float), points)
    ends = np.array([[part.min(initial=0) for part in parts], [part.max(initial=0) for part in parts]])
    return np.rint(100 * ends / (np.abs(ends).max() or 1)).astype(int)


def _outlines(corpus: str, results: str | Path) -> Path:
    return Path(results) / "exploration" / f"{datasets.get(corpus).name}-outlines.json"


def store_outlines(corpus: str, clips: Sequence[str], data=None, results: str | Path = "results") -> Path:
    """Keep the outlines of some clips, so that a page built without the corpus can draw them.

    Raises
    ------
    SerReproError
        Where the corpus is not there or not whole.
    """
    paths, published = datasets.clips(corpus, data).set_index("clip")["path"], datasets.published(corpus)
    sums = published.set_index("clip")["sha256"]
    rows = {clip: {"sha256": sums[clip], "outline": outline(audio.read(paths[clip])[0]).tolist()} for clip in clips}
    path = _outlines(corpus, results)
    write_atomic(path, "{" + ",\n".join(f"{json.dumps(clip)}: {json.dumps(row)}" for clip, row in rows.items()) + "}\n")
    return path


def load_outlines(corpus: str, results: str | Path = "results") -> dict[str, np.ndarray]:
    """The stored outlines by clip, of samples that are the published ones; none where nothing is stored."""
    path = _outlines(corpus, results)
    if not path.is_file():
        return {}
    sums = datasets.published(corpus).set_index("clip")["sha256"]
    rows = read_json(path, "file of outlines", "make them again with exploration.store_outlines",
                     check=lambda content: [(row["outline"], row["sha256"], sums[clip])
                                            for clip, row in content.items()])
    return {clip: np.array(row["outline"]) for clip, row in rows.items() if row["sha256"] == sums[clip]}


def relative_to_neutral(table: pd.DataFrame) -> pd.DataFrame:
    """The table with pitch_st (semitones) and gain_db (dB) against the median of the same speaker's neutral clips.

    So that emotions can be compared across voices and microphones. NaN for a speaker without a neutral clip.
    """
    neutral = table[table["emotion"] == "neutral"].groupby("speaker")[["f0_median_hz", "level_db"]].median()
    own = neutral.reindex(table["speaker"]).set_axis(table.index)
    return table.assign(pitch_st=12 * np.log2(table["f0_median_hz"] / own["f0_median_hz"]),
                        gain_db=table["level_db"] - own["level_db"])


def oddities(table: pd.DataFrame) -> pd.DataFrame:
    """Clips that are not like the rest of their corpus, or not what a reader of files expects.

    Returns
    -------
    pandas.DataFrame
        A row a kind: what, clips (int), example (clip names, at most two, separated by commas; of clips with the same
        samples, up to three groups, joined by " = ").
    """
    corpus = datasets.get(table["corpus"].iloc[0])
    rows = []

    def add(what, clips: Sequence[str], example=None):
        if len(clips):
            rows.append({"what": what, "clips": len(clips), "example": ", ".join(example or list(clips)[:2])})

    alike = table[table.duplicated("sha256", keep=False)]
    labels = alike.groupby("sha256")["emotion"].transform("nunique")
    for what, group in (("one label", alike[labels == 1]), ("two labels", alike[labels > 1])):
        pairs = group.groupby("sha256", sort=False)["clip"].agg(" = ".join)
        add(f"same samples twice, {what}", group["clip"], sorted(pairs)[:3])
    add("digital silence", table.loc[table["level_db"] <= -140, "clip"])
    for count, group in table[table["channels"] != (corpus.channels or 1)].groupby("channels"):
        add({1: "mono among stereo", 2: "stereo among mono"}.get(count, f"{count} channels"), group["clip"])
    add("channels not the same", table.loc[table["channel_correlation"] < 0.99, "clip"])
    for rate, group in table[table["sample_rate"] != corpus.sample_rate].groupby("sample_rate"):
        if corpus.sample_rate:
            add(f"{rate} Hz instead of {corpus.sample_rate} Hz", group["clip"])
    for kind, group in table[~table["container"].isin(["WAV", "FLAC"])].groupby("container"):
        add(f"{kind} in a file named .wav", group["clip"])
    add("clipped", table.loc[table["full_scale"] >= CLIPPED, "clip"])
    return pd.DataFrame(rows, columns=["what", "clips", "example"])
