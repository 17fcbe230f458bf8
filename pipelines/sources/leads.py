"""The leads and their attributes."""

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from leadlight.features.errors import SourceError
from leadlight.pipelines.params.load import Params
from leadlight.pipelines.sources.quarantine import Quarantine
from leadlight.pipelines.sources.table_reader import TableReader, match_any, require_not_null
from leadlight.pipelines.sources.text_cleaning import clean_text, convert_to_float, find_canonical_spellings

__all__ = ["clean_leads", "derive_deals_from_outcomes"]

#: stands in for the first moment where leads have an order but no dates
ORDER_START = pd.Timestamp("2000-01-01")


def clean_leads(
    params: Params, folder: Path, quarantine: Quarantine
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, dict[str, str]]]:
    """Read the leads.

    Parameters
    ----------
    params : Params
        The mapping.
    folder : Path
        Folder that relative paths start from.
    quarantine : Quarantine
        Takes what cannot be used.

    Returns
    -------
    leads : pd.DataFrame
        lead_id, created_at, consent (True, False or NA), owner, outcome (won, lost, open or NA).
    attributes : pd.DataFrame
        lead_id and one column an attribute: folded text (of an e-mail address the domain) or float64.
    spellings : dict
        Attribute -> folded text -> its most frequent spelling.

    Raises
    ------
    SourceError
        If the table is not as mapped, or too many of its rows are unusable.
    """
    table = params.source.leads
    named = [record.column for record in (table.created_at, table.consent, table.outcome) if record]
    columns = [table.lead_id, table.order, table.owner, *named, *params.attributes]
    reader = TableReader("leads", table, columns, params.source, folder)
    reader.read_text("lead_id", table.lead_id)
    if table.created_at:
        reader.read_time("created_at", table.created_at)
    else:
        reader.clean["created_at"] = _times_from_order(_order(reader, table.order))
    reader.clean["consent"] = (
        match_any(reader.read_texts(table.consent.column), table.consent.granted).astype("boolean")
        if table.consent
        else pd.NA
    )
    reader.read_text("owner", table.owner)
    reader.clean["outcome"] = None
    if table.outcome:
        stated = reader.read_texts(table.outcome.column)
        reader.clean["outcome"] = "open"
        reader.clean.loc[match_any(stated, table.outcome.lost), "outcome"] = "lost"
        reader.clean.loc[match_any(stated, table.outcome.won), "outcome"] = "won"
    once = pa.Check(
        lambda s: ~(s.duplicated() & s.notna()), error="lead id comes a second time", ignore_na=False
    )
    schema = {"lead_id": pa.Column(None, [require_not_null("no lead id"), once], nullable=True)}
    unfit = "no number to order by" if table.order else "no time that fits the format"
    leads = reader.validate(schema | reader.time_schema("created_at", reason=unfit), quarantine)
    attributes = _attributes(params, reader, leads.index, quarantine)
    spelled = {
        name: find_canonical_spellings(reader.read_texts(name).loc[leads.index])
        for name, attribute in params.attributes.items()
        if attribute.kind == "category"
    }
    leads = leads.astype({"consent": "boolean", "owner": "str", "outcome": "str"})
    return leads.reset_index(drop=True), attributes.reset_index(drop=True), spelled


def derive_deals_from_outcomes(leads: pd.DataFrame) -> pd.DataFrame:
    """Turn the outcomes of a flat export into deals closed at creation, for nothing is known of when."""
    closed = leads[leads["outcome"].isin(["won", "lost"])]
    deals = closed[["lead_id", "created_at"]].rename(columns={"created_at": "closed_at"})
    return deals.assign(won=closed["outcome"] == "won", amount=float("nan")).reset_index(drop=True)


def _order(reader: TableReader, column: str | None) -> pd.Series:
    if column is None:
        return pd.util.hash_pandas_object(reader.clean["lead_id"], index=False)
    return reader.order("created_at", column)


def _times_from_order(order: pd.Series) -> pd.Series:
    """One second a place in the order, so that everything downstream can speak of time."""
    seconds = pd.to_timedelta(order.rank(method="dense"), unit="s")
    return (ORDER_START + seconds).astype("datetime64[us]")


def _attributes(params: Params, reader: TableReader, rows: pd.Index, quarantine: Quarantine) -> pd.DataFrame:
    columns = {"lead_id": reader.clean.loc[rows, "lead_id"]}
    for name, attribute in params.attributes.items():
        if attribute.kind != "number":
            columns[name] = clean_text(reader.read_texts(name).loc[rows], attribute.kind)
            continue
        values = reader.filter_known(name).loc[rows]
        number = convert_to_float(values)
        if number.isna().all() and values.notna().any():
            raise SourceError(
                f"The attribute {name} of leads must hold numbers, written like 1234.5 (kind: number). "
                f"Got {str(values.dropna().iloc[0])!r}."
            )
        quarantine.record_nulled("leads", name, values[values.notna() & number.isna()])
        columns[name] = number
    return pd.DataFrame(columns)
