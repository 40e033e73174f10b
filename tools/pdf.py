"""The book as one PDF on A4: `make pdf`.

    python tools/pdf.py SINGLE_PAGE OUT.pdf

SINGLE_PAGE is what `jupyter-book build book --builder singlehtml` makes: the whole book on one page, so that links
between chapters stay links. Chromium prints it, with bookmarks of its headings; what only a screen can use is left out
by the print rules of book/_static/book.css. Chromium is Playwright's own, or the system's.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")  # of the system, where Playwright has none
MARGINS = {"top": "18mm", "bottom": "18mm", "left": "16mm", "right": "16mm"}
_SMALL = "font-size:8px; width:100%; text-align:center; color:#555; font-family:sans-serif"
FOOTER = f'<div style="{_SMALL}"><span class="pageNumber"></span> / <span class="totalPages"></span></div>'


def browser_of(playwright):
    """Chromium, started: the one that Playwright brought, else the system's.

    Raises
    ------
    SystemExit
        In one line, where there is none.
    """
    try:
        return playwright.chromium.launch()
    except Error:
        found = next(filter(None, map(shutil.which, BROWSERS)), None)
        if not found:
            sys.exit("no Chromium found: `.venv/bin/playwright install chromium`, or install your system's chromium.")
        return playwright.chromium.launch(executable_path=found)


def write(source: Path, target: Path) -> int:
    """Print a page; the number of bytes written."""
    with sync_playwright() as playwright:
        browser = browser_of(playwright)
        page = browser.new_page(color_scheme="light")
        page.set_default_timeout(600_000)  # ms: a slow machine lays out some hundred pages
        page.goto(source.resolve().as_uri(), wait_until="load")
        page.emulate_media(media="print")
        page.evaluate("document.documentElement.dataset.theme = 'light'")
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
    size = write(Path(sys.argv[1]), Path(sys.argv[2]))
    print(f"{sys.argv[2]}: {size / 1e6:.1f} MB")
