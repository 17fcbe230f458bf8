"""What changed between two nights: each kind of change, made on purpose, is found and nothing else is."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from leadlight.models.scoring.score_change import CAUSES
from leadlight.pipelines.cli.commands.reports import report
from leadlight.pipelines.jobs.register import register
from leadlight.pipelines.jobs.score import score
from leadlight.pipelines.params import load_params
from leadlight.pipelines.score_changes.comparison import compare_runs
from leadlight.pipelines.stages.calibrate import calibrate
from leadlight.pipelines.stages.evaluate import evaluate
from leadlight.pipelines.workspace.as_of import parse_as_of
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.score_changes import round_change
from leadlight.serving.store import open_store
from leadlight.serving.text.rounding import display_score

FIRST, SECOND, THIRD = "2025-08-25", "2025-08-28", "2025-09-01"


class World:
    """A trained CRM of one's own, with a store and a registry of its own, whose first night was scored."""

    def __init__(self, folder, monkeypatch, first=None):
        monkeypatch.setenv("LEADLIGHT_STORE_URL", f"sqlite:///{folder / 'store.db'}")
        monkeypatch.delenv("LEADLIGHT_MLFLOW_URI", raising=False)
        self.folder, self.workdir = folder, Workdir(folder / "work")
        self.activities = folder / "data" / "simulated" / "activities.parquet"
        self.first = first

    @property
    def params(self):
        return load_params(self.folder / "params.yaml")

    def night(self, day):
        return score(self.params, self.folder, self.workdir, parse_as_of(day, "UTC"))

    def adds(self, lead_id, at, kind="demo_request"):
        rows = pd.read_parquet(self.activities)
        more = rows.head(1).assign(lead_id=lead_id, occurred_at=pd.Timestamp(at), type=kind)
        more["occurred_at"] = more["occurred_at"].astype(rows["occurred_at"].dtype)
        pd.concat([rows, more]).to_parquet(self.activities, index=False)

    def store(self):
        return open_store(self.workdir.store_url)

    def registers_another_policy(self, other_policy):
        shutil.copy(other_policy / "params.yaml", self.folder)
        shutil.rmtree(self.workdir.bundle)
        shutil.copytree(other_policy / "work", self.workdir.root, dirs_exist_ok=True)
        register(self.workdir, self.folder, as_champion=True)


@pytest.fixture(scope="module")
def first_night(trained, tmp_path_factory):
    """A world to copy; the registry of each copy keeps its artifacts here."""
    folder = tmp_path_factory.mktemp("first") / "world"
    shutil.copytree(trained, folder, ignore=shutil.ignore_patterns("mlflow.db", "mlartifacts"))
    with pytest.MonkeyPatch.context() as patch:
        world = World(folder, patch)
        register(world.workdir, folder, as_champion=True)
        world.first = world.night(FIRST)
    return world


@pytest.fixture
def world(first_night, tmp_path, monkeypatch):
    shutil.copytree(first_night.folder, tmp_path / "world")
    return World(tmp_path / "world", monkeypatch, first_night.first)


@pytest.fixture(scope="module")
def other_policy(trained, tmp_path_factory, without_shap_plots):
    """The trained folder, calibrated and evaluated with another policy; not registered."""
    folder = tmp_path_factory.mktemp("other") / "policy"
    shutil.copytree(trained, folder, ignore=shutil.ignore_patterns("mlflow.db", "mlartifacts", "registered.json"))
    path, workdir = folder / "params.yaml", Workdir(folder / "work")
    text = path.read_text(encoding="utf-8")
    assert "precision >= 0.10" in text
    path.write_text(text.replace("precision >= 0.10", "precision >= 0.07"), encoding="utf-8")
    calibrate(load_params(path), workdir)
    evaluate(load_params(path), workdir)
    return folder


def totals(moved):
    return pd.DataFrame([change.causes for change in moved], index=[change.lead_id for change in moved])


def differences(before, after):
    """Scores of the later night less those of the earlier, of the leads on both."""
    scores = [night.scored.set_index("lead_id")["score"] for night in (before, after)]
    return (scores[1] - scores[0]).dropna().sort_index()


def test_of_every_lead_on_both_nights_the_causes_add_up_and_time_passes_for_all(world):
    first, second = world.first, world.night(SECOND)
    found, by = totals(second.since.moved), differences(first, second)
    assert list(found.index) == list(by.index)
    np.testing.assert_allclose(found.sum(axis=1), by, atol=1e-9)
    assert not found[["corrected", "new_model"]].to_numpy().any()
    rows = pd.read_parquet(world.activities, columns=["lead_id", "occurred_at"])
    history = pd.read_csv(world.folder / "data" / "simulated" / "history.csv.gz", parse_dates=["changed_at"])
    new = set(rows.loc[rows["occurred_at"].between(FIRST, SECOND, inclusive="left"), "lead_id"])
    new |= set(history.loc[history["changed_at"].between(FIRST, SECOND, inclusive="left"), "lead_id"])
    quiet = ~found.index.isin(new)
    assert not found.loc[quiet, "new_activity"].any()
    assert 0 < quiet.sum() < len(found)
    assert (found.loc[~quiet, "new_activity"] != 0).mean() > 0.9
    assert (found["time_passing"] != 0).mean() > 0.9


