"""How tables are read, drawn: what stands in the source on the left, what comes out on the right."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

FLAT = """\
source:
  leads: {path: leads.csv, lead_id: id, outcome: {column: won, won: [1]}%s}
attributes: {size: {kind: number}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "source"


@pytest.fixture
def read(folder: Path):
    """Write params and files (text, bytes or a frame), ingest, return the report and a reader of tables."""

    def run(params: str, **files: str | bytes | pd.DataFrame):
        folder.mkdir(exist_ok=True)
        (folder / "params.yaml").write_text(params, encoding="utf-8")
        for name, content in files.items():
            path = folder / name.replace("__", ".")
            if isinstance(content, pd.DataFrame):
                content.to_parquet(path)
            else:
                path.write_bytes(content.encode() if isinstance(content, str) else content)
        report = ingest(load_params(folder / "params.yaml"), folder, Workdir(folder / "work"))
        return report, lambda name: pd.read_parquet(folder / "work" / "tables" / f"{name}.parquet")

    return run


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple]:
    """Return the cells as text; None where nothing is known."""
    chosen = frame[list(columns)].astype("object").where(frame[list(columns)].notna(), None)
    return [tuple(None if cell is None else str(cell) for cell in row) for row in chosen.itertuples(index=False)]


GERMAN = """\
source:
  timezone: Europe/Berlin
  missing: ["unbekannt"]
  leads:
    path: kontakte.csv
    delimiter: ";"
    encoding: latin-1
    lead_id: kontakt
    created_at: {column: angelegt, format: "%d.%m.%Y"}
    consent: {column: einwilligung, granted: [ja, 1]}
    owner: betreuer
  activities:
    {path: aktionen.csv.gz, lead_id: kontakt, occurred_at: {column: am, format: ISO8601}, type: aktion}
  deals: {path: deals.parquet, lead_id: kontakt, closed_at: am, amount: betrag}
attributes: {branche: {kind: category}}
signals: {Demo: {effect: raises}}
"""


def test_a_german_export_in_three_kinds_of_file(read):
    leads = "kontakt;angelegt;branche;einwilligung;betreuer\n"
    leads += "7;01.02.2024;Möbel;ja;Jörg\n8;02.07.2024;unbekannt;;\n"
    actions = "kontakt,am,aktion\n7,2024-02-01T10:00:00,Demo\n8,2024-07-02T10:00:00,Flug\n"
    deals = pd.DataFrame({"kontakt": [7], "am": pd.to_datetime(["2024-02-03 10:00"]), "betrag": [99.5]})
    report, table = read(
        GERMAN,
        kontakte__csv=leads.encode("latin-1"),
        aktionen__csv__gz=gzip.compress(actions.encode()),
        deals__parquet=deals,
    )
    assert rows(table("leads"), "lead_id", "created_at", "consent", "owner") == [
        ("7", "2024-01-31 23:00:00", "True", "Jörg"),
        ("8", "2024-07-01 22:00:00", "False", None),
    ]
    assert rows(table("attributes"), "branche") == [("moebel",), (None,)]
    assert rows(table("activities"), "lead_id", "occurred_at", "type") == [
        ("7", "2024-02-01 09:00:00", "Demo"),
        ("8", "2024-07-02 08:00:00", "Flug"),
    ]
    assert rows(table("deals"), "lead_id", "closed_at", "won", "amount") == [
        ("7", "2024-02-03 09:00:00", "True", "99.5")  # a won-only table: every deal is won
    ]
    assert report["unnamed_activity_types"] == ["Flug"]
    assert report["activity_types"] == {"Demo": 1, "Flug": 1}
    assert report["time"] == "dates"
    assert report["known_until"] == "2024-07-02T08:00:01"
    assert report["quarantine"] == []


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (["7", "8"], ["7", "8"]),
        ([7, 8], ["7", "8"]),
        ([7.0, 8.0], ["7", "8"]),
        (["007", "7"], ["007", "7"]),
        ([" A ", "B\t"], ["A", "B"]),
        (["a b", "Ä-1"], ["a b", "Ä-1"]),
        ([9007199254740993, 9007199254740995], ["9007199254740993", "9007199254740995"]),
    ],
    ids=["text", "numbers", "floats", "leading zeros", "blanks around", "blanks within", "beyond 2^53"],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_lead_ids_are_text_as_it_stands(read, kind: str, written: list, read_as: list[str]):
    if kind == "csv" and isinstance(written[0], float):
        read_as = [str(number) for number in written]  # a CSV file has no floats: 7.0 is the text 7.0
    frame = pd.DataFrame({"id": written, "size": [1, 2], "won": [1, 0]})
    params = (FLAT % "").replace("leads.csv", f"leads.{kind}")
    content = frame if kind == "parquet" else frame.to_csv(index=False)
    _, table = read(params, **{f"leads__{kind}": content})
    assert table("leads")["lead_id"].tolist() == read_as


