"""Confusion matrices as tables: their numbers can be selected and heard, and a phone keeps them as large as text."""

import base64
import csv
import io

import numpy as np

from ser_repro.book import show
from ser_repro.escaping import html

Panel = tuple[str, np.ndarray, list[str]]  # title, counts of shape (class, class), classes


def tables(panels: list[Panel], caption: str) -> None:
    """Of the clips of a class (row), the per cent that are named each class; blank where none is. The more, the darker.

    Parameters
    ----------
    panels : list of (title, counts, classes)
        Side by side where there is room.
    caption : str
        As that of `show.picture`.
    """
    show.figure("".join(_table(*panel) for panel in panels), caption, "confusion",
                f"Confusion: {'; '.join(title for title, *_ in panels)}", _download(panels))


def _download(panels: list[Panel]) -> str:
    """A link to the counts of all panels as CSV, which the page itself holds."""
    written = io.StringIO()
    csv.writer(written).writerows([("matrix", "true", "named", "clips"), *(
        (title, true, named, count) for title, counts, classes in panels
        for true, row in zip(classes, counts, strict=True) for named, count in zip(classes, row, strict=True))])
    content = base64.b64encode(written.getvalue().encode()).decode()
    return f'<a class="drawing" download="confusion.csv" href="data:text/csv;base64,{content}">CSV</a>'


def _table(title: str, counts: np.ndarray, classes: list[str]) -> str:
    part = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    head = "".join(f'<th scope="col"><span>{html(name)}</span></th>' for name in classes)
    body = "".join(f'<tr><th scope="row">{html(name)}</th>{"".join(map(_cell, row))}</tr>'
                   for name, row in zip(classes, part, strict=True))
    return (f'<table><caption>{html(title)}</caption><thead><tr><td>true ↓ named →</td>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>")


def _cell(part: float) -> str:
    if not part:
        return "<td></td>"
    return f'<td class="shade-{round(10 * part)}">{100 * part:.0f}</td>'
