"""The audit in the terminal: main figures, findings, then all columns."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from leadlight.pipelines.audit.grouping import group_findings
from leadlight.pipelines.audit.overview_text import describe_overview
from leadlight.pipelines.reporting.formatting import format_percent_bounded
from leadlight.pipelines.workspace.console import build_table

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
    for title, lines in describe_overview(report):
        console.print(f"\n[bold]{title}[/]")
        for line in lines:
            console.print(Padding(escape(line), (0, 0, 0, 2)))
    for severity, group in group_findings(report["findings"]).items():
        console.print(f"\n[{STYLES[severity]}]{TITLES[severity]}[/] ({group.places})")
        for place, sentence in group.each:
            console.print(Padding(f"[bold]{escape(place)}[/] {escape(sentence)}.", (0, 0, 0, 2)))
        for words, places in group.together:
            console.print(Padding(f"[bold]{words}[/]: {escape(places)}.", (0, 0, 0, 2)))
    console.print(_table(report))
    if report["refused"]:
        console.print(
            f"[bold red]Training refuses[/] {escape(', '.join(report['refused']))}: leave them out of "
            "attributes or signals, or name code and column under audit.allow."
        )


def _table(report: dict[str, Any]) -> Table:
    table = build_table(text=["column", "kind", "role"], numbers=["missing", "values", "AUC"])
    table.columns[0].overflow, table.columns[0].ratio = "fold", 1
    table.columns[1].no_wrap = table.columns[2].no_wrap = True
    table.add_column("", no_wrap=True)
    for column in report["columns"]:
        verdict = column["verdict"]
        table.add_row(
            escape(f"{column['table']}.{column['column']}"),
            column["kind"],
            column["role"] or "",
            format_percent_bounded(round(column["missing_share"], 3)).replace("less than ", "<"),
            f"{column['distinct']:,}",
            "" if column["auc"] is None else f"{column['auc']:.2f}",
            "" if verdict == "clean" else f"[{STYLES[verdict]}]{verdict}[/]",
        )
    return table
