"""Saved models: what a folder holds, that a clip gets the probabilities of its record, and what is refused."""

import json
import shutil

import numpy as np
import pytest
import soundfile
from making import make_model, make_run

from ser_repro import SerReproError, datasets, documents
from ser_repro.features import arrays
from ser_repro.results import scores as evaluation
from ser_repro.runs import run as runs
from ser_repro.saved import card, predict
from ser_repro.saved import model as saved

DOCUMENTS = list(documents.DOCUMENTS)


@pytest.fixture(scope="session", params=[(name, reading) for name in DOCUMENTS for reading in documents.READINGS],
                ids="-".join)
def folder(request, demo, tmp_path_factory):
    """A saved model of each document, in each reading."""
    document, reading = request.param
    return make_model(make_run(document, reading), demo, tmp_path_factory.mktemp("models"))


def test_a_clip_of_the_corpus_gets_the_probabilities_of_the_record(folder, demo):
    model = saved.load(folder)
    record = json.loads((folder / saved.RECORD).read_text())
    path = datasets.clips("RAVDESS", demo).set_index("clip")["path"]
    alone = "alone" in record["test"]["conditions"]  # by itself: as the record has it where neighbours have a say
    frame = evaluation.condition(record, "alone") if alone else evaluation.table(record)
    for _, row in frame.iloc[::7].iterrows():
        answer = predict.recording(model, path[row["clip"]])
        if alone:
            assert answer.emotion == row["predicted"]
        else:
            told = [row[f"p({emotion})"] for emotion in model.classes]
            assert [answer.probabilities[emotion] for emotion in model.classes] == pytest.approx(told, abs=2e-5)


def test_a_folder_holds_all_that_a_user_needs(folder):
    assert {path.name for path in folder.iterdir()} == set(saved.FILES)
    assert not list(folder.parent.glob(f".{folder.name}*"))
    model, text = saved.load(folder), (folder / saved.README).read_text()
    assert model.card["synthetic"] and card.SYNTHETIC in text and card.SYNTHETIC in card.caution(model.card)
    for part in ("Not meant for judging people", "CC BY-NC-SA", model.card["run"], "24 speakers", "95 % intervals"):
        assert part in text
    assert all((folder / name).read_bytes().startswith(b"\x89PNG") for name in (saved.CURVES, saved.CONFUSION))


def test_probabilities_do_not_depend_on_rate_or_channels(folder, demo):
    import soxr

    model = saved.load(folder)
    samples, rate = datasets.read(next(demo.rglob("*.wav")))
    assert model.sample_rate == rate == 16000
    own = model.probabilities(samples, rate)
    stereo = np.repeat(samples[:, :1], 2, axis=1)
    assert model.probabilities(stereo, rate) == pytest.approx(model.probabilities(samples[:, 0], rate), abs=1e-6)
    higher = soxr.resample(samples[:, 0] / 2**15, rate, 44100, quality="VHQ")
    assert model.probabilities(higher, 44100) == pytest.approx(own, abs=0.02)
    found = model.predict(samples, rate)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert sum(found.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("samples", "rate", "says"), [
    (np.zeros(0, np.int16), 16000, "are no recording"), (np.zeros((4, 2, 2)), 16000, "are no recording"),
    (np.zeros(400, np.int32), 16000, "of type int32 are not taken"), (np.full(400, np.nan), 16000, "not numbers"),
    (np.zeros(400), 0, "none of audio"), (np.zeros(400), "16000", "none of audio"),
    (np.zeros(2), 9_999_999, "too short|no clip")])
def test_samples_that_are_none(small, samples, rate, says):
    with pytest.raises(SerReproError, match=says):
        saved.load(small).predict(samples, rate)


def edit(folder, **changes):
    found = json.loads((folder / saved.CARD).read_text())
    (folder / saved.CARD).write_text(json.dumps(card.seal(found | changes)))


@pytest.mark.parametrize(("damage", "says"), [
    (lambda f: (f / saved.WEIGHTS).write_bytes((f / saved.WEIGHTS).read_bytes()[:-40]), "damaged or of another model"),
    (lambda f: (f / saved.WEIGHTS).unlink(), "can't be read"),
    (lambda f: (f / saved.CARD).unlink(), "holds no saved model"),
    (lambda f: (f / saved.CARD).write_text("{"), "is damaged"),
    (lambda f: (f / saved.CARD).write_text("[]"), "is damaged"),
    (lambda f: (f / saved.CARD).write_bytes(b"\xff\xfe"), "is damaged"),
    (lambda f: (f / saved.CARD).write_text((f / saved.CARD).read_text().replace("anger", "bliss")), "was changed"),
    (lambda f: edit(f, format=9), "has format 9, this version reads 2"),
    (lambda f: edit(f, classes=["anger"]), "do not fit this version's network"),
    (lambda f: edit(f, input={"what": "mfcc50_mean_code", "hash": "0", "sample_rate": 16000}), "others than the model"),
    (lambda f: shutil.rmtree(f), "is not there: give the folder of a saved model; `ser-repro train mfcc_cnn RAVDESS")])
def test_a_damaged_folder_is_refused(small, tmp_path, damage, says):
    shutil.copytree(small, tmp_path / "copy")
    assert saved.load(tmp_path / "copy").classes
    damage(tmp_path / "copy")
    with pytest.raises(SerReproError, match=says) as error:
        saved.load(tmp_path / "copy")
    assert "\n" not in str(error.value)


