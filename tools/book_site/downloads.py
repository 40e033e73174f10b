"""Files to take along: tables as CSV and BibTeX, and all records in one archive; and what sorts the tables."""

import base64
import functools
import gzip
import json
import re
import shutil
import zipfile
from importlib.util import find_spec
from pathlib import Path

from docutils import nodes

BUNDLE = "dt_bundle.js"
"""DataTables, as itables ships it for pages without a network."""


@functools.cache
def carried(notebook: Path) -> list[dict]:
    """Metadata of the outputs of a notebook."""
    return [output["metadata"] for cell in json.loads(notebook.read_text())["cells"]
            for output in cell.get("outputs", []) if output.get("metadata")]


def write(app, doctree, page: str) -> None:
    """Write the files that the tables of a page name."""
    notebook = Path(app.env.doc2path(page))
    if app.builder.format != "html" or notebook.suffix != ".ipynb":
        return
    folder = Path(app.outdir, "_downloads")
    folder.mkdir(exist_ok=True)
    sorts = False
    for metadata in carried(notebook):
        for name, packed in metadata.get("files", {}).items():
            (folder / name).write_bytes(gzip.decompress(base64.b64decode(packed)))
        if told := metadata.get("citation"):
            (folder / f"{told['name']}.bib").write_text(citation(app, page, **told))
        sorts |= "citation" in metadata or "sorts" in metadata
    if sorts:
        itables = find_spec("itables").submodule_search_locations[0]  # to import it takes seconds

        to = Path(app.outdir, "_static/tables.js")
        if not to.exists():
            shutil.copy(Path(itables, "html", BUNDLE), to)
        doctree += nodes.raw("", '<span id="tables-script" data-address="../_static/tables.js" hidden></span>',
                             format="html")


def citation(app, page: str, name: str, title: str, keys: list[str]) -> str:
    """BibTeX of a table, and of what it speaks of; pages have keys of their own (`colophon.bibtex`)."""
    bib = Path(app.srcdir, app.config.bibtex_bibfiles[0]).read_text()
    entries = dict(re.findall(r"(?ms)^(?=@\w+\{([^,]+),)(.*?^\})", bib))
    book = re.sub(r"([&%$#_])", r"\\\1", app.config.html_title)
    author = re.sub(r"([&%$#_])", r"\\\1", app.config.author)
    own = (f"@misc{{ser_repro_table_{name},\n  author = {{{{{author}}}}},\n"
           f"  title = {{{title.rstrip('.')}}},\n"
           f"  howpublished = {{Table {name} on page {page} of \"{book}\"}},\n"
           f"  year = {{{app.config.copyright}}}\n}}\n")
    return "\n".join([own, *(entries[key] + "\n" for key in keys)])


def archive(app, failure) -> None:
    """All records in one archive, the same bytes from the same records."""
    results = Path(app.srcdir).parent / "results"
    if failure or app.builder.format != "html" or not results.is_dir():
        return
    to = Path(app.outdir, "_downloads", "records.zip")
    to.parent.mkdir(exist_ok=True)
    files = {str(Path("results", path.relative_to(results))): path
             for path in sorted(results.rglob("*")) if path.is_file() and not path.name.startswith(".")}
    newest = max((path.stat().st_mtime for path in files.values()), default=0)
    if to.exists() and to.stat().st_mtime > newest and held(to) == list(files):
        return
    with zipfile.ZipFile(to, "w", compresslevel=6) as whole:
        for name, path in files.items():
            entry = zipfile.ZipInfo(name)
            stored = path.suffix in (".xz", ".safetensors", ".npz")
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            whole.writestr(entry, path.read_bytes())


def held(file: Path) -> list[str]:
    """What an archive holds; nothing where a build was stopped while it wrote."""
    try:
        with zipfile.ZipFile(file) as whole:
            return whole.namelist()
    except zipfile.BadZipFile:
        return []
