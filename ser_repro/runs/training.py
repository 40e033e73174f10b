"""Training: one Lightning loop for every document. A killed training resumes after its last whole epoch.

All that is random in an epoch (order of clips, dropout) comes from the run's seed and the epoch's number, so that a
resumed training ends with the weights of an unbroken one.
"""

import contextlib
import ctypes
import io
import signal
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.plugins.io import TorchCheckpointIO
from torch.nn import functional as F

from ser_repro import SerReproError

CHECKPOINT = "last.ckpt"


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


LOSSES = {"categorical": F.cross_entropy, "binary on logits": _binary_on_logits,
          "binary on softmax": _binary_on_softmax}
"""Of logits, shape (batch, class), and class numbers."""


class Training(L.LightningModule):
    """A recipe's training around its model.

    Parameters
    ----------
    document : documents.Document
    values : dict
        Settings of the recipe.
    source : object with `batch(rows) -> (inputs, lengths)`
    parts : dict
        Part of the split ("train" and at most one other) -> two int64 arrays, shape (clips,): rows of the clips table,
        and class numbers. After every epoch loss and accuracy of the other part are taken down. Where a document
        validates on nothing that is the test part, as in its code: nothing is decided by it.
    seed : int
        Of the order of the clips (the model's weights are drawn by the caller).
    progress : callable(epoch, row), optional
        Called after each epoch, counted from 1, with losses and accuracies of both parts.
    """

    def __init__(self, document, model, values: dict, source, parts: dict, seed: int, progress=None):
        super().__init__()
        self.progress = progress
        self.document, self.model, self.values, self.source, self.seed = document, model, values, source, seed
        self.parts = parts
        self.watched = next(part for part in parts if part != "train")
        self.loss = LOSSES[values.get("loss", "categorical")]
        self.history: list[dict] = []
        self.seconds = 0.0
        self.state = None
        self.sums: dict[str, list] = {}

    def configure_optimizers(self):
        return self.document.optimiser(self.model.parameters(), self.values)

    def train_dataloader(self):
        rows, targets = self.parts["train"]
        shuffle = (self.seed, self.current_epoch) if self.values.get("shuffle", True) else None
        return Batches(self.source, rows, targets, min(self.values["batch_size"], len(rows)), shuffle_seed=shuffle,
                       drop_last=self.document.drop_last)

    def val_dataloader(self):
        return Batches(self.source, *self.parts[self.watched], self.values["batch_size"])

    def on_train_epoch_start(self):
        self.started = time.monotonic()
        torch.manual_seed(hash((self.seed, self.current_epoch)) % 2**63)
        self.state, self.sums["train"] = None, [0.0, 0, 0]

    def on_validation_epoch_start(self):
        self.state, self.sums[self.watched] = None, [0.0, 0, 0]

    def _step(self, batch, part: str):
        inputs, lengths, target = batch
        output, state = answer(self.model, inputs, lengths, self.state)
        if self.values.get("carry_state"):
            self.state = state.detach()
        loss = self.loss(output, target)
        sums = self.sums[part]
        sums[0] += loss.detach() * len(target)
        sums[1] += (output.detach().argmax(1) == target).sum()
        sums[2] += len(target)
        return loss

    def training_step(self, batch, _index):
        return self._step(batch, "train")

    def validation_step(self, batch, _index):
        self._step(batch, self.watched)

    def on_train_epoch_end(self):
        row = {}
        for part, (loss, right, count) in self.sums.items():
            row |= {f"{part}_loss": float(loss) / count, f"{part}_accuracy": float(right) / count}
        self.history.append(row)
        self.seconds += time.monotonic() - self.started
        if not np.isfinite([row["train_loss"], row[f"{self.watched}_loss"]]).all():
            raise Diverged(len(self.history))
        if self.progress:
            self.progress(len(self.history), row)

    def on_save_checkpoint(self, checkpoint):
        checkpoint["ser_repro"] = {"history": self.history, "seconds": self.seconds}

    def on_load_checkpoint(self, checkpoint):
        self.history, self.seconds = checkpoint["ser_repro"]["history"], checkpoint["ser_repro"]["seconds"]


def answer(model, inputs, lengths, state=None):
    """Logits, and the state that a recurrent model hands on (None from others).

    `state` is of a batch that may have been larger.
    """
    out = model(inputs, lengths) if state is None else model(inputs, lengths, carried(state, len(inputs)))
    return out if isinstance(out, tuple) else (out, None)


