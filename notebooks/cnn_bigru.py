# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # CNN-BiGRU with attention: a recurrence that does not run over time

# %% tags=["parameters", "hide-input"]
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

# %% tags=["hide-input"]
from ser_repro import book

page = book.open("cnn_bigru", globals())
found = page.found

import numpy as np

from ser_repro import datasets
from ser_repro.book import attention, diagrams, experiments, exploration, listening, verdicts
from ser_repro.book.words import family, number, percent, points, significant, unit, versus_chance, worth
from ser_repro.documents import cnn_bigru
from ser_repro.results import audit
from ser_repro.runs import plans
from ser_repro.runs.found import NOT_RUN, on_same_clips

network, view, features = (experiments.read("cnn_bigru", name) for name in ("network", "view", "features"))

# %% tags=["hide-cell"]
for name in page.corpora:
    page.say(f"cb_{name}_chance", percent(page.chance[name]))
    for which in page.document.readings:
        for split in plans.GRID:
            page.say(f"cb_{name}_{which}_{split}", found.told(name, which, split))
    clips = exploration.load(name)
    held, split = cnn_bigru.first_frames(clips), page.document.parts(clips, "published")
    page.say(f"cb_{name}_given", unit(held["given_s"].iloc[0], "s", 2))
    page.say(f"cb_{name}_rate", unit(clips["sample_rate"].iloc[0] / 1000, "kHz"))
    page.say(f"cb_{name}_kept", f"{100 * held['kept'].min():.0f} to {percent(held['kept'].max())}")
    page.say(f"cb_{name}_kept_median", percent(held["kept"].median()))
    page.say(f"cb_{name}_cut", percent((held["kept"] < 1).mean()))
    page.say(f"cb_{name}_whole", percent((held["kept"] >= 1).mean()))
    page.say(f"cb_{name}_padding", percent(held["padding"].mean()))
    page.say(f"cb_{name}_start", unit(clips["silence_start_s"].median(), "s", 1))
    page.say(f"cb_{name}_silent", percent(held["silent"].median()))
    page.say(f"cb_{name}_heard", percent(held["heard"].median()))
    page.say(f"cb_{name}_sizes", f"{number(len(split.train))} and {number(len(split.test))}")
    page.say(f"cb_{name}_twins", percent(audit.shared(clips, split)))
    page.say(f"cb_{name}_sentences", clips["sentence"].nunique())

# %% [markdown]
# **We found no number.** The README of the public code {cite}`cnnbigru` gives none and points to two figures, which we
# could not reach: a loss curve, and a confusion matrix whose title, by the script, holds the accuracy. Of the paper
# that it follows we found only the abstract: another corpus (CASIA, Chinese), other features (MFCCs with energy and
# zero crossings), no numbers.
#
# **Reading `code` on RAVDESS** reaches {glue:text}`cb_RAVDESS_code_published` with shared speakers and
# {glue:text}`cb_RAVDESS_code_speaker` with new speakers. Chance, which is always naming the most frequent emotion, is
# {glue:text}`cb_RAVDESS_chance`. In brackets are 95 % intervals, and what they count
# ([How sure is a score](uncertainty.ipynb)).
#
# In the code, the GRU's three "steps" are blocks of channels and not times. Mending that alone changes accuracy, with
# shared speakers, by {glue:text}`cb_view_worth`. And the network is given only the first
# {glue:text}`cb_RAVDESS_given` of a clip; in the median clip of RAVDESS the speaker begins after
# {glue:text}`cb_RAVDESS_silent` of that.
#
# **Reading `paper`** has a GRU that runs over time and over the whole clip. It is a design of ours: the README speaks
# of time, but it also says 100 frames and prints the code's layers. So what this reading gains is no price of a slip.
# It reaches {glue:text}`cb_RAVDESS_paper_published` with shared speakers and {glue:text}`cb_RAVDESS_paper_speaker` with
# new ones.
#
# **On CREMA-D**, which the README names and the code cannot read, the same method reaches
# {glue:text}`cb_CREMA-D_code_published` with shared speakers (new speakers: {glue:text}`cb_CREMA-D_code_speaker`;
# chance: {glue:text}`cb_CREMA-D_chance`).

# %% tags=["hide-input"]
page.overview()

# %% [markdown]
# ## What is claimed, without a number that we could find
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
# So there is nothing here to reach or to miss: this chapter gives the method its first table of numbers. The README
# names a second paper as the model of its convolutions, whose text we did not find either.
#
# ## The network, in two readings
#
# Forty MFCCs a frame make an image of coefficients over time. Five convolutional blocks shrink it 32 times in both
# directions. A bidirectional GRU runs over what is left, an attention layer weighs its states, and three linear layers
# name the emotion.

