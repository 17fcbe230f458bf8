"""``leadlight snapshot``: draw, label and split the training snapshots."""

from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from leadlight.features.errors import NotEnoughDataError, ParamsError
from leadlight.features.labels import find_first_closes, label_snapshots
from leadlight.features.point_in_time import filter_open_leads
from leadlight.features.snapshots import sample_at_creation, sample_at_midnights, sample_on_grid, union_snapshots
from leadlight.pipelines.datasets.time_splits import TimeSplit, assign_splits, detect_left_truncation, split_by_time
from leadlight.pipelines.engines.engine import Engine, open_engine
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.as_of import convert_to_utc, localize_midnight_utc
from leadlight.pipelines.workspace.workdir import Workdir, write_frame, write_json

__all__ = ["snapshot"]

#: share of the closed leads that close before their first midnight, above which contact and decision are one day
MAX_CLOSED_BEFORE_MIDNIGHT = 0.5


def snapshot(params: Params, workdir: Workdir) -> dict[str, Any]:
    """Draw, label and split the snapshots.

    Parameters
    ----------
    params : Params
        Moments, horizon, span and split.
    workdir : Workdir
        Holds the clean tables; the snapshots go there.

    Returns
    -------
    dict
        The report: windows, counts by split, immature snapshots, left truncation.

    Raises
    ------
    NotEnoughDataError
        If there is no win, or no window with and without one.
    """
    engine = open_engine(workdir)
    dated = engine.report["time"] == "dates"
    horizon = pd.Timedelta(days=params.label.horizon_days)
    cut_off = pd.Timestamp(engine.report["known_until"])
    if params.history.until:
        cut_off = min(cut_off, convert_to_utc(params.history.until, params.source.timezone))
    maturity = cut_off if dated else cut_off + horizon  # without dates every outcome is final
    labelled = _label_snapshots(params, engine, maturity, cut_off).sort_values(["as_of", "lead_id"], ignore_index=True)
    if params.history.since:
        labelled = labelled[labelled["as_of"] >= convert_to_utc(params.history.since, params.source.timezone)]
    mature = labelled[labelled["won"].notna()]
    _require_wins(mature, params)
    first_win = engine.deals.filter(engine.deals.won).closed_at.min().execute()
    truncation = detect_left_truncation(mature, pd.Timestamp(first_win), horizon) if dated else None
    if truncation:
        labelled, mature = (rows[rows["as_of"] >= truncation.until] for rows in (labelled, mature))
    gap = horizon if dated else pd.Timedelta(0)
    windows = split_by_time(mature, params.split, gap)
    labelled = labelled.assign(split=assign_splits(labelled, windows)).astype({"won": "Int8"})
    report = _build_report(labelled, windows, cut_off, gap, engine.report["time"])
    report["left_truncation"] = truncation.describe() if truncation else None
    _require_both_outcomes(labelled)
    write_frame(workdir.snapshots, labelled.reset_index(drop=True))
    write_json(workdir.snapshot_report, report)
    return report


def _label_snapshots(params: Params, engine: Engine, maturity: pd.Timestamp, cut_off: pd.Timestamp) -> pd.DataFrame:
    leads, settings = engine.tables.leads, params.snapshots
    grid = None
    if engine.report["time"] != "dates":
        moments = sample_at_creation(leads)
    else:
        midnights, first = _create_midnights(params, engine, cut_off)
        parts = [sample_at_creation(leads)] if _decide_at_creation(params, engine, midnights, first) else []
        parts += sample_at_midnights(first, midnights, settings.after_days)
        if settings.every_days:
            grid = midnights.filter(midnights.day % settings.every_days == 0).select("as_of")
            parts.append(sample_on_grid(leads, grid))
        if not parts:
            raise ParamsError(
                "The section snapshots must name a moment: at_creation, after_days or every_days. Got none."
            )
        moments = union_snapshots(parts, leads, settings.max_age_days)
    closings = find_first_closes(engine.deals)
    open_moments = filter_open_leads(moments, leads, engine.closed_periods)
    end = ibis.timestamp(maturity.isoformat())
    labelled = label_snapshots(open_moments, closings, params.label.horizon_days, end)
    frame: pd.DataFrame = labelled.filter(labelled.as_of < ibis.timestamp(cut_off.isoformat())).to_pyarrow().to_pandas()
    # a night sees leads of every age, as the grid does: the moments after creation are more of the young ones
    return frame.assign(on_grid=True if grid is None else frame["as_of"].isin(grid.to_pandas()["as_of"]))


