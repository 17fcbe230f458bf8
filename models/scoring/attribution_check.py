"""Check of a run's SHAP values against the reference implementation, on a sample of leads."""

import numpy as np
import pandas as pd

from leadlight.features.errors import BundleError
from leadlight.models.candidates.base import AdditiveModel
from leadlight.models.candidates.tree_shap import MIN_TABLE_ROWS

__all__ = ["verify_contributions"]

#: leads checked
SAMPLE = 25
#: log-odds by which a contribution may differ from the reference, and a sum from its margin
PART_TOLERANCE, SUM_TOLERANCE = 1e-4, 1e-6


def verify_contributions(model: AdditiveModel, frame: pd.DataFrame) -> None:
    """Compare contributions with the reference, on a sample chosen by hash of the lead.

    The sample is explained together with enough other leads to use the table algorithm of a whole run.

    Parameters
    ----------
    model : AdditiveModel
        The model under check.
    frame : pd.DataFrame, shape (n, features and lead_id)
        The feature table, with a column ``lead_id``.

    Raises
    ------
    BundleError
        If a contribution differs from the reference by more than 1e-4, or base and contributions differ
        from the lead's margin by more than 1e-6, in log-odds.
    """
    if frame.empty:
        return
    hashed = pd.util.hash_array(frame["lead_id"].to_numpy(dtype=object))
    drawn = frame.iloc[np.argsort(hashed, kind="stable")[:MIN_TABLE_ROWS]].reset_index(drop=True)
    sample = drawn.head(SAMPLE)
    base, parts = model.explain_log_odds(drawn)
    expected_base, expected = model.explain_with_reference(sample)
    totals, parts = (base + parts.sum(axis=1))[: len(sample)], parts[: len(sample)]
    differs = ~(np.abs(parts - expected) <= PART_TOLERANCE)  # NaN differs too
    for row, column in np.argwhere(differs):
        raise BundleError(
            f"The part of {model.features[column]} in the score of {sample['lead_id'][row]} must be "
            f"{expected[row, column]:.6f} log-odds, as its reference computes it. Got {parts[row, column]:.6f}."
        )
    margins = expected_base + expected.sum(axis=1)
    for row in np.flatnonzero(~(np.abs(totals - margins) <= SUM_TOLERANCE)):
        raise BundleError(
            f"The parts in the score of {sample['lead_id'][row]} must add up to its margin of "
            f"{margins[row]:.8f} log-odds. Got {totals[row]:.8f}."
        )
