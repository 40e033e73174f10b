"""The list of runs, in the order of what they teach; the readings they take; what a search may draw."""

import pytest
from making import make_run, registered

from ser_repro import SerReproError, datasets, documents, protocols
from ser_repro.documents import CoreRuns, Document, Setting
from ser_repro.documents.base import FREE
from ser_repro.protocols import Protocol
from ser_repro.runs import execution, plans, records, search
from ser_repro.runs.found import Found
from ser_repro.runs.run import Run

DOCUMENT = "cnn_n_gru"
OF = documents.get(DOCUMENT)
PLAIN = ("svm193", "logistic193", "svm_egemaps", "logistic_egemaps")


@pytest.mark.parametrize("of", documents.DOCUMENTS.values(), ids=documents.DOCUMENTS)
def test_the_list_holds_the_whole_grid_once(of):
    every = plans.plans()
    assert len(every) == len(set(every))
    grid = {(p.corpus, p.n, p.reading, p.protocol, p.fold, p.seed) for p in every
            if p.document == of.name and not p.changed and p.protocol in plans.GRID}
    seeds = range(5) if of.optimiser else (0,)
    # A network without a slip has one reading.
    readings = {(c, n): of.readings if documents.switches(of.name, c, n) else of.readings[:1]
                for c in of.corpora for n in of.sizes or (None,)}
    assert grid == {(c, n, r, p, f, s) for (c, n), several in readings.items() for r in several
                    for p in ("published", "speaker") for f in range(protocols.folds(c, p)) for s in seeds}


def test_sizes_of_the_grids():
    counts = {name: sum(p.document == name and not p.changed and p.protocol in plans.GRID for p in plans.plans())
              for name in documents.DOCUMENTS}
    assert counts == {"cnn_n_gru": 2 * 4 * 5 * (2 * 1 + 6 + 2), "mfcc_cnn": 2 * 5 * (6 * 1 + 6 + 10 + 6 + 2 + 6 + 4),
                      "cnn_bigru": 2 * 5 * (2 + 6 + 6), "issa": 2 * 5 * (2 + 6 + 10),
                      "crema_1d": 5 * 7 * (6 + 1), "crema_2d": 5 * 7 * (3 + 3), "crema_lda": 1 + 6,
                      "qayyum": 5 * 7 * (1 + 4 + 1 + 6), "qayyum_baselines": 6 * (1 + 4 + 1 + 6),
                      **dict.fromkeys(PLAIN, 6 * 1 + 6 + 10 + 6 + 2 + 6 + 4)}


def test_the_core_comes_first_and_in_it_what_is_fitted_at_once():
    core = plans.core()
    assert plans.plans()[:len(core)] == core and len(set(core)) == len(core) < len(plans.plans()) / 2
    fitted = [p for p in core if p.recipe.is_estimator]
    assert core[:len(fitted)] == fitted
    assert [(p.corpus, p.n, p.protocol) for p in core[len(fitted):][:4]] == [
        ("TESS", 3, "published"), ("RAVDESS", 3, "published"), ("TESS", 18, "published"),
        ("RAVDESS", 18, "published")]


# The CREMA-D study has one corpus and ten networks, Qayyum et al. thirteen systems: their core names run by run.
BY_NUMBER = ("crema", "qayyum")
LISTED = [of for of in documents.DOCUMENTS.values() if not of.name.startswith(BY_NUMBER)]


@pytest.mark.parametrize("of", LISTED, ids=lambda of: of.name)
def test_the_core_has_every_document_in_each_reading_and_protocol(of):
    core = [p for p in plans.core() if p.document == of.name]
    here = {p.corpus for p in core if not p.tested}  # corpora that no text names are trained on for others alone
    assert here == set(of.corpora) and {p.n for p in core} == set(of.sizes or (None,))
    assert {p.protocol for p in core} >= {"published", "speaker"}
    ravdess = [p for p in core if p.corpus == "RAVDESS" and not p.changed]
    for reading in of.readings:
        assert {p.protocol for p in ravdess if p.reading == reading} >= {"published", "speaker"}
    assert {p.fold for p in ravdess if (p.reading, p.protocol) == ("code", "speaker")} == set(range(6))
    assert all(p.seed in (0, 1, 2) for p in core)
    if not of.is_estimator:
        own = {p.seed for p in ravdess if (p.reading, p.protocol, p.n) == (
            "code", "published", min(of.sizes, default=None))}
        assert own == {0, 1, 2}


