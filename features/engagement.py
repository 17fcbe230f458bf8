"""Features from activities.

Each family is aggregated twice: within each lead and activity type, then across types. The first pass reads
each activity once for all windows, which makes many features cheap.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

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
from leadlight.features.display import Display
from leadlight.features.point_in_time import SnapshotIndex, filter_window, join_activities_as_of
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

#: windows of the active days, in days -> how reasons show them
_ACTIVE_DAYS = {30: Display("tally", window_days=30, wording="activity.days"), 90: None}
_GENERAL_LABELS = {
    ACTIVITY: {"en": "Activity as a whole", "de": "Aktivität insgesamt"},
    OTHER: {"en": "Other activity", "de": "Andere Aktivität"},
    SALES: {"en": "Silence after sales", "de": "Funkstille nach Vertriebskontakt"},
    AGE: {"en": "Time since creation", "de": "Zeit seit Anlage"},
}
#: names of general topics in the docs of features
_IN_SENTENCES = {ACTIVITY: "any activity", OTHER: "other activity"}


def declare_engagement_topics(signals: Iterable[SignalSpec]) -> list[Topic]:
    """Declare the topics of the signals and the general topics."""
    signals = list(signals)
    topics = [Topic(s.name, "signal", "engagement", _label(s)) for s in signals]
    topics.append(Topic(OTHER, "other", "engagement", _GENERAL_LABELS[OTHER]))
    if any(signal.by_sales for signal in signals):
        topics.append(Topic(SALES, "sales", "engagement", _GENERAL_LABELS[SALES]))
    return [*topics, Topic(ACTIVITY, "activity", "engagement", _GENERAL_LABELS[ACTIVITY])]


def declare_engagement_features(signals: Iterable[SignalSpec], *, objects: bool) -> list[Feature]:
    """Declare every engagement feature, in column order.

    Parameters
    ----------
    signals : iterable of SignalSpec
        Activity types with topics of their own.
    objects : bool
        Whether activities have objects.
    """
    signals = list(signals)
    features = [_declare(family, topic) for topic in _list_topics(signals, objects) for family in topic.families]
    for days, display in _ACTIVE_DAYS.items():
        doc = f"Days with any activity in the last {days} days."
        labels = {"en": f"days of activity in {days}", "de": f"Tage mit Aktivität von {days}"}
        features.append(
            Feature(f"active_days_{days}d__any", f"active_days_{days}d", ACTIVITY, "engagement", "number",
                    infer_activity_monotonicity(signals), doc, _join(_GENERAL_LABELS[ACTIVITY], labels),
                    display)
        )  # fmt: skip
    return features + declare_sequence_features(signals, _GENERAL_LABELS)


def declare_age_feature() -> Feature:
    """Declare the days since creation."""
    label = _join(_GENERAL_LABELS[AGE], {"en": "days", "de": "Tage"})
    doc = "Days since the lead was created."
    return Feature("age_days", "age_days", AGE, "engagement", "number", 0, doc, label, Display("age"))


def declare_age_topic() -> Topic:
    """Declare the topic of :func:`declare_age_feature`."""
    return Topic(AGE, "age", "engagement", _GENERAL_LABELS[AGE])


def build_engagement_table(
    index: SnapshotIndex, activities: ir.Table, signals: Iterable[SignalSpec], *, objects: bool, wanted: Collection[str]
) -> ir.Table:
    """Compute the wanted engagement features of every snapshot with a known activity.

    Parameters
    ----------
    index : SnapshotIndex
        The snapshots.
    activities : ir.Table
        As in :func:`.join_activities_as_of`.
    signals : iterable of SignalSpec
        Activity types with topics of their own; all others count as other activity.
    objects : bool
        As in :func:`declare_engagement_features`.
    wanted : collection of str
        Names of features; columns that none of them needs are not read.

    Returns
    -------
    ir.Table
        The keys of `index` and at least the wanted columns of :func:`declare_engagement_features`. Snapshots
        without known activity have no row; :meth:`.FeatureSet.build_table` fills them.
    """
    signals, names = list(signals), set(wanted)
    named = [signal.name for signal in signals]
    valued = any(signal.has_value for signal in signals)
    columns_read = ("type", "local_at", "seconds", "age", *(("value",) if valued else ()))
    known = join_activities_as_of(index, activities, *columns_read)
    families = [*AGGREGATIONS, *(VALUE_AGGREGATIONS if valued else ())]
    partial = known.group_by(*index.keys, "type").agg(
        **{family.name: family.per_type_expr(known) for family in families}, **aggregate_touches(known)
    )
    needed = {*wanted, *list_required_aggregates(wanted)}
    topics = list(_list_topics(signals, objects))
    columns = {
        topic.name_column(family): _combine(partial, family, topic.key, named)
        for topic in topics
        for family in topic.families
        if family is not DISTINCT_OBJECTS and (family in VALUE_AGGREGATIONS or topic.name_column(family) in needed)
    }
    columns |= _compute_means(topics, columns)
    across = aggregate_sequence(partial, index.keys, signals, columns, wanted)
    if names & {f"active_days_{days}d__any" for days in _ACTIVE_DAYS}:
        across = _join_on(across, _count_active_days(index, activities), index.keys)
    counted = [topic for topic in topics if DISTINCT_OBJECTS in topic.families]
    if not names & {topic.name_column(DISTINCT_OBJECTS) for topic in counted}:
        return across
    recent = join_activities_as_of(index, activities, "type", "object", last_days=LONG_WINDOW)
    objects_by_type = count_distinct_objects(recent, index.keys)
    distinct = objects_by_type.group_by(*index.keys).agg(
        **{
            topic.name_column(DISTINCT_OBJECTS): _combine(objects_by_type, DISTINCT_OBJECTS, topic.key, named)
            for topic in counted
        }
    )
    return _join_on(across, distinct, index.keys)


def _count_active_days(index: SnapshotIndex, activities: ir.Table) -> ir.Table:
    recent = join_activities_as_of(index, activities, "local_at", "age", last_days=max(_ACTIVE_DAYS))
    day = recent.local_at.date()
    return recent.group_by(*index.keys).agg(
        **{f"active_days_{n}d__any": day.nunique(where=filter_window(recent.age, n)) for n in _ACTIVE_DAYS}
    )


def list_zero_filled_features(signals: Iterable[SignalSpec], *, objects: bool) -> set[str]:
    """List the features that are 0 without activity; the others are NULL then."""
    topics = _list_topics(list(signals), objects)
    zero = {topic.name_column(f) for topic in topics for f in topic.families if f.zero_if_missing}
    return zero | {f"active_days_{days}d__any" for days in _ACTIVE_DAYS}


def _combine(partial: ir.Table, family: Aggregation, topic: str, named: list[str]) -> ir.Value:
    column, in_topic = partial[family.name], _mask_topic(partial, topic, named)
    if in_topic is not None:
        # cases run faster than as many filters by where=
        nothing = ibis.literal(0, type=column.type()) if family.combine == "sum" else ibis.null(column.type())
        column = ibis.ifelse(in_topic, column, nothing)
    value = getattr(column, family.combine)().cast("float64")
    return value / family.unit if family.unit != 1.0 else value


def _mask_topic(partial: ir.Table, topic: str, named: list[str]) -> ir.BooleanValue | None:
    """Return whether a row per lead and type belongs to a topic; None: all rows do."""
    if topic == ACTIVITY:
        return None
    if topic == OTHER:
        return ~partial.type.isin(named).fill_null(False) if named else ibis.literal(True)
    return partial.type == topic


def _compute_means(topics: list["_CountedTopic"], columns: dict[str, ir.Value]) -> dict[str, ir.Value]:
    """Divide the sums of values by their counts."""
    total, count = VALUE_AGGREGATIONS
    return {
        topic.name_column(count): columns[topic.name_column(total)] / columns[topic.name_column(count)].nullif(0.0)
        for topic in topics
        if total in topic.families
    }


def _join_on(left: ir.Table, right: ir.Table, keys: Sequence[str]) -> ir.Table:
    return left.left_join(right, keys).drop(*(f"{key}_right" for key in keys))


class _CountedTopic(NamedTuple):
    """A topic of activities: key, suffix of its columns, direction, label and families."""

    key: str
    suffix: str
    monotonicity: int
    label: dict[str, str]
    families: list[Aggregation]

    def name_column(self, family: Aggregation) -> str:
        return f"{family.name}__{self.suffix}"


def _list_topics(signals: list[SignalSpec], objects: bool) -> Iterator[_CountedTopic]:
    taken = {"any", "other_activity"}
    for signal in signals:
        suffix = slugify(signal.name, taken)
        taken.add(suffix)
        families = [*AGGREGATIONS, *(VALUE_AGGREGATIONS if signal.has_value else ())]
        families += [DISTINCT_OBJECTS] if signal.has_objects and objects else []
        yield _CountedTopic(signal.name, suffix, signal.monotonicity, _label(signal), families)
    yield _CountedTopic(OTHER, "other_activity", 0, _GENERAL_LABELS[OTHER], [*AGGREGATIONS])
    families = [*AGGREGATIONS, *([DISTINCT_OBJECTS] if objects else [])]
    direction = infer_activity_monotonicity(signals)
    yield _CountedTopic(ACTIVITY, "any", direction, _GENERAL_LABELS[ACTIVITY], families)


def _declare(family: Aggregation, topic: _CountedTopic) -> Feature:
    sign = topic.monotonicity if family.increasing else -topic.monotonicity
    doc = family.doc.format(topic=_IN_SENTENCES.get(topic.key, topic.label["en"]))
    display = family.display and replace(family.display, label=family.labels)
    if display and display.signals_only and topic.key == ACTIVITY:
        display = None
    return Feature(topic.name_column(family), family.name, topic.key, "engagement", "number", sign, doc,
                   _join(topic.label, family.labels), display)  # fmt: skip


def _label(signal: SignalSpec) -> dict[str, str]:
    return dict.fromkeys(("en", "de"), next(iter(signal.label.values()), signal.name)) | signal.label


def _join(label: dict[str, str], labels: dict[str, str]) -> dict[str, str]:
    return {language: f"{label[language]}: {text}" for language, text in labels.items()}
