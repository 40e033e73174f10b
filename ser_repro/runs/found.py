"""What has been run of one document: its records, and the scores, tables and effects that they give.

    found = Found("mfcc_cnn", "results")
    found.score("RAVDESS", protocol="speaker")      # a scores.Score, or None where nothing has been run
    found.text("RAVDESS", protocol="speaker")       # the same in words: "38.1 % [34.0, 42.5]" or "not yet run"

A set of records to score together goes by its `Run.kind`: the run of fold 0 and seed 0.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from ser_repro import datasets, documents, protocols
from ser_repro.results import ledger, scores
from ser_repro.results.scores import Score
from ser_repro.runs import plans, records, search
from ser_repro.runs.run import Run

NOT_RUN = "not yet run"
UNSETTLED = "not settled: our search found no setting that beats chance"
SPLITS = {"published": "shared speakers", "speaker": "new speakers"}


@dataclass(frozen=True)
class Effect:
    """What changing a setting is worth: accuracy with it changed minus accuracy with the code's value, paired.

    Attributes
    ----------
    name : str
        The change that was made; "all of them" where reading paper stands against reading code.
    where : str
        Split and folds, where these are not the document's own split in full.
    difference : scores.Score
    """

    name: str
    where: str
    corpus: str
    difference: Score


@dataclass(frozen=True)
class Found:
    """Records of a document.

    Parameters
    ----------
    name : str
        Of the document.
    folder : path
        Of the records.
    """

    name: str
    folder: str | Path

    @cached_property
    def document(self) -> documents.Document:
        return documents.get(self.name)

    @cached_property
    def status(self) -> list[tuple[Run, dict | None]]:
        """Every planned run of the document, with its record."""
        return plans.status(plans.select(plans.plans(), document=[self.name]), self.folder)

    @cached_property
    def done(self) -> dict[Run, list[list[dict]]]:
        """`Run.kind` -> a list a seed of a record a fold; seeds with every fold only. In the order of their labels."""
        return _in_order(plans.complete(self.status))

    @cached_property
    def begun(self) -> dict[Run, list[list[dict]]]:
        """The same, of seeds with any fold."""
        return _in_order(plans.complete(self.status, whole=False))

    @property
    def count(self) -> tuple[int, int]:
        """Runs done, and planned."""
        return sum(record is not None for _, record in self.status), len(self.status)

    # ---- records -------------------------------------------------------------------------------------------------

    def kind(self, corpus: str, reading: str = "code", protocol: str = "published", **which) -> Run:
        """The run that stands for those of any fold and seed; `which` as in `Run.of`. Of networks of several sizes the
        smallest, where n is not given."""
        if self.document.sizes and which.get("n") is None:
            which["n"] = min(self.document.sizes)
        return Run.of(self.name, corpus, reading, protocol, **which).kind

    def records(self, corpus: str, reading: str = "code", protocol: str = "published", *, whole: bool = True,
                **which) -> list[list[dict]]:
        """A list a seed of a record a fold; empty where nothing has been run.

        Parameters
        ----------
        whole : bool
            Leave out seeds of which a fold is missing: their score would rest on some speakers only.
        """
        return (self.done if whole else self.begun).get(self.kind(corpus, reading, protocol, **which), [])

    def seeds(self, corpus: str, reading: str = "code", protocol: str = "published", **which) -> list[list[dict]]:
        """Every whole seed, or, where there is none, the first that was begun; `missing` tells which."""
        return (self.records(corpus, reading, protocol, **which)
                or self.records(corpus, reading, protocol, whole=False, **which)[:1])

    # ---- scores --------------------------------------------------------------------------------------------------

    def score(self, corpus: str, reading: str = "code", protocol: str = "published", name: str = "accuracy",
              **which) -> Score | None:
        """A score over all whole seeds, or None where nothing has been run; `which` as in `Run.of`."""
        seeds = self.records(corpus, reading, protocol, **which)
        return score_of(seeds, name) if seeds else None

    def text(self, corpus: str, reading: str = "code", protocol: str = "published", name: str = "accuracy",
             **which) -> str:
        """The score in words."""
        return str(self.score(corpus, reading, protocol, name, **which) or NOT_RUN)

    def told(self, corpus: str, reading: str = "code", protocol: str = "published", name: str = "accuracy",
             **which) -> str:
        """The score of `seeds` in words, which say where folds are missing."""
        seeds = self.seeds(corpus, reading, protocol, **which)
        if not seeds:
            return NOT_RUN
        return str(score_of(seeds, name)) + (f" ({missing(seeds)})" if missing(seeds) else "")

    def across(self, reading: str = "code", protocol: str = "published") -> str:
        """Accuracy on every corpus in a sentence: "RAVDESS 56.7 %, SAVEE not yet run"."""
        words = []
        for corpus in self.document.corpora:
            seeds = self.seeds(corpus, reading, protocol)
            told = f"{100 * score_of(seeds).value:.1f}\N{NO-BREAK SPACE}%" if seeds else NOT_RUN
            words.append(f"{corpus} {told}" + (f" ({missing(seeds)})" if seeds and missing(seeds) else ""))
        return ", ".join(words) if any(not word.endswith(NOT_RUN) for word in words) else NOT_RUN

    def tables_elsewhere(self, trained: str, tested: str, *, reading: str = "code",
                         protocol: str = "cross_corpus") -> list[pd.DataFrame]:
        """Test clips of another corpus than was trained on, a table a seed; empty where that has not been run."""
        return [pd.concat([scores.table(record, tested) for record in folds]) for kind, seeds in self.begun.items()
                if (kind.corpus, kind.reading, kind.protocol) == (trained, reading, protocol) and not kind.changed
                and tested in kind.tested for folds in seeds]

    def elsewhere(self, trained: str, tested: str, name: str = "accuracy", **which) -> Score | None:
        """The score of what was trained on one corpus, on the clips of another; None where that has not been run."""
        tables = self.tables_elsewhere(trained, tested, **which)
        return scores.score(tables, name) if tables else None

    def table(self) -> pd.DataFrame:
        """Scores of all that has been run as a reading says, a row a corpus, size, reading and split."""
        rows = []
        for kind, begun in self.begun.items():
            if kind.changed or kind.tested or protocols.get(kind.protocol).redraws:
                continue
            of = self.done.get(kind) or begun[:1]
            three = [score_of(of, name) for name in scores.SCORES]
            spread = three[0].seeds
            size = {"n": kind.n} if self.document.sizes else {}
            rows.append({"corpus": kind.corpus} | size | {
                "reading": kind.reading, "split": ", ".join(filter(None, (split_name(kind.protocol), missing(of)))),
                "seeds": f"{len(of)} ({100 * min(spread):.1f}–{100 * max(spread):.1f})" if len(of) > 1 else "1",
                "accuracy": str(three[0]), "UAR": str(three[1]), "macro F1": str(three[2])})
        return pd.DataFrame(rows)

    def ledger(self) -> pd.DataFrame:
        """Every claim of the document beside what was measured (see `ledger.ledger`).

        A network that no searched setting has taught anything leaves its claim open.
        """
        asked = [(claim, protocol) for claim in self.document.claims for protocol in plans.GRID]
        measured = {(claim, protocol): self.score(claim.corpus, protocol=protocol, name=claim.score, n=claim.n)
                    for claim, protocol in asked}
        table = ledger.ledger(self.document.claims, measured)
        for row, claim in enumerate(self.document.claims):
            tried = search.outcome(self.folder, self.kind(claim.corpus, n=claim.n)) if self.document.searched else {}
            if measured[claim, "published"] and tried and not tried["learned"]:
                table.loc[row, "verdict"] = UNSETTLED
        return table

    # ---- differences ---------------------------------------------------------------------------------------------

    def effects(self) -> list[Effect]:
        """What each difference between code and text is worth.

        Last, all of them together: reading paper minus reading code, with shared and with new speakers, of the seeds
        and folds that both have.
        """
        found = []

        def compare(name, kind, one, other):
            difference, part = _paired(one, other)
            if difference:
                split = "" if kind.protocol == "published" else split_name(kind.protocol)
                found.append(Effect(name, ", ".join(filter(None, (split, part))), kind.corpus, difference))

        for kind, seeds in self.done.items():
            if kind.changed:
                compare(self.difference(*next(iter(kind.changed.items())), kind.n), kind,
                        self.done.get(kind.unchanged, []), seeds)
        for protocol in plans.GRID:
            for corpus in self.document.corpora:
                for n in self.document.sizes or (None,):
                    kinds = [self.kind(corpus, reading, protocol, n=n) for reading in self.document.readings]
                    if len(kinds) > 1:
                        compare("all of them: paper instead of code" + _size(n), kinds[0],
                                *(self.begun.get(kind, []) for kind in kinds))
        order = list(dict.fromkeys((effect.name, effect.where) for effect in found))
        return sorted(found, key=lambda one: (order.index((one.name, one.where)),
                                              self.document.corpora.index(one.corpus)))

    def lost(self, corpus: str, reading: str = "code", **which) -> Score | None:
        """What new speakers cost: accuracy with new speakers minus accuracy with shared ones, so below zero where it
        costs; paired on the test clips and seeds that both have. None where they share none."""
        return on_same_clips(*(self.seeds(corpus, reading, protocol, **which) for protocol in plans.GRID))

    def difference(self, name: str, value, n: int | None = None) -> str:
        """What changing a setting to a value is called: "dropout added", or "dropout: 0.5" where nobody named it."""
        setting = self.document.settings[name]
        known = {setting.paper: setting.switch} | setting.others
        return known.get(value, f"{name.replace('_', ' ')}: {value}") + _size(n)

    def starts(self) -> str:
        """In words, how much accuracy differs between seeds of reading code with shared speakers, and where the one
        that single runs are compared with stands among them."""
        found = []
        for kind, seeds in self.done.items():
            if kind.reading == "code" and kind.protocol == "published" and not kind.changed and len(seeds) > 1:
                each = score_of(seeds).seeds
                found.append(f"{kind.corpus}{f', n = {kind.n}' if kind.n else ''} {100 * min(each):.1f} to "
                             f"{100 * max(each):.1f} % (mean {100 * sum(each) / len(each):.1f}, seed 0 "
                             f"{100 * each[0]:.1f})")
        return "; ".join(found) or "not known, with one seed"


def _in_order(kinds: dict[Run, list]) -> dict[Run, list]:
    return {kind: kinds[kind] for kind in sorted(kinds, key=lambda kind: (
        kind.corpus, kind.n or 0, kind.reading, str(kind.changed), kind.protocol, kind.tested))}


def _size(n: int | None) -> str:
    return f" (n = {n})" if n else ""


def split_name(protocol: str) -> str:
    """What a reader calls the split of a protocol."""
    return SPLITS.get(protocol) or protocols.get(protocol).title


def _paired(one: list[list[dict]], other: list[list[dict]]) -> tuple[Score | None, str]:
    """Other minus one, of the seeds and folds that both have; and which folds, where some are missing."""
    sides = [{folds[0]["config"]["seed"]: {record["config"]["fold"]: record for record in folds} for folds in side}
             for side in (one, other)]
    seeds = sorted(set(sides[0]) & set(sides[1]))
    folds = sorted(set.intersection(*(set(side[seed]) for side in sides for seed in seeds))) if seeds else []
    if not folds:
        return None, ""
    both = [[[side[seed][fold] for fold in folds] for seed in seeds] for side in sides]
    return scores.difference(*map(frames, both)), missing(both[0])


def on_same_clips(one: list[list[dict]], other: list[list[dict]]) -> Score | None:
    """Accuracy of the other minus that of one, on the test clips and seeds that both have; None where they share none.

    Parameters
    ----------
    one, other : list of list of dict
        A list a seed, of a record a fold.
    """
    sides = [{folds[0]["config"]["seed"]: frame for folds, frame in zip(seeds, frames(seeds), strict=True)}
             for seeds in (one, other)]
    seeds = sorted(set(sides[0]) & set(sides[1]))
    clips = set.intersection(*(set(side[seed]["clip"]) for side in sides for seed in seeds)) if seeds else set()
    if not clips:
        return None
    return scores.difference(*([side[seed][side[seed]["clip"].isin(clips)] for seed in seeds] for side in sides))


def missing(seeds: list[list[dict]]) -> str:
    """"" where the first seed has every fold, else "k of n folds"."""
    folds = Run.from_config(seeds[0][0]["config"]).folds
    return "" if len(seeds[0]) == folds else f"{len(seeds[0])} of {folds} folds"


def epochs(seeds: list[list[dict]]) -> int:
    """How long the runs were trained, by their records."""
    return records.epochs(seeds[0][0])


_TABLES: dict[str, pd.DataFrame] = {}
_SCORED: dict[tuple, Score] = {}


def frames(seeds: list[list[dict]]) -> list[pd.DataFrame]:
    """A table of test clips a seed, its folds one after the other; that of a stored record is made once."""
    def table(record: dict) -> pd.DataFrame:
        known = record.get("checksum")
        if known is None:
            return scores.table(record)
        if known not in _TABLES:
            _TABLES[known] = scores.table(record)
        return _TABLES[known]

    return [pd.concat([table(record) for record in folds]) for folds in seeds]


def score_of(seeds: list[list[dict]], name: str = "accuracy") -> Score:
    """The score of stored records; computed once, as many sections of a chapter show it."""
    asked = (name, *(tuple(record["checksum"] for record in folds) for folds in seeds))
    if asked not in _SCORED:
        _SCORED[asked] = scores.validation(seeds) if name == scores.VALIDATION else scores.score(frames(seeds), name)
    return _SCORED[asked]


def chance(corpus: str) -> float:
    """Accuracy of always naming the most frequent emotion of a corpus, as it is published."""
    of = datasets.get(corpus)
    counts = [n for emotion, n in of.emotion_counts.items() if emotion in (of.studied or datasets.EMOTIONS)]
    return max(counts) / sum(counts)


def readings(document: str, corpus: str, n: int | None = None) -> pd.DataFrame:
    """Setting by setting, what code and text say; a dash where neither does. The name that commands take comes last."""
    of = documents.get(document)
    n = n or min(of.sizes, default=None)
    code, paper = (documents.settings(document, reading, corpus, n) for reading in (of.readings[0], of.readings[-1]))
    return pd.DataFrame([{
        "setting": setting.meaning, "code": _value(code[name]), "paper": _value(paper[name]),
        "paper is taken from": setting.source, "name": f"<small><code>{name}</code></small>"}
        for name, setting in of.settings.items() if name != "n"])


def _value(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "—" if value is None else str(value)
