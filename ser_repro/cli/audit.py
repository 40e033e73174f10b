"""The command about leaks: audit, of a split of one's own or of a document, and the sheet."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ser_repro import SerReproError, escaping
from ser_repro.cli.terminal import answer, as_csv, aside, console, say, with_bar
from ser_repro.files import one_of, refuse_unwritable, write_atomic

_FOUND, _NO_GOOD = 1, 2
_PRINT = Path("-")


def audit(
    split: Annotated[list[Path] | None, typer.Argument(metavar="[SPLIT]...", help="A CSV file with columns clip or "
                     "path, part (train, validation, test) or fold, and any of speaker, sentence, emotion, recording "
                     "(or session) and source (the clip of which this one is an altered copy); or the files of a "
                     "toolkit (CSV, JSON, JSON Lines) named after train, dev and test, or a folder of them.")] = None,
    corpus: Annotated[str, typer.Option(metavar="NAME", help="Corpus of the clips: fills in what the split does not "
                                                             "tell, from their names and the published index.")] = "",
    document: Annotated[str, typer.Option(metavar="NAME", help="Instead of a split: what is known of a document of "
                                                               "the study.")] = "",
    accept: Annotated[list[str] | None, typer.Option(metavar="LEAK", help="A leak that is known and shall not count, "
                                                     "e.g. sentences (can be repeated).")] = None,
    names_only: Annotated[bool, typer.Option("--names-only", help="Don't read the audio.")] = False,
    sheet: Annotated[Path | None, typer.Option(metavar="FILE.md", help="Write a model info sheet to be filled in, with "
                                               "what was found; without a split, an empty one.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write all findings as JSON; - prints "
                                                 "them in place of the report.")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a row a leak; - prints them in place of the "
                                             "report.")] = None,
) -> None:
    """Look for leaks between the training and the test part of a split.

    Exit status 0: none was found; 1: one was; 2: the input was no good."""
    try:
        found = _audit(split or [], corpus, document, accept or [], names_only, sheet, as_json, csv)
    except SerReproError as error:
        say(" ".join(str(error).split("\n")))
        raise typer.Exit(_NO_GOOD) from None
    except OSError as error:
        say(f"{f'{error.filename}: ' if error.filename else ''}{error.strerror or error}: give a file or folder that "
            "can be read and written.")
        raise typer.Exit(_NO_GOOD) from None
    raise typer.Exit(_FOUND if found else 0)


def _audit(split: list[Path], corpus: str, document: str, accept: list[str], names_only: bool, sheet: Path | None,
           as_json: Path | None, csv: Path | None) -> bool:
    """See `audit`; whether a leak was found that counts."""
    from ser_repro.results import own_split
    from ser_repro.results import sheet as sheets
    from ser_repro.results.leaks import IN_SPLIT

    for leak in accept:
        one_of(leak, IN_SPLIT, "--accept")
    outputs = {"--sheet": sheet, "--json": as_json, "--csv": csv}
    for option, file in outputs.items():
        if file and file != _PRINT:
            refuse_unwritable(file, option)
            if any(path.resolve() in (file.resolve(), file.resolve().parent) for path in split):
                raise SerReproError(f"{option} {file} would be written over the split that is read, or beside its "
                                    "files: give another file.")
    if sum(file == _PRINT for file in outputs.values()) > 1:
        raise SerReproError("only one of --sheet, --json and --csv can be printed: give the others a file.")
    if document:
        if split or corpus or accept or names_only or sheet or as_json:
            raise SerReproError("--document is a report of its own: give it alone, or with --csv.")
        return _of_document(document, csv)
    if not split:
        if not sheet or as_json or csv:
            raise SerReproError("no split to audit: give a CSV file with columns clip, part and speaker; `ser-repro "
                                "audit --help` tells the rest.")
        if corpus or accept or names_only:
            raise SerReproError("--corpus, --accept and --names-only say how a split is audited: give one, or leave "
                                "them out for an empty sheet.")
        _write(sheet, sheets.sheet())
        return False
    report = with_bar("reading the audio", lambda progress: own_split.audit(
        split, corpus=corpus or None, listen=not names_only, accepted=accept, progress=progress), aside)
    if _PRINT not in outputs.values():
        console.print(str(report), highlight=False, soft_wrap=True)
    if as_json:
        _write(as_json, escaping.json_text(json.dumps(report.as_json(), indent=2, ensure_ascii=False)) + "\n")
    if csv:
        _write(csv, as_csv(report.table()))
    if sheet:
        _write(sheet, sheets.sheet(report))
    return bool(report.found)


def _of_document(document: str, csv: Path | None) -> bool:
    """Print what is known of a document; whether it has a leak."""
    from ser_repro.documents import leaks
    from ser_repro.results.leaks import STATES, YES

    table = leaks.report(document)
    if csv:
        _write(csv, as_csv(table))
    if csv != _PRINT:
        for method, rows in table.groupby("method", sort=False):
            console.print(str(method), highlight=False, soft_wrap=True)
            for state in STATES:
                for row in rows[rows["found"] == state].to_dict("records"):
                    clips = f" {row['clips']} test clips;" if row["clips"] else ""
                    console.print(f"  {state}: {row['leak']}:{clips} {row['why']} ({row['rests on']})",
                                  highlight=False, soft_wrap=True)
    return bool((table["found"] == YES).any())


def _write(file: Path, text: str) -> None:
    """Write a file, or print it."""
    if file == _PRINT:
        answer(text)
    else:
        write_atomic(file, text)
