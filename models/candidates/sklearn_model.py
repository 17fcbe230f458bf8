"""A fitted scikit-learn estimator as an additive model: SHAP values of its log-odds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.special import logit

from leadlight.features.errors import ParamsError
from leadlight.models.candidates.category_encoding import CategoryEncoder
from leadlight.models.candidates.permutation_shap import explain_by_permutation, explain_with_shap
from leadlight.models.candidates.sklearn_files import load_estimator, save_estimator

__all__ = ["POOLED", "SklearnModel", "convert_to_frame", "encode_features"]

#: the level of a category that stands for all that few leads have
POOLED = "(pooled)"
#: probabilities are kept away from 0 and 1 by this much, where log-odds end
MIN_PROBABILITY = 1e-6
#: snapshots that stand for the others in SHAP values
MAX_BACKGROUND = 16
FILE = "estimator.skops"

Levels = dict[str, CategoryEncoder]


@dataclass(frozen=True)
class SklearnModel:
    """An estimator with `predict_proba`, and what explains it.

    Parameters
    ----------
    name : str
        Name of the candidate, for sentences.
    features : tuple of str
        Feature names in order.
    levels : dict of str to CategoryEncoder
        Of the category features.
    empty : tuple of str
        Number features without a known value in training; the estimator sees 0, for some cannot fit NaN alone.
    estimator : object
        The fitted estimator.
    background : ndarray, shape (k, features)
        Training snapshots at equal steps of the predicted log-odds, so that their mean is near that of all.
    seed : int
        Of the order of features in which SHAP values are computed.
    """

    kind: ClassVar[str] = "sklearn"
    name: str
    features: tuple[str, ...]
    levels: Levels
    empty: tuple[str, ...]
    estimator: Any
    background: np.ndarray
    seed: int

    @classmethod
    def fit(
        cls, name: str, estimator: Any, frame: pd.DataFrame, won: np.ndarray, *, levels: Levels, seed: int
    ) -> "SklearnModel":
        """Fit an estimator.

        Parameters
        ----------
        name : str
            Name of the candidate.
        estimator : object
            Not fitted; see :func:`convert_to_frame` for what it is fitted on.
        frame : pd.DataFrame, shape (n, features)
            The feature table of the training snapshots.
        won : ndarray of int, shape (n,)
            Labels.
        levels : dict of str to CategoryEncoder
            Of the category features.
        seed : int
            Of the explanation.

        Raises
        ------
        ParamsError
            If the estimator cannot be fitted on such a table.
        """
        features = tuple(frame.columns)
        empty = tuple(column for column in features if column not in levels and frame[column].isna().all())
        matrix = encode_features(frame, features, levels, empty)
        try:
            estimator.fit(convert_to_frame(matrix, features, levels), won)
        except (KeyError, TypeError, ValueError) as error:
            raise ParamsError(
                f"The estimator of the candidate {name} must fit the feature table (docs/candidates.md). Got {error}."
            ) from error
        model = cls(name, features, levels, empty, estimator, matrix[:0], seed)
        order = np.argsort(model._predict(matrix), kind="stable")
        count = min(MAX_BACKGROUND, len(order))
        chosen = order[((np.arange(count) + 0.5) * len(order) / count).astype(int)]
        return cls(name, features, levels, empty, estimator, matrix[chosen], seed)

    def explain_log_odds(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the base and what each feature adds to it, in log-odds; shape (n, features)."""
        matrix = encode_features(frame, self.features, self.levels, self.empty)
        return explain_by_permutation(self._predict, matrix, self.background, self.seed)

    def explain_with_reference(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Compute the same with shap itself: slow, and the reference for :meth:`explain_log_odds`."""
        matrix = encode_features(frame, self.features, self.levels, self.empty)
        return explain_with_shap(self._predict, matrix, self.background, self.seed)

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the estimator by skops; return the rest as plain data.

        Raises
        ------
        ParamsError
            If it holds a type that cannot be saved without pickle.
        """
        save_estimator(self.estimator, folder / FILE, self.name)
        known = [[None if np.isnan(value) else value for value in row] for row in self.background.tolist()]
        return {
            "name": self.name,
            "features": list(self.features),
            "levels": {name: list(entry.categories) for name, entry in self.levels.items()},
            "empty": list(self.empty),
            "background": known,
            "seed": self.seed,
        }

    @classmethod
    def read(cls, folder: Path, description: Any) -> "SklearnModel":
        """Read what :meth:`save` wrote."""
        features = tuple(description["features"])
        levels = {name: CategoryEncoder(tuple(kept)) for name, kept in description["levels"].items()}
        background = np.array(description["background"], dtype=float).reshape(-1, len(features))
        estimator, empty = load_estimator(folder / FILE), tuple(description["empty"])
        return cls(description["name"], features, levels, empty, estimator, background, description["seed"])

    def _predict(self, matrix: np.ndarray) -> np.ndarray:
        if not len(matrix):
            return np.zeros(0)
        chance = self.estimator.predict_proba(convert_to_frame(matrix, self.features, self.levels))[:, 1]
        return np.asarray(logit(np.clip(np.asarray(chance, dtype=float), MIN_PROBABILITY, 1 - MIN_PROBABILITY)))


def encode_features(
    frame: pd.DataFrame, features: tuple[str, ...], levels: Levels, empty: tuple[str, ...] = ()
) -> np.ndarray:
    """Return a feature table as numbers, shape (n, features): categories as codes of their levels, 0 for `empty`."""
    columns = [
        levels[name].transform(frame[name]) if name in levels else frame[name].to_numpy(dtype=float)
        for name in features
    ]
    matrix = np.column_stack(columns).astype(float)
    matrix[:, [name in empty for name in features]] = 0.0
    return matrix


def convert_to_frame(matrix: np.ndarray, features: tuple[str, ...], levels: Levels) -> pd.DataFrame:
    """Return the frame that an estimator sees.

    Parameters
    ----------
    matrix : ndarray, shape (n, features)
        What :func:`encode_features` gave.
    features : tuple of str
        Feature names in order.
    levels : dict of str to CategoryEncoder
        Of the category features.

    Returns
    -------
    pd.DataFrame
        Numbers as float64, NaN where not known (0 in a column without a known value in training); categories
        as pandas categories: the levels that enough leads have, :data:`POOLED` for the others, and NaN where
        not known.
    """
    columns: dict[str, Any] = {}
    for place, name in enumerate(features):
        if name in levels:
            kept = pd.Index([*map(str, levels[name].categories), POOLED])
            codes = matrix[:, place].astype(np.int64)
            codes[codes == len(kept)] = -1
            columns[name] = pd.Categorical.from_codes(codes, kept)
        else:
            columns[name] = matrix[:, place]
    return pd.DataFrame(columns)
