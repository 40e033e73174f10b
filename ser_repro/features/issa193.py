"""The 193 values of Issa, Demirci and Yazici 2020: time means of five descriptors at 22 050 Hz.

The order is that of the paper's figure; a public implementation has another, and takes tonnetz of the full signal where
others take it of the harmonic part. Mel bands are powers, not decibels, and nothing is scaled.
"""

from ser_repro.features.noise import STEP
from ser_repro.features.sets import FeatureSet, Means, register

PAPER = (("mfcc", 40), ("chroma", 12), ("mel", 128), ("contrast", 7), ("tonnetz, harmonic", 6))
PAPER_FULL = (*PAPER[:-1], ("tonnetz", 6))
CODE = (("mfcc", 40), ("mel", 128), ("chroma", 12), ("contrast", 7), ("tonnetz", 6))


def _register(name: str, parts, source: str, noise: float = 0) -> None:
    means = Means(22050, 2048, 512, parts, noise)
    register(FeatureSet(name, means.definition, means, "(193,)", source, means.names))


_register("issa193", PAPER, "figure of the paper for the order; whose tonnetz it took is not known: harmonic part")
_register("issa193_full", PAPER_FULL, "the same with tonnetz of the full signal")
_register("issa193_code", CODE, "public implementation: its order, tonnetz of the full signal")
_register("issa193_code_noise", CODE, "what issa193_code has, behind a noise floor: for the page that computes it in a "
          "browser, in no document", STEP)
