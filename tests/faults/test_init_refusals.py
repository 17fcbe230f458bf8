"""Files that `leadlight init` cannot make a proposal from: one sentence and its exit code.

Of files that cannot be read nothing is written; of others a draft, which says what is to be settled before it can run.
"""

import gzip
import random
import sqlite3
import sys

import pandas as pd
import pytest
from ruamel.yaml import YAML

from leadlight.pipelines.params import load_params

PARAMS, SOURCE, NOT_ENOUGH = 3, 4, 5
LEADS = "id,created,size\n" + "".join(f"L{n},2024-01-{n % 28 + 1:02d},{n % 7}\n" for n in range(60))
DEALS = "id,closed,status\n" + "".join(
    f"L{n},2024-02-{n % 28 + 1:02d},{'won' if n % 3 else 'lost'}\n" for n in range(60)
)


@pytest.fixture
def init(tmp_path, monkeypatch, capsys):
    """Run `leadlight init` on tables of text or bytes; return exit code, stdout and stderr."""

    def run(*more: str, output: str = "params.yaml", **tables: str | bytes) -> tuple[int, str, str]:
        from leadlight.pipelines.cli.main import main

        words = ["leadlight", "init", "--output", str(tmp_path / output)]
        for table, content in tables.items():
            path = tmp_path / f"{table}.csv"
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
            words += [f"--{table}", str(path)]
        monkeypatch.setattr(sys, "argv", [*words, *more])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def refused(init, tmp_path):
    """Demand a refusal: one sentence, the exit code, and the folder as it was."""

    def check(*more: str, code: int = SOURCE, **tables: str | bytes) -> str:
        before = {path.name for path in tmp_path.iterdir()} | {f"{name}.csv" for name in tables}
        found, out, error = init(*more, **tables)
        said = error.strip()
        assert found == code, out + said
        assert said.startswith("Error: The ")
        assert said.count("\n") == 0
        assert " must " in said
        assert "Got " in said
        assert said.endswith(".")
        assert "leadlight run" not in out
        assert {path.name for path in tmp_path.iterdir()} == before
        return said

    return check


@pytest.fixture
def drafted(init, tmp_path):
    """Demand a draft that says at its top what is to be settled, and an exit code that is not 0."""

    def check(*more: str, code: int = SOURCE, **tables: str | bytes) -> tuple[str, str]:
        found, out, error = init(*more, **tables)
        said = error.strip()
        assert found == code, out + said
        assert said.startswith("Error: The ")
        assert " must " in said
        assert "Got " in said
        assert said.endswith("it cannot run before that is settled.")
        assert "leadlight run" not in out
        text = (tmp_path / "params.yaml").read_text(encoding="utf-8")
        assert "# look: this file cannot run yet: The " in text
        YAML(typ="safe", pure=True).load(text)
        return said, text

    return check


def test_good_files_are_not_refused(init, tmp_path):
    code, _, error = init(leads=LEADS, deals=DEALS)
    assert (code, error) == (0, "")
    assert "max_bad_share" not in (tmp_path / "params.yaml").read_text(encoding="utf-8")


def test_a_params_file_that_is_there_is_kept_unless_force_is_given(init, refused, tmp_path):
    (tmp_path / "params.yaml").write_text("mine", encoding="utf-8")
    assert "params.yaml" in refused(leads=LEADS, deals=DEALS, code=PARAMS)
    assert (tmp_path / "params.yaml").read_text(encoding="utf-8") == "mine"
    code, _, error = init("--force", leads=LEADS, deals=DEALS)
    assert (code, error) == (0, "")
    assert (tmp_path / "params.yaml").read_text(encoding="utf-8").startswith("# Proposed by")


def test_force_does_not_destroy_a_params_file_where_the_files_are_bad(init, tmp_path):
    (tmp_path / "params.yaml").write_text("mine", encoding="utf-8")
    code, _, _ = init("--force", leads=LEADS, deals="")
    assert code == SOURCE
    assert (tmp_path / "params.yaml").read_text(encoding="utf-8") == "mine"


def test_a_missing_file_is_named(refused, tmp_path):
    assert "gone.csv" in refused("--leads", str(tmp_path / "gone.csv"))


def junk(kind: str) -> bytes:
    noise = random.Random(1).randbytes(20_000)
    return {
        "noise": noise,
        "workbook": b"PK\x03\x04" + noise,
        "cut gzip": gzip.compress(LEADS.encode())[:60],
        "broken Parquet": b"PAR1" + noise,
        "PDF": b"%PDF-1.7\n" + noise,
        "zeros": bytes(5_000),
    }[kind]


@pytest.mark.parametrize("kind", ["noise", "workbook", "cut gzip", "broken Parquet", "PDF", "zeros"])
def test_binary_files_are_refused(refused, kind):
    refused(leads=junk(kind), deals=DEALS)


@pytest.mark.parametrize("name", ["leads.csv.gz", "leads.parquet"])
def test_a_damaged_file_with_the_right_name_is_refused(refused, tmp_path, name):
    content = gzip.compress(LEADS.encode() * 50)[:-200] if name.endswith("gz") else b"PAR1" + bytes(500)
    (tmp_path / name).write_bytes(content)
    assert name in refused("--leads", str(tmp_path / name), deals=DEALS)


