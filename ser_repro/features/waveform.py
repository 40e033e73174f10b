"""Raw waveforms: one channel, at a given rate or as recorded, 16 bits a sample, in one array a corpus.

`prepare` needs soundfile and soxr, and the audio; `load` needs neither, so that training also runs on a compute node
that only has the cache folder.
"""

import contextlib
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
from ser_repro.datasets.finding import COLUMNS, marked_above

NATIVE = "native"
_VERSION = 1  # of the arrays' making: a change here makes old arrays void


def cache_folder(cache: str | Path | None = None) -> Path:
    """The folder given, or SER_REPRO_CACHE, or `~/.cache/ser_repro`."""
    return Path(os.path.expanduser(cache or os.environ.get("SER_REPRO_CACHE") or "~/.cache/ser_repro"))


@dataclass(frozen=True)
class Waveforms:
    """The clips of a corpus as samples.

    Attributes
    ----------
    clips : DataFrame
        The clips table, with `start` and `length` (samples) of each clip in `samples`.
    samples : array of int16, shape (total samples,)
    corpus_hash : str
        Of the decoded samples of the files, before any conversion.
    synthetic : bool
    """

    corpus: str
    clips: pd.DataFrame
    samples: np.ndarray
    corpus_hash: str
    synthetic: bool

    def batch(self, rows: np.ndarray):
        """Zero-padded waveforms and lengths of the given rows of the clips table.

        Returns
        -------
        waveform : Tensor of float32, shape (batch, 1, time), full scale is 1
        lengths : Tensor of int64, shape (batch,)
        """
        import torch

        starts, lengths = self._bounds
        longest = int(lengths[rows].max())
        out = np.zeros((len(rows), 1, longest), np.float32)
        for target, row in zip(out, rows, strict=True):
            start, length = starts[row], lengths[row]
            np.multiply(self.samples[start:start + length], np.float32(2**-15), out=target[0, :length])
        return torch.from_numpy(out), torch.from_numpy(lengths[rows])

    @property
    def _bounds(self):
        return self.clips["start"].to_numpy(), self.clips["length"].to_numpy()


def _definition(corpus: str, sample_rate: int | str) -> dict:
    return {"features": "waveform", "corpus": corpus, "sample_rate": sample_rate, "version": _VERSION}


def folder_of(corpus: str, sample_rate: int | str, cache: str | Path | None = None) -> Path:
    """Where the arrays of this definition stand, or would."""
    return cache_folder(cache) / "arrays" / f"{corpus}-waveform-{sample_rate}-v{_VERSION}"


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


