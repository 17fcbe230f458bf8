"""Summary of score changes: leads that rose and fell, by cause."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from leadlight.models.scoring.anchors import STAGES
from leadlight.models.scoring.score_change import CAUSES
from leadlight.serving.score_changes import Change

__all__ = ["summarize_changes"]

#: smallest change in points that counts: below, the rounded score is about the same
MIN_CHANGE = 0.5


def summarize_changes(before: pd.DataFrame, after: pd.DataFrame, moved: Sequence[Change]) -> dict[str, Any]:
    """Count the leads whose scores changed, by their largest cause.

    Parameters
    ----------
    before, after : pd.DataFrame
        lead_id and stage of all leads of the two runs.
    moved : sequence of Change
        Changes of the leads in both.

    Returns
    -------
    dict
        ``both``, ``new``, ``gone``: leads; ``rose``, ``fell``: leads that moved by at least half a point,
        ``same`` the rest; ``causes``: per cause the leads that rose and fell mostly for it, those that
        reached a higher or lower stage, and its mean points over all leads in both runs.
    """
    total = np.array([[change.causes[cause] for cause in CAUSES] for change in moved]).reshape(-1, len(CAUSES))
    change = total.sum(axis=1)
    rose, fell = change >= MIN_CHANGE, change <= -MIN_CHANGE
    # largest cause in the direction of the total change
    largest = np.argmax(total * np.sign(change)[:, None], axis=1) if len(total) else np.zeros(0, dtype=int)
    levels = {stage: level for level, stage in enumerate(STAGES)}
    ids = [change.lead_id for change in moved]
    level = [
        run.set_index("lead_id")["stage"].map(levels).reindex(ids).to_numpy(dtype=float) for run in (before, after)
    ]
    up, down = level[1] > level[0], level[1] < level[0]
    return {
        "both": len(moved),
        "new": int((~after["lead_id"].isin(before["lead_id"])).sum()),
        "gone": int((~before["lead_id"].isin(after["lead_id"])).sum()),
        "rose": int(rose.sum()),
        "fell": int(fell.sum()),
        "same": int((~rose & ~fell).sum()),
        "causes": {
            cause: {
                "rose": int((rose & (largest == place)).sum()),
                "fell": int((fell & (largest == place)).sum()),
                "higher_stage": int((up & (largest == place)).sum()),
                "lower_stage": int((down & (largest == place)).sum()),
                "mean_points": float(total[:, place].mean()) if len(total) else 0.0,
            }
            for place, cause in enumerate(CAUSES)
        },
    }
