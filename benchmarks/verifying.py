"""What verifying costs: training and the chapters of the book with and without.

    python benchmarks/verifying.py path/to/corpora

Verified before a run trains: size and times of every audio file, and the checksums of the arrays made of them (XXH3,
of what is mapped into memory anyway). Verified of a record that is read: its checksum (SHA-256 of its JSON), and by
schema, split and clips that what it says can be. Without, the same commands are run with these functions taken out.
Both in turn, each in a process of its own, on one thread; processor time counts, which others disturb less, and of it
the least of the repetitions.

    train      `ser-repro train cnn_n_gru RAVDESS --n 3 --epochs 1`, its arrays (168 MB) prepared before
    chapters   tools/chapters.py, all chapters: what `make book` runs before Sphinx; it reads the records once for all
    records    all records of results/, read one after the other
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]

PRELUDE = """
import runpy, sys, warnings
warnings.simplefilter("ignore")
import matplotlib
matplotlib.use("Agg")
"""
WITHOUT = """
from ser_repro.features import arrays
from ser_repro.runs import records, schema
arrays._verify = lambda folder, meta: None
arrays._fingerprint = lambda clips, memory, again: __import__("json").loads(next(
    memory.parents[1].glob("arrays/*/meta.json")).read_text())["fingerprint"]
schema.check_record = lambda record: None
checksum = records.checksum
records.checksum = lambda content: content.get("checksum") or checksum(content)
"""
TRAIN = """
from ser_repro.cli import main
sys.argv = ["ser-repro", "train", "cnn_n_gru", "RAVDESS", "--n", "3", "--epochs", "1", "--device", "cpu",
            "--data", {data!r}, "--cache", {cache!r}, "--results", {here!r}, "--model", {here!r} + "/model"]
main()
"""
CHAPTERS = """
sys.path.insert(0, "tools")
import chapters
from pathlib import Path
chapters.CHAPTERS = chapters.RUNNING = Path({here!r})
sys.exit(chapters.main())
"""
RECORDS = """
from ser_repro.runs import records
for path in records.files("results"):
    records.read(path)
"""


def seconds(code: str) -> float:
    """Of a processor that a process takes for a code."""
    before = os.times()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          env=os.environ | {"OMP_NUM_THREADS": "1"})
    after = os.times()
    took = after.children_user + after.children_system - before.children_user - before.children_system
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return took


def compared(work: str, repetitions: int, before) -> tuple[float, float]:
    """Seconds with and without verifying, in turn."""
    best = [float("inf")] * 2
    for _ in range(repetitions):
        for i, code in enumerate((PRELUDE + work, PRELUDE + WITHOUT + work)):
            before()
            best[i] = min(best[i], seconds(code))
    return best[0], best[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="folder that holds RAVDESS")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--cache", help="where arrays are, or are to be, prepared; by default a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cache, here = Path(arguments.cache or Path(folder) / "cache"), Path(folder) / "made"
        subprocess.run([sys.executable, "-m", "ser_repro.cli", "prepare", "RAVDESS", "--document", "cnn_n_gru",
                        "--data", arguments.data, "--cache", cache], cwd=ROOT, check=True)

        def afresh():
            shutil.rmtree(here, ignore_errors=True)
            shutil.rmtree(cache / "runs", ignore_errors=True)

        train = TRAIN.format(data=arguments.data, cache=str(cache), here=str(here))
        works = {"records": (RECORDS, lambda: None), "train": (train, afresh),
                 "chapters": (CHAPTERS.format(here=str(here)), afresh)}
        print("what     with s  without s  difference s")
        for name, (work, before) in works.items():
            both = compared(work, arguments.repetitions, before)
            print(f"{name:8} {both[0]:6.2f} {both[1]:10.2f} {both[0] - both[1]:13.2f}", flush=True)


if __name__ == "__main__":
    main()
