"""Mel spectrograms as images: that of the CREMA-D study's 2-D networks, the same as it should be, and a plain one.

The report's code loads 2.5 s from 0.5 s on at 44.1 kHz, pads to 110 250 samples at a random offset (unseeded there,
drawn from the clip's hash here), takes 30 mel bands of the power spectrum with a filterbank built for 22 050 Hz, and
turns powers into decibels as if they were amplitudes. So band edges lie at twice the frequency that was meant, and
decibels count double.
"""

import hashlib

import numpy as np

from ser_repro.features.clip import Clip
from ser_repro.features.fast.spectral import decibels
from ser_repro.features.sets import FeatureSet, register

SAMPLE_RATE, START_S, DURATION_S, BANDS = 44100, 0.5, 2.5, 30
LENGTH = 110_250  # samples: 2.5 s


def _code(clip: Clip) -> np.ndarray:
    samples = clip.at(SAMPLE_RATE, START_S, DURATION_S, near=True)[:LENGTH]
    lot = int.from_bytes(hashlib.sha256(clip.key.encode()).digest()[:8], "little")
    before = lot % (LENGTH - len(samples) + 1)
    samples = np.pad(samples, (before, LENGTH - len(samples) - before))
    power = clip.described(SAMPLE_RATE, samples=samples).mel(BANDS, filter_rate=22050)
    return decibels(power**2).astype(np.float32)


def _mended(clip: Clip) -> np.ndarray:
    samples = clip.at(SAMPLE_RATE, START_S, DURATION_S, near=True)[:LENGTH]
    samples = np.pad(samples, (0, LENGTH - len(samples)))
    return decibels(clip.described(SAMPLE_RATE, samples=samples).mel(BANDS)).astype(np.float32)


def _log_mel(clip: Clip) -> np.ndarray:
    return decibels(clip.described(16000, 512, 160).mel(64)).astype(np.float32)


_FRAME = {"sample_rate": SAMPLE_RATE, "start_s": START_S, "length": LENGTH, "n_fft": 2048, "hop": 512, "bands": BANDS}
register(FeatureSet("mel_image_code", _FRAME | {"filter_rate": 22050, "decibels": "of power as amplitude",
                                                "pad": "by lot of the hash"}, _code, f"({BANDS}, 216)",
                    "CREMA-D study, notebook of the 2-D networks"))
register(FeatureSet("mel_image", _FRAME | {"filter_rate": SAMPLE_RATE, "decibels": "of power", "pad": "at the end"},
                    _mended, f"({BANDS}, 216)", "the same, filterbank and decibels corrected, padded at the end"))
register(FeatureSet("log_mel", {"sample_rate": 16000, "n_fft": 512, "hop": 160, "bands": 64, "decibels": "of power"},
                    _log_mel, "(64, time)", "customary: 64 bands, 32 ms frames every 10 ms at 16 kHz"))
