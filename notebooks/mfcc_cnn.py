# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The CNN on 50 MFCCs: a method without a published score

# %% tags=["parameters", "hide-input"]
corpus: str = "RAVDESS"  # corpus of the run shown in detail: RAVDESS, EMO-DB, EMOVO, TESS, CREMA-D or SAVEE
reading: str = "code"  # code (what the public code does) or paper (what the text says)
protocol: str = "published"  # published (the document's own split: shared speakers) or speaker (new speakers)
fold: int = 0  # which speakers are held out, under protocol speaker
seed: int = 0  # of weights and order
epochs: int = 0  # epochs if it has to train; 0: the document's 500 (on the demo corpus, fewer)
mode: str = "auto"  # auto (stored record, else train), train, or stored
results: str = "results"  # folder of the records
data: str = ""  # folder of the corpora; "": SER_REPRO_DATA
cache: str = ""  # folder of arrays and checkpoints; "": SER_REPRO_CACHE or ~/.cache/ser_repro
device: str = "auto"  # auto, cpu or gpu

# %% tags=["hide-input"]
from ser_repro import book

page = book.open("mfcc_cnn", globals())

# %% tags=["hide-cell"]
from ser_repro import datasets
from ser_repro.book import networks
from ser_repro.book.words import interval, number, percent, points, reach, signed, significant, unit
from ser_repro.documents import mfcc_cnn
from ser_repro.protocols import BY_FOLDER
from ser_repro.results import audit
from ser_repro.runs.found import NOT_RUN

found = page.found
for name in ("published", "speaker"):
    page.say(f"mc_paper_{name}", found.across("paper", name))
lost = {corpus: change for corpus in page.corpora if (change := found.lost(corpus))}
drawn = {corpus: found.drawn(corpus) for corpus in page.corpora}
top = [{"corpus": corpus, "shared speakers": found.told(corpus), "the same, other draws": (
            f"{reach(drawn[corpus].seeds)} ({len(drawn[corpus].seeds)})" if drawn[corpus] else NOT_RUN),
        "new speakers": found.told(corpus, protocol="speaker"),
        "change, same clips": f"{signed(100 * lost[corpus].value)} {interval(lost[corpus])}" if corpus in lost
        else NOT_RUN} for corpus in page.corpora]
tess = page.scored("TESS")
page.say("mc_TESS", percent(tess.value, 1) if tess else NOT_RUN)
page.say("mc_TESS_speaker", found.told("TESS", protocol="speaker"))
done, planned = found.count
page.say("mc_done", done)
page.say("mc_planned", planned)

# %% tags=["hide-cell"]
silent = {kind: [mfcc_cnn.silent(record) for folds in seeds for record in folds]
          for kind, seeds in found.begun.items() if not kind.tested}


def share(runs):
    """How many runs never predict some emotion, in words."""
    return f"{sum(bool(run.emotions) for run in runs)} of {len(runs)}" if runs else NOT_RUN


for name in ("code", "paper"):
    by_split = {}
    for kind, runs in silent.items():
        if kind.reading == name and not kind.changed:
            by_split.setdefault(book.page.split_name(kind.protocol), []).extend(runs)
    page.say(f"mc_{name}_silenced", "; ".join(f"{split} {share(runs)}" for split, runs in by_split.items()) or NOT_RUN)
page.say("mc_sentence", found.told("RAVDESS", protocol="sentence"))

# %% [markdown]
# **Claimed**: no accuracy at all. Neither the README of this public code {cite}`ranaei2021deep` nor its pictures or
# its history give one. Trained weights for three corpora lie beside the code. They show how they were trained, not how
# well they work. This page gives the method its first scores.
#
# **Measured** in reading `code`, accuracy, with the document's own split (a random fifth of the clips is tested, so
# speakers are shared) and with new speakers:

# %% tags=["hide-input"]
book.table(top)

