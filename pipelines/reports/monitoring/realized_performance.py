"""Check performance on the outcomes of matured scoring runs."""

from typing import Any

import pandas as pd

from leadlight.models.scoring.calibration_answers import FAILS, find_answer
from leadlight.pipelines.findings.monitoring_codes import AUC_BELOW, SLOPE_OFF, WINS_DIFFER
from leadlight.pipelines.params.sections import Watch
from leadlight.pipelines.reports.monitoring.dataset import MonitoringDataset
from leadlight.pipelines.reports.monitoring.findings import CRITICAL, OK, WARNING, Check, Level, MonitoringFinding
from leadlight.pipelines.reports.monitoring.realized_outcomes import RealizedPerformance, evaluate_realized
from leadlight.serving.store.run_history import RunSummary

__all__ = ["check_realized_performance", "select_runs"]

NAME = "Outcomes of earlier nights"
#: tolerance in days of a wanted age
NEAR_DAYS = 15
#: bounds of actual / expected wins outside which a 95 % interval warns, a 99 % interval is critical
LOOK_RATIO, ACT_RATIO = (0.9, 1 / 0.9), (0.8, 1.25)
LOOK_AUC, ACT_AUC = 0.05, 0.1
LOOK_SLOPE = (0.75, 4 / 3)


def select_runs(
    nights: list[RunSummary], now: pd.Timestamp, horizon_days: int, ages_days: tuple[int, ...]
) -> tuple[list[RunSummary], list[RunSummary]]:
    """Select matured runs near the wanted ages, and waiting runs that have not matured.

    Parameters
    ----------
    nights : list of RunSummary
        All that are stored, newest first.
    now : pd.Timestamp
        Outcomes are known up to here.
    horizon_days : int
        Length of the window of outcomes.
    ages_days : tuple of int
        Wanted ages of nights, and wanted distances before the newest matured night.

    Returns
    -------
    matured, waiting : list of RunSummary
        Newest first. Matured are only nights whose whole window has ended; the newest of them is there.
    """
    end = now - pd.Timedelta(days=horizon_days)
    ended = [night for night in nights if pd.Timestamp(night.as_of) <= end]
    waiting = [night for night in nights if pd.Timestamp(night.as_of) > end]
    chosen = _near(ended, now, ages_days)
    if ended:
        chosen |= {ended[0].night: ended[0]}
        chosen |= _near(ended, pd.Timestamp(ended[0].as_of), ages_days)
    return _newest_first(chosen), _newest_first(_near(waiting, now, ages_days))


def check_realized_performance(dataset: MonitoringDataset) -> tuple[Check, dict[str, Any]]:
    """Evaluate the selected runs; findings come from the newest matured run.

    Returns
    -------
    Check
    dict
        ``nights`` (of :class:`RealizedPerformance`), ``waiting`` (as_of, matures_on), ``known_until``.
    """
    if not dataset.dated:
        message = "the source has no dates, so that outcomes of earlier nights cannot be followed"
        return Check(NAME, message, (), False), {"nights": [], "waiting": [], "known_until": None}
    horizon, limits = dataset.scorer.metadata.horizon_days, dataset.params.watch
    nights = dataset.store.list_runs(dataset.night.as_of)
    ended, waiting = select_runs(nights, dataset.now, horizon, limits.ages_days)
    outcomes = []
    for night in ended:
        scores = dataset.store.read_scores(night.night)
        outcome = evaluate_realized(night, scores, dataset.engine, horizon, dataset.now)
        if outcome is not None:
            outcomes.append(outcome)
    content = {
        "nights": [outcome._asdict() for outcome in outcomes],
        "waiting": [{"as_of": n.as_of.isoformat(), "matures_on": _ends(n, horizon)} for n in waiting],
        "known_until": dataset.now.isoformat(),
    }
    if not outcomes:
        first = nights[-1]
        ends = _ends(first, horizon)[:10]
        message = f"no night has matured yet: the first, of {first.as_of:%Y-%m-%d}, will on {ends}"
        return Check(NAME, message, (), False), content
    newest = outcomes[0]
    wins = f"{newest.expected:,.0f} wins were expected and {newest.actual:,} seen"
    message = f"of the scores of {newest.as_of[:10]}, {wins}"
    if newest.expected < limits.min_wins:
        message += f"; below {limits.min_wins} expected wins nothing is judged"
        return Check(NAME, message, (), False), content
    findings = _judge(newest, limits, dataset)
    return Check(NAME, message, tuple(findings)), content


