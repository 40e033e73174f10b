# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # One model, five tests

# %% tags=["parameters", "hide-input"]
results: str = "results"  # folder of the records

# %% tags=["hide-input"]
from ser_repro import book
from ser_repro.book import dial as chapter
from ser_repro.book import palette

book.check(globals(), results=None)
palette.use_theme()

# %% tags=["hide-cell"]
from ser_repro.book import show
from ser_repro.book.across import CORPORA, Across

models = [Across(name, results) for name in chapter.LOOKS]
show.say("dl_turned", chapter.spans(models, CORPORA))
show.say("dl_sentences", chapter.sentences(CORPORA))

# %% [markdown]
# What a score is worth depends on what is new in the test. We take two cheap models, which need no more than minutes to
# train, and six corpora, and turn the test from easy to hard:
#
# - **shared speakers**: test clips are drawn at random, so training has heard their speakers and their sentences;
# - **new sentences**: training has heard every speaker, but none of the sentences that are tested;
# - **new speakers**: training has heard every sentence, but none of the speakers that are tested;
# - **both new**: neither has been heard;
# - **trained elsewhere**: the corpus is tested by models that were trained on one of the five others; speakers,
#   sentences, microphone and often the language are new.
#
# {glue:text}`dl_turned`

# %% tags=["hide-input"]
book.picture(chapter.picture(models, CORPORA), chapter.words(models, CORPORA), caption=(
    "UAR, a panel a corpus. Bars: 95 % intervals; a point without one has no interval (two speakers). "
    "Dotted: guessing. At \"trained elsewhere\" small marks are models trained on one other corpus each, the large "
    "one is their mean; the emotions are those that both corpora have, so guessing differs."))

# %% [markdown]
# ## What each turn costs
#
# Chance differs with the number of emotions. To compare, we count how far a model has come on the way from guessing (0)
# to perfect (100), which for {math}`k` emotions is
#
# ```{math}
# 100 \cdot \frac{\mathrm{UAR} - 1/k}{1 - 1/k} ,
# ```
#
# and subtract what it had with shared speakers: points lost or gained, the median over the corpora, and in brackets the
# lowest and highest corpus.

# %% tags=["hide-input"]
book.text(chapter.turned(models, CORPORA))

# %% [markdown]
# - "New sentences" trains on half of the sentences (they have so many: {glue:text}`dl_sentences`) and so on about half
#   of the clips, "shared speakers" on four fifths. Part of its price is the loss of clips; so it is for new speakers on
#   TESS, where one of two voices trains. Its intervals count speakers: other sentences are left out.
# - "Both new" trains on half of the sentences of the other speakers, so on about half as many clips as "new speakers":
#   part of the difference between these two is due to that.
# - Where each sentence belongs to one emotion (in SAVEE most do), a test with shared sentences can be passed by knowing
#   sentences. TESS has two speakers: a test on new speakers there trains on one voice.
# - "Trained elsewhere" hears the values of the tested corpus as they are. What rescaling them is worth is in [the
#   chapter on other corpora](cross_corpus.ipynb).
# - Two models are not all models. The other documents' networks are compared with shared and with new speakers in
#   [their chapters](../intro.md), and on other corpora in [another chapter](cross_corpus.ipynb).
#
# ## The numbers

# %% tags=["hide-input"]
book.table(chapter.rows(models, CORPORA), long=True)

# %% [markdown]
# *"Of the way": from guessing to perfect. With shared speakers, the mean over the draws of the random fifth that have
# been made, as in [the chapter on other corpora](cross_corpus.ipynb). Unfinished tests are left out.*
