"""Texts from elsewhere (names of files, what a record or a table says) on their way out: one function an exit.

None of them may act there: as a tag or a link of a page, as a command to a terminal, or as a formula in a spreadsheet.
"""

import html as _html
import re

_CONTROL = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_UNPRINTABLE = re.compile(f"[{_CONTROL}]")  # line breaks and tabs apart; what turns the direction of text included
_MARKS = re.compile(r"[^\w\s.,:;()/+%@=·-]")
_FORMULA = tuple("=+-@\t\r＝＋－＠")


def html(text) -> str:
    """As text of a page, or in the quotes of an attribute."""
    return _html.escape(str(text))


def markdown(text) -> str:
    """As text of a page that is written in Markdown, in one line."""
    return _MARKS.sub(lambda mark: f"&#{ord(mark[0])};", " ".join(str(text).split()))


def terminal(text) -> str:
    """To be read on a terminal: what would command it, as \\x1b; lines stay lines."""
    return _UNPRINTABLE.sub(lambda one: one[0].encode("unicode_escape", "backslashreplace").decode(), str(text))


def json_text(text: str) -> str:
    """JSON to be read on a terminal: the same JSON, with \\u001b for what would command it."""
    return _UNPRINTABLE.sub(lambda one: f"\\u{ord(one[0]):04x}", text)


def cell(value):
    """A cell of a CSV file that a spreadsheet takes for text: behind ' where it would be a formula.

    Numbers stay numbers, negative ones too.
    """
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def of_cell(text: str) -> str:
    """What `cell` was given, of what it made of it."""
    return text[1:] if text.startswith(tuple(f"'{mark}" for mark in _FORMULA)) else text


def path_cell(path: str) -> str:
    """The cell of a relative path, which stays one: behind ./ where it would be a formula."""
    return f"./{path}" if path.startswith(_FORMULA) else path
