"""How files are written, as `leadlight init` finds it from their bytes: encoding, delimiter, key, times."""

import gzip

import pandas as pd
import pytest

from leadlight.pipelines.init.file_format import detect_format
from leadlight.pipelines.init.source_tables import read_tables
from leadlight.pipelines.init.time_format import detect_time_format

ROWS = [["Kontakt", "Firma", "Umsatz"], *[[f"K{i}", "Müller & Söhne; Köln, Süd", "1,5"] for i in range(40)]]


def written(path, encoding="utf-8", mark=",", opened=open):
    text = "\r\n".join(mark.join(f'"{cell}"' for cell in row) for row in ROWS) + "\r\n"
    path.write_bytes(gzip.compress(text.encode(encoding)) if opened is gzip.open else text.encode(encoding))
    return path


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encoding_and_delimiter_are_found_and_the_reader_reads_so(tmp_path, mark, encoding, found):
    path = written(tmp_path / "leads.csv", encoding, mark)
    facts = detect_format("leads", path)
    assert (facts.delimiter, facts.encoding) == (mark, found)
    frame = read_tables({"leads": path})["leads"].frame
    assert list(frame.columns) == ROWS[0]
    assert frame["Firma"].unique().tolist() == ["Müller & Söhne; Köln, Süd"]


def test_a_packed_file_is_looked_into(tmp_path):
    assert detect_format("leads", written(tmp_path / "leads.csv.gz", "cp1252", ";", gzip.open)).delimiter == ";"


def test_letters_that_are_guessed_are_shown(tmp_path):
    assert "ü" in detect_format("leads", written(tmp_path / "leads.csv", "cp1252", ";")).sample_word


def test_a_letter_behind_the_first_bytes_still_tells_the_encoding(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_bytes(b"id;name\n" + b"1;plain\n" * 60_000 + "2;Köln\n".encode("cp1252"))
    assert detect_format("leads", path).encoding == "cp1252"


def test_decimal_commas_are_no_delimiter(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text("id;betrag;satz\n" + "".join(f"{i};{i},5;0,{i}\n" for i in range(50)), encoding="utf-8")
    assert detect_format("leads", path).delimiter == ";"


def test_a_comma_in_the_header_does_not_outweigh_rows_that_it_cuts_unevenly(tmp_path):
    path = tmp_path / "leads.csv"
    rows = "".join(f"{i};{'Köln, Süd, Mitte' if i % 2 else 'Bonn'}\n" for i in range(50))
    path.write_text("Nr;Ort, Viertel\n" + rows, encoding="utf-8")
    assert detect_format("leads", path).delimiter == ";"


def test_delimiters_and_line_breaks_within_quotes_part_nothing(tmp_path):
    path = tmp_path / "leads.csv"
    note = '"a;b;c\nnext; line"'
    path.write_text("id,note\n" + "".join(f"{i},{note}\n" for i in range(50)), encoding="utf-8")
    assert detect_format("leads", path).delimiter == ","
    assert len(read_tables({"leads": path})["leads"].frame) == 50


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["2024-01-31", "2024-02-01"], "%Y-%m-%d"),
        (["2024-01-31 08:15:00", "2024-02-01 10:00:00"], "%Y-%m-%d %H:%M:%S"),
        (["2024-01-31T08:15:00Z", "2024-02-01T10:00:00+02:00"], "ISO8601"),
        (["2024-01-31 08:15:00.123+00:00", "2024-02-01 10:00:00+00:00"], "ISO8601"),
        (["31.01.2024", "1.2.2024"], "%d.%m.%Y"),
        (["31.01.24", "01.02.24"], "%d.%m.%y"),
        (["31.01.2024 08:15", "01.02.2024 10:00"], "%d.%m.%Y %H:%M"),
        (["31.01.2024, 08:15", "01.02.2024, 10:00"], "%d.%m.%Y, %H:%M"),
        (["1/31/2024", "2/1/2024"], "%m/%d/%Y"),
        (["31/1/2024", "1/2/2024"], "%d/%m/%Y"),
        (["1/31/2024 3:45 PM", "2/1/2024 11:02 AM"], "%m/%d/%Y %I:%M %p"),
        (["31-Jan-2024", "01-Feb-2024"], "%d-%b-%Y"),
        (["Jan 31, 2024", "Feb 01, 2024"], "%b %d, %Y"),
        (["20240131", "20240201"], "%Y%m%d"),
        (["2024/01/31", "2024/02/01"], "%Y/%m/%d"),
    ],
)
def test_formats_are_found_and_read_the_same_days(texts, form):
    found = detect_time_format(pd.Series(texts, name="at"))
    assert found is not None
    assert (found.format, found.other) == (form, None)
    assert found.times.dt.strftime("%Y-%m-%d").tolist() == ["2024-01-31", "2024-02-01"]


