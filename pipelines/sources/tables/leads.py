"""Clean the leads and their attributes."""

from pathlib import Path

import pandas as pd
import pandera.pandas as pa

from leadlight.features.errors import SourceError
from leadlight.pipelines.params.load import Params
from leadlight.pipelines.sources.columns.text_cleaning import clean_text, find_canonical_spellings
from leadlight.pipelines.sources.files.read import number_rows
from leadlight.pipelines.sources.outcomes.deal_outcomes import CleanDeals
from leadlight.pipelines.sources.rows.footers import find_footers
from leadlight.pipelines.sources.rows.matching import fold_ids, match_values
from leadlight.pipelines.sources.rows.quarantine import Quarantine
from leadlight.pipelines.sources.rows.table_ends import require_span
from leadlight.pipelines.sources.rows.table_reader import TableReader, read_whole, require_not_null

__all__ = ["clean_leads", "derive_deals_from_outcomes"]

#: time of the first lead where leads have an order but no dates
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
        Collects rows and cells that cannot be used.

    Returns
    -------
    leads : pd.DataFrame
        lead_id, created_at, consent (True, False or NA), owner, outcome (won, lost, open or NA).
    attributes : pd.DataFrame
        lead_id and one column per attribute: normalized text (the domain of an e-mail address) or float64.
    spellings : dict
        Attribute -> normalized text -> its most frequent spelling.

    Raises
    ------
    SourceError
        If the table does not match the mapping, or too many of its rows are unusable.
    """
    table = params.source.leads
    mapped = [record.column for record in (table.created_at, table.consent, table.outcome) if record]
    columns = [table.lead_id, table.order, table.owner, *mapped, *params.attributes]
    reader = read_whole("leads", table, columns, params.source, folder)
    if table.lead_id is None:
        reader.clean["lead_id"] = number_rows(reader.clean)
    else:
        reader.read_text("lead_id", table.lead_id)
    if table.created_at:
        reader.read_time("created_at", table.created_at)
    else:
        reader.clean["created_at"] = _convert_order_to_times(_read_order(reader, table.order))
    reader.clean["consent"] = (
        match_values(
            reader.read_texts(table.consent.column), table.consent.granted, match_case=params.source.match_case
        ).astype("boolean")
        if table.consent
        else pd.NA
    )
    reader.read_text("owner", table.owner)
    reader.clean["outcome"] = None
    if table.outcome:
        outcome = reader.read_texts(table.outcome.column)
        reader.clean["outcome"] = "open"
        for name, texts in (("lost", table.outcome.lost), ("won", table.outcome.won)):
            named = match_values(outcome, texts, match_case=params.source.match_case)
            reader.clean.loc[named, "outcome"] = name
    again = fold_ids(reader.clean["lead_id"], params.source)
    again = again.duplicated() & again.notna()
    unique = pa.Check(lambda s: ~again.loc[s.index], error="lead id comes a second time", ignore_na=False)
    others = reader.raw if table.lead_id is None else reader.raw.drop(columns=table.lead_id)
    footers = find_footers(reader.clean["lead_id"], others, params.source.missing)
    no_footer = pa.Check(lambda s: ~footers.loc[s.index], error="line of a report instead of a lead", ignore_na=False)
    schema = {"lead_id": pa.Column(None, [require_not_null("no lead id"), no_footer, unique], nullable=True)}
    unfit = "no number to order by" if table.order else "no time that fits the format"
    checks = require_span(reader.clean["created_at"], quarantine, at_start=True) if table.created_at else ()
    leads = reader.validate(schema | reader.require_time("created_at", *checks, reason=unfit), quarantine)
    attributes = _clean_attributes(params, reader, leads.index, quarantine)
    spellings = {
        name: find_canonical_spellings(reader.read_texts(name).loc[leads.index])
        for name, attribute in params.attributes.items()
        if attribute.kind == "category"
    }
    leads = leads.astype({"consent": "boolean", "owner": "str", "outcome": "str"})
    return leads.reset_index(drop=True), attributes.reset_index(drop=True), spellings


def derive_deals_from_outcomes(leads: pd.DataFrame) -> CleanDeals:
    """Convert the outcomes of a flat export to deals; with no closing time, they close at creation."""
    closed = leads[leads["outcome"].isin(["won", "lost"])]
    deals = closed[["lead_id", "created_at"]].rename(columns={"created_at": "closed_at"})
    deals = deals.assign(won=closed["outcome"] == "won", amount=float("nan")).reset_index(drop=True)
    opened = deals.iloc[:0][["lead_id", "closed_at"]].rename(columns={"closed_at": "reopened_at"})
    return CleanDeals(deals, opened, pd.DataFrame({"lead_id": [], "reason": []}, dtype="str"), 0)


def _read_order(reader: TableReader, column: str | None) -> pd.Series:
    if column is None:
        return pd.util.hash_pandas_object(reader.clean["lead_id"], index=False)
    return reader.read_order("created_at", column)


def _convert_order_to_times(order: pd.Series) -> pd.Series:
    """Return times one second apart in the given order, because later stages need times."""
    seconds = pd.to_timedelta(order.rank(method="dense"), unit="s")
    return (ORDER_START + seconds).astype("datetime64[us]")


def _clean_attributes(params: Params, reader: TableReader, rows: pd.Index, quarantine: Quarantine) -> pd.DataFrame:
    columns = {"lead_id": reader.clean.loc[rows, "lead_id"]}
    for name, attribute in params.attributes.items():
        if attribute.kind != "number":
            columns[name] = clean_text(reader.read_texts(name).loc[rows], attribute.kind)
            continue
        values = reader.mask_missing(name).loc[rows]
        number = reader.checks.parse_numbers(name, values)
        if number.isna().all() and values.notna().any():
            raise SourceError(
                f"The attribute {name} of leads must hold numbers, written like 1234.5 (kind: number). "
                f"Got {str(values.dropna().iloc[0])!r}."
            )
        emptied = values[values.notna() & number.isna()]
        quarantine.record_nulled("leads", name, emptied)
        reader.checks.count_present(name, int(values.notna().sum()))
        reader.checks.count_emptied(name, emptied)
        columns[name] = number
    reader.checks.require_numbers()
    return pd.DataFrame(columns)
