# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Clips that every model gets wrong

# %% tags=["parameters", "hide-input"]
results: str = "results"  # folder of the records

# %% tags=["hide-input"]
from ser_repro import book
from ser_repro.book import errors

book.check(globals(), results=None)
page = errors.Errors(results)

# %% tags=["hide-input"]
page.finding()

# %% [markdown]
# Every record holds the answer to each test clip. Laid over each other, they tell apart what one model misses from what
# all of them miss with new speakers:

# %% tags=["hide-input"]
page.overview()

# %% [markdown]
# Models are the documents' methods in reading `code`, and our baselines, one seed each; those that were tested on every
# new speaker. Left out are networks that give one answer to every clip of every fold; where single folds do so, their
# speakers and the emotions that they never name look hard. "If errors fell by lot": the share of clips that all would
# miss if each model missed its clips independently of the others. Models that share features miss the same clips
# without these being hard, and some here are near-copies of each other. So this page says where the clips are that
# these models miss, not which clips are hard.
#
# The last columns split the clips that no model gets right with new speakers. Some are then right in at least one model
# with shared speakers, whose training is another: part of that is luck, as several models have several tries.
#
# ## Which emotions

# %% tags=["hide-input"]
page.by("emotion")

# %% tags=["hide-input"]
book.text(errors.NAMED)

# %% [markdown]
# ## Which speakers

# %% tags=["hide-input"]
page.by("speaker")

# %% [markdown]
# ## Which sentences

# %% tags=["hide-input"]
page.by("sentence")

# %% [markdown]
# ## Clip by clip
#
# Choose a corpus, and then speaker, emotion, sentence, model, or the kind of error.

# %% tags=["hide-input"]
page.browser()
