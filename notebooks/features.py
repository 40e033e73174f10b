# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The features: what a model is given

# %% tags=["parameters", "remove-input"]
corpora: list = ["RAVDESS", "EMO-DB", "SAVEE"]  # corpora in which emotions and speakers are told apart
example: str = "RAVDESS"  # corpus whose sentence goes through every set
data: str = ""  # folder of the corpora; "": SER_REPRO_DATA
results: str = "results"  # folder of the stored measures
recompute: bool = False  # measure the corpora on this machine anew and store that; else take the stored measures
seed: int = 0  # which speaker and sentence are the example

# %% tags=["remove-input"]
from ser_repro import datasets
from ser_repro.book import page as notebook


def indexed():
    """Corpora whose published samples are known."""
    return [name for name, corpus in datasets.CORPORA.items() if corpus.index.is_file()]


notebook.check(globals(), corpora=indexed(), example=indexed(), data=None, results=None, recompute=(True, False),
               seed=None)

# %% tags=["remove-cell"]
import base64
import io
import json
import re
from pathlib import Path

import librosa
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import soundfile
from IPython.display import HTML, display
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ser_repro import SerReproError
from ser_repro.book import exploration, palette, separation
from ser_repro.book.page import draw, number, percent, say, show, unit
from ser_repro.features import extract, mel_image, sets
from ser_repro.features.clip import Clip, key_of

palette.use_theme()
plt.rcParams["figure.dpi"] = 150  # sharp where a screen has two dots a pixel
WIDTH = 5.2  # of a picture, in inches: narrow enough for its text to be read on a phone
PAIR = ("neutral", "anger")
TITLES = {"mfcc50_mean_code": "50 MFCCs, mean", "mfcc40_frames_code": "40 MFCCs, 100 frames",
          "mfcc40_frames_whole": "40 MFCCs, all frames", "issa193": "193 means", "assignment258": "258 means",
          "mel_image_code": "30 mel bands, code", "mel_image": "30 mel bands, mended", "log_mel": "64 mel bands",
          "msf": "236 of modulation", "mfcc_msf": "12 MFCCs + modulation"}
TOLD = ["RAVDESS", "EMO-DB", "SAVEE"]  # those the prose speaks of, whatever is pictured
SHOWN = [name for name in TITLES if name in sets.SETS]  # seen, and told apart
CODED, WHOLE = (sets.SETS[f"mfcc40_frames_{which}"].definition for which in ("code", "whole"))


def two(value):
    return f"{value + 0:.2f}".replace("-0.00", "0.00").replace("-", "−")


def title(name):
    return (TITLES | {"issa193_full": "193 means, full tonnetz"}).get(name, name)


def code(name):
    return f'<code style="white-space: nowrap">{name}</code>'


here = notebook.real(data or None)
measured = [c for c in corpora if recompute and c in here]
if recompute and not measured:
    raise SerReproError("recompute = True, but none of the corpora is here: set SER_REPRO_DATA to the folder that "
                        "holds them.")


def at_floor(values):
    """Share of an image's values that lie at its own lowest one, mean over clips."""
    return float(np.mean([np.mean(image <= image.min() + 1e-3) for image in values]))


for c in measured:
    clips = datasets.clips(c, data or None)
    facts = [datasets.measure(path) for path in clips["path"]]
    content = datasets.content_hash(clips.assign(sha256=[fact["sha256"] for fact in facts]))
    found = []
    for name, values in extract.extract(clips, SHOWN).items():
        row = separation.measure(separation.flatten(values), clips)
        row |= {"at_floor": at_floor(values)} if name.startswith("mel_image") else {}
        sizes = separation.sizes(values.array()) if sets.SETS[name].values else {}
        found.append({"set": name, "definition": sets.SETS[name].hash, "clips": len(clips)}
                     | {key: round(value, 4) for key, value in row.items()} | sizes)
    separation.store(c, found, content, results)


def stored(c):
    """What is stored of a corpus, of sets that are still defined so; empty where nothing is."""
    if not (Path(results) / "features" / f"separation-{c.lower()}.json").is_file():
        return pd.DataFrame(columns=["set"])
    table = separation.load(c, results)
    return table[[sets.SETS[s].hash == h if s in sets.SETS else False
                  for s, h in zip(table["set"], table["definition"], strict=True)]].assign(corpus=c)


known = {c: stored(c) for c in dict.fromkeys([*TOLD, *corpora])}
pictured = [c for c in corpora if len(known[c])]
if not pictured:
    raise SerReproError(f"{', '.join(corpora)}: nothing is stored of it. Name another corpus, or set recompute = True "
                        "where it is on this machine.")
apart = pd.concat([known[c] for c in pictured], ignore_index=True)
for what in ("emotion", "speaker"):  # 0 is guessing, 1 is always right
    apart[what] = (apart[f"{what}_uar"] - apart[f"{what}_guess"]) / (1 - apart[f"{what}_guess"])


def worth(c, name, what, less=None):
    """A measure of a set in per cent, or by how many points it exceeds that of another."""
    values = known[c].set_index("set").get(what, pd.Series(dtype=float))
    if not {name, less or name} <= set(values.index):
        return "(not yet measured)"
    return percent(values[name]) if less is None else f"{100 * (values[name] - values[less]):+.0f}".replace("-", "−")


# %% [markdown]
# All documents but [CNN-n-GRU](cnn_n_gru.ipynb), which takes the waveform, compute *features* of a clip first, and
# hand their network those: {glue:text}`ft_smallest` to {glue:text}`ft_largest` numbers. What a set of features throws
# away no network brings back, and what it keeps is not only emotion: in {glue:text}`ft_ahead` pairs of corpus and set
# measured here, a linear discriminant finds the speaker more surely than the emotion.
#
# ## The sets

