"""The 258 values of the CREMA-D study, and the sets it came to them by, one descriptor after another.

Rate, frames and clip length are not stated: librosa's defaults. The composition is inferred from the input length of
258 and the names of stored models, and so is that the second step adds mel bands with chroma.
"""

import functools
from dataclasses import asdict

import numpy as np

from ser_repro.features import augmentation
from ser_repro.features.clip import Clip
from ser_repro.features.sets import FeatureSet, Means, register

SAMPLE_RATE = 22050

ALL = (("zero crossings", 1), ("rms", 1), ("mel", 128), ("roll-off", 1), ("chroma", 12), ("mfcc", 100), ("tonnetz", 6),
       ("contrast", 7), ("flatness", 1), ("bandwidth", 1))


def _without(*names: str, mfcc: int = 100) -> tuple:
    return tuple((name, mfcc if name == "mfcc" else count) for name, count in ALL if name not in names)


# The steps of the report's incremental selection, each with the test accuracy in % it gives for it.
STEPS = {
    "crema_step1": (_without("mel", "chroma", "roll-off", "tonnetz", "contrast", "flatness", "bandwidth", mfcc=20),
                         "zero crossings, energy and 20 MFCCs", 36),
    "crema_step2": (_without("roll-off", "tonnetz", "contrast", "flatness", "bandwidth", mfcc=20),
                         "chroma and mel bands added", 44),
    "crema_step3": (_without("tonnetz", "contrast", "flatness", "bandwidth", mfcc=20), "roll-off added", 46),
    "crema_step4": (_without("contrast", "flatness", "bandwidth", mfcc=20), "tonnetz added, after LDA", 43),
    "crema_step5": (_without("contrast", "flatness", "bandwidth"), "100 MFCCs instead of 20", 47),
    "crema_step6": (_without("flatness", "bandwidth"), "contrast added", 47),
    "crema_step7": (_without("bandwidth"), "flatness added", 48),
    "crema258": (ALL, "bandwidth added", 48),
}
_OPEN = ("composition inferred from the steps and the total of 258; rate and frames are not told: librosa's defaults, "
         "our choice")

for _name, (_parts, _told, _accuracy) in STEPS.items():
    _rest = _OPEN if _parts is ALL else "rate and frames as of crema258"
    _means = Means(SAMPLE_RATE, 2048, 512, _parts)
    register(FeatureSet(_name, _means.definition, _means, f"({sum(count for _, count in _parts)},)",
                        f"CREMA-D study, {'last ' * (_name == 'crema258')}step of its incremental selection: {_told}; "
                        f"test accuracy {_accuracy} % by its report; {_rest}", _means.names))


# ---- of altered copies -------------------------------------------------------------------------------------------

AMOUNTS = augmentation.Amounts(noise=0.035, shift_s=5000 / SAMPLE_RATE, stretch=0.8, semitones=0.7)
"""The report names the kinds alone: these are the amounts of the public notebooks that its networks resemble."""
COPIES = tuple(f"crema258_{kind}" for kind in augmentation.KINDS)
"""The 258 values of a copy of each clip: altered by noise, shift, stretch and pitch."""


def _of_copy(clip: Clip, kind: str, means: Means) -> np.ndarray:
    copy = augmentation.augment(clip.at(SAMPLE_RATE), SAMPLE_RATE, kind, key=clip.key, amounts=AMOUNTS)
    return means(Clip(copy, SAMPLE_RATE, path=clip.path))


for _name, _kind in zip(COPIES, augmentation.KINDS, strict=True):
    register(FeatureSet(_name, _means.definition | {"altered": _kind, "amounts": asdict(AMOUNTS)},
                        functools.partial(_of_copy, kind=_kind, means=_means), f"({len(_means.names)},)",
                        f"CREMA-D study, augmentation: the same of a copy altered by {_kind}; amounts are customary",
                        _means.names))