@pytest.mark.parametrize(
    ("won", "cells", "outcomes"),
    [
        ("[1]", ["1", "0", ""], ["won", "open", "open"]),
        ("[1]", [1, 0, 0], ["won", "open", "open"]),
        ("[1]", [1.0, 0.0, None], ["won", "open", "open"]),
        ('["1"]', [1, 0, 0], ["won", "open", "open"]),
        ("[true]", [True, False, False], ["won", "open", "open"]),
        ("[true]", ["true", "false", ""], ["won", "open", "open"]),
        ("[true]", ["TRUE", "FALSE", ""], ["won", "open", "open"]),
        ("[yes]", ["yes", "no", " YES"], ["won", "open", "won"]),
        ("[1], lost: [0]", ["1", "0", ""], ["won", "lost", "open"]),
        ("[gewonnen], lost: [verloren]", ["gewonnen", " verloren ", "?"], ["won", "lost", "open"]),
    ],
)
def test_an_outcome_means_what_params_say_in_any_type(read, won: str, cells: list, outcomes: list[str]):
    frame = pd.DataFrame({"id": ["A", "B", "C"], "size": [1, 2, 3], "won": cells})
    params = (FLAT % "").replace("leads.csv", "leads.parquet").replace("[1]", won)
    report, table = read(params, leads__parquet=frame)
    assert table("leads")["outcome"].tolist() == outcomes
    deals = [(str(i), str(o == "won")) for i, o in zip("ABC", outcomes, strict=True) if o != "open"]
    assert rows(table("deals"), "lead_id", "won") == deals
    assert report["rows"]["deals"] == len(deals)


def test_an_order_column_stands_in_for_time(read):
    text = "id,size,won,nr\nA,1,1,30\nB,2,0,10\nC,3,0,20\nD,4,0,20\n"
    report, table = read(FLAT % ", order: nr", leads__csv=text)
    assert report["time"] == "order"
    assert table("leads").sort_values(["created_at", "lead_id"])["lead_id"].tolist() == ["B", "C", "D", "A"]
    assert table("leads").set_index("lead_id")["created_at"].nunique() == 3


def test_what_is_no_number_to_order_by_goes_to_quarantine_under_its_own_column(read, folder):
    text = "id,size,won,nr\nA,1,1,30\nB,2,0,\nC,3,0,x\n"
    report, _ = read((FLAT % ", order: nr").replace("source:", "source:\n  max_bad_share: 1"), leads__csv=text)
    assert report["rows"]["leads"] == 1
    found = pd.read_csv(folder / "work" / "tables" / "quarantine.csv", keep_default_na=False)
    assert rows(found, "row", "column", "reason", "value") == [
        ("2", "nr", "no number to order by", ""),
        ("3", "nr", "no number to order by", "x"),
    ]


