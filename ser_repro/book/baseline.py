"""What the chapter on the plain baselines has of its own: all of them beside the networks, and networks against the
SVM on 193 values."""

import functools

import numpy as np

from ser_repro import documents
from ser_repro.book.page import Page
from ser_repro.book.words import family, listed, number, p_text, percent, points, reach, signed, significant
from ser_repro.results import scores
from ser_repro.runs import plans
from ser_repro.runs.found import NOT_RUN, Found, missing, on_same_clips, split_name

LOGISTIC = "logistic193"
BASELINES = ("svm193", LOGISTIC, "svm_egemaps", "logistic_egemaps")
NETWORKS = ("mfcc_cnn", "issa", "cnn_bigru")
CORPUS = "RAVDESS"  # of the headlines
PENALTY = 10.0  # the one that is told beside the baseline's own


def headlines(page: Page) -> dict[str, str]:
    """What the top of the chapter says, key by key."""
    told = {f"{CORPUS}_{protocol}": page.found.told(CORPUS, protocol=protocol) for protocol in plans.GRID}
    told[f"{CORPUS}_chance"] = percent(page.chance[CORPUS])
    rows = [row for row in versus(page) if row["corpus"] == CORPUS]
    for protocol in plans.GRID:
        told[f"sentence_{protocol}"] = sentence([row for row in rows if row["split"] == split_name(protocol)])
        told[f"{CORPUS}_{protocol}_penalty"] = page.found.told(CORPUS, protocol=protocol, C=PENALTY)
        told[f"above_{protocol}_penalty"] = _above(
            [row for row in versus(page, C=PENALTY) if row["split"] == split_name(protocol)])
    told["best"] = _best(page)
    told["family"] = family_of(page)
    drawn = page.found.drawn(CORPUS)
    told["draws"] = reach(drawn.seeds) if drawn else NOT_RUN
    told["draws_lead"] = _lead_of_draws(page)
    other = versus(page, LOGISTIC)
    told |= {f"logistic_{protocol}": _above([row for row in other if row["corpus"] == CORPUS
                                             and row["split"] == split_name(protocol)]) for protocol in plans.GRID}
    told["penalty"] = f"{PENALTY:g} instead of {page.document.settings['C'].code:g}"
    effects = {one.where: one for one in page.found.effects() if one.corpus == CORPUS}
    for protocol in plans.GRID:
        one = effects.get("" if protocol == "published" else split_name(protocol))
        told[f"penalty_{protocol}"] = points(one.difference) if one else NOT_RUN
    return told


def _best(page: Page) -> str:
    """Which plain baseline and which network are right most often with new speakers, in a sentence without its end."""
    told = []
    for names, what in ((BASELINES, "of the plain baselines"), (NETWORKS, "of the networks")):
        scored = [(score, of.document.title + (f", reading {reading}" if len(of.document.readings) > 1 else ""))
                  for of in (Found(name, page.found.folder) for name in names) for reading in of.document.readings
                  if (score := of.score(CORPUS, reading, "speaker"))]
        if not scored:
            return NOT_RUN
        score, title = max(scored, key=lambda one: one[0].value)
        told.append(f"{what} {title} ({score})")
    return "; ".join(told)


def _lead_of_draws(page: Page) -> str:
    """What a network that was tested on the same other draws leads by on their mean; nothing where there is none."""
    of = Found("mfcc_cnn", page.found.folder)
    theirs, own = of.by_draw(CORPUS), page.found.by_draw(CORPUS)
    lead = [100 * (theirs[draw] - own[draw]) for draw in sorted(theirs.keys() & own.keys())]
    if not lead:
        return ""
    return (f"; on the same draws {of.document.title} lies {signed(np.mean(lead))} points from it on average "
            f"({signed(min(lead))} to {signed(max(lead))})")


def sentence(rows: list[dict]) -> str:
    """How many networks lead the SVM or trail it in one kind of test, how far, and what is not finished."""
    whole = sorted((row for row in rows if not row["folds"]), key=lambda row: row["difference"].value)
    if not whole:
        return f"{NOT_RUN}."
    ends = " to ".join(f"{points(row['difference'])} ({row['network']}, reading {row['reading']}, "
                       f"{number(row['clips'])} clips)" for row in (whole[0], whole[-1]))
    behind = sum(_trails(row) for row in whole)
    told = (f"{_above(rows)} readings of networks lead the SVM and {behind} trail{'s' * (behind == 1)} it by more than "
            f"luck would make in so many comparisons. The differences go from {ends}.")
    halves = [50 * (row["difference"].high - row["difference"].low) for row in whole if row["difference"].has_interval]
    if halves:
        told += f" Their intervals reach {min(halves):.0f} to {max(halves):.0f} points either way."
    part = [f"{row['network']}, reading {row['reading']} ({row['folds']}, so far {points(row['difference'])})"
            for row in rows if row["folds"]]
    return told + (f" Not finished: {'; '.join(part)}." if part else "")


