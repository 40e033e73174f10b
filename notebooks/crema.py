# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The CREMA-D study: ten CNNs on one split

# %% tags=["parameters", "hide-input"]
n: int = 1  # 1-D model shown in detail: 1, 2, 4 (which is 3 too), 5, 6, or 7 for Model 3 with augmentation
corpus: str = "CREMA-D"  # the only corpus of these networks
reading: str = "code"  # code (what report and notebook run) or paper (what their text says was meant)
protocol: str = "published"  # published (the document's own split: shared speakers) or speaker (new speakers)
fold: int = 0  # which speakers are held out, under protocol speaker
seed: int = 0  # of weights and order
epochs: int = 0  # epochs at most if it has to train; 0: the document's 700 (on the demo corpus, fewer)
mode: str = "auto"  # auto (stored record, else train), train, or stored
results: str = "results"  # folder of the records
data: str = ""  # folder of the corpora; "": SER_REPRO_DATA
cache: str = ""  # folder of arrays and checkpoints; "": SER_REPRO_CACHE or ~/.cache/ser_repro
device: str = "auto"  # auto, cpu or gpu

# %% tags=["hide-input"]
from ser_repro import book

page = book.open("crema_1d", globals())

# %% tags=["hide-cell"]
from ser_repro.book import crema, crema_selection, show
from ser_repro.book.words import percent
from ser_repro.documents import crema_1d

for name, value in (crema.headlines(page) | crema_selection.say(page)).items():
    page.say(f"cr_{name}", value)
done, planned = (sum(pair) for pair in zip(page.found.count, crema.images(page).found.count, strict=True))
for name, (reached, _) in crema_1d.WITHOUT_LDA.items():
    page.say(f"cr_{name.lower()}", percent(reached))
page.say("cr_done", done)
page.say("cr_planned", planned)

# %% [markdown]
# *{glue:text}`cr_done` of {glue:text}`cr_planned` runs of the core are done.*
#
# **Claimed** {cite:p}`amgad2023speech`: on CREMA-D, {glue:text}`cr_best_1d_claim` for the best of seven 1-D CNNs on
# time means of descriptors (Models 1 and 2), and {glue:text}`cr_best_2d_claim` for the best of three 2-D CNNs on mel
# images (MODEL2).
#
# **Measured with shared speakers**, on a split by the document's rule: Model 2 {glue:text}`cr_best_1d`, MODEL2
# {glue:text}`cr_best_2d`; all 1-D models, Model 6 with its values as they are, {glue:text}`cr_range_shared`. **With new
# speakers**: Model 2 {glue:text}`cr_best_1d_speaker`, MODEL2 {glue:text}`cr_best_2d_speaker`; the 1-D models
# {glue:text}`cr_range_new`. Chance is {glue:text}`cr_chance`. Higher than claimed, by more than sampling error:
# {glue:text}`cr_exceeded`.
#
# **Model 6 hangs on what the document does not tell.** It claims {glue:text}`cr_six_claim`. Fed its 258 values as they
# are, some a thousand times the size of others, ours reaches {glue:text}`cr_six`; with each brought to zero mean and
# unit variance, {glue:text}`cr_six_standardised`. With principal component analysis (PCA), too, ours comes near the
# document's scores only where the values are standardised first (below); but the document's networks on PCA's values
# never name disgust or fear, and ours do so for {glue:text}`cr_pca_named`. So the document may have scaled its values;
# that it did is not shown.
#
# **What LDA does alone.** Five of the seven 1-D networks (of Models 3 and 4 it is inferred) are fed nothing but the
# five values to which linear discriminant analysis (LDA) reduces a clip. LDA can name the emotion itself: fitted in a
# second on the same clips, it is right on {glue:text}`cr_lda`, and with new speakers on {glue:text}`cr_lda_speaker`.
# Networks on its five values, compared with it on the same test clips: {glue:text}`cr_lda_five`. The other networks:
# {glue:text}`cr_lda_others`. Of 2-D initial and MODEL2 one start each is known; another may lie elsewhere. On the same
# split another plain method, [the SVM on MFCC and MSF](qayyum.ipynb), is right
# on {glue:text}`cr_svm_together`, and with new speakers on {glue:text}`cr_svm_together_speaker`. If each speaker is
# normalised by all of his clips, the tested ones too, it is right on {glue:text}`cr_svm` and
# {glue:text}`cr_svm_speaker`.
#
# **The answers differ more than accuracy does.** Recalls of emotions that lie farther from the document's than the
# sampling error of both tests, though both probably test the very same clips: {glue:text}`cr_recalls_apart`. Another
# start alone can move a recall that far: the [table of claims](#crema-claims) has the intervals.
#
# **One training each ranks few of its 1-D models.** With 2233 test clips its best score is uncertain by
# {glue:text}`cr_margin_tested`, and {glue:text}`cr_near_best` 1-D models differ from it by less than the sampling error
# of two such tests. How far starts lie apart comes on top: {glue:text}`cr_starts_most`. With 261 validation clips the
# best score is uncertain by {glue:text}`cr_margin_validating`, and may be too high besides, being the best of 100 or
# more epochs. Pairs of 1-D models that our runs tell apart: {glue:text}`cr_pairs_1d`; pairs with a 2-D model:
# {glue:text}`cr_pairs_others`.
#
# **Three of its trainings are one model.** Two are named after learning rates that the code never sets. Their best
# validation accuracies go from {glue:text}`cr_starts_theirs` without any change to the model, while they are right on
# {glue:text}`cr_starts_theirs_test` of the test clips; ours, in validation: {glue:text}`cr_starts_validation`.
#
# **The incremental selection of features.** Steps that differ significantly from the one before: {glue:text}`cr_steps`.
# Features of a step, by LDA, that are significantly worse than all 258 values:
# {glue:text}`cr_whole`.{glue:text}`cr_alike`
#
# In brackets: 95 % intervals, and what they count ([How sure is a score](uncertainty.ipynb)).

