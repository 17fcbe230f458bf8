"""The ``source`` section of a proposal: files, keys, times, outcomes."""

import os
from pathlib import Path

from leadlight.pipelines.init.column_roles import ColumnRoles
from leadlight.pipelines.init.document import YamlDocument
from leadlight.pipelines.init.key_detection import DetectedKeys
from leadlight.pipelines.init.outcome_detection import DetectedOutcome
from leadlight.pipelines.init.source_tables import SourceTable
from leadlight.pipelines.init.time_format import DetectedTimeFormat
from leadlight.pipelines.init.yaml_emit import emit_flow, emit_scalar, emit_sequence

__all__ = ["write_source"]

TIME_KEYS = {
    "leads": "created_at",
    "activities": "occurred_at",
    "deals": "closed_at",
    "history": "changed_at",
}
ABOUT = {
    "leads": "one row a lead",
    "activities": "one row a thing that a lead did, or that was done to it",
    "deals": "one row a closed deal",
    "history": "what attributes were before: the leads file holds the values of today",
}
#: share of a file's rows in quarantine that the default allows
ALLOWED = 0.05


def write_source(
    page: YamlDocument,
    sheets: dict[str, SourceTable],
    keys: DetectedKeys,
    roles: dict[str, ColumnRoles],
    *,
    missing: dict[str, list[str]],
    bad: dict[str, float],
    folder: Path,
) -> None:
    """Write the section.

    Parameters
    ----------
    page : Page
        Takes the lines.
    sheets, keys, roles
        What was found.
    missing : dict
        Text that means "not known" -> the columns that have it.
    bad : dict
        Table -> share of its rows that cannot be used.
    folder : Path
        Folder of the params file, which paths start from.
    """
    page.add("source:")
    zoned = all(r.time.zoned for r in roles.values() if r.time)
    if any(r.time for r in roles.values()):
        look = "" if zoned else "the files carry no zone; name yours, such as Europe/Berlin"
        remark = "every time carries its own; days begin in this one" if zoned else ""
        page.add("  timezone: UTC", remark, look)
    if missing:
        said = "; ".join(f"{text} in {_few(columns)}" for text, columns in missing.items())
        page.add(f"  missing: {emit_sequence(list(missing))}", f'read as "not known" in every column: {said}')
    else:
        page.add("  missing: []", 'no text was found that means "not known"; empty text always does')
    worst = max(bad, key=lambda name: bad[name], default="")
    if worst and bad[worst] > ALLOWED:
        share = min(round(bad[worst] + 0.02, 2), 1.0)
        page.add(
            f"  max_bad_share: {share:g}",
            look=f"{bad[worst]:.0%} of {worst} cannot be used: no such lead, no time or no known status",
        )
    for name, sheet in sheets.items():
        _write_table(page, name, sheet, keys, roles[name], folder=folder)


def _write_table(
    page: YamlDocument, name: str, sheet: SourceTable, keys: DetectedKeys, roles: ColumnRoles, *, folder: Path
) -> None:
    page.add(f"  {name}:", f"{len(sheet.frame):,} rows: {ABOUT[name]}")
    # no resolving of links: a path says what the user said, seen from the params file
    path = Path(os.path.relpath(Path(os.path.abspath(sheet.path)), Path(os.path.abspath(folder))))  # noqa: PTH100
    page.add(f"    path: {emit_scalar(path.as_posix())}")
    _write_facts(page, sheet)
    known = keys.known.get(name)
    share = "every row belongs" if known == 1 else f"{known or 0:.1%} of the rows belong"
    remark = f"{share} to a lead of the leads file" if known is not None else ""
    if name == "leads":
        remark = "different in every row"
        if keys.repeated:
            remark = f"{keys.repeated:,} rows repeat a key and go to quarantine"
    page.add(f"    lead_id: {emit_scalar(roles.lead_id)}", remark)
    if roles.time:
        _write_time(page, TIME_KEYS[name], roles.time, roles.other_times)
    if name == "leads":
        _write_leads(page, roles)
    if name == "deals":
        _write_status(page, roles)
    for role in ("type", "attribute", "value", "object", "amount"):
        if role in roles.columns:
            page.add(f"    {role}: {emit_scalar(roles.columns[role])}")
    if name != "leads" and (rest := [c for c in map(str, sheet.frame.columns) if c not in roles.used]):
        page.add_comment(f"not mapped: {', '.join(rest)}", 4)


