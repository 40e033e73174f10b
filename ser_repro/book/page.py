"""A document's chapter: its parameters checked, its records gathered, and the sections that all such chapters share.

    from ser_repro import book

    page = book.open("issa", globals())     # right after the cell of parameters
    page.overview()                          # claimed and measured, as a picture
    page.claims()                            # every claim beside what was measured
    page.verdict(["one more line"])

Each section is a method that shows its tables and pictures. What a chapter has besides is its own story.
"""

import types
from collections.abc import Iterable

import pandas as pd

from ser_repro import SerReproError, datasets, documents, protocols
from ser_repro.book import ledger, show, verdicts
from ser_repro.book.words import family, interval, p_text, percent, signed, stamp
from ser_repro.escaping import html
from ser_repro.results import audit, scores
from ser_repro.results.ledger import Claim
from ser_repro.runs import claimed, execution, found, plans, records
from ser_repro.runs.found import NOT_RUN, Found, frames, missing, split_name
from ser_repro.runs.run import Run

_JUPYTER = {"In", "Out", "exit", "quit", "get_ipython", "open"}
_KINDS = {int: "a whole number, 0 or more", str: "text (papermill's -r takes a number as text)", bool: "True or False",
          list: "a list (papermill's -y takes one: -y 'name: [a, b]')"}

_HELD_OUT = {  # what the name of a split does not say
    "redrawn": "the document's rule with other random numbers, a score a draw",
    "sentence": "no tested sentence occurs in training",
    "speaker_sentence": "neither a tested speaker nor a tested sentence occurs in training",
    "emobox": "the folds that the toolkit EmoBox publishes"}


def check(namespace: dict, **allowed) -> None:
    """Refuse an unknown or ill-valued parameter of a notebook, which papermill itself lets pass.

    Parameters
    ----------
    namespace : dict
        The notebook's `globals()`, right after the cell of parameters.
    **allowed
        Every parameter's name, with a collection of the values it may have, or None for any of the type that the
        cell of parameters names (a number is 0 or more).

    Raises
    ------
    SerReproError
    """
    known, kinds = ", ".join(allowed), namespace.get("__annotations__", {})
    for name, value in namespace.items():
        if name.startswith("_") or name in _JUPYTER or isinstance(value, (types.ModuleType, type)) or callable(value):
            continue
        if name not in allowed:
            raise SerReproError(f"unknown parameter {name!r}: this notebook has {known}.")
        choices, kind = allowed[name], kinds.get(name)
        # True is an int to Python, and 3.0 is 3, but not to the one who typed it.
        if kind in _KINDS and (not isinstance(value, kind) or isinstance(value, bool) != (kind is bool)):
            raise SerReproError(f"{name} = {value!r} is not possible: give {_KINDS[kind]}.")
        if choices is None:
            if kind is int and value < 0:
                raise SerReproError(f"{name} = {value} is not possible: give {_KINDS[int]}.")
        elif any(v not in list(choices) for v in (value if isinstance(value, list) else [value])):
            raise SerReproError(f"{name} = {value!r} is not possible: choose from {', '.join(map(str, choices))}.")


def obtain(run: Run, *, epochs: int = 0, mode: str = "auto", results="results", data=None, cache=None,
           device: str = "auto") -> dict:
    """The record of one run of the study: stored, trained here, or, where there is neither, made on the demo corpus.

    Parameters
    ----------
    run : Run
        Searched settings may be open: those that a search found are taken, else the document's later defaults.
    epochs : int
        Epochs where it trains; 0 for the document's (on the demo corpus, for a few).
    mode : "auto", "train" or "stored"

    Returns
    -------
    dict
        A record. Its config says `synthetic` where it was made on the demo corpus; such a record is not stored
        among the results.
    """
    from ser_repro.runs import search

    if data:
        datasets.data_folder(data)  # an error where it is none
    run = search.decided(results, run) or run.with_values(**{name: run.recipe.fallback[name] for name in run.open})
    length = {"epochs": epochs} if epochs else {}
    run = run.with_values(**length)
    if not 0 <= run.fold < run.folds:
        raise SerReproError(f"fold = {run.fold} is not possible: {run.corpus} has folds 0 to {run.folds - 1} under "
                            f"protocol {run.protocol}.")
    where = {"results": results, "data": data, "cache": cache}
    if mode == "auto" and not run.path(results).exists() and not execution.at_hand(run, data=data, cache=cache):
        run, where = execution.on_demo(run, cache)
        run = run.with_values(**length)
    return execution.obtain(run, mode=mode, device=device, **where).record


