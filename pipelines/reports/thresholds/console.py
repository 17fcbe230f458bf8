"""The thresholds report in the terminal: every fifth score, and the thresholds."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from leadlight.models.scoring.thresholds import SHORT_NAMES
from leadlight.pipelines.reporting.formatting import format_number, format_percent_scaled
from leadlight.pipelines.reports.thresholds.html import STEP, build_comparison_rows
from leadlight.pipelines.reports.thresholds.text import UNCALIBRATED
from leadlight.pipelines.workspace.console import build_table

__all__ = ["print_report"]


def print_report(report: dict[str, Any], console: Console) -> None:
    """Print the report of :func:`leadlight.pipelines.reports.thresholds.report.build_report`."""
    console.print(f"[bold]{escape(report['sentence'])}[/]")
    if report["calibration"] in UNCALIBRATED:
        console.print(UNCALIBRATED[report["calibration"]])
    console.print(_scores(report))
    for table in build_comparison_rows(report):
        console.print(_comparison(table))
    console.print(escape(report["economics"]["origin"]))
    console.print(escape(report["replay_said"]))


def _scores(report: dict[str, Any]) -> Table:
    dated, valued = report["window"]["time"] == "dates", report["economics"]["win"] is not None
    caption = "Open leads above at once; new ones, hours for them and value a week." if dated else None
    heads = ["score", "chance", "precision (95 %)", "recall", "lift"]
    heads += ["open", "new", "hours"] if dated else []
    heads += ["value"] if dated and valued else []
    table = build_table(numbers=heads, caption=caption)
    for row in _shown(report):
        figures = [_cell(row["recall"], format_percent_scaled), _cell(row["lift"])]
        if dated:
            figures += [_cell(row[key]) for key in ("standing", "entering_per_week", "hours_per_week")]
            figures += [_cell(row["value_per_week"])] if valued else []
        style = "bold" if row["name"] else None if row["believed"] else "dim"
        table.add_row(
            row["label"], format_percent_scaled(row["probability"]), _narrow(row["precision"]), *figures, style=style
        )
    return table


def _shown(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Select every fifth score, all thresholds, and proposed ones that differ."""
    named = {t["score"]: SHORT_NAMES[name] for name, t in report["standing"].items()}
    rows = [row | {"name": named.get(row["score"], "")} for row in report["scores"] if row["score"] % STEP == 0]
    for name, t in (report["proposed"] or {}).items():
        if t["sentence"] != report["standing"][name]["sentence"]:
            rows.append(t | {"name": f"{SHORT_NAMES[name]}?"})
    rows.sort(key=lambda row: row["score"])
    return [row | {"label": f"{row['name']} {format(row['score'], '.3g')}".strip()} for row in rows]


def _cell(figure: list[float] | None, form: Any = format_number) -> str:
    return "–" if figure is None else form(figure[0])


def _narrow(figure: list[float] | None) -> str:
    """Format a share with its interval in few characters."""
    if figure is None:
        return "–"
    value, low, high = (format_percent_scaled(end).removesuffix("\N{NO-BREAK SPACE}%") for end in figure)
    return f"{value} ({low}–{high})"


def _comparison(table: dict[str, Any]) -> Table:
    title = f"{table['short']}, for {table['team']}"
    shown = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    shown.add_column("", no_wrap=True)
    for side in table["columns"]:
        shown.add_column("as it stands" if side == "standing" else side)
    for name, cells in table["rows"]:
        shown.add_row(name, *(escape(cell) for cell in cells))
    return shown
