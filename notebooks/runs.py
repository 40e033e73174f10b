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
# hash of the audio, the machine, and the probabilities of every test clip. This page lists them all, and says what
# has not been run. Nothing on it is typed by hand.

# %% tags=["parameters", "hide-input"]
results: str = "results"  # folder of the records
document: str = "cnn_n_gru"  # document whose runs are shown

# %% tags=["remove-input"]
import json
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import Markdown, display
from matplotlib.patches import Patch

from ser_repro import datasets, notebook, recipes, runs, splits, study
from ser_repro.notebook import show

notebook.check(globals(), results=None, document=recipes.DOCUMENTS)

records = runs.read_all(results, document)
state = study.status([plan for plan in study.plans() if plan.document == document], results)
plans = pd.DataFrame(
    [vars(plan) | {"label": plan.label, "done": record is not None,
                   "kind": "ablation" if plan.changes else "grid"} for plan, record in state]
)
asked_for = {record["run"] for _, record in state if record}
spare = [record for record in records if record["run"] not in asked_for]
hours = sum(record["train_seconds"] for record in records) / 3600

# %% tags=["remove-input"]
done = int(plans.done.sum())
lines = [f"**{done} of the study's {len(plans)} runs are done**, {hours:.1f} hours of training in all."]
if spare:
    lines.append(f"{len(spare)} more records belong to no run the study asks for; they are marked *extra* below.")
if any(record["config"]["synthetic"] for record in records):
    notebook.banner()
if done < len(plans):
    lines.append("A chapter that needs one of the others says so where its number would stand. "
                 "`ser-repro study` makes them, in the order of what they teach.")
display(Markdown(" ".join(lines)))

# %% [markdown]
# ## Done and not done
#
# One cell a run. A row is a corpus, a size of the network and a reading; a block of columns is a protocol; within it,
# a column is a fold and a seed.

# %% tags=["remove-input"]
DONE, OPEN, INK = "#2a7f78", "#e4e2dc", "#3a3a3a"
grid = plans[plans.kind == "grid"]
rows = list(dict.fromkeys(
    (corpus, n, reading)
    for corpus in study.CORPORA for n in sorted(study.SIZES) for reading in recipes.READINGS
    if ((grid.corpus == corpus) & (grid.n == n) & (grid.reading == reading)).any()
))
columns, left, blocks = {}, 0.0, []
for protocol in splits.PROTOCOLS:
    here = grid[grid.protocol == protocol]
    begin = left
    for fold in sorted(here.fold.unique()):
        for seed in sorted(here.seed.unique()):
            columns[protocol, fold, seed] = left
            left += 1
        left += 0.35
    blocks.append((protocol, begin, left - 0.35))
    left += 0.8
tops, top = {}, 0.0
for row, after in zip(rows, [*rows[1:], None], strict=True):
    tops[row] = top
    top += 1 if after and after[0] == row[0] else 1.6

figure, axes = plt.subplots(figsize=(9, 0.26 * top + 0.9))
for plan in grid.itertuples():
    place = columns[plan.protocol, plan.fold, plan.seed], tops[plan.corpus, plan.n, plan.reading]
    axes.add_patch(plt.Rectangle(place, 0.88, 0.88, color=DONE if plan.done else OPEN, linewidth=0))
for (corpus, n, reading), top_ in tops.items():
    axes.text(-0.6, top_ + 0.45, f"{corpus}  n = {n:<2}  {reading}", ha="right", va="center", fontsize=8.5, color=INK)
for protocol, begin, end in blocks:
    axes.text((begin + end) / 2, -1.3, protocol, ha="center", va="bottom", fontsize=9.5, color=INK, weight="bold")
for protocol, fold in dict.fromkeys((p, f) for p, f, _ in columns):
    at = [x for (p, f, _), x in columns.items() if (p, f) == (protocol, fold)]
    axes.text((min(at) + max(at)) / 2 + 0.45, -0.25, f"fold {fold}", ha="center", va="bottom", fontsize=7.5, color=INK)
axes.set_xlim(-9, left)
axes.set_ylim(top, -2.2)
axes.axis("off")
axes.legend(handles=[Patch(color=DONE, label="done"), Patch(color=OPEN, label="not run yet")], loc="upper right",
            bbox_to_anchor=(1, 0), frameon=False, fontsize=8.5, ncol=2, handlelength=1)