@pytest.mark.parametrize("of", [of for of in documents.DOCUMENTS.values() if of.priced_on], ids=lambda of: of.name)
def test_the_core_prices_every_difference_from_three_starts_where_the_code_has_as_many(of):
    n = min(of.sizes, default=None)
    there = [p for p in plans.core() if (p.document, p.corpus, p.reading, p.protocol, p.n) == (
        of.name, of.priced_on, "code", "published", n)]
    assert {p.seed for p in there if not p.changed} == {0, 1, 2}
    for name, setting in documents.switches(of.name, of.priced_on, n).items():
        if not setting.at_test:
            assert {p.seed for p in there if p.changed == {name: setting.paper}} == {0, 1, 2}


def test_what_issas_code_does_and_neither_reading_has_is_priced():
    priced = {}
    for p in plans.core():
        if p.document == "issa" and set(p.changed) & {"shuffle", "early_stopping"}:
            priced.setdefault((p.corpus, *p.changed.items()), set()).add(p.seed)
    three = {(corpus, ("early_stopping", how)): {0, 1, 2} for corpus in ("RAVDESS", "EMO-DB")
             for how in ("last", "restored")}
    both = {(corpus, ("shuffle", False), ("early_stopping", "restored")): {0, 1, 2} for corpus in ("RAVDESS", "EMO-DB")}
    assert priced == three | both | {("EMO-DB", ("shuffle", False)): {0, 1, 2}, ("RAVDESS", ("shuffle", False)): {0}}


def test_the_time_left_is_that_of_the_records_most_alike():
    def made(minutes, *where, device="AMD EPYC, 2 threads", **which):
        run = Run.of("mfcc_cnn", *where, **which)
        return run, {"train_seconds": 60 * minutes, "device": device}

    left = [Run.of("mfcc_cnn", "RAVDESS", protocol="redrawn", fold=k) for k in range(3)] + [
        Run.of("mfcc_cnn", "SAVEE"), Run.of("mfcc_cnn", "SAVEE", "paper"), Run.of("issa", "RAVDESS")]
    have = [made(2, "RAVDESS"), made(4, "RAVDESS", seed=1), made(9, "RAVDESS", seed=2),
            made(50, "RAVDESS", dropout=0.2), made(0.1, "RAVDESS", seed=3, device="NVIDIA H100"),
            made(0.1, "RAVDESS", seed=4, device="Apple GPU (MPS)")]  # the time left is told for a CPU
    took = plans.seconds(have + [(run, None) for run in left])
    assert list(took) == left and [took[run] for run in left[:3]] == [240.0] * 3
    clips = {name: datasets.get(name).n_clips for name in ("RAVDESS", "SAVEE")}
    assert took[left[3]] == pytest.approx((4 + 9) / 2 * 60 * clips["SAVEE"] / clips["RAVDESS"])  # of all of its reading
    assert took[left[4]] == took[left[3]]  # no record of its reading: all of its document
    assert took[left[5]] is None  # no record of its document


def test_the_core_says_whether_it_is_complete():
    core, every = plans.core(), plans.plans()
    done = {run: {"train_seconds": 60.0, "device": "AMD EPYC, 1 thread"} for run in core}
    whole = plans.told([(run, done.get(run)) for run in every])
    assert whole == f"the core of the study is complete: all of its {len(core)} runs have a record"
    issa = [run for run in core if run.document == "issa" and run.corpus == "EMO-DB" and not run.changed]
    part = plans.told([(run, None if run in issa[1:3] else done.get(run)) for run in every])
    assert part.startswith(f"the core of the study is not complete: 2 of its {len(core)} runs are missing, about ")
    assert part.endswith(" hours on one core of a CPU, searches not counted")
    assert plans.told([(run, None) for run in every]).endswith(f", and {len(core)} that no record is like")


ACROSS = ("cnn_n_gru", "mfcc_cnn", "cnn_bigru", "issa", "crema_1d", *PLAIN)


def test_every_method_of_one_network_is_trained_on_each_corpus_and_tested_on_every_other():
    across = [p for p in plans.plans() if p.tested and not p.joined]
    assert {p.document for p in across} == set(ACROSS)
    for name in ACROSS:
        pairs = [(p.corpus, other) for p in across for other in p.tested if p.document == name]
        assert sorted(pairs) == sorted((one, other) for one in FREE for other in FREE if one != other)
        assert {(p.protocol, p.reading, p.seed) for p in across} == {("cross_corpus", "code", 0)}
    assert {p.protocol for p in plans.plans()} == set(protocols.PROTOCOLS)
    networks = [p.corpus for p in across if p.document == "issa"]
    assert networks == sorted(networks, key=lambda corpus: datasets.get(corpus).n_clips)  # what is fast comes first
    assert not [p for p in across if p.open] and {p.inputs for p in across if p.document == "cnn_n_gru"} == {16000}


