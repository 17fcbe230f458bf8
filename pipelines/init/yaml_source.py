"""The ``source`` section of a proposed params file: files, keys, times, outcomes."""

import os
from pathlib import Path
from typing import Any

from leadlight.pipelines.init.document import YamlDocument, format_entry
from leadlight.pipelines.init.file_format import FileFormat
from leadlight.pipelines.init.flat_export import is_flat_export, is_of_stages
from leadlight.pipelines.init.key_detection import DetectedKeys
from leadlight.pipelines.init.number_detection import DetectedMarks
from leadlight.pipelines.init.outcome_detection import DetectedOutcome, is_objection
from leadlight.pipelines.init.roles import ColumnRoles
from leadlight.pipelines.init.source_tables import SourceTable
from leadlight.pipelines.init.time_format import DetectedTimeFormat
from leadlight.pipelines.init.unusable_rows import UnusableShares
from leadlight.pipelines.params.source import Source

__all__ = ["write_source"]

TIME_KEYS = {
    "leads": "created_at",
    "activities": "occurred_at",
    "deals": "closed_at",
    "history": "changed_at",
    "stages": "entered_at",
}
ROW_MEANINGS = {
    "leads": "one row per lead",
    "activities": "one row per activity of a lead or of sales",
    "deals": "one row per deal",
    "history": "earlier values of attributes; the leads file holds the current ones",
    "stages": "one row per stage that a lead entered",
}
DEFAULT_LOST_WIN_SHARE = Source.model_fields["max_lost_win_share"].default
DEFAULT_BAD_SHARE = Source.model_fields["max_bad_share"].default


def write_source(
    document: YamlDocument,
    tables: dict[str, SourceTable],
    keys: DetectedKeys,
    roles: dict[str, ColumnRoles],
    *,
    missing: dict[str, list[str]],
    kept: dict[str, list[str]],
    unusable: UnusableShares,
    folder: Path,
) -> None:
    """Write the section.

    Parameters
    ----------
    document : YamlDocument
        The file in the making.
    tables, keys, roles
        What was detected.
    missing : dict
        Placeholder for "not known" -> the columns that have it.
    kept : dict
        The same for words that are taken as values.
    unusable : UnusableShares
        What cannot be used.
    folder : Path
        Folder of the params file; paths are relative to it.
    """
    document.add("source", value={})
    if times := [r.time for r in roles.values() if r.time]:
        zoned = all(time.zoned for time in times)
        remark = "every time has its own zone; days begin in this one" if zoned else ""
        look = "" if zoned else "the files carry no time zone; name yours, such as Europe/Berlin"
        document.add("source", "timezone", value="UTC", remark=remark, look=look)
    remark = "no placeholder was found; an empty cell is always missing"
    if missing:
        places = "; ".join(f"{text} in {_shorten(columns)}" for text, columns in missing.items())
        remark = f"read as missing in every column: {places}"
    look = "; ".join(f"{text} in {_shorten(columns)} is taken as a value: is it one?" for text, columns in kept.items())
    document.add("source", "missing", value=list(missing), remark=remark, look=look)
    bad = unusable.rows
    worst = max(bad, key=lambda name: bad[name], default="")
    if worst and bad[worst] > DEFAULT_BAD_SHARE:
        look = f"{bad[worst]:.0%} of {worst} cannot be used, most often: {unusable.reasons[worst]}"
        document.add("source", "max_bad_share", value=min(round(bad[worst] + 0.02, 2), 1.0), look=look)
    if unusable.wins > DEFAULT_LOST_WIN_SHARE:
        value = min(round(unusable.wins + 0.02, 2), 1.0)
        look = f"won deals that cannot be used: {unusable.why_wins}"
        document.add("source", "max_lost_win_share", value=value, look=look)
    for name, table in tables.items():
        from_leads = name == "deals" and (is_flat_export(tables) or is_of_stages(tables))
        _write_table(document, name, table, keys, roles[name], folder=folder, from_leads=from_leads)


