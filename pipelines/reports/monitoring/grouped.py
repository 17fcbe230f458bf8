"""Movements as findings: one line a topic, for features of one signal move together."""

from leadlight.pipelines.reports.monitoring.drift import DriftResult
from leadlight.pipelines.reports.monitoring.findings import OK, MonitoringFinding

__all__ = ["group_by_topic"]


def group_by_topic(moved: list[DriftResult]) -> list[MonitoringFinding]:
    """Turn movements that are to be looked at into findings, what calls for action and moved most first.

    Parameters
    ----------
    moved : list of Movement
        Those that moved most first.
    """
    topics: dict[str, list[DriftResult]] = {}
    for movement in moved:
        if movement.level != OK:
            topics.setdefault(movement.topic, []).append(movement)
    found = [_finding(movements) for movements in topics.values()]
    return sorted(found, key=lambda f: (f.level, -f.figures["beyond"]))


def _finding(movements: list[DriftResult]) -> MonitoringFinding:
    first = min(movements, key=lambda m: (m.level, -m.beyond))
    others = len({m.feature for m in movements}) - 1
    more = f"; {others} more of its features moved" if others else ""
    return MonitoringFinding(
        first.level,
        first.name.replace(": ", ", "),
        f"{first.moved} among {first.population}{more}",
        {name: getattr(first, name) for name in ("psi", "beyond", "p", "feature", "topic")},
    )
