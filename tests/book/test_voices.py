"""The chapter on the corpora: what its prose and tables say, that its pictures hold what was measured, and what a
random split gives away."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import soundfile
from matplotlib.colors import to_rgba

from ser_repro import SerReproError, datasets, protocols
from ser_repro.book import exploration, given_away, one_sentence, palette, voice_plots, voices
from ser_repro.results import audit

RESULTS = Path(__file__).parents[2] / "results"


@pytest.fixture(scope="module")
def heard():
    return voices.gather(voices.MEASURED, results=RESULTS)


@pytest.fixture(scope="module")
def given():
    return given_away.measure(("RAVDESS", "TESS"))


@pytest.fixture(autouse=True)
def theme():
    palette.use_theme()
    yield
    plt.close("all")


def test_facts_are_those_of_the_measures(heard):
    told = voices.facts(heard)
    ravdess = exploration.load("RAVDESS", RESULTS)
    silent = (ravdess["silence_start_s"] + ravdess["silence_end_s"]).sum() / ravdess["duration_s"].sum()
    assert told["de_ravdess_silent"] == f"{100 * silent:.0f}\N{NO-BREAK SPACE}%"
    assert told["de_tess_speakers"] == "2" and told["de_cremad_clips"] == "7\N{NARROW NO-BREAK SPACE}442"
    assert told["de_emodb_scaled"] == "All 535"  # its publishers scaled every clip to full scale
    assert told["de_savee_sadness_pitch"][0] == "+" and told["de_ravdess_calm_gain"][0] == "\N{MINUS SIGN}"
    assert all(isinstance(value, str) and "nan" not in value for value in told.values())


def test_only_what_was_measured_is_pictured(heard, tmp_path):
    assert voices.gather(["SAVEE", "ShEMO"], results=RESULTS).pictured == ("SAVEE",)
    with pytest.raises(SerReproError, match="ShEMO: no measures are stored of it"):
        voices.gather(["ShEMO"], results=RESULTS)
    with pytest.raises(SerReproError, match="no measures of RAVDESS"):
        voices.gather(["SAVEE"], results=tmp_path)
    assert [row["corpus"] for row in voices.lengths(heard)] == list(voices.MEASURED)


def test_nothing_can_be_measured_anew_without_a_corpus(no_corpora):
    with pytest.raises(SerReproError, match="no corpus is here: set SER_REPRO_DATA"):
        voices.gather(["SAVEE"], results=RESULTS, recompute=True)


def test_tables_tell_every_corpus(heard):
    assert {
        row["corpus"] for row in voices.at_a_glance(heard)} >= {"ShEMO †", "IEMOCAP †", "RAVDESS"}
    counted = voices.classes(heard).set_index("emotion")
    assert counted.loc["all", "RAVDESS"] == "1\N{NARROW NO-BREAK SPACE}440" and counted.loc["calm", "TESS"] == ""
    assert set(voices.odd(heard)["what is found"]) >= {"digital silence", "AIFF in a file named .wav"}
    assert len(voices.sources()) == len(voices.every())
    assert all(row["remark"] for row in voices.remarks())


def test_bars_add_to_one(heard):
    axis = voice_plots.classes(heard).axes[0]
    ends = {}
    for bar in axis.patches:
        ends[round(bar.get_y(), 2)] = max(ends.get(round(bar.get_y(), 2), 0), bar.get_x() + bar.get_width())
    assert len(ends) == len(voices.every()) and np.allclose(list(ends.values()), 1)


def test_columns_are_speakers(heard):
    axes = {axis.get_title(loc="left"): axis for axis in voice_plots.people(heard).axes}
    assert len({round(bar.get_x(), 2) for bar in axes["RAVDESS"].patches}) == 24
    assert sum(bar.get_height() for bar in axes["EMO-DB"].patches) == 535


def test_emotions_stand_at_their_medians(heard):
    axis = voice_plots.emotions(heard).axes[0]
    (line,) = [line for line in axis.lines if line.get_label() == "EMO-DB"]
    table = heard.tables["EMO-DB"]
    anger = list(line.get_ydata()).index(heard.order.index("anger"))
    assert line.get_xdata()[anger] == table.loc[table["emotion"] == "anger", "pitch_st"].median()
    assert line.get_color() == palette.CORPORA["EMO-DB"].colour


@pytest.mark.parametrize("draw", [voice_plots.moments, voice_plots.rooms, voice_plots.pitch])
def test_a_panel_a_corpus(heard, draw):
    three = voices.Voices({c: heard.tables[c] for c in ("SAVEE", "TESS", "EMOVO")}, ("SAVEE", "TESS", "EMOVO"))
    assert len(draw(three).axes) == 3


def test_discs_and_ages():
    assert voice_plots.uses().axes[0].get_yticklabels()[0].get_text().startswith("RAVDESS")
    told = {axis.get_ylabel(): sum(len(marks.get_offsets()) for marks in axis.collections)
            for axis in voice_plots.ages().axes}
    assert told["CREMA-D"] == 91 and told["TESS"] == 2 and "RAVDESS" not in told


# ---- a random split ----------------------------------------------------------------------------------------------


def test_shared_counts_what_training_has_heard_of_the_test():
    clips = datasets.published("TESS")
    random, speaker = protocols.make(clips, "published"), protocols.make(clips, "speaker")
    assert audit.shared(clips, random, ["speaker"]) == 1
    assert audit.shared(clips, speaker, ["speaker"]) == 0
    assert audit.shared(clips, speaker, ["sentence"]) == 1
    # By hand: test clips whose word the same woman says in training, in another emotion.
    rows = clips.set_index("clip")
    heard = {(rows.at[c, "speaker"], rows.at[c, "sentence"]) for c in random.train}
    by_hand = np.mean([(rows.at[c, "speaker"], rows.at[c, "sentence"]) in heard for c in random.test])
    assert audit.shared(clips, random, ["speaker", "sentence"]) == by_hand


def test_a_twin_shares_intensity_too(given):
    clips, split = datasets.published("RAVDESS").set_index("clip"), given.splits["RAVDESS", "published"]
    take = ["speaker", "sentence", "emotion", "intensity"]
    trained = {tuple(clips.loc[clip, take]) for clip in split.train}
    assert given.shares["RAVDESS", "published"]["a twin"] == np.mean(
        [tuple(clips.loc[clip, take]) in trained for clip in split.test])
    assert len(split.test) == 143  # a tenth: CNN-n-GRU's own split
    assert given.shares["RAVDESS", "speaker"]["speaker"] == given.shares["RAVDESS", "speaker"]["a twin"] == 0


def test_the_mosaic_has_a_cell_a_clip_coloured_by_what_training_has(given):
    figure = given_away.mosaic(given, "RAVDESS")
    random, speaker = (axis.collections[0].get_array() for axis in figure.axes)
    tested = len(given.splits["RAVDESS", "published"].test)
    assert random.size == 1440 and np.sum(random == 0) == 1440 - tested
    assert np.sum(random == 1) / tested == given.shares["RAVDESS", "published"]["a twin"]
    assert np.sum(speaker == 2) == len(given.splits["RAVDESS", "speaker"].test) and not np.sum(speaker == 1)
    assert (speaker == 2).reshape(24, 60).all(axis=1).sum() == 4  # whole speakers
    colours = [patch.get_facecolor() for patch in figure.legends[0].get_patches()]
    assert colours[1:] == [to_rgba(palette.BLUE), to_rgba(palette.RED)]


# ---- one sentence ------------------------------------------------------------------------------------------------


def test_a_sentence_in_every_emotion():
    chosen, where = one_sentence.choose("RAVDESS", 0)
    assert len(chosen) == chosen["emotion"].nunique() == 8
    assert chosen["speaker"].nunique() == chosen["sentence"].nunique() == 1
    assert set(chosen.loc[chosen["emotion"] != "neutral", "intensity"]) == {"strong"}
    assert where == f"RAVDESS, speaker {chosen['speaker'].iloc[0]}, sentence {chosen['sentence'].iloc[0]}"


@pytest.mark.parametrize("corpus", ["CREMA-D", "EMO-DB", "EMOVO", "SAVEE", "TESS"])
def test_every_corpus_has_some_sentence_in_all_of_its_emotions(corpus):
    chosen, _ = one_sentence.choose(corpus, 0)
    assert set(chosen["emotion"]) == set(datasets.published(corpus)["emotion"]) and chosen["sentence"].nunique() == 1
    two, _ = one_sentence.choose(corpus, 0, ("neutral", "anger"))
    assert list(two["emotion"]) == ["anger", "neutral"] and two["speaker"].nunique() == 1


def test_demo_speech_says_so_and_has_silence_around_it(no_corpora, monkeypatch):
    seen = []
    monkeypatch.setattr(one_sentence.show, "banner", seen.append)
    made = one_sentence.find("RAVDESS", 0, sample_rate=8000, duration_s=0.5, emotions=("anger", "neutral"),
                             silence_s=(0.25, 0.5))
    samples, rate = made.sounds["anger"]
    assert rate == 8000 and not samples[:2000].any() and not samples[-4000:].any() and samples[2000:-4000].any()
    one_sentence.announce(made)
    assert made.synthetic and "not a result" in made.told and "not a result" in seen[0]
    figure = one_sentence.picture(made)
    assert [axis.get_title(loc="left") for axis in figure.axes[:2]] == ["anger", "neutral"]
    assert any("not a result" in text.get_text() for text in figure.texts)


def test_a_real_corpus_is_heard_itself(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "one.wav", np.full((400, 1), 0.5), 8000)
    clips = datasets.published("RAVDESS").assign(path=str(tmp_path / "one.wav"))
    monkeypatch.setattr(one_sentence.execution, "real", lambda data: ["RAVDESS"])
    monkeypatch.setattr(one_sentence.datasets, "clips", lambda corpus, data: clips)
    found = one_sentence.find("RAVDESS", 0, data=tmp_path, sample_rate=16000, duration_s=9)
    assert not found.synthetic and found.told == found.where and len(found.sounds) == 8
    samples, rate = found.sounds["anger"]
    assert rate == 8000 and samples.shape == (400, 1) and samples.all()
