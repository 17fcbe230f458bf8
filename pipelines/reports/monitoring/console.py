"""The monitoring report in the terminal: verdict, then checks with their findings."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

__all__ = ["print_report"]

STYLES = {"act": "bold red", "look": "yellow", "fine": "green", "unknown": "dim"}
MARKS = {"act": "act", "look": "look", "fine": "fine", "unknown": "not judged"}
#: findings listed for one check
MAX_ROWS = 6


def print_report(report: dict[str, Any], console: Console) -> None:
    """Print the report of :func:`leadlight.pipelines.reports.monitoring.watch.run_checks`."""
    console.print(f"[{STYLES[report['verdict']]}]{escape(report['sentence'])}[/]")
    if report["notice"]:
        console.print(f"[yellow]{escape(report['notice'])}[/]")
    for check in report["checks"]:
        level = check["level"]
        line = f"[{STYLES[level]}]{MARKS[level]:<10}[/] [bold]{check['name']}[/]: {escape(check['message'])}."
        console.print(Padding(line, (0, 0, 0, 2)))
        for finding in check["findings"][:MAX_ROWS]:
            kind = f"{finding['code']} {finding['title']}"
            words = f"{escape(kind)}: {escape(finding['name'])}: {escape(finding['sentence'])}."
            console.print(Padding(f"[{STYLES[finding['level']]}]{finding['level']}[/] {words}", (0, 0, 0, 6)))
        if len(check["findings"]) > MAX_ROWS:
            more = len(check["findings"]) - MAX_ROWS
            console.print(Padding(f"and {more} more, on the page.", (0, 0, 0, 6)))
