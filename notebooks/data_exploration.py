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
corpora: list = ["RAVDESS", "TESS", "EMO-DB"]  # corpora pictured
example: str = "RAVDESS"  # corpus whose sentence is shown in every emotion
data: str = ""  # folder of the corpora; "": SER_REPRO_DATA
results: str = "results"  # folder of the stored measures
recompute: bool = False  # measure the corpora on this machine anew and store that; else take the stored measures
seed: int = 0  # which speaker and sentence are the example

# %% tags=["remove-input"]
from ser_repro import datasets, notebook

notebook.check(globals(), corpora=datasets.CORPORA, example=datasets.CORPORA, data=None, results=None,
               recompute=(True, False), seed=None)

# %% tags=["remove-cell"]
import base64
import io
import warnings
import wave

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib.patches import Patch
from myst_nb import glue

from ser_repro import SerReproError, exploration, plots, splits
from ser_repro.exploration import EMOTION_COLOURS
from ser_repro.notebook import show

plots.use_style()
warnings.filterwarnings("ignore", message="IProgress not found")  # would print a path of this machine
plt.rcParams["figure.dpi"] = 150  # sharp where a screen has two dots a pixel
THREE = ["RAVDESS", "TESS", "EMO-DB"]  # those the prose speaks of, whatever is pictured
SIGN = {"female": "♀", "male": "♂"}
SPEECH, SILENCE, HEARD, NEW, TRAINED = "#2a7f78", "#cfcdc6", "#D55E00", "#0072B2", "#dddbd4"

here = notebook.real(data or None)
measured = [c for c in dict.fromkeys(THREE + corpora) if recompute and c in here]
if recompute and not measured:
    raise SerReproError("recompute = True, but none of these corpora is here: set SER_REPRO_DATA to their folder.")
for c in measured:
    exploration.store(exploration.describe(c, data or None), results)
tables = {c: exploration.relative_to_neutral(exploration.load(c, results)) for c in dict.fromkeys(THREE + corpora)}


def say(key, value):
    """Glue a string for the prose."""
    glue(key, value, display=False)


def draw(key, figure):
    """Glue a figure: the prose places it, with a caption and a text for those who do not see it."""
    glue(key, figure)
    plt.close(figure)


def percent(share):
    return f"{100 * share:.0f} %"


# %% tags=["remove-cell"]
for c in THREE:
    key, t = c.lower().replace("-", ""), tables[c]
    silent = t["silence_start_s"] + t["silence_end_s"]
    say(f"de_{key}_clips", f"{len(t):,}".replace(",", " "))
    say(f"de_{key}_speakers", str(t["speaker"].nunique()))
    say(f"de_{key}_sentences", str(t["sentence"].nunique()))
    say(f"de_{key}_silent", percent(silent.sum() / t["duration_s"].sum()))
    say(f"de_{key}_start", f"{t['silence_start_s'].median():.2f} s")
    say(f"de_{key}_speech", f"{(t['duration_s'] - silent).median():.1f} s")
    say(f"de_{key}_first_second", percent((t["silence_start_s"] >= 0.9).mean()))
    by_emotion = t.groupby("emotion")[["pitch_st", "gain_db", "f0_iqr_semitones"]].median()
    for emotion, row in by_emotion.iterrows():
        say(f"de_{key}_{emotion}_pitch", f"{row['pitch_st']:+.1f}".replace("-", "−"))
        say(f"de_{key}_{emotion}_gain", f"{row['gain_db']:+.0f}".replace("-", "−"))
        say(f"de_{key}_{emotion}_range", f"{row['f0_iqr_semitones']:.1f}")
    say(f"de_{key}_gain_span", f"{by_emotion['gain_db'].max() - by_emotion['gain_db'].min():.0f} dB")
    say(f"de_{key}_pitchless", str(int(t["f0_median_hz"].isna().sum())))
