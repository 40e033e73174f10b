"""What the commands share: options, and how they speak to the person who typed them."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from ser_repro import SerReproError, escaping
from ser_repro.files import refuse_unwritable


class Plain(Console):
    """A console to which every text is what it says, cells of tables too: none is markup, none commands a terminal."""

    def __init__(self, **options):
        super().__init__(markup=False, emoji=False, **options)  # a path may hold [brackets] and :names:

    def render_str(self, text: str, **options) -> Text:
        return super().render_str(escaping.terminal(text), **options)


console = Plain()
aside = Plain(stderr=True)  # what is said beside an answer that another program may read


def say(line: str) -> None:
    """A line beside the answer."""
    aside.print(f"ser-repro: {' '.join(line.splitlines())}", soft_wrap=True, highlight=False)


def answer(text: str) -> None:
    """Print an answer that a program may read: as it is, but on a terminal."""
    print(escaping.terminal(text) if sys.stdout.isatty() else text, end="")


def as_csv(table) -> str:
    """A table as a CSV file, of which no cell, and no name of a column, is a formula."""
    for name in table.select_dtypes(include=["object", "string"]):
        safe = escaping.path_cell if name == "path" else escaping.cell
        table = table.assign(**{name: table[name].map(safe)})
    return table.rename(columns=escaping.cell).to_csv(index=False, lineterminator="\n")


def check_csv(csv: Path, *inputs: str) -> None:
    """Refuse to write over the table that is read, or over what is no table."""
    if csv.suffix.lower() != ".csv":
        raise SerReproError(f"--csv {csv} is no name of a table: give one that ends in .csv")
    if os.path.realpath(csv) in map(os.path.realpath, inputs):
        raise SerReproError(f"--csv {csv} would be written over the table that is read: give another file")
    refuse_unwritable(csv, "--csv")


def records_in(results: Path) -> Path:
    """The folder of the records, whether or not it is there yet.

    Raises
    ------
    SerReproError
        If it is a file.
    """
    if results.exists() and not results.is_dir():
        raise SerReproError(f"--results {results} is a file: give the folder of the records.")
    return results


def told(text: str) -> Text:
    """A text for what takes markup: bars and notes of progress."""
    return Text(escaping.terminal(text))


class Said(logging.Handler):
    """What the package logs, said beside the answer."""

    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage())


Data = Annotated[Path | None, typer.Option(help="Folder that holds the corpora; by default SER_REPRO_DATA.")]
Cache = Annotated[Path | None, typer.Option(help="Folder of arrays and checkpoints; by default SER_REPRO_CACHE or "
                                                 "~/.cache/ser_repro.")]
Results = Annotated[Path, typer.Option(help="Folder of the records.")]
Corpus = Annotated[str, typer.Argument(metavar="NAME", help="A corpus that `ser-repro corpora list` names, or a table "
                                                            "of your own clips (CSV, or Excel's own).")]
DEVICES = ("auto", "cpu", "gpu")
Device = Annotated[str, typer.Option(help="auto, cpu or gpu.")]
Jobs = Annotated[int | None, typer.Option(help="Runs at a time: by default one on a GPU, else one a core.")]
Engine = Annotated[str, typer.Option(help="Who makes them: joblib (this machine) or ray (this machine or a cluster).")]
Address = Annotated[str | None, typer.Option(help="Of a Ray cluster: auto, HOST:PORT or ray://HOST:PORT; by default "
                                                  "Ray is started on this machine.")]
Cpus = Annotated[int | None, typer.Option(help="CPUs a run.")]
Gpus = Annotated[float | None, typer.Option(help="Share of a GPU a run, e.g. 0.25.")]


def bar(title: str, on: Console = console) -> Progress:
    """A progress bar that is gone when the work is done; none where nobody watches."""
    return Progress(titled(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=on, transient=True,
                    disable=not on.is_terminal)


def titled(text: str) -> TextColumn:
    """The part of a bar that says what it is of, as it is: what is in braces would be looked up."""
    return TextColumn(escaping.terminal(text).replace("{", "{{").replace("}", "}}"), markup=False)


def with_bar(title: str, work, on: Console = console):
    """Call `work(progress)`, where `progress(done, total)` moves a bar."""
    with bar(title, on) as shown:
        task = shown.add_task("")
        return work(lambda done, total: shown.update(task, completed=done, total=total))
