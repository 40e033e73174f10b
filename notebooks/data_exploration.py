# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The voices: what the corpora hold

# %% tags=["parameters", "remove-input"]
corpora: list = ["RAVDESS", "TESS", "EMO-DB", "CREMA-D", "EMOVO", "SAVEE"]  # corpora pictured
example: str = "RAVDESS"  # corpus whose sentence is shown in every emotion
data: str = ""  # folder of the corpora; "": SER_REPRO_DATA
results: str = "results"  # folder of the stored measures
recompute: bool = False  # measure the corpora on this machine anew and store that; else take the stored measures
seed: int = 0  # which speaker and sentence are the example

# %% tags=["remove-input"]
from ser_repro import datasets
from ser_repro.book import page as notebook

notebook.check(globals(), corpora=datasets.CORPORA, data=None, results=None, recompute=(True, False), seed=None,
               example=[name for name, corpus in datasets.CORPORA.items() if corpus.index.is_file()])

# %% tags=["remove-cell"]
import base64
import io
import re
import textwrap
import wave

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from ser_repro import SerReproError, protocols
from ser_repro.book import exploration, palette
from ser_repro.book.page import draw, number, percent, say, show, unit
from ser_repro.documents.uses import USES

palette.use_theme()
plt.rcParams["figure.dpi"] = 150  # sharp where a screen has two dots a pixel
SIX = ["RAVDESS", "TESS", "EMO-DB", "CREMA-D", "EMOVO", "SAVEE"]  # those the prose speaks of, whatever is pictured
ALL = SIX + [c for c in datasets.CORPORA if c not in SIX]
WIDTH = 5.8  # of a picture, in inches: narrow enough for its text to be read on a phone
SIGN = {"female": "♀", "male": "♂"}
SPEECH, SILENCE, HEARD, NEW, TRAINED = "#2a7f78", "#cfcdc6", "#D55E00", "#0072B2", "#dddbd4"
SEX = {"female": (HEARD, "o", "women"), "male": (NEW, "^", "men")}
MARKS = palette.corpora(ALL)
NOTHING = "other"  # labels that are no emotion of the study

here = notebook.real(data or None)
measured = [c for c in ALL if recompute and c in here]
if recompute and not measured:
    raise SerReproError("recompute = True, but no corpus is here: set SER_REPRO_DATA to the folder of the corpora.")
tables, unstored = {}, []
for c in measured:
    fresh = exploration.describe(c, data or None)
    if datasets.get(c).index.is_file():
        exploration.store(fresh, results)
    else:  # nothing tells whether the copy is the published one
        tables[c] = exploration.relative_to_neutral(fresh)
        unstored.append(c)
tables = {c: exploration.relative_to_neutral(exploration.load(c, results)) for c in SIX} | tables
pictured = [c for c in dict.fromkeys([*corpora, *unstored]) if c in tables]
if not pictured:
    raise SerReproError(f"{', '.join(corpora)}: no measures are stored of it, and none were taken. Picture another "
                        "corpus, or set recompute = True where it is on this machine.")
ORDER = list(pd.concat(tables.values()).groupby("emotion")["pitch_st"].median().sort_values().index.drop("", "ignore"))


def signed(value, digits=0):
    return f"{value:+.{digits}f}".replace("-", "−")


def together(text):
    """Text that a table does not break."""
    return f'<span style="white-space: nowrap">{text}</span>'


def short(c):
    return c.lower().replace("-", "")


def classes(c):
    """Clips by emotion, as measured or as published."""
    counts = tables[c]["emotion"].value_counts() if c in tables else pd.Series(datasets.get(c).emotion_counts)
    return counts.rename(index={"": NOTHING})


