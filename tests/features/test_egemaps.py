"""eGeMAPSv02 by openSMILE; what happens where that is not installed."""

import importlib.util

import numpy as np
import pytest
from making import make_run

from ser_repro import SerReproError, datasets
from ser_repro.features import arrays, egemaps, sets
from ser_repro.features.clip import Clip
from ser_repro.runs import study

SET = sets.get("egemaps")


@pytest.fixture
def uninstalled(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.fixture
def clip():
    pytest.importorskip("opensmile", reason="needs the extra egemaps (openSMILE)")
    name = datasets.demo.choose("RAVDESS")["clip"].iloc[0]
    return datasets.synthesise("RAVDESS", name, duration_s=1.5)


def test_the_values_have_the_names_that_opensmile_gives_them():
    pytest.importorskip("opensmile", reason="needs the extra egemaps (openSMILE)")
    assert list(egemaps.VALUES) == egemaps._smile().feature_names


def test_there_are_88_values_each_with_a_name_of_its_own():
    assert len(egemaps.VALUES) == len(set(egemaps.VALUES)) == 88 and SET.values == egemaps.VALUES


def test_every_path_computes_the_same(clip):
    fast, reference = (SET.compute(Clip(*clip, path=path)) for path in ("fast", "reference"))
    assert fast.shape == (88,) and np.isfinite(fast).all() and fast.std() > 0
    assert (fast == reference).all()


def test_a_clip_that_is_too_short_is_refused(clip):
    with pytest.raises(SerReproError, match="300 samples at 16000 Hz is too short for eGeMAPS"):
        SET.compute(Clip(clip[0][:300], 16000))


def test_a_clip_at_another_rate_is_brought_to_16_khz_first(clip):
    import soxr

    samples, rate = clip
    assert rate == 48000
    slow = soxr.resample(Clip(samples, rate).samples, rate, 16000, quality="VHQ")
    assert (SET.compute(Clip(samples, rate)) == SET.compute(Clip(slow, 16000))).all()


def test_what_is_missing_is_named_with_its_licence(uninstalled):
    with pytest.raises(sets.MissingExtra, match=r"not for commercial products.*pip install -e '\.\[egemaps\]'"):
        SET.require()
    sets.get("issa193").require()


def test_a_study_leaves_out_what_it_cannot_compute_and_says_so(uninstalled, demo, tmp_path):
    told = []
    run = make_run("svm_egemaps")
    assert study.run_study([run], results=tmp_path, data=demo, cache=tmp_path, report=told.append) == 0
    assert told[0].startswith("1 runs left out: feature set egemaps is computed with openSMILE (free for research")
    assert told[1:] == ["0 runs to make"] and not run.path(tmp_path).exists()


def test_prepare_makes_everything_else(uninstalled, demo, type_in, monkeypatch):
    made = []
    monkeypatch.setattr(arrays, "prepare_all", lambda name, wanted, **how: made.append(wanted) or {})
    status, out, _ = type_in("prepare", "RAVDESS", "--data", demo, "--cache", "c")
    assert status == 0 and "left out: feature set egemaps" in out
    assert "issa193_code" in made[0] and 16000 in made[0] and "egemaps" not in made[0]


def test_prepare_refuses_what_it_was_asked_for(uninstalled, demo, type_in):
    status, _, error = type_in("prepare", "RAVDESS", "--document", "svm_egemaps", "--data", demo, "--cache", "c")
    assert status == 1 and len(error) == 1 and "pip install -e '.[egemaps]'" in error[0]
