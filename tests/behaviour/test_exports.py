"""``leadlight export``: which leads are written, as they are on the pages, into a folder that loses nothing else."""

import csv
import datetime as dt
import io
import json
import os
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from leadlight.features.errors import SourceError, StoreError
from leadlight.pipelines.exports.cells import FORMULA_SIGNS
from leadlight.pipelines.exports.export import FORMATS, export_scores
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.lead_display import LeadDisplay
from leadlight.serving.store import open_store

UPDATE = os.environ.get("LEADLIGHT_UPDATE_RESULTS") == "1"
GOLDEN = Path(__file__).parent / "golden"
FIRST, SECOND, THIRD = dt.datetime(2025, 8, 30), dt.datetime(2025, 8, 31), dt.datetime(2025, 9, 1)
#: what is done to each of eight leads between two nights; ids as each CRM has them
CASES = ("same", "points", "same_points", "stage", "grade", "gone", "new", "words")
IDS = {
    "csv": dict(zip(CASES, ("a", "b", "c", "d", "=e", "\tf", "g", "h"), strict=True)),
    "salesforce": {case: f"{'003' if case == 'new' else '00Q'}5e00000aBcD{place}" for place, case in enumerate(CASES)},
    "dynamics": {case: f"5F0c1a2e-0000-4000-8000-00000000000{place}" for place, case in enumerate(CASES)},
    "hubspot": {case: str(101 + place) for place, case in enumerate(CASES)},
}


@pytest.fixture
def workdir(tmp_path):
    return Workdir(tmp_path / "work")


@pytest.fixture
def write(workdir, night):
    """Write a night into the store of the working folder."""

    def write(as_of, *rows, display=(), model="model-1", **words):
        workdir.root.mkdir(exist_ok=True)
        with closing(open_store(workdir.store_url)) as store:
            run = night(as_of, model, {**night().words, **words})
            store.write_run(run, pd.DataFrame(rows), display=display)

    return write


@pytest.fixture
def two_nights(write, lead):
    """Write the cases, with the ids of a CRM."""

    def two_nights(ids, **words):
        before = [
            lead(ids["same"], 30.0, FIRST), lead(ids["points"], 40.0, FIRST), lead(ids["same_points"], 45.1, FIRST),
            lead(ids["stage"], 52.0, FIRST, stage="lead", held_back="no_consent"), lead(ids["grade"], 20.0, FIRST),
            lead(ids["gone"], 33.0, FIRST), lead(ids["words"], 60.0, FIRST),
        ]  # fmt: skip
        after = [
            lead(ids["same"], 30.0, SECOND, 1), lead(ids["points"], 79.6, SECOND, 1),
            lead(ids["same_points"], 45.3, SECOND, 1), lead(ids["stage"], 52.0, SECOND, 1),
            lead(ids["grade"], 20.0, SECOND, 1, fit_grade="A"), lead(ids["new"], 10.0, SECOND),
            lead(ids["words"], 61.0, SECOND, 1),
        ]  # fmt: skip
        reasons = json.loads(after[-1]["reasons"])
        reasons[0]["value"] = 'Zoë, "R&D"\r\n=2+3 ' + "long " * 80
        after[-1]["reasons"] = json.dumps(reasons)
        mails = [LeadDisplay(row["lead_id"], email=f"{number}@example.com") for number, row in enumerate(after)]
        write(FIRST, *before, **words)
        write(SECOND, *after, display=mails, **words)

    return two_nights


def read_csv(path: Path) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(io.StringIO(path.read_bytes().decode()))
    return {next(iter(row.values())): row for row in rows}


