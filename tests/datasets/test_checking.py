"""Checking a copy: each planted fault is named, and nothing else is; real copies are as published."""

import shutil

import numpy as np
import pytest
import soundfile

from ser_repro import SerReproError, datasets
from ser_repro.datasets import finding, indexes

CLIPS = {"03a01Fa": "happiness", "03a04Lc": "boredom", "08a01Na": "neutral", "08b01Wa": "anger", "15a01Na": "neutral"}


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Four clips of EMO-DB, unmarked as a real copy is, and the index of them."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "data" / "wav").mkdir(parents=True)
    for clip in CLIPS:
        samples, rate = datasets.synthesise("EMO-DB", clip, duration_s=0.3)
        soundfile.write(folder / "data" / "wav" / f"{clip}.wav", samples, rate)
    corpus = datasets.get("EMO-DB")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(indexes, "clips", datasets.find)
        index = datasets.write_index(corpus, folder / "data", folder / "index.csv")
    return folder / "data", index


@pytest.fixture
def copy(original, tmp_path):
    """A copy to damage; gives the folder of its files and a function that checks it."""
    shutil.copytree(original[0], tmp_path / "data")
    return tmp_path / "data" / "wav", lambda: datasets.check("EMO-DB", tmp_path / "data", index=original[1])


def _named(report):
    return {kind: [fault.clip for fault in faults] for kind, faults in report.faults.items()}


def _rewrite(path, change=lambda samples: samples, rate=None):
    samples, old_rate = soundfile.read(path, dtype="int16", always_2d=True)
    soundfile.write(path, change(samples.copy()), rate or old_rate)


def _truncate(wav):
    path = wav / "03a01Fa.wav"
    path.write_bytes(path.read_bytes()[:-100])
    return {"unreadable": ["03a01Fa"]}


def _change_one_sample(wav):
    def change(samples):
        samples[1000] += 1
        return samples

    _rewrite(wav / "03a01Fa.wav", change)
    return {"changed": ["03a01Fa"]}


def _rename_to_nonsense(wav):
    (wav / "03a01Fa.wav").rename(wav / "copy of 03a01Fa.wav")
    return {"renamed": ["03a01Fa"]}


def _rename_to_an_unpublished_clip(wav):
    (wav / "03a01Fa.wav").rename(wav / "03a01Ff.wav")
    return {"renamed": ["03a01Fa"]}


def _several_at_once(wav):
    """Truncated, replaced by another's samples, renamed, removed, added: each is named, and nothing else."""
    (wav / "15a01Na.wav").write_bytes((wav / "15a01Na.wav").read_bytes()[:-100])
    shutil.copy(wav / "03a01Fa.wav", wav / "08b01Wa.wav")
    (wav / "03a04Lc.wav").rename(wav / "track 1.wav")
    (wav / "08a01Na.wav").unlink()
    samples, rate = datasets.synthesise("EMO-DB", "16a01Eb", duration_s=0.3)
    soundfile.write(wav / "16a01Eb copy.wav", samples, rate)
    return {"unreadable": ["15a01Na"], "changed": ["08b01Wa"], "renamed": ["03a04Lc"], "missing": ["08a01Na"],
            "extra": ["16a01Eb copy.wav"]}


def _swap_two(wav):
    (wav / "03a01Fa.wav").rename(wav / "x")
    (wav / "03a04Lc.wav").rename(wav / "03a01Fa.wav")
    (wav / "x").rename(wav / "03a04Lc.wav")
    return {"changed": ["03a01Fa", "03a04Lc"]}


def _remove(wav):
    (wav / "08a01Na.wav").unlink()
    return {"missing": ["08a01Na"]}


def _add(wav):
    shutil.copy(wav / "03a01Fa.wav", wav / "background.wav")
    return {"extra": ["background.wav"]}


def _double(wav):
    (wav / "wav").mkdir()
    shutil.copy(wav / "03a01Fa.wav", wav / "wav")
    return {"doubled": ["03a01Fa"]}


