"""What a person sees in the terminal: steps with a clock, and tables."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

__all__ = ["build_metrics_table", "console", "errors", "show_progress"]

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


@contextmanager
def show_progress(name: str) -> Iterator[Callable[..., None]]:
    """Show that something runs, and for how long; what it came to when it is done.

    Parameters
    ----------
    name : str
        What is being done.

    Yields
    ------
    callable
        Call it with ``share=`` (0 to 1) to move the bar, with ``detail=`` for what is going on, with
        ``result=`` for the line that stays.
    """
    said: dict[str, str] = {"result": ""}
    started = time.monotonic()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
    )
    live = console.is_terminal  # in a log a bar is noise: there the line at the end says it
    with Progress(*columns, console=console, transient=True, disable=not live) as progress:
        task = progress.add_task(name, total=None)

        def tell(share: float | None = None, detail: str | None = None, result: str | None = None) -> None:
            if share is not None:
                progress.update(task, total=1.0, completed=share)
            if detail is not None:
                progress.update(task, description=f"{name}: {detail}")
            if result is not None:
                said["result"] = result

        yield tell
    seconds = time.monotonic() - started
    console.print(
        f"[green]✓[/] {name:<34} [dim]{seconds:5.1f} s[/]  {escape(said['result'])}", soft_wrap=True
    )


def build_metrics_table(metrics: dict[str, Any]) -> Table:
    """Return the test figures beside those of what had to be beaten."""
    window = metrics["test"]
    table = Table(
        title=f"Test window {window['from'][:10]} to {window['to'][:10]}: {window['snapshots']:,} snapshots, "
        f"{window['wins']:,} wins ({window['base_rate']:.1%})",
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    columns = {
        "log_loss": "log loss",
        "brier": "Brier",
        "ece": "ECE",
        "auc": "AUC",
        "average_precision": "AP",
        "lift_at_10_percent": "lift",
    }
    truth = metrics.get("truth")
    table.add_column("")
    for title in [*columns.values(), *(["regret"] if truth else [])]:
        table.add_column(title, justify="right")
    for name, figures in metrics["figures"].items():
        cells = [
            f"{figures[key]:.4f}" if key in ("log_loss", "brier", "ece") else f"{figures[key]:.3f}"
            for key in columns
        ]
        if truth:
            cells.append(f"{truth[name]['regret']:.3f}")
        label = f"Leadlight ({metrics['candidate']})" if name == "leadlight" else name.replace("_", " ")
        table.add_row(label, *cells, style="bold" if name == "leadlight" else None)
    return table
