"""A leak of each kind is planted in a split of one's own and found; a clean one is clean; bad input is one line."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser_repro import SerReproError, datasets
from ser_repro.results import own_split, split_files
from ser_repro.results.leaks import IN_SPLIT, LEAKS, Finding, together
from ser_repro.results.sheet import sheet

EMOTIONS = ("anger", "sadness")


@pytest.fixture
def clean(tmp_path):
    """A function that writes a clean split with audio, rows changed as asked for, and gives its path."""
    rng = np.random.default_rng(0)
    rows = [{"clip": f"{part}{i}", "path": f"{part}{i}.wav", "part": part, "speaker": f"{part}-{i % 2}",
             "sentence": f"{part} {i % 3}", "emotion": EMOTIONS[i % 2], "session": f"of {part}", "source": ""}
            for part in ("train", "validation", "test") for i in range(4)]
    for row in rows:
        soundfile.write(tmp_path / row["path"], 0.1 * rng.normal(size=2000), 8000)

    def write(change=lambda table: table, name="split.csv"):
        table = pd.DataFrame(rows).set_index("clip", drop=False)
        change(table)
        table.to_csv(tmp_path / name, index=False)
        return tmp_path / name

    return write


def test_a_clean_split_has_no_leak(clean):
    report = own_split.audit(clean())
    assert report.found == [] and report.counts == {"train": 4, "validation": 4, "test": 4}
    assert {one.leak: one.state for one in report.findings if one.leak in IN_SPLIT} == dict.fromkeys(IN_SPLIT, "no") | {
        "copies": "can't be told"}
    assert [one.leak for one in report.findings] == list(LEAKS)
    said = str(report)
    assert "no leak found" in said and "clean: speakers, sentences, identical, recordings, labels" in said


@pytest.mark.parametrize(("leak", "cell", "value"), [
    ("speakers", ("test0", "speaker"), "train-1"), ("speakers", ("test0", "speaker"), "validation-1"),
    ("sentences", ("test1", "sentence"), "train 2"), ("recordings", ("test2", "session"), "of train"),
    ("copies", ("train1", "source"), "test3"), ("copies", ("test1", "source"), "train0"),
    ("identical", ("test3", "clip"), "train3"), ("labels", ("train2", "clip"), "train3")])
def test_a_planted_leak_is_found_and_no_other(clean, leak, cell, value):
    def plant(table):
        table.loc[cell] = value

    report = own_split.audit(clean(plant), listen=False)
    assert [one.leak for one in report.found] == [leak]
    (found,) = report.found
    assert found.clips == (0 if leak == "labels" else 1) and found.of == 4
    assert any(cell[0] in example or value in example for example in found.examples)
    assert own_split.audit(clean(plant), listen=False, accepted=[leak]).found == []


def test_two_copies_of_a_third_clip_are_found(clean):
    def plant(table):
        table.loc[["train0", "test0"], "source"] = "gone"

    (found,) = own_split.audit(clean(plant), listen=False).found
    assert found.leak == "copies" and found.examples == ("test0 tested, train0 seen: both of gone",)


@pytest.mark.parametrize(("emotion", "leak", "example"), [
    ("sadness", "identical", "test2 tested, train1 seen: same samples"),
    ("anger", "labels", "test2 (anger) and train1 (sadness)")])  # what was seen then gives a wrong answer away
def test_the_same_samples_are_found_by_what_files_hold(clean, tmp_path, emotion, leak, example):
    def plant(table):
        table.loc["test2", "emotion"] = emotion

    path = clean(plant)
    wave, rate = soundfile.read(tmp_path / "train1.wav", dtype="int16")
    soundfile.write(tmp_path / "test2.wav", wave, rate)
    (found,) = own_split.audit(path).found
    assert (found.leak, found.examples) == (leak, (example,))


def test_a_clip_on_both_sides_does_not_hide_its_copy(clean):
    def plant(table):
        table.loc["train1", "source"] = "train0"

    path = clean(plant)
    table = pd.read_csv(path)
    table.loc[table["clip"] == "test0", "clip"] = "train0"
    table.to_csv(path, index=False)
    found = {one.leak: one for one in own_split.audit(path, listen=False).found}
    assert found["copies"].examples == ("train0 tested, train1 seen: both of train0",) and found["copies"].clips == 1


def test_a_copy_in_noise_is_found_by_ear(clean, tmp_path):
    path = clean()
    wave, rate = soundfile.read(tmp_path / "train1.wav")
    soundfile.write(tmp_path / "test2.wav", 0.5 * wave + 0.003 * np.random.default_rng(1).normal(size=len(wave)), rate)
    (found,) = own_split.audit(path).found
    assert found.leak == "copies" and found.clips == 1
    assert found.examples == ("test2 tested, train1 seen: nearly the same recording",)


def test_what_could_not_be_checked_names_its_column(clean):
    def bare(table):
        table.drop(columns=["speaker", "sentence", "session", "source", "emotion", "path"], inplace=True)

    said = str(own_split.audit(clean(bare)))
    for leak, column in (("speakers", "speaker"), ("sentences", "sentence"), ("recordings", "recording"),
                         ("copies", "source"), ("labels", "emotion"), ("identical", "path")):
        (line,) = (line for line in said.splitlines() if f"could not be checked: {leak}:" in line)
        assert f"column {column}" in line


def test_missing_and_broken_audio_is_noted(clean, tmp_path):
    path = clean()
    (tmp_path / "test0.wav").unlink()
    (tmp_path / "test1.wav").write_text("no audio")
    report = own_split.audit(path)
    assert any("1 of 12 audio files are not there" in note for note in report.notes)
    assert any("1 audio files can't be read" in note for note in report.notes)
    assert {one.leak: one.state for one in report.findings}["identical"] == "can't be told"


def test_folds_are_each_tested_against_the_rest(tmp_path):
    rows = [("a", 1, "anna"), ("b", 1, "bert"), ("c", 2, "cleo"), ("d", 2, "anna"), ("e", 3, "dirk")]
    pd.DataFrame(rows, columns=["clip", "fold", "speaker"]).to_csv(tmp_path / "folds.csv", index=False)
    report = own_split.audit(tmp_path / "folds.csv")
    (found,) = report.found
    assert found.leak == "speakers" and (found.clips, found.of) == (2, 3 + 1)
    assert report.counts == {"fold 1": 2, "fold 2": 2, "fold 3": 1}
    assert "fold 1" in found.detail and "fold 3" not in found.detail


def test_folds_may_stand_in_the_column_of_parts(tmp_path):
    (tmp_path / "s.csv").write_text("clip,Split,SPK_ID\na,fold1,x\nb,fold2,x\n")
    assert [one.leak for one in own_split.audit(tmp_path / "s.csv").found] == ["speakers"]


def test_validation_speakers_and_sorted_test_clips_are_noted(clean):
    def plant(table):
        table.loc["validation0", "speaker"] = "train-0"
        table.loc["test0":"test3", "emotion"] = ["anger", "anger", "sadness", "sadness"]

    notes = own_split.audit(clean(plant), listen=False).notes
    assert any("1 validation speakers are in training too" in note for note in notes)
    assert any("listed emotion by emotion" in note for note in notes)


def test_names_that_differ_in_case_or_spaces_alone_are_noted(clean):
    def plant(table):
        table.loc["test0", "speaker"] = "Train-0"
        table.loc["test1", "speaker"] = "TRAIN -1"

    notes = own_split.audit(clean(plant), listen=False).notes
    assert any(note.startswith("Train-0 and train-0 in column speaker were taken for different ones, and 1 more such")
               for note in notes)
    assert not any("taken for different" in note for note in own_split.audit(clean(), listen=False).notes)


# ---- a corpus, and the files of toolkits -------------------------------------------------------------------------


def emobox(folder, corpus, rows):
    """Fold files in the layout of EmoBox: rows of (fold, part, clip, emotion)."""
    for (fold, part), group in rows.groupby(["fold", "part"]):
        place = folder / corpus / f"fold_{fold}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{corpus}_{part}_fold_{fold}.jsonl").write_text("".join(json.dumps({
            "key": f"{corpus}-{clip}", "dataset": corpus, "wav": f"downloads/{corpus}/wav/{clip}.wav", "type": "raw",
            "sample_rate": 16000, "num_frame": 33978.0, "task": "category", "length": 2.12, "emo": emotion,
            "channel": 1}) + "\n" for clip, emotion in zip(group["clip"], group["emotion"], strict=True)))
    return folder / corpus


def folds_of(clips, tested):
    """Rows of fold files: `tested` says of each clip in which fold it is tested."""
    return pd.concat([clips.assign(fold=fold, part=["test" if here == fold else "train" for here in tested])
                      for fold in sorted(set(tested))])


def test_the_folds_of_emobox(tmp_path):
    clips = datasets.published("EMO-DB")
    by_lot = [1 + i % 5 for i in range(len(clips))]
    report = own_split.audit(emobox(tmp_path, "emodb", folds_of(clips, by_lot)), corpus="EMO-DB")
    found = {one.leak: one for one in report.found}
    assert set(found) == {"speakers", "sentences"}
    assert found["speakers"].clips == found["speakers"].of == len(clips)
    # The index tells the samples though no audio is there; without it nothing is known but names.
    assert {one.leak: one.state for one in report.findings}["identical"] == "no"
    bare = {one.leak: one.state for one in own_split.audit(tmp_path / "emodb").findings}
    assert bare["speakers"] == bare["identical"] == "can't be told"

    speakers = sorted(clips["speaker"].unique())
    by_speaker = [1 + speakers.index(speaker) // 2 for speaker in clips["speaker"]]
    report = own_split.audit(emobox(tmp_path / "apart", "emodb", folds_of(clips, by_speaker)), corpus="EMO-DB")
    assert [one.leak for one in report.found] == ["sentences"]


def test_samples_of_an_index_are_compared(tmp_path):
    table = datasets.published("CREMA-D").query("clip in ('1006_TIE_HAP_XX', '1006_TIE_NEU_XX')")
    table.assign(part=["train", "test"])[["clip", "part"]].to_csv(tmp_path / "s.csv", index=False)
    found = {one.leak for one in own_split.audit(tmp_path / "s.csv", corpus="CREMA-D").found}
    assert found == {"speakers", "sentences", "labels"}


def test_the_layouts_of_s3prl_and_speechbrain(tmp_path):
    for session in (1, 2):
        for part, own in (("train", 3 - session), ("test", session)):
            place = tmp_path / "s3prl" / f"Session{session}"
            place.mkdir(parents=True, exist_ok=True)
            rows = [{"path": f"Session{own}/sentences/wav/Ses0{own}F_impro01/Ses0{own}F_impro01_F{i:03d}.wav",
                     "label": "neu", "speaker": f"Ses0{own}F"} for i in range(3)]
            (place / f"{part}_meta_data.json").write_text(json.dumps({"labels": {"neu": 0}, "meta_data": rows}))
    report = own_split.audit(tmp_path / "s3prl", corpus="IEMOCAP")
    assert report.found == [] and report.counts == {"train": 6, "test": 6}
    assert {one.leak: one.state for one in report.findings}["recordings"] == "no"  # the session is in the name
    for part in ("train", "valid", "test"):
        rows = {f"{part}{i}": {"wav": f"{{data_root}}/{part}{i}.wav", "length": 1.0, "emo": "neu", "spk_id": "one"}
                for i in range(2)}
        (tmp_path / f"{part}.json").write_text(json.dumps(rows))
    files = [tmp_path / f"{part}.json" for part in ("train", "valid", "test")]
    report = own_split.audit(files)
    assert [one.leak for one in report.found] == ["speakers"]
    assert report.counts == {"train": 2, "validation": 2, "test": 2}


def test_a_speaker_column_that_the_corpus_contradicts_is_noted(tmp_path):
    (tmp_path / "s.csv").write_text("clip,part,speaker\n03a01Fa,train,x\n08a01Fd,test,y\n03a02Fc,test,y\n")
    report = own_split.audit(tmp_path / "s.csv", corpus="EMO-DB")
    assert any("parts the clips otherwise than EMO-DB does" in note for note in report.notes)


# ---- what is no good ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "says"), [
    ("", "is no table of clips"), ("clip,part\n", "lists no clip"),
    ("part,speaker\ntrain,a\n", "names no clip in 1 of 1"),
    ("clip,speaker\na,x\n", "has neither a part nor a fold"), ("clip,part\na,train\nb,tset\n", "unknown part 'tset'"),
    ("clip,part\na,train\nb,train\n", "no clip is in part test"), ("clip,part\na,test\n", "no clip is in part train"),
    ("clip,fold\na,1\nb,1\n", "has one fold only, 1"),
    ("clip,part\na,train,x,y\n", "more cells in row 2 than its header"),
    ("clip,part\n,train\nb,test\n", "names no clip in 1 of 2 rows"), ('clip,part\n"a,train\n', "is no table of clips"),
    ("clip;part\na;train\nb;test\n", "")])
def test_a_bad_table_is_one_line(tmp_path, text, says):
    (tmp_path / "bad.csv").write_text(text)
    if not says:  # a reader that knows semicolons may take it
        return
    with pytest.raises(SerReproError, match=says) as raised:
        own_split.audit(tmp_path / "bad.csv")
    assert "\n" not in str(raised.value)


def test_bytes_that_are_no_text_and_json_that_is_none(tmp_path):
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "train.jsonl").write_text("[1]\n")
    (tmp_path / "notes.jsonl").write_text('{"key": "a"}\n')
    for paths, says in ((["bad.json"], "is no table of clips"), (["train.jsonl"], "is no table of clips"),
                        (["gone.csv"], "can't be read"), (["gone.jsonl"], "can't be read"),
                        (["notes.jsonl", "notes.jsonl"], "does not say which part it is")):
        with pytest.raises(SerReproError, match=says):
            own_split.audit([tmp_path / path for path in paths])
    (tmp_path / "empty").mkdir()
    with pytest.raises(SerReproError, match="holds no file of a split"):
        own_split.audit(tmp_path / "empty")
    for name in ("a_train", "b_train", "test"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"key": name}))
    files = [tmp_path / f"{name}.jsonl" for name in ("a_train", "b_train", "test")]
    with pytest.raises(SerReproError, match="are both the train part, of other clips: give one of them"):
        own_split.audit(files)
    files[1].write_text(files[0].read_text())  # the same once more
    assert own_split.audit(files).counts == {"train": 1, "test": 1}


def test_a_corpus_that_none_of_the_clips_is_of(clean):
    with pytest.raises(SerReproError, match="none of the 12 clips is one of EMO-DB"):
        own_split.audit(clean(), corpus="EMO-DB")


def test_clips_of_no_part_are_left_out_with_a_word(tmp_path):
    (tmp_path / "s.csv").write_text("clip,part,speaker\na,train,x\nb,test,y\nc,,y\n")
    report = own_split.audit(tmp_path / "s.csv")
    assert report.counts == {"train": 1, "test": 1} and "1 clips are in no part: they were left out" in report.notes


def test_names_on_windows_are_paths_too(tmp_path):
    (tmp_path / "s.csv").write_text("path,part\nwav\\a.wav,train\nwav\\b.wav,test\n")
    assert split_files.read([tmp_path / "s.csv"])["clip"].tolist() == ["wav/a", "wav/b"]


# ---- the sheet, and findings together ----------------------------------------------------------------------------


def test_the_sheet_asks_for_every_leak_and_says_what_was_found(clean):
    def plant(table):
        table.loc["test0", "speaker"] = "train-1"

    empty, filled = sheet(), sheet(own_split.audit(clean(plant), listen=False))
    for leak in LEAKS.values():
        assert leak.meaning in empty and leak.meaning in filled
    assert "**Found**: 1 of 4 test clips; 1 of 3 tested speakers" in filled and "**Not found**" in filled
    assert "Found" not in empty and "| Clips | train 4, validation 4, test 4 |" in filled


def test_findings_together_are_as_bad_as_the_worst():
    parts = [("A", Finding("speakers", "no", "none", of=5)), ("B", Finding("speakers", "yes", "two", 2, 3, ("x",))),
             ("C", Finding("speakers", "can't be told", "who", of=4))]
    both = together(parts)
    assert (both.state, both.detail, both.clips, both.of) == ("yes", "B: two", 2, 3)
    assert together(parts[::2]).state == "can't be told"
    same = together([("A", Finding("order", "no", "none")), ("B", Finding("order", "no", "none"))])
    assert same.detail == "none"
