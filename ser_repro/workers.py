"""Worker processes that do not outlive the one they work for."""

import os
import threading
import time

_LOOK_S = 0.2  # how often a worker looks whether it is still waited for
_watched: set[int] = set()


def end_with(parent: int) -> None:
    """End this process as soon as its parent has ended, whatever it is at.

    A parent that is killed can't end its workers, and what they make nobody takes; but they would hold their folders,
    cores and memory, and a second start would find every run being trained. Does nothing in the parent itself, nor a
    second time.

    Parameters
    ----------
    parent : int
        Its process id.
    """
    def watch():
        while os.getppid() == parent:  # on Windows it never changes
            time.sleep(_LOOK_S)
        os._exit(1)

    if parent != os.getpid() and parent not in _watched:
        _watched.add(parent)
        threading.Thread(target=watch, name="ends with its parent", daemon=True).start()
