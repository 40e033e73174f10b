"""Records: what a run leaves, one JSON file a run, named by the hash of the run's configuration; a large one
compressed (xz).

A record holds configuration, hashes of split and corpus, the checksum of the arrays it was made of (`arrays_checksum`,
which older ones lack), versions, device, wall time, history per epoch (empty where there are no epochs), and the
probabilities of every test clip: `test` of the training corpus, and under `tested` a table for each other corpus.
Scores are computed from it (`ser_repro.results.scores`), never stored in its place.

In a compressed file the tables of test clips lie by column, under "rows, by column" instead of "rows", and
probabilities are whole numbers of 10**-DIGITS: that takes a fifth less.
"""

import functools
import json
import lzma
import os
from pathlib import Path

from ser_repro import SerReproError, documents
from ser_repro.files import digest, read_json, write_atomic
from ser_repro.runs.run import config_hash

FORMAT = 1
LARGE = 4_000  # characters, above which a record is compressed: over a thousand are to stay a checkout of some MB
DIGITS = 5  # of a probability: on another corpus some emotions alone are scored, and what is left may be small
REMEDY = "free some room or set --results to another folder, and start again: the trained weights are kept"
_BY_COLUMN = "rows, by column"
_DAMAGED = "remove it and run `ser-repro study` again"


def checksum(content: dict) -> str:
    """Of all that a record or a card holds besides its checksum."""
    return digest({key: value for key, value in content.items() if key != "checksum"}, 16)


def _dumps(record: dict) -> str:
    """JSON with a line a history series and a line a test clip, so that a difference can be read."""
    def block(value, indent):
        pad = " " * indent
        if isinstance(value, dict):
            inner = ",\n".join(f'{pad} {json.dumps(key)}: {block(item, indent + 1)}' for key, item in value.items())
            return f"{{\n{inner}\n{pad}}}"
        if isinstance(value, list) and value and isinstance(value[0], list):
            return "[\n" + ",\n".join(f"{pad} {json.dumps(item)}" for item in value) + f"\n{pad}]"
        return json.dumps(value)
    return block(record, 0) + "\n"


def content(record: dict) -> str:
    """What the file of a record holds: it, with a checksum of its content."""
    return _dumps(_sealed(record))


def _sealed(record: dict) -> dict:
    return record | {"checksum": checksum(record)}


def write(record: dict, path: Path) -> None:
    """Store a record, with a checksum of its content; a large one as PATH.xz, which then is the only one."""
    plain, text = path.with_name(path.name.removesuffix(".xz")), content(record)
    packed = plain.with_name(f"{plain.name}.xz")
    if len(text) <= LARGE:
        write_atomic(plain, text, remedy=REMEDY)
        packed.unlink(missing_ok=True)
    else:
        laid = json.dumps(_relaid(_sealed(record), "rows", _BY_COLUMN, _columns), separators=(",", ":"))
        write_atomic(packed, lzma.compress(laid.encode()), remedy=REMEDY)
        plain.unlink(missing_ok=True)


def _relaid(record: dict, old: str, new: str, lay) -> dict:
    """The record with what its tables of test clips hold under one name laid out anew, under another."""
    def table(of: dict) -> dict:
        return {new if key == old else key: lay(value) if key == old else value for key, value in of.items()}

    laid = {"test": table(record["test"])} if "test" in record else {}
    laid |= {"tested": {corpus: table(of) for corpus, of in record["tested"].items()}} if "tested" in record else {}
    return record | laid


def _columns(rows: list[list]) -> list[list]:
    """Rows of clip, speaker, emotion and probabilities as columns, the probabilities as whole numbers."""
    told = list(zip(*rows, strict=True))
    return [*map(list, told[:3]), *([round(value * 10**DIGITS) for value in column] for column in told[3:])]


def _rows(columns: list[list]) -> list[list]:
    """The same back."""
    numbers = ([value / 10**DIGITS for value in column] for column in columns[3:])
    return [list(row) for row in zip(*columns[:3], *numbers, strict=True)]


def read(path: str | Path) -> dict:
    """A record, checked.

    Raises
    ------
    SerReproError
        If it is damaged, was changed by hand, or its name is not that of its configuration; or if what it says can't
        be (see `schema`).
    """
    from ser_repro.runs import schema

    path = Path(path)
    record = read_json(path, "record", _DAMAGED, missing=f"no record {path}: run `ser-repro study` to make it.",
                       check=lambda content: (content["config"], content["checksum"]))
    try:
        record = _relaid(record, _BY_COLUMN, "rows", _rows)
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise SerReproError(f"record {path} is damaged ({type(error).__name__}): {_DAMAGED}.") from None
    if record.get("format") != FORMAT:
        raise SerReproError(f"record {path} has format {record.get('format')}, this version reads {FORMAT}: "
                            f"{_DAMAGED}.")
    if record["checksum"] != checksum(record):
        raise SerReproError(f"record {path} was changed after it was written (its checksum differs): {_DAMAGED}.")
    if not name_of(path).endswith(config_hash(record["config"])):
        raise SerReproError(f"record {path} belongs to another configuration ({config_hash(record['config'])}): "
                            f"{_DAMAGED}.")
    try:
        schema.check_record(record)
    except ValueError as error:
        raise SerReproError(f"record {path} can't be right ({error}): {_DAMAGED}.") from None
    return record


def kept(path: str | Path) -> dict:
    """A record as `read` gives it, read once as long as its file stays as it is: for all who ask, so not to be changed.
    """
    found = stored(path)
    return read(path) if found is None else found  # which says that it is missing


def stored(path: str | Path) -> dict | None:
    """The same; None where there is no such file."""
    try:
        at = os.stat(path)
    except FileNotFoundError:
        return None
    return _kept(Path(path), at.st_mtime_ns, at.st_size)


@functools.cache
def _kept(path: Path, *_as_it_is: int) -> dict:
    return read(path)


def files(results: str | Path, document: str = "") -> list[Path]:
    """The files of all records, of a document or of all, in the order of their names."""
    return sorted(path for name in ([document] if document else documents.DOCUMENTS)
                  for ending in ("json", "json.xz") for path in Path(results, name).glob(f"*.{ending}"))


def names(results: str | Path, document: str) -> set[str]:
    """What the runs of a document that have a record are called: listed at once, as most runs of a study have none."""
    try:
        return {name_of(Path(file)) for file in os.listdir(Path(results, document))}
    except FileNotFoundError:
        return set()


def name_of(path: Path) -> str:
    """Name of the run whose record a file is."""
    return path.name.removesuffix(".xz").removesuffix(".json")


def epochs(record: dict) -> int:
    """How many epochs it was trained for; 0 where it was fitted at once."""
    return len(record["history"].get("train_loss", ()))
