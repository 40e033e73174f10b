# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # CNN-BiGRU with attention: no number, and no time

# %% tags=["parameters", "remove-input"]
corpus: str = "RAVDESS"  # corpus of the run shown in detail: RAVDESS or CREMA-D
reading: str = "code"  # code (what the public code does) or paper (what the text says)
protocol: str = "published"  # published (the document's own split) or speaker (unheard speakers)
fold: int = 0  # which speakers are held out, under protocol speaker
seed: int = 0  # of weights and order
epochs: int = 0  # epochs if it has to train; 0: the document's 45 (on the demo corpus, a few)
mode: str = "auto"  # auto (stored record, else train), train, or stored
results: str = "results"  # folder of the records
data: str = ""  # folder of the corpora; "": SER_REPRO_DATA
cache: str = ""  # folder of arrays and weights; "": SER_REPRO_CACHE or ~/.cache/ser_repro
device: str = "auto"  # auto, cpu or gpu

# %% tags=["remove-input"]
from ser_repro import documents, protocols
from ser_repro.book import page as notebook

notebook.check_run(globals(), "cnn_bigru")
DOCUMENT = "cnn_bigru"
OF = documents.get(DOCUMENT)

# %% tags=["remove-cell"]

import librosa
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from IPython.display import Markdown, display
from matplotlib.colors import ListedColormap

from ser_repro import datasets
from ser_repro.book import diagrams, exploration, palette, plots
from ser_repro.book.page import draw, number, percent, say, show, unit
from ser_repro.datasets import audio, demo
from ser_repro.features import mfcc, sets
from ser_repro.models.cnn_bigru import CHANNELS, COEFFICIENTS, HIDDEN, SHORTEST, CNNBiGRU
from ser_repro.results import found as chapter
from ser_repro.results import scores as evaluation
from ser_repro.runs import study

palette.use_theme()
study.quiet()
found = chapter.Results(DOCUMENT, results)
chance = {c: chapter.chance(c) for c in OF.corpora}
HOP, LIVE_RATE = 512, 44100  # samples between frames; rate of the document's live recording, Hz
STEPS = mfcc.FRAMES // SHORTEST


def compact(table):
    """Without the line break that a browser puts into the name of a corpus."""
    return table.replace("CREMA-D", "CREMA\N{NON-BREAKING HYPHEN}D")


for c in OF.corpora:
    for r in documents.READINGS:
        for p in protocols.PROTOCOLS:
            say(f"cb_{c}_{r}_{p}", found.told(c, r, p))
    say(f"cb_{c}_chance", percent(chance[c]))

# %% tags=["remove-cell"]
# What the first frames hold of a clip: from the published indexes and the stored measures of silence.
for c in OF.corpora:
    clips = exploration.load(c)
    given = mfcc.FRAMES * HOP / clips["sample_rate"]
    share = (given / clips["duration_s"]).clip(upper=1)
    silent = (clips["silence_start_s"] / given).clip(upper=1)
    voiced = (clips["duration_s"] - clips["silence_start_s"] - clips["silence_end_s"]).clip(lower=0)
    heard = ((given - clips["silence_start_s"]).clip(lower=0) / voiced.where(voiced > 0)).clip(upper=1)
    split = OF.parts(clips, "published")
    say(f"cb_{c}_given", unit(given.iloc[0], "s", 2))
    say(f"cb_{c}_rate", unit(clips["sample_rate"].iloc[0] / 1000, "kHz"))
    say(f"cb_{c}_kept", f"{100 * share.min():.0f} to {percent(share.max())}")
    say(f"cb_{c}_kept_median", percent(share.median()))
    say(f"cb_{c}_cut", percent((share < 1).mean()))
    say(f"cb_{c}_whole", percent((share >= 1).mean()))
    say(f"cb_{c}_padding", percent((1 - clips["duration_s"] / given).clip(lower=0).mean()))
    say(f"cb_{c}_start", unit(clips["silence_start_s"].median(), "s", 1))
    say(f"cb_{c}_silent", percent(silent.median()))
    say(f"cb_{c}_heard", percent(heard.median()))
    say(f"cb_{c}_sizes", f"{number(len(split.train))} and {number(len(split.test))}")
    say(f"cb_{c}_twins", percent(exploration.shared(clips, split, ["speaker", "emotion", "sentence", "intensity"])))
    say(f"cb_{c}_sentences", str(clips["sentence"].nunique()))