# %% tags=["hide-input"]
book.picture(diagrams.cnn_bigru(network), "The CNN-BiGRU as boxes: its way in the code, and in the text",
             "The network: the way of reading `code`, and that of reading `paper`.")
page.say("cb_parameters", number(network["parameters"]))
page.say("cb_rank", network["rank"])
page.say("cb_chain", number(network["chain"]))
page.say("cb_one", number(network["one"]))

# %% [markdown]
# *The network for eight emotions. A block is a 3 × 3 convolution, batch normalisation, ReLU and a 2 × 2 pool; sizes are
# coefficients × frames after the pool, in reading `code`. Reading `paper` takes all frames of the clip. Red, dashed
# edge: reading `code`; blue, thick edge: reading `paper`. Both have {glue:text}`cb_parameters` parameters.*
#
# ## The code's steps are blocks of channels, not times
#
# The last block leaves 512 channels of 3 frames each. The GRU needs steps in time, each a vector of 512, and exchanging
# the two axes gives them. The code only relabels the axes: it cuts the list of numbers, which runs channel by channel,
# into three equal pieces, so a "step" is all three frames of a third of the channels.

# %% tags=["hide-cell"]
book.draw("cb_view", diagrams.views(network["blocks"][-1][0], {which: np.array(view[which]) for which in
                                                                page.document.readings}))
viewed, own = np.array(view["code"]), np.array(view["paper"])
page.say("cb_seen_frames", network["seen"])
page.say("cb_seen_s", unit(network["seen"] * cnn_bigru.HOP / datasets.get("RAVDESS").sample_rate, "s", 2))
page.say("cb_view_clips", view["clips"])
page.say("cb_view_starts", view["starts"])
page.say("cb_view_least", percent(viewed.min()))
page.say("cb_view_most", percent(viewed.max()))
page.say("cb_paper_own", f"{100 * own.diagonal().min():.0f} to {percent(own.diagonal().max())}")
largest = (own.argmax(1) == np.arange(len(own))).all()
page.say("cb_paper_largest", "the largest part" if largest else "a part")
page.say("cb_paper_none", int((own == 0).sum()))
exchanged = found.difference("view_as_time", page.document.settings["view_as_time"].paper)
exchange = next((one for one in found.effects() if (one.name, one.corpus) == (exchanged, "RAVDESS")), None)
page.say("cb_view_worth", worth(exchange.difference) if exchange else NOT_RUN)

# %% [markdown]
# ```{glue:figure} cb_view
# ---
# name: fig-view
# alt: >-
#   Above, the 512 channels by 3 frames of the last block, coloured by the step they are put in: horizontal bands in the
#   code, vertical ones in the paper. Below, two matrices of third replaced by step changed: even in the code, and with
#   its weight on the diagonal and two empty corners in the paper.
# ---
# Above: the step of the GRU that each value of the last block is put in. Below: a third of the input is replaced by
# another clip's, and each step shows this per cent of the change. Untrained networks and synthetic speech
# ({glue:text}`cb_view_clips` clips, {glue:text}`cb_view_starts` initialisations): a property of the method, not a
# result.
# ```
#
# With the axes exchanged, {glue:text}`cb_paper_largest` of a change shows in its own step ({glue:text}`cb_paper_own`).
# {glue:text}`cb_paper_none` of the nine fields are exactly empty, because a step sees {glue:text}`cb_seen_frames`
# frames and nothing beyond. Cut as the code does, each step shows a third of the change ({glue:text}`cb_view_least` to
# {glue:text}`cb_view_most`), wherever it was made: the order of the steps is only the order in which channels are
# numbered. The network can still learn, since every value is still there, but its recurrence cannot follow a course in
# time, and its attention weighs groups of channels. The section on [differences](bigru-differences) measures what that
# costs, over three steps (change of accuracy on RAVDESS with the time axis kept: {glue:text}`cb_view_worth`).
#
# ## The code hears the first second
#
# The table compares the two readings, setting by setting. The README prints its two main functions, so text and code
# agree on most settings and differ where the words say what the code is for. "Silent" means that the text says nothing;
# where both columns agree, the value is the code's.

# %% tags=["hide-input"]
page.readings()
page.say("cb_loudness", f"{features['loudness']:.1f}".replace("-", "−"))
lower = features["live_lower"]
page.say("cb_live_lower", f"{100 * lower[0]:.0f} to {percent(lower[1])}")
page.say("cb_live_given", unit(cnn_bigru.FRAMES * cnn_bigru.HOP / cnn_bigru.LIVE_RATE, "s", 2))

