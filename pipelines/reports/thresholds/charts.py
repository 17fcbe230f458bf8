"""Charts of the thresholds report."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from leadlight.models.scoring.thresholds import SHORT_NAMES
from leadlight.pipelines.reporting.formatting import format_number, format_percent_scaled
from leadlight.pipelines.reporting.rendering import render_svg
from leadlight.pipelines.reporting.theme import BLUE, DARK_GREY, GREY, INK, LIGHT_GREY, VIOLET

__all__ = ["plot_replay", "plot_scores"]

PRECISION, RECALL, PROPOSED = BLUE, "#1c7d4d", VIOLET
TITLES = {
    "standing": "standing above",
    "entering": "new a week",
    "leaving": "falling below a week",
    "flaps": "back and forth within 4 weeks",
}


def plot_scores(report: Mapping[str, Any], width: int) -> str:
    """Plot precision and recall by score with 95 % intervals, and the weekly volume below.

    Parameters
    ----------
    report : mapping
        See :func:`leadlight.pipelines.reports.thresholds.report.build_report`.
    width : int
        Pixels of the plotting area.
    """
    marks = _marks(report)
    rates = alt.layer(
        _rules(marks), *_band(report, "recall", RECALL), *_band(report, "precision", PRECISION),
        *_label_lines(report, width), *_names(marks),
    ).properties(width=width, height=280)  # fmt: skip
    panels = [rates]
    weekly = _frame(report, "entering_per_week")
    if len(weekly):
        panels.append(_volume(weekly, marks).properties(width=width, height=110))
    chart = alt.vconcat(*panels, spacing=14).resolve_scale(x="shared", color="independent")
    return render_svg(chart)


def _x(title: str | None = None) -> alt.X:
    axis = alt.Axis(values=list(range(0, 101, 20)), title=title, grid=False)
    return alt.X("score:Q", scale=alt.Scale(domain=(0, 100), nice=False), axis=axis)


def _frame(report: Mapping[str, Any], figure: str) -> pd.DataFrame:
    """Values of a metric by score, where enough leads are above."""
    rows = [row for row in report["scores"] if row[figure] is not None and row["believed"]]
    columns = {"score": [row["score"] for row in rows]}
    ends = {end: [row[figure][place] for row in rows] for place, end in enumerate(("value", "low", "high"))}
    return pd.DataFrame(columns | ends)


def _band(report: Mapping[str, Any], figure: str, colour: str) -> list[alt.Chart]:
    data = _frame(report, figure)
    y = alt.Y("low:Q", scale=alt.Scale(domain=(0, 1)), axis=alt.Axis(format="%", tickCount=5, title=None))
    band = alt.Chart(data).mark_area(color=colour, opacity=0.18).encode(_x(), y, y2="high:Q")
    line = alt.Chart(data).mark_line(color=colour, strokeWidth=2.5).encode(_x(), y="value:Q")
    return [band, line]


def _label_lines(report: Mapping[str, Any], width: int) -> list[alt.Chart]:
    """Label both lines with their values at the thresholds."""
    places = []
    for threshold in report["standing"].values():
        for figure, colour in (("precision", PRECISION), ("recall", RECALL)):
            if threshold[figure]:
                value = threshold[figure][0]
                text = f"{figure} {format_percent_scaled(value)}"
                places.append({"score": threshold["score"], "y": value, "text": text, "colour": colour})
    data = pd.DataFrame(places)
    if data.empty:
        return []
    base = alt.Chart(data).encode(_x(), y="y:Q", color=alt.Color("colour:N", scale=None))
    dots = base.mark_point(filled=True, size=55, opacity=1)
    words = []
    for colour, dy in ((PRECISION, 15), (RECALL, -9)):  # apart even where the two lines cross
        text = base.mark_text(align="left", dx=7, dy=dy, fontSize=13, fontWeight=600)
        words.append(text.encode(text="text:N").transform_filter(alt.datum.colour == colour))
    return [dots, *words]


def _marks(report: Mapping[str, Any]) -> pd.DataFrame:
    marks = [{"score": t["score"], "text": SHORT_NAMES[name], "colour": INK} for name, t in report["standing"].items()]
    for name, t in (report["proposed"] or {}).items():
        if t["sentence"] != report["standing"][name]["sentence"]:
            marks.append({"score": t["score"], "text": f"{SHORT_NAMES[name]} proposed", "colour": PROPOSED})
    return pd.DataFrame(marks).astype({"score": float})


def _rules(marks: pd.DataFrame) -> alt.Chart:
    colour = alt.Color("colour:N", scale=None)
    return alt.Chart(marks).mark_rule(strokeDash=[4, 3], strokeWidth=1.5).encode(_x(), color=colour)


def _names(marks: pd.DataFrame) -> list[alt.Chart]:
    """Label the rules above the panel; proposals one line higher against overlap."""
    named = []
    for (_, line), dy in zip(marks.iterrows(), (-9, -9, -25, -25), strict=False):
        base = alt.Chart(pd.DataFrame([line]))
        text = base.mark_text(dy=dy, fontSize=13, fontWeight=600)
        named.append(text.encode(_x(), y=alt.value(0), text="text:N", color=alt.Color("colour:N", scale=None)))
    return named


def _volume(data: pd.DataFrame, marks: pd.DataFrame) -> alt.LayerChart:
    scale = alt.Scale(nice=False, domain=(0, float(data["high"].max()) * 1.05))
    axis = alt.Axis(tickCount=4, title=None, format="~s")
    base = alt.Chart(data).encode(_x("score"))
    area = base.mark_area(color=GREY, opacity=0.45).encode(y=alt.Y("value:Q", scale=scale, axis=axis))
    line = base.mark_line(color=DARK_GREY, strokeWidth=1.5).encode(y=alt.Y("value:Q", scale=scale))
    at = data.astype({"score": float}).merge(marks, on="score").assign(text=lambda d: d["value"].map(format_number))
    words = alt.Chart(at).mark_text(align="left", dx=6, dy=-8, fontSize=13, fontWeight=600)
    labels = words.encode(_x("score"), y=alt.Y("value:Q", scale=scale), text="text:N")
    layers = alt.layer(area, line, _rules(marks).encode(_x("score")), labels)
    return layers.properties(title="new leads that rise to it or above, a week")


def plot_replay(replay: Mapping[str, Any], name: str, width: int = 400) -> str:
    """Plot the weekly volumes of one threshold as small multiples.

    Parameters
    ----------
    replay : mapping
        See :func:`leadlight.pipelines.reports.thresholds.report.build_report`.
    name : str
        The threshold.
    width : int
        Pixels of the plotting area.
    """
    rows = []
    for who, colour in (("standing", PRECISION), ("proposed", PROPOSED)):
        if replay[who] is None or (who == "proposed" and replay[who][name] == replay["standing"][name]):
            continue
        for place, week in enumerate(replay[who][name]["weeks"]):
            for key in TITLES:
                if place or key == "standing":
                    rows.append({"week": week["as_of"], "key": key, "leads": week[key], "colour": colour})
            if place and who == "standing":
                rows.append(
                    {"week": week["as_of"], "key": "flaps", "leads": week["flaps_without"], "colour": LIGHT_GREY}
                )
    data = pd.DataFrame(rows).assign(week=lambda d: pd.to_datetime(d["week"]))
    panels = [_weeks(data[data["key"] == key], title, width) for key, title in TITLES.items()]
    panels[-1] = panels[-1].encode(alt.X("week:T", title=None, axis=_months(True)))
    return render_svg(alt.vconcat(*panels, spacing=16).resolve_scale(color="independent", x="shared"))


def _months(labels: bool) -> alt.Axis:
    return alt.Axis(format="%b %Y" if labels else "", tickCount="month", labels=labels, grid=True, ticks=False)


def _weeks(data: pd.DataFrame, title: str, width: int) -> alt.Chart:
    top = max(1.0, float(data["leads"].max()) * 1.1)
    return (
        alt.Chart(data)
        .mark_line(strokeWidth=2)
        .encode(
            alt.X("week:T", title=None, axis=_months(False)),
            alt.Y("leads:Q", scale=alt.Scale(domain=(0, top)), axis=alt.Axis(tickCount=3, title=None)),
            alt.Color("colour:N", scale=None),
        )
        .properties(width=width, height=62, title=title)
    )
