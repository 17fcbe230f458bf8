"""A watch as one page that needs no network."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from leadlight.pipelines.reporting.rendering import template
from leadlight.pipelines.reports.monitoring.charts import drift_chart, outcome_chart, score_chart
from leadlight.pipelines.reports.monitoring.findings import FINE, percent, plain

__all__ = ["page"]

#: topics that are drawn, and that are listed; the others stand in watch.json
MOST_DRAWN, MOST_LISTED = 12, 40
FIGURES = {
    "wins": ("Wins", "{:,.0f}"),
    "log_loss": ("Log loss", "{:.4f}"),
    "brier": ("Brier score", "{:.4f}"),
    "auc": ("AUC", "{:.2f}"),
    "lift_at_10_percent": ("Lift of the best tenth", "{:.1f}"),
    "precision_marketing_qualified": ("Precision at MQL", "{:.1%}"),
    "precision_sales_qualified": ("Precision at SQL", "{:.1%}"),
}


def page(report: dict[str, Any]) -> str:
    """Render the report of :func:`leadlight.pipelines.reports.monitoring.watch.examine` as HTML.

    Parameters
    ----------
    report : dict
        The report.
    """
    moved = _by_topic(report["features"])
    limits, scores = report["limits"], report["scores"]
    charts = {
        "drift": drift_chart(moved[:MOST_DRAWN], limits["look"], limits["act"]),
        "scores": score_chart(scores["before"], scores["now"]) if scores["before"] else None,
        "outcomes": outcome_chart(report["outcomes"]["nights"]),
    }
    # the renderer of the pictures escapes the text in them
    pictures = {name: Markup(svg) if svg else None for name, svg in charts.items()}
    return template(Path(__file__).parent, {"percent": percent, "plain": plain}).render(
        report=report,
        pictures=pictures,
        moved=moved[:MOST_LISTED],
        expected=[_told(row) for row in report["expected"]],
    )


def _by_topic(features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep of each topic the feature that moved most; what is to be looked at first."""
    ranked = sorted(features, key=lambda m: (m["level"] == FINE, -m["beyond"], -m["psi"]))
    first: dict[str, dict[str, Any]] = {}
    for row in ranked:
        first.setdefault(row["topic"], row)
    return list(first.values())


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """Write the figures of a row, each in its own manner; a dash for what has no meaning."""
    name, form = FIGURES[row["figure"]]

    def write(value: float | None) -> str:
        return "–" if value is None else form.format(value).replace("%", " %")

    chosen = row.get("chosen")
    return {
        "name": name,
        "value": write(row["value"]),
        "interval": f"{write(row['low'])} to {write(row['high'])}" if row["value"] is not None else "–",
        "reference": write(row["reference"]),
        "chosen": f"{write(chosen[0])} ({write(chosen[1])} to {write(chosen[2])})" if chosen else "",
    }
