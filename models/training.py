"""From the training window to fitted candidates, tuned on its last part."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss

from features.catalogue import Catalogue
from models.boosted import BoostedModel, Columns
from models.candidates import Blend, Model, margins
from models.logistic import LogisticModel

__all__ = ["TrainingSettings", "TrainingWindow", "fit_candidates"]

PENALTIES = (1.0, 5.0, 25.0, 100.0)
#: share of the training window that tuning is judged on: its newest snapshots
VALIDATION_SHARE = 0.25


@dataclass(frozen=True)
class TrainingSettings:
    """How candidates are trained; the fields mean what they mean in the section ``training`` of params."""

    seed: int = 7
    candidates: tuple[str, ...] = ("logistic", "additive", "interactions", "blend")
    rare_below: int = 30
    learning_rate: float = 0.05
    max_rounds: int = 600
    leaves: int = 8


@dataclass(frozen=True)
class TrainingWindow:
    """Snapshots to learn from, in time order.

    Parameters
    ----------
    frame : pd.DataFrame, shape (n, features)
        The feature table.
    won : ndarray of int, shape (n,)
        Labels.
    leads : pd.Series, shape (n,)
        Lead of each snapshot.
    """

    frame: pd.DataFrame
    won: np.ndarray
    leads: pd.Series

    def halves(self) -> tuple["TrainingWindow", "TrainingWindow"]:
        """Split into an earlier part and the newest snapshots, with no lead in both."""
        cut = int(len(self.frame) * (1 - VALIDATION_SHARE))
        later = np.arange(len(self.frame)) >= cut
        earlier = ~self.leads.isin(self.leads[later]).to_numpy()
        if len(set(self.won[earlier])) < 2:  # nearly every lead is still open in the newest part
            earlier = ~later
        return self.where(earlier), self.where(later)

    def where(self, rows: np.ndarray) -> "TrainingWindow":
        """Return the window of the chosen rows."""
        return TrainingWindow(self.frame[rows], self.won[rows], self.leads[rows])


def fit_candidates(
    window: TrainingWindow,
    catalogue: Catalogue,
    settings: TrainingSettings,
    on_fitted: Callable[[str], None] = lambda name: None,
) -> dict[str, tuple[Model, dict[str, Any]]]:
    """Fit the chosen candidates.

    Parameters
    ----------
    window : TrainingWindow
        The training window.
    catalogue : Catalogue
        Features in order.
    settings : TrainingSettings
        How to train.
    on_fitted : callable
        Called with the name of each candidate when it is fitted.

    Returns
    -------
    dict
        Name -> (model, what tuning chose), simplest first.
    """
    earlier, later = window.halves()
    fitted: dict[str, tuple[Model, dict[str, Any]]] = {}
    wanted = set(settings.candidates)
    if wanted & {"logistic", "blend"}:
        fitted["logistic"] = _logistic(window, earlier, later, catalogue, settings)
        on_fitted("logistic")
    for name in ("additive", "interactions"):
        if wanted & {name, "blend"}:
            fitted[name] = _boosted(window, earlier, later, catalogue, settings, additive=name == "additive")
            on_fitted(name)
    if "blend" in wanted:
        better = min(("additive", "interactions"), key=lambda name: fitted[name][1]["validation_log_loss"])
        fitted["blend"] = (Blend(fitted["logistic"][0], fitted[better][0]), {"of": ["logistic", better]})
        on_fitted("blend")
    return {name: fitted[name] for name in fitted if name in wanted}


def _loss(model: Model, window: TrainingWindow) -> float:
    probability = 1 / (1 + np.exp(-margins(model, window.frame)))
    return float(log_loss(window.won, probability, labels=[0, 1]))


def _logistic(
    window: TrainingWindow, earlier: TrainingWindow, later: TrainingWindow, catalogue: Catalogue,
    settings: TrainingSettings,
) -> tuple[Model, dict[str, Any]]:  # fmt: skip
    def fit(part: TrainingWindow, penalty: float) -> LogisticModel:
        return LogisticModel.fit(
            part.frame, part.won, part.leads, catalogue, penalty=penalty, rare_below=settings.rare_below
        )

    losses = {penalty: _loss(fit(earlier, penalty), later) for penalty in PENALTIES}
    best = min(losses, key=lambda penalty: losses[penalty])
    return fit(window, best), {"penalty": best, "validation_log_loss": losses[best]}


def _boosted(
    window: TrainingWindow, earlier: TrainingWindow, later: TrainingWindow, catalogue: Catalogue,
    settings: TrainingSettings, *, additive: bool,
) -> tuple[Model, dict[str, Any]]:  # fmt: skip
    parameters: Mapping[str, Any] = {
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.leaves if not additive else min(settings.leaves, 4),
        "min_data_in_leaf": max(20, len(window.frame) // 200),
        "lambda_l2": 10.0,
        "feature_fraction": 0.7,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 2,  # a fixed number, for sums depend on it
        "verbosity": -1,
    }
    if additive:  # constraints and column sampling by tree leave too few columns to a tree that may use one
        parameters = {**parameters, "feature_fraction": 1.0}
    columns = Columns.fit(window.frame, window.leads, catalogue, settings.rare_below)
    chosen = {"settings": parameters, "additive": additive}
    stopped = BoostedModel.fit(
        earlier.frame, earlier.won, columns, catalogue, rounds=settings.max_rounds, settings=parameters,
        additive=additive, validation=(later.frame, later.won),
    )  # fmt: skip
    loss = _loss(stopped, later)
    rounds = max(20, round(stopped.rounds / (1 - VALIDATION_SHARE)))  # more snapshots carry more trees
    model = BoostedModel.fit(
        window.frame, window.won, columns, catalogue, rounds=rounds, settings=parameters, additive=additive
    )
    return model, chosen | {"rounds": rounds, "validation_log_loss": loss}
