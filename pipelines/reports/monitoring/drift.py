"""Drift of features and scores beyond sampling error and beyond seasonal variation (PSI)."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import false_discovery_control

from leadlight.features.catalogue import AGE, Feature
from leadlight.models.metrics.drift import (
    calculate_expected_psi,
    calculate_psi,
    calculate_psi_p_value,
    smooth_proportions,
)
from leadlight.models.validation.reference_population import MIN_LEADS, count_in_bins, mask_recent_leads
from leadlight.pipelines.findings.monitoring_codes import FEATURE_DRIFT, SCORE_DRIFT
from leadlight.pipelines.params.sections import Watch
from leadlight.pipelines.reports.monitoring.dataset import MonitoringDataset, ScoredPopulation
from leadlight.pipelines.reports.monitoring.drift_text import describe_category_drift, describe_numeric_drift
from leadlight.pipelines.reports.monitoring.findings import CRITICAL, OK, WARNING, Level, MonitoringFinding

__all__ = ["OF_ALL", "POPULATIONS", "SCORE", "DriftResult", "group_by_topic", "measure_drift"]

SCORE = "score"
#: leads in each bin, before and now
Counts = tuple[np.ndarray, np.ndarray]
OF_ALL, OF_NEW = "all open leads", "leads of the last 90 days"
POPULATIONS = {"all": OF_ALL, "new": OF_NEW}
#: topics with a smaller share in score variation give warnings only
MIN_WEIGHT = 0.005


class DriftResult(NamedTuple):
    """Drift of one feature in one population.

    Parameters
    ----------
    feature, topic, name : str
        Its column, its topic, and what a person calls it.
    population : str
        Of which leads.
    psi, expected_psi, baseline_psi : float
        PSI; its expectation without drift; its maximum between the cut-off and midnights of the year before it, beyond
        chance.
    nearest : float
        The smallest PSI, beyond chance, against the reference or an earlier midnight: small if a similar
        base has occurred before, such as at the same time of the last year.
    p : float
        p-value without drift, adjusted for all comparisons.
    weight : float
        Share of its topic in score variation.
    moved : str
        Largest change in words.
    level : str
    """

    feature: str
    topic: str
    name: str
    population: str
    psi: float
    expected_psi: float
    baseline_psi: float
    nearest: float
    p: float
    weight: float
    moved: str
    level: Level

    @property
    def beyond(self) -> float:
        """PSI beyond chance, the baseline, and earlier similar dates."""
        return _beyond(self._asdict())


def measure_drift(dataset: MonitoringDataset, reference: dict[str, Any]) -> list[DriftResult]:
    """Compare the run with what the bundle remembers: each feature, and the score.

    Parameters
    ----------
    reference : dict
        See :func:`leadlight.pipelines.profile.training_reference.build_training_reference`.

    Returns
    -------
    list of DriftResult
        Largest drift first; scores under :data:`SCORE`.
    """
    weights = dataset.compute_weights()
    rows = [*_rows(dataset, weights, reference, part="all", now=dataset.tonight)]
    young = mask_recent_leads(dataset.tonight.frame, dataset.scorer.catalogue)
    if reference["new"] is not None and young is not None and young.sum() >= MIN_LEADS:
        rows += _rows(dataset, weights, reference, part="new", now=dataset.tonight.select(young))
    # adjusted for several tests under any dependence (Benjamini and Yekutieli 2001)
    adjusted = false_discovery_control(np.clip([row["p"] for row in rows], 0.0, 1.0), method="by") if rows else []
    for row, p in zip(rows, adjusted, strict=True):
        row["p"] = float(p)
    results = [DriftResult(**row, level=_level(row, dataset.params.watch)) for row in rows]
    return sorted(results, key=lambda m: (-m.beyond, -m.psi))


def _rows(
    dataset: MonitoringDataset,
    weights: dict[str, float],
    reference: dict[str, Any],
    *,
    part: str,
    now: ScoredPopulation,
) -> Iterator[dict[str, Any]]:
    record = reference[part]
    counted = count_in_bins(record, now.frame, now.scored)
    earlier = [then[part]["counts"] for then in reference["earlier"] if then[part] is not None]
    by_name = {feature.name: feature for feature in dataset.scorer.catalogue.features}
    entries = {**{n: ("numbers", e) for n, e in record["numbers"].items()},
               **{n: ("categories", e) for n, e in record["categories"].items()},
               SCORE: ("scores", record["scores"])}  # fmt: skip
    for name, (kind, entry) in entries.items():
        before, counts = np.array(entry["counts"]), counted[kind][name]
        feature = by_name.get(name)
        here = _measured(before, counts)
        past = [_measure_excess(before, np.array(other[name])) for other in earlier]
        like = [_measure_excess(np.array(other[name]), counts) for other in earlier]
        yield {
            "feature": name,
            "topic": feature.topic if feature else SCORE,
            "name": feature.label.get("en", name) if feature else "Score",
            "population": POPULATIONS[part],
            **here,
            "baseline_psi": max(past, default=0.0),
            "nearest": min([_measure_excess(before, counts), *like]),
            "weight": weights.get(feature.topic, 0.0) if feature else 1.0,
            "moved": _words(dataset, feature, entry, (before, counts), now),
        }


def _measure_excess(before: np.ndarray, now: np.ndarray) -> float:
    """Return the index beyond chance."""
    filled = (before + now) > 0
    index = calculate_psi(smooth_proportions(before[filled]), smooth_proportions(now[filled]))
    expected = calculate_expected_psi(int(filled.sum()), float(before.sum()), float(now.sum()))
    return max(0.0, index - expected)


def _beyond(row: Mapping[str, Any]) -> float:
    return float(max(0.0, min(row["psi"] - row["expected_psi"] - row["baseline_psi"], row["nearest"])))


def _measured(before: np.ndarray, now: np.ndarray) -> dict[str, float]:
    filled = (before + now) > 0
    bins, sizes = int(filled.sum()), (float(before.sum()), float(now.sum()))
    p, q = smooth_proportions(before[filled]), smooth_proportions(now[filled])
    index = calculate_psi(p, q)
    return {
        "psi": index,
        "expected_psi": calculate_expected_psi(bins, *sizes),
        "p": calculate_psi_p_value(index, bins, *sizes),
    }


def _words(
    dataset: MonitoringDataset, feature: Feature | None, entry: dict[str, Any], counts: Counts, now: ScoredPopulation
) -> str:
    if feature is None:
        return describe_numeric_drift(entry, *counts, now.scored[SCORE])
    values = now.frame[feature.name]
    if feature.kind == "number":  # no day since the last of a signal: there was none
        return describe_numeric_drift(entry, *counts, values, "not known" if feature.group == "fit" else "none")
    spellings = dataset.scorer.metadata.spellings.get(feature.topic, {})
    return describe_category_drift(entry, *counts, values, spellings)


def _level(row: dict[str, Any], limits: Watch) -> Level:
    beyond = _beyond(row)
    if row["p"] > limits.false_alarms or beyond < limits.warning:
        return OK
    # the base ages by itself, and a topic with little weight does little harm
    mild = row["topic"] == AGE or row["weight"] < MIN_WEIGHT
    return WARNING if mild or beyond < limits.critical else CRITICAL


def group_by_topic(results: list[DriftResult]) -> list[MonitoringFinding]:
    """Return one finding for each topic with drift, because features of one signal drift together.

    Parameters
    ----------
    results : list of DriftResult
        Largest drift first.
    """
    topics: dict[str, list[DriftResult]] = {}
    for result in results:
        if result.level != OK:
            topics.setdefault(result.topic, []).append(result)
    findings = [_build_finding(of_topic) for of_topic in topics.values()]
    return sorted(findings, key=lambda f: (f.level, -f.figures["beyond"]))


def _build_finding(results: list[DriftResult]) -> MonitoringFinding:
    first = min(results, key=lambda r: (r.level, -r.beyond))
    others = len({r.feature for r in results}) - 1
    more = f"; {others} more of its features moved" if others else ""
    return MonitoringFinding(
        first.level,
        SCORE_DRIFT if first.topic == SCORE else FEATURE_DRIFT,
        first.name.replace(": ", ", "),
        f"{first.moved} among {first.population}{more}",
        {name: getattr(first, name) for name in ("psi", "beyond", "p", "feature", "topic")},
    )
