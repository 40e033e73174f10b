"""What the chapter of the CNN on 50 MFCCs computes: networks that never predict an emotion, and the stored weights."""

import math

import pytest

from ser_repro import datasets
from ser_repro.book import networks
from ser_repro.documents import mfcc_cnn


def record(named):
    """Of 60 clips of RAVDESS, all predicted as `named` says."""
    clips = datasets.studied(datasets.published("RAVDESS")).sample(60, random_state=0)
    classes = sorted(clips["emotion"].unique())
    rows = [[clip, speaker, emotion, *(0.7 if c == named(emotion) else 0.3 / (len(classes) - 1) for c in classes)]
            for clip, speaker, emotion in zip(clips["clip"], clips["speaker"], clips["emotion"], strict=True)]
    return clips, {"run": "one", "config": {"corpus": "RAVDESS"}, "history": {"train_accuracy": [0.2, 0.5]},
                   "test": {"classes": classes, "rows": rows,
                            "columns": ["clip", "speaker", "emotion", *(f"p({c})" for c in classes)]}}


def test_an_emotion_that_is_never_predicted_is_found():
    clips, made = record(lambda emotion: "calm" if emotion == "anger" else emotion)
    silent = mfcc_cnn.silent(made)
    every = datasets.studied(datasets.published("RAVDESS"))
    trained = every[~every["clip"].isin(clips["clip"])]
    assert silent.emotions == ("anger",) and silent.reached == 0.5
    assert silent.probability == pytest.approx(0.3 / (clips["emotion"].nunique() - 1))
    assert silent.most == pytest.approx((trained["emotion"] != "anger").mean()) and silent.dead
    made["history"]["train_accuracy"][-1] = 0.99  # more than can be reached without anger
    assert not mfcc_cnn.silent(made).dead


def test_a_network_that_predicts_every_emotion_is_silent_about_none():
    silent = mfcc_cnn.silent(record(lambda emotion: emotion)[1])
    assert silent.emotions == () and silent.probability == 0.0 and silent.most == 1.0 and not silent.dead


def test_equal_probabilities_cost_a_question_for_every_emotion():
    assert mfcc_cnn.even_loss("EMO-DB") == pytest.approx(-(math.log(1 / 7) + 6 * math.log(6 / 7)) / 7)


@pytest.mark.parametrize("corpus", mfcc_cnn.STORED_WEIGHTS)
def test_the_stored_weights_bear_out_the_settings(corpus):
    steps, parameters = mfcc_cnn.STORED_WEIGHTS[corpus]
    assert mfcc_cnn.steps(corpus) == steps
    assert networks.parameters("mfcc_cnn", "code", corpus) == parameters
    assert networks.parameters("mfcc_cnn", "paper", corpus) > parameters
