"""Chromium for what prints and tests the book: Playwright's own, or the system's."""

import shutil
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")  # of the system, where Playwright has none


def start(kind, **options):
    """A browser that runs.

    Parameters
    ----------
    kind : playwright.sync_api.BrowserType
        `playwright.chromium`, or `browser_type` of a browser.
    **options
        As of `BrowserType.launch`.

    Raises
    ------
    FileNotFoundError
        In one line, where there is none.
    """
    own = kind.executable_path
    found = own if Path(own).exists() else next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        raise FileNotFoundError("no Chromium found: run `.venv/bin/playwright install chromium`, or install your "
                                "system's chromium.")
    return kind.launch(executable_path=found, **options)
