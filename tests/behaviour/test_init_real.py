"""`leadlight init` on the four real exports: how few lines of a proposal are changed before it runs."""

import datetime as dt
import difflib

import pytest

from leadlight.pipelines.init.propose import propose
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.featurize import featurize
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.stages.snapshot import snapshot
from leadlight.pipelines.stages.table import STAGES
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, read_json

MOST_CHANGED_LINES = 3
REAL = {
    "olist": {"leads": "olist_marketing_qualified_leads_dataset.csv", "deals": "olist_closed_deals_dataset.csv"},
    "bpic2012": {name: f"{name}.csv.gz" for name in ("leads", "activities", "deals")},
    "x_education": {"leads": "leads.csv.gz"},
    "bank_marketing": {name: f"{name}.csv.gz" for name in ("leads", "activities", "deals")},
}
#: lines that had to be changed by hand before the proposal ran: (as proposed, as it runs)
CHANGED: dict[str, list[tuple[str, str]]] = {name: [] for name in REAL}


@pytest.fixture(scope="module", params=list(REAL))
def real(request, real_data, tmp_path_factory):
    """Propose params for a real export, change them by hand where needed, and run up to the features."""
    name, folder = request.param, tmp_path_factory.mktemp(f"init-{request.param}")
    paths = {table: real_data / name / file for table, file in REAL[name].items()}
    proposal = propose(paths, folder / "params.yaml")
    text = proposal.text
    for old, new in CHANGED[name]:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    params, work = load_params(folder / "params.yaml"), Workdir(folder / "work")
    ingest(params, folder, work)
    snapshot(params, work)
    featurize(params, work)
    return name, proposal, text, params, work


def changed_lines(one: str, other: str) -> int:
    lines = difflib.unified_diff(one.splitlines(), other.splitlines(), lineterm="", n=0)
    found = [line[0] for line in lines if not line.startswith(("---", "+++", "@@"))]
    return max(found.count("-"), found.count("+"))


def test_lines_are_counted_as_a_person_would():
    assert changed_lines("a\nb\nc", "a\nx\nc") == 1
    assert changed_lines("a\nb\nc", "a\nc") == 1
    assert changed_lines("a", "a\nb\nc") == 2


def test_a_real_export_runs_up_to_the_features_after_next_to_no_change(real):
    name, proposal, text, _, work = real
    assert changed_lines(proposal.text, text) <= MOST_CHANGED_LINES
    report = read_json(work.snapshot_report)
    assert set(report["splits"]) >= {"train", "calibrate", "test"}
    assert report["splits"]["train"]["wins"] >= 100
    assert len(read_frame(work.features)) > 1_000
    assert sum(entry["rows"] for entry in read_json(work.ingest_report)["quarantine"]) <= 1, name


def test_a_real_export_is_trained_and_evaluated_as_proposed(real, without_shap_plots):
    _, _, text, _, work = real
    folder = work.root.parent
    assert text.count("training: {seed: 7}") == 1
    text = text.replace("training: {seed: 7}", "training: {seed: 7, candidates: [logistic]}")
    (folder / "short.yaml").write_text(text, encoding="utf-8")
    short = load_params(folder / "short.yaml")
    for stage in ("audit", "train", "calibrate", "evaluate"):
        STAGES[stage].run(short, folder, work)
    figures = read_json(work.details)["figures"]
    assert figures["leadlight"]["log_loss"] < figures["constant"]["log_loss"]


def test_what_is_proposed_for_a_real_export_makes_sense(real):
    name, proposal, text, params, _ = real
    leads = params.source.leads
    left = {entry.name: entry for entry in proposal.columns.excluded}
    if name == "olist":
        assert (leads.lead_id, leads.created_at.format) == ("mql_id", "%Y-%m-%d")
        assert (params.source.deals.status, params.source.missing) == (None, ("unknown",))
        assert set(params.attributes) == {"landing_page_id", "origin"}
        assert params.history.since == dt.date(2017, 12, 5)
        assert "no deal was recorded as won before 2017-12-05" in text
        assert params.label.horizon_days == 60
        assert (params.snapshots.at_creation, params.snapshots.every_days) == (True, None)
    if name == "bpic2012":
        assert params.source.deals.status.won == ("won",)
        assert params.snapshots.after_days == (1, 3, 7, 14, 21)
        assert (params.snapshots.at_creation, params.label.horizon_days) == (False, 21)
        assert set(params.attributes) == {"amount_requested"}
        assert 12 <= len(params.signals) <= 15
    if name == "x_education":
        assert (leads.lead_id, leads.order, leads.outcome.column) == ("Prospect ID", "Lead Number", "Converted")
        assert (leads.outcome.won, leads.outcome.lost) == (("1",), ())
        assert "Select" in params.source.missing
        late = {"Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"}
        assert not late & set(params.attributes)
        assert all(left[column].suspect and f"  # {column}: {{kind: category}}" in text for column in late)
        assert {"Lead Origin", "TotalVisits", "What is your current occupation"} <= set(params.attributes)
        assert left["Magazine"].reason.startswith("the same in all rows")
    if name == "bank_marketing":
        assert (params.snapshots.at_creation, params.snapshots.every_days) == (True, None)
        assert (params.label.horizon_days, params.source.missing) == (1, ("unknown",))
        assert params.attributes["age"].kind == "number"
        assert len(params.attributes) == 11
        assert params.history.since is None


def test_every_column_of_the_leads_is_named_in_the_proposal(real):
    _, proposal, text, _, _ = real
    frame = proposal.tables["leads"].frame
    assert [column for column in frame.columns if column not in text] == []


def test_the_simulated_crm_gets_what_its_own_params_say(trained, tmp_path):
    data = trained / "data" / "simulated"
    paths = {"leads": data / "leads.csv.gz", "activities": data / "activities.parquet",
             "deals": data / "deals.csv.gz", "history": data / "history.csv.gz"}  # fmt: skip
    proposed = propose(paths, tmp_path / "params.yaml").params
    own = load_params(trained / "params.yaml")
    for name in ("leads", "activities", "deals", "history"):
        ours, theirs = (getattr(p.source, name).model_copy(update={"path": ""}) for p in (proposed, own))
        assert ours == theirs
    assert set(proposed.attributes) == set(own.attributes)
    assert set(proposed.signals) == set(own.signals)
    assert proposed.signals["unsubscribe"].effect == "lowers"
    assert proposed.attributes["employees"].kind == "number"
    assert (proposed.snapshots.at_creation, proposed.snapshots.every_days) == (None, 10)
