"""The audit as a person reads it in the terminal: what was found first, then every column."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from leadlight.pipelines.audit.findings import format_percent
from leadlight.pipelines.audit.grouping import group_findings

__all__ = ["print_report"]

STYLES = {"leak": "bold red", "suspect": "yellow", "note": "dim"}
TITLES = {"leak": "Leaks", "suspect": "To be looked at", "note": "Quality"}


def print_report(report: dict[str, Any], console: Console) -> None:
    """Print the report of :func:`leadlight.pipelines.audit.report.build_report`.

    Parameters
    ----------
    report : dict
        The report.
    console : Console
        Where to.
    """
    for severity, told in group_findings(report["findings"]).items():
        console.print(f"\n[{STYLES[severity]}]{TITLES[severity]}[/] ({told.places})")
        for place, sentence in told.each:
            console.print(Padding(f"[bold]{escape(place)}[/] {escape(sentence)}.", (0, 0, 0, 2)))
        for words, places in told.together:
            console.print(Padding(f"[bold]{words}[/]: {escape(places)}.", (0, 0, 0, 2)))
    console.print(_table(report))
    if report["refused"]:
        console.print(
            f"[bold red]Training refuses[/] {escape(', '.join(report['refused']))}: leave them out of "
            "attributes or signals, or name them under audit.allowlist."
        )


def _table(report: dict[str, Any]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), title_justify="left")
    table.add_column("column", overflow="fold", ratio=1)
    for name in ("kind", "role"):
        table.add_column(name, no_wrap=True)
    for name in ("missing", "values", "AUC"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for column in report["columns"]:
        verdict = column["verdict"]
        table.add_row(
            escape(f"{column['table']}.{column['column']}"),
            column["kind"],
            column["role"] or "",
            format_percent(round(column["missing_share"], 3)).replace("less than ", "<"),
            f"{column['distinct']:,}",
            "" if column["auc"] is None else f"{column['auc']:.2f}",
            "" if verdict == "clean" else f"[{STYLES[verdict]}]{verdict}[/]",
        )
    return table
