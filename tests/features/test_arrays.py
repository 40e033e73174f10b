"""Arrays of waveforms: what is refused, what is rebuilt, and that nothing half written stays."""

import dataclasses
import json
import os
import shutil
import wave

import numpy as np
import pandas as pd
import pytest
from making import registered

from ser_repro import SerReproError, datasets
from ser_repro.datasets import contents
from ser_repro.features import arrays, extract, sets
from ser_repro.files import cache_folder, file_checksum

CLIP = "03a01Fa"  # the first clip of EMO-DB, so that a fault in it is met at once


def write_wav(path, rate=16000, frames=400, seed=0):
    samples = np.random.default_rng(seed).integers(-3000, 3000, frames).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(samples.tobytes())


@pytest.fixture(scope="module")
def whole_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("EMO-DB")
    for i, clip in enumerate(datasets.read_index("EMO-DB")["clip"]):
        write_wav(folder / f"{clip}.wav", seed=i)
    return folder


@pytest.fixture
def whole(whole_once):
    """A folder that holds every clip of EMO-DB by name, at its rate; the first clip may be damaged."""
    yield whole_once
    write_wav(whole_once / f"{CLIP}.wav")


def refused(*args, **options) -> str:
    with pytest.raises(SerReproError) as error:
        arrays.prepare(*args, **options)
    assert "\n" not in str(error.value)
    assert {path.suffix for path in (cache_folder() / "arrays").glob("*")} <= {".lock"}
    return str(error.value)


def test_samples_lengths_and_text_survive(whole):
    made = arrays.prepare("EMO-DB", 16000, data=whole)
    assert len(made.clips) == 535 and not made.synthetic
    assert made.values.dtype == np.int16 and len(made.values) == 535 * 400
    assert set(made.clips["speaker"]) >= {"03", "08"}  # not numbers
    batch, lengths = made.batch(np.array([0, 1]))
    assert batch.shape == (2, 1, 400) and lengths.tolist() == [400, 400]
    with wave.open(str(whole / f"{CLIP}.wav")) as file:
        assert np.array_equal(np.frombuffer(file.readframes(400), "<i2"), made.values[:400])


def test_a_clip_at_another_than_its_published_rate_is_refused(whole):
    write_wav(whole / f"{CLIP}.wav", rate=22050)
    for rate in (16000, arrays.NATIVE):
        line = refused("EMO-DB", rate, data=whole)
        assert f"{CLIP}.wav is at 22050 Hz, published at 16000 Hz" in line and "copy it again from http" in line


@pytest.mark.parametrize(("channels", "what", "says"), [
    ((1, -1), "mfcc13_mean", "its channels cancel out when they are mixed"), ((1, -1), 16000, ""),
    ((0, 1), 16000, "its first channel, which waveforms are made of, is silent"), ((0, 1), "mfcc13_mean", "")])
def test_a_clip_of_which_nothing_would_be_heard_is_refused(mine, channels, what, says):
    import soundfile

    noise = np.random.default_rng(0).integers(-3000, 3000, 4000)
    soundfile.write(mine.parent / "wav" / "0.wav", np.stack([noise * sign for sign in channels], 1).astype(np.int16),
                    16000)
    name = datasets.get(mine).name
    assert [fault.clip for fault in datasets.check(name).silent] == ["wav/0"]
    if not says:
        assert len(arrays.prepare(name, what, workers=1).clips) == 6
    else:
        assert f"0.wav would be heard as silence ({says}" in refused(name, what, workers=1)


def test_a_clip_that_is_published_silent_is_taken(whole, monkeypatch):
    with wave.open(str(whole / f"{CLIP}.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", None))
        file.writeframes(bytes(800))
    assert "digital silence" in refused("EMO-DB", 16000, data=whole)
    index = datasets.read_index("EMO-DB")
    index.loc[index["clip"] == CLIP, "sha256"] = datasets.measure(whole / f"{CLIP}.wav")["sha256"][:32]
    monkeypatch.setattr(datasets, "read_index", lambda _: index)
    made = arrays.prepare("EMO-DB", 16000, data=whole)
    row = made.clips.set_index("clip").loc[CLIP]
    assert row["length"] == 400 and not made.values[row["start"]:row["start"] + 400].any()


