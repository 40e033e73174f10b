"""The commands that make models and use them: train and predict. `ser_repro.cli` gives them their names."""

import csv
import io
import json
import math
import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from ser_repro import SerReproError, escaping
from ser_repro.cli.terminal import (
    DEVICES,
    Cache,
    Corpus,
    Data,
    Device,
    Plain,
    Results,
    answer,
    aside,
    bar,
    console,
    say,
    titled,
    with_bar,
)
from ser_repro.files import one_of, refuse_unwritable, writable, write_atomic

FORMATS = ("table", "json", "csv")
_ENDINGS = {".json": "json", ".csv": "csv", ".txt": "table"}
_PLOTS = (".png", ".svg", ".pdf")


# ---- train -------------------------------------------------------------------------------------------------------


def train(
    document: Annotated[str, typer.Argument(help="Whose method: cnn_n_gru, mfcc_cnn, cnn_bigru, issa, crema_1d, "
                                             "crema_2d, crema_lda, qayyum, qayyum_baselines; or a baseline: svm193, "
                                             "logistic193, svm_egemaps, logistic_egemaps.")],
    corpus: Corpus,
    reading: Annotated[str, typer.Option(help="code or paper: as its public code has it, or as its text does.")
                       ] = "code",
    protocol: Annotated[str, typer.Option(help="published (its own split), redrawn (the same, drawn again), "
                                              "speaker (new speakers are tested), emobox (the same, in EmoBox's "
                                              "folds), sentence (new sentences) or speaker_sentence (both new).")
                        ] = "published",
    fold: Annotated[int, typer.Option(help="Which speakers or sentences are tested; which draw, with "
                                          "--protocol redrawn.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the weights' start and the order of clips.")] = 0,
    n: Annotated[int | None, typer.Option(help="Size of the network, where the document has several.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the clips; by default the document's.")] = None,
    change: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Another value of a setting "
                                                     "(can be repeated).")] = None,
    model: Annotated[Path | None, typer.Option(help="Folder to write; by default one in models/ named by the run.")
                     ] = None,
    data: Data = None, cache: Cache = None, results: Results = Path("results"), device: Device = "auto",
) -> None:
    """Train one model, or take it up where it was stopped, and save it with its card, record and pictures."""
    from ser_repro import datasets, documents, protocols
    from ser_repro.features import arrays
    from ser_repro.runs import execution, search
    from ser_repro.runs.run import Run
    from ser_repro.saved import card
    from ser_repro.saved import model as saved

    of, known = documents.get(document), datasets.get(corpus)
    if of.sizes and n is None:
        raise SerReproError(f"which network? {of.title} has several: give --n {', '.join(map(str, of.sizes))}.")
    here = [name for name, one in protocols.PROTOCOLS.items() if not one.elsewhere]
    for option, value, allowed in (("--reading", reading, of.readings), ("--protocol", protocol, here),
                                   ("--device", device, DEVICES)):
        one_of(value, allowed, option)
    if not 0 <= seed < 2**63:
        raise SerReproError(f"--seed {seed} is not possible: give 0 to {2**63 - 1}.")
    run = Run.of(of.name, known.name, reading, protocol, fold, seed, n=n)
    found = search.decided(results, run)
    changes = {name: of.fallback[name] for name in run.open} if found is None else {
        name: found.values[name] for name in of.searched}
    run = run.with_values(**changes | _changes(of, run.values, change or []))
    if epochs is not None:
        if "epochs" not in run.values:
            raise SerReproError(f"--epochs {epochs} is not possible: {of.title} is fitted at once; leave it out.")
        run = run.with_values(epochs=_number("--epochs", epochs, 1))
    if model is not None:
        model = Path(os.path.expanduser(model))
        saved.refuse_foreign(model)
    execution.check_device(run, device)

    waves = with_bar(f"{known.name}, {run.inputs}", lambda progress: (
        arrays.prepare(known.name, run.inputs, data=data, cache=cache, progress=progress) if data is not None else
        execution.inputs(run, cache=cache, progress=progress)))
    # An unknown fold, or a corpus without speakers: before anything is written.
    of.parts(waves.clips, protocol, fold)
    run = replace(run, synthetic=waves.synthetic)
    given_away = card.given_away(run, waves)
    model = model or Path("models") / f"{of.name}-{run.name}"
    saved.refuse_foreign(model)
    writable(model.absolute().parent, "--model")
    if waves.synthetic:
        say(f"{card.SYNTHETIC}: the {known.name} at hand is demo speech.")
    elif not run.path(results).exists():
        writable(results, "--results")
    for line in given_away.cautions() if given_away else []:
        say(f"{known.name}: {line}.")
    if of.searched and found is None:
        say(f"{', '.join(of.searched)} were not searched on this split: the document's later defaults are taken.")
    stored = run.path(results) if not waves.synthetic and run.path(results).exists() else None
    with Progress(titled(f"{of.title} on {known.name}"), BarColumn(), MofNCompleteColumn(),
                  TextColumn("{task.fields[seen]}"), TimeRemainingColumn(), console=console, transient=True,
                  disable=not console.is_terminal) as shown:
        task = shown.add_task("", total=run.values.get("epochs"), seen="")

        def progress(epoch, row):
            seen = ", ".join(f"{name.removesuffix('_accuracy')} {value:.2f}" for name, value in row.items()
                             if name.endswith("_accuracy"))
            shown.update(task, completed=epoch, seen=f"loss {row['train_loss']:.3f}, accuracy {seen}")

        made = execution.obtain(run, results=results, data=data, cache=cache, device=device, progress=progress,
                                waves=waves, weights=True)
    if made.fresh and stored:
        say(f"{stored} is stored, but its weights are not here: this is another training of the same run, with a "
             "record of its own.")
    told = saved.save(made.record, made.weights, waves, model, results=results, known=given_away)
    how = f"trained in {made.record['train_seconds'] / 60:.1f} min" if made.fresh else "trained before"
    console.print(f"{model}: {told['document']} on {known.name}, {how}", soft_wrap=True, highlight=False)
    console.print(told["caution"], soft_wrap=True, highlight=False)
    if given_away and given_away.factors:
        console.print(f"told without listening (UAR, guessing {100 * given_away.chance:.1f} %): "
                      f"{'; '.join(given_away.table())}.", soft_wrap=True, highlight=False)
    command = f"ser-repro predict FILE --model {shlex.quote(str(model))}"
    console.print(f"`{command}` uses it; {model / saved.README} says what it is.", soft_wrap=True, highlight=False)


