"""``--for hubspot``: a CSV file with the request that imports it, the properties, and what an import cannot clear."""

import datetime as dt
import json
from typing import Any

from leadlight.models.scoring.anchors import STAGES
from leadlight.pipelines.exports.cells import format_csv_row, is_formula, strip_formula_signs
from leadlight.pipelines.exports.folder import ExportFolder
from leadlight.pipelines.exports.rows import MAX_REASONS, ExportRow

__all__ = ["MAX_CALL_RECORDS", "MAX_FILE_BYTES", "MAX_FILE_ROWS", "OBJECTS", "HubSpot"]

#: what HubSpot calls its objects by
OBJECTS = {"contacts": "0-1", "leads": "0-136"}
MAX_FILE_ROWS = 1_048_576
MAX_FILE_BYTES = 20_000_000
"""The limit of free accounts; others may import 512 MB."""
MAX_CALL_RECORDS = 100
FILE, CLEARING, LINE_END = "leads.csv", "clear.jsonl", "\n"
GROUP = "leadlight"
FITS, ENGAGEMENTS = "ABCD", "1234"
REASONS = tuple(f"leadlight_reason_{number}" for number in range(1, MAX_REASONS + 1))
CHANCES = ("leadlight_probability", "leadlight_rank")
PROPERTIES: dict[str, dict[str, Any]] = {
    "leadlight_score": {"label": "Leadlight score", "type": "number"},
    "leadlight_fit": {"label": "Leadlight fit", "type": "enumeration", "options": tuple(FITS)},
    "leadlight_engagement": {"label": "Leadlight engagement", "type": "enumeration", "options": tuple(ENGAGEMENTS)},
    "leadlight_grade": {
        "label": "Leadlight grade",
        "type": "enumeration",
        "options": tuple(fit + engagement for fit in FITS for engagement in ENGAGEMENTS),
    },
    "leadlight_stage": {"label": "Leadlight stage", "type": "enumeration", "options": (*STAGES, "closed")},
    "leadlight_probability": {"label": "Leadlight probability to win", "type": "number"},
    "leadlight_rank": {"label": "Leadlight rank among open leads", "type": "number"},
    **{name: {"label": f"Leadlight reason {number}", "type": "string"} for number, name in enumerate(REASONS, start=1)},
    "leadlight_scored_at": {"label": "Leadlight scored at", "type": "datetime"},
}
FIELD_TYPES = {"number": "number", "enumeration": "select", "string": "text", "datetime": "date"}


class HubSpot:
    """Writes ``leads.csv`` with ``import-request.json``, definitions of properties, and ``clear.jsonl``.

    Parameters
    ----------
    object_name : str
        One of :data:`OBJECTS`.
    """

    def __init__(self, object_name: str = "contacts") -> None:
        self._object = object_name
        self._by_email: bool | None = None
        self._addresses: dict[str, str] = {}
        self._clearing: list[dict[str, Any]] = []
        self._files: list[str] = []

    def find_fault(self, row: ExportRow) -> str | None:
        """Return why HubSpot could not find the record of a lead; None if it can.

        The id of the first lead decides: record ids are digits; where it is none, contacts go by e-mail address.
        """
        is_record = row.lead_id.isascii() and row.lead_id.isdigit()
        if self._by_email is None:
            self._by_email = not is_record and self._object == "contacts"
        if not self._by_email:
            return None if is_record else "its id is no record id of HubSpot, which has digits only"
        if row.email is None:
            return "its id is no record id of HubSpot, and no e-mail address is stored of it (display.email)"
        if is_formula(row.email) or "@" not in row.email:
            return "its id is no record id of HubSpot, and its e-mail address is none that can be imported"
        first = self._addresses.setdefault(row.email.lower(), row.lead_id)
        return None if first == row.lead_id else f"the lead {first} has the same e-mail address"

    def write_row(self, folder: ExportFolder, row: ExportRow) -> None:
        """Append the row of a lead, and what is to be cleared of it."""
        values = _list_values(row)
        key = str(row.email if self._by_email else row.lead_id)
        header = format_csv_row([self._key_column, *PROPERTIES], LINE_END)
        line = format_csv_row([key, *values.values()], LINE_END)
        name = folder.append(FILE, line, header=header, max_bytes=MAX_FILE_BYTES, max_rows=MAX_FILE_ROWS)
        if name not in self._files:
            self._files.append(name)
        # an import leaves a value alone whose cell is empty
        empty = [name for name, value in values.items() if value is None] if row.is_known else []
        if row.stage != "closed" and not row.had_other_chance:
            empty = [name for name in empty if name not in CHANCES]
        if empty:
            entry = {"id": key, "properties": dict.fromkeys(empty, "")}
            self._clearing.append(entry | ({"idProperty": "email"} if self._by_email else {}))
        if len(self._clearing) == MAX_CALL_RECORDS:
            self._write_clearing(folder)

    def finish(self, folder: ExportFolder, about: dict[str, Any]) -> None:
        """Write definitions and requests."""
        self._write_clearing(folder)
        folder.write_json("property-group.json", {"name": GROUP, "label": "Leadlight"})
        folder.write_json("properties.json", {"inputs": [_define(name) for name in PROPERTIES]})
        for number, name in enumerate(self._files, start=1):
            request = "import-request.json" if number == 1 else f"import-request-{number}.json"
            folder.write_json(request, self._build_request(name, f"Leadlight scores of {about['as_of']}, {name}"))

    @property
    def _key_column(self) -> str:
        return "Email" if self._by_email else "Record ID"

    def _build_request(self, file: str, title: str) -> dict[str, Any]:
        kind = OBJECTS[self._object]
        key = {
            "columnObjectTypeId": kind,
            "columnName": self._key_column,
            "propertyName": "email" if self._by_email else "hs_object_id",
            "columnType": "HUBSPOT_ALTERNATE_ID" if self._by_email else "HUBSPOT_OBJECT_ID",
        }
        columns = [{"columnObjectTypeId": kind, "columnName": name, "propertyName": name} for name in PROPERTIES]
        page = {"hasHeader": True, "columnMappings": [key, *columns]}
        return {
            "name": title,
            "importOperations": {kind: "UPDATE"},
            "files": [{"fileName": file, "fileFormat": "CSV", "fileImportPage": page}],
        }

    def _write_clearing(self, folder: ExportFolder) -> None:
        if self._clearing:
            folder.append(CLEARING, json.dumps({"inputs": self._clearing}, ensure_ascii=False) + LINE_END)
            self._clearing.clear()


def _list_values(row: ExportRow) -> dict[str, object]:
    reasons = [strip_formula_signs(reason) for reason in row.reasons]
    return {
        "leadlight_score": row.score,
        "leadlight_fit": row.fit,
        "leadlight_engagement": row.engagement,
        "leadlight_grade": row.grade,
        "leadlight_stage": row.stage,
        "leadlight_probability": row.probability,
        "leadlight_rank": row.rank,
        **{name: reasons[place] if place < len(reasons) else None for place, name in enumerate(REASONS)},
        # HubSpot takes times as milliseconds since 1970
        "leadlight_scored_at": int(row.scored_at.replace(tzinfo=dt.UTC).timestamp()) * 1000,
    }


def _define(name: str) -> dict[str, Any]:
    about = PROPERTIES[name]
    options = [
        {"label": option, "value": option, "displayOrder": place}
        for place, option in enumerate(about.get("options", ()))
    ]
    definition = {"name": name, "label": about["label"], "type": about["type"], "groupName": GROUP}
    definition["fieldType"] = FIELD_TYPES[about["type"]]
    return definition | ({"options": options} if options else {})
