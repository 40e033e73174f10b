"""Tables that a reader can sort, search and filter in the page, link to row by row, and take along.

Without JavaScript it is a table as any other. What sorts and filters is in book/_static/book.js; the files to download
are written by tools/book_site, from what stands beside the table in the notebook.
"""

import base64
import gzip
import re
from collections.abc import Iterable, Mapping

import pandas as pd

from ser_repro.book import show
from ser_repro.escaping import cell, html
from ser_repro.runs.found import NOT_RUN

_NUMBER = r"(<?)\s*([+−-]?\d[\d\u202f\u00a0 ]*(?:\.\d+)?)"
_LEADING = re.compile(rf"(?:[\w ]+: )?{_NUMBER}(?!\d*-\d)")  # "code: 62.6 %", but no date


def table(name: str, caption: str, rows: list[dict], ids: Iterable[str], *, filters: Mapping[str, Iterable],
          csv: pd.DataFrame, cites: Iterable[str] = ()) -> None:
    """Show a table that sorts.

    Parameters
    ----------
    name : str
        Of its files, NAME.csv and NAME.bib, and its address in the page.
    rows : list of dict
        Column -> cell, text or `show.Html`.
    ids : iterable of str
        An address a row; one that occurs again gets a number.
    filters : mapping
        What it can be filtered by -> the value of each row.
    csv : DataFrame
        The same, to download.
    cites : iterable of str
        Keys in references.bib of what NAME.bib names beside the table itself.
    """
    from IPython.display import display

    if not rows:
        return show.text("*Nothing has been run yet.*")
    by = [dict(zip(filters, values, strict=True)) for values in zip(*filters.values(), strict=True)]
    code = "\n".join(_row(*one) for one in zip(rows, unique(ids), by, _orders(rows), strict=True))
    head = "".join(f'<th scope="col">{html(column)}</th>' for column in rows[0])
    page = (f'<div class="sortable" id="{name}"><p class="downloads">{html(caption)} <span class="take">Take it along: '
            f'<a href="../_downloads/{name}.csv" download>CSV</a>, '
            f'<a href="../_downloads/{name}.bib" download>BibTeX</a>.</span> '
            f'<a class="skip" href="#after-{name}">Skip the table</a></p>'
            f'<div class="scroll" role="region" tabindex="0" aria-label="{html(caption)}">'
            f'<table class="compact wordy dataframe"><thead><tr>{head}</tr></thead><tbody>{code}</tbody></table></div>'
            f'<span id="after-{name}"></span></div>')
    display({"text/html": page, "text/plain": caption}, raw=True, metadata={
        "files": {f"{name}.csv": packed(csv.map(cell).to_csv(index=False))},
        "citation": {"name": name, "title": caption, "keys": list(cites)}})


def packed(text: str) -> str:
    """A text as it stands in a notebook."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def slug(*parts) -> str:
    """An address of some words."""
    return re.sub(r"[^a-z0-9]+", "-", " ".join(map(str, parts)).lower()).strip("-")


def unique(ids: Iterable[str]) -> list[str]:
    """Addresses, those that occur again with a number."""
    seen: dict[str, int] = {}
    told = []
    for one in ids:
        seen[one] = seen.get(one, 0) + 1
        told.append(one if seen[one] == 1 else f"{one}-{seen[one]}")
    return told


def _orders(rows: list[dict]) -> list[dict]:
    """What each cell is sorted by where it is not its text: the number that it begins with, or else the first in it, in
    columns where most that say something begin with one."""
    numbers = {}
    for column in rows[0]:
        texts = [re.sub(r"<[^<>]*>", "", str(row[column])) for row in rows]
        leads = [_LEADING.match(text) for text in texts]
        said = sum(text not in ("—", "", NOT_RUN) for text in texts)
        if said and sum(map(bool, leads)) > said / 2:
            numbers[column] = [_order_of(lead or re.search(_NUMBER, text)) for lead, text in zip(leads, texts,
                                                                                               strict=True)]
    return [{column: values[i] for column, values in numbers.items()} for i in range(len(rows))]


def _order_of(found: re.Match | None) -> str:
    if found is None:
        return "-1e9"
    value = float(re.sub(r"[^\d.+-]", "", found[2].replace("−", "-")))
    return f"{value - 1e-9 if found[1] else value:.12g}"  # "< 0.001" before 0.001


def _row(row: dict, address: str, filters: dict, orders: dict) -> str:
    data = "".join(f' data-{slug(name)}="{html(value)}"' for name, value in filters.items())
    cells = "".join(f"<td{_order(orders, column)}>{_code(value)}</td>" for column, value in row.items())
    link = f'<a class="here" href="#{address}" aria-label="Link to this row">#</a>'
    return f'<tr id="{address}"{data}>{cells.removesuffix("</td>")} {link}</td></tr>'


def _order(orders: dict, column: str) -> str:
    return f' data-order="{orders[column]}"' if column in orders else ""


def _code(value) -> str:
    return value.code if isinstance(value, show.Html) else html(value)
