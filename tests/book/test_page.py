"""What notebooks share: parameters that are refused in one line, and where the run shown in detail comes from."""

import json
import re
import subprocess
import sys
from math import nan
from pathlib import Path

import pytest
from making import make_difference

from ser_repro import SerReproError, book, documents, protocols
from ser_repro.book import confusion, words
from ser_repro.datasets import demo as demo_module
from ser_repro.features import arrays
from ser_repro.files import cache_folder
from ser_repro.results.scores import Score
from ser_repro.runs import execution
from ser_repro.runs.run import Run

PARAMETERS = """
n: int = 18
corpus: str = "TESS"
seed: int = 0
epochs: int = 0
data: str = ""
recompute: bool = False
corpora: list = ["RAVDESS"]
"""
OF = documents.get("cnn_n_gru")
ALLOWED = {"n": OF.sizes, "corpus": OF.corpora, "seed": None, "epochs": None, "data": None,
           "recompute": (True, False), "corpora": {"RAVDESS": 1, "TESS": 2}}


def check(**given):
    """As a notebook does: the cell of parameters, papermill's cell after it, then the check."""
    cells = {"__name__": "__main__", "get_ipython": print, "In": [], "Out": {}}
    exec(PARAMETERS, cells)
    cells |= given
    exec("import json", cells)
    book.check(cells, **ALLOWED)


@pytest.mark.parametrize("given", [{}, {"n": 3}, {"seed": 12}, {"data": "some where"}, {"recompute": True},
                                   {"corpora": ["TESS", "RAVDESS"]}, {"corpora": []}])
def test_what_is_possible_passes(given):
    check(**given)


@pytest.mark.parametrize(("given", "says"), [
    ({"nn": 3}, "unknown parameter 'nn': this notebook has n, corpus, seed, epochs, data, recompute, corpora."),
    ({"n": 4}, "n = 4 is not possible: choose from 3, 5, 11, 18."),
    ({"n": 3.0}, "n = 3.0 is not possible: give a whole number"), ({"n": "3"}, "n = '3' is not possible"),
    ({"corpus": "XYZ"}, "corpus = 'XYZ' is not possible: choose from TESS, RAVDESS."),
    ({"corpus": None}, "corpus = None is not possible: give text"),
    ({"epochs": -1}, "epochs = -1 is not possible: give a whole number, 0 or more."),
    ({"epochs": 1.5}, "epochs = 1.5 is not possible"), ({"epochs": True}, "epochs = True is not possible"),
    ({"seed": "x"}, "seed = 'x' is not possible: give a whole number, 0 or more."),
    ({"data": 3}, "data = 3 is not possible: give text (papermill's -r"),
    ({"recompute": 1}, "recompute = 1 is not possible: give True or False."),
    ({"recompute": "yes"}, "recompute = 'yes' is not possible"),
    ({"corpora": "RAVDESS"}, "corpora = 'RAVDESS' is not possible: give a list"),
    ({"corpora": ["RAVDESS", "XYZ"]}, "corpora = ['RAVDESS', 'XYZ'] is not possible: choose from RAVDESS, TESS."),
    ({"corpora": [["RAVDESS"]]}, "corpora = [['RAVDESS']] is not possible")])
def test_what_is_not_possible_is_one_line(given, says):
    with pytest.raises(SerReproError) as error:
        check(**given)
    assert str(error.value).startswith(says) and "\n" not in str(error.value)


def test_the_error_cell_is_that_line_alone():
    from IPython.core.interactiveshell import InteractiveShell

    shell, shown = InteractiveShell(), []
    shell._showtraceback = lambda kind, value, lines: shown.extend(lines)
    shell.run_cell("from ser_repro import book\nn: int = 4\nbook.check(globals(), n=(3, 5))")
    assert shown == ["SerReproError: n = 4 is not possible: choose from 3, 5."]


def test_papermill_stops_with_the_line(tmp_path):
    pytest.importorskip("papermill")
    import nbformat

    source = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "", "language":
                                                               "python"}})
    source.cells = [nbformat.v4.new_code_cell("n: int = 18", metadata={"tags": ["parameters"]}),
                    nbformat.v4.new_code_cell("from ser_repro import book\nbook.check(globals(), n=(3, 18))"),
                    nbformat.v4.new_code_cell("print('went on')")]
    for cell in source.cells:
        cell.metadata.setdefault("tags", [])
    nbformat.write(source, tmp_path / "in.ipynb")
    done = subprocess.run([sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "-p", "nn", "3"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=600)
    assert done.returncode != 0
    cells = json.loads((tmp_path / "out.ipynb").read_text())["cells"]
    (error,) = [out for cell in cells for out in cell.get("outputs", []) if out["output_type"] == "error"]
    assert error["traceback"] == ["SerReproError: unknown parameter 'nn': this notebook has n."]


# ---- the run shown in detail -------------------------------------------------------------------------------------

RUN = {"corpus": "RAVDESS", "n": 3, "reading": "code"}


WHERE = ("epochs", "mode", "results", "data", "cache")


def obtain(**options) -> dict:
    """As a chapter asks for its run."""
    told = RUN | options
    run = Run.of("cnn_n_gru", **{name: value for name, value in told.items() if name not in WHERE})
    return book.obtain(run, **{name: value for name, value in told.items() if name in WHERE})


def line_of(tmp_path, **options) -> str:
    with pytest.raises(SerReproError) as error:
        obtain(**{"results": tmp_path / "results"} | options)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.rglob("*.json*"))
    return str(error.value)


