"""Features and labels side by side, and who may learn from what."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadlight.models.candidates.rules import Rule
from leadlight.models.training.rolling_origin import Fold
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, read_json

__all__ = [
    "AGE",
    "LabelledSnapshots",
    "build_rolling_folds",
    "read_labelled_snapshots",
    "read_rules",
    "split_disjoint_leads",
]

#: the feature that tells how old a lead is
AGE = "age_days"
#: parts of the calibration window, each judged by a model trained before it
ORIGINS = 3


@dataclass(frozen=True)
class LabelledSnapshots:
    """Snapshots in time order with what is known of them.

    Parameters
    ----------
    frame : pd.DataFrame
        lead_id, as_of, won, split and the features.
    gap : pd.Timedelta
        Between what is learned from and what is judged: the horizon; nothing where there are no dates.
    """

    frame: pd.DataFrame
    gap: pd.Timedelta

    def select_split(self, *names: str) -> "LabelledSnapshots":
        """Keep the snapshots of the named windows."""
        return self.filter(self.frame["split"].isin(names).to_numpy())

    def filter(self, rows: np.ndarray) -> "LabelledSnapshots":
        """Keep the chosen rows: a mask, or row numbers, which may repeat."""
        return LabelledSnapshots(self.frame.loc[rows].reset_index(drop=True), self.gap)

    @property
    def won(self) -> np.ndarray:
        """Labels, shape (n,)."""
        return self.frame["won"].to_numpy(dtype=np.int64)

    @property
    def leads(self) -> np.ndarray:
        """Lead of each snapshot, shape (n,)."""
        return self.frame["lead_id"].to_numpy(dtype=object)

    def split_past_and_test(self) -> tuple["LabelledSnapshots", "LabelledSnapshots"]:
        """Return all that lies before the last gap, and the test window, with no lead in both.

        See :func:`split_disjoint_leads`. What lies in the gap between training and calibration belongs to the past:
        only tuning and calibration need that gap, and they keep it themselves.
        """
        end = self.frame.loc[self.frame["split"] == "calibrate", "as_of"].max()
        return split_disjoint_leads(
            self.filter((self.frame["as_of"] <= end).to_numpy()), self.select_split("test")
        )

    def select_gap(self) -> "LabelledSnapshots":
        """Return what lies in the last gap: known on the first day of the test window but for its outcome.

        Nothing may be learned from its labels.
        """
        as_of, split = self.frame["as_of"], self.frame["split"]
        past, test = as_of[split == "calibrate"].max(), as_of[split == "test"].min()
        return self.filter(((as_of > past) & (as_of < test)).to_numpy())


def split_disjoint_leads(
    earlier: LabelledSnapshots, later: LabelledSnapshots
) -> tuple[LabelledSnapshots, LabelledSnapshots]:
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
    before, after = _rows_apart(earlier.frame, later.frame)
    return earlier.filter(before), later.filter(after)


def build_rolling_folds(past: LabelledSnapshots, count: int = ORIGINS) -> tuple[Fold, ...]:
    """Cut the calibration window into parts of equal size, each judged by what was known a gap before.

    Parameters
    ----------
    past : LearningData
        All that may be learned from, in time order.
    count : int
        Parts; fewer where a part or what lies before it lacks wins or losses.

    Returns
    -------
    tuple of Origin
        Row numbers of `past`; see :func:`split_disjoint_leads`.
    """
    as_of = past.frame["as_of"]
    judged = as_of[past.frame["split"] == "calibrate"].reset_index(drop=True)
    starts = sorted({judged.iloc[len(judged) * part // count] for part in range(count)})
    ends = [*starts[1:], judged.iloc[-1] + pd.Timedelta(seconds=1)]
    origins = []
    for start, end in zip(starts, ends, strict=True):
        known = as_of < start - past.gap
        asked = (as_of >= start) & (as_of < end)
        before, after = _rows_apart(past.frame[known], past.frame[asked])
        if all(len(np.unique(past.won[rows])) == 2 for rows in (before, after)):
            origins.append(Fold(before, after))
    return tuple(origins)


def _rows_apart(earlier: pd.DataFrame, later: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of the rows that each side keeps; twice where a row stands for two."""
    both = np.intersect1d(earlier["lead_id"].astype(str), later["lead_id"].astype(str))
    # another hash for each pair of sides: one that is split again must not lose the kept half of the first
    salt = later["as_of"].min().isoformat() if len(both) else ""
    salted = np.array([f"{lead} {salt}" for lead in both], dtype=object)
    kept_later = both[pd.util.hash_array(salted) % 2 == 1] if len(both) else both
    kept_earlier = np.setdiff1d(both, kept_later)
    return _kept(earlier, both, kept_earlier), _kept(later, both, kept_later)


def _kept(side: pd.DataFrame, both: np.ndarray, kept: np.ndarray) -> np.ndarray:
    leads = side["lead_id"]
    times = np.where(leads.isin(kept), 2, np.where(leads.isin(both), 0, 1))
    return side.index.to_numpy().repeat(times)


def read_labelled_snapshots(workdir: Workdir) -> LabelledSnapshots:
    """Read labelled snapshots and their features."""
    snapshots = read_frame(workdir.require(workdir.snapshots, "snapshot"))
    features = read_frame(workdir.require(workdir.features, "featurize"))
    windows = read_json(workdir.require(workdir.snapshot_report, "snapshot"))["windows"]
    gap = pd.Timestamp(windows["calibrate_start"]) - pd.Timestamp(windows["train_end"])
    joined = snapshots.merge(features, on=["lead_id", "as_of"], validate="one_to_one")
    return LabelledSnapshots(joined.sort_values(["as_of", "lead_id"], ignore_index=True), gap)


def read_rules(params: Params) -> tuple[Rule, ...]:
    """Return the rules of params; none where there is no rule book."""
    return tuple(
        Rule(r.attribute or r.signal or "", r.points, r.is_, r.within_days or 90, r.at_least)
        for r in params.points
    )
