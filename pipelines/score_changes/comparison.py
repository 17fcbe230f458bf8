"""Score changes between any two stored scoring runs."""

from typing import NamedTuple

import pandas as pd

from leadlight.features.errors import StoreError
from leadlight.pipelines.engines.engine import open_engine
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.score_changes.intermediate_states import union_topics
from leadlight.pipelines.score_changes.runs import load_published_scores, load_run
from leadlight.pipelines.score_changes.since_last_run import compare_in_chunks
from leadlight.pipelines.workspace.night_folder import get_night_folder
from leadlight.pipelines.workspace.score_store import open_existing_store
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.score_changes import Change
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.store import Store
from leadlight.serving.store.run_history import RunSummary

__all__ = ["RunComparison", "compare_runs"]


class RunComparison(NamedTuple):
    """Two scoring runs and the score changes between them.

    Parameters
    ----------
    earlier, later : RunSummary
        The runs.
    before, after : pd.DataFrame
        lead_id, score, stage of all leads published by them.
    moved : list of Change
        Changes of the leads in both runs, by lead id.
    words : PresentationContext
        Context of the later run.
    """

    earlier: RunSummary
    later: RunSummary
    before: pd.DataFrame
    after: pd.DataFrame
    moved: list[Change]
    words: PresentationContext


def compare_runs(
    params: Params, workdir: Workdir, since: pd.Timestamp | None, as_of: pd.Timestamp | None, lead_id: str | None = None
) -> RunComparison:
    """Compare two scoring runs with the tables of the last run.

    Data recorded after a run about the time before it counts as a correction.

    Parameters
    ----------
    workdir : Workdir
        With store, registry and the tables of the last run.
    since : pd.Timestamp or None
        The earlier run is the newest up to then (naive UTC); the one before the later run if None.
    as_of : pd.Timestamp or None
        The later run is the newest up to then; the newest of all if None.
    lead_id : str, optional
        Compare only this lead.

    Raises
    ------
    StoreError
        If there are no two such runs, or the lead is not in both.
    BundleError
        If the model of a run is no longer in the registry.
    """
    with open_existing_store(workdir) as store:
        if store is None:
            raise StoreError("The store must hold two runs to compare. Got none: run `leadlight score` first.")
        earlier, later = _select_runs(store, since, as_of)
        before, after = store.read_scores(earlier.night), store.read_scores(later.night)
        leads = sorted(set(before["lead_id"]) & set(after["lead_id"]))
        if lead_id is not None:
            if lead_id not in leads:
                raise StoreError(
                    f"The lead must be in the runs of {earlier.as_of:%Y-%m-%d} and {later.as_of:%Y-%m-%d}. "
                    f"Got {lead_id!r}."
                )
            leads = [lead_id]
        engine = open_engine(get_night_folder(workdir), params.engine)
        registry = open_registry(workdir)
        then, now = (
            load_run(params, engine.report, registry, run.model_version, pd.Timestamp(run.as_of))
            for run in (earlier, later)
        )
        if earlier.model_version == later.model_version:  # the same model, loaded once
            now = now._replace(scorer=then.scorer)
        keys = union_topics(then, now)
        moved = compare_in_chunks(
            engine, leads, then, now, keys=keys,
            before=lambda leads: load_published_scores(store, earlier.night, before, leads, keys),
            after=lambda leads: load_published_scores(store, later.night, after, leads, keys),
        )  # fmt: skip
        stored = store.get_latest_run(later.as_of)
    assert stored is not None
    return RunComparison(earlier, later, before, after, moved, stored.words)


def _select_runs(store: Store, since: pd.Timestamp | None, as_of: pd.Timestamp | None) -> tuple[RunSummary, RunSummary]:
    runs = store.list_runs((as_of or pd.Timestamp.max.floor("s")).to_pydatetime())
    upto = since if since is not None else (pd.Timestamp(runs[0].as_of) if runs else pd.Timestamp.min)
    older = [run for run in runs[1:] if (run.as_of <= upto if since is not None else run.as_of < upto)]
    if not older:
        newest = ", ".join(f"{run.as_of:%Y-%m-%d}" for run in reversed(runs[:5])) or "none"
        raise StoreError(
            "The store must hold two runs to compare, the earlier one at or before --since. "
            f"Got, newest only: {newest}."
        )
    return older[0], runs[0]
