"""The demo corpus: synthetic speech under official names, for machines where no corpus lies.

It lets every step of the study run anywhere, and shows at once that its numbers are none: the folder is
marked, and what reads it can ask `is_synthetic`. Voices differ by speaker, emotions by pitch, loudness,
tempo and timbre, with overlap; see `voice`.
"""

from __future__ import annotations

import os
import wave
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ser_repro import SerReproError
from ser_repro.datasets.audio import to_int16
from ser_repro.datasets.base import Corpus
from ser_repro.datasets.folders import MARKER
from ser_repro.datasets.indexes import published
from ser_repro.datasets.lookup import get
from ser_repro.datasets.voice import Voice, manner, speak
from ser_repro.files import digest, file_checksum, one_of, whole_folder

_STRENGTH = {"normal": 0.85, "strong": 1.25}

_VERSION = 1
"""To be raised when the same arguments give other samples: folders written before are then replaced."""

_LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")  # that file managers leave

_DEMO_SIZE = 240
"""Clips that a demo corpus has about, where the caller does not say how many."""


def _generator(*key) -> np.random.Generator:
    """Random numbers that depend on the key alone: a clip sounds alike whatever is written with it."""
    seed = bytes.fromhex(digest("/".join(map(str, key))))
    return np.random.default_rng(np.frombuffer(seed, dtype="<u4"))


def synthesise(
    corpus: str | Corpus,
    clip: str | Mapping,
    seed: int = 0,
    sample_rate: int | None = None,
    duration_s: float = 1.0,
) -> tuple[np.ndarray, int]:
    """Speech-like audio for one clip.

    Parameters
    ----------
    corpus : str or Corpus
    clip : str or mapping
        Name of a clip, or its attributes: clip, emotion, speaker, sex, sentence, intensity (a row of `find`
        does).
    seed : int
        Another seed gives other voices and other takes.
    sample_rate : int, optional
        In Hz; by default the corpus's.
    duration_s : float
        Length in s of a clip spoken at plain tempo.

    Returns
    -------
    samples : numpy.ndarray [shape=(frames, channels)]
        int16, with as many equal channels as the corpus has.
    sample_rate : int
        In Hz.

    Raises
    ------
    SerReproError
        If the name is not one of the corpus, or rate or duration make no sense.
    """
    corpus = get(corpus)
    sample_rate = corpus.sample_rate if sample_rate is None else int(sample_rate)
    if sample_rate < 2000:
        raise SerReproError(f"a sample rate of {sample_rate} Hz is too low for speech: give 2000 Hz or more")
    if not duration_s > 0:
        raise SerReproError(f"a duration of {duration_s} s is no length: give one above 0")
    row = _parse(corpus, clip) if isinstance(clip, str) else clip
    if row is None:
        raise SerReproError(f"{clip!r} is no clip of {corpus}: give a name like {Path(corpus.example).stem}")
    who = (seed, corpus.name, row["speaker"])
    voice = Voice.draw(row["sex"], _generator(*who, "voice"))
    take = _generator(*who, row["clip"], "take")
    how = manner(
        row["emotion"] or "neutral",  # a label for which the study has no emotion
        _STRENGTH.get(row["intensity"], 1.0) * voice.expressiveness,
        habit=_generator(*who, row["emotion"], "habit"),
        take=take,
    )
    words = _generator(seed, corpus.name, row["sentence"], "words")
    samples = to_int16(speak(voice, how, words, take, sample_rate, duration_s))
    return np.repeat(samples[:, None], corpus.channels, axis=1), sample_rate


def _parse(corpus: Corpus, clip: str) -> dict | None:
    """Attributes of a clip, with its label where that is kept elsewhere but made up here."""
    return corpus.parse(clip, dict(corpus.invent()).get(clip) if corpus.labels else None)


def official(corpus: str | Corpus) -> pd.DataFrame:
    """The clips that a made copy can have: those of the index, or, for a corpus without one, names of the same form.

    Returns
    -------
    pandas.DataFrame
        The columns of `find` but for path, sorted by clip.
    """
    corpus = get(corpus)
    if corpus.index.is_file() or not corpus.invent:
        return published(corpus)
    table = pd.DataFrame([{"corpus": corpus.name, **corpus.parse(*pair)} for pair in corpus.invent()])
    table["age"] = table["age"].astype("Int64")
    return table.sort_values("clip", ignore_index=True)


def choose(
    corpus: str | Corpus, speakers: Iterable[str] | None = None, per_emotion: int | None = None, seed: int = 0
) -> pd.DataFrame:
    """The clips of a demo corpus: official names, every speaker and emotion, few of each.

    Parameters
    ----------
    corpus : str or Corpus
    speakers : iterable of str, optional
        By default all.
    per_emotion : int, optional
        Clips a speaker and label, as far as the corpus has them; by default as many as make about 240 clips, and at
        least one.
    seed : int
        Another seed chooses other clips.

    Returns
    -------
    pandas.DataFrame
        Rows of `official`, sorted by clip.

    Raises
    ------
    SerReproError
        If the corpus has no such speaker, or has neither an index nor names to make up.
    """
    corpus = get(corpus)
    table = official(corpus)
    if speakers is not None:
        speakers = [one_of(str(speaker), corpus.sexes, f"speaker of {corpus}") for speaker in speakers]
        if not speakers:
            raise SerReproError(f"no speaker of {corpus} is given: choose some of {', '.join(corpus.sexes)}, or leave "
                                "speakers out for all")
        table = table[table.speaker.isin(speakers)]
    groups = table.groupby(["speaker", "label"])
    if per_emotion is None:
        per_emotion = max(1, round(_DEMO_SIZE / groups.ngroups))
    if per_emotion < 1:
        raise SerReproError(f"{per_emotion} clips a speaker and emotion make no corpus: give 1 or more")
    chosen = []
    for (speaker, _), group in groups:
        order = _generator(seed, corpus.name, speaker, group["emotion"].iloc[0], "choice").permutation(len(group))
        chosen.append(group.iloc[order[:per_emotion]])
    return pd.concat(chosen).sort_values("clip", ignore_index=True)


