"""Whether a challenger takes the champion's place: three answers, and gates that hold a better one back."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import logit
from scipy.stats import spearmanr

from leadlight.models.calibration.parametric import calculate_log_losses
from leadlight.models.metrics.metrics import ClusterBootstrap
from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE
from leadlight.models.validation.calibration_check import check_calibration

__all__ = [
    "BETTER",
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

BETTER, WORSE, NO_EVIDENCE = "better", "worse", "no evidence"
DRAWS = 1000
#: a volume may change by that many snapshots without being looked at, for a share of few is mostly chance
MIN_WINS = 10


@dataclass(frozen=True)
class PromotionCriteria:
    """What a challenger has to keep; fields as in the section ``promotion`` of params."""

    min_gain: float = 0.01
    min_wins: int = 30
    calibrated_within: tuple[float, float] = (0.8, 1.25)
    moved_points: float = 20.0
    max_moved_share: float = 0.25
    min_rank_correlation: float = 0.5
    max_volume_change: float = 0.5


@dataclass(frozen=True)
class ModelScores:
    """What one scorer says of the snapshots that both are judged on.

    Parameters
    ----------
    probability : ndarray, shape (n,)
        Calibrated probabilities.
    score : ndarray, shape (n,)
        Scores, 0 to 100.
    policy : tuple of str
        The sentences that anchor the scores 50 and 80.
    """

    probability: np.ndarray
    score: np.ndarray
    policy: tuple[str, ...]


@dataclass(frozen=True)
class LogLossReduction:
    """Log loss that the challenger saves against the champion; above zero it is the better one.

    Parameters
    ----------
    value, low, high : float
        Mean over snapshots and its 95 % interval, in nats.
    loss : float
        The champion's mean log loss, in nats.
    wins : int
        Wins that it rests on.
    """

    value: float
    low: float
    high: float
    loss: float
    wins: int

    @property
    def share(self) -> float:
        """The value as a share of the champion's log loss."""
        return self.value / self.loss


@dataclass(frozen=True)
class Gate:
    """One condition that even a better challenger has to meet.

    Parameters
    ----------
    name : str
        calibration, stability, order, or the volume of a stage.
    passed : bool
        Whether it is met.
    message : str
        The figure and its limit, as a sentence.
    figures : dict of str to float
        The figures themselves; None where they cannot be compared.
    """

    name: str
    passed: bool
    message: str
    figures: dict[str, float | None]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)


def compare_log_loss(
    challenger: np.ndarray, champion: np.ndarray, won: np.ndarray, leads: np.ndarray, seed: int
) -> LogLossReduction:
    """Compare two sets of probabilities by log loss, with a paired bootstrap of whole leads.

    Parameters
    ----------
    challenger, champion : ndarray, shape (n,)
        Probabilities of the same snapshots.
    won : ndarray of int, shape (n,)
        Labels.
    leads : ndarray, shape (n,)
        Lead of each snapshot. A snapshot may stand there twice and then counts twice.
    seed : int
        Seed of the bootstrap.
    """
    old, new = (
        calculate_log_losses(logit(np.clip(p, 1e-12, 1 - 1e-12)), won) for p in (champion, challenger)
    )
    _, lead = np.unique(leads, return_inverse=True)
    saved = np.bincount(lead, old - new)
    snapshots = np.bincount(lead)

    def mean_saved(drawn: np.ndarray) -> float:
        return float(saved[drawn].sum() / snapshots[drawn].sum())

    # a lead's snapshots enter a resample together or not at all, so their sums are all that is needed
    bootstrap = ClusterBootstrap(np.arange(len(saved)), seed, DRAWS)
    ((low, high),) = bootstrap.estimate_interval(mean_saved)
    return LogLossReduction(float((old - new).mean()), low, high, float(old.mean()), int(won.sum()))