# %% [markdown]
# *"Other draws": lowest and highest accuracy where other random fifths are tested, and how many. "Change": points of
# accuracy on the clips that both splits test, new speakers minus shared ones, so it is not the difference of the two
# columns. In brackets: 95 % intervals, and what they count ([How sure is a score](uncertainty.ipynb)); one that does
# not name draws leaves them out. TESS has two speakers, and so no interval.*
#
# **The text instead of the code** (reading `paper`: another window, dropout, another loss): with shared speakers
# {glue:text}`mc_paper_published`; with new speakers {glue:text}`mc_paper_speaker`.
#
# **Some trained networks never predict one of the emotions of their test clips**, most of them where a test has few
# clips of each. Of the runs of reading `code`: {glue:text}`mc_code_silenced`; of reading `paper`:
# {glue:text}`mc_paper_silenced`. In training {glue:text}`mc_named` name it, or at least one of several. With the loss
# that [older Keras](#mfcc-two-losses) computes (rebuilt, not run in Keras), {glue:text}`mc_softmax_bound` runs seem
# never to name some emotion at all.
#
# {glue:text}`mc_done` of {glue:text}`mc_planned` runs of the core are done.

# %% tags=["hide-input"] mystnb={"image": {"alt": "Accuracy measured, with intervals, a line a corpus"}}
page.overview()

# %% [markdown]
# *Measured accuracy, a line a corpus and reading, with 95 % intervals; thin lines on TESS join its two speakers. Those
# of SAVEE rest on four speakers.*
#
# ## What is claimed: seven corpora, at most five of which the code can read
#
# The text says that such a network is evaluated on seven corpora in three languages (it lists four: English, German,
# Italian, Persian) and prints no result. So only the corpora can be checked. Without a *label map* the code stops.
# *Twin*: another take of the same speaker, sentence, emotion and intensity.

# %% tags=["hide-input"]
rows = []
for name, labels in mfcc_cnn.LABEL_MAPS.items():
    about, split = datasets.get(name), None
    if name in page.corpora:
        clips = datasets.studied(datasets.published(name))
        split = page.document.split(clips)
    rows.append({"corpus": name, "label map in the code": labels, "recorded at": f"{number(about.sample_rate)} Hz",
                 "clips": number(about.n_clips), "speakers": len(about.speakers),
                 "training clips": number(len(split.train)) if split else "no copy here",
                 "test clips": number(len(split.test)) if split else "no copy here",
                 "with a twin in training": percent(audit.shared(clips, split)) if split else "no copy here"})
book.table(rows)
page.say("mc_takes", rows[0]["with a twin in training"])
page.say("mc_test_clips", rows[0]["test clips"])
page.say("mc_22050", ", ".join(name for name in mfcc_cnn.LABEL_MAPS if datasets.get(name).sample_rate == 22_050)
         or "none")

# %% [markdown]
# In RAVDESS {glue:text}`mc_takes` of the {glue:text}`mc_test_clips` test clips have a twin in training. Accuracy on
# this split may therefore also measure how well the network recognises another take of a clip it has seen. With
# new sentences, and so without twins, it reaches {glue:text}`mc_sentence` on RAVDESS, but trains on half of the clips
# then. [Leaks](leak_audit.ipynb) has what that is worth on the same clips.
#
# ShEMO {cite}`nezami2019shemo` could not be run: no copy of its audio was available. Its loader is ready. EMOVO is run
# with its own labels, which the code lacks.
#
# ### The stored weights fit the layers and the number of steps of reading `code`
#
# The weights beside the code hold the number of steps that the optimiser took, and the shapes of the layers. Our
# settings and split give:

# %% tags=["hide-input"]
rows, agree = [], []
for name, (steps, parameters) in mfcc_cnn.STORED_WEIGHTS.items():
    ours = mfcc_cnn.steps(name), networks.parameters("mfcc_cnn", "code", name)
    agree += [ours[0] == steps, ours[1] == parameters]
    rows.append({"corpus": name, "steps, ours": number(ours[0]), "steps, stored": number(steps),
                 "parameters, ours": number(ours[1]), "parameters, stored": number(parameters)})
