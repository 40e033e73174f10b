"""Tables as people have them, each against the same one in plain CSV."""

import codecs
import csv
import io
import os
import unicodedata

import pytest

from ser_repro import SerReproError, datasets
from ser_repro.datasets import folders, own, tables

NAMES = ["Müller_1.wav", "Müller_2.wav", "été 3, long.wav", "plain.wav"]
ROWS = [["Path", "EMOTION", "Speaker", "Sex", " age ", "Language", "Mood; today"],
        *([name, emotion, f"0{i % 2}", "female", "30", "Schwäbisch", "so|so"]
          for i, (name, emotion) in enumerate(zip(NAMES, ("Wut", "happy", "TRISTE", "neutral"), strict=True)))]


@pytest.fixture
def recordings(tmp_path):
    """A folder with empty files of those names."""
    for name in NAMES:
        (tmp_path / name).touch()
    return tmp_path


def text(separator=",", rows=ROWS, end="\r\n"):
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
    return out.getvalue()


def check(path, notes=()):
    """That a table is read as what `ROWS` holds."""
    corpus = own.read_table(path)
    table = corpus.table.sort_values("path")
    assert [os.path.basename(p) for p in table["path"]] == sorted(NAMES)
    assert dict(zip(table["clip"], table["emotion"], strict=True)) == {
        "Müller_1": "anger", "Müller_2": "happiness", "été 3, long": "sadness", "plain": "neutral"}
    assert dict(zip(table["clip"], table["label"], strict=True))["été 3, long"] == "TRISTE"
    assert set(table["speaker"]) == {"00", "01"} and set(table["age"]) == {30} and set(table["sex"]) == {"female"}
    assert set(table["language"]) == {"Schwäbisch"} and corpus.language == "Schwäbisch"
    assert set(table["Mood; today"]) == {"so|so"} and list(table) == [*datasets.base.COLUMNS, "Mood; today"]
    assert "columns that are kept and not used: 'Mood; today'" in corpus.quirks
    for note in notes:
        assert note in corpus.quirks
    return corpus


@pytest.mark.parametrize("separator", list(tables.SEPARATORS))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings_and_separators(recordings, separator, encoding):
    path = recordings / "mine.csv"
    path.write_bytes(text(separator).encode(encoding))
    found = check(path)
    assert ("was read as Windows-1252" in found.quirks) == (encoding == "cp1252")


@pytest.mark.parametrize("change", [
    lambda t: "sep=;\r\n" + t, lambda t: "\ufeffsep=;\r\n" + t, lambda t: '"sep=;"\r\n' + t,
    lambda t: "SEP=;\n" + t.replace("\r\n", "\n"), lambda t: "\r\n\r\n" + t, lambda t: t.rstrip(),
    lambda t: t.replace("\r\n", ";;\r\n"), lambda t: t + ";;;;;;\r\n", lambda t: t.replace("\r\n", "\r"),
    lambda t: t.replace(";Wut", "; Wut ")])
def test_what_spreadsheets_add(recordings, change):
    path = recordings / "mine.csv"
    path.write_text(change(text(";")), encoding="utf-8", newline="")
    check(path)


@pytest.mark.parametrize("ending", [*tables.TEXT, ".CSV", ".Tsv"])
def test_endings_of_text(recordings, ending):
    path = recordings / f"mine{ending}"
    path.write_text(text("\t"), encoding="utf-8")
    assert len(datasets.clips(str(path))) == 4  # by `get`, which tells names from files


def test_a_separator_that_stands_in_names_is_not_taken_for_one(recordings):
    (recordings / "a;b;c;d.wav").touch()
    path = recordings / "mine.csv"
    path.write_text("path,emotion\na;b;c;d.wav,joy\n")
    assert own.read_table(path).table["clip"].tolist() == ["a;b;c;d"]


