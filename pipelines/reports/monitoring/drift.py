"""Drift of features and of scores: what has moved beyond chance and beyond what always moves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.catalogue import AGE, Feature
from leadlight.models.metrics.drift import (
    adjust_p_values,
    calculate_expected_psi,
    calculate_jensen_shannon,
    calculate_psi,
    calculate_psi_p_value,
    smooth_proportions,
)
from leadlight.models.validation.reference_population import MIN_LEADS, count_in_bins, mask_recent_leads
from leadlight.pipelines.params.sections import Watch
from leadlight.pipelines.reports.monitoring.dataset import MonitoringDataset, ScoredPopulation
from leadlight.pipelines.reports.monitoring.drift_text import describe_category_drift, describe_numeric_drift
from leadlight.pipelines.reports.monitoring.findings import CRITICAL, OK, WARNING, Level

__all__ = ["SCORE", "DriftResult", "list_baseline_dates", "measure_drift"]

SCORE = "score"
#: leads in each bin, before and now
Counts = tuple[np.ndarray, np.ndarray]
OF_ALL, OF_NEW = "all open leads", "leads of the last 90 days"
#: topics with a smaller share of what moves scores are looked at, not acted upon
MIN_WEIGHT = 0.005
#: days before the night and before the cut-off; whole weeks in the first, so that weekdays are the same
LAST_YEAR, BEFORE = (350, 364, 378), (20, 52, 99, 160, 223, 310)
#: leads are young where a CRM begins: what moves then is no measure for later
WARM_UP = pd.Timedelta(days=90)


@dataclass(frozen=True)
class DriftResult:
    """How far one feature has moved in one population.

    Parameters
    ----------
    feature, topic, name : str
        Its column, its topic, and what a person calls it.
    population : str
        Of which leads.
    psi, expected_psi, baseline_psi : float
        The index; what chance alone gives; what it came to between earlier midnights, beyond chance.
    nearest : float
        The smallest index, beyond chance, against the reference or an earlier midnight: small where the
        night is like one that was seen before, such as the same time of the last year.
    distance : float
        Jensen-Shannon distance, 0 to 1.
    p : float
        Chance of so much without any movement, adjusted for all that was looked at.
    weight : float
        Share of its topic in what moves scores.
    moved : str
        What moved most, in words.
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
    distance: float
    p: float
    weight: float
    moved: str
    level: Level

    @property
    def beyond(self) -> float:
        """The index beyond chance, beyond what is usual, and beyond what was seen before."""
        return _beyond(vars(self))


@dataclass(frozen=True)
class _Side:
    """Which leads, what they were, what they are, and what they were at earlier midnights."""

    of_whom: str
    record: dict[str, Any]
    now: ScoredPopulation
    earlier: list[ScoredPopulation]


def list_baseline_dates(material: MonitoringDataset) -> list[pd.Timestamp]:
    """Choose earlier midnights that tell how a base looks that nothing has happened to.

    The same time of the last year, for what comes with the seasons, and some of the year before the training
    cut-off, at no regular distance, for mailings and closings come in weeks and months.
    """
    cut_off = pd.Timestamp(material.scorer.facts["snapshots"]["cut_off"])
    night = pd.Timestamp(material.night.as_of)
    wanted = {night - pd.Timedelta(days=days) for days in LAST_YEAR}
    wanted |= {cut_off - pd.Timedelta(days=days) for days in BEFORE}
    first = pd.Timestamp(material.engine.report["first_lead"]) + WARM_UP
    return sorted(moment for moment in wanted if first <= moment <= cut_off - pd.Timedelta(days=14))


