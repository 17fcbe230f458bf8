"""MinHash samples of the rows of a source: how much of what was read before is still there, without storing a row.

A source that appends keeps the rows that it had. The smallest hashes of the rows of a window are remembered;
recomputed later from the same window, the share that both samples have in common estimates the share of rows that
are as they were (Broder 1997). It sees what counts cannot: times moved by two hours, values exchanged.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from leadlight.pipelines.engines.engine import Engine
from leadlight.pipelines.profile.event_counts import list_timed_tables
from leadlight.pipelines.workspace.workdir import TIMES

__all__ = ["ATTRIBUTE", "choose_lead_limit", "sample_leads", "sample_rows", "summarize_kept"]

#: hashes kept of each table: the error of the estimate is at most 1 / (2 sqrt(128)), 4 %
KEPT = 128
#: leads whose rows are hashed
MAX_LEADS = 2_000
#: rows of events in so many days before the moment; leads created in so many
EVENT_WINDOW, LEAD_WINDOW = pd.Timedelta(days=84), pd.Timedelta(days=364)
#: before the name of an attribute, whose values of leads are a sample of their own
ATTRIBUTE = "attribute "
#: columns of a row that do not change once it was written; amounts are edited later
COLUMNS = {
    "leads": ["lead_id", "created_at"],
    "activities": ["lead_id", "occurred_at", "type"],
    "deals": ["lead_id", "closed_at", "won"],
    "history": ["lead_id", "attribute", "value", "changed_at"],
    "stages": ["lead_id", "stage", "entered_at"],
}


def choose_lead_limit(engine: Engine, moment: pd.Timestamp) -> int:
    """Choose the largest hash of a lead to sample: that of about 2,000 leads created in the year before a moment."""
    hashes = np.sort(_hash_text(_read_leads(engine, moment)["lead_id"]))
    return int(hashes[MAX_LEADS - 1]) if len(hashes) > MAX_LEADS else int(np.iinfo(np.uint64).max)


def sample_rows(engine: Engine, moment: pd.Timestamp, lead_limit: int) -> dict[str, list[int]]:
    """Sample the rows that were there before a moment by their hash.

    Parameters
    ----------
    engine : Engine
    moment : pd.Timestamp
        Naive UTC.
    lead_limit : int
        See :func:`choose_lead_limit`: rows of leads with a larger hash are left out.

    Returns
    -------
    dict
        By table, and by ``attribute NAME``: the smallest hashes, in order. Windows end at the moment.
    """
    return {name: _keep_smallest(frame) for name, frame in _read_windows(engine, moment, lead_limit)}


def _estimate_kept_share(before: list[int], now: list[int]) -> float | None:
    """Estimate the share of rows that two windows have in common, of all rows in either; None if both are empty."""
    union = sorted({*before, *now})[:KEPT]
    return float(np.mean(np.isin(union, before) & np.isin(union, now))) if union else None


def sample_leads(engine: Engine, moment: pd.Timestamp, lead_limit: int) -> tuple[pd.DataFrame, ir.Table]:
    """Choose the leads created before a moment whose hash is small enough.

    Returns
    -------
    pd.DataFrame
        lead_id, created_at.
    ir.Table
        Their lead_id, in the engine.
    """
    leads = _read_leads(engine, moment, LEAD_WINDOW * 10)  # older leads have activities too
    chosen = leads[_hash_text(leads["lead_id"]) <= lead_limit]
    ids = pa.table({"lead_id": pa.array(chosen["lead_id"].tolist(), pa.string())})
    return chosen, engine.connection.create_table("sampled_leads", ids, overwrite=True)


def _read_windows(engine: Engine, moment: pd.Timestamp, lead_limit: int) -> Iterator[tuple[str, pd.DataFrame]]:
    chosen, ids = sample_leads(engine, moment, lead_limit)
    recent = chosen[chosen["created_at"] >= moment - LEAD_WINDOW]
    yield "leads", recent[COLUMNS["leads"]]
    yield from _read_attributes(engine, recent, ids)
    for name, table in list_timed_tables(engine):
        if name != "leads":
            rows = _within(table, TIMES[name], moment, EVENT_WINDOW).semi_join(ids, "lead_id")
            yield name, rows.select(COLUMNS[name]).to_pyarrow().to_pandas()


def _read_attributes(engine: Engine, recent: pd.DataFrame, ids: ir.Table) -> Iterator[tuple[str, pd.DataFrame]]:
    values = engine.tables.attributes.semi_join(ids, "lead_id").to_pyarrow().to_pandas()
    values = values[values["lead_id"].isin(recent["lead_id"])]
    for name in values.columns.drop("lead_id"):
        yield f"{ATTRIBUTE}{name}", values[["lead_id", name]].dropna()


def _read_leads(engine: Engine, moment: pd.Timestamp, window: pd.Timedelta = LEAD_WINDOW) -> pd.DataFrame:
    leads: pd.DataFrame = (
        _within(engine.tables.leads, "created_at", moment, window)
        .select("lead_id", "created_at")
        .to_pyarrow()
        .to_pandas()
    )
    return leads


def _within(table: ir.Table, column: str, moment: pd.Timestamp, window: pd.Timedelta) -> ir.Table:
    first, end = (ibis.timestamp(at.isoformat()) for at in (moment - window, moment))
    return table.filter((table[column] >= first) & (table[column] < end))


def _hash_text(words: pd.Series) -> np.ndarray:
    return pd.util.hash_array(words.to_numpy(dtype=object))


def _keep_smallest(frame: pd.DataFrame) -> list[int]:
    if frame.empty:
        return []
    text = pd.DataFrame({name: frame[name].astype(str).to_numpy(dtype=object) for name in frame.columns})
    hashes = np.unique(pd.util.hash_pandas_object(text, index=False).to_numpy() >> np.uint64(24))
    return [int(value) for value in hashes[:KEPT]]


def summarize_kept(before: Mapping[str, list[int]], now: Mapping[str, list[int]]) -> dict[str, Any]:
    """Return the kept share by sample that `before` has rows of."""
    return {name: _estimate_kept_share(rows, now.get(name, [])) for name, rows in before.items() if rows}
