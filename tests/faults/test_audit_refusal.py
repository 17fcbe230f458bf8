"""Training refuses what the audit calls a leak, in one sentence with the two ways out."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from leadlight.features.errors import ParamsError, SourceError
from leadlight.pipelines.audit.gate import raise_on_leakage
from leadlight.pipelines.audit.report import audit
from leadlight.pipelines.cli.main import app
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.stages.train import train
from leadlight.pipelines.workspace.workdir import Workdir

PARAMS = """
source:
  leads: {path: leads.csv, lead_id: id, outcome: {column: bought, won: [1], lost: [0]}}
attributes: {origin: {kind: category}, KIND}
AUDIT
"""


@pytest.fixture
def export(tmp_path):
    """A flat export in which a contract number stands where the lead bought."""
    rng = np.random.default_rng(3)
    bought = rng.uniform(size=600) < 0.3
    origin = rng.choice(["web", "fair"], 600)
    rows = [
        f"{i},{int(won)},{where},{f'<b>{70000 + i}</b>' if won else ''},2024-01-01"
        for i, (won, where) in enumerate(zip(bought, origin, strict=True))
    ]
    text = "\n".join(["id,bought,origin,contract <no>,exported", *rows])
    (tmp_path / "leads.csv").write_text(text, encoding="utf-8")

    def prepare(attribute='"contract <no>": {kind: category}', decision="", audited=True):
        content = PARAMS.replace("KIND", attribute).replace("AUDIT", decision)
        (tmp_path / "params.yaml").write_text(content, encoding="utf-8")
        params, workdir = load_params(tmp_path / "params.yaml"), Workdir(tmp_path / "work")
        ingest(params, tmp_path, workdir)
        if audited:
            audit(params, tmp_path, workdir)
        return params, workdir

    return prepare


def test_training_refuses_a_mapped_leak_before_it_looks_at_anything_else(export):
    with pytest.raises(ParamsError) as raised:
        train(*export())
    said = str(raised.value)
    assert raised.value.exit_code == 3
    assert "contract <no>" in said
    assert "filled for 100 % of the leads that won and 0 % of the others" in said
    assert "remove it from attributes" in said
    assert 'audit: {allow: ["LL101 contract <no>"]}' in said
    assert "\n" not in said


def test_what_somebody_allowed_is_not_refused(export):
    params, workdir = export(decision='audit: {allow: ["LL101 contract <no>", "LL103 leads.contract <no>"]}')
    raise_on_leakage(params, workdir)
    report = json.loads(workdir.audit_report.read_text(encoding="utf-8"))
    assert report["refused"] == []
    assert report["allowed"] == ["LL101 contract <no>", "LL103 leads.contract <no>"]


def test_what_is_not_mapped_is_not_refused(export):
    params, workdir = export(attribute="exported: {kind: category}")
    raise_on_leakage(params, workdir)


def test_the_params_of_now_decide_not_those_of_the_audit(export):
    export(attribute="exported: {kind: category}")
    with pytest.raises(ParamsError, match="contract <no>"):
        raise_on_leakage(*export(audited=False))


def test_without_a_report_training_names_the_command(export):
    params, workdir = export(audited=False)
    with pytest.raises(SourceError, match="run `leadlight audit` first"):
        train(params, workdir)


def test_without_clean_tables_the_audit_names_the_command(export, tmp_path):
    params, _ = export(audited=False)
    with pytest.raises(SourceError, match="run `leadlight ingest` first"):
        audit(params, tmp_path, Workdir(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("entry", ["LL999 contract", "LL101", "contract <no>"])
def test_an_allowance_without_a_known_code_and_a_column_is_refused(export, entry):
    with pytest.raises(ParamsError, match="must name the code of a finding and a column"):
        export(decision=f'audit: {{allow: ["{entry}"]}}')


def test_an_allowance_of_one_code_allows_no_other_and_one_that_matches_nothing_is_reported(export):
    params, workdir = export(decision='audit: {allow: ["LL110 contract <no>"]}')
    with pytest.raises(ParamsError, match="LL101"):
        raise_on_leakage(params, workdir)
    report = json.loads(workdir.audit_report.read_text(encoding="utf-8"))
    assert "names LL110 contract <no>, not found" in [f["sentence"] for f in report["findings"] if f["code"] == "LL126"]


def test_an_audit_that_fails_leaves_the_old_report_whole(export, tmp_path):
    params, workdir = export()
    before = {path.name: path.read_bytes() for path in workdir.audit.iterdir()}
    (tmp_path / "leads.csv").unlink()
    with pytest.raises(SourceError, match="must exist"):
        audit(params, tmp_path, workdir)
    assert {path.name: path.read_bytes() for path in workdir.audit.iterdir()} == before
    assert set(before) == {"audit.json", "audit.html"}


def test_the_page_needs_no_network_and_runs_nothing_of_the_source(export):
    _, workdir = export()
    page = (workdir.audit / "audit.html").read_text(encoding="utf-8")
    assert "://" not in page
    assert "<script" not in page
    assert "<no>" not in page
    assert "contract &lt;no&gt;" in page
    assert "<b>7" not in page
    assert page.count("<svg") == 2
    assert "Training refuses 1 of the mapped names" in page


def test_the_command_prints_the_leak_first_and_exits_well(export, tmp_path):
    export(audited=False)
    options = ["--params", str(tmp_path / "params.yaml"), "--workdir", str(tmp_path / "work")]
    done = CliRunner().invoke(app, ["audit", *options])
    assert done.exit_code == 0, done.output
    lines = [line.strip() for line in done.output.splitlines() if line.strip()]
    assert lines[1] == "Leads"
    leaks = lines.index("Leaks (1)")
    assert leaks < lines.index(next(line for line in lines if line.startswith("Quality")))
    assert lines[leaks + 1].startswith("leads.contract <no> is filled for 100 % of the leads that won")
    assert "LL101 attribute filled after the win" in done.output
    assert "Training refuses contract <no>" in done.output
