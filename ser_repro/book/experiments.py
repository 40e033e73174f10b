"""Experiments that take longer than a page should: made once, and kept as JSON with how they were made.

    python -m ser_repro.book.experiments cnn_n_gru spread

writes results/cnn_n_gru/experiments/spread.json anew. A document's module names its experiments in `EXPERIMENTS`: name
-> function without parameters that gives what JSON can hold. They use no records and no corpus: untrained networks, and
the synthetic speech of the demo corpus. Other chapters that have experiments are in `CHAPTERS`.
"""

import importlib
import json
from pathlib import Path

from ser_repro import documents
from ser_repro.files import one_of, read_json, write_atomic

CHAPTERS = {"features": "ser_repro.book.features.two_clips", "networks": "ser_repro.book.networks"}
"""Chapter of no document -> the module of its experiments."""


def path(document: str, name: str, results: str | Path = "results") -> Path:
    """Where what an experiment found stands, or would."""
    return Path(results) / document / "experiments" / f"{name}.json"


def read(document: str, name: str, results: str | Path = "results") -> dict:
    """What an experiment found.

    Raises
    ------
    SerReproError
        If the file is damaged, or there is none.
    """
    file, command = path(document, name, results), f"`python -m ser_repro.book.experiments {document} {name}`"
    return read_json(file, "experiment", f"make it again with {command}", check=lambda content: content["found"],
                     missing=f"no experiment {file}: make it with {command}.")["found"]


def make(document: str, name: str, results: str | Path = "results") -> Path:
    """Make an experiment and keep what it found.

    Raises
    ------
    SerReproError
        If there is no such document or experiment.
    """
    from ser_repro.runs import execution

    module = importlib.import_module(CHAPTERS.get(document) or f"ser_repro.documents.{documents.get(document).name}")
    known = getattr(module, "EXPERIMENTS", {})
    function = known[one_of(name, known, f"experiment of {document}")]
    content = {"made_by": f"{module.__name__}.{function.__name__}",
               "versions": execution.versions(("torch", "numpy", "librosa")), "found": function()}
    file = path(document, name, results)
    write_atomic(file, json.dumps(content, indent=1) + "\n")
    return file


def main() -> None:
    """The command line."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m ser_repro.book.experiments", description=__doc__.split("\n")[0])
    parser.add_argument("document", help="name of a document, e.g. cnn_n_gru, or features")
    parser.add_argument("experiment", help="name of one of its experiments, e.g. spread")
    parser.add_argument("--results", default="results", help="folder of the records (default: %(default)s)")
    given = parser.parse_args()
    print(make(given.document, given.experiment, given.results))


if __name__ == "__main__":
    main()
