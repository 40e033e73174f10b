"""A baseline of our own beside the CREMA-D study's 1-D CNNs: linear discriminant analysis (LDA) that names the emotion.

Five of the seven networks are fed nothing but the five values to which LDA reduces a clip. LDA makes these values to
tell the classes apart, and with its priors it names one itself. So what the networks add is what they do better than
LDA alone, fitted on the same training clips and tested on the same others. Nothing is tuned: scikit-learn's defaults.
"""

from ser_repro.documents import crema_1d, crema_study
from ser_repro.documents.base import CoreRuns, Document


def _build(values: dict, n_classes: int):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    return LinearDiscriminantAnalysis()


DOCUMENT = Document(
    name="crema_lda", title="LDA on 258 values", settings={"features": crema_1d.SETTINGS["features"]},
    readings=("code",), corpora=("CREMA-D",), build=_build, inputs=lambda values: values["features"],
    split=crema_study.stratified, validates=True, cost=lambda values: 0.01,
    core=(CoreRuns("code", "published"), CoreRuns("code", "speaker"),
          *(CoreRuns("code", "published", changes={"features": step}) for step in crema_1d.STEPS)))
