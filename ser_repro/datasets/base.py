"""What a corpus is: its published facts, and how the name of a file tells what is in it.

A corpus is a value, not a class hierarchy: everything the package knows of it (licence, citation, speakers,
counts, naming scheme) stands in one `Corpus`, in one module of its own, and `register` makes it known by
name. Nothing here opens a file, so the facts can be read where no audio library is installed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ser_repro import SerReproError

EMOTIONS = ("anger", "boredom", "calm", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
"""The emotions of the study, whatever a corpus calls them."""

INDEX_FOLDER = Path(__file__).parent / "index"

UNSPECIFIED = "unspecified"
"""Intensity of a clip whose corpus does not state one."""


class Speaker(NamedTuple):
    """One speaker: the corpus's own code, and `female` or `male`."""

    name: str
    sex: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Corpus:
    """The published facts of a corpus of acted speech.

    Parameters
    ----------
    name : str
        Short name, as the papers write it.
    title, citation, licence, home, language : str
        Full title, BibTeX entry, licence, address of the publisher's page, spoken language.
    sample_rate : int
        Nominal rate in Hz; `quirks` tells of clips that depart from it.
    channels : int
        Nominal number of channels.
    emotions : mapping of str to str
        The corpus's label of an emotion to the study's (one of `EMOTIONS`).
    speakers : tuple of Speaker
        Every speaker of the published corpus.
    n_clips : int
        Number of clips of the published corpus.
    emotion_counts, speaker_counts : mapping of str to int
        The same by the study's emotion, and by speaker.
    pattern : re.Pattern
        Matches a file name without its ending, from the first letter to the last.
    describe : callable
        From a match of `pattern` to a dict with clip, label, speaker, sentence and intensity; `clip` is the
        official name, whatever letter case or alias the file has. None for a name that only looks right.
    folder : callable
        From a clip's attributes to the folder that holds it in the published layout.
    example : str
        One official file name, for error messages.
    quirks : str
        What a user should know before trusting the files.
    parts : int
        How many of the last parts of a path `pattern` sees, joined by `/`: 1 is the file name alone, 2 adds
        its folder, for corpora whose file names repeat from speaker to speaker.
    index : pathlib.Path
        Table of the published clips with a hash of their samples; by default the one stored beside this
        module.
    """

    name: str
    title: str
    citation: str
    licence: str
    home: str
    language: str
    sample_rate: int
    emotions: Mapping[str, str]
    speakers: tuple[Speaker, ...]
    n_clips: int
    emotion_counts: Mapping[str, int]
    speaker_counts: Mapping[str, int]
    pattern: re.Pattern
    describe: Callable[[re.Match], dict | None]
    folder: Callable[[Mapping], str]
    example: str
    quirks: str = ""
    channels: int = 1
    parts: int = 1
    index: Path = field(default=None)

    def __post_init__(self):
        strangers = sorted(set(self.emotions.values()) - set(EMOTIONS))
        if strangers:
            raise SerReproError(
                f"corpus {self.name} maps to {', '.join(strangers)}, which the study does not know: "
                f"use {', '.join(EMOTIONS)}"
            )
        if self.index is None:
            object.__setattr__(self, "index", INDEX_FOLDER / f"{self.name}.csv")

    def __str__(self):
        return self.name

    @property
    def sexes(self) -> dict[str, str]:
        """Sex of every speaker, by the speaker's code."""
        return {speaker.name: speaker.sex for speaker in self.speakers}

    def parse(self, stem: str) -> dict | None:
        """Attributes of a clip from its file name.

        Parameters
        ----------
        stem : str
            File name without folder and ending; with `parts` > 1 the last folders too, joined by `/`.

        Returns
        -------
        dict or None
            clip, emotion, label, speaker, sex, sentence and intensity, all str; None where the name is not
            one of this corpus.
        """
        match = self.pattern.fullmatch(stem)
        found = self.describe(match) if match else None
        if found is None:
            return None
        return {
            "clip": found["clip"],
            "emotion": self.emotions[found["label"]],
            "label": found["label"],
            "speaker": found["speaker"],
            "sex": self.sexes[found["speaker"]],
            "sentence": found["sentence"],
            "intensity": found.get("intensity", UNSPECIFIED),
        }


CORPORA: dict[str, Corpus] = {}
"""Every corpus the package knows, by name."""


def _key(name: str) -> str:
    return re.sub(r"[-_\s]", "", name).casefold()


def register(corpus: Corpus) -> Corpus:
    """Make a corpus known by its name.

    Raises
    ------
    SerReproError
        If the name is taken, also in another spelling: two corpora under one name would mix silently.
    """
    taken = {_key(name): name for name in CORPORA}
    if _key(corpus.name) in taken:
        raise SerReproError(
            f"a corpus named {taken[_key(corpus.name)]} is already registered: "
            f"give {corpus.name} another name"
        )
    CORPORA[corpus.name] = corpus
    return corpus


def get(name: str | Corpus) -> Corpus:
    """The corpus of that name; letter case, hyphens, underscores and spaces do not matter.

    Raises
    ------
    SerReproError
        If no corpus has that name.
    """
    if isinstance(name, Corpus):
        return name
    for known, corpus in CORPORA.items():
        if _key(known) == _key(str(name)):
            return corpus
    raise SerReproError(f"no corpus is named {name!r}: choose one of {', '.join(sorted(CORPORA))}")
