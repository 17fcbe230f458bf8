"""Files that were damaged on their way: the sentence names file, line and column, and nothing is written."""

import gzip

import numpy as np
import pandas as pd
import pytest

from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

SOURCE = 4


def read_lines(crm, table: str) -> list[str]:
    return (crm.folder / f"{table}.csv").read_text(encoding="utf-8").splitlines()


def write_lines(crm, table: str, lines: list[str], end: str = "\n") -> None:
    (crm.folder / f"{table}.csv").write_text("\n".join(lines) + end, encoding="utf-8", newline="")


def read(crm) -> tuple[dict, pd.DataFrame]:
    """Ingest; return the report and the quarantine."""
    report = ingest(load_params(crm.params), crm.folder, Workdir(crm.work))
    return report, pd.read_csv(crm.work / "tables" / "quarantine.csv", keep_default_na=False)


def test_two_stray_quotes_do_not_swallow_the_lines_between_them(crm, refused):
    lines = read_lines(crm, "leads")
    for number in (100, 160):
        cells = lines[number - 1].split(",")
        lines[number - 1] = ",".join([*cells[:2], '"' + cells[2], cells[3]])
    write_lines(crm, "leads", lines)
    said = refused(crm, "ingest", code=SOURCE)
    assert "leads.csv, must be readable as CSV" in said
    assert "Got a quote in line 100, column 3 (industry), which takes the lines up to 160 into a cell." in said


def test_a_stray_quote_that_takes_one_line_is_found(crm, refused):
    lines = read_lines(crm, "leads")
    lines[99] = lines[99].rsplit(",", 1)[0] + ',"'
    lines[100] = lines[100].rsplit(",", 1)[0] + ',"'
    write_lines(crm, "leads", lines)
    assert "a quote in line 100, column 4 (employees), which takes the lines up to 101" in refused(
        crm, "ingest", code=SOURCE
    )


def test_swallowed_lines_are_found_where_some_of_them_are_damaged_too(crm, refused):
    lines = read_lines(crm, "leads")
    for number in (100, 160):
        lines[number - 1] = lines[number - 1].replace(",", ',"', 1)
    lines[120] += ",extra"
    lines[130] = lines[130].split(",")[0]
    write_lines(crm, "leads", lines)
    assert "a quote in line 100, column 2 (created), which takes the lines up to 160" in refused(
        crm, "ingest", code=SOURCE
    )


def test_a_quote_that_is_still_open_at_the_end_is_found(crm, refused):
    lines = read_lines(crm, "deals")
    lines[299] = lines[299].replace(",", ',"', 1)
    write_lines(crm, "deals", lines)
    assert "Got a quote in line 300, column 2 (closed), which is not closed." in refused(crm, "ingest", code=SOURCE)


def test_cells_of_several_lines_are_no_damage(crm):
    before = read(crm)[0]
    for number, row in enumerate(crm.tables["leads"]):
        row["note"] = "Dear Sir, or Madam, we write,\n\nnot, often, and,\nyours" if number % 3 else "one, line"
    crm.write("leads", crm.tables["leads"])
    assert read(crm)[0] == before


def test_a_row_of_the_header_is_refused_where_a_name_in_use_stands_twice(crm, refused):
    lines = read_lines(crm, "leads")
    write_lines(crm, "leads", [lines[0] + ",industry", *(line + ",x" for line in lines[1:])])
    said = refused(crm, "ingest", code=SOURCE)
    assert "The header of leads (leads.csv) must have the column industry once. Got it as columns 3, 5." in said


def test_a_row_too_wide_below_a_name_that_stands_twice_is_no_traceback(crm, refused):
    lines = read_lines(crm, "leads")
    write_lines(crm, "leads", [lines[0] + ",industry", lines[1] + ",x,y", *(line + ",x" for line in lines[2:])])
    assert "must have the column industry once" in refused(crm, "ingest", code=SOURCE)


def test_a_name_that_is_not_used_may_stand_twice(crm):
    before = read(crm)[0]
    lines = read_lines(crm, "leads")
    write_lines(crm, "leads", [lines[0] + ",note,note", *(line + ",x,y" for line in lines[1:])])
    assert read(crm)[0] == before


def test_footers_of_a_report_go_to_quarantine(crm):
    lines = read_lines(crm, "leads")
    write_lines(crm, "leads", [*lines, "", "Grand totals (500 records)", "Confidential - do not distribute"], end="")
    report, found = read(crm)
    assert report["rows"]["leads"] == 500
    assert found["row"].tolist() == [501, 502]
    assert set(found["reason"]) == {"fewer cells than the header has columns"}


def test_a_cell_that_is_lost_within_a_row_moves_no_value_into_another_column(crm):
    lines = read_lines(crm, "leads")
    lines[5] = ",".join(np.delete(lines[5].split(","), 2))
    write_lines(crm, "leads", lines)
    report, found = read(crm)
    leads = found[found["table"] == "leads"]
    assert leads[["row", "reason"]].values.tolist() == [[5, "fewer cells than the header has columns"]]
    assert report["rows"]["leads"] == 499


