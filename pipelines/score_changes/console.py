"""What changed between two nights, for the terminal."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from leadlight.models.scoring.score_change import CAUSES
from leadlight.serving.change_text import describe_change
from leadlight.serving.score_changes import Change
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.text.messages import translate
from leadlight.serving.text.rounding import display_score

__all__ = ["render_leads", "render_summary", "render_summary_line"]


def render_summary_line(found: Mapping[str, Any], since: dt.datetime) -> str:
    """Say in one line what changed over the base.

    Parameters
    ----------
    found : mapping
        See :func:`leadlight.pipelines.score_changes.summary.summarize_changes`.
    since : datetime
        The earlier night.
    """
    parts = []
    for name in ("rose", "fell"):
        mostly = max(CAUSES, key=lambda cause: found["causes"][cause][name])
        count = found["causes"][mostly][name]
        told = f"{found[name]:,} {name}"
        parts.append(
            f"{told} ({count:,} mostly for {translate('en', f'change.{mostly}').lower()})" if count else told
        )
    return (
        f"Since {since:%Y-%m-%d}: {', '.join(parts)}, {found['same']:,} moved by less than half a point, "
        f"{found['new']:,} new, {found['gone']:,} gone."
    )


def render_summary(found: Mapping[str, Any], earlier: dt.datetime, later: dt.datetime) -> Table:
    """Lay out what changed over the base, a row a cause."""
    table = _table(
        f"From {earlier:%Y-%m-%d} to {later:%Y-%m-%d}: {found['both']:,} leads on both nights, "
        f"{found['new']:,} new, {found['gone']:,} gone"
    )
    for name in ("rose", "fell", "higher stage", "lower stage", "mean points"):
        table.add_column(name, justify="right")
    for cause in CAUSES:
        row = found["causes"][cause]
        counts = [f"{row[name]:,}" for name in ("rose", "fell", "higher_stage", "lower_stage")]
        table.add_row(translate("en", f"change.{cause}"), *counts, f"{row['mean_points']:+.2f}")
    table.add_row(
        "All", f"{found['rose']:,}", f"{found['fell']:,}",
        *(f"{sum(found['causes'][c][name] for c in CAUSES):,}" for name in ("higher_stage", "lower_stage")),
        f"{sum(found['causes'][c]['mean_points'] for c in CAUSES):+.2f}", style="bold",
    )  # fmt: skip
    table.caption = (
        "A lead counts for the cause that moved it most, if it moved by half a point or more; mean points "
        "are of all leads on both nights."
    )
    return table


def render_leads(change: Change, score: float, words: PresentationContext, language: str) -> Table:
    """Lay out what changed for one lead; the whole points add up to the difference printed."""
    told = describe_change(change, score, words, language)
    before = display_score(score - change.total)
    table = _table(f"{escape(change.lead_id)}: {told.title}: {before} → {display_score(score)}")
    table.show_header = False
    table.add_column(justify="right")
    for cause in told.causes:
        topics = f"\n[dim]{escape(cause.topics)}[/dim]" if cause.topics else ""
        table.add_row(cause.label + topics, cause.points)
    table.add_row(translate(language, "lead.total"), told.total, style="bold")
    return table


def _table(title: str) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        caption_justify="left",
        min_width=72,
    )
    table.add_column("cause")
    return table
