"""Who may import whom, and that a corpus, feature set, protocol and document can come from outside the package."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

TOYS = Path(__file__).parent / "toys"


def test_arrows_point_down_without_circles():
    found = subprocess.run([Path(sys.executable).parent / "lint-imports", "--no-cache"], capture_output=True, text=True,
                           cwd=Path(__file__).parents[1])
    assert found.returncode == 0, found.stdout
    assert "2 kept, 0 broken" in found.stdout


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A function that runs a program or command that knows the toys; and a folder with the corpus."""
    folder = tmp_path_factory.mktemp("toy")
    rng = np.random.default_rng(0)
    (folder / "data").mkdir()
    for speaker, pitch in (("anna", 220), ("bert", 110), ("cleo", 240), ("dirk", 120)):
        for emotion, loud in (("mad", 0.5), ("sad", 0.1)):
            for sentence in range(1, 6):
                wave = loud * np.sin(2 * np.pi * pitch * np.arange(4000) / 8000) + 0.01 * rng.normal(size=4000)
                soundfile.write(folder / "data" / f"{speaker}_{emotion}_{sentence}.wav", wave, 8000)
    told = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(TOYS), str(Path(__file__).parents[1])]),
        "SER_REPRO_PLUGINS": "toy_corpus,toy_features,toy_protocol,toy_document",
        "SER_REPRO_CACHE": str(folder / "cache"), "SER_REPRO_DATA": str(folder / "data"), "COLUMNS": "300"}

    def run(*words):
        if words[0] != "-c":
            words = ("-c", "from ser_repro.cli import main; main()", *map(str, words))
        found = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=folder, env=told)
        assert found.returncode == 0, found.stdout + found.stderr
        return found.stdout

    return run, folder


def test_a_document_corpus_feature_set_and_protocol_from_outside(toy):
    run, folder = toy
    assert "TOY" in run("corpora", "list")
    # The study: what the document wants first, in worker processes.
    assert "3 of 3 runs have a record" in run("study", "--document", "toy", "--first", "3", "--jobs", "2")
    records = sorted((folder / "results" / "toy").glob("*.json"))
    assert {json.loads(path.read_text())["config"]["protocol"] for path in records} == {"published", "new_sentences"}
    # A model, what it hears, and its card.
    run("train", "toy", "TOY", "--protocol", "new_sentences", "--model", "mine")
    assert "new sentences" in (folder / "mine" / "README.md").read_text()
    heard = json.loads(run("predict", "data/anna_mad_5.wav", "data/dirk_sad_5.wav", "--model", "mine", "--format",
                           "json"))
    assert [one["emotion"] for one in heard] == ["anger", "sadness"]
    # The ledger, and a chapter.
    chapter = """
import matplotlib
matplotlib.use("Agg")
from ser_repro import book
page = book.open("toy", dict(corpus="TOY", reading="code", protocol="published", fold=0, seed=0, epochs=0,
                             mode="stored", results="results", data="", cache="", device="cpu"))
from ser_repro.runs import claimed
print(claimed.ledger(page.found).to_string())
for section in (page.overview, page.claims, page.readings, page.scores, page.differences, page.run, page.verdict):
    section()
"""
    told = run("-c", chapter)
    assert "99.0 %" in told and "its text" in told
