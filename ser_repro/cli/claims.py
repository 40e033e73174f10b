"""The command that prints the ledger."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ser_repro import SerReproError
from ser_repro.cli.terminal import Results, as_csv, check_csv, console, records_in
from ser_repro.files import one_of, write_atomic

_SHOWN = ("document", "corpus", "n", "score", "claimed", "verdict", "because")


def claims(
    document: Annotated[list[str] | None, typer.Option(help="Only this document (can be repeated).")] = None,
    results: Results = Path("results"),
    csv: Annotated[Path | None, typer.Option(help="Write the whole ledger, with our scores and the records behind "
                                                  "each row, to this CSV file.")] = None,
    complete: Annotated[bool, typer.Option("--complete", help="Fail where a verdict lacks its runs.")] = False,
) -> None:
    """Every number that the documents claim, and what our records say to it."""
    from ser_repro import documents
    from ser_repro.results import ledger
    from ser_repro.runs import claimed

    if csv:
        check_csv(csv)
    names = [one_of(name, documents.DOCUMENTS, "document") for name in document or []]
    table = claimed.whole(records_in(results), names)
    if table.empty:
        raise SerReproError(f"{', '.join(names)} claims no number: leave --document out.")
    if csv:
        write_atomic(csv, as_csv(table), remedy="give --csv another file")
    else:
        shown = Table(*_SHOWN)
        for _, row in table.iterrows():
            shown.add_row(*(str(row.get(name, "—")) for name in _SHOWN))
        console.print(shown)
    counts = table["verdict"].value_counts()
    console.print(f"{len(table)} claims: " + ", ".join(f"{counts[kind]} {kind}" for kind in ledger.RULE
                                                       if kind in counts), soft_wrap=True, highlight=False)
    if complete and (lacking := claimed.unmade(table)):
        raise SerReproError(f"{len(lacking)} claims lack the runs of their verdict, first {lacking[0]}: run "
                            "`ser-repro study --core`.")
