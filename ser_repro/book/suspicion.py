"""What the chapter "60 or 83.61?" has of its own: what parts the two numbers, of features, split, normalisation and
sampling error. Every score is of SAVEE."""

import functools

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ser_repro.book import plots
from ser_repro.book.page import Page
from ser_repro.book.palette import BLUE, ROLES
from ser_repro.book.words import (
    NBSP,
    family,
    listed,
    p_text,
    percent,
    points,
    reach,
    signed,
    significant,
    unit,
    worth,
)
from ser_repro.documents import qayyum, qayyum_baselines
from ser_repro.documents.qayyum import RAW, RAW_SMALL, REPORTED, RNN_BOTH, RNNS, SMALL
from ser_repro.results import scores, uncertainty
from ser_repro.results.scores import Score
from ser_repro.runs import records
from ser_repro.runs.found import NOT_RUN, REDRAWN, Effect, Found, missing, on_same_clips, split_name

CORPUS = "SAVEE"
TEST_CLIPS = 80
BASELINES = "qayyum_baselines"
SVM_BOTH, REGRESSION_BOTH = 6, 3
REACHED = next(claim.value for claim in qayyum.CLAIMS if (claim.corpus, claim.n, claim.score) == (
    CORPUS, REPORTED, "accuracy"))
GAP = qayyum.MEAN_RATE / 100 - float(np.mean(qayyum.RECALLS))  # both as means of class rates
_SHORT = {REPORTED: "CNN, MFCC+MSF", SMALL: "CNN, MFCC+MSF, small", RAW: "CNN, raw audio",
          RAW_SMALL: "CNN, raw audio, small"} | {n: f"RNN, {part.replace(' and ', '+')}" for n, part in RNNS.items()}


@functools.cache  # several sections ask
def baselines(page: Page) -> Page:
    """The sections of the baselines, which are a document of their own."""
    return Page(BASELINES, page.parameters)


def margin(share: float, clips: int = TEST_CLIPS) -> float:
    """Half of a 95 % interval of an accuracy on as many clips, by which clips are tested alone."""
    return uncertainty.by_lot(share, clips)


def systems(page: Page) -> list[tuple[Found, int, str, float | None]]:
    """Every system: whose records, its number, what a reader calls it, and the mean rate of the classes that is
    claimed of it."""
    found, other = page.found, baselines(page).found
    told = {claim.n: claim.value for claim in qayyum.CLAIMS if claim.score == "uar"}
    rows = [(other, n, f"{kind}, {part.replace(' and ', '+')}", qayyum_baselines.RATES[n])
            for n, (kind, part) in qayyum_baselines.BASELINES.items()]
    rows += [(found, n, _SHORT[n], told[n]) for n in RNNS]
    told[REPORTED] = float(np.mean(qayyum.RECALLS))  # the report's own recalls
    return rows + [(found, n, _SHORT[n], told.get(n)) for n in (REPORTED, SMALL, RAW, RAW_SMALL)]


def as_long(found: Found, n: int, corpus: str = CORPUS, protocol: str = "published") -> dict:
    """The changes with which a network has trained as long as the document's; none where it hasn't."""
    which = found.document.longer
    return dict(which) if which and found.records(corpus, protocol=protocol, n=n, **which) else {}


# ---- the paper's rates -------------------------------------------------------------------------------------------


def rates() -> list[dict]:
    """A row an emotion: the paper's rate, and the fewest clips that it can be a share of."""
    from ser_repro import datasets

    counts = datasets.get(CORPUS).emotion_counts
    tested = {emotion: round(count * qayyum.TESTED) for emotion, count in counts.items()}
    return [{"emotion": emotion, "rate": f"{rate:.2f}{NBSP}%", "nearest eighth": f"{round(8 * rate) / 8:.3f}{NBSP}%",
             "fewest clips": qayyum.fewest_clips(rate), "test clips": tested[emotion],
             "clips in SAVEE": counts[emotion]}
            for emotion, rate in zip(qayyum.CLASSES, qayyum.RATES, strict=True)]