def _decide_at_creation(params: Params, engine: Engine, midnights: ir.Table, first: ir.Table) -> bool:
    """Return whether leads are decided on the day of contact, unless params say."""
    if params.snapshots.at_creation is not None:
        return params.snapshots.at_creation
    (seen,) = sample_at_midnights(first, midnights, [0])
    closes = find_first_closes(engine.deals).join(seen.select("lead_id", midnight=seen.as_of), "lead_id")
    share = (closes.closed_at < closes.midnight).mean().execute()
    return share is not None and bool(share > MAX_CLOSED_BEFORE_MIDNIGHT)


def _create_midnights(params: Params, engine: Engine, cut_off: pd.Timestamp) -> tuple[ir.Table, ir.Table]:
    """Create the tables of local midnights (day since 1970-01-01, as_of in UTC) and of the first one of each lead."""
    zone, leads = params.source.timezone, engine.tables.leads.select("lead_id", "created_at").to_pyarrow().to_pandas()
    ends = [pd.Timestamp(engine.report["first_lead"]), max(cut_off, leads["created_at"].max())]
    begin, last = (end.tz_localize("UTC").tz_convert(zone).tz_localize(None).normalize() for end in ends)
    days = pd.date_range(begin, last + pd.Timedelta(days=1))
    starts = pd.DatetimeIndex([localize_midnight_utc(day, zone) for day in days]).astype("datetime64[us]")
    number = (days - pd.Timestamp(0)).days.to_numpy()
    first = number[np.searchsorted(starts, leads["created_at"], side="right").clip(max=len(number) - 1)]
    tables = {
        "midnights": pa.table({"day": number, "as_of": starts}),
        "first_midnights": pa.table({"lead_id": leads["lead_id"], "day": first}),
    }
    made = [engine.connection.create_table(name, table, overwrite=True) for name, table in tables.items()]
    return made[0], made[1]


def _require_wins(mature: pd.DataFrame, params: Params) -> None:
    if mature.empty:
        raise NotEnoughDataError(
            f"The span of the data must hold a snapshot whose window of {params.label.horizon_days} days has "
            "ended. Got none: shorten label.horizon_days or look at history.since and history.until."
        )
    if not mature["won"].any():
        raise NotEnoughDataError(
            f"The outcomes must hold wins within {params.label.horizon_days} days of a snapshot. Got no win "
            f"in {len(mature)} snapshots: look at source.deals.status or leads.outcome, and at the horizon."
        )


def _require_both_outcomes(labelled: pd.DataFrame) -> None:
    for name in ("train", "calibrate", "test"):
        won = labelled.loc[labelled["split"] == name, "won"]
        if won.nunique() < 2:
            got = "no snapshot" if won.empty else "only wins" if won.iloc[0] else "no win"
            raise NotEnoughDataError(
                f"The window {name} must hold snapshots with and without a win. Got {got} in {len(won)} "
                "snapshots: give it more time (split), a shorter label.horizon_days, or more history."
            )


def _build_report(
    labelled: pd.DataFrame, windows: TimeSplit, cut_off: pd.Timestamp, gap: pd.Timedelta, time: str
) -> dict[str, Any]:
    known = labelled[labelled["split"] != "unfinished"]
    by_split = known.groupby("split")["won"].agg(["size", "sum"])
    leads = known.groupby("split")["lead_id"].nunique()
    fallback = windows.explain_fallback(gap.days)
    return {
        "cut_off": cut_off.isoformat(),
        "time": time,
        "optimistic": time == "none" or windows.test_start is None,
        "fallback": fallback,
        "immature": len(labelled) - len(known),
        "gap_days": gap.days,
        "windows": windows.to_dict(),
        "splits": {
            str(name): {"snapshots": int(row["size"]), "wins": int(row["sum"]), "leads": int(leads[str(name)])}
            for name, row in by_split.to_dict("index").items()
        },
    }
