"""Confusion matrices as tables."""

import base64
import csv
import re

import numpy as np

from ser_repro.book import confusion


def test_a_row_tells_its_emotion_and_what_it_is_named_and_is_blank_where_it_never_is(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    counts = np.array([[3, 1, 0], [0, 0, 0], [1, 0, 199]])
    confusion.tables([("<one>", counts, ["anger", "calm", "fear"])] * 2, "Per cent. [Clips](errors.html)")
    told, = shown
    assert told["text/html"].count("<table>") == 2 and '<a href="errors.html">Clips</a>' in told["text/html"]
    assert "<one>" not in told["text/html"] and "&lt;one&gt;" in told["text/html"]
    first = told["text/html"].split("</table>")[0]
    rows = re.findall(r'<tr><th scope="row">(\w+)</th>(.*?)</tr>', first)
    assert [name for name, _ in rows] == re.findall(r'<th scope="col"><span>(\w+)</span>', first)
    cells = {name: re.findall(r"<td[^>]*>(\d*)</td>", cells) for name, cells in rows}
    assert cells == {"anger": ["75", "25", ""], "calm": ["", "", ""], "fear": ["0", "", "100"]}
    assert [int(shade) for shade in re.findall(r"shade-(\d+)", first)] == [8, 2, 0, 10]
    coded = re.search(r'download="confusion.csv" href="data:text/csv;base64,([^"]+)"', told["text/html"])[1]
    matrix = list(csv.DictReader(base64.b64decode(coded).decode().splitlines()))
    assert len(matrix) == 18 and matrix[0] == {"matrix": "<one>", "true": "anger", "named": "anger", "clips": "3"}
