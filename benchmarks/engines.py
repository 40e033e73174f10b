"""What an engine costs: overhead a run, and how the time of a study falls from one worker to two.

    python benchmarks/engines.py                  joblib and, where it is installed, Ray on this machine

Overhead: tasks that do nothing, one after the other through one worker process (joblib with one job needs none: the
same through two). Time: the same short trainings of the MFCC CNN on demo speech by one worker and by two, the engine's
start left out, turn about; the best of the repetitions counts, as what is slower was disturbed. Nothing is stored.
"""

import argparse
import functools
import importlib.util
import itertools
import os
import tempfile
import time
from pathlib import Path

from ser_repro.datasets.demo import write_demo
from ser_repro.features import arrays
from ser_repro.runs import execution, study
from ser_repro.runs.engines import Setup, Task
from ser_repro.runs.run import Run

EMPTY = 200


def nothing(place) -> None:
    pass


def warmed(place) -> int:
    """The worker's process, with all that a training imports."""
    from ser_repro.runs import training

    assert training
    time.sleep(0.5)
    return os.getpid()


def warm_up(engine, jobs: int, fresh) -> None:
    """Until each worker has been at work."""
    workers: set = set()
    while len(workers) < jobs:
        waiting = iter([Task(i, warmed, (), next(fresh)) for i in range(jobs)])
        workers |= {value for _, value, _ in engine.each(lambda tasks=waiting: next(tasks, None))}


def seconds(engine, tasks: list[Task]) -> float:
    """That an engine that has been started takes for tasks."""
    waiting, began = iter(tasks), time.perf_counter()
    for _, _, error in engine.each(lambda: next(waiting, None)):
        assert error is None, error
    return time.perf_counter() - began


def measure(name: str, jobs: int, runs: list[Run], data: Path, folder: Path) -> tuple[float, float, float]:
    """Seconds: to start, a task that does nothing, the trainings."""
    fresh = (folder / f"{name}{jobs}-{i}" for i in itertools.count())
    began = time.perf_counter()
    with Setup(name, jobs=jobs, cpus=1).start() as engine:
        warm_up(engine, jobs, fresh)
        start = time.perf_counter() - began
        empty = seconds(engine, [Task(i, nothing, (), next(fresh)) for i in range(EMPTY)]) / EMPTY
        share = engine.share(functools.partial(execution.plain_inputs, runs[0], data=data, cache=folder))
        return start, empty, seconds(engine, [
            Task(run.seed, study._train, (run, {run.corpus: share}, "cpu"), next(fresh), run.label) for run in runs])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--repetitions", type=int, default=3)
    told = parser.parse_args()
    runs = [Run.of("mfcc_cnn", "RAVDESS", seed=seed, synthetic=True, epochs=told.epochs) for seed in range(told.runs)]
    print(f"{told.runs} runs of {told.epochs} epochs; best of {told.repetitions}")
    print("engine  workers  start s  overhead ms a run  runs s  against one worker")
    with tempfile.TemporaryDirectory() as folder:
        data = write_demo("RAVDESS", Path(folder) / "RAVDESS", sample_rate=16000, duration_s=0.4)
        arrays.prepare("RAVDESS", runs[0].inputs, data=data, cache=folder)
        for name in ["joblib"] + ["ray"] * (importlib.util.find_spec("ray") is not None):
            taken: dict = {1: [], 2: []}
            for i in range(told.repetitions):
                for jobs in taken:
                    taken[jobs].append(measure(name, jobs, runs, data, Path(folder) / str(i)))
            best = {jobs: [min(column) for column in zip(*rows, strict=True)] for jobs, rows in taken.items()}
            for jobs, (start, empty, train) in best.items():
                print(f"{name:7} {jobs:7} {start:8.1f} {1e3 * empty:18.1f} {train:7.1f} {best[1][2] / train:19.2f}",
                      flush=True)


if __name__ == "__main__":
    main()
