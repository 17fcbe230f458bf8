"""Thresholds as sentences: what marketing and sales agreed on, found on out-of-time scores."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from leadlight.features.errors import PolicyError
from leadlight.models.metrics.bootstrap import Interval, bootstrap_cluster_sums, percentile_interval
from leadlight.models.metrics.threshold_sums import count_leads_above

__all__ = ["MIN_LEADS", "SENTENCE_FORMS", "OutOfTimeScores", "Threshold", "select_threshold"]

#: different leads above a threshold below which it is not believed, where nobody says how many
MIN_LEADS = 20

SENTENCE_FORMS = (
    "highest recall with precision >= 0.30",
    "top 200 per week",
    "top 5 percent",
    "highest value with win 5000 and contact 40",
    "probability >= 0.25",
)


@dataclass(frozen=True)
class OutOfTimeScores:
    """Out-of-time snapshots that thresholds are chosen on.

    Parameters
    ----------
    probability : ndarray, shape (n,)
        Calibrated probabilities.
    won : ndarray of int, shape (n,)
        Labels.
    leads : ndarray, shape (n,)
        Lead of each snapshot.
    weeks : float
        Length of the span in weeks.
    weight : ndarray, shape (n,), optional
        What each snapshot counts for, with a mean of 1; left out, all count the same. Different leads are
        counted as they are.
    """

    probability: np.ndarray
    won: np.ndarray
    leads: np.ndarray
    weeks: float
    weight: np.ndarray | None = None

    @property
    def weights(self) -> np.ndarray:
        """What each snapshot counts for, shape (n,)."""
        return np.ones(len(self.won)) if self.weight is None else self.weight

    def drop_zero_weight(self) -> "OutOfTimeScores":
        """Leave out what counts for nothing: no lead of an age that nobody has now stands for others."""
        own = self.weights > 0
        return OutOfTimeScores(
            self.probability[own], self.won[own], self.leads[own], self.weeks, self.weights[own]
        )


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
    leads, wins : int or None
        Different leads that stood above it, and those of them that won; None in a bundle written before
        they were counted.
    """

    sentence: str
    probability: float
    precision: Interval
    recall: Interval
    share: Interval
    leads: int | None = None
    wins: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in vars(self).items()}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Threshold":
        """Read what :meth:`to_dict` gave."""
        fields: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in content.items()}
        return cls(**fields)


def select_threshold(
    sentence: str, scored: OutOfTimeScores, seed: int, min_leads: int = MIN_LEADS
) -> Threshold:
    """Find the threshold that a policy sentence asks for.

    Parameters
    ----------
    sentence : str
        One of the forms in :data:`SENTENCE_FORMS`, with other numbers.
    scored : Scored
        Out-of-time snapshots.
    seed : int
        Seed of the bootstrap.
    min_leads : int
        Different leads that must stand above it.

    Returns
    -------
    Threshold
        With intervals.

    Raises
    ------
    PolicyError
        If the sentence has no known form, or cannot be met with that many leads; then the best of the same
        form that can is named.
    """
    rule, scored = _parse(sentence), scored.drop_zero_weight()
    every = len(np.unique(scored.leads))
    if every < min_leads:
        raise PolicyError(
            f"The policy must be chosen on at least {min_leads} leads (policy.min_leads). Got {every} "
            "with a known outcome in the calibration window: give more history, or ask for fewer."
        )
    threshold = float(np.clip(rule(scored, min_leads), 1e-9, 1 - 1e-9))
    above = scored.probability >= threshold
    return Threshold(
        sentence,
        threshold,
        *_figures(threshold, scored, seed),
        leads=len(np.unique(scored.leads[above])),
        wins=len(np.unique(scored.leads[above & (scored.won == 1)])),
    )


ThresholdRule = Callable[[OutOfTimeScores, int], float]


def _parse(sentence: str) -> ThresholdRule:
    number = r"(\d+(?:\.\d+)?)"
    rules: dict[str, Callable[..., float]] = {
        rf"highest recall with precision >= {number}": _by_precision,
        rf"top {number} per week": lambda s, f, n: _top(s, f, n, "per week"),
        rf"top {number} percent": lambda s, f, n: _top(s, f, n, "percent"),
        rf"highest value with win {number} and contact {number}": _by_value,
        rf"probability >= {number}": _by_probability,
    }
    text = " ".join(sentence.split())
    for pattern, rule in rules.items():
        if match := re.fullmatch(pattern, text, flags=re.IGNORECASE):
            numbers = [float(group) for group in match.groups()]
            return lambda scored, fewest, rule=rule, numbers=numbers: rule(scored, fewest, *numbers)  # type: ignore[misc]
    forms = "; ".join(SENTENCE_FORMS)
    raise PolicyError(f"The policy sentence must have one of the forms: {forms}. Got {sentence!r}.")


def _refuse(sentence: str, leads: int, fewest: int, best: str) -> NoReturn:
    raise PolicyError(
        f"The policy must be one that can be believed: {sentence} has {leads} leads above it, and it takes "
        f"{fewest} (policy.min_leads). The best is {best}."
    )


