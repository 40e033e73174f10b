"""A run and the record it leaves.

A record is one JSON file, named by the hash of the run's configuration: configuration, hashes of split and corpus,
versions, device, wall time, history per epoch, and the probabilities of every test clip. Scores are computed from it
(`ser_repro.results.scores`), never stored in its place.
"""

import hashlib
import json
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from filelock import FileLock, Timeout

from ser_repro import SerReproError, __version__, documents, protocols
from ser_repro.features import arrays, sets
from ser_repro.files import cache_folder, write_atomic
from ser_repro.runs import training

FORMAT = 1
RESULTS_REMEDY = ("free some room or set --results to another folder, and start again: the trained weights are kept")
MODES = ("auto", "train", "stored")


@dataclass(frozen=True)
class Run:
    """One recipe, reading, corpus, protocol, fold and seed, with every setting decided.

    Parameters
    ----------
    values : dict
        All settings of the recipe (`documents.settings`), none of them None.
    synthetic : bool
        On the demo corpus: never a result.
    """

    document: str
    reading: str
    corpus: str
    protocol: str
    fold: int
    seed: int
    values: dict = field(hash=False)
    synthetic: bool = False

    def __post_init__(self):
        open_ = [name for name, value in self.values.items() if value is None]
        if open_:
            raise SerReproError(f"{self.document} on {self.corpus}: {', '.join(open_)} not decided; run "
                                "`ser-repro study`, which searches them on validation data, or give them.")

    @property
    def config(self) -> dict:
        names = ("document", "reading", "corpus", "protocol", "fold", "seed")
        return {name: getattr(self, name) for name in names} | {"settings": self.values,
                                                                "synthetic": self.synthetic}

    @property
    def hash(self) -> str:
        return config_hash(self.config)

    @property
    def name(self) -> str:
        """A readable name that ends in the hash."""
        changed = "" if self.values == self.reading_values else "-changed"
        size = f"-n{self.values['n']}" if "n" in self.values else ""
        return (f"{self.corpus.lower()}{size}-{self.reading}{changed}-{self.protocol}-fold{self.fold}-seed{self.seed}"
                f"-{self.hash}")

    @property
    def reading_values(self) -> dict:
        """What the reading says, with this run's searched settings and epochs."""
        free = {name: self.values[name] for name in (*documents.get(self.document).searched, "epochs")}
        return documents.settings(self.document, self.reading, self.corpus, self.values.get("n"), **free)

    @property
    def changed(self) -> dict:
        """Settings in which the run departs from its reading: an ablation's switches."""
        says = self.reading_values
        return {name: value for name, value in self.values.items() if says[name] != value}

    def path(self, results: str | Path) -> Path:
        return Path(results) / self.document / f"{self.name}.json"


def config_hash(config: dict) -> str:
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:12]


# ---- records ---------------------------------------------------------------------------------------------------


def _checksum(record: dict) -> str:
    body = {key: value for key, value in record.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]


def _dumps(record: dict) -> str:
    """JSON with a line a history series and a line a test clip, so that a difference can be read."""
    def block(value, indent):
        pad = " " * indent
        if isinstance(value, dict):
            inner = ",\n".join(f'{pad} {json.dumps(key)}: {block(item, indent + 1)}' for key, item in value.items())
            return f"{{\n{inner}\n{pad}}}"
        if isinstance(value, list) and value and isinstance(value[0], list):
            return "[\n" + ",\n".join(f"{pad} {json.dumps(item)}" for item in value) + f"\n{pad}]"
        return json.dumps(value)
    return block(record, 0) + "\n"


def write(record: dict, path: Path) -> None:
    """Store a record, with a checksum of its content."""
    write_atomic(path, _dumps(record | {"checksum": _checksum(record)}), remedy=RESULTS_REMEDY)


def read(path: str | Path) -> dict:
    """A record, checked.

    Raises
    ------
    SerReproError
        If it is damaged, was changed by hand, or its name is not that of its configuration.
    """
    path = Path(path)
    remedy = "remove it and run `ser-repro study` again"
    try:
        record = json.loads(path.read_text())
        config, checksum = record["config"], record["checksum"]
    except FileNotFoundError:
        raise SerReproError(f"no record {path}: run `ser-repro study` to make it.") from None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise SerReproError(f"record {path} is damaged ({type(error).__name__}): {remedy}.") from None
    if record.get("format") != FORMAT:
        raise SerReproError(f"record {path} has format {record.get('format')}, this version reads {FORMAT}: {remedy}.")
    if checksum != _checksum(record):
        raise SerReproError(f"record {path} was changed after it was written (its checksum differs): {remedy}.")
    if not path.stem.endswith(config_hash(config)):
        raise SerReproError(f"record {path} belongs to another configuration ({config_hash(config)}): {remedy}.")
    return record


