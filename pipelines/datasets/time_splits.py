"""Split by time (train | gap | calibrate | gap | test), and detection of left truncation."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from leadlight.features.errors import NotEnoughDataError
from leadlight.pipelines.params.sections import Split

__all__ = ["LeftTruncation", "TimeSplit", "assign_splits", "detect_left_truncation", "split_by_time"]

#: expected wins from which on their absence is significant (Poisson, P < 0.7 %)
EXPECTED_WINS = 5.0


class TimeSplit(NamedTuple):
    """Half-open windows of ``as_of`` with gaps between them.

    Parameters
    ----------
    train_end, calibrate_start, calibrate_end, test_start : pd.Timestamp
        Bounds: train is [.., train_end), calibrate [calibrate_start, calibrate_end), test [test_start, ..].
    """

    train_end: pd.Timestamp
    calibrate_start: pd.Timestamp
    calibrate_end: pd.Timestamp
    test_start: pd.Timestamp

    def to_dict(self) -> dict[str, str]:
        """Return ISO text by name."""
        return {name: moment.isoformat() for name, moment in self._asdict().items()}


class LeftTruncation(NamedTuple):
    """Wins seem not to have been recorded before `until`."""

    until: pd.Timestamp
    snapshots: int
    expected: float

    def describe(self) -> str:
        """Describe it in one sentence."""
        return (
            f"No win is recorded before {self.until:%Y-%m-%d}, though {self.expected:.0f} were to be "
            f"expected among the {self.snapshots} snapshots whose window had ended by then: what lies "
            "before is left out."
        )


def split_by_time(as_of: pd.Series, split: Split, gap: pd.Timedelta) -> TimeSplit:
    """Cut the span of snapshots into three windows with gaps.

    Parameters
    ----------
    as_of : pd.Series
        Moments of the labelled snapshots.
    split : Split
        Shares of the snapshots for calibration and test.
    gap : pd.Timedelta
        Length of each gap: the horizon, so that every outcome of one window is known before the next.

    Returns
    -------
    TimeSplit

    Raises
    ------
    NotEnoughDataError
        If nothing is left for one of the windows.
    """
    moments = as_of.sort_values(ignore_index=True)
    test_start = _at_share(moments, 1 - split.test_share)
    before_test = moments[moments < test_start - gap]
    if not before_test.empty:
        share = split.calibrate_share / (1 - split.test_share)
        calibrate_start = _at_share(before_test, 1 - share)
        if (moments < calibrate_start - gap).any():
            return TimeSplit(calibrate_start - gap, calibrate_start, test_start - gap, test_start)
    days, gap_days = (moments.iloc[-1] - moments.iloc[0]).days, gap.days
    raise NotEnoughDataError(
        "The span of the labelled snapshots must have room for three windows and two gaps of "
        f"{gap_days} days. Got {days} days from {moments.iloc[0]:%Y-%m-%d} to {moments.iloc[-1]:%Y-%m-%d}: "
        "shorten label.horizon_days or give more history."
    )


def assign_splits(as_of: pd.Series, windows: TimeSplit) -> np.ndarray:
    """Name the window of each moment: train, calibrate, test or gap."""
    conditions = [
        as_of < windows.train_end,
        (as_of >= windows.calibrate_start) & (as_of < windows.calibrate_end),
        as_of >= windows.test_start,
    ]
    return np.select(conditions, ["train", "calibrate", "test"], default="gap")


def detect_left_truncation(
    mature: pd.DataFrame, first_win: pd.Timestamp, horizon: pd.Timedelta
) -> LeftTruncation | None:
    """Test whether the record of wins begins later than the snapshots.

    Parameters
    ----------
    mature : pd.DataFrame
        as_of, won of the labelled snapshots.
    first_win : pd.Timestamp
        The first win on record.
    horizon : pd.Timedelta
        Length of the label's window.

    Returns
    -------
    LeftTruncation or None
        None if the absence of earlier wins may be chance: their number is Poisson with the win rate of later
        snapshots.
    """
    ended = mature["as_of"] + horizon <= first_win
    after = mature.loc[mature["as_of"] >= first_win, "won"]
    if after.empty or not ended.any():
        return None
    expected = float(after.mean() * ended.sum())
    if expected < EXPECTED_WINS:
        return None
    return LeftTruncation(first_win, int(ended.sum()), expected)


def _at_share(moments: pd.Series, share: float) -> pd.Timestamp:
    moment: pd.Timestamp = moments.iloc[min(int(len(moments) * share), len(moments) - 1)]
    return moment
