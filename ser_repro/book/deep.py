"""CNN-n-GRU's own search, every trial of it, and what becomes of the deep network when one thing is changed."""

from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter
from scipy.stats import binomtest

from ser_repro.book.palette import BLUE, GREY, ORANGE, PURPLE, RED, ROLES, SKY, Look
from ser_repro.book.plots import WIDTH, guessing
from ser_repro.book.words import listed, percent, power, versus_chance
from ser_repro.documents.cnn_n_gru import SWITCHES
from ser_repro.results import scores
from ser_repro.runs import asha, records
from ser_repro.runs.found import Found

ADAM_EPSILON = 1e-8
BASE = next(iter(SWITCHES))  # nothing changed
_LOOKS = dict(zip(SWITCHES, (Look("#000000", "o"), Look(BLUE, "s", (6, 2)), Look(ORANGE, "^", (5, 1, 1, 1)),
                             Look(SKY, "D", (2, 1)), Look(PURPLE, "v", (1, 1)), Look(RED, "P", (8, 1, 2, 1))),
                  strict=True))


# ---- the document's own search ---------------------------------------------------------------------------------------


def by_order(trial: dict, guess: float) -> bool:
    """Whether only the validation loss was ever below it. Validation clips come sorted by class and the state is
    carried from batch to batch: it can tell the class of the next clips to a network that hears none of them."""
    return bool(np.any(asha.below(trial, "validation", guess))) and not asha.learned(trial, guess)


def begun(made: dict) -> list[dict]:
    """Trials of a search (see `asha.read`) that have an epoch."""
    return [trial for trial in made["trials"] if trial["history"].get("validation_loss")]


def told(made: dict, guess: float) -> dict:
    """A search in words and numbers: trials, how many have begun, have learned, have profited by the order of the
    validation clips alone; the most epochs of any, and how many ended after how many epochs."""
    tried = begun(made)
    stopped = Counter(trial["stopped"] for trial in tried if trial["stopped"])
    return {"trials": len(made["trials"]), "begun": len(tried),
            "learned": sum(asha.learned(one, guess) for one in tried),
            "by_order": sum(by_order(one, guess) for one in tried),
            "epochs": max((len(one["history"]["validation_loss"]) for one in tried), default=0),
            "best": max((max(one["history"]["validation_accuracy"]) for one in tried), default=0.0),
            "over": "winner" in made,
            "stopped": ", ".join(f"{count} after {rung}" for rung, count in sorted(
                stopped.items(), key=lambda item: (isinstance(item[0], str), item[0])))}


def outcome(found: Found, made: dict | None, guess: float) -> str:
    """What a search has come to, in a sentence or two."""
    if not made or not begun(made):
        return "not yet begun."
    told_ = told(made, guess)
    learned_ = {0: "none has learned anything (in none did both losses, of training and of validation clips, fall 1 % "
                   "below that of guessing)",
                1: "one has learned something"}.get(told_["learned"], f"{told_['learned']} have learned something")
    if (record := asha.won(found.folder, made)) is None:
        ended = sum(trial["stopped"] is not None for trial in made["trials"])
        return (f"unfinished. Of its {told_['trials']} trials {ended} have ended, the longest so far has "
                f"{told_['epochs']} epoch{'s' * (told_['epochs'] > 1)}, and {learned_}.{_nearest(made, guess)}")
    alike = scores.table(record)["predicted"].nunique() == 1
    score = found.score_of([[record]])
    reaches = "gives every test clip the same answer" if alike else f"reaches {score} on the test clips"
    return f"of {told_['trials']} trials {learned_}.{_nearest(made, guess)} The chosen one {reaches}."


def _nearest(made: dict, guess: float) -> str:
    """Of a search in which nothing has learned: how many validation clips a trial has named right all the same."""
    tried = [trial["history"] for trial in begun(made)]
    if any(asha.learned(trial, guess) for trial in begun(made)):
        return ""
    best = max(tried, key=lambda history: max(history["validation_accuracy"]))
    epoch = int(np.argmax(best["validation_accuracy"]))
    right, trained = (percent(best[f"{part}_accuracy"][epoch], 1) for part in ("validation", "train"))
    return (f" The best of them named {right} of the validation clips right, but {trained} of its training clips: "
            "validation clips come sorted by emotion, and the state that runs on from batch to batch may give them "
            "away.")


