"""A report on thresholds that cannot be made: one sentence, and nothing is written."""

import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from leadlight.models.scoring.bundle import load_evaluation_scorer, load_scorer, save_scorer
from leadlight.pipelines.cli.main import app

PARAMS, SOURCE, POLICY, BUNDLE = 3, 4, 6, 7
PAGE = "report/thresholds/index.html"


def asked(leadlight):
    """`leadlight report thresholds` in the place of a single verb."""
    return lambda crm, verb, *more: leadlight(crm, verb, "thresholds", *more)


@pytest.fixture
def told(refused, leadlight):
    return lambda crm, *more, code: refused(crm, "report", *more, code=code, run=asked(leadlight))


@pytest.mark.parametrize(
    ("sentences", "words"),
    [
        (("--sales", "the best 5 percent"), "must have one of the forms: highest recall with precision >= 0.30"),
        (("--sales", "top 100 percent"), "must choose some of the leads but not all"),
        (("--sales", "probability >= 30"), "must lie between 0 and 1. Got 30. This is policy.sales_qualified."),
        (("--sales", "top 1 percent"), "it takes 20 (policy.min_leads). The best is top "),
        (("--marketing", "highest recall with precision >= 0.99"), "This is policy.marketing_qualified."),
        (("--marketing", "top 25 percent", "--sales", "top 95 percent"), "must be stricter"),
    ],
)
def test_a_proposal_that_cannot_be_read_or_met_is_refused_in_a_sentence(trained_crm, told, sentences, words):
    assert words in told(trained_crm, *sentences, code=POLICY)


def test_the_best_that_is_named_can_be_had(trained_crm, told, leadlight):
    said = told(trained_crm, "--sales", "top 1 percent", code=POLICY)
    best = said.split("The best is ")[1].split(". This is")[0]
    outcome = asked(leadlight)(trained_crm, "report", "--sales", best)
    assert outcome.code == 0, outcome.err
    assert (trained_crm.work / PAGE).exists()


def test_before_anything_was_calibrated_the_report_says_what_to_run(crm, told):
    assert "run `leadlight calibrate` first" in told(crm, code=SOURCE)


def test_without_the_scores_out_of_time_the_report_says_what_to_run(trained_crm, told):
    shutil.rmtree(trained_crm.work / "candidates")
    assert "run `leadlight train` first" in told(trained_crm, code=SOURCE)


def test_a_bundle_that_was_changed_is_refused(trained_crm, told):
    path = trained_crm.work / "bundle" / "scorer.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"probability"', '"chance"'), encoding="utf-8")
    assert "must be as they were written" in told(trained_crm, code=BUNDLE)


def test_other_features_than_those_of_the_bundle_are_refused(trained_crm, told):
    trained_crm.set("attributes.industry", None)
    assert "train anew" in told(trained_crm, code=BUNDLE)


@pytest.mark.parametrize(
    ("key", "value", "must"),
    [
        ("hysteresis", 30, "less than 30"),
        ("hysteresis", -1, "at least 0"),
        ("min_leads", 0, "at least 1"),
        ("economics", {"win": 0}, "more than 0"),
        ("economics", {"minutes": "long"}, "a number"),
        ("economics", {"price": 3}, "one of contact, minutes, win"),
    ],
)
def test_a_policy_with_values_that_cannot_be_is_refused(trained_crm, told, key, value, must):
    trained_crm.set(f"policy.{key}", value)
    assert must in told(trained_crm, code=PARAMS)


def test_a_source_without_grid_or_amounts_or_policy_says_so(trained_crm, leadlight):
    """Without a grid, no night is known with leads of all ages, and the replay is made all the same."""
    path = trained_crm.work / "tables" / "deals.parquet"
    pd.read_parquet(path).assign(amount=float("nan")).to_parquet(path, index=False)
    outcome = asked(leadlight)(trained_crm, "report")
    assert outcome.code == 0, outcome.err
    report = json.loads((trained_crm.work / "report/thresholds/thresholds.json").read_text(encoding="utf-8"))
    row = report["scores"][49]
    assert row["standing"] is None
    assert row["value_per_week"] is None
    assert row["entering_per_week"] is not None
    assert "No worth of a win is known" in report["economics"]["origin"]
    page = (trained_crm.work / PAGE).read_text(encoding="utf-8")
    assert "No worth of a win is known" in page
    assert "nobody has agreed on them yet" in page
    assert "There is no grid of snapshots" in page


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("holds", None),
        ("fails", "did not match outcomes closely enough: read them as ranks"),
        (
            "too_little_evidence",
            "too little evidence that the chances of this model match outcomes: read them as ranks",
        ),
    ],
)
def test_chances_that_the_check_does_not_hold_for_are_called_ranks(trained_crm, leadlight, answer, words):
    scorer = load_scorer(trained_crm.work / "bundle")
    metadata = dataclasses.replace(scorer.metadata, calibration_check={"all": answer})
    judged = load_evaluation_scorer(trained_crm.work / "bundle")
    save_scorer(dataclasses.replace(scorer, metadata=metadata), trained_crm.work / "bundle", evaluation=judged)
    said = asked(leadlight)(trained_crm, "report").out
    page = (trained_crm.work / PAGE).read_text(encoding="utf-8")
    for text in (" ".join(said.split()), page):
        assert words in text if words else "read them as ranks" not in text


def test_a_history_without_a_test_window_has_no_replay(tmp_path):
    """The outcome is known at once, and a third of a year is too short for three windows and their gaps."""
    draw = np.random.default_rng(3)
    made = pd.Timestamp("2026-01-05") + pd.to_timedelta(np.sort(draw.integers(0, 90, 900)), unit="D")
    course = draw.choice(["SQL", "Go"], 900)
    won = draw.random(900) < np.where(course == "Go", 0.35, 0.1)
    frame = pd.DataFrame({"id": range(900), "made": made.date, "course": course, "state": np.where(won, "won", "new")})
    frame.to_csv(tmp_path / "leads.csv", index=False)
    (tmp_path / "params.yaml").write_text(
        'source: {leads: {path: leads.csv, lead_id: id, created_at: {column: made, format: "%Y-%m-%d"}, '
        "outcome: {column: state, won: [won]}}}\nattributes: {course: {kind: category}}\n"
        "label: {horizon_days: 30}\ntraining: {seed: 7, max_rounds: 20, candidates: [logistic]}\n"
        "policy: {marketing_qualified: top 60 percent, sales_qualified: top 40 percent}\n",
        encoding="utf-8",
    )
    place = ["--params", str(tmp_path / "params.yaml"), "--workdir", str(tmp_path / "work")]
    assert CliRunner().invoke(app, ["run", *place]).exit_code in (0, 11)
    done = CliRunner().invoke(app, ["report", "thresholds", *place])
    assert done.exit_code == 0, done.exception
    assert "No replay: the history is too short for a test window" in " ".join(done.output.split())
