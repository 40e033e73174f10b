# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A plain baseline, and another corpus

# %% tags=["parameters", "hide-input"]
corpus: str = "RAVDESS"  # corpus of the run shown in detail: RAVDESS, EMO-DB, EMOVO, TESS, CREMA-D or SAVEE
reading: str = "code"  # a baseline of our own has this one reading
protocol: str = "published"  # published (a random fifth is tested, speakers shared) or speaker (new speakers)
fold: int = 0  # which speakers are held out, under protocol speaker
seed: int = 0  # makes no difference here: nothing is drawn by lot
epochs: int = 0  # none: the machine is fitted at once
mode: str = "auto"  # auto (stored record, else train), train, or stored
results: str = "results"  # folder of the records
data: str = ""  # folder of the corpora; "": SER_REPRO_DATA
cache: str = ""  # folder of arrays and checkpoints; "": SER_REPRO_CACHE or ~/.cache/ser_repro
device: str = "auto"  # makes no difference here

# %% tags=["hide-input"]
from ser_repro import book

page = book.open("svm193", globals())

# %% tags=["hide-cell"]
from ser_repro.book import baseline
from ser_repro.book.words import points

for name, value in baseline.headlines(page).items():
    page.say(f"sv_{name}", value)

# %% [markdown]
# What do the networks of this study add to a method that was plain before them? The baseline is a support vector
# machine on the 193 values of {cite:t}`issa2020speech`. Nothing about it is tuned: scikit-learn's defaults, on values
# brought to zero mean and unit variance by the training clips alone. It is fitted in seconds.
#
# **With shared speakers** it is right on {glue:text}`sv_RAVDESS_published` of RAVDESS, tested on the same random
# fifth as Issa et al. and the CNN on 50 MFCCs. **With new speakers** it is right on {glue:text}`sv_RAVDESS_speaker`.
# Always naming the most frequent emotion is right on {glue:text}`sv_RAVDESS_chance`. In brackets: 95 % intervals over
# speakers.
#
# **The networks gain over it with shared speakers and hardly with new ones.** Accuracy of a network minus that of the
# SVM on the same clips of RAVDESS, from the smallest difference to the largest: {glue:text}`sv_versus_published` with
# shared speakers, {glue:text}`sv_versus_speaker` with new speakers.
#
# **Nothing carries over to another corpus.** Trained on RAVDESS and tested on EMO-DB and SAVEE, the SVM and the CNN on
# 50 MFCCs beat chance in {glue:text}`sv_elsewhere` cases. The SVM hears one emotion nearly everywhere:
# {glue:text}`sv_named`.

# %% mystnb={"image": {"alt": "Accuracy of the baseline, a line a corpus"}} tags=["hide-input"]
page.overview()

# %% [markdown]
# *Accuracy with shared and with new speakers; bars are 95 % intervals over speakers, on TESS, which has two, over
# clips. Lines without a point have not been run.*
#
# ## What we measure

# %% tags=["hide-input"]
page.scores()

# %% [markdown]
# ## Networks against the baseline
#
# Each network's accuracy minus that of the baseline, on the test clips that both have. Issa et al. and the CNN on 50
# MFCCs are tested on the same random fifth; the CNN-BiGRU draws another one, so fewer clips are common. With new
# speakers all share the folds.

# %% tags=["hide-input"]
book.table([row | {"difference": points(row["difference"])} for row in baseline.versus(page)])

# %% [markdown]
# *Seed 0 of each network, so that a difference as small as those between seeds may be chance (see the networks' own
# chapters). CNN-n-GRU is left out: it validates on some of the clips that train the others.*
#
# ## What is left with new speakers

# %% tags=["hide-input"]
page.new_speakers()

# %% [markdown]
# ## Trained on RAVDESS, tested on other corpora
#
# The models that were trained on all of RAVDESS hear another corpus: other speakers, other microphones, in EMO-DB
# another language. Only clips whose emotion both corpora have are tested, and the model chooses among these emotions
# alone. *Chance* is always naming the most frequent of them. The last columns repeat what the same method reaches when
# it is trained on the tested corpus itself, on all of its emotions.

# %% tags=["hide-input"]
book.table(baseline.elsewhere(page))

# %% mystnb={"image": {"alt": "Confusion matrices on EMO-DB and SAVEE"}} tags=["hide-input"]
baseline.confusions_elsewhere(page)

# %% [markdown]
# *Rows are the true emotion, in per cent. One training each. Intervals resample the speakers of the tested corpus and
# ignore seed variation. A model that calls nearly all clips by one name has learned nothing that carries over; what it
# hears instead, level or microphone, was not separated.*
#
# ## One run in detail

# %% mystnb={"image": {"alt": "Confusion matrix of the run that the parameters name"}} tags=["hide-input"]
page.run()

# %% [markdown]
# ## Verdict

# %% tags=["hide-input"]
page.verdict()
