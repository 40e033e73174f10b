"""What a random split gives away: how much of the test part training has met.

    from ser_repro.book import given_away

    given = given_away.measure()
    given.shares["RAVDESS", "published"]["a twin"]    # same speaker, sentence, emotion and intensity
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser_repro import datasets, documents, protocols
from ser_repro.book import palette
from ser_repro.book.voices import MEASURED, short
from ser_repro.book.words import percent
from ser_repro.results import audit

SHARES = {"speaker": ("speaker",), "sentence": ("sentence",), "speaker + sentence": ("speaker", "sentence"),
          "speaker + emotion": ("speaker", "emotion"), "a twin": audit.TWIN}
"""What a test clip can share with a training clip."""


@dataclass(frozen=True)
class GivenAway:
    """What test clips share with training clips.

    Attributes
    ----------
    splits : dict
        (corpus, protocol) -> Split; `published` is CNN-n-GRU's own, which draws a tenth at random.
    shares : dict
        (corpus, protocol) -> what is shared (`SHARES`) -> share of the test clips.
    """

    splits: dict[tuple[str, str], protocols.Split]
    shares: dict[tuple[str, str], dict[str, float]]


def measure(corpora: Iterable[str] = MEASURED) -> GivenAway:
    """What a random split, and one by speakers, give away of published corpora."""
    of = documents.get("cnn_n_gru")
    splits, shares = {}, {}
    for corpus in corpora:
        clips = datasets.published(corpus)
        for protocol in ("published", "speaker"):
            split = splits[corpus, protocol] = of.parts(clips, protocol)
            shares[corpus, protocol] = {name: audit.shared(clips, split, keys) for name, keys in SHARES.items()}
    return GivenAway(splits, shares)


def facts(given: GivenAway) -> dict[str, str]:
    """What the prose says of it, key by key."""
    told = {}
    for corpus in MEASURED:
        random = given.shares[corpus, "published"]
        told |= {f"de_{short(corpus)}_twins": percent(random["a twin"]),
                 f"de_{short(corpus)}_voice_emotion": percent(random["speaker + emotion"])}
    by_speaker = [given.shares[corpus, "speaker"] for corpus in MEASURED]
    clips, split = datasets.published("TESS").set_index("clip"), given.splits["TESS", "published"]
    same = clips.loc[list(split.train)].groupby(["speaker", "emotion"]).size()
    tested = clips.loc[list(split.test), ["speaker", "emotion"]].itertuples(index=False, name=None)
    return told | {"de_new_voice": percent(max(shares["speaker"] for shares in by_speaker)),
                   "de_new_words": percent(min(shares["sentence"] for shares in by_speaker)),
                   "de_tess_same": f"{np.median([same[pair] for pair in tested]):.0f}"}


def rows(given: GivenAway) -> list[dict]:
    """What a random split gives away, a row a corpus."""
    return [{"corpus": corpus, "clips tested": len(split.test)}
            | {name: percent(share) for name, share in given.shares[corpus, protocol].items()}
            for (corpus, protocol), split in given.splits.items() if protocol == "published"]


def mosaic(given: GivenAway, corpus: str):
    """A cell a clip, speakers down and emotions across: tested clips with a twin in training, and without, as a
    figure."""
    import matplotlib.pyplot as plt
    import seaborn
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    looks = {"trained or validated on": "#cfcdc6", "tested, with a twin in training": palette.BLUE,
             "tested, without one": palette.RED}
    clips = datasets.published(corpus).sort_values(["speaker", "emotion", "clip"])
    place = clips.groupby("speaker").cumcount().to_numpy()
    first = clips[clips["speaker"] == clips["speaker"].iloc[0]]["emotion"].reset_index(drop=True)
    figure, axes = plt.subplots(2, 1, figsize=(6.6, 7.6), sharex=True)
    titles = {"published": "random split", "speaker": "new speakers (one fold)"}
    for axis, (protocol, title) in zip(axes, titles.items(), strict=True):
        kind = _kinds(clips, given.splits[corpus, protocol])
        cells = pd.DataFrame({"speaker": clips["speaker"].to_numpy(), "place": place, "kind": kind}).pivot(
            index="speaker", columns="place", values="kind")
        seaborn.heatmap(cells, cmap=ListedColormap(list(looks.values())), vmin=0, vmax=2, cbar=False, linewidths=0.4,
                        linecolor="white", xticklabels=False, yticklabels=4, ax=axis)
        for emotion, at in first.groupby(first).groups.items():
            if at[0]:
                axis.axvline(at[0], color="black", lw=0.7)
            axis.text((at[0] + at[-1] + 1) / 2, -0.4, emotion, ha="center", va="bottom", fontsize=9)
        axis.set(xlabel="", ylabel="speaker")
        axis.tick_params(length=0, axis="y", rotation=0)
        axis.set_title(title, weight="bold", pad=20)
    figure.legend(handles=[Patch(color=colour, label=label) for label, colour in looks.items()], loc="lower center",
                  ncols=1)
    figure.tight_layout(rect=(0, 0.1, 1, 1), h_pad=2)
    return figure


def _kinds(clips: pd.DataFrame, split) -> np.ndarray:
    """0 for a clip that is not tested, 1 for one that is and has a twin in training, 2 for one that has none."""
    alike = pd.MultiIndex.from_frame(clips[list(audit.TWIN)])
    known = alike.isin(alike[clips["clip"].isin(split.train)])
    return np.where(clips["clip"].isin(split.test), np.where(known, 1, 2), 0)
