"""Run the notebooks that need it with papermill, as chapters of the book: each in a kernel of its own, several at once.

    .venv/bin/python tools/chapters.py          # all that are older than their notebook, the package or the records

A kernel is forked from this process, which has imported what the notebooks import and read the records that they read:
a new process would spend most of a chapter's time on both. On macOS, whose libraries can't be forked, and for anybody
who calls papermill, kernels are new processes; a notebook does not know the difference.

A chapter is put in place when it has run to its end; as far as others got lies in book/_build/running.
"""

import gc
import importlib
import os
import pkgutil
import signal
import sys
import time
import traceback
from pathlib import Path

AT_ONCE = max(2, os.cpu_count() or 1)
CHAPTERS, RUNNING = Path("book/chapters"), Path("book/_build/running")
AT_ONCE_READY = ("data_exploration", "features")  # that read no records: they need not wait until these are read


def stale() -> list[tuple[Path, Path]]:
    """Each notebook that needs to run, with its chapter."""
    # Folders too, as a record that is removed makes no file newer.
    behind = [*Path("ser_repro").rglob("*.py"), *(path for path in Path("results").rglob("*") if path.is_dir()
                                                  or path.name.endswith((".json", ".json.xz", ".csv")))]
    newest = max((path.stat().st_mtime for path in behind), default=0)
    every = [(notebook, CHAPTERS / notebook.name) for notebook in sorted(Path("notebooks").glob("*.ipynb"))]
    return [(notebook, chapter) for notebook, chapter in every if not chapter.exists()
            or chapter.stat().st_mtime < max(newest, notebook.stat().st_mtime)]


def imported() -> None:
    """Import what most notebooks do. Not torch: its threads would not live through a fork."""
    import ipykernel.kernelapp  # noqa: F401
    import matplotlib.backends.backend_pdf
    import matplotlib.pyplot
    import myst_nb  # noqa: F401
    import papermill  # noqa: F401
    import pypdfium2  # noqa: F401

    from ser_repro import book

    for module in pkgutil.walk_packages(book.__path__, "ser_repro.book."):
        importlib.import_module(module.name)
    book.palette.use_theme()
    matplotlib.pyplot.close("all")


def records_read() -> None:
    """Read all records and make the tables of their test clips, which every process forked from here on then has."""
    from ser_repro.runs import found, plans

    for _, record in plans.status(plans.plans(), "results"):
        for corpus in record.get("tested", {"": None}) if record else ():
            found.tested_clips(record, corpus or None)


class Child:
    """A forked kernel, as jupyter_client wants to see a process."""

    stdout = stderr = stdin = None

    def __init__(self, pid: int):
        self.pid, self.code = pid, None

    def poll(self) -> int | None:
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code

    def wait(self) -> int:
        while self.poll() is None:
            time.sleep(0.02)
        return self.code

    def send_signal(self, signum: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


def forked_kernel() -> type:
    """A kernel manager whose kernel is forked now, before the loop and sockets of a client are there, and is told later
    by which sockets to listen."""
    from jupyter_client.manager import AsyncKernelManager

    told, tell = os.pipe()
    driver = os.getpid()
    if not (pid := os.fork()):
        os.close(tell)
        with os.fdopen(told) as pipe:
            connection = pipe.read()
        if connection:  # none where papermill ended before it began
            from ipykernel.kernelapp import IPKernelApp

            os.environ["JPY_PARENT_PID"] = str(driver)
            IPKernelApp.launch_instance(["-f", connection])
        os._exit(0)
    os.close(told)

    class Forked(AsyncKernelManager):
        async def _async_launch_kernel(self, kernel_cmd, **kw):
            self.provisioner.process, self.provisioner.pid = Child(pid), pid
            with os.fdopen(tell, "w") as pipe:
                pipe.write(self.connection_file)
            self._reconcile_connection_info(self.provisioner.connection_info)

    return Forked


def run(notebook: Path, chapter: Path) -> None:
    """Run one notebook, in this process, which is there for it alone."""
    running = RUNNING / chapter.name
    log = os.open(running.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    kernel = {} if sys.platform == "darwin" else {"kernel_manager_class": forked_kernel()}
    import papermill

    # Written at its end, or where it fails: papermill would write all pictures again before and after each cell.
    papermill.execute_notebook(notebook, running, cwd=".", kernel_name="python3", progress_bar=False,
                               request_save_on_cell_execute=False, autosave_cell_every=0, **kernel)
    os.replace(running, chapter)


def started(notebook: Path, chapter: Path) -> int:
    """The process that runs a notebook; it ends with 0 where that ran to its end."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        run(notebook, chapter)
        code = 0
    except BaseException:  # of whatever kind: this process must not go on as its parent would
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> int:
    """Run what is stale; 1 where a notebook failed."""
    waiting, busy, failed = stale(), {}, 0
    if not waiting:
        return 0
    for folder in (CHAPTERS, RUNNING):
        folder.mkdir(parents=True, exist_ok=True)
    sys.path.insert(0, "")  # as in a kernel
    imported()

    def start(notebook: Path, chapter: Path) -> None:
        print(f"running {notebook}", flush=True)
        busy[started(notebook, chapter)] = RUNNING / notebook.name

    waiting.sort(key=lambda one: one[0].stem not in AT_ONCE_READY)
    while waiting and waiting[0][0].stem in AT_ONCE_READY:  # together as long as reading takes
        start(*waiting.pop(0))
    gc.disable()  # a sixth of the time that reading takes goes into looking for garbage, and there is none
    if waiting:
        records_read()
    gc.enable()
    gc.freeze()  # so that no collection of a child's touches, and so copies, what it shares with us
    while waiting or busy:
        while waiting and len(busy) < AT_ONCE:
            start(*waiting.pop(0))
        pid, status = os.wait()
        running = busy.pop(pid)
        if status:
            failed += 1
            print(*running.with_suffix(".log").read_text(errors="replace").splitlines()[-30:], sep="\n")
            print(f"{running.name} failed; as far as it got: {running}", flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
