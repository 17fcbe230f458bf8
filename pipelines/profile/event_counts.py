"""Counts of the rows of the clean tables by kind and hour, and what follows from them for any moment."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from leadlight.pipelines.engines.engine import Engine
from leadlight.pipelines.workspace.workdir import TIMES

__all__ = ["PERIOD", "EventCounts", "count_events", "express_kind", "list_timed_tables"]

#: length and largest number of the periods that rows are counted in: whole weeks, a year
PERIOD, MAX_PERIODS = pd.Timedelta(days=28), 13
#: length and largest number of the windows of which the hours of the day are counted: a year
WINDOW, MAX_WINDOWS = pd.Timedelta(days=91), 4
#: column with the kind of a row
KINDS = {"activities": "type", "history": "attribute", "stages": "stage"}


def list_timed_tables(engine: Engine) -> Iterator[tuple[str, ir.Table]]:
    """Yield name and table of each clean table that has times, without the rows that lack one."""
    found = {
        "leads": engine.tables.leads,
        "activities": engine.tables.activities,
        "deals": engine.deals,
        "history": engine.tables.history,
        "stages": engine.stages,
    }
    for name, table in found.items():
        if table is not None:
            yield name, table.filter(table[TIMES[name]].notnull())


class EventCounts(NamedTuple):
    """Rows by table, kind and hour.

    Parameters
    ----------
    frame : pd.DataFrame
        table, kind, hour (naive UTC, its start) and rows.
    zone : str
        IANA zone in which the day is divided into hours.
    """

    frame: pd.DataFrame
    zone: str

    def describe(self, moment: pd.Timestamp) -> dict[str, dict[str, Any]]:
        """Describe the rows of each table before a moment.

        Returns
        -------
        dict
            By table: ``rows``; ``end``, the hour of its last row before the moment, or None; ``longest_gap``, the
            largest number of days between two days with rows in the year before; ``kinds``, by kind ``rows`` and
            ``periods``, rows in each of the 28 days before the moment, newest first, as far as the table reaches;
            ``hours``, rows by hour of the local day in windows of 91 days, newest first, and ``last_hours``, in the
            last 28 days.
        """
        known = self.frame[self.frame["hour"] < moment.floor("h")]
        return {str(name): self._describe_table(rows, moment) for name, rows in known.groupby("table", observed=True)}

    def find_ends(self) -> dict[str, dict[str, Any]]:
        """Find the day of the last row of each table, whatever the moment, as ``end``.

        Rows far after the rest are not in the clean tables: see :func:`.find_span`.
        """
        newest = self.frame.groupby("table", observed=True)["hour"].max().dt.normalize()
        return {str(name): {"end": day.isoformat()} for name, day in newest.items()}

    def _describe_table(self, rows: pd.DataFrame, moment: pd.Timestamp) -> dict[str, Any]:
        hours = rows["hour"]
        last = hours.max()
        span = moment - hours.min()
        periods = int(np.clip(span // PERIOD, 1, MAX_PERIODS))
        windows = int(np.clip(span // WINDOW, 1, MAX_WINDOWS))
        # the hour that begins at the moment is not part of any period
        seconds = (moment.floor("h") - hours).dt.total_seconds() - 1
        period, window = ((seconds // length.total_seconds()).astype(int) for length in (PERIOD, WINDOW))
        kinds = {}
        for kind, of_kind in rows.groupby("kind", observed=True):
            counts = np.bincount(period[of_kind.index], weights=of_kind["rows"], minlength=periods)[:periods]
            kinds[str(kind)] = {"rows": int(of_kind["rows"].sum()), "periods": counts.astype(int).tolist()}
        local = hours.dt.tz_localize("UTC").dt.tz_convert(self.zone).dt.hour
        by_hour = [
            np.bincount(local[window == n], weights=rows["rows"][window == n], minlength=24).astype(int).tolist()
            for n in range(windows)
        ]
        newest = np.bincount(local[period == 0], weights=rows["rows"][period == 0], minlength=24)
        year = hours[hours >= moment - PERIOD * MAX_PERIODS].dt.normalize().drop_duplicates().sort_values()
        gaps = year.diff().dropna() / pd.Timedelta(days=1)
        return {
            "rows": int(rows["rows"].sum()),
            "end": last.isoformat(),
            "longest_gap": float(gaps.max()) if len(gaps) else None,
            "kinds": kinds,
            "hours": by_hour,
            "last_hours": newest.astype(int).tolist(),
        }


def express_kind(name: str, table: ir.Table) -> ir.Value:
    """Express the kind of the rows of a table: activity type, attribute, stage, won or lost; leads have one kind."""
    if name == "leads":
        return ibis.literal("created")
    if name == "deals":
        return ibis.ifelse(table.won, "won", "lost")
    return table[KINDS[name]]


def count_events(engine: Engine, zone: str) -> EventCounts:
    """Count the rows of each table by kind and hour, one query a table."""
    parts = []
    for name, table in list_timed_tables(engine):
        counted = table.group_by(kind=express_kind(name, table), hour=table[TIMES[name]].truncate("h")).agg(
            rows=ibis._.count()
        )
        parts.append(counted.to_pyarrow().to_pandas().assign(table=name))
    frame = pd.concat(parts, ignore_index=True)
    return EventCounts(frame.assign(hour=frame["hour"].astype("datetime64[us]")), zone)
