# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Every run behind this book
#
# A number in this book is computed from a record: one file a run, which keeps the run's settings, its split, the
# hash of the audio, the machine, and the probabilities of every test clip. This page lists them all, document by
# document, and says what has not been run. Nothing on it is typed by hand.

# %% tags=["parameters", "hide-input"]
results: str = "results"  # folder of the records
document: str = ""  # document whose runs are shown; "": all

# %% tags=["remove-input"]
import html
import json
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import HTML, Markdown, display
from matplotlib.patches import Patch

from ser_repro import datasets, documents, protocols
from ser_repro.book import page as notebook
from ser_repro.book import palette, plots
from ser_repro.book.page import draw, say, show
from ser_repro.results import found as chapter
from ser_repro.results import ledger as claims
from ser_repro.results import scores as evaluation
from ser_repro.runs import run as runs

notebook.check(globals(), results=None, document=["", *documents.DOCUMENTS])
palette.use_theme()

every = {name: chapter.Results(name, results) for name in ([document] if document else documents.DOCUMENTS)}
planned = {name: {record["run"]: record for _, record in found.status if record} for name, found in every.items()}
spare = {name: [runs.read(path) for path in sorted((Path(results) / name).glob("*.json"))
                if path.stem not in planned[name]] for name in every}
records = {name: [*planned[name].values(), *spare[name]] for name in every}


def title(name: str) -> str:
    text = documents.get(name).title
    return text[0].upper() + text[1:]


def whole(score: str) -> str:
    """A score that is broken, if at all, between its value and its interval."""
    return score.replace(" %", "\N{NO-BREAK SPACE}%").replace(", ", ",\N{NO-BREAK SPACE}")


def usual(found: chapter.Results) -> tuple:
    """The number of epochs that most of a document's runs have, as changes of its recipe: it may run fewer."""
    lengths = Counter(changes for (*_, changes, _), seeds in found.done.items() for folds in seeds for _ in folds
                      if not chapter.slips(changes))
    return max(lengths, key=lengths.get, default=())


def hours(of: list[dict]) -> str:
    return notebook.unit(sum(record["train_seconds"] for record in of) / 3600, "h", 1)


# %% tags=["remove-cell"]
# What other pages say of all documents.
done, asked = (sum(counts) for counts in zip(*(found.count for found in every.values()), strict=True))
say("runs_done", notebook.number(done))
say("runs_planned", notebook.number(asked))
rows = []
for name, found in every.items():
    of = found.document
    claim = next((x for x in claims.of(name, "RAVDESS") if x.score == "accuracy"), None)
    say(f"intro_{name}_claim", notebook.unit(100 * claim.value, "%", 1) if claim else "no number found")
    epochs = documents.settings(name, "code", "RAVDESS", min(of.sizes, default=None))["epochs"]
    say(f"intro_{name}_epochs", str(dict(usual(found)).get("epochs", epochs)))
    say(f"intro_{name}_count", "{} of {}".format(*found.count))
    for size in of.sizes or (None,):
        key, which = f"intro_{name}{size or ''}", {"n": size, "changes": usual(found)}
        for protocol in protocols.PROTOCOLS:
            say(f"{key}_{protocol}", whole(found.text("RAVDESS", protocol=protocol, **which)))
            say(f"{key}_paper_{protocol}", whole(found.text("RAVDESS", "paper", protocol, **which)))
        for reading in documents.READINGS:
            took = [record["train_seconds"] for folds in found.records("RAVDESS", reading, **which) for record in folds]
            say(f"time_{name}{size or ''}_{reading}", notebook.unit(max(1, np.median(took) / 60), "min") if took else
                chapter.NOT_RUN)
        if "RAVDESS" in of.corpora and size in (None, min(of.sizes, default=None), claim and claim.n):
            rows.append((title(name) + ("" if size is None else f", n = {size}"),
                         claim.value if claim and claim.n == size else None, found.score("RAVDESS", **which),
                         found.score("RAVDESS", protocol="speaker", **which), chapter.chance("RAVDESS")))
say("intro_chance", notebook.unit(100 * chapter.chance("RAVDESS"), "%", 1))
draw("intro_overview", plots.claims(rows), elsewhere=(
    "A row a document: accuracy on RAVDESS as claimed, and by the code's method as measured by the document's own "
    "split and with new speakers, beside a dotted line for guessing."))

# %% tags=["remove-input"]
lines = [f"**{notebook.number(done)} of {notebook.number(asked)} planned runs are done**, "
         f"{hours([record for of in records.values() for record in of])} of training in all."]
if any(spare.values()):
    lines.append(f"{sum(map(len, spare.values()))} more records belong to no run the study asks for; they are marked "
                 "*extra* below.")
if any(record["config"]["synthetic"] for of in records.values() for record in of):
    notebook.banner()
if done < asked:
    lines.append("A chapter that needs one of the others says so where its number would stand. "
                 "`ser-repro study` makes them, in the order of what they teach.")
