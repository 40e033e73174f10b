"""What the commands share: options, and how they speak to the person who typed them."""

import logging
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

console = Console(markup=False)  # a path may hold [brackets]
aside = Console(markup=False, stderr=True)  # what is said beside an answer that another program may read


def say(line: str) -> None:
    """A line beside the answer."""
    aside.print(f"ser-repro: {line}", soft_wrap=True, highlight=False)


class Said(logging.Handler):
    """What the package logs, said beside the answer."""

    def emit(self, record: logging.LogRecord) -> None:
        say(" ".join(record.getMessage().split("\n")))


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
    return Progress(TextColumn(title, markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                    console=on, transient=True, disable=not on.is_terminal)


def with_bar(title: str, work, on: Console = console):
    """Call `work(progress)`, where `progress(done, total)` moves a bar."""
    with bar(title, on) as shown:
        task = shown.add_task("")
        return work(lambda done, total: shown.update(task, completed=done, total=total))
