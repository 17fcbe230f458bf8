"""SHAP values of any prediction: those of shap's permutation explainer, for many rows at a time.

The prediction is evaluated along one random order of the features, forward and backward (antithetic sampling;
Mitchell and others, "Sampling Permutations for Shapley Value Estimation", 2022). That is exact where at most two
features interact, and an estimate beyond. The order depends on the row alone, so that a lead has the same values
in any batch.
"""

from collections.abc import Callable

import numpy as np

__all__ = ["explain_by_permutation", "explain_with_shap"]

#: rows predicted at a time
CHUNK = 65_536

Predict = Callable[[np.ndarray], np.ndarray]


def explain_by_permutation(
    predict: Predict, matrix: np.ndarray, background: np.ndarray, seed: int
) -> tuple[float, np.ndarray]:
    """Return the base and the SHAP values of each column; they add up to the prediction.

    Rounding error is spread in proportion to the size of the parts, and evenly where all are zero.

    Parameters
    ----------
    predict : callable
        Predicts rows of the form of `matrix`.
    matrix : ndarray, shape (n, columns)
        Rows to explain.
    background : ndarray, shape (k, columns)
        Rows whose values stand for "not known"; the base is their mean prediction.
    seed : int
        Of the order of the columns.

    Returns
    -------
    base : float
    parts : ndarray, shape (n, columns)
    """
    base = float(predict(background).mean())
    parts = np.zeros(matrix.shape)
    size = max(1, CHUNK // (2 * background.size))
    for start in range(0, len(matrix), size):
        rows = matrix[start : start + size]
        found = _walk(predict, rows, background, base, seed)
        missing = predict(rows) - base - found.sum(axis=1)
        weight = np.where((found == 0).all(axis=1)[:, None], 1.0, np.abs(found))
        parts[start : start + size] = found + missing[:, None] * weight / weight.sum(axis=1, keepdims=True)
    return base, parts


def explain_with_shap(
    predict: Predict, matrix: np.ndarray, background: np.ndarray, seed: int
) -> tuple[float, np.ndarray]:
    """Compute the same with shap itself, row by row: slow, and the reference for :func:`explain_by_permutation`."""
    import shap

    base, parts = float(predict(background).mean()), np.zeros(matrix.shape)
    masker = shap.maskers.Independent(background, max_samples=len(background))
    state = np.random.get_state()
    try:
        for row, varies in enumerate(_find_varying(matrix, background)):
            explainer = shap.explainers.Permutation(predict, masker, seed=seed)
            explained = explainer(matrix[row : row + 1], max_evals=2 * int(varies.sum()) + 1, silent=True)
            parts[row] = explained.values[0]
    finally:
        np.random.set_state(state)
    return base, parts


def _walk(predict: Predict, rows: np.ndarray, background: np.ndarray, base: float, seed: int) -> np.ndarray:
    """Exchange one column after the other, forward and backward; return the mean change by column."""
    varying = _find_varying(rows, background)
    order, count = _shuffle(varying, seed), varying.sum(axis=1)
    steps = np.arange(int(count.max(initial=0)))
    parts = np.zeros(rows.shape)
    if not len(steps):
        return parts
    place = np.argsort(order, axis=1)[:, None, :]
    exchanged = np.concatenate([place <= steps[:, None], place > steps[:, None]], axis=1) & varying[:, None, :]
    mixed = np.where(exchanged[:, :, None, :], rows[:, None, None, :], background)
    values = predict(mixed.reshape(-1, rows.shape[1])).reshape(len(rows), -1, len(background)).mean(axis=2)
    changes = np.diff(values, axis=1, prepend=base)
    forward, backward = changes[:, : len(steps)], changes[:, len(steps) :]
    np.put_along_axis(parts, order[:, : len(steps)], (forward - backward) / 2 * (steps < count[:, None]), axis=1)
    return parts


def _find_varying(rows: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return which columns differ from some row of the background, as shap compares them; shape (n, columns)."""
    return np.stack([~np.isclose(row, background).all(axis=0) for row in rows]) if len(rows) else rows > 0


def _shuffle(varying: np.ndarray, seed: int) -> np.ndarray:
    """Return an order of the varying columns of each row as shap shuffles them; the others follow."""
    order = np.argsort(~varying, axis=1, kind="stable")
    for count in np.unique(varying.sum(axis=1)):
        places = np.arange(count)
        np.random.RandomState(seed).shuffle(places)
        rows = np.flatnonzero(varying.sum(axis=1) == count)
        order[rows, :count] = order[np.ix_(rows, places)]
    return order
