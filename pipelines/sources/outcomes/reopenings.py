"""When lost leads came back: a new deal, a stage, or new activity after the loss."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadlight.pipelines.params import Params
from leadlight.pipelines.sources.columns.times import shift_to_end_of_day
from leadlight.pipelines.sources.outcomes.deal_outcomes import CleanDeals
from leadlight.pipelines.sources.rows.matching import match_values
from leadlight.pipelines.sources.rows.table_writer import TableContent

__all__ = ["count_returning", "find_reopened_leads", "find_reopenings", "list_reopening_signals", "read_lost_events"]

#: lead_id, reopened_at, closes_before: the closes that an event reopens lie before that time
COLUMNS = ["lead_id", "reopened_at", "closes_before"]
#: a signal that is a larger share of all activities is browsing, not a request
MAX_SIGNAL_SHARE = 0.1
#: age of the activity of lost leads that is reported where params reopen none, and how long after the loss it begins
FRESH, AFTER_LOSS = pd.Timedelta(days=30), pd.Timedelta(days=1)


def find_reopenings(params: Params, deals: CleanDeals, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Find the events that reopen lost leads, as params name them.

    Parameters
    ----------
    params : Params
        deals.opened_at, stages.reopens, deals.reopen_after and deals.reopen_by.
    deals : CleanDeals
        Times at which deals were opened, and what closed leads.
    tables : dict
        Clean stages and activities, where there are any.

    Returns
    -------
    pd.DataFrame
        lead_id, reopened_at, closes_before: one row an event of a lead with a lost deal, ordered.
    """
    source, parts = params.source, [deals.opened.assign(closes_before=deals.opened["reopened_at"])]
    if source.stages and source.stages.reopens and "stages" in tables:
        stages = tables["stages"]
        named = match_values(stages["stage"], source.stages.reopens, match_case=source.match_case)
        entered = stages.loc[named, ["lead_id", "entered_at"]].rename(columns={"entered_at": "reopened_at"})
        if source.stages.entered_at.is_by_day:
            entered["reopened_at"] = shift_to_end_of_day(entered["reopened_at"], source.timezone)
        parts.append(entered.assign(closes_before=entered["reopened_at"]))
    if source.deals and source.deals.reopen_after is not None and "activities" in tables:
        active = _select_activities(tables["activities"], deals, list_reopening_signals(params))
        before = active["reopened_at"] - pd.Timedelta(days=source.deals.reopen_after)
        parts.append(active.assign(closes_before=before))
    events = pd.concat([part[COLUMNS] for part in parts], ignore_index=True)
    lost_at = _get_lost(deals).groupby("lead_id")["closed_at"].min()
    kept = events["closes_before"] > _look_up(lost_at, events["lead_id"])  # false where never lost
    return events[kept].drop_duplicates().sort_values(COLUMNS, ignore_index=True)


def read_lost_events(
    params: Params, deals: CleanDeals, folder: Path, contents: dict[str, TableContent]
) -> dict[str, pd.DataFrame]:
    """Read the clean stages and activities of leads with a lost deal that may reopen them, and no others.

    Parameters
    ----------
    params : Params
        deals.reopen_after, deals.reopen_by.
    deals : CleanDeals
        What closed leads.
    folder : Path
        Folder of the clean tables.
    contents : dict
        Table -> what it holds.
    """
    events, lost = {}, pc.field("lead_id").isin(pa.array(_get_lost(deals)["lead_id"].unique(), pa.large_string()))
    if "stages" in contents:
        events["stages"] = pd.read_parquet(folder / "stages.parquet", filters=lost)
    if "activities" in contents and contents["activities"].rows:
        chosen = lost & pc.field("type").isin(pa.array(list_reopening_signals(params), pa.large_string()))
        if params.source.deals is None or params.source.deals.reopen_after is None:
            since = contents["activities"].newest - FRESH
            chosen &= pc.field("occurred_at") > pa.scalar(since.to_datetime64().astype("datetime64[us]"))
        columns = ["lead_id", "occurred_at", "type"]
        events["activities"] = pd.read_parquet(folder / "activities.parquet", columns=columns, filters=chosen)
    return events


def list_reopening_signals(params: Params) -> tuple[str, ...]:
    """Return the activity types that reopen a lead: those of params, or all raising signals not made by sales."""
    deals = params.source.deals
    if deals is not None and deals.reopen_by:
        return deals.reopen_by
    return tuple(name for name, s in params.signals.items() if s.effect == "raises" and not s.by_sales)


def find_reopened_leads(deals: CleanDeals, reopenings: pd.DataFrame) -> pd.Series:
    """Return the ids of lost leads that came back after their last loss, and were never won."""
    won = set(deals.closed.loc[deals.closed["won"], "lead_id"])
    lost_at = _get_lost(deals).groupby("lead_id")["closed_at"].max()
    back = reopenings["closes_before"] > _look_up(lost_at, reopenings["lead_id"])
    ids: pd.Series = reopenings.loc[back & ~reopenings["lead_id"].isin(won), "lead_id"]
    return ids.drop_duplicates()


def count_returning(
    params: Params, deals: CleanDeals, activities: pd.DataFrame | None, content: TableContent | None
) -> dict[str, Any]:
    """Count lost leads with a fresh request that nothing reopens.

    Parameters
    ----------
    params : Params
        As for :func:`find_reopenings`.
    deals : CleanDeals
        What closed leads.
    activities : pd.DataFrame or None
        Of leads with a lost deal, from :func:`read_lost_events`.
    content : TableContent or None
        What the table of all activities holds.

    Returns
    -------
    dict
        leads, and the most frequent type; of signals that raise and are at most a tenth of all activities, in the last
        30 days of the record and at least a day after the loss. No leads where params name reopen_after, or where each
        deal is a lead of its own.
    """
    mapped = params.source.deals
    if activities is None or content is None or mapped is None:
        return {"leads": 0, "type": None}
    if mapped.reopen_after is not None or mapped.unit == "deal":
        return {"leads": 0, "type": None}
    limit = MAX_SIGNAL_SHARE * content.rows
    types = [name for name in list_reopening_signals(params) if 0 < content.words[name] <= limit]
    active = _select_activities(activities[activities["occurred_at"] > content.newest - FRESH], deals, types)
    lost_at = _get_lost(deals).groupby("lead_id")["closed_at"].max()
    won = set(deals.closed.loc[deals.closed["won"], "lead_id"])
    since = active["reopened_at"] - _look_up(lost_at, active["lead_id"])
    active = active[(since >= AFTER_LOSS) & ~active["lead_id"].isin(won)]
    kind = active["type"].mode()
    return {"leads": int(active["lead_id"].nunique()), "type": None if kind.empty else str(kind[0])}


def _look_up(times: pd.Series, ids: pd.Series) -> pd.Series:
    """Return the time of each id; NaT without one, also where there are no times at all."""
    found: pd.Series = times.reindex(pd.Index(ids)).set_axis(ids.index)
    return found


def _get_lost(deals: CleanDeals) -> pd.DataFrame:
    return deals.closed[~deals.closed["won"]]


def _select_activities(activities: pd.DataFrame, deals: CleanDeals, types: Iterable[str]) -> pd.DataFrame:
    """Return lead_id, reopened_at and type of the activities of the given types of leads with a lost deal."""
    lost = activities["lead_id"].isin(set(_get_lost(deals)["lead_id"])) & activities["type"].isin(list(types))
    chosen = activities.loc[lost, ["lead_id", "occurred_at", "type"]]
    return chosen.rename(columns={"occurred_at": "reopened_at"})
