"""How many leads are above the thresholds: tonight, at the training cut-off, and where it was agreed."""

import math
from typing import Any

import pandas as pd
from scipy.stats import binomtest

from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE
from leadlight.pipelines.reports.monitoring.dataset import MonitoringDataset, ScoredPopulation
from leadlight.pipelines.reports.monitoring.findings import (
    CRITICAL,
    OK,
    WARNING,
    Check,
    Level,
    MonitoringFinding,
    format_percent,
)

__all__ = ["BARS", "check_stage_volumes"]

NAME = "Shares above the thresholds"
#: threshold, its short name, its score
BARS = (("marketing_qualified", "MQL", MARKETING_SCORE), ("sales_qualified", "SQL", SALES_SCORE))
#: times as many, or as few, that are to be looked at and to be acted upon
LOOK_TIMES, ACT_TIMES = 1.25, 2.0
SURE = 2.576


def check_stage_volumes(
    material: MonitoringDataset, reference: dict[str, Any] | None, earlier: list[ScoredPopulation]
) -> tuple[Check, list[dict[str, Any]]]:
    """Compare the share of leads above each threshold.

    Parameters
    ----------
    material : Material
    reference : dict or None
        See :func:`leadlight.models.validation.reference_population.build_reference`.
    earlier : list of Population
        Open leads at earlier midnights: how much the share moves by itself.

    Returns
    -------
    check : Check
    rows : list of dict
        One a threshold.
    """
    scores = material.scores["score"]
    rows, findings = [], []
    for key, short, bar in BARS:
        above, leads = int((scores >= bar).sum()), len(scores)
        agreed = material.scorer.thresholds[key]
        interval = binomtest(above, leads).proportion_ci(0.95, method="wilson")
        row: dict[str, Any] = {
            "threshold": key,
            "short": short,
            "sentence": agreed.sentence,
            "above": above,
            "leads": leads,
            "share": above / leads,
            "low": float(interval.low),
            "high": float(interval.high),
            "chosen": list(agreed.share),
            "new_in_7_days": _new_in_7_days(material, bar),
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
                    f"{format_percent(row['share'])} of the open leads reach {short}, {more} than the "
                    f"{format_percent(row['reference'])} at the training cut-off, beyond chance and what is usual",
                    {"share": row["share"], "reference": row["reference"]}))  # fmt: skip
        rows.append(row)
    said = ", ".join(f"{r['short']} {r['above']:,} leads ({format_percent(r['share'])})" for r in rows)
    if reference is None:
        return Check(NAME, f"{said}; there is no population to compare", (), False), rows
    findings.sort(key=lambda f: f.level)
    return Check(NAME, said, tuple(findings)), rows


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


def _new_in_7_days(material: MonitoringDataset, bar: float) -> int | None:
    """Count leads above the bar that were not a week before; None where no night of about then is stored."""
    now = pd.Timestamp(material.night.as_of)
    for night in material.store.list_runs(now.to_pydatetime()):
        age = now - pd.Timestamp(night.as_of)
        if pd.Timedelta(days=6) <= age <= pd.Timedelta(days=8):
            then = material.store.read_scores(night.night)
            before = set(then.loc[then["score"] >= bar, "lead_id"])
            above = material.scores.loc[material.scores["score"] >= bar, "lead_id"]
            return int((~above.isin(before)).sum())
    return None
