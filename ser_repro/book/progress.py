"""What has been run of the study and what has not: the page of every run.

    from ser_repro.book import progress

    study = progress.Progress("results")
    study.glue()                # what other pages say of all documents
    study.overview()            # whether the core is complete, how much is missing, a row a document
    study.document("issa")      # its runs: a picture and counts
    study.listed()              # every record, as a table that sorts
    study.lacking()             # every run of the core that is missing
"""

import re
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd

from ser_repro import datasets, documents
from ser_repro.book import palette, show, sortable
from ser_repro.book.baseline import BASELINES
from ser_repro.book.words import NBSP, number, percent, unit
from ser_repro.escaping import html
from ser_repro.files import read_json
from ser_repro.results import scores
from ser_repro.runs import plans, records, schema
from ser_repro.runs.found import NOT_RUN, Found, chance, missing, split_name, tested_clips
from ser_repro.runs.run import Run

_NOT_DONE = "#dcdad3"
_CORPUS = "RAVDESS"  # all documents can be compared on it


class Progress:
    """Runs and records of all documents, or of one.

    Parameters
    ----------
    results : path
        Folder of the records.
    document : str
        "" for all.

    Attributes
    ----------
    found : dict
        Document -> Found.
    records : dict
        Document -> a list of (run, record, whether the study asks for it).
    """

    def __init__(self, results: str | Path, document: str = ""):
        self.results = Path(results)
        self.found = {name: Found(name, results) for name in ([document] if document else documents.DOCUMENTS)}
        self.records = {}
        for name, found in self.found.items():
            planned = {record["run"]: record for _, record in found.status if record}
            extra = [records.kept(path) for path in records.files(self.results, name)
                     if records.name_of(path) not in planned]
            self.records[name] = [(Run.from_config(record["config"]), record, asked) for of, asked in (
                (planned.values(), True), (extra, False)) for record in of]

    @property
    def status(self) -> list[tuple[Run, dict | None]]:
        """Every planned run, with its record."""
        return [one for found in self.found.values() for one in found.status]

    @property
    def count(self) -> tuple[int, int]:
        """Runs of the core that are done, and that there are."""
        done, planned = zip(*(found.count for found in self.found.values()), strict=True)
        return sum(done), sum(planned)

    def says(self) -> str:
        """Whether the core is complete, in a sentence without its end."""
        done, planned = self.count
        if done == planned:
            return f"The core of the study is complete: all of its {number(planned)} runs are done"
        return f"The core of the study is not complete: {number(done)} of its {number(planned)} runs are done"

    # ---- for other pages -----------------------------------------------------------------------------------------

    def glue(self) -> None:
        """Glue what other pages say of all documents."""
        show.say("core_says", self.says())
        show.say("intro_chance", percent(chance(_CORPUS), 1))
        counts = [self.found[name].count for name in BASELINES if name in self.found]
        show.say("intro_baselines_count", "{} of {}".format(*map(sum, zip(*counts, strict=True))) if counts else "0")
        for name, found in self.found.items():
            of = found.document
            show.say(f"intro_{name}_count", "{} of {}".format(*found.count))
            claim = _claim(of)
            show.say(f"intro_{name}_claim", percent(claim.value, 1) if claim else "no number found")
            if "epochs" in of.settings:
                show.say(f"intro_{name}_epochs", of.settings["epochs"].code)
            if of.searched:
                spent = [sum(len(trial["validation_loss"]) for trial in one["trials"]) for one in self._searched(name)]
                show.say(f"time_{name}_search", f"{min(spent)} to {max(spent)}" if spent else NOT_RUN)
            for n in of.sizes or (None,):
                self._glue_size(name, n)
        for name, table in self._elsewhere.items():
            for row in table:
                show.say(f"intro_{name}_{row['trained on']}_{row['tested on']}", row["accuracy"])

    def _glue_size(self, name: str, n: int | None) -> None:
        """Scores and minutes of training of one document and size."""
        found, size = self.found[name], n or ""
        for reading in found.document.readings:
            which = "" if reading == "code" else f"{reading}_"
            for protocol in plans.GRID:
                told = found.text(_CORPUS, reading, protocol, n=n)
                if told == NOT_RUN and (begun := found.seeds(_CORPUS, reading, protocol, n=n)):
                    told = f"incomplete ({missing(begun)})"
                show.say(f"intro_{name}{size}_{which}{protocol}", _unbroken(told))
            took = [record["train_seconds"] for folds in found.records(_CORPUS, reading, n=n) for record in folds]
            show.say(f"time_{name}{size}_{reading}",
                     unit(max(1, np.median(took) / 60), "min") if took else NOT_RUN)
        show.say(f"alone_{name}{size}", _unbroken(alone(found, n)))

    def claims(self):
        """Claimed and measured accuracy on RAVDESS, a line a document, as a figure."""
        from ser_repro.book import plots

        rows = []
        for name, found in self.found.items():
            of, claim = found.document, _claim(found.document)
            if _CORPUS not in of.corpora:
                continue
            for n in of.sizes or (None,):
                if n in (None, min(of.sizes, default=None), claim and claim.n):
                    rows.append((_title(name) + (f", n = {n}" if n else ""),
                                 claim.value if claim and claim.n == n else None,
                                 *(found.score(_CORPUS, protocol=protocol, n=n) for protocol in plans.GRID),
                                 chance(_CORPUS)))
        return plots.claims(rows)

    # ---- sections ------------------------------------------------------------------------------------------------

    def overview(self) -> None:
        """Whether the core is complete and what is missing of it, and a row a document."""
        every = [one for of in self.records.values() for one in of]
        planned = [record for _, record in self.status]
        done = sum(record is not None for record in planned)
        lines = [f"**{self.says()}.** [Run it again](../rerun.html) says what the core holds and what it leaves out. "
                 "The extended study has five starts of everything and is for a GPU: of its "
                 f"{number(len(planned))} runs, the core among them, {number(done)} are done. All records took "
                 f"{_hours(every)} of training."]
        if extra := sum(not asked for *_, asked in every):
            lines.append(f"{extra} more records belong to no run that the study asks for; they are marked *extra*.")
        if any(run.synthetic for run, *_ in every):
            show.banner()
        if done < len(planned):
            lines.append(f'Where a chapter needs a run that is not done, it says "{NOT_RUN}" in place of a number. '
                         "`ser-repro study --core` makes the missing runs of the core, `ser-repro study` all.")
        show.text(" ".join(lines))
        show.table([{"document": show.Html(f'<a href="#{name}">{html(_title(name))}</a>'),
                     "corpora": ", ".join(found.document.corpora), "core": "{} of {}".format(*found.count),
                     "missing of the core": self._missing_hours(found),
                     "extended study": f"{sum(r is not None for _, r in found.status)} of {len(found.status)}",
                     "training": _hours(self.records[name])} for name, found in self.found.items()])
        if any(done < planned for done, planned in (found.count for found in self.found.values())):
            show.text("*Missing are runs and hours of training: by the records that are most like them, searches not "
                      "counted; ? where no record is. The runs one by one are "
                      "[at the end of this page](runs.html#what-is-missing).*")

    @cached_property
    def _took(self) -> dict[Run, float | None]:
        """Seconds that each run without a record would train, as far as that is known."""
        return plans.seconds(self.status)

    def _missing_hours(self, found: Found) -> str:
        """How many runs of a document's core are missing, and how long they train."""
        took = [self._took[run] for run, record in found.core if record is None]
        known = [seconds for seconds in took if seconds is not None]
        hours = " + ".join(filter(None, (unit(sum(known) / 3600, "h", 1) if known else "",
                                         "?" if len(known) < len(took) else "")))
        return f"{len(took)} runs, {hours}" if took else "—"

    def lacking(self) -> None:
        """Every run of the core that has no record."""
        show.table(self.missing(), long=True, empty="*Nothing is missing.*")

    def missing(self) -> list[dict]:
        """Runs of the core that have no record: a row a document, corpus, network, reading, split and change."""
        rows: dict[Run, list] = {}
        for found in self.found.values():
            for run, record in found.core:
                if record is None:
                    rows.setdefault(run.kind, []).append(self._took[run])
        return [{"document": _title(kind.document), "corpus": " and ".join(kind.trained),
                 "network": kind.recipe.size(kind.n) or "—", "reading": kind.recipe.called(kind.reading),
                 "split": split_name(kind.protocol),
                 "changed": ", ".join(self.found[kind.document].difference(*change) for change in kind.changed.items())
                            or "—",
                 "runs": len(of), "min": "?" if of[0] is None else f"{of[0] / 60:.1f}"} for kind, of in rows.items()]

    def document(self, name: str) -> None:
        """The runs of a document: a picture, counts, and a table of its records."""
        from IPython.display import HTML, display

        found = self.found[name]
        display(HTML(f'<h3 id="{name}">{html(_title(name))}</h3>'))
        show.text("**{} of {} runs of the core are done**; {} of training, with those beside it.".format(
            *found.count, _hours(self.records[name])))
        show.picture(grid(found), f"{_title(name)}: runs done and not yet made, a cell a run. The table below has the "
                     "counts.", "A cell is a run, dark where it is done; a row is a seed.")
        show.table(counts(found))
        if any(run.changed and not run.tested for run, _ in found.status):
            show.text("*One setting changed at a time, in reading `code` with shared speakers: runs done. The setting "
                      "takes the text's value or, where a value is named, that value.*")
            show.table(changes(found))
        if drawn := draws(found):
            show.text("*The document's own split drawn again: runs done, and our accuracy on each draw, one after the "
                      "other. Before them stands our accuracy on the draw of the document itself.*")
            show.table(drawn)
        if elsewhere := self._elsewhere.get(name):
            show.text("*Trained on all clips of one corpus, tested on another: clips of the emotions that both have. "
                      "Chance is always naming the most frequent of them.*")
            show.table(elsewhere)
        count, here = len(self.records[name]), f"?document={quote(_title(name))}#records"
        told = f"Its {number(count)} records]({here}) are" if count > 1 else f"Its record]({here}) is"
        show.text(f"[{told} in the table of all records below." if count else
                  "*No record yet: `ser-repro study` makes them.*")
        if found.document.searched:
            self._searches(name)

    def audio(self) -> None:
        """The audio that the records rest on, compared with the published corpora."""
        rows = [{"corpus": corpus, "hash": hash_, "synthetic": run.synthetic}
                for run, record, _ in self._all() for corpus, hash_ in (
                    (run.corpus, record["corpus_hash"]),
                    *((other, tested["corpus_hash"]) for other, tested in record.get("tested", {}).items()))]
        if not rows:
            return show.table(rows)
        table = pd.DataFrame(rows)
        published = {name: datasets.content_hash(datasets.published(name)) for name in table["corpus"].unique()}
        table["audio"] = [show.SYNTHETIC if synthetic else "as published" if published[corpus].startswith(hash_) else
                          "differs" for corpus, hash_, synthetic in table.itertuples(index=False)]
        table["hash"] = [show.Html(f"<code>{html(hash_[:12])}</code>") for hash_ in table["hash"]]
        show.table(table.value_counts(["corpus", "hash", "audio"], sort=False).rename("records").reset_index())

    def machines(self) -> None:
        """Where the runs were made, and with what."""
        rows = [{"document": _title(run.document), "device": record["device"], "library": _library(record["versions"]),
                 "Python": record["versions"]["python"], "hours": record["train_seconds"] / 3600}
                for run, record, _ in self._all()]
        if rows:
            rows = pd.DataFrame(rows).groupby(["document", "device", "library", "Python"], as_index=False).agg(
                records=("hours", "size"), hours=("hours", "sum"))
        show.table(rows, formats={"hours": "{:.1f}".format})

    def _all(self) -> list[tuple[Run, dict, bool]]:
        return [one for of in self.records.values() for one in of]

    @cached_property
    def _elsewhere(self) -> dict[str, list[dict]]:
        """Document -> scores on other corpora, a row a pair of corpora."""
        told_of = {}
        for name, found in self.found.items():
            pairs = dict.fromkeys((run.trained, run.reading, other) for run, _ in found.status for other in run.tested)
            for trained, reading, tested in pairs:
                tables = found.tables_elsewhere(trained, tested, reading=reading)
                three = [found.score_elsewhere(tables, score) for score in scores.SCORES]
                told = dict(zip(scores.SCORES.values(), (str(score or NOT_RUN) for score in three), strict=True))
                told_of.setdefault(name, []).append(
                    {"trained on": " and ".join(trained), "tested on": tested, "reading": reading} | told | {
                    "clips": three[0].clips if three[0] else "—", "chance": _chance(trained, tested)})
        return told_of

    def listed(self) -> None:
        """A row a record, of all documents."""
        rows, more = [], []
        for run, record, asked in self._all():
            size = f", n = {run.n}" if run.n else ""
            rows.append({
                "document": _title(run.document), "corpus": " and ".join(run.trained) + size,
                "reading": run.reading, "split": split_name(run.protocol), "changed": _changed(run), "fold": run.fold,
                "seed": run.seed, "accuracy": _accuracy(record), "epochs": records.epochs(record) or "—",
                "min": f"{record['train_seconds'] / 60:.1f}", "finished": record["finished"][:10],
                "split's hash": record["split_hash"][:8],
                "record": show.Html(f"<code>{run.hash}</code>" + ("" if asked else " (extra)"))})
            more.append({"file": f"results/{run.document}/{record['run']}", "split_hash": record["split_hash"],
                         "corpus_hash": record["corpus_hash"], "train_seconds": record["train_seconds"]})
        order = sorted(range(len(rows)), key=lambda i: [str(rows[i][key]) for key in (
            "document", "corpus", "reading", "changed", "split", "fold", "seed")])
        rows, more = [rows[i] for i in order], [more[i] for i in order]
        csv = pd.DataFrame([{key: str(value).replace("<code>", "").replace("</code>", "") if key == "record" else value
                             for key, value in row.items()} | extra for row, extra in zip(rows, more, strict=True)])
        ids = [f"run-{record.split()[0]}" for record in csv["record"]] if rows else []
        sortable.table("records", "Every record of the study.", rows, ids, csv=csv, filters={
            key: [row[key] for row in rows] for key in ("document", "corpus", "reading", "split", "changed")})

    def _searched(self, name: str) -> list[dict]:
        """The searches of a document that are stored."""
        return [read_json(path, "search", "remove it and run `ser-repro study` again",
                          check=lambda content: schema.shaped(content, schema.Search))
                for path in sorted((self.results / name / "search").glob("*.json"))]

    def _searches(self, name: str) -> None:
        """What was chosen for the settings that a document never gives: a row a split."""
        searched = documents.get(name).searched
        rows = [{"corpus": one["corpus"], "n": one["n"], "reading": one["reading"],
                 "split": split_name(one["protocol"]), "fold": one["fold"]}
                | {key.replace("_", " "): f"{one['chosen'][key]:.3g}" for key in searched}
                | {"tried": len(one["trials"])} for one in self._searched(name)]
        show.text("*What the searches chose for the settings that the document never gives. Each split has a search of "
                  "its own, on its validation clips alone.*")
        show.table(sorted(rows, key=lambda row: tuple(row.values())[:5]), long=True, empty="*No search yet.*")


