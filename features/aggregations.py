"""Families over activity types: each says one thing of every topic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from leadlight.features.point_in_time import filter_window

__all__ = [
    "AGGREGATIONS",
    "DISTINCT_OBJECTS",
    "FIXED_POINT",
    "VALUE_AGGREGATIONS",
    "VALUE_UNITS",
    "Aggregation",
    "count_distinct_objects",
]

WINDOWS = (7, 30, 90)
HALF_LIVES = (7, 30)
#: days that values, objects and working hours are looked at
LONG_WINDOW = 90
#: decayed sums are added up in units of 1e-10, values in units of 1e-6
FIXED_POINT, VALUE_UNITS = 1e10, 1e6


@dataclass(frozen=True)
class Aggregation:
    """One family of features over activity types.

    Parameters
    ----------
    name : str
        Name of the family, e.g. ``count_7d``.
    doc : str
        What it says of a topic, in one sentence; ``{topic}`` stands for the topic.
    labels : dict of str to str
        Its name in each language, behind that of the topic.
    per_type_expr : callable
        Known activities of one lead and type -> value.
    combine : str
        ``sum``, ``min`` or ``max``: how the values of several types become one.
    increasing : bool
        False where a higher value means less engagement.
    unit : float
        What the combined value is divided by in the end.
    zero_if_missing : bool
        Whether a lead to whom nothing happened has 0 of it; otherwise it is unknown.
    """

    name: str
    doc: str
    labels: dict[str, str]
    per_type_expr: Callable[[ir.Table], ir.Value]
    combine: str
    increasing: bool = True
    unit: float = 1.0
    zero_if_missing: bool = True


def _count(days: int) -> Aggregation:
    return Aggregation(
        name=f"count_{days}d",
        doc=f"Times of {{topic}} in the last {days} days.",
        labels={"en": f"times in {days} days", "de": f"Anzahl in {days} Tagen"},
        # whole numbers as floats: exact up to 9e15, and summed in half the time of integers, which widen
        per_type_expr=lambda t: filter_window(t.age, days).cast("float64").sum(),
        combine="sum",
    )


def _decayed(half_life: int) -> Aggregation:
    rate = -0.6931471805599453 / half_life
    return Aggregation(
        name=f"decay_{half_life}d",
        doc=f"Times of {{topic}}, each counting half after every {half_life} days.",
        labels={
            "en": f"times, halved every {half_life} days",
            "de": f"Anzahl, nach je {half_life} Tagen halb gezählt",
        },
        # whole numbers: a sum of fractions depends on the order in which an engine happens to read the rows
        per_type_expr=lambda t: ((t.age * rate).exp() * FIXED_POINT).round().cast("float64").sum(),
        combine="sum",
        unit=FIXED_POINT,
    )


#: of every topic
AGGREGATIONS: tuple[Aggregation, ...] = (
    *(_count(days) for days in WINDOWS),
    *(_decayed(half_life) for half_life in HALF_LIVES),
    Aggregation(
        name="days_since_last",
        doc="Days since the last {topic}; unknown where there was none.",
        labels={"en": "days since the last", "de": "Tage seit dem letzten Mal"},
        per_type_expr=lambda t: t.age.min(),
        combine="min",
        increasing=False,
        zero_if_missing=False,
    ),
)


def _fixed(value: ir.NumericValue) -> ir.IntegerValue:
    """Write a value in whole units; sums of those do not depend on the order of rows."""
    units: ir.IntegerValue = (value.cast("float64") * VALUE_UNITS).round().cast("int64")
    return units


#: of the signals that carry a value; the mean is made of the other two
VALUE_AGGREGATIONS: tuple[Aggregation, ...] = (
    Aggregation(
        name=f"value_sum_{LONG_WINDOW}d",
        doc=f"Sum of the values of {{topic}} in the last {LONG_WINDOW} days, to six decimals.",
        labels={"en": f"sum in {LONG_WINDOW} days", "de": f"Summe in {LONG_WINDOW} Tagen"},
        per_type_expr=lambda t: ibis.ifelse(
            filter_window(t.age, LONG_WINDOW), _fixed(t.value), ibis.null("int64")
        ).sum(),
        combine="sum",
        unit=VALUE_UNITS,
    ),
    Aggregation(
        name=f"value_mean_{LONG_WINDOW}d",
        doc=f"Mean of the values of {{topic}} in the last {LONG_WINDOW} days; unknown where there was none.",
        labels={"en": f"mean in {LONG_WINDOW} days", "de": f"Mittel in {LONG_WINDOW} Tagen"},
        per_type_expr=lambda t: (filter_window(t.age, LONG_WINDOW) & t.value.notnull()).cast("int64").sum(),
        combine="sum",
        zero_if_missing=False,
    ),
)

#: of the signals that have objects, and of activity as a whole; of the rows of :func:`count_distinct_objects`
DISTINCT_OBJECTS = Aggregation(
    name=f"objects_{LONG_WINDOW}d",
    doc=f"Different objects of {{topic}} in the last {LONG_WINDOW} days.",
    labels={"en": f"different ones in {LONG_WINDOW} days", "de": f"verschiedene in {LONG_WINDOW} Tagen"},
    per_type_expr=lambda t: t.object.count(),
    combine="sum",
)


def count_distinct_objects(known: ir.Table, keys: Sequence[str]) -> ir.Table:
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
        `keys`, type, and the number under the name of :data:`DISTINCT_OBJECTS`. The same object of two
        types is two: a page seen and a page printed.
    """
    once = known.filter(known.object.notnull()).select(*keys, "type", "object").distinct()
    return once.group_by(*keys, "type").agg(**{DISTINCT_OBJECTS.name: DISTINCT_OBJECTS.per_type_expr(once)})
