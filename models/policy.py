"""Thresholds as sentences: what marketing and sales agreed on, found on out-of-time scores."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.errors import PolicyError

__all__ = ["FORMS", "Scored", "Threshold", "choose_threshold"]

#: leads above a threshold without which a precision is not believed
FEWEST_ABOVE = 20
DRAWS = 500

#: value, lower and upper end
Interval = tuple[float, float, float]

FORMS = (
    "highest recall with precision >= 0.30",
    "top 200 per week",
    "top 5 percent",
    "highest value with win 5000 and contact 40",
    "probability >= 0.25",
)


@dataclass(frozen=True)
class Scored:
    """Out-of-time snapshots that thresholds are chosen on.

    Parameters
    ----------
    probability : ndarray, shape (n,)
        Calibrated probabilities.
    won : ndarray of int, shape (n,)
        Labels.
    groups : ndarray, shape (n,)
        Lead of each snapshot.
    weeks : float
        Length of the span in weeks.
    """

    probability: np.ndarray
    won: np.ndarray
    groups: np.ndarray
    weeks: float


@dataclass(frozen=True)
class Threshold:
    """A threshold and what it gave where it was chosen.

    Parameters
    ----------
    sentence : str
        The policy.
    probability : float
        Leads at or above it qualify.
    precision, recall, share : tuple of float
        Value, lower and upper end of the 95 % interval (bootstrap by lead).
    """

    sentence: str
    probability: float
    precision: Interval
    recall: Interval
    share: Interval

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in vars(self).items()}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Threshold":
        """Read what :meth:`to_dict` gave."""
        fields: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in content.items()}
        return cls(**fields)


def choose_threshold(sentence: str, scored: Scored, seed: int) -> Threshold:
    """Find the threshold that a policy sentence asks for.

    Parameters
    ----------
    sentence : str
        One of the forms in :data:`FORMS`, with other numbers.
    scored : Scored
        Out-of-time snapshots.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    Threshold
        With intervals.

    Raises
    ------
    PolicyError
        If the sentence has no known form, or cannot be met; then the best that can is named.
    """
    rule = _parse(sentence)
    threshold = float(np.clip(rule(scored), 1e-9, 1 - 1e-9))
    return Threshold(sentence, threshold, *_figures(threshold, scored, seed))


def _parse(sentence: str) -> Callable[[Scored], float]:
    number = r"(\d+(?:\.\d+)?)"
    rules: dict[str, Callable[..., float]] = {
        rf"highest recall with precision >= {number}": _by_precision,
        rf"top {number} per week": lambda s, n: _top(
            s, n * s.weeks / max(len(s.won), 1), f"top {n:g} per week"
        ),
        rf"top {number} percent": lambda s, n: _top(s, n / 100, f"top {n:g} percent"),
        rf"highest value with win {number} and contact {number}": _by_value,
        rf"probability >= {number}": lambda s, p: _probability(p),
    }
    text = " ".join(sentence.split())
    for pattern, rule in rules.items():
        if match := re.fullmatch(pattern, text, flags=re.IGNORECASE):
            numbers = [float(group) for group in match.groups()]
            return lambda scored, rule=rule, numbers=numbers: rule(scored, *numbers)  # type: ignore[misc]
    forms = "; ".join(FORMS)
    raise PolicyError(f"The policy sentence must have one of the forms: {forms}. Got {sentence!r}.")


def _probability(p: float) -> float:
    if not 0 < p < 1:
        raise PolicyError(f"The probability of a policy must lie between 0 and 1. Got {p:g}.")
    return p


def _top(scored: Scored, share: float, sentence: str) -> float:
    if not 0 < share < 1:
        raise PolicyError(
            f"The policy {sentence} must choose some of the leads but not all. Got {share:.0%} of "
            f"{len(scored.won) / max(scored.weeks, 1e-9):.0f} snapshots a week."
        )
    return float(np.quantile(scored.probability, 1 - share, method="higher"))


def _steps(scored: Scored) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct probabilities from high to low, with the leads and wins at or above each."""
    order = np.argsort(-scored.probability, kind="stable")
    p, wins = scored.probability[order], np.cumsum(scored.won[order])
    last = np.append(p[1:] != p[:-1], True)
    return p[last], (np.arange(len(p)) + 1)[last], wins[last]


def _by_precision(scored: Scored, target: float) -> float:
    p, above, wins = _steps(scored)
    believed = above >= min(FEWEST_ABOVE, len(scored.won))
    precision = np.where(believed, wins / above, 0.0)
    if (precision >= target).any():
        return float(p[np.flatnonzero(precision >= target).max()])
    best = int(np.argmax(precision))
    raise PolicyError(
        f"The policy must be one that can be met: no threshold reaches a precision of {target:g} with at "
        f"least {FEWEST_ABOVE} leads above it. The best is highest recall with precision >= "
        f"{np.floor(precision[best] * 1000) / 1000:g}."
    )


def _by_value(scored: Scored, win: float, contact: float) -> float:
    p, above, wins = _steps(scored)
    value = wins * win - above * contact
    if value.max() <= 0:
        best = float(np.max(wins / above))
        raise PolicyError(
            f"The policy must be one that can be met: with {win:g} a win and {contact:g} a contact no "
            f"threshold earns more than it costs. The best precision is {best:.3f}; it would need "
            f"{contact / best:.0f} a win."
        )
    return float(p[int(np.argmax(value))])


def _figures(threshold: float, scored: Scored, seed: int) -> tuple[Interval, Interval, Interval]:
    above = scored.probability >= threshold
    _, group = np.unique(scored.groups, return_inverse=True)
    count = group.max() + 1
    sums = np.stack(
        [
            np.bincount(group, w, count)
            for w in (above * scored.won, above * 1.0, scored.won, np.ones(len(above)))
        ]
    )
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=DRAWS) @ sums.T
    rows = np.vstack([sums.sum(axis=1), draws])
    with np.errstate(invalid="ignore", divide="ignore"):
        hits, chosen, wins, every = rows.T
        figures = np.stack([hits / chosen, hits / wins, chosen / every])
    low, high = np.nanquantile(figures[:, 1:], [0.025, 0.975], axis=1)
    precision, recall, share = (
        (float(row[0]), float(a), float(b)) for row, a, b in zip(figures, low, high, strict=True)
    )
    return precision, recall, share
