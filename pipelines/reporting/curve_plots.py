"""Evaluation curves as one PNG."""

from pathlib import Path

import altair as alt
import pandas as pd

from leadlight.pipelines.reporting.theme import BLUE, GREY
from leadlight.pipelines.workspace.workdir import write_atomically

__all__ = ["plot_curves"]

SIDE = 260


def plot_curves(curves: dict[str, pd.DataFrame], title: str, path: Path) -> None:
    """Plot the curves of :func:`leadlight.models.metrics.curves.compute_curves` into a PNG."""
    top = float(curves["reliability"][["expected", "actual"]].max().max()) * 1.05
    roc = _panel(curves["roc"], ("false_positive_rate", "true_positive_rate"), "ROC", (0, 1))
    recall = _panel(curves["precision_recall"], ("recall", "precision"), "Precision and recall", None)
    reliable = _panel(curves["reliability"], ("expected", "actual"), "Expected and actual rate of wins", (0, top))
    gains = _panel(curves["gains"], ("share_of_leads", "share_of_wins"), "Gains", (0, 1))
    chart = alt.vconcat(roc | recall, reliable | gains).properties(title=title)
    chart = chart.configure_view(stroke=None).configure_title(anchor="start", fontSize=15, offset=12)
    with write_atomically(path) as temporary:
        chart.save(str(temporary), format="png", scale_factor=2)


def _panel(
    data: pd.DataFrame, axes: tuple[str, str], title: str, diagonal: tuple[float, float] | None
) -> alt.LayerChart:
    x, y = axes
    scale = alt.Scale(domain=diagonal, nice=False) if diagonal else alt.Scale(domain=(0, 1))
    line = (
        alt.Chart(data)
        .mark_line(color=BLUE, strokeWidth=2, point=alt.OverlayMarkDef(color=BLUE) if x == "expected" else False)
        .encode(
            alt.X(x, type="quantitative", title=x.replace("_", " "), scale=scale),
            alt.Y(y, type="quantitative", title=y.replace("_", " "), scale=scale),
        )
    )
    layers = [line]
    if diagonal:
        ends = pd.DataFrame({x: diagonal, y: diagonal})
        layers.insert(0, alt.Chart(ends).mark_line(color=GREY, strokeDash=[4, 4]).encode(x=f"{x}:Q", y=f"{y}:Q"))
    return alt.layer(*layers).properties(title=title, width=SIDE, height=SIDE)