say("cb_live_given", unit(mfcc.FRAMES * HOP / LIVE_RATE, "s", 2))
trained_rate = int(datasets.get("RAVDESS").sample_rate)
bands = [librosa.mel_frequencies(130, fmax=rate / 2)[1:-1] for rate in (LIVE_RATE, trained_rate)]
lower = 1 - bands[0] / bands[1]
say("cb_live_lower", f"{100 * lower.min():.0f} to {percent(lower.max())}")

# %% [markdown]
# **Claimed**: no number is known. The README of the public code {cite}`cnnbigru` gives none and points to two figures,
# a confusion matrix and a loss curve, which could not be reached. The paper that it follows was found by its abstract
# only: another corpus (CASIA, Chinese) and other features (MFCCs with energy and zero crossings), no numbers.
#
# **Measured** by our rebuilding of the public code's method on RAVDESS, with its rule of splitting:
# {glue:text}`cb_RAVDESS_code_published`. **With speakers that the network has not heard**:
# {glue:text}`cb_RAVDESS_code_speaker`. Always naming the most frequent emotion is right {glue:text}`cb_RAVDESS_chance`
# of the time. In brackets: 95 % intervals over speakers.
#
# **What the words promise**, a recurrent network that runs over time, here over the whole clip (reading `paper`):
# {glue:text}`cb_RAVDESS_paper_published`, with new speakers {glue:text}`cb_RAVDESS_paper_speaker`. In the code, the
# three "steps" that the recurrent network runs over are blocks of channels, and not times.
#
# **What the code's network is given** of a RAVDESS clip is the first {glue:text}`cb_RAVDESS_given`: in the median clip
# {glue:text}`cb_RAVDESS_silent` of that passes before the speaker begins.
#
# **CREMA-D**, which the README names and the code cannot read: the method carried over, by the same rule of splitting:
# {glue:text}`cb_CREMA-D_code_published`. With new speakers: {glue:text}`cb_CREMA-D_code_speaker`. Guessing:
# {glue:text}`cb_CREMA-D_chance`.

# %% mystnb={"image": {"alt": "Accuracy claimed and measured, with intervals, a line a corpus"}} tags=["remove-input"]
rows = [(f"{c}, {'the code' if r == 'code' else 'the words'}", None, found.score(c, r),
         found.score(c, r, "speaker"), chance[c]) for c in OF.corpora for r in documents.READINGS]
plots.claims(rows)
plt.show()

# %% [markdown]
# *Accuracy measured, of the code's method and of what the words promise. Bars are 95 % intervals over speakers. Runs of
# which a fold is missing are not drawn.*
#
# ## What is claimed
#
# | what | where | number |
# |---|---|---|
# | accuracy on RAVDESS | title of the figure `Confusion_Matrix.png` (read in the script) | figure not found |
# | loss over epochs | figure `loss_curve.png`, named in the README | figure not found |
# | "more efficient" than the short-time Fourier transform | README, of MFCCs | none given |
# | "an effective way", "a good approach" | README, conclusion | none given |
# | can be trained on CREMA-D and IEMOCAP | README | none given; the script cannot |
# | the paper of the same title | abstract page: CASIA; MFCCs, short-term energy, zero crossings | not found |
#
# So there is nothing to reach or to miss: this chapter gives the method its first table of numbers. The README names a
# second paper as the model of its convolutions, whose text was not found either.
#
# ## What the method is
#
# Forty MFCCs a frame make an image of coefficients over time. Five convolutional blocks shrink it 32 times in both
# directions; a bidirectional GRU runs over what is left, an attention layer weighs its states, and three linear layers
# name the emotion.