# %% tags=["hide-input"]
show.picture(crema.picture(page), "Test accuracy of ten CNNs on CREMA-D: the document's, and ours with shared and new "
             "speakers, a line a model",
             "Accuracy on the test clips. Bars: 95 % intervals; of the 2-D models with new speakers, two of six groups "
             "of speakers are planned. A line without a coloured point has not been run.")

# %% [markdown]
# ## The document's table beside ours

# %% tags=["hide-input"]
book.table(crema.table(page))

# %% [markdown]
# *Model 1 is a reconstruction: the document does not show its layers, and we took those that many public notebooks
# share. Its scores are no check of the document's. Models 3 and 4 are one listing, and so one network: both rows of
# ours have its runs. Model 6 has two rows of ours, as the document does not tell whether its values were scaled.
# Parameters are those of our networks; the document prints none.*
#
# ### Recalls of the emotions

# %% tags=["hide-input"]
book.table(crema.recalls(page))

# %% [markdown]
# *The document's (read off its figures) / ours, mean of the starts, shared speakers. The intervals of ours are in the
# claims.*
#
# (crema-claims)=
# ### All claims, with verdicts

# %% tags=["hide-input"]
page.claims()

# %% tags=["hide-input"]
crema.images(page).claims()

# %% [markdown]
# ## What the method is, and what is not known of it
#
# Of three notebooks we could get the one on the 2-D networks alone. Of the 1-D networks a report shows listings and
# scores; that they were trained as the 2-D ones were is inferred, and so is the composition of the 258 values. The
# report's Model 2 reached {glue:text}`cr_sgd` with SGD before LDA, when it never named fear, and {glue:text}`cr_adam`
# with Adam. Not known: the layers of Model 1; sample rate and frames of the descriptors (librosa's defaults here);
# whether they were scaled (they are not here; LDA undoes scaling, PCA and the networks on all values do not); on which
# clips LDA was fitted (training clips here, and [priced](#crema-leaks)); how strongly copies were altered (customary
# amounts here); what tells Model 4 from Model 3.
#
# 30 % of the clips are tested, 5 % of the rest validate, both stratified by emotion; speakers are shared. The notebook
# sorts the files and names the random state, so ours are probably the very same clips. Training stops
# 100 epochs after the best validation accuracy, at the latest after 700, and the weights of the best epoch are tested.

# %% tags=["hide-input"]
page.readings()

# %% tags=["hide-input"]
crema.images(page).readings(n=3)

# %% [markdown]
# ## What do the networks add to LDA?
#
# A network that is fed LDA's five values, and no others, knows of a clip what LDA knows. So it is compared here with
# LDA itself (scikit-learn's defaults), which names the most probable emotion. Both are fitted on the same clips.

# %% tags=["hide-input"]
book.table(crema.against_lda_rows(page))

# %% [markdown]
# *Accuracy of the model minus that of LDA on the same test clips, mean of its starts; {glue:text}`cr_lda_family`.
# Models 1 to 5 are fed LDA's five values; Model 6 and Model 3 with augmentation all 258, the 2-D networks an image.*
#
# ## Which model is better?
#
# The document ranks its models by one training each. All pairs that have been run, ours on the same test clips:

# %% tags=["hide-input"]
book.table(crema.pair_rows(page), long=True)

# %% [markdown]
# *Accuracy of the model named first minus that of the other; {glue:text}`cr_pairs_family`.* Starts of one 1-D
# model reach: {glue:text}`cr_starts_1d`.
#
# ### Three trainings of one model
#
# The notebook trains its initial 2-D network three times, twice under the heading of a lower learning rate. The
# optimiser is made without it, and the log shows the rate of 0.001 falling. So what differs is the start, the order of
# the clips and dropout.

# %% tags=["hide-input"]
book.table(crema.starts_rows(page))

# %% [markdown]
# With the rate as it was named, against the code as it is: 0.0001 {glue:text}`cr_slow`; 0.0005 {glue:text}`cr_half`.
#
# ### The best epoch on 261 clips
#
# In the document validation accuracy exceeds test accuracy by {glue:text}`cr_optimism_theirs`. Ours, of
# {glue:text}`cr_optimism_runs`: {glue:text}`cr_optimism`. The sampling error of 261 clips is
# {glue:text}`cr_margin_validating`, and the best of many epochs is a maximum; which of the two it is, a few runs do not
# tell.

