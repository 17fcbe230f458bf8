"""The thresholds report as one HTML page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from leadlight.models.scoring.thresholds import SHORT_NAMES
from leadlight.pipelines.reporting.formatting import (
    format_interval,
    format_number,
    format_percent_interval,
    format_percent_scaled,
)
from leadlight.pipelines.reporting.rendering import render_page
from leadlight.pipelines.reports.thresholds.charts import plot_replay, plot_scores
from leadlight.pipelines.reports.thresholds.text import TEAMS, UNCALIBRATED
from leadlight.pipelines.workspace.agreement import describe_agreement
from leadlight.pipelines.workspace.time_words import describe_horizon

__all__ = ["build_comparison_rows", "render_html"]

WIDE, NARROW = 780, 290
#: scores between two rows of the table
STEP = 5
#: rows of the comparison: metric, label, format
ROWS = (
    ("precision", "of those above, won{within}", format_percent_interval),
    ("recall", "of all wins, stood above", format_percent_interval),
    ("lift", "times the average win rate", format_interval),
    ("standing", "open leads above at once", format_interval),
    ("standing_share", "share of the open leads", format_percent_interval),
    ("entering_per_week", "new above a week", format_interval),
    ("wins_per_week", "wins among them a week", format_interval),
    ("hours_per_week", "hours a week for them", format_interval),
    ("value_per_week", "value a week", format_interval),
)
REPLAYED = (
    ("entering_per_week", "replay: new above a week"),
    ("leaving_per_week", "replay: falling below a week"),
    ("flaps", "replay: back and forth, in all"),
    ("flaps_without", "replay: without hysteresis"),
    ("precision", "replay: of those above, won"),
    ("won_of_entered", "replay: of those new above, won"),
)


FILTERS: dict[str, Callable[..., str]] = {
    "percent": format_percent_scaled,
    "number": format_number,
    "interval": format_interval,
    "percent_interval": format_percent_interval,
}


def render_html(report: dict[str, Any]) -> str:
    """Render the report of :func:`leadlight.pipelines.reports.thresholds.report.build_report` as HTML."""
    charts = {f"scores_{size}": plot_scores(report, size) for size in (WIDE, NARROW)}
    if report["replay"]:
        charts |= {name: plot_replay(report["replay"], name) for name in SHORT_NAMES}
    context = {
        "report": report,
        "agreement": describe_agreement(report["agreed"], policy_agreed=report["policy_agreed"]),
        "charts": charts,
        "comparison": build_comparison_rows(report),
        "rows": [row for row in report["scores"] if row["score"] % STEP == 0],
        "short": SHORT_NAMES,
        "uncalibrated": UNCALIBRATED.get(report["calibration"], ""),
        "wide": f"scores_{WIDE}",
        "narrow": f"scores_{NARROW}",
    }
    return render_page(Path(__file__).parent, context, FILTERS)


def build_comparison_rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Tabulate each current threshold beside the proposed one.

    Parameters
    ----------
    report : dict
        See :func:`leadlight.pipelines.reports.thresholds.report.build_report`.

    Returns
    -------
    list of dict
        For each threshold: short, team, ``columns`` (names of them) and ``rows`` (name, then one text for
        each column); rows without any value are omitted.
    """
    sides = ["standing", *(["proposed"] if report["proposed"] else [])]
    tables = []
    for name, short in SHORT_NAMES.items():
        thresholds = [report[side][name] for side in sides]
        rows = [
            ("sentence", [t["sentence"] for t in thresholds]),
            ("from a chance of", [format_percent_scaled(t["probability"]) for t in thresholds]),
            ("score today", [f"{t['score']:.3g}" for t in thresholds]),
            ("leads it was judged on", [f"{t['leads']:,}" for t in thresholds]),
        ]
        within = describe_horizon(report["window"]["horizon_days"])
        rows += [
            (label.format(within=within), [form(t[figure]) for t in thresholds])
            for figure, label, form in ROWS
            if any(t[figure] for t in thresholds)
        ]
        rows += _replayed(report, name, sides)
        tables.append({"short": short, "team": TEAMS[name], "columns": sides, "rows": rows})
    return tables


def _replayed(report: dict[str, Any], name: str, sides: list[str]) -> list[tuple[str, list[str]]]:
    if report["replay"] is None:
        return []
    replays = [report["replay"][side][name] for side in sides]
    rows = []
    for key, label in REPLAYED:
        values = [f[key] for f in replays]
        cells = [
            format_percent_interval(v) if isinstance(v, list) else "–" if v is None else format_number(v)
            for v in values
        ]
        rows.append((label, cells))
    return rows
