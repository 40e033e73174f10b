"""What has been run of one document: its records, and the scores, tables and effects that they give.

    found = Found("mfcc_cnn", "results")
    found.score("RAVDESS", protocol="speaker")      # a scores.Score, or None where nothing has been run
    found.text("RAVDESS", protocol="speaker")       # the same in words: "38.1 % [34.0, 42.5]" or "not yet run"

A set of records to score together goes by its `Run.kind`: the run of fold 0 and seed 0.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from ser_repro import datasets, documents, protocols
from ser_repro.results import scores, uncertainty
from ser_repro.results.ledger import NOT_RUN
from ser_repro.results.scores import Score
from ser_repro.results.uncertainty import Spread
from ser_repro.runs import plans, search
from ser_repro.runs.run import Run

REDRAWN = "redrawn"  # the protocol that repeats a random split: fold k is draw k
OWN = 3  # starts, or draws, from which on a network's own tell how far they lie apart: others may be steadier
SPLITS = {"published": "shared speakers", "speaker": "new speakers", REDRAWN: "shared speakers, other draws"}


@dataclass(frozen=True)
class Effect:
    """What changing a setting is worth: accuracy with it changed minus accuracy with the code's value, paired.

    Each side is the mean of all its starts.

    Attributes
    ----------
    name : str
        The change that was made; "all of them" where reading paper stands against reading code.
    where : str
        Split and folds, where these are not the document's own split in full.
    difference : scores.Score
        Its p-value is corrected for the number of all effects of the document.
    seeds : tuple of (int, int)
        Starts with the code's value, and with the change.
    """

    name: str
    where: str
    corpus: str
    difference: Score
    seeds: tuple[int, int]


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
        return plans.status(plans.plans(self.name), self.folder)

    @cached_property
    def done(self) -> dict[Run, list[list[dict]]]:
        """`Run.kind` -> a list a seed of a record a fold; seeds with every fold only. In the order of their labels."""
        return _in_order(plans.complete(self.status))

    @cached_property
    def begun(self) -> dict[Run, list[list[dict]]]:
        """The same, of seeds with any fold."""
        return _in_order(plans.complete(self.status, whole=False))

    @cached_property
    def core(self) -> list[tuple[Run, dict | None]]:
        """The runs of the document that belong to the core of the study (see `plans.core`), with their records."""
        core = set(plans.core(self.name))
        return [(run, record) for run, record in self.status if run in core]

    @property
    def count(self) -> tuple[int, int]:
        """Runs of the core that are done, and that there are."""
        return sum(record is not None for _, record in self.core), len(self.core)

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

    def taught(self, seeds: list[list[dict]]) -> bool:
        """Whether every one of these records can have learned something: not where the search for the settings of its
        split found none that beats chance. Settings that were given were not searched."""
        return not self.document.searched or all(
            self._taught(Run.from_config(record["config"])) for folds in seeds for record in folds)

    def untaught(self, seeds: list[list[dict]]) -> str:
        """Of how many folds of the first seed that can't be said, in words; "" of none."""
        dead = sum(not self.taught([[record]]) for record in seeds[0])
        return f"{dead} of {len(seeds[0])} folds learned nothing" if dead else ""

    def _taught(self, run: Run) -> bool:
        tried = search.outcome(self.folder, run)
        return not tried or tried["learned"] or any(run.values[name] != value
                                                    for name, value in tried["chosen"].items())

    # ---- scores --------------------------------------------------------------------------------------------------

    def score(self, corpus: str, reading: str = "code", protocol: str = "published", name: str = "accuracy",
              **which) -> Score | None:
        """A score over all whole seeds, or None where nothing has been run; `which` as in `Run.of`."""
        seeds = self.records(corpus, reading, protocol, **which)
        return self.score_of(seeds, name) if seeds else None

    def score_of(self, seeds: list[list[dict]], name: str = "accuracy") -> Score:
        """The score of records of the document, a list a seed of a record a fold, with what is known of starts and
        draws like theirs; computed once, as many sections of a chapter show it."""
        if name == scores.VALIDATION:
            return scores.validation(seeds)
        asked = (name, *(tuple(map(_identity, folds)) for folds in seeds))
        if asked not in self._scored:
            run = Run.from_config(seeds[0][0]["config"])
            tested, drawn = frames(seeds), run.protocol == REDRAWN
            draws = self.draws(run, name) if run.protocol == "published" else None
            self._scored[asked] = scores.score(tested, name, starts=None if drawn else self.starts_of(run, name),
                                               draws=draws, of="draw" if drawn else "start",
                                               by_lot=not self.document.is_estimator)
        return self._scored[asked]

    def drawn(self, corpus: str, reading: str = "code", name: str = "accuracy", **which) -> Score | None:
        """The mean over the draws of the split that have been made, of a score with shared speakers; None of none."""
        seeds = self.records(corpus, reading, REDRAWN, whole=False, **which)
        return self.score_of(seeds, name) if seeds else None

    def by_draw(self, corpus: str, reading: str = "code", name: str = "accuracy", **which) -> dict[int, float]:
        """The same draw by draw: number of the draw -> score."""
        seeds = self.records(corpus, reading, REDRAWN, whole=False, **which)
        return {record["config"]["fold"]: value for record, value in zip(
            (record for folds in seeds for record in folds), self.score_of(seeds, name).seeds, strict=True)
        } if seeds else {}

    @cached_property
    def _scored(self) -> dict[tuple, Score]:
        return {}

    def starts_of(self, run: Run, name: str = "accuracy") -> Spread | None:
        """How far networks like that of a run lie apart that differ in their start alone.

        With `OWN` starts or more with shared speakers, those of its own settings tell. One with fewer borrows from all
        of the same corpus, size and rule by which training ends, in any reading and with any other setting changed.
        Networks that learned nothing don't count. None where that is not known: one start, one speaker, or an
        estimator.
        """
        return self._known(run, "published", name)

    def draws(self, run: Run, name: str = "accuracy") -> Spread | None:
        """The same of networks that differ in the draw of the split, and with it in their start."""
        return self._known(run, REDRAWN, name)

    def _known(self, run: Run, protocol: str, name: str) -> Spread | None:
        own = self._spread(replace(run.kind, protocol=protocol), name, collapsed=True)
        return own if own and own.df >= OWN - 1 else self._borrowed(name, (protocol, *_like(run)))

    def _borrowed(self, name: str, like: tuple) -> Spread | None:
        if (name, like) not in self._spreads:
            drawn = like[0] == REDRAWN
            self._spreads[name, like] = uncertainty.pool([
                spread for kind in (self.begun if drawn else self.done) if (kind.protocol, *_like(kind)) == like
                and (spread := self._spread(kind, name))], shared=drawn)
        return self._spreads[name, like]

    def _spread(self, kind: Run, name: str, *, collapsed: bool = False) -> Spread | None:
        """Between the starts, or draws, of one kind."""
        asked = (name, kind, collapsed)
        if asked not in self._spreads:
            seeds = (self.begun if kind.protocol == REDRAWN else self.done).get(kind, [])
            self._spreads[asked] = scores.between_starts(frames(seeds), name, collapsed=collapsed) if (
                seeds and self.taught(seeds)) else None
        return self._spreads[asked]

    @cached_property
    def _spreads(self) -> dict[tuple, Spread | None]:
        return {}

    def text(self, corpus: str, reading: str = "code", protocol: str = "published", name: str = "accuracy",
             **which) -> str:
        """The score in words."""
        return str(self.score(corpus, reading, protocol, name, **which) or NOT_RUN)

    def told(self, corpus: str, reading: str = "code", protocol: str = "published", name: str = "accuracy",
             **which) -> str:
        """The score of `seeds` in words."""
        return self.in_words(self.seeds(corpus, reading, protocol, **which), name)

    def in_words(self, seeds: list[list[dict]], name: str = "accuracy") -> str:
        """A score of records, in words that say where folds are missing, or that there are none."""
        if not seeds:
            return NOT_RUN
        score, part = self.score_of(seeds, name), missing(seeds)
        return f"{score} ({part})" if part else str(score)

    def across(self, reading: str = "code", protocol: str = "published") -> str:
        """Accuracy on every corpus in a sentence: "RAVDESS 56.7 %, SAVEE not yet run"."""
        words = []
        for corpus in self.document.corpora:
            seeds = self.seeds(corpus, reading, protocol)
            told = f"{100 * self.score_of(seeds).value:.1f}\N{NO-BREAK SPACE}%" if seeds else NOT_RUN
            words.append(f"{corpus} {told}" + (f" ({missing(seeds)})" if seeds and missing(seeds) else ""))
        return ", ".join(words) if any(not word.endswith(NOT_RUN) for word in words) else NOT_RUN

    def tables_elsewhere(self, trained: str | Iterable[str], tested: str, *, reading: str = "code",
                         protocol: str = "cross_corpus", n: int | None = None,
                         condition: str = "") -> list[pd.DataFrame]:
        """Test clips of another corpus than was trained on, a table a seed; empty where that has not been run, or not
        under the condition. Where it has been run with several changes, of the run with the fewest.

        Parameters
        ----------
        trained : str, or some of them
            The corpus that was trained on, or those that were together.
        n : int, optional
            Size of the network; by default the smallest.
        condition : str
            Under which they were tested, where not as they are: `scores.ADAPTED`.
        """
        def has(record: dict) -> bool:
            return not condition or condition in record["tested"][tested].get("conditions", {})

        wanted = {trained} if isinstance(trained, str) else set(trained)
        n = n or min(self.document.sizes, default=None)
        kinds = [kind for kind in self.begun if tested in kind.tested and (
            set(kind.trained), kind.reading, kind.protocol, kind.n) == (wanted, reading, protocol, n)]
        if not kinds:
            return []
        seeds = self.begun[min(kinds, key=lambda kind: len(kind.changed))]
        return [pd.concat([tested_clips(record, tested, condition) for record in folds]) for folds in seeds
                if all(map(has, folds))]

    def elsewhere(self, trained: str | Iterable[str], tested: str, name: str = "accuracy", **which) -> Score | None:
        """The score of what was trained on one corpus, on the clips of another; None where that has not been run."""
        return self.score_elsewhere(self.tables_elsewhere(trained, tested, **which), name)

    def score_elsewhere(self, tables: list[pd.DataFrame], name: str = "accuracy") -> Score | None:
        """The score of `tables_elsewhere`; None of no table."""
        return scores.score(tables, name, by_lot=not self.document.is_estimator) if tables else None

    def table(self) -> pd.DataFrame:
        """Scores of all that has been run as a reading says, a row a corpus, size, reading and split."""
        rows = []
        for kind, begun in self.begun.items():
            if kind.changed or kind.tested:
                continue
            of = self.done.get(kind) or begun[:1]
            three = [self.score_of(of, name) for name in scores.SCORES]
            spread, drawn = three[0].seeds, kind.protocol == REDRAWN
            number = f"{len(spread)} draws" if drawn else f"{len(of)}"
            size = {"n": kind.n} if self.document.sizes else {}
            rows.append({"corpus": kind.corpus} | size | {
                "reading": self.document.called(kind.reading),
                "split": ", ".join(filter(None, (split_name(kind.protocol), missing(of)))),
                "accuracy": str(three[0]), "UAR": str(three[1]), "macro F1": str(three[2]),
                "seeds": number + (f" ({100 * min(spread):.1f}–{100 * max(spread):.1f})" if len(spread) > 1 else "")})
        return pd.DataFrame(rows)

    # ---- differences ---------------------------------------------------------------------------------------------

    def effects(self) -> list[Effect]:
        """What each difference between code and text is worth.

        Each is the mean of its starts minus the mean of the code's own. Last, all of them together: reading paper
        minus reading code, with shared and with new speakers, on the folds that both have. P-values are corrected for
        the number of all these (`scores.corrected`).
        """
        found = []

        def compare(name, kind, one, other):
            difference, part, seeds = self._compared(one, other)
            if difference:
                split = "" if kind.protocol == "published" else split_name(kind.protocol)
                found.append(Effect(name, ", ".join(filter(None, (split, part))), kind.corpus, difference, seeds))

        for kind, seeds in self.done.items():
            # Draws test other clips each: nothing pairs them all. Of other corpora, settings are not priced.
            if kind.changed and kind.protocol != REDRAWN and not kind.tested:
                name = " and ".join(self.difference(*change) for change in kind.changed.items()) + _size(kind.n)
                compare(name, kind, self.done.get(kind.unchanged, []), seeds)
        for protocol in plans.GRID:
            for corpus in self.document.corpora:
                for n in self.document.sizes or (None,):
                    kinds = [self.kind(corpus, reading, protocol, n=n) for reading in self.document.readings]
                    if len(kinds) > 1:
                        compare("all of them: paper instead of code" + _size(n), kinds[0],
                                *(self.done.get(kind) or self.begun.get(kind, [])[:1] for kind in kinds))
        family = scores.corrected([effect.difference for effect in found])
        found = [replace(effect, difference=one) for effect, one in zip(found, family, strict=True)]
        order = list(dict.fromkeys((effect.name, effect.where) for effect in found))
        return sorted(found, key=lambda one: (order.index((one.name, one.where)),
                                              self.document.corpora.index(one.corpus)))

    def lost(self, corpus: str, reading: str = "code", **which) -> Score | None:
        """What new speakers cost: accuracy with new speakers minus accuracy with shared ones, so below zero where it
        costs; paired on the test clips that both have. None where they share none.

        Its p-value is not corrected: these differences of all documents are one family, which `book.leaks` corrects.
        """
        return self._lost.get(self.kind(corpus, reading, **which))

    @cached_property
    def _lost(self) -> dict[Run, Score]:
        found = {}
        for kind in self.begun:
            if kind.protocol == "published" and not kind.changed:
                both = [self.seeds(kind.corpus, kind.reading, protocol, n=kind.n) for protocol in plans.GRID]
                change = on_same_clips((self, both[0]), (self, both[1]))
                if change:
                    found[kind] = change
        return found

    def _compared(self, one: list[list[dict]], other: list[list[dict]]) -> tuple[Score | None, str, tuple[int, int]]:
        """Other minus one, each the mean of all its seeds, on the folds that all have; which folds, where some are
        missing; and how many seeds each has."""
        sides = [[{record["config"]["fold"]: record for record in folds} for folds in side] for side in (one, other)]
        folds = sorted(set.intersection(*(set(seed) for side in sides for seed in side))) if all(sides) else []
        if not folds:
            return None, "", (0, 0)
        both = [[[seed[fold] for fold in folds] for seed in side] for side in sides]
        return _difference((self, both[0]), (self, both[1])), missing(both[0]), (len(one), len(other))

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
                each = self.score_of(seeds).seeds
                found.append(f"{kind.corpus}{f', n = {kind.n}' if kind.n else ''} {100 * min(each):.1f} to "
                             f"{100 * max(each):.1f} % (mean {100 * sum(each) / len(each):.1f}, seed 0 "
                             f"{100 * each[0]:.1f})")
        return "; ".join(found) or "not known, with one seed"