def _double_as_flac(wav):
    samples, rate = soundfile.read(wav / "03a01Fa.wav", dtype="int16")
    soundfile.write(wav / "03a01Fa.flac", samples, rate)
    return {"doubled": ["03a01Fa"]}


def _silence(wav):
    for clip in ("03a01Fa", "03a04Lc"):
        _rewrite(wav / f"{clip}.wav", lambda samples: 0 * samples[:500])
    return {"silent": ["03a01Fa", "03a04Lc"]}


def _relabel_the_rate(wav):
    _rewrite(wav / "03a01Fa.wav", rate=22050)
    return {"rate": ["03a01Fa"]}


def _resample(wav):
    _rewrite(wav / "03a01Fa.wav", lambda samples: samples[::2], rate=8000)
    return {"rate": ["03a01Fa"]}


def _make_stereo(wav):
    _rewrite(wav / "03a01Fa.wav", lambda samples: np.repeat(samples, 2, axis=1))
    return {"channels": ["03a01Fa"]}


def _repeat_another(wav):
    shutil.copy(wav / "03a01Fa.wav", wav / "08b01Wa.wav")
    return {"changed": ["08b01Wa"]}


FAULTS = [
    _truncate,
    _change_one_sample,
    _rename_to_nonsense,
    _rename_to_an_unpublished_clip,
    _several_at_once,
    _swap_two,
    _remove,
    _add,
    _double,
    _double_as_flac,
    _silence,
    _relabel_the_rate,
    _resample,
    _make_stereo,
    _repeat_another,
]


def test_a_good_copy_is_in_order(original, copy):
    report = copy[1]()
    assert report.ok and report.faults == {} and report.table().empty
    assert report.n_clips == len(CLIPS) and not report.synthetic
    assert report.content_hash == datasets.content_hash(datasets.read_index("EMO-DB", original[1]))
    assert str(report).endswith("in order") and "NOT" not in str(report)


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__.strip("_"))
def test_a_planted_fault_is_named_and_nothing_else(copy, plant):
    wav, check = copy
    expected = plant(wav)
    report = check()
    assert _named(report) == expected
    assert not report.ok and "NOT in order" in str(report)
    assert sorted(report.table()["clip"]) == sorted(clip for clips in expected.values() for clip in clips)


def test_a_replaced_clip_says_by_which(copy):
    wav, check = copy
    _repeat_another(wav)
    assert check().changed[0].detail == "holds the samples of 03a01Fa"


def test_an_identical_pair_says_whether_labels_agree(copy, tmp_path):
    wav, _ = copy
    _repeat_another(wav)
    with pytest.MonkeyPatch.context() as patch:  # as if the pair had been published so
        patch.setattr(indexes, "clips", datasets.find)
        index = datasets.write_index("EMO-DB", wav, tmp_path / "index.csv")
    report = datasets.check("EMO-DB", wav, index=index)
    assert _named(report) == {"identical": ["03a01Fa/08b01Wa"]} and report.ok
    assert report.identical[0].detail == "same samples, labelled anger and happiness"


def test_a_double_says_whether_samples_agree(copy):
    wav, check = copy
    _double(wav)
    assert "same samples" in check().doubled[0].detail
    _rewrite(wav / "wav" / "03a01Fa.wav", lambda samples: samples[:-1])
    assert "OTHER samples" in check().doubled[0].detail


def test_what_the_published_corpus_has_itself_is_told_apart(copy, tmp_path, monkeypatch):
    wav, _ = copy
    _repeat_another(wav)
    _relabel_the_rate(wav)
    monkeypatch.setattr(indexes, "clips", datasets.find)
    index = datasets.write_index("EMO-DB", wav, tmp_path / "index.csv")
    report = datasets.check("EMO-DB", wav, index=index)
    assert _named(report) == {"rate": ["03a01Fa"], "identical": ["03a01Fa/08b01Wa"]}
    assert report.ok and report.table().published.all() and "as published" in str(report)


def test_clips_of_another_corpus_in_the_same_folder_are_not_extra(copy):
    wav, check = copy
    shutil.copy(wav / "03a01Fa.wav", wav / "OAF_back_angry.wav")
    assert check().ok


