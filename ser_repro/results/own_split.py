"""The leaks of a split of the user's own.

    report = own_split.audit("split.csv")     # or several files: see `split_files`
    print(report)                             # what was found, and what could not be looked at
    report.found                              # the findings that count

What a split shows is looked for in its columns and, where the files are there, in their samples. What lies in how a
model is made and tested no split shows: the sheet (`ser_repro.results.sheet`) asks for it.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from itertools import groupby, pairwise
from pathlib import Path

import pandas as pd

from ser_repro import SerReproError, datasets
from ser_repro.datasets import alike
from ser_repro.datasets.folders import AUDIO
from ser_repro.datasets.indexes import HASH_LENGTH
from ser_repro.results import split_files
from ser_repro.results.leaks import IN_SPLIT, LEAKS, NO, UNKNOWN, YES, Finding, in_split, together

_FILLED = ("speaker", "sentence", "emotion", "recording")  # what a corpus tells of its clips
_METHOD = "no split shows it: the sheet (--sheet) asks for it"


@dataclass(frozen=True)
class Report:
    """What an audit found.

    Attributes
    ----------
    name : str
        Of the file or files.
    counts : dict of str to int
        Clips of each part, over all folds, or of each fold.
    folds : int
        Tests that were looked at.
    findings : list of Finding
        One of each of `leaks.LEAKS`, over all folds.
    notes : list of str
        What else a reader should know.
    accepted : tuple of str
        Leaks that are known and do not count.
    """

    name: str
    counts: dict[str, int]
    folds: int
    findings: list[Finding]
    notes: list[str]
    accepted: tuple[str, ...] = ()

    @property
    def found(self) -> list[Finding]:
        """The findings that count: leaks that are there and not accepted."""
        return [one for one in self.findings if one.state == YES and one.leak not in self.accepted]

    def table(self) -> pd.DataFrame:
        """A row a leak: leak, kind (its place in the taxonomy), found (one of `leaks.STATES`), why, clips, tested,
        examples."""
        return pd.DataFrame([{"leak": one.leak, "kind": LEAKS[one.leak].place, "found": one.state, "why": one.detail,
                              "clips": one.clips, "tested": one.of, "examples": " | ".join(one.examples)}
                             for one in self.findings])

    def as_json(self) -> dict:
        """All of it, as JSON holds it."""
        return asdict(self) | {"findings": [asdict(one) | {"kind": LEAKS[one.leak].place} for one in self.findings],
                               "leaks": [one.leak for one in self.found]}

    def __str__(self):
        parts = ", ".join(f"{name} {count}" for name, count in self.counts.items())
        number = len(self.found)
        told = f"{number or 'no'} leak{'s' * (number > 1)} found"
        folds = f"{self.folds} folds: " if self.folds > 1 else ""
        lines = [f"{self.name} ({folds}{parts}): {told}"]
        for one in self.findings:
            if one.state == YES:
                known = " (accepted)" if one.leak in self.accepted else ""
                lines += [f"  {one.leak}{known}: {one.clips} of {one.of} test clips; {one.detail}",
                          *(f"    {example}" for example in one.examples)]
        clean = [one for one in self.findings if one.state == NO]
        lines += [f"  clean: {', '.join(one.leak for one in clean)}"] * bool(clean)
        lines += [f"  could not be checked: {one.leak}: {one.detail}" for one in self.findings
                  if one.state == UNKNOWN and one.leak in IN_SPLIT]
        lines += [f"  note: {note}" for note in self.notes]
        lines.append(f"  not shown by any split: {', '.join(name for name in LEAKS if name not in IN_SPLIT)} (--sheet "
                     "FILE.md asks for them)")
        return "\n".join(lines)


def audit(paths: str | Path | Iterable[str | Path], *, corpus: str | None = None, listen: bool = True,
          accepted: Iterable[str] = (), progress: Callable[[int, int], None] | None = None) -> Report:
    """Look for every leak that a split can show.

    Parameters
    ----------
    paths : path, or iterable of path
        As `split_files.read` takes them. With folds alone, each is tested against all others.
    corpus : str, optional
        Corpus of the clips: columns that the split lacks, and the samples, are taken from its published index.
    listen : bool
        Read the files, where they are there, for samples that are the same or nearly so.
    accepted : iterable of str
        Leaks that are known and shall not count.
    progress : callable, optional
        Called with (files read, files in all).

    Raises
    ------
    SerReproError
        As `split_files.read`; for an unknown corpus, or one that none of the clips is of; and where nothing is tested
        or nothing is trained on.
    """
    paths, notes = [paths] if isinstance(paths, str | Path) else list(paths), []
    name = ", ".join(map(str, paths))
    table = _used(split_files.read(paths), notes)
    list(_folds(table, name))  # an error where a part is missing, before anything is listened to
    if corpus:
        table = _filled(table, corpus, notes)
    table, near = _heard(table, notes, progress) if listen else (table.assign(content=_published(table)), None)
    folds = list(_folds(table, name))
    each = [in_split(*parts) for parts in folds]
    joined = [together((f"fold {fold}" if fold else "", one) for fold, one in zip(_names(table), same, strict=True))
              for same in zip(*each, strict=True)]
    findings = {one.leak: one for one in joined}
    findings["copies"] = _nearly(findings["copies"], near, folds)
    for name, one in findings.items():
        if one.state == UNKNOWN:
            findings[name] = replace(one, detail=f"{one.detail}; {_remedy(one, corpus)}")
    notes += _notes(folds)
    counted = table["part"].where(table["part"] != "", "fold " + table["fold"]).value_counts()
    order = [*split_files.PARTS, *(f"fold {fold}" for fold in _names(table))]
    counts = {name: int(counted[name]) for name in order if name in counted}
    return Report(", ".join(Path(path).name for path in paths), counts, len(folds),
                  [findings.get(name, Finding(name, UNKNOWN, _METHOD)) for name in LEAKS], notes, tuple(accepted))


def _remedy(one: Finding, corpus: str | None) -> str:
    """What would allow to look for it."""
    column, also = LEAKS[one.leak].column, "" if corpus else ", or --corpus NAME"
    if one.leak == "identical" or (one.leak == "labels" and "samples" in one.detail):
        return f"give paths of files that are there (column path){also}"
    if one.leak == "copies":
        return f"give a column {column} that names the clip a copy was made from, \"\" where it is none"
    return f"give a column {column}{also if one.leak != 'recordings' else ''}"


# ---- clips -------------------------------------------------------------------------------------------------------


def _filled(table: pd.DataFrame, corpus: str, notes: list[str]) -> pd.DataFrame:
    """The table with what the names of a corpus, and its published index, tell of its clips."""
    of = datasets.get(corpus)
    named = pd.DataFrame([_parsed(of, *row) or {} for row in zip(table["path"], table["clip"], strict=True)],
                         table.index, ["clip", "speaker", "sentence", "emotion", "session"]).fillna("")
    there = named["clip"] != ""
    if not there.any():
        raise SerReproError(f"none of the {len(table)} clips is one of {of}, whose names are like {of.example}: give "
                            "--corpus the corpus that they are of, or leave it out")
    if not there.all():
        notes.append(f"{int((~there).sum())} clips are none of {of}'s ({table['clip'][~there].iloc[0]} is the first)")
    # Spelt otherwise is the same speaker: what counts is whether the two ways part the clips alike.
    both = pd.DataFrame({"given": table["speaker"], "told": named["speaker"]})
    both = both[(both != "").all(axis=1)].drop_duplicates()
    if both["given"].duplicated().any() or both["told"].duplicated().any():
        notes.append(f"column speaker parts the clips otherwise than {of} does: the column was believed")
    told = named.rename(columns={"session": "recording"})
    filled = {column: table[column].where(table[column] != "", told[column]) for column in _FILLED}
    known = datasets.read_index(of).set_index("clip")["sha256"] if of.index.is_file() and of.table is None else {}
    return table.assign(published=named["clip"].map(dict(known)).fillna(""), **filled)


def _parsed(of: datasets.Corpus, *names: str) -> dict | None:
    """What the first of some names that is one of the corpus's tells."""
    for name in map(Path, filter(None, names)):
        stem = name.with_suffix("") if name.suffix.lower() in AUDIO else name
        if found := of.parse("/".join(stem.parts[-of.parts:])):
            return found
    return None