# ---- a document's runs -------------------------------------------------------------------------------------------


def planned(found: Found) -> list[tuple[Run, bool]]:
    """Runs of the readings as they are, tested on their own corpus, and whether they are done; corpus by corpus and
    size by size."""
    corpora = found.document.corpora
    return sorted(((run, record is not None) for run, record in found.status
                   if run.protocol in plans.GRID and not (run.changed or run.tested)),
                  key=lambda pair: (corpora.index(pair[0].corpus), pair[0].n or 0))


def grid(found: Found):
    """A figure with a cell a run: a block a corpus and size, a row a seed; of each reading a column for shared
    speakers, and one for each group of new speakers."""
    import matplotlib.pyplot as plt
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    runs, readings = planned(found), found.document.readings
    blocks = list(dict.fromkeys((run.corpus, run.n) for run, _ in runs))
    wide, high = max(run.fold for run, _ in runs) + 4, max(run.seed for run, _ in runs) + 2
    cells = np.full((high * len(blocks) - 1, wide * len(readings) - 1), np.nan)
    for run, done in runs:
        column = readings.index(run.reading) * wide + (run.fold + 2 if run.protocol == "speaker" else 0)
        cells[blocks.index((run.corpus, run.n)) * high + run.seed, column] = done
    figure, axis = plt.subplots(figsize=(6.4, 1.1 + 0.125 * max(len(cells), 8)))
    axis.pcolormesh(cells, cmap=ListedColormap([_NOT_DONE, palette.BLUE]), vmin=0, vmax=1, linewidth=1,
                    edgecolors="white")
    axis.set(xlim=(0, cells.shape[1]), ylim=(len(cells), 0), xticks=())
    axis.spines[:].set_visible(False)
    axis.set_yticks([i * high + (high - 1) / 2 for i in range(len(blocks))],
                    [corpus + (f", n = {n}" if n else "") for corpus, n in blocks], rotation=0)
    axis.tick_params(length=0)
    for i, reading in enumerate(readings):
        axis.annotate(f"reading {reading}", (i * wide, 0), (0, 18), textcoords="offset points", weight="bold")
        axis.annotate("shared", (i * wide, 0), (0, 4), textcoords="offset points", fontsize=8)
        axis.annotate("new speakers", (i * wide + 2, 0), (2, 4), textcoords="offset points", fontsize=8)
    axis.legend(handles=[Patch(color=palette.BLUE, label="done"), Patch(color=_NOT_DONE, label=NOT_RUN)], ncols=2,
                loc="upper left", bbox_to_anchor=(0, 0), handlelength=1)
    figure.tight_layout()
    return figure


