"""The page on a person's own recordings against the code, so that it can't go stale."""

import itertools
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_repro import SerReproError
from ser_repro.datasets import audio, folders, naming, opening, own, tables

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "book" / "recordings.md").read_text(encoding="utf-8")
READ = {"libsndfile": "yes", "FFmpeg": "with the package av", "": "no, but named and counted"}


def rows(heading):
    """The cells of the table on the page whose first column is so called."""
    lines = PAGE[PAGE.index(f"\n| {heading} |"):].strip().splitlines()
    table = itertools.takewhile(lambda line: line.startswith("|"), lines)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table][2:]


def code(text):
    return tuple(re.findall("`(.+?)`", text))


def test_the_page_lists_the_formats_that_the_code_knows():
    told = [folders.Format(name, code(endings), read) for name, endings, read in rows("format")]
    assert told == [one._replace(reader=READ[one.reader]) for one in folders.FORMATS]
    endings = [ending for one in folders.FORMATS for ending in one.endings]
    assert len(endings) == len(set(endings)) and set(endings) == folders.AUDIO
    low, high = re.search(r"Any rate from (\d+) to (\d+) kHz", PAGE).groups()
    assert (int(low) * 1000, int(high) * 1000) == (opening.RATES[0], opening.RATES[-1])


# What soundfile writes of each format that is read without FFmpeg.
WRITTEN = {".wav": ("WAV", "PCM_16"), ".w64": ("W64", "PCM_16"), ".rf64": ("RF64", "PCM_16"),
           ".flac": ("FLAC", "PCM_16"),
           ".mp3": ("MP3", "MPEG_LAYER_III"), ".ogg": ("OGG", "VORBIS"), ".opus": ("OGG", "OPUS"),
           ".aiff": ("AIFF", "PCM_16"), ".8svx": ("SVX", "PCM_16"), ".au": ("AU", "PCM_16"), ".caf": ("CAF", "PCM_16"),
           ".sph": ("NIST", "PCM_16"), ".voc": ("VOC", "PCM_16")}


def test_each_format_is_read_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.setattr(opening.importlib.util, "find_spec", lambda name: None)
    wave = np.random.default_rng(0).normal(0, 0.1, 48000).astype(np.float32)
    for one in folders.FORMATS:
        known = [ending for ending in one.endings if ending in WRITTEN]
        assert bool(known) == (one.reader == "libsndfile")
        for ending in known:
            container, encoding = WRITTEN[ending]
            with open(tmp_path / f"a{ending}", "wb+") as file:
                soundfile.write(file, wave, 48000, format=container, subtype=encoding)
            assert len(audio.read(tmp_path / f"a{ending}")[0]) == pytest.approx(48000, abs=5000)
    (tmp_path / "a.raw").write_bytes(bytes(range(256)) * 9)
    with pytest.raises(SerReproError, match=r"a\.raw cannot be read as audio"):
        audio.read(tmp_path / "a.raw")
    assert folders.is_audio(tmp_path / "a.raw")


def test_what_ffmpeg_reads_is_what_the_code_hands_to_it():
    named = " ".join(name for name, _, read in rows("format") if read == READ["FFmpeg"])
    kinds = {word for _, kind in opening._FOREIGN for word in re.findall(r"[A-Z][\w'-]+|3GP", kind)}
    assert {word for word in kinds if word not in named} <= {"Ogg", "FLAC"}  # FLAC in Ogg, under .oga


def test_the_page_lists_the_tables_that_are_read():
    told = {what: which for what, which in rows("what")}
    first, second = told["files"].split(";")
    assert (code(first), code(second)[:2]) == (tables.TEXT, tables.EXCEL)
    assert code(told["named, not read"]) == tables.ELSEWHERE
    assert code(told["columns needed"]) == own.NEEDED and code(told["columns used"]) == own.OPTIONAL
    assert re.findall(r"(?:UTF|Windows)-\d+", told["encodings"]) == list(tables.ENCODINGS.values())
    assert told["between cells"].split(";")[0].split(", ") == list(tables.SEPARATORS.values())


def test_the_page_lists_the_names_that_are_known():
    assert rows("emotion") == [[emotion, names.replace(" ", ", ").replace("_", " ")]
                               for emotion, names in naming.NAMES.items()]


def test_what_the_page_tells_to_install_is_there_to_install():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(re.findall(r"'\.\[(\w+)\]'", PAGE)) == {"formats"} <= set(extras)
    assert "`make install` installs it" in PAGE and any(one.startswith("openpyxl") for one in extras["test"])
