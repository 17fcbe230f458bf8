"""Model, published scores and change records of the scoring runs compared."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.errors import BundleError
from leadlight.models.scoring.bundle import load_scorer
from leadlight.models.scoring.score_change import CAUSES, ScoreChangeAttribution
from leadlight.pipelines.engines.engine import build_feature_set
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.mlflow_registry import Registry, parse_version_number
from leadlight.pipelines.score_changes.intermediate_states import PublishedScores, RunContext
from leadlight.serving.score_changes import Change, TopicChange
from leadlight.serving.store import Store

__all__ = ["convert_to_records", "load_published_scores", "load_run"]

#: least points of a topic listed with a cause, and most topics per cause
MIN_POINTS, MAX_TOPICS = 0.5, 3


def load_run(
    params: Params, report: dict[str, Any], registry: Registry, model_version: str, as_of: pd.Timestamp
) -> RunContext:
    """Load the model of a scoring run.

    Parameters
    ----------
    report : dict
        Report of ``ingest``.
    model_version : str
        As stored with the run: number and checksum.
    as_of : pd.Timestamp
        Time of the run; naive, UTC.

    Raises
    ------
    BundleError
        If the registry no longer holds that version, or its features are not those of today's params.
    """
    number = parse_version_number(model_version)
    version = registry.download_version(number)
    if version.name != model_version:
        raise BundleError(
            f"The registry must hold {model_version}, the model of the run of {as_of:%Y-%m-%d}. "
            f"Got {version.name} under its number."
        )
    scorer = load_scorer(version.bundle)
    features = build_feature_set(params, report | {"activity_types": scorer.metadata.activity_types})
    scorer.check_catalogue(features.catalogue)
    return RunContext(scorer, features, as_of)


def load_published_scores(
    store: Store, night: int, scores: pd.DataFrame, leads: Sequence[str], keys: Sequence[str]
) -> PublishedScores:
    """Select the scores of leads published by a run.

    Parameters
    ----------
    store : Store
        Queried for points where needed.
    night : int
        Number of the run.
    scores : pd.DataFrame
        From :meth:`Store.read_scores`.
    leads : sequence of str
        Ids in ascending order.
    keys : sequence of str
        Topics in the order of the points.
    """
    selected = scores.set_index("lead_id").loc[list(leads), ["score", "base_score"]]

    def read_points(places: np.ndarray) -> np.ndarray:
        ids = [leads[place] for place in places]
        points = store.read_points(night, ids).reindex(index=ids, columns=list(keys))
        return points.fillna(0.0).to_numpy(dtype=float)

    return PublishedScores(selected.reset_index(drop=True), read_points)


def convert_to_records(
    attribution: ScoreChangeAttribution, leads: Sequence[str], since: pd.Timestamp, keys: Sequence[str]
) -> list[Change]:
    """Convert score changes to records, each with its largest topics.

    Parameters
    ----------
    attribution : ScoreChangeAttribution
        In the order of `leads` and `keys`, the topics.
    since : pd.Timestamp
        Time of the earlier run.
    """
    points = np.where(attribution.moved, attribution.topics, 0.0)
    order = np.argsort(-np.abs(points), axis=2, kind="stable")[:, :, :MAX_TOPICS]
    largest = np.take_along_axis(points, order, axis=2)
    named: dict[int, list[TopicChange]] = {}
    for lead, cause, rank in np.argwhere(np.abs(largest) >= MIN_POINTS):
        topic = keys[order[lead, cause, rank]]
        named.setdefault(int(lead), []).append(TopicChange(CAUSES[cause], topic, float(largest[lead, cause, rank])))
    earlier = since.to_pydatetime()
    return [
        Change(lead_id, earlier, dict(zip(CAUSES, row, strict=True)), tuple(named.get(place, ())))
        for place, (lead_id, row) in enumerate(zip(leads, attribution.total.tolist(), strict=True))
    ]
