"""The command `ser-repro`: corpora, arrays, and the study."""

import os
import sys

try:
    import tempfile
    from pathlib import Path
    from typing import Annotated

    import pandas as pd
    import typer
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column, Table

    from ser_repro import SerReproError, datasets
    from ser_repro.cli import models as cli_models
    from ser_repro.cli.terminal import Cache, Corpus, Data, Device, Results, console, with_bar
    from ser_repro.files import write_atomic
except KeyboardInterrupt:  # a second or two, in which a mistyped command is stopped
    sys.exit(130)

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
                  help="Measure speech-emotion models by the rules of the reproduction study.")
corpora = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What corpora are, and whether yours is whole.")
app.add_typer(corpora, name="corpora")
_RATES = range(2000, 192001)
_STOPPED = 130  # the exit status of a command that Ctrl-C ended
_Mistyped = typer.BadParameter.__base__  # what the parser raises for any fault in a command; typer names only this kind


def main() -> None:
    """Entry point: a problem that the user can mend is one line, and exit status 1 (2 where it was mistyped)."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # there is none where it was closed
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


@corpora.command("list")
def corpora_list(data: Data = None) -> None:
    """Corpora that the study knows, and which of them are here."""
    named = data or os.environ.get("SER_REPRO_DATA")
    here = datasets.available(data) if named else []
    table = Table(*(Column(title, overflow="fold") for title in (
        "corpus", "language", "clips", "speakers", "rate (Hz)", "licence", "here")))
    for name, corpus in sorted(datasets.CORPORA.items()):
        state = "no" if name not in here else ("demo" if datasets.is_synthetic(data, name) else "yes")
        table.add_row(name, corpus.language, str(corpus.n_clips), str(len(corpus.speakers)), str(corpus.sample_rate),
                      corpus.licence, state)
    console.print(table)
    if not named:
        console.print("Set SER_REPRO_DATA or give --data to look for them on this machine.")


@corpora.command("show")
def corpora_show(corpus: Corpus) -> None:
    """What a corpus holds, its licence, how it is had, what is odd in it, and which documents used what of it."""
    corpus = datasets.get(corpus)
    console.print(f"{corpus.name}: {corpus.title}", soft_wrap=True, highlight=False)
    sexes = [speaker.sex for speaker in corpus.speakers]
    ages = [speaker.age for speaker in corpus.speakers if speaker.age is not None]
    people = f"{sexes.count('female')} women, {sexes.count('male')} men"
    if "" in sexes or not sexes:
        people = f"{len(sexes)} speakers" if sexes else "speakers not named: no protocol speaker"
    counts = ", ".join(f"{emotion or 'none of the study'} {n}" for emotion, n in
                       sorted(corpus.emotion_counts.items(), key=lambda pair: (not pair[0], pair[0])))
    labels = ", ".join(f"{label} = {emotion or 'none'}" for label, emotion in corpus.emotions.items())
    source = corpus.source
    had = "" if source is None else source.ask or f"ser-repro corpora download {corpus.name}"
    form = f"{corpus.sample_rate} Hz, {corpus.channels} channel{'s' * (corpus.channels > 1)}"
    facts = {
        "clips": str(corpus.n_clips), "emotions": counts, "labels": labels,
        "speakers": people + (f", aged {min(ages)} to {max(ages)}" if ages else ""), "language": corpus.language,
        "form": form if corpus.sample_rate else "", "licence": corpus.licence, "home": corpus.home, "to get it": had,
        "folders": corpus.layouts, "known oddities": corpus.quirks,
    } | {f"in {datasets.DOCUMENTS[name]}": "; ".join(filter(None, ("clips: not stated" if use.clips is None else
                                                                   f"{use.clips} clips", use.how)))
         for name, use in corpus.uses.items()}
    table = Table("", Column(overflow="fold"), show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, fact in facts.items():
        if fact:
            table.add_row(name, fact)
    console.print(table, highlight=False)
    console.print(f"\n{corpus.citation}".rstrip(), soft_wrap=True, highlight=False)


def _check_output(csv: Path, *inputs: str) -> None:
    """Refuse to write over the table that is read, or over what is no table."""
    if csv.suffix.lower() != ".csv":
        raise SerReproError(f"--csv {csv} is no name of a table: give one that ends in .csv")
    if os.path.realpath(csv) in map(os.path.realpath, inputs):
        raise SerReproError(f"--csv {csv} would be written over the table that is read: give another file")


@corpora.command("table")
def corpora_table(
    corpus: Annotated[str, typer.Argument(metavar="NAME", help="A corpus, a CSV file of your own clips, or, with "
                                                               "--pattern, the folder that holds them.")],
    data: Data = None,
    csv: Annotated[Path | None, typer.Option(help="Write the table to this file; by default it is printed.")] = None,
    pattern: Annotated[str, typer.Option(help="How the files of your own folder are named, e.g. "
                                              "'{speaker}_{emotion}_{}'.")] = "",
    emotion: Annotated[list[str] | None, typer.Option(help="With --pattern: what a name's emotion means, e.g. "
                                                           "W=anger (can be repeated).")] = None,
    document: Annotated[str, typer.Option(help="Add a column part: train, validation or test, by this document's "
                                               "split.")] = "",
    protocol: Annotated[str, typer.Option(help="With --document: published (its own split) or speaker.")] = "published",
    fold: Annotated[int, typer.Option(help="With --document and --protocol speaker: which speakers are tested.")] = 0,
) -> None:
    """The clips of a corpus, a row a clip: path, emotion, speaker, sex, age, language, sentence and more."""
    from ser_repro import documents

    if not document and (protocol, fold) != ("published", 0):
        raise SerReproError("--protocol and --fold say which split of a document is meant: give --document as well.")
    if document and pattern:
        raise SerReproError("--document splits a corpus, and --pattern makes one: write the table first, and give it "
                            "instead of the folder.")
    of = documents.get(document) if document else None
    if csv:
        _check_output(csv, corpus)
    if emotion and not pattern:
        raise SerReproError("--emotion says what the emotions in --pattern mean: give both.")
    if pattern:
        pairs = [pair.partition("=")[::2] for pair in emotion or []]
        if any(not code or not name for code, name in pairs):
            raise SerReproError("--emotion takes CODE=EMOTION, e.g. --emotion W=anger.")
        found = datasets.from_names(corpus, pattern, dict(pairs))
        if csv:  # paths are relative to the table's own folder
            folder = Path(os.path.expanduser(corpus)).absolute()
            found["path"] = [Path(os.path.relpath(folder / path, csv.absolute().parent)).as_posix()
                             for path in found["path"]]
            datasets.own.of_table(csv.absolute(), found)  # an error where the table would not do
    else:
        found = datasets.clips(corpus, data, complete=of is not None)  # a split of some clips is another split
    if of:
        split = of.parts(datasets.studied(found), protocol, fold)
        part = {clip: name for name in ("train", "validation", "test") for clip in getattr(split, name)}
        found["part"] = found["clip"].map(part).fillna("")
    text = found.to_csv(index=False, lineterminator="\n")
    if csv is None:
        print(text, end="")
        return
    write_atomic(csv, text, remedy="give another file with --csv")
    console.print(f"{csv}: {len(found)} clips, {found['emotion'].nunique()} emotions, "
                  f"{found['speaker'].nunique() if 'speaker' in found else 0} speakers", soft_wrap=True)
    if of:
        console.print(f"{', '.join(f'{count} {name}' for name, count in found['part'].value_counts().items())}: split "
                      f"{split.hash} of {of.title}", soft_wrap=True, highlight=False)
    if pattern:
        console.print(f"`ser-repro corpora check {csv}` checks it; the other commands take it for a corpus's name.",
                      soft_wrap=True)


@corpora.command("check")
def corpora_check(
    corpus: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Corpora, or CSV files of your own "
                                                       "clips; by default all corpora that are here.")] = None,
    data: Data = None,
    csv: Annotated[Path | None, typer.Option(help="Write every fault to this file, a row each.")] = None,
) -> None:
    """Compare copies with the index, sample by sample. Exit status 1 where one differs from the published corpus."""
    if csv:
        _check_output(csv, *(corpus or []))
    names = corpus or datasets.available(datasets.data_folder(data))
    if not names:
        raise SerReproError(f"no corpus in {datasets.data_folder(data)}: `ser-repro corpora list` names those that are "
                            "known.")
    for name in names:
        datasets.clips(name, data, complete=False)  # an error where there is none, before the first is checked
    reports = []
    for name in names:
        reports.append(with_bar(f"checking {datasets.get(name).name}",
                                 lambda progress, name=name: datasets.check(name, data, progress=progress)))
        console.print(str(reports[-1]), markup=False, highlight=False, soft_wrap=True)
    if csv:
        faults = [report.table().assign(corpus=report.corpus) for report in reports]
        write_atomic(csv, pd.concat(faults).to_csv(index=False), remedy="give another file with --csv")
    if not all(report.ok for report in reports):
        raise typer.Exit(1)


@corpora.command("download")
def corpora_download(
    corpus: Corpus, data: Data = None,
    archive: Annotated[list[Path] | None, typer.Option(help="An archive that you have already, as the publisher sent "
                                                            "it: it is unpacked only (can be repeated).")] = None,
) -> None:
    """Bring a corpus from its publisher, unpack it, and check it. Can be stopped and started again."""
    from ser_repro.datasets import downloading

    corpus = datasets.get(corpus)
    named = data or os.environ.get("SER_REPRO_DATA")
    if not named:
        raise SerReproError("no folder to download to: give --data, or set SER_REPRO_DATA.")
    console.print(f"{corpus.name}: {corpus.licence}. Cite it: {corpus.home}", soft_wrap=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks = {}

        def progress(name, done, total):
            tasks.setdefault(name, bar.add_task(name) if name not in tasks else None)
            bar.update(tasks[name], completed=done, total=total)

        folder = downloading.download(corpus, Path(named), archives=archive or (), progress=progress)
    console.print(f"{folder}: unpacked", soft_wrap=True)
    corpora_check([corpus.name], data=folder)


@corpora.command("index")
def corpora_index(corpus: Corpus, csv: Annotated[Path, typer.Option(help="File to write.")], data: Data = None) -> None:
    """Write the index of a good copy: rate, channels, length and hash of every clip, which `check` compares with."""
    _check_output(csv, corpus)
    corpus = datasets.get(corpus)
    if corpus.table is None and datasets.is_synthetic(datasets.data_folder(data), corpus):
        raise SerReproError(f"{corpus} in {datasets.data_folder(data)} is demo speech, of which no index is made: give "
                            "--data the folder of the published corpus")
    with tempfile.TemporaryDirectory() as folder, console.status(f"reading {corpus}"):
        text = datasets.write_index(corpus, data, Path(folder) / "index.csv").read_text(encoding="utf-8")
    write_atomic(csv, text, remedy="give another file with --csv")
    console.print(f"{csv}: {corpus.n_clips} clips", soft_wrap=True)


@app.command()
def demo(corpus: Corpus, destination: Annotated[Path, typer.Argument(help="Folder to write; must not exist.")],
         seed: int = 0) -> None:
    """Write a small synthetic corpus in the official layout: to try things, never for a result."""
    from ser_repro.datasets.demo import write_demo

    if datasets.get(corpus).table is not None:
        raise SerReproError(f"{corpus} is a table of your own clips, of which no demo is made: choose one that "
                            "`ser-repro corpora list` names")
    destination = os.path.abspath(os.path.expanduser(destination))
    console.print(f"{write_demo(corpus, destination, seed=seed)}: synthetic speech in the layout of {corpus}",
                  soft_wrap=True)


@app.command()
def prepare(corpus: Corpus, data: Data = None, cache: Cache = None,
            document: Annotated[list[str] | None, typer.Option(help="What this document's recipes need (can be "
                                                               "repeated); by default what all need.")] = None,
            rate: Annotated[str, typer.Option(help="Waveforms at this rate in Hz, or native, and nothing else.")] = "",
            features: Annotated[str, typer.Option(help="This feature set, and nothing else.")] = "",
            path: Annotated[str | None, typer.Option(help="What computes feature sets: fast (the processor), torch (a "
                                                     "GPU) or reference (librosa). By default what is there will do, "
                                                     "whatever made it.")] = None) -> None:
    """Write the arrays that training needs, so that it also runs where the audio and its libraries are not."""
    from ser_repro import documents
    from ser_repro.features import arrays, sets

    name = datasets.get(corpus).name
    for one in document or []:
        documents.get(one)
    if rate and features:
        raise SerReproError("--rate and --features ask for different arrays: give one of them at a time.")
    if rate and rate != arrays.NATIVE and not (rate.isdecimal() and rate.isascii() and int(rate) in _RATES):
        raise SerReproError(f"--rate {rate} is no sample rate for speech: give Hz ({_RATES[0]} to {_RATES[-1]}, e.g. "
                            f"16000) or {arrays.NATIVE}.")
    if features:
        sets.get(features)
    wanted = [rate if rate == arrays.NATIVE else int(rate)] if rate else [features] if features else list(dict.fromkeys(
        of.inputs(documents.settings(of.name, reading, name, min(of.sizes, default=None)))
        for of in documents.DOCUMENTS.values() if not document or of.name in document
        for reading in documents.READINGS))
    made = with_bar(f"{name}, {', '.join(map(str, wanted))}", lambda progress: arrays.prepare_all(
        name, wanted, path=path, data=data, cache=cache, progress=progress))
    for what, one in made.items():
        console.print(f"{arrays.folder_of(name, what, cache)}: {len(one.clips)} clips, "
                      f"{one.values.nbytes / 1e6:.0f} MB", soft_wrap=True)


@app.command()
def study(
    results: Results = Path("results"), data: Data = None, cache: Cache = None,
    list_only: Annotated[bool, typer.Option("--list", help="Show what is done and what is not, and stop.")] = False,
    document: Annotated[list[str] | None, typer.Option(help="Only this document (can be repeated).")] = None,
    corpus: Annotated[list[str] | None, typer.Option(help="Only this corpus (can be repeated).")] = None,
    n: Annotated[list[int] | None, typer.Option(help="Only this size.")] = None,
    reading: Annotated[list[str] | None, typer.Option(help="Only this reading: code or paper.")] = None,
    protocol: Annotated[list[str] | None, typer.Option(help="Only this protocol: published or speaker.")] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Only this seed.")] = None,
    first: Annotated[int | None, typer.Option(help="Only the first so many of those.")] = None,
    jobs: Annotated[int | None, typer.Option(help="Runs at a time: by default one on a GPU, else one a core.")] = None,
    device: Device = "auto",
) -> None:
    """Make every run of the study that has no record yet. It can be stopped and started again at any time."""
    from ser_repro import documents, protocols
    from ser_repro.runs import study as plan

    only = {"document": document, "corpus": [datasets.get(c).name for c in corpus or []], "n": n, "reading": reading,
            "protocol": protocol, "seed": seed}
    every = documents.DOCUMENTS.values()
    for name, allowed in (("document", documents.DOCUMENTS), ("n", {n for of in every for n in of.sizes}),
                          ("reading", documents.READINGS), ("protocol", protocols.PROTOCOLS), ("seed", plan.SEEDS),
                          ("corpus", {name for of in every for name in of.corpora})):
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
    if not wanted:
        raise SerReproError("no run of the study is all of these: leave an option out; `ser-repro study --list` shows "
                            "what there is.")
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
    from ser_repro.results import scores as evaluation

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


app.command()(cli_models.train)
app.command()(cli_models.predict)


if __name__ == "__main__":
    main()