def test_a_clip_that_is_published_at_an_odd_rate_is_taken(whole, monkeypatch):
    assert arrays._published("TESS")["OAF_food_fear"]["sample_rate"] == 96000
    index = datasets.read_index("EMO-DB")
    index.loc[index["clip"] == CLIP, "sample_rate"] = 22050
    monkeypatch.setattr(datasets, "read_index", lambda _: index)
    assert CLIP in refused("EMO-DB", 16000, data=whole)
    write_wav(whole / f"{CLIP}.wav", rate=22050)
    made = arrays.prepare("EMO-DB", 16000, data=whole)
    assert made.clips["length"][0] == round(400 * 16000 / 22050)
    assert made.clips["sample_rate"][0] == 22050


def test_a_demo_corpus_may_have_any_rate(demo):
    made = arrays.prepare("RAVDESS", 16000, data=demo)
    assert made.synthetic and set(made.clips["sample_rate"]) == {16000}  # published at 48 kHz


@pytest.mark.parametrize(("damage", "says"), [
    (lambda path: path.write_bytes(path.read_bytes()[:300]), "is truncated"),
    (lambda path: path.write_bytes(b""), "cannot be read as audio"),
    (lambda path: path.write_text("no audio\nat all\n"), "cannot be read as audio"),
    (lambda path: write_wav(path, frames=0), "holds no samples"),
    (lambda path: path.write_bytes(path.read_bytes()[:44] + bytes(800)), "is digital silence")])
def test_a_bad_clip_is_named(whole, damage, says):
    damage(whole / f"{CLIP}.wav")
    line = refused("EMO-DB", 16000, data=whole)
    assert f"{CLIP}.wav" in line and says in line and "copy it again" in line


def test_values_that_are_no_numbers_are_refused(whole):
    import soundfile

    soundfile.write(whole / f"{CLIP}.wav", np.full(400, np.nan, np.float32), 16000, subtype="FLOAT")
    assert "400 values that are not numbers" in refused("EMO-DB", 16000, data=whole)


def test_a_link_to_nowhere_is_named(whole):
    (whole / f"{CLIP}.wav").unlink()
    (whole / f"{CLIP}.wav").symlink_to(whole / "gone")
    try:
        assert f"{CLIP}.wav can't be read" in refused("EMO-DB", 16000, data=whole)
    finally:
        (whole / f"{CLIP}.wav").unlink()


def test_a_corpus_that_is_not_whole_is_refused(whole):
    (whole / f"{CLIP}.wav").unlink()
    line = refused("EMO-DB", 16000, data=whole)
    assert "534 of 535 clips" in line and "`ser-repro corpora check EMO-DB`" in line


@pytest.mark.parametrize("damage", [
    lambda folder: (folder / "meta.json").write_text((folder / "meta.json").read_text()[:40]),
    lambda folder: (folder / "meta.json").write_text("[]"),
    lambda folder: (folder / "meta.json").write_text("{}"),
    lambda folder: (folder / "meta.json").unlink(),
    lambda folder: (folder / "values.npy").write_bytes((folder / "values.npy").read_bytes()[:1000]),
    lambda folder: (folder / "values.npy").write_bytes(b""),
    lambda folder: (folder / "values.npy").unlink(),
    lambda folder: (folder / "clips.csv").write_text((folder / "clips.csv").read_text()[:700]),
    lambda folder: (folder / "clips.csv").write_text("clip\n\"a"),
    lambda folder: (folder / "clips.csv").write_text(""),
    lambda folder: (folder / "clips.csv").unlink()])