def test_rows_may_end_early_where_params_say_so(crm):
    lines = read_lines(crm, "leads")
    lines[5] = lines[5].rsplit(",", 1)[0]
    write_lines(crm, "leads", lines)
    crm.change("path: leads.csv", "path: leads.csv\n    pad_rows: true")
    report, found = read(crm)
    assert (report["rows"]["leads"], len(found)) == (500, 0)
    assert pd.isna(pd.read_parquet(crm.work / "tables" / "attributes.parquet")["employees"].iloc[4])


@pytest.mark.parametrize(("cut", "where"), [(5, "column 3 (industry) of 4"), (20, "column 2 (created) of 4")])
def test_half_an_export_that_ends_within_a_row_is_refused(crm, refused, cut, where):
    path = crm.folder / "leads.csv"
    lines = read_lines(crm, "leads")[:251]
    path.write_text(("\n".join(lines))[:-cut], encoding="utf-8")
    assert f"Got an end within line 251, {where}." in refused(crm, "ingest", code=SOURCE)


def test_a_compressed_file_that_ends_early_is_refused_with_its_last_line(crm, refused):
    content = (crm.folder / "activities.csv").read_bytes()
    (crm.folder / "activities.csv.gz").write_bytes(gzip.compress(content)[:-300])
    crm.change("path: activities.csv", "path: activities.csv.gz")
    said = refused(crm, "ingest", code=SOURCE)
    assert "activities.csv.gz, must be readable as CSV" in said
    assert "Compressed file ended before the end-of-stream marker was reached after line " in said


def test_a_parquet_file_that_ends_early_is_refused(crm, refused):
    pd.DataFrame(crm.tables["activities"]).to_parquet(crm.folder / "activities.parquet")
    path = crm.folder / "activities.parquet"
    path.write_bytes(path.read_bytes()[:-300])
    crm.change("path: activities.csv", "path: activities.parquet")
    assert "activities.parquet, must be readable as Parquet" in refused(crm, "ingest", code=SOURCE)


def test_bytes_of_another_encoding_are_named_with_line_and_column(crm, refused):
    lines = read_lines(crm, "leads")
    lines[400] = lines[400].replace(",Steel", ",Möbel").replace(",Food", ",Möbel").replace(",Paper", ",Möbel")
    (crm.folder / "leads.csv").write_bytes("\n".join(lines).encode("cp1252"))
    said = refused(crm, "ingest", code=SOURCE)
    assert "can't decode byte 0xf6" in said
    assert said.endswith("in line 401, column 3.")
    crm.change("path: leads.csv", "path: leads.csv\n    encoding: cp1252")
    assert read(crm)[0]["rows"]["leads"] == 500


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_change_nothing(crm, encoding, end):
    before = read(crm)[0]
    text = end.join(read_lines(crm, "leads")) + end
    (crm.folder / "leads.csv").write_bytes(text.encode(encoding))
    crm.change("path: leads.csv", f"path: leads.csv\n    encoding: {encoding}")
    assert read(crm)[0] == before


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("lead", [[1, 2]] * 499 + [[3]], "The column lead of leads (leads.parquet) must hold one text, number or time"),
        ("industry", [{"name": "Steel"}] * 500, "The column industry of leads (leads.parquet) must hold one text"),
        ("lead", [1e17 + 16 * n for n in range(500)], "The ids in lead of leads must be written as whole numbers"),
        ("lead", ["1.23E+17"] * 500, "The ids in lead of leads must be written with all digits"),
        ("lead", ["1,23E+17"] * 500, "Got 1,23E+17 in row 1."),
    ],
)
def test_cells_that_are_no_single_values_and_ids_that_were_rounded_are_refused(crm, refused, column, values, words):
    frame = pd.DataFrame(crm.tables["leads"])
    frame[column] = values
    frame.to_parquet(crm.folder / "leads.parquet")
    crm.change("path: leads.csv", "path: leads.parquet")
    crm.change('created_at: {column: created, format: "%Y-%m-%d %H:%M:%S"}', "created_at: created")
    assert words in refused(crm, "ingest", code=SOURCE)


def test_whole_numbers_beside_missing_ones_stay_exact(crm):
    frame = pd.DataFrame(crm.tables["leads"])
    frame["lead"] = pd.array([9007199254740993 + n for n in range(499)] + [None], dtype="Int64")
    frame.to_parquet(crm.folder / "leads.parquet")
    crm.change("path: leads.csv", "path: leads.parquet")
    crm.change('created_at: {column: created, format: "%Y-%m-%d %H:%M:%S"}', "created_at: created")
    crm.set("source.max_bad_share", 1)
    crm.set("source.max_lost_win_share", 1)
    read(crm)
    assert pd.read_parquet(crm.work / "tables" / "leads.parquet")["lead_id"].iloc[0] == "9007199254740993"
