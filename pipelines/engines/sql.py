"""``leadlight sql``: the SQL of features, for checks by hand."""

import difflib
from typing import Any

import ibis
import ibis.expr.types as ir
import sqlglot
from sqlglot.optimizer.merge_subqueries import merge_subqueries
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify

from leadlight.features.errors import ParamsError
from leadlight.features.feature_set import FeatureSet, Tables
from leadlight.pipelines.engines.engine import build_feature_set
from leadlight.pipelines.params import Params

__all__ = ["compile_feature_sql"]

SCHEMAS = {
    "leads": {"lead_id": "string", "created_at": "timestamp"},
    "activities": {
        "lead_id": "string",
        "occurred_at": "timestamp",
        "type": "string",
        "value": "float64",
        "object": "string",
        "local_at": "timestamp",
    },
    "history": {
        "lead_id": "string",
        "attribute": "string",
        "value": "string",
        "number": "float64",
        "changed_at": "timestamp",
    },
    "snapshots": {"lead_id": "string", "as_of": "timestamp"},
}


def compile_feature_sql(params: Params, report: dict[str, Any] | None, name: str | None) -> str:
    """Compile the feature table, or one of its columns, to DuckDB's SQL.

    Parameters
    ----------
    params : Params
        Attributes and signals.
    report : dict or None
        Report of ``ingest``; without it every attribute has a history if one is mapped.
    name : str or None
        A feature of the catalogue; all if None.

    Returns
    -------
    str
        One SELECT over the tables leads, attributes, activities, history and snapshots; for one feature
        with only the columns it needs.

    Raises
    ------
    ParamsError
        If there is no such feature.
    """
    features = build_feature_set(params, report or _infer_ingest_report(params))
    if name is None:
        return str(ibis.to_sql(_build_unbound_table(features), dialect="duckdb"))
    catalogue = features.catalogue
    if name not in catalogue.names:
        near = difflib.get_close_matches(name, catalogue.names, n=3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise ParamsError(f"The feature must be one of params.yaml. Got {name}.{hint}")
    table = _build_unbound_table(features, [name])
    tree = sqlglot.parse_one(str(ibis.to_sql(table, dialect="duckdb")), read="duckdb")
    schema: dict[str, Any] = SCHEMAS | {"attributes": _get_attribute_types(features)}
    qualified = qualify(tree, schema=schema, dialect="duckdb")
    return str(merge_subqueries(pushdown_projections(qualified, schema=schema)).sql(dialect="duckdb", pretty=True))


def _build_unbound_table(features: FeatureSet, columns: list[str] | None = None) -> ir.Table:
    tables = Tables(
        leads=_table("leads"),
        attributes=ibis.table(_get_attribute_types(features), name="attributes"),
        activities=_table("activities") if features.has_activities else None,
        history=_table("history") if any(a.has_history for a in features.attributes) else None,
    )
    return features.build_table(_table("snapshots"), tables, columns)


def _get_attribute_types(features: FeatureSet) -> dict[str, str]:
    kinds = {a.name: "float64" if a.kind == "number" else "string" for a in features.attributes}
    return {"lead_id": "string"} | kinds


def _table(name: str) -> ir.Table:
    return ibis.table(SCHEMAS[name], name=name)


def _infer_ingest_report(params: Params) -> dict[str, Any]:
    """Return the parts of the report of ``ingest`` that follow from the mapping."""
    return {
        "historised": list(params.attributes) if params.source.history else [],
        "rows": {"activities": 0} if params.source.activities else {},
        "time": "dates" if params.source.leads.created_at else "order",
    }