def measure_drift(
    material: MonitoringDataset, reference: dict[str, Any], earlier: list[ScoredPopulation]
) -> list[DriftResult]:
    """Compare the night with the reference, feature by feature and score by score.

    Parameters
    ----------
    material : Material
    reference : dict
        See :func:`leadlight.models.validation.reference_population.build_reference`.
    earlier : list of Population
        Open leads at earlier midnights.

    Returns
    -------
    list of Movement
        Those that moved most first; scores under :data:`SCORE`.
    """
    catalogue = material.scorer.catalogue
    sides = [_Side(OF_ALL, reference["all"], material.tonight, earlier)]
    young = mask_recent_leads(material.tonight.frame, catalogue)
    if reference["new"] is not None and young is not None and young.sum() >= MIN_LEADS:
        parts = [_new(material, population) for population in earlier]
        enough = [part for part in parts if len(part.frame) >= MIN_LEADS]
        sides.append(_Side(OF_NEW, reference["new"], _new(material, material.tonight), enough))
    weights = material.compute_weights()
    rows = [row for side in sides for row in _rows(material, side, weights)]
    for row, p in zip(rows, adjust_p_values(np.array([row["p"] for row in rows])), strict=True):
        row["p"] = float(p)
    found = [DriftResult(**row, level=_level(row, material.params.watch)) for row in rows]
    return sorted(found, key=lambda m: (-m.beyond, -m.psi))


def _new(material: MonitoringDataset, population: ScoredPopulation) -> ScoredPopulation:
    young = mask_recent_leads(population.frame, material.scorer.catalogue)
    assert young is not None
    return ScoredPopulation(population.frame[young], population.scored[young])


def _rows(material: MonitoringDataset, side: _Side, weights: dict[str, float]) -> Iterator[dict[str, Any]]:
    record, now = side.record, side.now
    counted = count_in_bins(record, now.frame, now.scored)
    before = [count_in_bins(record, population.frame, population.scored) for population in side.earlier]
    by_name = {feature.name: feature for feature in material.scorer.catalogue.features}
    entries = {**{n: ("numbers", e) for n, e in record["numbers"].items()},
               **{n: ("categories", e) for n, e in record["categories"].items()},
               SCORE: ("scores", record["scores"])}  # fmt: skip
    for name, (kind, entry) in entries.items():
        reference, counts = np.array(entry["counts"]), counted[kind][name]
        feature = by_name.get(name)
        here = _measured(reference, counts)
        past = [_excess(_measured(reference, other[kind][name])) for other in before]
        like = [_excess(_measured(other[kind][name], counts)) for other in before]
        yield {
            "feature": name,
            "topic": feature.topic if feature else SCORE,
            "name": feature.label.get("en", name) if feature else "Score",
            "population": side.of_whom,
            **here,
            "usual": max(past, default=0.0),
            "nearest": min([_excess(here), *like]),
            "weight": weights.get(feature.topic, 0.0) if feature else 1.0,
            "moved": _words(material, feature, entry, (reference, counts), now),
        }


def _excess(measured: dict[str, float]) -> float:
    return max(0.0, measured["psi"] - measured["chance"])


def _beyond(row: Mapping[str, Any]) -> float:
    return float(max(0.0, min(row["psi"] - row["chance"] - row["usual"], row["nearest"])))


def _measured(before: np.ndarray, now: np.ndarray) -> dict[str, float]:
    filled = (before + now) > 0
    bins, sizes = int(filled.sum()), (float(before.sum()), float(now.sum()))
    p, q = smooth_proportions(before[filled]), smooth_proportions(now[filled])
    index = calculate_psi(p, q)
    return {
        "psi": index,
        "chance": calculate_expected_psi(bins, *sizes),
        "p": calculate_psi_p_value(index, bins, *sizes),
        "distance": calculate_jensen_shannon(p, q),
    }


def _words(
    material: MonitoringDataset,
    feature: Feature | None,
    entry: dict[str, Any],
    counts: Counts,
    now: ScoredPopulation,
) -> str:
    if feature is None:
        return describe_numeric_drift(entry, *counts, now.scored[SCORE])
    values = now.frame[feature.name]
    if feature.kind == "number":  # no day since the last of a signal: there was none
        return describe_numeric_drift(
            entry, *counts, values, "not known" if feature.group == "fit" else "none"
        )
    spellings = material.scorer.facts.get("spellings", {}).get(feature.topic, {})
    return describe_category_drift(entry, *counts, values, spellings)


def _level(row: dict[str, Any], limits: Watch) -> Level:
    beyond = _beyond(row)
    if row["p"] > limits.false_alarms or beyond < limits.warning:
        return OK
    # a base grows older by itself, and what the model hardly uses hardly harms it
    mild = row["topic"] == AGE or row["weight"] < MIN_WEIGHT
    return WARNING if mild or beyond < limits.critical else CRITICAL
