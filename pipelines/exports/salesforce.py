"""``--for salesforce``: files for Bulk API 2.0, and the fields as metadata that can be deployed."""

import re
from typing import Any

from leadlight.pipelines.exports.cells import format_csv_row, format_moment, strip_formula_signs
from leadlight.pipelines.exports.folder import ExportFolder
from leadlight.pipelines.exports.rows import MAX_REASON_LENGTH, MAX_REASONS, ExportRow

__all__ = ["EMPTY", "FIELDS", "MAX_FILE_BYTES", "Salesforce"]

MAX_FILE_BYTES = 100_000_000
LINE_END = "\n"
EMPTY = "#N/A"
"""Clears a field: an empty cell would leave it as it is."""
#: first characters of an id -> object
OBJECTS = {"00Q": "Lead", "003": "Contact"}
_ID = re.compile(r"(00Q|003)[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?")
_TEXT = "<type>Text</type><length>{length}</length>"
_NUMBER = "<type>Number</type><precision>{digits}</precision><scale>{decimals}</scale>"
#: API name -> label, type
FIELDS = {
    "Leadlight_Score__c": ("Leadlight score", _NUMBER.format(digits=3, decimals=0)),
    "Leadlight_Fit__c": ("Leadlight fit", _TEXT.format(length=1)),
    "Leadlight_Engagement__c": ("Leadlight engagement", _TEXT.format(length=1)),
    "Leadlight_Grade__c": ("Leadlight grade", _TEXT.format(length=2)),
    "Leadlight_Stage__c": ("Leadlight stage", _TEXT.format(length=40)),
    "Leadlight_Probability__c": ("Leadlight probability to win", _NUMBER.format(digits=4, decimals=3)),
    "Leadlight_Rank__c": ("Leadlight rank among open leads", _NUMBER.format(digits=10, decimals=0)),
    **{
        f"Leadlight_Reason_{number}__c": (f"Leadlight reason {number}", _TEXT.format(length=MAX_REASON_LENGTH))
        for number in range(1, MAX_REASONS + 1)
    },
    "Leadlight_Scored_At__c": ("Leadlight scored at", "<type>DateTime</type>"),
}
HEADER = format_csv_row(["Id", *FIELDS], LINE_END)
_NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
_VERSION = "60.0"


class Salesforce:
    """Writes ``lead.csv``, ``lead_closed.csv``, ``contact.csv`` and ``metadata``."""

    def find_fault(self, row: ExportRow) -> str | None:
        """Return why Salesforce could not find the record of a lead; None if it can."""
        if _ID.fullmatch(row.lead_id):
            return None
        return "its id is no id of a lead (00Q) or contact (003) of Salesforce, which has 15 or 18 letters and digits"

    def write_row(self, folder: ExportFolder, row: ExportRow) -> None:
        """Append the row of a lead to the file of its object."""
        kind = OBJECTS[row.lead_id[:3]].lower()
        # a converted lead cannot be written: a file of their own keeps their failures apart
        name = "lead_closed.csv" if kind == "lead" and row.score is None else f"{kind}.csv"
        reasons = [strip_formula_signs(reason) for reason in row.reasons]
        values = (
            row.score, row.fit, row.engagement, row.grade, row.stage, row.probability, row.rank,
            *reasons, *[None] * (MAX_REASONS - len(reasons)), format_moment(row.scored_at),
        )  # fmt: skip
        cells = [row.lead_id, *(EMPTY if value is None else value for value in values)]
        folder.append(name, format_csv_row(cells, LINE_END), header=HEADER, max_bytes=MAX_FILE_BYTES)

    def finish(self, folder: ExportFolder, _about: dict[str, Any]) -> None:
        """Write the definitions of the fields of both objects."""
        fields = "".join(
            f"    <fields><fullName>{name}</fullName><label>{label}</label>{kind}</fields>\n"
            for name, (label, kind) in FIELDS.items()
        )
        for kind in OBJECTS.values():
            folder.write_text(f"metadata/objects/{kind}.object", _wrap("CustomObject", fields))
        members = "".join(f"        <members>{kind}.{name}</members>\n" for kind in OBJECTS.values() for name in FIELDS)
        types = f"    <types>\n{members}        <name>CustomField</name>\n    </types>\n"
        version = f"    <version>{_VERSION}</version>\n"
        folder.write_text("metadata/package.xml", _wrap("Package", types + version))


def _wrap(name: str, content: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} {_NAMESPACE}>\n{content}</{name}>\n'
