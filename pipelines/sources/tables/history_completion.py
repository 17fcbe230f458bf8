"""What was known before the first recorded change: histories that hold changes only."""

from collections.abc import Collection
from typing import Any

import pandas as pd

__all__ = ["complete_history", "count_known_attributes"]

#: what holds from the beginning is known to a snapshot at creation
BEFORE_CREATION = pd.Timedelta(seconds=1)
COLUMNS = ["lead_id", "attribute", "value", "number", "changed_at"]


def complete_history(
    history: pd.DataFrame,
    old_values: pd.DataFrame | None,
    leads: pd.DataFrame,
    attributes: pd.DataFrame,
    *,
    names: Collection[str] | None = None,
) -> pd.DataFrame:
    """Add to a history what held before its first change.

    Parameters
    ----------
    history : pd.DataFrame
        lead_id, attribute, value, number, changed_at.
    old_values : pd.DataFrame or None
        The same columns with the old value of each change, at its time; None without such a column.
    leads : pd.DataFrame
        lead_id, created_at.
    attributes : pd.DataFrame
        lead_id and one column per attribute: today's values.
    names : collection of str, optional
        Attributes that have a history; those of `history` if left out.

    Returns
    -------
    pd.DataFrame
        The history, then one row just before the creation of the lead for each attribute that has a history and

        - has changes of which the first names an old value, and begins after creation: the old value;
        - has no change of that lead: today's value, because it never changed.

        Before a first change without an old value an attribute is unknown.
    """
    created = leads.set_index("lead_id")["created_at"]
    parts = [history]
    if old_values is not None:
        # stable: of two changes of one second the first in the file
        first = old_values.sort_values("changed_at", kind="stable").drop_duplicates(["lead_id", "attribute"])
        first = first[first["value"].notna() & (first["changed_at"] > first["lead_id"].map(created))]
        parts.append(first.assign(changed_at=first["lead_id"].map(created) - BEFORE_CREATION))
    for name in sorted(set(history["attribute"] if names is None else names) & set(attributes.columns)):
        values = attributes.set_index("lead_id")[name]
        changed = set(history.loc[history["attribute"] == name, "lead_id"])
        values = values[~values.index.isin(changed) & values.notna()]
        if values.empty:
            continue
        is_number = pd.api.types.is_numeric_dtype(values)
        texts = values.astype("str").to_numpy()
        rows = pd.DataFrame({"lead_id": values.index.astype("str"), "attribute": name, "value": texts})
        rows["number"] = values.to_numpy(dtype=float) if is_number else float("nan")
        rows["changed_at"] = (created.reindex(values.index) - BEFORE_CREATION).to_numpy()
        parts.append(rows)
    if len(parts) == 1:
        return history
    return pd.concat([part[COLUMNS] for part in parts], ignore_index=True).astype(history.dtypes.to_dict())


def count_known_attributes(
    history: pd.DataFrame, completed: pd.DataFrame, leads: pd.DataFrame, attributes: pd.DataFrame
) -> dict[str, Any]:
    """Count for how many leads a history knows each attribute.

    Parameters
    ----------
    history, completed : pd.DataFrame
        Before and after :func:`complete_history`.
    leads, attributes : pd.DataFrame
        As there.

    Returns
    -------
    dict
        Attribute -> leads, changed (with a recorded change), from_old_value, from_today, at_creation (known at the
        creation of the lead or within a day), unknown (never known), unknown_before_change.
    """
    created = leads.set_index("lead_id")["created_at"]
    added = completed.iloc[len(history) :]
    counts = {}
    for name in sorted(set(history["attribute"]) & set(attributes.columns)):
        own, more = history[history["attribute"] == name], added[added["attribute"] == name]
        changed, filled = set(own["lead_id"]), set(more["lead_id"])
        known = pd.concat([own, more])
        first = known.groupby("lead_id")["changed_at"].min()
        early = int((first <= created.reindex(first.index) + pd.Timedelta(days=1)).sum())
        counts[name] = {
            "leads": len(leads),
            "changed": len(changed),
            "from_old_value": len(filled & changed),
            "from_today": len(filled - changed),
            "at_creation": early,
            "unknown": len(leads) - len(changed | filled),
            "unknown_before_change": len(first) - early,
        }
    return counts
