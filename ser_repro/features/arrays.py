"""What networks train on, in one array a corpus: raw waveforms, or the values of a feature set.

`prepare` needs soundfile, soxr and librosa, and the audio; `load` needs none of them, so that training also runs on a
compute node that only has the cache folder. What to prepare is a rate in Hz or `"native"` (waveforms, one channel, 16
bits a sample), or the name of a feature set (`ser_repro.features.sets`).
"""

import contextlib
import functools
import hashlib
import json
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from ser_repro import SerReproError, datasets
from ser_repro.datasets import audio
from ser_repro.datasets.base import COLUMNS
from ser_repro.datasets.folders import marked_above
from ser_repro.features import sets
from ser_repro.files import cache_folder

NATIVE = "native"
_VERSION = 2  # of the arrays' making: a change here makes old arrays void


@dataclass(frozen=True)
class Arrays:
    """The clips of a corpus as samples or features.

    Attributes
    ----------
    clips : DataFrame
        The clips table, with `start` and `length` of each clip in `values`: in samples, or in frames (1 for a set of
        one vector a clip).
    values : array of int16, shape (total samples,), or of float32, shape (total frames, values a frame)
    corpus_hash : str
        Of the decoded samples of the files, before any conversion.
    synthetic : bool
    """

    corpus: str
    clips: pd.DataFrame
    values: np.ndarray
    corpus_hash: str
    synthetic: bool

    def batch(self, rows: np.ndarray):
        """Zero-padded inputs and lengths of the given rows of the clips table.

        Returns
        -------
        inputs : Tensor of float32, shape (batch, 1, time), full scale is 1, or (batch, values, frame)
        lengths : Tensor of int64, shape (batch,)
        """
        import torch

        starts, lengths = self._bounds
        if self._even is not None:
            return torch.from_numpy(self._even[rows]), torch.from_numpy(lengths[rows])
        channels = 1 if self.values.ndim == 1 else self.values.shape[1]
        out = np.zeros((len(rows), channels, int(lengths[rows].max())), np.float32)
        for target, row in zip(out, rows, strict=True):
            start, length = starts[row], lengths[row]
            audio.as_float(self.values[start:start + length].T, out=target[:, :length])
        return torch.from_numpy(out), torch.from_numpy(lengths[rows])

    @functools.cached_property
    def _bounds(self):
        return self.clips["start"].to_numpy(), self.clips["length"].to_numpy()

    @functools.cached_property
    def _even(self) -> np.ndarray | None:
        """Features of clips that are all of one length, shape (clips, values, frame)."""
        length = self._bounds[1]
        if self.values.ndim == 1 or (length != length[0]).any():
            return None
        return np.ascontiguousarray(self.values.reshape(len(length), length[0], -1).transpose(0, 2, 1))


def is_waveform(what: int | str) -> bool:
    """Whether a rate is meant, and not a feature set."""
    return what == NATIVE or isinstance(what, int)


def _definition(corpus: str, what: int | str) -> dict:
    if is_waveform(what):
        return {"features": "waveform", "corpus": corpus, "sample_rate": what, "version": _VERSION}
    return {"features": what, "corpus": corpus, "hash": sets.get(what).hash, "version": sets.VERSION}


def folder_of(corpus: str, what: int | str, cache: str | Path | None = None) -> Path:
    """Where the arrays of this definition stand, or would."""
    name = f"waveform-{what}-v{_VERSION}" if is_waveform(what) else f"{what}-{sets.get(what).hash}-v{sets.VERSION}"
    return cache_folder(cache) / "arrays" / f"{corpus}-{name}"


def _fingerprint(clips: pd.DataFrame) -> str:
    """All that is known of the clips, and sizes of the files: tells cheaply that the arrays were made from these."""
    try:
        lines = [str(os.path.getsize(path)) for path in clips["path"]]
    except OSError as error:
        raise SerReproError(f"{error.filename} can't be read ({error.strerror}): copy it again from the corpus's "
                            "publisher.") from error
    return hashlib.sha256("\n".join([*lines, clips.drop(columns="path").to_csv(index=False)]).encode()).hexdigest()


