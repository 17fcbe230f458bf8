"""Chart of a topic: lift of each range with its interval and counts."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from leadlight.pipelines.reporting.rendering import render_svg, truncate_labels
from leadlight.pipelines.reporting.theme import GREEN, GREY, INK, RED

__all__ = ["plot_lift"]

COLOURS = {1: GREEN, 0: GREY, -1: RED}
WIDTH, ROW, LONGEST = 150, 30, 24
#: lifts that the axis ends at the latest
LIFT_RANGE = (0.05, 20.0)


def plot_lift(ranges: Sequence[Mapping[str, Any]], called: str) -> str:
    """Plot the lift of each range with its 95 % interval.

    Parameters
    ----------
    ranges : sequence of mapping
        Of one topic, see :class:`leadlight.pipelines.reports.persona.lift.RangeLift`.
    called : str
        Label of the comparison group.
    """
    low = max(LIFT_RANGE[0], min(0.5, *(row["low"] for row in ranges)))
    high = min(LIFT_RANGE[1], max(2.0, *(row["high"] for row in ranges)))
    scale = alt.Scale(type="log", domain=(low, high), nice=False, clamp=True)
    names = truncate_labels((row["name"] for row in ranges), LONGEST)
    rows = pd.DataFrame(
        {
            "name": names,
            "lift": [min(max(row["lift"], low), high) for row in ranges],
            "low": [min(max(row["low"], low), high) for row in ranges],
            "high": [min(max(row["high"], low), high) for row in ranges],
            "parts": [str(row["parts"]) for row in ranges],
            "counts": [f"{row['won']:,} won, {row['lost']:,} {called}" for row in ranges],
        }
    )
    sides = alt.Scale(domain=[str(side) for side in COLOURS], range=[*COLOURS.values()])
    colour = alt.Color("parts:N", scale=sides, legend=None)
    ticks = [tick for tick in (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 10, 20) if low <= tick <= high]
    axis = alt.Axis(values=ticks, format="~g", grid=True)
    down = alt.Y("name:N", title=None, sort=names, axis=alt.Axis(labelLimit=170, ticks=False, domain=False))
    base = alt.Chart(rows).encode(down)
    x = alt.X("low:Q", title="times the average win rate", scale=scale, axis=axis)
    spans = base.mark_rule(strokeWidth=3, opacity=0.55).encode(x, alt.X2("high:Q"), colour)
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(alt.X("lift:Q", scale=scale), colour)
    words = base.mark_text(align="left", dx=8).encode(x=alt.value(WIDTH), text="counts:N")
    one = alt.Chart(pd.DataFrame({"one": [1.0]})).mark_rule(color=INK, strokeDash=[4, 3])
    line = one.encode(alt.X("one:Q", scale=scale))
    drawn = alt.layer(line, spans, dots, words)
    return render_svg(drawn.properties(width=WIDTH, height=len(names) * ROW))
