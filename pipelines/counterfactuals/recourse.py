"""Algorithmic recourse: the fewest added activities that reach the next threshold."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from leadlight.features.display import WINDOWS
from leadlight.features.feature_set import FeatureSet
from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE, STAGES
from leadlight.models.scoring.scorer import Scorer
from leadlight.pipelines.counterfactuals.interventions import Intervention, apply_interventions
from leadlight.pipelines.engines.engine import Engine
from leadlight.serving.score_changes import Recourse

__all__ = ["find_recourse"]

#: distance to the threshold in points, and leads per threshold
MAX_DISTANCE, MAX_LEADS = 10.0, 2000
#: suggest only what at least 10 leads did (up to 3 times) in the last week
MAX_TIMES, MIN_LEADS = 3, 10
#: suggestions per lead
MAX_OPTIONS = 3


def find_recourse(
    engine: Engine, features: FeatureSet, scorer: Scorer, *, frame: pd.DataFrame, scored: pd.DataFrame, timezone: str
) -> list[Recourse]:
    """Find the fewest added activities that carry leads just below a threshold over it.

    Each signal that does not lower the probability is added one to three times on the last days, and the lead
    scored again. Of the additions that reach the threshold, those with the fewest times count, best score
    first. The scores describe similar leads; they are not causal.

    Parameters
    ----------
    engine : Engine
        With the tables of this run.
    frame : pd.DataFrame
        lead_id, as_of and the features of this run, all with the same as_of.
    scored : pd.DataFrame
        lead_id, score, stage, held_back of this run.
    timezone : str
        Zone of the business.

    Returns
    -------
    list of Recourse
        At most three per lead, by lead id. Leads held back, or kept in a stage above their score, are
        left out.
    """
    near = _select_near_leads(scored)
    interventions = list(_list_interventions(features, frame)) if features.has_activities else []
    if near.empty or not interventions:
        return []
    rows = frame.set_index("lead_id").loc[near["lead_id"]].reset_index()
    states = apply_interventions(engine, features, rows, interventions, timezone)
    scores = np.column_stack([scorer.break_down(state).score for state in states])
    times = np.array([intervention.times for intervention in interventions])
    recourse = []
    for row, (lead_id, stage, threshold) in enumerate(
        near[["lead_id", "next_stage", "threshold"]].itertuples(index=False)
    ):
        reached = np.flatnonzero(scores[row] >= threshold)
        fewest = reached[times[reached] == times[reached].min()] if len(reached) else reached
        best = sorted(fewest, key=lambda place: (-scores[row, place], interventions[place].signal))[:MAX_OPTIONS]
        recourse += [
            Recourse(lead_id, stage, interventions[p].signal, interventions[p].times, float(scores[row, p]))
            for p in best
        ]
    return recourse


def _select_near_leads(scored: pd.DataFrame) -> pd.DataFrame:
    """Select the leads just below a threshold, the nearest first."""
    parts = []
    for threshold, below, stage in ((MARKETING_SCORE, STAGES[0], STAGES[1]), (SALES_SCORE, STAGES[1], STAGES[2])):
        here = scored["score"].between(threshold - MAX_DISTANCE, threshold, inclusive="left")
        chosen = scored[here & (scored["stage"] == below) & scored["held_back"].isna()]
        chosen = chosen.sort_values(["score", "lead_id"], ascending=[False, True]).head(MAX_LEADS)
        parts.append(chosen[["lead_id"]].assign(next_stage=stage, threshold=threshold))
    return pd.concat(parts).sort_values("lead_id", ignore_index=True)


def _list_interventions(features: FeatureSet, frame: pd.DataFrame) -> Iterator[Intervention]:
    """List activities that enough leads did as often in the last week."""
    columns = {f.topic: f.name for f in features.catalogue.features if f.is_count(WINDOWS[0])}
    for signal in features.signals:
        if signal.monotonicity < 0:
            continue
        counts = frame[columns[signal.name]].to_numpy(dtype=float)
        for times in range(1, MAX_TIMES + 1):
            if (counts >= times).sum() >= MIN_LEADS:
                yield Intervention(signal.name, times)
