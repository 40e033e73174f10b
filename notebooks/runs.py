# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Every run behind this book
#
# Every measured number in this book is computed from a record. A run leaves one: a file with its settings, its split,
# the hash of the audio, the machine, and the probabilities of every test clip. This page lists all records, document
# by document, and says what has not been run. No number on it is typed by hand.

# %% tags=["parameters", "hide-input"]
results: str = "results"  # folder of the records
document: str = ""  # document whose runs are shown; "": all

# %% tags=["hide-input"]
from ser_repro import book, documents
from ser_repro.book import dictionary, palette
from ser_repro.book.progress import Progress

book.check(globals(), results=None, document=["", *documents.DOCUMENTS])
palette.use_theme()
study = Progress(results, document)
study.overview()

# %% tags=["hide-input", "remove-output"]
study.glue()
book.draw("intro_overview", study.claims())

# %% [markdown]
# ```{glue:figure} intro_overview
# ---
# name: fig-overview
# alt: >-
#   A row a document: accuracy on RAVDESS as claimed, as measured with shared speakers, and as measured with new
#   speakers, beside a dotted line for chance. The numbers are in the table of the first page.
# ---
# Accuracy on RAVDESS in reading `code`: claimed (diamonds) and measured (dots and squares), with 95 % intervals.
# ```
#
# ## Document by document
#
# In each picture a cell is a run, a row is a seed, and a block of rows is a corpus (and a size of the network). Each
# reading has a column for the document's own split, whose test speakers are also in training, and one column for each
# group of new speakers. Runs with one setting changed, other draws of the split, and tests on another corpus have
# tables of their own.

# %% tags=["hide-input"]
for name in study.found:
    study.document(name)

# %% [markdown]
# ## All records
#
# A row a record. "Changed" names the settings in which a run differs from its reading, mostly one, and their values as
# the record has them. "Record" is the hash at the end of the file's name in `results/`. Runs with the same "split's
# hash" have the same clips in the same parts. n is the size or the number of a network: the tables above say which.

# %% tags=["hide-input"]
study.listed()

# %% [markdown]
# <a href="../_downloads/records.zip" download>All records in one archive</a> (zip).
#
# ## What a record holds
#
# A record is JSON. Those that end in `.xz` are compressed, and hold `rows, by column` instead of `rows`: a list for
# each column, with probabilities as whole numbers of 0.00001. `ser_repro.runs.records.read` gives rows either way.
# `[]` stands for each entry of a list, `*` for any name.

# %% tags=["hide-input"]
dictionary.show()

# %% [markdown]
# ## Audio and machines
#
# The audio that the records rest on: the hash of all decoded samples, compared with that of the published corpus. A
# record of a test on other corpora counts for each of them.

# %% tags=["hide-input"]
study.audio()

# %% [markdown]
# Where the runs were made, and with which library:

# %% tags=["hide-input"]
study.machines()

# %% [markdown]
# (what-is-missing)=
# ## What is missing of the core
#
# "min" is the training of one run, in minutes, by the records that are most like it; ? where no record is.

# %% tags=["hide-input"]
study.lacking()
