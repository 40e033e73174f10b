"""Feature sets in words, from their definitions alone: what each is, where two of them differ, what each keeps."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from ser_repro import datasets
from ser_repro.book import exploration
from ser_repro.book.words import number, percent, unit
from ser_repro.features import mel_image
from ser_repro.features.fast.banks import mel_edges
from ser_repro.features.msf import VECTOR
from ser_repro.features.noise import STEP
from ser_repro.features.sets import SETS, FeatureSet

TITLES = {"mfcc50_mean_code": "50 MFCCs, mean", "mfcc40_frames_code": "40 MFCCs, 100 frames",
          "mfcc40_frames_whole": "40 MFCCs, all frames", "issa193": "193 means", "crema258": "258 means",
          "mel_image_code": "30 mel bands, code", "mel_image": "30 mel bands, corrected", "log_mel": "64 mel bands",
          "msf": "236 of modulation", "mfcc_msf": "12 MFCCs + modulation"}
"""The sets that the chapter shows, and what it calls them."""

PARTED = {"CNN on 50 MFCCs": ("mfcc50_mean_paper", "mfcc50_mean_code"),
          "CNN-BiGRU": ("mfcc40_frames_whole", "mfcc40_frames_code"),
          "CREMA-D study, 2-D": ("mel_image", "mel_image_code")}
"""Document -> the set of its text (or as meant), and of its code. Issa et al.'s rows are in `parted`: its figure does
not say whose tonnetz it takes, and neither reading has the window of the code's README."""

KEEPS = {
    "mfcc50_mean_code": ("the average spectral shape: voice, vowels, room",
                         "all order and movement; silence counts as much as speech"),
    "mfcc40_frames_code": ("how the spectrum moves in the first {} frames", "everything after them"),
    "mfcc40_frames_whole": ("how the spectrum moves, to the end",
                            "its true size: each clip is scaled by its own mean and deviation"),
    "issa193": ("average spectral shape, notes, and the power of each band",
                "order; weak bands drown, as powers are not in decibels"),
    "crema258": ("the same with more coefficients, loudness and noisiness",
                 "order; values differ in size by orders of magnitude: whether the study scaled them is not known, "
                 "we do not"),
    "mel_image_code": ("bands over time, too wide below 1 kHz, with every decibel counted double",
                       "what lies before, after, or more than 40 dB below the peak; single harmonics"),
    "mel_image": ("bands over time", "what lies before and after; single harmonics"),
    "log_mel": ("bands over time, finely, of the whole clip", "phase; single harmonics of low voices"),
    "msf": ("how fast loudness goes up and down in each band", "order, level, and all sound above 4 kHz"),
    "mfcc_msf": ("the same, and the average spectral shape", "order")}
"""What a set keeps of a clip, and what it throws away."""

FILTER_RATE = 22_050
"""Rate in Hz that the CREMA-D study's code builds its filterbank for: librosa's default."""

_WORDS = {"tonnetz, harmonic": "tonnetz of the harmonic part", "mfcc": "MFCCs", "mel": "mel bands",
          "rms": "root mean square"}
_FIELDS = {"mfcc": "{} MFCCs", "bands": "{} mel bands", "sample_rate": "{} Hz", "n_fft": "FFT {}", "hop": "hop {}",
           "keep": "first {} frames", "standardised": "standardised over the {}", "start_s": "from {} s on",
           "length": "{} samples", "filter_rate": "filterbank for {} Hz", "decibels": "decibels {}",
           "pad": "padding {}", "set": "{}", "lowest_centre": "centres from {} Hz", "highest_centre": "to {} Hz",
           "modulation_centres": "modulation bands at {} Hz", "frame_s": "frames of {} s", "hop_s": "every {} s",
           "noise": "behind noise of {} of full scale"}
_READS = {("noise", STEP): "behind noise of one step of 16 bits", ("sample_rate", "own"): "own rate",
          ("keep", None): "all frames", ("length", None): "the whole clip",
          ("level", None): "as loud as recorded",
          ("pad", "by lot of the hash"): "padding at random", ("where", "end"): "zeros at the end"}
_DETAILS = {"kind", "parts", "source", "ear_q", "min_bandwidth", "window", "q", "described", "groups", "floor_db",
            "padding_s", "altered", "amounts"}  # told in the module's own table, or before and after the fields