def attempts() -> list[dict]:
    """A row a training of its copy that the study's report has."""
    return [{"extraction of MSF": attempt, "corpus": corpus, "with": beside or "—",
             "validation, best": percent(validation, 1) if validation else "not told", "test": percent(test)}
            for attempt, corpus, beside, validation, test in qayyum.ATTEMPTS]


def _about_rates() -> dict[str, str]:
    rows = rates()
    eighths = sum(abs(round(8 * rate) / 8 - rate) <= 0.0051 for rate in qayyum.RATES)
    anger = rows[0]
    return {"anger_rate": anger["rate"], "anger_clips": anger["fewest clips"], "anger_tested": anger["test clips"],
            "anger_all": anger["clips in SAVEE"], "eighths": f"{eighths} of {len(rows)}",
            "impossible": f"{sum(row['fewest clips'] > row['test clips'] for row in rows)} of {len(rows)}",
            "beyond": f"{sum(row['fewest clips'] > row['clips in SAVEE'] for row in rows)} of {len(rows)}",
            "fewest": str(sum(row["fewest clips"] for row in rows))}


# ---- protocols ---------------------------------------------------------------------------------------------------


def protocols_table(page: Page) -> list[dict]:
    """A row a system and normalisation: accuracy on our first draw of the split, other draws, and new speakers."""
    rows = []
    for found, n, name, _ in systems(page):
        for told, changes in (("all clips", {}), ("training clips", qayyum.TRAINING_CLIPS)):
            if n in (RAW, RAW_SMALL) and found is page.found:
                if changes:
                    continue
                told = "not normalised"
            one = found.text(CORPUS, n=n, **changes)
            several = str(found.drawn(CORPUS, n=n, **changes) or NOT_RUN)
            new = found.told(CORPUS, protocol="speaker", n=n, **changes)
            if not changes or {one, several, new} != {NOT_RUN}:
                rows.append({"system": name, "normalised on": told, "our first draw": one, "other draws": several,
                             "new speakers": new})
    return rows


def longer(page: Page) -> str:
    """What training for as long as the study trained is worth to the CNN, in a sentence a corpus and size."""
    told = []
    for corpus, n in _LONGER:
        gained, (own, more) = _longer(page, corpus, n)
        ends = [sorted({records.epochs(record) for folds in seeds for record in folds}) for seeds in (own, more)]
        first, last = (f"{some[0]} to {some[-1]}" if len(some) > 1 else f"{some[0]}" if some else "" for some in ends)
        told.append(f"n = {n} on {corpus}, " + (
            f"ends after {last} epochs instead of {first}: {points(gained)}" if gained else NOT_RUN))
    return (f"With a patience of {qayyum.LONGER['patience']} and up to {qayyum.LONGER['epochs']} epochs, as the study "
            f"has them: {'; '.join(told)}.")


_LONGER = ((CORPUS, SMALL), (CORPUS, REPORTED), ("CREMA-D", REPORTED))


def _longer(page: Page, corpus: str, n: int) -> tuple[Score | None, list]:
    own, more = (page.found.records(corpus, n=n, **changes) for changes in ({}, qayyum.LONGER))
    return on_same_clips((page.found, own), (page.found, more)), [own, more]


def choices_table(page: Page) -> list[dict]:
    """A row a choice that the paper leaves open, of the baselines on MFCC and MSF: mean rate of the classes over draws
    of the split."""
    found, rows = baselines(page).found, []
    for n, choices in ((REGRESSION_BOTH, ({}, {"penalty": 0.0}, {"penalty": 100.0})),
                       (SVM_BOTH, ({}, {"kernel": "linear"}, {"C": 10.0}))):
        for changes in choices:
            told = " and ".join(found.difference(*change) for change in changes.items()) or "as it is"
            rows.append({"baseline": qayyum_baselines.NETWORKS[n], "choice": told, "UAR over draws": found.text(
                CORPUS, protocol=REDRAWN, name="uar", n=n, **changes), "the paper's": percent(
                    qayyum_baselines.RATES[n], 1)})
    return rows


