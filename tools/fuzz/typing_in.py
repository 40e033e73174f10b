"""Commands in a process that has imported everything already: a fork of this one, that types one command after another.

Each has a folder of its own, and what it leaves there is looked at. A fork that dies takes one case with it.
"""

import contextlib
import io
import json
import os
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

import cases

SLOW_S = 10  # of the processor: the machine may be busy with something else
HANGS_S = 120
_COMMANDS = ("\x1b", "\x9b", "\u202e")  # texts that command a terminal; a table that goes into a pipe may hold them


class Slow(BaseException):
    """The answer took longer than a person waits."""


def type_in(*words: str, cwd: Path, limit: float = 0) -> tuple[int | str, str, str]:
    """Exit status, or what went wrong, and what was said on both sides, of one command typed in a folder."""
    from ser_repro import cli, datasets

    def late(*_):
        raise Slow

    known, here = dict(datasets.CORPORA), os.getcwd()
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    os.chdir(cwd)
    sys.argv = ["ser-repro", *map(str, words)]
    timers = {signal.ITIMER_PROF: (signal.SIGPROF, limit), signal.ITIMER_REAL: (signal.SIGALRM, HANGS_S * bool(limit))}
    for one, _ in timers.values():
        signal.signal(one, late)
    status: int | str = "no exit"
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            for timer, (_, seconds) in timers.items():
                signal.setitimer(timer, seconds)
            try:
                cli.main()
            finally:
                for timer in timers:
                    signal.setitimer(timer, 0)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else str(end.code)
    except Slow:
        status = f"slower than {limit:g} s"
        err.write(traceback.format_exc())
    except BaseException:
        status = "traceback"
        err.write(traceback.format_exc())
    finally:
        os.chdir(here)
        datasets.CORPORA.clear()
        datasets.CORPORA.update(known)
    return status, *(_text(stream) for stream in (out, err))


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode("utf-8", "replace")


def left(box: Path, temporary: Path) -> list[str]:
    """What a command has left that nobody asked for."""
    hidden = [path for path in box.rglob(".*") if path.name not in (".study.lock", ".demo", ".ser_repro-demo")
              and "." in path.name[1:]]
    return [str(path.relative_to(box)) for path in hidden] + [
        path.name for path in temporary.iterdir() if not path.name.startswith("torchinductor")]  # torch's own


def answer(base: Path, box: Path, seed: int, number: int) -> dict:
    """Make one case, and judge it."""
    temporary = Path(os.environ["TMPDIR"])
    shutil.rmtree(box, ignore_errors=True)
    shutil.copytree(base, box)
    here = os.getcwd()
    os.chdir(box)
    try:
        kind, spoilt, command = cases.one(seed, number)
    finally:
        os.chdir(here)
    before = set(left(box, temporary))
    began = time.process_time()
    status, out, err = type_in(*command, cwd=box, limit=SLOW_S)
    took = time.process_time() - began
    fault = ""
    if status not in (0, 1, 2) or "Traceback" in err + out:
        fault = str(status)
    elif took > SLOW_S:
        fault = f"slow: {took:.0f} s"
    elif status and "ser-repro: " not in err and not out:
        fault = "no reason given"
    elif any(mark in (err if tuple(command[:2]) == ("corpora", "table") else out + err) for mark in _COMMANDS):
        fault = "commands the terminal"
    elif new := sorted(set(left(box, temporary)) - before):
        fault = f"left behind: {', '.join(new)[:200]}"
    return {"case": number, "kind": kind, "spoilt": spoilt, "command": list(command), "status": status,
            "fault": fault, "s": round(took, 2), "said": (err or out)[-1500:] if fault else ""}


def many(base: Path, box: Path, seed: int, numbers: list[int], report: Path) -> None:
    """Make cases in forks of this process, a line of the report each."""
    numbers = list(numbers)
    while numbers:
        process = os.fork()
        if not process:
            with open(report, "a") as file:
                for number in numbers:
                    print(json.dumps(answer(base, box, seed, number)), file=file, flush=True)
            os._exit(0)
        _, ended = os.waitpid(process, 0)
        done = {json.loads(line)["case"] for line in report.read_text().splitlines()} if report.exists() else set()
        numbers = [number for number in numbers if number not in done]
        if numbers and ended:
            with open(report, "a") as file:
                print(json.dumps({"case": numbers[0], "kind": "?", "command": [], "spoilt": "?", "s": 0, "said": "",
                                  "status": ended, "fault": f"the process died ({ended})"}), file=file)
            numbers = numbers[1:]
