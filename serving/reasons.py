"""A reason: what one topic adds to, or takes from, the score of one lead."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

__all__ = ["Reason", "Value", "advance_days", "has_equal_reasons", "parse_reasons"]

Value = str | float | bool | None | Mapping[str, str | float | None]

TOLERANCE = 1e-9
"""Points and values closer than this are the same: engines add floats in different orders."""

DAYS_TOLERANCE = 1e-6
"""Days closer than this (0.1 s) are the same moment: times are whole seconds."""

TIME_DEPENDENT = ("days_since_last", "days_since_sales", "silence")
"""Parts of a value that grow by a day a day."""


@dataclass(frozen=True)
class Reason:
    """One topic of a score.

    Parameters
    ----------
    topic : str
        The signal or attribute it speaks of, as in the night's words.
    group : str
        ``fit`` or ``engagement``.
    points : float
        Score points, positive or negative; base score plus all points is the score.
    value : str, float, bool, None or mapping of str to str, float or None
        What was known: an attribute's value (None: not known) or what was read from it, the counts of a
        signal, or an age in days.
    """

    topic: str
    group: str
    points: float
    value: Value


def parse_reasons(text: str) -> tuple[Reason, ...]:
    """Read the JSON of one lead's reasons.

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
        Where the text is something else.
    """
    return tuple(
        Reason(str(item["topic"]), str(item["group"]), float(item["points"]), item["value"])
        for item in json.loads(text, parse_constant=_refuse_constant)
    )


def _refuse_constant(name: str) -> None:
    # NaN is not JSON, and would differ from itself every night
    raise ValueError(f"The numbers of reasons must be finite or null. Got {name}.")


def advance_days(reason: Reason, kind: str, days: float) -> Reason:
    """Tell a reason again after some days in which nothing but time happened.

    A lead whose score did not change keeps its row, so the times in it must move on when it is read:
    "yesterday" was true only on the night of the row.

    Parameters
    ----------
    reason : Reason
    kind : str
        Kind of its topic in the night's words.
    days : float
        Days since the night of the row.

    Returns
    -------
    Reason
        With the days since something, or the age, moved on by `days`.
    """
    if days == 0:
        return reason
    value = reason.value
    if isinstance(value, Mapping):
        moved = {
            key: since + days for key in TIME_DEPENDENT if isinstance(since := value.get(key), (int, float))
        }
        if value.get("silence") == 0:  # the lead has reacted, and that does not change with time
            del moved["silence"]
        return replace(reason, value={**value, **moved}) if moved else reason
    if kind == "age" and isinstance(value, (int, float)):
        return replace(reason, value=value + days)
    return reason


def has_equal_reasons(left: Sequence[Reason], right: Sequence[Reason]) -> bool:
    """Whether two lists of reasons say the same.

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