# %% tags=["remove-input"]
WORDS = {"tonnetz, harmonic": "tonnetz of the harmonic part", "mfcc": "MFCCs", "mel": "mel bands",
         "rms": "root mean square"}
FIELDS = {"mfcc": "{} MFCCs", "bands": "{} mel bands", "sample_rate": "{} Hz", "n_fft": "FFT {}", "hop": "hop {}",
          "keep": "first {} frames", "standardised": "standardised over the {}", "start_s": "from {} s on",
          "length": "{} samples", "filter_rate": "filterbank for {} Hz", "decibels": "decibels {}", "pad": "padding {}"}
FIELDS |= {"lowest_centre": "centres from {} Hz", "highest_centre": "to {} Hz", "modulation_centres":
           "modulation bands at {} Hz", "frame_s": "frames of {} s", "hop_s": "every {} s"}
READS = {("sample_rate", "own"): "own rate", ("keep", None): "all frames", ("length", None): "the whole clip",
         ("pad", "by lot of the hash"): "padding at random (drawn from the clip's hash)"}
DETAILS = {"kind", "parts", "source", "ear_q", "min_bandwidth", "window", "q", "described", "groups", "floor_db",
           "padding_s"}  # in the module's own table


def in_words(parts):
    return ", ".join(f"{count} {WORDS.get(name, name)}" if count > 1 else WORDS.get(name, name)
                     for name, count in parts)


def read_out(key, value):
    """A field of a definition in words; of a set that is not known here, as it stands."""
    if isinstance(value, tuple):
        plain = ", ".join(f"{one:g}" for one in value)
    elif isinstance(value, float):
        plain = f"{value:g}"
    else:
        plain = number(value) if isinstance(value, int) and value >= 10000 else str(value)
    return READS.get((key, value)) or FIELDS.get(key, key.replace("_", " ") + " {}").format(plain)


def in_a_line(definition):
    """A set in a line, from its definition alone."""
    fields = {key: value for key, value in definition.items() if key not in DETAILS}
    first = f"means over time of {in_words(definition['parts'])}; " if definition.get("kind") == "means" else ""
    order = sorted(fields, key=lambda key: list(FIELDS).index(key) if key in FIELDS else len(FIELDS))
    line = first + ", ".join(read_out(key, fields[key]) for key in order)
    return line.replace("mel bands", "gammatone bands") if "ear_q" in definition else line


def sentence_of(text):
    return f"{text[0].upper()}{text[1:]}."


def listed(names):
    return "".join(f"<dt>{TITLES.get(one.name, '')} {code(one.name)}</dt><dd>{sentence_of(in_a_line(one.definition))} "
                   f"<em>Shape {one.shape}. {sentence_of(one.source)}</em></dd>"
                   for one in map(sets.SETS.get, names))


others = [name for name in sets.SETS if name not in SHOWN]
display(HTML(f"<dl>{listed(SHOWN)}</dl><details><summary>{len(others)} more</summary>"
             f"<dl>{listed(others)}</dl></details>"))
frame_s = CODED["hop"] / datasets.get("RAVDESS").sample_rate
crop_s = CODED["keep"] * frame_s
say("ft_crop", unit(crop_s, "s", 2))
say("ft_keep", str(CODED["keep"]))
say("ft_image_from", unit(mel_image.START_S, "s", 1))
say("ft_image_to", unit(mel_image.START_S + mel_image.DURATION_S, "s", 1))
sizes = [int(np.prod([int(n) for n in re.findall(r"\d+", sets.SETS[s].shape)])) for s in SHOWN
         if "time" not in sets.SETS[s].shape]
say("ft_smallest", str(min(sizes)))
say("ft_largest", number(max(sizes)))

# %% [markdown]
# An *MFCC* tells the shape of the spectrum, a *mel band* how much sound is in a band of frequencies, *chroma* which
# notes of the scale are heard, *contrast* how far peaks rise above valleys, *tonnetz* how the notes relate,
# *modulation* how fast loudness goes up and down in a band. All are taken of short frames; a *mean over time* makes
# one number of all frames.
#
# ## One sentence through each set

# %% tags=["remove-input"]
t = datasets.published(example)
both = t[t["emotion"].isin(PAIR)].groupby(["speaker", "sentence"])["emotion"].nunique()
alike = both.index[both == len(PAIR)]
if alike.empty:  # corpora that number sentences anew in every emotion
    both = t[t["emotion"].isin(PAIR)].groupby("speaker")["emotion"].nunique()
    alike = [(who, None) for who in both.index[both == len(PAIR)]]
speaker, sentence = alike[np.random.default_rng(seed).integers(len(alike))]
chosen = t[(t["speaker"] == speaker) & ((t["sentence"] == sentence) | (sentence is None)) & t["emotion"].isin(PAIR)]
chosen = chosen.sort_values(["intensity", "clip"], ascending=[False, True]).drop_duplicates("emotion")
chosen = chosen.set_index("emotion").loc[list(PAIR)].reset_index()
silence = exploration.load(example, results)[["silence_start_s", "silence_end_s"]].median()


def made(row, rate):
    """Demo speech, with as much silence before and after it as clips of the corpus have in the median."""
    samples, _ = datasets.synthesise(example, row, seed, rate, 1.6)
    before, after = (round(s * rate) for s in silence)
    return np.pad(samples, ((before, after), (0, 0)))


demo = {row["emotion"]: made(row, datasets.get(example).sample_rate) for row in chosen.to_dict("records")}
rate = datasets.get(example).sample_rate
synthetic = example not in here
if synthetic:
    notebook.banner(f"{notebook.SYNTHETIC}. The sentence seen and heard below is made by the demo synthesiser under "
                    f"names of {example}, as that corpus is not on this machine.")
    sounds = demo
