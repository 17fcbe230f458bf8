"""Waterfall from base score to score: one bar per topic, in rounded points that add up."""

from collections.abc import Sequence
from typing import NamedTuple

from leadlight.serving.reasons import Reason
from leadlight.serving.store.records import StoredScore
from leadlight.serving.text.rounding import display_score, distribute_largest_remainder, round_to_sum

__all__ = ["FOLDED_BELOW", "Bar", "RoundedPoints", "Waterfall", "build_waterfall", "calculate_position", "round_points"]

FOLDED_BELOW = 0.5
"""Topics of fewer points would round to 0; they share one bar."""


class RoundedPoints(NamedTuple):
    """Rounded points of one lead; base plus points is the score.

    Parameters
    ----------
    base, score : int
    points : dict of str to int
        By topic.
    """

    base: int
    score: int
    points: dict[str, int]

    def select_group(self, reasons: Sequence[Reason], group: str) -> int:
        """Sum the rounded points of ``fit`` or ``engagement``."""
        return sum(self.points[reason.topic] for reason in reasons if reason.group == group)


class Bar(NamedTuple):
    """One bar of the waterfall.

    Parameters
    ----------
    kind : str
        ``start``, ``topic``, ``further`` or ``total``.
    reason : Reason or None
        Of a topic.
    rounded : int
        Points, or the score.
    topics : int
        Topics in the bar.
    start, end : float
        Ends of the bar, in score points.
    axis : tuple of float
        Score points at its left and right end.
    """

    kind: str
    reason: Reason | None
    rounded: int
    topics: int
    start: float
    end: float
    axis: tuple[float, float]

    @property
    def first(self) -> float:
        """Position of `start`, in percent of the axis."""
        return calculate_position(self.start, self.axis)

    @property
    def last(self) -> float:
        """Position of `end`, in percent of the axis."""
        return calculate_position(self.end, self.axis)

    @property
    def left(self) -> float:
        """Left edge of the bar, in percent of the axis."""
        return min(self.first, self.last)

    @property
    def width(self) -> float:
        """Width of the bar, in percent of the axis."""
        return round(abs(self.last - self.first), 3)


class Waterfall(NamedTuple):
    """Bars of a lead, and positions of 50 and 80 on the axis, in percent."""

    bars: list[Bar]
    threshold_positions: dict[int, float]
    rounded: RoundedPoints


def round_points(base_score: float, reasons: Sequence[Reason], score: float) -> RoundedPoints:
    """Round all points of a lead.

    Small topics are rounded as one sum, which is then distributed among them.

    Parameters
    ----------
    base_score, score : float
        0 to 100.
    reasons : sequence of Reason
        All topics; base score and points add up to the score.

    Returns
    -------
    RoundedPoints
    """
    large, small = _split_by_size(reasons)
    folded = [sum(reason.points for reason in small)] if small else []
    base, whole = round_to_sum(base_score, [reason.points for reason in large] + folded, score)
    points = {reason.topic: value for reason, value in zip(large, whole, strict=False)}
    if small:
        shares = distribute_largest_remainder([reason.points for reason in small], whole[-1])
        # a sum that rounding moved by one may not be distributable: the first topic takes it
        shares = shares or [whole[-1], *[0] * (len(small) - 1)]
        points |= {reason.topic: value for reason, value in zip(small, shares, strict=True)}
    return RoundedPoints(base, display_score(score), points)


def build_waterfall(score: StoredScore) -> Waterfall:
    """Lay out the bars of a lead.

    Parameters
    ----------
    score : StoredScore

    Returns
    -------
    Waterfall
        Base, topics by size, small topics as one, and score; each bar starts where the previous one
        ends.
    """
    rounded = round_points(score.base_score, score.reasons, score.score)
    large, small = _split_by_size(score.reasons)
    steps: list[tuple[str, Reason | None, int, int, float]] = [
        ("topic", reason, rounded.points[reason.topic], 1, reason.points) for reason in large
    ]
    if small:
        whole = sum(rounded.points[reason.topic] for reason in small)
        steps.append(("further", None, whole, len(small), sum(reason.points for reason in small)))
    ends = [score.base_score]
    for step in steps:
        ends.append(ends[-1] + step[4])
    # partial sums may leave 0 to 100: extend the axis
    axis = min(0.0, *ends), max(100.0, *ends)
    bars = [Bar("start", None, rounded.base, 0, 0.0, score.base_score, axis)]
    for (kind, reason, whole, topics, _), start, end in zip(steps, ends, ends[1:], strict=False):
        bars.append(Bar(kind, reason, whole, topics, start, end, axis))
    bars.append(Bar("total", None, rounded.score, 0, 0.0, score.score, axis))
    return Waterfall(bars, {50: calculate_position(50, axis), 80: calculate_position(80, axis)}, rounded)


def calculate_position(value: float, axis: tuple[float, float]) -> float:
    """Calculate the position of a value on an axis, in percent."""
    low, high = axis
    return round((value - low) / (high - low) * 100, 3)


def _split_by_size(reasons: Sequence[Reason]) -> tuple[list[Reason], list[Reason]]:
    ordered = sorted(reasons, key=lambda reason: (-abs(reason.points), reason.topic))
    large = [reason for reason in ordered if abs(reason.points) >= FOLDED_BELOW]
    return large, ordered[len(large) :]