def panels(names, height, **same):
    """Axes for small pictures, two a line, those left over taken away."""
    across = min(2, len(names))
    lines = -(-len(names) // across)
    figure, axes = plt.subplots(lines, across, figsize=(WIDTH, 0.9 + height * lines), squeeze=False, **same)
    for axis in axes.flat[len(names):]:
        axis.remove()
    for axis, c in zip(axes.flat, names, strict=False):
        axis.set_title(c, weight="bold")
    return figure, list(axes.flat[:len(names)]), across


# %% tags=["remove-cell"]
for c in ALL:
    corpus = datasets.get(c)
    count = classes(c)
    known = count.drop(NOTHING, errors="ignore")
    say(f"de_{short(c)}_speakers", str(len(corpus.speakers)))
    say(f"de_{short(c)}_clips", number(count.sum()))
    say(f"de_{short(c)}_fear", str(known.get("fear", 0)))
    say(f"de_{short(c)}_largest", percent(known.max() / known.sum()))
    each = pd.Series(corpus.speaker_counts)
    say(f"de_{short(c)}_fewest_clips", str(each.min()))
    say(f"de_{short(c)}_most_clips", str(each.max()))
for c in SIX:
    t = tables[c]
    silent = t["silence_start_s"] + t["silence_end_s"]
    say(f"de_{short(c)}_sentences", str(t["sentence"].nunique()))
    say(f"de_{short(c)}_silent", percent(silent.sum() / t["duration_s"].sum()))
    say(f"de_{short(c)}_masked", percent((silent < 0.05).mean()))
    say(f"de_{short(c)}_first_second", percent((t["silence_start_s"] >= 0.9).mean()))
    scaled = (t["peak_db"] > -0.05).sum()
    say(f"de_{short(c)}_scaled", f"All {len(t)}" if scaled == len(t) else f"{scaled} of {len(t)}")
    clipped = t["full_scale"] >= exploration.CLIPPED
    say(f"de_{short(c)}_clipped", percent(clipped.mean()))
    say(f"de_{short(c)}_clipped_anger", percent(clipped[t["emotion"] == "anger"].mean()))
    say(f"de_{short(c)}_clipped_neutral", percent(clipped[t["emotion"] == "neutral"].mean()))
    by_emotion = t.groupby("emotion")[["pitch_st", "gain_db"]].median()
    for emotion, row in by_emotion.iterrows():
        say(f"de_{short(c)}_{emotion}_pitch", signed(row["pitch_st"], 1))
        say(f"de_{short(c)}_{emotion}_gain", signed(row["gain_db"]))
    say(f"de_{short(c)}_gain_span", unit(by_emotion["gain_db"].max() - by_emotion["gain_db"].min(), "dB"))
    say(f"de_{short(c)}_pitchless", percent(t["f0_median_hz"].isna().mean()))
    own = t[t["emotion"] == "neutral"].groupby("speaker")["level_db"].median().sort_values()
    say(f"de_{short(c)}_speaker_span", unit(own.iloc[-1] - own.iloc[0], "dB"))
steady = tables["CREMA-D"]["floor_db"].quantile([0.05, 0.95])
say("de_cremad_floor_low", signed(steady.iloc[0]))
say("de_cremad_floor_high", unit(steady.iloc[1], "dB").replace("-", "−"))
say("de_ravdess_gated", percent((tables["RAVDESS"]["floor_db"] < -90.3).mean()))  # one step of 16 bits
own = tables["SAVEE"][tables["SAVEE"]["emotion"] == "neutral"].groupby("speaker")["level_db"].median().sort_values()
say("de_savee_quiet", own.index[0])
say("de_savee_quiet_gap", unit(own.iloc[1] - own.iloc[0], "dB"))
say("de_clipped_from", str(exploration.CLIPPED))
say("de_emovo_correlation", f"{tables['EMOVO']['channel_correlation'].median():.2f}".replace("-", "−"))
grid = pd.crosstab(tables["EMO-DB"]["speaker"], tables["EMO-DB"]["emotion"]).stack()
say("de_emodb_holes", " and ".join(f"{s} has no clip of {e}" for s, e in grid.index[grid == 0]))
say("de_emodb_thin", str(int((grid < 3).sum())))
hertz = pd.concat(tables[c] for c in SIX).groupby(["corpus", "sex", "emotion"])["f0_median_hz"].median()
say("de_angry_man", unit(hertz["RAVDESS", "male", "anger"], "Hz"))
say("de_calm_woman", unit(hertz["RAVDESS", "female", "calm"], "Hz"))
blank = tables["CREMA-D"].assign(blank=tables["CREMA-D"]["f0_median_hz"].isna()).groupby(["sex", "emotion"])["blank"]
say("de_cremad_sad_men", percent(blank.mean()["male", "sadness"]))
moves = tables["TESS"].groupby(["emotion", "speaker"])["f0_iqr_semitones"].median()
for s in ("OAF", "YAF"):
    say(f"de_tess_{s}_neutral", f"{moves['neutral', s]:.1f}")
    say(f"de_tess_{s}_surprise", f"{moves['surprise', s]:.1f}")
ages = {c: pd.Series(datasets.get(c).ages).dropna().astype(int) for c in ALL}
ages = {c: a for c, a in ages.items() if len(a)}
say("de_youngest", str(ages["CREMA-D"].min()))
say("de_oldest", str(ages["CREMA-D"].max()))
say("de_under_40", percent((ages["CREMA-D"] < 40).mean()))
uses = pd.DataFrame([{"corpus": c, "document": d, "clips": clips, "how": how}
                     for d, (_, by_corpus) in USES.items() for c, (clips, how) in by_corpus.items()])
named_by = uses.groupby("corpus")["document"].count().sort_values()
say("de_documents", str(len(USES)))
say("de_most_named", named_by.index[-1])
say("de_most_named_by", str(named_by.iloc[-1]))
say("de_pairs", str(len(uses)))
say("de_pairs_open", str(int(uses["clips"].isna().sum())))
iemocap = datasets.get("IEMOCAP")
say("de_iemocap_studied", number(sum(iemocap.emotion_counts[e] for e in iemocap.studied)))
say("de_iemocap_none", percent(iemocap.emotion_counts[""] / iemocap.n_clips))
# These two are told in words alone.
say("de_iemocap_unagreed", str(iemocap.label_counts["xxx"]))
say("de_iemocap_frustration", str(iemocap.label_counts["fru"]))
say("de_silence_db", unit(exploration.SILENCE_DB, "dB"))

# %% [markdown]
# Every number in this study is a number about few people: {glue:text}`de_cremad_speakers` in CREMA-D,
# {glue:text}`de_savee_speakers` in SAVEE, {glue:text}`de_tess_speakers` in TESS. They are actors, most were asked for
# an emotion by name, and in most corpora each says the same few sentences again and again. So a random split lets a
# model meet in training the very voice, sentence and emotion that it is tested on; and how clips were recorded, cut and
# levelled is part of what it learns.
#
# ## Eight corpora at a glance

# %% tags=["remove-input"]
rows = []
for c in ALL:
    corpus, t = datasets.get(c), tables.get(c)
    sexes = pd.Series(corpus.sexes).value_counts().sort_index()
    rows.append({"corpus": c if c in tables else f"{c} †", "language": corpus.language,
                 "speakers": " + ".join(f"{n}\N{NO-BREAK SPACE}{SIGN[s]}" for s, n in sexes.items()),
                 "sentences": "–" if t is None else t["sentence"].nunique(),
                 "emotions": len(classes(c).drop(NOTHING, errors="ignore")), "clips": number(classes(c).sum()),
                 "hours": "†" if t is None else f"{t['duration_s'].sum() / 3600:.1f}",
                 "kHz": f"{corpus.sample_rate / 1000:g}" + " stereo" * (corpus.channels == 2)})
show(pd.DataFrame(rows))

# %% [markdown]
# RAVDESS {cite}`livingstone2018ravdess`, TESS {cite}`pichorafuller2020tess`, EMO-DB {cite}`burkhardt2005emodb`,
# CREMA-D {cite}`cao2014cremad`, EMOVO {cite}`costantini2014emovo` and SAVEE {cite}`haq2009savee` are measured here,
# clip by clip. A dagger (†) marks what is not measured, and of which the page gives what the publisher says: no copy of
# ShEMO {cite}`nezami2019shemo` was at hand, and IEMOCAP {cite}`busso2008iemocap` is lent only against a signed licence.
# Sentences are those a corpus numbers: SAVEE numbers anew in every emotion, and plays (ShEMO) and dialogues (IEMOCAP)
# do not repeat.
#
# ## Which document used what

# %% tags=["hide-input", "remove-output"]
def who_used_what():
    names = uses.assign(size=[datasets.get(c).n_clips for c in uses["corpus"]]).groupby("corpus").agg(
        named=("document", "count"), size=("size", "first")).sort_values(["named", "size"], ascending=False)
    figure, axis = plt.subplots(figsize=(WIDTH, 0.86 * len(names) + 0.9))
    largest = names["size"].max()

    def disc(x, y, n, **how):
        axis.add_patch(plt.Circle((x, y), 0.46 * np.sqrt(n / largest), **how))

    for y, (c, (_, size)) in enumerate(names.iterrows()):
        for x, (_, by_corpus) in enumerate(USES.values()):
            x = 1.35 * x
            clips, _ = by_corpus.get(c, (0, ""))
            if clips == 0:
                axis.plot(x, y, ".", color=SILENCE, ms=3)
            elif clips is None:
                disc(x, y, size, facecolor="white", edgecolor=SPEECH, lw=1.5, ls=(0, (3, 2)))
                axis.text(x, y, "?", ha="center", va="center", color=SPEECH, fontsize=11)
            else:
                disc(x, y, size, color=SILENCE, lw=0)
                disc(x, y, clips, color=SPEECH, lw=0)
                inside = clips > largest / 3
                axis.text(x if inside else x + 0.06 + 0.46 * np.sqrt(size / largest), y, number(clips), va="center",
                          ha="center" if inside else "left", color="white" if inside else "black", fontsize=9.5)
    axis.set_yticks(range(len(names)), [f"{c}\n{number(size)}" for c, size in names["size"].items()])
    axis.set_xticks(1.35 * np.arange(len(USES)),
                    [textwrap.fill(title, 13) for title, _ in USES.values()])
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.set(xlim=(-0.55, 1.35 * (len(USES) - 1) + 0.95), ylim=(len(names) - 0.5, -0.5), aspect="equal")
    figure.tight_layout()
    return figure


draw("de_uses", who_used_what())

# %% [markdown]
# ```{glue:figure} de_uses
# ---
# name: fig-who-used-what
# alt: >-
#   A matrix of corpora and documents. A disc for every corpus that a document used, its area the number of clips. Only
#   RAVDESS is used by most documents; no two columns are alike.
# ---
# Which document used what. Areas are clips: green those used, grey the rest of the corpus. A dashed ring is a corpus
# that the document names without saying how many clips it used, or at which its public code stops.
# ```
#
# The {glue:text}`de_documents` documents name a corpus {glue:text}`de_pairs` times, and {glue:text}`de_pairs_open`
# times it cannot be told how many clips went in. {glue:text}`de_most_named` is the only meeting place of
# {glue:text}`de_most_named_by` of them, so scores can hardly be compared across documents. What each did:

# %% tags=["remove-input"]
told = uses[uses["how"] != ""].assign(document=lambda table: [USES[d][0] for d in table["document"]],
                                      clips=uses["clips"].map(lambda n: "?" if pd.isna(n) else number(int(n))))
told["corpus"] = told["corpus"].map(together)
show(told[["document", "corpus", "clips", "how"]].sort_values(["document", "corpus"]).rename(columns={"how": "remark"}))

# %% [markdown]
# ## How even they are

# %% tags=["hide-input", "remove-output"]
def how_even():
    shares = pd.DataFrame({c: classes(c) / classes(c).sum() for c in ALL}).fillna(0)
    best = shares.drop(index=NOTHING, errors="ignore")
    best = (best.max() / best.sum()).sort_values(ascending=False)
    figure, axis = plt.subplots(figsize=(WIDTH, 0.42 * len(ALL) + 0.8))
    left = pd.Series(0.0, index=best.index)
    for emotion in [e for e in [*ORDER, NOTHING] if e in shares.index]:
        width = shares.loc[emotion, best.index]
        emotion_look = palette.EMOTIONS.get(emotion)
        look = ({"facecolor": emotion_look.colour, "hatch": emotion_look.hatch, "edgecolor": "white"} if emotion_look
                else {"facecolor": "white", "hatch": "////", "edgecolor": SILENCE})
        axis.barh(range(len(best)), width, left=left, height=0.74, label=emotion, lw=0, **look)
        left += width
    for y, share in enumerate(best):
        axis.text(1.015, y, percent(share), va="center", weight="bold")
    axis.text(1.015, len(best) - 0.35, "largest", fontsize=9, va="bottom")
    axis.set_yticks(range(len(best)), best.index)
    axis.set(xlim=(0, 1), ylim=(-0.5, len(best) - 0.35), xticks=[])
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    figure.legend(loc="upper left", ncols=5, fontsize=9.5, handlelength=1, columnspacing=1, handletextpad=0.4)
    figure.tight_layout(rect=(0, 0, 1, 0.93))
    return figure


draw("de_classes", how_even())

# %% [markdown]
# ```{glue:figure} de_classes
# ---
# name: fig-classes
# alt: >-
#   A bar for each corpus, cut by the share of each emotion. CREMA-D, TESS, EMOVO and RAVDESS are nearly even; in ShEMO
#   anger and neutral take most, and a large part of IEMOCAP has no emotion of the study.
# ---
# Classes of each corpus. At the right what always naming the largest class would score, of the clips that have an
# emotion of the study.
# ```

# %% tags=["remove-input"]
counted = pd.DataFrame({c: classes(c) for c in ALL}).loc[
    lambda t: [e for e in [*ORDER[::-1], NOTHING] if e in t.index]]
counted.loc["all"] = counted.sum()
counted = counted.map(lambda n: "" if pd.isna(n) else number(int(n)))
show(counted.rename(columns=lambda c: c.replace("-", "-<br>")).rename_axis("emotion").reset_index())

# %% [markdown]
# So an accuracy says little by itself: naming one emotion always is right in {glue:text}`de_tess_largest` of the cases
# on TESS and in {glue:text}`de_shemo_largest` on ShEMO, where fear is all but absent ({glue:text}`de_shemo_fear`
# clips). Unweighted average recall (UAR) is therefore given beside accuracy. Neutral is rarer than the others in
# RAVDESS and CREMA-D, as nobody can be strongly neutral, and twice as frequent in SAVEE. EMO-DB published only what
# listeners recognised, which leaves it uneven. And {glue:text}`de_iemocap_none` of IEMOCAP has no label that this study
# knows: on {glue:text}`de_iemocap_unagreed` turns the listeners did not agree, {glue:text}`de_iemocap_frustration` are
# frustration. The documents take four classes of it; the one that counts them has {glue:text}`de_iemocap_studied`
# clips.

# %% tags=["hide-input", "remove-output"]
def people_and_clips():
    figure = plt.figure(figsize=(WIDTH, 8.2))
    whole = [c for c in ALL if len(datasets.get(c).speakers) > 40]
    rest = sorted((c for c in ALL if c not in whole), key=lambda c: -len(datasets.get(c).speakers))
    lines = [[c] for c in whole] + [rest[:2], rest[2:]]
    outer = figure.add_gridspec(len(lines), 1, hspace=0.5, left=0.09, right=0.995, top=0.915, bottom=0.03)
    for line, place in zip(lines, outer, strict=True):
        wide = [max(6, len(datasets.get(c).speakers)) for c in line] if len(line) < 3 else [1.6, 1, 1, 1][:len(line)]
        inner = place.subgridspec(1, len(line), wspace=0.3 if len(line) < 3 else 0.65, width_ratios=wide)
        for c, cell in zip(line, inner, strict=True):
            one_column_a_person(figure.add_subplot(cell), c)
    shown = [e for e in ORDER if any(e in classes(c) for c in ALL)]
    handles = [Patch(color=palette.EMOTIONS[e].colour, label=e) for e in shown]
    handles.append(Patch(color=SILENCE, label="other or not told"))
    figure.legend(handles=handles, loc="upper left", ncols=5, fontsize=9.5, handlelength=1, columnspacing=1,
                  handletextpad=0.4)
    return figure


def one_column_a_person(axis, c):
    corpus = datasets.get(c)
    if c in tables:
        count = pd.crosstab(tables[c]["speaker"], tables[c]["emotion"])
        count = count[[e for e in [*ORDER, ""] if e in count]]
    else:
        count = pd.DataFrame({"": pd.Series(corpus.speaker_counts)})
    sex = pd.Series(corpus.sexes)[count.index]
    count = count.loc[pd.DataFrame({"sex": sex, "n": -count.sum(axis=1)}).sort_values(["sex", "n"]).index]
    gap = 0.08 if len(count) < 40 else 0.12
    bottom = np.zeros(len(count))
    for emotion in count:
        axis.bar(range(len(count)), count[emotion], bottom=bottom, width=1 - gap,
                 color=palette.EMOTIONS[emotion].colour if emotion else SILENCE, lw=0, snap=False)
        bottom += count[emotion].to_numpy()
    axis.set_title(c, weight="bold", pad=4)
    axis.set(xlim=(-0.6, len(count) - 0.4), yticks=[0, bottom.max()])
    middles = {SIGN[s]: np.flatnonzero(sex[count.index] == s).mean() for s in sorted(set(sex))}
    axis.set_xticks(list(middles.values()), [f"{(sex == s).sum()} {SIGN[s]}" for s in sorted(set(sex))])
    women = (sex == "female").sum()
    if 0 < women < len(count):
        axis.axvline(women - 0.5, color="black", lw=0.8, ymin=-0.12, clip_on=False)
    axis.tick_params(length=0, pad=2)
    axis.spines[["left", "bottom"]].set_visible(False)


draw("de_who", people_and_clips())

# %% [markdown]
# ```{glue:figure} de_who
# ---
# name: fig-who-says-what
# alt: >-
#   Eight bar charts with a column for every speaker, coloured by emotion. CREMA-D, RAVDESS, EMOVO, SAVEE and TESS are
#   level; EMO-DB is patchy; ShEMO falls from many clips a speaker to a handful.
# ---
# A column a person, women first: how many clips, of which emotion (grey where only the sum is published). Every corpus
# has its own scale, its highest column given at the left.
# ```
#
# CREMA-D has many voices, TESS has two: an older and a younger woman, who both say the same
# {glue:text}`de_tess_sentences` words after "Say the word". ShEMO has nearly as many speakers as CREMA-D, but one of
# them gives {glue:text}`de_shemo_most_clips` clips and another {glue:text}`de_shemo_fewest_clips`. In EMO-DB speaker
# {glue:text}`de_emodb_holes`, and {glue:text}`de_emodb_thin` pairs of speaker and emotion have fewer than three clips:
# each speaker held out takes a different mix of emotions along.

# %% tags=["hide-input", "remove-output"]
def how_old():
    names = sorted(ages, key=lambda c: -len(ages[c]))
    height = [max(2, ages[c].value_counts().max()) for c in names]
    figure, axes = plt.subplots(len(names), 1, figsize=(WIDTH, 0.7 + 0.155 * sum(height) + 0.2 * len(names)),
                                height_ratios=height, sharex=True, squeeze=False)
    for axis, c, tall in zip(axes[:, 0], names, height, strict=True):
        sexes = datasets.get(c).sexes
        seen = {}
        for name, age in sorted(ages[c].items(), key=lambda item: (item[1], sexes[item[0]])):
            colour, marker, _ = SEX[sexes[name]]
            seen[age] = seen.get(age, 0) + 1
            axis.scatter(age, seen[age] - 0.5, marker=marker, color=colour, s=34, lw=0)
        axis.set(ylim=(0, tall + 0.2), yticks=[])
        axis.set_ylabel(c, rotation=0, ha="right", va="center", weight="bold")
        axis.spines["left"].set_visible(False)
        axis.tick_params(length=0 if axis is not axes[-1, 0] else 3)
    axes[-1, 0].set_xlabel("age in years")
    for colour, marker, label in SEX.values():
        axes[0, 0].scatter([], [], marker=marker, color=colour, s=34, lw=0, label=label)
    axes[0, 0].legend(loc="upper right", ncols=2)
    figure.tight_layout(h_pad=0.3)
    return figure


draw("de_ages", how_old())

# %% [markdown]
# ```{glue:figure} de_ages
# ---
# name: fig-ages
# alt: >-
#   A mark for every speaker over age. CREMA-D is dense in the twenties and thins out towards seventy-four; the other
#   corpora lie between twenty-one and thirty-five, but for the older woman of TESS.
# ---
# A mark a person, in the corpora that publish ages person by person.
# ```
#
# Only CREMA-D has voices of {glue:text}`de_youngest` to {glue:text}`de_oldest` years, and {glue:text}`de_under_40` of
# its actors are under 40. What holds for the old is not known from any of the others.
#
# ## Length, and how much of it is silence

# %% tags=["hide-input", "remove-output"]
def what_a_moment_holds(names, last_s=6):
    figure, axes, across = panels(names, 1.5, sharex=True, sharey=True)
    moments = np.linspace(0, last_s, 601)[:, None]
    for place, (axis, c) in enumerate(zip(axes, names, strict=True)):
        t = tables[c]
        begin, over = t["silence_start_s"].to_numpy(), t["duration_s"].to_numpy()
        end = over - t["silence_end_s"].to_numpy()
        speech = ((moments >= begin) & (moments < end)).mean(axis=1)
        present = (moments < over).mean(axis=1)
        axis.fill_between(moments[:, 0], 0, speech, color=SPEECH, lw=0)
        axis.fill_between(moments[:, 0], speech, present, color=SILENCE, lw=0)
        axis.set(ylim=(0, 1), xlim=(0, last_s), yticks=(0, 0.5, 1), xticks=range(last_s + 1))
        axis.tick_params(labelbottom=place >= len(names) - across)
        if place >= len(names) - across:
            axis.set_xlabel("s since the clip began")
        axis.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    figure.legend(handles=[Patch(color=SPEECH, label="speech"), Patch(color=SILENCE, label="silence"),
                           Patch(facecolor="white", edgecolor="#999999", label="clip is over")],
                  loc="upper left", ncols=3, fontsize=10)
    figure.tight_layout(rect=(0, 0, 1, 0.95))
    return figure


draw("de_moments", what_a_moment_holds(pictured))

# %% [markdown]
# ```{glue:figure} de_moments
# ---
# name: fig-what-a-moment-holds
# alt: >-
#   For each corpus the share of clips that are speaking, silent or over at each moment. RAVDESS clips are silent for
#   the first second, SAVEE clips for half a second; TESS, EMO-DB and CREMA-D clips seem to speak from the start.
# ---
# What the clips are doing at each moment after they began, as a share of all clips. A model that sees the first second
# of RAVDESS sees silence. In CREMA-D and TESS noise hides what silence there is.
# ```

# %% tags=["remove-input"]
rows = []
for c in pictured:
    t = tables[c]
    silent = t["silence_start_s"] + t["silence_end_s"]
    length = t["duration_s"]
    rows.append({"corpus": c, "length, s": f"{length.min():.1f} – {length.median():.1f} – {length.max():.1f}",
                 "speech": f"{(length - silent).median():.1f}", "before": f"{t['silence_start_s'].median():.2f}",
                 "after": f"{t['silence_end_s'].median():.2f}", "silent": percent(silent.sum() / length.sum()),
                 "none found": percent((silent < 0.05).mean())})
show(pd.DataFrame(rows))

# %% [markdown]
# *Length: shortest, median, longest clip. Then medians, in s: speech, and silence before and after it. Last, the share
# of all audio that is silence at the edges, and the share of clips with less than 0.05 s of it.*
#
# {glue:text}`de_ravdess_silent` of all RAVDESS audio is silence at the edges of clips, {glue:text}`de_savee_silent` of
# SAVEE and {glue:text}`de_emovo_silent` of EMOVO. In {glue:text}`de_ravdess_first_second` of its clips the first second
# of RAVDESS holds less than a tenth of a second of speech. So a method that crops has to say where; one that averages
# over all frames of RAVDESS averages about as much silence as speech, padding not counted; and one that first cuts
# silence away works on other data than one that does not. Silence here is what lies {glue:text}`de_silence_db` or more
# below the loudest hundredth of a second of the same clip; a breath or a click that is louder ends it. By that measure
# {glue:text}`de_cremad_masked` of CREMA-D and {glue:text}`de_tess_masked` of TESS have none, which says something about
# their rooms.
#
# ## The room, the microphone and the gain

# %% tags=["hide-input", "remove-output"]
def room_and_voice(names):
    figure, axes = plt.subplots(len(names), 1, figsize=(WIDTH, 0.9 + 0.78 * len(names)), sharex=True, squeeze=False)
    edges = np.arange(-140, 3, 2)
    for axis, c in zip(axes[:, 0], names, strict=True):
        t = tables[c]
        for measure, colour in (("floor_db", "#8a877e"), ("level_db", SPEECH)):
            count, _ = np.histogram(t[measure], edges)
            axis.fill_between(edges[:-1], count / count.max(), step="post", color=colour, alpha=0.75, lw=0)
        own = t[t["emotion"] == "neutral"].groupby(["sex", "speaker"])["level_db"].median()
        for sex, (colour, marker, _) in SEX.items():
            if sex in own.index.get_level_values(0):
                axis.scatter(own[sex], np.full(len(own[sex]), -0.28), marker=marker, color=colour, s=22, lw=0,
                             alpha=0.6, clip_on=False)
        axis.set(ylim=(-0.5, 1.05), xlim=(-140, 2), yticks=[])
        axis.set_ylabel(c, rotation=0, ha="right", va="center", weight="bold")
        axis.axhline(0, color="black", lw=0.6)
        axis.spines[["left", "bottom"]].set_visible(False)
        axis.tick_params(length=0)
        axis.grid(axis="x", alpha=0.25)
    axes[-1, 0].set_xlabel("dB, full scale is 0")
    axes[-1, 0].xaxis.set_major_formatter(lambda value, _: f"{value:.0f}".replace("-", "−"))
    for colour, marker, label in SEX.values():
        axes[0, 0].scatter([], [], marker=marker, color=colour, s=30, lw=0, label=f"neutral of {label}")
    handles = [Patch(color="#8a877e", label="background"), Patch(color=SPEECH, label="voice"),
               *axes[0, 0].get_legend_handles_labels()[0]]
    figure.legend(handles=handles, loc="upper left", ncols=4, fontsize=9, handlelength=1, columnspacing=1,
                  handletextpad=0.4)
    figure.tight_layout(rect=(0, 0, 1, 0.95), h_pad=0.2)
    return figure


draw("de_rooms", room_and_voice(pictured))

# %% [markdown]
# ```{glue:figure} de_rooms
# ---
# name: fig-room-and-voice
# alt: >-
#   For each corpus how loud the background and the voice are. The background of RAVDESS lies below what 16 bits can
#   hold, that of CREMA-D is a narrow spike, and the voices of EMO-DB are all equally loud. One speaker of SAVEE is far
#   softer than the others.
# ---
# The background of every clip (the quietest twentieth of it) and its voice, each drawn to its own height. Every mark is
# one speaker: the median level of the neutral clips.
# ```
#
# A corpus can be told by its silence, and often a speaker by the gain.
#
# - **RAVDESS was cleaned** (inferred). At their quietest {glue:text}`de_ravdess_gated` of its clips lie below the
#   smallest step of 16 bits, and no room does.
# - **CREMA-D sounds like one room.** Nine tenths of its clips have a background between
#   {glue:text}`de_cremad_floor_low` and {glue:text}`de_cremad_floor_high`, so close to the softer voices that it hides
#   where they begin.
# - **EMO-DB was scaled.** {glue:text}`de_emodb_scaled` clips reach full scale, to a tenth of a decibel. How loud an
#   emotion was spoken is gone.
# - **Gain names the speaker.** Neutral speech differs by {glue:text}`de_savee_speaker_span` between the men of SAVEE,
#   by {glue:text}`de_emovo_speaker_span` in EMOVO and {glue:text}`de_ravdess_speaker_span` in RAVDESS.
#   {glue:text}`de_savee_quiet` of SAVEE is {glue:text}`de_savee_quiet_gap` softer than the next.
# - **Clipping names the emotion.** {glue:text}`de_savee_clipped` of SAVEE is clipped, with
#   {glue:text}`de_clipped_from` or more samples at full scale: {glue:text}`de_savee_clipped_anger` of anger,
#   {glue:text}`de_savee_clipped_neutral` of neutral, and no clip of the soft {glue:text}`de_savee_quiet`. In CREMA-D it
#   is {glue:text}`de_cremad_clipped_anger` of anger and {glue:text}`de_cremad_clipped_neutral` of neutral. A model may
#   hear the distortion rather than the voice.
#
# ## Pitch, by emotion and sex

# %% tags=["hide-input", "remove-output"]
def pitch_by_sex(names):
    figure, axes, across = panels(names, 2.1, sharex=True, sharey=True)
    for place, (axis, c) in enumerate(zip(axes, names, strict=True)):
        t = tables[c][tables[c]["emotion"] != ""]
        for sex, (colour, marker, _) in SEX.items():
            mine = t[t["sex"] == sex]
            each = mine.groupby(["emotion", "speaker"])["f0_median_hz"].median().dropna()
            axis.scatter(each, [ORDER.index(e) for e in each.index.get_level_values(0)], marker=marker, color=colour,
                         s=14, lw=0, alpha=0.3 if len(each) < 200 else 0.12)
            middle = mine.groupby("emotion")["f0_median_hz"].median()
            middle = middle[sorted(middle.index, key=ORDER.index)]
            axis.plot(middle, [ORDER.index(e) for e in middle.index], marker=marker, color=colour, ms=6, lw=1.4)
        axis.set_xscale("log")
        axis.set(xlim=(75, 560), ylim=(-0.6, len(ORDER) - 0.4))
        axis.set_xticks([100, 200, 400], ["100", "200", "400"])
        axis.set_xticks([], minor=True)
        axis.set_yticks(range(len(ORDER)), ORDER)
        axis.tick_params(length=0, labelbottom=place >= len(names) - across)
        axis.grid(alpha=0.25)
        if place >= len(names) - across:
            axis.set_xlabel("pitch, Hz")
    for colour, marker, label in SEX.values():
        axes[0].plot([], [], marker=marker, color=colour, ms=6, lw=1.4, label=label)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="upper right", ncols=2, fontsize=10)
    figure.tight_layout(rect=(0, 0, 1, 0.98))
    return figure