else:
    paths = datasets.find(example, data or None).set_index("clip")["path"]
    sounds = {e: datasets.read(paths[clip])[0] for e, clip in zip(chosen["emotion"], chosen["clip"], strict=True)}
heard = {e: Clip(samples, rate, key=key_of(samples, rate)) for e, samples in sounds.items()}
given = {(name, e): sets.SETS[name].compute(clip) for name in SHOWN for e, clip in heard.items()}
images = [name for name in SHOWN if given[name, "anger"].ndim == 2]
vectors = [name for name in SHOWN if given[name, "anger"].ndim == 1 and "msf" not in name]  # that has its own picture
where = f"{example}, speaker {speaker}" + (f", sentence {sentence}" if sentence else "")
say("ft_sentence_of", f"Synthetic, not a result: the demo synthesiser under names of {where}" if synthetic else where)


def marked(figure):
    if synthetic:
        figure.text(0.5, 0.5, notebook.SYNTHETIC, color=palette.RED, alpha=0.5, fontsize=28, rotation=30, ha="center",
                    va="center")
    return figure


# %% tags=["hide-input", "remove-output"]
def seconds(name, frames):
    """When the image of a set begins and ends, in s of the clip."""
    definition = sets.SETS[name].definition
    own = definition.get("sample_rate", rate)
    start = definition.get("start_s", 0)
    return start, start + frames * definition.get("hop", 512) / (rate if own == "own" else own)


def through_every_image():
    end = max(len(clip.samples) for clip in heard.values()) / rate
    figure, axes = plt.subplots(len(images) + 1, 2, figsize=(WIDTH, 1.28 * (len(images) + 1)), sharex=True,
                                sharey="row", height_ratios=[0.7] + [1] * len(images))
    for axis, (emotion, clip) in zip(axes[0], heard.items(), strict=True):
        axis.plot(np.arange(len(clip.samples)) / rate, clip.samples, color=palette.EMOTIONS[emotion].colour, lw=0.5)
        axis.set_title(emotion, weight="bold", loc="center")
        axis.set_yticks([])
    for line, name in zip(axes[1:], images, strict=True):
        for axis, emotion in zip(line, PAIR, strict=True):
            value = given[name, emotion]
            begin, over = seconds(name, value.shape[1])
            # The two sets of coefficients are scaled alike, and few of them fill the range.
            low, high = (-1, 1) if name.startswith("mfcc") else (value.min(), value.max())
            axis.imshow(value, aspect="auto", origin="lower", cmap="magma", vmin=low, vmax=high,
                        extent=(begin, over, 0, len(value)), interpolation="nearest")
            axis.set_facecolor("#e9e7e1")
            axis.set_yticks([])
        line[0].set_title(title(name), fontsize=10, pad=3)
    for axis in axes.flat:
        axis.set_xlim(0, end)
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0)
    for axis in axes[-1]:
        axis.set_xlabel("s since the clip began")
    figure.tight_layout(h_pad=0.4, w_pad=0.6)
    return marked(figure)


draw("ft_images", through_every_image())

# %% [markdown]
# ```{glue:figure} ft_images
# ---
# name: fig-through-every-image
# alt: >-
#   A neutral and an angry waveform, and below them the image that each set with a time axis makes of them, on one time
#   axis. The image of the first 100 frames ends after about a second, before most of the speech; those of 30 mel bands
#   leave out the first half second; the others cover the clip.
# ---
# {glue:text}`ft_sentence_of`. What each set with a time axis gives a model, low frequencies or coefficients at the
# bottom; grey is what it is not given. Each image of bands has a scale of its own.
# ```

# %% tags=["hide-input", "remove-output"]
def blocks_of(name):
    """Places of a set's values, by descriptor."""
    found = {}
    for place, value in enumerate(sets.SETS[name].values):
        found.setdefault(re.sub(r" \d+$", "", value), []).append(place)
    return found


largest = {}  # the longest version of each descriptor
for name in vectors:
    for block, places in blocks_of(name).items():
        if len(places) > len(largest.get(block, ("", []))[1]):
            largest[block] = (name, places)
lines = {block: where for block, where in largest.items() if len(where[1]) > 1 and block != "tonnetz, harmonic"}
singles = {block: where for block, where in largest.items() if len(where[1]) == 1}


