"""``leadlight report thresholds``: every score as a threshold, a proposal beside it, a replay."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE
from leadlight.models.scoring.scale import ScoreScale
from leadlight.models.scoring.thresholds import Threshold
from leadlight.pipelines.params import Params
from leadlight.pipelines.reports.thresholds.backtest import Backtest, run_backtest
from leadlight.pipelines.reports.thresholds.dataset import NAMES, ThresholdDataset, load_dataset
from leadlight.pipelines.reports.thresholds.html import render_html
from leadlight.pipelines.reports.thresholds.metrics import FIGURES, SCORES, compute_metrics_at
from leadlight.pipelines.reports.thresholds.policy_backtest import backtest_policy
from leadlight.pipelines.reports.thresholds.text import describe_backtest, render_policy_yaml, write_headline
from leadlight.pipelines.workspace.workdir import (
    Workdir,
    read_json,
    round_floats,
    write_atomically,
    write_json,
)

__all__ = ["examine", "report_thresholds"]

STANDING_SCORES = dict(zip(NAMES, (MARKETING_SCORE, SALES_SCORE), strict=True))


def report_thresholds(
    params: Params,
    workdir: Workdir,
    marketing: str | None = None,
    sales: str | None = None,
    on_week: Callable[[float], None] = lambda share: None,
) -> tuple[dict[str, Any], Path]:
    """Write the report; nothing else is changed by it.

    Parameters
    ----------
    params : Params
    workdir : Workdir
        Where the bundle is; ``report/thresholds/`` goes there.
    marketing, sales : str, optional
        Sentences that are proposed in place of those of params.
    on_week : callable
        Called with the share of the replay that is done.

    Returns
    -------
    report : dict
        See :func:`examine`.
    folder : Path
        Where ``index.html``, ``thresholds.csv`` and ``thresholds.json`` are.

    Raises
    ------
    SourceError
        If nothing was calibrated yet.
    PolicyError
        If a proposed sentence cannot be read or met.
    BundleError
        If the bundle is damaged, or does not fit params.
    """
    material = load_dataset(params, workdir, marketing, sales)
    report: dict[str, Any] = round_floats(examine(material, run_backtest(material, on_week)))
    folder = workdir.root / "report" / "thresholds"
    rendered = render_html(report)
    write_json(folder / "thresholds.json", report)
    with write_atomically(folder / "thresholds.csv") as temporary:
        _flat(report["scores"]).to_csv(temporary, index=False, float_format="%.6g")
    with write_atomically(folder / "index.html") as temporary:
        temporary.write_text(rendered, encoding="utf-8")
    return report, folder


def examine(material: ThresholdDataset, told: Backtest | None) -> dict[str, Any]:
    """Collect everything that is shown.

    Parameters
    ----------
    material : Material
    told : Replay or None

    Returns
    -------
    dict
        Plain data: ``scores`` (a row for each whole score), ``standing`` and ``proposed`` (by threshold),
        ``replay``, ``agreed``, ``economics``, ``window``, ``sentence`` and ``to_paste``.
    """
    scores = SCORES.astype(float)
    proposed = material.proposed
    offered = [t.probability for t in proposed.values()] if proposed else []
    wanted = np.unique(np.concatenate([material.scale.invert(scores), offered]))
    rows = dict(zip(wanted.tolist(), compute_metrics_at(material, wanted), strict=True))
    of_scores = [
        {"score": int(s), **rows[p]}
        for s, p in zip(scores, material.scale.invert(scores).tolist(), strict=True)
    ]
    report: dict[str, Any] = {
        "window": _window(material),
        "agreed": material.scorer.facts["agreed"],
        "policy_agreed": material.scorer.facts["policy_agreed"],
        "calibrated": _calibrated(material.workdir),
        "min_leads": material.policy.min_leads,
        "economics": asdict(material.economy),
        "scores": of_scores,
        "standing": {
            name: _threshold(t, of_scores[int(STANDING_SCORES[name]) - 1])
            for name, t in material.scorer.thresholds.items()
        },
        "proposed": None
        if proposed is None
        else {
            name: _threshold(t, {"score": _score(material, t), **rows[t.probability]})
            for name, t in proposed.items()
        },
        "replay": _replay(material, told) if told is not None else None,
        "to_paste": render_policy_yaml(material.policy, proposed or material.scorer.thresholds),
    }
    return report | {"sentence": write_headline(report), "replay_said": describe_backtest(report)}


def _window(material: ThresholdDataset) -> dict[str, Any]:
    looks, facts = material.snapshots, material.scorer.facts
    return {
        "candidate": facts["candidate"],
        "simulated": facts["simulated"],
        "time": facts["time"],
        "horizon_days": facts["horizon_days"],
        "snapshots": len(looks),
        "leads": int(looks["lead_id"].nunique()),
        "wins": int(looks["won"].sum()),
        "from": looks["as_of"].min().isoformat(),
        "to": looks["as_of"].max().isoformat(),
        "weeks": material.scored.weeks,
        "every_days": material.params.snapshots.every_days,
        "at_newest_ages": bool((looks["weight"] != 1).any()),
    }


def _calibrated(workdir: Workdir) -> bool | None:
    """Whether chances passed their check on the test window; None where it was not looked at yet."""
    if not workdir.metrics.exists():
        return None
    return bool(read_json(workdir.metrics)["calibration"]["passed"])


def _score(material: ThresholdDataset, threshold: Threshold) -> float:
    return float(material.scale.score(np.array([threshold.probability]))[0])


def _threshold(threshold: Threshold, figures: dict[str, Any]) -> dict[str, Any]:
    return {"sentence": threshold.sentence, **figures}


def _replay(material: ThresholdDataset, told: Backtest) -> dict[str, Any]:
    seed, hysteresis = material.params.training.seed, material.policy.hysteresis
    proposed = material.proposed
    return {
        "from": told.moments[0].isoformat(),
        "to": told.moments[-1].isoformat(),
        "weeks": len(told.moments),
        "weeks_known": int(told.known.sum()),
        "leads": len(told.leads),
        "standing_for": told.weight,
        "hysteresis": hysteresis,
        "standing": backtest_policy(told, material.scale, hysteresis, seed),
        "proposed": None
        if proposed is None
        else backtest_policy(
            told, ScoreScale(*(proposed[name].probability for name in NAMES)), hysteresis, seed
        ),
    }


def _flat(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Spread intervals over three columns."""
    flat = []
    for row in rows:
        line = {name: value for name, value in row.items() if name not in FIGURES}
        for name in FIGURES:
            ends = row[name] or [None, None, None]
            line |= dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))
        flat.append(line)
    return pd.DataFrame(flat)
