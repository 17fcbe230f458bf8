"""The main figures of monitoring as MLflow metrics, each of the day whose scores it is about."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from leadlight.pipelines.registry.night_metrics import NightMetrics
from leadlight.pipelines.reports.monitoring.drift import OF_ALL
from leadlight.pipelines.reports.monitoring.findings import OK

__all__ = ["collect_night_metrics"]

#: before the name of each metric; MLflow shows what follows a slash as a section of its own
PREFIX = "watch/"


def collect_night_metrics(report: Mapping[str, Any], zone: str) -> Iterator[NightMetrics]:
    """Yield the figures of the newest night, then those of each matured night.

    Parameters
    ----------
    report : mapping
        See :func:`leadlight.pipelines.reports.monitoring.watch.run_checks`.
    zone : str
        Time zone in which days begin.
    """
    yield _build(report, zone, dict(_list_figures(report)))
    for outcome in report["outcomes"]["nights"]:
        low, high = outcome["ratio"]
        realized = {
            "actual_over_expected": outcome["actual"] / outcome["expected"],
            "actual_over_expected_low": low,
            "actual_over_expected_high": high,
            "realized_auc": outcome["measured"].get("auc"),
        }
        yield _build(outcome, zone, realized)


def _build(night: Mapping[str, Any], zone: str, figures: Mapping[str, float | None]) -> NightMetrics:
    moment = pd.Timestamp(night["as_of"], tz="UTC").tz_convert(zone)
    metrics = {f"{PREFIX}{name}": float(value) for name, value in figures.items() if value is not None}
    return NightMetrics(night["model_version"], moment.to_pydatetime(), moment.date(), metrics)


def _list_figures(report: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    yield "leads", report["leads"]
    for row in report["shares"]:
        yield f"{row['threshold']}_share", row["share"]
    yield from ((f"expected_{name}", value) for name, value in report["expected"].items())
    if report["missing"] is not None:
        yield "max_missing_share", report["missing"]["share"]
    # drift is known only where the champion itself scored the night
    yield from (("score_psi", row["psi"]) for row in report["scores"]["moved"] if row["population"] == OF_ALL)
    if report["features"]:
        yield "drifted_features", len({row["feature"] for row in report["features"] if row["level"] != OK})
