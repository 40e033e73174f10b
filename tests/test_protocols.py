"""Protocols: sizes, who is on which side, and the refusal of leaks."""

from dataclasses import replace

import pytest
from making import registered

from ser_repro import SerReproError, datasets, documents, protocols
from ser_repro.documents.cnn_n_gru import eighty_ten_ten
from ser_repro.protocols import Protocol, Split

CLIPS = {name: datasets.published(name) for name in ("RAVDESS", "TESS", "EMO-DB")}


def test_published_sizes_are_those_of_the_document():
    split = protocols.make(CLIPS["TESS"], "published", published=eighty_ten_ten)
    assert [len(p) for p in (split.train, split.validation, split.test)] == [2240, 280, 280]


def test_published_parts_are_sorted_by_class_and_cover_all():
    for clips in CLIPS.values():
        split = protocols.make(clips, "published", published=eighty_ten_ten)
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


@pytest.mark.parametrize(("corpus", "folds"), [("RAVDESS", 12), ("TESS", 4), ("SAVEE", 8)])
def test_new_speakers_and_sentences_share_neither_and_test_every_clip_once(corpus, folds):
    clips = datasets.published(corpus)
    of = clips.set_index("clip")
    assert protocols.folds(corpus, "speaker_sentence") == folds
    tested = []
    for fold in range(folds):
        split = protocols.make(clips, "speaker_sentence", fold)
        for what in ("speaker", "sentence"):
            assert not set(of.loc[list(split.test), what]) & set(of.loc[list(split.train + split.validation), what])
        assert set(of.loc[list(split.train), "emotion"]) == set(of.loc[list(split.test), "emotion"])
        tested += split.test
    assert sorted(tested) == sorted(clips["clip"])


@pytest.mark.parametrize("validation", [True, False])
def test_new_sentences_are_spoken_by_known_speakers(validation):
    clips = datasets.published("SAVEE")  # each sentence has one emotion: both halves need all of them
    of, tested = clips.set_index("clip"), []
    for fold in range(protocols.folds("SAVEE", "sentence")):
        split = protocols.make(clips, "sentence", fold, validation=validation)
        train, test = of.loc[list(split.train)], of.loc[list(split.test)]
        assert bool(split.validation) == validation
        assert set(train["speaker"]) == set(test["speaker"]) and set(train["emotion"]) == set(test["emotion"])
        assert not set(of.loc[list(split.train + split.validation), "sentence"]) & set(test["sentence"])
        tested += split.test
    assert sorted(tested) == sorted(clips["clip"])


@pytest.mark.parametrize("protocol", ["sentence", "speaker_sentence"])
def test_a_corpus_of_one_sentence_or_none_is_refused(protocol):
    for said in ("", "one"):
        with pytest.raises(SerReproError, match="protocols that keep sentences apart need two"):
            protocols.make(CLIPS["RAVDESS"].assign(sentence=said), protocol)


@pytest.mark.parametrize("corpus", sorted(protocols.EMOBOX.keys() - {"IEMOCAP"}))
def test_emobox_folds_keep_speakers_apart_and_test_every_clip_once(corpus):
    clips = datasets.published(corpus)
    speaker, tested = clips.set_index("clip")["speaker"], []
    for fold in range(protocols.folds(corpus, "emobox")):
        split = protocols.make(clips, "emobox", fold)
        assert sorted(set(speaker[list(split.test)])) == protocols.EMOBOX[corpus][fold].split()
        tested += split.test
    assert sorted(tested) == sorted(clips["clip"])


def test_of_few_clips_one_of_every_emotion_validates():
    clips = CLIPS["EMO-DB"]
    few = clips[clips["speaker"].isin(["03", "08", "09"])].groupby(["speaker", "emotion"]).head(2)
    split = protocols.make(few, "speaker", 0)
    emotion = few.set_index("clip")["emotion"]
    rest = emotion[[*split.train, *split.validation]]
    assert sorted(emotion[list(split.validation)]) == sorted(name for name, n in rest.value_counts().items() if n > 1)
    assert len(split.train) + len(split.validation) + len(split.test) == len(few)


