"""`leadlight report persona`: closed leads once each, as known before their close, told as an association."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from leadlight.features.errors import NotEnoughDataError, ParamsError, SourceError
from leadlight.pipelines.cli.main import app
from leadlight.pipelines.params import load_params
from leadlight.pipelines.reporting.report import write_report
from leadlight.pipelines.reports.persona.cohort import build_cohort
from leadlight.pipelines.reports.persona.report import REPORT
from leadlight.pipelines.stages.table import STAGES
from leadlight.pipelines.workspace.workdir import Workdir

pytestmark = pytest.mark.slow

HOSTILE = '<b onclick="alert(1)">Größe & "Söhne"</b>'
HORIZON = pd.Timedelta(days=90)


class Base:
    """A folder with params and clean tables that a test may change."""

    def __init__(self, folder):
        self.folder = folder
        self.work = Workdir(folder / "work")

    @property
    def params(self):
        return load_params(self.folder / "params.yaml")

    def read(self, name):
        return pd.read_parquet(self.work.tables / f"{name}.parquet")

    def write(self, name, table):
        table.to_parquet(self.work.tables / f"{name}.parquet", index=False)

    def people(self):
        return build_cohort(self.params, self.work)

    def report(self):
        return write_report(REPORT, self.params, self.work)[0]

    @property
    def page(self):
        return (self.work.root / "report" / "persona" / "index.html").read_text(encoding="utf-8")


@pytest.fixture
def copy(trained, tmp_path):
    """The clean tables, the snapshots and the params of the trained folder."""
    (tmp_path / "copy").mkdir()
    shutil.copy(trained / "params.yaml", tmp_path / "copy")
    for name in ("tables", "snapshots"):
        shutil.copytree(trained / "work" / name, tmp_path / "copy" / "work" / name)
    return Base(tmp_path / "copy")


def cut_off(base):
    return pd.Timestamp(json.loads(base.work.snapshot_report.read_text())["cut_off"])


def test_each_closed_lead_counts_once_and_nobody_else_does(copy):
    deals = copy.read("deals")
    deals = deals[deals["closed_at"] < cut_off(copy)]
    won = set(deals.loc[deals["won"], "lead_id"])
    report = copy.report()
    assert (report["won"], report["others"]) == (len(won), deals["lead_id"].nunique() - len(won))
    assert report["compared_with"] == "lost"
    for topic in report["topics"]:
        assert sum(row["won"] for row in topic["ranges"]) == report["won"]
        assert sum(row["lost"] for row in topic["ranges"]) == report["others"]
        named = [row for row in topic["ranges"] if row["name"] != "(other)"]
        assert all(row["won"] + row["lost"] >= 10 for row in named)


def test_only_fit_is_looked_at(copy):
    attributes = copy.params.attributes
    assert {t["feature"].split("__", 1)[1] for t in copy.report()["topics"]} == set(attributes)


def test_what_was_known_strictly_before_the_close_counts_and_what_came_with_it_does_not(copy):
    deals, history = copy.read("deals"), copy.read("history")
    first = deals[deals["won"] & (deals["closed_at"] < cut_off(copy))].iloc[0]
    before = copy.people()
    place = sorted(set(deals.loc[deals["closed_at"] < cut_off(copy), "lead_id"])).index(first["lead_id"])
    row = history[history["attribute"] == "industry"].iloc[[0]].assign(lead_id=first["lead_id"], value="poison")

    def known(seconds):
        moment = first["closed_at"] + pd.Timedelta(seconds=seconds)
        copy.write("history", pd.concat([history, row.assign(changed_at=moment)]).astype(history.dtypes))
        return copy.people().frame

    pd.testing.assert_frame_equal(known(0), before.frame)
    assert known(-1).loc[place, "attribute__industry"] == "poison"


def test_what_came_after_the_cut_off_changes_nothing(copy):
    report = json.loads(copy.work.snapshot_report.read_text())
    end = pd.Timestamp("2025-03-01")
    copy.work.snapshot_report.write_text(json.dumps(report | {"cut_off": end.isoformat()}))
    whole = copy.report()
    deals = copy.read("deals")
    assert (deals["closed_at"] >= end).any()
    copy.write("deals", deals[deals["closed_at"] < end])
    assert copy.report() == whole
    assert whole["until"].startswith("2025-03-01")


def test_without_lost_deals_the_others_are_those_whose_time_was_over(copy):
    deals, leads = copy.read("deals"), copy.read("leads")
    copy.write("deals", deals[deals["won"]])
    report = copy.report()
    end = cut_off(copy)
    winners = set(deals.loc[deals["won"] & (deals["closed_at"] < end), "lead_id"])
    over = leads[(leads["created_at"] + HORIZON <= end) & ~leads["lead_id"].isin(winners)]
    assert (report["won"], report["others"]) == (len(winners), len(over))
    assert report["called"] == "not won"
    assert "No deal is recorded as lost. The others are leads whose 90 days after creation ended" in copy.page
    assert " lost" not in re.sub(r"recorded as lost", "", copy.page.split("<main>")[1])


def test_deals_before_wins_were_recorded_do_not_count(copy):
    report = json.loads(copy.work.snapshot_report.read_text())
    copy.work.snapshot_report.write_text(json.dumps(report | {"left_truncation": "No wins before."}))
    snapshots = pd.read_parquet(copy.work.snapshots)
    since = pd.Timestamp("2024-06-01")
    snapshots[snapshots["as_of"] >= since].to_parquet(copy.work.snapshots, index=False)
    people = copy.people()
    deals = copy.read("deals")
    closed = deals[(deals["closed_at"] < cut_off(copy)) & (deals["closed_at"] >= people.since)]
    assert people.since >= since
    assert len(people.won) == closed["lead_id"].nunique()


@pytest.mark.parametrize("outcome", ['{column: got, won: ["1"]}', '{column: got, won: ["1"], lost: ["0"]}'])
def test_a_flat_export_without_dates_is_compared_by_its_outcome(tmp_path, outcome):
    rng = np.random.default_rng(1)
    industry = rng.choice(["Steel", "Food", ""], 900)
    got = rng.random(900) < np.where(industry == "Steel", 0.6, 0.2)
    frame = pd.DataFrame({"id": np.arange(900), "industry": industry, "size": rng.integers(1, 900, 900)})
    frame["got"] = np.where(got, "1", np.where(rng.random(900) < 0.9, "0", ""))
    frame.to_csv(tmp_path / "leads.csv", index=False)
    (tmp_path / "params.yaml").write_text(
        "source:\n  leads:\n    path: leads.csv\n    lead_id: id\n"
        f"    outcome: {outcome}\n"
        "attributes:\n  industry: {kind: category}\n  size: {kind: number}\n"
    )
    base = Base(tmp_path)
    for stage in ("ingest", "snapshot"):
        STAGES[stage].run(base.params, base.folder, base.work)
    report = base.report()
    assert report["won"] == got.sum()
    assert report["others"] == ((frame["got"] == "0") if "lost" in outcome else ~got).sum()
    assert report["until"] is None
    assert report["sentence"].startswith("Won deals more often had: industry “Steel” (×")
    rows = {row["name"]: row for row in report["topics"][0]["ranges"]}
    assert rows["not known"]["won"] == (got & (industry == "")).sum()
    assert "closed until" not in base.page


def test_the_page_stands_alone_and_says_what_it_is(copy):
    report = copy.report()
    assert f"<h1>{report['sentence']}</h1>" in copy.page
    assert copy.page.count("<svg") == len(report["topics"])
    assert "These leads are simulated" in copy.page
    assert f"{report['looked_at']} ranges were looked at" in copy.page
    assert "Associated with winning" in copy.page
    assert "because" not in copy.page.lower()
    assert "http" not in copy.page
    table = pd.read_csv(copy.work.root / "report" / "persona" / "persona.csv")
    assert len(table) == sum(len(topic["ranges"]) for topic in report["topics"])


def test_a_second_run_writes_the_same_bytes(copy):
    copy.report()
    folder = copy.work.root / "report" / "persona"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    copy.report()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    assert set(first) == {"index.html", "persona.csv", "persona.json"}


def test_text_of_the_source_stays_text(copy):
    text = (copy.folder / "params.yaml").read_text(encoding="utf-8")
    label = HOSTILE.replace('"', '\\"')
    changed = text.replace("label: {en: Industry, de: Branche}", f'label: {{en: "{label}"}}')
    assert changed != text
    (copy.folder / "params.yaml").write_text(changed, encoding="utf-8")
    report = json.loads(copy.work.ingest_report.read_text())
    report["spellings"]["country"] = dict.fromkeys(report["spellings"]["country"], HOSTILE)
    copy.work.ingest_report.write_text(json.dumps(report))
    copy.report()
    assert "<b onclick" not in copy.page
    assert copy.page.count("&lt;b onclick=") >= 2


def test_the_terminal_fits_eighty_columns(copy, monkeypatch):
    from leadlight.pipelines.workspace import console

    monkeypatch.setattr(console.console, "width", 80)
    done = CliRunner().invoke(
        app, ["report", "persona", "--params", str(copy.folder / "params.yaml"), "--workdir", str(copy.work.root)]
    )
    assert done.exit_code == 0
    assert "Won deals " in done.output
    shown = [line for line in done.output.splitlines() if "persona/index.html" not in line and "✓" not in line]
    assert max(len(line) for line in shown) <= 80


def test_nobody_to_compare_with_is_refused_in_a_sentence(copy):
    deals = copy.read("deals")
    copy.write("deals", deals[~deals["won"]])
    with pytest.raises(NotEnoughDataError, match=r"must hold won leads and others .* Got no won lead"):
        copy.report()
    assert not (copy.work.root / "report").exists()


def test_without_fit_attributes_there_is_no_persona(copy):
    text = (copy.folder / "params.yaml").read_text(encoding="utf-8")
    (copy.folder / "params.yaml").write_text(text.replace("group: fit", "group: engagement"), encoding="utf-8")
    with pytest.raises(ParamsError, match="must name one of the group fit"):
        copy.report()


def test_without_snapshots_the_verb_that_makes_them_is_named(copy):
    copy.work.snapshot_report.unlink()
    with pytest.raises(SourceError, match="run `leadlight snapshot` first"):
        copy.report()
