"""The way from the base score to the score: one line a topic, in points that are printed and add up."""

from collections.abc import Sequence
from dataclasses import dataclass

from leadlight.serving.reasons import Reason
from leadlight.serving.store.records import StoredScore
from leadlight.serving.text.rounding import display_score, distribute_largest_remainder, round_to_sum

__all__ = ["FOLDED_BELOW", "Bar", "RoundedPoints", "Waterfall", "build_waterfall", "place", "round_points"]

FOLDED_BELOW = 0.5
"""Topics of fewer points than this would print as nothing; they share one line."""


@dataclass(frozen=True)
class RoundedPoints:
    """The whole numbers shown for one lead; base plus points is the score.

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
        """Sum the printed points of ``fit`` or ``engagement``."""
        return sum(self.points[reason.topic] for reason in reasons if reason.group == group)


@dataclass(frozen=True)
class Bar:
    """One bar.

    Parameters
    ----------
    kind : str
        ``start``, ``topic``, ``further`` or ``total``.
    reason : Reason or None
        Of a topic.
    printed : int
        Points, or the score.
    topics : int
        How many topics it stands for.
    start, end : float
        Where the bar begins and ends, in score points.
    axis : tuple of float
        Score points at its left and right end.
    """

    kind: str
    reason: Reason | None
    printed: int
    topics: int
    start: float
    end: float
    axis: tuple[float, float]

    @property
    def first(self) -> float:
        """Place of `start`, in percent of the axis."""
        return place(self.start, self.axis)

    @property
    def last(self) -> float:
        """Place of `end`, in percent of the axis."""
        return place(self.end, self.axis)

    @property
    def left(self) -> float:
        """Left edge of the bar, in percent of the axis."""
        return min(self.first, self.last)

    @property
    def width(self) -> float:
        """Width of the bar, in percent of the axis."""
        return round(abs(self.last - self.first), 3)


@dataclass(frozen=True)
class Waterfall:
    """All bars of a lead, and where 50 and 80 stand on their axis, in percent."""

    lines: list[Bar]
    threshold_positions: dict[int, float]
    printed: RoundedPoints


def round_points(base_score: float, reasons: Sequence[Reason], score: float) -> RoundedPoints:
    """Round all points of a lead.

    The small ones are rounded together first, so that their one line is as near the truth as any other,
    and then among themselves.

    Parameters
    ----------
    base_score, score : float
        0 to 100.
    reasons : sequence of Reason
        All topics; base score and points add up to the score.

    Returns
    -------
    Printed
    """
    large, small = _parted(reasons)
    folded = [sum(reason.points for reason in small)] if small else []
    base, whole = round_to_sum(base_score, [reason.points for reason in large] + folded, score)
    points = {reason.topic: value for reason, value in zip(large, whole, strict=False)}
    if small:
        shares = distribute_largest_remainder([reason.points for reason in small], whole[-1])
        # only a sum that rounding moved by one can fail to be shared out: the first topic takes it
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
        The base, the topics by size, the further topics as one, and the score; each bar starts where the
        one before ended.
    """
    printed = round_points(score.base_score, score.reasons, score.score)
    large, small = _parted(score.reasons)
    steps: list[tuple[str, Reason | None, int, int, float]] = [
        ("topic", reason, printed.points[reason.topic], 1, reason.points) for reason in large
    ]
    if small:
        whole = sum(printed.points[reason.topic] for reason in small)
        steps.append(("further", None, whole, len(small), sum(reason.points for reason in small)))
    ends = [score.base_score]
    for step in steps:
        ends.append(ends[-1] + step[4])
    # Single topics may lead below 0 or above 100 on the way; the axis then grows rather than cut them.
    axis = min(0.0, *ends), max(100.0, *ends)
    lines = [Bar("start", None, printed.base, 0, 0.0, score.base_score, axis)]
    for (kind, reason, whole, topics, _), start, end in zip(steps, ends, ends[1:], strict=False):
        lines.append(Bar(kind, reason, whole, topics, start, end, axis))
    lines.append(Bar("total", None, printed.score, 0, 0.0, score.score, axis))
    return Waterfall(lines, {50: place(50, axis), 80: place(80, axis)}, printed)


def place(value: float, axis: tuple[float, float]) -> float:
    """Tell where on an axis a value stands, in percent."""
    low, high = axis
    return round((value - low) / (high - low) * 100, 3)


def _parted(reasons: Sequence[Reason]) -> tuple[list[Reason], list[Reason]]:
    ordered = sorted(reasons, key=lambda reason: (-abs(reason.points), reason.topic))
    large = [reason for reason in ordered if abs(reason.points) >= FOLDED_BELOW]
    return large, ordered[len(large) :]