def test_damaged_arrays_are_noticed_and_made_again(demo, damage):
    whole = arrays.prepare("RAVDESS", 16000, data=demo)
    samples = whole.values.copy()  # off the file that is about to be cut
    folder = arrays.folder_of("RAVDESS", 16000)
    damage(folder)
    with pytest.raises(SerReproError, match=r"run `ser-repro prepare RAVDESS --[a-z]+ \w+`") as error:
        arrays.load("RAVDESS", 16000)
    assert "\n" not in str(error.value)
    again = arrays.prepare("RAVDESS", 16000, data=demo)
    assert np.array_equal(samples, again.values) and again.corpus_hash == whole.corpus_hash


def rewritten(file, change):
    """Change what is in a file, and leave it as long as it was, where that can be."""
    file.write_bytes(change(file.read_bytes()))


def reversed_rows(content):
    head, *rows = content.splitlines(keepends=True)
    return head + b"".join(reversed(rows))


def edited_meta(key, value):
    return lambda content: json.dumps(json.loads(content) | {key: value}, indent=1).encode()


@pytest.mark.parametrize(("name", "change"), [
    ("values.npy", lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]),
    ("values.npy", lambda content: content[:128] + content[:127:-1]),
    ("clips.csv", reversed_rows),
    ("clips.csv", lambda content: content.replace(b",anger,angry,", b",calm,angry,", 1)),
    ("clips.csv", lambda content: content.replace(b",01,", b",02,", 1)),
    ("meta.json", edited_meta("synthetic", False)), ("meta.json", edited_meta("corpus_hash", "0" * 64)),
    ("meta.json", edited_meta("checksums", {})), ("meta.json", edited_meta("fingerprint", "")),
    ("meta.json", lambda content: json.dumps({key: value for key, value in json.loads(content).items()
                                              if key not in ("checksums", "checksum")}).encode())])
def test_arrays_that_were_changed_are_named_and_made_anew(demo, tmp_path, caplog, name, change):
    whole = arrays.prepare("RAVDESS", 16000, data=demo, cache=tmp_path, workers=1)
    folder = arrays.folder_of("RAVDESS", 16000, tmp_path)
    before = (folder / name).read_bytes()
    samples = whole.values.copy()
    rewritten(folder / name, change)
    assert (folder / name).read_bytes() != before
    remedy = r"the arrays in .* are damaged .*`ser-repro prepare RAVDESS --[a-z]+ \w+`"
    with pytest.raises(SerReproError, match=remedy) as error:
        arrays.load("RAVDESS", 16000, cache=tmp_path)
    assert str(folder) in str(error.value) and (name in str(error.value) or "no checksums" in str(error.value))
    if b'"synthetic": false' in (folder / name).read_bytes():
        return  # demo speech, which this is made of, replaces nothing that calls itself real
    again = arrays.prepare("RAVDESS", 16000, data=demo, cache=tmp_path, workers=1)
    assert np.array_equal(samples, again.values) and again.checksum == whole.checksum
    assert f"{folder} is made anew: the arrays in {folder} are damaged" in caplog.text


@pytest.mark.parametrize(("name", "change", "says"), [
    ("values.npy", lambda content: content.replace(b"'shape': (", b"'shape': ((", 1), "damaged"),  # no end of it
    ("clips.csv", lambda content: content.replace(b"corpus,", b"corpora,", 1), "clips.csv lacks corpus"),
    ("clips.csv", lambda content: content.replace(b"start,", b"stop,", 1), "damaged")])
def test_arrays_with_right_checksums_of_what_can_not_be_are_refused(demo, tmp_path, name, change, says):
    arrays.prepare("RAVDESS", 16000, data=demo, cache=tmp_path, workers=1)
    folder = arrays.folder_of("RAVDESS", 16000, tmp_path)
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    meta = json.loads((folder / "meta.json").read_text())
    meta["checksums"][name] = file_checksum(folder / name)
    (folder / "meta.json").write_text(json.dumps(arrays._sealed(meta)))
    with pytest.raises(SerReproError, match=says):
        arrays.load("RAVDESS", 16000, cache=tmp_path)


