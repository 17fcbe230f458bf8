"""Answers about challenger and champion as tables for a terminal of 80 columns."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from leadlight.models.validation.champion_challenger import Gate
from leadlight.pipelines.jobs.promote import Decision
from leadlight.pipelines.jobs.retrain_report import change_rows

__all__ = ["render_changes", "render_comparison", "render_gates"]


def render_comparison(decision: Decision) -> Table:
    """Return the figures of both on the window that both were judged on."""
    window, found = decision.window, decision.gain
    assert found is not None
    title = (
        f"{window['snapshots']:,} snapshots from {window['from'][:10]} to {window['to'][:10]}, "
        f"{window['wins']:,} wins ({window['base_rate']:.1%})"
    )
    names = {"log_loss": ("log loss", 4), "brier": ("Brier", 4), "ece": ("ECE", 4), "auc": ("AUC", 3)}
    table = _table(title, ["", *(label for label, _ in names.values())])
    for role in ("champion", "challenger"):
        version = getattr(decision, role)["version"]
        cells = [f"{decision.figures[role][name]:.{digits}f}" for name, (_, digits) in names.items()]
        table.add_row(f"{role} (version {version})", *cells)
    table.caption = (
        f"Log loss saved: {found.value:+.4f} [{found.low:+.4f}, {found.high:+.4f}] nats (95 %), "
        f"{found.share:+.1%} of the champion's"
    )
    table.caption_justify = "left"
    return table


def render_gates(gates: Iterable[Gate]) -> Table:
    """Return what else was looked at, and whether it held."""
    table = _table(None, ["limit", "kept", "figure"])
    table.columns[1].justify = table.columns[2].justify = "left"
    for gate in gates:
        kept = "[green]yes[/]" if gate.passed else "[bold red]no[/]"
        table.add_row(gate.name.replace("_", " "), kept, gate.message)
    return table


def render_changes(change: dict[str, Any]) -> Table:
    """Return what the new wins changed."""
    table = _table("What the new wins changed", ["", "then", "now"])
    for row in change_rows(change):
        table.add_row(*row)
    return table


def _table(title: str | None, columns: Sequence[str]) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place else "left")
    return table
