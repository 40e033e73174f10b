"""What a record, a card or a search holds. They are handed from one person to another, and a checksum proves no more
than that nobody changed them since: so what they say is checked as a whole before anything is made of it.

Shapes and ranges are checked by pydantic; what hangs together, by `agree`; and against the split and the clips of a
corpus that is published, by `belongs`.
"""

import functools
from typing import (
    Annotated,
    Literal,
    NotRequired,
)

import numpy as np
import pandas as pd
from pydantic import ConfigDict, Field, NonNegativeInt, PositiveInt, StringConstraints, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # which pydantic wants before Python 3.12

from ser_repro import SerReproError, datasets, documents, protocols
from ser_repro.datasets.audio import RATES
from ser_repro.runs.run import Run

# That each probability may be off by, of a record's own corpus and of others: see `records.DIGITS`.
ROUNDED, ROUNDED_ELSEWHERE = 1e-5, 1e-3

Line = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\p{Cc}\p{Cf}]*$")]
Hash = Annotated[str, StringConstraints(pattern="^[0-9a-f]{8,64}$")]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Length = Annotated[float, Field(ge=0, lt=1e9, allow_inf_nan=False)]
Seconds_ = Annotated[float, Field(ge=0, lt=86_400, allow_inf_nan=False)]  # of a clip
Rate = Annotated[int, Field(ge=RATES[0], le=RATES[-1])]  # in Hz
Names = Annotated[list[Line], Field(min_length=1)]
Emotions = Annotated[list[Literal[datasets.EMOTIONS]], Field(min_length=1)]
Epoch = Annotated[str, StringConstraints(pattern="^(train|validation|test)_(loss|accuracy)$")]


class Config(TypedDict):
    """Of a run."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    document: Line
    reading: Line
    corpus: Line
    protocol: Line
    fold: NonNegativeInt
    seed: NonNegativeInt
    settings: dict[Line, bool | int | Number | Line]
    synthetic: bool
    tested: NotRequired[Names]
    joined: NotRequired[Names]


class Tested(TypedDict):
    """Clips that were tested; their rows are checked by `agree`."""

    classes: Emotions
    columns: Names
    rows: Annotated[list[list], Field(min_length=1)]
    order: NotRequired[Line]
    conditions: NotRequired[dict[Line, list[NonNegativeInt]]]
    attention: NotRequired[list[list[Number]]]
    corpus_hash: NotRequired[Hash]
    arrays_checksum: NotRequired[str]


class Clips(TypedDict):
    """How many are in each part of the split."""

    train: PositiveInt
    validation: NonNegativeInt
    test: NonNegativeInt


class Record(TypedDict):
    """What a run leaves."""

    run: Line
    config: Config
    split_hash: Hash
    corpus_hash: Hash
    arrays_checksum: NotRequired[Line]
    features_hash: NotRequired[Line]
    clips: Clips
    parameters: NonNegativeInt
    versions: dict[Line, Line]
    device: Line
    finished: Line
    train_seconds: Length
    history: dict[Epoch, list[Number]]
    probes: NotRequired[dict[Line, list[list[Number]]]]
    test: NotRequired[Tested]
    tested: NotRequired[dict[Line, Tested]]


class Trial(TypedDict):
    """One setting of a search; a loss is None where the training diverged."""

    settings: dict[Line, Number | Line]
    validation_loss: Annotated[list[Number | None], Field(min_length=1)]


class Search(TypedDict):
    """What a search of the study has found so far."""

    document: Line
    reading: Line
    corpus: Line
    protocol: Line
    fold: NonNegativeInt
    n: int | None
    chosen: dict[Line, Number | Line]
    lowest_loss: Number | None  # where all diverged
    guess_loss: Number
    trials: list[Trial]


class ASHATrial(TypedDict):
    """One setting of a document's own search."""

    settings: dict[Line, Number | Line]
    history: dict[Epoch, list[float]]
    stopped: PositiveInt | Literal["diverged"] | None
    seconds: Length


class ASHA(TypedDict):
    """A document's own search, as far as it has gone."""

    corpus_hash: Line
    rungs: Annotated[list[PositiveInt], Field(min_length=1)]
    reduction: PositiveInt
    trials: Annotated[list[ASHATrial], Field(min_length=1)]
    winner: NotRequired[NonNegativeInt]
    record: NotRequired[Line]


class Score(TypedDict):
    """One score of a card."""

    value: Fraction
    low: Number | None
    high: Number | None
    text: Line


class Scores(TypedDict):
    """The scores of a card, of clips that were tested together."""

    accuracy: Score
    uar: Score
    macro_f1: Score
    clips: PositiveInt
    speakers: NonNegativeInt
    seeds: NotRequired[PositiveInt]
    folds: NotRequired[PositiveInt]
    missing: NotRequired[Line]


class Seconds(TypedDict):
    """How long clips are, in s."""

    shortest: Seconds_
    median: Seconds_
    longest: Seconds_


class TrainedOn(TypedDict):
    """Clips that trained."""

    clips: PositiveInt
    seconds: Seconds


