"""Checks of the source: what the run saw of it against what the bundle and the run before remember."""

from typing import Any

from leadlight.pipelines.reports.monitoring.dataset import MonitoringDataset
from leadlight.pipelines.reports.monitoring.findings import Check, MonitoringFinding
from leadlight.pipelines.reports.monitoring.kinds import find_kinds
from leadlight.pipelines.reports.monitoring.rewritten import find_rewritten
from leadlight.pipelines.reports.monitoring.table_rows import find_leads_gone, find_table_changes
from leadlight.pipelines.reports.monitoring.table_times import find_time_changes
from leadlight.pipelines.reports.monitoring.values import find_value_changes

__all__ = ["check_source"]

TYPES, VALUES, ROWS, TIMES, REWRITTEN = (
    "Types of rows",
    "Values of attributes and numbers",
    "Rows of the tables",
    "Times of the tables",
    "Records read before",
)


def check_source(dataset: MonitoringDataset) -> list[Check]:
    """Compare the source with what was stored of it; never with the tables of the run themselves.

    Returns
    -------
    list of Check
        Types of rows, values, rows, times, and records that were read before.
    """
    then = dataset.source_then
    if then is None:
        known = "the source has no dates" if not dataset.dated else "the bundle remembers no profile: train again"
        return [Check(name, f"not compared: {known}", (), False) for name in (TYPES, VALUES, ROWS, TIMES, REWRITTEN)]
    now = dataset.source_now
    then_again = _read_cut_off_again(dataset)
    rewritten, compared = find_rewritten(dataset, then_again)
    values = "attributes are filled with known values, numbers have their scale"
    reference, origin = dataset.reference
    if not dataset.same_model:
        values = "numbers have their scale; attributes are not judged: another model scored the night"
    elif reference is None:
        values = (
            f"categories are known, numbers have their scale; whether attributes are filled is not judged: {origin}"
        )
    return [
        _check(TYPES, "every known type arrives, and hardly any new one", find_kinds(then, now, then_again)),
        _check(VALUES, values, find_value_changes(dataset)),
        _check(
            ROWS,
            "no table has unusually few, many, doubled or rejected rows",
            [*find_table_changes(then, now), *find_leads_gone(dataset)],
        ),
        _check(TIMES, "every table reaches the night, at its usual hours", find_time_changes(then, now)),
        _check(REWRITTEN, compared, rewritten) if compared else Check(REWRITTEN, "the tables end before", (), False),
    ]


def _read_cut_off_again(dataset: MonitoringDataset) -> dict[str, Any] | None:
    """Profile the training cut-off from the tables of the run; None where all of them end before it."""
    cut_off = dataset.scorer.metadata.cut_off
    assert dataset.source_then is not None
    newest = max(end["end"] for end in dataset.source_now["ends"].values())
    if newest < cut_off.floor("D").isoformat():
        return None
    return dataset.profile_again(cut_off, dataset.source_then)


def _check(name: str, message: str, findings: list[MonitoringFinding]) -> Check:
    found = sorted(findings, key=lambda finding: finding.level)
    return Check(name, f"{len(found)} findings" if len(found) > 1 else "1 finding" if found else message, tuple(found))
