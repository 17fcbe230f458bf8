"""Features of the sequence of activities: first and last touch, gaps, working hours, silence after sales."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

import ibis
import ibis.expr.types as ir

from leadlight.features.aggregations import LONG_WINDOW
from leadlight.features.catalogue import ACTIVITY, OTHER, SALES, Feature, SignalSpec
from leadlight.features.display import Display
from leadlight.features.point_in_time import SECONDS_A_DAY, filter_window

__all__ = [
    "aggregate_sequence",
    "aggregate_touches",
    "declare_sequence_features",
    "infer_activity_monotonicity",
    "list_required_aggregates",
]

#: working hours in local time, Monday to Friday
OPENS, CLOSES, WORKING_DAYS = 9, 17, 5


class _Family(NamedTuple):
    """A feature family of the sequence; `direction` is relative to that of activity as a whole."""

    name: str
    kind: str
    doc: str
    labels: dict[str, str]
    expr: Callable[[ir.Table, list[str]], ir.Value]
    direction: int = 0
    display: Display | None = None


def infer_activity_monotonicity(signals: Iterable[SignalSpec]) -> int:
    """Return the expected direction of activity as a whole: 1 if any signal raises the chance, else 0.

    Without it one more activity of a raising signal could lower the score through the whole.
    """
    return int(any(signal.monotonicity > 0 for signal in signals))


def declare_sequence_features(signals: list[SignalSpec], labels: dict[str, dict[str, str]]) -> list[Feature]:
    """Declare the sequence features, in column order.

    Parameters
    ----------
    signals : list of SignalSpec
        Those by sales make a topic of their own.
    labels : dict
        Topic -> its name in each language.
    """
    raised = infer_activity_monotonicity(signals)
    return [
        Feature(column, family.name, topic, "engagement", family.kind, raised * family.direction, family.doc,
                {language: f"{labels[topic][language]}: {text}" for language, text in family.labels.items()},
                family.display)
        for column, (topic, family) in _list_families(signals).items()
    ]  # fmt: skip


def aggregate_touches(known: ir.Table) -> dict[str, ir.Value]:
    """Aggregate what sequence features need within one lead and type."""
    at = known.local_at
    open_now = (at.hour() >= OPENS) & (at.hour() < CLOSES) & (at.day_of_week.index() < WORKING_DAYS)
    return {
        "count_37d": filter_window(known.age, 37).cast("float64").sum(),
        "touches": known.seconds.count(),
        "at_work": (filter_window(known.age, LONG_WINDOW) & open_now).cast("float64").sum(),
        "first": known.seconds.max(),
        "last": known.seconds.min(),
    }


def list_required_aggregates(wanted: Collection[str]) -> set[str]:
    """List the counts that wanted sequence features are computed from."""
    inputs = {"trend__any": "count_7d__any", "working_hours__any": "count_90d__any"}
    return {count for name, count in inputs.items() if name in wanted}


def aggregate_sequence(
    partial: ir.Table,
    keys: Sequence[str],
    signals: list[SignalSpec],
    columns: dict[str, ir.Value],
    wanted: Collection[str],
) -> ir.Table:
    """Aggregate across types: the given columns and the wanted sequence features.

    Parameters
    ----------
    partial : ir.Table
        `keys`, type and the columns of :func:`aggregate_touches`.
    keys : sequence of str
        Key columns of snapshots.
    signals : list of SignalSpec
        Of two types in the same second, the first in this order counts.
    columns : dict of str to ir.Value
        Further aggregates over `partial`, by name; must have those of :func:`list_required_aggregates`.
    wanted : collection of str
        Names of features.

    Returns
    -------
    ir.Table
        `keys`, `columns` and the wanted columns of :func:`declare_sequence_features`.
    """
    families = {column: f for column, (_, f) in _list_families(signals).items() if column in wanted}
    if not families:
        return partial.group_by(*keys).agg(**columns)
    names = [*(signal.name for signal in signals), OTHER]
    size = len(names)
    # seconds and place in one integer: its extremes give a type without a sort, the same on every engine
    place = ibis.cases(*((partial.type == name, i) for i, name in enumerate(names)), else_=size - 1)
    place = place.cast("int64")
    sales = [signal.name for signal in signals if signal.by_sales]
    by_sales = partial.type.isin(sales).fill_null(False) if sales else ibis.literal(False)
    hidden = {
        "count_37d": partial.count_37d.sum(),
        "touches": partial.touches.sum(),
        "at_work": partial.at_work.sum(),
        "first_key": (partial["first"] * size + (size - 1 - place)).max(),
        "last_key": (partial["last"] * size + place).min(),
        "sales_last": partial["last"].min(where=by_sales),
        "lead_last": partial["last"].min(where=~by_sales),
    }
    across = partial.group_by(*keys).agg(**columns, **hidden)
    values = {column: family.expr(across, names) for column, family in families.items()}
    return across.select(*keys, *columns, **values)


def _trend(across: ir.Table, names: list[str]) -> ir.Value:
    recent = across.count_7d__any
    before = across.count_37d.cast("float64") - recent
    ratio = ((recent + 0.5) / 7.0) / ((before + 0.5) / 30.0)
    return ibis.ifelse(recent + before > 0, ratio.ln(), ibis.null("float64"))


def _days_since_first(across: ir.Table, names: list[str]) -> ir.Value:
    return _seconds(across.first_key, names) / SECONDS_A_DAY


def _mean_gap(across: ir.Table, names: list[str]) -> ir.Value:
    return _days_since_first(across, names) / across.touches.cast("float64").nullif(0.0)


def _working_hours(across: ir.Table, names: list[str]) -> ir.Value:
    return across.at_work.cast("float64") / across.count_90d__any.nullif(0.0)


def _first_touch(across: ir.Table, names: list[str]) -> ir.Value:
    return _name_at(len(names) - 1 - across.first_key % len(names), names)


def _last_touch(across: ir.Table, names: list[str]) -> ir.Value:
    return _name_at(across.last_key % len(names), names)


def _days_since_sales(across: ir.Table, names: list[str]) -> ir.Value:
    return across.sales_last.cast("float64") / SECONDS_A_DAY


def _silence(across: ir.Table, names: list[str]) -> ir.Value:
    reacted = (across.lead_last < across.sales_last).fill_null(False)
    return ibis.ifelse(reacted & across.sales_last.notnull(), 0.0, _days_since_sales(across, names))


def _seconds(key: ir.IntegerValue, names: list[str]) -> ir.FloatingValue:
    seconds: ir.FloatingValue = (key - key % len(names)) / len(names)
    return seconds.cast("float64")


def _name_at(place: ir.Value, names: list[str]) -> ir.Value:
    return ibis.cases(*((place == i, name) for i, name in enumerate(names)))


#: of activity as a whole
_SEQUENCE = (
    _Family("trend", "number",
            "Log of the daily rate of activity in the last 7 days over the 30 before; unknown without "
            "either.",
            {"en": "trend", "de": "Trend"}, _trend, 1,
            Display("trend", window_days=30, wording="activity")),
    _Family("days_since_first", "number", "Days since the first activity; unknown where there was none.",
            {"en": "days since the first", "de": "Tage seit dem ersten Mal"}, _days_since_first),
    _Family("mean_gap", "number",
            "Mean days from one activity to the next, up to the moment of the snapshot; unknown without any.",
            {"en": "mean days between two", "de": "mittlerer Abstand in Tagen"}, _mean_gap, -1),
    _Family("working_hours", "number",
            f"Share of the activity of the last {LONG_WINDOW} days that fell into working hours (Monday to "
            f"Friday, {OPENS}:00 to {CLOSES}:00 in source.timezone); unknown without any.",
            {"en": "share in working hours", "de": "Anteil in der Arbeitszeit"}, _working_hours),
    _Family("first_touch", "category", "Type of the first activity.",
            {"en": "first touch", "de": "erster Kontakt"}, _first_touch),
    _Family("last_touch", "category", "Type of the last activity.",
            {"en": "last touch", "de": "letzter Kontakt"}, _last_touch),
)  # fmt: skip
#: of touches by sales
_AFTER_SALES = (
    _Family("silence", "number",
            "Days since the last touch by sales in which nothing else came from the lead; 0 where it has "
            "reacted, unknown where sales never touched it.",
            {"en": "days without reaction", "de": "Tage ohne Reaktion"}, _silence, -1, Display("silence")),
    _Family("days_since_sales", "number", "Days since the last touch by sales; unknown where there was none.",
            {"en": "days since the last touch", "de": "Tage seit dem letzten Kontakt"}, _days_since_sales,
            display=Display("elapsed")),
)  # fmt: skip


def _list_families(signals: Iterable[SignalSpec]) -> dict[str, tuple[str, _Family]]:
    """Return topic and family by column, in column order."""
    columns = {f"{family.name}__any": (ACTIVITY, family) for family in _SEQUENCE}
    by_sales = sum(signal.by_sales for signal in signals)
    # with one signal by sales, days_since_sales repeats its days_since_last
    after_sales = _AFTER_SALES if by_sales > 1 else _AFTER_SALES[:by_sales]
    return columns | {f"{family.name}__sales": (SALES, family) for family in after_sales}
