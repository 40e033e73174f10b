"""The extended Geneva minimalistic acoustic parameter set, eGeMAPSv02: 88 values a clip, computed by openSMILE.

Eyben et al., "The Geneva minimalistic acoustic parameter set (GeMAPS) for voice research and affective computing", IEEE
Transactions on Affective Computing 7 (2016) 190-202. openSMILE is under the audEERING Research License: free for
teaching, research and private use, not for commercial products, nor are values computed with it. So it is an extra
(`egemaps`) that nothing else here needs.

Clips of every rate are brought to 16 kHz first, so that one corpus's values mean what another's do.
"""

import functools

import numpy as np

from ser_repro import SerReproError
from ser_repro.features.sets import Extra, FeatureSet, register

SAMPLE_RATE = 16000  # Hz
LICENCE = "free for research, teaching and private use, not for commercial products: audEERING Research License"

_BOTH = ("amean", "stddevNorm")
_CONTOUR = (*_BOTH, "percentile20.0", "percentile50.0", "percentile80.0", "pctlrange0-2", "meanRisingSlope",
            "stddevRisingSlope", "meanFallingSlope", "stddevFallingSlope")
# What openSMILE follows over time, with what it tells of each: over all frames, voiced ones (V) or unvoiced ones (UV).
_FOLLOWED = {
    "F0semitoneFrom27.5Hz_sma3nz": _CONTOUR, "loudness_sma3": _CONTOUR, "spectralFlux_sma3": _BOTH,
    **{f"mfcc{i}_sma3": _BOTH for i in (1, 2, 3, 4)},
    **{f"{name}_sma3nz": _BOTH for name in ("jitterLocal", "shimmerLocaldB", "HNRdBACF", "logRelF0-H1-H2",
                                            "logRelF0-H1-A3")},
    **{f"F{i}{name}_sma3nz": _BOTH for i in (1, 2, 3) for name in ("frequency", "bandwidth", "amplitudeLogRelF0")},
    **{f"{name}_sma3nz": _BOTH for name in ("alphaRatioV", "hammarbergIndexV", "slopeV0-500", "slopeV500-1500",
                                            "spectralFluxV", "mfcc1V", "mfcc2V", "mfcc3V", "mfcc4V")},
    **{f"{name}_sma3nz": _BOTH[:1] for name in ("alphaRatioUV", "hammarbergIndexUV", "slopeUV0-500",
                                                "slopeUV500-1500", "spectralFluxUV")},
}
VALUES = (*(f"{name}_{value}" for name, values in _FOLLOWED.items() for value in values),
          "loudnessPeaksPerSec", "VoicedSegmentsPerSec", "MeanVoicedSegmentLengthSec", "StddevVoicedSegmentLengthSec",
          "MeanUnvoicedSegmentLength", "StddevUnvoicedSegmentLength", "equivalentSoundLevel_dBp")


@functools.cache
def _smile():
    import opensmile

    return opensmile.Smile(feature_set=opensmile.FeatureSet.eGeMAPSv02,
                           feature_level=opensmile.FeatureLevel.Functionals)


def egemaps(clip) -> np.ndarray:
    """The 88 values of a `clip.Clip`, shape (88,); a SerReproError for a clip that is too short."""
    import soxr

    # Not `clip.at`, whose paths differ in rounding: where a frame is on the verge of being voiced, that shows.
    samples = clip.samples if clip.sample_rate == SAMPLE_RATE else soxr.resample(
        clip.samples, clip.sample_rate, SAMPLE_RATE, quality="VHQ")
    values = _smile().process_signal(samples, SAMPLE_RATE).to_numpy(np.float32)[0]
    if not np.isfinite(values).all():  # openSMILE's way to say that no frame fits
        raise SerReproError(f"a clip of {len(samples)} samples at {SAMPLE_RATE} Hz is too short for eGeMAPS: give a "
                            "longer one.")
    return values


_DEFINITION = {"kind": "openSMILE", "set": "eGeMAPSv02", "level": "functionals", "sample_rate": SAMPLE_RATE}
register(FeatureSet("egemaps", _DEFINITION, egemaps, "(88,)", "eGeMAPSv02 as openSMILE 3 computes it", VALUES,
                    Extra("opensmile", "egemaps", f"openSMILE ({LICENCE})")))
