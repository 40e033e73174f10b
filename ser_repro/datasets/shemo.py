"""ShEMO: Persian radio plays, 31 women and 56 men, 3000 utterances, six emotions.

A name is `F01A01`: sex, speaker, emotion (A anger, F fear, H happiness, N neutral, S sadness, W surprise), number.
Source: Mohamad Nezami, Jamshid Lou and Karami 2019, and the page of the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ser_repro.datasets.base import Archive, Corpus, Source, Speaker, register

_EMOTIONS = {
    "A": "anger",
    "F": "fear",
    "H": "happiness",
    "N": "neutral",
    "S": "sadness",
    "W": "surprise",
}
_SPEAKERS = (
    *(Speaker(f"F{number:02d}", "female") for number in range(1, 32)),
    *(Speaker(f"M{number:02d}", "male") for number in range(1, 57)),
)

# Clips of each speaker, F01 to F31 and M01 to M56 in that order.
_COUNTS = """
73 34 53 18 68 27 143 2 51 64 15 28 28 12 8 7 16 4 43 29 174 38 44 160 11 10 5 40 12 34 12
4 53 89 107 53 16 17 16 26 4 16 180 5 7 18 49 13 19 17 23 26 45 5 18 120 61 66 103 26 16 20 14 3 24 3 11 21 16
5 62 21 14 35 44 7 17 50 18 6 15 26 7 57 5 11 7
"""

_PATTERN = re.compile(
    r"(?P<speaker>F(?:0[1-9]|[12][0-9]|3[01])|M(?:0[1-9]|[1-4][0-9]|5[0-6]))(?P<label>[AFHNSW])(?P<number>[0-9]{2})",
    re.IGNORECASE,
)


def _describe(match: re.Match) -> dict:
    speaker, label = match["speaker"].upper(), match["label"].upper()
    clip = f"{speaker}{label}{match['number']}"
    return {"clip": clip, "label": label, "speaker": speaker, "sentence": clip}  # plays: no two clips say the same


def _place(clip) -> str:
    return f"{clip['sex']}/{clip['clip']}"


def _invent() -> Iterator[tuple[str, str]]:
    for speaker in _SPEAKERS:
        for label in _EMOTIONS:
            for number in range(1, 4):
                yield f"{speaker.name}{label}{number:02d}", label


SHEMO = register(
    Corpus(
        name="ShEMO",
        title="Sharif Emotional Speech Database",
        citation="""@article{nezami2019shemo,
  author  = {Mohamad Nezami, Omid and Jamshid Lou, Paria and Karami, Mansoureh},
  title   = {{ShEMO}: a large-scale validated database for {Persian} speech emotion detection},
  journal = {Language Resources and Evaluation},
  volume  = {53},
  number  = {1},
  pages   = {1--16},
  year    = {2019},
  doi     = {10.1007/s10579-018-9427-x}
}""",
        licence="academic use",
        home="https://github.com/mansourehk/ShEMO",
        language="Persian",
        sample_rate=44_100,
        emotions=_EMOTIONS,
        speakers=_SPEAKERS,
        n_clips=3000,
        emotion_counts={
            "anger": 1059,
            "fear": 38,
            "happiness": 201,
            "neutral": 1028,
            "sadness": 449,
            "surprise": 225,
        },
        speaker_counts={speaker.name: int(count) for speaker, count in zip(_SPEAKERS, _COUNTS.split(), strict=True)},
        pattern=_PATTERN,
        describe=_describe,
        place=_place,
        invent=_invent,
        example="F01A01.wav",
        quirks=(
            "Cut from radio plays, not recorded for the purpose: rooms, music and lengths differ (0.4 to 33 s). "
            "Classes are very uneven: fear has 38 clips; speakers too, with 2 (F08) to 180 (M12). One survey found 121 "
            "files, all of men, at 22 050 Hz. The transcripts name another emotion than the file for 163 clips."
        ),
        layouts="Two folders, female and male.",
        source=Source(
            archives=(
                Archive(
                    "https://media.githubusercontent.com/media/mansourehk/ShEMO/master/female.zip",
                    "sha256:663d8d7dceb44adbbf87d84be3a080fb691d169fbd972f6941e6302bc39f71e6",
                ),
                Archive(
                    "https://media.githubusercontent.com/media/mansourehk/ShEMO/master/male.zip",
                    "sha256:747670d0d918e59d5e5020cf66610242890b093d42968c467c4f02eb5e6a6b1a",
                ),
            ),
            unpacked_bytes=1_200_000_000,
        ),
    )
)
