"""Modules from outside the package that add a corpus, a feature set, a document or a protocol.

Such a module calls `datasets.register`, `features.sets.register`, `documents.register` or `protocols.register` when it
is imported. Named in SER_REPRO_PLUGINS (several: with commas between), it is known to every command, worker and
notebook, and to a script that imports `ser_repro.documents`:

    export PYTHONPATH=my_folder SER_REPRO_PLUGINS=my_corpus,my_document
"""

import importlib
import os

from ser_repro import SerReproError

VARIABLE = "SER_REPRO_PLUGINS"


def load() -> None:
    """Import the modules that SER_REPRO_PLUGINS names; each once.

    Raises
    ------
    SerReproError
        If one can't be imported.
    """
    for name in filter(None, (part.strip() for part in os.environ.get(VARIABLE, "").split(","))):
        try:
            importlib.import_module(name)
        except SerReproError:
            raise
        except Exception as error:  # whatever a module of someone else's raises
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise SerReproError(f"the module {name} that {VARIABLE} names can't be imported ({reason}): put its folder "
                                "on PYTHONPATH, or mend it.") from error
