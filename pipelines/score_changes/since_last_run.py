"""What changed since the night before, found while a night is scored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadlight.features.errors import BundleError
from leadlight.pipelines.engines.engine import Engine
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.mlflow_registry import Registry
from leadlight.pipelines.score_changes.intermediate_states import (
    PublishedScores,
    RunContext,
    attribute_changes,
    union_topics,
)
from leadlight.pipelines.score_changes.runs import convert_to_records, load_published_scores, load_run
from leadlight.serving.reasons import parse_reasons
from leadlight.serving.score_changes import Change
from leadlight.serving.store import Store

__all__ = ["ChangesSinceLastRun", "compare_in_chunks", "compare_with_last_run"]

#: leads compared at a time: what each topic moved by for each cause takes 600 bytes a lead
CHUNK_LEADS = 100_000


@dataclass(frozen=True)
class ChangesSinceLastRun:
    """What changed since the last night before.

    Parameters
    ----------
    since : pd.Timestamp or None
        That night; None where there is none, or this night was written before.
    moved : list of Change
        Of every lead shown on both, by lead id.
    unknown : str
        Why nothing can be said, a sentence; empty where it can.
    before : pd.DataFrame or None
        lead_id, score, stage of all leads shown on that night.
    """

    since: pd.Timestamp | None = None
    moved: tuple[Change, ...] = ()
    unknown: str = ""
    before: pd.DataFrame | None = None


def compare_with_last_run(
    store: Store,
    engine: Engine,
    params: Params,
    registry: Registry,
    *,
    tonight: RunContext,
    model_version: str,
    scored: pd.DataFrame,
) -> ChangesSinceLastRun:
    """Part the differences to the last night before, lead by lead.

    Parameters
    ----------
    store : Store
        Where the nights are.
    engine : Engine
        With tonight's tables.
    params : Params
        The mapping.
    registry : Registry
        Where the models are.
    tonight : Side
        This night.
    model_version : str
        Of tonight's model.
    scored : pd.DataFrame
        lead_id, score, base_score, reasons of tonight.

    Returns
    -------
    SinceLastNight
        A model that cannot be had any more loses the comparison, not the night.
    """
    nights = store.list_runs(tonight.moment.to_pydatetime())
    if any(night.as_of == tonight.moment and night.model_version == model_version for night in nights):
        return ChangesSinceLastRun()
    earlier = next((night for night in nights if night.as_of < tonight.moment), None)
    if earlier is None:
        return ChangesSinceLastRun()
    moment = pd.Timestamp(earlier.as_of)
    if earlier.model_version == model_version:
        then = RunContext(tonight.scorer, tonight.features, moment)
    else:
        try:
            then = load_run(params, engine.report, registry, earlier.model_version, moment)
        except BundleError as error:
            return ChangesSinceLastRun(moment, unknown=str(error))
    shown = scored[["lead_id", "score", "base_score", "reasons"]].sort_values("lead_id")
    before = store.read_scores(earlier.night)
    leads = sorted(set(before["lead_id"]) & set(shown["lead_id"]))
    if not leads:
        return ChangesSinceLastRun(moment, before=before)
    shown = shown.set_index("lead_id").loc[leads].reset_index()
    keys = union_topics(then, tonight)
    moved = compare_in_chunks(
        engine, leads, then, tonight, keys=keys,
        before=lambda some: load_published_scores(store, earlier.night, before, some, keys),
        after=lambda some: _tonight(shown[shown["lead_id"].isin(some)].reset_index(drop=True), keys),
    )  # fmt: skip
    return ChangesSinceLastRun(moment, tuple(moved), before=before)


def compare_in_chunks(
    engine: Engine,
    leads: Sequence[str],
    earlier: RunContext,
    later: RunContext,
    *,
    keys: Sequence[str],
    before: Callable[[Sequence[str]], PublishedScores],
    after: Callable[[Sequence[str]], PublishedScores],
) -> list[Change]:
    """Part the differences of any number of leads, some at a time.

    Parameters
    ----------
    engine : Engine
        With the clean tables as they are known now.
    leads : sequence of str
        Ids in rising order.
    earlier, later : Side
        The nights.
    keys : sequence of str
        Topics of both.
    before, after : callable
        Leads -> what was shown of them on either night.
    """
    moved: list[Change] = []
    for start in range(0, len(leads), CHUNK_LEADS):
        some = leads[start : start + CHUNK_LEADS]
        found = attribute_changes(engine, some, earlier, later, before=before(some), after=after(some))
        moved += convert_to_records(found, some, earlier.moment, keys)
    return moved


def _tonight(shown: pd.DataFrame, keys: Sequence[str]) -> PublishedScores:
    def points(places: np.ndarray) -> np.ndarray:
        told = [{r.topic: r.points for r in parse_reasons(shown["reasons"][place])} for place in places]
        return np.array([[by_topic.get(key, 0.0) for key in keys] for by_topic in told])

    return PublishedScores(shown, points)
