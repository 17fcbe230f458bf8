"""Clean the tables of events: activities, attribute changes and stages.

They are read and cleaned in batches, so that memory does not grow with their rows.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from leadlight.pipelines.params.sections import Attribute
from leadlight.pipelines.params.source import Source
from leadlight.pipelines.params.tables import ActivitiesTable, HistoryTable, StagesTable, TimeColumn
from leadlight.pipelines.sources.columns.number_formats import parse_numbers
from leadlight.pipelines.sources.columns.text_cleaning import clean_text
from leadlight.pipelines.sources.columns.times import convert_to_local, shift_to_end_of_day
from leadlight.pipelines.sources.columns.yes_no import replace_words
from leadlight.pipelines.sources.rows.matching import LeadIds, record_near_misses
from leadlight.pipelines.sources.rows.quarantine import Quarantine
from leadlight.pipelines.sources.rows.table_ends import require_span
from leadlight.pipelines.sources.rows.table_reader import (
    TableReader,
    count_times,
    read_batches,
    require_known_lead,
    require_not_null,
)

#: larger absolute values are read as missing, because sums are made of whole millionths
MAX_VALUE = 1e9

__all__ = ["clean_activities", "clean_history", "clean_stages", "join_history"]


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
        the day is known, occurred_at is its end. A row of flags gives one activity of each that is set, or none.
    """
    columns = [table.lead_id, table.occurred_at.column, table.type, *table.flags, table.value, table.object]
    counts = count_times("activities", table, table.occurred_at, source, folder) if quarantine.judges_spans else None
    ids, known = LeadIds(leads["lead_id"], source), require_known_lead(leads)
    for reader in read_batches("activities", table, columns, source, folder):
        reader.read_text("lead_id", table.lead_id)
        reader.clean["lead_id"] = ids.match(reader.clean["lead_id"])
        reader.read_time("occurred_at", table.occurred_at)
        reader.read_text("type", table.type)
        if table.type is None:
            reader.clean["type"] = table.type_is or ""
        flags = {name: _read_flag(reader, name) for name in table.flags}
        reader.read_number("value", table.value, max_value=MAX_VALUE)
        reader.read_text("object", table.object)
        schema = {"lead_id": known, "type": pa.Column(None, require_not_null("no activity type"), nullable=True)}
        within = require_span(reader.clean["occurred_at"], quarantine, counts)
        valid = reader.validate(schema | reader.require_time("occurred_at", *within), quarantine)
        if flags:
            parts = [valid[is_set.loc[valid.index]].assign(type=name) for name, is_set in flags.items()]
            valid = pd.concat(parts).sort_index(kind="stable")
        valid = valid.astype({"type": "str"}).reset_index(drop=True)
        valid["local_at"] = convert_to_local(valid["occurred_at"], source.timezone)
        yield _shift_days_to_end(valid, "occurred_at", table.occurred_at, source.timezone)
    record_near_misses("activities", ids, quarantine)
    reader.judge_table(quarantine)


def _read_flag(reader: TableReader, column: str) -> pd.Series:
    """Return whether a column says yes, or a number above 0; other text counts as no, on record."""
    values = reader.mask_missing(column)
    numbers = reader.checks.parse_numbers(column, replace_words(values))
    reader.record_nulled(column, values, values.notna() & numbers.isna(), "not a number")
    return numbers > 0


def clean_history(
    source: Source,
    table: HistoryTable,
    folder: Path,
    leads: pd.DataFrame,
    quarantine: Quarantine,
    *,
    attributes: Mapping[str, Attribute],
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame | None]]:
    """Read the history in batches.

    Arguments as :func:`clean_activities`; `attributes` are those of params, with their kinds.

    Yields
    ------
    history : pd.DataFrame
        lead_id, attribute, value, number, changed_at. Where only the day is known, changed_at is its end.
    old_values : pd.DataFrame or None
        The same rows with the value before the change; None where params map none.
    """
    columns: list[str | None] = [table.lead_id, table.attribute, table.value, table.old_value, table.changed_at.column]
    counts = count_times("history", table, table.changed_at, source, folder) if quarantine.judges_spans else None
    ids, known = LeadIds(leads["lead_id"], source), require_known_lead(leads)
    for reader in read_batches("history", table, columns, source, folder):
        reader.read_text("lead_id", table.lead_id)
        reader.clean["lead_id"] = ids.match(reader.clean["lead_id"])
        reader.read_text("attribute", table.attribute)
        reader.read_text("value", table.value)
        reader.read_time("changed_at", table.changed_at)
        reader.clean["number"] = _read_numbers(reader, table.value, attributes)
        named = pa.Column(None, require_not_null("no attribute name"), nullable=True)
        within = require_span(reader.clean["changed_at"], quarantine, counts)
        schema = {"lead_id": known, "attribute": named} | reader.require_time("changed_at", *within)
        old = reader.clean.copy() if table.old_value else None
        if old is not None and table.old_value:
            old["value"] = reader.read_texts(table.old_value)
            old["number"] = _read_numbers(reader, table.old_value, attributes)
        valid = reader.validate(schema, quarantine)
        if old is not None:
            old = _clean_values(old.loc[valid.index], table, source, attributes)
        yield _clean_values(valid, table, source, attributes), old
    record_near_misses("history", ids, quarantine)
    reader.judge_table(quarantine)


def join_history(
    batches: Iterable[tuple[pd.DataFrame, pd.DataFrame | None]],
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Join the batches of :func:`clean_history`, because what held before a first change depends on all of them."""
    frames, old_values = zip(*batches, strict=True)
    old = None if old_values[0] is None else pd.concat(old_values, ignore_index=True)
    return pd.concat(frames, ignore_index=True), old


def _read_numbers(reader: TableReader, column: str, attributes: Mapping[str, Attribute]) -> pd.Series:
    """Convert the values to float64; those of number attributes that are no numbers go on record."""
    values = reader.mask_missing(column)
    text = values if pd.api.types.is_numeric_dtype(values) else reader.read_texts(column)
    numbers = parse_numbers(text, reader.checks.number_format)
    for name in reader.clean["attribute"].dropna().unique():
        if name in attributes and attributes[name].kind == "number":
            own = reader.clean["attribute"] == name
            reader.checks.parse_numbers(f"{column} ({name})", values[own])
            reader.record_nulled(column, values[own], numbers[own].isna() & values[own].notna(), "not a number", name)
    return numbers


def _clean_values(
    frame: pd.DataFrame, table: HistoryTable, source: Source, attributes: Mapping[str, Attribute]
) -> pd.DataFrame:
    """Normalize the values of each attribute by its kind."""
    frame = frame.reset_index(drop=True)
    for name, rows in frame.groupby("attribute").groups.items():
        values = frame.loc[rows, "value"]
        kind = attributes[str(name)].kind if name in attributes else "category"
        clean = clean_text(values, kind)
        if name not in attributes:  # read by the audit only; may hold e-mail addresses
            clean = clean.mask(clean.str.contains("@", regex=False), clean_text(values, "email"))
        frame.loc[rows, "value"] = clean
    frame = frame[["lead_id", "attribute", "value", "number", "changed_at"]]
    return _shift_days_to_end(frame, "changed_at", table.changed_at, source.timezone)


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
    record_near_misses("stages", ids, quarantine)
    reader.judge_table(quarantine)
