"""``leadlight ingest``: read the source into clean tables and a quarantine."""

from pathlib import Path
from typing import Any

import pandas as pd

from leadlight.features.errors import SourceError
from leadlight.pipelines.params import Params
from leadlight.pipelines.sources.columns.times import convert_to_local
from leadlight.pipelines.sources.files.read import count_unknown_accounts
from leadlight.pipelines.sources.outcomes.deal_outcomes import summarize_outcomes
from leadlight.pipelines.sources.outcomes.lags import find_cut_off, measure_end
from leadlight.pipelines.sources.outcomes.reopenings import (
    count_returning,
    find_reopened_leads,
    find_reopenings,
    read_lost_events,
)
from leadlight.pipelines.sources.reading_findings import describe_reading
from leadlight.pipelines.sources.rows.quarantine import Quarantine
from leadlight.pipelines.sources.rows.table_writer import TableContent, write_batches
from leadlight.pipelines.sources.tables.deals import clean_deals
from leadlight.pipelines.sources.tables.deals_as_leads import expand_batches, expand_leads, expand_rows
from leadlight.pipelines.sources.tables.event_tables import clean_activities, clean_history, clean_stages, join_history
from leadlight.pipelines.sources.tables.history_completion import complete_history, count_known_attributes
from leadlight.pipelines.sources.tables.leads import clean_leads, derive_deals_from_outcomes
from leadlight.pipelines.workspace.as_of import localize_midnight_utc
from leadlight.pipelines.workspace.workdir import TIMES, Workdir, write_folder_atomically, write_json

__all__ = ["ingest"]


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
    known: dict[str, Any] = {}
    shared = (folder, leads, quarantine)
    deals = clean_deals(source, source.deals, *shared) if source.deals else derive_deals_from_outcomes(leads)
    units, without_deal = deals.units, {}
    if units is not None:
        without_deal = {"without_deal": {"leads": len(leads) - units["lead_id"].nunique(), "of": len(leads)}}
        leads, attributes = expand_leads(leads, units), expand_leads(attributes, units)
    with write_folder_atomically(workdir.tables) as fresh:
        contents = {}
        for name, frame in (("leads", leads), ("attributes", attributes), ("deals", deals.closed)):
            contents[name] = write_batches(fresh / f"{name}.parquet", [frame], TIMES.get(name))
        if units is not None:
            write_batches(fresh / "deals_as_leads.parquet", [units])
        if len(deals.unknown):
            write_batches(fresh / "unknown_outcomes.parquet", [deals.unknown])
        if source.activities:
            batches = expand_batches(clean_activities(source, source.activities, *shared), units)
            contents["activities"] = write_batches(fresh / "activities.parquet", batches, "occurred_at", "type")
        if source.history:
            history, old = join_history(clean_history(source, source.history, *shared, attributes=params.attributes))
            history, old = expand_rows(history, units), None if old is None else expand_rows(old, units)
            completed = complete_history(history, old, leads, attributes)
            contents["history"] = write_batches(fresh / "history.parquet", [completed], "changed_at", "attribute")
            known = count_known_attributes(history, completed, leads, attributes)
        if source.stages:
            batches = expand_batches(clean_stages(source, source.stages, *shared), units)
            contents["stages"] = write_batches(fresh / "stages.parquet", batches, "entered_at")
        events = read_lost_events(params, deals, fresh, contents)
        reopenings = find_reopenings(params, deals, events)
        if len(reopenings):
            write_batches(fresh / "reopenings.parquet", [reopenings])
        report = _build_report(params, contents, quarantine, spellings)
        report["outcomes"] = summarize_outcomes(leads, deals, find_reopened_leads(deals, reopenings)) | {
            "returning": count_returning(params, deals, events.get("activities"), contents.get("activities")),
            "undated_open_deals": deals.undated,
            **without_deal,
        }
        report["history_known"] = known
        if known:  # as recorded: what was known before is no row of the source
            report["rows"]["history"] = len(history)
        report["near_misses"] = quarantine.near_misses
        report["accounts"] = count_unknown_accounts(source.leads, folder, source.database)
        report["findings"] = describe_reading(report)
        quarantine.write_csv(fresh / workdir.quarantine.name)
        write_json(fresh / workdir.ingest_report.name, report)
    return report


def _build_report(
    params: Params, contents: dict[str, TableContent], quarantine: Quarantine, spellings: dict[str, dict[str, str]]
) -> dict[str, Any]:
    leads_table = params.source.leads
    time = "dates" if leads_table.created_at else "order" if leads_table.order else "none"
    ends = {
        name: measure_end(_find_newest(params, name, contents[name].newest), contents[name])
        for name in TIMES
        if name in contents and contents[name].rows
    }
    known_until = find_cut_off(ends, dated=time == "dates" and params.source.deals is not None)
    historised = sorted(set(contents["history"].words) & set(params.attributes)) if "history" in contents else []
    types = contents["activities"].words if "activities" in contents else {}
    return {
        "rows": {name: content.rows for name, content in contents.items()},
        "quarantine": quarantine.count_rows(),
        "time": time,
        "known_until": (known_until + pd.Timedelta(seconds=1)).isoformat(),
        "ends": ends if time == "dates" else {},
        "first_lead": contents["leads"].oldest.isoformat(),
        "historised": historised,
        "activity_types": dict(types),
        "unnamed_activity_types": sorted(set(types) - set(params.signals)),
        "spellings": spellings,
        "simulated": params.simulation is not None,
    }


def _find_newest(params: Params, name: str, newest: pd.Timestamp) -> pd.Timestamp:
    """Return the newest time of a table; where it holds only days, the start of its last day."""
    column = getattr(getattr(params.source, name), TIMES[name], None)
    if name in ("activities", "history") and column is not None and column.is_by_day and pd.notna(newest):
        zone = params.source.timezone
        return localize_midnight_utc(convert_to_local(pd.Series([newest]), zone).iloc[0], zone)
    return newest
