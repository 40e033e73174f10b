"""Numbers as a reader sees them."""

from collections import Counter
from collections.abc import Iterable

from ser_repro.escaping import markdown
from ser_repro.results.ledger import RULE, UNTESTABLE

NBSP = "\N{NO-BREAK SPACE}"
LIMIT = 0.05  # below it a p-value tells a difference apart


def unit(value: float, name: str, digits: int = 0) -> str:
    """A number that keeps its unit on its line."""
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}") + f"{NBSP}{name}"


def percent(share: float, digits: int = 0) -> str:
    """A share in per cent."""
    return unit(100 * share, "%", digits)


def power(value: float) -> str:
    """A small number as people write it: "3·10⁻⁹"; 0 as 0."""
    if not value:
        return "0"
    digits, exponent = f"{value:.0e}".split("e")
    if -3 <= int(exponent) <= 2:
        return f"{value:.2g}"
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits}·10{raised}"


def listed(names: list[str]) -> str:
    """Names in a sentence: "a, b and c"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def reach(shares) -> str:
    """From the lowest to the highest of some shares: "45.8 to 53.8 %"; of one alone itself."""
    low, high = min(shares), max(shares)
    return (f"{100 * low:.1f} to " if low < high else "") + percent(high, 1)


def signed(value: float, digits: int = 1) -> str:
    """A difference with its sign, a minus as long as a plus."""
    return f"{round(value, digits) + 0.0:+.{digits}f}".replace("-", "\N{MINUS SIGN}")  # 0 is never below itself


def number(n: int) -> str:
    """A count, its thousands set apart."""
    return f"{n:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def interval(difference) -> str:
    """The 95 % interval of a difference in points and what it counts, "[+5.3, +19.2; speakers, starts]"; where there is
    none, what was measured instead."""
    return difference.beside(signed)


def points(difference) -> str:
    """A difference of scores (`scores.difference`) in words: "+12.2 points [+5.3, +19.2; speakers]"."""
    return f"{signed(100 * difference.value)} points {interval(difference)}"


def worth(difference) -> str:
    """The same, and whether it is a difference at all."""
    return points(difference) + ("" if significant(difference) else ", not significant")


def significant(difference) -> bool:
    """Whether its p-value, corrected for the number of differences that it is shown with, is below 0.05; never without
    an interval."""
    return difference.p < LIMIT


def fates(verdicts: Iterable[str]) -> list[str]:
    """How many claims got which verdict: "2 are reproduced", in the order of the rule."""
    counts = Counter(verdicts)
    verbs = {kind: "" if kind == UNTESTABLE else "is " if counts[kind] == 1 else "are " for kind in counts}
    return [f"{number(counts[kind])} {verbs[kind]}{kind}" for kind in RULE if kind in counts]


def family(differences) -> str:
    """What a caption says of the number of differences that were corrected together."""
    n = max((one.family for one in differences), default=0)
    if not n:
        return "no difference has been measured yet"
    return f"p is corrected for the {n} differences that are shown together and have an interval (Holm)" if n > 1 else (
        "p is that of a single difference")


def p_text(difference) -> str:
    """The p-value of a difference, as a table shows it."""
    if not difference.has_interval:
        return "—"
    return "< 0.001" if difference.p < 0.001 else f"{difference.p:.3f}"


def versus_chance(score, chance: float) -> str:
    """Where the interval of a score lies: "above chance", "at chance" where it holds chance, or "below chance"; where
    there is none, where all that was measured lies. One answer to every clip is a guess."""
    if score.alike[0] == score.alike[1]:
        return "at chance"
    low, high = (score.low, score.high) if score.has_interval else score.measured
    return "above chance" if low > chance else "below chance" if high < chance else "at chance"


def against_guessing(score, chance: float) -> str:
    """The same for a column of a table; where units are too few for an interval, and so for a test, how many of them
    lie above chance."""
    if score.units and score.alike[0] < score.alike[1]:
        return f"{sum(one > chance for one in score.units)} of {len(score.units)} {score.unit}s above chance"
    return versus_chance(score, chance)


def stamp(record: dict) -> str:
    """Where a number comes from, in a line of Markdown."""
    from ser_repro.runs import records

    config, seconds = record["config"], record["train_seconds"]
    took = f"{max(1, seconds):.0f} s" if seconds < 59.5 else f"{seconds / 60:.0f} min"
    length = f"{epochs} epochs in {took}" if (epochs := records.epochs(record)) else f"fitted in {took}"
    told = (f"{record['run']}: seed {config['seed']}, {length}, split {record['split_hash']}, corpus "
            f"{record['corpus_hash'][:12]}, {record['device']}, {record['finished'][:10]}")
    return f"<code>{markdown(told)}</code>"
