"""Lines of a chapter's verdict that `Page.verdict` does not write by itself."""

from ser_repro.book.words import number, points
from ser_repro.runs.found import NOT_RUN, Found


def both_splits(found: Found, corpus: str, reading: str, n: int | None = None) -> str:
    """What one reading reaches on a corpus, with shared and with new speakers; "" where neither has been run.

    Without its full stop, so that a chapter can go on.
    """
    shared, new = (found.told(corpus, reading, protocol, n=n) for protocol in ("published", "speaker"))
    if shared == new == NOT_RUN:
        return ""
    of = found.document
    size, how = f", {of.size(n)}" if n else "", f"reading `{reading}`" if of.has_code else of.called(reading)
    line = f"**{corpus}{size}**, {how}: {shared} with shared speakers, {new} with new speakers"
    change = found.lost(corpus, reading, n=n)
    if change is None:
        return line
    return f"{line}; on the {number(change.clips)} clips that both test, new minus shared is {points(change)}"
