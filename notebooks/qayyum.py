# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 60 or 83.61? Two numbers, two networks

# %% tags=["parameters", "hide-input"]
n: int = 2  # number of the network: 1 CNN on MFCC and MSF, 2 made small, 3 on raw audio, 4 made small, 5 to 7 RNN
corpus: str = "SAVEE"  # corpus of the run shown in detail: SAVEE or CREMA-D
reading: str = "code"  # we have the code of neither, so there is this one reading
protocol: str = "published"  # published (our draw of the paper's split: shared speakers) or speaker (new speakers)
fold: int = 0  # which speakers are held out, under protocol speaker
seed: int = 0  # of weights and order
epochs: int = 0  # epochs at most if it has to train; 0: 40 (on the demo corpus, fewer)
mode: str = "auto"  # auto (stored record, else train), train, or stored
results: str = "results"  # folder of the records
data: str = ""  # folder of the corpora; "": SER_REPRO_DATA
cache: str = ""  # folder of arrays and checkpoints; "": SER_REPRO_CACHE or ~/.cache/ser_repro
device: str = "auto"  # auto, cpu or gpu

# %% tags=["hide-input"]
from ser_repro import book

page = book.open("qayyum", globals())

# %% tags=["hide-cell"]
from ser_repro.book import show, suspicion
from ser_repro.documents import qayyum, qayyum_baselines

for name, value in suspicion.headlines(page).items():
    page.say(f"qa_{name}", value)
done, planned = (sum(pair) for pair in zip(page.found.count, suspicion.baselines(page).found.count, strict=True))
page.say("qa_done", done)
page.say("qa_planned", planned)

# %% [markdown]
# {cite:t}`qayyum2019convolutional` report {glue:text}`qa_paper` on SAVEE for a CNN: a mean of class rates. The CREMA-D
# study {cite}`amgad2023speech` rebuilt it, reached an accuracy of 60 %, which is {glue:text}`qa_reached_uar` as a mean
# of class rates, and suspected its own modulation spectral features (MSF). This page asks what the {glue:text}`qa_gap`
# between the two means are due to. We have not seen the paper: all that is said of it here is from the study's report.
#
# **We can't say.** {glue:text}`qa_neither` {glue:text}`qa_short` of the paper's systems that we rebuilt come out below
# its rates, by {glue:text}`qa_short_by`, so that our way of rebuilding may be what falls short; the study's CNN is
# right on {glue:text}`qa_copy` here. Chance is {glue:text}`qa_chance` in accuracy, and
# {glue:text}`qa_chance_uar` as a mean of class rates. [What might part the two numbers](#qayyum-causes), and what it
# was worth where we could measure it, stands in a table below.
#
# **They are not scores of one method.** By the report, the paper's CNN takes eight seconds of raw audio. The study
# fed its copy 12 MFCCs and MSF, which in the paper are what the *baselines* take: on both together these reach
# {glue:text}`qa_paper_both` there. So it is the study's {glue:text}`qa_reached_uar` that has to be
# compared with those.
#
# **What MSF are worth in the baselines.** Added to MFCC they change the paper's rates of its three baselines by
# {glue:text}`qa_added_paper`. Ours, in points of accuracy, means over draws of the split: {glue:text}`qa_added_ours`;
# on our first draw: {glue:text}`qa_added_first`. That of the regression hangs on its penalty, which the paper does not
# tell ([below](#qayyum-open)). In the study's CNN with a quarter of the channels, on our first draw,
# they change accuracy by {glue:text}`qa_added_cnn`. On CREMA-D, where 2233 clips are tested: {glue:text}`qa_msf_crema`.
# So our MSF can be of use. All this tests them, and not the study's, whose extraction is not known.
#
# **The paper's rates are not shares of 80 test clips**, as many as it tests, it seems. {glue:text}`qa_impossible` rates
# of an emotion are no possible share of its test clips, and {glue:text}`qa_beyond` none of all its clips in SAVEE.
# {glue:text}`qa_eighths` are, to rounding, whole eighths of a per cent, as a mean of eight whole per cents would be.
# How they were taken is not known.
#
# **Sampling error.** Were both numbers accuracies of one test on 80 clips, 60 % would be uncertain by
# {glue:text}`qa_margin_60`, and {glue:text}`qa_paper` to {glue:text}`qa_margin_paper`. The mean class rate of an SVM on
# MFCC and MSF is {glue:text}`qa_first_draw` on our first draw of the split and goes from {glue:text}`qa_draws` over
# others; {glue:text}`qa_reached` of those came to the {glue:text}`qa_paper_svm` that the paper has of it. In accuracy
# that SVM reaches {glue:text}`qa_svm_published` on our first draw, and {glue:text}`qa_svm_redrawn` as the mean over
# others. With its default, another penalty and another kernel its mean class rates over draws are
# {glue:text}`qa_choices`; the intervals of {glue:text}`qa_choices_hold` hold the paper's rate.
#
# **Normalisation.** To take mean and variance from training clips alone, and not from the tested ones too, changes
# accuracy by {glue:text}`qa_normalised_brief`, by system and split.
#
# **What we measure on SAVEE**, accuracy on our first draw of the split, which may be a lucky one: the study's CNN
# {glue:text}`qa_copy`, with a quarter of its channels {glue:text}`qa_small_published`; the RNN on MFCC and
# MSF {glue:text}`qa_rnn_published`; the SVM {glue:text}`qa_svm_published`. With new speakers: the small CNN
# {glue:text}`qa_small_speaker`, the RNN {glue:text}`qa_rnn_speaker`, the SVM {glue:text}`qa_svm_speaker`, all of them
# with each new speaker normalised by all of his own clips; the SVM without that {glue:text}`qa_svm_speaker_training`.
#
# **On CREMA-D** the study's CNN, for which 48 % is claimed, is right on {glue:text}`qa_copy_crema` with shared and on
# {glue:text}`qa_crema_speaker` with new speakers, each normalised by all of his clips; with all normalised together, by
# training clips, on {glue:text}`qa_crema_together` with shared ones ([more](#qayyum-crema)).
#
# **What stays open.** The paper's CNN on raw audio at full size: {glue:text}`qa_raw_published`. At 16 kHz it takes some
# {glue:text}`qa_multiplications` multiplications to hear a clip, so it is a task for a GPU. With a sixteenth of the
# channels and at 8 kHz, which a CPU can train, it reaches {glue:text}`qa_raw_small_published`; that says little of the
# full one.
#
# {glue:text}`qa_done` of {glue:text}`qa_planned` runs of the core are done. In brackets: 95 % intervals, and what they
# count ([How sure is a score](uncertainty.ipynb)).

