"""The two ways in which a recipe becomes a model that predicts: a network trained by gradient, an estimator fitted at
once. Both fit, predict, and are stored in a form that loads without running code.

`of(document)` tells which one a document takes (`Document.is_estimator`).
"""

import functools
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ser_repro import SerReproError, documents
from ser_repro.documents.base import AS_SPLIT, Document, Feeding
from ser_repro.files import digest, one_of

CHECKPOINT = "last.safetensors"


class Transformed:
    """Clips as a fitted transformer hands them on: a source of batches, as arrays are.

    Parameters
    ----------
    source : object with `batch(rows) -> (inputs, lengths)`
        Of clips of one vector or several frames each. Its table `clips`, where it has one that names them, tells the
        speakers to a transformer that asks for them.
    transform : fitted transformer, of scikit-learn or with the attribute `needs_speakers`
    """

    def __init__(self, source, transform):
        self.source, self.transform = source, transform

    def batch(self, rows: np.ndarray):
        """Inputs of float32, shape (batch, values, frame), and lengths: 1 of clips that are vectors."""
        import torch

        if self._vectors is not None:
            return torch.from_numpy(self._vectors[rows]), torch.ones(len(rows), dtype=torch.int64)
        values, lengths = self._transformed(rows)
        return torch.from_numpy(values).transpose(1, 2), torch.from_numpy(lengths)

    @functools.cached_property
    def _vectors(self) -> np.ndarray | None:
        """All clips, shape (clips, values, 1), where each is one vector: a batch of 16 takes as long as hundreds."""
        if not getattr(self.source, "is_vectors", False):
            return None
        return self._transformed(np.arange(len(self.source.clips)))[0].transpose(0, 2, 1)

    def _transformed(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Shape (clips, frame, values) of float32, zeros behind the clips' ends; and the clips' lengths."""
        from ser_repro.runs import fitting

        frames, lengths = fitting.frames_of(self.source, rows)
        # In double precision: the values of one clip may differ in size by orders of magnitude.
        values = self.transform.transform(frames.astype(np.float64),
                                          **_told_speakers(self.transform, self.source, rows, lengths))
        out = np.zeros((len(rows), int(lengths.max()), values.shape[1]), np.float32)
        out[np.arange(out.shape[1]) < lengths[:, None]] = values
        return out, lengths


def _told_speakers(transform, source, rows: np.ndarray, lengths: np.ndarray) -> dict:
    """Who speaks in each frame, for a transformer that asks; nothing where the clips do not name speakers."""
    clips = getattr(source, "clips", None)
    if not getattr(transform, "needs_speakers", False) or clips is None or "speaker" not in clips:
        return {}
    return {"speakers": np.repeat(clips["speaker"].to_numpy(str)[rows], lengths)}


class _Method:
    """What networks and estimators have in common: a transformer that comes first, where the document has one."""

    def __init__(self, document: Document, values: dict, n_classes: int, seed: int | None = None):
        self.document, self.values, self.n_classes, self.seed = document, values, n_classes, seed
        self.module = documents.build(document.name, values, n_classes)
        self.transform = document.transform(values, n_classes)
        self.history: list[dict] = []
        self.probes: list[dict] = []
        self.seconds, self.device = 0.0, "cpu"

    def fit_transform(self, source, parts: dict) -> None:
        """Fit what the clips are transformed by, where there is such a thing: on the training clips, or on those of all
        parts where the recipe says so."""
        if self.transform is None:
            return
        from ser_repro.runs import fitting

        which = {"training": ("train",), "all": tuple(parts)}
        told = which[one_of(self.values.get("fitted_on", "training"), which, "fitted_on")]
        rows, targets = (np.concatenate([parts[part][side] for part in told]) for side in (0, 1))
        frames, lengths = fitting.frames_of(source, rows)
        beside = _told_speakers(self.transform, source, rows, lengths)
        if getattr(self.transform, "needs_training", False):
            trains = np.concatenate([np.full(len(parts[part][0]), part == "train") for part in told])
            beside["training"] = np.repeat(trains, lengths)
        self.transform.fit(frames.astype(np.float64), np.repeat(targets, lengths), **beside)

    def _fed(self, source):
        """The clips as the model takes them."""
        return source if self.transform is None else Transformed(source, self.transform)


class Network(_Method):
    """A network of a document, its weights drawn from a seed, or loaded; with what its clips are transformed by first,
    where the document has such a thing.

    Attributes
    ----------
    history, probes : list of dict
        Losses and accuracies, a row an epoch; and what the document's probe takes down.
    seconds : float
        That training took.
    """

    libraries = ("torch", "numpy", "pandas")

    def __init__(self, document: Document, values: dict, n_classes: int, seed: int | None = None):
        if seed is not None:
            import torch

            torch.manual_seed(seed)
        super().__init__(document, values, n_classes, seed)

    def fit(self, source, parts: dict, *, work: Path, device: str = "auto",
            progress: Callable[[int, dict], None] | None = None) -> None:
        """Train, going on from the checkpoint in `work` where there is one of this training.

        Parameters
        ----------
        parts : dict
            Part of the split -> (rows, class numbers); of those beside "train" the first that holds clips is watched.

        Raises
        ------
        SerReproError
            If the document chooses its epochs by validation clips and there are none: it would choose by tested ones.
        """
        from ser_repro.runs import training

        chooses = self.document.validates and "early_stopping" in self.values
        if chooses and not len(parts.get("validation", ((),))[0]):
            raise SerReproError(f"{self.document.name} chooses its epoch by validation clips, and of so few clips none "
                                "is left for that: give two or more of some emotion beside the tested ones.")
        self.device = training.device_of(device)
        self.fit_transform(source, parts)
        watched = [part for part in ("validation", "test") if len(parts.get(part, ((),))[0])][:1]
        one = training.Training(self.document, self.module, self.values, self._fed(source),
                                {part: parts[part] for part in ("train", *watched)}, self.seed, progress,
                                self._identity(source, parts))
        try:
            training.fit(one, work / CHECKPOINT, epochs=self.values["epochs"], device=device)
        finally:
            self.history, self.probes, self.seconds = one.history, one.probes, one.seconds

    def _identity(self, source, parts: dict) -> str:
        """Of a training, however many epochs it has: what it is made by, and the clips as they are now."""
        clips = getattr(source, "clips", None)
        return digest({
            "document": self.document.name, "seed": self.seed,
            "settings": {name: value for name, value in self.values.items() if name != "epochs"},
            "arrays": getattr(source, "checksum", ""),
            "parts": {part: [np.asarray(side).tolist() for side in sides] for part, sides in parts.items()},
            # A transformer may be fitted by speaker.
            "clips": clips is not None and clips.filter(["clip", "emotion", "speaker", "sha256"]).to_csv(index=False)})

    def probabilities(self, source, rows: np.ndarray, feeding: Feeding = AS_SPLIT,
                      batch_size: int | None = None) -> np.ndarray:
        """Of each clip every class, shape (clips, classes), fed in the order of `rows`."""
        from ser_repro.runs import training

        size = 1 if feeding.alone else batch_size or self.values["batch_size"]
        return training.predict(self.module, self._fed(source), rows, batch_size=size, carry_state=feeding.carry_state,
                                device=self.device)

    def attention(self, source, rows: np.ndarray) -> list[np.ndarray] | None:
        """Of each clip, how much each of its steps counts; None of a network without attention."""
        from ser_repro.runs import training

        if not hasattr(self.module, "weights"):
            return None
        return training.attention(self.module, self._fed(source), rows, batch_size=self.values["batch_size"],
                                  device=self.device)

    @property
    def parameters(self) -> int:
        return sum(p.numel() for p in self.module.parameters())

    def dump(self) -> bytes:
        """The weights, and the fitted transformer with them, as a safetensors file."""
        from safetensors.torch import save

        tensors, told = {name: value.cpu().contiguous() for name, value in self.module.state_dict().items()}, None
        if self.transform is not None:
            import torch

            from ser_repro.runs import fitting

            arrays, text = fitting.pack(self.transform)
            told = {"transform": text}
            tensors |= {f"{fitting.TRANSFORM}{name}": torch.from_numpy(value) for name, value in arrays.items()}
        return save(tensors, told)

    def load(self, content: bytes) -> "Network":
        """Itself, with the weights of a safetensors file.

        Raises
        ------
        KeyError, RuntimeError, TypeError, ValueError, safetensors.SafetensorError
            If it holds none, or others.
        """
        from safetensors.torch import load

        from ser_repro.runs import rounding

        tensors = rounding.single(load(content))
        if self.transform is not None:
            from ser_repro.runs import fitting

            arrays = {name.removeprefix(fitting.TRANSFORM): tensors.pop(name).numpy() for name in list(tensors)
                      if name.startswith(fitting.TRANSFORM)}
            fitting.unpack(self.transform, arrays, fitting.header(content)["transform"])
        self.module.load_state_dict(tensors)
        self.module.eval()
        return self


class Estimator(_Method):
    """A scikit-learn estimator of a document; attributes and methods as those of `Network`."""

    libraries = ("scikit-learn", "numpy", "pandas")

    def fit(self, source, parts: dict, *, work: Path, device: str = "auto", progress=None) -> None:
        """Fit to the training clips alone; nothing is watched, and no checkpoint is needed."""
        from ser_repro.runs import fitting

        rows, targets = parts["train"]
        began = time.monotonic()
        self.fit_transform(source, parts)
        self.module.fit(fitting.values_of(self._fed(source), rows), targets)
        self.seconds = time.monotonic() - began

    def probabilities(self, source, rows: np.ndarray, feeding: Feeding = AS_SPLIT,
                      batch_size: int | None = None) -> np.ndarray:
        from ser_repro.runs import fitting

        out = np.zeros((len(rows), self.n_classes))  # a class that no training clip was of has no column
        out[:, self.module.classes_] = fitting.predict(self.module, fitting.values_of(self._fed(source), rows))
        return out

    def attention(self, source, rows: np.ndarray) -> None:
        return None

    @property
    def parameters(self) -> int:
        from ser_repro.runs import fitting

        return fitting.parameters(self.module)

    def dump(self) -> bytes:
        from ser_repro.runs import fitting

        return fitting.dump(self.module, self.transform)

    def load(self, content: bytes) -> "Estimator":
        from ser_repro.runs import fitting

        fitting.load(self.module, content, self.transform)
        if max(self.module.classes_) >= self.n_classes:
            raise ValueError("of more classes")
        return self


def of(document: Document) -> type[Network] | type[Estimator]:
    """What a document's recipe is trained as."""
    return Estimator if document.is_estimator else Network


def loaded(document: str, values: dict, n_classes: int, content: bytes, remedy: str) -> Network | Estimator:
    """A trained model from its stored form.

    Raises
    ------
    SerReproError
        If the content is not that of this recipe's model; ends in `remedy`.
    """
    known = documents.get(document)
    try:
        from safetensors import SafetensorError

        return of(known)(known, values, n_classes).load(content)
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SerReproError(f"the weights do not fit this version's model ({type(error).__name__}); {remedy}."
                            ) from error