def _in_order(kinds: dict[Run, list]) -> dict[Run, list]:
    return {kind: kinds[kind] for kind in sorted(kinds, key=lambda kind: (
        kind.corpus, kind.n or 0, kind.reading, str(kind.changed), kind.protocol, kind.tested))}


def _like(run: Run) -> tuple:
    """Corpus, size, and how training ends: some networks that stop early have hardly begun, so that they lie farther
    apart than others."""
    return run.corpus, run.n, run.values.get("early_stopping"), run.values.get("patience")


def _size(n: int | None) -> str:
    return f" (n = {n})" if n else ""


def split_name(protocol: str) -> str:
    """What a reader calls the split of a protocol."""
    return SPLITS.get(protocol) or protocols.get(protocol).title


Side = tuple[Found, list[list[dict]]]  # records of a document to score together, a list a seed of a record a fold


def _difference(one: Side, other: Side, clips: set[str] | None = None) -> Score:
    """Accuracy of the other minus that of one, on these clips alone if any are given."""
    tables = [[frame if clips is None else frame[frame["clip"].isin(clips)] for frame in frames(seeds)]
              for _, seeds in (one, other)]
    starts = tuple(of.starts_of(Run.from_config(seeds[0][0]["config"])) for of, seeds in (one, other))
    by_lot = tuple(not of.document.is_estimator for of, _ in (one, other))
    return scores.difference(*tables, starts=starts, by_lot=by_lot)


