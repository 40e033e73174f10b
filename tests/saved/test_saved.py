"""Saved models: what a folder holds, that a clip gets the probabilities of its record, and what is refused."""

import json
import shutil

import numpy as np
import pytest
import soundfile
from making import make_model, make_run

from ser_repro import SerReproError, datasets, documents
from ser_repro.results import scores
from ser_repro.runs import execution
from ser_repro.runs.run import Run
from ser_repro.saved import card, predict
from ser_repro.saved import model as saved

RECIPES = [(of.name, reading) for of in documents.DOCUMENTS.values() for reading in of.readings]


@pytest.fixture(scope="session", params=RECIPES, ids="-".join)
def folder(request, demo, tmp_path_factory):
    """A saved model of each document, in each reading."""
    document, reading = request.param
    if document.endswith("egemaps"):
        pytest.importorskip("opensmile", reason="needs the extra egemaps (openSMILE)")
    # One that is normalised by speaker hears a clip by itself otherwise than among the speaker's others.
    changes = {"normalised": "together"} if document.startswith("qayyum") else {}
    return make_model(make_run(document, reading, **changes), demo, tmp_path_factory.mktemp("models"))


def test_a_clip_of_the_corpus_gets_the_probabilities_of_the_record(folder, demo):
    model = saved.load(folder)
    record = json.loads((folder / saved.RECORD).read_text())
    path = datasets.clips("RAVDESS", demo).set_index("clip")["path"]
    alone = "alone" in record["test"]["conditions"]  # by itself: as the record has it where neighbours have a say
    frame = scores.condition(record, "alone") if alone else scores.table(record)
    for _, row in frame.iloc[::7].iterrows():
        answer = predict.recording(model, path[row["clip"]])
        if alone:
            assert answer.emotion == row["predicted"]
        else:
            told = [row[f"p({emotion})"] for emotion in model.classes]
            assert [answer.probabilities[emotion] for emotion in model.classes] == pytest.approx(told, abs=2e-5)


def test_a_folder_holds_all_that_a_user_needs(folder):
    epochs = saved.load(folder).card["epochs"]
    files = set(saved.FILES) - (set() if epochs else {saved.CURVES})  # of what is fitted at once nothing can be drawn
    assert {path.name for path in folder.iterdir()} == files
    assert not list(folder.parent.glob(f".{folder.name}*"))
    model, text = saved.load(folder), (folder / saved.README).read_text()
    assert model.card["synthetic"] and card.SYNTHETIC in text and model.card["caution"].startswith(card.SYNTHETIC)
    for part in ("Not meant for judging people", "CC BY-NC-SA", model.card["run"], "24 speakers", "95 % intervals"):
        assert part in text
    assert all((folder / name).read_bytes().startswith(b"\x89PNG") for name in files if name.endswith(".png"))


def test_probabilities_do_not_depend_on_rate_or_channels(folder, demo):
    import soxr

    model = saved.load(folder)
    samples, rate = datasets.read(next(demo.rglob("*.wav")))
    assert model.sample_rate == rate == 16000
    own = model.probabilities(samples, rate)
    stereo = np.repeat(samples[:, :1], 2, axis=1)
    assert model.probabilities(stereo, rate) == pytest.approx(model.probabilities(samples[:, 0], rate), abs=1e-6)
    higher = soxr.resample(samples[:, 0] / 2**15, rate, 44100, quality="VHQ")
    # Demo speech has nothing near half the rate: a scaler makes the rounding there as large as the rest.
    scaled = model.card["config"]["document"] in (
        "svm193", "logistic193", "svm_egemaps", "logistic_egemaps", "crema_1d", "crema_lda", "qayyum",
        "qayyum_baselines")
    assert scaled or model.probabilities(higher, 44100) == pytest.approx(own, abs=0.02)
    found = model.predict(samples, rate)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert sum(found.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("samples", "rate", "says"), [
    (np.zeros(0, np.int16), 16000, "are no recording"), (np.zeros((4, 2, 2)), 16000, "are no recording"),
    (np.zeros(400, np.int32), 16000, "of type int32 are not taken"), (np.full(400, np.nan), 16000, "not numbers"),
    (np.zeros(400), 0, "none of audio"), (np.zeros(400), "16000", "none of audio"),
    (np.zeros(2), 768_000, "too short|no clip"), (np.zeros(400), 9_999_999, "none of audio"),
    (np.zeros(400), 1, "none of audio")])
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
    (lambda f: edit(f, format=9), "has format 9, this version reads 4"),
    (lambda f: edit(f, classes=["anger"]), "do not fit this version's model"),
    (lambda f: edit(f, input={"what": "mfcc50_mean_code", "hash": "0", "sample_rate": 16000,
                            "definition": {}}), "others than the model"),
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


def test_a_card_says_how_much_of_new_speakers_was_measured(small):
    told = saved.load(small).card | {"synthetic": False}
    whole, part = (card.seal(told | {"new_speakers": told["scores"]["as tested"] | {
        "seeds": 1, "folds": 3, "missing": missing}}) for missing in ("", "3 of 6 folds"))
    assert part["caution"].endswith("with new speakers (3 of 6 folds).")
    assert whole["caution"].endswith("with new speakers.")
    assert card.seal(told | {"new_speakers": None})["caution"].endswith("with new speakers not measured.")
    assert "same method, 3 of 6 folds |" in card.readme(part) and "same method, all 3 folds |" in card.readme(whole)


def test_a_card_of_new_speakers_says_so_and_knows_no_voice(demo, tmp_path):
    folder = make_model(make_run("mfcc_cnn", protocol="speaker", fold=2), demo, tmp_path)
    told = card.seal(saved.load(folder).card | {"synthetic": False})
    assert "of clips of voices it knows" not in told["caution"] and "not measured" in told["caution"]
    assert "| new speakers, fold 2 |" in (folder / saved.README).read_text()


def test_who_was_normalised_by_speaker_is_heard_otherwise_alone(small):
    told = saved.load(small).card | {"synthetic": False}
    config = told["config"] | {"settings": told["config"]["settings"] | {"normalised": "by speaker"}}
    caution = card.seal(told | {"config": config})["caution"]
    assert "a recording by itself is normalised as all voices together" in caution
    assert "normalised" not in card.seal(told)["caution"]


def test_a_caution_that_was_changed_is_noticed(small, tmp_path):
    shutil.copytree(small, tmp_path / "copy")
    path = tmp_path / "copy" / saved.CARD
    path.write_text(path.read_text().replace("means nothing", "is the truth"))
    with pytest.raises(SerReproError, match="was changed after it was written"):
        saved.load(tmp_path / "copy")


def test_a_real_clip_gets_the_probabilities_of_its_record(real_corpus, tmp_path):
    """Half a minute of training on real speech, then from the file to the probabilities."""
    data = real_corpus("SAVEE")
    run = Run.of("issa", "SAVEE", epochs=2)
    here = {"data": data, "cache": tmp_path}
    made = execution.obtain(run, results=tmp_path, device="cpu", weights=True, **here)
    saved.save(made.record, made.weights, execution.inputs(run, **here), tmp_path / "model", results=tmp_path)
    model = saved.load(tmp_path / "model")
    assert model.card["new_speakers"] is None and "new speakers not measured" in model.card["caution"]
    path = datasets.clips("SAVEE", data).set_index("clip")["path"]
    for clip, _, _, *told in made.record["test"]["rows"][:10]:
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
