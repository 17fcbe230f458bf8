"""Families over activity types: each says one thing of every topic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from leadlight.features.point_in_time import within

__all__ = ["DISTINCT", "FAMILIES", "FIXED_POINT", "VALUES", "VALUE_UNITS", "Family", "distinct_objects"]

WINDOWS = (7, 30, 90)
HALF_LIVES = (7, 30)
#: days that values, objects and working hours are looked at
LONG_WINDOW = 90
#: decayed sums are added up in units of 1e-10, values in units of 1e-6
FIXED_POINT, VALUE_UNITS = 1e10, 1e6


@dataclass(frozen=True)
class Family:
    """One family of features over activity types.

    Parameters
    ----------
    name : str
        Name of the family, e.g. ``count_7d``.
    doc : str
        What it says of a topic, in one sentence; ``{topic}`` stands for the topic.
    words : dict of str to str
        Its name in each language, behind that of the topic.
    partial : callable
        Known activities of one lead and type -> value.
    combine : str
        ``sum``, ``min`` or ``max``: how the values of several types become one.
    more_is_more : bool
        False where a higher value means less engagement.
    unit : float
        What the combined value is divided by in the end.
    none_is_zero : bool
        Whether a lead to whom nothing happened has 0 of it; otherwise it is unknown.
    """

    name: str
    doc: str
    words: dict[str, str]
    partial: Callable[[ir.Table], ir.Value]
    combine: str
    more_is_more: bool = True
    unit: float = 1.0
    none_is_zero: bool = True


def _count(days: int) -> Family:
    return Family(
        name=f"count_{days}d",
        doc=f"Times of {{topic}} in the last {days} days.",
        words={"en": f"times in {days} days", "de": f"Anzahl in {days} Tagen"},
        # whole numbers as floats: exact up to 9e15, and summed in half the time of integers, which widen
        partial=lambda t: within(t.age, days).cast("float64").sum(),
        combine="sum",
    )


def _decayed(half_life: int) -> Family:
    rate = -0.6931471805599453 / half_life
    return Family(
        name=f"decay_{half_life}d",
        doc=f"Times of {{topic}}, each counting half after every {half_life} days.",
        words={
            "en": f"times, halved every {half_life} days",
            "de": f"Anzahl, nach je {half_life} Tagen halb gezählt",
        },
        # whole numbers: a sum of fractions depends on the order in which an engine happens to read the rows
        partial=lambda t: ((t.age * rate).exp() * FIXED_POINT).round().cast("float64").sum(),
        combine="sum",
        unit=FIXED_POINT,
    )


#: of every topic
FAMILIES: tuple[Family, ...] = (
    *(_count(days) for days in WINDOWS),
    *(_decayed(half_life) for half_life in HALF_LIVES),
    Family(
        name="days_since_last",
        doc="Days since the last {topic}; unknown where there was none.",
        words={"en": "days since the last", "de": "Tage seit dem letzten Mal"},
        partial=lambda t: t.age.min(),
        combine="min",
        more_is_more=False,
        none_is_zero=False,
    ),
)


def _fixed(value: ir.NumericValue) -> ir.IntegerValue:
    """Write a value in whole units; sums of those do not depend on the order of rows."""
    units: ir.IntegerValue = (value.cast("float64") * VALUE_UNITS).round().cast("int64")
    return units


#: of the signals that carry a value; the mean is made of the other two
VALUES: tuple[Family, ...] = (
    Family(
        name=f"value_sum_{LONG_WINDOW}d",
        doc=f"Sum of the values of {{topic}} in the last {LONG_WINDOW} days, to six decimals.",
        words={"en": f"sum in {LONG_WINDOW} days", "de": f"Summe in {LONG_WINDOW} Tagen"},
        partial=lambda t: ibis.ifelse(within(t.age, LONG_WINDOW), _fixed(t.value), ibis.null("int64")).sum(),
        combine="sum",
        unit=VALUE_UNITS,
    ),
    Family(
        name=f"value_mean_{LONG_WINDOW}d",
        doc=f"Mean of the values of {{topic}} in the last {LONG_WINDOW} days; unknown where there was none.",
        words={"en": f"mean in {LONG_WINDOW} days", "de": f"Mittel in {LONG_WINDOW} Tagen"},
        partial=lambda t: (within(t.age, LONG_WINDOW) & t.value.notnull()).cast("int64").sum(),
        combine="sum",
        none_is_zero=False,
    ),
)

#: of the signals that have objects, and of activity as a whole; of the rows of :func:`distinct_objects`
DISTINCT = Family(
    name=f"objects_{LONG_WINDOW}d",
    doc=f"Different objects of {{topic}} in the last {LONG_WINDOW} days.",
    words={"en": f"different ones in {LONG_WINDOW} days", "de": f"verschiedene in {LONG_WINDOW} Tagen"},
    partial=lambda t: t.object.count(),
    combine="sum",
)


def distinct_objects(known: ir.Table, keys: Sequence[str]) -> ir.Table:
    """Count the objects that each lead touched, by type.

    Parameters
    ----------
    known : ir.Table
        `keys`, type, object (text or NULL) of the activities of the last 90 days.
    keys : sequence of str
        Columns that tell snapshots apart.

    Returns
    -------
    ir.Table
        `keys`, type, and the number under the name of :data:`DISTINCT`. The same object of two
        types is two: a page seen and a page printed.
    """
    once = known.filter(known.object.notnull()).select(*keys, "type", "object").distinct()
    return once.group_by(*keys, "type").agg(**{DISTINCT.name: DISTINCT.partial(once)})
