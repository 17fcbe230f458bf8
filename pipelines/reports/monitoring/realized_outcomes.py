"""Realized against expected outcomes of an earlier scoring run."""

from typing import NamedTuple

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.special import expit, logit
from scipy.stats import chi2, rankdata

from leadlight.features.labels import find_first_closes, label_snapshots
from leadlight.models.metrics.expected_auc import estimate_expected_auc
from leadlight.models.metrics.metrics import bin_calibration, compute_metrics, fit_calibration_line
from leadlight.pipelines.engines.engine import Engine
from leadlight.serving.store.run_history import RunSummary

__all__ = ["RealizedPerformance", "estimate_auc_standard_error", "estimate_observed_expected", "evaluate_realized"]


class RealizedPerformance(NamedTuple):
    """Realized performance of the scores of one run.

    Parameters
    ----------
    as_of, matured_on : str
        Time of the run, and the end of its outcome window.
    model_version : str
        Version of the model that scored it.
    leads, left_out : int
        Evaluated leads; leads no longer in the source, or closed before the run according to later data.
    expected, actual : float, int
        Expected and observed wins.
    ratio, ratio_ci99 : tuple of float
        actual / expected: its 95 % and its 99 % interval.
    slope, slope_ci99 : tuple of float or None
        Calibration slope with its 95 % interval, and its 99 % interval; None with less than two wins.
    auc_error : float or None
        Standard error of the AUC; None with less than two wins.
    measured : dict of str to float
        AUC, log loss, Brier score and lift; empty with less than two wins.
    expected_auc : float or None
        Expected from the probabilities; None with less than two wins.
    bins : list of dict
        Expected and actual wins in five bins of equal size.
    """

    as_of: str
    matured_on: str
    model_version: str
    leads: int
    left_out: int
    expected: float
    actual: int
    ratio: tuple[float, float]
    ratio_ci99: tuple[float, float]
    slope: tuple[float, float, float] | None
    slope_ci99: tuple[float, float] | None
    auc_error: float | None
    measured: dict[str, float]
    expected_auc: float | None
    bins: list[dict[str, float]]


def evaluate_realized(
    night: RunSummary, scores: pd.DataFrame, engine: Engine, horizon_days: int, now: pd.Timestamp
) -> RealizedPerformance | None:
    """Evaluate the scores of a matured run on their outcomes.

    Parameters
    ----------
    night : RunSummary
        Its window of `horizon_days` has ended at `now`.
    scores : pd.DataFrame
        lead_id and probability as they were shown.
    engine : Engine
        Over the newest tables.
    horizon_days : int
        Won within so many days.
    now : pd.Timestamp
        Outcomes are known up to here.

    Returns
    -------
    RealizedPerformance or None
        None if no lead of the run is left in the source.
    """
    labelled = _labelled(night, scores, engine, horizon_days, now)
    if labelled.empty:
        return None
    p, won = labelled["probability"].to_numpy(dtype=float), labelled["won"].to_numpy(dtype=np.int64)
    expected, actual = float(p.sum()), int(won.sum())
    has_both = 2 <= actual <= len(won) - 2
    slope, error = _slope(p, won) if has_both else (np.nan, np.nan)
    kept = ("auc", "log_loss", "brier", "lift_at_10_percent")
    return RealizedPerformance(
        as_of=night.as_of.isoformat(),
        matured_on=(pd.Timestamp(night.as_of) + pd.Timedelta(days=horizon_days)).isoformat(),
        model_version=night.model_version,
        leads=len(labelled),
        left_out=len(scores) - len(labelled),
        expected=expected,
        actual=actual,
        ratio=estimate_observed_expected(actual, expected, 0.95),
        ratio_ci99=estimate_observed_expected(actual, expected, 0.99),
        slope=(slope, slope - 1.96 * error, slope + 1.96 * error) if has_both else None,
        slope_ci99=(slope - 2.576 * error, slope + 2.576 * error) if has_both else None,
        auc_error=estimate_auc_standard_error(p, won) if has_both else None,
        measured={name: v for name, v in compute_metrics(p, won).items() if name in kept} if has_both else {},
        expected_auc=estimate_expected_auc(p) if has_both else None,
        bins=bin_calibration(p, won, 5),
    )


def estimate_observed_expected(actual: int, expected: float, level: float) -> tuple[float, float]:
    """Return the exact interval of actual over expected wins (Garwood 1936, Biometrika 28).

    Wins are taken as Poisson, which is conservative for independent leads with unequal chances.
    """
    rest = (1 - level) / 2
    low = float(chi2.ppf(rest, 2 * actual) / 2) if actual else 0.0
    return low / expected, float(chi2.ppf(1 - rest, 2 * (actual + 1)) / 2) / expected


def estimate_auc_standard_error(p: np.ndarray, won: np.ndarray) -> float:
    """Return the standard error of an AUC (DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44).

    Parameters
    ----------
    p : ndarray, shape (n,)
        Scores, one a lead.
    won : ndarray of int, shape (n,)
        Labels, at least two of each kind.
    """
    wins, losses = p[won == 1], p[won == 0]
    # the share of the other kind that each lies above, a tie for half: from ranks in all and among its own
    ranks = rankdata(np.concatenate([wins, losses]))
    above = (ranks[: len(wins)] - rankdata(wins)) / len(losses)
    passed = (ranks[len(wins) :] - rankdata(losses)) / len(wins)
    return float(np.sqrt(above.var(ddof=1) / len(wins) + passed.var(ddof=1) / len(losses)))


def _slope(p: np.ndarray, won: np.ndarray) -> tuple[float, float]:
    """Return the calibration slope and its standard error, from the inverse of the information."""
    slope, intercept = fit_calibration_line(p, won)
    x = logit(np.clip(p, 1e-9, 1 - 1e-9))
    fitted = expit(slope * x + intercept)
    X = np.column_stack([x, np.ones_like(x)])
    information = (X.T * (fitted * (1 - fitted))) @ X + 1e-9 * np.eye(2)
    return slope, float(np.sqrt(np.linalg.inv(information)[0, 0]))


def _labelled(
    night: RunSummary, scores: pd.DataFrame, engine: Engine, horizon_days: int, now: pd.Timestamp
) -> pd.DataFrame:
    """Label the leads of the run, without those gone from the source or closed before the run."""
    as_of = pd.Timestamp(night.as_of)
    ids = pa.table({"lead_id": pa.array(scores["lead_id"].tolist(), pa.string())})
    shown = engine.connection.create_table("scored_then", ids, overwrite=True)
    snapshots = shown.semi_join(engine.tables.leads, "lead_id").mutate(as_of=ibis.timestamp(as_of.isoformat()))
    closings = find_first_closes(engine.deals)
    labelled = label_snapshots(snapshots, closings, horizon_days, ibis.timestamp(now.isoformat()))
    won: pd.DataFrame = labelled.select("lead_id", "won").to_pyarrow().to_pandas()
    closed: pd.DataFrame = engine.closed_periods.to_pyarrow().to_pandas()
    begun = closed["closed_at"].isna() | (closed["closed_at"] < as_of)  # NULL where the outcome is unknown
    gone = closed.loc[begun & ~(closed["reopened_at"] < as_of), "lead_id"]
    known = won[won["won"].notna() & ~won["lead_id"].isin(gone)]
    return known.merge(scores[["lead_id", "probability"]], on="lead_id").sort_values("lead_id", ignore_index=True)
