"""From a run to its record. `obtain` decides between the stored record and training.

Whether a chapter falls back on the demo corpus is decided in `ser_repro.book.page.obtain`; which runs of the study are
left to make, in `ser_repro.runs.study`.
"""

import contextlib
import importlib.metadata
import os
import platform
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from ser_repro import SerReproError, __version__, datasets, protocols
from ser_repro.features import arrays, sets
from ser_repro.files import cache_folder, one_of, write_atomic
from ser_repro.results import scores
from ser_repro.runs import methods, records, schema
from ser_repro.runs.run import Run

MODES = ("auto", "train", "stored")
WEIGHTS = "weights.safetensors"
_SAME = 1e-3  # that probabilities of the same weights may differ by on another machine; those of others differ by more


@dataclass(frozen=True)
class Obtained:
    """A record, and the file of the weights that belong to it where those were asked for."""

    record: dict
    weights: Path | None = None
    fresh: bool = False  # trained now


# ---- making a record ---------------------------------------------------------------------------------------------


def versions(libraries: tuple[str, ...]) -> dict:
    """Of the package, Python and what trains."""
    return {"ser_repro": __version__, "python": platform.python_version()} | {
        name: importlib.metadata.version(name) for name in libraries}


def device_name(device) -> str:
    """The accelerator's name, or the CPU's with its threads."""
    kind = getattr(device, "type", device)
    if kind == "cuda":
        import torch

        return torch.cuda.get_device_name()
    if kind == "mps":
        return "Apple GPU (MPS)"
    cpu, threads = platform.processor() or platform.machine(), 1
    try:
        with open("/proc/cpuinfo") as file:
            cpu = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), cpu)
    except OSError:
        pass
    if kind != device:  # torch's
        import torch

        threads = torch.get_num_threads()
    return f"{cpu}, {threads} thread{'s' if threads > 1 else ''}"


def parts_of(run: Run, waves) -> tuple[protocols.Split, list[str], dict]:
    """Split, classes in alphabetical order, and (rows, class numbers) of each part."""
    split = run.split(waves.clips)
    classes = sorted(waves.clips["emotion"].unique())
    row_of = {clip: row for row, clip in enumerate(waves.clips["clip"])}
    target_of = waves.clips["emotion"].map({c: i for i, c in enumerate(classes)}).to_numpy(np.int64)
    parts = {}
    for part in ("train", "validation", "test"):
        rows = np.array([row_of[clip] for clip in getattr(split, part)], np.int64)
        parts[part] = (rows, target_of[rows])
    return split, classes, parts


def to_train_on(run: Run, waves, others: dict):
    """The clips that a run trains on: of its corpus, or of several together (`arrays.pooled`)."""
    if not run.joined:
        return waves
    return arrays.pooled([waves, *(others[corpus] for corpus in run.joined)], [others[one] for one in run.tested])


def untrained(run: Run, n_classes: int) -> methods.Network | methods.Estimator:
    """The model of a run before it is trained, drawn from its seed."""
    return methods.of(run.recipe)(run.recipe, run.values, n_classes, run.seed)


def _with_copies(run: Run, waves, parts: dict, copies: list) -> tuple:
    """What the model is trained on, and the parts of it: altered copies come behind the training clips."""
    if not copies:
        return waves, parts
    if any(one.clips["clip"].tolist() != waves.clips["clip"].tolist() for one in copies):
        raise SerReproError(f"altered copies of {run.corpus} are not of the clips at hand: run `ser-repro prepare "
                            f"{run.corpus}` again.")
    copied = [parts[part] for part in run.recipe.copies(run.values).parts]
    rows, targets = (np.concatenate([part[side] for part in copied]) for side in (0, 1))
    behind = [rows + place * len(waves.clips) for place in range(1, len(copies) + 1)]
    train = (np.concatenate([parts["train"][0], *behind]),
             np.concatenate([parts["train"][1], np.tile(targets, len(copies))]))
    return arrays.joined(waves, *copies), parts | {"train": train}