def read_all(results: str | Path, document: str) -> list[dict]:
    """All records of a document, in the order of their names."""
    return [read(path) for path in sorted((Path(results) / document).glob("*.json"))]


# ---- making one ------------------------------------------------------------------------------------------------


def versions() -> dict:
    import lightning

    return {"ser_repro": __version__, "python": platform.python_version(), "torch": torch.__version__,
            "lightning": lightning.__version__, "numpy": np.__version__, "pandas": pd.__version__}


def device_name(device: str = "auto") -> str:
    """The accelerator's name, or the CPU's with its threads."""
    if device != "cpu" and torch.cuda.is_available():
        return torch.cuda.get_device_name()
    cpu = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as file:
            cpu = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), cpu)
    except OSError:
        pass
    return f"{cpu}, {torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''}"


def _parts(run: Run, waves) -> tuple[protocols.Split, list[str], dict]:
    """Split, classes in alphabetical order, and (rows, class numbers) of each part."""
    split = documents.get(run.document).parts(waves.clips, run.protocol, run.fold)
    classes = sorted(waves.clips["emotion"].unique())
    row_of = {clip: row for row, clip in enumerate(waves.clips["clip"])}
    target_of = waves.clips["emotion"].map({c: i for i, c in enumerate(classes)}).to_numpy(np.int64)
    parts = {}
    for part in ("train", "validation", "test"):
        rows = np.array([row_of[clip] for clip in getattr(split, part)], np.int64)
        parts[part] = (rows, target_of[rows])
    return split, classes, parts


def trainer_for(run: Run, waves, *, progress=None) -> training.Training:
    """Untrained model of a run, drawn from its seed, with the clips it trains on and those it is watched on."""
    _, classes, parts = _parts(run, waves)
    torch.manual_seed(run.seed)
    model = documents.build(run.document, run.values, len(classes))
    watched = "validation" if len(parts["validation"][0]) else "test"
    return training.Training(documents.get(run.document), model, run.values, waves,
                             {part: parts[part] for part in ("train", watched)}, run.seed, progress)


def execute(run: Run, waves, *, work: str | Path, device: str = "auto", progress=None) -> dict:
    """Train (or resume), test, and return the record.

    Parameters
    ----------
    waves : Arrays
        The corpus as the recipe takes it.
    work : path
        Folder for checkpoints, kept for a resume until the record is stored.
    progress : callable(epoch, row), optional
    """
    split, classes, parts = _parts(run, waves)
    module = trainer_for(run, waves, progress=progress)
    training.fit(module, work, epochs=run.values["epochs"], device=device)
    on = next(module.model.parameters()).device
    what = documents.get(run.document).inputs(run.values)
    return {
        "format": FORMAT,
        "run": run.name,
        "config": run.config,
        "split_hash": split.hash,
        "corpus_hash": waves.corpus_hash,
        "features_hash": "" if arrays.is_waveform(what) else sets.get(what).hash,
        "clips": {part: len(rows) for part, (rows, _) in parts.items()},
        "parameters": sum(p.numel() for p in module.model.parameters()),
        "versions": versions(),
        "device": device_name("cpu" if on.type == "cpu" else device),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "train_seconds": round(module.seconds, 1),
        "history": {key: [round(float(row[key]), 5) for row in module.history] for key in module.history[0]},
        "test": _test(run, waves, split, classes, parts["test"], module.model, on),
    }