def test_without_dates_and_order_the_sequence_is_random_but_the_same_each_time(read):
    text = "id,size,won\n" + "".join(f"L{n},1,{n % 2}\n" for n in range(40))
    report, table = read(FLAT % "", leads__csv=text)
    assert report["time"] == "none"
    first = table("leads").sort_values("created_at")["lead_id"].tolist()
    assert first != sorted(first, key=lambda lead: int(lead[1:]))
    # neither the order of rows nor another run changes it
    lines = text.splitlines()
    shuffled = "\n".join([lines[0], *reversed(lines[1:])]) + "\n"
    again = read(FLAT % "", leads__csv=shuffled)[1]("leads").sort_values("created_at")
    assert again["lead_id"].tolist() == first


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_missing_values_are_unknown_in_text_and_in_numbers(read, kind: str):
    params = """\
source:
  missing: ["Select", -1]
  leads: {path: leads.%s, lead_id: id, outcome: {column: won, won: [1]}}
attributes: {size: {kind: number}, trade: {kind: category}}
"""
    frame = pd.DataFrame(
        {"id": ["A", "B", "C"], "size": [5, -1, 7], "trade": [" Select ", "", "Selected"], "won": [1, 0, 0]}
    )
    content = frame if kind == "parquet" else frame.to_csv(index=False)
    report, table = read(params % kind, **{f"leads__{kind}": content})
    assert rows(table("attributes"), "size", "trade") == [("5.0", None), (None, None), ("7.0", "selected")]
    assert report["quarantine"] == []


def test_spellings_map_to_the_most_frequent_one(read):
    trades = ["Steel", "steel", "STEEL", "Steel", "Möbel  und Holz", "möbel und holz", "möbel und holz", ""]
    text = "id,size,won\n" + "".join(f"L{n},{trade},0\n" for n, trade in enumerate(trades))
    report, table = read((FLAT % "").replace("number", "category"), leads__csv=text)
    assert report["spellings"] == {"size": {"steel": "Steel", "moebel und holz": "möbel und holz"}}
    assert table("attributes")["size"].tolist()[:4] == ["steel"] * 4


def test_a_byte_order_mark_is_no_part_of_the_first_column(read):
    text = "id,size,won\nA,1,1\nB,2,0\n".encode("utf-8-sig")
    assert read(FLAT % "", leads__csv=text)[1]("leads")["lead_id"].tolist() == ["A", "B"]


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-8-sig"])
def test_a_byte_order_mark_is_no_part_of_an_uneven_file_either(read, encoding):
    text = "id,size,won\nA,1,1,\nB,2,0\n".encode("utf-8-sig")
    params = (FLAT % "").replace("lead_id: id", f"lead_id: id, encoding: {encoding}")
    assert read(params, leads__csv=text)[1]("leads")["lead_id"].tolist() == ["A", "B"]


def test_quoted_delimiters_and_line_breaks_stay_within_their_cell(read):
    text = 'id,size,won\n"A, B","1\n",1\n"C ""x""",2,0\n'
    leads = read((FLAT % "").replace("number", "category"), leads__csv=text)[1]("leads")
    assert leads["lead_id"].tolist() == ["A, B", 'C "x"']


def test_the_words_na_and_null_are_words(read):
    text = "id,size,won\nNA,null,1\nB,NA,0\n"
    _, table = read((FLAT % "").replace("number", "category"), leads__csv=text)
    assert rows(table("attributes"), "lead_id", "size") == [("NA", "null"), ("B", "na")]


def test_consent_is_unknown_where_it_is_not_mapped(read):
    _, table = read(FLAT % "", leads__csv="id,size,won\nA,1,1\n")
    assert table("leads")["consent"].isna().all()


@pytest.mark.parametrize(
    ("granted", "cells", "given"),
    [
        ("[ja]", ["ja", "nein", ""], [True, False, False]),
        ("[1]", [1, 0, 2], [True, False, False]),
        ("[true]", [True, False, None], [True, False, False]),
        ("[ja, double opt-in]", ["double opt-in", "JA", "j a"], [True, True, False]),
    ],
)
def test_consent_is_given_only_by_the_values_that_params_name(read, granted: str, cells: list, given: list):
    params = (FLAT % f", consent: {{column: mail, granted: {granted}}}").replace("leads.csv", "leads.parquet")
    frame = pd.DataFrame({"id": ["A", "B", "C"], "size": [1, 1, 1], "won": [1, 0, 0], "mail": cells})
    assert read(params, leads__parquet=frame)[1]("leads")["consent"].tolist() == given