_FIRST = {"msf": "means and variances over time of modulation in", "msf_frames": "modulation in",
          "mfcc_msf": f"means over time of {VECTOR[0][1]} MFCCs (librosa's defaults), and means and variances of "
                      "modulation in",
          "mfcc_msf_frames": f"{VECTOR[0][1]} MFCCs, and modulation in"}
_ALTERED = {"noise": "a copy with white noise of up to {noise:g} times its peak",
            "shift": "a copy turned round by up to {shift_s:.3g} s", "stretch": "a copy at {stretch:g} times its tempo",
            "pitch": "a copy raised by {semitones:g} semitones"}


def indexed() -> list[str]:
    """Corpora whose published samples are known."""
    return [name for name, of in datasets.CORPORA.items() if of.index.is_file()]


def shown() -> list[str]:
    """The sets of the chapter, in its order."""
    return [name for name in TITLES if name in SETS]


def title(name: str) -> str:
    """What the chapter calls a set."""
    return (TITLES | {"issa193_full": "193 means, tonnetz of the whole sound"}).get(name, name)


def keep() -> dict:
    """The definition of the set that keeps the first frames of a clip."""
    return SETS["mfcc40_frames_code"].definition


# ---- definitions -------------------------------------------------------------------------------------------------


def parts_in_words(parts) -> str:
    """Descriptors and how many values each has: "40 MFCCs, 12 chroma"."""
    return ", ".join(f"{count} {_WORDS.get(name, name)}" if count > 1 else _WORDS.get(name, name)
                     for name, count in parts)


def field_in_words(key: str, value) -> str:
    """A field of a definition; of a set that is not known here, as it stands."""
    if key == "parts":
        return parts_in_words(value)
    if isinstance(value, tuple):
        plain = ", ".join(f"{one:g}" for one in value)
    elif isinstance(value, float):
        plain = f"{value:g}"
    else:
        plain = number(value) if isinstance(value, int) and value >= 10000 else str(value)
    return _READS.get((key, value)) or _FIELDS.get(key, key.replace("_", " ") + " {}").format(plain)


def in_a_line(definition: dict) -> str:
    """A set in a line."""
    hidden = _DETAILS | ({"where"} if definition.get("length", 0) is None else set())  # nothing is padded
    fields = {key: value for key, value in definition.items() if key not in hidden}
    kind = definition.get("kind")
    first = f"means over time of {parts_in_words(definition['parts'])}; " if kind == "means" else (
        f"{_FIRST[kind]} " if kind in _FIRST else "")
    order = sorted(fields, key=lambda key: list(_FIELDS).index(key) if key in _FIELDS else len(_FIELDS))
    line = first + ", ".join(field_in_words(key, fields[key]) for key in order)
    if definition.get("altered") in _ALTERED:
        line += f"; of {_ALTERED[definition['altered']].format(**definition['amounts'])}"
    return line.replace("mel bands", "gammatone bands") if "ear_q" in definition else line


def definitions() -> str:
    """All sets as HTML: those of the chapter, and the others folded away."""
    others = [one for name, one in SETS.items() if name not in shown()]
    return (f"<dl>{_list(map(SETS.get, shown()))}</dl><details><summary>{len(others)} more</summary>"
            f"<dl>{_list(others)}</dl></details>")


def _list(sets) -> str:
    return "".join(f'<dt>{TITLES.get(one.name, "")} <code style="white-space: nowrap">{one.name}</code></dt>'
                   f"<dd>{_sentence(in_a_line(one.definition))} <em>{_shape(one.shape)}. {_sentence(one.source)}</em>"
                   "</dd>" for one in sets)


def _shape(shape: str) -> str:
    """A shape in words: "(40, time)" is "40 values a frame"."""
    first, *rest = re.findall(r"\w+", shape)
    if first == "time":
        return "One value a sample"
    values = f"{number(int(first))} values"
    return values + "".join(" a frame" if size == "time" else f" a frame, {size} frames" for size in rest)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def keeps() -> list[dict]:
    """What each set keeps and throws away, a row a set."""
    return [{"set": title(name), "keeps": KEEPS[name][0].format(keep()["keep"]), "throws away": KEEPS[name][1]}
            for name in shown() if name in KEEPS]


