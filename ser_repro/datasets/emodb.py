"""EMO-DB, the Berlin database of emotional speech: ten German actors, ten sentences, seven emotions.

A name is `03a01Fa`: two digits for the speaker, the sentence, the first letter of the emotion in German,
and a letter that tells versions apart. Only utterances that listeners recognised were published, so the
counts are uneven. Source: Burkhardt et al. 2005, and the page of the database.
"""

from __future__ import annotations

import re

from ser_repro.datasets.base import Archive, Corpus, Source, Speaker, register

_EMOTIONS = {
    "W": "anger",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happiness",
    "T": "sadness",
    "N": "neutral",
}

_PATTERN = re.compile(
    r"(?P<speaker>03|08|09|1[0-6])(?P<sentence>a0[12457]|b0[1239]|b10)(?P<label>[WLEAFTN])(?P<version>[a-f])",
    re.IGNORECASE,
)


def _describe(match: re.Match) -> dict:
    speaker, sentence = match["speaker"], match["sentence"].lower()
    label, version = match["label"].upper(), match["version"].lower()
    return {
        "clip": f"{speaker}{sentence}{label}{version}",
        "label": label,
        "speaker": speaker,
        "sentence": sentence,
    }


def _place(clip) -> str:
    return f"wav/{clip['clip']}"


EMODB = register(
    Corpus(
        name="EMO-DB",
        title="Berlin Database of Emotional Speech",
        citation="""@inproceedings{burkhardt2005emodb,
  author    = {Burkhardt, Felix and Paeschke, Astrid and Rolfes, Miriam and Sendlmeier, Walter F. and
               Weiss, Benjamin},
  title     = {A database of {German} emotional speech},
  booktitle = {Proc. Interspeech 2005},
  pages     = {1517--1520},
  year      = {2005},
  doi       = {10.21437/Interspeech.2005-446}
}""",
        licence="free for research",
        home="http://emodb.bilderbar.info",
        language="German",
        sample_rate=16_000,
        emotions=_EMOTIONS,
        speakers=(
            Speaker("03", "male", 31),
            Speaker("08", "female", 34),
            Speaker("09", "female", 21),
            Speaker("10", "male", 32),
            Speaker("11", "male", 26),
            Speaker("12", "male", 30),
            Speaker("13", "female", 32),
            Speaker("14", "female", 35),
            Speaker("15", "male", 25),
            Speaker("16", "female", 31),
        ),
        n_clips=535,
        emotion_counts={
            "anger": 127,
            "boredom": 81,
            "disgust": 46,
            "fear": 69,
            "happiness": 71,
            "neutral": 79,
            "sadness": 62,
        },
        speaker_counts={
            "03": 49,
            "08": 58,
            "09": 43,
            "10": 38,
            "11": 55,
            "12": 35,
            "13": 61,
            "14": 69,
            "15": 56,
            "16": 71,
        },
        pattern=_PATTERN,
        describe=_describe,
        place=_place,
        example="03a01Fa.wav",
        quirks=(
            "The emotion letter is German: A (Angst) is fear, and anger is W (Wut). Classes are uneven, and "
            "speakers lack some emotions."
        ),
        layouts="One folder, wav, beside lablaut, labsilb and others that hold no audio.",
        source=Source(
            archives=(Archive("http://emodb.bilderbar.info/download/download.zip"),),
            unpacked_bytes=50_000_000,
        ),
    )
)
