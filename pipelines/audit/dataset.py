"""Input of the audit: every raw column with the outcome of its lead."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leadlight.pipelines.audit.parsing import convert_numbers, parse_numbers
from leadlight.pipelines.datasets.time_splits import LeftTruncation, detect_left_truncation
from leadlight.pipelines.params import Params
from leadlight.pipelines.params.tables import AnyTable, DealsTable
from leadlight.pipelines.profile.columns import ColumnProfile, convert_to_text, profile_column
from leadlight.pipelines.sources.columns.number_formats import NumberFormat
from leadlight.pipelines.sources.columns.times import convert_to_local
from leadlight.pipelines.sources.files.read import number_rows, read_all_columns
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, read_json

__all__ = ["AuditDataset", "list_mapped_tables", "read_audit_dataset"]


@dataclass(frozen=True)
class AuditDataset:
    """Raw columns, clean times and outcomes per lead.

    ``leads`` has lead_id, created_at, closed_at, won, open and judged (whether the outcome is final), one row per
    clean lead. ``columns`` has the raw columns of leads in the same rows, ``deal_columns`` those of deals by lead
    (empty without such a table); both as text, NA where missing.
    """

    params: Params
    report: dict[str, Any]  # of ``ingest``
    profiles: dict[tuple[str, str], ColumnProfile]  # by table and column
    leads: pd.DataFrame
    columns: pd.DataFrame
    tables: dict[str, pd.DataFrame]  # clean
    truncation: LeftTruncation | None  # set where the record of wins seems to begin late
    deal_columns: pd.DataFrame
    by_day: tuple[tuple[str, str], ...]  # table and column of times with day resolution
    quarantine: pd.DataFrame  # table, row, column, code, reason, value, action
    won_rows: dict[str, frozenset[int]]  # rows of the source, from 1, that say won, of leads and deals

    @property
    def dated(self) -> bool:
        """Whether leads have a date of creation."""
        return bool(self.report["time"] == "dates")

    @property
    def known_until(self) -> pd.Timestamp:
        """Last time that the tables cover."""
        return pd.Timestamp(self.report["known_until"])

    @cached_property
    def final_outcome_mask(self) -> np.ndarray:
        """Mask of the leads with a final outcome."""
        rows: np.ndarray = self.leads["judged"].to_numpy(dtype=bool)
        return rows

    @cached_property
    def won(self) -> np.ndarray:
        """Outcome of the leads with a final one."""
        rows: np.ndarray = self.leads["won"].to_numpy(dtype=bool)[self.final_outcome_mask]
        return rows

    @cached_property
    def losses_recorded(self) -> bool:
        """Whether a lead can be closed without a win."""
        return bool((self.leads["closed_at"].notna() & ~self.leads["won"]).any())

    @cached_property
    def candidate_columns(self) -> list[str]:
        """Columns of leads that could be attributes: all but key, outcome, order and time of creation."""
        table = self.params.source.leads
        named = {table.lead_id, table.order}
        named |= {record.column for record in (table.created_at, table.outcome) if record}
        return [name for name in map(str, self.columns) if name not in named]

    def get_spelling(self, column: str, value: str) -> str:
        """Return the most frequent spelling of a lower-case value in the source."""
        texts = self.columns[column].dropna()
        same = texts[texts.str.lower() == value]
        return str(same.mode().iloc[0]) if len(same) else value

    def read_numbers(self, column: str) -> np.ndarray:
        """Return a column of leads as float64."""
        return parse_numbers(self.columns[column])

    def get_first_value(self, attribute: str) -> pd.Series | None:
        """Return the first value of an attribute in the history per lead; None without a history."""
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
    names = ("leads", "activities", "deals", "history", "stages")
    return {name: table for name in names if (table := getattr(params.source, name)) is not None}


def read_audit_dataset(params: Params, folder: Path, workdir: Workdir) -> AuditDataset:
    """Read all columns of the raw source, and the clean tables.

    Parameters
    ----------
    params : Params
        The mapping.
    folder : Path
        Base folder of relative paths.
    workdir : Workdir
        With the clean tables of ``ingest``.

    Raises
    ------
    SourceError
        If nothing has been ingested, or a file is no longer readable.
    """
    report = read_json(workdir.require(workdir.ingest_report, "ingest"))
    names = ("leads", "deals", "activities", "history", "unknown_outcomes", "reopenings", "deals_as_leads")
    paths = {name: workdir.tables / f"{name}.parquet" for name in names}
    tables = {name: read_frame(path) for name, path in paths.items() if path.exists()}
    profiles: dict[tuple[str, str], ColumnProfile] = {}
    columns, deal_columns = pd.DataFrame(), pd.DataFrame()
    missing = params.source.missing
    won_rows: dict[str, frozenset[int]] = {}
    for name, table in list_mapped_tables(params).items():
        raw = read_all_columns(name, table, folder, params.source.database)
        raw.columns = pd.Index([str(column) for column in raw.columns])
        key = table.deal_id if isinstance(table, DealsTable) and "deals_as_leads" in tables else None
        key = key or table.lead_id
        if marks := table.number_marks or params.source.number_marks:
            raw = convert_numbers(raw, NumberFormat(*marks), {name for name in (table.lead_id, key) if name})
        profiles |= {(name, column): profile_column(raw[column], missing) for column in raw.columns}
        won_rows[name] = _find_won_rows(table, raw)
        if name in ("leads", "deals"):
            keys = convert_to_text(raw[key]) if key else number_rows(raw)
            texts = pd.DataFrame({c: _mask_missing(raw[c], profiles[name, c], missing) for c in raw.columns})
            texts = texts.set_axis(pd.Index(keys))[~keys.duplicated().to_numpy()]
            columns, deal_columns = (texts, deal_columns) if name == "leads" else (columns, texts)
    leads, truncation = _derive_outcomes(params, report, tables)
    of_lead = leads["lead_id"]
    if "deals_as_leads" in tables:
        of_lead = of_lead.map(tables["deals_as_leads"].set_index("deal_id")["lead_id"])
    return AuditDataset(
        params=params,
        report=report,
        profiles=profiles,
        leads=leads,
        columns=columns.reindex(of_lead).reset_index(drop=True),
        tables=tables,
        truncation=truncation,
        deal_columns=deal_columns,
        by_day=tuple(_find_day_resolution(params, tables)),
        quarantine=pd.read_csv(workdir.quarantine, keep_default_na=False),
        won_rows=won_rows,
    )


def _find_won_rows(table: AnyTable, raw: pd.DataFrame) -> frozenset[int]:
    """Return the numbers of the rows whose status or outcome says won; all rows of deals without a status."""
    record = getattr(table, "status", None) or getattr(table, "outcome", None)
    if record is None:
        return frozenset(range(1, len(raw) + 1)) if isinstance(table, DealsTable) else frozenset()
    values = {value.casefold().strip() for value in record.won}
    says_won = convert_to_text(raw[record.column]).str.casefold().str.strip().isin(values).to_numpy(dtype=bool)
    return frozenset((np.flatnonzero(says_won) + 1).tolist())


def _mask_missing(values: pd.Series, profile: ColumnProfile, missing: tuple[str, ...]) -> pd.Series:
    texts = convert_to_text(values)
    return texts.mask(texts.isin([*missing, *(p.text for p in profile.placeholders)]))


def _derive_outcomes(
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
        matured = pd.DataFrame({"as_of": leads["created_at"], "won": in_time})[mature]
        if len(wins):
            truncation = detect_left_truncation(matured, wins.min(), horizon)
        leads["judged"] = ~leads["open"]
        if deals["won"].all():  # no losses recorded: mature leads without a win count as lost
            leads["judged"] = leads["won"] | mature
        if truncation:
            leads["judged"] &= leads["created_at"] >= truncation.until
    if "reopenings" in tables:
        lost_at = deals.loc[~deals["won"]].groupby("lead_id")["closed_at"].max()
        events = tables["reopenings"]
        back = events["closes_before"] > lost_at.reindex(events["lead_id"]).set_axis(events.index)
        reopened = leads["lead_id"].isin(events.loc[back, "lead_id"]) & ~leads["won"]
        leads["open"] |= reopened
        leads["judged"] &= ~reopened
    if "unknown_outcomes" in tables:
        known = ~leads["lead_id"].isin(tables["unknown_outcomes"]["lead_id"])
        leads[["judged", "open"]] = leads[["judged", "open"]].apply(lambda column: column & known)
    return leads.drop(columns="outcome"), truncation


def _find_day_resolution(params: Params, tables: dict[str, pd.DataFrame]) -> list[tuple[str, str]]:
    source, by_day = params.source, []
    for name, column, record in (
        ("leads", "created_at", source.leads.created_at),
        ("activities", "occurred_at", source.activities.occurred_at if source.activities else None),
        ("deals", "closed_at", source.deals.closed_at if source.deals else None),
        ("history", "changed_at", source.history.changed_at if source.history else None),
    ):
        if record is None or name not in tables or tables[name].empty:
            continue
        times = tables[name][column]
        local = convert_to_local(times, source.timezone)
        if record.is_by_day or (local == local.dt.normalize()).all():
            by_day.append((name, record.column))
    return by_day
