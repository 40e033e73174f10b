"""Multivariate regression as a classifier: the plainest baseline of Qayyum, Arefeen and Shahnaz 2019.

How the paper classifies by regression is not known. Here each class is a target that is 1 for its own clips and 0 for
others, all are fitted by least squares at once, and the class of the largest answer is named.
"""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Regression(ClassifierMixin, BaseEstimator):
    """Least squares on indicators of the classes.

    Parameters
    ----------
    penalty : float
        Of the squared coefficients, added to the squared error (ridge regression); 0 for none, and then, where values
        are more than clips, the solution of the least squared coefficients.
    """

    def __init__(self, penalty: float = 1.0):
        self.penalty = penalty

    def fit(self, values: np.ndarray, targets: np.ndarray) -> "Regression":
        """Itself, fitted to values, shape (clips, values), and class numbers."""
        self.classes_ = np.unique(targets)
        values = np.asarray(values, np.float64)
        indicators = (np.asarray(targets)[:, None] == self.classes_).astype(np.float64)
        means, shares = values.mean(axis=0), indicators.mean(axis=0)
        # Rows that pull each coefficient to zero do what a penalty does.
        pull = np.sqrt(self.penalty) * np.eye(values.shape[1]) if self.penalty else np.empty((0, values.shape[1]))
        rows = np.concatenate([values - means, pull])
        wanted = np.concatenate([indicators - shares, np.zeros((len(pull), len(self.classes_)))])
        self.coef_ = np.linalg.lstsq(rows, wanted)[0]
        self.intercept_ = shares - means @ self.coef_
        return self

    def decision_function(self, values: np.ndarray) -> np.ndarray:
        """Answers of the regression, shape (clips, classes)."""
        return values @ self.coef_ + self.intercept_

    def predict(self, values: np.ndarray) -> np.ndarray:
        return self.classes_[self.decision_function(values).argmax(axis=1)]
