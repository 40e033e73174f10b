"""What the chapter on the plain baseline has of its own: networks against it, and models on other corpora."""

import functools

from ser_repro import datasets
from ser_repro.book import show
from ser_repro.book.page import Page
from ser_repro.book.words import family, number, p_text, percent, points, told_apart, versus_chance
from ser_repro.results import scores
from ser_repro.runs import plans
from ser_repro.runs.found import NOT_RUN, Found, missing, on_same_clips, split_name

NETWORKS = ("mfcc_cnn", "issa", "cnn_bigru")
ELSEWHERE = ("svm193", "mfcc_cnn")
TRAINED, TESTED = "RAVDESS", ("EMO-DB", "SAVEE")
PENALTY = 10.0  # the one that is told beside the baseline's own


def headlines(page: Page) -> dict[str, str]:
    """What the top of the chapter says, key by key."""
    told = {f"{TRAINED}_{protocol}": page.found.told(TRAINED, protocol=protocol) for protocol in plans.GRID}
    told[f"{TRAINED}_chance"] = percent(page.chance[TRAINED])
    rows = [row for row in versus(page) if row["corpus"] == TRAINED]
    for protocol in plans.GRID:
        same = [row for row in rows if row["split"] == split_name(protocol)]
        most = max((row["clips"] for row in same), default=0)  # the networks that are tested on all of these clips
        ends = sorted((row for row in same if row["clips"] == most), key=lambda row: row["difference"].value)
        told[f"versus_{protocol}"] = " to ".join(
            f"{points(row['difference'])} ({row['network']}, reading {row['reading']})" for row in (ends[0], ends[-1])
        ) if ends else NOT_RUN
        told[f"above_{protocol}"] = _above(same)
        told[f"{TRAINED}_{protocol}_penalty"] = page.found.told(TRAINED, protocol=protocol, C=PENALTY)
        told[f"above_{protocol}_penalty"] = _above(
            [row for row in versus(page, C=PENALTY) if row["split"] == split_name(protocol)])
    pairs = [(of.elsewhere(TRAINED, corpus), _chance(corpus)) for of in _models(page) for corpus in TESTED]
    pairs = [(score, chance) for score, chance in pairs if score]
    above = sum(versus_chance(score, chance) == "above chance" for score, chance in pairs)
    told["elsewhere"] = f"{above} of {len(pairs)}" if pairs else NOT_RUN
    svm = [row for row in elsewhere(page) if row["model"] == page.document.title]
    told["family"] = family_of(page)
    told["penalty"] = f"{PENALTY:g} instead of {page.document.settings['C'].code:g}"
    told["named"] = " and ".join(f"of {row['tested on']} it calls {row['calls most clips']}" for row in svm) or NOT_RUN
    effects = {one.where: one for one in page.found.effects() if one.corpus == TRAINED}
    for protocol in plans.GRID:
        one = effects.get("" if protocol == "published" else split_name(protocol))
        told[f"penalty_{protocol}"] = points(one.difference) if one else NOT_RUN
    return told | _above_guessing(page)


def _above(rows: list[dict]) -> str:
    """How many differences are told apart from none and above it."""
    return f"{sum(_leads(row) for row in rows)} of {len(rows)}"


def _leads(row: dict) -> bool:
    return told_apart(row["difference"]) and row["difference"].value > 0


def _above_guessing(page: Page) -> dict[str, str]:
    """On how many other corpora the UAR of a model lies above that of guessing, and on which."""
    above, tested = [], 0
    for of in _models(page):
        for corpus in TESTED:
            uar, guess = of.elsewhere(TRAINED, corpus, "uar"), 1 / len(_known(corpus))
            tested += uar is not None
            if uar and versus_chance(uar, guess) == "above chance":
                above.append(f"{of.document.title} on {corpus}, {uar} against {percent(guess, 1)}")
    return {"uar_elsewhere": f"{len(above)} of {tested}" if tested else NOT_RUN,
            "uar_above": "; ".join(above) or "none"}


@functools.cache  # several sections ask
def _models(page: Page) -> list[Found]:
    return [page.found if name == page.document.name else Found(name, page.found.folder) for name in ELSEWHERE]


