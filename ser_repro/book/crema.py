"""What the chapter on the CREMA-D study's ten CNNs has of its own: the document's tables beside ours, which models can
be told apart, what networks add to LDA, and what the choice of the epoch, leaks and slips are worth."""

import functools
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ser_repro.book import networks, plots, suspicion, verdicts
from ser_repro.book.page import Page
from ser_repro.book.palette import ROLES
from ser_repro.book.words import NBSP, family, listed, number, p_text, percent, points, signed, significant, unit
from ser_repro.documents import crema_1d, crema_2d
from ser_repro.documents.crema_1d import BEFORE
from ser_repro.documents.crema_study import CLASSES
from ser_repro.results import scores, uncertainty
from ser_repro.results.ledger import EXCEEDED, OF_EMOTION, SHARED, sampling_error
from ser_repro.results.scores import Score
from ser_repro.runs import plans
from ser_repro.runs.claimed import clips, evidence, judged, network
from ser_repro.runs.found import NOT_RUN, Found, missing, on_same_clips, split_name

CORPUS = "CREMA-D"
TESTED, VALIDATING = 2233, 261  # clips of the document's split
_NAMES = ("validation_accuracy", "accuracy", "macro_f1")


@functools.cache  # several sections ask
def images(page: Page) -> Page:
    """The sections of the 2-D networks, which are a document of their own."""
    return Page("crema_2d", page.parameters)


@functools.cache
def lda(page: Page) -> Found:
    """The records of LDA that names the emotion itself."""
    return Found("crema_lda", page.found.folder)


def models(page: Page) -> list[tuple[Found, int, str, tuple, tuple]]:
    """The ten: whose records, number, name, and what the document's tables and figures have of it."""
    return [(of, document.ONE_LISTING.get(n, n), name, document.TABLE[n], document.RECALLS[n])
            for of, document in _documents(page) for n, name in document.MODELS.items()]


def _documents(page: Page) -> tuple:
    """The records of the 1-D and of the 2-D networks, each with the module that tells of them."""
    return (page.found, crema_1d), (images(page).found, crema_2d)


def seeds_of(found: Found, n: int, protocol: str = "published", **which) -> list[list[dict]]:
    """The records of a network."""
    return found.seeds(CORPUS, protocol=protocol, n=n, **which)


def _versions(page: Page) -> list[tuple]:
    """The ten as `models`, each with the settings of ours that stand beside it: Model 6 twice, as the document doesn't
    tell whether its values were scaled."""
    rows = []
    for found, n, name, *claimed in models(page):
        rows.append((found, n, name, *claimed, {}))
        if (found, n) == (page.found, 6):
            again = f"{name}, {found.difference('standardised', True)}"
            rows.append((found, n, again, *claimed, {"standardised": True}))
    return rows


def trained(page: Page) -> list[tuple[Found, int, str, tuple]]:
    """A row a network: as `models`, but once where two are one listing, whose test scores the document has alike."""
    return [(of, n, name, document.TABLE[n])
            for of, document in _documents(page) for n, name in document.NETWORKS.items()]


def _score(found: Found, n: int, protocol: str = "published") -> Score | None:
    seeds = seeds_of(found, n, protocol)
    return found.score_of(seeds) if seeds else None


# ---- the document's tables beside ours ---------------------------------------------------------------------------


def table(page: Page) -> list[dict]:
    """A row a model: validation and test accuracy and F1, claimed and ours, and accuracy with new speakers."""
    rows = []
    for found, n, name, claimed, _, which in _versions(page):
        row = {"model": name, "parameters": number(networks.crema_parameters(found.name, n))}
        for title, score, value in zip(("validation", "test", "macro F1"), _NAMES, claimed, strict=True):
            row |= {f"{title}, claimed": percent(value),
                    f"{title}, ours": found.in_words(seeds_of(found, n, **which), score)}
        rows.append(row | {"new speakers": found.in_words(seeds_of(found, n, "speaker", **which))})
    alone = {"test, ours": lda(page).told(CORPUS), "macro F1, ours": lda(page).told(CORPUS, name="macro_f1"),
             "new speakers": lda(page).told(CORPUS, protocol="speaker")}
    return [*rows, dict.fromkeys(rows[0], "") | {"model": "LDA alone, a baseline of ours"} | alone]


