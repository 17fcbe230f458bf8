"""The audit on real exports: it finds what leaks without being told, and spares what the examples map."""

import shutil

import pytest

from leadlight.pipelines.audit.gate import raise_on_leakage
from leadlight.pipelines.audit.report import audit, build_report
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir, write_json

LATE = {
    "Tags",
    "Lead Quality",
    "Lead Profile",
    "Last Notable Activity",
    "Asymmetrique Activity Index",
    "Asymmetrique Profile Index",
    "Asymmetrique Activity Score",
    "Asymmetrique Profile Score",
}


@pytest.fixture
def example(root, real_data, tmp_path):
    """Lay an example's params beside a link to the real data, changed as asked, and ingest it."""

    def prepare(name, *changes):
        folder = tmp_path / "a" / "b" / "c"
        folder.mkdir(parents=True)
        text = (root / "examples" / name / "params.yaml").read_text(encoding="utf-8")
        text = text.replace("../../../shared/data", str(real_data))
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (folder / "params.yaml").write_text(text, encoding="utf-8")
        params, workdir = load_params(folder / "params.yaml"), Workdir(folder / "work")
        ingest(params, folder, workdir)
        return params, folder, workdir

    return prepare


def leaks(report):
    return {f["column"] for f in report["findings"] if f["severity"] == "leak"}


@pytest.mark.parametrize("missing", ['["Select"]', "[]"], ids=["select named", "select not named"])
def test_late_columns_of_x_education_are_found_unaided(example, missing):
    params, folder, workdir = example("x_education", ('["Select"]', missing))
    report = build_report(params, folder, workdir)
    assert leaks(report) - {"Last Activity"} == LATE
    assert report["refused"] == []
    placeholders = {
        (f["column"], p["text"])
        for f in report["findings"]
        if f["code"] == "LL116"
        for p in f["figures"]["placeholders"]
    }
    named = {"Specialization", "City", "Lead Profile", "How did you hear about X Education"}
    assert {c for c, text in placeholders if text == "Select"} == (named if missing == "[]" else set())


@pytest.mark.parametrize("name", ["bank_marketing", "bpic2012", "olist"])
def test_nothing_that_the_examples_map_is_a_leak(example, name):
    params, folder, workdir = example(name)
    report = build_report(params, folder, workdir)
    assert leaks(report) == set()
    assert len([c for c in report["columns"] if c["mapped"]]) == len(params.attributes)


@pytest.mark.parametrize("since", ['history: {since: "2018-01-01"}', "history: {since: null}"])
def test_olist_is_left_truncated_and_its_deals_are_wins(example, since):
    params, folder, workdir = example("olist", ('history: {since: "2018-01-01"}', since))
    report = build_report(params, folder, workdir)
    found = {f["code"]: f for f in report["findings"]}
    assert report["left_truncated_until"].startswith("2017-12-05")
    assert "before 2017-12-05" in found["LL120"]["sentence"]
    assert {"seller_id", "business_segment", "declared_monthly_revenue"} <= set(found["LL121"]["figures"]["columns"])
    assert len(found["LL121"]["figures"]["columns"]) == 12


def test_a_column_of_lost_deals_only_is_told(example):
    report = build_report(*example("bpic2012"))
    assert [f["column"] for f in report["findings"] if f["code"] == "LL122"] == ["lost_reason"]


def test_days_without_hours_are_told(example):
    report = build_report(*example("bank_marketing"))
    by_day = {(f["table"], f["column"]) for f in report["findings"] if f["code"] == "LL125"}
    assert by_day == {("leads", "created_at"), ("activities", "occurred_at"), ("deals", "closed_at")}


def test_the_simulated_crm_holds_no_leak_and_says_the_same_twice(trained, tmp_path):
    params = load_params(trained / "params.yaml")
    shutil.copytree(trained / "work" / "tables", tmp_path / "work" / "tables")
    report = audit(params, trained, Workdir(tmp_path / "work"))
    assert [f for f in report["findings"] if f["severity"] != "note" or f["code"] == "LL130"] == []
    assert report["activity_types"]["demo_request"] == {
        "rows": report["activity_types"]["demo_request"]["rows"],
        "mapped": True,
        "verdict": "clean",
    }
    again = audit(params, trained, Workdir(tmp_path / "work"))
    assert again == report


def test_the_simulated_crm_was_audited_before_it_was_trained(trained):
    assert Workdir(trained / "work").audit_report.exists()
    assert (trained / "work" / "audit" / "audit.html").exists()


def test_a_leak_of_the_report_that_is_not_mapped_refuses_nothing(example):
    params, folder, workdir = example("x_education")
    workdir.audit.mkdir(parents=True)
    write_json(workdir.audit_report, build_report(params, folder, workdir))
    raise_on_leakage(params, workdir)
