"""The model info sheet: what a score's readers must know to trust it, as a file that is filled in and published.

After Kapoor and Narayanan (2023), whose sheet asks the author to argue why each kind of leak is absent; here in the
words of speech, and with what an audit of the split found already written in.
"""

from ser_repro.escaping import markdown
from ser_repro.results.leaks import LEAKS, NO, NOT_APPLICABLE, PLACES, YES, Finding
from ser_repro.results.own_split import Report

_BLANK = "_to be filled in_"
_ASKED = {
    "speakers": "Does anybody speak in both training and test? If so, say that the score is for known speakers.",
    "sentences": "Are the same sentences or words in both? If so, say that the score is for known text.",
    "identical": "Were samples compared across parts, and not file names alone?",
    "recordings": "Are clips of one session, dialogue or video in both?",
    "copies": "Were clips altered or cut into pieces? Before or after the split, and of which parts?",
    "fitted": "What was fitted before the model (scaler, selection of features, PCA, LDA), and on which clips?",
    "statistics": "Were features normalised by speaker? With which clips of a test speaker?",
    "epoch": "What ended training and picked the weights? Name the clips that decided.",
    "settings": "Which features, models, sizes and seeds were tried, and by the score on which clips was one chosen?",
    "state": "Does the model keep a state between batches? Is it reset before each test clip?",
    "order": "Does an answer depend on other clips of the batch (state, padding, batch statistics)? In what order "
             "are test clips fed?",
    "labels": "Are there samples with two emotions in the corpus, and what was done with them?",
}


def sheet(report: Report | None = None) -> str:
    """The sheet as Markdown: empty, or with what an audit found.

    Parameters
    ----------
    report : Report, optional
        Of the split.
    """
    findings = {one.leak: one for one in report.findings} if report else {}
    parts = ", ".join(f"{name} {count}" for name, count in report.counts.items()) if report else _BLANK
    lines = [
        "# Model info sheet: speech emotion recognition", "",
        "A sheet for a model and its score, after Kapoor and Narayanan (2023, Leakage and the reproducibility crisis "
        "in machine-learning-based science, Patterns 4(9)).", "",
        "## What was made", "",
        *_table(("Model and version", ""), ("Authors, contact", ""), ("Code, commit", ""), ("Weights", ""),
                ("Corpora, versions, licences", ""), ("Emotions, and how labels were merged", ""),
                ("Features, or pretrained model and what that was trained on", "")), "",
        "## What is claimed", "",
        *_table(("Score and its definition (accuracy, UAR, macro F1)", ""), ("95 % interval, and what it counts", ""),
                ("Chance (always naming the most frequent emotion)", ""),
                ("Number of trainings (seeds), and whether the best or the mean is given", ""),
                ("For whom the claim holds: known or new speakers, sentences, recordings, language", "")), "",
        "## How clips were split", "",
        *_table(("File of the split", report.name if report else ""), ("Clips", parts),
                ("How it was drawn, with which seed", ""), ("What validation clips were used for", "")), ""]
    if report and report.notes:
        lines += ["Noted by the audit:", "", *(f"- {markdown(note)}" for note in report.notes), ""]
    lines += ["## Leaks", "", "Argue for each why the score does not rest on it. \"Found\" and \"not found\" are of "
              "`ser-repro audit`." if report else "Argue for each why the score does not rest on it.", ""]
    for leak in LEAKS.values():
        lines += [f"### {leak.title.capitalize()} ({leak.place}: {PLACES[leak.place]})", "",
                  f"*The leak*: {leak.meaning}", "", *_audited(findings.get(leak.name)), _ASKED[leak.name], "",
                  _BLANK, ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(*rows: tuple[str, str]) -> list[str]:
    return ["| | |", "|---|---|", *(f"| {name} | {markdown(value) if value else _BLANK} |" for name, value in rows)]


def _audited(one: Finding | None) -> list[str]:
    """What the audit says of a leak."""
    if one is None:
        return []
    if one.state == YES:
        examples = "".join(f" ({'; '.join(one.examples)})" if one.examples else "")
        return [f"**Found**: {one.clips} of {one.of} test clips; {markdown(one.detail + examples)}.", ""]
    known = {NO: "Not found", NOT_APPLICABLE: "Does not apply"}.get(one.state, "Not checked")
    return [f"**{known}**: {markdown(one.detail)}.", ""]
