"""Scores against scikit-learn, and their intervals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, recall_score

from ser_repro import SerReproError
from ser_repro.documents import cnn_n_gru
from ser_repro.results import scores, uncertainty
from ser_repro.results.uncertainty import Spread


def frame(clips=300, speakers=10, right=0.6, seed=0):
    rng = np.random.default_rng(seed)
    emotion = rng.choice(list("abcd"), clips, p=[0.4, 0.3, 0.2, 0.1])
    predicted = np.where(rng.random(clips) < right, emotion, rng.choice(list("abcd"), clips))
    return pd.DataFrame({"clip": [f"c{i:03}" for i in range(clips)],
                         "speaker": [f"s{i % speakers}" for i in range(clips)], "emotion": emotion,
                         "predicted": predicted})


@pytest.mark.parametrize(("name", "reference"), [
    ("accuracy", accuracy_score), ("uar", balanced_accuracy_score),
    ("macro_f1", lambda a, b: f1_score(a, b, average="macro"))])
def test_scores_equal_scikit_learn(name, reference):
    for seed in range(5):
        table = frame(seed=seed)
        value = scores.score([table], name).value
        assert value == pytest.approx(reference(table["emotion"], table["predicted"]), abs=1e-12)


def test_a_class_that_is_only_predicted_counts_in_f1_but_not_in_uar():
    table = frame(20)
    table["emotion"], table["predicted"] = "a", ["a"] * 15 + ["b"] * 5
    assert scores.score([table], "uar").value == 0.75
    assert scores.score([table], "macro_f1").value == pytest.approx(
        f1_score(table["emotion"], table["predicted"], average="macro"))


@pytest.mark.parametrize("name", ["accuracy", "uar", "macro_f1", "recall of b"])
def test_what_chance_in_the_clips_does_is_that_of_leaving_each_out(name):
    one, other = frame(seed=1), frame(seed=2)[20:]
    for tables in ([one], [one, one], [one, other], [one, pd.concat([other, other])]):  # the last one has clips twice
        classes, clips = list("abcd"), scores._groups(tables, "clip")
        matrices = np.stack([scores._matrices(table, "clip", classes, clips) for table in tables])
        values = uncertainty.pseudo_values(matrices, scores._measure(name, classes)).mean(0)
        found = scores._by_clip(tables, name, classes, clips)
        assert found == pytest.approx(values, rel=1e-9)


def test_what_an_interval_counts_is_said():
    one = scores.score([frame(400, speakers=10)])
    assert one.counts == ("speakers",) and str(one).endswith("; speakers]")
    several = scores.score([frame(400, seed=1), frame(400, seed=1, right=0.7)])
    assert several.counts == ("speakers", "starts") and str(several).endswith("; speakers, starts]")
    table = frame(400, speakers=12)
    folded = scores.score([table.assign(fold=table["speaker"].str[1:].astype(int) % 4)])
    assert folded.counts == ("folds",) and str(folded).endswith("; folds]")


def test_the_speakers_of_one_fold_are_not_taken_as_independent():
    """They share a network: 12 speakers of 4 folds whose networks differ much."""
    table = frame(1200, speakers=12)
    fold = table["speaker"].str[1:].astype(int) % 4
    table["predicted"] = np.where(table.index % 10 < 3 + 2 * fold, table["emotion"], "x")
    apart, together = scores.score([table]), scores.score([table.assign(fold=fold)])
    assert together.value == apart.value
    assert together.high - together.low > 1.5 * (apart.high - apart.low)
    seeds = scores.score([table.assign(fold=fold)] * 3)
    assert (seeds.low, seeds.high) == (pytest.approx(together.low), pytest.approx(together.high))


def test_clips_of_one_speaker_are_not_taken_as_independent():
    table = frame(400, speakers=8)
    good = table["speaker"].isin([f"s{i}" for i in range(4)])
    table["predicted"] = np.where(good, table["emotion"], "x")  # half of the speakers always right, half never
    score = scores.score([table])
    assert score.high - score.low > 0.4
    by_clip = scores.score([table.assign(speaker=table["clip"])])
    assert by_clip.high - by_clip.low < 0.15


def test_of_speakers_with_as_many_clips_each_the_interval_is_students():
    table = frame(400, speakers=8)
    each = (table["emotion"] == table["predicted"]).groupby(table["speaker"]).mean()
    score = scores.score([table])
    half = stats.t.ppf(0.975, 7) * each.std() / np.sqrt(8)
    assert (score.low, score.high) == (pytest.approx(each.mean() - half), pytest.approx(each.mean() + half))


def test_a_spread_known_of_other_starts_widens_the_interval_of_one():
    table = frame(400, speakers=8)
    alone, wider = scores.score([table]), scores.score([table], starts=Spread(0.04**2, 4))
    part = (stats.t.ppf(0.975, 4) * 0.04) ** 2
    assert (wider.high - wider.value) ** 2 == pytest.approx((alone.high - alone.value) ** 2 + part)
    assert wider.counts == ("speakers", "starts")
    fitted = scores.score([table], starts=Spread(0.04**2, 4), by_lot=False)  # a start makes no difference there
    assert (fitted.low, fitted.counts) == (alone.low, ("speakers",))
    drawn = scores.score([table], starts=Spread(0.04**2, 4), draws=Spread(0.05**2, 9))
    more = (stats.t.ppf(0.975, 9) ** 2) * (0.05**2 - 0.04**2)  # draws differ in their start too
    assert (drawn.high - drawn.value) ** 2 == pytest.approx((wider.high - wider.value) ** 2 + more)
    assert drawn.counts == ("speakers", "starts", "draws")
    assert scores.score([table], draws=Spread(0.05**2, 9), by_lot=False).counts == ("speakers", "draws")
    assert scores.score([table], draws=Spread(0.05**2, 9)).counts == ("speakers", "starts", "draws")


def test_spread_of_starts_is_free_of_what_clips_alone_would_make():
    rng = np.random.default_rng(0)
    found = []
    for start in (0.0, 0.05):
        spreads = []
        for _ in range(150):
            tables = []
            for right in np.clip(rng.normal(0.6, start, 3), 0, 1):
                table = frame(200, speakers=5)
                tables.append(table.assign(predicted=np.where(rng.random(200) < right, table["emotion"], "x")))
            spreads.append(scores.between_starts(tables).variance)
        found.append(np.mean(spreads))
    assert abs(found[0]) < 0.02**2 and found[1] == pytest.approx(0.05**2, rel=0.2)
    assert scores.between_starts([frame()]) is None
    one_answer = frame().assign(predicted="a")
    assert scores.between_starts([one_answer, frame()]) is None
    assert scores.between_starts([one_answer, frame()], collapsed=True).df == 1
    assert scores.between_starts([one_answer, one_answer], collapsed=True) is None
    assert scores.between_starts([frame().assign(speaker="s0")] * 2) is None


def test_of_two_speakers_is_said_what_was_measured():
    few = frame(400, speakers=2)
    score = scores.score([few])
    by = [100 * (part["emotion"] == part["predicted"]).mean() for _, part in few.groupby("speaker")]
    assert not score.has_interval and np.isnan(score.low) and np.isnan(score.high)
    assert str(score) == f"{100 * score.value:.1f} % ({by[0]:.1f} and {by[1]:.1f} by speaker; no interval)"
    starts = scores.score([few, frame(400, speakers=2, right=0.8)])
    each = [100 * value for value in starts.seeds]
    assert starts.beside() == f"({each[0]:.1f} and {each[1]:.1f} by start; two speakers, no interval)"
    many = scores.score([few] * 3 + [frame(400, speakers=2, right=0.8)], of="draw")
    assert many.beside() == f"({min(each):.1f} to {max(each):.1f} by draw; two speakers, no interval)"
    assert scores.score([few.assign(speaker="s0")]).beside() == "(one speaker, no interval)"
    folds = scores.score([few.assign(fold=few["speaker"])])
    assert folds.beside() == score.beside().replace("speaker", "fold")
    assert scores.difference([few], [few.assign(predicted=few["emotion"])]).beside("{:+.1f}".format).startswith("(+")


def test_one_answer_to_every_clip_has_no_interval():
    table = frame(400)
    dead = table.assign(predicted="a")
    assert scores.score([dead]).beside() == "(one answer to every clip)"
    assert not scores.score([dead]).has_interval
    assert scores.score([dead, table]).beside().endswith("; speakers, starts] (1 of 2 starts answers every clip alike)")
    fold = table["speaker"].str[1:].astype(int) % 5
    part = table.assign(fold=fold, predicted=table["predicted"].where(fold > 1, "b"))
    assert scores.score([part]).beside().endswith("; folds] (2 of 5 folds answer every clip alike)")
    assert scores.difference([dead], [table]).beside() == "(one answer to every clip)"
    right = table[table["emotion"] == "a"].assign(predicted="a")  # of one emotion, and right
    assert scores.score([right]).beside() == "(no speaker changes it)"


def test_an_interval_ends_where_scores_end():
    table = frame(40, speakers=4, right=0.99)
    table["predicted"] = table["emotion"].where(table.index != 0, "d")
    score = scores.score([table])
    assert 0.8 < score.low < score.value < score.high <= 1
    worst = table.assign(predicted=np.where(table["emotion"] == "a", "b", "a"))
    assert -1 <= scores.difference([table], [worst]).low < -0.9


def test_score_over_seeds_is_their_mean_and_its_interval_holds_their_spread():
    tables = [frame(right=r, seed=1) for r in (0.3, 0.9)]
    score = scores.score(tables)
    assert score.value == pytest.approx(np.mean(score.seeds))
    assert score.low < min(score.seeds) + 0.1
    assert score.high > max(score.seeds) - 0.1


def test_paired_difference_is_narrower_than_two_intervals():
    a = frame(seed=3)
    b = a.assign(predicted=a["predicted"].where(a.index >= 15, a["emotion"]))
    difference = scores.difference([a], [b])
    assert difference.value == pytest.approx(scores.score([b]).value - scores.score([a]).value)
    assert difference.high - difference.low < 0.1
    with pytest.raises(SerReproError, match="same test clips"):
        scores.difference([a], [b.iloc[1:]])


def test_each_side_of_a_difference_is_the_mean_of_its_own_starts():
    a, b = [frame(right=r, seed=1) for r in (0.5, 0.6, 0.7)], [frame(right=0.9, seed=1)]
    difference = scores.difference(a, b, starts=(Spread(0.03**2, 2), Spread(0.03**2, 2)))
    assert difference.value == pytest.approx(scores.score(b).value - scores.score(a).value)
    speakers = scores.difference(a, b, by_lot=(False, False))
    part = (stats.t.ppf(0.975, 2) * 0.03) ** 2 * (1 + 1 / 3)
    assert (difference.high - difference.value) ** 2 == pytest.approx((speakers.high - speakers.value) ** 2 + part)
    assert (difference.counts, speakers.counts) == (("speakers", "starts"), ("speakers",))
    apart = scores.difference(a, b, starts=(Spread(0.03**2, 2), Spread(0.04**2, 4)))  # each known by itself
    one, other = 0.03**2 / 3, 0.04**2
    df = (one + other) ** 2 / (one**2 / 2 + other**2 / 4)
    part = stats.t.ppf(0.975, df) ** 2 * (one + other)
    assert (apart.high - apart.value) ** 2 == pytest.approx((speakers.high - speakers.value) ** 2 + part) and 4 < df < 6


def test_that_the_starts_of_one_side_alone_are_known_is_said():
    several, once = [frame(right=r, seed=1) for r in (0.5, 0.6, 0.7)], [frame(right=0.9, seed=1)]
    assert scores.difference(several, once).counts == ("speakers", "starts of one")
    assert scores.difference(several, once, starts=(None, Spread(0.03**2, 2))).counts == ("speakers", "starts")
    assert scores.difference(several, once, by_lot=(True, False)).counts == ("speakers", "starts")  # the other has none
    assert scores.difference(several[:1], once).counts == ("speakers",)


def test_two_sides_tell_more_than_either_and_one_side_no_more_than_itself():
    def df(*parts):
        return float(uncertainty.together([uncertainty.Part("starts", *part) for part in parts]).df)

    assert df((2.0, 2), (2.0, 2)) == pytest.approx(4) and df((2.0, 2), (0.0, 5)) == pytest.approx(2)
    assert 2 < df((3.0, 2), (1.0, 2)) < 4 and df((0.0, 3), (0.0, 2)) == 2
    assert uncertainty.together([uncertainty.Part("starts", 2.0, 2)] * 2).variance == 4


def test_spreads_of_the_same_draws_tell_no_more_than_one_of_them():
    both = [Spread(1.0, 9), Spread(3.0, 9)]
    assert uncertainty.pool(both) == Spread(2.0, 18) and uncertainty.pool(both, shared=True) == Spread(2.0, 9)
    assert uncertainty.pool([], shared=True) is None


def test_a_change_to_the_same_networks_counts_how_the_change_differs_between_starts():
    """Starts differ by far more than what the change does to each of them."""
    a = [frame(400, seed=1, right=right) for right in (0.3, 0.5, 0.7, 0.9)]
    b = [table.assign(predicted=table["predicted"].where(table.index % 21 != 0, table["emotion"])) for table in a]
    same, other = (scores.difference(a, b, same_networks=same) for same in (True, False))
    assert same.value == other.value and same.counts == ("clips", "starts")
    assert same.high - same.low < 0.06 < 0.5 < other.high - other.low


def test_a_network_tested_on_all_folds_is_compared_fold_by_fold():
    a, b = frame(600, speakers=12), frame(600, speakers=12, right=0.8)
    fold = a["speaker"].str[1:].astype(int) % 6
    difference = scores.difference([a.assign(fold=0)], [b.assign(fold=fold)], starts=(Spread(0.03**2, 2), None))
    assert difference.counts == ("folds", "starts")
    assert scores.difference([a.assign(fold=fold)], [b.assign(fold=fold)]).counts == ("folds",)
    with pytest.raises(SerReproError, match="same folds"):
        scores.difference([a.assign(fold=fold)], [b.assign(fold=5 - fold // 2)])


def test_p_is_below_a_twentieth_where_the_interval_leaves_out_zero():
    a = frame(600, speakers=12, seed=1)
    for right in np.linspace(0.5, 0.75, 12):
        one = scores.difference([a], [frame(600, speakers=12, seed=1, right=right)])
        assert (one.p < 0.05) == (one.low > 0 or one.high < 0)
    eight = a.assign(speaker=[f"s{i % 8}" for i in range(600)])
    helped = (eight["speaker"] < "s4") & (np.arange(600) % 3 == 0)  # half of the speakers
    b = eight.assign(predicted=eight["predicted"].where(~helped, eight["emotion"]))
    each = [(t["emotion"] == t["predicted"]).groupby(t["speaker"]).mean() for t in (eight, b)]
    assert scores.difference([eight], [b]).p == pytest.approx(stats.ttest_rel(*each).pvalue)


def test_several_differences_are_corrected_for_their_number():
    assert uncertainty.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert uncertainty.holm([0.5, 0.6]) == [1.0, 1.0] and uncertainty.holm([]) == []
    a = frame(600, speakers=12, seed=1)
    many = [scores.difference([a], [frame(600, speakers=12, seed=1, right=right)]) for right in (0.65, 0.7, 0.8)]
    few = scores.difference([a.assign(speaker="s0")], [a.assign(speaker="s0", predicted="a")])
    told = scores.corrected([*many, few])
    assert [one.family for one in told] == [3, 3, 3, 1] and np.isnan(told[-1].p)
    assert [one.p for one in told[:3]] == uncertainty.holm([one.p for one in many])
    assert [(one.value, one.low) for one in told[:3]] == [(one.value, one.low) for one in many]


def record(n=10, batch=4):
    rows = [[f"c{i}", "s0", "ab"[i % 2], 0.9 - 0.8 * (i % 2 if i < 8 else 1 - i % 2), 0.0] for i in range(n)]
    rows = [[*r[:3], r[3], round(1 - r[3], 5)] for r in rows]
    return {"run": "r", "config": {"settings": {"batch_size": batch}},
            "test": {"classes": ["a", "b"], "columns": ["clip", "speaker", "emotion", "p(a)", "p(b)"], "rows": rows,
                     "conditions": {"alone": [0] * n}}}


def test_the_documents_accuracy_drops_the_last_batch_above_the_line_only():
    assert scores.score([scores.table(record())]).value == 0.8  # the last two are wrong
    assert cnn_n_gru.printed_accuracy(record()) == 0.8
    assert cnn_n_gru.printed_accuracy(record(batch=3)) == 0.8
    assert cnn_n_gru.printed_accuracy(record(batch=7)) == 0.7


def test_a_condition_swaps_the_predictions_only():
    table = scores.condition(record(), "alone")
    assert set(table["predicted"]) == {"a"}
    with pytest.raises(SerReproError, match="no condition 'shuffled': it has alone"):
        scores.condition(record(), "shuffled")


def test_another_corpus_is_scored_on_what_both_have():
    rows = [["B/1", "B/x", "b", 0.5, 0.3, 0.2], ["B/2", "B/x", "c", 0.8, 0.05, 0.15],
            ["B/3", "B/y", "d", 0.1, 0.1, 0.8], ["B/4", "B/y", "c", 1.0, 0.0, 0.0]]
    one = record() | {"tested": {"B": {"classes": list("abc"), "rows": rows, "columns": [
        "clip", "speaker", "emotion", "p(a)", "p(b)", "p(c)"]}}}
    table = scores.table(one, "B")
    assert list(table) == ["clip", "speaker", "emotion", "p(b)", "p(c)", "predicted"]
    assert table["clip"].tolist() == ["B/1", "B/2", "B/4"]  # d is none of the model's
    assert table["p(b)"].tolist() == pytest.approx([0.6, 0.25, 0.0]) and table["predicted"].tolist() == ["b", "c", "b"]
    assert table["p(c)"].tolist() == pytest.approx([0.4, 0.75, 0.0])
    assert list(scores.table(one)["clip"]) == [f"c{i}" for i in range(10)]
    with pytest.raises(SerReproError, match="no tested corpus 'C': choose one of B"):
        scores.table(one, "C")


def test_nothing_to_score_and_unknown_score():
    with pytest.raises(SerReproError, match="no test clips"):
        scores.score([])
    with pytest.raises(SerReproError, match="no score 'f1'"):
        scores.score([frame()], "f1")




def test_the_recall_of_an_emotion_is_scikit_learns():
    tables = [frame(seed=seed) for seed in range(2)]
    for emotion in "abcd":
        found = scores.score(tables, f"recall of {emotion}")
        each = [recall_score(one["emotion"], one["predicted"], labels=[emotion], average="macro") for one in tables]
        assert found.seeds == pytest.approx(each) and found.low <= found.value <= found.high
        assert found.name == f"recall of {emotion}"
    with pytest.raises(SerReproError, match="no emotion 'e': choose one of a, b, c, d"):
        scores.score(tables, "recall of e")


def test_validation_accuracy_is_the_best_of_any_epoch_with_wilsons_interval():
    def record(clips, *accuracy):
        return {"history": {"validation_accuracy": list(accuracy)}, "clips": {"validation": clips}}

    found = scores.validation([[record(200, 0.2, 0.5, 0.4)], [record(200, 0.3, 0.2, 0.1)]])
    assert found.seeds == (0.5, 0.3) and found.value == pytest.approx(0.4) and found.clips == 200
    expected = stats.binomtest(80, 200).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-4)
    assert scores.validation([[record(100, 0.5), record(300, 0.1)]]).value == pytest.approx(0.2)
    with pytest.raises(SerReproError, match="a run that validates on nothing"):
        scores.validation([[{"history": {"train_accuracy": [1.0]}, "clips": {"validation": 0}}]])


def test_speakers_who_agree_by_chance_do_not_make_an_interval_narrower_than_the_clips_do():
    alike = pd.DataFrame({"clip": [f"c{i}" for i in range(80)], "speaker": [f"s{i % 4}" for i in range(80)],
                          "emotion": np.where(np.arange(80) // 4 % 2, "anger", "fear")})
    alike["predicted"] = np.where(np.arange(80) // 8 % 2, alike["emotion"], "anger")  # of each speaker as many right
    found = scores.score([alike])
    assert found.counts == ("clips",)
    assert found.high - found.value == pytest.approx(
        stats.t.ppf(0.975, 79) * np.sqrt(found.value * (1 - found.value) / 79))
    assert scores.score([alike], "uar").counts == scores.score([alike], "macro_f1").counts == ("clips",)
    apart = alike.assign(predicted=np.where(alike["speaker"] < "s2", alike["emotion"], alike["predicted"]))
    assert scores.score([apart]).counts == ("speakers",)


def test_nor_do_they_make_that_of_a_difference_narrower_than_the_clips_that_are_answered_otherwise_do():
    a = pd.DataFrame({"clip": [f"c{i}" for i in range(80)], "speaker": [f"s{i % 4}" for i in range(80)],
                      "emotion": np.where(np.arange(80) // 4 % 2, "anger", "fear"),
                      "predicted": np.where(np.arange(80) // 16 % 2, "anger", "fear")})
    b = a.assign(predicted=np.where(np.arange(80) // 8 % 2, "fear", "anger"))  # of each speaker as many of each kind
    found = scores.difference([a], [b.sample(frac=1, random_state=0)])
    gained = (b["predicted"] == b["emotion"]).astype(float) - (a["predicted"] == a["emotion"])
    assert found.counts == ("clips",) and found.value == pytest.approx(gained.mean())
    assert found.high - found.value == pytest.approx(stats.t.ppf(0.975, 79) * gained.std() / np.sqrt(80))
    assert scores.difference([a], [b], same_networks=True).counts == ("clips",)
    apart = b.assign(predicted=np.where(b["speaker"] < "s2", b["emotion"], b["predicted"]))
    assert scores.difference([a], [apart]).counts == ("speakers",)


def folded(tested: dict, clips: int = 12) -> pd.DataFrame:
    """Clips of folds: fold -> the speakers that it tests; about half of the answers are right."""
    rng = np.random.default_rng(0)
    return pd.DataFrame([{"clip": f"{fold}-{speaker}-{i}{emotion}", "speaker": speaker, "fold": fold,
                          "emotion": emotion, "predicted": rng.choice(["a", emotion])}
                         for fold, speakers in tested.items() for speaker in speakers for i in range(clips)
                         for emotion in "abc"])


def test_folds_that_test_the_same_speakers_are_one_group_of_speakers():
    """As of new speakers and sentences: two folds a group, one for each half of the sentences."""
    halves = folded({0: "vw", 1: "vw", 2: "xy", 3: "xy", 4: "z", 5: "z"})
    together = scores.score([halves.assign(fold=halves["fold"] // 2)])
    assert scores.score([halves]) == replace(together, alike=(0, 6, "fold"))
    assert together.counts == ("folds",) and together.alike == (0, 3, "fold")
    few = scores.score([folded({0: "v", 1: "v", 2: "w", 3: "w"})])
    assert not few.has_interval and len(few.units) == 2
    chained = folded({0: "v", 1: "w", 2: "vw", 3: "x", 4: "y"})  # the third joins the first two
    assert scores._groups_of_folds(chained) == {0: 0, 1: 0, 2: 0, 3: 3, 4: 4}


def test_of_folds_that_all_test_the_same_speakers_an_interval_counts_these():
    """As of new sentences: each half is tested by a network of its own, and every speaker by both."""
    halves = folded({0: "vwx", 1: "vwx"})
    found = scores.score([halves])
    assert found.counts == ("speakers",) and found.alike == (0, 2, "fold")
    assert (found.low, found.high) == (scores.score([halves.drop(columns="fold")]).low,
                                       scores.score([halves.drop(columns="fold")]).high)
    shared = [halves.drop(columns="fold").assign(predicted=halves["predicted"][::-1].to_numpy())]
    change = scores.difference(shared, [halves])
    assert change.counts == ("speakers",) and change == scores.difference(shared, [halves.drop(columns="fold")])
    assert scores.score([folded({0: "vw", 1: "vw"})]).units  # of two speakers there is none


def test_a_difference_of_folds_counts_their_groups_of_speakers():
    halves = folded({0: "vw", 1: "vw", 2: "xy", 3: "xy", 4: "z", 5: "z"})
    right = halves["speaker"].isin(["v", "w"])  # one group is told apart by the other model, the others are not
    shared = [halves.drop(columns="fold").assign(predicted=halves["predicted"].where(~right, halves["emotion"]))]
    assert scores.difference(shared, [halves]).counts == ("folds",)
    low, high = (scores.difference(shared, [one]) for one in (halves, halves.assign(fold=halves["fold"] // 2)))
    assert (low.low, low.high, low.p) == (high.low, high.high, high.p)
