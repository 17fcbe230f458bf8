"""The base rate as a model: what every other one has to beat."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

__all__ = ["ConstantModel"]


@dataclass(frozen=True)
class ConstantModel:
    """The same log-odds for every lead.

    Parameters
    ----------
    features : tuple of str
        Feature names in order; none adds anything.
    base : float
        Log-odds.
    """

    kind: ClassVar[str] = "constant"
    features: tuple[str, ...]
    base: float

    def explain_log_odds(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the base, and zeros of shape (n, features)."""
        return self.base, np.zeros((len(frame), len(self.features)))

    def explain_with_reference(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the same as :meth:`explain_log_odds`, which is exact."""
        return self.explain_log_odds(frame)

    def save(self, folder: Path) -> dict[str, Any]:
        """Return plain data; there are no further files."""
        return {"features": list(self.features), "base": self.base}
