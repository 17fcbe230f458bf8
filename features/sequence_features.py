"""The course that activity takes: the first touch and the last, gaps, working hours, silence after sales."""

from collections.abc import Callable, Collection, Iterable, Sequence

import ibis
import ibis.expr.types as ir

from leadlight.features.aggregations import LONG_WINDOW
from leadlight.features.catalogue import ACTIVITY, OTHER, SALES, Feature, SignalSpec
from leadlight.features.point_in_time import SECONDS_A_DAY, filter_window

__all__ = [
    "aggregate_sequence",
    "aggregate_touches",
    "declare_sequence_features",
    "infer_activity_monotonicity",
    "list_required_aggregates",
]

#: hours of the working day, by the clocks of the business: from the first up to the last, Monday to Friday
OPENS, CLOSES, WORKING_DAYS = 9, 17, 5
#: family, kind, sentence, words: of activity as a whole
_COURSE = (
    ("trend", "number",
     "Log of the daily rate of activity in the last 7 days over the 30 before; unknown without either.",
     {"en": "trend", "de": "Trend"}),
    ("days_since_first", "number", "Days since the first activity; unknown where there was none.",
     {"en": "days since the first", "de": "Tage seit dem ersten Mal"}),
    ("mean_gap", "number",
     "Mean days from one activity to the next, up to the moment of the snapshot; unknown without any.",
     {"en": "mean days between two", "de": "mittlerer Abstand in Tagen"}),
    ("working_hours", "number",
     f"Share of the activity of the last {LONG_WINDOW} days that fell into working hours (Monday to Friday, "
     f"{OPENS}:00 to {CLOSES}:00 in source.timezone); unknown without any.",
     {"en": "share in working hours", "de": "Anteil in der Arbeitszeit"}),
    ("first_touch", "category", "Type of the first activity.",
     {"en": "first touch", "de": "erster Kontakt"}),
    ("last_touch", "category", "Type of the last activity.", {"en": "last touch", "de": "letzter Kontakt"}),
)  # fmt: skip
_SILENCE = (
    ("silence", "number",
     "Days since the last touch by sales in which nothing else came from the lead; 0 where it has reacted, "
     "unknown where sales never touched it.",
     {"en": "days without reaction", "de": "Tage ohne Reaktion"}),
    ("days_since_sales", "number", "Days since the last touch by sales; unknown where there was none.",
     {"en": "days since the last touch", "de": "Tage seit dem letzten Kontakt"}),
)  # fmt: skip


#: what is expected of a family where more activity is expected to raise the chance
_DIRECTIONS = {"trend": 1, "mean_gap": -1, "silence": -1}


def infer_activity_monotonicity(signals: Iterable[SignalSpec]) -> int:
    """Tell what is expected of activity as a whole: more of it, where there is a signal that raises.

    Without a bound one more activity of a raising signal could lower the score through the whole.
    """
    return int(any(signal.monotonicity > 0 for signal in signals))


def declare_sequence_features(signals: list[SignalSpec], labels: dict[str, dict[str, str]]) -> list[Feature]:
    """Declare the features of the course, in column order.

    Parameters
    ----------
    signals : list of SignalSpec
        Those of sales give rise to a topic of their own.
    labels : dict
        Topic -> its name in each language.
    """
    raised = infer_activity_monotonicity(signals)
    expected = {family: raised * sign for family, sign in _DIRECTIONS.items()}
    rows = [(ACTIVITY, "any", entry) for entry in _COURSE]
    rows += [(SALES, "sales", entry) for entry in _silence(signals)]
    return [
        Feature(f"{family}__{name}", family, topic, "engagement", kind, expected.get(family, 0), doc,
                {language: f"{labels[topic][language]}: {text}" for language, text in words.items()})
        for topic, name, (family, kind, doc, words) in rows
    ]  # fmt: skip


def aggregate_touches(known: ir.Table) -> dict[str, ir.Value]:
    """Aggregate what the course needs within one lead and type."""
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
    """Name the counts that wanted features of the course are made of."""
    made_of = {"trend__any": "count_7d__any", "working_hours__any": "count_90d__any"}
    return {count for name, count in made_of.items() if name in wanted}


