"""What the model would have said of every open lead, week after week, of times it did not learn from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadlight.features.errors import NotEnoughDataError
from leadlight.features.labels import find_first_closes
from leadlight.models.candidates.base import margins
from leadlight.pipelines.engines.engine import Engine, build_feature_set, open_engine
from leadlight.pipelines.engines.open_leads import MAX_LEADS, sample_open_leads, select_open_leads
from leadlight.pipelines.reports.thresholds.dataset import ThresholdDataset
from leadlight.pipelines.workspace.as_of import localize_midnight_utc

__all__ = ["Backtest", "run_backtest"]

#: weeks that are replayed at most, from the start of the test window on
MAX_WEEKS = 52


@dataclass(frozen=True)
class Backtest:
    """Probabilities of the leads that were open at each moment.

    Parameters
    ----------
    moments : list of pd.Timestamp
        Naive UTC, a week apart by the clocks of the source.
    leads : ndarray of str, shape (n,)
        All leads that were open at any of them.
    probability : ndarray, shape (weeks, n)
        NaN where a lead was not open.
    won : ndarray, shape (weeks, n)
        1 where it was won within the horizon from that moment on, 0 where not, NaN where it was not open or
        the horizon had not ended at the cut-off.
    weight : float
        Open leads for each of `leads`: more than 1 where the base was too large to look at all.
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


def run_backtest(
    material: ThresholdDataset, on_week: Callable[[float], None] = lambda share: None
) -> Backtest | None:
    """Score the open leads of every week of the test window, up to the cut-off.

    Parameters
    ----------
    material : Material
    on_week : callable
        Called with the share that is done.

    Returns
    -------
    Replay or None
        None without dates, or where fewer than two weeks fit.

    Raises
    ------
    BundleError
        If the bundle does not fit params.
    """
    if not material.dated:
        return None
    engine = open_engine(material.workdir, material.params.engine)
    seen = material.scorer.facts["activity_types"]
    features = build_feature_set(material.params, engine.report | {"activity_types": seen})
    material.scorer.check_catalogue(features.catalogue)
    moments, parts = _weeks(material), []
    for place, moment in enumerate(moments):
        try:
            frame = sample_open_leads(engine, features, moment)
        except NotEnoughDataError:  # all are closed, or nobody is there yet
            continue
        log_odds = material.scorer.calibrator.predict_log_odds(margins(material.scorer.model, frame))
        parts.append(frame[["lead_id"]].assign(moment=moment, log_odds=log_odds))
        on_week((place + 1) / len(moments))
    if len(parts) < 2:
        return None
    kept, standing_for = _same_leads(pd.concat(parts, ignore_index=True), engine)
    return _matrices(material, engine, kept, standing_for)


def _weeks(material: ThresholdDataset) -> list[pd.Timestamp]:
    zone = material.params.source.timezone
    report = material.scorer.facts["snapshots"]
    start, end = pd.Timestamp(report["windows"]["test_start"]), pd.Timestamp(report["cut_off"])
    first = start.tz_localize("UTC").tz_convert(zone).tz_localize(None).normalize()
    first += pd.Timedelta(days=int(localize_midnight_utc(first, zone) < start))
    days = [first + pd.Timedelta(weeks=week) for week in range(MAX_WEEKS)]
    return [moment for moment in (localize_midnight_utc(day, zone) for day in days) if moment <= end]


def _same_leads(told: pd.DataFrame, engine: Engine) -> tuple[pd.DataFrame, float]:
    """Keep leads by one bound of their hash, where at some moment not all were looked at."""
    counts = told.groupby("moment")["lead_id"].size()
    if (counts < MAX_LEADS).all():
        return told, 1.0
    hashes = pd.util.hash_array(told["lead_id"].to_numpy(dtype=object))
    highest = pd.Series(hashes).groupby(told["moment"].to_numpy()).max()
    kept = told[hashes <= highest[counts >= MAX_LEADS].min()]
    newest = told["moment"].max()
    every = int(select_open_leads(engine, newest).count().execute())
    return kept, every / int((kept["moment"] == newest).sum())


def _matrices(
    material: ThresholdDataset, engine: Engine, told: pd.DataFrame, standing_for: float
) -> Backtest:
    wide = told.pivot(index="moment", columns="lead_id", values="log_odds").sort_index()
    log_odds = wide.to_numpy()
    closings = find_first_closes(engine.deals).select("lead_id", "won_at").to_pyarrow().to_pandas()
    won_at = wide.columns.map(closings.set_index("lead_id")["won_at"]).to_numpy(dtype="datetime64[us]")
    horizon = pd.Timedelta(days=int(material.scorer.facts["horizon_days"]))
    cut_off = pd.Timestamp(material.scorer.facts["snapshots"]["cut_off"])
    moments = [pd.Timestamp(moment) for moment in wide.index]
    won = np.full(log_odds.shape, np.nan)
    for place, moment in enumerate(moments):
        if moment + horizon <= cut_off:
            inside = (won_at >= moment.to_datetime64()) & (won_at < (moment + horizon).to_datetime64())
            won[place] = np.where(np.isnan(log_odds[place]), np.nan, inside)
    probability = np.asarray(1 / (1 + np.exp(-log_odds)))
    return Backtest(moments, wide.columns.to_numpy(dtype=object), probability, won, standing_for)
