"""The page of errors: clips that every model gets wrong with new speakers, and what becomes of them with shared ones.

    from ser_repro.book import errors

    page = errors.Errors("results")
    page.finding()                # how many, and of which emotions
    page.overview()               # a row a corpus
    page.by("emotion")            # where they are
    page.browser()                # clip by clip

A model is a document in reading `code` (and a size of its network), with the first seed of each protocol. A network
that gives one answer to every clip has learned nothing and is left out; so is one that was not tested on every new
speaker, as a clip would then have fewer models to fool than another.
"""

import functools
import json
from collections import Counter
from itertools import compress
from pathlib import Path

import numpy as np
import pandas as pd

from ser_repro import datasets, documents
from ser_repro.book import show, sortable
from ser_repro.book.words import LIMIT, listed, percent
from ser_repro.documents import Document
from ser_repro.results import uncertainty
from ser_repro.runs.found import Found, frames
from ser_repro.runs.plans import GRID

RIGHT, SHARED_ONLY, ALWAYS, NEVER_SHARED = (
    "some model is right with new speakers", "a model is right with shared speakers", "wrong in every test",
    "wrong with new speakers, not tested with shared")
KINDS = (ALWAYS, SHARED_ONLY, NEVER_SHARED, RIGHT)
_OF_THESE = {ALWAYS: "of these wrong with shared too", SHARED_ONLY: "right in a model with shared",
             NEVER_SHARED: "not tested with shared"}
LEAST = 2  # models that must have been tested
_SHOWN = 4  # values at each end
NAMED = ("*Share of the clips that every model gets wrong with new speakers. Named are, here and below, at most "
         f"{_SHOWN} at each end, of those whose share differs from that of all clips: two-sided binomial test, p below "
         f"{LIMIT:g} after Holm's correction for the number of names. The test takes clips as independent, which those "
         "of one speaker are not: where speakers are few, a difference between emotions may be one between speakers.*")
"""What stands under a table of `Errors.by`."""


