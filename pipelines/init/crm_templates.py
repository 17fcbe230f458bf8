"""``leadlight init --template``: a params file and queries for the tables of a known CRM."""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import NamedTuple

import sqlglot
from sqlglot import exp

from leadlight.features.errors import ParamsError
from leadlight.pipelines.workspace.workdir import write_atomically

__all__ = ["TEMPLATES", "write_template"]

_CAMPAIGNS = """
  UNION ALL
  -- becoming a member of a campaign
  SELECT COALESCE(lead_id, contact_id) AS who_id, created_date AS occurred_at, 'campaign' AS type
  FROM campaign_member"""


class CrmTemplate(NamedTuple):
    """Where the files of a template are, and what differs from others in the same folder.

    Parameters
    ----------
    folder : str
        Folder of its params file and queries.
    values : dict
        Values of the placeholders in its queries.
    tables : str
        Folder of queries that the others read by name: shared ones, and the tables where those are CSV files.
    reads_files : bool
        Whether it reads CSV files, not a database.
    """

    folder: str
    values: Mapping[str, str] = MappingProxyType({})
    tables: str = ""
    reads_files: bool = False


TEMPLATES = {
    "fivetran_hubspot": CrmTemplate("fivetran_hubspot", tables="hubspot_merges"),
    "fivetran_salesforce": CrmTemplate("salesforce", {"deleted_at": "_fivetran_synced", "more": ""}),
    "dlt_hubspot": CrmTemplate("dlt_hubspot"),
    "dlt_salesforce": CrmTemplate("salesforce", {"deleted_at": "last_modified_date", "more": _CAMPAIGNS}),
    "csv_hubspot": CrmTemplate("csv_hubspot", reads_files=True),
    "csv_salesforce": CrmTemplate(
        "salesforce", {"deleted_at": "last_modified_date", "more": ""}, "csv_salesforce", reads_files=True
    ),
}
#: scheme of an address -> dialect that queries are written in
DIALECTS = {
    "duckdb": "duckdb", "postgresql": "postgres", "snowflake": "snowflake", "bigquery": "bigquery",
    "databricks": "databricks",
}  # fmt: skip


def write_template(
    name: str, output: Path, *, database: str | None = None, schema: str | None = None, force: bool = False
) -> list[Path]:
    """Write the params file and the queries of a template.

    Parameters
    ----------
    name : str
        One of :data:`TEMPLATES`.
    output : Path
        The params file; the queries go to the folder sql beside it.
    database : str, optional
        Address as in ``source.database``; its dialect is that of the queries.
    schema : str, optional
        Schema of the tables in the database.
    force : bool
        Whether files that exist may be replaced.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    ParamsError
        If a file exists and `force` is not given, a database is named where files are read, or none where one must be.
    """
    template = TEMPLATES[name]
    _check_database(name, template, database, schema)
    root = files("leadlight.pipelines.init") / "templates"
    tables = root / template.tables if template.tables else None
    bodies = {}
    for entry in sorted((root / template.folder).iterdir(), key=lambda entry: entry.name):
        text = entry.read_text(encoding="utf-8")
        if entry.name.endswith(".sql"):
            query = Template(text).substitute(template.values)
            if tables is not None:
                query = _put_tables_first(
                    query, {t.name.removesuffix(".sql"): t.read_text(encoding="utf-8") for t in tables.iterdir()}
                )
            bodies[output.parent / "sql" / entry.name] = _translate(query, database, schema)
        else:
            line = f"  database: {database}\n" if database else ""
            bodies[output] = text.replace("$template", name).replace("$database\n", line)
    if not force and (there := [path for path in bodies if path.exists()]):
        raise ParamsError(f"The files to write must be new, or --force given. Got {there[0]}, which exists.")
    (output.parent / "sql").mkdir(parents=True, exist_ok=True)
    for path, text in bodies.items():
        with write_atomically(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return list(bodies)


def _check_database(name: str, template: CrmTemplate, database: str | None, schema: str | None) -> None:
    if template.reads_files:
        if database or schema:
            raise ParamsError(
                f"The template {name} must be without --database: it reads files. Got {database or schema}."
            )
        return
    if database is None:
        raise ParamsError(f"The template {name} must have a --database, such as duckdb:///crm.duckdb. Got none.")
    if _find_scheme(database) not in DIALECTS:
        raise ParamsError(f"The database of a template must be one of {', '.join(DIALECTS)}. Got {database}.")


def _find_scheme(database: str) -> str:
    return re.split(r"[+:]", database, maxsplit=1)[0]


def _put_tables_first(query: str, tables: dict[str, str]) -> str:
    """Return a query with common table expressions in place of the tables that it reads."""
    used = {table.name for table in sqlglot.parse_one(query, read="duckdb").find_all(exp.Table)}
    shared = sorted(used & set(tables))
    if not shared:
        return query
    named = ", ".join(f"{name} AS (\n{tables[name].rstrip()}\n)" for name in shared)
    start = re.search(r"^(WITH|SELECT)\b", query, re.MULTILINE)
    assert start is not None
    rest = query[start.end() :] if start[1] == "WITH" else query[start.start() :]
    return f"{query[: start.start()]}WITH {named}{',' if start[1] == 'WITH' else chr(10)}{rest}"


def _translate(query: str, database: str | None, schema: str | None) -> str:
    """Return a query of DuckDB in the dialect of a database, with the schema before the names of tables."""
    dialect = DIALECTS[_find_scheme(database)] if database else "duckdb"
    if dialect == "duckdb" and schema is None:
        return query
    tree = sqlglot.parse_one(query, read="duckdb")
    if schema is not None:
        own = {part.alias for part in tree.find_all(exp.CTE)}
        for table in tree.find_all(exp.Table):
            if table.name not in own:
                table.set("db", exp.to_identifier(schema))
    return str(tree.sql(dialect=dialect, pretty=True)) + "\n"