def on_same_clips(one: Side, other: Side) -> Score | None:
    """Accuracy of the other minus that of one, each the mean of all its seeds, on the test clips that all have; None
    where they share none.

    Parameters
    ----------
    one, other : tuple of (Found, list of list of dict)
        A document, and a list a seed of a record a fold.
    """
    tested = [set(frame["clip"]) for _, seeds in (one, other) for frame in frames(seeds)]
    clips = set.intersection(*tested) if one[1] and other[1] else set()
    return _difference(one, other, clips) if clips else None


def missing(seeds: list[list[dict]]) -> str:
    """"" where the first seed has every fold, else "k of n folds"; draws of the split are as many as have been made."""
    if seeds[0][0]["config"]["protocol"] == REDRAWN:
        return ""
    folds = Run.from_config(seeds[0][0]["config"]).folds
    return "" if len(seeds[0]) == folds else f"{len(seeds[0])} of {folds} folds"


_TABLES: dict[tuple, pd.DataFrame] = {}
_JOINED: dict[tuple, pd.DataFrame] = {}


def _identity(record: dict) -> str | int:
    return record.get("checksum") or id(record)


def tested_clips(record: dict, corpus: str | None = None, condition: str = "") -> pd.DataFrame:
    """The table of a record's test clips, of another corpus where one is named, under a condition where one is; that of
    the record's own corpus has a column `fold`. That of a stored record is made once."""
    known = (record.get("checksum"), corpus, condition)
    made = _TABLES.get(known)
    if made is None:
        made = scores.condition(record, condition, corpus) if condition else scores.table(record, corpus)
        if not corpus:
            made = made.assign(fold=record["config"]["fold"])
        if known[0]:
            _TABLES[known] = made
    return made


def frames(seeds: list[list[dict]]) -> list[pd.DataFrame]:
    """A table of test clips a seed, its folds one after the other, told apart in column `fold`. Of draws of the split,
    whose test clips are partly the same, a table a draw."""
    if seeds and seeds[0][0]["config"]["protocol"] == REDRAWN:
        seeds = [[record] for folds in seeds for record in folds]
    return [tested_clips(folds[0]) if len(folds) == 1 else _joined(folds) for folds in seeds]


def _joined(folds: list[dict]) -> pd.DataFrame:
    """The tables of several folds as one; of stored records made once: scores and differences ask for the same again.
    """
    known = tuple(record.get("checksum") for record in folds)
    if known in _JOINED:
        return _JOINED[known]
    made = pd.concat([tested_clips(record) for record in folds])
    if all(known):
        _JOINED[known] = made
    return made


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
        "paper is taken from": setting.source, "name": name}
        for name, setting in of.settings.items() if name != "n"])


def _value(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "—" if value is None else str(value)