def test_only_folders_with_clips_are_searched_for_extras(copy):
    wav, check = copy
    shutil.copy(wav / "03a01Fa.wav", wav.parent / "other.wav")
    (wav / "notes.txt").write_text("")
    assert check().ok


def test_a_demo_is_not_compared_with_the_published_samples(tmp_path):
    folder = datasets.write_demo("EMO-DB", tmp_path / "demo", speakers=["03"], per_emotion=1, duration_s=0.2)
    report = datasets.check("EMO-DB", folder)
    assert report.ok and report.synthetic and "synthetic: not a result" in str(report)
    (folder / finding.MARKER).unlink()
    report = datasets.check("EMO-DB", folder)
    assert len(report.changed) == 7 and len(report.missing) == 528
    assert len(str(report).splitlines()) < 25


def test_progress_is_told_and_workers_do_not_matter(original):
    seen = []
    reports = [
        datasets.check(
            "EMO-DB", original[0], workers=n, index=original[1], progress=lambda *done: seen.append(done)
        )
        for n in (1, 4)
    ]
    assert reports[0] == reports[1]
    assert seen == [(done, len(CLIPS)) for done in range(1, len(CLIPS) + 1)] * 2


def test_an_index_is_made_from_a_whole_corpus_only(original, tmp_path):
    with pytest.raises(SerReproError, match="lacks speakers"):
        datasets.write_index("EMO-DB", original[0], tmp_path / "index.csv")
    with pytest.raises(SerReproError, match="has no index at"):
        datasets.check("EMO-DB", original[0], index=tmp_path / "index.csv")


def test_labels_of_iemocap_that_contradict_each_other_are_refused(tmp_path):
    datasets.write_demo("IEMOCAP", tmp_path / "made", duration_s=0.1)
    file = sorted(tmp_path.rglob("EmoEvaluation/*.txt"))[0]
    (file.parent / "gone").mkdir()
    (file.parent / "gone" / file.name).symlink_to("nowhere")  # a broken link is no file
    assert datasets.check("IEMOCAP", tmp_path).ok
    (file.parent / "older").mkdir()
    (file.parent / "older" / file.name).write_text(file.read_text().replace("\tang\t", "\tsad\t"))
    with pytest.raises(SerReproError, match=r"is sad in .*older.* and ang in another file of labels: remove the one"):
        datasets.check("IEMOCAP", tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "RAVDESS",
            {
                "channels": [
                    "03-01-02-01-01-02-01",
                    "03-01-02-01-02-02-05",
                    "03-01-03-01-02-01-20",
                    "03-01-06-01-01-02-20",
                    "03-01-08-01-02-02-01",
                ],
                "identical": ["03-01-03-01-02-01-07/03-01-03-01-02-02-07"],
            },
        ),
        ("TESS", {"rate": ["OAF_food_fear"], "misnamed": ["OA_bite_neutral"]}),
        ("EMO-DB", {}),
        ("SAVEE", {}),
        ("EMOVO", {"channels": ["rab-f1-b1"]}),
        (
            "CREMA-D",
            {
                "silent": ["1076_MTI_SAD_XX"],
                "identical": [
                    "1006_TIE_HAP_XX/1006_TIE_NEU_XX",
                    "1013_WSI_DIS_XX/1013_WSI_SAD_XX",
                    "1017_IWW_ANG_XX/1017_IWW_FEA_XX",
                ],
            },
        ),
    ],
)
def test_a_real_copy_is_as_published(name, expected, real_corpus):
    place = real_corpus(name)
    assert len(datasets.clips(name, place)) == datasets.get(name).n_clips
    report = datasets.check(name, place)
    assert _named(report) == expected
    assert report.ok
    assert report.content_hash == datasets.content_hash(datasets.read_index(name))


@pytest.mark.parametrize("name", [name for name, corpus in datasets.CORPORA.items() if corpus.index.is_file()])
def test_real_labels_are_those_of_the_index(name, real_corpus):
    table = datasets.clips(name, real_corpus(name))
    columns = ["clip", "emotion", "speaker", "sex", "sentence", "intensity"]
    assert table[columns].equals(datasets.published(name)[columns])