def test_neutral_clips_of_savee_whose_words_are_tested_do_not_train():
    clips = datasets.published("SAVEE")
    assert clips["sentence"].nunique() == 87  # 3 common, 12 of an emotion, 72 generic
    words = clips.set_index("clip")["sentence"]
    for one, other in (("DC_a01", "KL_n16"), ("JE_n01", "JE_n16"), ("DC_a04", "JK_n19"), ("DC_su05", "KL_n26")):
        assert words[one] == words[other]
    for fold in (0, 1):
        split = protocols.make(clips, "sentence", fold)
        assert not set(words[[*split.train, *split.validation]]) & set(words[list(split.test)])


def test_emobox_names_every_speaker_of_a_corpus():
    for corpus, groups in protocols.EMOBOX.items():
        assert sorted(" ".join(groups).split()) == sorted(one.name for one in datasets.get(corpus).speakers)


@pytest.mark.parametrize("corpus", ["EMO-DB", "TESS", "CREMA-D"])
def test_emobox_folds_that_share_speakers_are_refused(corpus):
    with pytest.raises(SerReproError, match="lets the same speakers train and be tested; use protocol speaker"):
        protocols.make(datasets.published(corpus), "emobox")


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


def test_where_a_document_says_nothing_a_random_fifth_is_tested():
    clips = CLIPS["TESS"]
    split = protocols.make(clips, "published")
    assert (len(split.train), len(split.validation), len(split.test)) == (2240, 0, 560)
    assert split == protocols.holdout(protocols.PUBLISHED_SEED)(clips) != protocols.holdout(1)(clips)


# ---- the document's own split, drawn again -----------------------------------------------------------------------


@pytest.mark.parametrize("of", documents.DOCUMENTS.values(), ids=documents.DOCUMENTS)
def test_a_draw_differs_from_the_published_split_in_its_random_state_alone(of):
    clips, own = CLIPS["RAVDESS"], of.parts(CLIPS["RAVDESS"], "published")
    draws = [of.parts(clips, "redrawn", draw) for draw in range(protocols.folds("RAVDESS", "redrawn"))]
    assert [draw.fold for draw in draws] == list(range(10)) and {draw.protocol for draw in draws} == {"redrawn"}
    assert len({frozenset(one.test) for one in (own, *draws)}) == 11
    for draw in draws:
        for part in ("train", "validation", "test"):
            assert len(getattr(draw, part)) == len(getattr(own, part))
        assert sorted(draw.train + draw.validation + draw.test) == sorted(clips["clip"])
    assert draws[3] == of.parts(clips, "redrawn", 3)


def test_draws_are_those_of_scikit_learn():
    from sklearn.model_selection import train_test_split

    clips = CLIPS["EMO-DB"]
    for draw in (0, 7):
        split = protocols.make(clips, "redrawn", draw)
        train, test = train_test_split(clips["clip"].to_numpy(), test_size=0.2, random_state=draw)
        assert (split.train, split.test) == (tuple(train), tuple(test))


def test_the_published_state_is_no_draw_and_a_draw_shares_speakers():
    clips = CLIPS["TESS"]
    assert eighty_ten_ten(clips).test == eighty_ten_ten(clips, random_state=42).test
    assert protocols.PUBLISHED_SEED not in range(protocols.DRAWS)
    assert not protocols.get("redrawn").apart
    with pytest.raises(SerReproError, match="TESS has folds 0 to 9 under protocol redrawn, not 10"):
        protocols.make(clips, "redrawn", 10)


def test_a_split_that_is_not_drawn_is_not_drawn_again():
    def halves(clips):
        ids = clips["clip"].tolist()
        return Split("published", 0, tuple(ids[::2]), (), tuple(ids[1::2]))

    assert protocols.make(CLIPS["TESS"], "published", published=halves)
    with pytest.raises(SerReproError, match="own split is not drawn, so protocol redrawn can't draw it again"):
        protocols.make(CLIPS["TESS"], "redrawn", published=halves)


