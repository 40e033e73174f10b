"""A saved model: a folder with weights, a card that says all it takes to use them, and the record they belong to.

    from ser_repro.saved import model as saved

    model = saved.load("models/mine")
    model.predict(samples, 44100)       # probabilities by emotion, the most probable one first

`ser-repro train` writes such a folder. Weights are safetensors: loading them runs no code. Features are computed by the
functions that made those of the training.
"""

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from ser_repro import SerReproError, documents, files
from ser_repro.features import arrays, sets
from ser_repro.files import cache_folder
from ser_repro.results import scores as evaluation
from ser_repro.runs import run as runs
from ser_repro.runs import training
from ser_repro.saved import card

WEIGHTS, CARD, RECORD, README = "model.safetensors", "card.json", "record.json", "README.md"
CURVES, CONFUSION = "curves.png", "confusion.png"
FILES = (WEIGHTS, CARD, RECORD, README, CURVES, CONFUSION)
HOW = "`ser-repro train mfcc_cnn RAVDESS --model {}` makes one"

_SAME = 1e-3  # that probabilities of the same weights may differ by on another machine; those of others differ by more


# ---- using one ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Saved:
    """A saved model, ready to predict.

    Attributes
    ----------
    folder : Path
    card : dict
        What `card.json` holds; see `ser_repro.saved.card`.
    network : nn.Module
    """

    folder: Path
    card: dict
    network: nn.Module

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
        wanted = what if arrays.is_waveform(what) else self.card["input"]["definition"].get("sample_rate")
        return min(wanted, self.sample_rate) if isinstance(wanted, int) else self.sample_rate

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
        return training.predict(self.network, one, np.array([0]), batch_size=1)[0]

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

            scaled = samples.astype(np.float32) * np.float32(2**-15 if samples.dtype == np.int16 else 1)
            samples = soxr.resample(scaled, sample_rate, self.sample_rate, quality="VHQ")
        of, key = sets.get(what), key_of(samples, self.sample_rate)
        return arrays.frames(of, of.compute(Clip(samples, self.sample_rate, key=key)))


