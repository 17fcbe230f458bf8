"""Activities whose type no column says: a wide table of flags, and a table of one type."""

import pandas as pd
import pytest
from pydantic import ValidationError

from leadlight.pipelines.params import load_params
from leadlight.pipelines.params.tables import ActivitiesTable
from leadlight.pipelines.sources.rows import table_reader
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

PARAMS = """
source:
  leads: {path: leads.csv, lead_id: id, created_at: {column: made, format: "%Y-%m-%d"}}
  deals: {path: deals.csv, lead_id: id, closed_at: {column: at, format: "%Y-%m-%d"}}
  activities: {path: ACTS, lead_id: id, occurred_at: {column: at, format: "%Y-%m-%d"}, TYPES}
attributes: {trade: {kind: category}}
"""
WIDE = pd.DataFrame({
    "id": ["A", "B", "A", "B", "A"], "at": [f"2024-01-0{day}" for day in (3, 4, 5, 6, 7)],
    "opened": ["1", "0", "3", "", "1"], "clicked": ["TRUE", "FALSE", "yes", "Nein", "x"], "pages": [4, 5, 6, 7, 8],
})  # fmt: skip
LONG = pd.DataFrame(
    [("A", 3, "opened", 4), ("A", 3, "clicked", 4), ("A", 5, "opened", 6), ("A", 5, "clicked", 6),
     ("A", 7, "opened", 8),
     ("A", 7, "clicked", 8)], columns=["id", "at", "type", "pages"],
)  # fmt: skip


@pytest.fixture
def clean(tmp_path):
    """Ingest a table of activities under a mapping, and return the clean one with the report."""
    (tmp_path / "leads.csv").write_text("id,made,trade\nA,2024-01-01,Steel\nB,2024-01-02,Food\n", encoding="utf-8")
    (tmp_path / "deals.csv").write_text("id,at\nA,2024-02-01\n", encoding="utf-8")

    def read(frame: pd.DataFrame, types: str, *, parquet: bool = False) -> tuple[pd.DataFrame, dict]:
        path = tmp_path / ("acts.parquet" if parquet else "acts.csv")
        frame.to_parquet(path) if parquet else frame.to_csv(path, index=False)
        text = PARAMS.replace("ACTS", path.name).replace("TYPES", types)
        (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
        work = Workdir(tmp_path / "work")
        report = ingest(load_params(tmp_path / "params.yaml"), tmp_path, work)
        return pd.read_parquet(work.tables / "activities.parquet"), report

    return read


def test_a_wide_table_gives_the_activities_of_the_long_one(clean, monkeypatch):
    long, expected = clean(LONG.assign(at=[f"2024-01-0{day}" for day in LONG["at"]]), "type: type, value: pages")
    for rows in (1, 2, 100):
        monkeypatch.setattr(table_reader, "BATCH_ROWS", rows)
        wide, report = clean(WIDE, "flags: [opened, clicked], value: pages")
        pd.testing.assert_frame_equal(wide, long)
        assert report == expected
    typed = WIDE.assign(opened=[1, 0, 3, None, 1], clicked=[True, False, True, False, True])
    pd.testing.assert_frame_equal(clean(typed, "flags: [opened, clicked], value: pages", parquet=True)[0], long)


def test_a_flag_that_says_neither_is_on_record(clean):
    _, report = clean(WIDE.assign(clicked=["yes", "no", "perhaps", "no", "yes"]), "flags: [opened, clicked]")
    assert report["activity_types"] == {"opened": 3, "clicked": 2}
    (entry,) = report["quarantine"]
    assert (entry["column"], entry["action"], entry["rows"]) == ("clicked", "value emptied", 1)


def test_a_table_of_one_type_needs_no_column_of_types(clean):
    activities, report = clean(WIDE, "type_is: visits, value: pages")
    assert report["activity_types"] == {"visits": 5}
    assert activities["value"].tolist() == [4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("types", "got"),
    [({}, "Got none"), ({"type": "a", "flags": ["b"]}, "type and flags"), ({"flags": ["b", "b"]}, "Got b twice")],
)
def test_the_type_is_named_once(types, got):
    with pytest.raises(ValidationError, match=got):
        ActivitiesTable(path="acts.csv", lead_id="id", occurred_at="at", **types)
