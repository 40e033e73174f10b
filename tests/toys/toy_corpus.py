"""A corpus from outside the package: four speakers, two emotions, five sentences; `anna_mad_3.wav`."""

import re

from ser_repro.datasets.base import Corpus, Speaker, register

SPEAKERS = ("anna", "bert", "cleo", "dirk")

register(Corpus(
    name="TOY", title="Toy corpus", citation="", licence="none", home="", language="none", sample_rate=8000,
    emotions={"mad": "anger", "sad": "sadness"},
    speakers=tuple(Speaker(name, sex) for name, sex in zip(SPEAKERS, ("female", "male") * 2, strict=True)),
    n_clips=40, emotion_counts={"anger": 20, "sadness": 20}, speaker_counts=dict.fromkeys(SPEAKERS, 10),
    pattern=re.compile(r"(?P<speaker>anna|bert|cleo|dirk)_(?P<label>mad|sad)_(?P<sentence>[1-5])"),
    describe=lambda match: {"clip": match[0], **match.groupdict()},
    place=lambda clip: clip["clip"], example="anna_mad_3.wav", quirks="", layouts="one folder"))
