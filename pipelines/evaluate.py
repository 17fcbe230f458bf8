"""``leadlight evaluate``: the test window, scored once, against what a model has to beat."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from models.baselines import constant, default_lightgbm, plain_logistic
from models.bundle import load_scorer
from models.calibration import fit_platt
from models.curves import curves
from models.evaluation import FIGURES, Bootstrap, bands, calibration_line, figures, log_loss
from models.points import Rule, total_points
from models.scorer import Scorer
from models.truth import against_truth
from pipelines.learning_data import LearningData, read_learning_data
from pipelines.outputs import Workdir, read_frame, replacing, write_json
from pipelines.params import Params
from pipelines.pictures import draw_curves

__all__ = ["evaluate"]

#: the check that a number may be called a probability: slope, and actual over expected wins
TOLERATED = (0.8, 1.25)


def evaluate(params: Params, workdir: Workdir) -> dict[str, Any]:
    """Compute the test figures of the scorer and of what it has to beat.

    Parameters
    ----------
    params : Params
        Seed and rule book.
    workdir : Workdir
        Where the bundle is; ``metrics.json`` and plots go there.

    Returns
    -------
    dict
        What was written to ``metrics.json``.
    """
    scorer = load_scorer(workdir.need(workdir.bundle, "calibrate"))
    data = read_learning_data(workdir)
    test = data.window("test")
    past = data.window("train", "calibrate")
    scored = scorer.score(test.frame)
    probabilities = {"leadlight": scored["probability"].to_numpy()} | _rivals(params, scorer, past, test)
    bootstrap = Bootstrap(test.leads, params.training.seed)
    result = {
        "test": _window(test),
        "candidate": scorer.facts["candidate"],
        "figures": {name: figures(p, test.won) for name, p in probabilities.items()},
        "intervals": _intervals(probabilities["leadlight"], test, bootstrap),
        "log_loss_saved_against": _saved(probabilities, test, bootstrap),
        "calibration": _calibration(probabilities["leadlight"], test, bootstrap),
        "stages": _stages(scored["stage"], test),
        "optimistic": scorer.facts["time"] == "none",
        "simulated": scorer.facts["simulated"],
    }
    if params.simulation is not None:
        truth = read_frame(workdir.need(workdir.truth, "truth"))
        q = test.frame[["lead_id", "as_of"]].merge(truth, on=["lead_id", "as_of"], validate="one_to_one")
        known = q["true_probability"].to_numpy()
        result["truth"] = {name: against_truth(p, known) for name, p in probabilities.items()}
    _write_plots(probabilities["leadlight"], test, workdir, result)
    write_json(workdir.metrics, _rounded(result))
    return result


def _rivals(params: Params, scorer: Scorer, past: LearningData, test: LearningData) -> dict[str, np.ndarray]:
    """All rivals learn from everything before the test window, for they keep no window for calibration."""
    names = scorer.catalogue.names
    before, after = past.frame[names], test.frame[names]
    rivals = {
        "constant": constant(before, past.won, after),
        "plain_logistic": plain_logistic(before, past.won, after, scorer.catalogue),
        "default_lightgbm": default_lightgbm(before, past.won, after, scorer.catalogue),
    }
    if params.points:
        rules = [
            Rule(r.attribute or r.signal or "", r.points, r.is_, r.within_days or 90, r.at_least)
            for r in params.points
        ]
        earned = partial(total_points, rules, catalogue=scorer.catalogue)
        past_points, test_points = earned(frame=before), earned(frame=after)
        scale = max(float(past_points.std()), 1e-9)
        rivals["points_table"] = fit_platt(past_points / scale, past.won).probability(test_points / scale)
    return rivals


def _window(test: LearningData) -> dict[str, Any]:
    return {
        "snapshots": len(test.won),
        "leads": int(pd.Series(test.leads).nunique()),
        "wins": int(test.won.sum()),
        "base_rate": float(test.won.mean()),
        "from": test.frame["as_of"].min().isoformat(),
        "to": test.frame["as_of"].max().isoformat(),
    }


def _on(figure: Callable[..., float], *columns: np.ndarray) -> Callable[[np.ndarray], float]:
    return lambda rows: figure(*(column[rows] for column in columns))


def _pair(interval: tuple[float, float]) -> dict[str, float]:
    return {"low": interval[0], "high": interval[1]}


def _intervals(p: np.ndarray, test: LearningData, bootstrap: Bootstrap) -> dict[str, dict[str, float]]:
    found = bootstrap.interval(*(_on(figure, p, test.won) for figure in FIGURES.values()))
    return {name: _pair(interval) for name, interval in zip(FIGURES, found, strict=True)}


def _saved(probabilities: dict[str, np.ndarray], test: LearningData, bootstrap: Bootstrap) -> dict[str, Any]:
    ours = probabilities["leadlight"]

    def saved(p: np.ndarray, q: np.ndarray, won: np.ndarray) -> float:
        return log_loss(q, won) - log_loss(p, won)

    rivals = {name: p for name, p in probabilities.items() if name != "leadlight"}
    found = bootstrap.interval(*(_on(saved, ours, rival, test.won) for rival in rivals.values()))
    return {
        name: {"value": saved(ours, rivals[name], test.won)} | _pair(interval)
        for name, interval in zip(rivals, found, strict=True)
    }


def _calibration(p: np.ndarray, test: LearningData, bootstrap: Bootstrap) -> dict[str, Any]:
    def slope(q: np.ndarray, won: np.ndarray) -> float:
        return calibration_line(q, won)[0]

    def ratio(q: np.ndarray, won: np.ndarray) -> float:
        return float(won.sum() / q.sum())

    low, high = TOLERATED
    intervals = bootstrap.interval(_on(slope, p, test.won), _on(ratio, p, test.won))
    line = calibration_line(p, test.won)
    passed = all(interval[0] <= high and interval[1] >= low for interval in intervals)
    return {
        "slope": {"value": line[0]} | _pair(intervals[0]),
        "intercept": line[1],
        "actual_over_expected": {"value": ratio(p, test.won)} | _pair(intervals[1]),
        "passed": passed,
        "bands": bands(p, test.won),
    }


def _stages(stage: pd.Series, test: LearningData) -> dict[str, Any]:
    won = pd.Series(test.won, index=stage.index)
    return {
        str(name): {"snapshots": len(rows), "wins": int(rows.sum()), "win_rate": float(rows.mean())}
        for name, rows in won.groupby(stage)
    }


def _write_plots(p: np.ndarray, test: LearningData, workdir: Workdir, result: dict[str, Any]) -> None:
    drawn = curves(p, test.won)
    for name, frame in drawn.items():
        with replacing(workdir.plots / f"{name}.csv") as temporary:
            frame.to_csv(temporary, index=False)
    window = result["test"]
    source = "Simulated CRM" if result["simulated"] else "Test window"
    span = f"{window['from'][:10]} to {window['to'][:10]}"
    title = f"{source}: {window['snapshots']:,} snapshots, {window['wins']:,} wins, {span}"
    draw_curves(drawn, title, workdir.plots / "curves.png")


def _rounded(content: Any) -> Any:
    """Six decimals: more would be noise in every diff."""
    if isinstance(content, dict):
        return {key: _rounded(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_rounded(value) for value in content]
    return round(content, 6) if isinstance(content, float) else content