def parted() -> list[dict]:
    """Where the sets of text and code differ, a row a field."""
    rows = []
    for document, names in PARTED.items():
        meant, done = (SETS[name].definition for name in names)
        rows += [{"document": document, "text, or as meant": field_in_words(key, meant[key]),
                  "code": field_in_words(key, done[key])} for key in meant if meant[key] != done[key]]
    order = [", ".join(_WORDS.get(name, name) for name, _ in SETS[of].definition["parts"]).split(", tonnetz")[0]
             for of in ("issa193", "issa193_code")]
    return rows + [{"document": "Issa et al.", "text, or as meant": text, "code": code} for text, code in (
        (f"order: {order[0]}, tonnetz (figure)", f"order: {order[1]}, tonnetz"),
        ("tonnetz of the whole sound or of its harmonic part: not told", "tonnetz of the whole sound"),
        ("window of 1024 samples (README of the public code)",
         f"window of {SETS['issa193_code'].definition['n_fft']} samples"))]


# ---- facts of the prose ------------------------------------------------------------------------------------------


def facts() -> dict[str, str]:
    """What the prose says of the sets, key by key."""
    sizes = [_size(SETS[name]) for name in shown() if "time" not in SETS[name].shape]
    told = {
        "ft_crop": unit(keep()["keep"] * keep()["hop"] / datasets.get("RAVDESS").sample_rate, "s", 2),
        "ft_keep": keep()["keep"], "ft_image_from": unit(mel_image.START_S, "s", 1),
        "ft_image_to": unit(mel_image.START_S + mel_image.DURATION_S, "s", 1), "ft_smallest": min(sizes),
        "ft_largest": number(max(sizes)), "ft_report_values": len(SETS["crema258"].values),
        "ft_bands": mel_image.BANDS, "ft_image_rate": unit(mel_image.SAMPLE_RATE / 1000, "kHz", 1),
        "ft_filter_rate": unit(FILTER_RATE / 1000, "kHz", 2),
        "ft_cremad_rate": unit(datasets.get("CREMA-D").sample_rate / 1000, "kHz")}
    for key, rate in (("right", mel_image.SAMPLE_RATE), ("code", FILTER_RATE)):
        centres = _centres(rate)
        told |= {f"ft_bands_1k_{key}": int((centres < 1000).sum()), f"ft_bands_8k_{key}": int((centres > 8000).sum()),
                 f"ft_first_{key}": unit(centres[0], "Hz")}
    return {key: str(value) for key, value in told.items()}


def _size(one: FeatureSet) -> int:
    """How many numbers a set has of a clip."""
    return int(np.prod([int(n) for n in re.findall(r"\d+", one.shape)]))


def _centres(filter_rate: int) -> np.ndarray:
    """Where the CREMA-D study's bands are centred in truth, in Hz, by a filterbank built for some rate."""
    return mel_edges(mel_image.BANDS + 2, filter_rate / 2)[1:-1] * mel_image.SAMPLE_RATE / filter_rate


def cut(results="results") -> tuple[list[dict], dict[str, str]]:
    """What the first frames leave of the speech, a row a corpus from the most that is lost, and what the prose says
    of it."""
    rows, told = [], {}
    for corpus in indexed():
        table = exploration.load(corpus, results)
        until = keep()["keep"] * keep()["hop"] / table["sample_rate"]
        lost = speech_lost(table, until)
        if corpus == "RAVDESS":
            told = {"ft_lost": percent(lost.median()),
                    "ft_lost_tenth": percent((until - table["silence_start_s"] < 0.1).mean())}
        rows.append((lost.median(), {
            "corpus": corpus, "kHz": f"{datasets.get(corpus).sample_rate / 1000:.3g}",
            "100 frames": unit(until.median(), "s", 2), "speech lost": percent(lost.median())}))
    return [row for _, row in sorted(rows, key=lambda pair: -pair[0])], told


def speech_lost(table: pd.DataFrame, until_s: pd.Series) -> pd.Series:
    """Share of each clip's speech that lies after a time."""
    begin, over = table["silence_start_s"], table["duration_s"] - table["silence_end_s"]
    return ((over - np.maximum(begin, until_s)).clip(lower=0) / (over - begin).clip(lower=0.01)).clip(upper=1)
