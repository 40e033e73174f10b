"""What the chapter on the corpora says: their measures gathered, the facts of its prose, and the rows of its tables.

    from ser_repro.book import voices

    heard = voices.gather(["RAVDESS", "TESS"])
    voices.facts(heard)["de_ravdess_silent"]     # how much of all audio is silence at the edges of clips
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from ser_repro import SerReproError, datasets
from ser_repro.book import exploration
from ser_repro.book.show import Html
from ser_repro.book.words import number, percent, signed, unit
from ser_repro.documents.uses import USES
from ser_repro.escaping import html
from ser_repro.runs import execution

MEASURED = ("RAVDESS", "TESS", "EMO-DB", "CREMA-D", "EMOVO", "SAVEE")
"""Corpora whose measures are stored, and of which the prose speaks."""

OTHER = "other"
"""Labels that are no emotion of the study."""

SIGNS = {"female": "♀", "male": "♂"}

_SIXTEEN_BITS_DB = -90.3  # one step of 16 bits, below full scale


@dataclass(frozen=True)
class Voices:
    """Measures of corpora.

    Attributes
    ----------
    tables : dict
        Corpus -> `exploration.describe`'s table, relative to neutral too (`exploration.relative_to_neutral`).
    pictured : tuple of str
        Corpora of the pictures.
    measured : tuple of str
        Those measured anew.
    unstored : tuple of str
        Those of them that are not stored, as no index tells whether the copy is the published one.
    """

    tables: dict[str, pd.DataFrame]
    pictured: tuple[str, ...]
    measured: tuple[str, ...] = ()
    unstored: tuple[str, ...] = ()

    @cached_property
    def order(self) -> list[str]:
        """Emotions from the lowest pitch to the highest, over all corpora."""
        pitch = pd.concat(self.tables.values()).groupby("emotion")["pitch_st"].median().sort_values()
        return list(pitch.index.drop("", "ignore"))

    def counts(self, corpus: str) -> pd.Series:
        """Clips by emotion, as measured or else as published."""
        told = (self.tables[corpus]["emotion"].value_counts() if corpus in self.tables else
                pd.Series(datasets.get(corpus).emotion_counts))
        return told.rename(index={"": OTHER})


def every() -> list[str]:
    """All corpora: those that are measured, then the others."""
    return [*MEASURED, *(name for name in datasets.CORPORA if name not in MEASURED)]


def gather(corpora: Iterable[str], *, results: str | Path = "results", data=None, recompute: bool = False) -> Voices:
    """Stored measures, and new ones of the corpora on this machine where they are asked for.

    Parameters
    ----------
    corpora : iterable of str
        To be pictured.
    recompute : bool
        Measure every corpus that is here anew, and store that.

    Raises
    ------
    SerReproError
        Where nothing can be pictured, or measured.
    """
    here = execution.real(data) if recompute else []
    if recompute and not here:
        raise SerReproError("recompute = True, but no corpus is here: set SER_REPRO_DATA to the folder of the corpora.")
    tables, unstored = {}, []
    for corpus in (name for name in every() if name in here):
        fresh = exploration.describe(corpus, data)
        if datasets.get(corpus).index.is_file():
            exploration.store(fresh, results)
        else:
            tables[corpus] = fresh
            unstored.append(corpus)
    tables = {corpus: exploration.load(corpus, results) for corpus in MEASURED} | tables
    pictured = tuple(name for name in dict.fromkeys([*corpora, *unstored]) if name in tables)
    if not pictured:
        raise SerReproError(f"{', '.join(corpora)}: no measures are stored of it, and none were taken. Picture another "
                            "corpus, or set recompute = True where it is on this machine.")
    return Voices({name: exploration.relative_to_neutral(table) for name, table in tables.items()}, pictured,
                  tuple(name for name in every() if name in here), tuple(unstored))


# ---- facts of the prose ------------------------------------------------------------------------------------------


def facts(heard: Voices) -> dict[str, str]:
    """What the prose says of the corpora, key by key."""
    told = {"de_clipped_from": exploration.CLIPPED, "de_silence_db": unit(exploration.SILENCE_DB, "dB")}
    for corpus in every():
        told |= {f"de_{short(corpus)}_{key}": value for key, value in _published(corpus, heard.counts(corpus)).items()}
    for corpus in MEASURED:
        told |= {f"de_{short(corpus)}_{key}": value for key, value in _measured(heard.tables[corpus]).items()}
    told |= _single(heard.tables) | _documents()
    return {key: str(value) for key, value in told.items()}


def _published(corpus: str, counts: pd.Series) -> dict:
    of, known = datasets.get(corpus), counts.drop(OTHER, errors="ignore")
    each = pd.Series(of.speaker_counts)
    return {"speakers": len(of.speakers), "clips": number(counts.sum()), "fear": known.get("fear", 0),
            "largest": percent(known.max() / known.sum()), "fewest_clips": each.min(), "most_clips": each.max()}


def _measured(table: pd.DataFrame) -> dict:
    silent = table["silence_start_s"] + table["silence_end_s"]
    scaled = (table["peak_db"] > -0.05).sum()
    clipped = table["full_scale"] >= exploration.CLIPPED
    medians = table.groupby("emotion")[["pitch_st", "gain_db"]].median()
    own = _neutral_levels(table)
    told = {
        "sentences": table["sentence"].nunique(),
        "silent": percent(silent.sum() / table["duration_s"].sum()),
        "masked": percent((silent < 0.05).mean()),
        "first_second": percent((table["silence_start_s"] >= 0.9).mean()),
        "scaled": f"All {len(table)}" if scaled == len(table) else f"{scaled} of {len(table)}",
        "clipped": percent(clipped.mean()),
        "clipped_anger": percent(clipped[table["emotion"] == "anger"].mean()),
        "clipped_neutral": percent(clipped[table["emotion"] == "neutral"].mean()),
        "gain_span": unit(medians["gain_db"].max() - medians["gain_db"].min(), "dB"),
        "pitchless": percent(table["f0_median_hz"].isna().mean()),
        "speaker_span": unit(own.iloc[-1] - own.iloc[0], "dB")}
    for emotion, row in medians.iterrows():
        told |= {f"{emotion}_pitch": signed(row["pitch_st"]), f"{emotion}_gain": signed(row["gain_db"], 0)}
    return told


def _neutral_levels(table: pd.DataFrame) -> pd.Series:
    """Median level of each speaker's neutral clips in dB, the softest first."""
    return table[table["emotion"] == "neutral"].groupby("speaker")["level_db"].median().sort_values()