def choices_say(page: Page) -> dict[str, str]:
    """How far the choices move the SVM on MFCC and MSF, and how many of its intervals hold the paper's rate."""
    found = baselines(page).found
    known = [score for changes in ({}, {"kernel": "linear"}, {"C": 10.0})
             if (score := found.score(CORPUS, protocol=REDRAWN, name="uar", n=SVM_BOTH, **changes))]
    if not known:
        return {"choices": NOT_RUN, "choices_hold": NOT_RUN}
    rate = qayyum_baselines.RATES[SVM_BOTH]
    return {"choices": reach([score.value for score in known]),
            "choices_hold": f"{sum(one.has_interval and one.low <= rate <= one.high for one in known)} of {len(known)}"}


def short(page: Page) -> dict[str, str]:
    """How far the paper's systems come out below its rates, where they have been rebuilt: by the mean over draws of the
    split, or by our first one."""
    away = [100 * (claimed - score.value) for found, n, _, claimed in systems(page)
            if claimed and (found is not page.found or n != REPORTED)  # that one is the study's
            and (score := found.drawn(CORPUS, name="uar", n=n) or found.score(CORPUS, name="uar", n=n))]
    below = [one for one in away if one > 0]
    return {"short": f"{len(below)} of {len(away)}" if away else NOT_RUN,
            "short_by": f"{min(below):.1f} to {unit(max(below), 'points', 1)}" if below else NOT_RUN}


def neither(page: Page) -> str:
    """Whether our networks have reached the two numbers, in a sentence."""
    whole = [claim for claim in qayyum.CLAIMS if claim.corpus == CORPUS and (claim.n, claim.score) in (
        (RAW, "uar"), (REPORTED, "accuracy")) and not claim.step]
    scored = {claim.n: page.found.score(CORPUS, name=claim.score, n=claim.n, **as_long(page.found, claim.n))
              for claim in whole}
    reached = [qayyum.NETWORKS[claim.n] for claim in whole if scored[claim.n]
               and scored[claim.n].value >= claim.least]
    waiting = [qayyum.NETWORKS[n] for n, score in scored.items() if score is None]
    told = f"Of the two numbers we have reached that of the {listed(reached)}" if reached else (
        "We have reached neither number")
    return told + (f"; the {listed(waiting)} has not been trained at full size." if waiting else ".")


def on_crema(page: Page) -> str:
    """What MSF add to MFCC on CREMA-D, in the baselines, in words."""
    found = baselines(page).found
    told = [(name, on_same_clips(*((found, found.records("CREMA-D", n=n)) for n in (alone, both))))
            for name, alone, _, both in _ADDED[:2]]
    return "; ".join(f"{name} {points(one)}" for name, one in told if one) or NOT_RUN


def causes(page: Page) -> list[dict]:
    """A row a thing that might part the two numbers, and what was measured of it."""
    told, found = headlines(page), page.found
    between = {(row["change"], row["split"]): points(row["difference"]) for row in between_systems(page)}
    shared, lost = split_name("published"), found.lost(CORPUS, n=SMALL)
    gained = {name: _longer(page, CORPUS, n)[0] for name, n in (("full size", REPORTED), ("small", SMALL))}
    rows = [
        ("features: MSF added to MFCC", "regression and SVM, other draws", told["added_ours"]),
        ("", "regression and SVM, CREMA-D", told["msf_crema"]), ("", "small CNN, first draw", told["added_cnn"]),
        ("features: raw audio instead", "small CNN; that on raw audio is smaller still; first draw",
         between.get((_PAIRS[1][0], shared), NOT_RUN)),
        ("which 80 clips are tested", "SVM, UAR by draw", told["draws"]),
        ("speakers who are heard in training", "small CNN, new instead of shared, on clips that both test",
         points(lost) if lost else NOT_RUN),
        ("normalisation on training clips alone", "CNN, regression, SVM", told["normalised"]),
        ("size of the network", "full instead of a quarter, first draw", between.get((_PAIRS[2][0], shared), NOT_RUN)),
        ("longer training, as in the study", "CNN, first draw",
         "; ".join(f"{name} {points(one)}" for name, one in gained.items() if one) or NOT_RUN),
        ("the paper's CNN at full size", "on raw audio", found.text(CORPUS, name="uar", n=RAW)),
        ("the paper's own split; the study's own extraction of MSF", "not known", "—")]
    return [dict(zip(("what might part them", "measured in", "points of accuracy, or as told"), row, strict=True))
            for row in rows]


