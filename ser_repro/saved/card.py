"""The card of a saved model: what it takes to use it, and what its user should know, for programs and for people."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from ser_repro import datasets, protocols
from ser_repro.datasets import audio
from ser_repro.escaping import markdown
from ser_repro.features import arrays, sets
from ser_repro.results import confounds, scores
from ser_repro.runs import found, records
from ser_repro.runs.run import Run, settings_of

FORMAT = 4
SYNTHETIC = "synthetic: not a result"

_READINGS = {"code": "as its public code has it, slips included", "paper": "as its text has it"}


def given_away(run: Run, waves) -> confounds.Confounds | None:
    """What the table of the clips of a run gives away of their emotions; None of demo speech, which means nothing.

    How loud a clip is counts where waveforms are trained on: of features it can't be told without the audio.
    """
    if waves.synthetic:
        return None
    clips = waves.clips
    if arrays.is_waveform(run.inputs):
        clips = clips.assign(level_db=[audio.level_db(waves.values[start:start + length])
                                       for start, length in zip(clips["start"], clips["length"], strict=True)])
    return confounds.measure(clips, run.recipe.parts(clips, run.protocol, run.fold))


def make(record: dict, waves, results, known: confounds.Confounds | None = None) -> dict:
    """The card of a run's model, but for the hash of its weights.

    Parameters
    ----------
    record : dict
        Of the run.
    waves : Arrays
        What it was trained on.
    results : path
        Folder of records, where those with new speakers are looked for.
    known : Confounds, optional
        What `given_away` says, where it has been asked already.
    """
    config, run = record["config"], Run.from_config(record["config"])
    known = known or given_away(run, waves)
    of, corpus, what = run.recipe, datasets.get(run.corpus), run.inputs
    trained = waves.clips[waves.clips["clip"].isin(run.split(waves.clips).train)]
    seconds = trained["duration_s"]
    return {
        "format": FORMAT,
        "synthetic": config["synthetic"],
        "document": of.title,
        "run": record["run"],
        "config": config,
        "classes": record["test"]["classes"],
        "input": {
            "what": what,
            "hash": record.get("features_hash", ""),
            "definition": {} if arrays.is_waveform(what) else sets.get(what).definition,
            # Of most clips: what is at another rate is brought to it first.
            "sample_rate": int(trained["sample_rate"].mode()[0]),
        },
        "trained_on": {
            "clips": record["clips"]["train"],
            "seconds": {"shortest": round(float(seconds.min()), 2), "median": round(float(seconds.median()), 2),
                        "longest": round(float(seconds.max()), 2)},
        },
        "corpus": {
            "name": corpus.name, "title": corpus.title, "language": corpus.language, "licence": corpus.licence,
            "home": corpus.home, "speakers": len(set(waves.clips["speaker"]) - {""}), "acted": corpus.table is None,
            "hash": record["corpus_hash"],
        },
        "split_hash": record["split_hash"],
        "scores": _scores(record),
        "new_speakers": None if config["synthetic"] else _new_speakers(record, results),
        "chance": round(float(scores.table(record)["emotion"].value_counts(normalize=True).max()), 5),
        "given_away": known and known.content(),
        "parameters": record["parameters"],
        "epochs": records.epochs(record),
        "versions": record["versions"],
        "device": record["device"],
        "trained": record["finished"],
        "saved": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _numbers(frames: list) -> dict:
    """The three scores of tables of test clips, as fractions with their intervals, and in words."""
    three = [scores.score(frames, name) for name in scores.SCORES]
    return {one.name: {"value": round(one.value, 5), "low": _end(one.low), "high": _end(one.high), "text": str(one)}
            for one in three} | {"clips": three[0].clips, "speakers": len(set(frames[0]["speaker"]) - {""})}


def _end(value: float) -> float | None:
    """An end of an interval; None where there is none."""
    return None if np.isnan(value) else round(value, 5)


def _scores(record: dict) -> dict:
    """Of the run's test clips, as its recipe tests them, and, where that differs, each clip by itself."""
    found = {"as tested": _numbers([scores.table(record)])}
    if "alone" in record["test"].get("conditions", {}):
        found["each clip alone"] = _numbers([_as_predicted(record)])
    return found


