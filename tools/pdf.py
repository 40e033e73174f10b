"""The book as one PDF on A4: `make pdf`.

    python tools/pdf.py SINGLE_PAGE OUT.pdf

SINGLE_PAGE is what `jupyter-book build book --builder singlehtml` makes: the whole book on one page, so that links
between chapters stay links. Chromium prints it, with bookmarks of its headings; what only a screen can use is left out
by the print rules of book/_static/book.css. Chromium is Playwright's own, or the system's.
"""

import sys
from pathlib import Path

from chromium import start
from playwright.sync_api import sync_playwright

PREPARE = (Path(__file__).parent / "pdf.js").read_text()
MARGINS = {"top": "18mm", "bottom": "18mm", "left": "16mm", "right": "16mm"}
WIDTH = round((210 - 32) / 25.4 * 96)  # px, of A4 between the margins
_SMALL = "font-size:8px; width:100%; text-align:center; color:#555; font-family:sans-serif"
FOOTER = f'<div style="{_SMALL}"><span class="pageNumber"></span> / <span class="totalPages"></span></div>'


def write(source: Path, target: Path) -> int:
    """Print a page; the number of bytes written."""
    with sync_playwright() as playwright:
        browser = start(playwright.chromium)
        page = browser.new_page(color_scheme="light", viewport={"width": WIDTH, "height": 1000})
        page.set_default_timeout(600_000)  # ms: a slow machine lays out some hundred pages
        page.goto(source.resolve().as_uri(), wait_until="load")
        page.emulate_media(media="print")
        if lacking := page.evaluate(PREPARE):
            sys.exit(f"{source}: pictures that can't be loaded: {', '.join(lacking)}")
        content = page.pdf(format="A4", margin=MARGINS, outline=True, tagged=True, print_background=True,
                           display_header_footer=True, header_template="<span></span>", footer_template=FOOTER)
        browser.close()
    partial = target.with_suffix(".part")
    partial.write_bytes(content)
    partial.replace(target)
    return len(content)


if __name__ == "__main__":
    if len(sys.argv) != 3 or not Path(sys.argv[1]).is_file():
        sys.exit("usage: python tools/pdf.py SINGLE_PAGE OUT.pdf; `make pdf` makes both")
    try:
        size = write(Path(sys.argv[1]), Path(sys.argv[2]))
    except FileNotFoundError as error:
        sys.exit(str(error))
    print(f"{sys.argv[2]}: {size / 1e6:.1f} MB")