def picture(page: Page) -> Figure:
    """Mean rate of the classes: claimed, and ours on our first draw of the split, on other draws, and with new
    speakers."""
    of = systems(page)
    looks = {"claimed": ROLES["claimed"], "ours, our first draw": ROLES["shared speakers"],
             "ours, new speakers": ROLES["new speakers"]}
    figure, axis = plt.subplots(figsize=(plots.WIDTH, 1.1 + 0.5 * len(of)))
    marks = []
    for y, (found, n, _, claimed) in enumerate(of):
        if claimed:
            axis.plot(claimed, y, looks["claimed"].marker, color="black", mfc="white", mew=1.6, ms=7, zorder=4)
        for name, protocol, away in (("ours, our first draw", "published", -0.15),
                                     ("ours, new speakers", "speaker", 0.2)):
            longest = as_long(found, n, protocol=protocol) if n == REPORTED else {}
            if one := found.score(CORPUS, protocol=protocol, name="uar", n=n, **longest):
                marks.append((y + away, name, one))
        if drawn := found.drawn(CORPUS, name="uar", n=n):
            axis.plot(drawn.seeds, [y - 0.32] * len(drawn.seeds), "|", color=BLUE, ms=7, alpha=0.8)
    plots.intervals(axis, marks, looks)
    axis.axvline(1 / len(qayyum.CLASSES), color=ROLES["chance"].colour, ls=ROLES["chance"].line, lw=1.2)
    axis.set_yticks(range(len(of)), [name for _, _, name, _ in of])
    axis.set_ylim(len(of) - 0.4, -0.6)
    axis.set_xlim(0, 1)
    axis.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axis.grid(axis="x", alpha=0.25)
    shown = plots.handles({"claimed": looks["claimed"]}, mfc="white", mew=1.6)
    shown += plots.handles({name: look for name, look in looks.items() if name != "claimed"})
    axis.legend(handles=[*shown, *plots.lines({"guessing": ROLES["chance"]})], loc="lower center", ncols=2,
                bbox_to_anchor=(0.4, 1.0))
    figure.tight_layout()
    return figure


# ---- what differences are worth ----------------------------------------------------------------------------------


_PAIRS = (("RNN instead of the CNN, MFCC+MSF", SMALL, RNN_BOTH), ("raw audio instead of MFCC+MSF, both small", SMALL,
          RAW_SMALL), ("the CNN at full size", SMALL, REPORTED))


@functools.cache
def between_systems(page: Page) -> list[dict]:
    """A row a pair of systems and split: `difference` in accuracy on the same test clips; those that have been run."""
    found, other, rows = page.found, baselines(page).found, []
    pairs = [(name, (found, one), (found, two)) for name, one, two in _PAIRS]
    pairs.append(("SVM instead of the CNN, MFCC+MSF", (found, SMALL), (other, SVM_BOTH)))
    for name, *sides in pairs:
        for protocol in ("published", "speaker"):
            one, two = ((of, of.seeds(CORPUS, protocol=protocol, n=n)) for of, n in sides)
            change = on_same_clips(one, two)
            if change:
                part = next(filter(None, (missing(seeds) for _, seeds in (one, two))), "")
                split = split_name(protocol) + f" ({part})" * bool(part)
                rows.append({"change": name, "split": split, "difference": change,
                             "starts": f"{len(one[1])} and {len(two[1])}"})
    family_ = scores.corrected([row["difference"] for row in rows])
    return [row | {"difference": one} for row, one in zip(rows, family_, strict=True)]


