"""What a notebook shows and hands to the prose: tables, banners, lines of text, glued values and pictures."""

import base64
import warnings
from dataclasses import dataclass
from io import BytesIO

import pandas as pd

from ser_repro.escaping import html

PAGE_WIDTH = 85  # in characters of a table
SYNTHETIC = "synthetic: not a result"

warnings.filterwarnings("ignore", message="IProgress not found")  # it would print a path of this machine


@dataclass(frozen=True, order=True)
class Html:
    """A cell, or the head of a column, that is HTML; whoever makes it escapes what comes from elsewhere."""

    code: str

    def __str__(self) -> str:
        return self.code


def banner(text: str = SYNTHETIC) -> None:
    """Show a line that can't be missed, above figures that are no results."""
    from IPython.display import HTML, display

    display(HTML(f'<div class="synthetic" role="alert">{html(text)}</div>'))


def text(markdown: str | list[str]) -> None:
    """Show Markdown, of several lines as a list."""
    from IPython.display import Markdown, display

    display(Markdown(markdown if isinstance(markdown, str) else "\n".join(f"- {line}" for line in markdown)))


def table(rows: pd.DataFrame | list[dict], *, index: bool = False, formats: dict | None = None, long: bool = False,
          empty: str = "*Nothing has been run yet.*") -> None:
    """Show a table that scrolls in its own box, so that a wide one leaves the page readable.

    Cells are text, or `Html`; they wrap where the table would be wider than a page. A `long` table keeps a row to a
    line, and scrolls both ways: one of hundreds of rows takes no more of the page than a short one. Without a row it
    says `empty`.
    """
    from IPython.display import HTML, display

    rows = pd.DataFrame(rows)
    if rows.empty:
        return text(empty)
    width = sum(2 + max(len(str(name)), rows[name].astype(str).str.len().max()) for name in rows)
    rows = rows.rename(columns=_code).map(_code)
    rows = rows.replace(r"(\S+) % \[(\S+), (\S+);", r"\1&nbsp;% [\2,&nbsp;\3;", regex=True)  # a score's halves
    page = rows.to_html(index=index, border=0, justify="left", formatters=formats or {}, escape=False,
                        classes="compact wordy" if width > PAGE_WIDTH and not long else "compact")
    display(HTML(f'<div class="scroll">{page}</div>'))


def _code(cell):
    """The HTML of a cell; numbers are left to pandas."""
    return html(cell) if isinstance(cell, str) else cell.code if isinstance(cell, Html) else cell


def picture(figure, alt: str = "") -> None:
    """Show a figure, and let go of it.

    Parameters
    ----------
    alt : str, optional
        For those who do not see it; needed where a cell shows several, as MyST-NB has one text a cell.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    if alt:
        display(embedded(figure, alt))
    else:
        plt.show()
        plt.close(figure)


def say(key: str, value) -> None:
    """Glue a text for the prose of this and other pages."""
    from myst_nb import glue

    glue(key, str(value), display=False)


def embedded(figure, alt: str):
    """A figure as HTML, with a text for those who do not see it; and let go of it."""
    import matplotlib.pyplot as plt
    from IPython.display import HTML

    out = BytesIO()
    figure.savefig(out, format="png", dpi="figure", bbox_inches="tight")
    plt.close(figure)
    source = base64.b64encode(out.getvalue()).decode()
    return HTML(f'<img alt="{html(alt)}" src="data:image/png;base64,{source}">')


def html_block(code: str, key: str = "") -> None:
    """Show HTML, whose maker has escaped what comes from elsewhere; with a key, glue it for other pages instead."""
    from IPython.display import HTML, display
    from myst_nb import glue

    if key:
        glue(key, HTML(code), display=False)
    else:
        display(HTML(code))


def draw(key: str, figure, elsewhere: str = "") -> None:
    """Glue a figure: the prose places it, with a caption and a text for those who do not see it.

    Parameters
    ----------
    elsewhere : str, optional
        That text for other pages, which get the figure as KEY_elsewhere: MyST-NB takes none from them.
    """
    import matplotlib.pyplot as plt
    from myst_nb import glue

    if elsewhere:
        glue(f"{key}_elsewhere", embedded(figure, elsewhere), display=False)
    glue(key, figure, display=False)  # shown where the prose places it, and only there
    plt.close(figure)
