"""Split by time (train | gap | calibrate | gap | test), and detection of left truncation."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from leadlight.pipelines.params.sections import Split

__all__ = ["LeftTruncation", "TimeSplit", "assign_splits", "detect_left_truncation", "split_by_time"]

#: expected wins from which on their absence is significant (Poisson, P < 0.7 %)
EXPECTED_WINS = 5.0
#: largest share of the days that a window may take to hold enough wins
MAX_SHARE = 0.4
#: leads won, and days, that must lie before a window
MIN_WINS_BEFORE, MIN_DAYS_BEFORE = 20, 14
#: shares of the leads for calibration and test where windows of time have no room
LEAD_SHARES = {"test": 0.25, "calibrate": 0.25}


class TimeSplit(NamedTuple):
    """Half-open windows of ``as_of`` with gaps between them.

    Parameters
    ----------
    train_end, calibrate_start : pd.Timestamp or None
        Bounds: train is [.., train_end), calibrate [calibrate_start, calibrate_end). None where the history before
        the test is too short for two windows: a part of its leads is for calibration.
    calibrate_end, test_start : pd.Timestamp or None
        Test is [test_start, ..). None where the whole history is too short: a part of the leads is for the test.
    """

    train_end: pd.Timestamp | None
    calibrate_start: pd.Timestamp | None
    calibrate_end: pd.Timestamp | None
    test_start: pd.Timestamp | None

    def to_dict(self) -> dict[str, str | None]:
        """Return ISO text by name."""
        return {name: None if moment is None else moment.isoformat() for name, moment in self._asdict().items()}

    def explain_fallback(self, gap_days: int) -> str | None:
        """Say in a sentence what a history that is too short leaves unsaid; None where there is nothing to say."""
        needs = f"windows of time and gaps of {gap_days} days"
        if self.test_start is None:
            return (
                f"The history is too short for {needs}: the model is judged on other leads of the same days, so its "
                "figures say nothing of later days and are optimistic."
            )
        if self.calibrate_start is None:
            return (
                f"The history before the test window is too short for {needs}: candidates are chosen on other leads "
                "of the same days; the test window is later than all of them."
            )
        return None


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


def split_by_time(mature: pd.DataFrame, split: Split, gap: pd.Timedelta) -> TimeSplit:
    """Cut the days of snapshots into three windows with gaps.

    A window takes its share of the days and of the snapshots, at least ``split.min_days``, and grows until it holds
    ``split.min_wins`` leads won, up to two fifths of the days.

    Parameters
    ----------
    mature : pd.DataFrame
        lead_id, as_of and won of the labelled snapshots.
    split : Split
        Shares and minima.
    gap : pd.Timedelta
        Length of each gap: the horizon, so that every outcome of one window is known before the next.

    Returns
    -------
    TimeSplit
        With None where there is no room; see there.
    """
    rows = mature.sort_values("as_of", ignore_index=True)
    days = rows["as_of"].iloc[-1] - rows["as_of"].iloc[0]
    test_start = _find_window(rows, split.test_share, days, split, gap)
    if test_start is None:
        return TimeSplit(None, None, None, None)
    past = rows[rows["as_of"] < test_start - gap]
    calibrate_start = _find_window(past, split.calibrate_share, days, split, gap)
    train_end = None if calibrate_start is None else calibrate_start - gap
    return TimeSplit(train_end, calibrate_start, test_start - gap, test_start)


def _find_window(
    rows: pd.DataFrame, share: float, days: pd.Timedelta, split: Split, gap: pd.Timedelta
) -> pd.Timestamp | None:
    """Return the start of the newest window; None where too little lies before it and its gap."""
    last = rows["as_of"].iloc[-1]
    least = pd.Timedelta(days=split.min_days if gap else 0)  # without dates a day is a rank
    start = min(last - max(share * days, least), rows["as_of"].iloc[int((1 - share) * len(rows))])
    won = rows.loc[rows["won"] == 1].groupby("lead_id")["as_of"].max().sort_values(ascending=False)
    if len(won) >= split.min_wins:
        last_needed = won.iloc[split.min_wins - 1] - pd.Timedelta(microseconds=1)  # which the window holds too
        start = min(start, last_needed)
    start = max(start, last - MAX_SHARE * days)
    later = rows["as_of"] > start
    if not later.any():
        return None
    start = rows.loc[later, "as_of"].iloc[0]
    before, window = rows[rows["as_of"] < start - gap], rows[later]
    if before.empty or window["won"].nunique() < 2 or before["won"].nunique() < 2:
        return None
    enough = min(MIN_WINS_BEFORE, len(won) // 4)
    long_enough = not gap or start - gap - before["as_of"].iloc[0] >= pd.Timedelta(days=MIN_DAYS_BEFORE)
    wins_before = before.loc[before["won"] == 1, "lead_id"].nunique()
    return start if long_enough and wins_before >= enough else None


def assign_splits(snapshots: pd.DataFrame, windows: TimeSplit) -> np.ndarray:
    """Name the window of each snapshot: train, calibrate, test or gap, and unfinished where won is not known.

    Parameters
    ----------
    snapshots : pd.DataFrame
        lead_id, as_of, won.
    windows : TimeSplit
        Where it has no bounds, a hash of the lead decides.
    """
    as_of, place = snapshots["as_of"], _hash_leads(snapshots["lead_id"])
    if windows.test_start is None:
        test, past = place < LEAD_SHARES["test"], place >= 0
        calibrate = place < sum(LEAD_SHARES.values())
    else:
        test, past = (as_of >= windows.test_start).to_numpy(), (as_of < windows.calibrate_end).to_numpy()
        calibrate = place < LEAD_SHARES["calibrate"]
    train = ~calibrate
    if windows.calibrate_start is not None:
        calibrate, train = (as_of >= windows.calibrate_start).to_numpy(), (as_of < windows.train_end).to_numpy()
    conditions = [snapshots["won"].isna().to_numpy(), test, past & calibrate, past & train]
    return np.select(conditions, ["unfinished", "test", "calibrate", "train"], default="gap")


def _hash_leads(lead_ids: pd.Series) -> np.ndarray:
    """Return a number in [0, 1) for each lead, the same in every run."""
    return np.asarray(pd.util.hash_array(lead_ids.astype(str).to_numpy(dtype=object)) / 2.0**64)


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
