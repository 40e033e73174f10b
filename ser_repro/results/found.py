"""What the chapters of the documents share: the records of one document, and the scores, tables and effects they give.

    found = Results("mfcc_cnn", "results")
    found.score("RAVDESS", protocol="speaker")      # an evaluation.Score, or None where nothing has been run
    found.text("RAVDESS", protocol="speaker")       # the same in words: "38.1 % [34.0, 42.5]" or "not yet run"
"""

import itertools
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from ser_repro import datasets, documents, protocols
from ser_repro.results import ledger as claims
from ser_repro.results import scores as evaluation
from ser_repro.results.scores import Score
from ser_repro.runs import study

NOT_RUN = "not yet run"
SPLITS = {"published": "published", "speaker": "new speakers"}


@dataclass(frozen=True)
class Results:
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
    def status(self) -> list[tuple[study.Plan, dict | None]]:
        """Every planned run of the document, with its record."""
        return study.status(study.select(study.plans(), document=[self.name]), self.folder)

    @cached_property
    def done(self) -> dict:
        """(corpus, n, reading, changes, protocol) -> a list a seed of a record a fold; seeds with every fold only."""
        return study.complete(self.status)

    @cached_property
    def begun(self) -> dict:
        """The same, of seeds with any fold."""
        return study.complete(self.status, whole=False)

    @property
    def count(self) -> tuple[int, int]:
        """Runs done, and planned."""
        return sum(record is not None for _, record in self.status), len(self.status)

    def records(self, corpus: str, reading: str = "code", protocol: str = "published", *, n: int | None = None,
                changes: tuple = (), whole: bool = True) -> list[list[dict]]:
        """A list a seed of a record a fold; empty where nothing has been run.

        Parameters
        ----------
        whole : bool
            Leave out seeds of which a fold is missing: their score would rest on some speakers only.
        """
        return (self.done if whole else self.begun).get((corpus, n, reading, changes, protocol), [])

    def seeds(self, corpus: str, reading: str = "code", protocol: str = "published", *,
              n: int | None = None) -> list[list[dict]]:
        """Every whole seed, or, where there is none, the first that was begun; `missing` tells which."""
        return (self.records(corpus, reading, protocol, n=n)
                or self.records(corpus, reading, protocol, n=n, whole=False)[:1])

    def told(self, corpus: str, reading: str = "code", protocol: str = "published", name: str = "accuracy") -> str:
        """The score of `seeds` in words, which say where folds are missing."""
        seeds = self.seeds(corpus, reading, protocol)
        if not seeds:
            return NOT_RUN
        return str(evaluation.score(frames(seeds), name)) + (f" ({missing(seeds)})" if missing(seeds) else "")

    def score(self, corpus: str, reading: str = "code", protocol: str = "published", name: str = "accuracy",
              **which) -> Score | None:
        """A score over all seeds, or None where nothing has been run; `which` as in `records`."""
        seeds = self.records(corpus, reading, protocol, **which)
        return evaluation.score(frames(seeds), name) if seeds else None

    def text(self, corpus: str, reading: str = "code", protocol: str = "published", name: str = "accuracy",
             **which) -> str:
        """The score in words."""
        return str(self.score(corpus, reading, protocol, name, **which) or NOT_RUN)

    def table(self) -> pd.DataFrame:
        """Scores of all that has been run in either reading, a row a corpus, size, reading, split and epochs.

        The number of epochs stands there where the document's runs differ in it.
        """
        rows = []
        several = any(changes and not slips(changes) for _, _, _, changes, _ in self.begun)
        for (corpus, n, reading, changes, protocol), seeds in sorted(self.begun.items(), key=str):
            if slips(changes):
                continue
            whole = self.done.get((corpus, n, reading, changes, protocol))
            of = whole or seeds[:1]
            three = [evaluation.score(frames(of), name) for name in evaluation.SCORES]
            spread = three[0].seeds
            size = {"n": n} if self.document.sizes else {}
            length = {"epochs": epochs(of)} if several else {}
            split = ", ".join(filter(None, (SPLITS[protocol], missing(of))))
            rows.append({"corpus": corpus} | size | {"reading": reading, "split": split} | length | {
                "seeds": f"{len(of)} ({100 * min(spread):.1f}–{100 * max(spread):.1f})" if len(of) > 1 else "1",
                "accuracy": str(three[0]), "UAR": str(three[1]), "macro F1": str(three[2])})
        return pd.DataFrame(rows)

    def effects(self) -> list[tuple[str, str, Score]]:
        """What each slip is worth: (slip, corpus, accuracy with it mended minus accuracy with it), paired.

        Last, all of them together: reading paper minus reading code, by the published split and with new speakers, of
        the seeds and folds that both have. Only runs of equally many epochs are compared.
        """
        found = []

        def compare(slip, corpus, protocol, *sides):
            difference, part = _paired(*sides)
            where = ", ".join(filter(None, ("" if protocol == "published" else SPLITS[protocol], part)))
            if difference:
                found.append((slip + (f",\n{where}" if where else ""), corpus, difference))

        for (corpus, n, reading, changes, protocol), seeds in sorted(self.done.items(), key=str):
            if slips(changes):
                rest = tuple(change for change in changes if change not in slips(changes))
                compare(self.slip(*slips(changes)[0], n), corpus, protocol,
                        self.records(corpus, reading, protocol, n=n, changes=rest), seeds)
        lengths = sorted({changes for _, _, _, changes, _ in self.begun if not slips(changes)}, key=str)
        for protocol, corpus in itertools.product(protocols.PROTOCOLS, self.document.corpora):
            for n, changes in itertools.product(self.document.sizes or (None,), lengths):
                compare("all of them: paper instead of code" + _size(n), corpus, protocol, *(
                    self.records(corpus, reading, protocol, n=n, changes=changes, whole=False)
                    for reading in documents.READINGS))
        order = list(dict.fromkeys(slip for slip, _, _ in found))
        return sorted(found, key=lambda row: (order.index(row[0]), self.document.corpora.index(row[1])))

    def lost(self, corpus: str, reading: str = "code", *, n: int | None = None) -> Score | None:
        """What new speakers cost: accuracy by the published split minus accuracy with new speakers, paired on the test
        clips and seeds that both have; None where they share none."""
        sides = [{folds[0]["config"]["seed"]: frame for folds, frame in zip(seeds, frames(seeds), strict=True)}
                 for seeds in (self.seeds(corpus, reading, protocol, n=n) for protocol in ("speaker", "published"))]
        seeds = sorted(set(sides[0]) & set(sides[1]))
        clips = set.intersection(*(set(side[seed]["clip"]) for side in sides for seed in seeds)) if seeds else set()
        if not clips:
            return None
        return evaluation.difference(*([side[seed][side[seed]["clip"].isin(clips)] for seed in seeds]
                                       for side in sides))

    def slip(self, name: str, value, n: int | None = None) -> str:
        """What a changed setting is called; with its value, where that is not the text's."""
        setting = self.document.settings[name]
        return (setting.switch if value == setting.paper else f"{setting.switch}: {value}") + _size(n)

    def unmade(self) -> list[str]:
        """The line of a verdict on runs that have no record, where there are any."""
        done, planned = self.count
        return [f"- {planned - done} of the {planned} runs of the study for this document are not yet made: what rests "
                "on them is open."] if done < planned else []

    def starts(self) -> str:
        """In words, how much accuracy differs between seeds of reading code by the published split, and where the one
        that single runs are compared with stands among them."""
        found = []
        for (corpus, n, reading, changes, protocol), seeds in self.done.items():
            if reading == "code" and protocol == "published" and not slips(changes) and len(seeds) > 1:
                each = evaluation.score(frames(seeds)).seeds
                found.append(f"{corpus}{f', n = {n}' if n else ''} {100 * min(each):.1f} to {100 * max(each):.1f} % "
                             f"(mean {100 * sum(each) / len(each):.1f}, seed 0 {100 * each[0]:.1f})")
        return "; ".join(found) or "not known, with one seed"

    def ledger(self) -> pd.DataFrame:
        """Every claim of the document beside what was measured (see `claims.ledger`)."""
        asked = [(claim, protocol) for claim in claims.of(self.name) for protocol in protocols.PROTOCOLS]
        scores = {(claim.corpus, claim.n, protocol, claim.score): self.score(
            claim.corpus, protocol=protocol, name=claim.score, n=claim.n) for claim, protocol in asked}
        return claims.ledger(self.name, scores)


