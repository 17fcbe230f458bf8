"""The present value of each topic, as reasons carry it; words are made of it when somebody reads."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue, Topic

__all__ = ["extract_topic_values", "round_values"]

#: families of features that a reader is told of; decayed sums are for the model alone
DISPLAYED_FEATURES = (
    "count_7d",
    "count_30d",
    "count_90d",
    "days_since_last",
    "active_days_30d",
    "trend",
    "silence",
    "days_since_sales",
)
#: of single signals besides; of activity as a whole there is enough to tell without them
SHOWN_OF_SIGNALS = (*DISPLAYED_FEATURES, "value_sum_90d", "objects_90d")


def extract_topic_values(
    frame: pd.DataFrame, catalogue: Catalogue, topic: Topic, spellings: Mapping[str, Mapping[str, str]]
) -> list[Any]:
    """Return what is known of a topic for each lead.

    Parameters
    ----------
    frame : pd.DataFrame, shape (n, features)
        The feature table.
    catalogue : Catalogue
        Its features.
    topic : Topic
        The topic.
    spellings : mapping
        Attribute -> folded text -> the spelling to show.

    Returns
    -------
    list, length n
        For an attribute text, number, None, or a dict of what was read from it by family; for the age a
        number of days; else a dict by family.
    """
    own = [feature for feature in catalogue.features if feature.topic == topic.key]
    if topic.kind == "age":
        return _numbers(frame[own[0].name])
    if topic.kind == "attribute":
        if own[0].family != "attribute":
            return _by_family({f.family: _texts(frame[f.name]) for f in own})
        column = frame[own[0].name]
        if own[0].kind == "number":
            return _numbers(column)
        shown = spellings.get(topic.key, {})
        return [None if pd.isna(text) else shown.get(text, text) for text in column]
    shown_families = SHOWN_OF_SIGNALS if topic.kind == "signal" else DISPLAYED_FEATURES
    columns = {f.family: _numbers(frame[f.name]) for f in own if f.family in shown_families}
    return _by_family(columns)


def _by_family(columns: Mapping[str, list[Any]]) -> list[Any]:
    """One dict a lead."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _texts(column: pd.Series) -> list[str | None]:
    return [None if pd.isna(text) else str(text) for text in column]


def round_values(column: pd.Series) -> np.ndarray:
    """Round numbers to the four decimals that reasons carry, shape (n,); NaN where not known."""
    return np.round(column.to_numpy(dtype=float), 4)


def _numbers(column: pd.Series) -> list[float | int | None]:
    """Whole numbers as int, unknown as None."""
    return [None if math.isnan(v) else int(v) if v.is_integer() else v for v in round_values(column).tolist()]
