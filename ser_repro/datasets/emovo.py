"""EMOVO: six Italian actors, 14 sentences, seven emotions, every combination once.

A name is `dis-f1-b1`: the emotion's first three letters in Italian, the speaker (f1 to f3 are women, m1 to m3 men),
the sentence (b short, l long, n nonsense, d question). Source: Costantini et al. 2014.
"""

from __future__ import annotations

import re

from ser_repro.datasets.base import Archive, Corpus, Source, Speaker, register

_EMOTIONS = {
    "dis": "disgust",
    "gio": "happiness",
    "neu": "neutral",
    "pau": "fear",
    "rab": "anger",
    "sor": "surprise",
    "tri": "sadness",
}
_AGES = {"f1": 28, "f2": 23, "f3": 25, "m1": 30, "m2": 27, "m3": 30}

_PATTERN = re.compile(
    r"(?P<label>dis|gio|neu|pau|rab|sor|tri)-(?P<speaker>[fm][123])-(?P<sentence>b[123]|l[1-4]|n[1-5]|d[12])",
    re.IGNORECASE,
)


def _describe(match: re.Match) -> dict:
    found = {name: value.lower() for name, value in match.groupdict().items()}
    return {"clip": "{label}-{speaker}-{sentence}".format(**found), **found}


def _place(clip) -> str:
    return f"{clip['speaker']}/{clip['clip']}"


EMOVO = register(
    Corpus(
        name="EMOVO",
        title="EMOVO, an Italian emotional speech database",
        citation="""@inproceedings{costantini2014emovo,
  author    = {Costantini, Giovanni and Iaderola, Iacopo and Paoloni, Andrea and Todisco, Massimiliano},
  title     = {{EMOVO} Corpus: an {Italian} emotional speech database},
  booktitle = {Proc. Ninth Int. Conf. Language Resources and Evaluation (LREC)},
  address   = {Reykjavik, Iceland},
  pages     = {3501--3504},
  year      = {2014}
}""",
        licence="free for research",
        home="http://voice.fub.it/activities/corpora/emovo/index.html",
        language="Italian",
        sample_rate=48_000,
        channels=2,
        emotions=_EMOTIONS,
        speakers=tuple(Speaker(name, "female" if name[0] == "f" else "male", age) for name, age in _AGES.items()),
        n_clips=588,
        emotion_counts=dict.fromkeys(sorted(_EMOTIONS.values()), 84),
        speaker_counts=dict.fromkeys(_AGES, 98),
        pattern=_PATTERN,
        describe=_describe,
        place=_place,
        example="dis-f1-b1.wav",
        quirks=(
            "Stereo, but for one mono file. Emotions are in Italian: pau (paura) is fear, gio (gioia) happiness, rab "
            "(rabbia) anger, sor surprise, tri sadness. Five of the 14 sentences are grammatical nonsense."
        ),
        layouts="A folder a speaker (f1 to f3, m1 to m3).",
        source=Source(
            archives=(  # the file that the home page links
                Archive("https://drive.usercontent.google.com/download?id=1SUtaKeA-LYnKaD3qv87Y5wYgihJiNJAo&confirm=t"),
            ),
            unpacked_bytes=360_000_000,
        ),
    )
)
