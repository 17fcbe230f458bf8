"""Clean the tables of events: activities, attribute changes and stages."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from leadlight.pipelines.params.sections import Attribute
from leadlight.pipelines.params.source import ActivitiesTable, HistoryTable, Source, StagesTable, TimeColumn
from leadlight.pipelines.sources.matching import match_leads
from leadlight.pipelines.sources.quarantine import Quarantine
from leadlight.pipelines.sources.table_ends import require_span
from leadlight.pipelines.sources.table_reader import TableReader, require_known_lead, require_not_null
from leadlight.pipelines.sources.text_cleaning import clean_text, convert_to_float
from leadlight.pipelines.sources.times import convert_to_local, shift_to_end_of_day

#: larger absolute values are read as missing, because sums are made of whole millionths
MAX_VALUE = 1e9

__all__ = ["clean_activities", "clean_history", "clean_stages"]


def clean_activities(
    source: Source, table: ActivitiesTable, folder: Path, leads: pd.DataFrame, quarantine: Quarantine
) -> pd.DataFrame:
    """Read the activities; those before the creation of their lead stay.

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

    Returns
    -------
    pd.DataFrame
        lead_id, occurred_at, type, value, object, local_at (occurred_at in source.timezone). Where only
        the day is known, occurred_at is its end.
    """
    columns = [table.lead_id, table.occurred_at.column, table.type, table.value, table.object]
    reader = TableReader("activities", table, columns, source, folder)
    reader.read_text("lead_id", table.lead_id)
    match_leads(reader, leads, quarantine)
    reader.read_time("occurred_at", table.occurred_at)
    reader.read_text("type", table.type)
    reader.read_number("value", table.value, max_value=MAX_VALUE)
    reader.read_text("object", table.object)
    schema = {
        "lead_id": require_known_lead(leads),
        "type": pa.Column(None, require_not_null("no activity type"), nullable=True),
    }
    times = reader.require_time("occurred_at", *require_span(reader.clean["occurred_at"], quarantine))
    valid = reader.validate(schema | times, quarantine).reset_index(drop=True)
    valid["local_at"] = convert_to_local(valid["occurred_at"], source.timezone)
    return _shift_days_to_end(valid, "occurred_at", table.occurred_at, source.timezone)


def clean_history(
    source: Source,
    table: HistoryTable,
    folder: Path,
    leads: pd.DataFrame,
    quarantine: Quarantine,
    *,
    attributes: Mapping[str, Attribute],
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Read the history.

    Arguments as :func:`clean_activities`; `attributes` are those of params, with their kinds.

    Returns
    -------
    history : pd.DataFrame
        lead_id, attribute, value, number, changed_at. Where only the day is known, changed_at is its end.
    old_values : pd.DataFrame or None
        The same rows with the value before the change; None where params map none.
    """
    columns: list[str | None] = [table.lead_id, table.attribute, table.value, table.old_value, table.changed_at.column]
    reader = TableReader("history", table, columns, source, folder)
    reader.read_text("lead_id", table.lead_id)
    match_leads(reader, leads, quarantine)
    reader.read_text("attribute", table.attribute)
    reader.read_text("value", table.value)
    reader.read_time("changed_at", table.changed_at)
    named = pa.Column(None, require_not_null("no attribute name"), nullable=True)
    times = reader.require_time("changed_at", *require_span(reader.clean["changed_at"], quarantine))
    schema = {"lead_id": require_known_lead(leads), "attribute": named}
    valid = reader.validate(schema | times, quarantine)
    old = None
    if table.old_value:
        old = valid.assign(value=reader.read_texts(table.old_value).loc[valid.index])
        old = _clean_values(old, table, source, attributes)
    return _clean_values(valid, table, source, attributes), old


def _clean_values(
    frame: pd.DataFrame, table: HistoryTable, source: Source, attributes: Mapping[str, Attribute]
) -> pd.DataFrame:
    """Normalize the values of each attribute by its kind."""
    frame = frame.reset_index(drop=True)
    frame["number"] = convert_to_float(frame["value"])
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
) -> pd.DataFrame:
    """Read the stages: lead_id, stage, entered_at. Arguments as :func:`clean_activities`."""
    reader = TableReader("stages", table, [table.lead_id, table.stage, table.entered_at.column], source, folder)
    reader.read_text("lead_id", table.lead_id)
    match_leads(reader, leads, quarantine)
    reader.read_text("stage", table.stage)
    reader.read_time("entered_at", table.entered_at)
    schema = {
        "lead_id": require_known_lead(leads),
        "stage": pa.Column(None, require_not_null("no stage"), nullable=True),
    }
    times = reader.require_time("entered_at", *require_span(reader.clean["entered_at"], quarantine))
    return reader.validate(schema | times, quarantine).reset_index(drop=True)
