"""Modules from outside the package that add a corpus, a feature set, a document or a protocol.

Such a module calls `datasets.register`, `features.sets.register`, `documents.register` or `protocols.register` when it
is imported. Named in SER_REPRO_PLUGINS (several: with commas between), it is known to every command, worker and
notebook, and to a script that imports `ser_repro.documents`:

    export PYTHONPATH=my_folder SER_REPRO_PLUGINS=my_corpus,my_document
"""

import importlib
import os

from ser_repro import SerReproError
from ser_repro.files import one_of

VARIABLE = "SER_REPRO_PLUGINS"


class Registry(dict):
    """What is known of one kind, by name, in the order in which it was made known.

    Parameters
    ----------
    kind : str
        What one of them is called, in messages.
    """

    def __init__(self, kind: str):
        super().__init__()
        self.kind = kind

    def register(self, one):
        """Make one known by its attribute `name`, and return it.

        Raises
        ------
        SerReproError
            If the name is taken.
        """
        if one.name in self:
            raise SerReproError(f"a {self.kind} named {one.name} is registered already: give it another name.")
        self[one.name] = one
        return one

    def named(self, name: str):
        """The one of that name; a SerReproError where there is none."""
        return self[one_of(name, self, self.kind)]


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