class Input(TypedDict):
    """What a model is given."""

    what: Rate | Line
    hash: Line
    definition: dict
    sample_rate: Rate


class Corpus(TypedDict):
    """What a card says of a corpus."""

    name: Line
    title: Line
    language: Line
    licence: Line
    home: Line
    speakers: NonNegativeInt
    acted: bool
    hash: Hash


class Factor(TypedDict):
    """How far one thing alone tells the emotion; see `results.confounds`."""

    name: Line
    uar: Fraction
    chance: Fraction
    margin: Length
    each: dict[Line, Fraction]


class GivenAway(TypedDict):
    """What a corpus gives away of its emotions."""

    factors: list[Factor]
    chance: Fraction
    speakers: NonNegativeInt
    of_one_emotion: NonNegativeInt
    lone: dict[Line, Line]
    absent: dict[Line, PositiveInt]
    identical: list[Line]
    tested: NonNegativeInt


class Card(TypedDict):
    synthetic: bool
    document: Line
    run: Line
    config: Config
    classes: Emotions
    input: Input
    trained_on: TrainedOn
    corpus: Corpus
    split_hash: Hash
    given_away: GivenAway | None
    scores: dict[Line, Scores]
    new_speakers: Scores | None
    chance: Fraction
    parameters: PositiveInt
    epochs: NonNegativeInt
    versions: dict[Line, Line]
    device: Line
    trained: Line
    saved: Line
    caution: Annotated[str, StringConstraints(max_length=10_000, pattern=r"^[^\p{Cc}\p{Cf}]*$")]
    weights: Hash


@functools.cache
def _adapter(of: type) -> TypeAdapter:
    return TypeAdapter(of)


def shaped(content: dict, of: type) -> None:
    """Raise a ValueError, in one line, where a value has another shape than the schema says."""
    try:
        _adapter(of).validate_python(content, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}") from None


def of_config(config: dict) -> Run:
    """The run of a configuration; a ValueError where it is none that this version has."""
    try:
        of = documents.get(config["document"])
        run = Run.from_config(config)
        known = of.settings
        if unknown := set(config["settings"]) - set(known):
            raise ValueError(f"{of.name} has no setting {', '.join(sorted(unknown))}")
        if lacking := set(documents.settings(run.document, run.reading, run.corpus, run.n)) - set(run.values):
            raise ValueError(f"it lacks {', '.join(sorted(lacking))}")
        if open_ := [name for name, value in run.values.items() if value is None]:
            raise ValueError(f"{', '.join(open_)} are not decided")
        run.inputs  # noqa: B018  # of settings that do not go together there are none
        return run
    except (SerReproError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"config: {' '.join(str(error).split())[:200]}") from None


def check_record(record: dict) -> None:
    """Raise a ValueError, in one line, where what a record says can't be."""
    shaped(record, Record)
    run = of_config(record["config"])
    if record["run"] != run.name:
        raise ValueError(f"run: not the name of its configuration, {run.name}")
    agree(record)
    belongs(record, run)


def check_asha(found: dict) -> None:
    """Raise a ValueError, in one line, where what a document's own search says can't be."""
    shaped(found, ASHA)
    if ("winner" in found) != ("record" in found) or found.get("winner", 0) >= len(found["trials"]):
        raise ValueError("winner: none of its trials, or without a record")
    for trial in found["trials"]:
        if isinstance(trial["stopped"], int) and len(trial["history"].get("validation_loss", ())) != trial["stopped"]:
            raise ValueError("trials: one was stopped after more or fewer epochs than it has")


def check_card(card: dict) -> None:
    """Raise a ValueError, in one line, where what a card says can't be."""
    shaped(card, Card)
    run = of_config(card["config"])
    if card["run"] != run.name or card["input"]["what"] != run.inputs or card["synthetic"] != run.synthetic:
        raise ValueError(f"run: not that of its configuration, {run.name} on {run.inputs}")
    if card["classes"] != sorted(set(card["classes"])):
        raise ValueError("classes: not in order, or one of them twice")
    if "as tested" not in card["scores"]:
        raise ValueError("scores: none of the clips as they were tested")
    belongs(card, run)


def agree(record: dict) -> None:
    """Raise a ValueError where the parts of a record that has its shape do not belong together."""
    tables = {"test": record.get("test")} | {f"tested.{name}": one for name, one in record.get("tested", {}).items()}
    for name, table in tables.items():
        if table is not None:
            _agree(name, table)
    if set(record.get("tested", {})) != set(record["config"].get("tested", ())):
        raise ValueError("tested: other corpora than the configuration names")
    clips = record["clips"]["test"]
    if clips != len(record["test"]["rows"] if "test" in record else ()):
        raise ValueError(f"clips: {clips} were tested, and test has others")
    series = record["history"]
    if len({len(one) for one in series.values()}) > 1:
        raise ValueError("history: its series differ in length")
    if any(not 0 <= value <= 1 for name, one in series.items() if name.endswith("accuracy") for value in one):
        raise ValueError("history: an accuracy is not within 0 and 1")


