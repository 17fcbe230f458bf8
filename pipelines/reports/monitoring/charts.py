"""Charts of the monitoring report."""

from typing import Any

import altair as alt
import pandas as pd

from leadlight.pipelines.reporting.rendering import render_svg, truncate_labels
from leadlight.pipelines.reporting.theme import AMBER, BLUE, INK, LIGHT_GREY, RED
from leadlight.pipelines.reports.monitoring.findings import CRITICAL, OK, WARNING

__all__ = ["plot_drift", "plot_outcomes", "plot_scores"]

COLOURS = {CRITICAL: RED, WARNING: AMBER, OK: BLUE}
WIDTH, ROW, LONGEST = 300, 24, 46


def plot_drift(features: list[dict[str, Any]], look: float, act: float) -> str | None:
    """Plot drift by feature, in the given order; None without features."""
    if not features:
        return None
    names = truncate_labels((row["name"] for row in features), LONGEST)
    rows = pd.DataFrame(
        {
            "name": names,
            "beyond": [row["beyond"] for row in features],
            "level": [row["level"] for row in features],
            "mark": ["" if row["level"] == OK else row["level"] for row in features],
        }
    )
    colour = alt.Color("level:N", scale=alt.Scale(domain=list(COLOURS), range=[*COLOURS.values()]), legend=None)
    top = max(act * 1.2, float(rows["beyond"].max()) * 1.15)
    base = alt.Chart(rows).encode(_down(names))
    x = alt.X("beyond:Q", title="stability index beyond chance and what is usual",
              scale=alt.Scale(domain=(0, top), nice=False), axis=alt.Axis(tickCount=5))  # fmt: skip
    bars = base.mark_bar(height=12).encode(x, colour)
    marks = base.mark_text(align="left", dx=4).encode(x="beyond:Q", text="mark:N", color=colour)
    limits = pd.DataFrame({"at": [look, act], "level": [WARNING, CRITICAL]})
    rules = alt.Chart(limits).mark_rule(strokeDash=[4, 3], strokeWidth=1.5).encode(x="at:Q", color=colour)
    return render_svg(alt.layer(bars, rules, marks).properties(width=WIDTH, height=len(names) * ROW))


def plot_scores(before: dict[str, Any], now: list[int]) -> str:
    """Plot the score distribution at the training cut-off and in the run."""
    then = [int(n) for n in before["counts"][:-1]]
    middles = [2.5 + 5 * place for place in range(len(now))]
    rows = pd.concat(
        pd.DataFrame({"score": middles, "share": [n / max(1, sum(counts)) for n in counts], "when": when})
        for when, counts in (("training cut-off", then), ("this night", now))
    )
    line = (
        alt.Chart(rows)
        .mark_line(interpolate="step", strokeWidth=2.5)
        .encode(
            alt.X("score:Q", title="score", scale=alt.Scale(domain=(0, 100)), axis=alt.Axis(tickCount=5)),
            alt.Y("share:Q", title="share of open leads", axis=alt.Axis(format="%", tickCount=4)),
            alt.Color(
                "when:N",
                scale=alt.Scale(domain=["training cut-off", "this night"], range=[LIGHT_GREY, BLUE]),
                legend=alt.Legend(title=None, orient="top", labelFontSize=13, symbolStrokeWidth=3),
            ),
        )
    )
    bars = alt.Chart(pd.DataFrame({"bar": [50, 80], "text": ["MQL", "SQL"]}))
    rules = bars.mark_rule(color=INK, strokeDash=[4, 3]).encode(x="bar:Q")
    labels = bars.mark_text(align="left", dx=4, y=8).encode(x="bar:Q", text="text:N")
    return render_svg(alt.layer(rules, line, labels).properties(width=WIDTH + 120, height=170))


def plot_outcomes(nights: list[dict[str, Any]]) -> str | None:
    """Plot actual over expected wins of matured runs with 95 % intervals."""
    if not nights:
        return None
    rows = pd.DataFrame(
        {
            "night": [night["as_of"][:10] for night in nights],
            "times": [night["actual"] / night["expected"] for night in nights],
            "low": [night["ratio"][0] for night in nights],
            "high": [night["ratio"][1] for night in nights],
            "text": [f"{night['actual']:,} won, {night['expected']:,.0f} expected" for night in nights],
        }
    )
    top = max(2.0, float(rows["high"].max()) * 1.1)
    scale = alt.Scale(domain=(0, top), nice=False)
    base = alt.Chart(rows).encode(_down(sorted(rows["night"], reverse=True), "night"))
    title = "actual over expected wins, with the 95 % interval"
    span = base.mark_rule(strokeWidth=3, color=LIGHT_GREY).encode(
        alt.X("low:Q", title=title, scale=scale, axis=alt.Axis(tickCount=5)), x2="high:Q"
    )
    point = base.mark_point(filled=True, size=90, color=BLUE, opacity=1).encode(x="times:Q")
    labels = base.mark_text(dy=-14).encode(x="times:Q", text="text:N")
    one = alt.Chart(pd.DataFrame({"one": [1.0]})).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="one:Q")
    return render_svg(alt.layer(one, span, point, labels).properties(width=WIDTH + 40, height=len(rows) * 52))


def _down(names: list[str], field: str = "name") -> alt.Y:
    axis = alt.Axis(labelLimit=330, ticks=False, domain=False)
    return alt.Y(f"{field}:N", title=None, sort=names, axis=axis)
