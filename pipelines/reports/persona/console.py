"""A persona in the terminal: the sentence, then the ranges that part most."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

__all__ = ["print_persona"]

MAX_ROWS = 12
STYLES = {1: "green", -1: "red", 0: "dim"}


def print_persona(report: dict[str, Any], console: Console) -> None:
    """Print the report of :func:`leadlight.pipelines.reports.persona.report.build_report`.

    Parameters
    ----------
    report : dict
        The report.
    console : Console
        Where to.
    """
    if report["simulated"]:
        console.print("[yellow]Simulated data: it says nothing of real buyers.[/]")
    console.print(f"[bold]{escape(report['sentence'])}[/]")
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("topic", max_width=18, overflow="fold")
    table.add_column("range", max_width=24, overflow="fold")
    for title in ("won", report["called"], "lift", "95 %"):
        table.add_column(title, justify="right", no_wrap=True)
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
