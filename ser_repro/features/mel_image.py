"""Mel spectrograms as images: that of the CREMA-D study's 2-D networks, the same as it should be, and a plain one.

The report's code loads 2.5 s from 0.5 s on at 44.1 kHz, pads to 110 250 samples at a random offset (unseeded there,
drawn from the clip's hash here), takes 30 mel bands of the power spectrum with a filterbank built for 22 050 Hz, and
turns powers into decibels as if they were amplitudes. So band edges lie at twice the frequency that was meant, and
decibels count double.
"""

import functools
import hashlib

import numpy as np

from ser_repro.features.clip import Clip
from ser_repro.features.fast.spectral import decibels
from ser_repro.features.sets import FeatureSet, register

SAMPLE_RATE, START_S, DURATION_S, BANDS = 44100, 0.5, 2.5, 30
LENGTH = 110_250  # samples: 2.5 s


def _image(clip: Clip, filter_rate: int | None, squared: bool, by_lot: bool) -> np.ndarray:
    """Decibels of the bands, shape (30, 216)."""
    samples = clip.at(SAMPLE_RATE, START_S, DURATION_S, near=True)[:LENGTH]
    room = LENGTH - len(samples)
    before = int.from_bytes(hashlib.sha256(clip.key.encode()).digest()[:8], "little") % (room + 1) if by_lot else 0
    samples = np.pad(samples, (before, room - before))
    power = clip.described(SAMPLE_RATE, samples=samples).mel(BANDS, filter_rate=filter_rate)
    return decibels(power**2 if squared else power).astype(np.float32)


def _log_mel(clip: Clip) -> np.ndarray:
    return decibels(clip.described(16000, 512, 160).mel(64)).astype(np.float32)


_FRAME = {"sample_rate": SAMPLE_RATE, "start_s": START_S, "length": LENGTH, "n_fft": 2048, "hop": 512, "bands": BANDS}
_AS_AMPLITUDE, _OF_POWER, _BY_LOT, _AT_END = "of power as amplitude", "of power", "by lot of the hash", "at the end"
for _name, _rate, _decibels, _pad, _source in (
        ("mel_image_code", 22050, _AS_AMPLITUDE, _BY_LOT, "CREMA-D study, notebook of the 2-D networks"),
        ("mel_image", SAMPLE_RATE, _OF_POWER, _AT_END,
         "the same, filterbank and decibels corrected, padded at the end"),
        ("mel_image_bank", SAMPLE_RATE, _AS_AMPLITUDE, _BY_LOT, "that of the notebook, filterbank alone corrected"),
        ("mel_image_decibels", 22050, _OF_POWER, _BY_LOT, "that of the notebook, decibels alone corrected"),
        ("mel_image_pad", 22050, _AS_AMPLITUDE, _AT_END, "that of the notebook, but padded at the end")):
    register(FeatureSet(_name, _FRAME | {"filter_rate": _rate, "decibels": _decibels, "pad": _pad},
                        functools.partial(_image, filter_rate=_rate, squared=_decibels == _AS_AMPLITUDE,
                                          by_lot=_pad == _BY_LOT), f"({BANDS}, 216)", _source))
register(FeatureSet("log_mel", {"sample_rate": 16000, "n_fft": 512, "hop": 160, "bands": 64, "decibels": "of power"},
                    _log_mel, "(64, time)", "customary: 64 bands, 32 ms frames every 10 ms at 16 kHz"))
