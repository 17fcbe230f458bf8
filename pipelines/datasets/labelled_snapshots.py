"""Labelled snapshots with their features, by window."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadlight.models.candidates.rolling_origin import Fold
from leadlight.models.candidates.rules import Rule
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, read_json

__all__ = ["AGE", "LabelledSnapshots", "build_rolling_folds", "read_labelled_snapshots", "read_rules"]

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
        lead_id, as_of, won, days_to_win, on_grid, split and the features.
    gap : pd.Timedelta
        Between training and test rows: the horizon; zero without dates.
    cut_off : pd.Timestamp
        Time up to which outcomes are known.
    """

    frame: pd.DataFrame
    gap: pd.Timedelta
    cut_off: pd.Timestamp

    def select_split(self, *names: str) -> "LabelledSnapshots":
        """Keep the snapshots of the named windows."""
        return self.filter(self.frame["split"].isin(names).to_numpy())

    def select_grid(self) -> "LabelledSnapshots":
        """Keep the snapshots of the grid, whose nights have leads of all ages."""
        return self.filter(self.frame["on_grid"].to_numpy())

    def filter(self, rows: np.ndarray) -> "LabelledSnapshots":
        """Keep the rows of a mask."""
        return LabelledSnapshots(self.frame.loc[rows].reset_index(drop=True), self.gap, self.cut_off)

    @property
    def won(self) -> np.ndarray:
        """Labels, shape (n,); of snapshots whose window has ended."""
        return self.frame["won"].to_numpy(dtype=np.int64)

    @property
    def leads(self) -> np.ndarray:
        """Lead of each snapshot, shape (n,)."""
        return self.frame["lead_id"].to_numpy(dtype=object)

    @property
    def by_time(self) -> bool:
        """Whether the test window is later than all that came before it, and not a part of the leads."""
        split, as_of = self.frame["split"], self.frame["as_of"]
        return bool(as_of[split == "test"].min() > as_of[split.isin(["train", "calibrate"])].max())

    def select_past(self) -> "LabelledSnapshots":
        """Return the snapshots whose outcome was known when the test window began."""
        split, as_of = self.frame["split"], self.frame["as_of"]
        if not self.by_time:
            return self.select_split("train", "calibrate")
        # the gap between training and calibration belongs to the past
        return self.filter((as_of < as_of[split == "test"].min() - self.gap).to_numpy())

    def select_matured(self) -> "LabelledSnapshots":
        """Return every snapshot with a label."""
        return self.filter((self.frame["split"] != "unfinished").to_numpy())

    def select_unfinished(self) -> "LabelledSnapshots":
        """Return the snapshots whose window has not ended at the cut-off; none without dates."""
        return self.select_split("unfinished")

    def select_unfinished_at_test(self) -> "LabelledSnapshots":
        """Return the snapshots whose window had not ended when the test window began, with what was known then."""
        if not self.by_time:
            return self.filter(np.zeros(len(self.frame), dtype=bool))
        as_of = self.frame["as_of"]
        start = as_of[self.frame["split"] == "test"].min()
        then = self.filter(((as_of >= start - self.gap) & (as_of < start)).to_numpy())
        elapsed = (start - then.frame["as_of"]) / pd.Timedelta(days=1)
        seen = then.frame["days_to_win"].where(then.frame["days_to_win"] < elapsed)
        return LabelledSnapshots(then.frame.assign(days_to_win=seen), self.gap, start)


def build_rolling_folds(past: LabelledSnapshots, count: int = ORIGINS) -> tuple[Fold, ...]:
    """Build rolling-origin folds: equal parts of the calibration window, each with the rows a gap before it.

    A lead may be in both parts: labels are apart by the gap, and the night knows most open leads (decision 30). Where
    calibration is a part of the leads, the folds are parts of them, and all others are known.

    Parameters
    ----------
    past : LabelledSnapshots
        Everything before the test window, in time order.
    count : int
        Number of folds; those without wins or losses on either side are left out.

    Returns
    -------
    tuple of Fold
        Row numbers of `past`.
    """
    as_of, calibrate = past.frame["as_of"], (past.frame["split"] == "calibrate").to_numpy()
    by_time = as_of[calibrate].min() > as_of[past.frame["split"] == "train"].max()
    if by_time:
        calibration = as_of[calibrate].reset_index(drop=True)
        starts = sorted({calibration.iloc[len(calibration) * part // count] for part in range(count)})
        ends = [*starts[1:], calibration.iloc[-1] + pd.Timedelta(seconds=1)]
        spans = zip(starts, ends, strict=True)
        parts = [(as_of < start - past.gap, (as_of >= start) & (as_of < end)) for start, end in spans]
    else:
        group = pd.util.hash_array(past.leads.astype(str).astype(object), hash_key="rolling-origins-") % count
        parts = [(~(held := calibrate & (group == part)), held) for part in range(count)]
    folds = [Fold(np.flatnonzero(before), np.flatnonzero(after)) for before, after in parts]
    return tuple(fold for fold in folds if all(len(np.unique(past.won[rows])) == 2 for rows in fold))


def read_labelled_snapshots(workdir: Workdir) -> LabelledSnapshots:
    """Read labelled snapshots and their features."""
    snapshots = read_frame(workdir.require(workdir.snapshots, "snapshot"))
    features = read_frame(workdir.require(workdir.features, "featurize"))
    report = read_json(workdir.require(workdir.snapshot_report, "snapshot"))
    joined = snapshots.merge(features, on=["lead_id", "as_of"], validate="one_to_one")
    frame = joined.sort_values(["as_of", "lead_id"], ignore_index=True)
    return LabelledSnapshots(frame, pd.Timedelta(days=report["gap_days"]), pd.Timestamp(report["cut_off"]))


def read_rules(params: Params) -> tuple[Rule, ...]:
    """Return the rules of params; empty without a rule book."""
    return tuple(
        Rule(r.attribute or r.signal or "", r.points, r.is_, r.within_days or 90, r.at_least) for r in params.points
    )