def counts(found: Found) -> pd.DataFrame:
    """The same in figures: runs done of those planned, a row a corpus and size."""
    table: dict = {}
    for run, done in planned(found):
        row = table.setdefault((run.corpus, run.n), {})
        row.setdefault((run.reading, run.protocol), []).append(done)
    return pd.DataFrame([
        {"corpus": corpus} | _sized(found, n) | {
            f"{reading}, {split_name(protocol)}": f"{sum(done)} of {len(done)}"
            if (done := row.get((reading, protocol))) else "—"
            for reading in found.document.readings for protocol in plans.GRID}
        for (corpus, n), row in table.items()])


def _sized(found: Found, n: int | None) -> dict[str, object]:
    """Columns that say which of its networks, of a document with several."""
    return ({"n": n} if n else {}) | ({"network": found.document.size(n)} if found.document.networks else {})


def draws(found: Found) -> list[dict]:
    """Runs of protocol `redrawn` done of those planned, and their accuracies: a row a corpus and size."""
    rows: dict = {}
    for run, record in found.status:
        if run.protocol == "redrawn":
            rows.setdefault(run.kind, []).append(record)
    table = []
    for kind, of in rows.items():
        own = found.records(kind.corpus, kind.reading, n=kind.n)
        told = [_accuracy(record) for record in of if record]
        table.append({"corpus": kind.corpus} | _sized(found, kind.n) | {
            "the document's own draw": _accuracy(own[0][0]) if own else NOT_RUN,
            "draws": f"{len(told)} of {len(of)}", "accuracy": ", ".join(told) or NOT_RUN})
    return table


