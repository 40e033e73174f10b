"""The ledger's arithmetic, and the matrices that documents print."""

from ser_repro.documents import cnn_n_gru
from ser_repro.results import ledger, scores


def test_published_matrices_give_the_figures_known_of_them():
    iemocap, tess = cnn_n_gru.MATRICES
    assert [round(100 * iemocap.score(s), 2) for s in scores.SCORES] == [79.75, 81.19, 79.14]
    assert [round(100 * tess.score(s), 2) for s in scores.SCORES] == [98.90, 98.84, 98.80]


def test_verdicts():
    claim = cnn_n_gru.CLAIMS[0]
    low = scores.Score("accuracy", 0.5, 0.4, 0.6, 10, ("speakers",), (0.5,))
    near = scores.Score("accuracy", 0.98, 0.97, 0.995, 10, ("speakers",), (0.98,))
    assert ledger.verdict(claim, low) == "not reached: 49.2 points below"
    assert ledger.verdict(claim, near) == "reached within the interval"
    above = scores.Score("accuracy", 0.999, 0.995, 1.0, 10, ("speakers",), (0.999,))
    assert ledger.verdict(claim, above) == "exceeded by 0.7 points"
    assert ledger.verdict(claim, None) == "not yet run"
    table = ledger.ledger(cnn_n_gru.CLAIMS, {(claim, "published"): low})
    assert table["verdict"].tolist()[:2] == ["not reached: 49.2 points below", "not yet run"]


def test_a_verdict_without_an_interval_rests_on_all_that_was_measured():
    claim, nan = cnn_n_gru.CLAIMS[0], float("nan")

    def told(value, *units, starts=(0.98,)):
        return ledger.verdict(claim, scores.Score("accuracy", value, nan, nan, 10, (), starts, units=units))

    assert claim.value == 0.992
    assert told(0.98, 0.97, 0.985) == "not reached: 1.2 points below (no interval)"
    assert told(0.98, 0.96, 1.0) == "within what was measured (no interval)"  # one of two speakers reaches it
    assert told(0.98, 0.97, 0.985, starts=(0.96, 0.995)) == "within what was measured (no interval)"
    assert told(0.997, 0.995, 0.999, starts=(0.997,)) == "exceeded by 0.5 points (no interval)"
