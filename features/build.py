"""The feature table: one row a snapshot, one column a feature, the same on every engine."""

from collections.abc import Iterable
from dataclasses import dataclass

import ibis.expr.types as ir

from features.catalogue import AGE, AttributeSpec, Catalogue, Feature, SignalSpec, Topic
from features.engagement import age_feature, engagement_features, engagement_table, engagement_topics
from features.fit import fit_features, fit_table, fit_topics
from features.known import age_days

__all__ = ["FeatureSet", "Tables"]


@dataclass(frozen=True)
class Tables:
    """The tables that features may read; outcomes are not among them.

    Parameters
    ----------
    leads : ir.Table
        lead_id, created_at.
    attributes : ir.Table
        lead_id and one column an attribute.
    activities : ir.Table or None
        lead_id, occurred_at, type.
    history : ir.Table or None
        lead_id, attribute, value, changed_at.
    """

    leads: ir.Table
    attributes: ir.Table
    activities: ir.Table | None = None
    history: ir.Table | None = None


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
    ages : bool
        Whether leads are looked at later than at their creation, so that their age says something.
    """

    attributes: tuple[AttributeSpec, ...]
    signals: tuple[SignalSpec, ...]
    has_activities: bool
    ages: bool

    @property
    def catalogue(self) -> Catalogue:
        """All features and topics, in column order."""
        features = fit_features(self.attributes)
        topics = fit_topics(self.attributes)
        if self.has_activities:
            features += engagement_features(self.signals)
            topics += engagement_topics(self.signals)
        if self.ages:
            features.append(age_feature())
            topics.append(
                Topic(AGE, "age", "engagement", {"en": "Time since creation", "de": "Zeit seit Anlage"})
            )
        return Catalogue(tuple(features), tuple(topics))

    def table(self, snapshots: ir.Table, tables: Tables) -> ir.Table:
        """Compute every feature at every snapshot.

        Parameters
        ----------
        snapshots : ir.Table
            lead_id, as_of; unique.
        tables : Tables
            What was recorded, also after the snapshots: only what was known at each is looked at.

        Returns
        -------
        ir.Table
            lead_id, as_of and the columns of the catalogue, in order.
        """
        result = fit_table(snapshots, tables.attributes, tables.history, self.attributes)
        if self.has_activities and tables.activities is not None:
            behaviour = engagement_table(snapshots, tables.activities, self.signals)
            result = result.left_join(behaviour, ["lead_id", "as_of"]).drop("lead_id_right", "as_of_right")
            result = result.mutate(**_none_is_zero(result, engagement_features(self.signals)))
        if self.ages:
            births = tables.leads.select("lead_id", "created_at")
            result = result.left_join(births, "lead_id").drop("lead_id_right")
            result = result.mutate(age_days=age_days(result.created_at, result.as_of)).drop("created_at")
        return result.select("lead_id", "as_of", *self.catalogue.names)


def _none_is_zero(table: ir.Table, features: Iterable[Feature]) -> dict[str, ir.Value]:
    """Nothing happened is a count of 0; how long ago nothing happened is unknown."""
    columns: dict[str, ir.Value] = {}
    for feature in features:
        value = table[feature.name].cast("float64")
        unknown = feature.family in ("days_since_last", "trend")
        columns[feature.name] = value if unknown else value.fill_null(0.0)
    return columns