def _number(option: str, value, least: float):
    if value < least:
        raise SerReproError(f"{option} {value} is not possible: give {least} or more.")
    return value


def _changes(of, values: dict, pairs: list[str]) -> dict:
    """Settings typed as NAME=VALUE, of the types they have in the document's readings."""
    found = {}
    for pair in pairs:
        name, sign, text = pair.partition("=")
        name, text = name.strip(), text.strip()
        if not sign or name not in values:
            raise SerReproError(f"--set {pair} names no setting of {of.title}: write NAME=VALUE with one of "
                                f"{', '.join(values)}.")
        if name == "n":
            raise SerReproError("--set n=... is written --n ...")
        given = [value for value in (values[name], of.settings[name].code, of.settings[name].paper,
                                     of.fallback.get(name)) if value is not None]
        kinds = {type(value) for value in given}
        try:
            value = json.loads(text.lower() if text in ("True", "False") else text)
        except ValueError:
            value = text
        if kinds == {float} and type(value) is int:
            value = float(text)  # which takes whole numbers of any length
        if type(value) not in kinds:
            raise SerReproError(f"--set {pair} is not possible: {name} is a value like "
                                f"{' or '.join(dict.fromkeys(map(str, given)))} ({of.settings[name].meaning}).")
        if type(value) is float and not math.isfinite(value):
            raise SerReproError(f"--set {pair} is not possible: give a finite number.")
        if type(value) in (int, float):
            _number(f"--set {name} =", value, 1 if type(value) is int else 0)
        found[name] = value
    return found


# ---- export ------------------------------------------------------------------------------------------------------


def export(
    model: Annotated[Path, typer.Argument(help="Folder of a saved network, which `ser-repro train` writes.")],
    onnx: Annotated[Path | None, typer.Option(help="Write it as a graph in ONNX to this file, its features within "
                                              "where they can be; needs the package onnx.")] = None,
    rounded: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write it as a saved model with weights of "
                                                 "fewer bits to this folder.")] = None,
    bits: Annotated[int, typer.Option(help="Of each weight, with --rounded: 16 or 8.")] = 16,
) -> None:
    """A saved network for other programs, or smaller."""
    from ser_repro.runs import rounding
    from ser_repro.saved import export as out
    from ser_repro.saved import model as saved

    if onnx is None and rounded is None:
        raise SerReproError("nothing to write is named: give --onnx FILE or --rounded FOLDER.")
    one_of(bits, rounding.BITS, "--bits")
    using = saved.load(model)
    for option, path in (("--onnx", onnx), ("--rounded", rounded)):
        if path is not None and os.path.realpath(model) in (os.path.realpath(path), os.path.realpath(path.parent)):
            raise SerReproError(f"{option} {path} lies in the model's folder: give another place.")
    say(using.card["caution"])
    if onnx is not None:
        refuse_unwritable(onnx, "--onnx")
        told = out.export(using, onnx)
        takes = {"samples": f"samples of one channel at {told['sample_rate']} Hz",
                 "values": f"the values of feature set {told['features']}"}[told["input"]]
        say(f"{onnx}: written; it takes {takes} and gives probabilities of {', '.join(told['classes'])}.")
    if rounded is not None:
        out.rounded(using, rounded, bits)
        say(f"{rounded}: written, with weights of {bits} bits.")


