"""Training looks at leads when a night would: at local midnights, whatever the clocks do."""

import numpy as np
import pandas as pd
import pytest

from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.stages.snapshot import snapshot
from leadlight.pipelines.workspace.workdir import Workdir, read_frame

PARAMS = """\
source:
  timezone: Europe/Berlin
  leads: {{path: leads.csv, lead_id: id, created_at: {{column: created, format: "%Y-%m-%d %H:%M:%S"}}}}
  deals:
    path: deals.csv
    lead_id: id
    closed_at: {{column: closed, format: "%Y-%m-%d %H:%M:%S"}}
    status: {{column: status, won: [won], lost: [lost]}}
attributes: {{size: {{kind: number}}}}
label: {{horizon_days: 10}}
snapshots: {{{moments}}}
"""
#: clocks go forward on 30 March 2025 in Berlin
DRAWN = {"before": "2025-03-28 23:59:59", "midnight": "2025-03-29 00:00:00", "forward": "2025-03-30 12:00:00"}


@pytest.fixture
def draw(tmp_path, load):
    """Ingest a CRM of the drawn leads and of three hundred that are won or lost, and return its snapshots."""

    def draw(moments: str, *, open_days: float = 6.0) -> pd.DataFrame:
        created = pd.Timestamp("2025-01-01 08:00") + pd.to_timedelta(np.arange(300) * 8, unit="h")
        leads = pd.DataFrame({"id": [f"L{i}" for i in range(300)], "created": created.astype(str), "size": range(300)})
        drawn = pd.DataFrame({"id": DRAWN.keys(), "created": DRAWN.values(), "size": 1})
        closed = (created + pd.Timedelta(days=open_days)).astype(str)
        deals = pd.DataFrame(
            {"id": leads["id"], "closed": closed, "status": np.where(np.arange(300) % 3, "lost", "won")}
        )
        pd.concat([leads, drawn]).to_csv(tmp_path / "leads.csv", index=False)
        deals.to_csv(tmp_path / "deals.csv", index=False)
        params, workdir = load(PARAMS.format(moments=moments)), Workdir(tmp_path / "work")
        ingest(params, tmp_path, workdir)
        snapshot(params, workdir)
        return read_frame(workdir.snapshots)

    return draw


def moments_of(frame, lead):
    found = pd.DatetimeIndex(frame.loc[frame["lead_id"] == lead, "as_of"])
    return [str(moment) for moment in found.tz_localize("UTC").tz_convert("Europe/Berlin").tz_localize(None)]


def test_the_first_midnight_is_strictly_after_creation_and_each_is_local_on_both_sides_of_a_change_of_clocks(draw):
    frame = draw("after_days: [0, 1, 3], every_days: null")
    assert moments_of(frame, "before") == ["2025-03-29 00:00:00", "2025-03-30 00:00:00", "2025-04-01 00:00:00"]
    # created exactly at midnight: that night has not seen it
    assert moments_of(frame, "midnight") == ["2025-03-30 00:00:00", "2025-03-31 00:00:00", "2025-04-02 00:00:00"]
    assert moments_of(frame, "forward") == ["2025-03-31 00:00:00", "2025-04-01 00:00:00", "2025-04-03 00:00:00"]
    assert frame["on_grid"].all()


def test_the_grid_counts_days_from_1970_and_says_which_snapshots_are_its_own(draw):
    frame = draw("after_days: [0], every_days: 10")
    local = pd.DatetimeIndex(frame["as_of"]).tz_localize("UTC").tz_convert("Europe/Berlin").tz_localize(None)
    days = (local - pd.Timestamp(0)).days
    np.testing.assert_array_equal(frame["on_grid"], days % 10 == 0)
    assert (local == local.normalize()).all()
    assert frame["on_grid"].any()
    assert not frame["on_grid"].all()
    assert not frame.duplicated(["lead_id", "as_of"]).any()


def test_leads_are_looked_at_at_creation_only_where_most_close_before_a_night_sees_them(draw):
    late = draw("after_days: [0, 1], every_days: 5", open_days=6.0)
    assert "2025-03-28 23:59:59" not in moments_of(late, "before")
    early = draw("after_days: [0, 1], every_days: 5", open_days=0.2)
    assert moments_of(early, "before")[0] == "2025-03-28 23:59:59"


def test_snapshots_whose_window_has_not_ended_are_kept_without_a_label(draw):
    frame = draw("after_days: [0, 1, 3], every_days: null")
    unfinished = frame["split"] == "unfinished"
    assert unfinished.any()
    assert frame.loc[unfinished, "won"].isna().all()
    assert frame.loc[~unfinished, "won"].notna().all()
    assert frame.loc[frame["won"] == 1, "days_to_win"].between(0, 10).all()
    assert frame.loc[frame["won"] == 0, "days_to_win"].isna().all()
