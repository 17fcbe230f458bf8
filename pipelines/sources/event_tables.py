"""Clean the tables of events: activities, deals, attribute changes and stages.

All but the deals are read and cleaned in batches, so that memory does not grow with their rows.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from leadlight.pipelines.params.sections import Attribute
from leadlight.pipelines.params.source import ActivitiesTable, DealsTable, HistoryTable, Source, StagesTable, TimeColumn
from leadlight.pipelines.sources.matching import LeadIds, match_values
from leadlight.pipelines.sources.number_formats import parse_numbers
from leadlight.pipelines.sources.outcomes import CleanDeals, check_lost_wins, find_unknown_outcomes
from leadlight.pipelines.sources.quarantine import Quarantine
from leadlight.pipelines.sources.table_ends import require_span
from leadlight.pipelines.sources.table_reader import (
    TableReader,
    count_times,
    read_batches,
    read_whole,
    require_known_lead,
    require_not_null,
)
from leadlight.pipelines.sources.text_cleaning import clean_text
from leadlight.pipelines.sources.times import align_day_closes, convert_to_local, shift_to_end_of_day

#: larger absolute values are read as missing, because sums are made of whole millionths
MAX_VALUE = 1e9

__all__ = ["clean_activities", "clean_deals", "clean_history", "clean_stages"]


def clean_activities(
    source: Source, table: ActivitiesTable, folder: Path, leads: pd.DataFrame, quarantine: Quarantine
) -> Iterator[pd.DataFrame]:
    """Read the activities in batches; those before the creation of their lead stay.

    Parameters
    ----------
    source, table : Source, ActivitiesTable
        The mapping.
    folder : Path
        Folder that relative paths start from.
    leads : pd.DataFrame
        The clean leads; rows of other leads go to quarantine.
    quarantine : Quarantine
        Collects rows and cells that cannot be used.

    Yields
    ------
    pd.DataFrame
        lead_id, occurred_at, type, value, object, local_at (occurred_at in source.timezone). Where only
        the day is known, occurred_at is its end.
    """
    columns = [table.lead_id, table.occurred_at.column, table.type, table.value, table.object]
    counts = count_times("activities", table, table.occurred_at, source, folder) if quarantine.judges_spans else None
    ids, known = LeadIds(leads["lead_id"], source), require_known_lead(leads)
    for reader in read_batches("activities", table, columns, source, folder):
        reader.read_text("lead_id", table.lead_id)
        reader.clean["lead_id"] = ids.match(reader.clean["lead_id"])
        reader.read_time("occurred_at", table.occurred_at)
        reader.read_text("type", table.type)
        reader.read_number("value", table.value, max_value=MAX_VALUE)
        reader.read_text("object", table.object)
        schema = {"lead_id": known, "type": pa.Column(None, require_not_null("no activity type"), nullable=True)}
        within = require_span(reader.clean["occurred_at"], quarantine, counts)
        valid = reader.validate(schema | reader.require_time("occurred_at", *within), quarantine)
        valid = valid.reset_index(drop=True)
        valid["local_at"] = convert_to_local(valid["occurred_at"], source.timezone)
        yield _shift_days_to_end(valid, "occurred_at", table.occurred_at, source.timezone)
    _record_near_misses("activities", ids, quarantine)
    reader.judge_table(quarantine)


def clean_deals(
    source: Source, table: DealsTable, folder: Path, leads: pd.DataFrame, quarantine: Quarantine
) -> CleanDeals:
    """Read the deals. Arguments as :func:`clean_activities`.

    A deal that cannot be used leaves the outcome of its lead unknown. Times of closing of open deals are plans and
    not read.
    """
    status, opened_at = table.status, table.opened_at
    columns = [table.lead_id, table.closed_at.column, status.column if status else None, table.amount]
    reader = read_whole("deals", table, [*columns, opened_at.column if opened_at else None], source, folder)
    reader.read_text("lead_id", table.lead_id)
    ids = LeadIds(leads["lead_id"], source)
    reader.clean["lead_id"] = ids.match(reader.clean["lead_id"])
    nearly = _record_near_misses("deals", ids, quarantine)
    reader.read_time("closed_at", table.closed_at)
    reader.read_number("amount", table.amount)
    won, is_open = pd.Series(True, reader.clean.index), pd.Series(False, reader.clean.index)
    schema = {"lead_id": require_known_lead(leads)}
    if status:
        reader.read_text("status", status.column)
        words, allowed = reader.clean["status"], (*status.won, *status.lost, *status.open)
        won = match_values(words, status.won, match_case=source.match_case)
        is_open = match_values(words, status.open, match_case=source.match_case)
        usable = match_values(words, allowed, match_case=source.match_case)
        is_allowed = pa.Check(
            lambda s: usable.loc[s.index], error=f"status is not one of {', '.join(allowed)}", ignore_na=False
        )
        schema["status"] = pa.Column(None, is_allowed, nullable=True)
    created = reader.clean["lead_id"].map(leads.set_index("lead_id")["created_at"])
    reader.clean["closed_at"] = align_day_closes(reader.clean["closed_at"], created, source.timezone)
    in_order = pa.Check(
        lambda s: ~(s < created.loc[s.index]) | is_open.loc[s.index],
        error="closed before the lead was created",
        ignore_na=False,
    )
    closed_at = reader.clean["closed_at"]
    # a plan of an open deal is replaced by a time that passes
    reader.clean["closed_at"] = closed_at.mask(is_open, created.fillna(leads["created_at"].min()))
    checks = (*require_span(closed_at.mask(is_open), quarantine), in_order)
    valid = reader.validate(schema | reader.require_time("closed_at", *checks), quarantine)
    unknown = find_unknown_outcomes(reader.clean["lead_id"], quarantine, leads["lead_id"], nearly)
    check_lost_wins(won, valid.index, quarantine, source.max_lost_win_share)
    closed = valid[~is_open.loc[valid.index]]
    closed = closed.assign(won=won.loc[closed.index])
    return CleanDeals(
        closed[["lead_id", "closed_at", "won", "amount"]].reset_index(drop=True), unknown, len(valid) - len(closed)
    )


def clean_history(
    source: Source,
    table: HistoryTable,
    folder: Path,
    leads: pd.DataFrame,
    quarantine: Quarantine,
    *,
    attributes: Mapping[str, Attribute],
) -> Iterator[pd.DataFrame]:
    """Read the history in batches: lead_id, attribute, value, number, changed_at.

    Arguments as :func:`clean_activities`; `attributes` are those of params, with their kinds. Where only
    the day is known, changed_at is its end.
    """
    columns: list[str | None] = [table.lead_id, table.attribute, table.value, table.changed_at.column]
    counts = count_times("history", table, table.changed_at, source, folder) if quarantine.judges_spans else None
    ids, known = LeadIds(leads["lead_id"], source), require_known_lead(leads)
    for reader in read_batches("history", table, columns, source, folder):
        reader.read_text("lead_id", table.lead_id)
        reader.clean["lead_id"] = ids.match(reader.clean["lead_id"])
        reader.read_text("attribute", table.attribute)
        reader.read_text("value", table.value)
        reader.read_time("changed_at", table.changed_at)
        reader.clean["number"] = _read_history_numbers(reader, table.value, attributes)
        named = pa.Column(None, require_not_null("no attribute name"), nullable=True)
        within = require_span(reader.clean["changed_at"], quarantine, counts)
        schema = {"lead_id": known, "attribute": named} | reader.require_time("changed_at", *within)
        valid = reader.validate(schema, quarantine).reset_index(drop=True)
        for name, rows in valid.groupby("attribute").groups.items():
            values = valid.loc[rows, "value"]
            kind = attributes[str(name)].kind if name in attributes else "category"
            clean = clean_text(values, kind)
            if name not in attributes:  # read by the audit only; may hold e-mail addresses
                clean = clean.mask(clean.str.contains("@", regex=False), clean_text(values, "email"))
            valid.loc[rows, "value"] = clean
        valid = valid[["lead_id", "attribute", "value", "number", "changed_at"]]
        yield _shift_days_to_end(valid, "changed_at", table.changed_at, source.timezone)
    _record_near_misses("history", ids, quarantine)
    reader.judge_table(quarantine)


def _read_history_numbers(reader: TableReader, column: str, attributes: Mapping[str, Attribute]) -> pd.Series:
    """Convert the values to float64; those of number attributes that are no numbers go on record."""
    values, text = reader.mask_missing(column), reader.clean["value"]
    numbers = parse_numbers(values if pd.api.types.is_numeric_dtype(values) else text, reader.checks.number_format)
    for name in reader.clean["attribute"].dropna().unique():
        if name in attributes and attributes[name].kind == "number":
            own = reader.clean["attribute"] == name
            reader.checks.parse_numbers(f"{column} ({name})", values[own])
            reader.record_nulled(column, values[own], numbers[own].isna() & values[own].notna(), "not a number", name)
    return numbers


def _record_near_misses(name: str, ids: LeadIds, quarantine: Quarantine) -> dict[str, str]:
    """Record near misses of a table, and return the lead that each unknown id nearly is."""
    misses, nearly = ids.find_near_misses()
    quarantine.near_misses += [{"table": name} | miss for miss in misses]
    return nearly


def _shift_days_to_end(frame: pd.DataFrame, name: str, column: TimeColumn, timezone: str) -> pd.DataFrame:
    return frame.assign(**{name: shift_to_end_of_day(frame[name], timezone)}) if column.is_by_day else frame


def clean_stages(
    source: Source, table: StagesTable, folder: Path, leads: pd.DataFrame, quarantine: Quarantine
) -> Iterator[pd.DataFrame]:
    """Read the stages in batches: lead_id, stage, entered_at. Arguments as :func:`clean_activities`."""
    columns: list[str | None] = [table.lead_id, table.stage, table.entered_at.column]
    counts = count_times("stages", table, table.entered_at, source, folder) if quarantine.judges_spans else None
    ids, known = LeadIds(leads["lead_id"], source), require_known_lead(leads)
    for reader in read_batches("stages", table, columns, source, folder):
        reader.read_text("lead_id", table.lead_id)
        reader.clean["lead_id"] = ids.match(reader.clean["lead_id"])
        reader.read_text("stage", table.stage)
        reader.read_time("entered_at", table.entered_at)
        schema = {"lead_id": known, "stage": pa.Column(None, require_not_null("no stage"), nullable=True)}
        within = require_span(reader.clean["entered_at"], quarantine, counts)
        yield reader.validate(schema | reader.require_time("entered_at", *within), quarantine).reset_index(drop=True)
    _record_near_misses("stages", ids, quarantine)
    reader.judge_table(quarantine)
