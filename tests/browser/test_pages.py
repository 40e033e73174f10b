"""Every page of the built book in a browser: on a screen and on a phone, in the light and in the dark theme.

    make browser

A fault names the page, the width in pixels, the theme and the element.
"""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

WIDTHS, THEMES = (1280, 390), ("light", "dark")
SEVERE = ("serious", "critical")
COLOURS = {"runOnly": ["color-contrast"]}
"""All that the dark theme changes is colours."""


def pages(toc=Path(__file__).parents[2] / "book/_toc.yml") -> list[str]:
    content = yaml.safe_load(toc.read_text())
    return [content["root"], *(chapter["file"] for part in content["parts"] for chapter in part["chapters"]), "search"]


WIDER = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const clipped = e => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
      if (getComputedStyle(p).overflowX !== "visible") return true; return false; };
  const wider = e => e.getBoundingClientRect().right > width + 1 && !clipped(e);
  return [...document.querySelectorAll("body *")].filter(wider).slice(-3)
      .map(e => e.outerHTML.slice(0, 160)).concat(document.documentElement.scrollWidth + " px wide"); }"""
WORDLESS = """() => [...document.querySelectorAll("img:not([alt])")].filter(e => !e.closest("[aria-hidden=true]"))
      .map(e => e.outerHTML.slice(0, 160))"""


@pytest.fixture(scope="session")
def axe():
    package = pytest.importorskip("axe_playwright_python.sync_playwright",
                                  reason="axe is not installed: `make browser` does it")
    return package.Axe()


@pytest.mark.parametrize("name", pages())
def test_a_page_is_whole_at_both_widths_and_in_both_themes(name, site, page, axe):
    faults, where = [], [""]

    def fault(text):
        faults.append(f"{name} {where[0]}: {text}")

    page.on("console", lambda message: fault(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: fault(f"script: {error}"))
    page.on("request", lambda request: None if urlsplit(request.url).netloc in ("", urlsplit(site).netloc)
            else fault(f"asks another server for {request.url}"))
    page.on("response", lambda answer: fault(f"{answer.status} for {answer.url}") if answer.status >= 400 else None)
    page.goto(f"{site}{name}.html")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            where[0] = f"{width} {theme}"
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            page.wait_for_timeout(300)  # colours fade from one theme to the other
            for element in page.evaluate(WIDER):
                fault(f"scrolls sideways: {element}")
            options = {"resultTypes": ["violations"], "preload": False} | (COLOURS if theme == "dark" else {})
            for violation in axe.run(page, options=options).response["violations"]:
                if violation["impact"] in SEVERE:
                    for node in violation["nodes"]:
                        told = "; ".join(one["message"] for one in [*node["any"], *node["all"], *node["none"]])
                        fault(f"{violation['id']}: {node['target'][0]} {node['html'][:120]!r}: {told[:200]}")
    for element in page.evaluate(WORDLESS):
        fault(f"no alternative text: {element}")
    assert not faults, "\n".join(faults)
