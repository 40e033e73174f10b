"""TESS: two women, one older and one younger, 200 words after "Say the word", seven emotions.

A name is `OAF_back_angry`: speaker, word, emotion; `ps` is pleasant surprise. Source: the page of the
published record.
"""

from __future__ import annotations

import re

from ser_repro.datasets.base import Archive, Corpus, Source, Speaker, register

_EMOTIONS = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "neutral": "neutral",
    "ps": "surprise",
    "sad": "sadness",
}

# The published folders spell the emotions neither as the file names do nor alike for both speakers.
_FOLDERS = {
    "OAF": {"fear": "Fear", "ps": "Pleasant_surprise", "sad": "Sad"},
    "YAF": {"ps": "pleasant_surprised"},
}

_PATTERN = re.compile(
    r"(?P<speaker>OAF|YAF|OA(?=_bite_neutral))_(?P<sentence>[a-z]+)_(?P<label>angry|disgust|fear|happy|neutral|ps|sad)",
    re.IGNORECASE,
)


def _describe(match: re.Match) -> dict:
    speaker = match["speaker"].upper()
    sentence, label = match["sentence"].lower(), match["label"].lower()
    speaker = "OAF" if speaker == "OA" else speaker
    clip = f"{speaker}_{sentence}_{label}"
    # One file is published without the F of its speaker; a copy that mended the name holds the same clip.
    clip = "OA_bite_neutral" if clip == "OAF_bite_neutral" else clip
    return {"clip": clip, "label": label, "speaker": speaker, "sentence": sentence}


def _place(clip) -> str:
    speaker, label = clip["speaker"], clip["label"]
    return f"{speaker}_{_FOLDERS[speaker].get(label, label)}/{clip['clip']}"


TESS = register(
    Corpus(
        name="TESS",
        title="Toronto emotional speech set",
        citation="""@data{pichorafuller2020tess,
  author    = {Pichora-Fuller, M. Kathleen and Dupuis, Kate},
  title     = {Toronto emotional speech set ({TESS})},
  publisher = {Borealis},
  year      = {2020},
  doi       = {10.5683/SP2/E8H2MF}
}""",
        licence="CC BY-NC-ND 4.0",
        home="https://doi.org/10.5683/SP2/E8H2MF",
        language="English",
        sample_rate=24_414,
        emotions=_EMOTIONS,
        speakers=(Speaker("OAF", "female", 64), Speaker("YAF", "female", 26)),
        n_clips=2800,
        emotion_counts=dict.fromkeys(sorted(_EMOTIONS.values()), 400),
        speaker_counts={"OAF": 1400, "YAF": 1400},
        pattern=_PATTERN,
        describe=_describe,
        place=_place,
        example="OAF_back_angry.wav",
        quirks=(
            "OAF_food_fear is at 96 kHz, all others at 24 414 Hz. One file is published as OA_bite_neutral. "
            "Surprise is `ps`, pleasant surprise. Some files named .wav are AIFF-C inside. Two speakers "
            "only: a split by speaker leaves one to learn from."
        ),
        layouts="A folder a speaker and emotion (OAF_angry, YAF_fear), spelt variously; many copies hold all twice.",
        misnamed={"OA_bite_neutral": "OAF_bite_neutral"},
        source=Source(
            archives=(
                Archive("https://borealisdata.ca/api/access/dataset/:persistentId/?persistentId=doi:10.5683/SP2/E8H2MF"),
            ),
            unpacked_bytes=290_000_000,
        ),
    )
)
