# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The verdict

# %% tags=["parameters", "hide-input"]
results: str = "results"  # folder of the records

# %% tags=["hide-input"]
from ser_repro import book
from ser_repro.book import palette
from ser_repro.book import verdict as chapter

book.check(globals(), results=None)
palette.use_theme()

# %% tags=["hide-cell"]
from ser_repro.book import crema, ledger, show
from ser_repro.book.page import Page
from ser_repro.documents import cnn_n_gru
from ser_repro.runs import claimed
from ser_repro.runs.found import Found

rows = chapter.rows(results)
show.say("vd_answer", chapter.answer(rows))
show.say("vd_other", chapter.other_corpora(rows))
show.say("vd_claims", ledger.summary(claimed.whole(results)).replace("**", ""))
for name, n in (("mfcc_cnn", None), ("cnn_n_gru", 3), ("cnn_bigru", None), ("issa", None)):
    show.say(f"vd_away_{name}", chapter.away(name, n, results))
later = Found("cnn_n_gru", results)
show.say("vd_two_voices", later.text("TESS", n=18, **cnn_n_gru.WHOLE_2025))
show.say("vd_unheard", later.told("TESS", protocol="speaker", n=18, **cnn_n_gru.WHOLE_2025))
show.say("vd_five", crema.five_values(Page("crema_1d", {"results": results})))
book.draw("vd_picture", chapter.picture(rows), elsewhere=chapter.words(rows))

# %% [markdown]
# **{glue:text}`vd_answer`** {glue:text}`vd_other` These ranges leave out methods that are not run whole yet, or have
# learned nothing with some group of speakers.

# %% tags=["hide-input"]
book.picture(chapter.picture(rows), chapter.words(rows), caption=(
    "A row a method, at the number that its document is best known for. Filled marks: as its public code has it "
    "(reading `code`), or rebuilt where no code is public; hollow: as its text has it (reading `paper`). Triangles: "
    "the UAR of the same method trained on that corpus and tested on others, on the emotions that both have; guessing "
    "then gives another number, so each line has its own mark for it. Scores are accuracies where nothing else is "
    "named; new speakers are shown once all of them have been tested. Intervals are in the chapters."))

# %% [markdown]
# ## Document by document

# %% tags=["hide-input"]
show.html_block(chapter.cards(rows))

# %% [markdown]
# "To know" says what the document's text or code has that bears on the number. It is a fact about the document, not
# proof that this is what made the number.
#
# ## What follows
#
# - **Ask who is tested.** A score on shared speakers also says how well a model knows these people. The code of 2025 of
#   [CNN-n-GRU](cnn_n_gru.ipynb) is right on {glue:text}`vd_two_voices` of TESS when both of its voices train, and on
#   {glue:text}`vd_unheard` when the tested one has not been heard (one start, rebuilt as far as we know it). How far
#   others fall with new speakers is in [one model, five tests](dial.ipynb), and what each of the other leaks is worth,
#   where it could be measured, in [leaks](leak_audit.ipynb).
# - **Ask for the interval.** A score on a few hundred clips of a few speakers is worth several points either way,
#   and more where speakers are few; [how sure is a score](uncertainty.ipynb) has the widths, and how many speakers a
#   claim of two points needs.
# - **Ask for a plain baseline.** In the picture's last row stands [a support vector machine](svm193.ipynb), fitted in
#   seconds: to be worth its cost, a network should score higher. In [the CREMA-D study](crema.ipynb) networks that are
#   fed the five values of a linear discriminant analysis reach {glue:text}`vd_five`.
# - **Ask for another corpus.** A model is used on voices and microphones that it has not been trained on, as in
#   [trained on one, tested on another](cross_corpus.ipynb); and all six corpora here are acted, so even that says
#   little of speech that is not.
#
# What the documents claim for the models that they present is in the [ledger](claims.ipynb), with what they tell of
# trainings on the way to them, and a verdict on each by one rule. {glue:text}`vd_claims` "Within sampling error": ours
# is lower, by no more than two test sets of that size may differ by chance. "Exceeded": ours is farther above; it may
# differ in some way from the document's, or theirs was a poor start. "Not reproduced" is not "refuted": it speaks of
# our runs of what a document tells, or of what its code does. "Not settled" means that nothing that we ran can speak
# for or against the claim.
