# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Leaks, and what they are worth

# %% tags=["parameters", "hide-input"]
results: str = "results"  # folder of the records

# %% tags=["hide-input"]
from ser_repro import book
from ser_repro.book import leaks as chapter
from ser_repro.book import palette

book.check(globals(), results=None)
palette.use_theme()

# %% tags=["hide-cell"]
from ser_repro.book import show
from ser_repro.documents import leaks
from ser_repro.results.leaks import LEAKS

matrix, prices = leaks.matrix(), chapter.prices(results)
for name in LEAKS:
    show.say(f"lk_has_{name}", chapter.counted(matrix, name))
    show.say(f"lk_worth_{name}", chapter.priced(prices, name))
show.say("lk_leaks", len(LEAKS))
show.say("lk_identical_most", chapter.at_most("identical"))

# %% [markdown]
# A leak lets a test score be higher than the model would reach on new speech. We audit every reading of
# every document for {glue:text}`lk_leaks` kinds, after the taxonomy of {cite:t}`kapoor2023leakage` as far as it applies
# to speech. We count documents, each by its own public code or, where there is none, by its text; our readings and
# baselines are in the picture. A price is accuracy without the leak minus accuracy with it, below zero where the leak
# helps. It is taken on one draw of the split; another may give another price.
#
# **Shared speakers** are in {glue:text}`lk_has_speakers` documents. New speakers change accuracy by
# {glue:text}`lk_worth_speakers`. This price holds the loss of training speakers too: on TESS one voice trains, on SAVEE
# three.
#
# **Shared sentences** are in {glue:text}`lk_has_sentences` documents, and in this study's own tests of new speakers.
# Price: {glue:text}`lk_worth_sentences`.
#
# **Altered copies made before the split**, so that copies of test clips train, are in {glue:text}`lk_has_copies`
# documents. We put this leak into Model 1 of the CREMA-D study; copies of training clips alone instead:
# {glue:text}`lk_worth_copies`.
#
# **Choosing the epoch by the test score** is in {glue:text}`lk_has_epoch` documents. In the networks whose test clips
# were watched, taking the last epoch instead of the best one changes accuracy by {glue:text}`lk_worth_epoch`. The best
# of all epochs is never below the last, so this price is at most 0 by construction.
#
# **State carried over test clips sorted by class**: {glue:text}`lk_has_state` documents. Resetting the state changes
# accuracy by {glue:text}`lk_worth_state`, shuffling the test clips by {glue:text}`lk_worth_order`.
#
# **Settings chosen by test scores**: {glue:text}`lk_has_settings` documents. It can't be told where a
# document does not say how its settings were found.
#
# **Identical samples** are in {glue:text}`lk_has_identical` documents. {glue:text}`lk_identical_most`
#
# ## Who has which leak

# %% tags=["hide-input"]
book.picture(chapter.picture(matrix), "Which method has which leak. " + chapter.words(matrix),
             "A row a reading of a document or a baseline of ours, then a re-implementation of Issa et al.; the last "
             "two are ways of splitting the six corpora, which this study's own tests use. "
             "\"?\": what we have read does not tell. \"–\": the method has nothing that could leak in this way. Of a "
             "document with several corpora or sizes of network, \"yes\" says that it is so in one of them at least.")

# %% [markdown]
# Most cells are computed: from our draw of the published clips by the document's rule, of which we know speakers,
# sentences, emotions and a hash of the samples, and from its settings. The rest was read, and the table says where.
# Reading `paper` has the split of the code where the text names no other. Of Issa et al. there is no code of the
# authors, so how they split can't be told.
#
# ## Why

# %% tags=["hide-input"]
book.table(chapter.reasons(matrix), long=True)

# %% [markdown]
# *Every cell that is "yes" or can't be told, but for leaks of which nothing is known of any method. `ser-repro
# audit --document NAME` prints all of them.*
#
# ## Leak by leak
#
# Prices are of reading `code` with shared speakers, except where speakers are what is mended. In brackets: 95 %
# intervals, and what they count ([How sure is a score](uncertainty.ipynb)). A price is taken on the test clips that
# both sides have, so it isn't the difference of the two scores that a chapter prints. p is corrected for the number of
# prices of the same leak that have an interval (Holm). Networks that have learned nothing, as their
# search found no setting that beats chance or they give one answer to every clip, can't profit from a leak, and
# are left out.

# %% tags=["hide-input"]
chapter.sections(matrix, prices)

# %% [markdown]
# ## Folds that many people use
#
# EmoBox {cite:p}`ma2024emobox` publishes folds of many corpora. Not all of them keep speakers apart, so scores on them
# mean different things. Read from its fold files:

# %% tags=["hide-input"]
book.table(chapter.emobox())

# %% [markdown]
# ## What a price does not say
#
# A price is that of these models on these corpora. A larger model can learn more from a leak, and one that hardly
# learns can learn nothing from it: a price near zero does not make a leak harmless. Emotions of new speakers may also
# be harder to recognise because training has heard fewer people, or clips, than with a random split ([training clips of
# both](mfcc_cnn.ipynb)).
#
# Nor is a shared speaker a mistake by itself. It is one where a score is read as that of people nobody has heard; of
# the documents only Issa et al. say so in words.
#
# ## Every price

# %% tags=["hide-input"]
chapter.every(prices)

# %% [markdown]
# ## Audit your own split
#
# A split is a CSV file with a column `clip` or `path`, a column `part` (train, validation, test) or `fold`, and as many
# of `speaker`, `sentence`, `emotion`, `recording` (or `session`) and `source` as you know. Where the audio is there, it
# is read too: the same samples under two names are found, and copies that were made louder, shifted, coded anew or had
# noise added. This is a random fifth of EMO-DB:

# %%
import tempfile
from pathlib import Path

from ser_repro import datasets, documents
from ser_repro.results import own_split

clips = datasets.published("EMO-DB")
split = documents.get("svm193").parts(clips, "published")
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "split.csv")
    clips.assign(part=["test" if clip in split.test else "train" for clip in clips["clip"]])[
        ["clip", "part"]].to_csv(path, index=False)
    report = own_split.audit(path, corpus="EMO-DB")
print(report)

# %% [markdown]
# On the command line, with the fold files of a toolkit just as well (EmoBox, s3prl and SpeechBrain name them after
# train, dev and test):
#
#     ser-repro audit split.csv
#     ser-repro audit EmoBox/data/emodb --corpus EMO-DB
#     ser-repro audit split.csv --accept sentences --json found.json
#     ser-repro audit split.csv --sheet SHEET.md
#
# The exit status is 0 where nothing was found, 1 where something was, and 2 where the input was no good, so that it can
# stand in a test of your own. The last line writes a model info sheet, which is also an idea of
# {cite:t}`kapoor2023leakage`: it asks for what no split can show, has what was found already in it, and is meant to be
# published with a score.
