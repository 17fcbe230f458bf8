"""Answers about challenger and champion as tables for a terminal of 80 columns."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.table import Table

from leadlight.models.validation.champion_challenger import Gate
from leadlight.pipelines.jobs.promote import Decision
from leadlight.pipelines.jobs.retrain_report import list_changes
from leadlight.pipelines.workspace.console import build_table
from leadlight.pipelines.workspace.time_words import describe_span

__all__ = ["render_changes", "render_comparison", "render_gates"]


def render_comparison(decision: Decision) -> Table:
    """Return the figures of both on the window that both were judged on."""
    window, gain = decision.window, decision.gain
    assert gain is not None
    span = describe_span(window["from"], window["to"])
    title = (
        f"{window['snapshots']:,} snapshots{f' from {span}' if span else ''}, "
        f"{window['wins']:,} wins ({window['base_rate']:.1%})"
    )
    names = {"log_loss": ("log loss", 4), "brier": ("Brier", 4), "ece": ("ECE", 4), "auc": ("AUC", 3)}
    table = _table(title, ["", *(label for label, _ in names.values())])
    for role in ("champion", "challenger"):
        version = getattr(decision, role)["version"]
        cells = [f"{decision.figures[role][name]:.{digits}f}" for name, (_, digits) in names.items()]
        table.add_row(f"{role} (version {version})", *cells)
    table.caption = (
        f"Log loss saved: {gain.value:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}] nats (95 %), "
        f"{gain.share:+.1%} of the champion's"
    )
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
    for row in list_changes(change):
        table.add_row(*row)
    return table


def _table(title: str | None, columns: Sequence[str]) -> Table:
    table = build_table(title)
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place else "left")
    return table
