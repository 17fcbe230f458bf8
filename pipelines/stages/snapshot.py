"""``leadlight snapshot``: draw, label and split the training snapshots."""

from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from leadlight.features.errors import NotEnoughDataError, ParamsError
from leadlight.features.labels import find_first_closes, label_snapshots
from leadlight.features.point_in_time import filter_open_leads
from leadlight.features.snapshots import sample_at_ages, sample_at_creation, sample_on_grid, union_snapshots
from leadlight.pipelines.datasets.time_splits import TimeSplit, assign_splits, detect_left_truncation, split_by_time
from leadlight.pipelines.engines.engine import Engine, open_engine
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.as_of import convert_to_utc, localize_midnight_utc
from leadlight.pipelines.workspace.workdir import Workdir, write_frame, write_json

__all__ = ["snapshot"]


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
        If there is no win, or the span is too short for three windows and two gaps.
    """
    engine = open_engine(workdir)
    dated = engine.report["time"] == "dates"
    horizon = pd.Timedelta(days=params.label.horizon_days)
    cut_off = pd.Timestamp(engine.report["known_until"])
    if params.history.until:
        cut_off = min(cut_off, convert_to_utc(params.history.until, params.source.timezone))
    maturity = cut_off if dated else cut_off + horizon  # without dates every outcome is final
    labelled = _label_snapshots(params, engine, maturity, cut_off).sort_values(["as_of", "lead_id"], ignore_index=True)
    mature = labelled[labelled["won"].notna()].astype({"won": "int8"})
    if params.history.since:
        mature = mature[mature["as_of"] >= convert_to_utc(params.history.since, params.source.timezone)]
    _require_wins(mature, params)
    first_win = engine.deals.filter(engine.deals.won).closed_at.min().execute()
    truncation = detect_left_truncation(mature, pd.Timestamp(first_win), horizon) if dated else None
    if truncation:
        mature = mature[mature["as_of"] >= truncation.until]
    windows = split_by_time(mature["as_of"], params.split, horizon if dated else pd.Timedelta(0))
    mature = mature.assign(split=assign_splits(mature["as_of"], windows))
    report = _build_report(mature, windows, cut_off, int(labelled["won"].isna().sum()), engine.report["time"])
    report["left_truncation"] = truncation.describe() if truncation else None
    _require_both_outcomes(mature)
    write_frame(workdir.snapshots, mature.reset_index(drop=True))
    write_json(workdir.snapshot_report, report)
    return report


def _label_snapshots(params: Params, engine: Engine, maturity: pd.Timestamp, cut_off: pd.Timestamp) -> pd.DataFrame:
    leads = engine.tables.leads
    settings = params.snapshots
    if engine.report["time"] != "dates":
        moments = sample_at_creation(leads)
    else:
        parts = [sample_at_creation(leads)] if settings.at_creation else []
        parts += sample_at_ages(leads, settings.after_days)
        if settings.every_days:
            parts.append(sample_on_grid(leads, _build_grid(params, engine, cut_off)))
        if not parts:
            raise ParamsError(
                "The section snapshots must name a moment: at_creation, after_days or every_days. Got none."
            )
        moments = union_snapshots(parts, leads, settings.max_age_days)
    closings = find_first_closes(engine.deals)
    open_moments = filter_open_leads(moments, leads, engine.closed_periods)
    end = ibis.timestamp(maturity.isoformat())
    labelled = label_snapshots(open_moments, closings, params.label.horizon_days, end)
    before_cut_off = labelled.filter(labelled.as_of < ibis.timestamp(cut_off.isoformat()))
    frame: pd.DataFrame = before_cut_off.to_pyarrow().to_pandas()
    return frame


def _build_grid(params: Params, engine: Engine, cut_off: pd.Timestamp) -> Any:
    assert params.snapshots.every_days
    zone = params.source.timezone
    ends = [pd.Timestamp(engine.report["first_lead"]), cut_off]
    first, last = (end.tz_localize("UTC").tz_convert(zone).tz_localize(None).normalize() for end in ends)
    # counted back from the end: the newest snapshots matter most
    steps = (last - first).days // params.snapshots.every_days
    days = [last - pd.Timedelta(days=step * params.snapshots.every_days) for step in range(steps, -1, -1)]
    midnights = pd.DatetimeIndex([localize_midnight_utc(day, zone) for day in days]).astype("datetime64[us]")
    return engine.connection.create_table("grid", pa.table({"as_of": midnights}), overwrite=True)


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


def _require_both_outcomes(mature: pd.DataFrame) -> None:
    for name in ("train", "calibrate", "test"):
        won = mature.loc[mature["split"] == name, "won"]
        if won.nunique() < 2:
            got = "no snapshot" if won.empty else "only wins" if won.iloc[0] else "no win"
            raise NotEnoughDataError(
                f"The window {name} must hold snapshots with and without a win. Got {got} in {len(won)} "
                "snapshots: give it more time (split), a shorter label.horizon_days, or more history."
            )


def _build_report(
    mature: pd.DataFrame, windows: TimeSplit, cut_off: pd.Timestamp, immature: int, time: str
) -> dict[str, Any]:
    by_split = mature.groupby("split")["won"].agg(["size", "sum"])
    leads = mature.groupby("split")["lead_id"].nunique()
    return {
        "cut_off": cut_off.isoformat(),
        "time": time,
        "optimistic": time == "none",
        "immature": immature,
        "windows": windows.to_dict(),
        "splits": {
            str(name): {"snapshots": int(row["size"]), "wins": int(row["sum"]), "leads": int(leads[str(name)])}
            for name, row in by_split.to_dict("index").items()
        },
    }
