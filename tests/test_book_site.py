"""What the built book has beyond Jupyter Book: words explained once, citations, icons, references."""

import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("sphinx", reason="the extra `book` is not installed")
sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

import try_it
from book_site import downloads, heads, networks, references, words
from sphinx.errors import ExtensionError


def test_a_word_is_linked_at_its_first_use_only():
    waiting = {"new speakers": "never heard", "UAR": "a mean"}
    parts = words.linked("With new speakers the UAR of new speakers falls.", waiting, "intro.html")
    text = "".join(part.astext() for part in parts)
    assert text.count('<a class="term"') == 2 and not waiting
    assert '<a class="term" href="intro.html#word-new-speakers" aria-description="never heard">new speakers</a>' in text


def test_a_plural_is_the_word_and_a_part_of_another_is_not():
    waiting = {"seed": "&", "chance": "most frequent"}
    parts = words.linked("Uncertain seeds; by chance, reseeded.", waiting, "intro.html")
    text = "".join(part.astext() for part in parts)
    link = '<a class="term" href="intro.html#word-seed" aria-description="&amp;">seeds</a>'
    assert text == f"Uncertain {link}; by chance, reseeded."


def test_a_table_is_cited_with_what_it_speaks_of(tmp_path):
    (tmp_path / "some.bib").write_text("@misc{one2020,\n  title = {One}\n}\n\n@misc{two2021,\n  title = {Two}\n}\n")
    app = SimpleNamespace(srcdir=tmp_path, config=SimpleNamespace(
        bibtex_bibfiles=["some.bib"], html_title="A & B", author="a_b", copyright="2026"))
    text = downloads.citation(app, "chapters/x", "claims", "Every claim.", ["two2021"])
    assert text.startswith("@misc{ser_repro_table_claims,") and "{{a\\_b}}" in text and "A \\& B" in text
    assert "two2021" in text and "one2020" not in text


def test_the_archive_of_records_follows_them(tmp_path):
    app = SimpleNamespace(srcdir=tmp_path / "book", outdir=tmp_path / "html", builder=SimpleNamespace(format="html"))
    records = tmp_path / "results/issa"
    records.mkdir(parents=True)
    for name in ("a.json", "b.json"):
        (records / name).write_text("{}")
    made = tmp_path / "html/_downloads/records.zip"
    made.parent.parent.mkdir()
    downloads.archive(app, None)
    assert downloads.held(made) == ["results/issa/a.json", "results/issa/b.json"]
    (records / "b.json").unlink()
    downloads.archive(app, None)
    assert downloads.held(made) == ["results/issa/a.json"]
    made.write_bytes(b"cut short")
    downloads.archive(app, None)
    assert downloads.held(made) == ["results/issa/a.json"]


def test_heads_lose_the_script_of_icons_and_know_the_theme(tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<script>dataset.theme = localStorage.getItem("theme") || "";</script>\n'
                    "  <!-- So that users can add custom icons -->\n"
                    '  <script defer src="_static/scripts/fontawesome.js?digest=1"></script>')
    heads.mend(SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html")), None)
    assert "fontawesome" not in page.read_text() and "prefers-color-scheme" in page.read_text()


def test_references_are_named_as_the_text_cites():
    from pybtex.database import Entry, Person

    def entry(*names, **fields):
        return Entry("misc", fields=list(fields.items()), persons={"author": [Person(name) for name in names]})

    told = references.AuthorYearLabels().format_labels([
        entry("Issa, Dias", "Demirci, M. Fatih", "Yazici, Adnan", year="2020"),
        entry("Haq, S.", "Jackson, P.", year="2009"),
        entry(key="CNN-BiGRU")])
    assert list(told) == ["Issa et al., 2020", "Haq and Jackson, 2009", "CNN-BiGRU"]


def test_pages_wait_for_the_networks_and_a_fault_is_the_build_s(tmp_path, monkeypatch):
    made, there = (tmp_path / folder / "try/made/offered.js" for folder in ("extra", "html"))
    made.parent.mkdir(parents=True)
    app = SimpleNamespace(builder=SimpleNamespace(name="html"), confdir=tmp_path, outdir=tmp_path / "html")
    app = type("App", (), vars(app))()  # one that can be a key
    slow = f"import time; time.sleep(0.5); open({str(made)!r}, 'w')"
    monkeypatch.setattr(networks, "COMMAND", (sys.executable, "-c", slow))
    networks.export(app)
    networks.place(app, None)
    assert there.exists()
    networks.place(app, None)  # a second time there is nothing to wait for
    monkeypatch.setattr(networks, "COMMAND", (sys.executable, "-c", "raise SystemExit('no such layer')"))
    networks.export(app)
    with pytest.raises(ExtensionError, match="no such layer"):
        networks.place(app, None)


def test_networks_are_exported_again_where_something_behind_them_is_newer(tmp_path, monkeypatch):
    offered, network = tmp_path / "offered.js", tmp_path / "networks/one/card.json"
    behind = [network, tmp_path / "ser_repro/features/fast/banks.py", tmp_path / "ser_repro/book/palette.py"]
    for name, path in {"BOOK": tmp_path / "book", "NETWORKS": tmp_path / "networks", "OFFERED": offered}.items():
        monkeypatch.setattr(try_it, name, path)
    assert not try_it.current()
    for path in behind:
        path.parent.mkdir(parents=True)
        path.write_text("")
    offered.write_text('window.OFFERED = {"fault": null};')
    os.utime(offered, (2e9, 2e9))
    for path in behind:
        assert try_it.current()
        os.utime(path, (2.1e9, 2.1e9))
        assert not try_it.current(), path
        os.utime(path)


@pytest.fixture
def one_network(tmp_path, monkeypatch):
    """A folder of networks with one in it, of which the page's are to be made elsewhere."""
    folder = Path(shutil.copytree(try_it.NETWORKS / "mfcc_cnn", tmp_path / "networks/mfcc_cnn"))
    made = {"NETWORKS": folder.parent, "MADE": tmp_path / "made", "OFFERED": tmp_path / "made/offered.js"}
    for name, path in made.items():
        monkeypatch.setattr(try_it, name, path)
    return folder


def test_without_onnx_the_page_says_so_until_it_is_there(one_network, monkeypatch):
    monkeypatch.setattr(try_it.importlib.util, "find_spec", lambda name: None)
    try_it.networks()
    text = try_it.OFFERED.read_text()
    assert '"networks": []' in text and "the package onnx is missing" in text
    assert not try_it.current()


def test_a_damaged_network_is_a_fault_of_the_build(one_network):
    weights = one_network / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    with pytest.raises(SystemExit, match=r"^[^\n]*not what card\.json describes[^\n]*$"):
        try_it.networks()
    assert not try_it.OFFERED.exists()
