"""Feature sets: clips a second of the package and of librosa, in the same run; how far the two agree; or the start.

    python benchmarks/features.py path/to/corpora                   # speeds: RAVDESS, every set
    python benchmarks/features.py path/to/corpora --clips 240       # of a few clips
    python benchmarks/features.py path/to/corpora --path torch      # the package's way in batches: where a GPU is
    python benchmarks/features.py path/to/corpora --agree 50        # agreement: every set, 50 clips of each corpus
    python benchmarks/features.py path/to/corpora --start           # first features of a fresh process, every set
    python benchmarks/features.py path/to/corpora --store results   # keep the table for the book, of any

Speeds: both paths decode the files, in as many processes, one thread each, in lots of the same size. The package
hashes the samples and writes to an empty cache, as a user's call does; the reference is the plain loop that a user of
librosa writes: read, resample, compute, one set at a time, nothing hashed and nothing written. They take turns, so that
whatever else the machine does meets both. All files are read once before, so that neither waits for the disk. Sets in
one pass are held against the reference's times for each of them, added up: a loop over librosa shares nothing.

Start: one clip of RAVDESS in a process that has NumPy, SciPy's FFT and torch, as prediction has: seconds to import what
the set needs and compute it, and to compute it once more. Of two such processes the second counts: numba then finds
what the first has compiled.

Agreement: see `ser_repro.features.sets.differences` for what is measured. Ends with exit status 1 where a set differs
by more than that module allows.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import joblib
import numpy
import pandas as pd
import soundfile

from ser_repro import SerReproError, datasets
from ser_repro.features import extract
from ser_repro.features.clip import PATHS, Clip
from ser_repro.features.sets import AGREE, SETS, differences
from ser_repro.files import write_atomic
from ser_repro.runs import run as runs

TIMED = ("mfcc50_mean_code", "mfcc40_frames_code", "mel_image_code", "log_mel", "crema258", "issa193_full",
         "issa193", "msf")
SMALL = TIMED[:4]  # MFCC and mel sets: most of what each takes is decoding and resampling
TURNS = 4  # that each path takes
LOT = 16  # clips that a process takes at a time
GROWN = "issa193"  # the set whose speed and memory are followed as the corpus grows


def plain(files: list[str], name: str) -> list:
    """What a loop over librosa gives of a set; decoding, mean of channels and resampling are those of librosa.load."""
    warnings.simplefilter("ignore")  # librosa's, of short clips and silence
    return [SETS[name].compute(Clip(*soundfile.read(file, dtype="float32", always_2d=True), path="reference", key="k"))
            for file in files]


def by_librosa(files: list[str], name: str, workers: int) -> float:
    """Seconds of wall time."""
    began = time.perf_counter()
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        joblib.Parallel(n_jobs=workers)(joblib.delayed(plain)(files[i:i + LOT], name)
                                        for i in range(0, len(files), LOT))
    return time.perf_counter() - began


def by_us(files: list[str], names: list[str], workers: int, path: str = "fast") -> float:
    """Seconds of wall time, into an empty cache."""
    with tempfile.TemporaryDirectory() as cache:
        began = time.perf_counter()
        extract.extract(files, names, path=path, cache=cache, workers=workers)
        return time.perf_counter() - began


def warm_up(files: list[str], names: list[str], workers: int, path: str) -> None:
    """Start the processes, and have both paths compile and build what they keep."""
    by_us(files, names, workers, path)
    for name in names:
        by_librosa(files, name, workers)


def grown(files: list[str], workers: int, path: str) -> dict:
    """Speed and peak memory; in a process of its own, as peaks only rise."""
    from joblib.externals.loky import get_reusable_executor

    by_us(files[:2 * LOT], [GROWN], workers, path)
    seconds = by_us(files, [GROWN], workers, path)
    get_reusable_executor().shutdown(wait=True)  # memory of other processes is told once they have ended
    main, worker = (resource.getrusage(who).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
                    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"clips": len(files), "clips_per_s": round(len(files) / seconds, 1), "main_mb": round(main),
            "worker_mb": round(worker)}


def growth(data: Path, files: list[str], workers: int, path: str) -> list[dict]:
    """The same set over ever more clips: a sixteenth, a quarter and all of `files`, then all corpora."""
    everything = pd.concat(all_corpora(data).values()).sample(frac=1, random_state=0)["path"].tolist()
    rows = []
    for what, some in (("RAVDESS", files[:len(files) // 16]), ("RAVDESS", files[:len(files) // 4]), ("RAVDESS", files),
                       ("all corpora", everything)):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
            rows.append({"of": what} | own.submit(grown, some, workers, path).result())
        print("{of}, {clips} clips, {clips_per_s} a second; peak memory of the main process {main_mb} MB, of the "
              "largest other one {worker_mb} MB".format(**rows[-1]), flush=True)
    return rows


def speeds(data: Path, names: list[str], count: int, workers: int, path: str) -> dict:
    files = datasets.clips("RAVDESS", data).sample(frac=1, random_state=0)["path"].tolist()[:count]
    for file in files:
        Path(file).read_bytes()
    grew = growth(data, files, workers, path)
    warm_up(files[:2 * LOT], names, workers, path)
    rows = []
    for name in names:
        ours = librosas = 0.0
        for turn in range(TURNS):
            some = files[turn::TURNS]
            ours += by_us(some, [name], workers, path)
            librosas += by_librosa(some, name, workers)
        rows.append(row(name, len(files), librosas, ours))
    one_pass = []
    for what, of in (("MFCC and mel sets", SMALL), ("all sets", names)):
        if set(of) <= set(names):
            librosas = sum(one["reference_s"] for one in rows if one["set"] in of)
            one_pass.append(row(f"{what} in one pass", len(files), librosas, by_us(files, list(of), workers, path)))
    return {"path": path, "sets": rows, "one_pass": one_pass, "growth": grew, "grown": GROWN}


def row(what: str, clips: int, librosas: float, ours: float) -> dict:
    """Of the table, which is printed as it grows."""
    print(f"{what:32s} {clips} clips: librosa {librosas:7.2f} s, package {ours:6.2f} s, {librosas / ours:5.2f} times",
          flush=True)
    return {"set": what, "clips": clips, "reference_s": round(librosas, 2), "fast_s": round(ours, 2),
            "times": round(librosas / ours, 2)}


def all_corpora(data: Path) -> dict[str, pd.DataFrame]:
    """The clips of each corpus that is there."""
    found = {}
    for corpus in datasets.CORPORA:
        try:
            found[corpus] = datasets.clips(corpus, data)
        except SerReproError:
            print(f"{corpus} is not there")
    return found


def chosen(corpus: str, clips: pd.DataFrame, count: int) -> list[str]:
    """Paths of some clips: those of an unusual rate or number of channels first, then by lot."""
    index = datasets.read_index(corpus).set_index("clip").loc[clips["clip"], ["sample_rate", "channels"]]
    odd = (index != index.mode().iloc[0]).any(axis=1).to_numpy()
    return pd.concat([clips[odd], clips[~odd].sample(frac=1, random_state=0)])["path"].tolist()[:count]


def compared(corpus: str, file: str, path: str) -> list[tuple]:
    """Of one clip: set, part, difference, clip."""
    warnings.simplefilter("ignore")
    samples, rate = datasets.read(file)
    own, reference = (Clip(samples, rate, path=one, key="k") for one in (path, "reference"))
    return [(name, part, by, f"{corpus} {Path(file).stem}") for name, one in SETS.items()
            for part, by in differences(one, one.compute(own), one.compute(reference)).items()]


def agreement(data: Path, count: int, workers: int, path: str) -> dict:
    corpora = all_corpora(data)
    files = [(corpus, file) for corpus, clips in corpora.items() for file in chosen(corpus, clips, count)]
    found = []
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        for rows in joblib.Parallel(n_jobs=workers, return_as="generator")(
                joblib.delayed(compared)(*one, path) for one in files):
            found += rows
    table = pd.DataFrame(found, columns=["set", "part", "difference", "clip"])
    rows = table.loc[table.groupby("set")["difference"].idxmax()].to_dict("records")
    for row in rows:
        print("{set:20s} {difference:.1e} at most: {part}, in {clip}".format(**row))
    return {"path": path, "allowed": AGREE, "clips": len(files), "sets": rows,
            "corpora": {c: len([0 for other, _ in files if other == c]) for c in corpora},
            "content": {c: datasets.content_hash(datasets.published(c)) for c in corpora}}


FIRST = """
import json, sys, time
import numpy, scipy.fft, torch

