"""The clips that every model gets wrong: counted as the records have them."""

import pandas as pd
import pytest

from ser_repro.book import errors

CLIPS = list("abcdef")
EMOTIONS = ["anger", "fear", "anger", "fear", "anger", "fear"]


def answers(wrong, tested=CLIPS):
    """A model's test clips, wrong in some of them."""
    table = pd.DataFrame({"clip": CLIPS, "emotion": EMOTIONS}).set_index("clip")
    table["predicted"] = [{"anger": "fear", "fear": "anger"}[emotion] if clip in wrong else emotion
                          for clip, emotion in table["emotion"].items()]
    return table.loc[list(tested)]


@pytest.fixture
def page(monkeypatch):
    """Two models; with shared speakers one is tested on a and b, the other on b and c."""
    page = errors.Errors.__new__(errors.Errors)
    page.corpora = ["made up"]
    page.answers = lambda corpus: ({"one": answers("a", "ab"), "two": answers("", "bc")},
                                   {"one": answers("abcd"), "two": answers("abce")})
    monkeypatch.setattr(errors.datasets, "published", lambda corpus: pd.DataFrame(
        {"clip": CLIPS, "emotion": EMOTIONS, "speaker": list("xxyyzz"), "sentence": "s", "intensity": "normal"}))
    return page


def test_a_clip_is_of_the_kind_that_all_answers_make_it(page):
    kinds = page.clips("made up")["kind"].to_dict()
    assert kinds == {"a": errors.ALWAYS, "b": errors.SHARED_ONLY, "c": errors.SHARED_ONLY, "d": errors.RIGHT,
                     "e": errors.RIGHT, "f": errors.RIGHT}


def test_it_is_told_who_is_wrong_and_what_is_heard_instead(page):
    table = page.clips("made up")
    assert table["wrong models"].to_dict() == {"a": ["one", "two"], "b": ["one", "two"], "c": ["one", "two"],
                                               "d": ["one"], "e": ["two"], "f": []}
    assert table.at["a", "heard as"] == "fear 2" and table.at["d", "heard as"] == "anger"


def test_chance_is_that_of_errors_that_fall_by_lot(page, monkeypatch):
    seen, texts = [], []
    monkeypatch.setattr(errors.show, "table", seen.append)
    monkeypatch.setattr(errors.show, "text", texts.append)
    page.overview()
    page.by("speaker")
    page.finding()
    assert seen[0][0]["wrong in every model, new speakers"].startswith("50.0") and seen[0][0]["clips"] == 6
    assert seen[0][0]["if errors fell by lot"].startswith(f"{100 * (4 / 6) ** 2:.1f}")
    assert [seen[0][0][head] for head in errors._OF_THESE.values()] == [1, 2, 0]
    assert texts[0] == ["Models of made up: one; two."] and len(seen) == 1
    assert texts[1].startswith("By speaker nothing stands out") and texts[1].endswith("made up 2.")
    assert "**With new speakers, 50" in texts[2] and "all of the 2 models" in texts[2]
    assert texts[2].endswith("in made up no emotion.")


def test_what_stands_out_is_named_with_its_share(page, monkeypatch):
    seen = []
    monkeypatch.setattr(errors.show, "table", seen.append)
    one, other = (pd.DataFrame({"sum": [0], "size": [1]}, index=["x"]) for _ in range(2))
    monkeypatch.setattr(errors, "_beyond_chance", lambda missed: (one.assign(sum=1), other.iloc[:0]))
    page.by("emotion")
    (row,) = seen[0]
    assert row["more often than luck explains"] == "x 100\N{NO-BREAK SPACE}% (1 of 1)" and row["less often"] == "none"
    assert row["overall"].startswith("50") and (row["emotions"], row["speakers"]) == (2, 3)


def test_named_are_those_that_chance_among_so_many_does_not_explain():
    missed = pd.DataFrame({"sum": [40, 10, 12, 0, 2], "size": [50, 50, 50, 50, 2]}, index=list("abcde"))
    more, less = errors._beyond_chance(missed)
    assert list(more.index) == ["a"] and list(less.index) == ["d"]  # e is all missed, on two clips


def test_a_model_that_has_not_heard_every_new_speaker_is_left_out():
    models = errors.Errors("results").answers("EMO-DB")[1]
    assert len(models) >= 2 and len({len(frame) for frame in models.values()}) == 1
