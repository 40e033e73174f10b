"""`ser-repro audit` as people type it: its status, its outputs, its refusals."""

import json

import pandas as pd
import pytest

CLEAN = "clip,part,speaker,sentence,emotion\na,train,x,one,anger\nb,test,y,two,anger\n"
SHARED = CLEAN.replace("b,test,y", "b,test,x")


def test_the_status_says_whether_a_leak_was_found(type_in, tmp_path):
    (tmp_path / "clean.csv").write_text(CLEAN)
    (tmp_path / "shared.csv").write_text(SHARED)
    code, out, err = type_in("audit", "clean.csv")
    assert code == 0 and "no leak found" in out and err == []
    code, out, _ = type_in("audit", "shared.csv")
    assert code == 1 and "1 leak found" in out and "speakers: 1 of 1 test clips" in out
    assert type_in("audit", "shared.csv", "--accept", "speakers")[0] == 0


def test_findings_as_json_csv_and_a_sheet(type_in, tmp_path):
    (tmp_path / "s.csv").write_text(SHARED)
    code, out, _ = type_in("audit", "s.csv", "--json", "-", "--csv", "found.csv", "--sheet", "SHEET.md")
    told = json.loads(out)
    assert code == 1 and told["leaks"] == ["speakers"] and told["findings"][0]["kind"] == "L3.2"
    table = pd.read_csv(tmp_path / "found.csv").set_index("leak")
    assert table.loc["speakers", "found"] == "yes" and table.loc["sentences", "found"] == "no"
    assert "**Found**: 1 of 1 test clips" in (tmp_path / "SHEET.md").read_text()


def test_a_sheet_without_a_split_is_empty(type_in, tmp_path):
    assert type_in("audit", "--sheet", "SHEET.md") == (0, "", [])
    assert "_to be filled in_" in (tmp_path / "SHEET.md").read_text()


def test_a_document_has_a_report(type_in):
    code, out, _ = type_in("audit", "--document", "cnn_n_gru")
    assert code == 1 and "CNN-n-GRU, code" in out and "yes: state carried" in out
    code, out, _ = type_in("audit", "--document", "svm193", "--csv", "-")
    assert out.startswith("method,leak,kind,found,why")


@pytest.mark.parametrize(("words", "says"), [
    ("audit", "no split to audit"), ("audit gone.csv", "gone.csv can't be read"),
    ("audit bad.csv", "unknown part 'tset'"), ("audit s.csv --corpus XYZ", "no corpus 'XYZ'"),
    ("audit s.csv --accept speaker", "no --accept 'speaker': choose one of speakers, sentences"),
    ("audit s.csv --csv s.csv", "would be written over the split"),
    ("audit . --csv found.csv", "or beside its files"), ("audit s.csv --json .", "not written"),
    ("audit s.csv --json - --csv -", "can be printed"), ("audit --document nobody", "no document 'nobody'"),
    ("audit s.csv --document issa", "--document is a report of its own"), ("audit --json -", "no split to audit"),
    *((f"audit --sheet SHEET.md {words}", "--corpus, --accept and --names-only say how a split is audited: give one")
      for words in ("--corpus SAVEE", "--accept speakers", "--names-only"))])
def test_what_is_no_good_is_one_line_and_status_2(refused, tmp_path, words, says):
    (tmp_path / "s.csv").write_text(CLEAN)
    (tmp_path / "bad.csv").write_text("clip,part\na,train\nb,tset\n")
    assert says in refused(*words.split(), status=2)