def between_rows(page: Page) -> list[dict]:
    """The same for a reader."""
    return [{"change": row["change"], "split": row["split"], "points gained": points(row["difference"]),
             "p": p_text(row["difference"]), "starts": row["starts"]} for row in between_systems(page)]


def between_family(page: Page) -> str:
    """What the caption says of their number."""
    return family([row["difference"] for row in between_systems(page)])


# System, and its numbers and changes on MFCC alone and on both.
_ADDED = (("regression", 1, {}, 3), ("SVM", 4, {}, 6), ("RNN", qayyum.RNN_MFCC, {}, RNN_BOTH),
          ("CNN, small", SMALL, {"part": "MFCC"}, SMALL))


@functools.cache
def added(page: Page) -> list[dict]:
    """A row a system: points that MSF add to MFCC. `paper`, of its mean rates; `published` and `speaker`, a difference
    in accuracy or None; `draws`, such a difference a draw of the split."""
    rows = []
    for name, alone, changes, both in _ADDED:
        of = page.found if name.startswith(("RNN", "CNN")) else baselines(page).found
        told = qayyum_baselines.RATES if of is not page.found else qayyum.RNN_RATES
        paper = told[both] - told[alone] if alone in told else None
        sides = [{"n": alone} | changes, {"n": both}]
        found = {protocol: on_same_clips(*((of, of.records(CORPUS, protocol=protocol, **which)) for which in sides))
                 for protocol in ("published", "speaker")}
        one, two = (of.by_draw(CORPUS, **which) for which in sides)
        draws = [two[draw] - one[draw] for draw in sorted(one.keys() & two.keys())]
        rows.append({"system": name, "paper": paper, "draws": draws} | found)
    known = [(row, protocol) for row in rows for protocol in ("published", "speaker") if row[protocol]]
    for (row, protocol), one in zip(known, scores.corrected([row[protocol] for row, protocol in known]), strict=True):
        row[protocol] = one
    return rows


def added_rows(page: Page) -> list[dict]:
    """The same for a reader."""
    return [{"system": row["system"], "the paper's": signed(100 * row["paper"]) if row["paper"] is not None else "—",
             "ours, first draw": points(row["published"]) if row["published"] else NOT_RUN,
             "ours, other draws": _over_draws(row["draws"]),
             "ours, new speakers": points(row["speaker"]) if row["speaker"] else NOT_RUN} for row in added(page)]


def _over_draws(draws: list[float]) -> str:
    if not draws:
        return NOT_RUN
    return (f"{signed(100 * np.mean(draws))} (mean of {len(draws)}, {signed(100 * min(draws))} to "
            f"{signed(100 * max(draws))})")


def added_say(page: Page) -> dict[str, str]:
    """What MSF add to MFCC by the paper, and by us, in words."""
    rows = added(page)
    paper = [100 * row["paper"] for row in rows if row["paper"] is not None]
    ours = [f"{row['system']} {signed(100 * np.mean(row['draws']))}" for row in rows if row["draws"]]
    cnn = next(row["published"] for row in rows if row["system"].startswith("CNN"))
    if cnn is None:
        reach = NOT_RUN
    elif not cnn.has_interval:
        reach = f"{points(cnn)}, too few runs to say more"
    else:
        reach = points(cnn)
    differences = [one for row in rows for one in (row["published"], row["speaker"]) if one]
    first = [f"{row['system']} {signed(100 * row['published'].value)}" for row in rows
             if row["published"] and not row["system"].startswith("CNN")]
    return {"added_paper": f"{signed(min(paper))} to {signed(max(paper))} points",
            "added_first": "; ".join(first) or NOT_RUN,
            "added_ours": "; ".join(ours) or NOT_RUN, "added_cnn": reach, "added_family": family(differences)}


