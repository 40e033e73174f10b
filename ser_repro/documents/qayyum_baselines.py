"""The baselines of Qayyum, Arefeen and Shahnaz 2019 that are fitted at once. See `qayyum`, where their RNN is.

The setting n is the number of a baseline: multivariate regression, and a support vector machine (SVM), each on 12
MFCCs, on modulation spectral features (MSF), and on both. Of the paper only their rates are known: regression is our
reading (`ser_repro.models.regression`), the machine has scikit-learn's defaults.
"""

from ser_repro.documents import qayyum
from ser_repro.documents.base import NOT_KNOWN, CoreRuns, Document, Setting
from ser_repro.documents.qayyum import TABLE
from ser_repro.results.ledger import Claim

BASELINES = {1: ("regression", "MFCC"), 2: ("regression", "MSF"), 3: ("regression", "MFCC and MSF"),
             4: ("SVM", "MFCC"), 5: ("SVM", "MSF"), 6: ("SVM", "MFCC and MSF")}
NETWORKS = {n: " on ".join(told) for n, told in BASELINES.items()}  # what a reader calls them
BOTH = (3, 6)
RATES = {1: 0.5747, 2: 0.5358, 3: 0.6890, 4: 0.6675, 5: 0.6351, 6: 0.7648}  # mean of the classes
CLAIMS = tuple(Claim("SAVEE", n, "uar", value, TABLE) for n, value in RATES.items())

SETTINGS = {
    "n": Setting(None, None, "number of the baseline"),
    "model": Setting("regression", "regression", "regression or SVM", TABLE),
    "features": Setting("mfcc_msf", "mfcc_msf", "a vector of 12 MFCCs and MSF", TABLE),
    **qayyum.FED,
    "penalty": Setting(1.0, 1.0, "penalty of the regression's coefficients", NOT_KNOWN,
                       others={0.0: "no penalty", 100.0: "penalty of 100"}, untold=True),
    "kernel": Setting("rbf", "rbf", "kernel of the SVM", NOT_KNOWN, others={"linear": "linear kernel"},
                      untold=True),
    "C": Setting(1.0, 1.0, "penalty of a training clip on the wrong side, of the SVM", NOT_KNOWN,
                 others={10.0: "C of 10"}, untold=True),
}


def _adjust(values: dict, corpus: str, n: int) -> dict:
    model, part = BASELINES[n]
    return values | {"n": n, "model": model, "part": part}


def _build(values: dict, n_classes: int):
    if values["model"] == "regression":
        from ser_repro.models.regression import Regression

        return Regression(penalty=values["penalty"])
    from sklearn.svm import SVC

    return SVC(C=values["C"], kernel=values["kernel"], break_ties=True)


def _core(n: int, protocol: str = "published", corpora: tuple = (), **changes) -> CoreRuns:
    return CoreRuns("code", protocol, corpora=corpora, n=n, changes=changes)


_SAVEE, _CREMAD = ("SAVEE",), ("CREMA-D",)
# Normalised by speaker over training clips, together over all, and together over training clips.
_OTHERWISE = (qayyum.TRAINING_CLIPS, {"normalised": "together"}, qayyum.TOGETHER)
DOCUMENT = Document(
    name="qayyum_baselines", title="Qayyum et al.'s baselines", settings=SETTINGS, readings=("code",),
    has_code=False, networks=NETWORKS,
    corpora=("SAVEE", "CREMA-D"), build=_build, inputs=lambda values: values["features"], claims=CLAIMS, adjust=_adjust,
    split=qayyum.split, transform=qayyum.transform, validates=True, sizes=tuple(BASELINES),
    core=(*(_core(n, protocol, _SAVEE) for n in BASELINES for protocol in ("published", "speaker")),
          *(_core(n, "redrawn", _SAVEE, **changes) for n in BOTH for changes in ({}, qayyum.TRAINING_CLIPS,
                                                                                 qayyum.TOGETHER)),
          *(_core(n, "redrawn", _SAVEE) for n in BASELINES if n not in BOTH),
          *(_core(n, protocol, _SAVEE, **changes) for n in BOTH for changes in _OTHERWISE
            for protocol in ("published", "speaker")),
          *(_core(3, "redrawn", _SAVEE, penalty=penalty) for penalty in (0.0, 100.0)),
          _core(6, "redrawn", _SAVEE, kernel="linear"), _core(6, "redrawn", _SAVEE, C=10.0),
          *(_core(n, corpora=_CREMAD) for n in BASELINES), *(_core(n, "speaker", _CREMAD) for n in BOTH),
          *(_core(6, protocol, _CREMAD, **qayyum.TOGETHER) for protocol in ("published", "speaker"))))
