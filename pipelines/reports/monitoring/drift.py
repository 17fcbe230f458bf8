"""Drift of features and of scores: what has moved beyond chance and beyond what always moves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.catalogue import AGE, Feature
from leadlight.models.metrics.drift import adjusted, chance_of, expected_psi, jensen_shannon, psi, smoothed
from leadlight.models.validation.reference_population import FEWEST_LEADS, counts_in, newcomers
from leadlight.pipelines.params.sections import Watch
from leadlight.pipelines.reports.monitoring.dataset import Material, Population
from leadlight.pipelines.reports.monitoring.drift_text import category_moved, number_moved
from leadlight.pipelines.reports.monitoring.findings import ACT, FINE, LOOK, Level

__all__ = ["SCORE", "Movement", "movements", "usual_moments"]

SCORE = "score"
#: leads in each bin, before and now
Counts = tuple[np.ndarray, np.ndarray]
OF_ALL, OF_NEW = "all open leads", "leads of the last 90 days"
#: topics with a smaller share of what moves scores are looked at, not acted upon
LIGHT = 0.005
#: days before the night and before the cut-off; whole weeks in the first, so that weekdays are the same
LAST_YEAR, BEFORE = (350, 364, 378), (20, 52, 99, 160, 223, 310)
#: leads are young where a CRM begins: what moves then is no measure for later
SETTLING = pd.Timedelta(days=90)


@dataclass(frozen=True)
class Movement:
    """How far one feature has moved in one population.

    Parameters
    ----------
    feature, topic, name : str
        Its column, its topic, and what a person calls it.
    population : str
        Of which leads.
    psi, chance, usual : float
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
    chance: float
    usual: float
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
    now: Population
    earlier: list[Population]


def usual_moments(material: Material) -> list[pd.Timestamp]:
    """Choose earlier midnights that tell how a base looks that nothing has happened to.

    The same time of the last year, for what comes with the seasons, and some of the year before the training
    cut-off, at no regular distance, for mailings and closings come in weeks and months.
    """
    cut_off = pd.Timestamp(material.scorer.facts["snapshots"]["cut_off"])
    night = pd.Timestamp(material.night.as_of)
    wanted = {night - pd.Timedelta(days=days) for days in LAST_YEAR}
    wanted |= {cut_off - pd.Timedelta(days=days) for days in BEFORE}
    first = pd.Timestamp(material.engine.report["first_lead"]) + SETTLING
    return sorted(moment for moment in wanted if first <= moment <= cut_off - pd.Timedelta(days=14))


def movements(material: Material, reference: dict[str, Any], earlier: list[Population]) -> list[Movement]:
    """Compare the night with the reference, feature by feature and score by score.

    Parameters
    ----------
    material : Material
    reference : dict
        See :func:`leadlight.models.validation.reference_population.reference_of`.
    earlier : list of Population
        Open leads at earlier midnights.

    Returns
    -------
    list of Movement
        Those that moved most first; scores under :data:`SCORE`.
    """
    catalogue = material.scorer.catalogue
    sides = [_Side(OF_ALL, reference["all"], material.tonight, earlier)]
    young = newcomers(material.tonight.frame, catalogue)
    if reference["new"] is not None and young is not None and young.sum() >= FEWEST_LEADS:
        parts = [_new(material, population) for population in earlier]
        enough = [part for part in parts if len(part.frame) >= FEWEST_LEADS]
        sides.append(_Side(OF_NEW, reference["new"], _new(material, material.tonight), enough))
    weights = material.weights()
    rows = [row for side in sides for row in _rows(material, side, weights)]
    for row, p in zip(rows, adjusted(np.array([row["p"] for row in rows])), strict=True):
        row["p"] = float(p)
    found = [Movement(**row, level=_level(row, material.params.watch)) for row in rows]
    return sorted(found, key=lambda m: (-m.beyond, -m.psi))


def _new(material: Material, population: Population) -> Population:
    young = newcomers(population.frame, material.scorer.catalogue)
    assert young is not None
    return Population(population.frame[young], population.scored[young])


def _rows(material: Material, side: _Side, weights: dict[str, float]) -> Iterator[dict[str, Any]]:
    record, now = side.record, side.now
    counted = counts_in(record, now.frame, now.scored)
    before = [counts_in(record, population.frame, population.scored) for population in side.earlier]
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
    p, q = smoothed(before[filled]), smoothed(now[filled])
    index = psi(p, q)
    return {
        "psi": index,
        "chance": expected_psi(bins, *sizes),
        "p": chance_of(index, bins, *sizes),
        "distance": jensen_shannon(p, q),
    }


def _words(
    material: Material, feature: Feature | None, entry: dict[str, Any], counts: Counts, now: Population
) -> str:
    if feature is None:
        return number_moved(entry, *counts, now.scored[SCORE])
    values = now.frame[feature.name]
    if feature.kind == "number":  # no day since the last of a signal: there was none
        return number_moved(entry, *counts, values, "not known" if feature.group == "fit" else "none")
    spellings = material.scorer.facts.get("spellings", {}).get(feature.topic, {})
    return category_moved(entry, *counts, values, spellings)


def _level(row: dict[str, Any], limits: Watch) -> Level:
    beyond = _beyond(row)
    if row["p"] > limits.false_alarms or beyond < limits.look:
        return FINE
    # a base grows older by itself, and what the model hardly uses hardly harms it
    mild = row["topic"] == AGE or row["weight"] < LIGHT
    return LOOK if mild or beyond < limits.act else ACT
