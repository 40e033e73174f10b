# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Trained on one corpus, tested on another

# %% tags=["parameters", "hide-input"]
results: str = "results"  # folder of the records

# %% tags=["hide-input"]
from ser_repro import book
from ser_repro.book import palette

book.check(globals(), results=None)
palette.use_theme()

# %% tags=["hide-cell"]
from ser_repro.book import across, show

methods = [across.Across(name, results) for name in across.METHODS]
show.say("cc_transfer", across.transfer(methods))
show.say("cc_shared", across.shared(methods))
show.say("cc_alike", across.one_answer(methods[0]))

# %% [markdown]
# A model that hears emotion should hear it in other speakers, other rooms and other languages. Here each method is
# trained on all of one corpus and tested on all of another, on the emotions that both have:

# %% tags=["hide-input"]
book.text([across.headline(one) for one in methods])

# %% tags=["hide-input"]
book.draw("cc_matrix", across.matrix(methods))

# %% [markdown]
# ```{glue:figure} cc_matrix
# ---
# name: fig-pairs
# alt: >-
#   A heat map a method: a square a pair of corpora, darker the better.
# ---
# Each square: UAR in per cent, "of" what guessing reaches; framed, on the diagonal: new speakers of the same corpus.
# "No better", of other corpora: the interval holds guessing, or two speakers do. The colour is how far the UAR has come
# on the way from guessing to no fault, as pairs share {glue:text}`cc_shared` emotions.
# ```
#
# ## Pair by pair

# %% tags=["hide-input"]
for one in methods:
    book.text(f"### {one.title[0].upper()}{one.title[1:]}")
    book.table(across.rows(one), long=True)

# %% [markdown]
# *Where a method was started once, intervals count the speakers of the tested corpus alone. "Most frequent" is the
# accuracy of always naming the commonest emotion. Where most clips get one name, a score says little about emotion.*
#
# ## The values adapted, which is no fair test
#
# Corpora differ in level, microphone and room, and the values of another corpus may lie far from all that was trained
# on. In {glue:text}`cc_alike` pairs the SVM gives 95 % or more of the clips one name. So each value was also shifted
# and stretched until all clips of the tested corpus together had the mean and the spread of those that were trained
# on. That takes no labels, but all clips of the people who are tested: nobody could be answered before they had
# spoken, and in a benchmark it is a leak.

# %% tags=["hide-input"]
book.text([across.adapting(one) for one in methods])

# %% [markdown]
# *Medians over pairs. The table above has each pair.*
#
# ## From language to language
#
# RAVDESS, TESS, SAVEE and CREMA-D are English, EMO-DB is German, EMOVO is Italian. Corpora differ in more than language
# (microphone, room, level, sentences, how it was acted), so a difference between these rows is no effect of language.

# %% tags=["hide-input"]
book.table([row for one in methods for row in across.languages(one)])

# %% [markdown]
# ## Which emotions carry over
#
# Over all pairs: how often an emotion is named where it is meant, and where another is. The difference is 0 for
# guessing. {glue:text}`cc_transfer`.

# %% tags=["hide-input"]
for one in methods:
    book.text(f"### {one.title[0].upper()}{one.title[1:]}")
    book.table(across.emotions(one), formats=dict.fromkeys(
        ("where it is meant", "where another is", "difference"), "{:.2f}".format))

# %% [markdown]
# Do the models at least tell the sides of an emotion, arousal (loud and quick against quiet and slow) and valence
# (pleasant against unpleasant)? The probabilities of all emotions of a side are summed, and the larger sum is the
# answer. Sides follow {cite:t}`russell1980circumplex`; emotions on which they disagree are left out.

# %% tags=["hide-input"]
book.table([row for one in methods for row in across.sides(one)])

# %% [markdown]
# *Balanced accuracy: the mean of how often each side is right.*