def _effects(found: Found, setting: str) -> list[Effect]:
    """What changes of one setting alone are worth."""
    names = {found.difference(setting, value) for value in found.document.settings[setting].others}
    return [one for one in found.effects() if one.corpus == CORPUS and any(
        one.name == name or one.name.startswith(f"{name} (n = ") for name in names)]


def features_say(page: Page) -> str:
    """Whether the modulation features can explain the gap, in a sentence without its end."""
    effects = _effects(page.found, "part")
    if not effects:
        return NOT_RUN
    largest = max(effects, key=lambda one: abs(one.difference.value))
    told = "; ".join(f"{one.name.partition(' (n')[0]} {points(one.difference)}" for one in effects)
    apart = sum(significant(one.difference) for one in effects)
    ends = [abs(end) for one in effects if one.difference.has_interval
            for end in (one.difference.low, one.difference.high)]
    open_ = f", and their intervals reach {unit(100 * max(ends), 'points', 1)}" if ends else ""
    return (f"{told}. {apart or 'None'} of {len(effects)} {'are' if apart > 1 else 'is'} significant; the largest is "
            f"{unit(100 * abs(largest.difference.value), 'points', 1)}{open_}, where the gap is "
            f"{unit(100 * GAP, 'points', 1)}")


def _normalisation(page: Page) -> list[tuple[str, str, scores.Score]]:
    """System, split, and what it is worth to normalise on training clips alone."""
    told = []
    for found in (page.found, baselines(page).found):
        for one in found.effects():
            if one.corpus == CORPUS and one.name.startswith(f"{found.difference('fitted_on', 'training')} (n = "):
                n = int(one.name.rpartition("= ")[2].rstrip(")"))
                system = _SHORT[n] if found is page.found else qayyum_baselines.NETWORKS[n]
                told.append((system, one.where or split_name("published"), one.difference))
    return told


def normalisation_say(page: Page) -> str:
    """What it is worth to normalise on training clips alone, in words."""
    return "; ".join(f"{system}, {split}: {worth(one)}" for system, split, one in _normalisation(page)) or NOT_RUN


def normalisation_brief(page: Page) -> str:
    """How many of these changes are significant, and the lowest and highest."""
    known = [one for *_, one in _normalisation(page)]
    if not known:
        return NOT_RUN
    ends = " to ".join(dict.fromkeys(signed(100 * of(one.value for one in known)) for of in (min, max)))
    apart = sum(map(significant, known))
    return f"{ends}{NBSP}points, of which {apart or 'none'} of {len(known)} {'are' if apart > 1 else 'is'} significant"


def draws_say(page: Page) -> dict[str, str]:
    """How far draws of the split lie apart, and how often a draw of the SVM came to what the paper has of it."""
    found = baselines(page).found
    drawn = {n: score for n in qayyum_baselines.BASELINES
             if (score := found.drawn(CORPUS, name="uar", n=n)) and len(score.seeds) > 1}
    if SVM_BOTH not in drawn:
        return {"draws": NOT_RUN, "reached": NOT_RUN, "first_draw": NOT_RUN}
    svm = drawn[SVM_BOTH]
    own = qayyum_baselines.RATES[SVM_BOTH]
    return {"draws": reach(svm.seeds),
            "first_draw": found.text(CORPUS, name="uar", n=SVM_BOTH),
            "reached": f"{sum(seed >= own for seed in svm.seeds)} of {len(svm.seeds)}"}


def on_cremad(page: Page) -> dict[str, str]:
    """The SVM on MFCC and MSF on CREMA-D, each speaker normalised by all of his clips, or all speakers together by
    those that train; also for the chapter on the CREMA-D study, as a plain method beside its networks."""
    found = baselines(page).found
    return {f"svm{fed}{split}": found.told("CREMA-D", protocol=protocol, n=SVM_BOTH, **changes)
            for fed, changes in (("", {}), ("_together", qayyum.TOGETHER))
            for split, protocol in (("", "published"), ("_speaker", "speaker"))}


