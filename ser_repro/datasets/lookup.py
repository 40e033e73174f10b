"""From what a user calls a corpus to the corpus: one of the package's by its name, or a table of one's own clips."""

from __future__ import annotations

from ser_repro.datasets import own, tables
from ser_repro.datasets.base import CORPORA, Corpus, key
from ser_repro.files import one_of


def get(name: str | Corpus) -> Corpus:
    """The corpus of that name; letter case, hyphens, underscores and spaces do not matter.

    The path of a table of clips does as well, for a corpus of the user's own (see `own`).

    Raises
    ------
    SerReproError
        If no corpus has that name, or the file is not a table of clips.
    """
    if isinstance(name, Corpus):
        return name
    if tables.is_table(name):
        return own.load(name)
    known = {key(one): one for one in CORPORA}
    if key(str(name)) not in known:
        one_of(name, [*sorted(CORPORA), "a table of your own clips"], "corpus")
    return CORPORA[known[key(str(name))]]
