"""Read what is shown of leads from the source; it goes to the score store and nowhere else."""

from pathlib import Path
from urllib.parse import quote

import pandas as pd

from leadlight.pipelines.params import Params
from leadlight.pipelines.params.display import LEAD_ID
from leadlight.pipelines.sources.files.read import number_rows
from leadlight.pipelines.sources.rows.table_reader import read_whole
from leadlight.pipelines.workspace.workdir import Workdir, read_frame
from leadlight.serving.lead_display import LeadDisplay, clean_display_text

__all__ = ["read_display_columns", "select_display"]


def read_display_columns(params: Params, folder: Path) -> pd.DataFrame | None:
    """Read the columns of ``display`` of all leads.

    Parameters
    ----------
    params : Params
        The mapping.
    folder : Path
        Folder that relative paths start from.

    Returns
    -------
    pd.DataFrame or None
        lead_id, name, company, phone, email, owner; the first row of each lead. None without ``display``.

    Raises
    ------
    SourceError
        If the table of leads lacks a column, or cannot be read.
    """
    settings, table = params.display, params.source.leads
    if settings is None:
        return None
    single = {
        "company": settings.company,
        "phone": settings.phone,
        "email": settings.email,
        "owner": settings.owner or table.owner,
    }
    reader = read_whole("leads", table, [table.lead_id, *settings.name, *single.values()], params.source, folder)
    frame = pd.DataFrame({"lead_id": number_rows(reader.raw) if table.lead_id is None else None}, reader.raw.index)
    if table.lead_id is not None:
        frame["lead_id"] = reader.read_texts(table.lead_id)
    parts = [reader.read_texts(column).fillna("") for column in settings.name]
    frame["name"] = [" ".join(words) for words in zip(*parts, strict=True)] if parts else None
    for name, column in single.items():
        frame[name] = reader.read_texts(column)
    # a second row of a lead is left out of the leads too
    return frame.dropna(subset="lead_id").drop_duplicates("lead_id", ignore_index=True)


def select_display(
    params: Params, columns: pd.DataFrame | None, scored: pd.Series, workdir: Workdir
) -> list[LeadDisplay]:
    """Select what is shown of the leads that are scored.

    Parameters
    ----------
    params : Params
        The mapping.
    columns : pd.DataFrame or None
        See :func:`read_display_columns`.
    scored : pd.Series of str
        Ids of the leads that are scored.
    workdir : Workdir
        Of the tables that they were scored from; where each deal is scored, its lead is looked up there.

    Returns
    -------
    list of LeadDisplay
        Of the leads that have a value or a link.
    """
    if params.display is None or columns is None:
        return []
    if params.source.deals is not None and params.source.deals.unit == "deal":
        units = read_frame(workdir.tables / "deals_as_leads.parquet", ["deal_id", "lead_id"])
        columns = units.merge(columns, on="lead_id").drop(columns="lead_id").rename(columns={"deal_id": "lead_id"})
    link = params.display.link
    columns = columns[columns["lead_id"].isin(scored)]
    shown = []
    for row in columns.to_dict("records"):
        lead_id = str(row["lead_id"])
        texts = {name: _clean(row[name]) for name in LeadDisplay._fields if name not in ("lead_id", "link")}
        address = link.replace(LEAD_ID, quote(lead_id, safe="")) if link is not None else None
        if address or any(texts.values()):
            shown.append(LeadDisplay(lead_id, **texts, link=address))
    return shown


def _clean(value: object) -> str | None:
    return clean_display_text(value) if isinstance(value, str) else None
