"""Binning of fit features: category values, numeric quantile bins, and missing values."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Feature
from leadlight.serving.text.messages import translate_or

__all__ = ["MIN_LEADS", "NOT_KNOWN", "OTHER", "bin_feature"]

NOT_KNOWN = "not known"
#: smaller ranges are pooled: they would identify people
MIN_LEADS = 10
OTHER = "(other)"
#: maximum ranges of a topic; rarer ones are pooled
MAX_RANGES = 20
#: quantile bins of a number
SPANS = 5


def bin_feature(feature: Feature, column: pd.Series, spellings: Mapping[str, Mapping[str, str]]) -> pd.Series:
    """Name the range of each lead.

    Parameters
    ----------
    feature : Feature
        A category or a number.
    column : pd.Series, shape (n,)
        Its values.
    spellings : mapping
        Attribute -> folded text -> the spelling to show.

    Returns
    -------
    pd.Series of str, shape (n,)
        Ranges of fewer than ten leads are pooled to :data:`OTHER`.
    """
    named = _spans(column) if feature.kind == "number" else _values(feature, column, spellings)
    counts = named.value_counts()
    order = sorted(counts.index, key=lambda name: (name != NOT_KNOWN, -counts[name], name))
    kept = [name for name in order[:MAX_RANGES] if counts[name] >= MIN_LEADS]
    return named.where(named.isin(kept), OTHER)


def _values(feature: Feature, column: pd.Series, spellings: Mapping[str, Mapping[str, str]]) -> pd.Series:
    shown = spellings.get(feature.topic, {}) if feature.family == "attribute" else {}

    def label(text: Any) -> str:
        if pd.isna(text):
            return NOT_KNOWN
        if feature.family == "attribute":
            return shown.get(text, str(text))
        return translate_or("en", f"code.{text}", str(text))

    names = {text: label(text) for text in column.unique() if not pd.isna(text)}
    return column.map(names).astype("str").where(column.notna(), NOT_KNOWN)


def _spans(column: pd.Series) -> pd.Series:
    """Bin numbers at quantiles rounded to two digits; five or fewer distinct values stay exact."""
    x = column.to_numpy(dtype=float)
    known = x[~np.isnan(x)]
    values = np.unique(known)
    if len(values) <= SPANS:
        exact = [NOT_KNOWN if np.isnan(v) else f"{v:,.10g}" for v in x]
        return pd.Series(exact, column.index, dtype="str")
    quantiles = np.quantile(known, np.arange(1, SPANS) / SPANS)
    edges = np.unique([float(f"{quantile:.2g}") for quantile in quantiles])
    edges = edges[(edges > values[0]) & (edges <= values[-1])]
    whole = bool((known % 1 == 0).all() and (edges % 1 == 0).all())
    names = [_span(low, high, whole) for low, high in zip([None, *edges], [*edges, None], strict=True)]
    places = np.searchsorted(edges, x, side="right")
    labels = [NOT_KNOWN if np.isnan(v) else names[place] for v, place in zip(x, places, strict=True)]
    return pd.Series(labels, column.index, dtype="str")


def _span(low: float | None, high: float | None, whole: bool) -> str:
    if low is None:
        return "all" if high is None else f"under {high:,.10g}"
    if high is None:
        return f"{low:,.10g} or more"
    if not whole:
        return f"{low:,.10g} to under {high:,.10g}"
    return f"{low:,.10g}" if high == low + 1 else f"{low:,.10g} to {high - 1:,.10g}"