@functools.cache  # top and verdict ask
def headlines(page: Page) -> dict[str, str]:
    """What the chapter says in words, key by key."""
    found, other = page.found, baselines(page).found
    told = {"paper": f"{qayyum.MEAN_RATE:.2f}{NBSP}%", "gap": unit(100 * GAP, "points", 1),
            "paper_svm": percent(qayyum_baselines.RATES[SVM_BOTH], 1),
            "reached_uar": percent(float(np.mean(qayyum.RECALLS)), 1), "reached_accuracy": percent(REACHED),
            "margin_60": f"±{unit(100 * margin(REACHED), 'points', 0)}",
            "margin_paper": f"±{unit(100 * margin(qayyum.MEAN_RATE / 100), 'points', 0)}"}
    for n, name in ((REPORTED, "full"), (SMALL, "small"), (RAW, "raw"), (RAW_SMALL, "raw_small"), (RNN_BOTH, "rnn")):
        for protocol in ("published", "speaker"):
            told[f"{name}_{protocol}"] = found.told(CORPUS, protocol=protocol, n=n)
    told["copy"], told["copy_crema"] = (found.told(corpus, n=REPORTED, **as_long(found, REPORTED, corpus))
                                        for corpus in (CORPUS, "CREMA-D"))
    told["longer"] = longer(page)
    for protocol in ("published", REDRAWN, "speaker"):
        told[f"svm_{protocol}"] = other.told(CORPUS, protocol=protocol, n=SVM_BOTH)
    own = other.records(CORPUS, protocol="speaker", n=SVM_BOTH, **qayyum.TRAINING_CLIPS)
    told["svm_speaker_training"] = str(other.score_of(own)) if own else NOT_RUN
    told["crema"] = found.told("CREMA-D", n=REPORTED)
    told["crema_leaky"] = found.told("CREMA-D", n=REPORTED, reduction=qayyum.LEAKY)
    told["crema_together"] = found.told("CREMA-D", n=REPORTED, **qayyum.TOGETHER)
    told["crema_speaker"] = found.told("CREMA-D", protocol="speaker", n=REPORTED)
    for key, rate in (("none", 0.0), ("dropout", 0.5)):
        told[f"crema_{key}"] = found.told("CREMA-D", n=REPORTED, reduction="none", dropout=rate, batch_size=16)
    told |= {f"crema_{key}": value for key, value in on_cremad(page).items()}
    told["paper_both"] = listed([percent(qayyum_baselines.RATES[n], 1) for n in qayyum_baselines.BOTH]
                                + [percent(qayyum.RNN_RATES[RNN_BOTH], 1)])
    seconds, rate = 8, 16_000
    told["multiplications"] = unit(qayyum.multiplications(seconds * rate) / 1e9, "thousand million")
    told["msf_crema"] = on_crema(page)
    told |= choices_say(page) | short(page)
    told["chance"], told["chance_uar"] = percent(page.chance[CORPUS]), percent(1 / len(qayyum.CLASSES), 1)
    told["normalised_brief"], told["neither"] = normalisation_brief(page), neither(page)
    told["parts"], told["normalised"] = features_say(page), normalisation_say(page)
    return told | _about_rates() | draws_say(page) | added_say(page)


def verdict(page: Page) -> list[str]:
    """The lines of the verdict that are this chapter's own."""
    told = headlines(page)
    lines = [f"**The suspicion.** MSF added to MFCC, in the small CNN on our first draw: {told['added_cnn']}. By "
             f"the paper's own table they are worth {told['added_paper']} to its baselines; the gap is {told['gap']}.",
             f"**Normalisation** on training clips alone instead of all: {told['normalised']}.",
             f"**Draws of the split.** The SVM on MFCC and MSF reaches {told['draws']} over draws of the split other "
             f"than our first; {told['reached']} of them came to the {told['paper_svm']} that the paper has of it."]
    raw = page.scored(CORPUS, name="uar", n=RAW)
    lines.append(f"**The paper's CNN** on raw audio at full size: {raw or NOT_RUN}"
                 + ("." if raw else "; it is too large for a CPU, so whether it would reach the paper's rate is open."))
    return lines

