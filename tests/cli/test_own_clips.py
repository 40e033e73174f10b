"""A person's own recordings, as they are typed in: what is said of them, and of what is trained on them."""

import json
import unicodedata

import numpy as np
import pytest
import soundfile

EMOTIONS = ("anger", "happiness", "neutral", "sadness")


def record(folder, names, rate=16000, seconds=0.3):
    """Noise under these names, all different."""
    rng = np.random.default_rng(0)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, rng.normal(0, 0.1, int(seconds * rate)).astype(np.float32), rate)


# ---- speakers who tell the emotion -------------------------------------------------------------------------------


@pytest.fixture
def each_one_emotion(tmp_path):
    """mine.csv: forty clips, of four speakers with one emotion each."""
    names = [f"{speaker}_{emotion}_{take}.wav" for speaker, emotion in zip("abcd", EMOTIONS, strict=True)
             for take in range(10)]
    record(tmp_path, names)
    rows = [f"{name},{name.split('_')[1]},{name[0]}" for name in names]
    (tmp_path / "mine.csv").write_text("\n".join(["path,emotion,speaker", *rows]))


def test_check_says_that_speakers_tell_the_emotion(type_in, each_one_emotion):
    code, out, lines = type_in("corpora", "check", "mine.csv")
    assert (code, lines) == (0, [])
    assert "told without listening (UAR, cross-validated; chance 25.0 %)" in out
    assert "    speaker alone: 100.0 %\n    level alone: no more than chance\n" in out
    assert ("the speaker alone nearly tells the emotion (UAR 100.0 %, chance 25.0 %): 4 of 4 speakers have one emotion "
            "each") in out
    assert "only one speaker has anger (a), happiness (b), neutral (c), sadness (d)" in out


def test_training_says_so_before_and_after_and_so_does_the_card(type_in, each_one_emotion, tmp_path):
    words = ("train", "mfcc_cnn", "mine.csv", "--epochs", 1, "--model", "m", "--protocol", "speaker")
    code, out, lines = type_in(*words)
    assert code == 0 and len(lines) == 3 and all(line.startswith("ser-repro: mine: ") for line in lines)
    assert "no training clip has anger: all 10 of 10 test clips that do can only be named wrong" in lines[1]
    assert "told without listening (UAR, guessing 25.0 %): speaker alone: 100.0 %" in out
    assert "But no training clip has anger" in out  # beside the score, which is 0
    page, told = (tmp_path / "m" / "README.md").read_text(), json.loads((tmp_path / "m" / "card.json").read_text())
    assert "## What the corpus gives away" in page and "| speaker | 100.0 % |" in page
    assert told["given_away"]["absent"] == {"anger": 10} and "the speaker alone nearly tells" in told["caution"]


def test_training_on_waveforms_knows_how_loud_clips_are(type_in, tmp_path):
    rng, rows = np.random.default_rng(0), ["path,emotion"]
    for take in range(40):
        name, emotion = f"{take}.wav", EMOTIONS[take % 2]
        soundfile.write(tmp_path / name, rng.normal(0, 0.2 if take % 2 else 0.05, 2000), 8000)
        rows.append(f"{name},{emotion}")
    (tmp_path / "mine.csv").write_text("\n".join(rows))
    code, _, lines = type_in("train", "cnn_n_gru", "mine.csv", "--n", 3, "--epochs", 1, "--model", "m", "--set",
                             "hidden_size=4")
    assert code == 0 and "the level alone nearly tells the emotion (UAR 100.0 %, chance 50.0 %)" in lines[0]


# ---- labels ------------------------------------------------------------------------------------------------------


def test_common_names_map_by_themselves_and_labels_are_left_out_on_purpose(type_in, refused, tmp_path):
    labels = ("Happy", "wütend", "sleepy", "meh")
    record(tmp_path / "in", [f"{who}_{label}_{take}.wav" for who in "ab" for label in labels for take in (1, 2)])
    words = ("corpora", "table", "in", "--pattern", "{speaker}_{emotion}_{#}", "--csv", "t.csv")
    line = refused(*words)
    assert "unknown emotion 'meh' (4 clips), 'sleepy' (4 clips); the study's are" in line
    assert "--emotion meh=... --emotion sleepy=...`), or leave its clips out (--skip meh)" in line
    code, out, lines = type_in(*words, "--skip", "Sleepy", "--emotion", "meh=boredom")
    assert code == 0 and "t.csv: 12 clips, 3 emotions, 2 speakers" in out
    assert lines == ["ser-repro: 4 clips left out (--skip): sleepy 4.",
                     "ser-repro: labels taken as emotions: Happy = happiness (4), wütend = anger (4)."]
    assert "no clip is labelled so; labels are 'Happy'" in refused(*words, "--skip", "tired")
    assert "happiness 4" in type_in("corpora", "show", "t.csv")[1]


def test_labels_of_a_table_too(type_in, refused, tmp_path):
    record(tmp_path, ["1.wav", "2.wav", "3.wav"])
    (tmp_path / "mine.tsv").write_text("Path\tEmotion\tTake\n1.wav\tjoy\t1\n2.wav\tsleepy\t2\n3.wav\tmeh\t3\n")
    told = "'meh' (1 clip), 'sleepy' (1 clip)"
    for words in (("check", "mine.tsv"), ("table", "mine.tsv"), ("show", "mine.tsv")):
        assert told in refused("corpora", *words)
    assert told in refused("train", "issa", "mine.tsv")
    words = ("corpora", "table", "mine.tsv", "--emotion", "meh=calm", "--skip", "sleepy", "--csv", "t.csv")
    code, out, lines = type_in(*words)
    assert code == 0 and "t.csv: 2 clips, 2 emotions, 0 speakers" in out
    assert "'Take'; 1 clip left out (--skip): sleepy 1" in lines[0] and "joy = happiness (1)" in lines[1]
    assert type_in("corpora", "check", "t.csv")[0] == 0
    assert "give a table of them, or --pattern" in refused("corpora", "table", "RAVDESS", "--skip", "calm")


def test_an_excel_file_goes_where_a_corpus_does(type_in, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    record(tmp_path, ["1.wav", "2.wav"])
    book = openpyxl.Workbook()
    for row in (["PATH", "Emotion", "age"], ["1.wav", "Freude", 30], ["2.wav", "Trauer", 31]):
        book.active.append(row)
    book.save(tmp_path / "mine.xlsx")
    code, out, lines = type_in("corpora", "check", "mine.xlsx")
    assert (code, lines) == (0, []) and "mine, 2 clips" in out
    assert type_in("prepare", "mine.xlsx", "--rate", 16000, "--cache", "cache")[0] == 0


def test_a_name_with_an_accent_is_found_however_it_is_typed(type_in, small, tmp_path):
    on_disk, typed = (unicodedata.normalize(form, "Zoë.wav") for form in ("NFD", "NFC"))
    record(tmp_path, [on_disk])
    code, out, _ = type_in("predict", typed, "--model", small, "--format", "json")
    assert code == 0 and unicodedata.normalize("NFC", json.loads(out)[0]["file"]) == typed
