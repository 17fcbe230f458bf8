"""Charts of the model card."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from leadlight.pipelines.reporting.rendering import render_svg, truncate_labels
from leadlight.pipelines.reporting.theme import BLUE, GREEN, GREY

__all__ = ["plot_calibration", "plot_topics"]

GROUPS = {"fit": GREEN, "engagement": BLUE}
SIDE, ROW, LONGEST = 290, 38, 44


def plot_calibration(bins: Sequence[dict[str, Any]]) -> str:
    """Plot actual against expected win rate by bin, with 95 % intervals."""
    rows = pd.DataFrame(list(bins))[["expected_rate", "actual_rate", "low", "high"]]
    top = min(1.0, 1.05 * float(rows[["expected_rate", "high"]].max().max()))
    scale = alt.Scale(domain=(0, top), nice=False, clamp=True)
    axis = alt.Axis(format=".0%" if top > 0.1 else ".1%", tickCount=5)
    diagonal = pd.DataFrame({"expected_rate": [0.0, top], "actual_rate": [0.0, top]})
    x = alt.X("expected_rate:Q", title="expected win rate", scale=scale, axis=axis)
    y = alt.Y("actual_rate:Q", title="actual win rate", scale=scale, axis=axis)
    line = alt.Chart(diagonal).mark_line(color=GREY, strokeDash=[5, 4], strokeWidth=1.5).encode(x, y)
    base = alt.Chart(rows)
    spans = base.mark_rule(color=BLUE, strokeWidth=2.5, opacity=0.45).encode(
        x, alt.Y("low:Q", scale=scale), y2="high:Q"
    )
    points = base.mark_point(color=BLUE, filled=True, size=60, opacity=1).encode(x, y)
    return render_svg(alt.layer(line, spans, points).properties(width=SIDE - 20, height=SIDE - 20))


def plot_topics(topics: Sequence[dict[str, Any]]) -> str | None:
    """Plot mean absolute points by topic; None without topics."""
    if not topics:
        return None
    rows = pd.DataFrame(
        {
            "place": [f"{place:02d}" for place in range(len(topics))],
            "name": truncate_labels((f"{topic['label']} ({topic['group']})" for topic in topics), LONGEST),
            "group": [topic["group"] for topic in topics],
            "points": [topic["mean_points"] for topic in topics],
            "text": [f"{topic['mean_points']:.1f}" for topic in topics],
        }
    )
    top = 1.15 * float(rows["points"].max())
    colour = alt.Color("group:N", scale=alt.Scale(domain=list(GROUPS), range=[*GROUPS.values()]), legend=None)
    x = alt.X("points:Q", title="mean absolute points", axis=alt.Axis(tickCount=5, orient="bottom"),
              scale=alt.Scale(domain=(0, top), nice=False))  # fmt: skip
    base = alt.Chart(rows).encode(alt.Y("place:N", title=None, axis=None))
    bars = base.mark_bar(height=12, yOffset=9).encode(x, colour)
    values = base.mark_text(align="left", dx=4, dy=10).encode(x, text="text:N")
    names = base.mark_text(align="left", dx=1, dy=-6, fontSize=13).encode(x=alt.value(0), text="name:N")
    return render_svg(alt.layer(bars, values, names).properties(width=SIDE, height=len(topics) * ROW))
