"""What benchmarks/features.py has stored: how exact the feature sets are, and how fast."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ser_repro.book import show
from ser_repro.book.features.words import shown, title
from ser_repro.book.words import NBSP, number, unit
from ser_repro.escaping import markdown
from ser_repro.features.sets import SETS
from ser_repro.files import read_json

_RUN = "`python benchmarks/features.py path/to/corpora {}--store results`"  # in HTML, hyphens would become dashes


def agreement(results: str | Path = "results") -> None:
    """How far the package's values are from librosa's: a table of the chapter's sets, and the worst of all."""
    agreed = _stored("agreement", results)
    if not agreed:
        return show.text(f"Not yet measured: {_RUN.format('--agree 50 ')} does it.")
    rows = sorted((row for row in agreed["sets"] if row["set"] in shown()), key=lambda row: -row["difference"])
    show.table([{"set": title(row["set"]), "differs by at most": show.Html(tiny(row["difference"])),
                 "in": "" if row["part"] == row["set"] else row["part"]} for row in rows])
    lacking: dict[str, None] = {}
    for way in filter(None, (agreed, _stored("agreement-torch", results))):
        worst = tiny(max(row["difference"] for row in way["sets"]))
        of = ", ".join(f"{count} of {corpus}" for corpus, count in way["corpora"].items())
        batches = "In batches on torch, " if way["path"] == "torch" else ""
        known = {row["set"] for row in way["sets"]} & set(SETS)
        lacking |= dict.fromkeys(f"`{name}`" for name in SETS if name not in known)
        show.text(f"{batches}{len(known)} of the {len(SETS)} sets were compared. They differ by at most {worst}; "
                  f"{tiny(way['allowed'])} is allowed. {way['clips']} clips: {of}; librosa "
                  f"{markdown(way['versions']['librosa'])}, {markdown(way['date'])}.")
    if lacking:
        show.text(f"Not compared: {', '.join(lacking)}.")


def speeds(results: str | Path = "results") -> None:
    """How long the sets take by librosa and by the package, on a processor and on torch."""
    if timed := _stored("speed", results):
        _speeds(timed)
    else:
        show.text(f"Not yet measured: {_RUN.format('')} does it.")
    if timed := _stored("speed-torch", results):
        _speeds(timed)
    else:
        show.text("The package can also compute the same values in batches on torch, for a GPU. No GPU has timed that "
                  f"yet: {_RUN.format('--path torch ')} does it.")


def _speeds(timed: dict) -> None:
    rows = [row | {"set": title(row["set"])} for row in timed["sets"]]
    rows += [row | {"set": row["set"][0].upper() + row["set"][1:]} for row in timed["one_pass"]]
    show.table([{"set": row["set"], "librosa": unit(row["reference_s"], "s", 1),
                 "this package": unit(row["fast_s"], "s", 1), "times as fast": f"{row['times']:.1f}",
                 "clips a second": f"{row['clips'] / row['fast_s']:.0f}"} for row in rows])
    where = "in batches on torch, " if timed["path"] == "torch" else ""
    show.text(f"{number(timed['sets'][0]['clips'])} clips of RAVDESS, decoding included, empty cache, "
              f"{timed['processes']} processes, both in turns. {where}{markdown(timed['device'])}, "
              f"librosa {markdown(timed['versions']['librosa'])}, {markdown(timed['date'])}.")
    show.table([{"clips": f"{number(row['clips'])} of {row['of']}", "clips a second": f"{row['clips_per_s']:.0f}",
                 "peak memory": f"{row['main_mb']} + {timed['processes']} × {unit(row['worker_mb'], 'MB')}"}
                for row in timed["growth"]])
    show.text(f"{title(timed['grown'])}, as the corpus grows; memory of the main process and the others.")


def tiny(value: float) -> str:
    """A small number as a power of ten, rounded up."""
    if value == 0:
        return "0"
    exponent = int(np.floor(np.log10(value)))
    digit = int(np.ceil(value / 10.0**exponent - 1e-9))
    return f"{digit} · 10<sup>{exponent}</sup>".replace("-", "\N{MINUS SIGN}").replace(" ", NBSP)


def _stored(name: str, results: str | Path) -> dict:
    """What was stored under that name; nothing where it was not run."""
    file = Path(results) / "features" / f"{name}.json"
    again = "measure again with `python benchmarks/features.py DATA --store results`"
    return read_json(file, "file of measures", again) if file.is_file() else {}
