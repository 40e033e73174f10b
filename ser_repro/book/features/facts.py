"""How well emotions and speakers can be told in feature sets: measures gathered, facts of the prose, tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ser_repro import SerReproError, datasets
from ser_repro.book import separation
from ser_repro.book.features.words import shown, title
from ser_repro.book.show import Html
from ser_repro.book.voices import folded
from ser_repro.book.words import NBSP, listed, percent, signed
from ser_repro.features.sets import SETS
from ser_repro.runs import execution

TOLD = ("RAVDESS", "EMO-DB", "SAVEE")
"""Corpora of which the prose speaks, whatever is pictured."""


@dataclass(frozen=True)
class Apart:
    """Measures of feature sets (see `separation.measure`).

    Attributes
    ----------
    known : dict
        Corpus -> a row a set, of sets that are still defined as they were when they were measured; also `emotion` and
        `speaker`, which are 0 for guessing and 1 for always right.
    pictured : tuple of str
    measured : tuple of str
        Corpora measured anew.
    """

    known: dict[str, pd.DataFrame]
    pictured: tuple[str, ...]
    measured: tuple[str, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """Of all corpora that are pictured."""
        return pd.concat([self.known[corpus] for corpus in self.pictured], ignore_index=True)

    def of(self, corpus: str) -> pd.DataFrame:
        """A row a set, in the order of the chapter."""
        rows = self.known[corpus].set_index("set")
        return rows.loc[[name for name in shown() if name in rows.index]]

    def worth(self, corpus: str, name: str, what: str, less: str = "") -> str:
        """A measure of a set in per cent, or how many points it is above that of another."""
        values = self.known[corpus].set_index("set").get(what, pd.Series(dtype=float))
        if not {name, less or name} <= set(values.index):
            return "(not yet measured)"
        return signed(100 * (values[name] - values[less]), 0) if less else percent(values[name])


def gather(corpora: Iterable[str], *, results: str | Path = "results", data=None, recompute: bool = False) -> Apart:
    """Stored measures, and new ones of those corpora that are on this machine where they are asked for.

    Raises
    ------
    SerReproError
        Where nothing can be pictured, or measured.
    """
    corpora = list(dict.fromkeys(corpora))
    here = [corpus for corpus in corpora if corpus in execution.real(data)] if recompute else []
    if recompute and not here:
        raise SerReproError("recompute = True, but none of the corpora is here: set SER_REPRO_DATA to the folder that "
                            "holds them.")
    for corpus in here:
        compute(corpus, data=data, results=results)
    known = {corpus: _stored(corpus, results) for corpus in dict.fromkeys([*TOLD, *corpora])}
    pictured = tuple(corpus for corpus in corpora if len(known[corpus]))
    if not pictured:
        raise SerReproError(f"{', '.join(corpora)}: nothing is stored of it. Name another corpus, or set recompute = "
                            "True where it is on this machine.")
    return Apart(known, pictured, tuple(here))


def compute(corpus: str, *, data=None, results: str | Path = "results") -> None:
    """Measure all sets of the chapter on a corpus, and store that."""
    from ser_repro.features import extract

    clips = datasets.clips(corpus, data)
    sums = [datasets.measure(path)["sha256"] for path in clips["path"]]
    found = []
    for name, values in extract.extract(clips, shown()).items():
        row = separation.measure(separation.flatten(values), clips)
        row |= {"at_floor": at_floor(values)} if name.startswith("mel_image") else {}
        sizes = separation.sizes(values.array()) if SETS[name].values else {}
        found.append({"set": name, "definition": SETS[name].hash, "clips": len(clips)}
                     | {key: round(value, 4) for key, value in row.items()} | sizes)
    separation.store(corpus, found, datasets.content_hash(clips.assign(sha256=sums)), results)


def at_floor(images: Iterable[np.ndarray]) -> float:
    """Share of an image's values that lie at its own lowest one, mean over images."""
    return float(np.mean([np.mean(image <= image.min() + 1e-3) for image in images]))