def _as_predicted(record: dict) -> pd.DataFrame:
    """Test clips of a record, each by itself, as a saved model takes recordings."""
    alone = "alone" in record["test"].get("conditions", {})
    made = scores.condition(record, "alone") if alone else scores.table(record)
    return made.assign(fold=record["config"]["fold"])


def _new_speakers(record: dict, results) -> dict | None:
    """What the same method reaches with speakers it has not heard, all folds where they have been run; None if none."""
    run = Run.from_config(record["config"])
    epochs = getattr(run.recipe.settings["epochs"], run.reading) if "epochs" in run.values else None
    if not run.changed and run.values.get("epochs") == epochs:
        have = found.Found(run.document, results)
        for whole in (True, False):
            seeds = have.records(run.corpus, run.reading, "speaker", n=run.n, whole=whole)
            if seeds:
                frames = [pd.concat(map(_as_predicted, folds)) for folds in seeds]
                return _numbers(frames) | {"seeds": len(seeds), "folds": len(seeds[0]),
                                          "missing": found.missing(seeds)}
    if run.protocol == "speaker":
        return _numbers([_as_predicted(record)]) | {"seeds": 1, "folds": 1, "missing": "one fold"}
    return None


def seal(card: dict) -> dict:
    """The card with its caution in words, and a checksum of its content."""
    card = card | {"caution": _caution(card)}
    return card | {"checksum": records.checksum(card)}


def _text(numbers: dict, name: str = "accuracy") -> str:
    return numbers[name]["text"]


def _caution(card: dict) -> str:
    """What whoever reads a prediction should know, in a line."""
    if card["synthetic"]:
        return f"{SYNTHETIC}: the model was trained on demo speech, and what it says of a voice means nothing."
    of = card["corpus"]
    speech = f"{'acted ' * of['acted']}speech of {of['speakers'] or 'unnamed'} speakers ({of['name']})"
    known = "" if protocols.get(card["config"]["protocol"]).apart else (
        f" {_text(card['scores'].get('each clip alone', card['scores']['as tested']))} of clips of voices it knows,")
    new = card["new_speakers"]
    part = f" ({new['missing']})" if new and new["missing"] else ""
    told = _given_away(card)
    but = "".join(f" But {line}." for line in (told.cautions() if told else []))
    reaches = f"{_text(new)} with new speakers{part}" if new else "with new speakers not measured"
    if card["config"]["settings"].get("normalised") == "by speaker":
        but += (" These tests normalised each voice by its own clips; a recording by itself is normalised as all "
                "voices together are.")
    return (f"measured on {speech}: right on{known} {reaches}." if known or new else
            f"measured on {speech}; {reaches}.") + but


def _given_away(card: dict) -> confounds.Confounds | None:
    return confounds.from_content(card["given_away"]) if card["given_away"] else None


def _without_listening(told: confounds.Confounds) -> str:
    """The part of the page about what the corpus gives away."""
    rows = "\n".join(f"| {markdown(factor.name)} | {markdown(factor)} |" for factor in told.factors)
    table = f"""How often the emotion of a clip is named right by one thing alone that is known of it, without \
listening (UAR, cross-validated over all clips; guessing gives {100 * told.chance:.1f} %). A model that is not well \
above need have learned no more. How loud and how long clips are belongs to how emotions are spoken, too.

| known | named right |
|---|---|
{rows}

""" if told.factors else ""
    cautions = "".join(f"{markdown(line[0].upper() + line[1:])}.\n\n" for line in told.cautions())
    return f"## What the corpus gives away\n\n{cautions}{table}" if table or cautions else ""