def _checked(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Samples, shape (time, channel)."""
    samples = np.asarray(samples)
    if not isinstance(sample_rate, int | np.integer) or not 0 < sample_rate < 10**7:
        raise SerReproError(f"a sample rate of {sample_rate!r} is none of audio: give Hz, a whole number.")
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
    if not folder.is_dir():
        state = "is a file" if folder.exists() else "is not there"
        raise SerReproError(f"--model {folder} {state}: give the folder of a saved model; {HOW.format('models/mine')}.")
    if not (folder / CARD).is_file():
        raise SerReproError(f"{folder} holds no saved model (no {CARD}): give the folder of one; "
                            f"{HOW.format('models/mine')}.")
    remedy = "`ser-repro train` with the same words makes it anew"
    try:
        found = json.loads((folder / CARD).read_text(encoding="utf-8"))
        kind, told = found["format"], found["checksum"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SerReproError(f"{folder / CARD} is damaged ({type(error).__name__}): {remedy}.") from None
    if kind != card.FORMAT:
        raise SerReproError(f"{folder / CARD} has format {kind}, this version reads {card.FORMAT}: {remedy}.")
    if told != card.checksum(found):
        raise SerReproError(f"{folder / CARD} was changed after it was written (its checksum differs): {remedy}.")
    try:
        content = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise SerReproError(f"{folder / WEIGHTS} can't be read ({error.strerror}): {remedy}.") from None
    if hashlib.sha256(content).hexdigest() != found["weights"]:
        raise SerReproError(f"{folder / WEIGHTS} is not what {CARD} describes, but damaged or of another model: "
                            f"{remedy}.")
    return Saved(folder, found, _network(found, content, f"{folder}: {remedy}"))


def _network(found: dict, content: bytes, remedy: str) -> nn.Module:
    from safetensors import SafetensorError
    from safetensors.torch import load as parse

    config, what = found["config"], found["input"]["what"]
    if not arrays.is_waveform(what) and sets.get(what).hash != found["input"]["hash"]:
        raise SerReproError(f"this version's features {what} are others than the model was trained on; {remedy}.")
    try:
        network = documents.build(config["document"], config["settings"], len(found["classes"]))
        network.load_state_dict(parse(content))
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise SerReproError(f"the weights do not fit this version's network ({type(error).__name__}); {remedy}."
                            ) from error
    return network.eval()


# ---- making one --------------------------------------------------------------------------------------------------


def obtain(run: runs.Run, waves, *, results: str | Path, data=None, cache=None, device: str = "auto",
           progress=None) -> tuple[dict, Path, bool]:
    """The record of a run, the file of weights that belong to it, and whether they were trained now.

    A stored record is taken where the weights in the cache give its probabilities. It is never replaced: where they do
    not, or are not there, training leaves its own record beside the new weights.

    Parameters
    ----------
    waves : Arrays
        What the run trains on (`runs.inputs`).
    progress : callable(epoch, row), optional

    Raises
    ------
    SerReproError
        As `runs.obtain`, and where settings make a network that can't be trained.
    """
    work = cache_folder(cache) / "runs" / run.hash
    _forget_other_clips(run, waves, work)
    places = [work] if run.synthetic else [Path(results), work]
    for place in places:
        if run.path(place).exists() and (work / "weights.safetensors").exists():
            record = runs.read(run.path(place))
            if _belong(record, work / "weights.safetensors", run, waves):
                return record, work / "weights.safetensors", False
    _refuse_unfit(run, waves)
    stored = run.synthetic or run.path(results).exists()
    try:
        record = runs.obtain(run, mode="train", results=work if stored else results, data=data, cache=cache,
                             device=device, progress=progress)
    except (RuntimeError, ValueError) as error:
        if isinstance(error, SerReproError):
            raise
        raise _unfit(error) from error
    return record, work / "weights.safetensors", True


def _forget_other_clips(run: runs.Run, waves, work: Path) -> None:
    """Drop what was trained on clips that have been mended, added or relabelled since: it must not be gone on with."""
    columns = ["clip", "emotion", "speaker", "sha256"]
    now = hashlib.sha256(waves.clips[columns].to_csv(index=False).encode()).hexdigest()
    mark = work / "clips"
    if mark.exists() and mark.read_text() != now:
        for name in (training.CHECKPOINT, "weights.safetensors"):
            (work / name).unlink(missing_ok=True)
    files.write_atomic(mark, now, remedy="free some room or set --cache to another folder")


def _belong(record: dict, weights: Path, run: runs.Run, waves) -> bool:
    """Whether a record is of these clips as they are now split and labelled, and the weights give its probabilities."""
    of = documents.get(run.document)
    split = of.parts(waves.clips, run.protocol, run.fold)
    emotion = waves.clips.set_index("clip")["emotion"]
    if (record["split_hash"], record["corpus_hash"]) != (split.hash, waves.corpus_hash) or any(
            emotion[clip] != told for clip, _, told, *_ in record["test"]["rows"]):
        return False
    found = {"config": run.config, "classes": record["test"]["classes"],
             "input": {"what": of.inputs(run.values), "hash": record.get("features_hash", "")}}
    try:
        network = _network(found, weights.read_bytes(), "")
    except (SerReproError, OSError):
        return False
    row_of = {clip: row for row, clip in enumerate(waves.clips["clip"])}
    rows = np.array([row_of[row[0]] for row in record["test"]["rows"]])
    again = training.predict(network, waves, rows, batch_size=run.values["batch_size"],
                             carry_state=run.values.get("carry_state", False))
    return bool(np.abs(again - np.array([row[3:] for row in record["test"]["rows"]])).max() < _SAME)


def _refuse_unfit(run: runs.Run, waves) -> None:
    """Find out before the first epoch that settings do not go together."""
    try:
        module = runs.trainer_for(run, waves)
        module.configure_optimizers()
        training.predict(module.model, waves, module.parts["train"][0][:1], batch_size=1)
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, SerReproError):
            raise
        raise _unfit(error) from error


def _unfit(error: Exception) -> SerReproError:
    reason = " ".join(str(error).split())[:200]
    return SerReproError(f"these settings can't be trained on these clips ({reason}): change --set, or leave it out.")


def refuse_foreign(folder: Path) -> None:
    """Raise a SerReproError where saving would overwrite something that is no saved model."""
    if folder.exists() and not folder.is_dir():
        raise SerReproError(f"--model {folder} is a file: give a folder that is not there yet.")
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if names and (CARD not in names or not names <= set(FILES)):
        strange = sorted(names - set(FILES)) or sorted(names)
        raise SerReproError(f"--model {folder} holds {strange[0]!r}, so it is not (only) a saved model and is left "
                            "alone: give a folder that is not there yet.")


def save(record: dict, weights: Path, waves, folder: str | Path, *, results: str | Path) -> dict:
    """Write a saved model, whole or not at all; one that is there already is replaced.

    Parameters
    ----------
    record, weights
        As `obtain` gives them.
    waves : Arrays
        What the run was trained on.
    results : path
        Folder of records, where those with new speakers are looked for.

    Returns
    -------
    dict
        The card.

    Raises
    ------
    SerReproError
        If the folder holds anything else, or can't be written.
    """
    folder = Path(os.path.realpath(os.path.expanduser(folder)))
    refuse_foreign(folder)
    content = weights.read_bytes()
    made = card.seal(card.make(record, waves, results) | {"weights": hashlib.sha256(content).hexdigest()})
    parts = {WEIGHTS: content, CARD: (json.dumps(made, indent=1, ensure_ascii=False) + "\n").encode(),
             README: card.readme(made).encode(), **_pictures(record, made)}
    beside = old = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        beside.chmod(0o755)
        for name, part in parts.items():
            (beside / name).write_bytes(part)
        runs.write(record, beside / RECORD)
        if folder.exists():
            old = folder.parent / f"{beside.name}.old"
            folder.rename(old)
        beside.rename(folder)
    except OSError as error:
        raise SerReproError(f"no model written to {folder} ({error.strerror or error}): free some room or give another "
                            "--model, and start again: what was trained is kept.") from error
    finally:
        if old and old.exists() and not folder.exists():  # stopped between the two
            old.rename(folder)
        for left in filter(None, (beside, old)):
            shutil.rmtree(left, ignore_errors=True)
    return made


def _pictures(record: dict, made: dict) -> dict[str, bytes]:
    from ser_repro.book import plots
    from ser_repro.saved import pictures

    plots.use_style()
    title = f"{made['document']}, {made['corpus']['name']}"
    counts = evaluation.confusion(evaluation.table(record), made["classes"])
    drawn = {CURVES: pictures.curves(record, made["chance"]),
             CONFUSION: plots.confusion([(title, counts, made["classes"])], made["synthetic"])}
    return {name: pictures.content(figure) for name, figure in drawn.items()}
