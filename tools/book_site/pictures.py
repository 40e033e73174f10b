"""Figures of the chapters: a file each, loaded when it comes into sight, and its drawing (PDF) to download."""

import base64
import functools
import hashlib
import json
import posixpath
import re
from html import escape
from pathlib import Path

from docutils import nodes

EMBEDDED = re.compile(r'<figure class="picture"><img alt="([^"]*)" src="data:image/png;base64,([^"]*)">'
                      r"(?:<figcaption>(.*?)</figcaption>)?</figure>", re.DOTALL)

NARROW = 600
"""Pixels: such a picture can be read on a phone as a whole; a wider one scrolls there."""


@functools.cache
def drawings(folder: str) -> dict[str, bytes]:
    """SHA-256 of a picture -> its drawing, of all notebooks of a folder."""
    found = {}
    for path in sorted(Path(folder).glob("*.ipynb")):
        for cell in json.loads(path.read_text())["cells"]:
            for output in cell.get("outputs", []):
                if drawing := output.get("metadata", {}).get("drawing"):
                    found[drawing["of"]] = base64.b64decode(drawing["pdf"])
    return found


class Place:
    """Where the pictures of a page go: `_images/PAGE-1.png` and `.pdf`, in the order of the page."""

    def __init__(self, app, page: str):
        self.root = posixpath.relpath("_images", posixpath.dirname(page) or ".")
        self.folder, self.stem, self.count = Path(app.outdir, "_images"), posixpath.basename(page), 0
        self.folder.mkdir(parents=True, exist_ok=True)
        self.drawings = drawings(str(Path(app.srcdir, "chapters")))

    def put(self, picture: bytes, alt: str) -> tuple[str, str]:
        """Write a picture and its drawing; gives the HTML of both.

        Parameters
        ----------
        alt : str
            Escaped.
        """
        self.count += 1
        name = f"{self.stem}-{self.count}"
        (self.folder / f"{name}.png").write_bytes(picture)
        width, height = (int.from_bytes(picture[at:at + 4]) for at in (16, 20))  # of the PNG's first chunk
        narrow = ' class="narrow"' if width <= NARROW else ""
        shown = (f'<div class="frame" role="group" tabindex="0" aria-label="Picture {self.count}">'
                 f'<img{narrow} alt="{alt}" src="{self.root}/{name}.png" width="{width}" height="{height}" '
                 'loading="lazy"></div>')
        drawing = self.drawings.get(hashlib.sha256(picture).hexdigest())
        if drawing is None:
            return shown, ""
        (self.folder / f"{name}.pdf").write_bytes(drawing)
        return shown, (f'<a class="drawing" href="{self.root}/{name}.pdf" download '
                       f'aria-label="Picture {self.count} as PDF">PDF</a>')


def place(app, doctree, page: str) -> None:
    """Move the pictures of a page into files; give each a link to its drawing."""
    if app.builder.format != "html":
        return
    to = Place(app, page)

    def embedded(match) -> str:
        alt, coded, caption = match.groups()
        shown, link = to.put(base64.b64decode(coded), alt)
        return (f'<figure class="picture" id="picture-{to.count}">{shown}'
                f"<figcaption>{caption or ''} {link}</figcaption></figure>")

    for node in list(doctree.findall(lambda node: isinstance(node, nodes.raw | nodes.figure))):
        if isinstance(node, nodes.raw):
            if node.get("format") == "html" and EMBEDDED.search(text := node.astext()):
                node.children = [nodes.Text(EMBEDDED.sub(embedded, text))]
                node.rawsource = ""
        elif (image := next(node.findall(nodes.image), None)) and image["uri"].endswith(".png"):
            shown, link = to.put(Path(app.srcdir, image["uri"]).read_bytes(), escape(image.get("alt", "")))
            image.replace_self(nodes.raw("", shown, format="html"))
            node["classes"].append("picture")
            if caption := next(node.findall(nodes.caption), None):
                caption += nodes.raw("", f" {link}", format="html")
