"""The commands that make the study: prepare, study and search."""

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ser_repro import SerReproError
from ser_repro.cli import terminal
from ser_repro.cli.terminal import (
    DEVICES,
    Address,
    Cache,
    Corpus,
    Cpus,
    Data,
    Device,
    Engine,
    Gpus,
    Jobs,
    Results,
    console,
    records_in,
    with_bar,
)
from ser_repro.files import one_of, writable

_RATES = range(2000, 192001)


def prepare(corpus: Corpus, data: Data = None, cache: Cache = None,
            document: Annotated[list[str] | None, typer.Option(help="What every run of this document needs (can be "
                                                               "repeated); by default what the core needs.")] = None,
            rate: Annotated[str, typer.Option(help="Waveforms at this rate in Hz, or native, and nothing else.")] = "",
            features: Annotated[str, typer.Option(help="This feature set, and nothing else.")] = "",
            path: Annotated[str | None, typer.Option(help="What computes feature sets: fast (the processor), torch (a "
                                                     "GPU) or reference (librosa). By default what is there will do, "
                                                     "whatever made it.")] = None,
            again: Annotated[bool, typer.Option("--again", help="Read every file to see whether it has changed, also "
                                                "where neither size nor time has.")] = False) -> None:
    """Write the arrays that training needs, so that it also runs where the audio and its libraries are not: by default
    those of the core of the study; of a corpus that is not in the study, what each reading needs."""
    from ser_repro import datasets, documents
    from ser_repro.features import arrays, sets

    name = datasets.get(corpus).name
    for one in document or []:
        documents.get(one)
    if rate and features:
        raise SerReproError("--rate and --features ask for different arrays: give one of them at a time.")
    if rate and path:
        raise SerReproError("--path is what computes feature sets, and --rate asks for waveforms: leave one of them "
                            "out.")
    if rate and rate != arrays.NATIVE and not (re.fullmatch("[0-9]{1,6}", rate) and int(rate) in _RATES):
        raise SerReproError(f"--rate {rate[:20]} is no sample rate for speech: give Hz ({_RATES[0]} to {_RATES[-1]}, "
                            f"e.g. 16000) or {arrays.NATIVE}.")
    if features:
        sets.get(features)
    wanted = [rate if rate == arrays.NATIVE else int(rate)] if rate else [features] if features else _needed(
        name, document or [])
    if not (rate or features or document):  # nothing was asked for by name
        wanted = [what for what in wanted if arrays.is_waveform(what) or _can_be_made(sets.get(what))]
    made = with_bar(f"{name}, {', '.join(map(str, wanted))}", lambda progress: arrays.prepare_all(
        name, wanted, path=path, data=data, cache=cache, progress=progress, again=again))
    for what, one in made.items():
        console.print(f"{arrays.folder_of(name, what, cache)}: {len(one.clips)} clips, "
                      f"{one.values.nbytes / 1e6:.0f} MB", soft_wrap=True)


def _needed(corpus: str, names: list[str]) -> list[int | str]:
    """What the runs of these documents take of a corpus, or those of the core; where none is on it, what the readings
    take."""
    from ser_repro import documents
    from ser_repro.runs import plans
    from ser_repro.runs.study import needs

    runs = [run for name in names for run in plans.plans(name)] if names else plans.core()
    return [what for of, what in needs(runs) if of == corpus] or list(dict.fromkeys(
        of.inputs(documents.settings(of.name, reading, corpus, min(of.sizes, default=None)))
        for of in map(documents.get, names or documents.DOCUMENTS) for reading in of.readings))


def _can_be_made(feature_set) -> bool:
    """Whether what it is computed with is installed; a line says where it isn't."""
    from ser_repro.features.sets import MissingExtra

    try:
        feature_set.require()
    except MissingExtra as error:
        console.print(f"left out: {error}", soft_wrap=True, highlight=False, markup=False)
        return False
    return True


