# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The CNN on 50 MFCCs: a method without a number

# %% tags=["parameters", "remove-input"]
corpus: str = "RAVDESS"  # corpus of the run shown in detail: RAVDESS, EMO-DB, EMOVO, TESS, CREMA-D or SAVEE
reading: str = "code"  # code (what the public code does) or paper (what the text says)
protocol: str = "published"  # published (the document's own split) or speaker (unheard speakers)
fold: int = 0  # which speakers are held out, under protocol speaker
seed: int = 0  # of weights and order
epochs: int = 0  # epochs if it has to train; 0: the document's 500 (on the demo corpus, fewer)
mode: str = "auto"  # auto (stored record, else train), train, or stored
results: str = "results"  # folder of the records
data: str = ""  # folder of the corpora; "": SER_REPRO_DATA
cache: str = ""  # folder of arrays and checkpoints; "": SER_REPRO_CACHE or ~/.cache/ser_repro
device: str = "auto"  # auto, cpu or gpu

# %% tags=["remove-input"]
from ser_repro import documents, protocols
from ser_repro.book import page as notebook
from ser_repro.book.page import draw, say, show

notebook.check_run(globals(), "mfcc_cnn")
DOCUMENT = "mfcc_cnn"

# %% tags=["remove-cell"]
from functools import cache as remembered

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown, display

from ser_repro import datasets
from ser_repro.book import diagrams, palette, plots
from ser_repro.features import sets
from ser_repro.models.mfcc_cnn import CHANNELS, COEFFICIENTS, HIDDEN
from ser_repro.results import found as chapter
from ser_repro.results import scores as evaluation

palette.use_theme()
OF = documents.get(DOCUMENT)
found = chapter.Results(DOCUMENT, results)
chance = {c: chapter.chance(c) for c in OF.corpora}
percent, number = notebook.percent, notebook.number
NO_COPY = "no copy here"


def tenths(share):
    """A share in per cent, as fine as differences are told."""
    return percent(share, 1)


@remembered
def scored(c, reading="code", protocol="published", name="accuracy"):
    """Score of what there is, or None."""
    seeds = found.seeds(c, reading, protocol)
    return evaluation.score(chapter.frames(seeds), name) if seeds else None


def each(reading, protocol):
    """What has been run, corpus by corpus, in a sentence."""
    have = []
    for c in OF.corpora:
        if seeds := found.seeds(c, reading, protocol):
            missing, code = chapter.missing(seeds), found.seeds(c, "code", protocol)
            if missing and reading == "paper" and code:
                heard = chapter.frames(seeds)[0]["speaker"]
                same = [frame[frame["speaker"].isin(heard)] for frame in chapter.frames(code)]
                missing += f", where the code has {tenths(evaluation.score(same).value)}"
            have.append(f"{c} {tenths(scored(c, reading, protocol).value)}" + (f" ({missing})" if missing else ""))
    rest = [c for c in OF.corpora if not found.seeds(c, reading, protocol)]
    if not have:
        return chapter.NOT_RUN
    rest = ["the others" if len(rest) > 1 else rest[0]] if rest else []
    return ", ".join(have + [f"{names} {chapter.NOT_RUN}" for names in rest])


both = [c for c in OF.corpora if found.seeds(c) and found.seeds(c, protocol="speaker")]
lost = {c: points for c in both if (points := found.lost(c))}

# %% tags=["remove-cell"]
say("mc_published", each("code", "published"))
say("mc_speaker", each("code", "speaker"))
say("mc_paper_published", each("paper", "published"))
say("mc_paper_speaker", each("paper", "speaker"))
say("mc_lost", "; ".join(f"{c} {100 * d.value:.1f} [{100 * d.low:.1f}, {100 * d.high:.1f}]"
                         for c, d in lost.items()) or chapter.NOT_RUN)
say("mc_TESS", tenths(scored("TESS").value) if scored("TESS") else chapter.NOT_RUN)
say("mc_TESS_speaker", found.told("TESS", protocol="speaker"))
done, planned = found.count
say("mc_done", str(done))
say("mc_planned", str(planned))


