"""What a notebook shows and hands to the prose: tables, banners, lines of text, glued values and pictures."""

import base64
import hashlib
import re
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
    """Show Markdown, of several lines as a list; nothing where there are none."""
    from IPython.display import Markdown, display

    if not markdown:
        return
    display(Markdown(markdown if isinstance(markdown, str) else "\n".join(f"- {line}" for line in markdown)))


def table(rows: pd.DataFrame | list[dict], *, index: bool = False, formats: dict | None = None, long: bool = False,
          empty: str = "*Nothing has been run yet.*") -> None:
    """Show a table that scrolls in its own box, so that a wide one leaves the page readable.

    Cells are text, or `Html`; they wrap where the table would be wider than a page. A `long` table
    scrolls both ways, and on a phone keeps a row to a line: one of hundreds of rows takes no more of the page than a
    short one. Without a row it says `empty`.
    """
    from IPython.display import HTML, display

    rows = pd.DataFrame(rows)
    if rows.empty:
        return text(empty)
    width = sum(2 + max(len(str(name)), rows[name].astype(str).str.len().max()) for name in rows)
    label = html(f"Table: {', '.join(map(str, rows))}")
    if "corpus" in rows:
        rows["corpus"] = rows["corpus"].map(_whole)
    rows = rows.rename(columns=_code).map(_code)
    rows = rows.replace(r"(\S+) % \[(\S+), (\S+);", r"\1&nbsp;% [\2,&nbsp;\3;", regex=True)  # a score's halves
    page = rows.to_html(index=index, border=0, justify="left", formatters=formats or {}, escape=False,
                        classes="compact wordy" if width > PAGE_WIDTH and not long else "compact")
    page = page.replace("<th></th>", "<td></td>")  # a head without words is none
    display(HTML(f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">{page}</div>'))


def _whole(cell):
    """A name that no line ends within: CREMA-D."""
    return Html(f'<span class="whole">{html(cell)}</span>') if isinstance(cell, str) else cell


def _code(cell):
    """The HTML of a cell; numbers are left to pandas."""
    return html(cell) if isinstance(cell, str) else cell.code if isinstance(cell, Html) else cell


def picture(figure, alt: str, caption: str = "") -> None:
    """Show a figure, and let go of it.

    Parameters
    ----------
    alt : str
        For those who do not see it.
    caption : str, optional
        Stands under it; Markdown's `code` and [links](address) are all that it may hold.
    """
    from IPython.display import display

    coded, metadata = _saved(figure)
    display({"text/html": _framed(coded, alt, caption), "text/plain": alt}, raw=True, metadata=metadata)


def say(key: str, value) -> None:
    """Glue a text for the prose of this and other pages."""
    from myst_nb import glue

    glue(key, str(value), display=False)


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
    from myst_nb import glue

    coded, metadata = _saved(figure)
    if elsewhere:
        glue(f"{key}_elsewhere", _Bundle({"text/html": _framed(coded, elsewhere)}, metadata), display=False)
    glue(key, _Bundle({"image/png": coded}, metadata), display=False)


@dataclass(frozen=True)
class _Bundle:
    """What IPython shows of a figure."""

    data: dict
    metadata: dict

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        return self.data, self.metadata


def _saved(figure) -> tuple[str, dict]:
    """A figure as PNG in base64; its drawing (PDF) as metadata, which tools/book_site offers to download; and let go of
    it."""
    import matplotlib.pyplot as plt

    # Laid out and measured once: left to itself each way of saving would do both anew, after a drawing of its own.
    if layout := figure.get_layout_engine():
        layout.execute(figure)
        figure.set_layout_engine(None)
    box = figure.get_tightbbox().padded(0.1)
    written = BytesIO()
    figure.savefig(written, format="pdf", bbox_inches=box, metadata={"CreationDate": None})
    plt.close(figure)
    drawing = written.getvalue()
    picture = _rasterised(drawing, figure.dpi)
    return base64.b64encode(picture).decode(), {"drawing": {"of": hashlib.sha256(picture).hexdigest(),
                                                            "pdf": base64.b64encode(drawing).decode()}}


def _rasterised(drawing: bytes, dpi: float) -> bytes:
    """The page of a PDF as PNG: a tenth of the time that matplotlib would take to draw the figure once more."""
    import pypdfium2

    with pypdfium2.PdfDocument(drawing) as document:
        image = document[0].render(scale=dpi / 72).to_pil()
    written = BytesIO()
    # Packed quickly: a few per cent larger, and a book has over a hundred.
    image.save(written, "PNG", compress_level=1)
    return written.getvalue()


def figure(code: str, caption: str, kind: str, words: str, download: str = "") -> None:
    """Show HTML as a figure with its caption, in a box that scrolls where it is too wide.

    Parameters
    ----------
    code : str
        Whose maker has escaped what comes from elsewhere.
    caption : str
        As that of `picture`.
    kind : str
        Its class, for book.css.
    words : str
        What it is, for those who do not see it.
    download : str, optional
        HTML of a link, behind the caption.
    """
    from IPython.display import display

    box = f'<div class="panels scroll" role="region" tabindex="0" aria-label="{html(words)}">{code}</div>'
    display({"text/html": f'<figure class="{kind}">{box}{_caption(caption, download)}</figure>',
             "text/plain": words}, raw=True)


def _framed(coded: str, alt: str, caption: str = "") -> str:
    """HTML of a picture with its caption."""
    return (f'<figure class="picture"><img alt="{html(alt)}" src="data:image/png;base64,{coded}">'
            f"{_caption(caption)}</figure>")


def _caption(caption: str, behind: str = "") -> str:
    """HTML of a caption and what stands behind it; nothing of none."""
    if not caption:
        return ""
    code = re.sub(r"`([^`]+)`", r"<code>\1</code>", html(caption))
    code = re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", r'<a href="\2">\1</a>', code)
    return f"<figcaption>{code} {behind}</figcaption>" if behind else f"<figcaption>{code}</figcaption>"
