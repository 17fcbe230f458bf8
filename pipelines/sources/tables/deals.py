"""Clean the deals: what closes leads, what is open, and leads whose outcome is unknown."""

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from leadlight.features.errors import SourceError
from leadlight.pipelines.params.source import Source
from leadlight.pipelines.params.tables import DealsTable, TimeColumn
from leadlight.pipelines.sources.columns.times import align_day_closes, shift_to_end_of_day, to_utc
from leadlight.pipelines.sources.outcomes.deal_outcomes import CleanDeals, check_lost_wins, find_unknown_outcomes
from leadlight.pipelines.sources.rows.matching import fold_ids, match_leads, match_values
from leadlight.pipelines.sources.rows.quarantine import Quarantine
from leadlight.pipelines.sources.rows.table_ends import require_span
from leadlight.pipelines.sources.rows.table_reader import TableReader, read_whole, require_known_lead, require_not_null

__all__ = ["clean_deals"]


def clean_deals(
    source: Source, table: DealsTable, folder: Path, leads: pd.DataFrame, quarantine: Quarantine
) -> CleanDeals:
    """Read the deals.

    A deal that cannot be used leaves the outcome of its lead unknown; where deals are leads of their own, it is none.
    Times of closing of open deals are plans and not read.

    Parameters
    ----------
    source, table : Source, DealsTable
        The mapping.
    folder : Path
        Folder that relative paths start from.
    leads : pd.DataFrame
        The clean leads.
    quarantine : Quarantine
        Collects rows and cells that cannot be used.

    Returns
    -------
    CleanDeals

    Raises
    ------
    SourceError
        If too many rows, or too many won deals, cannot be used.
    """
    status, opened_at = table.status, table.opened_at
    deal_id = table.deal_id if table.unit == "deal" else None
    mapped = [table.lead_id, table.closed_at.column, status.column if status else None, table.amount, deal_id]
    reader = read_whole("deals", table, [*mapped, opened_at.column if opened_at else None], source, folder)
    reader.read_text("lead_id", table.lead_id)
    nearly = match_leads(reader, leads, quarantine)
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
    created, too_early = reader.clean["lead_id"].map(leads.set_index("lead_id")["created_at"]), "the lead was created"
    if deal_id and opened_at:
        schema |= _read_own_ids(reader, deal_id, opened_at, quarantine)
        created, too_early = _find_later(created, reader.clean["opened_at"]), "it was opened"
    reader.clean["closed_at"] = align_day_closes(reader.clean["closed_at"], created, source.timezone)
    in_order = pa.Check(lambda s: ~(s < created.loc[s.index]), error=f"closed before {too_early}", ignore_na=False)
    closed_at = reader.clean["closed_at"]
    # a plan of an open deal is replaced by a time that passes
    reader.clean["closed_at"] = closed_at.mask(is_open, created.fillna(leads["created_at"].min()))
    checks = (in_order, *require_span(closed_at.mask(is_open), quarantine))
    valid = reader.validate(schema | reader.require_time("closed_at", *checks), quarantine)
    unknown = find_unknown_outcomes(reader.clean["lead_id"], quarantine, leads["lead_id"], nearly)
    check_lost_wins(won, valid.index, quarantine, source.max_lost_win_share)
    rows_open = is_open.loc[valid.index]
    opened, undated = _find_openings(reader, opened_at, valid, rows_open, quarantine)
    units = None
    if deal_id:
        if valid.empty:
            raise SourceError("The table deals must have at least one usable row. Got none.")
        units = valid[["deal_id", "lead_id"]].assign(created_at=created.loc[valid.index]).reset_index(drop=True)
        # nothing of a deal changes the outcome of another one
        valid, opened, unknown, undated = valid.assign(lead_id=valid["deal_id"]), opened[:0], unknown[:0], set()
    closed = valid[~rows_open]
    closed = closed.assign(won=won.loc[closed.index])
    lost = set(closed.loc[~closed["won"], "lead_id"])
    columns = ["lead_id", "closed_at", "won", "amount"]
    closed = closed[columns].reset_index(drop=True)
    return CleanDeals(closed, opened, unknown, int(rows_open.sum()), len(lost & undated), units)


def _read_own_ids(
    reader: TableReader, deal_id: str, opened_at: TimeColumn, quarantine: Quarantine
) -> dict[str, pa.Column]:
    """Read the ids and openings of deals that are leads of their own, and return what must hold for them."""
    reader.read_text("deal_id", deal_id)
    reader.checks.check_ids(deal_id, reader.mask_missing(deal_id))
    reader.read_time("opened_at", opened_at)
    ids = fold_ids(reader.clean["deal_id"], reader.source)
    again = ids.duplicated() & ids.notna()
    unique = pa.Check(lambda s: ~again.loc[s.index], error="deal id comes a second time", ignore_na=False)
    within = require_span(reader.clean["opened_at"], quarantine, at_start=True)
    named = pa.Column(None, [require_not_null("no deal id"), unique], nullable=True)
    return {"deal_id": named} | reader.require_time("opened_at", *within)


def _find_later(times: pd.Series, others: pd.Series) -> pd.Series:
    """Return the later of two times of each row; a deal begins when both it and its lead are recorded."""
    later: pd.Series = others.where(~(times > others), times)
    return later


def _find_openings(
    reader: TableReader, column: TimeColumn | None, valid: pd.DataFrame, is_open: pd.Series, quarantine: Quarantine
) -> tuple[pd.DataFrame, set[str]]:
    """Return when usable deals were opened, and the leads of open deals of which that is not known."""
    times = pd.Series(pd.NaT, index=valid.index, dtype="datetime64[us]")
    if column is not None:
        raw = reader.mask_missing(column.column).loc[valid.index]
        if raw.notna().any():
            times = to_utc(raw, column, reader.source.timezone, reader.name)
        quarantine.record_nulled(
            "deals", column.column, raw[raw.notna() & times.isna()], "no time that fits the format"
        )
        if column.is_by_day:
            times = shift_to_end_of_day(times, reader.source.timezone)
    # a deal that closed on the day of its opening opens nothing
    later = times.notna() & (is_open | (valid["closed_at"] > times))
    opened = pd.DataFrame({"lead_id": valid["lead_id"], "reopened_at": times})[later].reset_index(drop=True)
    return opened, set(valid.loc[is_open & times.isna(), "lead_id"])