def _stored(corpus: str, results: str | Path) -> pd.DataFrame:
    """What is stored of a corpus; empty where nothing is."""
    if not separation.path(corpus, results).is_file():
        return pd.DataFrame(columns=["set"])
    table = separation.load(corpus, results)
    same = [name in SETS and SETS[name].hash == hash_ for name, hash_ in
            zip(table["set"], table["definition"], strict=True)]
    return table[same].assign(corpus=corpus, **{
        what: (table[f"{what}_uar"] - table[f"{what}_guess"]) / (1 - table[f"{what}_guess"])
        for what in ("emotion", "speaker")})


def facts(apart: Apart) -> dict[str, str]:
    """What the prose says, key by key."""
    table = apart.table
    ahead = table["speaker"] > table["emotion"]
    told = {"ft_ahead": f"all {len(table)}" if ahead.all() else f"{ahead.sum()} of {len(table)}",
            "ft_savee_speakers": str(len(datasets.get("SAVEE").speakers))}
    for what, apart_by in (("emotion", "speaker"), ("speaker", "sentence")):
        folds = {corpus: min(separation.FOLDS, datasets.published(corpus)[apart_by].nunique())
                 for corpus in apart.pictured}
        told[f"ft_{what}_folds"] = listed([f"{count} on {corpus}" for corpus, count in folds.items()])
    for what in ("emotion", "speaker"):
        for end in ("min", "max"):
            told[f"ft_{what}_{end}"] = percent(getattr(table[what], end)())
            told[f"ft_{what}_silhouette_{end}"] = _two(getattr(table[f"{what}_silhouette"], end)())
        for corpus in TOLD:
            key, of = f"ft_{corpus.lower().replace('-', '')}_{what}", "" if corpus == "EMO-DB" else f"_{corpus.lower()}"
            told[f"ft_modulation_{what}{of}"] = apart.worth(corpus, "msf", f"{what}_uar")
            told[f"ft_mfcc_{what}{of}"] = apart.worth(corpus, "mfcc50_mean_code", f"{what}_uar")
            told[f"{key}_cut"] = apart.worth(corpus, "mfcc40_frames_code", f"{what}_uar", "mfcc40_frames_whole")
            told[f"{key}_mended"] = apart.worth(corpus, "mel_image", f"{what}_uar", "mel_image_code")
    savee = table["corpus"] == "SAVEE"
    for key, of in (("savee", savee), ("other", ~savee)):
        told[f"ft_{key}_silhouette"] = _two(table.loc[of, "speaker_silhouette"].max())
    for key, name in (("code", "mel_image_code"), ("right", "mel_image")):
        told[f"ft_floor_{key}"] = apart.worth("RAVDESS", name, "at_floor")
    return told


def rows(apart: Apart) -> list[dict]:
    """UAR of the two questions and the silhouettes, a row a corpus and set; what guessing gives is said once."""
    told = []
    for corpus in apart.pictured:
        mine = apart.of(corpus)
        guess = {what: f"{100 * mine[f'{what}_guess'].iloc[0]:.1f}{NBSP}%" for what in ("emotion", "speaker")}
        told.append({"corpus": corpus, "set": Html("<em>guessing</em>")} | guess | {
            f"silhouette, {what}s": "" for what in guess})
        told += [{"corpus": "", "set": title(name), "emotion": percent(row["emotion_uar"]),
                  "speaker": percent(row["speaker_uar"])}
                 | {f"silhouette, {what}s": _two(row[f"{what}_silhouette"]) for what in guess}
                 for name, row in mine.iterrows()]
    return told


def lacking(apart: Apart) -> list[str]:
    """Titles of the sets that have not been measured."""
    return [title(name) for name in shown() if name not in set(apart.table["set"])]


def stamp(apart: Apart, where: str, seed: int) -> str:
    """What the page rests on, folded away."""
    hashes = "; ".join(f"{corpus} content {datasets.content_hash(datasets.published(corpus))[:12]}"
                       for corpus in apart.pictured)
    fresh = f" Measured anew: {', '.join(apart.measured)}." if apart.measured else ""
    return folded(f"Measures of {hashes}.{fresh} Example: {where}. Seed {seed}.")


def _two(value: float) -> str:
    return f"{value + 0:.2f}".replace("-0.00", "0.00").replace("-", "\N{MINUS SIGN}")