# %% [markdown]
# *The first second.* The code keeps the first 100 frames at the file's own rate. At RAVDESS's
# {glue:text}`cb_RAVDESS_rate` they last {glue:text}`cb_RAVDESS_given`, which is {glue:text}`cb_RAVDESS_kept` of a clip
# (median {glue:text}`cb_RAVDESS_kept_median`, computed from the published index); {glue:text}`cb_RAVDESS_cut` of the
# clips are cut. The actors begin after
# {glue:text}`cb_RAVDESS_start` of silence (median), so the network hears {glue:text}`cb_RAVDESS_heard` of the sounding
# part of the median clip. Silence is what lies 35 dB or more below the loudest moment, as in
# [the data chapter](data_exploration.ipynb); breath and a soft onset may count as silence. Of the rest of the clip the
# network gets two numbers, the mean and deviation of all its coefficients, which standardise the image before it is
# cut. We did not separate whether a score comes from the onset, from what precedes it, or from these two numbers.

# %% tags=["hide-input"]
first = cnn_bigru.first_frames(exploration.load("RAVDESS"))["given_s"].iloc[0]
listening.beginnings("RAVDESS", first, data=page.parameters["data"] or None)

# %% [markdown]
# *On CREMA-D* the same 100 frames last {glue:text}`cb_CREMA-D_given` at {glue:text}`cb_CREMA-D_rate`, and
# {glue:text}`cb_CREMA-D_whole` of the clips fit in whole. There {glue:text}`cb_CREMA-D_padding` of the frames are
# padding (mean).
#
# *Padding after standardising.* The zeros are added to the standardised image, where zero is the average coefficient
# and not silence. In synthetic clips the first coefficient, which follows loudness, lies {glue:text}`cb_loudness`
# deviations from it on average, so a frame of zeros is in general neither sound nor silence. No clip of RAVDESS is
# padded. Reading `paper` keeps padding out of statistics, recurrence and attention.
#
# *Three linear layers in a row* compute what one could, with nothing between them. The rank of their product, computed
# from the untrained network, is {glue:text}`cb_rank`, as many as there are emotions, so even the narrow middle of 64
# takes nothing away: {glue:text}`cb_chain` parameters say what {glue:text}`cb_one` could. Training takes another path
# through them all the same, so mending this may gain or lose.
#
# *No validation.* A fifth of the clips is drawn at random and tested once, after the last epoch (read in the script):
# nothing is chosen by the test part, and nothing says when to stop. {glue:text}`cb_RAVDESS_sizes` clips train and are
# tested. Speakers are on both sides, and {glue:text}`cb_RAVDESS_twins` of the test clips have a twin in training: the
# same actor says the same sentence once more, with the same emotion and intensity
# ({glue:text}`cb_RAVDESS_sentences` sentences in all).
#
# *Other corpora.* The README says that CREMA-D and IEMOCAP can be used. The script reads RAVDESS's folders and takes
# the emotion from RAVDESS's file names, nothing else.
#
# *Listening live.* The script that records from a microphone takes 5 s at 44.1 kHz and keeps 100 frames, the first
# {glue:text}`cb_live_given`, for a network trained at {glue:text}`cb_RAVDESS_rate`. As the mel bands stretch to half
# the sampling rate, each lies {glue:text}`cb_live_lower` lower than in training. `ser-repro predict` first converts a
# recording to the training rate.
#
# *What is ours.* The program is rebuilt from a description of the public scripts. The split follows their rule, but
# they take the clips as the file system lists them and we in the order of their names, so the same rule picks other
# clips. That reading `paper` takes the whole clip is our choice, made so that there is a course in time to follow; the
# README says "fixed length".
#
# ## What we measure
#
# All scores so far, with 95 % intervals. UAR is the mean of the emotions' recalls. Behind the number of
# seeds stand their lowest and highest accuracy. A row with missing folds speaks of the tested speakers only. IEMOCAP
# needs a signed licence and is not run here.

# %% tags=["hide-input"]
page.scores()

# %% tags=["hide-input"]
page.confusions()

# %% [markdown]
# The README names a loss curve as one of its two results. These are ours, of loss and accuracy. The test part is only
# watched: the weights after the last epoch are scored.

# %% tags=["hide-input"]
page.curves("loss")

# %% tags=["hide-input"]
page.curves("accuracy")

# %% tags=["hide-input"]
for name in page.corpora:
    for which in page.document.readings:
        ends = [record["history"] for folds in found.records(name, which) for record in folds]
        if ends:
            known, new = (np.mean([history[f"{part}_accuracy"][-1] for history in ends]) for part in ("train", "test"))
            book.text(f"{name}, reading `{which}`, last epoch, shared speakers: {percent(known, 1)} of the training "
                      f"clips (with dropout) and {percent(new, 1)} of the test clips are right.")

# %% [markdown]
# ## What is left with new speakers
#
# RAVDESS and CREMA-D are cut into six groups of speakers. Each is tested once, by a network that has not heard it. The
# sentences are shared in both.