def _published(corpus: str) -> dict[str, dict]:
    """Rate (Hz) and hash of each published clip, odd ones included; none of a corpus that has no index."""
    if not datasets.get(corpus).index.is_file():
        return {}
    return datasets.read_index(corpus).set_index("clip")[["sample_rate", "sha256"]].to_dict("index")


def prepare(corpus: str, what: int | str, *, data: str | Path | None = None, cache: str | Path | None = None,
            workers: int | None = None, progress=None) -> Arrays:
    """The arrays of a corpus, made from its audio unless they are there already.

    Parameters
    ----------
    corpus : str
    what : int, "native" or the name of a feature set
        Waveforms at a rate in Hz; "native" feeds the samples as they are, whatever their rate.
    data : path, optional
        Folder that holds the corpus; by default SER_REPRO_DATA.
    progress : callable(done, total), optional

    Raises
    ------
    SerReproError
        Where the corpus is not there or not whole, a clip can't be used or is not at its published rate, or the
        arrays can't be written.
    """
    corpus = datasets.get(corpus).name
    clips = datasets.studied(datasets.clips(corpus, data))
    synthetic = marked_above(Path(clips["path"].iloc[0]).parent)
    folder = folder_of(corpus, what, cache)
    with _not_written(corpus, folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(f"{folder}.lock").acquire()
    with held:
        fingerprint = _fingerprint(clips)
        try:
            there, made_from = _load(corpus, what, cache)
        except SerReproError:
            pass  # none yet, or damaged: the audio is at hand
        else:
            if made_from == fingerprint:
                return there
            if synthetic and not there.synthetic:
                raise SerReproError(f"{folder} holds the arrays of the real {corpus}: give --cache another folder for "
                                    "those of demo speech.")
        known = {} if synthetic else _published(corpus)
        parts, facts = [], []
        with ThreadPoolExecutor(workers or min(8, os.cpu_count() or 1)) as pool:
            for one, samples in pool.map(lambda path, clip: _read(path, what, corpus, known.get(clip)), clips["path"],
                                         clips["clip"]):
                facts.append(one)
                parts.append(samples)
                if progress and is_waveform(what):
                    progress(len(facts), len(clips))
        if not is_waveform(what):
            parts = _features(clips, what, cache, workers, progress)
        lengths = np.array([len(part) for part in parts], np.int64)
        table = clips.drop(columns="path").assign(
            start=np.concatenate([[0], np.cumsum(lengths)[:-1]]), length=lengths,
            **{key: [one[key] for one in facts] for key in ("duration_s", "sample_rate", "channels", "sha256")})
        meta = _definition(corpus, what) | {
            "fingerprint": fingerprint, "synthetic": synthetic,
            "corpus_hash": datasets.content_hash(table)}
        _write_folder(folder, table, np.concatenate(parts), meta)
    return load(corpus, what, cache=cache)


def _read(path: str, what: int | str, corpus: str, published: dict | None = None) -> tuple[dict, np.ndarray | None]:
    """Facts of a clip, and its samples where those are wanted."""
    samples, rate = audio.read(path)
    facts = audio.facts(samples, rate)
    if published and rate != published["sample_rate"]:
        raise SerReproError(f"{path} is at {rate} Hz, published at {published['sample_rate']} Hz: a resampled copy is "
                            f"not the published corpus; copy it again from {datasets.get(corpus).home}.")
    # One clip of CREMA-D is published as digital silence, and the documents used it.
    if not samples.any() and not (published and facts["sha256"].startswith(published["sha256"])):
        raise SerReproError(f"{path} is digital silence: copy it again from the corpus's publisher.")
    return facts, waveform(samples, rate, what) if is_waveform(what) else None


def waveform(samples: np.ndarray, rate: int, wanted: int | str) -> np.ndarray:
    """Samples of one channel in 16 bits at a rate in Hz (or "native": as they are), shape (time,).

    Parameters
    ----------
    samples : array, shape (time, channel)
        int16, or floating point in -1..1. A stereo file's other channel is dropped, as the documents' code does.
    """
    import soxr

    samples = audio.as_float(samples[:, 0], np.float64)
    if wanted not in (NATIVE, rate):
        samples = soxr.resample(samples, rate, wanted, quality="VHQ")
    return audio.to_int16(samples)


def _features(clips: pd.DataFrame, name: str, cache, workers: int | None, progress) -> list[np.ndarray]:
    """Values of a set, shape (frame, values) a clip."""
    from ser_repro.features import extract

    found = extract.extract(clips, [name], cache=cache, workers=workers, progress=progress)[name]
    return [frames(sets.get(name), values) for values in found]


def frames(of: sets.FeatureSet, values: np.ndarray) -> np.ndarray:
    """Values of one clip with time first, shape (frame, values): a vector is one frame."""
    return values[None] if of.values else np.atleast_2d(values).T


@contextlib.contextmanager
def _not_written(corpus: str, folder: Path):
    """Say in one line that there is no room, or no right, to write the arrays."""
    try:
        yield
    except OSError as error:
        # NumPy raises its own, without an error number, where a disk is full.
        reason = error.strerror or f"no room ({error})"
        raise SerReproError(f"arrays of {corpus} not written to {folder.parent}: {reason}; free some room or set "
                            "--cache to another folder.") from error


def _write_folder(folder: Path, table: pd.DataFrame, values: np.ndarray, meta: dict) -> None:
    """All files or none: written beside, then moved into place."""
    with _not_written(meta["corpus"], folder):
        beside = Path(tempfile.mkdtemp(prefix=folder.name + ".", dir=folder.parent))
        try:
            np.save(beside / "values.npy", values)
            table.to_csv(beside / "clips.csv", index=False)
            (beside / "meta.json").write_text(json.dumps(meta, indent=1))
            if folder.exists():
                shutil.rmtree(folder)
            beside.replace(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def load(corpus: str, what: int | str, *, cache: str | Path | None = None) -> Arrays:
    """The arrays of a corpus from the cache folder alone.

    Raises
    ------
    SerReproError
        Where they have not been prepared, or are damaged.
    """
    return _load(corpus, what, cache)[0]


def _load(corpus: str, what: int | str, cache: str | Path | None) -> tuple[Arrays, str]:
    """The arrays, and the fingerprint of the files they were made from."""
    folder = folder_of(corpus, what, cache)
    if not (folder / "meta.json").exists():
        kind = f"at rate {what}" if is_waveform(what) else f"of {what}"
        raise SerReproError(f"no arrays of {corpus} {kind} under {cache_folder(cache)}: run `ser-repro prepare "
                            f"{corpus}` where the audio is, and copy the cache folder here.")
    try:
        meta = json.loads((folder / "meta.json").read_text())
        # Kept as text: a sentence "01" or a speaker "03" must not become a number.
        text = dict.fromkeys(COLUMNS, str) | {"sha256": str}
        clips = pd.read_csv(folder / "clips.csv", dtype=text, keep_default_na=False)
        values = np.load(folder / "values.npy", mmap_mode="r")
        if len(values) != int(clips["start"].iloc[-1] + clips["length"].iloc[-1]):
            raise ValueError("clips.csv and values.npy do not belong together")
        return Arrays(corpus, clips, values, meta["corpus_hash"], meta["synthetic"]), meta["fingerprint"]
    except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError) as error:
        # Parsers' messages can have several lines.
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise SerReproError(f"the arrays in {folder} are damaged ({reason}): run `ser-repro prepare {corpus}` again "
                            "where the audio is, which replaces them.") from error