def prepare(corpus: str, sample_rate: int | str, *, data: str | Path | None = None,
            cache: str | Path | None = None, workers: int | None = None, progress=None) -> Waveforms:
    """The arrays of a corpus, made from its audio unless they are there already.

    Parameters
    ----------
    corpus : str
    sample_rate : int or "native"
        In Hz. "native" feeds the samples as they are, whatever their rate.
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
    folder = folder_of(corpus, sample_rate, cache)
    with _not_written(corpus, folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        held = FileLock(f"{folder}.lock").acquire()
    with held:
        fingerprint = _fingerprint(clips)
        try:
            there, made_from = _load(corpus, sample_rate, cache)
        except SerReproError:
            pass  # none yet, or damaged: the audio is at hand
        else:
            if made_from == fingerprint:
                return there
            if synthetic and not there.synthetic:
                raise SerReproError(f"{folder} holds the arrays of the real {corpus}: give --cache another folder for "
                                    "those of demo speech.")
        known = {} if synthetic else _published(corpus)
        with ThreadPoolExecutor(workers or min(8, os.cpu_count() or 1)) as pool:
            waves = []
            for i, wave in enumerate(pool.map(lambda path, clip: _read(path, sample_rate, corpus, known.get(clip)),
                                              clips["path"], clips["clip"])):
                waves.append(wave)
                if progress:
                    progress(i + 1, len(clips))
        lengths = np.array([len(w["samples"]) for w in waves], np.int64)
        table = clips.drop(columns="path").assign(
            start=np.concatenate([[0], np.cumsum(lengths)[:-1]]), length=lengths,
            **{key: [w[key] for w in waves] for key in ("duration_s", "sample_rate", "channels", "sha256")})
        meta = _definition(corpus, sample_rate) | {
            "fingerprint": fingerprint, "synthetic": synthetic,
            "corpus_hash": datasets.content_hash(table)}
        _write_folder(folder, table, np.concatenate([w["samples"] for w in waves]), meta)
    return load(corpus, sample_rate, cache=cache)


def _read(path: str, sample_rate: int | str, corpus: str, published: dict | None = None) -> dict:
    import soxr

    from ser_repro.datasets import audio

    samples, rate = audio.read(path)
    facts = audio.facts(samples, rate)
    if published and rate != published["sample_rate"]:
        raise SerReproError(f"{path} is at {rate} Hz, published at {published['sample_rate']} Hz: a resampled copy is "
                            f"not the published corpus; copy it again from {datasets.get(corpus).home}.")
    samples = samples[:, 0]  # a stereo file's other channel is dropped, as the documents' code does
    samples = samples.astype(np.float64) * (1 if samples.dtype == np.int16 else 2**15)
    # One clip of CREMA-D is published as digital silence, and the documents used it.
    as_published = published and facts["sha256"].startswith(published["sha256"])
    if not samples.any() and not as_published:
        raise SerReproError(f"{path} is digital silence: copy it again from the corpus's publisher.")
    if sample_rate != NATIVE and rate != sample_rate:
        samples = soxr.resample(samples, rate, sample_rate, quality="VHQ")
    return facts | {"samples": np.clip(np.rint(samples), -32768, 32767).astype(np.int16)}


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


def _write_folder(folder: Path, table: pd.DataFrame, samples: np.ndarray, meta: dict) -> None:
    """All files or none: written beside, then moved into place."""
    with _not_written(meta["corpus"], folder):
        beside = Path(tempfile.mkdtemp(prefix=folder.name + ".", dir=folder.parent))
        try:
            np.save(beside / "samples.npy", samples)
            table.to_csv(beside / "clips.csv", index=False)
            (beside / "meta.json").write_text(json.dumps(meta, indent=1))
            if folder.exists():
                shutil.rmtree(folder)
            beside.replace(folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def load(corpus: str, sample_rate: int | str, *, cache: str | Path | None = None) -> Waveforms:
    """The arrays of a corpus from the cache folder alone.

    Raises
    ------
    SerReproError
        Where they have not been prepared, or are damaged.
    """
    return _load(corpus, sample_rate, cache)[0]


def _load(corpus: str, sample_rate: int | str, cache: str | Path | None) -> tuple[Waveforms, str]:
    """The arrays, and the fingerprint of the files they were made from."""
    folder = folder_of(corpus, sample_rate, cache)
    if not (folder / "meta.json").exists():
        raise SerReproError(f"no arrays of {corpus} at rate {sample_rate} under {cache_folder(cache)}: run "
                            f"`ser-repro prepare {corpus}` where the audio is, and copy the cache folder here.")
    try:
        meta = json.loads((folder / "meta.json").read_text())
        # Kept as text: a sentence "01" or a speaker "03" must not become a number.
        text = dict.fromkeys(COLUMNS, str) | {"sha256": str}
        clips = pd.read_csv(folder / "clips.csv", dtype=text, keep_default_na=False)
        samples = np.load(folder / "samples.npy", mmap_mode="r")
        if len(samples) != int(clips["start"].iloc[-1] + clips["length"].iloc[-1]):
            raise ValueError("clips.csv and samples.npy do not belong together")
        return Waveforms(corpus, clips, samples, meta["corpus_hash"], meta["synthetic"]), meta["fingerprint"]
    except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError) as error:
        # Parsers' messages can have several lines.
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise SerReproError(f"the arrays in {folder} are damaged ({reason}): run `ser-repro prepare {corpus}` again "
                            "where the audio is, which replaces them.") from error
