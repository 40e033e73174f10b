"""The command `ser-repro`: corpora, arrays, and the study."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ser_repro import SerReproError, datasets

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
                  help="Measure speech-emotion models by the rules of the reproduction study.")
corpora = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What corpora are, and whether yours is whole.")
app.add_typer(corpora, name="corpora")
_RATES = range(2000, 192001)
console = Console(markup=False)  # a path may hold [brackets]

_STOPPED = 130  # the exit status of a command that Ctrl-C ended
_Mistyped = typer.BadParameter.__base__  # what the parser raises for any fault in a command; typer names only this kind

Data = Annotated[Path | None, typer.Option(help="Folder that holds the corpora; by default SER_REPRO_DATA.")]
Cache = Annotated[Path | None, typer.Option(help="Folder of arrays and checkpoints; by default SER_REPRO_CACHE or "
                                                 "~/.cache/ser_repro.")]
Results = Annotated[Path, typer.Option(help="Folder of the records.")]
Corpus = Annotated[str, typer.Argument(help="RAVDESS, TESS or EMO-DB.")]


def main() -> None:
    """Entry point: a problem that the user can mend is one line, and exit status 1 (2 where it was mistyped)."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # names of files need not be text
    try:
        status = app(prog_name="ser-repro", standalone_mode=False)
        if status == _STOPPED:
            raise KeyboardInterrupt
        sys.exit(status if isinstance(status, int) else 0)
    except SerReproError as error:
        _fail(str(error), 1)
    except _Mistyped as error:
        if len(sys.argv) == 1 or "Usage:" in error.format_message():  # no arguments: the help
            error.show()
            sys.exit(error.exit_code)
        command = error.ctx.command_path if error.ctx else "ser-repro"
        _fail(f"{error.format_message().strip().rstrip('.')}: `{command} --help` tells what there is.", 2)
    except (KeyboardInterrupt, typer.Abort):
        _fail("stopped; start again and it goes on: a training from its last whole epoch.", _STOPPED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        _fail(f"{f'{error.filename}: ' if error.filename else ''}{error.strerror or error}: free some room, or give a "
              "file or folder that can be read and written.", 1)


def _fail(line: str, status: int) -> None:
    print("ser-repro:", " ".join(line.split("\n")), file=sys.stderr)
    sys.exit(status)


def _bar(title: str) -> Progress:
    return Progress(TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console,
                    transient=True)


def _with_bar(title: str, work):
    """Call `work(progress)`, where `progress(done, total)` moves a bar."""
    with _bar(title) as bar:
        task = bar.add_task("")
        return work(lambda done, total: bar.update(task, completed=done, total=total))


@corpora.command("list")
def corpora_list(data: Data = None) -> None:
    """Corpora that the study knows, and which of them are here."""
    named = data or os.environ.get("SER_REPRO_DATA")
    here = datasets.available(data) if named else []
    table = Table("corpus", "clips", "speakers", "rate (Hz)", "licence", "here")
    for name, corpus in datasets.CORPORA.items():
        state = "no" if name not in here else ("demo" if datasets.is_synthetic(data, name) else "yes")
        table.add_row(name, str(corpus.n_clips), str(len(corpus.speakers)), str(corpus.sample_rate), corpus.licence,
                      state)
    console.print(table)
    if not named:
        console.print("Set SER_REPRO_DATA or give --data to look for them on this machine.")


@corpora.command("check")
def corpora_check(corpus: Corpus, data: Data = None) -> None:
    """Compare a copy with the index, sample by sample. Exit status 1 where it differs from the published corpus."""
    datasets.clips(corpus, data, complete=False)  # an error where there is none
    report = _with_bar(f"checking {datasets.get(corpus).name}",
                       lambda progress: datasets.check(corpus, data, progress=progress))
    console.print(str(report), markup=False, highlight=False, soft_wrap=True)
    if not report.ok:
        raise typer.Exit(1)


@app.command()
def demo(corpus: Corpus, destination: Annotated[Path, typer.Argument(help="Folder to write; must not exist.")],
         seed: int = 0) -> None:
    """Write a small synthetic corpus in the official layout: to try things, never for a result."""
    from ser_repro.datasets.demo import write_demo

    console.print(f"{write_demo(corpus, destination, seed=seed)}: synthetic speech in the layout of {corpus}")


@app.command()
def prepare(corpus: Corpus, data: Data = None, cache: Cache = None,
            rate: Annotated[str, typer.Option(help="Hz, or native for the samples as recorded; by default all rates "
                                                   "that the recipes need.")] = "") -> None:
    """Write the arrays that training needs, so that it also runs where the audio and its libraries are not."""
    from ser_repro import recipes
    from ser_repro.features import waveform

    name = datasets.get(corpus).name
    if rate and rate != waveform.NATIVE and not (rate.isdecimal() and rate.isascii() and int(rate) in _RATES):
        raise SerReproError(f"--rate {rate} is no sample rate for speech: give Hz ({_RATES[0]} to {_RATES[-1]}, e.g. "
                            f"16000) or {waveform.NATIVE}.")
    rates = [rate if rate == waveform.NATIVE else int(rate)] if rate else sorted(
        {recipes.settings("cnn_n_gru", reading, name, 3)["sample_rate"] for reading in recipes.READINGS}, key=str)
    for one in rates:
        arrays = _with_bar(f"{name} at {one}", lambda progress, one=one: waveform.prepare(
            name, one, data=data, cache=cache, progress=progress))
        console.print(f"{waveform.folder_of(name, one, cache)}: {len(arrays.clips)} clips, "
                      f"{arrays.samples.nbytes / 1e6:.0f} MB", soft_wrap=True)


@app.command()
def study(
    results: Results = Path("results"), data: Data = None, cache: Cache = None,
    list_only: Annotated[bool, typer.Option("--list", help="Show what is done and what is not, and stop.")] = False,
    corpus: Annotated[list[str] | None, typer.Option(help="Only this corpus (can be repeated).")] = None,
    n: Annotated[list[int] | None, typer.Option(help="Only this size.")] = None,
    reading: Annotated[list[str] | None, typer.Option(help="Only this reading: code or paper.")] = None,
    protocol: Annotated[list[str] | None, typer.Option(help="Only this protocol: published or speaker.")] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Only this seed.")] = None,
    first: Annotated[int | None, typer.Option(help="Only the first so many of those.")] = None,
    jobs: Annotated[int | None, typer.Option(help="Runs at a time: by default one on a GPU, else one a core.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or gpu.")] = "auto",
) -> None:
    """Make every run of the study that has no record yet. It can be stopped and started again at any time."""
    from ser_repro import recipes, splits
    from ser_repro import study as plan

    only = {"corpus": [datasets.get(c).name for c in corpus or []], "n": n, "reading": reading, "protocol": protocol,
            "seed": seed}
    for name, allowed in (("n", plan.SIZES), ("reading", recipes.READINGS), ("protocol", splits.PROTOCOLS),
                          ("seed", plan.SEEDS), ("corpus", plan.CORPORA)):
        for value in only[name] or []:
            if value not in allowed:
                raise SerReproError(f"--{name} {value} is not in the study: choose from "
                                    f"{', '.join(map(str, sorted(allowed)))}.")
    if device not in ("auto", "cpu", "gpu"):
        raise SerReproError(f"--device {device} is not known: choose auto, cpu or gpu.")
    if jobs is not None and jobs < 1:
        raise SerReproError(f"--jobs {jobs} makes no run: give 1 or more.")
    if first is not None and first < 1:
        raise SerReproError(f"--first {first} leaves no run: give 1 or more.")
    if results.exists() and not results.is_dir():
        raise SerReproError(f"--results {results} is a file: give the folder of the records.")
    wanted = plan.select(plan.plans(), **only)[:first]
    failed = 0
    if not list_only:
        with console.status("starting") as status:
            failed = plan.run_study(wanted, results=results, data=data, cache=cache, device=device, jobs=jobs,
                                    report=lambda line: console.print(line, soft_wrap=True, highlight=False),
                                    watch=status.update)
    _print_status(plan.status(wanted, results))
    if failed:
        raise SerReproError(f"{failed} run{'s' * (failed > 1)} failed, each for the reason on its line: mend that "
                            "and start again.")


def _print_status(rows) -> None:
    from ser_repro import evaluation

    table = Table("run", "accuracy (95 %)", "epochs", "device", "min")
    for plan, record in rows:
        if record:
            score = evaluation.score([evaluation.table(record)])
            table.add_row(plan.label, str(score), str(len(record["history"]["train_loss"])), record["device"],
                          f"{record['train_seconds'] / 60:.0f}")
    done = sum(record is not None for _, record in rows)
    if done:
        console.print(table)
    console.print(f"{done} of {len(rows)} runs have a record; not yet run: {len(rows) - done}")
    for plan, record in rows[:] if len(rows) - done <= 20 else []:
        if record is None:
            console.print(f"  {plan.label}", highlight=False)


if __name__ == "__main__":
    main()
