"""Baselines of our own beside `svm193`: logistic regression on the same 193 values, and both models on the 88 values of
eGeMAPSv02 (`ser_repro.features.egemaps`), which take openSMILE to compute.

What the networks add is what they do better than these. Nothing is tuned: scikit-learn's defaults (except that rare
emotions count for more, and that the regression may take longer to settle), on values brought to zero mean and unit
variance by the training clips alone. They are split as `svm193` is.
"""

from ser_repro import protocols
from ser_repro.documents import svm193
from ser_repro.documents.base import CoreRuns, Document, Setting, from_all_others, to_every_other

EGEMAPS = Setting("egemaps", "egemaps", "features: the 88 values of eGeMAPSv02")
LOGISTIC = {
    "C": Setting(1.0, 1.0, "how little large coefficients are held back"),
    "iterations": Setting(1000, 1000, "steps that the regression may take to settle"),
    "balanced": svm193.SETTINGS["balanced"],
}


def _regression(values: dict, n_classes: int):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(
        C=values["C"], max_iter=values["iterations"], class_weight="balanced" if values["balanced"] else None))


def _document(name: str, title: str, settings: dict, build) -> Document:
    return Document(
        name=name, title=title, settings=settings, readings=("code",), corpora=svm193.CORPORA, build=build,
        inputs=lambda values: values["features"], split=protocols.holdout(protocols.PUBLISHED_SEED),
        cost=lambda values: 0.01,
        core=(CoreRuns("code", "published"), CoreRuns("code", "speaker"),
              CoreRuns("code", "redrawn", corpora=("RAVDESS",)), CoreRuns("code", "sentence", corpora=("RAVDESS",)),
              CoreRuns("code", "speaker_sentence", corpora=("RAVDESS",)), *to_every_other(svm193.CORPORA),
              *from_all_others(svm193.CORPORA)))


LOGISTIC193 = _document("logistic193", "logistic regression on 193 values",
                        {"features": svm193.SETTINGS["features"]} | LOGISTIC, _regression)
SVM_EGEMAPS = _document("svm_egemaps", "SVM on eGeMAPS", svm193.SETTINGS | {"features": EGEMAPS}, svm193.build)
LOGISTIC_EGEMAPS = _document("logistic_egemaps", "logistic regression on eGeMAPS", {"features": EGEMAPS} | LOGISTIC,
                             _regression)
DOCUMENTS = (LOGISTIC193, SVM_EGEMAPS, LOGISTIC_EGEMAPS)