def changes(found: Found) -> pd.DataFrame:
    """Runs with one setting changed, done of planned: a row a corpus, a column a change."""
    table: dict = {corpus: {} for corpus in found.document.corpora}
    for run, record in found.status:
        if run.changed and not run.tested:
            what = found.difference(*next(iter(run.changed.items())), run.n)
            table[run.corpus].setdefault(what, []).append(record is not None)
    hyphen = "\N{NON-BREAKING HYPHEN}"
    told = [{"corpus": corpus.replace("-", hyphen)} | {what: f"{sum(done)} of {len(done)}"
                                                       for what, done in row.items()}
            for corpus, row in table.items()]
    return pd.DataFrame(told).fillna("—")


# ---- words -------------------------------------------------------------------------------------------------------


def _title(name: str) -> str:
    text = documents.get(name).title
    return text[0].upper() + text[1:]


def alone(found: Found, n: int | None) -> str:
    """Accuracy on RAVDESS with new speakers in reading `code`, each test clip by itself, as a saved model takes it."""
    seeds = found.records(_CORPUS, protocol="speaker", n=n)
    if not any("alone" in record["test"].get("conditions", {}) for folds in seeds for record in folds):
        return found.text(_CORPUS, protocol="speaker", n=n)  # clips do not affect each other
    return str(scores.score([pd.concat([scores.condition(record, "alone").assign(fold=record["config"]["fold"])
                                        for record in folds]) for folds in seeds]))


