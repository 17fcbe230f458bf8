"""The buyer persona in the terminal: the sentence, then the most significant ranges."""

from typing import Any

from rich.console import Console
from rich.markup import escape

from leadlight.pipelines.workspace.console import build_table

__all__ = ["print_persona"]

MAX_ROWS = 12
STYLES = {1: "green", -1: "red", 0: "dim"}


def print_persona(report: dict[str, Any], console: Console) -> None:
    """Print the report of :func:`leadlight.pipelines.reports.persona.report.build_report`."""
    if report["simulated"]:
        console.print("[yellow]Simulated data: it says nothing of real buyers.[/]")
    console.print(f"[bold]{escape(report['sentence'])}[/]")
    table = build_table(text=["topic", "range"], numbers=["won", report["called"], "lift", "95 %"])
    for column, width in zip(table.columns, (18, 24), strict=False):
        column.max_width, column.overflow = width, "fold"
    for row in report["strongest"][:MAX_ROWS]:
        table.add_row(
            escape(row["topic"]),
            escape(row["name"]),
            f"{row['won']:,}",
            f"{row['lost']:,}",
            f"{row['lift']:.2f}",
            f"{row['low']:.2f}-{row['high']:.2f}",
            style=STYLES[row["parts"]],
        )
    console.print(table)
    console.print(
        f"[dim]{report['won']:,} won and {report['others']:,} {report['called']} leads; "
        f"{report['looked_at']} ranges looked at; dim ones do not part for sure.[/]"
    )
