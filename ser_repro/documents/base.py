"""What a recipe is made of: settings in two readings, and what a document brings besides them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pandas as pd
from torch import nn

from ser_repro import protocols

READINGS = ("code", "paper")
SILENT = "silent: customary practice, our choice"


@dataclass(frozen=True)
class Setting:
    """One decision: its value in each reading, what it means, and whether a run can change it alone."""

    code: object
    paper: object
    meaning: str
    source: str = ""  # where the value of reading `paper` comes from
    switch: str = ""  # a slip of the code that the chapter prices: its name there
    at_test: bool = False  # acts on the test alone: no training of its own


@dataclass(frozen=True)
class Document:
    """A document's method as data, and the functions that turn it into a network, its inputs and its training.

    Attributes
    ----------
    name, title : str
        As a file is named, and as a reader calls it.
    settings : dict
        Name -> Setting. One whose value is None is never given by the document.
    corpora : tuple of str
        Those that the study runs it on.
    build : callable(values, n_classes) -> nn.Module
        The untrained model: of inputs and lengths (see `ser_repro.features.arrays`) it makes logits, whose softmax is
        the probability of each class (log-probabilities will do), shape (batch, n_classes), or those and a state to
        hand on.
    inputs : callable(values) -> int or str
        What it is fed: a rate in Hz, "native", or the name of a feature set.
    optimiser : callable(parameters, values)
        What Lightning's `configure_optimizers` may return.
    adjust : callable(values, corpus, n) -> values
        What a reading cannot say once for all corpora and sizes.
    split : callable(clips) -> Split
        Under protocol `published`.
    validates : bool
        Whether some training clips are kept to choose settings by.
    drop_last : bool
        Whether training leaves out the last, incomplete batch of an epoch.
    sizes : tuple of int
        Values of the setting n, where the document has networks of several sizes.
    searched : tuple of str
        Settings that the study finds on validation clips.
    unsearched : dict
        Values for these where no search has been made.
    demo : dict
        Settings that make a run on the demo corpus quick.
    cost : callable(values) -> float
        Time that a clip takes to train an epoch, relative to CNN-3-GRU in reading code: for the estimate of the time
        left.
    core : tuple of dict
        Kinds of runs in the order of what they teach: reading, protocol, and optionally corpora, seeds, folds, n and
        changes (of settings). Made before the ablations and the rest of the grid.
    """

    name: str
    title: str
    settings: dict[str, Setting]
    corpora: tuple[str, ...]
    build: Callable[[dict, int], nn.Module]
    inputs: Callable[[dict], int | str]
    optimiser: Callable[[Iterator, dict], object]
    adjust: Callable[[dict, str, int | None], dict] = lambda values, corpus, n: values
    split: Callable[[pd.DataFrame], protocols.Split] = protocols.eighty_ten_ten
    validates: bool = False
    drop_last: bool = False
    sizes: tuple[int, ...] = ()
    searched: tuple[str, ...] = ()
    unsearched: dict = field(default_factory=dict)
    demo: dict = field(default_factory=dict)
    cost: Callable[[dict], float] = lambda values: 1.0
    core: tuple[dict, ...] = ()

    def parts(self, clips: pd.DataFrame, protocol: str, fold: int = 0) -> protocols.Split:
        """The document's split of a clips table; errors as those of `protocols.make`."""
        return protocols.make(clips, protocol, fold, published=self.split, validation=self.validates)

    def __str__(self) -> str:
        return self.title
