"""What thresholds are shown on: the out-of-time scores of the model that serves, and what is proposed."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadlight.models.scoring.bundle import load_scorer
from leadlight.models.scoring.scale import ScoreScale
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import OutOfTimeScores, Threshold
from leadlight.pipelines.datasets.out_of_time_scores import measure_weeks, read_out_of_time, select_thresholds
from leadlight.pipelines.params import Params
from leadlight.pipelines.params.sections import Policy
from leadlight.pipelines.workspace.as_of import localize_midnight_utc
from leadlight.pipelines.workspace.workdir import Workdir, read_frame

__all__ = ["NAMES", "ContactEconomics", "ThresholdDataset", "load_dataset"]

#: thresholds in the order of their scores
NAMES = ("marketing_qualified", "sales_qualified")


@dataclass(frozen=True)
class ContactEconomics:
    """What a win brings and a contact takes, and where the worth of a win is from.

    Parameters
    ----------
    win : float or None
        None where nobody said and no won deal has an amount.
    contact : float
        Cost of contacting one lead; 0 where nobody said.
    minutes : float
        Time that one new lead takes.
    origin : str
        One sentence.
    """

    win: float | None
    contact: float
    minutes: float
    origin: str


@dataclass(frozen=True)
class ThresholdDataset:
    """Everything that the report is made of.

    Parameters
    ----------
    params : Params
    workdir : Workdir
    scorer : Scorer
        The bundle of the working folder.
    snapshots : pd.DataFrame
        Out-of-time snapshots: lead_id, as_of, won, probability, weight (what it counts for, so that ages
        are those of the newest leads); ``first`` (none of this lead before),
        ``previous`` (its probability at the snapshot before; NaN where that one has none), ``on_grid``
        (taken at a moment at which every open lead was).
    scored : Scored
        The same for :func:`leadlight.models.scoring.thresholds.select_threshold`.
    proposed : dict of str to Threshold, or None
        Thresholds of the proposal; None where there is none.
    economy : Economy
    """

    params: Params
    workdir: Workdir
    scorer: Scorer
    snapshots: pd.DataFrame
    scored: OutOfTimeScores
    proposed: dict[str, Threshold] | None
    economy: ContactEconomics

    @property
    def dated(self) -> bool:
        """Whether the source says when anything happened."""
        return bool(self.scorer.facts["time"] == "dates")

    @property
    def policy(self) -> Policy:
        """The policy of params, or the defaults."""
        return self.params.policy or Policy()

    @property
    def scale(self) -> ScoreScale:
        """From probability to the score that is shown today."""
        return self.scorer.score_map.scale


def load_dataset(
    params: Params, workdir: Workdir, marketing: str | None, sales: str | None
) -> ThresholdDataset:
    """Read what the report is made of, and find the thresholds of the proposal.

    Parameters
    ----------
    params : Params
    workdir : Workdir
    marketing, sales : str or None
        Sentences in place of those of params.

    Raises
    ------
    SourceError
        If nothing was trained or calibrated yet.
    BundleError
        If the bundle is damaged.
    PolicyError
        If a proposed sentence cannot be read or met.
    """
    scorer = load_scorer(workdir.require(workdir.bundle, "calibrate"))
    name = scorer.facts["candidate"]
    told = read_out_of_time(workdir, name, scorer.model, scorer.calibrator, scorer.catalogue)
    scored = OutOfTimeScores(
        told["probability"].to_numpy(),
        told["won"].to_numpy(dtype=np.int64),
        told["lead_id"].to_numpy(dtype=object),
        measure_weeks(told["as_of"]),
        told["weight"].to_numpy(),
    )
    looks = told.assign(on_grid=False, first=True, previous=np.nan)
    if scorer.facts["time"] == "dates":
        snapshots = read_frame(workdir.require(workdir.snapshots, "snapshot"), ["lead_id", "as_of"])
        looks = _with_previous(told, snapshots)
        looks["on_grid"] = looks["as_of"].isin(_grid(params, scorer, told["as_of"]))
    proposed = _proposed(params, scorer, scored, marketing, sales)
    return ThresholdDataset(
        params, workdir, scorer, looks, scored, proposed, _economy(params, workdir, scorer)
    )


def _with_previous(told: pd.DataFrame, snapshots: pd.DataFrame) -> pd.DataFrame:
    """Put beside each snapshot what the lead scored at the one before."""
    keys = ["lead_id", "as_of"]
    before = snapshots.sort_values(keys, ignore_index=True)
    before["earlier"] = before.groupby("lead_id")["as_of"].shift()
    known = told.drop_duplicates(keys)[[*keys, "probability"]]
    known = known.rename(columns={"as_of": "earlier", "probability": "previous"})
    looks = told.merge(before, on=keys, how="left", validate="many_to_one")
    looks["first"] = looks["earlier"].isna()
    return looks.merge(known, on=["lead_id", "earlier"], how="left", validate="many_to_one")


def _grid(params: Params, scorer: Scorer, as_of: pd.Series) -> list[pd.Timestamp]:
    """Midnights at which every open lead was looked at, counted back from the cut-off as `snapshot` does."""
    every, zone = params.snapshots.every_days, params.source.timezone
    if every is None:
        return []
    cut_off = pd.Timestamp(scorer.facts["snapshots"]["cut_off"])
    last, first, newest = (
        moment.tz_localize("UTC").tz_convert(zone).tz_localize(None).normalize()
        for moment in (cut_off, as_of.min(), as_of.max())
    )
    steps = range((last - newest).days // every, (last - first).days // every + 1)
    return [localize_midnight_utc(last - pd.Timedelta(days=step * every), zone) for step in steps]


def _proposed(
    params: Params, scorer: Scorer, scored: OutOfTimeScores, marketing: str | None, sales: str | None
) -> dict[str, Threshold] | None:
    """Find the thresholds of sentences other than those that the bundle was made with."""
    policy = params.policy or Policy()
    given = {"marketing_qualified": marketing, "sales_qualified": sales}
    wanted = policy.model_copy(update={name: text for name, text in given.items() if text is not None})
    if all(getattr(wanted, name) == scorer.thresholds[name].sentence for name in NAMES):
        return None
    return select_thresholds(wanted, scored, params.training.seed)


def _economy(params: Params, workdir: Workdir, scorer: Scorer) -> ContactEconomics:
    given = (params.policy or Policy()).economics
    contact = given.contact or 0.0
    cost = (
        f"a contact costs {contact:,.0f}"
        if given.contact is not None
        else "what a contact costs is not counted"
    )
    if given.win is not None:
        said = f"A win is worth {given.win:,.0f} (policy.economics); {cost}."
        return ContactEconomics(given.win, contact, given.minutes, said)
    won = _amounts(workdir, scorer)
    if won.empty:
        said = (
            "No worth of a win is known, so no value is shown: the source has no amounts of won deals; "
            "policy.economics.win can say one."
        )
        return ContactEconomics(None, contact, given.minutes, said)
    win = float(won.median())
    said = f"A win is worth {win:,.0f}, the median amount of the {len(won):,} deals won so far; {cost}."
    return ContactEconomics(win, contact, given.minutes, said)


def _amounts(workdir: Workdir, scorer: Scorer) -> pd.Series:
    """Amounts of deals that were won before the cut-off."""
    path = workdir.require(workdir.tables / "deals.parquet", "ingest")
    deals: pd.DataFrame = read_frame(path)
    if "amount" not in deals.columns:
        return pd.Series(dtype=float)
    won = deals[deals["won"].astype(bool)]
    if scorer.facts["time"] == "dates":
        won = won[won["closed_at"] < pd.Timestamp(scorer.facts["snapshots"]["cut_off"])]
    return won["amount"].dropna()