# %% tags=["hide-input"]
page.new_speakers()

# %% [markdown]
# (bigru-differences)=
# ## What each difference is worth
#
# The picture compares accuracy on the same test clips after one setting of the code has been changed. Where that is
# only the whole clip instead of 100 frames, the cutting into blocks stays, and where it cuts depends on the longest
# clip of the batch.

# %% tags=["hide-input"]
effects = page.differences()

# %% tags=["hide-input"]
whole = found.records("RAVDESS", features=page.document.settings["features"].paper)
words = found.records("RAVDESS", "paper")
if whole and words:
    rest = on_same_clips((found, whole), (found, words))
    book.text("Keeping the time axis was measured on its own over three steps only, which leave little course in time "
              "to follow. Over the whole clip, the time axis kept, ReLU and masked padding together are worth "
              f"{points(rest)} on RAVDESS (starts: {len(whole)} and {len(words)}): three changes at once, beside the "
              "family corrected above, whose shares are not known.")

# %% [markdown]
# ## What choosing the epoch on the test part would add
#
# The document scores the last epoch. Had it kept the epoch that is best on the test part, as much public code does, or
# stopped early on the test loss, the same trainings would have reported:

# %% tags=["hide-input"]
picks = page.when_to_stop()

# %% [markdown]
# ## One run in detail

# %% tags=["hide-input"]
record = page.run()

# %% [markdown]
# ## What the attention looks at
#
# The attention gives each step a weight, and the weights of a clip sum to one. In reading `paper` a step is a time, so
# the weights can be laid over the clip. In reading `code` it is a block of channels, which has no place in the clip.
# Only newer records hold the attention; where the run above does not, another run of its reading and split is drawn.

# %% tags=["hide-cell"]
measures = exploration.load(corpus).set_index("clip")
attended = {which: attention.record(page, which) for which in ("paper", "code")}
drawn = [one for one in attended.values() if one]

# %% tags=["hide-input"]
if any(one["config"]["synthetic"] for one in drawn):
    book.banner()
if attended["paper"]:
    book.picture(attention.over_clips(attended["paper"], measures, attention.outlines(page, attended["paper"])),
                 "Attention over time, over the first clip of each emotion",
                 "Reading `paper`, the first test clip of each emotion. Blue: the weight of each step, on its own "
                 "scale; a step stands for 32 frames. Grey: the waveform, or a bar from the first sound to the last "
                 "where no waveform is at hand. Dotted: even weights. Pale red: what reading `code` is given.")
else:
    book.text(f"*Reading `paper` has not been run yet on {corpus} with this split.*")

# %% tags=["hide-input"]
if drawn:
    book.picture(attention.over_all(attended["paper"], attended["code"]),
                 "Attention of all test clips, over time and over blocks of channels",
                 "Left, reading `paper`: mean over the test clips, and a band from the 10th to the 90th percentile. "
                 "Right, reading `code`: boxes hold half the clips, whiskers 80 %. Dotted: even weights.")
    book.text("Runs: " + ", ".join(f"`{one['run']}`" for one in drawn))

# %% tags=["hide-input"]
if attended["paper"] and not attended["paper"]["config"]["synthetic"]:
    lies = attention.lies(attended["paper"], measures)
    book.text(f"In reading `paper`, {percent(lies.sounding)} of the weight lies between the first and the last sound "
              f"of a clip; even weights would put {percent(lies.even)} there (means over {lies.clips} test clips). In "
              f"{percent(lies.late)} of the clips the largest weight falls into the last third of what sounds, or "
              "after it.")

# %% [markdown]
# Such pictures say less than they seem to. A step's vector sees {glue:text}`cb_seen_frames` frames
# ({glue:text}`cb_seen_s` at RAVDESS's rate), three times what it stands for, and the GRU can carry every step's
# content to every other before the attention weighs them. A weight says where a summary was picked up, not which sound
# decided.
#
# ## Verdict

# %% tags=["hide-input"]
lines = [f"{line}." for name in page.corpora if (line := verdicts.both_splits(found, name, "paper"))]
lines.append("**The claim**: we found no number to reach or to miss.")
chances = [f"{name} {versus_chance(score, page.chance[name])} ({percent(page.chance[name])})"
           for name in page.corpora if (score := found.score(name))]
if chances:
    lines.append(f"**Against chance**, reading `code`, shared speakers: {', '.join(chances)}.")
clear = [f"{one.name}{f', {one.where}' if one.where else ''} {points(one.difference)} on {one.corpus}"
         for one in effects if significant(one.difference)]
if effects:
    lines.append(f"**Changes that show an effect**: {'; '.join(clear) or 'none'}; "
                 f"{family([one.difference for one in effects])}.")
page.verdict(lines)