samples, rate = numpy.load(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(1)
times = [time.perf_counter()]
from ser_repro.features import sets
from ser_repro.features.clip import Clip

times.append(time.perf_counter())
for _ in range(2):
    sets.get(sys.argv[1]).compute(Clip(samples, rate, key="k"))
    times.append(time.perf_counter())
print(json.dumps([*numpy.diff(times).round(4), [one for one in ("numba", "librosa") if one in sys.modules]]))
"""


def start(data: Path, names: list[str]) -> dict:
    samples, rate = datasets.read(datasets.clips("RAVDESS", data)["path"].iloc[0])
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        numpy.save(f"{folder}/clip.npy", samples)
        for name in names:
            for _ in range(2):
                said = subprocess.run([sys.executable, "-c", FIRST, name, f"{folder}/clip.npy", str(rate)], check=True,
                                      capture_output=True, text=True).stdout
            rows.append(dict(zip(("import_s", "first_s", "again_s", "libraries"), json.loads(said), strict=True))
                        | {"set": name})
            print("{set:20s} import {import_s:.3f} s, first {first_s:.3f} s, again {again_s:.4f} s, {libraries}".format(
                **rows[-1]), flush=True)
    return {"seconds": round(len(samples) / rate, 2), "sets": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--path", choices=[one for one in PATHS if one != "reference"], default="fast")
    parser.add_argument("--agree", type=int, metavar="CLIPS", help="compare values, of so many clips of each corpus")
    parser.add_argument("--start", action="store_true", help="time the first features of a fresh process")
    parser.add_argument("--clips", type=int, default=1440)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--sets", nargs="*", choices=SETS, default=TIMED, help="to time")
    parser.add_argument("--store", type=Path)
    given = parser.parse_args()
    if given.start:
        name, found = "start", start(given.data, list(given.sets))
    elif given.agree:
        name, found = "agreement", agreement(given.data, given.agree, given.workers, given.path)
    else:
        name, found = "speed", speeds(given.data, list(given.sets), given.clips, given.workers, given.path)
    if given.path != "fast":
        name += f"-{given.path}"
    if given.store:
        about = {"processes": given.workers, "device": runs.device_name("cpu" if given.path == "fast" else "auto"),
                 "system": platform.system(),
                 "versions": runs.versions() | {one: importlib.metadata.version(one) for one in (
                     "librosa", "scipy", "soxr", "numba")},
                 "date": time.strftime("%Y-%m-%d")}
        write_atomic(given.store / "features" / f"{name}.json", json.dumps(found | about, indent=1) + "\n")
    if given.agree and not given.start and max(row["difference"] for row in found["sets"]) > AGREE:
        sys.exit(1)


if __name__ == "__main__":
    main()