def through_every_mean():
    figure, axes = plt.subplots(-(-len(lines) // 2), 2, figsize=(WIDTH, 1.5 * -(-len(lines) // 2) + 0.5), squeeze=False)
    for axis in axes.flat[len(lines):]:
        axis.remove()
    for axis, (block, (name, places)) in zip(axes.flat, lines.items(), strict=False):
        skip = int(block == "mfcc")  # the first is the level, and would flatten the others
        for emotion, look in zip(PAIR, ("-", "-"), strict=True):
            axis.plot(np.arange(1 + skip, len(places) + 1), given[name, emotion][places][skip:], look, lw=1.3,
                      color=palette.EMOTIONS[emotion].colour, marker="." if len(places) < 20 else None)
        axis.set_title(f"{block}, {1 + skip} to {len(places)}" + " (power)" * (block == "mel"), fontsize=10)
        axis.set_yticks([])
        axis.tick_params(length=2)
        axis.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
    figure.legend(handles=[Line2D([], [], color=palette.EMOTIONS[e].colour, lw=2, label=e) for e in PAIR],
                  loc="upper right", ncols=2, borderaxespad=0.1)
    figure.tight_layout(rect=(0, 0, 1, 0.96))
    return marked(figure)


draw("ft_means", through_every_mean())
mel = given["issa193", "anger"][blocks_of("issa193")["mel"]]
say("ft_loud_bands", str(int(np.searchsorted(np.cumsum(np.sort(mel)[::-1]) / mel.sum(), 0.9)) + 1))
say("ft_mel_bands", str(len(mel)))

# %% [markdown]
# ```{glue:figure} ft_means
# ---
# name: fig-through-every-mean
# alt: >-
#   Small line charts of the time means of MFCCs, mel bands, chroma, contrast and tonnetz, a line for neutral and one
#   for anger. In mel power anger stands far above neutral in a few bands and both are near zero in all others.
# ---
# The same two clips as time means, each descriptor at its own scale. Mel bands enter as power, not in decibels: of the
# angry clip {glue:text}`ft_loud_bands` of {glue:text}`ft_mel_bands` bands hold nine tenths of it.
# ```

# %% tags=["hide-input", "remove-output"]
def modulation():
    numbers = sets.SETS["msf"].definition
    places = [i for i, value in enumerate(sets.SETS["msf"].values) if value.startswith("mean E(")]
    energy = {e: given["msf", e][places].reshape(numbers["bands"], -1) for e in PAIR}
    highest = max(image.max() for image in energy.values())
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 2.9), sharey=True)
    for axis, (emotion, image) in zip(axes, energy.items(), strict=True):
        axis.imshow(np.sqrt(image), aspect="auto", origin="lower", cmap="magma", vmin=0, vmax=np.sqrt(highest))
        axis.set_title(emotion, weight="bold", loc="center")
        axis.set_xticks(range(image.shape[1]), [f"{hz:g}" for hz in numbers["modulation_centres"]])
        axis.set_yticks([0, numbers["bands"] - 1], [f"{numbers[end] / 1000:.3g}" for end in
                                                    ("lowest_centre", "highest_centre")])
        axis.set_xlabel("modulation, Hz")
        axis.tick_params(length=0)
    axes[0].set_ylabel("sound, kHz")
    figure.tight_layout()
    return marked(figure)


draw("ft_modulation", modulation())

# %% [markdown]
# ```{glue:figure} ft_modulation
# ---
# name: fig-modulation
# alt: >-
#   Two grids, neutral and anger: acoustic bands upwards, modulation bands across, brighter where there is more energy.
# ---
# The same two clips as modulation spectra, mean over frames: how much of a clip's energy goes up and down how fast, in
# which band. What happens at which moment is gone; so is the level.
# ```

# %% tags=["remove-input"]
KEEPS = {
    "mfcc50_mean_code": ("the average colour of the sound: voice, vowels, room", "all order and movement; silence "
                         "counts as much as speech"),
    "mfcc40_frames_code": (f"how the spectrum moves in the first {CODED['keep']} frames", "everything after them"),
    "mfcc40_frames_whole": ("how the spectrum moves, to the end", "its true size: each clip is scaled by its own mean "
                            "and deviation"),
    "issa193": ("average colour, notes, and the power of each band", "order; soft bands drown, as powers are not in "
                "decibels"),
    "assignment258": ("the same with finer colour, loudness and noisiness", "order; values differ in size by orders "
                      "of magnitude, and nothing scales them"),
    "mel_image_code": ("bands over time, with doubled edges", "what lies before, after, or more than 40 dB below the "
                       "peak; single harmonics"),
    "mel_image": ("bands over time", "what lies before and after; single harmonics"),
    "log_mel": ("bands over time, finely, of the whole clip", "phase; single harmonics of low voices"),
    "msf": ("how fast loudness goes up and down in each band", "order, level, and all sound above 4 kHz"),
    "mfcc_msf": ("the same, and the average colour", "order"),
}
show(pd.DataFrame([{"set": title(name), "keeps": KEEPS[name][0], "throws away": KEEPS[name][1]}
                   for name in SHOWN if name in KEEPS]))
UNITS = {"roll-off": "roll-off, Hz", "bandwidth": "bandwidth, Hz", "zero crossings": "zero crossings a sample"}
show(pd.DataFrame([{"synthetic, mean of" if synthetic else "mean of": UNITS.get(block, block)}
                   | {e: f"{value:.0f}" if abs(value) >= 100 else f"{value:.3f}"
                      for e in PAIR for value in [given[name, e][places[0]]]}
                   for block, (name, places) in singles.items()]))

# %% tags=["remove-cell"]
HEARD_AT = 16000


def sounding(power, own_rate, n_fft, hop):
    """Sound of a power spectrum, whose phases are guessed (Griffin and Lim 1984)."""
    wave = librosa.griffinlim(np.sqrt(power), n_iter=24, hop_length=hop, n_fft=n_fft, random_state=0)
    return librosa.resample(wave, orig_sr=own_rate, target_sr=HEARD_AT)


def spread_out(mel_power, filter_rate, n_fft):
    """A spectrum with that power in the bands, even within each."""
    bank = librosa.filters.mel(sr=filter_rate, n_fft=n_fft, n_mels=len(mel_power))
    return bank.T @ (mel_power / (bank**2).sum(axis=1, keepdims=True))


def from_mfcc(coefficients):
    decibels = librosa.feature.inverse.mfcc_to_mel(coefficients, n_mels=128)
    return sounding(spread_out(decibels, 22050, 2048), 22050, 2048, 512)


def heard_through(clip):
    """What each set keeps of a clip, as sound."""
    plain = clip.described(22050)
    at = clip.at(HEARD_AT)
    image = sets.SETS["mel_image"].compute(clip)
    doubled = sets.SETS["mel_image_code"].compute(clip)
    fine = sets.SETS["log_mel"].compute(clip)
    mean = plain.mfcc(50).mean(axis=1, keepdims=True)
    return {
        "as it is": at,
        f"first {CODED['keep']} frames": at[:round(crop_s * HEARD_AT)],
        "64 mel bands": sounding(spread_out(librosa.db_to_power(fine), 16000, 512), 16000, 512, 160),
        "40 MFCCs, all frames": from_mfcc(plain.mfcc(40)),
        "30 mel bands, mended": sounding(spread_out(librosa.db_to_power(image), 44100, 2048), 44100, 2048, 512),
        "30 mel bands, code": sounding(spread_out(librosa.db_to_amplitude(doubled), 22050, 2048), 44100, 2048, 512),
        "mean of 50 MFCCs": from_mfcc(np.repeat(mean, 44, axis=1)),
    }