# ---- other corpora -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("corpus", CLIPS)
def test_across_corpora_every_clip_trains_and_none_is_tested(corpus):
    clips = CLIPS[corpus]
    split = protocols.make(clips, "cross_corpus", validation=False)
    assert (split.validation, split.test) == ((), ()) and sorted(split.train) == sorted(clips["clip"])
    emotion = clips.set_index("clip")["emotion"]
    assert list(emotion[list(split.train)]) != sorted(emotion[list(split.train)])  # not one class after the other
    assert split == protocols.make(clips, "cross_corpus", validation=False)
    assert protocols.folds(corpus, "cross_corpus") == 1


@pytest.mark.parametrize("corpus", CLIPS)
def test_across_corpora_those_who_validate_are_not_heard_in_training(corpus):
    clips = CLIPS[corpus]
    split = protocols.make(clips, "cross_corpus")
    assert not split.test and sorted(split.train + split.validation) == sorted(clips["clip"])
    speaker = clips.set_index("clip")["speaker"]
    shared = set(speaker[list(split.train)]) & set(speaker[list(split.validation)])
    if corpus == "TESS":  # of two speakers neither can be spared
        assert shared and len(split.validation) == pytest.approx(len(clips) / 10, abs=7)
    else:
        assert not shared and speaker[list(split.validation)].nunique() == 2


def test_only_a_protocol_that_tests_elsewhere_may_test_nothing():
    assert Split("cross_corpus", 0, ("a",), (), ()).test == ()
    with pytest.raises(SerReproError, match="protocol published, fold 0: nothing is left to test"):
        Split("published", 0, ("a",), (), ())
    with pytest.raises(SerReproError, match="protocol cross_corpus, fold 0: nothing is left to train"):
        Split("cross_corpus", 0, (), (), ())


# ---- protocols from elsewhere ------------------------------------------------------------------------------------


@pytest.fixture
def odd(monkeypatch):
    """A protocol from outside the package: every other clip is tested, in two folds."""
    def split(clips, fold, rule, validation):
        ids = clips["clip"].tolist()
        return Split("odd", fold, tuple(ids[1 - fold::2]), (), tuple(ids[fold::2]))

    return registered(monkeypatch, protocols.PROTOCOLS,
                      Protocol("odd", "every other clip", lambda corpus, speakers: 2, split, apart=False))


def test_a_protocol_is_used_once_it_is_registered(odd):
    clips = CLIPS["RAVDESS"]
    assert protocols.folds("RAVDESS", "odd") == 2 and protocols.get("odd") is odd
    one, other = (protocols.make(clips, "odd", fold) for fold in (0, 1))
    assert one.train == other.test and one.test == other.train and one.hash != other.hash
    with pytest.raises(SerReproError, match="RAVDESS has folds 0 to 1 under protocol odd, not 2"):
        protocols.make(clips, "odd", 2)


def test_a_name_that_is_taken_is_refused(odd):
    for one in (odd, replace(odd, name="speaker")):
        with pytest.raises(SerReproError, match=f"a protocol named {one.name} is registered already: give it another"):
            protocols.register(one)
    assert protocols.get("speaker").title == "new speakers"


def test_a_speaker_on_both_sides_is_refused_where_speakers_are_kept_apart(odd):
    protocols.register(replace(odd, name="leaky", apart=True))
    with pytest.raises(SerReproError, match=r"protocol odd keeps speakers apart, but 03, .* would be heard in"):
        protocols.make(CLIPS["EMO-DB"], "leaky")
    assert protocols.make(CLIPS["EMO-DB"], "odd")  # which does not say that it does


def test_a_corpus_of_one_speaker_has_no_new_speakers():
    clips = CLIPS["TESS"][CLIPS["TESS"]["speaker"] == CLIPS["TESS"]["speaker"].iloc[0]]
    with pytest.raises(SerReproError, match=r"TESS has 1 speaker\(s\) here: protocol speaker needs more"):
        protocols.make(clips, "speaker")
    with pytest.raises(SerReproError, match="TESS names no speakers: protocol speaker needs more"):
        protocols.make(clips.assign(speaker=""), "speaker")
