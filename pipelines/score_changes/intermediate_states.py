"""Scores of leads at the intermediate states between two runs."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from leadlight.features.feature_set import FeatureSet, Tables
from leadlight.models.scoring.score_change import ScoreBreakdown, ScoreChangeAttribution, attribute_score_change
from leadlight.models.scoring.scorer import Scorer
from leadlight.pipelines.engines.engine import Engine

__all__ = ["PublishedScores", "RunContext", "attribute_changes", "union_topics"]

#: tolerance in score points: engines add floats in different orders
SAME_SCORE = 1e-6


class RunContext(NamedTuple):
    """Model, features and as_of of a scoring run.

    Parameters
    ----------
    scorer : Scorer
        Model of the run.
    features : FeatureSet
        Features of the model.
    as_of : pd.Timestamp
        Time of the run; naive, UTC.
    frame : pd.DataFrame, optional
        lead_id and the features at that time, if already computed.
    """

    scorer: Scorer
    features: FeatureSet
    as_of: pd.Timestamp
    frame: pd.DataFrame | None = None


class PublishedScores(NamedTuple):
    """Stored scores of leads.

    Parameters
    ----------
    scores : pd.DataFrame, shape (n, 2)
        score and base_score.
    points : callable
        Positions of leads -> points per topic, shape (len, topics), in the order of :func:`union_topics`.
        Called only for leads whose scores today's tables do not reproduce.
    """

    scores: pd.DataFrame
    points: Callable[[np.ndarray], np.ndarray]

    def get_breakdown(self, recomputed: ScoreBreakdown) -> ScoreBreakdown:
        """Return the published breakdown; points of equal scores are those of the recomputed one."""
        score = self.scores["score"].to_numpy(dtype=float)
        base = self.scores["base_score"].to_numpy(dtype=float)
        changed = np.flatnonzero(
            (np.abs(score - recomputed.score) > SAME_SCORE) | (np.abs(base - recomputed.base) > SAME_SCORE)
        )
        points, parts = recomputed.points.copy(), recomputed.parts.copy()
        if len(changed):
            points[changed], parts[changed] = self.points(changed), np.nan
        return ScoreBreakdown(base, points, score, parts)


def union_topics(earlier: RunContext, later: RunContext) -> list[str]:
    """List the topics of both models, in the order of the columns of :func:`attribute_changes`."""
    both = [topic.key for run in (earlier, later) for topic in run.scorer.catalogue.topics]
    return list(dict.fromkeys(both))


def attribute_changes(
    engine: Engine,
    leads: Sequence[str],
    earlier: RunContext,
    later: RunContext,
    *,
    before: PublishedScores,
    after: PublishedScores,
) -> ScoreChangeAttribution:
    """Decompose the score changes of leads between two runs by cause.

    Parameters
    ----------
    engine : Engine
        With the clean tables of today.
    leads : sequence of str
        Ids in ascending order.
    earlier, later : RunContext
        The runs.
    before, after : PublishedScores
        Their published scores, in the order of `leads`.
    """
    keys = union_topics(earlier, later)
    ids = ibis.memtable(pa.table({"lead_id": pa.array(list(leads), pa.string())}))
    tables_then = engine.tables.filter_before(ibis.timestamp(earlier.as_of.isoformat()))

    def build(features: FeatureSet, tables: Tables, as_of: pd.Timestamp) -> pd.DataFrame:
        now = ibis.timestamp(as_of.isoformat())
        table = features.build_table(ids.select("lead_id", as_of=now), tables, as_of=now)
        computed: pd.DataFrame = table.order_by("lead_id").to_pyarrow().to_pandas()
        return computed

    def compute_breakdown(scorer: Scorer, features: pd.DataFrame) -> ScoreBreakdown:
        breakdown = scorer.break_down(features)
        places = [keys.index(topic.key) for topic in scorer.catalogue.topics]
        points, parts = np.zeros((2, len(features), len(keys)))
        points[:, places], parts[:, places] = breakdown.points, breakdown.parts
        return breakdown._replace(points=points, parts=parts)

    same = later.features == earlier.features
    now = (
        later.frame.set_index("lead_id").loc[list(leads)].reset_index()
        if same and later.frame is not None
        else build(earlier.features, engine.tables, later.as_of)
    )
    corrected = compute_breakdown(earlier.scorer, build(earlier.features, engine.tables, earlier.as_of))
    aged = compute_breakdown(earlier.scorer, build(earlier.features, tables_then, later.as_of))
    updated = remodelled = compute_breakdown(earlier.scorer, now)
    if later.scorer is not earlier.scorer:
        new_features = now if same else build(later.features, engine.tables, later.as_of)
        remodelled = compute_breakdown(later.scorer, new_features)
    return attribute_score_change(
        before.get_breakdown(corrected),
        after_corrections=corrected,
        after_ageing=aged,
        after_new_data=updated,
        after_model_change=remodelled,
        later=after.get_breakdown(remodelled),
    )