@functools.lru_cache(4)
def versus(page: Page, **changed) -> list[dict]:
    """A row a network, corpus, reading and split: `difference`, its accuracy minus that of the baseline (with settings
    changed, if any are given), on the clips that both test, mean of its starts; `folds` says which of them where some
    are missing. P-values are corrected for the number of rows."""
    rows = []
    for name in NETWORKS:
        of = Found(name, page.found.folder)
        for corpus in (corpus for corpus in of.document.corpora if corpus in page.corpora):
            for reading in of.document.readings:
                for protocol in plans.GRID:
                    seeds = of.seeds(corpus, reading, protocol)
                    own = page.found.seeds(corpus, protocol=protocol, **changed)
                    change = on_same_clips((page.found, own), (of, seeds))
                    if change:
                        rows.append({"network": of.document.title, "reading": reading, "corpus": corpus,
                                     "split": split_name(protocol), "folds": missing(seeds), "clips": change.clips,
                                     "difference": change})
    family = scores.corrected([row["difference"] for row in rows])
    return [row | {"difference": one} for row, one in zip(rows, family, strict=True)]


def rows(page: Page) -> list[dict]:
    """The same for a reader: a row without every fold says so."""
    return [{key: row[key] for key in ("network", "reading", "corpus", "split")}
            | {"clips": number(row["clips"]) + (f" ({row['folds']})" if row["folds"] else ""),
               "difference": points(row["difference"]), "p": p_text(row["difference"])} for row in versus(page)]


def family_of(page: Page) -> str:
    """What the caption says of their number."""
    return family([row["difference"] for row in versus(page)])


def verdict(page: Page) -> str:
    """How the networks compare with the baseline for new speakers, in a line."""
    new = [row for row in versus(page) if row["split"] == split_name("speaker")]
    if not new:
        return f"**Networks against the baseline**, new speakers: {NOT_RUN}."
    above = [row for row in new if _leads(row)]
    below = [row for row in new if told_apart(row["difference"]) and row["difference"].value < 0]
    corpora = dict.fromkeys(row["corpus"] for row in new)
    line = (f"**Networks against the baseline**, new speakers ({', '.join(corpora)}): of {len(new)} comparisons, "
            f"{len(above) or 'none'} {'shows' if len(above) < 2 else 'show'} the network ahead")
    line += f" ({_listed(above)})" if above else ""
    line += f"; {len(below) or 'none'} behind" + (f" ({_listed(below)})" if below else "")
    return f"{line}; {family_of(page)}."


def _listed(of: list[dict]) -> str:
    return "; ".join(f"{row['network']}, {row['reading']}, {row['corpus']}: {points(row['difference'])}" for row in of)


@functools.lru_cache(4)
@functools.cache  # several sections ask
def elsewhere(page: Page) -> list[dict]:
    """A row a model and tested corpus: what was trained on RAVDESS reaches there, and what training there reaches."""
    rows = []
    for of in _models(page):
        for corpus in TESTED:
            accuracy, uar = (of.elsewhere(TRAINED, corpus, score) for score in ("accuracy", "uar"))
            if accuracy is None:
                continue
            named = of.tables_elsewhere(TRAINED, corpus)[0]["predicted"].value_counts(normalize=True)
            rows.append({"model": of.document.title, "tested on": corpus, "clips": accuracy.clips,
                         "accuracy": str(accuracy), "UAR": str(uar), "chance": percent(_chance(corpus)),
                         "calls most clips": f"{named.index[0]} ({percent(named.iloc[0])})",
                         "trained there, shared speakers": of.text(corpus), "trained there, new speakers":
                         of.told(corpus, protocol="speaker")})
    return rows


def _chance(corpus: str) -> float:
    """Accuracy of always naming the most frequent emotion that a corpus shares with the one trained on."""
    counts = _known(corpus)
    return max(counts.values()) / sum(counts.values())


def _known(corpus: str) -> dict[str, int]:
    """Clips of each emotion that a corpus shares with the one trained on."""
    known = datasets.get(TRAINED).emotion_counts
    return {emotion: n for emotion, n in datasets.get(corpus).emotion_counts.items() if emotion in known}


def confusions_elsewhere(page: Page) -> None:
    """Confusion matrices of the models on the other corpora, a picture a model."""
    from ser_repro.book import plots

    for of in _models(page):
        panels = []
        for corpus in TESTED:
            tables = of.tables_elsewhere(TRAINED, corpus)
            if tables:
                classes = sorted(tables[0]["emotion"].unique())
                panels.append((f"{of.document.title},\n{TRAINED} to {corpus}",
                               scores.confusion(tables[0], classes), classes))
        if panels:
            show.picture(plots.confusion(panels), "Confusion matrix, true emotion down, predicted across: "
                         + "; ".join(title.replace("\n", " ") for title, *_ in panels))

