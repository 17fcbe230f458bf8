"""``--for csv``: one table for any tool that reads CSV, safe to open in a spreadsheet."""

from typing import Any

from leadlight.pipelines.exports.cells import defuse_cell, format_csv_row, format_moment
from leadlight.pipelines.exports.folder import ExportFolder
from leadlight.pipelines.exports.rows import MAX_REASONS, ExportRow

__all__ = ["COLUMNS", "PlainCsv"]

FILE = "leads.csv"
LINE_END = "\r\n"  # RFC 4180
COLUMNS = (
    "lead_id", "score", "stage", "probability", "rank", "grade", *(f"reason_{n}" for n in range(1, MAX_REASONS + 1)),
    "scored_at",
)  # fmt: skip
HEADER = format_csv_row(COLUMNS, LINE_END)


class PlainCsv:
    """Writes ``leads.csv``, with a header also where no lead changed."""

    def find_fault(self, row: ExportRow) -> str | None:
        """Return None: every lead has an id."""

    def write_row(self, folder: ExportFolder, row: ExportRow) -> None:
        """Append the row of a lead."""
        reasons = [*row.reasons, *[""] * (MAX_REASONS - len(row.reasons))]
        cells = (
            defuse_cell(row.lead_id), row.score, row.stage, row.probability, row.rank, row.grade,
            *map(defuse_cell, reasons), format_moment(row.scored_at),
        )  # fmt: skip
        folder.append(FILE, format_csv_row(cells, LINE_END), header=HEADER)

    def finish(self, folder: ExportFolder, _about: dict[str, Any]) -> None:
        """Write the header where there is no row."""
        if FILE not in folder.rows:
            folder.append(FILE, "", header=HEADER)
