"""Columns of `display` are read for the leads that are scored, whatever names a lead."""

import pandas as pd
import pytest

from leadlight.pipelines.jobs.lead_display import read_display_columns, select_display
from leadlight.pipelines.params import load_params
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.lead_display import LeadDisplay

PARAMS = """\
source:
  missing: [unknown]
  leads: {path: leads.csv, lead_id: KEY, created_at: {column: day, format: ISO8601}, outcome: {column: won, won: ["1"]}}
attributes: {size: {kind: number}}
display: {name: [first, last], phone: tel, link: "https://crm.example.com/{lead_id}?x=1"}
"""
DEALS = """deals: {path: deals.csv, lead_id: id, deal_id: deal, unit: deal, closed_at: closed, opened_at: opened,
    status: {column: status, won: [won]}}
"""


@pytest.fixture
def read(tmp_path):
    """Write a table of leads and params; give what is shown of the leads that are scored."""

    def read(rows, scored, key="id", change=lambda text: text):
        pd.DataFrame(rows, columns=["id", "first", "last", "tel"]).to_csv(tmp_path / "leads.csv", index=False)
        (tmp_path / "params.yaml").write_text(change(PARAMS.replace("KEY", key)), encoding="utf-8")
        params = load_params(tmp_path / "params.yaml")
        columns = read_display_columns(params, tmp_path)
        return select_display(params, columns, pd.Series(scored), Workdir(tmp_path / "work"))

    return read


def test_parts_of_a_name_are_joined_and_missing_ones_left_out(read):
    rows = [
        ("a", "Ada", "Lang", "1"),
        ("b", "", "Ek", "unknown"),
        ("c", None, "unknown", None),
        ("d", "Not", "Scored", "4"),
    ]
    assert [lead[:4] for lead in read(rows, ["a", "b", "c"])] == [
        ("a", "Ada Lang", None, "1"),
        ("b", "Ek", None, None),
        ("c", None, None, None),
    ]


def test_the_first_row_of_a_lead_counts_and_its_id_is_encoded(read):
    (lead,) = read([("x/?&ü", "Ada", "Lang", "1"), ("x/?&ü", "Ben", "Ek", "2")], ["x/?&ü"])
    assert (lead.name, lead.link) == ("Ada Lang", "https://crm.example.com/x%2F%3F%26%C3%BC?x=1")


def test_a_lead_of_which_nothing_is_known_is_left_out(read):
    rows = [("a", "", "", ""), ("b", "", "", "2")]
    shown = read(
        rows, ["a", "b"], change=lambda text: text.replace(', link: "https://crm.example.com/{lead_id}?x=1"', "")
    )
    assert shown == [LeadDisplay("b", phone="2")]


def test_rows_are_numbered_where_leads_have_no_id(read):
    assert [lead[:2] for lead in read([("a", "Ada", "", ""), ("b", "Ben", "", "")], ["2"], key="null")] == [
        ("2", "Ben")
    ]


def test_each_deal_shows_its_lead(read, tmp_path):
    (tmp_path / "work" / "tables").mkdir(parents=True)
    units = pd.DataFrame({"deal_id": ["d1", "d2", "d3"], "lead_id": ["a", "a", "b"], "created_at": pd.Timestamp(0)})
    units.to_parquet(tmp_path / "work" / "tables" / "deals_as_leads.parquet")

    def score_deals(text):
        return text.replace(', outcome: {column: won, won: ["1"]}', "").replace("attributes:", f"  {DEALS}attributes:")

    shown = read([("a", "Ada", "", ""), ("b", "Ben", "", "")], ["d1", "d2"], change=score_deals)
    assert [(lead.lead_id, lead.name) for lead in shown] == [("d1", "Ada"), ("d2", "Ada")]
