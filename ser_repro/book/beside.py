"""The chapter on other corpora: what a method makes of a corpus, by what it was trained on.

Other speakers of the same corpus, the same speakers, one other corpus, or all five others together: each as how far the
UAR comes on the way from guessing to perfect (`across.way`), since the number of emotions differs.
"""

from collections.abc import Iterable

import numpy as np

from ser_repro.book import across
from ser_repro.book.across import Across
from ser_repro.book.words import listed, percent, versus_chance
from ser_repro.documents.base import FREE
from ser_repro.results.scores import Score
from ser_repro.runs.found import NOT_RUN

NOTHING = "—"


def others_of(corpus: str) -> tuple[str, ...]:
    """The five other corpora."""
    return tuple(other for other in FREE if other != corpus)


def from_five(one: Across, corpus: str) -> tuple[Score, int] | None:
    """UAR on a corpus of the method that was trained on the five others together, and the number of emotions; None
    where that has not been run."""
    tables = one.tables(others_of(corpus), corpus)
    if not tables:
        return None
    return one.score(others_of(corpus), corpus, "uar"), sum(name.startswith("p(") for name in tables[0])


def five_way(one: Across, corpus: str) -> float | None:
    """The same as a way from guessing."""
    found = from_five(one, corpus)
    return found and across.way(found[0].value, found[1])


def overview(several: Iterable[Across]) -> list[dict]:
    """A row a method: how far it comes in the median corpus or pair of corpora, and in how many pairs it comes
    anywhere."""
    told = []
    for one in several:
        ways = {"shared speakers": [one.way_within(corpus, "published") for corpus in FREE],
                "new speakers": [one.way_within(corpus, "speaker") for corpus in FREE],
                "one other corpus": [pair.way for pair in one.pairs],
                "five others": [five_way(one, corpus) for corpus in FREE]}
        told.append({"method": across.titled(one)} | {name: _median(of) for name, of in ways.items()} | {
            "pairs above guessing": across.above(one.pairs) if one.pairs else NOTHING,
            "lowest and highest pair": across.ends(ways["one other corpus"]) if one.pairs else NOTHING})
    return told


def _median(ways: Iterable[float | None]) -> str:
    known = [way for way in ways if way is not None]
    return f"{percent(np.median(known))} ({len(known)})" if known else NOTHING


def rows(one: Across) -> list[dict]:
    """A row a tested corpus of which anything has been run: UAR by what was trained on, and how far that is on the way
    from guessing."""
    told = []
    for corpus in FREE:
        several = len(across.emotions_of(corpus))
        single = [pair for pair in one.pairs if pair.tested == corpus]
        best = max(single, key=lambda pair: pair.way, default=None)
        five = from_five(one, corpus)
        told.append({
            "tested on": corpus, "shared speakers": _told(one.within(corpus, "published"), several),
            "new speakers": _told(one.within(corpus, "speaker"), several),
            "one other, median": percent(np.median([pair.way for pair in single])) if single else NOTHING,
            "best other": f"{best.trained}: {_told(best.uar, len(best.emotions))}" if best else NOTHING,
            "five others": _told(*five) if five else NOTHING})
    return [row for row in told if set(row.values()) != {row["tested on"], NOTHING}]


def joins(one: Across) -> bool:
    """Whether the study trains the method on several corpora together."""
    return any(run.joined for run, _ in one.found.status)


def _told(score: Score | None, emotions: int) -> str:
    if score is None:
        return NOTHING
    return f"{percent(across.way(score.value, emotions))} ({100 * score.value:.0f}, guessing {100 / emotions:.0f})"


def against_one(one: Across) -> dict:
    """On how many tested corpora five corpora teach more than one, as a row."""
    both = [(five_way(one, corpus), [pair.way for pair in one.pairs if pair.tested == corpus]) for corpus in FREE]
    both = [(five, single) for five, single in both if five is not None and single]
    found = [from_five(one, corpus) for corpus in FREE if five_way(one, corpus) is not None]
    above = sum(versus_chance(score, 1 / k) == "above chance" for score, k in filter(None, found))
    counts = {"further than the median single one": sum(five > np.median(single) for five, single in both),
              "further than the best single one": sum(five > max(single) for five, single in both),
              "above guessing": above}
    return {"method": across.titled(one)} | {
        name: f"{count} of {len(both)}" if both else NOT_RUN for name, count in counts.items()}


def finding(several: Iterable[Across]) -> str:
    """How far methods come on new speakers and on other corpora, in a sentence or two."""
    known = [(one, np.median([pair.way for pair in one.pairs])) for one in several if one.pairs]
    if not known:
        return NOT_RUN
    known.sort(key=lambda pair: pair[1])
    low, (most, high) = known[0][1], known[-1]
    least = listed([one.title for one, value in known if percent(value) == percent(low)])
    line = (f"On another corpus, {len(known)} methods come {percent(low)} ({least}) to {percent(high)} "
            f"({most.title}) of the way from guessing to perfect in the median pair" if len(known) > 1 else
            f"On another corpus, {most.title} comes {percent(high)} of the way from guessing to perfect in the median "
            "pair")
    adapted = [np.median([across.way(pair.adapted.value, len(pair.emotions)) for pair in one.pairs if pair.adapted])
               for one, _ in known if any(pair.adapted for pair in one.pairs)]
    if adapted:
        ends = list(dict.fromkeys(percent(of(adapted)) for of in (min, max)))
        line += (f"; the {len(adapted)} of them that are fed one vector a clip come {' to '.join(ends)} once each "
                 "value is shifted and stretched to the tested corpus")
    fall = []
    for one, _ in known:
        ways = [(own, np.median(single)) for corpus in FREE
                if (own := one.way_within(corpus, "speaker")) is not None
                and (single := [pair.way for pair in one.pairs if pair.tested == corpus])]
        fall += [own > other for own, other in ways]
    return line + (f". In {sum(fall)} of {len(fall)} combinations of a method and a tested corpus, training on other "
                   "speakers of the same corpus does better than training on the median other corpus." if fall else ".")


def arousal(several: Iterable[Across]) -> str:
    """How well arousal and valence carry over, in a sentence without its end."""
    both = [(one.title, *(np.median(found) for found in sides)) for one in several
            if all(sides := [across.side_rates(one, name) for name in across.SIDES])]
    if not both:
        return NOT_RUN
    told = [f"{name} {percent(min(of))} to {percent(max(of))}" for name, of in zip(
        across.SIDES, zip(*(sides for _, *sides in both), strict=True), strict=True)]
    return (f"Right, in the median pair of {len(both)} methods: {listed(told)}, where guessing is right in "
            f"{percent(0.5)}")
