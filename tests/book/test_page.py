"""What notebooks share: parameters that are refused in one line, and where the run shown in detail comes from."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ser_repro import SerReproError, documents, protocols
from ser_repro.book import page as notebook
from ser_repro.features import arrays
from ser_repro.files import cache_folder
from ser_repro.results import scores as evaluation
from ser_repro.runs import run as runs
from ser_repro.runs import study

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
    notebook.check(cells, **ALLOWED)


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
    shell.run_cell("from ser_repro.book import page\nn: int = 4\npage.check(globals(), n=(3, 5))")
    assert shown == ["SerReproError: n = 4 is not possible: choose from 3, 5."]


def test_papermill_stops_with_the_line(tmp_path):
    pytest.importorskip("papermill")
    import nbformat

    source = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "", "language":
                                                               "python"}})
    source.cells = [nbformat.v4.new_code_cell("n: int = 18", metadata={"tags": ["parameters"]}),
                    nbformat.v4.new_code_cell("from ser_repro.book import page\npage.check(globals(), n=(3, 18))"),
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


def line_of(tmp_path, **options) -> str:
    with pytest.raises(SerReproError) as error:
        notebook.obtain(**RUN | {"results": tmp_path / "results"} | options)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.rglob("*.json"))
    return str(error.value)


@pytest.mark.parametrize(("options", "says"), [
    ({"mode": "quick"}, "mode 'quick' is not possible: choose from auto, train, stored"),
    ({"mode": "stored"}, "run `ser-repro study` to make it"),
    ({"mode": "train"}, "no arrays of RAVDESS at rate 16000"),
    ({"data": "no where"}, "is not a folder: give the folder that holds the corpus"),
    ({"n": 4}, "n = 4 is not defined: CNN-n-GRU has n = 3, 5, 11, 18"),
    ({"fold": 1}, "fold = 1 is not possible: RAVDESS has folds 0 to 0 under protocol published"),
    ({"protocol": "speaker", "fold": 6}, "RAVDESS has folds 0 to 5 under protocol speaker"),
    ({"protocol": "mine"}, "no protocol 'mine': choose one of published, speaker")])
def test_what_cannot_be_obtained(no_corpora, tmp_path, options, says):
    assert says in line_of(tmp_path, **options)


def test_a_folder_of_corpora_without_the_corpus_is_no_reason_to_stop(no_corpora, tmp_path, monkeypatch):
    made = {}
    monkeypatch.setattr(notebook, "demo_corpus", lambda corpus, cache: tmp_path / "demo")
    monkeypatch.setattr(notebook.runs, "obtain", lambda run, **options: made.update(run=run, **options))
    notebook.obtain(**RUN, data=str(tmp_path), results=tmp_path / "results", epochs=1)
    assert made["run"].synthetic and made["data"] == tmp_path / "demo"
    assert Path(made["results"]).is_relative_to(cache_folder())


def test_demo_speech_never_makes_a_result(no_corpora, demo, tmp_path, monkeypatch):
    assert "is demo speech, whose runs are no results" in line_of(tmp_path, data=demo, mode="train")
    arrays.prepare("RAVDESS", 16000, data=demo)  # arrays in the cache, as `ser-repro prepare` leaves them
    made = []
    monkeypatch.setattr(notebook, "demo_corpus", lambda corpus, cache: demo)
    monkeypatch.setattr(notebook.runs, "obtain", lambda run, **_: made.append(run))
    notebook.obtain(**RUN, results=tmp_path / "results", epochs=1)
    assert [run.synthetic for run in made] == [True]


def test_a_copy_that_is_not_whole_is_said_not_replaced_by_a_demo(no_corpora, demo, tmp_path):
    (tmp_path / "data").mkdir()
    for path in list(demo.rglob("*-24.wav")):
        (tmp_path / "data" / path.name).symlink_to(path)
    assert "lacks speakers 01, 02" in line_of(tmp_path, data=tmp_path / "data")


@pytest.mark.parametrize("mode", ["auto", "stored"])
def test_a_damaged_record_is_said(no_corpora, tmp_path, mode):
    plan = study.Plan("cnn_n_gru", **RUN)
    path = runs.Run(**plan.base, seed=0, values=plan.values | OF.unsearched).path(tmp_path)
    path.parent.mkdir()
    path.write_text("{")
    with pytest.raises(SerReproError, match=r"is damaged .*: remove it and run `ser-repro study` again"):
        notebook.obtain(**RUN, results=tmp_path, mode=mode)
    assert path.read_text() == "{"


@pytest.mark.parametrize(("value", "low", "high", "says"), [
    (0.257, 0.165, 0.347, "25.7 points less [16.5, 34.7]"), (-0.03, -0.05, -0.01, "3.0 points more [1.0, 5.0]"),
    (-0.021, -0.093, 0.063, "+2.1 points [−6.3, +9.3], an interval that holds zero")])
def test_what_new_speakers_cost_in_words(value, low, high, says):
    assert notebook.loss(evaluation.Score("accuracy", value, low, high, 10, "speakers", (value,))) == says


def test_every_protocol_has_a_fold():
    assert all(protocols.folds(corpus, protocol) >= 1 for of in documents.DOCUMENTS.values() for corpus in of.corpora
               for protocol in protocols.PROTOCOLS)