book.table(rows)
page.say("mc_agree", f"{sum(agree)} of {len(agree)}")
page.say("mc_epochs", mfcc_cnn.SETTINGS["epochs"].code)
page.say("mc_batch", mfcc_cnn.SETTINGS["batch_size"].code)

# %% [markdown]
# {glue:text}`mc_agree` numbers agree: the layers are those of the code and not those of the text, and the steps are
# what {glue:text}`mc_epochs` epochs in batches of {glue:text}`mc_batch` over four fifths of the clips would give. The
# loss and the learning rate stored with them are the code's too (read). Keras 2.6.0 saved the weights, although the
# list of requirements names 2.4.0.
#
# ## What the method is

# %% tags=["hide-cell"]
book.draw("mc_flow", networks.mfcc_cnn())
for name in ("code", "paper"):
    means = networks.mfcc_means(name)
    for what, samples in (("n_fft", means.n_fft), ("hop", means.hop)):
        page.say(f"mc_{name}_{what}", f"{samples} samples ({unit(1000 * samples / means.sample_rate, 'ms')})")
    page.say(f"mc_{name}_parameters", number(networks.parameters("mfcc_cnn", name, "RAVDESS")))
page.say("mc_rate", f"{number(means.sample_rate)} Hz")

# %% [markdown]
# ```{glue:figure} mc_flow
# ---
# name: fig-mfcc-cnn
# alt: >-
#   Two rows of boxes, one for each reading: clip, means of 50 MFCCs, three convolutions with two pools, two linear
#   layers. The rows differ in window and hop of the MFCCs and in what follows the third convolution.
# ---
# The network in both readings, drawn from the model for RAVDESS. Every layer but the last is followed by a ReLU. Red
# boxes with a dashed edge: the code, where it differs from the text. Blue boxes with a thick edge: the text.
# ```
#
# Each clip becomes one vector, the mean of 50 MFCCs over time. Everything that changes during the clip is averaged
# away, and the convolutions run along the coefficients, not along time. Nothing scales the vector. On RAVDESS the
# network has {glue:text}`mc_code_parameters` parameters in reading `code` and {glue:text}`mc_paper_parameters` in
# reading `paper`.
#
# ## Where code and text differ
#
# The values of `code` were read in the code and in the stored weights.

# %% tags=["hide-input"]
page.readings()

# %% [markdown]
# - *Window and hop*: {glue:text}`mc_paper_n_fft` and {glue:text}`mc_paper_hop` in the text,
#   {glue:text}`mc_code_n_fft` and {glue:text}`mc_code_hop` in the code, both at {glue:text}`mc_rate`. The text speaks
#   of the "original sample rate (22 Hz)"; corpora of the seven that were recorded at 22 050 Hz:
#   {glue:text}`mc_22050`. The code resamples all of them.
# - *librosa*: the code pins version 0.8.1, which resamples in another way and pads the first and last frames by
#   reflection, not with zeros. Both readings have the values of version 0.11. What that changes was not measured.
# - *Dropout*: the text has it after the third convolution; none of the stored weights has it.
# - *Pooling*: the text pads the pools. The code, the weights and the document's own figure, which shows 12 values after
#   the second pool (read by eye), do not.
# - *Order*: the code draws who is tested, and feeds the others every epoch alike, in the order in which it listed the
#   files: folder by folder, on TESS one emotion of one voice after the other. Reading `code` feeds them every epoch
#   alike too, but in the order of the draw. [What that changes](#mfcc-folders) was measured.
# - *Seed*: none is set for the network, so what the authors' runs printed cannot be reproduced exactly.
# - *Labels*: calling boredom "calm" in EMO-DB changes a name on a plot and no score. On TESS the code's network has an
#   eighth output that no clip uses; ours has one output for each emotion that occurs. What the spare output changes was
#   not measured.
# - *Order of files*: the split draws from the files in the order that the file system lists them, which differs between
#   machines. So the same rule selects other test clips here.
# - *Test clips watched in training*: nothing is chosen by them, as the code saves the weights after the last epoch.
#   [Below](#mfcc-when-to-stop) is what choosing would gain.
#
# The text also counts seven databases in one place and three in another, links EMO-DB to RAVDESS, and tells the reader
# to start `find_best_model.py`, which does not exist (`deep_emotion_recognition.py` trains).
#
# (mfcc-two-losses)=
# ### The loss depends on the version of Keras; the older loss may silence an emotion for good

