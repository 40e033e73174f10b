"""How far emotions and speakers lie apart in a feature set, before any network has seen it.

Two measures, the same for both questions. *Linear discriminant analysis*: how often a straight cut through the
features names the emotion of a new speaker, or the speaker of clips whose sentence it has not met. *Silhouette*
(Rousseeuw 1987): whether a clip lies nearer to those of its own emotion (or speaker) than to the next group; 1 is far
apart, 0 is mixed, below 0 is nearer to another group.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from ser_repro import SerReproError, datasets
from ser_repro.files import read_json, write_atomic

FOLDS = 5


def flatten(values) -> np.ndarray:
    """One row a clip: of sets with a time axis, the mean and deviation over time.

    Parameters
    ----------
    values : iterable of arrays, shape (values,) or (values, time)

    Returns
    -------
    array, shape (clips, values) or (clips, 2 x values)
    """
    return np.stack([v if v.ndim == 1 else np.concatenate([v.mean(axis=-1), v.std(axis=-1)]) for v in values])


def measure(features: np.ndarray, clips: pd.DataFrame) -> dict[str, float]:
    """How far emotions and speakers lie apart.

    Parameters
    ----------
    features : array, shape (clips, values)
    clips : DataFrame
        With emotion, speaker and sentence.

    Returns
    -------
    dict
        emotion_uar, speaker_uar: mean recall of a linear discriminant (shrunk covariance, Ledoit and Wolf), tested on
        speakers (for emotion) and on sentences (for speakers) it was not fitted on; emotion_guess, speaker_guess:
        what guessing gives; emotion_silhouette, speaker_silhouette.

    Raises
    ------
    SerReproError
        If there are fewer than two speakers, emotions or sentences.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.metrics import balanced_accuracy_score, silhouette_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    found = {}
    scaled = StandardScaler().fit_transform(features)
    for target, kept_apart in (("emotion", "speaker"), ("speaker", "sentence")):
        truth, groups = clips[target].to_numpy(), clips[kept_apart].to_numpy()
        folds = min(FOLDS, len(set(groups)))
        if folds < 2 or len(set(truth)) < 2:
            raise SerReproError(f"separation of {target}s needs two of them, and two {kept_apart}s to keep apart: give "
                                "a corpus with more.")
        cut = make_pipeline(StandardScaler(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"))
        named = cross_val_predict(cut, features, truth, groups=groups, cv=GroupKFold(folds))
        found[f"{target}_uar"] = float(balanced_accuracy_score(truth, named))
        found[f"{target}_guess"] = 1 / len(set(truth))
        found[f"{target}_silhouette"] = float(silhouette_score(scaled, truth))
    return found


def sizes(features: np.ndarray) -> dict[str, list[float]]:
    """Mean and standard deviation of each value over clips, to six digits; of features of shape (clips, values)."""
    features = np.asarray(features, np.float64)
    return {name: [float(f"{value:.6g}") for value in of] for name, of in (("mean", features.mean(0)),
                                                                          ("deviation", features.std(0)))}


def path(corpus: str, results: str | Path = "results") -> Path:
    """Where the measures of a corpus are stored, or would be."""
    return Path(results) / "features" / f"separation-{datasets.get(corpus).name.lower()}.json"


def store(corpus: str, rows: list[dict], content_hash: str, results: str | Path = "results") -> Path:
    """Keep what was measured of a corpus, a row a feature set.

    Raises
    ------
    SerReproError
        If it was not measured on the published clips.
    """
    if content_hash != datasets.content_hash(datasets.published(corpus)):
        raise SerReproError(f"these clips of {corpus} are not the published ones, so what was measured of them is not "
                            f"stored: see what differs with `ser-repro corpora check {corpus}`.")
    file = path(corpus, results)
    write_atomic(file, json.dumps({"corpus": corpus, "content_hash": content_hash, "sets": rows}, indent=1) + "\n")
    return file


def load(corpus: str, results: str | Path = "results") -> pd.DataFrame:
    """What is stored of a corpus, a row a feature set.

    Raises
    ------
    SerReproError
        If nothing is stored, it is damaged, or it was measured on other clips.
    """
    file = path(corpus, results)
    again = "measure it again with notebooks/features.ipynb, recompute = True"
    stored = read_json(file, "file of measures", again,
                       missing=f"no measures of the features of {corpus} at {file}: {again}.",
                       check=lambda content: (content["content_hash"], pd.DataFrame(content["sets"])[
                           ["set", "emotion_uar", "speaker_uar"]]))
    table, content_hash = pd.DataFrame(stored["sets"]), stored["content_hash"]
    if content_hash != datasets.content_hash(datasets.published(corpus)):
        raise SerReproError(f"the measures in {file} are of other clips: {again}.")
    return table
