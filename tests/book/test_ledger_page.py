"""The page of all claims: what it counts, and that every verdict has a look of its own."""

import pandas as pd
from making import is_cut

from ser_repro.book import ledger as page
from ser_repro.results import ledger


def made(*verdicts):
    return pd.DataFrame({"document": ["the first"] * len(verdicts), "score": ["accuracy"] * len(verdicts),
                         "kind": ledger.WHOLE, "verdict": verdicts, "records": "",
                         "because": "reading code 1.0 points below, within the interval"})


def test_a_summary_counts_each_verdict_in_the_order_of_the_rule():
    table = made(ledger.NOT_RUN, ledger.REPRODUCED, ledger.UNTESTABLE, ledger.NOT_RUN)
    assert page.summary(table) == (
        "**Of 4 scores of whole test or validation sets, 1 is reproduced, 1 can't be tested here and 2 are not yet "
        "run.**")
    one = made(ledger.REPRODUCED, ledger.NOT_RUN)
    assert page.summary(one.assign(kind=[ledger.OF_EMOTION, ledger.WHOLE])) == (
        "**Of 1 scores of whole test or validation sets, none is reproduced and 1 is not yet run. Of 1 "
        "recalls of single emotions, 1 is reproduced.**")
    assert page.summary(made(ledger.NOT_EXCLUDED, ledger.NOT_RUN)) == (
        "**Of 2 scores of whole test or validation sets, none is reproduced, 1 is not excluded and 1 is not yet run.**")


def test_every_verdict_has_a_look_and_its_number_is_drawn():
    assert set(page._LOOKS) == set(ledger.RULE)
    looks = list(page._LOOKS.values())
    assert len(set(looks)) == len(looks)
    figure = page.picture(made(*ledger.RULE, ledger.REPRODUCED))
    axis = figure.axes[0]
    assert [text.get_text() for text in axis.texts] == ["The first: 10 claims", "2", *8 * ["1"]]
    assert not is_cut(figure)


def test_recalls_and_steps_on_the_way_are_tables_of_their_own(monkeypatch):
    shown = []
    monkeypatch.setattr(page.show, "table", lambda rows, **how: shown.append((len(rows), how)))
    monkeypatch.setattr(page.show, "text", lambda text: None)
    monkeypatch.setattr(page, "compact", lambda rows: rows)
    table = pd.concat([made(ledger.NOT_RUN), made(ledger.NOT_RUN, ledger.NOT_RUN).assign(kind=ledger.OF_EMOTION)])
    page.of_document(table)
    assert shown == [(1, {}), (2, {"long": True})]
    page.of_document(table.assign(kind=ledger.STEP))
    assert shown[2:] == [(0, {}), (3, {"long": True})]


def test_a_row_has_its_verdict_before_the_numbers_and_leaves_out_what_was_not_run():
    table = made(ledger.REPRODUCED).assign(corpus="TESS", n=18, network="n = 18", claimed="99.2 %",
                                           where="README", because="near")
    row = {"own matrix gives": "98.9 % (UAR 98.8 %)", "code, shared speakers": "98.0 %",
           "paper, shared speakers": ledger.NOT_RUN, "code, new speakers": ledger.NOT_RUN,
           "paper, new speakers": ledger.NOT_RUN}
    (told,) = page.compact(table.assign(**row))
    assert list(told) == ["claim", "claimed", "verdict", "shared speakers", "new speakers"]
    assert told["claim"] == "TESS, n = 18: accuracy" and told["verdict"].code == "<b>reproduced</b><br>near"
    assert told["claimed"].code.endswith("its own matrix gives 98.9 % (UAR 98.8 %)")
    assert (told["shared speakers"].code, told["new speakers"].code) == ("code: 98.0 %", "not yet run")