# %% tags=["hide-cell"]
softmax = {"loss": "binary on softmax"}
old = [record["history"]["train_loss"][0] for folds in found.records("RAVDESS", **softmax) for record in folds]
page.say("mc_first_loss", f"{sum(old) / len(old):.2f}" if old else NOT_RUN)
page.say("mc_even_loss", f"{mfcc_cnn.even_loss('RAVDESS'):.2f}")
lost_outputs = silent.get(found.kind("RAVDESS", **softmax), [])
page.say("mc_softmax_silenced", share(lost_outputs))
page.say("mc_softmax_bound", f"{sum(run.dead for run in lost_outputs)} of {len(lost_outputs)}" if lost_outputs
         else NOT_RUN)
never = [run for kind, runs in silent.items() if not kind.changed for run in runs if run.emotions]
page.say("mc_named", f"{sum(not run.dead for run in never)} of {len(never)}" if never else NOT_RUN)

# %% [markdown]
# The text names cross-entropy. The code takes *binary* cross-entropy on the outputs of a softmax: every emotion becomes
# a yes-or-no question of its own. What Keras computes then depends on its version (read in its source, not run here).
#
# Version 2.6, which saved the weights, applies the loss to the values before the softmax. The softmax has no part in
# training and is applied only at prediction. This is the loss of reading `code`.
#
# Older versions (we did not find which came last) apply it to the probabilities, clipped to at least 0.0000001. Beyond
# the clip the loss is flat: an emotion whose probability has fallen that low for a clip gets no gradient from it, and
# one that has fallen that low for every clip may stay there. The network starts out confident and wrong, perhaps
# because nothing scales its inputs. On RAVDESS equal probabilities would cost {glue:text}`mc_even_loss`; the first
# epoch costs {glue:text}`mc_first_loss` on average. Of the runs with this loss, {glue:text}`mc_softmax_silenced` never
# predict some emotion. [What it is worth](#mfcc-bugs) is listed as "loss of older Keras".
#
# Does the network never name the emotion, or only not on the test clips? If it never named it, its training accuracy
# could not exceed the share of the other emotions, the *bound*. With the older loss {glue:text}`mc_softmax_bound` runs
# stay within that bound. Of the runs of readings `code` and `paper` that miss an emotion on the test clips,
# {glue:text}`mc_named` exceed it: they do name the emotion in training (of several, at least one).

# %% tags=["hide-input"]
rows = []
for kind, runs in silent.items():
    if (never := [run for run in runs if run.emotions]) and not kind.changed:
        counts = {name: sum(name in run.emotions for run in never) for run in never for name in run.emotions}
        reached = [sum(values) / len(never) for values in zip(*((run.reached, run.most) for run in never), strict=True)]
        rows.append({"corpus": kind.corpus, "reading": kind.reading, "split": book.page.split_name(kind.protocol),
                     "runs": len(runs), "with an emotion never predicted": len(never),
                     "which": ", ".join(f"{name} ({counts[name]})" for name in sorted(counts)),
                     "largest probability": f"{max(run.probability for run in never):.4f}",
                     "training accuracy": percent(reached[0]), "bound": percent(reached[1])})
book.table(rows, empty="*No run that has been made never predicts some emotion.*")