# %% mystnb={"image": {"alt": "The network as boxes: its way in the code, and in the text"}} tags=["remove-input"]
network = CNNBiGRU(n_classes=8, view_as_time=True, activations=False)
sizes = []
handles = [norm.register_forward_hook(lambda _, __, out: sizes.append((out.shape[3] // 2, out.shape[2] // 2)))
           for norm in network.norms]
with torch.no_grad():
    network(torch.zeros(2, COEFFICIENTS, mfcc.FRAMES), torch.tensor([mfcc.FRAMES] * 2))
for handle in handles:
    handle.remove()
tail = [f"{CHANNELS[-1]}→2 × {HIDDEN}\nboth directions", "{} weights,\nsum 1",
        "→".join([str(network.linears[0].in_features), *(str(layer.out_features) for layer in network.linears)])]
diagrams.flow([
    ("image", [(f"{COEFFICIENTS} MFCCs", f"{COEFFICIENTS} × {mfcc.FRAMES}", diagrams.INPUT)]
     + [(f"conv {c}", f"{high} × {wide}", diagrams.LAYER) for c, (high, wide) in zip(CHANNELS, sizes, strict=True)]),
    ("code", [("view", f"{STEPS} blocks of\n~{CHANNELS[-1] / STEPS:.0f} channels", diagrams.CODE),
              ("BiGRU", tail[0], diagrams.LAYER), ("attention", tail[1].format(STEPS), diagrams.CODE),
              ("3 linear layers", tail[2] + "\nnothing between", diagrams.CODE)]),
    ("paper", [("axes exchanged", f"a step: {CHANNELS[-1]} channels\nof {SHORTEST} frames", diagrams.PAPER),
               ("BiGRU", tail[0], diagrams.LAYER), ("attention", tail[1].format("a step's"), diagrams.PAPER),
               ("3 linear layers", tail[2] + "\nReLU between", diagrams.PAPER)])])
plt.show()
say("cb_parameters", number(sum(p.numel() for p in network.parameters())))

# %% [markdown]
# *Drawn from the model, for eight emotions. A block is a 3 × 3 convolution, batch normalisation, ReLU and a pool of 2 ×
# 2; sizes are coefficients × frames after the pool, in reading code. Reading paper takes all frames of the clip. Red,
# dashed edge: what the public code does; blue, thick edge: what we take the words to mean.
# {glue:text}`cb_parameters` parameters in both.*
#
# ## From image to time
#
# The last block leaves 512 channels of 3 frames each. A GRU wants steps in time, each a vector of 512. Exchanging the
# two axes gives them. The code asks for the same *shape* without exchanging: it cuts the list of numbers, channel after
# channel with the frames of each in a row, into three pieces. Both pictures are computed here.

# %% tags=["remove-cell"]
CLIPS, STARTS = 8, 3
names = demo.choose("RAVDESS").drop_duplicates("speaker")["clip"].tolist()[:CLIPS]
coded = sets.get("mfcc40_frames_code")
images = torch.from_numpy(np.stack([coded.compute(sets.Clip(*demo.synthesise("RAVDESS", name, duration_s=1.5)))
                                    for name in names]))
even = torch.full((CLIPS,), mfcc.FRAMES)


def handed(model, x):
    """What the GRU is given, shape (clip, step, 512)."""
    seen = []
    handle = model.gru.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        model(x, even)
    handle.remove()
    return seen[0]


def moved(view):
    """Share of the change in each step when a third of the input is another clip's, shape (third, step)."""
    shares = np.zeros((STEPS, STEPS))
    for start in range(STARTS):
        torch.manual_seed(start)
        model = CNNBiGRU(n_classes=8, view_as_time=view)
        for norm in model.norms:
            norm.momentum = None  # statistics of these clips, not of the start
        model(images, even)
        model.eval()
        own = handed(model, images)
        for third in range(STEPS):
            other = images.clone()
            piece = slice(third * SHORTEST, (third + 1) * SHORTEST if third + 1 < STEPS else None)
            other[:, :, piece] = images.roll(1, 0)[:, :, piece]
            change = (handed(model, other) - own).norm(dim=2)
            shares[third] += (change / change.sum(1, keepdim=True)).mean(0).numpy() / STARTS
    return shares


# Which step each value of the last block goes to, asked of the two operations themselves.
values = torch.arange(CHANNELS[-1] * STEPS).view(1, CHANNELS[-1], STEPS, 1)
steps = {"code: viewed": values.view(1, STEPS, CHANNELS[-1]), "paper: exchanged": values.squeeze(-1).transpose(1, 2)}
table = {title: moved(title.startswith("code")) for title in steps}
figure, axes = plt.subplots(2, 2, figsize=(5.6, 6.2), height_ratios=(1.15, 1))
colours = [palette.BLUE, palette.ORANGE, palette.GREY]
for (title, order), top, bottom in zip(steps.items(), *axes, strict=True):
    step_of = np.empty(CHANNELS[-1] * STEPS, int)
    for step in range(STEPS):
        step_of[order[0, step].numpy()] = step
    top.imshow(step_of.reshape(CHANNELS[-1], STEPS), aspect="auto", cmap=ListedColormap(colours), vmin=0,
               vmax=STEPS - 1, interpolation="nearest", alpha=0.75)
    for step in range(STEPS):
        channel, frame = np.argwhere(step_of.reshape(CHANNELS[-1], STEPS) == step).mean(0)
        top.text(frame, channel, f"step {step + 1}", ha="center", va="center", fontsize=11, weight="bold",
                 bbox={"fc": "white", "ec": "none", "alpha": 0.8, "pad": 2})
    top.set(title=title, xlabel="frame after the blocks", xticks=range(STEPS), xticklabels=range(1, STEPS + 1))
    bottom.imshow(table[title], cmap="Blues", vmin=0, vmax=1)
    for (third, step), share in np.ndenumerate(table[title]):
        bottom.text(step, third, f"{100 * share:.0f}" if share > 0 else "none", ha="center", va="center", fontsize=12,
                    color="white" if share > 0.55 else "black")
    bottom.set(xticks=range(STEPS), xticklabels=range(1, STEPS + 1), yticks=range(STEPS),
               yticklabels=["first", "middle", "last"], xlabel="step that the GRU is given")
    bottom.tick_params(length=0)
    bottom.spines[:].set_visible(False)
axes[0, 0].set_ylabel("channel")
axes[0, 1].set_yticks([])
axes[1, 0].set_ylabel("third of the input replaced")
axes[1, 1].set_yticklabels([])
figure.tight_layout()
draw("cb_view", figure)
seen = 1 + sum(3 * 2**i for i in range(len(CHANNELS)))  # frames: each convolution adds two, each pool one, at its scale
say("cb_seen_frames", str(seen))
say("cb_seen_s", unit(seen * HOP / trained_rate, "s", 2))
say("cb_view_clips", str(CLIPS))
say("cb_view_starts", str(STARTS))
say("cb_view_least", percent(table["code: viewed"].min()))
say("cb_view_most", percent(table["code: viewed"].max()))
say("cb_paper_own", f"{100 * table['paper: exchanged'].diagonal().min():.0f} to "
                    f"{percent(table['paper: exchanged'].diagonal().max())}")
own_first = (table["paper: exchanged"].argmax(1) == np.arange(STEPS)).all()
say("cb_paper_largest", "the largest part" if own_first else "a part")
say("cb_paper_none", str(int((table["paper: exchanged"] == 0).sum())))

# %% [markdown]
# ```{glue:figure} cb_view
# ---
# name: fig-view
# alt: >-
#   Above, the 512 channels by 3 frames of the last block, coloured by the step they are put in: horizontal bands in the
#   code, vertical ones in the paper. Below, two matrices of third replaced by step changed: even in the code, and with
#   its weight on the diagonal and two empty corners in the paper.
# ---
# Above: which step of the GRU each value of the last block is put in. Below: a third of the input is replaced by
# another clip's; per cent of the change that each step shows. Untrained networks and synthetic speech
# ({glue:text}`cb_view_clips` clips, {glue:text}`cb_view_starts` initialisations): a property of the method, and not a
# result.
# ```
#
# With the axes exchanged, {glue:text}`cb_paper_largest` of a change shows in its own step ({glue:text}`cb_paper_own`),
# and {glue:text}`cb_paper_none` of the nine fields are exactly empty: a step sees {glue:text}`cb_seen_frames` frames,
# and what lies farther off cannot reach it. Viewed, whichever third changes, each of the three steps takes between
# {glue:text}`cb_view_least` and {glue:text}`cb_view_most` of the change. The order of the steps is the order in which
# the channels happen to be numbered. The network can still learn, as every value is still there; what its recurrence
# cannot do is follow a course in time, and its attention weighs groups of channels. What that costs in accuracy is
# measured below.
#
# ## Where text and code part
#
# Two readings of one document, setting by setting. The README prints its two main functions, so that text and code say
# the same of most settings; they part where the words say what the code is for. "Silent" in the last column: the text
# says nothing, and what it has in common with the code is taken from there.

# %% tags=["remove-input"]
show(chapter.readings(DOCUMENT, "RAVDESS"))

# %% tags=["remove-cell"]
with torch.no_grad():
    product = network.linears[2].weight @ network.linears[1].weight @ network.linears[0].weight
say("cb_rank", str(int(torch.linalg.matrix_rank(product))))
say("cb_chain", number(sum(p.numel() for p in network.linears.parameters())))
say("cb_one", number((2 * HIDDEN + 1) * network.linears[2].out_features))
whole = sets.get("mfcc40_frames_whole")
loudness = [whole.compute(sets.Clip(*demo.synthesise("CREMA-D", clip)))[0].mean() for clip in
            demo.choose("CREMA-D").drop_duplicates("speaker")["clip"].tolist()[:CLIPS]]
say("cb_loudness", f"{np.mean(loudness):.1f}".replace("-", "−"))

# %% [markdown]
# *The first second.* The code keeps the first 100 frames at the file's own rate. At RAVDESS's
# {glue:text}`cb_RAVDESS_rate` these are {glue:text}`cb_RAVDESS_given`, {glue:text}`cb_RAVDESS_kept` of a clip's length
# (computed from the published index); {glue:text}`cb_RAVDESS_cut` of the clips are cut. The actors begin after
# {glue:text}`cb_RAVDESS_start` of silence (median), so that the median clip has {glue:text}`cb_RAVDESS_heard` of its
# sounding part within reach. Silence here is what lies 35 dB or more below the loudest moment, as in
# [the data chapter](data_exploration.ipynb): breath and a soft onset may count as silence. Of the rest of the clip the
# network is told two numbers, mean and deviation of all its coefficients, by which the image is standardised before it
# is cut.
# Whether a score comes from the onset, from what is heard before it, or from these two is not separated here.
#
# *On CREMA-D* the same 100 frames at {glue:text}`cb_CREMA-D_rate` are {glue:text}`cb_CREMA-D_given`, and
# {glue:text}`cb_CREMA-D_whole` of the clips fit in whole. What cuts one corpus pads another:
# {glue:text}`cb_CREMA-D_padding` of its frames are padding (mean).
#
# *Padding after standardising.* Zeros are put in when the image has been standardised, where zero means the average
# coefficient and not silence. In synthetic clips the first coefficient, which follows loudness, stands at
# {glue:text}`cb_loudness` deviations on average: a frame of zeros is far from any frame of sound or of silence. No clip
# of RAVDESS is padded. Reading paper keeps padding out of statistics, recurrence and attention.
#
# *Three linear layers in a row.* With nothing between them they compute what one could. The rank of their product,
# computed from the untrained network, is {glue:text}`cb_rank`, as many as there are emotions, so that not even the
# narrow middle of 64 takes anything away: {glue:text}`cb_chain` parameters say what {glue:text}`cb_one` could. Training
# takes another path through them all the same, so that mending this may gain or lose.
#
# *No validation.* A fifth of the clips is drawn at random and tested once, after the last epoch (read in the script):
# nothing is chosen by the test part, and nothing says when to stop. {glue:text}`cb_RAVDESS_sizes` clips train and are
# tested. Speakers are on both sides, and more than that: {glue:text}`cb_RAVDESS_twins` of the test clips have a twin in
# training, the same actor saying the same sentence with the same emotion at the same strength once more
# ({glue:text}`cb_RAVDESS_sentences` sentences in all).
#
# *Other corpora.* The README says that CREMA-D and IEMOCAP can be used. The script reads RAVDESS's folders and the
# emotion from RAVDESS's names, nothing else.
#
# *Listening live.* The script that records from a microphone takes 5 s at 44.1 kHz and cuts to 100 frames as above: the
# first {glue:text}`cb_live_given` after the start, seen by a network trained at {glue:text}`cb_RAVDESS_rate`. As the
# mel bands stretch to half the sampling rate, each lies {glue:text}`cb_live_lower` lower than the one that the network
# was trained with. `ser-repro predict` takes a recording to the rate of the training first.
#
# *What is ours.* The program is rebuilt from a description of the public scripts. The rule of the split is theirs; its
# rows come as the file system lists them, in our case in the order of their names, so that the same rule picks other
# clips. Reading paper takes the whole clip, which the README's "fixed length" does not say: a choice, made so that
# there is a course in time to follow.
#
# ## What we measure
#
# All that has been run so far: accuracy, UAR (mean of the emotions' own hit rates) and macro F1 with 95 % intervals
# over speakers; behind the number of seeds, their lowest and highest accuracy. Where folds are missing, the row says
# how many there are and speaks of those speakers only.

# %% tags=["remove-input"]
scores = found.table()
missing = [{"corpus": c, "reading": r, "split": chapter.SPLITS[p], "seeds": "0", "accuracy": chapter.NOT_RUN,
            "UAR": "", "macro F1": ""} for c in OF.corpora for r in documents.READINGS for p in protocols.PROTOCOLS
           if not found.records(c, r, p, whole=False)]
missing.append({"corpus": "IEMOCAP", "reading": "", "split": "", "seeds": "0", "UAR": "", "macro F1": "",
                "accuracy": "no copy here: it needs a signed licence"})
show(compact(pd.concat([scores, pd.DataFrame(missing)], ignore_index=True).fillna("")))

# %% mystnb={"image": {"alt": "Confusion matrices: true emotion down, predicted across"}} tags=["remove-input"]
notebook.show_confusions(found)

# %% [markdown]
# The README names a loss curve as one of its two results. These are ours, of loss and accuracy, a line a run. The test
# part is only watched: the weights after the last epoch are the ones that are scored.

# %% mystnb={"image": {"alt": "Accuracy and loss over the epochs, of training and test"}} tags=["remove-input"]
curves = False
for c in OF.corpora:
    panels = [(title, [record for folds in found.records(c, r, p, whole=False) for record in folds])
              for title, r, p in ((f"{c}, code", "code", "published"), ("code, new speakers", "code", "speaker"),
                                  ("paper", "paper", "published"))]
    panels = [panel for panel in panels if panel[1]]
    for quantity in ("loss", "accuracy"):
        if panels:
            plots.learning_curves(panels, {title: chance[c] for title, _ in panels}, quantity=quantity)
            plt.show()
            curves = True
    for r in documents.READINGS:
        ends = [record["history"] for folds in found.records(c, r) for record in folds]
        if ends:
            known_, new = (np.mean([history[f"{part}_accuracy"][-1] for history in ends]) for part in ("train", "test"))
            display(Markdown(f"{c}, reading {r}, in the last epoch: {100 * known_:.1f} % of the training clips are "
                             f"named rightly (with dropout, as they are trained on), and {100 * new:.1f} % of the test "
                             "clips."))
if not curves:
    display(Markdown("*No curves yet: nothing has been run.*"))

# %% [markdown]
# ## What is left with new speakers
#
# RAVDESS and CREMA-D are cut into six groups of speakers, each tested once by a network that has not heard it. The
# sentences are shared in both.

# %% tags=["remove-input"]
notebook.show_new_speakers(found)

# %% [markdown]
# ## What each slip is worth
#
# One setting of the code mended alone, and the accuracy compared on the same test clips. Mending the first 100 frames
# alone leaves the view in, which over clips of different lengths cuts its blocks by the longest clip of the batch.

# %% mystnb={"image": {"alt": "Points gained by mending a slip, with intervals"}} tags=["remove-input"]
effects = notebook.show_effects(found)
mended = found.records("RAVDESS", changes=(("features", OF.settings["features"].paper),))
reading_paper = found.records("RAVDESS", "paper")
if mended and reading_paper:
    rest = evaluation.difference(chapter.frames(mended[:1]), chapter.frames(reading_paper[:1]))
    display(Markdown(
        "With three steps there is little time to lose, and the view was priced there. Over the whole clip it was not "
        "run by itself. There, view and missing ReLU together are what parts the code with its first slip mended from "
        f"reading paper: {notebook.points(rest)} on RAVDESS (one seed)."))

# %% [markdown]
# The document chooses nothing by its test part. Had it kept the epoch that is best on the test part, as much public
# code does, the same trainings would have reported:

# %% tags=["remove-input"]
rows = []
for c in OF.corpora:
    for r in documents.READINGS:
        for p in protocols.PROTOCOLS:
            seeds = found.records(c, r, p, whole=False)
            flat = [record for folds in seeds for record in folds]
            if flat:
                picks, weights = [evaluation.picked(record) for record in flat], [r_["clips"]["test"] for r_ in flat]
                last, best = (np.average([getattr(pick, name)[1] for pick in picks], weights=weights)
                              for name in ("last", "best"))
                at = sorted(pick.best[0] for pick in picks)
                rows.append({"corpus": c, "reading": r, "split": chapter.SPLITS[p], "runs": len(flat),
                             "last epoch, as the code does": f"{100 * last:.1f} %",
                             "epoch best on the test part": f"{100 * best:.1f} %",
                             "which epoch": f"{at[0]}–{at[-1]}" if len(at) > 1 else str(at[0]),
                             "points gained": notebook.signed(100 * (best - last))})
show(compact(pd.DataFrame(rows))) if rows else display(Markdown("*Nothing has been run yet.*"))

# %% [markdown]
# ## One run in detail

# %% mystnb={"image": {"alt": "Curves over the epochs and confusion matrix of this run"}} tags=["remove-input"]
record = notebook.obtain(document=DOCUMENT, corpus=corpus, reading=reading, protocol=protocol, fold=fold, seed=seed,
                         epochs=epochs, mode=mode, results=results, data=data or None, cache=cache or None,
                         device=device)
notebook.show_run(record, chance[corpus])

# %% [markdown]
# ## What the attention looks at
#
# The attention gives each step a weight, and the weights of a clip sum to one. In reading paper a step is a time, and
# the weights can be laid over the clip. In reading code it is a block of channels: there is no place in the clip to
# draw it at. Records of runs hold what each test clip was given; where the run above is an older one without it,
# another run of its reading and split is drawn, named below the picture.

# %% mystnb={"image": {"alt": "Attention over time: of a clip, and the mean of all"}} tags=["remove-input"]
def attended(which):
    """Record of a run in a reading that holds what its attention gave: the page's where it does, else another's."""
    rest = [one for plan, one in found.status if one and (plan.corpus, plan.reading, plan.protocol, plan.changes)
            == (corpus, which, protocol, ())]
    return next((one for one in [record, *rest]
                 if one["config"]["reading"] == which and "attention" in one["test"]), None)


STORED = exploration.load_outlines(corpus, results)  # of some clips, for a machine that has no corpus


def outline(one, clip):
    """Outline of a clip's waveform, shape (2, time), where it can be had: else None."""
    if one["config"]["synthetic"]:
        return exploration.outline(demo.synthesise(corpus, clip)[0])
    if clip in STORED or corpus not in notebook.real(data or None):
        return STORED.get(clip)
    path = datasets.clips(corpus, data or None).set_index("clip").loc[clip, "path"]
    return exploration.outline(audio.read(path)[0])


by_time, by_block = attended("paper"), attended("code")
known = exploration.load(corpus).set_index("clip")
names = {"paper": by_time, "code": by_block}
drawn = {which: one for which, one in names.items() if one}
invented = any(one["config"]["synthetic"] for one in drawn.values())
if invented:
    notebook.banner()
for which in set(names) - set(drawn):
    display(Markdown(f"*Reading {which} has not been run yet on {corpus}, {protocol}: nothing of it is drawn.*"))
if by_time:
    tested = evaluation.table(by_time).reset_index(drop=True)
    shown = tested.drop_duplicates("emotion").sort_values("emotion")  # the first of each emotion
    lines = -(-len(shown) // 2)
    figure, axes = plt.subplots(lines, 2, figsize=(6.6, 1.5 * lines + 0.4), squeeze=False)
    for axis in axes.flat[len(shown):]:
        axis.axis("off")
    bare = False
    for axis, (i, row) in zip(axes.flat, shown.iterrows(), strict=False):
        weights, of = np.array(by_time["test"]["attention"][i]), known.loc[row["clip"]]
        heard, top = outline(by_time, row["clip"]), 1.25 * weights.max()
        edges = np.arange(len(weights) + 1) * SHORTEST * HOP / of["sample_rate"]
        end_s = of["duration_s"] if not invented else edges[-1]
        if heard is not None:
            axis.fill_between(np.linspace(0, end_s, heard.shape[1]), *(top / 2 * (1 + heard / 100)), color=palette.GREY,
                              alpha=0.45, lw=0)
        else:
            bare = True
            axis.axvspan(of["silence_start_s"], end_s - of["silence_end_s"], 0.3, 0.7, color=palette.GREY, alpha=0.45,
                         lw=0)
        axis.stairs(weights, edges, baseline=None, color=palette.BLUE, lw=2)
        axis.axhline(1 / len(weights), color="black", ls=":", lw=1)
        axis.axvspan(0, min(mfcc.FRAMES * HOP / of["sample_rate"], end_s), color=palette.RED, alpha=0.1, lw=0)
        axis.set(ylim=(0, top), xlim=(0, end_s), yticks=[])
        named = "right" if row["predicted"] == row["emotion"] else row["predicted"]
        axis.set_title(f"{row['emotion']} (named {named})", fontsize=10, pad=3)
    for axis in axes[-1]:
        axis.set_xlabel("s")
    figure.tight_layout()
    plots.mark(figure, invented)
    plt.show()
    grey = "from its first sound to its last, where its waveform is not at hand" if bare else "its waveform"
    display(Markdown(f"*Reading paper: of each emotion the first test clip. Blue: the weight of each step, on its own "
                     f"scale. Grey: {grey}. Dotted: even weights. Pale red: what reading code is given of it. A step "
                     f"stands for {SHORTEST} frames.*"))
if drawn:
    figure, axes = plt.subplots(1, len(drawn), figsize=(5.6 if len(drawn) > 1 else 3, 2.9), squeeze=False,
                                width_ratios=[{"paper": 1.6, "code": 1}[which] for which in drawn])
    for axis, (which, one) in zip(axes[0], drawn.items(), strict=True):
        given = [np.array(weights) for weights in one["test"]["attention"]]
        if which == "paper":
            tenths = (np.arange(10) + 0.5) / 10
            density = np.stack([len(w) * w[(tenths * len(w)).astype(int)] for w in given])
            low, high = np.percentile(density, [10, 90], axis=0)
            axis.fill_between(100 * tenths, low, high, color=palette.BLUE, alpha=0.25, lw=0)
            axis.plot(100 * tenths, density.mean(0), color=palette.BLUE, lw=2)
            axis.axhline(1, color="black", ls=":", lw=1)
            axis.set(title="paper: all test clips", xlabel="% of the clip", ylabel="weight (even: 1)",
                     ylim=(0, 1.15 * high.max()), xlim=(0, 100))
        else:
            axis.boxplot(np.array(given), whis=(10, 90), showfliers=False, tick_labels=range(1, STEPS + 1),
                         medianprops={"color": palette.RED})
            axis.axhline(1 / STEPS, color="black", ls=":", lw=1)
            axis.set(title="code: all test clips", xlabel="block of channels", ylabel="weight", ylim=(0, 1))
    figure.tight_layout()
    plots.mark(figure, invented)
    plt.show()
    display(Markdown("*Line: mean; band: 10th to 90th percentile of clips. Boxes hold half the clips, whiskers 80 %. "
                     "Dotted: even weights.* " + ", ".join(f"`{one['run']}`" for one in drawn.values())))
if by_time and not by_time["config"]["synthetic"]:
    on, evenly, late = [], [], []
    for clip, w in zip(evaluation.table(by_time)["clip"], by_time["test"]["attention"], strict=True):
        of = known.loc[clip]
        edges = np.arange(len(w) + 1) * SHORTEST * HOP / of["sample_rate"]
        inside = np.clip(edges, of["silence_start_s"], of["duration_s"] - of["silence_end_s"])
        sounding = np.diff(inside) / np.diff(edges)
        on.append(np.dot(w, sounding))
        evenly.append(sounding.mean())
        begin, end = of["silence_start_s"], of["duration_s"] - of["silence_end_s"]
        top = int(np.argmax(w))
        late.append((edges[top] + edges[top + 1]) / 2 > begin + (end - begin) * 2 / 3)
    display(Markdown(
        f"In reading paper {percent(np.mean(on))} of the weight lies between the first and the last sound of a clip; "
        f"even weights would put {percent(np.mean(evenly))} there (means over {len(on)} test clips). In "
        f"{percent(np.mean(late))} of the clips the largest weight falls into the last third of what sounds, or after "
        "it."))

# %% [markdown]
# Such pictures say less than they seem to. A step's vector sees {glue:text}`cb_seen_frames` frames
# ({glue:text}`cb_seen_s` at RAVDESS's rate), three times what it stands for, and the GRU has carried every step's
# content to every other before the attention weighs them. A weight says where a summary was picked up, not which sound
# decided.
#
# ## Verdict

# %% tags=["remove-input"]
def told(difference):
    if difference.low > 0:
        return "a gain"
    return "a loss" if difference.high < 0 else "not to be told from none"


lines = ["- **The claim**: there is no number to reach or to miss."]
for c in OF.corpora:
    inside, outside = found.score(c), found.score(c, protocol="speaker")
    if inside and outside:
        lost = found.lost(c)
        clips = [found.records(c, protocol=p)[0][0]["clips"]["train"] for p in ("published", "speaker")]
        lines.append(f"- **{c}, the code's method**: {100 * inside.value:.1f} % with shared speakers, "
                     f"{100 * outside.value:.1f} % with new ones"
                     + (f"; on the same clips {notebook.loss(lost)}" if lost else "")
                     + f". It has learned from {number(clips[1])} clips instead of {number(clips[0])}.")
    else:
        lines.append(f"- **{c}, the code's method**: {found.told(c)} with shared speakers; with new ones "
                     f"{found.told(c, protocol='speaker')}.")
    if inside:
        lines.append(f"- **{c}, against guessing** ({percent(chance[c])}): "
                     + ("above it, interval and all." if inside.low > chance[c] else "the interval does not clear it."))
    mended = [f"{' '.join(slip.split())} {notebook.points(d)}, {told(d)}" for slip, c_, d in effects if c_ == c]
    if mended:
        lines.append(f"- **{c}, mended**: " + "; ".join(mended) + ". Gains and losses are told by their intervals, "
                     "which hold other speakers and not other starts.")
lines += found.unmade()
display(Markdown("\n".join(lines)))
