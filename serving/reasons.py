"""A reason: what one topic adds to, or takes from, the score of one lead."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from leadlight.features.display import Display

__all__ = ["Reason", "Value", "advance_days", "has_equal_reasons", "parse_reasons", "select_top_reasons"]

Value = str | float | bool | None | Mapping[str, str | float | None]

TOLERANCE = 1e-9
"""Points and values closer than this are equal: engines sum floats in different orders."""

DAYS_TOLERANCE = 1e-6
"""Days closer than this (0.1 s) are equal: times are whole seconds."""


class Reason(NamedTuple):
    """One topic of a score.

    Parameters
    ----------
    topic : str
        Key of a signal or attribute, as in the run's context.
    group : str
        ``fit`` or ``engagement``.
    points : float
        Score points, positive or negative; base score plus all points is the score.
    value : str, float, bool, None or mapping of str to str, float or None
        An attribute's value (None: not known), an age in days, or values by feature family: counts of a
        signal, or codes parsed from an attribute.
    """

    topic: str
    group: str
    points: float
    value: Value


def parse_reasons(text: str) -> tuple[Reason, ...]:
    """Parse the JSON of one lead's reasons.

    Parameters
    ----------
    text : str
        A JSON list of objects with ``topic``, ``group``, ``points`` and ``value``.

    Returns
    -------
    tuple of Reason
        One per topic, in the order of the text.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the text is anything else.
    """
    return tuple(
        Reason(str(item["topic"]), str(item["group"]), float(item["points"]), item["value"])
        for item in json.loads(text, parse_constant=_refuse_constant)
    )


def _refuse_constant(name: str) -> None:
    # NaN is not JSON, and differs from itself
    raise ValueError(f"The numbers of reasons must be finite or null. Got {name}.")


def advance_days(reason: Reason, displays: Mapping[str, Display], days: float) -> Reason:
    """Advance a stored reason's day counts by `days`.

    A lead whose score did not change keeps its row, so its times grow when the row is read.

    Parameters
    ----------
    reason : Reason
    displays : mapping of str to Display
        Feature family -> display, of its topic.
    days : float
        Days since the run of the row.

    Returns
    -------
    Reason
    """
    growing = {family: display.role for family, display in displays.items() if display.grows_daily}
    if days == 0 or not growing:
        return reason
    value = reason.value
    if isinstance(value, Mapping):
        moved = {
            family: since + days
            for family, role in growing.items()
            if isinstance(since := value.get(family), (int, float))
            and not (role == "silence" and since == 0)  # the lead has reacted
        }
        return reason._replace(value={**value, **moved}) if moved else reason
    if isinstance(value, (int, float)):
        return reason._replace(value=value + days)
    return reason


def select_top_reasons(reasons: Iterable[Reason], n: int) -> list[Reason]:
    """Select the reasons that move the score most, up or down.

    Parameters
    ----------
    reasons : iterable of Reason
    n : int
        Maximal number.

    Returns
    -------
    list of Reason
        By absolute points, largest first; none with 0 points.
    """
    moving = [reason for reason in reasons if reason.points != 0]
    return sorted(moving, key=lambda reason: (-abs(reason.points), reason.topic))[:n]


def has_equal_reasons(left: Sequence[Reason], right: Sequence[Reason]) -> bool:
    """Return whether two lists of reasons are equal.

    Parameters
    ----------
    left, right : sequence of Reason
        Any order of topics.

    Returns
    -------
    bool
        True where topics, groups, points (to 1e-9) and values agree.
    """
    if len(left) != len(right):
        return False
    others = {reason.topic: reason for reason in right}
    return all(
        reason.topic in others
        and reason.group == others[reason.topic].group
        and abs(reason.points - others[reason.topic].points) <= TOLERANCE
        and _same_value(reason.value, others[reason.topic].value)
        for reason in left
    )


def _same_value(left: Value, right: Value) -> bool:
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_same_value(left[key], right[key]) for key in left)
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=DAYS_TOLERANCE)
    return left == right
