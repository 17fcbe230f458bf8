"""``--for dynamics``: a row of ``msdyn_predictivescores`` for each lead, as JSON lines."""

import json
import re
from typing import Any

from leadlight.pipelines.exports.cells import format_moment
from leadlight.pipelines.exports.folder import ExportFolder
from leadlight.pipelines.exports.rows import ExportRow

__all__ = ["Dynamics"]

FILE = "msdyn_predictivescores.jsonl"
GRADES = {"A": 0, "B": 1, "C": 2, "D": 3}
IMPROVING, STEADY, DECLINING, NOT_ENOUGH = range(4)
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class Dynamics:
    """Writes ``msdyn_predictivescores.jsonl``; the format of reasons is not documented, so they are left out."""

    def find_fault(self, row: ExportRow) -> str | None:
        """Return why Dynamics could not find the record of a lead; None if it can."""
        return None if _GUID.fullmatch(row.lead_id) else "its id is no GUID of a lead of Dynamics"

    def write_row(self, folder: ExportFolder, row: ExportRow) -> None:
        """Append the row of a lead; null clears a column."""
        content = {
            "msdyn_entityid": row.lead_id,
            "msdyn_entitytype": "lead",
            "msdyn_score": row.score,
            "msdyn_grade": GRADES[row.fit] if row.fit else None,
            "msdyn_scoretrend": _compare(row.score, row.score_before),
            "msdyn_ScoredOn": format_moment(row.scored_at),
        }
        folder.append(FILE, json.dumps(content) + "\n")

    def finish(self, _folder: ExportFolder, _about: dict[str, Any]) -> None:
        """Nothing belongs beside the rows."""


def _compare(score: int | None, before: int | None) -> int:
    if score is None or before is None:
        return NOT_ENOUGH
    if score == before:
        return STEADY
    return IMPROVING if score > before else DECLINING
