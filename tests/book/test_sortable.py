"""Tables that sort: what a row is sorted by and filtered by, its address, and the files beside it."""

import base64
import csv
import gzip
import io
from html.parser import HTMLParser

import pandas as pd
import pytest

from ser_repro.book import dictionary, show, sortable
from ser_repro.runs import schema

ROWS = [{"method": "a <b>", "points": "−9.5 [−12.0, −7.0]", "note": "=1+1"},
        {"method": "c", "points": "+12.25", "note": show.Html("<b>bold</b>")},
        {"method": "c", "points": "—", "note": "12 or so"}]


class Cells(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.rows, self.orders, self.links = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "tr" and "id" in attrs:
            self.rows.append(attrs)
        if tag == "td":
            self.orders.append(attrs.get("data-order"))
        if tag == "a":
            self.links.append(attrs["href"])


@pytest.fixture
def shown(monkeypatch):
    """What a table shows, and what stands beside it."""
    seen = {}
    monkeypatch.setattr("IPython.display.display", lambda data, raw, metadata: seen.update(data=data, beside=metadata))
    sortable.table("prices", "Every price.", ROWS, ["price-a", "price-c", "price-c"], csv=pd.DataFrame(
        [{"method": row["method"], "note": str(row["note"])} for row in ROWS]), cites=["someone2020"],
        filters={"the method": [row["method"] for row in ROWS]})
    return seen


def test_a_row_has_an_address_of_its_own_and_what_it_is_filtered_by(shown):
    cells = Cells(shown["data"]["text/html"])
    assert [row["id"] for row in cells.rows] == ["price-a", "price-c", "price-c-2"]
    assert [row["data-the-method"] for row in cells.rows] == ["a <b>", "c", "c"]
    assert {"#price-a", "#price-c", "#price-c-2"} <= set(cells.links)


def test_numbers_are_sorted_as_numbers_and_texts_as_texts(shown):
    orders = Cells(shown["data"]["text/html"]).orders
    assert orders[1::3] == ["-9.5", "12.25", "-1e9"]
    assert set(orders[0::3]) == {None} and set(orders[2::3]) == {None}  # only some of its cells begin with a number


@pytest.mark.parametrize(("cells", "orders"), [
    (["9.5 %", "86.0 % [80, 92]", "SAVEE 16.0 %, EMO-DB 12.0 %", "not yet run"], ["9.5", "86", "16", "-1e9"]),
    (["< 0.001", "0.001", "0.04", "—"], ["0.000999999", "0.001", "0.04", "-1e9"]),
    (["code: 62.6 %paper: 72.9 %", "rebuilt: 45.0 %", "—"], ["62.6", "45", "-1e9"]),
    (["2026-11-27T06:10:43+00:00", "2026-11-26T06:10:43+00:00"], None),
    (["RAVDESS, n = 18: accuracy", "TESS, n = 3: accuracy"], None)])
def test_a_column_is_sorted_by_the_numbers_that_most_of_its_cells_begin_with(cells, orders):
    found = [row.get("x") for row in sortable._orders([{"x": cell} for cell in cells])]
    assert found == (orders or [None] * len(cells))


def test_what_comes_from_elsewhere_is_text(shown):
    assert "a &lt;b&gt;" in shown["data"]["text/html"] and "<b>bold</b>" in shown["data"]["text/html"]
    text = gzip.decompress(base64.b64decode(shown["beside"]["files"]["prices.csv"])).decode()
    assert [row["note"] for row in csv.DictReader(io.StringIO(text))] == ["'=1+1", "<b>bold</b>", "12 or so"]
    assert shown["beside"]["citation"]["keys"] == ["someone2020"]


def test_the_dictionary_has_the_fields_of_a_record_and_no_others():
    fields = [name for name in dictionary.fields(schema.Record) if not name.startswith("tested.")]
    assert list(dictionary.MEANINGS) == fields