def recalls(page: Page) -> list[dict]:
    """A row a model: recall of each emotion on the test clips, claimed and ours."""
    rows = []
    for found, n, name, _, claimed, which in _versions(page):
        seeds = seeds_of(found, n, **which)
        ours = [percent(found.score_of(seeds, f"{scores.RECALL}{emotion}").value) if seeds else NOT_RUN
                for emotion in CLASSES]
        rows.append({"model": name} | {emotion: f"{percent(value)} / {one}"
                                       for emotion, value, one in zip(CLASSES, claimed, ours, strict=True)})
    return rows


def recalls_apart(page: Page) -> str:
    """Which models' recalls lie farther from the document's than the sampling error of both tests, and how far."""
    told = []
    for found, document in _documents(page):
        for n, name in document.NETWORKS.items():
            away = []
            for claim in found.document.claims:
                if (claim.n, claim.kind) == (n, OF_EMOTION) and not claim.step:
                    for one in evidence(found, claim):
                        if one.speakers == SHARED and not one.part:
                            error = sampling_error(claim, one.score, clips(found.name, claim))
                            away.append((abs(one.score.value - claim.value), error))
            apart = [distance for distance, error in away if distance > error]
            if apart:
                told.append(f"{name} ({len(apart)} of {len(away)}, by up to {unit(100 * max(apart), 'points', 1)})")
    return listed(told) if told else NOT_RUN


def picture(page: Page) -> Figure:
    """Test accuracy of the ten: claimed, and ours with shared and with new speakers; and of LDA alone."""
    rows = [(name, claimed[1], [_score(found, n, protocol) for protocol in plans.GRID])
            for found, n, name, claimed, _ in models(page)]
    rows.append(("LDA alone (ours)", None, [lda(page).score(CORPUS, protocol=protocol) for protocol in plans.GRID]))
    names = [name for name, *_ in rows]
    looks = {name: ROLES[name] for name in map(split_name, plans.GRID)}
    figure, axis = plt.subplots(figsize=(plots.PHONE, 1.2 + 0.42 * len(rows)))
    marks = []
    for y, (_, claimed, measured) in enumerate(rows):
        if claimed is not None:
            axis.plot(claimed, y, ROLES["claimed"].marker, color="black", mfc="none", mew=1.6, ms=7, zorder=4)
        marks += [(y + away, name, score) for name, score, away in zip(looks, measured, (-0.15, 0.2), strict=True)
                  if score]
    plots.intervals(axis, marks, looks)
    chance = ROLES["chance"]
    axis.axvline(page.chance[CORPUS], color=chance.colour, ls=chance.line, lw=1.2)
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.set_xlim(0, 0.8)
    axis.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axis.grid(axis="x", alpha=0.25)
    axis.legend(handles=[*plots.handles({"claimed": ROLES["claimed"]}, mfc="white", mew=1.6), *plots.handles(looks),
                         *plots.lines({"guessing": chance})], loc="lower center", ncols=2, bbox_to_anchor=(0.4, 1.0))
    figure.tight_layout()
    return figure


# ---- what the networks add to LDA --------------------------------------------------------------------------------


@functools.cache
def against_lda(page: Page) -> list[dict]:
    """A row a network and split: `difference`, its accuracy minus that of LDA alone on the same clips; those that have
    been run."""
    rows = []
    for found, n, name, _ in trained(page):
        for protocol in plans.GRID:
            sides = [(lda(page), lda(page).seeds(CORPUS, protocol=protocol)), (found, seeds_of(found, n, protocol))]
            if change := on_same_clips(*sides):
                rows.append({"model": name, "five": found is page.found and n not in crema_1d.RAW,
                             "protocol": protocol, "folds": missing(sides[1][1]), "difference": change})
    return corrected(rows)


