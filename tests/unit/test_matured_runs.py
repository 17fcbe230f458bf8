"""Which runs are followed to their outcomes, and the interval of their wins."""

import pandas as pd
import pytest

from leadlight.pipelines.reports.monitoring.realized_outcomes import estimate_observed_expected
from leadlight.pipelines.reports.monitoring.realized_performance import select_runs
from leadlight.serving.store.run_history import RunSummary


def past(*days):
    moments = [pd.Timestamp(day).to_pydatetime() for day in days]
    return [RunSummary(len(days) - i, moment, "v1", 10) for i, moment in enumerate(moments)]


def test_the_newest_matured_night_is_always_followed_and_no_open_one():
    nights = past(*[str(day.date()) for day in pd.date_range("2025-01-01", "2025-12-31")[::-1]])
    now = pd.Timestamp("2025-12-31")
    matured, waiting = select_runs(nights, now, 90, (30, 60, 90))
    days = [night.as_of.date().isoformat() for night in matured]
    assert days[0] == "2025-10-02"
    assert days[1:] == ["2025-09-02", "2025-08-03", "2025-07-04"]
    assert [n.as_of.date().isoformat() for n in waiting] == ["2025-12-01", "2025-11-01", "2025-10-03"]
    short, none = select_runs(nights, now, 20, (30, 60, 90))
    assert {"2025-12-11", "2025-12-01", "2025-11-01", "2025-10-02"} <= {n.as_of.date().isoformat() for n in short}
    assert all(pd.Timestamp(n.as_of) > now - pd.Timedelta(days=20) for n in none)


def test_the_interval_of_wins_is_that_of_garwood():
    low, high = estimate_observed_expected(10, 10.0, 0.95)
    assert (low, high) == (pytest.approx(0.4795, abs=1e-4), pytest.approx(1.8390, abs=1e-4))
    assert estimate_observed_expected(0, 10.0, 0.95) == (0, pytest.approx(0.3689, abs=1e-4))