figure.tight_layout()
display(figure)
plt.close(figure)

# %% tags=["remove-input"]
counts = (grid.groupby(["corpus", "n", "reading", "protocol"]).done.agg(["sum", "size"])
          .apply(lambda row: f"{row['sum']} / {row['size']}", axis=1).unstack("protocol")[list(splits.PROTOCOLS)])
counts = counts.rename(columns="{}: done / planned".format).rename_axis(columns=None)
show(counts.reset_index())

# %% [markdown]
# ## One slip mended at a time
#
# Runs of reading `code` with a single setting changed to what the text says.

# %% tags=["remove-input"]
ablations = plans[plans.kind == "ablation"]
show(pd.DataFrame({
    "corpus": ablations.corpus,
    "n": ablations.n,
    "changed": [", ".join(f"{name} = {value}" for name, value in changes) for changes in ablations.changes],
    "slip": [", ".join(recipes.DOCUMENTS[document][name].switch for name, _ in changes)
             for changes in ablations.changes],
    "state": ["done" if done else "not run yet" for done in ablations.done],
}))

# %% [markdown]
# ## The records
#
# Split and corpus are given by the first characters of their hashes: equal hashes mean the same clips in the same
# parts, and the same samples in the files. The corpus hash is compared with that of the published corpus.

# %% tags=["remove-input"]
published = {name: datasets.content_hash(datasets.published(name)) for name in {r["config"]["corpus"] for r in records}}


def audio(record: dict) -> str:
    """Whether a record's corpus is the published one."""
    if record["config"]["synthetic"]:
        return "synthetic: not a result"
    full = published[record["config"]["corpus"]]
    return "as published" if full.startswith(record["corpus_hash"]) else "differs"


def changed(record: dict) -> str:
    """The settings in which a record's run departs from its reading."""
    c = record["config"]
    run = runs.Run(**{key: value for key, value in c.items() if key != "settings"}, values=c["settings"])
    return ", ".join(f"{name} = {value}" for name, value in run.changed.items())


if records:
    show(pd.DataFrame([{
        "corpus": (c := record["config"])["corpus"],
        "n": c["settings"]["n"],
        "reading": c["reading"],
        "changed": changed(record),
        "protocol": c["protocol"],
        "fold": c["fold"],
        "seed": c["seed"],
        "epochs": len(record["history"]["train_loss"]),
        "min": f"{record['train_seconds'] / 60:.0f}",
        "finished": record["finished"][:10],
        "device": record["device"],
        "split": record["split_hash"][:8],
        "corpus hash": record["corpus_hash"][:8],
        "audio": audio(record),
        "record": c_hash if (c_hash := runs.config_hash(c)) and record["run"] in asked_for else f"{c_hash} (extra)",
    } for record in records]))
else:
    display(Markdown("No record yet: `ser-repro study` makes them."))

# %% tags=["remove-input"]
if records:
    by_device = pd.DataFrame([{"device": r["device"], "h": r["train_seconds"] / 3600, "torch": r["versions"]["torch"],
                               "python": r["versions"]["python"]} for r in records])
    show(by_device.groupby(["device", "torch", "python"], as_index=False)
          .agg(runs=("h", "size"), hours=("h", "sum")), formats={"hours": "{:.1f}".format})

# %% [markdown]
# ## What the searches chose
#
# The document never gives its learning rate, weight decay, batch or hidden size. Each split has a search of its own,
# on validation clips alone: see `ser_repro.search`.

# %% tags=["remove-input"]
searches = [json.loads(path.read_text()) for path in sorted((Path(results) / document / "search").glob("*.json"))]
if searches:
    show(pd.DataFrame([{
        "corpus": s["corpus"], "n": s["n"], "reading": s["reading"], "protocol": s["protocol"], "fold": s["fold"],
        "learning rate": f"{s['chosen']['learning_rate']:.3g}", "weight decay": f"{s['chosen']['weight_decay']:.3g}",
        "batch": s["chosen"]["batch_size"], "hidden": s["chosen"]["hidden_size"], "tried": len(s["trials"]),
        "device": s["device"],
    } for s in searches]).sort_values(["corpus", "n", "reading", "protocol", "fold"]))
else:
    display(Markdown("No search yet."))
