"""RAVDESS: 24 North American actors, two statements, eight emotions; the speech files, not song or video.

A name has seven numbers, `03-01-06-01-02-01-12`: modality (03 is audio only), vocal channel (01 is speech),
emotion, intensity, statement, repetition, actor. Source: Livingstone and Russo 2018, and the page of the
published record.
"""

from __future__ import annotations

import re

from ser_repro.datasets.base import Archive, Corpus, Source, Speaker, register

_LABELS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
_INTENSITIES = {"01": "normal", "02": "strong"}
_ACTORS = tuple(f"{actor:02d}" for actor in range(1, 25))

# The look-ahead leaves out a strong neutral (01-02), which the corpus does not have.
_PATTERN = re.compile(
    r"03-01-(?!01-02)(?P<emotion>0[1-8])-(?P<intensity>0[12])-(?P<sentence>0[12])-(?P<take>0[12])"
    r"-(?P<speaker>0[1-9]|1[0-9]|2[0-4])"
)


def _describe(match: re.Match) -> dict:
    return {
        "clip": match.string,
        "label": _LABELS[match["emotion"]],
        "speaker": match["speaker"],
        "sentence": match["sentence"],
        "intensity": _INTENSITIES[match["intensity"]],
    }


def _place(clip) -> str:
    return f"Audio_Speech_Actors_01-24/Actor_{clip['speaker']}/{clip['clip']}"


RAVDESS = register(
    Corpus(
        name="RAVDESS",
        title="Ryerson Audio-Visual Database of Emotional Speech and Song (speech, audio only)",
        citation="""@article{livingstone2018ravdess,
  author  = {Livingstone, Steven R. and Russo, Frank A.},
  title   = {The {Ryerson} Audio-Visual Database of Emotional Speech and Song ({RAVDESS}): A dynamic,
             multimodal set of facial and vocal expressions in {North American} {English}},
  journal = {PLoS ONE},
  volume  = {13},
  number  = {5},
  pages   = {e0196391},
  year    = {2018},
  doi     = {10.1371/journal.pone.0196391}
}""",
        licence="CC BY-NC-SA 4.0",
        home="https://doi.org/10.5281/zenodo.1188976",
        language="English",
        sample_rate=48_000,
        emotions={
            "neutral": "neutral",
            "calm": "calm",
            "happy": "happiness",
            "sad": "sadness",
            "angry": "anger",
            "fearful": "fear",
            "disgust": "disgust",
            "surprised": "surprise",
        },
        speakers=tuple(Speaker(actor, "male" if int(actor) % 2 else "female") for actor in _ACTORS),
        n_clips=1440,
        emotion_counts={
            "anger": 192,
            "calm": 192,
            "disgust": 192,
            "fear": 192,
            "happiness": 192,
            "neutral": 96,
            "sadness": 192,
            "surprise": 192,
        },
        speaker_counts=dict.fromkeys(_ACTORS, 60),
        pattern=_PATTERN,
        describe=_describe,
        place=_place,
        example="03-01-06-01-02-01-12.wav",
        quirks=(
            "Neutral has one intensity, hence half the clips. Five files are stereo. Two clips of actor 07 "
            "hold the same samples (03-01-03-01-02-01-07 and 03-01-03-01-02-02-07)."
        ),
        layouts=(
            "A folder an actor (Actor_01 to Actor_24), in Audio_Speech_Actors_01-24. Some copies hold every actor's "
            "folder twice, one inside the other; songs and videos beside the speech are left alone."
        ),
        source=Source(
            archives=(
                Archive(
                    "https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip",
                    "md5:bc696df654c87fed845eb13823edef8a",
                ),
            ),
            unpacked_bytes=590_000_000,
        ),
    )
)
