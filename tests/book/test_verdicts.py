"""The line of a verdict on one reading with shared and with new speakers."""

from ser_repro.book import verdicts
from ser_repro.book.words import points
from ser_repro.runs.found import Found


def test_both_splits_are_told_with_the_difference_on_what_they_share():
    found = Found("cnn_bigru", "results")
    assert verdicts.both_splits(found, "RAVDESS", "code") == (
        f"**RAVDESS**, reading `code`: {found.text('RAVDESS')} with shared speakers, "
        f"{found.text('RAVDESS', protocol='speaker')} with new speakers; on the 288 clips that both test, new minus "
        f"shared is {points(found.lost('RAVDESS'))}")
    assert verdicts.both_splits(found, "RAVDESS", "paper").endswith(points(found.lost("RAVDESS", "paper")))
    assert verdicts.both_splits(Found("qayyum", "results"), "SAVEE", "code", 5).startswith(
        "**SAVEE, RNN on MFCC**, rebuilt: ")


def test_nothing_is_said_of_what_has_not_been_run(tmp_path):
    assert verdicts.both_splits(Found("cnn_n_gru", tmp_path), "TESS", "paper", 3) == ""
    line = verdicts.both_splits(Found("cnn_n_gru", "results"), "TESS", "paper", 3)
    assert line.startswith("**TESS, n = 3**, reading `paper`: ")
