"""Qayyum et al. 2019: its split, what is fed to each network, what the table's rates can be, and its runs."""

import numpy as np
import pytest

from ser_repro import SerReproError, datasets, documents, protocols
from ser_repro.documents import qayyum, qayyum_baselines
from ser_repro.features import msf, sets
from ser_repro.runs import plans


def test_the_split_is_the_papers_on_savee_and_the_studys_on_crema_d():
    clips = datasets.studied(datasets.published("SAVEE"))
    split = documents.get("qayyum").parts(clips, "published")
    assert [len(part) for part in (split.train, split.validation, split.test)] == [300, 100, 80]
    emotions = clips.set_index("clip")["emotion"][list(split.test)].value_counts()
    assert emotions.pop("neutral") == 20 and set(emotions) == {10}
    assert documents.get("qayyum_baselines").parts(clips, "published") == split
    assert documents.get("qayyum").parts(clips, "redrawn", 3).test != split.test
    other = datasets.studied(datasets.published("CREMA-D"))
    assert documents.get("qayyum").parts(other, "published") == documents.get("crema_1d").parts(other, "published")


def test_three_speakers_train_where_the_fourth_is_tested():
    clips = datasets.studied(datasets.published("SAVEE"))
    speaker = clips.set_index("clip")["speaker"]
    for fold in range(4):
        split = protocols.make(clips, "speaker", fold)
        assert [len(part) for part in (split.train, split.validation, split.test)] == [327, 33, 120]
        assert speaker[list(split.train)].nunique() == 3 and speaker[list(split.test)].nunique() == 1


def test_each_network_is_fed_what_its_name_says():
    values = {n: documents.settings("qayyum", "code", "SAVEE", n) for n in qayyum.NETWORKS}
    assert [values[n]["features"] for n in values] == ["mfcc_msf"] * 2 + ["raw_16k_8s", "raw_8k_8s"] + [
        "mfcc_msf_frames"] * 3
    assert all(of["features"] in sets.SETS for of in values.values())
    assert [values[n]["batch_size"] for n in values] == [4, 4, 4, 4, 16, 16, 16]
    assert qayyum.transform(values[qayyum.RAW], 7) is None
    assert documents.settings("qayyum", "code", "CREMA-D", 1)["reduction"] == "LDA"
    with pytest.raises(SerReproError, match="an RNN takes the part of the features"):
        documents.build("qayyum", values[qayyum.RNN_MSF] | {"normalised": "no"}, 7)


def test_the_parts_of_the_features_are_those_of_their_names():
    names = msf.names("vector")
    first, end = qayyum.PARTS["MFCC"]
    assert names[first:end] == [f"mean mfcc({i})" for i in range(1, 13)]
    first, end = qayyum.PARTS["energies"]
    assert names[first] == "mean E(1,1)" and names[end - 1] == "mean E(19,5)" and "phi" in names[end]
    assert names[qayyum.PARTS["MSF"][0]] == "mean E(1,1)"


@pytest.mark.parametrize(("rate", "clips"), [(50.0, 2), (33.33, 3), (33.34, None), (73.50, 117), (87.50, 8)])
def test_a_rate_is_a_share_of_so_many_clips_at_least(rate, clips):
    found = qayyum.fewest_clips(rate, most=120)
    assert found == clips
    if clips:
        assert round(100 * round(rate / 100 * clips) / clips, 2) == pytest.approx(rate)
        assert not any(round(100 * hit / fewer, 2) == rate for fewer in range(1, clips) for hit in range(fewer + 1))


def test_the_papers_mean_is_that_of_its_rates_and_the_reports_accuracy_that_of_its_recalls():
    assert np.mean(qayyum.RATES) == pytest.approx(qayyum.MEAN_RATE, abs=0.005)
    clips = np.where(np.array(qayyum.CLASSES) == "neutral", 20, 10)
    assert np.average(qayyum.RECALLS, weights=clips) == pytest.approx(0.60)
    assert {claim.n for claim in qayyum.CLAIMS} <= set(qayyum.NETWORKS)
    assert [claim.value for claim in qayyum_baselines.CLAIMS] == [0.5747, 0.5358, 0.6890, 0.6675, 0.6351, 0.7648]


def test_the_cnn_is_too_large_for_a_cpu_at_16_khz():
    from ser_repro.models.qayyum import CHANNELS, KERNELS

    assert tuple(zip(CHANNELS, KERNELS, strict=True)) == qayyum.LAYERS
    assert qayyum.multiplications(1) == 32 * 21 + 32 * 64 * 19 + 64 * 128 * 17 + 128 * 256 * 15 + (
        256 * 512 * 13 + 512 * 1024 * 11 + 1024 * 1024 * 9)
    assert 69e9 < qayyum.multiplications(8 * 16_000) < 72e9


def test_the_core_has_every_change_that_is_named_and_three_starts_of_it():
    core = [run for run in plans.core() if run.document.startswith("qayyum")]
    networks = [run for run in core if run.document == "qayyum" and run.corpus == "SAVEE"]
    seeds = {}
    for run in networks:
        if run.protocol == "published":
            seeds.setdefault((run.n, str(run.changed)), set()).add(run.seed)
        for name, value in run.changed.items():
            assert value in run.recipe.settings[name].others, "a change without a name"
    assert set(map(tuple, seeds.values())) == {(0, 1, 2)} and qayyum.RAW not in {run.n for run in networks}
    fed = {run.values["part"] for run in networks if run.n == qayyum.SMALL}
    assert fed == set(qayyum.PARTS)
    for n in qayyum_baselines.BASELINES:
        own = [run for run in core if (run.document, run.n, run.corpus) == ("qayyum_baselines", n, "SAVEE")]
        draws = {run.fold for run in own if run.protocol == "redrawn" and not run.changed}
        assert draws == set(range(10)) and {run.seed for run in own} == {0}
