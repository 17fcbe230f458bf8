"""Out-of-time predictions of the chosen candidate, on the scale of the model that serves."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue
from leadlight.models.calibration.equipercentile import link_equipercentile
from leadlight.models.candidates.base import AdditiveModel, sum_group_log_odds
from leadlight.models.metrics.age_standardization import compute_standardization_weights
from leadlight.pipelines.datasets.labelled_snapshots import AGE, LabelledSnapshots
from leadlight.pipelines.workspace.workdir import Workdir, read_frame

__all__ = [
    "LinkedScores",
    "add_test_window",
    "link_predictions",
    "measure_weeks",
    "predict_newest",
    "predict_snapshots",
    "read_out_of_time",
]

PARTS = ["margin", "fit", "engagement"]
KEPT = ["lead_id", "as_of", "won", "on_grid"]
#: fewest snapshots to put predictions on a scale by
MIN_NEWEST = 500
SECONDS_A_WEEK = 7 * 86_400


class LinkedScores(NamedTuple):
    """Out-of-time predictions that thresholds and grades are chosen on.

    Parameters
    ----------
    frame : pd.DataFrame
        lead_id, as_of, won, margin, fit and engagement (log-odds on the scale of the model), of moments of the grid:
        they have leads of every age, as a night has.
    weight : ndarray, shape (n,)
        Weights to the ages of the newest snapshots, with a mean of 1.
    """

    frame: pd.DataFrame
    weight: np.ndarray


def read_out_of_time(workdir: Workdir, name: str) -> pd.DataFrame:
    """Read the predictions of a candidate on the folds: columns of snapshots, origin, window, margin and groups."""
    every = read_frame(workdir.require(workdir.candidates / "out_of_time.parquet", "train"))
    named = every[[f"{name}.{part}" for part in PARTS]].set_axis(PARTS, axis=1)
    kept = every[[*KEPT, "origin", *([AGE] if AGE in every else [])]]
    return pd.concat([kept, named], axis=1).assign(window="calibrate")


def add_test_window(
    predictions: pd.DataFrame, judged: AdditiveModel, test: LabelledSnapshots, catalogue: Catalogue
) -> pd.DataFrame:
    """Append the predictions of the test window by the model that is judged there."""
    on_test = predict_snapshots(judged, test, catalogue)
    last = on_test.assign(origin=predictions["origin"].max() + 1, window="test")
    return pd.concat([predictions, last], ignore_index=True)


def predict_snapshots(model: AdditiveModel, snapshots: LabelledSnapshots, catalogue: Catalogue) -> pd.DataFrame:
    """Predict snapshots: the columns of :func:`read_out_of_time`, without origin and window."""
    frame = snapshots.frame
    base, parts = model.explain_log_odds(frame)
    values = (base + parts.sum(axis=1), *sum_group_log_odds(parts, catalogue))
    kept = frame[[*KEPT, *([AGE] if AGE in frame else [])]]
    return kept.assign(**dict(zip(PARTS, values, strict=True)))


def predict_newest(
    model: AdditiveModel, unfinished: LabelledSnapshots, known: LabelledSnapshots, catalogue: Catalogue
) -> pd.DataFrame:
    """Predict the newest snapshots, which out-of-time predictions are linked to; none without dates.

    They are those whose window has not ended, which the model has not learned from. Where a short horizon leaves fewer
    than :data:`MIN_NEWEST`, the newest others are put before them: of so few, a quantile would be noise.
    """
    predicted = predict_snapshots(model, unfinished, catalogue)
    missing = MIN_NEWEST - int(predicted["on_grid"].sum())
    if known.gap and missing > 0:
        on_grid = known.select_grid()
        newest = on_grid.filter(np.arange(len(on_grid.frame)) >= len(on_grid.frame) - missing)
        predicted = pd.concat([predict_snapshots(model, newest, catalogue), predicted], ignore_index=True)
    return predicted


def link_predictions(predictions: pd.DataFrame, newest: pd.DataFrame) -> LinkedScores:
    """Put out-of-time predictions on the scale of a model by its scores of snapshots that it has not learned from.

    Parameters
    ----------
    predictions : pd.DataFrame
        From :func:`read_out_of_time`.
    newest : pd.DataFrame
        From :func:`predict_newest`; where there are none, the predictions stay as they are.
    """
    kept, fresh = predictions[predictions["on_grid"]], newest[newest["on_grid"]]
    weight = np.ones(len(kept))
    if fresh.empty:
        return LinkedScores(kept.reset_index(drop=True), weight)
    if AGE in kept:
        weight = compute_standardization_weights(kept[AGE].to_numpy(), fresh[AGE].to_numpy())
    origin = kept["origin"].to_numpy()
    linked = {
        part: link_equipercentile(kept[part].to_numpy(), fresh[part].to_numpy(), origin, weight) for part in PARTS
    }
    return LinkedScores(kept.assign(**linked).reset_index(drop=True), weight)


def measure_weeks(as_of: pd.Series, time: str, window: pd.Series | None = None) -> float | None:
    """Return the weeks that snapshots cover, without the gaps between windows.

    Parameters
    ----------
    as_of : pd.Series
        Moments.
    time : str
        What the source knows of time.
    window : pd.Series, optional
        Window of each snapshot; left out, all are of one.

    Returns
    -------
    float or None
        At least one day a window; None unless `time` is ``dates``: other moments are placeholders or ranks.
    """
    if time != "dates":
        return None
    spans = as_of.groupby(np.zeros(len(as_of)) if window is None else window).agg(lambda part: part.max() - part.min())
    return float((spans.dt.total_seconds() / SECONDS_A_WEEK).clip(lower=1 / 7).sum())
