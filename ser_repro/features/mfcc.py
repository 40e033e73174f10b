"""Mel-frequency cepstral coefficients: means over time, and frames.

The CNN on 50 MFCCs (2021) takes the mean of 50 coefficients at 22 050 Hz; its text says a window of 512 and a hop of
256 samples, its code has 2048 (librosa's default) and 552. The CNN-BiGRU takes frames of 40 coefficients at the file's
own rate, standardised by one mean and one deviation over the whole clip *before* it keeps the first 100 frames, which
at 48 kHz are 1.07 s.
"""

import numpy as np

from ser_repro.features.clip import Clip
from ser_repro.features.sets import FeatureSet, Means, register

COEFFICIENTS = (13, 20, 40, 50, 100)
FRAMES = 100  # that the CNN-BiGRU keeps


def mean(n: int, *, sample_rate: int = 22050, n_fft: int = 2048, hop: int = 512, name: str = "",
         source: str = "librosa's defaults") -> FeatureSet:
    """Time mean of n coefficients, shape (n,)."""
    means = Means(sample_rate, n_fft, hop, (("mfcc", n),))
    return FeatureSet(name or f"mfcc{n}_mean", means.definition, means, f"({n},)", source, means.names)


for _n in COEFFICIENTS:
    register(mean(_n))
register(mean(50, n_fft=512, hop=256, name="mfcc50_mean_paper", source="CNN on 50 MFCCs, README: window 512, hop 256"))
register(mean(50, hop=552, name="mfcc50_mean_code", source="CNN on 50 MFCCs, code: FFT 2048, hop 552"))


def _frames(clip: Clip, keep: int | None) -> np.ndarray:
    coefficients = clip.described(None).mfcc(40)
    deviation = np.std(coefficients)
    if deviation > 0:  # of a clip of one frame's silence there is none
        coefficients = (coefficients - np.mean(coefficients)) / deviation
    if keep is None:
        return coefficients.astype(np.float32)
    kept = coefficients[:, :keep]
    return np.pad(kept, ((0, 0), (0, keep - kept.shape[1]))).astype(np.float32)


def _register_frames(name: str, keep: int | None, shape: str, source: str) -> None:
    register(FeatureSet(name, {"kind": "frames", "mfcc": 40, "sample_rate": "own", "n_fft": 2048, "hop": 512,
                               "standardised": "whole clip", "keep": keep}, lambda clip: _frames(clip, keep), shape,
                        source))


_register_frames("mfcc40_frames_code", FRAMES, f"(40, {FRAMES})",
                 "CNN-BiGRU, code: the first 100 frames, shorter clips padded with zeros after standardising; channels "
                 "are averaged here, the code does not foresee more than one")
_register_frames("mfcc40_frames_whole", None, "(40, time)", "the same of the whole clip")