def study(
    results: Results = Path("results"), data: Data = None, cache: Cache = None,
    core: Annotated[bool, typer.Option("--core", help="Only the core, which is what the book counts itself against; it "
                                                      "can be made on a CPU.")] = False,
    list_only: Annotated[bool, typer.Option("--list", help="Show what is done and what is not, and stop.")] = False,
    document: Annotated[list[str] | None, typer.Option(help="Only this document (can be repeated).")] = None,
    corpus: Annotated[list[str] | None, typer.Option(help="Only this corpus (can be repeated).")] = None,
    n: Annotated[list[int] | None, typer.Option(help="Only this size.")] = None,
    reading: Annotated[list[str] | None, typer.Option(help="Only this reading: code or paper.")] = None,
    protocol: Annotated[list[str] | None, typer.Option(help="Only this protocol: published, redrawn, "
                                                       "speaker, emobox, sentence, speaker_sentence or "
                                                       "cross_corpus.")] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Only this seed.")] = None,
    first: Annotated[int | None, typer.Option(help="Only the first so many of those that have no record yet; with "
                                                   "--list of all of those.")] = None,
    jobs: Jobs = None, device: Device = "auto",
    engine: Engine = "joblib", address: Address = None, cpus: Cpus = None, gpus: Gpus = None,
) -> None:
    """Make every run of the study that has no record yet. It can be stopped and started again at any time."""
    from ser_repro import datasets, documents, protocols
    from ser_repro.runs import plans
    from ser_repro.runs.engines import Setup
    from ser_repro.runs.study import run_study

    only = {"document": document, "corpus": [datasets.get(c).name for c in corpus or []], "n": n, "reading": reading,
            "protocol": protocol, "seed": seed}
    every = documents.DOCUMENTS.values()
    for name, allowed in (("document", documents.DOCUMENTS), ("n", {n for of in every for n in of.sizes}),
                          ("reading", documents.READINGS), ("protocol", protocols.PROTOCOLS), ("seed", plans.SEEDS),
                          ("corpus", {name for of in every for name in of.corpora})):
        for value in only[name] or []:
            if value not in allowed:
                raise SerReproError(f"--{name} {value} is not in the study: choose from "
                                    f"{', '.join(map(str, sorted(allowed)))}.")
    one_of(device, DEVICES, "--device")
    setup = Setup(engine, address, jobs, cpus, gpus)
    if first is not None and first < 1:
        raise SerReproError(f"--first {first} leaves no run: give 1 or more.")
    records_in(results)
    wanted = plans.select(plans.core() if core else plans.plans(), **only)
    if first is not None:
        left = wanted if list_only else [run for run, record in plans.status(wanted, results) if record is None]
        wanted = left[:first] or wanted  # where none is left, that is told of all
    if not wanted:
        raise SerReproError("no run of the study is all of these: leave an option out; `ser-repro study --list` shows "
                            "what there is.")
    failed = 0
    if not list_only:
        with console.status("starting") as status:
            failed = run_study(wanted, results=results, data=data, cache=cache, device=device, setup=setup,
                               report=lambda line: console.print(line, soft_wrap=True, highlight=False),
                               watch=lambda line: status.update(terminal.told(line)))
    _print_status(plans.status(wanted, results))
    if core:
        console.print(plans.told(plans.status(plans.plans(), results)), soft_wrap=True, highlight=False)
    if failed:
        raise SerReproError(f"{failed} run{'s' * (failed > 1)} failed, each for the reason on its line: mend that "
                            "and start again.")


def _print_status(rows) -> None:
    from ser_repro.results import scores
    from ser_repro.runs import records

    table = Table("run", "accuracy (95 %)", "epochs", "device", "min")
    for run, record in rows:
        for corpus in ["test" in record and "", *record.get("tested", ())] if record else []:
            if corpus is False:
                continue
            score = scores.score([scores.table(record, corpus)])
            table.add_row(run.label + (f": {corpus}" if corpus else ""), str(score), str(records.epochs(record) or "—"),
                          record["device"], f"{record['train_seconds'] / 60:.0f}")
    done = sum(record is not None for _, record in rows)
    if done:
        console.print(table)
    console.print(f"{done} of {len(rows)} runs have a record; not yet run: {len(rows) - done}")
    for run, record in rows if len(rows) - done <= 20 else []:
        if record is None:
            console.print(f"  {run.label}", highlight=False)


def search(
    document: Annotated[str, typer.Argument(help="Whose search: a document that made one.")],
    corpus: Corpus,
    n: Annotated[int | None, typer.Option(help="Size of the network, where the document has several.")] = None,
    reading: Annotated[str, typer.Option(help="code or paper.")] = "code",
    results: Results = Path("results"), data: Data = None, cache: Cache = None,
    jobs: Jobs = None, device: Device = "auto",
    engine: Engine = "joblib", address: Address = None, cpus: Cpus = None, gpus: Gpus = None,
) -> None:
    """Make a document's own search for its settings, whole: hours. It can be stopped and started again at any time."""
    from ser_repro import datasets
    from ser_repro.runs import asha
    from ser_repro.runs.engines import Setup
    from ser_repro.runs.run import Run

    setup = Setup(engine, address, jobs, cpus, gpus)
    run = Run.of(document, datasets.get(corpus).name, reading, n=n)
    writable(results, "--results")
    one_of(device, DEVICES, "--device")
    with console.status("starting") as status:
        found = asha.search(run, results=results, data=data, cache=cache, device=device, setup=setup,
                            report=lambda line: console.print(line, soft_wrap=True, highlight=False),
                            watch=lambda line: status.update(terminal.told(line)))
    best = found["trials"][found["winner"]]
    told = ", ".join(f"{name} {value}" for name, value in best["settings"].items())
    console.print(f"{asha.path(results, run)}: {len(found['trials'])} trials; lowest last validation loss "
                  f"{best['history']['validation_loss'][-1]} with {told}", soft_wrap=True, highlight=False)