def _by_probability(scored: OutOfTimeScores, fewest: int, p: float) -> float:
    if not 0 < p < 1:
        raise PolicyError(f"The probability of a policy must lie between 0 and 1. Got {p:g}.")
    leads = int(count_leads_above(scored.probability, scored.leads, np.array([p]))[0])
    if leads < fewest:
        steps = _steps(scored)
        _refuse(
            f"probability >= {p:g}", leads, fewest, f"probability >= {_floor(steps.p[steps.first(fewest)])}"
        )
    return p


def _top(scored: OutOfTimeScores, fewest: int, number: float, unit: str) -> float:
    every = 100.0 if unit == "percent" else scored.weights.sum() / max(scored.weeks, 1e-9)
    share = number / every
    if not 0 < share < 1:
        raise PolicyError(
            f"The policy top {number:g} {unit} must choose some of the leads but not all. Got {share:.0%} of "
            f"{scored.weights.sum() / max(scored.weeks, 1e-9):.0f} snapshots a week."
        )
    threshold = _at_share(scored, share)
    leads = int(count_leads_above(scored.probability, scored.leads, np.array([threshold]))[0])
    if leads < fewest:
        enough = _steps(scored)
        wanted = enough.above[enough.first(fewest)] / enough.above[-1] * every
        best = _ceil(wanted)
        possible = float(best) < every
        _refuse(
            f"top {number:g} {unit}",
            leads,
            fewest,
            f"top {best} {unit}" if possible else "none, for only all leads together are enough",
        )
    return threshold


def _at_share(scored: OutOfTimeScores, share: float) -> float:
    return float(np.quantile(scored.probability, 1 - share, method="inverted_cdf", weights=scored.weights))


@dataclass(frozen=True)
class _Steps:
    """Distinct probabilities from high to low, with what snapshots, wins and leads lie at or above each."""

    p: np.ndarray
    above: np.ndarray
    wins: np.ndarray
    leads: np.ndarray

    def first(self, fewest: int) -> int:
        """Place of the highest probability with so many leads above it."""
        return int(np.argmax(self.leads >= fewest))


def _steps(scored: OutOfTimeScores) -> _Steps:
    order = np.argsort(-scored.probability, kind="stable")
    p, weight = scored.probability[order], scored.weights[order]
    _, firsts = np.unique(scored.leads[order], return_index=True)
    leads = np.cumsum(np.isin(np.arange(len(p)), firsts))
    last = np.append(p[1:] != p[:-1], True)
    return _Steps(p[last], np.cumsum(weight)[last], np.cumsum(weight * scored.won[order])[last], leads[last])


def _by_precision(scored: OutOfTimeScores, fewest: int, target: float) -> float:
    steps = _steps(scored)
    precision = np.where(steps.leads >= fewest, steps.wins / steps.above, 0.0)
    if (precision >= target).any():
        return float(steps.p[np.flatnonzero(precision >= target).max()])
    best = float(precision.max())
    raise PolicyError(
        f"The policy must be one that can be met: no threshold reaches a precision of {target:g} with at "
        f"least {fewest} leads above it. The best is highest recall with precision >= {_floor(best)}."
    )


def _by_value(scored: OutOfTimeScores, fewest: int, win: float, contact: float) -> float:
    steps = _steps(scored)
    believed = steps.leads >= fewest
    value = np.where(believed, steps.wins * win - steps.above * contact, -np.inf)
    if value.max() <= 0:
        best = float(np.max(steps.wins / steps.above, where=believed, initial=0.0))
        way_out = (
            f"highest value with win {_ceil(contact / best)} and contact {contact:g}"
            if best
            else "none, for no lead above any has won"
        )
        raise PolicyError(
            f"The policy must be one that can be met: with {win:g} a win and {contact:g} a contact no "
            f"threshold with {fewest} leads or more above it earns more than it costs. The best is {way_out}."
        )
    return float(steps.p[int(np.argmax(value))])


def _floor(value: float) -> str:
    """Write a number with three digits that count, never above it."""
    digits = 2 - int(np.floor(np.log10(value))) if value > 0 else 0
    return f"{np.floor(value * 10.0**digits) / 10.0**digits:g}"


def _ceil(value: float) -> str:
    """Write a number with three digits that count, above it: what is chosen by it is never too little."""
    digits = 2 - int(np.floor(np.log10(value)))
    return f"{(np.floor(value * 10.0**digits) + 1) / 10.0**digits:f}".rstrip("0").rstrip(".")


def _figures(threshold: float, scored: OutOfTimeScores, seed: int) -> tuple[Interval, Interval, Interval]:
    above = scored.probability >= threshold
    columns = scored.weights * np.stack([above * scored.won, above, scored.won, np.ones(len(above))])
    with np.errstate(invalid="ignore", divide="ignore"):
        hits, chosen, wins, every = bootstrap_cluster_sums(columns, scored.leads, seed).T
        return (
            percentile_interval(hits / chosen),
            percentile_interval(hits / wins),
            percentile_interval(chosen / every),
        )
