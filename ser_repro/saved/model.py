"""A saved model: a folder with weights, a card that says all it takes to use them, and the record they belong to.

    from ser_repro.saved import model as saved

    model = saved.load("models/mine")
    model.predict(samples, 44100)       # probabilities by emotion, the most probable one first

`ser-repro train` writes such a folder. Weights are safetensors: loading them runs no code. Features are computed by the
functions that made those of the training.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ser_repro import SerReproError
from ser_repro.datasets import audio
from ser_repro.features import arrays, sets
from ser_repro.files import digest, read_json, recover, refuse_pointer, whole_folder
from ser_repro.runs import methods, records
from ser_repro.runs.run import settings_of
from ser_repro.saved import card

WEIGHTS, CARD, RECORD, README = "model.safetensors", "card.json", "record.json", "README.md"
CURVES, CONFUSION = "curves.png", "confusion.png"
FILES = (WEIGHTS, CARD, RECORD, README, CURVES, CONFUSION)
HOW = "`ser-repro train mfcc_cnn RAVDESS --model {}` makes one"


# ---- using one ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Saved:
    """A saved model, ready to predict.

    Attributes
    ----------
    folder : Path
    card : dict
        What `card.json` holds; see `ser_repro.saved.card`.
    model : methods.Network or methods.Estimator
    """

    folder: Path
    card: dict
    model: methods.Network | methods.Estimator

    @property
    def classes(self) -> list[str]:
        """Emotions that it tells apart, in the order of its outputs."""
        return self.card["classes"]

    @property
    def sample_rate(self) -> int:
        """Rate in Hz of the clips it was trained on; others are brought to it."""
        return self.card["input"]["sample_rate"]

    @property
    def heard_rate(self) -> int:
        """Rate in Hz of the samples that its network or its features are given in the end."""
        what = self.card["input"]["what"]
        wanted = what if arrays.is_waveform(what) else sets.get(what).definition.get("sample_rate")
        return min(wanted, self.sample_rate) if isinstance(wanted, int) else self.sample_rate

    def given(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
        """What of a recording the network or its features are given, roughly: the first channel or the mean of all,
        without what lies above half of `heard_rate`, and without its constant part, which is no sound.

        Parameters
        ----------
        samples : array, shape (time, channel)

        Returns
        -------
        array of float32, shape (time,)
            At no more than `heard_rate`.
        """
        scaled = audio.as_float(samples)
        one = scaled[:, 0] if arrays.is_waveform(self.card["input"]["what"]) else scaled.mean(axis=1)
        one = one - one.mean()
        if sample_rate > self.heard_rate:
            import soxr

            one = soxr.resample(one, sample_rate, self.heard_rate, quality="MQ")
        return one

    def predict(self, samples: np.ndarray, sample_rate: int) -> dict[str, float]:
        """Probabilities of the emotions, the most probable one first.

        The recording is taken by itself: no neighbours, no state handed on. One at the rate of the training corpus is
        not resampled.

        Parameters
        ----------
        samples : array, shape (time, channel) or (time,)
            int16, or floating point in -1..1. Of several channels what the training takes: their mean, or, for a
            network on raw waveforms, the first.
        sample_rate : int
            In Hz.

        Raises
        ------
        SerReproError
            If there is no sample, one that is not a number, a type or rate that is none of audio, or a recording too
            short for the features.
        """
        found = self.probabilities(samples, sample_rate)
        return {self.classes[i]: float(found[i]) for i in np.argsort(-found, kind="stable")}

    def probabilities(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
        """As `predict`, shape (classes,), in the order of `classes`."""
        values = self._values(_checked(samples, sample_rate), sample_rate)
        one = arrays.Arrays("", pd.DataFrame({"start": [0], "length": [len(values)]}), values, "", False)
        try:
            return self.model.probabilities(one, np.array([0]), batch_size=1)[0]
        except (AttributeError, IndexError, RuntimeError, TypeError, ValueError) as error:  # they fit in name only
            reason = " ".join(str(error).split())[:200]
            raise SerReproError(f"the model in {self.folder} can't be used on {len(samples)} samples ({reason}): give "
                                "a longer recording, or train it again.") from error

    def _values(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
        """What the network is fed, as `arrays.prepare` makes it: samples, or values of shape (frame, values)."""
        what = self.card["input"]["what"]
        if arrays.is_waveform(what):
            values = arrays.waveform(samples, sample_rate, self.sample_rate if what == arrays.NATIVE else what)
            if not len(values):
                raise SerReproError(f"{len(samples)} samples are too short a recording: give some tenths of a second.")
            return values
        from ser_repro.features.clip import Clip, key_of

        if sample_rate != self.sample_rate:
            import soxr

            scaled = audio.as_float(samples)
            samples = soxr.resample(scaled, sample_rate, self.sample_rate, quality="VHQ")
        of, key = sets.get(what), key_of(samples, self.sample_rate)
        return arrays.frames(of, of.compute(Clip(samples, self.sample_rate, key=key)))


def _checked(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Samples, shape (time, channel)."""
    samples = np.asarray(samples)
    if not isinstance(sample_rate, int | np.integer) or sample_rate not in audio.RATES:
        raise SerReproError(f"a sample rate of {sample_rate!r} is none of audio: give Hz, a whole number from "
                            f"{audio.RATES[0]} to {audio.RATES[-1]}.")
    if samples.ndim not in (1, 2) or not samples.size:
        raise SerReproError(f"samples of shape {samples.shape} are no recording: give shape (time,) or (time, "
                            "channel).")
    if samples.dtype != np.int16 and not np.issubdtype(samples.dtype, np.floating):
        raise SerReproError(f"samples of type {samples.dtype} are not taken: give int16, or floating point in -1..1.")
    if samples.dtype != np.int16 and not np.isfinite(samples).all():
        raise SerReproError("samples hold values that are not numbers: read the recording again.")
    return samples.reshape(len(samples), -1)