def player(label, wave):
    """An audio player of one sound, at one level whatever the sound is."""
    scaled = 0.06 * wave / (np.sqrt(np.mean(np.square(wave))) + 1e-9)
    file = io.BytesIO()
    soundfile.write(file, np.clip(scaled, -0.99, 0.99), HEARD_AT, format="FLAC", subtype="PCM_16")
    sound = base64.b64encode(file.getvalue()).decode()
    return (f'<audio controls preload="none" aria-label="synthetic {label}" style="width:calc(50% - 0.3rem);'
            f'max-width:15rem;height:2.2rem" src="data:audio/flac;base64,{sound}"></audio>')


kept = {e: heard_through(Clip(samples, rate, key=key_of(samples, rate))) for e, samples in demo.items()}

# %% [markdown]
# ### To listen to
#
# What remains of the sentence, turned back into sound. Phases are guessed, so a metallic ring is no fault of the set.
# The clips are the demo synthesiser's, silence included, and brought to one level; real recordings are not published
# here.

# %% tags=["remove-input"]
display(HTML("".join(f'<div style="margin-bottom:0.6rem">{what}: {" and ".join(PAIR)}<br>'
                     + " ".join(player(f"{e}, {what}", kept[e][what]) for e in PAIR) + "</div>"
                     for what in kept["anger"])))

# %% [markdown]
# ## The first hundred frames

# %% tags=["hide-input", "remove-output"]
def first_frames():
    figure, axes = plt.subplots(2, 1, figsize=(WIDTH, 2.9), sharex=True, sharey=True)
    end = max(len(clip.samples) for clip in heard.values()) / rate
    until = CODED["keep"] * CODED["hop"] / rate
    for axis, (emotion, clip) in zip(axes, heard.items(), strict=True):
        axis.axvspan(0, until, color="#f0d9a8", lw=0)
        time = np.arange(len(clip.samples)) / rate
        kept = time <= until
        axis.plot(time[~kept], clip.samples[~kept], color="#b9b6ad", lw=0.5)
        axis.plot(time[kept], clip.samples[kept], color=palette.EMOTIONS[emotion].colour, lw=0.5)
        axis.set(xlim=(0, end), yticks=[])
        axis.set_ylabel(emotion, rotation=0, ha="right", va="center")
        axis.spines["left"].set_visible(False)
    axes[0].text(until / 2, 1.02, "kept", transform=axes[0].get_xaxis_transform(), ha="center", weight="bold")
    axes[0].text((until + end) / 2, 1.02, "thrown away", transform=axes[0].get_xaxis_transform(), ha="center",
                 color="#777777")
    axes[1].set_xlabel("s since the clip began")
    figure.tight_layout()
    return marked(figure)


draw("ft_crop_picture", first_frames())
rows = []
for c in indexed():
    t = exploration.load(c, results)
    until = CODED["keep"] * CODED["hop"] / t["sample_rate"]
    begin, over = t["silence_start_s"], t["duration_s"] - t["silence_end_s"]
    lost = ((over - np.maximum(begin, until)).clip(lower=0) / (over - begin).clip(lower=0.01)).clip(upper=1)
    if c == "RAVDESS":
        say("ft_lost", percent(lost.median()))
        say("ft_lost_tenth", percent((until - begin < 0.1).mean()))
    rows.append({"corpus": c, "kHz": f"{datasets.get(c).sample_rate / 1000:.3g}",
                 "100 frames": unit(until.median(), "s", 2), "speech lost": percent(lost.median()),
                 "order": lost.median()})
thrown = pd.DataFrame(rows).sort_values("order", ascending=False).drop(columns="order")

# %% [markdown]
# ```{glue:figure} ft_crop_picture
# ---
# name: fig-first-frames
# alt: >-
#   Two waveforms, neutral and angry. The first hundred frames are shaded: they hold the silence before the sentence and
#   little or none of it.
# ---
# The frames that the code of CNN-BiGRU keeps. {glue:text}`ft_sentence_of`.
# ```
#
# The code of CNN-BiGRU keeps the first {glue:text}`ft_keep` frames of a clip and drops the rest. At the rate of RAVDESS
# that is {glue:text}`ft_crop`, and actors there begin to speak at about that time: in the median clip
# {glue:text}`ft_lost` of the speech comes after it, and {glue:text}`ft_lost_tenth` of the clips keep less than a tenth
# of a second of speech. As frames are counted in samples, the cut falls elsewhere in every corpus:

# %% tags=["remove-input"]
show(thrown)

# %% [markdown]
# *Length of a hundred frames at each corpus's own rate, and share of the speech that comes after them, median of all
# clips; measured as in [The voices](data_exploration.ipynb).* A trace of the rest remains: the coefficients are scaled
# by their mean and deviation over the whole clip *before* the cut.
#
# ## A filterbank built for another rate