def test_arrays_that_were_moved_to_another_name_are_not_taken(demo, tmp_path):
    for what in (8000, 16000):
        arrays.prepare("RAVDESS", what, data=demo, cache=tmp_path, workers=1)
    one, other = (arrays.folder_of("RAVDESS", what, tmp_path) for what in (8000, 16000))
    shutil.rmtree(other)
    one.rename(other)
    with pytest.raises(SerReproError, match="they are of another corpus, or another definition"):
        arrays.load("RAVDESS", 16000, cache=tmp_path)


def test_arrays_have_one_checksum_wherever_they_are_made(demo, tmp_path):
    copy = shutil.copytree(demo, tmp_path / "copy")
    one, other = (arrays.prepare("RAVDESS", 16000, data=data, cache=tmp_path / data.name, workers=1)
                  for data in (demo, copy))
    assert one.checksum == other.checksum and len(one.checksum) == 32
    assert arrays.prepare("RAVDESS", 8000, data=demo, cache=tmp_path, workers=1).checksum != one.checksum


# ---- audio that changes afterwards -------------------------------------------------------------------------------


@pytest.fixture
def mine(tmp_path):
    """A table of six clips, whose samples are given by a seed, at times long past."""
    (tmp_path / "wav").mkdir()
    table = tmp_path / "mine.csv"
    names = [f"wav/{i}.wav" for i in range(6)]
    table.write_text("path,emotion\n" + "".join(f"{name},{e}\n" for name, e in zip(names, ["anger", "fear"] * 3,
                                                                                   strict=True)))
    for i, name in enumerate(names):
        write_wav(tmp_path / name, seed=i)
        os.utime(tmp_path / name, (1e9, 1e9))
    return table


def other_sound(path, seed=99):
    about = path.stat()
    write_wav(path, seed=seed)
    assert path.stat().st_size == about.st_size
    return about


def written_over(path):
    other_sound(path)


def written_over_and_dated_back(path):
    about = other_sound(path)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def moved_in_place(path):
    other = path.with_name("other")
    shutil.copy2(path, other)
    written_over_and_dated_back(other)
    other.replace(path)


def folder_moved_in_place(path):
    other = shutil.copytree(path.parent, path.parent.with_name("other"))
    written_over_and_dated_back(other / path.name)
    path.parent.rename(path.parent.with_name("old"))
    other.rename(path.parent)


def linked(path):
    other = path.parent.with_name("other.wav")
    shutil.copy2(path, other)
    written_over_and_dated_back(other)
    path.unlink()
    path.symlink_to(other)


def table_mended(path):
    table = path.parent.parent / "mine.csv"
    table.write_text(table.read_text().replace("0.wav,anger", "0.wav,fear"))


@pytest.mark.parametrize("change", [written_over, written_over_and_dated_back, moved_in_place, folder_moved_in_place,
                                    linked, table_mended])
@pytest.mark.parametrize("settled", [True, False])
def test_arrays_do_not_outlive_their_audio(mine, caplog, monkeypatch, change, settled):
    if settled:  # the files are older than any clock is coarse: what is remembered of them counts
        monkeypatch.setattr(contents, "_SETTLED_NS", -10**12)
    name = datasets.get(mine).name
    old = arrays.prepare(name, 16000, workers=1)
    arrays.prepare(name, 16000, workers=1)
    assert "made anew" not in caplog.text
    change(mine.parent / "wav" / "0.wav")
    name = datasets.get(mine).name
    new = arrays.prepare(name, 16000, workers=1)
    folder = arrays.folder_of(name, 16000)
    assert f"{folder} is made anew: the audio or the table of clips has changed since" in caplog.text
    if change is table_mended:
        assert new.clips["emotion"][0] == "fear"
    else:
        assert new.corpus_hash != old.corpus_hash and new.clips["sha256"][0] != old.clips["sha256"][0]
        wanted = datasets.read(mine.parent / "wav" / "0.wav")[0][:, 0]
        assert np.array_equal(new.values[:400], wanted)


