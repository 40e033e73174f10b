"""Is this copy of a corpus the published one? Every fault is named, the corpus's own told from the copy's.

A fault that the published corpus has itself (a clip at another rate, two clips with the same samples) is
listed too, marked `published`, as a study must know of it; it does not make the copy a bad one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ser_repro import SerReproError
from ser_repro.datasets.audio import PARTS
from ser_repro.datasets.base import CORPORA, Corpus
from ser_repro.datasets.finding import candidates, folder_of, parse_path
from ser_repro.datasets.folders import is_audio, marked_above, walk
from ser_repro.datasets.indexes import HASH_LENGTH, content_hash, measure_all, read_index
from ser_repro.datasets.lookup import get

# Faults of one kind that a printed report lists: a copy that lacks half a corpus should still fit a screen.
_SHOWN = 10


class Fault(NamedTuple):
    """One thing that is not as it should be.

    `clip` is the clip's name, or the file's where it is no clip; `published` tells that the published
    corpus has the same fault.
    """

    clip: str
    detail: str
    published: bool = False


@dataclass
class Report:
    """What `check` found, a list a kind of fault.

    missing: clips of the index that are not there. renamed: their samples are there under a name that is no clip's.
    changed: their samples differ from the index. unreadable: files that are damaged or no audio. silent: every sample
    is zero, or those of the first channel or of the mean of the channels are. rate: the sample rate differs from the
    corpus's or from the index. channels: the same of the number of channels. extra: audio files, in the corpus's
    folders, that are no clip of it. doubled: a clip that lies there more than once. identical: different clips, same
    samples. misnamed: the published name breaks the corpus's own rule.
    `indexed` tells whether there was an index to compare with: without one only what a copy shows by itself is seen.
    `clips` is the table of the clips that could be read, with what was measured of each (`audio.facts`).
    """

    corpus: str
    folder: str
    synthetic: bool
    n_clips: int
    content_hash: str
    indexed: bool = True
    missing: list[Fault] = field(default_factory=list)
    renamed: list[Fault] = field(default_factory=list)
    changed: list[Fault] = field(default_factory=list)
    unreadable: list[Fault] = field(default_factory=list)
    silent: list[Fault] = field(default_factory=list)
    rate: list[Fault] = field(default_factory=list)
    channels: list[Fault] = field(default_factory=list)
    extra: list[Fault] = field(default_factory=list)
    doubled: list[Fault] = field(default_factory=list)
    identical: list[Fault] = field(default_factory=list)
    misnamed: list[Fault] = field(default_factory=list)
    clips: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False, compare=False)

    @property
    def faults(self) -> dict[str, list[Fault]]:
        """The lists that are not empty, by kind."""
        kinds = {
            f.name: getattr(self, f.name) for f in fields(self) if isinstance(getattr(self, f.name), list)
        }
        return {kind: faults for kind, faults in kinds.items() if faults}

    @property
    def ok(self) -> bool:
        """Whether there is nothing to mend: no fault but those of the published corpus."""
        return all(fault.published for faults in self.faults.values() for fault in faults)

    def table(self) -> pd.DataFrame:
        """A row a fault: kind, clip, published, detail."""
        rows = [
            (kind, fault.clip, fault.published, fault.detail)
            for kind, faults in self.faults.items()
            for fault in faults
        ]
        return pd.DataFrame(rows, columns=["kind", "clip", "published", "detail"])

    def __str__(self):
        state = "in order" if self.ok else "NOT in order"
        source = "synthetic: not a result, " if self.synthetic else ""
        lines = [f"{self.corpus}, {self.n_clips} clips in {self.folder}: {source}{state}"]
        if not (self.indexed or self.synthetic):
            lines.append("  no index of the published samples: changed clips can't be told")
        for kind, faults in self.faults.items():
            lines += [
                f"  {kind}: {fault.clip}: {fault.detail}{' (as published)' if fault.published else ''}"
                for fault in faults[:_SHOWN]
            ]
            if len(faults) > _SHOWN:
                lines.append(f"  {kind}: and {len(faults) - _SHOWN} more: `--csv FILE`, or the report's table, has all")
        return "\n".join(lines)


def _extras(corpus: Corpus, paths: list[str], official: set[str] | None) -> list[tuple[Path, str]]:
    """Audio files beside the clips that are no clip of this corpus, nor of another one in the same folder."""
    places = {Path(path).parent for path in paths}
    strangers = []
    for place in sorted(places):
        for name in next(walk(place))[1]:
            path = place / name
            row = parse_path(corpus, path)
            if not is_audio(path) or (row and (official is None or row["clip"] in official)):
                continue
            if row:
                strangers.append((path, "is named like a clip, but none of that name is published"))
            elif not any(parse_path(other, path) for other in CORPORA.values()):
                strangers.append((path, "is not named like a clip"))
    return strangers


def _identical(rows: list[dict]) -> list[Fault]:
    """Groups of different clips with the same samples; silence, and a clip replaced by another, are told elsewhere."""
    groups: dict[str, list[dict]] = {}
    for row in rows:
        if not (row["silent"] or row["replaced"]):
            groups.setdefault(row["sha256"], []).append(row)
    faults = []
    for group in groups.values():
        if len(group) > 1:
            labels = sorted({row["emotion"] for row in group})
            verdict = f"all labelled {labels[0]}" if len(labels) == 1 else f"labelled {' and '.join(labels)}"
            faults.append(
                Fault(
                    "/".join(row["clip"] for row in group),
                    f"same samples, {verdict}",
                    all(row["published"] for row in group),
                )
            )
    return faults


def _doubles(table: pd.DataFrame, measured: list) -> list[Fault]:
    """Clips found more than once; `table` holds the preferred file of each clip first."""
    hashes = [None if isinstance(result, SerReproError) else result["sha256"] for result in measured]
    faults = []
    for clip, group in table.assign(sha256=hashes).groupby("clip"):
        if len(group) > 1:
            same = group.sha256.nunique(dropna=False) == 1 and group.sha256.notna().all()
            others = ", ".join(group.path[1:])
            faults.append(
                Fault(
                    clip, f"{group.path.iloc[0]} is used; {'same' if same else 'OTHER'} samples in {others}"
                )
            )
    return faults


def check(
    corpus: str | Corpus,
    data: str | Path | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    index: str | Path | None = None,
) -> Report:
    """Compare a copy of a corpus with its index, clip by clip, down to the samples.

    Parameters
    ----------
    corpus : str or Corpus
    data : path, optional
        Folder of the corpus, or one that holds it; by default that of SER_REPRO_DATA.
    workers : int, optional
        Threads; by default one a core, at most eight.
    progress : callable, optional
        Called with (files done, files in all) after each file.
    index : path, optional
        Another index than the corpus's own. Demo data is compared with none unless one is given, and
        neither is a corpus that has none: missing and changed clips then stay unseen.

    Returns
    -------
    Report
        A clip at another rate, with other channels, silent or unreadable is not listed as changed too.

    Raises
    ------
    SerReproError
        If the folder does not exist or the given index is not there.
    """
    corpus = get(corpus)
    folder = folder_of(corpus, data)
    table = candidates(corpus, folder)
    measured = measure_all(table.path, workers, progress)
    synthetic = not table.empty and marked_above(Path(table.path[0]).parent)
    known = {}
    if index is not None or (not synthetic and corpus.index.is_file()):
        known = read_index(corpus, index).set_index("clip").to_dict("index")

    report = Report(corpus.name, str(folder), synthetic, n_clips=0, content_hash="", indexed=bool(known))
    named = {facts["sha256"]: clip for clip, facts in known.items()}
    usual = _usual(corpus, measured)
    rows, first = [], ~table["clip"].duplicated()
    for row, result, preferred in zip(table.to_dict("records"), measured, first, strict=True):
        clip = row["clip"]
        if not preferred or (known and clip not in known):
            continue
        report.n_clips += 1
        if isinstance(result, SerReproError):
            report.unreadable.append(Fault(clip, str(result)))
            continue
        expected = known.get(clip)
        published = bool(expected) and result["sha256"][:HASH_LENGTH] == expected["sha256"]
        # Of a clip that holds the samples of another, the name; the other may be missing, or there as well.
        other = "" if published or result["silent"] else named.get(result["sha256"][:HASH_LENGTH], "")
        rows.append({**row, **result, "published": published, "replaced": bool(other)})
        _compare(report, usual, clip, result, expected, published, other)

    there = set(table["clip"])
    extras = [] if corpus.table is not None else _extras(corpus, list(table.path), set(known) or None)
    under_other_names = {}
    for (path, what), result in zip(extras, measure_all([path for path, _ in extras], workers), strict=True):
        clip = "" if isinstance(result, SerReproError) else named.get(result["sha256"][:HASH_LENGTH], "")
        if clip and clip not in there:
            under_other_names[clip] = Fault(clip, f"its samples are in {path}: give the file its name again")
        else:
            report.extra.append(Fault(path.name, f"{path} {what}"))
    report.renamed = list(under_other_names.values())
    report.missing = [Fault(clip, f"no file of that name below {folder}") for clip in known
                      if clip not in there and clip not in under_other_names]
    if not (known or synthetic) and 0 < report.n_clips < corpus.n_clips:
        report.missing = [Fault(f"{corpus.n_clips - report.n_clips} clips", f"{corpus.n_clips} are published")]
    report.doubled = _doubles(table, measured)
    report.identical = _identical(rows)
    report.misnamed = [Fault(clip, f"by the corpus's rule it would be {rule}", True)
                       for clip, rule in corpus.misnamed.items() if clip in there]
    report.clips = pd.DataFrame(rows)
    report.content_hash = content_hash(pd.DataFrame(rows, columns=["clip", "sha256"]))
    return report


def _usual(corpus: Corpus, measured: list) -> tuple[int, int]:
    """Rate and channels of the corpus: those it promises, or else those that most of its clips have."""
    if corpus.sample_rate:
        return corpus.sample_rate, corpus.channels
    have = [(m["sample_rate"], m["channels"]) for m in measured if not isinstance(m, SerReproError)]
    return max(set(have), key=have.count, default=(0, 0))


def _compare(report: Report, usual: tuple[int, int], clip: str, result: dict, expected: dict | None, published: bool,
             other: str) -> None:
    """Put one clip into the lists it belongs to; `usual` is the corpus's rate and number of channels."""
    if other:
        report.changed.append(Fault(clip, f"holds the samples of {other}"))
        return
    rate, channels = result["sample_rate"], result["channels"]
    same_rate = not expected or rate == expected["sample_rate"]
    same_channels = not expected or channels == expected["channels"]
    if rate != usual[0] or not same_rate:
        detail = f"{rate} Hz, the corpus is at {usual[0]} Hz"
        if not same_rate and expected["sample_rate"] != usual[0]:
            detail = f"{rate} Hz, published at {expected['sample_rate']} Hz"
        report.rate.append(Fault(clip, detail, published and same_rate))
    if channels != usual[1] or not same_channels:
        detail = f"{channels} channel{'s' * (channels > 1)}, the corpus has {usual[1]}"
        if not same_channels and expected["channels"] != usual[1]:
            detail = f"{channels} channel{'s' * (channels > 1)}, published with {expected['channels']}"
        report.channels.append(Fault(clip, detail, published and same_channels))
    if result["silent"]:
        report.silent.append(Fault(clip, f"every one of {result['frames']} frames is zero", published))
    elif result["silent_parts"]:
        report.silent.append(Fault(clip, "; ".join(PARTS[part] for part in result["silent_parts"]), published))
    elif expected and not published and same_rate and same_channels:
        report.changed.append(
            Fault(
                clip,
                f"samples differ from the published ones ({result['frames']} frames of {expected['frames']})",
            )
        )