def test_the_store_tells_what_was_found_and_printed_numbers_add_up(world):
    first, second = world.first, world.night(SECOND)
    store, by = world.store(), differences(first, second)
    told = store.read_changes(store.get_latest_run().night)
    assert list(told) == list(by.index)
    before, after = (n.scored.set_index("lead_id")["score"] for n in (first, second))
    for lead_id, change in told.items():
        assert change.total == pytest.approx(by[lead_id], abs=1e-9)
        total, causes = round_change(change, after[lead_id])
        assert total == sum(causes.values())
        assert total == display_score(after[lead_id]) - display_score(before[lead_id])
    assert store.read_changes(store.get_latest_run().night - 1) == {}
    store.close()


def test_an_activity_between_the_nights_is_new_and_one_from_before_a_correction(world):
    quiet = world.first.scored.sort_values("lead_id")["lead_id"].tolist()
    new, late = quiet[3], quiet[8]
    world.adds(new, "2025-08-26 10:00")
    world.adds(late, "2025-08-20 10:00")
    second = world.night(SECOND)
    found = totals(second.since.moved)
    assert found.index[found["corrected"] != 0].tolist() == [late]
    assert found.loc[late, "corrected"] > 1
    assert found.loc[new, "new_activity"] > 1
    named = {c.lead_id: {(t.cause, t.topic) for t in c.topics} for c in second.since.moved}
    assert ("new_activity", "demo_request") in named[new]
    assert ("corrected", "demo_request") in named[late]


def test_other_thresholds_and_another_model_are_causes_of_their_own(world, other_policy):
    first = world.first
    world.registers_another_policy(other_policy)
    second = world.night(SECOND)
    found, by = totals(second.since.moved), differences(first, second)
    assert second.result.run_id.split("|")[1] != first.result.run_id.split("|")[1]
    np.testing.assert_allclose(found.sum(axis=1), by, atol=1e-9)
    below = second.scored.set_index("lead_id")["score"].loc[found.index] < 80  # above, nothing is different
    assert (found.loc[below, "new_model"] > 0).all()
    assert not found["corrected"].any()
    fresh = compare_runs(world.params, world.workdir, None, None)
    np.testing.assert_allclose(totals(fresh.moved), found, atol=1e-9)


def test_any_two_nights_can_be_compared_also_after_corrections(world):
    first, second = world.first, world.night(SECOND)
    late = first.scored["lead_id"].min()
    world.adds(late, "2025-08-20 10:00")
    third = world.night(THIRD)
    params, workdir = world.params, world.workdir
    far = compare_runs(params, workdir, parse_as_of(FIRST, "UTC"), None)
    np.testing.assert_allclose(totals(far.moved).sum(axis=1), differences(first, third), atol=1e-9)
    old = compare_runs(params, workdir, parse_as_of(FIRST, "UTC"), parse_as_of("2025-08-30", "UTC"), late)
    (change,) = old.moved
    assert change.total == pytest.approx(differences(first, second)[late], abs=1e-9)
    # neither of the two nights knew of it: what is told of both from today's tables is corrected back
    kept = totals(old.moved).loc[late]
    assert kept.sum() == pytest.approx(change.total)
    assert set(kept.index) == set(CAUSES)


def test_a_rerun_and_a_first_night_have_nothing_to_compare(world):
    assert world.first.since.before is None
    second = world.night(SECOND)
    again = world.night(SECOND)
    assert (len(second.since.moved) > 0, again.result.rerun, again.since.moved) == (True, True, ())
    store = world.store()
    assert len(store.read_changes(2)) == len(second.since.moved)
    store.close()


def test_a_model_that_is_gone_loses_the_comparison_and_not_the_night(world, other_policy, monkeypatch):
    monkeypatch.setenv("LEADLIGHT_MLFLOW_URI", f"sqlite:///{world.folder / 'other.db'}")
    world.registers_another_policy(other_policy)
    second = world.night(SECOND)
    assert second.result.written == len(second.scored)
    assert second.since.moved == ()
    assert "the model of the run of 2025-08-25" in second.since.unknown


def test_the_command_tells_of_the_base_and_of_a_lead(world):
    first, second = world.first, world.night(SECOND)
    options = ["--params", str(world.folder / "params.yaml"), "--workdir", str(world.workdir.root)]
    told = CliRunner().invoke(report, ["changes", *options])
    assert told.exit_code == 0, told.output
    assert "Time passing" in told.output
    written = pd.read_csv(world.workdir.root / "report" / "changes" / "changes.csv")
    np.testing.assert_allclose(
        written[list(CAUSES)].sum(axis=1), written["score_after"] - written["score_before"], atol=1e-9
    )
    most = differences(first, second).abs().idxmax()
    told = CliRunner().invoke(report, ["changes", most, "--language", "de", *options])
    assert "Was sich seit 25. August 2025" in re.sub(r"\s+", " ", told.output)