def test_the_cheap_models_are_drawn_ten_times_on_every_corpus_and_the_others_three_times_on_one():
    draws = {}
    for p in plans.plans():
        if p.protocol == "redrawn" and not p.document.startswith(BY_NUMBER):
            assert (p.reading, p.seed, p.changed, p.n) == ("code", 0, {}, min(p.recipe.sizes, default=None))
            draws.setdefault((p.document, p.corpus), []).append(p.fold)
    cheap = {(name, corpus): list(range(10)) for name in ("mfcc_cnn", "svm193")
             for corpus in documents.get(name).corpora}
    cheap |= {(name, "RAVDESS"): list(range(10)) for name in PLAIN[1:]}
    assert draws == cheap | {(name, "RAVDESS"): [0, 1, 2] for name in ("cnn_n_gru", "cnn_bigru", "issa")}


def test_the_cheap_models_are_trained_on_five_corpora_and_tested_on_the_sixth():
    five = [p for p in plans.plans() if p.joined]
    assert {p.document for p in five} == {"mfcc_cnn", *PLAIN}
    for p in five:
        assert set(p.trained) | set(p.tested) == set(FREE) and len(p.tested) == 1
    assert all(sorted(p.tested[0] for p in five if p.document == name) == sorted(FREE) for name in PLAIN)


def test_a_draw_is_made_as_any_run_is_and_counts_for_no_other_protocol(demo, tmp_path, made_up_records):
    run = make_run("svm193", protocol="redrawn", fold=2)
    record = execution.obtain(run, results=tmp_path, data=demo, cache=tmp_path / "cache", device="cpu").record
    assert "-redrawn-fold2-" in run.name and "redrawn fold 2" in run.label and run.folds == 10
    assert [row[0] for row in record["test"]["rows"]] == list(
        protocols.make(datasets.clips("RAVDESS", demo), "redrawn", 2).test)
    for fold in range(10):
        one = Run.of("svm193", "RAVDESS", protocol="redrawn", fold=fold)
        records.write(record | {"config": one.config, "run": one.name}, one.path(tmp_path))
    found = Found("svm193", tmp_path)
    assert len(found.records("RAVDESS", protocol="redrawn")[0]) == 10
    assert found.score("RAVDESS") is None and found.score("RAVDESS", protocol="speaker") is None
    assert found.effects() == [] and found.lost("RAVDESS") is None


def mended(plan):
    """Whether it sets one setting of reading code to the text's value."""
    return plan.reading == "code" and len(plan.changed) == 1 and all(
        value == plan.recipe.settings[name].paper for name, value in plan.changed.items())


def test_every_training_time_slip_has_a_run_that_mends_it_alone():
    wanted = [plan for plan in plans.plans() if not plan.recipe.is_estimator  # a baseline has one reading
              and not plan.document.startswith(BY_NUMBER)]
    slips = {
        "cnn_n_gru": ("pool_before_gru", "mask_padding", "carry_state", "bn1_used_twice"),
        "mfcc_cnn": ("features", "same_pooling", "dropout", "loss", "shuffle"),
        "cnn_bigru": ("features", "view_as_time", "activations"),
        "issa": ("features", "same_padding", "decay", "batch_size")}
    assert {(p.document, p.corpus, *p.changed) for p in wanted if mended(p)} == {
        (d, c, name) for d, names in slips.items() for c in documents.get(d).corpora for name in names} | {
        (DOCUMENT, "TESS", "sample_rate")}
    for plan in wanted:
        if plan.changed and not mended(plan):
            for name, value in plan.changed.items():
                setting = plan.recipe.settings[name]
                assert value in setting.others or value == setting.paper, "a change without a name"


def test_on_ravdess_and_where_the_core_wants_it_every_slip_is_priced_from_three_starts():
    seeds = {}
    for plan in plans.plans():
        if mended(plan) and not plan.recipe.is_estimator and not plan.document.startswith(BY_NUMBER):
            seeds.setdefault((plan.document, plan.corpus, *plan.changed), set()).add(plan.seed)
    for (name, corpus, _), found in seeds.items():
        assert found == ({0, 1, 2} if corpus in ("RAVDESS", documents.get(name).priced_on) else {0})


