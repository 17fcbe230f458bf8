"""A stored night and its files stay as they are, until the night is taken back; one run is at work at a time."""

import shutil
import sqlite3

import pandas as pd
import pytest

from leadlight.pipelines.jobs import score as score_job
from leadlight.pipelines.workspace.lock import lock_exclusively
from leadlight.pipelines.workspace.night_folder import lock_night
from leadlight.pipelines.workspace.workdir import Workdir

PARAMS, STORE, LOCKED = 3, 8, 9
TONIGHT, NEXT = "2024-10-20", "2024-10-21"


def change_source(crm):
    """Twice the employees: most scores move."""
    for row in crm.tables["leads"]:
        row["employees"] = 2 * int(row["employees"]) + 300
        row["industry"] = {"Steel": "Food", "Food": "Paper", "Paper": "Steel"}[row["industry"]]
    crm.write("leads")


def read_files(crm):
    """Checksums of the files of nights; the store holds what is shown of leads, which a rerun replaces."""
    kept = crm.listing().items()
    return {n: sum_ for n, sum_ in kept if n.startswith(("scores/", "night/")) and not n.endswith(".lock")}


def read_view(crm):
    with sqlite3.connect(crm.work / "leadlight.db") as connection:
        query = "SELECT lead_id, as_of, probability, score, stage, reasons FROM scores ORDER BY lead_id, night"
        return connection.execute(query).fetchall()


def test_a_rerun_with_another_source_changes_neither_store_nor_files(trained_crm, leadlight):
    files, rows = read_files(trained_crm), read_view(trained_crm)
    change_source(trained_crm)
    done = leadlight(trained_crm, "score", "--as-of", TONIGHT)
    assert done.code == 0, done.err
    assert "would score differently with what the source holds now" in done.out
    assert f"leadlight withdraw {TONIGHT} --why" in done.out
    assert "Top of the queue" not in done.out
    assert read_files(trained_crm) == files
    assert read_view(trained_crm) == rows


def test_a_rerun_does_not_write_another_file_either(trained_crm, leadlight):
    change_source(trained_crm)
    other = trained_crm.folder / "other.parquet"
    assert leadlight(trained_crm, "score", "--as-of", TONIGHT, "--output", str(other)).code == 0
    assert not other.exists()


def test_a_rerun_with_the_same_source_brings_a_lost_file_back(trained_crm, leadlight):
    (file,) = (trained_crm.work / "scores").glob("*.parquet")
    before = file.read_bytes()
    file.unlink()
    assert leadlight(trained_crm, "score", "--as-of", TONIGHT).code == 0
    assert file.read_bytes() == before


def test_another_run_in_the_same_folder_is_refused(trained_crm, refused):
    with lock_night(Workdir(trained_crm.work)):
        for words in (["score", "--as-of", NEXT], ["withdraw", TONIGHT, "--why", "wrong"]):
            said = refused(trained_crm, *words, code=LOCKED, scratch="night/score.lock")
            assert "another scoring run" in said


def test_a_promotion_does_not_keep_a_night_from_running(trained_crm, leadlight):
    with lock_exclusively(Workdir(trained_crm.work).lock, "retraining or promotion"):
        assert leadlight(trained_crm, "score", "--as-of", NEXT).code == 0


def test_tables_that_another_command_replaces_do_not_reach_a_run(trained_crm, leadlight, monkeypatch):
    alone = trained_crm.folder / "alone.parquet"
    copy = shutil.copytree(trained_crm.work, trained_crm.folder / "copy")
    assert leadlight(trained_crm, "score", "--as-of", NEXT, "--output", str(alone)).code == 0
    shutil.rmtree(trained_crm.work)
    copy.rename(trained_crm.work)
    shown = read_view(trained_crm)

    def replace_tables(*given):
        """Put the tables of another source where the newest night keeps its own."""
        tables = trained_crm.work / "night" / "tables"
        leads = pd.read_parquet(tables / "attributes.parquet")
        leads.assign(industry="Paper", employees=1.0).to_parquet(tables / "attributes.parquet", index=False)

    monkeypatch.setattr(score_job, "check_lags", replace_tables)
    assert leadlight(trained_crm, "score", "--as-of", NEXT).code == 0
    (file,) = (trained_crm.work / "scores").glob("*2024-10-20T22*.parquet")
    assert file.read_bytes() == alone.read_bytes()
    assert len(read_view(trained_crm)) > len(shown)
    kept = pd.read_parquet(trained_crm.work / "night" / "tables" / "attributes.parquet")
    assert kept["industry"].nunique() == 3


def test_a_failed_run_leaves_the_tables_of_the_night_before(trained_crm, refused):
    (trained_crm.folder / "activities.csv").unlink()
    refused(trained_crm, "score", "--as-of", NEXT, code=4, scratch="night/score.lock")


def test_what_a_killed_run_left_is_removed(trained_crm, leadlight):
    left = trained_crm.work / "night" / "running" / "tables" / "leads.parquet"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    assert leadlight(trained_crm, "score", "--as-of", NEXT).code == 0
    assert not (trained_crm.work / "night" / "running").exists()


def test_a_night_is_taken_back_and_scored_again(trained_crm, leadlight):
    rows = read_view(trained_crm)
    assert leadlight(trained_crm, "score", "--as-of", NEXT).code == 0
    first, files = read_view(trained_crm), read_files(trained_crm)
    change_source(trained_crm)  # beyond what a night may move
    done = leadlight(trained_crm, "withdraw", NEXT, "--why", "employees of a test system")
    assert done.code == 0, done.err
    assert "Taken back: the night of 2024-10-20 22:00 UTC" in done.out
    assert read_view(trained_crm) == rows
    assert [path.name for path in (trained_crm.work / "scores" / "withdrawn").iterdir()] == [
        "scores-2024-10-20T220000Z.parquet"
    ]
    with sqlite3.connect(trained_crm.work / "leadlight.db") as connection:
        ((run, reason),) = connection.execute("SELECT run_id, reason FROM withdrawn").fetchall()
    assert run.startswith("2024-10-20T22:00:00")
    assert reason == "employees of a test system"
    assert leadlight(trained_crm, "score", "--as-of", NEXT, "--force", "a test").code == 0
    assert read_view(trained_crm) != first
    assert leadlight(trained_crm, "withdraw", NEXT, "--why", "once more").code == 0
    assert read_view(trained_crm) == rows
    for row in trained_crm.tables["leads"]:  # the source as it was
        row["employees"] = (row["employees"] - 300) // 2
        row["industry"] = {"Food": "Steel", "Paper": "Food", "Steel": "Paper"}[row["industry"]]
    trained_crm.write("leads")
    assert leadlight(trained_crm, "score", "--as-of", NEXT).code == 0
    assert read_view(trained_crm) == first
    again = read_files(trained_crm)
    assert {name for name in files if again[name] != files[name]} == set()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["2024-10-19", "--why", "wrong"], STORE, "must be the newest"),
        (["2024-10-20", "--why", " "], PARAMS, "The reason must not be empty"),
        (["yesterday", "--why", "wrong"], PARAMS, "Got 'yesterday'"),
    ],
)
def test_what_cannot_be_taken_back_is_refused(trained_crm, refused, words, code, says):
    said = refused(trained_crm, "withdraw", *words, code=code, scratch="night/score.lock")
    assert says in said


def test_without_a_store_nothing_is_taken_back_and_none_is_made(crm, refused):
    assert "Got no store" in refused(crm, "withdraw", TONIGHT, "--why", "wrong", code=STORE)
