"""What changed between any two nights that are stored."""

from dataclasses import dataclass, replace

import pandas as pd

from leadlight.features.errors import StoreError
from leadlight.pipelines.engines.engine import open_engine
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.score_changes.intermediate_states import union_topics
from leadlight.pipelines.score_changes.runs import load_published_scores, load_run
from leadlight.pipelines.score_changes.since_last_run import compare_in_chunks
from leadlight.pipelines.workspace.score_store import open_existing_store
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.score_changes import Change
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.store import Store
from leadlight.serving.store.run_history import RunSummary

__all__ = ["RunComparison", "compare_runs"]


@dataclass(frozen=True)
class RunComparison:
    """Two nights and what changed from one to the other.

    Parameters
    ----------
    earlier, later : PastNight
        The nights.
    before, after : pd.DataFrame
        lead_id, score, stage of all leads shown on them.
    moved : list of Change
        Of the leads shown on both, by lead id.
    words : NightWords
        Of the later night.
    """

    earlier: RunSummary
    later: RunSummary
    before: pd.DataFrame
    after: pd.DataFrame
    moved: list[Change]
    words: PresentationContext


def compare_runs(
    params: Params,
    workdir: Workdir,
    since: pd.Timestamp | None,
    as_of: pd.Timestamp | None,
    lead_id: str | None = None,
) -> RunComparison:
    """Compare two nights with what the last night knew.

    What was recorded later than a night that it speaks of counts as corrected, on either of them.

    Parameters
    ----------
    params : Params
        The mapping.
    workdir : Workdir
        Where store, registry and the tables of the last night are.
    since : pd.Timestamp or None
        The earlier night is the newest up to then (naive UTC); the one before the later if None.
    as_of : pd.Timestamp or None
        The later night is the newest up to then; the newest of all if None.
    lead_id : str, optional
        Only of this lead.

    Raises
    ------
    StoreError
        If there are no two such nights, or the lead was not shown on both.
    BundleError
        If a model that served then cannot be had any more.
    """
    with open_existing_store(workdir) as store:
        if store is None:
            raise StoreError(
                "The store must hold two nights to compare. Got none: run `leadlight score` first."
            )
        earlier, later = _nights(store, since, as_of)
        before, after = store.read_scores(earlier.night), store.read_scores(later.night)
        leads = sorted(set(before["lead_id"]) & set(after["lead_id"]))
        if lead_id is not None:
            if lead_id not in leads:
                raise StoreError(
                    f"The lead must have been scored on the nights of {earlier.as_of:%Y-%m-%d} and "
                    f"{later.as_of:%Y-%m-%d}. Got {lead_id!r}, which was not."
                )
            leads = [lead_id]
        engine = open_engine(Workdir(workdir.root / "night"), params.engine)
        registry = open_registry(workdir)
        then, now = (
            load_run(params, engine.report, registry, night.model_version, pd.Timestamp(night.as_of))
            for night in (earlier, later)
        )
        if earlier.model_version == later.model_version:  # one model says the same of the same features
            now = replace(now, scorer=then.scorer)
        keys = union_topics(then, now)
        moved = compare_in_chunks(
            engine, leads, then, now, keys=keys,
            before=lambda some: load_published_scores(store, earlier.night, before, some, keys),
            after=lambda some: load_published_scores(store, later.night, after, some, keys),
        )  # fmt: skip
        told_in = store.get_latest_run(later.as_of)
    assert told_in is not None
    return RunComparison(earlier, later, before, after, moved, told_in.words)


def _nights(
    store: Store, since: pd.Timestamp | None, as_of: pd.Timestamp | None
) -> tuple[RunSummary, RunSummary]:
    nights = store.list_runs((as_of or pd.Timestamp.max.floor("s")).to_pydatetime())
    upto = since if since is not None else (pd.Timestamp(nights[0].as_of) if nights else pd.Timestamp.min)
    older = [
        night for night in nights[1:] if (night.as_of <= upto if since is not None else night.as_of < upto)
    ]
    if not older:
        held = ", ".join(f"{night.as_of:%Y-%m-%d}" for night in reversed(nights[:5])) or "none"
        raise StoreError(
            "The store must hold two nights to compare, the earlier one at or before --since. "
            f"Got these, the newest: {held}."
        )
    return older[0], nights[0]