def standing(made: dict | None, guess: float) -> str:
    """What that leaves of the claim."""
    if not made or "winner" not in made:
        return "The claim is open: the search is not whole."
    if told(made, guess)["learned"]:
        return ""
    trials = made["trials"]
    often = percent(binomtest(0, len(trials), alternative="less").proportion_ci(0.95).high)
    short = sum(trial["stopped"] in (1, 2) for trial in trials)
    return ("The public code of 2022, run as it stands with its own search, does not teach this network anything here. "
            f"That does not show that it never can: none of {len(trials)} leaves room for {often} of such trials to "
            f"learn (95 %), and {short} of them were stopped after one epoch or two. Other seeds of the search, and "
            "whatever its authors did besides, are untested.")


def row(found: Found, made: dict, guess: float) -> dict:
    """A search as a row of a table."""
    told_, record = told(made, guess), asha.won(found.folder, made)
    return {"trials begun": f"{told_['begun']} of {told_['trials']}", "learned something": told_["learned"],
            "low loss in validation alone": told_["by_order"],
            "ended, after epochs": told_["stopped"] or "—",
            "best validation accuracy": percent(told_["best"], 1),
            "chosen trial, test": str(found.score_of([[record]])) if record else "not yet chosen"}


def trials(panels: list[tuple[str, dict, float]]) -> Figure:
    """Validation loss of every trial of a search over its epochs, a panel a search.

    Parameters
    ----------
    panels : list of (title, search as `asha.read` gives it, loss of stating class frequencies)
    """
    figure, axes = plt.subplots(len(panels), 1, figsize=(WIDTH, 0.8 + 2.4 * len(panels)), squeeze=False)
    for axis, (title, made, guess) in zip(axes[:, 0], panels, strict=True):
        chance = ROLES["chance"]
        axis.axhline(guess, color=chance.colour, ls=chance.line, lw=1.4, zorder=4)
        for i, trial in enumerate(made["trials"]):
            losses = trial["history"].get("validation_loss", ())
            if not losses:
                continue
            chosen = made.get("winner") == i
            colour, width, order = ((RED, 2.2, 5) if chosen else (BLUE, 1.0, 3) if asha.learned(trial, guess)
                                    else (GREY, 0.8, 2))
            epochs = np.arange(1, len(losses) + 1)
            axis.plot(epochs, np.minimum(losses, 1.6 * guess), color=colour, lw=width, alpha=1 if chosen else 0.75,
                      zorder=order)
            axis.plot(epochs[-1], min(losses[-1], 1.6 * guess), "o", ms=4.5 if chosen else 2.8, color=colour,
                      zorder=order)
        axis.set_xscale("log")
        axis.set_xticks([1, 2, 4, 8, 16, 32, 64, 100], ["1", "2", "4", "8", "16", "32", "64", "100"])
        axis.minorticks_off()
        axis.set(title=title, ylabel="validation loss", xlim=(0.93, 108))
        axis.grid(alpha=0.2)
    axes[-1, 0].set_xlabel("epoch (the dot is a trial's last one)")
    axes[0, 0].legend(handles=[
        Line2D([], [], color=RED, lw=2.2, label="chosen"), Line2D([], [], color=BLUE, label="learned something"),
        Line2D([], [], color=GREY, label="did not"),
        Line2D([], [], color=ROLES["chance"].colour, ls=ROLES["chance"].line, label="class frequencies")],
        loc="lower right", bbox_to_anchor=(1.02, 1.08), ncols=4, columnspacing=1.2, handlelength=1.6)
    figure.tight_layout()
    return figure


# ---- one thing changed at a time -------------------------------------------------------------------------------------


def switched(found: Found) -> dict[str, dict]:
    """Record of each switch that has been run: n = 18 on TESS, shared speakers, reading code."""
    have = {name: found.records("TESS", n=18, **changes) for name, changes in SWITCHES.items()}
    return {name: seeds[0][0] for name, seeds in have.items() if seeds}


