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
from ser_repro.book.errors import Errors

book.check(globals(), results=None)
page = Errors(results)

# %% [markdown]
# Every record holds the answer to each test clip. Laid over each other, they tell apart what one model misses from what
# all of them miss, and what is recognised only because the speaker was heard in training:

# %% tags=["hide-input"]
page.overview()

# %% [markdown]
# Models are the documents in reading `code`, and our baselines, one seed each. "If errors fell by lot": the share of
# clips that all would miss if each model missed its clips independently of the others. Where the measured share is
# above it, models miss the same clips. The last two columns split the clips that no model gets right with new
# speakers: those that were tested with shared speakers too, and missed there, and those that at least one model then
# gets right.
#
# ## Which emotions

# %% tags=["hide-input"]
page.by("emotion")

# %% [markdown]
# *Share of the clips that every model gets wrong with new speakers.*
#
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