counts = tables["EMO-DB"]["emotion"].value_counts()
say("de_emodb_most", f"{counts.index[0]} {counts.iloc[0]}")
say("de_emodb_least", f"{counts.index[-1]} {counts.iloc[-1]}")
grid = pd.crosstab(tables["EMO-DB"]["speaker"], tables["EMO-DB"]["emotion"]).stack()
say("de_emodb_holes", " and ".join(f"{s} has no clip of {e}" for s, e in grid.index[grid == 0]))
say("de_emodb_thin", str(int((grid < 3).sum())))
hertz = tables["RAVDESS"].groupby(["sex", "emotion"])["f0_median_hz"].median()
say("de_angry_man", f"{hertz['male', 'anger']:.0f} Hz")
say("de_calm_woman", f"{hertz['female', 'calm']:.0f} Hz")
moves = tables["TESS"].groupby(["emotion", "speaker"])["f0_iqr_semitones"].median()
for s in ("OAF", "YAF"):
    say(f"de_tess_{s}_neutral", f"{moves['neutral', s]:.1f}")
    say(f"de_tess_{s}_surprise", f"{moves['surprise', s]:.1f}")
say("de_ravdess_neutral", str(int((tables["RAVDESS"]["emotion"] == "neutral").sum())))
say("de_ravdess_other", str(int((tables["RAVDESS"]["emotion"] == "anger").sum())))
say("de_silence_db", f"{exploration.SILENCE_DB:.0f} dB")

# %% [markdown]
# Every number in this study is a number about {glue:text}`de_ravdess_speakers`, {glue:text}`de_tess_speakers` or
# {glue:text}`de_emodb_speakers` people. They are actors, they were asked for an emotion by name, and each says the
# same few sentences again and again. So a random split lets a model meet in training the very voice, sentence and
# emotion that it is tested on; and how clips were cut and levelled is part of what it learns.
#
# ## Three corpora at a glance

# %% tags=["remove-input"]
rows = []
for c, t in tables.items():
    corpus = datasets.get(c)
    sexes = pd.Series(corpus.sexes).value_counts()
    rows.append({"corpus": c, "language": corpus.language,
                 "speakers": " + ".join(f"{n} {SIGN[s]}" for s, n in sexes.items()),
                 "sentences": t["sentence"].nunique(), "emotions": t["emotion"].nunique(), "clips": len(t),
                 "hours": f"{t['duration_s'].sum() / 3600:.1f}", "kHz": f"{corpus.sample_rate / 1000:g}"})
show(pd.DataFrame(rows))

# %% [markdown]
# RAVDESS {cite}`livingstone2018ravdess` and EMO-DB {cite}`burkhardt2005emodb` have many voices and few sentences; TESS
# {cite}`pichorafuller2020tess` has two voices, an older and a younger woman, who both say the same
# {glue:text}`de_tess_sentences` words after "Say the word".

# %% tags=["hide-input", "remove-output"]
def who_says_what(names):
    shapes = [(tables[c]["emotion"].nunique(), tables[c]["speaker"].nunique()) for c in names]
    figure, axes = plt.subplots(len(names), 1, figsize=(6.4, 0.4 + sum(0.27 * e + 0.95 for e, _ in shapes)),
                                height_ratios=[e + 1.2 for e, _ in shapes], squeeze=False)
    for axis, c in zip(axes[:, 0], names, strict=True):
        corpus, t = datasets.get(c), tables[c]
        people = sorted(corpus.speakers, key=lambda s: (s.sex, s.name))
        count = pd.crosstab(t["emotion"], t["speaker"])[[s.name for s in people]]
        for y, emotion in enumerate(count.index):
            for x, n in enumerate(count.loc[emotion]):
                if n:
                    strength = 0.18 + 0.82 * n / count.to_numpy().max()
                    axis.add_patch(plt.Rectangle((x - 0.47, y - 0.45), 0.94, 0.9, color=EMOTION_COLOURS[emotion],
                                                 alpha=strength, lw=0))
                    axis.text(x, y, n, ha="center", va="center", fontsize=9,
                              color="white" if strength > 0.7 and emotion not in ("surprise", "happiness") else "black")
        axis.set(xlim=(-0.5, len(people) - 0.5), ylim=(len(count) - 0.5, -0.5))
        axis.set_xticks(range(len(people)), [f"{s.name}\n{SIGN[s.sex]}" for s in people], fontsize=9)
        axis.set_yticks(range(len(count)), [f"{e}  {n}" for e, n in count.sum(axis=1).items()])
        axis.set_title(f"{c}: {len(t)} clips", weight="bold")
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0)
    figure.tight_layout()
    return figure


draw("de_who", who_says_what(corpora))

