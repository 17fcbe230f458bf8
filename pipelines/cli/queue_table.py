"""The top of the queue in the terminal: score, stage and the strongest reasons of each lead."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd
from rich.console import Group
from rich.markup import escape
from rich.table import Table

from leadlight.pipelines.jobs.score import ScoringRunReport
from leadlight.pipelines.workspace.console import build_table
from leadlight.serving.reasons import Reason, parse_reasons, select_top_reasons
from leadlight.serving.scoring_run import PresentationContext, parse_context
from leadlight.serving.text import labels, reason_text, rounding
from leadlight.serving.text.chance import explain_ranks, find_age_group, format_chance
from leadlight.serving.text.formatting import format_signed
from leadlight.serving.waterfall import round_points

__all__ = ["render_queue"]


#: longer ids stand below the table, whole and in one piece: a column of their width leaves no room for reasons
MAX_ID = 12


def render_queue(report: ScoringRunReport, language: str, rows: int = 10, with_names: bool = False) -> Group:
    """Return the best leads of a night as a table, with long ids below it.

    Parameters
    ----------
    report : ScoringRunReport
    language : str
    rows : int
        Number of leads.
    with_names : bool
        Whether to show what people call the leads, which belongs on no log.
    """
    words = parse_context(report.words)
    titles = {lead.lead_id: lead.title for lead in report.display} if with_names else {}
    title = "Top of the queue" + (" (simulated CRM)" if words.simulated else "")
    table = build_table(title)
    table.add_column("#", justify="right")
    table.add_column("lead", overflow="fold", max_width=24 if titles else MAX_ID)
    table.add_column("score", justify="right", style="bold", no_wrap=True)
    table.add_column("stage", no_wrap=True)
    table.add_column("grade", no_wrap=True)
    table.add_column("chance", justify="right", max_width=14)
    table.add_column("strongest reasons (points)")
    shown = report.scored.assign(rank=report.scored["probability"].rank(method="min", ascending=False)).head(rows)
    groups, long = [], {}
    for place, lead in enumerate(shown.to_dict("records"), start=1):
        reasons = parse_reasons(lead["reasons"])
        groups.append(group := find_age_group(reasons, words))
        if len(lead_id := str(lead["lead_id"])) > MAX_ID:
            long[place] = lead_id
        table.add_row(
            str(place),
            _format_lead(lead_id, titles),
            str(rounding.display_score(lead["score"])),
            _format_stage(lead, language),
            lead["fit_grade"] + lead["engagement_grade"],
            format_chance(group, lead["probability"], (lead["rank"], len(report.scored)), words, language),
            _build_reasons(lead, reasons, words, language),
        )
    table.caption = " ".join(explain_ranks(groups, words, language)) or None
    ids = Table.grid(padding=(0, 1, 0, 0))
    ids.add_column(justify="right")
    ids.add_column(overflow="fold")
    for place, lead_id in long.items():
        ids.add_row(str(place), escape(lead_id))
    return Group(table, ids) if long else Group(table)


def _format_lead(lead_id: str, titles: Mapping[str, str]) -> str:
    title = titles.get(lead_id, lead_id)
    shown = escape(lead_id) if len(lead_id) <= MAX_ID else ""
    return shown if title == lead_id else f"{escape(title)}\n[dim]{shown}[/dim]".rstrip()


def _format_stage(lead: Mapping[Hashable, Any], language: str) -> str:
    stage = labels.label_stage(lead["stage"], language)
    held = lead["held_back"]
    return stage if pd.isna(held) else f"{stage}\n({labels.label_held_back(held, language)})"


def _build_reasons(
    lead: Mapping[Hashable, Any], reasons: Sequence[Reason], words: PresentationContext, language: str
) -> Table:
    printed = round_points(lead["base_score"], reasons, lead["score"]).points
    grid = Table.grid(padding=(0, 1, 0, 0))  # of its own, so that a long phrase wraps beside its points
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column()
    for reason in select_top_reasons(reasons, 3):
        grid.add_row(format_signed(printed[reason.topic]), escape(reason_text.format_phrase(reason, words, language)))
    return grid
