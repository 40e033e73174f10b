# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Every claim, and what became of it

# %% tags=["parameters", "hide-input"]
results: str = "results"  # folder of the records

# %% tags=["hide-input"]
from ser_repro import book

book.check(globals(), results=None)

# %% tags=["hide-cell"]
from ser_repro.book import ledger, show
from ser_repro.runs import claimed

claimed.require(results)
table = claimed.whole(results)
show.say("cl_count", len(table))

# %% tags=["hide-input"]
book.text([ledger.summary(table)])

# %% tags=["hide-input"]
book.picture(ledger.picture(table), "How many claims of each document got which verdict",
             "How many claims got which verdict; the CREMA-D study and Qayyum et al. have a row for each of two parts.")

# %% [markdown]
# Four of the six documents claim {glue:text}`cl_count` numbers for their models: scores of whole tests, recalls of
# single emotions, and scores of trainings on the way to what they present. Of the CNN on 50 MFCCs and the CNN-BiGRU we
# found none. Each stands beside what we have measured so far: in both readings, with speakers that training has heard
# (shared) and with speakers that it has not (new). *Rebuilt* is the one reading of a document whose code we could not
# get. In brackets are 95 % intervals and what they count ([How sure is a score](uncertainty.ipynb)). Under Qayyum et
# al. stand both what their paper claims and what the CREMA-D study claims of its own copy of their network.
#
# ## The rule
#
# One rule gives all of them. Parts of it were added or changed after first verdicts had been seen:
#
# - Nothing counts as not reproduced by a training shorter than the document's, by one start of which nobody knows how
#   far others lie from it, or beside an interval that holds the claim and more than 40 points.
# - Where ours trained shorter, and a training as long as the document's has been made, too, that one is judged.
# - A claim counts as it is told, to its last digit: 45.95 % is 46 %.
# - "Exceeded" is told from "reproduced", and is not said of a claim that our interval holds.
# - Where a document's own search, made whole, teaches no network anything, its claim counts as not reproduced. This was
#   decided while the only such search, that of CNN-n-GRU, was still running.
# - Where a network has three starts, they alone tell how far its starts lie apart; before, all its variants did.
# - Of a setting that the document does not tell, a network is judged by the value whose accuracy (or UAR) lies nearest
#   to the claimed one, in all that is claimed of it.
#
# The first, third and last favour the document, the fifth goes against it, and the others go both ways.
#
# The rule goes in this order: can't be tested; not yet run; not reproduced, where the document's own search taught
# nothing and no other reading speaks; not settled, where no training taught anything, or the interval holds the claim
# and more than 40 points; reproduced; within sampling error; exceeded; reached with shared speakers only; not excluded;
# not settled, where what lies below can't refute it; not reproduced. Where a document does not tell its network, as of
# Model 1, no run can test its claim. Where it is silent on less, ours is a guess, which its chapter names; where we ran
# several, as of the scale of Model 6's values, the ledger names the one that is judged.

# %% tags=["hide-input"]
book.table(ledger.rule())

# %% [markdown]
# "Not reproduced" is not "refuted": it speaks of our runs of what the document tells, or of what its code does. "Not
# excluded" is not "reproduced": the more uncertain a score of ours, the more claims its interval holds. "Exceeded" is
# not either: our network may differ from the document's in some way, or theirs was a poor start. A recall above the
# claim may only mean that ours names that emotion more often. "Within sampling error" compares a claim with our nearest
# score as if both were shares of independent test clips. Clips of one speaker are not independent, so the sampling
# error may be larger than that. Where both were tested on the very same clips, which is probably so of the CREMA-D
# study's 2-D networks (its notebook sorts the files and names the random state), the sampling error is smaller, and the
# rule too kind.
#
# ## The ledger

# %% tags=["hide-input"]
ledger.whole(table, ["nfissi2022cnn", "amgad2023speech", "qayyum2019convolutional", "issa2020speech"])

# %% [markdown]
# ## Numbers of others
#
# Papers that the documents name claim numbers too. Their methods are not rebuilt here, so they have no verdict.
#
# - The CREMA-D study follows Kerkeni et al. (2019): 83 % on EMO-DB, with features normalised by speaker and selected,
#   and 94 % on a Spanish corpus, with an RNN.
# - It takes its Model 5 from a paper in the International Journal of Psychosocial Rehabilitation 24(8), 2020: 82 %, on
#   which corpus we do not know.
# - The CNN on 50 MFCCs quotes the makers of SAVEE: 61 % of its clips by audio alone, new speakers.
# - CNN-BiGRU with attention names Lim, Jang and Lee (2016): a recall of 86.9 % on EMO-DB, a number that we could not
#   check.
#
# `ser-repro claims --csv claims.csv` writes all of the ledger to a file, with the names of the records behind each row.
