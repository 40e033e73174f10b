"""The one value that a run is, from plan to record to figure.

    run = Run.of("mfcc_cnn", "RAVDESS", protocol="speaker", fold=2)
    run.hash, run.name, run.path("results")
    run.kind                                   # key of what is scored together: fold 0, seed 0, searched settings open
"""

import functools
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from ser_repro import SerReproError, datasets, documents, protocols
from ser_repro.files import digest


@dataclass(frozen=True)
class Run:
    """One document, reading, corpus, protocol, fold and seed, with all settings.

    Parameters
    ----------
    values : dict
        All settings of the recipe (`documents.settings`). None stands for one that a search has yet to find.
    tested : tuple of str
        Other corpora that the trained model is tested on.
    synthetic : bool
        On the demo corpus: never a result.
    joined : tuple of str
        Corpora that train together with `corpus`, on the emotions that all of these and those tested have.

    Raises
    ------
    SerReproError
        Where a protocol that tests elsewhere names no corpus, one that tests here joins any, or a corpus is named
        twice.
    """

    document: str
    reading: str
    corpus: str
    protocol: str
    fold: int
    seed: int
    values: dict = field(hash=False)
    tested: tuple[str, ...] = ()
    synthetic: bool = False
    joined: tuple[str, ...] = ()

    def __post_init__(self):
        if protocols.get(self.protocol).elsewhere and not self.tested:
            raise SerReproError(f"protocol {self.protocol} tests other corpora: name at least one.")
        if self.joined and not protocols.get(self.protocol).elsewhere:
            raise SerReproError(f"protocol {self.protocol} tests clips of the corpus that trains, and several are to "
                                "train together: choose protocol cross_corpus.")
        for corpus in self.trained:
            if corpus in self.tested or self.trained.count(corpus) > 1:
                raise SerReproError(f"{corpus} is trained on and can't be another corpus: name others.")

    @classmethod
    def of(cls, document: str, corpus: str, reading: str = "code", protocol: str = "published", fold: int = 0,
           seed: int = 0, *, n: int | None = None, tested: tuple[str, ...] = (), synthetic: bool = False,
           joined: tuple[str, ...] = (), **changes) -> "Run":
        """A run with the settings of a reading, and those that are changed."""
        values = documents.settings(document, reading, corpus, n, **changes)
        return cls(document, reading, corpus, protocol, fold, seed, values, tuple(tested), synthetic,
                   tuple(joined))

    @classmethod
    def from_config(cls, config: dict) -> "Run":
        """The run that a record's configuration describes."""
        told = {name: config[name] for name in _NAMED}
        return cls(**told, values=settings_of(config), tested=tuple(config.get("tested", ())),
                   synthetic=config["synthetic"], joined=tuple(config.get("joined", ())))

    # ---- settings ------------------------------------------------------------------------------------------------

    @property
    def recipe(self) -> documents.Document:
        """The document itself; `document` is its name."""
        return documents.get(self.document)

    @property
    def trained(self) -> tuple[str, ...]:
        """Corpora that are trained on."""
        return (self.corpus, *self.joined)

    @property
    def others(self) -> tuple[str, ...]:
        """Corpora beside `corpus` whose clips it takes."""
        return (*self.joined, *self.tested)

    @property
    def n(self) -> int | None:
        """Size of the network, of a document that has several."""
        return self.values.get("n")

    @property
    def inputs(self) -> int | str:
        """What the model is fed: a rate in Hz, "native", or the name of a feature set."""
        return self.recipe.inputs(self.values)

    @property
    def open(self) -> tuple[str, ...]:
        """Settings that a search has yet to find."""
        return tuple(name for name, value in self.values.items() if value is None)

    def with_values(self, **values) -> "Run":
        """The same run with other settings."""
        return replace(self, values=self.values | values)

    @functools.cached_property
    def changed(self) -> dict:
        """Settings in which the run departs from its reading, searched ones and the number of epochs apart."""
        free = {name: self.values[name] for name in (*self.recipe.searched, "epochs") if name in self.values}
        says = documents.settings(self.document, self.reading, self.corpus, self.n, **free)
        return {name: value for name, value in self.values.items() if says[name] != value}

    @functools.cached_property
    def kind(self) -> "Run":
        """What it is scored with: fold 0, seed 0, and what a search found for its split left open."""
        return replace(self, fold=0, seed=0, values=self.values | dict.fromkeys(self.recipe.searched))

    @property
    def unchanged(self) -> "Run":
        """The run that says what its reading says."""
        return replace(self, values=self.values | {
            name: documents.settings(self.document, self.reading, self.corpus, self.n)[name] for name in self.changed})

    # ---- identity ------------------------------------------------------------------------------------------------

    @property
    def config(self) -> dict:
        """All that identifies it, as its record holds it."""
        more = {name: list(corpora) for name in ("tested", "joined") if (corpora := getattr(self, name))}
        understood = documents.understood(self.document, self.reading, self.corpus, self.n)
        settings = {name: value for name, value in self.values.items()
                    if name not in understood or value != understood[name]}
        return {name: getattr(self, name) for name in _NAMED} | {
            "settings": settings, "synthetic": self.synthetic} | more

    @functools.cached_property
    def hash(self) -> str:
        """Of the configuration.

        Raises
        ------
        SerReproError
            If a setting is open.
        """
        if self.open:
            raise SerReproError(f"{self.document} on {self.corpus}: {', '.join(self.open)} not decided; run "
                                "`ser-repro study`, which searches them on validation data, or give them.")
        return config_hash(self.config)

    @functools.cached_property
    def name(self) -> str:
        """A readable name that ends in the hash."""
        changed = "-changed" if self.changed else ""
        size = f"-n{self.n}" if self.n is not None else ""
        corpora = self.corpus.lower() + (f"-and-{len(self.joined)}" if self.joined else "")
        return (f"{corpora}{size}-{self.reading}{changed}-{self.protocol}-fold{self.fold}-seed{self.seed}"
                f"-{self.hash}")

    @property
    def label(self) -> str:
        """What it is, in a line for people."""
        changed = "".join(f" {name}={value}" for name, value in self.changed.items())
        size = "" if self.n is None else f" n={self.n}"
        tested = f" tested on {', '.join(self.tested)}" if self.tested else ""
        return (f"{self.document} {', '.join(self.trained)}{size} {self.reading}{changed} {self.protocol} "
                f"fold {self.fold} seed {self.seed}{tested}")

    def path(self, results: str | Path) -> Path:
        """Where its record stands, or would."""
        return record_path(results, self.document, self.name)

    # ---- what it takes -------------------------------------------------------------------------------------------

    @property
    def folds(self) -> int:
        """How many folds its protocol has on its corpus."""
        return protocols.folds(self.corpus, self.protocol)

    @property
    def order(self) -> str:
        """Of the training clips, where they are not shuffled: one of `protocols.ORDERS`."""
        return self.values.get("order", protocols.ORDERS[0])

    def split(self, clips: pd.DataFrame) -> protocols.Split:
        """Who trains, validates and is tested, of a clips table; training clips in the order in which they are fed
        where they are not shuffled."""
        return self.recipe.parts(clips, self.protocol, self.fold).ordered(self.order, clips)

    @property
    def cost(self) -> float:
        """Relative time that it takes, for the estimate of the time left."""
        clips = sum(datasets.get(corpus).n_clips for corpus in self.trained)
        return clips * self.values.get("epochs", 1) * self.recipe.cost(self.values)


_NAMED = ("document", "reading", "corpus", "protocol", "fold", "seed")


def record_path(results: str | Path, document: str, name: str) -> Path:
    """Where a record of that name stands, compressed where it is large, or would."""
    plain = os.path.join(results, document, f"{name}.json")  # a study asks thousands of times: no Path until the end
    packed = f"{plain}.xz"
    return Path(packed if os.path.exists(packed) else plain)


def settings_of(config: dict) -> dict:
    """All settings of a run by its configuration, with those that it leaves out."""
    told = config["settings"]
    return documents.understood(config["document"], config["reading"], config["corpus"], told.get("n")) | told


def config_hash(config: dict) -> str:
    return digest(config, 12)