def write_demo(
    corpus: str | Corpus,
    dest: str | Path,
    speakers: Iterable[str] | None = None,
    per_emotion: int | None = None,
    seed: int = 0,
    sample_rate: int | None = None,
    duration_s: float = 1.0,
) -> Path:
    """Write a demo corpus: WAV files with official names in the official folders, and a marker.

    The same arguments give the same bytes. The folder appears whole or not at all; one that holds the whole of the same
    demo already is left as it is, and another demo, or a part of one, is replaced, where nothing else lies beside it.
    The marker lists what was written, with checksums: what is not on the list, or was changed, is not removed.

    Parameters
    ----------
    corpus : str or Corpus
    dest : path
        The folder to make; it must not hold anything but a demo corpus, as it was written.
    speakers, per_emotion, seed
        As `choose`.
    sample_rate, duration_s
        As `synthesise`.

    Returns
    -------
    pathlib.Path
        `dest`, absolute.

    Raises
    ------
    SerReproError
        If `dest` holds something else, or as `choose` and `synthesise`.
    """
    corpus, dest = get(corpus), Path(os.path.abspath(Path(dest).expanduser()))
    table = choose(corpus, speakers, per_emotion, seed)
    rate = corpus.sample_rate if sample_rate is None else sample_rate
    names = digest("\n".join(table["clip"]), 16)
    marker = (
        "synthetic: not a result\n"
        f"{len(table)} clips under the names of {corpus} ({names}), synthesiser {_VERSION}, "
        f"seed {seed}, {rate} Hz, {duration_s} s\n"
    )
    if _holds(dest, marker, corpus):
        return dest
    try:
        with whole_folder(dest) as folder:
            for row in table.to_dict("records"):
                path = folder / f"{corpus.place(row)}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                _write_wav(path, *synthesise(corpus, row, seed, sample_rate, duration_s))
            if corpus.labels:
                for place, group in table.groupby([corpus.labels.place(row) for row in table.to_dict("records")]):
                    path = folder / place
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(corpus.labels.write(group.to_dict("records")), encoding="utf-8")
            (folder / MARKER).write_text(marker + _listed(folder), encoding="utf-8")
    except OSError:
        # Another process may have written the same demo meanwhile: then there is nothing left to do.
        if not _holds(dest, marker, corpus):
            raise
    return dest


def _listed(folder: Path) -> str:
    """The files of a demo, a line each: checksum and path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return "".join(f"{file_checksum(path)} {path.relative_to(folder).as_posix()}\n" for path in files)


def _holds(dest: Path, marker: str, corpus: Corpus) -> bool:
    """Whether `dest` is the demo that `marker` describes; an error where it is neither a demo nor empty."""
    if not dest.exists() or (dest.is_dir() and not any(dest.iterdir())):
        return False
    if not (dest / MARKER).is_file():
        raise SerReproError(f"{dest} exists and is no demo corpus: give a folder that does not exist yet")
    told = (dest / MARKER).read_text(encoding="utf-8", errors="replace")
    written = _written(told)
    if told.startswith(marker) and written and all(_is(dest / name, it) for name, it in written.items()):
        return True
    strange = _strangers(dest, written, corpus)
    if strange:
        raise SerReproError(f"{dest} holds {strange[0]!r}, which is not as a demo wrote it, and would be removed: move "
                            "it away, or give a folder that does not exist yet")
    return False


def _written(told: str) -> dict[str, str]:
    """Path and checksum of what a marker lists."""
    return {name: checksum for checksum, _, name in (line.partition(" ") for line in told.splitlines()[2:])}


def _is(path: Path, checksum: str) -> bool:
    return path.is_file() and file_checksum(path) == checksum


def _strangers(dest: Path, written: dict[str, str], corpus: Corpus) -> list[str]:
    """What lies in a folder besides an untouched demo, or what is left of one."""
    known = dict(written)
    if not known:  # of a version that kept no list: what could be its own by place and name
        rows = official(corpus).to_dict("records")
        known = dict.fromkeys([f"{corpus.place(row)}.wav" for row in rows]
                              + ([corpus.labels.place(row) for row in rows] if corpus.labels else []))
    strange = []
    for place, folders, files in os.walk(dest):
        for name in [*files, *(one for one in folders if os.path.islink(os.path.join(place, one)))]:
            path = Path(place, name)
            mine = path.relative_to(dest).as_posix()
            if mine == MARKER or name in _LITTER:
                continue
            if path.is_symlink() or mine not in known or known[mine] not in (None, file_checksum(path)):
                strange.append(mine)
    return sorted(strange)


def _write_wav(path: Path, samples: np.ndarray, sample_rate: int) -> None:
    """Samples [shape=(frames, channels)] as 16-bit WAV, by the standard library: soundfile may be absent."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(np.ascontiguousarray(samples, dtype="<i2").tobytes())
