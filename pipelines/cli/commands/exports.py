"""The command that hands scores to a CRM."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from leadlight.pipelines.cli.commands.options import WORK, WorkdirOption

__all__ = ["export"]


class Format(StrEnum):
    """What files are written for."""

    hubspot = "hubspot"
    salesforce = "salesforce"
    dynamics = "dynamics"
    csv = "csv"


class HubSpotObject(StrEnum):
    """What a lead is in HubSpot."""

    contacts = "contacts"
    leads = "leads"


def export(
    chosen: Annotated[Format, typer.Option("--for", help="The CRM, or csv for any other tool.")],
    everything: Annotated[
        bool, typer.Option("--all", help="Every lead, not only those that changed since the night before.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", help="Folder to write; exports/NAME in the working folder if left out.")
    ] = None,
    workdir: WorkdirOption = WORK,
    hubspot_object: Annotated[
        HubSpotObject, typer.Option("--hubspot-object", help="What a lead is in HubSpot: contacts or leads.")
    ] = HubSpotObject.contacts,
) -> None:
    """Write the scores of the newest night as files that a CRM imports."""
    from leadlight.pipelines.exports.export import export_scores
    from leadlight.pipelines.workspace.console import console
    from leadlight.pipelines.workspace.workdir import Workdir

    done = export_scores(
        Workdir(workdir), chosen.value, output=output, everything=everything, hubspot_object=hubspot_object.value
    )
    if done.since is None:
        which = f"every lead, because {done.whole}"
    else:
        which = f"those that changed since {done.since:%Y-%m-%d %H:%M} UTC; if that night was not sent, use --all"
    lines = [f"Leads of {done.as_of:%Y-%m-%d %H:%M} UTC: {done.written:,}, {done.closed:,} of them closed ({which})."]
    if done.left_out:
        lines.append(f"Left out: {done.left_out:,}, each with the reason in left-out.csv.")
    if done.is_old:
        lines.append("The night is older than night.max_age_hours: look whether `leadlight score` still runs.")
    lines.append(f"The files are in {done.folder}: {', '.join(sorted(done.files))}.")
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
