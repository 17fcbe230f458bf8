"""Engines that compile the feature table once and run it over many drawn worlds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadlight.features.feature_set import FeatureSet, Tables
from leadlight.features.labels import find_closed_periods
from leadlight.features.point_in_time import filter_open_leads
from leadlight.pipelines.engines.engine import register_parquet

MOMENT, TEXT, NUMBER = pa.timestamp("us"), pa.string(), pa.float64()
EVENTS = {
    "leads": {"lead_id": TEXT, "created_at": MOMENT},
    "activities": {
        "lead_id": TEXT, "occurred_at": MOMENT, "type": TEXT, "value": NUMBER, "object": TEXT,
        "local_at": MOMENT,
    },
    "history": {"lead_id": TEXT, "attribute": TEXT, "value": TEXT, "number": NUMBER, "changed_at": MOMENT},
    "deals": {"lead_id": TEXT, "closed_at": MOMENT, "won": pa.bool_()},
    "moments": {"lead_id": TEXT, "as_of": MOMENT},
}  # fmt: skip

Rows = list[dict[str, Any]]
World = dict[str, Rows]
Features = dict[tuple[str, Any], dict[str, Any]]


class Computer:
    """Computes the features of the open snapshots of a world on one engine."""

    def __init__(self, name: str, connection: Any, folder: Path, declared: FeatureSet) -> None:
        self.name, self.connection, self.folder = name, connection, folder
        attributes = {a.name: NUMBER if a.kind == "number" else TEXT for a in declared.attributes}
        described = EVENTS | {"attributes": {"lead_id": TEXT} | attributes}
        self.schemas = {name: pa.schema(columns) for name, columns in described.items()}
        held = {name: self._load(name, schema.empty_table()) for name, schema in self.schemas.items()}
        snapshots = filter_open_leads(held["moments"], held["leads"], find_closed_periods(held["deals"]))
        known = Tables(*(held[name] for name in ("leads", "attributes", "activities", "history")))
        self.sql = connection.compile(declared.build_table(snapshots, known))

    def __call__(self, world: World) -> Features:
        """Return (lead_id, as_of) -> features."""
        for name, schema in self.schemas.items():
            self._load(name, pa.Table.from_pylist(world[name], schema=schema))
        rows = self._rows()
        result = {(row.pop("lead_id"), row.pop("as_of")): row for row in rows}
        assert len(result) == len(rows)
        return result

    def _load(self, name: str, table: pa.Table) -> Any:
        if self.name == "duckdb":
            return self.connection.create_table(name, table, overwrite=True)
        pq.write_table(table, self.folder / f"{name}.parquet")
        return register_parquet(self.connection, self.folder / f"{name}.parquet", name)

    def _rows(self) -> Rows:
        if self.name == "duckdb":
            return self.connection.raw_sql(self.sql).to_arrow_table().to_pylist()
        return self.connection.raw_sql(self.sql).toArrow().to_pylist()


@pytest.fixture(scope="session")
def computer(request, tmp_path_factory) -> Callable[[str, FeatureSet], Computer]:
    """Make a computer of declared features on the engine of that name."""

    def make(name: str, declared: FeatureSet) -> Computer:
        connection = ibis.duckdb.connect() if name == "duckdb" else request.getfixturevalue("spark")
        return Computer(name, connection, tmp_path_factory.mktemp("worlds"), declared)

    return make


@pytest.fixture(scope="session")
def together() -> Callable[[list[World]], World]:
    """Put worlds into one, so that one query computes them all: the n-th one's leads are called n/lead."""

    def merge(worlds: list[World]) -> World:
        return {
            table: [row | {"lead_id": f"{n}/{row['lead_id']}"} for n, w in enumerate(worlds) for row in w[table]]
            for table in worlds[0]
        }

    return merge
