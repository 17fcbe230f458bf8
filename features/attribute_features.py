"""Features from attributes as they were known at the snapshot."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

import ibis
import ibis.expr.types as ir

from leadlight.features.attribute_parsers import classify_email_domain, parse_department, parse_job_level
from leadlight.features.catalogue import AttributeSpec, Feature, Topic, slugify
from leadlight.features.display import Display
from leadlight.features.point_in_time import join_attributes_as_of

__all__ = ["build_attribute_table", "declare_attribute_features", "declare_attribute_topics"]

#: larger floats are infinite
MAX_FLOAT = 1.7976931348623157e308


def _number(value: ir.NumericValue) -> ir.FloatingValue:
    number = value.cast("float64")
    # not isinf, which is always false on Spark
    return ibis.ifelse(number.isnan() | (number.abs() > MAX_FLOAT), ibis.null("float64"), number)


def _missing(value: ir.NumericValue) -> ir.FloatingValue:
    missing: ir.FloatingValue = _number(value).isnull().cast("float64")
    return missing


def _category(value: ir.Value) -> ir.StringValue:
    text: ir.StringValue = value.cast("string").nullif("")
    return text


class _Parser(NamedTuple):
    """One family of features of a kind of attribute; `doc` has ``{name}`` for the attribute."""

    family: str
    kind: str
    doc: str
    labels: dict[str, str]
    display: Display | None
    expr: Callable[..., ir.Value]


_VALUE, _CODE = Display("value"), Display("code")
_AS_KNOWN = "{name} as it was known."
_PARSERS: dict[str, tuple[_Parser, ...]] = {
    "category": (_Parser("attribute", "category", _AS_KNOWN, {}, _VALUE, _category),),
    "number": (
        _Parser("attribute", "number", _AS_KNOWN, {}, _VALUE, _number),
        _Parser("missing", "number",
                "1 where {name} was not known; of a category that is a level of its own.",
                {"en": "not known", "de": "nicht bekannt"}, None, _missing),
    ),
    "email": (
        _Parser("email_domain", "category", "Kind of domain of {name}: free, education or company.",
                {"en": "kind of domain", "de": "Art der Domain"}, _CODE, classify_email_domain),
    ),
    "job_title": (
        _Parser("job_level", "category", "Level parsed from {name}.",
                {"en": "level", "de": "Ebene"}, _CODE, parse_job_level),
        _Parser("job_department", "category", "Department parsed from {name}.",
                {"en": "department", "de": "Abteilung"}, _CODE, parse_department),
    ),
}  # fmt: skip


def declare_attribute_topics(attributes: Iterable[AttributeSpec]) -> list[Topic]:
    """Declare one topic per attribute."""
    return [Topic(a.name, "attribute", a.group, _label(a)) for a in attributes]


def declare_attribute_features(attributes: Iterable[AttributeSpec]) -> list[Feature]:
    """Declare the features of each attribute, in column order."""
    return [feature for _, feature, _ in _declare(list(attributes))]


def build_attribute_table(
    snapshots: ir.Table,
    values: ir.Table,
    history: ir.Table | None,
    attributes: Iterable[AttributeSpec],
    wanted: Collection[str],
) -> ir.Table:
    """Compute the wanted attribute features of every snapshot.

    Parameters
    ----------
    snapshots : ir.Table
        lead_id, as_of.
    values : ir.Table
        lead_id and one column per attribute: normalized text (of an e-mail address the domain) or float64.
    history : ir.Table or None
        lead_id, attribute, value (normalized in the same way), number, changed_at. Attributes with history
        are read from here alone: the one in `values` may be newer than the snapshot.
    attributes : iterable of AttributeSpec
        The attributes in use.
    wanted : collection of str
        Names of features; columns that none of them needs are not read.

    Returns
    -------
    ir.Table
        lead_id, as_of and at least the wanted columns of :func:`declare_attribute_features`; NULL where
        nothing was known.
    """
    attributes = list(attributes)
    declared = list(_declare(attributes))
    needed = [a for a in attributes if any(f.name in wanted for owner, f, _ in declared if owner is a)]
    static = [a for a in needed if not (a.has_history and history is not None)]
    historized = [a for a in needed if a.has_history and history is not None]
    moments = snapshots.select("lead_id", "as_of")
    raw = {a.name: f"raw_{i}" for i, a in enumerate(attributes)}
    table = moments
    if static:
        current = values.select("lead_id", **{raw[a.name]: values[a.name] for a in static})
        table = moments.left_join(current, "lead_id").drop("lead_id_right")
    if historized and history is not None:
        known = join_attributes_as_of(moments, history)
        wide = known.group_by("lead_id", "as_of").agg(
            **{
                raw[a.name]: (known.number if a.kind == "number" else known.value).max(where=known.attribute == a.name)
                for a in historized
            }
        )
        table = table.left_join(wide, ["lead_id", "as_of"]).drop("lead_id_right", "as_of_right")
    columns = {f.name: expression(table[raw[a.name]]) for a, f, expression in declared if a in needed}
    return table.select("lead_id", "as_of", **columns)


def _declare(attributes: list[AttributeSpec]) -> Iterator[tuple[AttributeSpec, Feature, Callable[..., ir.Value]]]:
    taken: set[str] = set()
    for attribute in attributes:
        name = slugify(attribute.name, taken)
        taken.add(name)
        for parser in _PARSERS[attribute.kind]:
            label = {
                language: f"{text}: {parser.labels[language]}" if parser.labels else text
                for language, text in _label(attribute).items()
                if language in ("en", "de")
            }
            monotonicity = attribute.monotonicity if parser.expr is _number else 0
            doc = parser.doc.format(name=attribute.name)
            feature = Feature(f"{parser.family}__{name}", parser.family, attribute.name, attribute.group,
                              parser.kind, monotonicity, doc, label, parser.display)  # fmt: skip
            yield attribute, feature, parser.expr


def _label(attribute: AttributeSpec) -> dict[str, str]:
    return dict.fromkeys(("en", "de"), next(iter(attribute.label.values()), attribute.name)) | attribute.label
