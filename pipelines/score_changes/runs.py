"""The two nights that are compared: which models served, and what was shown."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.errors import BundleError
from leadlight.models.scoring.bundle import load_scorer
from leadlight.models.scoring.score_change import CAUSES, ScoreChangeAttribution
from leadlight.pipelines.engines.engine import build_feature_set
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.mlflow_registry import Registry
from leadlight.pipelines.score_changes.intermediate_states import PublishedScores, RunContext
from leadlight.serving.score_changes import Change, TopicChange
from leadlight.serving.store import Store

__all__ = ["convert_to_records", "load_published_scores", "load_run"]

#: a topic is named beside a cause from so many points on, and so many of them at most
WORTH_NAMING, MOST_NAMED = 0.5, 3


def load_run(
    params: Params, report: dict[str, Any], registry: Registry, model_version: str, moment: pd.Timestamp
) -> RunContext:
    """Find the model that served a night.

    Parameters
    ----------
    params : Params
        The mapping of today.
    report : dict
        What ``ingest`` reported.
    registry : Registry
        Where the versions are.
    model_version : str
        As stored with the night: number and checksum.
    moment : pd.Timestamp
        The night's as_of; naive, UTC.

    Raises
    ------
    BundleError
        If the registry no longer holds that version, or its features are not those of today's params.
    """
    number = model_version.removeprefix("v").partition("-")[0]
    version = registry.download_version(number)
    if version.name != model_version:
        raise BundleError(
            f"The registry must hold the model of the night of {moment:%Y-%m-%d}, {model_version}. "
            f"Got {version.name} under its number."
        )
    scorer = load_scorer(version.bundle)
    features = build_feature_set(params, report | {"activity_types": scorer.facts["activity_types"]})
    scorer.check_catalogue(features.catalogue)
    return RunContext(scorer, features, moment)


def load_published_scores(
    store: Store, night: int, scores: pd.DataFrame, leads: Sequence[str], keys: Sequence[str]
) -> PublishedScores:
    """Pick what leads were shown with after a night.

    Parameters
    ----------
    store : Store
        Asked for points, where they are needed.
    night : int
        Its number.
    scores : pd.DataFrame
        What :meth:`Store.scores_at` gave of it.
    leads : sequence of str
        In the view after it, in rising order.
    keys : sequence of str
        Topics in the order of the points.
    """
    own = scores.set_index("lead_id").loc[list(leads), ["score", "base_score"]]

    def points(places: np.ndarray) -> np.ndarray:
        wanted = [leads[place] for place in places]
        found = store.read_points(night, wanted).reindex(index=wanted, columns=list(keys))
        return found.fillna(0.0).to_numpy(dtype=float)

    return PublishedScores(own.reset_index(drop=True), points)


def convert_to_records(
    found: ScoreChangeAttribution, leads: Sequence[str], since: pd.Timestamp, keys: Sequence[str]
) -> list[Change]:
    """Write the changes of leads as records, each with the topics that moved it most.

    Parameters
    ----------
    found : Changes
        In the order of `leads` and `keys`.
    leads : sequence of str
        Ids.
    since : pd.Timestamp
        The earlier night.
    keys : sequence of str
        Topics.
    """
    own = np.where(found.moved, found.topics, 0.0)
    order = np.argsort(-np.abs(own), axis=2, kind="stable")[:, :, :MOST_NAMED]
    largest = np.take_along_axis(own, order, axis=2)
    named: dict[int, list[TopicChange]] = {}
    for lead, cause, rank in np.argwhere(np.abs(largest) >= WORTH_NAMING):
        topic = keys[order[lead, cause, rank]]
        named.setdefault(int(lead), []).append(
            TopicChange(CAUSES[cause], topic, float(largest[lead, cause, rank]))
        )
    moment = since.to_pydatetime()
    return [
        Change(lead_id, moment, dict(zip(CAUSES, row, strict=True)), tuple(named.get(place, ())))
        for place, (lead_id, row) in enumerate(zip(leads, found.total.tolist(), strict=True))
    ]
