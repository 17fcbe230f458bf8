"""What a person sees in the terminal: steps with a clock, and tables."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from leadlight.pipelines.workspace.time_words import describe_span

__all__ = ["build_metrics_table", "build_table", "console", "errors", "is_read_by_person", "show_progress"]

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def is_read_by_person() -> bool:
    """Return whether output goes to a screen, and not to a file, a pipe or a log."""
    return console.file.isatty()


@contextmanager
def show_progress(name: str) -> Iterator[Callable[..., None]]:
    """Show progress while the block runs, and a line with time and result when it ends.

    Parameters
    ----------
    name : str
        The running operation.

    Yields
    ------
    callable
        Takes ``share`` (0 to 1) for the bar, ``detail`` for the current step, ``result`` for the last line.
    """
    summary = ""
    started = time.monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=20), TimeElapsedColumn())
    live = console.is_terminal  # a log gets the last line only
    with Progress(*columns, console=console, transient=True, disable=not live) as progress:
        task = progress.add_task(name, total=None)

        def report(share: float | None = None, detail: str | None = None, result: str | None = None) -> None:
            nonlocal summary
            if share is not None:
                progress.update(task, total=1.0, completed=share)
            if detail is not None:
                progress.update(task, description=f"{name}: {detail}")
            if result is not None:
                summary = result

        yield report
    seconds = time.monotonic() - started
    console.print(f"[green]✓[/] {name:<34} [dim]{seconds:5.1f} s[/]  {escape(summary)}", soft_wrap=True)


def build_table(
    title: str | None = None, text: Sequence[str] = (), numbers: Sequence[str] = (), **options: Any
) -> Table:
    """Return a table in the style of all tables: text columns, then right-aligned numeric columns."""
    style = {"title_justify": "left", "title_style": "bold", "caption_justify": "left"}
    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), **(style | options))
    for name in text:
        table.add_column(name)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def build_metrics_table(metrics: dict[str, Any]) -> Table:
    """Return test figures of the model and its rivals as a table."""
    window = metrics["test"]
    columns = {
        "log_loss": "log loss",
        "brier": "Brier",
        "ece": "ECE",
        "auc": "AUC",
        "average_precision": "AP",
        "lift_at_10_percent": "lift",
    }
    truth = metrics.get("truth")
    span = describe_span(window["from"], window["to"])
    name = f"Test window {span}" if span else "Test window"
    title = f"{name}: {window['snapshots']:,} snapshots, {window['wins']:,} wins ({window['base_rate']:.1%})"
    table = build_table(title, [""], [*columns.values(), *(["regret"] if truth else [])])
    for name, figures in metrics["figures"].items():
        cells = [
            f"{figures[key]:.4f}" if key in ("log_loss", "brier", "ece") else f"{figures[key]:.3f}" for key in columns
        ]
        if truth:
            cells.append(f"{truth[name]['regret']:.3f}")
        label = f"Leadlight ({metrics['candidate']})" if name == "leadlight" else name.replace("_", " ")
        table.add_row(label, *cells, style="bold" if name == "leadlight" else None)
    return table
