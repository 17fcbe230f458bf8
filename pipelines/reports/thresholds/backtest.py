"""Weekly scores of all open leads in the test window, by the present model."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from leadlight.features.labels import find_first_closes
from leadlight.models.candidates.base import margins
from leadlight.pipelines.engines.engine import Engine, build_feature_set, open_engine
from leadlight.pipelines.engines.open_leads import MAX_LEADS, sample_open_leads_over_time, select_open_leads
from leadlight.pipelines.reports.thresholds.dataset import ThresholdDataset
from leadlight.pipelines.workspace.as_of import localize_midnight_utc

__all__ = ["Backtest", "run_backtest"]

#: maximum number of weeks, from the start of the test window
MAX_WEEKS = 52


class Backtest(NamedTuple):
    """Probabilities and outcomes of the leads open at each week.

    Parameters
    ----------
    moments : list of pd.Timestamp
        Naive UTC, a week apart by the clocks of the source.
    leads : ndarray of str, shape (n,)
        Leads open in any week.
    probability : ndarray, shape (weeks, n)
        NaN where a lead was not open.
    won : ndarray, shape (weeks, n)
        1 if won within the horizon, 0 if not, NaN if not open or if the horizon ends after the cut-off.
    weight : float
        Open leads for each of `leads`; above 1 where the base was sampled.
    """

    moments: list[pd.Timestamp]
    leads: np.ndarray
    probability: np.ndarray
    won: np.ndarray
    weight: float

    @property
    def known(self) -> np.ndarray:
        """Weeks of which the outcomes are known, shape (weeks,)."""
        return np.asarray(np.isfinite(self.won).any(axis=1))


def run_backtest(dataset: ThresholdDataset, on_week: Callable[[float], None] = lambda share: None) -> Backtest | None:
    """Score the open leads of every week of the test window, up to the cut-off.

    Parameters
    ----------
    on_week : callable
        Called with the share that is done.

    Returns
    -------
    Backtest or None
        None without dates or a test window, or where fewer than two weeks fit.

    Raises
    ------
    BundleError
        If the bundle does not fit params.
    """
    if not dataset.dated or dataset.scorer.metadata.snapshots["windows"]["test_start"] is None:
        return None
    engine = open_engine(dataset.workdir, dataset.params.engine)
    activity_types = dataset.scorer.metadata.activity_types
    features = build_feature_set(dataset.params, engine.report | {"activity_types": activity_types})
    dataset.scorer.check_catalogue(features.catalogue)
    moments, parts = _weeks(dataset), []
    for frame in sample_open_leads_over_time(engine, features, moments):
        log_odds = dataset.scorer.calibrator.predict_log_odds(margins(dataset.scorer.model, frame))
        parts.append(frame[["lead_id"]].assign(moment=frame["as_of"], log_odds=log_odds))
        on_week(sum(moment <= frame["as_of"].max() for moment in moments) / len(moments))
    if sum(part["moment"].nunique() for part in parts) < 2:
        return None
    kept, weight = _same_leads(pd.concat(parts, ignore_index=True), engine)
    return _matrices(dataset, engine, kept, weight)


def _weeks(dataset: ThresholdDataset) -> list[pd.Timestamp]:
    zone = dataset.params.source.timezone
    report = dataset.scorer.metadata.snapshots
    start, end = pd.Timestamp(report["windows"]["test_start"]), pd.Timestamp(report["cut_off"])
    first = start.tz_localize("UTC").tz_convert(zone).tz_localize(None).normalize()
    first += pd.Timedelta(days=int(localize_midnight_utc(first, zone) < start))
    days = [first + pd.Timedelta(weeks=week) for week in range(MAX_WEEKS)]
    return [moment for moment in (localize_midnight_utc(day, zone) for day in days) if moment <= end]


def _same_leads(scored: pd.DataFrame, engine: Engine) -> tuple[pd.DataFrame, float]:
    """Apply the strictest hash sample of any week to all weeks; return the weight of a lead."""
    counts = scored.groupby("moment")["lead_id"].size()
    if (counts < MAX_LEADS).all():
        return scored, 1.0
    hashes = pd.util.hash_array(scored["lead_id"].to_numpy(dtype=object))
    highest = pd.Series(hashes).groupby(scored["moment"].to_numpy()).max()
    kept = scored[hashes <= highest[counts >= MAX_LEADS].min()]
    newest = scored["moment"].max()
    every = int(select_open_leads(engine, newest).count().execute())
    return kept, every / int((kept["moment"] == newest).sum())


def _matrices(dataset: ThresholdDataset, engine: Engine, scored: pd.DataFrame, weight: float) -> Backtest:
    wide = scored.pivot(index="moment", columns="lead_id", values="log_odds").sort_index()
    log_odds = wide.to_numpy()
    closings = find_first_closes(engine.deals).select("lead_id", "won_at").to_pyarrow().to_pandas()
    won_at = closings.set_index("lead_id")["won_at"].reindex(wide.columns).to_numpy(dtype="datetime64[us]")
    horizon = pd.Timedelta(days=dataset.scorer.metadata.horizon_days)
    cut_off = dataset.scorer.metadata.cut_off
    moments = [pd.Timestamp(moment) for moment in wide.index]
    won = np.full(log_odds.shape, np.nan)
    for place, moment in enumerate(moments):
        if moment + horizon <= cut_off:
            inside = (won_at >= moment.to_datetime64()) & (won_at < (moment + horizon).to_datetime64())
            won[place] = np.where(np.isnan(log_odds[place]), np.nan, inside)
    probability = np.asarray(1 / (1 + np.exp(-log_odds)))
    return Backtest(moments, wide.columns.to_numpy(dtype=object), probability, won, weight)
