"""Categories as a model sees them: those seen often enough, the rest pooled, and not known."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["Levels"]


@dataclass(frozen=True)
class Levels:
    """The levels of one category feature.

    Parameters
    ----------
    kept : tuple of str
        Levels with a place of their own, in order. After them come "pooled" and "not known".
    """

    kept: tuple[str, ...]

    @classmethod
    def fit(cls, values: pd.Series, leads: pd.Series, rare_below: int) -> "Levels":
        """Keep the levels that enough leads have.

        Parameters
        ----------
        values : pd.Series of str, shape (n,)
            Values of the training snapshots; NaN where not known.
        leads : pd.Series of str, shape (n,)
            Lead of each snapshot.
        rare_below : int
            Levels with fewer leads than this are pooled.
        """
        counts = leads.groupby(values).nunique()
        return cls(tuple(sorted(counts.index[counts >= rare_below])))

    @property
    def size(self) -> int:
        """Number of codes, with pooled and not known."""
        return len(self.kept) + 2

    def codes(self, values: pd.Series) -> np.ndarray:
        """Return the code of each value: its place in `kept`, then pooled, then not known.

        Parameters
        ----------
        values : pd.Series of str, shape (n,)

        Returns
        -------
        ndarray of int, shape (n,)
        """
        places: Mapping[str, int] = {level: place for place, level in enumerate(self.kept)}
        codes = values.map(places).fillna(len(self.kept)).to_numpy(dtype=np.int64, copy=True)
        codes[values.isna().to_numpy()] = len(self.kept) + 1
        return codes
