"""The PDF edition: pictures that no screen has shown yet are in it, and its links stay within it."""

import base64
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools/pdf.py"
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
                         "rkJggg==")
PAGE = """<div id="jb-print-docs-body"><div id="jb-print-toc"><h2>On this page</h2></div></div>
<div class="bd-article"><section><h1>Book</h1><a href="chapters/one.html">one</a> <a href="elsewhere.html">none</a>
<div style="height: 20000px"></div><span id="document-chapters/one"></span><section><h2>One</h2>
<img src="there.png" width="90" height="90" loading="lazy"></section></section>
<footer class="colophon"><details><summary>Cite this page</summary></details></footer></div>"""


@pytest.fixture
def source(tmp_path, chromium):
    """A book on one page; skipped where no browser is."""
    (tmp_path / "there.png").write_bytes(PIXEL)
    page = tmp_path / "book.html"
    page.write_text(PAGE)
    return page


def printed(source):
    target = source.with_suffix(".pdf")
    return subprocess.run([sys.executable, TOOL, source, target], capture_output=True, text=True), target


def test_it_has_every_picture_and_no_link_to_a_file(source):
    ended, target = printed(source)
    assert ended.returncode == 0, ended.stderr
    content = target.read_bytes()
    assert b"/Subtype /Image" in content and b"/Dest" in content and b"file:" not in content


def test_a_picture_that_is_not_there_is_an_error(source):
    source.write_text(PAGE.replace("there.png", "gone.png"))
    ended, target = printed(source)
    assert ended.returncode == 1 and "gone.png" in ended.stderr and not target.exists()
