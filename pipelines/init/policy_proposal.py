"""Propose a policy that the calibration window can meet."""

import math

from leadlight.models.scoring.thresholds import MIN_LEADS
from leadlight.pipelines.params.sections import Policy

__all__ = ["propose_policy"]

MARKETING_PERCENT, SALES_PERCENT = 20, 5
#: largest percentages that are proposed: more would qualify nearly every lead
MAX_MARKETING_PERCENT, MAX_SALES_PERCENT = 50, 25
#: a share of the snapshots has fewer different leads than the same share of the leads
SPARE = 1.5


def propose_policy(leads: int | None) -> Policy:
    """Return both sentences, and the fewest leads that must be above them.

    Parameters
    ----------
    leads : int or None
        Different leads in the calibration window; None where it is not known.

    Returns
    -------
    Policy
        Top 20 and top 5 percent where at least 20 leads are above both; of fewer leads a larger share, in steps of 5,
        up to a half and a quarter, and then fewer than 20 leads above.
    """
    if not leads:
        return Policy()
    needed = 5 * math.ceil(100 * SPARE * MIN_LEADS / leads / 5)
    sales = min(max(SALES_PERCENT, needed), MAX_SALES_PERCENT)
    marketing = min(max(MARKETING_PERCENT, 2 * sales), MAX_MARKETING_PERCENT)
    return Policy(
        marketing_qualified=f"top {marketing} percent",
        sales_qualified=f"top {sales} percent",
        min_leads=max(1, min(MIN_LEADS, int(leads * sales / 100 / SPARE))),
    )