def _single(tables: dict[str, pd.DataFrame]) -> dict:
    """What is said of one corpus alone."""
    crema, ravdess, savee, tess, emodb = (tables[c] for c in ("CREMA-D", "RAVDESS", "SAVEE", "TESS", "EMO-DB"))
    low, high = crema["floor_db"].quantile([0.05, 0.95])
    soft = _neutral_levels(savee)
    grid = pd.crosstab(emodb["speaker"], emodb["emotion"]).stack()
    hertz = ravdess.groupby(["sex", "emotion"])["f0_median_hz"].median()
    sad_men = crema.loc[(crema["sex"] == "male") & (crema["emotion"] == "sadness"), "f0_median_hz"]
    moves = tess.groupby(["emotion", "speaker"])["f0_iqr_semitones"].median()
    ages = pd.Series(datasets.get("CREMA-D").ages).dropna().astype(int)
    iemocap = datasets.get("IEMOCAP")
    return {
        "de_cremad_floor_low": signed(low, 0),
        "de_cremad_floor_high": unit(high, "dB").replace("-", "\N{MINUS SIGN}"),
        "de_ravdess_gated": percent((ravdess["floor_db"] < _SIXTEEN_BITS_DB).mean()),
        "de_savee_quiet": soft.index[0], "de_savee_quiet_gap": unit(soft.iloc[1] - soft.iloc[0], "dB"),
        "de_emovo_correlation": f"{tables['EMOVO']['channel_correlation'].median():.2f}".replace("-", "\N{MINUS SIGN}"),
        "de_emodb_holes": " and ".join(f"{speaker} has no clip of {e}" for speaker, e in grid.index[grid == 0]),
        "de_emodb_thin": int((grid < 3).sum()),
        "de_angry_man": unit(hertz["male", "anger"], "Hz"), "de_calm_woman": unit(hertz["female", "calm"], "Hz"),
        "de_cremad_sad_men": percent(sad_men.isna().mean()),
        **{f"de_tess_{who}_{e}": f"{moves[e, who]:.1f}" for who in ("OAF", "YAF") for e in ("neutral", "surprise")},
        "de_youngest": ages.min(), "de_oldest": ages.max(), "de_under_40": percent((ages < 40).mean()),
        "de_iemocap_studied": number(sum(iemocap.emotion_counts[e] for e in iemocap.studied)),
        "de_iemocap_none": percent(iemocap.emotion_counts[""] / iemocap.n_clips),
        "de_iemocap_unagreed": number(iemocap.label_counts["xxx"]),
        "de_iemocap_frustration": number(iemocap.label_counts["fru"])}


def _documents() -> dict:
    """Which corpora documents name, and how often they do not say how many clips they took."""
    named = [(corpus, clips) for _, by_corpus in USES.values() for corpus, (clips, _) in by_corpus.items()]
    most = pd.Series([corpus for corpus, _ in named]).value_counts()
    return {"de_documents": len(USES), "de_most_named": most.index[0], "de_most_named_by": most.iloc[0],
            "de_pairs": len(named), "de_pairs_open": sum(clips is None for _, clips in named)}


def short(corpus: str) -> str:
    """As keys name a corpus."""
    return corpus.lower().replace("-", "")


# ---- tables ------------------------------------------------------------------------------------------------------