def aggregate_sequence(
    partial: ir.Table,
    keys: Sequence[str],
    signals: list[SignalSpec],
    columns: dict[str, ir.Value],
    wanted: Collection[str],
) -> ir.Table:
    """Aggregate across types: the given columns, and the wanted features of the course.

    Parameters
    ----------
    partial : ir.Table
        `keys`, type and the columns of :func:`aggregate_touches`.
    keys : sequence of str
        Columns that tell snapshots apart.
    signals : list of SignalSpec
        In the order that decides which of two types in the same second is named: the earlier one.
    columns : dict of str to ir.Value
        Further aggregates over `partial`, by name; those of :func:`list_required_aggregates` are read.
    wanted : collection of str
        Names of features.

    Returns
    -------
    ir.Table
        `keys`, `columns` and the wanted columns of :func:`declare_sequence_features`.
    """
    own = [f"{family}__any" for family, *_ in _COURSE] + [
        f"{family}__sales" for family, *_ in _silence(signals)
    ]
    if not set(own) & set(wanted):
        return partial.group_by(*keys).agg(**columns)
    names = [*(signal.name for signal in signals), OTHER]
    size = len(names)
    # seconds and place in one whole number: its extremes name a type without a sort, the same on every engine
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
    values = {name: _EXPRESSIONS[name](across, names) for name in own if name in wanted}
    return across.select(*keys, *columns, **values)


def _trend(across: ir.Table, names: list[str]) -> ir.Value:
    recent = across.count_7d__any
    before = across.count_37d.cast("float64") - recent
    ratio = ((recent + 0.5) / 7.0) / ((before + 0.5) / 30.0)
    return ibis.ifelse(recent + before > 0, ratio.ln(), ibis.null("float64"))


def _since_first(across: ir.Table, names: list[str]) -> ir.Value:
    return _seconds(across.first_key, names) / SECONDS_A_DAY


def _mean_gap(across: ir.Table, names: list[str]) -> ir.Value:
    return _since_first(across, names) / across.touches.cast("float64").nullif(0.0)


def _working_hours(across: ir.Table, names: list[str]) -> ir.Value:
    return across.at_work.cast("float64") / across.count_90d__any.nullif(0.0)


def _first_touch(across: ir.Table, names: list[str]) -> ir.Value:
    return _name_at(len(names) - 1 - across.first_key % len(names), names)


def _last_touch(across: ir.Table, names: list[str]) -> ir.Value:
    return _name_at(across.last_key % len(names), names)


def _since_sales(across: ir.Table, names: list[str]) -> ir.Value:
    return across.sales_last.cast("float64") / SECONDS_A_DAY


def _unanswered(across: ir.Table, names: list[str]) -> ir.Value:
    reacted = (across.lead_last < across.sales_last).fill_null(False)
    return ibis.ifelse(reacted & across.sales_last.notnull(), 0.0, _since_sales(across, names))


_EXPRESSIONS: dict[str, Callable[[ir.Table, list[str]], ir.Value]] = {
    "trend__any": _trend,
    "days_since_first__any": _since_first,
    "mean_gap__any": _mean_gap,
    "working_hours__any": _working_hours,
    "first_touch__any": _first_touch,
    "last_touch__any": _last_touch,
    "silence__sales": _unanswered,
    "days_since_sales__sales": _since_sales,
}


def _seconds(key: ir.IntegerValue, names: list[str]) -> ir.FloatingValue:
    seconds: ir.FloatingValue = (key - key % len(names)) / len(names)
    return seconds.cast("float64")


def _name_at(place: ir.Value, names: list[str]) -> ir.Value:
    return ibis.cases(*((place == i, name) for i, name in enumerate(names)))


def _silence(signals: Iterable[SignalSpec]) -> tuple[tuple[str, str, str, dict[str, str]], ...]:
    """Of one signal of sales, the days since its last time are a feature already."""
    number = sum(signal.by_sales for signal in signals)
    return _SILENCE if number > 1 else _SILENCE[:number]
