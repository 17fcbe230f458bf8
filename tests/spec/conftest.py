"""Small CRMs drawn as tables of text, and what the features say of them.

A table is drawn with a line of names and one line a row, cells parted by ``|``. ``NULL`` is no value, and
``'  x '`` in single quotes is text with its blanks. A moment is ``2025-03-08`` or ``2025-03-08 09:30:00``
in UTC. Text is normalized as ingest does. Tables are computed on DuckDB; one test of each feature family
uses the fixture `both_engines` and runs on Spark too. That the engines agree is tested in tests/parity.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadlight.features.catalogue import AttributeSpec, SignalSpec
from leadlight.features.feature_set import FeatureSet, Tables
from leadlight.features.labels import find_closed_periods, find_first_closes, label_snapshots
from leadlight.features.point_in_time import filter_open_leads
from leadlight.features.snapshots import sample_at_creation, sample_at_midnights, sample_on_grid, union_snapshots
from leadlight.pipelines.engines.engine import register_parquet
from leadlight.pipelines.sources.columns.number_formats import parse_numbers
from leadlight.pipelines.sources.columns.text_cleaning import clean_text

MOMENT, TEXT, NUMBER = pa.timestamp("us"), pa.string(), pa.float64()
#: columns that need not be drawn
OPTIONAL = {"value": NUMBER, "object": TEXT, "local_at": MOMENT}
COLUMNS = {
    "leads": {"lead_id": TEXT, "created_at": MOMENT},
    "activities": {"lead_id": TEXT, "occurred_at": MOMENT, "type": TEXT},
    "history": {"lead_id": TEXT, "attribute": TEXT, "value": TEXT, "changed_at": MOMENT},
    "deals": {"lead_id": TEXT, "closed_at": MOMENT, "won": pa.bool_()},
    "moments": {"lead_id": TEXT, "as_of": MOMENT},
    "grid": {"as_of": MOMENT},
    "first": {"lead_id": TEXT, "day": pa.int64()},
    "midnights": {"day": pa.int64(), "as_of": MOMENT},
    "reopenings": {"lead_id": TEXT, "reopened_at": MOMENT, "closes_before": MOMENT},
    "unknown": {"lead_id": TEXT},
}


def _cells(text: str) -> tuple[list[str], list[list[str]]]:
    lines = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.strip()]
    header, rows = lines[0], lines[1:]
    uneven = [row for row in rows if len(row) != len(header)]
    assert not uneven, f"rows that do not fit the header {header}: {uneven}"
    return header, rows


def _value(cell: str, kind: pa.DataType) -> Any:
    if cell == "NULL":
        return None
    if pa.types.is_timestamp(kind):
        return dt.datetime.fromisoformat(cell)
    if pa.types.is_boolean(kind):
        return {"yes": True, "no": False}[cell]
    if pa.types.is_integer(kind):
        return int(cell)
    if pa.types.is_floating(kind):
        return float(cell)
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == "'" else cell


def _drawn(text: str, columns: dict[str, pa.DataType]) -> pa.Table:
    header, rows = _cells(text)
    kinds = {}
    for name in header:  # an attribute is text unless its column is drawn as "name:number"
        plain, _, stated = name.partition(":")
        kinds[plain] = columns.get(plain) or (NUMBER if stated == "number" else TEXT)
    if "occurred_at" in columns:
        kinds |= {name: OPTIONAL[name] for name in kinds if name in OPTIONAL}
    assert set(columns) <= set(kinds), f"lacking: {set(columns) - set(kinds)}"
    content = [[_value(c, kind) for c, kind in zip(row, kinds.values(), strict=True)] for row in rows]
    arrays = [pa.array([row[i] for row in content], kind) for i, kind in enumerate(kinds.values())]
    return pa.table(dict(zip(kinds, arrays, strict=True)))


def _at_the_door(table: pa.Table) -> pa.Table:
    """Fold text, and read numbers from the values of a history, as ingest does."""
    frame = table.to_pandas()
    if "changed_at" in frame:
        frame["number"] = parse_numbers(frame["value"])
    for name in frame.columns.difference(["lead_id", "attribute"]):
        if pd.api.types.is_string_dtype(frame[name]):
            frame[name] = clean_text(frame[name].astype("str"), "category")
    drawn = {field.name: field.type for field in table.schema}
    schema = pa.schema([(name, drawn.get(name, NUMBER)) for name in frame])
    return pa.Table.from_pandas(frame, schema, preserve_index=False)


def _same(wanted: Any, got: Any) -> bool:
    if wanted is None or got is None:
        return wanted is got
    if isinstance(wanted, float | int):
        return math.isclose(wanted, float(got), rel_tol=1e-9, abs_tol=1e-11)
    return bool(wanted == got)


class Found:
    """Rows of lead_id, as_of and further columns that were computed."""

    def __init__(self, table: ir.Table) -> None:
        arrow = table.to_pyarrow()
        self.columns = arrow.column_names
        self.kinds = {field.name: field.type for field in arrow.schema}
        self.rows = sorted(arrow.to_pylist(), key=lambda row: (row["lead_id"], row["as_of"]))

    def shows(self, text: str) -> "Found":
        """Demand the drawn rows, all of them and no others, in the drawn columns, in any order."""
        header, lines = _cells(text)
        lacking = [name for name in header if name not in self.kinds]
        assert not lacking, f"no such columns: {lacking} in {self.columns}"
        wanted = [{n: _value(c, self.kinds[n]) for n, c in zip(header, line, strict=True)} for line in lines]
        keys = [name for name in ("lead_id", "as_of") if name in header]
        wanted.sort(key=lambda row: [row[key] for key in keys])
        wanted_keys, got_keys = ([[row[k] for k in keys] for row in rows] for rows in (wanted, self.rows))
        assert got_keys == wanted_keys
        wrong = [
            f"{[w[k] for k in keys]} {name}: must be {w[name]!r}, got {row[name]!r}"
            for w, row in zip(wanted, self.rows, strict=True)
            for name in header
            if not _same(w[name], row[name])
        ]
        assert not wrong, "\n" + "\n".join(wrong)
        return self


@dataclass(frozen=True)
class Crm:
    """The drawn tables in an engine."""

    put: "Place"
    leads: ir.Table
    attributes: ir.Table
    activities: ir.Table | None
    history: ir.Table | None
    deals: ir.Table

    def draw(self, name: str, text: str) -> ir.Table:
        """Add one more table: ``moments`` or ``grid``."""
        return self.put(name, _drawn(text, COLUMNS[name]))

    def features(
        self,
        as_of: str | None = None,
        *,
        moments: str | None = None,
        attributes: Iterable[AttributeSpec] = (),
        signals: Iterable[str | SignalSpec] = (),
        ages: bool = False,
        objects: bool = False,
    ) -> Found:
        """Compute the features of all leads at one moment, or of drawn ones."""
        specs = tuple(s if isinstance(s, SignalSpec) else SignalSpec(s) for s in signals)
        declared = FeatureSet(tuple(attributes), specs, self.activities is not None, ages, objects)
        if moments is None:
            assert as_of is not None
            at = self.leads.select("lead_id", as_of=ibis.timestamp(as_of))
        else:
            at = self.draw("moments", moments)
        found = Found(declared.build_table(at, Tables(self.leads, self.attributes, self.activities, self.history)))
        assert found.columns == ["lead_id", "as_of", *declared.catalogue.names]
        return found

    def open_at(
        self, moments: str, *, with_deals: bool = True, reopenings: str | None = None, unknown: str | None = None
    ) -> Found:
        """Of drawn moments, those at which the lead was open."""
        returns = self.draw("reopenings", reopenings) if reopenings else None
        unclear = self.draw("unknown", unknown) if unknown else None
        closings = find_closed_periods(self.deals, returns, unclear) if with_deals else None
        return Found(filter_open_leads(self.draw("moments", moments), self.leads, closings))

    def drawn_moments(
        self,
        *,
        at_creation_too: bool = False,
        after_days: Iterable[int] = (),
        midnights: str | None = None,
        first: str | None = None,
        grid: str | None = None,
        max_age_days: int | None = None,
    ) -> Found:
        """Moments at creation, at midnights after it and on a grid, put together."""
        parts = [sample_at_creation(self.leads)] if at_creation_too else []
        if midnights and first:
            drawn = self.draw("first", first), self.draw("midnights", midnights)
            parts += sample_at_midnights(*drawn, after_days)
        parts += [sample_on_grid(self.leads, self.draw("grid", grid))] if grid else []
        return Found(union_snapshots(parts, self.leads, max_age_days))

    def labels(self, moments: str, *, horizon_days: int, cut_off: str) -> Found:
        """Label drawn moments."""
        at = self.draw("moments", moments)
        return Found(label_snapshots(at, find_first_closes(self.deals), horizon_days, ibis.timestamp(cut_off)))


@dataclass(frozen=True)
class Place:
    """An engine that tables are put into, in the way that the product shows it its clean ones."""

    name: str
    connection: Any
    folder: Path

    def __call__(self, name: str, table: pa.Table) -> ir.Table:
        pq.write_table(table, self.folder / f"{name}.parquet")
        return register_parquet(self.connection, self.folder / f"{name}.parquet", name)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests that use `both_engines` on Spark too."""
    if "both_engines" in metafunc.fixturenames:
        engines = ["duckdb", pytest.param("spark", marks=pytest.mark.spark)]
        metafunc.parametrize("put", engines, indirect=True)