def test_a_database_is_refused(refused, tmp_path):
    connection = sqlite3.connect(tmp_path / "crm.db")
    pd.DataFrame({"id": [1, 2]}).to_sql("leads", connection)
    connection.close()
    assert "SQLite" in refused("--leads", str(tmp_path / "crm.db"), deals=DEALS)


@pytest.mark.parametrize("content", ["", "\n\n", "   \n"])
def test_an_empty_file_is_refused(refused, content):
    assert "empty" in refused(leads=content, deals=DEALS)


def test_a_header_without_rows_is_refused(refused):
    assert "at least one row" in refused(leads="id,created,size\n", deals=DEALS)


def test_one_column_is_refused(refused):
    assert "two columns" in refused(leads="id\n1\n2\n", deals=DEALS)


def test_deals_without_a_key_in_common_are_left_out_with_the_columns_of_both(drafted):
    said, text = drafted(leads=LEADS, deals=DEALS.replace("\nL", "\nX"))
    assert "leads has id, created, size; deals has id, closed, status." in said
    assert "look: deals.csv is left out: The tables leads and deals must share" in text
    assert "lead_id: id" in text


def test_leads_without_a_key_are_drafted_by_the_number_of_the_row(drafted):
    said, text = drafted(leads="a,b\n" + "1,2\n2,2\n" * 25, deals=DEALS)
    assert "different value for each lead" in said
    assert "lead_id: null" in text


def test_leads_without_a_time_cannot_run_beside_deals(drafted):
    said, _ = drafted(leads="id,size\n" + "".join(f"L{n},{n % 7}\n" for n in range(60)), deals=DEALS)
    assert "time of its creation" in said


def test_deals_without_a_time_are_left_out(drafted):
    rows = "".join(f"L{n},won\n" for n in range(60))
    assert "time of its close" in drafted(leads=LEADS, deals="id,status\n" + rows)[0]


def test_leads_alone_without_an_outcome_are_drafted_with_the_columns_that_may_be_one(drafted):
    said, text = drafted(leads=LEADS)
    assert "--deals" in said
    assert "look: which column says who won? Perhaps size; or give" in text
    assert "# outcome: {column: size, won: [" in text


def test_leads_of_which_nothing_is_known_are_drafted_with_the_reasons(drafted):
    lines = [line.rpartition(",")[0] for line in LEADS.splitlines()[1:]]
    same = "\n".join(["id,created,size", *(f"{line},big" for line in lines)])
    assert "Got size: the same in all rows that have a value: big." in drafted(leads=same, deals=DEALS)[0]


def test_columns_of_keys_and_times_alone_are_nothing_known(drafted):
    none = "\n".join(["id,created", *(line.rpartition(",")[0] for line in LEADS.splitlines()[1:])])
    assert "only columns of keys and times" in drafted(leads=none, deals=DEALS)[0]


@pytest.mark.parametrize("table", ["activities", "history", "stages"])
def test_another_file_that_cannot_be_mapped_is_left_out_of_a_proposal_that_runs(init, tmp_path, table):
    strangers = "id,what,was,at\n" + "".join(f"X{n},size,{n},2024-01-03\n" for n in range(60))
    code, _, error = init(leads=LEADS, deals=DEALS, **{table: strangers})
    assert (code, error) == (0, "")
    text = (tmp_path / "params.yaml").read_text(encoding="utf-8")
    assert f"look: {table}.csv is left out: The tables leads and {table} must share the lead's key." in text
    assert getattr(load_params(tmp_path / "params.yaml").source, table) is None


def test_a_row_that_excel_puts_above_the_header_is_named(refused):
    assert "Got 'sep=;'" in refused(leads="sep=;\n" + LEADS.replace(",", ";"), deals=DEALS)


def test_deals_none_of_which_was_won_are_drafted(drafted):
    said, text = drafted(leads=LEADS, deals=DEALS.replace("won", "lost"), code=NOT_ENOUGH)
    assert "The column status of deals must have a value that means won. Got lost." in said
    assert "status: {column: status, won: [], lost: [lost]}" in text


def test_deals_of_other_leads_than_those_that_were_won_are_drafted(drafted):
    rows = "".join(f"L{n},2024-02-01,{'lost' if n < 60 else 'won'}\n" for n in range(70))
    said, _ = drafted(leads=LEADS, deals="id,closed,status\n" + rows)
    assert "Got 10 unusable of 70, most often because in column id: lead is not in leads" in said


def test_a_draft_replaces_no_file_without_force(drafted, init, tmp_path):
    drafted(leads=LEADS)
    assert init(leads=LEADS, deals=DEALS)[0] == PARAMS
    assert init("--force", leads=LEADS, deals=DEALS)[0] == 0
    assert "cannot run" not in (tmp_path / "params.yaml").read_text(encoding="utf-8")


def test_a_folder_in_place_of_the_output_is_refused(refused, tmp_path):
    (tmp_path / "mine").mkdir()
    said = refused("--output", str(tmp_path / "mine"), "--force", leads=LEADS, deals=DEALS)
    assert "Got the folder" in said