def open(document: str, namespace: dict) -> "Page":
    """The page of a document, for its notebook.

    Parameters
    ----------
    namespace : dict
        The notebook's `globals()`, right after the cell of parameters: those that name a run (corpus, reading,
        protocol, fold, seed, epochs, and n where the document has several sizes) and say where things are (mode,
        results, data, cache, device). See `check` for what is refused.
    """
    from ser_repro.book import palette

    of = documents.get(document)
    size = {"n": of.sizes} if of.sizes else {}
    check(namespace, **size, corpus=of.corpora, reading=of.readings, protocol=plans.GRID,
          fold=range(max(protocols.folds(corpus, "speaker") for corpus in of.corpora)), seed=None, epochs=None,
          mode=execution.MODES, results=None, data=None, cache=None, device=("auto", "cpu", "gpu"))
    palette.use_theme()
    names = (*size, "corpus", "reading", "protocol", "fold", "seed", "epochs", "mode", "results", "data", "cache",
             "device")
    lacking = [name for name in names if name not in namespace]
    if lacking:
        raise SerReproError(f"the cell of parameters lacks {', '.join(lacking)}: copy that of notebooks/svm193.py.")
    return Page(document, {name: namespace[name] for name in names})


class Page:
    """A document's chapter: its records, and the sections made of them.

    Attributes
    ----------
    document : documents.Document
    found : Found
        What has been run.
    parameters : dict
        Of the notebook.
    corpora : tuple of str
    chance : dict
        Corpus -> accuracy of always naming its most frequent emotion.
    """

    def __init__(self, document: str, parameters: dict):
        self.document, self.parameters = documents.get(document), parameters
        self.found = Found(document, parameters["results"])
        self.corpora = self.document.corpora
        self.chance = {corpus: found.chance(corpus) for corpus in self.corpora}
        self._record = None

    # ---- for the prose -------------------------------------------------------------------------------------------

    def say(self, key: str, value) -> None:
        """Glue a text for the prose of this and other pages."""
        show.say(key, value)

    def claimed(self, corpus: str, score: str = "accuracy") -> Claim | None:
        """The first claim on a corpus, or None."""
        return next((claim for claim in self.document.claims if (claim.corpus, claim.score) == (corpus, score)), None)

    def scored(self, corpus: str, reading: str = "code", protocol: str = "published", name: str = "accuracy",
               **which) -> scores.Score | None:
        """The score of whole seeds, or else of the first that was begun; None where nothing has been run."""
        seeds = self.found.seeds(corpus, reading, protocol, **which)
        return self.found.score_of(seeds, name) if seeds else None

    # ---- sections ------------------------------------------------------------------------------------------------

    def overview(self, sizes: dict[str, tuple] | None = None) -> None:
        """Claimed and measured accuracy, a line a corpus and reading; one more where a claim is of other code.

        Parameters
        ----------
        sizes : dict, optional
            Corpus -> network sizes that get a line, for a document that has several.
        """
        from ser_repro.book import plots

        rows = []
        for corpus in self.corpora:
            claim = self.claimed(corpus)
            for n in (sizes or {}).get(corpus, (None,)):
                own, changed = claim is not None and claim.n == n, bool(claim and claim.changes)
                for reading in self.document.readings:
                    pair = [self.scored(corpus, reading, protocol, n=n) for protocol in plans.GRID]
                    if reading == "code" or any(pair):
                        size = f", {self.document.size(n)}" if n else ""
                        name = f"{corpus}{size}, {self.document.called(reading)}"
                        rows.append((name, claim.value if own and not changed else None, *pair, self.chance[corpus]))
                if own and changed:
                    pair = [self.scored(corpus, "code", protocol, **claim.which) for protocol in plans.GRID]
                    rows.append((f"{corpus}, {claimed.network(self.found, claim)}", claim.value, *pair,
                                 self.chance[corpus]))
        claimed_ = "claimed (diamonds) and " if any(row[1] is not None for row in rows) else ""
        show.picture(plots.claims(rows), self._alt(
            "accuracy claimed, and measured with shared and with new speakers, by line: "
            + "; ".join(row[0] for row in rows)),
            f"Accuracy {claimed_}measured, reading by reading. Bars are 95 % intervals; thin lines join what two "
            "starts or two speakers gave. A point may rest on some folds only; the table of scores says which.")

    def claims(self) -> None:
        """Every claim beside what was measured, and a verdict."""
        ledger.of_document(claimed.ledger(self.found))

    def readings(self, corpus: str | None = None, n: int | None = None) -> None:
        """Setting by setting, what code and text say."""
        table = found.readings(self.document.name, corpus or self.corpora[0], n)
        names = [show.Html(f"<small><code>{html(name)}</code></small>") for name in table["name"]]
        show.table(table.assign(name=names))

    def scores(self) -> None:
        """All scores that have been measured, with their intervals."""
        show.table(self.found.table())
        seen = {kind.protocol for kind in self.found.begun if not (kind.changed or kind.tested)}
        told = [f"{split_name(name)}: {what}" for name, what in _HELD_OUT.items() if name in seen]
        if not self.document.is_estimator:
            told.insert(0, "a row of one seed can have an interval that counts starts: how far starts differ is then "
                        "known from the document's other runs on this corpus")
        if told:
            text = "; ".join(told)
            show.text(f"*{text[0].upper()}{text[1:]}.*")

    def confusions(self, **which) -> None:
        """Confusion matrices, a figure a corpus and reading: the first seed, with shared and with new speakers.

        `which` as in `Run.of`, here and in the sections below.
        """
        from ser_repro.book import confusion, errors

        drawn = False
        for corpus in self.corpora:
            for reading in self.document.readings:
                panels, clips = [], ""
                for protocol in plans.GRID:
                    if seeds := self.found.seeds(corpus, reading, protocol, **which):
                        tested = pd.concat(frames(seeds[:1]))
                        if (reading == "code" and protocol == "speaker" and not missing(seeds)
                                and errors.tells(tested)):
                            clips = f" [Clip by clip]({errors.address(corpus, self.document, which.get('n'))})"
                        classes = sorted(tested["emotion"].unique())
                        title = f"{corpus}{self._size(which)}, {self.document.called(reading)}, " + ", ".join(
                            filter(None, (split_name(protocol), missing(seeds))))
                        panels.append((title, scores.confusion(tested, classes), classes))
                if panels:
                    confusion.tables(panels, "Confusion matrices in per cent of the true emotion: a row adds to 100. "
                                     f"First seed, all folds that have been run.{clips}")
                    drawn = True
        if not drawn:
            show.text("*No confusion matrix yet: nothing has been run.*")

    def curves(self, quantity: str = "accuracy", **which) -> None:
        """Learning curves with shared speakers, a picture a corpus, a panel a reading, a line a run."""
        from ser_repro.book import plots

        for corpus in self.corpora:
            panels = [(f"{corpus}{self._size(which)}, {self.document.called(reading)}", runs)
                      for reading in self.document.readings
                      if (runs := [record for folds in self.found.records(corpus, reading, **which) for record in folds
                                   if records.epochs(record)])]
            if panels:
                titles = _listed(title for title, _ in panels)
                show.picture(plots.learning_curves(panels, {title: self.chance[corpus] for title, _ in panels},
                                                   quantity=quantity),
                             self._alt(f"{quantity} of training and watched clips over the epochs: {titles}"),
                             f"{titles}: {quantity} over the epochs with shared speakers, a line a run.")

    def when_to_stop(self, patience: int = 2) -> dict:
        """Accuracy after the last epoch, after the one best on the test part, and where early stopping on the test loss
        would have ended. Means over runs, which count by their test clips.

        Returns
        -------
        dict
            (corpus, reading, protocol) -> audit.Picked.
        """
        rows, picks = [], {}
        for corpus in self.corpora:
            for reading in self.document.readings:
                for protocol in plans.GRID:
                    runs = [record for folds in self.found.seeds(corpus, reading, protocol) for record in folds]
                    if not runs or "test_accuracy" not in runs[0]["history"]:  # the test part was not watched
                        continue
                    one = picks[corpus, reading, protocol] = audit.mean_picked(runs, patience)
                    cells = {}
                    for title, name in (("last epoch", "last"), ("best on the test part", "best"),
                                        ("stopped early", "stopped")):
                        (first, last), accuracy = getattr(one, name)
                        epochs = str(first) if first == last else f"{first}–{last}"
                        cells[title] = f"{percent(accuracy, 1)} (epoch {epochs})"
                    rows.append({"corpus": corpus, "reading": reading, "split": split_name(protocol),
                                 "runs": len(runs)} | cells | {
                                     "best − last": signed(100 * (one.best[1] - one.last[1]))})
        show.table(rows, empty="*No run has watched its test part.*")
        if rows:
            show.text("*Stopped early: with the weights of the epoch at which the loss of the test clips had not "
                      f"fallen for {patience} epochs.*")
        return picks

    def new_speakers(self, **which) -> None:
        """What is left with new speakers, a row a corpus and reading that has been run."""
        rows = []
        for corpus in self.corpora:
            for reading in self.document.readings:
                both = [self.found.seeds(corpus, reading, protocol, **which) for protocol in plans.GRID]
                if not all(both):
                    continue
                tested, change = pd.concat(frames(both[1])), self.found.lost(corpus, reading, **which)
                voices = (tested["emotion"] == tested["predicted"]).groupby(tested["speaker"]).mean()
                trained = [sum(record["clips"]["train"] for record in seeds[0]) / len(seeds[0]) for seeds in both]
                rows.append({
                    "corpus": corpus, "reading": self.document.called(reading),
                    "folds": missing(both[1]) or f"all {len(both[1][0])}",
                    "training clips, shared and new": " / ".join(f"{n:.0f}" for n in trained),
                    "shared speakers": self.found.told(corpus, reading, **which),
                    "new speakers": str(self.found.score_of(both[1])),
                    "new − shared, same clips": "—" if change is None else
                    f"{signed(100 * change.value)} {interval(change)} ({change.clips} clips)",
                    "speakers, worst to best": f"{percent(voices.min())} to {percent(voices.max())}",
                    "chance": percent(self.chance[corpus])})
        show.table(rows)
        show.text("*New − shared: points of accuracy on the test clips that both have, means over starts, so not the "
                  "difference of the two columns before it, which rest on other clips. An interval counts what stands "
                  "behind its numbers ([How sure is a score](uncertainty.html)). Which of these differences are "
                  "significant, among those of all documents, stands on [the page of leaks](leak_audit.html).*")

    def differences(self) -> list[found.Effect]:
        """What each change of a setting is worth: a picture, and the numbers as a table."""
        from ser_repro.book import plots

        effects = self.found.effects()
        if not effects:
            show.text(f"*{self.document.title}: no run with a changed setting has been made yet.*")
            return effects
        differences = [one.difference for one in effects]
        show.picture(plots.effects([("\n".join(filter(None, (one.name, one.where))), one.corpus, one.difference)
                                    for one in effects]),
                     self._alt("points of accuracy that each change gains, with intervals: "
                               + _listed(dict.fromkeys(one.name for one in effects))),
                     "What each change is worth, in points of accuracy with 95 % intervals. Filled: "
                     "significant; hollow: not. The table below has the numbers.")
        show.table([{"change made": ", ".join(filter(None, (one.name, one.where))), "corpus": one.corpus,
                     "points gained": signed(100 * one.difference.value), "95 %": interval(one.difference),
                     "p": p_text(one.difference), "starts, before and after": "{} and {}".format(*one.seeds)}
                    for one in effects])
        show.text("*Points of accuracy with the change made minus accuracy of the code as it is, each the mean of its "
                  f"starts, on the same test clips; {family(differences)}. Filled points: p below 0.05, significant; "
                  "hollow: not. Intervals are those of each row alone."
                  + ("" if self.document.is_estimator else
                     " An interval that does not name starts or folds leaves out how much another start would change, "
                     "as no second one is known on that corpus. Starts alone differ this much, in accuracy of reading "
                     f"`code`: {self.found.starts()}.") + "*")
        return effects

    def run(self, also=lambda record: "") -> dict:
        """The run that the parameters name, in detail: a banner where it is no result, its scores, learning curves and
        confusion matrix.

        Parameters
        ----------
        also : callable(record) -> str
            Said after the scores.
        """
        from ser_repro.book import confusion, plots

        record = self.record()
        config, frame, classes = record["config"], scores.table(record), record["test"]["classes"]
        if config["synthetic"]:
            show.banner()
        of = Run.from_config(config)
        title = ", ".join([of.corpus, *([self.document.size(of.n)] if of.n else []),
                           self.document.called(of.reading), split_name(of.protocol),
                           *([f"fold {of.fold}"] if of.folds > 1 else [])])
        told = "; ".join(f"{known} **{scores.score([frame], name)}**" for name, known in scores.SCORES.items())
        show.text(f"{told} on {len(frame)} test clips{also(record)}. {stamp(record)}")
        if records.epochs(record):
            for quantity in ("accuracy", "loss"):
                show.picture(plots.learning_curves([(title, [record])], {title: self.chance[of.corpus]},
                                                   config["synthetic"], quantity),
                             self._alt(f"{quantity} of this one run over its epochs: {title}"),
                             f"{title}: {quantity} of this run over its epochs.")
        mark = f"; {show.SYNTHETIC}" if config["synthetic"] else ""
        confusion.tables([(title, scores.confusion(frame, classes), classes)],
                         f"Confusion matrix of this run, in per cent of the true emotion{mark}.")
        return record

    def record(self) -> dict:
        """The record of the run that the parameters name."""
        if self._record is None:
            p = self.parameters
            run = Run.of(self.document.name, p["corpus"], p["reading"], p["protocol"], p["fold"], p["seed"],
                         n=p.get("n"))
            self._record = obtain(run, epochs=p["epochs"], mode=p["mode"], results=p["results"],
                                  data=p["data"] or None, cache=p["cache"] or None, device=p["device"])
        return self._record

    def verdict(self, lines=(), n: dict[str, int | None] | None = None, beside: Iterable["Page"] = ()) -> None:
        """What the runs say, a line a corpus, then the chapter's own lines, then what is still open.

        Parameters
        ----------
        n : dict, optional
            Corpus -> size of the network that is judged, for a document that has several.
        beside : iterable of Page
            Pages of the same chapter, whose runs are counted too.
        """
        told = [self._judged(corpus, (n or {}).get(corpus)) for corpus in self.corpora]
        show.text([*told, *lines, *self.unmade(beside)])

    def _size(self, which: dict) -> str:
        return f", {self.document.size(which['n'])}" if which.get("n") else ""

    def _alt(self, what: str) -> str:
        """A text for those who do not see a picture; the chapter's name is in it, as others have such a picture too."""
        return f"{self.document.title[0].upper()}{self.document.title[1:]}: {what}"

    def _judged(self, corpus: str, n: int | None = None) -> str:
        """One corpus in a line: shared speakers, new speakers, and the difference on the same clips."""
        told = verdicts.both_splits(self.found, corpus, "code", n)
        return f"{told or f'**{corpus}**: {NOT_RUN}'}."

    def unmade(self, beside: Iterable["Page"] = ()) -> list[str]:
        """The line on runs that have no record, where there are any."""
        done, planned = (sum(counts) for counts in zip(*(page.found.count for page in (self, *beside)), strict=True))
        return [f"{planned - done} of the {planned} runs of this document in the [core of the study](runs.html), those "
                "that are planned for a CPU, are not yet made: what rests on them is open."] if done < planned else []


def _listed(titles) -> str:
    return "; ".join(title.replace("\n", " ") for title in titles)
