"""Main figures of the audit in words, for terminal and page."""

from typing import Any

from leadlight.pipelines.audit.grouping import format_place
from leadlight.pipelines.reporting.formatting import format_percent_bounded
from leadlight.pipelines.workspace.time_words import describe_span

__all__ = ["describe_overview"]


def describe_overview(report: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Return the parts of the first screen: a title and its sentences each; parts without any are left out.

    Parameters
    ----------
    report : dict
        Content of ``audit.json``.
    """
    overview = report["overview"]
    parts = [
        ("Since the audit before", _describe_comparison(report["compared"])),
        ("Leads", _describe_leads(overview)),
        ("Tables", [_describe_table(span) for span in overview["tables"]]),
        ("In quarantine", [_describe_quarantine(entry) for entry in overview["quarantine"]]),
        ("Assumed", [f"{sentence}." for sentence in overview["assumed"]]),
        ("Look at first", [_describe_look(n, look) for n, look in enumerate(report["first_looks"], 1)]),
    ]
    return [(title, lines) for title, lines in parts if lines]


def _describe_leads(overview: dict[str, Any]) -> list[str]:
    counts = ", ".join(f"{overview[name]:,} {name}" for name in ("won", "lost", "open"))
    lines = [f"{overview['leads']:,} leads: {counts}, {overview['unknown']:,} with an unknown outcome."]
    reasons = [f"{entry['leads']:,} × {entry['reason']} ({entry['code']})" for entry in overview["unknown_by_reason"]]
    if reasons:
        lines.append(f"Unknown: {'; '.join(reasons)}.")
    if overview["instant_wins"] is not None:
        share = format_percent_bounded(overview["instant_win_share"])
        lines.append(f"{overview['instant_wins']:,} wins ({share}) came within a day of creation.")
    return lines


def _describe_table(span: dict[str, Any]) -> str:
    days = describe_span(span["first"], span["last"])
    return f"{span['table']}: {span['rows']:,} rows{f', {days}' if days else ''}."


def _describe_quarantine(entry: dict[str, Any]) -> str:
    rows = f"{entry['rows']:,} row{'' if entry['rows'] == 1 else 's'}"
    wins = f", of them {entry['wins']:,} won" if entry["wins"] else ""
    return f"{entry['table']}: {rows}{wins}: {entry['reason']} ({entry['code']}, {entry['action']})."


def _describe_look(number: int, look: dict[str, Any]) -> str:
    colon = ":" if look["sentence"][0].isdigit() else ""
    return f"{number}. {look['code']} {look['title']}: {format_place(look)}{colon} {look['sentence']}."


def _describe_comparison(compared: dict[str, Any] | None) -> list[str]:
    if compared is None:
        return []
    lines = [f"{name}: {before:,} before, {now:,} now." for name, (before, now) in compared["figures"].items()]
    lines += [
        f"{entry['table']} in quarantine: {entry['before']:,} rows before, {entry['now']:,} now: {entry['reason']} "
        f"({entry['code']})."
        for entry in compared["quarantine"]
    ]
    for title, key in (("New", "new"), ("Gone", "gone")):
        if found := [f"{f['code']} {f['title']} ({format_place(f)})" for f in compared[key]]:
            lines.append(f"{title}: {'; '.join(found)}.")
    return lines
