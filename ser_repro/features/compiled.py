"""librosa, its compiled functions imported by one process at a time.

librosa compiles some functions when they are first imported, and numba keeps them beside it. Where two processes of a
fresh install do so together, what is kept may crash every process that loads it from then on (numba issue 10128). So
this package imports librosa from here:

    from ser_repro.features.compiled import librosa
"""

import contextlib
import importlib
import os
import tempfile
from pathlib import Path

import librosa
from filelock import FileLock, Timeout

COMPILED = ("librosa.util.utils", "librosa.core.pitch")  # what compiles on import, of what is used here
PATIENCE_S = 600  # then something is wrong with the lock, and a small risk is better than no work


def _lock() -> FileLock:
    """A lock that is shared as the compiled functions are: by whoever uses this installation, from any machine."""
    beside = Path(__file__).parent / "__pycache__"
    with contextlib.suppress(OSError):
        beside.mkdir(exist_ok=True)
    folder = beside if os.access(beside, os.W_OK) else Path(tempfile.gettempdir())
    return FileLock(folder / "compiled.lock", timeout=PATIENCE_S)


LOCK = _lock()
with contextlib.ExitStack() as held:
    with contextlib.suppress(OSError, Timeout):  # a file system without locks
        held.enter_context(LOCK)
    for module in COMPILED:
        importlib.import_module(module)

__all__ = ["librosa"]
