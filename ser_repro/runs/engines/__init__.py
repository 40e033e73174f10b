"""What makes many runs at a time: joblib on this machine, or Ray on this machine or a cluster.

    with Setup("ray", address="auto", gpus=0.25).start() as engine:
        for task, value, error in engine.each(take):       # in the order of finishing
            ...

`take()` gives the next task whenever there is room for one, or None while there is none: what came back may have made
room for others. A task is a function that a worker calls with a `Place`, its notes and its folder. Workers compute and
return; the process that holds the engine, the driver, writes records and searches, and nobody else does.

A worker that dies takes at most an epoch with it: its task is made again by another one, from the checkpoint in the
task's folder. `base` has the interface; an engine is a class of its own module, named in `ENGINES` and made in
`Setup.start`.
"""

import os
from dataclasses import dataclass

import joblib

from ser_repro import SerReproError
from ser_repro.files import one_of
from ser_repro.runs.engines.base import Engine, Place, Task

__all__ = ["ENGINES", "Engine", "Place", "Setup", "Task"]

ENGINES = ("joblib", "ray")


@dataclass(frozen=True)
class Setup:
    """Which engine, and what each task takes of it.

    Parameters
    ----------
    engine : "joblib" or "ray"
    address : str, optional
        Of a Ray cluster: "auto" (the one that this machine belongs to), "HOST:PORT" or "ray://HOST:PORT". Without
        one, Ray is started on this machine.
    jobs : int, optional
        Tasks at a time. By default as many as there are CPUs for, or shares of a GPU, of which joblib knows one.
    cpus : int, optional
        Of a task; by default one with Ray, and with joblib those of the machine shared out among the jobs, but no more
        than OMP_NUM_THREADS where that is set.
    gpus : float, optional
        Share of a GPU that a task takes, in place of `jobs`; with Ray beside it, and also a whole number of them.

    Raises
    ------
    SerReproError
        If these do not go together.
    """

    engine: str = "joblib"
    address: str | None = None
    jobs: int | None = None
    cpus: int | None = None
    gpus: float | None = None

    def __post_init__(self):
        one_of(self.engine, ENGINES, "--engine")
        if self.address is not None and self.engine != "ray":
            raise SerReproError(f"--address {self.address} is that of a Ray cluster: give --engine ray with it.")
        if self.jobs is not None and self.jobs < 1:
            raise SerReproError(f"--jobs {self.jobs} makes no run: give 1 or more.")
        if self.cpus is not None and self.cpus < 1:
            raise SerReproError(f"--cpus {self.cpus} is no CPU for a run: give 1 or more.")
        several = self.engine == "ray" and self.gpus is not None and self.gpus % 1 == 0
        if self.gpus is not None and not (self.gpus > 0 and (self.gpus <= 1 or several)):
            whole = " or a whole number of GPUs" if self.engine == "ray" else ""
            raise SerReproError(f"--gpus {self.gpus:g} is no share of a GPU: give more than 0 and at most 1{whole}.")
        if self.engine == "joblib" and self.gpus and self.jobs:
            raise SerReproError(f"--jobs {self.jobs} and --gpus {self.gpus:g} both say how many runs are made at a "
                                "time: give one of them.")

    def device(self, device: str) -> str:
        """The device that a task asks for, where the user asks for this one.

        Raises
        ------
        SerReproError
            If tasks would ask Ray for a GPU that they have no share of, or have a share of one and use none.
        """
        if self.gpus and not self._on_gpu(device):
            raise SerReproError(f"--gpus {self.gpus:g} is a share of a GPU with CUDA, and with --device {device} runs "
                                "use none here: leave --gpus out.")
        if self.engine != "ray" or self.gpus:
            return device
        if device == "gpu":
            raise SerReproError("--device gpu takes a share of a GPU from Ray: give --gpus, e.g. --gpus 1.")
        return "cpu"

    def _on_gpu(self, device: str) -> bool:
        """Whether tasks may use a GPU that can be shared: with Ray one of another machine."""
        if device != "cpu" and self.engine == "joblib":
            from ser_repro.runs.training import device_of

            return device_of(device).type == "cuda"
        return device != "cpu"

    def start(self, device: str = "cpu") -> Engine:
        """The engine, to be entered.

        Parameters
        ----------
        device : "auto", "cpu" or "gpu"
            That tasks train on: joblib makes no more of them on a GPU at a time than it has room for.

        Raises
        ------
        SerReproError
            If there is no GPU where one is asked for, Ray is not installed, or nothing answers at the address;
            entering it, if that is no cluster.
        """
        if self.engine == "ray":
            from ser_repro.runs.engines.with_ray import Ray

            return Ray(self.address, self.jobs, self.cpus or 1, self.gpus or 0)
        from ser_repro.runs.engines.with_joblib import Joblib

        cores, on_gpu = joblib.cpu_count(), self._on_gpu(device)
        jobs = self.jobs or (int(1 / (self.gpus or 1)) if on_gpu else max(cores // (self.cpus or 1), 1))
        # Who has set it shares the machine with others: threads that wait for one another then take most of the time.
        most = os.environ.get("OMP_NUM_THREADS", "")
        share = max(cores // jobs, 1)
        return Joblib(jobs, self.cpus or (min(share, int(most)) if most.isdecimal() and int(most) else share))