def execute(run: Run, waves, *, others: dict | None = None, copies: list | None = None, work: str | Path,
            device: str = "auto", progress=None) -> dict:
    """Train (or resume), test, and return the record; the weights are left in `work`.

    Parameters
    ----------
    waves : Arrays
        What trains, as the recipe takes it (`to_train_on`).
    others : dict
        Corpus -> Arrays, of those that the run is tested on besides.
    copies : list of Arrays
        Altered copies of the corpus that are trained on besides.
    work : path
        Folder for checkpoints, kept for a resume until the record is stored.
    progress : callable(epoch, row), optional
    """
    split, classes, parts = parts_of(run, waves)
    model = untrained(run, len(classes))
    model.fit(*_with_copies(run, waves, parts, copies or []), work=Path(work), device=device, progress=progress)
    what = run.inputs
    found = {
        "format": records.FORMAT,
        "run": run.name,
        "config": run.config,
        "split_hash": split.hash,
        "corpus_hash": waves.corpus_hash,
        "arrays_checksum": waves.checksum,
        "features_hash": "" if arrays.is_waveform(what) else sets.get(what).hash,
        "clips": {part: len(rows) for part, (rows, _) in parts.items()},
        "parameters": model.parameters,
        "versions": versions(model.libraries),
        "device": device_name(model.device),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "train_seconds": round(model.seconds, 1),
        "history": {key: [round(float(row[key]), 5) for row in model.history] for key in (model.history or [{}])[0]},
    }
    if model.probes:
        found["probes"] = {name: [row[name] for row in model.probes] for name in model.probes[0]}
    if len(parts["test"][0]):
        found["test"] = _test(run, waves, classes, parts["test"][0], model)
    if run.tested:
        found["tested"] = {corpus: _elsewhere(run, corpus, others[corpus], classes, model, waves, parts["train"][0])
                           for corpus in run.tested}
    write_atomic(Path(work) / WEIGHTS, model.dump(), remedy="free some room or set --cache to another folder, and "
                                                            "start again: nothing is lost")
    return found


def _table(clips, probabilities: np.ndarray) -> list[list]:
    return [[clip, speaker, emotion, *(round(float(p), records.DIGITS) for p in row)]
            for clip, speaker, emotion, row in zip(clips["clip"], clips["speaker"], clips["emotion"], probabilities,
                                                   strict=True)]


def _columns(classes: list[str]) -> list[str]:
    return ["clip", "speaker", "emotion", *(f"p({c})" for c in classes)]


def _test(run: Run, waves, classes: list[str], rows: np.ndarray, model) -> dict:
    """Probabilities of the test clips as the recipe tests them, and predictions under its other conditions."""
    rng = np.random.default_rng(run.seed)
    feedings = run.recipe.feedings(run.values)
    own = feedings.pop("")
    order = rng.permutation(len(rows)) if own.order == "shuffled" else np.arange(len(rows))

    def probabilities(feeding, order):
        out = np.empty((len(rows), len(classes)))
        out[order] = model.probabilities(waves, rows[order], feeding)
        return out

    table = _table(waves.clips.iloc[rows], probabilities(own, order))
    conditions = {}
    for name, feeding in feedings.items():
        drawn = rng.permutation(len(rows)) if feeding.order == "shuffled" and own.order != "shuffled" else order
        conditions[name] = probabilities(feeding, drawn).argmax(1)[order].tolist()
    given = model.attention(waves, rows[order])
    weights = {} if given is None else {
        "attention": [[round(float(weight), 4) for weight in clip] for clip in given]}
    return {
        "classes": classes,
        "order": own.order,
        "columns": _columns(classes),
        "rows": [table[i] for i in order],  # as fed, so that the last incomplete batch can be told
        "conditions": conditions,
    } | weights


def _elsewhere(run: Run, corpus: str, waves, classes: list[str], model, trained, heard: np.ndarray) -> dict:
    """Probabilities of the clips of another corpus whose emotions the model knows, in the order of their ids, no state
    carried between batches. Ids begin with the corpus's name, as two corpora may each have a speaker "03", who is also
    for a normaliser by speaker not the one who trained.

    Where a clip is one vector of values, also which of the emotions of both corpora is named once the values of these
    clips are adapted (`arrays.adapted`) to those clips of `trained` that were `heard`: condition `scores.ADAPTED`.
    """
    waves = replace(waves, clips=datasets.renamed(waves.clips, set(waves.clips["emotion"])))
    rows = np.flatnonzero(waves.clips["emotion"].isin(classes))
    if not len(rows):
        raise SerReproError(f"{corpus} has no emotion in common with {run.corpus}: test on another corpus.")
    found = {"corpus_hash": waves.corpus_hash, "arrays_checksum": waves.checksum, "classes": classes,
             "columns": _columns(classes),
             "rows": _table(waves.clips.iloc[rows], model.probabilities(waves, rows))}
    if waves.is_vectors:
        here = np.flatnonzero(np.isin(classes, waves.clips["emotion"].iloc[rows]))
        named = model.probabilities(arrays.adapted(replace(waves, clips=waves.clips.iloc[rows]), trained, heard),
                                    np.arange(len(rows)))
        found["conditions"] = {scores.ADAPTED: here[named[:, here].argmax(1)].tolist()}
    return found


