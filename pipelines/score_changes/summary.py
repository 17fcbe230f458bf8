"""What changed over the whole base: how many rose and fell, and for which cause."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from leadlight.models.scoring.anchors import STAGES
from leadlight.models.scoring.score_change import CAUSES
from leadlight.serving.score_changes import Change

__all__ = ["summarize_changes"]

#: a score that moved by less prints the same, or nearly
WORTH_TELLING = 0.5


def summarize_changes(before: pd.DataFrame, after: pd.DataFrame, moved: Sequence[Change]) -> dict[str, Any]:
    """Count the leads that moved, by the cause that moved them most.

    Parameters
    ----------
    before, after : pd.DataFrame
        lead_id and stage of all leads shown on the two nights.
    moved : sequence of Change
        Of the leads shown on both.

    Returns
    -------
    dict
        ``both``, ``new``, ``gone``: leads; ``rose``, ``fell``: how many by at least half a point, ``same``
        the rest; ``causes``: of each cause the leads that rose and fell mostly for it, how many of them
        reached a higher stage or fell to a lower, and its mean points over all leads on both nights.
    """
    total = np.array([[change.causes[cause] for cause in CAUSES] for change in moved]).reshape(
        -1, len(CAUSES)
    )
    by = total.sum(axis=1)
    rose, fell = by >= WORTH_TELLING, by <= -WORTH_TELLING
    # the cause that did most in the direction in which the score went
    most = np.argmax(total * np.sign(by)[:, None], axis=1) if len(total) else np.zeros(0, dtype=int)
    levels = {stage: level for level, stage in enumerate(STAGES)}
    ids = [change.lead_id for change in moved]
    level = [
        night.set_index("lead_id")["stage"].map(levels).reindex(ids).to_numpy(dtype=float)
        for night in (before, after)
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
                "rose": int((rose & (most == place)).sum()),
                "fell": int((fell & (most == place)).sum()),
                "higher_stage": int((up & (most == place)).sum()),
                "lower_stage": int((down & (most == place)).sum()),
                "mean_points": float(total[:, place].mean()) if len(total) else 0.0,
            }
            for place, cause in enumerate(CAUSES)
        },
    }