def decide(found: LogLossReduction, limits: PromotionCriteria) -> str:
    """Answer better, worse or no evidence.

    Parameters
    ----------
    found : Gain
        The difference.
    limits : Limits
        Smallest gain that matters, and fewest wins that can show one.

    Returns
    -------
    str
        Better or worse only where the whole interval lies beyond the smallest gain that matters: superiority
        by a margin, for two models of the same law differ a little by what they happened to see.
    """
    margin = limits.min_gain * found.loss
    if found.wins < limits.min_wins:
        return NO_EVIDENCE
    if found.low > margin:
        return BETTER
    return WORSE if found.high < -margin else NO_EVIDENCE


def check_gates(
    challenger: ModelScores,
    champion: ModelScores,
    won: np.ndarray,
    leads: np.ndarray,
    *,
    limits: PromotionCriteria,
    seed: int,
) -> tuple[Gate, ...]:
    """Judge the challenger by what promotion must not break.

    Parameters
    ----------
    challenger, champion : Seen
        What both say of the same snapshots.
    won : ndarray of int, shape (n,)
        Labels.
    leads : ndarray, shape (n,)
        Lead of each snapshot.
    limits : Limits
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


def _calibration(
    p: np.ndarray, won: np.ndarray, leads: np.ndarray, limits: PromotionCriteria, seed: int
) -> Gate:
    least, most = limits.calibrated_within
    found = check_calibration(p, won, ClusterBootstrap(leads, seed), (least, most))
    slope, ratio = found["slope"], found["actual_over_expected"]
    said = (
        f"Calibration slope {slope['value']:.2f} [{slope['low']:.2f}, {slope['high']:.2f}], actual over "
        f"expected wins {ratio['value']:.2f} [{ratio['low']:.2f}, {ratio['high']:.2f}]; both have to fit "
        f"{least:g} to {most:g}."
    )
    figures = {
        "slope": slope["value"], "slope_low": slope["low"], "slope_high": slope["high"],
        "actual_over_expected": ratio["value"], "ratio_low": ratio["low"], "ratio_high": ratio["high"],
    }  # fmt: skip
    return Gate("calibration", found["passed"], said, dict(figures))


def _stability(challenger: ModelScores, champion: ModelScores, limits: PromotionCriteria) -> Gate:
    if challenger.policy != champion.policy:
        said = "The sentences of the policy differ, so 50 and 80 mean another thing: scores are not compared."
        return Gate("stability", True, said, {"moved_share": None})
    share = float((np.abs(challenger.score - champion.score) > limits.moved_points).mean())
    said = (
        f"{share:.1%} of scores move by more than {limits.moved_points:g} points; "
        f"{limits.max_moved_share:.1%} are allowed."
    )
    return Gate("stability", share <= limits.max_moved_share, said, {"moved_share": share})


def _order(challenger: np.ndarray, champion: np.ndarray, limits: PromotionCriteria) -> Gate:
    if np.ptp(challenger) == 0 or np.ptp(champion) == 0:
        said = "One of the two gives every lead the same chance, so there is no order to compare."
        return Gate("order", np.ptp(challenger) > 0, said, {"rank_correlation": None})
    found = float(spearmanr(challenger, champion).statistic)
    said = f"Rank correlation of chances {found:.2f}; at least {limits.min_rank_correlation:g} is wanted."
    return Gate("order", found >= limits.min_rank_correlation, said, {"rank_correlation": found})


def _volume(
    stage: str, anchor: float, challenger: ModelScores, champion: ModelScores, limits: PromotionCriteria
) -> Gate:
    new, old = (int((seen.score >= anchor).sum()) for seen in (challenger, champion))
    change = new / old - 1 if old else None
    passed = abs(new - old) <= max(MIN_WINS, limits.max_volume_change * old)
    said = (
        f"{old:,} snapshots at {anchor:g} or more become {new:,}"
        + (f" ({change:+.0%})" if change is not None else "")
        + f"; {limits.max_volume_change:.0%} either way is allowed."
    )
    if challenger.policy != champion.policy:
        said += " The sentences of the policy differ."
    figures = {"before": old, "after": new, "change": change}
    return Gate(stage, passed, said, dict(figures))