def test_files_are_read_again_only_where_they_can_have_changed(mine, monkeypatch):
    read, real = [], contents.file_checksum
    monkeypatch.setattr(contents, "_SETTLED_NS", -10**12)
    monkeypatch.setattr(contents, "file_checksum", lambda path: read.append(path) or real(path))
    name = datasets.get(mine).name
    for expected in (6, 0, 0):
        arrays.prepare(name, 16000, workers=1)
        assert len(read) == expected
        read.clear()
    os.utime(mine.parent / "wav" / "0.wav")  # touched, the same sound: read, and nothing made anew
    memory = cache_folder() / "files" / "mine.json"
    values = (arrays.folder_of(name, 16000) / "values.npy").stat().st_ino
    arrays.prepare(name, 16000, workers=1)
    assert [os.path.basename(path) for path in read] == ["0.wav"]
    arrays.prepare(name, 16000, workers=1, again=True)
    assert len(read) == 7
    memory.write_text("[" + memory.read_text())
    arrays.prepare(name, 16000, workers=1)
    assert len(read) == 13 and (arrays.folder_of(name, 16000) / "values.npy").stat().st_ino == values


def test_a_cache_that_can_only_be_read_will_do(mine, monkeypatch):
    name = datasets.get(mine).name
    arrays.prepare(name, 16000, workers=1)

    def refuse(path, *_, **__):
        raise SerReproError(f"{path} not written")

    monkeypatch.setattr(contents, "write_atomic", refuse)
    assert len(arrays.prepare(name, 16000, workers=1).clips) == 6


@pytest.mark.parametrize("sound", [True, False])
def test_demo_speech_never_replaces_real_speech(demo, sound):
    arrays.prepare("RAVDESS", 16000, data=demo)
    meta = arrays.folder_of("RAVDESS", 16000) / "meta.json"
    real = json.loads(meta.read_text()) | {"synthetic": False, "fingerprint": "another copy's"}
    real = json.dumps(arrays._sealed(real) if sound else real)
    meta.write_text(real)
    with pytest.raises(SerReproError, match="holds the arrays of the real RAVDESS: give --cache another folder"):
        arrays.prepare("RAVDESS", 16000, data=demo)
    assert meta.read_text() == real


def test_real_speech_beside_a_demo_of_another_corpus_is_real(whole, tmp_path):
    (tmp_path / "EMO-DB").symlink_to(whole)
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "SYNTHETIC.txt").touch()
    assert not arrays.prepare("EMO-DB", 16000, data=tmp_path).synthetic


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), OSError("400 requested and 20 written")])
def test_a_full_disk_leaves_nothing(demo, monkeypatch, error):
    def full(*_):
        raise error

    monkeypatch.setattr(arrays, "_write_values", full)
    line = refused("RAVDESS", 16000, data=demo)
    assert "arrays of RAVDESS not written" in line and (error.strerror or str(error)) in line and "--cache" in line


