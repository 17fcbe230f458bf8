"""Writes figures of scoring runs to the run of the model that scored them: one point a day."""

import datetime as dt
from typing import NamedTuple

from mlflow import MlflowClient
from mlflow.entities import Metric, Run

from leadlight.pipelines.registry.mlflow_registry import Registry, parse_version_number

__all__ = ["NightMetrics", "log_night_metrics"]


class NightMetrics(NamedTuple):
    """Figures of one scoring run.

    Parameters
    ----------
    model_version : str
        Name of the version that scored it, see :class:`.Version`.
    as_of : datetime
        Its moment, with a time zone.
    day : date
        The day of that moment where the leads are.
    metrics : dict of str to float
        Figures by name.
    """

    model_version: str
    as_of: dt.datetime
    day: dt.date
    metrics: dict[str, float]


def log_night_metrics(registry: Registry, night: NightMetrics) -> int:
    """Log figures of a night; those that the run has of that day already stay as they are.

    The step is the age of the model: days since the end of its training data. Versions that were deleted
    from the registry have no run any more, and nothing is logged.

    Returns
    -------
    int
        How many figures are new.

    Raises
    ------
    BundleError
        If the registry cannot be reached.
    """
    run_id = registry.find_run_of(parse_version_number(night.model_version))
    if run_id is None:
        return 0
    with registry.convert_errors():
        client = MlflowClient(registry.uri)
        step = (night.day - _find_end_of_training(client.get_run(run_id))).days
        moment = int(night.as_of.timestamp() * 1000)
        new = [
            Metric(name, value, moment, step)
            for name, value in night.metrics.items()
            if all(point.step != step for point in client.get_metric_history(run_id, name))
        ]
        if new:
            client.log_batch(run_id, metrics=new)
    return len(new)


def _find_end_of_training(run: Run) -> dt.date:
    """Return the last day of the training data; without dates, that of the training."""
    until = run.data.tags.get("data_until")
    return (
        dt.date.fromisoformat(until) if until else dt.datetime.fromtimestamp(run.info.start_time / 1000, dt.UTC).date()
    )