def unnamed(record):
    """Emotions of the test clips that no test clip is called, and the largest probability that any of them gets."""
    frame = evaluation.table(record)
    missing = sorted(set(frame["emotion"]) - set(frame["predicted"]))
    return missing, max((frame[f"p({c})"].max() for c in missing), default=0.0)


def silenced(reading, **which):
    """Of all runs of a reading: those that never name some emotion, and all."""
    records = [record for (_, _, r, changes, _), seeds in found.begun.items() if r == reading and not changes
               for folds in seeds for record in folds]
    return sum(bool(unnamed(record)[0]) for record in records), len(records)


older = found.records("RAVDESS", changes=(("loss", "binary on softmax"),))
first = [record["history"]["train_loss"][0] for folds in older for record in folds]
say("mc_first_loss", f"{np.mean(first):.2f}" if first else chapter.NOT_RUN)
outputs = datasets.studied(datasets.published("RAVDESS"))["emotion"].nunique()
say("mc_even_loss", f"{-(np.log(1 / outputs) + (outputs - 1) * np.log(1 - 1 / outputs)) / outputs:.2f}")
some = sum(bool(unnamed(record)[0]) for folds in older for record in folds)
say("mc_softmax_silenced", f"{some} of {len(older)}" if older else chapter.NOT_RUN)
for r in documents.READINGS:
    some, every = silenced(r)
    say(f"mc_{r}_silenced", f"{some} of {every}" if every else chapter.NOT_RUN)

# %% [markdown]
# **Claimed**: no accuracy at all. The README of this public code {cite}`ranaei2021deep`, its pictures and its history
# were searched for one in vain; trained weights lie beside it for three corpora. They tell how they were made, and
# bear out the settings below, but not how good they are. This page gives the method its first table.
#
# **Measured** by our rebuilding of what the code does, with its rule of splitting, a fifth of the clips at random:
# {glue:text}`mc_published`.
#
# **With speakers that the network has not heard**: {glue:text}`mc_speaker`. Points of accuracy lost by that, compared
# on the same clips: {glue:text}`mc_lost`.
#
# **What the words promise** (reading `paper`: another window, dropout, another loss), by the same rule of splitting:
# {glue:text}`mc_paper_published`; with new speakers: {glue:text}`mc_paper_speaker`.
#
# **A network may end without ever naming some emotion**: so do {glue:text}`mc_code_silenced` runs of reading `code`
# and {glue:text}`mc_paper_silenced` of reading `paper`. Why is told [below](#mfcc-two-losses).
#
# {glue:text}`mc_done` of {glue:text}`mc_planned` planned runs are made. Intervals stand in the picture and in every
# table: they cover 95 % and resample speakers, on TESS clips, as two voices leave nothing to resample.

# %% mystnb={"image": {"alt": "Accuracy measured, with intervals, a line a corpus"}} tags=["remove-input"]
rows = []
for c in OF.corpora:
    if found.seeds(c) or found.seeds(c, protocol="speaker"):
        for r, words in (("code", ""), ("paper", ", the words")):
            if r == "code" or found.seeds(c, r) or found.seeds(c, r, "speaker"):
                missing = chapter.missing(seeds) if (seeds := found.seeds(c, r, "speaker")) else ""
                rows.append((c + words + (f"\n{missing}" if missing else ""), None, scored(c, r),
                             scored(c, r, "speaker"), chance[c]))
if rows:
    plots.claims(rows)
    plt.show()
else:
    display(Markdown("*Nothing has been run yet.*"))

# %% [markdown]
# *Accuracy measured, of the code's method and, where it says so, of the words'. Folds are those of new speakers, where
# some are missing. Bars are 95 % intervals; those of TESS do not cover what a third voice would do, and those of SAVEE
# rest on four speakers.*
#
# ## What is claimed
#
# The text says that a network of this kind is evaluated on seven corpora in three languages (it lists four: English,
# German, Italian, Persian), and prints no result. What can be checked are the corpora. *Label map* is what the code
# knows of a corpus's labels (read in the code): without one it stops, so that at most five of the seven can have been
# run as it stands. The last three columns are computed from the published lists of clips and the code's rule.