# %% [markdown]
# ```{glue:figure} de_who
# ---
# name: fig-who-says-what
# alt: >-
#   A grid for each corpus, emotions down and speakers across, with the number of clips in each cell. RAVDESS and TESS
#   are even, EMO-DB is patchy.
# ---
# Clips by emotion and speaker; the number after an emotion is its total. RAVDESS and TESS are even by design. EMO-DB
# published only what listeners recognised, which leaves it uneven.
# ```
#
# The counts matter for what "accuracy" means. In RAVDESS neutral has {glue:text}`de_ravdess_neutral` clips where the
# other emotions have {glue:text}`de_ravdess_other`, as nobody can be strongly neutral. In EMO-DB the largest class is
# {glue:text}`de_emodb_most`, the smallest {glue:text}`de_emodb_least`, speaker {glue:text}`de_emodb_holes`, and
# {glue:text}`de_emodb_thin` cells of the grid hold fewer than three: each speaker held out takes a different mix of
# emotions along. Unweighted average recall (UAR) is therefore given beside accuracy.
#
# ## Length, and how much of it is silence

# %% tags=["hide-input", "remove-output"]
def what_a_moment_holds(names, last_s=6):
    figure, axes = plt.subplots(len(names), 1, figsize=(6.4, 0.9 + 1.55 * len(names)), sharex=True, squeeze=False)
    moments = np.linspace(0, last_s, 601)[:, None]
    for axis, c in zip(axes[:, 0], names, strict=True):
        t = tables[c]
        begin, over = t["silence_start_s"].to_numpy(), t["duration_s"].to_numpy()
        end = over - t["silence_end_s"].to_numpy()
        speech = ((moments >= begin) & (moments < end)).mean(axis=1)
        present = (moments < over).mean(axis=1)
        axis.fill_between(moments[:, 0], 0, speech, color=SPEECH, lw=0)
        axis.fill_between(moments[:, 0], speech, present, color=SILENCE, lw=0)
        axis.set_title(c, weight="bold")
        axis.set(ylim=(0, 1), xlim=(0, last_s), yticks=(0, 0.5, 1), ylabel="of the clips")
        axis.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes[-1, 0].set_xlabel("time since the clip began (s)")
    figure.legend(handles=[Patch(color=SPEECH, label="speech"), Patch(color=SILENCE, label="silence"),
                           Patch(facecolor="white", edgecolor="#999999", label="clip is over")],
                  loc="upper right", ncols=3, fontsize=10)
    figure.tight_layout()
    return figure


draw("de_moments", what_a_moment_holds(corpora))

# %% [markdown]
# ```{glue:figure} de_moments
# ---
# name: fig-what-a-moment-holds
# alt: >-
#   For each corpus the share of clips that are speaking, silent or over at each moment. RAVDESS clips are silent for
#   the first second, TESS and EMO-DB clips speak from the start.
# ---
# What the clips are doing at each moment after they began. A model that sees the first second of RAVDESS sees silence.
# ```

# %% tags=["remove-input"]
rows = []
for c in corpora:
    t = tables[c]
    silent = t["silence_start_s"] + t["silence_end_s"]
    length = t["duration_s"]
    rows.append({"corpus": c, "length, s": f"{length.min():.1f} – {length.median():.1f} – {length.max():.1f}",
                 "speech": f"{(length - silent).median():.1f}", "before": f"{t['silence_start_s'].median():.2f}",
                 "after": f"{t['silence_end_s'].median():.2f}", "silent": percent(silent.sum() / length.sum())})
show(pd.DataFrame(rows))

# %% [markdown]
# *Length: shortest, median, longest clip. Then medians, in s: speech, and silence before and after it. Last, the share
# of all audio that is silence at the edges.*
#
# {glue:text}`de_ravdess_silent` of all RAVDESS audio is silence at the edges of clips (TESS
# {glue:text}`de_tess_silent`, EMO-DB {glue:text}`de_emodb_silent`). In {glue:text}`de_ravdess_first_second` of its
# clips the first second holds less than a tenth of a second of speech. So a method that crops RAVDESS has to say
# where; one that averages over all frames averages about as much silence as speech, padding not counted; and one that
# first cuts silence away works on other data than one that does not. Silence here is what lies
# {glue:text}`de_silence_db` or more below the loudest hundredth of a second of the same clip; a breath or a click that
# is louder ends it.
#
# ## Pitch and loudness, against the speaker's own neutral
#
# Voices differ as much as emotions do: in RAVDESS the median angry man speaks at {glue:text}`de_angry_man`, the median
# calm woman at {glue:text}`de_calm_woman`. So each clip is compared with the median of the *same speaker's* neutral
# clips.