def against_lda_rows(page: Page) -> list[dict]:
    """The same for a reader."""
    return [{"model": row["model"], "test": _test(row), "clips": number(row["difference"].clips),
             "points": points(row["difference"]), "p": p_text(row["difference"])} for row in against_lda(page)]


def _test(row: dict) -> str:
    return split_name(row["protocol"]) + (f" ({row['folds']})" if row["folds"] else "")


def against_lda_say(page: Page) -> dict[str, str]:
    """How LDA alone does, and how far from it the networks lie that are fed its five values, and each of the others."""
    told = {"lda": lda(page).told(CORPUS), "lda_speaker": lda(page).told(CORPUS, protocol="speaker"),
            "lda_family": family(row["difference"] for row in against_lda(page)) or NOT_RUN}
    five = []
    for protocol in plans.GRID:
        rows = [row["difference"] for row in against_lda(page) if row["five"] and row["protocol"] == protocol]
        if rows:
            ends = " to ".join(dict.fromkeys(signed(100 * of(one.value for one in rows)) for of in (min, max)))
            apart = [one.value for one in rows if significant(one)]
            five.append(f"{split_name(protocol)} {ends}{NBSP}points ({len(rows)} networks, "
                        f"{sum(value > 0 for value in apart)} significantly better, "
                        f"{sum(value < 0 for value in apart)} significantly worse)")
    others = [f"{row['model']}, {_test(row)}, {points(row['difference'])}" for row in against_lda(page)
              if not row["five"]]
    return told | {"lda_five": "; ".join(five) or NOT_RUN, "lda_others": "; ".join(others) or NOT_RUN}


# ---- which model is better than which ----------------------------------------------------------------------------


@functools.cache
def pairs(page: Page) -> list[dict]:
    """A row a pair of networks: `claimed`, the later one's test accuracy minus the earlier one's by the document, and
    `difference`, ours on the same clips; those pairs that have been run."""
    rows = []
    for one, other in combinations(trained(page), 2):
        sides = [(found, seeds_of(found, n)) for found, n, *_ in (one, other)]
        if change := on_same_clips(*sides):
            rows.append({"pair": f"{other[2]} instead of {one[2]}", "claimed": other[3][1] - one[3][1],
                         "1-D": other[0] is page.found, "difference": change})
    return corrected(rows)


def pair_rows(page: Page) -> list[dict]:
    """The same for a reader."""
    return [{"models": row["pair"], "the document's": f"{signed(100 * row['claimed'], 0)} points",
             "ours": points(row["difference"]), "p": p_text(row["difference"])} for row in pairs(page)]


def corrected(rows: list[dict]) -> list[dict]:
    """The same rows, the p-values of their `difference` corrected for their number."""
    family_ = scores.corrected([row["difference"] for row in rows])
    return [row | {"difference": one} for row, one in zip(rows, family_, strict=True)]


def pairs_say(page: Page) -> dict[str, str]:
    """How many pairs of models our runs tell apart, and how many of these the document has in the same order."""
    rows = pairs(page)
    told = {"pairs_1d": NOT_RUN, "pairs_others": NOT_RUN,
            "pairs_family": family(row["difference"] for row in rows) if rows else NOT_RUN}
    for key, kind in (("pairs_1d", True), ("pairs_others", False)):
        if of := [row for row in rows if row["1-D"] == kind]:
            apart = [row for row in of if significant(row["difference"])]
            agree = sum(row["claimed"] * row["difference"].value > 0 for row in apart)
            told[key] = f"{len(apart) or 'none'} of {len(of)}" + (
                f", of which the document has {agree} in the same order" if apart else "")
    return told