display(Markdown(" ".join(lines)))
show(pd.DataFrame([{"document": f'<a href="#{name}">{html.escape(title(name))}</a>',
                    "corpora": ", ".join(found.document.corpora), "done": found.count[0], "planned": found.count[1],
                    "training": hours(records[name])} for name, found in every.items()]))

# %% [markdown]
# ```{glue:figure} intro_overview
# ---
# name: fig-overview
# alt: >-
#   A row a document: accuracy on RAVDESS as claimed, as measured by the document's own split, and as measured with new
#   speakers, beside a dotted line for guessing. The numbers are in the table of the first page.
# ---
# What the runs on RAVDESS have come to so far, in reading `code`: claimed (diamonds) and measured (dots and
# squares), with 95 % intervals over speakers.
# ```
#
# ## Document by document
#
# In the pictures a cell is a run: a block of them is a corpus (and a size of the network) in one reading; in it a
# column is a fold, the first of them the document's own split, the others groups of speakers held out; a line is a
# seed. Slips that are mended one at a time have a table of their own.

# %% tags=["remove-cell"]
DONE, OPEN, INK = "#2a7f78", "#dcdad3", "#3a3a3a"


def block(plan) -> tuple:
    """Runs that stand together in the picture: a corpus, a size, and fewer epochs than the recipe has."""
    return plan.corpus, plan.n, dict(plan.changes).get("epochs")


def planned_grid(found: chapter.Results) -> list:
    """Runs without a slip mended, corpus by corpus and size by size."""
    corpora = found.document.corpora
    return sorted(((plan, record) for plan, record in found.status if not chapter.slips(plan.changes)),
                  key=lambda pair: (corpora.index(pair[0].corpus), pair[0].n or 0, block(pair[0])[2] or 0))


def picture(found: chapter.Results):
    """The grid of a document: a cell a run."""
    grid = planned_grid(found)
    blocks = list(dict.fromkeys(block(plan) for plan, _ in grid))
    folds, seeds = max(plan.fold for plan, _ in grid) + 1, max(plan.seed for plan, _ in grid) + 1
    wide, high = folds + 3.5, 2 * seeds + 2.5  # of a block; a cell is 1 wide and 2 high
    figure, axis = plt.subplots(figsize=(6.4, 0.55 + 0.062 * high * len(blocks)))
    for plan, record in grid:
        x = documents.READINGS.index(plan.reading) * wide + (plan.fold + 1.5 if plan.protocol == "speaker" else 0)
        y = blocks.index(block(plan)) * high + 2 * plan.seed
        axis.add_patch(plt.Rectangle((x, y), 0.86, 1.72, color=DONE if record else OPEN, linewidth=0))
    for i, (corpus, n, epochs) in enumerate(blocks):
        label = corpus + (f"  n = {n}" if n else "") + (f"\n{epochs} epochs" if epochs else "")
        axis.text(-0.5, i * high + seeds, label, ha="right", va="center", color=INK)
    for i, reading in enumerate(documents.READINGS):
        axis.text(i * wide, -3.6, f"reading {reading}", ha="left", va="bottom", color=INK, weight="bold")
        axis.text(i * wide - 0.1, -0.7, "own", ha="left", va="bottom", color=INK, fontsize=8)
        axis.text(i * wide + 1.5, -0.7, "  new speakers", ha="left", va="bottom", color=INK, fontsize=8)
    axis.set(xlim=(-0.28 * wide * 2, 2 * wide - 1.5), ylim=(len(blocks) * high - 1, -6.5))
    axis.axis("off")
    axis.legend(handles=[Patch(color=DONE, label="done"), Patch(color=OPEN, label=chapter.NOT_RUN)], ncols=2,
                loc="upper left", bbox_to_anchor=(0.2, 0.02), fontsize=9, handlelength=1)
    figure.tight_layout()
    return figure


def counts(found: chapter.Results) -> pd.DataFrame:
    """The same in figures."""
    table: dict = {}
    for plan, record in planned_grid(found):
        row = table.setdefault(block(plan), {})
        done, asked = row.get((plan.reading, plan.protocol), (0, 0))
        row[plan.reading, plan.protocol] = done + (record is not None), asked + 1
    fewer = any(epochs for _, _, epochs in table)
    return pd.DataFrame([
        {"corpus": corpus} | ({"n": n} if n else {}) | ({"epochs": epochs or "all"} if fewer else {}) | {
        f"{reading}, {chapter.SPLITS[protocol]}": " of ".join(map(str, row.get((reading, protocol), "—")))
        for reading in documents.READINGS for protocol in protocols.PROTOCOLS}
        for (corpus, n, epochs), row in table.items()])


def ablations(found: chapter.Results) -> pd.DataFrame:
    """Reading code with one slip mended: a row a corpus, a column a slip."""
    table: dict = {corpus: {} for corpus in found.document.corpora}
    for plan, record in found.status:
        for name, value in chapter.slips(plan.changes):
            slip = found.slip(name, value, plan.n)
            if record or slip not in table[plan.corpus]:
                table[plan.corpus][slip] = "done" if record else chapter.NOT_RUN
    hyphen = "\N{NON-BREAKING HYPHEN}"  # keeps a name on its line
    return pd.DataFrame([{"corpus": corpus.replace("-", hyphen)} | row for corpus, row in table.items()]).fillna("—")