def test_old_arrays_stay_where_new_ones_find_no_room(demo, tmp_path, monkeypatch):
    old = arrays.prepare("RAVDESS", 16000, data=demo)
    copy = shutil.copytree(demo, tmp_path / "copy")
    os.remove(next(copy.rglob("*.wav")))  # another set of clips: to be made anew
    with monkeypatch.context() as patch:
        patch.setattr(arrays, "_write_values", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(SerReproError, match="No space left"):
            arrays.prepare("RAVDESS", 16000, data=copy)
    assert len(arrays.load("RAVDESS", 16000).clips) == len(old.clips)
    assert len(arrays.prepare("RAVDESS", 16000, data=copy).clips) == len(old.clips) - 1


def test_a_cache_that_is_a_file_is_one_line(demo, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SerReproError, match=r"not written to .*; free some room or set --cache"):
        arrays.prepare("RAVDESS", 16000, data=demo, cache=tmp_path / "file")


def test_a_feature_set_is_prepared_as_it_is_computed(demo):
    made = arrays.prepare("RAVDESS", "mfcc50_mean_code", data=demo)
    clips = datasets.clips("RAVDESS", demo)
    wanted = extract.extract(clips, ["mfcc50_mean_code"])["mfcc50_mean_code"].array()
    assert made.values.dtype == np.float32 and np.array_equal(made.values, wanted)
    assert made.clips["clip"].tolist() == clips["clip"].tolist()
    inputs, lengths = made.batch(np.array([3, 1]))
    assert inputs.shape == (2, 50, 1) and lengths.tolist() == [1, 1]
    assert np.array_equal(inputs[:, :, 0].numpy(), wanted[[3, 1]])
    assert made.corpus_hash == arrays.prepare("RAVDESS", 16000, data=demo).corpus_hash  # of the audio, whatever is made


def test_frames_of_clips_of_different_lengths_are_padded_with_zeros(whole):
    write_wav(whole / f"{CLIP}.wav", frames=9000)
    made = arrays.prepare("EMO-DB", "mfcc40_frames_whole", data=whole)
    lengths = made.clips["length"].tolist()
    assert lengths[0] == 1 + 9000 // 512 and set(lengths[1:]) == {1}
    inputs, told = made.batch(np.array([1, 0]))
    assert inputs.shape == (2, 40, lengths[0]) and told.tolist() == [1, lengths[0]]
    assert not inputs[0, :, 1:].any() and inputs[1].all(0).any()
    start = int(made.clips["start"][0])
    assert np.array_equal(inputs[1].numpy(), made.values[start:start + lengths[0]].T)


def test_arrays_of_an_older_definition_are_not_taken(demo, monkeypatch):
    arrays.prepare("RAVDESS", "mfcc13_mean", data=demo)
    old = sets.get("mfcc13_mean")
    monkeypatch.setitem(sets.SETS, "mfcc13_mean", dataclasses.replace(old, definition=old.definition | {"hop": 1}))
    with pytest.raises(SerReproError, match="no arrays of RAVDESS of mfcc13_mean"):
        arrays.load("RAVDESS", "mfcc13_mean")


# ---- one pass ----------------------------------------------------------------------------------------------------

SOME = [16000, arrays.NATIVE, "mfcc50_mean_code", "mfcc40_frames_whole", "raw_16k"]


@pytest.fixture
def decoded(monkeypatch):
    """Files that were decoded, in order."""
    from ser_repro.datasets import audio

    files, read = [], audio.read
    monkeypatch.setattr(audio, "read", lambda path: files.append(str(path)) or read(path))
    return files


def test_each_clip_is_decoded_once_whatever_is_made(demo, decoded):
    made = arrays.prepare_all("RAVDESS", SOME, data=demo, workers=1)
    assert sorted(decoded) == sorted(datasets.clips("RAVDESS", demo)["path"])
    assert arrays.prepare_all("RAVDESS", SOME, data=demo, workers=1).keys() == made.keys() == set(SOME)
    assert len(decoded) == len(set(decoded))  # the second time none
    for what, together in made.items():
        alone = arrays.prepare("RAVDESS", what, data=demo, cache=arrays.folder_of("RAVDESS", what) / "alone")
        assert together.values.dtype == alone.values.dtype == (np.int16 if arrays.is_waveform(what) else np.float32)
        assert np.array_equal(together.values, alone.values) and together.clips.equals(alone.clips)


def test_no_second_copy_stays_on_the_disk(demo):
    made = arrays.prepare_all("RAVDESS", SOME, data=demo, workers=1)
    there = sum(path.stat().st_size for path in cache_folder().rglob("*"))
    assert there < sum(one.values.nbytes for one in made.values()) + len(SOME) * 60_000  # tables and descriptions


def test_what_was_stopped_goes_on(demo, decoded, monkeypatch):
    def stop(done, total):
        assert total > done == 16  # a lot
        raise KeyboardInterrupt

    done, of = [], sets.get("mfcc13_mean")
    counted = dataclasses.replace(of, compute=lambda clip: done.append(clip.key) or of.compute(clip))
    monkeypatch.setitem(sets.SETS, "mfcc13_mean", counted)
    with pytest.raises(KeyboardInterrupt):
        arrays.prepare("RAVDESS", "mfcc13_mean", data=demo, workers=1, progress=stop)
    computed = len(done)
    assert 16 <= computed < len(datasets.clips("RAVDESS", demo))
    made = arrays.prepare("RAVDESS", "mfcc13_mean", data=demo, workers=1)
    assert len(done) == len(set(done)) == len(made.clips)


def test_a_set_from_outside_the_package_is_prepared_like_any_other(demo, monkeypatch):
    outside = sets.FeatureSet("outside", {"kind": "greatest"}, lambda clip: np.array([np.abs(clip.samples).max()]),
                              "(1,)", "a test", ("greatest",))
    registered(monkeypatch, sets.SETS, outside)
    made = arrays.prepare("RAVDESS", "outside", data=demo, workers=2)  # processes that know nothing of it
    clip = made.clips.iloc[0]
    wave = arrays.prepare("RAVDESS", arrays.NATIVE, data=demo).values[:int(clip["duration_s"] * clip["sample_rate"])]
    assert made.values.shape == (len(made.clips), 1) and made.values[0, 0] == np.abs(wave).max() / 2**15


def test_arrays_tell_what_path_made_them_and_another_makes_them_anew(demo, decoded):
    def path():
        return json.loads((arrays.folder_of("RAVDESS", "mfcc13_mean") / "meta.json").read_text())["path"]

    def prepare(**options):
        before = len(decoded)
        made = arrays.prepare("RAVDESS", "mfcc13_mean", data=demo, workers=1, **options)
        return made.values.copy(), len(decoded) > before

    fast, anew = prepare()
    assert anew and path() == "fast"
    for asked, expected, made in (("fast", "fast", False), ("reference", "reference", True),
                                  (None, "reference", False), ("torch", "torch", True), ("torch", "torch", False)):
        values, anew = prepare(path=asked)
        assert (path(), anew) == (expected, made)
        np.testing.assert_allclose(values, fast, rtol=1e-4, atol=1e-3)
    with pytest.raises(SerReproError, match="no path 'slow': choose one of fast, torch, reference"):
        prepare(path="slow")


def vectors(values):
    values = np.asarray(values, np.float32)
    clips = pd.DataFrame({"clip": [str(i) for i in range(len(values))], "emotion": "anger",
                          "start": np.arange(len(values)), "length": 1})
    return arrays.Arrays("MINE", clips, values, "0" * 64, True)


def test_adapted_values_have_the_mean_and_spread_of_those_that_were_trained_on():
    rng = np.random.default_rng(0)
    trained, other = vectors(rng.normal([3, -1, 0], [2, 0.5, 1], (200, 3))), vectors(rng.normal(9, 4, (50, 3)))
    other.values[:, 2] = 5  # no spread to stretch
    rows = np.arange(150)
    told = arrays.adapted(other, trained, rows)
    np.testing.assert_allclose(told.values.mean(0), trained.values[rows].mean(0), atol=1e-5)
    np.testing.assert_allclose(told.values.std(0)[:2], trained.values[rows].std(0)[:2], rtol=1e-5)
    assert np.ptp(told.values[:, 2]) == 0 and told.is_vectors
    order = np.argsort(other.values[:, 0])
    assert (np.argsort(told.values[:, 0]) == order).all()  # nothing changes places
    # Of some clips of a corpus only those count.
    some = arrays.adapted(dataclasses.replace(other, clips=other.clips.iloc[10:20]), trained, rows)
    np.testing.assert_allclose(some.values.mean(0), trained.values[rows].mean(0), atol=1e-5)
    assert len(some.values) == 10 and not dataclasses.replace(other, clips=other.clips.assign(length=2)).is_vectors