# %% tags=["hide-input", "remove-output"]
MEASURES = {"pitch_st": "pitch, semitones\nfrom own neutral",
            "f0_iqr_semitones": "movement of pitch\nin a clip, semitones",
            "gain_db": "level, dB\nfrom own neutral"}


def by_emotion(names):
    height = [tables[c]["emotion"].nunique() for c in names]
    figure, axes = plt.subplots(len(names), 3, figsize=(6.6, 0.9 + sum(0.27 * n + 0.45 for n in height)),
                                height_ratios=height, sharex="col", squeeze=False)
    order = pd.concat([tables[c] for c in names]).groupby("emotion")["pitch_st"].median().sort_values().index
    for line, c in zip(axes, names, strict=True):
        t = tables[c]
        emotions = [e for e in order if e in set(t["emotion"])]
        for axis, measure in zip(line, MEASURES, strict=True):
            for y, emotion in enumerate(emotions):
                mine = t[t["emotion"] == emotion]
                each = mine.groupby(["sex", "speaker"])[measure].median()
                for sex, marker in (("female", "o"), ("male", "^")):
                    if sex in each.index.get_level_values(0):
                        values = each[sex]
                        axis.scatter(values, np.full(len(values), y), marker=marker, s=26, lw=0, alpha=0.45,
                                     color=EMOTION_COLOURS[emotion])
                axis.plot([mine[measure].median()] * 2, [y - 0.4, y + 0.4], color="black", lw=2)
            axis.set_yticks(range(len(emotions)), emotions if measure == "pitch_st" else [])
            axis.set_ylim(-0.6, len(emotions) - 0.4)
            axis.tick_params(axis="y", length=0)
            axis.grid(axis="x", alpha=0.25)
            if measure != "f0_iqr_semitones":
                axis.axvline(0, color="black", lw=0.8)
        line[0].set_title(c, weight="bold")
    for axis, label in zip(axes[-1], MEASURES.values(), strict=True):
        axis.set_xlabel(label)
    for marker, label in (("o", "a woman"), ("^", "a man")):
        axes[0, 2].scatter([], [], marker=marker, s=26, color="#777777", label=label)
    figure.legend(*axes[0, 2].get_legend_handles_labels(), loc="upper right", ncols=2, fontsize=10)
    figure.tight_layout()
    return figure


draw("de_emotions", by_emotion(corpora))

