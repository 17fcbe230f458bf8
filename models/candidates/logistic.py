"""A penalized additive logistic regression with one shape function per feature.

Numbers enter as linear splines, categories as one value per level, and missing values have a value of their
own. The coefficient of each spline segment is its rise, so a monotone direction is a bound on coefficients
and the penalty shrinks towards flat.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from leadlight.features.catalogue import Catalogue, Feature
from leadlight.models.calibration.parametric import solve_intercept
from leadlight.models.calibration.penalized_logistic import maximize_penalized_likelihood
from leadlight.models.candidates.category_encoding import CategoryEncoder
from leadlight.models.candidates.training_data import TrainingData

__all__ = ["AdditiveLogisticModel", "ShapeFunction"]

#: quantiles of the knots, among values above the smallest
KNOT_QUANTILES = (0.2, 0.4, 0.6, 0.8, 0.95)


class ShapeFunction(NamedTuple):
    """The log-odds that one feature adds, relative to its training mean.

    Parameters
    ----------
    knots : tuple of float
        Knots of a number feature; empty for a category. Beyond the outer knots the curve is flat.
    levels : CategoryEncoder or None
        Levels of a category feature.
    values : tuple of float
        Log-odds at the knots and, last, where not known; or one a level code.
    """

    knots: tuple[float, ...]
    levels: CategoryEncoder | None
    values: tuple[float, ...]

    def __call__(self, column: pd.Series) -> np.ndarray:
        """Return the log-odds added by each value, shape (n,)."""
        if self.levels is not None:
            return np.asarray(np.asarray(self.values)[self.levels.transform(column)])
        x = column.to_numpy(dtype=float)
        height = np.interp(x, self.knots, self.values[:-1]) if self.knots else np.zeros_like(x)
        return np.where(np.isnan(x), self.values[-1], height)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        kept = None if self.levels is None else list(self.levels.categories)
        return {"knots": list(self.knots), "levels": kept, "values": list(self.values)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "ShapeFunction":
        """Read what :meth:`to_dict` gave."""
        levels = None if content["levels"] is None else CategoryEncoder(tuple(content["levels"]))
        return cls(tuple(content["knots"]), levels, tuple(content["values"]))


@dataclass(frozen=True)
class AdditiveLogisticModel:
    """A trained logistic model.

    Parameters
    ----------
    base : float
        Mean log-odds over the training snapshots.
    curves : dict of str to ShapeFunction
        One per feature, each with training mean 0.
    """

    kind: ClassVar[str] = "logistic"
    base: float
    curves: dict[str, ShapeFunction]

    @classmethod
    def fit_regularization_path(
        cls, data: TrainingData, catalogue: Catalogue, *, penalties: Iterable[float], min_category_leads: int
    ) -> "Iterator[AdditiveLogisticModel]":
        """Fit by penalized maximum likelihood with bounds, to convergence, one model per penalty (lazily).

        Parameters
        ----------
        data : TrainingData
            Frame, labels, leads and offset of the training snapshots.
        catalogue : Catalogue
            Features in order.
        penalties : iterable of float
            Twice the weight of the squared coefficients against the summed log loss. Each fit starts from
            the last one, so strong to weak is fastest.
        min_category_leads : int
            Levels with fewer leads are pooled.

        Yields
        ------
        AdditiveLogisticModel
            In the order of `penalties`.
        """
        frame, won = data.frame, data.won
        parts = [
            _Part.of(feature, frame[feature.name], data.leads, min_category_leads) for feature in catalogue.features
        ]
        blocks = [part.columns(frame[part.name]) for part in parts]
        design = csr_array(np.hstack([np.ones((len(frame), 1)), *blocks]))
        lower, upper = np.array([(-np.inf, np.inf), *(bound for part in parts for bound in part.bounds)]).T
        means = [block.mean(axis=0) for block in blocks]
        coefficients = np.zeros(design.shape[1])
        coefficients[0] = solve_intercept(data.get_offset(), won)
        penalized = np.diag(np.arange(design.shape[1]) > 0).astype(float)  # all but the intercept
        for penalty in penalties:
            coefficients = maximize_penalized_likelihood(
                design, won, penalty=penalty * penalized, lower=lower, upper=upper, start=coefficients,
                offset=data.offset,
            )  # fmt: skip
            base, curves, place = float(coefficients[0]), {}, 1
            for part, mean in zip(parts, means, strict=True):
                of_part = coefficients[place : place + len(mean)]
                height = float(mean @ of_part)
                curves[part.name] = part.curve(of_part, height)
                base, place = base + height, place + len(mean)
            yield cls(base, curves)

    @property
    def features(self) -> tuple[str, ...]:
        """Feature names in order."""
        return tuple(self.curves)

    def explain_with_reference(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the same as :meth:`explain_log_odds`, which is exact."""
        return self.explain_log_odds(frame)

    def explain_log_odds(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the base and what each feature adds to it, in log-odds; shape (n, features)."""
        return self.base, np.column_stack([curve(frame[name]) for name, curve in self.curves.items()])

    def save(self, folder: Path) -> dict[str, Any]:
        """Return plain data for JSON; there are no further files."""
        # a list keeps the order of features; JSON objects are written sorted
        curves = [{"feature": name} | curve.to_dict() for name, curve in self.curves.items()]
        return {"base": self.base, "curves": curves}

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> "AdditiveLogisticModel":
        """Read what :meth:`save` returned."""
        return cls(content["base"], {c["feature"]: ShapeFunction.from_dict(c) for c in content["curves"]})


class _Part(NamedTuple):
    """How one feature becomes columns of the design matrix, and coefficients become its curve."""

    name: str
    direction: int
    knots: tuple[float, ...]
    levels: CategoryEncoder | None

    @classmethod
    def of(cls, feature: Feature, column: pd.Series, leads: pd.Series, min_category_leads: int) -> "_Part":
        if feature.kind == "category":
            return cls(feature.name, 0, (), CategoryEncoder.fit(column, leads, min_category_leads))
        x = column.to_numpy(dtype=float)
        x = x[np.isfinite(x)]
        if len(x) == 0:
            return cls(feature.name, feature.monotonicity, (), None)
        above = x[x > x.min()]
        inner = np.quantile(above, KNOT_QUANTILES) if len(above) else []
        return cls(feature.name, feature.monotonicity, tuple(np.unique([x.min(), *inner]).tolist()), None)

    @property
    def bounds(self) -> list[tuple[float, float]]:
        free = (-np.inf, np.inf)
        if self.levels is not None:
            return [free] * self.levels.size
        bound = {1: (0.0, np.inf), -1: (-np.inf, 0.0), 0: free}[self.direction]
        return [bound] * max(len(self.knots) - 1, 0) + [free]

    def columns(self, column: pd.Series) -> np.ndarray:
        if self.levels is not None:
            return np.asarray(np.eye(self.levels.size)[self.levels.transform(column)])
        x = column.to_numpy(dtype=float)
        known = np.isfinite(x)
        x = np.where(known, x, 0.0)
        segments = [
            np.clip((x - low) / (high - low), 0.0, 1.0) * known
            for low, high in zip(self.knots, self.knots[1:], strict=False)
        ]
        return np.column_stack([*segments, ~known])

    def curve(self, coefficients: np.ndarray, mean: float) -> ShapeFunction:
        if self.levels is not None:
            return ShapeFunction((), self.levels, tuple((coefficients - mean).tolist()))
        heights = np.concatenate([[0.0], np.cumsum(coefficients[:-1])])[: len(self.knots)] - mean
        return ShapeFunction(self.knots, None, (*heights.tolist(), float(coefficients[-1] - mean)))
