"""One file to deposit where it gets a DOI: `make archive`.

    python tools/archive.py [ROOT]

build/ser_repro-VERSION.zip holds the code and the records as they are committed, the built book, its PDF where that has
been made, CITATION.cff, and SHA256SUMS of all of it. The same commit and book give the same bytes.
"""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import yaml


def tracked(root: Path) -> Iterator[str]:
    """Files that are committed.

    Raises
    ------
    SystemExit
        In one line, where a committed file has been changed since, or `root` is no repository.
    """
    for words in (["diff", "--quiet", "HEAD"], ["ls-files", "-z"]):
        found = subprocess.run(["git", "-C", root, *words], capture_output=True, text=True)
        if found.returncode:
            sys.exit("archive: commit what has changed first, so that the archive is that of a commit."
                     if found.returncode == 1 else f"archive: {root} is no git repository.")
    yield from filter(None, found.stdout.split("\0"))


def write(root: Path) -> Path:
    """The archive."""
    html, pdf = root / "book/_build/html", root / "book/_build/book.pdf"
    if not (html / "intro.html").exists():
        sys.exit("archive: the book is not built: run `make book` first.")
    files = {f"code/{name}": root / name for name in tracked(root)}
    files |= {f"book/{path.relative_to(html)}": path for path in sorted(html.rglob("*")) if path.is_file()}
    files |= {"book.pdf": pdf} if pdf.exists() else {}
    files["CITATION.cff"] = root / "CITATION.cff"
    version = yaml.safe_load(files["CITATION.cff"].read_text())["version"]
    target = root / f"build/ser_repro-{version}.zip"
    target.parent.mkdir(exist_ok=True)
    partial, sums = target.with_suffix(".part"), []
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as whole:
        for name, path in sorted(files.items()):
            content = path.read_bytes()
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
            whole.writestr(_entry(name), content)
        whole.writestr(_entry("SHA256SUMS"), "".join(sums))
    partial.replace(target)
    return target


def _entry(name: str) -> zipfile.ZipInfo:
    """Without the time, which differs from build to build."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


if __name__ == "__main__":
    made = write(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve())
    print(f"{made}: {made.stat().st_size / 1e6:.0f} MB, sha256 {hashlib.sha256(made.read_bytes()).hexdigest()}")
