"""How far the emotion is told without listening: made tables of which the answer is known, and real ones."""

import json
import time

import numpy as np
import pandas as pd
import pytest

from ser_repro import datasets, protocols
from ser_repro.results import confounds

EMOTIONS = ("anger", "happiness", "neutral", "sadness")


def table(n=200, **columns):
    """Clips of four emotions, and columns of them."""
    emotion = np.array(EMOTIONS)[np.arange(n) % 4]
    made = pd.DataFrame({"clip": [f"c{i:03d}" for i in range(n)], "corpus": "x", "emotion": emotion})
    return made.assign(**{name: make(emotion, np.random.default_rng(1)) for name, make in columns.items()})


def like_the_urdu_corpus():
    """400 clips of 29 speakers: 26 have one emotion each."""
    rows = []
    for number, emotion in enumerate(EMOTIONS):
        own = [f"SM{n}" for n in range(1, 27) if n % 4 == number]
        rows += [(emotion, f"S{i % 3}" if i < 12 else own[i % len(own)]) for i in range(100)]
    made = pd.DataFrame(rows, columns=["emotion", "speaker"])
    return made.assign(clip=[f"c{i:03d}" for i in range(400)], corpus="urdu")


def named(found):
    return {factor.name: factor for factor in found.factors}


def test_speakers_who_nearly_tell_the_emotion():
    found = confounds.measure(like_the_urdu_corpus())
    assert (found.speakers, found.of_one_emotion, found.lone, found.chance) == (29, 26, {}, 0.25)
    assert found.factors[0].uar == pytest.approx(0.88, abs=0.02) and found.factors[0].nearly_all
    caution, = found.cautions()
    assert "speaker alone nearly tells the emotion (UAR 8" in caution
    assert "chance 25.0 %): 26 of 29 speakers have one emotion each" in caution
    assert "  speaker alone: 8" in found.lines()[1]


def test_emotions_as_speakers():
    clips = table(speaker=lambda emotion, _: emotion)
    split = protocols.make(clips, "speaker", 0, validation=False)  # whose test emotion nobody else has
    found = confounds.measure(clips, split)
    assert named(found)["speaker"].uar == 1 and found.lone.keys() == {"happiness", "neutral", "sadness"}
    assert found.absent == {"anger": 50} and found.tested == 50
    assert any(line == "no training clip has anger: all 50 of 50 test clips that do can only be named wrong"
               for line in found.cautions())
    assert confounds.measure(clips).lone.keys() == set(EMOTIONS)  # of the whole corpus


@pytest.mark.parametrize("name", [*confounds.NAMED, *confounds.RECORDED])
@pytest.mark.parametrize("tells", [True, False])
def test_each_column_alone(name, tells):
    number = {emotion: float(i) for i, emotion in enumerate(EMOTIONS)}
    clips = table(**{name: lambda emotion, rng: [number[e] + 0.1 * d for e, d in zip(
        emotion if tells else rng.choice(EMOTIONS, len(emotion)), rng.integers(0, 2, len(emotion)), strict=True)]})
    factor, = confounds.measure(clips).factors
    assert factor.name == confounds.RECORDED.get(name, name)
    assert factor.tells == factor.nearly_all == tells and (factor.uar > 0.95) == tells
    assert ("no more than chance" in str(factor)) != tells


def test_columns_of_a_recording_count_together_and_each_alone():
    half = {"anger": 0, "happiness": 0, "neutral": 1, "sadness": 1}
    other = {"anger": 0, "happiness": 1, "neutral": 0, "sadness": 1}
    factor, = confounds.measure(table(
        sample_rate=lambda emotion, _: [16000 + 6050 * half[e] for e in emotion],
        duration_s=lambda emotion, rng: [other[e] + rng.random() / 10 for e in emotion])).factors
    assert factor.name == "length and sample rate" and factor.uar == 1
    assert factor.each == {"length": pytest.approx(0.5, abs=0.1), "sample rate": 0.5}


def test_a_rare_emotion_weighs_as_much_as_a_frequent_one():
    """Nine tenths are neutral, so naming that would be right on most: the speakers tell the others all the same."""
    clips = table(400).assign(emotion=["anger", "sadness", *["neutral"] * 18] * 20)
    clips["speaker"] = ["a" if e == "anger" else f"p{i % 5}" for i, e in enumerate(clips["emotion"])]
    assert named(confounds.measure(clips))["speaker"].tells
    assert not named(confounds.measure(clips.assign(speaker=[f"p{i % 7}" for i in range(400)])))["speaker"].tells


def test_what_tells_nothing_is_seldom_said_to():
    rng, said = np.random.default_rng(0), 0
    for _ in range(12):
        made = pd.DataFrame({"clip": range(120), "emotion": rng.integers(0, 4, 120),
                             "speaker": rng.integers(0, 9, 120).astype(str), "duration_s": rng.normal(size=120)})
        said += sum(factor.tells for factor in confounds.measure(made).factors)
    assert said <= 2  # of 24


def test_the_same_samples_on_both_sides_of_a_split():
    clips = table(sha256=lambda emotion, _: [str(i // 2) for i in range(len(emotion))])
    split = protocols.Split("published", 0, tuple(clips["clip"][4:-1]), (clips["clip"].iloc[-1],),
                            (*clips["clip"][:3], clips["clip"].iloc[3]))
    assert confounds.measure(clips, split).identical == ()  # pairs stand on one side
    split = protocols.Split("published", 0, tuple(clips["clip"][3:-1]), (clips["clip"].iloc[-1],),
                            tuple(clips["clip"][:3]))
    found = confounds.measure(clips, split)
    assert found.identical == ("c002",)
    assert "1 of 3 test clips have the samples of a clip that is trained or validated on: c002" in found.cautions()


@pytest.mark.parametrize("clips", [
    table(4), table(4, speaker=lambda emotion, _: emotion), table(8).assign(emotion="anger", speaker=list("abcdefgh")),
    table(1), table(40).assign(speaker="", sentence="x"),
    table(19, sample_rate=lambda emotion, rng: rng.integers(1, 3, 19)),
    table(5, duration_s=lambda emotion, rng: rng.random(5))])
def test_tables_of_which_little_can_be_said(clips):
    found = confounds.measure(clips)
    assert not any(factor.tells for factor in found.factors)
    assert all(str(factor) == "too few clips to tell" for factor in found.factors)
    assert confounds.from_content(json.loads(json.dumps(found.content()))) == found


def test_it_does_not_hold_up_a_training():
    clips = datasets.published("CREMA-D")
    confounds.measure(clips[:100])  # scikit-learn is imported
    began = time.process_time()
    found = confounds.measure(clips)
    assert time.process_time() - began < 5
    assert not named(found)["speaker"].tells and not named(found)["sentence"].tells and not found.cautions()
    assert named(found)["length"].uar == pytest.approx(0.21, abs=0.02)
