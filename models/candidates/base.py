"""The interface of candidate models, and how they are saved and loaded."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import lightgbm as lgb
import numpy as np
import pandas as pd

from leadlight.features.errors import BundleError
from leadlight.models.candidates.boosted import BoostedModel, DesignMatrix
from leadlight.models.candidates.category_encoding import CategoryEncoder
from leadlight.models.candidates.logistic import AdditiveLogisticModel
from leadlight.models.candidates.rules_model import RulesModel

__all__ = ["AdditiveModel", "AverageEnsemble", "load_model", "margins", "save_model"]


class AdditiveModel(Protocol):
    """A model whose log-odds are a base plus one part per feature."""

    @property
    def features(self) -> tuple[str, ...]:
        """Feature names, in the order of the parts."""
        ...

    @property
    def explanation_cost(self) -> float:
        """Operations to explain one lead, counted from the model so that it is reproducible.

        One look-up per feature for the rule book, the logistic model and additive trees; one addition per
        column on the path to each leaf for trees with interactions; the sum of both models for a blend.
        """
        ...

    def explain_with_reference(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Compute :meth:`explain_log_odds` by its slow definition, as a reference for tests."""
        ...

    def explain_log_odds(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the base and what each feature adds to it, in log-odds; shape (n, features)."""
        ...


@dataclass(frozen=True)
class AverageEnsemble:
    """The mean of two models in log-odds, and so of their parts."""

    first: AdditiveModel
    second: AdditiveModel

    @property
    def features(self) -> tuple[str, ...]:
        """Feature names, in the order of the parts."""
        return self.first.features

    @property
    def explanation_cost(self) -> float:
        """Operations to explain one lead; see :class:`AdditiveModel`."""
        return self.first.explanation_cost + self.second.explanation_cost

    def explain_with_reference(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the mean of the references of both models."""
        (base_a, parts_a), (base_b, parts_b) = (m.explain_with_reference(frame) for m in (self.first, self.second))
        return (base_a + base_b) / 2, (parts_a + parts_b) / 2

    def explain_log_odds(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the base and what each feature adds to it, in log-odds; shape (n, features)."""
        (base_a, parts_a), (base_b, parts_b) = (m.explain_log_odds(frame) for m in (self.first, self.second))
        return (base_a + base_b) / 2, (parts_a + parts_b) / 2


def margins(model: AdditiveModel, frame: pd.DataFrame) -> np.ndarray:
    """Return the log-odds of a model: base plus all parts, shape (n,)."""
    base, parts = model.explain_log_odds(frame)
    return np.asarray(base + parts.sum(axis=1))


def save_model(model: AdditiveModel, folder: Path) -> None:
    """Write a model as LightGBM text and JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    description: dict[str, Any]
    if isinstance(model, AverageEnsemble):
        save_model(model.first, folder / "first")
        save_model(model.second, folder / "second")
        description = {"kind": "blend"}
    elif isinstance(model, AdditiveLogisticModel):
        description = {"kind": "logistic", "model": model.to_dict()}
    elif isinstance(model, RulesModel):
        description = {"kind": "points", "model": model.to_dict()}
    elif isinstance(model, BoostedModel):
        levels = {name: list(entry.categories) for name, entry in model.columns.levels.items()}
        description = {"kind": "boosted", "features": list(model.columns.features), "levels": levels}
        text = model.booster.model_to_string()
        (folder / "trees.txt").write_text(text, encoding="utf-8")
    else:
        raise TypeError(f"The model must be a known candidate. Got {type(model).__name__}.")
    text = json.dumps(description, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / "model.json").write_text(text + "\n", encoding="utf-8")


def load_model(folder: Path) -> AdditiveModel:
    """Read what :func:`save_model` wrote.

    Raises
    ------
    BundleError
        If a file is missing or not of a known kind.
    """
    try:
        description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        kind = description["kind"]
        if kind == "blend":
            return AverageEnsemble(load_model(folder / "first"), load_model(folder / "second"))
        if kind == "logistic":
            return AdditiveLogisticModel.from_dict(description["model"])
        if kind == "points":
            return RulesModel.from_dict(description["model"])
        if kind == "boosted":
            levels = {name: CategoryEncoder(tuple(kept)) for name, kept in description["levels"].items()}
            booster = lgb.Booster(model_str=(folder / "trees.txt").read_text(encoding="utf-8"))
            return BoostedModel(DesignMatrix(tuple(description["features"]), levels), booster)
    except (OSError, KeyError, ValueError, lgb.basic.LightGBMError) as error:
        raise BundleError(f"The model in {folder} must be complete and readable. Got {error}.") from None
    raise BundleError(f"The kind of the model in {folder} must be points, logistic, boosted or blend. Got {kind}.")
