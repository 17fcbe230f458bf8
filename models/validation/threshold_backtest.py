"""Whether grades and thresholds did on a later window what they had done where they were chosen.

The interval kept with a promise is that of the window it was made on, and holds the truth of that window in
95 of 100 cases. What a later window shows has a sampling error of its own, so what it is held to is a wider
prediction interval: both errors are added as squares, each side apart (the square-and-add interval of a
difference: Newcombe 1998, method 10; for any two intervals Zou and Donner 2008). A later window lies in other
weeks, too: what periods before differed by is added for both (:mod:`.between_period_variance`; the
prediction interval of random effects, Higgins, Thompson and Spiegelhalter 2009). How many leads lie above a
threshold, and how often they win, depends on who is there: what is promised is told at the ages of the newest
(:mod:`leadlight.models.metrics.age_standardization`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from leadlight.models.metrics.between_period_variance import Rate, ScoredHistory, estimate_between_period_sd
from leadlight.models.metrics.bootstrap import Interval, bootstrap_cluster_sums, proportion_interval
from leadlight.models.scoring.grades import compute_grade_statistics
from leadlight.models.scoring.scorer import Scorer

__all__ = ["ScoredWindow", "backtest_expectations", "calculate_prediction_interval"]


@dataclass(frozen=True)
class ScoredWindow:
    """Scored snapshots of one window with what came of them.

    Parameters
    ----------
    probability : ndarray, shape (n,)
        Calibrated probabilities.
    won : ndarray of int, shape (n,)
        Labels, with and without a win.
    leads : ndarray, shape (n,)
        Lead of each snapshot.
    """

    probability: np.ndarray
    won: np.ndarray
    leads: np.ndarray


def backtest_expectations(
    scorer: Scorer, now: ScoredWindow, grades: Mapping[str, np.ndarray], earlier: ScoredHistory, seed: int
) -> dict[str, Any]:
    """Compare what was promised with what a later window showed.

    Parameters
    ----------
    scorer : Scorer
        With its thresholds and grades.
    now : Window
        The later window, as it scored it.
    grades : mapping of str to ndarray of str, shape (n,)
        Grade of each of its snapshots in ``fit`` and ``engagement``.
    earlier : Earlier
        What came before, as the scorer that serves tells it, in periods as long as the later window.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    dict
        ``thresholds``: by name precision, recall and share; ``grades``: by group and grade win_rate and
        lift. Each has promised and shown (value, low, high: the sampling interval of the one
        window), between_periods (standard deviation as a share of the value, of all such figures), held_to
        (low, high: the prediction interval), inside (shown lies in held_to) and inside_promised (shown lies
        in the interval of the promise alone). What had no leads in either window is left out. ``together``:
        figures of thresholds, and rates of grades, that are held to at once. ``periods``: how many there were
        to see differences in. ``judged`` counts all, ``outside`` names those that are not inside.
    """
    found: dict[str, tuple[Interval, Interval]] = {}
    for name, threshold in scorer.thresholds.items():
        for figure, shown in _above(now, threshold.probability, seed).items():
            found[f"thresholds.{name}.{figure}"] = getattr(threshold, figure), shown
    scales = {"fit": scorer.fit_grades, "engagement": scorer.engagement_grades}
    for group, scale in scales.items():
        rows = {
            row.grade: row
            for row in compute_grade_statistics(scale.names, grades[group], now.won, now.leads, seed)
        }
        for row in scale.expected:
            if row.grade in rows:
                for figure in ("win_rate", "lift"):
                    both = getattr(row, figure), getattr(rows[row.grade], figure)
                    found[f"{group}.{row.grade}.{figure}"] = both
    found = {key: both for key, both in found.items() if np.isfinite(both[0]).all()}
    kinds: dict[str, list[tuple[Rate, ...]]] = {}
    for key, rates in _rates(found, scorer, earlier).items():
        kinds.setdefault(key.split(".")[2], []).append(rates)
    between = estimate_between_period_sd(kinds, earlier)
    together = {
        "thresholds": 3 * len(scorer.thresholds),
        "grades": max(1, sum(len(scale.expected) for scale in scales.values())),
    }
    verdicts: dict[str, Any] = {"thresholds": {}, "grades": {group: {} for group in scales}}
    outside = []
    for key, (promised, shown) in found.items():
        kind, name, figure = key.split(".")
        of = together["thresholds" if kind == "thresholds" else "grades"]
        verdict = _judged(promised, shown, of, between[figure])
        place = verdicts["thresholds"] if kind == "thresholds" else verdicts["grades"][kind]
        place.setdefault(name, {})[figure] = verdict
        outside += [] if verdict["inside"] else [key]
    periods = int(earlier.period.max(initial=-1)) + 1
    return verdicts | {"together": together, "periods": periods, "judged": len(found), "outside": outside}


def _rates(keys: Iterable[str], scorer: Scorer, earlier: ScoredHistory) -> dict[str, tuple[Rate, ...]]:
    """Say of each figure what it counts, and among what."""
    won, every = earlier.won == 1, np.ones(len(earlier.won), dtype=bool)
    rates: dict[str, tuple[Rate, ...]] = {}
    for key in keys:
        kind, name, figure = key.split(".")
        if kind == "thresholds":
            above = earlier.probability >= scorer.thresholds[name].probability
            told = {"precision": (above & won, above), "recall": (above & won, won), "share": (above, every)}
            rates[key] = (told[figure],)
        else:
            own = earlier.grades[kind] == name
            rates[key] = ((own & won, own), *(((won, every),) if figure == "lift" else ()))
    return rates


def calculate_prediction_interval(
    promised: Interval, shown: Interval, together: int = 1, between: float = 0.0
) -> tuple[float, float]:
    """Return the interval that a shown figure is held to.

    Parameters
    ----------
    promised, shown : tuple of float
        Value, lower and upper end of the 95 % interval in its own window.
    together : int
        Figures that are all to lie inside in 95 of 100 cases (Bonferroni): each interval is that much wider
        as normal quantiles are further out.
    between : float
        Standard deviation between periods, as a share of the value; each of the two windows is one.

    Returns
    -------
    low, high : float
        ``low = p - w sqrt((p - p_low)^2 + (s_high - s)^2 + 2 (1.96 b p)^2)``, and ``high`` alike, where w is
        1 for one figure; never below zero, for no rate is. Without differences between periods the shown
        value lies between them if and only if the interval of the difference of both holds 0.
    """
    value, low, high = promised
    seen, seen_low, seen_high = shown
    quantile = norm.ppf(0.975)
    wider = norm.ppf(1 - 0.025 / together) / quantile
    period = np.sqrt(2) * quantile * between * value
    return (
        max(0.0, float(value - wider * np.hypot(np.hypot(value - low, seen_high - seen), period))),
        float(value + wider * np.hypot(np.hypot(high - value, seen - seen_low), period)),
    )


def _judged(promised: Interval, shown: Interval, together: int, between: float) -> dict[str, Any]:
    low, high = calculate_prediction_interval(promised, shown, together, between)
    return {
        "promised": _told(promised),
        "shown": _told(shown),
        "between_periods": between,
        "held_to": {"low": low, "high": high},
        "inside": bool(low <= shown[0] <= high),
        "inside_promised": bool(promised[1] <= shown[0] <= promised[2]),
    }


def _told(interval: Interval) -> dict[str, float]:
    return dict(zip(("value", "low", "high"), interval, strict=True))


def _above(window: ScoredWindow, probability: float, seed: int) -> dict[str, Interval]:
    """Precision, recall and share at or above a threshold; without precision where nobody is there."""
    above, won = window.probability >= probability, window.won
    columns = np.stack([above * won, above * 1.0, won, np.ones(len(won))])
    hits, chosen, wins, every = bootstrap_cluster_sums(columns, window.leads, seed).T
    found = {
        "recall": proportion_interval(hits, wins, len(np.unique(window.leads[won == 1]))),
        "share": proportion_interval(chosen, every, len(np.unique(window.leads))),
    }
    if chosen[0] > 0:
        found["precision"] = proportion_interval(hits, chosen, len(np.unique(window.leads[above])))
    return {name: found[name] for name in ("precision", "recall", "share") if name in found}
