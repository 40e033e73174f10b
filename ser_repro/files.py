"""Writing a file whole or not at all."""

import os
import tempfile
from pathlib import Path

from ser_repro import SerReproError


def write_atomic(path: str | Path, content: str | bytes, *,
                 remedy: str = "free some room or give another file") -> None:
    """The whole file or none of it: written beside, then moved into place.

    Raises
    ------
    SerReproError
        If there is no room or no right to write; ends in `remedy`.
    """
    path, beside = Path(path), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            beside = file.name
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except OSError as error:
        if beside:
            Path(beside).unlink(missing_ok=True)
        raise SerReproError(f"{path} not written: {error.strerror}; {remedy}.") from error