# %% tags=["hide-input", "remove-output"]
def banks():
    frequency = np.linspace(0, mel_image.SAMPLE_RATE / 2, 1025)
    figure, axes = plt.subplots(2, 1, figsize=(WIDTH, 3.3), sharex=True)
    for axis, (built, label) in zip(axes, ((mel_image.SAMPLE_RATE, "as it should be"), (22050, "in the code")),
                                    strict=True):
        bank = librosa.filters.mel(sr=built, n_fft=2048, n_mels=mel_image.BANDS)
        for band, row in enumerate(bank):
            axis.plot(frequency / 1000, row / row.max(), lw=1, color=palette.BLUE if band % 2 else palette.ORANGE)
        axis.set_title(label, weight="bold")
        axis.set(yticks=[], ylim=(0, 1.05), xlim=(0, mel_image.SAMPLE_RATE / 2000))
        axis.spines["left"].set_visible(False)
        axis.axvline(8, color="black", lw=0.8, ls=":")
    axes[1].set_xlabel("true frequency, kHz")
    figure.tight_layout()
    return figure


draw("ft_banks", banks())
for built, key in ((mel_image.SAMPLE_RATE, "right"), (22050, "code")):
    centre = librosa.mel_frequencies(mel_image.BANDS + 2, fmax=built / 2)[1:-1] * mel_image.SAMPLE_RATE / built
    say(f"ft_bands_1k_{key}", str(int((centre < 1000).sum())))
    say(f"ft_bands_8k_{key}", str(int((centre > 8000).sum())))
    say(f"ft_first_{key}", unit(centre[0], "Hz"))
say("ft_bands", str(mel_image.BANDS))
say("ft_image_rate", unit(mel_image.SAMPLE_RATE / 1000, "kHz", 1))
say("ft_filter_rate", unit(22.05, "kHz", 2))
say("ft_cremad_rate", unit(datasets.get("CREMA-D").sample_rate / 1000, "kHz"))
for key, name in (("code", "mel_image_code"), ("right", "mel_image")):
    say(f"ft_floor_{key}", worth("RAVDESS", name, "at_floor"))

# %% [markdown]
# ```{glue:figure} ft_banks
# ---
# name: fig-filterbanks
# alt: >-
#   Two rows of thirty triangles over frequency. As it should be they are narrow and dense below one kilohertz; in the
#   code they are about twice as wide there.
# ---
# The {glue:text}`ft_bands` mel bands of the course report's images. The dotted line is where the sound of CREMA-D ends.
# ```
#
# The code reads clips at {glue:text}`ft_image_rate` but does not tell the filterbank so, which then is that of
# {glue:text}`ft_filter_rate`, stretched to twice the frequency. {glue:text}`ft_bands_1k_code` bands are centred below
# 1 kHz instead of {glue:text}`ft_bands_1k_right`, and the lowest at
# {glue:text}`ft_first_code` instead of {glue:text}`ft_first_right`. The report's corpus, CREMA-D, is recorded at
# {glue:text}`ft_cremad_rate`: the {glue:text}`ft_bands_8k_code` bands above 8 kHz ({glue:text}`ft_bands_8k_right` as it
# should be) hold next to nothing.
#
# It also takes powers for amplitudes when it turns them into decibels, so that every decibel counts double. librosa
# cuts off what lies 80 dB below a clip's peak; so counted, that is all that lies 40 dB below. On RAVDESS
# {glue:text}`ft_floor_code` of all values lie at this floor, of the mended images {glue:text}`ft_floor_right`.
#
# ## Where text and code part

# %% tags=["remove-input"]
PARTED = {"CNN on 50 MFCCs": ("mfcc50_mean_paper", "mfcc50_mean_code"),
          "CNN-BiGRU": ("mfcc40_frames_whole", "mfcc40_frames_code"),
          "course report, 2-D": ("mel_image", "mel_image_code"), "Issa et al.": ("issa193", "issa193_code")}


def told(key, value):
    return in_words(value) if key == "parts" else read_out(key, value)


show(pd.DataFrame([{"document": document, "text, or as meant": told(key, meant[key]), "code": told(key, done[key])}
                   for document, names in PARTED.items()
                   for meant, done in [[sets.SETS[name].definition for name in names]]
                   for key in meant if meant[key] != done[key]]))

# %% [markdown]
# Of the course report's means over time only the text is known, so its {glue:text}`ft_report_values` values have one
# reading. Whose tonnetz Issa et al. took, that of the whole sound or of its harmonic part, the paper's figure does not
# say.

# %% tags=["remove-cell"]
say("ft_report_values", str(len(sets.SETS["assignment258"].values)))

# %% [markdown]
# ## Emotions and speakers, in each set
#
# Before any network sees a set, how much of it is emotion, and how much is whose voice it is? Two questions, asked of a
# straight cut (linear discriminant analysis): *which emotion*, of a speaker it has not met; and *which speaker*, from
# a sentence it has not met.

# %% tags=["hide-input", "remove-output"]
EMOTION, SPEAKER = palette.RED, palette.BLUE


def emotion_and_speaker():
    counts = [int((apart["corpus"] == c).sum()) for c in pictured]
    figure, axes = plt.subplots(len(pictured), 1, figsize=(WIDTH, 1.15 + sum(0.27 * n + 0.42 for n in counts)),
                                height_ratios=counts, sharex=True, squeeze=False)
    for axis, c in zip(axes[:, 0], pictured, strict=True):
        mine = apart[apart["corpus"] == c].set_index("set")
        mine = mine.loc[[name for name in SHOWN if name in mine.index]]
        for y, (_, row) in enumerate(mine.iterrows()):
            axis.plot([row["emotion"], row["speaker"]], [y, y], color="#c9c6bd", lw=2.5, zorder=1)
            axis.plot(row["emotion"], y, "o", color=EMOTION, ms=8)
            axis.plot(row["speaker"], y, "s", color=SPEAKER, ms=7.5)
        axis.set_yticks(range(len(mine)), [title(name) for name in mine.index])
        axis.set(xlim=(-0.03, 1.03), ylim=(len(mine) - 0.4, -0.6))
        emotions, speakers = (round(1 / mine[f"{what}_guess"].iloc[0]) for what in ("emotion", "speaker"))
        axis.set_title(f"{c}: {emotions} emotions, {speakers} speakers", weight="bold")
        axis.axvline(0, color="black", lw=0.8)
        axis.grid(axis="x", alpha=0.25)
        axis.tick_params(length=0)
        axis.spines[["left", "bottom"]].set_visible(False)
    axes[-1, 0].set_xticks([0, 0.25, 0.5, 0.75, 1], ["guessing", "", "half way", "", "always\nright"])
    figure.legend(handles=[Line2D([], [], ls="", marker="o", color=EMOTION, ms=8, label="emotion, new speaker"),
                           Line2D([], [], ls="", marker="s", color=SPEAKER, ms=7.5, label="speaker, new sentence")],
                  loc="upper left", ncols=2, borderaxespad=0.2, handletextpad=0.2)
    figure.tight_layout(rect=(0, 0, 1, 0.965))
    return figure


