"""Training by gradient: one loop for every network. A killed training resumes after its last whole epoch.

All that is random in an epoch (order of clips, dropout) comes from the run's seed and the epoch's number, so that a
resumed training ends with the weights of an unbroken one. A checkpoint is a safetensors file: loading it runs no code.
"""

import contextlib
import copy
import ctypes
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as parse
from safetensors.torch import save as dump
from torch.nn import functional as F
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ser_repro import SerReproError
from ser_repro.files import one_of, write_atomic
from ser_repro.runs import fitting

DEVICES = ("auto", "cpu", "gpu")
STOPPING = ("none", "last", "restored")
"""Early stopping: none, or once the watched score has not bettered for `patience` epochs; with the last weights, or
with those of the epoch of the best watched score, the first of them where several share it."""
WATCHED = {"loss": np.argmin, "accuracy": np.argmax}
"""Scores of the watched part, and what finds the best of all epochs."""
_PROBED = 32  # clips


class Batches:
    """Batches of an epoch: `(inputs, lengths, target)`.

    Parameters
    ----------
    source : object with `batch(rows) -> (inputs, lengths)`
    rows, targets : arrays of int64, shape (clips,)
        Rows of the clips table, and class numbers.
    shuffle_seed : tuple of int, optional
        Shuffle by this; without it, feed in the order given.
    """

    def __init__(self, source, rows, targets, batch_size: int, *, shuffle_seed=None, drop_last: bool = False):
        order = np.arange(len(rows))
        if shuffle_seed is not None:
            order = np.random.default_rng(shuffle_seed).permutation(order)
        end = len(order) // batch_size * batch_size if drop_last else len(order)
        self.source, self.rows, self.targets = source, rows, targets
        self.parts = [order[i:i + batch_size] for i in range(0, end, batch_size)]

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator:
        for part in self.parts:
            yield *self.source.batch(self.rows[part]), torch.from_numpy(self.targets[part])


def _binary_on_logits(output, target):
    """Cross-entropy of every class by itself, of the sigmoid of its logit.

    Keras 2.6 makes this of `binary_crossentropy` behind a softmax: it goes back to the logits under it, and the softmax
    has no part in the training.
    """
    return F.binary_cross_entropy_with_logits(output, F.one_hot(target, output.shape[1]).to(output.dtype))


def _binary_on_softmax(output, target):
    """Cross-entropy of every class by itself, of its probability, which is clipped: what older versions of Keras
    make of it. A class whose probability has fallen below the clip gets no gradient."""
    own = F.one_hot(target, output.shape[1]).to(output.dtype)
    return F.binary_cross_entropy(output.softmax(1).clamp(1e-7, 1 - 1e-7), own)


def _categorical_on_sigmoid(output, target):
    """Cross-entropy of the classes together, of the sigmoids of their logits brought to a sum of 1: what Keras makes of
    a sigmoid where it does not go back to the logits under it."""
    share = F.sigmoid(output)
    share = share / share.sum(1, keepdim=True)
    return F.nll_loss(share.clamp(1e-7, 1 - 1e-7).log(), target)


LOSSES = {"categorical": F.cross_entropy, "binary on logits": _binary_on_logits,
          "binary on softmax": _binary_on_softmax, "categorical on sigmoid": _categorical_on_sigmoid}
"""Of logits, shape (batch, class), and class numbers."""


_NO_ROOM = ("out of memory", "allocate memory")  # how torch says that it found none: on a GPU, on a CPU


def failure(error: Exception) -> SerReproError:
    """An error of torch, NumPy or scikit-learn that ended a training, as one line."""
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    if _is_out_of_memory(error):
        return SerReproError(f"out of memory ({reason}): train fewer at a time, or with --device cpu.")
    return SerReproError(f"these settings can't be trained on these clips ({reason}): choose other settings or another "
                         "corpus.")


def _is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(said in str(error) for said in _NO_ROOM)


class Diverged(SerReproError):
    """The loss is no longer a number."""

    def __init__(self, epoch: int):
        super().__init__(f"training diverged in epoch {epoch}: the loss is not a number; use a lower learning rate.")