def slips(changes: tuple) -> tuple:
    """Of a run's changes those of the method: fewer epochs are the same method, trained for less long."""
    return tuple((name, value) for name, value in changes if name != "epochs")


def _size(n: int | None) -> str:
    return f" (n = {n})" if n else ""


def _paired(one: list[list[dict]], other: list[list[dict]]) -> tuple[Score | None, str]:
    """Other minus one, of the seeds and folds that both have; and which folds, where some are missing."""
    sides = [{folds[0]["config"]["seed"]: {record["config"]["fold"]: record for record in folds} for folds in side}
             for side in (one, other)]
    seeds = sorted(set(sides[0]) & set(sides[1]))
    folds = sorted(set.intersection(*(set(side[seed]) for side in sides for seed in seeds))) if seeds else []
    if not folds:
        return None, ""
    both = [[[side[seed][fold] for fold in folds] for seed in seeds] for side in sides]
    return evaluation.difference(*map(frames, both)), missing(both[0])


def missing(seeds: list[list[dict]]) -> str:
    """"" where the first seed has every fold, else "k of n folds"."""
    config = seeds[0][0]["config"]
    folds = protocols.folds(config["corpus"], config["protocol"])
    return "" if len(seeds[0]) == folds else f"{len(seeds[0])} of {folds} folds"


def epochs(seeds: list[list[dict]]) -> int:
    """How long the runs were trained, by their records."""
    return len(seeds[0][0]["history"]["train_loss"])


def frames(seeds: list[list[dict]]) -> list[pd.DataFrame]:
    """A table of test clips a seed, its folds one after the other."""
    return [pd.concat([evaluation.table(record) for record in folds]) for folds in seeds]


def chance(corpus: str) -> float:
    """Accuracy of always naming the most frequent emotion of a corpus, as it is published."""
    return float(datasets.studied(datasets.published(corpus))["emotion"].value_counts(normalize=True).max())


def readings(document: str, corpus: str, n: int | None = None) -> pd.DataFrame:
    """Setting by setting, what code and text say, for `notebook.show`; a dash where neither does."""
    code, paper = (documents.settings(document, reading, corpus, n) for reading in documents.READINGS)
    return pd.DataFrame([{
        "setting": f"<code>{name}</code>", "code": "—" if code[name] is None else str(code[name]),
        "paper": "—" if paper[name] is None else str(paper[name]), "meaning": setting.meaning,
        "paper is taken from": setting.source} for name, setting in documents.get(document).settings.items()
        if name != "n"])
