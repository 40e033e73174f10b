"""Normalising by speaker: the numbers, and what a speaker never heard gets."""

import numpy as np
import pytest

from ser_repro import SerReproError
from ser_repro.features import msf
from ser_repro.features.normalising import Normaliser, Reduced

RNG = np.random.default_rng(0)
SPEAKERS = np.repeat(["a", "b", "c"], 20)
VALUES = RNG.normal(size=(60, 5)) * np.logspace(-3, 3, 5) + np.repeat([0, 10, -5], 20)[:, None]


def each_speaker(values):
    """Every speaker's clips with zero mean and unit variance."""
    return np.concatenate([(own - own.mean(0)) / own.std(0) for own in np.split(values, 3)])


def test_all_clips_of_a_speaker_make_what_the_study_does():
    found = Normaliser().fit(VALUES, speakers=SPEAKERS).transform(VALUES, SPEAKERS)
    np.testing.assert_allclose(found, each_speaker(VALUES), atol=1e-9)


def test_scaling_by_speaker_uses_test_clips_and_scaling_by_training_does_not():
    features = RNG.normal(size=(20, 3)) * [1, 10, 0] + 5
    speakers, train = np.tile(["a", "b"], 10), np.arange(20) < 14

    def scaled(values, by_speaker):
        of = slice(None) if by_speaker else train
        return Normaliser(by_speaker).fit(values[of], speakers=speakers[of]).transform(values, speakers)

    by_speaker = scaled(features, by_speaker=True)
    for speaker in "ab":
        own = by_speaker[speakers == speaker]
        assert own.mean(axis=0) == pytest.approx(0, abs=1e-9)
        assert own.std(axis=0) == pytest.approx([1, 1, 0])
    by_training = scaled(features, by_speaker=False)
    expected = (features - features[train].mean(axis=0)) / [*features[train].std(axis=0)[:2], 1]
    np.testing.assert_allclose(by_training, expected, atol=1e-12)
    other = features.copy()
    other[~train] += 100  # what the test clips are
    assert np.array_equal(scaled(other, by_speaker=False)[train], by_training[train])
    assert not np.allclose(scaled(other, by_speaker=True)[train], by_speaker[train])  # the leak


def test_scaling_refuses_what_does_not_fit():
    with pytest.raises(SerReproError, match="4 clips and 1 speakers do not match"):
        Normaliser().fit(np.ones((4, 2)), speakers=["a"])


def test_together_no_speaker_counts():
    train = np.arange(60) % 2 == 0
    scale = Normaliser(by_speaker=False).fit(VALUES[train], speakers=SPEAKERS[train])
    np.testing.assert_allclose(scale.transform(VALUES, SPEAKERS),
                               (VALUES - VALUES[train].mean(0)) / VALUES[train].std(0), atol=1e-9)


def test_a_speaker_never_heard_is_normalised_as_all_are_together():
    heard = SPEAKERS != "c"
    scale = Normaliser().fit(VALUES[heard], speakers=SPEAKERS[heard])
    together = (VALUES - VALUES[heard].mean(0)) / VALUES[heard].std(0)
    found = scale.transform(VALUES, SPEAKERS)
    np.testing.assert_allclose(found[~heard], together[~heard])
    assert not np.allclose(found[heard], together[heard])
    np.testing.assert_allclose(scale.transform(VALUES), together)  # nobody is named


def test_clips_that_are_not_fitted_on_do_not_change_the_others():
    changed = VALUES.copy()
    changed[40:] += 100
    one, other = (Normaliser().fit(v[:40], speakers=SPEAKERS[:40]).transform(v, SPEAKERS) for v in (VALUES, changed))
    np.testing.assert_array_equal(one[:40], other[:40])


@pytest.mark.parametrize(("first", "end", "kept"), [(0, -1, 5), (2, -1, 3), (1, 3, 2)])
def test_only_the_wanted_values_are_kept(first, end, kept):
    found = Normaliser(first=first, end=end).fit(VALUES, speakers=SPEAKERS).transform(VALUES, SPEAKERS)
    assert found.shape == (60, kept)
    np.testing.assert_allclose(found, each_speaker(VALUES)[:, first:first + kept], atol=1e-9)


def test_a_value_that_does_not_vary_becomes_zero():
    values = np.full((6, 2), 0.1)
    found = Normaliser().fit(values, speakers=SPEAKERS[:6]).transform(values, SPEAKERS[:6])
    np.testing.assert_allclose(found, 0, atol=1e-12)


@pytest.mark.parametrize("on_all", [False, True])
def test_lda_comes_behind_the_normaliser_and_is_told_no_emotion_of_a_clip_that_does_not_train(on_all):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    targets, training = np.arange(60) % 3, np.arange(60) < 45
    both = Reduced(Normaliser(), LinearDiscriminantAnalysis(n_components=2), on_all)
    both.fit(VALUES, targets, SPEAKERS, training=training)
    own, seen = each_speaker(VALUES), training | on_all
    alone = LinearDiscriminantAnalysis(n_components=2).fit(own[seen], targets[seen])
    np.testing.assert_allclose(both.transform(VALUES, SPEAKERS), alone.transform(own), atol=1e-6)


def test_frames_of_both_features_lie_where_the_same_speech_does():
    mfcc, frames = np.arange(10) + np.zeros((20, 1)), np.zeros((6, 118))
    both = msf.both_frames(mfcc, frames)
    assert both.shape == (130, 6) and both[0].tolist() == [2, 3, 4, 5, 6, 7]
    assert msf.both_frames(mfcc[:, :2], frames[:1])[0].tolist() == [1]  # a clip shorter than a frame
