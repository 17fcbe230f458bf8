"""``leadlight export``: the scores of the newest night as files that a CRM imports."""

import datetime as dt
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from leadlight.features.errors import SourceError, StoreError
from leadlight.pipelines.exports.cells import defuse_cell, format_csv_row, format_moment
from leadlight.pipelines.exports.dynamics import Dynamics
from leadlight.pipelines.exports.folder import ExportFolder, open_export_folder
from leadlight.pipelines.exports.hubspot import HubSpot
from leadlight.pipelines.exports.plain_csv import PlainCsv
from leadlight.pipelines.exports.rows import ExportRow, choose_comparison, stream_rows
from leadlight.pipelines.exports.salesforce import Salesforce
from leadlight.pipelines.workspace.score_store import open_existing_store
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.clock import get_now_utc

__all__ = ["FORMATS", "ExportReport", "export_scores"]

LEFT_OUT = "left-out.csv"
LEFT_OUT_HEADER = format_csv_row(("lead_id", "why"), "\r\n")


class Writer(Protocol):
    """Writes the files of one CRM."""

    def find_fault(self, row: ExportRow) -> str | None:
        """Return why the CRM could not take the row of a lead; None if it can."""

    def write_row(self, folder: ExportFolder, row: ExportRow) -> None:
        """Append the row of a lead."""

    def finish(self, folder: ExportFolder, about: dict[str, Any]) -> None:
        """Write what belongs beside the rows."""


WRITERS: dict[str, type[Writer]] = {
    "hubspot": HubSpot, "salesforce": Salesforce, "dynamics": Dynamics, "csv": PlainCsv,
}  # fmt: skip
FORMATS = tuple(WRITERS)


class ExportReport(NamedTuple):
    """Result of an export.

    Parameters
    ----------
    folder : Path
    as_of : datetime
        Of the night; naive, UTC.
    since : datetime or None
        Of the night that leads are compared with; None if every lead is written.
    whole : str or None
        Why every lead is written.
    written, closed, left_out : int
        Leads written, those among them that are closed, and those that the CRM could not take.
    is_old : bool
        Whether the night is older than ``night.max_age_hours``.
    files : dict of str to int
        Rows of each file; 0 for definitions.
    """

    folder: Path
    as_of: dt.datetime
    since: dt.datetime | None
    whole: str | None
    written: int
    closed: int
    left_out: int
    is_old: bool
    files: dict[str, int]


def export_scores(
    workdir: Workdir,
    chosen: str,
    *,
    output: Path | None = None,
    everything: bool = False,
    hubspot_object: str = "contacts",
) -> ExportReport:
    """Write the scores of the newest night as files for a CRM.

    Parameters
    ----------
    workdir : Workdir
        Where the store is.
    chosen : str
        One of :data:`FORMATS`.
    output : Path, optional
        Folder to write; ``exports/<format>`` in the working folder if left out.
    everything : bool
        Whether to write every lead, not only those that changed since the night before.
    hubspot_object : str
        ``contacts`` or ``leads``.

    Raises
    ------
    StoreError
        If the store holds no night.
    SourceError
        If the output folder holds other files, or the CRM could take none of the leads.
    """
    path = output or workdir.root / "exports" / chosen
    with open_existing_store(workdir) as store:
        run = store.get_latest_run() if store else None
        if store is None or run is None:
            got = "Got a store without nights" if store else "Got no store"
            raise StoreError(f"The score store must hold a night to export. {got}: run `leadlight score` first.")
        comparison = choose_comparison(store, run, everything)
        since = comparison.before.as_of if comparison.before and comparison.whole is None else None
        about = {
            "for": chosen,
            "as_of": format_moment(run.as_of),
            "compared_with": format_moment(since) if since else None,
            "model_version": run.model_version,
        }
        writer = _create_writer(chosen, hubspot_object)
        written = closed = left_out = 0
        example = ""
        with open_export_folder(path, about) as folder:
            for row in stream_rows(store, run, comparison):
                fault = writer.find_fault(row)
                if fault is None:
                    writer.write_row(folder, row)
                    written += 1
                    closed += row.score is None
                    continue
                left_out += 1
                example = example or f"{row.lead_id}: {fault}"
                folder.append(
                    LEFT_OUT, format_csv_row((defuse_cell(row.lead_id), fault), "\r\n"), header=LEFT_OUT_HEADER
                )
            if left_out and not written:
                raise SourceError(
                    f"The leads must be such that {chosen} can find them. Got none of {left_out:,}, such as {example}."
                )
            writer.finish(folder, about)
    now = get_now_utc()
    return ExportReport(
        path, run.as_of, since, comparison.whole, written, closed, left_out, run.is_old(now), folder.rows
    )


def _create_writer(chosen: str, hubspot_object: str) -> Writer:
    return HubSpot(hubspot_object) if chosen == "hubspot" else WRITERS[chosen]()
