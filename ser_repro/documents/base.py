"""What a document is made of: what it claims, its settings in two readings, and how they become a model and a run."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from ser_repro import protocols
from ser_repro.results.ledger import REBUILT, Claim, PublishedMatrix

READINGS = ("code", "paper")
SILENT = "silent: customary practice, our choice"


NOT_KNOWN = "not known: our choice"  # the source of a setting that a document does not tell


@dataclass(frozen=True)
class Setting:
    """One decision: its value in each reading, what it means, and whether a run can change it alone."""

    code: object
    paper: object
    meaning: str
    source: str = ""  # where the value of reading `paper` comes from
    switch: str = ""  # what changing it alone from code to paper is called: the change made, "dropout added"
    at_test: bool = False  # acts on the test alone: no training of its own
    others: Mapping = field(default_factory=dict)  # what changes to values of neither reading are called
    # Made a setting after runs had been recorded, all of them with the value that their reading has now: a run with
    # this value leaves it out of its configuration, so that those records keep their names.
    added: bool = False
    untold: bool = False  # the document doesn't tell it, and what it claims may be of any value; none of them is a leak


@dataclass(frozen=True)
class LogUniform:
    """A searched setting, drawn evenly over the logarithm, kept to three digits."""

    low: float
    high: float

    def draw(self, rng) -> float:
        import numpy as np

        return float(f"{10 ** rng.uniform(np.log10(self.low), np.log10(self.high)):.2e}")


@dataclass(frozen=True)
class Choice:
    """A searched setting, one of some values."""

    values: tuple

    def draw(self, rng):
        return self.values[int(rng.integers(len(self.values)))]


@dataclass(frozen=True)
class Search:
    """A document's own search for the settings that it never gives: ASHA (Li et al. 2020), as Ray Tune has it.

    Attributes
    ----------
    grid : dict
        Setting -> values; every combination is tried.
    drawn : dict
        Setting -> LogUniform, drawn anew for every trial.
    samples : int
        Trials a combination of the grid.
    max_epochs, grace, reduction : int
        Longest training; epochs before the first trial may be stopped; at each rung (grace * reduction**k epochs) a
        trial goes on if its validation loss is in the better 1/reduction of those that have been there.
    """

    grid: Mapping[str, tuple]
    drawn: Mapping[str, LogUniform]
    samples: int
    max_epochs: int
    grace: int = 1
    reduction: int = 2


@dataclass(frozen=True)
class Feeding:
    """How test clips are fed to a model.

    Attributes
    ----------
    order : str
        "as split", "class-sorted" (which is how its document's split has them) or "shuffled".
    carry_state : bool
        Hand the state that a recurrent model ends a batch with to the next batch.
    alone : bool
        Each clip by itself: no neighbour, no padding.
    """

    order: str = "as split"
    carry_state: bool = False
    alone: bool = False


@dataclass(frozen=True)
class Copies:
    """Altered copies of clips that are trained on too.

    Attributes
    ----------
    sets : tuple of str
        Feature sets, one a way of altering.
    parts : tuple of str
        Parts of the split whose clips are copied. Any but "train" gives test or validation clips away.
    """

    sets: tuple[str, ...] = ()
    parts: tuple[str, ...] = ("train",)


AS_SPLIT = Feeding()
RANDOM_FIFTH = protocols.holdout(protocols.PUBLISHED_SEED)
# Those whose audio can be had without a contract, in the order of their number of clips: what trains fast comes first.
FREE = ("SAVEE", "EMO-DB", "EMOVO", "RAVDESS", "TESS", "CREMA-D")


@dataclass(frozen=True)
class CoreRuns:
    """Runs of one kind, for a document's core: every corpus, fold and so on of the document where nothing is said."""

    reading: str
    protocol: str
    corpora: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    folds: tuple[int, ...] = ()
    n: int | None = None
    changes: Mapping = field(default_factory=dict)
    tested: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()


def to_every_other(corpora: tuple[str, ...], reading: str = "code", *, n: int | None = None,
                   changes: Callable[[str], Mapping] = lambda corpus: {}) -> tuple[CoreRuns, ...]:
    """Training on each of some corpora, tested on all others of them.

    Parameters
    ----------
    changes : callable(corpus) -> dict
        Settings that differ from the reading's where that corpus is trained on.
    """
    return tuple(CoreRuns(reading, "cross_corpus", corpora=(one,), n=n, changes=changes(one),
                          tested=tuple(other for other in corpora if other != one)) for one in corpora)


def from_all_others(corpora: tuple[str, ...], reading: str = "code") -> tuple[CoreRuns, ...]:
    """Training on all of some corpora but one, tested on that one."""
    kinds = []
    for tested in corpora:
        first, *others = (corpus for corpus in corpora if corpus != tested)
        kinds.append(CoreRuns(reading, "cross_corpus", corpora=(first,), joined=tuple(others), tested=(tested,)))
    return tuple(kinds)


@dataclass(frozen=True, eq=False)  # each is itself alone, and so can be a key
class Document:
    """A document's method as data, and the functions that turn it into a model, its inputs and its training.

    Attributes
    ----------
    name, title : str
        As a file is named, and as a reader calls it.
    settings : dict
        Name -> Setting. None stands for what `adjust` decides for each corpus, or for what the document never gives:
        that is open until a search has found it.
    corpora : tuple of str
        Those that the study runs it on.
    build : callable(values, n_classes) -> nn.Module or scikit-learn estimator
        The untrained model. A network makes of inputs and lengths (see `ser_repro.features.arrays`) logits, whose
        softmax is the probability of each class (log-probabilities will do), shape (batch, n_classes), or those and a
        state to hand on. An estimator has fit, and predict_proba or decision_function.
    inputs : callable(values) -> int or str
        What it is fed: a rate in Hz, "native", or the name of a feature set.
    copies : callable(values) -> Copies, optional
        Altered copies of clips, which are trained on too.
    transform : callable(values, n_classes) -> scikit-learn transformer or None, optional
        What makes of a clip's values, or of those of each of its frames, that which the model is fed. It belongs to the
        model: fitted before it on the training clips (on all clips, where the setting `fitted_on` is "all"), and stored
        with its weights. With an attribute `needs_speakers` its methods are also given `speakers`, who speaks in each
        clip or frame; with `needs_training` its `fit` is given `training`, whether the clip of each row trains.
    optimiser : callable(parameters, values) -> torch optimiser, or None
        None says that `build` gives an estimator, which is fitted at once.
    schedule : callable(optimiser, values) -> torch learning-rate scheduler, optional
    schedule_every : "epoch" or "step"
    claims, matrices : tuple
        What the document claims, and the confusion matrices that it prints.
    readings : tuple of str
        "code" and "paper"; a baseline of our own has one.
    has_code : bool
        Whether any code of the method is public. Where none is, reading `code` is rebuilt from the text, and its split
        is one draw of ours by the text's rule.
    shorter : str
        How its readings train shorter than the document did, where they do: "ours stop at ...". What they do not reach
        is then not settled.
    longer : mapping
        Settings with which they train as long. A claim is judged by such runs where there are any.
    networks : mapping
        What a reader calls the network of each size, where "n = 18" would not tell.
    adjust : callable(values, corpus, n) -> values
        What a reading cannot say once for all corpora and sizes.
    added : tuple of str
        Those of the corpora that the study adds: the document's own code can't read them.
    split : callable(clips, random_state=...) -> Split
        Under protocol `published`; with other random states, where it takes one, under `redrawn`.
    feedings : callable(values) -> dict of str to Feeding
        How test clips are fed: "" as the recipe says, and under other names conditions to compare with.
    validates : bool
        Whether some training clips are kept to choose settings by.
    drop_last : bool
        Whether training leaves out the last, incomplete batch of an epoch.
    sizes : tuple of int
        Values of the setting n, where the document has networks of several sizes.
    space : callable(corpus) -> dict
        Settings that the study searches on validation clips, and what they are drawn from.
    own_search : callable(corpus) -> Search, optional
        The search that the document itself made, whole (see `ser_repro.runs.asha`).
    fallback : dict
        Values for these where no search has been made.
    demo : dict
        Settings that make a run on the demo corpus quick.
    probe : callable(model, inputs, lengths, target) -> dict of str to list of float, optional
        What is taken down of a network after each epoch beside losses, on a copy and always the same training clips.
    cost : callable(values) -> float
        Time that a clip takes to train an epoch, relative to CNN-3-GRU in reading code: for the estimate of the time
        left.
    core : tuple of CoreRuns
        What the study can't do without and a CPU can do, in the order of what it teaches. Made before all other runs.
    more : tuple of CoreRuns
        What the extended study has beside its grid of readings, protocols and starts.
    priced_on : str
        Corpus on which, as a part of the core, every difference between the readings is priced from three starts, at
        the smallest size. There the core needs as many starts of reading `code`. "" where `core` names all such runs.
    """

    name: str
    title: str
    settings: dict[str, Setting]
    corpora: tuple[str, ...]
    build: Callable[[dict, int], object]
    inputs: Callable[[dict], int | str]
    copies: Callable[[dict], Copies] = lambda values: Copies()
    transform: Callable[[dict, int], object | None] = lambda values, n_classes: None
    optimiser: Callable[[Iterator, dict], object] | None = None
    schedule: Callable[[object, dict], object] | None = None
    schedule_every: str = "epoch"
    claims: tuple[Claim, ...] = ()
    matrices: tuple[PublishedMatrix, ...] = ()
    readings: tuple[str, ...] = READINGS
    has_code: bool = True
    shorter: str = ""
    longer: Mapping[str, object] = field(default_factory=dict)
    networks: Mapping[int, str] = field(default_factory=dict)
    adjust: Callable[[dict, str, int | None], dict] = lambda values, corpus, n: values
    added: tuple[str, ...] = ()
    split: protocols.Rule = RANDOM_FIFTH
    feedings: Callable[[dict], dict[str, Feeding]] = lambda values: {"": AS_SPLIT}
    validates: bool = False
    drop_last: bool = False
    sizes: tuple[int, ...] = ()
    space: Callable[[str], dict] = lambda corpus: {}
    own_search: Callable[[str], Search] | None = None
    fallback: dict = field(default_factory=dict)
    demo: dict = field(default_factory=dict)
    probe: Callable[..., dict[str, list[float]]] | None = None
    cost: Callable[[dict], float] = lambda values: 1.0
    core: tuple[CoreRuns, ...] = ()
    more: tuple[CoreRuns, ...] = ()
    priced_on: str = ""

    @property
    def is_estimator(self) -> bool:
        """Whether `build` gives a scikit-learn estimator, which is fitted at once, and not a network."""
        return self.optimiser is None

    @property
    def searched(self) -> tuple[str, ...]:
        """Settings that the study searches."""
        return tuple(self.fallback)

    def called(self, reading: str) -> str:
        """What a reader calls a reading."""
        return reading if self.has_code else REBUILT

    def size(self, n: int | None) -> str:
        """What a reader calls the network of a size; "" of a document with one."""
        return self.networks.get(n, f"n = {n}") if n else ""

    def parts(self, clips: pd.DataFrame, protocol: str, fold: int = 0) -> protocols.Split:
        """The document's split of a clips table; errors as those of `protocols.make`."""
        return protocols.make(clips, protocol, fold, published=self.split, validation=self.validates)

    def __str__(self) -> str:
        return self.title


def conditions(own: Feeding, **others: dict) -> dict[str, Feeding]:
    """What `Document.feedings` gives: the recipe's own way, and ways that differ from it in what is named."""
    return {"": own} | {name: replace(own, **changes) for name, changes in others.items()}
