"""``leadlight report thresholds``: metrics of every score as a threshold, a proposal, a backtest."""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from leadlight.models.scoring.anchors import THRESHOLD_SCORES
from leadlight.models.scoring.calibration_answers import find_answer
from leadlight.models.scoring.scale import ScoreScale
from leadlight.pipelines.params import Params
from leadlight.pipelines.reporting.report import Report
from leadlight.pipelines.reports.thresholds.backtest import Backtest, run_backtest
from leadlight.pipelines.reports.thresholds.console import print_report
from leadlight.pipelines.reports.thresholds.dataset import NAMES, ThresholdDataset, load_dataset
from leadlight.pipelines.reports.thresholds.html import render_html
from leadlight.pipelines.reports.thresholds.metrics import FIGURES, SCORES, compute_metrics_at
from leadlight.pipelines.reports.thresholds.policy_backtest import backtest_policy
from leadlight.pipelines.reports.thresholds.text import describe_backtest, render_policy_yaml, write_headline
from leadlight.pipelines.workspace.workdir import Workdir, round_floats

__all__ = ["REPORT", "build_report"]


def build(
    params: Params,
    workdir: Workdir,
    on_progress: Callable[[float], None],
    *,
    marketing: Annotated[str | None, typer.Option("--marketing", help="A sentence to propose for MQLs.")] = None,
    sales: Annotated[str | None, typer.Option("--sales", help="A sentence to propose for SQLs.")] = None,
) -> dict[str, Any]:
    """Evaluate every score as a threshold, see :func:`build_report`; floats are rounded.

    Parameters
    ----------
    on_progress : callable
        Called with the share of the backtest that is done.
    marketing, sales : str, optional
        Proposed policy sentences; by default those of params.

    Raises
    ------
    LeadlightError
        See :func:`load_dataset` and :func:`run_backtest`.
    """
    dataset = load_dataset(params, workdir, marketing, sales)
    report: dict[str, Any] = round_floats(build_report(dataset, run_backtest(dataset, on_progress)))
    return report


def summarize(report: dict[str, Any]) -> str:
    """Return the number of weeks in the backtest and of scores."""
    weeks = report["replay"]["weeks"] if report["replay"] else 0
    return f"{weeks} weeks, {len(report['scores'])} scores"


def render_files(report: dict[str, Any]) -> dict[str, Any]:
    """Return the page, the report and a table with a row a score."""
    table = _flatten_intervals(report["scores"])
    return {
        "thresholds.json": report,
        "thresholds.csv": table.to_csv(index=False, float_format="%.6g"),
        "index.html": render_html(report),
    }


def build_report(dataset: ThresholdDataset, backtest: Backtest | None) -> dict[str, Any]:
    """Compute the content of the report.

    Returns
    -------
    dict
        Plain data: ``scores`` (a row for each whole score), ``standing`` and ``proposed`` (by threshold),
        ``replay``, ``agreed``, ``economics``, ``window``, ``sentence`` and ``to_paste``.
    """
    scores = SCORES.astype(float)
    proposed = dataset.proposed
    offered = [t.probability for t in proposed.values()] if proposed else []
    wanted = np.unique(np.concatenate([dataset.scale.invert(scores), offered]))
    rows = dict(zip(wanted.tolist(), compute_metrics_at(dataset, wanted), strict=True))
    of_scores = [
        {"score": int(s), **rows[p]} for s, p in zip(scores, dataset.scale.invert(scores).tolist(), strict=True)
    ]
    report: dict[str, Any] = {
        "window": _window(dataset),
        "agreed": dataset.scorer.metadata.agreed,
        "policy_agreed": dataset.scorer.metadata.policy_agreed,
        "calibration": find_answer(dataset.scorer.metadata.calibration_check),
        "min_leads": dataset.policy.min_leads,
        "economics": dataset.economy._asdict(),
        "scores": of_scores,
        "standing": {
            name: {"sentence": t.sentence, **of_scores[int(THRESHOLD_SCORES[name]) - 1]}
            for name, t in dataset.scorer.thresholds.items()
        },
        "proposed": proposed
        and {
            name: {
                "sentence": t.sentence,
                "score": float(dataset.scale.score(np.array([t.probability]))[0]),
                **rows[t.probability],
            }
            for name, t in proposed.items()
        },
        "replay": _replay(dataset, backtest) if backtest is not None else None,
        "to_paste": render_policy_yaml(dataset.policy, proposed or dataset.scorer.thresholds),
    }
    return report | {"sentence": write_headline(report), "replay_said": describe_backtest(report)}


def _window(dataset: ThresholdDataset) -> dict[str, Any]:
    snapshots, metadata = dataset.snapshots, dataset.scorer.metadata
    return {
        "candidate": metadata.candidate,
        "simulated": metadata.simulated,
        "time": metadata.time,
        "test_start": metadata.snapshots["windows"]["test_start"],
        "horizon_days": metadata.horizon_shown,
        "snapshots": len(snapshots),
        "leads": int(snapshots["lead_id"].nunique()),
        "wins": int(snapshots["won"].sum()),
        "from": snapshots["as_of"].min().isoformat() if metadata.has_dates else None,
        "to": snapshots["as_of"].max().isoformat() if metadata.has_dates else None,
        "weeks": dataset.scored.weeks,
        "every_days": dataset.params.snapshots.every_days,
        "at_newest_ages": bool((snapshots["weight"] != 1).any()),
    }


def _replay(dataset: ThresholdDataset, backtest: Backtest) -> dict[str, Any]:
    seed, hysteresis = dataset.params.training.seed, dataset.policy.hysteresis
    proposed = dataset.proposed
    return {
        "from": backtest.moments[0].isoformat(),
        "to": backtest.moments[-1].isoformat(),
        "weeks": len(backtest.moments),
        "weeks_known": int(backtest.known.sum()),
        "leads_won": int((backtest.won == 1).any(axis=0).sum()),
        "leads": len(backtest.leads),
        "weight": backtest.weight,
        "hysteresis": hysteresis,
        "standing": backtest_policy(backtest, dataset.scale, hysteresis, seed),
        "proposed": None
        if proposed is None
        else backtest_policy(backtest, ScoreScale(*(proposed[name].probability for name in NAMES)), hysteresis, seed),
    }


def _flatten_intervals(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Flatten each interval to three columns."""
    flat = []
    for row in rows:
        line = {name: value for name, value in row.items() if name not in FIGURES}
        for name in FIGURES:
            ends = row[name] or [None, None, None]
            line |= dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))
        flat.append(line)
    return pd.DataFrame(flat)


REPORT = Report(
    name="thresholds",
    help="Show what every score would bring as a threshold, so that marketing and sales can agree on one.",
    progress="Replaying thresholds on history",
    build=build,
    summarize=summarize,
    render_files=render_files,
    print_console=print_report,
)