# %% [markdown]
# ```{glue:figure} de_emotions
# ---
# name: fig-pitch-and-level
# alt: >-
#   Dots for every speaker, by corpus and emotion, of pitch, movement of pitch and level. Anger, fear and happiness are
#   higher and, except in EMO-DB, louder than neutral; sadness, calm and boredom lie near neutral.
# ---
# Each mark is a speaker's median (circles women, triangles men), each black bar the median of all clips. Sorted by
# pitch over all corpora.
# ```
#
# Three things are worth keeping in mind on later pages.
#
# - **Excitement is easy, its kind is not.** Anger, fear and happiness all raise pitch: in RAVDESS by
#   {glue:text}`de_ravdess_anger_pitch`, {glue:text}`de_ravdess_fear_pitch` and {glue:text}`de_ravdess_happiness_pitch`
#   semitones, in EMO-DB by {glue:text}`de_emodb_anger_pitch`, {glue:text}`de_emodb_fear_pitch` and
#   {glue:text}`de_emodb_happiness_pitch`. Neutral, calm, sadness and boredom stay close together.
# - **Level is a property of the recording too.** From the quietest to the loudest emotion RAVDESS spans
#   {glue:text}`de_ravdess_gain_span`, TESS {glue:text}`de_tess_gain_span` and EMO-DB only
#   {glue:text}`de_emodb_gain_span`, where anger stands at {glue:text}`de_emodb_anger_gain` dB: its levels were
#   evidently evened out (inferred from the figure). What a model learns of loudness on RAVDESS is of no use on EMO-DB.
# - **Two voices are two habits.** Within a neutral clip the TESS women move their pitch by
#   {glue:text}`de_tess_OAF_neutral` and {glue:text}`de_tess_YAF_neutral` semitones (distance of the quartiles), in
#   surprise by {glue:text}`de_tess_OAF_surprise` and {glue:text}`de_tess_YAF_surprise`. With two speakers nobody can
#   say which of it is surprise, and which is one woman's way to act it.
#
# Pitch is tracked by YIN (de Cheveigné and Kawahara, [2002](https://doi.org/10.1121/1.1458024)) every 20 ms, and kept
# where a frame repeats itself after one period. Creaky voices defeat any such tracker: in RAVDESS
# {glue:text}`de_ravdess_pitchless` clips have too few voiced frames to give a pitch, and single clips may be an octave
# off. Medians over a speaker hardly move by that; do not read single clips off these measures.
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
        above.plot(time, signal, color=EMOTION_COLOURS[emotion], lw=0.5)
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
    picture.text(0.5, 0.5, notebook.SYNTHETIC, color=plots.RED, alpha=0.55, fontsize=30, rotation=30, ha="center",
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
found["example"] = found["example"].str.replace(", ", "<br>")
show(found[["corpus", "what", "clips", "example"]].rename(columns={"what": "what is found", "example": "such as"}))

# %% [markdown]
# None of these is harmless. Two names for the same samples put one recording on both sides of a split. Stereo files
# crash a reader that expects one channel, or come out twice as long. The one file at another rate is heard at a
# quarter of its pitch by code that does not resample. AIFF inside a `.wav` (so in the copy measured here) stops
# readers that trust the ending. And one TESS file is published under a name that lacks a letter (`OA_bite_neutral`), so
# that a loader that takes speakers from file names finds three speakers.
#
# ## What a random split gives away
#
# The public code of this study's documents splits clips at random. Here is what one such split, 80/10/10 as
# CNN-n-GRU's public code makes it, does to RAVDESS, beside one that keeps speakers apart.

# %% tags=["remove-cell"]
KEYS = {"voice": ["speaker"], "words": ["sentence"], "voice + words": ["speaker", "sentence"],
        "voice + emotion": ["speaker", "emotion"], "all three": ["speaker", "sentence", "emotion"]}
PROTOCOLS = {"published": "random", "speaker": "new"}
made = {(c, p): splits.make(datasets.published(c), p) for c in THREE for p in PROTOCOLS}
gives = {place: {name: exploration.shared(datasets.published(place[0]), split, keys) for name, keys in KEYS.items()}
         for place, split in made.items()}
for c in THREE:
    key = c.lower().replace("-", "")
    say(f"de_{key}_twins", percent(gives[c, "published"]["all three"]))
    say(f"de_{key}_voice_emotion", percent(gives[c, "published"]["voice + emotion"]))
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
table = pd.DataFrame({(c, PROTOCOLS[p]): {"clips tested": len(made[c, p].test)}
                      | {name: percent(share) for name, share in gives[c, p].items()} for c, p in made})
show(table, index=True)

# %% [markdown]
# *Share of the tested clips that have a training clip with the same voice, words, voice and words, and so on. New
# speakers: the first fold.*
#
# Under a random split every tested voice has been heard. On TESS, where each woman says each word once in each
# emotion, no test clip has a full twin ({glue:text}`de_tess_twins`), but {glue:text}`de_tess_voice_emotion` of them
# have the same woman in the same emotion with other words, {glue:text}`de_tess_same` times each in the median. A model
# that has learnt how these two women act needs to know nothing else. Words are shared even by the split that keeps
# speakers apart: RAVDESS has two sentences, and both are in every part.
#
# So each document's number is measured twice here: under its own split, and with speakers nobody has heard. What
# remains of it is the subject of the chapters that follow, the first of them on [CNN-n-GRU](cnn_n_gru.ipynb).
#
# ## Where to get them

# %% tags=["remove-input"]
links = "".join(f'<li><a href="{datasets.get(c).home}">{c}</a>: {datasets.get(c).title}. {datasets.get(c).licence}. '
                f"{datasets.get(c).quirks}</li>" for c in tables)
display(HTML(f"<ul>{links}</ul>"))
hashes = "; ".join(f"{c} content {datasets.content_hash(t)[:12]}" for c, t in tables.items())
parts = "; ".join(f"{c} {p} {split.hash}" for (c, p), split in made.items())
display(HTML(f'<p class="stamp">Measures of {hashes}; taken anew for this page: {", ".join(measured) or "none"}. '
             f"Splits: {parts}. Seed {seed}.</p>"))
