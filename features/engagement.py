"""How a lead behaves: families over activity types.

Each family is aggregated twice: first within each lead and activity type, then across types. The first
pass reads each activity once for all windows together, which is what makes many features cheap.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from features.catalogue import ACTIVITY, AGE, OTHER, Feature, SignalSpec, Topic, slug
from features.known import known_activities, within

__all__ = ["FAMILIES", "Family", "engagement_features", "engagement_table", "engagement_topics"]

WINDOWS = (7, 30, 90)
HALF_LIVES = (7, 30)
ACTIVE_WINDOWS = (30, 90)
#: decayed sums are added up in units of 1e-12
FIXED_POINT = 1e12


@dataclass(frozen=True)
class Family:
    """One family of features over activity types.

    Parameters
    ----------
    name : str
        Name of the family, e.g. ``count_7d``.
    doc : str
        What it says of a topic; ``{topic}`` stands for the topic.
    partial : callable
        Known activities of one lead and type -> value.
    combine : str
        ``sum`` or ``min``: how the values of several types become one.
    more_is_more : bool
        False where a higher value means less engagement.
    unit : float
        What the combined value is divided by in the end.
    """

    name: str
    doc: str
    partial: Callable[[ir.Table], ir.Value]
    combine: str
    more_is_more: bool = True
    unit: float = 1.0


def _count(days: int) -> Family:
    return Family(
        name=f"count_{days}d",
        doc=f"Times of {{topic}} in the last {days} days.",
        partial=lambda t: within(t.age, days).cast("int64").sum(),
        combine="sum",
    )


def _decayed(half_life: int) -> Family:
    rate = -0.6931471805599453 / half_life
    return Family(
        name=f"decay_{half_life}d",
        doc=f"Times of {{topic}}, each counting half after every {half_life} days.",
        # whole numbers, for a sum of floats depends on the order in which an engine happens to read the rows
        partial=lambda t: ((t.age * rate).exp() * FIXED_POINT).round().cast("int64").sum(),
        combine="sum",
        unit=FIXED_POINT,
    )


FAMILIES: tuple[Family, ...] = (
    *(_count(days) for days in WINDOWS),
    *(_decayed(half_life) for half_life in HALF_LIVES),
    Family(
        name="days_since_last",
        doc="Days since the last {topic}; unknown where there was none.",
        partial=lambda t: t.age.min(),
        combine="min",
        more_is_more=False,
    ),
)


def engagement_topics(signals: Iterable[SignalSpec]) -> list[Topic]:
    """Return the topics of the signals and the general ones."""
    return [
        *(
            Topic(s.name, "signal", "engagement", {"en": s.name, "de": s.name} | dict(s.label))
            for s in signals
        ),
        Topic(OTHER, "other", "engagement", {"en": "Other activity", "de": "Andere Aktivität"}),
        Topic(ACTIVITY, "activity", "engagement", {"en": "Activity as a whole", "de": "Aktivität insgesamt"}),
    ]


def engagement_features(signals: Iterable[SignalSpec]) -> list[Feature]:
    """Declare every engagement feature of the configured signals, in column order."""
    features = []
    for topic, name, direction in _topics_with_columns(signals):
        for family in FAMILIES:
            sign = direction if family.more_is_more else -direction
            doc = family.doc.format(topic=topic)
            features.append(
                Feature(f"{family.name}__{name}", family.name, topic, "engagement", "number", sign, doc)
            )
    for days in ACTIVE_WINDOWS:
        doc = f"Days with any activity in the last {days} days."
        features.append(_number(f"active_days_{days}d__any", f"active_days_{days}d", ACTIVITY, 0, doc))
    doc = "Log of the daily rate of activity in the last 7 days over the 30 before; unknown without either."
    features.append(_number("trend__any", "trend", ACTIVITY, 0, doc))
    return features


def age_feature() -> Feature:
    """Declare the time since creation, which has a topic of its own."""
    return _number("age_days", "age_days", AGE, 0, "Days since the lead was created.")


def engagement_table(snapshots: ir.Table, activities: ir.Table, signals: Iterable[SignalSpec]) -> ir.Table:
    """Compute every engagement feature of every snapshot that has a known activity.

    Parameters
    ----------
    snapshots : ir.Table
        lead_id, as_of.
    activities : ir.Table
        lead_id, occurred_at, type.
    signals : iterable of SignalSpec
        Activity types with topics of their own; all others count as other activity.

    Returns
    -------
    ir.Table
        lead_id, as_of and the columns of :func:`engagement_features`. A snapshot without any known
        activity has no row: :func:`features.build.FeatureSet.table` fills it.
    """
    signals = list(signals)
    known = known_activities(snapshots, activities)
    named = [signal.name for signal in signals]
    if named:
        known = known.mutate(type=ibis.ifelse(known.type.isin(named), known.type, OTHER))
    else:
        known = known.mutate(type=ibis.literal(OTHER))
    partial = known.group_by("lead_id", "as_of", "type").agg(
        count_37d=within(known.age, 37).cast("int64").sum(),
        **{family.name: family.partial(known) for family in FAMILIES},
    )
    columns: dict[str, ir.Value] = {"count_37d__any": partial.count_37d.sum()}
    for topic, name, _ in _topics_with_columns(signals):
        for family in FAMILIES:
            column = partial[family.name]
            here = None if topic == ACTIVITY else partial.type == topic
            value = column.sum(where=here) if family.combine == "sum" else column.min(where=here)
            columns[f"{family.name}__{name}"] = value.cast("float64") / family.unit
    across = partial.group_by("lead_id", "as_of").agg(**columns)
    recent = across.count_7d__any.cast("float64")
    before = across.count_37d__any.cast("float64") - recent
    ratio = ((recent + 0.5) / 7.0) / ((before + 0.5) / 30.0)
    across = across.mutate(trend__any=ibis.ifelse(recent + before > 0, ratio.ln(), ibis.null("float64")))
    days = known.group_by("lead_id", "as_of").agg(
        **{f"active_days_{n}d__any": known.day.nunique(where=within(known.age, n)) for n in ACTIVE_WINDOWS}
    )
    return across.drop("count_37d__any").join(days, ["lead_id", "as_of"])


def _topics_with_columns(signals: Iterable[SignalSpec]) -> list[tuple[str, str, int]]:
    rows: list[tuple[str, str, int]] = []
    taken = {"any", "other_activity"}
    for signal in signals:
        name = slug(signal.name, taken)
        taken.add(name)
        rows.append((signal.name, name, signal.direction))
    return [*rows, (OTHER, "other_activity", 0), (ACTIVITY, "any", 0)]


def _number(name: str, family: str, topic: str, direction: int, doc: str) -> Feature:
    return Feature(name, family, topic, "engagement", "number", direction, doc)
