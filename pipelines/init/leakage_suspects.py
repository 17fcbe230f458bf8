"""Columns and activity types that may have been written after the outcome was known, or are written no more."""

from collections.abc import Collection
from typing import Any, NamedTuple

from leadlight.pipelines.audit.findings import LEAK, SUSPECT
from leadlight.pipelines.findings import audit_codes, quality_codes

__all__ = ["LeakageSuspects", "find_suspects"]

#: evidence that concerns a few values only, and evidence on today's value where training reads the history
MINOR = {audit_codes.NEARLY_PURE_VALUES.code, audit_codes.OVERWRITTEN.code}


class LeakageSuspects(NamedTuple):
    """Evidence by column of leads and by activity type.

    Parameters
    ----------
    leaks : dict
        Columns that seem to be written after the start: what the audit calls a leak, or marks to be looked at.
    frozen : dict
        Columns whose values are no longer written.
    doubts : dict
        Columns that are proposed with a line to look at.
    types : dict
        Activity types that are leaks.
    """

    leaks: dict[str, str]
    frozen: dict[str, str]
    doubts: dict[str, str]
    types: dict[str, str]


def find_suspects(report: dict[str, Any], historised: Collection[str] = ()) -> LeakageSuspects:
    """Return the suspects of the audit of a draft.

    Parameters
    ----------
    report : dict
        See :func:`.build_report`.
    historised : collection of str
        Columns with a history. Training reads what they held at each moment, so that only a leak speaks against them.
    """
    found = LeakageSuspects({}, {}, {}, {})
    # reversed, so that the first and strongest finding of a column wins
    for entry in report["findings"][::-1]:
        table, column, code, severity = (entry[key] for key in ("table", "column", "code", "severity"))
        if table == "activities" and severity == LEAK:
            found.types[column] = entry["sentence"]
        if table != "leads" or severity not in (LEAK, SUSPECT):
            continue
        if code == quality_codes.FROZEN.code:
            found.frozen[column] = entry["sentence"]
        elif severity == SUSPECT and (column in historised or code in MINOR):
            found.doubts[column] = entry["sentence"]
        else:
            found.leaks[column] = entry["sentence"]
    return found