def answer(found: Found, runs: dict[str, dict], chance: float) -> str:
    """What the switches say, in a few sentences."""
    if not runs:
        return "Which part keeps it from learning has not been tried yet."
    measured = {name: found.score_of([[record]]) for name, record in runs.items()}
    accuracy = {name: percent(score.value, 1) for name, score in measured.items()}
    stands = {name: versus_chance(score, chance) for name, score in measured.items()}
    hears = {name: where == "above chance" for name, where in stands.items()}
    learn, deaf = ([name for name in runs if hears[name] == wanted and name != BASE] for wanted in (True, False))
    told = []
    if BASE in runs:
        alike = runs[BASE]["probes"]["answer_spread"][-1][0] == 0
        told.append("With learning rate, weight decay and batch size of the code of 2025, and all else of 2022, " + (
            f"it learns ({accuracy[BASE]})." if hears[BASE] else
            f"it answers all clips of a batch alike after {records.epochs(runs[BASE])} epochs and is {stands[BASE]} "
            f"({accuracy[BASE]})." if alike else f"it is {stands[BASE]} ({accuracy[BASE]})."))
    if learn:
        most = max(records.epochs(runs[name]) for name in (*learn, *deaf))
        worked = ", or with ".join(f"{name} ({accuracy[name]})" for name in learn)
        told.append(f"In one run each, of at most {most} epochs, with one thing changed, it learned with {worked}.")
    if deaf:
        same = {name: [other for other in deaf if runs[other]["history"] == runs[name]["history"]] for name in deaf}
        words = [" or with ".join(same[name]) + " (which come to the same training here)" * (len(same[name]) > 1)
                 for name in deaf if name == same[name][0]]
        told.append(f"It did not learn with {', nor with '.join(words)}.")
    if waiting := [name for name in SWITCHES if name not in runs]:
        told.append(f"Not yet tried: {listed(waiting)}.")
    return " ".join(told)


def table(found: Found, runs: dict[str, dict]) -> list[dict]:
    """A row a switch: what its answers and its gradient came to, and its accuracy on the test clips."""
    rows = []
    for name, record in runs.items():
        probes, frame = record["probes"], scores.table(record)
        epochs = records.epochs(record)
        rows.append({
            "changed": name, "epochs": epochs,
            "spread of answers": power(probes["answer_spread"][-1][0]),
            "gradient, layer 1": power(probes["gradient"][-1][0]),
            "kinds of answer": frame["predicted"].nunique(),
            "training": percent(record["history"]["train_accuracy"][-1], 1),
            "test": str(found.score_of([[record]]))})
    return rows


def switches(runs: dict[str, dict], chance: float) -> Figure:
    """Accuracy on validation clips and spread of the answers over the epochs, and each layer's gradient at the end."""
    figure, (top, middle, bottom) = plt.subplots(3, 1, figsize=(WIDTH, 8.2), height_ratios=(1.2, 1, 1))
    least = 1e-16
    for name, record in runs.items():
        look, probes = _LOOKS[name], record["probes"]
        style = {"color": look.colour, "ls": look.line, "marker": look.marker, "ms": 4,
                 "lw": 1.4, "label": name}
        accuracy = record["history"]["validation_accuracy"]
        epochs = np.arange(1, len(accuracy) + 1)
        top.plot(epochs, accuracy, **style)
        middle.semilogy(epochs, np.maximum([one for (one,) in probes["answer_spread"]], least), **style)
        gradient = probes["gradient"][-1]
        bottom.semilogy(np.arange(1, len(gradient) + 1), np.maximum(gradient, least), **style)
    guessing(top, chance)
    top.set_ylim(0, 1.02)
    top.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    top.set(title="accuracy on the validation clips")
    middle.set(title="standard deviation of the answers between clips", xlabel="epoch")
    bottom.axhline(ADAM_EPSILON, color=GREY, ls=":", lw=1)
    bottom.text(18.3, 1.6 * ADAM_EPSILON, "Adam's epsilon", ha="right", fontsize=9, color=GREY)
    bottom.set(title="gradient of the input weights after the last epoch", xlabel="GRU layer",
               xticks=range(1, 19, 3))
    for axis in (top, middle):
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axis in (top, middle, bottom):
        axis.grid(alpha=0.2)
        axis.minorticks_off()
    top.legend(loc="lower center", bbox_to_anchor=(0.45, 1.12), ncols=3, columnspacing=1.2)
    figure.tight_layout()
    return figure


def own_search(found: Found, corpus: str, n: int) -> dict | None:
    """The document's own search on a corpus in reading code, as far as it has been made."""
    return asha.read(found.folder, found.kind(corpus, n=n))
