"""Input of the thresholds report: out-of-time scores of the serving model, and proposed thresholds."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.scoring.bundle import load_evaluation_scorer, load_scorer
from leadlight.models.scoring.scale import ScoreScale
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import Threshold
from leadlight.pipelines.datasets.labelled_snapshots import read_labelled_snapshots
from leadlight.pipelines.datasets.out_of_time_scores import (
    add_test_window,
    link_predictions,
    measure_weeks,
    predict_newest,
    read_out_of_time,
)
from leadlight.pipelines.datasets.policy_thresholds import select_thresholds
from leadlight.pipelines.params import Params
from leadlight.pipelines.params.sections import Policy
from leadlight.pipelines.workspace.workdir import Workdir, read_frame

__all__ = ["NAMES", "ContactEconomics", "ThresholdDataset", "load_dataset"]

#: thresholds in the order of their scores
NAMES = ("marketing_qualified", "sales_qualified")


class ContactEconomics(NamedTuple):
    """Value of a win, cost of a contact, and the source of the value.

    Parameters
    ----------
    win : float or None
        None if not in params and no won deal has an amount.
    contact : float
        Cost of contacting one lead; 0 if not in params.
    minutes : float
        Minutes of work for one new lead.
    origin : str
        One sentence.
    """

    win: float | None
    contact: float
    minutes: float
    origin: str


class ThresholdDataset(NamedTuple):
    """Input of the report.

    Parameters
    ----------
    scorer : Scorer
        The bundle of the working folder.
    snapshots : pd.DataFrame
        Out-of-time snapshots: lead_id, as_of, won, probability, weight (age standardization); ``first``
        (first of its lead), ``previous`` (probability at the snapshot before, or NaN), ``on_grid`` (at a
        time with snapshots of all open leads).
    scored : ScoredSnapshots
        The same for :func:`leadlight.models.scoring.thresholds.select_threshold`.
    proposed : dict of str to Threshold, or None
        Thresholds of the proposal; None without one.
    """

    params: Params
    workdir: Workdir
    scorer: Scorer
    snapshots: pd.DataFrame
    scored: ScoredSnapshots
    proposed: dict[str, Threshold] | None
    economy: ContactEconomics

    @property
    def dated(self) -> bool:
        """Whether the source has dates."""
        return self.scorer.metadata.has_dates

    @property
    def policy(self) -> Policy:
        """The policy of params, or the defaults."""
        return self.params.policy or Policy()

    @property
    def scale(self) -> ScoreScale:
        """Present map from probability to score."""
        return self.scorer.score_map.scale


def load_dataset(params: Params, workdir: Workdir, marketing: str | None, sales: str | None) -> ThresholdDataset:
    """Read the out-of-time scores, and select the thresholds of the proposal.

    Parameters
    ----------
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
    out_of_time = _read_scores(workdir, scorer)
    scored = ScoredSnapshots(
        out_of_time["probability"].to_numpy(),
        out_of_time["won"].to_numpy(dtype=np.int64),
        out_of_time["lead_id"].to_numpy(dtype=object),
        measure_weeks(out_of_time["as_of"], scorer.metadata.time, out_of_time["window"]),
        out_of_time["weight"].to_numpy(),
    )
    frame = out_of_time.assign(first=True, previous=np.nan)
    if scorer.metadata.has_dates:
        snapshots = read_frame(workdir.require(workdir.snapshots, "snapshot"), ["lead_id", "as_of"])
        frame = _with_previous(out_of_time, snapshots)
    # without a grid no night is known with leads of all ages
    frame["on_grid"] &= bool(scorer.metadata.has_dates and params.snapshots.every_days)
    proposed = _proposed(params, scorer, scored, marketing, sales)
    return ThresholdDataset(params, workdir, scorer, frame, scored, proposed, _economy(params, workdir, scorer))


def _with_previous(out_of_time: pd.DataFrame, snapshots: pd.DataFrame) -> pd.DataFrame:
    """Add the probability at the previous snapshot of each lead."""
    keys = ["lead_id", "as_of"]
    before = snapshots.sort_values(keys, ignore_index=True)
    before["earlier"] = before.groupby("lead_id")["as_of"].shift()
    known = out_of_time.drop_duplicates(keys)[[*keys, "probability"]]
    known = known.rename(columns={"as_of": "earlier", "probability": "previous"})
    frame = out_of_time.merge(before, on=keys, how="left", validate="many_to_one")
    frame["first"] = frame["earlier"].isna()
    return frame.merge(known, on=["lead_id", "earlier"], how="left", validate="many_to_one")


def _read_scores(workdir: Workdir, scorer: Scorer) -> pd.DataFrame:
    """Return the out-of-time scores that the thresholds of the bundle were chosen on."""
    snapshots = read_labelled_snapshots(workdir)
    before_test = read_out_of_time(workdir, scorer.metadata.candidate)
    judged = load_evaluation_scorer(workdir.bundle).model
    predictions = add_test_window(before_test, judged, snapshots.select_split("test"), scorer.catalogue)
    unfinished, matured = snapshots.select_unfinished(), snapshots.select_matured()
    newest = predict_newest(scorer.model, unfinished, matured, scorer.catalogue)
    linked, weight = link_predictions(predictions, newest)
    return linked.assign(probability=scorer.calibrator.predict_proba(linked["margin"].to_numpy()), weight=weight)


def _proposed(
    params: Params, scorer: Scorer, scored: ScoredSnapshots, marketing: str | None, sales: str | None
) -> dict[str, Threshold] | None:
    """Select thresholds if a policy sentence differs from that of the bundle."""
    policy = params.policy or Policy()
    given = {"marketing_qualified": marketing, "sales_qualified": sales}
    wanted = policy.model_copy(update={name: text for name, text in given.items() if text is not None})
    if all(getattr(wanted, name) == scorer.thresholds[name].sentence for name in NAMES):
        return None
    return select_thresholds(wanted, scored, params.training.seed)


def _economy(params: Params, workdir: Workdir, scorer: Scorer) -> ContactEconomics:
    given = (params.policy or Policy()).economics
    contact = given.contact or 0.0
    cost = f"a contact costs {contact:,.0f}" if given.contact is not None else "what a contact costs is not counted"
    if given.win is not None:
        origin = f"A win is worth {given.win:,.0f} (policy.economics); {cost}."
        return ContactEconomics(given.win, contact, given.minutes, origin)
    won = _amounts(workdir, scorer)
    if won.empty:
        origin = (
            "No worth of a win is known, so no value is shown: the source has no amounts of won deals; "
            "policy.economics.win can say one."
        )
        return ContactEconomics(None, contact, given.minutes, origin)
    win = float(won.median())
    origin = f"A win is worth {win:,.0f}, the median amount of the {len(won):,} deals won so far; {cost}."
    return ContactEconomics(win, contact, given.minutes, origin)


def _amounts(workdir: Workdir, scorer: Scorer) -> pd.Series:
    """Return the amounts of deals won before the cut-off."""
    path = workdir.require(workdir.tables / "deals.parquet", "ingest")
    deals: pd.DataFrame = read_frame(path)
    if "amount" not in deals.columns:
        return pd.Series(dtype=float)
    won = deals[deals["won"].astype(bool)]
    if scorer.metadata.has_dates:
        won = won[won["closed_at"] < scorer.metadata.cut_off]
    return won["amount"].dropna()