class Errors:
    """Which test clips the models get wrong, corpus by corpus.

    Parameters
    ----------
    results : path
        Folder of the records.

    Attributes
    ----------
    corpora : list of str
        Those that at least `LEAST` models were tested on with new speakers.
    """

    def __init__(self, results: str | Path):
        self.found = [Found(name, results) for name in documents.DOCUMENTS]
        known = dict.fromkeys(corpus for found in self.found for corpus in found.document.corpora)
        self.corpora = [corpus for corpus in known if len(self.answers(corpus)[1]) >= LEAST]

    @functools.cache  # noqa: B019  the page lives as long as its notebook
    def answers(self, corpus: str) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
        """Model -> its test clips, with shared and with new speakers."""
        told: tuple[dict, dict] = ({}, {})
        for found in self.found:
            of = found.document
            for n in (of.sizes or (None,)) if corpus in of.corpora else ():
                for tested, protocol in zip(told, GRID, strict=True):
                    if seeds := found.records(corpus, "code", protocol, n=n):
                        (frame,) = frames(seeds[:1])
                        if tells(frame):
                            tested[named(of, n)] = frame.set_index("clip")
        return told

    @functools.cache  # noqa: B019
    def clips(self, corpus: str) -> pd.DataFrame:
        """A row a clip that at least `LEAST` models were tested on with new speakers: who, what, its kind of error
        (`KINDS`), which models are wrong with new speakers, and what these hear instead."""
        shared, new = self.answers(corpus)
        about = datasets.published(corpus).set_index("clip")[["speaker", "emotion", "sentence", "intensity"]]
        wrong, right = ({model: (frame["emotion"] != frame["predicted"]) == side for model, frame in of.items()}
                        for of, side in ((new, True), (shared, False)))
        wrong, right = (pd.DataFrame(one).reindex(about.index) for one in (wrong, right))
        tested = wrong.notna().sum(axis=1)
        table = about[tested >= LEAST].copy()
        wrong, right = wrong.loc[table.index], right.loc[table.index]
        every = (wrong.fillna(True) == True).all(axis=1)  # noqa: E712  a column may hold NaN
        hit = (right == True).any(axis=1)  # noqa: E712
        table["kind"] = np.select([~every, hit, right.notna().any(axis=1)], [RIGHT, SHARED_ONLY, ALWAYS], NEVER_SHARED)
        missed = (wrong == True).to_numpy()  # noqa: E712
        table["models"], table["wrong"] = tested[table.index], missed.sum(axis=1)
        table["wrong models"] = [list(compress(wrong, row)) for row in missed]
        named = {model: frame["predicted"].to_dict() for model, frame in new.items()}
        table["heard as"] = [self._heard([named[model][clip] for model in models])
                             for clip, models in table["wrong models"].items()]
        return table

    @staticmethod
    def _heard(answers: list[str]) -> str:
        return ", ".join(f"{emotion} {count}" if count > 1 else emotion
                         for emotion, count in Counter(answers).most_common(3))

    # ---- sections ------------------------------------------------------------------------------------------------

    def finding(self) -> None:
        """In a paragraph, how many clips all models miss, and which emotions more often than others."""
        if not self.corpora:
            return show.text("*Nothing has been run yet.*")
        shares = sorted((self.clips(corpus)["kind"] != RIGHT).mean() for corpus in self.corpora)
        models = sorted({len(self.answers(corpus)[1]) for corpus in self.corpora})
        most = {corpus: list(_beyond_chance(self._missed(corpus, "emotion"))[0].index) for corpus in self.corpora}
        told = [f"in {corpus} {listed(names) if names else 'no emotion'}" for corpus, names in most.items()]
        count = " to ".join(map(str, dict.fromkeys((models[0], models[-1]))))
        show.text(f"**With new speakers, {percent(shares[0])} to {percent(shares[-1])} of a corpus's clips are missed "
                  f"by all of the {count} models that were tested on it.** Shares can be compared only between corpora "
                  "on which the same models were tested. Emotions that are missed more often than others, by more than "
                  "luck would make were clips independent: "
                  f"{'; '.join(told)}.")

    def _missed(self, corpus: str, what: str) -> pd.DataFrame:
        """Clips that no model gets right with new speakers, `sum` of `size`, a row a value."""
        table = self.clips(corpus)
        return (table["kind"] != RIGHT).groupby(table[what]).agg(["sum", "size"])

    def overview(self) -> None:
        """A row a corpus: how many clips no model gets right, and how many chance would give; and the models."""
        rows = []
        for corpus in self.corpora:
            table, new = self.clips(corpus), self.answers(corpus)[1]
            lot = np.prod([(frame["emotion"] != frame["predicted"]).mean() for frame in new.values()])
            missed = table["kind"] != RIGHT
            rows.append({"corpus": corpus, "models": len(new), "clips": len(table),
                         "wrong in every model, new speakers": f"{percent(missed.mean(), 1)} ({missed.sum()})",
                         "if errors fell by lot": percent(lot, 1)} | {
                             told: int((table["kind"] == kind).sum()) for kind, told in _OF_THESE.items()})
        show.table(rows)
        of: dict[tuple, list] = {}
        for corpus in self.corpora:
            of.setdefault(tuple(self.answers(corpus)[1]), []).append(corpus)
        show.text([f"Models of {listed(corpora)}: {'; '.join(names)}." for names, corpora in of.items()])

    def by(self, what: str) -> None:
        """Where the clips are that no model gets right with new speakers: a row a corpus, the values with the largest
        and the smallest share of them, of those whose share chance in the clips does not explain; a sentence where
        there is none in any corpus."""
        rows, sizes = [], []
        for corpus in self.corpora:
            missed = self._missed(corpus, what)
            if len(missed) > 1:
                sizes.append(f"{corpus} {missed['size'].median():.0f}")
                most, least = (", ".join(f"{value} {percent(k / n)} ({k} of {n})" for value, (k, n) in part.iterrows())
                               for part in _beyond_chance(missed))
                rows.append({"corpus": corpus, "overall": percent(missed["sum"].sum() / missed["size"].sum()),
                             "more often than luck explains": most or "none",
                             "less often": least or "none", f"{what}s": len(missed)}
                            | ({} if what == "speaker" else {"speakers": self.clips(corpus)["speaker"].nunique()}))
        if any(row[end] != "none" for row in rows for end in ("more often than luck explains", "less often")):
            show.table(rows)
        else:
            show.text(f"By {what} nothing stands out in any corpus. Where clips are few, that tells little. Median "
                      f"number of clips of a {what}: {', '.join(sizes)}.")

    def browser(self) -> None:
        """The clips, to be searched and filtered in the page, and to take along."""
        from IPython.display import display

        files, links = {}, []
        for corpus in self.corpora:
            table, models = self.clips(corpus).reset_index(), list(self.answers(corpus)[1])
            name = f"errors-{sortable.slug(corpus)}"
            csv = table.assign(**{"wrong models": table["wrong models"].map("; ".join)})
            files[f"{name}.csv"] = sortable.packed(csv.to_csv(index=False))
            rows = [[row["clip"], row["speaker"], row["emotion"], row["sentence"], KINDS.index(row["kind"]),
                     [models.index(model) for model in row["wrong models"]], row["models"], row["heard as"]]
                    for row in table.to_dict("records")]
            files[f"{name}.json"] = sortable.packed(json.dumps({"models": models, "kinds": KINDS, "rows": rows},
                                                               separators=(",", ":"), ensure_ascii=False))
            links.append(f'<a href="../_downloads/{name}.csv" data-corpus="{corpus}" '
                         f'data-rows="../_downloads/{name}.json" download>{corpus}</a>')
        page = f'<div class="browser" id="clips"><p>As CSV: {", ".join(links)}.</p></div>'
        display({"text/html": page, "text/plain": "clip by clip"}, raw=True, metadata={"files": files, "sorts": True})


def _beyond_chance(missed: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values with more, and with fewer, missed clips than chance would leave among so many values, the furthest first.

    Parameters
    ----------
    missed : DataFrame
        A row a value: `sum` missed clips of `size`. Each is held against the share of all clips, two-sided (binomial);
        p is corrected for the number of values.
    """
    from scipy.stats import binomtest

    overall = missed["sum"].sum() / missed["size"].sum()
    p = uncertainty.holm([binomtest(int(k), int(n), overall).pvalue for k, n in missed.itertuples(index=False)])
    apart = missed[np.array(p) < LIMIT]
    order = apart.assign(share=apart["sum"] / apart["size"]).sort_values("share", ascending=False)
    more, less = order[order["share"] > overall], order[order["share"] < overall][::-1]
    return more.drop(columns="share")[:_SHOWN], less.drop(columns="share")[:_SHOWN]


def tells(frame: pd.DataFrame) -> bool:
    """Whether a model tells clips apart: the page has only such."""
    return frame["predicted"].nunique() > 1


def named(document: Document, n: int | None = None) -> str:
    """A model as the page names it."""
    return document.title + (f", {document.size(n)}" if n else "")


def address(corpus: str, document: Document, n: int | None = None) -> str:
    """Where a chapter finds the clips that a model gets wrong, if it `tells` those of new speakers apart."""
    from urllib.parse import urlencode

    return f"errors.html?{urlencode({'corpus': corpus, 'model': named(document, n)})}#clips"