# %% tags=["hide-input"]
book.table(crema.optimism_rows(page))

# %% [markdown]
# *Best of them: validation accuracy of the epoch that is tested. 261 clips alone are worth
# {glue:text}`cr_margin_validating`.* The weights of the last epoch instead of the best, Model 1:
# {glue:text}`cr_last`.
#
# ## The incremental selection of features
#
# The document adds descriptors one after another to Model 1, and judges each by one training: step 1 is the rate of
# zero crossings, energy and 20 MFCCs, and the picture names what each further step adds. It keeps LDA, with which its
# score first fell.

# %% tags=["hide-input"]
show.picture(crema_selection.picture(page), "Accuracy of Model 1 as features are added: the document's and ours",
             "Test accuracy, shared speakers. Bars: 95 % intervals over speakers and starts; ticks: single starts. LDA "
             "alone: without the network, on the same features.")

# %% tags=["hide-input"]
book.table(crema_selection.step_rows(page))

# %% [markdown]
# *Points gained by a step over the one before it, in the document's order; ours on the same test clips.
# {glue:text}`cr_steps_family`. Model 1 is our reconstruction.*
#
# (crema-leaks)=
# ## Leaks
#
# LDA is told the emotions of the clips that it is fitted on. If the tested ones are among them, they give themselves
# away. Copies of a test clip that train, because they were altered before the split, do so too; the text says that
# copies were made of training clips alone. It is measured with Model 1, whose runs are short.

# %% tags=["hide-input"]
book.table(crema.leak_rows(page))

# %% [markdown]
# *Accuracy without the leak minus accuracy with it, on the same test clips: below zero where the leak helps.
# {glue:text}`cr_leaks_family`.*
#
# ## What each setting is worth
#
# - *Stride of 8* (MODEL3): the arguments of each convolution mean a kernel of 8 and a stride of 8, so from the third on
#   it sees one value a channel. With a stride of 1: {glue:text}`cr_stride`.
# - *Sigmoid with categorical cross-entropy* (Model 6): the Keras of its time takes the loss before the sigmoid, which
#   so has no part in training. With a Keras that does not: {glue:text}`cr_sigmoid`.
# - *Ignored optimiser* (Models 3 to 5): they make one and train with Adam by its name. Models 3 and 4 make an Adam with
#   the same rate, so nothing changes. Model 5 makes an RMSprop. With RMSprop, as Keras had it until 2022:
#   {glue:text}`cr_rmsprop`.
# - *Scale of the values* (Model 6, which has them as they are, some a thousand times the size of others): the document
#   does not tell it. With zero mean and unit variance each: {glue:text}`cr_standardised`.
# - *Mel bank* (2-D): built for 22 050 Hz, the clips are at 44 100. Built for theirs: {glue:text}`cr_bank`.
# - *Decibels* (2-D): power is taken for amplitude. Mended: {glue:text}`cr_decibels`.
# - *Padding* (2-D): a clip stands at a random place in its 2.5 s, without a seed. Padded at the end:
#   {glue:text}`cr_pad`.
# - Mel bank, decibels and padding at once: {glue:text}`cr_image`.
#
# These last four are measured with MODEL3, which trains in ten to twenty minutes where MODEL2 takes two hours. With
# better networks they may be worth something else: by the document's own recalls MODEL3 never names disgust or fear.
#
# Every change, with p-values that are corrected for their number:

# %% tags=["hide-input"]
effects = page.differences()

# %% tags=["hide-input"]
more = crema.images(page).differences()

# %% [markdown]
# ## Accuracy with new speakers, Model 2 and MODEL2

# %% tags=["hide-input"]
page.new_speakers(n=2)

# %% tags=["hide-input"]
crema.images(page).new_speakers(n=2)

# %% [markdown]
# *The best 1-D and the best 2-D model by the document, Model 2 and MODEL2; those of all are in the table at the top.*

# %% [markdown]
# ## All scores

# %% tags=["hide-input"]
page.scores()

# %% tags=["hide-input"]
crema.images(page).scores()

# %% tags=["hide-input"]
page.confusions(n=2)

# %% tags=["hide-input"]
crema.images(page).confusions(n=2)

# %% [markdown]
# ## One run in detail

# %% tags=["hide-input"]
record = page.run()

# %% [markdown]
# To show another run, give its parameters (`papermill --help-notebook` lists them all):
#
# ```
# .venv/bin/papermill notebooks/crema.ipynb out.ipynb -p n 5 -p protocol speaker -p fold 3
# ```
#
# To train the best 2-D network and use it:
#
# ```
# .venv/bin/ser-repro train crema_2d CREMA-D --n 2 --model models/crema
# .venv/bin/ser-repro predict speech.wav --model models/crema
# ```
#
# ## Verdict

# %% tags=["hide-input"]
page.verdict(crema.verdict(page, crema_selection.say(page)["steps"]), n={"CREMA-D": 2},
             beside=[crema.images(page)])
