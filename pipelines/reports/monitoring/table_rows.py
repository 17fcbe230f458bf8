"""Tables with unusually few or many rows, with rows doubled or rejected, and leads that are gone."""

from collections.abc import Iterator
from typing import Any

from leadlight.pipelines.findings.monitoring_codes import LEADS_GONE, ROWS_DOUBLED, ROWS_REJECTED, VOLUME_CHANGED
from leadlight.pipelines.reporting.formatting import format_percent_brief
from leadlight.pipelines.reports.monitoring.dataset import MonitoringDataset
from leadlight.pipelines.reports.monitoring.findings import CRITICAL, WARNING, MonitoringFinding

__all__ = ["find_leads_gone", "find_table_changes"]

#: ratios to the smallest and the largest number of rows in any 28 days of the year before the cut-off
LOOK_FEWER, ACT_FEWER, LOOK_MORE, ACT_MORE, MIN_ROWS = 0.6, 0.35, 1.8, 3.0, 20
#: percentage points above the share of the training data
LOOK_DOUBLED, ACT_DOUBLED = 0.01, 0.05
LOOK_REJECTED, ACT_REJECTED = 0.005, 0.02
#: share of the leads of the last run that are gone
LOOK_GONE, MIN_GONE = 0.01, 10


def find_table_changes(then: dict[str, Any], now: dict[str, Any]) -> list[MonitoringFinding]:
    """Compare volumes, copies and quarantine of each table; profiles as in :func:`.find_kinds`."""
    return [*_find_volumes(then, now), *_find_doubled(then, now), *_find_rejected(then, now)]


def _find_volumes(then: dict[str, Any], now: dict[str, Any]) -> Iterator[MonitoringFinding]:
    for table, before in then["tables"].items():
        periods = _add_kinds(before)
        rows = (_add_kinds(now["tables"].get(table, {"kinds": {}})) or [0])[0]
        least, most = min(periods), max(periods)
        fewer, more = rows / max(1, least), rows / max(1, most)
        if not ((least >= MIN_ROWS and fewer < LOOK_FEWER) or (most >= MIN_ROWS and more > LOOK_MORE)):
            continue
        level = CRITICAL if fewer < ACT_FEWER or more > ACT_MORE else WARNING
        yield MonitoringFinding(level, VOLUME_CHANGED, table.capitalize(),
            f"{rows:,} rows in the last 28 days, where it was {least:,} to {most:,} in any 28 days of the year before "
            "the training cut-off", {"rows": rows, "least": least, "most": most})  # fmt: skip


def _add_kinds(table: dict[str, Any]) -> list[int]:
    periods = [entry["periods"] for entry in table["kinds"].values()]
    return [sum(column) for column in zip(*periods, strict=True)]


def _find_doubled(then: dict[str, Any], now: dict[str, Any]) -> Iterator[MonitoringFinding]:
    for table, share in now["duplicates"].items():
        before = then["duplicates"].get(table, 0.0)
        if share - before >= LOOK_DOUBLED:
            level = CRITICAL if share - before >= ACT_DOUBLED else WARNING
            yield MonitoringFinding(level, ROWS_DOUBLED, table.capitalize(),
                f"{format_percent_brief(share)} of the rows of the last 91 days are copies of another, where it was "
                f"{format_percent_brief(before)}", {"share": share, "before": before})  # fmt: skip


def _find_rejected(then: dict[str, Any], now: dict[str, Any]) -> Iterator[MonitoringFinding]:
    for table, actions in now["rejected"].items():
        for action, share in actions.items():
            before = then["rejected"].get(table, {}).get(action, 0.0)
            if share - before >= LOOK_REJECTED:
                level = CRITICAL if share - before >= ACT_REJECTED else WARNING
                yield MonitoringFinding(level, ROWS_REJECTED, f"{table.capitalize()}, {action}",
                    f"{format_percent_brief(share)} of the rows, where it was {format_percent_brief(before)} in the "
                    "training data", {"share": share, "before": before})  # fmt: skip


def find_leads_gone(dataset: MonitoringDataset) -> Iterator[MonitoringFinding]:
    """Compare the leads that the run found gone with the limit above which it would have been refused."""
    gone = (dataset.own_profile or {}).get("vanished")
    if gone is None or gone["leads"] < MIN_GONE or gone["leads"] < LOOK_GONE * gone["known"]:
        return
    many = gone["leads"] > dataset.params.source.max_vanished_share / 2 * gone["known"]
    yield MonitoringFinding(CRITICAL if many else WARNING, LEADS_GONE, "Leads",
        f"{gone['leads']:,} of the {gone['known']:,} leads {gone['since']} are not in the source any more, and none of "
        "them was closed", {"leads": gone["leads"], "known": gone["known"]})  # fmt: skip
