"""What an audit looks at: every raw column beside the outcome of its lead."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leadlight.pipelines.audit.parsing import parse_numbers
from leadlight.pipelines.datasets.time_splits import LeftTruncation, detect_left_truncation
from leadlight.pipelines.params import Params
from leadlight.pipelines.profile.columns import ColumnProfile, convert_to_text, profile_column
from leadlight.pipelines.sources.read import AnyTable, read_all_columns
from leadlight.pipelines.sources.times import convert_to_local
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, read_json

__all__ = ["AuditDataset", "list_mapped_tables", "read_audit_dataset"]


@dataclass(frozen=True)
class AuditDataset:
    """Raw columns, clean times and outcomes, lead by lead.

    Parameters
    ----------
    params : Params
        The mapping.
    report : dict
        What ``ingest`` reported.
    profiles : dict of (str, str) to ColumnProfile
        Table and column -> what it holds.
    leads : pd.DataFrame
        lead_id, created_at, closed_at, won, open, judged: one row a clean lead. ``judged`` are those
        whose outcome counts as final.
    columns : pd.DataFrame
        Raw columns of leads, row by row as ``leads``: text, NA where nothing is known.
    tables : dict of str to pd.DataFrame
        The clean tables.
    truncation : LeftTruncation or None
        Where the record of wins seems to begin late.
    deal_columns : pd.DataFrame
        Raw columns of deals as text, indexed by lead; empty where there is no such table.
    by_day : tuple of (str, str)
        Table and column of times that are known by the day alone.
    """

    params: Params
    report: dict[str, Any]
    profiles: dict[tuple[str, str], ColumnProfile]
    leads: pd.DataFrame
    columns: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    truncation: LeftTruncation | None
    deal_columns: pd.DataFrame
    by_day: tuple[tuple[str, str], ...]

    @property
    def dated(self) -> bool:
        """Whether leads have a creation that is a date."""
        return bool(self.report["time"] == "dates")

    @property
    def known_until(self) -> pd.Timestamp:
        """The moment up to which the tables speak."""
        return pd.Timestamp(self.report["known_until"])

    @cached_property
    def final_outcome_mask(self) -> np.ndarray:
        """Rows whose outcome counts as final."""
        rows: np.ndarray = self.leads["judged"].to_numpy(dtype=bool)
        return rows

    @cached_property
    def won(self) -> np.ndarray:
        """Outcome of the judged leads."""
        rows: np.ndarray = self.leads["won"].to_numpy(dtype=bool)[self.final_outcome_mask]
        return rows

    @cached_property
    def losses_recorded(self) -> bool:
        """Whether a lead can be closed without a win."""
        return bool((self.leads["closed_at"].notna() & ~self.leads["won"]).any())

    @cached_property
    def candidate_columns(self) -> list[str]:
        """Columns of leads that could be attributes: not the key, the outcome, the time of creation."""
        table = self.params.source.leads
        named = {table.lead_id, table.order}
        named |= {record.column for record in (table.created_at, table.outcome) if record}
        return [name for name in map(str, self.columns) if name not in named]

    def get_spelling(self, column: str, value: str) -> str:
        """Return a value, given in lower case, as the source most often writes it."""
        texts = self.columns[column].dropna()
        same = texts[texts.str.lower() == value]
        return str(same.mode().iloc[0]) if len(same) else value

    def read_numbers(self, column: str) -> np.ndarray:
        """Return a column of leads as float64."""
        return parse_numbers(self.columns[column])

    def get_first_value(self, attribute: str) -> pd.Series | None:
        """Return what the history says that an attribute was first, lead by lead; None without one."""
        history = self.tables.get("history")
        if history is None:
            return None
        rows = history[history["attribute"] == attribute]
        rows = rows.sort_values(["changed_at", "lead_id"], kind="stable").drop_duplicates("lead_id")
        if rows.empty:
            return None
        texts = self.leads["lead_id"].map(convert_to_text(rows["value"]).set_axis(rows["lead_id"]))
        return texts.astype("str").where(texts.notna())


def list_mapped_tables(params: Params) -> dict[str, AnyTable]:
    """Return the tables of ``source`` by name."""
    source = params.source
    every: dict[str, AnyTable | None] = {
        "leads": source.leads,
        "activities": source.activities,
        "deals": source.deals,
        "history": source.history,
        "stages": source.stages,
    }
    return {name: table for name, table in every.items() if table is not None}


def read_audit_dataset(params: Params, folder: Path, workdir: Workdir) -> AuditDataset:
    """Read the raw source again, every column of it, and the clean tables beside it.

    Parameters
    ----------
    params : Params
        The mapping.
    folder : Path
        Folder that relative paths start from.
    workdir : Workdir
        Where ``ingest`` left the clean tables.

    Raises
    ------
    SourceError
        If nothing has been ingested, or a file is not readable any more.
    """
    report = read_json(workdir.require(workdir.ingest_report, "ingest"))
    names = ("leads", "deals", "activities", "history")
    paths = {name: workdir.tables / f"{name}.parquet" for name in names}
    tables = {name: read_frame(path) for name, path in paths.items() if path.exists()}
    profiles: dict[tuple[str, str], ColumnProfile] = {}
    columns, deal_columns = pd.DataFrame(), pd.DataFrame()
    missing = params.source.missing
    for name, table in list_mapped_tables(params).items():
        raw = read_all_columns(name, table, folder, params.source.database)
        raw.columns = pd.Index([str(column) for column in raw.columns])
        profiles |= {(name, column): profile_column(raw[column], missing) for column in raw.columns}
        if name in ("leads", "deals"):
            keys = convert_to_text(raw[table.lead_id])
            texts = pd.DataFrame({c: _known(raw[c], profiles[name, c], missing) for c in raw.columns})
            texts = texts.set_axis(pd.Index(keys))[~keys.duplicated().to_numpy()]
            columns, deal_columns = (texts, deal_columns) if name == "leads" else (columns, texts)
    leads, truncation = _outcomes(params, report, tables)
    return AuditDataset(
        params=params,
        report=report,
        profiles=profiles,
        leads=leads,
        columns=columns.reindex(leads["lead_id"]).reset_index(drop=True),
        tables=tables,
        truncation=truncation,
        deal_columns=deal_columns,
        by_day=tuple(_known_by_day(params, tables)),
    )


def _known(values: pd.Series, profile: ColumnProfile, missing: tuple[str, ...]) -> pd.Series:
    texts = convert_to_text(values)
    return texts.mask(texts.isin([*missing, *(p.text for p in profile.placeholders)]))


def _outcomes(
    params: Params, report: dict[str, Any], tables: dict[str, pd.DataFrame]
) -> tuple[pd.DataFrame, LeftTruncation | None]:
    leads = tables["leads"][["lead_id", "created_at", "outcome"]].copy()
    deals = tables["deals"].sort_values(["closed_at", "lead_id"], kind="stable")
    first = deals.drop_duplicates("lead_id").set_index("lead_id")["closed_at"]
    wins = deals[deals["won"]].drop_duplicates("lead_id").set_index("lead_id")["closed_at"]
    leads["closed_at"] = first.reindex(leads["lead_id"]).to_numpy()
    won_at = wins.reindex(leads["lead_id"]).set_axis(leads.index)
    leads["won"] = won_at.notna()
    leads["open"] = leads["closed_at"].isna()
    horizon = pd.Timedelta(days=params.label.horizon_days)
    truncation = None
    if params.source.leads.outcome is not None:
        final = leads["outcome"].isin(["won", "lost"])
        leads["judged"] = final if params.source.leads.outcome.lost else True
        leads["open"] = ~final & bool(params.source.leads.outcome.lost)
    else:
        mature = leads["created_at"] + horizon <= pd.Timestamp(report["known_until"])
        in_time = leads["won"] & (won_at < leads["created_at"] + horizon)
        seen = pd.DataFrame({"as_of": leads["created_at"], "won": in_time})[mature]
        if len(wins):
            truncation = detect_left_truncation(seen, wins.min(), horizon)
        leads["judged"] = ~leads["open"]
        if deals["won"].all():  # losses are not recorded: leads without a win that had their time
            leads["judged"] = leads["won"] | mature
        if truncation:
            leads["judged"] &= leads["created_at"] >= truncation.until
    return leads.drop(columns="outcome"), truncation


def _known_by_day(params: Params, tables: dict[str, pd.DataFrame]) -> list[tuple[str, str]]:
    source, found = params.source, []
    for name, column, record in (
        ("leads", "created_at", source.leads.created_at),
        ("activities", "occurred_at", source.activities.occurred_at if source.activities else None),
        ("deals", "closed_at", source.deals.closed_at if source.deals else None),
        ("history", "changed_at", source.history.changed_at if source.history else None),
    ):
        if record is None or name not in tables or tables[name].empty:
            continue
        times = tables[name][column]
        shown = convert_to_local(times, source.timezone)
        if record.is_by_day or (shown == shown.dt.normalize()).all():
            found.append((name, record.column))
    return found
