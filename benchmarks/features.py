"""Feature sets: clips a second of the fast path and of librosa, in the same run.

    python benchmarks/features.py path/to/corpora                   # RAVDESS, every set
    python benchmarks/features.py path/to/corpora --clips 240       # of a few clips
    python benchmarks/features.py path/to/corpora --store results   # keep the table for the book

Both paths decode the files, in as many processes, cold cache, one thread a process; the reference computes one set at a
time, as the documents' code does. They take turns, lot by lot, so that whatever else the machine does meets both.
"""

import argparse
import json
import os
import platform
import resource
import tempfile
import time
from pathlib import Path

from ser_repro import datasets, runs
from ser_repro.features import extract
from ser_repro.files import write_atomic

SETS = ("mfcc50_mean_code", "mfcc40_frames_code", "mel_image_code", "log_mel", "assignment258", "issa193_full",
        "issa193", "msf")
LOTS = 4  # turns that each path takes


def seconds(clips, sets, path, workers) -> float:
    """Wall time of extracting sets of clips into an empty cache."""
    with tempfile.TemporaryDirectory() as cache:
        began = time.perf_counter()
        extract.extract(clips, sets, path=path, cache=cache, workers=workers)
        return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--clips", type=int, default=1440)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--sets", nargs="*", default=[name for name in SETS if name in extract.SETS])
    parser.add_argument("--store", type=Path)
    given = parser.parse_args()
    clips = datasets.clips("RAVDESS", given.data).sample(frac=1, random_state=0)["path"].tolist()[:given.clips]
    extract.extract(clips[:32], given.sets, cache=tempfile.mkdtemp(), workers=given.workers)  # compile, start processes
    rows = []
    for name in given.sets:
        spent = {"fast": 0.0, "reference": 0.0}
        for lot in range(LOTS):
            for path in spent:
                spent[path] += seconds(clips[lot::LOTS], [name], path, given.workers)
        rows.append({"set": name, "clips": len(clips), "reference_s": round(spent["reference"], 1),
                     "fast_s": round(spent["fast"], 1), "times": round(spent["reference"] / spent["fast"], 1)})
        print("{set:20s} {clips} clips: librosa {reference_s:7.1f} s, fast {fast_s:6.1f} s, {times:5.1f} times".format(
            **rows[-1]), flush=True)
    together = seconds(clips, given.sets, "fast", given.workers)
    print(f"all {len(given.sets)} sets in one pass: {together:.1f} s, one after the other "
          f"{sum(row['fast_s'] for row in rows):.1f} s")
    growth = []
    for part in (16, 4, 1):
        some = clips[:len(clips) // part]
        spent = seconds(some, ["issa193"], "fast", given.workers)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        growth.append({"clips": len(some), "clips_per_s": round(len(some) / spent, 1), "peak_mb": round(peak)})
        print("issa193, {clips} clips: {clips_per_s} a second, peak memory of the main process {peak_mb} MB".format(
            **growth[-1]))
    if given.store:
        about = {"processes": given.workers, "device": runs.device_name("cpu"), "system": platform.system(),
                 "versions": runs.versions(), "date": time.strftime("%Y-%m-%d")}
        write_atomic(given.store / "features" / "speed.json", json.dumps(
            {"sets": rows, "together_s": round(together, 1), "growth": growth} | about, indent=1) + "\n")


if __name__ == "__main__":
    main()
