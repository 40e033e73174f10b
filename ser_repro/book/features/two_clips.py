"""The chapter's two clips: what feature sets make of them, and how that sounds.

Both are stored for the chapter's own example, which is demo speech, as computing them takes seconds and librosa:

    python -m ser_repro.book.experiments features two_clips
"""

from __future__ import annotations

import base64
import zlib

import numpy as np

from ser_repro.book import experiments, one_sentence
from ser_repro.book.features import plots, sound
from ser_repro.book.features.words import shown
from ser_repro.features.sets import SETS

EXAMPLE = {"corpus": "RAVDESS", "seed": 0}
"""What is stored; the defaults of the notebook."""


def two_clips() -> dict:
    """What is stored: values of every set of the chapter, and sounds."""
    clips = plots.clips_of(plots.pair(*EXAMPLE.values(), demo=True))
    values = {name: {emotion: pack(SETS[name].compute(clip)) for emotion, clip in clips.items()} for name in shown()}
    return EXAMPLE | {"definitions": _definitions(), "values": values, "sounds": sound.heard(clips)}


EXPERIMENTS = {"two_clips": two_clips}


def given(sentence: one_sentence.Sentence, corpus: str, seed: int, results="results") -> plots.Given:
    """What the sets give a model of two clips: as stored, where that is of these clips; else computed."""
    stored = _stored(corpus, seed, results) if sentence.synthetic else {}
    if not stored:
        return plots.compute(sentence)
    values = {(name, emotion): unpack(one) for name, both in stored["values"].items() for emotion, one in both.items()}
    return plots.Given(plots.clips_of(sentence), values, True)


def sounds(corpus: str, seed: int, results="results") -> dict[str, dict[str, str]]:
    """What `sound.players` shows, of demo speech: as stored, or made."""
    stored = _stored(corpus, seed, results)
    return stored["sounds"] if stored else sound.heard(plots.clips_of(plots.pair(corpus, seed, results=results,
                                                                                 demo=True)))


def _stored(corpus: str, seed: int, results) -> dict:
    """What is stored of these clips and of the sets as they are defined now; else nothing."""
    if not experiments.path("features", "two_clips", results).is_file():
        return {}
    found = experiments.read("features", "two_clips", results)
    same = (found["corpus"], found["seed"], found["definitions"]) == (corpus, seed, _definitions())
    return found if same else {}


def _definitions() -> dict[str, str]:
    return {name: SETS[name].hash for name in shown()}


def pack(value: np.ndarray) -> list | dict:
    """A set's values for JSON: numbers of six digits; an image in 256 steps, as many as a picture shows."""
    if value.ndim == 1:
        return [float(f"{one:.6g}") for one in value]
    low, high = float(value.min()), float(value.max())
    steps = np.round(255 * (value - low) / max(high - low, 1e-12)).astype(np.uint8)
    return {"shape": list(value.shape), "low": low, "high": high,
            "zlib": base64.b64encode(zlib.compress(steps.tobytes(), 9)).decode()}


def unpack(stored: list | dict) -> np.ndarray:
    """The values that `pack` has stored."""
    if isinstance(stored, list):
        return np.array(stored)
    steps = np.frombuffer(zlib.decompress(base64.b64decode(stored["zlib"])), np.uint8).reshape(stored["shape"])
    return stored["low"] + (stored["high"] - stored["low"]) * (steps / 255)
