"""A sample of each night's leads, explained a second time the slow way and compared."""

import numpy as np
import pandas as pd

from leadlight.features.errors import BundleError
from leadlight.models.candidates.base import AdditiveModel
from leadlight.models.candidates.tree_shap import MIN_TABLE_ROWS

__all__ = ["verify_contributions"]

#: leads that are explained twice
SAMPLE = 25
#: log-odds by which a part may differ from the reference, and a lead's sum from its margin
PART_TOLERANCE, SUM_TOLERANCE = 1e-4, 1e-6


def verify_contributions(model: AdditiveModel, frame: pd.DataFrame) -> None:
    """Compare parts with those of the reference, on a sample that only depends on which leads there are.

    The sample is explained among as many other leads as it takes for a model to go the way of a whole night.

    Parameters
    ----------
    model : Model
        What explains.
    frame : pd.DataFrame, shape (n, features and lead_id)
        The feature table, with a column ``lead_id``.

    Raises
    ------
    BundleError
        If a part of a sampled lead is further than 1e-4 from the reference, or base and parts are further
        than 1e-6 from the lead's margin, in log-odds.
    """
    if frame.empty:
        return
    hashed = pd.util.hash_array(frame["lead_id"].to_numpy(dtype=object))
    drawn = frame.iloc[np.argsort(hashed, kind="stable")[:MIN_TABLE_ROWS]].reset_index(drop=True)
    sample = drawn.head(SAMPLE)
    base, parts = model.explain_log_odds(drawn)
    expected_base, expected = model.explain_with_reference(sample)
    parts = parts[: len(sample)]
    apart = ~(np.abs(parts - expected) <= PART_TOLERANCE)  # so that NaN is apart too
    for row, column in np.argwhere(apart):
        raise BundleError(
            f"The part of {model.features[column]} in the score of {sample['lead_id'][row]} must be "
            f"{expected[row, column]:.6f} log-odds, as LightGBM computes it. Got {parts[row, column]:.6f}."
        )
    totals, margins = base + parts.sum(axis=1), expected_base + expected.sum(axis=1)
    for row in np.flatnonzero(~(np.abs(totals - margins) <= SUM_TOLERANCE)):
        raise BundleError(
            f"The parts in the score of {sample['lead_id'][row]} must add up to its margin of "
            f"{margins[row]:.8f} log-odds. Got {totals[row]:.8f}."
        )