def _above(rows: list[dict]) -> str:
    """How many differences are significant and above zero, of those on every fold."""
    whole = [row for row in rows if not row["folds"]]
    return f"{sum(_leads(row) for row in whole)} of {len(whole)}"


def _leads(row: dict) -> bool:
    return significant(row["difference"]) and row["difference"].value > 0


def _trails(row: dict) -> bool:
    return significant(row["difference"]) and row["difference"].value < 0


@functools.lru_cache(4)
def versus(page: Page, baseline: str = "", **changed) -> list[dict]:
    """A row a network, corpus, reading and split: `difference`, its accuracy minus that of the chapter's baseline or
    another (with settings changed, if any are given), on the clips that both test, mean of its starts; `folds` says
    which of them where some are missing. P-values are corrected for the number of rows."""
    rows, found = [], Found(baseline, page.found.folder) if baseline else page.found
    for name in NETWORKS:
        of = Found(name, page.found.folder)
        for corpus in (corpus for corpus in of.document.corpora if corpus in page.corpora):
            for reading in of.document.readings:
                for protocol in plans.GRID:
                    seeds = of.seeds(corpus, reading, protocol)
                    own = found.seeds(corpus, protocol=protocol, **changed)
                    change = on_same_clips((found, own), (of, seeds))
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


def beside(page: Page) -> list[dict]:
    """Accuracy on `CORPUS`, with shared and with new speakers: of always naming the most frequent emotion, of each
    baseline, and of the networks reading by reading."""
    chance = percent(page.chance[CORPUS], 1)
    rows = [{"method": "always the most frequent emotion", "reading": "—"}
            | {split_name(protocol): chance for protocol in plans.GRID}]
    for name in (*_run(page), *NETWORKS):
        of = Found(name, page.found.folder)
        for reading in of.document.readings:
            rows.append({"method": of.document.title, "reading": reading if name in NETWORKS else "—"}
                        | {split_name(protocol): of.told(CORPUS, reading, protocol) for protocol in plans.GRID})
    return rows


def _run(page: Page) -> list[str]:
    """The baselines of which something has been run."""
    return [name for name in BASELINES if Found(name, page.found.folder).count[0]]


def waiting(page: Page) -> str:
    """The others, in a sentence."""
    names = [documents.get(name).title for name in BASELINES if name not in _run(page)]
    return f"Not yet run: {listed(names)}." if names else ""


def new_speakers(page: Page) -> list[dict]:
    """Accuracy of each baseline with new speakers, a row a corpus, beside always naming the most frequent emotion."""
    found = {name: Found(name, page.found.folder) for name in _run(page)}
    return [{"corpus": corpus, "most frequent": percent(page.chance[corpus], 1)}
            | {of.document.title: of.told(corpus, protocol="speaker") for of in found.values()}
            for corpus in page.corpora]


def family_of(page: Page) -> str:
    """What the caption says of their number."""
    return family([row["difference"] for row in versus(page)])


def verdict(page: Page) -> str:
    """How the networks compare with the baseline for new speakers, in a line."""
    new = [row for row in versus(page) if row["split"] == split_name("speaker")]
    if not new:
        return f"**Networks against the baseline**, new speakers: {NOT_RUN}."
    counted = [row for row in new if row["difference"].has_interval and not row["folds"]]
    above = [row for row in counted if _leads(row)]
    below = [row for row in counted if _trails(row)]
    corpora = dict.fromkeys(row["corpus"] for row in counted)
    line = (f"**Networks against the baseline**, new speakers ({', '.join(corpora)}): of {len(counted)} comparisons, "
            f"{len(above) or 'none'} {'shows' if len(above) < 2 else 'show'} the network ahead")
    line += f" ({_listed(above)})" if above else ""
    line += f"; {len(below) or 'none'} behind" + (f" ({_listed(below)})" if below else "")
    if others := len(new) - len(counted):
        line += f"; {others} more without every fold or without an interval {'is' if others < 2 else 'are'} not counted"
    return f"{line}; {family_of(page)}."


def _listed(of: list[dict]) -> str:
    return "; ".join(f"{row['network']}, {row['reading']}, {row['corpus']}: {points(row['difference'])}" for row in of)