def join_files(folder: Path) -> str:
    """All files of a folder in one text, with carriage returns to be seen."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    texts = [(path.relative_to(folder).as_posix(), path.read_bytes().decode()) for path in files]
    return "".join(f"=== {name}\n{text}" for name, text in texts).replace("\r", "<CR>")


@pytest.mark.parametrize("chosen", FORMATS)
def test_the_files_are_those_that_were_checked(workdir, two_nights, chosen):
    two_nights(IDS[chosen])
    done = export_scores(workdir, chosen)
    assert done.folder == workdir.root / "exports" / chosen
    path, text = GOLDEN / f"export-{chosen}.txt", join_files(done.folder)
    if UPDATE:
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode()


def test_changed_new_and_gone_leads_are_written_and_no_others(workdir, two_nights):
    ids = {case: case for case in CASES}
    two_nights(ids)
    done = export_scores(workdir, "csv")
    rows = read_csv(done.folder / "leads.csv")
    assert sorted(rows) == ["gone", "grade", "new", "points", "stage", "words"]
    assert (done.written, done.closed, done.since) == (6, 1, FIRST)
    assert rows["points"]["score"] == "79", "not 80: the lead is not sales qualified"
    empty = [value for name, value in rows["gone"].items() if name not in {"lead_id", "stage", "scored_at"}]
    assert (rows["gone"]["stage"], set(empty)) == ("closed", {""})
    assert rows["points"]["reason_1"] == "Industry: Retail (+68)"


def test_all_writes_every_lead_and_those_that_closed_long_ago(workdir, two_nights, write, lead):
    two_nights({case: case for case in CASES})
    write(THIRD, lead("same", 30.0, THIRD, 2))
    assert {"same", "gone", "new"} <= read_csv(
        export_scores(workdir, "csv", everything=True).folder / "leads.csv"
    ).keys()
    assert "gone" not in read_csv(export_scores(workdir, "csv").folder / "leads.csv")


def test_the_first_night_is_written_whole(workdir, write, lead):
    write(FIRST, lead("a", 30.0, FIRST))
    done = export_scores(workdir, "csv")
    assert (done.written, done.since, done.whole) == (1, None, "no earlier night is stored")


def test_a_night_without_changes_is_a_header_for_csv_and_no_import_for_hubspot(workdir, write, lead):
    write(FIRST, lead("1", 30.0, FIRST))
    write(SECOND, lead("1", 30.0, SECOND, 1))
    assert export_scores(workdir, "csv").files == {"leads.csv": 0}
    assert sorted(export_scores(workdir, "hubspot").files) == ["properties.json", "property-group.json"]


def test_a_rank_stands_where_pages_show_one(workdir, write, lead):
    old_and_new = {"calibration": {"all": "holds", "new": "fails"}}
    rows = [lead("old", 30.0, FIRST), lead("new", 40.0, FIRST, -15), lead("best", 50.0, FIRST)]
    write(FIRST, *rows, **old_and_new)
    found = read_csv(export_scores(workdir, "csv").folder / "leads.csv")
    assert (found["old"]["probability"], found["old"]["rank"]) == ("0.15", "")
    assert (found["new"]["probability"], found["new"]["rank"]) == ("", "2")


def test_a_probability_that_no_longer_holds_is_replaced_though_the_score_is_the_same(workdir, write, lead):
    write(FIRST, lead("1", 30.0, FIRST))
    write(SECOND, lead("1", 30.0, SECOND, 1), calibration={"all": "fails"})
    folder = export_scores(workdir, "hubspot").folder
    assert read_csv(folder / "leads.csv")["1"]["leadlight_rank"] == "1"
    cleared = json.loads((folder / "clear.jsonl").read_text())["inputs"]
    assert cleared == [{"id": "1", "properties": {"leadlight_probability": ""}}]


@pytest.mark.parametrize("how", ["scored twice", "taken back"])
def test_a_night_that_was_replaced_is_written_whole(workdir, write, lead, how):
    write(FIRST, lead("a", 30.0, FIRST))
    write(SECOND, lead("a", 70.0, SECOND))
    if how == "taken back":
        with closing(open_store(workdir.store_url)) as store:
            store.withdraw_run(SECOND, "a test")
    write(SECOND, lead("a", 30.0, SECOND, 1, model_version="model-2"), model="model-2")
    done = export_scores(workdir, "csv")
    assert read_csv(done.folder / "leads.csv")["a"]["score"] == "30", "the CRM may hold 70"
    assert done.since is None


@pytest.mark.parametrize("sign", FORMULA_SIGNS)
def test_no_cell_of_text_begins_as_a_formula(workdir, write, lead, night, sign):
    topics = {"industry": {"kind": "attribute", "group": "fit", "label": {"en": f"{sign}cmd|' /C calc'!A0"}}}
    topics |= {name: topic for name, topic in night().words["topics"].items() if name != "industry"}
    for number, chosen in (("9", "csv"), ("9", "hubspot")):
        write(FIRST, lead(number, 30.0, FIRST), topics=topics)
        folder = export_scores(workdir, chosen).folder
        rows = list(csv.reader(io.StringIO((folder / "leads.csv").read_bytes().decode(), newline="")))
        assert not [cell for row in rows for cell in row if cell.startswith(tuple(FORMULA_SIGNS))]
        assert chosen == "csv" or not [cell for row in rows for cell in row if cell.startswith("'")]


def test_an_id_that_is_a_formula_gets_an_apostrophe_in_csv(workdir, write, lead):
    write(FIRST, lead("=1+1", 30.0, FIRST))
    assert "'=1+1" in read_csv(export_scores(workdir, "csv").folder / "leads.csv")


def test_a_store_without_a_night_is_told_in_one_sentence(workdir, call_leadlight, tmp_path):
    with pytest.raises(StoreError, match=r"must hold a night.*Got no store"):
        export_scores(workdir, "csv")
    workdir.root.mkdir()
    open_store(workdir.store_url).close()
    assert call_leadlight(["export", "--for", "csv"], tmp_path)[0] == 8
    assert not (workdir.root / "exports").exists()


def test_a_folder_with_other_files_is_left_alone(workdir, write, lead, tmp_path):
    write(FIRST, lead("a", 30.0, FIRST))
    output = tmp_path / "mine"
    export_scores(workdir, "csv", output=output)
    export_scores(workdir, "csv", output=output)
    (output / "letter.txt").write_text("mine")
    with pytest.raises(SourceError, match=r"letter\.txt: name another"):
        export_scores(workdir, "csv", output=output)
    assert (output / "letter.txt").read_text() == "mine"
    with pytest.raises(SourceError, match="Got the file"):
        export_scores(workdir, "csv", output=output / "letter.txt")


def test_a_failure_leaves_the_export_of_before(workdir, write, lead):
    write(FIRST, lead("1", 30.0, FIRST))
    folder = export_scores(workdir, "hubspot").folder
    before = join_files(folder)
    write(SECOND, lead("1", 30.0, SECOND, 1), lead("x", 30.0, SECOND))
    with pytest.raises(SourceError, match=r"such that hubspot can find them. Got none of 1, such as x: its id is no"):
        export_scores(workdir, "hubspot")
    assert join_files(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["hubspot"]


def test_the_command_says_what_it_wrote(workdir, two_nights, call_leadlight, tmp_path):
    two_nights({case: case for case in CASES})
    code, printed = call_leadlight(["export", "--for", "csv", "--output", "out"], tmp_path)
    assert (code, (tmp_path / "out" / "leads.csv").is_file()) == (0, True)
    assert "6, 1 of them closed (those that changed since 2025-08-30 00:00 UTC" in printed


def test_both_databases_stream_the_same(store, night, lead):
    store.write_run(night(FIRST), pd.DataFrame([lead(f"L-{n:04}", 30.0, FIRST) for n in range(1500)]))
    store.write_run(night(SECOND), pd.DataFrame([lead(f"L-{n:04}", 31.0, SECOND, 1) for n in range(1, 1501)]))
    run, before = store.get_latest_run(), store.get_latest_run(FIRST)
    changes = list(store.stream_changes(run, before, False))
    assert [change.now.lead_id for change in changes] == [f"L-{n:04}" for n in range(1501)]
    assert [change.before is None for change in changes] == [False] * 1500 + [True]
    assert changes[0].now.stage == "closed"
