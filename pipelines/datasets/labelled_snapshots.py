"""Labelled snapshots with their features, and splits without a lead on both sides."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadlight.models.candidates.rolling_origin import Fold
from leadlight.models.candidates.rules import Rule
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

#: feature with the age of a lead
AGE = "age_days"
#: folds of the calibration window
ORIGINS = 3


@dataclass(frozen=True)
class LabelledSnapshots:
    """Snapshots in time order, with features and labels.

    Parameters
    ----------
    frame : pd.DataFrame
        lead_id, as_of, won, split and the features.
    gap : pd.Timedelta
        Between training and test rows: the horizon; zero without dates.
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
        """Return all snapshots before the last gap, and the test window, with no lead in both.

        See :func:`split_disjoint_leads`. The gap between training and calibration belongs to the past.
        """
        end = self.frame.loc[self.frame["split"] == "calibrate", "as_of"].max()
        return split_disjoint_leads(self.filter((self.frame["as_of"] <= end).to_numpy()), self.select_split("test"))

    def select_gap(self) -> "LabelledSnapshots":
        """Return the snapshots in the last gap, whose labels are not known when the test window begins."""
        as_of, split = self.frame["as_of"], self.frame["split"]
        past, test = as_of[split == "calibrate"].max(), as_of[split == "test"].min()
        return self.filter(((as_of > past) & (as_of < test)).to_numpy())


def split_disjoint_leads(
    earlier: LabelledSnapshots, later: LabelledSnapshots
) -> tuple[LabelledSnapshots, LabelledSnapshots]:
    """Assign every lead with snapshots on both sides to one side.

    A lead on both sides is still open on the later one. Dropping all of them from the earlier side would drop
    only losses and bias its win rate upwards; dropping them from the later side would remove all old leads.
    A hash assigns each to one side with probability one half, and its rows there count twice (inverse
    probability weights: Horvitz and Thompson 1952).

    Parameters
    ----------
    earlier, later : LabelledSnapshots

    Returns
    -------
    earlier, later : LabelledSnapshots
        In time order; repeated rows are adjacent.
    """
    before, after = _split_rows(earlier.frame, later.frame)
    return earlier.filter(before), later.filter(after)


def build_rolling_folds(past: LabelledSnapshots, count: int = ORIGINS) -> tuple[Fold, ...]:
    """Build rolling-origin folds: equal parts of the calibration window, each with the rows a gap before it.

    Parameters
    ----------
    past : LabelledSnapshots
        Everything before the test window, in time order.
    count : int
        Number of folds; those without wins or losses on either side are left out.

    Returns
    -------
    tuple of Fold
        Row numbers of `past`; see :func:`split_disjoint_leads`.
    """
    as_of = past.frame["as_of"]
    calibration = as_of[past.frame["split"] == "calibrate"].reset_index(drop=True)
    starts = sorted({calibration.iloc[len(calibration) * part // count] for part in range(count)})
    ends = [*starts[1:], calibration.iloc[-1] + pd.Timedelta(seconds=1)]
    folds = []
    for start, end in zip(starts, ends, strict=True):
        past_rows = as_of < start - past.gap
        window = (as_of >= start) & (as_of < end)
        before, after = _split_rows(past.frame[past_rows], past.frame[window])
        if all(len(np.unique(past.won[rows])) == 2 for rows in (before, after)):
            folds.append(Fold(before, after))
    return tuple(folds)


def _split_rows(earlier: pd.DataFrame, later: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of the rows that each side keeps, with repeats."""
    both = np.intersect1d(earlier["lead_id"].astype(str), later["lead_id"].astype(str))
    # salted: the split of an earlier pair must be independent of this one
    salt = later["as_of"].min().isoformat() if len(both) else ""
    salted = np.array([f"{lead} {salt}" for lead in both], dtype=object)
    kept_later = both[pd.util.hash_array(salted) % 2 == 1] if len(both) else both
    kept_earlier = np.setdiff1d(both, kept_later)
    return _repeat_kept_rows(earlier, both, kept_earlier), _repeat_kept_rows(later, both, kept_later)


def _repeat_kept_rows(side: pd.DataFrame, both: np.ndarray, kept: np.ndarray) -> np.ndarray:
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
    """Return the rules of params; empty without a rule book."""
    return tuple(
        Rule(r.attribute or r.signal or "", r.points, r.is_, r.within_days or 90, r.at_least) for r in params.points
    )
