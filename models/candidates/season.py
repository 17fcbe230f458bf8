"""The yearly season of a night: one sine and cosine of the day of the year, the same for every lead.

It is part of the base of a model, so that reasons stay additive and the score of every lead starts from the same value
in one night.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue
from leadlight.features.errors import BundleError
from leadlight.models.calibration.penalized_logistic import maximize_penalized_likelihood
from leadlight.models.calibration.yearly_season import YearlySeason, build_season_columns
from leadlight.models.candidates.base import AdditiveModel, load_model, margins, save_model
from leadlight.models.candidates.logistic import AdditiveLogisticModel
from leadlight.models.candidates.training_data import TrainingData, TrainingSettings

__all__ = ["SeasonalModel", "fit_season", "fit_with_season"]

#: days of snapshots from which on a season is fitted: nearly every part of the year has been seen
MIN_DAYS = 330
#: penalty of the model that the season is fitted beside, and rows that both learn from
SEASON_PENALTY, MAX_ROWS = 25.0, 40_000
#: prior standard deviation of sine and cosine, in log-odds
SEASON_SD = 0.5


@dataclass(frozen=True)
class SeasonalModel:
    """A model whose base moves with the season.

    Parameters
    ----------
    model : AdditiveModel
        Fitted with the season as an offset.
    season : YearlySeason
        Of the same snapshots.
    """

    kind: ClassVar[str] = "seasonal"
    model: AdditiveModel
    season: YearlySeason

    @property
    def features(self) -> tuple[str, ...]:
        """Feature names, in the order of the parts."""
        return self.model.features

    def explain_log_odds(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return the base of each row, shape (n,), and what each feature adds to it, shape (n, features).

        Raises
        ------
        BundleError
            If the frame has no column as_of.
        """
        base, parts = self.model.explain_log_odds(frame)
        return base + self._calculate(frame), parts

    def predict_log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the log-odds of the model, moved by the season, shape (n,)."""
        return np.asarray(margins(self.model, frame) + self._calculate(frame))

    def explain_with_reference(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return the same with the reference of the model."""
        base, parts = self.model.explain_with_reference(frame)
        return base + self._calculate(frame), parts

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the model to a folder of its own; return the season."""
        save_model(self.model, folder / "model")
        return {"season": self.season._asdict()}

    @classmethod
    def read(cls, folder: Path, description: Mapping[str, Any]) -> "SeasonalModel":
        """Read what :meth:`save` wrote and returned."""
        return cls(load_model(folder / "model"), YearlySeason(**description["season"]))

    def _calculate(self, frame: pd.DataFrame) -> np.ndarray:
        if "as_of" not in frame.columns:
            raise BundleError(
                "The feature table must have the column as_of, which the season depends on. It is missing."
            )
        return self.season.calculate(frame["as_of"])


def fit_season(data: TrainingData, catalogue: Catalogue, settings: TrainingSettings) -> YearlySeason | None:
    """Fit sine and cosine beside a logistic model of the features, so that a changed mix of leads is no season.

    Parameters
    ----------
    data : TrainingData
        Training snapshots; the frame has as_of where the source has dates.
    catalogue : Catalogue
        Features in order.
    settings : TrainingSettings
        Seed and ``min_category_leads``.

    Returns
    -------
    YearlySeason or None
        None without dates, and where the snapshots cover less than 330 days.
    """
    if "as_of" not in data.frame.columns:
        return None
    as_of = data.frame["as_of"]
    if as_of.max() - as_of.min() < pd.Timedelta(days=MIN_DAYS):
        return None
    if len(as_of) > MAX_ROWS:
        generator = np.random.default_rng(settings.seed)
        data = data.take(np.sort(generator.choice(len(as_of), MAX_ROWS, replace=False)))
    (model,) = AdditiveLogisticModel.fit_regularization_path(
        data, catalogue, penalties=[SEASON_PENALTY], min_category_leads=settings.min_category_leads
    )
    columns = build_season_columns(data.frame["as_of"])
    found = maximize_penalized_likelihood(
        np.column_stack([columns, np.ones(len(columns))]),
        data.won,
        penalty=np.diag([SEASON_SD**-2.0, SEASON_SD**-2.0, 0.0]),
        lower=np.full(3, -np.inf),
        upper=np.full(3, np.inf),
        start=np.zeros(3),
        offset=margins(model, data.frame),
    )
    sine, cosine = float(found[0]), float(found[1])
    return YearlySeason(sine, cosine, float((build_season_columns(as_of) @ np.array([sine, cosine])).mean()))


def fit_with_season(
    fit: Callable[..., AdditiveModel], data: TrainingData, context: Any, settings: Any, season: YearlySeason | None
) -> AdditiveModel:
    """Fit a model to what the season leaves; `fit` takes data, context and settings."""
    if season is None:
        return fit(data, context, settings)
    return SeasonalModel(fit(data._replace(offset=season.calculate(data.frame["as_of"])), context, settings), season)
