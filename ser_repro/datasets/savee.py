"""SAVEE: four English men, 15 sentences an emotion and 30 neutral ones, seven emotions.

A published name is `DC/a01`: a folder a speaker, the emotion's letter or two (`sa` sadness, `su` surprise), and the
number of the sentence; flat copies write `DC_a01`. Source: Haq and Jackson 2009, and the page of the database.
"""

from __future__ import annotations

import re

from ser_repro.datasets.base import Corpus, Source, Speaker, register

_EMOTIONS = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happiness",
    "n": "neutral",
    "sa": "sadness",
    "su": "surprise",
}
_SPEAKERS = ("DC", "JE", "JK", "KL")

# The name with the last folder before it: published names repeat from speaker to speaker, those of flat copies do not.
_PATTERN = re.compile(
    r"(?:.*/)?(?P<speaker>DC|JE|JK|KL)[/_](?P<label>(?:a|d|f|h|sa|su)(?=0[1-9]|1[0-5])|n(?=0[1-9]|[12][0-9]|30))"
    r"(?P<number>[0-3][0-9])",
    re.IGNORECASE,
)


# The first three sentences are common to all emotions; neutral has them twice, and then the two that are each other
# emotion's own. Which is which is told by the sound: of clips with these words warped onto each other (DTW of MFCCs,
# mean of the four speakers) each is nearer to its like than to any other of the corpus.
_COMMON = {"01": "16", "02": "17", "03": "18"}
_OWN = dict(zip((f"n{number}" for number in range(19, 31)), (
    "a04", "a05", "d04", "d05", "f04", "f05", "su04", "su05", "sa04", "sa05", "h04", "h05"), strict=True))
_WORDS = {f"n{again}": common for common, again in _COMMON.items()} | _OWN


def _describe(match: re.Match) -> dict:
    speaker, label, number = match["speaker"].upper(), match["label"].lower(), match["number"]
    name = f"{label}{number}"
    return {"clip": f"{speaker}_{name}", "label": label, "speaker": speaker,
            "sentence": number if number in _COMMON else _WORDS.get(name, name)}


def _place(clip) -> str:
    return f"AudioData/{clip['clip'].replace('_', '/', 1)}"


SAVEE = register(
    Corpus(
        name="SAVEE",
        title="Surrey Audio-Visual Expressed Emotion database (audio)",
        citation="""@inproceedings{haq2009savee,
  author    = {Haq, Sanaul and Jackson, Philip J. B.},
  title     = {Speaker-dependent audio-visual emotion recognition},
  booktitle = {Proc. Int. Conf. Auditory-Visual Speech Processing (AVSP)},
  address   = {Norwich, UK},
  pages     = {53--58},
  year      = {2009}
}""",
        licence="free for research, after registration; not to be passed on",
        home="http://kahlan.eps.surrey.ac.uk/savee/",
        language="English",
        sample_rate=44_100,
        emotions=_EMOTIONS,
        speakers=tuple(Speaker(name, "male") for name in _SPEAKERS),
        n_clips=480,
        emotion_counts={emotion: 120 if emotion == "neutral" else 60 for emotion in sorted(_EMOTIONS.values())},
        speaker_counts=dict.fromkeys(_SPEAKERS, 120),
        pattern=_PATTERN,
        describe=_describe,
        place=_place,
        parts=2,
        example="DC/a01.wav",
        quirks=(
            "The letter a is anger, whatever copies' descriptions say. Neutral has twice the clips of any other "
            "emotion. Men only, aged 27 to 31. Three sentences are common to all emotions, two are an emotion's own, "
            "the others generic: a06 and d06 are other words. Neutral has the common ones twice, and all that are an "
            "emotion's own, which makes 87 sentences in all."
        ),
        layouts="AudioData, a folder a speaker in it (DC/a01.wav); flat copies name the speaker in the file (DC_a01).",
        source=Source(
            ask="register at http://kahlan.eps.surrey.ac.uk/savee/Register.html; what you are let download holds "
            "AudioData.zip",
            unpacked_bytes=170_000_000,
        ),
    )
)
