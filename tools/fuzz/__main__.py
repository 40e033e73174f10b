"""Spoilt input of every kind to every command, kills and races: `make fuzz`.

    python tools/fuzz                          3 000 cases, 100 kills and 50 races; about 25 minutes
    python tools/fuzz --only 1234              one of them again; its files stay in build/fuzz/box
    python tools/fuzz --kinds split export     those of some kinds, without kills and races
    python tools/fuzz --seed 7 --cases 10000   others

A case is told by the seed and its number. What may not be: a traceback, an answer slower than 10 s, something left
behind, an error without a reason, or a text that commands the terminal; and after a kill or a race, anything else than
an unbroken run gives. Exit status 1 where one was; build/fuzz/report.jsonl has a line a case.
"""

import argparse
import collections
import json
import os
import shutil
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def prepared(folder: Path) -> None:
    """Let nothing here touch what is the user's, and import all that commands import."""
    for name in ("SER_REPRO_DATA", "SER_REPRO_PLUGINS"):
        os.environ.pop(name, None)
    os.environ |= {"SER_REPRO_CACHE": str(folder / "usual"), "TMPDIR": str(folder / "tmp"), "COLUMNS": "200",
                   "LOKY_MAX_CPU_COUNT": "1", "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1",
                   **dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")}  # nothing is downloaded
    (folder / "tmp").mkdir(parents=True)
    import functools
    import warnings

    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    from sound import SEARCHED

    from ser_repro import cli, documents  # noqa: F401
    from ser_repro.documents.base import LogUniform, Search
    from ser_repro.runs import plans

    plans.plans, plans.core = functools.cache(plans.plans), functools.cache(plans.core)  # they never change
    # A search of its own that takes seconds: those of the study take hours.
    vars(documents.get(SEARCHED))["own_search"] = lambda corpus: Search(
        grid={"batch_size": (4, 8), "hidden_size": (16,)}, samples=1, max_epochs=2,
        drawn={"learning_rate": LogUniform(1e-4, 1e-2), "weight_decay": LogUniform(1e-6, 1e-2)})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=18)
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--races", type=int, default=50)
    parser.add_argument("--kinds", nargs="+", help="cases of these kinds alone")
    parser.add_argument("--only", type=int, help="this case alone")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "fuzz")
    given = parser.parse_args()
    folder, report = given.folder.absolute(), given.folder.absolute() / "report.jsonl"
    shutil.rmtree(folder, ignore_errors=True)
    prepared(folder)
    import breaking
    import cases
    import sound
    import typing_in

    base, box = folder / "base", folder / "box"
    sound.make(base, typing_in.type_in)
    if given.only is not None:
        told = typing_in.answer(base, box, given.seed, given.only)
        print(json.dumps(told, indent=1), told["said"], sep="\n")
        return bool(told["fault"])
    began = time.monotonic()
    numbers = [number for number in range(given.cases)
               if not given.kinds or cases.kind(given.seed, number) in given.kinds]
    typing_in.many(base, box, given.seed, numbers, report)
    if not given.kinds:
        breaking.all_of(base, box, given.seed, given.kills, given.races, report)
    return summed_up(report, time.monotonic() - began)


def summed_up(report: Path, seconds: float) -> int:
    """Print the report; whether anything was found."""
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    kinds = collections.Counter(line["kind"] for line in lines)
    faults = [line for line in lines if line["fault"]]
    print("kind        cases  refused  faults  slowest s")
    for kind, count in sorted(kinds.items()):
        mine = [line for line in lines if line["kind"] == kind]
        print(f"{kind:10} {count:6} {sum(line['status'] not in (0,) for line in mine):8} "
              f"{sum(bool(line['fault']) for line in mine):7} {max(line['s'] for line in mine):10.1f}")
    for line in faults:
        print(f"{line['kind']} {line['case']}: {line['fault'].splitlines()[0]}: {' '.join(line['command'])[:150]!r}")
    print(f"{len(lines)} cases in {seconds / 60:.0f} min, {len(faults)} faults: {report}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