def together(code: str) -> str:
    """HTML that a table does not break."""
    return f'<span style="white-space: nowrap">{code}</span>'


def at_a_glance(heard: Voices) -> list[dict]:
    """A row a corpus; a dagger where it is not measured."""
    rows = []
    for corpus in every():
        of, table = datasets.get(corpus), heard.tables.get(corpus)
        sexes = pd.Series(of.sexes).value_counts().sort_index()
        counts = heard.counts(corpus)
        rows.append({"corpus": corpus + (" †" if table is None else ""), "language": of.language,
                     "speakers": " + ".join(f"{n}\N{NO-BREAK SPACE}{SIGNS[sex]}" for sex, n in sexes.items()),
                     "sentences": "–" if table is None else table["sentence"].nunique(),
                     "emotions": len(counts.drop(OTHER, errors="ignore")), "clips": number(counts.sum()),
                     "hours": "†" if table is None else f"{table['duration_s'].sum() / 3600:.1f}",
                     "kHz": f"{of.sample_rate / 1000:g}" + " stereo" * (of.channels == 2)})
    return rows


def remarks() -> list[dict]:
    """What documents did with corpora, where there is something to say."""
    rows = [{"document": title, "corpus": Html(together(html(corpus))),
             "clips": "?" if clips is None else number(clips), "remark": how}
            for title, by_corpus in USES.values() for corpus, (clips, how) in by_corpus.items() if how]
    return sorted(rows, key=lambda row: (row["document"], row["corpus"]))


def classes(heard: Voices) -> pd.DataFrame:
    """Clips by emotion and corpus, and their sums."""
    counted = pd.DataFrame({corpus: heard.counts(corpus) for corpus in every()})
    counted = counted.loc[[e for e in [*heard.order[::-1], OTHER] if e in counted.index]]
    counted.loc["all"] = counted.sum()
    counted = counted.map(lambda n: "" if pd.isna(n) else number(int(n)))
    return counted.rename(columns=lambda corpus: Html(html(corpus).replace("-", "-<br>")) if "-" in corpus else
                          corpus).rename_axis("emotion").reset_index()


def lengths(heard: Voices) -> list[dict]:
    """How long clips and their silences are, a row a corpus."""
    rows = []
    for corpus in heard.pictured:
        table = heard.tables[corpus]
        silent, length = table["silence_start_s"] + table["silence_end_s"], table["duration_s"]
        rows.append({"corpus": corpus, "length, s": f"{length.min():.1f} – {length.median():.1f} – {length.max():.1f}",
                     "speech": f"{(length - silent).median():.1f}",
                     "before": f"{table['silence_start_s'].median():.2f}",
                     "after": f"{table['silence_end_s'].median():.2f}", "silent": percent(silent.sum() / length.sum()),
                     "none found": percent((silent < 0.05).mean())})
    return rows


def odd(heard: Voices) -> pd.DataFrame:
    """Clips that are not what a reader of files expects, corpus by corpus."""
    found = pd.concat([exploration.oddities(table).assign(corpus=Html(together(html(corpus))))
                       for corpus, table in heard.tables.items()])
    names = [re.sub(r"[^ ,=]+", lambda name: together(html(name[0])), text) for text in found["example"]]
    found["such as"] = [Html(code.replace(", ", "<br>").replace("= ", "=<br>")) for code in names]
    return found.rename(columns={"what": "what is found"})[["corpus", "what is found", "clips", "such as"]]


def sources() -> list[dict]:
    """Where corpora are had, and on what terms."""
    def linked(text):
        return re.sub(r"https?://[^\s;,]+", lambda m: f'<a href="{m[0]}">{m[0].split("//")[1].split("/")[0]}</a>', text)

    return [{"corpus": Html(together(f'<a href="{html(of.home)}">{html(of.name)}</a>')), "licence": of.licence,
             "unpacked": f"{of.source.unpacked_bytes / 1e9:.1f} GB",
             "how to get it": Html(linked(html(of.source.ask or "")) or
                                  f"<code>ser-repro corpora download {html(of.name)}</code>")}
            for of in map(datasets.get, every())]


def stamp(heard: Voices, splits: dict, seed: int) -> str:
    """What the page rests on, folded away; `splits` by (corpus, protocol)."""
    hashes = "; ".join(f"{c} content {datasets.content_hash(table)[:12]}" for c, table in heard.tables.items())
    told = "; ".join(f"{corpus} {protocol} {split.hash}" for (corpus, protocol), split in splits.items())
    fresh = f" Measured anew: {', '.join(heard.measured)}." if heard.measured else ""
    return folded(f"Measures of {hashes}.{fresh} Splits: {told}. Seed {seed}.")


def folded(stamp: str) -> str:
    """The hashes that a page rests on, as HTML that takes a line until it is opened."""
    return f'<details class="stamp"><summary>Hashes</summary><p>{stamp}</p></details>'
