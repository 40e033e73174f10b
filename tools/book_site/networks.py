"""The networks that the page "Try it yourself" runs: exported on another core while Sphinx is at the pages."""

import shutil
import subprocess
import sys
from pathlib import Path

from sphinx.errors import ExtensionError

COMMAND = (sys.executable, str(Path(__file__).parents[1] / "try_it.py"), "networks")
MADE = Path("try/made")  # as the page knows the folder
_running: dict[object, subprocess.Popen] = {}  # application -> what it waits for


def export(app) -> None:
    """Begin; where they are newer than all that they are made of, that is nothing."""
    if app.builder.name == "html":
        _running[app] = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def place(app, failure: Exception | None) -> None:
    """Wait for them and copy them, at the end of a build: Sphinx, which would before it writes the first page, leaves
    them out."""
    if app not in _running:
        return
    told, _ = (process := _running.pop(app)).communicate()
    if process.returncode:
        raise ExtensionError(f"the networks of the page \"Try it yourself\" were not exported:\n{told}")
    if not failure:
        shutil.copytree(Path(app.confdir, "extra", MADE), Path(app.outdir, MADE), dirs_exist_ok=True)
