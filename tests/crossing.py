"""Methods that are tested on other corpora, made of tables of clips."""

import pandas as pd

from ser_repro import documents
from ser_repro.book import across
from ser_repro.results import scores


class Stored:
    """In place of `Found`: tables of test clips by pair of corpora."""

    def __init__(self, tables):
        self.tables, self.document = tables, documents.get("svm193")

    def tables_elsewhere(self, trained, tested, n=None, condition=""):
        table = self.tables.get((trained, tested))
        return [] if table is None else [table.assign(predicted=table["emotion"]) if condition else table]

    def elsewhere(self, trained, tested, name, **how):
        return scores.score(self.tables_elsewhere(trained, tested, **how), name)

    def score(self, *_, **__):
        return None

    drawn = score


def clips(*said):
    """A table of clips: (emotion, probabilities by emotion), by six speakers in turn."""
    frame = pd.DataFrame([{"clip": str(i), "speaker": str(i % 6), "emotion": emotion}
                          | {f"p({name})": p for name, p in of.items()} for i, (emotion, of) in enumerate(said)])
    columns = [name for name in frame if name.startswith("p(")]
    return frame.assign(predicted=frame[columns].idxmax(axis=1).str[2:-1])


def made(tables):
    one = across.Across("svm193", "results")
    one.found = Stored(tables)
    return one
