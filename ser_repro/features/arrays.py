"""What networks train on, in one array a corpus: raw waveforms, or the values of a feature set.

`prepare` needs soundfile and soxr, and the audio; `load` needs none of them, so that training also runs on a
compute node that only has the cache folder. What to prepare is a rate in Hz or `"native"` (waveforms, one channel, 16
bits a sample), or the name of a feature set (`ser_repro.features.sets`).
"""

import contextlib
import functools
import json
import logging
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from ser_repro import SerReproError, datasets
from ser_repro.datasets import audio, contents
from ser_repro.datasets.base import COLUMNS
from ser_repro.datasets.folders import marked_above
from ser_repro.features import sets
from ser_repro.features.clip import PATHS
from ser_repro.files import cache_folder, digest, file_checksum, one_of, read_json, whole_folder

NATIVE = "native"
_META, _TABLE, _VALUES = "meta.json", "clips.csv", "values.npy"
_LOG = logging.getLogger(__name__)
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
    checksum : str
        Of the table and the values as they are stored; "" of arrays that are not.
    """

    corpus: str
    clips: pd.DataFrame
    values: np.ndarray
    corpus_hash: str
    synthetic: bool
    checksum: str = ""

    @property
    def is_vectors(self) -> bool:
        """Whether each clip is one vector of values."""
        return self.values.ndim == 2 and bool((self.clips["length"] == 1).all())

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


def joined(first: Arrays, *others: Arrays) -> Arrays:
    """The clips of several arrays one after the other, under the name of the first: to train on altered copies too."""
    several = (first, *others)
    before = np.cumsum([0, *(len(one.values) for one in several)])
    clips = [one.clips.assign(start=one.clips["start"] + start) for one, start in zip(several, before, strict=False)]
    return replace(first, clips=pd.concat(clips, ignore_index=True),
                   values=np.concatenate([one.values for one in several]),
                   checksum=digest([one.checksum for one in several], 32))


def pooled(several: list[Arrays], tested: list[Arrays]) -> Arrays:
    """The clips of several corpora as one, to train on together: those of the emotions that all of them and those
    tested have. Ids and speakers begin with the corpus's name, as two corpora may each have a speaker "03".

    Raises
    ------
    SerReproError
        If they share no two emotions.
    """
    emotions = datasets.shared_emotions([one.clips for one in (*several, *tested)])
    if len(emotions) < 2:
        raise SerReproError(f"{', '.join(one.corpus for one in (*several, *tested))} do not share two emotions: leave "
                            "a corpus out.")
    whole = joined(*(_chosen(one, np.flatnonzero(one.clips["emotion"].isin(emotions))) for one in several))
    clips = [datasets.renamed(one.clips, emotions) for one in several]
    told = pd.concat(clips, ignore_index=True).assign(start=whole.clips["start"])
    return replace(whole, clips=told, corpus_hash=digest([one.corpus_hash for one in several], 64),
                   synthetic=any(one.synthetic for one in several))


def _chosen(of: Arrays, rows: np.ndarray) -> Arrays:
    """Some clips of arrays, with their values alone."""
    clips = of.clips.iloc[rows].reset_index(drop=True)
    start, length = (clips[name].to_numpy() for name in ("start", "length"))
    values = np.concatenate([of.values[first:first + count] for first, count in zip(start, length, strict=True)])
    return replace(of, clips=clips.assign(start=np.cumsum(length) - length), values=values)


def adapted(other: Arrays, trained: Arrays, rows: np.ndarray) -> Arrays:
    """One vector a clip, each value shifted and stretched so that all clips of the other corpus together have the mean
    and the spread of those that were trained on.

    It takes no labels, but all clips of those who are tested: an answer can't be given before they have spoken.

    Parameters
    ----------
    rows : array of int
        Clips of `trained` that were trained on.
    """
    def values(of: Arrays, rows) -> np.ndarray:
        return of.values[of.clips["start"].to_numpy()[rows]].astype(np.float64)

    there, here = values(other, slice(None)), values(trained, rows)
    spread = there.std(0)
    told = (there - there.mean(0)) / np.where(spread > 0, spread, 1) * here.std(0) + here.mean(0)
    clips = other.clips.assign(start=np.arange(len(other.clips)))
    return replace(other, clips=clips, values=told.astype(other.values.dtype), checksum="")


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


def _fingerprint(clips: pd.DataFrame, memory: Path, again: bool) -> str:
    """All that is known of the clips, and what their files hold: tells that the arrays were made from these."""
    held = contents.hashes(clips["path"], memory, again=again)
    return digest("\n".join([*held, clips.drop(columns="path").to_csv(index=False)]))


def _published(corpus: str) -> dict[str, dict]:
    """Rate (Hz) and hash of each published clip, odd ones included; none of a corpus that has no index."""
    if not datasets.get(corpus).index.is_file():
        return {}
    return datasets.read_index(corpus).set_index("clip")[["sample_rate", "sha256"]].to_dict("index")


def prepare(corpus: str, what: int | str, **options) -> Arrays:
    """The arrays of a corpus, made from its audio unless they are there already: `prepare_all` of one."""
    return prepare_all(corpus, [what], **options)[what]


def prepare_all(corpus: str, whats: Iterable[int | str], *, path: str | None = None, data: str | Path | None = None,
                cache: str | Path | None = None, workers: int | None = None, progress=None, again: bool = False
                ) -> dict[int | str, Arrays]:
    """Several arrays of a corpus; what is not there is made in one pass over its audio, each clip decoded once.

    Arrays that are damaged, or of other files or another table than now, are made anew, and the log says so. What was
    computed when the pass is stopped waits in the cache for the next one; it is deleted when the arrays stand.

    Parameters
    ----------
    corpus : str
    whats : iterable of int, "native" or names of feature sets
        Waveforms at a rate in Hz; "native" feeds the samples as they are, whatever their rate.
    path : "fast", "torch" or "reference", optional
        What computes feature sets (see `extract`); where it is given, arrays of a set that another path made are made
        anew. By default arrays of any path will do, and the fast one makes new ones.
    data : path, optional
        Folder that holds the corpus; by default SER_REPRO_DATA.
    workers : int, optional
        Processes; by default one a core.
    progress : callable(done, total), optional
    again : bool
        Read every file to tell whether it has changed, and not only those whose size, times or place on the disk have.

    Raises
    ------
    SerReproError
        Where the corpus is not there or not whole, a clip can't be used or is not at its published rate, or the
        arrays can't be written; a `sets.MissingExtra` where a set is computed with what is not installed.
    """
    one_of(path or "fast", PATHS, "path")
    corpus, whats = datasets.get(corpus).name, list(dict.fromkeys(whats))
    clips = datasets.studied(datasets.clips(corpus, data))[COLUMNS]  # other columns of a table change no array
    synthetic = marked_above(Path(clips["path"].iloc[0]).parent)
    with contextlib.ExitStack() as held:
        # In one order, whoever asks: so two never wait for each other.
        for folder in sorted(folder_of(corpus, what, cache) for what in whats):
            with _not_written(corpus, folder):
                folder.parent.mkdir(parents=True, exist_ok=True)
                held.enter_context(FileLock(f"{folder}.lock"))
        fingerprint = _fingerprint(clips, cache_folder(cache) / "files" / f"{corpus}.json", again)
        found = {what: _standing(corpus, what, path, fingerprint, synthetic, cache) for what in whats}
        lacking = [what for what in whats if found[what] is None]
        if lacking:
            meta = {"fingerprint": fingerprint, "synthetic": synthetic}
            _make(corpus, clips, lacking, path or "fast", meta, cache, workers, progress)
    return found | {what: load(corpus, what, cache=cache) for what in lacking}


def _standing(corpus: str, what: int | str, path: str | None, fingerprint: str, synthetic: bool, cache
              ) -> Arrays | None:
    """Arrays that need not be made."""
    folder = folder_of(corpus, what, cache)
    try:
        there, meta = _load(corpus, what, cache)
        if meta["fingerprint"] == fingerprint and (is_waveform(what) or path in (None, meta["path"])):
            return there
        made_anew = ("the audio or the table of clips has changed since" if meta["fingerprint"] != fingerprint else
                     f"they were made by path {meta['path']}")
        real = not there.synthetic
    except SerReproError as error:
        if not folder.exists():
            return None
        made_anew, real = str(error).partition(": run `")[0], _claims_real(folder)
    if synthetic and real:
        raise SerReproError(f"{folder} holds the arrays of the real {corpus}: give --cache another folder for those of "
                            "demo speech.")
    _LOG.warning("%s is made anew: %s", folder, made_anew)
    return None


def _claims_real(folder: Path) -> bool:
    """Whether damaged arrays say that they are of real speech."""
    try:
        return json.loads((folder / _META).read_text())["synthetic"] is False
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _make(corpus: str, clips: pd.DataFrame, whats: list[int | str], path: str, meta: dict, cache,
          workers: int | None, progress) -> None:
    from ser_repro.features import extract
    from ser_repro.features.store import Store

    for what in whats:
        if not is_waveform(what):
            sets.get(what).require()
    wanted = [_waveforms(what) if is_waveform(what) else sets.get(what) for what in whats]
    unfinished = cache_folder(cache) / "unfinished" / corpus
    published = {} if meta["synthetic"] else _published(corpus)
    seen: list[extract.Seen] = []
    for lot in extract.reading(clips["path"].tolist(), wanted, path=path, folder=unfinished, workers=workers,
                               facts=True):
        for one, (file, clip) in zip(lot, clips[["path", "clip"]].iloc[len(seen):].to_numpy(), strict=False):
            _refuse(file, one.facts, corpus, published.get(clip), whats)
        seen += lot
        if progress:
            progress(len(seen), len(clips))
    facts = {key: [one.facts[key] for one in seen] for key in ("duration_s", "sample_rate", "channels", "sha256")}
    for place, (what, of) in enumerate(zip(whats, wanted, strict=True)):
        shapes = [_frames_shape(of, one.shapes[place]) for one in seen]
        lengths = np.array([shape[0] for shape in shapes], np.int64)
        if not lengths.all():
            short = clips["path"].iloc[int(np.argmin(lengths))]
            raise SerReproError(f"{short} is too short: nothing is left of it {_kind(what)}; leave it out, or give a "
                                "longer one.")
        table = clips.drop(columns="path").assign(start=np.concatenate([[0], np.cumsum(lengths)[:-1]]), length=lengths,
                                                  **facts)
        store = Store(of, path, unfinished)
        values = (_framed(of, one) for one in extract.Features(store, tuple(one.key for one in seen)))
        _write_folder(folder_of(corpus, what, cache), table, values, (int(lengths.sum()), *shapes[0][1:]),
                      _definition(corpus, what) | meta | ({} if is_waveform(what) else {"path": path})
                      | {"corpus_hash": datasets.content_hash(table)})
        store.discard()


def _refuse(file: str, facts: dict, corpus: str, published: dict | None, whats: list[int | str]) -> None:
    """Raise a SerReproError where a clip is not as it was published, or what is made of it is silent."""
    if published and facts["sample_rate"] != published["sample_rate"]:
        raise SerReproError(f"{file} is at {facts['sample_rate']} Hz, published at {published['sample_rate']} Hz: a "
                            "resampled copy is not the published corpus; copy it again from "
                            f"{datasets.get(corpus).home}.")
    # One clip of CREMA-D is published as digital silence, and the documents used it.
    if published and facts["sha256"].startswith(published["sha256"]):
        return
    if facts["silent"]:
        own = datasets.get(corpus).table is not None
        raise SerReproError(f"{file} is digital silence: " + (
            "take its row out of the table." if own else "copy it again from the corpus's publisher."))
    for part in facts["silent_parts"]:
        if any(is_waveform(what) == (part == "first") for what in whats):
            raise SerReproError(f"{file} would be heard as silence ({audio.PARTS[part]}): give it one good channel.")


@dataclass(frozen=True)
class _Waveform:
    """Samples at a rate, as a feature set computes its values."""

    rate: int | str

    def __call__(self, clip) -> np.ndarray:
        given = clip.given
        return waveform(given[:, None] if given.ndim == 1 else given, clip.sample_rate, self.rate)


def _waveforms(rate: int | str) -> sets.FeatureSet:
    return sets.FeatureSet(f"waveform-{rate}", {"sample_rate": rate, "version": _VERSION}, _Waveform(rate), "(time,)",
                           "16 bits, first channel")


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


def frames(of: sets.FeatureSet, values: np.ndarray) -> np.ndarray:
    """Values of one clip with time first, shape (frame, values): a vector is one frame."""
    return values[None] if of.values else np.atleast_2d(values).T


def _framed(of: sets.FeatureSet, values: np.ndarray) -> np.ndarray:
    return values if values.dtype == np.int16 else frames(of, values)


def _frames_shape(of: sets.FeatureSet, shape: tuple[int, ...]) -> tuple[int, ...]:
    """That of `_framed`, from that of the values."""
    if isinstance(of.compute, _Waveform):
        return shape
    return (1, *shape) if of.values else (shape[-1], shape[0] if len(shape) > 1 else 1)


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


def _write_folder(folder: Path, table: pd.DataFrame, values: Iterable[np.ndarray], shape: tuple[int, ...],
                  meta: dict) -> None:
    """All files or none."""
    with _not_written(meta["corpus"], folder), whole_folder(folder) as beside:
        _write_values(beside / _VALUES, values, shape, np.int16 if len(shape) == 1 else np.float32)
        table.to_csv(beside / _TABLE, index=False)
        sums = {name: file_checksum(beside / name) for name in (_TABLE, _VALUES)}
        (beside / _META).write_text(json.dumps(_sealed(meta | {"checksums": sums}), indent=1))


def _verify(folder: Path, meta: dict) -> None:
    """Raise a ValueError where a file of arrays is not as it was written."""
    if "checksums" not in meta:  # made now, one would seal whatever has happened to them
        raise ValueError(f"{_META} has no checksums, as those of earlier versions")
    if set(meta["checksums"]) != {_TABLE, _VALUES}:
        raise ValueError(f"{_META} has checksums of other files")
    if meta.get("checksum") != _sealed(meta)["checksum"]:
        raise ValueError(f"{_META} is not as it was written, its checksum differs")
    for name, told in meta["checksums"].items():
        if told != file_checksum(folder / name):
            raise ValueError(f"{name} is not as it was written, its checksum differs")


def _sealed(meta: dict) -> dict:
    """A description of arrays with the checksum of all that it says, those of the other files among it."""
    meta = {key: value for key, value in meta.items() if key != "checksum"}
    return meta | {"checksum": digest(meta, 32)}


def _write_values(file: Path, values: Iterable[np.ndarray], shape: tuple[int, ...], dtype) -> None:
    """One array after the other, as one: `np.save` would want all of them in memory."""
    with open(file, "wb") as out:
        np.lib.format.write_array_header_1_0(out, {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
                                                   "fortran_order": False, "shape": shape})
        for one in values:
            out.write(np.ascontiguousarray(one, dtype).data)


def load(corpus: str, what: int | str, *, cache: str | Path | None = None) -> Arrays:
    """The arrays of a corpus from the cache folder alone.

    Raises
    ------
    SerReproError
        Where they have not been prepared, or are damaged.
    """
    return _load(corpus, what, cache)[0]


def _described(meta: dict) -> None:
    """Raise an error where this is no description of arrays."""
    if type(meta["synthetic"]) is not bool or not all(type(meta[key]) is str for key in ("corpus_hash", "fingerprint")):
        raise TypeError


def _refuse_unfit(clips: pd.DataFrame, values: np.ndarray, waveform: bool) -> None:
    """Raise a ValueError where a table and values can't be those of a corpus, whatever their checksums say."""
    if (values.dtype, values.ndim) != ((np.int16, 1) if waveform else (np.float32, 2)):
        raise ValueError(f"{_VALUES} has another type or shape")
    if lacking := set(COLUMNS) - {"path"} - set(clips):
        raise ValueError(f"{_TABLE} lacks {', '.join(sorted(lacking))}")
    start, length = (clips[name].to_numpy(np.int64) for name in ("start", "length"))
    if (length < 1).any() or (start != np.cumsum(length) - length).any() or len(values) != length.sum():
        raise ValueError(f"{_TABLE} and {_VALUES} do not belong together")
    if clips["clip"].duplicated().any() or not set(clips["emotion"]) <= set(datasets.EMOTIONS):
        raise ValueError(f"{_TABLE} has a clip twice, or an emotion that is none of the study's")


