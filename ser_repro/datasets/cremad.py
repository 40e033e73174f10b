"""CREMA-D: 91 actors of many ages and origins, 12 sentences, six emotions.

A name is `1001_DFA_ANG_XX`: actor, sentence, emotion, level (LO, MD, HI; XX where none was asked for). Only the
sentence IEO was spoken at three levels. Source: Cao et al. 2014, and the repository of the corpus, which also holds
the actors' sex and age.
"""

from __future__ import annotations

import re

from ser_repro.datasets.base import UNSPECIFIED, Corpus, Source, Speaker, register

_EMOTIONS = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}
_INTENSITIES = {"LO": "low", "MD": "medium", "HI": "high", "XX": UNSPECIFIED}

# Sex and age of actors 1001 to 1091 in that order.
_ACTORS = """
m51 f21 f21 f42 m29 f58 f38 f46 f24 f27 m32 f23 f22 m24 m32 m61 m42 f25 m29 f61 f30 m22 m22 f59 f48 m33 m44 f57 f33
f42 m31 m30 m31 m74 m48 m49 f45 m21 m51 m42 m42 m37 f25 m40 m22 f22 f22 m38 f25 m62 m56 f33 f35 f36 f57 f52 m25 f36
m21 f28 f51 m56 f33 m53 m38 m25 m66 m34 m27 m25 m41 f33 f24 f31 f40 f25 m20 f21 f21 m21 m30 f20 m45 f46 m34 m33 m62
m23 f24 m50 f29
"""
_SPEAKERS = tuple(
    Speaker(str(1001 + place), "female" if actor[0] == "f" else "male", int(actor[1:]))
    for place, actor in enumerate(_ACTORS.split())
)
_COUNTS = {"1002": 81, "1076": 81, "1008": 76, "1009": 76, "1019": 76}  # all others: 82

# One file lacked the last letter of its name until 2022, and still does in older copies.
_PATTERN = re.compile(
    r"(?P<speaker>10(?:0[1-9]|[1-8][0-9]|9[01]))_(?P<sentence>DFA|IEO|IOM|ITH|ITS|IWL|IWW|MTI|TAI|TIE|TSI|WSI)"
    r"_(?P<label>ANG|DIS|FEA|HAP|NEU|SAD)_(?P<level>LO|MD|HI|XX|X)",
    re.IGNORECASE,
)


def _describe(match: re.Match) -> dict:
    found = {name: value.upper() for name, value in match.groupdict().items()}
    level = "XX" if found["level"] == "X" else found["level"]
    speaker, sentence, label = found["speaker"], found["sentence"], found["label"]
    return {
        "clip": f"{speaker}_{sentence}_{label}_{level}",
        "label": label,
        "speaker": speaker,
        "sentence": sentence,
        "intensity": _INTENSITIES[level],
    }


def _place(clip) -> str:
    return f"AudioWAV/{clip['clip']}"


CREMAD = register(
    Corpus(
        name="CREMA-D",
        title="Crowd-sourced emotional multimodal actors dataset (audio)",
        citation="""@article{cao2014cremad,
  author  = {Cao, Houwei and Cooper, David G. and Keutmann, Michael K. and Gur, Ruben C. and Nenkova, Ani and
             Verma, Ragini},
  title   = {{CREMA-D}: Crowd-sourced emotional multimodal actors dataset},
  journal = {IEEE Transactions on Affective Computing},
  volume  = {5},
  number  = {4},
  pages   = {377--390},
  year    = {2014},
  doi     = {10.1109/TAFFC.2014.2336244}
}""",
        licence="ODbL 1.0",
        home="https://github.com/CheyneyComputerScience/CREMA-D",
        language="English",
        sample_rate=16_000,
        emotions=_EMOTIONS,
        speakers=_SPEAKERS,
        n_clips=7442,
        emotion_counts={emotion: 1087 if emotion == "neutral" else 1271 for emotion in sorted(_EMOTIONS.values())},
        speaker_counts={speaker.name: _COUNTS.get(speaker.name, 82) for speaker in _SPEAKERS},
        pattern=_PATTERN,
        describe=_describe,
        place=_place,
        example="1001_DFA_ANG_XX.wav",
        quirks=(
            "Three pairs of clips hold the same samples under different emotions (1006_TIE HAP and NEU, 1013_WSI DIS "
            "and SAD, 1017_IWW ANG and FEA), and 1076_MTI_SAD_XX is digital silence. Copies made before 2022 lack the "
            "last letter of 1040_ITH_SAD_XX. The label is what the actor was asked for: listeners often heard another "
            "emotion."
        ),
        layouts="One folder, AudioWAV, beside videos and MP3 files.",
        source=Source(
            clip_url="https://media.githubusercontent.com/media/CheyneyComputerScience/CREMA-D/master/{place}.wav",
            unpacked_bytes=610_000_000,
        ),
    )
)