@pytest.fixture
def both_engines() -> None:
    """Mark a test as one that also runs on Spark."""


@pytest.fixture
def put(request, tmp_path) -> Place:
    """Return DuckDB, or the engine of the parameter."""
    name = getattr(request, "param", "duckdb")
    connection = ibis.duckdb.connect() if name == "duckdb" else request.getfixturevalue("spark")
    return Place(name, connection, tmp_path)


@pytest.fixture
def crm(put: Place) -> Callable[..., Crm]:
    """Draw a CRM; where no leads are drawn there is one, A, created on 1 January 2024."""

    def build(
        *,
        leads: str = "lead_id | created_at\n A | 2024-01-01",
        attributes: str | pa.Table | None = None,
        activities: str | None = None,
        history: str | None = None,
        deals: str = "lead_id | closed_at | won",
    ) -> Crm:
        born = _drawn(leads, COLUMNS["leads"])
        known = _drawn(attributes, {"lead_id": TEXT}) if isinstance(attributes, str) else attributes

        def optional(name: str, text: str | None) -> ir.Table | None:
            return put(name, _drawn(text, COLUMNS[name])) if text else None

        changes = put("history", _at_the_door(_drawn(history, COLUMNS["history"]))) if history else None
        closed = optional("deals", deals)
        assert closed is not None
        return Crm(
            put,
            put("leads", born),
            put("attributes", _at_the_door(born.select(["lead_id"]) if known is None else known)),
            optional("activities", activities),
            changes,
            closed,
        )

    return build
