"""Features of many clips: from files to arrays, through the cache.

    from ser_repro import datasets
    from ser_repro.features import extract

    features = extract.extract(datasets.clips("RAVDESS"), ["issa193", "mfcc50_mean_code"])
    features["issa193"].array()           # shape (clips, 193), in the order of the table

Each clip is decoded once, and its spectra serve all sets that are asked for. Clips are shared out to processes in small
lots, and what they bring is stored as it comes: memory does not grow with the corpus.
"""

import contextlib
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import pandas as pd

from ser_repro import SerReproError
from ser_repro.datasets import audio
from ser_repro.features.clip import PATHS, Clip, key_of
from ser_repro.features.sets import FeatureSet, get
from ser_repro.features.store import Store
from ser_repro.files import cache_folder, one_of
from ser_repro.workers import end_with

_LOT = 16  # clips that a process takes at a time


@dataclass(frozen=True)
class Features:
    """The values of one set for the clips of a table, read from the cache as they are asked for.

    Attributes
    ----------
    keys : tuple of str
        Hashes of the clips' samples, in the order of the table.
    """

    store: Store
    keys: tuple[str, ...]

    def __len__(self):
        return len(self.keys)

    def __iter__(self) -> Iterator[np.ndarray]:
        """Values clip by clip, in the order of the table."""
        for i in range(0, len(self.keys), _LOT):
            some = self.keys[i:i + _LOT]
            values = self.store.get(some)
            for key in some:
                if key not in values:
                    raise SerReproError(f"{self.store.file} was changed or damaged while it was read: extract again.")
                yield values[key]

    def array(self) -> np.ndarray:
        """All values in one array, shape (clips, ...).

        Raises
        ------
        SerReproError
            If the set's values have a time axis of the clip's own length.
        """
        values = list(self)
        if len({value.shape for value in values}) > 1:
            raise SerReproError(f"values of {self.store.set.name} differ in length: take them clip by clip.")
        return np.stack(values)


def extract(clips: pd.DataFrame | Iterable[str | Path], sets: Iterable[str | FeatureSet], *, path: str = "fast",
            cache: str | Path | None = None, workers: int | None = None,
            progress: Callable[[int, int], None] | None = None) -> dict[str, Features]:
    """Features of clips, computed or taken from the cache.

    Parameters
    ----------
    clips : DataFrame with a column path, or iterable of paths
    sets : iterable of str or FeatureSet
        See `SETS`.
    path : "fast", "torch" or "reference"
        The package's own computing, on the processor or in batches on a GPU; or librosa's.
    workers : int, optional
        Processes; by default one a core.
    progress : callable(done, total), optional
        In clips.

    Raises
    ------
    SerReproError
        For an unknown set or path, a clip that can't be read or used, or a cache that can't be written.
    """
    wanted = [get(one) for one in sets]
    files = [str(p) for p in (clips["path"] if isinstance(clips, pd.DataFrame) else clips)]
    folder = cache_folder(cache) / "features"
    keys: list[str] = []
    for lot in reading(files, wanted, path=path, folder=folder, workers=workers):
        keys += [one.key for one in lot]
        if progress:
            progress(len(keys), len(files))
    return {one.name: Features(Store(one, path, folder), tuple(keys)) for one in wanted}


@dataclass(frozen=True)
class Seen:
    """A clip that was read, and of which all that was wanted is stored.

    Attributes
    ----------
    key : str
        What it is stored under.
    shapes : tuple
        Of the values, in the order of the sets.
    facts : dict
        See `audio.facts`; empty where they were not asked for.
    """

    key: str
    shapes: tuple[tuple[int, ...], ...]
    facts: dict


def reading(files: list[str], sets: list[FeatureSet], *, path: str, folder: Path, workers: int | None = None,
            facts: bool = False) -> Iterator[list[Seen]]:
    """Read clips, each once, and store in a folder what it lacks of their features; lot by lot, in order.

    Parameters are those of `extract`, but that `folder` is where the stores are.
    """
    one_of(path, PATHS, "path")
    lots = [files[i:i + _LOT] for i in range(0, len(files), _LOT)]
    workers = min(workers or joblib.cpu_count(), max(len(lots), 1))
    # One thread in each process: the processes share out the cores.
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        work = joblib.Parallel(n_jobs=workers, return_as="generator", pre_dispatch="2*n_jobs")
        results = work(joblib.delayed(_lot)(lot, sets, path, folder, facts, os.getpid()) for lot in lots)
        try:
            for found in results:
                if isinstance(found, str):
                    raise SerReproError(found)
                yield found
        finally:
            with warnings.catch_warnings():  # joblib's, of lots that nobody waits for any more
                warnings.simplefilter("ignore", UserWarning)
                results.close()


@contextlib.contextmanager
def _naming(file: str) -> Iterator[None]:
    try:
        yield
    except SerReproError as error:
        raise SerReproError(f"{file}: {error}") from error


def _lot(files: list[str], sets: list[FeatureSet], path: str, folder: Path, facts: bool, parent: int
         ) -> list[Seen] | str:
    """Compute and store what the folder lacks of some clips. Returns what is known of them, or what is wrong with one.

    The sets come themselves, not by name: one that was registered outside the package is not known in a new process.
    """
    end_with(parent)
    stores = [Store(one, path, folder) for one in sets]
    try:
        read = []
        for file in files:
            samples, rate = audio.read(file)
            read.append((file, samples, rate, key_of(samples, rate)))
        known = [audio.facts(samples, rate) if facts else {} for _, samples, rate, _ in read]
        keys = [key for *_, key in read]
        values = [store.get(set(keys)) for store in stores]  # read, as what is there may be damaged
        shapes: list[dict] = [{key: value.shape for key, value in there.items()} for there in values]
        values.clear()
        new = _computed([one for one in read if any(one[-1] not in there for there in shapes)], sets, shapes, path)
        for store, some, there in zip(stores, new, shapes, strict=True):
            if some:
                store.put(some.items())
            there.update((key, value.shape) for key, value in some.items())
    except SerReproError as error:
        return str(error)
    return [Seen(key, tuple(there[key] for there in shapes), one) for key, one in zip(keys, known, strict=True)]


def _computed(read: list[tuple], sets: list[FeatureSet], there: list[dict], path: str) -> list[dict]:
    """Values, by key, of each set that are not there yet."""
    values: list[dict] = [{} for _ in sets]
    for some in [read] if path == "torch" else [[one] for one in read]:  # clips that are held at a time
        together: list[Clip] = []
        for file, samples, rate, key in some:
            with _naming(file):
                together.append(Clip(samples, rate, path=path, key=key))
        for (file, *_), clip in zip(some, together, strict=True):
            clip.join(together)
            with _naming(file):
                for one, old, new in zip(sets, there, values, strict=True):
                    if clip.key not in old:
                        new[clip.key] = one.compute(clip)
        together.clear()  # they hold each other
    return values