@pytest.mark.parametrize(
    "texts",
    [["12", "1500"], ["1.5", "2.25"], ["0", "1"], ["660737", "660738"], ["A-12-3", "B-14-2"], ["", ""],
     ["10-50M", "50-250M"], ["2024", "2023"], ["+49 221 1234", "+49 30 987654"], ["10.0.0.1", "10.0.0.2"]],
)  # fmt: skip
def test_what_is_no_time_is_taken_for_none(texts):
    assert detect_time_format(pd.Series(texts, name="x")) is None


def test_a_date_that_could_be_either_is_said_with_both_formats():
    found = detect_time_format(pd.Series(["01/02/2024", "03/04/2024"], name="at"))
    assert found is not None
    assert (found.format, found.other) == ("%d/%m/%Y", "%m/%d/%Y")


def test_one_day_over_twelve_among_many_decides():
    texts = [f"0{1 + i % 9}/0{1 + i % 7}/2024" for i in range(500)] + ["04/13/2024"]
    found = detect_time_format(pd.Series(texts, name="at"))
    assert found is not None
    assert (found.format, found.other) == ("%m/%d/%Y", None)
    assert "04/13/2024" in found.reason


def test_a_column_that_can_tell_speaks_for_another_file_that_cannot(tmp_path):
    leads = "id,created\n" + "".join(f"{i},0{i}/0{i}/2024\n" for i in range(1, 8))
    deals = "id,closed\n" + "".join(f"{i},0{i}/1{i}/2024\n" for i in range(1, 8))
    for name, text in (("leads", leads), ("deals", deals)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    sheets = read_tables({name: tmp_path / f"{name}.csv" for name in ("leads", "deals")})
    assert sheets["deals"].times["closed"].format == "%m/%d/%Y"
    created = sheets["leads"].times["created"]
    assert (created.format, created.other) == ("%m/%d/%Y", None)


def test_typed_times_need_no_format_and_days_alone_are_known_as_such():
    days = detect_time_format(pd.Series(pd.to_datetime(["2024-01-31", "2024-02-01"]), name="at"))
    zoned = detect_time_format(pd.Series(pd.to_datetime(["2024-01-31 08:00+01:00"], utc=True), name="at"))
    assert days is not None
    assert (days.format, days.by_day, days.zoned) == (None, True, False)
    assert zoned is not None
    assert (zoned.format, zoned.by_day, zoned.zoned) == (None, False, True)


@pytest.mark.parametrize(
    ("sheets", "chosen"),
    [
        (("Deals", "Contacts", "Activities"), {"leads": "Contacts", "activities": "Activities", "deals": "Deals"}),
        (
            ("Aktivitäten", "Abschlüsse", "Kunden"),
            {"leads": "Kunden", "activities": "Aktivitäten", "deals": "Abschlüsse"},
        ),
        (("Opportunities", "Export"), {"leads": "Export", "deals": "Opportunities"}),
        (("Lead history", "Leads"), {"leads": "Leads", "history": "Lead history"}),
        (("Sheet1", "Sheet2"), {"leads": "Sheet1"}),
    ],
)
def test_each_table_has_the_sheet_that_is_named_like_it(tmp_path, sheets, chosen):
    with pd.ExcelWriter(tmp_path / "crm.xlsx") as writer:
        for sheet in sheets:
            pd.DataFrame({"id": [1], "size": [2]}).to_excel(writer, sheet_name=sheet, index=False)
    assert {table: detect_format(table, tmp_path / "crm.xlsx").sheet for table in chosen} == chosen
