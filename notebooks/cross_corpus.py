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
from ser_repro.book import across, beside, show

methods = [across.Across(name, results) for name in across.METHODS]
show.say("cc_finding", beside.finding(methods))
show.say("cc_arousal", beside.arousal(methods))
show.say("cc_run", across.run_so_far(methods))
show.say("cc_shared", across.shared(methods))
show.say("cc_alike", across.one_answer(methods[0]))

# %% [markdown]
# A model that hears emotion should hear it in other speakers, other rooms and other languages. Here models are trained
# on all of one corpus and tested on all of another, on the emotions that both have. Run so far: {glue:text}`cc_run`.
# {glue:text}`cc_finding`

# %% tags=["hide-input"]
book.table(beside.overview(methods))

# %% [markdown]
# *How far the UAR comes on the way from guessing (0 %) to perfect (100 %), in the median corpus or pair of corpora; in
# brackets, how many of them have been run. With shared speakers: the mean over draws of the test clips, where they have
# been made. Networks other than the CNN on 50 MFCCs have within-corpus scores on the corpora of their documents alone,
# so compare two columns of a row only where the numbers in brackets agree. A dash: not run. Pairs above guessing:
# each by its own interval, which counts the speakers of the tested corpus alone. Of forty pairs that only guess, one
# would lie above by luck. Pairs tested on TESS are not among them: its two speakers give no interval. One answer to
# every clip counts as not above.*
#
# How each network was trained: reading `code`, one start, all clips of the corpus. On corpora that its paper does not
# name, Issa et al. trains for as many steps as on RAVDESS. CNN-n-GRU has three layers and every corpus at 16 kHz; its
# settings were searched on RAVDESS, so its tests there are not independent. It hears each clip in a batch with its
# neighbours in the order of their names, which on RAVDESS and EMOVO goes by emotion, and their lengths decide its
# padding; what that is worth is not measured here. The CREMA-D study's Model 2, the best of its 1-D networks by its own
# table, hears five values a clip, which LDA has learned on the corpus that trains. The logistic regressions and SVMs,
# on [193 values a clip](features.ipynb) or on the 88 of eGeMAPS, a standard set of voice measures, are not tuned.

# %% tags=["hide-input"]
for one in methods:
    if one.pairs:
        book.picture(across.matrix([one]), f"A heat map of {across.titled(one)}: a square a pair of corpora, blue "
                     "where it does better than guessing, red where worse.",
                     f"{across.titled(one)}: trained on the row's corpus, tested on the column's.")

# %% [markdown]
# *Each square: UAR in per cent, and in brackets what guessing reaches; framed, on the diagonal: new speakers of the
# same corpus. "No better", of other corpora: the interval reaches down to guessing or below; on TESS, which has none,
# one of its two speakers does. The colour is how far the UAR has come
# on the way from guessing to perfect, as pairs share {glue:text}`cc_shared` emotions. An empty square has not been
# run; a method without a picture has not been run at all.*
#
# ## One corpus, the same corpus, five corpora
#
# Is a score on another corpus low because the corpus is hard, or because it is another one? Beside each stands what the
# same method reaches there when it is trained on that corpus, with its test speakers among those who train, and with
# new speakers. And is one corpus simply too little? In the last column five corpora train together, on the emotions
# that all six share, and the sixth is tested: for the plain baselines and the CNN on 50 MFCCs.

# %% tags=["hide-input"]
book.table([beside.against_one(one) for one in methods if beside.joins(one)])

# %% [markdown]
# *Five corpora together: on how many tested corpora they come further than single ones, and lie above guessing.*

# %% tags=["hide-input"]
for one in methods:
    book.text(f"### {across.titled(one)}, by what was trained on")
    book.table(beside.rows(one), long=True, empty="*Not yet run.*")

# %% [markdown]
# *How far on the way from guessing, and in brackets the UAR, and what guessing reaches. The columns test other clips
# and other numbers of emotions, so small differences between them mean nothing. The best other corpus is picked by the
# score that is shown: nobody could have known it beforehand. What five corpora gain may be their number of clips or
# of speakers, or that the set of emotions is smaller.*
#
# ## Pair by pair

# %% tags=["hide-input"]
for one in methods:
    if one.pairs:
        book.text(f"### {across.titled(one)}, pair by pair")
        book.table(across.rows(one), long=True)

# %% [markdown]
# *Where a method was started once, intervals count the speakers of the tested corpus alone. "Most frequent" is the
# accuracy of always naming the commonest emotion. Where most clips get one name, a score says little about emotion.*
#
# ## The values adapted to the tested corpus
#
# Corpora differ in level, microphone and room, and the values of another corpus may lie far from all that was trained
# on. In {glue:text}`cc_alike` pairs the SVM on 193 values gives 95 % or more of the clips one name. So each value was
# also shifted and stretched until all clips of the tested corpus together had the mean and the spread of those that
# were trained on. It uses labels only to pick clips of emotions that both corpora have, but it needs all clips of the
# tested people before it answers one. A score made so has to say so; where it does not, it holds a leak.

# %% tags=["hide-input"]
book.table([across.adapting(one) for one in methods])

# %% [markdown]
# *Before: the same pairs, their values as they are. How far on the way from guessing to perfect: the median pair, and
# the lowest and highest once adapted. The table above has each pair.*
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
# guessing. Without an interval, the order of emotions that lie close together says nothing.

# %% tags=["hide-input"]
for one in methods:
    if one.pairs:
        book.text(f"### {across.titled(one)}, emotion by emotion")
        book.table(across.emotions(one), formats=dict.fromkeys(
            ("where it is meant", "where another is", "difference"), "{:.3f}".format))

# %% [markdown]
# Do the models at least tell the sides of an emotion, arousal (loud and quick against quiet and slow) and valence
# (pleasant against unpleasant)? The probabilities of the emotions of a side are averaged, and the larger mean is the
# answer; where neither is larger, the clip counts half.
# Sides follow {cite:t}`russell1980circumplex`; emotions on which they disagree are left out.
# {glue:text}`cc_arousal`.

# %% tags=["hide-input"]
book.table([row for one in methods for row in across.sides(one)])

# %% [markdown]
# *Balanced accuracy: the mean of how often each side is right.*