def by_lot_say() -> dict[str, str]:
    """What chance in the clips alone is worth, of the document's test and validation clips."""
    tests = [test for _, test, _ in crema_1d.TABLE.values()]
    best = max(tests)
    near = sum(best - test <= np.sqrt(2) * uncertainty.by_lot(best, TESTED) for test in tests) - 1  # the best itself
    return {"margin_tested": f"±{unit(100 * uncertainty.by_lot(best, TESTED), 'points', 1)}",
            "margin_validating": f"±{unit(100 * uncertainty.by_lot(best, VALIDATING), 'points', 1)}",
            "near_best": f"{near} of the other {len(tests) - 1}"}


def starts_rows(page: Page) -> list[dict]:
    """A row a training of the 2-D initial network: the document's three, which are one model, and ours."""
    rows = [{"training": f"the document's, named after a rate of {rate:g}", "epochs": epochs,
             "best validation": f"{percent(best, 1)} (epoch {at})", "test accuracy": percent(test),
             "macro F1": percent(f1)} for rate, (epochs, best, at, test, f1) in crema_2d.STARTS.items()]
    found = images(page).found
    for changes in ({}, {"learning_rate": 1e-4}, {"learning_rate": 5e-4}):
        for record in (record for folds in found.records(CORPUS, n=1, **changes) for record in folds):
            watched, seeds = record["history"][scores.VALIDATION], [[record]]
            rows.append({"training": f"ours, rate {changes.get('learning_rate', 1e-3):g}, seed "
                                     f"{record['config']['seed']}", "epochs": len(watched),
                         "best validation": f"{percent(max(watched), 1)} (epoch {int(np.argmax(watched)) + 1})",
                         "test accuracy": percent(found.score_of(seeds).value, 1),
                         "macro F1": percent(found.score_of(seeds, "macro_f1").value, 1)})
    return rows


def starts_say(page: Page) -> dict[str, str]:
    """How far trainings of one model lie apart: the document's three, and our starts."""
    theirs, test = ([row[place] for row in crema_2d.STARTS.values()] for place in (1, 3))
    score, best = (images(page).found.score(CORPUS, n=1, name=name) for name in ("accuracy", scores.VALIDATION))
    return {"starts_theirs": f"{percent(min(theirs), 1)} to {percent(max(theirs), 1)}",
            "starts_theirs_test": f"{percent(min(test))} to {percent(max(test))}",
            "starts_validation": _range(best), "starts_test": _range(score)} | _starts_1d(page)


def _starts_1d(page: Page) -> dict[str, str]:
    """How far starts of the 1-D networks lie apart: each network that has several, and the most."""
    several = {name: score for found, n, name, _ in trained(page) if found is page.found
               and (score := _score(found, n)) and len(score.seeds) > 1}
    if not several:
        return {"starts_1d": NOT_RUN, "starts_most": NOT_RUN}
    apart, name = max((max(score.seeds) - min(score.seeds), name) for name, score in several.items())
    return {"starts_1d": "; ".join(f"{name} {_range(score)}" for name, score in several.items()),
            "starts_most": f"up to {unit(100 * apart, 'points', 1)} ({name}, {len(several[name].seeds)} starts)"}


def _range(score: Score | None) -> str:
    if score is None:
        return NOT_RUN
    if len(score.seeds) == 1:
        return f"{percent(score.seeds[0], 1)} (one start)"
    return f"{percent(min(score.seeds), 1)} to {percent(max(score.seeds), 1)} ({len(score.seeds)} starts)"


# ---- the epoch that the validation clips choose ------------------------------------------------------------------


