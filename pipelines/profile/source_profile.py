"""Profile of a source at a moment: what a run saw, small enough to be stored for each.

Shares, counts and hashes, never a row. Monitoring compares the profile of a night with those that were stored
earlier, because a fault of the whole export is in every day that is computed from it.
"""

from collections.abc import Iterator
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from leadlight.pipelines.engines.engine import Engine
from leadlight.pipelines.profile.event_counts import EventCounts, express_kind, list_timed_tables
from leadlight.pipelines.profile.row_samples import sample_leads, sample_rows
from leadlight.pipelines.workspace.workdir import TIMES

__all__ = ["build_source_profile", "count_leads_before", "measure_new_values"]

#: rows of so many days before the moment are looked at for duplicates and medians
RECENT = pd.Timedelta(days=91)
#: reasons of the quarantine that a wrong clock has
MISDATED = ("lies in the future", "lies far from the rest of the table")
#: columns of numbers
NUMBERS = {"activities": "value", "deals": "amount", "history": "number"}


def build_source_profile(
    engine: Engine, events: EventCounts, moment: pd.Timestamp, lead_limit: int, *, details: bool = True
) -> dict[str, Any]:
    """Profile the clean tables as they were known at a moment.

    Parameters
    ----------
    engine : Engine
        Over the tables.
    events : EventCounts
        Of the same tables.
    moment : pd.Timestamp
        Naive UTC.
    lead_limit : int
        See :func:`leadlight.pipelines.profile.row_samples.choose_lead_limit`.
    details : bool
        Whether to look at duplicates and medians too, which are compared with no recomputed moment.

    Returns
    -------
    dict
        Plain data for JSON: ``as_of``, ``tables`` (see :meth:`.EventCounts.describe`), ``samples`` (see
        :func:`.sample_rows`), ``lead_limit``; with details also ``ends`` (see :meth:`.EventCounts.find_ends`),
        ``duplicates`` (by table, share of copies among the rows of the last 91 days of the sampled leads), ``medians``
        (by column and kind: ``median`` and ``rows``) and ``rejected`` (by table and action: rows of the quarantine by
        rows read); ``misdated``: by table, rows in quarantine for a time that cannot be.
    """
    profile = {
        "as_of": moment.isoformat(),
        "tables": events.describe(moment),
        "samples": sample_rows(engine, moment, lead_limit),
        "lead_limit": lead_limit,
    }
    if not details:
        return profile
    recent = {name: _select_recent(name, table, moment) for name, table in list_timed_tables(engine)}
    _, chosen = sample_leads(engine, moment, lead_limit)  # copies are counted among them, which bounds the memory
    return profile | {
        "ends": events.find_ends(),
        "duplicates": {name: _measure_duplicates(table, chosen) for name, table in recent.items() if name != "leads"},
        "medians": dict(_list_medians(engine, recent)),
        "rejected": _measure_rejected(engine.report),
        "misdated": _count_misdated(engine.report),
    }


def count_leads_before(events: EventCounts, moments: list[pd.Timestamp]) -> dict[str, int]:
    """Count the leads created before each of some moments, by its ISO text."""
    leads = events.frame[events.frame["table"] == "leads"]
    return {at.isoformat(): int(leads.loc[leads["hour"] < at.floor("h"), "rows"].sum()) for at in moments}


def measure_new_values(engine: Engine, moment: pd.Timestamp) -> dict[str, float]:
    """Measure, by attribute, the share of recent leads with a value that no earlier lead had.

    It is large for free text, where new values are no news. The recent leads are those of the 91 days before the
    moment, or of any 91 days of the year before it, whichever had most.
    """
    leads = engine.tables.leads.select("lead_id", "created_at")
    table = engine.tables.attributes.join(leads, "lead_id").to_pyarrow().to_pandas()
    table = table[table["created_at"] < moment]
    shares = {}
    for name in table.columns.drop(["lead_id", "created_at"]):
        if pd.api.types.is_numeric_dtype(table[name]):
            continue
        known = table.dropna(subset=[name])
        first = known.groupby(name)["created_at"].min()
        shares[str(name)] = max(_list_new_shares(known, name, first, moment), default=0.0)
    return shares


def _list_new_shares(known: pd.DataFrame, name: str, first: pd.Series, moment: pd.Timestamp) -> Iterator[float]:
    for quarter in range(4):
        end = moment - quarter * RECENT
        start = end - RECENT
        rows = known[(known["created_at"] >= start) & (known["created_at"] < end)]
        if len(rows) and (known["created_at"] < start).any():
            yield float((rows[name].map(first) >= start).mean())


def _select_recent(name: str, table: ir.Table, moment: pd.Timestamp) -> ir.Table:
    first, end = (ibis.timestamp(at.isoformat()) for at in (moment - RECENT, moment))
    column = table[TIMES[name]]
    return table.filter((column >= first) & (column < end))


def _measure_duplicates(rows: ir.Table, chosen: ir.Table) -> float:
    rows = rows.semi_join(chosen, "lead_id")
    # the local time follows from the other
    columns = [column for column in rows.columns if column != "local_at"]
    counted = rows.select(columns)
    total, distinct = int(counted.count().execute()), int(counted.distinct().count().execute())
    return 1 - distinct / total if total else 0.0


def _list_medians(engine: Engine, recent: dict[str, ir.Table]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, column in NUMBERS.items():
        if name in recent:
            table = recent[name].filter(recent[name][column].notnull() & (recent[name][column] != 0))
            found = table.group_by(kind=express_kind(name, table)).agg(
                median=table[column].abs().median(), rows=ibis._.count()
            )
            for row in found.to_pyarrow().to_pylist():
                yield f"{column} of {name}, {row['kind']}", {"median": float(row["median"]), "rows": int(row["rows"])}
    attributes = engine.tables.attributes.semi_join(recent["leads"], "lead_id")
    numbers = [name for name, kind in attributes.schema().items() if kind.is_numeric()]
    for name in numbers:
        values = attributes.filter(attributes[name].notnull() & (attributes[name] != 0))[name].abs()
        rows = int(values.count().execute())
        if rows:
            yield f"attribute {name}", {"median": float(values.median().execute()), "rows": rows}


def _measure_rejected(report: dict[str, Any]) -> dict[str, dict[str, float]]:
    counts: dict[str, dict[str, float]] = {}
    for entry in report["quarantine"]:
        of_table = counts.setdefault(entry["table"], {})
        of_table[entry["action"]] = of_table.get(entry["action"], 0) + int(entry["rows"])
    return {
        table: {action: rows / max(1.0, report["rows"].get(table, 0) + rows) for action, rows in found.items()}
        for table, found in counts.items()
    }


def _count_misdated(report: dict[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for entry in report["quarantine"]:
        if entry["reason"] in MISDATED:
            counts[entry["table"]] = counts.get(entry["table"], 0) + int(entry["rows"])
    return counts
