"""What a corpus is: its published facts, and how the name of a file tells what is in it.

A corpus is a value, not a class hierarchy: everything the package knows of it (licence, citation, speakers,
counts, naming scheme) stands in one `Corpus`, in one module of its own, and `register` makes it known by
name. Nothing here opens a file, so the facts can be read where no audio library is installed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from ser_repro import SerReproError

EMOTIONS = ("anger", "boredom", "calm", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
"""The emotions of the study, whatever a corpus calls them."""

COLUMNS = ["corpus", "clip", "path", "emotion", "label", "speaker", "sex", "age", "language", "sentence", "intensity",
           "session", "scenario"]
"""Columns of every table of clips."""

INDEX_FOLDER = Path(__file__).parent / "index"

UNSPECIFIED = "unspecified"
"""Intensity of a clip whose corpus does not state one."""


class Speaker(NamedTuple):
    """One speaker: the corpus's own code, `female` or `male` ("" where it does not say), and age in years, or None."""

    name: str
    sex: str
    age: int | None = None


class Archive(NamedTuple):
    """A file that a publisher offers: its address, and a checksum as pooch writes it ("md5:..."), "" where none is
    published."""

    url: str
    checksum: str = ""


@dataclass(frozen=True, kw_only=True)
class Source:
    """How a corpus is had from its publisher.

    Parameters
    ----------
    archives : tuple of Archive
        Archives (zip or tar) that hold the corpus; all of them are needed.
    clip_url : str
        For a corpus that is published clip by clip: the address of one, `{place}` standing for its place in the
        published layout.
    ask : str
        For a corpus that wants a signature or a registration: where to ask, and what comes. It then has neither
        archives nor addresses of clips.
    unpacked_bytes : int
        Size of the audio when unpacked, roughly: an archive that unpacks to several times as much is refused.
    """

    archives: tuple[Archive, ...] = ()
    clip_url: str = ""
    ask: str = ""
    unpacked_bytes: int


class Labels(NamedTuple):
    """Labels that stand in text files beside the audio, where the names of the clips do not hold them.

    `files` matches the names of such files, `read` gives {clip: label} of the text of one, `write` the text of one
    that labels the given clips (for made copies of the corpus), and `place` its path in the published layout.
    """

    files: re.Pattern
    read: Callable[[str], dict[str, str]]
    write: Callable[[Iterable[Mapping]], str]
    place: Callable[[Mapping], str]