@pytest.fixture
def excel(recordings):
    """A function that writes rows as Excel's own file."""
    openpyxl = pytest.importorskip("openpyxl")

    def write(*sheets, name="mine.xlsx"):
        book = openpyxl.Workbook()
        for number, rows in enumerate(sheets):
            sheet = book.active if number == 0 else book.create_sheet(f"s{number}")
            for row in rows:
                sheet.append(row)
        book.save(recordings / name)
        return recordings / name

    return write


def test_excel(excel, recordings):
    check(excel(ROWS))
    numbers = [ROWS[0], *([*row[:4], 30.0, *row[5:]] for row in ROWS[1:])]
    check(excel([], numbers, [["other"]]), ["of its 2 sheets the first, 's1', is read"])
    excel(ROWS).rename(recordings / "named.csv")  # Excel's own under another name
    check(recordings / "named.csv")


def test_what_excel_writes_and_is_not_read(excel, recordings, monkeypatch):
    path = excel(ROWS)
    content = path.read_bytes()
    for damaged in (content[:200], content[:-60], b"PK\x03\x04" + bytes(50), b""):
        path.write_bytes(damaged)
        with pytest.raises(SerReproError, match=r"can't be read as an Excel file .*: save it again, or save it"):
            own.read_table(path)
    path.write_bytes(content)
    monkeypatch.setattr(tables.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SerReproError, match="where the package openpyxl is installed: `pip install openpyxl`, or save"):
        own.read_table(path)


@pytest.mark.parametrize(("name", "content"), [("m.csv", b"\xd0\xcf\x11\xe0" + bytes(99)), ("m.xls", b"x"),
                                               ("m.ods", b"x"), ("m.numbers", b"x")])
def test_other_spreadsheets_are_named_as_such(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SerReproError, match="a spreadsheet of a kind that is not read: save it as CSV"):
        datasets.clips(tmp_path / name)


def test_a_table_with_two_endings_has_a_name_that_is_none(recordings):
    path = recordings / "mine.csv.txt"
    path.write_text(text(), encoding="utf-8")
    assert datasets.get(str(path)).name == "mine" and len(datasets.studied(datasets.clips(str(path)))) == 4


@pytest.mark.parametrize(("content", "says"), [
    (b"", "nothing is in it"), (b" \r\n,,\r\n", "nothing is in it"), (b"path\0emotion", "no text in UTF-8, UTF-16"),
    (b"path,emotion\na\x81.wav,joy\n", "no text in UTF-8"), (codecs.BOM_UTF16_LE + b"abc", "no text in UTF-8"),
    (b"path,emotion\nx.wav,joy,more\n", "more cells in row 2"), (b"path,Emotion,emotion\n", "two columns named 'emot"),
    (b"path,emotion,take,take\n", "two columns named 'take'"),
    (b'path,emotion\n"x.wav,joy\n', "unexpected end of data"),
    (b"x" * 200_000, "field larger than field limit"),
    (b"sep=,\n", "nothing is in it"), (b"file,label\n", r"lacks path, emotion \(its columns: 'file', 'label'\)")])
def test_what_is_no_table(tmp_path, content, says):
    (tmp_path / "mine.csv").write_bytes(content)
    with pytest.raises(SerReproError, match=says) as error:
        own.read_table(tmp_path / "mine.csv")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("name", "meant"), [("speakers", "speaker"), ("Speaker ID", "speaker"),
                                             ("Sentense", "sentence"), ("notes", ""), ("take", "")])
def test_other_columns_are_named_once(recordings, caplog, name, meant):
    (recordings / "mine.csv").write_text(f"path,emotion,{name}\nplain.wav,joy,1\n")
    assert datasets.clips(recordings / "mine.csv")[name].tolist() == ["1"]
    assert datasets.clips(recordings / "mine.csv")[name].tolist() == ["1"]
    told = f"columns that are kept and not used: {name!r}" + f" (did you mean {meant}?)" * bool(meant)
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [told]


