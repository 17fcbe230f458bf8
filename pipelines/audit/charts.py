"""Charts of the audit."""

from typing import Any

import altair as alt
import pandas as pd

from leadlight.pipelines.reporting.rendering import render_svg, truncate_labels
from leadlight.pipelines.reporting.theme import AMBER, BLUE, LIGHT_GREY, RED

__all__ = ["plot_missingness", "plot_months", "plot_predictive_power"]

LEAK, SUSPECT, CLEAN = RED, AMBER, BLUE
WIDTH, ROW, MAX_ROWS, LONGEST = 280, 22, 24, 34


def plot_predictive_power(columns: list[dict[str, Any]]) -> str | None:
    """Plot the predictive power of each column alone, leaks marked; None without data."""
    measured = [c for c in columns if c["gain"] is not None]
    if not measured:
        return None
    measured.sort(key=lambda c: (c["verdict"] != "leak", -c["gain"]))
    shown = sorted(measured[:MAX_ROWS], key=lambda c: -c["gain"])
    rows = pd.DataFrame(
        {
            "column": _names(shown),
            "gain": [max(c["gain"], 0.0) for c in shown],
            "verdict": [c["verdict"] for c in shown],
            "mark": ["" if c["verdict"] == "clean" else c["verdict"] for c in shown],
        }
    )
    base = alt.Chart(rows).encode(_down("column", shown))
    scale = alt.Scale(domain=["leak", "suspect", "clean"], range=[LEAK, SUSPECT, CLEAN])
    top = max(0.1, float(rows["gain"].max()) * 1.15)
    bars = base.mark_bar(height=12).encode(
        alt.X(
            "gain:Q",
            title="share of the log loss that the column saves on its own",
            axis=alt.Axis(format="%", tickCount=5),
            scale=alt.Scale(domain=(0, top), nice=False),
        ),
        alt.Color("verdict:N", scale=scale, legend=None),
    )
    marks = base.mark_text(align="left", dx=4).encode(
        x="gain:Q", text="mark:N", color=alt.Color("verdict:N", scale=scale, legend=None)
    )
    return _svg(alt.layer(bars, marks), len(shown) * ROW)


def plot_missingness(columns: list[dict[str, Any]]) -> str | None:
    """Plot the share of missing values and placeholders by column; None if there are none."""
    lacking = []
    for column in columns:
        hidden = sum(p["share"] for p in column["placeholders"])
        if column["table"] == "leads" and column["missing_share"] + hidden > 0:
            lacking.append((column["column"], column["missing_share"], hidden))
    if not lacking:
        return None
    lacking.sort(key=lambda entry: -(entry[1] + entry[2]))
    shown = [{"column": name} for name, _, _ in lacking[:MAX_ROWS]]
    names = _names(shown)
    kinds = ("missing", "looks missing")
    rows = pd.DataFrame(
        [
            {"column": name, "kind": kind, "share": share, "order": place}
            for name, entry in zip(names, lacking, strict=False)
            for place, (kind, share) in enumerate(zip(kinds, entry[1:], strict=True))
        ]
    )
    bars = (
        alt.Chart(rows)
        .mark_bar(height=12)
        .encode(
            _down("column", shown),
            alt.X(
                "share:Q",
                title="share of the leads without a value",
                axis=alt.Axis(format="%", tickCount=5),
                scale=alt.Scale(domain=(0, 1)),
            ),
            alt.Color(
                "kind:N",
                scale=alt.Scale(domain=list(kinds), range=[LIGHT_GREY, SUSPECT]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            order="order:Q",
        )
    )
    return _svg(bars, len(shown) * ROW)


def plot_months(months: list[dict[str, Any]], truncated_until: str | None) -> str | None:
    """Plot leads and wins by month, with the end of left truncation."""
    if len(months) < 2:
        return None
    rows = pd.DataFrame(months).assign(month=lambda frame: pd.to_datetime(frame["month"]))
    x = alt.X("month:T", title=None, axis=alt.Axis(format="%b %Y", labelAngle=-40, tickCount=8))
    panels = []
    for name, title, colour in (("leads", "leads created", LIGHT_GREY), ("wins", "wins recorded", CLEAN)):
        line = alt.Chart(rows).mark_line(color=colour, strokeWidth=2.5, point={"color": colour, "size": 22})
        layers: list[Any] = [line.encode(x, alt.Y(f"{name}:Q", title=title, axis=alt.Axis(tickCount=4)))]
        if truncated_until:
            mark = alt.Chart(pd.DataFrame({"month": [pd.Timestamp(truncated_until)], "text": ["no win before this"]}))
            layers.append(mark.mark_rule(color=LEAK, strokeDash=[5, 4], strokeWidth=1.5).encode(x="month:T"))
            if name == "wins":
                text = mark.mark_text(color=LEAK, align="right", dx=-6, y=8)
                layers.append(text.encode(x="month:T", text="text:N"))
        panels.append(alt.layer(*layers).properties(width=WIDTH + 120, height=110))
    return render_svg(alt.vconcat(*panels, spacing=14))


def _down(field: str, shown: list[dict[str, Any]]) -> alt.Y:
    names = _names(shown)
    return alt.Y(f"{field}:N", title=None, sort=names, axis=alt.Axis(labelLimit=260, ticks=False, domain=False))


def _names(shown: list[dict[str, Any]]) -> list[str]:
    return truncate_labels((str(column["column"]) for column in shown), LONGEST)


def _svg(chart: Any, height: int) -> str:
    return render_svg(chart.properties(width=WIDTH, height=max(height, 60)))
