"""Check the share of open leads above each threshold against the training cut-off."""

import math
from typing import Any

import pandas as pd

from leadlight.models.metrics.bootstrap import calculate_wilson_interval
from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE
from leadlight.pipelines.reporting.formatting import format_percent_brief
from leadlight.pipelines.reports.monitoring.dataset import MonitoringDataset, ScoredPopulation
from leadlight.pipelines.reports.monitoring.findings import CRITICAL, OK, WARNING, Check, Level, MonitoringFinding

__all__ = ["BARS", "check_stage_volumes"]

NAME = "Shares above the thresholds"
#: threshold, its short name, its score
BARS = (("marketing_qualified", "MQL", MARKETING_SCORE), ("sales_qualified", "SQL", SALES_SCORE))
#: risk ratios for a warning and for a critical finding
LOOK_TIMES, ACT_TIMES = 1.25, 2.0
SURE = 2.576


def check_stage_volumes(
    dataset: MonitoringDataset, reference: dict[str, Any] | None, earlier: list[ScoredPopulation]
) -> tuple[Check, list[dict[str, Any]]]:
    """Compare the share of leads above each threshold.

    Parameters
    ----------
    reference : dict or None
        See :func:`leadlight.models.validation.reference_population.build_reference`.
    earlier : list of ScoredPopulation
        Open leads at earlier midnights: ordinary variation of the share.

    Returns
    -------
    Check
    list of dict
        One a threshold.
    """
    scores = dataset.scores["score"]
    rows, findings = [], []
    for key, short, bar in BARS:
        above, leads = int((scores >= bar).sum()), len(scores)
        agreed = dataset.scorer.thresholds[key]
        low, high = calculate_wilson_interval(above, leads)
        row: dict[str, Any] = {
            "threshold": key,
            "short": short,
            "sentence": agreed.sentence,
            "above": above,
            "leads": leads,
            "share": above / leads,
            "low": low,
            "high": high,
            "chosen": list(agreed.share),
            "new_in_7_days": _new_in_7_days(dataset, bar),
            "reference": None,
        }
        if reference is not None:
            before, were = reference["all"][key], reference["all"]["leads"]
            usual = max([abs(_surely(before, were, *_above(p, bar))) for p in earlier], default=0.0)
            moved = _surely(before, were, above, leads)
            row |= {"reference": before / were, "level": _level(abs(moved) - usual)}
            if row["level"] != OK:
                more = "more" if moved > 0 else "fewer"
                findings.append(MonitoringFinding(row["level"], f"Share above {short}",
                    f"{format_percent_brief(row['share'])} of the open leads reach {short}, {more} than the "
                    f"{format_percent_brief(row['reference'])} at the training cut-off, "
                    "beyond chance and what is usual",
                    {"share": row["share"], "reference": row["reference"]}))  # fmt: skip
        rows.append(row)
    message = ", ".join(f"{r['short']} {r['above']:,} leads ({format_percent_brief(r['share'])})" for r in rows)
    if reference is None:
        return Check(NAME, f"{message}; there is no population to compare", (), False), rows
    findings.sort(key=lambda f: f.level)
    return Check(NAME, message, tuple(findings)), rows


def _above(population: ScoredPopulation, bar: float) -> tuple[int, int]:
    return int((population.scored["score"] >= bar).sum()), len(population.scored)


def _surely(before: int, were: int, above: int, leads: int) -> float:
    """Return the end of the 99 % interval of the log of the risk ratio that is nearest to 0, or 0 inside.

    Katz and others (1978), Biometrics 34, with half a lead added to each count.
    """
    k, n, j, m = above + 0.5, leads + 1.0, before + 0.5, were + 1.0
    ratio = math.log((k / n) / (j / m))
    error = SURE * math.sqrt(1 / k - 1 / n + 1 / j - 1 / m)
    return math.copysign(max(0.0, abs(ratio) - error), ratio)


def _level(beyond: float) -> Level:
    if beyond > math.log(ACT_TIMES):
        return CRITICAL
    return WARNING if beyond > math.log(LOOK_TIMES) else OK


def _new_in_7_days(dataset: MonitoringDataset, bar: float) -> int | None:
    """Count leads above the bar that were below a week before; None without a run of that age."""
    now = pd.Timestamp(dataset.night.as_of)
    for night in dataset.store.list_runs(now.to_pydatetime()):
        age = now - pd.Timestamp(night.as_of)
        if pd.Timedelta(days=6) <= age <= pd.Timedelta(days=8):
            then = dataset.store.read_scores(night.night)
            before = set(then.loc[then["score"] >= bar, "lead_id"])
            above = dataset.scores.loc[dataset.scores["score"] >= bar, "lead_id"]
            return int((~above.isin(before)).sum())
    return None