def test_some_labels_are_given_a_meaning_and_others_left_out(recordings):
    labels = ("sleepy", "SLEEPY", "meh", "joy")
    (recordings / "mine.csv").write_text("path;emotion\n" + "\n".join(map(";".join, zip(NAMES, labels, strict=True))))
    found = own.read_table(recordings / "mine.csv", {"meh": "boredom"}, ["sleepy"])
    assert found.table["emotion"].tolist() == ["happiness", "boredom"]
    assert found.quirks == "2 clips left out (--skip): sleepy 1, SLEEPY 1"
    with pytest.raises(SerReproError, match="every clip is left out by --skip"):
        own.read_table(recordings / "mine.csv", skip=["sleepy", "meh", "joy"])


# ---- names that look the same ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("on_disk", "typed"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents_as_one_character_or_two(tmp_path, on_disk, typed):
    name, asked = (unicodedata.normalize(form, "Zoë/Ärger_é.wav") for form in (on_disk, typed))
    assert name != asked
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).touch()
    if (tmp_path / asked).exists():
        pytest.skip("this file system takes both for one name")
    table = tmp_path / "mine.csv"
    table.write_text(f"path,emotion\n{asked},joy\n", encoding="utf-8")
    assert own.read_table(table).table["path"].tolist() == [str(tmp_path / name)]
    assert str(folders.as_on_disk(tmp_path / asked)) == str(tmp_path / name)
    table.write_text(f"path,emotion\n{asked},joy\n{name},joy\n", encoding="utf-8")
    with pytest.raises(SerReproError, match="twice: give each file one row"):
        own.read_table(table)
    found = datasets.from_names(tmp_path, unicodedata.normalize(typed, "{speaker}/{emotion}_é"))
    assert found["path"].tolist() == [name] and found["emotion"].tolist() == ["anger"]
    assert found["speaker"].tolist() == ["Zoë"]
    with pytest.raises(SerReproError, match="no audio file below"):
        datasets.from_names(tmp_path, "{emotion}_é", without=[unicodedata.normalize(typed, "Zoë/*")])


def test_a_path_that_is_not_there_stays_as_it_is(tmp_path):
    for path in (tmp_path / "é.wav", tmp_path / "no" / "é.wav", folders.Path("é.wav"), folders.Path("~é/x")):
        assert folders.as_on_disk(path) == path
    (tmp_path / unicodedata.normalize("NFD", "é.wav")).touch()  # after that folder was looked through
    assert folders.as_on_disk(tmp_path / "é.wav").exists()


# ---- Git LFS -----------------------------------------------------------------------------------------------------

POINTER = (b"version https://git-lfs.github.com/spec/v1\n"
           b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n")


def test_pointers_of_git_lfs_are_recognised(tmp_path):
    for name in ("a.wav", "mine.csv", "mine.xlsx", "b.m4a"):
        (tmp_path / name).write_bytes(POINTER)
    says = r"{} is a Git LFS pointer, which stands in for the file: install git-lfs, and run .*`git lfs pull`"
    for name in ("a.wav", "b.m4a"):
        with pytest.raises(SerReproError, match=says.format(name)):
            datasets.read(tmp_path / name)
    for name in ("mine.csv", "mine.xlsx"):
        with pytest.raises(SerReproError, match=says.format(name)):
            datasets.clips(tmp_path / name)
    (tmp_path / "good.csv").write_text("path,emotion\na.wav,joy\n")
    report = datasets.check(tmp_path / "good.csv")
    assert not report.ok and "Git LFS pointer" in report.unreadable[0].detail


def test_a_cell_that_was_kept_from_being_a_formula_is_read_as_it_was(tmp_path):
    path = tmp_path / "kept.csv"
    path.write_text("path,emotion,speaker\n./=a.wav,anger,'=1+1\n./b.wav,fear,'tis\n./c.wav,fear,'-3\n")
    table, _ = tables.read(path, ("path", "emotion", "speaker"))
    assert table["speaker"].tolist() == ["=1+1", "'tis", "-3"]
