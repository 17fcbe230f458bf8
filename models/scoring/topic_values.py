"""Current value of each topic, as reasons carry it."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue, Topic

__all__ = ["extract_topic_values", "list_texts", "round_values"]


def extract_topic_values(
    frame: pd.DataFrame, catalogue: Catalogue, topic: Topic, spellings: Mapping[str, Mapping[str, str]]
) -> list[Any]:
    """Return the value of a topic for each lead.

    Parameters
    ----------
    frame : pd.DataFrame, shape (n, features)
        The feature table.
    catalogue : Catalogue
        Its features.
    topic : Topic
    spellings : mapping
        Attribute -> normalized text -> the spelling to show.

    Returns
    -------
    list, length n
        A scalar (text, number or None) for an attribute and for the age in days; else a dict by feature
        family.
    """
    shown = catalogue.list_displayed(topic.key)
    texts = spellings.get(topic.key, {})
    columns = {
        feature.family: _list_numbers(frame[feature.name])
        if feature.kind == "number"
        else list_texts(frame[feature.name], texts if display.role == "value" else {})
        for feature, display in shown
    }
    feature, display = shown[0]
    if display.role in ("value", "age"):
        return columns[feature.family]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def list_texts(column: pd.Series, spellings: Mapping[str, str]) -> list[str | None]:
    """Return texts as they are spelled in the source; None where not known."""
    return [None if pd.isna(text) else spellings.get(text, str(text)) for text in column]


def round_values(column: pd.Series) -> np.ndarray:
    """Round numbers to the four decimals of reasons, shape (n,); NaN where not known."""
    return np.round(column.to_numpy(dtype=float), 4)


def _list_numbers(column: pd.Series) -> list[float | int | None]:
    """Convert whole numbers to int and NaN to None."""
    return [None if math.isnan(v) else int(v) if v.is_integer() else v for v in round_values(column).tolist()]