def _kind(what: int | str) -> str:
    return f"at rate {what}" if is_waveform(what) else f"of {what}"


def _load(corpus: str, what: int | str, cache: str | Path | None) -> tuple[Arrays, dict]:
    """The arrays, and what is known of how they were made."""
    command = f"`ser-repro prepare {corpus} --{'rate' if is_waveform(what) else 'features'} {what}`"
    folder, again = folder_of(corpus, what, cache), f"run {command} again where the audio is, which"
    meta = read_json(folder / _META, "description of arrays", f"{again} replaces them",
                     check=_described,
                     missing=f"no arrays of {corpus} {_kind(what)} under {cache_folder(cache)}: run {command} "
                             "where the audio is, and copy the cache folder here.")
    try:
        if any(meta.get(key) != value for key, value in _definition(corpus, what).items()):
            raise ValueError("they are of another corpus, or another definition")
        _verify(folder, meta)
        # Kept as text: a sentence "01" or a speaker "03" must not become a number.
        text = dict.fromkeys(COLUMNS, str) | {"sha256": str}
        clips = pd.read_csv(folder / _TABLE, dtype=text, keep_default_na=False)
        values = np.load(folder / _VALUES, mmap_mode="r", allow_pickle=False)
        _refuse_unfit(clips, values, is_waveform(what))
        checksum = digest(meta["checksums"], 32)
        return Arrays(corpus, clips, values, meta["corpus_hash"], meta["synthetic"], checksum), meta
    except (OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError,
            tokenize.TokenError) as error:  # the last is numpy's, of the head of a file
        # Parsers' messages can have several lines.
        reason = " ".join((str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}").split())
        raise SerReproError(f"the arrays in {folder} are damaged ({reason}): {again} replaces them.") from error