def _unbroken(score: str) -> str:
    """A score in words that no line ends within."""
    return re.sub(r"(\d), (\S+);", rf"\1,{NBSP}\2;", score.replace(" %", f"{NBSP}%"))


def _claim(of: documents.Document):
    return next((claim for claim in of.claims if (claim.corpus, claim.score) == (_CORPUS, "accuracy")), None)


def _changed(run: Run) -> str:
    return ", ".join(f"{key} = {value}" for key, value in run.changed.items()) or "—"


def _hours(of: list[tuple]) -> str:
    seconds = sum(record["train_seconds"] for _, record, _ in of)
    return unit(seconds / 3600, "h", 1) if seconds >= 360 or not seconds else unit(np.ceil(seconds / 60), "min")


def _accuracy(record: dict) -> str:
    """Of the test part, or on each other corpus."""
    def told(corpus=None):
        table = tested_clips(record, corpus)
        return percent(np.mean(table["emotion"].to_numpy() == table["predicted"].to_numpy()), 1)

    return told() if "test" in record else ", ".join(f"{corpus} {told(corpus)}" for corpus in record["tested"])


@cache
def _chance(trained: tuple[str, ...], tested: str) -> str:
    """Of naming the most frequent emotion of one corpus among those that the others have too."""
    other, *known = (datasets.studied(datasets.published(corpus))["emotion"] for corpus in (tested, *trained))
    shared = set.intersection(*map(set, known))
    return percent(other[other.isin(shared)].value_counts(normalize=True).max(), 1)


def _library(versions: dict) -> str:
    """What trained: torch, or scikit-learn where a record has no torch."""
    name = next((name for name in ("torch", "scikit-learn") if name in versions), "")
    return f"{name} {versions[name]}" if name else "—"