def load(folder: str | Path) -> Saved:
    """The model that a folder holds.

    Raises
    ------
    SerReproError
        If there is none, or its card or weights are damaged, were changed, or belong to another model or version.
    """
    folder = Path(os.path.expanduser(folder))
    recover(folder)
    if not folder.is_dir():
        state = "is a file" if folder.exists() else "is not there"
        raise SerReproError(f"--model {folder} {state}: give the folder of a saved model; {HOW.format('models/mine')}.")
    if not (folder / CARD).is_file():
        raise SerReproError(f"{folder} holds no saved model (no {CARD}): give the folder of one; "
                            f"{HOW.format('models/mine')}.")
    remedy = "`ser-repro train` with the same words makes it anew"
    found = read_json(folder / CARD, "card", remedy, check=lambda content: (content["format"], content["checksum"]))
    if found["format"] != card.FORMAT:
        raise SerReproError(f"{folder / CARD} has format {found['format']}, this version reads {card.FORMAT}: "
                            f"{remedy}.")
    if found["checksum"] != records.checksum(found):
        raise SerReproError(f"{folder / CARD} was changed after it was written (its checksum differs): {remedy}.")
    from ser_repro.runs import schema

    try:
        schema.check_card(found)
    except ValueError as error:
        raise SerReproError(f"{folder / CARD} can't be right ({error}): {remedy}.") from None
    try:
        content = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise SerReproError(f"{folder / WEIGHTS} can't be read ({error.strerror}): {remedy}.") from None
    refuse_pointer(folder / WEIGHTS, content)
    if digest(content) != found["weights"]:
        raise SerReproError(f"{folder / WEIGHTS} is not what {CARD} describes, but damaged or of another model: "
                            f"{remedy}.")
    config, what = found["config"], found["input"]["what"]
    if not arrays.is_waveform(what) and sets.get(what).hash != found["input"]["hash"]:
        raise SerReproError(f"this version's features {what} are others than the model was trained on; {folder}: "
                            f"{remedy}.")
    model = methods.loaded(config["document"], settings_of(config), len(found["classes"]), content,
                           f"{folder}: {remedy}")
    if model.parameters != found["parameters"]:
        raise SerReproError(f"{folder / CARD} tells of {found['parameters']} parameters, and its model has "
                            f"{model.parameters}: {remedy}.")
    return Saved(folder, found, model)


# ---- making one --------------------------------------------------------------------------------------------------


def refuse_foreign(folder: Path) -> None:
    """Raise a SerReproError where saving would overwrite something that is no saved model."""
    if folder.exists() and not folder.is_dir():
        raise SerReproError(f"--model {folder} is a file: give a folder that is not there yet.")
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if names and (CARD not in names or not names <= set(FILES)):
        strange = sorted(names - set(FILES)) or sorted(names)
        raise SerReproError(f"--model {folder} holds {strange[0]!r}, so it is not (only) a saved model and is left "
                            "alone: give a folder that is not there yet.")


def save(record: dict, weights: Path, waves, folder: str | Path, *, results: str | Path, known=None) -> dict:
    """Write a saved model, whole or not at all; one that is there already is replaced.

    Parameters
    ----------
    record, weights
        As `runs.execution.obtain` gives them.
    waves : Arrays
        What the run was trained on.
    results : path
        Folder of records, where those with new speakers are looked for.
    known : Confounds, optional
        What `card.given_away` says, where it has been asked already.

    Returns
    -------
    dict
        The card.

    Raises
    ------
    SerReproError
        If the folder holds anything else, or can't be written.
    """
    from ser_repro.runs import schema

    folder = Path(os.path.realpath(os.path.expanduser(folder)))
    refuse_foreign(folder)
    content = weights.read_bytes()
    made = card.seal(card.make(record, waves, results, known) | {"weights": digest(content)})
    try:
        schema.check_card(json.loads(json.dumps(made)))
    except ValueError as error:  # it could not be loaded
        raise SerReproError(f"no model written to {folder}: its card can't be right ({error}); what was trained is "
                            "kept.") from None
    parts = {WEIGHTS: content, CARD: (json.dumps(made, indent=1, ensure_ascii=False) + "\n").encode(),
             README: card.readme(made).encode(), RECORD: records.content(record).encode(), **_pictures(record, made)}
    try:
        with whole_folder(folder) as beside:
            for name, part in parts.items():
                (beside / name).write_bytes(part)
    except OSError as error:
        raise SerReproError(f"no model written to {folder} ({error.strerror or error}): free some room or give another "
                            "--model, and start again: what was trained is kept.") from error
    return made


def _pictures(record: dict, made: dict) -> dict[str, bytes]:
    from ser_repro.book import palette, plots
    from ser_repro.results import scores
    from ser_repro.saved import pictures

    palette.use_theme()
    title = f"{made['document']}, {made['corpus']['name']}"
    counts = scores.confusion(scores.table(record), made["classes"])
    drawn = {CONFUSION: plots.confusion(title, counts, made["classes"], made["synthetic"])}
    if record["history"]:
        drawn[CURVES] = pictures.curves(record, made["chance"])
    return {name: pictures.content(figure) for name, figure in drawn.items()}
