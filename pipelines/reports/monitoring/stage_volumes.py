"""Check the share of open leads above each threshold against the training cut-off."""

import math
from typing import Any

import pandas as pd

from leadlight.models.metrics.bootstrap import calculate_wilson_interval
from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE
from leadlight.models.validation.reference_population import mask_recent_leads
from leadlight.pipelines.findings.monitoring_codes import CONSENT_SHARE, THRESHOLD_SHARE
from leadlight.pipelines.reporting.formatting import format_percent_brief
from leadlight.pipelines.reports.monitoring.dataset import MonitoringDataset
from leadlight.pipelines.reports.monitoring.findings import CRITICAL, OK, WARNING, Check, Level, MonitoringFinding

__all__ = ["check_stage_volumes"]

NAME = "Shares above the thresholds"
#: threshold, its short name, its score
BARS = (("marketing_qualified", "MQL", MARKETING_SCORE), ("sales_qualified", "SQL", SALES_SCORE))
#: risk ratios for a warning and for a critical finding
LOOK_TIMES, ACT_TIMES = 1.25, 2.0
SURE = 2.576
#: differences of the share that consent holds back, beyond its 99 % interval, and the leads that it takes
LOOK_HELD, ACT_HELD, MIN_HELD = 0.1, 0.25, 10
#: where so many refuse at all times, a share of that many is as good as none
MIN_REFUSED, FEW_REFUSED = 0.05, 0.25


def check_stage_volumes(
    dataset: MonitoringDataset, reference: dict[str, Any] | None
) -> tuple[Check, list[dict[str, Any]]]:
    """Compare the share of leads above each threshold, and how many of them consent holds back.

    Parameters
    ----------
    reference : dict or None
        See :func:`leadlight.pipelines.profile.training_reference.build_training_reference`; its earlier midnights give
        the ordinary variation of the share.

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
            earlier = [then["all"] for then in reference["earlier"]]
            usual = max([abs(_surely(before, were, then[key], then["leads"])) for then in earlier], default=0.0)
            moved = _surely(before, were, above, leads)
            row |= {"reference": before / were, "level": _level(abs(moved) - usual)}
            if row["level"] != OK:
                more = "more" if moved > 0 else "fewer"
                findings.append(MonitoringFinding(row["level"], THRESHOLD_SHARE, f"Share above {short}",
                    f"{format_percent_brief(row['share'])} of the open leads reach {short}, {more} than the "
                    f"{format_percent_brief(row['reference'])} at the training cut-off, "
                    "beyond chance and what is usual",
                    {"share": row["share"], "reference": row["reference"]}))  # fmt: skip
        rows.append(row)
    message = ", ".join(f"{r['short']} {r['above']:,} leads ({format_percent_brief(r['share'])})" for r in rows)
    if reference is None:
        return Check(NAME, f"{message}; there is no population to compare", (), False), rows
    findings += _find_held_back(dataset, reference)
    findings.sort(key=lambda f: f.level)
    return Check(NAME, message, tuple(findings)), rows


def _find_held_back(dataset: MonitoringDataset, reference: dict[str, Any]) -> list[MonitoringFinding]:
    """Compare the shares of open leads, of recent ones, and of those above a threshold, that have refused consent."""
    score, refused = dataset.tonight.scored["score"], dataset.tonight.refused
    parts = [("open leads", refused, "all", "leads", "refused")]
    young = mask_recent_leads(dataset.tonight.frame, dataset.scorer.catalogue)
    if young is not None:
        parts.append(("leads of the last 90 days", refused[young], "new", "leads", "refused"))
    for key, short, bar in BARS:
        above = refused[(score >= bar).to_numpy()]
        parts.append((f"leads at {short} or above", above, "all", key, f"contactable_{key.removesuffix('_qualified')}"))
    findings = []
    for words, held, part, of, counted in parts:
        records = [record[part] for record in (reference, *reference["earlier"]) if record[part] is not None]
        before = [_count_refused(record, of, counted) for record in records]
        n = min(len(held), *(leads for _, leads in before)) if before else 0
        if n < MIN_HELD:
            continue
        low, high = (pick(share for share, _ in before) for pick in (min, max))
        share = float(held.mean())
        error = SURE * math.sqrt(max(share * (1 - share), 0.01) * 2 / n)
        beyond = max(share - high, low - share) - error
        # nobody refuses any more: those who did would be contacted
        none = of == "leads" and low >= MIN_REFUSED and share < FEW_REFUSED * low
        if beyond > LOOK_HELD or none:
            level = CRITICAL if beyond > ACT_HELD or none else WARNING
            findings.append(MonitoringFinding(level, CONSENT_SHARE, words[0].upper() + words[1:],
                f"{format_percent_brief(share)} have refused consent, where it was {format_percent_brief(low)} to "
                f"{format_percent_brief(high)} at the training cut-off and before",
                {"share": share, "low": low, "high": high}))  # fmt: skip
    return findings


def _count_refused(part: dict[str, Any], of: str, counted: str) -> tuple[float, int]:
    """Return the share of refused leads in a part of a population, and the size of the part."""
    leads = part[of]
    refused = part["refused"] if of == "leads" else leads - part[counted]
    return refused / max(1, leads), leads


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
