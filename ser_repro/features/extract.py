"""Features of many clips: from files to arrays, through the cache.

    from ser_repro import datasets
    from ser_repro.features import extract

    features = extract.extract(datasets.clips("RAVDESS"), ["issa193", "mfcc50_mean_code"])
    features["issa193"].array()           # shape (clips, 193), in the order of the table

Each clip is decoded once, and its spectra serve all sets that are asked for. Clips are shared out to processes in small
lots, and what they bring is stored as it comes: memory does not grow with the corpus.
"""

import contextlib
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
    one_of(path, PATHS, "path")
    cache = cache_folder(cache)  # here: a worker that is kept from an earlier call has the environment of then
    wanted = [get(one) for one in sets]
    files = [str(p) for p in (clips["path"] if isinstance(clips, pd.DataFrame) else clips)]
    stores = {one.name: Store(one, path, cache) for one in wanted}
    lots = [files[i:i + _LOT] for i in range(0, len(files), _LOT)]
    # One thread in each process: the processes share out the cores.
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        work = joblib.Parallel(n_jobs=workers or -1, return_as="generator", pre_dispatch="2*n_jobs")
        keys: list[str] = []
        for found in work(joblib.delayed(_lot)(lot, wanted, path, cache) for lot in lots):
            if isinstance(found, str):
                raise SerReproError(found)
            keys += found
            if progress:
                progress(len(keys), len(files))
    return {name: Features(store, tuple(keys)) for name, store in stores.items()}


@contextlib.contextmanager
def _naming(file: str) -> Iterator[None]:
    try:
        yield
    except SerReproError as error:
        raise SerReproError(f"{file}: {error}") from error


def _lot(files: list[str], sets: list[FeatureSet], path: str, cache) -> list[str] | str:
    """Compute and store what the cache lacks of some clips. Returns their keys, or what is wrong with one of them."""
    stores = [Store(one, path, cache) for one in sets]
    try:
        read = []
        for file in files:
            samples, rate = audio.read(file)
            read.append((file, samples, rate, key_of(samples, rate)))
        keys = [key for *_, key in read]
        lacking = [set(keys) - set(store.get(set(keys))) for store in stores]  # read, as what is there may be damaged
        read = [one for one in read if any(one[-1] in lack for lack in lacking)]
        values: list[dict] = [{} for _ in sets]
        for some in [read] if path == "torch" else [[one] for one in read]:  # clips that are held at a time
            together: list[Clip] = []
            for file, samples, rate, key in some:
                with _naming(file):
                    together.append(Clip(samples, rate, path=path, key=key))
            for (file, *_), clip in zip(some, together, strict=True):
                clip.join(together)
                with _naming(file):
                    for one, lack, new in zip(sets, lacking, values, strict=True):
                        if clip.key in lack:
                            new[clip.key] = one.compute(clip)
            together.clear()  # they hold each other
        for store, new in zip(stores, values, strict=True):
            if new:
                store.put(new.items())
    except SerReproError as error:
        return str(error)
    return keys
