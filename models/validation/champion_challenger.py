"""Champion-challenger comparison: two questions, their answers, and gates for promotion.

A *refresh* is the same procedure on newer data: it serves unless it is worse by more than a margin (non-inferiority).
Another procedure has to be better by more than a margin (superiority).
"""

from typing import NamedTuple

import numpy as np
from scipy.special import logit
from scipy.stats import norm, spearmanr

from leadlight.models.calibration.parametric import calculate_log_losses
from leadlight.models.calibration.selection import calculate_cluster_robust_se
from leadlight.models.metrics.between_period_variance import sum_excess
from leadlight.models.metrics.bootstrap import ClusterBootstrap, percentile_interval
from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE
from leadlight.models.scoring.calibration_answers import FAILS, TOO_LITTLE_EVIDENCE
from leadlight.models.validation.calibration_check import SLOPE_TOLERANCE, check_calibration

__all__ = [
    "BETTER",
    "NOT_WORSE",
    "NO_EVIDENCE",
    "WORSE",
    "Gate",
    "LogLossReduction",
    "ModelScores",
    "PromotionCriteria",
    "check_gates",
    "compare_log_loss",
    "decide",
]

BETTER, NOT_WORSE, WORSE, NO_EVIDENCE = "better", "not worse", "worse", "no evidence"
#: change of a volume, in snapshots, that always passes
MIN_WINS = 10


class PromotionCriteria(NamedTuple):
    """Limits of a promotion; fields and defaults are in the section ``promotion`` of params."""

    min_gain: float
    max_loss: float
    min_wins: int
    calibrated_within: tuple[float, float]
    moved_points: float
    max_moved_share: float
    min_rank_correlation: float
    max_volume_change: float


class ModelScores(NamedTuple):
    """Scores of one model on the snapshots that both are compared on.

    Parameters
    ----------
    probability : ndarray, shape (n,)
        Calibrated probabilities.
    score : ndarray, shape (n,)
        Scores, 0 to 100.
    policy : tuple of str
        The policy sentences that define the scores 50 and 80.
    """

    probability: np.ndarray
    score: np.ndarray
    policy: tuple[str, ...]


class LogLossReduction(NamedTuple):
    """Reduction of log loss by the challenger against the champion; above zero it is better.

    Parameters
    ----------
    value, low, high : float
        Mean over snapshots and its 95 % interval, in nats.
    loss : float
        The champion's mean log loss, in nats.
    wins : int
        Wins among the snapshots.
    """

    value: float
    low: float
    high: float
    loss: float
    wins: int

    @property
    def share(self) -> float:
        """The reduction as a share of the champion's log loss."""
        return self.value / self.loss


class Gate(NamedTuple):
    """One condition for promoting a better challenger.

    Parameters
    ----------
    name : str
        calibration, stability, order, or the volume of a stage.
    passed : bool
        Whether the condition is met.
    message : str
        The figure and its limit, as a sentence.
    figures : dict of str to float
        None where they cannot be compared.
    """

    name: str
    passed: bool
    message: str
    figures: dict[str, float | None]


def compare_log_loss(
    challenger: np.ndarray,
    champion: np.ndarray,
    won: np.ndarray,
    leads: np.ndarray,
    *,
    seed: int,
    period: np.ndarray | None = None,
) -> LogLossReduction:
    """Compare two sets of probabilities by log loss.

    The interval holds the sampling error, by a paired bootstrap of whole leads, and the variance between periods that
    the sampling error does not explain (random effects, by moments: Hedges and Olkin 1985, chapter 9).

    Parameters
    ----------
    challenger, champion : ndarray, shape (n,)
        Probabilities of the same snapshots.
    won : ndarray of int, shape (n,)
        Labels.
    leads : ndarray, shape (n,)
        Lead of each snapshot.
    seed : int
        Seed of the bootstrap.
    period : ndarray of int, shape (n,), optional
        Period of each snapshot, such as its month; left out, or below 3 periods, only sampling error counts.
    """
    old, new = (calculate_log_losses(logit(np.clip(p, 1e-12, 1 - 1e-12)), won) for p in (champion, challenger))
    saved, rows = ClusterBootstrap(leads, seed).resample_sums(np.stack([old - new, np.ones(len(won))])).T
    value, low, high = percentile_interval(saved / rows)
    between = 0.0 if period is None else _estimate_between_periods(old - new, leads, period)
    low, high = value - np.hypot(value - low, between), value + np.hypot(high - value, between)
    return LogLossReduction(value, float(low), float(high), float(old.mean()), int(won.sum()))


def _estimate_between_periods(gain: np.ndarray, leads: np.ndarray, period: np.ndarray) -> float:
    """Return what the variance between periods adds to half of a 95 % interval of the mean gain."""
    parts = [np.flatnonzero(period == number) for number in np.unique(period)]
    means = np.array([gain[rows].mean() for rows in parts])
    errors = np.array([calculate_cluster_robust_se(gain[rows], leads[rows]) for rows in parts])
    surplus, weight = sum_excess(means, errors**2)
    return float(norm.ppf(0.975) * np.sqrt(max(0.0, surplus) / weight / len(parts))) if weight > 0 else 0.0


