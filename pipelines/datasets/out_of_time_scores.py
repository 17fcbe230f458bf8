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

__all__ = ["LinkedScores", "link_predictions", "measure_weeks", "predict_snapshots", "read_out_of_time"]

PARTS = ["margin", "fit", "engagement"]
KEPT = ["lead_id", "as_of", "won", "on_grid"]


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
    """Read the predictions of a candidate on the folds: lead_id, as_of, won, on_grid, origin, margin and groups."""
    every = read_frame(workdir.require(workdir.candidates / "out_of_time.parquet", "train"))
    named = every[[f"{name}.{part}" for part in PARTS]].set_axis(PARTS, axis=1)
    return pd.concat([every[[*KEPT, "origin", *([AGE] if AGE in every else [])]], named], axis=1)


def predict_snapshots(model: AdditiveModel, snapshots: LabelledSnapshots, catalogue: Catalogue) -> pd.DataFrame:
    """Predict snapshots: the columns of :func:`read_out_of_time`, without origin."""
    frame = snapshots.frame
    base, parts = model.explain_log_odds(frame)
    values = (base + parts.sum(axis=1), *sum_group_log_odds(parts, catalogue))
    kept = frame[[*KEPT, *([AGE] if AGE in frame else [])]]
    return kept.assign(**dict(zip(PARTS, values, strict=True)))


def link_predictions(predictions: pd.DataFrame, newest: pd.DataFrame) -> LinkedScores:
    """Put out-of-time predictions on the scale of a model by its scores of snapshots that it has not learned from.

    Parameters
    ----------
    predictions : pd.DataFrame
        From :func:`read_out_of_time`.
    newest : pd.DataFrame
        From :func:`predict_snapshots`, of snapshots without a label; where there are none, such as without dates,
        the predictions stay as they are.
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


def measure_weeks(as_of: pd.Series, time: str) -> float | None:
    """Return the span of snapshots in weeks, at least one day; None unless their `time` is ``dates``."""
    if time != "dates":
        return None  # the moments of such snapshots are placeholders or ranks
    return max(float((as_of.max() - as_of.min()) / pd.Timedelta(weeks=1)), 1 / 7)