def carried(state, batch: int):
    """A GRU state for a batch that may be smaller than the last one: its first rows."""
    return state[:, :batch].contiguous()


DEVICES = ("auto", "cpu", "gpu")


def check_device(device: str) -> None:
    """Refuse a GPU where there is none, which Lightning would find out only when training starts."""
    if device == "gpu" and not (torch.cuda.is_available() or torch.backends.mps.is_available()):
        raise SerReproError("no GPU is to be seen here: choose cpu or auto, or install a torch that knows your GPU.")


class Diverged(SerReproError):
    """The loss is no longer a number."""

    def __init__(self, epoch: int):
        super().__init__(f"training diverged in epoch {epoch}: the loss is not a number; use a lower learning rate.")


def fit(training: Training, folder: str | Path, *, epochs: int, device: str = "auto") -> None:
    """Train to `epochs` epochs, from the checkpoint in `folder` where there is one.

    Parameters
    ----------
    folder : path
        Holds the checkpoint, written anew after each epoch.
    device : str
        Lightning's accelerator: auto, cpu, gpu, ...

    Raises
    ------
    Diverged
    SerReproError
        If a checkpoint can't be written.
    """
    folder = Path(folder)
    checkpoint = folder / CHECKPOINT
    keep_freed_memory()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Lightning's advice on loader workers: the data is in memory
        keep = ModelCheckpoint(dirpath=folder, filename="last", enable_version_counter=False,
                               save_on_train_epoch_end=True)
        trainer = L.Trainer(
            max_epochs=epochs, accelerator=device, devices=1, logger=False, enable_progress_bar=False,
            enable_model_summary=False, num_sanity_val_steps=0, reload_dataloaders_every_n_epochs=1,
            callbacks=[keep], plugins=[_WholeFile()])
        on_interrupt = signal.getsignal(signal.SIGINT)
        try:
            resume = _readable(checkpoint)
            if resume and len(resume["ser_repro"]["history"]) >= epochs:
                training.on_load_checkpoint(resume)
                training.load_state_dict(resume["state_dict"])
            else:
                # Weights only would refuse Lightning's own loop state; the file is this run's own work.
                trainer.fit(training, ckpt_path=checkpoint if resume else None, weights_only=False)
        except SystemExit as stop:
            # Lightning turns Ctrl-C into an exit, and is deaf to the next one.
            if not isinstance(stop.__context__, KeyboardInterrupt):
                raise
            signal.signal(signal.SIGINT, on_interrupt)
            raise KeyboardInterrupt from None
        except OSError as error:
            raise SerReproError(f"no checkpoint written to {folder}: {error.strerror or error}; free some room or "
                                "set --cache to another folder, and start again: nothing is lost.") from error


class _WholeFile(TorchCheckpointIO):
    """Writes a checkpoint beside the last one and moves it into its place.

    Lightning's own way goes through the folder for temporary files and copies from there where that is on another
    disk: with no room left, half a checkpoint then replaces a whole one.
    """

    def save_checkpoint(self, checkpoint, path, storage_options=None):
        content = io.BytesIO()
        torch.save(checkpoint, content)
        beside = Path(f"{path}.new")
        try:
            beside.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(content.getbuffer())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def keep_freed_memory() -> None:
    """Let glibc keep large freed blocks: handing each activation back to the system and faulting it in again costs a
    tenth of a CPU epoch. Does nothing where the C library is another one."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-3, 2**30)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD


def _readable(checkpoint: Path):
    """The checkpoint, or None if there is none or a kill left half of one (training then starts again)."""
    if not checkpoint.exists():
        return None
    try:
        return torch.load(checkpoint, map_location="cpu", weights_only=False)
    except Exception:  # torch.load raises a different type for every way in which a file is cut short
        checkpoint.unlink()
        return None


@torch.no_grad()
def predict(model, source, rows: np.ndarray, *, batch_size: int, carry_state: bool = False, device="cpu") -> np.ndarray:
    """Class probabilities, shape (clips, classes), in the order of `rows`."""
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
    """What the attention of a model that has one gives the steps of each clip, padding left out."""
    model.eval().to(device)
    return [clip[clip > 0] for inputs, lengths, _ in Batches(source, rows, np.zeros(len(rows), np.int64), batch_size)
            for clip in model.weights(inputs.to(device), lengths.to(device)).cpu().numpy()]
