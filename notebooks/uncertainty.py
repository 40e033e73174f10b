# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How sure is a score

# %% tags=["parameters", "hide-input"]
results: str = "results"  # folder of the records

# %% tags=["hide-input"]
from ser_repro import book
from ser_repro.book import palette
from ser_repro.book import uncertainty as chapter

book.check(globals(), results=None)
palette.use_theme()

# %% tags=["hide-cell"]
from ser_repro.book import show
from ser_repro.book.words import unit

studies = chapter.coverage()
covered, lent = studies[studies["apart"] == 1], studies[studies["apart"] != 1]
show.say("un_after", chapter.within(covered, "after"))
show.say("un_half", chapter.ends(lent[lent["apart"] < 1], "after"))
show.say("un_twice", chapter.ends(lent[lent["apart"] > 1], "after"))
show.say("un_after_ends", chapter.ends(covered, "after"))
borrowed = covered["borrowed"] > 0
show.say("un_before_one", chapter.within(covered[borrowed], "before"))
show.say("un_before_rest", chapter.within(covered[~borrowed], "before"))
show.say("un_no_start", chapter.ends(covered[covered["starts"] == 0], "after"))
show.say("un_clips_ends", chapter.ends(covered.dropna(subset="clips"), "clips"))
drawn, started = chapter.drawn(results), chapter.starts(results)
show.say("un_widest", chapter.widest(drawn))
show.say("un_starts_widest", chapter.widest_starts(started))
known = [row["spread"] for row in started if row["spread"] is not None]
show.say("un_starts", f"{unit(100 * max(known), 'points', 1)}" if known else "not known")
show.say("un_no_spread", f"{sum(one == 0 for one in known)} of {len(known)}")

# %% [markdown]
# **A score is one of many that could have been measured**: of other speakers, after another start of the training, on
# another draw of the test clips. An interval counts only what it names.
#
# - Starts of one network lie up to this far apart: {glue:text}`un_starts_widest`. Beyond what chance in clips and
#   speakers explains, the estimates of their standard deviation go up to {glue:text}`un_starts`; in
#   {glue:text}`un_no_spread` networks nothing is left beyond chance. Three starts make a rough estimate.
# - Draws of the test clips lie up to this far apart, other clips being tested: {glue:text}`un_widest`.
# - In {glue:text}`un_after` kinds of made-up studies the intervals of this book hold the truth in 92 to 98 % of cases
#   (range {glue:text}`un_after_ends`; of a model without starts, such as an SVM, {glue:text}`un_no_start`). A bootstrap
#   that resamples speakers and starts, widened for few speakers, does so in {glue:text}`un_before_one` that have one
#   start, of which it cannot know the spread while ours borrows that of others, and in {glue:text}`un_before_rest` of
#   the rest. Where clips are taken as independent, an interval of accuracy holds in {glue:text}`un_clips_ends` of
#   cases.
# - A borrowed spread may be wrong. If the starts of the networks that lend it lie half as far apart as those of the
#   network that borrows, intervals hold in {glue:text}`un_half` of cases; if twice as far, in {glue:text}`un_twice`.
#
# ## What stands in brackets
#
# | printed | counts |
# |---|---|
# | `[low, high; speakers]` | other speakers; another start or draw is left out |
# | `[low, high; speakers, starts]` | also another start of the training |
# | `[low, high; speakers, starts, draws]` | also another random choice of the test clips |
# | `[low, high; speakers, draws]` | the same of a model that has no start, such as an SVM |
# | `[low, high; folds]` | other groups of speakers, each with a network of its own, and so starts too |
# | `[low, high; speakers, starts of one]` | of a difference, another start of one network; the other's are not known |
# | `[low, high; folds, starts]` | of a difference whose one side has folds and the other starts |
# | `[low, high; clips]` | other clips of the same speakers, each as if independent: too narrow for other speakers |
# | `(one and other by start; two speakers, no interval)` | nothing: this is what was measured |
#
# Of two speakers there is no interval: two numbers do not show how far a third would be away. Nor is there one for a
# network that gives one answer to every clip, as its score only counts how often that answer is right.
#
# The interval of a score, or of a difference, is never narrower than the sampling error of its test clips alone. Where
# few speakers happen to agree better than that, the variance of the clips takes the place of theirs, and the bracket
# says *clips* instead of *speakers*.
#
# Three starts of a network or more show how far its starts lie apart. One or two show too little: the interval then
# takes the spread from all runs of the same document, size and corpus whose training ends by the same rule, its
# own among them. Where these too have one start each, it names speakers alone, and is too narrow for another start.
# Draws of the split are treated alike. An SVM has no start.
#
# ## How an interval is made
#
# What a score would be without speaker {math}`i` tells how much hangs on that speaker. Of {math}`m` speakers with score
# {math}`s`, and {math}`s_{-i}` without the clips of speaker {math}`i`, the pseudo-values and their variance are
#
# ```{math}
# p_i = m\, s - (m - 1)\, s_{-i}, \qquad v = \frac{1}{m (m - 1)} \sum_{i=1}^{m} \left( p_i - \bar{p} \right)^2 .
# ```
#
# Folds take the place of speakers where each has a network of its own. Starts and draws add a variance each, less what
# the sampling error of the clips alone would make of it. Each variance has Student's {math}`t` of its own degrees of
# freedom {math}`\nu_j`; of a difference, what the starts of both sides add has those of Welch and Satterthwaite. Half
# the width of the interval is
#
# ```{math}
# \sqrt{\sum_j t_{\nu_j,\, 0.975}^2 \; v_j} .
# ```
#
# ## Do the intervals hold?
#
# In a made-up study the truth is known. Speakers differ by 10 points, starts by 3.6, clips by lot. The truth is the
# score, or the difference of two networks, over all speakers and all starts. Made-up studies are simpler than real
# ones: what speakers and starts do is normally distributed and adds up. Of 1000 studies a kind, this share of intervals
# holds the truth:

