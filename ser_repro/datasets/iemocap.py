"""IEMOCAP: ten actors in five sessions of two, scripted and improvised dialogues, cut into turns.

A name is `Ses01F_impro01_F000`: the session and which of its two actors wears the markers, the scenario, who speaks,
and the turn. The label stands in `SessionN/dialog/EmoEvaluation/SCENARIO.txt`, a line a turn. Source: Busso et al.
2008, and the notes that come with the release.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ser_repro.datasets.base import Corpus, Labels, Source, Speaker, register

_EMOTIONS = {
    "ang": "anger",
    "dis": "disgust",
    "exc": "happiness",  # excitement: merged as in all work on four classes
    "fea": "fear",
    "fru": "",  # frustration
    "hap": "happiness",
    "neu": "neutral",
    "oth": "",
    "sad": "sadness",
    "sur": "surprise",
    "xxx": "",  # the evaluators did not agree
}
_COUNTS = {"ang": 1103, "dis": 2, "exc": 1041, "fea": 40, "fru": 1849, "hap": 595, "neu": 1708, "oth": 3, "sad": 1084,
           "sur": 107, "xxx": 2507}
_SPEAKERS = tuple(
    Speaker(f"Ses0{session}{sex[0].upper()}", sex) for session in range(1, 6) for sex in ("female", "male")
)

_PATTERN = re.compile(
    r"(?P<dialogue>Ses0(?P<session>[1-5])[FM]_(?P<scenario>impro[0-9]{2}[a-z]?|script[0-9]{2}_[0-9][a-z]?))"
    r"_(?P<who>[FM])(?P<turn>[0-9]{3})"
)

# [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D], separated by tabs; the evaluators' own lines look otherwise.
_LINE = re.compile(r"\[\s*[\d.]+\s*-\s*[\d.]+\s*\]\t(?P<clip>\S+)\t(?P<label>[a-z]{3})\t")


def _describe(match: re.Match) -> dict:
    return {
        "clip": match.string,
        "speaker": f"Ses0{match['session']}{match['who']}",
        "sentence": match.string,  # no two turns are known to say the same
        "session": match["session"],
        "scenario": match["scenario"],
    }


def _dialogue(clip) -> str:
    return clip["clip"].rpartition("_")[0]


def _place(clip) -> str:
    return f"Session{clip['session']}/sentences/wav/{_dialogue(clip)}/{clip['clip']}"


def _labels_place(clip) -> str:
    return f"Session{clip['session']}/dialog/EmoEvaluation/{_dialogue(clip)}.txt"


def _read_labels(text: str) -> dict[str, str]:
    return {found["clip"]: found["label"] for found in map(_LINE.match, text.splitlines()) if found}


def _write_labels(clips: Iterable[Mapping]) -> str:
    lines = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
    for turn, clip in enumerate(clips):
        lines += [f"[{turn:.4f} - {turn + 0.9:.4f}]\t{clip['clip']}\t{clip['label']}\t[2.5000, 2.5000, 2.5000]",
                  f"C-E2:\t{clip['label']};\t()", "A-E3:\tval 2; act 3; dom  2;\t()", ""]
    return "\n".join(lines)


def _invent() -> Iterator[tuple[str, str]]:
    for speaker in _SPEAKERS:
        for scenario in ("impro01", "script01_1"):
            for turn, label in enumerate(_EMOTIONS):
                yield f"{speaker.name}_{scenario}_{speaker.name[-1]}{turn:03d}", label


IEMOCAP = register(
    Corpus(
        name="IEMOCAP",
        title="Interactive emotional dyadic motion capture database (speech of the turns)",
        citation="""@article{busso2008iemocap,
  author  = {Busso, Carlos and Bulut, Murtaza and Lee, Chi-Chun and Kazemzadeh, Abe and Mower, Emily and Kim, Samuel
             and Chang, Jeannette N. and Lee, Sungbok and Narayanan, Shrikanth S.},
  title   = {{IEMOCAP}: interactive emotional dyadic motion capture database},
  journal = {Language Resources and Evaluation},
  volume  = {42},
  number  = {4},
  pages   = {335--359},
  year    = {2008},
  doi     = {10.1007/s10579-008-9076-6}
}""",
        licence="signed licence, for research; not to be passed on",
        home="https://sail.usc.edu/iemocap/",
        language="English",
        sample_rate=16_000,
        emotions=_EMOTIONS,
        speakers=_SPEAKERS,
        n_clips=10_039,
        emotion_counts={
            emotion: sum(_COUNTS[label] for label in _COUNTS if _EMOTIONS[label] == emotion)
            for emotion in sorted(set(_EMOTIONS.values()))
        },
        label_counts=_COUNTS,
        speaker_counts={
            "Ses01F": 873, "Ses01M": 946, "Ses02F": 859, "Ses02M": 952, "Ses03F": 1048, "Ses03M": 1088,
            "Ses04F": 987, "Ses04M": 1116, "Ses05F": 1033, "Ses05M": 1137,
        },
        pattern=_PATTERN,
        describe=_describe,
        place=_place,
        labels=Labels(
            files=re.compile(r"Ses0[1-5][FM]_(?:impro|script)\w+\.txt"),
            read=_read_labels,
            write=_write_labels,
            place=_labels_place,
        ),
        invent=_invent,
        studied=("anger", "happiness", "neutral", "sadness"),
        example="Ses01F_impro01_F000.wav",
        quirks=(
            "Labels are not in the names but in dialog/EmoEvaluation. Of 10 039 labelled turns 2507 have no agreed "
            "label (xxx) and 1849 are frustration: the study has no emotion for them. The four classes of the "
            "documents are anger, happiness (with excitement: 595 + 1041), neutral and sadness, 5531 turns. Both "
            "actors of a session speak in every dialogue: keep sessions apart, not only speakers."
        ),
        layouts="Session1 to Session5, in each sentences/wav/DIALOGUE/TURN.wav and dialog/EmoEvaluation/DIALOGUE.txt.",
        source=Source(
            ask="ask for the release at https://sail.usc.edu/iemocap/iemocap_release.htm; after signing "
            "you are sent the address of IEMOCAP_full_release.tar.gz",
            unpacked_bytes=20_000_000_000,  # the release holds videos too
        ),
    )
)
