"""Rows of leads that are lines of a report: totals, the time of the export, remarks."""

import pandas as pd

__all__ = ["find_footers"]

#: an oddity of more rows, by number and by share, is the nature of the table
MAX_ROWS, MAX_SHARE = 3, 0.01
#: rows from which on a row can be odd
MIN_ROWS = 20
#: columns beside the id from which on a row that holds nothing else is odd
MIN_COLUMNS = 3


def find_footers(lead_ids: pd.Series, others: pd.DataFrame, missing: tuple[str, ...]) -> pd.Series:
    """Find rows that are lines of a report instead of leads.

    Parameters
    ----------
    lead_ids : pd.Series of str
        Ids by row.
    others : pd.DataFrame
        All other mapped columns of the same rows, as they stand in the source.
    missing : tuple of str
        Texts that mean a missing value.

    Returns
    -------
    pd.Series of bool
        True for a row with an id that has no other cell filled, or at most one and an id with blanks or a final colon;
        each where hardly any row is so.
    """
    odd = pd.Series(False, index=others.index)
    if len(others) < MIN_ROWS or others.shape[1] < 2:
        return odd
    filled = pd.Series(0, index=others.index)
    for name in others:  # by column: a table of texts would be a copy of the file
        values = others[name]
        filled += values.notna() & ~values.astype("str").str.strip().isin(["", *missing])
    limit = max(MAX_ROWS, MAX_SHARE * len(others))
    empty = lead_ids.notna() & (filled == 0) & (others.shape[1] >= MIN_COLUMNS)
    worded = lead_ids.str.contains(r"\S\s+\S|:$", regex=True).fillna(False).astype(bool)
    if empty.sum() <= limit:
        odd |= empty
    if worded.sum() <= limit:
        odd |= worded & (filled <= 1)
    return odd
