"""Penalized maximum likelihood of a logistic regression with bounds, fitted to convergence.

Newton's method (iteratively reweighted least squares) whose steps solve a quadratic program with bounds by
projected Newton (Bertsekas 1982, SIAM Journal on Control and Optimization 20). It ends at the optimum itself
and not when progress slows down. It runs on one BLAS thread: the order in which several add numbers up
would change the last digits of the coefficients.
"""

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array
from scipy.special import expit
from threadpoolctl import threadpool_limits

__all__ = ["maximize_penalized_likelihood"]

#: mean gradient per row, in directions that bounds leave open, at which a fit ends
GRADIENT_TOL = 1e-12
MAX_STEPS = 200
#: change of log-odds below which the last curvature is used again: the error then falls by this factor a step
MAX_STALE_CHANGE = 0.05
#: rows made dense at a time
BLOCK = 8192
#: rows that the curvature is computed from: steps need a rough one, the gradient is that of all rows
MAX_CURVATURE_ROWS = 40_000
#: added to the curvature, as a share of its mean diagonal, so that collinear columns have a solution
RIDGE = 1e-12
#: sufficient decrease of a line search (Armijo)
DECREASE = 1e-4


def maximize_penalized_likelihood(
    design: np.ndarray | csr_array,
    won: np.ndarray,
    *,
    penalty: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    start: np.ndarray,
    offset: np.ndarray | None = None,
) -> np.ndarray:
    """Minimize the summed log loss plus half of ``beta @ penalty @ beta``, with bounds on beta.

    Parameters
    ----------
    design : ndarray or csr_array, shape (n, p)
        Design matrix, with a column of ones where an intercept is wanted.
    won : ndarray of int, shape (n,)
        Labels.
    penalty : ndarray, shape (p, p)
        Symmetric, with no negative eigenvalue.
    lower, upper : ndarray, shape (p,)
        Bounds; infinite where there is none.
    start : ndarray, shape (p,)
        Where the search begins.
    offset : ndarray, shape (n,), optional
        Log-odds that the design adds to; left out, zero.

    Returns
    -------
    ndarray, shape (p,)
        Coefficients.
    """
    y = np.asarray(won, dtype=float)
    offset = np.zeros(len(y)) if offset is None else offset
    transposed = csr_array(design.T) if isinstance(design, csr_array) else design.T
    beta = np.clip(start, lower, upper)
    with threadpool_limits(1, user_api="blas"):
        margin = design @ beta + offset
        loss = _loss(margin, y, beta, penalty)
        curvature, change = None, np.inf
        for _ in range(MAX_STEPS):
            p = expit(margin)
            gradient = transposed @ (p - y) + penalty @ beta
            if np.abs(gradient[_is_free(beta, gradient, lower, upper)]).max(initial=0.0) <= GRADIENT_TOL * len(y):
                break
            if curvature is None or change > MAX_STALE_CHANGE:
                curvature = _compute_curvature(design, p * (1 - p)) + penalty
                curvature[np.diag_indices_from(curvature)] += RIDGE * np.trace(curvature) / len(curvature)
            step = _minimize_quadratic(curvature, gradient, lower - beta, upper - beta)
            along, slope, size = design @ step, float(gradient @ step), 1.0
            while size > 1e-10:
                tried = np.clip(beta + size * step, lower, upper)
                value = _loss(margin + size * along, y, tried, penalty)
                if value <= loss + DECREASE * size * slope + 1e-13 * abs(loss):
                    break
                size /= 2
            else:
                break
            change = size * float(np.abs(along).max())
            beta, margin, loss = tried, design @ tried + offset, value
    return np.asarray(beta)


def _loss(margin: np.ndarray, y: np.ndarray, beta: np.ndarray, penalty: np.ndarray) -> float:
    return float(np.logaddexp(0.0, margin).sum() - y @ margin + 0.5 * beta @ penalty @ beta)


def _is_free(x: np.ndarray, gradient: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Find the coordinates that are not held at a bound by their gradient."""
    return np.asarray(~(((x <= lower) & (gradient > 0)) | ((x >= upper) & (gradient < 0))))


def _compute_curvature(design: np.ndarray | csr_array, weights: np.ndarray) -> np.ndarray:
    every = design.shape[0]
    if every > MAX_CURVATURE_ROWS:
        rows = np.random.default_rng(0).choice(every, MAX_CURVATURE_ROWS, replace=False)
        design, weights = design[np.sort(rows)], weights[np.sort(rows)] * (every / MAX_CURVATURE_ROWS)
    total = np.zeros((design.shape[1], design.shape[1]))
    for first in range(0, design.shape[0], BLOCK):
        rows = design[first : first + BLOCK]
        dense = rows.toarray() if isinstance(rows, csr_array) else rows
        scaled = dense * np.sqrt(weights[first : first + BLOCK])[:, None]
        total += scaled.T @ scaled
    return total


def _minimize_quadratic(
    curvature: np.ndarray, gradient: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    """Minimize ``gradient @ d + d @ curvature @ d / 2`` between bounds by projected Newton."""
    step, residual, value = np.zeros(len(gradient)), gradient, 0.0
    enough = 1e-9 * np.abs(gradient).max()
    for _ in range(MAX_STEPS):
        free = np.flatnonzero(_is_free(step, residual, lower, upper))
        if np.abs(residual[free]).max(initial=0.0) <= enough:
            break
        direction = np.zeros(len(step))
        direction[free] = -cho_solve(cho_factor(curvature[np.ix_(free, free)]), residual[free])
        size = 1.0
        while size > 1e-10:
            tried = np.clip(step + size * direction, lower, upper)
            pull = curvature @ tried
            lowered = float(gradient @ tried + 0.5 * tried @ pull)
            if lowered <= value + DECREASE * float(residual @ (tried - step)):
                break
            size /= 2
        else:
            break
        step, residual, value = tried, gradient + pull, lowered
    return step