@pytest.mark.parametrize(("options", "says"), [
    ({"mode": "quick"}, "no mode 'quick': choose one of auto, train, stored"),
    ({"mode": "stored"}, "run `ser-repro study` to make it"),
    ({"mode": "train"}, "no arrays of RAVDESS at rate 16000"),
    ({"data": "no where"}, "is not a folder: give the folder that holds the corpus"),
    ({"n": 4}, "n = 4 is not defined: CNN-n-GRU has n = 3, 5, 11, 18"),
    ({"fold": 1}, "fold = 1 is not possible: RAVDESS has folds 0 to 0 under protocol published"),
    ({"protocol": "speaker", "fold": 6}, "RAVDESS has folds 0 to 5 under protocol speaker"),
    ({"protocol": "mine"}, "no protocol 'mine': choose one of published, redrawn, speaker")])
def test_what_cannot_be_obtained(no_corpora, tmp_path, options, says):
    assert says in line_of(tmp_path, **options)


@pytest.fixture
def made(monkeypatch):
    """What would be trained: a list of (run, where), instead of training it."""
    asked = []
    monkeypatch.setattr(demo_module, "write_demo", lambda corpus, folder: folder)
    monkeypatch.setattr(execution, "obtain", lambda run, **where: asked.append((run, where)) or
                        execution.Obtained({}))
    return asked


def test_a_folder_of_corpora_without_the_corpus_is_no_reason_to_stop(no_corpora, tmp_path, made):
    obtain(data=str(tmp_path), results=tmp_path / "results", epochs=1)
    (run, where), = made
    assert run.synthetic and run.values["epochs"] == 1
    assert all(Path(where[name]).is_relative_to(cache_folder()) for name in ("data", "results", "cache"))


def test_demo_speech_never_makes_a_result(no_corpora, demo, tmp_path, made, monkeypatch):
    arrays.prepare("RAVDESS", 16000, data=demo)  # arrays in the cache, as `ser-repro prepare` leaves them
    obtain(results=tmp_path / "results", epochs=1)
    assert [run.synthetic for run, _ in made] == [True]
    monkeypatch.undo()
    assert "is demo speech, whose runs are no results" in line_of(tmp_path, data=demo, mode="train")


def test_a_copy_that_is_not_whole_is_said_not_replaced_by_a_demo(no_corpora, demo, tmp_path):
    (tmp_path / "data").mkdir()
    for path in list(demo.rglob("*-24.wav")):
        (tmp_path / "data" / path.name).symlink_to(path)
    assert "lacks speakers 01, 02" in line_of(tmp_path, data=tmp_path / "data")


@pytest.mark.parametrize("mode", ["auto", "stored"])
def test_a_damaged_record_is_said(no_corpora, tmp_path, mode):
    path = Run.of("cnn_n_gru", **RUN, **OF.fallback).path(tmp_path)
    path.parent.mkdir()
    path.write_text("{")
    with pytest.raises(SerReproError, match=r"is damaged .*: remove it and run `ser-repro study` again"):
        obtain(results=tmp_path, mode=mode)
    assert path.read_text() == "{"


@pytest.mark.parametrize(("value", "low", "high", "says", "apart"), [
    (-0.256, -0.347, -0.165, "−25.6 points [−34.7, −16.5; speakers]", True),
    (0.03, 0.01, 0.05, "+3.0 points [+1.0, +5.0; speakers]", True),
    (0.015, -0.063, 0.093, "+1.5 points [−6.3, +9.3; speakers]", False)])
def test_a_difference_in_words(value, low, high, says, apart):
    difference = make_difference(low, high)
    assert difference.value == pytest.approx(value)
    assert words.points(difference) == says and words.significant(difference) == apart
    assert words.worth(difference) == says + ("" if apart else ", not significant")


def test_a_difference_of_two_speakers_is_told_and_never_told_apart():
    few = Score("accuracy", 0.154, nan, nan, 10, (), (0.129, 0.179), units=(0.15, 0.16))
    assert words.worth(few) == "+15.4 points (+12.9 and +17.9 by start; two speakers, no interval), not significant"
    assert words.p_text(few) == "—" and words.p_text(make_difference(0.1, 0.2)) == "0.010"


def test_a_caption_names_the_family_of_its_differences():
    assert words.family([make_difference(0, 1, family=14)]) == (
        "p is corrected for the 14 differences that are shown together and have an interval (Holm)")
    assert words.family([make_difference(0, 1)]) == "p is that of a single difference"


@pytest.mark.parametrize(("units", "says"), [((0.14, 0.2), "above chance"), ((0.1, 0.12), "below chance"),
                                             ((0.1, 0.2), "at chance")])