def _write_table(
    document: YamlDocument,
    name: str,
    table: SourceTable,
    keys: DetectedKeys,
    roles: ColumnRoles,
    *,
    folder: Path,
    from_leads: bool,
) -> None:
    def add(key: str, value: Any, remark: str = "", look: str = "") -> None:
        document.add("source", name, key, value=value, remark=remark, look=look)

    meaning = "the same file: when and how each lead was closed" if from_leads else ROW_MEANINGS[name]
    document.add("source", name, value={}, remark=f"{len(table.frame):,} rows: {meaning}")
    # links are not resolved: the path stays as the user wrote it, relative to the params file
    path = Path(os.path.relpath(Path(os.path.abspath(table.path)), Path(os.path.abspath(folder))))  # noqa: PTH100
    add("path", path.as_posix())
    _write_format(document, name, table.facts)
    if table.marks is not None:
        _write_marks(document, name, table.marks)
    _write_key(document, name, keys, roles)
    if roles.time:
        _write_time(document, name, roles.time, roles.other_times)
    if name == "leads":
        _write_leads(document, roles)
    if name == "deals":
        _write_status(document, roles)
        if (opened := roles.opened) is not None:
            add("opened_at", _time_entry(opened, opened.format), "a deal that is opened after a loss reopens its lead")
    if name == "activities":
        _write_type(document, roles)
    for role in ("stage", "attribute", "value", "old_value", "object", "amount"):
        if role in roles.columns:
            add(role, roles.columns[role])
    if name == "stages":
        add("reopens", list(roles.reopens), "stages that reopen a lost lead; name those that do")
    rest = [*(c for c in map(str, table.frame.columns) if c not in roles.used), *table.left_out]
    if name != "leads" and rest and not from_leads:
        document.add_comment(f"not mapped: {', '.join(rest)}", 4)


def _write_format(document: YamlDocument, name: str, facts: FileFormat) -> None:
    if facts.sheet is not None:
        document.add("source", name, "sheet", value=facts.sheet, look="the workbook has several sheets")
    if facts.delimiter != ",":
        document.add("source", name, "delimiter", value=facts.delimiter)
    if facts.encoding != "utf-8":
        look = f"a guess: are the letters of {facts.sample_word} right?" if facts.sample_word else ""
        document.add("source", name, "encoding", value=facts.encoding, look=look)


def _write_type(document: YamlDocument, roles: ColumnRoles) -> None:
    keys = ("source", "activities")
    if roles.flags:
        remark = "an activity of each of these that is yes or above 0"
        document.add(*keys, "flags", value=list(roles.flags), remark=remark)
    elif roles.type_is:
        look = "no column says the type of an activity, so that all are of one, with the name of the file"
        document.add(*keys, "type_is", value=roles.type_is, look=look)
    else:
        document.add(*keys, "type", value=roles.columns["type"], look=roles.doubt)


def _write_key(document: YamlDocument, table: str, keys: DetectedKeys, roles: ColumnRoles) -> None:
    remark = look = ""
    if roles.lead_id is None:
        look = "no column has another value in each row: the number of the row names a lead, while rows stay in place"
    elif table == "leads":
        repeated = f"{keys.repeated:,} rows repeat a key and go to quarantine"
        remark = repeated if keys.repeated else "unique in every row"
    else:
        share = "every row belongs" if keys.known[table] == 1 else f"{keys.known[table]:.1%} of rows belong"
        remark = f"{share} to a lead of the leads file"
    document.add("source", table, "lead_id", value=roles.lead_id, remark=remark, look=look)


def _write_marks(document: YamlDocument, table: str, marks: DetectedMarks) -> None:
    look = ""
    if marks.is_doubtful:
        look = (
            f"{marks.column} has numbers such as {marks.example}: each mark has three digits behind it, so that it is "
        )
        look += "taken for thousands; is that right?"
    document.add(
        "source", table, "decimal", value=marks.form.decimal, remark=f"as in {marks.example} of {marks.column}"
    )
    document.add("source", table, "thousands", value=marks.form.thousands, look=look)


def _write_time(document: YamlDocument, table: str, time: DetectedTimeFormat, others: tuple[str, ...]) -> None:
    remark = f"{time.times.min():%Y-%m-%d} to {time.times.max():%Y-%m-%d}"
    remark += f"; {time.reason}" if time.reason else ""
    remark += f"; {1 - time.fit:.1%} do not fit" if time.fit < 1 else ""
    look = f"other time columns are {', '.join(others)}; is this the right one?" if others else ""
    if time.other is not None:
        look = "day and month are ambiguous: day first is used, the line below is month first"
    key = TIME_KEYS[table]
    document.add("source", table, key, value=_time_entry(time, time.format), remark=remark, look=look)
    if time.other is not None:
        document.add_comment(format_entry(key, _time_entry(time, time.other)), 4, wrap=False)


