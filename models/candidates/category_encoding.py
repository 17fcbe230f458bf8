"""Categories as a model sees them: those seen often enough, the rest pooled, and not known."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["CategoryEncoder"]


@dataclass(frozen=True)
class CategoryEncoder:
    """The levels of one category feature.

    Parameters
    ----------
    categories : tuple of str
        Levels with a place of their own, in order. After them come "pooled" and "not known".
    """

    categories: tuple[str, ...]

    @classmethod
    def fit(cls, values: pd.Series, leads: pd.Series, min_category_leads: int) -> "CategoryEncoder":
        """Keep the levels that enough leads have.

        Parameters
        ----------
        values : pd.Series of str, shape (n,)
            Values of the training snapshots; NaN where not known.
        leads : pd.Series of str, shape (n,)
            Lead of each snapshot.
        min_category_leads : int
            Levels with fewer leads than this are pooled.
        """
        counts = leads.groupby(values).nunique()
        return cls(tuple(sorted(counts.index[counts >= min_category_leads])))

    @property
    def size(self) -> int:
        """Number of codes, with pooled and not known."""
        return len(self.categories) + 2

    def transform(self, values: pd.Series) -> np.ndarray:
        """Return the code of each value, shape (n,): its place in `categories`, then pooled, then not known."""
        places = {level: place for place, level in enumerate(self.categories)}
        codes = values.map(places).fillna(len(self.categories)).to_numpy(dtype=np.int64, copy=True)
        codes[values.isna().to_numpy()] = len(self.categories) + 1
        return codes