def _write_facts(page: YamlDocument, sheet: SourceTable) -> None:
    facts = sheet.facts
    if facts.parquet:
        return
    if facts.delimiter != ",":
        mark = '"\\t"' if facts.delimiter == "\t" else f'"{facts.delimiter}"'
        page.add(f"    delimiter: {mark}")
    if facts.encoding != "utf-8":
        look = f"a guess: are the letters of {facts.seen} right?" if facts.seen else ""
        page.add(f"    encoding: {facts.encoding}", look=look)


def _write_time(page: YamlDocument, key: str, time: DetectedTimeFormat, others: tuple[str, ...]) -> None:
    first, last = time.times.min(), time.times.max()
    remark = f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    remark += f"; {time.reason}" if time.reason else ""
    remark += f"; {1 - time.fit:.1%} do not fit" if time.fit < 1 else ""
    look = f"other times are {', '.join(others)}; is this the right one?" if others else ""
    if time.other is not None:
        look = "no value tells days from months: day first is taken, the line below is month first"
    page.add(f"    {key}: {_time(time, time.format)}", remark, look)
    if time.other is not None:
        page.add_comment(f"{key}: {_time(time, time.other)}", 4)


def _time(time: DetectedTimeFormat, form: str | None) -> str:
    entries = {"column": emit_scalar(time.column)}
    if form is not None:
        entries["format"] = form if form == "ISO8601" else f'"{form}"'
    if time.by_day and form in (None, "ISO8601"):
        entries["by_day"] = "true"  # a format without hours says so by itself, these do not
    return entries["column"] if len(entries) == 1 else emit_flow(**entries)


def _write_leads(page: YamlDocument, roles: ColumnRoles) -> None:
    if "order" in roles.columns:
        look = "there are no dates; this number goes through the file in turn: does it grow with time?"
        page.add(f"    order: {emit_scalar(roles.columns['order'])}", look=look)
    elif roles.time is None:
        text = "no dates and no number that grows with time: folds will be random and figures optimistic"
        page.add_comment(text, 4, look=text)
    if roles.outcome is not None:
        _write_outcome(page, "outcome", roles.outcome, with_lost=roles.outcome.by_words)
        if roles.outcome.lost and not roles.outcome.by_words:
            lost = f"lost: {emit_sequence(roles.outcome.lost)}"
            page.add_comment(
                f"leads without a win stay open and are scored; if they are lost for good, add {lost}", 4
            )
    if "consent" in roles.columns:
        granted = emit_flow(
            column=emit_scalar(roles.columns["consent"]), granted=emit_sequence(roles.granted)
        )
        page.add(f"    consent: {granted}", "without it no lead is promoted into marketing contact")
    if "owner" in roles.columns:
        page.add(f"    owner: {emit_scalar(roles.columns['owner'])}")


def _write_outcome(page: YamlDocument, key: str, outcome: DetectedOutcome, with_lost: bool) -> None:
    entries = {"column": emit_scalar(outcome.column), "won": emit_sequence(outcome.won)}
    if outcome.lost and with_lost:
        entries["lost"] = emit_sequence(outcome.lost)
    share = f"{outcome.won_rows:,} of {outcome.rows:,} won ({outcome.won_rows / outcome.rows:.1%})"
    # open leads are what scoring is for; an open row among closed deals goes to quarantine
    doubtful = outcome.neither if key == "status" else outcome.unclear
    unsure = [f"{value} ({rows:,})" for value, rows in doubtful.items()]
    look = f"neither won nor lost by their words: {', '.join(unsure[:6])}" if unsure else ""
    page.add(f"    {key}: {emit_flow(**entries)}", share, look)


def _write_status(page: YamlDocument, roles: ColumnRoles) -> None:
    if roles.outcome is not None:
        _write_outcome(page, "status", roles.outcome, with_lost=True)
        return
    if roles.unrecognized_status is not None:
        column, values = roles.unrecognized_status
        page.add_comment("every row counts as won until somebody says which values mean so:", 4)
        entry = emit_flow(
            column=emit_scalar(column), won=emit_sequence(values[:1]), lost=emit_sequence(values[1:])
        )
        page.add_comment(
            f"status: {entry}", 4, look=f"which values of {column} mean won? Now every row of deals does"
        )
        return
    page.add_comment(
        "status: none was found, so every row counts as won, and a lead without one as lost or still open",
        4,
        look="no column of deals says won or lost: is it a table of won deals alone?",
    )


def _few(columns: list[str]) -> str:
    return ", ".join(columns[:3]) + (f" and {len(columns) - 3} more" if len(columns) > 3 else "")
