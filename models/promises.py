"""Whether grades and thresholds did on a later window what they had done where they were chosen.

The interval kept with a promise is that of the window it was made on, and holds the truth of that window in
95 of 100 cases. What a later window shows has a sampling error of its own, so what it is held to is a wider
prediction interval: both errors are added as squares, each side apart (the square-and-add interval of a
difference: Newcombe 1998, method 10; for any two intervals Zou and Donner 2008). A window of other leads may
still fall outside, and not by chance: how many leads lie above a threshold depends on who is there. As a lead
base grows older its leads cool, so thresholds are held to a second interval too, in which the snapshots that
they were chosen on are weighted to the ages of the later ones (direct standardisation). Ages are known
without any outcome.
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

#: parts of equal size that ages are compared in
AGE_BANDS = 10


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
    ages : ndarray or None, shape (n,)
        Days since the lead was created.
    """

    probability: np.ndarray
    won: np.ndarray
    leads: np.ndarray
    ages: np.ndarray | None = None


def judge_promises(
    scorer: Scorer, now: Window, grades: Mapping[str, np.ndarray], then: Window | None, seed: int
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
    then : Window or None
        What thresholds were chosen on, as it was scored out of time; nothing where there are no ages.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    dict
        ``thresholds``: by name precision, recall and share; ``grades``: by group and grade win_rate and
        times_average. Each has promised and shown (value, low, high: the sampling interval of the one
        window), held_to (low, high: the prediction interval), inside (shown lies in held_to) and
        inside_promised (shown lies in the interval of the promise alone); of thresholds also at_ages, the
        same with the promise at the ages of the later window. What had no leads in either window is left
        out. ``together``: figures of thresholds, and rates of grades, that are held to at once. ``judged``
        counts all, ``outside`` names those that are not inside.
    """
    verdicts: dict[str, dict[str, dict[str, Any]]] = {"thresholds": {}, "fit": {}, "engagement": {}}
    together = {
        "thresholds": 3 * len(scorer.thresholds),
        "grades": max(1, len(scorer.fit_grades.promised) + len(scorer.engagement_grades.promised)),
    }
    weights = _weights(then, now)
    for name, threshold in scorer.thresholds.items():
        shown = _above(now, threshold.probability, np.ones(len(now.won)), seed)
        promised = {figure: getattr(threshold, figure) for figure in shown}
        standard: Mapping[str, Interval] = {}
        if then is not None and weights is not None:
            standard = _above(then, threshold.probability, weights, seed)
        verdicts["thresholds"][name] = {
            figure: _judged(promised[figure], found, together["thresholds"])
            | (
                {"at_ages": _judged(standard[figure], found, together["thresholds"])}
                if figure in standard
                else {}
            )
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


def _above(window: Window, probability: float, weight: np.ndarray, seed: int) -> dict[str, Interval]:
    """Precision, recall and share at or above a threshold; without precision where nobody is there."""
    above, won = window.probability >= probability, window.won
    columns = weight * np.stack([above * won, above * 1.0, won, np.ones(len(won))])
    hits, chosen, wins, every = sums_by_lead(columns, window.leads, seed).T
    found = {
        "recall": rate_interval(hits, wins, len(np.unique(window.leads[won == 1]))),
        "share": rate_interval(chosen, every, len(np.unique(window.leads))),
    }
    if chosen[0] > 0:
        found["precision"] = rate_interval(hits, chosen, len(np.unique(window.leads[above])))
    return {name: found[name] for name in ("precision", "recall", "share") if name in found}


def _weights(then: Window | None, now: Window) -> np.ndarray | None:
    """Weigh each earlier snapshot so that ages have the shares of the later window."""
    if then is None or then.ages is None or now.ages is None:
        return None
    edges = np.unique(np.quantile(now.ages, np.arange(1, AGE_BANDS) / AGE_BANDS))
    before, after = (
        np.bincount(np.searchsorted(edges, ages), minlength=len(edges) + 1) / len(ages)
        for ages in (then.ages, now.ages)
    )
    if ((before == 0) & (after > 0)).any():  # nobody was as old then: there is nothing to weigh
        return None
    ratio = np.divide(after, before, out=np.zeros_like(after), where=before > 0)
    return np.asarray(ratio[np.searchsorted(edges, then.ages)])