# ---- predict -----------------------------------------------------------------------------------------------------


def predict(
    files: Annotated[list[str] | None, typer.Argument(metavar="[FILE_OR_FOLDER]...", help="Recordings, or folders of "
                                                      "them.")] = None,
    model: Annotated[Path | None, typer.Option(help="Folder of a saved model, which `ser-repro train` writes.")] = None,
    kind: Annotated[str | None, typer.Option("--format", help="table, json or csv; by default what the ending of "
                                             "--output says, or else a table.")] = None,
    window: Annotated[float | None, typer.Option(help="Cut recordings into windows of so many seconds; 0 takes them "
                                                 "whole. By default whole, and only long ones in windows.")] = None,
    hop: Annotated[float | None, typer.Option(help="Seconds from one window to the next; by default as long as a "
                                              "window.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw one recording's windows over time to this file.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write the answer to this file; by default it is printed.")
                      ] = None,
    microphone: Annotated[float | None, typer.Option(metavar="SECONDS", help="Record from the microphone, instead of "
                                                     "reading files.")] = None,
) -> None:
    """Emotions that a saved model hears in recordings, with probabilities. Exit status 1 where a file was not read."""
    from ser_repro.saved import model as saved
    from ser_repro.saved import predict as ask

    kind = kind or (_ENDINGS.get(output.suffix.lower(), "table") if output else "table")
    _check(kind, window, hop, plot, output, microphone, files)
    if model is None:
        raise SerReproError(f"no model is named: give --model FOLDER; {saved.HOW.format('models/mine')}.")
    using = saved.load(model)
    for option, path in (("--output", output), ("--plot", plot)):
        if path is not None and os.path.realpath(path.parent) == os.path.realpath(model):
            raise SerReproError(f"{option} {path} lies in the model's folder: give another place.")
    say(using.card["caution"])
    for option, path in (("--output", output), ("--plot", plot)):
        if path is not None:
            refuse_unwritable(path, option)
    if microphone is None:
        paths, faults = ask.find(files)
    else:
        paths, faults = ["microphone"], []
    if plot and len(paths) != 1:
        raise SerReproError(f"--plot draws one recording, and here are {len(paths)}: give one.")
    for fault in faults:
        say(f"{fault}.")
    answers, windows = [], {"window_s": window, "hop_s": hop}
    with bar("listening", aside) as shown:
        for path in shown.track(paths, description=""):
            try:
                if microphone is not None:
                    heard = ask.microphone(microphone, using.sample_rate,
                                           ready=lambda: say(f"recording {microphone:g} s: speak now."))
                    answers.append(ask.spoken(using, *heard, **windows))
                else:
                    answers.append(ask.recording(using, path, **windows))
            except SerReproError as error:
                faults.append(str(error))
                say(str(error))
            else:
                for note in answers[-1].notes:
                    say(f"{answers[-1].file}: {note}.")
    if answers or output is None:  # where nothing was heard, earlier answers stay
        _write(_text(answers, kind, using.classes), output)
    if plot and answers:
        _plot(answers[0], using, plot)
    if faults:
        raise typer.Exit(1)


