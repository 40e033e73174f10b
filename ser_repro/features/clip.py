"""A clip, and what has been computed of it so far: what feature sets are computed of."""

import functools
from collections.abc import Callable

import numpy as np

from ser_repro import SerReproError
from ser_repro.datasets import audio
from ser_repro.features.descriptors import Descriptors, one_channel
from ser_repro.files import one_of

PATHS = ("fast", "torch", "reference")
"""Ways to the same numbers: on the processor, in batches on a GPU, by librosa."""


def key_of(samples: np.ndarray, sample_rate: int) -> str:
    """Hash of a clip's samples and rate: what its features are stored under.

    Not that of the index, which rounds to 16 bits: a clip of 24 bits has features of its own.
    """
    import xxhash

    found = xxhash.xxh3_128(np.ascontiguousarray(samples).data)
    found.update(f"{samples.dtype} {samples.shape} {sample_rate}".encode())
    return found.hexdigest()


def _kind(path: str) -> type[Descriptors]:
    """Imported only now: torch, soxr and above all librosa take their time."""
    if path == "reference":
        from ser_repro.features.reference import Reference

        return Reference
    if path == "torch":
        from ser_repro.features.fast.batched import Batched

        return Batched
    from ser_repro.features.fast.descriptors import Fast

    return Fast


class _Sound:
    """Samples of one channel, and what they are at other rates."""

    def __init__(self, samples: np.ndarray, sample_rate: int, path: str):
        self.samples, self.sample_rate, self.path = samples, sample_rate, path
        self._known: dict = {}

    def at(self, rate: int | None, start_s: float = 0, duration_s: float | None = None,
           near: bool = False) -> np.ndarray:
        wanted = (rate, start_s, duration_s, near)
        if wanted not in self._known:
            start = int(start_s * self.sample_rate)
            end = None if duration_s is None else start + int(duration_s * self.sample_rate)
            part = self.samples[start:end]
            if rate not in (None, self.sample_rate) and len(part):
                part = _kind(self.path).resampled(part, self.sample_rate, rate, near)
            self._known[wanted] = part
        return self._known[wanted]


class Clip:
    """One clip and what has been computed of it so far, shared by all sets that ask.

    Parameters
    ----------
    samples : array, shape (time, channel) or (time,)
        int16, or floating point in -1..1. Channels are averaged, as librosa does.
    sample_rate : int
        In Hz.
    path : "fast", "torch" or "reference"
        librosa's numbers in less time; in batches on torch, on a GPU where there is one; or by librosa itself.
    key : str
        Hash of the samples; from it comes whatever a set draws by lot.

    Attributes
    ----------
    given : array
        The samples as they came.
    samples : array of float32, shape (time,)
        Of one channel, full scale is 1.

    Raises
    ------
    SerReproError
        If there is no sample, or a value that is no number.
    """

    def __init__(self, samples: np.ndarray, sample_rate: int, *, path: str = "fast", key: str = ""):
        one_of(path, PATHS, "path")
        samples = self.given = np.asarray(samples)
        if samples.ndim not in (1, 2) or not samples.size:
            raise SerReproError(f"samples of shape {samples.shape} are no clip: give shape (time, channel).")
        scaled = audio.as_float(samples)
        self.samples = one_channel(scaled.reshape(-1) if scaled.size == len(scaled) else np.mean(scaled, axis=1))
        self.sample_rate, self.path, self.key = sample_rate, path, key
        # What is computed of a clip must not hold the clip: memory then is free as soon as the clip is let go of.
        self._sound = _Sound(self.samples, sample_rate, path)
        self._mates: list[Clip] = []
        self._described: dict = {}
        self._else: dict = {}

    def at(self, rate: int | None, start_s: float = 0, duration_s: float | None = None,
           near: bool = False) -> np.ndarray:
        """Samples at a rate in Hz (None: the clip's own), cut before they are resampled, as `librosa.load` does.

        Parameters
        ----------
        near : bool
            To rounding will do; see `resampling`.
        """
        return self._sound.at(rate, start_s, duration_s, near)

    def described(self, rate: int | None = None, n_fft: int = 2048, hop: int = 512, samples: np.ndarray | None = None):
        """Descriptors of the clip at a rate, or of other samples at that rate."""
        if samples is not None:
            return _kind(self.path)(samples, rate, n_fft, hop)
        wanted = (rate, n_fft, hop)
        if wanted not in self._described:
            own = rate or self.sample_rate
            mates = [mate for mate in self._mates or [self] if (rate or mate.sample_rate) == own]
            found = _kind(self.path).of([functools.partial(mate._sound.at, rate) for mate in mates], own, n_fft, hop)
            for mate, descriptors in zip(mates, found, strict=True):
                mate._described[wanted] = descriptors
        return self._described[wanted]

    def once(self, name: str, compute: Callable[[list["Clip"]], list[np.ndarray]]) -> np.ndarray:
        """What `compute` gives of the clip, computed for the first of the sets that ask for it by that name.

        `compute` takes clips that are computed together.
        """
        if name not in self._else:
            mates = self._mates or [self]
            for mate, value in zip(mates, compute(mates), strict=True):
                mate._else[name] = value
        return self._else[name]

    def join(self, clips: list["Clip"]) -> None:
        """Be computed together with others, which this clip is among; until that list is cleared."""
        self._mates = clips
