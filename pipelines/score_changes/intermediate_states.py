"""The states of knowledge between two nights, and what is said of the leads at each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from leadlight.features.feature_set import FeatureSet, Tables
from leadlight.models.scoring.score_change import (
    ScoreBreakdown,
    ScoreChangeAttribution,
    attribute_score_change,
)
from leadlight.models.scoring.scorer import Scorer
from leadlight.pipelines.engines.engine import Engine

__all__ = ["PublishedScores", "RunContext", "attribute_changes", "union_topics"]

#: a score that moved by less than this is the same: engines add floats in different orders
SAME_SCORE = 1e-6


@dataclass(frozen=True)
class RunContext:
    """One of the two nights.

    Parameters
    ----------
    scorer : Scorer
        The model that served.
    features : FeatureSet
        Its features.
    moment : pd.Timestamp
        Its as_of; naive, UTC.
    build_frame : pd.DataFrame, optional
        The feature table of that moment, where it was computed already: lead_id and the features.
    """

    scorer: Scorer
    features: FeatureSet
    moment: pd.Timestamp
    build_frame: pd.DataFrame | None = None


@dataclass(frozen=True)
class PublishedScores:
    """What the store holds of some leads.

    Parameters
    ----------
    scores : pd.DataFrame, shape (n, 2)
        score and base_score.
    points : callable
        Positions of leads -> points a topic, shape (len, topics), in the order of :func:`union_topics`. Asked
        only for leads whose scores cannot be told again from today's tables.
    """

    scores: pd.DataFrame
    points: Callable[[np.ndarray], np.ndarray]

    def get_breakdown(self, like: ScoreBreakdown) -> ScoreBreakdown:
        """Return what was shown; points are taken from what says the same, for they were made of it."""
        score = self.scores["score"].to_numpy(dtype=float)
        base = self.scores["base_score"].to_numpy(dtype=float)
        odd = np.flatnonzero(
            (np.abs(score - like.score) > SAME_SCORE) | (np.abs(base - like.base) > SAME_SCORE)
        )
        points, parts = like.points.copy(), like.parts.copy()
        if len(odd):
            points[odd], parts[odd] = self.points(odd), np.nan
        return ScoreBreakdown(base, points, score, parts)


def union_topics(earlier: RunContext, later: RunContext) -> list[str]:
    """List the topics of both models, in the order of the columns of :func:`attribute_changes`."""
    both = [topic.key for side in (earlier, later) for topic in side.scorer.catalogue.topics]
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
    """Part the differences of leads that were shown on both nights.

    Parameters
    ----------
    engine : Engine
        With the clean tables as they are known now.
    leads : sequence of str
        Ids in rising order.
    earlier, later : Side
        The nights.
    before, after : Shown
        What was shown on them, in the order of `leads`.

    Returns
    -------
    Changes
    """
    keys = union_topics(earlier, later)
    ids = ibis.memtable(pa.table({"lead_id": pa.array(list(leads), pa.string())}))
    stood_still = engine.tables.filter_before(ibis.timestamp(earlier.moment.isoformat()))

    def frame(features: FeatureSet, tables: Tables, moment: pd.Timestamp) -> pd.DataFrame:
        now = ibis.timestamp(moment.isoformat())
        table = features.build_table(ids.select("lead_id", as_of=now), tables, as_of=now)
        computed: pd.DataFrame = table.order_by("lead_id").to_pyarrow().to_pandas()
        return computed

    def told(scorer: Scorer, features: pd.DataFrame) -> ScoreBreakdown:
        said = scorer.break_down(features)
        places = [keys.index(topic.key) for topic in scorer.catalogue.topics]
        points, parts = np.zeros((2, len(features), len(keys)))
        points[:, places], parts[:, places] = said.points, said.parts
        return replace(said, points=points, parts=parts)

    same = later.features == earlier.features
    now = (
        later.build_frame.set_index("lead_id").loc[list(leads)].reset_index()
        if same and later.build_frame is not None
        else frame(earlier.features, engine.tables, later.moment)
    )
    corrected = told(earlier.scorer, frame(earlier.features, engine.tables, earlier.moment))
    aged = told(earlier.scorer, frame(earlier.features, stood_still, later.moment))
    known = told(earlier.scorer, now)
    if later.scorer is earlier.scorer:
        retold = known
    else:
        retold = told(later.scorer, now if same else frame(later.features, engine.tables, later.moment))
    return attribute_score_change(
        before.get_breakdown(corrected), after_corrections=corrected, after_ageing=aged, after_new_data=known, after_model_change=retold,
        later=after.get_breakdown(retold),
    )  # fmt: skip