def _time_entry(time: DetectedTimeFormat, form: str | None) -> str | dict[str, Any]:
    entry: dict[str, Any] = {} if form is None else {"format": form}
    if time.by_day and form in (None, "ISO8601"):
        entry["by_day"] = True  # any other format without hours implies it
    return {"column": time.column} | entry if entry else time.column


def _write_leads(document: YamlDocument, roles: ColumnRoles) -> None:
    if "order" in roles.columns:
        look = "there are no dates; this number follows the order of rows: does it grow with time?"
        document.add("source", "leads", "order", value=roles.columns["order"], look=look)
    elif roles.time is None:
        look = "no dates and no number that grows with time: folds are random and metrics optimistic"
        document.add_comment(look, 4, look=True)
    if (outcome := roles.outcome) is not None:
        # open leads are what scoring is for, so they are not in doubt
        unclear = f"values that mean neither won nor lost: {_list_values(outcome.unclear)}" if outcome.unclear else ""
        look = "; ".join(filter(None, [outcome.doubt, unclear]))
        _write_outcome(
            document,
            ("leads", "outcome"),
            outcome,
            {"lost": outcome.lost} if outcome.lost and outcome.by_words else {},
            look,
        )
        if outcome.lost and not outcome.by_words:
            lost = format_entry("lost", outcome.lost)
            document.add_comment(
                f"leads without a win stay open and are scored; if they are lost for good, add {lost}", 4
            )
    if roles.outcome is None and roles.likely_outcomes:
        look = (
            f"which column says who won? Perhaps {', '.join(roles.likely_outcomes)}; or give a file of deals (--deals)"
        )
        document.add_comment(look, 4, look=True)
        entry = {"column": next(iter(roles.likely_outcomes)), "won": list(next(iter(roles.likely_outcomes.values())))}
        document.add_comment(format_entry("outcome", entry), 4, wrap=False)
    if "consent" in roles.columns:
        consent = {"column": roles.columns["consent"], "granted": roles.granted}
        remark = "without it no lead is promoted into marketing contact"
        objection = "who has not objected counts as having consented: is that so?"
        look = objection if is_objection(roles.columns["consent"]) else ""
        document.add("source", "leads", "consent", value=consent, remark=remark, look=look)
    if "owner" in roles.columns:
        document.add("source", "leads", "owner", value=roles.columns["owner"])


def _write_outcome(
    document: YamlDocument, keys: tuple[str, str], outcome: DetectedOutcome, values: dict[str, Any], look: str
) -> None:
    remark = f"{outcome.won_rows:,} of {outcome.rows:,} won ({outcome.won_rows / outcome.rows:.1%})"
    document.add(
        "source", *keys, value={"column": outcome.column, "won": outcome.won} | values, remark=remark, look=look
    )


def _list_values(counted: dict[str, int]) -> str:
    return ", ".join([f"{value} ({rows:,})" for value, rows in counted.items()][:6])


def _write_status(document: YamlDocument, roles: ColumnRoles) -> None:
    if roles.outcome is not None:
        outcome = roles.outcome
        known: dict[str, Any] = {"lost": outcome.lost} if outcome.lost else {}
        known |= {"open": tuple(outcome.neither)} if outcome.neither else {}
        asked = f"taken for open, neither won nor lost: {_list_values(outcome.unclear)}" if outcome.unclear else ""
        asked = asked if outcome.won else "which value means won? None was recognized"
        _write_outcome(document, ("deals", "status"), outcome, known, asked)
    elif roles.unrecognized_status is not None:
        column, values = roles.unrecognized_status
        look = f"which values of {column} mean won? Until you choose, every row of deals does"
        document.add_comment(look, 4, look=True)
        entry = {"column": column, "won": values[:1], "lost": values[1:]}
        document.add_comment(format_entry("status", entry), 4, wrap=False)
    else:
        look = "no column of deals says won or lost, so every row counts as won: is that right?"
        document.add_comment(look, 4, look=True)


def _shorten(columns: list[str]) -> str:
    return ", ".join(columns[:3]) + (f" and {len(columns) - 3} more" if len(columns) > 3 else "")
