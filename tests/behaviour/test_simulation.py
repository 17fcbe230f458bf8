"""The simulated CRM is repeatable, has the files that were agreed, and refuses settings it does not know."""

import pytest
from pydantic import ValidationError

from leadlight.pipelines.simulation import SimulationSettings, simulate

TABLES = ("leads.csv.gz", "activities.parquet", "deals.csv.gz", "history.csv.gz", "stages.csv.gz")
TRUTH = ("truth/leads.parquet", "truth/activities.parquet", "truth/settings.json")


def test_same_settings_give_the_same_bytes(world, tmp_path):
    assert simulate(world.settings, tmp_path) == world.counts
    for name in TABLES + TRUTH:
        assert (tmp_path / name).read_bytes() == (world.folder / name).read_bytes(), name
    assert not list(tmp_path.rglob("*.part"))


def test_another_seed_gives_other_bytes(world, tmp_path):
    simulate(world.settings.model_copy(update={"seed": 8}), tmp_path)
    for name in TABLES + TRUTH:
        assert (tmp_path / name).read_bytes() != (world.folder / name).read_bytes(), name


def test_gaps_and_typos_leave_the_course_of_events_alone(world, tmp_path):
    simulate(world.settings.model_copy(update={"gaps": 0.4, "typos": 0.2}), tmp_path)
    for name in ("activities.parquet", "deals.csv.gz", "stages.csv.gz", "truth/leads.parquet"):
        assert (tmp_path / name).read_bytes() == (world.folder / name).read_bytes(), name
    for name in ("leads.csv.gz", "history.csv.gz"):
        assert (tmp_path / name).read_bytes() != (world.folder / name).read_bytes(), name


def test_tables_have_the_agreed_columns(world):
    attributes = ["industry", "employees", "revenue_band", "country", "job_title", "department"]
    assert list(world.leads) == ["lead_id", "created_at", *attributes, "source", "consent", "owner"]
    assert list(world.activities) == ["lead_id", "occurred_at", "type", "value", "object"]
    assert list(world.deals) == ["lead_id", "closed_at", "status", "amount"]
    assert list(world.history) == ["lead_id", "attribute", "value", "changed_at"]
    assert list(world.stages) == ["lead_id", "stage", "entered_at"]
    assert world.activities["occurred_at"].dtype == "datetime64[us]"
    assert set(world.history["attribute"]) == set(attributes)


def test_counts_are_those_of_the_files(world):
    counts = world.counts
    rows = (world.leads, world.activities, world.deals, world.history, world.stages)
    assert [counts[k] for k in ("leads", "activities", "deals", "changes", "stages")] == [*map(len, rows)]
    assert counts["won"] == (world.deals["status"] == "won").sum()
    assert counts["lost"] == (world.deals["status"] == "lost").sum()
    assert counts["won"] + counts["lost"] + counts["open"] == counts["leads"] == 1_500


def test_progress_ends_at_one(tmp_path):
    shares: list[float] = []
    simulate(SimulationSettings(leads=200, months=6), tmp_path, shares.append)
    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert shares[-1] == 1.0


@pytest.mark.parametrize("wrong", [{"leads": 199}, {"months": 5}, {"leads": "300"}, {"colour": "red"}])
def test_settings_refuse_what_they_do_not_know(wrong):
    with pytest.raises(ValidationError):
        SimulationSettings(**wrong)


def test_settings_are_frozen_and_described():
    with pytest.raises(ValidationError):
        SimulationSettings().seed = 8
    assert all(field.description for field in SimulationSettings.model_fields.values())