def make(run: Run, waves, *, others: dict, copies: list | None = None, work: Path, device: str = "auto",
         progress=None) -> dict:
    """The record of a run from its arrays alone: what a worker computes, and whoever asked for it stores.

    As `execute`, but what goes wrong is one line, and so is a record that can't be right.

    Raises
    ------
    SerReproError
        If its settings can't be trained on these clips, or what they make is no record.
    """
    with _in_one_line():
        record = execute(run, waves, others=others, copies=copies, work=work, device=device, progress=progress)
    try:
        schema.check_record(record)
    except ValueError as error:
        raise SerReproError(f"record {run.name} can't be right, and is not written ({error}): look at its settings, "
                            f"and whether `ser-repro corpora check {run.corpus}` finds a fault.") from None
    return record


@contextlib.contextmanager
def _in_one_line(*more: type[Exception]):
    """Say in one line what ended a training."""
    try:
        yield
    except (RuntimeError, ValueError, MemoryError, *more) as error:
        from ser_repro.runs.training import failure

        raise failure(error) from error


# ---- inputs ------------------------------------------------------------------------------------------------------


def inputs(run: Run, corpus: str | None = None, *, what: str | None = None, data=None, cache=None, progress=None):
    """The arrays a run trains on, or is tested on (or others of these clips): made from the audio where that is on this
    machine, else as they were prepared."""
    corpus, what = corpus or run.corpus, what or run.inputs
    known = datasets.CORPORA.get(corpus)
    own = known is not None and known.table is not None  # has its audio with it
    if own or corpus in datasets.available(data):  # the audio or its labels may have changed since
        return arrays.prepare(corpus, what, data=data, cache=cache, progress=progress)
    return arrays.load(corpus, what, cache=cache)


def plain_inputs(run: Run, corpus: str | None = None, *, what: str | None = None, data=None, cache=None):
    """As `inputs`, the values a plain view of the mapped file: sent on, they travel as memory, not as a file's name."""
    waves = inputs(run, corpus, what=what, data=data, cache=cache)
    return replace(waves, values=np.asarray(waves.values))


def refuse_demo(waves, synthetic: bool) -> None:
    """Raise a SerReproError where a run that is not called synthetic would rest on demo speech."""
    if waves.synthetic and not synthetic:
        raise SerReproError(f"the {waves.corpus} at hand is demo speech, whose runs are no results: run `ser-repro "
                            f"prepare {waves.corpus}` on the real corpus first.")


def real(data=None) -> list[str]:
    """Corpora of real speech on this machine."""
    if not (data or os.environ.get("SER_REPRO_DATA")):
        return []
    return [name for name in datasets.available(data) if not datasets.is_synthetic(data, name)]


def _prepared(run: Run, cache) -> bool:
    """Whether arrays of real speech are in the cache. Damaged ones count: training says so."""
    try:
        return not arrays.load(run.corpus, run.inputs, cache=cache).synthetic
    except SerReproError:
        return (arrays.folder_of(run.corpus, run.inputs, cache) / "meta.json").exists()


def at_hand(run: Run, *, data=None, cache=None) -> bool:
    """Whether a run can be trained on real speech here."""
    return run.corpus in real(data) or _prepared(run, cache)


def on_demo(run: Run, cache=None) -> tuple[Run, dict]:
    """The run on the demo corpus, made short, and where its files are kept apart from those of real speech."""
    from ser_repro.datasets import demo

    apart = cache_folder(cache) / "demo"
    for corpus in (run.corpus, *run.others):
        demo.write_demo(corpus, apart / "corpora" / corpus)
    return (replace(run.with_values(**run.recipe.demo), synthetic=True),
            {"data": apart / "corpora", "cache": apart, "results": apart / "results"})


# ---- stored, or made now -----------------------------------------------------------------------------------------


