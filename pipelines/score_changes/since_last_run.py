"""Score changes since the last run, computed during scoring."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

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

#: leads compared at a time: points by topic and cause take 600 bytes per lead
CHUNK_LEADS = 100_000


class ChangesSinceLastRun(NamedTuple):
    """Score changes since the last run before this one.

    Parameters
    ----------
    since : pd.Timestamp or None
        Time of that run; None without one, or for a rerun.
    moved : tuple of Change
        Changes of the leads in both runs, by lead id.
    unknown : str
        Reason why the changes are unknown; empty if they are known.
    before : pd.DataFrame or None
        lead_id, score, stage of all leads of that run.
    same_model : bool
        Whether the model of that run is that of this one.
    """

    since: pd.Timestamp | None = None
    moved: tuple[Change, ...] = ()
    unknown: str = ""
    before: pd.DataFrame | None = None
    same_model: bool = True


def compare_with_last_run(
    store: Store,
    engine: Engine,
    params: Params,
    registry: Registry,
    *,
    current: RunContext,
    model_version: str,
    scored: pd.DataFrame,
) -> ChangesSinceLastRun:
    """Decompose the score change of each lead since the last run.

    Parameters
    ----------
    engine : Engine
        With the tables of this run.
    current : RunContext
        This run.
    model_version : str
        Its model version.
    scored : pd.DataFrame
        lead_id, score, base_score, reasons of this run.

    Returns
    -------
    ChangesSinceLastRun
        ``unknown`` is set if the earlier model is no longer available; scoring goes on.
    """
    runs = store.list_runs(current.as_of.to_pydatetime())
    earlier = next((run for run in runs if run.as_of < current.as_of), None)
    rerun = any(run.as_of == current.as_of and run.model_version == model_version for run in runs)
    if rerun or earlier is None:
        return ChangesSinceLastRun()
    since = pd.Timestamp(earlier.as_of)
    same_model = earlier.model_version == model_version
    if same_model:
        then = RunContext(current.scorer, current.features, since)
    else:
        try:
            then = load_run(params, engine.report, registry, earlier.model_version, since)
        except BundleError as error:
            return ChangesSinceLastRun(since, unknown=str(error))
    published = scored[["lead_id", "score", "base_score", "reasons"]].sort_values("lead_id")
    before = store.read_scores(earlier.night)
    leads = sorted(set(before["lead_id"]) & set(published["lead_id"]))
    if not leads:
        return ChangesSinceLastRun(since, before=before, same_model=same_model)
    published = published.set_index("lead_id").loc[leads].reset_index()
    keys = union_topics(then, current)
    moved = compare_in_chunks(
        engine, leads, then, current, keys=keys,
        before=lambda ids: load_published_scores(store, earlier.night, before, ids, keys),
        after=lambda ids: _select_published(published, ids, keys),
    )  # fmt: skip
    return ChangesSinceLastRun(since, tuple(moved), before=before, same_model=same_model)


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
    """Decompose the score changes of any number of leads, in chunks.

    Parameters
    ----------
    engine : Engine
        With the clean tables of today.
    leads : sequence of str
        Ids in ascending order.
    earlier, later : RunContext
        The runs.
    keys : sequence of str
        Topics of both runs.
    before, after : callable
        Leads -> their published scores in either run.
    """
    moved: list[Change] = []
    for start in range(0, len(leads), CHUNK_LEADS):
        chunk = leads[start : start + CHUNK_LEADS]
        changes = attribute_changes(engine, chunk, earlier, later, before=before(chunk), after=after(chunk))
        moved += convert_to_records(changes, chunk, earlier.as_of, keys)
    return moved


def _select_published(scored: pd.DataFrame, leads: Sequence[str], keys: Sequence[str]) -> PublishedScores:
    published = scored[scored["lead_id"].isin(leads)].reset_index(drop=True)

    def read_points(places: np.ndarray) -> np.ndarray:
        points = [{r.topic: r.points for r in parse_reasons(published["reasons"][i])} for i in places]
        return np.array([[by_topic.get(key, 0.0) for key in keys] for by_topic in points])

    return PublishedScores(published, read_points)
