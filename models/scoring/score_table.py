"""Scores as a table of typed columns: one column of points for each topic, and the strongest reasons."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from leadlight.models.scoring.scorer import Scorer

__all__ = ["DEFAULT_REASONS", "POINTS", "tabulate_scores"]

#: prefix of the columns of points
POINTS = "points."
#: parameters of a logged model at prediction, with their defaults
DEFAULT_REASONS: dict[str, Any] = {"reasons": 3, "language": "en"}


def tabulate_scores(scorer: "Scorer", frame: pd.DataFrame, reasons: int = 0, language: str = "en") -> pd.DataFrame:
    """Score a feature table, with reasons as columns.

    Parameters
    ----------
    scorer : Scorer
        The scorer.
    frame : pd.DataFrame, shape (n, features)
        One row per lead with the columns of the catalogue; others are ignored.
    reasons : int
        Number of strongest reasons to name, at most one for each topic; 0 names none.
    language : str
        Language of their names, ``en`` or ``de``.

    Returns
    -------
    pd.DataFrame
        Same index. float64: probability, score (0-100), base_score; text: stage, fit_grade,
        engagement_grade; float64: ``points.TOPIC`` for each topic by its key, so that base_score and these
        add up to score; then for each of the strongest reasons its name (text, such as ``reason_1``) and its
        points (``reason_1_points``), the largest absolute points first.

    Raises
    ------
    ValueError
        If `reasons` is no such number, or no topic has a name in that language.
    BundleError
        If a column is missing.
    """
    topics = scorer.catalogue.topics
    if isinstance(reasons, bool) or not isinstance(reasons, int) or reasons < 0:
        raise ValueError(f"The number of reasons must be a whole number, 0 or more. Got {reasons!r}.")
    languages = sorted({"en", *(name for topic in topics for name in topic.label)})
    if language not in languages:
        raise ValueError(f"The language of reasons must be one of {', '.join(languages)}. Got {language!r}.")
    points = scorer.break_down(frame).points
    columns: dict[str, Any] = {f"{POINTS}{topic.key}": points[:, place] for place, topic in enumerate(topics)}
    labels = np.array([t.label.get(language, t.label.get("en", t.key)) for t in topics], dtype=object)
    order = np.argsort(-np.abs(points), axis=1, kind="stable")
    for rank in range(min(reasons, len(topics))):
        place = order[:, rank]
        columns[f"reason_{rank + 1}"] = pd.array(labels[place], dtype="str")
        columns[f"reason_{rank + 1}_points"] = points[np.arange(len(points)), place]
    texts = dict.fromkeys(("stage", "fit_grade", "engagement_grade"), "str")
    rated = scorer.predict(frame).astype(texts)
    return pd.concat([rated, pd.DataFrame(columns, index=frame.index)], axis=1)
