"""Numbers as a reader sees them."""

NBSP = "\N{NO-BREAK SPACE}"


def unit(value: float, name: str, digits: int = 0) -> str:
    """A number that keeps its unit on its line."""
    return f"{value:.{digits}f}{NBSP}{name}"


def percent(share: float, digits: int = 0) -> str:
    """A share in per cent."""
    return unit(100 * share, "%", digits)


def signed(value: float, digits: int = 1) -> str:
    """A difference with its sign, a minus as long as a plus."""
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def number(n: int) -> str:
    """A count, its thousands set apart."""
    return f"{n:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def interval(difference) -> str:
    """The 95 % interval of a difference in points: "[+5.3, +19.2]"."""
    return f"[{signed(100 * difference.low)}, {signed(100 * difference.high)}]"


def points(difference) -> str:
    """A difference of scores (`scores.difference`) in words: "+12.2 points [+5.3, +19.2]"."""
    return f"{signed(100 * difference.value)} points {interval(difference)}"


def told_apart(difference) -> bool:
    """Whether the interval of a difference leaves out zero."""
    return not difference.low <= 0 <= difference.high


def versus_chance(score, chance: float) -> str:
    """Where the interval of a score lies: "above chance", "at chance" where it holds chance, or "below chance"."""
    return "above chance" if score.low > chance else "below chance" if score.high < chance else "at chance"


def stamp(record: dict) -> str:
    """Where a number comes from, in a line."""
    from ser_repro.runs import records

    config, seconds = record["config"], record["train_seconds"]
    took = f"{max(1, seconds):.0f} s" if seconds < 59.5 else f"{seconds / 60:.0f} min"
    length = f"{epochs} epochs in {took}" if (epochs := records.epochs(record)) else f"fitted in {took}"
    return (f"{record['run']}: seed {config['seed']}, {length}, split {record['split_hash']}, corpus "
            f"{record['corpus_hash'][:12]}, {record['device']}, {record['finished'][:10]}")