def test_a_score_without_an_interval_beside_chance(units, says):
    value = sum(units) / 2
    assert words.versus_chance(Score("accuracy", value, nan, nan, 10, (), (value,), units=units), 0.13) == says
    dead = Score("accuracy", value, nan, nan, 10, (), (value,), alike=(1, 1, "start"))
    assert words.versus_chance(dead, 0.13) == "at chance"


@pytest.mark.parametrize(("low", "high", "says"), [
    (0.14, 0.2, "above chance"), (0.1, 0.12, "below chance"), (0.1, 0.13, "at chance"), (0.1, 0.2, "at chance")])
def test_a_score_beside_chance(low, high, says):
    assert words.versus_chance(Score("accuracy", 0.13, low, high, 10, ("speakers",), (0.13,)), 0.13) == says


# ---- sections ----------------------------------------------------------------------------------------------------


SECTIONS = ("overview", "claims", "readings", "scores", "confusions", "curves", "when_to_stop", "new_speakers",
            "differences", "verdict")


def page_of(document, results, **given):
    of = documents.get(document)
    told = {"corpus": of.corpora[0], "reading": "code", "protocol": "published", "fold": 0, "seed": 0, "epochs": 0,
            "mode": "auto", "results": str(results), "data": "", "cache": "", "device": "auto"}
    return book.open(document, ({"n": of.sizes[0]} if of.sizes else {}) | told | given)


@pytest.fixture
def shown(monkeypatch):
    """What a page shows: texts, tables as HTML, and pictures as HTML without their dots."""
    import IPython.display

    out = []
    def display(one, **_):
        out.append(re.sub("base64,[^\"]+", "", one["text/html"] if isinstance(one, dict) else one.data))

    monkeypatch.setattr(IPython.display, "display", display)
    return out


@pytest.mark.parametrize("document", documents.DOCUMENTS)
def test_every_section_of_every_document_is_shown(document, shown):
    page = page_of(document, Path(__file__).parents[2] / "results")
    for section in SECTIONS:
        getattr(page, section)()
    assert any("%" in text for text in shown) and not any("nan" in text for text in shown)


@pytest.mark.parametrize("document", documents.DOCUMENTS)
def test_nothing_run_is_said(document, shown, tmp_path):
    page = page_of(document, tmp_path)
    for section in SECTIONS:
        getattr(page, section)()
    assert sum("not yet run" in text or "Nothing has been run yet" in text for text in shown) >= 3


def test_a_verdict_and_its_table_have_one_sign(shown):
    page = page_of("issa", Path(__file__).parents[2] / "results")
    page.new_speakers()
    page.verdict()
    change = words.points(page.found.lost("RAVDESS"))
    assert change.startswith("−") and change.split(" ")[0] in shown[0] and change in shown[-1]


def test_sections_of_a_document_of_several_sizes_tell_one(shown, monkeypatch):
    page = page_of("cnn_n_gru", Path(__file__).parents[2] / "results")
    titles = []
    monkeypatch.setattr(confusion, "tables", lambda panels, _: titles.extend(title for title, *_ in panels))
    page.confusions(n=3)
    assert titles and all(", n = 3, " in title for title in titles)
    page.new_speakers(n=3)
    assert page.found.told("TESS", protocol="speaker", n=3).split(" ")[0] in shown[-2]
    page.new_speakers(n=18)
    assert shown[-2] == "*Nothing has been run yet.*"


def test_every_picture_has_words_of_its_own(shown):
    page = page_of("issa", Path(__file__).parents[2] / "results")
    for section in (page.overview, page.confusions, page.curves, lambda: page.curves("loss"), page.differences,
                    page.run):
        section()
    told = re.findall('<img alt="([^"]+)"', "".join(shown))
    assert len(told) == sum(text.count("<img") for text in shown) == len(set(told)) >= 8
    assert any("EMO-DB, paper" in alt for alt in told)


def test_a_verdict_names_its_difference_and_leaves_p_to_the_page_of_leaks(shown, monkeypatch):
    page = page_of("issa", Path(__file__).parents[2] / "results")
    for (low, high), ends in (((-0.2, -0.1), "−15.0 points [−20.0, −10.0; speakers]."),
                              ((-0.2, 0.1), "−5.0 points [−20.0, +10.0; speakers].")):
        lost = make_difference(low, high, clips=1234)
        monkeypatch.setattr(type(page.found), "lost", lambda *_, lost=lost, **__: lost)
        page.verdict()
        told = f"on the {words.number(1234)} clips that both test, new minus shared is {ends}"
        assert shown[-1].splitlines()[0].endswith(told)


def test_an_unknown_parameter_of_a_chapter_is_one_line(tmp_path):
    with pytest.raises(SerReproError, match="unknown parameter 'speed': this notebook has corpus, reading"):
        page_of("issa", tmp_path, speed=3)


def test_every_protocol_has_a_fold():
    assert all(protocols.folds(corpus, protocol) >= 1 for of in documents.DOCUMENTS.values() for corpus in of.corpora
               for protocol in protocols.PROTOCOLS if protocol != "emobox" or corpus in protocols.EMOBOX)
