"""Runs that several corpora train together."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ser_repro import SerReproError, datasets, protocols
from ser_repro.features import arrays
from ser_repro.runs import execution, records, schema
from ser_repro.runs.run import Run

CLIPS = {"RAVDESS": (("anger", "calm", "sadness"), ("01", "02")), "EMO-DB": (("anger", "boredom", "sadness"), ("03",)),
         "SAVEE": (("anger", "sadness", "surprise"), ("DC", "01"))}


def made(corpus, seed):
    """Arrays of three values a clip, 24 clips."""
    emotions, speakers = CLIPS[corpus]
    clips = pd.DataFrame([{"corpus": corpus, "clip": f"c{i:02}", "speaker": speakers[i % len(speakers)],
                           "emotion": emotions[i % len(emotions)], "sentence": "", "sha256": f"{i:02}",
                           "start": i, "length": 1} for i in range(24)])
    values = np.random.default_rng(seed).normal(size=(24, 3)).astype(np.float32)
    return arrays.Arrays(corpus, clips, values, f"{seed}" * 64, False, f"{seed}" * 32)


@pytest.fixture
def three():
    return {corpus: made(corpus, seed) for seed, corpus in enumerate(CLIPS, 1)}


def five_to_one(**more):
    return Run.of("svm193", "RAVDESS", protocol="cross_corpus", joined=("EMO-DB",), tested=("SAVEE",), **more)


def test_only_shared_emotions_are_joined_and_each_clip_keeps_its_values(three):
    waves = execution.to_train_on(five_to_one(), three["RAVDESS"], three)
    assert set(waves.clips["emotion"]) == {"anger", "sadness"} and len(waves.clips) == 32
    for row in (0, 15, 16, 31):
        corpus, name = waves.clips["clip"][row].split("/")
        own = three[corpus]
        there = own.values[own.clips.index[own.clips["clip"] == name][0]]
        inputs, lengths = waves.batch(np.array([row]))
        assert inputs[0, :, 0].tolist() == there.tolist() and lengths.tolist() == [1]
    assert waves.corpus_hash not in {one.corpus_hash for one in three.values()}
    assert execution.to_train_on(Run.of("svm193", "RAVDESS"), three["RAVDESS"], three) is three["RAVDESS"]


def test_clips_that_are_joined_are_others_where_any_of_them_are(three):
    one, other = (arrays.joined(three["RAVDESS"], three[corpus]).checksum for corpus in ("SAVEE", "EMO-DB"))
    assert len({one, other, three["RAVDESS"].checksum}) == 3
    assert arrays.pooled([three["RAVDESS"], three["SAVEE"]], []).checksum == one


def test_speakers_of_one_name_in_two_corpora_stay_two(three):
    waves = arrays.pooled([three["RAVDESS"], three["SAVEE"]], [three["EMO-DB"]])
    assert {"RAVDESS/01", "SAVEE/01"} <= set(waves.clips["speaker"])
    split = protocols.make(waves.clips, "cross_corpus", validation=False)
    assert sorted(split.train) == sorted(waves.clips["clip"]) and split.test == ()


def test_the_tested_corpus_has_a_say_in_the_emotions_and_no_clip_in_training(three, tmp_path, made_up_records):
    run, others = five_to_one(), {corpus: three[corpus] for corpus in ("EMO-DB", "SAVEE")}
    waves = execution.to_train_on(run, three["RAVDESS"], others)
    (tmp_path / "work").mkdir()
    record = execution.make(run, waves, others=others, work=tmp_path / "work")
    assert record["config"]["joined"] == ["EMO-DB"] and record["clips"] == {"train": 32, "validation": 0, "test": 0}
    rows = record["tested"]["SAVEE"]["rows"]
    assert len(rows) == 16 and all(row[0].startswith("SAVEE/") for row in rows)
    schema.shaped(json.loads(json.dumps(record | {"format": 1})), schema.Record)
    assert all(round(p, records.DIGITS) == p for row in rows for p in row[3:])


def test_corpora_that_share_no_two_emotions_are_refused(three):
    happy = three["SAVEE"].clips.assign(emotion="happiness")
    with pytest.raises(SerReproError, match="do not share two emotions"):
        arrays.pooled([three["RAVDESS"], three["EMO-DB"]], [replace(three["SAVEE"], clips=happy)])


def test_a_run_names_each_corpus_once_and_its_configuration_brings_it_back():
    run = five_to_one()
    assert (run.trained, run.others) == (("RAVDESS", "EMO-DB"), ("EMO-DB", "SAVEE"))
    assert Run.from_config(run.config) == run and run.name.startswith("ravdess-and-1-code-cross_corpus")
    assert "joined" not in Run.of("svm193", "RAVDESS").config
    assert run.hash != replace(run, joined=()).hash
    for joined in (("RAVDESS",), ("SAVEE",), ("EMO-DB", "EMO-DB")):
        with pytest.raises(SerReproError, match="trained on"):
            replace(run, joined=joined)
    with pytest.raises(SerReproError, match="choose protocol cross_corpus"):
        Run.of("svm193", "RAVDESS", joined=("EMO-DB",))


def test_a_split_of_published_corpora_is_known_without_their_audio():
    split = schema._split(five_to_one())
    counts = [sum(datasets.published(corpus)["emotion"].isin(("anger", "disgust", "fear", "happiness", "neutral",
                                                              "sadness"))) for corpus in ("RAVDESS", "EMO-DB")]
    assert len(split.train) == sum(counts) and split.test == ()