# %% [markdown]
# *Kinds of runs (a seed and a fold each) in which some never predict an emotion on the test clips, after the last
# epoch; in brackets, how many of them never predict that one. Largest probability: that any test clip gives to it.
# Training accuracy and bound are means over these runs.*
#
# ## What we measure
#
# All scores so far, with 95 % intervals. In brackets after the number of seeds: their lowest and highest accuracy.

# %% tags=["hide-input"] mystnb={"image": {"alt": "Confusion matrices: true emotion down, predicted across"}}
page.scores()

# %% tags=["hide-input"] mystnb={"image": {"alt": "Accuracy and loss over the epochs, of training and test"}}
page.confusions()

# %% tags=["hide-input"] mystnb={"image": {"alt": "Accuracy of training and test clips over the epochs, a line a seed"}}
page.curves()

# %% tags=["hide-cell"]
gap = {}
for name in page.corpora:
    ends = [record["history"] for folds in found.records(name) for record in folds]
    if ends:
        gap[name] = sum(end["train_accuracy"][-1] - end["test_accuracy"][-1] for end in ends) / len(ends)
page.say("mc_gap", "; ".join(f"{name} {100 * more:.0f}" for name, more in gap.items()) or NOT_RUN)

# %% [markdown]
# After the last epoch of reading `code`, training accuracy exceeds test accuracy by so many points:
# {glue:text}`mc_gap`.
#
# ## Accuracy drops with new speakers
#
# RAVDESS and CREMA-D are tested in six groups of speakers, the other corpora one speaker at a time. There are about as
# many training clips as with shared speakers, except on TESS, where one of two voices is left. Where a corpus has all
# speakers say the same sentences, test sentences still occur in training.

# %% tags=["hide-input"]
page.new_speakers()

# %% [markdown]
# (mfcc-bugs)=
# ## What each difference is worth
#
# One setting of the code is changed at a time, and the mean of the starts compared on the same test clips. The last
# rows change together all in which `paper` differs.

# %% tags=["hide-input"] mystnb={"image": {"alt": "Points of accuracy gained or lost by each change, with intervals"}}
effects = page.differences()

# %% tags=["hide-cell"]
single = [one for one in effects if not one.name.startswith("all of them")]
shown = [f'"{one.name}", {points(one.difference)} ({one.corpus}, starts: {one.seeds[1]})'
         for one in single if significant(one.difference)]
page.say("mc_single", f"{len(shown) or 'none'} of {len(single)}" + (f": {'; '.join(shown)}" if shown else "")
         if single else NOT_RUN)
loss = next((one for one in effects
             if one.corpus == "RAVDESS" and one.name == mfcc_cnn.SETTINGS["loss"].switch), None)
page.say("mc_loss_base", share(silent[found.kind("RAVDESS")][:loss.seeds[0]]) if loss else NOT_RUN)

# %% [markdown]
# Single changes that show an effect: {glue:text}`mc_single`.
#
# *Loss of older Keras* is no step towards the text: it is the code's loss as older versions compute it. Of the runs of
# reading `code` that both changes of the loss are compared with on RAVDESS, {glue:text}`mc_loss_base` never predict
# some emotion. Such a run could gain from any change that brings the emotion back.
#
# (mfcc-folders)=
# ### Clips in the order of folders
#
# The code feeds training clips in the order in which it lists the files, every epoch alike. How it lists them depends
# on the file system; here folders and files are sorted. RAVDESS and SAVEE have a folder a speaker; TESS has one for
# each emotion of each voice, so that nearly every batch of 32 clips holds a single emotion. Accuracy with shared
# speakers:

# %% tags=["hide-input"]
book.table([{"corpus": name, "in the order of the draw": found.text(name),
             "folder by folder": found.text(name, order=BY_FOLDER)} for name in mfcc_cnn.IN_FOLDERS])