# %% tags=["hide-input"]
show.picture(suspicion.picture(page), "Mean class rate on SAVEE, the paper's and ours, a line a system",
             "Unweighted mean of the seven classes' rates (UAR), as the paper's table has it. Ticks above a point: "
             "single draws of the split. Broad bars: 95 % intervals. Lines without a point have not been run. The CNN "
             "on MFCC and MSF is shown trained as long as the study's, once that has been run.")

# %% [markdown]
# (qayyum-causes)=
# ## What might part the two numbers

# %% tags=["hide-input"]
book.table(suspicion.causes(page))

# %% [markdown]
# *In brackets: 95 % intervals. Other draws and CREMA-D: means or differences on the same test clips. What no
# row has an answer to is open.*
#
# ## What is claimed
#
# The study's claims for its copy, the paper's for its networks, and then the paper's for the baselines that are fitted
# at once. The paper's table was read off a picture in the study's report. A verdict on a claim rests on the mean over
# draws where the split has been drawn again, as nobody knows which 80 clips the paper tested.

# %% tags=["hide-input"]
page.claims()

# %% tags=["hide-input"]
suspicion.baselines(page).claims()

# %% tags=["hide-input"]
book.table([{"number": number, "network": told} for number, told in qayyum.NETWORKS.items()])

# %% tags=["hide-input"]
book.table([{"number": number, "baseline": told} for number, told in qayyum_baselines.NETWORKS.items()])

# %% [markdown]
# ### The paper's rates of the emotions
#
# No test with fewer than {glue:text}`qa_anger_clips` clips of anger can give the rate of {glue:text}`qa_anger_rate`.
# The paper tests 80 clips, it seems: the report calls its own split "similar". In an even draw
# {glue:text}`qa_anger_tested` of them are of anger, and SAVEE has {glue:text}`qa_anger_all`.

# %% tags=["hide-input"]
book.table(suspicion.rates())

# %% [markdown]
# *Fewest clips: of which some number is this share, to two digits. Test clips: of an even draw.* Together they would be
# {glue:text}`qa_fewest` clips. No single test on so few clips gives such rates, nor does the mean of a few.
#
# ### What the study's suspicion rests on
#
# The study's report trains its copy on two extractions of MSF. With the second, SAVEE gains 15 points without dropout
# and loses 6 with it; CREMA-D loses a point without dropout and gains three with it. The batch size on SAVEE was
# changed as well, and on 80 test clips a score is uncertain by {glue:text}`qa_margin_60` at least. So the report does
# not show that its MSF are at fault.

# %% tags=["hide-input"]
book.table(suspicion.attempts())

