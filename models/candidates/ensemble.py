"""A weighted mean of additive models in log-odds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from leadlight.models.candidates.base import AdditiveModel, load_model, margins, save_model

__all__ = ["WeightedEnsemble"]


@dataclass(frozen=True)
class WeightedEnsemble:
    """The weighted mean of models in log-odds, and so of their bases and parts.

    Parameters
    ----------
    members : sequence of AdditiveModel
        With the same features.
    weights : sequence of float
        One per member, above zero, with a sum of 1.
    """

    kind: ClassVar[str] = "combined"
    members: Sequence[AdditiveModel]
    weights: Sequence[float]

    @classmethod
    def average(cls, members: Sequence[AdditiveModel]) -> "WeightedEnsemble":
        """Return the mean of models with equal weights."""
        return cls(tuple(members), (1.0 / len(members),) * len(members))

    @property
    def features(self) -> tuple[str, ...]:
        """Feature names, in the order of the parts."""
        return self.members[0].features

    def explain_log_odds(self, frame: pd.DataFrame) -> tuple[float | np.ndarray, np.ndarray]:
        """Return the base and what each feature adds to it, in log-odds; shape (n, features)."""
        return self._average([member.explain_log_odds(frame) for member in self.members])

    def predict_log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the weighted mean of the log-odds of all members, shape (n,)."""
        return np.asarray(sum(w * margins(member, frame) for w, member in zip(self.weights, self.members, strict=True)))

    def explain_with_reference(self, frame: pd.DataFrame) -> tuple[float | np.ndarray, np.ndarray]:
        """Return the weighted mean of the references of all members."""
        return self._average([member.explain_with_reference(frame) for member in self.members])

    def save(self, folder: Path) -> dict[str, Any]:
        """Write each member to a folder of its own; return the weights."""
        for place, member in enumerate(self.members):
            save_model(member, folder / f"member_{place}")
        return {"weights": list(self.weights)}

    @classmethod
    def read(cls, folder: Path, description: Mapping[str, Any]) -> "WeightedEnsemble":
        """Read what :meth:`save` wrote and returned."""
        weights = tuple(description["weights"])
        return cls(tuple(load_model(folder / f"member_{place}") for place in range(len(weights))), weights)

    def _average(self, explained: list[tuple[float | np.ndarray, np.ndarray]]) -> tuple[float | np.ndarray, np.ndarray]:
        base = sum(weight * part[0] for weight, part in zip(self.weights, explained, strict=True))
        parts = sum(weight * part[1] for weight, part in zip(self.weights, explained, strict=True))
        return base, np.asarray(parts)