def _judge(outcome: RealizedPerformance, limits: Watch, dataset: MonitoringDataset) -> list[MonitoringFinding]:
    fails = find_answer(dataset.scorer.metadata.calibration_check) == FAILS
    same = outcome.model_version == dataset.version.name
    # a model that failed its check promises no win count, and findings on an older model are not critical
    most: Level = CRITICAL if same else WARNING
    note = "" if same else f" (scored by {outcome.model_version}, before the present champion)"
    findings = []
    level = _outside(outcome.ratio, LOOK_RATIO, outcome.ratio_ci99, ACT_RATIO)
    if level != OK:
        low, high = outcome.ratio
        level = _at_most(level, WARNING if fails else most)
        findings.append(MonitoringFinding(level, WINS_DIFFER, "Wins against expected",
            f"{outcome.actual:,} of the leads scored on {outcome.as_of[:10]} won within "
            f"{dataset.scorer.metadata.horizon_days} days where {outcome.expected:,.0f} were expected: "
            f"{outcome.actual / outcome.expected:.2f} times, 95 % interval {low:.2f} to {high:.2f}{note}",
            {"actual": outcome.actual, "expected": outcome.expected}))  # fmt: skip
    auc, expected = outcome.measured.get("auc"), outcome.expected_auc
    if auc is not None and expected is not None and outcome.auc_error is not None:
        short, error = expected - auc, outcome.auc_error
        act = short > ACT_AUC and short - 2.576 * error > LOOK_AUC
        if act or (short > LOOK_AUC and short - 1.96 * error > 0):
            level = _at_most(CRITICAL if act else WARNING, most)
            findings.append(MonitoringFinding(level, AUC_BELOW, "AUC against expected",
                f"the AUC of the scores of {outcome.as_of[:10]} is {auc:.2f}, 95 % interval "
                f"{auc - 1.96 * error:.2f} to {auc + 1.96 * error:.2f}, where {expected:.2f} was to "
                f"be expected{note}",
                {"auc": auc, "expected": expected}))  # fmt: skip
    if outcome.slope and outcome.slope_ci99 and _apart(outcome.slope_ci99, LOOK_SLOPE):
        spread = "too far apart" if outcome.slope[0] < 1 else "too close together"
        findings.append(MonitoringFinding(WARNING, SLOPE_OFF, "Calibration slope",
            f"the chances of {outcome.as_of[:10]} lie {spread}: slope {outcome.slope[0]:.2f}, 95 % interval "
            f"{outcome.slope[1]:.2f} to {outcome.slope[2]:.2f}{note}", {}))  # fmt: skip
    return sorted(findings, key=lambda f: f.level != CRITICAL)


def _outside(
    likely: tuple[float, float], look: tuple[float, float], surely: tuple[float, float], act: tuple[float, float]
) -> Level:
    if _apart(surely, act):
        return CRITICAL
    return WARNING if _apart(likely, look) else OK


def _apart(interval: tuple[float, float], allowed: tuple[float, float]) -> bool:
    return interval[1] < allowed[0] or interval[0] > allowed[1]


def _at_most(level: Level, most: Level) -> Level:
    return WARNING if level == CRITICAL and most == WARNING else level


def _near(nights: list[RunSummary], start: pd.Timestamp, ages: tuple[int, ...]) -> dict[int, RunSummary]:
    near = {}
    for age in ages:
        target = start - pd.Timedelta(days=age)
        away = {n.night: abs(pd.Timestamp(n.as_of) - target) for n in nights}
        best = min(nights, key=lambda n: away[n.night], default=None)
        if best is not None and away[best.night] <= pd.Timedelta(days=NEAR_DAYS):
            near[best.night] = best
    return near


def _newest_first(nights: dict[int, RunSummary]) -> list[RunSummary]:
    return [nights[number] for number in sorted(nights, reverse=True)]


def _ends(night: RunSummary, horizon_days: int) -> str:
    return (pd.Timestamp(night.as_of) + pd.Timedelta(days=horizon_days)).isoformat()
