"""What a proposal found, and which of its lines a person should look at, for a terminal."""

from collections.abc import Iterator
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from leadlight.pipelines.init.file_format import FileFormat
from leadlight.pipelines.init.propose import Proposal

__all__ = ["report"]

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def report(proposal: Proposal, output: Path) -> Group:
    """Return what was found, what is unsure, and what to do next.

    Parameters
    ----------
    proposal : Proposal
        What was proposed.
    output : Path
        Where it was written.
    """
    parts: list[RenderableType] = [_files(proposal)]
    parts += [Padding(Text(line), (0, 0, 0, 2)) for line in _facts(proposal)]
    if proposal.review_notes:
        parts.append(Text(f"\nWritten: {output}. Look at these lines of it:", style="bold"))
        lines = Table.grid(padding=(0, 2, 0, 2))
        lines.add_column(justify="right", style="yellow")
        lines.add_column()
        for look in proposal.review_notes:
            lines.add_row(str(look.line), Text(look.text))
        parts.append(lines)
    else:
        parts.append(Text(f"\nWritten: {output}. No line is in doubt; read it all the same."))
    parts.append(Text("\nThen:"))
    parts.append(
        Padding(Text(f"leadlight run --params {output}", style="bold", overflow="fold"), (0, 0, 0, 2))
    )
    return Group(*parts)


def _files(proposal: Proposal) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False)
    for title in ("table", "rows", "key", "time", "written as"):
        table.add_column(title, justify="right" if title == "rows" else "left", overflow="fold")
    for name, sheet in proposal.sheets.items():
        roles = proposal.roles[name]
        time = "none" if roles.time is None else roles.time.column
        if roles.time is not None and roles.time.format is not None:
            time += f" {roles.time.format}"
        if name == "leads" and "order" in roles.columns:
            time = f"none, order {roles.columns['order']}"
        cells = name, f"{len(sheet.frame):,}", roles.lead_id, time, _written(sheet.facts)
        table.add_row(*map(escape, cells))
    return table


def _written(facts: FileFormat) -> str:
    return "Parquet" if facts.parquet else f"{DELIMITERS[facts.delimiter]}, {facts.encoding}"


def _facts(proposal: Proposal) -> Iterator[str]:
    outcome = proposal.roles.get("deals", proposal.roles["leads"]).outcome
    if outcome is None:
        yield "outcome: every row of deals counts as won"
    else:
        won = f"{outcome.won_rows:,} of {outcome.rows:,} ({outcome.won_rows / outcome.rows:.1%})"
        yield f"outcome: won where {outcome.column} is {' or '.join(outcome.won)}: {won}"
    chosen, left = proposal.chosen, proposal.chosen.left
    suspects = sum(entry.suspect for entry in left)
    told = f", {suspects} of them because they may tell the outcome" if suspects else ""
    yield f"attributes: {len(chosen.attributes)} proposed, {len(left)} left out{told}"
    if "activities" in proposal.sheets:
        yield f"signals: {len(chosen.signals)} named, {len(chosen.others)} more types are other activity"
    if proposal.timing is not None:
        since = proposal.timing.history.since
        truncated = f"; nothing won before {since}, so nothing is learned from there" if since else ""
        yield f"horizon: {proposal.timing.label.horizon_days} days{truncated}"
    bad = proposal.quarantined
    yield f"trial reading: {bad:,} {'row or cell' if bad == 1 else 'rows or cells'} in quarantine"
