"""How well a lead matches the ideal customer: its attributes as they were known."""

from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from features.catalogue import AttributeSpec, Feature, Topic, slug
from features.known import attribute_values

__all__ = ["fit_features", "fit_table", "fit_topics"]


def fit_topics(attributes: Iterable[AttributeSpec]) -> list[Topic]:
    """Return one topic an attribute."""
    return [
        Topic(a.name, "attribute", a.group, dict.fromkeys(("en", "de"), a.name) | a.label) for a in attributes
    ]


def fit_features(attributes: Iterable[AttributeSpec]) -> list[Feature]:
    """Declare one feature an attribute, in column order."""
    features: list[Feature] = []
    taken: set[str] = set()
    for attribute in attributes:
        name = slug(attribute.name, taken)
        taken.add(name)
        doc = f"{attribute.name} as it was known."
        features.append(
            Feature(f"attribute__{name}", "attribute", attribute.name, attribute.group, attribute.kind,
                    attribute.direction, doc)
        )  # fmt: skip
    return features


def fit_table(
    snapshots: ir.Table, values: ir.Table, history: ir.Table | None, attributes: Iterable[AttributeSpec]
) -> ir.Table:
    """Look up every attribute of every snapshot.

    Parameters
    ----------
    snapshots : ir.Table
        lead_id, as_of.
    values : ir.Table
        lead_id and one column an attribute: text or float64.
    history : ir.Table or None
        lead_id, attribute, value, changed_at. An attribute that is historised is read from here alone:
        the value in `values` may have been written after the snapshot.
    attributes : iterable of AttributeSpec
        The attributes to look up.

    Returns
    -------
    ir.Table
        lead_id, as_of and the columns of :func:`fit_features`; NULL where nothing was known.
    """
    attributes = list(attributes)
    columns = dict(zip((a.name for a in attributes), (f.name for f in fit_features(attributes)), strict=True))
    fixed = [a for a in attributes if not (a.historised and history is not None)]
    moving = [a for a in attributes if a.historised and history is not None]
    moments = snapshots.select("lead_id", "as_of")
    current = values.select("lead_id", **{columns[a.name]: _typed(values[a.name], a.kind) for a in fixed})
    table = moments.left_join(current, "lead_id").drop("lead_id_right")
    if moving and history is not None:
        known = attribute_values(moments, history)
        wide = known.group_by("lead_id", "as_of").agg(
            **{
                columns[a.name]: _typed(known.value.max(where=known.attribute == a.name), a.kind)
                for a in moving
            }
        )
        table = table.left_join(wide, ["lead_id", "as_of"]).drop("lead_id_right", "as_of_right")
    return table.select("lead_id", "as_of", *columns.values())


def _typed(value: ir.Value, kind: str) -> ir.Value:
    if kind == "number":
        number = value.try_cast("float64") if value.type().is_string() else value.cast("float64")
        return ibis.ifelse(number.isnan() | number.isinf(), ibis.null("float64"), number)
    return _normalised(value.cast("string"))


def _normalised(text: ir.StringValue) -> ir.StringValue:
    """Fold what people type differently for the same thing: case and blanks; empty text is unknown."""
    return text.strip().re_replace(r"\s+", " ").lower().nullif("")