# %% tags=["remove-input"]
LABEL_MAPS = {"RAVDESS": "complete", "EMO-DB": "complete; boredom is called calm", "EMOVO": "none: the code stops",
              "TESS": "eight names for seven emotions: one output without a clip", "CREMA-D": "complete",
              "SAVEE": "complete", "ShEMO": "empty, and no method to read it: the code stops"}
TAKE = ["speaker", "sentence", "emotion"]
rows = []
for c in (*OF.corpora, "ShEMO"):
    about = datasets.get(c)
    row = {"corpus": c, "label map in the code": LABEL_MAPS[c], "recorded at": f"{number(about.sample_rate)} Hz",
           "clips": number(about.n_clips), "speakers": len(about.speakers), "train": NO_COPY, "test": NO_COPY,
           "of these, another take of it trains": NO_COPY}
    if c in OF.corpora:
        clips = datasets.studied(datasets.published(c))
        split = OF.split(clips)
        take = clips.set_index("clip")[TAKE].apply(tuple, axis=1)
        trained = set(take[list(split.train)])
        row |= {"train": number(len(split.train)), "test": number(len(split.test)),
                "of these, another take of it trains": percent(take[list(split.test)].isin(trained).mean())}
        if c == "RAVDESS":
            say("mc_takes", row["of these, another take of it trains"])
            say("mc_test_clips", row["test"])
    rows.append(row)
show(pd.DataFrame(rows))
say("mc_22050", ", ".join(c for c in (*OF.corpora, "ShEMO") if datasets.get(c).sample_rate == 22_050) or "none")

# %% [markdown]
# *Another take: a clip of the same speaker, sentence and emotion. In RAVDESS, where {glue:text}`mc_takes` of the test
# clips have one in training, an accuracy by this split also measures how well takes are recognised again.*
#
# The row of ShEMO {cite}`nezami2019shemo` stays without a split: no copy of its audio could be had here, and without
# an index of the published clips nothing would tell whether a copy is whole. Its loader is ready for one. EMOVO is
# run here with its own labels, which the code lacks.
#
# The weights that lie beside the code (read in the files) hold a count of the optimiser's steps and the layers'
# shapes. Settings and split rule, computed through, give the same:

# %% tags=["remove-input"]
# Read in the stored weights of the public code: steps of Adam, and the number of values in the layers.
WEIGHTS = {"CREMA-D": (93_500, 53_350), "EMO-DB": (7_000, 53_479), "SAVEE": (6_000, 53_479)}
rows, agree = [], []
for c, (steps, values) in WEIGHTS.items():
    settings = documents.settings(DOCUMENT, "code", c)
    clips = datasets.studied(datasets.published(c))
    batches = -(-len(OF.split(clips).train) // settings["batch_size"])
    ours = sum(p.numel() for p in documents.build(DOCUMENT, settings, clips["emotion"].nunique()).parameters())
    agree += [steps == batches * settings["epochs"], values == ours]
    rows.append({"corpus": c, "batches of an epoch": batches, "epochs": settings["epochs"],
                 "steps": number(batches * settings["epochs"]), "steps in the weights": number(steps),
                 "parameters": number(ours), "parameters in the weights": number(values)})
show(pd.DataFrame(rows))
say("mc_agree", f"{sum(agree)} of {len(agree)}")

# %% [markdown]
# {glue:text}`mc_agree` numbers agree: the weights come from {glue:text}`mc_epochs` epochs in batches of
# {glue:text}`mc_batch` over four fifths of the clips, with the code's layers and not the text's. They were saved by
# Keras 2.6.0; the list of requirements names 2.4.0.
#
# ## What the method is

# %% tags=["remove-cell"]
code, paper = (documents.settings(DOCUMENT, r, "RAVDESS") for r in documents.READINGS)
models = {r: documents.build(DOCUMENT, v, datasets.studied(datasets.published("RAVDESS"))["emotion"].nunique())
          for r, v in zip(documents.READINGS, (code, paper), strict=True)}
boxes, window = {}, {}
for r, values in zip(documents.READINGS, (code, paper), strict=True):
    means, model = sets.get(values["features"]).compute, models[r]
    window[r] = means
    differs = diagrams.CODE if r == "code" else diagrams.PAPER
    left = model.hidden.in_features // CHANNELS[-1]
    kernel = model.convs[0].kernel_size[0]
    boxes[r] = [
        ("clip", f"one channel\n{number(means.sample_rate)} Hz", diagrams.INPUT),
        ("MFCCs", f"window {means.n_fft}\nhop {means.hop}\n{COEFFICIENTS} means", differs),
        (f"conv {CHANNELS[0]}", f"kernel {kernel}\n{COEFFICIENTS} long", diagrams.LAYER),
        (f"conv {CHANNELS[1]}", f"then pool 2\n{COEFFICIENTS // 2} long", diagrams.LAYER),
        (f"conv {CHANNELS[2]}", (f"dropout {values['dropout']:g}\n" if values["dropout"] else "") +
         f"then pool 2\n{left} long", differs),
        (f"linear {HIDDEN}", f"from {model.hidden.in_features}", diagrams.LAYER),
        (f"linear {model.out.out_features}", "softmax", diagrams.LAYER)]
draw("mc_flow", diagrams.flow([(f"reading\n{r}", boxes[r]) for r in documents.READINGS]))
for r in documents.READINGS:
    for name in ("n_fft", "hop"):
        length = getattr(window[r], name)
        say(f"mc_{r}_{name}", f"{length} samples ({notebook.unit(1000 * length / window[r].sample_rate, 'ms')})")
    say(f"mc_{r}_parameters", number(sum(p.numel() for p in models[r].parameters())))
say("mc_epochs", str(code["epochs"]))
say("mc_batch", str(code["batch_size"]))
say("mc_rate", f"{number(window['code'].sample_rate)} Hz")

# %% [markdown]
# ```{glue:figure} mc_flow
# ---
# name: fig-mfcc-cnn
# alt: >-
#   Two rows of boxes, one for each reading: clip, means of 50 MFCCs, three convolutions with two pools, two linear
#   layers. The rows differ in window and hop of the MFCCs and in what follows the third convolution.
# ---
# The network in both readings, drawn from the model for RAVDESS. Every layer but the last is followed by a ReLU. Red,
# dashed edge: the code, where the text says otherwise. Blue, thick edge: what the text says.
# ```
#
# A clip becomes one vector: all that happens in its course is averaged away, and the convolutions run along the
# coefficients, not along time. Nothing scales the vector. Reading `code` has {glue:text}`mc_code_parameters`
# parameters on RAVDESS, reading `paper` {glue:text}`mc_paper_parameters`.
#
# ## Where text and code part
#
# Setting by setting; the last column says where the value of reading `paper` comes from. What the code does was read in
# it and in the stored weights, where nothing else is said.

# %% tags=["remove-input"]
show(chapter.readings(DOCUMENT, "RAVDESS"))

# %% [markdown]
# *Window and hop*: {glue:text}`mc_paper_n_fft` and {glue:text}`mc_paper_hop` in the text,
# {glue:text}`mc_code_n_fft` and {glue:text}`mc_code_hop` in the code, both at {glue:text}`mc_rate`. The text speaks of
# the "original sample rate (22 Hz)"; of its seven corpora, recorded at 22 050 Hz by their publishers:
# {glue:text}`mc_22050`. The code resamples all of them.
#
# *Dropout*: promised after the third convolution, in none of the stored weights. *Pooling*: promised to keep the odd
# one out at the end; neither the code nor the weights nor the document's own figure, which also counts 12 values
# after the second pool (read by eye), do. *Never shuffled*: the split mixes the clips once; every epoch then feeds
# them in that order. *No seed* is set for the network: what the code printed cannot be had again, and is one draw
# from the spread of seeds below.
#
# *Labels*: boredom of EMO-DB is called calm, which changes a name on a plot and no score. On TESS the network has an
# eighth output that no clip ever asks for; ours has one for each emotion that occurs, and what the spare one is worth
# has not been measured. *The order of the files* that the rule of splitting draws from is the file system's, and
# differs by machine: the same rule picks other clips here. *The test part* is watched in training, and nothing is
# chosen by it: the weights after the last epoch are saved. What choosing would add is computed below.
#
# The rest of the text can't be held to a run: it counts seven databases and three; its link for EMO-DB leads to
# RAVDESS; `find_best_model.py`, which it tells the reader to start, does not exist (the program that trains is
# `deep_emotion_recognition.py`).
#
# (mfcc-two-losses)=
# ### Three losses
#
# The text names cross-entropy. The code takes *binary* cross-entropy on the outputs of a softmax: every emotion is a
# yes-or-no question of its own. What is computed then depends on the version of Keras (read in its source, not run
# here). Version 2.6, which saved the weights, goes back to the values before the softmax and asks its questions of
# those: the softmax has no part in the training, and comes back when the network is asked. That is the loss of reading
# `code`.
#
# Older versions (where the change came was not found) take the probabilities and hold them off 0 and 1 by 0.0000001.
# Beyond that the loss is flat: an emotion whose probability has fallen that low for a clip gets no push back from it,
# and one that has fallen so low for all of them stays there. The network starts out sure and wrong, on values that
# nothing has scaled: where the same chance for every emotion would cost {glue:text}`mc_even_loss` on RAVDESS, the first
# epoch costs {glue:text}`mc_first_loss` on average. What that loss is worth is told among the slips, as `binary on
# softmax`: of its runs, {glue:text}`mc_softmax_silenced` never name some emotion.
#
# The table counts the runs that end so in each reading. Its last columns tell a dead output from a rare one: if none of
# the test clips gives it a probability, and if training stops at the share of the clips that are of another emotion.

# %% tags=["remove-input"]
def named(record):
    """Share of the training clips whose emotion some test clip is called."""
    clips = datasets.studied(datasets.published(record["config"]["corpus"])).set_index("clip")["emotion"]
    trained = clips.drop(evaluation.table(record)["clip"])  # nothing validates: what is not tested trains
    return 1 - trained.isin(unnamed(record)[0]).mean()


rows = []
for (c, _, r, changes, p), seeds in sorted(found.begun.items(), key=str):
    if changes:
        continue
    missing = [(*unnamed(record), record) for folds in seeds for record in folds]
    some = [names for names, _, _ in missing if names]
    hit = [(record["history"]["train_accuracy"][-1], named(record)) for names, _, record in missing if names]
    rows.append({"corpus": c, "reading": r, "split": chapter.SPLITS[p], "runs": len(missing),
                 "with an emotion never named": len(some),
                 "which": ", ".join(f"{name} ({sum(name in names for names in some)})"
                                    for name in sorted(set().union(*some))) if some else "—",
                 "largest probability of one": f"{max(top for _, top, _ in missing):.4f}" if some else "—",
                 "training accuracy of these": " of ".join(percent(np.mean(of)) for of in zip(*hit, strict=True))
                 or "—"})
show(pd.DataFrame(rows)) if rows else display(Markdown("*Nothing has been run yet.*"))

# %% [markdown]
# *Runs (a seed and a fold each) after the last epoch; in brackets, how many never name that emotion. Then the largest
# probability that any test clip gives to an emotion never named, the mean training accuracy of the runs with such an
# emotion, and the most that it can be: the share of their training clips that are of the others.*
#
# ## What we measure
#
# All that has been run so far: accuracy, UAR and macro F1 with 95 % intervals; behind the number of seeds, their
# lowest and highest accuracy.

# %% tags=["remove-input"]
table = found.table()
show(table) if len(table) else display(Markdown("*Nothing has been run yet.*"))

# %% mystnb={"image": {"alt": "Confusion matrices: true emotion down, predicted across"}} tags=["remove-input"]
notebook.show_confusions(found)

# %% mystnb={"image": {"alt": "Accuracy and loss over the epochs, of training and test"}} tags=["remove-input"]
for quantity, shown in (("accuracy", OF.corpora), ("loss", OF.corpora[:1])):
    panels = [(f"{c}, {r}", [record for folds in seeds for record in folds]) for c in shown
              for r in documents.READINGS if (seeds := found.records(c, r))]
    for some in (panels[i:i + 2] for i in range(0, len(panels), 2)):
        plots.learning_curves(some, {title: chance[title.split(",")[0]] for title, _ in some}, quantity=quantity)
        plt.show()

# %% [markdown]
# *Learning curves under the document's split, a line a seed: accuracy of all corpora, then the loss on RAVDESS. The
# losses of the two readings are not the same quantity.*

# %% tags=["remove-cell"]
curves = [(c, record) for c in OF.corpora for folds in found.records(c) for record in folds]
gap = {c: np.mean([record["history"]["train_accuracy"][-1] - record["history"]["test_accuracy"][-1]
                   for name, record in curves if name == c]) for c in dict.fromkeys(name for name, _ in curves)}
say("mc_gap", "; ".join(f"{c} {100 * points:.0f}" for c, points in gap.items()) or chapter.NOT_RUN)

# %% [markdown]
# After the last epoch of reading `code`, the training clips are named right more often than the test clips by, in
# points: {glue:text}`mc_gap`.
#
# ## What is left with new speakers
#
# The same method, tested on speakers that it has not heard: RAVDESS and CREMA-D in six groups of speakers, the others
# one speaker at a time. Training has about as many clips, but on TESS, where one of two voices is left. The
# sentences are still shared, wherever a corpus has its speakers say the same ones.

# %% tags=["remove-input"]
notebook.show_new_speakers(found)

# %% [markdown]
# ## What each slip is worth
#
# One setting of the code mended alone, and the accuracy compared on the same test clips; at the end all of them
# together.

# %% mystnb={"image": {"alt": "Points gained by mending a slip, with intervals"}} tags=["remove-input"]
effects = notebook.show_effects(found)
loss = next((d for slip, c, d in effects if c == "RAVDESS" and slip == OF.settings["loss"].switch), None)
base = found.records("RAVDESS")[:len(loss.seeds)] if loss else []
hurt = sum(bool(unnamed(record)[0]) for folds in base for record in folds)
say("mc_loss_base", f"{hurt} of {len(base)}" if loss else chapter.NOT_RUN)

# %% [markdown]
# *Binary on softmax* is no mended slip but the code's loss under an older Keras. Of the runs of reading `code` that
# "binary cross-entropy" is compared with on RAVDESS, {glue:text}`mc_loss_base` never name some emotion: where a start
# has silenced one, any change may give it back.
#
# Then a slip that the code does not commit, though all is laid out for it: the test part is watched in every epoch,
# and the epoch could be chosen by it. *Last* is the epoch that the study scores, *best* the one with the highest test
# accuracy, *stopped* where early stopping on the test loss would have ended, with a patience of two epochs.

# %% tags=["remove-input"]
rows, gains = [], {}
for c in OF.corpora:
    for r in documents.READINGS:
        for p in protocols.PROTOCOLS:
            if not (seeds := found.seeds(c, r, p)):
                continue
            three = [evaluation.picked(record) for folds in seeds for record in folds]
            cells = {}
            for name in ("last", "best", "stopped"):
                at, right = zip(*(getattr(one, name) for one in three), strict=True)
                span = f"{min(at)}" if min(at) == max(at) else f"{min(at)}–{max(at)}"
                cells[name] = f"{100 * np.mean(right):.1f} % (epoch {span})"
            gain = np.mean([one.best[1] - one.last[1] for one in three])
            gains[c, r, p] = gain
            rows.append({"corpus": c, "reading": r, "split": chapter.SPLITS[p], "runs": len(three)} | cells
                        | {"best − last": f"{100 * gain:+.1f}"})
show(pd.DataFrame(rows)) if rows else display(Markdown("*Nothing has been run yet.*"))
say("mc_gain", f"{100 * gains['RAVDESS', 'code', 'published']:.1f}"
    if ("RAVDESS", "code", "published") in gains else chapter.NOT_RUN)
largest = max(gains, key=gains.get, default=None)
say("mc_gain_most", f"{100 * gains[largest]:.1f} ({largest[0]}, reading {largest[1]}, {chapter.SPLITS[largest[2]]})"
    if largest else chapter.NOT_RUN)

# %% [markdown]
# *Means over runs, each of a seed and a fold, which count alike however many clips they test.* The best of
# {glue:text}`mc_epochs` looks at the test part is better than the last by {glue:text}`mc_gain` points on RAVDESS, by
# the document's split, and by {glue:text}`mc_gain_most` at most.
#
# ## One run in detail

# %% mystnb={"image": {"alt": "Curves over the epochs and confusion matrix of this run"}} tags=["remove-input"]
record = notebook.obtain(document=DOCUMENT, corpus=corpus, reading=reading, protocol=protocol, fold=fold, seed=seed,
                         epochs=epochs, mode=mode, results=results, data=data or None, cache=cache or None,
                         device=device)
picked = evaluation.picked(record)
notebook.show_run(record, chance[corpus], f", after epoch {picked.last[0]}; {picked.best[1]:.1%} after epoch "
                  f"{picked.best[0]}, the best by its test part. Emotions never named: "
                  f"{', '.join(unnamed(record)[0]) or 'none'}")

# %% [markdown]
# Another run is a parameter away (`papermill --help-notebook` lists them all):
#
# ```
# .venv/bin/papermill notebooks/mfcc_cnn.ipynb out.ipynb -p corpus EMO-DB -p protocol speaker -p fold 3
# ```
#
# The document's steps, a table of a corpus with its split, training, and prediction, are commands here:
#
# ```
# .venv/bin/ser-repro corpora table RAVDESS --document mfcc_cnn --csv ravdess.csv
# .venv/bin/ser-repro train mfcc_cnn RAVDESS --model models/ravdess
# .venv/bin/ser-repro predict speech.wav --model models/ravdess
# ```
#
# The first writes the clips with their emotions and which part each belongs to; the second trains and leaves the
# weights; the third gives the probability of every emotion. [Run it again](../rerun.md) tells how to get there.
#
# ## Verdict

# %% tags=["remove-input"]
lines = ["- **The claim**: there is none to reach or to miss. The settings of the weights are borne out: "
         f"{sum(agree)} of {len(agree)} numbers agree."]
for c in OF.corpora:
    inside, outside = scored(c), scored(c, protocol="speaker")
    if not inside:
        lines.append(f"- **{c}**: {chapter.NOT_RUN}.")
        continue
    line = f"- **{c}**: {tenths(inside.value)} with shared speakers"
    if outside:
        missing = chapter.missing(found.seeds(c, protocol="speaker"))
        line += f", {tenths(outside.value)} with new ones" + (f", in {missing}" if missing else "")
        line += f"; on the same clips {notebook.loss(lost[c])}" if c in lost else ""
        line += ("; with new ones the interval reaches down to chance" if outside.low <= chance[c] else
                 f"; chance is {percent(chance[c])}")
    else:
        line += f"; with new ones {chapter.NOT_RUN}"
    lines.append(line + ".")
words = [(c, slip.partition("\n")[2] or "published split", d) for slip, c, d in effects
         if slip.startswith("all of them")]
lines += [f"- **The words instead of the code**, {c}, {where}: {notebook.points(d)}"
          + (", an interval that holds zero" if d.low <= 0 <= d.high else "") + "." for c, where, d in words]
some, every = silenced("code")
if some:
    lines.append(f"- {some} of {every} runs of reading `code` never name some emotion.")
lines += found.unmade()
display(Markdown("\n".join(lines)))