def _check(kind, window, hop, plot, output, microphone, files) -> None:
    """Refuse what can't be done before anything is loaded."""
    from ser_repro.saved.predict import SHORTEST_S

    if kind not in FORMATS:
        raise SerReproError(f"--format {kind} is not known: choose from {', '.join(FORMATS)}.")
    if bool(files) == (microphone is not None):
        raise SerReproError("give files and folders, or --microphone SECONDS" + (", not both." if files else "."))
    if microphone is not None and not 0 < microphone <= 600:
        raise SerReproError(f"--microphone {microphone:g} is not possible: give a length in s, up to 600.")
    if window is not None and window != 0 and not SHORTEST_S <= window < float("inf"):
        raise SerReproError(f"--window {window:g} is not possible: give {SHORTEST_S:g} s or more, or 0 for none.")
    if hop is not None and not SHORTEST_S <= hop <= (float("inf") if window is None else window):
        raise SerReproError(f"--hop {hop:g} is not possible: give {SHORTEST_S:g} s or more, and no more than --window, "
                            "so that nothing is left out.")
    for option, path, endings in (("--output", output, tuple(_ENDINGS)), ("--plot", plot, _PLOTS)):
        if path is not None and path.suffix.lower() not in endings:
            raise SerReproError(f"{option} {path} is not possible: give a name that ends in {', '.join(endings)}.")
        if path is not None and os.path.realpath(path) in map(os.path.realpath, files or []):
            raise SerReproError(f"{option} {path} would be written over what is read: give another file.")
        if path is not None and path.is_dir():
            raise SerReproError(f"{option} {path} is a folder: give a file.")


def _text(answers: list, kind: str, classes: list[str]) -> str:
    if kind == "json":
        rows = []
        for one in answers:
            row = {"file": one.file, "duration_s": one.duration_s, "emotion": one.emotion,
                   "probabilities": one.probabilities, "silent": all(window["silent"] for window in one.windows),
                   "notes": one.notes}
            rows.append(row | ({"windows": one.windows} if len(one.windows) > 1 else {}))
        return escaping.json_text(json.dumps(rows, indent=1, ensure_ascii=False)) + "\n"
    if kind == "csv":
        page = io.StringIO()  # not by pandas, for which the name of a file has to be text
        out = csv.writer(page, lineterminator="\n")
        out.writerow(["file", "start_s", "end_s", "emotion", *classes, "silent"])
        for one in answers:
            for window in one.windows:
                found = window["probabilities"]
                out.writerow([escaping.path_cell(one.file), window["start_s"], window["end_s"], next(iter(found)),
                              *(found[emotion] for emotion in classes), window["silent"]])
        return page.getvalue()
    return _table(answers)


def _table(answers: list) -> str:
    from ser_repro.saved.pictures import clock

    if not answers:
        return ""
    several = any(len(one.windows) > 1 for one in answers)
    if len(answers) == 1 and not several:
        table = Table("emotion", Column("%", justify="right"), "", box=None, show_header=False)
        for emotion, p in answers[0].probabilities.items():
            table.add_row(emotion, f"{100 * p:.1f} %", "█" * round(30 * p))
        if answers[0].windows[0]["silent"]:
            table.add_row("(silence)")
    else:
        table = Table(Column("file", overflow="fold"), *([Column("time", no_wrap=True)] if several else []),
                      Column("emotion"), Column("%", justify="right"), Column("others (%)", overflow="fold"),
                      box=SIMPLE_HEAD)

    def row(name, time, probabilities, silent, least=0.0):
        (first, p), *others = probabilities.items()
        table.add_row(name, *([time] if several else []), f"{first} (silence)" if silent else first, f"{100 * p:.1f}",
                      ", ".join(f"{emotion} {100 * q:.1f}" for emotion, q in others if q >= least))

    for one in answers if table.box else []:
        many = len(one.windows) > 1
        for i, window in enumerate(one.windows):  # of many windows what counts; JSON and CSV have all of it
            time = f"{clock(window['start_s'], 1)}–{clock(window['end_s'], 1)}"
            row("" if i else one.file, time, window["probabilities"], window["silent"], 0.01 if many else 0.0)
        if many:
            row("", "mean", one.probabilities, all(window["silent"] for window in one.windows))
    page = io.StringIO()
    Plain(file=page, highlight=False, width=console.width).print(table)
    return page.getvalue()


def _write(text: str, output: Path | None) -> None:
    if output is None:
        answer(text)
        return
    # The name of a file need not be text.
    try:
        write_atomic(output, text.encode("utf-8", "backslashreplace"), remedy="give another file with --output")
    except SerReproError:  # the disk is full by now: what took so long is not lost
        answer(text)
        raise
    say(f"{output}: written.")


def _plot(answer, using, plot: Path) -> None:
    from ser_repro.book import palette
    from ser_repro.saved import pictures

    if len(answer.windows) < 2:
        raise SerReproError(f"{plot} not drawn: {answer.file} is one window; give --window, shorter than "
                            f"{answer.duration_s:.2g} s.")
    palette.use_theme()
    figure = pictures.over_time(answer.windows, using.classes, Path(answer.file).name, using.card["synthetic"])
    write_atomic(plot, pictures.content(figure, plot.suffix[1:].lower()), remedy="give another file with --plot")
    say(f"{plot}: drawn.")
