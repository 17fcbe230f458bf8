"""`leadlight init` on one table: the outcome by its values or by its name, and a policy that can be met."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from leadlight.features.errors import SourceError
from leadlight.pipelines.cli.main import app
from leadlight.pipelines.init.propose import propose
from leadlight.pipelines.params.source import Source


@pytest.fixture
def sessions(tmp_path):
    """Sessions of a shop; who looks at more pages buys more often."""
    draw = np.random.default_rng(4)
    pages = draw.poisson(6, 900)
    bought = draw.random(900) < 1 / (1 + np.exp(3 - 0.3 * pages))
    columns = {"session": [f"S-{i}" for i in range(900)], "pages": pages, "minutes": draw.gamma(2, 3, 900).round(2)}
    more = {"weekend": draw.choice(["TRUE", "FALSE"], 900), "region": draw.choice(["North", "South", "West"], 900)}
    return pd.DataFrame(columns | more | {"Revenue": np.where(bought, "TRUE", "FALSE")})


def write(frame, folder):
    path = folder / "sessions.csv"
    frame.to_csv(path, index=False)
    return {"leads": path}


def test_a_column_of_yes_and_no_under_any_name_is_the_outcome_to_be_looked_at(sessions, tmp_path):
    found = propose(write(sessions, tmp_path), tmp_path / "params.yaml")
    outcome = found.params.source.leads.outcome
    assert (outcome.column, outcome.won) == ("Revenue", ("TRUE",))
    (note,) = [n.text for n in found.review_notes if "by its values" in n.text]
    assert "weekend could be it too" in note


def test_the_user_names_the_outcome(sessions, tmp_path):
    params = tmp_path / "params.yaml"
    found = propose(write(sessions, tmp_path), params, outcome="weekend")
    assert found.params.source.leads.outcome.column == "weekend"
    assert "Revenue" in found.params.attributes
    # of words that mean nothing here the rarest is taken, and asked for
    named = propose(write(sessions.drop(columns="Revenue"), tmp_path), params, force=True, outcome="region")
    rarest = sessions["region"].value_counts().index[-1]
    assert named.params.source.leads.outcome.won == (rarest,)
    assert any("means won? Taken is the rarest value" in note.text for note in named.review_notes)


@pytest.mark.parametrize(
    ("named", "words"),
    [("revenue", r"must be a column of leads \(--outcome\)\. Got revenue"), ("minutes", "2 to 30 values")],
)
def test_an_outcome_that_cannot_be_one_is_refused(sessions, tmp_path, named, words):
    with pytest.raises(SourceError, match=words):
        propose(write(sessions, tmp_path), tmp_path / "params.yaml", outcome=named)
    assert not (tmp_path / "params.yaml").exists()


def test_an_outcome_and_deals_are_one_too_many(sessions, tmp_path):
    path = str(write(sessions, tmp_path)["leads"])
    done = CliRunner().invoke(app, ["init", "--leads", path, "--deals", path, "--outcome", "Revenue"])
    assert done.exit_code == 2
    assert "without --deals" in done.output


def test_the_close_date_of_a_flat_table_dates_the_outcome(sessions, tmp_path):
    """A list of opportunities: open ones have a planned date, which closes nothing."""
    draw, count = np.random.default_rng(6), len(sessions)
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(draw.integers(0, 600, count)), unit="D")
    closed = created + pd.to_timedelta(draw.integers(5, 40, count), unit="D")
    stage = np.where(closed > pd.Timestamp("2025-08-01"), "Proposal", np.where(draw.random(count) < 0.3, "Won", "Lost"))
    columns = {
        "created": created.date,
        "closing_date": closed.date,
        "stage": stage,
        "amount": draw.integers(1, 9, count),
    }
    found = propose(write(sessions[["session", "pages"]].assign(**columns), tmp_path), tmp_path / "params.yaml")
    source = found.params.source
    assert source.leads.outcome is None
    assert (source.deals.path, source.deals.closed_at.column) == ("sessions.csv", "closing_date")
    assert (source.deals.status.open, source.deals.opened_at) == (("Proposal",), None)
    assert list(found.params.attributes) == ["pages"]
    assert found.params.label.horizon_days == 45  # all wins take 5 to 39 days
    assert not [n for n in found.review_notes if "do not say" in n.text or "other time columns" in n.text]


def test_a_second_date_that_is_no_closing_leaves_the_outcome_undated(sessions, tmp_path):
    created = pd.date_range("2024-01-01", periods=len(sessions), freq="D")
    columns = {"created": created.date, "updated": (created + pd.Timedelta(days=9)).date}
    leads = sessions.assign(**columns, status=np.where(sessions["Revenue"] == "TRUE", "Won", "Lost"))
    assert propose(write(leads, tmp_path), tmp_path / "params.yaml").params.source.deals is None


def test_a_table_without_ids_takes_the_number_of_the_row(sessions, tmp_path):
    found = propose(write(sessions.drop(columns="session"), tmp_path), tmp_path / "params.yaml")
    assert found.params.source.leads.lead_id is None
    assert any("the number of the row names a lead" in note.text for note in found.review_notes)
    assert set(found.params.attributes) == {"pages", "minutes", "weekend", "region"}


def test_rows_without_ids_cannot_be_joined(sessions, tmp_path):
    leads = write(sessions.drop(columns="session"), tmp_path)
    with pytest.raises(SourceError, match="where there are other tables"):
        propose(leads | {"deals": leads["leads"]}, tmp_path / "params.yaml")
    assert "lead_id: null" in (tmp_path / "params.yaml").read_text(encoding="utf-8")
    mapping = {"path": "sessions.csv", "lead_id": None}
    table = {"path": "deals.csv", "lead_id": "session", "closed_at": "day"}
    with pytest.raises(ValidationError, match="by which other tables name leads"):
        Source(leads=mapping | {"created_at": "day"}, deals=table)


def run(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code in (0, 11), done.output
    return done.output


@pytest.mark.slow
@pytest.mark.parametrize("rows", [900, 300])
def test_run_meets_the_proposed_policy(sessions, tmp_path, rows):
    params, work = tmp_path / "params.yaml", tmp_path / "work"
    propose(write(sessions.head(rows).drop(columns="session"), tmp_path), params)
    run("run", "--params", params, "--workdir", work)
    run("score", "--params", params, "--workdir", work, "--output", tmp_path / "scores.parquet")
    scores = pd.read_parquet(tmp_path / "scores.parquet")
    # a lead without a win stays open
    lost = np.flatnonzero(sessions["Revenue"].head(rows) == "FALSE") + 1
    assert sorted(scores["lead_id"].astype(int)) == lost.tolist()


@pytest.mark.slow
def test_a_replay_in_which_no_lead_wins_says_so(sessions, tmp_path):
    """Each lead of a flat export without closing times closes when it is created, or never."""
    times = pd.date_range("2025-01-01 08:00", periods=900, freq="7h").strftime("%Y-%m-%d %H:%M")
    status = sessions["Revenue"].map({"TRUE": "Won", "FALSE": "Lost"}).mask(np.arange(900) % 4 == 0, "Open")
    leads = sessions.drop(columns=["Revenue", "weekend"]).assign(created=times, status=status)
    params, work = tmp_path / "params.yaml", tmp_path / "work"
    propose(write(leads, tmp_path), params)
    run("run", "--params", params, "--workdir", work)
    assert "None of these leads won within the horizon" in " ".join(
        run("report", "thresholds", "--params", params, "--workdir", work).split()
    )


def test_a_column_that_the_audit_only_wants_looked_at_is_left_out_with_the_reason(sessions, tmp_path):
    """The value of the pages that lead to an order is written as the order comes, though not for each."""
    draw = np.random.default_rng(5)
    sessions["pages"] = draw.poisson(6, len(sessions))
    bought = draw.random(len(sessions)) < 0.2
    sessions["Revenue"] = np.where(bought, "TRUE", "FALSE")
    filled = draw.random(len(sessions)) < np.where(bought, 0.92, 0.18)
    sessions["PageValues"] = np.where(filled, draw.gamma(2, 9, len(sessions)).round(1), 0)
    found = propose(write(sessions, tmp_path), tmp_path / "params.yaml")
    assert "PageValues" not in found.params.attributes
    assert {"pages", "minutes", "region"} <= set(found.params.attributes)
    (left,) = [column for column in found.columns.excluded if column.name == "PageValues"]
    assert left.suspect
    assert "make sure that it was known beforehand" in left.reason
    assert "  # PageValues: {kind: number}" in found.text
