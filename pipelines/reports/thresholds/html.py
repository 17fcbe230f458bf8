"""The report as one page that needs no network."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from leadlight.pipelines.reporting.rendering import load_template
from leadlight.pipelines.reports.thresholds.charts import replay_chart, score_chart
from leadlight.pipelines.reports.thresholds.text import (
    SHORT,
    TEAMS,
    UNCALIBRATED,
    format_interval,
    format_number,
    format_percent,
    format_percent_interval,
)

__all__ = ["build_comparison_rows", "render_html"]

WIDE, NARROW = 780, 290
#: every so many scores a row of the table
STEP = 5
#: rows of the comparison: figure, its name, how it is written
ROWS = (
    ("precision", "of those above, won in {days} days", format_percent_interval),
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


def render_html(report: dict[str, Any]) -> str:
    """Render the report of :func:`leadlight.pipelines.reports.thresholds.report.examine` as HTML.

    Parameters
    ----------
    report : dict
        The report.
    """
    # the renderer of the pictures escapes the text in them
    pictures = {f"scores_{size}": Markup(score_chart(report, size)) for size in (WIDE, NARROW)}
    if report["replay"]:
        pictures |= {name: Markup(replay_chart(report["replay"], name)) for name in SHORT}
    shown = [row for row in report["scores"] if row["score"] % STEP == 0]
    return load_template(
        Path(__file__).parent,
        {
            "percent": format_percent,
            "plain": format_number,
            "span": format_interval,
            "span_percent": format_percent_interval,
        },
    ).render(
        report=report,
        pictures=pictures,
        comparison=build_comparison_rows(report),
        rows=shown,
        short=SHORT,
        uncalibrated=UNCALIBRATED if report["calibrated"] is False else "",
        wide=f"scores_{WIDE}",
        narrow=f"scores_{NARROW}",
    )


def build_comparison_rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Lay out each threshold as it stands beside the proposed one.

    Parameters
    ----------
    report : dict
        See :func:`leadlight.pipelines.reports.thresholds.report.examine`.

    Returns
    -------
    list of dict
        For each threshold: short, team, ``columns`` (names of them) and ``rows`` (name, then one text for
        each column); what cannot be told of any column is left out.
    """
    sides = ["standing", *(["proposed"] if report["proposed"] else [])]
    tables = []
    for name, short in SHORT.items():
        thresholds = [report[side][name] for side in sides]
        rows = [
            ("sentence", [t["sentence"] for t in thresholds]),
            ("from a chance of", [format_percent(t["probability"]) for t in thresholds]),
            ("score today", [f"{t['score']:.3g}" for t in thresholds]),
            ("leads it was judged on", [f"{t['leads']:,}" for t in thresholds]),
        ]
        days = report["window"]["horizon_days"]
        rows += [
            (said.format(days=days), [form(t[figure]) for t in thresholds])
            for figure, said, form in ROWS
            if any(t[figure] for t in thresholds)
        ]
        rows += _replayed(report, name, sides)
        tables.append({"short": short, "team": TEAMS[name], "columns": sides, "rows": rows})
    return tables


def _replayed(report: dict[str, Any], name: str, sides: list[str]) -> list[tuple[str, list[str]]]:
    if report["replay"] is None:
        return []
    found = [report["replay"][side][name] for side in sides]
    rows = []
    for key, said in REPLAYED:
        told = [f[key] for f in found]
        cells = [
            format_percent_interval(v) if isinstance(v, list) else "–" if v is None else format_number(v)
            for v in told
        ]
        rows.append((said, cells))
    return rows
