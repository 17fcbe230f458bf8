"""Features and labels of one window, side by side."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.outputs import Workdir, read_frame

__all__ = ["LearningData", "read_learning_data"]


@dataclass(frozen=True)
class LearningData:
    """Snapshots in time order with what is known of them.

    Parameters
    ----------
    frame : pd.DataFrame
        lead_id, as_of, won, split and the features.
    """

    frame: pd.DataFrame

    def window(self, *names: str) -> "LearningData":
        """Keep the snapshots of the named windows."""
        return LearningData(self.frame[self.frame["split"].isin(names)].reset_index(drop=True))

    @property
    def won(self) -> np.ndarray:
        """Labels, shape (n,)."""
        return self.frame["won"].to_numpy(dtype=np.int64)

    @property
    def leads(self) -> np.ndarray:
        """Lead of each snapshot, shape (n,)."""
        return self.frame["lead_id"].to_numpy(dtype=object)

    @property
    def weeks(self) -> float:
        """Span of the snapshots in weeks."""
        span = self.frame["as_of"].max() - self.frame["as_of"].min()
        return max(float(span / pd.Timedelta(weeks=1)), 1 / 7)


def read_learning_data(workdir: Workdir) -> LearningData:
    """Read labelled snapshots and their features."""
    snapshots = read_frame(workdir.need(workdir.snapshots, "snapshot"))
    features = read_frame(workdir.need(workdir.features, "featurize"))
    joined = snapshots.merge(features, on=["lead_id", "as_of"], validate="one_to_one")
    return LearningData(joined.sort_values(["as_of", "lead_id"], ignore_index=True))
