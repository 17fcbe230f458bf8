"""Backtest thresholds and grades on a later window.

The expected figure has the confidence interval of its own window, and the later window has a sampling error
too. So the observed figure is compared with a prediction interval: squared errors of both are added on each
side (square-and-add: Newcombe 1998, method 10; for any two intervals Zou and Donner 2008), and the variance
between earlier periods is added for both (:mod:`.between_period_variance`; random-effects prediction
interval, Higgins, Thompson and Spiegelhalter 2009). Expected figures are standardized to the ages of the
newest leads (:mod:`leadlight.models.metrics.age_standardization`).
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.stats import norm

from leadlight.models.metrics.between_period_variance import Rate, estimate_between_period_sd
from leadlight.models.metrics.bootstrap import ClusterBootstrap, Interval, convert_interval, proportion_interval
from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.scoring.grades import compute_grade_statistics
from leadlight.models.scoring.scorer import Scorer

__all__ = ["backtest_expectations", "calculate_prediction_interval"]


def backtest_expectations(
    scorer: Scorer,
    now: ScoredSnapshots,
    earlier: ScoredSnapshots,
    seed: int,
    *,
    period: np.ndarray,
    ages: np.ndarray | None = None,
) -> dict[str, Any]:
    """Compare expected figures with those of a later window.

    Parameters
    ----------
    scorer : Scorer
        With its thresholds and grades.
    now : ScoredSnapshots
        The later window, with grades.
    earlier : ScoredSnapshots
        The snapshots before it, with grades, all by the serving scorer.
    seed : int
        Seed of the bootstrap.
    period : ndarray of int, shape (n,)
        Period of each earlier snapshot, as long as the later window; see
        :func:`~leadlight.models.metrics.between_period_variance.assign_periods`.
    ages : ndarray, shape (n,), optional
        Days that the lead of each earlier snapshot had been known for.

    Returns
    -------
    dict
        ``thresholds``: by name precision, recall and share; ``grades``: by group and grade win_rate and
        lift. Each has promised and shown (value, low, high: the sampling interval of the one
        window), between_periods (standard deviation as a share of the value, of all such figures), prediction_interval
        (low, high: the prediction interval), inside (shown lies in prediction_interval) and inside_expected (shown lies
        in the promised interval). Figures without leads in either window are left out. ``together``: numbers
        of figures that are tested at once. ``periods``: number of earlier periods. ``judged`` counts all
        figures, ``outside`` names those that are not inside.
    """
    figures: dict[str, tuple[Interval, Interval]] = {}
    for name, threshold in scorer.thresholds.items():
        for figure, shown in _measure_above(now, threshold.probability, seed).items():
            figures[f"thresholds.{name}.{figure}"] = getattr(threshold, figure), shown
    scales = {"fit": scorer.fit_grades, "engagement": scorer.engagement_grades}
    for group, scale in scales.items():
        rows = {
            row.grade: row for row in compute_grade_statistics(scale.names, now.grades[group], now.won, now.leads, seed)
        }
        for row in scale.expected:
            if row.grade in rows:
                for figure in ("win_rate", "lift"):
                    both = getattr(row, figure), getattr(rows[row.grade], figure)
                    figures[f"{group}.{row.grade}.{figure}"] = both
    figures = {key: both for key, both in figures.items() if np.isfinite(both[0]).all()}
    kinds: dict[str, list[tuple[Rate, ...]]] = {}
    for key, rates in _rates(figures, scorer, earlier).items():
        kinds.setdefault(key.split(".")[2], []).append(rates)
    between = estimate_between_period_sd(kinds, earlier.leads, period, ages)
    together = {
        "thresholds": 3 * len(scorer.thresholds),
        "grades": max(1, sum(len(scale.expected) for scale in scales.values())),
    }
    verdicts: dict[str, Any] = {"thresholds": {}, "grades": {group: {} for group in scales}}
    outside = []
    for key, (promised, shown) in figures.items():
        kind, name, figure = key.split(".")
        of = together["thresholds" if kind == "thresholds" else "grades"]
        verdict = _compare(promised, shown, of, between[figure])
        place = verdicts["thresholds"] if kind == "thresholds" else verdicts["grades"][kind]
        place.setdefault(name, {})[figure] = verdict
        outside += [] if verdict["inside"] else [key]
    periods = int(period.max(initial=-1)) + 1
    return verdicts | {"together": together, "periods": periods, "judged": len(figures), "outside": outside}


def _rates(keys: Iterable[str], scorer: Scorer, earlier: ScoredSnapshots) -> dict[str, tuple[Rate, ...]]:
    """Return numerator and denominator of each figure."""
    won, every = earlier.won == 1, np.ones(len(earlier.won), dtype=bool)
    rates: dict[str, tuple[Rate, ...]] = {}
    for key in keys:
        kind, name, figure = key.split(".")
        if kind == "thresholds":
            above = earlier.probability >= scorer.thresholds[name].probability
            by_figure = {"precision": (above & won, above), "recall": (above & won, won), "share": (above, every)}
            rates[key] = (by_figure[figure],)
        else:
            graded = earlier.grades[kind] == name
            rates[key] = ((graded & won, graded), *(((won, every),) if figure == "lift" else ()))
    return rates


def calculate_prediction_interval(
    promised: Interval, shown: Interval, together: int = 1, between: float = 0.0
) -> tuple[float, float]:
    """Return the prediction interval of a shown figure.

    Parameters
    ----------
    promised, shown : tuple of float
        Value, lower and upper end of the 95 % interval in its own window.
    together : int
        Figures that all have to lie inside with 95 % probability (Bonferroni): intervals widen in
        proportion to normal quantiles.
    between : float
        Standard deviation between periods, as a share of the value; each of the two windows is one.

    Returns
    -------
    low, high : float
        ``low = p - w sqrt((p - p_low)^2 + (s_high - s)^2 + 2 (1.96 b p)^2)``, and ``high`` alike, where w is
        1 for one figure; never below zero. Without differences between periods the shown value lies between
        them if and only if the interval of the difference contains 0.
    """
    value, low, high = promised
    observed, observed_low, observed_high = shown
    quantile = norm.ppf(0.975)
    wider = norm.ppf(1 - 0.025 / together) / quantile
    period = np.sqrt(2) * quantile * between * value
    return (
        max(0.0, float(value - wider * np.hypot(np.hypot(value - low, observed_high - observed), period))),
        float(value + wider * np.hypot(np.hypot(high - value, observed - observed_low), period)),
    )


def _compare(promised: Interval, shown: Interval, together: int, between: float) -> dict[str, Any]:
    low, high = calculate_prediction_interval(promised, shown, together, between)
    return {
        "promised": convert_interval(promised),
        "shown": convert_interval(shown),
        "between_periods": between,
        "prediction_interval": {"low": low, "high": high},
        "inside": bool(low <= shown[0] <= high),
        "inside_expected": bool(promised[1] <= shown[0] <= promised[2]),
    }


def _measure_above(window: ScoredSnapshots, probability: float, seed: int) -> dict[str, Interval]:
    """Return precision, recall and share at or above a threshold; no precision without leads there."""
    above, won = window.probability >= probability, window.won
    columns = np.stack([above * won, above * 1.0, won, np.ones(len(won))])
    hits, chosen, wins, every = ClusterBootstrap(window.leads, seed).resample_sums(columns).T
    intervals = {
        "recall": proportion_interval(hits, wins, len(np.unique(window.leads[won == 1]))),
        "share": proportion_interval(chosen, every, len(np.unique(window.leads))),
    }
    if chosen[0] > 0:
        intervals["precision"] = proportion_interval(hits, chosen, len(np.unique(window.leads[above])))
    return {name: intervals[name] for name in ("precision", "recall", "share") if name in intervals}
