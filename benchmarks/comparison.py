"""Compare Leadlight with its rivals on one data set: the same past, the same test window."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from quality_page import WORDS
from rivals import RIVALS, Answer, Task

from leadlight.models.metrics.bootstrap import ClusterBootstrap
from leadlight.models.metrics.metrics import METRICS, compute_metrics
from leadlight.models.metrics.oracle import measure_regret_to_oracle
from leadlight.models.scoring.bundle import load_evaluation_scorer
from leadlight.pipelines.datasets.labelled_snapshots import LabelledSnapshots, read_labelled_snapshots
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.console import show_progress
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, read_json

__all__ = ["DRAWS", "compare"]

#: least time budget of a search, in seconds
MIN_BUDGET = 20.0
#: bootstrap resamples of the differences
DRAWS = 1000
#: bootstrap resamples of the metrics, some of which sort and are slower
METRIC_DRAWS = 200


def compare(
    workdir: Workdir, params: Params, training: float, rivals: dict[str, Callable[[Task], Answer]] = RIVALS
) -> dict[str, Any]:
    """Train the rivals on the same past, and score the same test window once.

    Parameters
    ----------
    workdir : Workdir
        With the results of all stages up to `evaluate`.
    params : Params
        Params of that run.
    training : float
        Seconds of training and calibration.
    rivals : dict
        Rivals by name.

    Returns
    -------
    dict
        ``test``, ``contestants`` (figures; note; seconds; difference of log loss to Leadlight with its
        interval; truth if known), ``intervals`` of Leadlight's metrics, and ``calibration`` of
        `leadlight evaluate`.
    """
    scorer = load_evaluation_scorer(workdir.require(workdir.bundle, "calibrate"))
    snapshots = read_labelled_snapshots(workdir)
    past, test = snapshots.select_past(), snapshots.select_split("test")
    names, seed, budget = scorer.catalogue.names, params.training.seed, max(training, MIN_BUDGET)
    task = Task(
        past.frame[names], past.won, past.leads, test.frame[names], scorer.catalogue, budget, seed
    )  # fmt: skip
    ours = scorer.predict(test.frame)["probability"].to_numpy()
    answers = {"leadlight": Answer(ours, str(scorer.metadata.candidate))}
    seconds = {"leadlight": training}
    for name, rival in rivals.items():
        with show_progress(WORDS[name]) as tell:
            started = time.perf_counter()
            answers[name] = rival(task)
            seconds[name] = time.perf_counter() - started
            tell(result=answers[name].note)
    contestants: dict[str, Any] = {
        name: {"figures": compute_metrics(a.probability, test.won), "note": a.note, "seconds": seconds[name]}
        for name, a in answers.items()
    }
    _add_differences(contestants, answers, test, seed)
    if params.simulation is not None:
        known = _read_truth(workdir, test)
        for name, answer in answers.items():
            contestants[name]["truth"] = measure_regret_to_oracle(answer.probability, known)
    metrics = read_json(workdir.require(workdir.details, "evaluate"))
    return {
        "test": _describe_window(test),
        "past": _describe_window(past),
        "contestants": contestants,
        "intervals": _estimate_intervals(ours, test, seed),
        "calibration": {k: v for k, v in metrics["calibration"]["all"].items() if k != "bins"}
        | {name: metrics["calibration"][name]["answer"] for name in ("new", "older") if name in metrics["calibration"]},
    }


def _log_losses(p: np.ndarray, won: np.ndarray) -> np.ndarray:
    """Return the log loss of each row in nats, shape (n,); probabilities are clipped at 1e-12."""
    return np.asarray(-np.log(np.clip(np.where(won == 1, p, 1 - p), 1e-12, 1.0)))


def _add_differences(
    contestants: dict[str, Any], answers: dict[str, Answer], test: LabelledSnapshots, seed: int
) -> None:
    ours = _log_losses(answers["leadlight"].probability, test.won)
    rivals = [name for name in answers if name != "leadlight"]
    differences = {name: _log_losses(answers[name].probability, test.won) - ours for name in rivals}
    bootstrap = ClusterBootstrap(test.leads, seed, DRAWS)
    draws = bootstrap.resample(*(_make_mean(differences[name]) for name in rivals))
    for name, (low, high) in zip(rivals, _find_ends(draws), strict=True):
        contestants[name]["difference"] = {"value": float(differences[name].mean()), "low": low, "high": high}


def _find_ends(draws: np.ndarray) -> list[list[float]]:
    """Return the 95 % percentile interval of each column."""
    ends: list[list[float]] = np.nanquantile(draws, [0.025, 0.975], axis=0).T.tolist()
    return ends


def _make_mean(column: np.ndarray) -> Callable[[np.ndarray], float]:
    return lambda rows: float(column[rows].mean())


def _estimate_intervals(p: np.ndarray, test: LabelledSnapshots, seed: int) -> dict[str, dict[str, float]]:
    def on_rows(metric: Callable[[np.ndarray, np.ndarray], float]) -> Callable[[np.ndarray], float]:
        return lambda rows: metric(p[rows], test.won[rows])

    draws = ClusterBootstrap(test.leads, seed, METRIC_DRAWS).resample(*(on_rows(metric) for metric in METRICS.values()))
    return {name: {"low": low, "high": high} for name, (low, high) in zip(METRICS, _find_ends(draws), strict=True)}


def _read_truth(workdir: Workdir, test: LabelledSnapshots) -> np.ndarray:
    truth = read_frame(workdir.require(workdir.truth, "truth"), ["lead_id", "as_of", "true_probability"])
    keys = test.frame[["lead_id", "as_of"]]  # rows may be duplicated
    return keys.merge(truth, on=["lead_id", "as_of"], validate="many_to_one")["true_probability"].to_numpy()


def _describe_window(side: LabelledSnapshots) -> dict[str, Any]:
    once = side.frame.drop_duplicates(["lead_id", "as_of"])
    return {
        "snapshots": len(once),
        "leads": int(once["lead_id"].nunique()),
        "wins": int(once["won"].sum()),
        "base_rate": float(side.won.mean()),
        "from": side.frame["as_of"].min().date().isoformat(),
        "to": side.frame["as_of"].max().date().isoformat(),
    }
