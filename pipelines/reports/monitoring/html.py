"""A watch as one page that needs no network."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from leadlight.pipelines.reporting.rendering import load_template
from leadlight.pipelines.reports.monitoring.charts import plot_drift, plot_outcomes, score_chart
from leadlight.pipelines.reports.monitoring.findings import OK, format_number, format_percent

__all__ = ["render_html"]

#: topics that are drawn, and that are listed; the others stand in watch.json
MAX_DRAWN, MAX_LISTED = 12, 40
FIGURES = {
    "wins": ("Wins", "{:,.0f}"),
    "log_loss": ("Log loss", "{:.4f}"),
    "brier": ("Brier score", "{:.4f}"),
    "auc": ("AUC", "{:.2f}"),
    "lift_at_10_percent": ("Lift of the best tenth", "{:.1f}"),
    "precision_marketing_qualified": ("Precision at MQL", "{:.1%}"),
    "precision_sales_qualified": ("Precision at SQL", "{:.1%}"),
}


def render_html(report: dict[str, Any]) -> str:
    """Render the report of :func:`leadlight.pipelines.reports.monitoring.watch.run_checks` as HTML.

    Parameters
    ----------
    report : dict
        The report.
    """
    moved = _by_topic(report["features"])
    limits, scores = report["limits"], report["scores"]
    charts = {
        "drift": plot_drift(moved[:MAX_DRAWN], limits["look"], limits["act"]),
        "scores": score_chart(scores["before"], scores["now"]) if scores["before"] else None,
        "outcomes": plot_outcomes(report["outcomes"]["nights"]),
    }
    # the renderer of the pictures escapes the text in them
    pictures = {name: Markup(svg) if svg else None for name, svg in charts.items()}
    return load_template(Path(__file__).parent, {"percent": format_percent, "plain": format_number}).render(
        report=report,
        pictures=pictures,
        moved=moved[:MAX_LISTED],
        expected=[_told(row) for row in report["expected"]],
    )


def _by_topic(features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep of each topic the feature that moved most; what is to be looked at first."""
    ranked = sorted(features, key=lambda m: (m["level"] == OK, -m["beyond"], -m["psi"]))
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