def test_a_third_protocol_leaves_the_list_of_the_study_as_it_is(monkeypatch):
    before = plans.plans()
    registered(monkeypatch, protocols.PROTOCOLS, Protocol(
        "odd", "every other clip", lambda corpus, speakers: 2, lambda clips, fold, rule, validation: rule(clips),
        apart=False))
    assert plans.plans() == before
    assert len(list(plans.runs_of(OF, CoreRuns("code", "odd", n=3)))) == 2 * len(OF.corpora)


def test_another_document_is_in_the_list_once_it_is_registered(monkeypatch):
    before = plans.plans()
    mine = registered(monkeypatch, documents.DOCUMENTS, Document(
        name="mine", title="mine", settings={"C": Setting(1.0, 2.0, "penalty", switch="C")}, corpora=("SAVEE",),
        build=lambda values, n_classes: None, inputs=lambda values: "issa193", core=(CoreRuns("code", "speaker"),)))
    assert [p for p in plans.plans() if p.document != "mine"] == before
    runs = plans.select(plans.plans(), document=["mine"])
    assert len(runs) == 2 * (1 + 4) + 1 and [p.protocol for p in runs[:4]] == ["speaker"] * 4
    assert [p.changed for p in runs if p.changed] == [{"C": 2.0}]
    with pytest.raises(SerReproError, match="a document named mine is registered already: give it another name"):
        documents.register(mine)
    with pytest.raises(SerReproError, match="a document named svm193 is registered already"):
        documents.register(documents.get("svm193"))


def test_runs_are_selected_by_what_they_are():
    found = plans.select(plans.plans(), document=[DOCUMENT], corpus=["TESS"], n=[3, 18], seed=[], protocol=["speaker"])
    assert found and {(p.document, p.corpus, p.protocol) for p in found} == {(DOCUMENT, "TESS", "speaker")}
    assert {p.n for p in found} == {3, 18} and {p.seed for p in found} == set(range(5))


def test_a_seed_with_a_missing_fold_is_not_scored(tmp_path, made_up_records):
    wanted = [Run.of("mfcc_cnn", "TESS", "code", "speaker", fold, seed) for seed in (0, 1) for fold in (0, 1)]
    for run in wanted[:3]:
        records.write({"format": records.FORMAT, "run": run.name, "config": run.config}, run.path(tmp_path))
    (kind, seeds), = plans.complete(plans.status(wanted, tmp_path)).items()
    assert kind == wanted[0] and [[r["config"]["fold"] for r in folds] for folds in seeds] == [[0, 1]]
    (seeds,) = plans.complete(plans.status(wanted, tmp_path), whole=False).values()
    assert [[r["config"]["fold"] for r in folds] for folds in seeds] == [[0, 1], [0]]
    assert plans.complete(plans.status(wanted, tmp_path / "none")) == {}


def test_readings_differ_where_the_document_does():
    assert set(documents.switches(DOCUMENT, "TESS", 11)) == {
        "pool_before_gru", "bn1_used_twice", "mask_padding", "carry_state", "class_sorted_test", "drop_last_test",
        "sample_rate"}
    assert "bn1_used_twice" not in documents.switches(DOCUMENT, "TESS", 3)
    assert "sample_rate" not in documents.switches(DOCUMENT, "RAVDESS", 3)


@pytest.mark.parametrize(("arguments", "message"), [
    (("cnn", "code", "TESS", 3), "no document 'cnn'"), ((DOCUMENT, "text", "TESS", 3), "no reading 'text'"),
    ((DOCUMENT, "code", "TESS", 4), "n = 4 is not defined: CNN-n-GRU has n = 3, 5, 11, 18"),
    (("issa", "code", "RAVDESS", 3), "n = 3 is not defined: Issa et al. has one size")])
def test_unknown_recipe(arguments, message):
    with pytest.raises(SerReproError, match=message):
        documents.settings(*arguments)
    with pytest.raises(SerReproError, match="has no setting depth"):
        documents.settings(DOCUMENT, "code", "TESS", 3, depth=2)


def test_search_draws_from_the_documents_space():
    for corpus in OF.corpora:
        for drawn in search.draw(DOCUMENT, corpus, 50):
            assert 1e-4 <= drawn["learning_rate"] <= 1e-1
            assert 1e-6 <= drawn["weight_decay"] <= 1e-2
            assert drawn["batch_size"] in (16, 32, 64)
            assert drawn["hidden_size"] in ((16,) if corpus == "TESS" else (16, 32, 64))
    assert search.draw(DOCUMENT, "TESS", 8) == search.draw(DOCUMENT, "TESS", 9)[:8]