def optimism(page: Page) -> list[dict]:
    """A row a model that has been run: the document's validation and test accuracy, and ours of the epoch tested, means
    over starts."""
    rows = []
    for found, n, name, claimed, _ in models(page):
        runs = [record for folds in found.records(CORPUS, n=n) for record in folds]
        if runs:
            best, test = found.score(CORPUS, name=scores.VALIDATION, n=n), found.score(CORPUS, n=n)
            lengths = [len(record["history"][scores.VALIDATION]) for record in runs]
            rows.append({"model": name, "starts": len(runs), "epochs": _span(lengths),
                         "best of them": percent(best.value, 1), "test": percent(test.value, 1),
                         "more than on test clips": [one - other for one, other in zip(best.seeds, test.seeds,
                                                                                      strict=True)],
                         "by the document": claimed[0] - claimed[1]})
    return rows


def _span(values: list[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low}–{high}"


def optimism_rows(page: Page) -> list[dict]:
    """The same for a reader."""
    return [row | {"more than on test clips": f"{signed(100 * np.mean(row['more than on test clips']))} points",
                   "by the document": f"{signed(100 * row['by the document'])} points"} for row in optimism(page)]


def optimism_say(page: Page) -> dict[str, str]:
    """By how much validation accuracy exceeds test accuracy: the document's, and ours."""
    theirs = [100 * (best - test) for of in (crema_1d, crema_2d) for best, test, _ in of.TABLE.values()]
    ours = [100 * float(np.mean(row["more than on test clips"])) for row in optimism(page)]
    of_network = {name: len(runs) for found, n, name, _ in trained(page)
                  if (runs := [record for folds in found.records(CORPUS, n=n) for record in folds])}
    return {"optimism_theirs": f"{signed(min(theirs), 0)} to {signed(max(theirs), 0)} points",
            "optimism_runs": f"{sum(of_network.values())} runs of {len(of_network)} of its networks",
            "optimism": f"{' to '.join(dict.fromkeys(signed(of(ours)) for of in (min, max)))} points" if ours
            else NOT_RUN}


# ---- leaks and the rest ------------------------------------------------------------------------------------------


@functools.cache
def leaks(page: Page) -> list[dict]:
    """A row a leak: accuracy without it minus accuracy with it, on the same test clips (see `book.leaks`); those that
    have been run."""
    rows = []
    for name, n, leaky, clean in (
            ("LDA fitted on training clips instead of all clips", 1, {"fitted_on": "all"}, {}),
            ("LDA fitted on training clips instead of all clips", 2, {"fitted_on": "all"}, {}),
            ("copies made after the split instead of before it", 1, {"augmentation": BEFORE},
             {"augmentation": "training"})):
        sides = [(page.found, page.found.records(CORPUS, n=n, **changes)) for changes in (leaky, clean)]
        if change := on_same_clips(*sides):
            rows.append({"without the leak": name, "model": crema_1d.NETWORKS[n], "difference": change,
                         "starts": f"{len(sides[0][1])} and {len(sides[1][1])}"})
    return corrected(rows)


def leak_rows(page: Page) -> list[dict]:
    """The same for a reader."""
    return [{"without the leak": row["without the leak"], "model": row["model"], "points": points(row["difference"]),
             "p": p_text(row["difference"]), "starts": row["starts"]} for row in leaks(page)]


def price(found: Found, setting: str, value, n: int, **base) -> str:
    """What one setting at another value is worth, in words, on the same test clips."""
    sides = [(found, found.records(CORPUS, n=n, **changes)) for changes in (base, base | {setting: value})]
    change = on_same_clips(*sides)
    if not change:
        return NOT_RUN
    return f"{points(change)} (starts: {listed([str(len(side[1])) for side in sides])})"


@functools.cache  # top and verdict ask
def headlines(page: Page) -> dict[str, str]:
    """What the chapter says in words, key by key."""
    found, two = page.found, images(page).found
    told = {"best_1d": found.told(CORPUS, n=2), "best_2d": two.told(CORPUS, n=2),
            "best_1d_speaker": found.told(CORPUS, protocol="speaker", n=2),
            "best_2d_speaker": two.told(CORPUS, protocol="speaker", n=2),
            "best_1d_claim": percent(crema_1d.TABLE[2][1]), "best_2d_claim": percent(crema_2d.TABLE[2][1]),
            "chance": percent(page.chance[CORPUS]),
            "stride": price(two, "stride", 1, 3), "sigmoid": price(found, "loss", "categorical on sigmoid", 6),
            "rmsprop": price(found, "optimiser", "RMSprop", 5),
            "standardised": price(found, "standardised", True, 6),
            "recalls_apart": recalls_apart(page),
            "six_claim": percent(crema_1d.TABLE[6][1]), "six": found.told(CORPUS, n=6),
            "six_standardised": found.told(CORPUS, n=6, standardised=True),
            "last": price(found, "early_stopping", "last", 1)}
    for key, features in zip(("bank", "decibels", "pad", "image"), crema_2d.IMAGES, strict=True):
        told[key] = price(two, "features", features, 3)
    for key, rate in (("slow", 1e-4), ("half", 5e-4)):
        told[key] = price(two, "learning_rate", rate, 1)
    told["leaks"] = "; ".join(f"{row['without the leak']} ({row['model']}) {points(row['difference'])}"
                              for row in leaks(page)) or NOT_RUN
    told["leaks_family"] = family(row["difference"] for row in leaks(page))
    told |= _range_1d(page) | {"exceeded": _exceeded(page)} | suspicion.on_cremad(page)
    return told | by_lot_say() | starts_say(page) | optimism_say(page) | pairs_say(page) | against_lda_say(page)


def _range_1d(page: Page) -> dict[str, str]:
    """Accuracy of the 1-D networks that are run whole, with shared and with new speakers: the lowest and the highest,
    and of how many."""
    told = {}
    for key, protocol in (("range_shared", "published"), ("range_new", "speaker")):
        known = [score.value for found, n, *_ in trained(page) if found is page.found
                 and (score := found.score(CORPUS, protocol=protocol, n=n))]
        told[key] = f"{_ends(known)} ({len(known)} networks)" if known else NOT_RUN
    return told


def _ends(values: list[float]) -> str:
    return " to ".join(dict.fromkeys(percent(of(values), 1) for of in (min, max)))


def five_values(page: Page) -> str:
    """What networks reach that are fed LDA's five values, and what LDA reaches by itself, in words."""
    known = [score.value for found, n, *_ in trained(page) if found is page.found and n not in crema_1d.RAW
             and (score := _score(found, n))]
    return (f"{_ends(known) if known else NOT_RUN}, where the analysis by itself is right on "
            f"{lda(page).told(CORPUS)}")


def _exceeded(page: Page) -> str:
    """Models whose accuracy the ledger calls higher than the document's."""
    over = [f"{network(found, claim)} by {unit(100 * (told.by[0].score.value - claim.value), 'points', 1)}"
            for found, document in _documents(page) for claim in document.CLAIMS
            if claim.score == "accuracy" and not claim.step and (told := judged(found, claim)).kind == EXCEEDED]
    return listed(list(dict.fromkeys(over))) if over else "none"


def verdict(page: Page, steps: str) -> list[str]:
    """The lines of the verdict that are this chapter's own; `steps` of the selection, in words."""
    told = headlines(page)
    lines = [f"**Which model is better**: {NOT_RUN}."]
    if pairs(page):
        lines = [f"**Which model is better.** Pairs of 1-D models that our runs tell apart: {told['pairs_1d']}; pairs "
                 f"with a 2-D one: {told['pairs_others']}."]
    best = verdicts.both_splits(images(page).found, CORPUS, "code", 2)
    return [f"**MODEL2**: {best or NOT_RUN}.", *lines,
            f"**What the networks add to LDA**, on the same test clips: those on its five values "
            f"{told['lda_five']}; the others: {told['lda_others']}.",
            f"**The selection of features.** Steps that differ significantly from the one before: {steps}.",
            f"**What leaks would be worth**, of which we know of none in the document: {told['leaks']}.",
            f"**Convolutions of a stride of 1 instead of 8**, MODEL3: {told['stride']}."]
