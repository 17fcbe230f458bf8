"""Attributes that are empty, categories that were never seen before, and numbers on another scale."""

from collections.abc import Iterator
from typing import Any

from leadlight.features.catalogue import Feature
from leadlight.models.validation.reference_population import MIN_KNOWN, MIN_LEADS, get_feature_counts, mask_recent_leads
from leadlight.pipelines.findings.monitoring_codes import ATTRIBUTE_EMPTY, NEW_CATEGORY, SCALE_CHANGED
from leadlight.pipelines.reporting.formatting import format_percent_brief, format_significant
from leadlight.pipelines.reports.monitoring.dataset import MonitoringDataset, ScoredPopulation
from leadlight.pipelines.reports.monitoring.drift import POPULATIONS
from leadlight.pipelines.reports.monitoring.findings import CRITICAL, WARNING, Level, MonitoringFinding

__all__ = ["find_value_changes"]

#: shares of the usual share of leads of which an attribute is known
LOOK_KNOWN, ACT_KNOWN = 0.6, 0.25
#: shares of leads with a new category; multiples of the share that new values usually have
LOOK_CATEGORY, ACT_CATEGORY, LOOK_TIMES, ACT_TIMES = 0.05, 0.1, 2, 3
#: ratios of medians, and rows that they are taken of
LOOK_SCALE, ACT_SCALE, MIN_ROWS = 4.0, 10.0, 10


def find_value_changes(dataset: MonitoringDataset) -> list[MonitoringFinding]:
    """Compare the values of attributes among all and among recent leads, and the medians of all numbers."""
    findings = [*_find_scales(dataset)]
    reference, _ = dataset.reference
    if not dataset.same_model:
        return findings
    if reference is None:  # too few leads to say how many usually have a value, but not to say that none is known
        return [*findings, *_find_categories(dataset, "all", dataset.tonight)]
    young = mask_recent_leads(dataset.tonight.frame, dataset.scorer.catalogue)
    populations = {"all": dataset.tonight}
    if young is not None and young.sum() >= MIN_LEADS:
        populations["new"] = dataset.tonight.select(young)
    named: set[tuple[str, str]] = set()
    for part, population in populations.items():
        records = [record for record in (reference, *reference["earlier"]) if record[part] is not None]
        if records:
            found = [*_find_empty(dataset, part, population, records), *_find_categories(dataset, part, population)]
            # an attribute is named once, of all leads first
            findings += [f for f in found if (f.code.code, f.name) not in named]
            named |= {(f.code.code, f.name) for f in found}
    return findings


def _find_empty(
    dataset: MonitoringDataset, part: str, population: ScoredPopulation, records: list[dict[str, Any]]
) -> Iterator[MonitoringFinding]:
    for feature in _list_attributes(dataset):
        usual = min(1 - get_feature_counts(record[part], feature)[-1] / record[part]["leads"] for record in records)
        share = float(population.frame[feature.name].notna().mean())
        if usual < MIN_KNOWN or share >= LOOK_KNOWN * usual:
            continue
        level = CRITICAL if share < ACT_KNOWN * usual else WARNING
        yield MonitoringFinding(level, ATTRIBUTE_EMPTY, feature.label.get("en", feature.topic),
            f"known of {format_percent_brief(share)} of {POPULATIONS[part]}, where it was of at least "
            f"{format_percent_brief(usual)}", {"share": share, "usual": usual})  # fmt: skip


def _find_categories(
    dataset: MonitoringDataset, part: str, population: ScoredPopulation
) -> Iterator[MonitoringFinding]:
    spellings, usual = dataset.scorer.metadata.spellings, (dataset.source_then or {})["new_values"]
    for feature in _list_attributes(dataset):
        if dataset.params.attributes[feature.topic].kind != "category":
            continue
        values = population.frame[feature.name].dropna()
        fresh = values[~values.isin(spellings.get(feature.topic, {}))]
        share, often = len(fresh) / max(1, len(values)), usual.get(feature.topic, 0.0)
        if len(fresh) < MIN_ROWS or share < max(LOOK_CATEGORY, LOOK_TIMES * often):
            continue
        level = CRITICAL if share >= max(ACT_CATEGORY, ACT_TIMES * often) else WARNING
        most = fresh.value_counts().index[0]
        yield MonitoringFinding(level, NEW_CATEGORY, feature.label.get("en", feature.topic),
            f"{format_percent_brief(share)} of {POPULATIONS[part]} of which it is known have a value that no training "
            f"lead had, most often {most}", {"share": share, "usual": often})  # fmt: skip


def _find_scales(dataset: MonitoringDataset) -> Iterator[MonitoringFinding]:
    before, now = (dataset.source_then or {})["medians"], dataset.source_now["medians"]
    for name, then in before.items():
        here = now.get(name)
        if here is None or min(then["rows"], here["rows"]) < MIN_ROWS:
            continue
        ratio = here["median"] / then["median"]
        times = max(ratio, 1 / ratio)
        if times >= LOOK_SCALE:
            level: Level = CRITICAL if times >= ACT_SCALE else WARNING
            yield MonitoringFinding(level, SCALE_CHANGED, name[0].upper() + name[1:],
                f"the median of the last 91 days is {format_significant(here['median'])}, where it was "
                f"{format_significant(then['median'])} at the training cut-off", {"ratio": ratio})  # fmt: skip


def _list_attributes(dataset: MonitoringDataset) -> list[Feature]:
    return [feature for feature in dataset.scorer.catalogue.features if feature.topic in dataset.params.attributes]
