"""Tables that are not as mapped: one sentence, exit code 4, and the tables of yesterday stay as they were."""

import gzip

import pytest

SOURCE = 4
TIME = '{column: created, format: "%Y-%m-%d %H:%M:%S"}'


def each(crm, table: str, column: str, value) -> None:
    """Set a column of every row and write the table."""
    for number, row in enumerate(crm.tables[table]):
        row[column] = value(number, row) if callable(value) else value
    crm.write(table)


@pytest.mark.parametrize("table", ["leads", "activities", "deals"])
def test_a_missing_file_is_named_with_its_key(crm, refused, table: str):
    crm.has_run("ingest")
    (crm.folder / f"{table}.csv").unlink()
    said = refused(crm, "ingest", code=SOURCE)
    assert f"source.{table}.path" in said
    assert f"{table}.csv" in said


def test_a_missing_file_leaves_no_working_folder_behind(crm, refused):
    (crm.folder / "leads.csv").unlink()
    refused(crm, "run", code=SOURCE)


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("    lead_id: lead\n    created", "    lead_id: id\n    created", "id"),
        ("column: created", "column: angelegt", "angelegt"),
        ("industry: {", "branche: {", "branche"),
    ],
)
def test_a_missing_column_is_named_beside_those_that_are_there(crm, refused, old, new, column: str):
    crm.has_run("ingest")
    crm.change(old, new)
    said = refused(crm, "ingest", code=SOURCE)
    assert f"must have the column {column}. Got lead, created, industry, employees." in said


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ('{column: created, format: "%d.%m.%Y"}', "fit the format '%d.%m.%Y'. Got '2024-01-01 08:00:00'."),
        ('{column: created, format: "DD.MM.YYYY"}', "fit the format 'DD.MM.YYYY'."),
        ('{column: created, format: "%Q"}', "must be a strptime format or ISO8601. Got '%Q'"),
        ("created", "{column: created, format: ...}. Got '2024-01-01 08:00:00'."),
    ],
)
def test_dates_are_never_guessed(crm, refused, time: str, words: str):
    crm.has_run("ingest")
    crm.change(TIME, time)
    assert words in refused(crm, "ingest", code=SOURCE)


@pytest.mark.parametrize("table", ["leads", "activities", "deals"])
def test_an_empty_table_is_refused(crm, refused, table: str):
    crm.has_run("ingest")
    crm.write(table, [])
    assert f"The table {table} ({table}.csv) must have at least one row" in refused(crm, "ingest", code=SOURCE)
    (crm.folder / f"{table}.csv").write_bytes(b"")
    assert "must have at least one row. Got an empty file." in refused(crm, "ingest", code=SOURCE)


def test_a_wrong_delimiter_is_told_with_the_likely_one(crm, refused):
    crm.change("path: leads.csv", 'path: leads.csv\n    delimiter: ";"')
    said = refused(crm, "ingest", code=SOURCE)
    assert "must have the column lead" in said
    assert said.endswith("Is source.leads.delimiter ','?")


def test_a_wrong_encoding_is_told(crm, refused):
    each(crm, "leads", "industry", "Öl und Gas")
    path = crm.folder / "leads.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    said = refused(crm, "ingest", code=SOURCE)
    assert "must be readable as CSV (delimiter ',', encoding utf-8)" in said
    assert "can't decode byte 0xd6" in said


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("leads.csv.gz", gzip.compress(b"lead,created,industry,employees\n" * 4000)[:-12], "Compressed file ended"),
        ("leads.csv.gz", b"hello", "Not a gzipped file"),
        ("leads.parquet", b"hello", "must be readable as Parquet"),
        ("leads.csv", b'lead,created,industry,employees\n"L1,2,3,4\n', "must be readable as CSV"),
    ],
)
def test_a_damaged_file_is_told(crm, refused, name: str, content: bytes, words: str):
    (crm.folder / name).write_bytes(content)
    crm.change("path: leads.csv", f"path: {name}")
    assert words in refused(crm, "ingest", code=SOURCE)


@pytest.mark.parametrize("word", ["viele", "1.234,5", "inf"])
def test_a_number_attribute_that_holds_words_is_refused(crm, refused, word: str):
    crm.has_run("ingest")
    each(crm, "leads", "employees", word)
    said = refused(crm, "ingest", code=SOURCE)
    assert "The attribute employees of leads must hold numbers, written like 1234.5" in said
    assert f"Got {word!r}." in said


@pytest.mark.parametrize(
    ("database", "words"),
    [
        ("sqlite:///{folder}/none.db", "The file of source.database must exist. Got {folder}/none.db."),
        ("sqlite:///{folder}/empty.db", "Got Table leads.csv not found."),
        ("nonsense", "The table leads must be readable as leads.csv of source.database"),
        ("nosuchdatabase://u@localhost/x", "The table leads must be readable as leads.csv"),
    ],
)
def test_a_database_that_cannot_be_read_is_told_and_not_made(crm, refused, database: str, words: str):
    (crm.folder / "empty.db").touch()
    crm.set("source.database", database.format(folder=crm.folder))
    assert words.format(folder=crm.folder) in refused(crm, "ingest", code=SOURCE)
    assert not (crm.folder / "none.db").exists()
