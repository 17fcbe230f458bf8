"""`leadlight init` on activities whose type no column says, and on histories of stages."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from leadlight.pipelines.cli.main import app
from leadlight.pipelines.init.propose import propose
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

LEADS = 900


@pytest.fixture
def drawn():
    """Leads of 450 days, one visit or more of each, and their deals; who visits more wins more often."""
    draw = np.random.default_rng(8)
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(draw.uniform(0, 450, LEADS)), unit="D").round("s")
    leads = pd.DataFrame({"id": [f"L{n}" for n in range(LEADS)], "created": created})
    leads["branch"] = draw.choice(["Retail", "Software", "Logistics"], LEADS)
    visits = leads.loc[np.repeat(np.arange(LEADS), draw.integers(1, 5, LEADS)), ["id", "created"]].reset_index(
        drop=True
    )
    visits["at"] = (visits.pop("created") + pd.to_timedelta(draw.uniform(0, 4, len(visits)), unit="D")).dt.round("s")
    chance = 1 / (1 + np.exp(3 - visits.groupby("id").size().reindex(leads["id"]).to_numpy()))
    closed = leads["created"] + pd.to_timedelta(draw.uniform(5, 25, LEADS).round(4), unit="D")
    state = np.where(draw.random(LEADS) < chance, "Closed Won", "Closed Lost")
    deals = pd.DataFrame({"id": leads["id"], "closed": closed.dt.round("s"), "state": state})
    return {"leads": leads, "activities": visits, "deals": deals}


@pytest.fixture
def init(tmp_path):
    """Write tables under given names, propose, and return the proposal."""

    def run(tables: dict[str, pd.DataFrame], **names: str):
        paths = {name: tmp_path / f"{names.get(name, name)}.csv" for name in tables}
        for name, path in paths.items():
            tables[name].to_csv(path, index=False)
        return propose(paths, tmp_path / "params.yaml")

    return run


def run(folder) -> str:
    done = CliRunner().invoke(app, ["run", "--params", f"{folder}/params.yaml", "--workdir", f"{folder}/work"])
    assert done.exit_code in (0, 11), done.output
    return done.output


def test_activities_without_a_type_are_one_signal_with_the_name_of_the_file(drawn, init):
    drawn["activities"]["page"] = [f"/p{n % 9}" for n in range(len(drawn["activities"]))]
    drawn["activities"]["device"] = ["phone", "desk"] * (len(drawn["activities"]) // 2) + ["desk"] * (
        len(drawn["activities"]) % 2
    )
    found = init(drawn, activities="visits")
    activities = found.params.source.activities
    assert (activities.type, activities.type_is, activities.object) == (None, "visits", "page")
    assert list(found.params.signals) == ["visits"]
    assert any("with the name of the file" in note.text for note in found.review_notes)


def test_flags_of_an_engagement_table_are_signals(drawn, init, tmp_path):
    visits = drawn["activities"]
    draw = np.random.default_rng(3)
    visits["opened"] = draw.integers(0, 2, len(visits))
    visits["clicked"] = np.where(draw.random(len(visits)) < 0.3, "TRUE", "FALSE")
    visits["replies"] = draw.poisson(0.4, len(visits))
    found = init(drawn, activities="mails")
    assert found.params.source.activities.flags == ("opened", "clicked", "replies")
    assert set(found.params.signals) == {"opened", "clicked", "replies"}
    wide = ingest(found.params, tmp_path, Workdir(tmp_path / "wide"))["activity_types"]
    expected = {"opened": visits["opened"].sum(), "clicked": (visits["clicked"] == "TRUE").sum()}
    assert wide == expected | {"replies": (visits["replies"] > 0).sum()}
    assert f"{wide['replies']:,} on " in found.text


def test_a_type_taken_by_its_values_is_asked_about(drawn, init):
    drawn["activities"]["channel"] = ["web", "mail", "phone"] * (len(drawn["activities"]) // 3) + ["web"] * (
        len(drawn["activities"]) % 3
    )
    found = init(drawn)
    assert found.params.source.activities.type == "channel"
    assert any("type_is: NAME" in note.text for note in found.review_notes)


def enter_stages(drawn) -> pd.DataFrame:
    first = pd.DataFrame({"id": drawn["leads"]["id"], "stage": "New", "entered": drawn["leads"]["created"]})
    last = drawn["deals"].set_axis(["id", "entered", "stage"], axis=1)
    back = last[last["stage"] == "Closed Lost"].head(20).assign(stage="Recycled")
    back["entered"] += pd.Timedelta(days=20)
    return pd.concat([first, last, back])[["id", "stage", "entered"]]


def test_a_history_of_stages_is_mapped_with_the_stages_that_reopen(drawn, init):
    drawn["stages"] = enter_stages(drawn)
    del drawn["activities"]
    stages = init(drawn).params.source.stages
    assert (stages.stage, stages.entered_at.column, stages.reopens) == ("stage", "entered", ("Recycled",))


def test_stages_that_mean_won_and_lost_date_the_outcome_where_no_deals_do(drawn, init, tmp_path):
    drawn["stages"], deals = enter_stages(drawn), drawn.pop("deals")
    found = init(drawn)
    mapped = found.params.source.deals
    assert (mapped.path, mapped.closed_at.column, mapped.opened_at.column) == ("stages.csv", "entered", "entered")
    assert (mapped.status.won, mapped.status.lost) == (("Closed Won",), ("Closed Lost",))
    assert set(mapped.status.open) == {"New", "Recycled"}
    outcomes = ingest(found.params, tmp_path, Workdir(tmp_path / "work"))["outcomes"]
    assert (outcomes["won"], outcomes["reopened"]) == ((deals["state"] == "Closed Won").sum(), 20)
    assert (outcomes["lost"], outcomes["undated_open_deals"]) == ((deals["state"] == "Closed Lost").sum() - 20, 0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["visits", "flags", "stages"])
def test_the_proposals_run_as_they_are(drawn, init, tmp_path, kind):
    visits = drawn["activities"]
    if kind == "flags":
        visits["opened"], visits["clicked"] = 1, (np.arange(len(visits)) % 3 == 0).astype(int)
    if kind == "stages":
        drawn["stages"] = enter_stages(drawn)
        del drawn["deals"]
    init(drawn, activities="visits")
    run(tmp_path)