def _published(table: pd.DataFrame) -> pd.Series:
    """Hashes of samples that an index tells, "" where there is none."""
    return table["published"] if "published" in table else pd.Series("", table.index)


def _heard(table: pd.DataFrame, notes: list[str], progress: Callable[[int, int], None] | None
           ) -> tuple[pd.DataFrame, list[tuple[str, str]] | None]:
    """The table with hashes of the samples, and pairs of paths whose recordings are nearly the same; None where no file
    is there."""
    paths = [path for path in dict.fromkeys(table["path"]) if path]
    there = [path for path in paths if Path(path).is_file()]
    content = _published(table)
    if not there:
        if paths and not content.any():
            notes.append(f"none of the {len(paths)} audio files is there ({paths[0]} is the first): samples were not "
                         "compared")
        return table.assign(content=content), None
    if len(there) < len(paths):
        missing = next(path for path in paths if path not in set(there))
        notes.append(f"{len(paths) - len(there)} of {len(paths)} audio files are not there ({missing} is the first)")
    heard = dict(zip(there, alike.hear_all(there, progress), strict=True))
    broken = [one for one in heard.values() if isinstance(one, SerReproError)]
    if broken:
        notes.append(f"{len(broken)} audio files can't be read: {broken[0]}")
    heard = {path: one for path, one in heard.items() if not isinstance(one, SerReproError)}
    measured = table["path"].map(lambda path: heard[path].content[:HASH_LENGTH] if path in heard else "")
    # Clips of one place (part, fold) are compared with all others; those of several have no side of their own.
    side = {path: tuple(sorted(set(zip(group["fold"], group["part"], strict=True))))
            for path, group in table.groupby("path", sort=False)}
    names, numbers = list(heard), {}
    sides = [numbers.setdefault(side[path], len(numbers)) for path in names]
    near = alike.pairs([heard[path].wave for path in names], sides)
    return table.assign(content=measured.where(measured != "", content)), [
        (names[i], names[j]) for i, j in near if heard[names[i]].content != heard[names[j]].content]


