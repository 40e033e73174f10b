"""Leaks: ways in which a test score can hold more than a model knows of new speech; and those that a split shows.

The taxonomy is that of Kapoor and Narayanan (2023, "Leakage and the reproducibility crisis in machine-learning-based
science", Patterns 4(9), table 1), as far as it applies to recognising emotions in speech. Whether a document has a leak
is told in `ser_repro.documents.leaks`, of a split of one's own in `ser_repro.results.own_split`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

YES, NO, UNKNOWN, NOT_APPLICABLE = "yes", "no", "can't be told", "does not apply"
STATES = (YES, UNKNOWN, NO, NOT_APPLICABLE)
"""What can be said of a leak; of several corpora or folds together, the first of these that holds for one of them."""

PLACES = {
    "L1.1": "no test set",
    "L1.2": "pre-processing on training and test set",
    "L1.3": "feature selection on training and test set",
    "L1.4": "duplicates in datasets",
    "L2": "features that are not legitimate",
    "L3.1": "temporal leakage",
    "L3.2": "dependence between training and test samples",
    "L3.3": "sampling bias in the test distribution",
}
"""The kinds of leakage of Kapoor and Narayanan, by their numbers."""

_SHOWN = 3


@dataclass(frozen=True)
class Leak:
    """One kind of leak.

    Attributes
    ----------
    name, title : str
        As it is typed, and as a reader calls it.
    place : str
        Its kind in the taxonomy, one of `PLACES`.
    meaning : str
        What it is and why it inflates a score, in a sentence.
    column : str
        Column of a table of clips that lets it be found in a split; "" where no split shows it.
    """

    name: str
    title: str
    place: str
    meaning: str
    column: str = ""


LEAKS = {leak.name: leak for leak in (
    Leak("speakers", "speakers", "L3.2", "Test speakers are heard in training, so that a model that knows their voices "
         "scores higher than it would with people it has never heard.", "speaker"),
    Leak("sentences", "sentences", "L3.2", "Test sentences are heard in training, so that only how they are said is "
         "new, and the score does not hold for other words.", "sentence"),
    Leak("identical", "identical samples", "L1.4", "A test clip holds the same samples as a training clip, so that "
         "remembering it is enough to be right.", "path"),
    Leak("recordings", "one recording", "L3.2", "Test and training clips are cut from one recording, so that room, "
         "microphone and mood of that hour can be recognised in place of the emotion.", "recording"),
    Leak("copies", "altered copies", "L1.4", "Copies of a test clip, altered by noise, pitch or speed, are trained on, "
         "because clips were copied before they were split: remembering them is nearly enough.", "source"),
    Leak("fitted", "fitted on all", "L1.2", "A scaler, a selection of features (there L1.3) or a projection (LDA) is "
         "fitted on all clips, so that test clips, and for LDA their labels, shape what the model is given."),
    Leak("statistics", "own statistics", "L1.2", "Features are normalised by the mean and spread of each speaker, test "
         "speakers too, which needs many clips of a person before the first can be answered."),
    Leak("epoch", "epoch by test", "L1.1", "Training is stopped, or its weights are taken, where the test score is "
         "best, so that the score is the largest of many tries and no test of a finished model."),
    Leak("settings", "settings by test", "L1.1", "Features, model or settings are chosen by their test scores, so that "
         "luck with these test clips is counted as skill."),
    Leak("state", "state carried", "L2", "A recurrent network starts a batch with the state in which it left the last "
         "one, so that an answer can rest on other test clips."),
    Leak("order", "test order", "L2", "Test clips are fed class by class to a model whose answer depends on clips fed "
         "with it or before it, so that the neighbours give the class away."),
    Leak("labels", "two labels", "L1.4", "The corpus holds the same samples under two emotions, so that one of them "
         "is always counted wrong; this makes scores uncertain rather than high.", "emotion"),
)}
"""Every leak by its name, in the order of the columns of the matrix."""

IN_SPLIT = tuple(leak.name for leak in LEAKS.values() if leak.column)
"""Those that a split can show by itself; all others lie in how a model is made and tested."""


@dataclass(frozen=True)
class Finding:
    """What is known of one leak.

    Attributes
    ----------
    leak : str
        Name of one of `LEAKS`.
    state : str
        One of `STATES`.
    detail : str
        Why, in a phrase.
    clips, of : int
        Test clips that it concerns, and that were tested; 0 and 0 where it is none of single clips.
    examples : tuple of str
        Pairs of clips, or of what they share.
    basis : str
        What it rests on: "computed", or the place of a fact.
    """

    leak: str
    state: str
    detail: str
    clips: int = 0
    of: int = 0
    examples: tuple[str, ...] = ()
    basis: str = "computed"


def together(findings: Iterable[tuple[str, Finding]]) -> Finding:
    """One finding of several of the same leak: of folds, or of the corpora of a document.

    Parameters
    ----------
    findings : iterable of (name, Finding)
        The name ("EMO-DB", "n = 7") is put before a detail that does not hold for all of them; "" before none.
    """
    findings = list(findings)
    worst = min((one for _, one in findings), key=lambda one: STATES.index(one.state))
    counted = [one for _, one in findings if one.state == worst.state]
    named: dict[str, list[str]] = {}
    for name, one in findings:
        if one.state == worst.state:
            named.setdefault(one.detail, []).append(name)
    everywhere = len(named) == 1 and len(counted) == len(findings)
    details = [detail if everywhere or not any(names) else f"{', '.join(names)}: {detail}"
               for detail, names in named.items()]
    examples = list(dict.fromkeys(example for one in counted for example in one.examples))
    return replace(worst, detail="; ".join(details), clips=sum(one.clips for one in counted),
                   of=sum(one.of for one in counted), examples=tuple(examples[:_SHOWN]),
                   basis="; ".join(dict.fromkeys(one.basis for one in counted)))


# ---- what a split shows ------------------------------------------------------------------------------------------


def in_split(train: pd.DataFrame, validation: pd.DataFrame, test: pd.DataFrame) -> list[Finding]:
    """What one split gives away of its test part to what is trained or chosen by.

    Parameters
    ----------
    train, validation, test : DataFrame
        A row a clip. Column clip; and as far as they are known, "" where they are not, speaker, sentence, recording,
        emotion, source (the clip of which this one is an altered copy) and content (a hash of its samples).

    Returns
    -------
    list of Finding
        One a leak of `IN_SPLIT`, in that order.
    """
    seen = pd.concat([train, validation], ignore_index=True) if len(validation) else train
    parts = "training or validation" if len(validation) else "training"
    return [_common("speakers", "speaker", test, seen, parts), _common("sentences", "sentence", test, seen, parts),
            _identical(test, seen, parts), _common("recordings", "recording", test, seen, parts),
            _copies(test, seen, parts), _two_labels(test, seen)]


def _texts(table: pd.DataFrame, column: str) -> pd.Series:
    """A column as text, "" where it is missing."""
    given = table[column].to_numpy(object) if column in table else np.full(len(table), "", object)
    return pd.Series(np.where(pd.isna(given), "", given), table.index, dtype=object)


def _pairs(test: pd.DataFrame, seen: pd.DataFrame, tested: pd.Series, known: pd.Series) -> tuple[pd.Series, list]:
    """Which test clips share their value with a clip that was seen; and (value, test clip, clip seen) for each value.
    """
    first = dict(zip(known.to_numpy(object)[::-1], seen["clip"].to_numpy(object)[::-1], strict=True))
    first.pop("", None)
    mask = tested.isin(list(first))
    shared = test[mask].assign(value=tested[mask]).drop_duplicates("value")
    return mask, [(value, clip, first[value]) for value, clip in zip(shared["value"], shared["clip"], strict=True)]


def _common(leak: str, column: str, test: pd.DataFrame, seen: pd.DataFrame, parts: str) -> Finding:
    """Of a column whose values must not stand on both sides."""
    tested, known = _texts(test, column), _texts(seen, column)
    if not (tested != "").any() or not (known != "").any():
        return Finding(leak, UNKNOWN, f"no {column} is named", of=len(test))
    mask, pairs = _pairs(test, seen, tested, known)
    unnamed = int((tested == "").sum() + (known == "").sum())
    examples = tuple(f"{column} {value}: {clip} tested, {other} seen" for value, clip, other in pairs[:_SHOWN])
    if pairs:
        return Finding(leak, YES, f"{len(pairs)} of {tested[tested != ''].nunique()} tested {column}s are in {parts} "
                       "too", int(mask.sum()), len(test), examples)
    if unnamed:
        return Finding(leak, UNKNOWN, f"{unnamed} clips name no {column}; no other is shared", of=len(test))
    return Finding(leak, NO, f"no {column} is shared", of=len(test))


def _identical(test: pd.DataFrame, seen: pd.DataFrame, parts: str) -> Finding:
    """Clips that stand in two parts, by their names or by their samples."""
    twice, pairs = _pairs(test, seen, _texts(test, "clip"), _texts(seen, "clip"))
    tested, known = _texts(test, "content"), _texts(seen, "content")
    # Samples that were seen under another emotion give no answer away: they are wrong (`_two_labels`).
    emotions = _texts(test, "emotion"), _texts(seen, "emotion")
    named = all((side != "").all() for side in emotions)
    same, alike = _pairs(test, seen, *(side.where(side == "", side + "\n" + emotion) if named else side
                                       for side, emotion in zip((tested, known), emotions, strict=True)))
    both = twice | same
    examples = [f"{clip} is tested and seen" for _, clip, _ in pairs] + [
        f"{clip} tested, {other} seen: same samples" for _, clip, other in alike if clip != other]
    unheard = int((tested == "").sum() + (known == "").sum())
    if both.any():
        return Finding("identical", YES, f"samples of test clips are in {parts} too", int(both.sum()), len(test),
                       tuple(examples[:_SHOWN]))
    if unheard:
        return Finding("identical", UNKNOWN, f"no name stands on both sides; the samples of {unheard} clips are not "
                       "known", of=len(test))
    return Finding("identical", NO, "no samples are shared", of=len(test))


def _copies(test: pd.DataFrame, seen: pd.DataFrame, parts: str) -> Finding:
    """Altered copies of a clip, or a clip and its copy, on two sides; a copy of a copy counts with the first clip."""
    both = pd.concat([seen, test])
    made_of = {clip: source for clip, source in zip(both["clip"].tolist(), _texts(both, "source").tolist(), strict=True)
               if source}
    if not made_of:
        return Finding("copies", UNKNOWN, "no source of a copy is named", of=len(test))

    def first(clip: str) -> str:
        passed = set()
        while clip in made_of and clip not in passed:
            passed.add(clip)
            clip = made_of[clip]
        return clip

    # A clip that is itself on both sides is no copy of itself (`_identical`).
    seen = seen[~seen["clip"].isin(test["clip"])]
    mask, pairs = _pairs(test, seen, test["clip"].map(first), seen["clip"].map(first))
    examples = tuple(f"{clip} tested, {other} seen: both of {source}" for source, clip, other in pairs[:_SHOWN])
    if pairs:
        return Finding("copies", YES, f"copies of test clips, or what they are copies of, are in {parts}",
                       int(mask.sum()), len(test), examples)
    return Finding("copies", NO, "every copy is on the side of its source", of=len(test))


def _two_labels(test: pd.DataFrame, seen: pd.DataFrame) -> Finding:
    """Clips with the same samples and other emotions, wherever they stand."""
    both = pd.concat([test.assign(tested=True), seen.assign(tested=False)], ignore_index=True)
    emotion, content = _texts(both, "emotion"), _texts(both, "content")
    if not (emotion != "").any():
        return Finding("labels", UNKNOWN, "no emotion is named", of=len(test))
    content = content.where(content != "", "name " + _texts(both, "clip"))
    named = both.assign(emotion=emotion, content=content)[emotion != ""]
    named = named[named["content"].duplicated(keep=False)]
    found = named[named.groupby("content")["emotion"].transform("nunique") > 1] if len(named) else named
    examples = [" and ".join(dict.fromkeys(f"{row.clip} ({row.emotion})" for row in group.itertuples()))
                for _, group in found.groupby("content", sort=False)]
    if examples:
        return Finding("labels", YES, f"samples with two emotions: {len(examples)}", int(found["tested"].sum()),
                       len(test), tuple(examples[:_SHOWN]))
    unheard = int(_texts(both, "content").eq("").sum())
    if unheard:
        return Finding("labels", UNKNOWN, f"the samples of {unheard} clips are not known", of=len(test))
    return Finding("labels", NO, "no samples have two emotions", of=len(test))