def obtain(run: Run, *, mode: str = "auto", results: str | Path = "results", data=None, cache=None,
           device: str = "auto", progress=None, waves=None, weights: bool = False) -> Obtained:
    """The record of a run: stored, or made now.

    Parameters
    ----------
    mode : "auto", "train" or "stored"
        `auto` takes the stored record where there is one and trains otherwise; `train` trains in any case.
    progress : callable(epoch, row), optional
    waves : Arrays, optional
        What it trains on, where that has been read already.
    weights : bool
        The weights are wanted too. A stored record is then taken only where it is of these arrays and weights in the
        cache give its probabilities. It is never replaced: where not, training leaves its own record beside the new
        weights.

    Raises
    ------
    SerReproError
        For an unknown mode, a missing record (`stored`), a missing corpus, a missing GPU, or settings that make a
        model that can't be trained.
    """
    one_of(mode, MODES, "mode")
    path, work = run.path(results), work_folder(cache, run)
    if mode == "stored" or (mode == "auto" and path.exists() and not weights):
        return Obtained(records.read(path))
    check_device(run, device)
    waves = waves or inputs(run, data=data, cache=cache)
    refuse_demo(waves, run.synthetic)
    others = {corpus: inputs(run, corpus, data=data, cache=cache) for corpus in run.others}
    copies = [inputs(run, what=what, data=data, cache=cache) for what in run.recipe.copies(run.values).sets]
    for other in (*others.values(), *copies):
        refuse_demo(other, run.synthetic)
    waves = to_train_on(run, waves, others)
    work.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(work / "lock", timeout=0):
            if weights and mode == "auto":
                for place in [work] if run.synthetic else [Path(results), work]:
                    if run.path(place).exists() and (work / WEIGHTS).exists():
                        record = records.read(run.path(place))
                        if _belong(record, work / WEIGHTS, run, waves):
                            return Obtained(record, work / WEIGHTS)
            if weights:
                _refuse_unfit(run, waves)
                path = run.path(work if run.synthetic or path.exists() else results)
            record = make(run, waves, others=others, copies=copies, work=work, device=device, progress=progress)
            store(record, path, work)
    except Timeout:
        raise SerReproError(f"run {run.name} is being trained by another process: wait for it.") from None
    return Obtained(record, work / WEIGHTS, fresh=True)


def work_folder(cache, run: Run) -> Path:
    """Where a run keeps its checkpoint and weights."""
    return cache_folder(cache) / "runs" / run.hash


def store(record: dict, path: Path, work: Path) -> None:
    """Write a record that was made, and drop its checkpoint, which is three times as large as the weights."""
    records.write(record, path)
    (work / methods.CHECKPOINT).unlink(missing_ok=True)


def check_device(run: Run, device: str) -> None:
    """Refuse a GPU where there is none, before anything else is done; an estimator needs none."""
    if not run.recipe.is_estimator:
        from ser_repro.runs.training import device_of

        device_of(device)


def _belong(record: dict, weights: Path, run: Run, waves) -> bool:
    """Whether a record is of these clips as they are now split and labelled, and the weights give its probabilities."""
    made_of = (record["split_hash"], record["corpus_hash"],
               record.get("arrays_checksum", waves.checksum))  # which older records lack
    if "test" not in record or made_of != (run.split(waves.clips).hash, waves.corpus_hash, waves.checksum):
        return False
    known = set(waves.clips[["clip", "speaker", "emotion"]].itertuples(index=False, name=None))
    if not known.issuperset(tuple(row[:3]) for row in record["test"]["rows"]):
        return False
    row_of = {clip: row for row, clip in enumerate(waves.clips["clip"])}
    rows = np.array([row_of[row[0]] for row in record["test"]["rows"]])
    try:
        model = methods.loaded(run.document, run.values, len(record["test"]["classes"]), weights.read_bytes(), "")
        again = model.probabilities(waves, rows, run.recipe.feedings(run.values)[""])
    except (SerReproError, OSError, ValueError, IndexError, TypeError, AttributeError):  # weights of something else
        return False
    return bool(np.abs(again - np.array([row[3:] for row in record["test"]["rows"]])).max() < _SAME)


def _refuse_unfit(run: Run, waves) -> None:
    """Find out before the first epoch that settings do not go together."""
    with _in_one_line(AttributeError, KeyError, TypeError):
        _, classes, parts = parts_of(run, waves)
        model = untrained(run, len(classes))
        if not run.recipe.is_estimator:
            run.recipe.optimiser(model.module.parameters(), run.values)
            model.fit_transform(waves, parts)
            model.probabilities(waves, parts["train"][0][:1], batch_size=1)