def _test(run: Run, waves, split, classes, part, model, device) -> dict:
    """Probabilities of the test clips as the recipe tests them, and predictions under other conditions.

    Conditions, for a recipe whose prediction can depend on more than the clip: `state_reset` (same batches, the GRU
    starts each from zeros), `shuffled` (state carried, clips in random order), `alone` (each clip by itself: no
    state, no neighbour, no padding).
    """
    rows, _ = part
    rng = np.random.default_rng(run.seed)
    order, told = np.arange(len(rows)), "as split"
    if "class_sorted_test" in run.values:  # its splits are sorted by class
        told = "class-sorted" if run.values["class_sorted_test"] else "shuffled"
        order = order if run.values["class_sorted_test"] else rng.permutation(len(rows))
    size, carry = run.values["batch_size"], run.values.get("carry_state", False)

    def probabilities(order, **options):
        out = np.empty((len(rows), len(classes)))
        options = {"batch_size": size, "carry_state": carry} | options
        out[order] = training.predict(model, waves, rows[order], device=device, **options)
        return out

    own = probabilities(order)
    clips = waves.clips.iloc[rows]
    table = [[clip, speaker, emotion, *(round(float(p), 5) for p in row)]
             for clip, speaker, emotion, row in zip(clips["clip"], clips["speaker"], clips["emotion"], own,
                                                    strict=True)]
    conditions = {}
    if carry:
        conditions["state_reset"] = probabilities(order, carry_state=False)
        conditions["shuffled"] = probabilities(rng.permutation(len(rows)))
    if carry or not run.values.get("mask_padding", True):
        conditions["alone"] = probabilities(order, batch_size=1, carry_state=False)
    weights = {}
    if hasattr(model, "weights"):  # of each clip, how much each of its steps counts
        given = training.attention(model, waves, rows[order], batch_size=size, device=device)
        weights = {"attention": [[round(float(weight), 4) for weight in clip] for clip in given]}
    return {
        "classes": classes,
        "order": told,
        "columns": ["clip", "speaker", "emotion", *(f"p({c})" for c in classes)],
        "rows": [table[i] for i in order],  # as fed, so that the last incomplete batch can be told
        "conditions": {name: p.argmax(1)[order].tolist() for name, p in conditions.items()},
    } | weights


def obtain(run: Run, *, mode: str = "auto", results: str | Path = "results", data=None, cache=None,
           device: str = "auto", progress=None) -> dict:
    """The record of a run: stored, or made now.

    Parameters
    ----------
    mode : "auto", "train" or "stored"
        `auto` takes the stored record where there is one and trains otherwise; `train` trains in any case.
    progress : callable(epoch, row), optional

    Raises
    ------
    SerReproError
        For an unknown mode, a missing record (`stored`), a missing corpus or a missing GPU.
    """
    if mode not in MODES:
        raise SerReproError(f"no mode {mode!r}: choose one of {', '.join(MODES)}.")
    path = run.path(results)
    if mode == "stored" or (mode == "auto" and path.exists()):
        return read(path)
    training.check_device(device)
    waves = inputs(run, data=data, cache=cache)
    refuse_demo(waves, run.synthetic)
    work = cache_folder(cache) / "runs" / run.hash
    work.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(work / "lock", timeout=0):
            record = execute(run, waves, work=work, device=device, progress=progress)
            write(record, path)
            save_weights(work)
    except Timeout:
        raise SerReproError(f"run {run.name} is being trained by another process: wait for it.") from None
    return record


def refuse_demo(waves, synthetic: bool) -> None:
    """Raise a SerReproError where a run that is not called synthetic would rest on demo speech."""
    if waves.synthetic and not synthetic:
        raise SerReproError(f"the {waves.corpus} at hand is demo speech, whose runs are no results: run `ser-repro "
                            f"prepare {waves.corpus}` on the real corpus first.")


def inputs(run: Run, *, data=None, cache=None, progress=None):
    """The arrays a run trains on: made from the audio where that is on this machine, else as they were prepared."""
    from ser_repro import datasets

    what = documents.get(run.document).inputs(run.values)
    known = datasets.CORPORA.get(run.corpus)
    if known is not None and known.table is not None:  # the user's own: its labels may have been mended since
        return arrays.prepare(run.corpus, what, data=data, cache=cache, progress=progress)
    try:
        return arrays.load(run.corpus, what, cache=cache)
    except SerReproError:  # none, or damaged
        if run.corpus not in datasets.available(data):
            raise
    return arrays.prepare(run.corpus, what, data=data, cache=cache, progress=progress)


def save_weights(work: Path) -> None:
    """Leave the weights as `weights.safetensors`, and drop the checkpoint, which is three times as large."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    state = torch.load(work / training.CHECKPOINT, map_location="cpu", weights_only=False)["state_dict"]
    beside = work / "weights.new"
    try:
        save_file({name.removeprefix("model."): value.contiguous() for name, value in state.items()}, beside)
        beside.replace(work / "weights.safetensors")
    except (OSError, SafetensorError) as error:
        beside.unlink(missing_ok=True)
        raise SerReproError(f"weights not written to {work}: {' '.join(str(error).split())}; the record is stored and "
                            f"{training.CHECKPOINT} there holds the weights: free some room.") from error
    (work / training.CHECKPOINT).unlink()