# %% [markdown]
# *Trainings of the copy, as the report has them. Which of its two scores of 48 % on CREMA-D the README means is not
# told.*
#
# ## What was rebuilt, and what had to be guessed
#
# Seven convolutions of 32 to 1024 channels, kernels of 21 to 9, a maximum over all positions and a hidden layer of 128:
# so the study's report shows its network, which it calls the paper's. Its copy trained until a hundred epochs brought
# nothing better on the validation clips: in the report's curves eight of nine trainings end that long after their best.
# Most of ours stop after ten such epochs, and after forty at the latest, for time. The study's CNN, and the small one,
# are also trained as long ([what that is worth](#qayyum-changes)).
#
# Not known are: which epoch was tested (the best, here), how the 300, 100 and 80 clips were drawn (evenly by emotion,
# random state 42), how MFCC and MSF became one vector (means of 12 MFCCs, means and variances of the MSF), whether the
# study padded its clips to eight seconds before it took them (ours are not padded), what the paper's regression (least
# squares with a penalty), SVM (scikit-learn's defaults) and RNN (an LSTM of 128 over frames) are, how long the paper
# trained, and the rate of its raw audio (16 kHz here). Our MSF follow the paper that defines them as far as it is
# known: [Features](features.ipynb).

# %% tags=["hide-input"]
from ser_repro.runs.found import readings

book.table(readings("qayyum", "SAVEE", n=1).drop(columns="paper").rename(columns={
    "code": "value", "paper is taken from": "taken from"}))

# %% [markdown]
# ## How clips are split and normalised
#
# Parts of 300, 100 and 80 clips do not fit the 120 clips of each of the four speakers, so we take it that all of them
# are in every part. *Our first draw* is one such split, *other draws* cut the
# same shares at random again; the paper's own is not known.
# With *new speakers* one of the four is tested, the others train, and a tenth of their clips validates. Features are
# brought to zero mean and unit variance for each speaker, either by *all clips*, the tested ones too, as we think the
# study did, or by *training clips* alone. A new speaker has none of these and is normalised as all training clips
# together.

# %% tags=["hide-input"]
book.table(suspicion.protocols_table(page))

# %% [markdown]
# *Accuracy. To normalise a new speaker by all of his clips takes all of them before the first can be answered.* On
# training clips alone instead of all: {glue:text}`qa_normalised`.
#
# ## What MSF add to MFCC

# %% tags=["hide-input"]
book.table(suspicion.added_rows(page))

# %% [markdown]
# *Points gained by MFCC and MSF over MFCC alone: the paper's, of its mean class rates; ours, of accuracy on the same
# test clips; {glue:text}`qa_added_family`. Of other draws: the mean of differences draw by draw, and the lowest and
# highest.*
#
# The other ways to feed the small CNN, on our first draw, against both: {glue:text}`qa_parts`.
#
# (qayyum-changes)=
# ## What each change is worth
#
# ### Features, normalisation, dropout and longer training, in the CNN and the RNN

# %% tags=["hide-input"]
effects = page.differences()

# %% [markdown]
# {glue:text}`qa_longer`

# %% [markdown]
# ### Normalisation in the baselines

# %% tags=["hide-input"]
more = suspicion.baselines(page).differences()

# %% [markdown]
# (qayyum-open)=
# ### What the paper leaves open of the baselines

# %% tags=["hide-input"]
book.table(suspicion.choices_table(page))

# %% [markdown]
# *Mean over draws of the split. Among such choices the paper may have made the best one on its test clips; that is not
# known.*
#
# ### One system instead of another

# %% tags=["hide-input"]
book.table(suspicion.between_rows(page))
page.say("qa_family", suspicion.between_family(page))

# %% [markdown]
# *Accuracy of the system named first minus that of the other, on the test clips that both have, each the mean of its
# starts; {glue:text}`qa_family`.*
#
# (qayyum-crema)=
# ## CREMA-D
#
# The study claims 48 % for its CNN; its report reaches that after LDA to five values, and again with dropout. Measured:
# {glue:text}`qa_copy_crema` after LDA, and {glue:text}`qa_crema_speaker` with new speakers; without LDA, with dropout
# {glue:text}`qa_crema_dropout`, without {glue:text}`qa_crema_none`. On which clips LDA was fitted is not told; ours is
# fitted on training clips. Fitted on all, so that it knows the emotions of the tested ones, it makes
# {glue:text}`qa_crema_leaky`. All of these normalise each speaker by all of his clips, the tested ones too. With all
# speakers normalised together, by training clips, and after LDA the CNN reaches {glue:text}`qa_crema_together`.
#
# The SVM on MFCC and MSF reaches {glue:text}`qa_crema_svm` on the study's split and
# {glue:text}`qa_crema_svm_speaker` with new speakers, normalised by speaker; normalised together,
# {glue:text}`qa_crema_svm_together` and {glue:text}`qa_crema_svm_together_speaker`.
#
# ## All scores

# %% tags=["hide-input"]
page.scores()

# %% tags=["hide-input"]
suspicion.baselines(page).scores()

# %% [markdown]
# ## One run in detail

# %% tags=["hide-input"]
record = page.run()

# %% [markdown]
# ## Verdict

# %% tags=["hide-input"]
page.verdict(suspicion.verdict(page), n={"SAVEE": qayyum.SMALL, "CREMA-D": qayyum.REPORTED},
             beside=[suspicion.baselines(page)])
