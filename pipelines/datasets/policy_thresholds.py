"""Both thresholds of a policy, chosen on out-of-time scores."""

from dataclasses import replace

import numpy as np
from scipy.special import expit, logit

from leadlight.features.errors import PolicyError
from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.scoring.thresholds import Threshold, select_threshold
from leadlight.pipelines.params.sections import Policy

__all__ = ["MIN_DISTANCE", "place_without_signal", "select_thresholds"]

NAMES = ("marketing_qualified", "sales_qualified")
#: log-odds between the thresholds below which the scores cannot tell them apart: 30 points would be noise
MIN_DISTANCE = 0.2


def select_thresholds(policy: Policy, scored: ScoredSnapshots, seed: int) -> dict[str, Threshold]:
    """Find both thresholds of a policy.

    Parameters
    ----------
    policy : Policy
    scored : ScoredSnapshots
        Out of time.
    seed : int
        Of the intervals.

    Returns
    -------
    dict of str to Threshold
        Where the two lie closer than :data:`MIN_DISTANCE`, that of sales is moved up to it, and remembers from where.

    Raises
    ------
    PolicyError
        If a sentence cannot be read or met, or marketing is stricter than sales.
    """
    thresholds = {}
    for name in NAMES:
        try:
            thresholds[name] = select_threshold(getattr(policy, name), scored, seed, policy.min_leads)
        except PolicyError as error:
            raise PolicyError(f"{error} This is policy.{name}.") from None
    marketing, sales = (thresholds[name].probability for name in NAMES)
    distance = float(logit(sales) - logit(marketing))
    if distance < -MIN_DISTANCE:
        raise PolicyError(
            "The policy of sales_qualified must be stricter than that of marketing_qualified. Got "
            f"{policy.sales_qualified!r}, which is met from a chance of {sales:.1%}, and "
            f"{policy.marketing_qualified!r}, which is met from {marketing:.1%}."
        )
    if distance < MIN_DISTANCE:
        moved = select_threshold(f"probability >= {expit(logit(marketing) + MIN_DISTANCE):.12g}", scored, seed, 0)
        thresholds["sales_qualified"] = replace(moved, sentence=policy.sales_qualified, moved_from=sales)
    return thresholds


def place_without_signal(policy: Policy, base_rate: float) -> dict[str, Threshold]:
    """Place thresholds that no lead reaches, for a model that gives every lead the base rate."""
    nothing = (0.0, 0.0, 0.0)
    odds = dict(zip(NAMES, (3.0, 9.0), strict=True))
    return {
        name: Threshold(
            getattr(policy, name), float(expit(logit(base_rate) + np.log(times))), nothing, nothing, nothing, 0, 0
        )
        for name, times in odds.items()
    }
