"""Plots of the package shap as PNG files: beeswarm, bar, and one dependence plot for each strong topic."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Feature, slugify
from leadlight.models.scoring.explanation import list_topic_features
from leadlight.models.scoring.scorer import Scorer
from leadlight.pipelines.reporting.rendering import truncate_labels
from leadlight.pipelines.reporting.theme import BLUE, DARK_GREY, INK
from leadlight.pipelines.workspace.workdir import write_folder_atomically

__all__ = ["MAX_ROWS", "MAX_TOPICS", "ShapPlot", "write_shap_plots"]

#: rows that are explained and drawn
MAX_ROWS = 2000
#: topics drawn
MAX_TOPICS = 10
#: words of a dependence plot; rarer ones are drawn as one
MAX_WORDS = 12
MAX_LABEL = 34
POINTS = "points"
OTHER_WORDS = "(other words)"
DPI = 100
#: colours of a PNG file, which make it a third of its size
COLOURS = 64
#: quantile of a number beyond which a dependence plot is cut, so that a few rows do not squeeze the rest
CUT = "percentile(99.5)"


class ShapPlot(NamedTuple):
    """A plot as written.

    Parameters
    ----------
    kind : str
        ``beeswarm``, ``bar`` or ``dependence``.
    label : str
        Name of the topic of a dependence plot; empty for the others.
    path : Path
        The PNG file.
    """

    kind: str
    label: str
    path: Path

    def describe(self, folder: Path) -> dict[str, str]:
        """Return plain data for JSON; the file is named from a folder above it."""
        return {"kind": self.kind, "label": self.label, "file": self.path.relative_to(folder).as_posix()}


def write_shap_plots(scorer: Scorer, frame: pd.DataFrame, folder: Path, seed: int) -> list[ShapPlot]:
    """Explain a feature table by topic, in points, and draw it.

    Parameters
    ----------
    scorer : Scorer
        The scorer.
    frame : pd.DataFrame, shape (n, features)
        Feature table, such as that of the test window; a sample of at most :data:`MAX_ROWS` rows is drawn.
    folder : Path
        Folder of the PNG files, which is replaced.
    seed : int
        Seed of the sample and of the jitter of points.

    Returns
    -------
    list of ShapPlot
        Beeswarm and bar, then the topics by mean absolute points; topics without any points are left out.
    """
    rows = frame.sample(min(len(frame), MAX_ROWS), random_state=seed)
    explanation = scorer.explain(rows)
    explanation.feature_names = truncate_labels(explanation.feature_names, MAX_LABEL)
    topics = list_topic_features(scorer.catalogue)
    strength = np.abs(scorer.break_down(frame).points).mean(axis=0)
    strongest = [place for place in np.argsort(-strength, kind="stable")[:MAX_TOPICS] if strength[place] > 0]
    found = []
    with write_folder_atomically(folder) as fresh, _prepare_matplotlib(seed):
        for kind, draw in (("beeswarm", _draw_beeswarm), ("bar", _draw_bar)):
            draw(explanation, topics)
            _save(fresh / f"{kind}.png")
            found.append(ShapPlot(kind, "", folder / f"{kind}.png"))
        for rank, place in enumerate(strongest, start=1):
            topic, features = topics[place]
            name = f"dependence_{rank:02d}_{slugify(topic.key)}.png"
            _draw_dependence(explanation[:, int(place)], features)
            _save(fresh / name)
            found.append(ShapPlot("dependence", explanation.feature_names[place], folder / name))
    return found


@contextmanager
def _prepare_matplotlib(seed: int) -> Iterator[None]:
    """Draw without a screen, in the colours of all charts, with shap's jitter seeded; then restore all."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    backend, state, figures = mpl.get_backend(), np.random.get_state(), plt.get_fignums()
    plt.switch_backend("agg")
    np.random.seed(seed)  # shap draws its jitter from numpy's global generator
    colours = dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), INK)
    try:
        with mpl.rc_context({"font.size": 11, "savefig.dpi": DPI, **colours}), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # shap warns of matplotlib's deprecations and of topics of words alone
            yield
    finally:
        for number in set(plt.get_fignums()) - set(figures):
            plt.close(number)
        np.random.set_state(state)
        plt.switch_backend(backend)


def _draw_beeswarm(explanation: Any, topics: list[Any]) -> None:
    import matplotlib.pyplot as plt
    import shap

    plt.figure()  # shap would draw into one that the caller left open
    numbers = [all(feature.kind == "number" for feature in features) for _, features in topics]
    drawn = shap.Explanation(
        values=explanation.values,
        base_values=explanation.base_values,
        data=np.where(numbers, explanation.data, np.nan),  # codes of words have no order that a colour could show
        feature_names=explanation.feature_names,
    )
    ax = shap.plots.beeswarm(
        drawn, max_display=MAX_TOPICS, show=False, plot_size=(8.5, 5.2), group_remaining_features=False,
        color_bar_label="value of the topic (grey: words, or not known)",
    )  # fmt: skip
    _label(ax, POINTS)


def _draw_bar(explanation: Any, topics: list[Any]) -> None:
    import matplotlib.pyplot as plt
    import shap

    figure, ax = plt.subplots()
    shap.plots.bar(explanation, max_display=MAX_TOPICS + 1, show=False, ax=ax)
    figure.set_size_inches(8.5, 5.2)
    names = [label.get_text() for label in ax.get_yticklabels()]
    ax.set_yticks(ax.get_yticks(), [name.replace("other features", "other topics") for name in names])
    _label(ax, f"mean absolute {POINTS}")


def _draw_dependence(column: Any, features: list[Feature]) -> None:
    import matplotlib.pyplot as plt
    import shap
    from matplotlib.ticker import MaxNLocator

    _, ax = plt.subplots(figsize=(5.2, 3.9))
    if all(feature.kind == "number" for feature in features):
        shap.plots.scatter(column, color=BLUE, alpha=0.5, dot_size=14, xmax=CUT, show=False, ax=ax)
        if (column.data[~np.isnan(column.data)] % 1 == 0).all():
            ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        _label(ax, features[0].label.get("en", features[0].name), POINTS)
        return
    column.data, column.display_data = _order_words(column.display_data, column.values)
    shap.plots.scatter(column, color=BLUE, alpha=0.5, dot_size=14, x_jitter=0.6, show=False, ax=ax)
    words = dict(zip(column.data, column.display_data, strict=True))
    ax.set_xticks(sorted(words), truncate_labels((words[code] for code in sorted(words)), 16), rotation=35, ha="right")
    _label(ax, column.feature_names, POINTS)


def _order_words(words: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return codes by mean points, and words of which the rare ones are one."""
    common = set(pd.Series(words).value_counts().index[:MAX_WORDS])
    kept = np.array([word if word in common else OTHER_WORDS for word in words], dtype=object)
    order = pd.Series(points).groupby(kept).mean().sort_values(kind="stable").index
    places = {word: float(place) for place, word in enumerate(order)}
    return np.array([places[word] for word in kept]), kept


def _label(ax: Any, x: str, y: str = "") -> None:
    ax.set_xlabel(x, fontsize=12)
    ax.set_ylabel(y, fontsize=12)
    ax.tick_params(labelsize=11)
    for side in ("bottom", "left"):
        ax.spines[side].set_color(DARK_GREY)


def _save(path: Path) -> None:
    import matplotlib.pyplot as plt
    from PIL import Image

    drawn = io.BytesIO()
    plt.gcf().savefig(drawn, bbox_inches="tight", pad_inches=0.12)
    plt.close()
    Image.open(drawn).convert("RGB").quantize(COLOURS).save(path, format="PNG", optimize=True)
