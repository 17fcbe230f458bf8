"""How well a lead matches the ideal customer: its attributes as they were known."""

from collections.abc import Callable, Collection, Iterable, Iterator

import ibis
import ibis.expr.types as ir

from leadlight.features.attribute_parsers import classify_email_domain, parse_department, parse_job_level
from leadlight.features.catalogue import AttributeSpec, Feature, Topic, slugify
from leadlight.features.point_in_time import attributes_as_of

__all__ = ["build_attribute_table", "declare_attribute_features", "declare_attribute_topics"]

#: what is above is infinite
MAX_FLOAT = 1.7976931348623157e308


def _number(value: ir.NumericValue) -> ir.FloatingValue:
    number = value.cast("float64")
    # not isinf, which is never true on Spark
    return ibis.ifelse(number.isnan() | (number.abs() > MAX_FLOAT), ibis.null("float64"), number)


def _missing(value: ir.NumericValue) -> ir.FloatingValue:
    missing: ir.FloatingValue = _number(value).isnull().cast("float64")
    return missing


def _category(value: ir.Value) -> ir.StringValue:
    text: ir.StringValue = value.cast("string").nullif("")
    return text


#: kind of attribute -> family, kind of feature, what it says, words, expression
_READ: dict[str, tuple[tuple[str, str, str, dict[str, str], Callable[..., ir.Value]], ...]] = {
    "category": (("attribute", "category", "{name} as it was known.", {}, _category),),
    "number": (
        ("attribute", "number", "{name} as it was known.", {}, _number),
        ("missing", "number", "1 where {name} was not known; of a category that is a level of its own.",
         {"en": "not known", "de": "nicht bekannt"}, _missing),
    ),
    "email": (
        ("email_domain", "category", "Kind of domain of {name}: free, education or company.",
         {"en": "kind of domain", "de": "Art der Domain"}, classify_email_domain),
    ),
    "job_title": (
        ("job_level", "category", "Level that {name} speaks of.", {"en": "level", "de": "Ebene"}, parse_job_level),
        ("job_department", "category", "Department that {name} speaks of.",
         {"en": "department", "de": "Abteilung"}, parse_department),
    ),
}  # fmt: skip


def declare_attribute_topics(attributes: Iterable[AttributeSpec]) -> list[Topic]:
    """Return one topic an attribute."""
    return [Topic(a.name, "attribute", a.group, _named(a)) for a in attributes]


def declare_attribute_features(attributes: Iterable[AttributeSpec]) -> list[Feature]:
    """Declare the features of each attribute, in column order."""
    return [feature for _, feature, _ in _read(list(attributes))]


def build_attribute_table(
    snapshots: ir.Table,
    values: ir.Table,
    history: ir.Table | None,
    attributes: Iterable[AttributeSpec],
    wanted: Collection[str],
) -> ir.Table:
    """Look up the attributes of every snapshot that wanted features speak of.

    Parameters
    ----------
    snapshots : ir.Table
        lead_id, as_of.
    values : ir.Table
        lead_id and one column an attribute: folded text (of an e-mail address the domain) or float64.
    history : ir.Table or None
        lead_id, attribute, value (folded in the same way), number, changed_at. An attribute that is
        historised is read from here alone: the value in `values` may have been written after the snapshot.
    attributes : iterable of AttributeSpec
        The attributes to look up.
    wanted : collection of str
        Names of features; what none of them needs is not read.

    Returns
    -------
    ir.Table
        lead_id, as_of and at least the wanted columns of :func:`declare_attribute_features`; NULL where nothing was known.
    """
    attributes = list(attributes)
    read = list(_read(attributes))
    needed = [a for a in attributes if any(f.name in wanted for owner, f, _ in read if owner is a)]
    fixed = [a for a in needed if not (a.has_history and history is not None)]
    moving = [a for a in needed if a.has_history and history is not None]
    moments = snapshots.select("lead_id", "as_of")
    raw = {a.name: f"raw_{i}" for i, a in enumerate(attributes)}
    table = moments
    if fixed:
        current = values.select("lead_id", **{raw[a.name]: values[a.name] for a in fixed})
        table = moments.left_join(current, "lead_id").drop("lead_id_right")
    if moving and history is not None:
        known = attributes_as_of(moments, history)
        wide = known.group_by("lead_id", "as_of").agg(
            **{
                raw[a.name]: (known.number if a.kind == "number" else known.value).max(
                    where=known.attribute == a.name
                )
                for a in moving
            }
        )
        table = table.left_join(wide, ["lead_id", "as_of"]).drop("lead_id_right", "as_of_right")
    columns = {f.name: expression(table[raw[a.name]]) for a, f, expression in read if a in needed}
    return table.select("lead_id", "as_of", **columns)


def _read(
    attributes: list[AttributeSpec],
) -> Iterator[tuple[AttributeSpec, Feature, Callable[..., ir.Value]]]:
    taken: set[str] = set()
    for attribute in attributes:
        name = slugify(attribute.name, taken)
        taken.add(name)
        for family, kind, doc, words, read in _READ[attribute.kind]:
            label = {
                language: f"{text}: {words[language]}" if words else text
                for language, text in _named(attribute).items()
                if language in ("en", "de")
            }
            direction = attribute.monotonicity if family == "attribute" and kind == "number" else 0
            yield (
                attribute,
                Feature(f"{family}__{name}", family, attribute.name, attribute.group, kind, direction,
                        doc.format(name=attribute.name), label),
                read,
            )  # fmt: skip


def _named(attribute: AttributeSpec) -> dict[str, str]:
    return dict.fromkeys(("en", "de"), attribute.name) | attribute.label