def test_weights_of_another_model_are_refused(small, tmp_path, demo):
    other = make_model(make_run("mfcc_cnn", seed=1), demo, tmp_path)
    shutil.copy(small / saved.WEIGHTS, other / saved.WEIGHTS)
    with pytest.raises(SerReproError, match="damaged or of another model"):
        saved.load(other)


def test_only_a_saved_model_is_overwritten(demo, tmp_path, monkeypatch):
    run = make_run("mfcc_cnn")
    folder = make_model(run, demo, tmp_path)
    before = (folder / saved.CARD).read_text()
    make_model(run, demo, tmp_path)  # again: taken from the cache
    assert json.loads(before)["weights"] == saved.load(folder).card["weights"]

    (folder / "my notes.txt").touch()
    with pytest.raises(SerReproError, match=r"holds 'my notes\.txt', so it is not"):
        make_model(run, demo, tmp_path)
    (folder / "my notes.txt").unlink()

    def full(*_):
        raise OSError(28, "No space left on device")

    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(saved.Path, "write_bytes", full)
    with pytest.raises(SerReproError, match=r"no model written .*No space left on device.* what was trained is kept"):
        make_model(run, demo, tmp_path)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "mfcc_cnn"]


def test_a_record_is_taken_only_with_the_weights_that_give_it(demo, tmp_path):
    run = make_run("mfcc_cnn")
    here = dict(results=tmp_path / "results", cache=tmp_path / "cache", device="cpu")
    waves = arrays.prepare("RAVDESS", "mfcc50_mean_code", data=demo, cache=tmp_path / "cache")
    record, weights, fresh = saved.obtain(run, waves, **here)
    assert fresh and saved.obtain(run, waves, **here)[2] is False
    assert not (tmp_path / "results").exists()  # demo speech leaves nothing among the results

    other = make_run("mfcc_cnn", seed=5)
    foreign = saved.obtain(other, waves, **here)[1]
    shutil.copy(foreign, weights)
    again, _, fresh = saved.obtain(run, waves, **here)
    assert fresh and again["test"]["rows"] == record["test"]["rows"]


def test_clips_that_were_mended_are_not_gone_on_with(demo, tmp_path):
    run = make_run("mfcc_cnn")
    waves = arrays.prepare("RAVDESS", "mfcc50_mean_code", data=demo, cache=tmp_path)
    first, weights, _ = saved.obtain(run, waves, results=tmp_path, cache=tmp_path, device="cpu")
    waves.clips.loc[waves.clips["clip"] == first["test"]["rows"][0][0], "emotion"] = "calm"
    waves.clips.loc[waves.clips["clip"] == first["test"]["rows"][1][0], "emotion"] = "anger"
    assert not saved._belong(first, weights, run, waves)
    saved._forget_other_clips(run, waves, weights.parent)
    assert not weights.exists()


def test_a_card_says_how_much_of_new_speakers_was_measured(small):
    told = saved.load(small).card | {"synthetic": False}
    whole, part = (told | {"new_speakers": told["scores"]["as tested"] | {"seeds": 1, "folds": 3, "missing": missing}}
                   for missing in ("", "3 of 6 folds"))
    assert card.caution(part).endswith("with new speakers (3 of 6 folds).")
    assert card.caution(whole).endswith("with new speakers.")
    assert "same method, 3 of 6 folds |" in card.readme(part) and "same method, all 3 folds |" in card.readme(whole)


def test_a_real_clip_gets_the_probabilities_of_its_record(real_corpus, tmp_path):
    """Half a minute of training on real speech, then from the file to the probabilities."""
    data = real_corpus("SAVEE")
    of = documents.get("issa")
    values = documents.settings("issa", "code", "SAVEE", epochs=2)
    run = runs.Run("issa", "code", "SAVEE", "published", 0, 0, values)
    waves = arrays.prepare("SAVEE", of.inputs(values), data=data, cache=tmp_path)
    record, weights, _ = saved.obtain(run, waves, results=tmp_path, data=data, cache=tmp_path, device="cpu")
    saved.save(record, weights, waves, tmp_path / "model", results=tmp_path)
    model = saved.load(tmp_path / "model")
    assert model.card["new_speakers"] is None and "new speakers not measured" in card.caution(model.card)
    path = datasets.clips("SAVEE", data).set_index("clip")["path"]
    for clip, _, _, *told in record["test"]["rows"][:10]:
        found = predict.recording(model, path[clip]).probabilities
        assert [found[emotion] for emotion in model.classes] == pytest.approx(told, abs=2e-5)


def test_a_recording_that_broke_off_is_told_apart(small, tmp_path, demo):
    path = tmp_path / "cut.wav"
    content = next(demo.rglob("*.wav")).read_bytes()
    path.write_bytes(content[:len(content) // 2])
    with pytest.raises(SerReproError, match=r"is truncated: .* give a WAV, FLAC, MP3 or OGG file that plays"):
        predict.recording(saved.load(small), path)
    soundfile.write(path, np.zeros(800, np.int16), 16000)
    assert predict.recording(saved.load(small), path).windows[0]["silent"]
