"""How a book's notebooks become its chapters: tools/chapters.py."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
pytest.importorskip("papermill")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kernels are forked")


def notebook(path, *cells):
    path.parent.mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}), path)


def run(folder):
    return subprocess.run([sys.executable, ROOT / "tools/chapters.py"], cwd=folder, capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=300)


def printed(path):
    return [output["text"] for cell in nbformat.read(path, 4).cells
            for output in cell.get("outputs", ()) if "text" in output]


def test_each_notebook_has_a_kernel_of_its_own_and_one_that_fails_is_told_and_run_again(tmp_path):
    chapters, running = tmp_path / "book/chapters", tmp_path / "book/_build/running"
    notebook(tmp_path / "notebooks/first.ipynb", "import os, sys\nseen = 'seen here'\nprint(seen)",
             "print('ser_repro.book.page' in sys.modules)")
    notebook(tmp_path / "notebooks/second.ipynb", "print('as far as it got')", "seen")  # that of another kernel
    once = run(tmp_path)
    assert once.returncode == 1, once.stdout + once.stderr
    assert printed(chapters / "first.ipynb") == ["seen here\n", "True\n"]
    assert not (chapters / "second.ipynb").exists()
    assert printed(running / "second.ipynb")[-1] == "as far as it got\n"
    assert "name 'seen' is not defined" in once.stdout and "second.ipynb failed" in once.stdout

    notebook(tmp_path / "notebooks/second.ipynb", "print('mended')")
    again = run(tmp_path)
    assert again.returncode == 0 and again.stdout.splitlines() == ["running notebooks/second.ipynb"]
    assert printed(chapters / "second.ipynb") == ["mended\n"]
    assert run(tmp_path).stdout == ""


def test_chapters_run_again_where_the_package_or_a_record_is_newer_or_a_record_is_gone(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import chapters

    monkeypatch.chdir(tmp_path)
    for name in ("notebooks/a.ipynb", "book/chapters/a.ipynb", "ser_repro/b.py", "results/d/c.json"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    paths = [*tmp_path.rglob("*")]

    def stale_after(newer):
        for path in paths:
            if path.exists():
                os.utime(path, (1000, 1000))
        os.utime("book/chapters/a.ipynb", (2000, 2000))
        if newer:
            os.utime(newer, (3000, 3000))
        return bool(chapters.stale())

    assert not stale_after(None)
    assert all(map(stale_after, ("notebooks/a.ipynb", "ser_repro/b.py", "results/d/c.json", "results/d")))
    assert not stale_after("book/chapters/a.ipynb")
    Path("book/chapters/a.ipynb").unlink()
    assert [str(notebook) for notebook, _ in chapters.stale()] == ["notebooks/a.ipynb"]
