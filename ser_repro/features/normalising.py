"""Normalising features by speaker, which documents do, and what can be had of it for a speaker never heard.

    scale = Normaliser(by_speaker=True).fit(values, speakers=speakers)
    scale.transform(others, speakers=their_speakers)

Which clips it is fitted on is the caller's affair. On all of them, as we take the CREMA-D study to do, it is a leak:
the clips that are tested help to normalise themselves and, where speakers are shared, the training clips.
"""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from ser_repro import SerReproError


class Normaliser(TransformerMixin, BaseEstimator):
    """Zero mean and unit variance over the clips it is fitted on: of each speaker's own, or of all together.

    A speaker it was not fitted on, or who is not named, is normalised as all are together: that is all there is to
    know of a voice never heard. A value that does not vary becomes 0.

    Parameters
    ----------
    by_speaker : bool
    first, end : int
        Values that are kept, the rest being dropped: from `first` to before `end`; -1 for all to the end.
    """

    needs_speakers = True

    def __init__(self, by_speaker: bool = True, first: int = 0, end: int = -1):
        self.by_speaker, self.first, self.end = by_speaker, first, end

    def fit(self, values: np.ndarray, targets: np.ndarray | None = None, speakers: np.ndarray | None = None):
        """Itself, fitted.

        Parameters
        ----------
        values : numpy.ndarray [shape=(clips or frames, values)]
        targets : ignored
        speakers : sequence of str [length=clips or frames], optional
            "" where nobody is named.

        Raises
        ------
        SerReproError
            If there are not as many speakers as clips.
        """
        if speakers is not None and len(speakers) != len(values):
            raise SerReproError(f"{len(values)} clips and {len(speakers)} speakers do not match: give one a clip")
        values = self._kept(values)
        self.mean_, self.scale_ = _moments(values)
        named = np.asarray(speakers, str) if self.by_speaker and speakers is not None else np.array([], str)
        self.speakers_ = sorted(set(named.tolist()) - {""})
        moments = [_moments(values[named == speaker]) for speaker in self.speakers_]
        self.means_ = np.array([mean for mean, _ in moments]).reshape(-1, values.shape[1])
        self.scales_ = np.array([scale for _, scale in moments]).reshape(-1, values.shape[1])
        return self

    def transform(self, values: np.ndarray, speakers: np.ndarray | None = None) -> np.ndarray:
        """The values that are kept, shape (clips or frames, values kept)."""
        values = self._kept(values)
        out = (values - self.mean_) / self.scale_
        if speakers is not None:
            named = np.asarray(speakers, str)
            for speaker, mean, scale in zip(self.speakers_, self.means_, self.scales_, strict=True):
                own = named == speaker
                out[own] = (values[own] - mean) / scale
        return out

    def _kept(self, values: np.ndarray) -> np.ndarray:
        return values[:, self.first:None if self.end < 0 else self.end]


def _moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation, which is 1 where nothing varies."""
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    # What is left of a constant by rounding is no variation.
    return mean, np.where(deviation > 1e-9 * np.maximum(np.abs(mean), 1e-30), deviation, 1.0)


class Reduced:
    """A normaliser, and a transformer of scikit-learn behind it.

    Parameters
    ----------
    normaliser : Normaliser
    reduction : transformer
        Which may be told the emotions, as LDA is. So it is fitted on training clips, whatever the normaliser is.
    on_all : bool
        Fit it on all clips that the normaliser is fitted on: a leak.

    Attributes
    ----------
    steps : list of (name, transformer)
    """

    needs_speakers = needs_training = True

    def __init__(self, normaliser: Normaliser, reduction, on_all: bool = False):
        self.steps = [("normaliser", normaliser), ("reduction", reduction)]
        self.on_all = on_all

    def fit(self, values: np.ndarray, targets: np.ndarray, speakers: np.ndarray | None = None, *,
            training: np.ndarray):
        """Fit both; `training` says of each row whether its clip trains."""
        (_, normaliser), (_, reduction) = self.steps
        normal = normaliser.fit(values, targets, speakers).transform(values, speakers)
        seen = np.ones(len(values), bool) if self.on_all else training
        reduction.fit(normal[seen], targets[seen])
        return self

    def transform(self, values: np.ndarray, speakers: np.ndarray | None = None) -> np.ndarray:
        (_, normaliser), (_, reduction) = self.steps
        return reduction.transform(normaliser.transform(values, speakers))