def decide(reduction: LogLossReduction, limits: PromotionCriteria, *, refresh: bool = False) -> str:
    """Return better, not worse, worse or no evidence.

    Better or worse where the whole interval lies beyond the smallest gain (superiority by a margin): two models of the
    same population differ a little by their samples. A refresh is not worse where the whole interval lies above the
    largest loss that is tolerated (non-inferiority).
    """
    if reduction.wins < limits.min_wins:
        return NO_EVIDENCE
    if reduction.low > limits.min_gain * reduction.loss:
        return BETTER
    if refresh and reduction.low > -limits.max_loss * reduction.loss:
        return NOT_WORSE
    return WORSE if reduction.high < -limits.min_gain * reduction.loss else NO_EVIDENCE


def check_gates(
    challenger: ModelScores,
    champion: ModelScores,
    won: np.ndarray,
    leads: np.ndarray,
    *,
    limits: PromotionCriteria,
    seed: int,
) -> tuple[Gate, ...]:
    """Check the conditions for promotion.

    Parameters
    ----------
    challenger, champion : ModelScores
        Of the same snapshots.
    won : ndarray of int, shape (n,)
        Labels.
    leads : ndarray, shape (n,)
        Lead of each snapshot.
    limits : PromotionCriteria
        The limits.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    tuple of Gate
        calibration, stability, order, marketing_qualified, sales_qualified.
    """
    return (
        _calibration(challenger.probability, won, leads, limits, seed),
        _stability(challenger, champion, limits),
        _order(challenger.probability, champion.probability, limits),
        _volume("marketing_qualified", MARKETING_SCORE, challenger, champion, limits),
        _volume("sales_qualified", SALES_SCORE, challenger, champion, limits),
    )


def _calibration(p: np.ndarray, won: np.ndarray, leads: np.ndarray, limits: PromotionCriteria, seed: int) -> Gate:
    check = check_calibration(p, won, ClusterBootstrap(leads, seed), limits.calibrated_within)
    slope, ratio, ranges = check["slope"], check["actual_over_expected"], (SLOPE_TOLERANCE, limits.calibrated_within)
    message = (
        f"Calibration slope {slope['value']:.2f} [{slope['low']:.2f}, {slope['high']:.2f}], actual over "
        f"expected wins {ratio['value']:.2f} [{ratio['low']:.2f}, {ratio['high']:.2f}]; "
        + " and ".join("{:g} to {:g}".format(*tolerated) for tolerated in ranges)
        + " are tolerated."
    )
    if check["answer"] == TOO_LITTLE_EVIDENCE:
        message += " There is too little evidence to say whether it is calibrated, which blocks nothing."
    figures = {
        "slope": slope["value"], "slope_low": slope["low"], "slope_high": slope["high"],
        "actual_over_expected": ratio["value"], "ratio_low": ratio["low"], "ratio_high": ratio["high"],
    }  # fmt: skip
    return Gate("calibration", check["answer"] != FAILS, message, dict(figures))


def _stability(challenger: ModelScores, champion: ModelScores, limits: PromotionCriteria) -> Gate:
    if challenger.policy != champion.policy:
        message = "The sentences of the policy differ, so 50 and 80 mean another thing: scores are not compared."
        return Gate("stability", True, message, {"moved_share": None})
    share = float((np.abs(challenger.score - champion.score) > limits.moved_points).mean())
    message = (
        f"{share:.1%} of scores move by more than {limits.moved_points:g} points; "
        f"{limits.max_moved_share:.1%} are allowed."
    )
    return Gate("stability", share <= limits.max_moved_share, message, {"moved_share": share})


def _order(challenger: np.ndarray, champion: np.ndarray, limits: PromotionCriteria) -> Gate:
    if np.ptp(challenger) == 0 or np.ptp(champion) == 0:
        message = "One of the two gives every lead the same chance, so there is no order to compare."
        return Gate("order", np.ptp(challenger) > 0, message, {"rank_correlation": None})
    correlation = float(spearmanr(challenger, champion).statistic)
    message = f"Rank correlation of chances {correlation:.2f}; at least {limits.min_rank_correlation:g} is wanted."
    return Gate("order", correlation >= limits.min_rank_correlation, message, {"rank_correlation": correlation})


def _volume(
    stage: str, anchor: float, challenger: ModelScores, champion: ModelScores, limits: PromotionCriteria
) -> Gate:
    new, old = (int((model.score >= anchor).sum()) for model in (challenger, champion))
    change = new / old - 1 if old else None
    passed = abs(new - old) <= max(MIN_WINS, limits.max_volume_change * old)
    message = (
        f"{old:,} snapshots at {anchor:g} or more become {new:,}"
        + (f" ({change:+.0%})" if change is not None else "")
        + f"; {limits.max_volume_change:.0%} either way is allowed."
    )
    if challenger.policy != champion.policy:
        message += " The sentences of the policy differ."
    figures = {"before": old, "after": new, "change": change}
    return Gate(stage, passed, message, dict(figures))
