"""Trainings in processes of their own, to be killed. They are in this module, which such a process finds by its name:
`tests` may be another package's there.
"""

import os
import sys
import time

from making import make_run

from ser_repro import cli
from ser_repro.runs import execution


def run(demo, cache, results, slow):
    import torch

    torch.set_num_threads(1)  # as here: sums over more threads differ in their last digits

    def progress(epoch, _row):
        if slow and epoch == 2:
            (results / "reached").touch()
            time.sleep(60)

    execution.obtain(make_run(epochs=3), results=results, data=demo, cache=cache, device="cpu", progress=progress)


def command(folder, demo, slow):
    import torch

    torch.set_num_threads(1)
    os.chdir(folder)
    os.environ["SER_REPRO_CACHE"] = str(folder / "cache")
    obtain = execution.obtain

    def slowly(run, **options):
        told = options.pop("progress")

        def progress(epoch, row):
            told(epoch, row)
            with open(folder / "epochs", "a") as file:
                file.write(f"{epoch}\n")
            if slow and epoch == 3:
                time.sleep(60)

        return obtain(run, progress=progress, **options)

    execution.obtain = slowly
    sys.argv = ["ser-repro", "train", "mfcc_cnn", "RAVDESS", "--epochs", "5", "--data", str(demo), "--model", "m"]
    cli.main()
