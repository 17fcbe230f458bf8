"""From the past to fitted candidates, each with what it would have said out of time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadlight.features.catalogue import Catalogue
from leadlight.models.candidates.base import Blend, Model
from leadlight.models.candidates.rules import Rule
from leadlight.models.candidates.rules_model import PointsModel
from leadlight.models.scoring.grades import strengths
from leadlight.models.training.data import TrainingSettings, TrainingWindow
from leadlight.models.training.tuning import Tuned, tuned_logistic, tuned_trees

__all__ = ["Fitted", "OutOfTime", "TrainingSettings", "TrainingWindow", "fit_candidates"]


@dataclass(frozen=True)
class OutOfTime:
    """What a candidate says of the judged rows of all origins, trained anew before each.

    Parameters
    ----------
    margin : ndarray, shape (m,)
        Log-odds.
    fit, engagement : ndarray, shape (m,)
        Parts of the log-odds that come from each group of features.
    """

    margin: np.ndarray
    fit: np.ndarray
    engagement: np.ndarray

    def __add__(self, other: "OutOfTime") -> "OutOfTime":
        return OutOfTime(self.margin + other.margin, self.fit + other.fit, self.engagement + other.engagement)

    def halved(self) -> "OutOfTime":
        """Return half of everything."""
        return OutOfTime(self.margin / 2, self.fit / 2, self.engagement / 2)


@dataclass(frozen=True)
class Fitted:
    """A candidate that learned from the whole window.

    Parameters
    ----------
    model : Model
        The model.
    tuning : dict
        What tuning chose.
    out_of_time : OutOfTime
        What its likes said of the judged rows.
    """

    model: Model
    tuning: dict[str, Any]
    out_of_time: OutOfTime


def fit_candidates(
    window: TrainingWindow,
    catalogue: Catalogue,
    settings: TrainingSettings,
    rules: tuple[Rule, ...] = (),
    on_fitted: Callable[[str], None] = lambda name: None,
) -> dict[str, Fitted]:
    """Tune, judge and fit the chosen candidates.

    Parameters
    ----------
    window : TrainingWindow
        All that may be learned from.
    catalogue : Catalogue
        Features in order.
    settings : TrainingSettings
        How to train.
    rules : tuple of Rule
        Today's rule book; without one there is no candidate ``points``.
    on_fitted : callable
        Called with the name of each candidate when it is fitted.

    Returns
    -------
    dict of str to Fitted
        Simplest first.
    """
    wanted = set(settings.candidates)
    fitted: dict[str, Fitted] = {}

    def keep(name: str, tuned: Tuned) -> None:
        fitted[name] = Fitted(tuned.model, tuned.chosen, _judged(tuned, window, catalogue))
        on_fitted(name)

    if rules and "points" in wanted:
        keep("points", _points(window, catalogue, rules))
    if wanted & {"logistic", "blend"}:
        keep("logistic", tuned_logistic(window, catalogue, settings))
    for name in ("additive", "interactions"):
        if wanted & {name, "blend"}:
            keep(name, tuned_trees(window, catalogue, settings, additive=name == "additive"))
    if "blend" in wanted:
        better = min(("additive", "interactions"), key=lambda name: fitted[name].tuning["log_loss"])
        parts = fitted["logistic"], fitted[better]
        both = (parts[0].out_of_time + parts[1].out_of_time).halved()
        fitted["blend"] = Fitted(Blend(parts[0].model, parts[1].model), {"of": ["logistic", better]}, both)
        on_fitted("blend")
    return {name: fitted[name] for name in fitted if name in wanted}


def _points(window: TrainingWindow, catalogue: Catalogue, rules: tuple[Rule, ...]) -> Tuned:
    def fit(part: TrainingWindow) -> PointsModel:
        return PointsModel.fit(part.frame, part.won, catalogue, rules)

    return Tuned(fit(window), [fit(window.rows(o.earlier)) for o in window.rolling()], {"rules": len(rules)})


def _judged(tuned: Tuned, window: TrainingWindow, catalogue: Catalogue) -> OutOfTime:
    margin, fit, engagement = [], [], []
    for model, origin in zip(tuned.before, window.rolling(), strict=True):
        base, parts = model.contributions(window.frame.iloc[origin.later].reset_index(drop=True))
        margin.append(base + parts.sum(axis=1))
        of_fit, of_engagement = strengths(parts, catalogue)
        fit.append(of_fit)
        engagement.append(of_engagement)
    return OutOfTime(np.concatenate(margin), np.concatenate(fit), np.concatenate(engagement))
