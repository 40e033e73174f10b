"""Sets of modulation spectral features (see `modulation`), alone and with MFCC, and how a report normalises them."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from ser_repro import SerReproError
from ser_repro.features.clip import Clip
from ser_repro.features.modulation import DEFINITION, reference, summarise
from ser_repro.features.sets import FeatureSet, register
from ser_repro.files import one_of

VECTOR = (("mfcc", 12, "mean"), ("msf", 118, "mean"), ("msf", 118, "variance"))
"""What `vector` strings together: features, how many, and what is taken of them over time."""


def vector(mfcc: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """MFCC and modulation spectral features of a clip in one vector, for the CREMA-D study's CNN.

    The report feeds "the first 12 MFCC" and MSF, after Kerkeni et al. 2019 (IntechOpen, chapter 84856), to a network
    whose paper takes raw audio. Its code for this, hence the dimension, how MFCC are taken over time, whether the 0th
    is the first of the twelve, and whether MSF are all 236 values or the 95 energies alone, was not found. `VECTOR` is
    our reading: the first 12 rows of the MFCC matrix as it comes, the 0th included, and all 236.

    Parameters
    ----------
    mfcc : numpy.ndarray [shape=(coefficients, time)]
        At least 12 coefficients.
    frames : numpy.ndarray [shape=(frames, 118)]
        As `reference` or `fast` gives them.

    Returns
    -------
    numpy.ndarray [shape=(248,)]
        In the order of `VECTOR`.

    Raises
    ------
    SerReproError
        If there are fewer than 12 coefficients.
    """
    wanted = VECTOR[0][1]
    if mfcc.ndim != 2 or len(mfcc) < wanted:
        raise SerReproError(f"MFCC of shape {mfcc.shape} are too few: give {wanted} or more, of shape (coefficients, "
                            "time)")
    return np.concatenate([mfcc[:wanted].mean(axis=1), summarise(frames)])


def both_frames(mfcc: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """MFCC and modulation spectral features of each frame, for a network that reads frames.

    Parameters
    ----------
    mfcc : numpy.ndarray [shape=(coefficients, time)]
        With the window and hop of the modulation features, each frame around its place: so the third one lies where
        the first modulation frame does, which starts with the clip.
    frames : numpy.ndarray [shape=(frames, 118)]

    Returns
    -------
    numpy.ndarray [shape=(130, frames)]
        The first 12 coefficients, then the modulation features.
    """
    centre = DEFINITION.frame // 2 // DEFINITION.hop
    places = np.minimum(np.arange(len(frames)) + centre, mfcc.shape[1] - 1)
    return np.concatenate([mfcc[:VECTOR[0][1], places], frames.T])


def names(of: str = "frame") -> list[str]:
    """What the features are called, in their order.

    Parameters
    ----------
    of : str
        "frame" (118 names, of `reference` and `fast`), "clip" (236, of `summarise`) or "vector" (248, of `vector`).

    Raises
    ------
    SerReproError
        If there are no features of that.
    """
    d = DEFINITION
    modulation, groups = range(1, len(d.modulation_centres) + 1), range(1, len(d.groups) + 1)
    frame = [f"E({i},{j})" for i in range(1, d.bands + 1) for j in modulation]
    for statistic, over in enumerate((modulation, d.described, d.described, groups, groups, groups), start=1):
        frame += [f"phi{statistic}({index})" for index in over]
    known = {"frame": frame, "clip": [f"{taken} {name}" for taken in ("mean", "variance") for name in frame]}
    known["vector"] = [f"mean mfcc({i})" for i in range(1, VECTOR[0][1] + 1)] + known["clip"]
    return known[one_of(of, known, "names of features of")]


def _of(clips: list[Clip]) -> list[np.ndarray]:
    signals = [clip.at(DEFINITION.sample_rate) for clip in clips]
    if clips[0].path == "reference":
        return [reference(samples) for samples in signals]
    from ser_repro.features.fast import batched, modulation

    return modulation.fast(signals, "cpu" if clips[0].path == "fast" else batched.DEVICE)


def _register(name: str, compute, shape: str, values: Sequence[str], source: str) -> None:
    register(FeatureSet(name, {"kind": name} | asdict(DEFINITION), lambda clip: compute(clip).astype(np.float32), shape,
                        source, tuple(values)))


_SOURCE = "Wu, Falk and Chan 2011, not verified against its full text"
_register("msf", lambda clip: summarise(clip.once("msf", _of)), "(236,)", names("clip"), _SOURCE)
_register("msf_frames", lambda clip: clip.once("msf", _of).T, "(118, time)", (), _SOURCE)
_register("mfcc_msf", lambda clip: vector(clip.described(22050).mfcc(VECTOR[0][1]), clip.once("msf", _of)), "(248,)",
          names("vector"), "CREMA-D study, for the network after Qayyum et al. 2019; composition is our reading")
_register("mfcc_msf_frames", lambda clip: both_frames(
    clip.described(DEFINITION.sample_rate, DEFINITION.frame, DEFINITION.hop).mfcc(VECTOR[0][1]),
    clip.once("msf", _of)), "(130, time)", (), "our choice, for the RNN that Qayyum et al. 2019 compare with")
