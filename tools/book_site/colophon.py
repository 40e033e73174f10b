"""What stands at the foot of every page: how to cite it, where its source is, and what it was built from.

Where the repository is, is said in one place: `repository-code` of CITATION.cff. Without it, a page names its source
file and links to nothing.
"""

import functools
import importlib.metadata
import os
import re
import subprocess
import time
from html import escape
from pathlib import Path

import yaml

LIBRARIES = ("torch", "librosa", "scikit-learn", "jupyter-book")


@functools.cache
def about(root: Path) -> dict:
    """Version, title, repository, commit, day of the build and versions of libraries.

    The day is that of SOURCE_DATE_EPOCH, where it is set, so that a build can be repeated to the byte.
    """
    cff = yaml.safe_load((root / "CITATION.cff").read_text())
    git = subprocess.run(["git", "-C", root, "log", "-1", "--format=%h"], capture_output=True, text=True)
    built = time.gmtime(float(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    return {"version": str(cff["version"]), "authors": [one["name"] for one in cff["authors"]],
            "repository": cff.get("repository-code", "").rstrip("/"), "commit": git.stdout.strip(),
            "day": time.strftime("%Y-%m-%d", built),
            "libraries": ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)}


def source_of(page: str) -> str:
    """The file that a page is made of: of a chapter the py:percent pair of its notebook."""
    return f"notebooks/{page.removeprefix('chapters/')}.py" if page.startswith("chapters/") else f"book/{page}.md"


def bibtex(page: str, title: str, book: str, of: dict) -> str:
    """A page as a BibTeX entry."""
    def safe(text):
        return re.sub(r"([&%$#_])", r"\\\1", text)

    key = "ser_repro_" + page.split("/")[-1]
    where = f"  url = {{{of['repository']}}},\n" if of["repository"] else ""
    return (f"@misc{{{key},\n  author = {{{{{safe(' and '.join(of['authors']))}}}}},\n  title = {{{safe(title)}}},\n"
            f"  howpublished = {{In \"{safe(book)}\", version {of['version']}}},\n{where}"
            f"  year = {{{of['day'][:4]}}}\n}}")


def foot(page: str, title: str, book: str, of: dict) -> str:
    """The HTML below a page."""
    source, at = source_of(page), of["repository"]
    tree = of["commit"] or "HEAD"
    told = (f'<a href="{escape(at)}/blob/{tree}/{source}">{source}</a> '
            f'(<a href="{escape(at)}/edit/main/{source}">edit</a>)' if at else f"<code>{source}</code>")
    commit = (f' from <a href="{escape(at)}/commit/{tree}">{tree}</a>' if at else f" from commit {tree}"
              ) if of["commit"] else ""
    return (f'<footer class="colophon"><details><summary>Cite this page</summary>'
            f"<pre>{escape(bibtex(page, title, book, of))}</pre></details>"
            f'<p>Source: {told}. Built {of["day"]}{commit}; ser_repro {escape(of["version"])}, '
            f'{escape(of["libraries"])}.</p></footer>')


def place(app, page: str, template: str, context: dict, doctree) -> None:
    """Put it below the text of a page that has some."""
    if doctree is None or "body" not in context:
        return
    title = re.sub(r"<[^>]+>", "", context.get("title", page))
    context["body"] += foot(page, title, app.config.html_title, about(Path(app.srcdir).parent))