draw("ft_apart", emotion_and_speaker())
ahead = apart["speaker"] > apart["emotion"]
say("ft_ahead", f"all {len(apart)}" if ahead.all() else f"{int(ahead.sum())} of {len(apart)}")
for what in ("emotion", "speaker"):
    for which in ("min", "max"):
        say(f"ft_{what}_{which}", percent(getattr(apart[what], which)()))
        say(f"ft_{what}_silhouette_{which}", two(getattr(apart[f"{what}_silhouette"], which)()))
four = apart["corpus"] == "SAVEE"
say("ft_savee_silhouette", two(apart.loc[four, "speaker_silhouette"].max()))
say("ft_other_silhouette", two(apart.loc[~four, "speaker_silhouette"].max()))
lacking = [name for name in SHOWN if name not in set(apart["set"])]
for c in TOLD:
    key = c.lower().replace("-", "")
    for what in ("emotion", "speaker"):
        cut, mended = (worth(c, name, f"{what}_uar", less) for name, less in
                       (("mfcc40_frames_code", "mfcc40_frames_whole"), ("mel_image", "mel_image_code")))
        say(f"ft_{key}_{what}_cut", cut)
        say(f"ft_{key}_{what}_mended", mended)
for what in ("emotion", "speaker"):
    say(f"ft_modulation_{what}", worth("EMO-DB", "msf", f"{what}_uar"))
    say(f"ft_mfcc_{what}", worth("EMO-DB", "mfcc50_mean_code", f"{what}_uar"))
say("ft_savee_speakers", str(len(datasets.get("SAVEE").speakers)))

# %% [markdown]
# ```{glue:figure} ft_apart
# ---
# name: fig-emotion-and-speaker
# alt: >-
#   For each corpus and feature set two marks on a scale from guessing to always right: how well a linear discriminant
#   names the emotion of a new speaker, and the speaker from a new sentence. Nearly everywhere the mark for the speaker
#   lies far to the right of that for the emotion.
# ---
# How much of a set is emotion, and how much is the speaker: unweighted average recall of a linear discriminant, scaled
# so that 0 is guessing and 1 always right, (UAR − guess) / (1 − guess), as classes differ in number.
# ```
#
# In {glue:text}`ft_ahead` pairs of corpus and set the speaker is found more surely than the emotion: speakers at
# {glue:text}`ft_speaker_min` to {glue:text}`ft_speaker_max` of the way from guessing to always right, emotions at
# {glue:text}`ft_emotion_min` to {glue:text}`ft_emotion_max`. So a network that is tested on voices it was trained on
# has much to lean on that is not emotion. The question of the speaker is the easier one in part because recordings of
# one person share a room and a gain (see [The voices](data_exploration.ipynb)).
#
# - **On RAVDESS the cut is dear.** Keeping the first {glue:text}`ft_keep` frames changes the recall of emotions on
#   RAVDESS by {glue:text}`ft_ravdess_emotion_cut` points and that of speakers by {glue:text}`ft_ravdess_speaker_cut`;
#   on EMO-DB, where they last longer than most clips, by {glue:text}`ft_emodb_emotion_cut` and
#   {glue:text}`ft_emodb_speaker_cut`; on SAVEE, which loses most of its speech to the cut, by
#   {glue:text}`ft_savee_emotion_cut` and {glue:text}`ft_savee_speaker_cut`: four speakers are too few to tell.
# - **Mending the mel images serves voices more than emotions.** It changes the recall of speakers by
#   {glue:text}`ft_ravdess_speaker_mended` points on RAVDESS, {glue:text}`ft_emodb_speaker_mended` on EMO-DB and
#   {glue:text}`ft_savee_speaker_mended` on SAVEE, that of emotions by {glue:text}`ft_ravdess_emotion_mended`,
#   {glue:text}`ft_emodb_emotion_mended` and {glue:text}`ft_savee_emotion_mended`.
# - **Modulation tells less of the voice.** On EMO-DB modulation features have a recall of
#   {glue:text}`ft_modulation_emotion` for emotions and {glue:text}`ft_modulation_speaker` for speakers, where the mean
#   of 50 MFCCs has {glue:text}`ft_mfcc_emotion` and {glue:text}`ft_mfcc_speaker`.
# - **No set has clusters of emotions.** A clip lies no nearer to its own emotion than to another (silhouettes of
#   {glue:text}`ft_emotion_silhouette_min` to {glue:text}`ft_emotion_silhouette_max`). Clusters of speakers show
#   in SAVEE (up to {glue:text}`ft_savee_silhouette`) and hardly elsewhere (at most
#   {glue:text}`ft_other_silhouette`): there it takes the right direction through all values to find them.
#
# Differences of a few points between sets say nothing, least of all in SAVEE with its {glue:text}`ft_savee_speakers`
# speakers. Sets with a time axis enter as mean and deviation over time: a network that sees their order may find more.

