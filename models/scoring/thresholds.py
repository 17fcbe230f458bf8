"""Thresholds from policy sentences, chosen on out-of-time scores."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

import numpy as np

from leadlight.features.errors import PolicyError
from leadlight.models.metrics.bootstrap import ClusterBootstrap, Interval, percentile_interval
from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.metrics.threshold_sums import count_leads_above

__all__ = ["MIN_LEADS", "SENTENCE_FORMS", "SHORT_NAMES", "Threshold", "select_threshold"]

#: different leads that a threshold needs above it by default
MIN_LEADS = 20

#: threshold -> how it is called where there is little room
SHORT_NAMES = {"marketing_qualified": "MQL", "sales_qualified": "SQL"}

#: part of a sentence that needs dates
PER_WEEK = "per week"

SENTENCE_FORMS = (
    "highest recall with precision >= 0.30",
    "top 200 per week",
    "top 5 percent",
    "highest value with win 5000 and contact 40",
    "probability >= 0.25",
)


@dataclass(frozen=True)
class Threshold:
    """A threshold with its figures on the scores it was chosen on.

    Parameters
    ----------
    sentence : str
        The policy sentence.
    probability : float
        Leads at or above it qualify.
    precision, recall, share : tuple of float
        Value, lower and upper end of the 95 % interval (bootstrap by lead).
    leads, wins : int or None
        Different leads above it, and those of them that won; None in older bundles.
    moved_from : float or None
        Probability from which the sentence is met, where the scores could not tell it from the threshold below.
    """

    sentence: str
    probability: float
    precision: Interval
    recall: Interval
    share: Interval
    leads: int | None = None
    wins: int | None = None
    moved_from: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in vars(self).items()}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Threshold":
        """Read what :meth:`to_dict` gave."""
        fields: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in content.items()}
        return cls(**fields)


def select_threshold(sentence: str, scored: ScoredSnapshots, seed: int, min_leads: int = MIN_LEADS) -> Threshold:
    """Find the threshold that meets a policy sentence.

    Parameters
    ----------
    sentence : str
        One of the forms in :data:`SENTENCE_FORMS`, with other numbers.
    scored : ScoredSnapshots
        Out-of-time snapshots.
    seed : int
        Seed of the bootstrap.
    min_leads : int
        Different leads that must be above it.

    Returns
    -------
    Threshold
        With intervals.

    Raises
    ------
    PolicyError
        If the sentence has no known form, asks for leads per week of a source without dates, or cannot be met
        with that many leads; then the best of the same form that can is named.
    """
    rule, scored = _parse(sentence, dated=scored.weeks is not None), scored.drop_zero_weight()
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


ThresholdRule = Callable[[ScoredSnapshots, int], float]


def _parse(sentence: str, dated: bool) -> ThresholdRule:
    number = r"(\d+(?:\.\d+)?)"
    rules: dict[str, Callable[..., float]] = {
        rf"highest recall with precision >= {number}": _by_precision,
        rf"top {number} {PER_WEEK}": lambda scored, least, n: _top(scored, least, n, PER_WEEK),
        rf"top {number} percent": lambda scored, least, n: _top(scored, least, n, "percent"),
        rf"highest value with win {number} and contact {number}": _by_value,
        rf"probability >= {number}": _by_probability,
    }
    if not dated:
        rules = {pattern: rule for pattern, rule in rules.items() if PER_WEEK not in pattern}
    text = " ".join(sentence.split())
    for pattern, rule in rules.items():
        if match := re.fullmatch(pattern, text, flags=re.IGNORECASE):
            numbers = [float(group) for group in match.groups()]
            return lambda scored, min_leads, rule=rule, numbers=numbers: rule(scored, min_leads, *numbers)  # type: ignore[misc]
    forms = "; ".join(form for form in SENTENCE_FORMS if dated or PER_WEEK not in form)
    without = "" if dated else " (the source has no dates, so nothing can be counted per week)"
    raise PolicyError(f"The policy sentence must have one of the forms: {forms}{without}. Got {sentence!r}.")


def _refuse(sentence: str, leads: int, min_leads: int, best: str) -> NoReturn:
    raise PolicyError(
        f"The policy must be one that can be believed: {sentence} has {leads} leads above it, and it takes "
        f"{min_leads} (policy.min_leads). The best is {best}."
    )


def _by_probability(scored: ScoredSnapshots, min_leads: int, p: float) -> float:
    if not 0 < p < 1:
        raise PolicyError(f"The probability of a policy must lie between 0 and 1. Got {p:g}.")
    leads = int(count_leads_above(scored.probability, scored.leads, np.array([p]))[0])
    if leads < min_leads:
        steps = _steps(scored)
        _refuse(f"probability >= {p:g}", leads, min_leads, f"probability >= {_floor(steps.p[steps.first(min_leads)])}")
    return p


def _top(scored: ScoredSnapshots, min_leads: int, number: float, unit: str) -> float:
    weekly = scored.weights.sum() / scored.weeks if scored.weeks else None
    every = weekly if unit == PER_WEEK and weekly else 100.0
    share = number / every
    if not 0 < share < 1:
        raise PolicyError(
            f"The policy top {number:g} {unit} must choose some of the leads but not all. Got {share:.0%} of "
            + (f"{weekly:.0f} snapshots a week." if weekly else "them.")
        )
    threshold = _at_share(scored, share)
    leads = int(count_leads_above(scored.probability, scored.leads, np.array([threshold]))[0])
    if leads < min_leads:
        enough = _steps(scored)
        wanted = enough.above[enough.first(min_leads)] / enough.above[-1] * every
        best = _ceil(wanted)
        possible = float(best) < every
        _refuse(
            f"top {number:g} {unit}",
            leads,
            min_leads,
            f"top {best} {unit}" if possible else "none, for only all leads together are enough",
        )
    return threshold


def _at_share(scored: ScoredSnapshots, share: float) -> float:
    """Return the threshold between two probabilities whose share above it is nearest: on one of them, more pass."""
    steps = _steps(scored)
    if len(steps.p) == 1:
        return float(steps.p[0])
    nearest = int(np.argmin(np.abs(steps.above[:-1] / steps.above[-1] - share)))
    return float(steps.p[nearest : nearest + 2].mean())


class _Steps(NamedTuple):
    """Distinct probabilities from high to low, with snapshots, wins and leads at or above each."""

    p: np.ndarray
    above: np.ndarray
    wins: np.ndarray
    leads: np.ndarray

    def first(self, min_leads: int) -> int:
        """Index of the highest probability with so many leads above it."""
        return int(np.argmax(self.leads >= min_leads))


def _steps(scored: ScoredSnapshots) -> _Steps:
    order = np.argsort(-scored.probability, kind="stable")
    p, weight = scored.probability[order], scored.weights[order]
    _, firsts = np.unique(scored.leads[order], return_index=True)
    leads = np.cumsum(np.isin(np.arange(len(p)), firsts))
    last = np.append(p[1:] != p[:-1], True)
    return _Steps(p[last], np.cumsum(weight)[last], np.cumsum(weight * scored.won[order])[last], leads[last])


def _by_precision(scored: ScoredSnapshots, min_leads: int, target: float) -> float:
    steps = _steps(scored)
    precision = np.where(steps.leads >= min_leads, steps.wins / steps.above, 0.0)
    if (precision >= target).any():
        return float(steps.p[np.flatnonzero(precision >= target).max()])
    best = float(precision.max())
    raise PolicyError(
        f"The policy must be one that can be met: no threshold reaches a precision of {target:g} with at "
        f"least {min_leads} leads above it. The best is highest recall with precision >= {_floor(best)}."
    )


def _by_value(scored: ScoredSnapshots, min_leads: int, win: float, contact: float) -> float:
    steps = _steps(scored)
    believed = steps.leads >= min_leads
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
            f"threshold with {min_leads} leads or more above it earns more than it costs. The best is {way_out}."
        )
    return float(steps.p[int(np.argmax(value))])


def _floor(value: float) -> str:
    """Write a number with three significant digits, rounded down."""
    digits = 2 - int(np.floor(np.log10(value))) if value > 0 else 0
    return f"{np.floor(value * 10.0**digits) / 10.0**digits:g}"


def _ceil(value: float) -> str:
    """Write a number with three significant digits, rounded up."""
    digits = 2 - int(np.floor(np.log10(value)))
    return f"{(np.floor(value * 10.0**digits) + 1) / 10.0**digits:f}".rstrip("0").rstrip(".")


def _figures(threshold: float, scored: ScoredSnapshots, seed: int) -> tuple[Interval, Interval, Interval]:
    above = scored.probability >= threshold
    columns = scored.weights * np.stack([above * scored.won, above, scored.won, np.ones(len(above))])
    with np.errstate(invalid="ignore", divide="ignore"):
        hits, chosen, wins, every = ClusterBootstrap(scored.leads, seed).resample_sums(columns).T
        return (
            percentile_interval(hits / chosen),
            percentile_interval(hits / wins),
            percentile_interval(chosen / every),
        )