def readme(card: dict) -> str:
    """The card for people, in Markdown."""
    config, of, came = card["config"], card["corpus"], card["input"]
    classes = card["classes"]
    protocol = protocols.get(config["protocol"])
    own = (f"{protocol.title}, fold {config['fold']}" if protocol.apart else
           f"{protocol.title}: voices of the test part are heard in training")
    rows = [(own, card["scores"]["as tested"])]
    if "each clip alone" in card["scores"]:
        rows.append(("the same clips, each by itself, which is how `predict` takes them",
                     card["scores"]["each clip alone"]))
    new = card["new_speakers"]
    if new and not protocol.apart:
        folds = new["missing"] or f"all {new['folds']} folds"
        alone = ", each clip by itself" * ("each clip alone" in card["scores"])
        rows.append((f"new speakers: other trainings of the same method, {folds}{alone}", new))
    table = "\n".join(f"| {title} | {one['clips']} | {_text(one)} | {_text(one, 'uar')} | {_text(one, 'macro_f1')} |"
                      for title, one in rows)
    if new:
        meaning = (f"Of a voice that the model has not heard, expect about {100 * new['accuracy']['value']:.0f} % right"
                   f" where speech is as in {markdown(of['name'])}, and less elsewhere.")
    else:
        meaning = ("How many it names right of a voice that it has not heard was not measured: expect far fewer. "
                   "`ser-repro train ... --protocol speaker` measures it.")
    kind = (f"samples at {came['sample_rate'] if came['what'] == arrays.NATIVE else came['what']} Hz"
            if arrays.is_waveform(came["what"]) else f"feature set `{came['what']}` of samples at "
            f"{came['sample_rate']} Hz")
    settings = "\n".join(f"| `{name}` | {markdown(value)} |" for name, value in settings_of(config).items())
    long = card["trained_on"]["seconds"]
    versions = markdown(", ".join(f"{name} {version}" for name, version in card["versions"].items()))
    title = markdown(card["document"][0].upper() + card["document"][1:])
    banner = f"> **{SYNTHETIC}.** Trained on demo speech, made by a program: no number below says anything.\n\n"
    speech = "acted speech" if of["acted"] else "the speech of the corpus"
    home = f", {markdown(of['home'])}" if of["home"] else ""
    told = _given_away(card)
    curves = "![Accuracy and loss, epoch by epoch](curves.png)\n\n" if card["epochs"] else ""
    return f"""# {title}, trained on {markdown(of['name'])}

{banner if card['synthetic'] else ''}It names one of {len(classes)} emotions for a recording of speech: \
{markdown(', '.join(classes))}. It was made by `ser-repro train` to study what a document claims, \
{_READINGS[config['reading']]}.

## What it is meant for, and what not

Meant for studying the claims of documents on speech emotion recognition: to see what such a model makes of a
recording, where it fails, and what its scores are worth.

Not meant for judging people: not for hiring, schools, policing, borders, insurance, medicine or care, nor for watching
anyone's mood. It has learned how actors play emotions, not what anyone feels, and it errs most with voices, languages
and microphones that it has not heard.

## Scores

| clips | number | accuracy | UAR | macro F1 |
|---|---|---|---|---|
{table}

In square brackets: 95 % intervals, and what they count. Naming the most frequent emotion \
every time is right on {100 * card['chance']:.1f} %. {meaning}

{curves}![Confusion matrix of the test clips](confusion.png)

{_without_listening(told) if told else ''}## Data

{markdown(of['title'])}: {speech}, {of['speakers'] or 'unnamed'} speakers{', ' * bool(of['language'])}\
{markdown(of['language'])}{home}.
Licence of the data: {markdown(of['licence'])}; whether it binds the weights too is not settled, so keep to its terms
with them as well. {card['trained_on']['clips']} clips trained, of {long['shortest']:g} to \
{long['longest']:g} s (median {long['median']:g} s). The clips are not part of this folder.

## Use

    ser-repro predict recording.wav --model this-folder

Input: {kind}. Recordings at other rates are brought to it, with the same code as in training.

## Where it comes from

Run {card['run']}, split {card['split_hash']}, corpus {of['hash'][:16]}, {card['parameters']} parameters, \
trained {card['trained'][:10]} on {markdown(card['device'])}, with \
{versions}. `record.json` holds every epoch and the probabilities of every test clip; `card.json` is this page for \
programs; `model.safetensors` holds the weights.

| setting | value |
|---|---|
{settings}
"""