@dataclass(frozen=True, eq=False, kw_only=True)
class Corpus:
    """The published facts of a corpus of acted speech.

    Parameters
    ----------
    name : str
        Short name, as the papers write it.
    title, citation, licence, home, language : str
        Full title, BibTeX entry, licence and terms, address of the publisher's page, spoken language.
    sample_rate : int
        Nominal rate in Hz; `quirks` tells of clips that depart from it.
    channels : int
        Nominal number of channels.
    emotions : mapping of str to str
        The corpus's label of an emotion to the study's (one of `EMOTIONS`), "" where the study has none for it.
    speakers : tuple of Speaker
        Every speaker of the published corpus.
    n_clips : int
        Number of clips of the published corpus.
    emotion_counts, speaker_counts : mapping of str to int
        The same by the study's emotion, and by speaker; empty where they are not known.
    label_counts : mapping of str to int
        The same by the corpus's own label, where several labels are one emotion, or none.
    pattern : re.Pattern
        Matches a file name without its ending, from the first letter to the last.
    describe : callable
        From a match of `pattern` to a dict with clip, label, speaker and sentence, and where the corpus has them
        intensity, session and scenario; `clip` is the official name, whatever letter case or alias the file has.
        None for a name that only looks right.
    place : callable
        From a clip's attributes to its path in the published layout, without the ending.
    example : str
        One official file name, for error messages.
    quirks : str
        What a user should know before trusting the files.
    layouts : str
        The published folders, and others that copies come in.
    misnamed : mapping of str to str
        Published names that break the corpus's own rule, and what the rule would make them.
    studied : tuple of str
        The emotions that the documents use of this corpus, where they do not use all.
    source : Source
        How it is had from its publisher; None for a corpus of the user's own.
    labels : Labels
        Where the names of its clips do not hold the label; None for all others.
    invent : callable
        Gives (clip, label) pairs for a made copy, every speaker and emotion among them, where the corpus has no index
        to take names from.
    table : pandas.DataFrame
        The clips themselves, of a corpus of the user's own (`own`), which is not found by names; None for all others.
        A `sample_rate` and `channels` of 0 then say that none is promised.
    origin : pathlib.Path
        The file that `table` was read from.
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
    place: Callable[[Mapping], str]
    example: str
    label_counts: Mapping[str, int] = field(default_factory=dict)
    quirks: str = ""
    layouts: str = ""
    misnamed: Mapping[str, str] = field(default_factory=dict)
    studied: tuple[str, ...] = ()
    source: Source | None = None
    labels: Labels | None = None
    invent: Callable[[], Iterable[tuple[str, str]]] | None = None
    table: object = None
    origin: Path | None = None
    channels: int = 1
    parts: int = 1
    index: Path = field(default=None)

    def __post_init__(self):
        strangers = sorted(set(self.emotions.values()) - {*EMOTIONS, ""})
        if strangers:
            raise SerReproError(
                f"corpus {self.name} maps to {', '.join(strangers)}, which the study does not know: "
                f"use {', '.join(EMOTIONS)}"
            )
        if self.index is None:
            object.__setattr__(self, "index", INDEX_FOLDER / f"{self.name}.csv")

    def __str__(self):
        return self.name

    @cached_property
    def sexes(self) -> dict[str, str]:
        """Sex of every speaker, by the speaker's code."""
        return {speaker.name: speaker.sex for speaker in self.speakers}

    @cached_property
    def ages(self) -> dict[str, int | None]:
        """Age in years of every speaker, by the speaker's code; None where it is not published."""
        return {speaker.name: speaker.age for speaker in self.speakers}

    def parse(self, stem: str, label: str | None = None) -> dict | None:
        """Attributes of a clip from its file name.

        Parameters
        ----------
        stem : str
            File name without folder and ending; with `parts` > 1 the last folders too, joined by `/`.
        label : str, optional
            The clip's label, for a corpus that keeps it elsewhere.

        Returns
        -------
        dict or None
            clip, emotion, label, speaker, sex, age (years, None where unknown), language, sentence, intensity, session
            and scenario; None where the name is not one of this corpus. What is not known is "".
        """
        match = self.pattern.fullmatch(stem)
        found = self.describe(match) if match else None
        if found is None:
            return None
        label = found.get("label", label)
        return {
            "clip": found["clip"],
            "emotion": self.emotions.get(label, ""),
            "label": label or "",
            "speaker": found["speaker"],
            "sex": self.sexes[found["speaker"]],
            "age": self.ages[found["speaker"]],
            "language": self.language,
            "sentence": found["sentence"],
            "intensity": found.get("intensity", UNSPECIFIED),
            "session": found.get("session", ""),
            "scenario": found.get("scenario", ""),
        }


CORPORA: dict[str, Corpus] = {}
"""Every corpus the package knows, by name."""


def key(name: str) -> str:
    """What two spellings of one name have in common: letter case, hyphens, underscores and spaces do not count."""
    return re.sub(r"[-_\s]", "", name).casefold()


def register(corpus: Corpus) -> Corpus:
    """Make a corpus known by its name.

    Raises
    ------
    SerReproError
        If the name is taken, also in another spelling: two corpora under one name would mix silently.
    """
    taken = {key(name): name for name in CORPORA}
    if key(corpus.name) in taken:
        raise SerReproError(
            f"a corpus named {taken[key(corpus.name)]} is already registered: "
            f"give {corpus.name} another name"
        )
    CORPORA[corpus.name] = corpus
    return corpus
