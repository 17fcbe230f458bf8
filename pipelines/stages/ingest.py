"""``leadlight ingest``: read the source into clean tables and a quarantine."""

from pathlib import Path
from typing import Any

import pandas as pd

from leadlight.features.errors import SourceError
from leadlight.pipelines.params import Params
from leadlight.pipelines.sources.event_tables import clean_activities, clean_deals, clean_history, clean_stages
from leadlight.pipelines.sources.lags import find_cut_off, measure_end
from leadlight.pipelines.sources.leads import clean_leads, derive_deals_from_outcomes
from leadlight.pipelines.sources.outcomes import summarize_outcomes
from leadlight.pipelines.sources.quarantine import Quarantine
from leadlight.pipelines.sources.reading_findings import describe_reading
from leadlight.pipelines.sources.times import convert_to_local
from leadlight.pipelines.workspace.as_of import localize_midnight_utc
from leadlight.pipelines.workspace.workdir import Workdir, write_folder_atomically, write_frame, write_json

__all__ = ["ingest"]

TIMES = {
    "leads": "created_at",
    "activities": "occurred_at",
    "deals": "closed_at",
    "history": "changed_at",
    "stages": "entered_at",
}


def ingest(params: Params, folder: Path, workdir: Workdir) -> dict[str, Any]:
    """Clean every mapped table.

    Parameters
    ----------
    params : Params
        The mapping.
    folder : Path
        Folder that relative paths start from: that of the params file.
    workdir : Workdir
        The tables go there; nothing is written unless all can be read.

    Returns
    -------
    dict
        The report: rows by table, quarantine, kind of time, ``known_until``, historised attributes, leads by outcome,
        and findings as sentences.

    Raises
    ------
    SourceError
        If a table is missing or not as mapped, or too many rows are unusable.
    """
    source = params.source
    quarantine = Quarantine(source.max_bad_share)
    leads, attributes, spellings = clean_leads(params, folder, quarantine)
    if leads.empty:
        raise SourceError("The table leads must have at least one usable row. Got none.")
    tables = {"leads": leads, "attributes": attributes}
    shared = (folder, leads, quarantine)
    deals = clean_deals(source, source.deals, *shared) if source.deals else derive_deals_from_outcomes(leads)
    tables["deals"] = deals.closed
    if len(deals.unknown):
        tables["unknown_outcomes"] = deals.unknown
    if source.activities:
        tables["activities"] = clean_activities(source, source.activities, *shared)
    if source.history:
        tables["history"] = clean_history(source, source.history, *shared, attributes=params.attributes)
    if source.stages:
        tables["stages"] = clean_stages(source, source.stages, *shared)
    report = _build_report(params, tables, quarantine, spellings)
    report["outcomes"] = summarize_outcomes(leads, deals)
    report["near_misses"] = quarantine.near_misses
    report["findings"] = describe_reading(report)
    with write_folder_atomically(workdir.tables) as fresh:
        for name, frame in tables.items():
            write_frame(fresh / f"{name}.parquet", frame)
        quarantine.write_csv(fresh / workdir.quarantine.name)
        write_json(fresh / workdir.ingest_report.name, report)
    return report


def _build_report(
    params: Params, tables: dict[str, pd.DataFrame], quarantine: Quarantine, spellings: dict[str, dict[str, str]]
) -> dict[str, Any]:
    leads_table = params.source.leads
    time = "dates" if leads_table.created_at else "order" if leads_table.order else "none"
    ends = {}
    for name, column in TIMES.items():
        if name in tables and len(tables[name]):
            newest = _find_newest(params, name, tables[name][column])
            ends[name] = measure_end(newest, tables[name][column])
    known_until = find_cut_off(ends, dated=time == "dates" and params.source.deals is not None)
    history = tables.get("history")
    historised = [] if history is None else sorted(set(history["attribute"]) & set(params.attributes))
    activities = tables.get("activities")
    types = activities["type"].value_counts() if activities is not None else pd.Series(dtype=int)
    return {
        "rows": {name: len(frame) for name, frame in tables.items() if name != "unknown_outcomes"},
        "quarantine": quarantine.count_rows(),
        "time": time,
        "known_until": (known_until + pd.Timedelta(seconds=1)).isoformat(),
        "ends": ends if time == "dates" else {},
        "first_lead": tables["leads"]["created_at"].min().isoformat(),
        "historised": historised,
        "activity_types": {str(name): int(rows) for name, rows in types.items()},
        "unnamed_activity_types": sorted(set(map(str, types.index)) - set(params.signals)),
        "spellings": spellings,
        "simulated": params.simulation is not None,
    }


def _find_newest(params: Params, name: str, times: pd.Series) -> pd.Timestamp:
    """Return the newest time of a table; where it holds only days, the start of its last day."""
    column = getattr(getattr(params.source, name), TIMES[name], None)
    newest: pd.Timestamp = times.max()
    if name in ("activities", "history") and column is not None and column.is_by_day and pd.notna(newest):
        zone = params.source.timezone
        newest = localize_midnight_utc(convert_to_local(times, zone).max(), zone)
    return newest
