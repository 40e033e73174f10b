"""What people call emotions: what is taken, what is only guessed at, and what is not."""

import unicodedata

import pytest

from ser_repro import SerReproError, datasets
from ser_repro.datasets import naming

LABELS = {
    "happiness": "happy Happy HAPPY joy Joyful Freude freude glücklich gluecklich Fröhlich froehlich gioia felicità "
                 "felicita felice HAP",
    "sadness": "sad Sad Trauer traurig triste Tristezza SAD",
    "anger": "angry ANGRY Wut wütend wuetend Ärger Aerger zornig rabbia arrabbiato ang",
    "surprise": "surprised Überraschung überrascht ueberrascht sorpresa sorpreso ps pleasant_surprise "
                "Pleasant-Surprised",
    "disgust": "disgusted Ekel angeekelt disgusto disgustato DIS",
    "fear": "fearful scared afraid frightened Angst ängstlich aengstlich paura spaventato fea",
    "boredom": "bored Langeweile gelangweilt noia annoiata",
    "calm": "calm ruhig Ruhe calmo",
    "neutral": "neutral Neutral neutrale neutralità NEU",
}


@pytest.mark.parametrize(("emotion", "label"), [(emotion, label) for emotion, labels in LABELS.items()
                                                for label in labels.split()])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_common_names_are_known(emotion, label, form):
    assert naming.emotion_of(unicodedata.normalize(form, label)) == emotion


@pytest.mark.parametrize(("sex", "labels"), [("female", "f F female Female FEMALE w Frau weiblich donna femmina"),
                                             ("male", "m M male Male Mann männlich maennlich uomo maschio")])
def test_a_sex_is_written_in_several_ways(tmp_path, sex, labels):
    for number, label in enumerate(labels.split()):
        (tmp_path / f"{number}.wav").touch()
        (tmp_path / f"mine{number}.csv").write_text(f"path,emotion,speaker,sex\n{number}.wav,joy,a,{label}\n")
        assert datasets.clips(tmp_path / f"mine{number}.csv")["sex"].tolist() == [sex]
    assert naming.sex_of("") == "" and naming.sex_of("unknown") == "unknown"


def test_no_name_means_two_emotions_and_all_of_the_study_are_known():
    keys = [(key, emotion) for emotion, names in naming.NAMES.items() for name in names.split()
            for key in naming._spellings(name)]
    assert len({key for key, _ in keys}) == len(set(keys))
    assert all(naming.emotion_of(emotion) == emotion for emotion in datasets.EMOTIONS) and len(naming.NAMES) == 9


def test_the_labels_of_corpora_that_are_words_or_codes_of_words_are_known():
    for corpus in datasets.CORPORA.values():
        for label, emotion in corpus.emotions.items():
            if len(label) > 2 and emotion and label != "exc":  # excitement is happiness in IEMOCAP alone
                assert naming.emotion_of(label) == emotion


@pytest.mark.parametrize("label", [
    "A", "W", "F", "1", "", "-", "sleepy", "amused", "excited", "excitement", "frustrated", "fru", "contempt",
    "content", "anxiety", "unhappy", "not happy", "other", "xxx", "hungry", "dist", "feel", "enger",
    "desperate", "愤怒"])
def test_what_is_no_common_name_is_not_guessed_at(label):
    assert naming.emotion_of(label) == naming.near(label) == ""


@pytest.mark.parametrize(("label", "emotion"), [("hapiness", "happiness"), ("Suprise", "surprise"),
                                                ("neutal", "neutral"), ("disguts", "disgust"),
                                                ("angr", "anger"), ("sadnes", "sadness")])
def test_a_misspelt_name_is_suggested_but_not_taken(label, emotion):
    assert naming.emotion_of(label) == "" and naming.near(label) == emotion


def test_all_unknown_labels_are_named_at_once():
    labels = ["sleepy"] * 3 + ["hapiness", "Happy", "so so"]
    with pytest.raises(SerReproError) as error:
        naming.emotions_of(labels, "mine.csv", {}, "ser-repro corpora table mine.csv")
    told = str(error.value)
    assert "'hapiness' (1 clip, did you mean happiness?), 'sleepy' (3 clips), 'so so' (1 clip); the study's are" in told
    assert "--emotion hapiness=happiness --emotion sleepy=... --emotion 'so so'=...`" in told and "Happy" not in told
    assert "anger`" not in told and "=anger" not in told and "\n" not in told
    with pytest.raises(SerReproError, match=r"'l29' \(1 clip\) and 70 more; the study's"):
        naming.emotions_of([f"l{n:02d}" for n in range(100)], "mine.csv")


def test_what_is_said_goes_before_what_is_common():
    found = naming.emotions_of(["Calm", "w", "W", "x", "hap"], "m", {"calm": "neutral", "W": "Wut", "w": "fear",
                                                                    "X": "sad"})
    assert found == {"Calm": "neutral", "w": "fear", "W": "anger", "x": "sadness", "hap": "happiness"}
    with pytest.raises(SerReproError, match="m: unknown emotion 'sleepy': give one of anger"):
        naming.emotions_of(["x"], "m", {"x": "sleepy"})


def test_labels_to_leave_out_are_counted():
    labels = ["Sleepy", "sleepy", "happy", unicodedata.normalize("NFD", "müde")]
    assert naming.skipped(labels, ["SLEEPY"]) == {"Sleepy": 1, "sleepy": 1}
    assert list(naming.skipped(labels, ["Müde"]).values()) == [1] and naming.skipped(labels, []) == {}
    with pytest.raises(SerReproError, match="--skip slepy: no clip is labelled so; labels are 'Sleepy', 'happy', "):
        naming.skipped(labels, ["sleepy", "slepy"])
    assert naming.about_skipped({"sleepy": 2, "odd": 1}) == "3 clips left out (--skip): sleepy 2, odd 1"
