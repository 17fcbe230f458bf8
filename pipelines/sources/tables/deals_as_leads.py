"""Deals as leads of their own: what is recorded of a lead is recorded of each of its deals."""

from collections.abc import Iterable, Iterator

import pandas as pd

__all__ = ["expand_batches", "expand_leads", "expand_rows"]


def expand_leads(leads: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each deal, with the columns of its lead.

    Parameters
    ----------
    leads : pd.DataFrame
        The clean leads, or their attributes.
    units : pd.DataFrame
        deal_id, lead_id and created_at of each deal.

    Returns
    -------
    pd.DataFrame
        The columns of `leads` in the order of `units`; lead_id is the id of the deal, created_at that of `units`.
    """
    own = leads.drop(columns="created_at", errors="ignore")
    return _rename(units.merge(own, on="lead_id", validate="m:1"), leads)


def expand_rows(frame: pd.DataFrame, units: pd.DataFrame | None) -> pd.DataFrame:
    """Repeat the rows of each lead for each of its deals, in the order of the rows; unchanged without `units`.

    Rows of leads without a deal are dropped.
    """
    if units is None:
        return frame
    return _rename(frame.merge(units[["deal_id", "lead_id"]], on="lead_id"), frame)


def expand_batches(batches: Iterable[pd.DataFrame], units: pd.DataFrame | None) -> Iterator[pd.DataFrame]:
    """Expand each batch by :func:`expand_rows`."""
    for batch in batches:
        yield expand_rows(batch, units)


def _rename(merged: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    return merged.drop(columns="lead_id").rename(columns={"deal_id": "lead_id"})[list(like.columns)]
