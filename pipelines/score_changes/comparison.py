"""What changed between any two nights that are stored."""

from dataclasses import dataclass, replace

import pandas as pd

from leadlight.features.errors import StoreError
from leadlight.pipelines.engines.engine import open_engine
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.score_changes.intermediate_states import topics_of
from leadlight.pipelines.score_changes.runs import shown_in, side_of
from leadlight.pipelines.score_changes.since_last_run import compared
from leadlight.pipelines.workspace.score_store import stored
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.score_changes import Change
from leadlight.serving.scoring_run import NightWords
from leadlight.serving.store import Store
from leadlight.serving.store.run_history import PastNight

__all__ = ["Between", "between"]


@dataclass(frozen=True)
class Between:
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

    earlier: PastNight
    later: PastNight
    before: pd.DataFrame
    after: pd.DataFrame
    moved: list[Change]
    words: NightWords


def between(
    params: Params,
    workdir: Workdir,
    since: pd.Timestamp | None,
    as_of: pd.Timestamp | None,
    lead_id: str | None = None,
) -> Between:
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
    with stored(workdir) as store:
        if store is None:
            raise StoreError(
                "The store must hold two nights to compare. Got none: run `leadlight score` first."
            )
        earlier, later = _nights(store, since, as_of)
        before, after = store.scores_at(earlier.night), store.scores_at(later.night)
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
            side_of(params, engine.report, registry, night.model_version, pd.Timestamp(night.as_of))
            for night in (earlier, later)
        )
        if earlier.model_version == later.model_version:  # one model says the same of the same features
            now = replace(now, scorer=then.scorer)
        keys = topics_of(then, now)
        moved = compared(
            engine, leads, then, now, keys=keys,
            before=lambda some: shown_in(store, earlier.night, before, some, keys),
            after=lambda some: shown_in(store, later.night, after, some, keys),
        )  # fmt: skip
        told_in = store.newest_night(later.as_of)
    assert told_in is not None
    return Between(earlier, later, before, after, moved, told_in.words)


def _nights(
    store: Store, since: pd.Timestamp | None, as_of: pd.Timestamp | None
) -> tuple[PastNight, PastNight]:
    nights = store.past_nights((as_of or pd.Timestamp.max.floor("s")).to_pydatetime())
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