class Training:
    """A recipe's training around its network.

    Parameters
    ----------
    document : documents.Document
    model : nn.Module
        A method `penalty`, where it has one, gives what is added to the loss.
    values : dict
        Settings of the recipe.
    source : object with `batch(rows) -> (inputs, lengths)`
    parts : dict
        "train" and at most one other part of the split -> two int64 arrays, shape (clips,): rows of the clips table,
        and class numbers. After every epoch loss and accuracy of the other part are taken down. Where a document
        validates on nothing that is the test part, as in its code: nothing is decided by it, but where the setting
        `early_stopping` says so (see `STOPPING`).
    seed : int
        Of the order of the clips (the model's weights are drawn by the caller).
    progress : callable(epoch, row), optional
        Called after each epoch, counted from 1, with losses and accuracies of both parts.
    identity : str
        Of the training, however many epochs it has: it goes on only from a checkpoint with the same one.

    Attributes
    ----------
    history : list of dict
        A row an epoch: `PART_loss` and `PART_accuracy`.
    probes : list of dict
        A row an epoch of what the document's probe takes down.
    seconds : float

    Raises
    ------
    SerReproError
        For an unknown loss or way of early stopping, or where that has no part to watch.
    """

    def __init__(self, document, model, values: dict, source, parts: dict, seed: int, progress=None,
                 identity: str = ""):
        self.document, self.model, self.values, self.source = document, model, values, source
        self.parts, self.seed, self.progress, self.identity = parts, seed, progress, identity
        self.watched = next((part for part in parts if part != "train"), None)
        self.penalty = getattr(model, "penalty", lambda: 0.0)
        self.loss = LOSSES[one_of(values.get("loss", "categorical"), LOSSES, "loss")]
        self.stopping = one_of(values.get("early_stopping", "none"), STOPPING, "early_stopping")
        if self.stopping != "none" and not self.watched:
            raise SerReproError("early stopping needs clips to watch, and this split has none beside those that train: "
                                "choose another protocol, or early_stopping none.")
        self.score = one_of(values.get("watched", "loss"), WATCHED, "watched")
        self.best: dict[str, torch.Tensor] = {}  # weights of the epoch of the best watched score, where they are wanted
        self.history: list[dict] = []
        self.probes: list[dict] = []
        self.seconds = 0.0

    def start(self, device: torch.device) -> None:
        """Move the model to a device and make its optimiser."""
        self.device = device
        self.model.to(device)
        self.optimiser = self.document.optimiser(self.model.parameters(), self.values)
        schedule = self.document.schedule
        self.schedule = schedule(self.optimiser, self.values) if schedule else None

    def epoch(self) -> None:
        """One pass over the training clips, and one over those that are watched; adds a row to the history.

        Raises
        ------
        Diverged
        """
        began, number = time.monotonic(), len(self.history)
        torch.manual_seed(hash((self.seed, number)) % 2**63)
        row = self._pass("train", self._training_batches(number))
        if self.watched:
            with torch.no_grad():
                row |= self._pass(self.watched, Batches(self.source, *self.parts[self.watched],
                                                        self.values["batch_size"]))
        if self.schedule and self.document.schedule_every == "epoch":
            # One that waits for a plateau is told the loss of the clips that are watched.
            self.schedule.step(*[row[f"{self.watched}_loss"]] * isinstance(self.schedule, ReduceLROnPlateau))
        self.history.append(row)
        if self.document.probe:
            self.probes.append(self._probed())
        if self.stopping == "restored" and self._best_epoch() == number:
            self.best = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        self.seconds += time.monotonic() - began
        if not np.isfinite([value for name, value in row.items() if name.endswith("_loss")]).all():
            raise Diverged(len(self.history))

    @property
    def stopped(self) -> bool:
        """Whether early stopping ends it here."""
        return self.stopping != "none" and len(self.history) - 1 - self._best_epoch() >= self.values["patience"]

    def _best_epoch(self) -> int:
        """The first epoch, counted from 0, of the best watched score; -1 before there is any."""
        found = [row[f"{self.watched}_{self.score}"] for row in self.history]
        return int(WATCHED[self.score](found)) if found else -1

    def end(self) -> None:
        """Take the weights that the run is tested with."""
        if self.best:
            self.model.load_state_dict(self.best)

    def _training_batches(self, number: int) -> Batches:
        rows, targets = self.parts["train"]
        shuffle = (self.seed, number) if self.values.get("shuffle", True) else None
        return Batches(self.source, rows, targets, min(self.values["batch_size"], len(rows)), shuffle_seed=shuffle,
                       drop_last=self.document.drop_last)

    def _probed(self) -> dict[str, list[float]]:
        """The document's probe, to four digits, on a copy: training goes on as if there were none."""
        rows, targets = self.parts["train"]
        batch = next(iter(Batches(self.source, rows, targets, min(_PROBED, len(rows)), shuffle_seed=(0, 0))))
        found = self.document.probe(copy.deepcopy(self.model), *(part.to(self.device) for part in batch))
        return {name: [float(f"{value:.3e}") for value in values] for name, values in found.items()}

    def _pass(self, part: str, batches: Batches) -> dict:
        """Loss and accuracy over batches, on which the model is trained where they are the training part's."""
        training = part == "train"
        self.model.train(training)
        carry, state, loss_sum, right, count = self.values.get("carry_state"), None, 0.0, 0, 0
        for inputs, lengths, target in batches:
            target = target.to(self.device)
            output, ended = answer(self.model, inputs.to(self.device), lengths.to(self.device), state)
            if carry:
                state = ended.detach()
            loss = self.loss(output, target) + self.penalty()
            if training:
                self.optimiser.zero_grad()
                loss.backward()
                self.optimiser.step()
                if self.schedule and self.document.schedule_every == "step":
                    self.schedule.step()
            loss_sum += loss.detach() * len(target)
            right += (output.detach().argmax(1) == target).sum()
            count += len(target)
        return {f"{part}_loss": float(loss_sum) / count, f"{part}_accuracy": float(right) / count}

    # ---- checkpoints ---------------------------------------------------------------------------------------------

    def checkpoint(self) -> bytes:
        """All that a resume needs: weights and the optimiser's tensors, and the rest as JSON in the file's header."""
        optimiser = self.optimiser.state_dict()
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        tensors |= {f"best.{name}": value for name, value in self.best.items()}
        numbers: dict = {}
        for index, held in optimiser["state"].items():
            for name, value in held.items():
                if isinstance(value, torch.Tensor):
                    tensors[f"optimiser.{index}.{name}"] = value
                else:
                    numbers.setdefault(str(index), {})[name] = value
        rest = {"identity": self.identity, "history": self.history, "probes": self.probes, "seconds": self.seconds,
                "groups": optimiser["param_groups"], "numbers": numbers,
                "schedule": self.schedule.state_dict() if self.schedule else None}
        return dump({name: value.detach().cpu().contiguous() for name, value in tensors.items()},
                    {"training": json.dumps(rest)})

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint; one that is damaged or of another training is removed, and training starts again.

        Raises
        ------
        SerReproError
            If it can't be read; it is kept.
        """
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise SerReproError(f"checkpoint {path} can't be read ({error.strerror or error}): mend that, or remove "
                                "it, and start again.") from error
        before = copy.deepcopy(self.model.state_dict())
        try:
            self._resume(content)
        except (SafetensorError, AttributeError, IndexError, KeyError, TypeError, ValueError, RuntimeError) as error:
            if _is_out_of_memory(error):  # the checkpoint may be sound
                raise
            path.unlink()
            self.best, self.history, self.probes, self.seconds = {}, [], [], 0.0
            self.model.load_state_dict(before)
            self.start(self.device)

    def _resume(self, content: bytes) -> None:
        tensors, rest = parse(content), json.loads(fitting.header(content)["training"])
        if rest["identity"] != self.identity:
            raise ValueError("of another training")
        wanted = {f"{part}_{score}" for part in self.parts for score in ("loss", "accuracy")}
        if not all(set(row) == wanted and np.isfinite(list(row.values())).all() for row in rest["history"]):
            raise ValueError("of another training")
        if self.schedule and set(rest["schedule"]) != set(self.schedule.state_dict()):
            raise ValueError("of another schedule")
        states: dict = {int(index): dict(held) for index, held in rest["numbers"].items()}
        for name, value in tensors.items():
            kind, _, within = name.partition(".")
            if kind == "optimiser":
                index, _, what = within.partition(".")
                states.setdefault(int(index), {})[what] = value
        self.model.load_state_dict(_weights(tensors, "model."))
        self.best = _weights(tensors, "best.")
        forms = [{name: group.get(name) for name in ("foreach", "fused")} for group in self.optimiser.param_groups]
        self.optimiser.load_state_dict({"state": states, "param_groups": rest["groups"]})
        for group, form in zip(self.optimiser.param_groups, forms, strict=True):
            group |= form  # how a step is computed is no part of what is resumed
        # A fused step takes a parameter and its moments to lie alike in memory; in the file all lie in one order.
        for parameter, held in self.optimiser.state.items():
            held |= {name: torch.empty_like(parameter).copy_(value) for name, value in held.items()
                     if isinstance(value, torch.Tensor) and value.shape == parameter.shape}
        if self.schedule:
            self.schedule.load_state_dict(rest["schedule"])
        self.history, self.probes, self.seconds = rest["history"], rest.get("probes", []), rest["seconds"]


def _weights(tensors: dict, of: str) -> dict:
    return {name.removeprefix(of): value for name, value in tensors.items() if name.startswith(of)}


def answer(model, inputs, lengths, state=None):
    """Logits, and the state that a recurrent model hands on (None from others).

    `state` is of a batch that may have been larger.
    """
    out = model(inputs, lengths) if state is None else model(inputs, lengths, carried(state, len(inputs)))
    return out if isinstance(out, tuple) else (out, None)


def carried(state, batch: int):
    """A GRU state for a batch that may be smaller than the last one: its first rows."""
    return state[:, :batch].contiguous()


def device_of(name: str) -> torch.device:
    """The device that auto, cpu or gpu means here.

    Raises
    ------
    SerReproError
        For another name, or a GPU where there is none.
    """
    one_of(name, DEVICES, "--device")
    if name != "cpu" and torch.cuda.is_available():
        return torch.device("cuda")
    if name != "cpu" and torch.backends.mps.is_available():
        return torch.device("mps")
    if name == "gpu":
        raise SerReproError("no GPU is to be seen here: choose cpu or auto, or install a torch that knows your GPU.")
    return torch.device("cpu")


def fit(training: Training, checkpoint: Path, *, epochs: int, device: str = "auto") -> None:
    """Train to `epochs` epochs, or until early stopping, going on from the checkpoint where there is one.

    Parameters
    ----------
    checkpoint : Path
        Written anew after each epoch.
    device : "auto", "cpu" or "gpu"

    Raises
    ------
    Diverged
    SerReproError
        If a checkpoint can't be written.
    """
    keep_freed_memory()
    training.start(device_of(device))
    training.resume(checkpoint)
    while len(training.history) < epochs and not training.stopped:
        training.epoch()
        # Not synced: it would cost a tenth of a short epoch, and a spoilt checkpoint is noticed.
        write_atomic(checkpoint, training.checkpoint(), sync=False,
                     remedy="free some room or set --cache to another folder, and start again: nothing is lost")
        if training.progress:
            training.progress(len(training.history), training.history[-1])
    training.end()


def keep_freed_memory() -> None:
    """Let glibc keep large freed blocks: handing each activation back to the system and faulting it in again costs a
    tenth of a CPU epoch. Does nothing where the C library is another one."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-3, 2**30)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD


@torch.no_grad()
def predict(model, source, rows: np.ndarray, *, batch_size: int, carry_state: bool = False, device="cpu") -> np.ndarray:
    """Class probabilities of a network, shape (clips, classes), in the order of `rows`."""
    model.eval().to(device)
    state, out = None, []
    for inputs, lengths, _ in Batches(source, rows, np.zeros(len(rows), np.int64), batch_size):
        output, state = answer(model, inputs.to(device), lengths.to(device), state)
        if not carry_state:
            state = None
        out.append(output.softmax(1).cpu().numpy())
    return np.concatenate(out)


@torch.no_grad()
def attention(model, source, rows: np.ndarray, *, batch_size: int, device="cpu") -> list[np.ndarray]:
    """What the attention of a network that has one gives the steps of each clip, padding left out."""
    model.eval().to(device)
    return [clip[clip > 0] for inputs, lengths, _ in Batches(source, rows, np.zeros(len(rows), np.int64), batch_size)
            for clip in model.weights(inputs.to(device), lengths.to(device)).cpu().numpy()]
