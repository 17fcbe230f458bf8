"""Score changes between two runs in the terminal."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from leadlight.models.scoring.score_change import CAUSES
from leadlight.pipelines.workspace.console import build_table
from leadlight.serving.change_text import describe_change
from leadlight.serving.score_changes import Change
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.text.messages import translate
from leadlight.serving.text.rounding import display_score

__all__ = ["render_leads", "render_summary", "render_summary_line"]


def render_summary_line(summary: Mapping[str, Any], since: dt.datetime) -> str:
    """Summarize the score changes of all leads in one line.

    Parameters
    ----------
    summary : mapping
        See :func:`leadlight.pipelines.score_changes.summary.summarize_changes`.
    since : datetime
        The earlier night.
    """
    parts = []
    for name in ("rose", "fell"):
        mostly = max(CAUSES, key=lambda cause: summary["causes"][cause][name])
        count = summary["causes"][mostly][name]
        text = f"{summary[name]:,} {name}"
        parts.append(f"{text} ({count:,} mostly for {translate('en', f'change.{mostly}').lower()})" if count else text)
    return (
        f"Since {since:%Y-%m-%d}: {', '.join(parts)}, {summary['same']:,} moved by less than half a point, "
        f"{summary['new']:,} new, {summary['gone']:,} gone."
    )


def render_summary(summary: Mapping[str, Any], earlier: dt.datetime, later: dt.datetime) -> Table:
    """Tabulate the score changes of all leads by cause."""
    table = build_table(
        f"From {earlier:%Y-%m-%d} to {later:%Y-%m-%d}: {summary['both']:,} leads on both nights, "
        f"{summary['new']:,} new, {summary['gone']:,} gone",
        ["cause"],
        ["rose", "fell", "higher stage", "lower stage", "mean points"],
        min_width=72,
    )
    for cause in CAUSES:
        row = summary["causes"][cause]
        counts = [f"{row[name]:,}" for name in ("rose", "fell", "higher_stage", "lower_stage")]
        table.add_row(translate("en", f"change.{cause}"), *counts, f"{row['mean_points']:+.2f}")
    table.add_row(
        "All", f"{summary['rose']:,}", f"{summary['fell']:,}",
        *(f"{sum(summary['causes'][c][name] for c in CAUSES):,}" for name in ("higher_stage", "lower_stage")),
        f"{sum(summary['causes'][c]['mean_points'] for c in CAUSES):+.2f}", style="bold",
    )  # fmt: skip
    table.caption = (
        "A lead counts for the cause that moved it most, if it moved by half a point or more; mean points "
        "are of all leads on both nights."
    )
    return table


def render_leads(change: Change, score: float, words: PresentationContext, language: str) -> Table:
    """Tabulate the score change of one lead by cause; rounded points add up to the printed difference."""
    text = describe_change(change, score, words, language)
    before = display_score(score - change.total)
    title = f"{escape(change.lead_id)}: {text.title}: {before} → {display_score(score)}"
    table = build_table(title, ["cause"], ["points"], min_width=72, show_header=False)
    for cause in text.causes:
        topics = f"\n[dim]{escape(cause.topics)}[/dim]" if cause.topics else ""
        table.add_row(cause.label + topics, cause.points)
    table.add_row(translate(language, "lead.total"), text.total, style="bold")
    return table
