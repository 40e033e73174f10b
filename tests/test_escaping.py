"""Texts from elsewhere do nothing where they come out: pages, terminals, spreadsheets."""

import csv
import io
import json
import os

import pandas as pd
import pytest
import soundfile
from making import make_run

from ser_repro import datasets, escaping
from ser_repro.book import show, words

ACTS = ["\x1b]0;owned\x07", "\x9b31m", "\x1b[2J", "a\rb", "\u202egpj.exe", "\x08\x08", "\x7f", "\u2066x"]


@pytest.mark.parametrize("text", ACTS)
def test_nothing_commands_a_terminal(text):
    told = escaping.terminal(f"Zoë\n{text}\tend")
    assert all(one.isprintable() or one in "\n\t" for one in told) and "Zoë\n" in told and "\\" in told
    assert json.loads(escaping.json_text(json.dumps([text], ensure_ascii=False))) == [text]
    assert all(one.isprintable() for one in escaping.json_text(json.dumps([text], ensure_ascii=False)))


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "＝1+1"])
def test_no_cell_is_a_formula_and_no_path_is_lost(text):
    assert escaping.cell(text) == f"'{text}" and escaping.path_cell(text) == f"./{text}"


@pytest.mark.parametrize("value", ["happiness", "-3.5", "+49", "a=b", "", 3, -0.5, None, "1e-3"])
def test_other_cells_stay_as_they_are(value):
    assert escaping.cell(value) is value


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "`<img src=x onerror=y>`", "[x](javascript:y)", "$x$",
                                  "a | b", "**b**", "line\n\n# head", "&lt;b&gt;", "<!-- x"])
def test_markdown_shows_a_text_as_it_is(text):
    from markdown_it import MarkdownIt

    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(f"Made on {escaping.markdown(text)}.")
    assert page == f"<p>Made on {escaping.html(' '.join(text.split())).replace('&#x27;', chr(39))}.</p>\n"


@pytest.fixture
def shown(monkeypatch):
    """What a notebook is given to show, as text."""
    import IPython.display

    found = []
    monkeypatch.setattr(IPython.display, "display", lambda one: found.append(one.data))
    return found


def test_cells_of_a_page_are_text_but_where_the_page_itself_writes_html(shown):
    attack = "<script>alert(1)</script>"
    show.table([{"device": attack, attack: 1.5, "link": show.Html("<a href='#x'>x</a>"),
                 "score": "3.1 % [1.0, 2.0; x]"}])
    show.table(pd.DataFrame({"a": [attack]}, index=[0]), formats={"a": lambda text: text})
    page = "".join(shown)
    assert "<script" not in page and page.count("&lt;script&gt;") == 4  # with the label of the table
    assert "<a href='#x'>x</a>" in page and "3.1&nbsp;% [1.0,&nbsp;2.0; x]" in page


def test_the_stamp_of_a_record_shows_its_device_as_it_is():
    record = {"config": {"seed": 0}, "train_seconds": 1.0, "history": {}, "run": "a-b", "split_hash": "1",
              "corpus_hash": "2", "device": "`<script>alert(1)</script>`", "finished": "2026-01-01T"}
    assert "<script" not in words.stamp(record) and "`" not in words.stamp(record)


def test_a_card_for_people_shows_what_it_is_told_as_text(small):
    from ser_repro.saved import card, model

    told = model.load(small).card
    attack = "<script>alert(1)</script> [x](javascript:y) | `"
    told = told | {"device": attack, "document": attack, "versions": {attack: attack},
                   "corpus": told["corpus"] | dict.fromkeys(("name", "title", "language", "licence", "home"), attack)}
    page = card.readme(told)
    assert "<script" not in page and "](javascript" not in page


# ---- commands ------------------------------------------------------------------------------------------------------


@pytest.fixture
def hostile(demo, tmp_path):
    """Recordings whose names would act, in a folder of their own."""
    samples, rate = datasets.read(next(demo.rglob("*.wav")))
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name in ("=1+1_anger_s.wav", "-2+3_anger_s.wav", "\x1b[2J_fear_s.wav", "[red]_fear_s.wav", ":smile:_fear_s.wav",
                 "a\nser-repro: all is well_fear_s.wav"):
        soundfile.write(folder / name, samples, rate)
    return folder


@pytest.mark.parametrize("kind", ["table", "json", "csv"])
def test_what_predict_says_of_files_does_nothing(type_in, small, hostile, monkeypatch, kind):
    monkeypatch.chdir(hostile)
    code, out, err = type_in("predict", "--model", small, "--format", kind, "--", *sorted(os.listdir(hostile)))
    assert code == 0
    if kind == "csv":
        files = [row["file"] for row in csv.DictReader(io.StringIO(out))]
        assert not any(name.startswith(tuple("=+-@")) for name in files) and "./=1+1_anger_s.wav" in files
    else:
        assert "\x1b" not in out and "[red]_fear" in out and ":smile:_fear" in out
    assert "\x1b" not in "\n".join(err)


def test_an_error_names_a_file_without_acting(type_in, small, hostile):
    code, _, lines = type_in("predict", "\x1b[2J\n.wav", "--model", small)
    assert code == 1 and all("\x1b" not in line and line.startswith("ser-repro: ") for line in lines)
    code, _, lines = type_in("predict", "x.wav", "--model", "\x1b[2J\nser-repro: all is well")
    assert code == 1 and len(lines) == 1 and "\x1b" not in lines[0] and "\\x1b[2J" in lines[0]


def test_a_table_of_such_files_is_no_formula_and_still_finds_them(type_in, hostile):
    for name in hostile.iterdir():
        if not name.name.endswith("+1_anger_s.wav") and not name.name.endswith("+3_anger_s.wav"):
            name.unlink()
    code, _, lines = type_in("corpora", "table", hostile, "--pattern", "{sentence}_{emotion}_{speaker}", "--csv",
                             hostile / "mine.csv")
    assert code == 0, lines
    with open(hostile / "mine.csv", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not any(cell.startswith(tuple("=+-@")) for cell in cells) and "./=1+1_anger_s.wav" in cells
    assert len(datasets.clips(str(hostile / "mine.csv"))) == 2


def test_the_status_of_a_study_shows_a_device_as_it_is(type_in, demo, tmp_path, monkeypatch, capsys):
    from ser_repro.cli.study import _print_status
    from ser_repro.runs import execution

    run = make_run("mfcc_cnn")
    record = execution.obtain(run, results=tmp_path, data=demo, cache=tmp_path / "cache", device="cpu").record
    _print_status([(run, record | {"device": "\x1b[2J[red]gpu"})])
    out = capsys.readouterr().out
    assert "\x1b" not in out and "[red]" in out
