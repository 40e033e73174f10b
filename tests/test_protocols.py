"""Protocols: sizes, who is on which side, and the refusal of leaks."""

import pytest

from ser_repro import SerReproError, datasets, protocols

CLIPS = {name: datasets.published(name) for name in ("RAVDESS", "TESS", "EMO-DB")}


def test_published_sizes_are_those_of_the_document():
    split = protocols.make(CLIPS["TESS"], "published")
    assert [len(p) for p in (split.train, split.validation, split.test)] == [2240, 280, 280]


def test_published_parts_are_sorted_by_class_and_cover_all():
    for clips in CLIPS.values():
        split = protocols.make(clips, "published")
        emotion = clips.set_index("clip")["emotion"]
        for part in (split.train, split.validation, split.test):
            assert list(emotion[list(part)]) == sorted(emotion[list(part)])
        assert sorted(split.train + split.validation + split.test) == sorted(clips["clip"])


def test_published_shares_speakers():
    split = protocols.make(CLIPS["RAVDESS"], "published")
    with pytest.raises(SerReproError, match="heard in training and in test"):
        split.refuse_shared_speakers(CLIPS["RAVDESS"])


@pytest.mark.parametrize(("corpus", "folds"), [("RAVDESS", 6), ("TESS", 2), ("EMO-DB", 10)])
def test_speaker_folds_test_everyone_once_and_share_nobody(corpus, folds):
    clips = CLIPS[corpus]
    speaker = clips.set_index("clip")["speaker"]
    assert protocols.folds(corpus, "speaker") == folds
    tested = []
    for fold in range(folds):
        split = protocols.make(clips, "speaker", fold)
        assert not set(speaker[list(split.test)]) & set(speaker[list(split.train + split.validation)])
        tested += split.test
    assert sorted(tested) == sorted(clips["clip"])


def test_ravdess_folds_hold_two_of_each_sex():
    clips = CLIPS["RAVDESS"].set_index("clip")
    for fold in range(6):
        split = protocols.make(CLIPS["RAVDESS"], "speaker", fold)
        sex = clips.loc[list(split.test)].groupby("sex")["speaker"].nunique()
        assert sex.tolist() == [2, 2]
        assert clips.loc[list(split.validation), "speaker"].nunique() == 2


def test_a_split_is_the_same_whatever_the_order_of_hashing_but_differs_by_fold():
    a, b = protocols.make(CLIPS["TESS"], "speaker", 0), protocols.make(CLIPS["TESS"], "speaker", 1)
    assert a.hash == protocols.make(CLIPS["TESS"], "speaker", 0).hash != b.hash


def test_a_clip_in_two_parts_is_refused():
    with pytest.raises(SerReproError, match="stands in two parts"):
        protocols.Split("published", 0, ("a", "b"), ("b",), ("c",))


@pytest.mark.parametrize(("protocol", "fold", "message"), [
    ("speaker", 6, "folds 0 to 5"), ("published", 1, "folds 0 to 0"), ("random", 0, "no protocol 'random'")])
def test_unknown_protocol_or_fold(protocol, fold, message):
    with pytest.raises(SerReproError, match=message):
        protocols.make(CLIPS["RAVDESS"], protocol, fold)


def test_one_clip_cannot_be_parted():
    clips = datasets.published("SAVEE").head(1)
    with pytest.raises(SerReproError, match="1 clips can't be parted"):
        protocols.holdout(42)(clips)
