"""Feature families aggregated over the activities of each topic."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import ibis
import ibis.expr.types as ir

from leadlight.features.display import WINDOWS, Display
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

HALF_LIVES = (7, 30)
#: window of values, objects and working hours, in days
LONG_WINDOW = WINDOWS[-1]
#: fixed-point units: decayed sums in 1e-10, values in 1e-6
FIXED_POINT, VALUE_UNITS = 1e10, 1e6


class Aggregation(NamedTuple):
    """A feature family: one aggregate per topic. Adding one takes an entry of this file.

    Parameters
    ----------
    name : str
        Name of the family, e.g. ``count_7d``.
    doc : str
        Description in one sentence; ``{topic}`` is replaced by the topic.
    labels : dict of str to str
        Its name in each language, written after the topic's.
    per_type_expr : callable
        Known activities of one lead and type -> value.
    combine : str
        ``sum``, ``min`` or ``max``: aggregate over types.
    increasing : bool
        False if a higher value means less engagement.
    unit : float
        Divisor of the combined value.
    zero_if_missing : bool
        Whether a lead without activity has 0; otherwise NULL.
    display : Display, optional
        How reasons show it; None keeps it out of reasons.
    """

    name: str
    doc: str
    labels: dict[str, str]
    per_type_expr: Callable[[ir.Table], ir.Value]
    combine: str
    increasing: bool = True
    unit: float = 1.0
    zero_if_missing: bool = True
    display: Display | None = None


def _count(days: int) -> Aggregation:
    return Aggregation(
        name=f"count_{days}d",
        doc=f"Times of {{topic}} in the last {days} days.",
        labels={"en": f"times in {days} days", "de": f"Anzahl in {days} Tagen"},
        # floats: exact up to 9e15, and summed in half the time of integers
        per_type_expr=lambda t: filter_window(t.age, days).cast("float64").sum(),
        combine="sum",
        display=Display("count", window_days=days),
    )


def _decayed(half_life: int) -> Aggregation:
    rate = -0.6931471805599453 / half_life
    return Aggregation(
        name=f"decay_{half_life}d",
        doc=f"Times of {{topic}}, each counting half after every {half_life} days.",
        labels={"en": f"times, halved every {half_life} days", "de": f"Anzahl, nach je {half_life} Tagen halb gezählt"},
        # whole numbers: float sums depend on the order of rows
        per_type_expr=lambda t: ((t.age * rate).exp() * FIXED_POINT).round().cast("float64").sum(),
        combine="sum",
        unit=FIXED_POINT,
    )


#: families of every topic
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
        display=Display("recency"),
    ),
)


def _fixed(value: ir.NumericValue) -> ir.IntegerValue:
    """Convert a value to fixed point, so that sums do not depend on the order of rows."""
    units: ir.IntegerValue = (value.cast("float64") * VALUE_UNITS).round().cast("int64")
    return units


#: families of signals with a value; the second holds the count until the mean is computed
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
        display=Display("amount", window_days=LONG_WINDOW, wording="signal.sum"),
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

#: of signals with objects and of activity as a whole; aggregates :func:`count_distinct_objects`
DISTINCT_OBJECTS = Aggregation(
    name=f"objects_{LONG_WINDOW}d",
    doc=f"Different objects of {{topic}} in the last {LONG_WINDOW} days.",
    labels={"en": f"different ones in {LONG_WINDOW} days", "de": f"verschiedene in {LONG_WINDOW} Tagen"},
    per_type_expr=lambda t: t.object.count(),
    combine="sum",
    display=Display("tally", window_days=LONG_WINDOW, wording="signal.objects", min_shown=2.0, signals_only=True),
)


def count_distinct_objects(known: ir.Table, keys: Sequence[str]) -> ir.Table:
    """Count distinct objects per lead and type.

    Parameters
    ----------
    known : ir.Table
        `keys`, type, object (text or NULL) of the activities of the last 90 days.
    keys : sequence of str
        Key columns of snapshots.

    Returns
    -------
    ir.Table
        `keys`, type, and the count in a column named after :data:`DISTINCT_OBJECTS`. The same object under
        two types counts twice.
    """
    distinct = known.filter(known.object.notnull()).select(*keys, "type", "object").distinct()
    return distinct.group_by(*keys, "type").agg(**{DISTINCT_OBJECTS.name: DISTINCT_OBJECTS.per_type_expr(distinct)})
