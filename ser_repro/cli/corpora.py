"""The commands about corpora: list, show, table, check, download, index; and the demo corpus."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from ser_repro import SerReproError, escaping
from ser_repro.cli.terminal import Corpus, Data, answer, as_csv, check_csv, console, say, told, with_bar
from ser_repro.files import scratch, write_atomic

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What corpora are, and whether yours is whole.")


@app.command("list")
def list_(data: Data = None) -> None:
    """Corpora that the study knows, and which of them are here."""
    from ser_repro import datasets

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


@app.command("show")
def show(corpus: Corpus) -> None:
    """What a corpus holds, its licence, how it is had, what is odd in it, and which documents used what of it."""
    from ser_repro import datasets
    from ser_repro.documents.uses import uses

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
    } | {f"in {title}": "; ".join(filter(None, ("clips: not stated" if clips is None else f"{clips} clips", how)))
         for title, clips, how in uses(corpus.name)}
    table = Table("", Column(overflow="fold"), show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, fact in facts.items():
        if fact:
            table.add_row(name, fact)
    console.print(table, highlight=False)
    console.print(f"\n{corpus.citation}".rstrip(), soft_wrap=True, highlight=False)


def _about_labels(clips) -> list[str]:
    """What to say of labels that are common names of an emotion, and were taken for it though nobody said so."""
    from ser_repro.datasets import naming

    if "label" not in clips:
        return []
    common = clips["label"].map(naming.emotion_of) == clips["emotion"]
    other = clips.loc[common & (clips["label"].str.casefold() != clips["emotion"]), ["label", "emotion"]]
    pairs = [f"{label} = {emotion} ({n})" for (label, emotion), n in other.value_counts(sort=False).items()]
    return [f"labels taken as emotions: {', '.join(pairs)}"] * bool(pairs)


@app.command("table")
def table(
    corpus: Annotated[str, typer.Argument(metavar="NAME", help="A corpus, a table of your own clips, or, with "
                                                               "--pattern, the folder that holds them.")],
    data: Data = None,
    csv: Annotated[Path | None, typer.Option(help="Write the table to this file; by default it is printed.")] = None,
    pattern: Annotated[str, typer.Option(help="How the files of your own folder are named, e.g. "
                                              "'{speaker}_{emotion}_{}'.")] = "",
    emotion: Annotated[list[str] | None, typer.Option(metavar="LABEL=EMOTION", help="What a label of your own clips "
                                                      "means where it is no common name of an emotion, e.g. W=anger "
                                                      "(can be repeated).")] = None,
    skip: Annotated[list[str] | None, typer.Option(metavar="LABEL", help="Leave out clips of your own with this label, "
                                                   "e.g. sleepy (can be repeated).")] = None,
    without: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="With --pattern: files to leave out, e.g. "
                                                      "'*.mp3' (can be repeated).")] = None,
    document: Annotated[str, typer.Option(help="Add a column part: train, validation or test, by this document's "
                                               "split.")] = "",
    protocol: Annotated[str, typer.Option(help="With --document: published (its own split), redrawn, "
                                              "speaker, emobox, sentence or speaker_sentence.")] = "published",
    fold: Annotated[int, typer.Option(help="With --document and --protocol: which speakers or sentences are "
                                          "tested; with redrawn, which draw.")] = 0,
) -> None:
    """The clips of a corpus, a row a clip: path, emotion, speaker, sex, age, language, sentence and more.

    Exit status 1 where --pattern leaves out audio files that nobody asked to leave out."""
    from ser_repro import datasets, documents
    from ser_repro.datasets import tables

    if not document and (protocol, fold) != ("published", 0):
        raise SerReproError("--protocol and --fold say which split of a document is meant: give --document as well.")
    if document and pattern:
        raise SerReproError("--document splits a corpus, and --pattern makes one: write the table first, and give it "
                            "instead of the folder.")
    of = documents.get(document) if document else None
    if csv:
        check_csv(csv, corpus)
    own = not pattern and tables.is_table(corpus)
    if (emotion or skip) and not (pattern or own):
        raise SerReproError("--emotion and --skip say what the labels of your own clips mean: give a table of them, or "
                            "--pattern.")
    if without and not pattern:
        raise SerReproError("--without leaves out files that --pattern would take: give both.")
    pairs = [pair.rpartition("=")[::2] for pair in emotion or []]
    if any(not label or not name for label, name in pairs):
        raise SerReproError("--emotion takes LABEL=EMOTION, e.g. --emotion W=anger.")
    meant, left, said = {"emotions": dict(pairs), "skip": skip or ()}, [], []
    if pattern:
        made = datasets.patterns.named(corpus, pattern, without=without or (), **meant)
        found, left, said = made.table, made.left, made.lines(pattern)
        if csv:  # paths are relative to the table's own folder
            folder = Path(os.path.expanduser(corpus)).absolute()
            found["path"] = [Path(os.path.relpath(folder / path, csv.absolute().parent)).as_posix()
                             for path in found["path"]]
            datasets.own.of_table(csv.absolute(), found)  # an error where the table would not do
    elif own:
        found = datasets.own.load(corpus, **meant).table
    else:
        found = datasets.clips(corpus, data, complete=of is not None)  # a split of some clips is another split
    if of:
        split = of.parts(datasets.studied(found), protocol, fold)
        part = {clip: name for name in ("train", "validation", "test") for clip in getattr(split, name)}
        found["part"] = found["clip"].map(part).fillna("")
    text = as_csv(found)
    for line in [*said, *_about_labels(found)] if pattern or own else []:
        say(f"{line}.")
    if csv is None:
        answer(text)
        raise typer.Exit(int(bool(left)))
    write_atomic(csv, text, remedy="give another file with --csv")
    speakers = len(set(found["speaker"]) - {""}) if "speaker" in found else 0
    console.print(f"{csv}: {len(found)} clips, {found['emotion'].nunique()} emotions, {speakers} speakers",
                  soft_wrap=True)
    if of:
        console.print(f"{', '.join(f'{count} {name}' for name, count in found['part'].value_counts().items())}: split "
                      f"{split.hash} of {of.title}", soft_wrap=True, highlight=False)
    if pattern:
        console.print(f"`ser-repro corpora check {csv}` checks it; the other commands take it for a corpus's name.",
                      soft_wrap=True)
    raise typer.Exit(int(bool(left)))


@app.command("check")
def check(
    corpus: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Corpora, or tables of your own "
                                                       "clips; by default all corpora that are here.")] = None,
    data: Data = None,
    csv: Annotated[Path | None, typer.Option(help="Write every fault to this file, a row each.")] = None,
) -> None:
    """Compare copies with the index, sample by sample, and measure how far who speaks, what is said and how it was
    recorded tell the emotion. Exit status 1 where a copy differs from the published corpus."""
    import pandas as pd

    from ser_repro import datasets
    from ser_repro.results import confounds

    if csv:
        check_csv(csv, *(corpus or []))
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
        console.print(str(reports[-1]), highlight=False, soft_wrap=True)
        if len(reports[-1].clips) and not reports[-1].synthetic:  # of demo speech no number is a result
            for line in confounds.measure(datasets.studied(reports[-1].clips)).lines():
                console.print(f"  {line}", highlight=False, soft_wrap=True)
    if csv:
        faults = [report.table().assign(corpus=report.corpus) for report in reports]
        write_atomic(csv, as_csv(pd.concat(faults)), remedy="give another file with --csv")
    if not all(report.ok for report in reports):
        raise typer.Exit(1)


@app.command("download")
def download(
    corpus: Corpus, data: Data = None,
    archive: Annotated[list[Path] | None, typer.Option(help="An archive that you have already, as the publisher sent "
                                                            "it: it is unpacked only (can be repeated).")] = None,
) -> None:
    """Bring a corpus from its publisher, unpack it, and check it. Can be stopped and started again."""
    from ser_repro import datasets
    from ser_repro.datasets import downloading

    corpus = datasets.get(corpus)
    named = data or os.environ.get("SER_REPRO_DATA")
    if not named:
        raise SerReproError("no folder to download to: give --data, or set SER_REPRO_DATA.")
    console.print(f"{corpus.name}: {corpus.licence}. Cite it: {corpus.home}", soft_wrap=True, highlight=False)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks = {}

        def progress(name, done, total):
            tasks.setdefault(name, bar.add_task(escaping.terminal(name)) if name not in tasks else None)
            bar.update(tasks[name], completed=done, total=total)

        folder = downloading.download(corpus, Path(named), archives=archive or (), progress=progress)
    console.print(f"{folder}: unpacked", soft_wrap=True)
    check([corpus.name], data=folder)


@app.command("index")
def index(corpus: Corpus, csv: Annotated[Path, typer.Option(help="File to write.")], data: Data = None) -> None:
    """Write the index of a good copy: rate, channels, length and hash of every clip, which `check` compares with."""
    import tempfile

    from ser_repro import datasets

    check_csv(csv, corpus)
    corpus = datasets.get(corpus)
    if corpus.table is None and datasets.is_synthetic(datasets.data_folder(data), corpus):
        raise SerReproError(f"{corpus} in {datasets.data_folder(data)} is demo speech, of which no index is made: give "
                            "--data the folder of the published corpus")
    with scratch(Path(tempfile.gettempdir()), "ser_repro") as folder, console.status(told(f"reading {corpus}")):
        text = datasets.write_index(corpus, data, folder / "index.csv").read_text(encoding="utf-8")
    write_atomic(csv, text, remedy="give another file with --csv")
    console.print(f"{csv}: {corpus.n_clips} clips", soft_wrap=True)


def demo(corpus: Corpus, destination: Annotated[Path, typer.Argument(help="Folder to write; must not exist.")],
         seed: int = 0) -> None:
    """Write a small synthetic corpus in the official layout: to try things, never for a result."""
    from ser_repro import datasets
    from ser_repro.datasets.demo import write_demo

    if datasets.get(corpus).table is not None:
        raise SerReproError(f"{corpus} is a table of your own clips, of which no demo is made: choose one that "
                            "`ser-repro corpora list` names")
    destination = os.path.abspath(os.path.expanduser(destination))
    console.print(f"{write_demo(corpus, destination, seed=seed)}: synthetic speech in the layout of {corpus}",
                  soft_wrap=True)