draw("de_pitch", pitch_by_sex(pictured))

# %% [markdown]
# ```{glue:figure} de_pitch
# ---
# name: fig-pitch
# alt: >-
#   For each corpus pitch by emotion, a line for women and a line for men. The lines bend alike: low for sadness, calm,
#   boredom and neutral, high for anger, happiness and fear; women lie above men by about as much as anger does above
#   neutral.
# ---
# Pitch by emotion and sex. Lines join the medians of all clips, faint marks are single speakers. Sorted by pitch over
# all corpora.
# ```
#
# Voices differ as much as emotions do: in RAVDESS the median angry man speaks at {glue:text}`de_angry_man`, the median
# calm woman at {glue:text}`de_calm_woman`. So below each clip is compared with the median of the *same speaker's*
# neutral clips.

# %% tags=["hide-input", "remove-output"]
MEASURES = {"pitch_st": "pitch, semitones from own neutral", "gain_db": "level, dB from own neutral"}


def by_emotion(names):
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 5.4), sharey=True)
    for axis, (measure, label) in zip(axes, MEASURES.items(), strict=True):
        axis.axvline(0, color="black", lw=0.8)
        for c in names:
            colour, marker, *_ = MARKS[c]
            middle = tables[c].groupby("emotion")[measure].median().reindex(ORDER).dropna()
            axis.plot(middle, [ORDER.index(e) for e in middle.index], marker=marker, color=colour, ms=6.5, lw=1,
                      label=c, mec="white", mew=0.5)
        axis.set_xlabel(label)
        axis.set_yticks(range(len(ORDER)), ORDER)
        axis.set_ylim(-0.5, len(ORDER) - 0.5)
        axis.tick_params(length=0)
        axis.grid(alpha=0.25)
        axis.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
        axis.xaxis.set_major_formatter(lambda value, _: signed(value) if value else "0")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="upper left", ncols=3, fontsize=10)
    figure.tight_layout(rect=(0, 0, 1, 0.99 - 0.04 * -(-len(names) // 3)))
    return figure


draw("de_emotions", by_emotion(pictured))

# %% [markdown]
# ```{glue:figure} de_emotions
# ---
# name: fig-pitch-and-level
# alt: >-
#   Two charts of emotions, a line a corpus. In pitch the lines agree: anger, fear and happiness are several semitones
#   above neutral everywhere. In level they fan out: anger is far louder in RAVDESS and CREMA-D, and no louder in
#   EMO-DB.
# ---
# Medians of all clips, each against the speaker's own neutral. In pitch the corpora agree; in level they do not.
# ```
#
# Three things are worth keeping in mind on later pages.
#
# - **Excitement is easy, its kind is not.** Anger, fear and happiness raise pitch in all six: in CREMA-D by
#   {glue:text}`de_cremad_anger_pitch`, {glue:text}`de_cremad_fear_pitch` and {glue:text}`de_cremad_happiness_pitch`
#   semitones, in EMO-DB by {glue:text}`de_emodb_anger_pitch`, {glue:text}`de_emodb_fear_pitch` and
#   {glue:text}`de_emodb_happiness_pitch`. Neutral, calm, sadness and boredom stay close together, but for SAVEE, whose
#   men are sad at {glue:text}`de_savee_sadness_pitch` semitones.
# - **Level is a property of the corpus.** From the quietest to the loudest emotion RAVDESS spans
#   {glue:text}`de_ravdess_gain_span`, CREMA-D {glue:text}`de_cremad_gain_span`, SAVEE {glue:text}`de_savee_gain_span`,
#   TESS {glue:text}`de_tess_gain_span`, EMOVO {glue:text}`de_emovo_gain_span` and EMO-DB, where it was scaled away,
#   {glue:text}`de_emodb_gain_span`. What a model learns of loudness on RAVDESS is of no use on EMO-DB.
# - **Two voices are two habits.** Within a neutral clip the TESS women move their pitch by
#   {glue:text}`de_tess_OAF_neutral` and {glue:text}`de_tess_YAF_neutral` semitones (distance of the quartiles), in
#   surprise by {glue:text}`de_tess_OAF_surprise` and {glue:text}`de_tess_YAF_surprise`. With two speakers nobody can
#   say which of it is surprise, and which is one woman's way to act it.
#
# Pitch is tracked by YIN (de Cheveigné and Kawahara, [2002](https://doi.org/10.1121/1.1458024)) every 20 ms, and kept
# where a frame repeats itself after one period. Creaky voices and noise defeat any such tracker: in CREMA-D
# {glue:text}`de_cremad_pitchless` of the clips have too few voiced frames to give a pitch, of its sad men
# {glue:text}`de_cremad_sad_men`, and single clips may be an octave off. Medians over a speaker hardly move by that; do
# not read single clips off these measures. All is measured on the first channel.
#
# ## One sentence in every emotion

# %% tags=["remove-input"]
t = datasets.published(example)
variety = t.groupby(["speaker", "sentence"])["emotion"].nunique()
richest = variety.index[variety == variety.max()]
speaker, sentence = richest[np.random.default_rng(seed).integers(len(richest))]
chosen = t[(t["speaker"] == speaker) & (t["sentence"] == sentence)]
chosen = chosen.sort_values(["intensity", "clip"], ascending=[False, True])  # the strong one, where there is one
chosen = chosen.drop_duplicates("emotion").sort_values("emotion")
synthetic = example not in here
if synthetic:
    notebook.banner(f"{notebook.SYNTHETIC}. The waveforms, spectrograms and sounds below are made by the demo "
                    f"synthesiser under names of {example}, as that corpus is not on this machine.")
    sounds = {row["emotion"]: datasets.synthesise(example, row, seed, exploration.SAMPLE_RATE, 1.4)
              for row in chosen.to_dict("records")}
else:
    paths = datasets.find(example, data or None).set_index("clip")["path"]
    sounds = {e: datasets.read(paths[clip]) for e, clip in zip(chosen["emotion"], chosen["clip"], strict=True)}

# %% tags=["hide-input", "remove-output"]
def in_every_emotion(sounds):
    waves = {}
    for emotion, (samples, rate) in sounds.items():
        signal = exploration.waveform(samples, rate)
        found = exploration.loudness(signal)
        begin, end = found["silence_start_s"] - 0.05, found["silence_end_s"] - 0.05
        waves[emotion] = signal[round(max(0, begin) * exploration.SAMPLE_RATE):
                                len(signal) - round(max(0, end) * exploration.SAMPLE_RATE)]
    longest = max(map(len, waves.values())) / exploration.SAMPLE_RATE
    loudest = max(np.abs(signal).max() for signal in waves.values())
    lines = -(-len(waves) // 2)
    figure, axes = plt.subplots(2 * lines, 2, figsize=(6.6, 1.85 * lines + 0.5), sharex=True, squeeze=False,
                                height_ratios=[1, 1.7] * lines)
    for place in range(2 * lines):
        above, below = axes[place // 2 * 2, place % 2], axes[place // 2 * 2 + 1, place % 2]
        if place >= len(waves):
            above.axis("off"), below.axis("off")
            continue
        emotion, signal = list(waves.items())[place]
        time = np.arange(len(signal)) / exploration.SAMPLE_RATE
        above.plot(time, signal, color=palette.EMOTIONS[emotion].colour, lw=0.5)
        above.set(ylim=(-loudest, loudest), yticks=[], xlim=(0, longest))
        above.set_title(emotion, weight="bold", pad=2)
        above.spines[:].set_visible(False)
        above.tick_params(length=0)
        power, *_ = below.specgram(signal, NFFT=512, Fs=exploration.SAMPLE_RATE, noverlap=384, cmap="magma",
                                   pad_to=1024)
        peak = 10 * np.log10(power.max())
        below.images[0].set_clim(peak - 65, peak)
        below.set(ylim=(0, 5000), yticks=[0, 2000, 4000], facecolor="white")
        below.set_yticklabels(["0", "2", "4"] if place % 2 == 0 else [])
        if place % 2 == 0:
            below.set_ylabel("kHz")
        if place >= len(waves) - 2:
            below.set_xlabel("s")
    figure.tight_layout(h_pad=0.3)
    return figure


picture = in_every_emotion(sounds)
if synthetic:
    picture.text(0.5, 0.5, notebook.SYNTHETIC, color=palette.RED, alpha=0.55, fontsize=30, rotation=30, ha="center",
                 va="center")
draw("de_sentence", picture)
where = f"{example}, speaker {speaker}, sentence {sentence}"
say("de_sentence_of", f"Synthetic, not a result: the demo synthesiser under names of {where}" if synthetic else where)

# %% [markdown]
# ```{glue:figure} de_sentence
# ---
# name: fig-one-sentence
# alt: >-
#   One small waveform with the spectrogram under it for each emotion, all of the same speaker and sentence, on one
#   scale of time and amplitude.
# ---
# {glue:text}`de_sentence_of`, in every emotion, cut to the speech. All waveforms have the same scale; spectrograms
# show 65 dB below the loudest point of each.
# ```

# %% tags=["remove-input"]
def player(emotion, samples, rate):
    """An audio player of one clip."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples[:, 0].astype("<i2").tobytes())
    sound = base64.b64encode(file.getvalue()).decode()
    return (f'<label style="display:inline-block;margin:0 1rem .5rem 0">{emotion}<br><audio controls preload="none" '
            f'aria-label="synthetic {emotion}" style="width:15rem;height:2.2rem" '
            f'src="data:audio/wav;base64,{sound}"></audio></label>')


if synthetic:
    display(HTML("<p>The same demo clips to listen to. The real recordings are not published here; the corpora's own "
                 "pages are linked at the foot of this page.</p>"
                 + "".join(player(emotion, *sound) for emotion, sound in sounds.items())))

# %% [markdown]
# ## What is odd in them
#
# `datasets.check` compares a copy of a corpus with its index, sample by sample. Some of what it finds is not the
# copy's fault: the published corpora have it.

# %% tags=["remove-input"]
found = pd.concat([exploration.oddities(t).assign(corpus=c) for c, t in tables.items()])
found["example"] = found["example"].map(lambda names: re.sub(r"[^ ,=]+", lambda name: together(name[0]), names))
found["example"] = found["example"].str.replace(", ", "<br>").str.replace("= ", "=<br>")
found["corpus"] = found["corpus"].map(together)
show(found[["corpus", "what", "clips", "example"]].rename(columns={"what": "what is found", "example": "such as"}))

# %% [markdown]
# None of these is harmless. Two names for the same samples put one recording on both sides of a split, and where the
# names are of two emotions, one label is wrong and no model can be right on both. A clip of zeros divides by zero where
# clips are scaled to their level. Stereo files crash a reader that expects one channel, or come out twice as long; and
# the two channels of EMOVO are not one voice twice, they correlate by {glue:text}`de_emovo_correlation` in the median,
# so that their mean, which many readers of files take, is another signal than either. The one file of TESS at another
# rate is heard at a quarter of its pitch by code that does not resample. AIFF inside a `.wav` (so in the copy measured
# here) stops readers that trust the ending. And one TESS file is published under a name that lacks a letter
# (`OA_bite_neutral`), so that a loader that takes speakers from file names finds three speakers.
#
# What else to know of each before trusting its files:

# %% tags=["remove-input"]
display(HTML("".join(f"<details><summary>{k.name}</summary><p>{k.title}. {k.quirks}</p></details>"
                     for k in map(datasets.get, ALL))))

# %% [markdown]
# ## What a random split gives away
#
# The public code of this study's documents splits clips at random. Here is what one such split, 80/10/10 as
# CNN-n-GRU's public code makes it, does to RAVDESS, beside one that keeps speakers apart.

# %% tags=["remove-cell"]
KEYS = {"voice": ["speaker"], "words": ["sentence"], "voice + words": ["speaker", "sentence"],
        "voice + emotion": ["speaker", "emotion"], "all three": ["speaker", "sentence", "emotion"]}
PROTOCOLS = {"published": "random", "speaker": "new"}
made = {(c, p): protocols.make(datasets.published(c), p) for c in SIX for p in PROTOCOLS}
gives = {place: {name: exploration.shared(datasets.published(place[0]), split, keys) for name, keys in KEYS.items()}
         for place, split in made.items()}
for c in SIX:
    say(f"de_{short(c)}_twins", percent(gives[c, "published"]["all three"]))
    say(f"de_{short(c)}_voice_emotion", percent(gives[c, "published"]["voice + emotion"]))
say("de_new_voice", percent(max(gives[c, "speaker"]["voice"] for c in SIX)))
say("de_new_words", percent(min(gives[c, "speaker"]["words"] for c in SIX)))
clips, split = datasets.published("TESS").set_index("clip"), made["TESS", "published"]
same = clips.loc[list(split.train)].groupby(["speaker", "emotion"]).size()
tested = clips.loc[list(split.test), ["speaker", "emotion"]].itertuples(index=False, name=None)
say("de_tess_same", f"{np.median([same[pair] for pair in tested]):.0f}")

# %% tags=["hide-input", "remove-output"]
def mosaic(c):
    clips = datasets.published(c).sort_values(["emotion", "clip"]).set_index("clip")
    speakers = sorted(clips["speaker"].unique())
    figure, axes = plt.subplots(2, 1, figsize=(6.6, 7.6), sharex=True)
    alike = ["speaker", "sentence", "emotion"]
    for axis, p in zip(axes, PROTOCOLS, strict=True):
        split = made[c, p]
        known = set(clips.loc[list(split.train), alike].itertuples(index=False, name=None))
        for y, who in enumerate(speakers):
            mine = clips[clips["speaker"] == who]
            for x, (clip, row) in enumerate(mine.iterrows()):
                tested = HEARD if tuple(row[alike]) in known else NEW
                colour = tested if clip in split.test else TRAINED
                axis.add_patch(plt.Rectangle((x, y), 0.88, 0.84, color=colour, lw=0))
        edges = mine.reset_index().groupby("emotion").apply(lambda g: (g.index.min(), g.index.max() + 1))
        for emotion, (left, right) in edges.items():
            if left:
                axis.axvline(left - 0.06, color="black", lw=0.7)
            axis.text((left + right) / 2, -0.5, emotion, ha="center", va="bottom", fontsize=9)
        axis.set(xlim=(0, len(mine)), ylim=(len(speakers), 0), xticks=[], ylabel="speaker")
        axis.set_yticks(np.arange(0, len(speakers), 4) + 0.42, speakers[::4])
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
        axis.set_title({"published": "random split", "speaker": "new speakers (one fold)"}[p], weight="bold", pad=20)
    figure.legend(handles=[Patch(color=TRAINED, label="training and validation"),
                           Patch(color=HEARD, label="tested; same voice, words and emotion in training"),
                           Patch(color=NEW, label="tested; not so")],
                  loc="lower center", ncols=1, fontsize=10)
    figure.tight_layout(rect=(0, 0.1, 1, 1), h_pad=2)
    return figure


draw("de_mosaic", mosaic("RAVDESS"))

# %% [markdown]
# ```{glue:figure} de_mosaic
# ---
# name: fig-random-split
# alt: >-
#   Two grids of RAVDESS clips, speakers down, clips by emotion across. In the random split the tested clips are
#   scattered over all speakers, nearly all in the colour for heard before. In the other, four whole rows are tested,
#   all in the colour for new.
# ---
# RAVDESS, a cell a clip. Under a random split, {glue:text}`de_ravdess_twins` of the test clips have a twin in
# training: the same actor, the same sentence, the same emotion, another take.
# ```

# %% tags=["remove-input"]
show(pd.DataFrame([{"corpus": c, "clips tested": len(made[c, "published"].test)}
                   | {name: percent(share) for name, share in gives[c, "published"].items()} for c in SIX]))

# %% [markdown]
# *A random split: share of the tested clips that have a training clip with the same voice, words, voice and words, and
# so on. SAVEE numbers its sentences by emotion, hence the zero.*
#
# Under a random split every tested voice has been heard, and nearly always in the very emotion. On TESS, where each
# woman says each word once in each emotion, no test clip has a full twin ({glue:text}`de_tess_twins`), but
# {glue:text}`de_tess_voice_emotion` of them have the same woman in the same emotion with other words,
# {glue:text}`de_tess_same` times each in the median. A model that has learnt how these two women act needs to know
# nothing else. The split that keeps speakers apart brings the shared voices to {glue:text}`de_new_voice` in all six
# corpora. It leaves the words: {glue:text}`de_new_words` of the tested sentences were trained on.
#
# So each document's number is measured twice here: under its own split, and with speakers nobody has heard. What
# remains of it is the subject of the chapters that follow, the first of them on [CNN-n-GRU](cnn_n_gru.ipynb).
#
# ## Where to get them, and on what terms

# %% tags=["remove-input"]
def linked(text):
    return re.sub(r"https?://[^\s;,]+", lambda m: f'<a href="{m[0]}">{m[0].split("//")[1].split("/")[0]}</a>', text)


show(pd.DataFrame([{"corpus": together(f'<a href="{k.home}">{k.name}</a>'), "licence": k.licence,
                    "unpacked": f"{k.source.unpacked_bytes / 1e9:.1f} GB",
                    "how it is had": linked(k.source.ask) or f"<code>ser-repro corpora download {k.name}</code>"}
                   for k in map(datasets.get, ALL)]))
hashes = "; ".join(f"{c} content {datasets.content_hash(t)[:12]}" for c, t in tables.items())
parts = "; ".join(f"{c} {p} {split.hash}" for (c, p), split in made.items())
if unstored:
    display(HTML(f"<p>{', '.join(unstored)}: no index says what the published samples are, so its measures are shown "
                 "but not stored.</p>"))
display(HTML(f'<p class="stamp">Measures of {hashes}; taken anew for this page: {", ".join(measured) or "none"}. '
             f"Splits: {parts}. Seed {seed}.</p>"))
