"""The feature table: one row per snapshot, one column per feature, the same on every engine."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import ibis.expr.types as ir

from leadlight.features.attribute_features import (
    build_attribute_table,
    declare_attribute_features,
    declare_attribute_topics,
)
from leadlight.features.catalogue import AttributeSpec, Catalogue, Feature, SignalSpec
from leadlight.features.engagement import (
    build_engagement_table,
    declare_age_feature,
    declare_age_topic,
    declare_engagement_features,
    declare_engagement_topics,
    list_zero_filled_features,
)
from leadlight.features.point_in_time import SnapshotIndex, count_days_between, filter_before

__all__ = ["FeatureSet", "Tables"]


class Tables(NamedTuple):
    """The tables that features may read: no outcomes.

    Parameters
    ----------
    leads : ir.Table
        lead_id, created_at.
    attributes : ir.Table
        lead_id and one column per attribute.
    activities : ir.Table or None
        lead_id, occurred_at, type; optionally value, object, local_at.
    history : ir.Table or None
        lead_id, attribute, value, number, changed_at.
    """

    leads: ir.Table
    attributes: ir.Table
    activities: ir.Table | None = None
    history: ir.Table | None = None

    def filter_before(self, moment: ir.TimestampScalar) -> "Tables":
        """Drop records from a moment on, so that afterwards only time passes."""
        return self._replace(
            activities=None if self.activities is None else filter_before(self.activities, "occurred_at", moment),
            history=None if self.history is None else filter_before(self.history, "changed_at", moment),
        )


@dataclass(frozen=True)
class FeatureSet:
    """The declared features of one source.

    Parameters
    ----------
    attributes : tuple of AttributeSpec
        Attributes in use.
    signals : tuple of SignalSpec
        Activity types with topics of their own.
    has_activities : bool
        Whether there is an activities table.
    has_age : bool
        Whether there are snapshots after creation, so that age varies.
    has_objects : bool
        Whether activities have objects.
    """

    attributes: tuple[AttributeSpec, ...]
    signals: tuple[SignalSpec, ...]
    has_activities: bool
    has_age: bool
    has_objects: bool = False

    @property
    def catalogue(self) -> Catalogue:
        """All features and topics, in column order."""
        features = declare_attribute_features(self.attributes)
        topics = declare_attribute_topics(self.attributes)
        if self.has_activities:
            features += declare_engagement_features(self.signals, objects=self.has_objects)
            topics += declare_engagement_topics(self.signals)
        if self.has_age:
            features.append(declare_age_feature())
            topics.append(declare_age_topic())
        return Catalogue(tuple(features), tuple(topics))

    def build_table(
        self,
        snapshots: ir.Table,
        tables: Tables,
        columns: Collection[str] | None = None,
        as_of: ir.TimestampScalar | None = None,
    ) -> ir.Table:
        """Compute the features of every snapshot.

        Parameters
        ----------
        snapshots : ir.Table
            lead_id, as_of; unique.
        tables : Tables
            All records; those from after a snapshot are ignored for it.
        columns : collection of str, optional
            Names of the wanted features, default all; columns that none of them needs are not read.
        as_of : ir.TimestampScalar, optional
            The as_of of all snapshots if they share one; only saves a quarter of the time.

        Returns
        -------
        ir.Table
            lead_id, as_of and the wanted columns of the catalogue, in its order.
        """
        wanted = [name for name in self.catalogue.names if columns is None or name in columns]
        result = build_attribute_table(snapshots, tables.attributes, tables.history, self.attributes, wanted)
        engaged = [f for f in declare_engagement_features(self.signals, objects=self.has_objects) if f.name in wanted]
        if self.has_activities and engaged and tables.activities is not None:
            index, names = SnapshotIndex(snapshots, as_of), {feature.name for feature in engaged}
            engagement = build_engagement_table(
                index, tables.activities, self.signals, objects=self.has_objects, wanted=names
            )
            attribute_columns = result.columns
            result = result.left_join(engagement, index.keys)
            result = result.select(*attribute_columns, **self._fill_missing(result, engaged))
        if "age_days" in wanted:
            births = tables.leads.select("lead_id", "created_at")
            result = result.left_join(births, "lead_id").drop("lead_id_right")
            result = result.mutate(age_days=count_days_between(result.created_at, result.as_of)).drop("created_at")
        return result.select("lead_id", "as_of", *wanted)

    def _fill_missing(self, table: ir.Table, features: Iterable[Feature]) -> dict[str, ir.Value]:
        """Fill counts without activity with 0; times since the last one stay NULL."""
        zero = list_zero_filled_features(self.signals, objects=self.has_objects)
        kinds = {"number": "float64", "category": "string"}
        values = {f.name: table[f.name].cast(kinds[f.kind]) for f in features}
        return {name: value.fill_null(0.0) if name in zero else value for name, value in values.items()}