def _agree(name: str, table: dict) -> None:
    classes, rows, width = table["classes"], table["rows"], 3 + len(table["classes"])
    if classes != sorted(set(classes)):
        raise ValueError(f"{name}.classes: not in order, or one of them twice")
    if table["columns"] != ["clip", "speaker", "emotion", *(f"p({one})" for one in classes)]:
        raise ValueError(f"{name}.columns: not those of its classes")
    if set(map(len, rows)) != {width}:
        raise ValueError(f"{name}.rows: a row has not one value a column")
    clips, speakers, emotions, *numbers = zip(*rows, strict=True)
    if set(map(type, clips + speakers + emotions)) != {str}:
        raise ValueError(f"{name}.rows: clip, speaker and emotion are texts")
    if not set().union(*(map(type, column) for column in numbers)) <= {float, int}:
        raise ValueError(f"{name}.rows: a probability is not a number")
    if len(set(clips)) < len(rows):
        raise ValueError(f"{name}.rows: a clip stands there twice")
    if strange := set(emotions) - set(classes):
        raise ValueError(f"{name}.rows: {min(strange)[:40]} is none of its classes")
    try:
        probabilities = np.array(numbers, dtype=float).T
    except OverflowError:  # a whole number of hundreds of digits
        probabilities = np.full((1, 1), np.inf)
    if not ((probabilities >= 0) & (probabilities <= 1)).all():  # nor is what is not a number
        raise ValueError(f"{name}.rows: a probability is not within 0 and 1")
    rounded = ROUNDED_ELSEWHERE if name.startswith("tested.") else ROUNDED
    if np.abs(probabilities.sum(1) - 1).max() > rounded * len(classes):
        raise ValueError(f"{name}.rows: the probabilities of a clip do not sum to 1")
    for condition, told in table.get("conditions", {}).items():
        if len(told) != len(rows) or max(told) >= len(classes):
            raise ValueError(f"{name}.conditions.{condition}: not one class a clip")
    if "attention" in table and len(table["attention"]) != len(rows):
        raise ValueError(f"{name}.attention: not one list a clip")


# ---- against a published corpus ----------------------------------------------------------------------------------


def belongs(record: dict, run: Run) -> None:
    """Raise a ValueError where a record or card is not of the split of its run, or of clips that its corpora do not
    have.

    Known are split and clips of corpora that are published and have an index here; not those of demo speech, nor of
    tables of clips.
    """
    if run.synthetic:
        return
    try:
        split = _split(run)
    except SerReproError as error:
        raise ValueError(f"config: {error}") from None
    except (KeyError, AttributeError):  # a rule from outside, which asks more of a clip than an index tells
        split = None
    if split is not None:
        if record["split_hash"] != split.hash:
            raise ValueError(f"split_hash: {record['split_hash']}, and the split of {run.label} is {split.hash}")
        if "test" in record and {row[0] for row in record["test"]["rows"]} != set(split.test):
            raise ValueError("test.rows: not the clips that its split tests")
    for name, table in {run.corpus: record.get("test"), **record.get("tested", {})}.items():
        known = _clips(name, f"{name}/" * (name != run.corpus))
        if table is not None and known is not None:
            if strange := {tuple(row[:3]) for row in table["rows"]} - known:
                raise ValueError(f"rows: {min(strange)[0][:40]} is no clip of {name} with this speaker and emotion")
            if name != run.corpus and len(table["rows"]) != sum(emotion in table["classes"] for *_, emotion in known):
                raise ValueError(f"tested.{name}.rows: some of its clips are missing")


@functools.cache
def _table(corpus: str):
    """The clips of a corpus that the study takes, by its index; None where it has none."""
    known = datasets.CORPORA.get(corpus)
    if known is None or known.table is not None or not known.index.is_file():
        return None
    return datasets.studied(datasets.published(corpus)).astype(object)  # pandas's own texts are slow to go through


@functools.cache
def _clips(corpus: str, prefix: str) -> frozenset[tuple[str, str, str]] | None:
    """Clip, speaker and emotion of each, the first two behind a prefix."""
    table = _table(corpus)
    return None if table is None else frozenset(zip(prefix + table["clip"], prefix + table["speaker"], table["emotion"],
                                                    strict=True))


def _split(run: Run) -> protocols.Split | None:
    """The split of a run, of corpora whose clips are known."""
    if any(_table(corpus) is None for corpus in (run.trained if not run.joined else (*run.trained, *run.tested))):
        return None
    of = run.recipe
    return _made(of.split if not protocols.get(run.protocol).apart else None, of.validates, run.trained,
                 run.tested if run.joined else (), run.protocol, run.fold, run.order)


@functools.cache
def _made(rule, validates: bool, trained: tuple[str, ...], tested: tuple[str, ...], protocol: str, fold: int,
          order: str) -> protocols.Split:
    """The same for all documents that split alike: a book reads hundreds of records."""
    table = _table(trained[0])
    if len(trained) > 1:
        several = [_table(corpus) for corpus in trained]
        emotions = datasets.shared_emotions([*several, *map(_table, tested)])
        table = pd.concat([datasets.renamed(one, emotions) for one in several], ignore_index=True)
    return protocols.make(table, protocol, fold, published=rule, validation=validates).ordered(order, table)
