"""How a lead behaves: every family of every topic.

Each family is aggregated twice: first within each lead and activity type, then across types. The first
pass reads each activity once for all windows together, which is what makes many features cheap.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

import ibis
import ibis.expr.types as ir

from leadlight.features.aggregations import (
    AGGREGATIONS,
    DISTINCT_OBJECTS,
    LONG_WINDOW,
    VALUE_AGGREGATIONS,
    Aggregation,
    count_distinct_objects,
)
from leadlight.features.catalogue import ACTIVITY, AGE, OTHER, SALES, Feature, SignalSpec, Topic, slugify
from leadlight.features.point_in_time import SnapshotIndex, activities_as_of, filter_window
from leadlight.features.sequence_features import (
    aggregate_sequence,
    aggregate_touches,
    declare_sequence_features,
    infer_activity_monotonicity,
    list_required_aggregates,
)

__all__ = [
    "build_engagement_table",
    "declare_age_feature",
    "declare_age_topic",
    "declare_engagement_features",
    "declare_engagement_topics",
    "list_zero_filled_features",
]

ACTIVE_WINDOWS = (30, 90)
_ALL_TOPICS = {
    ACTIVITY: {"en": "Activity as a whole", "de": "Aktivität insgesamt"},
    OTHER: {"en": "Other activity", "de": "Andere Aktivität"},
    SALES: {"en": "Silence after sales", "de": "Funkstille nach Vertriebskontakt"},
    AGE: {"en": "Time since creation", "de": "Zeit seit Anlage"},
}
#: what a sentence calls those that are no signal
_IN_SENTENCES = {ACTIVITY: "any activity", OTHER: "other activity"}


def declare_engagement_topics(signals: Iterable[SignalSpec]) -> list[Topic]:
    """Return the topics of the signals and the general ones."""
    signals = list(signals)
    topics = [Topic(s.name, "signal", "engagement", _named(s)) for s in signals]
    topics.append(Topic(OTHER, "other", "engagement", _ALL_TOPICS[OTHER]))
    if any(signal.by_sales for signal in signals):
        topics.append(Topic(SALES, "sales", "engagement", _ALL_TOPICS[SALES]))
    return [*topics, Topic(ACTIVITY, "activity", "engagement", _ALL_TOPICS[ACTIVITY])]


def declare_engagement_features(signals: Iterable[SignalSpec], *, objects: bool) -> list[Feature]:
    """Declare every engagement feature, in column order.

    Parameters
    ----------
    signals : iterable of SignalSpec
        Activity types with topics of their own.
    objects : bool
        Whether activities say what they were about.
    """
    signals = list(signals)
    features = [
        _feature(family, topic, name, direction, label)
        for topic, name, direction, label, families in _topics(signals, objects)
        for family in families
    ]
    for days in ACTIVE_WINDOWS:
        doc = f"Days with any activity in the last {days} days."
        words = {"en": f"days of activity in {days}", "de": f"Tage mit Aktivität von {days}"}
        features.append(
            Feature(f"active_days_{days}d__any", f"active_days_{days}d", ACTIVITY, "engagement", "number",
                    infer_activity_monotonicity(signals), doc, _with(_ALL_TOPICS[ACTIVITY], words))
        )  # fmt: skip
    return features + declare_sequence_features(signals, _ALL_TOPICS)


def declare_age_feature() -> Feature:
    """Declare the time since creation, which has a topic of its own."""
    words = _with(_ALL_TOPICS[AGE], {"en": "days", "de": "Tage"})
    doc = "Days since the lead was created."
    return Feature("age_days", "age_days", AGE, "engagement", "number", 0, doc, words)


def declare_age_topic() -> Topic:
    """Return the topic of :func:`declare_age_feature`."""
    return Topic(AGE, "age", "engagement", _ALL_TOPICS[AGE])


def build_engagement_table(
    looks: SnapshotIndex,
    activities: ir.Table,
    signals: Iterable[SignalSpec],
    *,
    objects: bool,
    wanted: Collection[str],
) -> ir.Table:
    """Compute the wanted engagement features of every snapshot that has a known activity.

    Parameters
    ----------
    looks : Looks
        The snapshots.
    activities : ir.Table
        lead_id, occurred_at, type, and what :func:`.activities_as_of` reads besides.
    signals : iterable of SignalSpec
        Activity types with topics of their own; all others count as other activity.
    objects : bool
        As in :func:`declare_engagement_features`.
    wanted : collection of str
        Names of features; what none of them needs is not read.

    Returns
    -------
    ir.Table
        The keys of `looks` and at least the wanted columns of :func:`declare_engagement_features`. A snapshot without
        known activity has no row: :func:`leadlight.features.feature_set.FeatureSet.table` fills it.
    """
    signals = list(signals)
    named = [signal.name for signal in signals]
    valued = any(signal.has_value for signal in signals)
    columns_read = ("type", "local_at", "seconds", "age", *(("value",) if valued else ()))
    known = activities_as_of(looks, activities, *columns_read)
    families = [*AGGREGATIONS, *(VALUE_AGGREGATIONS if valued else ())]
    partial = known.group_by(*looks.keys, "type").agg(
        **{family.name: family.per_type_expr(known) for family in families}, **aggregate_touches(known)
    )
    needed = {*wanted, *list_required_aggregates(wanted)}
    columns = {
        f"{family.name}__{name}": _across(partial, family, topic, named)
        for topic, name, _, _, own in _topics(signals, objects)
        for family in own
        if family is not DISTINCT_OBJECTS
        and (family in VALUE_AGGREGATIONS or f"{family.name}__{name}" in needed)
    }
    columns |= _means(columns)
    across = aggregate_sequence(partial, looks.keys, signals, columns, wanted)
    if any(name.startswith("active_days") for name in wanted):
        across = _joined(across, _active_days(looks, activities), looks.keys)
    if not any(name.startswith(DISTINCT_OBJECTS.name) for name in wanted):
        return across
    recent = activities_as_of(looks, activities, "type", "object", last_days=LONG_WINDOW)
    seen = count_distinct_objects(recent, looks.keys)
    different = seen.group_by(*looks.keys).agg(
        **{
            f"{DISTINCT_OBJECTS.name}__{name}": _across(seen, DISTINCT_OBJECTS, topic, named)
            for topic, name, _, _, own in _topics(signals, objects)
            if DISTINCT_OBJECTS in own
        }
    )
    return _joined(across, different, looks.keys)


def _active_days(looks: SnapshotIndex, activities: ir.Table) -> ir.Table:
    recent = activities_as_of(looks, activities, "local_at", "age", last_days=max(ACTIVE_WINDOWS))
    day = recent.local_at.date()
    return recent.group_by(*looks.keys).agg(
        **{f"active_days_{n}d__any": day.nunique(where=filter_window(recent.age, n)) for n in ACTIVE_WINDOWS}
    )


def list_zero_filled_features(signals: Iterable[SignalSpec], *, objects: bool) -> set[str]:
    """Name the features that are 0 where nothing happened; the others are unknown then."""
    zero = {f"active_days_{days}d__any" for days in ACTIVE_WINDOWS}
    topics = list(_topics(list(signals), objects))
    return zero | {f"{f.name}__{name}" for _, name, _, _, own in topics for f in own if f.zero_if_missing}


def _across(partial: ir.Table, family: Aggregation, topic: str, named: list[str]) -> ir.Value:
    column, here = partial[family.name], _of(partial, topic, named)
    if here is not None:
        # not where=...: dozens of filters on one table take engines longer than dozens of cases
        nothing = ibis.literal(0, type=column.type()) if family.combine == "sum" else ibis.null(column.type())
        column = ibis.ifelse(here, column, nothing)
    value = getattr(column, family.combine)().cast("float64")
    return value / family.unit if family.unit != 1.0 else value


def _of(partial: ir.Table, topic: str, named: list[str]) -> ir.BooleanValue | None:
    """Tell the rows of a topic; types are told apart here, where a lead has one row for each."""
    if topic == ACTIVITY:
        return None
    if topic == OTHER:
        return ~partial.type.isin(named).fill_null(False) if named else ibis.literal(True)
    return partial.type == topic


def _means(columns: dict[str, ir.Value]) -> dict[str, ir.Value]:
    """Turn the numbers of values into means."""
    total, number = VALUE_AGGREGATIONS
    named = [name.removeprefix(total.name) for name in columns if name.startswith(total.name)]
    return {
        f"{number.name}{rest}": columns[f"{total.name}{rest}"] / columns[f"{number.name}{rest}"].nullif(0.0)
        for rest in named
    }


def _joined(left: ir.Table, right: ir.Table, keys: Sequence[str]) -> ir.Table:
    return left.left_join(right, keys).drop(*(f"{key}_right" for key in keys))


def _topics(
    signals: list[SignalSpec], objects: bool
) -> Iterator[tuple[str, str, int, dict[str, str], list[Aggregation]]]:
    """Name topic, column, direction, label and families of everything that is counted."""
    taken = {"any", "other_activity"}
    for signal in signals:
        name = slugify(signal.name, taken)
        taken.add(name)
        families = [*AGGREGATIONS, *(VALUE_AGGREGATIONS if signal.has_value else ())]
        families += [DISTINCT_OBJECTS] if signal.has_objects and objects else []
        yield signal.name, name, signal.monotonicity, _named(signal), families
    yield OTHER, "other_activity", 0, _ALL_TOPICS[OTHER], [*AGGREGATIONS]
    families = [*AGGREGATIONS, *([DISTINCT_OBJECTS] if objects else [])]
    yield ACTIVITY, "any", infer_activity_monotonicity(signals), _ALL_TOPICS[ACTIVITY], families


def _feature(family: Aggregation, topic: str, name: str, direction: int, label: dict[str, str]) -> Feature:
    sign = direction if family.increasing else -direction
    doc = family.doc.format(topic=_IN_SENTENCES.get(topic, label["en"]))
    column = f"{family.name}__{name}"
    return Feature(column, family.name, topic, "engagement", "number", sign, doc, _with(label, family.labels))


def _named(signal: SignalSpec) -> dict[str, str]:
    return {"en": signal.name, "de": signal.name} | signal.label


def _with(label: dict[str, str], words: dict[str, str]) -> dict[str, str]:
    return {language: f"{label[language]}: {words[language]}" for language in words}
