"""Check the built book: what `jupyter-book build -W` lets pass.

    python tools/check_book.py [ROOT]

Every page of the table of contents is there; no page or chapter holds a traceback; the chapters ran the cells of
notebooks/, and those are what their py:percent pairs say; no page tells a path of the machine it was built on, points
at a file that is not there, loads a script or a style from another server, has a picture without words for those who
do not see it, or a dash in <code> where a command has hyphens; and no two pictures of the book have the same words. A
fault is a line, and exit status 1.
"""

import functools
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jupytext
import nbformat
import yaml

TRACEBACK = "Traceback (most recent call last)"
HOMES = r"/(?:home|Users)/[^/\s\"'<>&]+|/root\b|/private/var\b|/tmp/|[A-Z]:\\+Users\\+"


class Links(HTMLParser):
    """What a page refers to: (tag, address) of every link; pictures and their words, and those that have none; and what
    of its code has dashes."""

    def __init__(self, text: str):
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.pictures: list[tuple[str, str]] = []
        self.wordless: list[str] = []
        self.dashed: list[str] = []
        self._code = 0  # <code> that is open
        self.feed(text)

    def handle_endtag(self, tag):
        self._code -= tag == "code"

    def handle_data(self, data):
        if self._code and ("\N{EN DASH}" in data or "\N{EM DASH}" in data):
            self.dashed.append(data.strip())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self._code += tag == "code"
        if tag == "img" and attrs.get("alt") in (None, attrs.get("src")):  # alt="" is an ornament's
            self.wordless.append(attrs.get("src"))
        elif tag == "img" and attrs["alt"]:
            self.pictures.append((attrs["src"], attrs["alt"]))
        address = attrs.get("href") if tag in ("a", "link") else attrs.get("src")
        if address and not (tag == "link" and attrs.get("rel") in ("canonical", "search", "index", "next", "prev")):
            self.found.append((tag, address))


@functools.cache
def links(page: Path) -> Links:
    """Of a built page, which several checks ask for."""
    return Links(page.read_text())


def toc_pages(toc: dict) -> Iterator[str]:
    """Names of the pages of a table of contents, without ending."""
    for key in ("root", "file"):
        if key in toc:
            yield toc[key]
    for key in ("parts", "chapters", "sections"):
        for entry in toc.get(key, []):
            yield from toc_pages(entry)


def code(notebook) -> list[str]:
    """Sources of the code cells, but for the one that papermill injects."""
    return [cell.source.rstrip() for cell in notebook.cells
            if cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", [])]


def check_pair(source: Path) -> Iterator[str]:
    """The notebook against its py:percent pair."""
    pair = source.with_suffix(".py")
    if not pair.exists():
        yield f"{source.name}: no {pair.name} beside it; run `make notebooks`"
        return
    ours, theirs = nbformat.read(source, 4), jupytext.read(pair)
    said = [[(cell.cell_type, cell.source.rstrip()) for cell in notebook.cells] for notebook in (ours, theirs)]
    if said[0] != said[1]:
        yield f"{source.name} and {pair.name} differ; run `make notebooks`"
    if any(cell.get("outputs") for cell in ours.cells):
        yield f"{source.name} holds outputs: they belong in book/chapters/"


def check_chapter(chapter: Path, source: Path) -> Iterator[str]:
    """An executed notebook against its source."""
    executed = nbformat.read(chapter, 4)
    if not source.exists():
        yield f"{chapter.name}: no notebook of that name in notebooks/"
    elif code(executed) != code(nbformat.read(source, 4)):
        yield f"chapters/{chapter.name} ran other cells than notebooks/{source.name} has; run `make book` again"
    for number, cell in enumerate(executed.cells):
        if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
            yield f"{chapter.name}: cell {number} was not run"
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                yield f"{chapter.name}: cell {number} ended with {output.ename}: {output.evalue}"


def check_page(page: Path, html: Path, machine: re.Pattern) -> Iterator[str]:
    """A built page: tracebacks, paths, dead links, other servers, pictures without words, dashes in code."""
    name, text = page.relative_to(html), page.read_text()
    if TRACEBACK in text:
        yield f"{name} shows a traceback"
    for path in sorted(set(machine.findall(text))):
        yield f"{name} tells a path of a machine: {path}"
    told = links(page)
    for picture in told.wordless:
        yield f"{name} shows {picture} without words: book.picture(figure, alt) takes them"
    for command in told.dashed:
        yield f"{name} has a dash in the code {command!r}: write it between backticks, which leave hyphens alone"
    for tag, address in told.found:
        url = urlsplit(address)
        if url.netloc:
            if tag != "a":
                yield f"{name} loads <{tag}> from {url.netloc}"
        elif url.path and url.scheme in ("", "file"):
            target = page.parent / unquote(url.path)
            if url.scheme == "file" or not target.exists():
                yield f"{name} points at {address}, which is not there"
    for script in re.findall(r"<script\b[^>]*>(.*?)</script>", text, re.DOTALL):
        for server in set(re.findall(r"https?://([\w.-]+)[^\s\"'`]*\.m?js\b", script)):
            yield f"{name} holds a script that names one on {server}"


def check_words(html: Path) -> Iterator[str]:
    """Pictures of the whole book that differ and have the same words."""
    seen: dict[str, tuple[bytes, str]] = {}
    for page in sorted(html.rglob("*.html")):
        for address, words in links(page).pictures if "_static" not in page.relative_to(html).parts else ():
            url = urlsplit(address)
            picture = page.parent / unquote(url.path)
            if not url.scheme and picture.is_file():
                name = f"{picture.name} of {page.relative_to(html)}"
                known, first = seen.setdefault(words, (picture.read_bytes(), name))
                if known != picture.read_bytes():
                    yield f"{first} and {name} have the same words: {words[:80]}"


def faults(root: Path) -> Iterator[str]:
    """All faults of the book built under the repository `root`."""
    html, chapters, notebooks = root / "book/_build/html", root / "book/chapters", root / "notebooks"
    pages = list(toc_pages(yaml.safe_load((root / "book/_toc.yml").read_text())))
    for page in pages:
        if not (html / f"{page}.html").exists():
            yield f"{page}.html is in the table of contents and was not built"
    for source in sorted(notebooks.glob("*.ipynb")):
        yield from check_pair(source)
        if f"chapters/{source.stem}" not in pages:
            yield f"{source.name} is not in the table of contents"
    for chapter in sorted(chapters.glob("*.ipynb")):
        yield from check_chapter(chapter, notebooks / chapter.name)
    own = [str(p) for p in (root, Path.home()) if len(p.parts) > 1]
    machine = re.compile("|".join([*(rf"(?<![\w.-]){re.escape(p)}\b" for p in own), rf"(?<![\w.:/-])(?:{HOMES})"]))
    for page in sorted(html.rglob("*.html")):
        if "_static" not in page.relative_to(html).parts:
            yield from check_page(page, html, machine)
    yield from check_words(html)


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    found = list(faults(root))
    for fault in found:
        print(f"check_book: {fault}", file=sys.stderr)
    count = len(list((root / "book/_build/html").rglob("*.html")))
    print(f"check_book: {count} pages, {len(found)} fault{'s' if len(found) != 1 else ''}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
