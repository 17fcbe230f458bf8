"""Numbers whose marks are not known are refused, and those that are read as missing are counted, with a limit."""

import pandas as pd
import pytest

from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

SOURCE = 4
HISTORY = """\
  history:
    path: history.csv
    lead_id: lead
    attribute: name
    value: value
    changed_at: {column: at, format: "%Y-%m-%d %H:%M:%S"}
"""


def read(crm) -> pd.DataFrame:
    """Ingest; return the quarantine."""
    ingest(load_params(crm.params), crm.folder, Workdir(crm.work))
    return pd.read_csv(crm.work / "tables" / "quarantine.csv", keep_default_na=False)


def read_column(crm, table: str, column: str) -> list[float]:
    return pd.read_parquet(crm.work / "tables" / f"{table}.parquet")[column].tolist()


def write_history(crm, values: list[str]) -> None:
    crm.change("attributes:\n", HISTORY + "attributes:\n")
    rows = [
        {"lead": row["lead"], "name": "employees", "value": value, "at": row["created"]}
        for row, value in zip(crm.tables["leads"], values, strict=False)
    ]
    crm.tables["history"] = rows
    crm.write("history")


@pytest.mark.parametrize(
    ("table", "column", "clean"),
    [
        ("leads", "employees", ("attributes", "employees")),
        ("deals", "amount", ("deals", "amount")),
        ("activities", "pages", ("activities", "value")),
    ],
)
def test_points_with_three_digits_behind_each_are_refused_until_params_give_their_meaning(
    crm, refused, table, column, clean
):
    for number, row in enumerate(crm.tables[table]):
        row[column] = "4.917" if number % 10 == 3 else "350"
    crm.write(table)
    said = refused(crm, "ingest", code=SOURCE)
    assert f"The numbers in {column} of {table} must have a known decimal mark" in said
    assert 'Got 4.917 in row 4: write thousands: "."' in said
    crm.set(f"source.{table}.thousands", ".")
    assert read(crm).empty
    assert read_column(crm, *clean)[2:4] == [350, 4917]
    crm.set(f"source.{table}.thousands", None)
    crm.set("source.decimal", ".")
    assert read(crm).empty
    assert read_column(crm, *clean)[2:4] == [350, 4.917]


@pytest.mark.parametrize("other", ["0.125", "1234.567", "3.5", "1.2345"])
def test_one_point_that_is_no_separator_settles_it(crm, other):
    for number, row in enumerate(crm.tables["leads"]):
        row["employees"] = other if number == 499 else "4.917"
    crm.write("leads")
    assert read(crm).empty
    assert read_column(crm, "attributes", "employees")[0] == 4.917


def test_a_locale_reads_the_whole_source(crm):
    for row in crm.tables["deals"]:
        row["amount"] = "14.400,50"
    crm.write("deals")
    crm.set("source.locale", "de")
    assert read(crm).empty
    assert set(read_column(crm, "deals", "amount")) == {14400.5}


def test_the_points_of_a_history_are_refused_too(crm, refused):
    write_history(crm, ["4.917", "350"] * 250)
    assert "The numbers in value (employees) of history must have a known decimal mark" in refused(
        crm, "ingest", code=SOURCE
    )


def test_emptied_numbers_of_a_history_are_counted(crm):
    write_history(crm, ["1,250"] * 20 + ["350"] * 480)
    found = read(crm)
    assert found["row"].tolist() == list(range(1, 21))
    assert set(zip(found["table"], found["column"], found["reason"], found["action"], strict=True)) == {
        ("history", "value", "not a number", "value emptied")
    }


@pytest.mark.parametrize("table", ["leads", "history"])
def test_too_many_emptied_numbers_are_refused_with_what_to_write(crm, refused, table):
    values = ["1,250.5"] * 30 + ["350"] * 470
    if table == "history":
        write_history(crm, values)
    else:
        for row, value in zip(crm.tables["leads"], values, strict=True):
            row["employees"] = value
        crm.write("leads")
    said = refused(crm, "ingest", code=SOURCE)
    assert "must be at most 0.05 (source.max_emptied_share). Got 30 of 500, such as '1,250.5' in row 1." in said
    assert f"write decimal: '.' and thousands: ',' under source.{table}." in said
    crm.set("source.max_emptied_share", 0.06)
    assert len(read(crm)) == 30


def test_typed_numbers_need_no_marks(crm):
    frame = pd.DataFrame(crm.tables["leads"])
    frame["employees"] = 4.917
    frame.to_parquet(crm.folder / "leads.parquet")
    crm.change("path: leads.csv", "path: leads.parquet")
    crm.change('created_at: {column: created, format: "%Y-%m-%d %H:%M:%S"}', "created_at: created")
    crm.set("source.locale", "de")
    assert read(crm).empty
    assert set(read_column(crm, "attributes", "employees")) == {4.917}