def _nearly(copies: Finding, near: list[tuple[str, str]] | None, folds: list[tuple[pd.DataFrame, ...]]) -> Finding:
    """The finding on copies, with pairs that sound alike and stand on two sides of a fold."""
    clips, examples = set(), []
    for train, validation, test in folds:
        tested = dict(zip(test["path"], test["clip"], strict=True))
        both = pd.concat([train, validation])
        seen = dict(zip(both["path"], both["clip"], strict=True))
        for pair in near or []:
            for one, other in (pair, pair[::-1]):
                if one in tested and other in seen:
                    clips.add(tested[one])
                    examples.append(f"{tested[one]} tested, {seen[other]} seen: nearly the same recording")
    if not clips:
        unheard = "no two recordings run alike across parts; a copy of another pitch or speed would not be noticed"
        return replace(copies, detail=unheard) if near is not None and copies.state == UNKNOWN else copies
    also = f"; {copies.detail}" if copies.state == YES else ""
    return Finding("copies", YES, f"recordings that are nearly the same are on both sides{also}",
                   max(len(clips), copies.clips), sum(len(test) for *_, test in folds),
                   tuple(dict.fromkeys([*copies.examples, *examples]))[:3])


# ---- parts -------------------------------------------------------------------------------------------------------


def _used(table: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """The rows that belong to a part; where each fold lacks a part, folds are not those of the parts."""
    parted = (table["part"] != "").any()
    column = "part" if parted else "fold"
    left = table[column] == ""
    if left.any():
        notes.append(f"{int(left.sum())} clips are in no {column}: they were left out")
    table = table[~left].reset_index(drop=True)
    whole = table.groupby("fold")["part"].agg(lambda parts: {"train", "test"} <= set(parts))
    if parted and table["fold"].nunique() > 1 and not whole.any():
        notes.append("no fold has both training and test clips: column part was believed, not column fold")
        table["fold"] = ""
    return table


def _names(table: pd.DataFrame) -> list[str]:
    """Names of the folds, in order; one without a name where there are none."""
    return sorted(set(table["fold"]), key=lambda name: (len(name), name))


def _folds(table: pd.DataFrame, name: str) -> Iterable[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
    """Training, validation and test part of each fold."""
    names, parted = _names(table), (table["part"] != "").any()
    if not parted and len(names) < 2:
        raise SerReproError(f"{name} has one fold only, {names[0]}: give two or more, or a column part")
    for fold in names:
        of = f", fold {fold}" if fold else ""
        if parted:
            mine = table[table["fold"] == fold]
            train, validation, test = (mine[mine["part"] == part] for part in split_files.PARTS)
        else:
            train, validation, test = table[table["fold"] != fold], table.iloc[:0], table[table["fold"] == fold]
        for part, rows in (("train", train), ("test", test)):
            if rows.empty:
                raise SerReproError(f"{name}{of}: no clip is in part {part}; a leak is one between training and test: "
                                    "name both")
        yield train, validation, test


def _notes(folds: list[tuple[pd.DataFrame, ...]]) -> list[str]:
    """What a split says of its validation part and of the order of its test part."""
    notes = []
    if not any(len(validation) for _, validation, _ in folds):
        notes.append("nothing validates: an epoch or setting that was chosen was chosen by test clips, or by some of "
                     "the training clips")
    else:
        shared = set().union(*(set(v["speaker"]) & set(train["speaker"]) - {""} for train, v, _ in folds))
        if shared:
            notes.append(f"{len(shared)} validation speakers are in training too: a validation score does not tell "
                         "what new speakers will give")
    for column in ("speaker", "sentence"):
        names = set().union(*(set(part[column]) for parts in folds for part in parts))
        groups = [list(same) for _, same in groupby(sorted(names, key=lambda name: (_plain(name), name)), key=_plain)]
        alike = [same for same in groups if len(same) > 1]
        if alike:
            notes.append(f"{' and '.join(alike[0])} in column {column} were taken for different ones"
                         + f", and {len(alike) - 1} more such names" * (len(alike) > 1) + ": spell them alike if they "
                         "are not")
    emotions = [test["emotion"].tolist() for *_, test in folds]
    if all(_sorted(one) for one in emotions):
        notes.append("test clips are listed emotion by emotion: shuffle them, or answer each by itself, where an "
                     "answer depends on other clips of its batch")
    return notes


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


def _sorted(emotions: list[str]) -> bool:
    """Whether each emotion stands in one piece, of several clips at least."""
    pieces = sum(one != other for one, other in pairwise(emotions)) + 1
    return len(set(emotions)) > 1 and pieces == len(set(emotions)) and len(emotions) >= 2 * pieces
