"""Ways to spoil what a command reads: bytes, JSON with its checksum made right again, tables, arguments."""

import contextlib
import csv
import datetime
import io
import json
import math
import random

HOSTILE = [None, True, False, 0, -1, 1, 7, 10**9, -(10**400), 1e308, -0.5, 0.5, 2.0, math.nan, math.inf, "", " ", "x",
           "0", "nan", "anger", "x" * 10_000, "\x1b[2J", "\x00", "\n", "\u202egpj", "<script>alert(1)</script>",
           "../../x", "/etc", "=1+1", "'; --", "é", "\ud800", [], {}, [[]], [None], {"a": {}}, [1, "a"], ["anger"],
           {"__class__": "x"}]
# What a cell of an Excel file can hold.
CELLS = [None, True, 0, -1, 1e308, 0.5, "", " ", "x", "nan", "anger", "=1+1", "='x", "é", "\u202egpj", "../../x",
         "a\nb", datetime.datetime(2020, 1, 1), datetime.time(1, 2)]
WHOLE = [b"", b"\0" * 100, b"RIFF", b"\x80\x04K\x01.", b"PK\3\4", b"{", b"[" * 5000,
         b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"]


def spoilt(content: bytes, rng: random.Random) -> bytes:
    """Bytes flipped, cut, doubled, put elsewhere, or others in their place."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 8, 64))):
        at = rng.randrange(len(data) + 1) if rng.random() < 0.5 else rng.randrange(min(len(data), 96) + 1)  # the head
        kind = rng.randrange(7)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[at:]
        elif kind == 2:
            data[at:at] = rng.randbytes(rng.choice((1, 4, 100)))
        elif kind == 3:
            data[at:at + 4] = rng.choice((b"\0" * 4, b"\xff" * 4, b"\x7f" + b"\xff" * 3, b"\xff" * 3 + b"\x7f"))
        elif kind == 4:
            del data[at:at + rng.choice((1, 2, 44, 1000))]
        elif kind == 5:
            data += data[at:at + 1000]
        elif kind == 6 and rng.random() < 0.2:
            data[:] = rng.choice([*WHOLE, rng.randbytes(500)])
    return bytes(data)


def changed(value, rng: random.Random):
    """A JSON value with one of its parts replaced, left out, doubled or put elsewhere."""
    places = list(_places(value))
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if not places:
            return rng.choice(HOSTILE)
        holder, key = rng.choice(places)
        kind = rng.randrange(6)
        try:
            if kind == 0:
                del holder[key]
            elif kind == 1 and isinstance(holder, list):
                holder.insert(rng.randrange(len(holder) + 1), holder[key])
            elif kind == 1:
                holder[rng.choice(("x", "", "__proto__", "\x1b[2J"))] = holder[key]
            elif kind == 2 and isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
                number = holder[key]
                holder[key] = rng.choice((-number, number * 10**9, float(number), str(number), 1 - number))
            elif kind == 3 and isinstance(holder[key], list):
                rng.shuffle(holder[key])
            else:
                holder[key] = rng.choice(HOSTILE)
        except (KeyError, IndexError, TypeError, OverflowError):  # an earlier change took it away
            continue
    return value


def _places(value, depth: int = 0):
    """(Holder, key) of every part; of long lists the first."""
    if depth < 7:
        items = value.items() if isinstance(value, dict) else enumerate(value[:5]) if isinstance(value, list) else ()
        for key, part in items:
            yield value, key
            yield from _places(part, depth + 1)


def changed_json(content: bytes, rng: random.Random, seal=None) -> bytes:
    """A JSON file with a part replaced; its checksum is made right again by `seal(value)`."""
    value = changed(json.loads(content), rng)
    if seal is not None and isinstance(value, dict):
        with contextlib.suppress(TypeError, ValueError, AttributeError, KeyError, RecursionError):
            value = seal(value)
    return json.dumps(value).encode("utf-8", "surrogatepass")


def changed_table(content: bytes, rng: random.Random) -> bytes:
    """A table with cells, rows or columns changed, in another encoding or with other commas."""
    rows = list(csv.reader(io.StringIO(content.decode())))
    for _ in range(rng.choice((1, 1, 2, 4))):
        row = rng.randrange(len(rows))
        kind = rng.randrange(6)
        if kind == 0 and rows[row]:
            rows[row][rng.randrange(len(rows[row]))] = str(rng.choice(HOSTILE))
        elif kind == 1:
            rows.insert(row, list(rows[row]))
        elif kind == 2 and len(rows) > 1:
            del rows[row]
        elif kind == 3:
            column = rng.randrange(max(map(len, rows)))
            rows = [[cell for i, cell in enumerate(one) if i != column] for one in rows]
        elif kind == 4:
            rows[row].append(str(rng.choice(HOSTILE)))
        else:
            rng.shuffle(rows)
    page = io.StringIO()
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    csv.writer(page, delimiter=rng.choice(",,,;\t|"), quoting=quoting).writerows(rows)
    text = rng.choice(("", "", "\ufeff", "sep=;\n")) + page.getvalue()
    found = text.encode(rng.choice(("utf-8", "utf-8", "utf-16", "cp1252", "utf-32")), "replace")
    return spoilt(found, rng) if rng.random() < 0.2 else found


def words(rng: random.Random, options: dict[str, list]) -> list[str]:
    """Arguments: some of the options, each with one of its values or a hostile one."""
    hostile = [text for text in map(str, HOSTILE) if not set(text) & set("\0\ud800") and len(text) < 5000]
    found = []
    for name in rng.sample(list(options), rng.randrange(min(len(options), 4) + 1)):
        found += [name, str(rng.choice(options[name] if rng.random() < 0.5 and options[name] else hostile))]
    return found
