"""Samples as they are, at one rate: cropped or padded to a length, and levelled, where a document says so.

Qayyum, Arefeen and Shahnaz 2019, which the CREMA-D study sets out from, feeds raw audio of 8 s with zeros after shorter
clips; its rate is not known. CNN-n-GRU takes whole clips without levelling (`waveform` keeps those for training).
"""

import numpy as np

from ser_repro import SerReproError
from ser_repro.features.clip import Clip
from ser_repro.features.sets import FeatureSet, register
from ser_repro.files import one_of

LEVELS = {
    None: lambda samples: 1.0,
    "peak": lambda samples: np.abs(samples).max(initial=0),
    "rms": lambda samples: np.sqrt(np.mean(np.square(samples, dtype=np.float64))) * 10,  # to -20 dB of full scale
}
"""What samples are divided by: nothing, their greatest value, or ten times their root mean square."""


def crop_or_pad(samples: np.ndarray, length: int, where: str = "end") -> np.ndarray:
    """Samples of a given length: cropped, or padded with zeros.

    Parameters
    ----------
    samples : array, shape (time,)
    length : int
    where : "end", "start" or "both"
        Which end gives or gets samples; of both, the end the odd one.

    Raises
    ------
    SerReproError
        For a length below 1 or another place.
    """
    if length < 1 or where not in ("end", "start", "both"):
        raise SerReproError(f"a length of {length} at the {where!r} is not possible: give 1 or more; end, start, both.")
    lack = length - len(samples)
    before = {"end": 0, "start": lack, "both": int(lack / 2)}[where]
    if lack >= 0:
        return np.pad(samples, (before, lack - before))
    return samples[-before:len(samples) + lack - before]


def raw(name: str, sample_rate: int, duration_s: float | None = None, level: str | None = None,
        where: str = "end", source: str = "customary") -> FeatureSet:
    """A set of samples: one channel at `sample_rate` Hz, shape (time,), or of `duration_s`."""
    one_of(level, LEVELS, "level")
    length = None if duration_s is None else round(duration_s * sample_rate)

    def compute(clip: Clip) -> np.ndarray:
        samples = clip.at(sample_rate)
        divisor = LEVELS[level](samples)
        samples = samples / divisor if divisor > 0 else samples
        return (samples if length is None else crop_or_pad(samples, length, where)).astype(np.float32)

    definition = {"kind": "raw", "sample_rate": sample_rate, "length": length, "level": level, "where": where}
    return FeatureSet(name, definition, compute, "(time,)" if length is None else f"({length},)", source)


register(raw("raw_16k", 16000, source="the rate that CNN-n-GRU's README names"))
register(raw("raw_16k_8s", 16000, 8, source="Qayyum et al. 2019: 8 s, shorter files padded with zeros; rate not known"))
register(raw("raw_8k_8s", 8000, 8, source="the same at half the rate, for a CPU: our choice"))
