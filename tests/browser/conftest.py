"""A browser and the built book, served as a reader gets it: from this machine alone."""

import functools
import http.server
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HTML = ROOT / "book/_build/html"
sys.path.insert(0, str(ROOT / "tools"))

from chromium import start  # noqa: E402


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def built():
    """Folder of the built book."""
    if not (HTML / "intro.html").exists():
        pytest.skip("the book is not built: `make book` builds it")
    return HTML


@pytest.fixture(scope="session")
def site(built):
    """Address of the built book, with a slash at its end."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=built)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def chromium(site):
    """Playwright's Chromium, or the system's."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: `make browser` does it")
    with sync_api.sync_playwright() as playwright:
        try:
            browser = start(playwright.chromium)
        except FileNotFoundError as error:
            pytest.skip(str(error))
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A tab of its own, 1280 pixels wide."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    yield context.new_page()
    context.close()
