"""What would carry a lead over its next threshold: the smallest change, found through the model itself."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from leadlight.features.feature_set import FeatureSet
from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE, STAGES
from leadlight.models.scoring.scorer import Scorer
from leadlight.pipelines.counterfactuals.interventions import Intervention, apply_interventions
from leadlight.pipelines.engines.engine import Engine
from leadlight.serving.score_changes import Recourse

__all__ = ["find_recourse"]

#: points below a threshold from which one looks for what would help, and how many leads a threshold
NEAR, MOST_LEADS = 10.0, 2000
#: as often as that in a week, and by as many leads, something is seen today: what nobody does is no advice
MAX_TIMES, MIN_LEADS = 3, 10
#: ways that are told of, of one lead
MAX_OPTIONS = 3


def find_recourse(
    engine: Engine,
    features: FeatureSet,
    scorer: Scorer,
    *,
    frame: pd.DataFrame,
    scored: pd.DataFrame,
    timezone: str,
) -> list[Recourse]:
    """Find what would carry leads just below a threshold over it.

    For every signal that is not said to lower the chance it is asked what the lead would score, had it done
    so once, twice or three times more on the last days. Of those that reach the threshold the fewest times
    count, and of these the highest scores. That is what such leads scored, not a promise.

    Parameters
    ----------
    engine : Engine
        With tonight's tables.
    features : FeatureSet
        The features.
    scorer : Scorer
        The model.
    frame : pd.DataFrame
        lead_id, as_of and the features of tonight, all of one moment.
    scored : pd.DataFrame
        lead_id, score, stage, held_back of tonight.
    timezone : str
        Zone of the business.

    Returns
    -------
    list of Opening
        At most three a lead, by lead id; none where there is none. A lead that is held back, or kept in a
        stage above its score, is not looked at.
    """
    near = _near(scored)
    nudges = list(_realistic(features, frame)) if features.has_activities else []
    if near.empty or not nudges:
        return []
    own = frame.set_index("lead_id").loc[near["lead_id"]].reset_index()
    states = apply_interventions(engine, features, own, nudges, timezone)
    scores = np.column_stack([scorer.break_down(state).score for state in states])
    times = np.array([nudge.times for nudge in nudges])
    found = []
    for row, (lead_id, stage, threshold) in enumerate(
        near[["lead_id", "next_stage", "threshold"]].itertuples(index=False)
    ):
        reached = np.flatnonzero(scores[row] >= threshold)
        fewest = reached[times[reached] == times[reached].min()] if len(reached) else reached
        best = sorted(fewest, key=lambda place: (-scores[row, place], nudges[place].signal))[:MAX_OPTIONS]
        found += [
            Recourse(lead_id, stage, nudges[p].signal, nudges[p].times, float(scores[row, p])) for p in best
        ]
    return found


def _near(scored: pd.DataFrame) -> pd.DataFrame:
    """Pick the leads just below a threshold, the nearest where they are many."""
    parts = []
    for threshold, below, stage in (
        (MARKETING_SCORE, STAGES[0], STAGES[1]),
        (SALES_SCORE, STAGES[1], STAGES[2]),
    ):
        here = scored["score"].between(threshold - NEAR, threshold, inclusive="left")
        chosen = scored[here & (scored["stage"] == below) & scored["held_back"].isna()]
        chosen = chosen.sort_values(["score", "lead_id"], ascending=[False, True]).head(MOST_LEADS)
        parts.append(chosen[["lead_id"]].assign(next_stage=stage, threshold=threshold))
    return pd.concat(parts).sort_values("lead_id", ignore_index=True)


def _realistic(features: FeatureSet, frame: pd.DataFrame) -> Iterator[Intervention]:
    """Name what enough leads did in the last week, as often as that."""
    columns = {f.topic: f.name for f in features.catalogue.features if f.family == "count_7d"}
    for signal in features.signals:
        if signal.monotonicity < 0:
            continue
        seen = frame[columns[signal.name]].to_numpy(dtype=float)
        for times in range(1, MAX_TIMES + 1):
            if (seen >= times).sum() >= MIN_LEADS:
                yield Intervention(signal.name, times)
