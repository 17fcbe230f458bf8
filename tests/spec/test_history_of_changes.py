"""A history that holds changes only: what an attribute was before its first change, drawn as small tables."""

from pathlib import Path

import pandas as pd
import pytest

from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.featurize import featurize_as_of
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

PARAMS = """\
source:
  leads: {path: leads.csv, lead_id: id, created_at: {column: made, format: ISO8601}}
  deals: {path: deals.csv, lead_id: id, closed_at: {column: at, format: ISO8601}}
  history:
    path: history.csv
    lead_id: id
    attribute: what
    value: new
    changed_at: {column: at, format: ISO8601}
attributes: {trade: {kind: category}, size: {kind: number}, city: {kind: category}}
"""
LEADS = """\
id,made,trade,size,city
A,2024-01-01,Steel,50,Gent
B,2024-01-02,Food,60,Bonn
C,2024-01-03,,,Köln
D,2024-01-04,Wood,80,Rome
"""
HISTORY = """\
id,what,old,new,at
A,trade,Paper,Food,2024-02-01
A,trade,Food,Steel,2024-03-01
B,size,40,60,2024-02-01
C,trade,Glass,,2024-02-01
D,trade,,Wood,2024-02-01
"""


@pytest.fixture
def known(tmp_path: Path):
    """Ingest, and return the report and what is known of each lead at a moment."""
    (tmp_path / "leads.csv").write_text(LEADS, encoding="utf-8")
    (tmp_path / "deals.csv").write_text("id,at\nA,2024-06-01\n", encoding="utf-8")
    (tmp_path / "history.csv").write_text(HISTORY, encoding="utf-8")

    def read(*, old_value: bool):
        text = PARAMS.replace("    value: new\n", "    value: new\n    old_value: old\n") if old_value else PARAMS
        (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
        params, work = load_params(tmp_path / "params.yaml"), Workdir(tmp_path / "work")
        report = ingest(params, tmp_path, work)

        def at(moment: str) -> dict[str, tuple]:
            output = tmp_path / "features.parquet"
            featurize_as_of(params, work, pd.Timestamp(moment), output)
            frame = pd.read_parquet(output).set_index("lead_id")
            frame = frame[["attribute__trade", "attribute__size", "attribute__city"]].astype("object")
            return {lead: tuple(None if pd.isna(cell) else cell for cell in row) for lead, *row in frame.itertuples()}

        return report, at

    return read


def test_before_its_first_change_an_attribute_has_the_old_value_and_without_one_todays(known):
    _, at = known(old_value=True)
    assert at("2024-01-04") == {
        "A": ("paper", 50.0, "gent"),
        "B": ("food", 40.0, "bonn"),
        "C": ("glass", None, "koeln"),
        "D": (None, 80.0, "rome"),
    }
    assert at("2024-02-02") == {
        "A": ("food", 50.0, "gent"),
        "B": ("food", 60.0, "bonn"),
        "C": (None, None, "koeln"),
        "D": ("wood", 80.0, "rome"),
    }


def test_before_a_first_change_without_an_old_value_an_attribute_is_unknown(known):
    _, at = known(old_value=False)
    assert at("2024-01-04") == {
        "A": (None, 50.0, "gent"),
        "B": ("food", None, "bonn"),
        "C": (None, None, "koeln"),
        "D": (None, 80.0, "rome"),
    }


@pytest.mark.parametrize("old_value", [True, False])
def test_the_report_counts_for_how_many_leads_the_history_knows_an_attribute(known, old_value: bool):
    report, _ = known(old_value=old_value)
    assert report["historised"] == ["size", "trade"]
    early, late = (2, 1) if old_value else (0, 3)
    assert report["history_known"]["trade"] == {
        "leads": 4,
        "changed": 3,
        "from_old_value": early,
        "from_today": 1,
        "at_creation": early + 1,
        "unknown": 0,
        "unknown_before_change": late,
    }
    assert report["history_known"]["size"]["from_today"] == 2
    assert report["history_known"]["size"]["unknown"] == 1
