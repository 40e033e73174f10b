"""What publishes the book: the workflows' commands are there, a page can be cited, and an archive is whole."""

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import archive  # noqa: E402
from book_site import colophon, maths  # noqa: E402


def commands(name):
    """Every line that a workflow runs."""
    content = yaml.safe_load((ROOT / name).read_text())
    steps = [step for job in content.get("jobs", {}).values() for step in job["steps"]]
    lines = [step["run"] for step in steps if "run" in step]
    lines += [line for job in content.values() if isinstance(job, dict) for line in job.get("script", [])]
    return [line.strip() for block in lines for line in block.splitlines()]


@pytest.mark.parametrize("name", [".github/workflows/book.yml", ".gitlab-ci.yml"])
def test_a_workflow_runs_only_targets_that_there_are(name):
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text()))
    asked = {target for line in commands(name) if line.startswith("make ") for target in line.split()[1:]}
    assert {"test", "book"} <= asked <= targets
    pages = (ROOT / name).read_text()
    assert "book/_build/html" in pages  # what `make book` builds is what is published


def test_the_page_is_published_from_main_alone():
    job = yaml.safe_load((ROOT / ".github/workflows/book.yml").read_text())["jobs"]["publish"]
    assert "refs/heads/main" in job["if"] and job["needs"] == "build"


@pytest.fixture
def about():
    return {"version": "1.2", "authors": ["A & B"], "repository": "", "commit": "abc1234", "day": "2026-01-02",
            "libraries": "torch 2"}


def test_a_page_says_how_to_cite_it_and_links_to_its_source_where_that_is_known(about):
    told = colophon.foot("chapters/issa", "Issa & <others>", "The 100 % book", about)
    assert "author = {{A \\&amp; B}}" in told and "In &quot;The 100 \\% book&quot;, version 1.2" in told
    assert "<others>" not in told and "<code>notebooks/issa.py</code>" in told and "href" not in told
    assert "Built 2026-01-02 from commit abc1234" in told
    linked = colophon.foot("intro", "Intro", "Book", about | {"repository": "https://example.org/a/b"})
    assert 'href="https://example.org/a/b/blob/abc1234/book/intro.md"' in linked
    assert 'href="https://example.org/a/b/edit/main/book/intro.md"' in linked
    assert "url = {https://example.org/a/b}" in linked


def test_the_foot_tells_of_this_repository(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    colophon.about.cache_clear()
    of = colophon.about(ROOT)
    assert of["day"] == "1970-01-02" and "torch" in of["libraries"]
    for page in ("intro", "chapters/issa"):
        assert (ROOT / colophon.source_of(page)).is_file()
    colophon.about.cache_clear()


@pytest.fixture
def repository(tmp_path):
    """A small one, with a book that has been built."""
    html = tmp_path / "book/_build/html"
    (html / "sub").mkdir(parents=True)
    (html / "intro.html").write_text("<p>hello</p>")
    (html / "sub/x.css").write_text("p {}")
    (tmp_path / "CITATION.cff").write_text("version: 3.1\nauthors: []\n")
    (tmp_path / ".gitignore").write_text("/book/_build/\n/build/\n")
    for words in ("init -q", "add -A", "-c user.name=a -c user.email=a@b commit -qm first"):
        subprocess.run(["git", "-C", tmp_path, *words.split()], check=True)
    return tmp_path


def test_an_archive_holds_code_and_book_with_their_sums_and_is_the_same_twice(repository):
    made = archive.write(repository)
    first = made.read_bytes()
    with zipfile.ZipFile(made) as whole:
        assert set(whole.namelist()) == {"code/CITATION.cff", "code/.gitignore", "book/intro.html", "book/sub/x.css",
                                         "CITATION.cff", "SHA256SUMS"}
        sums = dict(reversed(line.split("  ")) for line in whole.read("SHA256SUMS").decode().splitlines())
        assert sums.keys() == set(whole.namelist()) - {"SHA256SUMS"}
        for name, digest in sums.items():
            assert hashlib.sha256(whole.read(name)).hexdigest() == digest
    assert archive.write(repository).read_bytes() == first


def test_an_archive_of_changed_files_or_without_a_book_is_refused_in_one_line(repository):
    (repository / "CITATION.cff").write_text("version: 3.2\n")
    with pytest.raises(SystemExit, match="commit what has changed first"):
        archive.write(repository)
    (repository / "book/_build/html/intro.html").unlink()
    with pytest.raises(SystemExit, match="run `make book` first"):
        archive.write(repository)


def test_a_formula_is_mathml_with_its_source_at_hand():
    made = maths.mathml(r"a < \frac{1}{k}", "block")
    assert made.startswith('<math alttext="a &lt; \\frac{1}{k}"') and 'display="block"' in made and "<mfrac>" in made
