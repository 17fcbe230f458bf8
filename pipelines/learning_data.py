"""Features and labels side by side, and who may learn from what."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.outputs import Workdir, read_frame

__all__ = ["LearningData", "apart", "read_learning_data"]


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
        return self.where(self.frame["split"].isin(names).to_numpy())

    def where(self, rows: np.ndarray) -> "LearningData":
        """Keep the chosen rows."""
        return LearningData(self.frame[rows].reset_index(drop=True))

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

    def past_and_test(self) -> tuple["LearningData", "LearningData"]:
        """Return all that lies before the last gap, and the test window, with no lead in both.

        See :func:`apart`. What lies in the gap between training and calibration belongs to the past:
        only tuning and calibration need that gap, and they keep it themselves.
        """
        end = self.frame.loc[self.frame["split"] == "calibrate", "as_of"].max()
        return apart(self.where((self.frame["as_of"] <= end).to_numpy()), self.window("test"))


def apart(earlier: LearningData, later: LearningData) -> tuple[LearningData, LearningData]:
    """Give every lead that has snapshots on both sides to one side.

    A lead of both sides is still open on the later one, so the earlier one could not drop it without
    dropping losses only, and learn too high a chance; nor the later one without losing all old leads. A hash
    decides which side keeps it, and there it stands twice, for the other half of its kind (the estimator of
    Horvitz and Thompson 1952, with a probability of one half).

    Parameters
    ----------
    earlier, later : LearningData
        Two sides in time.

    Returns
    -------
    earlier, later : LearningData
        In time order; the two rows of a lead that stands twice follow each other.
    """
    both = np.intersect1d(earlier.leads.astype(str), later.leads.astype(str))
    if len(both) == 0:
        return earlier, later
    kept_later = both[pd.util.hash_array(both.astype(object)) % 2 == 1]
    kept_earlier = np.setdiff1d(both, kept_later)
    return _keep(earlier, both, kept_earlier), _keep(later, both, kept_later)


def _keep(side: LearningData, both: np.ndarray, kept: np.ndarray) -> LearningData:
    leads = side.frame["lead_id"]
    times = np.where(leads.isin(kept), 2, np.where(leads.isin(both), 0, 1))
    return LearningData(side.frame.loc[side.frame.index.repeat(times)].reset_index(drop=True))


def read_learning_data(workdir: Workdir) -> LearningData:
    """Read labelled snapshots and their features."""
    snapshots = read_frame(workdir.need(workdir.snapshots, "snapshot"))
    features = read_frame(workdir.need(workdir.features, "featurize"))
    joined = snapshots.merge(features, on=["lead_id", "as_of"], validate="one_to_one")
    return LearningData(joined.sort_values(["as_of", "lead_id"], ignore_index=True))
