"""Horizon, moments and span, found by trying them on the clean tables."""

from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from leadlight.features.errors import NotEnoughDataError
from leadlight.pipelines.params import Params
from leadlight.pipelines.params.sections import HistorySpan, Label, Snapshots
from leadlight.pipelines.sources.times import convert_to_local
from leadlight.pipelines.stages.snapshot import snapshot
from leadlight.pipelines.workspace.workdir import Workdir, read_frame

__all__ = ["TimingProposal", "select_horizon"]

HORIZONS = (1, 2, 3, 7, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 540, 730)
#: share of the wins that should come within the horizon, if two gaps of its length leave enough to learn from
WINS_WITHIN = 0.75
#: what is enough: wins and share of the snapshots in the training window
TRAIN_WINS, TRAIN_SHARE = 100, 0.1
#: share of closes within a day, or within half a day, from which leads are taken to be decided on contact,
#: or looked at later on
ON_CONTACT, EARLY = 0.95, 0.4
HALF_A_DAY = 0.5
LATER = (1, 3, 7, 14, 21, 30, 60, 90)


@dataclass(frozen=True)
class TimingProposal:
    """When leads are looked at, and how far ahead.

    Parameters
    ----------
    label, snapshots, history : Label, Snapshots, HistorySpan
        Sections of params.
    why_horizon, why_snapshots, why_since : str
        The reason of each, in a sentence.
    doubt : str
        What is wrong with the horizon, if anything.
    """

    label: Label
    snapshots: Snapshots
    history: HistorySpan = field(default_factory=HistorySpan)
    why_horizon: str = ""
    why_snapshots: str = ""
    why_since: str = ""
    doubt: str = ""


def select_horizon(params: Params, workdir: Workdir) -> TimingProposal | None:
    """Find horizon, moments and span.

    Parameters
    ----------
    params : Params
        A draft whose tables were read.
    workdir : Workdir
        Where the clean tables are; snapshots are drawn there to see whether they do.

    Returns
    -------
    Timing or None
        None where the leads carry no dates: then there is but one moment, and no horizon.
    """
    if params.source.leads.created_at is None:
        return None
    leads = read_frame(workdir.tables / "leads.parquet", ["lead_id", "created_at"])
    deals = read_frame(workdir.tables / "deals.parquet")
    closed = deals.merge(leads, on="lead_id")
    days = (closed["closed_at"] - closed["created_at"]).dt.total_seconds() / 86_400
    wins = days[closed["won"]]
    last = max(leads["created_at"].max(), deals["closed_at"].max())
    span = (last - leads["created_at"].min()).days
    if params.source.leads.outcome is not None:
        moments = Snapshots(at_creation=True, every_days=None)
        draft = TimingProposal(
            Label(), moments, why_snapshots="the export holds each lead once, as it is today"
        )
        return _horizon(params, workdir, draft, 30, wins)
    draft = _moments(params, days, wins, span)
    if draft.why_horizon:
        return draft
    wanted = next((h for h in HORIZONS if (wins < h).mean() >= WINS_WITHIN), HORIZONS[-1])
    draft = replace(draft, snapshots=_within(draft.snapshots, wanted))
    return _horizon(params, workdir, draft, wanted, wins)


def _moments(params: Params, days: pd.Series, wins: pd.Series, span: int) -> TimingProposal:
    if (days < 1).mean() >= ON_CONTACT:
        share = f"{(days < 1).mean():.0%} of the closes come on the day of creation"
        moments = Snapshots(at_creation=True, every_days=None)
        return TimingProposal(
            Label(horizon_days=1), moments, why_horizon=share, why_snapshots=f"{share}: no later look"
        )
    if params.source.activities is None and params.source.history is None:
        why = "without activities and history nothing new is known of a lead later on"
        return TimingProposal(Label(), Snapshots(at_creation=True, every_days=None), why_snapshots=why)
    early = float((days < HALF_A_DAY).mean())
    if early >= EARLY and wins.median() > 1:
        why = f"{early:.0%} of the closes come within twelve hours: what counts are leads still open later"
        return TimingProposal(
            Label(), Snapshots(at_creation=False, after_days=LATER, every_days=None), why_snapshots=why
        )
    every = 30 if span >= 360 else 14 if span >= 180 else 7
    why = f"at creation, and all open leads every {every} days of the {span:,} in the files"
    return TimingProposal(Label(), Snapshots(at_creation=True, every_days=every), why_snapshots=why)


def _within(moments: Snapshots, horizon: int) -> Snapshots:
    """Leave out ages beyond the horizon, for few leads are open then."""
    ages = tuple(age for age in moments.after_days if age <= horizon)
    return moments.model_copy(update={"after_days": ages})


def _horizon(
    params: Params, workdir: Workdir, draft: TimingProposal, wanted: int, wins: pd.Series
) -> TimingProposal:
    """Take the wanted horizon, or the longest below it that leaves a training window worth its name."""
    poor: list[tuple[int, int, dict[str, Any]]] = []
    for horizon in [h for h in reversed(HORIZONS) if h <= wanted]:
        moments = _within(draft.snapshots, horizon) if horizon < wanted else draft.snapshots
        trial = params.model_copy(
            update={"label": Label(horizon_days=horizon), "snapshots": moments, "history": HistorySpan()}
        )
        try:
            report = snapshot(trial, workdir)
        except NotEnoughDataError:
            continue
        splits = report["splits"]
        total = sum(split["snapshots"] for split in splits.values())
        learned = splits["train"]["wins"]
        if learned >= TRAIN_WINS and splits["train"]["snapshots"] >= TRAIN_SHARE * total:
            return _settled(trial, report, draft, wins, workdir=workdir, wanted=wanted)
        poor.append((learned, horizon, report))
    if not poor:
        doubt = (
            "too little time or too few wins for train, calibrate and test at any horizon: give more history"
        )
        return replace(draft, label=Label(horizon_days=wanted), doubt=doubt)
    learned, horizon, report = max(poor, key=lambda entry: entry[:2])
    trial = params.model_copy(
        update={"label": Label(horizon_days=horizon), "snapshots": _within(draft.snapshots, horizon)}
    )
    doubt = f"{learned:,} wins to learn from, whatever the horizon: few for a model"
    return replace(_settled(trial, report, draft, wins, workdir=workdir, wanted=wanted), doubt=doubt)


def _settled(
    trial: Params,
    report: dict[str, Any],
    draft: TimingProposal,
    wins: pd.Series,
    *,
    wanted: int,
    workdir: Workdir,
) -> TimingProposal:
    horizon = trial.label.horizon_days
    why = f"{(wins < horizon).mean():.0%} of all wins come within {horizon} days of creation"
    if horizon < wanted:
        why += f" ({(wins < wanted).mean():.0%} within {wanted}, but two gaps of that leave too little)"
    doubt = ""
    if trial.source.leads.outcome is not None:
        why, doubt = "", "how many days does it take until a lead is won? The files do not say"
    since, why_since = HistorySpan(), ""
    if report["left_truncation"]:
        deals = read_frame(workdir.tables / "deals.parquet")
        first = convert_to_local(deals.loc[deals["won"], "closed_at"], trial.source.timezone).min().date()
        since = HistorySpan(since=first)
        why_since = f"no deal was recorded as won before {first}, so older leads only look lost"
    return replace(
        draft,
        label=trial.label,
        snapshots=trial.snapshots,
        history=since,
        why_horizon=why,
        why_since=why_since,
        doubt=doubt,
    )
