"""Figures of `watch` on the run of the model that scored the night: one point a day, and nothing lost without them."""

import datetime as dt
import json

import mlflow
import pandas as pd
import pytest

from leadlight.features.errors import BundleError
from leadlight.pipelines.jobs.score import score
from leadlight.pipelines.params import load_params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.registry.mlflow_registry import CHAMPION
from leadlight.pipelines.registry.night_metrics import NightMetrics, log_night_metrics
from leadlight.pipelines.reports.monitoring.mlflow_metrics import collect_night_metrics
from leadlight.pipelines.reports.monitoring.watch import run_monitoring
from leadlight.pipelines.workspace.workdir import Workdir

NIGHTS = ("2025-08-31", "2025-09-01")


@pytest.fixture(scope="module")
def watched(trained_module):
    """Two nights scored and watched, the second one twice; the reports."""
    params, workdir = load_params(trained_module / "params.yaml"), Workdir(trained_module / "work")
    reports = []
    for night in (*NIGHTS, NIGHTS[-1]):
        score(params, trained_module, workdir, pd.Timestamp(night))
        reports.append(run_monitoring(params, workdir, pd.Timestamp(night)))
    return params, workdir, reports


def get_run(workdir):
    registry = open_registry(workdir)
    number, tags = registry.find_version(CHAMPION)
    return registry, f"v{number}-{tags['bundle']}", registry.find_run_of(number)


def test_each_night_is_one_point_at_its_day_however_often_it_is_watched(watched):
    _, workdir, reports = watched
    _, _, run_id = get_run(workdir)
    client = mlflow.MlflowClient()
    names = {name for name in client.get_run(run_id).data.metrics if name.startswith("watch/")}
    assert names == {f"watch/{name}" for name in (
        "leads", "marketing_qualified_share", "sales_qualified_share", "expected_wins", "expected_auc",
        "max_missing_share", "score_psi", "drifted_features",
    )}  # fmt: skip
    for name in names:
        points = client.get_metric_history(run_id, name)
        assert [dt.datetime.fromtimestamp(point.timestamp / 1000, dt.UTC).isoformat()[:10] for point in points] == [
            *NIGHTS
        ]
        assert points[1].step - points[0].step == 1
    shares = [point.value for point in client.get_metric_history(run_id, "watch/sales_qualified_share")]
    assert shares == [report["shares"][1]["share"] for report in reports[:2]]


def test_the_step_is_the_age_of_the_model_in_days(watched):
    _, workdir, _ = watched
    _, _, run_id = get_run(workdir)
    client = mlflow.MlflowClient()
    until = dt.date.fromisoformat(client.get_run(run_id).data.tags["data_until"])
    steps = [point.step for point in client.get_metric_history(run_id, "watch/leads")]
    assert steps == [(dt.date.fromisoformat(night) - until).days for night in NIGHTS]


def test_the_largest_missing_share_is_that_of_the_attribute_that_most_leads_lack(watched):
    _, workdir, reports = watched
    frame = pd.read_parquet(workdir.root / "night" / "tables" / "attributes.parquet")
    missing = reports[-1]["missing"]
    night = frame[frame["lead_id"].isin(pd.read_parquet(next((workdir.root / "scores").glob("*09-01*")))["lead_id"])]
    assert missing["share"] == pytest.approx(night[missing["feature"].removeprefix("attribute__")].isna().mean())


def test_outcomes_are_points_of_the_night_that_they_are_about_on_the_model_that_scored_it(watched):
    _, workdir, reports = watched
    registry, version, run_id = get_run(workdir)
    matured = {"as_of": "2025-06-01T22:00:00", "model_version": version, "actual": 12, "expected": 10.0,
               "ratio": (0.6, 2.1), "measured": {"auc": 0.8}}  # fmt: skip
    gone = matured | {"model_version": "v99-0123456789ab"}
    report = json.loads(json.dumps(reports[0])) | {"outcomes": {"nights": [matured, gone]}}
    first, outcome, deleted = collect_night_metrics(report, "Europe/Berlin")
    assert first.metrics["watch/leads"] == reports[0]["leads"]
    assert outcome.day == dt.date(2025, 6, 2)
    assert log_night_metrics(registry, outcome) == 4
    assert log_night_metrics(registry, outcome) == 0
    assert log_night_metrics(registry, deleted) == 0
    (point,) = mlflow.MlflowClient().get_metric_history(run_id, "watch/actual_over_expected")
    assert point.value == 1.2
    assert pd.Timestamp(point.timestamp, unit="ms") == pd.Timestamp("2025-06-01T22:00:00")


def test_a_registry_that_refuses_the_figures_changes_no_report(watched, monkeypatch, capsys):
    params, workdir, reports = watched

    def refuse(registry, night):
        raise BundleError("The registry must be reachable and whole. Got no answer at http://mlflow.")

    monkeypatch.setattr("leadlight.pipelines.reports.monitoring.watch.log_night_metrics", refuse)
    assert run_monitoring(params, workdir, pd.Timestamp(NIGHTS[-1])) == reports[-1]
    lines = [line for line in capsys.readouterr().err.splitlines() if line]
    assert lines == [
        "The figures are not logged: The registry must be reachable and whole. Got no answer at http://mlflow."
    ]


def test_a_damaged_registry_is_a_bundle_error(tmp_path, watched):
    _, workdir, _ = watched
    registry, version, _ = get_run(workdir)
    registry.find_run_of("1")
    night = NightMetrics(
        version, dt.datetime(2025, 9, 1, tzinfo=dt.UTC), dt.date(2025, 9, 1), {"watch/ bad % name": 1.0}
    )
    with pytest.raises(BundleError):
        log_night_metrics(registry, night)