def listed(name: str) -> pd.DataFrame:
    """A row a record."""
    rows = []
    for record in records[name]:
        c = record["config"]
        run = runs.Run(**{key: value for key, value in c.items() if key != "settings"}, values=c["settings"])
        right = evaluation.table(record).eval("emotion == predicted").mean()
        rows.append({
            "corpus": c["corpus"]} | ({"n": c["settings"]["n"]} if documents.get(name).sizes else {}) | {
            "reading": c["reading"], "split": c["protocol"], "fold": c["fold"], "seed": c["seed"],
            "accuracy": notebook.unit(100 * right, "%", 1), "epochs": len(record["history"]["train_loss"]),
            "min": f"{record['train_seconds'] / 60:.1f}", "finished": record["finished"][:10],
            "split's hash": record["split_hash"][:8],
            "record": f"<code>{run.hash}</code>" + (" (extra)" if record["run"] not in planned[name] else ""),
            "changed": ", ".join(f"{key} = {value}" for key, value in run.changed.items())})
    table = pd.DataFrame(rows)
    order = [key for key in ("corpus", "n", "reading", "changed", "split", "fold", "seed") if key in table]
    table = table.sort_values(order)
    return table if table["changed"].any() else table.drop(columns="changed")


def searches(name: str) -> pd.DataFrame:
    """What was chosen for the settings that a document never gives: a row a split."""
    found = [json.loads(path.read_text()) for path in sorted((Path(results) / name / "search").glob("*.json"))]
    table = pd.DataFrame([{
        "corpus": s["corpus"], "n": s["n"], "reading": s["reading"], "split": s["protocol"], "fold": s["fold"],
        "learning rate": f"{s['chosen']['learning_rate']:.3g}", "weight decay": f"{s['chosen']['weight_decay']:.3g}",
        "batch": s["chosen"]["batch_size"], "hidden": s["chosen"]["hidden_size"], "tried": len(s["trials"]),
    } for s in found])
    return table.sort_values(["corpus", "n", "reading", "split", "fold"]) if found else table


# %% mystnb={"image": {"alt": "Runs done and not yet made, a cell a run; in figures below"}} tags=["remove-input"]
for name, found in every.items():
    display(HTML(f'<h3 id="{name}">{html.escape(title(name))}</h3>'))
    display(Markdown("**{} of {} runs done**, {} of training.".format(*found.count, hours(records[name]))))
    figure = picture(found)
    display(figure)
    plt.close(figure)
    show(counts(found))
    display(Markdown("*One slip mended at a time*: runs of reading `code` with the one setting named changed, to what "
                     "the text says or, where a value is given, to that; by the document's own split."))
    show(ablations(found))
    if records[name]:
        display(Markdown("*The records*. Equal hashes of a split mean the same clips in the same parts; `results/"
                         f"{name}/` has a file for each, whose name ends in the last hash."))
        show(listed(name), long=True)
    else:
        display(Markdown("*No record yet*: `ser-repro study` makes them."))
    if found.document.searched:
        tried = searches(name)
        display(Markdown("*What the searches chose*: the document never gives its "
                         + ", ".join(key.replace("_", " ") for key in found.document.searched) + ". Each split has a "
                         "search of its own, on validation clips alone: see `ser_repro.runs.search`."))
        display(Markdown("No search yet.")) if tried.empty else show(tried, long=True)

# %% [markdown]
# ## Audio and machines
#
# The audio that the records rest on: the hash of all decoded samples, compared with that of the published corpus.

# %% tags=["remove-input"]
everything = [record for of in records.values() for record in of]
if everything:
    audio = pd.DataFrame([{"corpus": r["config"]["corpus"], "hash": r["corpus_hash"],
                           "synthetic": r["config"]["synthetic"]} for r in everything])
    published = {name: datasets.content_hash(datasets.published(name)) for name in audio["corpus"].unique()}
    audio["audio"] = [notebook.SYNTHETIC if synthetic else "as published" if published[corpus].startswith(hash_) else
                      "differs" for corpus, hash_, synthetic in audio.itertuples(index=False)]
    audio["hash"] = "<code>" + audio["hash"].str[:12] + "</code>"
    show(audio.groupby(["corpus", "hash", "audio"], as_index=False).size().rename(columns={"size": "records"}))
    machines = pd.DataFrame([{"document": title(name), "device": r["device"], "h": r["train_seconds"] / 3600,
                              "torch": r["versions"]["torch"], "python": r["versions"]["python"]}
                             for name, of in records.items() for r in of])
    show(machines.groupby(["document", "device", "torch", "python"], as_index=False)
         .agg(records=("h", "size"), hours=("h", "sum")), formats={"hours": "{:.1f}".format})
else:
    display(Markdown("No record yet."))
