"""Tables as people have them: text in several encodings and with several separators, and Excel's own files."""

from __future__ import annotations

import codecs
import csv
import importlib.util
import io
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from ser_repro import SerReproError, escaping
from ser_repro.files import printable, refuse_pointer

TEXT = (".csv", ".tsv", ".tab", ".txt")
"""Endings of tables in text."""

EXCEL = (".xlsx", ".xlsm")
"""Endings of tables that the package openpyxl reads."""

ELSEWHERE = (".xls", ".xlsb", ".ods", ".numbers")
"""Endings of spreadsheets that are not read, but named."""

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
"""What parts cells, and its name."""

ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "utf-32": "UTF-32", "cp1252": "Windows-1252"}
"""How text is encoded, as Python and people call it. The last is taken where it is none of the others."""

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
          codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_GUESSED = f"it is not UTF-8, and was read as {ENCODINGS['cp1252']}: save it as UTF-8 if names look wrong"
_SAVE = "save it as CSV (in Excel: CSV UTF-8) and give that"


def is_table(name: str | Path) -> bool:
    """Whether a file is a table of clips by its ending."""
    return str(name).casefold().endswith((*TEXT, *EXCEL, *ELSEWHERE))


def bare(path: Path) -> str:
    """Name of a table without its endings: Windows makes "mine.csv.txt" of a "mine.csv"."""
    name = path.stem
    while is_table(name) and Path(name).stem:
        name = Path(name).stem
    return name


def read(path: Path, known: Iterable[str]) -> tuple[pd.DataFrame, list[str]]:
    """The cells of a table as text.

    Parameters
    ----------
    path : Path
    known : iterable of str
        Names of columns that are looked for in the header, in whatever case they are there.

    Returns
    -------
    table : DataFrame of str
        Without rows that are empty and columns that have no name. A cell that is not there is "".
    notes : list of str
        What had to be guessed.

    Raises
    ------
    SerReproError
        If the file can't be read, is no table, has a row with more cells than its header, or two columns of one name.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SerReproError(f"{path} can't be read ({error.strerror}): give the table of your clips, a CSV file"
                            ) from error
    refuse_pointer(path, content)
    known = list(known)
    if content.startswith(b"PK\x03\x04") or path.suffix.lower() in EXCEL:
        rows, notes = _excel(path, content)
    elif content.startswith(b"\xd0\xcf\x11\xe0") or path.suffix.lower() in ELSEWHERE:
        raise SerReproError(f"{path} is a spreadsheet of a kind that is not read: {_SAVE}")
    else:
        text, notes = _text(path, content)
        rows = _cells(path, text, known)
    return _table(path, rows, known), notes


def _text(path: Path, content: bytes) -> tuple[str, list[str]]:
    """What a file says, and a note where its encoding had to be guessed."""
    marked = [name for mark, name in _MARKS.items() if content.startswith(mark)]
    wide = content[:400]
    if not marked and wide.count(0) * 3 > len(wide):  # UTF-16 without a mark: of Latin letters every other byte is 0
        marked = ["utf-16-le" if wide[1::2].count(0) > wide[::2].count(0) else "utf-16-be"]
    for encoding in marked or ["utf-8", "cp1252"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, [_GUESSED] * (encoding == "cp1252")
    raise SerReproError(f"{path} is no table of clips (no text in {', '.join(ENCODINGS.values())}): {_SAVE}")


def _cells(path: Path, text: str, known: list[str]) -> list[list[str]]:
    """The cells of a table in text, row by row."""
    first, _, rest = text.partition("\n")
    mark = first.strip("\r\" ")
    if mark.casefold().startswith("sep=") and len(mark) < 6:  # Excel's own way to say it; of a tab nothing is left
        separator, text = mark[4:] or "\t", rest
    else:
        separator = ""
    try:
        separator = separator or _separator(text, known)
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=separator != "\t",
                               strict=True))
    except csv.Error as error:
        raise SerReproError(f"{path} is no table of clips ({error}): give one with a row a clip, in quotes what holds "
                            f"a {SEPARATORS.get(separator, separator) or 'separator'}") from error


def _separator(text: str, known: list[str]) -> str:
    """The sign between cells with which the first line names most of the known columns."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(SEPARATORS, key=lambda sign: (
        sum(cell.strip().casefold() in known for cell in next(csv.reader([header], delimiter=sign), [])),
        header.count(sign)))


def _excel(path: Path, content: bytes) -> tuple[list[list[str]], list[str]]:
    """The cells of the first sheet that has any, and a note where there are several."""
    if importlib.util.find_spec("openpyxl") is None:
        raise SerReproError(f"{path} is an Excel file, which is read where the package openpyxl is installed: `pip "
                            f"install openpyxl`, or {_SAVE}")
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets = {sheet.title: [list(map(_cell, row)) for row in sheet.iter_rows(values_only=True)]
                  for sheet in book.worksheets}
    except Exception as error:  # of zip, of XML, and its own
        raise SerReproError(f"{path} can't be read as an Excel file ({type(error).__name__}): save it again, or "
                            f"{_SAVE}") from error
    full = {title: rows for title, rows in sheets.items() if any(map(any, rows))}
    title = next(iter(full), "")
    return full.get(title, []), [f"of its {len(full)} sheets the first, {title!r}, is read"] * (len(full) > 1)


def _cell(value) -> str:
    """A cell of Excel's as it would stand in a CSV file."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _table(path: Path, rows: list[list[str]], known: list[str]) -> pd.DataFrame:
    """Rows of cells under the names that the first of them gives."""
    rows = [[escaping.of_cell(cell.strip()) for cell in row] for row in rows]
    counted = [(number, row) for number, row in enumerate(rows, 1) if any(row)]
    if not counted:
        raise SerReproError(f"{path} is no table of clips (nothing is in it): give one with a row a clip")
    names = [name.casefold() if name.casefold() in known else name for name in counted[0][1]]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise SerReproError(f"{path} has two columns named {twice[0]!r}: give each a name of its own")
    for number, row in counted[1:]:
        if any(row[len(names):]):
            raise SerReproError(f"{printable(path)} has more cells in row {number} than its header has columns: write "
                                'a name that holds a comma in quotes, "so, then.wav"')
    filled = [[*row, *[""] * len(names)][:len(names)] for _, row in counted[1:]]
    table = pd.DataFrame(filled, columns=names, dtype=str)
    return table[[name for name in names if name and not name.startswith("Unnamed: ")]]
