"""Kills and races: what is left, and found when the command is typed again, is what an unbroken run gives."""

import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

from sound import DOCUMENT, TRAIN
from typing_in import left, type_in

from ser_repro import files

VARIES = ("finished", "train_seconds", "device", "checksum", "arrays_checksum")


def _started(box: Path, *commands: tuple[str, ...]) -> list[int]:
    """Processes, a command each."""
    found = []
    for command in commands:
        process = os.fork()
        if not process:
            status, _, err = type_in(*command, cwd=box)
            if status not in (0, 1) or "Traceback" in err:
                (box / f"fault-{os.getpid()}").write_text(f"{status}\n{err}")
            os._exit(status if isinstance(status, int) else 9)
        found.append(process)
    return found


def result(box: Path) -> dict:
    """What training leaves, without what differs from one making to the next."""
    record = json.loads(next((box / "results" / DOCUMENT).glob("*.json")).read_text())
    kept = {name: value for name, value in record.items() if name not in VARIES}
    return kept | {"weights": files.file_checksum(box / "model" / "model.safetensors"),
                   "model": sorted(path.name for path in (box / "model").iterdir())}


def fresh(base: Path, box: Path) -> None:
    """A copy in which nothing has been prepared or trained."""
    shutil.rmtree(box, ignore_errors=True)
    shutil.copytree(base, box, ignore=shutil.ignore_patterns("cache", "results", "searched", "model", "stored",
                                                                   "demo", "audio"))


def broken(base: Path, box: Path, seed: int, number: int, whole: dict, takes: float, race: bool) -> dict:
    """One kill at a moment drawn by lot, or one race, and the command typed again."""
    rng = random.Random(f"{seed} {'race' if race else 'kill'} {number}")
    fresh(base, box)
    if race:
        others = (TRAIN, ("prepare", "mine.csv", "--document", DOCUMENT, "--cache", "cache"))
        for process in _started(box, TRAIN, rng.choice(others)):
            os.waitpid(process, 0)
    else:
        for _ in range(rng.choice((1, 1, 2))):
            process, = _started(box, TRAIN)
            time.sleep(rng.random() * takes)
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
    files._swept.clear()  # a new start looks in every folder for what was left, and this process is an old one
    status, _, err = type_in(*TRAIN, cwd=box)
    faults = [path.read_text()[-800:] for path in box.glob("fault-*")]
    fault = faults[0] if faults else f"{status}: {err[-800:]}" if status else ""
    if not fault and result(box) != whole:
        fault = f"other than unbroken: {[name for name in whole if result(box).get(name) != whole[name]]}"
    if not fault and (remains := left(box, Path(os.environ["TMPDIR"]))):
        fault = f"left behind: {', '.join(remains)[:200]}"
    return {"case": number, "kind": "race" if race else "kill", "fault": fault, "status": status, "spoilt": "",
            "command": list(TRAIN), "s": 0, "said": ""}


def all_of(base: Path, box: Path, seed: int, kills: int, races: int, report: Path) -> None:
    """Unbroken once, then kills and races, a line of the report each."""
    fresh(base, box)
    began = time.monotonic()
    status, _, err = type_in(*TRAIN, cwd=box)
    takes = time.monotonic() - began
    assert status == 0, err
    whole = result(box)
    with open(report, "a") as file:
        for race, count in ((False, kills), (True, races)):
            for number in range(count):
                print(json.dumps(broken(base, box, seed, number, whole, takes, race)), file=file, flush=True)
