"""One speaker's sentence in several emotions: the real clips where the corpus is here, else demo speech."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser_repro import datasets
from ser_repro.book import listening, show
from ser_repro.runs import execution

_STRENGTHS = ("strong", "high", "medium", "normal", "low", "unspecified")


@dataclass(frozen=True)
class Sentence:
    """Clips of one speaker and sentence.

    Attributes
    ----------
    sounds : dict
        Emotion -> (samples of shape (frames, channels), rate in Hz).
    where : str
        Corpus, speaker and sentence.
    synthetic : bool
        Whether the demo synthesiser made them, under names of the corpus.
    corpus : str
    """

    sounds: dict[str, tuple[np.ndarray, int]]
    where: str
    synthetic: bool
    corpus: str

    @property
    def told(self) -> str:
        """What it is, for a caption."""
        return f"Synthetic, not a result: demo speech under names of {self.where}" if self.synthetic else self.where


def choose(corpus: str, seed: int, emotions: tuple[str, ...] = ()) -> tuple[pd.DataFrame, str]:
    """A speaker and sentence drawn from those with the most of the emotions, and what to call them.

    Where clips are of several intensities the strong one is taken.

    Parameters
    ----------
    emotions : tuple of str, optional
        By default all of the corpus.

    Returns
    -------
    (DataFrame, str)
        A row an emotion of `datasets.published`.
    """
    clips = datasets.published(corpus)
    clips = clips[clips["emotion"].isin(emotions)] if emotions else clips
    said = ["speaker", "sentence"]
    variety = clips.groupby(said)["emotion"].nunique()
    richest = variety.index[variety == variety.max()]
    drawn = richest[np.random.default_rng(seed).integers(len(richest))]
    drawn = dict(zip(said, drawn, strict=True))
    chosen = clips[np.logical_and.reduce([clips[column] == value for column, value in drawn.items()])]
    chosen = chosen.assign(strength=chosen["intensity"].map(_STRENGTHS.index))
    chosen = chosen.sort_values(["strength", "clip"]).drop_duplicates("emotion").drop(columns="strength")
    return chosen.sort_values("emotion"), ", ".join([corpus, *(f"{column} {value}" for column, value in drawn.items())])


def find(corpus: str, seed: int, *, data=None, sample_rate: int, duration_s: float, emotions: tuple[str, ...] = (),
         silence_s: tuple[float, float] = (0, 0), demo: bool = False) -> Sentence:
    """The clips of a drawn sentence.

    Parameters
    ----------
    sample_rate, duration_s, silence_s
        Of demo speech: rate in Hz, length, and silence before and after.
    emotions : tuple of str, optional
        Which, and in which order; by default all of the corpus.
    demo : bool
        Demo speech, also where the corpus is on this machine.

    Raises
    ------
    SerReproError
        If a copy of the corpus is here and not whole.
    """
    chosen, where = choose(corpus, seed, emotions)
    if emotions:
        chosen = chosen.set_index("emotion", drop=False).loc[list(emotions)]
    if not demo and corpus in execution.real(data):
        paths = datasets.clips(corpus, data).set_index("clip")["path"]
        sounds = {e: datasets.read(paths[clip]) for e, clip in zip(chosen["emotion"], chosen["clip"], strict=True)}
        return Sentence(sounds, where, False, corpus)
    before, after = (round(seconds * sample_rate) for seconds in silence_s)
    made = {row["emotion"]: datasets.synthesise(corpus, row, seed, sample_rate, duration_s)
            for row in chosen.to_dict("records")}
    padded = {e: (np.pad(samples, ((before, after), (0, 0))), rate) for e, (samples, rate) in made.items()}
    return Sentence(padded, where, True, corpus)


def announce(sentence: Sentence, real_if: str = "that corpus is on this machine") -> None:
    """Show a banner where the sentence is synthetic; `real_if` says when it would not be."""
    if sentence.synthetic:
        show.banner(f"{show.SYNTHETIC}. The clips seen and heard below are demo speech, made under names of "
                    f"{sentence.where}. Real clips are shown if {real_if}.")


def players(sentence: Sentence) -> None:
    """Show an audio player a clip, of demo speech and of corpora whose licence lets a page publish theirs."""
    if sentence.synthetic:
        show.text("The same demo clips to listen to:")
    elif sentence.corpus not in listening.CREDITS:
        show.text(f"*{listening.why_not(sentence.corpus)}*")
        return
    listening.players(sentence.sounds, "" if sentence.synthetic else sentence.corpus)


def picture(sentence: Sentence):
    """Waveform and spectrogram of each clip, cut to the speech, on one scale of time and amplitude, as a figure."""
    import matplotlib.pyplot as plt

    from ser_repro.book import exploration, palette, plots

    rate = exploration.SAMPLE_RATE
    waves = {emotion: _cut(exploration.waveform(*sound)) for emotion, sound in sentence.sounds.items()}
    longest = max(map(len, waves.values())) / rate
    loudest = max(np.abs(signal).max() for signal in waves.values())
    lines = -(-len(waves) // 2)
    figure, axes = plt.subplots(2 * lines, 2, figsize=(6.6, 1.85 * lines + 0.5), sharex=True, squeeze=False,
                                height_ratios=[1, 1.7] * lines)
    for axis in axes.flat:
        axis.axis("off")
    for place, (emotion, signal) in enumerate(waves.items()):
        above, below = axes[place // 2 * 2, place % 2], axes[place // 2 * 2 + 1, place % 2]
        above.plot(np.arange(len(signal)) / rate, signal, color=palette.EMOTIONS[emotion].colour, lw=0.5)
        above.set_ylim(-loudest, loudest)
        above.set_title(emotion, weight="bold", pad=2)
        below.axis("on")
        power, *_ = below.specgram(signal, NFFT=512, Fs=rate, noverlap=384, cmap="magma", pad_to=1024)
        peak = 10 * np.log10(power.max())
        below.images[0].set_clim(peak - 65, peak)
        below.set(ylim=(0, 5000), yticks=[0, 2000, 4000], facecolor="white")
        below.set_yticklabels(["0", "2", "4"] if place % 2 == 0 else [])
        below.set_ylabel("kHz" if place % 2 == 0 else "")
        below.set_xlabel("s" if place >= len(waves) - 2 else "")
        below.tick_params(labelbottom=place >= len(waves) - 2)
    axes[0, 0].set_xlim(0, longest)
    figure.tight_layout(h_pad=0.3)
    return plots.mark(figure, sentence.synthetic)


def _cut(signal: np.ndarray) -> np.ndarray:
    """A waveform without the silence at its ends, but for 0.05 s."""
    from ser_repro.book import exploration

    found = exploration.loudness(signal)
    before, after = (round(max(0, found[f"silence_{end}_s"] - 0.05) * exploration.SAMPLE_RATE)
                     for end in ("start", "end"))
    return signal[before:len(signal) - after]
