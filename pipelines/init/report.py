"""Terminal report of a proposal: what was detected, which lines need review, what to run next."""

from collections.abc import Iterator
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from leadlight.pipelines.init.propose import Proposal
from leadlight.pipelines.sources.files.file_sets import TEXT

__all__ = ["report"]

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def report(proposal: Proposal, output: Path) -> Group:
    """Return the report of a proposal that was written to `output`."""
    parts: list[RenderableType] = [_tables(proposal)]
    parts += [Padding(Text(line), (0, 0, 0, 2)) for line in _facts(proposal)]
    if proposal.review_notes:
        parts.append(Text(f"\nWritten: {output}. Review these lines:", style="bold"))
        notes = Table.grid(padding=(0, 2, 0, 2))
        notes.add_column(justify="right", style="yellow")
        notes.add_column()
        for note in proposal.review_notes:
            notes.add_row(str(note.line), Text(note.text))
        parts.append(notes)
    else:
        parts.append(Text(f"\nWritten: {output}. No line is in doubt; read it all the same."))
    return Group(*parts)


def _tables(proposal: Proposal) -> Table:
    grid = Table(box=SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False)
    for title in ("table", "rows", "key", "time", "format"):
        grid.add_column(title, justify="right" if title == "rows" else "left", overflow="fold")
    for name, table in proposal.tables.items():
        roles, facts = proposal.roles[name], table.facts
        time = "none" if roles.time is None else roles.time.column
        if roles.time is not None and roles.time.format is not None:
            time += f" {roles.time.format}"
        if name == "leads" and "order" in roles.columns:
            time = f"none, order {roles.columns['order']}"
        written = f"{DELIMITERS[facts.delimiter]}, {facts.encoding}" if facts.kind == TEXT else facts.kind
        grid.add_row(*map(escape, (name, f"{len(table.frame):,}", roles.lead_id or "number of the row", time, written)))
    return grid


def _facts(proposal: Proposal) -> Iterator[str]:
    outcome = proposal.roles.get("deals", proposal.roles["leads"]).outcome
    if outcome is None:
        yield "outcome: every row of deals counts as won"
    else:
        won = f"{outcome.won_rows:,} of {outcome.rows:,} ({outcome.won_rows / outcome.rows:.1%})"
        yield f"outcome: won where {outcome.column} is {' or '.join(outcome.won)}: {won}"
    columns = proposal.columns
    suspects = sum(column.suspect for column in columns.excluded)
    leaks = f", {suspects} of them as possible leaks of the outcome" if suspects else ""
    yield f"attributes: {len(columns.attributes)} proposed, {len(columns.excluded)} left out{leaks}"
    if "activities" in proposal.tables:
        yield f"signals: {len(columns.signals)} named, {len(columns.others)} more types are other activity"
    if proposal.timing is not None:
        since = proposal.timing.history.since
        truncated = f"; no win before {since}, so training starts there" if since else ""
        yield f"horizon: {proposal.timing.label.horizon_days} days{truncated}"
    bad = proposal.quarantined
    yield f"trial run: {bad:,} {'row or cell' if bad == 1 else 'rows or cells'} in quarantine"
