"""What the build refuses of a page: tools/check_book.py."""

import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("jupytext", reason="the extra `book` is not installed")
sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

import check_book


@pytest.mark.parametrize(("body", "refused"), [
    ("<p><code>study \N{EN DASH}core</code></p>", True),
    ("<code><span>study \N{EM DASH}core</span></code>", True),
    ("<p>1\N{EN DASH}2 <code>study --core</code> 3\N{EM DASH}4</p>", False)])
def test_a_command_keeps_its_hyphens(tmp_path, body, refused):
    page = tmp_path / "page.html"
    page.write_text(body)
    found = list(check_book.check_page(page, tmp_path, re.compile("no path")))
    assert [fault.startswith("page.html has a dash in the code 'study") for fault in found] == [True] * refused