# %% tags=["hide-input"]
book.draw("un_coverage", chapter.coverage_picture(studies))

# %% [markdown]
# ```{glue:figure} un_coverage
# ---
# name: fig-coverage
# alt: >-
#   Share of intervals that hold the truth, a line a kind of study, for both ways of making intervals.
# ---
# Grey: 92 to 98 %. Filled: variances of speakers, starts and folds are added, each with Student's t of its own degrees
# of freedom {cite:p}`burdick1992confidence`. Hollow: percentiles after resampling speakers and starts, widened for
# few speakers; where a study has one start, they know nothing of the spread of others. The last ten rows borrow the
# spread of five others whose starts lie half or twice as far apart.
# ```
#
# ## One draw of the test clips is one of many
#
# Documents draw their test clips at random, many of them a fifth, once. Another draw gives another score:

# %% tags=["hide-input"]
if drawn:
    book.picture(chapter.draws_picture(drawn), "Accuracy of each draw of the split, and of the first one",
                 "Accuracy of each draw of a document's own split, and of the book's first draw, which is printed "
                 "elsewhere: the document's own where its code has one, ours where not.")
book.table(chapter.draws_table(drawn), empty="*No split has been drawn again yet: `ser-repro study --protocol redrawn` "
           "does it.*")

# %% [markdown]
# ## Starts of one network
#
# Accuracy of each start with shared speakers, all else equal:

# %% tags=["hide-input"]
if started:
    book.picture(chapter.starts_picture(started), "Accuracy of each start, less the mean of the starts",
                 "Accuracy of each start of a network, less the mean of its starts.")
book.table(chapter.starts_table(started))

# %% [markdown]
# *Spread: an estimate of the standard deviation between starts that chance in clips and speakers does not explain. Own:
# of these starts alone. Borrowed: of all readings and changed settings of that document, size and corpus, these among
# them.*
#
# ## Several differences
#
# Of twenty differences that are none, one lies outside its 95 % interval. A table of several differences therefore
# gives p-values corrected for their number (Holm), and we call a difference significant where p is then below 0.05. The
# intervals beside them are those of each difference alone. Before the correction, p is the level at which the interval
# of the difference would just reach zero.
#
# ## How much a test can show
#
# The documents print their accuracies without an interval. By the number of test clips alone, were they independent,
# each would have this one. Speakers, starts and draws come on top. Claims of which we do not know how many clips were
# tested are left out:

# %% tags=["hide-input"]
book.table(chapter.tests_of_documents())

# %% [markdown]
# How many new speakers does it take to tell two methods apart? Which one is ahead, and how far, differs from speaker
# to speaker. The table takes how far from all pairs of readings that were run here with every new speaker (of
# documents with several networks, of the smallest), and says how many speakers a paired test then needs to find a
# difference of so many points in four of five cases:

# %% tags=["hide-input"]
book.table(chapter.powers(results))

# %% [markdown]
# *Spread: standard deviation over speakers, one
# training each, so starts are in it; median of the pairs.*
