"""Too little to learn from, or a policy that cannot be: one sentence, and the stage leaves nothing."""

import datetime as dt
import json

import pytest
from scipy.special import logit

from leadlight.models.scoring.bundle import load_scorer

NOT_ENOUGH, POLICY = 5, 6
BEFORE_TRAINING = ("ingest", "audit", "snapshot", "featurize")


def win_only(crm, keep) -> None:
    """Let only those deals be won that `keep` wants."""
    for number, deal in enumerate(crm.tables["deals"]):
        deal["status"] = "won" if keep(number, deal) else "lost"
    crm.write("deals")


def every_lead_closes(crm, after: dt.timedelta, status: str) -> None:
    crm.tables["deals"] = [
        {"lead": lead["lead"], "closed": lead["created"] + after, "status": status, "amount": 100}
        for lead in crm.tables["leads"]
    ]
    crm.write("deals")


def test_no_wins_at_all_says_where_to_look(crm, refused):
    win_only(crm, lambda number, deal: False)
    crm.has_run("ingest")
    said = refused(crm, "snapshot", code=NOT_ENOUGH)
    assert "Got no win in " in said
    assert "look at source.deals.status" in said


def test_only_wins_are_refused(crm, refused):
    every_lead_closes(crm, dt.timedelta(days=2), "won")
    crm.has_run("ingest")
    assert "Got only wins in " in refused(crm, "snapshot", code=NOT_ENOUGH)


def test_too_few_wins_are_counted(crm, refused):
    win_only(crm, lambda number, deal: number % 8 == 0)
    crm.set("training.min_wins", 60)
    crm.has_run(*BEFORE_TRAINING)
    said = refused(crm, "train", code=NOT_ENOUGH)
    assert "must hold at least 60 wins (training.min_wins), or params a rule book (points) to serve" in said


def test_a_horizon_that_is_too_long_is_told(crm, refused):
    crm.set("label.horizon_days", 365)
    crm.has_run("ingest")
    said = refused(crm, "snapshot", code=NOT_ENOUGH)
    assert "must hold a snapshot whose window of 365 days has ended" in said
    assert "shorten label.horizon_days" in said


@pytest.mark.parametrize(
    ("days", "words", "optimistic"), [(140, "are optimistic", True), (90, "are chosen on other leads", False)]
)
def test_a_history_without_room_for_windows_of_time_is_said(crm, leadlight, days: int, words: str, optimistic: bool):
    crm.set("label.horizon_days", days)
    crm.has_run("ingest")
    outcome = leadlight(crm, "snapshot")
    assert outcome.code == 0, outcome
    said = " ".join(outcome.out.split())
    assert f"is too short for windows of time and gaps of {days} days" in said
    assert words in said
    report = json.loads((crm.work / "snapshots" / "snapshots.json").read_text(encoding="utf-8"))
    assert report["optimistic"] is optimistic


def test_a_run_that_finds_no_wins_leaves_no_bundle_and_no_temporary_file(crm, leadlight):
    win_only(crm, lambda number, deal: False)
    outcome = leadlight(crm, "run")
    assert outcome.code == NOT_ENOUGH
    assert {name.split("/")[0] for name in crm.listing()} == {"tables", "audit"}
    assert crm.leftovers() == []


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("audit", "run `leadlight ingest` first"),
        ("snapshot", "run `leadlight ingest` first"),
        ("featurize", "run `leadlight ingest` first"),
        ("train", "run `leadlight audit` first"),
        ("calibrate", "run `leadlight train` first"),
        ("evaluate", "run `leadlight calibrate` first"),
        ("register", "run `leadlight evaluate` first"),
    ],
)
def test_a_stage_before_its_turn_says_which_comes_first(crm, refused, verb: str, words: str):
    assert words in refused(crm, verb, code=4)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("the best 5 percent", "must have one of the forms: highest recall with precision >= 0.30; top 200"),
        ("top 100 percent", "must choose some of the leads but not all"),
        ("probability >= 30", "must lie between 0 and 1. Got 30."),
        (
            "highest recall with precision >= 0.99",
            "no threshold reaches a precision of 0.99 with at least 20 leads above it. "
            "The best is highest recall with precision >= 0.",
        ),
        ("highest value with win 1 and contact 4000", "The best is highest value with win "),
    ],
)
def test_a_policy_that_cannot_be_read_or_met_keeps_the_bundle(trained_crm, refused, policy: str, words: str):
    trained_crm.set("policy.sales_qualified", policy)
    assert words in refused(trained_crm, "calibrate", code=POLICY)


@pytest.mark.parametrize(
    ("marketing", "sales"), [("top 5 percent", "top 20 percent"), ("probability >= 0.5", "probability >= 0.4")]
)
def test_sales_must_ask_for_more_than_marketing(trained_crm, refused, marketing: str, sales: str):
    both = {"marketing_qualified": marketing, "sales_qualified": sales}
    trained_crm.set("policy", both | {"min_leads": 1})
    said = refused(trained_crm, "calibrate", code=POLICY)
    assert marketing in said
    assert sales in said


def test_thresholds_that_coincide_are_moved_apart_and_say_so(trained_crm, leadlight):
    both = {"marketing_qualified": "top 20 percent", "sales_qualified": "top 20 percent"}
    trained_crm.set("policy", both | {"min_leads": 1})
    assert leadlight(trained_crm, "calibrate").code == 0
    marketing, sales = (load_scorer(trained_crm.work / "bundle").thresholds[name] for name in both)
    assert logit(sales.probability) - logit(marketing.probability) == pytest.approx(0.2)
    assert sales.moved_from == marketing.probability
    assert marketing.moved_from is None
