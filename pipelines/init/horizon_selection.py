"""Choose horizon, snapshots and period by trying them on the clean tables."""

from typing import Any, NamedTuple

import pandas as pd

from leadlight.features.errors import NotEnoughDataError
from leadlight.pipelines.params import Params
from leadlight.pipelines.params.sections import HistorySpan, Label, Snapshots
from leadlight.pipelines.sources.columns.times import convert_to_local
from leadlight.pipelines.stages.snapshot import snapshot
from leadlight.pipelines.workspace.workdir import Workdir, read_frame

__all__ = ["TimingProposal", "select_horizon"]

HORIZONS = (1, 2, 3, 7, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 540, 730)
#: share of the wins within the horizon to aim for, if two gaps of its length leave enough training data
TARGET_WINS_SHARE = 0.75
#: wins and share of the snapshots that the training window needs
MIN_TRAIN_WINS, MIN_TRAIN_SHARE = 100, 0.1
#: share of closes within a day from which one snapshot at creation is enough, and share within half a day
#: from which snapshots start later
MIN_SAME_DAY_SHARE, MIN_EARLY_SHARE = 0.95, 0.4
HALF_A_DAY = 0.5
LATER_DAYS = (1, 3, 7, 14, 21, 30, 60, 90)


#: leads up to which snapshots are taken every ten days; of more, every thirty are enough and take a third of the time
MAX_LEADS_DENSE = 10_000


class TimingProposal(NamedTuple):
    """Proposed sections of params, why they are proposed, and the problem of the horizon if there is one."""

    label: Label
    snapshots: Snapshots
    history: HistorySpan = HistorySpan()
    why_horizon: str = ""
    why_snapshots: str = ""
    why_since: str = ""
    doubt: str = ""
    calibration_leads: int | None = None


def select_horizon(params: Params, workdir: Workdir) -> TimingProposal | None:
    """Choose horizon, snapshots and history.

    Parameters
    ----------
    params : Params
        A draft whose source was ingested.
    workdir : Workdir
        Has the clean tables; trial snapshots are written there.

    Returns
    -------
    TimingProposal or None
        None for leads without dates, which have one snapshot and no horizon.
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
        snapshots = Snapshots(at_creation=True, after_days=(), every_days=None)
        draft = TimingProposal(Label(), snapshots, why_snapshots="the export has each lead once, in its current state")
        return _choose_horizon(params, workdir, draft, 30, wins)
    draft = _choose_snapshots(params, days, wins, len(leads), span)
    if draft.why_horizon:
        return draft
    wanted = next((h for h in HORIZONS if (wins < h).mean() >= TARGET_WINS_SHARE), HORIZONS[-1])
    draft = draft._replace(snapshots=_drop_late_ages(draft.snapshots, wanted))
    return _choose_horizon(params, workdir, draft, wanted, wins)


def _choose_snapshots(params: Params, days: pd.Series, wins: pd.Series, leads: int, span: int) -> TimingProposal:
    if (days < 1).mean() >= MIN_SAME_DAY_SHARE:
        share = f"{(days < 1).mean():.0%} of the closes are on the day of creation"
        snapshots = Snapshots(at_creation=True, after_days=(), every_days=None)
        return TimingProposal(
            Label(horizon_days=1), snapshots, why_horizon=share, why_snapshots=f"{share}: no later snapshots"
        )
    if params.source.activities is None and params.source.history is None:
        why = "without activities and history a lead does not change after creation"
        return TimingProposal(Label(), Snapshots(at_creation=True, after_days=(), every_days=None), why_snapshots=why)
    early = float((days < HALF_A_DAY).mean())
    if early >= MIN_EARLY_SHARE and wins.median() > 1:
        why = f"{early:.0%} of the closes are within twelve hours: scoring is for leads still open later"
        return TimingProposal(
            Label(), Snapshots(at_creation=False, after_days=LATER_DAYS, every_days=None), why_snapshots=why
        )
    every = 10 if leads <= MAX_LEADS_DENSE else 30
    why = f"the nights that see a lead first, and every {every} days while it is open; the files cover {span:,} days"
    return TimingProposal(Label(), Snapshots(every_days=every), why_snapshots=why)


def _drop_late_ages(snapshots: Snapshots, horizon: int) -> Snapshots:
    """Drop ages beyond the horizon, when few leads are open."""
    ages = tuple(age for age in snapshots.after_days if age <= horizon)
    return snapshots.model_copy(update={"after_days": ages})


def _choose_horizon(
    params: Params, workdir: Workdir, draft: TimingProposal, wanted: int, wins: pd.Series
) -> TimingProposal:
    """Take the wanted horizon, or the longest below it that leaves enough training data."""
    poor: list[tuple[int, int, dict[str, Any]]] = []
    for horizon in [h for h in reversed(HORIZONS) if h <= wanted]:
        snapshots = _drop_late_ages(draft.snapshots, horizon) if horizon < wanted else draft.snapshots
        trial = params.model_copy(
            update={"label": Label(horizon_days=horizon), "snapshots": snapshots, "history": HistorySpan()}
        )
        try:
            report = snapshot(trial, workdir)
        except NotEnoughDataError:
            continue
        splits = report["splits"]
        total = sum(split["snapshots"] for split in splits.values())
        learned = splits["train"]["wins"]
        if learned >= MIN_TRAIN_WINS and splits["train"]["snapshots"] >= MIN_TRAIN_SHARE * total:
            return _build_proposal(trial, report, draft, wins, workdir=workdir, wanted=wanted)
        poor.append((learned, horizon, report))
    if not poor:
        doubt = "too short a period or too few wins for train, calibrate and test at any horizon: export more"
        return draft._replace(label=Label(horizon_days=wanted), doubt=doubt)
    learned, horizon, report = max(poor, key=lambda entry: entry[:2])
    trial = params.model_copy(
        update={"label": Label(horizon_days=horizon), "snapshots": _drop_late_ages(draft.snapshots, horizon)}
    )
    few = f"{learned:,} wins for training at best, whatever the horizon: few for a model"
    built = _build_proposal(trial, report, draft, wins, workdir=workdir, wanted=wanted)
    return built._replace(doubt="; ".join(filter(None, [built.doubt, few])))


def _build_proposal(
    trial: Params, report: dict[str, Any], draft: TimingProposal, wins: pd.Series, *, wanted: int, workdir: Workdir
) -> TimingProposal:
    horizon = trial.label.horizon_days
    why = f"{(wins < horizon).mean():.0%} of all wins are within {horizon} days of creation"
    if horizon < wanted:
        why += f" ({(wins < wanted).mean():.0%} within {wanted}, but two such gaps leave too little data)"
    doubt = ""
    if trial.source.leads.outcome is not None:
        why, doubt = "", "how many days does a lead take to be won? The files do not say"
    since, why_since = HistorySpan(), ""
    if report["left_truncation"]:
        deals = read_frame(workdir.tables / "deals.parquet")
        first = convert_to_local(deals.loc[deals["won"], "closed_at"], trial.source.timezone).min().date()
        since = HistorySpan(since=first)
        why_since = f"no deal was recorded as won before {first}, so older leads only look lost"
    return draft._replace(
        label=trial.label, snapshots=trial.snapshots, history=since, why_horizon=why, why_since=why_since, doubt=doubt,
        calibration_leads=report["splits"].get("calibrate", {}).get("leads"),
    )  # fmt: skip
