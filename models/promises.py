"""Whether grades and thresholds did on a later window what they had done where they were chosen.

The interval kept with a promise is that of the window it was made on, and holds the truth of that window in
95 of 100 cases. What a later window shows has a sampling error of its own, so what it is held to is a wider
prediction interval: both errors are added as squares, each side apart (the square-and-add interval of a
difference: Newcombe 1998, method 10; for any two intervals Zou and Donner 2008). A window of other leads may
still fall outside, and not by chance: how many leads lie above a threshold, and how often they win, depends
on who is there. What is promised is therefore told at the ages of the newest leads (:mod:`models.ages`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from models.grades import Graded, graded
from models.resampling import Interval, rate_interval, sums_by_lead
from models.scorer import Scorer

__all__ = ["Window", "held_to", "judge_promises"]


@dataclass(frozen=True)
class Window:
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


def judge_promises(
    scorer: Scorer, now: Window, grades: Mapping[str, np.ndarray], seed: int
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
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    dict
        ``thresholds``: by name precision, recall and share; ``grades``: by group and grade win_rate and
        times_average. Each has promised and shown (value, low, high: the sampling interval of the one
        window), held_to (low, high: the prediction interval), inside (shown lies in held_to) and
        inside_promised (shown lies in the interval of the promise alone). What had no leads in either
        window is left out. ``together``: figures of thresholds, and rates of grades, that are held to at
        once. ``judged`` counts all, ``outside`` names those that are not inside.
    """
    verdicts: dict[str, dict[str, dict[str, Any]]] = {"thresholds": {}, "fit": {}, "engagement": {}}
    together = {
        "thresholds": 3 * len(scorer.thresholds),
        "grades": max(1, len(scorer.fit_grades.promised) + len(scorer.engagement_grades.promised)),
    }
    for name, threshold in scorer.thresholds.items():
        shown = _above(now, threshold.probability, seed)
        promised = {figure: getattr(threshold, figure) for figure in shown}
        verdicts["thresholds"][name] = {
            figure: _judged(promised[figure], found, together["thresholds"])
            for figure, found in shown.items()
            if np.isfinite(promised[figure]).all()
        }
    for group, scale in (("fit", scorer.fit_grades), ("engagement", scorer.engagement_grades)):
        found = {row.grade: row for row in graded(scale.names, grades[group], now.won, now.leads, seed)}
        verdicts[group] = {
            row.grade: _judged_grade(row, found[row.grade], together["grades"])
            for row in scale.promised
            if row.grade in found
        }
    every = {
        f"{kind}.{name}.{figure}": verdict["inside"]
        for kind, named in verdicts.items()
        for name, figures in named.items()
        for figure, verdict in figures.items()
    }
    return {
        "thresholds": verdicts["thresholds"],
        "grades": {group: verdicts[group] for group in ("fit", "engagement")},
        "together": together,
        "judged": len(every),
        "outside": [name for name, inside in every.items() if not inside],
    }


def held_to(promised: Interval, shown: Interval, together: int = 1) -> tuple[float, float]:
    """Return the interval that a shown figure is held to.

    Parameters
    ----------
    promised, shown : tuple of float
        Value, lower and upper end of the 95 % interval in its own window.
    together : int
        Figures that are all to lie inside in 95 of 100 cases (Bonferroni): each interval is that much wider
        as normal quantiles are further out.

    Returns
    -------
    low, high : float
        ``low = p - w sqrt((p - p_low)^2 + (s_high - s)^2)``, and ``high`` alike, where w is 1 for one figure:
        the shown value lies between them if and only if the interval of the difference of both holds 0.
    """
    value, low, high = promised
    seen, seen_low, seen_high = shown
    wider = norm.ppf(1 - 0.025 / together) / norm.ppf(0.975)
    return (
        float(value - wider * np.hypot(value - low, seen_high - seen)),
        float(value + wider * np.hypot(high - value, seen - seen_low)),
    )


def _judged_grade(promised: Graded, shown: Graded, together: int) -> dict[str, Any]:
    return {
        "win_rate": _judged(promised.win_rate, shown.win_rate, together),
        "times_average": _judged(promised.times_average, shown.times_average, together),
    }


def _judged(promised: Interval, shown: Interval, together: int) -> dict[str, Any]:
    low, high = held_to(promised, shown, together)
    return {
        "promised": _told(promised),
        "shown": _told(shown),
        "held_to": {"low": low, "high": high},
        "inside": bool(low <= shown[0] <= high),
        "inside_promised": bool(promised[1] <= shown[0] <= promised[2]),
    }


def _told(interval: Interval) -> dict[str, float]:
    return dict(zip(("value", "low", "high"), interval, strict=True))


def _above(window: Window, probability: float, seed: int) -> dict[str, Interval]:
    """Precision, recall and share at or above a threshold; without precision where nobody is there."""
    above, won = window.probability >= probability, window.won
    columns = np.stack([above * won, above * 1.0, won, np.ones(len(won))])
    hits, chosen, wins, every = sums_by_lead(columns, window.leads, seed).T
    found = {
        "recall": rate_interval(hits, wins, len(np.unique(window.leads[won == 1]))),
        "share": rate_interval(chosen, every, len(np.unique(window.leads))),
    }
    if chosen[0] > 0:
        found["precision"] = rate_interval(hits, chosen, len(np.unique(window.leads[above])))
    return {name: found[name] for name in ("precision", "recall", "share") if name in found}