# %% [markdown]
# *What lies between the two, with p, is in [the table of all differences](#mfcc-bugs).*
#
# (mfcc-when-to-stop)=
# ### Choosing the epoch by the test clips
#
# The code does not choose the epoch by the test clips, although it watches them in every epoch. What choosing would
# gain: *best* is the epoch with the highest test accuracy, *stopped early* where early stopping on the test loss with a
# patience of two epochs would have ended.

# %% tags=["hide-input"] mystnb={"image": {"alt": "Points gained by mending a slip, with intervals"}}
gains = {which: 100 * (one.best[1] - one.last[1]) for which, one in page.when_to_stop().items()}
own = ("RAVDESS", "code", "published")
page.say("mc_gain", f"{gains[own]:.1f}" if own in gains else NOT_RUN)
most = max(gains, key=gains.get, default=None)
page.say("mc_gain_most", f"{gains[most]:.1f} ({most[0]}, reading {most[1]}, {book.page.split_name(most[2])})"
         if most else NOT_RUN)

# %% [markdown]
# *Means over runs (a seed and a fold each), weighted by their test clips.* On RAVDESS with shared speakers the best of
# {glue:text}`mc_epochs` epochs is {glue:text}`mc_gain` points better than the last; the largest gain is
# {glue:text}`mc_gain_most`.
#
# ## One run in detail

# %% tags=["hide-input"] mystnb={"image": {"alt": "Learning curves and confusion matrix of the run in detail"}}
def also(record):
    """What choosing by the test clips would have given in this run, and what it never predicts."""
    at = audit.picked(record)
    never = ", ".join(mfcc_cnn.silent(record).emotions) or "none"
    return (f" after epoch {at.last[0]}; {percent(at.best[1], 1)} after epoch {at.best[0]}, the best on its test clips"
            f". Emotions never predicted: {never}")


record = page.run(also)

# %% [markdown]
# To show another run, give its parameters (`papermill --help-notebook` lists them all):
#
# ```
# .venv/bin/papermill notebooks/mfcc_cnn.ipynb out.ipynb -p corpus EMO-DB -p protocol speaker -p fold 3
# ```
#
# The document's own steps are commands here:
#
# ```
# .venv/bin/ser-repro corpora table RAVDESS --document mfcc_cnn --csv ravdess.csv
# .venv/bin/ser-repro train mfcc_cnn RAVDESS --model models/ravdess
# .venv/bin/ser-repro predict speech.wav --model models/ravdess
# ```
#
# The first writes the clips with their emotions and the part each belongs to. The second trains and keeps the weights.
# The third gives the probability of every emotion. [Run it again](../rerun.md) explains the installation.
#
# ## Verdict

# %% tags=["hide-input"] mystnb={"image": {"alt": "Curves over the epochs and confusion matrix of this run"}}
lines = ["**Claim**: there is none to test. The stored weights fit the layers and the number of steps of reading "
         f"`code`: {sum(agree)} of {len(agree)} numbers agree."]
news = {name: page.scored(name, protocol="speaker") for name in page.corpora}
if guessing := [f"{name} ({percent(page.chance[name], 1)})" for name, score in news.items()
                if score and score.low <= page.chance[name]]:
    lines.append(f"The interval of accuracy with new speakers includes chance on {', '.join(guessing)}.")
whole = [one for one in effects if one.name.startswith("all of them")]
apart = [f"{one.corpus}, {one.where or 'shared speakers'}: {points(one.difference)}" for one in whole
         if significant(one.difference)]
if whole:
    lines.append(f"**The text instead of the code**: {'; '.join(apart) or 'no significant difference'}."
                 + (" Elsewhere no difference is significant (table above)." if 0 < len(apart) < len(whole) else ""))
never = [run for kind, runs in silent.items() if kind.reading == "code" and not kind.changed for run in runs]
lines += [f"{share(never)} runs of reading `code`, over all kinds of tests, never predict some emotion of their test "
          "clips, most of which have few clips of each."] if never else []
page.verdict(lines)