# %% tags=["remove-input"]
for c in pictured:
    mine = apart[apart["corpus"] == c].set_index("set")
    guess = ", ".join(f"{what} {100 * mine[f'{what}_guess'].iloc[0]:.1f} %" for what in ("emotion", "speaker"))
    display(HTML(f"<p style='margin-bottom:0'><strong>{c}</strong> (guessing: {guess})</p>"))
    show(pd.DataFrame([{"set": title(name), "emotion": percent(mine["emotion_uar"][name]),
                        "speaker": percent(mine["speaker_uar"][name]),
                        "silhouettes": f"{two(mine['emotion_silhouette'][name])}, "
                                       f"{two(mine['speaker_silhouette'][name])}"}
                       for name in SHOWN if name in mine.index]))
if lacking:
    display(HTML(f"<p>Not yet measured: {', '.join(map(title, lacking))}.</p>"))

# %% [markdown]
# *UAR of the two questions, and silhouettes of emotions and of speakers: 1 is far apart, 0 is mixed, below 0 a clip
# lies nearer to another group than to its own.*
#
# ## How exact
#
# librosa defines the values; for speed, this package computes them in two ways of its own: clip by clip on a processor,
# or the clips of a lot together on torch, for a GPU. They were given the same clips:

# %% tags=["remove-input"]
def measures(name):
    """What `benchmarks/features.py` stored under that name; nothing where it was not run."""
    file = Path(results) / "features" / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def not_yet(options):
    display(HTML(f"<p>Not yet measured: <code>python benchmarks/features.py path/to/corpora {options}--store results"
                 "</code> does it.</p>"))


def tiny(value):
    """A small number as a power of ten, rounded up."""
    if value == 0:
        return "0"
    exponent = int(np.floor(np.log10(value)))
    digit = int(np.ceil(value / 10.0**exponent - 1e-9))
    return f"{digit} · 10<sup>{exponent}</sup>".replace("-", "−").replace(" ", "\N{NO-BREAK SPACE}")


agreed = measures("agreement")
if agreed:
    shown = [row for row in agreed["sets"] if row["set"] in SHOWN]
    show(pd.DataFrame([{"set": title(row["set"]), "differs by at most": tiny(row["difference"]),
                        "in": "" if row["part"] == row["set"] else row["part"]}
                       for row in sorted(shown, key=lambda row: -row["difference"])]))
    for way in (agreed, measures("agreement-torch")):
        if way:
            worst = tiny(max(row["difference"] for row in way["sets"]))
            of = ", ".join(f"{count} of {c}" for c, count in way["corpora"].items())
            in_batches = "In batches on torch, all" if way["path"] == "torch" else "All"
            display(HTML(f"<p>{in_batches} {len(way['sets'])} sets differ by at most {worst}, and "
                         f"{tiny(way['allowed'])} is allowed. {way['clips']} clips: {of}; librosa "
                         f"{way['versions']['librosa']}, {way['date']}.</p>"))
else:
    not_yet("--agree 50 ")

# %% [markdown]
# *The greatest difference among the values of a descriptor in a clip, divided by the greatest of these values: a value
# near zero need not agree to as many digits as a large one. Clips of an unusual rate or with two channels are among
# them.* Of modulation features, which librosa does not have, the reference is a plain version of the same.
#
# ## How fast

# %% tags=["remove-input"]
def speeds(timed):
    rows = [row | {"set": title(row["set"])} for row in timed["sets"]]
    rows += [row | {"set": row["set"][0].upper() + row["set"][1:]} for row in timed["one_pass"]]
    show(pd.DataFrame([{"set": row["set"],
                        "librosa": unit(row["reference_s"], "s", 1), "this package": unit(row["fast_s"], "s", 1),
                        "times as fast": f"{row['times']:.1f}",
                        "clips a second": f"{row['clips'] / row['fast_s']:.0f}"} for row in rows]))
    where = "in batches on torch, " if timed["path"] == "torch" else ""
    display(HTML(f"<p>{number(timed['sets'][0]['clips'])} clips of RAVDESS, decoding included, empty cache, "
                 f"{timed['processes']} processes, both in turns. {where}{timed['device']}, librosa "
                 f"{timed['versions']['librosa']}, {timed['date']}.</p>"))
    show(pd.DataFrame([{"clips": f"{number(row['clips'])} of {row['of']}",
                        "clips a second": f"{row['clips_per_s']:.0f}",
                        "peak memory": f"{row['main_mb']} + {timed['processes']} × {unit(row['worker_mb'], 'MB')}"}
                       for row in timed["growth"]]))
    display(HTML(f"<p>{title(timed['grown'])}, as the corpus grows; memory of the main process and the others.</p>"))


for path, options in (("speed", ""), ("speed-torch", "--path torch ")):
    if timed := measures(path):
        speeds(timed)
    elif not options:
        not_yet("")
    else:
        display(HTML("<p>The same numbers also come in batches on torch, for a GPU. No GPU has timed that yet: <code>"
                     f"python benchmarks/features.py path/to/corpora {options}--store results</code> does it.</p>"))

# %% [markdown]
# librosa's side is the loop that one would write with it. The package shares decoding, spectra and sorting among
# neighbouring medians, and compiles the loops. Where little is computed, as of MFCCs and mel bands alone, it gains
# less: reading and resampling a clip are most of the work there. Values are kept by the hash of a clip's samples: none
# is computed twice.

# %% tags=["remove-input"]
hashes = "; ".join(f"{c} content {datasets.content_hash(datasets.published(c))[:12]}" for c in pictured)
display(HTML(f'<p class="stamp">Measures of {hashes}; taken anew for this page: {", ".join(measured) or "none"}. '
             f"Example: {where}. Seed {seed}.</p>"))
